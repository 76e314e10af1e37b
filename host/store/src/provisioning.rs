//! What the authority gives a wallet at manufacture, and its form in a file's header.

use std::fmt;

use opera_regs::nv;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::error::{BadProvisioning, Damage};
use crate::file::{FORMAT_VERSION, HEADER_BYTES};

/// Longest [`Provisioning::references`], in bytes.
pub const REFERENCES_MAX: usize = 2048;
/// Longest [`Provisioning::extra`], in bytes.
pub const EXTRA_MAX: usize = 256;

const MAGIC: &[u8; 8] = b"OPERAWLT";

// Offsets in the header. Numbers are little endian; bytes not listed are zero.
const VERSION: usize = 8;
const HEADER_LEN: usize = 12;
const NV_WORDS: usize = 16;
const ROLE: usize = 20;
const HAS_ISSUER_SECRET: usize = 21;
const EXTRA_LEN: usize = 22;
const SERIAL: usize = 24;
const DEVICE_KEY: usize = 32;
const POWER_KEY: usize = 48;
const ATTESTATION_KEY: usize = 64;
const ATTESTATION_POLICY: usize = 96;
const ISSUER_PUBLIC: usize = 160;
const ISSUER_SECRET: usize = 196;
const EXTRA: usize = 228;
const ATTESTATION_CREDENTIAL: usize = 512;
const GROUP: usize = 648;
const TPM: usize = 1008;
const REFERENCES_LEN: usize = 1010;
const ENDORSEMENT: usize = 1024;
const REFERENCES: usize = 1088;
const DIGEST: usize = HEADER_BYTES - 32;

/// Which build of the RTL the wallet is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Role {
    /// An ordinary wallet.
    Wallet,
    /// The issuing authority's mint.
    Mint,
}

/// Which trusted platform module the wallet has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TpmKind {
    /// The model in Rust, whose key is in the wallet file.
    Model,
    /// The TPM 2.0 emulator `swtpm`, whose keys are in its own state folder.
    Swtpm,
}

/// Keys and identity of one wallet. Zeroed when dropped; its `Debug` shows no key.
#[derive(Clone, Eq, PartialEq, Zeroize, ZeroizeOnDrop)]
pub struct Provisioning {
    /// Wallet or mint.
    #[zeroize(skip)]
    pub role: Role,
    /// Serial number of the device; the hardened profile never shows it to a partner.
    pub serial: u64,
    /// Key of the ORM: seals tokens and derives every PTK. Byte 0 first.
    pub device_key: [u8; 16],
    /// Key that answers the power controller's challenge. Byte 0 first.
    pub power_key: [u8; 16],
    /// Which TPM it has.
    #[zeroize(skip)]
    pub tpm: TpmKind,
    /// Endorsement key of the TPM that the attestation key joined in, a point of P-256: x, then y;
    /// zero for the model. Only the authority and the wallet know it.
    pub endorsement: [u8; 64],
    /// Secret attestation key, a scalar of BN_P256, big endian; zero when the TPM has it.
    pub attestation_key: [u8; 32],
    /// Policy of the attestation key: the state of the registers that it works in.
    pub attestation_policy: [u8; 32],
    /// The authority's credential for the attestation key.
    pub attestation_credential: [u8; 132],
    /// The authority's public attestation key, under which partners are accepted.
    pub group: [u8; 358],
    /// Reference values of the registers, as the authority signed them, at most [`REFERENCES_MAX`]
    /// bytes.
    pub references: Vec<u8>,
    /// Revoked attestation keys, as the authority signed them; empty before the first list. Not in the
    /// header: only an [`Update`](crate::Update) brings one.
    pub revoked: Vec<u8>,
    /// The issuer's public key, SEC1 compressed.
    pub issuer_public: [u8; 33],
    /// The issuer's secret key, a scalar of P-256, big endian; mints only.
    pub issuer_secret: Option<[u8; 32]>,
    /// At most [`EXTRA_MAX`] bytes for the TPCU, such as the seed of its random numbers.
    pub extra: Vec<u8>,
}

impl fmt::Debug for Provisioning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provisioning")
            .field("role", &self.role)
            .field("serial", &self.serial)
            .finish_non_exhaustive()
    }
}

impl Provisioning {
    /// Epoch of the authority's public attestation key, which begins with it.
    #[must_use]
    pub fn epoch(&self) -> u32 {
        let [e0, e1, e2, e3, ..] = self.group;
        u32::from_be_bytes([e0, e1, e2, e3])
    }

    /// For tests: keys that are patterns of `serial`, not points or signatures.
    #[must_use]
    pub fn pattern(role: Role, serial: u8) -> Self {
        Self {
            role,
            serial: u64::from(serial),
            device_key: [0xD0 ^ serial; 16],
            power_key: [0x50 ^ serial; 16],
            tpm: TpmKind::Model,
            endorsement: [0; 64],
            attestation_key: [0xA0 ^ serial; 32],
            attestation_policy: [0xB0 ^ serial; 32],
            attestation_credential: [0xC0 ^ serial; 132],
            group: [0x47; 358],
            references: vec![0x52; 118],
            revoked: Vec::new(),
            issuer_public: [0x02; 33],
            issuer_secret: (role == Role::Mint).then_some([0x15; 32]),
            extra: Vec::new(),
        }
    }

    /// The header of a file; refuses what [`decode`] would not give back.
    pub(crate) fn encode(&self) -> Result<[u8; HEADER_BYTES], BadProvisioning> {
        if self.extra.len() > EXTRA_MAX {
            return Err(BadProvisioning::ExtraTooLong {
                bytes: self.extra.len(),
            });
        }
        if self.references.len() > REFERENCES_MAX {
            return Err(BadProvisioning::ReferencesTooLong {
                bytes: self.references.len(),
            });
        }
        if self.issuer_secret.is_some() != (self.role == Role::Mint) {
            return Err(BadProvisioning::IssuerSecret);
        }
        let mut header = [0; HEADER_BYTES];
        let mut put = |at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, MAGIC);
        put(VERSION, &FORMAT_VERSION.to_le_bytes());
        put(HEADER_LEN, &(HEADER_BYTES as u32).to_le_bytes());
        put(NV_WORDS, &nv::WORDS.to_le_bytes());
        put(ROLE, &[if self.role == Role::Wallet { 1 } else { 2 }]);
        put(EXTRA_LEN, &(self.extra.len() as u16).to_le_bytes());
        put(SERIAL, &self.serial.to_le_bytes());
        put(DEVICE_KEY, &self.device_key);
        put(POWER_KEY, &self.power_key);
        put(ATTESTATION_KEY, &self.attestation_key);
        put(ATTESTATION_POLICY, &self.attestation_policy);
        put(ATTESTATION_CREDENTIAL, &self.attestation_credential);
        put(GROUP, &self.group);
        put(TPM, &[if self.tpm == TpmKind::Model { 1 } else { 2 }]);
        put(ENDORSEMENT, &self.endorsement);
        put(
            REFERENCES_LEN,
            &(self.references.len() as u16).to_le_bytes(),
        );
        put(REFERENCES, &self.references);
        put(ISSUER_PUBLIC, &self.issuer_public);
        if let Some(secret) = &self.issuer_secret {
            put(HAS_ISSUER_SECRET, &[1]);
            put(ISSUER_SECRET, secret);
        }
        put(EXTRA, &self.extra);
        let digest = Sha256::digest(&header[..DIGEST]);
        header[DIGEST..].copy_from_slice(&digest);
        Ok(header)
    }
}

/// Why a header is not ours.
pub(crate) enum Rejected {
    Foreign,
    Newer(u32),
    Older(u32),
    Damaged(Damage),
}

/// Magic and format version, from the first bytes of a file of any length.
pub(crate) fn check_start(start: &[u8]) -> Result<(), Rejected> {
    if start.len() < 12 || &start[..8] != MAGIC {
        return Err(Rejected::Foreign);
    }
    match number(start, VERSION) {
        0 => Err(Rejected::Damaged(Damage::Field("version"))),
        FORMAT_VERSION => Ok(()),
        older if older < FORMAT_VERSION => Err(Rejected::Older(older)),
        newer => Err(Rejected::Newer(newer)),
    }
}

/// Checks a header from front to back, and takes it apart.
pub(crate) fn decode(header: &[u8; HEADER_BYTES]) -> Result<Provisioning, Rejected> {
    check_start(header)?;
    if Sha256::digest(&header[..DIGEST])[..] != header[DIGEST..] {
        return Err(Rejected::Damaged(Damage::Digest));
    }
    let field = |ok: bool, name| match ok {
        true => Ok(()),
        false => Err(Rejected::Damaged(Damage::Field(name))),
    };
    field(
        number(header, HEADER_LEN) == HEADER_BYTES as u32,
        "header length",
    )?;
    field(number(header, NV_WORDS) == nv::WORDS, "words")?;
    let role = match header[ROLE] {
        1 => Role::Wallet,
        2 => Role::Mint,
        _ => return Err(Rejected::Damaged(Damage::Field("role"))),
    };
    let tpm = match header[TPM] {
        1 => TpmKind::Model,
        2 => TpmKind::Swtpm,
        _ => return Err(Rejected::Damaged(Damage::Field("TPM"))),
    };
    let references_len = usize::from(u16::from_le_bytes(bytes(header, REFERENCES_LEN)));
    field(references_len <= REFERENCES_MAX, "references length")?;
    let is_mint = u8::from(role == Role::Mint);
    field(header[HAS_ISSUER_SECRET] == is_mint, "issuer secret")?;
    let extra_len = usize::from(u16::from_le_bytes([
        header[EXTRA_LEN],
        header[EXTRA_LEN + 1],
    ]));
    field(extra_len <= EXTRA_MAX, "extra length")?;
    Ok(Provisioning {
        role,
        serial: u64::from_le_bytes(bytes(header, SERIAL)),
        device_key: bytes(header, DEVICE_KEY),
        power_key: bytes(header, POWER_KEY),
        tpm,
        endorsement: bytes(header, ENDORSEMENT),
        attestation_key: bytes(header, ATTESTATION_KEY),
        attestation_policy: bytes(header, ATTESTATION_POLICY),
        attestation_credential: bytes(header, ATTESTATION_CREDENTIAL),
        group: bytes(header, GROUP),
        references: header[REFERENCES..REFERENCES + references_len].to_vec(),
        revoked: Vec::new(),
        issuer_public: bytes(header, ISSUER_PUBLIC),
        issuer_secret: (role == Role::Mint).then(|| bytes(header, ISSUER_SECRET)),
        extra: header[EXTRA..EXTRA + extra_len].to_vec(),
    })
}

fn bytes<const N: usize>(from: &[u8], at: usize) -> [u8; N] {
    std::array::from_fn(|i| from[at + i])
}

fn number(from: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes(from, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_is_shown_by_debug() {
        let text = format!("{:?}", Provisioning::pattern(Role::Mint, 7));
        assert_eq!(text, "Provisioning { role: Mint, serial: 7, .. }");
    }

    #[test]
    fn each_field_comes_back() {
        let mut all = Provisioning::pattern(Role::Mint, 9);
        all.serial = u64::MAX - 1;
        all.extra = (0..=255).collect();
        all.tpm = TpmKind::Swtpm;
        all.endorsement = [0xE0; 64];
        all.references = vec![0x52; REFERENCES_MAX];
        let header = all.encode().unwrap();
        assert!(decode(&header).is_ok_and(|back| back == all));
    }

    #[test]
    fn an_impossible_field_under_a_right_digest_is_damage() {
        for (at, value, name) in [
            (HEADER_LEN, 1, "header length"),
            (NV_WORDS, 1, "words"),
            (ROLE, 3, "role"),
            (HAS_ISSUER_SECRET, 1, "issuer secret"),
            (EXTRA_LEN + 1, 2, "extra length"),
            (TPM, 3, "TPM"),
            (REFERENCES_LEN + 1, 9, "references length"),
            (VERSION, 0, "version"),
        ] {
            let mut header = Provisioning::pattern(Role::Wallet, 1).encode().unwrap();
            header[at] = value;
            let digest = Sha256::digest(&header[..DIGEST]);
            header[DIGEST..].copy_from_slice(&digest);
            assert!(
                matches!(decode(&header), Err(Rejected::Damaged(Damage::Field(n))) if n == name),
                "{name}"
            );
        }
    }
}
