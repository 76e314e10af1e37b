//! Does the fault to a copy of the running simulation, at every clock wanted.

use std::collections::BTreeSet;

use opera_scenario::Fault;
use opera_sim::{Clocks, Pair, Side, Tear, Verdict as Go};
use opera_tpcu::protocol::wire;

use crate::case::{Kind, Target};
use crate::fork::{self, Child};
use crate::record::Stage;
use crate::state::State;
use crate::sweep::SweepError;

/// Clocks that a reset is held.
const RESET_CLOCKS: u64 = 16;
/// Clocks that a brown-out takes.
const BROWNOUT_CLOCKS: u64 = 64;
/// Clocks of the payer that whoever survives the fault has to come to its own end; what only waits
/// for a partner then, and changes nothing, is switched off. A wait for a message ends after
/// 1,500,000 clocks, one for a mount after 4,000,000.
const AFTERMATH_CLOCKS: u64 = 30_000;
/// What a torn word is left as, besides old and new.
const GARBAGE: u32 = 0x5A17_0FF1;

/// A fault whose copy has answered.
pub(crate) struct Hit {
    pub(crate) clock: u64,
    pub(crate) tear: String,
    pub(crate) stage: Stage,
    /// What both memories held at the end.
    pub(crate) state: State,
}

fn tear_name(tear: Option<Tear>) -> String {
    match tear {
        None => "-".to_owned(),
        Some(Tear::Old) => "old".to_owned(),
        Some(Tear::New) => "new".to_owned(),
        Some(Tear::Garbage(value)) => format!("{value:08x}"),
    }
}

/// What a copy does, clock by clock, after the fault.
enum After {
    /// Nothing more.
    Nothing,
    /// Lets go of the reset at this clock of the payer.
    PowerUp(u64),
    /// Gives the ORMs their supply back at this clock of the payer.
    Restore(u64),
    /// Lets go of the connector's wires.
    LetGo,
}

/// Forks at each wanted clock and does the fault in the copy.
pub(crate) struct Striker {
    target: Target,
    kind: Kind,
    clocks: BTreeSet<u64>,
    last: u64,
    pub(crate) stage: Stage,
    pub(crate) hits: Vec<Hit>,
    pub(crate) error: Option<SweepError>,
    pub(crate) child: Option<Child>,
    kill: Vec<Side>,
    after: After,
    /// The tear of a fault that is done here and not in a copy.
    pub(crate) replay: Option<String>,
    struck: bool,
    /// When it ends, in clocks of the payer.
    end: u64,
}

impl Striker {
    pub(crate) fn new(target: Target, kind: Kind, clocks: BTreeSet<u64>) -> Self {
        Self {
            target,
            kind,
            clocks,
            last: 0,
            stage: Stage::One,
            hits: Vec::new(),
            error: None,
            child: None,
            kill: Vec::new(),
            after: After::Nothing,
            replay: None,
            struck: false,
            end: u64::MAX,
        }
    }

    fn sides(&self) -> &'static [Side] {
        match self.target {
            Target::Payer => &[Side::Payer],
            Target::Payee => &[Side::Payee],
            Target::Both => &[Side::Payer, Side::Payee],
            Target::Link => &[],
        }
    }

    /// Contents that the torn word may have, if one is being written.
    fn tears(&self, pair: &Pair) -> &'static [Option<Tear>] {
        let writing = |side: &Side| pair.with_nv(*side, |nv| nv.write_in_flight());
        let torn = self.sides().iter().any(writing);
        match self.kind {
            Kind::Battery if torn => &[
                Some(Tear::Old),
                Some(Tear::New),
                Some(Tear::Garbage(GARBAGE)),
            ],
            Kind::Reset if torn => &[Some(Tear::Old), Some(Tear::New)],
            _ => &[None],
        }
    }

    /// The fault, in the copy.
    fn strike(&mut self, pair: &Pair, tear: Option<Tear>, payer: u64) -> Go {
        let tear = tear.unwrap_or(Tear::Old);
        self.end = payer + AFTERMATH_CLOCKS;
        match self.kind {
            Kind::Battery | Kind::Reset => {
                for side in self.sides() {
                    pair.power_cut(*side, tear);
                    self.kill.push(*side);
                }
                if self.target == Target::Both {
                    return Go::Stop;
                }
                if self.kind == Kind::Reset {
                    self.after = After::PowerUp(payer + RESET_CLOCKS);
                }
            }
            Kind::Brownout => {
                for side in self.sides() {
                    pair.brownout(*side, true);
                }
                self.after = After::Restore(payer + BROWNOUT_CLOCKS);
            }
            Kind::Unmount => pair.plug(false),
            Kind::Glitch => {
                pair.danger_invert_connector(true);
                self.after = After::LetGo;
            }
        }
        self.kill.pop().map_or(Go::GoOn, Go::Kill)
    }

    /// A clock of the copy after the fault.
    fn follow(&mut self, pair: &Pair, payer: u64) -> Go {
        // A glitch is no end: the payment goes on.
        if payer >= self.end && self.kind != Kind::Glitch {
            return Go::Stop;
        }
        match self.after {
            After::PowerUp(at) if payer >= at => {
                self.sides().iter().for_each(|side| pair.power_up(*side));
                self.after = After::Nothing;
            }
            After::Restore(at) if payer >= at => {
                self.sides()
                    .iter()
                    .for_each(|side| pair.brownout(*side, false));
                self.after = After::Nothing;
            }
            After::LetGo => {
                pair.danger_invert_connector(false);
                self.after = After::Nothing;
            }
            _ => {}
        }
        self.kill.pop().map_or(Go::GoOn, Go::Kill)
    }
}

impl Fault for Striker {
    fn edge(&mut self, pair: &Pair, payer: Clocks, payee: Clocks) -> Go {
        let now = match self.target {
            Target::Payee => payee.core,
            _ => payer.core,
        };
        if self.child.is_some() || self.struck {
            let again = now != self.last;
            self.last = now;
            return if again {
                self.follow(pair, payer.core)
            } else {
                Go::GoOn
            };
        }
        if now == self.last {
            return Go::GoOn;
        }
        self.last = now;
        if self.clocks.last().is_none_or(|last| now > *last) {
            return Go::Stop;
        }
        if !self.clocks.contains(&now) {
            return Go::GoOn;
        }
        if let Some(wanted) = self.replay.clone() {
            let tears = self.tears(pair).iter();
            let tear = tears
                .copied()
                .find(|tear| tear_name(*tear) == wanted)
                .flatten();
            self.struck = true;
            return self.strike(pair, tear, payer.core);
        }
        for tear in self.tears(pair) {
            match fork::split() {
                Ok(fork::Side::Child(child)) => {
                    self.child = Some(child);
                    return self.strike(pair, *tear, payer.core);
                }
                Ok(fork::Side::Parent(bytes)) => {
                    let Some(state) = State::from_bytes(&bytes) else {
                        self.error = Some(SweepError::Died { clock: now });
                        return Go::Stop;
                    };
                    self.hits.push(Hit {
                        clock: now,
                        tear: tear_name(*tear),
                        stage: self.stage,
                        state,
                    });
                }
                Err(error) => {
                    self.error = Some(SweepError::Fork(error));
                    return Go::Stop;
                }
            }
        }
        Go::GoOn
    }

    fn message(&mut self, _: &Pair, _: Side, sent: bool, kind: wire::Kind) {
        if !sent || self.struck || self.child.is_some() {
            return;
        }
        self.stage = match kind {
            wire::Kind::Hello
            | wire::Kind::Challenge
            | wire::Kind::Proof
            | wire::Kind::Accepted => self.stage.max(Stage::One),
            wire::Kind::Release | wire::Kind::Receipt | wire::Kind::Fin => Stage::Three,
            _ => self.stage.max(Stage::Two),
        };
    }
}
