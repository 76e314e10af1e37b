//! Stage 1 between wallets of either TPM: who is accepted, and who is refused for what. The half with
//! `swtpm` is skipped, saying so, where that is not installed; ./test installs it.

use opera_daa::bn_p256::BnP256;
use opera_daa::{
    Credential, DaaKey, IssuerPublic, IssuerSecret, JoinRequest, SoftKey, Verifier, sign,
};
use opera_scenario::{Authority, Chip};
use opera_store::{Provisioning, Role, TpmKind};
use opera_tpcu::Profile;
use opera_tpcu::crypto::Drbg;
use opera_tpcu::driver::{FIRMWARE, MINT_RTL, WALLET_RTL};
use opera_tpcu::lists::{References, revocation_from_signed};
use opera_tpcu::protocol::stage1::{Identity, PayeeChallenge, PayerHello, Stage1Error};
use opera_tpcu::protocol::wire::Refusal;
use opera_tpcu::token::Issuer;
use opera_tpcu::tpm::{
    Bank, Group, PCR_FIRMWARE, PCR_RTL, Reference, SIGNATURE_BYTES, SoftTpm, Tpm, TpmFault,
};
use opera_tpcu::tpm2::Tpm2;
use opera_tpm::Swtpm;
use zeroize::Zeroizing;

const SEED: u64 = 7;
/// Places in a signature: epoch 4, R, S, T, W each 33.
const CREDENTIAL: std::ops::Range<usize> = 4..136;

fn authority() -> Authority {
    Authority::from_seed(SEED)
}

/// A wallet that has booted.
struct Wallet {
    provisioning: Provisioning,
    identity: Identity,
    tpm: Box<dyn Tpm>,
    /// Its state outlives the emulator.
    _chip: Option<Chip>,
}

/// Model and emulator, or the model alone, saying so, where there is none.
fn kinds() -> &'static [TpmKind] {
    if Swtpm::installed() {
        return &[TpmKind::Model, TpmKind::Swtpm];
    }
    eprintln!("skipped: swtpm is not installed (apt-get install swtpm)");
    &[TpmKind::Model]
}

fn off(kind: TpmKind, authority: &Authority, role: Role, number: u64) -> Wallet {
    let (provisioning, chip) = match kind {
        TpmKind::Model => (authority.provision(role, number, SEED), None),
        TpmKind::Swtpm => {
            let chip = Chip::in_memory().unwrap();
            let made = authority.provision_on(&chip, role, number, SEED);
            (made.unwrap(), Some(chip))
        }
    };
    let group = Group::new(&provisioning.group).unwrap();
    let policy = &provisioning.attestation_policy;
    let credential = &provisioning.attestation_credential;
    let tpm: Box<dyn Tpm> = match &chip {
        None => {
            let key = &provisioning.attestation_key;
            Box::new(SoftTpm::new(key, policy, credential, &group).unwrap())
        }
        Some(chip) => {
            let folder = chip.folder().to_owned();
            let power_on = Box::new(move || Swtpm::start(&folder));
            Box::new(Tpm2::new(power_on, policy, credential, &group).unwrap())
        }
    };
    let issuer = Issuer::new(&provisioning.issuer_public).unwrap();
    let identity = Identity {
        profile: Profile::Hardened,
        references: References::from_signed(&provisioning.references, &issuer).unwrap(),
        issuer,
        group,
        secret: Zeroizing::new([number as u8; 32]),
        serial: number as u16,
    };
    Wallet {
        provisioning,
        identity,
        tpm,
        _chip: chip,
    }
}

fn boot(tpm: &mut dyn Tpm, rtl: &[u8; 4], firmware: &[u8]) {
    tpm.reset().unwrap();
    tpm.extend(PCR_RTL, rtl).unwrap();
    tpm.extend(PCR_FIRMWARE, firmware).unwrap();
}

fn wallet(kind: TpmKind, number: u64) -> Wallet {
    of(kind, &authority(), number)
}

fn of(kind: TpmKind, authority: &Authority, number: u64) -> Wallet {
    let mut wallet = off(kind, authority, Role::Wallet, number);
    boot(&mut *wallet.tpm, &WALLET_RTL, FIRMWARE);
    wallet
}

/// All of Stage 1; the lengths of its messages.
fn stage1(payer: &mut Wallet, payee: &mut Wallet) -> Result<[usize; 4], Stage1Error> {
    let mut rng = Drbg::new(b"stage 1");
    let (a, first) = PayerHello::start(payer.identity.clone(), &mut rng);
    let (b, second) =
        PayeeChallenge::on_hello(payee.identity.clone(), &first, &mut *payee.tpm, &mut rng)?;
    let (a, third) = a.on_challenge(&second, &mut *payer.tpm)?;
    let (_, fourth) = b.on_proof(&third)?;
    a.on_accepted(&fourth)?;
    Ok([first.len(), second.len(), third.len(), fourth.len()])
}

/// The wallet is refused for this in either role, by verifiers of either kind.
#[track_caller]
fn refused(mut make: impl FnMut(TpmKind) -> Wallet, why: Refusal) {
    for kind in kinds() {
        for verifier in kinds() {
            let (mut bad, mut good) = (make(*kind), wallet(*verifier, 2));
            assert_refused(stage1(&mut bad, &mut good), why);
            assert_refused(stage1(&mut good, &mut bad), why);
        }
    }
}

#[track_caller]
fn assert_refused(result: Result<[usize; 4], Stage1Error>, why: Refusal) {
    match result {
        Err(Stage1Error::Partner(found)) => assert_eq!(found, why),
        other => panic!("{other:?} instead of {why:?}"),
    }
}

/// A TPM whose owner has it say something else.
struct Lying<S, R> {
    honest: Box<dyn Tpm>,
    sign: S,
    read: R,
}

type Signed = [u8; SIGNATURE_BYTES];

impl<S, R> Tpm for Lying<S, R>
where
    S: FnMut(&mut dyn Tpm, &[u8], &mut Drbg) -> Result<Signed, TpmFault>,
    R: FnMut(&mut dyn Tpm, Bank, usize) -> Result<[u8; 32], TpmFault>,
{
    fn reset(&mut self) -> Result<(), TpmFault> {
        self.honest.reset()
    }

    fn extend(&mut self, pcr: usize, event: &[u8]) -> Result<(), TpmFault> {
        self.honest.extend(pcr, event)
    }

    fn read(&mut self, bank: Bank, pcr: usize) -> Result<[u8; 32], TpmFault> {
        (self.read)(&mut *self.honest, bank, pcr)
    }

    fn sign(&mut self, message: &[u8], rng: &mut Drbg) -> Result<Signed, TpmFault> {
        (self.sign)(&mut *self.honest, message, rng)
    }
}

/// The wallet with its signatures made by this.
fn signing(
    mut wallet: Wallet,
    sign: impl FnMut(&mut dyn Tpm, &[u8], &mut Drbg) -> Result<Signed, TpmFault> + 'static,
) -> Wallet {
    wallet.tpm = Box::new(Lying {
        honest: wallet.tpm,
        sign,
        read: |tpm: &mut dyn Tpm, bank, pcr| tpm.read(bank, pcr),
    });
    wallet
}

#[test]
fn honest_wallets_accept_each_other_in_messages_of_the_same_lengths() {
    let mut lengths = Vec::new();
    for payer in kinds() {
        for payee in kinds() {
            let (mut payer, mut payee) = (wallet(*payer, 1), wallet(*payee, 2));
            lengths.push(stage1(&mut payer, &mut payee).unwrap());
            // Once more, as after an interruption.
            lengths.push(stage1(&mut payer, &mut payee).unwrap());
        }
    }
    lengths.dedup();
    assert_eq!(lengths, [[73, 401, 336, 54]]);
}

#[test]
fn a_mint_and_a_wallet_accept_each_other() {
    for kind in kinds() {
        let mut mint = off(*kind, &authority(), Role::Mint, 0);
        boot(&mut *mint.tpm, &MINT_RTL, FIRMWARE);
        stage1(&mut mint, &mut wallet(*kind, 1)).unwrap();
    }
}

#[test]
fn a_revoked_key_is_refused_and_no_other() {
    for verifier in kinds() {
        let (mut bad, mut good) = (wallet(TpmKind::Model, 1), wallet(*verifier, 2));
        let list = |version, keys: &[[u8; 32]]| {
            let signed = authority()
                .revoke(version, keys.iter().map(|key| &key[..]))
                .unwrap();
            revocation_from_signed(&signed, &bad.identity.issuer).unwrap()
        };
        let innocent = list(1, &[[1; 32], [2; 32]]);
        let guilty = list(2, &[[1; 32], bad.provisioning.attestation_key]);
        good.identity.group.revoke(innocent).unwrap();
        stage1(&mut bad, &mut good).unwrap();
        good.identity.group.revoke(guilty).unwrap();
        assert_refused(stage1(&mut bad, &mut good), Refusal::Revoked);
        assert_refused(stage1(&mut good, &mut bad), Refusal::Revoked);
        stage1(&mut wallet(TpmKind::Model, 3), &mut good).unwrap();
    }
}

#[test]
fn a_credential_of_an_old_epoch_is_refused() {
    let new = authority().in_epoch(2).unwrap();
    for kind in kinds() {
        for verifier in kinds() {
            let (mut old, mut good) = (wallet(*kind, 1), of(*verifier, &new, 2));
            assert_refused(stage1(&mut old, &mut good), Refusal::Epoch);
            // The old one does not know the new epoch either, and says so first.
            assert_refused(stage1(&mut good, &mut old), Refusal::Epoch);
            stage1(&mut of(*kind, &new, 3), &mut good).unwrap();
        }
    }
}

#[test]
fn an_old_credential_under_the_new_epochs_number_is_refused() {
    let new = authority().in_epoch(2).unwrap();
    for kind in kinds() {
        let mut old = signing(wallet(*kind, 1), |tpm, message, rng| {
            let mut signature = tpm.sign(message, rng)?;
            signature[..4].copy_from_slice(&2u32.to_be_bytes());
            Ok(signature)
        });
        let mut good = of(*kind, &new, 2);
        assert_refused(stage1(&mut good, &mut old), Refusal::Attestation);
    }
}

#[test]
fn the_zero_credential_is_refused() {
    let zeroed = |kind| {
        signing(wallet(kind, 1), |tpm, message, rng| {
            let mut signature = tpm.sign(message, rng)?;
            signature[CREDENTIAL].fill(0);
            Ok(signature)
        })
    };
    refused(zeroed, Refusal::ZeroCredential);
}

#[test]
fn a_credential_that_its_owner_made_is_refused() {
    let forged = |kind| {
        // A right signature by a key of its own, whose credential another issuer made.
        let mut rng = Drbg::new(b"forger");
        let issuer = IssuerSecret::<BnP256>::generate(1, &mut rng);
        let mut key = SoftKey::<BnP256, _>::from_secret(&[9; 32], Drbg::new(b"key")).unwrap();
        let q0 = key.public().unwrap();
        let request = JoinRequest::make(&mut key, issuer.public(), &[1; 32], b"name").unwrap();
        let issued = issuer.issue(&request, &[1; 32], b"name", &q0, &mut rng);
        let verifier = Verifier::new(issuer.public().clone());
        let credential =
            Credential::open(&issued.unwrap(), &request, &[1; 32], b"name", &verifier).unwrap();
        let honest = wallet(kind, 1);
        let claimed = IssuerPublic::from_bytes(&honest.provisioning.group).unwrap();
        signing(honest, move |_, message, rng| {
            let made = sign(&mut key, &credential, &claimed, None, message, rng).unwrap();
            Ok(made.to_bytes().try_into().unwrap())
        })
    };
    refused(forged, Refusal::Credential);
}

#[test]
fn another_authoritys_wallet_is_refused() {
    let stranger = Authority::from_seed(SEED + 1);
    for kind in kinds() {
        let (mut other, mut good) = (of(*kind, &stranger, 1), wallet(*kind, 2));
        assert_refused(stage1(&mut other, &mut good), Refusal::Attestation);
        assert_refused(stage1(&mut good, &mut other), Refusal::Attestation);
    }
}

#[test]
fn an_attestation_of_another_session_is_refused() {
    let relayed = |kind| {
        let mut first = None;
        signing(wallet(kind, 1), move |tpm, message, rng| {
            // Signs for the session that it saw first, with the message of that one, ever after.
            let recorded = first.get_or_insert_with(|| {
                let mut other = message.to_vec();
                *other.last_mut().unwrap() ^= 1;
                other
            });
            tpm.sign(recorded, rng)
        })
    };
    refused(relayed, Refusal::Attestation);
}

#[test]
fn any_other_bit_of_the_signature_is_refused() {
    let honest = wallet(TpmKind::Model, 1);
    for at in (0..SIGNATURE_BYTES).step_by(7) {
        let mut bad = signing(wallet(TpmKind::Model, 1), move |tpm, message, rng| {
            let mut signature = tpm.sign(message, rng)?;
            signature[at] ^= 1;
            Ok(signature)
        });
        bad.identity = honest.identity.clone();
        let result = stage1(&mut bad, &mut wallet(TpmKind::Model, 2));
        assert!(matches!(result, Err(Stage1Error::Partner(_))), "byte {at}");
    }
}

#[test]
fn registers_that_are_not_on_the_list_are_refused() {
    let other = |kind| {
        let mut wallet = wallet(kind, 1);
        wallet.tpm = Box::new(Lying {
            honest: wallet.tpm,
            sign: |tpm: &mut dyn Tpm, message: &[u8], rng: &mut Drbg| tpm.sign(message, rng),
            read: |_: &mut dyn Tpm, _, _| Ok([0x55; 32]),
        });
        wallet
    };
    refused(other, Refusal::Registers);
}

#[test]
fn a_fleet_is_updated_by_a_signed_list() {
    for kind in kinds() {
        let (mut payer, mut payee) = (wallet(*kind, 1), wallet(*kind, 2));
        let next = authority().references(2, vec![Reference::expected(&WALLET_RTL, b"next")]);
        let issuer = payee.identity.issuer.clone();
        payee.identity.references = References::from_signed(&next, &issuer).unwrap();
        assert_refused(stage1(&mut payer, &mut payee), Refusal::Registers);
    }
}

#[test]
fn a_key_is_silent_in_another_state_of_the_registers() {
    for kind in kinds() {
        for (rtl, firmware) in [
            (b"OP\x01\x00", &b"other firmware"[..]),
            (b"OP\x02\x00", FIRMWARE),
            (b"OP\x01\x01", FIRMWARE),
        ] {
            let mut changed = off(*kind, &authority(), Role::Wallet, 1);
            boot(&mut *changed.tpm, rtl, firmware);
            let result = stage1(&mut changed, &mut wallet(*kind, 2));
            assert!(matches!(result, Err(Stage1Error::Tpm(_))), "{result:?}");
        }
        // Once more extended after a good boot.
        let mut late = wallet(*kind, 1);
        late.tpm.extend(PCR_FIRMWARE, b"more").unwrap();
        let result = stage1(&mut late, &mut wallet(*kind, 2));
        assert!(matches!(result, Err(Stage1Error::Tpm(_))), "{result:?}");
        assert!(late.tpm.still().is_err());
    }
}

#[test]
fn a_credential_works_in_no_other_tpm() {
    if !Swtpm::installed() {
        return;
    }
    // The credential of wallet 1 in the TPM of wallet 3.
    let (one, three) = (wallet(TpmKind::Swtpm, 1), wallet(TpmKind::Swtpm, 3));
    assert_ne!(one.provisioning.endorsement, three.provisioning.endorsement);
    let folder = three._chip.as_ref().unwrap().folder().to_owned();
    drop(three.tpm);
    let (policy, credential) = (
        &one.provisioning.attestation_policy,
        &one.provisioning.attestation_credential,
    );
    let power_on = Box::new(move || Swtpm::start(&folder));
    let tpm = Tpm2::new(power_on, policy, credential, &one.identity.group).unwrap();
    let mut mixed = Wallet {
        tpm: Box::new(tpm),
        ..one
    };
    boot(&mut *mixed.tpm, &WALLET_RTL, FIRMWARE);
    let result = stage1(&mut mixed, &mut wallet(TpmKind::Model, 2));
    assert_refused(result, Refusal::Attestation);
}
