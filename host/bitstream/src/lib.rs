//! Bitstreams of the boards that a wallet fits on.
//!
//! * [`BOARDS`] is the one list of boards
//! * [`build()`] synthesises, places, routes and packs, and [`Built`] tells what came of each seed
//! * [`Record`] holds the hashes that named tools give, from `constraints/bitstreams.toml`
//! * [`flash()`] hands a bitstream to the board's loader
//!
//! Every tool is run with a bound on its time and named with its package when it is missing.
#![forbid(unsafe_code)]

mod boards;
mod build;
mod flash;
mod record;
mod report;
mod tools;
mod wires;

pub use boards::{BAUD, BOARDS, Board, Loader, Usb, board, extremes};
pub use build::{Build, Built, KeyCells, Seed, build};
pub use flash::{Target, check_image, flash};
pub use record::{Record, Recorded};
pub use report::{Clock, Hold, Pads, Setup, Usage, Valid};
pub use tools::{Toolset, Trouble};
