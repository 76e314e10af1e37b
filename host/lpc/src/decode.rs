//! LPC transfers from bus samples.
//!
//! Written from the cycle tables of the specification, clock by clock, and on purpose without any
//! part of the host model: one mistake must not hide in both.

/// The wires of an LPC bus just before a rising edge of LCLK.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Sample {
    /// LFRAME#.
    pub lframe_n: bool,
    /// LRESET#.
    pub lreset_n: bool,
    /// LAD3 to LAD0, pulled up.
    pub lad: u8,
}

/// What kind of cycle.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// I/O read.
    IoRead,
    /// I/O write.
    IoWrite,
    /// Firmware-memory read.
    FwRead,
    /// Firmware-memory write.
    FwWrite,
    /// LRESET# was low.
    Reset,
    /// A START that this decoder does not follow.
    Other {
        /// The START code.
        start: u8,
    },
}

/// How a transfer ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// READY.
    Ready,
    /// Error SYNC.
    Refused,
    /// LFRAME# fell in the middle.
    Aborted,
    /// Something that the specification does not allow at that clock.
    Broken,
}

/// One transfer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Transfer {
    /// LCLK clocks between the end of the transfer before and this START.
    pub gap: u64,
    /// LCLK clocks from START to the last turn-around.
    pub clocks: u64,
    /// Kind of cycle.
    pub kind: Kind,
    /// Address, 16 bits for I/O, 28 for firmware memory.
    pub addr: u32,
    /// Data, byte 0 first.
    pub data: Vec<u8>,
    /// Wait states.
    pub waits: u32,
    /// How it ended.
    pub outcome: Outcome,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Phase {
    Idle,
    Reset,
    Start,
    Address(u8),
    Size,
    WriteData(u16),
    HostTar(u8),
    Sync,
    ReadData(u16),
    TargetTar(u8),
    Skip,
}

/// Turns samples into transfers.
#[derive(Clone, Debug)]
pub struct Decoder {
    phase: Phase,
    idle: u64,
    silent: u32,
    bytes: u16,
    now: Transfer,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

/// Clocks without SYNC after which no answer can come any more.
const SYNC_WINDOW: u32 = 4;

impl Decoder {
    /// A decoder that has seen an idle bus.
    #[must_use]
    pub fn new() -> Self {
        Self {
            phase: Phase::Idle,
            idle: 0,
            silent: 0,
            bytes: 0,
            now: blank(0, Kind::Reset),
        }
    }

    /// Clocks since the end of the last transfer.
    #[must_use]
    pub fn idle_clocks(&self) -> u64 {
        self.idle
    }

    /// Takes one sample; returns the transfer that it ended, if any.
    pub fn sample(&mut self, sample: Sample) -> Option<Transfer> {
        if !sample.lreset_n {
            if self.phase == Phase::Reset {
                self.now.clocks += 1;
                return None;
            }
            let cut = self.cut();
            self.begin(Phase::Reset, Kind::Reset);
            return cut;
        }
        if self.phase == Phase::Reset {
            let done = self.end(Outcome::Ready);
            self.idle = 0;
            let next = self.sample(sample);
            debug_assert!(next.is_none(), "one sample ends one transfer");
            return Some(done);
        }
        if !sample.lframe_n {
            if self.phase == Phase::Start {
                // LFRAME# stays low: the last START counts.
                self.now.clocks += 1;
                self.now.kind = Kind::Other { start: sample.lad };
                return None;
            }
            let cut = self.cut();
            self.begin(Phase::Start, Kind::Other { start: sample.lad });
            return cut;
        }
        if self.phase == Phase::Idle {
            self.idle += 1;
            return None;
        }
        self.now.clocks += 1;
        self.step(sample.lad)
    }

    fn step(&mut self, lad: u8) -> Option<Transfer> {
        let writes = matches!(self.now.kind, Kind::IoWrite | Kind::FwWrite);
        match self.phase {
            Phase::Idle | Phase::Reset => None,
            Phase::Start => {
                let Kind::Other { start } = self.now.kind else {
                    return None;
                };
                match (start, lad >> 1) {
                    (0b0000, 0b000) => self.follow_io(Kind::IoRead),
                    (0b0000, 0b001) => self.follow_io(Kind::IoWrite),
                    (0b1101, _) => self.follow_fw(Kind::FwRead),
                    (0b1110, _) => self.follow_fw(Kind::FwWrite),
                    // LFRAME# rose after an abort, or a cycle for somebody else.
                    (0b1111, _) => {
                        self.phase = Phase::Idle;
                        self.idle = 0;
                        None
                    }
                    _ => {
                        self.phase = Phase::Skip;
                        self.silent = 0;
                        None
                    }
                }
            }
            Phase::Address(left) => {
                self.now.addr = self.now.addr << 4 | u32::from(lad);
                self.phase = match (left, self.now.kind) {
                    (1, Kind::IoRead) => Phase::HostTar(0),
                    (1, Kind::IoWrite) => Phase::WriteData(0),
                    (1, _) => Phase::Size,
                    _ => Phase::Address(left - 1),
                };
                None
            }
            Phase::Size => {
                self.bytes = match lad {
                    0 => 1,
                    1 => 2,
                    2 => 4,
                    4 => 16,
                    7 => 128,
                    _ => return Some(self.end(Outcome::Broken)),
                };
                self.phase = if writes {
                    Phase::WriteData(0)
                } else {
                    Phase::HostTar(0)
                };
                None
            }
            Phase::WriteData(n) => {
                self.nibble(n, lad);
                self.phase = if n + 1 == 2 * self.bytes {
                    Phase::HostTar(0)
                } else {
                    Phase::WriteData(n + 1)
                };
                None
            }
            Phase::HostTar(n) => {
                if n == 0 && lad != 0xF {
                    return Some(self.end(Outcome::Broken));
                }
                self.phase = if n == 0 {
                    Phase::HostTar(1)
                } else {
                    Phase::Sync
                };
                self.silent = 0;
                None
            }
            Phase::Sync => {
                match lad {
                    0b0101 | 0b0110 => self.now.waits += 1,
                    0b0000 | 0b1010 => {
                        self.now.outcome = if lad == 0 {
                            Outcome::Ready
                        } else {
                            Outcome::Refused
                        };
                        self.phase = if writes {
                            Phase::TargetTar(0)
                        } else {
                            Phase::ReadData(0)
                        };
                    }
                    0b1111 if self.silent < SYNC_WINDOW => self.silent += 1,
                    _ => return Some(self.end(Outcome::Broken)),
                }
                None
            }
            Phase::ReadData(n) => {
                self.nibble(n, lad);
                self.phase = if n + 1 == 2 * self.bytes {
                    Phase::TargetTar(0)
                } else {
                    Phase::ReadData(n + 1)
                };
                None
            }
            Phase::TargetTar(n) => {
                if lad != 0xF {
                    return Some(self.end(Outcome::Broken));
                }
                if n == 0 {
                    self.phase = Phase::TargetTar(1);
                    None
                } else {
                    let outcome = self.now.outcome;
                    Some(self.end(outcome))
                }
            }
            Phase::Skip => {
                // Somebody else's cycle ends with four quiet clocks.
                self.silent = if lad == 0xF { self.silent + 1 } else { 0 };
                (self.silent > SYNC_WINDOW).then(|| self.end(Outcome::Ready))
            }
        }
    }

    fn follow_io(&mut self, kind: Kind) -> Option<Transfer> {
        self.now.kind = kind;
        self.bytes = 1;
        self.phase = Phase::Address(4);
        None
    }

    fn follow_fw(&mut self, kind: Kind) -> Option<Transfer> {
        self.now.kind = kind;
        self.phase = Phase::Address(7);
        None
    }

    fn nibble(&mut self, n: u16, lad: u8) {
        if n.is_multiple_of(2) {
            self.now.data.push(lad);
        } else if let Some(byte) = self.now.data.last_mut() {
            *byte |= lad << 4;
        }
    }

    fn begin(&mut self, phase: Phase, kind: Kind) {
        self.now = blank(self.idle, kind);
        self.now.clocks = 1;
        self.phase = phase;
    }

    /// Ends what runs because LFRAME# or LRESET# fell.
    fn cut(&mut self) -> Option<Transfer> {
        match self.phase {
            Phase::Idle => None,
            Phase::Skip => Some(self.end(Outcome::Ready)),
            _ => Some(self.end(Outcome::Aborted)),
        }
    }

    fn end(&mut self, outcome: Outcome) -> Transfer {
        self.phase = Phase::Idle;
        self.idle = 0;
        let mut done = std::mem::replace(&mut self.now, blank(0, Kind::Reset));
        done.outcome = outcome;
        done
    }
}

fn blank(gap: u64, kind: Kind) -> Transfer {
    Transfer {
        gap,
        clocks: 0,
        kind,
        addr: 0,
        data: Vec::new(),
        waits: 0,
        outcome: Outcome::Broken,
    }
}
