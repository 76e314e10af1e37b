//! Refund: before the release the payer has its tokens back, whatever becomes of its partner, and
//! the partner can never use its copy; after the release nothing comes back.

mod common;

use std::ops::Range;

use common::SEED;
use common::strike::{BOTH, Kind, PAYEE, PAYER, Strike};
use common::world::World;
use opera_scenario::Job;
use opera_sim::Tear;
use opera_tpcu::protocol::wire::Kind as Message;
use opera_tpcu::{Outcome, Report};

const PAYER_WALLET: usize = 1;
const PAYEE_WALLET: usize = 2;
const STRANGER: usize = 3;
/// Two tokens of 1 out of three.
const HELD: u64 = 3;
const AMOUNT: u64 = 2;

fn charged() -> World {
    let mut world = World::new(3, SEED);
    world.charge(PAYER_WALLET, HELD as u16, 1, None).well();
    world
}

/// A payment that was cut.
fn cut(charged: &World, strike: Strike) -> World {
    let mut world = charged.copy();
    let job = Job::Pay(AMOUNT as u32);
    let meeting = world.mount(PAYER_WALLET, PAYEE_WALLET, &job, Some(strike));
    assert!(meeting.struck(), "the payment never came that far");
    world
}

fn released(world: &World) -> bool {
    let sessions = world.audit(PAYER_WALLET).sessions;
    sessions.iter().any(|session| session.released)
}

/// The payer's report on a refund with a stranger.
fn refund(world: &mut World) -> Report {
    let meeting = world
        .mount(PAYER_WALLET, STRANGER, &Job::Refund, None)
        .well();
    let [Some(Ok(report)), _] = meeting.results else {
        unreachable!("it went well")
    };
    report
}

/// Not released: all comes back, once; the payee's copy is worth nothing and goes.
fn everything_comes_back(mut world: World, what: &str) {
    let open = world.open(PAYER_WALLET);
    let report = refund(&mut world);
    let ended: Vec<Outcome> = report.receipts.iter().map(|r| r.outcome).collect();
    assert_eq!(ended, vec![Outcome::Refunded; open], "{what}");
    let left = (world.open(PAYER_WALLET), world.spendable(PAYER_WALLET));
    assert_eq!(left, (0, HELD), "{what}");
    assert_eq!(refund(&mut world).receipts, [], "{what}: once");
    // Whoever the payee meets, it gets nothing.
    world
        .mount(PAYEE_WALLET, STRANGER, &Job::Resume, None)
        .well();
    world
        .mount(STRANGER, PAYEE_WALLET, &Job::Resume, None)
        .well();
    assert_eq!(world.spendable(PAYEE_WALLET), 0, "{what}");
    world.settle([(PAYER_WALLET, PAYEE_WALLET)]);
    let spendable = [PAYER_WALLET, PAYEE_WALLET].map(|n| world.spendable(n));
    assert_eq!(spendable, [HELD, 0], "{what}");
}

/// Released: nothing comes back, and the payment goes through.
fn nothing_comes_back(mut world: World, what: &str) {
    let report = refund(&mut world);
    assert_eq!(report.receipts, [], "{what}");
    let [pending] = &report.pending[..] else {
        panic!("{what}: {report:?}")
    };
    assert!(!pending.refundable(), "{what}: the reason that is given");
    assert!(released(&world), "{what}");
    assert_eq!(world.spendable(PAYER_WALLET), HELD - AMOUNT, "{what}");
    world.settle([(PAYER_WALLET, PAYEE_WALLET)]);
    assert_eq!(world.spendable(PAYEE_WALLET), AMOUNT, "{what}");
}

#[test]
fn before_the_release_everything_comes_back_after_it_nothing() {
    let charged = &charged();
    let mut seen = [0; 2];
    for (message, clocks, sides) in [
        (Message::Hello, 100, PAYER),
        (Message::Accepted, 900, BOTH),
        (Message::Request, 0, PAYEE),
        (Message::Agreement, 0, BOTH),
        (Message::Agreement, 1_500, PAYER),
        (Message::Token, 0, PAYEE),
        (Message::Token, 1_000, BOTH),
        (Message::Token, 4_000, PAYER),
        (Message::TokenAck, 0, PAYEE),
        (Message::TokenAck, 2_000, BOTH),
        (Message::Release, 0, BOTH),
        (Message::Release, 400, PAYER),
        (Message::Release, 400, PAYEE),
    ] {
        let what = format!("{clocks} clocks after {message:?}, {sides:?}");
        let world = cut(charged, Strike::cut(sides, clocks).since(message));
        let after = released(&world);
        seen[usize::from(after)] += 1;
        assert_eq!(after, message == Message::Release, "{what}");
        if after {
            nothing_comes_back(world, &what);
        } else {
            everything_comes_back(world, &what);
        }
    }
    assert_eq!(seen, [10, 3]);
}

/// The last clock before the release and the first after it, by halving.
fn boundary(charged: &World) -> Range<u64> {
    let (mut before, mut after) = (44_500, 60_500);
    assert!(!released(&cut(charged, Strike::cut(PAYER, before))));
    while after - before > 1 {
        let middle = u64::midpoint(before, after);
        let world = cut(charged, Strike::cut(PAYER, middle));
        // A payment that has ended was released.
        let ended = world.spendable(PAYEE_WALLET) == AMOUNT;
        *(if ended || released(&world) {
            &mut after
        } else {
            &mut before
        }) = middle;
    }
    before..after
}

#[test]
fn the_release_divides_two_clocks_and_a_torn_decision_is_none() {
    let charged = &charged();
    let Range { start, end } = boundary(charged);
    everything_comes_back(cut(charged, Strike::cut(PAYER, start)), "the clock before");
    nothing_comes_back(cut(charged, Strike::cut(PAYER, end)), "the clock after");
    // In the clock before, the very word is being written.
    for tear in [Tear::New, Tear::Garbage(0), Tear::Garbage(0xC0FF_EE5B)] {
        let strike = Strike::new(Kind::Battery(tear), PAYER, start);
        let world = cut(charged, strike);
        if tear == Tear::New {
            nothing_comes_back(world, "whole");
        } else {
            everything_comes_back(world, "torn");
        }
    }
}

#[test]
fn a_refund_that_is_cut_is_finished_by_the_next() {
    let charged = &charged();
    let mut under_way = 0;
    for (n, tear) in (0..14).zip(
        [Tear::Old, Tear::New, Tear::Garbage(0x5A17_0FF1)]
            .iter()
            .cycle(),
    ) {
        let mut world = cut(charged, Strike::cut(BOTH, 2_000).since(Message::TokenAck));
        let strike = Strike::new(Kind::Battery(*tear), PAYER, 33_900 + 650 * n).at_write();
        let meeting = world.mount(PAYER_WALLET, STRANGER, &Job::Refund, Some(strike));
        let what = format!("{:?}", meeting.strike);
        assert!(!released(&world), "{what}");
        let between = world.audit(PAYER_WALLET);
        under_way += u64::from(between.sessions.iter().any(|session| session.refunded));
        // It may be interrupted more than once, by the payee too.
        if n % 3 == 0 {
            let strike = Strike::cut(BOTH, 34_900 + 300 * n);
            world.mount(PAYER_WALLET, PAYEE_WALLET, &Job::Refund, Some(strike));
        }
        refund(&mut world);
        let left = (world.open(PAYER_WALLET), world.spendable(PAYER_WALLET));
        assert_eq!(left, (0, HELD), "{what}");
        world.settle([(PAYER_WALLET, PAYEE_WALLET)]);
        assert_eq!(world.spendable(PAYEE_WALLET), 0, "{what}");
    }
    assert!(
        under_way >= 5,
        "only {under_way} cuts hit a refund under way"
    );
}
