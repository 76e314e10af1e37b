//! The register map of a wallet: addresses, fields, operations, errors and nonvolatile layout.
//!
//! Everything here is generated from `rtl/regs/opera.toml`, the only place where an address is
//! written by hand. This crate knows no bus and no simulator.
#![forbid(unsafe_code)]

#[rustfmt::skip]
mod generated;
pub mod generator;

pub use generated::*;

/// Register name and byte offset in it for an I/O address of the internal LPC bus.
#[must_use]
pub fn name_of_io(addr: u16) -> Option<(&'static str, u16)> {
    lookup(REGISTERS, u32::from(addr)).map(|(name, offset)| (name, offset as u16))
}

/// Window name and byte offset in it for a firmware-memory address of the internal LPC bus.
#[must_use]
pub fn name_of_fw(addr: u32) -> Option<(&'static str, u32)> {
    lookup(WINDOWS, addr)
}

/// Register name and byte offset for an I/O address of the link LPC bus.
#[must_use]
pub fn name_of_link_io(addr: u16) -> Option<(&'static str, u16)> {
    lookup(LINK_REGISTERS, u32::from(addr)).map(|(name, offset)| (name, offset as u16))
}

/// Window name and byte offset in it for a firmware-memory address of the link LPC bus.
#[must_use]
pub fn name_of_link_fw(addr: u32) -> Option<(&'static str, u32)> {
    lookup(LINK_WINDOWS, addr)
}

/// Register name and byte offset in it for an address of the TPM on the internal LPC bus.
#[must_use]
pub fn name_of_tpm(addr: u16) -> Option<(&'static str, u16)> {
    lookup(TPM_REGISTERS, u32::from(addr)).map(|(name, offset)| (name, offset as u16))
}

fn lookup(table: &[Place], addr: u32) -> Option<(&'static str, u32)> {
    table
        .iter()
        .find(|place| addr >= place.base && addr - place.base < place.bytes)
        .map(|place| (place.name, addr - place.base))
}

/// A named range of addresses.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Place {
    /// Name in the register map.
    pub name: &'static str,
    /// First address.
    pub base: u32,
    /// Length in bytes.
    pub bytes: u32,
}
