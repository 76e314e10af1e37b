//! A key says which signatures are its own, cannot deny one, and cannot claim another's.

mod common;

use ark_ec::AffineRepr;
use common::{issuer, join, rng};
use opera_daa::{
    BasePoint, DaaKey, G1, Owned, Refused, RevocationList, SignError, bn_p256::BnP256, sign,
};

type Proof = Owned<BnP256>;

const CONTEXT: [u8; 32] = [9; 32];

#[test]
fn a_key_owns_its_signatures_and_no_others() {
    let (secret, verifier) = issuer::<BnP256>("issuer");
    let mut one = join("wallet one", &secret, &verifier);
    let mut two = join("wallet two", &secret, &verifier);
    let mut rng = rng("sign");
    let signature = sign(
        &mut one.key,
        &one.credential,
        secret.public(),
        None,
        b"payment",
        &mut rng,
    )
    .unwrap();
    let none = RevocationList::empty();
    assert_eq!(verifier.verify(&signature, None, b"payment", &none), Ok(()));
    let (s, w) = signature.maker();
    let by_one = Proof::make(&mut one.key, &s, b"token 5", &CONTEXT).unwrap();
    let by_two = Proof::make(&mut two.key, &s, b"token 5", &CONTEXT).unwrap();
    for proof in [&by_one, &by_two] {
        assert_eq!(proof.verify(&s, b"token 5", &CONTEXT), Ok(()));
        let bytes = proof.to_bytes();
        assert_eq!(bytes.len(), Proof::bytes());
        assert_eq!(&Proof::from_bytes(&bytes).unwrap(), proof);
    }
    assert_eq!(by_one.multiple(), &w);
    assert_ne!(by_two.multiple(), &w);

    // The same key under the same basename has one name, whatever the point; the generator's
    // multiple is the TPM's public key.
    let g = G1::<BnP256>::generator();
    let joined = Proof::make(&mut one.key, &g, b"token 5", &[1; 32]).unwrap();
    assert_eq!(joined.multiple(), &one.key.public().unwrap());
    assert_eq!(joined.pseudonym(), by_one.pseudonym());
    assert_ne!(joined.pseudonym(), by_two.pseudonym());
    // Another basename, another name: nothing links the two.
    let other = Proof::make(&mut one.key, &g, b"token 6", &[1; 32]).unwrap();
    assert_ne!(other.pseudonym(), joined.pseudonym());
}

#[test]
fn a_proof_is_good_for_one_point_basename_and_question() {
    let (secret, verifier) = issuer::<BnP256>("issuer");
    let mut wallet = join("wallet", &secret, &verifier);
    let p = BasePoint::<BnP256>::of_basename(b"some point").point;
    let proof = Proof::make(&mut wallet.key, &p, b"token", &CONTEXT).unwrap();
    let refused = Err(Refused::OwnedProof);
    let g = G1::<BnP256>::generator();
    assert_eq!(proof.verify(&g, b"token", &CONTEXT), refused);
    assert_eq!(proof.verify(&p, b"taken", &CONTEXT), refused);
    assert_eq!(proof.verify(&p, b"token", &[8; 32]), refused);
    let good = proof.to_bytes();
    for at in 0..good.len() {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        let passes = Proof::from_bytes(&bytes)
            .is_ok_and(|changed| changed.verify(&p, b"token", &CONTEXT).is_ok());
        assert!(!passes, "byte {at}");
    }
    assert!(Proof::from_bytes(&good[1..]).is_err());
}

/// Denying: the multiple of another key beside one's own name.
#[test]
fn no_key_lends_its_multiple_to_another_name() {
    let (secret, verifier) = issuer::<BnP256>("issuer");
    let mut one = join("wallet one", &secret, &verifier);
    let mut two = join("wallet two", &secret, &verifier);
    let p = BasePoint::<BnP256>::of_basename(b"some point").point;
    let honest = Proof::make(&mut one.key, &p, b"token", &CONTEXT).unwrap();
    let other = Proof::make(&mut two.key, &p, b"token", &CONTEXT).unwrap();
    // W 33 of one, K and the rest of the other, and the other way round.
    for (head, tail) in [(&honest, &other), (&other, &honest)] {
        let mixed = [&head.to_bytes()[..33], &tail.to_bytes()[33..]].concat();
        let mixed = Proof::from_bytes(&mixed).unwrap();
        assert_eq!(
            mixed.verify(&p, b"token", &CONTEXT),
            Err(Refused::OwnedProof)
        );
    }
}

/// A TPM whose second half is by another key is found out before its proof leaves the wallet.
#[test]
fn a_tpm_of_two_keys_makes_no_proof() {
    struct Two<K>(K, K, u32);
    impl<K: DaaKey<BnP256>> DaaKey<BnP256> for Two<K> {
        type Error = K::Error;
        fn public(&mut self) -> Result<G1<BnP256>, K::Error> {
            self.0.public()
        }
        fn commit(
            &mut self,
            p1: &G1<BnP256>,
            p2: Option<&BasePoint<BnP256>>,
        ) -> Result<opera_daa::Commitment<BnP256>, K::Error> {
            self.2 += 1;
            if self.2 == 1 {
                &mut self.0
            } else {
                &mut self.1
            }
            .commit(p1, p2)
        }
        fn sign(
            &mut self,
            digest: &[u8; 32],
            counter: u16,
        ) -> Result<opera_daa::Response<BnP256>, K::Error> {
            if self.2 == 1 {
                &mut self.0
            } else {
                &mut self.1
            }
            .sign(digest, counter)
        }
    }
    let (secret, verifier) = issuer::<BnP256>("issuer");
    let one = join("wallet one", &secret, &verifier);
    let two = join("wallet two", &secret, &verifier);
    let p = BasePoint::<BnP256>::of_basename(b"some point").point;
    let made = Proof::make(&mut Two(one.key, two.key, 0), &p, b"token", &CONTEXT);
    assert!(matches!(made, Err(SignError::Answer(Refused::OwnedProof))));
}
