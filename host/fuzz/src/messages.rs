//! Any bytes in place of a message between two TPCUs.

use std::collections::BTreeSet;

use opera_tpcu::model::{Pair, Side, issuer_key, provision};
use opera_tpcu::protocol::wire::{HEADER, MAX_FRAME};
use opera_tpcu::token::IssuerKey;
use opera_tpcu::{Profile, Role, Tpcu, accept, pay, resume};

use crate::Check;

/// In the first byte: which message of the mount is struck.
const WHICH: u8 = 0x0F;
/// In the first byte: the published formulas, where what is sealed decrypts to whatever the attacker
/// likes.
const PAPER: u8 = 0x10;
/// In the first byte: header and place are right.
const KEEP_HEADER: u8 = 0x20;
/// In the first byte: the bytes are XORed onto the message.
const XOR: u8 = 0x40;
/// In the first byte: the payment was cut behind its release, and the struck message is one of the
/// resumption's.
const RESUMED: u8 = 0x80;

/// Frames before Msg.3-1 of a payment with two tokens.
const BEFORE_RELEASE: usize = 10;
const VALUES: [u32; 2] = [10, 1];

/// Two tokens change hands, one message is struck. Whatever comes of it, no token is there twice; and
/// in the hardened profile the wallets end the payment, or undo it, at their next meeting.
pub(crate) fn messages() -> Check {
    let Some(issuer) = IssuerKey::from_secret(&issuer_key()) else {
        unreachable!("a fixed key");
    };
    let tokens = [(1, VALUES[0]), (2, VALUES[1])].map(|(serial, value)| {
        let token = issuer.issue(&[serial; 16], value, 20_000);
        *token.as_bytes()
    });
    Box::new(move |bytes| {
        let Some((&how, bytes)) = bytes.split_first() else {
            return;
        };
        let pair = Pair::new(false);
        for (slot, token) in (0..).zip(&tokens) {
            pair.danger_plant(Side::A, slot, token);
        }
        let profile = if how & PAPER == 0 {
            Profile::Hardened
        } else {
            Profile::Paper
        };
        if how & RESUMED != 0 {
            strike(&pair, BEFORE_RELEASE, 0, Vec::new());
            run(&pair, profile, 1, false);
            pair.restart();
        }
        strike(&pair, usize::from(how & WHICH), how, bytes.to_vec());
        run(&pair, profile, 2, how & RESUMED != 0);
        spendable(&pair);
        pair.tamper_link(None);
        for round in 3..6 {
            if open(&pair) == 0 {
                break;
            }
            pair.restart();
            run(&pair, profile, round, true);
        }
        let there = spendable(&pair);
        if profile == Profile::Hardened {
            assert_eq!(open(&pair), 0, "a payment is still open");
            assert_eq!(there, BTreeSet::from([1, 2]), "tokens that are there");
            let held = [Side::A, Side::B].map(|side| pair.repository(side).len());
            assert!([[2, 0], [0, 2]].contains(&held), "{held:?}: half a payment");
        }
    })
}

/// The message with this number of those to come is changed.
fn strike(pair: &Pair, which: usize, how: u8, bytes: Vec<u8>) {
    let mut number = 0;
    pair.tamper_link(Some(Box::new(move |_, frame| {
        if number == which {
            let keep = if how & KEEP_HEADER == 0 { 0 } else { HEADER };
            let keep = keep.min(frame.len());
            if how & XOR == 0 {
                frame.truncate(keep);
                frame.extend_from_slice(&bytes);
            } else {
                for (byte, change) in frame[keep..].iter_mut().zip(&bytes) {
                    *byte ^= change;
                }
            }
            frame.truncate(MAX_FRAME);
        }
        number += 1;
    })));
}

fn run(pair: &Pair, profile: Profile, seed: u8, again: bool) {
    let tpcu = |number| match Tpcu::new(&provision(number, false), profile, &[number, seed]) {
        Ok(tpcu) => tpcu,
        Err(error) => unreachable!("fixed keys: {error}"),
    };
    let (mut payer, mut payee) = (tpcu(0), tpcu(1));
    let (a, b) = (pair.bus(Side::A), pair.bus(Side::B));
    // Who is refused for what is not the question here.
    if again {
        let _ = pair.run(
            resume(&a, &mut payer, Role::Payer),
            resume(&b, &mut payee, Role::Payee),
        );
    } else {
        let amount = VALUES.iter().sum();
        let _ = pair.run(pay(&a, &mut payer, amount), accept(&b, &mut payee));
    }
}

/// First bytes of the serial numbers in both repositories.
fn spendable(pair: &Pair) -> BTreeSet<u8> {
    let mut all = BTreeSet::new();
    for side in [Side::A, Side::B] {
        for token in pair.repository(side) {
            assert!(all.insert(token[8]), "token {} is there twice", token[8]);
        }
    }
    all
}

fn open(pair: &Pair) -> usize {
    let (a, b) = (pair.leftovers(Side::A), pair.leftovers(Side::B));
    a.0 + a.1 + a.2 + b.0 + b.1 + b.2
}
