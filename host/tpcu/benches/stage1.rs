//! Cost of Stage 1 on one core: `cargo bench -p opera-tpcu`. Prints, of many runs, the mean of the
//! processor time and the least elapsed time, in milliseconds. Cost of the scheme by itself:
//! `cargo bench -p opera-daa`.

use std::fs;
use std::hint::black_box;
use std::time::Instant;

use opera_tpcu::crypto::Drbg;
use opera_tpcu::driver::{FIRMWARE, WALLET_RTL};
use opera_tpcu::lists::References;
use opera_tpcu::model::provision;
use opera_tpcu::protocol::stage1::{Identity, PayeeChallenge, PayerHello};
use opera_tpcu::token::Issuer;
use opera_tpcu::tpm::{Attestation, Bank, Group, PCR_FIRMWARE, PCR_RTL, SoftTpm, Tpm};
use opera_tpcu::{Profile, driver::references};

use opera_daa::RevocationList;

/// Nanoseconds that this thread has been on a processor; counted in steps of some milliseconds.
fn processor_time() -> u64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    let first = text.split_whitespace().next().expect("a number");
    first.parse().expect("a number")
}

fn measure(what: &str, runs: usize, mut work: impl FnMut()) {
    let (start, mut least) = (processor_time(), f64::INFINITY);
    for _ in 0..runs {
        let start = Instant::now();
        work();
        least = least.min(start.elapsed().as_secs_f64() * 1e3);
    }
    let mean = (processor_time() - start) as f64 / 1e6 / runs as f64;
    println!("{what:<42} {mean:>9.3} {least:>9.3}");
}

fn list(keys: usize) -> RevocationList<opera_daa::bn_p256::BnP256> {
    let keys: Vec<Vec<u8>> = (1..=keys as u32)
        .map(|key| [&[0x42; 28][..], &key.to_be_bytes()].concat())
        .collect();
    RevocationList::new(1, keys.iter().map(|key| &key[..])).expect("keys are scalars")
}

fn booted(number: u8) -> (SoftTpm, Identity) {
    let keys = provision(number, false);
    let group = Group::new(&keys.group).expect("a group");
    let mut tpm = SoftTpm::new(
        &keys.attestation_key,
        &keys.attestation_policy,
        &keys.credential,
        &group,
    )
    .expect("a TPM");
    tpm.reset().expect("resets");
    tpm.extend(PCR_RTL, &WALLET_RTL).expect("extends");
    tpm.extend(PCR_FIRMWARE, FIRMWARE).expect("extends");
    let identity = Identity {
        profile: Profile::Hardened,
        issuer: Issuer::new(&keys.issuer).expect("a key"),
        group,
        references: References {
            version: 1,
            values: references(),
        },
        secret: keys.secret(),
        serial: keys.serial,
    };
    (tpm, identity)
}

fn main() {
    let ((mut tpm_a, mut a), (mut tpm_b, mut b)) = (booted(0), booted(1));
    let mut rng = Drbg::new(b"bench");
    println!(
        "{:<42} {:>9} {:>9}",
        "model TPMs, ms", "processor", "elapsed"
    );
    measure("attest: sign", 200, || {
        let data = rng.bytes();
        let made = Attestation::make(&mut tpm_a, Bank::Sha256, &data, &mut rng);
        black_box(made.expect("attests"));
    });
    for keys in [0, 100, 1000] {
        let mut group = a.group.clone();
        group.revoke(list(keys)).expect("newer");
        // Fresh each time: what is known already costs nothing.
        let made: Vec<_> = (0..100)
            .map(|_| {
                let data: [u8; 32] = rng.bytes();
                let made = Attestation::make(&mut tpm_a, Bank::Sha256, &data, &mut rng);
                (made.expect("attests"), data)
            })
            .collect();
        let mut made = made.iter();
        measure(&format!("attest: verify, {keys} revoked"), 100, || {
            let (made, data) = made.next().expect("as many as runs");
            let result = made.verify(&group, Bank::Sha256, &a.references.values, data);
            black_box(result).expect("verifies");
        });
    }
    for keys in [0, 100, 1000] {
        a.group.revoke(list(keys)).expect("newer");
        b.group.revoke(list(keys)).expect("newer");
        measure(&format!("Stage 1, both sides, {keys} revoked"), 100, || {
            let (payer, first) = PayerHello::start(a.clone(), &mut rng);
            let (payee, second) =
                PayeeChallenge::on_hello(b.clone(), &first, &mut tpm_b, &mut rng).expect("hello");
            let (payer, third) = payer.on_challenge(&second, &mut tpm_a).expect("challenge");
            let (_, fourth) = payee.on_proof(&third).expect("proof");
            black_box(payer.on_accepted(&fourth)).expect("accepted");
        });
    }
}
