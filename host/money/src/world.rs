//! Two wallets and an adversary who owns the connector, as a model for stateright.
//!
//! Between mounts a state is the canonical form of both memories. In a mount each wallet is at a
//! node of [`Plays`]: it waits, or it has ended. What one does between two waits cannot be seen by
//! the other except through its frames, so one action feeds a wallet and lets it run to its next
//! wait, or to a crash behind any of its steps, or to an unplugging before any.

use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use opera_tpcu::Outcome;
use opera_tpcu::model::{Memory, Wait};
use stateright::{Model, Property};

use crate::books::{Books, DATA_BYTES};
use crate::bounds::Bounds;
use crate::ledger::{Serial, Verdict};
use crate::local::{End, Feed, Job, MemoryId, Node, NodeId, Plays, WireId};

/// One wallet in a mount.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Half {
    Waits(NodeId),
    Ended(MemoryId),
}

/// A mount that goes on.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Mount {
    pub(crate) halves: [Half; 2],
    /// Frames to A and to B that have not come yet.
    pub(crate) flight: [Vec<WireId>; 2],
    /// The last frame that came to A and to B.
    pub(crate) last: [Option<WireId>; 2],
    /// Ciphertext for A and for B.
    pub(crate) data: [Option<WireId>; 2],
    pub(crate) noise: u8,
}

/// A state of the world.
#[derive(Clone, Debug)]
pub struct State {
    /// Number of the canonical form at the beginning of the mount, or now.
    pub(crate) form: u32,
    pub(crate) memories: [MemoryId; 2],
    paid: usize,
    mounts: u32,
    pub(crate) mount: Option<Mount>,
    /// Somebody was fooled and wrote.
    pub(crate) fooled: bool,
    /// All that crossed the connector on the way here; not part of what states are compared by.
    pub(crate) kept: Arc<BTreeSet<WireId>>,
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
        let books = Books::new(bounds.fault);
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
