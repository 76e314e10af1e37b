//! Fixed-width encodings; the crate's documentation lists them.

use ark_ec::AffineRepr;
use ark_ec::short_weierstrass::Affine;
use ark_ff::{BigInteger, Field, PrimeField};

use crate::error::{BadPoint, BadScalar, Refused};
use crate::suite::{G1, G2, Suite, is_odd};

/// Bytes of an element of a prime field.
pub(crate) const fn width<F: PrimeField>() -> usize {
    (F::MODULUS_BIT_SIZE as usize).div_ceil(8)
}

/// Bytes of a point of G1.
pub(crate) const fn g1_bytes<S: Suite>() -> usize {
    1 + width::<S::Base>()
}

/// Bytes of a point of G2.
pub(crate) fn g2_bytes<S: Suite>() -> usize {
    let degree = <<S::G2 as ark_ec::CurveConfig>::BaseField as Field>::extension_degree() as usize;
    1 + 2 * degree * width::<S::Base>()
}

/// Bytes of a scalar.
pub(crate) const fn scalar_bytes<S: Suite>() -> usize {
    width::<S::Scalar>()
}

/// Big endian, left padded.
pub(crate) fn put_element<F: PrimeField>(out: &mut Vec<u8>, value: &F) {
    let bytes = value.into_bigint().to_bytes_be();
    out.extend_from_slice(&bytes[bytes.len() - width::<F>()..]);
}

/// An element from its big-endian bytes; `None` unless it is the least residue.
pub(crate) fn element<F: PrimeField>(bytes: &[u8]) -> Option<F> {
    let value = F::from_be_bytes_mod_order(bytes);
    let mut back = Vec::with_capacity(bytes.len());
    put_element(&mut back, &value);
    (back == bytes).then_some(value)
}

/// Compressed point of G1. The identity, which no decoder takes, is all zeros.
pub(crate) fn put_g1<S: Suite>(out: &mut Vec<u8>, point: &G1<S>) {
    match point.xy() {
        Some((x, y)) => {
            out.push(2 + u8::from(is_odd(&y)));
            put_element(out, &x);
        }
        None => out.resize(out.len() + g1_bytes::<S>(), 0),
    }
}

/// Uncompressed point of G2. The identity, which no decoder takes, is all zeros.
pub(crate) fn put_g2<S: Suite>(out: &mut Vec<u8>, point: &G2<S>) {
    match point.xy() {
        Some((x, y)) => {
            out.push(4);
            for part in x
                .to_base_prime_field_elements()
                .chain(y.to_base_prime_field_elements())
            {
                put_element(out, &part);
            }
        }
        None => out.resize(out.len() + g2_bytes::<S>(), 0),
    }
}

/// Takes a message apart from front to back.
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// A reader of exactly `expected` bytes.
    pub(crate) fn new(
        what: &'static str,
        bytes: &'a [u8],
        expected: usize,
    ) -> Result<Self, Refused> {
        if bytes.len() == expected {
            Ok(Self(bytes))
        } else {
            Err(Refused::Length {
                what,
                found: bytes.len(),
                expected,
            })
        }
    }

    /// The next bytes. The caller has asked for no more in all than the length given to `new`.
    pub(crate) fn bytes(&mut self, n: usize) -> &'a [u8] {
        let (now, rest) = self.0.split_at(n);
        self.0 = rest;
        now
    }

    pub(crate) fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut out = [0; N];
        out.copy_from_slice(self.bytes(N));
        out
    }

    pub(crate) fn g1<S: Suite>(&mut self, field: &'static str) -> Result<G1<S>, Refused> {
        g1::<S>(self.bytes(g1_bytes::<S>())).map_err(|why| Refused::Point { field, why })
    }

    pub(crate) fn g2<S: Suite>(&mut self, field: &'static str) -> Result<G2<S>, Refused> {
        g2::<S>(self.bytes(g2_bytes::<S>())).map_err(|why| Refused::Point { field, why })
    }

    pub(crate) fn scalar<S: Suite>(&mut self, field: &'static str) -> Result<S::Scalar, Refused> {
        element(self.bytes(scalar_bytes::<S>())).ok_or(Refused::Scalar {
            field,
            why: BadScalar::TooLarge,
        })
    }
}

fn g1<S: Suite>(bytes: &[u8]) -> Result<G1<S>, BadPoint> {
    if bytes.iter().all(|byte| *byte == 0) {
        return Err(BadPoint::Identity);
    }
    let odd = match bytes[0] {
        2 => false,
        3 => true,
        tag => return Err(BadPoint::Tag(tag)),
    };
    let x = element::<S::Base>(&bytes[1..]).ok_or(BadPoint::Coordinate)?;
    let (one, other) = Affine::<S::G1>::get_ys_from_x_unchecked(x).ok_or(BadPoint::NotOnCurve)?;
    // On a curve of odd order no y is zero, so exactly one is odd.
    let y = if is_odd(&one) == odd { one } else { other };
    checked(Affine::new_unchecked(x, y))
}

fn g2<S: Suite>(bytes: &[u8]) -> Result<G2<S>, BadPoint> {
    if bytes.iter().all(|byte| *byte == 0) {
        return Err(BadPoint::Identity);
    }
    if bytes[0] != 4 {
        return Err(BadPoint::Tag(bytes[0]));
    }
    let half = (bytes.len() - 1) / 2;
    let coordinate = |bytes: &[u8]| {
        let parts: Option<Vec<S::Base>> = bytes.chunks(width::<S::Base>()).map(element).collect();
        Field::from_base_prime_field_elems(parts.ok_or(BadPoint::Coordinate)?)
            .ok_or(BadPoint::Coordinate)
    };
    checked(Affine::new_unchecked(
        coordinate(&bytes[1..1 + half])?,
        coordinate(&bytes[1 + half..])?,
    ))
}

/// A point that is on the curve, of the prime order, and not the identity.
pub(crate) fn checked<C: ark_ec::short_weierstrass::SWCurveConfig>(
    point: Affine<C>,
) -> Result<Affine<C>, BadPoint> {
    if point.is_zero() {
        Err(BadPoint::Identity)
    } else if !point.is_on_curve() {
        Err(BadPoint::NotOnCurve)
    } else if !point.is_in_correct_subgroup_assuming_on_curve() {
        Err(BadPoint::NotInSubgroup)
    } else {
        Ok(point)
    }
}
