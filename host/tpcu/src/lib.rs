//! The transaction and power control unit (TPCU) of an OPERA wallet.
//!
//! * [`token`]: what the issuing authority signs
//! * [`tpm`]: platform configuration registers and anonymous attestation
//! * [`tpm2`]: a TPM 2.0 in the TPM's place, such as `swtpm`
//! * [`lists`]: reference values and revoked keys, signed by the authority
//! * [`profile`], [`protocol`]: the three stages, as states without input or output
//! * [`hand_over`]: what a payee keeps, so that the authority can find out who spent twice
//! * [`record`]: the transaction log record
//! * [`choose`]: which tokens to pay with
//! * [`driver`]: all of it at work over the internal LPC bus
//! * [`model`]: two wallets in plain Rust, for tests
//!
//! This crate knows a [`Bus`](opera_lpc::Bus); it does not know Verilator, wallet files or the
//! command line.
#![forbid(unsafe_code)]

pub mod choose;
pub mod crypto;
pub mod driver;
pub mod hand_over;
pub mod lists;
pub mod model;
pub mod profile;
pub mod protocol;
pub mod record;
pub mod token;
pub mod tpm;
pub mod tpm2;

pub use driver::{
    Error, Observer, Outcome, Pending, Provision, Quiet, Receipt, Report, Tpcu, accept, boot, mint,
    pay, pending, refund, resume,
};
pub use profile::Profile;
pub use protocol::wire::Role;
