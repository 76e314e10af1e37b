//! Traces as text: one transfer a line, with the names of the register map.

use std::fmt::Write as _;

use crate::{Kind, Outcome, Transfer};

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
/// window and the byte offset in it, the data, the wait states, and remarks: `xN` for N equal
/// polls in a row, `!!` for whatever a good trace does not have.
#[derive(Clone, Debug)]
pub struct TraceWriter {
    names: Names,
    text: String,
    last: Option<(String, u64, u64)>,
    clocks: u64,
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

    /// Adds a transfer.
    pub fn push(&mut self, transfer: &Transfer) {
        self.clocks += transfer.gap + transfer.clocks;
        let line = self.line(transfer);
        match &mut self.last {
            Some((text, gap, count))
                if *text == line && (transfer.gap == *gap || *count == 1) && polls(transfer) =>
            {
                // The gap of a fold is that of its polls; the first line keeps its own.
                *gap = transfer.gap;
                *count += 1;
            }
            _ => {
                self.flush();
                self.last = Some((line, transfer.gap, 1));
            }
        }
    }

    /// The text so far, ending in the sum of all clocks.
    #[must_use]
    pub fn finish(mut self) -> String {
        self.flush();
        let _ = writeln!(self.text, "# clocks={}", self.clocks);
        self.text
    }

    fn flush(&mut self) {
        if let Some((line, gap, count)) = self.last.take() {
            let gap = format!("+{gap}");
            let _ = if count > 1 {
                writeln!(self.text, "{gap:<6} {line}  x{count}")
            } else {
                writeln!(self.text, "{gap:<6} {line}")
            };
        }
    }

    fn line(&self, transfer: &Transfer) -> String {
        let (code, place) = match transfer.kind {
            Kind::Reset => return format!("RESET  {} clk", transfer.clocks),
            Kind::Other { start } => return format!("START  {start:04b} {} clk", transfer.clocks),
            Kind::IoRead => ("IOR", self.io(transfer.addr)),
            Kind::IoWrite => ("IOW", self.io(transfer.addr)),
            Kind::FwRead => ("FWR", self.fw(transfer.addr)),
            Kind::FwWrite => ("FWW", self.fw(transfer.addr)),
        };
        let arrow = match transfer.kind {
            Kind::IoRead | Kind::FwRead => "->",
            _ => "<-",
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
        match transfer.outcome {
            Outcome::Ready => {}
            Outcome::Refused => line.push_str(" !! error SYNC"),
            Outcome::Aborted => line.push_str(" !! aborted"),
            Outcome::Broken => line.push_str(" !! not an LPC cycle"),
        }
        line.truncate(line.trim_end().len());
        line
    }

    fn io(&self, addr: u32) -> String {
        let named = u16::try_from(addr).ok().and_then(|addr| match self.names {
            Names::Internal => opera_regs::name_of_io(addr),
            Names::Link => opera_regs::name_of_link_io(addr),
        });
        match named {
            Some((name, 0)) => name.to_owned(),
            Some((name, offset)) => format!("{name}+{offset}"),
            None => format!("{addr:04x}"),
        }
    }

    fn fw(&self, addr: u32) -> String {
        let named = match self.names {
            Names::Internal => opera_regs::name_of_fw(addr),
            Names::Link => opera_regs::name_of_link_fw(addr),
        };
        match named {
            Some((name, offset)) => format!("{name}+{offset:03x}"),
            None => format!("{addr:07x}"),
        }
    }
}

/// Only reads fold: a write that is repeated is news.
fn polls(transfer: &Transfer) -> bool {
    transfer.kind == Kind::IoRead && transfer.outcome == Outcome::Ready
}
