//! What comes over wires: traces of the LPC bus, answers of a TPM.

use std::collections::VecDeque;

use opera_lpc::{Decoder, Sample, read_vcd};
use opera_tpcu::crypto::Drbg;
use opera_tpcu::driver::{FIRMWARE, WALLET_RTL};
use opera_tpcu::lists::References;
use opera_tpcu::model::provision;
use opera_tpcu::token::Issuer;
use opera_tpcu::tpm::{Attestation, Bank, Group, PCR_FIRMWARE, PCR_RTL, Tpm};
use opera_tpcu::tpm2::Tpm2;
use opera_tpm::{TpmError, Transport};

use crate::Check;

/// A file in VCD, and the same bytes as samples of the bus.
pub(crate) fn trace() -> Check {
    Box::new(|bytes| {
        if let Ok(samples) = read_vcd(bytes, None) {
            decode(samples);
        }
        decode(bytes.iter().map(|byte| Sample {
            lframe_n: byte & 0x10 == 0,
            lreset_n: byte & 0x60 != 0x60,
            lad: byte & 0xF,
        }));
    })
}

fn decode(samples: impl IntoIterator<Item = Sample>) {
    let mut decoder = Decoder::new();
    for sample in samples {
        let _ = decoder.sample(sample);
    }
    let _ = decoder.finish();
}

/// A TPM that answers what it was told to: each answer behind its length in two bytes.
struct Told(VecDeque<Vec<u8>>);

impl Told {
    fn new(mut bytes: &[u8]) -> Self {
        let mut answers = VecDeque::new();
        while let Some(([high, low], rest)) = bytes.split_first_chunk() {
            let len = usize::from(u16::from_be_bytes([*high, *low])).min(rest.len());
            let (answer, rest) = rest.split_at(len);
            answers.push_back(answer.to_vec());
            bytes = rest;
        }
        Self(answers)
    }
}

impl Transport for Told {
    fn exchange(&mut self, command: &'static str, _: &[u8]) -> Result<Vec<u8>, TpmError> {
        self.0.pop_front().ok_or(TpmError::Gone { command })
    }
}

/// Power-up, measurements and an attestation with a TPM that answers anything. Whatever it answers,
/// no partner accepts the attestation: no key that it can have has joined.
pub(crate) fn tpm() -> Check {
    let keys = provision(0, false);
    let made = || {
        let issuer = Issuer::new(&keys.issuer)?;
        let references = References::from_signed(&keys.references, &issuer).ok()?;
        Some((Group::new(&keys.group).ok()?, references.values))
    };
    let Some((group, references)) = made() else {
        unreachable!("fixed keys");
    };
    Box::new(move |bytes| {
        let bytes = bytes.to_vec();
        let power_on = Box::new(move || Ok(Told::new(&bytes)));
        let made = Tpm2::new(power_on, &keys.attestation_policy, &keys.credential, &group);
        let Ok(mut tpm) = made else {
            unreachable!("a fixed credential");
        };
        if tpm.reset().is_err() {
            return;
        }
        let _ = tpm.extend(PCR_RTL, &WALLET_RTL);
        let _ = tpm.extend(PCR_FIRMWARE, FIRMWARE);
        let made = Attestation::make(&mut tpm, Bank::Sha256, &[7; 32], &mut Drbg::new(b"tpm"));
        if let Ok(made) = made {
            let accepted = made.verify(&group, Bank::Sha256, &references, &[7; 32]);
            assert!(accepted.is_err(), "a key that has not joined attests");
        }
    })
}
