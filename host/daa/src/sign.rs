//! Signatures.

use ark_ec::CurveGroup;
use ark_ec::short_weierstrass::Projective;
use ark_ff::AdditiveGroup;
use rand_core::CryptoRng;

use crate::credential::Credential;
use crate::encoding::{Reader, checked, g1_bytes, put_element, put_g1, scalar_bytes};
use crate::error::{Refused, SignError};
use crate::issuer::IssuerPublic;
use crate::key::{DaaKey, Response};
use crate::suite::{BasePoint, G1, Suite, joint};
use crate::transcript::{Transcript, challenge, random_scalar};

/// Tries for a nonceK that TPMs with and without leading zeros hash alike.
const NONCE_TRIES: usize = 4;

/// An anonymous signature: says that some TPM with a credential of the issuer's epoch signed the
/// message, and, with a basename, which signatures under it are by one TPM.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Signature<S: Suite> {
    pub(crate) epoch: u32,
    pub(crate) r: G1<S>,
    pub(crate) s: G1<S>,
    pub(crate) t: G1<S>,
    pub(crate) w: G1<S>,
    pub(crate) c: S::Scalar,
    pub(crate) nonce_k: [u8; 32],
    pub(crate) response: S::Scalar,
    pub(crate) k: Option<G1<S>>,
}

impl<S: Suite> Signature<S> {
    /// Length of the wire form.
    #[must_use]
    pub const fn bytes(with_basename: bool) -> usize {
        let points = if with_basename { 5 } else { 4 };
        4 + points * g1_bytes::<S>() + 2 * scalar_bytes::<S>() + 32
    }

    /// The wire form.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(Self::bytes(true));
        out.extend_from_slice(&self.epoch.to_be_bytes());
        for point in [&self.r, &self.s, &self.t, &self.w] {
            put_g1::<S>(&mut out, point);
        }
        put_element(&mut out, &self.c);
        out.extend_from_slice(&self.nonce_k);
        put_element(&mut out, &self.response);
        if let Some(k) = &self.k {
            put_g1::<S>(&mut out, k);
        }
        out
    }

    /// From the wire form; [`Verifier::verify`](crate::Verifier::verify) checks the rest.
    ///
    /// # Errors
    /// A field that is not what it should be, the identity among them.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Refused> {
        let with_basename = bytes.len() == Self::bytes(true);
        let mut reader = Reader::new("signature", bytes, Self::bytes(with_basename))?;
        Ok(Self {
            epoch: u32::from_be_bytes(reader.array()),
            r: reader.g1::<S>("R")?,
            s: reader.g1::<S>("S")?,
            t: reader.g1::<S>("T")?,
            w: reader.g1::<S>("W")?,
            c: reader.scalar::<S>("c")?,
            nonce_k: reader.array(),
            response: reader.scalar::<S>("s")?,
            k: with_basename.then(|| reader.g1::<S>("K")).transpose()?,
        })
    }

    /// Epoch of the issuer's key that it claims.
    #[must_use]
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    pub(crate) fn digest(
        &self,
        issuer: &IssuerPublic<S>,
        message: &[u8],
        e: &G1<S>,
        of_basename: Option<[&G1<S>; 3]>,
    ) -> [u8; 32] {
        let transcript = Transcript::new::<S>(match of_basename {
            None => b"signature 1     ",
            Some(_) => b"signature bsn 1 ",
        })
        .fixed(&issuer.id())
        .any(message)
        .g1::<S>(&[&self.r, &self.s, &self.t, &self.w, e]);
        match of_basename {
            None => transcript.digest(),
            Some(points) => transcript.g1::<S>(&points).digest(),
        }
    }
}

/// True when both signatures have a basename and were made by one key. Both must have been verified
/// under the same basename.
#[must_use]
pub fn same_signer<S: Suite>(one: &Signature<S>, other: &Signature<S>) -> bool {
    one.k.is_some() && one.k == other.k
}

/// Signs a message with the TPM's key and its credential.
///
/// # Errors
/// When the TPM does not do it or answers nonsense.
pub fn sign<S: Suite, K: DaaKey<S>>(
    key: &mut K,
    credential: &Credential<S>,
    issuer: &IssuerPublic<S>,
    basename: Option<&[u8]>,
    message: &[u8],
    rng: &mut impl CryptoRng,
) -> Result<Signature<S>, SignError<K::Error>> {
    let l = random_scalar::<S>(rng);
    let points = [credential.a, credential.b, credential.c, credential.d].map(|p| p * *l);
    let points = Projective::<S::G1>::normalize_batch(&points);
    let [r, s, t, w] = [points[0], points[1], points[2], points[3]];
    let base = basename.map(BasePoint::<S>::of_basename);
    let mut signature = Signature {
        epoch: issuer.epoch(),
        r,
        s,
        t,
        w,
        c: S::Scalar::ZERO,
        nonce_k: [0; 32],
        response: S::Scalar::ZERO,
        k: None,
    };
    let (c, response) = commit_and_sign(key, &s, base.as_ref(), |e, of_basename| {
        signature.k = of_basename.map(|(k, _)| k);
        let points = match (&base, &of_basename) {
            (Some(base), Some((k, l))) => Some([&base.point, k, l]),
            _ => None,
        };
        Ok(signature.digest(issuer, message, e, points))
    })?;
    signature.c = c;
    signature.nonce_k = response.nonce_k;
    signature.response = response.s;
    Ok(signature)
}

/// A challenge and the TPM's response to it.
type Answer<S> = (<S as Suite>::Scalar, Response<S>);

/// Commit, make the digest of the answers, sign it; gives the challenge and the response.
pub(crate) fn commit_and_sign<S: Suite, K: DaaKey<S>>(
    key: &mut K,
    p1: &G1<S>,
    p2: Option<&BasePoint<S>>,
    mut digest: impl FnMut(&G1<S>, Option<(G1<S>, G1<S>)>) -> Result<[u8; 32], SignError<K::Error>>,
) -> Result<Answer<S>, SignError<K::Error>> {
    let point = |field, point: G1<S>| {
        checked(point).map_err(|why| SignError::Answer(Refused::Point { field, why }))
    };
    for _ in 0..NONCE_TRIES {
        let commitment = key.commit(p1, p2).map_err(SignError::Key)?;
        let e = point("E", commitment.e)?;
        let of_basename = match commitment.of_basename {
            Some((k, l)) => Some((point("K", k)?, point("L", l)?)),
            None => None,
        };
        if of_basename.is_some() != p2.is_some() {
            return Err(SignError::Commitment);
        }
        let digest = digest(&e, of_basename)?;
        let response = key
            .sign(&digest, commitment.counter)
            .map_err(SignError::Key)?;
        // TPMs differ in whether they hash leading zeros of nonceK; without any they agree.
        if response.nonce_k[0] != 0 {
            return Ok((challenge::<S>(&response.nonce_k, &digest), response));
        }
    }
    Err(SignError::Nonce)
}

/// `a P - b Q`.
pub(crate) fn minus<S: Suite>(a: &S::Scalar, p: &G1<S>, b: &S::Scalar, q: &G1<S>) -> G1<S> {
    joint::<S>(a, p, &-*b, q).into_affine()
}
