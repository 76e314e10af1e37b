//! Direct anonymous attestation with a TPM 2.0: ECDAA over LRSW (Camenisch-Lysyanskaya)
//! credentials, as Chen, Page and Smart describe it and FIDO ECDAA uses it. The TPM's half is
//! `TPM2_Commit` and `TPM2_Sign` with the scheme `TPM_ALG_ECDAA`; the host holds no secret.
//!
//! ```text
//! setup   x, y random; X = x g2, Y = y g2, and a proof that the issuer knows x and y
//! join    the TPM's key d has the public half Q0 = d G. B = H1(nonce); Commit(G, B) and Sign prove
//!         that Q = d B has the same d. Credential: A = B/y, B, C = x (A + Q), D = Q
//! sign    (R, S, T, W) = l (A, B, C, D), l random; Commit(S [, J = H1(basename)]) gives E = r S
//!         [, K = d J, L = r J]; Sign(digest of all that and the message) gives nonceK, s = r + c d
//! verify  E = s S - c W [, L = s J - c K]; c = H(nonceK || digest); e(R, Y) = e(S, g2) and
//!         e(R + W, X) = e(T, g2), both at once; k S != W for every revoked k
//! link    two signatures under one basename are by one key exactly when K is the same
//! own     W = d P for any P, K = d J; Commit(P, J) gives E = r P, K, L = r J; Sign proves that both have
//!         one d. A key made the signatures whose W is its own multiple of their S
//! ```
//!
//! # Wire formats
//!
//! All numbers are big endian, all widths fixed. On [`BnP256`](bn_p256::BnP256) a point of G1 has
//! 33 bytes: `02` or `03` (y even or odd), then x; a point of G2 has 129: `04`, then x and y, each
//! as the coefficient of 1 and then of i. The identity has no encoding. A scalar has 32 bytes and is
//! less than the order. Every decoder refuses a second encoding of the same value.
//!
//! | what | bytes on BN_P256 | fields, in order |
//! |---|---|---|
//! | [`IssuerPublic`] | 358 | epoch 4, X 129, Y 129, c 32, s_x 32, s_y 32 |
//! | [`JoinRequest`] | 129 | Q 33, c 32, nonceK 32, s 32 |
//! | [`Credential`] | 132 | A 33, B 33, C 33, D 33 |
//! | [`Signature`] | 232 | epoch 4, R 33, S 33, T 33, W 33, c 32, nonceK 32, s 32 |
//! | with a basename | 265 | the same, then K 33 |
//! | [`Owned`] | 162 | W 33, K 33, c 32, nonceK 32, s 32 |
//! | [`RevocationList`] | 6 + 32 n | version 4, n 2, n keys 32, ascending |
//!
//! nonceK is padded on the left with zeros and hashed without them, as TPMs do.
//!
//! # What it does not do
//!
//! Arithmetic of arkworks is not constant in time. The issuer's secrets and the key of a
//! [`SoftKey`] are therefore split into two random summands before each multiplication of a point,
//! so that what is timed is random each time; the one multiplication of scalars in s = r + c d is
//! not hidden. A chip's TPM does its own. Secrets are zeroized where this crate holds them; copies
//! that the compiler makes on the stack are not.
#![forbid(unsafe_code)]

pub mod bn_p256;
mod credential;
mod encoding;
mod error;
mod issuer;
mod key;
mod owned;
mod revocation;
mod sign;
mod suite;
mod transcript;
mod verify;

pub use credential::{Credential, Issued, JoinRequest, NAME_MAX};
pub use error::{BadPoint, BadScalar, Refused, SignError};
pub use issuer::{IssuerPublic, IssuerSecret};
pub use key::{Commitment, DaaKey, Response, SoftKey, SoftKeyError};
pub use owned::Owned;
pub use revocation::{LIST_MAX, RevocationList};
pub use sign::{Signature, same_signer, sign};
pub use suite::{BasePoint, G1, G2, Suite};
pub use verify::Verifier;

/// SHA-256, the only hash of the scheme.
pub const DIGEST_BYTES: usize = 32;
