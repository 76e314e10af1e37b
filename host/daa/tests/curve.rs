//! BN_P256 is what its parameters say, and what MIRACL Core says.

use ark_ec::bn::BnConfig;
use ark_ec::pairing::Pairing;
use ark_ec::short_weierstrass::{Affine, SWCurveConfig};
use ark_ec::{AffineRepr, CurveConfig, CurveGroup, PrimeGroup};
use ark_ff::fields::fp6_3over2::Fp6Config;
use ark_ff::{BigInteger, Field, Fp2Config, Fp12Config, One, PrimeField, Zero};
use miracl_core::fp256bn::{big::BIG, ecp::ECP, ecp2::ECP2, fp2::FP2};
use num_bigint::{BigInt, BigUint};
use opera_daa::bn_p256::{
    BnP256, Config, Fq, Fq2, Fq2Config, Fq6Config, Fq12Config, Fr, G1Config, G2Config,
};

type G1 = Affine<G1Config>;
type G2 = Affine<G2Config>;

fn number<F: PrimeField>(value: F) -> BigUint {
    BigUint::from_bytes_be(&value.into_bigint().to_bytes_be())
}

fn p() -> BigUint {
    BigUint::from_bytes_be(&Fq::MODULUS.to_bytes_be())
}

fn r() -> BigUint {
    BigUint::from_bytes_be(&Fr::MODULUS.to_bytes_be())
}

/// Miller-Rabin with the first 40 primes: wrong with probability below 4^-40 for a number that was
/// not made to fool it, and these were found by a formula.
fn is_prime(n: &BigUint) -> bool {
    let one = BigUint::one();
    let less = n - &one;
    let twos = less.trailing_zeros().unwrap();
    let odd = &less >> twos;
    (2u32..174)
        .filter(|a| (2..*a).all(|d| a % d != 0))
        .all(|a| {
            let mut x = BigUint::from(a).modpow(&odd, n);
            let mut passes = x == one || x == less;
            for _ in 1..twos {
                x = x.modpow(&BigUint::from(2u32), n);
                passes |= x == less;
            }
            passes
        })
}

#[test]
fn modulus_and_order_are_the_primes_of_the_formula() {
    let u = -BigInt::from(0x6882_F5C0_30B0_A801u64);
    assert_eq!(Config::X, [0x6882_F5C0_30B0_A801]);
    let formula = |square: u32| {
        let (two, three) = (u.pow(2), u.pow(3));
        BigInt::from(36) * u.pow(4)
            + BigInt::from(36) * three
            + BigInt::from(square) * two
            + BigInt::from(6) * &u
            + 1
    };
    assert_eq!(BigInt::from(p()), formula(24));
    assert_eq!(BigInt::from(r()), formula(18));
    assert_eq!(
        format!("{:X}", p()),
        "FFFFFFFFFFFCF0CD46E5F25EEE71A49F0CDC65FB12980A82D3292DDBAED33013"
    );
    assert_eq!(
        format!("{:X}", r()),
        "FFFFFFFFFFFCF0CD46E5F25EEE71A49E0CDC65FB1299921AF62D536CD10B500D"
    );
    assert!(is_prime(&p()) && is_prime(&r()));
    assert!(!is_prime(&(p() * r())), "the test itself sees composites");
    let ate: BigInt = BigInt::from(6) * &u + 2;
    let digits = Config::ATE_LOOP_COUNT
        .iter()
        .rev()
        .fold(BigInt::from(0), |sum, digit| sum * 2 + i32::from(*digit));
    assert_eq!(-ate, digits);
}

#[test]
fn embedding_degree_is_twelve() {
    for k in 1..=12u32 {
        let divides = (p().pow(k) - 1u32) % r() == BigUint::ZERO;
        assert_eq!(divides, k == 12, "{k}");
    }
}

#[test]
fn frobenius_coefficients_are_their_powers() {
    let xi = Fq6Config::NONRESIDUE;
    assert_eq!(xi, Fq2::new(Fq::one(), Fq::one()));
    // 1 + i is neither square nor cube, so the tower is a field.
    let units = (p() * p() - 1u32).clone();
    assert!(!xi.pow((&units / 2u32).to_u64_digits()).is_one());
    assert!(!xi.pow((&units / 3u32).to_u64_digits()).is_one());
    for k in 0..12u32 {
        let less = p().pow(k) - 1u32;
        let power = |n: BigUint| xi.pow(n.to_u64_digits());
        assert_eq!(
            Fq12Config::FROBENIUS_COEFF_FP12_C1[k as usize],
            power(&less / 6u32)
        );
        if k < 6 {
            let k = k as usize;
            assert_eq!(Fq6Config::FROBENIUS_COEFF_FP6_C1[k], power(&less / 3u32));
            assert_eq!(
                Fq6Config::FROBENIUS_COEFF_FP6_C2[k],
                power(&less * 2u32 / 3u32)
            );
        }
    }
    assert_eq!(Fq2Config::NONRESIDUE, -Fq::one());
    let less = p() - 1u32;
    let inverse = |n: BigUint| xi.pow(n.to_u64_digits()).inverse().unwrap();
    assert_eq!(Config::TWIST_MUL_BY_Q_X, inverse(&less / 3u32));
    assert_eq!(Config::TWIST_MUL_BY_Q_Y, inverse(&less / 2u32));
}

fn order_is_r<C: SWCurveConfig<ScalarField = Fr>>() {
    let g = Affine::<C>::generator();
    assert!(g.is_on_curve() && !g.is_zero());
    assert!(g.mul_bigint(Fr::MODULUS).is_zero());
    assert_eq!(g.mul_bigint((-Fr::one()).into_bigint()), -g);
    assert!(g.is_in_correct_subgroup_assuming_on_curve());
}

#[test]
fn generators_have_the_order() {
    order_is_r::<G1Config>();
    order_is_r::<G2Config>();
    assert_eq!(G1::generator(), G1::new(Fq::from(1), Fq::from(2)));
    let cofactor = BigUint::from_slice(
        &G2Config::COFACTOR
            .iter()
            .flat_map(|limb| [*limb as u32, (*limb >> 32) as u32])
            .collect::<Vec<_>>(),
    );
    assert_eq!(cofactor, p() * 2u32 - r());
    assert_eq!(
        (cofactor * number(G2Config::COFACTOR_INV)) % r(),
        BigUint::one()
    );
    assert_eq!(
        <G2Config as SWCurveConfig>::COEFF_B,
        Fq2::new(Fq::from(3), Fq::from(3))
    );
}

#[test]
fn a_point_of_the_twist_outside_the_subgroup_is_seen() {
    let stray = (1u64..)
        .find_map(|x| G2::get_point_from_x_unchecked(Fq2::new(Fq::from(x), Fq::zero()), false))
        .unwrap();
    assert!(stray.is_on_curve());
    assert!(!stray.is_in_correct_subgroup_assuming_on_curve());
    let cleared = stray.clear_cofactor();
    assert!(!cleared.is_zero() && cleared.is_in_correct_subgroup_assuming_on_curve());
}

#[test]
fn pairing_is_bilinear_and_not_degenerate() {
    let (g1, g2) = (G1::generator(), G2::generator());
    let base = BnP256::pairing(g1, g2);
    assert!(!base.is_zero());
    assert!(base.mul_bigint(Fr::MODULUS).is_zero());
    for (a, b) in [
        (2u64, 3u64),
        (0xFFFF_FFFF_FFFF, 5),
        (1 << 60, (1 << 61) + 1),
    ] {
        let (a, b) = (Fr::from(a).inverse().unwrap(), -Fr::from(b));
        let moved = BnP256::pairing(g1 * a, g2 * b);
        assert_eq!(moved, base * (a * b));
        assert_eq!(moved, BnP256::pairing(g1 * (a * b), g2));
        let sum = BnP256::pairing(g1 * (a + b), g2);
        assert_eq!(sum, base * a + base * b);
    }
    assert!(BnP256::pairing(G1::identity(), g2).is_zero());
    let cancels = BnP256::multi_pairing([g1, -g1], [g2, g2]);
    assert!(cancels.is_zero());
}

fn big(value: impl PrimeField) -> BIG {
    let bytes = value.into_bigint().to_bytes_be();
    BIG::frombytes(&bytes)
}

fn back(value: BIG) -> Fq {
    let mut bytes = [0; 32];
    value.tobytes(&mut bytes);
    Fq::from_be_bytes_mod_order(&bytes)
}

#[test]
fn points_are_those_of_miracl() {
    let theirs_1 = ECP::generator();
    let theirs_2 = ECP2::generator();
    assert!(!theirs_1.is_infinity() && !theirs_2.is_infinity());
    let mut k = Fr::from(0x1234_5678_9abc_def1u64);
    for _ in 0..5 {
        let ours = (G1::generator() * k).into_affine();
        let theirs: ECP = theirs_1.mul(&big(k));
        assert_eq!(ours, G1::new(back(theirs.getx()), back(theirs.gety())));
        let mut bytes = [0; 33];
        theirs.tobytes(&mut bytes, true);
        assert_eq!(
            usize::from(bytes[0]),
            2 + usize::from(number(ours.y).bit(0))
        );

        let ours = (G2::generator() * k).into_affine();
        let theirs: ECP2 = theirs_2.mul(&big(k));
        let pair = |mut value: FP2| Fq2::new(back(value.geta()), back(value.getb()));
        assert_eq!(ours, G2::new(pair(theirs.getx()), pair(theirs.gety())));
        k = k.square() + Fr::one();
    }
}
