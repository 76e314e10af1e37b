//! What a payee keeps of a payment: any bytes in the place of a hand-over.

use opera_tpcu::driver::references;
use opera_tpcu::hand_over::{Drawer, HandOver};
use opera_tpcu::model::{Pair, Side, issuer_key, provision};
use opera_tpcu::token::IssuerKey;
use opera_tpcu::tpm::Group;
use opera_tpcu::{Profile, Tpcu, accept, pay};

use crate::Check;

/// The hand-over of a payment with two tokens.
///
/// # Panics
/// When two model wallets cannot pay.
#[must_use]
pub fn good_hand_over() -> Vec<u8> {
    let pair = Pair::new(false);
    let issuer = IssuerKey::from_secret(&issuer_key()).expect("a fixed key");
    for (slot, value) in [(0, 10), (1, 1)] {
        let token = issuer.issue(&[slot as u8 + 1; 16], value, 20_000);
        pair.danger_plant(Side::A, slot, token.as_bytes());
    }
    let tpcu = |n| Tpcu::new(&provision(n, false), Profile::Hardened, &[n]).expect("fixed keys");
    let (mut payer, mut payee) = (tpcu(0), tpcu(1));
    let drawer = Drawer::default();
    payee.keep(Box::new(drawer.clone()));
    let (a, b) = (pair.bus(Side::A), pair.bus(Side::B));
    let _ = pair.run(pay(&a, &mut payer, 11), accept(&b, &mut payee));
    let kept = drawer.0.borrow();
    let [only] = &kept[..] else {
        panic!("one payment, and {} hand-overs of it", kept.len());
    };
    only.to_bytes().to_vec()
}

/// XORed onto a good hand-over, or in its place: no other than the good one is accepted, and what is read
/// is written as it was.
pub(crate) fn hand_over() -> Check {
    let good = good_hand_over();
    let Ok(group) = Group::new(&provision(0, false).group) else {
        unreachable!("a fixed key");
    };
    let references = references();
    Box::new(move |bytes| {
        let Some((&how, bytes)) = bytes.split_first() else {
            return;
        };
        let other: Vec<u8> = if how & 1 == 0 {
            let mut other = good.clone();
            for (byte, change) in other.iter_mut().zip(bytes) {
                *byte ^= change;
            }
            other.extend_from_slice(bytes.get(other.len()..).unwrap_or(&[]));
            other
        } else {
            bytes.to_vec()
        };
        let Ok(read) = HandOver::from_bytes(&other) else {
            assert!(other != good, "the good one is not read");
            return;
        };
        assert!(read.to_bytes()[..] == other, "written as it was read");
        let _ = (read.id(), read.epoch(), read.tokens());
        let _ = (read.payer_maker(), read.payee_maker());
        let accepted = read.verify(&group, &references);
        assert_eq!(accepted.is_ok(), other == good, "{accepted:?}");
    })
}
