//! The trusted platform module of the TPCU: platform configuration registers and quotes.

use zeroize::Zeroizing;

use crate::crypto::{KeyPair, PublicBytes, PublicSigner, same, sha1, sha256};
use crate::token::{Issuer, IssuerKey, key_id};

/// Number of platform configuration registers.
pub const PCRS: usize = 24;
/// PCR of the RTL identity (register ID).
pub const PCR_RTL: usize = 0;
/// PCR of the firmware measurement.
pub const PCR_FIRMWARE: usize = 1;
/// Length of a [`Certificate`] on the wire.
pub const CERTIFICATE_BYTES: usize = 33 + 64;
/// Length of an [`Attestation`] on the wire.
pub const ATTESTATION_BYTES: usize = CERTIFICATE_BYTES + 1 + 32 + 64;

const CERT_DOMAIN: [u8; 16] = *b"OPERA AK cert 1\0";

/// A bank of platform configuration registers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Bank {
    /// SHA-1, 20 bytes; the paper profile.
    Sha1,
    /// SHA-256, 32 bytes; the hardened profile.
    Sha256,
}

impl Bank {
    fn code(self) -> u8 {
        match self {
            Self::Sha1 => 0x04,
            Self::Sha256 => 0x0B,
        }
    }

    /// Hash of the bank over the parts, padded with zeros to 32 bytes.
    #[must_use]
    pub fn hash(self, parts: &[&[u8]]) -> [u8; 32] {
        match self {
            Self::Sha1 => {
                let mut out = [0; 32];
                out[..20].copy_from_slice(&sha1(parts));
                out
            }
            Self::Sha256 => sha256(parts),
        }
    }

    /// Bytes of a digest of this bank.
    #[must_use]
    pub fn digest_bytes(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }
}

/// The authority's word that an attestation key is inside a wallet's TPM. Holds nothing else, so
/// wallets that share a batch key show the same bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Certificate {
    /// Public attestation key.
    pub key: PublicBytes,
    /// The authority's signature.
    pub signature: [u8; 64],
}

impl Certificate {
    /// Made by the authority at provisioning.
    #[must_use]
    pub fn issue(issuer: &IssuerKey, key: &PublicBytes) -> Self {
        let content = cert_content(&issuer.public(), key);
        Self {
            key: *key,
            signature: issuer.certify(&CERT_DOMAIN, &content),
        }
    }

    /// Wire form.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; CERTIFICATE_BYTES] {
        let mut out = [0; CERTIFICATE_BYTES];
        out[..33].copy_from_slice(&self.key);
        out[33..].copy_from_slice(&self.signature);
        out
    }

    /// From the wire form; checks nothing.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; CERTIFICATE_BYTES]) -> Self {
        let mut out = Self {
            key: [0; 33],
            signature: [0; 64],
        };
        out.key.copy_from_slice(&bytes[..33]);
        out.signature.copy_from_slice(&bytes[33..]);
        out
    }
}

fn cert_content(issuer: &PublicBytes, key: &PublicBytes) -> [u8; 32] {
    sha256(&[&key_id(issuer), key])
}

/// PCR digest, signed together with the verifier's data by an attestation key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Attestation {
    /// Certificate of the attestation key.
    pub certificate: Certificate,
    /// Bank that was quoted.
    pub bank: Bank,
    /// Hash of the quoted registers, zero padded for SHA-1.
    pub pcr_digest: [u8; 32],
    /// Signature over bank, digest and qualifying data.
    pub signature: [u8; 64],
}

impl Attestation {
    /// Wire form.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; ATTESTATION_BYTES] {
        let mut out = [0; ATTESTATION_BYTES];
        out[..97].copy_from_slice(&self.certificate.to_bytes());
        out[97] = self.bank.code();
        out[98..130].copy_from_slice(&self.pcr_digest);
        out[130..].copy_from_slice(&self.signature);
        out
    }

    /// From the wire form; `None` for an unknown bank. Checks nothing else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; ATTESTATION_BYTES]) -> Option<Self> {
        let bank = match bytes[97] {
            0x04 => Bank::Sha1,
            0x0B => Bank::Sha256,
            _ => return None,
        };
        let mut certificate = [0; CERTIFICATE_BYTES];
        certificate.copy_from_slice(&bytes[..97]);
        let mut out = Self {
            certificate: Certificate::from_bytes(&certificate),
            bank,
            pcr_digest: [0; 32],
            signature: [0; 64],
        };
        out.pcr_digest.copy_from_slice(&bytes[98..130]);
        out.signature.copy_from_slice(&bytes[130..]);
        Some(out)
    }

    /// True when the authority certified the key, the key signed exactly this data, and the
    /// registers hold one of the reference values.
    #[must_use]
    pub fn verify(
        &self,
        issuer: &Issuer,
        bank: Bank,
        references: &[Reference],
        qualifying: &[u8; 32],
    ) -> bool {
        let content = cert_content(&issuer.public(), &self.certificate.key);
        let known = references
            .iter()
            .any(|reference| same(&reference.digest(bank), &self.pcr_digest));
        let signed = PublicSigner::new(&self.certificate.key).is_some_and(|key| {
            key.verify(
                &quoted(self.bank, &self.pcr_digest, qualifying),
                &self.signature,
            )
        });
        self.bank == bank
            && known
            && signed
            && issuer.certified(&CERT_DOMAIN, &content, &self.certificate.signature)
    }
}

fn quoted(bank: Bank, pcr_digest: &[u8; 32], qualifying: &[u8; 32]) -> Vec<u8> {
    [
        &b"OPERA quote 1"[..],
        &[bank.code(), PCR_RTL as u8, PCR_FIRMWARE as u8],
        pcr_digest,
        qualifying,
    ]
    .concat()
}

/// PCR state of an authentic wallet, as the authority publishes it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Reference {
    sha1: [u8; 32],
    sha256: [u8; 32],
}

impl Reference {
    /// State after booting RTL with this ID register and firmware with this measurement.
    #[must_use]
    pub fn expected(rtl_id: &[u8; 4], firmware: &[u8]) -> Self {
        let digest = |bank: Bank| {
            let size = bank.digest_bytes();
            let extend =
                |event: &[u8]| bank.hash(&[&[0; 32][..size], &bank.hash(&[event])[..size]]);
            bank.hash(&[&extend(rtl_id)[..size], &extend(firmware)[..size]])
        };
        Self {
            sha1: digest(Bank::Sha1),
            sha256: digest(Bank::Sha256),
        }
    }

    fn digest(&self, bank: Bank) -> [u8; 32] {
        match bank {
            Bank::Sha1 => self.sha1,
            Bank::Sha256 => self.sha256,
        }
    }
}

/// What the TPCU asks of its TPM.
pub trait Tpm {
    /// Power-on: all registers to 0.
    fn reset(&mut self);
    /// Extends a register of both banks with an event; an index beyond 23 is ignored.
    fn extend(&mut self, pcr: usize, event: &[u8]);
    /// Reads a register, zero padded for SHA-1; zeros beyond index 23.
    fn read(&self, bank: Bank, pcr: usize) -> [u8; 32];
    /// Signs the state of [`PCR_RTL`] and [`PCR_FIRMWARE`] together with the verifier's data.
    fn quote(&self, bank: Bank, qualifying: &[u8; 32]) -> Attestation;
}

/// A TPM in software.
pub struct SoftTpm {
    sha1: [[u8; 32]; PCRS],
    sha256: [[u8; 32]; PCRS],
    key: KeyPair,
    certificate: Certificate,
}

impl SoftTpm {
    /// A TPM with a provisioned attestation key; `None` unless the 32 bytes are a scalar of P-256.
    #[must_use]
    pub fn new(key: &Zeroizing<[u8; 32]>, certificate: Certificate) -> Option<Self> {
        Some(Self {
            sha1: [[0; 32]; PCRS],
            sha256: [[0; 32]; PCRS],
            key: KeyPair::from_secret(key)?,
            certificate,
        })
    }
}

impl Tpm for SoftTpm {
    fn reset(&mut self) {
        self.sha1 = [[0; 32]; PCRS];
        self.sha256 = [[0; 32]; PCRS];
    }

    fn extend(&mut self, pcr: usize, event: &[u8]) {
        for (bank, pcrs) in [
            (Bank::Sha1, &mut self.sha1),
            (Bank::Sha256, &mut self.sha256),
        ] {
            let size = bank.digest_bytes();
            if let Some(value) = pcrs.get_mut(pcr) {
                *value = bank.hash(&[&value[..size], &bank.hash(&[event])[..size]]);
            }
        }
    }

    fn read(&self, bank: Bank, pcr: usize) -> [u8; 32] {
        let pcrs = match bank {
            Bank::Sha1 => &self.sha1,
            Bank::Sha256 => &self.sha256,
        };
        pcrs.get(pcr).copied().unwrap_or_default()
    }

    fn quote(&self, bank: Bank, qualifying: &[u8; 32]) -> Attestation {
        let size = bank.digest_bytes();
        let pcr_digest = bank.hash(&[
            &self.read(bank, PCR_RTL)[..size],
            &self.read(bank, PCR_FIRMWARE)[..size],
        ]);
        Attestation {
            certificate: self.certificate,
            bank,
            pcr_digest,
            signature: self.key.sign(&quoted(bank, &pcr_digest, qualifying)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::Drbg;

    fn parts() -> (SoftTpm, Issuer, IssuerKey) {
        let issuer = IssuerKey::from_secret(&Drbg::new(b"issuer").bytes()).unwrap();
        let secret = Zeroizing::new(Drbg::new(b"ak").bytes());
        let ak = KeyPair::from_secret(&secret).unwrap();
        let tpm = SoftTpm::new(&secret, Certificate::issue(&issuer, &ak.public())).unwrap();
        (tpm, Issuer::new(&issuer.public()).unwrap(), issuer)
    }

    #[test]
    fn quote_of_booted_wallet_verifies_and_of_others_does_not() {
        let (mut tpm, issuer, _) = parts();
        let reference = Reference::expected(b"OP\x01\x00", b"firmware");
        for bank in [Bank::Sha1, Bank::Sha256] {
            tpm.reset();
            let blank = tpm.quote(bank, &[9; 32]);
            assert!(!blank.verify(&issuer, bank, &[reference], &[9; 32]));
            tpm.extend(PCR_RTL, b"OP\x01\x00");
            tpm.extend(PCR_FIRMWARE, b"firmware");
            let quote = tpm.quote(bank, &[9; 32]);
            assert!(quote.verify(&issuer, bank, &[reference], &[9; 32]));
            assert!(!quote.verify(&issuer, bank, &[reference], &[8; 32]));
            assert!(!quote.verify(&issuer, bank, &[], &[9; 32]));
            let other = if bank == Bank::Sha1 {
                Bank::Sha256
            } else {
                Bank::Sha1
            };
            assert!(!quote.verify(&issuer, other, &[reference], &[9; 32]));
            tpm.extend(PCR_FIRMWARE, b"more");
            let late = tpm.quote(bank, &[9; 32]);
            assert!(!late.verify(&issuer, bank, &[reference], &[9; 32]));
        }
    }

    #[test]
    fn any_changed_byte_is_refused() {
        let (mut tpm, issuer, _) = parts();
        tpm.extend(PCR_RTL, b"OP\x01\x00");
        tpm.extend(PCR_FIRMWARE, b"firmware");
        let reference = Reference::expected(b"OP\x01\x00", b"firmware");
        let good = tpm.quote(Bank::Sha256, &[9; 32]).to_bytes();
        for at in 0..ATTESTATION_BYTES {
            let mut bytes = good;
            bytes[at] ^= 1;
            let passes = Attestation::from_bytes(&bytes)
                .is_some_and(|a| a.verify(&issuer, Bank::Sha256, &[reference], &[9; 32]));
            assert!(!passes, "byte {at}");
        }
    }
}
