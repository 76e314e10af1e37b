//! What a payee keeps of a payment proves it, and is no part of the money.

use std::cell::RefCell;
use std::rc::Rc;

use opera_tpcu::driver::references;
use opera_tpcu::hand_over::{HandOver, Handed, Keeper};
use opera_tpcu::model::{Pair, Side, issuer_key, provision};
use opera_tpcu::protocol::Decline;
use opera_tpcu::protocol::stage1::SessionId;
use opera_tpcu::protocol::wire::Refusal;
use opera_tpcu::token::IssuerKey;
use opera_tpcu::tpm::Group;
use opera_tpcu::{Error, Profile, Report, Tpcu, accept, pay};

/// Keeps, or says that it cannot; has received everything before, or nothing.
#[derive(Clone)]
struct Drawer {
    kept: Rc<RefCell<Vec<HandOver>>>,
    works: bool,
    knows_all: bool,
}

impl Keeper for Drawer {
    fn keep(&mut self, hand_over: &HandOver) -> bool {
        self.kept.borrow_mut().push(hand_over.clone());
        self.works
    }

    fn kept(&mut self) -> Vec<Vec<u8>> {
        Vec::new()
    }

    fn received(&mut self, _: &SessionId) -> bool {
        self.knows_all
    }
}

type Ran = (Option<Result<Report, Error>>, Option<Result<Report, Error>>);

/// 30 in two tokens.
fn pay_once(profile: Profile, works: bool, knows_all: bool) -> (Ran, Vec<HandOver>, Pair) {
    let pair = Pair::new(false);
    let issuer = IssuerKey::from_secret(&issuer_key()).unwrap();
    for (slot, value) in [(0, 10), (1, 20), (2, 50)] {
        let token = issuer.issue(&[slot as u8 + 1; 16], value, 20_000);
        pair.danger_plant(Side::A, slot, token.as_bytes());
    }
    let drawer = Drawer {
        kept: Rc::default(),
        works,
        knows_all,
    };
    let tpcu = |number, seed: &[u8]| Tpcu::new(&provision(number, false), profile, seed).unwrap();
    let (mut payer, mut payee) = (tpcu(0, b"a"), tpcu(1, b"b"));
    payee.keep(Box::new(drawer.clone()));
    let (a, b) = (pair.bus(Side::A), pair.bus(Side::B));
    let ran = pair.run(pay(&a, &mut payer, 30), accept(&b, &mut payee));
    let kept = drawer.kept.borrow().clone();
    (ran, kept, pair)
}

fn group() -> Group {
    Group::new(&provision(1, false).group).unwrap()
}

#[test]
fn it_proves_which_tokens_went_over_and_any_changed_byte_is_refused() {
    for profile in [Profile::Hardened, Profile::Paper] {
        let (ran, kept, _) = pay_once(profile, true, false);
        let report = ran.1.unwrap().unwrap();
        let [hand_over] = &kept[..] else {
            panic!("{} hand-overs", kept.len());
        };
        assert_eq!(report.unkept, 0);
        assert_eq!(hand_over.session(), report.receipts[0].session);
        let token = |serial: u8, value| Handed {
            serial: [serial; 16],
            value,
        };
        assert_eq!(hand_over.tokens(), [token(2, 20), token(1, 10)]);
        assert!(hand_over.holds(&[1; 16]) && !hand_over.holds(&[3; 16]));
        assert_eq!(hand_over.epoch(), Some(1));
        let good = hand_over.to_bytes();
        assert!(HandOver::from_bytes(&good).unwrap() == *hand_over);
        assert_eq!(hand_over.verify(&group(), &references()), Ok(()));
        assert_eq!(hand_over.verify(&group(), &[]), Err(Refusal::Registers));
        for at in 0..good.len() {
            let mut bytes = good.to_vec();
            bytes[at] ^= 1;
            let passes = HandOver::from_bytes(&bytes)
                .is_ok_and(|changed| changed.verify(&group(), &references()).is_ok());
            assert!(!passes, "{profile:?}, byte {at}");
        }
        for length in 0..good.len() {
            let cut = HandOver::from_bytes(&good[..length]);
            assert!(cut.is_err(), "length {length}");
        }
    }
}

/// The authority's signature of a token is not in it: what proves a payment cannot be spent.
#[test]
fn it_is_not_money() {
    let (_, kept, pair) = pay_once(Profile::Hardened, true, false);
    let bytes = kept[0].to_bytes();
    for token in pair.repository(Side::B) {
        for part in token[32..].windows(8) {
            assert!(!bytes.windows(8).any(|window| window == part));
        }
    }
}

#[test]
fn a_payment_whose_hand_over_cannot_be_kept_is_a_payment() {
    let (ran, _, pair) = pay_once(Profile::Hardened, false, false);
    let (paid, taken) = (ran.0.unwrap().unwrap(), ran.1.unwrap().unwrap());
    assert_eq!((paid.balance(), taken.balance()), (50, 30));
    assert_eq!(taken.unkept, 1);
    assert_eq!(pair.leftovers(Side::B), (0, 0, 0));
}

/// Two payments under one session would count as one, and an honest payee that passes both on would have
/// given more than it got.
#[test]
fn a_second_payment_under_a_session_that_was_received_is_declined() {
    let (ran, kept, pair) = pay_once(Profile::Hardened, true, true);
    assert!(matches!(
        ran.0,
        Some(Err(Error::Declined(Decline::Session)))
    ));
    assert!(matches!(ran.1, Some(Err(Error::Partner(Refusal::Terms)))));
    assert!(kept.is_empty());
    assert_eq!(pair.repository(Side::A).len(), 3);
    assert_eq!(pair.leftovers(Side::A), (0, 0, 0));
}
