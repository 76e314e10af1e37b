//! Where the fields of a message stand in its frame.

use std::ops::Range;

use opera_sim::Side;
use opera_tpcu::Profile;
use opera_tpcu::protocol::wire::{HEADER, Kind};

/// Names and lengths.
type Fields = &'static [(&'static str, usize)];

/// The messages of a payment, and who sends them.
pub(crate) const MESSAGES: [(Kind, Side); 11] = [
    (Kind::Hello, Side::Payer),
    (Kind::Challenge, Side::Payee),
    (Kind::Proof, Side::Payer),
    (Kind::Accepted, Side::Payee),
    (Kind::Request, Side::Payer),
    (Kind::Agreement, Side::Payee),
    (Kind::Token, Side::Payer),
    (Kind::TokenAck, Side::Payee),
    (Kind::Release, Side::Payer),
    (Kind::Receipt, Side::Payee),
    (Kind::Fin, Side::Payer),
];

/// Bytes of the tag behind the sealed part.
fn tag(profile: Profile) -> usize {
    match profile {
        Profile::Hardened => 16,
        Profile::Paper => 0,
    }
}

/// The fields of a frame of this kind, sealed ones at the place of their ciphertext. Together they are
/// the whole frame.
pub(crate) fn fields(
    kind: Kind,
    profile: Profile,
    len: usize,
) -> Vec<(&'static str, Range<usize>)> {
    let mut fields = vec![("role", 0..1), ("kind", 1..2), ("n", 2..HEADER)];
    let end = len.saturating_sub(tag(profile));
    let mut at = HEADER;
    // Lengths from the front; the field named last takes what is left before the lengths from the back.
    let (front, rest, back): (Fields, &str, Fields) = match kind {
        Kind::Hello => (&[("version", 1), ("profile", 1), ("nonce", 32)], "key", &[]),
        Kind::Challenge => (
            &[("nonce", 32), ("key", 33)],
            "attestation",
            &[("session key", 33), ("pseudonym", 16)],
        ),
        Kind::Proof if profile == Profile::Paper => (
            &[],
            "attestation",
            &[("session key", 33), ("pseudonym", 16), ("SEED", 20)],
        ),
        Kind::Proof => (
            &[],
            "attestation",
            &[("session key", 33), ("pseudonym", 16)],
        ),
        Kind::Accepted => (&[], "hash", &[]),
        Kind::Request => (
            &[("session", 32), ("amount", 4), ("count", 2)],
            "nonce",
            &[],
        ),
        Kind::Agreement => (&[("status", 1)], "confirmation", &[]),
        Kind::Token => (&[("counter", 4), ("nonce", 16)], "digest", &[]),
        Kind::TokenAck => (&[("counter", 4), ("confirmation", 16)], "status", &[]),
        Kind::Release => (
            &[("PTK", 16), ("counter", 4), ("session", 32)],
            "signature",
            &[],
        ),
        Kind::Receipt => (&[("status", 1)], "counter", &[]),
        _ => (&[("session", 32)], "more", &[]),
    };
    let sealed = kind != Kind::Hello;
    let end = if sealed { end } else { len };
    for (name, bytes) in front {
        fields.push((name, at..at + bytes));
        at += bytes;
    }
    let behind: usize = back.iter().map(|(_, bytes)| bytes).sum();
    fields.push((rest, at..end.saturating_sub(behind)));
    at = end.saturating_sub(behind);
    for (name, bytes) in back {
        fields.push((name, at..at + bytes));
        at += bytes;
    }
    if sealed && end < len {
        fields.push(("tag", end..len));
    }
    fields.retain(|(_, range)| !range.is_empty() && range.end <= len);
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_of_a_frame_are_the_whole_frame() {
        for profile in [Profile::Hardened, Profile::Paper] {
            for (kind, _) in MESSAGES {
                for len in [144, 400] {
                    let mut at = 0;
                    for (name, range) in fields(kind, profile, len) {
                        assert_eq!(range.start, at, "{kind} {name}");
                        at = range.end;
                    }
                    assert_eq!(at, len, "{kind}");
                }
            }
        }
    }
}
