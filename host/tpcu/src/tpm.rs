//! The trusted platform module of the TPCU: platform configuration registers and direct anonymous
//! attestation.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use opera_daa::bn_p256::BnP256;
use opera_daa::{
    BadPoint, Credential, DaaKey, IssuerPublic, IssuerSecret, JoinRequest, Refused, RevocationList,
    Signature, SoftKey, Verifier, sign,
};
use opera_tpm::public;
use zeroize::Zeroizing;

use crate::crypto::{Drbg, hmac, same, sha1, sha256};
use crate::lists::ListError;
use crate::protocol::wire::Refusal;

/// Number of platform configuration registers.
pub const PCRS: usize = 24;
/// PCR of the RTL identity (register ID).
pub const PCR_RTL: usize = 0;
/// PCR of the firmware measurement.
pub const PCR_FIRMWARE: usize = 1;
/// Length of the authority's public attestation key.
pub const ISSUER_BYTES: usize = 358;
/// Length of a credential.
pub const CREDENTIAL_BYTES: usize = 132;
/// Length of an anonymous signature.
pub const SIGNATURE_BYTES: usize = 232;
/// Length of a [`Reference`] in a list.
pub const REFERENCE_BYTES: usize = 20 + 32;
/// Length of an [`Attestation`] on the wire.
pub const ATTESTATION_BYTES: usize = 1 + 32 + SIGNATURE_BYTES;

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

/// What partners are checked against: the authority's attestation key of the epoch, and the keys
/// that it has revoked.
///
/// A simulation boots the same wallet into the same mount many times over, so what was once computed
/// for a group is kept: equal questions have equal answers. A real wallet never asks the same twice.
#[derive(Clone)]
pub struct Group {
    verifier: Arc<Verifier<BnP256>>,
    revoked: Arc<RevocationList<BnP256>>,
    /// Hash of `revoked`.
    revoked_id: [u8; 32],
    known: Arc<Mutex<Known>>,
}

/// What was once computed for a group; only what passed its check is in here.
#[derive(Default)]
struct Known {
    credentials: HashMap<[u8; CREDENTIAL_BYTES], Credential<BnP256>>,
    /// Hashes of revocation list, message and signature.
    verified: HashSet<[u8; 32]>,
    /// Signatures of keys in software, by a hash of all that they are made from.
    signatures: HashMap<[u8; 32], [u8; SIGNATURE_BYTES]>,
}

/// Entries of each kind that are kept.
const KNOWN_MAX: usize = 4096;

impl Known {
    /// Forgets all when one kind is full.
    fn make_room(&mut self) {
        let longest = self.verified.len().max(self.signatures.len());
        if longest.max(self.credentials.len()) >= KNOWN_MAX {
            *self = Self::default();
        }
    }
}

/// Groups whose issuer key was checked in this process, and how many are kept.
static GROUPS: Mutex<Vec<([u8; ISSUER_BYTES], Group)>> = Mutex::new(Vec::new());
const GROUPS_MAX: usize = 8;

/// What is behind the lock is whole between any two of its operations.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Group {
    /// The group of an issuer key, with nobody revoked.
    ///
    /// # Errors
    /// When the key is none, or its issuer does not prove to have it.
    pub fn new(issuer: &[u8; ISSUER_BYTES]) -> Result<Self, Refused> {
        let found = locked(&GROUPS)
            .iter()
            .find(|(bytes, _)| bytes == issuer)
            .map(|(_, group)| group.clone());
        if let Some(group) = found {
            return Ok(group);
        }
        let revoked = RevocationList::empty();
        let group = Self {
            verifier: Arc::new(Verifier::new(IssuerPublic::from_bytes(issuer)?)),
            revoked_id: sha256(&[&revoked.to_bytes()]),
            revoked: Arc::new(revoked),
            known: Arc::default(),
        };
        let mut groups = locked(&GROUPS);
        if groups.len() >= GROUPS_MAX {
            groups.remove(0);
        }
        groups.push((*issuer, group.clone()));
        Ok(group)
    }

    /// Refuses the keys of this list from now on.
    ///
    /// # Errors
    /// [`ListError::Old`] when a later one is known.
    pub fn revoke(&mut self, list: RevocationList<BnP256>) -> Result<(), ListError> {
        let (found, known) = (list.version(), self.revoked.version());
        if found < known {
            return Err(ListError::Old { found, known });
        }
        self.revoked_id = sha256(&[&list.to_bytes()]);
        self.revoked = Arc::new(list);
        Ok(())
    }

    /// A wallet's own credential.
    pub(crate) fn credential(
        &self,
        bytes: &[u8; CREDENTIAL_BYTES],
    ) -> Result<Credential<BnP256>, Refused> {
        if let Some(credential) = locked(&self.known).credentials.get(bytes) {
            return Ok(credential.clone());
        }
        let credential = Credential::from_bytes(bytes, &self.verifier)?;
        let mut known = locked(&self.known);
        known.make_room();
        known.credentials.insert(*bytes, credential.clone());
        Ok(credential)
    }

    /// Accepts a signature of this group over the message, by a key that is not revoked.
    fn verify(&self, signature: &[u8; SIGNATURE_BYTES], message: &[u8]) -> Result<(), Refused> {
        let id = sha256(&[&self.revoked_id, signature, message]);
        if locked(&self.known).verified.contains(&id) {
            return Ok(());
        }
        let signature = Signature::from_bytes(signature)?;
        self.verifier
            .verify(&signature, None, message, &self.revoked)?;
        let mut known = locked(&self.known);
        known.make_room();
        known.verified.insert(id);
        Ok(())
    }

    /// Signs without a basename, so that nothing links two signatures.
    pub(crate) fn sign<K: DaaKey<BnP256, Error: std::error::Error + Send + Sync + 'static>>(
        &self,
        key: &mut K,
        credential: &Credential<BnP256>,
        message: &[u8],
        rng: &mut Drbg,
    ) -> Result<[u8; SIGNATURE_BYTES], TpmFault> {
        let issuer = self.verifier.issuer();
        let signature = sign(key, credential, issuer, None, message, rng).map_err(TpmFault::new)?;
        let mut out = [0; SIGNATURE_BYTES];
        out.copy_from_slice(&signature.to_bytes());
        Ok(out)
    }
}

/// State of the registers, and a signature of it and of the verifier's data by some TPM of the
/// group. Nothing in it tells which, nor whether two are by one TPM.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Attestation {
    /// Bank of the digest.
    pub bank: Bank,
    /// Hash of the attested registers, zero padded for SHA-1.
    pub pcr_digest: [u8; 32],
    /// Anonymous signature over bank, digest and the verifier's data.
    pub signature: [u8; SIGNATURE_BYTES],
}

impl Attestation {
    /// Attests the present state with this TPM.
    ///
    /// The key works only in the state that the authority saw when it joined, so it is authentic
    /// firmware that names the digest here. `TPM2_Quote` would sign it, with a clock and counters
    /// that tell one TPM from another.
    ///
    /// # Errors
    /// When the TPM refuses or does not answer.
    pub fn make(
        tpm: &mut dyn Tpm,
        bank: Bank,
        qualifying: &[u8; 32],
        rng: &mut Drbg,
    ) -> Result<Self, TpmFault> {
        let size = bank.digest_bytes();
        let (rtl, firmware) = (tpm.read(bank, PCR_RTL)?, tpm.read(bank, PCR_FIRMWARE)?);
        let pcr_digest = bank.hash(&[&rtl[..size], &firmware[..size]]);
        let signature = tpm.sign(&attested(bank, &pcr_digest, qualifying), rng)?;
        Ok(Self {
            bank,
            pcr_digest,
            signature,
        })
    }

    /// Wire form: code of the bank 1, digest 32, signature 232.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; ATTESTATION_BYTES] {
        let mut out = [0; ATTESTATION_BYTES];
        out[0] = self.bank.code();
        out[1..33].copy_from_slice(&self.pcr_digest);
        out[33..].copy_from_slice(&self.signature);
        out
    }

    /// From the wire form; `None` for an unknown bank. Checks nothing else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; ATTESTATION_BYTES]) -> Option<Self> {
        let bank = match bytes[0] {
            0x04 => Bank::Sha1,
            0x0B => Bank::Sha256,
            _ => return None,
        };
        let mut out = Self {
            bank,
            pcr_digest: [0; 32],
            signature: [0; SIGNATURE_BYTES],
        };
        out.pcr_digest.copy_from_slice(&bytes[1..33]);
        out.signature.copy_from_slice(&bytes[33..]);
        Some(out)
    }

    /// Epoch that the signature claims, which begins with it.
    #[must_use]
    pub fn epoch(&self) -> u32 {
        let [e0, e1, e2, e3, ..] = self.signature;
        u32::from_be_bytes([e0, e1, e2, e3])
    }

    /// Accepts it when a TPM of the group signed exactly this data, in a state that is one of the
    /// reference values.
    ///
    /// # Errors
    /// [`Refusal::Registers`], [`Refusal::Epoch`], [`Refusal::Attestation`],
    /// [`Refusal::ZeroCredential`], [`Refusal::Credential`], [`Refusal::Revoked`] or
    /// [`Refusal::Encoding`].
    pub fn verify(
        &self,
        group: &Group,
        bank: Bank,
        references: &[Reference],
        qualifying: &[u8; 32],
    ) -> Result<(), Refusal> {
        let known = references
            .iter()
            .any(|reference| same(&reference.digest(bank), &self.pcr_digest));
        if self.bank != bank || !known {
            return Err(Refusal::Registers);
        }
        let message = attested(bank, &self.pcr_digest, qualifying);
        group
            .verify(&self.signature, &message)
            .map_err(|why| match why {
                Refused::Epoch { .. } => Refusal::Epoch,
                Refused::Revoked { .. } => Refusal::Revoked,
                Refused::CredentialEquation => Refusal::Credential,
                Refused::Point {
                    why: BadPoint::Identity,
                    ..
                } => Refusal::ZeroCredential,
                Refused::Point { .. } | Refused::Scalar { .. } | Refused::Length { .. } => {
                    Refusal::Encoding
                }
                _ => Refusal::Attestation,
            })
    }
}

fn attested(bank: Bank, pcr_digest: &[u8; 32], qualifying: &[u8; 32]) -> Vec<u8> {
    [
        &b"OPERA attest 2"[..],
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

    /// SHA-1 digest 20, SHA-256 digest 32.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; REFERENCE_BYTES] {
        let mut out = [0; REFERENCE_BYTES];
        out[..20].copy_from_slice(&self.sha1[..20]);
        out[20..].copy_from_slice(&self.sha256);
        out
    }

    /// From its bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; REFERENCE_BYTES]) -> Self {
        let mut out = Self {
            sha1: [0; 32],
            sha256: [0; 32],
        };
        out.sha1[..20].copy_from_slice(&bytes[..20]);
        out.sha256.copy_from_slice(&bytes[20..]);
        out
    }

    fn digest(&self, bank: Bank) -> [u8; 32] {
        match bank {
            Bank::Sha1 => self.sha1,
            Bank::Sha256 => self.sha256,
        }
    }
}

/// Policy of an attestation key that works only after a boot of this RTL and firmware.
#[must_use]
pub fn policy(rtl_id: &[u8; 4], firmware: &[u8]) -> [u8; 32] {
    public::pcr_policy(&[public::extended(&[rtl_id]), public::extended(&[firmware])])
}

/// Why a TPM did not do what it was asked.
#[derive(Clone, Debug)]
pub struct TpmFault(Arc<dyn std::error::Error + Send + Sync>);

impl TpmFault {
    /// A fault of this cause.
    pub fn new(cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self(Arc::new(cause))
    }
}

impl fmt::Display for TpmFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl std::error::Error for TpmFault {}

/// What the TPCU asks of its TPM.
pub trait Tpm {
    /// Power-on: all registers to 0.
    ///
    /// # Errors
    /// When the TPM refuses or does not answer; so with the others.
    fn reset(&mut self) -> Result<(), TpmFault>;
    /// Extends a register of both banks with an event; an index beyond 23 is ignored.
    ///
    /// # Errors
    /// As [`reset`](Self::reset).
    fn extend(&mut self, pcr: usize, event: &[u8]) -> Result<(), TpmFault>;
    /// Reads a register, zero padded for SHA-1; zeros beyond index 23.
    ///
    /// # Errors
    /// As [`reset`](Self::reset).
    fn read(&mut self, bank: Bank, pcr: usize) -> Result<[u8; 32], TpmFault>;
    /// Signs anonymously, in the state that the key's policy asks for.
    ///
    /// # Errors
    /// In any other state, and as [`reset`](Self::reset).
    fn sign(&mut self, message: &[u8], rng: &mut Drbg) -> Result<[u8; SIGNATURE_BYTES], TpmFault>;
    /// The TPM is there, and its registers are still as the key's policy asks for.
    ///
    /// # Errors
    /// When they are not, and as [`reset`](Self::reset).
    fn still(&mut self) -> Result<(), TpmFault> {
        Ok(())
    }
}

/// The registers are not as the key's policy wants them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PolicyFails;

impl fmt::Display for PolicyFails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the attestation key does not work in this state of the registers")
    }
}

impl std::error::Error for PolicyFails {}

/// The join of a [`SoftTpm`]'s key at manufacture. The authority makes the key itself and burns it
/// in, so that there is no TPM from which a foreign key would have to be told.
///
/// # Errors
/// When the 32 bytes are no scalar of the curve.
pub fn enroll(
    issuer: &IssuerSecret<BnP256>,
    key: &[u8; 32],
    policy: &[u8; 32],
    rng: &mut Drbg,
) -> Result<[u8; CREDENTIAL_BYTES], Refused> {
    let mut soft = SoftKey::<BnP256, _>::from_secret(key, Drbg::new(&rng.bytes::<32>()))?;
    let q0 = soft.public().map_err(|_| Refused::JoinProof)?;
    let name = policy_name(policy);
    let nonce = rng.bytes();
    let request = JoinRequest::make(&mut soft, issuer.public(), &nonce, &name)
        .map_err(|_| Refused::JoinProof)?;
    let issued = issuer.issue(&request, &nonce, &name, &q0, rng)?;
    let verifier = Verifier::new(issuer.public().clone());
    let credential = Credential::open(&issued, &request, &nonce, &name, &verifier)?;
    let mut out = [0; CREDENTIAL_BYTES];
    out.copy_from_slice(&credential.to_bytes());
    Ok(out)
}

/// Name that a software key joins under: there is no TPM to name it, so its policy does.
fn policy_name(policy: &[u8; 32]) -> [u8; 34] {
    public::name(&public::attestation(policy, &[], &[]))
}

/// A TPM in software, whose attestation key works only in one state of the registers.
pub struct SoftTpm {
    sha1: [[u8; 32]; PCRS],
    sha256: [[u8; 32]; PCRS],
    key: Zeroizing<[u8; 32]>,
    policy: [u8; 32],
    credential: Credential<BnP256>,
    group: Group,
}

impl SoftTpm {
    /// A TPM with a provisioned attestation key, its policy and its credential.
    ///
    /// # Errors
    /// When the key is no scalar of the curve, or the credential is not the group's.
    pub fn new(
        key: &[u8; 32],
        policy: &[u8; 32],
        credential: &[u8; CREDENTIAL_BYTES],
        group: &Group,
    ) -> Result<Self, Refused> {
        SoftKey::<BnP256, _>::from_secret(key, Drbg::new(b""))?;
        Ok(Self {
            sha1: [[0; 32]; PCRS],
            sha256: [[0; 32]; PCRS],
            key: Zeroizing::new(*key),
            policy: *policy,
            credential: group.credential(credential)?,
            group: group.clone(),
        })
    }
}

impl Tpm for SoftTpm {
    fn reset(&mut self) -> Result<(), TpmFault> {
        self.sha1 = [[0; 32]; PCRS];
        self.sha256 = [[0; 32]; PCRS];
        Ok(())
    }

    fn extend(&mut self, pcr: usize, event: &[u8]) -> Result<(), TpmFault> {
        for (bank, pcrs) in [
            (Bank::Sha1, &mut self.sha1),
            (Bank::Sha256, &mut self.sha256),
        ] {
            let size = bank.digest_bytes();
            if let Some(value) = pcrs.get_mut(pcr) {
                *value = bank.hash(&[&value[..size], &bank.hash(&[event])[..size]]);
            }
        }
        Ok(())
    }

    fn read(&mut self, bank: Bank, pcr: usize) -> Result<[u8; 32], TpmFault> {
        let pcrs = match bank {
            Bank::Sha1 => &self.sha1,
            Bank::Sha256 => &self.sha256,
        };
        Ok(pcrs.get(pcr).copied().unwrap_or_default())
    }

    fn sign(&mut self, message: &[u8], rng: &mut Drbg) -> Result<[u8; SIGNATURE_BYTES], TpmFault> {
        self.still()?;
        // One random number under two messages would give the key away. So all that the key draws
        // follows from the message and from the key too, should the caller's numbers ever repeat.
        let fresh = Zeroizing::new(rng.bytes::<32>());
        let hedge = Zeroizing::new(hmac(&self.key[..], &[&fresh[..], message]));
        let made_from = sha256(&[&hedge[..], &self.credential.to_bytes()]);
        if let Some(signature) = locked(&self.group.known).signatures.get(&made_from) {
            return Ok(*signature);
        }
        let mut draws = Drbg::new(&hedge[..]);
        let mut key =
            SoftKey::<BnP256, _>::from_secret(&self.key[..], Drbg::new(&draws.bytes::<32>()))
                .map_err(TpmFault::new)?;
        let signature = self
            .group
            .sign(&mut key, &self.credential, message, &mut draws)?;
        let mut known = locked(&self.group.known);
        known.make_room();
        known.signatures.insert(made_from, signature);
        Ok(signature)
    }

    fn still(&mut self) -> Result<(), TpmFault> {
        let now = [self.sha256[PCR_RTL], self.sha256[PCR_FIRMWARE]];
        if same(&public::pcr_policy(&now), &self.policy) {
            Ok(())
        } else {
            Err(TpmFault::new(PolicyFails))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RTL: &[u8; 4] = b"OP\x01\x00";

    fn issuer(name: &[u8]) -> IssuerSecret<BnP256> {
        IssuerSecret::generate(1, &mut Drbg::new(name))
    }

    fn group(issuer: &IssuerSecret<BnP256>) -> Group {
        Group::new(&issuer.public().to_bytes().try_into().unwrap()).unwrap()
    }

    fn wallet(issuer: &IssuerSecret<BnP256>, number: u8) -> SoftTpm {
        let (key, policy) = ([number; 32], policy(RTL, b"firmware"));
        let credential = enroll(issuer, &key, &policy, &mut Drbg::new(b"enroll")).unwrap();
        let mut tpm = SoftTpm::new(&key, &policy, &credential, &group(issuer)).unwrap();
        boot(&mut tpm, b"firmware");
        tpm
    }

    fn boot(tpm: &mut SoftTpm, firmware: &[u8]) {
        tpm.reset().unwrap();
        tpm.extend(PCR_RTL, RTL).unwrap();
        tpm.extend(PCR_FIRMWARE, firmware).unwrap();
    }

    #[test]
    fn attestation_of_a_booted_wallet_verifies_and_others_do_not() {
        let issuer = issuer(b"issuer");
        let (mut tpm, mut group) = (wallet(&issuer, 1), group(&issuer));
        let reference = Reference::expected(RTL, b"firmware");
        let mut rng = Drbg::new(b"sign");
        for (bank, other) in [(Bank::Sha1, Bank::Sha256), (Bank::Sha256, Bank::Sha1)] {
            let made = Attestation::make(&mut tpm, bank, &[9; 32], &mut rng).unwrap();
            let check =
                |bank, references: &[Reference], data| made.verify(&group, bank, references, data);
            let refused = Err(Refusal::Registers);
            assert_eq!(check(bank, &[reference], &[9; 32]), Ok(()));
            let relayed = check(bank, &[reference], &[8; 32]);
            assert_eq!(relayed, Err(Refusal::Attestation));
            assert_eq!(check(bank, &[], &[9; 32]), refused);
            assert_eq!(check(other, &[reference], &[9; 32]), refused);
        }
        let made = Attestation::make(&mut tpm, Bank::Sha256, &[9; 32], &mut rng).unwrap();
        let before = made.verify(&group, Bank::Sha256, &[reference], &[9; 32]);
        assert_eq!(before, Ok(()));
        let list = RevocationList::new(1, [&[1; 32][..]]).unwrap();
        assert_eq!(group.revoke(list.clone()), Ok(()));
        let result = made.verify(&group, Bank::Sha256, &[reference], &[9; 32]);
        assert_eq!(result, Err(Refusal::Revoked));
        let old = group.revoke(RevocationList::empty());
        assert_eq!(old, Err(ListError::Old { found: 0, known: 1 }));
        assert_eq!(group.revoke(list), Ok(()));
    }

    #[test]
    fn a_key_is_silent_in_another_state() {
        let mut tpm = wallet(&issuer(b"issuer"), 1);
        for firmware in [&b"other"[..], b""] {
            boot(&mut tpm, firmware);
            let made = Attestation::make(&mut tpm, Bank::Sha256, &[9; 32], &mut Drbg::new(b""));
            assert!(made.is_err());
        }
        tpm.reset().unwrap();
        assert!(Attestation::make(&mut tpm, Bank::Sha256, &[9; 32], &mut Drbg::new(b"")).is_err());
    }

    #[test]
    fn another_authority_s_wallet_is_refused() {
        let (ours, theirs) = (issuer(b"issuer"), issuer(b"another"));
        let mut tpm = wallet(&theirs, 1);
        let made = Attestation::make(&mut tpm, Bank::Sha256, &[9; 32], &mut Drbg::new(b""));
        let reference = Reference::expected(RTL, b"firmware");
        assert_eq!(
            made.unwrap()
                .verify(&group(&ours), Bank::Sha256, &[reference], &[9; 32]),
            Err(Refusal::Attestation)
        );
    }

    #[test]
    fn any_changed_byte_is_refused() {
        let issuer = issuer(b"issuer");
        let (mut tpm, group) = (wallet(&issuer, 1), group(&issuer));
        let reference = Reference::expected(RTL, b"firmware");
        let mut rng = Drbg::new(b"sign");
        let good = Attestation::make(&mut tpm, Bank::Sha256, &[9; 32], &mut rng).unwrap();
        let good = good.to_bytes();
        for at in 0..ATTESTATION_BYTES {
            let mut bytes = good;
            bytes[at] ^= 1;
            let passes = Attestation::from_bytes(&bytes).is_some_and(|made| {
                made.verify(&group, Bank::Sha256, &[reference], &[9; 32])
                    .is_ok()
            });
            assert!(!passes, "byte {at}");
        }
    }

    #[test]
    fn repeated_random_numbers_do_not_give_the_key_away() {
        let mut tpm = wallet(&issuer(b"issuer"), 1);
        let mut make = |message: &[u8]| tpm.sign(message, &mut Drbg::new(b"the same")).unwrap();
        let (one, again, other) = (make(b"a"), make(b"a"), make(b"b"));
        assert_eq!(one, again);
        // nonceK, s and the randomised credential: all differ.
        for field in [5..37, 38..70, 168..200, 200..232] {
            assert_ne!(one[field.clone()], other[field]);
        }
    }
}
