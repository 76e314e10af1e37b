//! What survives a power cut.

use std::collections::BTreeMap;

use opera_regs::nv;

use crate::record::RECORD_BYTES;
use crate::token::TOKEN_BYTES;

/// State of an entry of the transaction buffer.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum EntryState {
    /// By STAGE or PRESS.
    Staged,
    /// By RECEIVE.
    Received,
}

/// An entry of the transaction buffer.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Entry {
    /// How it came here.
    pub state: EntryState,
    /// The token, under PTK.
    pub sealed: [u8; TOKEN_BYTES],
}

/// A session record of the ORM.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct OrmSession {
    /// In use.
    pub open: bool,
    /// Opened as payer.
    pub payer: bool,
    /// The vault has released PTK.
    pub released: bool,
    /// The vault has refunded.
    pub refunded: bool,
    /// CLOSE has begun.
    pub closing: bool,
    /// Payee: PTK.
    pub key: Option<[u8; 16]>,
    /// Session counter.
    pub counter: u32,
    /// First entry.
    pub base: u16,
    /// Number of entries.
    pub count: u16,
}

/// Nonvolatile content of a wallet. Each operation of the register map changes it at once and
/// whole: that a cut within one is repaired is the subject of the proofs of `rtl/orm_seq.v`.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct Memory {
    /// Tokens in the clear by slot. (The RTL seals them under the device key.)
    pub repository: BTreeMap<u16, [u8; TOKEN_BYTES]>,
    /// Entries of the transaction buffer.
    pub entries: BTreeMap<u16, Entry>,
    /// Session records.
    pub sessions: [OrmSession; nv::SESSIONS as usize],
    /// Last session counter.
    pub counter: u32,
    /// Transaction log: record and progress word by slot.
    pub log: BTreeMap<u8, ([u8; RECORD_BYTES], u32)>,
    /// Challenges of the power controller so far.
    pub power_counter: u64,
}
