//! The curve, as a parameter.

use ark_ec::pairing::Pairing;
use ark_ec::short_weierstrass::{Affine, Projective, SWCurveConfig};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField};
use sha2::{Digest, Sha256};

use crate::bn_p256;

/// A point of G1.
pub type G1<S> = Affine<<S as Suite>::G1>;
/// A point of G2.
pub type G2<S> = Affine<<S as Suite>::G2>;

/// A pairing-friendly curve that the scheme runs on.
pub trait Suite: Copy + Eq + std::fmt::Debug + 'static {
    /// Integers modulo the order.
    type Scalar: PrimeField;
    /// Coordinates in G1.
    type Base: PrimeField;
    /// G1, where the TPM works.
    type G1: SWCurveConfig<BaseField = Self::Base, ScalarField = Self::Scalar>;
    /// G2, where the issuer's public key is.
    type G2: SWCurveConfig<ScalarField = Self::Scalar, BaseField: Field<BasePrimeField = Self::Base>>;
    /// The pairing.
    type Pairing: Pairing<
            ScalarField = Self::Scalar,
            G1 = Projective<Self::G1>,
            G1Affine = Affine<Self::G1>,
            G2 = Projective<Self::G2>,
            G2Affine = Affine<Self::G2>,
        >;
    /// Name that every hash of the scheme begins with.
    const NAME: &'static str;
}

/// TPM_ECC_BN_P256.
impl Suite for bn_p256::BnP256 {
    type Scalar = bn_p256::Fr;
    type Base = bn_p256::Fq;
    type G1 = bn_p256::G1Config;
    type G2 = bn_p256::G2Config;
    type Pairing = Self;
    const NAME: &'static str = "OPERA daa LRSW BN_P256 SHA-256";
}

/// A point that nobody knows a logarithm of, in the form that `TPM2_Commit` takes: the TPM computes
/// x = SHA-256(s2) mod p itself and checks that (x, y) is on the curve.
pub struct BasePoint<S: Suite> {
    /// What the TPM hashes: a 4-byte counter, a 16-byte label, SHA-256 of the name.
    pub s2: [u8; 52],
    /// The even one of both y.
    pub y: S::Base,
    /// The point; on a curve whose G1 has a cofactor, (x, y) times it.
    pub point: G1<S>,
}

impl<S: Suite> BasePoint<S> {
    /// Point of the basename of a signature.
    #[must_use]
    pub fn of_basename(name: &[u8]) -> Self {
        Self::new(b"OPERA basename 1", name)
    }

    /// Point of the nonce of a join.
    #[must_use]
    pub fn of_join(nonce: &[u8; 32]) -> Self {
        Self::new(b"OPERA join B 001", nonce)
    }

    fn new(label: &[u8; 16], name: &[u8]) -> Self {
        let mut s2 = [0; 52];
        s2[4..20].copy_from_slice(label);
        s2[20..].copy_from_slice(&Sha256::digest(name));
        // Each try finds a point with probability one half.
        for counter in 0..512u32 {
            s2[..4].copy_from_slice(&counter.to_be_bytes());
            if let Some((y, point)) = point_of::<S>(&s2) {
                return Self { s2, y, point };
            }
        }
        unreachable!("512 hashes in a row are no x of the curve: probability 2^-512")
    }
}

fn point_of<S: Suite>(s2: &[u8]) -> Option<(S::Base, G1<S>)> {
    let x = S::Base::from_be_bytes_mod_order(&Sha256::digest(s2));
    let (one, other) = Affine::<S::G1>::get_ys_from_x_unchecked(x)?;
    let y = if is_odd(&one) { other } else { one };
    let point = Affine::<S::G1>::new_unchecked(x, y).clear_cofactor();
    (!point.is_zero()).then_some((y, point))
}

/// True when the least residue is odd.
pub(crate) fn is_odd<F: PrimeField>(value: &F) -> bool {
    value.into_bigint().is_odd()
}

/// `a P + b Q`, both at once.
pub(crate) fn joint<S: Suite>(
    a: &S::Scalar,
    p: &G1<S>,
    b: &S::Scalar,
    q: &G1<S>,
) -> Projective<S::G1> {
    let both = (*p + *q).into_affine();
    let (a, b) = (a.into_bigint(), b.into_bigint());
    let mut sum = Projective::<S::G1>::ZERO;
    for bit in (0..S::Scalar::MODULUS_BIT_SIZE as usize).rev() {
        sum.double_in_place();
        match (a.get_bit(bit), b.get_bit(bit)) {
            (true, true) => sum += both,
            (true, false) => sum += *p,
            (false, true) => sum += *q,
            (false, false) => {}
        }
    }
    sum
}
