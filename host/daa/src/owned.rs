//! Whether a key made a signature: the multiple of a point that belongs to the key, with a proof.

use ark_ec::CurveGroup;
use ark_ff::Field;

use crate::encoding::{Reader, checked, g1_bytes, put_element, put_g1, scalar_bytes};
use crate::error::{Refused, SignError};
use crate::key::DaaKey;
use crate::sign::{Signature, commit_and_sign, minus};
use crate::suite::{BasePoint, G1, Suite};
use crate::transcript::{Transcript, challenge};

/// W = d P for a point P that the asker chose, and K = d J for the point J of a basename, with a
/// proof that both have the same d. Of all signatures, a key made those whose W is its own W of
/// their S ([`Signature::maker`]); of all TPMs, it is in the one whose public key is its W of the
/// generator.
///
/// Whoever answers for points that a stranger chooses tells which signatures are its own: a wallet
/// answers only to its issuer, and only for signatures about which there is a dispute.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Owned<S: Suite> {
    w: G1<S>,
    k: G1<S>,
    c: S::Scalar,
    nonce_k: [u8; 32],
    s: S::Scalar,
}

impl<S: Suite> Owned<S> {
    /// Length of the wire form.
    #[must_use]
    pub const fn bytes() -> usize {
        2 * g1_bytes::<S>() + 2 * scalar_bytes::<S>() + 32
    }

    /// Made by the wallet with its TPM. `context` is the asker's, new for each question.
    ///
    /// # Errors
    /// When the TPM does not do it or answers nonsense.
    pub fn make<K: DaaKey<S>>(
        key: &mut K,
        point: &G1<S>,
        basename: &[u8],
        context: &[u8; 32],
    ) -> Result<Self, SignError<K::Error>> {
        // `TPM2_Commit` multiplies only points of basenames by d. From s = r + c d and E = r P the
        // multiple of any other point follows: s P - E = c d P.
        let mut commitment = *point;
        let (c, response) = commit_and_sign(key, point, None, |e, _| {
            commitment = *e;
            Ok(Transcript::new::<S>(b"owned: learn 1  ")
                .fixed(context)
                .g1::<S>(&[point, e])
                .digest())
        })?;
        let Some(inverse) = c.inverse() else {
            return Err(SignError::Commitment);
        };
        let w = ((*point * response.s - commitment) * inverse).into_affine();
        let w = checked(w).map_err(|why| SignError::Answer(Refused::Point { field: "W", why }))?;

        let base = BasePoint::<S>::of_basename(basename);
        let mut k = w;
        let (c, response) = commit_and_sign(key, point, Some(&base), |e, of_basename| {
            let (own, l) = of_basename.ok_or(SignError::Commitment)?;
            k = own;
            Ok(digest::<S>(context, point, &base.point, [&w, &k, e, &l]))
        })?;
        let owned = Self {
            w,
            k,
            c,
            nonce_k: response.nonce_k,
            s: response.s,
        };
        // A TPM that erred in the first half would make a proof that nobody takes.
        owned
            .verify(point, basename, context)
            .map_err(SignError::Answer)?;
        Ok(owned)
    }

    /// Accepts W and K only when one key made both, for this context.
    ///
    /// # Errors
    /// [`Refused::OwnedProof`].
    pub fn verify(
        &self,
        point: &G1<S>,
        basename: &[u8],
        context: &[u8; 32],
    ) -> Result<(), Refused> {
        let j = BasePoint::<S>::of_basename(basename).point;
        let e = minus::<S>(&self.s, point, &self.c, &self.w);
        let l = minus::<S>(&self.s, &j, &self.c, &self.k);
        let digest = digest::<S>(context, point, &j, [&self.w, &self.k, &e, &l]);
        if challenge::<S>(&self.nonce_k, &digest) == self.c {
            Ok(())
        } else {
            Err(Refused::OwnedProof)
        }
    }

    /// W, the key's multiple of the point.
    pub fn multiple(&self) -> &G1<S> {
        &self.w
    }

    /// K: what the key is called under the basename, and nowhere else.
    #[must_use]
    pub fn pseudonym(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(g1_bytes::<S>());
        put_g1::<S>(&mut out, &self.k);
        out
    }

    /// The wire form: W, K, c, nonceK, s.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(Self::bytes());
        put_g1::<S>(&mut out, &self.w);
        put_g1::<S>(&mut out, &self.k);
        put_element(&mut out, &self.c);
        out.extend_from_slice(&self.nonce_k);
        put_element(&mut out, &self.s);
        out
    }

    /// From the wire form; [`verify`](Self::verify) checks the rest.
    ///
    /// # Errors
    /// A field that is not what it should be, the identity among them.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Refused> {
        let mut reader = Reader::new("proof of a multiple", bytes, Self::bytes())?;
        Ok(Self {
            w: reader.g1::<S>("W")?,
            k: reader.g1::<S>("K")?,
            c: reader.scalar::<S>("c")?,
            nonce_k: reader.array(),
            s: reader.scalar::<S>("s")?,
        })
    }
}

impl<S: Suite> Signature<S> {
    /// S and W: the signature is by the key whose multiple of S is W.
    pub fn maker(&self) -> (G1<S>, G1<S>) {
        (self.s, self.w)
    }
}

fn digest<S: Suite>(
    context: &[u8; 32],
    point: &G1<S>,
    base: &G1<S>,
    [w, k, e, l]: [&G1<S>; 4],
) -> [u8; 32] {
    Transcript::new::<S>(b"owned: proof 1  ")
        .fixed(context)
        .g1::<S>(&[point, base, w, k, e, l])
        .digest()
}
