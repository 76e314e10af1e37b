//! Wallets of the TPCU's model that hand tokens on, some of them more than once.
#![allow(
    dead_code,
    reason = "each test program has its own copy and uses a part of it"
)]

use std::collections::BTreeMap;

use opera_daa::bn_p256::BnP256;
use opera_daa::{DaaKey, G1, Owned, SoftKey};
use opera_ledger::{Examined, Ledger, Witness, WitnessError};
use opera_tpcu::choose::{Lot, Plan};
use opera_tpcu::crypto::Drbg;
use opera_tpcu::driver::references;
use opera_tpcu::hand_over::{Drawer, HandOver};
use opera_tpcu::model::{Pair, Side, provision};
use opera_tpcu::protocol::wire::Kind;
use opera_tpcu::tpm::Group;
use opera_tpcu::{Observer, Profile, Role, Tpcu, accept, mint, pay, resume};

pub type Token = [u8; 96];

pub const MINT: u8 = 0;
pub const BANK: u8 = 9;

pub fn serial(token: &Token) -> [u8; 16] {
    token[8..24].try_into().unwrap()
}

/// Stops a payer when its message of this kind is due.
pub struct Stop(pub Kind);

impl Observer for Stop {
    fn message(&mut self, sent: bool, kind: Kind, _: u64) -> bool {
        !(sent && kind == self.0)
    }
}

/// Wallets by their numbers, and what each keeps.
#[derive(Default)]
pub struct World {
    pub drawers: BTreeMap<u8, Drawer>,
    seed: u64,
}

impl World {
    pub fn tpcu(&mut self, number: u8, profile: Profile) -> Tpcu {
        self.seed += 1;
        let seed = self.seed.to_be_bytes();
        let mut tpcu = Tpcu::new(&provision(number, number == MINT), profile, &seed).unwrap();
        let drawer = self.drawers.entry(number).or_default();
        tpcu.keep(Box::new(drawer.clone()));
        tpcu
    }

    /// New tokens of 10 for a wallet.
    pub fn charge(&mut self, to: u8, count: u16) -> Vec<Token> {
        let pair = Pair::new(true);
        let _ = pair.swap(Side::B, to, false);
        let (mut payer, mut payee) = (
            self.tpcu(MINT, Profile::Hardened),
            self.tpcu(to, Profile::Hardened),
        );
        let plan = Plan::new(&[Lot { value: 10, count }]).unwrap();
        let (a, b) = (pair.bus(Side::A), pair.bus(Side::B));
        let (made, _) = pair.run(mint(&a, &mut payer, &plan, 1), accept(&b, &mut payee));
        made.unwrap().unwrap();
        pair.repository(Side::B)
    }

    /// Wallets with this token in the payer, whether it is its to give or not.
    pub fn pair(&self, from: u8, to: u8, tokens: &[Token]) -> Pair {
        let pair = Pair::new(false);
        let _ = pair.swap(Side::A, from, false);
        let _ = pair.swap(Side::B, to, false);
        for (slot, token) in (0..).zip(tokens) {
            pair.danger_plant(Side::A, slot, token);
        }
        pair
    }

    /// One wallet hands tokens to another.
    pub fn hand(&mut self, from: u8, to: u8, tokens: &[Token]) {
        self.hand_in(from, to, tokens, Profile::Hardened);
    }

    fn hand_in(&mut self, from: u8, to: u8, tokens: &[Token], profile: Profile) {
        let pair = self.pair(from, to, tokens);
        self.pay(&pair, (from, to), 10 * tokens.len() as u32, profile);
    }

    /// One wallet hands tokens to another, each in a payment of its own.
    pub fn hand_each(&mut self, from: u8, to: u8, tokens: &[Token], profile: Profile) {
        let pair = self.pair(from, to, tokens);
        for _ in tokens {
            self.pay(&pair, (from, to), 10, profile);
            pair.restart();
        }
    }

    fn pay(&mut self, pair: &Pair, (from, to): (u8, u8), amount: u32, profile: Profile) {
        let (mut payer, mut payee) = (self.tpcu(from, profile), self.tpcu(to, profile));
        let (a, b) = (pair.bus(Side::A), pair.bus(Side::B));
        let (paid, taken) = pair.run(pay(&a, &mut payer, amount), accept(&b, &mut payee));
        paid.unwrap().unwrap();
        assert_eq!(taken.unwrap().unwrap().unkept, 0);
    }

    /// The same, cut when the payee has accepted the release, and resumed: two hand-overs of one payment.
    pub fn hand_cut(&mut self, from: u8, to: u8, token: &Token) {
        let pair = self.pair(from, to, &[*token]);
        let before = self.kept(to).len();
        // The payee's power fails at some transfer behind the release; find one where it has kept the
        // hand-over and not the key.
        for transfer in 1.. {
            assert!(transfer < 4000, "no transfer lies between evidence and key");
            let pair = self.pair(from, to, &[*token]);
            let known = self.kept(to).len();
            let (mut payer, mut payee) = (
                self.tpcu(from, Profile::Hardened),
                self.tpcu(to, Profile::Hardened),
            );
            let (a, b) = (pair.bus(Side::A), pair.bus(Side::B));
            pair.cut_power_before(Side::B, transfer);
            let _ = pair.run(pay(&a, &mut payer, 10), accept(&b, &mut payee));
            if self.kept(to).len() == known {
                continue;
            }
            pair.restart();
            let (mut payer, mut payee) = (
                self.tpcu(from, Profile::Hardened),
                self.tpcu(to, Profile::Hardened),
            );
            let _ = pair.run(
                resume(&a, &mut payer, Role::Payer),
                resume(&b, &mut payee, Role::Payee),
            );
            assert_eq!(pair.repository(Side::B), [*token]);
            break;
        }
        drop(pair);
        assert_eq!(self.kept(to).len(), before + 2, "one of each mount");
    }

    pub fn kept(&self, number: u8) -> Vec<HandOver> {
        let drawer = self.drawers.get(&number);
        drawer.map_or_else(Vec::new, |drawer| drawer.0.borrow().clone())
    }

    /// The bank's wallet goes to the ledger.
    pub fn absorb(&self, ledger: &mut Ledger, held: &[&Token]) -> usize {
        let held: Vec<_> = held.iter().map(|token| serial(token)).collect();
        ledger.absorb(1, &self.kept(BANK), &held).len()
    }

    /// A wallet answers as an honest one does.
    pub fn examine(&self, ledger: &mut Ledger, number: u8) -> Examined {
        let mut witness = self.witness(number);
        ask(ledger, &mut witness, number == MINT).unwrap()
    }

    pub fn witness(&self, number: u8) -> Wallet {
        Wallet {
            keys: vec![key(number)],
            kept: self.kept(number),
        }
    }
}

pub fn ask(
    ledger: &mut Ledger,
    witness: &mut dyn Witness,
    mint: bool,
) -> Result<Examined, WitnessError> {
    ledger.examine(witness, &[7; 32], mint, &good)
}

pub fn good(hand_over: &HandOver) -> bool {
    let group = Group::new(&provision(1, false).group).unwrap();
    hand_over.verify(&group, &references()).is_ok()
}

type Key = SoftKey<BnP256, Drbg>;

pub fn key(number: u8) -> Key {
    let secret = provision(number, number == MINT).attestation_key;
    Key::from_secret(&secret, Drbg::new(b"answers")).unwrap()
}

/// A wallet that is asked; one with several keys uses each in turn.
pub struct Wallet {
    pub keys: Vec<Key>,
    pub kept: Vec<HandOver>,
}

impl Witness for Wallet {
    fn public(&mut self) -> Result<G1<BnP256>, WitnessError> {
        let public = self.keys[0].public().unwrap();
        self.keys.rotate_left(1);
        Ok(public)
    }

    fn own(
        &mut self,
        point: &G1<BnP256>,
        basename: &[u8],
        context: &[u8; 32],
    ) -> Result<Owned<BnP256>, WitnessError> {
        let owned = Owned::make(&mut self.keys[0], point, basename, context).unwrap();
        self.keys.rotate_left(1);
        Ok(owned)
    }

    fn hand_overs(&mut self, _: &[u8; 16]) -> Result<Vec<HandOver>, WitnessError> {
        Ok(self.kept.clone())
    }
}
