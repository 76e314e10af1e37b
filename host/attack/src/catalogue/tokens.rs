//! Attacks on the data bus.

use opera_sim::Side;
use opera_tpcu::protocol::wire::{HEADER, Kind, Refusal};
use opera_tpcu::token::TOKEN_BYTES;
use opera_tpcu::{Error, Profile};

use super::{Rows, expect, refused};
use crate::bench::Bench;
use crate::relay::{Intruder, Item, Out, other};

/// Gives the first token's bytes again whenever another should pass.
#[derive(Default)]
struct Copier(Option<[u8; TOKEN_BYTES]>);

impl Intruder for Copier {
    fn token(&mut self, bytes: [u8; TOKEN_BYTES], out: &mut Out) {
        out.send(Side::Payee, Item::Token(*self.0.get_or_insert(bytes)));
    }
}

pub(super) fn copied_token(bench: &Bench, name: &'static str) -> Rows {
    let relayed = bench.relay(1, Copier::default())?;
    let mut attempt = bench.attempt("first token instead of second", relayed);
    expect(&mut attempt, Side::Payee, |error| {
        matches!(error, Error::DataBus { index: 1 })
    });
    Ok(vec![bench.row(name, attempt)])
}

/// Changes a token on the data bus, and the digest of it in Msg.2-3 to fit: what is sealed is known,
/// and a stream cipher lets it be XORed.
struct Swap {
    profile: Profile,
    delta: Option<[u8; 32]>,
    struck: bool,
    acknowledged: bool,
}

impl Intruder for Swap {
    fn token(&mut self, mut bytes: [u8; TOKEN_BYTES], out: &mut Out) {
        if self.delta.is_none() {
            let old = self.profile.hash(&[&bytes]);
            bytes[40] ^= 1;
            let new = self.profile.hash(&[&bytes]);
            self.delta = Some(std::array::from_fn(|at| old[at] ^ new[at]));
        }
        out.send(Side::Payee, Item::Token(bytes));
    }

    fn frame(&mut self, from: Side, mut frame: Vec<u8>, out: &mut Out) {
        let kind = Kind::of(&frame);
        if let (Some(delta), Some(Kind::Token), false) = (self.delta, kind, self.struck) {
            self.struck = true;
            let digest = HEADER + 4 + 16;
            for (byte, delta) in frame[digest..].iter_mut().zip(delta) {
                *byte ^= delta;
            }
        } else {
            self.acknowledged |= self.struck && kind == Some(Kind::TokenAck);
        }
        out.frame(other(from), frame);
    }
}

pub(super) fn token_swap(bench: &Bench, name: &'static str) -> Rows {
    let swap = Swap {
        profile: bench.profile,
        delta: None,
        struck: false,
        acknowledged: false,
    };
    let relayed = bench.relay(15, swap)?;
    let taken = relayed.intruder.acknowledged;
    let mut attempt = bench.attempt("one bit of a token, and its digest", relayed);
    if taken {
        attempt.reached =
            Some("the payee keeps, and acknowledges, a token that is none".to_owned());
    }
    if bench.profile == Profile::Hardened {
        expect(&mut attempt, Side::Payee, |error| {
            refused(error, &[Refusal::Tag])
        });
    }
    Ok(vec![bench.row(name, attempt)])
}
