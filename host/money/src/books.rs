//! What the exploration keeps: plays, canonical forms, verdicts, and honest mounts.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use opera_tpcu::Outcome;
use opera_tpcu::model::{Fault, Wait};

use crate::ledger::{Ledger, Serial, Verdict};
use crate::local::{End, Feed, Job, MemoryId, NodeId, Plays, Step, WireId};
use crate::world::{Half, Mount, State, name};

/// Mounts without an adversary after which nothing may be open.
const HONEST_MOUNTS: usize = 4;

/// Plays, forms, and what was found out about memories.
pub(crate) struct Books {
    pub(crate) plays: Plays,
    ledger: Ledger,
    pub(crate) forms: HashMap<Vec<u8>, u32>,
    /// How payments ended, at whom.
    pub(crate) outcomes: HashSet<(usize, Outcome)>,
    verdicts: HashMap<[MemoryId; 2], Verdict>,
    recoveries: HashMap<[MemoryId; 2], Result<(), String>>,
}

/// Index and ciphertext.
pub(crate) const DATA_BYTES: usize = 98;

impl Books {
    pub(crate) fn new(fault: Option<Fault>) -> Self {
        Self {
            plays: Plays::new(fault),
            ledger: Ledger::default(),
            forms: HashMap::new(),
            outcomes: HashSet::new(),
            verdicts: HashMap::new(),
            recoveries: HashMap::new(),
        }
    }

    /// Whether the header of a frame is the one that a wallet takes next.
    pub(crate) fn is_due(&self, node: NodeId, frame: WireId) -> bool {
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
    pub(crate) fn run(
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

    pub(crate) fn end_mount(&mut self, state: &mut State, mount: Mount) {
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

    pub(crate) fn form(&mut self, memories: [MemoryId; 2]) -> u32 {
        let pair = memories.map(|id| Arc::clone(self.plays.memory(id)));
        let form = self.ledger.canonical([&pair[0], &pair[1]]);
        let next = self.forms.len() as u32;
        *self.forms.entry(form).or_insert(next)
    }

    pub(crate) fn verdict(&mut self, memories: [MemoryId; 2], tokens: Serial) -> Verdict {
        if let Some(verdict) = self.verdicts.get(&memories) {
            return *verdict;
        }
        let pair = memories.map(|id| Arc::clone(self.plays.memory(id)));
        let verdict = self.ledger.judge([&pair[0], &pair[1]], tokens);
        self.verdicts.insert(memories, verdict);
        verdict
    }

    pub(crate) fn recovery(
        &mut self,
        memories: [MemoryId; 2],
        tokens: Serial,
    ) -> Result<(), String> {
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
