//! One flop of the netlist inverted, at any clock: the campaigns on the machines that gate money.
//!
//! Runs on the netlists that `testbench/level.sh flips` makes, in which every flop has a number. `OPERA_FLIPS`
//! says which flops and clocks: `state 1` for every clock of the flops that hold a state, `all 50` for every
//! flop at every fiftieth clock, `all 50 SETTLE` for the phases with that in their names.
#![cfg(flips)]

mod gate;
mod orm;
#[path = "../orm_bench/mod.rs"]
mod orm_bench;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A flop of the netlist.
struct Flop {
    number: u16,
    name: String,
}

impl Flop {
    /// Its register: the name without the bit.
    fn register(&self) -> &str {
        self.name.split('[').next().expect("a first piece")
    }
}

/// The flops of a module's netlist.
fn flops(module: &str) -> Vec<Flop> {
    let folder =
        std::env::var("OPERA_FLIPS_NETLISTS").expect("set by level.sh, as it was for the build");
    let file = format!("{folder}/{module}.v");
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
    let numbered = text.lines().filter_map(|line| {
        let (number, name) = line
            .trim_start()
            .strip_prefix("// flop ")?
            .split_once(' ')?;
        let number = number.parse().expect("number of a flop");
        let name = name.trim_matches(['\\', ' ']).to_owned();
        Some(Flop { number, name })
    });
    numbered.collect()
}

/// A piece of a machine's life that is struck.
trait Struck: Sync {
    type Bench;
    fn bench() -> Self::Bench;
    fn name(&self) -> &str;
    /// How long it takes without a flip.
    fn clocks(&self) -> u32;
    /// Runs it with a flop inverted in clock `at`.
    fn strike(&self, bench: &mut Self::Bench, at: u32, flop: u16) -> Outcome;
}

/// What came of a flip.
#[derive(Debug)]
enum Outcome {
    /// The same as without it.
    Same,
    /// Another end, of which nobody has more: shut, or the token still in its old place.
    Other,
    /// The token is nowhere.
    Lost,
    /// A rule is broken.
    Broken(String),
}

/// What `OPERA_FLIPS` asks for.
struct Wish {
    /// All flops, not only those that hold a state.
    all: bool,
    /// Every how manyth clock.
    step: u32,
    /// Part of the names of the phases that are meant.
    phases: String,
}

fn wish() -> Wish {
    let text = std::env::var("OPERA_FLIPS").expect("set by level.sh");
    let mut words = text.splitn(3, ' ');
    let all = match words.next() {
        Some("state") => Some(false),
        Some("all") => Some(true),
        _ => None,
    };
    let step = words
        .next()
        .and_then(|word| word.parse().ok())
        .filter(|step| *step > 0);
    let phases = words.next().unwrap_or_default().into();
    match (all, step) {
        (Some(all), Some(step)) => Wish { all, step, phases },
        _ => panic!(
            "OPERA_FLIPS={text}: not `state N`, `all N` or one of them and part of a phase's name"
        ),
    }
}

/// Strikes flops of a module in every phase, prints the table and fails when a rule was broken. `states` are the
/// registers that hold a state, and their flops, which synthesis must have kept.
fn campaign<S: Struck>(module: &str, states: &[(&str, usize)], mut phases: Vec<S>) {
    let Wish {
        all,
        step,
        phases: meant,
    } = wish();
    phases.retain(|phase| phase.name().contains(&meant));
    let mut flops = flops(module);
    for &(register, bits) in states {
        let found = flops
            .iter()
            .filter(|flop| flop.register() == register)
            .count();
        assert_eq!(found, bits, "flops of {register} in the netlist");
    }
    flops.retain(|flop| {
        all || states
            .iter()
            .any(|&(register, _)| flop.register() == register)
    });
    let jobs: Vec<_> = (0..phases.len())
        .flat_map(|p| (0..flops.len()).map(move |f| (p, f)))
        .collect();
    let next = AtomicUsize::new(0);
    let found = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                let mut bench = S::bench();
                while let Some(&(p, f)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    // Another offset for each flop, so that a sample sees all clocks.
                    let clocks = ((f as u32 * 7) % step..phases[p].clocks()).step_by(step as usize);
                    let outcomes =
                        clocks.map(|at| (at, phases[p].strike(&mut bench, at, flops[f].number)));
                    let outcomes: Vec<_> = outcomes.collect();
                    found.lock().expect("no panic").insert((p, f), outcomes);
                }
            });
        }
    });
    let found = found.into_inner().expect("no panic");
    let mut table = format!(
        "flips, {module}: {} flops, every {step} clocks\n",
        flops.len()
    );
    let mut broken = BTreeMap::<String, String>::new();
    for (p, phase) in phases.iter().enumerate() {
        let mut counts = [0; 4];
        for (f, flop) in flops.iter().enumerate() {
            for (at, outcome) in &found[&(p, f)] {
                counts[match outcome {
                    Outcome::Same => 0,
                    Outcome::Other => 1,
                    Outcome::Lost => 2,
                    Outcome::Broken(why) => {
                        let what = format!("{}, {}: {why}", flop.name, phase.name());
                        let _ = write!(broken.entry(what).or_default(), " {at}");
                        3
                    }
                }] += 1;
            }
        }
        let [same, other, lost, bad] = counts;
        let flips: usize = counts.iter().sum();
        let _ = writeln!(
            table,
            "{:<28}{:>6} clocks {flips:>7} flips {same:>7} same {other:>7} other {lost:>6} lost {bad:>5} broken",
            phase.name(),
            phase.clocks(),
        );
    }
    println!("{table}");
    for (what, clocks) in &broken {
        println!("{what}, in clocks{clocks}");
    }
    assert!(
        broken.is_empty(),
        "{} pairs of flop and phase break a rule",
        broken.len()
    );
}

#[test]
fn there_is_a_phase_that_is_meant() {
    let orm = orm::phases();
    let gate = gate::phases();
    let names = orm
        .iter()
        .map(Struck::name)
        .chain(gate.iter().map(Struck::name));
    let meant = wish().phases;
    assert!(
        names.into_iter().any(|name| name.contains(&meant)),
        "no phase has {meant:?} in its name"
    );
}

#[test]
fn no_flip_in_the_memory_makes_a_token_two() {
    campaign(
        "orm",
        &[("u_seq.state_q", 7), ("u_seq.ret_q", 7)],
        orm::phases(),
    );
}

#[test]
fn no_flip_in_the_power_controller_opens_the_gate() {
    campaign(
        "power_ctrl",
        &[("state_q", 7), ("u_auth.state_q", 7)],
        gate::phases(),
    );
}
