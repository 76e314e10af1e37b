//! Why a transfer did not complete.

use std::fmt;

/// Why an LPC transfer did not complete.
///
/// The host has let go of the wires and takes the next request. After every error but
/// [`BusError::StillDriven`] and [`BusError::Reset`] the peripheral has let go too.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum BusError {
    /// Nobody drove a SYNC within the limit; the host aborted.
    NoSync {
        /// Address that was driven on LAD.
        addr: u32,
        /// LCLK clocks waited after the turn-around.
        waited: u32,
    },
    /// A reserved SYNC code, or one that the cycle does not allow (1001 outside DMA, 1010 in a
    /// firmware cycle); the host aborted.
    BadSync {
        /// Address that was driven on LAD.
        addr: u32,
        /// The code.
        code: u8,
    },
    /// The peripheral answered with the error SYNC (1010).
    Refused {
        /// Address that was driven on LAD.
        addr: u32,
    },
    /// More wait states than the limit; the host aborted.
    WaitTooLong {
        /// Address that was driven on LAD.
        addr: u32,
        /// LCLK clocks waited.
        waited: u32,
    },
    /// The peripheral drove wait states, then let go without READY; the host aborted.
    Vanished {
        /// Address that was driven on LAD.
        addr: u32,
    },
    /// Nobody drove LAD where data was due; the host aborted.
    Undriven {
        /// Address that was driven on LAD.
        addr: u32,
    },
    /// The peripheral's turn-around was not 1111 then released: a stuck bus looks like this.
    BadTurnAround {
        /// Address that was driven on LAD.
        addr: u32,
        /// What was on LAD.
        lad: u8,
    },
    /// A peripheral drove LAD in a clock that belongs to the host or to nobody.
    Contention {
        /// Address of the transfer.
        addr: u32,
    },
    /// A peripheral drove LAD in the fourth clock of an abort or later, so that the wires are not
    /// free. It must let go before (LPC 1.1).
    StillDriven {
        /// Address of the transfer that was aborted.
        addr: u32,
    },
    /// LRESET# fell before the transfer was complete; whether the peripheral took it is not known.
    Reset {
        /// Address of the transfer.
        addr: u32,
    },
    /// A board at the end of a serial line gave no answer; whether it took the transfer is not known.
    NoAnswer {
        /// Address of the transfer.
        addr: u32,
        /// Times that it was asked for.
        tries: u32,
    },
    /// What answers on the serial line is no bridge of a wallet's board.
    Foreign {
        /// Address of the transfer.
        addr: u32,
    },
    /// The call was wrong; nothing was put on the bus.
    Misuse(Misuse),
}

/// A call that cannot be made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Misuse {
    /// A transfer is under way.
    Busy,
    /// LRESET# is low.
    InReset,
    /// Firmware cycles move 1, 2, 4 or (reads only) 128 bytes.
    Size {
        /// Bytes asked for.
        bytes: usize,
    },
    /// Firmware addresses have 28 bits.
    Address {
        /// The address.
        addr: u32,
    },
    /// A firmware cycle must be aligned to its size.
    Unaligned {
        /// The address.
        addr: u32,
        /// Bytes asked for.
        bytes: usize,
    },
    /// A raw cycle has 1 to 17 nibbles between its START and its turn-around.
    Nibbles {
        /// Nibbles given.
        count: usize,
    },
}

impl From<Misuse> for BusError {
    fn from(misuse: Misuse) -> Self {
        Self::Misuse(misuse)
    }
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => write!(f, "a transfer is under way; wait for its result"),
            Self::InReset => write!(f, "LRESET# is low; raise it first"),
            Self::Nibbles { count } => {
                write!(f, "a raw cycle has 1 to 17 nibbles, not {count}")
            }
            Self::Size { bytes } => {
                write!(
                    f,
                    "no firmware cycle moves {bytes} bytes (1, 2, 4; reads also 128)"
                )
            }
            Self::Address { addr } => write!(f, "firmware address {addr:#x} exceeds 28 bits"),
            Self::Unaligned { addr, bytes } => {
                write!(
                    f,
                    "firmware address {addr:#x} is not aligned to {bytes} bytes"
                )
            }
        }
    }
}

impl fmt::Display for BusError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSync { addr, waited } => {
                write!(f, "LPC {addr:#06x}: no SYNC within {waited} clocks")
            }
            Self::BadSync { addr, code } => write!(f, "LPC {addr:#06x}: SYNC code {code:04b}"),
            Self::Refused { addr } => write!(f, "LPC {addr:#06x}: error SYNC"),
            Self::WaitTooLong { addr, waited } => {
                write!(f, "LPC {addr:#06x}: still waiting after {waited} clocks")
            }
            Self::Vanished { addr } => {
                write!(
                    f,
                    "LPC {addr:#06x}: the peripheral let go in the middle of its wait"
                )
            }
            Self::Undriven { addr } => write!(f, "LPC {addr:#06x}: nobody drove the data"),
            Self::BadTurnAround { addr, lad } => {
                write!(
                    f,
                    "LPC {addr:#06x}: turn-around shows {lad:04b}; is the bus stuck?"
                )
            }
            Self::Contention { addr } => {
                write!(f, "LPC {addr:#06x}: a peripheral drove LAD out of turn")
            }
            Self::StillDriven { addr } => {
                write!(
                    f,
                    "LPC {addr:#06x}: a peripheral drives LAD through the abort"
                )
            }
            Self::Reset { addr } => write!(f, "LPC {addr:#06x}: cut by LRESET#"),
            Self::NoAnswer { addr, tries } => {
                write!(
                    f,
                    "LPC {addr:#06x}: no answer on the serial line, asked {tries} times; is the board \
                     powered, and is this its port?"
                )
            }
            Self::Foreign { addr } => {
                write!(
                    f,
                    "LPC {addr:#06x}: an answer that no wallet's board gives; is this its port, and \
                     is its bitstream of this release?"
                )
            }
            Self::Misuse(misuse) => write!(f, "LPC call: {misuse}"),
        }
    }
}

impl std::error::Error for BusError {}
