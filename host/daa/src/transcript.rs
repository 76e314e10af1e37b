//! What is hashed, and scalars from bytes.

use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{PrimeField, Zero};
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::encoding::{put_g1, put_g2};
use crate::suite::{G1, G2, Suite};

/// Parts of fixed widths, hashed one after the other behind the suite's name and a label.
pub(crate) struct Transcript(Vec<u8>);

impl Transcript {
    pub(crate) fn new<S: Suite>(label: &[u8; 16]) -> Self {
        let mut out = Vec::with_capacity(512);
        out.push(S::NAME.len() as u8);
        out.extend_from_slice(S::NAME.as_bytes());
        out.extend_from_slice(label);
        Self(out)
    }

    /// Bytes whose number the label implies.
    pub(crate) fn fixed(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// Bytes of any number, as their hash.
    pub(crate) fn any(self, bytes: &[u8]) -> Self {
        let hash = Sha256::digest(bytes);
        self.fixed(&hash)
    }

    pub(crate) fn g1<S: Suite>(mut self, points: &[&G1<S>]) -> Self {
        for point in points {
            put_g1::<S>(&mut self.0, point);
        }
        self
    }

    pub(crate) fn g2<S: Suite>(mut self, points: &[&G2<S>]) -> Self {
        for point in points {
            put_g2::<S>(&mut self.0, point);
        }
        self
    }

    pub(crate) fn digest(&self) -> [u8; 32] {
        Sha256::digest(&self.0).into()
    }
}

/// The challenge of `TPM2_Sign` with ECDAA: SHA-256(nonceK || digest) modulo the order, nonceK
/// without leading zeros.
pub(crate) fn challenge<S: Suite>(nonce_k: &[u8; 32], digest: &[u8; 32]) -> S::Scalar {
    let zeros = nonce_k.iter().take_while(|byte| **byte == 0).count();
    let hash = Sha256::new()
        .chain_update(&nonce_k[zeros..])
        .chain_update(digest)
        .finalize();
    S::Scalar::from_be_bytes_mod_order(&hash)
}

/// A random scalar other than zero; 64 bytes modulo the order, so its bias is below 2^-250.
pub(crate) fn random_scalar<S: Suite>(rng: &mut impl CryptoRng) -> Zeroizing<S::Scalar> {
    let mut bytes = Zeroizing::new([0; 64]);
    for _ in 0..8 {
        rng.fill_bytes(&mut bytes[..]);
        let scalar = S::Scalar::from_be_bytes_mod_order(&bytes[..]);
        if !scalar.is_zero() {
            return Zeroizing::new(scalar);
        }
    }
    unreachable!("a random source that gives zeros only: probability 2^-2048")
}

/// `secret * point`. Both multiplications that it makes are by random scalars, so that their time
/// says nothing about the secret.
pub(crate) fn hidden_mul<S: Suite, P: AffineRepr<ScalarField = S::Scalar>>(
    point: &P,
    secret: &S::Scalar,
    rng: &mut impl CryptoRng,
) -> P {
    let mask = random_scalar::<S>(rng);
    let masked = Zeroizing::new(*secret - *mask);
    (*point * *masked + *point * *mask).into_affine()
}
