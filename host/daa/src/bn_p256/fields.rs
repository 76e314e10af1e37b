//! Fields of BN_P256: `Fq`, `Fr`, and the tower Fq2 = Fq(i), i^2 = -1; Fq6 = Fq2(v), v^3 = 1 + i;
//! Fq12 = Fq6(w), w^2 = v. The tests compute every Frobenius coefficient from its definition.

use ark_ff::fields::fp6_3over2::{Fp6, Fp6Config};
use ark_ff::fields::{Fp2Config, Fp12, Fp12Config, Fp256, MontBackend, MontConfig};
use ark_ff::{AdditiveGroup, Field, Fp2, MontFp};

#[derive(MontConfig)]
#[modulus = "115792089237314936872688561244471742058375878355761205198700409522629664518163"]
#[generator = "2"]
/// Modulus of [`Fq`], with a primitive root.
pub struct FqConfig;
/// Base field: integers modulo p.
pub type Fq = Fp256<MontBackend<FqConfig, 4>>;

#[derive(MontConfig)]
#[modulus = "115792089237314936872688561244471742058035595988840268584488757999429535617037"]
#[generator = "2"]
/// Modulus of [`Fr`], with a primitive root.
pub struct FrConfig;
/// Scalars: integers modulo the order of the curve.
pub type Fr = Fp256<MontBackend<FrConfig, 4>>;

/// Fq2.
pub type Fq2 = Fp2<Fq2Config>;
/// Parameters of [`Fq2`].
pub struct Fq2Config;

impl Fp2Config for Fq2Config {
    type Fp = Fq;
    const NONRESIDUE: Fq = MontFp!("-1");
    const FROBENIUS_COEFF_FP2_C1: &'static [Fq] = &[Fq::ONE, MontFp!("-1")];
}

/// Fq6.
pub type Fq6 = Fp6<Fq6Config>;
/// Parameters of [`Fq6`].
#[derive(Clone, Copy)]
pub struct Fq6Config;

impl Fp6Config for Fq6Config {
    type Fp2Config = Fq2Config;
    const NONRESIDUE: Fq2 = Fq2::new(Fq::ONE, Fq::ONE);
    /// (1 + i)^((p^k - 1) / 3) for k = 0 to 5.
    const FROBENIUS_COEFF_FP6_C1: &'static [Fq2] = &[
        Fq2::new(Fq::ONE, Fq::ZERO),
        Fq2::new(
            Fq::ZERO,
            MontFp!("7687848157618018096874460774185039390143432256831478675463"),
        ),
        Fq2::new(
            MontFp!(
                "115792089237314936865000713086853723961501417581576165808556977265798185842699"
            ),
            Fq::ZERO,
        ),
        Fq2::new(Fq::ZERO, Fq::ONE),
        Fq2::new(
            MontFp!("7687848157618018096874460774185039390143432256831478675463"),
            Fq::ZERO,
        ),
        Fq2::new(
            Fq::ZERO,
            MontFp!(
                "115792089237314936865000713086853723961501417581576165808556977265798185842699"
            ),
        ),
    ];
    /// (1 + i)^(2 (p^k - 1) / 3) for k = 0 to 5.
    const FROBENIUS_COEFF_FP6_C2: &'static [Fq2] = &[
        Fq2::new(Fq::ONE, Fq::ZERO),
        Fq2::new(
            MontFp!("7687848157618018096874460774185039390143432256831478675464"),
            Fq::ZERO,
        ),
        Fq2::new(
            MontFp!("7687848157618018096874460774185039390143432256831478675463"),
            Fq::ZERO,
        ),
        Fq2::new(
            MontFp!(
                "115792089237314936872688561244471742058375878355761205198700409522629664518162"
            ),
            Fq::ZERO,
        ),
        Fq2::new(
            MontFp!(
                "115792089237314936865000713086853723961501417581576165808556977265798185842699"
            ),
            Fq::ZERO,
        ),
        Fq2::new(
            MontFp!(
                "115792089237314936865000713086853723961501417581576165808556977265798185842700"
            ),
            Fq::ZERO,
        ),
    ];
}

/// Fq12.
pub type Fq12 = Fp12<Fq12Config>;
/// Parameters of [`Fq12`].
#[derive(Clone, Copy)]
pub struct Fq12Config;

impl Fp12Config for Fq12Config {
    type Fp6Config = Fq6Config;
    const NONRESIDUE: Fq6 = Fq6::new(Fq2::ZERO, Fq2::ONE, Fq2::ZERO);
    /// (1 + i)^((p^k - 1) / 6) for k = 0 to 11.
    const FROBENIUS_COEFF_FP12_C1: &'static [Fq2] = &[
        Fq2::new(Fq::ONE, Fq::ZERO),
        Fq2::new(
            MontFp!(
                "27763284998329074395715391883277103741940531396103697670227798125770725142790"
            ),
            MontFp!(
                "88028804238985862476973169361194638316435346959657507528472611396858939375373"
            ),
        ),
        Fq2::new(
            MontFp!(
                "115792089237314936865000713086853723961501417581576165808556977265798185842700"
            ),
            Fq::ZERO,
        ),
        Fq2::new(
            MontFp!(
                "25069679773142184885621229507082661035156654591765490333230459478196393287150"
            ),
            MontFp!(
                "90722409464172751987067331737389081023219223763995714865469950044433271231013"
            ),
        ),
        Fq2::new(
            MontFp!(
                "115792089237314936865000713086853723961501417581576165808556977265798185842699"
            ),
            Fq::ZERO,
        ),
        Fq2::new(
            MontFp!(
                "113098484012128047362594398868277299351592001551422997861703070875055332662523"
            ),
            MontFp!("2693605225186889510094162376194442706783876804338207336997338647574331855640"),
        ),
        Fq2::new(
            MontFp!(
                "115792089237314936872688561244471742058375878355761205198700409522629664518162"
            ),
            Fq::ZERO,
        ),
        Fq2::new(
            MontFp!(
                "88028804238985862476973169361194638316435346959657507528472611396858939375373"
            ),
            MontFp!(
                "27763284998329074395715391883277103741940531396103697670227798125770725142790"
            ),
        ),
        Fq2::new(
            MontFp!("7687848157618018096874460774185039390143432256831478675463"),
            Fq::ZERO,
        ),
        Fq2::new(
            MontFp!(
                "90722409464172751987067331737389081023219223763995714865469950044433271231013"
            ),
            MontFp!(
                "25069679773142184885621229507082661035156654591765490333230459478196393287150"
            ),
        ),
        Fq2::new(
            MontFp!("7687848157618018096874460774185039390143432256831478675464"),
            Fq::ZERO,
        ),
        Fq2::new(
            MontFp!("2693605225186889510094162376194442706783876804338207336997338647574331855640"),
            MontFp!(
                "113098484012128047362594398868277299351592001551422997861703070875055332662523"
            ),
        ),
    ];
}
