//! A TPM 2.0 for the TPCU: the dozen commands that OPERA needs, marshalled by hand over a
//! [`Transport`], and Debian's `swtpm` as a child process behind one.
//!
//! * [`Swtpm`]: starts the emulator on one end of a socket pair and ends it; no port, no path that
//!   anybody else could open
//! * [`Tis`]: the FIFO interface of a TPM chip on an LPC bus
//! * [`Client`]: the commands
//! * [`AttestationKey`]: an ECDAA key that works only in one state of the platform configuration
//!   registers, as a [`DaaKey`](opera_daa::DaaKey)
//! * [`public`]: public areas, names and policies, computed without a TPM, as the issuer does
//! * [`make_credential`]: wraps a secret for one key in one TPM
//!
//! Structures and codes are those of the TPM 2.0 Library specification, revision 1.59, parts 1
//! (credential protection, annex C for ECC), 2 (structures) and 3 (commands).
//!
//! This crate does not know wallets, messages or simulators.
#![forbid(unsafe_code)]

mod client;
mod credential;
mod error;
mod key;
pub mod public;
mod swtpm;
mod tis;
mod wire;

pub use client::{Bank, Client, Created, Handle, Session};
pub use credential::{WrappedSecret, make_credential};
pub use error::TpmError;
pub use key::{AttestationKey, Endorsement, attestation_point};
pub use swtpm::{Swtpm, Transport};
pub use tis::{Tis, TisError, TisLimits};

/// Registers that the attestation key's policy covers: RTL identity and firmware.
pub const ATTESTED_PCRS: [u8; 2] = [0, 1];
