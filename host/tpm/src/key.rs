//! The attestation key of a TPM, and its endorsement key.

use ark_ec::AffineRepr;
use ark_ff::{BigInteger, PrimeField};
use opera_daa::bn_p256::{BnP256, Fq, Fr};
use opera_daa::{BasePoint, Commitment, DaaKey, G1, Response};
use zeroize::Zeroizing;

use crate::client::{Client, Coordinates, Handle, Session};
use crate::credential::WrappedSecret;
use crate::error::TpmError;
use crate::public;
use crate::swtpm::Transport;

/// The key that says which TPM it is: known to the issuer, shown to nobody else.
#[derive(Debug)]
pub struct Endorsement {
    handle: Handle,
    /// Point on P-256: x, then y.
    pub point: [u8; 64],
}

impl Endorsement {
    /// Derives the endorsement key; the same each time.
    ///
    /// # Errors
    /// When the TPM refuses or does not answer.
    pub fn load<T: Transport>(tpm: &mut Client<T>) -> Result<Self, TpmError> {
        let template = public::endorsement(&[0; 32], &[0; 32]);
        let created = tpm.create_primary(&template)?;
        let (x, y) = coordinates(&created.public).ok_or(TpmError::PublicArea)?;
        if created.public != public::endorsement(&x, &y) {
            return Err(TpmError::PublicArea);
        }
        let mut point = [0; 64];
        point[..32].copy_from_slice(&x);
        point[32..].copy_from_slice(&y);
        Ok(Self {
            handle: created.handle,
            point,
        })
    }

    /// Unwraps the secret of a credential for `key`.
    ///
    /// # Errors
    /// When it was wrapped for another TPM or another key, or the TPM does not answer.
    pub fn activate<T: Transport>(
        &self,
        key: &mut AttestationKey<'_, T>,
        wrapped: &WrappedSecret,
    ) -> Result<Zeroizing<[u8; 32]>, TpmError> {
        let session = key.tpm.policy_session()?;
        let secret = key.tpm.policy_endorsement(&session).and_then(|()| {
            key.tpm
                .activate(&key.handle, &self.handle, &session, wrapped)
        });
        key.tpm.end(session)?;
        secret
    }
}

/// The two coordinates at the end of the public area of an ECC key with 32-byte numbers; shorter
/// ones, which TPMs pad, are refused.
fn coordinates(area: &[u8]) -> Option<Coordinates> {
    let tail = area.get(area.len().checked_sub(68)?..)?;
    if tail[..2] != [0, 32] || tail[34..36] != [0, 32] {
        return None;
    }
    let x = tail[2..34].try_into().ok()?;
    let y = tail[36..].try_into().ok()?;
    Some((x, y))
}

/// An ECDAA key on BN_P256 that works only while the attested registers are as they were when it
/// was asked for.
pub struct AttestationKey<'a, T: Transport> {
    tpm: &'a mut Client<T>,
    handle: Handle,
    session: Session,
    public: Vec<u8>,
    point: G1<BnP256>,
}

impl<'a, T: Transport> AttestationKey<'a, T> {
    /// Derives the key with this policy; the same each time.
    ///
    /// # Errors
    /// When the TPM refuses, makes something else, or does not answer.
    pub fn load(tpm: &'a mut Client<T>, policy: &[u8; 32]) -> Result<Self, TpmError> {
        let created = tpm.create_primary(&public::attestation(policy, &[], &[]))?;
        let point = attestation_point(&created.public, policy).ok_or(TpmError::PublicArea)?;
        if created.name != public::name(&created.public) {
            return Err(TpmError::PublicArea);
        }
        let session = tpm.policy_session()?;
        Ok(Self {
            tpm,
            handle: created.handle,
            session,
            public: created.public,
            point,
        })
    }

    /// Public area.
    #[must_use]
    pub fn public_area(&self) -> &[u8] {
        &self.public
    }

    /// The TPM that it is in.
    pub fn tpm(&mut self) -> &mut Client<T> {
        self.tpm
    }

    /// Unloads key and session.
    ///
    /// # Errors
    /// When the TPM refuses or does not answer.
    pub fn unload(self) -> Result<(), TpmError> {
        self.tpm.end(self.session)?;
        self.tpm.flush(self.handle)
    }
}

/// The point of an attestation key, from its public area; `None` unless the area is that of a key
/// which was made in its TPM, cannot leave it, and works only under this policy.
#[must_use]
pub fn attestation_point(area: &[u8], policy: &[u8; 32]) -> Option<G1<BnP256>> {
    let (x, y) = coordinates(area)?;
    let found = point(&(x, y)).filter(|found| !found.is_zero())?;
    (area == public::attestation(policy, &x, &y)).then_some(found)
}

/// A point of BN_P256; the identity for zeros, `None` for anything that is not on the curve.
fn point((x, y): &Coordinates) -> Option<G1<BnP256>> {
    if x == &[0; 32] && y == &[0; 32] {
        return Some(G1::<BnP256>::identity());
    }
    let number = |bytes: &[u8; 32]| {
        let value = Fq::from_be_bytes_mod_order(bytes);
        (bytes32(&value) == *bytes).then_some(value)
    };
    let point = G1::<BnP256>::new_unchecked(number(x)?, number(y)?);
    point.is_on_curve().then_some(point)
}

fn bytes32<F: PrimeField>(value: &F) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(&value.into_bigint().to_bytes_be());
    out
}

impl<T: Transport> DaaKey<BnP256> for AttestationKey<'_, T> {
    type Error = TpmError;

    fn public(&mut self) -> Result<G1<BnP256>, TpmError> {
        Ok(self.point)
    }

    fn commit(
        &mut self,
        p1: &G1<BnP256>,
        p2: Option<&BasePoint<BnP256>>,
    ) -> Result<Commitment<BnP256>, TpmError> {
        let malformed = TpmError::Malformed {
            command: "TPM2_Commit",
        };
        let Some((x, y)) = p1.xy() else {
            return Err(malformed);
        };
        let y2 = p2.map(|p2| bytes32(&p2.y));
        let base = p2.zip(y2.as_ref()).map(|(p2, y2)| (&p2.s2[..], y2));
        self.tpm.policy_pcr(&self.session)?;
        let session = self.session.number();
        let p1 = (bytes32(&x), bytes32(&y));
        let answer = self.tpm.commit(&self.handle, session, &p1, base)?;
        let (Some(k), Some(l), Some(e)) = (point(&answer.k), point(&answer.l), point(&answer.e))
        else {
            return Err(malformed);
        };
        Ok(Commitment {
            e,
            of_basename: p2.map(|_| (k, l)),
            counter: answer.counter,
        })
    }

    fn sign(&mut self, digest: &[u8; 32], counter: u16) -> Result<Response<BnP256>, TpmError> {
        self.tpm.policy_pcr(&self.session)?;
        let session = self.session.number();
        let (nonce_k, s) = self
            .tpm
            .sign_ecdaa(&self.handle, session, digest, counter)?;
        let value = Fr::from_be_bytes_mod_order(&s);
        if bytes32(&value) != s {
            return Err(TpmError::Malformed {
                command: "TPM2_Sign",
            });
        }
        Ok(Response { nonce_k, s: value })
    }
}
