//! Verification.

use ark_ec::pairing::Pairing;
use ark_ec::short_weierstrass::Projective;
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{PrimeField, Zero};

use crate::error::{BadPoint, Refused};
use crate::issuer::IssuerPublic;
use crate::revocation::RevocationList;
use crate::sign::{Signature, minus};
use crate::suite::{BasePoint, G1, G2, Suite};
use crate::transcript::{Transcript, challenge};

/// Checks signatures under one issuer key, whose lines are computed once.
#[derive(Clone)]
pub struct Verifier<S: Suite> {
    issuer: IssuerPublic<S>,
    g2: <S::Pairing as Pairing>::G2Prepared,
    x: <S::Pairing as Pairing>::G2Prepared,
    y: <S::Pairing as Pairing>::G2Prepared,
}

impl<S: Suite> Verifier<S> {
    /// A verifier under this key.
    #[must_use]
    pub fn new(issuer: IssuerPublic<S>) -> Self {
        Self {
            g2: G2::<S>::generator().into(),
            x: (*issuer.x()).into(),
            y: (*issuer.y()).into(),
            issuer,
        }
    }

    /// The issuer's key.
    #[must_use]
    pub fn issuer(&self) -> &IssuerPublic<S> {
        &self.issuer
    }

    /// Accepts a signature only when a key that holds a credential of this issuer, and is not on the
    /// list, made it over this message, with this basename or with none.
    ///
    /// # Errors
    /// Why not.
    pub fn verify(
        &self,
        signature: &Signature<S>,
        basename: Option<&[u8]>,
        message: &[u8],
        revoked: &RevocationList<S>,
    ) -> Result<(), Refused> {
        let Signature { epoch, s, c, w, .. } = signature;
        if *epoch != self.issuer.epoch() {
            return Err(Refused::Epoch {
                found: *epoch,
                expected: self.issuer.epoch(),
            });
        }
        let response = &signature.response;
        let e = minus::<S>(response, s, c, w);
        let digest = match (basename, &signature.k) {
            (None, None) => signature.digest(&self.issuer, message, &e, None),
            (Some(name), Some(k)) => {
                let j = BasePoint::<S>::of_basename(name).point;
                let l = minus::<S>(response, &j, c, k);
                signature.digest(&self.issuer, message, &e, Some([&j, k, &l]))
            }
            (Some(_), None) => return Err(Refused::BasenameMissing),
            (None, Some(_)) => return Err(Refused::BasenameUnexpected),
        };
        if challenge::<S>(&signature.nonce_k, &digest) != *c {
            return Err(Refused::SignatureProof);
        }
        self.check_pairing([&signature.r, s, &signature.t, w], &digest)?;
        revoked.check(s, w)
    }

    /// e(R, Y) = e(S, g2) and e(R + W, X) = e(T, g2), for points other than the identity: four
    /// identities would fulfil both. Both at once with a factor of 128 bits, which is a hash of
    /// all that the prover chose, so that nobody can aim at it.
    pub(crate) fn check_pairing(
        &self,
        [r, s, t, w]: [&G1<S>; 4],
        context: &[u8; 32],
    ) -> Result<(), Refused> {
        for (field, point) in [("R", r), ("S", s), ("T", t), ("W", w)] {
            if point.is_zero() {
                let why = BadPoint::Identity;
                return Err(Refused::Point { field, why });
            }
        }
        let factor = Transcript::new::<S>(b"pairing factor 1")
            .fixed(context)
            .fixed(&self.issuer.id())
            .g1::<S>(&[r, s, t, w])
            .digest();
        let factor = S::Scalar::from_be_bytes_mod_order(&factor[..16]).into_bigint();
        let points = Projective::<S::G1>::normalize_batch(&[
            t.mul_bigint(factor) - s,
            -(*r + w).into_affine().mul_bigint(factor),
        ]);
        let pairs = S::Pairing::multi_pairing(
            [*r, points[0], points[1]],
            [self.y.clone(), self.g2.clone(), self.x.clone()],
        );
        if pairs.is_zero() {
            Ok(())
        } else {
            Err(Refused::CredentialEquation)
        }
    }
}

#[cfg(test)]
mod tests {
    use ark_ec::AffineRepr;

    use super::*;
    use crate::bn_p256::{BnP256, Fr};

    /// No decoder lets the identity through; the last check stands by itself all the same.
    #[test]
    fn the_credential_of_four_identities_is_refused() {
        let zero = G1::<BnP256>::zero();
        let one = G1::<BnP256>::generator();
        let issuer =
            crate::IssuerSecret::<BnP256>::from_secrets(1, &[1; 32], &[2; 32], &mut Counter(0));
        let verifier = Verifier::new(issuer.unwrap().public().clone());
        for (points, field) in [
            ([&zero, &zero, &zero, &zero], "R"),
            ([&one, &zero, &zero, &zero], "S"),
            ([&one, &one, &zero, &zero], "T"),
            ([&one, &one, &one, &zero], "W"),
        ] {
            let why = BadPoint::Identity;
            assert_eq!(
                verifier.check_pairing(points, &[0; 32]),
                Err(Refused::Point { field, why })
            );
        }
    }

    /// What `check_pairing` computes at once is what the scheme asks for, equation by equation.
    #[test]
    fn each_half_of_the_equation_counts() {
        let (x, y) = (Fr::from(5), Fr::from(7));
        let scalar = |n: u8| [&[0; 31][..], &[n]].concat();
        let issuer =
            crate::IssuerSecret::<BnP256>::from_secrets(1, &scalar(5), &scalar(7), &mut Counter(0));
        let verifier = Verifier::new(issuer.unwrap().public().clone());
        let at = |k: Fr| G1::<BnP256>::from(G1::<BnP256>::generator() * k);
        let (r, w) = (Fr::from(11), Fr::from(13));
        let (s, t) = (r * y, x * (r + w));
        let one = Fr::from(1);
        for (points, good) in [
            ([r, s, t, w], true),
            ([r, s + one, t, w], false),
            ([r, s, t + one, w], false),
            ([r + one, s, t, w], false),
            ([r, s, t, w + one], false),
            ([r, -s, t, w], false),
        ] {
            let [r, s, t, w] = points.map(at);
            let result = verifier.check_pairing([&r, &s, &t, &w], &[0; 32]);
            assert_eq!(result.is_ok(), good);
        }
    }

    struct Counter(u64);

    impl rand_core::TryRng for Counter {
        type Error = std::convert::Infallible;

        fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
            Ok(self.try_next_u64()? as u32)
        }

        fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
            self.0 += 1;
            Ok(self.0)
        }

        fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
            for chunk in out.chunks_mut(8) {
                chunk.copy_from_slice(&self.try_next_u64()?.to_be_bytes()[..chunk.len()]);
            }
            Ok(())
        }
    }

    impl rand_core::TryCryptoRng for Counter {}
}
