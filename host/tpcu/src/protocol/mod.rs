//! The protocol without input or output: states that take a frame or an event and give the next
//! state and a frame to send. An order of calls that the paper does not have does not compile; a
//! frame that is not due is a [`wire::Refusal`] and ends the session, for the state is consumed.

pub mod payee;
pub mod payer;
pub mod stage1;
pub mod wire;

use wire::{Reader, Refusal};
use zeroize::Zeroizing;

use crate::crypto::sha256;
use crate::tpm::ATTESTATION_BYTES;
use stage1::{Pseudonym, SessionId};

/// What a payment is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Terms {
    /// Session that the payment belongs to.
    pub session: SessionId,
    /// AMT in the smallest unit of money.
    pub amount: u32,
    /// TR_n, number of tokens.
    pub count: u16,
}

impl Terms {
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.session);
        out.extend_from_slice(&self.amount.to_be_bytes());
        out.extend_from_slice(&self.count.to_be_bytes());
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Refusal> {
        let terms = Self {
            session: reader.take()?,
            amount: reader.u32()?,
            count: reader.u16()?,
        };
        if terms.amount == 0 || terms.count == 0 {
            return Err(Refusal::Terms);
        }
        Ok(terms)
    }
}

/// What a payer says of an interrupted session of its own (Msg.R-1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Claim {
    /// What the session was about.
    pub terms: Terms,
    /// Tokens whose transmission had begun (TR_k).
    pub progress: u16,
    /// Phase code of the payer's log.
    pub phase: u8,
    /// What the payer was called in that session.
    pub proof: Pseudonym,
}

/// Why a payee does not want a payment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Decline {
    /// Too few free slots, entries or session records.
    NoRoom,
    /// The session is none that this mount is about.
    Session,
    /// Something else.
    Other(u8),
}

impl Decline {
    fn code(self) -> u8 {
        match self {
            Self::NoRoom => 1,
            Self::Session => 2,
            Self::Other(code) => code,
        }
    }

    fn from_code(code: u8) -> Self {
        match code {
            1 => Self::NoRoom,
            2 => Self::Session,
            code => Self::Other(code),
        }
    }
}

/// Content that the signature of Msg.3-1 covers: which payment, to whom, which key and which
/// ciphertexts (`covers`: [`hand_over::cover`](crate::hand_over::cover) of each entry).
pub(crate) fn release_content(
    profile: crate::profile::Profile,
    terms: &Terms,
    transcript: &[u8; 32],
    ptk: &Zeroizing<[u8; 16]>,
    payee_name: &Pseudonym,
    payee: &[u8; ATTESTATION_BYTES],
    covers: &[[u8; 32]],
) -> [u8; 32] {
    profile.hash(&[
        b"OPERA release",
        &terms.session,
        transcript,
        &profile.hash(&[&ptk[..]]),
        &u32::from(terms.count).to_be_bytes(),
        &terms.amount.to_be_bytes(),
        payee_name,
        &sha256(&[payee]),
        &sha256(&[covers.as_flattened()]),
    ])
}

fn nonce(profile: crate::profile::Profile, rng: &mut crate::crypto::Drbg) -> [u8; 16] {
    let mut nonce = rng.bytes::<16>();
    nonce[profile.nonce_bytes()..].fill(0);
    nonce
}
