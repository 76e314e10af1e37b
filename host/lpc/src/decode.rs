//! LPC transfers from bus samples.
//!
//! Written from the cycle tables of the specification, clock by clock, and on purpose without any
//! part of the host model: one mistake must not hide in both. Every sample belongs to one gap or one
//! transfer, so gaps and lengths add up to the clocks seen.

use std::fmt;

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
    /// TPM read.
    TpmRead,
    /// TPM write.
    TpmWrite,
    /// Firmware-memory read.
    FwRead,
    /// Firmware-memory write.
    FwWrite,
    /// LRESET# was low.
    Reset,
    /// LFRAME# was low, last with 1111 on LAD: the end of an abort, or a stop that cuts nothing.
    Stop,
    /// LAD was not 1111 on an idle bus.
    Stray {
        /// LAD in the first such clock.
        lad: u8,
    },
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
    /// The samples ended in the middle.
    Unfinished,
}

/// What a transfer does that the specification does not allow or does not expect.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Remark {
    /// Nobody answered.
    NoSync {
        /// Clocks of 1111 where a SYNC was due.
        clocks: u32,
    },
    /// The SYNC came, but not in the clock after the turn-around.
    LateSync {
        /// Clocks of 1111 before it.
        clocks: u32,
    },
    /// A SYNC code that is reserved or not for this cycle.
    BadSync {
        /// The code.
        code: u8,
    },
    /// More than 8 short waits.
    ManyShortWaits {
        /// Short waits up to then.
        waits: u32,
    },
    /// Short and long waits in one cycle.
    MixedWaits,
    /// LAD went back to 1111 after wait states.
    Vanished,
    /// The host did not drive 1111 before the peripheral's answer.
    HostTurnAround {
        /// LAD.
        lad: u8,
    },
    /// LAD was not 1111 in one of the two clocks after the peripheral's answer.
    TurnAround {
        /// LAD.
        lad: u8,
    },
    /// A size of a firmware cycle that is not 1, 2, 4, 16 or 128 bytes.
    BadSize {
        /// The code.
        code: u8,
    },
    /// LFRAME# was low for fewer than 4 clocks to abort a cycle.
    ShortAbort {
        /// Clocks low.
        clocks: u64,
    },
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSync { clocks } => write!(f, "no SYNC in {clocks} clk"),
            Self::LateSync { clocks } => write!(f, "SYNC {clocks} clk late"),
            Self::BadSync { code } => write!(f, "SYNC {code:04b}"),
            Self::ManyShortWaits { waits } => write!(f, "{waits} short waits"),
            Self::MixedWaits => write!(f, "short and long waits"),
            Self::Vanished => write!(f, "1111 after waits"),
            Self::HostTurnAround { lad } => write!(f, "host turn-around {lad:04b}"),
            Self::TurnAround { lad } => write!(f, "turn-around {lad:04b}"),
            Self::BadSize { code } => write!(f, "size code {code:04b}"),
            Self::ShortAbort { clocks } => write!(f, "abort of {clocks} clk"),
        }
    }
}

/// One transfer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Transfer {
    /// LCLK clocks between the end of the transfer before and this START.
    pub gap: u64,
    /// LCLK clocks from START to the last turn-around, or to the clock before it was cut.
    pub clocks: u64,
    /// Kind of cycle.
    pub kind: Kind,
    /// Address, 16 bits for I/O and TPM, 28 for firmware memory.
    pub addr: u32,
    /// Device select of a firmware cycle, else 0.
    pub idsel: u8,
    /// Data, byte 0 first. The last byte of a transfer that was cut may hold its low nibble only.
    pub data: Vec<u8>,
    /// Wait states.
    pub waits: u32,
    /// How it ended.
    pub outcome: Outcome,
    /// What was wrong with it, the worst if several things were.
    pub remark: Option<Remark>,
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
    Stray,
}

/// Turns samples into transfers.
#[derive(Clone, Debug)]
pub struct Decoder {
    phase: Phase,
    idle: u64,
    silent: u32,
    short: u32,
    bytes: u16,
    /// LFRAME# fell in the middle of a transfer.
    cutting: bool,
    now: Transfer,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

/// Clocks without SYNC after which no answer can come any more: Intel hosts abort after the 4th.
const SYNC_WINDOW: u32 = 4;

/// Short waits that a host may be relied on to take.
const SHORT_WAITS: u32 = 8;

/// Clocks of LFRAME# low in an abort, at least.
const ABORT_CLOCKS: u64 = 4;

impl Decoder {
    /// A decoder that has seen an idle bus.
    #[must_use]
    pub fn new() -> Self {
        Self {
            phase: Phase::Idle,
            idle: 0,
            silent: 0,
            short: 0,
            bytes: 0,
            cutting: false,
            now: blank(0, Kind::Reset),
        }
    }

    /// Clocks since the end of the last transfer.
    #[must_use]
    pub fn idle_clocks(&self) -> u64 {
        self.idle
    }

    /// What is under way when the samples end.
    #[must_use]
    pub fn finish(mut self) -> Option<Transfer> {
        match self.phase {
            Phase::Idle => None,
            Phase::Reset | Phase::Stray | Phase::Skip => Some(self.end(Outcome::Ready)),
            _ => Some(self.end(Outcome::Unfinished)),
        }
    }

    /// Takes one sample; returns the transfer that it ended, if any.
    #[inline]
    pub fn sample(&mut self, sample: Sample) -> Option<Transfer> {
        if self.phase == Phase::Idle && sample.lframe_n && sample.lreset_n && sample.lad == 0xF {
            self.idle += 1;
            return None;
        }
        self.busy_sample(sample)
    }

    fn busy_sample(&mut self, sample: Sample) -> Option<Transfer> {
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
            let next = self.busy_sample(sample);
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
            self.cutting = cut
                .as_ref()
                .is_some_and(|cut| cut.outcome == Outcome::Aborted);
            self.begin(Phase::Start, Kind::Other { start: sample.lad });
            return cut;
        }
        match (self.phase, sample.lad) {
            (Phase::Idle, 0xF) => {
                self.idle += 1;
                return None;
            }
            (Phase::Idle, lad) => {
                self.begin(Phase::Stray, Kind::Stray { lad });
                return None;
            }
            (Phase::Stray, 0xF) => {
                let done = self.end(Outcome::Ready);
                self.idle = 1;
                return Some(done);
            }
            (Phase::Start, _) if self.now.kind == (Kind::Other { start: 0xF }) => {
                self.now.kind = Kind::Stop;
                if self.cutting && self.now.clocks < ABORT_CLOCKS {
                    let clocks = self.now.clocks;
                    self.now.remark = Some(Remark::ShortAbort { clocks });
                }
                let done = self.end(Outcome::Ready);
                let stray = self.sample(sample);
                debug_assert!(stray.is_none(), "one sample ends one transfer");
                return Some(done);
            }
            _ => {}
        }
        self.now.clocks += 1;
        self.step(sample.lad)
    }

    fn step(&mut self, lad: u8) -> Option<Transfer> {
        let writes = matches!(
            self.now.kind,
            Kind::IoWrite | Kind::TpmWrite | Kind::FwWrite
        );
        match self.phase {
            Phase::Idle | Phase::Reset | Phase::Stray => None,
            Phase::Start => {
                let Kind::Other { start } = self.now.kind else {
                    return None;
                };
                match (start, lad >> 1) {
                    (0b0000, 0b000) => self.follow_io(Kind::IoRead),
                    (0b0000, 0b001) => self.follow_io(Kind::IoWrite),
                    (0b0101, 0b000) => self.follow_io(Kind::TpmRead),
                    (0b0101, 0b001) => self.follow_io(Kind::TpmWrite),
                    (0b1101, _) => self.follow_fw(Kind::FwRead, lad),
                    (0b1110, _) => self.follow_fw(Kind::FwWrite, lad),
                    // A cycle for somebody else.
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
                    (1, Kind::IoRead | Kind::TpmRead) => Phase::HostTar(0),
                    (1, Kind::IoWrite | Kind::TpmWrite) => Phase::WriteData(0),
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
                    code => return Some(self.broken(Remark::BadSize { code })),
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
                    return Some(self.broken(Remark::HostTurnAround { lad }));
                }
                // Nobody drives the second clock; what is left on the wires does not matter.
                self.phase = if n == 0 {
                    Phase::HostTar(1)
                } else {
                    Phase::Sync
                };
                self.silent = 0;
                None
            }
            Phase::Sync => self.sync(lad, writes),
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
                    return Some(self.broken(Remark::TurnAround { lad }));
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

    fn sync(&mut self, lad: u8, writes: bool) -> Option<Transfer> {
        if lad == 0xF {
            if self.now.waits > 0 {
                return Some(self.broken(Remark::Vanished));
            }
            self.silent += 1;
            if self.silent > SYNC_WINDOW {
                let clocks = self.silent;
                return Some(self.broken(Remark::NoSync { clocks }));
            }
            return None;
        }
        if self.silent > 0 && self.now.remark.is_none() {
            let clocks = self.silent;
            self.now.remark = Some(Remark::LateSync { clocks });
        }
        match lad {
            0b0101 | 0b0110 => {
                self.short += u32::from(lad == 0b0101);
                self.now.waits += 1;
                if self.short > 0 && self.short < self.now.waits {
                    self.now.remark = Some(Remark::MixedWaits);
                } else if self.short > SHORT_WAITS {
                    let waits = self.short;
                    self.now.remark = Some(Remark::ManyShortWaits { waits });
                }
                None
            }
            0b0000 | 0b1010 => {
                if lad != 0 && matches!(self.now.kind, Kind::FwRead | Kind::FwWrite) {
                    return Some(self.broken(Remark::BadSync { code: lad }));
                }
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
                None
            }
            code => Some(self.broken(Remark::BadSync { code })),
        }
    }

    fn broken(&mut self, remark: Remark) -> Transfer {
        self.now.remark = Some(remark);
        self.end(Outcome::Broken)
    }

    fn follow_io(&mut self, kind: Kind) -> Option<Transfer> {
        self.now.kind = kind;
        self.bytes = 1;
        self.phase = Phase::Address(4);
        None
    }

    fn follow_fw(&mut self, kind: Kind, idsel: u8) -> Option<Transfer> {
        self.now.kind = kind;
        self.now.idsel = idsel;
        self.phase = Phase::Address(7);
        None
    }

    fn nibble(&mut self, n: u16, lad: u8) {
        if n.is_multiple_of(2) {
            if n == 0 {
                self.now.data.reserve_exact(usize::from(self.bytes));
            }
            self.now.data.push(lad);
        } else if let Some(byte) = self.now.data.last_mut() {
            *byte |= lad << 4;
        }
    }

    fn begin(&mut self, phase: Phase, kind: Kind) {
        self.now = blank(self.idle, kind);
        self.now.clocks = 1;
        self.idle = 0;
        self.silent = 0;
        self.short = 0;
        self.phase = phase;
    }

    /// Ends what runs because LFRAME# or LRESET# fell.
    fn cut(&mut self) -> Option<Transfer> {
        match self.phase {
            Phase::Idle => None,
            Phase::Skip | Phase::Stray => Some(self.end(Outcome::Ready)),
            phase => {
                if phase == Phase::Sync && self.silent > 0 && self.now.waits == 0 {
                    let clocks = self.silent;
                    self.now.remark = Some(Remark::NoSync { clocks });
                }
                Some(self.end(Outcome::Aborted))
            }
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

/// All transfers of some samples, the last one [`Outcome::Unfinished`] if they end in it.
pub fn decode(samples: impl IntoIterator<Item = Sample>) -> impl Iterator<Item = Transfer> {
    let mut samples = samples.into_iter();
    let mut decoder = Some(Decoder::new());
    std::iter::from_fn(move || {
        for sample in samples.by_ref() {
            if let Some(done) = decoder.as_mut().and_then(|decoder| decoder.sample(sample)) {
                return Some(done);
            }
        }
        decoder.take().and_then(Decoder::finish)
    })
}

fn blank(gap: u64, kind: Kind) -> Transfer {
    Transfer {
        gap,
        clocks: 0,
        kind,
        addr: 0,
        idsel: 0,
        data: Vec::new(),
        waits: 0,
        outcome: Outcome::Broken,
        remark: None,
    }
}
