//! Private keys that have been found outside their TPM.

use ark_ec::scalar_mul::BatchMulPreprocessing;
use ark_ec::short_weierstrass::Projective;

use crate::encoding::{Reader, put_element, scalar_bytes};
use crate::error::{BadScalar, Refused};
use crate::suite::{G1, Suite};

/// Most keys that a list may have: what is beyond belongs into a new epoch.
pub const LIST_MAX: usize = 1000;

/// From this many keys on, a table of the base point is worth making.
const TABLE_FROM: usize = 8;

/// Keys that no longer sign. The issuer signs the list; this crate only reads it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RevocationList<S: Suite> {
    version: u32,
    keys: Vec<S::Scalar>,
}

impl<S: Suite> RevocationList<S> {
    /// The list that a wallet is born with.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            version: 0,
            keys: Vec::new(),
        }
    }

    /// A list of secret keys, each of the width of a scalar, in any order, each once or more.
    ///
    /// # Errors
    /// A key that is none, or too many keys.
    pub fn new<'a>(
        version: u32,
        keys: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Self, Refused> {
        let keys: Result<Vec<_>, _> = keys
            .into_iter()
            .map(|key| crate::issuer::secret_scalar::<S>("revoked key", key).map(|key| *key))
            .collect();
        let mut keys = keys?;
        keys.sort_unstable();
        keys.dedup();
        if keys.len() > LIST_MAX {
            return Err(Refused::ListTooLong { found: keys.len() });
        }
        Ok(Self { version, keys })
    }

    /// Number of the list: a wallet keeps the greatest that it has seen.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Number of keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// The keys, in ascending order, as [`new`](Self::new) takes them.
    pub fn keys(&self) -> impl Iterator<Item = Vec<u8>> + '_ {
        self.keys.iter().map(|key| {
            let mut out = Vec::with_capacity(scalar_bytes::<S>());
            put_element(&mut out, key);
            out
        })
    }

    /// True when no key is revoked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The wire form.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.version.to_be_bytes().to_vec();
        out.extend_from_slice(&(self.keys.len() as u16).to_be_bytes());
        for key in &self.keys {
            put_element(&mut out, key);
        }
        out
    }

    /// From the wire form.
    ///
    /// # Errors
    /// A length that is not that of the count, a key that is none, an order other than ascending.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Refused> {
        let count = match bytes.get(4..6) {
            Some(count) => usize::from(u16::from_be_bytes([count[0], count[1]])),
            None => 0,
        };
        if count > LIST_MAX {
            return Err(Refused::ListTooLong { found: count });
        }
        let expected = 6 + count * scalar_bytes::<S>();
        let mut reader = Reader::new("revocation list", bytes, expected)?;
        let version = u32::from_be_bytes(reader.array());
        reader.bytes(2);
        let mut keys = Vec::with_capacity(count);
        for index in 0..count {
            let field = "revoked key";
            let key = reader.scalar::<S>(field)?;
            if key == S::Scalar::default() {
                let why = BadScalar::Zero;
                return Err(Refused::Scalar { field, why });
            }
            if keys.last().is_some_and(|last| *last >= key) {
                return Err(Refused::ListOrder { index });
            }
            keys.push(key);
        }
        Ok(Self { version, keys })
    }

    /// Refuses W = k S for a listed k.
    pub(crate) fn check(&self, s: &G1<S>, w: &G1<S>) -> Result<(), Refused> {
        let found = if self.keys.len() < TABLE_FROM {
            self.keys.iter().position(|key| (*s * key) == *w)
        } else {
            let base = Projective::<S::G1>::from(*s);
            let table = BatchMulPreprocessing::new(base, self.keys.len());
            table.batch_mul(&self.keys).iter().position(|at| at == w)
        };
        match found {
            None => Ok(()),
            Some(index) => Err(Refused::Revoked { index }),
        }
    }
}
