//! Two wallets plugged together once: their TPCUs at work on the Verilated RTL, what they were
//! asked to do, and what came of it.
//!
//! * [`Authority`] makes the keys of mints and wallets, and signs its lists
//! * [`Chip`] is the TPM of a wallet that has one of its own
//! * [`Wallet`] is a wallet that is not plugged in: its keys and its nonvolatile memory
//! * [`mount`] plugs two wallets together, does one [`Job`] and pulls them apart
//!
//! The command line and the test bench both stand on this crate, so that a test runs what a user
//! runs. It knows no command line and no file names.
#![forbid(unsafe_code)]

mod authority;
mod chip;
mod mount;
mod split;
mod tpm;
mod trace;
mod witness;

pub use authority::{Authority, for_rtl, secret_of};
pub use chip::{Chip, JoinError};
pub use mount::{
    Calm, Fault, Job, Mounted, Part, Settings, StageClocks, Wallet, mount, mount_with, tpcu,
    tpcu_of_board,
};
pub use split::{SplitError, split, split_into};
pub use tpm::{LpcTransport, TIS_LIMITS, TpmWay};
pub use trace::{BusTexts, Crossed, SCOPES};
pub use witness::{KeyInUse, with_key};

/// Issue date of every token that the simulated authority signs: days since 1970-01-01. Fixed
/// (2026-01-01), so that the same seed gives the same bytes on any day.
pub const ISSUE_DATE: u32 = 20_454;
