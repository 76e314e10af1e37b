//! The few primitives that the crate uses, each wrapped once.

use std::convert::Infallible;

use aes::Aes128;
use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes256Gcm, KeyInit};
use cipher::{BlockCipherEncrypt, KeyIvInit, StreamCipher};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use p256::ecdsa::signature::{Signer, Verifier};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use p256::{PublicKey, SecretKey};
use rand_core::{TryCryptoRng, TryRng};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// A compressed SEC1 point of P-256.
pub type PublicBytes = [u8; 33];

/// SHA-256 over the parts, one after the other.
#[must_use]
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

/// SHA-1 over the parts, one after the other. For the paper profile and the TPM's SHA-1 bank only.
#[must_use]
pub fn sha1(parts: &[&[u8]]) -> [u8; 20] {
    let mut hash = Sha1::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

/// HMAC-SHA-256 over the parts, one after the other.
#[must_use]
pub fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(key) else {
        unreachable!("HMAC takes a key of any length");
    };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// HKDF-SHA-256 to 32 bytes; the info is the parts, one after the other.
#[must_use]
pub fn hkdf(input: &[u8], salt: &[u8], info: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let mut out = Zeroizing::new([0; 32]);
    let expanded = Hkdf::<Sha256>::new(Some(salt), input).expand_multi_info(info, &mut out[..]);
    debug_assert!(expanded.is_ok(), "32 bytes are within 255 hashes");
    out
}

/// True when both are equal; takes the same time wherever they differ.
#[must_use]
pub fn same(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

/// One AES-128 block.
#[must_use]
pub fn aes128_block(key: &[u8; 16], block: &[u8; 16]) -> [u8; 16] {
    let mut block = (*block).into();
    Aes128::new(&(*key).into()).encrypt_block(&mut block);
    block.into()
}

/// AES-128-CTR with initial counter 0, in place; the paper profile's cipher.
pub fn aes128_ctr(key: &[u8; 16], data: &mut [u8]) {
    ctr::Ctr128BE::<Aes128>::new(&(*key).into(), &[0; 16].into()).apply_keystream(data);
}

/// AES-256-GCM with nonce 0 (every key is used for one message); returns the tag.
#[must_use]
pub fn gcm_seal(key: &[u8; 32], aad: &[u8], data: &mut [u8]) -> [u8; 16] {
    let sealed =
        Aes256Gcm::new(&(*key).into()).encrypt_inout_detached(&[0; 12].into(), aad, data.into());
    match sealed {
        Ok(tag) => tag.into(),
        Err(_) => unreachable!("a frame is far shorter than the 64 GiB that GCM allows"),
    }
}

/// Opens what [`gcm_seal`] made, in place; false when the tag is wrong (data is then useless).
#[must_use]
pub fn gcm_open(key: &[u8; 32], aad: &[u8], data: &mut [u8], tag: &[u8; 16]) -> bool {
    Aes256Gcm::new(&(*key).into())
        .decrypt_inout_detached(&[0; 12].into(), aad, data.into(), &(*tag).into())
        .is_ok()
}

/// A P-256 key pair: issuer, ephemeral or session key.
#[derive(Clone)]
pub struct KeyPair {
    secret: SecretKey,
    public: PublicBytes,
}

impl KeyPair {
    /// The key pair of 32 bytes; `None` unless they are a scalar from 1 to the order less 1.
    #[must_use]
    pub fn from_secret(secret: &[u8; 32]) -> Option<Self> {
        let secret = SecretKey::from_slice(secret).ok()?;
        let public = point_bytes(&secret.public_key());
        Some(Self { secret, public })
    }

    /// A fresh key pair.
    #[must_use]
    pub fn generate(rng: &mut Drbg) -> Self {
        loop {
            // The chance to go round once is 2^-32, so the loop ends.
            let bytes = Zeroizing::new(rng.bytes::<32>());
            if let Some(pair) = Self::from_secret(&bytes) {
                return pair;
            }
        }
    }

    /// The public half, compressed SEC1.
    #[must_use]
    pub fn public(&self) -> PublicBytes {
        self.public
    }

    /// ECDSA P-256/SHA-256 of the message, RFC 6979, low S, r || s.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        let key = SigningKey::from(&self.secret);
        let signature: Signature = key.sign(message);
        signature.normalize_s().to_bytes().into()
    }

    /// The x coordinate of the Diffie-Hellman point; `None` when the partner's point is bad.
    #[must_use]
    pub fn agree(&self, partner: &PublicBytes) -> Option<Zeroizing<[u8; 32]>> {
        let partner = PublicKey::from_sec1_bytes(partner).ok()?;
        let shared =
            p256::ecdh::diffie_hellman(self.secret.to_nonzero_scalar(), partner.as_affine());
        let mut out = Zeroizing::new([0; 32]);
        out.copy_from_slice(shared.raw_secret_bytes());
        Some(out)
    }
}

fn point_bytes(key: &PublicKey) -> PublicBytes {
    let mut bytes = [0; 33];
    bytes.copy_from_slice(VerifyingKey::from(key).to_sec1_point(true).as_bytes());
    bytes
}

/// A public key that has been decoded.
#[derive(Clone, Debug)]
pub struct PublicSigner(VerifyingKey);

impl PublicSigner {
    /// Decodes a compressed SEC1 point.
    #[must_use]
    pub fn new(bytes: &PublicBytes) -> Option<Self> {
        VerifyingKey::from_sec1_bytes(bytes).ok().map(Self)
    }

    /// True when `signature` (r || s) is this key's over the message and its S is low.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        let Ok(signature) = Signature::from_slice(signature) else {
            return false;
        };
        signature.normalize_s() == signature && self.0.verify(message, &signature).is_ok()
    }
}

/// Deterministic random bytes: HMAC-SHA-256 over a counter, under a key made from the seed.
///
/// The same seed and the same calls give the same bytes. On a device the seed comes from a true
/// random source.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Drbg {
    key: [u8; 32],
    counter: u64,
}

impl Drbg {
    /// A generator for this seed.
    #[must_use]
    pub fn new(seed: &[u8]) -> Self {
        Self {
            key: hmac(b"OPERA drbg seed", &[seed]),
            counter: 0,
        }
    }

    /// Mixes something in that differs from the last time, such as a power challenge.
    pub fn mix(&mut self, fresh: &[u8]) {
        self.key = hmac(&self.key, &[b"mix", fresh]);
    }

    /// The next `N` bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut out = [0; N];
        for chunk in out.chunks_mut(32) {
            self.counter += 1;
            let mut block = hmac(&self.key, &[b"out", &self.counter.to_be_bytes()]);
            chunk.copy_from_slice(&block[..chunk.len()]);
            block.zeroize();
        }
        // Backtracking resistance: what was given out cannot be computed from the state after it.
        self.key = hmac(&self.key, &[b"next", &self.counter.to_be_bytes()]);
        out
    }
}

impl TryRng for Drbg {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_be_bytes(self.bytes()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_be_bytes(self.bytes()))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for chunk in out.chunks_mut(32) {
            let block = Zeroizing::new(self.bytes::<32>());
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Drbg {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fips_197_block() {
        let key = core::array::from_fn(|i| i as u8);
        let block = core::array::from_fn(|i| (i as u8) * 0x11);
        assert_eq!(
            aes128_block(&key, &block),
            [
                0x69, 0xc4, 0xe0, 0xd8, 0x6a, 0x7b, 0x04, 0x30, 0xd8, 0xcd, 0xb7, 0x80, 0x70, 0xb4,
                0xc5, 0x5a
            ]
        );
    }

    #[test]
    fn hkdf_is_rfc_5869_case_3_prefix() {
        let okm = hkdf(&[0x0b; 22], &[], &[]);
        assert_eq!(okm[..4], [0x8d, 0xa4, 0xe7, 0x75]);
    }

    #[test]
    fn high_s_and_damage_are_refused() {
        let pair = KeyPair::generate(&mut Drbg::new(b"test"));
        let signer = PublicSigner::new(&pair.public()).unwrap();
        let good = pair.sign(b"message");
        assert!(signer.verify(b"message", &good));
        assert!(!signer.verify(b"massage", &good));
        let signature = Signature::from_slice(&good).unwrap();
        let (r, s) = signature.split_scalars();
        let high: [u8; 64] = Signature::from_scalars(r, -s).unwrap().to_bytes().into();
        assert_ne!(high, good);
        assert!(!signer.verify(b"message", &high));
    }

    #[test]
    fn same_seed_same_bytes() {
        let mut a = Drbg::new(b"7");
        let mut b = Drbg::new(b"7");
        assert_eq!(a.bytes::<70>(), b.bytes::<70>());
        a.mix(b"x");
        assert_ne!(a.bytes::<16>(), b.bytes::<16>());
    }
}
