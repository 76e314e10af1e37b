//! Charges and deposits, and their file.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use opera_store::StoreError;
use opera_store::beside::{read_sealed, write_sealed};
use opera_tpcu::hand_over::{HandOver, Handed};
use serde::{Deserialize, Serialize};

use crate::dispute::{Dispute, Hop, Party};

const MAGIC: &[u8; 8] = b"OPERALGR";

/// Why the ledger cannot be read or written.
#[derive(Debug)]
#[non_exhaustive]
pub enum BookError {
    /// The file.
    Store(StoreError),
    /// What is in it is no ledger of this release.
    Content(String),
}

impl fmt::Display for BookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(error) => write!(f, "{error}"),
            Self::Content(why) => write!(
                f,
                "the authority's ledger is not one of this release ({why}); left untouched, use the opera that made it"
            ),
        }
    }
}

impl std::error::Error for BookError {}

impl From<StoreError> for BookError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// A token, as the ledger has it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Token {
    #[serde(with = "hex")]
    pub(crate) serial: [u8; 16],
    pub(crate) value: u32,
}

impl From<Handed> for Token {
    fn from(token: Handed) -> Self {
        Self {
            serial: token.serial,
            value: token.value,
        }
    }
}

/// Tokens that the mint was told to make.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Charge {
    /// Session counter of the mint in this charge.
    pub counter: u32,
    pub(crate) tokens: Vec<Token>,
    /// The wallet has them; else the charge was cut, and the mint's memory tells more.
    pub settled: bool,
}

/// A payment that the bank received.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Deposit {
    /// Number of the bank wallet that holds the tokens.
    pub bank: u32,
    #[serde(with = "hex")]
    pub(crate) hand_over: Vec<u8>,
    pub(crate) tokens: Vec<Token>,
}

impl Deposit {
    /// Number of its tokens.
    #[must_use]
    pub fn tokens(&self) -> usize {
        self.tokens.len()
    }

    /// The bytes of its hand-over, all that the ledger knows about who deposited.
    #[must_use]
    pub fn hand_over(&self) -> &[u8] {
        &self.hand_over
    }
}

/// The authority's books.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Ledger {
    pub(crate) charges: Vec<Charge>,
    pub(crate) deposits: Vec<Deposit>,
    pub(crate) disputes: Vec<Dispute>,
}

impl Ledger {
    /// The ledger of a file; an empty one when there is none.
    ///
    /// # Errors
    /// When the file is something else, damaged, or cannot be read.
    pub fn load(path: &Path) -> Result<Self, BookError> {
        match read_sealed(path, MAGIC)? {
            None => Ok(Self::default()),
            Some(body) => {
                serde_json::from_slice(&body).map_err(|error| BookError::Content(error.to_string()))
            }
        }
    }

    /// Writes it in the place of the one that is there.
    ///
    /// # Errors
    /// When the system refuses; the old one is then still there.
    pub fn save(&self, path: &Path) -> Result<(), BookError> {
        let body = serde_json::to_vec(self);
        let body = body.map_err(|error| BookError::Content(error.to_string()))?;
        Ok(write_sealed(path, MAGIC, &body)?)
    }

    /// Notes a charge before it begins. One of the same counter never began, or the counter would have
    /// moved on.
    pub fn intend(&mut self, counter: u32, tokens: impl IntoIterator<Item = Handed>) {
        self.charges.retain(|charge| charge.counter != counter);
        self.charges.push(Charge {
            counter,
            tokens: tokens.into_iter().map(Token::from).collect(),
            settled: false,
        });
    }

    /// Notes that the wallet has the tokens of a charge.
    pub fn settle(&mut self, counter: u32) {
        for charge in &mut self.charges {
            charge.settled |= charge.counter == counter;
        }
    }

    /// Takes in what a bank wallet has received: `hand_overs` are those that it kept, `held` the serial
    /// numbers in its repository, each as often as it is there. A hand-over counts once its tokens are
    /// there; one whose key has not been stored yet comes again. Gives the deposits that are new.
    ///
    /// A serial number that was deposited before makes a dispute. The deposit counts all the same: its
    /// payer may be an honest payee of the double spender's.
    pub fn absorb(
        &mut self,
        bank: u32,
        hand_overs: &[HandOver],
        held: &[[u8; 16]],
    ) -> Vec<Deposit> {
        let mut free: BTreeMap<[u8; 16], usize> = BTreeMap::new();
        for serial in held {
            *free.entry(*serial).or_default() += 1;
        }
        let mut taken = Vec::new();
        for deposit in self.deposits.iter().filter(|deposit| deposit.bank == bank) {
            for token in &deposit.tokens {
                free.entry(token.serial)
                    .and_modify(|n| *n = n.saturating_sub(1));
            }
            if let Ok(known) = HandOver::from_bytes(&deposit.hand_over) {
                taken.push(known.id());
            }
        }
        let mut new = Vec::new();
        // A payment that was cut and resumed has several; the last one is that of the key.
        for hand_over in hand_overs.iter().rev() {
            let tokens = hand_over.tokens();
            let there = tokens
                .iter()
                .all(|token| free.get(&token.serial).is_some_and(|n| *n > 0));
            if taken.contains(&hand_over.id()) || !there {
                continue;
            }
            taken.push(hand_over.id());
            for token in &tokens {
                free.entry(token.serial).and_modify(|n| *n -= 1);
            }
            new.push(Deposit {
                bank,
                hand_over: hand_over.to_bytes().to_vec(),
                tokens: tokens.into_iter().map(Token::from).collect(),
            });
        }
        new.reverse();
        self.deposits.extend(new.iter().cloned());
        self.open_disputes();
        new
    }

    /// Every token that was deposited more than once has a dispute with a hop for each deposit.
    fn open_disputes(&mut self) {
        let mut deposits: BTreeMap<[u8; 16], (u32, Vec<&Deposit>)> = BTreeMap::new();
        for deposit in &self.deposits {
            for token in &deposit.tokens {
                let entry = deposits.entry(token.serial).or_default();
                entry.0 = token.value;
                entry.1.push(deposit);
            }
        }
        for (serial, (value, deposits)) in deposits {
            if deposits.len() < 2 {
                continue;
            }
            let at = self
                .disputes
                .iter()
                .position(|known| known.serial == serial);
            let at = at.unwrap_or_else(|| {
                self.disputes.push(Dispute::new(serial, value));
                self.disputes.len() - 1
            });
            for deposit in deposits {
                let mut hop = Hop::new(&deposit.hand_over);
                hop.payee = Party::Bank;
                self.disputes[at].add(hop);
            }
        }
    }

    /// Charges, the oldest first.
    #[must_use]
    pub fn charges(&self) -> &[Charge] {
        &self.charges
    }

    /// Deposits, the oldest first.
    #[must_use]
    pub fn deposits(&self) -> &[Deposit] {
        &self.deposits
    }

    /// Tokens of the deposits from number `first` on that had been deposited before.
    #[must_use]
    pub fn again_since(&self, first: usize) -> usize {
        let mut seen = std::collections::BTreeSet::new();
        let mut again = 0;
        for (n, deposit) in self.deposits.iter().enumerate() {
            for token in &deposit.tokens {
                again += usize::from(!seen.insert(token.serial) && n >= first);
            }
        }
        again
    }

    /// Disputes, the oldest first.
    #[must_use]
    pub fn disputes(&self) -> &[Dispute] {
        &self.disputes
    }
}
