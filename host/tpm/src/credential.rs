//! The issuer's half of `ActivateCredential`: TPM 2.0 Library part 1, "Credential Protection".

use aes::Aes128;
use cipher::{BlockCipherEncrypt, KeyInit};
use hmac::{Hmac, Mac};
use p256::elliptic_curve::sec1::ToSec1Point;
use p256::{PublicKey, SecretKey};
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::wire::sized;

/// A secret that only one key's TPM can unwrap.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WrappedSecret {
    /// TPMS_ID_OBJECT: integrity, encrypted secret.
    pub blob: Vec<u8>,
    /// TPMS_ECC_POINT of the ephemeral key.
    pub seed: Vec<u8>,
}

/// Wraps a secret for the key of this name in the TPM with this endorsement key (x, then y, on
/// P-256); `None` when that is no point.
#[must_use]
pub fn make_credential(
    endorsement: &[u8; 64],
    name: &[u8],
    secret: &[u8; 32],
    rng: &mut impl CryptoRng,
) -> Option<WrappedSecret> {
    let mut sec1 = [4; 65];
    sec1[1..].copy_from_slice(endorsement);
    let endorsement_key = PublicKey::from_sec1_bytes(&sec1).ok()?;
    let ephemeral = secret_key(rng);
    let point = ephemeral.public_key().to_sec1_point(false);
    let (x, y) = (&point.as_bytes()[1..33], &point.as_bytes()[33..]);
    let shared =
        p256::ecdh::diffie_hellman(ephemeral.to_nonzero_scalar(), endorsement_key.as_affine());
    // KDFe: counter, Z, label, both x coordinates.
    let seed: Zeroizing<[u8; 32]> = Zeroizing::new(
        Sha256::new()
            .chain_update([0, 0, 0, 1])
            .chain_update(shared.raw_secret_bytes())
            .chain_update(b"IDENTITY\0")
            .chain_update(x)
            .chain_update(&endorsement[..32])
            .finalize()
            .into(),
    );
    let key = kdf_a(&seed, b"STORAGE\0", name, 128);
    let mut encrypted = sized(secret);
    cfb_encrypt(&key[..16], &mut encrypted);
    let integrity_key = kdf_a(&seed, b"INTEGRITY\0", &[], 256);
    let integrity = hmac(&integrity_key[..], &[&encrypted, name]);
    Some(WrappedSecret {
        blob: [sized(&integrity), encrypted].concat(),
        seed: [sized(x), sized(y)].concat(),
    })
}

fn secret_key(rng: &mut impl CryptoRng) -> SecretKey {
    let mut bytes = Zeroizing::new([0; 32]);
    for _ in 0..8 {
        rng.fill_bytes(&mut bytes[..]);
        if let Ok(key) = SecretKey::from_slice(&bytes[..]) {
            return key;
        }
    }
    unreachable!("eight 256-bit strings in a row beyond the order of P-256")
}

/// KDFa with SHA-256 for at most one hash: counter, label, context, bits.
fn kdf_a(key: &[u8; 32], label: &[u8], context: &[u8], bits: u32) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(hmac(
        key,
        &[&[0, 0, 0, 1], label, context, &bits.to_be_bytes()],
    ))
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(key) else {
        unreachable!("HMAC takes a key of any length");
    };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// AES-128-CFB with IV 0, in place.
fn cfb_encrypt(key: &[u8], data: &mut [u8]) {
    let Ok(aes) = Aes128::new_from_slice(key) else {
        unreachable!("the callers give 16 bytes");
    };
    let mut block = [0u8; 16];
    for chunk in data.chunks_mut(16) {
        let mut stream = block.into();
        aes.encrypt_block(&mut stream);
        for (byte, mask) in chunk.iter_mut().zip(stream.iter()) {
            *byte ^= mask;
        }
        block[..chunk.len()].copy_from_slice(chunk);
    }
}
