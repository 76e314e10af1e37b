//! Attacks on the attestation: a wallet of the attacker's own making in the place of one of the two. It
//! speaks Stage 1 with the real formulas, but its TPM says whatever its owner likes.

use opera_daa::bn_p256::BnP256;
use opera_daa::{
    Credential, DaaKey, IssuerPublic, IssuerSecret, JoinRequest, SoftKey, Suite, Verifier, sign,
};
use opera_scenario::{Authority, Job};
use opera_sim::Side;
use opera_store::{Provisioning, Role};
use opera_tpcu::crypto::{Drbg, sha256};
use opera_tpcu::driver::{FIRMWARE, WALLET_RTL};
use opera_tpcu::lists::References;
use opera_tpcu::protocol::stage1::{Identity, PayeeChallenge, PayerHello};
use opera_tpcu::protocol::wire::Refusal;
use opera_tpcu::token::Issuer;
use opera_tpcu::tpm::{
    Bank, Group, ISSUER_BYTES, PCR_FIRMWARE, PCR_RTL, SIGNATURE_BYTES, SoftTpm, Tpm, TpmFault,
};
use zeroize::Zeroizing;

use super::{Rows, expect, refused};
use crate::AttackError;
use crate::bench::{AMOUNT, Bench};
use crate::relay::{Intruder, Out, other, relay};

type Signed = [u8; SIGNATURE_BYTES];
type Forge = Box<dyn FnMut(Signed, &[u8]) -> Option<Signed>>;

/// Places in a signature: behind the epoch, R, S, T, W, each 33.
const CREDENTIAL: std::ops::Range<usize> = 4..136;
/// Behind them: c, the TPM's nonce and s, each 32.
const PROOF: std::ops::Range<usize> = 136..232;
/// In the public key of the authority: epoch 4, two points of G2, 129 each.
const ISSUER_KEY: std::ops::Range<usize> = 0..262;

/// A TPM whose owner changes what it signs and says.
struct Lying {
    honest: SoftTpm,
    forge: Forge,
    /// What it says instead of what it measured.
    claims: Option<SoftTpm>,
}

impl Tpm for Lying {
    fn reset(&mut self) -> Result<(), TpmFault> {
        self.honest.reset()
    }

    fn extend(&mut self, pcr: usize, event: &[u8]) -> Result<(), TpmFault> {
        self.honest.extend(pcr, event)
    }

    fn read(&mut self, bank: Bank, pcr: usize) -> Result<[u8; 32], TpmFault> {
        self.claims
            .as_mut()
            .unwrap_or(&mut self.honest)
            .read(bank, pcr)
    }

    fn sign(&mut self, message: &[u8], rng: &mut Drbg) -> Result<Signed, TpmFault> {
        let signature = self.honest.sign(message, rng)?;
        Ok((self.forge)(signature, message).unwrap_or(signature))
    }
}

/// What is wrong with the impostor.
#[derive(Clone, Copy)]
enum Wrong {
    /// Nothing: it is an honest wallet.
    #[cfg(test)]
    Nothing,
    /// Another authority made it.
    Stranger,
    /// Its key is on the list.
    Revoked,
    /// It joined in an epoch that is over.
    OldEpoch,
    /// The same, but it signs as if this one's issuer had made its credential.
    HiddenEpoch,
    /// It has no credential but four points at infinity; the proof that goes with them is right.
    Zero,
    /// It has a credential of an authority of its own, for a key of its own.
    Forged,
    /// Its register of the hardware says that it is another.
    Hardware,
    /// Its register of the firmware says that it runs another.
    Firmware,
}

/// The attacker's wallet.
struct Impostor {
    plays: Side,
    identity: Identity,
    tpm: Lying,
    rng: Drbg,
    hello: Option<PayerHello>,
    /// Messages that came after its own attestation was sent.
    believed: usize,
    attested: bool,
}

impl Intruder for Impostor {
    fn begin(&mut self, out: &mut Out) {
        if self.plays == Side::Payer {
            let (state, first) = PayerHello::start(self.identity.clone(), &mut self.rng);
            self.hello = Some(state);
            out.frame(Side::Payee, first);
        }
    }

    fn frame(&mut self, _: Side, frame: Vec<u8>, out: &mut Out) {
        if self.attested {
            self.believed += 1;
            return;
        }
        let answer = match self.plays {
            Side::Payer => self
                .hello
                .take()
                .and_then(|hello| hello.on_challenge(&frame, &mut self.tpm).ok())
                .map(|(_, third)| third),
            Side::Payee => {
                let identity = self.identity.clone();
                PayeeChallenge::on_hello(identity, &frame, &mut self.tpm, &mut self.rng)
                    .ok()
                    .map(|(_, second)| second)
            }
        };
        if let Some(answer) = answer {
            self.attested = true;
            out.frame(other(self.plays), answer);
        }
    }
}

fn soft(keys: &Provisioning, rtl: &[u8; 4], firmware: &[u8]) -> Option<SoftTpm> {
    let group = Group::new(&keys.group).ok()?;
    let (key, policy) = (&keys.attestation_key, &keys.attestation_policy);
    let mut tpm = SoftTpm::new(key, policy, &keys.attestation_credential, &group).ok()?;
    tpm.extend(PCR_RTL, rtl).ok()?;
    tpm.extend(PCR_FIRMWARE, firmware).ok()?;
    Some(tpm)
}

/// Signatures of a key whose credential another issuer made, as if this group's had.
fn signing_as(
    claimed: &[u8; ISSUER_BYTES],
    mut key: SoftKey<BnP256, Drbg>,
    credential: Credential<BnP256>,
    mut rng: Drbg,
) -> Option<Forge> {
    let claimed = IssuerPublic::from_bytes(claimed).ok()?;
    Some(Box::new(move |_, message| {
        let made = sign(&mut key, &credential, &claimed, None, message, &mut rng).ok()?;
        made.to_bytes().try_into().ok()
    }))
}

/// A key of the attacker's own, and the credential that it made for it.
fn own_credential(rng: &mut Drbg) -> Option<(SoftKey<BnP256, Drbg>, Credential<BnP256>)> {
    let issuer = IssuerSecret::<BnP256>::generate(1, rng);
    let mut key = SoftKey::<BnP256, _>::from_secret(&[9; 32], Drbg::new(b"key")).ok()?;
    let q0 = key.public().ok()?;
    let (nonce, name) = ([1; 32], b"name");
    let request = JoinRequest::make(&mut key, issuer.public(), &nonce, name).ok()?;
    let issued = issuer.issue(&request, &nonce, name, &q0, rng).ok()?;
    let verifier = Verifier::new(issuer.public().clone());
    let credential = Credential::open(&issued, &request, &nonce, name, &verifier).ok()?;
    Some((key, credential))
}

/// The key and the credential of a wallet.
fn opened(keys: &Provisioning) -> Option<(SoftKey<BnP256, Drbg>, Credential<BnP256>)> {
    let verifier = Verifier::new(IssuerPublic::from_bytes(&keys.group).ok()?);
    let credential = Credential::from_bytes(&keys.attestation_credential, &verifier).ok()?;
    let key = SoftKey::from_secret(&keys.attestation_key, Drbg::new(b"key")).ok()?;
    Some((key, credential))
}

/// Signatures over four points at infinity. Whatever the response, the commitment that a verifier
/// computes from it is the fifth, so that the challenge is known beforehand.
fn zero(group: [u8; ISSUER_BYTES]) -> Forge {
    Box::new(move |mut signature, message| {
        let transcript = |label: &[u8; 16], parts: &[&[u8]]| {
            let name = BnP256::NAME.as_bytes();
            let head: [&[u8]; 3] = [&[name.len() as u8], name, label];
            sha256(&[&head.concat(), &parts.concat()])
        };
        let issuer = transcript(b"issuer key 1    ", &[&group[ISSUER_KEY]]);
        let zeros = [0; 5 * 33];
        let parts: [&[u8]; 3] = [&issuer, &sha256(&[message]), &zeros];
        let digest = transcript(b"signature 1     ", &parts);
        let nonce = [1; 32];
        signature[CREDENTIAL].fill(0);
        signature[PROOF][..32].copy_from_slice(&sha256(&[&nonce, &digest]));
        signature[PROOF][32..64].copy_from_slice(&nonce);
        Some(signature)
    })
}

fn impostor(bench: &Bench, plays: Side, wrong: Wrong) -> Option<(Impostor, Provisioning)> {
    let authority = bench.authority();
    let claimed = authority.provision(Role::Wallet, 9, bench.seed);
    let keys = match wrong {
        Wrong::Stranger => {
            let own = Authority::from_seed(bench.seed ^ 0xFA15E);
            own.provision(Role::Wallet, 9, bench.seed)
        }
        Wrong::OldEpoch | Wrong::HiddenEpoch => {
            let old = authority.in_epoch(0).ok()?;
            old.provision(Role::Wallet, 9, bench.seed)
        }
        _ => claimed.clone(),
    };
    let mut rng = Drbg::new(b"impostor");
    rng.mix(&bench.seed.to_be_bytes());
    let forge: Forge = match wrong {
        Wrong::HiddenEpoch => {
            let (key, credential) = opened(&keys)?;
            signing_as(
                &claimed.group,
                key,
                credential,
                Drbg::new(&rng.bytes::<32>()),
            )?
        }
        Wrong::Zero => zero(claimed.group),
        Wrong::Forged => {
            let (key, credential) = own_credential(&mut rng)?;
            signing_as(
                &claimed.group,
                key,
                credential,
                Drbg::new(&rng.bytes::<32>()),
            )?
        }
        _ => Box::new(|_, _| None),
    };
    let issuer = Issuer::new(&claimed.issuer_public)?;
    let identity = Identity {
        profile: bench.profile,
        references: References::from_signed(&claimed.references, &issuer).ok()?,
        issuer,
        group: Group::new(&claimed.group).ok()?,
        secret: Zeroizing::new([9; 32]),
        serial: 9,
    };
    let tpm = Lying {
        honest: soft(&keys, &WALLET_RTL, FIRMWARE)?,
        forge,
        claims: match wrong {
            Wrong::Hardware => Some(soft(&keys, &[0xFF; 4], FIRMWARE)?),
            Wrong::Firmware => Some(soft(&keys, &WALLET_RTL, b"another firmware")?),
            _ => None,
        },
    };
    let impostor = Impostor {
        plays,
        identity,
        tpm,
        rng,
        hello: None,
        believed: 0,
        attested: false,
    };
    Some((impostor, keys))
}

/// An honest wallet in either place meets the impostor, and says `why`.
fn refuse(bench: &Bench, name: &'static str, what: &str, wrong: Wrong, why: Refusal) -> Rows {
    let mut rows = Vec::new();
    for honest in [Side::Payer, Side::Payee] {
        let Some((impostor, keys)) = impostor(bench, other(honest), wrong) else {
            let what = "wallet of its own";
            return Err(AttackError::Unarmed { what });
        };
        let mut settings = bench.settings(20);
        if matches!(wrong, Wrong::Revoked) {
            let list = bench.authority().revoke(1, [&keys.attestation_key[..]]);
            let what = "key that can be revoked";
            settings.revoked = Some(list.map_err(|_| AttackError::Unarmed { what })?);
        }
        let mut wallets = [None, None];
        wallets[crate::relay::index(honest)] = Some(bench.wallet(honest));
        let relayed = relay(wallets, &Job::Pay(AMOUNT), &settings, impostor)?;
        let Impostor {
            attested, believed, ..
        } = relayed.intruder;
        let variant = format!("{what}, {honest:?} is honest").to_lowercase();
        let mut attempt = bench.attempt(variant, relayed);
        if !attested {
            attempt.unexpected = Some("the impostor did not even attest".to_owned());
        }
        if believed > 0 {
            attempt.reached = Some("the honest wallet went on with the impostor".to_owned());
        }
        expect(&mut attempt, honest, |error| refused(error, &[why]));
        rows.push(bench.row_honest(name, honest, attempt));
    }
    Ok(rows)
}

pub(super) fn falsified_wallet(bench: &Bench, name: &'static str) -> Rows {
    let what = "another authority's wallet";
    refuse(bench, name, what, Wrong::Stranger, Refusal::Attestation)
}

pub(super) fn revoked_key(bench: &Bench, name: &'static str) -> Rows {
    let what = "key on the list";
    refuse(bench, name, what, Wrong::Revoked, Refusal::Revoked)
}

pub(super) fn expired_credential(bench: &Bench, name: &'static str) -> Rows {
    let mut rows = refuse(bench, name, "epoch 0", Wrong::OldEpoch, Refusal::Epoch)?;
    let what = "epoch 0, says 1";
    let hidden = refuse(bench, name, what, Wrong::HiddenEpoch, Refusal::Credential)?;
    rows.extend(hidden);
    Ok(rows)
}

pub(super) fn zero_credential(bench: &Bench, name: &'static str) -> Rows {
    let what = "four points at infinity";
    refuse(bench, name, what, Wrong::Zero, Refusal::ZeroCredential)
}

pub(super) fn forged_credential(bench: &Bench, name: &'static str) -> Rows {
    let what = "own issuer's credential";
    refuse(bench, name, what, Wrong::Forged, Refusal::Credential)
}

pub(super) fn wrong_registers(bench: &Bench, name: &'static str) -> Rows {
    let what = "other hardware";
    let mut rows = refuse(bench, name, what, Wrong::Hardware, Refusal::Registers)?;
    let what = "other firmware";
    let firmware = refuse(bench, name, what, Wrong::Firmware, Refusal::Registers)?;
    rows.extend(firmware);
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use opera_tpcu::Profile;

    use super::*;

    /// The control: with nothing wrong, the very same impostor is believed.
    #[test]
    fn an_impostor_with_nothing_wrong_is_believed() {
        let bench = Bench::new(Profile::Hardened, 1).unwrap();
        for honest in [Side::Payer, Side::Payee] {
            let (impostor, _) = impostor(&bench, other(honest), Wrong::Nothing).unwrap();
            let mut wallets = [None, None];
            wallets[crate::relay::index(honest)] = Some(bench.wallet(honest));
            let settings = bench.settings(20);
            let relayed = relay(wallets, &Job::Pay(AMOUNT), &settings, impostor).unwrap();
            assert!(relayed.intruder.believed > 0, "{honest:?}");
        }
    }
}
