//! Runs a payment, has the fault done to a copy of it at every clock wanted, and judges what is left.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::io;
use std::path::Path;

use opera_scenario::{Job, Settings, Wallet, mount, mount_with};
use opera_sim::SimError;
use sha2::{Digest, Sha256};

use crate::case::{Case, CaseError, Kind, Recovery, Shape, Target};
use crate::judge::{Judge, Outcome};
use crate::record::{Point, Second, Stage};
use crate::state::State;
use crate::strike::{Hit, Striker};

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
    /// Pairs of a first and a second cut, per stage that the recovery began from and outcome.
    pub pairs: BTreeMap<(Stage, Outcome), u64>,
    /// Names of the different states among them; the other points have their answer from one.
    pub states: BTreeSet<String>,
}

impl Summary {
    /// Counts a point.
    pub fn add(&mut self, point: &Point) {
        *self.counts.entry((point.stage, point.outcome)).or_default() += 1;
        self.points += 1;
        self.states.insert(point.state.clone());
        for second in &point.second {
            *self.pairs.entry((point.from, second.outcome)).or_default() += 1;
            self.states.insert(second.state.clone());
        }
    }

    /// Points and pairs with a bad outcome.
    #[must_use]
    pub fn bad(&self) -> u64 {
        let all = self.counts.iter().chain(&self.pairs);
        let bad = all.filter(|((_, outcome), _)| outcome.is_bad());
        bad.map(|(_, count)| count).sum()
    }
}

/// Clocks of the undisturbed payment, of the wallet that the target names: points are 1 to this.
///
/// # Errors
/// When the payment fails without any fault.
pub fn length(case: &Case) -> Result<u64, SweepError> {
    let [payer, payee] = case.shape.wallets()?;
    let mounted = mount(
        payer,
        payee,
        &Job::Pay(case.shape.amount),
        &settings(&case.shape),
    )?;
    if let Some(Err(error)) = mounted.payer.result.or(mounted.payee.result) {
        return Err(CaseError::Charge(error.to_string()).into());
    }
    Ok(match case.target {
        Target::Payee => mounted.payee.clocks.core,
        _ => mounted.payer.clocks.core,
    })
}

/// How the payment itself is run.
pub(crate) fn settings(shape: &Shape) -> Settings {
    shape.settings(1)
}

/// A mount that faults are done to.
struct Stand {
    wallets: [Wallet; 2],
    job: Job,
    settings: Settings,
}

/// A case on its way: its wallets as they began, and the verdicts so far.
pub struct Sweep {
    case: Case,
    base: [Vec<u32>; 2],
    judge: Judge,
    /// Clocks of the first recovery of a state, of its two wallets.
    recoveries: HashMap<State, [u64; 2]>,
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
            recoveries: HashMap::new(),
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
        let striker = Striker::new(self.case.target, self.case.kind, clocks.clone());
        let hits = self.strike(self.payment(), striker, &State::default())?;
        let mut seconds = self.seconds(&hits)?;
        let judged = hits.into_iter().enumerate().map(|(n, hit)| Point {
            second: seconds.remove(&n).unwrap_or_default(),
            ..self.judged(hit)
        });
        Ok(judged.collect())
    }

    /// Does the fault of a point again, in this process, with the waves of the whole mount; of a
    /// point that is bad by a second fault, the recovery that this fault hit.
    ///
    /// # Errors
    /// As [`points`](Self::points), and when the waves cannot be written.
    pub fn replay(&self, point: &Point, wave: &Path) -> Result<(), SweepError> {
        let (target, kind) = (self.case.target, self.case.kind);
        let first = BTreeSet::from([point.clock]);
        let second = point.second.iter().find(|second| second.outcome.is_bad());
        let (mut stand, mut striker, tear) = match second.filter(|_| !point.outcome.is_bad()) {
            None => (
                self.payment(),
                Striker::new(target, kind, first),
                &point.tear,
            ),
            Some(second) => {
                let striker = Striker::new(target, kind, first);
                let hits = self.strike(self.payment(), striker, &State::default())?;
                let Some(hit) = hits.iter().find(|hit| hit.tear == point.tear) else {
                    return Ok(());
                };
                let clocks = BTreeSet::from([second.clock]);
                let striker = Striker::new(second.target, kind, clocks);
                (self.recovery(&hit.state), striker, &second.tear)
            }
        };
        striker.replay = Some(tear.clone());
        stand.settings.wave = Some(wave.to_owned());
        self.run(stand, striker, &State::default()).map(|_| ())
    }

    /// Second faults at each of these clocks of the recovery from the fault at clock `first`.
    ///
    /// # Errors
    /// As [`points`](Self::points).
    pub fn pairs(
        &mut self,
        first: u64,
        target: Target,
        clocks: &BTreeSet<u64>,
    ) -> Result<Vec<Second>, SweepError> {
        let striker = Striker::new(self.case.target, self.case.kind, BTreeSet::from([first]));
        let mut pairs = Vec::new();
        for hit in self.strike(self.payment(), striker, &State::default())? {
            pairs.extend(self.second(&hit.state, target, clocks.clone())?);
        }
        Ok(pairs)
    }

    fn payment(&self) -> Stand {
        Stand {
            wallets: self.judge.wallets(&State::default()),
            job: Job::Pay(self.case.shape.amount),
            settings: settings(&self.case.shape),
        }
    }

    /// The first mount that a state is recovered by; see [`Judge`].
    fn recovery(&self, state: &State) -> Stand {
        let [payer, payee] = self.judge.wallets(state);
        let shape = &self.case.shape;
        match self.case.recovery {
            Recovery::Resume => Stand {
                wallets: [payer, payee],
                job: Job::Resume,
                settings: shape.settings(2),
            },
            Recovery::Refund => Stand {
                wallets: [payer, shape.stranger()],
                job: Job::Refund,
                settings: shape.settings(4),
            },
        }
    }

    /// What faults leave of a mount that began in the state `from`.
    fn strike(&self, stand: Stand, striker: Striker, from: &State) -> Result<Vec<Hit>, SweepError> {
        let (state, striker) = self.run(stand, striker, from)?;
        if let Some(child) = striker.child {
            // This is a copy: say what survived, and end.
            child.send(&state.to_bytes());
        }
        striker.error.map_or(Ok(striker.hits), Err)
    }

    fn run(
        &self,
        stand: Stand,
        striker: Striker,
        from: &State,
    ) -> Result<(State, Striker), SweepError> {
        let [payer, payee] = stand.wallets;
        // A stranger's memory is no part of the state; the payee's stays as it was.
        let strange = matches!(stand.job, Job::Refund);
        let (mounted, striker) = mount_with(payer, payee, &stand.job, &stand.settings, striker)?;
        let now = [&mounted.payer.wallet, &mounted.payee.wallet].map(|w| w.nv.words());
        let mut state = State::between([&self.base[0], &self.base[1]], now);
        if strange {
            state.0[1].clone_from(&from.0[1]);
        }
        Ok((state, striker))
    }

    /// Second faults in the recovery from each of these, by the number of the first.
    fn seconds(&mut self, hits: &[Hit]) -> Result<BTreeMap<usize, Vec<Second>>, SweepError> {
        let mut wanted: BTreeMap<(String, Target), Vec<(usize, u64)>> = BTreeMap::new();
        if self.case.second == 0 {
            return Ok(BTreeMap::new());
        }
        for (n, hit) in hits.iter().enumerate() {
            let lengths = self.recovery_lengths(&hit.state)?;
            for draw in 0..self.case.second {
                let (target, clock) = self.draw(hit, draw, lengths);
                let place = wanted.entry((hit.state.name(), target)).or_default();
                place.push((n, clock));
            }
        }
        let mut seconds: BTreeMap<usize, Vec<Second>> = BTreeMap::new();
        for ((_, target), draws) in wanted {
            let from = &hits[draws[0].0].state;
            let clocks = draws.iter().map(|(_, clock)| *clock).collect();
            for second in self.second(from, target, clocks)? {
                for (n, _) in draws.iter().filter(|(_, drawn)| *drawn == second.clock) {
                    seconds.entry(*n).or_default().push(second.clone());
                }
            }
        }
        Ok(seconds)
    }

    /// Second faults in the recovery from one state.
    fn second(
        &mut self,
        from: &State,
        target: Target,
        clocks: BTreeSet<u64>,
    ) -> Result<Vec<Second>, SweepError> {
        let striker = Striker::new(target, self.case.kind, clocks);
        let hits = self.strike(self.recovery(from), striker, from)?;
        let judged = hits.into_iter().map(|hit| {
            let point = self.judged(hit);
            Second {
                target,
                clock: point.clock,
                tear: point.tear,
                state: point.state,
                outcome: point.outcome,
                why: point.why,
            }
        });
        Ok(judged.collect())
    }

    fn recovery_lengths(&mut self, state: &State) -> Result<[u64; 2], SweepError> {
        if let Some(lengths) = self.recoveries.get(state) {
            return Ok(*lengths);
        }
        let Stand {
            wallets: [payer, payee],
            job,
            settings,
        } = self.recovery(state);
        let mounted = mount(payer, payee, &job, &settings)?;
        let lengths = [mounted.payer.clocks.core, mounted.payee.clocks.core];
        self.recoveries.insert(state.clone(), lengths);
        Ok(lengths)
    }

    /// Target and clock of a second fault: any clock of the recovery is as likely as another, and
    /// the seed, the first fault and the number of the draw decide it.
    fn draw(&self, first: &Hit, draw: u32, lengths: [u64; 2]) -> (Target, u64) {
        let mut hash = Sha256::new();
        hash.update(self.case.shape.seed.to_be_bytes());
        hash.update(first.clock.to_be_bytes());
        hash.update(&first.tear);
        hash.update(draw.to_be_bytes());
        let digest = hash.finalize();
        let number = |at: usize| {
            digest[at..at + 8]
                .iter()
                .fold(0, |number: u64, byte| number << 8 | u64::from(*byte))
        };
        // A stranger that holds no money is not worth a fault.
        let targets: &[Target] = match (self.case.kind, self.case.recovery) {
            (Kind::Unmount | Kind::Glitch, _) => &[Target::Link],
            (_, Recovery::Refund) => &[Target::Payer],
            (_, Recovery::Resume) => &[Target::Payer, Target::Payee, Target::Both],
        };
        let target = targets[(number(0) % targets.len() as u64) as usize];
        let length = lengths[usize::from(target == Target::Payee)];
        (target, 1 + number(8) % length.max(1))
    }

    fn judged(&mut self, hit: Hit) -> Point {
        let name = hit.state.name();
        let verdict = self.judge.judge(hit.state);
        Point {
            clock: hit.clock,
            tear: hit.tear,
            stage: hit.stage,
            state: name,
            from: verdict.from,
            outcome: verdict.outcome,
            why: verdict.why,
            second: Vec::new(),
        }
    }
}
