//! What the books say together.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::book::Ledger;
use crate::dispute::{Party, Verdict};

/// What `opera audit` prints.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Summary {
    /// Value of the tokens charged.
    pub minted: u64,
    /// Of these, value of charges that were cut, and of which nobody knows yet whether the wallet
    /// has the tokens.
    pub uncertain: u64,
    /// Value of the deposits, with those that should not have been possible.
    pub deposited: u64,
    /// Value of the tokens deposited of which the ledger has no charge: made before there was one.
    pub unrecorded: u64,
    /// Value of the tokens charged that have not come back.
    pub outstanding: u64,
    /// Value that was deposited again.
    pub double_deposited: u64,
    /// Tokens that were.
    pub disputes: Vec<Disputed>,
}

/// A token that was deposited again.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Disputed {
    /// Serial number.
    pub serial: String,
    /// Its value.
    pub value: u32,
    /// How often it was deposited.
    pub deposits: usize,
    /// Who spent it twice.
    pub spent_twice: Vec<Spent>,
    /// Hand-overs whose payer has not been asked; nothing is missing when this is empty.
    pub needed: Vec<Needed>,
}

/// A double spender, as far as the authority knows it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Spent {
    /// Its name for this serial number.
    pub pseudonym: String,
    /// Payments in which it gave the token away.
    pub gave: usize,
    /// Payments in which it got it.
    pub got: usize,
}

/// Whose answer is missing.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Needed {
    /// The hand-over.
    pub hand_over: String,
    /// Who got the token in it: `bank`, or the name of a wallet that has answered.
    pub given_to: String,
}

impl Summary {
    /// Double spending was found, solved or not.
    #[must_use]
    pub fn fraud(&self) -> bool {
        !self.disputes.is_empty()
    }
}

impl Ledger {
    /// Adds it all up. `counter` is the mint's session counter, `home` the serial numbers that its own
    /// memory holds: tokens of a charge that was taken back.
    #[must_use]
    pub fn summary(&self, counter: u32, home: &BTreeSet<[u8; 16]>) -> Summary {
        let mut charged = BTreeSet::new();
        let (mut minted, mut uncertain) = (0, 0);
        let deposited: BTreeSet<[u8; 16]> = self
            .deposits
            .iter()
            .flat_map(|deposit| deposit.tokens.iter().map(|token| token.serial))
            .collect();
        let mut outstanding = 0;
        for charge in self
            .charges
            .iter()
            .filter(|charge| charge.counter <= counter)
        {
            for token in &charge.tokens {
                if home.contains(&token.serial) && !charge.settled {
                    continue;
                }
                let value = u64::from(token.value);
                charged.insert(token.serial);
                minted += value;
                if !deposited.contains(&token.serial) {
                    outstanding += value;
                    uncertain += if charge.settled { 0 } else { value };
                }
            }
        }
        let all = self.deposits.iter().flat_map(|deposit| &deposit.tokens);
        let (mut total, mut unrecorded, mut again) = (0, 0, 0);
        let mut seen = BTreeSet::new();
        for token in all {
            let value = u64::from(token.value);
            total += value;
            if !seen.insert(token.serial) {
                again += value;
            } else if !charged.contains(&token.serial) {
                unrecorded += value;
            }
        }
        Summary {
            minted,
            uncertain,
            deposited: total,
            unrecorded,
            outstanding,
            double_deposited: again,
            disputes: self.disputes.iter().map(disputed).collect(),
        }
    }
}

fn disputed(dispute: &crate::dispute::Dispute) -> Disputed {
    let spent = |verdict: &Verdict| Spent {
        pseudonym: hex::encode(&verdict.pseudonym),
        gave: verdict.gave,
        got: verdict.got,
    };
    let open = dispute
        .hops
        .iter()
        .filter(|hop| hop.payer == Party::Unknown);
    Disputed {
        serial: hex::encode(dispute.serial),
        value: dispute.value,
        deposits: dispute.payments(|hop| hop.payee == Party::Bank),
        spent_twice: dispute.guilty.iter().map(spent).collect(),
        needed: open
            .map(|hop| Needed {
                hand_over: hop.name(),
                given_to: match &hop.payee {
                    Party::Unknown => "a wallet that has not answered".to_owned(),
                    Party::Mint => "mint".to_owned(),
                    Party::Bank => "bank".to_owned(),
                    Party::Wallet(name) => hex::encode(name),
                },
            })
            .collect(),
    }
}
