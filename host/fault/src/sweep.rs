//! Runs a payment and has the fault done to a copy of it at every clock wanted.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::path::Path;

use opera_scenario::{Fault, Job, Settings, mount, mount_with};
use opera_sim::{Clocks, Pair, Side, SimError, Tear, Verdict as Go};
use opera_tpcu::protocol::wire;

use crate::case::{Case, CaseError, Kind, Target};
use crate::fork::{self, Child};
use crate::judge::{Judge, Outcome};
use crate::record::{Point, Stage};
use crate::state::State;

/// Clocks that a reset is held.
const RESET_CLOCKS: u64 = 16;
/// Clocks that a brown-out takes.
const BROWNOUT_CLOCKS: u64 = 64;
/// Clocks of the payer that whoever survives the fault has to come to its own end; what only waits
/// for a partner then, and changes nothing, is switched off. A wait for a message ends after
/// 1,500,000 clocks, one for a mount after 4,000,000.
const AFTERMATH_CLOCKS: u64 = 100_000;
/// What a torn word is left as, besides old and new.
const GARBAGE: u32 = 0x5A17_0FF1;

/// Why a sweep could not go on.
#[derive(Debug)]
#[non_exhaustive]
pub enum SweepError {
    /// The case.
    Case(CaseError),
    /// A copy could not be made, or died.
    Fork(io::Error),
    /// A copy died without an answer.
    Died {
        /// At which clock.
        clock: u64,
    },
}

impl fmt::Display for SweepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Case(error) => write!(f, "{error}"),
            Self::Fork(error) => write!(f, "cannot copy the process: {error}"),
            Self::Died { clock } => write!(f, "the copy for clock {clock} died without an answer"),
        }
    }
}

impl std::error::Error for SweepError {}

impl From<CaseError> for SweepError {
    fn from(error: CaseError) -> Self {
        Self::Case(error)
    }
}

impl From<SimError> for SweepError {
    fn from(error: SimError) -> Self {
        Self::Case(CaseError::Sim(error))
    }
}

/// Counts of a sweep.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Points per stage and outcome.
    pub counts: BTreeMap<(Stage, Outcome), u64>,
    /// Points judged.
    pub points: u64,
    /// Names of the different states among them; the other points have their answer from one.
    pub states: BTreeSet<String>,
}

impl Summary {
    /// Counts a point.
    pub fn add(&mut self, point: &Point) {
        *self.counts.entry((point.stage, point.outcome)).or_default() += 1;
        self.points += 1;
        self.states.insert(point.state.clone());
    }

    /// Points with a bad outcome.
    #[must_use]
    pub fn bad(&self) -> u64 {
        let bad = self
            .counts
            .iter()
            .filter(|((_, outcome), _)| outcome.is_bad());
        bad.map(|(_, count)| count).sum()
    }
}

/// Clocks of the undisturbed payment, of the wallet that the target names: points are 1 to this.
///
/// # Errors
/// When the payment fails without any fault.
pub fn length(case: &Case) -> Result<u64, SweepError> {
    let [payer, payee] = case.shape.wallets()?;
    let mounted = mount(payer, payee, &Job::Pay(case.shape.amount), &settings(case))?;
    if let Some(Err(error)) = mounted.payer.result.or(mounted.payee.result) {
        return Err(CaseError::Charge(error.to_string()).into());
    }
    Ok(match case.target {
        Target::Payee => mounted.payee.clocks.core,
        _ => mounted.payer.clocks.core,
    })
}

fn settings(case: &Case) -> Settings {
    case.shape.settings(1)
}

/// A case on its way: its wallets as they began, and the verdicts so far.
pub struct Sweep {
    case: Case,
    base: [Vec<u32>; 2],
    judge: Judge,
}

impl Sweep {
    /// Charges the payer.
    ///
    /// # Errors
    /// When the fault cannot be done to its target, or the charge fails.
    pub fn new(case: Case) -> Result<Self, SweepError> {
        case.check()?;
        let wallets = case.shape.wallets()?;
        Ok(Self {
            case,
            base: [0, 1].map(|n| wallets[n].nv.words().to_vec()),
            judge: Judge::new(case, &wallets),
        })
    }

    /// Different states judged so far.
    #[must_use]
    pub fn distinct(&self) -> usize {
        self.judge.distinct()
    }

    /// Sweeps some clocks of one run of the payment; the points come in their order.
    ///
    /// # Errors
    /// When a copy cannot be made or the simulation fails.
    pub fn points(&mut self, clocks: &BTreeSet<u64>) -> Result<Vec<Point>, SweepError> {
        let (state, striker) = self.run(Striker::new(self.case, clocks.clone()), None)?;
        if let Some(child) = striker.child {
            // This is a copy: say what survived, and end.
            child.send(&state.to_bytes());
        }
        if let Some(error) = striker.error {
            return Err(error);
        }
        Ok(striker
            .hits
            .into_iter()
            .map(|hit| self.judged(hit))
            .collect())
    }

    /// Does the fault of one point again, in this process, with the waves of the whole mount.
    ///
    /// # Errors
    /// As [`points`](Self::points), and when the waves cannot be written.
    pub fn replay(&mut self, clock: u64, tear: &str, wave: &Path) -> Result<Point, SweepError> {
        let mut striker = Striker::new(self.case, BTreeSet::from([clock]));
        striker.replay = Some(tear.to_owned());
        let (state, striker) = self.run(striker, Some(wave))?;
        Ok(self.judged(Hit {
            clock,
            tear: tear.to_owned(),
            stage: striker.stage,
            state,
        }))
    }

    fn run(&self, striker: Striker, wave: Option<&Path>) -> Result<(State, Striker), SweepError> {
        let [payer, payee] = self.judge.wallets(&State::default());
        let mut settings = settings(&self.case);
        settings.wave = wave.map(Path::to_owned);
        let job = Job::Pay(self.case.shape.amount);
        let (mounted, striker) = mount_with(payer, payee, &job, &settings, striker)?;
        let now = [&mounted.payer.wallet, &mounted.payee.wallet].map(|w| w.nv.words());
        Ok((State::between([&self.base[0], &self.base[1]], now), striker))
    }

    fn judged(&mut self, hit: Hit) -> Point {
        let name = hit.state.name();
        let verdict = self.judge.judge(hit.state);
        Point {
            clock: hit.clock,
            tear: hit.tear,
            stage: hit.stage,
            state: name,
            outcome: verdict.outcome,
            why: verdict.why,
        }
    }
}

/// A point whose copy has answered.
struct Hit {
    clock: u64,
    tear: String,
    stage: Stage,
    state: State,
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
struct Striker {
    case: Case,
    clocks: BTreeSet<u64>,
    last: u64,
    stage: Stage,
    hits: Vec<Hit>,
    error: Option<SweepError>,
    child: Option<Child>,
    kill: Vec<Side>,
    after: After,
    /// The tear of a fault that is done here and not in a copy.
    replay: Option<String>,
    struck: bool,
    /// When it ends, in clocks of the payer.
    end: u64,
}

impl Striker {
    fn new(case: Case, clocks: BTreeSet<u64>) -> Self {
        Self {
            case,
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
        match self.case.target {
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
        match self.case.kind {
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
        match self.case.kind {
            Kind::Battery | Kind::Reset => {
                for side in self.sides() {
                    pair.power_cut(*side, tear);
                    self.kill.push(*side);
                }
                if self.case.target == Target::Both {
                    return Go::Stop;
                }
                if self.case.kind == Kind::Reset {
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
        if payer >= self.end && self.case.kind != Kind::Glitch {
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
        let now = match self.case.target {
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
