//! Joining: from a TPM's key to a credential that only this TPM can open and use.

use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes256Gcm, KeyInit};
use ark_ec::AffineRepr;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::encoding::{Reader, checked, g1_bytes, put_element, put_g1, scalar_bytes};
use crate::error::{Refused, SignError};
use crate::issuer::{IssuerPublic, IssuerSecret};
use crate::key::DaaKey;
use crate::sign::{commit_and_sign, minus};
use crate::suite::{BasePoint, G1, Suite};
use crate::transcript::{Transcript, challenge};
use crate::verify::Verifier;

/// Longest name of a key, in bytes: algorithm and hash.
pub const NAME_MAX: usize = 66;

const TAG_BYTES: usize = 16;

/// Proof that a TPM's key asks for the credential: that Q = d B for the d of the public key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct JoinRequest<S: Suite> {
    q: G1<S>,
    c: S::Scalar,
    nonce_k: [u8; 32],
    s: S::Scalar,
}

fn join_digest<S: Suite>(
    issuer: &IssuerPublic<S>,
    nonce: &[u8; 32],
    name: &[u8],
    points: [&G1<S>; 4],
) -> [u8; 32] {
    Transcript::new::<S>(b"join 1          ")
        .fixed(&issuer.id())
        .fixed(nonce)
        .any(name)
        .g1::<S>(&points)
        .digest()
}

impl<S: Suite> JoinRequest<S> {
    /// Length of the wire form.
    #[must_use]
    pub const fn bytes() -> usize {
        g1_bytes::<S>() + 2 * scalar_bytes::<S>() + 32
    }

    /// Made by the wallet with its TPM, for the issuer's nonce. `name` is the TPM's name of the key.
    ///
    /// # Errors
    /// When the TPM does not do it or answers nonsense.
    pub fn make<K: DaaKey<S>>(
        key: &mut K,
        issuer: &IssuerPublic<S>,
        nonce: &[u8; 32],
        name: &[u8],
    ) -> Result<Self, SignError<K::Error>> {
        let q0 = key.public().map_err(SignError::Key)?;
        let b = BasePoint::<S>::of_join(nonce);
        let g = G1::<S>::generator();
        let mut q = q0;
        let (c, response) = commit_and_sign(key, &g, Some(&b), |e, of_basename| {
            let (k, l) = of_basename.ok_or(SignError::Commitment)?;
            q = k;
            Ok(join_digest(issuer, nonce, name, [&q0, &k, e, &l]))
        })?;
        Ok(Self {
            q,
            c,
            nonce_k: response.nonce_k,
            s: response.s,
        })
    }

    /// The wire form.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(Self::bytes());
        put_g1::<S>(&mut out, &self.q);
        put_element(&mut out, &self.c);
        out.extend_from_slice(&self.nonce_k);
        put_element(&mut out, &self.s);
        out
    }

    /// From the wire form; [`IssuerSecret::issue`] checks the proof.
    ///
    /// # Errors
    /// A field that is not what it should be.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Refused> {
        let mut reader = Reader::new("join request", bytes, Self::bytes())?;
        Ok(Self {
            q: reader.g1::<S>("Q")?,
            c: reader.scalar::<S>("c")?,
            nonce_k: reader.array(),
            s: reader.scalar::<S>("s")?,
        })
    }

    fn check(
        &self,
        issuer: &IssuerPublic<S>,
        nonce: &[u8; 32],
        name: &[u8],
        q0: &G1<S>,
        b: &G1<S>,
    ) -> Result<(), Refused> {
        let g = G1::<S>::generator();
        let e = minus::<S>(&self.s, &g, &self.c, q0);
        let l = minus::<S>(&self.s, b, &self.c, &self.q);
        let digest = join_digest(issuer, nonce, name, [q0, &self.q, &e, &l]);
        if challenge::<S>(&self.nonce_k, &digest) == self.c {
            Ok(())
        } else {
            Err(Refused::JoinProof)
        }
    }
}

/// What the issuer sends back.
pub struct Issued {
    /// To be wrapped by `MakeCredential` for the endorsement key of the TPM and the name of the
    /// joining key; never sent in clear.
    pub wrap: Zeroizing<[u8; 32]>,
    /// The credential, encrypted under `wrap`.
    pub sealed: Vec<u8>,
}

impl<S: Suite> IssuerSecret<S> {
    /// Issues a credential. `q0` and `name` are those of the public area of the joining key, whose
    /// attributes and policy the caller has checked, and `nonce` is one that the caller chose for
    /// this join alone.
    ///
    /// # Errors
    /// When the public key is no point, or the request does not prove that Q is made with it.
    pub fn issue(
        &self,
        request: &JoinRequest<S>,
        nonce: &[u8; 32],
        name: &[u8],
        q0: &G1<S>,
        rng: &mut impl CryptoRng,
    ) -> Result<Issued, Refused> {
        let field = "Q0";
        let q0 = checked(*q0).map_err(|why| Refused::Point { field, why })?;
        let b = BasePoint::<S>::of_join(nonce).point;
        request.check(self.public(), nonce, name, &q0, &b)?;
        let (a, c) = self.certify(&b, &request.q, rng);
        let credential = Credential::<S> {
            a,
            b,
            c,
            d: request.q,
        };
        let mut wrap = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut wrap[..]);
        let mut sealed = credential.to_bytes();
        let aad = seal_context(self.public(), name);
        let tag = Aes256Gcm::new(&(*wrap).into())
            .encrypt_inout_detached(&[0; 12].into(), &aad, sealed.as_mut_slice().into())
            .map_err(|_| Refused::Sealed)?;
        sealed.extend_from_slice(&tag);
        Ok(Issued { wrap, sealed })
    }
}

fn seal_context<S: Suite>(issuer: &IssuerPublic<S>, name: &[u8]) -> [u8; 32] {
    Transcript::new::<S>(b"sealed cred 1   ")
        .fixed(&issuer.id())
        .any(name)
        .digest()
}

/// A credential of one TPM key. Not secret to the TPM's host, but shown to nobody: signatures hold
/// a random multiple of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Credential<S: Suite> {
    pub(crate) a: G1<S>,
    pub(crate) b: G1<S>,
    pub(crate) c: G1<S>,
    pub(crate) d: G1<S>,
}

impl<S: Suite> Credential<S> {
    /// Length of the wire form.
    #[must_use]
    pub const fn bytes() -> usize {
        4 * g1_bytes::<S>()
    }

    /// Length of [`Issued::sealed`].
    #[must_use]
    pub const fn sealed_bytes() -> usize {
        Self::bytes() + TAG_BYTES
    }

    /// The wire form.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(Self::sealed_bytes());
        for point in [&self.a, &self.b, &self.c, &self.d] {
            put_g1::<S>(&mut out, point);
        }
        out
    }

    /// From the wire form, with every check that needs no TPM.
    ///
    /// # Errors
    /// A field that is not what it should be, or [`Refused::CredentialEquation`].
    pub fn from_bytes(bytes: &[u8], verifier: &Verifier<S>) -> Result<Self, Refused> {
        let mut reader = Reader::new("credential", bytes, Self::bytes())?;
        let credential = Self {
            a: reader.g1::<S>("A")?,
            b: reader.g1::<S>("B")?,
            c: reader.g1::<S>("C")?,
            d: reader.g1::<S>("D")?,
        };
        let Self { a, b, c, d } = &credential;
        verifier.check_pairing(
            [a, b, c, d],
            &Transcript::new::<S>(b"own credential 1").digest(),
        )?;
        Ok(credential)
    }

    /// Opens what the issuer sealed, with the secret that the TPM's `ActivateCredential` gave, and
    /// checks that it is the credential that was asked for.
    ///
    /// # Errors
    /// When it is not.
    pub fn open(
        issued: &Issued,
        request: &JoinRequest<S>,
        nonce: &[u8; 32],
        name: &[u8],
        verifier: &Verifier<S>,
    ) -> Result<Self, Refused> {
        let Some(plain) = issued.sealed.len().checked_sub(TAG_BYTES) else {
            return Err(Refused::Length {
                what: "sealed credential",
                found: issued.sealed.len(),
                expected: Self::sealed_bytes(),
            });
        };
        let (sealed, tag) = issued.sealed.split_at(plain);
        let mut bytes = sealed.to_vec();
        let mut tag_bytes = [0; TAG_BYTES];
        tag_bytes.copy_from_slice(tag);
        let aad = seal_context(verifier.issuer(), name);
        Aes256Gcm::new(&(*issued.wrap).into())
            .decrypt_inout_detached(
                &[0; 12].into(),
                &aad,
                bytes.as_mut_slice().into(),
                &tag_bytes.into(),
            )
            .map_err(|_| Refused::Sealed)?;
        let credential = Self::from_bytes(&bytes, verifier)?;
        let b = BasePoint::<S>::of_join(nonce).point;
        if credential.b == b && credential.d == request.q {
            Ok(credential)
        } else {
            Err(Refused::ForeignCredential)
        }
    }
}
