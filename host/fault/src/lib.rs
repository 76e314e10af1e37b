//! The fault campaign: a payment is run once, and at every clock wanted a copy of the whole
//! simulation (a forked process) has the fault done to it and runs to its end. What survives, the
//! nonvolatile content of both wallets, is then judged by powering up, mounting and resuming.
//!
//! * [`Case`]: which payment, which fault, how it is recovered
//! * [`Sweep`]: the points of a case, each with its [`Outcome`]
//! * [`State`]: what survived; equal states are judged once
//! * [`merge`]: whether the points of several files are all there, once each
//!
//! This crate knows no command line.

mod case;
pub mod figure;
mod fork;
mod judge;
mod record;
mod state;
mod strike;
mod sweep;

pub use case::{Case, CaseError, Kind, Recovery, Shape, Target};
pub use judge::{Judge, Outcome, Verdict};
pub use record::{Header, MergeError, Merged, Point, Second, Stage, merge, read_points};
pub use state::State;
pub use sweep::{Summary, Sweep, SweepError, length};
