//! Two wallets and an adversary who owns the connector, as a model for stateright.
//!
//! Between mounts a state is the canonical form of both memories. In a mount each wallet is at a
//! node of [`Plays`]: it waits, or it has ended. What one does between two waits cannot be seen by
//! the other except through its frames, so one action feeds a wallet and lets it run to its next
//! wait, or to a crash behind any of its steps, or to an unplugging before any.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use opera_tpcu::Outcome;
use opera_tpcu::model::{Fault, Memory, Wait};
use stateright::{Model, Property};

use crate::ledger::{Ledger, Serial, Verdict};
use crate::local::{End, Feed, Job, MemoryId, Node, NodeId, Plays, Step, WireId};

/// Mounts without an adversary after which nothing may be open.
const HONEST_MOUNTS: usize = 4;

/// What is explored, and how far.
#[derive(Clone, Debug)]
pub struct Bounds {
    /// Tokens that A and B start with.
    pub tokens: [Vec<u32>; 2],
    /// Payments that may begin, in this order: who pays, and how much.
    pub payments: Vec<(usize, u32)>,
    /// Mounts; `None`: as many as it takes.
    pub mounts: Option<u32>,
    /// Failures of the data bus in one mount.
    pub noise: u8,
    /// Replay every frame ever seen at every wait, not only those whose header is the one due.
    pub replay_all: bool,
    /// Both wallets may host mounts, not only those that pay.
    pub either_hosts: bool,
    /// Seeded bug of the hardware.
    pub fault: Option<Fault>,
}

/// One wallet in a mount.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum Half {
    Waits(NodeId),
    Ended(MemoryId),
}

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct Mount {
    halves: [Half; 2],
    /// Frames to A and to B that have not come yet.
    flight: [Vec<WireId>; 2],
    /// The last frame that came to A and to B.
    last: [Option<WireId>; 2],
    /// Ciphertext for A and for B.
    data: [Option<WireId>; 2],
    noise: u8,
}

/// A state of the world.
#[derive(Clone, Debug)]
pub struct State {
    /// Number of the canonical form at the beginning of the mount, or now.
    form: u32,
    memories: [MemoryId; 2],
    paid: usize,
    mounts: u32,
    mount: Option<Mount>,
    /// Somebody was fooled and wrote.
    fooled: bool,
    /// All that crossed the connector on the way here; not part of what states are compared by.
    kept: Arc<BTreeSet<WireId>>,
}

impl State {
    fn key(&self) -> (u32, usize, &Option<Mount>, bool, u32) {
        (self.form, self.paid, &self.mount, self.fooled, self.mounts)
    }
}

impl PartialEq for State {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Hash for State {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.key().hash(hasher);
    }
}

/// How far a wallet gets after it was fed.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Then {
    /// To its next wait, or to its end.
    On,
    /// Its power is cut behind so many steps.
    Crash(usize),
    /// The connector comes apart before so many more steps.
    Unplug(usize),
}

/// How what is fed came to be.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Origin {
    /// The partner sent it, and it is the next.
    Next,
    /// It came before, in this mount.
    Again,
    /// One sent before it is overtaken.
    Early,
    /// Recorded earlier, in this mount or another.
    Replay,
    /// Nobody sent anything, or it was lost.
    Lost,
}

/// What happens next.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Action {
    /// A mount begins: who hosts, and what it does; the other accepts.
    Mount(usize, Job),
    /// A wallet gets something.
    Feed(usize, Feed, Origin, Then),
}

struct Books {
    plays: Plays,
    ledger: Ledger,
    forms: HashMap<Vec<u8>, u32>,
    /// How payments ended, at whom.
    outcomes: HashSet<(usize, Outcome)>,
    verdicts: HashMap<[MemoryId; 2], Verdict>,
    recoveries: HashMap<[MemoryId; 2], Result<(), String>>,
}

/// The model.
pub struct World {
    bounds: Bounds,
    start: [Arc<Memory>; 2],
    books: Mutex<Books>,
}

impl World {
    /// Two wallets that hold good tokens.
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        let start = crate::charge(&bounds.tokens).map(Arc::new);
        let books = Books {
            plays: Plays::new(bounds.fault),
            ledger: Ledger::default(),
            forms: HashMap::new(),
            outcomes: HashSet::new(),
            verdicts: HashMap::new(),
            recoveries: HashMap::new(),
        };
        Self {
            bounds,
            start,
            books: Mutex::new(books),
        }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tokens(&self) -> Serial {
        self.bounds.tokens.iter().map(Vec::len).sum::<usize>() as Serial
    }

    /// Number of plays of a TPCU, of different contents of both memories between mounts.
    #[must_use]
    pub fn effort(&self) -> (usize, usize) {
        let books = self.books();
        (books.plays.count(), books.forms.len())
    }

    fn came_to(&self, side: usize, outcome: Outcome) -> bool {
        self.books().outcomes.contains(&(side, outcome))
    }

    /// Whose the money is now.
    #[must_use]
    pub fn verdict(&self, state: &State) -> Verdict {
        self.books().verdict(state.memories, self.tokens())
    }

    /// Why honest mounts do not bring everything home from here; only between mounts.
    ///
    /// # Errors
    /// Says what is wrong in the end.
    pub fn recovery(&self, state: &State) -> Result<(), String> {
        if state.mount.is_some() {
            return Ok(());
        }
        self.books().recovery(state.memories, self.tokens())
    }

    /// Goes through actions again and shows, for each that feeds a wallet, the node that it came
    /// to and where it was cut.
    pub(crate) fn tell(
        &self,
        actions: &[Action],
        mut show: impl FnMut(&Plays, &Action, Option<&Node>, Option<usize>),
    ) {
        let Some(mut state) = self.init_states().pop() else {
            return;
        };
        for action in actions {
            let from = state.mount.clone();
            let Some(next) = self.next_state(&state, *action) else {
                return;
            };
            state = next;
            let mut books = self.books();
            let (mut node, mut cut) = (None, None);
            if let (Action::Feed(side, feed, _, then), Some(mount)) = (action, from)
                && let Half::Waits(id) = mount.halves[*side]
            {
                let unplug = if let Then::Unplug(at) = then {
                    Some(*at)
                } else {
                    None
                };
                cut = if let Then::Crash(at) = then {
                    Some(*at)
                } else {
                    None
                };
                node = Some(books.plays.feed(id, *feed, unplug, false));
            }
            let plays = &books.plays;
            show(plays, action, node.map(|id| plays.node(id)), cut);
        }
    }

    fn feed_actions(&self, state: &State, mount: &Mount, side: usize, out: &mut Vec<Action>) {
        let Half::Waits(id) = mount.halves[side] else {
            return;
        };
        let mut books = self.books();
        let wait = match books.plays.node(id).end {
            End::Waits(wait) => wait,
            End::Done { .. } => return,
        };
        let quiet = (Feed::Silence, Origin::Lost);
        let mut feeds = Vec::new();
        match wait {
            Wait::Data => {
                if let Some(data) = mount.data[side] {
                    feeds.push((Feed::Data(data), Origin::Next));
                }
                if mount.noise < self.bounds.noise || mount.data[side].is_none() {
                    feeds.push(quiet);
                }
                if mount.noise < self.bounds.noise {
                    // Any other ciphertext, under the index that is due.
                    let old = state.kept.iter().copied().find(|old| {
                        books.plays.wire(*old).len() == DATA_BYTES && Some(*old) != mount.data[side]
                    });
                    feeds.extend(old.map(|old| (Feed::Data(old), Origin::Replay)));
                }
            }
            Wait::Frame => {
                feeds.push(quiet);
                feeds.extend(
                    mount.flight[side]
                        .first()
                        .map(|id| (Feed::Frame(*id), Origin::Next)),
                );
                feeds.extend(
                    mount.flight[side]
                        .get(1)
                        .map(|id| (Feed::Frame(*id), Origin::Early)),
                );
                feeds.extend(mount.last[side].map(|id| (Feed::Frame(id), Origin::Again)));
                for old in state.kept.iter().copied() {
                    let fresh = mount.flight[side].contains(&old) || mount.last[side] == Some(old);
                    if !fresh && (self.bounds.replay_all || books.is_due(id, old)) {
                        feeds.push((Feed::Frame(old), Origin::Replay));
                    }
                }
            }
        }
        for (feed, origin) in feeds {
            out.push(Action::Feed(side, feed, origin, Then::On));
            if origin != Origin::Next && origin != Origin::Lost {
                continue;
            }
            let node = books.plays.feed(id, feed, None, false);
            let node = books.plays.node(node);
            let (steps, gates) = (node.steps.len(), node.gates());
            // A crash before the first step is the one behind the last step of the wait before.
            out.extend((1..=steps).map(|at| Action::Feed(side, feed, origin, Then::Crash(at))));
            let waits = usize::from(matches!(node.end, End::Waits(_)));
            let unplugs = 0..gates + waits;
            out.extend(unplugs.map(|at| Action::Feed(side, feed, origin, Then::Unplug(at))));
        }
    }

    fn begin(&self, last: &State, host: usize, job: Job) -> State {
        let mut books = self.books();
        let mut state = last.clone();
        let mut mount = Mount {
            halves: last.memories.map(Half::Ended),
            flight: [Vec::new(), Vec::new()],
            last: [None; 2],
            data: [None; 2],
            noise: 0,
        };
        for side in [0, 1] {
            let job = if side == host { job } else { Job::Accept };
            let node = books.plays.root(side, last.memories[side], job);
            books.run(&mut state, &mut mount, side, node, None);
        }
        if self.bounds.mounts.is_some() {
            state.mounts += 1;
        }
        state.paid += usize::from(matches!(job, Job::Pay(_)));
        books.end_mount(&mut state, mount);
        state
    }

    fn fed(
        &self,
        last: &State,
        side: usize,
        feed: Feed,
        origin: Origin,
        then: Then,
    ) -> Option<State> {
        let mut books = self.books();
        let mut state = last.clone();
        let mut mount = state.mount.take()?;
        let Half::Waits(id) = mount.halves[side] else {
            return None;
        };
        let fooled = !matches!(origin, Origin::Next | Origin::Lost);
        match (feed, origin) {
            (Feed::Frame(frame), Origin::Next) => {
                mount.flight[side].remove(0);
                mount.last[side] = Some(frame);
            }
            (Feed::Frame(_), _) => {}
            (Feed::Data(_) | Feed::Silence, Origin::Next) => {}
            _ => {
                let data_lost = matches!(books.plays.node(id).end, End::Waits(Wait::Data));
                mount.noise += u8::from(data_lost && mount.data[side].is_some());
            }
        }
        // Ciphertext is checked against the message, so it may be replayed into the buffer.
        let fooled = fooled && matches!(feed, Feed::Frame(_));
        let unplug = match then {
            Then::Unplug(at) => Some(at),
            _ => None,
        };
        let node = books.plays.feed(id, feed, unplug, fooled);
        let crash = match then {
            Then::Crash(at) => Some(at),
            _ => None,
        };
        books.run(&mut state, &mut mount, side, node, crash);
        books.end_mount(&mut state, mount);
        Some(state)
    }
}

/// Index and ciphertext.
const DATA_BYTES: usize = 98;

impl Books {
    /// Whether the header of a frame is the one that a wallet takes next.
    fn is_due(&self, node: NodeId, frame: WireId) -> bool {
        let frame = self.plays.wire(frame);
        let node = self.plays.node(node);
        let n = if node.frames < 4 {
            node.frames
        } else {
            node.frames - 4
        };
        frame.len() != DATA_BYTES
            && frame.get(..1) == Some(&[node.partner().code()])
            && frame.get(2..6) == Some(&n.to_be_bytes())
    }

    /// A wallet gets to a node, or its power is cut behind so many of its steps.
    fn run(
        &mut self,
        state: &mut State,
        mount: &mut Mount,
        side: usize,
        id: NodeId,
        crash: Option<usize>,
    ) {
        let node = self.plays.node(id);
        let mut memory = node.before;
        for step in &node.steps[..crash.unwrap_or(node.steps.len())] {
            match *step {
                Step::Durable(_, new) => {
                    state.fooled |= node.fooled && memory != new;
                    memory = new;
                }
                Step::Frame(frame) => {
                    mount.flight[1 - side].push(frame);
                    Arc::make_mut(&mut state.kept).insert(frame);
                }
                Step::Data(data) => {
                    mount.data[1 - side] = Some(data);
                    Arc::make_mut(&mut state.kept).insert(data);
                }
            }
        }
        state.memories[side] = memory;
        mount.halves[side] = match (&node.end, crash) {
            (End::Waits(_), None) => Half::Waits(id),
            (End::Done { outcomes, .. }, None) => {
                self.outcomes
                    .extend(outcomes.iter().map(|outcome| (side, *outcome)));
                Half::Ended(memory)
            }
            _ => Half::Ended(memory),
        };
        if let Half::Ended(_) = mount.halves[side] {
            mount.flight[side].clear();
            mount.last[side] = None;
            mount.data[side] = None;
        }
    }

    fn end_mount(&mut self, state: &mut State, mount: Mount) {
        if mount
            .halves
            .iter()
            .all(|half| matches!(half, Half::Ended(_)))
        {
            state.form = self.form(state.memories);
            state.mount = None;
        } else {
            state.mount = Some(mount);
        }
    }

    fn form(&mut self, memories: [MemoryId; 2]) -> u32 {
        let pair = memories.map(|id| Arc::clone(self.plays.memory(id)));
        let form = self.ledger.canonical([&pair[0], &pair[1]]);
        let next = self.forms.len() as u32;
        *self.forms.entry(form).or_insert(next)
    }

    fn verdict(&mut self, memories: [MemoryId; 2], tokens: Serial) -> Verdict {
        if let Some(verdict) = self.verdicts.get(&memories) {
            return *verdict;
        }
        let pair = memories.map(|id| Arc::clone(self.plays.memory(id)));
        let verdict = self.ledger.judge([&pair[0], &pair[1]], tokens);
        self.verdicts.insert(memories, verdict);
        verdict
    }

    fn recovery(&mut self, memories: [MemoryId; 2], tokens: Serial) -> Result<(), String> {
        if let Some(found) = self.recoveries.get(&memories) {
            return found.clone();
        }
        let mut found = Ok(());
        for first in [Job::Resume, Job::Refund] {
            found = found.and_then(|()| self.recover(memories, first, tokens));
        }
        self.recoveries.insert(memories, found.clone());
        found
    }

    fn recover(
        &mut self,
        mut now: [MemoryId; 2],
        first: Job,
        tokens: Serial,
    ) -> Result<(), String> {
        for mount in 0..HONEST_MOUNTS {
            if self.verdict(now, tokens).clean {
                break;
            }
            let host = mount % 2;
            let job = if mount < 2 { first } else { Job::Resume };
            now = self.honest(now, host, job)?;
        }
        let verdict = self.verdict(now, tokens);
        if verdict.clean && verdict.none_copied && verdict.none_lost {
            Ok(())
        } else {
            Err(format!("{first:?}, then honest mounts: {verdict:?}"))
        }
    }

    /// One mount without an adversary.
    fn honest(
        &mut self,
        memories: [MemoryId; 2],
        host: usize,
        job: Job,
    ) -> Result<[MemoryId; 2], String> {
        let jobs = [0, 1].map(|side| if side == host { job } else { Job::Accept });
        let mut nodes = [0, 1].map(|side| self.plays.root(side, memories[side], jobs[side]));
        let mut flight: [Vec<WireId>; 2] = [Vec::new(), Vec::new()];
        let mut data = [None; 2];
        let send = |plays: &Plays,
                    side: usize,
                    id: NodeId,
                    flight: &mut [Vec<WireId>; 2],
                    data: &mut [Option<WireId>; 2]| {
            for step in &plays.node(id).steps {
                match *step {
                    Step::Frame(frame) => flight[1 - side].push(frame),
                    Step::Data(bytes) => data[1 - side] = Some(bytes),
                    Step::Durable(..) => {}
                }
            }
        };
        for side in [0, 1] {
            send(&self.plays, side, nodes[side], &mut flight, &mut data);
        }
        loop {
            let mut moved = false;
            for side in [0, 1] {
                let End::Waits(wait) = self.plays.node(nodes[side]).end else {
                    continue;
                };
                let feed = match wait {
                    Wait::Frame if flight[side].is_empty() => continue,
                    Wait::Frame => Feed::Frame(flight[side].remove(0)),
                    Wait::Data => match data[side] {
                        Some(bytes) => Feed::Data(bytes),
                        None => continue,
                    },
                };
                nodes[side] = self.plays.feed(nodes[side], feed, None, false);
                send(&self.plays, side, nodes[side], &mut flight, &mut data);
                moved = true;
            }
            if !moved {
                break;
            }
        }
        for (side, id) in nodes.into_iter().enumerate() {
            match &self.plays.node(id).end {
                End::Done { ok: true, .. } => {}
                End::Done { text, .. } => {
                    return Err(format!(
                        "an honest mount ({job:?}) fails at {}: {text}",
                        name(side)
                    ));
                }
                End::Waits(_) => {
                    return Err(format!("an honest mount ({job:?}) hangs at {}", name(side)));
                }
            }
        }
        Ok(nodes.map(|id| self.plays.node(id).memory))
    }
}

pub(crate) fn name(side: usize) -> char {
    if side == 0 { 'A' } else { 'B' }
}

impl Model for World {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let mut books = self.books();
        let memories = self
            .start
            .clone()
            .map(|memory| books.plays.memory_id(memory));
        vec![State {
            form: books.form(memories),
            memories,
            paid: 0,
            mounts: 0,
            mount: None,
            fooled: false,
            kept: Arc::new(BTreeSet::new()),
        }]
    }

    fn actions(&self, state: &State, out: &mut Vec<Action>) {
        if let Some(mount) = &state.mount {
            self.feed_actions(state, mount, 0, out);
            self.feed_actions(state, mount, 1, out);
            return;
        }
        if self.bounds.mounts.is_some_and(|most| state.mounts >= most) {
            return;
        }
        let payment = self.bounds.payments.get(state.paid);
        let mut jobs: Vec<_> = payment
            .iter()
            .map(|(host, amount)| (*host, Job::Pay(*amount)))
            .collect();
        for host in [0, 1] {
            let pays = self.bounds.payments.iter().any(|(payer, _)| *payer == host);
            if pays || self.bounds.either_hosts {
                jobs.extend([(host, Job::Resume), (host, Job::Refund)]);
            }
        }
        out.extend(jobs.into_iter().map(|(host, job)| Action::Mount(host, job)));
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        match action {
            Action::Mount(host, job) => Some(self.begin(last, host, job)),
            Action::Feed(side, feed, origin, then) => self.fed(last, side, feed, origin, then),
        }
    }

    fn format_action(&self, action: &Action) -> String {
        crate::print::action(&self.books().plays, action)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("I6 none copied", |world: &Self, state: &State| {
                world.verdict(state).none_copied
            }),
            Property::always("I6 none lost", |world: &Self, state: &State| {
                world.verdict(state).none_lost
            }),
            Property::always("I3 release or refund", |world: &Self, state: &State| {
                world.verdict(state).release_xor_refund
            }),
            Property::always("I7 no early use", |world: &Self, state: &State| {
                world.verdict(state).none_early
            }),
            Property::always("I8 freshness", |_: &Self, state: &State| !state.fooled),
            Property::always(
                "I6 honest mounts bring all home",
                |world: &Self, state: &State| world.recovery(state).is_ok(),
            ),
            Property::sometimes("A pays", |world: &Self, _: &State| {
                world.came_to(0, Outcome::Paid)
            }),
            Property::sometimes("B receives", |world: &Self, _: &State| {
                world.came_to(1, Outcome::Received)
            }),
            Property::sometimes("A takes back", |world: &Self, _: &State| {
                world.came_to(0, Outcome::Refunded)
            }),
            Property::sometimes("B learns that A took back", |world: &Self, _: &State| {
                world.came_to(1, Outcome::Withdrawn)
            }),
        ]
    }
}
