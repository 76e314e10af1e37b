//! What the scenario tests share: three wallets of one authority, and the account of their money.
#![allow(dead_code, reason = "each test file uses its part")]

pub mod strike;
pub mod world;

use opera_scenario::{Authority, Fault, ISSUE_DATE, Job, Mounted, Settings, Wallet, mount};
use opera_sim::{Clocks, Level, Nv, Pair, Side, Verdict};
use opera_store::Role;
use opera_store::audit::{Census, census};
use opera_tpcu::choose::{Lot, Plan};
use opera_tpcu::protocol::wire::Kind;

/// Seed of every test that does not vary it.
pub const SEED: u64 = 7;

/// What stands for wallets that pay: the RTL, unless `testbench/level.sh` asks for another level.
pub fn level() -> Level {
    match std::env::var("OPERA_LEVEL").as_deref() {
        Err(_) | Ok("rtl") => Level::Rtl,
        Ok("netlist") => Level::Netlist,
        Ok(other) => panic!("OPERA_LEVEL={other}: the levels are rtl and netlist"),
    }
}

pub fn authority() -> Authority {
    Authority::from_seed(SEED)
}

/// Wallet number `n` of the test's authority, empty.
pub fn wallet(n: u64) -> Wallet {
    Wallet::in_memory(authority().provision(Role::Wallet, n, SEED))
}

pub fn the_mint() -> Wallet {
    Wallet::in_memory(authority().provision(Role::Mint, 0, SEED))
}

/// Wallet number `n` charged with tokens of these values, highest first, by a mint.
pub fn charged(n: u64, lots: &[(u32, u16)]) -> Wallet {
    let lots: Vec<Lot> = lots
        .iter()
        .map(|(value, count)| Lot {
            value: *value,
            count: *count,
        })
        .collect();
    let plan = Plan::new(&lots).expect("a plan");
    let job = Job::Mint(plan, ISSUE_DATE);
    let mounted = mount(the_mint(), wallet(n), &job, &Settings::new(SEED)).expect("simulation");
    mounted.payer.result.expect("an end").expect("charged");
    mounted.payee.wallet
}

/// The token value of these wallets, which must be sound.
#[track_caller]
pub fn count(wallets: &[&Wallet]) -> Census {
    let audits: Vec<_> = wallets.iter().map(|wallet| wallet.audit()).collect();
    census(&audits).expect("sound wallets")
}

/// A wallet with one word of its nonvolatile memory changed.
pub fn danger_flip_word(mut wallet: Wallet, at: u32, mask: u32) -> Wallet {
    let mut words = wallet.nv.words().to_vec();
    words[at as usize] ^= mask;
    wallet.nv = Nv::from_words(words);
    wallet
}

/// Pulls the wallets apart when `side` is about to send its `nth` (from 1) message of a kind.
pub struct UnplugAt {
    pub side: Side,
    pub kind: Kind,
    pub nth: u32,
}

impl Fault for UnplugAt {
    fn edge(&mut self, _: &Pair, _: Clocks, _: Clocks) -> Verdict {
        Verdict::GoOn
    }

    fn message(&mut self, pair: &Pair, side: Side, sent: bool, kind: Kind) {
        if sent && side == self.side && kind == self.kind {
            self.nth -= u32::from(self.nth > 0);
            if self.nth == 0 {
                pair.plug(false);
            }
        }
    }
}

/// Plugs both wallets together again and finishes what is open, each as the host once.
#[track_caller]
pub fn finish(a: Wallet, b: Wallet, seed: u64) -> (Wallet, Wallet) {
    let settings = Settings::new(seed);
    let first = mount(a, b, &Job::Resume, &settings).expect("simulation");
    well(&first);
    let (a, b) = (first.payer.wallet, first.payee.wallet);
    let second = mount(b, a, &Job::Resume, &settings).expect("simulation");
    well(&second);
    (second.payee.wallet, second.payer.wallet)
}

/// Both TPCUs came to a good end, and the buses were driven well.
#[track_caller]
pub fn well(mounted: &Mounted) {
    assert_eq!(mounted.contention, None);
    for (side, part) in [("payer", &mounted.payer), ("payee", &mounted.payee)] {
        match &part.result {
            Some(Ok(_)) => {}
            other => panic!("{side}: {other:?}"),
        }
    }
}
