//! Invariant I6 on the RTL: three wallets and a mint, random charges, payments both ways and onward,
//! cuts and pulls at random clocks. The money is counted after every step.

mod common;

use std::collections::BTreeMap;

use common::{CutAt, PullAt, SEED, count, finish, the_mint, wallet};
use opera_scenario::{ISSUE_DATE, Job, Mounted, Settings, Wallet, mount, mount_with, split_into};
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
    let sides = prop_oneof![
        Just(&[Side::Payer][..]),
        Just(&[Side::Payee][..]),
        Just(&[Side::Payer, Side::Payee][..])
    ];
    // A payment of two tokens takes some 57,000 clocks, 29,000 of them before Stage 2.
    let clock = prop_oneof![1 => 1..29_000_u64, 4 => 29_000..62_000_u64];
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

/// The world: place 0 is the mint, and every place is filled between steps.
struct World {
    wallets: Vec<Option<Wallet>>,
    seed: u64,
    known: BTreeMap<[u8; 16], u32>,
    /// Sum of all charges asked for.
    asked: u64,
}

impl World {
    fn new() -> Self {
        let mut wallets = vec![Some(the_mint())];
        wallets.extend((1..=WALLETS as u64).map(|n| Some(wallet(n))));
        Self {
            wallets,
            seed: SEED,
            known: BTreeMap::new(),
            asked: 0,
        }
    }

    fn run(&mut self, step: Step, happens: Happens) {
        let (payer, payee, job) = match step {
            Step::Charge { to, tokens, ten } => {
                let value = if ten { 10 } else { 1 };
                let plan = split_into(1, Some(tokens), value).expect("a plan");
                self.asked += plan.total();
                (0, to + 1, Job::Mint(plan, ISSUE_DATE))
            }
            Step::Pay { from, to, amount } => (from + 1, to + 1, Job::Pay(amount)),
            Step::Resume { host, other } => (host + 1, other + 1, Job::Resume),
            Step::Refund { of, with } => (of + 1, with + 1, Job::Refund),
        };
        self.seed += 1;
        let settings = Settings::new(self.seed);
        let a = self.wallets[payer].take().expect("every place is filled");
        let b = self.wallets[payee].take().expect("two different places");
        let mounted: Mounted = match happens {
            Happens::Nothing => mount(a, b, &job, &settings),
            Happens::Cut(sides, clock, tear) => {
                let fault = CutAt { sides, clock, tear };
                mount_with(a, b, &job, &settings, fault).map(|(mounted, _)| mounted)
            }
            Happens::Pull(clock) => {
                let fault = PullAt { clock };
                mount_with(a, b, &job, &settings, fault).map(|(mounted, _)| mounted)
            }
        }
        .expect("simulation");
        assert_eq!(mounted.contention, None);
        self.wallets[payer] = Some(mounted.payer.wallet);
        self.wallets[payee] = Some(mounted.payee.wallet);
        self.account(matches!(job, Job::Mint(..)));
    }

    /// No token is lost, changed or twice there, and none is new but from the mint.
    fn account(&mut self, minted: bool) {
        let wallets: Vec<&Wallet> = self.wallets.iter().flatten().collect();
        let now = count(&wallets).tokens;
        for (serial, value) in &self.known {
            assert_eq!(now.get(serial), Some(value), "token {serial:02x?}");
        }
        assert!(
            minted || now.len() == self.known.len(),
            "money from nothing"
        );
        let total: u64 = now.values().map(|value| u64::from(*value)).sum();
        assert!(
            total <= self.asked,
            "the mint pressed more than was asked for"
        );
        self.known = now;
    }

    /// Everybody meets everybody, and then nothing is open and everything is spendable.
    fn settle(mut self) {
        for payee in 1..=WALLETS {
            let a = self.wallets[0].take().expect("the mint");
            let b = self.wallets[payee].take().expect("a wallet");
            self.seed += 1;
            let mounted = mount(a, b, &Job::Resume, &Settings::new(self.seed)).expect("simulation");
            common::well(&mounted);
            // A charge that was cut early is pressed now.
            self.wallets[0] = Some(mounted.payer.wallet);
            self.wallets[payee] = Some(mounted.payee.wallet);
            self.account(true);
        }
        for (x, y) in [(1, 2), (1, 3), (2, 3)] {
            let a = self.wallets[x].take().expect("a wallet");
            let b = self.wallets[y].take().expect("another");
            self.seed += 1;
            let (a, b) = finish(a, b, self.seed);
            self.wallets[x] = Some(a);
            self.wallets[y] = Some(b);
            self.account(false);
        }
        let wallets: Vec<&Wallet> = self.wallets.iter().flatten().collect();
        for wallet in &wallets {
            assert!(wallet.audit().sessions.is_empty(), "nothing stays open");
        }
        let total: u64 = self.known.values().map(|value| u64::from(*value)).sum();
        assert_eq!(count(&wallets).spendable, total);
    }
}

/// Found by the test below: the second payment spent the token that the first one had yet to
/// stage, and the first could then never be finished.
#[test]
fn tokens_that_an_interrupted_payment_needs_are_not_spent_by_another() {
    let mut world = World::new();
    world.run(
        Step::Charge {
            to: 0,
            tokens: 2,
            ten: false,
        },
        Happens::Nothing,
    );
    let pay = |amount| Step::Pay {
        from: 0,
        to: 1,
        amount,
    };
    // After the log's COMMIT, before the first STAGE.
    world.run(pay(1), Happens::Pull(31_000));
    let open = &world.wallets[1].as_ref().expect("wallet 1").audit();
    assert_eq!(
        (open.sessions.len(), open.spendable()),
        (1, 2),
        "promised, not staged"
    );
    world.run(pay(2), Happens::Nothing);
    let kept = world.wallets[1].as_ref().expect("wallet 1").audit();
    assert_eq!(kept.spendable(), 2, "one of the two is promised");
    world.run(pay(1), Happens::Nothing);
    world.settle();
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
                let mut world = World::new();
                for (to, (tokens, ten)) in charges.into_iter().enumerate() {
                    world.run(Step::Charge { to, tokens, ten }, Happens::Nothing);
                }
                for (step, happens) in history {
                    world.run(step, happens);
                }
                world.settle();
                Ok(())
            },
        )
        .unwrap_or_else(|error| panic!("{error}"));
}
