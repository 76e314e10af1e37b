//! Everything that is not exactly right is refused, by name.

mod common;

use ark_ff::{BigInteger, PrimeField};
use common::{NAME, NONCE, TestRng, Wallet, issuer, join, rng};
use opera_daa::bn_p256::{BnP256, Fq, Fr};
use opera_daa::{
    BadPoint, BadScalar, BasePoint, Commitment, Credential, DaaKey, G1, IssuerPublic, IssuerSecret,
    JoinRequest, LIST_MAX, Refused, Response, RevocationList, SignError, Signature, SoftKey,
    SoftKeyError, Verifier, sign,
};

/// Places of the fields of a signature.
const POINTS: [(&str, usize); 5] = [("R", 4), ("S", 37), ("T", 70), ("W", 103), ("K", 232)];
const SCALARS: [(&str, usize); 2] = [("c", 136), ("s", 200)];

struct Group {
    secret: IssuerSecret<BnP256>,
    verifier: Verifier<BnP256>,
    wallet: Wallet<BnP256>,
}

fn group() -> Group {
    let (secret, verifier) = issuer("issuer");
    let wallet = join("wallet", &secret, &verifier);
    Group {
        secret,
        verifier,
        wallet,
    }
}

impl Group {
    fn sign(&mut self, basename: Option<&[u8]>) -> Vec<u8> {
        sign(
            &mut self.wallet.key,
            &self.wallet.credential,
            self.secret.public(),
            basename,
            b"message",
            &mut rng("sign"),
        )
        .unwrap()
        .to_bytes()
    }

    fn check(&self, bytes: &[u8], basename: Option<&[u8]>) -> Result<(), Refused> {
        let signature = Signature::from_bytes(bytes)?;
        self.verifier
            .verify(&signature, basename, b"message", &RevocationList::empty())
    }
}

fn point(field: &'static str, why: BadPoint) -> Refused {
    Refused::Point { field, why }
}

fn scalar(field: &'static str, why: BadScalar) -> Refused {
    Refused::Scalar { field, why }
}

fn with(bytes: &[u8], at: usize, new: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at..at + new.len()].copy_from_slice(new);
    bytes
}

/// An x without a point.
fn off_curve() -> Vec<u8> {
    let x = (0u8..)
        .find(|x| G1::<BnP256>::get_point_from_x_unchecked(Fq::from(*x), false).is_none())
        .unwrap();
    [&[2][..], &[0; 31], &[x]].concat()
}

#[test]
fn each_field_of_a_signature_is_checked() {
    let mut group = group();
    let good = group.sign(Some(b"name"));
    assert_eq!(group.check(&good, Some(b"name")), Ok(()));
    let check = |bytes: &[u8]| group.check(bytes, Some(b"name")).unwrap_err();
    let modulus = Fq::MODULUS.to_bytes_be();
    for (field, at) in POINTS {
        for (bytes, why) in [
            (vec![0; 33], BadPoint::Identity),
            ([&[0][..], &[1; 32]].concat(), BadPoint::Tag(0)),
            ([&[4][..], &[1; 32]].concat(), BadPoint::Tag(4)),
            ([&[2][..], &modulus].concat(), BadPoint::Coordinate),
            ([&[3][..], &[0xFF; 32]].concat(), BadPoint::Coordinate),
            (off_curve(), BadPoint::NotOnCurve),
        ] {
            assert_eq!(check(&with(&good, at, &bytes)), point(field, why));
        }
        // The other y, and another point: right in form, wrong in the proof.
        let other_y = with(&good, at, &[good[at] ^ 1]);
        assert_eq!(check(&other_y), Refused::SignatureProof);
        let other = with(&good, at, &[&[2][..], &[0; 31], &[1]].concat());
        assert_eq!(check(&other), Refused::SignatureProof);
    }
    for (field, at) in SCALARS {
        for bytes in [&Fr::MODULUS.to_bytes_be()[..], &[0xFF; 32]] {
            assert_eq!(
                check(&with(&good, at, bytes)),
                scalar(field, BadScalar::TooLarge)
            );
        }
        assert_eq!(check(&with(&good, at, &[0; 32])), Refused::SignatureProof);
    }
    for length in [0, 1, 231, 233, 264, 266] {
        let bytes: Vec<u8> = good.iter().copied().cycle().take(length).collect();
        assert_eq!(
            check(&bytes),
            Refused::Length {
                what: "signature",
                found: length,
                expected: 232
            }
        );
    }
}

#[test]
fn every_flipped_bit_of_a_signature_is_refused() {
    let mut group = group();
    for basename in [None, Some(&b"name"[..])] {
        let good = group.sign(basename);
        for at in 0..good.len() {
            let bytes = with(&good, at, &[good[at] ^ (1 << (at % 8))]);
            assert!(group.check(&bytes, basename).is_err(), "byte {at}");
        }
    }
}

#[test]
fn a_signature_of_zeros_is_refused() {
    let group = group();
    for length in [232, 265] {
        let mut bytes = vec![0; length];
        bytes[3] = 3;
        assert_eq!(
            group.check(&bytes, None),
            Err(point("R", BadPoint::Identity))
        );
    }
}

#[test]
fn the_basename_must_be_the_one() {
    let mut group = group();
    let named = group.sign(Some(b"name"));
    let free = group.sign(None);
    assert_eq!(
        group.check(&named, Some(b"nome")),
        Err(Refused::SignatureProof)
    );
    assert_eq!(group.check(&named, None), Err(Refused::BasenameUnexpected));
    assert_eq!(
        group.check(&free, Some(b"name")),
        Err(Refused::BasenameMissing)
    );
    assert_eq!(
        group.check(&named[..232], None),
        Err(Refused::SignatureProof)
    );
}

#[test]
fn a_credential_that_the_issuer_did_not_make_is_refused() {
    let mut group = group();
    let good = group.wallet.credential.to_bytes();
    let check = |bytes: &[u8]| Credential::from_bytes(bytes, &group.verifier).unwrap_err();
    assert_eq!(check(&[0; 132]), point("A", BadPoint::Identity));
    for (field, at) in [("A", 0), ("B", 33), ("C", 66), ("D", 99)] {
        let zero = with(&good, at, &[0; 33]);
        assert_eq!(check(&zero), point(field, BadPoint::Identity));
        let off = with(&good, at, &off_curve());
        assert_eq!(check(&off), point(field, BadPoint::NotOnCurve));
        let other_y = with(&good, at, &[good[at] ^ 1]);
        assert_eq!(check(&other_y), Refused::CredentialEquation);
    }
    // With a credential of another issuer a perfectly formed signature is made, and refused.
    let (other, other_verifier) = issuer::<BnP256>("another issuer");
    let foreign = join("wallet", &other, &other_verifier);
    let signature = sign(
        &mut group.wallet.key,
        &foreign.credential,
        group.secret.public(),
        None,
        b"message",
        &mut rng("sign"),
    )
    .unwrap();
    assert_eq!(
        group.check(&signature.to_bytes(), None),
        Err(Refused::CredentialEquation)
    );
}

#[test]
fn anothers_credential_is_of_no_use() {
    let mut group = group();
    let other = join("another wallet", &group.secret, &group.verifier);
    group.wallet.credential = other.credential;
    let bytes = group.sign(None);
    assert_eq!(group.check(&bytes, None), Err(Refused::SignatureProof));
}

#[test]
fn an_issuer_key_without_proof_or_out_of_the_subgroup_is_refused() {
    let (secret, _) = issuer::<BnP256>("issuer");
    let (other, _) = issuer::<BnP256>("another issuer");
    let good = secret.public().to_bytes();
    let check = |bytes: &[u8]| IssuerPublic::<BnP256>::from_bytes(bytes).unwrap_err();
    for at in 0..good.len() {
        check(&with(&good, at, &[good[at] ^ 1]));
    }
    let other = other.public().to_bytes();
    assert_eq!(check(&with(&good, 4, &other[4..133])), Refused::IssuerProof);
    assert_eq!(check(&with(&good, 0, &[9])), Refused::IssuerProof);
    for (field, at) in [("X", 4), ("Y", 133)] {
        assert_eq!(
            check(&with(&good, at, &[0; 129])),
            point(field, BadPoint::Identity)
        );
        assert_eq!(
            check(&with(&good, at, &[2])),
            point(field, BadPoint::Tag(2))
        );
        assert_eq!(
            check(&with(&good, at + 1, &[0xFF; 32])),
            point(field, BadPoint::Coordinate)
        );
        assert_eq!(
            check(&with(&good, at + 128, &[good[at + 128] ^ 1])),
            point(field, BadPoint::NotOnCurve)
        );
        assert_eq!(
            check(&with(&good, at, &stray_g2())),
            point(field, BadPoint::NotInSubgroup)
        );
    }
    for (field, at) in [("c", 262), ("s_x", 294), ("s_y", 326)] {
        assert_eq!(
            check(&with(&good, at, &Fr::MODULUS.to_bytes_be())),
            scalar(field, BadScalar::TooLarge)
        );
    }
}

/// A point of the twist that is not of the prime order.
fn stray_g2() -> Vec<u8> {
    use ark_ff::Zero;
    use opera_daa::{G2, bn_p256::Fq2};
    let stray = (1u64..)
        .find_map(|x| {
            G2::<BnP256>::get_point_from_x_unchecked(Fq2::new(Fq::from(x), Fq::zero()), false)
        })
        .unwrap();
    let mut out = vec![4];
    for part in [stray.x.c0, stray.x.c1, stray.y.c0, stray.y.c1] {
        out.extend(part.into_bigint().to_bytes_be());
    }
    out
}

#[test]
fn a_join_proves_the_very_key_nonce_and_name() {
    let (secret, verifier) = issuer::<BnP256>("issuer");
    let mut key = SoftKey::<BnP256, TestRng>::generate(rng("wallet"));
    let q0 = key.public().unwrap();
    let request = JoinRequest::make(&mut key, secret.public(), &NONCE, NAME).unwrap();
    let issue = |request: &JoinRequest<BnP256>, nonce, name: &[u8], q0: &G1<BnP256>| {
        secret
            .issue(request, nonce, name, q0, &mut rng("issue"))
            .map(|issued| issued.sealed.len())
    };
    assert_eq!(issue(&request, &NONCE, NAME, &q0), Ok(148));
    let refused = Err(Refused::JoinProof);
    assert_eq!(issue(&request, &[8; 32], NAME, &q0), refused);
    assert_eq!(issue(&request, &NONCE, b"another", &q0), refused);
    let mut another = SoftKey::<BnP256, TestRng>::generate(rng("another"));
    let another = another.public().unwrap();
    assert_eq!(issue(&request, &NONCE, NAME, &another), refused);
    assert_eq!(
        issue(&request, &NONCE, NAME, &G1::<BnP256>::identity()),
        Err(point("Q0", BadPoint::Identity))
    );
    let stray = G1::<BnP256>::new_unchecked(Fq::from(1), Fq::from(1));
    assert_eq!(
        issue(&request, &NONCE, NAME, &stray),
        Err(point("Q0", BadPoint::NotOnCurve))
    );
    let good = request.to_bytes();
    for at in 0..good.len() {
        let changed = JoinRequest::from_bytes(&with(&good, at, &[good[at] ^ 1]))
            .and_then(|request| issue(&request, &NONCE, NAME, &q0));
        assert!(changed.is_err(), "byte {at}");
    }
    assert_eq!(
        JoinRequest::<BnP256>::from_bytes(&with(&good, 0, &[0; 33])).unwrap_err(),
        point("Q", BadPoint::Identity)
    );

    let mut rng = rng("issue");
    let mut issued = secret.issue(&request, &NONCE, NAME, &q0, &mut rng).unwrap();
    let open = |issued: &_, nonce, name: &[u8]| {
        Credential::open(issued, &request, nonce, name, &verifier).map(|_| ())
    };
    assert_eq!(open(&issued, &NONCE, NAME), Ok(()));
    assert_eq!(open(&issued, &NONCE, b"another"), Err(Refused::Sealed));
    assert_eq!(
        open(&issued, &[8; 32], NAME),
        Err(Refused::ForeignCredential)
    );
    issued.wrap[0] ^= 1;
    assert_eq!(open(&issued, &NONCE, NAME), Err(Refused::Sealed));
    issued.sealed.truncate(15);
    let short = Refused::Length {
        what: "sealed credential",
        found: 15,
        expected: 148,
    };
    assert_eq!(open(&issued, &NONCE, NAME), Err(short));
}

#[test]
fn secrets_that_are_no_scalars_are_refused() {
    let order = Fr::MODULUS.to_bytes_be();
    let key = |bytes: &[u8]| SoftKey::<BnP256, _>::from_secret(bytes, rng("k")).err();
    assert_eq!(key(&[0; 32]), Some(scalar("d", BadScalar::Zero)));
    assert_eq!(key(&order), Some(scalar("d", BadScalar::TooLarge)));
    assert!(matches!(key(&[1; 31]), Some(Refused::Length { .. })));
    assert_eq!(key(&[1; 32]), None);
    let issuer =
        |x: &[u8], y: &[u8]| IssuerSecret::<BnP256>::from_secrets(1, x, y, &mut rng("i")).err();
    assert_eq!(
        issuer(&[0; 32], &[1; 32]),
        Some(scalar("x", BadScalar::Zero))
    );
    assert_eq!(
        issuer(&[1; 32], &order),
        Some(scalar("y", BadScalar::TooLarge))
    );
    assert_eq!(issuer(&[1; 32], &[2; 32]), None);
}

#[test]
fn revocation_lists_are_canonical_and_bounded() {
    let mut group = group();
    let signature = Signature::from_bytes(&group.sign(None)).unwrap();
    let secret = group.wallet.key.secret();
    for length in [1, 7, 8, 100] {
        let others: Vec<[u8; 32]> = (1..length as u8).map(|i| [i; 32]).collect();
        let all = others.iter().map(|key| &key[..]).chain([&secret[..]]);
        let list = RevocationList::<BnP256>::new(9, all).unwrap();
        assert_eq!((list.len(), list.version()), (length, 9));
        let list = RevocationList::<BnP256>::from_bytes(&list.to_bytes()).unwrap();
        assert!(matches!(
            group.verifier.verify(&signature, None, b"message", &list),
            Err(Refused::Revoked { .. })
        ));
        let list = RevocationList::<BnP256>::new(9, others.iter().map(|key| &key[..])).unwrap();
        assert_eq!(
            group.verifier.verify(&signature, None, b"message", &list),
            Ok(())
        );
    }
    let check = |bytes: &[u8]| RevocationList::<BnP256>::from_bytes(bytes).unwrap_err();
    let one = [&[0, 0, 0, 1, 0, 2][..], &[1; 32], &[2; 32]].concat();
    assert!(RevocationList::<BnP256>::from_bytes(&one).is_ok());
    assert_eq!(
        check(&with(&one, 38, &[1; 32])),
        Refused::ListOrder { index: 1 }
    );
    assert_eq!(
        check(&with(&one, 6, &[0; 32])),
        scalar("revoked key", BadScalar::Zero)
    );
    assert_eq!(
        check(&with(&one, 38, &[0xFF; 32])),
        scalar("revoked key", BadScalar::TooLarge)
    );
    assert!(matches!(check(&one[..69]), Refused::Length { .. }));
    assert!(matches!(check(&[]), Refused::Length { .. }));
    assert_eq!(
        check(&with(&one, 4, &[4, 0])),
        Refused::ListTooLong { found: 1024 }
    );
    let many: Vec<[u8; 32]> = (0..=LIST_MAX as u32)
        .map(|i| {
            [&[1; 28][..], &i.to_be_bytes()]
                .concat()
                .try_into()
                .unwrap()
        })
        .collect();
    assert_eq!(
        RevocationList::<BnP256>::new(1, many.iter().map(|key| &key[..])).unwrap_err(),
        Refused::ListTooLong {
            found: LIST_MAX + 1
        }
    );
}

/// A TPM that answers wrongly.
struct Broken {
    inner: SoftKey<BnP256, TestRng>,
    how: How,
    left: u32,
}

#[derive(Clone, Copy, PartialEq)]
enum How {
    ZeroNonce,
    IdentityE,
    StrayE,
    BasenameForgotten,
}

impl DaaKey<BnP256> for Broken {
    type Error = SoftKeyError;

    fn public(&mut self) -> Result<G1<BnP256>, SoftKeyError> {
        self.inner.public()
    }

    fn commit(
        &mut self,
        p1: &G1<BnP256>,
        p2: Option<&BasePoint<BnP256>>,
    ) -> Result<Commitment<BnP256>, SoftKeyError> {
        let mut commitment = self.inner.commit(p1, p2)?;
        match self.how {
            How::IdentityE => commitment.e = G1::<BnP256>::identity(),
            How::StrayE => commitment.e.y += Fq::from(1),
            How::BasenameForgotten => commitment.of_basename = None,
            How::ZeroNonce => {}
        }
        Ok(commitment)
    }

    fn sign(&mut self, digest: &[u8; 32], counter: u16) -> Result<Response<BnP256>, SoftKeyError> {
        let mut response = self.inner.sign(digest, counter)?;
        if self.how == How::ZeroNonce && self.left > 0 {
            self.left -= 1;
            response.nonce_k[0] = 0;
        }
        Ok(response)
    }
}

#[test]
fn a_tpm_that_answers_nonsense_is_named() {
    let group = group();
    let attempt = |how, left| {
        let secret = group.wallet.key.secret();
        let mut key = Broken {
            inner: SoftKey::from_secret(&secret, rng("broken")).unwrap(),
            how,
            left,
        };
        sign(
            &mut key,
            &group.wallet.credential,
            group.secret.public(),
            Some(b"name"),
            b"message",
            &mut rng("sign"),
        )
    };
    let answer = |why| SignError::Answer(point("E", why));
    assert_eq!(attempt(How::IdentityE, 0), Err(answer(BadPoint::Identity)));
    assert_eq!(attempt(How::StrayE, 0), Err(answer(BadPoint::NotOnCurve)));
    assert_eq!(
        attempt(How::BasenameForgotten, 0),
        Err(SignError::Commitment)
    );
    assert_eq!(attempt(How::ZeroNonce, 4), Err(SignError::Nonce));
    // A short nonce is not used: the next try is.
    let bytes = attempt(How::ZeroNonce, 3).unwrap().to_bytes();
    assert_eq!(group.check(&bytes, Some(b"name")), Ok(()));
}
