//! Traces as text: one transfer a line, with the names of the register map.

use std::fmt::Write as _;

use crate::{Kind, Outcome, Sample, Transfer, decode};

/// Which register map gives the names.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Names {
    /// A wallet's internal LPC bus.
    Internal,
    /// The link between two wallets.
    Link,
}

/// Data bytes shown on a line; longer blocks end in their length.
const SHOWN: usize = 16;

/// Collects transfers and writes them down.
///
/// A line holds the gap (LCLK clocks since the transfer before), the kind of cycle, the register or
/// window and the byte offset in it, the data, the wait states, and remarks:
///
/// ```text
/// # a head line or what the scenario says between transfers
/// +3     IOW ORM_CMD            <- 03       waits=1
/// +12    IOR ORM_STAT           -> 01        x17 each +2
/// +1     FWR MBOX_RX+000        -> 0102030405060708090a0b0c0d0e0f10..(128)
/// +1     FWW MBOX_TX+000        <- a1110000000001..(73) in 19
/// +0     IOR 0b00               ->          !! aborted: no SYNC in 4 clk
/// +0     STOP   4 clk
/// # clocks=493
/// ```
///
/// `x17 each +2`: 17 equal reads, the first after the gap of the line, the others 2 clocks after the
/// one before; without `each` all gaps are alike. `in 19`: 19 cycles to rising addresses of one
/// register or window, or to the TPM's FIFO, with the bytes of all of them. `!!`: whatever a good trace does not have. No
/// clock is left out: gaps and lengths add up to the last line. A length is 13 clocks for I/O and
/// TPM cycles (`TPR`, `TPW`), 15 and twice the bytes for firmware cycles, and the waits; where it is not, it is given.
#[derive(Clone, Debug)]
pub struct TraceWriter {
    names: Names,
    text: String,
    last: Option<Fold>,
    clocks: u64,
}

/// Transfers in a row that one line tells.
#[derive(Clone, Debug)]
struct Fold {
    /// The first; of a run, with the data of all.
    first: Transfer,
    /// Gap before each but the first.
    each: u64,
    /// Equal transfers.
    count: u64,
    /// Cycles to rising addresses.
    run: u64,
}

impl TraceWriter {
    /// An empty trace.
    #[must_use]
    pub fn new(names: Names) -> Self {
        Self {
            names,
            text: String::new(),
            last: None,
            clocks: 0,
        }
    }

    /// Adds a line of its own, such as the name of the scenario or an event beside the bus.
    pub fn note(&mut self, text: &str) {
        self.flush();
        for line in text.lines() {
            let _ = writeln!(self.text, "# {line}");
        }
    }

    /// Adds a transfer.
    pub fn push(&mut self, transfer: &Transfer) {
        self.clocks += transfer.gap + transfer.clocks;
        if let Some(fold) = &mut self.last {
            let evenly = transfer.gap == fold.each || fold.count + fold.run == 2;
            let equal = fold.run == 1 && polls(transfer) && same(transfer, &fold.first);
            let next = fold.count == 1 && goes_on(self.names, transfer, &fold.first);
            if evenly && (equal || next) {
                fold.each = transfer.gap;
                if equal {
                    fold.count += 1;
                } else {
                    fold.run += 1;
                    fold.first.data.extend_from_slice(&transfer.data);
                    fold.first.clocks += transfer.clocks;
                }
                return;
            }
        }
        self.flush();
        self.last = Some(Fold {
            first: transfer.clone(),
            each: transfer.gap,
            count: 1,
            run: 1,
        });
    }

    /// The text, ending in the sum of all clocks up to the end of the last transfer.
    #[must_use]
    pub fn finish(mut self) -> String {
        self.flush();
        let _ = writeln!(self.text, "# clocks={}", self.clocks);
        self.text
    }

    fn flush(&mut self) {
        let Some(fold) = self.last.take() else {
            return;
        };
        let gap = format!("+{}", fold.first.gap);
        let line = self.line(&fold.first, fold.run);
        let _ = write!(self.text, "{gap:<6} {line}");
        if fold.count > 1 {
            let _ = write!(self.text, "  x{}", fold.count);
        }
        if fold.run > 1 {
            let _ = write!(self.text, "  in {}", fold.run);
        }
        if fold.count + fold.run > 2 && fold.each != fold.first.gap {
            let _ = write!(self.text, " each +{}", fold.each);
        }
        self.text.push('\n');
    }

    fn line(&self, transfer: &Transfer, run: u64) -> String {
        let clocks = transfer.clocks;
        let mut line = match transfer.kind {
            Kind::Reset => format!("RESET  {clocks} clk"),
            Kind::Stop => format!("STOP   {clocks} clk"),
            Kind::Other { start } => format!("START  {start:04b} {clocks} clk"),
            Kind::Stray { lad } => {
                format!("IDLE   {clocks} clk !! LAD {lad:04b} with no cycle under way")
            }
            Kind::IoRead
            | Kind::IoWrite
            | Kind::TpmRead
            | Kind::TpmWrite
            | Kind::FwRead
            | Kind::FwWrite => self.cycle(transfer, run),
        };
        let outcome = match transfer.outcome {
            Outcome::Ready => None,
            Outcome::Refused => Some("error SYNC"),
            Outcome::Aborted => Some("aborted"),
            Outcome::Broken => Some("broken"),
            Outcome::Unfinished => Some("unfinished"),
        };
        let _ = match (outcome, transfer.remark) {
            (None, None) => Ok(()),
            (Some(outcome), None) => write!(line, " !! {outcome}"),
            (None, Some(remark)) => write!(line, " !! {remark}"),
            (Some(outcome), Some(remark)) => write!(line, " !! {outcome}: {remark}"),
        };
        line.truncate(line.trim_end().len());
        line
    }

    fn cycle(&self, transfer: &Transfer, run: u64) -> String {
        let (code, arrow) = match transfer.kind {
            Kind::IoRead => ("IOR", "->"),
            Kind::IoWrite => ("IOW", "<-"),
            Kind::TpmRead => ("TPR", "->"),
            Kind::TpmWrite => ("TPW", "<-"),
            Kind::FwRead => ("FWR", "->"),
            _ => ("FWW", "<-"),
        };
        let place = match (transfer.kind, transfer.idsel) {
            (Kind::IoRead | Kind::IoWrite, _) => io(self.names, transfer.addr),
            (Kind::TpmRead | Kind::TpmWrite, _) => tpm(self.names, transfer.addr),
            (_, 0) => fw(self.names, transfer.addr),
            // Another device: our names do not hold.
            (_, idsel) => format!("{idsel:x}:{:07x}", transfer.addr),
        };
        let mut data = String::new();
        for byte in transfer.data.iter().take(SHOWN) {
            let _ = write!(data, "{byte:02x}");
        }
        if transfer.data.len() > SHOWN {
            let _ = write!(data, "..({})", transfer.data.len());
        }
        let mut line = format!("{code} {place:<18} {arrow} {data:<8}");
        if transfer.waits > 0 {
            let _ = write!(line, " waits={}", transfer.waits);
        }
        if matches!(transfer.outcome, Outcome::Ready | Outcome::Refused)
            && transfer.clocks != nominal(transfer, run)
        {
            let _ = write!(line, " {} clk", transfer.clocks);
        }
        line
    }
}

/// Register map name of an I/O address.
fn named_io(names: Names, addr: u32) -> Option<(&'static str, u16)> {
    let addr = u16::try_from(addr).ok()?;
    match names {
        Names::Internal => opera_regs::name_of_io(addr),
        Names::Link => opera_regs::name_of_link_io(addr),
    }
}

/// Register map name of a TPM address: the link has no TPM.
fn named_tpm(names: Names, addr: u32) -> Option<(&'static str, u16)> {
    match names {
        Names::Internal => opera_regs::name_of_tpm(u16::try_from(addr).ok()?),
        Names::Link => None,
    }
}

/// Register map name of a firmware-memory address.
fn named_fw(names: Names, addr: u32) -> Option<(&'static str, u32)> {
    match names {
        Names::Internal => opera_regs::name_of_fw(addr),
        Names::Link => opera_regs::name_of_link_fw(addr),
    }
}

fn io(names: Names, addr: u32) -> String {
    register(named_io(names, addr), addr)
}

fn tpm(names: Names, addr: u32) -> String {
    register(named_tpm(names, addr), addr)
}

fn register(named: Option<(&'static str, u16)>, addr: u32) -> String {
    match named {
        Some((name, 0)) => name.to_owned(),
        Some((name, offset)) => format!("{name}+{offset}"),
        None => format!("{addr:04x}"),
    }
}

fn fw(names: Names, addr: u32) -> String {
    match named_fw(names, addr) {
        Some((name, offset)) => format!("{name}+{offset:03x}"),
        None => format!("{addr:07x}"),
    }
}

/// The trace of some samples.
pub fn trace_text(names: Names, samples: impl IntoIterator<Item = Sample>) -> String {
    let mut trace = TraceWriter::new(names);
    for transfer in decode(samples) {
        trace.push(&transfer);
    }
    trace.finish()
}

/// Length of `run` cycles with all their data, in clocks.
fn nominal(transfer: &Transfer, run: u64) -> u64 {
    let bytes = transfer.data.len() as u64;
    let cycles = match transfer.kind {
        Kind::IoRead | Kind::IoWrite | Kind::TpmRead | Kind::TpmWrite => 13 * run,
        _ => 15 * run + 2 * bytes,
    };
    cycles + run * u64::from(transfer.waits)
}

/// Whether a transfer is to the address behind a run, in the same register or window.
fn goes_on(names: Names, transfer: &Transfer, run: &Transfer) -> bool {
    let good = |t: &Transfer| t.outcome == Outcome::Ready && t.remark.is_none();
    let place = |addr| match transfer.kind {
        Kind::IoRead | Kind::IoWrite => named_io(names, addr).map(|(name, _)| name),
        Kind::TpmRead | Kind::TpmWrite => named_tpm(names, addr).map(|(name, _)| name),
        Kind::FwRead | Kind::FwWrite => named_fw(names, addr).map(|(name, _)| name),
        _ => None,
    };
    good(transfer)
        && good(run)
        && (transfer.kind, transfer.idsel, transfer.waits) == (run.kind, run.idsel, run.waits)
        && (transfer.addr == run.addr + run.data.len() as u32
            || (is_fifo(transfer) && transfer.addr == run.addr))
        && transfer.clocks == nominal(transfer, 1)
        && place(transfer.addr).is_some()
        && place(transfer.addr) == place(run.addr)
}

/// Whether each cycle moves the next byte of a FIFO.
fn is_fifo(transfer: &Transfer) -> bool {
    matches!(transfer.kind, Kind::TpmRead | Kind::TpmWrite)
        && transfer.addr == u32::from(opera_regs::TPM_DATA_FIFO_0)
}

/// Only good reads fold: a write that is repeated is news, and so is a byte of a FIFO.
fn polls(transfer: &Transfer) -> bool {
    matches!(transfer.kind, Kind::IoRead | Kind::TpmRead)
        && !is_fifo(transfer)
        && transfer.outcome == Outcome::Ready
        && transfer.remark.is_none()
}

/// Whether all but the gap is alike.
fn same(a: &Transfer, b: &Transfer) -> bool {
    (a.kind, a.addr, a.idsel, a.waits, a.clocks) == (b.kind, b.addr, b.idsel, b.waits, b.clocks)
        && (a.outcome, a.remark) == (b.outcome, b.remark)
        && a.data == b.data
}
