//! A soak: eight wallets pay each other at random while faults hit at random clocks; the value is
//! counted after every step. The same seed does the same.
//!
//! | variable | | without it |
//! |---|---|---|
//! | `OPERA_SOAK_STEPS` | steps in all | 40 |
//! | `OPERA_SOAK_SEED` | seed of the first round | 1 |
//! | `OPERA_SOAK_SECONDS` | no new round after so many seconds | no limit |
//! | `OPERA_STORY` | tell every mount and what is open after it | silence |
//!
//! A round has 50 steps and a world and a seed of its own; in its end everybody meets, and then
//! nothing is open and everything is spendable. A long run, with its table of what happened:
//!
//! ```sh
//! OPERA_SOAK_STEPS=1000000 OPERA_SOAK_SECONDS=600 \
//!   cargo test -p opera-testbench --test soak -- --nocapture
//! ```

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use common::strike::{BOTH, Kind, PAYEE, PAYER, Strike};
use common::world::{MINT, Meeting, World};
use opera_scenario::Job;
use opera_sim::Tear;
use opera_store::audit::Role;
use opera_tpcu::crypto::Drbg;
use opera_tpcu::{Error, Outcome};

const WALLETS: usize = 8;
const ROUND: u64 = 50;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is a number"))
    })
}

/// Says how to do it again when something panics.
struct Repeat {
    seed: u64,
    step: u64,
    what: String,
}

impl Drop for Repeat {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "seed {}, step {}: {}\nagain: OPERA_SOAK_SEED={} OPERA_SOAK_STEPS={} cargo test -p opera-testbench --test soak -- --nocapture",
                self.seed, self.step, self.what, self.seed, self.step
            );
        }
    }
}

/// What happened, by name.
type Tally = BTreeMap<String, u64>;

struct Soak<'a> {
    world: World,
    rng: Drbg,
    /// Who may have something open with whom.
    met: BTreeSet<(usize, usize)>,
    tally: &'a mut Tally,
    repeat: Repeat,
}

impl Soak<'_> {
    fn below(&mut self, limit: u64) -> u64 {
        u64::from_be_bytes(self.rng.bytes()) % limit
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// A wallet that is none of these.
    fn somebody(&mut self, but: &[usize]) -> usize {
        let free: Vec<usize> = (1..=WALLETS).filter(|n| !but.contains(n)).collect();
        free[self.below(free.len() as u64) as usize]
    }

    fn count(&mut self, what: impl Into<String>) {
        *self.tally.entry(what.into()).or_default() += 1;
    }

    /// Some fault within so many clocks; most of them come after Stage 1.
    fn fault(&mut self, clocks: u64) -> Strike {
        let first = if self.one_in(6) { 1 } else { 33_400 };
        let clock = first + self.below(clocks.saturating_sub(first).max(1_000));
        let tear = match self.below(3) {
            0 => Tear::Old,
            1 => Tear::New,
            _ => Tear::Garbage(self.below(1 << 32) as u32),
        };
        // A reset leaves the memory its supply.
        let whole = if tear == Tear::New {
            Tear::New
        } else {
            Tear::Old
        };
        let kind = match self.below(12) {
            0..6 => Kind::Battery(tear),
            6..8 => Kind::Reset(whole),
            8 => Kind::Brownout,
            9..11 => Kind::Unmount,
            _ => Kind::Glitch,
        };
        let sides = match kind {
            Kind::Unmount | Kind::Glitch => &[],
            _ => [PAYER, PAYEE, BOTH][self.below(3) as usize],
        };
        let strike = Strike::new(kind, sides, clock);
        if !sides.is_empty() && self.below(2) == 0 {
            strike.at_write()
        } else {
            strike
        }
    }

    fn mount(&mut self, payer: usize, payee: usize, job: &Job, strike: Option<Strike>) -> Meeting {
        self.repeat.what = format!("{payer} to {payee}: {job:?}, {strike:?}");
        self.met.insert((payer.min(payee), payer.max(payee)));
        let meeting = match job {
            Job::Mint(..) => unreachable!("charges go another way"),
            job => self.world.mount(payer, payee, job, strike),
        };
        self.judge(&meeting);
        meeting
    }

    /// Counts what happened, and refuses what may not happen even under a fault.
    fn judge(&mut self, meeting: &Meeting) {
        let struck = meeting.struck();
        if let Some(strike) = meeting.strike.as_ref().filter(|_| struck) {
            let torn = if strike.torn { ", a word torn" } else { "" };
            self.count(format!("fault   {}{torn}", strike.kind.name()));
            let after = strike.after.map_or("nothing".into(), |m| format!("{m:?}"));
            self.count(format!("after   {after}"));
        }
        for result in meeting.results.iter().flatten() {
            match result {
                Ok(report) => {
                    for receipt in &report.receipts {
                        self.count(format!("outcome {:?}", receipt.outcome));
                        if receipt.outcome == Outcome::Paid {
                            assert!(receipt.amount > 0);
                        }
                    }
                }
                Err(error) => {
                    let expected = match error {
                        // A user's error, or a wallet that is full of open payments.
                        Error::NotPayable(_) | Error::NoRoom | Error::Declined(_) => true,
                        // Never, whatever happens outside.
                        Error::Inconsistent { .. }
                        | Error::BadToken { .. }
                        | Error::RefusedByPayee
                        | Error::NotAMint
                        | Error::Provision => false,
                        _ => struck,
                    };
                    assert!(expected, "{error} (struck: {struck})");
                    let name = format!("{error:?}");
                    let name = name.split([' ', '(', '{']).next().unwrap_or_default();
                    self.count(format!("error   {name}"));
                }
            }
        }
        if meeting.results.iter().all(Option::is_none) {
            self.count("error   (both off)");
        }
    }

    /// An amount that the wallet can often pay.
    fn amount(&mut self, payer: usize) -> u32 {
        if self.one_in(12) {
            return 1 + self.below(120) as u32;
        }
        let slots = self.world.audit(payer).slots;
        if slots.is_empty() {
            return 1;
        }
        let tokens = 1 + self.below(3.min(slots.len() as u64));
        let first = self.below(slots.len() as u64) as usize;
        let chosen = slots.iter().cycle().skip(first).take(tokens as usize);
        chosen.map(|slot| slot.value).sum()
    }

    fn step(&mut self) {
        match self.below(20) {
            0..13 => self.payment(),
            13 | 14 => {
                let to = self.somebody(&[]);
                let (tokens, value) = (
                    1 + self.below(2) as u16,
                    [1, 10, 100][self.below(3) as usize],
                );
                let strike = self.one_in(2).then(|| self.fault(60_000));
                self.repeat.what = format!("charge {to}: {tokens} of {value}, {strike:?}");
                self.met.insert((MINT, to));
                let meeting = self.world.charge(to, tokens, value, strike);
                self.count("job     charge");
                self.judge(&meeting);
            }
            15..18 => {
                let (host, other) = self.two();
                let strike = self.one_in(3).then(|| self.fault(65_000));
                self.resume(host, other, strike);
            }
            _ => {
                let (of, with) = self.two();
                let strike = self.one_in(3).then(|| self.fault(65_000));
                self.refund(of, with, strike);
            }
        }
    }

    fn two(&mut self) -> (usize, usize) {
        let one = self.somebody(&[]);
        (one, self.somebody(&[one]))
    }

    /// A payment, mostly hit by something, and perhaps what people do then.
    fn payment(&mut self) {
        let (payer, payee) = self.two();
        let amount = self.amount(payer);
        let strike = (!self.one_in(4)).then(|| self.fault(77_000));
        self.count("job     pay");
        let meeting = self.mount(payer, payee, &Job::Pay(amount), strike);
        if !meeting.struck() {
            // It goes back at times, as money does.
            if self.one_in(4) && meeting.results.iter().all(|r| matches!(r, Some(Ok(_)))) {
                self.count("job     pay");
                self.mount(payee, payer, &Job::Pay(amount), None);
            }
            return;
        }
        match self.below(10) {
            0..5 => {}
            5 => self.resume(payer, payee, None),
            6 => self.resume(payee, payer, None),
            7 => {
                // A second cut, while the first one is being repaired.
                let strike = self.fault(65_000);
                self.resume(payer, payee, Some(strike));
                let strike = self.fault(65_000);
                self.resume(payer, payee, Some(strike));
            }
            8 => {
                let with = if self.one_in(2) {
                    payee
                } else {
                    self.somebody(&[payer])
                };
                self.refund(payer, with, None);
            }
            _ => {
                let with = self.somebody(&[payer]);
                let strike = self.fault(55_000);
                self.refund(payer, with, Some(strike));
                self.refund(payer, with, None);
            }
        }
    }

    fn resume(&mut self, host: usize, other: usize, strike: Option<Strike>) {
        self.count("job     resume");
        self.mount(host, other, &Job::Resume, strike);
    }

    /// After an undisturbed refund, what is open as payer was released.
    fn refund(&mut self, of: usize, with: usize, strike: Option<Strike>) {
        self.count("job     refund");
        let meeting = self.mount(of, with, &Job::Refund, strike);
        if !meeting.struck() {
            let open = self.world.audit(of).sessions;
            let mut own = open.iter().filter(|s| s.role == Some(Role::Payer));
            assert!(own.all(|session| session.released), "not refunded");
        }
    }
}

fn round(seed: u64, steps: u64, tally: &mut Tally) -> u64 {
    let mut rng = Drbg::new(b"OPERA soak");
    rng.mix(&seed.to_be_bytes());
    let mut soak = Soak {
        world: World::new(WALLETS, seed << 20),
        rng,
        met: BTreeSet::new(),
        tally,
        repeat: Repeat {
            seed,
            step: 0,
            what: String::new(),
        },
    };
    for wallet in 1..=WALLETS {
        let value = [1, 10, 100][soak.below(3) as usize];
        let tokens = 2 + soak.below(4) as u16;
        soak.world.charge(wallet, tokens, value, None).well();
    }
    for step in 1..=steps {
        soak.repeat.step = step;
        soak.step();
        let most = (1..=WALLETS).map(|n| soak.world.open(n)).max();
        let most = most.unwrap_or_default();
        soak.count(format!("open    {most} in one wallet at most"));
    }
    soak.repeat.what = "everybody meets".into();
    let pairs = std::mem::take(&mut soak.met);
    soak.world.settle(pairs);
    soak.world.mounts
}

#[test]
fn random_payments_of_eight_wallets_with_random_faults_lose_nothing() {
    let mut left = number("OPERA_SOAK_STEPS", 40);
    let limit = Duration::from_secs(number("OPERA_SOAK_SECONDS", u64::MAX / 2));
    let first = number("OPERA_SOAK_SEED", 1);
    let start = Instant::now();
    let mut tally = Tally::new();
    let (mut steps, mut mounts, mut rounds) = (0, 0, 0);
    while left > 0 && start.elapsed() < limit {
        let now = left.min(ROUND);
        mounts += round(first + rounds, now, &mut tally);
        left -= now;
        steps += now;
        rounds += 1;
    }
    println!(
        "{rounds} rounds, {steps} steps, {mounts} mounts, each counted; {:?}",
        start.elapsed()
    );
    for (what, count) in &tally {
        println!("{count:>8}  {what}");
    }
}
