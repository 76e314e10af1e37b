//! Who spent a token twice.

use std::collections::BTreeSet;
use std::fmt;

use ark_ec::AffineRepr;
use opera_daa::bn_p256::BnP256;
use opera_daa::{G1, Owned};
use opera_tpcu::hand_over::{HandOver, Maker};
use serde::{Deserialize, Serialize};

use crate::book::Ledger;

/// Hand-overs of one token that one wallet may show; an honest one has one for each time that the token
/// came to it.
const SHOWN_MAX: usize = 64;

/// One end of a hand-over.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Party {
    /// Its wallet has not been asked yet.
    Unknown,
    /// The authority's mint.
    Mint,
    /// The authority's bank.
    Bank,
    /// A wallet, by the name that it has for this serial number and no other.
    Wallet(#[serde(with = "hex")] Vec<u8>),
}

/// A hand-over of the token in dispute.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Hop {
    #[serde(with = "hex")]
    pub(crate) hand_over: Vec<u8>,
    /// Who gave the token.
    pub payer: Party,
    /// Who got it.
    pub payee: Party,
}

impl Hop {
    pub(crate) fn new(hand_over: &[u8]) -> Self {
        Self {
            hand_over: hand_over.to_vec(),
            payer: Party::Unknown,
            payee: Party::Unknown,
        }
    }

    /// Name of its payment, shortened to 16 digits.
    #[must_use]
    pub fn name(&self) -> String {
        let id = HandOver::from_bytes(&self.hand_over).map(|hand_over| hand_over.id());
        hex::encode(&id.unwrap_or_default()[..8])
    }
}

/// A token that was deposited more often than it was charged.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Dispute {
    #[serde(with = "hex")]
    pub(crate) serial: [u8; 16],
    pub(crate) value: u32,
    pub(crate) hops: Vec<Hop>,
    pub(crate) guilty: Vec<Verdict>,
}

/// A wallet gave a token away more often than it got it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Verdict {
    /// Serial number of the token.
    #[serde(with = "hex")]
    pub serial: [u8; 16],
    /// Name of the wallet for this serial number.
    #[serde(with = "hex")]
    pub pseudonym: Vec<u8>,
    /// Payments in which it gave the token away.
    pub gave: usize,
    /// Payments in which it got it.
    pub got: usize,
}

/// A wallet that is asked. What it says counts only with its proof.
pub trait Witness {
    /// The public point of its attestation key.
    ///
    /// # Errors
    /// When its TPM does not answer; so with the others.
    fn public(&mut self) -> Result<G1<BnP256>, WitnessError>;
    /// Its key's multiple of a point.
    ///
    /// # Errors
    /// As [`public`](Self::public).
    fn own(
        &mut self,
        point: &G1<BnP256>,
        basename: &[u8],
        context: &[u8; 32],
    ) -> Result<Owned<BnP256>, WitnessError>;
    /// The hand-overs by which it got this token.
    ///
    /// # Errors
    /// When they cannot be read.
    fn hand_overs(&mut self, serial: &[u8; 16]) -> Result<Vec<HandOver>, WitnessError>;
}

/// Why a wallet did not give the answers that it owes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WitnessError(pub String);

impl fmt::Display for WitnessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WitnessError {}

/// What came of an examination.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Examined {
    /// Public point of the key that answered; a credential may go to no other.
    pub public: Option<G1<BnP256>>,
    /// Tokens that it spent twice; none for an honest wallet.
    pub guilty: Vec<Verdict>,
}

/// What names the wallets of a token's hand-overs are made from.
#[must_use]
pub fn basename(serial: &[u8; 16]) -> Vec<u8> {
    [&b"OPERA claim"[..], serial].concat()
}

impl Dispute {
    pub(crate) fn new(serial: [u8; 16], value: u32) -> Self {
        Self {
            serial,
            value,
            hops: Vec::new(),
            guilty: Vec::new(),
        }
    }

    /// Adds a hop, unless it is there already.
    pub(crate) fn add(&mut self, hop: Hop) {
        let known = |known: &Hop| known.hand_over == hop.hand_over;
        if !self.hops.iter().any(known) {
            self.hops.push(hop);
        }
    }

    /// Asks one wallet; `as_party` is what it is called when it is the authority's own.
    fn ask(
        &mut self,
        witness: &mut dyn Witness,
        public: &G1<BnP256>,
        context: &[u8; 32],
        own_party: Option<Party>,
        good: &dyn Fn(&HandOver) -> bool,
    ) -> Result<Option<Verdict>, WitnessError> {
        let name = basename(&self.serial);
        // Its name for this token, of the very key that the authority is talking to.
        let g = G1::<BnP256>::generator();
        let first = proved(witness, &g, &name, context)?;
        if first.multiple() != public {
            return Err(WitnessError("it answers with another key".to_owned()));
        }
        let pseudonym = first.pseudonym();
        let me = own_party.unwrap_or_else(|| Party::Wallet(pseudonym.clone()));

        let mut asked = 0;
        let mut shown = false;
        loop {
            while asked < self.hops.len() {
                let hop = &mut self.hops[asked];
                asked += 1;
                let Ok(hand_over) = HandOver::from_bytes(&hop.hand_over) else {
                    continue;
                };
                for (end, maker) in [
                    (&mut hop.payer, hand_over.payer_maker()),
                    (&mut hop.payee, hand_over.payee_maker()),
                ] {
                    let (Party::Unknown, Ok(maker)) = (&*end, maker) else {
                        continue;
                    };
                    if made(witness, &maker, &name, context, &pseudonym)? {
                        *end = me.clone();
                    }
                }
            }
            let gave = self.payments(|hop| hop.payer == me);
            if gave == 0 || shown || me == Party::Mint {
                break;
            }
            // Only who gave the token away has to say where it came from.
            shown = true;
            for hand_over in witness
                .hand_overs(&self.serial)?
                .into_iter()
                .take(SHOWN_MAX)
            {
                if hand_over.holds(&self.serial) && good(&hand_over) {
                    self.add(Hop::new(&hand_over.to_bytes()));
                }
            }
        }
        let gave = self.payments(|hop| hop.payer == me);
        let got = self.payments(|hop| hop.payee == me);
        let innocent = gave <= got || me == Party::Mint;
        self.guilty.retain(|known| known.pseudonym != pseudonym);
        if innocent {
            return Ok(None);
        }
        let verdict = Verdict {
            serial: self.serial,
            pseudonym,
            gave,
            got,
        };
        self.guilty.push(verdict.clone());
        Ok(Some(verdict))
    }

    /// Payments, not hand-overs: one that was cut and resumed has several.
    pub(crate) fn payments(&self, of: impl Fn(&Hop) -> bool) -> usize {
        let ids: BTreeSet<[u8; 32]> = self
            .hops
            .iter()
            .filter(|hop| of(hop))
            .filter_map(|hop| HandOver::from_bytes(&hop.hand_over).ok())
            .map(|hand_over| hand_over.id())
            .collect();
        ids.len()
    }
}

/// An answer that holds.
fn proved(
    witness: &mut dyn Witness,
    point: &G1<BnP256>,
    name: &[u8],
    context: &[u8; 32],
) -> Result<Owned<BnP256>, WitnessError> {
    let owned = witness.own(point, name, context)?;
    owned
        .verify(point, name, context)
        .map_err(|why| WitnessError(why.to_string()))?;
    Ok(owned)
}

/// Whether the key of this name made a signature.
fn made(
    witness: &mut dyn Witness,
    (s, w): &Maker,
    name: &[u8],
    context: &[u8; 32],
    pseudonym: &[u8],
) -> Result<bool, WitnessError> {
    let owned = proved(witness, s, name, context)?;
    if owned.pseudonym() != pseudonym {
        return Err(WitnessError("it answers with two keys".to_owned()));
    }
    Ok(owned.multiple() == w)
}

impl Ledger {
    /// Asks a wallet about every dispute. `context` is new for each examination; `good` says whether a
    /// hand-over is signed by a wallet of this authority, of whatever epoch; `mint` is true for the
    /// authority's own mint, which gives away what it never got.
    ///
    /// # Errors
    /// When the wallet does not answer, or not for one key: it is then owed nothing.
    pub fn examine(
        &mut self,
        witness: &mut dyn Witness,
        context: &[u8; 32],
        mint: bool,
        good: &dyn Fn(&HandOver) -> bool,
    ) -> Result<Examined, WitnessError> {
        let mut out = Examined::default();
        if self.disputes.is_empty() {
            return Ok(out);
        }
        let public = witness.public()?;
        out.public = Some(public);
        for dispute in &mut self.disputes {
            let own_party = mint.then_some(Party::Mint);
            out.guilty
                .extend(dispute.ask(witness, &public, context, own_party, good)?);
        }
        Ok(out)
    }
}
