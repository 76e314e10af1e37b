//! An attacker on the connector of two honest wallets, and the catalogue of what it tries.
//!
//! The attacker is a device with two connectors ([`relay`]): the payer is plugged into one, the payee
//! into the other, and every frame of the link and every token of the data bus goes through the
//! attacker's hands, who may record, change, drop and inject. It is made of two wallets whose TPCU is
//! the attacker's, one of them a mint build, so that it may put any bytes on the data bus. Attacks on
//! the wires themselves (LAD, LFRAME#, the plug, the power) are done to a pair that is plugged together
//! directly ([`opera_scenario::Fault`]).
//!
//! * [`ENTRIES`] is the catalogue, [`run`] runs an entry of it
//! * [`Row`] is one attempt: what each wallet answered, what both held before and after
//!
//! What is left of both wallets is judged by [`opera_fault::Judge`], as in the fault sweep. This crate
//! knows no command line.
#![forbid(unsafe_code)]

mod bench;
mod catalogue;
mod error;
mod frames;
mod port;
pub mod relay;

pub use bench::{AMOUNT, Bench, Held, Row};
pub use catalogue::{ENTRIES, Entry, run};
pub use error::AttackError;
pub use opera_scenario::TpmWay;
pub use opera_store::TpmKind;
