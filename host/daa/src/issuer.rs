//! The issuer's key of one epoch.

use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{AdditiveGroup, Field};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::encoding::{Reader, element, g2_bytes, put_element, put_g2, scalar_bytes, width};
use crate::error::{BadScalar, Refused};
use crate::suite::{G1, G2, Suite};
use crate::transcript::{Transcript, challenge, hidden_mul, random_scalar};

/// Public key of an issuer for one epoch, whose proof of possession has been checked. To revoke an
/// epoch is to make a new key: honest wallets join again, when they are next charged.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IssuerPublic<S: Suite> {
    epoch: u32,
    x: G2<S>,
    y: G2<S>,
    proof: [S::Scalar; 3],
}

impl<S: Suite> IssuerPublic<S> {
    /// Length of the wire form.
    #[must_use]
    pub fn bytes() -> usize {
        4 + 2 * g2_bytes::<S>() + 3 * scalar_bytes::<S>()
    }

    /// The wire form.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.epoch.to_be_bytes().to_vec();
        put_g2::<S>(&mut out, &self.x);
        put_g2::<S>(&mut out, &self.y);
        for scalar in &self.proof {
            put_element(&mut out, scalar);
        }
        out
    }

    /// From the wire form, with every check there is.
    ///
    /// # Errors
    /// A field that is not what it should be, or [`Refused::IssuerProof`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Refused> {
        let mut reader = Reader::new("issuer key", bytes, Self::bytes())?;
        let key = Self {
            epoch: u32::from_be_bytes(reader.array()),
            x: reader.g2::<S>("X")?,
            y: reader.g2::<S>("Y")?,
            proof: [
                reader.scalar::<S>("c")?,
                reader.scalar::<S>("s_x")?,
                reader.scalar::<S>("s_y")?,
            ],
        };
        let [c, s_x, s_y] = &key.proof;
        let g2 = G2::<S>::generator();
        let a = (g2 * s_x - key.x * c).into_affine();
        let b = (g2 * s_y - key.y * c).into_affine();
        if possession::<S>(key.epoch, &key.x, &key.y, &a, &b) == *c {
            Ok(key)
        } else {
            Err(Refused::IssuerProof)
        }
    }

    /// Number of the epoch.
    #[must_use]
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    pub(crate) fn x(&self) -> &G2<S> {
        &self.x
    }

    pub(crate) fn y(&self) -> &G2<S> {
        &self.y
    }

    /// Hash of the key, which everything made under it covers.
    pub(crate) fn id(&self) -> [u8; 32] {
        Transcript::new::<S>(b"issuer key 1    ")
            .fixed(&self.epoch.to_be_bytes())
            .g2::<S>(&[&self.x, &self.y])
            .digest()
    }
}

fn possession<S: Suite>(epoch: u32, x: &G2<S>, y: &G2<S>, a: &G2<S>, b: &G2<S>) -> S::Scalar {
    let digest = Transcript::new::<S>(b"issuer proof 1  ")
        .fixed(&epoch.to_be_bytes())
        .g2::<S>(&[x, y, a, b])
        .digest();
    challenge::<S>(&[0; 32], &digest)
}

/// Secret key of an issuer for one epoch.
pub struct IssuerSecret<S: Suite> {
    x: Zeroizing<S::Scalar>,
    y: Zeroizing<S::Scalar>,
    public: IssuerPublic<S>,
}

impl<S: Suite> IssuerSecret<S> {
    /// A fresh key; the same random numbers give the same key.
    #[must_use]
    pub fn generate(epoch: u32, rng: &mut impl CryptoRng) -> Self {
        let x = random_scalar::<S>(rng);
        let y = random_scalar::<S>(rng);
        Self::with(epoch, x, y, rng)
    }

    /// The key of two stored secrets of the width of a scalar.
    ///
    /// # Errors
    /// A secret that is zero or not less than the order.
    pub fn from_secrets(
        epoch: u32,
        x: &[u8],
        y: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<Self, Refused> {
        let secret = |field, bytes: &[u8]| secret_scalar::<S>(field, bytes);
        Ok(Self::with(epoch, secret("x", x)?, secret("y", y)?, rng))
    }

    fn with(
        epoch: u32,
        x: Zeroizing<S::Scalar>,
        y: Zeroizing<S::Scalar>,
        rng: &mut impl CryptoRng,
    ) -> Self {
        let g2 = G2::<S>::generator();
        let public_x = hidden_mul::<S, _>(&g2, &x, rng);
        let public_y = hidden_mul::<S, _>(&g2, &y, rng);
        let (a, b) = (random_scalar::<S>(rng), random_scalar::<S>(rng));
        let commit_a = hidden_mul::<S, _>(&g2, &a, rng);
        let commit_b = hidden_mul::<S, _>(&g2, &b, rng);
        let c = possession::<S>(epoch, &public_x, &public_y, &commit_a, &commit_b);
        Self {
            public: IssuerPublic {
                epoch,
                x: public_x,
                y: public_y,
                proof: [c, *a + c * *x, *b + c * *y],
            },
            x,
            y,
        }
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> &IssuerPublic<S> {
        &self.public
    }

    /// A = B/y and C = x (A + Q).
    pub(crate) fn certify(&self, b: &G1<S>, q: &G1<S>, rng: &mut impl CryptoRng) -> (G1<S>, G1<S>) {
        // The inverse is taken of a random multiple of y.
        let mask = random_scalar::<S>(rng);
        let masked = Zeroizing::new(*self.y * *mask);
        let inverse = Zeroizing::new(masked.inverse().unwrap_or(S::Scalar::ZERO) * *mask);
        let a = hidden_mul::<S, _>(b, &inverse, rng);
        let c = hidden_mul::<S, _>(&(a + *q).into_affine(), &self.x, rng);
        (a, c)
    }
}

/// A stored secret.
pub(crate) fn secret_scalar<S: Suite>(
    field: &'static str,
    bytes: &[u8],
) -> Result<Zeroizing<S::Scalar>, Refused> {
    if bytes.len() != width::<S::Scalar>() {
        return Err(Refused::Length {
            what: field,
            found: bytes.len(),
            expected: width::<S::Scalar>(),
        });
    }
    let refused = |why| Refused::Scalar { field, why };
    let scalar = element::<S::Scalar>(bytes).ok_or(refused(BadScalar::TooLarge))?;
    if scalar == S::Scalar::ZERO {
        return Err(refused(BadScalar::Zero));
    }
    Ok(Zeroizing::new(scalar))
}
