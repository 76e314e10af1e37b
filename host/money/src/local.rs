//! One wallet in one mount, as a tree: each node is the real TPCU, played from power-on with what
//! has come so far, up to where it waits again. Equal plays are played once.

use std::collections::HashMap;
use std::sync::Arc;

use opera_tpcu::model::{Event, Fault, Input, Memory, Solo, Wait, provision};
use opera_tpcu::{
    Error, Outcome, Profile, Provision, Report, Role, Tpcu, accept, pay, refund, resume,
};

/// What a wallet is asked to do in a mount.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Job {
    /// Pay this amount.
    Pay(u32),
    /// Resume, as payer.
    Resume,
    /// Refund.
    Refund,
    /// Accept whatever comes.
    Accept,
}

/// Memory content that has been seen, by number.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct MemoryId(u32);

/// Bytes on the connector that have been seen, by number.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct WireId(u32);

/// A node of the tree, by number.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct NodeId(u32);

/// What comes to a wallet that waits.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Feed {
    /// A frame.
    Frame(WireId),
    /// Index and ciphertext on the data bus.
    Data(WireId),
    /// Nothing, for longer than it waits.
    Silence,
}

/// What a wallet did since the last input.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// Its memory changed, by this, to that.
    Durable(&'static str, MemoryId),
    /// It sent a frame.
    Frame(WireId),
    /// It sent a ciphertext.
    Data(WireId),
}

/// Where a play stops.
#[derive(Clone, Debug)]
pub enum End {
    /// It waits.
    Waits(Wait),
    /// The TPCU has ended the mount.
    Done {
        /// Without an error.
        ok: bool,
        /// Payments that ended, and how, or the error.
        text: String,
        /// How payments ended.
        outcomes: Vec<Outcome>,
    },
}

/// A wallet in a mount, after some inputs.
pub struct Node {
    side: usize,
    job: Job,
    start: MemoryId,
    script: Vec<Input>,
    /// What it did since the last input.
    pub steps: Vec<Step>,
    /// Memory before the steps.
    pub before: MemoryId,
    /// Memory after the steps.
    pub memory: MemoryId,
    /// Frames that it has sent and got.
    pub frames: u32,
    /// It has got a frame that its partner did not send as the next one in this mount.
    pub fooled: bool,
    /// Where it stops.
    pub end: End,
}

impl Node {
    /// What the partner is in this mount.
    #[must_use]
    pub fn partner(&self) -> Role {
        if self.job == Job::Accept {
            Role::Payer
        } else {
            Role::Payee
        }
    }

    /// Steps that an unplugging can come before.
    #[must_use]
    pub fn gates(&self) -> usize {
        let quiet =
            |step: &&Step| !matches!(step, Step::Data(_) | Step::Durable("token received", _));
        self.steps.iter().filter(quiet).count()
    }
}

type Key = (NodeId, Feed, Option<usize>, bool);

/// All that was played.
pub struct Plays {
    fault: Option<Fault>,
    provisions: [Provision; 2],
    memories: Vec<Arc<Memory>>,
    memory_ids: HashMap<Arc<Memory>, MemoryId>,
    wires: Vec<Arc<[u8]>>,
    wire_ids: HashMap<Arc<[u8]>, WireId>,
    nodes: Vec<Node>,
    roots: HashMap<(usize, MemoryId, Job), NodeId>,
    children: HashMap<Key, NodeId>,
}

impl Plays {
    /// Nothing yet.
    #[must_use]
    pub fn new(fault: Option<Fault>) -> Self {
        Self {
            fault,
            provisions: [provision(0, false), provision(1, false)],
            memories: Vec::new(),
            memory_ids: HashMap::new(),
            wires: Vec::new(),
            wire_ids: HashMap::new(),
            nodes: Vec::new(),
            roots: HashMap::new(),
            children: HashMap::new(),
        }
    }

    /// Number of plays of a TPCU.
    #[must_use]
    pub fn count(&self) -> usize {
        self.nodes.len()
    }

    /// The number of this content.
    pub fn memory_id(&mut self, memory: Arc<Memory>) -> MemoryId {
        if let Some(id) = self.memory_ids.get(&memory) {
            return *id;
        }
        let id = MemoryId(self.memories.len() as u32);
        self.memories.push(Arc::clone(&memory));
        self.memory_ids.insert(memory, id);
        id
    }

    /// Content by number.
    #[must_use]
    pub fn memory(&self, id: MemoryId) -> &Arc<Memory> {
        &self.memories[id.0 as usize]
    }

    fn wire_id(&mut self, bytes: Arc<[u8]>) -> WireId {
        if let Some(id) = self.wire_ids.get(&bytes) {
            return *id;
        }
        let id = WireId(self.wires.len() as u32);
        self.wires.push(Arc::clone(&bytes));
        self.wire_ids.insert(bytes, id);
        id
    }

    /// Bytes by number.
    #[must_use]
    pub fn wire(&self, id: WireId) -> &Arc<[u8]> {
        &self.wires[id.0 as usize]
    }

    /// A node by number.
    #[must_use]
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// A wallet that begins a mount, up to where it first waits.
    pub fn root(&mut self, side: usize, start: MemoryId, job: Job) -> NodeId {
        if let Some(id) = self.roots.get(&(side, start, job)) {
            return *id;
        }
        let id = self.play(side, job, start, start, Vec::new(), 0, false);
        self.roots.insert((side, start, job), id);
        id
    }

    /// A wallet that waits gets something; perhaps the connector comes apart before so many of the
    /// steps that follow. `fooled`: its partner did not send it so.
    pub fn feed(
        &mut self,
        node: NodeId,
        feed: Feed,
        unplug: Option<usize>,
        fooled: bool,
    ) -> NodeId {
        let key = (node, feed, unplug, fooled);
        if let Some(id) = self.children.get(&key) {
            return *id;
        }
        let parent = self.node(node);
        let (side, job, start) = (parent.side, parent.job, parent.start);
        let (before, fooled) = (parent.memory, parent.fooled || fooled);
        let mut frames = parent.frames;
        let mut script = parent.script.clone();
        script.push(match feed {
            Feed::Frame(id) => {
                frames += 1;
                Input::Frame(Arc::clone(self.wire(id)))
            }
            Feed::Data(id) => Input::Data(Arc::clone(self.wire(id))),
            Feed::Silence => Input::Silence,
        });
        script.extend(unplug.map(Input::Unplug));
        let id = self.play(side, job, start, before, script, frames, fooled);
        self.children.insert(key, id);
        id
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of a node, once")]
    fn play(
        &mut self,
        side: usize,
        job: Job,
        start: MemoryId,
        before: MemoryId,
        script: Vec<Input>,
        mut frames: u32,
        fooled: bool,
    ) -> NodeId {
        let memory = Memory::clone(self.memory(start));
        let (end, events) = perform(
            side,
            &self.provisions[side],
            memory,
            self.fault,
            job,
            &script,
        );
        let mut memory = before;
        let mut steps = Vec::with_capacity(events.len());
        for event in events {
            steps.push(match event {
                Event::Durable { what, memory: new } => {
                    memory = self.memory_id(new);
                    Step::Durable(what, memory)
                }
                Event::Frame(bytes) => {
                    frames += 1;
                    Step::Frame(self.wire_id(bytes))
                }
                Event::Data(bytes) => Step::Data(self.wire_id(bytes)),
            });
        }
        let end = match end {
            Err(wait) => End::Waits(wait),
            Ok(Ok(report)) => End::Done {
                ok: true,
                text: format!(
                    "{:?}",
                    report
                        .receipts
                        .iter()
                        .map(|r| r.outcome)
                        .collect::<Vec<_>>()
                ),
                outcomes: report
                    .receipts
                    .iter()
                    .map(|receipt| receipt.outcome)
                    .collect(),
            },
            Ok(Err(error)) => End::Done {
                ok: false,
                text: error.to_string(),
                outcomes: Vec::new(),
            },
        };
        let id = NodeId(self.nodes.len() as u32);
        self.nodes.push(Node {
            side,
            job,
            start,
            script,
            steps,
            before,
            memory,
            frames,
            fooled,
            end,
        });
        id
    }
}

/// The real TPCU on the model's hardware.
fn perform(
    side: usize,
    provision: &Provision,
    memory: Memory,
    fault: Option<Fault>,
    job: Job,
    script: &[Input],
) -> (Result<Result<Report, Error>, Wait>, Vec<Event>) {
    let solo = Solo::new(side as u8, memory, fault);
    let bus = solo.bus();
    let script = script.iter().cloned();
    // The same seed always: what is fresh comes from the power controller's challenge alone.
    let mut tpcu = match Tpcu::new(provision, Profile::Hardened, b"money") {
        Ok(tpcu) => tpcu,
        Err(error) => return (Ok(Err(error)), Vec::new()),
    };
    match job {
        Job::Pay(amount) => solo.play(script, pay(&bus, &mut tpcu, amount)),
        Job::Resume => solo.play(script, resume(&bus, &mut tpcu, Role::Payer)),
        Job::Refund => solo.play(script, refund(&bus, &mut tpcu)),
        Job::Accept => solo.play(script, accept(&bus, &mut tpcu)),
    }
}
