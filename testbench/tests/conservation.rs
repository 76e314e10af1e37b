//! Invariant I6 on the RTL: three wallets and a mint, random charges, payments both ways and onward,
//! cuts and pulls at random clocks. The money is counted after every step.

mod common;

use common::SEED;
use common::strike::{BOTH, Kind, PAYEE, PAYER, Strike};
use common::world::{MINT, World};
use opera_scenario::Job;
use opera_sim::{Side, Tear};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Wallets besides the mint.
const WALLETS: usize = 3;

#[derive(Clone, Copy, Debug)]
enum Happens {
    Nothing,
    /// The power of these fails.
    Cut(&'static [Side], u64, Tear),
    Pull(u64),
}

#[derive(Clone, Copy, Debug)]
enum Step {
    /// So many tokens of 10, or of 1.
    Charge {
        to: usize,
        tokens: u16,
        ten: bool,
    },
    /// An amount that may be more than is held.
    Pay {
        from: usize,
        to: usize,
        amount: u32,
    },
    Resume {
        host: usize,
        other: usize,
    },
    Refund {
        of: usize,
        with: usize,
    },
}

fn happens() -> impl Strategy<Value = Happens> {
    let tear = prop_oneof![
        Just(Tear::Old),
        Just(Tear::New),
        any::<u32>().prop_map(Tear::Garbage)
    ];
    let sides = prop_oneof![Just(PAYER), Just(PAYEE), Just(BOTH)];
    // A payment of two tokens takes some 57,000 clocks, 29,000 of them before Stage 2.
    let clock = prop_oneof![1 => 1..33_400_u64, 4 => 33_400..66_500_u64];
    prop_oneof![
        2 => Just(Happens::Nothing),
        4 => (sides, clock.clone(), tear).prop_map(|(s, c, t)| Happens::Cut(s, c, t)),
        2 => clock.prop_map(Happens::Pull),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let two = (0..WALLETS, 1..WALLETS).prop_map(|(a, d)| (a, (a + d) % WALLETS));
    prop_oneof![
        2 => (0..WALLETS, 1..4_u16, any::<bool>())
            .prop_map(|(to, tokens, ten)| Step::Charge { to, tokens, ten }),
        6 => (two.clone(), 1..4_u32, prop_oneof![Just(1_u32), Just(10), Just(11)])
            .prop_map(|((from, to), n, unit)| Step::Pay { from, to, amount: n * unit }),
        1 => two.clone().prop_map(|(host, other)| Step::Resume { host, other }),
        1 => two.prop_map(|(of, with)| Step::Refund { of, with }),
    ]
}

impl Happens {
    fn strike(self) -> Option<Strike> {
        match self {
            Self::Nothing => None,
            Self::Cut(sides, clock, tear) => {
                Some(Strike::new(Kind::Battery(tear), sides, clock).at_write())
            }
            Self::Pull(clock) => Some(Strike::new(Kind::Unmount, &[], clock)),
        }
    }
}

/// Wallet n of a step has place n + 1, after the mint.
fn run(world: &mut World, step: Step, happens: Happens) {
    let strike = happens.strike();
    match step {
        Step::Charge { to, tokens, ten } => {
            world.charge(to + 1, tokens, if ten { 10 } else { 1 }, strike);
        }
        Step::Pay { from, to, amount } => {
            world.mount(from + 1, to + 1, &Job::Pay(amount), strike);
        }
        Step::Resume { host, other } => {
            world.mount(host + 1, other + 1, &Job::Resume, strike);
        }
        Step::Refund { of, with } => {
            world.mount(of + 1, with + 1, &Job::Refund, strike);
        }
    }
}

/// Everybody meets everybody, and then nothing is open and everything is spendable.
fn settle(mut world: World) {
    let pairs = world.all_pairs();
    assert_eq!(pairs[0].0, MINT, "charges that were cut are finished first");
    world.settle(pairs);
}

/// Found by the test below: the second payment spent the token that the first one had yet to
/// stage, and the first could then never be finished.
#[test]
fn tokens_that_an_interrupted_payment_needs_are_not_spent_by_another() {
    let mut world = World::new(WALLETS, SEED);
    world.charge(1, 2, 1, None).well();
    // After the log's COMMIT, before the first STAGE.
    let pull = Strike::new(Kind::Unmount, &[], 37_500);
    world.mount(1, 2, &Job::Pay(1), Some(pull));
    assert_eq!(
        (world.open(1), world.spendable(1)),
        (1, 2),
        "promised, not staged"
    );
    world.mount(1, 2, &Job::Pay(2), None);
    assert_eq!(world.spendable(1), 2, "one of the two is promised");
    world.mount(1, 2, &Job::Pay(1), None);
    settle(world);
}

#[test]
fn value_is_conserved_over_random_histories() {
    let cases = std::env::var("OPERA_CASES")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(8);
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 200,
        ..Config::default()
    };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let history = prop::collection::vec((step(), happens()), 1..10);
    let charge = (1..5_u16, any::<bool>());
    runner
        .run(
            &(prop::array::uniform3(charge), history),
            |(charges, history)| {
                let mut world = World::new(WALLETS, SEED);
                for (to, (tokens, ten)) in charges.into_iter().enumerate() {
                    run(
                        &mut world,
                        Step::Charge { to, tokens, ten },
                        Happens::Nothing,
                    );
                }
                for (step, happens) in history {
                    run(&mut world, step, happens);
                }
                settle(world);
                Ok(())
            },
        )
        .unwrap_or_else(|error| panic!("{error}"));
}
