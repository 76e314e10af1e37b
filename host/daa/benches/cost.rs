//! Cost of the scheme on one core: `cargo bench -p opera-daa`. Prints the least and the median of
//! many runs, in milliseconds of elapsed time; on a machine that does other work too, take the least.

use std::hint::black_box;
use std::time::Instant;

use opera_daa::bn_p256::BnP256;
use opera_daa::{RevocationList, Signature, Verifier, sign};

#[path = "../tests/common/mod.rs"]
mod common;

fn measure(what: &str, runs: usize, mut work: impl FnMut()) {
    let mut times: Vec<f64> = (0..runs)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!("{what:<38} {:>9.3} {:>9.3}", times[0], times[runs / 2]);
}

fn list(keys: usize) -> RevocationList<BnP256> {
    let keys: Vec<Vec<u8>> = (1..=keys as u32)
        .map(|key| [&[0x42; 28][..], &key.to_be_bytes()].concat())
        .collect();
    RevocationList::new(1, keys.iter().map(|key| &key[..])).expect("keys are scalars")
}

fn main() {
    let (secret, verifier) = common::issuer::<BnP256>("issuer");
    let mut wallet = common::join("wallet", &secret, &verifier);
    let public = secret.public().clone();
    let mut rng = common::rng("bench");
    println!(
        "{:<38} {:>9} {:>9}",
        "BN_P256, TPM in software, ms", "least", "median"
    );
    measure("sign", 200, || {
        let key = &mut wallet.key;
        black_box(sign(key, &wallet.credential, &public, None, b"m", &mut rng)).expect("signs");
    });
    measure("sign under a basename", 200, || {
        let (key, name) = (&mut wallet.key, Some(&b"name"[..]));
        black_box(sign(key, &wallet.credential, &public, name, b"m", &mut rng)).expect("signs");
    });
    for name in [None, Some(&b"name"[..])] {
        let key = &mut wallet.key;
        let bytes = sign(key, &wallet.credential, &public, name, b"m", &mut rng)
            .expect("signs")
            .to_bytes();
        for keys in [0, 100, 1000] {
            let list = list(keys);
            let kind = if name.is_some() { ", basename" } else { "" };
            measure(
                &format!("decode and verify, {keys} revoked{kind}"),
                100,
                || {
                    let signature = Signature::from_bytes(&bytes).expect("decodes");
                    let result = verifier.verify(&signature, name, b"m", &list);
                    black_box(result).expect("verifies");
                },
            );
        }
    }
    measure("verifier from an issuer key", 50, || {
        let key = opera_daa::IssuerPublic::<BnP256>::from_bytes(&public.to_bytes());
        black_box(Verifier::new(key.expect("decodes")));
    });
}
