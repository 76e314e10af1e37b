//! A wallet's TPM and its issuer: boot, join.
#![allow(dead_code, reason = "each test file uses a part")]

use std::path::Path;

use ark_ff::PrimeField;
use opera_daa::bn_p256::{BnP256, Fq};
use opera_daa::{Credential, G1, IssuerSecret, JoinRequest, SignError, Verifier};
use opera_tpm::{
    AttestationKey, Client, Endorsement, Swtpm, TpmError, Transport, make_credential, public,
};

#[path = "../../../daa/tests/common/mod.rs"]
pub mod daa;

pub const RTL: &[u8] = b"OP\x01\x00";
pub const FIRMWARE: &[u8] = b"firmware";

/// An emulator on this folder; `None`, and a line about it, where there is none.
pub fn emulator(state: &Path) -> Option<Swtpm> {
    if !Swtpm::installed() {
        eprintln!("skipped: swtpm is not installed (apt-get install swtpm)");
        return None;
    }
    Some(Swtpm::start(state).unwrap())
}

pub fn boot<T: Transport>(tpm: &mut Client<T>) -> Result<(), TpmError> {
    tpm.startup()?;
    tpm.extend(0, RTL)?;
    tpm.extend(1, FIRMWARE)
}

pub fn policy() -> [u8; 32] {
    public::pcr_policy(&[public::extended(&[RTL]), public::extended(&[FIRMWARE])])
}

/// Both halves of a join, wallet and issuer.
pub fn join<T: Transport>(
    tpm: &mut Client<T>,
    secret: &IssuerSecret<BnP256>,
    verifier: &Verifier<BnP256>,
) -> Result<Credential<BnP256>, TpmError> {
    let nonce = [5; 32];
    let endorsement = Endorsement::load(tpm)?;
    let mut key = AttestationKey::load(tpm, &policy())?;
    let area = key.public_area().to_vec();
    let name = public::name(&area);
    let request = match JoinRequest::make(&mut key, secret.public(), &nonce, &name) {
        Ok(request) => request,
        Err(SignError::Key(error)) => return Err(error),
        Err(other) => panic!("{other}"),
    };

    // Issuer: the key is of the agreed kind, its policy the agreed one.
    let coordinate = |at: usize| -> [u8; 32] { area[at..at + 32].try_into().unwrap() };
    let (x, y) = (coordinate(area.len() - 66), coordinate(area.len() - 32));
    assert_eq!(area, public::attestation(&policy(), &x, &y));
    let number = |bytes: [u8; 32]| Fq::from_be_bytes_mod_order(&bytes);
    let q0 = G1::<BnP256>::new_unchecked(number(x), number(y));
    let mut rng = daa::rng("issuer");
    let mut issued = secret
        .issue(&request, &nonce, &name, &q0, &mut rng)
        .unwrap();
    let wrapped = make_credential(&endorsement.point, &name, &issued.wrap, &mut rng).unwrap();
    *issued.wrap = [0; 32];

    issued.wrap = endorsement.activate(&mut key, &wrapped)?;
    let credential = Credential::open(&issued, &request, &nonce, &name, verifier).unwrap();

    // Wrapped for another name, it stays shut.
    let other = make_credential(&endorsement.point, b"another", &[1; 32], &mut rng).unwrap();
    match endorsement.activate(&mut key, &other) {
        Err(TpmError::Refused { code: 0x1DF, .. }) => {}
        Err(error) => return Err(error),
        Ok(_) => panic!("another key's secret was unwrapped"),
    }
    key.unload()?;
    Ok(credential)
}

pub fn group() -> (IssuerSecret<BnP256>, Verifier<BnP256>) {
    daa::issuer("issuer")
}
