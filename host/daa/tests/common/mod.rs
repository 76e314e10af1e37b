//! What the tests share: a counter hashed as random source, and a group of one wallet.
#![allow(dead_code)]

use std::convert::Infallible;

use opera_daa::{Credential, DaaKey, IssuerSecret, JoinRequest, SoftKey, Suite, Verifier};
use rand_core::{TryCryptoRng, TryRng};
use sha2::{Digest, Sha256};

/// SHA-256 over a name and a counter.
#[derive(Clone)]
pub struct TestRng {
    name: &'static str,
    counter: u64,
}

pub fn rng(name: &'static str) -> TestRng {
    TestRng { name, counter: 0 }
}

impl TryRng for TestRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut out = [0; 4];
        self.try_fill_bytes(&mut out)?;
        Ok(u32::from_le_bytes(out))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut out = [0; 8];
        self.try_fill_bytes(&mut out)?;
        Ok(u64::from_le_bytes(out))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for chunk in out.chunks_mut(32) {
            self.counter += 1;
            let hash = Sha256::new()
                .chain_update(self.name)
                .chain_update(self.counter.to_be_bytes())
                .finalize();
            chunk.copy_from_slice(&hash[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for TestRng {}

pub const NONCE: [u8; 32] = [7; 32];
pub const NAME: &[u8] = b"\x00\x0bname of the key, by the TPM";

/// A wallet that has joined.
pub struct Wallet<S: Suite> {
    pub key: SoftKey<S, TestRng>,
    pub credential: Credential<S>,
}

pub fn issuer<S: Suite>(name: &'static str) -> (IssuerSecret<S>, Verifier<S>) {
    let secret = IssuerSecret::<S>::generate(3, &mut rng(name));
    let verifier = Verifier::new(secret.public().clone());
    (secret, verifier)
}

pub fn join<S: Suite>(
    name: &'static str,
    secret: &IssuerSecret<S>,
    verifier: &Verifier<S>,
) -> Wallet<S> {
    let mut key = SoftKey::generate(rng(name));
    let q0 = key.public().unwrap();
    let request = JoinRequest::make(&mut key, secret.public(), &NONCE, NAME).unwrap();
    let issued = secret
        .issue(&request, &NONCE, NAME, &q0, &mut rng("issue"))
        .unwrap();
    let credential = Credential::open(&issued, &request, &NONCE, NAME, verifier).unwrap();
    Wallet { key, credential }
}
