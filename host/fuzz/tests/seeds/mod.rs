//! Makes the seeds of the corpora that follow from formats and protocol, anew when these change:
//! `cargo test -p opera-fuzz --test replay seeds -- --ignored`. What an engine found stays as it is.

use std::cell::RefCell;
use std::fs;
use std::path::PathBuf;
use std::rc::Rc;

use opera_daa::bn_p256::BnP256;
use opera_daa::{DaaKey, IssuerSecret, JoinRequest, RevocationList, SoftKey};
use opera_store::{HEADER_BYTES, Provisioning, WalletFile};
use opera_tpcu::crypto::Drbg;
use opera_tpcu::driver::{FIRMWARE, WALLET_RTL};
use opera_tpcu::model::{Pair, Side, issuer_key, provision};
use opera_tpcu::token::IssuerKey;
use opera_tpcu::tpm::{Attestation, Bank, Group, PCR_FIRMWARE, PCR_RTL, Tpm};
use opera_tpcu::tpm2::Tpm2;
use opera_tpcu::{Profile, Role, Tpcu, accept, pay, resume};
use opera_tpm::{Swtpm, TpmError, Transport};

fn keep(target: &str, name: &str, bytes: &[u8]) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus");
    fs::create_dir_all(folder.join(target)).expect("folder");
    fs::write(folder.join(target).join(name), bytes).expect("written");
}

/// Each message of a payment and of a resumption, in both profiles: put in its own place once more, and
/// with its last bit turned.
#[test]
#[ignore = "writes files"]
fn make_messages() {
    for (profile, paper) in [(Profile::Hardened, 0), (Profile::Paper, 0x10)] {
        for (again, resumed) in [(false, 0), (true, 0x80)] {
            let frames = record(profile, again);
            assert!(frames.len() > 5, "{} frames", frames.len());
            for (n, frame) in (0..).zip(frames) {
                let how: u8 = n | paper | resumed;
                keep(
                    "messages",
                    &format!("{how:02x}.bin"),
                    &[&[how], &frame[..]].concat(),
                );
                let how = how | 0x40;
                let mut turn = vec![0; frame.len()];
                turn[frame.len() - 1] = 1;
                keep(
                    "messages",
                    &format!("{how:02x}.bin"),
                    &[&[how], &turn[..]].concat(),
                );
            }
        }
    }
}

/// What crosses the link in a payment, or in the resumption of one whose Msg.3-1 did not arrive; keys
/// and seeds are those of the target.
fn record(profile: Profile, again: bool) -> Vec<Vec<u8>> {
    let pair = Pair::new(false);
    let issuer = IssuerKey::from_secret(&issuer_key()).expect("key");
    for (slot, value) in [(0, 10), (1, 1)] {
        let token = issuer.issue(&[slot as u8 + 1; 16], value, 20_000);
        pair.danger_plant(Side::A, slot, token.as_bytes());
    }
    let tpcu = |n, seed| Tpcu::new(&provision(n, false), profile, &[n, seed]).expect("keys");
    let (a, b) = (pair.bus(Side::A), pair.bus(Side::B));
    if again {
        let mut number = 0;
        pair.tamper_link(Some(Box::new(move |_, frame| {
            if number == 10 {
                frame.clear();
            }
            number += 1;
        })));
        let _ = pair.run(pay(&a, &mut tpcu(0, 1), 11), accept(&b, &mut tpcu(1, 1)));
        pair.tamper_link(None);
        pair.restart();
    }
    let _ = pair.take_frames();
    let (mut payer, mut payee) = (tpcu(0, 2), tpcu(1, 2));
    if again {
        let _ = pair.run(
            resume(&a, &mut payer, Role::Payer),
            resume(&b, &mut payee, Role::Payee),
        );
    } else {
        let _ = pair.run(pay(&a, &mut payer, 11), accept(&b, &mut payee));
    }
    pair.take_frames()
        .into_iter()
        .map(|(_, frame)| frame)
        .collect()
}

#[test]
#[ignore = "writes files"]
fn make_lists() {
    let mut rng = Drbg::new(b"seeds");
    let kept =
        |which: u8, name: &str, bytes: &[u8]| keep("lists", name, &[&[which], bytes].concat());
    let issuer = IssuerSecret::<BnP256>::generate(1, &mut rng);
    let list = RevocationList::<BnP256>::new(3, [&[1; 32][..], &[2; 32]]).expect("keys");
    kept(0, "revoked.bin", &list.to_bytes());
    kept(1, "issuer.bin", &issuer.public().to_bytes());
    let mut key = SoftKey::<BnP256, _>::from_secret(&[9; 32], Drbg::new(b"key")).expect("key");
    let _ = key.public().expect("point");
    let request = JoinRequest::make(&mut key, issuer.public(), &[1; 32], b"name").expect("join");
    kept(3, "join.bin", &request.to_bytes());
    kept(4, "references.bin", &[]);
    kept(4, "longer.bin", &[0; 200]);
    let group = Group::new(&provision(0, false).group).expect("group");
    let keys = provision(0, false);
    let (key, policy) = (&keys.attestation_key, &keys.attestation_policy);
    let mut tpm =
        opera_tpcu::tpm::SoftTpm::new(key, policy, &keys.credential, &group).expect("tpm");
    tpm.extend(PCR_RTL, &WALLET_RTL).expect("extended");
    tpm.extend(PCR_FIRMWARE, FIRMWARE).expect("extended");
    // The target's own: another one over the same data is good, too.
    let rng = &mut Drbg::new(b"good");
    let made = Attestation::make(&mut tpm, Bank::Sha256, &[7; 32], rng).expect("attests");
    kept(2, "signature.bin", &made.signature);
    // XORed: nothing; the epoch; zeros in place of a credential.
    keep("attestation", "same.bin", &[0]);
    let mut epoch = vec![0; 1 + 33 + 4];
    epoch[37] = 1;
    keep("attestation", "epoch.bin", &epoch);
    keep(
        "attestation",
        "other.bin",
        &[&[1], &made.to_bytes()[..]].concat(),
    );
}

#[test]
#[ignore = "writes files"]
fn make_hand_overs() {
    let good = opera_fuzz::good_hand_over();
    keep("hand_over", "same.bin", &[0]);
    keep("hand_over", "whole.bin", &[&[1], &good[..]].concat());
    keep(
        "hand_over",
        "cut.bin",
        &[&[1], &good[..good.len() - 1]].concat(),
    );
    // One token more than was signed.
    let mut longer = vec![0; 1 + good.len() + 64];
    longer[1 + 2 + 32 + 32 + 32 + 4 + 1] = 2 ^ 3;
    keep("hand_over", "longer.bin", &longer);
}

#[test]
#[ignore = "writes files"]
fn make_wallets() {
    let folder = tempfile::tempdir().expect("folder");
    for (role, name) in [
        (opera_store::Role::Wallet, "wallet.bin"),
        (opera_store::Role::Mint, "mint.bin"),
    ] {
        let path = folder.path().join(name);
        drop(WalletFile::create(&path, &Provisioning::pattern(role, 1)).expect("file"));
        let file = fs::read(&path).expect("readable");
        // The digest and what is before it are what a decoder sees; most of it is zeros.
        keep("wallet", name, &[&[1], &file[..HEADER_BYTES]].concat());
    }
}

/// Passes on to an emulator, and writes down what it answers.
struct Recorder(Swtpm, Rc<RefCell<Vec<u8>>>);

impl Transport for Recorder {
    fn exchange(&mut self, name: &'static str, command: &[u8]) -> Result<Vec<u8>, TpmError> {
        let answer = self.0.exchange(name, command)?;
        let mut told = self.1.borrow_mut();
        told.extend_from_slice(&(answer.len() as u16).to_be_bytes());
        told.extend_from_slice(&answer);
        Ok(answer)
    }
}

/// The whole of the target's talk with a TPM that is none of the group's: it answers all, then signs.
#[test]
#[ignore = "writes files, needs swtpm"]
fn make_tpm() {
    let folder = tempfile::tempdir().expect("folder");
    let told = Rc::new(RefCell::new(Vec::new()));
    let (path, kept) = (folder.path().to_owned(), told.clone());
    let power_on = Box::new(move || Ok(Recorder(Swtpm::start(&path)?, kept.clone())));
    let keys = provision(0, false);
    let group = Group::new(&keys.group).expect("group");
    let policy = &keys.attestation_policy;
    let mut tpm = Tpm2::new(power_on, policy, &keys.credential, &group).expect("credential");
    tpm.reset().expect("power");
    tpm.extend(PCR_RTL, &WALLET_RTL).expect("extended");
    tpm.extend(PCR_FIRMWARE, FIRMWARE).expect("extended");
    let made = Attestation::make(&mut tpm, Bank::Sha256, &[7; 32], &mut Drbg::new(b"tpm"));
    println!("{made:?}");
    keep("tpm", "recorded.bin", &told.borrow());
}
