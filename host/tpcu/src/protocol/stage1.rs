//! Stage 1: mutual attestation and SEED.
//!
//! ```text
//! Msg.1-1 A->B  version, profile, N_A, e_A
//! Msg.1-2 B->A  N_B, e_B, { attestation_B, v_B, pseudonym_B }
//! Msg.1-3 A->B  { attestation_A, v_A, pseudonym_A [, SEED] }
//! Msg.1-4 B->A  { hash of Stage 1 }
//! ```
//! `e` are ephemeral Diffie-Hellman keys, `v` session signing keys, braces stand for encryption
//! under the Diffie-Hellman key. Each attestation covers both nonces, both ephemeral keys, the
//! session signing key and the role. The session id is the hash of the clear part.

use zeroize::{Zeroize, Zeroizing};

use super::wire::{HEADER, Kind, Reader, Refusal, Role};
use crate::crypto::{Drbg, KeyPair, PublicBytes, PublicSigner, hmac, same};
use crate::lists::References;
use crate::profile::{Chain, Handshake, Profile};
use crate::token::Issuer;
use crate::tpm::{ATTESTATION_BYTES, Attestation, Group, Tpm, TpmFault};

const VERSION: u8 = 2;
const CLEAR_1_1: usize = HEADER + 2 + 32 + 33;
const CLEAR_1_2: usize = HEADER + 32 + 33;

/// Session id: hash of the clear part of Stage 1.
pub type SessionId = [u8; 32];
/// What one wallet is called by its partner in one session.
pub type Pseudonym = [u8; 16];

/// What a wallet brings to Stage 1.
#[derive(Clone)]
pub struct Identity {
    /// Formulas to use; both wallets must agree.
    pub profile: Profile,
    /// The issuing authority, as it signs tokens.
    pub issuer: Issuer,
    /// Whose attestations are accepted.
    pub group: Group,
    /// Register states of authentic wallets, as the authority signed them.
    pub references: References,
    /// Secret that pseudonyms are made from.
    pub secret: Zeroizing<[u8; 32]>,
    /// SN of the paper profile.
    pub serial: u16,
}

impl Identity {
    /// What this wallet is called in a session: in the hardened profile nobody else can make it and
    /// no two sessions can be linked by it; in the paper profile it is SN.
    #[must_use]
    pub fn pseudonym(&self, session: &SessionId, role: Role) -> Pseudonym {
        let mut out = [0; 16];
        match self.profile {
            Profile::Hardened => {
                let mac = hmac(
                    &self.secret[..],
                    &[b"OPERA pseudonym", &[role.code()], session],
                );
                out.copy_from_slice(&mac[..16]);
            }
            Profile::Paper => out[..2].copy_from_slice(&self.serial.to_be_bytes()),
        }
        out
    }
}

/// A finished Stage 1: the only way to Stage 2.
pub struct Channel {
    pub(crate) chain: Chain,
    pub(crate) session: SessionId,
    pub(crate) transcript: [u8; 32],
    pub(crate) signing: KeyPair,
    pub(crate) partner_signer: PublicSigner,
    pub(crate) partner_key: PublicBytes,
    pub(crate) partner: Pseudonym,
    /// What each side attested with: a hand-over names both.
    pub(crate) partner_attestation: [u8; ATTESTATION_BYTES],
    pub(crate) own_attestation: [u8; ATTESTATION_BYTES],
}

/// A partner whose attestation was accepted.
struct Attested {
    signer: PublicSigner,
    key: PublicBytes,
    pseudonym: Pseudonym,
    attestation: [u8; ATTESTATION_BYTES],
}

/// The attestation at the front of what was sealed.
fn front(body: &[u8]) -> [u8; ATTESTATION_BYTES] {
    let mut out = [0; ATTESTATION_BYTES];
    out.copy_from_slice(&body[..ATTESTATION_BYTES]);
    out
}

/// Why Stage 1 ended early.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Stage1Error {
    /// What the partner sent was refused.
    Partner(Refusal),
    /// This wallet's own TPM does not attest.
    Tpm(TpmFault),
}

impl From<Refusal> for Stage1Error {
    fn from(refusal: Refusal) -> Self {
        Self::Partner(refusal)
    }
}

/// What is sealed; all its parts have fixed lengths.
fn attested(
    identity: &Identity,
    tpm: &mut dyn Tpm,
    role: Role,
    session: &SessionId,
    key: &PublicBytes,
    rng: &mut Drbg,
) -> Result<Vec<u8>, Stage1Error> {
    let profile = identity.profile;
    let qualifying = qualifying(profile, role, session, key);
    let mut body = Attestation::make(tpm, profile.bank(), &qualifying, rng)
        .map_err(Stage1Error::Tpm)?
        .to_bytes()
        .to_vec();
    body.extend_from_slice(key);
    body.extend_from_slice(&identity.pseudonym(session, role));
    Ok(body)
}

pub(crate) fn qualifying(
    profile: Profile,
    role: Role,
    session: &SessionId,
    key: &PublicBytes,
) -> [u8; 32] {
    profile.hash(&[b"OPERA attest", &[role.code()], session, key])
}

fn check_attested(
    identity: &Identity,
    reader: &mut Reader<'_>,
    role: Role,
    session: &SessionId,
) -> Result<Attested, Refusal> {
    let bytes = reader.take::<ATTESTATION_BYTES>()?;
    let attestation = Attestation::from_bytes(&bytes).ok_or(Refusal::Attestation)?;
    let key: PublicBytes = reader.take()?;
    let pseudonym = reader.take()?;
    let qualifying = qualifying(identity.profile, role, session, &key);
    attestation.verify(
        &identity.group,
        identity.profile.bank(),
        &identity.references.values,
        &qualifying,
    )?;
    let signer = PublicSigner::new(&key).ok_or(Refusal::Encoding)?;
    Ok(Attested {
        signer,
        key,
        pseudonym,
        attestation: bytes,
    })
}

fn frame_head(role: Role, kind: Kind, n: u32) -> Vec<u8> {
    let mut frame = vec![role.code(), kind.code()];
    frame.extend_from_slice(&n.to_be_bytes());
    frame
}

fn check_head(frame: &[u8], role: Role, kind: Kind, n: u32) -> Result<(), Refusal> {
    let head = frame.get(..HEADER).ok_or(Refusal::Length)?;
    if head == frame_head(role, kind, n) {
        Ok(())
    } else {
        Err(Refusal::Order)
    }
}

fn session_id(profile: Profile, first: &[u8], second_clear: &[u8]) -> SessionId {
    profile.hash(&[b"OPERA session", first, second_clear])
}

/// Payer that has sent Msg.1-1.
pub struct PayerHello {
    identity: Identity,
    ephemeral: KeyPair,
    signing: KeyPair,
    seed: Zeroizing<[u8; 20]>,
    rng: Drbg,
    first: Vec<u8>,
}

impl PayerHello {
    /// Makes Msg.1-1.
    #[must_use]
    pub fn start(identity: Identity, rng: &mut Drbg) -> (Self, Vec<u8>) {
        let ephemeral = KeyPair::generate(rng);
        let mut frame = frame_head(Role::Payer, Kind::Hello, 0);
        frame.extend_from_slice(&[VERSION, identity.profile.code()]);
        frame.extend_from_slice(&rng.bytes::<32>());
        frame.extend_from_slice(&ephemeral.public());
        let state = Self {
            identity,
            ephemeral,
            signing: KeyPair::generate(rng),
            seed: Zeroizing::new(rng.bytes()),
            rng: Drbg::new(&rng.bytes::<32>()),
            first: frame.clone(),
        };
        (state, frame)
    }

    /// Takes Msg.1-2, makes Msg.1-3.
    ///
    /// # Errors
    /// When the payee does not prove to be an authentic wallet, or the own TPM does not attest.
    pub fn on_challenge(
        mut self,
        frame: &[u8],
        tpm: &mut dyn Tpm,
    ) -> Result<(PayerProof, Vec<u8>), Stage1Error> {
        check_head(frame, Role::Payee, Kind::Challenge, 1)?;
        let clear = frame.get(..CLEAR_1_2).ok_or(Refusal::Length)?;
        let mut reader = Reader::new(&clear[HEADER + 32..]);
        let ephemeral: PublicBytes = reader.take()?;
        let shared = self.ephemeral.agree(&ephemeral).ok_or(Refusal::Encoding)?;
        let profile = self.identity.profile;
        let session = session_id(profile, &self.first, clear);
        let handshake = Handshake::new(profile, shared, session);
        let plain = handshake.open(Kind::Challenge, frame, CLEAR_1_2)?;
        let mut reader = Reader::new(&plain);
        let partner = check_attested(&self.identity, &mut reader, Role::Payee, &session)?;
        reader.end()?;

        let mut body = Zeroizing::new(attested(
            &self.identity,
            tpm,
            Role::Payer,
            &session,
            &self.signing.public(),
            &mut self.rng,
        )?);
        let own_attestation = front(&body);
        if profile == Profile::Paper {
            body.extend_from_slice(&self.seed[..]);
        }
        let mut reply = frame_head(Role::Payer, Kind::Proof, 2);
        handshake.seal(Kind::Proof, &mut reply, &body);
        let transcript = profile.hash(&[&session, frame, &reply]);
        let seed: Zeroizing<Vec<u8>> = match profile {
            Profile::Hardened => Zeroizing::new(handshake.seed(&transcript).to_vec()),
            Profile::Paper => Zeroizing::new(self.seed.to_vec()),
        };
        let channel = Channel {
            chain: Chain::new(profile, Role::Payer, &seed, &transcript),
            session,
            transcript,
            signing: self.signing,
            partner_signer: partner.signer,
            partner_key: partner.key,
            partner: partner.pseudonym,
            partner_attestation: partner.attestation,
            own_attestation,
        };
        Ok((PayerProof { channel, handshake }, reply))
    }
}

/// Payer that has sent Msg.1-3.
pub struct PayerProof {
    channel: Channel,
    handshake: Handshake,
}

impl PayerProof {
    /// Takes Msg.1-4.
    ///
    /// # Errors
    /// When the payee saw another Stage 1 than we did.
    pub fn on_accepted(self, frame: &[u8]) -> Result<Channel, Refusal> {
        check_head(frame, Role::Payee, Kind::Accepted, 3)?;
        let plain = self.handshake.open(Kind::Accepted, frame, HEADER)?;
        if same(&plain, &self.channel.transcript) {
            Ok(self.channel)
        } else {
            Err(Refusal::Attestation)
        }
    }
}

/// Payee that has sent Msg.1-2.
pub struct PayeeChallenge {
    identity: Identity,
    handshake: Handshake,
    signing: KeyPair,
    session: SessionId,
    second: Vec<u8>,
    own_attestation: [u8; ATTESTATION_BYTES],
}

impl PayeeChallenge {
    /// Takes Msg.1-1, makes Msg.1-2.
    ///
    /// # Errors
    /// When Msg.1-1 is not one of this version and profile, or the own TPM does not attest.
    pub fn on_hello(
        identity: Identity,
        frame: &[u8],
        tpm: &mut dyn Tpm,
        rng: &mut Drbg,
    ) -> Result<(Self, Vec<u8>), Stage1Error> {
        check_head(frame, Role::Payer, Kind::Hello, 0)?;
        if frame.len() != CLEAR_1_1 {
            return Err(Refusal::Length.into());
        }
        let mut reader = Reader::new(&frame[HEADER..]);
        let profile = identity.profile;
        if reader.take()? != [VERSION, profile.code()] {
            return Err(Refusal::Version.into());
        }
        let _nonce: [u8; 32] = reader.take()?;
        let partner: PublicBytes = reader.take()?;
        reader.end()?;
        let ephemeral = KeyPair::generate(rng);
        let shared = ephemeral.agree(&partner).ok_or(Refusal::Encoding)?;
        let signing = KeyPair::generate(rng);
        let mut reply = frame_head(Role::Payee, Kind::Challenge, 1);
        reply.extend_from_slice(&rng.bytes::<32>());
        reply.extend_from_slice(&ephemeral.public());
        let session = session_id(profile, frame, &reply);
        let handshake = Handshake::new(profile, shared, session);
        let key = signing.public();
        let body = attested(&identity, tpm, Role::Payee, &session, &key, rng)?;
        handshake.seal(Kind::Challenge, &mut reply, &body);
        let state = Self {
            identity,
            handshake,
            signing,
            session,
            second: reply.clone(),
            own_attestation: front(&body),
        };
        Ok((state, reply))
    }

    /// Takes Msg.1-3, makes Msg.1-4.
    ///
    /// # Errors
    /// When the payer does not prove to be an authentic wallet.
    pub fn on_proof(self, frame: &[u8]) -> Result<(Channel, Vec<u8>), Refusal> {
        check_head(frame, Role::Payer, Kind::Proof, 2)?;
        let profile = self.identity.profile;
        let plain = self.handshake.open(Kind::Proof, frame, HEADER)?;
        let mut reader = Reader::new(&plain);
        let partner = check_attested(&self.identity, &mut reader, Role::Payer, &self.session)?;
        let transcript = profile.hash(&[&self.session, &self.second, frame]);
        let seed: Zeroizing<Vec<u8>> = match profile {
            Profile::Hardened => Zeroizing::new(self.handshake.seed(&transcript).to_vec()),
            Profile::Paper => {
                let mut seed = reader.take::<20>()?;
                let kept = Zeroizing::new(seed.to_vec());
                seed.zeroize();
                kept
            }
        };
        reader.end()?;
        let mut reply = frame_head(Role::Payee, Kind::Accepted, 3);
        self.handshake.seal(Kind::Accepted, &mut reply, &transcript);
        let channel = Channel {
            chain: Chain::new(profile, Role::Payee, &seed, &transcript),
            session: self.session,
            transcript,
            signing: self.signing,
            partner_signer: partner.signer,
            partner_key: partner.key,
            partner: partner.pseudonym,
            partner_attestation: partner.attestation,
            own_attestation: self.own_attestation,
        };
        Ok((channel, reply))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::{FIRMWARE, WALLET_RTL, references};
    use crate::model::provision;
    use crate::tpm::{Bank, PCR_FIRMWARE, PCR_RTL, SoftTpm};

    /// An attestation of one session, relayed to one that differs in a nonce, an ephemeral key, the
    /// session signing key, the role or the profile.
    #[test]
    fn an_attestation_is_good_for_one_session_key_and_role() {
        let keys = provision(1, false);
        let group = Group::new(&keys.group).unwrap();
        let policy = &keys.attestation_policy;
        let mut tpm =
            SoftTpm::new(&keys.attestation_key, policy, &keys.credential, &group).unwrap();
        tpm.extend(PCR_RTL, &WALLET_RTL).unwrap();
        tpm.extend(PCR_FIRMWARE, FIRMWARE).unwrap();

        let (nonce_a, e_a) = (HEADER + 2, HEADER + 34);
        let (nonce_b, e_b) = (HEADER, HEADER + 32);
        let first: Vec<u8> = (0..CLEAR_1_1 as u8).collect();
        let second: Vec<u8> = (100..100 + CLEAR_1_2 as u8).collect();
        let of = |role, first: &[u8], second: &[u8], key: &PublicBytes| {
            let session = session_id(Profile::Hardened, first, second);
            qualifying(Profile::Hardened, role, &session, key)
        };
        let key = [2; 33];
        let good = of(Role::Payee, &first, &second, &key);
        let made = Attestation::make(&mut tpm, Bank::Sha256, &good, &mut Drbg::new(b"")).unwrap();
        let check = |data| made.verify(&group, Bank::Sha256, &references(), &data);
        assert_eq!(check(good), Ok(()));

        let flipped = |bytes: &[u8], at: usize| {
            let mut bytes = bytes.to_vec();
            bytes[at] ^= 1;
            bytes
        };
        let relayed = Err(Refusal::Attestation);
        for at in (nonce_a..nonce_a + 32).chain(e_a..e_a + 33) {
            let other = of(Role::Payee, &flipped(&first, at), &second, &key);
            assert_eq!(check(other), relayed, "Msg.1-1, byte {at}");
        }
        for at in (nonce_b..nonce_b + 32).chain(e_b..e_b + 33) {
            let other = of(Role::Payee, &first, &flipped(&second, at), &key);
            assert_eq!(check(other), relayed, "Msg.1-2, byte {at}");
        }
        for at in 0..33 {
            let other = flipped(&key, at).try_into().unwrap();
            let other = of(Role::Payee, &first, &second, &other);
            assert_eq!(check(other), relayed, "session key, byte {at}");
        }
        assert_eq!(check(of(Role::Payer, &first, &second, &key)), relayed);
    }
}
