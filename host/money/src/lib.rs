//! Money model: two wallets, a few tokens, and an adversary who owns the connector and the
//! batteries. Everything it can do is explored, and at every state the money is counted.
//!
//! The TPCUs are the real ones: `opera_tpcu::driver` and all below it, with real cryptography, over
//! the register model of `opera_tpcu::model`. Nothing of the protocol is written again here: a
//! wallet in a mount is a play of its driver from power-on ([`local`]), and what is added is who
//! gets which bytes, when power goes, and how money is counted ([`ledger`], [`world`]).
//!
//! It does not know the RTL. That an operation of the register map is atomic under power loss, which
//! is assumed here, is proved in `testbench/formal/`.
//!
//! ```no_run
//! let found = opera_money::check(opera_money::bounds::one_payment());
//! println!("{found}");
//! assert!(found.is_good());
//! ```
#![forbid(unsafe_code)]

mod books;
pub mod bounds;
pub mod ledger;
pub mod local;
mod print;
pub mod world;

use std::fmt;
use std::time::{Duration, Instant};

use opera_tpcu::model::{Memory, issuer_key};
use opera_tpcu::token::IssuerKey;
use stateright::{Checker, Expectation, HasDiscoveries, Model};

pub use bounds::Bounds;
pub use world::World;

/// Tokens of these values in the repositories of A and B; the first byte of each serial number
/// counts them.
fn charge(tokens: &[Vec<u32>; 2]) -> [Memory; 2] {
    let mut number = 0;
    let Some(issuer) = IssuerKey::from_secret(&issuer_key()) else {
        unreachable!("the model's keys are keys");
    };
    tokens.each_ref().map(|values| {
        let mut memory = Memory::default();
        for (slot, value) in (0..).zip(values) {
            let mut serial = [0x5E; 16];
            serial[0] = number;
            let token = issuer.issue(&serial, *value, 20_000);
            memory.repository.insert(slot, *token.as_bytes());
            number += 1;
        }
        memory
    })
}

/// What an exploration came to.
#[derive(Clone, Debug)]
pub struct Found {
    /// Different states.
    pub states: usize,
    /// Steps between states.
    pub steps: usize,
    /// Actions on the longest of the shortest ways.
    pub depth: usize,
    /// Different contents of both memories between mounts.
    pub forms: usize,
    /// Plays of a TPCU.
    pub plays: usize,
    /// Time.
    pub time: Duration,
    /// What went wrong: the property, and a way to it.
    pub bad: Vec<(&'static str, String)>,
}

impl Found {
    /// Nothing went wrong.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.bad.is_empty()
    }

    /// A property that failed, by a part of its name.
    #[must_use]
    pub fn fails(&self, part: &str) -> bool {
        self.bad.iter().any(|(name, _)| name.contains(part))
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, story) in &self.bad {
            writeln!(f, "{name}: FAILS\n{story}")?;
        }
        let Self {
            states,
            steps,
            depth,
            forms,
            plays,
            ..
        } = self;
        let seconds = self.time.as_secs_f32();
        write!(
            f,
            "{states} states, {steps} steps, depth {depth}; {forms} memories between mounts, \
             {plays} plays of a TPCU; {seconds:.1} s"
        )
    }
}

/// Explores everything within the bounds; stops at the first thing that goes wrong.
#[must_use]
pub fn check(bounds: Bounds) -> Found {
    explore(bounds, HasDiscoveries::AnyFailures)
}

/// Explores until this property fails, whatever else goes wrong before.
#[must_use]
pub fn check_only(bounds: Bounds, property: &'static str) -> Found {
    explore(bounds, HasDiscoveries::AnyOf([property].into()))
}

fn explore(bounds: Bounds, until: HasDiscoveries) -> Found {
    let start = Instant::now();
    // One thread: the same run finds the same, in the same order.
    let checker = World::new(bounds)
        .checker()
        .threads(1)
        .finish_when(until)
        .spawn_bfs()
        .join();
    let world = checker.model();
    let found = checker.discoveries();
    let mut bad = Vec::new();
    for property in world.properties() {
        match (property.expectation, found.get(property.name)) {
            (Expectation::Sometimes, None) => {
                bad.push((property.name, "never happens".to_owned()));
            }
            (Expectation::Always | Expectation::Eventually, Some(path)) => {
                let mut story = print::story(world, &path.clone().into_actions());
                let state = path.last_state();
                story.push_str(&format!("  then: {:?}\n", world.verdict(state)));
                if let Err(why) = world.recovery(state) {
                    story.push_str(&format!("  then: {why}\n"));
                }
                bad.push((property.name, story));
            }
            _ => {}
        }
    }
    // What must happen sometimes may lie behind the first failure.
    if bad.iter().any(|(_, story)| story != "never happens") {
        bad.retain(|(_, story)| story != "never happens");
    }
    let (plays, forms) = world.effort();
    Found {
        states: checker.unique_state_count(),
        steps: checker.state_count(),
        depth: checker.max_depth(),
        forms,
        plays,
        time: start.elapsed(),
        bad,
    }
}
