//! Tokens: what the issuing authority signs and the ORM keeps.
//!
//! ```text
//! 0..4 "OPT1" | 4..8 issuer key id | 8..24 serial number | 24..28 value, big endian
//! | 28..32 issue date, days since 1970-01-01, big endian | 32..96 ECDSA P-256/SHA-256 r || s, low S
//! ```

use std::fmt;

use zeroize::Zeroize;

use crate::crypto::{KeyPair, PublicBytes, PublicSigner, aes128_block, sha256};

/// Length of a token in bytes.
pub const TOKEN_BYTES: usize = 96;
/// Bytes of a token that the signature covers.
const SIGNED: usize = 32;
const MAGIC: [u8; 4] = *b"OPT1";

/// A token whose signature and fields have been checked.
#[derive(Clone, Eq, PartialEq)]
pub struct Token([u8; TOKEN_BYTES]);

/// Why 96 bytes are not a token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum TokenError {
    /// The first four bytes are not `OPT1`.
    Magic,
    /// Another issuer's key identifier.
    Issuer,
    /// A value of 0.
    Value,
    /// The signature is not the issuer's, or its S is high.
    Signature,
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Magic => "not a token",
            Self::Issuer => "token of another issuer",
            Self::Value => "token of value 0",
            Self::Signature => "token signature is not the issuer's",
        })
    }
}

impl std::error::Error for TokenError {}

impl Token {
    /// The 96 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; TOKEN_BYTES] {
        &self.0
    }

    /// Value in the smallest unit of money.
    #[must_use]
    pub fn value(&self) -> u32 {
        word(&self.0, 24)
    }

    /// Serial number.
    #[must_use]
    pub fn serial(&self) -> [u8; 16] {
        let mut serial = [0; 16];
        serial.copy_from_slice(&self.0[8..24]);
        serial
    }

    /// Issue date in days since 1970-01-01.
    #[must_use]
    pub fn issue_date(&self) -> u32 {
        word(&self.0, 28)
    }
}

impl fmt::Debug for Token {
    /// Shows the value only: serial number and signature identify the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token(value {})", self.value())
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

fn word(bytes: &[u8; TOKEN_BYTES], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// The issuing authority's secret key.
#[derive(Clone)]
pub struct IssuerKey(KeyPair);

impl IssuerKey {
    /// From 32 secret bytes; `None` unless they are a scalar of P-256.
    #[must_use]
    pub fn from_secret(secret: &[u8; 32]) -> Option<Self> {
        KeyPair::from_secret(secret).map(Self)
    }

    /// What wallets check tokens with.
    #[must_use]
    pub fn public(&self) -> PublicBytes {
        self.0.public()
    }

    /// Makes a token. `value` must not be 0, or no wallet takes it.
    #[must_use]
    pub fn issue(&self, serial: &[u8; 16], value: u32, issue_date: u32) -> Token {
        let mut bytes = [0; TOKEN_BYTES];
        bytes[..4].copy_from_slice(&MAGIC);
        bytes[4..8].copy_from_slice(&key_id(&self.public()));
        bytes[8..24].copy_from_slice(serial);
        bytes[24..28].copy_from_slice(&value.to_be_bytes());
        bytes[28..32].copy_from_slice(&issue_date.to_be_bytes());
        let signature = self.0.sign(&bytes[..SIGNED]);
        bytes[SIGNED..].copy_from_slice(&signature);
        Token(bytes)
    }

    /// Signs something other than a token; `domain` keeps the two apart.
    pub(crate) fn certify(&self, domain: &[u8; 16], content: &[u8; 32]) -> [u8; 64] {
        self.0.sign(&[&domain[..], content].concat())
    }
}

/// First four bytes of SHA-256 of the issuer's public key.
#[must_use]
pub fn key_id(public: &PublicBytes) -> [u8; 4] {
    let hash = sha256(&[public]);
    [hash[0], hash[1], hash[2], hash[3]]
}

/// The issuing authority as wallets know it.
#[derive(Clone, Debug)]
pub struct Issuer {
    public: PublicBytes,
    signer: PublicSigner,
}

impl Issuer {
    /// Decodes the authority's public key; `None` when it is no point of P-256.
    #[must_use]
    pub fn new(public: &PublicBytes) -> Option<Self> {
        Some(Self {
            public: *public,
            signer: PublicSigner::new(public)?,
        })
    }

    /// The public key.
    #[must_use]
    pub fn public(&self) -> PublicBytes {
        self.public
    }

    /// Checks 96 bytes.
    ///
    /// # Errors
    /// Names the first check that failed.
    pub fn check(&self, bytes: &[u8; TOKEN_BYTES]) -> Result<Token, TokenError> {
        if bytes[..4] != MAGIC {
            return Err(TokenError::Magic);
        }
        if bytes[4..8] != key_id(&self.public) {
            return Err(TokenError::Issuer);
        }
        if word(bytes, 24) == 0 {
            return Err(TokenError::Value);
        }
        let mut signature = [0; 64];
        signature.copy_from_slice(&bytes[SIGNED..]);
        if !self.signer.verify(&bytes[..SIGNED], &signature) {
            return Err(TokenError::Signature);
        }
        Ok(Token(*bytes))
    }

    pub(crate) fn certified(
        &self,
        domain: &[u8; 16],
        content: &[u8; 32],
        signature: &[u8; 64],
    ) -> bool {
        self.signer
            .verify(&[&domain[..], content].concat(), signature)
    }
}

/// PTK of a payer session: AES-128(device key, "PTK" 0^5, counter as 8 bytes big endian).
#[must_use]
pub fn derive_ptk(device_key: &[u8; 16], counter: u32) -> [u8; 16] {
    let mut block = [0; 16];
    block[..3].copy_from_slice(b"PTK");
    block[12..].copy_from_slice(&counter.to_be_bytes());
    aes128_block(device_key, &block)
}

/// Encrypts or decrypts a transaction-buffer entry in place: `index` is relative to the session.
pub fn apply_entry_stream(ptk: &[u8; 16], index: u16, bytes: &mut [u8; TOKEN_BYTES]) {
    for (j, chunk) in bytes.chunks_exact_mut(16).enumerate() {
        let mut block = [0; 16];
        block[0] = b'T';
        block[10..12].copy_from_slice(&index.to_be_bytes());
        block[15] = j as u8;
        let mut stream = aes128_block(ptk, &block);
        for (byte, key) in chunk.iter_mut().zip(stream) {
            *byte ^= key;
        }
        stream.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::Drbg;

    #[test]
    fn any_changed_byte_is_refused() {
        let key = IssuerKey::from_secret(&Drbg::new(b"issuer").bytes()).unwrap();
        let issuer = Issuer::new(&key.public()).unwrap();
        let token = key.issue(&[7; 16], 10, 20_000);
        assert_eq!(issuer.check(token.as_bytes()).unwrap(), token);
        assert_eq!(
            (token.value(), token.issue_date(), token.serial()),
            (10, 20_000, [7; 16])
        );
        for at in 0..TOKEN_BYTES {
            let mut bytes = *token.as_bytes();
            bytes[at] ^= 0x40;
            assert!(issuer.check(&bytes).is_err(), "byte {at}");
        }
        let zero = key.issue(&[7; 16], 0, 0);
        assert_eq!(issuer.check(zero.as_bytes()), Err(TokenError::Value));
    }

    #[test]
    fn entry_stream_is_its_own_inverse_and_depends_on_the_index() {
        let mut a = [0x33; TOKEN_BYTES];
        apply_entry_stream(&[1; 16], 5, &mut a);
        let mut b = [0x33; TOKEN_BYTES];
        apply_entry_stream(&[1; 16], 6, &mut b);
        assert_ne!(a, b);
        apply_entry_stream(&[1; 16], 5, &mut a);
        assert_eq!(a, [0x33; TOKEN_BYTES]);
    }
}
