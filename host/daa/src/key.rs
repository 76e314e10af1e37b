//! The TPM's half: a key that commits and signs.

use std::collections::BTreeMap;
use std::fmt;

use ark_ec::AffineRepr;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::error::Refused;
use crate::issuer::secret_scalar;
use crate::suite::{BasePoint, G1, Suite};
use crate::transcript::{challenge, hidden_mul, random_scalar};

/// Commitments that may be open at a time, as in TPMs.
const OPEN_MAX: usize = 128;

/// What `TPM2_Commit` answers.
pub struct Commitment<S: Suite> {
    /// E = r P1.
    pub e: G1<S>,
    /// K = d P2 and L = r P2, when there was a P2.
    pub of_basename: Option<(G1<S>, G1<S>)>,
    /// Names r in the signature to come.
    pub counter: u16,
}

/// What `TPM2_Sign` with ECDAA answers.
pub struct Response<S: Suite> {
    /// The TPM's own random number, left padded with zeros.
    pub nonce_k: [u8; 32],
    /// s = r + SHA-256(nonceK || digest) d.
    pub s: S::Scalar,
}

/// An ECDAA key in a TPM.
pub trait DaaKey<S: Suite> {
    /// Why the TPM did not do it.
    type Error;

    /// Q0 = d G.
    ///
    /// # Errors
    /// When the TPM does not answer.
    fn public(&mut self) -> Result<G1<S>, Self::Error>;

    /// Chooses r, and commits to it at P1 and, if there is one, at P2.
    ///
    /// # Errors
    /// When the TPM refuses or does not answer.
    fn commit(
        &mut self,
        p1: &G1<S>,
        p2: Option<&BasePoint<S>>,
    ) -> Result<Commitment<S>, Self::Error>;

    /// Signs a digest with the r of a commitment, which is used up.
    ///
    /// # Errors
    /// When the TPM refuses or does not answer.
    fn sign(&mut self, digest: &[u8; 32], counter: u16) -> Result<Response<S>, Self::Error>;
}

/// Why a [`SoftKey`] does not sign.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum SoftKeyError {
    /// No commitment with this counter is open: used already, or never made.
    NoCommitment(u16),
    /// All commitments are open.
    TooManyCommitments,
}

impl fmt::Display for SoftKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCommitment(counter) => write!(f, "commitment {counter} is not open"),
            Self::TooManyCommitments => write!(f, "{OPEN_MAX} commitments are open already"),
        }
    }
}

impl std::error::Error for SoftKeyError {}

/// An ECDAA key in software, that answers as a TPM does.
pub struct SoftKey<S: Suite, R> {
    secret: Zeroizing<S::Scalar>,
    open: BTreeMap<u16, Zeroizing<S::Scalar>>,
    next: u16,
    rng: R,
}

impl<S: Suite, R: CryptoRng> SoftKey<S, R> {
    /// A fresh key.
    pub fn generate(mut rng: R) -> Self {
        let secret = random_scalar::<S>(&mut rng);
        Self::with(secret, rng)
    }

    /// The key of a stored secret of the width of a scalar.
    ///
    /// # Errors
    /// A secret that is zero or not less than the order.
    pub fn from_secret(secret: &[u8], rng: R) -> Result<Self, Refused> {
        Ok(Self::with(secret_scalar::<S>("d", secret)?, rng))
    }

    fn with(secret: Zeroizing<S::Scalar>, rng: R) -> Self {
        Self {
            secret,
            open: BTreeMap::new(),
            next: 0,
            rng,
        }
    }

    /// The secret, big endian: for storing, or as an entry of a revocation list.
    #[must_use]
    pub fn secret(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(Vec::with_capacity(64));
        crate::encoding::put_element(&mut out, &*self.secret);
        out
    }
}

impl<S: Suite, R: CryptoRng> DaaKey<S> for SoftKey<S, R> {
    type Error = SoftKeyError;

    fn public(&mut self) -> Result<G1<S>, SoftKeyError> {
        let g = G1::<S>::generator();
        Ok(hidden_mul::<S, _>(&g, &self.secret, &mut self.rng))
    }

    fn commit(
        &mut self,
        p1: &G1<S>,
        p2: Option<&BasePoint<S>>,
    ) -> Result<Commitment<S>, SoftKeyError> {
        if self.open.len() >= OPEN_MAX {
            return Err(SoftKeyError::TooManyCommitments);
        }
        let r = random_scalar::<S>(&mut self.rng);
        // r is random and used once, so its own multiplications need no mask.
        let times_r = |point: &G1<S>| G1::<S>::from(*point * *r);
        let e = times_r(p1);
        let of_basename = p2.map(|p2| {
            let k = hidden_mul::<S, _>(&p2.point, &self.secret, &mut self.rng);
            (k, times_r(&p2.point))
        });
        let counter = self.next;
        self.next = self.next.wrapping_add(1);
        self.open.insert(counter, r);
        Ok(Commitment {
            e,
            of_basename,
            counter,
        })
    }

    fn sign(&mut self, digest: &[u8; 32], counter: u16) -> Result<Response<S>, SoftKeyError> {
        let r = self
            .open
            .remove(&counter)
            .ok_or(SoftKeyError::NoCommitment(counter))?;
        let mut nonce_k = [0; 32];
        self.rng.fill_bytes(&mut nonce_k);
        let c = challenge::<S>(&nonce_k, digest);
        Ok(Response {
            nonce_k,
            s: *r + c * *self.secret,
        })
    }
}
