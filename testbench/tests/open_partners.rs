//! Interrupted payments with several partners at a time: a wallet that was cut off from four can
//! still pay a fifth, and then finishes with each, in any order.

mod common;

use common::SEED;
use common::strike::{BOTH, PAYEE, PAYER, Strike};
use common::world::World;
use opera_scenario::Job;
use opera_store::audit::Role;
use opera_tpcu::protocol::Decline;
use opera_tpcu::protocol::wire::Kind;
use opera_tpcu::{Error, Outcome};

const A: usize = 1;
const B: usize = 2;
const C: usize = 3;
const D: usize = 4;
const E: usize = 5;
const F: usize = 6;

/// Role and "released" of the open sessions of a wallet, in the order of their slots.
fn open(world: &World, wallet: usize) -> Vec<(Role, bool)> {
    let sessions = world.audit(wallet).sessions;
    let role = |session: &opera_store::audit::Session| session.role.expect("a role");
    sessions.iter().map(|s| (role(s), s.released)).collect()
}

#[track_caller]
fn interrupted(world: &mut World, payer: usize, payee: usize, strike: Strike) {
    let meeting = world.mount(payer, payee, &Job::Pay(2), Some(strike));
    assert!(meeting.struck(), "the payment never came that far");
}

/// A was cut off from B when only its log knew, from C after STAGE, from D after the release, and
/// from E while being paid. Clocks after the message are `late`.
fn four_open(late: u64) -> World {
    let mut world = World::new(6, SEED);
    world.charge(A, 10, 1, None).well();
    world.charge(E, 3, 1, None).well();
    let (payer, payee) = ((Role::Payer, false), (Role::Payee, false));
    let released = (Role::Payer, true);

    interrupted(
        &mut world,
        A,
        B,
        Strike::cut(BOTH, late / 8).since(Kind::Agreement),
    );
    assert_eq!(open(&world, A), [payer]);
    assert_eq!(world.spendable(A), 10, "promised, not staged");
    interrupted(
        &mut world,
        A,
        C,
        Strike::cut(PAYER, late).since(Kind::Token),
    );
    assert_eq!(open(&world, A), [payer, payer]);
    assert!(world.spendable(A) < 10, "staged");
    interrupted(
        &mut world,
        A,
        D,
        Strike::cut(BOTH, late / 8).since(Kind::Release),
    );
    assert_eq!(open(&world, A), [payer, payer, released]);
    interrupted(
        &mut world,
        E,
        A,
        Strike::cut(PAYEE, late).since(Kind::TokenAck),
    );
    assert_eq!(open(&world, A), [payer, payer, released, payee]);
    assert_eq!([B, C, D, E].map(|partner| world.open(partner)), [1; 4]);
    world
}

fn spendable(world: &World) -> [u64; 6] {
    [A, B, C, D, E, F].map(|wallet| world.spendable(wallet))
}

#[test]
fn with_four_payments_open_a_wallet_pays_a_fifth_and_then_finishes_with_each() {
    // Each partner as it comes; E pays A, so E is the host.
    for (late, order) in [
        (0, [(A, D), (E, A), (A, B), (A, C)]),
        (700, [(E, A), (A, C), (A, D), (A, B)]),
        (1_900, [(A, C), (A, B), (E, A), (A, D)]),
    ] {
        let mut world = four_open(late);
        world.mount(A, F, &Job::Pay(3), None).well();
        assert_eq!(
            (world.spendable(F), world.open(A), world.open(F)),
            (3, 4, 0)
        );
        for (left, (host, other)) in (0..4).rev().zip(order) {
            world.mount(host, other, &Job::Resume, None).well();
            assert_eq!(
                world.open(A),
                left,
                "late by {late}, after {host} with {other}"
            );
        }
        world.settle([]);
        assert_eq!(spendable(&world), [3, 2, 2, 2, 1, 3], "late by {late}");
    }
}

#[test]
fn what_was_not_released_can_be_taken_back_while_the_others_stay_open() {
    for late in [0, 1_100] {
        let mut world = four_open(late);
        world.mount(A, F, &Job::Pay(3), None).well();
        // With a stranger. B's and C's payment come back; D's was released, E's is E's.
        let refund = world.mount(A, F, &Job::Refund, None).well();
        let Some(Ok(report)) = &refund.results[0] else {
            unreachable!("it went well")
        };
        let ended: Vec<Outcome> = report.receipts.iter().map(|r| r.outcome).collect();
        assert_eq!(ended, [Outcome::Refunded; 2]);
        assert_eq!(open(&world, A), [(Role::Payer, true), (Role::Payee, false)]);
        assert_eq!(world.spendable(A), 5);
        // The payees hold sealed tokens, or none, and find out that they are worth nothing.
        world.finish(C, A);
        world.mount(A, D, &Job::Resume, None).well();
        world.mount(E, A, &Job::Resume, None).well();
        world.finish(A, B);
        world.settle([]);
        assert_eq!(spendable(&world), [7, 0, 0, 2, 1, 3], "late by {late}");
    }
}

#[test]
fn with_all_eight_session_records_open_a_ninth_payment_is_refused_and_nothing_is_lost() {
    let mut world = World::new(10, SEED);
    let last = 10;
    world.charge(A, 10, 1, None).well();
    world.charge(last, 2, 1, None).well();
    for partner in 2..10 {
        let at = [Kind::Agreement, Kind::TokenAck][partner % 2];
        let strike = Strike::cut(BOTH, 40).since(at);
        let meeting = world.mount(A, partner, &Job::Pay(1), Some(strike));
        assert!(meeting.struck());
        assert_eq!(world.open(A), partner - 1);
    }
    let ninth = world.mount(A, last, &Job::Pay(1), None);
    let [Some(Err(error)), Some(Ok(_))] = &ninth.results else {
        panic!("{:?}", ninth.results)
    };
    assert!(matches!(error, Error::NoRoom), "{error:?}");
    assert!(error.to_string().contains("too many interrupted payments"));
    // Nor can it be paid.
    let paid = world.mount(last, A, &Job::Pay(1), None);
    assert!(
        matches!(
            &paid.results,
            [
                Some(Err(Error::Declined(Decline::NoRoom))),
                Some(Err(Error::NoRoom))
            ]
        ),
        "{:?}",
        paid.results
    );
    assert_eq!(
        (world.open(A), world.open(last), world.spendable(last)),
        (8, 0, 2)
    );
    // One finished makes room for one.
    world.mount(A, 5, &Job::Resume, None).well();
    world.mount(A, last, &Job::Pay(1), None).well();
    assert_eq!((world.open(A), world.spendable(last)), (7, 3));
    world.settle((2..10).map(|partner| (A, partner)));
    assert_eq!(world.spendable(A), 1);
}
