//! The emulator as an independent implementation of the TPM's half. Skipped, saying so, where it is
//! not installed; ./test installs it.

use std::path::Path;

use ark_ec::AffineRepr;
use ark_ff::{BigInteger, PrimeField};
use opera_daa::bn_p256::BnP256;
use opera_daa::bn_p256::{Fq, Fr};
use opera_daa::{G1, Refused, RevocationList, SignError, same_signer, sign};
use opera_tpm::{
    AttestationKey, Bank, Client, Endorsement, Swtpm, TpmError, Transport, make_credential, public,
};

use common::{FIRMWARE, RTL, boot, daa, emulator, group, join, policy};

mod common;

#[test]
fn the_curve_is_the_tpms() {
    let folder = tempfile::tempdir().unwrap();
    let Some(emulator) = emulator(folder.path()) else {
        return;
    };
    let mut tpm = Client::new(emulator);
    tpm.startup().unwrap();
    let bytes = |value: &[u8]| -> [u8; 32] { value.try_into().unwrap() };
    let g = G1::<BnP256>::generator();
    let expected = [
        bytes(&Fq::MODULUS.to_bytes_be()),
        bytes(&Fr::MODULUS.to_bytes_be()),
        bytes(&Fq::from(3).into_bigint().to_bytes_be()),
        bytes(&g.x.into_bigint().to_bytes_be()),
        bytes(&g.y.into_bigint().to_bytes_be()),
    ];
    assert_eq!(tpm.bn_p256().unwrap(), expected);
}

#[test]
fn registers_and_random_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let Some(emulator) = emulator(folder.path()) else {
        return;
    };
    let mut tpm = Client::new(emulator);
    boot(&mut tpm).unwrap();
    assert_eq!(tpm.pcr(Bank::Sha256, 0).unwrap(), public::extended(&[RTL]));
    assert_eq!(
        tpm.pcr(Bank::Sha256, 1).unwrap(),
        public::extended(&[FIRMWARE])
    );
    assert_eq!(tpm.pcr(Bank::Sha1, 0).unwrap().len(), 20);
    assert_ne!(tpm.pcr(Bank::Sha1, 0).unwrap(), [0; 20]);
    tpm.extend(1, b"more").unwrap();
    assert_eq!(
        tpm.pcr(Bank::Sha256, 1).unwrap(),
        public::extended(&[FIRMWARE, b"more"])
    );
    let random = [tpm.random::<32>().unwrap(), tpm.random::<32>().unwrap()];
    assert_ne!(random[0], random[1]);
}

#[test]
fn signatures_of_the_emulator_verify() {
    let folder = tempfile::tempdir().unwrap();
    let Some(emulator) = emulator(folder.path()) else {
        return;
    };
    let mut tpm = Client::new(emulator);
    boot(&mut tpm).unwrap();
    let (secret, verifier) = group();
    let credential = join(&mut tpm, &secret, &verifier).unwrap();
    let mut key = AttestationKey::load(&mut tpm, &policy()).unwrap();
    let mut rng = daa::rng("sign");
    let none = RevocationList::empty();
    let public = secret.public();
    // Some of so many nonces begin with a zero byte.
    for i in 0..600u32 {
        let message = i.to_be_bytes();
        let name = (i % 8 == 0).then_some(&b"claim"[..]);
        let made = sign(&mut key, &credential, public, name, &message, &mut rng).unwrap();
        assert_eq!(verifier.verify(&made, name, &message, &none), Ok(()));
        if i % 64 == 0 {
            let again = sign(&mut key, &credential, public, name, b"again", &mut rng).unwrap();
            assert!(same_signer(&made, &again));
            assert_eq!(
                verifier.verify(&made, name, b"another", &none),
                Err(Refused::SignatureProof)
            );
        }
    }
}

#[test]
fn the_key_works_only_in_the_attested_state() {
    let folder = tempfile::tempdir().unwrap();
    let Some(emulator) = emulator(folder.path()) else {
        return;
    };
    let mut tpm = Client::new(emulator);
    boot(&mut tpm).unwrap();
    let (secret, verifier) = group();
    let credential = join(&mut tpm, &secret, &verifier).unwrap();
    let attempt = |tpm: &mut Client<Swtpm>| {
        let mut key = AttestationKey::load(tpm, &policy()).unwrap();
        let mut rng = daa::rng("sign");
        let made = sign(&mut key, &credential, secret.public(), None, b"m", &mut rng);
        key.unload().unwrap();
        made.map(drop)
    };
    attempt(&mut tpm).unwrap();
    tpm.extend(1, b"other firmware").unwrap();
    // TPM_RC_POLICY_FAIL of the first session.
    assert!(matches!(
        attempt(&mut tpm),
        Err(SignError::Key(TpmError::Refused { code: 0x99D, .. }))
    ));
}

#[test]
fn another_tpm_does_not_open_the_credential() {
    let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let (Some(one), Some(two)) = (emulator(folders[0].path()), emulator(folders[1].path())) else {
        return;
    };
    let mut tpms = [Client::new(one), Client::new(two)];
    for tpm in &mut tpms {
        boot(tpm).unwrap();
    }
    let [one, two] = &mut tpms;
    let theirs = Endorsement::load(one).unwrap();
    let ours = Endorsement::load(two).unwrap();
    assert_ne!(theirs.point, ours.point);
    let mut key = AttestationKey::load(two, &policy()).unwrap();
    let name = public::name(key.public_area());
    let mut rng = daa::rng("issuer");
    let wrapped = make_credential(&theirs.point, &name, &[1; 32], &mut rng).unwrap();
    assert!(matches!(
        ours.activate(&mut key, &wrapped),
        Err(TpmError::Refused { .. })
    ));
    let wrapped = make_credential(&ours.point, &name, &[1; 32], &mut rng).unwrap();
    assert_eq!(*ours.activate(&mut key, &wrapped).unwrap(), [1; 32]);
    assert!(make_credential(&[1; 64], &name, &[1; 32], &mut rng).is_none());
}

/// Kills the emulator before, or shortens the answer to, one command.
struct Faulty {
    inner: Swtpm,
    left: usize,
    shorten: Option<usize>,
}

impl Transport for Faulty {
    fn exchange(&mut self, name: &'static str, command: &[u8]) -> Result<Vec<u8>, TpmError> {
        let now = self.left == 0;
        self.left = self.left.wrapping_sub(1);
        if now && self.shorten.is_none() {
            self.inner.kill();
        }
        let mut response = self.inner.exchange(name, command)?;
        if let (true, Some(by)) = (now, self.shorten) {
            response.truncate(response.len() - by.min(response.len()));
        }
        Ok(response)
    }
}

/// The whole life of a wallet's TPM; gives what came of it, and the commands it took: not always as many, for a signature
/// whose nonce begins with a zero is made again, one in 256. One that ended before `fail_at` had no fault.
fn life(state: &Path, fail_at: usize, shorten: Option<usize>) -> (Result<(), TpmError>, usize) {
    let faulty = Faulty {
        inner: Swtpm::start(state).unwrap(),
        left: fail_at,
        shorten,
    };
    let mut tpm = Client::new(faulty);
    let (secret, verifier) = group();
    let result = (|| {
        boot(&mut tpm)?;
        let credential = join(&mut tpm, &secret, &verifier)?;
        let mut key = AttestationKey::load(&mut tpm, &policy())?;
        let mut rng = daa::rng("sign");
        let name = Some(&b"name"[..]);
        let made = sign(&mut key, &credential, secret.public(), name, b"m", &mut rng);
        match made {
            Ok(made) => {
                let none = RevocationList::empty();
                assert_eq!(verifier.verify(&made, name, b"m", &none), Ok(()));
            }
            Err(SignError::Key(error)) => return Err(error),
            Err(other) => panic!("{other}"),
        }
        key.unload()?;
        tpm.shutdown()
    })();
    (result, fail_at.wrapping_sub(tpm.transport().left))
}

#[test]
fn killed_before_any_command_it_is_named_and_the_next_start_works() {
    let folder = tempfile::tempdir().unwrap();
    if emulator(folder.path()).is_none() {
        return;
    }
    for at in 0.. {
        let (result, commands) = life(folder.path(), at, None);
        if commands <= at {
            result.unwrap();
            assert!(commands > 20, "{commands}");
            break;
        }
        assert!(
            matches!(result, Err(TpmError::Gone { .. })),
            "{at}: {result:?}"
        );
    }
    // Its keys are never locked out by so many unclean ends.
    life(folder.path(), usize::MAX, None).0.unwrap();
}

#[test]
fn killed_at_any_time_it_is_named() {
    let folder = tempfile::tempdir().unwrap();
    if emulator(folder.path()).is_none() {
        return;
    }
    for delay in 0..40u64 {
        let mut tpm = Client::new(Swtpm::start(folder.path()).unwrap());
        let process = tpm.transport().process().to_string();
        let killer = std::thread::spawn(move || {
            std::thread::sleep(std::time::Duration::from_micros(700 * delay));
            let mut kill = std::process::Command::new("kill");
            assert!(kill.args(["-9", &process]).status().unwrap().success());
        });
        let result = loop {
            let result = tpm
                .startup()
                .or_else(|error| match error {
                    // TPM_RC_INITIALIZE: started already.
                    TpmError::Refused { code: 0x100, .. } => Ok(()),
                    other => Err(other),
                })
                .and_then(|()| Endorsement::load(&mut tpm))
                .and_then(|_| tpm.random::<8>());
            match result {
                // Three objects are loaded and none unloaded: the kill is still to come.
                Ok(_) | Err(TpmError::Refused { code: 0x902, .. }) => {}
                Err(error) => break error,
            }
        };
        killer.join().unwrap();
        assert!(matches!(result, TpmError::Gone { .. }), "{delay}: {result}");
    }
}

#[test]
fn shortened_answers_are_named() {
    let folder = tempfile::tempdir().unwrap();
    if emulator(folder.path()).is_none() {
        return;
    }
    for at in 0.. {
        for by in [1, 7, 4096] {
            let (result, commands) = life(folder.path(), at, Some(by));
            if commands <= at {
                result.unwrap();
                assert!(commands > 20, "{commands}");
                return;
            }
            assert!(
                matches!(result, Err(TpmError::Malformed { .. })),
                "{at}: {result:?}"
            );
        }
    }
}

#[test]
fn a_state_folder_that_cannot_be_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    for path in [
        file.clone(),
        file.join("below"),
        folder.path().join("no/such"),
    ] {
        assert!(matches!(
            Swtpm::start(&path),
            Err(TpmError::StateFolder { .. })
        ));
    }
    let comma = folder.path().join("a,b");
    assert!(matches!(
        Swtpm::start(&comma),
        Err(TpmError::StateFolder { .. })
    ));
}

#[test]
fn one_that_hangs_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mut emulator) = emulator(folder.path()) else {
        return;
    };
    let limit = std::time::Duration::from_millis(200);
    emulator.set_limit(limit);
    let mut stop = std::process::Command::new("kill");
    let process = emulator.process().to_string();
    assert!(stop.args(["-STOP", &process]).status().unwrap().success());
    let result = Client::new(emulator).startup();
    assert!(matches!(result, Err(TpmError::Timeout { waited, .. }) if waited == limit));
}

#[test]
fn it_is_gone_after_drop() {
    let folder = tempfile::tempdir().unwrap();
    let Some(emulator) = emulator(folder.path()) else {
        return;
    };
    let process = format!("/proc/{}", emulator.process());
    assert!(Path::new(&process).exists());
    drop(emulator);
    assert!(!Path::new(&process).exists());
}
