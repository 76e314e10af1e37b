//! Who spent a token twice is found, and nobody else is accused. Wallets are numbers: 1 to 5; the
//! double spender hands on what it no longer has, as a copy of its memory would.

mod common;

use std::collections::BTreeSet;

use common::{BANK, MINT, World, ask, good, key, serial};
use opera_daa::bn_p256::BnP256;
use opera_daa::{G1, Owned};
use opera_ledger::{Ledger, Summary, Witness, WitnessError};
use opera_tpcu::Profile;
use opera_tpcu::hand_over::HandOver;

fn summary(ledger: &Ledger) -> Summary {
    ledger.summary(u32::MAX, &BTreeSet::new())
}

/// Token of wallet 1 to 2 and, again, to 3; 2 hands it to 4; 4 and 3 deposit.
fn double_spent() -> (World, Ledger, common::Token) {
    let mut world = World::default();
    let token = world.charge(1, 1)[0];
    world.hand(1, 2, &[token]);
    world.hand(1, 3, &[token]);
    world.hand(2, 4, &[token]);
    let mut ledger = Ledger::default();
    world.hand(4, BANK, &[token]);
    assert_eq!(world.absorb(&mut ledger, &[&token]), 1);
    assert!(!summary(&ledger).fraud());
    world.hand(3, BANK, &[token]);
    assert_eq!(world.absorb(&mut ledger, &[&token, &token]), 1);
    (world, ledger, token)
}

#[test]
fn the_double_spender_is_found_hop_by_hop() {
    let (world, mut ledger, token) = double_spent();
    let books = summary(&ledger);
    assert!(books.fraud());
    assert_eq!((books.deposited, books.double_deposited), (20, 10));
    assert_eq!(books.disputes[0].needed.len(), 2, "both deposits");
    assert!(
        books.disputes[0]
            .needed
            .iter()
            .all(|n| n.given_to == "bank")
    );

    // What is needed is said after each answer, and who has nothing to do with it stays out of it.
    for (wallet, needed) in [(5, 2), (4, 2), (3, 2), (2, 2)] {
        let examined = world.examine(&mut ledger, wallet);
        assert_eq!(examined.guilty, [], "wallet {wallet}");
        assert_eq!(
            summary(&ledger).disputes[0].needed.len(),
            needed,
            "{wallet}"
        );
    }
    let examined = world.examine(&mut ledger, 1);
    let [verdict] = &examined.guilty[..] else {
        panic!("{examined:?}");
    };
    assert_eq!((verdict.gave, verdict.got), (2, 1));
    assert_eq!(verdict.serial, serial(&token));
    // One hop is open still: the mint's.
    assert_eq!(summary(&ledger).disputes[0].needed.len(), 1);
    assert_eq!(world.examine(&mut ledger, MINT).guilty, []);
    let books = summary(&ledger);
    assert_eq!(books.disputes[0].needed, []);
    assert_eq!(books.disputes[0].spent_twice.len(), 1);
    // Asked again, all say the same.
    for wallet in [2, 3, 4, MINT] {
        assert_eq!(world.examine(&mut ledger, wallet).guilty, []);
    }
    assert_eq!(world.examine(&mut ledger, 1).guilty.len(), 1);
    assert_eq!(summary(&ledger), books);
}

#[test]
fn nobody_is_found_in_any_order_but_the_double_spender() {
    let orders: [[u8; 5]; 4] = [
        [1, 2, 3, 4, MINT],
        [2, 1, 4, 3, MINT],
        [MINT, 4, 2, 1, 3],
        [3, MINT, 1, 4, 2],
    ];
    for order in orders {
        let (world, mut ledger, _) = double_spent();
        // Once around for each hop between double spender and bank at most: who answered before its
        // hand-over was known answers the next time.
        let rounds = 3;
        for round in 1..=rounds {
            for wallet in order {
                let guilty = world.examine(&mut ledger, wallet).guilty.len();
                assert!(guilty == 0 || wallet == 1, "{order:?}: {wallet}");
                assert!(guilty == 1 || wallet != 1 || round < rounds, "{order:?}");
            }
        }
    }
}

#[test]
fn an_honest_wallet_that_passes_the_same_token_on_twice_is_not_accused() {
    let mut world = World::default();
    let token = world.charge(1, 1)[0];
    // 2 gets the token from 1, hands it to 3, gets its double from 5 and hands that to 4.
    world.hand(1, 2, &[token]);
    world.hand(2, 3, &[token]);
    world.hand(1, 5, &[token]);
    world.hand(5, 2, &[token]);
    world.hand(2, 4, &[token]);
    world.hand(3, BANK, &[token]);
    world.hand(4, BANK, &[token]);
    let mut ledger = Ledger::default();
    assert_eq!(world.absorb(&mut ledger, &[&token, &token]), 2);
    for wallet in [3, 4, 2, 5] {
        assert_eq!(world.examine(&mut ledger, wallet).guilty, [], "{wallet}");
    }
    let verdict = &world.examine(&mut ledger, 1).guilty[0];
    assert_eq!((verdict.gave, verdict.got), (2, 1));
    assert_eq!(world.examine(&mut ledger, MINT).guilty, []);
    let books = summary(&ledger);
    assert_eq!(books.disputes[0].spent_twice.len(), 1);
    assert_eq!(books.disputes[0].needed, []);
}

#[test]
fn a_payment_that_was_cut_and_resumed_counts_once() {
    let mut world = World::default();
    let token = world.charge(1, 1)[0];
    world.hand_cut(1, 2, &token);
    assert_eq!(world.kept(2)[0].id(), world.kept(2)[1].id());
    assert_ne!(world.kept(2)[0].to_bytes(), world.kept(2)[1].to_bytes());
    // 2 is broken and spends twice; 1 is honest, though it signed two hand-overs.
    world.hand(2, BANK, &[token]);
    world.hand(2, BANK, &[token]);
    let mut ledger = Ledger::default();
    assert_eq!(world.absorb(&mut ledger, &[&token, &token]), 2);
    let guilty = &world.examine(&mut ledger, 2).guilty;
    assert_eq!((guilty[0].gave, guilty[0].got), (2, 1));
    assert_eq!(world.examine(&mut ledger, 1).guilty, []);
    assert_eq!(world.examine(&mut ledger, MINT).guilty, []);
}

/// The double spender signed the hand-overs of its payees, so it has them; they are not to it.
#[test]
fn hand_overs_to_others_are_no_excuse() {
    let (mut world, mut ledger, token) = double_spent();
    let all: Vec<HandOver> = (1..6).flat_map(|number| world.kept(number)).collect();
    for wallet in [4, 3, 2] {
        assert_eq!(world.examine(&mut ledger, wallet).guilty, []);
    }
    let mut witness = world.witness(1);
    witness.kept = all;
    let examined = ask(&mut ledger, &mut witness, false).unwrap();
    assert_eq!((examined.guilty[0].gave, examined.guilty[0].got), (2, 1));

    // Nor are those of another token, nor forged ones.
    let other = world.charge(2, 2)[1];
    world.hand(2, 1, &[other]);
    let mut witness = world.witness(1);
    let mut forged = witness.kept[0].to_bytes();
    // The payment's session: it would count as another payment.
    forged[70] ^= 1;
    let forged = HandOver::from_bytes(&forged).unwrap();
    assert!(!good(&forged));
    witness.kept.push(forged);
    let examined = ask(&mut ledger, &mut witness, false).unwrap();
    assert_eq!((examined.guilty[0].gave, examined.guilty[0].got), (2, 1));
    assert_eq!(examined.guilty[0].serial, serial(&token));
}

#[test]
fn who_answers_with_another_key_is_told_so() {
    let (world, mut ledger, _) = double_spent();
    for (keys, said) in [
        ([1, 5, 5], "it answers with another key"),
        ([1, 1, 5], "it answers with two keys"),
    ] {
        let mut witness = world.witness(1);
        witness.keys = keys.map(key).into();
        let refused = ask(&mut ledger, &mut witness, false);
        assert_eq!(refused, Err(WitnessError(said.to_owned())));
    }
    assert_eq!(summary(&ledger).disputes[0].spent_twice, []);
}

/// Denies all, with the multiples of another key under its own name.
struct Liar(common::Wallet, common::Wallet);

impl Witness for Liar {
    fn public(&mut self) -> Result<G1<BnP256>, WitnessError> {
        self.0.public()
    }

    fn own(
        &mut self,
        point: &G1<BnP256>,
        basename: &[u8],
        context: &[u8; 32],
    ) -> Result<Owned<BnP256>, WitnessError> {
        let own = self.0.own(point, basename, context)?;
        if own.multiple() == &self.0.public()? {
            return Ok(own);
        }
        let other = self.1.own(point, basename, context)?;
        let mixed = [&other.to_bytes()[..33], &own.to_bytes()[33..]].concat();
        Ok(Owned::from_bytes(&mixed).unwrap())
    }

    fn hand_overs(&mut self, serial: &[u8; 16]) -> Result<Vec<HandOver>, WitnessError> {
        self.0.hand_overs(serial)
    }
}

#[test]
fn who_denies_without_proof_is_told_so() {
    let (world, mut ledger, _) = double_spent();
    let mut liar = Liar(world.witness(1), world.witness(5));
    assert!(ask(&mut ledger, &mut liar, false).is_err());
    // An answer to an earlier question is no answer either.
    struct Late(common::Wallet);
    impl Witness for Late {
        fn public(&mut self) -> Result<G1<BnP256>, WitnessError> {
            self.0.public()
        }
        fn own(
            &mut self,
            point: &G1<BnP256>,
            basename: &[u8],
            _: &[u8; 32],
        ) -> Result<Owned<BnP256>, WitnessError> {
            self.0.own(point, basename, &[6; 32])
        }
        fn hand_overs(&mut self, serial: &[u8; 16]) -> Result<Vec<HandOver>, WitnessError> {
            self.0.hand_overs(serial)
        }
    }
    assert!(ask(&mut ledger, &mut Late(world.witness(1)), false).is_err());
}

#[test]
fn a_hand_over_counts_when_its_tokens_are_there_and_once() {
    let mut world = World::default();
    let tokens = world.charge(1, 2);
    world.hand(1, BANK, &tokens);
    let mut ledger = Ledger::default();
    assert_eq!(
        world.absorb(&mut ledger, &[]),
        0,
        "the key is not stored yet"
    );
    assert_eq!(world.absorb(&mut ledger, &[&tokens[0]]), 0);
    assert_eq!(world.absorb(&mut ledger, &[&tokens[0], &tokens[1]]), 1);
    assert_eq!(world.absorb(&mut ledger, &[&tokens[0], &tokens[1]]), 0);
    assert_eq!(ledger.deposits()[0].tokens(), 2);
    assert_eq!(summary(&ledger).deposited, 20);
}

#[test]
fn charges_make_the_supply() {
    let token = |n: u8| opera_tpcu::hand_over::Handed {
        serial: [n; 16],
        value: 10,
    };
    let mut ledger = Ledger::default();
    ledger.intend(1, [token(1), token(2)]);
    ledger.settle(1);
    // Cut, and gone home to the mint.
    ledger.intend(2, [token(3)]);
    // Cut; nobody knows.
    ledger.intend(3, [token(4)]);
    // Never began, and its counter was given out again.
    ledger.intend(4, [token(5)]);
    ledger.intend(4, [token(6)]);
    let books = ledger.summary(3, &BTreeSet::from([[3; 16]]));
    assert_eq!(
        (books.minted, books.uncertain, books.outstanding),
        (30, 10, 30)
    );
    assert!(!books.fraud());
    assert_eq!(ledger.summary(4, &BTreeSet::new()).minted, 50);
}

#[test]
fn the_books_come_back_from_their_file() {
    let (world, mut ledger, _) = double_spent();
    ledger.intend(1, []);
    world.examine(&mut ledger, 4);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger");
    assert_eq!(Ledger::load(&path).unwrap(), Ledger::default());
    ledger.save(&path).unwrap();
    assert_eq!(Ledger::load(&path).unwrap(), ledger);
    let mut bytes = std::fs::read(&path).unwrap();
    let last = bytes.len() - 3;
    bytes[last] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    let error = Ledger::load(&path).unwrap_err().to_string();
    assert!(error.contains("damaged"), "{error}");
    opera_store::beside::write_sealed(&path, b"OPERALGR", b"{\"charges\": 3}").unwrap();
    let error = Ledger::load(&path).unwrap_err().to_string();
    assert!(error.contains("ledger"), "{error}");
}

/// What two deposits of one wallet have in common, two of different wallets have, too.
#[test]
fn nothing_links_two_deposits_of_one_wallet() {
    for profile in [Profile::Hardened, Profile::Paper] {
        let mut world = World::default();
        let tokens = world.charge(1, 3);
        // In one wallet, so that its session counter goes on.
        world.hand_each(1, BANK, &tokens[..2], profile);
        world.hand_each(2, BANK, &tokens[2..], profile);
        let mut ledger = Ledger::default();
        let held = [&tokens[0], &tokens[1], &tokens[2]];
        assert_eq!(world.absorb(&mut ledger, &held), 3);
        let [one, again, other] = [0, 1, 2].map(|n| ledger.deposits()[n].hand_over());
        let windows = |bytes: &[u8], n| -> BTreeSet<Vec<u8>> {
            bytes.windows(n).map(<[u8]>::to_vec).collect()
        };
        let known = windows(other, 7);
        // The byte behind a fixed field may be equal by chance: a point begins with 2 or 3.
        let new = |window: &Vec<u8>| !known.contains(&window[..7]) && !known.contains(&window[1..]);
        let more: Vec<_> = windows(one, 8)
            .intersection(&windows(again, 8))
            .filter(|window| new(window))
            .cloned()
            .collect();
        assert_eq!(more, Vec::<Vec<u8>>::new(), "{profile:?}");
    }
}
