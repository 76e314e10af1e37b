//! Lists that the authority signs, so that a fleet can be updated and a key shut out: reference
//! values of the registers, and revoked attestation keys.
//!
//! Wire form of both: the authority's signature (64 bytes) over the SHA-256 of the rest; the rest.
//! Reference values: version 4, number 2, then for each the SHA-1 and the SHA-256 digest, 20 + 32.
//! Revoked keys: as `opera_daa::RevocationList` has them. All numbers are big endian.

use std::fmt;

use opera_daa::bn_p256::BnP256;
use opera_daa::{Refused, RevocationList};

use crate::crypto::sha256;
use crate::token::{Issuer, IssuerKey};
use crate::tpm::{REFERENCE_BYTES, Reference};

const REFERENCES: [u8; 16] = *b"OPERA PCR refs 1";
const REVOKED: [u8; 16] = *b"OPERA revoked  1";
const SIGNATURE: usize = 64;

/// Most reference values in a list.
pub const REFERENCES_MAX: usize = 32;

/// Why a list is not taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ListError {
    /// Shorter or longer than its number of entries says, or too many of them.
    Length,
    /// The authority did not sign it.
    Signature,
    /// An entry is none.
    Entry(Refused),
    /// A later one is known.
    Old {
        /// Version of the list.
        found: u32,
        /// Version that is known.
        known: u32,
    },
}

impl fmt::Display for ListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length => f.write_str("the list has a wrong length"),
            Self::Signature => f.write_str("the authority did not sign the list"),
            Self::Entry(why) => write!(f, "the list is malformed: {why}"),
            Self::Old { found, known } => {
                write!(
                    f,
                    "the list is version {found}, and version {known} is known"
                )
            }
        }
    }
}

impl std::error::Error for ListError {}

/// Reference values of one release of the list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct References {
    /// A wallet keeps the greatest that it has seen.
    pub version: u32,
    /// States of the registers that are accepted.
    pub values: Vec<Reference>,
}

impl References {
    /// Signed by the authority.
    #[must_use]
    pub fn to_signed(&self, issuer: &IssuerKey) -> Vec<u8> {
        let mut body = self.version.to_be_bytes().to_vec();
        body.extend_from_slice(&(self.values.len() as u16).to_be_bytes());
        for value in &self.values {
            body.extend_from_slice(&value.to_bytes());
        }
        signed(issuer, &REFERENCES, &body)
    }

    /// From what the authority signed.
    ///
    /// # Errors
    /// When it did not, or the list is malformed.
    pub fn from_signed(bytes: &[u8], issuer: &Issuer) -> Result<Self, ListError> {
        let body = opened(bytes, issuer, &REFERENCES)?;
        let (head, entries) = body.split_first_chunk::<6>().ok_or(ListError::Length)?;
        let [v0, v1, v2, v3, n0, n1] = *head;
        let number = usize::from(u16::from_be_bytes([n0, n1]));
        if number > REFERENCES_MAX || entries.len() != number * REFERENCE_BYTES {
            return Err(ListError::Length);
        }
        let (values, _) = entries.as_chunks::<REFERENCE_BYTES>();
        Ok(Self {
            version: u32::from_be_bytes([v0, v1, v2, v3]),
            values: values.iter().map(Reference::from_bytes).collect(),
        })
    }
}

/// A revocation list, signed by the authority.
#[must_use]
pub fn revocation_to_signed(list: &RevocationList<BnP256>, issuer: &IssuerKey) -> Vec<u8> {
    signed(issuer, &REVOKED, &list.to_bytes())
}

/// A revocation list from what the authority signed.
///
/// # Errors
/// When it did not, or the list is malformed.
pub fn revocation_from_signed(
    bytes: &[u8],
    issuer: &Issuer,
) -> Result<RevocationList<BnP256>, ListError> {
    let body = opened(bytes, issuer, &REVOKED)?;
    RevocationList::from_bytes(body).map_err(ListError::Entry)
}

/// Version of a signed list of either kind, as it claims; 0 when there is none.
#[must_use]
pub fn version_of(signed: &[u8]) -> u32 {
    let version = signed.get(SIGNATURE..).and_then(|body| body.first_chunk());
    version.map_or(0, |version| u32::from_be_bytes(*version))
}

fn signed(issuer: &IssuerKey, domain: &[u8; 16], body: &[u8]) -> Vec<u8> {
    let signature = issuer.certify(domain, &sha256(&[body]));
    [&signature[..], body].concat()
}

fn opened<'a>(bytes: &'a [u8], issuer: &Issuer, domain: &[u8; 16]) -> Result<&'a [u8], ListError> {
    let (signature, body) = bytes
        .split_first_chunk::<SIGNATURE>()
        .ok_or(ListError::Length)?;
    if issuer.certified(domain, &sha256(&[body]), signature) {
        Ok(body)
    } else {
        Err(ListError::Signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::Drbg;

    fn authority(name: &[u8]) -> (IssuerKey, Issuer) {
        let key = IssuerKey::from_secret(&Drbg::new(name).bytes()).unwrap();
        let public = Issuer::new(&key.public()).unwrap();
        (key, public)
    }

    #[test]
    fn lists_come_back_and_any_changed_byte_is_refused() {
        let (key, public) = authority(b"authority");
        let references = References {
            version: 7,
            values: vec![
                Reference::expected(b"OP\x01\x00", b"one"),
                Reference::expected(b"OP\x01\x01", b"two"),
            ],
        };
        let good = references.to_signed(&key);
        assert_eq!(References::from_signed(&good, &public), Ok(references));
        assert_eq!(version_of(&good), 7);
        let revoked = RevocationList::new(3, [&[1; 32][..], &[2; 32]]).unwrap();
        let list = revocation_to_signed(&revoked, &key);
        assert_eq!(revocation_from_signed(&list, &public), Ok(revoked));
        assert_eq!((version_of(&list), version_of(&[])), (3, 0));
        let refused = Some(ListError::Signature);
        for at in 0..good.len().max(list.len()) {
            let changed = |bytes: &[u8]| -> Vec<u8> {
                let mut bytes = bytes.to_vec();
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1;
                }
                bytes
            };
            if at < good.len() {
                let result = References::from_signed(&changed(&good), &public);
                assert_eq!(result.err(), refused, "byte {at}");
            }
            if at < list.len() {
                let result = revocation_from_signed(&changed(&list), &public);
                assert_eq!(result.err(), refused, "byte {at}");
            }
        }
        let (_, stranger) = authority(b"stranger");
        assert_eq!(References::from_signed(&good, &stranger).err(), refused);
        // One kind of list does not pass for the other.
        assert_eq!(revocation_from_signed(&good, &public).err(), refused);
        let short = References::from_signed(&good[..63], &public);
        assert_eq!(short.err(), Some(ListError::Length));
        let lies = signed(&key, &REFERENCES, &[0, 0, 0, 1, 0, 9]);
        let lies = References::from_signed(&lies, &public);
        assert_eq!(lies.err(), Some(ListError::Length));
    }
}
