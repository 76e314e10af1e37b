//! Why something is refused.

use std::fmt;

/// What is wrong with the bytes of a point.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BadPoint {
    /// All bytes zero, or the point is the identity.
    Identity,
    /// The first byte is not one that the encoding allows.
    Tag(u8),
    /// A coordinate is not less than the field's modulus.
    Coordinate,
    /// No point of the curve has these coordinates.
    NotOnCurve,
    /// On the curve, but not of the prime order.
    NotInSubgroup,
}

/// What is wrong with the bytes of a scalar.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BadScalar {
    /// Not less than the order.
    TooLarge,
    /// Zero where zero would prove nothing.
    Zero,
}

/// Why a key, request, credential, signature or list is refused. `what` and `field` are the names
/// in the table of the crate's documentation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Refused {
    /// Not the fixed number of bytes.
    Length {
        /// What was decoded.
        what: &'static str,
        /// Bytes given.
        found: usize,
        /// Bytes that it has.
        expected: usize,
    },
    /// A field is not a point that may stand there.
    Point {
        /// The field.
        field: &'static str,
        /// What is wrong.
        why: BadPoint,
    },
    /// A field is not a scalar that may stand there.
    Scalar {
        /// The field.
        field: &'static str,
        /// What is wrong.
        why: BadScalar,
    },
    /// The issuer does not prove that it knows the secrets of its own key.
    IssuerProof,
    /// The request does not prove that Q is made with the key that it names.
    JoinProof,
    /// The sealed credential was not sealed for this key, or was changed.
    Sealed,
    /// The credential is for another key or another join.
    ForeignCredential,
    /// The issuer's key did not make the credential.
    CredentialEquation,
    /// Made under an issuer key of another epoch.
    Epoch {
        /// The signature's epoch.
        found: u32,
        /// The verifier's.
        expected: u32,
    },
    /// A signature without a basename where one is needed.
    BasenameMissing,
    /// A signature with a basename where none is wanted.
    BasenameUnexpected,
    /// The signature is not over this message, basename, issuer and credential.
    SignatureProof,
    /// The multiples of a point and of a basename's point are not by one key, or not for this question.
    OwnedProof,
    /// The key that signed is on the revocation list.
    Revoked {
        /// Its place in the list.
        index: usize,
    },
    /// The keys of a revocation list do not ascend.
    ListOrder {
        /// First key that is not greater than the one before it.
        index: usize,
    },
    /// The revocation list has more keys than a wallet checks.
    ListTooLong {
        /// Keys in the list.
        found: usize,
    },
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length {
                what,
                found,
                expected,
            } => write!(f, "{what} has {found} bytes instead of {expected}"),
            Self::Point { field, why } => {
                write!(f, "{field} ")?;
                match why {
                    BadPoint::Identity => write!(f, "is the identity"),
                    BadPoint::Tag(tag) => write!(f, "begins with {tag:#04x}, which is no point"),
                    BadPoint::Coordinate => write!(f, "has a coordinate beyond the modulus"),
                    BadPoint::NotOnCurve => write!(f, "is not on the curve"),
                    BadPoint::NotInSubgroup => write!(f, "is not of the prime order"),
                }
            }
            Self::Scalar { field, why } => match why {
                BadScalar::TooLarge => write!(f, "{field} is not less than the order"),
                BadScalar::Zero => write!(f, "{field} is zero"),
            },
            Self::IssuerProof => write!(f, "the issuer does not prove its key"),
            Self::JoinProof => write!(f, "the request does not prove the key that joins"),
            Self::Sealed => write!(f, "the credential was sealed for another key or changed"),
            Self::ForeignCredential => write!(f, "the credential is for another key"),
            Self::CredentialEquation => write!(f, "the issuer did not make this credential"),
            Self::Epoch { found, expected } => {
                write!(f, "the credential is of epoch {found}; {expected} is valid")
            }
            Self::BasenameMissing => write!(f, "the signature has no basename"),
            Self::BasenameUnexpected => write!(f, "the signature has a basename"),
            Self::SignatureProof => write!(f, "the signature is not over this message"),
            Self::OwnedProof => write!(f, "the multiple of the point is not proved"),
            Self::Revoked { index } => {
                write!(f, "the key that signed is revoked (entry {index})")
            }
            Self::ListOrder { index } => write!(
                f,
                "entry {index} of the revocation list is not greater than the one before it"
            ),
            Self::ListTooLong { found } => write!(
                f,
                "the revocation list has {found} keys; at most {} are checked",
                crate::LIST_MAX
            ),
        }
    }
}

impl std::error::Error for Refused {}

/// Why no signature or join request was made.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum SignError<E> {
    /// The TPM did not do it.
    Key(E),
    /// The TPM answered with a point or scalar that it cannot have computed.
    Answer(Refused),
    /// The TPM gave no commitment to the basename although asked to, or gave one unasked.
    Commitment,
    /// Four times in a row the TPM's nonceK began with a zero byte, which is not its short form.
    Nonce,
}

impl<E: fmt::Display> fmt::Display for SignError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(error) => write!(f, "{error}"),
            Self::Answer(why) => write!(f, "the TPM's answer is wrong: {why}"),
            Self::Commitment => write!(f, "the TPM committed to something else than asked"),
            Self::Nonce => write!(f, "the TPM's nonces all begin with zero bytes"),
        }
    }
}

impl<E: std::error::Error + 'static> std::error::Error for SignError<E> {}
