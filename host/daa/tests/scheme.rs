//! The scheme works, on BN_P256 and on BLS12-381.

mod common;

use common::{issuer, join, rng};
use opera_daa::{
    BasePoint, Credential, DaaKey, IssuerPublic, IssuerSecret, JoinRequest, Refused,
    RevocationList, Signature, SoftKeyError, Suite, bn_p256::BnP256, same_signer, sign,
};

/// The curve that a software TPM may use for some 20 bits more; its G1 has a cofactor.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Bls12381;

impl Suite for Bls12381 {
    type Scalar = ark_bls12_381::Fr;
    type Base = ark_bls12_381::Fq;
    type G1 = ark_bls12_381::g1::Config;
    type G2 = ark_bls12_381::g2::Config;
    type Pairing = ark_bls12_381::Bls12_381;
    const NAME: &'static str = "OPERA daa test BLS12-381";
}

fn all_of_it<S: Suite>() {
    let (secret, verifier) = issuer::<S>("issuer");
    let mut one = join("wallet one", &secret, &verifier);
    let mut two = join("wallet two", &secret, &verifier);
    let none = RevocationList::empty();
    let mut make = |who: usize, basename: Option<&[u8]>, message: &[u8]| {
        let wallet = if who == 1 { &mut one } else { &mut two };
        let signature = sign(
            &mut wallet.key,
            &wallet.credential,
            secret.public(),
            basename,
            message,
            &mut rng("sign"),
        )
        .unwrap();
        let bytes = signature.to_bytes();
        assert_eq!(bytes.len(), Signature::<S>::bytes(basename.is_some()));
        let decoded = Signature::<S>::from_bytes(&bytes).unwrap();
        assert_eq!(decoded, signature);
        decoded
    };
    let free = make(1, None, b"message");
    assert_eq!(verifier.verify(&free, None, b"message", &none), Ok(()));
    assert_eq!(
        verifier.verify(&free, None, b"massage", &none),
        Err(Refused::SignatureProof)
    );
    let claims = [
        make(1, Some(b"claim 5"), b"a"),
        make(1, Some(b"claim 5"), b"b"),
        make(2, Some(b"claim 5"), b"b"),
        make(1, Some(b"claim 6"), b"a"),
    ];
    for (claim, (name, message)) in claims.iter().zip([
        (b"claim 5", b"a"),
        (b"claim 5", b"b"),
        (b"claim 5", b"b"),
        (b"claim 6", b"a"),
    ]) {
        assert_eq!(verifier.verify(claim, Some(name), message, &none), Ok(()));
    }
    assert!(same_signer(&claims[0], &claims[1]));
    assert!(!same_signer(&claims[0], &claims[2]));
    assert!(!same_signer(&claims[0], &claims[3]));
    assert!(!same_signer(&free, &free));

    let list = RevocationList::<S>::new(1, [&one.key.secret()[..]]).unwrap();
    let found = Err(Refused::Revoked { index: 0 });
    assert_eq!(verifier.verify(&free, None, b"message", &list), found);
    let claimed = verifier.verify(&claims[0], Some(b"claim 5"), b"a", &list);
    assert_eq!(claimed, found);
    assert_eq!(
        verifier.verify(&claims[2], Some(b"claim 5"), b"b", &list),
        Ok(())
    );
}

#[test]
fn on_bn_p256() {
    all_of_it::<BnP256>();
}

#[test]
fn on_bls12_381() {
    all_of_it::<Bls12381>();
}

#[test]
fn encodings_have_the_documented_lengths() {
    assert_eq!(IssuerPublic::<BnP256>::bytes(), 358);
    assert_eq!(JoinRequest::<BnP256>::bytes(), 129);
    assert_eq!(Credential::<BnP256>::bytes(), 132);
    assert_eq!(Signature::<BnP256>::bytes(false), 232);
    assert_eq!(Signature::<BnP256>::bytes(true), 265);
    let (secret, verifier) = issuer::<BnP256>("issuer");
    let bytes = secret.public().to_bytes();
    assert_eq!(bytes.len(), 358);
    assert_eq!(
        IssuerPublic::from_bytes(&bytes).as_ref(),
        Ok(secret.public())
    );
    let wallet = join("wallet", &secret, &verifier);
    let bytes = wallet.credential.to_bytes();
    assert_eq!(
        Credential::from_bytes(&bytes, &verifier),
        Ok(wallet.credential)
    );
}

#[test]
fn the_same_random_numbers_give_the_same_signature() {
    let once = || {
        let (secret, verifier) = issuer::<BnP256>("issuer");
        let mut wallet = join("wallet", &secret, &verifier);
        let mut rng = rng("sign");
        let public = secret.public();
        sign(
            &mut wallet.key,
            &wallet.credential,
            public,
            None,
            b"m",
            &mut rng,
        )
        .unwrap()
        .to_bytes()
    };
    assert_eq!(once(), once());
}

#[test]
fn two_signatures_share_no_field_but_the_epoch() {
    let (secret, verifier) = issuer::<BnP256>("issuer");
    let mut wallet = join("wallet", &secret, &verifier);
    let mut rng = rng("sign");
    let mut make = || {
        let public = secret.public();
        sign(
            &mut wallet.key,
            &wallet.credential,
            public,
            None,
            b"m",
            &mut rng,
        )
        .unwrap()
        .to_bytes()
    };
    let (one, two) = (make(), make());
    assert_eq!(one[..4], two[..4]);
    let fields = [4, 37, 70, 103, 136, 168, 200, 232];
    for field in fields.windows(2) {
        assert_ne!(one[field[0] + 1..field[1]], two[field[0] + 1..field[1]]);
    }
}

#[test]
fn a_commitment_signs_once() {
    let mut wallet = {
        let (secret, verifier) = issuer::<BnP256>("issuer");
        join("wallet", &secret, &verifier)
    };
    let point = BasePoint::<BnP256>::of_basename(b"x").point;
    let counter = wallet.key.commit(&point, None).unwrap().counter;
    assert!(wallet.key.sign(&[1; 32], counter).is_ok());
    assert_eq!(
        wallet.key.sign(&[1; 32], counter).err(),
        Some(SoftKeyError::NoCommitment(counter))
    );
    for _ in 0..128 {
        wallet.key.commit(&point, None).unwrap();
    }
    assert_eq!(
        wallet.key.commit(&point, None).err(),
        Some(SoftKeyError::TooManyCommitments)
    );
}

#[test]
fn an_epoch_ends_with_its_key() {
    let (secret, verifier) = issuer::<BnP256>("issuer");
    let mut wallet = join("wallet", &secret, &verifier);
    let public = secret.public();
    let none = RevocationList::empty();
    let signature = sign(
        &mut wallet.key,
        &wallet.credential,
        public,
        None,
        b"m",
        &mut rng("s"),
    )
    .unwrap();
    let next = IssuerSecret::<BnP256>::generate(4, &mut rng("issuer of epoch 4"));
    let next = opera_daa::Verifier::new(next.public().clone());
    let expected = Refused::Epoch {
        found: 3,
        expected: 4,
    };
    assert_eq!(next.verify(&signature, None, b"m", &none), Err(expected));
    // Claiming the new epoch, or another issuer of the same one, does not help.
    let mut bytes = signature.to_bytes();
    bytes[3] = 4;
    let claimed = Signature::from_bytes(&bytes).unwrap();
    assert_eq!(
        next.verify(&claimed, None, b"m", &none),
        Err(Refused::SignatureProof)
    );
    let (_, other) = issuer::<BnP256>("another issuer");
    assert_eq!(
        other.verify(&signature, None, b"m", &none),
        Err(Refused::SignatureProof)
    );
}
