//! A fault in a mount: what `opera fault sweep` does in a copy of the process, done here for good.

use std::fmt;

use opera_scenario::Fault;
use opera_sim::{Clocks, Pair, Side, Tear, Verdict};
use opera_tpcu::protocol::wire::Kind as Message;

/// Clocks that a reset is held.
const RESET_CLOCKS: u64 = 16;
/// Clocks that a brown-out takes.
const BROWNOUT_CLOCKS: u64 = 64;
/// Clocks that whoever survives has to come to its own end.
const AFTERMATH_CLOCKS: u64 = 100_000;
/// Clocks that a cut waits for a word to tear.
const PATIENCE: u64 = 3_000;

pub const PAYER: &[Side] = &[Side::Payer];
pub const PAYEE: &[Side] = &[Side::Payee];
pub const BOTH: &[Side] = &[Side::Payer, Side::Payee];

/// What happens.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    Battery(Tear),
    Reset(Tear),
    Brownout,
    Unmount,
    /// The connector's data wires are inverted for a clock; the payment may go on.
    Glitch,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Battery(_) => "battery",
            Self::Reset(_) => "reset",
            Self::Brownout => "brownout",
            Self::Unmount => "unmount",
            Self::Glitch => "glitch",
        }
    }
}

/// A fault, from a clock of the payer on: since the plug, or since a message.
#[derive(Clone, Debug)]
pub struct Strike {
    pub kind: Kind,
    /// Whose supply fails; unmount and glitch are the connector's.
    pub sides: &'static [Side],
    pub clock: u64,
    /// The message that the clocks count from, and whether it has been sent.
    since: Option<Message>,
    begun: bool,
    /// Wait for the next word that one of them writes, and tear it.
    pub at_write: bool,
    /// The last message that was sent before, once it has struck.
    pub after: Option<Message>,
    /// A word was being written when it struck.
    pub torn: bool,
    struck: Option<u64>,
    last: u64,
    kill: Vec<Side>,
}

impl Strike {
    pub fn new(kind: Kind, sides: &'static [Side], clock: u64) -> Self {
        Self {
            kind,
            sides,
            clock,
            since: None,
            begun: true,
            at_write: false,
            after: None,
            torn: false,
            struck: None,
            last: 0,
            kill: Vec::new(),
        }
    }

    /// A battery cut that leaves what was there.
    pub fn cut(sides: &'static [Side], clock: u64) -> Self {
        Self::new(Kind::Battery(Tear::Old), sides, clock)
    }

    /// So many clocks after the next message of this kind, whoever sends it.
    pub fn since(mut self, message: Message) -> Self {
        (self.since, self.begun) = (Some(message), false);
        self
    }

    pub fn at_write(mut self) -> Self {
        self.at_write = true;
        self
    }

    /// Whether the mount came to its clock.
    pub fn has_struck(&self) -> bool {
        self.struck.is_some()
    }

    fn strike(&mut self, pair: &Pair, now: u64) {
        self.struck = Some(now);
        match self.kind {
            Kind::Battery(tear) | Kind::Reset(tear) => {
                for side in self.sides {
                    pair.power_cut(*side, tear);
                    self.kill.push(*side);
                }
            }
            Kind::Brownout => self
                .sides
                .iter()
                .for_each(|side| pair.brownout(*side, true)),
            Kind::Unmount => pair.plug(false),
            Kind::Glitch => pair.danger_invert_connector(true),
        }
    }

    /// Gives back what a fault takes for some clocks only.
    fn follow(&self, pair: &Pair, since: u64) {
        let sides = self.sides.iter();
        match self.kind {
            Kind::Reset(_) if since == RESET_CLOCKS => sides.for_each(|side| pair.power_up(*side)),
            Kind::Brownout if since == BROWNOUT_CLOCKS => {
                sides.for_each(|side| pair.brownout(*side, false));
            }
            Kind::Glitch if since == 1 => pair.danger_invert_connector(false),
            _ => {}
        }
    }
}

impl fmt::Display for Strike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, sides, clock) = (self.kind, self.sides, self.clock);
        write!(f, "{kind:?} of {sides:?} from clock {clock}")?;
        match (self.struck, self.after) {
            (None, _) => write!(f, ": never came"),
            (Some(at), after) => write!(f, ": at {at}, after {after:?}, torn {}", self.torn),
        }
    }
}

impl Fault for Strike {
    fn edge(&mut self, pair: &Pair, payer: Clocks, _: Clocks) -> Verdict {
        let now = payer.core;
        let Some(at) = self.struck else {
            if !self.begun || now < self.clock {
                return Verdict::GoOn;
            }
            let writes = |side: &Side| pair.with_nv(*side, |nv| nv.write_in_flight());
            self.torn = self.sides.iter().any(writes);
            if self.torn || !self.at_write || now > self.clock + PATIENCE {
                self.strike(pair, now);
            }
            self.last = now;
            return self.kill.pop().map_or(Verdict::GoOn, Verdict::Kill);
        };
        if let Some(side) = self.kill.pop() {
            return Verdict::Kill(side);
        }
        if now == self.last {
            return Verdict::GoOn;
        }
        self.last = now;
        if now - at >= AFTERMATH_CLOCKS && self.kind != Kind::Glitch {
            return Verdict::Stop;
        }
        self.follow(pair, now - at);
        Verdict::GoOn
    }

    fn message(&mut self, pair: &Pair, _: Side, sent: bool, kind: Message) {
        if sent && self.struck.is_none() {
            self.after = Some(kind);
            if !self.begun && self.since == Some(kind) {
                self.begun = true;
                // Both count from the reset on, a few clocks before the plug.
                self.clock += pair.clocks(Side::Payer).core;
            }
        }
    }
}
