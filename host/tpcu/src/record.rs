//! The transaction log record: 128 bytes, written whole, with a progress word beside it.
//!
//! ```text
//!   0     "L"     1 version    2 role    3 profile    4 ORM session slot
//!   5..7  base    7..9 TR_n    9..13 session counter    13..17 AMT
//!  17..20 issue date of tokens from the press, FF FF FF if from the repository
//!  20..52 session id     52..68 the partner's pseudonym (paper profile: SN)
//!  68..116 the payer's plan: 8 times value (4 bytes) and count (2 bytes)
//! 116..128 HMAC-SHA-256, first 12 bytes, under a key of this wallet
//! ```
//! All numbers are big endian.

use zeroize::Zeroizing;

use crate::choose::{Lot, MAX_DENOMINATIONS, Plan};
use crate::crypto::{hmac, same};
use crate::profile::Profile;
use crate::protocol::Terms;
use crate::protocol::stage1::{Pseudonym, SessionId};
use crate::protocol::wire::{Reader, Refusal, Role};

/// Length of a record.
pub const RECORD_BYTES: usize = 128;
const MAC: usize = 12;
const MAGIC: u8 = b'L';
const NO_PRESS: u32 = 0x00FF_FFFF;
const VERSION: u8 = 1;

/// One interrupted or running payment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Record {
    /// Send or receive mode.
    pub role: Role,
    /// Profile of the payment.
    pub profile: Profile,
    /// ORM session slot, which is the log slot too.
    pub slot: u8,
    /// First entry of the transaction buffer.
    pub base: u16,
    /// TR_n, number of tokens.
    pub count: u16,
    /// Counter of the ORM session.
    pub counter: u32,
    /// AMT.
    pub amount: u32,
    /// Payer: tokens come from the press (mint), with this issue date.
    pub press: Option<u32>,
    /// Session of the payment.
    pub session: SessionId,
    /// What the partner was called.
    pub partner: Pseudonym,
    /// Payer: the tokens, in the order in which they are staged. Payee: empty.
    pub plan: Plan,
}

/// Why 128 bytes are not a record of this wallet.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum RecordError {
    /// Written by another version of the firmware.
    Version,
    /// Changed, or not written by this wallet.
    Damaged,
}

impl Record {
    /// What the payment is about.
    #[must_use]
    pub fn terms(&self) -> Terms {
        Terms {
            session: self.session,
            amount: self.amount,
            count: self.count,
        }
    }

    /// The 128 bytes, under the wallet's log key.
    #[must_use]
    pub fn to_bytes(&self, key: &Zeroizing<[u8; 32]>) -> [u8; RECORD_BYTES] {
        let mut out = Vec::with_capacity(RECORD_BYTES);
        out.extend_from_slice(&[MAGIC, VERSION]);
        out.extend_from_slice(&[self.role.code(), self.profile.code(), self.slot]);
        out.extend_from_slice(&self.base.to_be_bytes());
        out.extend_from_slice(&self.count.to_be_bytes());
        out.extend_from_slice(&self.counter.to_be_bytes());
        out.extend_from_slice(&self.amount.to_be_bytes());
        out.extend_from_slice(&self.press.unwrap_or(NO_PRESS).to_be_bytes()[1..]);
        out.extend_from_slice(&self.session);
        out.extend_from_slice(&self.partner);
        for at in 0..MAX_DENOMINATIONS {
            let lot = self.plan.lots().get(at);
            let (value, count) = lot.map_or((0, 0), |lot| (lot.value, lot.count));
            out.extend_from_slice(&value.to_be_bytes());
            out.extend_from_slice(&count.to_be_bytes());
        }
        debug_assert_eq!(out.len(), RECORD_BYTES - MAC);
        let mac = hmac(&key[..], &[b"OPERA log", &out]);
        out.extend_from_slice(&mac[..MAC]);
        let mut bytes = [0; RECORD_BYTES];
        bytes.copy_from_slice(&out);
        bytes
    }

    /// From the 128 bytes.
    ///
    /// # Errors
    /// When they are not a record that this wallet wrote.
    pub fn from_bytes(
        bytes: &[u8; RECORD_BYTES],
        key: &Zeroizing<[u8; 32]>,
    ) -> Result<Self, RecordError> {
        let (body, mac) = bytes.split_at(RECORD_BYTES - MAC);
        if !same(&hmac(&key[..], &[b"OPERA log", body])[..MAC], mac) {
            return Err(RecordError::Damaged);
        }
        if body[..2] != [MAGIC, VERSION] {
            return Err(RecordError::Version);
        }
        Self::parse(&body[2..]).map_err(|_| RecordError::Damaged)
    }

    fn parse(body: &[u8]) -> Result<Self, Refusal> {
        let mut reader = Reader::new(body);
        let role = Role::from_code(reader.byte()?).ok_or(Refusal::Encoding)?;
        let profile = Profile::from_code(reader.byte()?).ok_or(Refusal::Encoding)?;
        let slot = reader.byte()?;
        let base = reader.u16()?;
        let count = reader.u16()?;
        let counter = reader.u32()?;
        let amount = reader.u32()?;
        let [high, middle, low] = reader.take::<3>()?;
        let date = u32::from_be_bytes([0, high, middle, low]);
        let session = reader.take()?;
        let partner = reader.take()?;
        let mut lots = Vec::new();
        for _ in 0..MAX_DENOMINATIONS {
            let lot = Lot {
                value: reader.u32()?,
                count: reader.u16()?,
            };
            if lot.count > 0 {
                lots.push(lot);
            }
        }
        let plan = if role == Role::Payer {
            let plan = Plan::new(&lots).ok_or(Refusal::Encoding)?;
            if plan.count() != count || plan.total() != u64::from(amount) {
                return Err(Refusal::Terms);
            }
            plan
        } else {
            Plan::default()
        };
        reader.end()?;
        Ok(Self {
            role,
            profile,
            slot,
            base,
            count,
            counter,
            amount,
            press: (date != NO_PRESS).then_some(date),
            session,
            partner,
            plan,
        })
    }
}

/// Where a payment stands.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[repr(u8)]
pub enum Phase {
    /// Tokens are on their way (Stage 2).
    Transfer = 1,
    /// Payer: the vault was told to release PTK; only forward from here.
    Released = 2,
    /// Payer: the vault was told to refund; only back from here.
    Refunding = 3,
    /// Payee: PTK is stored; all tokens are checked.
    Keyed = 4,
    /// Payee: all tokens are in the repository.
    Settled = 5,
}

impl Phase {
    /// From the code; `None` when unknown.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        [
            Self::Transfer,
            Self::Released,
            Self::Refunding,
            Self::Keyed,
            Self::Settled,
        ]
        .into_iter()
        .find(|phase| *phase as u8 == code)
    }
}

/// The progress word: TR_k in bits 15:0, FLG in bit 16, phase in bits 31:24.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Progress {
    /// TR_k. Payer: the token that was sent last, from 1. Payee: the token that came last, from 1.
    pub k: u16,
    /// FLG. Payer: its acknowledgement has come. Payee: its acknowledgement was sent.
    pub flag: bool,
    /// Where the payment stands.
    pub phase: Phase,
}

impl Progress {
    /// The word for LOG_PROG.
    #[must_use]
    pub fn to_word(self) -> u32 {
        u32::from(self.k) | u32::from(self.flag) << 16 | (self.phase as u32) << 24
    }

    /// From the word; `None` for an unknown phase, or when a bit is set that has no meaning.
    #[must_use]
    pub fn from_word(word: u32) -> Option<Self> {
        if word & 0x00FE_0000 != 0 {
            return None;
        }
        Some(Self {
            k: word as u16,
            flag: word & 1 << 16 != 0,
            phase: Phase::from_code((word >> 24) as u8)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        let lot = |value, count| Lot { value, count };
        Record {
            role: Role::Payer,
            profile: Profile::Hardened,
            slot: 3,
            base: 700,
            count: 9,
            counter: 0x1234_5678,
            amount: 432,
            press: Some(20_777),
            session: [5; 32],
            partner: [6; 16],
            plan: Plan::new(&[lot(100, 4), lot(10, 3), lot(1, 2)]).unwrap(),
        }
    }

    #[test]
    fn survives_the_trip_and_any_flip_is_noticed() {
        let key = Zeroizing::new([9; 32]);
        let bytes = record().to_bytes(&key);
        assert_eq!(Record::from_bytes(&bytes, &key), Ok(record()));
        for bit in 0..RECORD_BYTES * 8 {
            let mut bad = bytes;
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Record::from_bytes(&bad, &key), Err(RecordError::Damaged));
        }
        let stranger = Zeroizing::new([8; 32]);
        assert_eq!(
            Record::from_bytes(&bytes, &stranger),
            Err(RecordError::Damaged)
        );
    }

    #[test]
    fn progress_word_is_laid_out_as_the_register_map_says() {
        let progress = Progress {
            k: 0x0102,
            flag: true,
            phase: Phase::Released,
        };
        assert_eq!(progress.to_word(), 0x0201_0102);
        assert_eq!(Progress::from_word(0x0201_0102), Some(progress));
        assert_eq!(Progress::from_word(0), None);
        for bit in 17..24 {
            assert_eq!(Progress::from_word(0x0201_0102 | 1 << bit), None);
        }
    }
}
