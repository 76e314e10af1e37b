//! Public areas, names and policies, computed as a TPM computes them.

use sha2::{Digest, Sha256};

use crate::ATTESTED_PCRS;
use crate::wire::sized;

const ALG_SHA256: u16 = 0x000B;
const ALG_NULL: u16 = 0x0010;
const ALG_ECDAA: u16 = 0x001A;
const ALG_ECC: u16 = 0x0023;
const CURVE_NIST_P256: u16 = 0x0003;
const CURVE_BN_P256: u16 = 0x0010;

/// fixedTPM, fixedParent, sensitiveDataOrigin, noDA, sign; userWithAuth is not among them, so that
/// only the policy lets the key work.
const ATTESTATION_ATTRIBUTES: u32 = 0x0004_0432;
/// fixedTPM, fixedParent, sensitiveDataOrigin, adminWithPolicy, restricted, decrypt.
const ENDORSEMENT_ATTRIBUTES: u32 = 0x0003_00B2;
/// PolicySecret of the endorsement hierarchy: TCG EK Credential Profile, PolicyA.
const ENDORSEMENT_POLICY: [u8; 32] = [
    0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xB3, 0xF8, 0x1A, 0x90, 0xCC, 0x8D, 0x46, 0xA5, 0xD7, 0x24,
    0xFD, 0x52, 0xD7, 0x6E, 0x06, 0x52, 0x0B, 0x64, 0xF2, 0xA1, 0xDA, 0x1B, 0x33, 0x14, 0x69, 0xAA,
];

fn area(attributes: u32, policy: &[u8; 32], middle: &[u16], x: &[u8], y: &[u8]) -> Vec<u8> {
    let mut out = ALG_ECC.to_be_bytes().to_vec();
    out.extend_from_slice(&ALG_SHA256.to_be_bytes());
    out.extend_from_slice(&attributes.to_be_bytes());
    out.extend_from_slice(&sized(policy));
    for code in middle {
        out.extend_from_slice(&code.to_be_bytes());
    }
    out.extend_from_slice(&sized(x));
    out.extend_from_slice(&sized(y));
    out
}

/// Public area of an attestation key with this policy and point; for the template of a new key the
/// coordinates are empty.
///
/// To compare this with what a wallet shows is the issuer's check that the key is made in the TPM,
/// cannot leave it, and works only in the state of the policy.
#[must_use]
pub fn attestation(policy: &[u8; 32], x: &[u8], y: &[u8]) -> Vec<u8> {
    let middle = [
        ALG_NULL,
        ALG_ECDAA,
        ALG_SHA256,
        0, // count
        CURVE_BN_P256,
        ALG_NULL,
    ];
    area(ATTESTATION_ATTRIBUTES, policy, &middle, x, y)
}

/// Public area of an endorsement key, template L-2 of the TCG EK Credential Profile; for the
/// template the coordinates are 32 zeros.
#[must_use]
pub fn endorsement(x: &[u8; 32], y: &[u8; 32]) -> Vec<u8> {
    let middle = [
        0x0006, // AES
        128,
        0x0043, // CFB
        ALG_NULL,
        CURVE_NIST_P256,
        ALG_NULL,
    ];
    area(ENDORSEMENT_ATTRIBUTES, &ENDORSEMENT_POLICY, &middle, x, y)
}

/// Name of a key: the hash algorithm and the hash of its public area.
#[must_use]
pub fn name(public: &[u8]) -> [u8; 34] {
    let mut out = [0; 34];
    out[..2].copy_from_slice(&ALG_SHA256.to_be_bytes());
    out[2..].copy_from_slice(&Sha256::digest(public));
    out
}

/// [`ATTESTED_PCRS`] of the SHA-256 bank, as a TPML_PCR_SELECTION.
pub(crate) fn selection() -> [u8; 10] {
    let mut bits = [0; 3];
    for pcr in ATTESTED_PCRS {
        bits[usize::from(pcr / 8)] |= 1 << (pcr % 8);
    }
    let [a, b] = ALG_SHA256.to_be_bytes();
    [0, 0, 0, 1, a, b, 3, bits[0], bits[1], bits[2]]
}

/// Policy of a key that works only while the [`ATTESTED_PCRS`] hold these values.
#[must_use]
pub fn pcr_policy(values: &[[u8; 32]; ATTESTED_PCRS.len()]) -> [u8; 32] {
    let digest = Sha256::digest(values.as_flattened());
    Sha256::new()
        .chain_update([0; 32])
        .chain_update(0x0000_017Fu32.to_be_bytes()) // TPM_CC_PolicyPCR
        .chain_update(selection())
        .chain_update(digest)
        .finalize()
        .into()
}

/// Value of a register that began at zero and was extended with the hash of each event.
#[must_use]
pub fn extended(events: &[&[u8]]) -> [u8; 32] {
    events.iter().fold([0; 32], |value, event| {
        Sha256::new()
            .chain_update(value)
            .chain_update(Sha256::digest(event))
            .finalize()
            .into()
    })
}
