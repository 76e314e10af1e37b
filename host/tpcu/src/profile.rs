//! The two protocol profiles: hash, handshake cipher, key chain and nonce confirmation.
//!
//! | | hardened | paper |
//! |---|---|---|
//! | hash | SHA-256 | SHA-1, kept in 32 bytes with zeros behind |
//! | SEED | HKDF(ECDH, transcript) | chosen by the payer, sent under the ECDH key |
//! | OTK | HKDF chain over the frames | `OTK_0 = SHA-1(SEED)`, `OTK_n = SHA-1(OTK_(n-1) || Msg)` |
//! | cipher | AES-256-GCM, nonce 0, header as AAD | AES-128-CTR, key `OTK[..16]`, counter 0 |
//! | N' | HMAC(k_conf, N, C, role)\[..16\] | N xor FFFFFF (24 bits) |
//!
//! The paper profile is kept to reproduce the paper. It is malleable and must not carry value.

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::crypto::{aes128_ctr, gcm_open, gcm_seal, hkdf, hmac, same, sha1, sha256};
use crate::protocol::wire::{HEADER, Kind, Refusal, Role};
use crate::tpm::Bank;

/// Bytes that a sealed frame is longer than its plaintext in the hardened profile.
const TAG: usize = 16;

/// Which formulas protect the messages.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Profile {
    /// Authenticated, forward secure; the default.
    Hardened,
    /// As published; for study.
    Paper,
}

impl Profile {
    /// Code on the wire and in the log.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Hardened => 1,
            Self::Paper => 2,
        }
    }

    /// From the code; `None` when unknown.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Hardened),
            2 => Some(Self::Paper),
            _ => None,
        }
    }

    /// PCR bank that Stage 1 quotes.
    #[must_use]
    pub fn bank(self) -> Bank {
        match self {
            Self::Hardened => Bank::Sha256,
            Self::Paper => Bank::Sha1,
        }
    }

    /// Hash over the parts; SHA-1 is followed by 12 zeros.
    #[must_use]
    pub fn hash(self, parts: &[&[u8]]) -> [u8; 32] {
        self.bank().hash(parts)
    }

    /// Bytes of the nonce N that count; the rest of its 16 bytes is 0.
    #[must_use]
    pub fn nonce_bytes(self) -> usize {
        match self {
            Self::Hardened => 16,
            Self::Paper => 3,
        }
    }
}

/// Keys of one Stage 1 run, from the ephemeral Diffie-Hellman.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct Handshake {
    #[zeroize(skip)]
    profile: Profile,
    shared: Zeroizing<[u8; 32]>,
    /// Hash of both nonces and both ephemeral keys.
    transcript: [u8; 32],
}

impl Handshake {
    pub(crate) fn new(profile: Profile, shared: Zeroizing<[u8; 32]>, transcript: [u8; 32]) -> Self {
        Self {
            profile,
            shared,
            transcript,
        }
    }

    fn key(&self, kind: Kind) -> Zeroizing<[u8; 32]> {
        match self.profile {
            Profile::Hardened => hkdf(
                &self.shared[..],
                &self.transcript,
                &[b"OPERA handshake", &[kind.code()]],
            ),
            Profile::Paper => {
                let mut key = Zeroizing::new([0; 32]);
                key[..20].copy_from_slice(&sha1(&[&self.shared[..], &[kind.code()]]));
                key
            }
        }
    }

    /// Appends the sealed plaintext to a frame whose bytes so far are the associated data.
    pub(crate) fn seal(&self, kind: Kind, frame: &mut Vec<u8>, plain: &[u8]) {
        seal_onto(self.profile, &self.key(kind), frame, plain);
    }

    /// Opens what stands in a frame behind its first `clear` bytes.
    pub(crate) fn open(
        &self,
        kind: Kind,
        frame: &[u8],
        clear: usize,
    ) -> Result<Zeroizing<Vec<u8>>, Refusal> {
        open_behind(self.profile, &self.key(kind), frame, clear)
    }

    /// The hardened profile's SEED, once the whole of Stage 1 is known.
    pub(crate) fn seed(&self, whole: &[u8; 32]) -> Zeroizing<[u8; 32]> {
        hkdf(&self.shared[..], whole, &[b"OPERA SEED"])
    }
}

fn ctr_key(key: &[u8; 32]) -> Zeroizing<[u8; 16]> {
    let mut short = Zeroizing::new([0; 16]);
    short.copy_from_slice(&key[..16]);
    short
}

fn seal_onto(profile: Profile, key: &[u8; 32], frame: &mut Vec<u8>, plain: &[u8]) {
    let clear = frame.len();
    frame.extend_from_slice(plain);
    match profile {
        Profile::Hardened => {
            let (aad, body) = frame.split_at_mut(clear);
            let tag = gcm_seal(key, aad, body);
            frame.extend_from_slice(&tag);
        }
        Profile::Paper => aes128_ctr(&ctr_key(key), &mut frame[clear..]),
    }
}

fn open_behind(
    profile: Profile,
    key: &[u8; 32],
    frame: &[u8],
    clear: usize,
) -> Result<Zeroizing<Vec<u8>>, Refusal> {
    let Some((aad, body)) = frame.split_at_checked(clear) else {
        return Err(Refusal::Length);
    };
    match profile {
        Profile::Hardened => {
            let Some((body, tag)) = body.split_last_chunk::<TAG>() else {
                return Err(Refusal::Length);
            };
            let mut plain = Zeroizing::new(body.to_vec());
            if gcm_open(key, aad, &mut plain, tag) {
                Ok(plain)
            } else {
                Err(Refusal::Tag)
            }
        }
        Profile::Paper => {
            let mut plain = Zeroizing::new(body.to_vec());
            aes128_ctr(&ctr_key(key), &mut plain);
            Ok(plain)
        }
    }
}

/// The one-time-key chain of Stages 2 and 3: every frame moves it on, in both wallets alike.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct Chain {
    #[zeroize(skip)]
    profile: Profile,
    #[zeroize(skip)]
    role: Role,
    n: u32,
    /// Hardened: hash over all frames so far. Paper: unused.
    hash: [u8; 32],
    /// Hardened: CK_n. Paper: OTK_n.
    key: Zeroizing<[u8; 32]>,
    confirm: Zeroizing<[u8; 32]>,
}

impl Chain {
    pub(crate) fn new(profile: Profile, role: Role, seed: &[u8], transcript: &[u8; 32]) -> Self {
        let key = match profile {
            Profile::Hardened => hkdf(seed, transcript, &[b"OPERA chain 0"]),
            Profile::Paper => Zeroizing::new(profile.hash(&[seed])),
        };
        Self {
            profile,
            role,
            n: 0,
            hash: *transcript,
            key,
            confirm: hkdf(seed, transcript, &[b"OPERA confirm"]),
        }
    }

    pub(crate) fn profile(&self) -> Profile {
        self.profile
    }

    fn header(&self, sender: Role, kind: Kind) -> [u8; HEADER] {
        let mut header = [0; HEADER];
        header[0] = sender.code();
        header[1] = kind.code();
        header[2..].copy_from_slice(&self.n.to_be_bytes());
        header
    }

    fn otk(&self, header: &[u8; HEADER]) -> Zeroizing<[u8; 32]> {
        match self.profile {
            Profile::Hardened => hkdf(&self.key[..], &self.hash, &[b"otk", header]),
            Profile::Paper => self.key.clone(),
        }
    }

    fn advance(&mut self, frame: &[u8], plain: &[u8]) {
        self.n = self.n.wrapping_add(1);
        match self.profile {
            Profile::Hardened => {
                self.hash = sha256(&[&self.hash, frame]);
                let next = hkdf(&self.key[..], &self.hash, &[b"chain"]);
                self.key = next;
            }
            Profile::Paper => {
                let next = Zeroizing::new(self.profile.hash(&[&self.key[..20], plain]));
                self.key = next;
            }
        }
    }

    /// Seals a message of ours and moves on.
    pub(crate) fn seal(&mut self, kind: Kind, plain: &[u8]) -> Vec<u8> {
        let header = self.header(self.role, kind);
        let mut frame = header.to_vec();
        seal_onto(self.profile, &self.otk(&header), &mut frame, plain);
        self.advance(&frame, plain);
        frame
    }

    /// Opens a message of the partner's and moves on; nothing changes when it is refused.
    pub(crate) fn open(&mut self, kind: Kind, frame: &[u8]) -> Result<Zeroizing<Vec<u8>>, Refusal> {
        let header = self.header(self.role.other(), kind);
        if frame.len() < HEADER {
            return Err(Refusal::Length);
        }
        if frame[..HEADER] != header {
            return Err(Refusal::Order);
        }
        let plain = open_behind(self.profile, &self.otk(&header), frame, HEADER)?;
        self.advance(frame, &plain);
        Ok(plain)
    }

    /// N' of a nonce, as `who` confirms it at transmission `count`.
    pub(crate) fn confirmation(&self, nonce: &[u8; 16], count: u32, who: Role) -> [u8; 16] {
        let mut out = [0; 16];
        match self.profile {
            Profile::Hardened => {
                let mac = hmac(
                    &self.confirm[..],
                    &[nonce, &count.to_be_bytes(), &[who.code()]],
                );
                out.copy_from_slice(&mac[..16]);
            }
            Profile::Paper => {
                for at in 0..self.profile.nonce_bytes() {
                    out[at] = nonce[at] ^ 0xFF;
                }
            }
        }
        out
    }

    pub(crate) fn confirms(
        &self,
        nonce: &[u8; 16],
        count: u32,
        who: Role,
        confirmation: &[u8; 16],
    ) -> bool {
        same(&self.confirmation(nonce, count, who), confirmation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(profile: Profile) -> (Chain, Chain) {
        (
            Chain::new(profile, Role::Payer, &[7; 20], &[8; 32]),
            Chain::new(profile, Role::Payee, &[7; 20], &[8; 32]),
        )
    }

    #[test]
    fn both_ends_stay_in_step() {
        for profile in [Profile::Hardened, Profile::Paper] {
            let (mut a, mut b) = pair(profile);
            for i in 0..20_u8 {
                let frame = a.seal(Kind::Token, &[i; 40]);
                assert_eq!(b.open(Kind::Token, &frame).unwrap()[..], [i; 40]);
                let frame = b.seal(Kind::TokenAck, &[i; 9]);
                assert_eq!(a.open(Kind::TokenAck, &frame).unwrap()[..], [i; 9]);
            }
        }
    }

    #[test]
    fn hardened_refuses_each_flipped_byte_and_then_takes_the_good_frame() {
        let (mut a, mut b) = pair(Profile::Hardened);
        let frame = a.seal(Kind::Token, &[1; 40]);
        for at in 0..frame.len() {
            let mut bad = frame.clone();
            bad[at] ^= 1;
            assert!(b.open(Kind::Token, &bad).is_err(), "byte {at}");
        }
        for len in 0..frame.len() {
            assert!(b.open(Kind::Token, &frame[..len]).is_err(), "length {len}");
        }
        assert_eq!(b.open(Kind::Token, &frame).unwrap()[..], [1; 40]);
        assert_eq!(b.open(Kind::Token, &frame), Err(Refusal::Order));
    }

    #[test]
    fn paper_chain_is_the_published_formula() {
        let (mut a, _) = pair(Profile::Paper);
        let otk0 = sha1(&[&[7; 20]]);
        assert_eq!(a.key[..20], otk0);
        let _ = a.seal(Kind::Request, b"Msg");
        assert_eq!(a.key[..20], sha1(&[&otk0, b"Msg"]));
    }

    #[test]
    fn paper_amount_is_malleable() {
        // Expected success of an attack (CRYPTO.md section 5, row 1): the profile is for study.
        let (mut a, mut b) = pair(Profile::Paper);
        let mut frame = a.seal(Kind::Request, &[0, 0, 0, 10]);
        frame[HEADER + 3] ^= 10 ^ 99;
        assert_eq!(b.open(Kind::Request, &frame).unwrap()[..], [0, 0, 0, 99]);
    }
}
