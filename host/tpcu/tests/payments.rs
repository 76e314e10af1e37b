//! Payments between two model wallets: whole ones, and ones that are cut anywhere.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use opera_tpcu::choose::{Lot, Plan};
use opera_tpcu::driver::{BadToken, FIRMWARE};
use opera_tpcu::lists::{ListError, References};
use opera_tpcu::model::{Pair, Side, issuer_key, provision};
use opera_tpcu::protocol::wire::{Kind, Refusal};
use opera_tpcu::token::IssuerKey;
use opera_tpcu::tpm::Reference;
use opera_tpcu::{
    Error, Observer, Outcome, Profile, Report, Role, Tpcu, accept, mint, pay, pending, refund,
    resume,
};
use proptest::prelude::*;

fn tpcu(side: Side, seed: u64) -> Tpcu {
    with_profile(side, seed, Profile::Hardened)
}

fn with_profile(side: Side, seed: u64, profile: Profile) -> Tpcu {
    let number = if side == Side::A { 0 } else { 1 };
    let seed = [&[number][..], &seed.to_be_bytes()].concat();
    Tpcu::new(&provision(number, false), profile, &seed).unwrap()
}

/// Plants good tokens of these values; serial numbers are told apart by the slot.
fn charged(values: &[u32]) -> Pair {
    let pair = Pair::new(false);
    let issuer = IssuerKey::from_secret(&issuer_key()).unwrap();
    for (slot, value) in (0..).zip(values) {
        let token = issuer.issue(&[slot as u8 + 1; 16], *value, 20_000);
        pair.danger_plant(Side::A, slot, token.as_bytes());
    }
    pair
}

fn sum(pair: &Pair, side: Side) -> u32 {
    pair.repository(side)
        .iter()
        .map(|token| u32::from_be_bytes(token[24..28].try_into().unwrap()))
        .sum()
}

/// Serial numbers in both repositories; panics when one is there twice.
#[track_caller]
fn spendable(pair: &Pair) -> BTreeSet<u8> {
    let mut all = BTreeSet::new();
    for side in [Side::A, Side::B] {
        for token in pair.repository(side) {
            assert!(all.insert(token[8]), "serial {} twice", token[8]);
        }
    }
    all
}

type Ran = (Option<Result<Report, Error>>, Option<Result<Report, Error>>);

fn do_pay(pair: &Pair, seed: u64, amount: u32) -> Ran {
    let (a, b) = (pair.bus(Side::A), pair.bus(Side::B));
    let (mut payer, mut payee) = (tpcu(Side::A, seed), tpcu(Side::B, seed));
    pair.run(pay(&a, &mut payer, amount), accept(&b, &mut payee))
}

fn do_resume(pair: &Pair, seed: u64) -> Ran {
    let (a, b) = (pair.bus(Side::A), pair.bus(Side::B));
    let (mut payer, mut payee) = (tpcu(Side::A, seed), tpcu(Side::B, seed));
    pair.run(
        resume(&a, &mut payer, Role::Payer),
        resume(&b, &mut payee, Role::Payee),
    )
}

fn do_refund(pair: &Pair, seed: u64) -> Ran {
    let (a, b) = (pair.bus(Side::A), pair.bus(Side::B));
    let (mut payer, mut payee) = (tpcu(Side::A, seed), tpcu(Side::B, seed));
    pair.run(refund(&a, &mut payer), accept(&b, &mut payee))
}

#[track_caller]
fn clean(pair: &Pair) {
    assert_eq!(pair.leftovers(Side::A), (0, 0, 0), "A");
    assert_eq!(pair.leftovers(Side::B), (0, 0, 0), "B");
    assert!(
        !pair.power(Side::A).1 && !pair.power(Side::B).1,
        "power is off"
    );
}

#[test]
fn a_payment_moves_the_amount_and_leaves_nothing_behind() {
    let pair = charged(&[10, 10, 5, 20]);
    let (paid, taken) = do_pay(&pair, 1, 30);
    let (paid, taken) = (paid.unwrap().unwrap(), taken.unwrap().unwrap());
    assert_eq!((paid.balance(), taken.balance()), (15, 30));
    assert_eq!(paid.receipts[0].outcome, Outcome::Paid);
    assert_eq!(taken.receipts[0].outcome, Outcome::Received);
    assert_eq!(paid.receipts[0].tokens, 2, "fewest tokens: 20 + 10");
    assert_eq!(paid.receipts[0].session, taken.receipts[0].session);
    assert!(paid.pending.is_empty() && taken.pending.is_empty());
    clean(&pair);
    assert_eq!(spendable(&pair), BTreeSet::from([1, 2, 3, 4]));
}

#[test]
fn the_paper_profile_pays_too_and_profiles_do_not_mix() {
    let pair = charged(&[10, 10]);
    let (a, b) = (pair.bus(Side::A), pair.bus(Side::B));
    let (mut payer, mut payee) = (
        with_profile(Side::A, 1, Profile::Paper),
        with_profile(Side::B, 1, Profile::Paper),
    );
    let (paid, taken) = pair.run(pay(&a, &mut payer, 10), accept(&b, &mut payee));
    assert_eq!(paid.unwrap().unwrap().balance(), 10);
    assert_eq!(taken.unwrap().unwrap().balance(), 10);
    let mut hardened = tpcu(Side::A, 2);
    let (_, taken) = pair.run(pay(&a, &mut hardened, 10), accept(&b, &mut payee));
    assert!(matches!(taken, Some(Err(Error::Partner(Refusal::Version)))));
    assert_eq!(sum(&pair, Side::B), 10);
}

#[test]
fn the_same_seed_gives_the_same_frames_and_another_seed_gives_others() {
    let frames = |seed| {
        let pair = charged(&[10, 10, 5, 20]);
        let _ = do_pay(&pair, seed, 30);
        pair.take_frames()
    };
    assert_eq!(frames(1), frames(1));
    assert_ne!(frames(1), frames(2));
}

#[test]
fn the_same_seed_gives_other_frames_the_next_time_in_the_same_wallets() {
    let pair = charged(&[10, 10]);
    let _ = do_pay(&pair, 1, 10);
    let first = pair.take_frames();
    pair.restart();
    let _ = do_pay(&pair, 1, 10);
    let second = pair.take_frames();
    for ((_, x), (_, y)) in first.iter().zip(&second) {
        assert_ne!(x[6..], y[6..], "{:?}", Kind::of(x));
    }
}

#[test]
fn what_cannot_be_paid_is_said_and_nothing_moves() {
    let pair = charged(&[10, 20]);
    let (paid, taken) = do_pay(&pair, 1, 15);
    assert!(matches!(paid, Some(Err(Error::NotPayable(_)))));
    assert_eq!(taken.unwrap().unwrap().balance(), 0);
    assert_eq!(sum(&pair, Side::A), 30);
    clean(&pair);
}

#[test]
fn a_mint_charges_a_wallet_and_every_serial_differs() {
    let pair = Pair::new(true);
    let mut payer = Tpcu::new(&provision(0, true), Profile::Hardened, b"m").unwrap();
    let lots = [
        Lot {
            value: 100,
            count: 3,
        },
        Lot {
            value: 10,
            count: 4,
        },
    ];
    let plan = Plan::new(&lots).unwrap();
    let (a, b) = (pair.bus(Side::A), pair.bus(Side::B));
    for round in 1..=2 {
        let mut payee = tpcu(Side::B, round);
        let (minted, taken) = pair.run(mint(&a, &mut payer, &plan, 20_777), accept(&b, &mut payee));
        assert_eq!(minted.unwrap().unwrap().receipts[0].amount, 340);
        assert_eq!(taken.unwrap().unwrap().balance(), 340 * round);
        clean(&pair);
    }
    let serials: BTreeSet<[u8; 16]> = pair
        .repository(Side::B)
        .iter()
        .map(|token| token[8..24].try_into().unwrap())
        .collect();
    assert_eq!(serials.len(), 14);
    let mut plain = tpcu(Side::B, 3);
    let (refused, _) = pair.run(mint(&b, &mut plain, &plan, 0), async {});
    assert!(matches!(refused, Some(Err(Error::NotAMint))));
}

#[test]
fn a_payment_with_one_bad_token_is_refused_whole() {
    let pair = charged(&[10, 10, 10]);
    let mut forged = pair.repository(Side::A)[1];
    forged[40] ^= 1;
    pair.danger_plant(Side::A, 1, &forged);
    for seed in 1..3 {
        let (paid, taken) = if seed == 1 {
            do_pay(&pair, seed, 30)
        } else {
            do_resume(&pair, seed)
        };
        assert!(matches!(paid, Some(Err(Error::RefusedByPayee))), "{paid:?}");
        assert!(matches!(
            taken,
            Some(Err(Error::BadToken {
                index: 1,
                why: BadToken::Token(_)
            }))
        ));
        assert_eq!(sum(&pair, Side::B), 0);
        pair.restart();
    }
}

#[test]
fn the_same_token_twice_in_a_payment_is_refused() {
    let pair = charged(&[10, 10]);
    let copy = pair.repository(Side::A)[0];
    pair.danger_plant(Side::A, 1, &copy);
    let (_, taken) = do_pay(&pair, 1, 20);
    assert!(matches!(
        taken,
        Some(Err(Error::BadToken {
            index: 1,
            why: BadToken::Twice
        }))
    ));
    assert_eq!(sum(&pair, Side::B), 0);
}

#[test]
fn a_wallet_with_other_firmware_gets_no_power() {
    let pair = charged(&[10]);
    let (a, b) = (pair.bus(Side::A), pair.bus(Side::B));
    let (mut payer, mut payee) = (tpcu(Side::A, 1), tpcu(Side::B, 1));
    let issuer = IssuerKey::from_secret(&issuer_key()).unwrap();
    let list = |version, firmware: &[u8]| {
        let values = vec![Reference::expected(b"OP\x01\x00", firmware)];
        References { version, values }.to_signed(&issuer)
    };
    payee.accept_references(&list(2, b"other")).unwrap();
    let old = payee.accept_references(&list(1, FIRMWARE));
    assert_eq!(old, Err(ListError::Old { found: 1, known: 2 }));
    let mut unsigned = list(3, FIRMWARE);
    unsigned[0] ^= 1;
    let unsigned = payee.accept_references(&unsigned);
    assert_eq!(unsigned, Err(ListError::Signature));
    let (_, taken) = pair.run(pay(&a, &mut payer, 10), accept(&b, &mut payee));
    assert!(matches!(
        taken,
        Some(Err(Error::Partner(Refusal::Registers)))
    ));
    assert_eq!(sum(&pair, Side::A), 10);
    assert_eq!(pair.power(Side::B), (0, false));
}

#[test]
fn a_sum_that_is_not_the_agreed_amount_is_refused() {
    let pair = charged(&[10, 10, 5]);
    let cheap = pair.repository(Side::A)[2];
    let (a, b) = (pair.bus(Side::A), pair.bus(Side::B));
    let (mut payer, mut payee) = (tpcu(Side::A, 1), tpcu(Side::B, 1));
    let seen = Rc::new(RefCell::new(Vec::new()));
    payer.observe(Box::new(Stop { before: 3, seen }));
    let _ = pair.run(pay(&a, &mut payer, 20), accept(&b, &mut payee));
    pair.danger_replace_staged(Side::A, 0, &cheap);
    pair.restart();
    let (_, taken) = do_resume(&pair, 2);
    assert!(
        matches!(
            taken,
            Some(Err(Error::BadToken {
                why: BadToken::Total,
                ..
            }))
        ),
        "{taken:?}"
    );
    assert_eq!(sum(&pair, Side::B), 0);
}

#[test]
fn what_the_payee_said_in_another_session_is_refused() {
    let pair = charged(&[10, 10]);
    let _ = do_pay(&pair, 1, 10);
    let old: Vec<_> = pair.take_frames();
    let mut old = old.into_iter().filter(|(side, _)| *side == Side::B);
    pair.restart();
    pair.tamper_link(Some(Box::new(move |side, frame| {
        if side == Side::B
            && let Some((_, said)) = old.next()
        {
            *frame = said;
        }
    })));
    let (paid, _) = do_pay(&pair, 2, 10);
    assert!(matches!(paid, Some(Err(Error::Partner(_)))), "{paid:?}");
    assert_eq!(pair.power(Side::A).0, 1, "only the first time");
    assert_eq!((sum(&pair, Side::A), sum(&pair, Side::B)), (10, 10));
}

#[test]
fn a_stranger_that_knows_nothing_does_not_make_the_payee_discard() {
    let (_, b) = length();
    let mut waiting = 0;
    for at in (b / 2..b).step_by(19) {
        let pair = charged(&[10, 10, 5, 20]);
        place(&pair, Cut::PowerB(at));
        let _ = do_pay(&pair, 1, 30);
        let before = pair.leftovers(Side::B);
        let payer = pair.swap(Side::A, 9, false);
        let (c, b) = (pair.bus(Side::A), pair.bus(Side::B));
        let mut stranger = Tpcu::new(&provision(9, false), Profile::Hardened, b"c").unwrap();
        let mut payee = tpcu(Side::B, 2);
        let (_, served) = pair.run(
            resume(&c, &mut stranger, Role::Payer),
            accept(&b, &mut payee),
        );
        if !served.unwrap().unwrap().pending.is_empty() {
            waiting += 1;
            assert_eq!(pair.leftovers(Side::B), before);
        }
        let _ = pair.place(Side::A, payer);
        finish(&pair, 3);
    }
    assert!(waiting > 5, "only {waiting} payees had to wait");
}

#[test]
fn a_disturbed_data_bus_is_tried_again() {
    let pair = charged(&[10, 10, 10]);
    let mut left = 2;
    pair.tamper_data(Some(Box::new(move |_, bytes| {
        if left > 0 {
            left -= 1;
            bytes[50] ^= 0x80;
        }
    })));
    let (paid, taken) = do_pay(&pair, 1, 30);
    assert_eq!(paid.unwrap().unwrap().balance(), 0);
    assert_eq!(taken.unwrap().unwrap().balance(), 30);
    clean(&pair);
}

#[test]
fn a_data_bus_that_never_works_ends_and_a_good_one_finishes_later() {
    let pair = charged(&[10, 10, 10]);
    pair.tamper_data(Some(Box::new(|_, bytes| bytes[0] ^= 0x80)));
    let (paid, taken) = do_pay(&pair, 1, 30);
    assert!(paid.unwrap().is_err());
    assert!(matches!(taken, Some(Err(Error::DataBus { index: 0 }))));
    pair.restart();
    pair.tamper_data(None);
    let (resumed, _) = do_resume(&pair, 2);
    assert_eq!(resumed.unwrap().unwrap().receipts[0].outcome, Outcome::Paid);
    assert_eq!(sum(&pair, Side::B), 30);
    clean(&pair);
}

#[test]
fn every_changed_frame_is_refused_and_no_value_is_lost() {
    let whole = {
        let pair = charged(&[10, 10, 5, 20]);
        let _ = do_pay(&pair, 1, 30);
        pair.take_frames()
    };
    for (target, (_, good)) in whole.iter().enumerate() {
        for at in [1, 5, good.len() - 1] {
            let pair = charged(&[10, 10, 5, 20]);
            let mut number = 0;
            pair.tamper_link(Some(Box::new(move |_, frame| {
                if number == target {
                    frame[at] ^= 1;
                }
                number += 1;
            })));
            let _ = do_pay(&pair, 1, 30);
            let _ = spendable(&pair);
            pair.restart();
            pair.tamper_link(None);
            finish(&pair, 7);
        }
    }
}

/// Resumes until nothing is open, without cuts, and checks the end.
#[track_caller]
fn finish(pair: &Pair, seed: u64) {
    for round in 0..3 {
        if open(pair) == 0 {
            break;
        }
        pair.restart();
        let (a, b) = do_resume(pair, seed + round);
        assert!(matches!(a, Some(Ok(_))), "{a:?}");
        assert!(matches!(b, Some(Ok(_))), "{b:?}");
    }
    clean(pair);
    assert_eq!(spendable(pair), BTreeSet::from([1, 2, 3, 4]));
    assert!([(45, 0), (15, 30)].contains(&(sum(pair, Side::A), sum(pair, Side::B))));
}

fn open(pair: &Pair) -> usize {
    let (a, b) = (pair.leftovers(Side::A), pair.leftovers(Side::B));
    a.0 + a.1 + a.2 + b.0 + b.1 + b.2
}

#[derive(Clone, Copy, Debug)]
enum Cut {
    PowerA(u64),
    PowerB(u64),
    Unplug(u64),
}

fn place(pair: &Pair, cut: Cut) {
    match cut {
        Cut::PowerA(at) => pair.cut_power_before(Side::A, at),
        Cut::PowerB(at) => pair.cut_power_before(Side::B, at),
        Cut::Unplug(at) => pair.unplug_before(at),
    }
}

fn length() -> (u64, u64) {
    let pair = charged(&[10, 10, 5, 20]);
    let _ = do_pay(&pair, 1, 30);
    clean(&pair);
    pair.transfers()
}

/// Where the payment of `length` is cut.
fn cuts(step: usize) -> Vec<Cut> {
    let (a, b) = length();
    let mut cuts = Vec::new();
    cuts.extend((0..a).step_by(step).map(Cut::PowerA));
    cuts.extend((0..b).step_by(step).map(Cut::PowerB));
    cuts.extend((0..a + b).step_by(3 * step).map(Cut::Unplug));
    cuts
}

fn cut_and_resume(step: usize) {
    for cut in cuts(step) {
        let pair = charged(&[10, 10, 5, 20]);
        place(&pair, cut);
        let _ = do_pay(&pair, 1, 30);
        let _ = spendable(&pair);
        pair.restart();
        finish(&pair, 2);
    }
}

#[test]
fn cut_before_some_transfers_then_resumed() {
    cut_and_resume(5);
}

#[test]
#[ignore = "a minute; run by the slow half"]
fn cut_before_any_transfer_then_resumed() {
    cut_and_resume(1);
}

#[test]
fn cut_before_some_transfers_then_refunded_then_resumed() {
    let mut refunds = 0;
    for cut in cuts(7) {
        let pair = charged(&[10, 10, 5, 20]);
        place(&pair, cut);
        let _ = do_pay(&pair, 1, 30);
        pair.restart();
        let (refunded, _) = do_refund(&pair, 2);
        let report = refunded.unwrap().unwrap();
        refunds += usize::from(
            report
                .receipts
                .iter()
                .any(|r| r.outcome == Outcome::Refunded),
        );
        let _ = spendable(&pair);
        pair.restart();
        finish(&pair, 3);
    }
    assert!(refunds > 20, "only {refunds} cuts led to a refund");
}

#[test]
fn refund_with_a_stranger_then_the_payee_learns_of_it() {
    let (_, b) = length();
    let mut withdrawn = 0;
    for at in (b / 2..b).step_by(11) {
        let pair = charged(&[10, 10, 5, 20]);
        place(&pair, Cut::PowerB(at));
        let _ = do_pay(&pair, 1, 30);
        let payee = pair.swap(Side::B, 9, false);
        let (a, c) = (pair.bus(Side::A), pair.bus(Side::B));
        let mut payer = tpcu(Side::A, 2);
        let mut company = Tpcu::new(&provision(9, false), Profile::Hardened, b"c").unwrap();
        // A resumption with a stranger changes nothing.
        let (resumed, _) = pair.run(
            resume(&a, &mut payer, Role::Payer),
            accept(&c, &mut company),
        );
        let open = resumed.unwrap().unwrap().pending.len();
        pair.restart();
        let (refunded, served) = pair.run(refund(&a, &mut payer), accept(&c, &mut company));
        let report = refunded.unwrap().unwrap();
        assert!(served.unwrap().unwrap().receipts.is_empty());
        let back = report
            .receipts
            .iter()
            .any(|r| r.outcome == Outcome::Refunded);
        assert_eq!(back, open == 1 && report.pending.is_empty());
        let _ = pair.place(Side::B, payee);
        let (_, learned) = do_resume(&pair, 3);
        let learned = learned.unwrap().unwrap();
        withdrawn += usize::from(
            learned
                .receipts
                .iter()
                .any(|r| r.outcome == Outcome::Withdrawn),
        );
        pair.restart();
        finish(&pair, 4);
    }
    assert!(withdrawn > 5, "only {withdrawn} payees learned of a refund");
}

#[test]
fn a_cut_charge_is_finished_with_the_same_tokens() {
    let plan = Plan::new(&[Lot {
        value: 10,
        count: 3,
    }])
    .unwrap();
    let run = |pair: &Pair, seed: u8, resumed: bool| {
        let (a, b) = (pair.bus(Side::A), pair.bus(Side::B));
        let mut payer = Tpcu::new(&provision(0, true), Profile::Hardened, &[seed]).unwrap();
        let mut payee = tpcu(Side::B, u64::from(seed));
        if resumed {
            let _ = pair.run(resume(&a, &mut payer, Role::Payer), accept(&b, &mut payee));
        } else {
            let _ = pair.run(mint(&a, &mut payer, &plan, 1), accept(&b, &mut payee));
        }
    };
    let whole = Pair::new(true);
    run(&whole, 1, false);
    clean(&whole);
    let (a, b) = whole.transfers();
    for at in (0..a.max(b)).step_by(23) {
        for cut in [Cut::PowerA(at), Cut::PowerB(at)] {
            let pair = Pair::new(true);
            place(&pair, cut);
            run(&pair, 1, false);
            for seed in 2..4 {
                pair.restart();
                run(&pair, seed, true);
            }
            clean(&pair);
            let charged = pair.repository(Side::B);
            assert!(charged.is_empty() || charged == whole.repository(Side::B));
            assert!(pair.repository(Side::A).is_empty());
        }
    }
}

#[test]
fn an_interrupted_payment_does_not_stop_one_the_other_way() {
    let (_, b) = length();
    for at in (b / 2..b).step_by(19) {
        let pair = charged(&[10, 10, 5, 20]);
        let issuer = IssuerKey::from_secret(&issuer_key()).unwrap();
        let change = issuer.issue(&[77; 16], 1, 20_000);
        pair.danger_plant(Side::B, 500, change.as_bytes());
        place(&pair, Cut::PowerB(at));
        let _ = do_pay(&pair, 1, 30);
        pair.restart();
        let (a, b) = (pair.bus(Side::A), pair.bus(Side::B));
        let (mut first, mut second) = (tpcu(Side::A, 2), tpcu(Side::B, 2));
        let (taken, paid) = pair.run(accept(&a, &mut first), pay(&b, &mut second, 1));
        assert_eq!(taken.unwrap().unwrap().receipts.last().unwrap().amount, 1);
        paid.unwrap().unwrap();
        pair.restart();
        let _ = do_resume(&pair, 3);
        clean(&pair);
        assert_eq!(spendable(&pair), BTreeSet::from([1, 2, 3, 4, 77]));
    }
}

#[test]
fn the_log_tells_what_is_open_without_a_mount() {
    let (a, _) = length();
    let pair = charged(&[10, 10, 5, 20]);
    place(&pair, Cut::PowerA(a * 3 / 4));
    let _ = do_pay(&pair, 1, 30);
    let (bus, mut wallet) = (pair.bus(Side::A), tpcu(Side::A, 2));
    pair.restart();
    let (open, _) = pair.run(pending(&bus, &mut wallet), async {});
    let open = open.unwrap().unwrap();
    assert_eq!(
        (open.len(), open[0].amount, open[0].role),
        (1, 30, Role::Payer)
    );
    assert!(open[0].refundable());
}

struct Stop {
    before: usize,
    seen: Rc<RefCell<Vec<Kind>>>,
}

impl Observer for Stop {
    fn message(&mut self, sent: bool, kind: Kind, _: u64) -> bool {
        let mut seen = self.seen.borrow_mut();
        if sent {
            if seen.len() == self.before {
                return false;
            }
            seen.push(kind);
        }
        true
    }
}

#[test]
fn an_observer_can_stop_before_any_message() {
    let seen = Rc::new(RefCell::new(Vec::new()));
    for before in 0..20 {
        seen.borrow_mut().clear();
        let pair = charged(&[10, 10, 5, 20]);
        let (a, b) = (pair.bus(Side::A), pair.bus(Side::B));
        let (mut payer, mut payee) = (tpcu(Side::A, 1), tpcu(Side::B, 1));
        payer.observe(Box::new(Stop {
            before,
            seen: Rc::clone(&seen),
        }));
        payee.observe(Box::new(Stop {
            before,
            seen: Rc::clone(&seen),
        }));
        let _ = pair.run(pay(&a, &mut payer, 30), accept(&b, &mut payee));
        let _ = spendable(&pair);
        pair.restart();
        finish(&pair, 2);
    }
    let names: Vec<&str> = seen.borrow().iter().map(|kind| kind.name()).collect();
    assert_eq!(
        names,
        [
            "Msg.1-1", "Msg.1-2", "Msg.1-3", "Msg.1-4", "Msg.2-1", "Msg.2-2", "Msg.2-3", "Msg.2-4",
            "Msg.2-3", "Msg.2-4", "Msg.3-1", "Msg.3-2", "FIN"
        ]
    );
}

#[test]
fn stage_2_costs_less_than_5000_clocks_a_token() {
    struct Clocks(Rc<RefCell<u64>>);
    impl Observer for Clocks {
        fn stage(&mut self, name: &'static str, clocks: u64) {
            if name == "Stage 2" {
                *self.0.borrow_mut() = clocks;
            }
        }
    }
    let pair = charged(&[10; 100]);
    let (a, b) = (pair.bus(Side::A), pair.bus(Side::B));
    let (mut payer, mut payee) = (tpcu(Side::A, 1), tpcu(Side::B, 1));
    let clocks = Rc::new(RefCell::new(0));
    payer.observe(Box::new(Clocks(Rc::clone(&clocks))));
    let (paid, _) = pair.run(pay(&a, &mut payer, 1000), accept(&b, &mut payee));
    paid.unwrap().unwrap();
    let each = *clocks.borrow() / 100;
    assert!((1_000..5_000).contains(&each), "{each} clocks a token");
    println!("{each} clocks a token");
}

fn any_cut() -> impl Strategy<Value = Cut> {
    let (a, b) = length();
    prop_oneof![
        (0..a).prop_map(Cut::PowerA),
        (0..b).prop_map(Cut::PowerB),
        (0..a + b).prop_map(Cut::Unplug),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Payment, then resumptions and refunds that are cut too, then an end.
    #[test]
    fn cut_again_and_again(
        first in any_cut(), then in proptest::collection::vec((any::<bool>(), any_cut()), 0..6),
    ) {
        let pair = charged(&[10, 10, 5, 20]);
        place(&pair, first);
        let _ = do_pay(&pair, 1, 30);
        for (seed, (back, cut)) in (10..).zip(then) {
            let _ = spendable(&pair);
            pair.restart();
            place(&pair, cut);
            let _ = if back { do_refund(&pair, seed) } else { do_resume(&pair, seed) };
        }
        pair.restart();
        finish(&pair, 100);
    }

    /// Garbage in place of any frame: errors, never a panic.
    #[test]
    fn garbage_is_refused(
        target in 0_usize..13, garbage in proptest::collection::vec(any::<u8>(), 1..512),
        keep_header: bool, paper: bool,
    ) {
        let pair = charged(&[10, 10, 5, 20]);
        let mut number = 0;
        pair.tamper_link(Some(Box::new(move |_, frame| {
            if number == target {
                let head = if keep_header { 6.min(frame.len()) } else { 0 };
                frame.truncate(head);
                frame.extend_from_slice(&garbage);
                frame.truncate(512);
            }
            number += 1;
        })));
        let profile = if paper { Profile::Paper } else { Profile::Hardened };
        let (a, b) = (pair.bus(Side::A), pair.bus(Side::B));
        let (mut payer, mut payee) =
            (with_profile(Side::A, 1, profile), with_profile(Side::B, 1, profile));
        let _ = pair.run(pay(&a, &mut payer, 30), accept(&b, &mut payee));
        let _ = spendable(&pair);
    }
}
