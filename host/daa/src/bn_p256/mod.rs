//! BN_P256, the pairing curve of TPM 2.0 (`TPM_ECC_BN_P256`, 0x0010), also called FP256BN.
//!
//! A Barreto-Naehrig curve with u = -0x6882F5C030B0A801, so that p = 36u^4 + 36u^3 + 24u^2 + 6u + 1
//! and the order is 36u^4 + 36u^3 + 18u^2 + 6u + 1. G1: y^2 = x^3 + 3, generator (1, 2), as
//! `TPM2_ECC_Parameters` gives them. G2: the sextic twist of type M, y^2 = x^3 + 3 (1 + i); its
//! generator, which no TPM knows, is that of MIRACL Core. About 100 bits of security since the
//! improved number field sieves of 2016.

mod fields;

use ark_ec::bn::{Bn, BnConfig, G1Affine, G2Affine, TwistType};
use ark_ec::models::CurveConfig;
use ark_ec::models::short_weierstrass::SWCurveConfig;
use ark_ff::{AdditiveGroup, Field, MontFp};

pub use fields::{Fq, Fq2, Fq2Config, Fq6, Fq6Config, Fq12, Fq12Config, FqConfig, Fr, FrConfig};

/// The pairing-friendly curve.
pub type BnP256 = Bn<Config>;

/// Parameters of the curve and its optimal ate pairing.
pub struct Config;

impl BnConfig for Config {
    const X: &'static [u64] = &[0x6882_F5C0_30B0_A801];
    const X_IS_NEGATIVE: bool = true;
    /// |6u + 2| with digits -1, 0 and 1, no two of them nonzero in a row; least digit first.
    const ATE_LOOP_COUNT: &'static [i8] = &[
        0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 1,
        0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, -1, 0, 0, 1, 0, 0, 1, 0, 0, 0, -1, 0, 1, 0,
        -1, 0, 0, 1, 0, 1,
    ];
    const TWIST_TYPE: TwistType = TwistType::M;
    /// (1 + i)^(-(p - 1) / 3)
    const TWIST_MUL_BY_Q_X: Fq2 = Fq2::new(
        Fq::ZERO,
        MontFp!("7687848157618018096874460774185039390143432256831478675464"),
    );
    /// (1 + i)^(-(p - 1) / 2)
    const TWIST_MUL_BY_Q_Y: Fq2 = Fq2::new(
        MontFp!("25069679773142184885621229507082661035156654591765490333230459478196393287150"),
        MontFp!("90722409464172751987067331737389081023219223763995714865469950044433271231013"),
    );
    type Fp = Fq;
    type Fp2Config = Fq2Config;
    type Fp6Config = Fq6Config;
    type Fp12Config = Fq12Config;
    type G1Config = G1Config;
    type G2Config = G2Config;
}

/// Parameters of G1.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct G1Config;

impl CurveConfig for G1Config {
    type BaseField = Fq;
    type ScalarField = Fr;
    const COFACTOR: &'static [u64] = &[1];
    const COFACTOR_INV: Fr = Fr::ONE;
}

impl SWCurveConfig for G1Config {
    const COEFF_A: Fq = Fq::ZERO;
    const COEFF_B: Fq = MontFp!("3");
    const GENERATOR: G1Affine<Config> = G1Affine::<Config>::new_unchecked(Fq::ONE, MontFp!("2"));
    // (0, 0) is not on the curve, so it can stand for the identity.
    type ZeroFlag = ();

    fn mul_by_a(_: Fq) -> Fq {
        Fq::ZERO
    }
}

/// Parameters of G2.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct G2Config;

impl CurveConfig for G2Config {
    type BaseField = Fq2;
    type ScalarField = Fr;
    /// 2p less the order.
    const COFACTOR: &'static [u64] = &[
        0xB025_084A_8C9B_1019,
        0x0CDC_65FB_1296_82EA,
        0x46E5_F25E_EE71_A4A0,
        0xFFFF_FFFF_FFFC_F0CD,
    ];
    const COFACTOR_INV: Fr =
        MontFp!("57896044618657468428656432464617852931973196036774626595017713536481373583359");
}

impl SWCurveConfig for G2Config {
    const COEFF_A: Fq2 = Fq2::ZERO;
    const COEFF_B: Fq2 = Fq2::new(MontFp!("3"), MontFp!("3"));
    const GENERATOR: G2Affine<Config> = G2Affine::<Config>::new_unchecked(G2_X, G2_Y);
    type ZeroFlag = ();

    fn mul_by_a(_: Fq2) -> Fq2 {
        Fq2::ZERO
    }
}

const G2_X: Fq2 = Fq2::new(
    MontFp!("114909019869825495805094438766505779201460871441403689227802685522624680861435"),
    MontFp!("35574363727580634541930638464681913209705880605623913174726536241706071648811"),
);
const G2_Y: Fq2 = Fq2::new(
    MontFp!("50716067518164634588930629542849391622019891639033308801179703012697134868479"),
    MontFp!("2411551183525564456390543793707224372694528872699698838345743968177014768795"),
);
