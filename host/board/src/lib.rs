//! Boards on serial ports.
//!
//! * [`SerialBus`] is a wallet's internal LPC bus at the end of a serial line (`rtl/uart_bridge.v`)
//! * [`Port`] is such a line of the system: a USB serial port or a pseudo-terminal
//! * [`Boards`] are two Verilated boards on a connector, from the UART's pins to those of the F-RAM
//! * [`Terminals`] puts two pseudo-terminals before them

mod boards;
mod bus;
mod fram;
mod frame;
mod pins;
mod port;
mod terminals;
mod uart;

pub use boards::{BitstreamError, Boards, Difference, Keys, SimLine, Step};
pub use bus::{Line, LineError, SerialBus};
pub use fram::{Array, Fram, Pins};
pub use frame::{Answer, Collector, Operation, request};
pub use port::{Port, PortError};
pub use terminals::Terminals;

/// LCLK in which time on a [`Port`] is counted, in Hz: a port does not tell which board is at its other end, and
/// the slowest board has the fewest clocks in that time.
pub const LCLK_HZ: u64 = opera_bitstream::extremes()[1].lclk_hz;
