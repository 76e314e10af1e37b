//! What is signed: attestations, the authority's lists, tokens.

use opera_daa::bn_p256::BnP256;
use opera_daa::{IssuerPublic, JoinRequest, RevocationList, Signature};
use opera_tpcu::Profile;
use opera_tpcu::crypto::Drbg;
use opera_tpcu::driver::{FIRMWARE, WALLET_RTL};
use opera_tpcu::lists::{References, revocation_from_signed, revocation_to_signed};
use opera_tpcu::model::{issuer_key, provision};
use opera_tpcu::token::{Issuer, IssuerKey};
use opera_tpcu::tpm::{ATTESTATION_BYTES, Attestation, Group, PCR_FIRMWARE, PCR_RTL, SoftTpm, Tpm};

use crate::Check;

fn issuer() -> (IssuerKey, Issuer) {
    let key = IssuerKey::from_secret(&issuer_key());
    let public = key.as_ref().and_then(|key| Issuer::new(&key.public()));
    let (Some(key), Some(public)) = (key, public) else {
        unreachable!("a fixed key");
    };
    (key, public)
}

/// XORed onto a good attestation, or in its place: no other than the good one is accepted.
pub(crate) fn attestation() -> Check {
    let keys = provision(0, false);
    let bank = Profile::Hardened.bank();
    let qualifying = [7; 32];
    let make = || {
        let group = Group::new(&keys.group).ok()?;
        let (key, policy) = (&keys.attestation_key, &keys.attestation_policy);
        let mut tpm = SoftTpm::new(key, policy, &keys.credential, &group).ok()?;
        tpm.extend(PCR_RTL, &WALLET_RTL).ok()?;
        tpm.extend(PCR_FIRMWARE, FIRMWARE).ok()?;
        let good = Attestation::make(&mut tpm, bank, &qualifying, &mut Drbg::new(b"good"));
        let references = References::from_signed(&keys.references, &issuer().1).ok()?;
        Some((good.ok()?.to_bytes(), group, references.values))
    };
    let Some((good, group, references)) = make() else {
        unreachable!("a fixed wallet");
    };
    Box::new(move |bytes| {
        let Some((&how, bytes)) = bytes.split_first() else {
            return;
        };
        let mut other: [u8; ATTESTATION_BYTES] = good;
        for (byte, change) in other.iter_mut().zip(bytes) {
            *byte = if how & 1 == 0 {
                *byte ^ change
            } else {
                *change
            };
        }
        let Some(read) = Attestation::from_bytes(&other) else {
            return;
        };
        assert_eq!(read.to_bytes(), other, "written as it was read");
        let accepted = read.verify(&group, bank, &references, &qualifying);
        assert_eq!(accepted.is_ok(), other == good, "{accepted:?}");
        let elsewhere = read.verify(&group, bank, &references, &[8; 32]);
        assert!(elsewhere.is_err(), "accepted for other data");
    })
}

/// Keys and lists that come from outside: what is read is written as it was.
pub(crate) fn lists() -> Check {
    let (key, public) = issuer();
    let references = provision(0, false).references.clone();
    Box::new(move |bytes| {
        let Some((&which, bytes)) = bytes.split_first() else {
            return;
        };
        match which % 5 {
            0 => {
                if let Ok(list) = RevocationList::<BnP256>::from_bytes(bytes) {
                    assert_eq!(list.to_bytes(), bytes);
                    let signed = revocation_to_signed(&list, &key);
                    let read = revocation_from_signed(&signed, &public);
                    assert!(read.is_ok_and(|read| read == list), "signed, and not read");
                }
            }
            1 => {
                if let Ok(issuer) = IssuerPublic::<BnP256>::from_bytes(bytes) {
                    assert_eq!(issuer.to_bytes(), bytes);
                }
            }
            2 => {
                if let Ok(signature) = Signature::<BnP256>::from_bytes(bytes) {
                    assert_eq!(signature.to_bytes(), bytes);
                }
            }
            3 => {
                if let Ok(request) = JoinRequest::<BnP256>::from_bytes(bytes) {
                    assert_eq!(request.to_bytes(), bytes);
                }
            }
            _ => {
                let mut list = references.clone();
                for (byte, change) in list.iter_mut().zip(bytes) {
                    *byte ^= change;
                }
                list.extend_from_slice(bytes.get(list.len()..).unwrap_or(&[]));
                let read = References::from_signed(&list, &public);
                assert_eq!(read.is_ok(), list == references, "{read:?}");
            }
        }
    })
}

/// XORed onto a good token: no other is taken.
pub(crate) fn token() -> Check {
    let (key, public) = issuer();
    let good = key.issue(&[3; 16], 5, 20_000);
    Box::new(move |bytes| {
        let mut token = *good.as_bytes();
        for (byte, change) in token.iter_mut().zip(bytes) {
            *byte ^= change;
        }
        let same = token == *good.as_bytes();
        assert_eq!(public.check(&token).is_ok(), same);
    })
}
