//! The LPC bus as the TPCU sees it: the [`Bus`] trait, a nibble-exact host model, an independent
//! decoder of bus samples, and the text form of traces.
//!
//! Source for cycles and codes: Intel LPC Interface Specification 1.1 (251289-001). This crate
//! knows no simulator and no protocol above the bus.
#![forbid(unsafe_code)]

mod decode;
mod error;
mod host;
mod trace;
mod vcd_reader;

pub use decode::{Decoder, Kind, Outcome, Remark, Sample, Transfer, decode};
pub use error::{BusError, Misuse};
pub use host::{HostConfig, HostPins, LpcHost, Request, Response, fw_read_size, fw_write_size};
pub use trace::{Names, TraceWriter, trace_text};
pub use vcd_reader::{VcdError, for_each_vcd_sample, read_vcd};

use std::future::Future;

/// A wallet's internal LPC bus, of which the TPCU is the host.
///
/// One transfer at a time; the futures are not `Send`, because a simulated bus lives on one thread.
pub trait Bus {
    /// Reads one byte with an I/O cycle. `addr` is a 16-bit I/O address.
    fn io_read(&self, addr: u16) -> impl Future<Output = Result<u8, BusError>>;
    /// Writes one byte with an I/O cycle.
    fn io_write(&self, addr: u16, data: u8) -> impl Future<Output = Result<(), BusError>>;
    /// Reads `buf.len()` bytes from a 28-bit byte address with firmware-memory cycles of 128, 4,
    /// 2 and 1 bytes.
    fn fw_read(&self, addr: u32, buf: &mut [u8]) -> impl Future<Output = Result<(), BusError>>;
    /// Writes bytes with firmware-memory cycles of 4, 2 and 1 bytes.
    fn fw_write(&self, addr: u32, data: &[u8]) -> impl Future<Output = Result<(), BusError>>;
    /// Leaves the bus idle for a number of LCLK clocks.
    fn idle(&self, clocks: u64) -> impl Future<Output = ()>;
    /// LCLK clocks since the bus came up.
    fn now(&self) -> u64;
}

/// A wallet's internal LPC bus with a TPM on it: TPM cycles go to it, all others to the wallet.
pub trait TpmBus: Bus {
    /// Reads one byte with a TPM cycle. Bits 15:12 of `addr` are the locality.
    fn tpm_read(&self, addr: u16) -> impl Future<Output = Result<u8, BusError>>;
    /// Writes one byte with a TPM cycle.
    fn tpm_write(&self, addr: u16, data: u8) -> impl Future<Output = Result<(), BusError>>;
}
