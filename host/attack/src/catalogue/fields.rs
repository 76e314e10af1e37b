//! Attacks that change one message on its way.

use opera_sim::Side;
use opera_tpcu::Profile;
use opera_tpcu::crypto::Drbg;
use opera_tpcu::protocol::wire::{HEADER, Kind, MAX_FRAME, Refusal};

use super::{Rows, expect, frames, recorded, refused};
use crate::AttackError;
use crate::bench::{AMOUNT, Attempt, Bench};
use crate::frames::{MESSAGES, fields};
use crate::relay::{Intruder, Out, other};

/// Changes one message, the first of its kind unless told otherwise, and counts what passes after it.
struct Change<F> {
    kind: Kind,
    skip: usize,
    change: F,
    /// Side that got the changed message.
    struck: Option<Side>,
    /// Messages that the struck side sent afterwards.
    answers: usize,
    /// Messages that the other side sent after the first such answer.
    further: usize,
}

impl<F: FnMut(&[u8]) -> Vec<Vec<u8>>> Change<F> {
    fn new(kind: Kind, change: F) -> Self {
        Self::after(0, kind, change)
    }

    fn after(skip: usize, kind: Kind, change: F) -> Self {
        Self {
            kind,
            skip,
            change,
            struck: None,
            answers: 0,
            further: 0,
        }
    }

    /// The struck side took it for good. Msg.1-1 is in clear: the payer sees by the answer that it was
    /// changed.
    fn taken(&self) -> Option<String> {
        let taken = if self.kind == Kind::Hello {
            self.further > 0
        } else {
            self.answers > 0
        };
        taken.then(|| format!("{} was taken and answered", self.kind))
    }
}

impl<F: FnMut(&[u8]) -> Vec<Vec<u8>>> Intruder for Change<F> {
    fn frame(&mut self, from: Side, frame: Vec<u8>, out: &mut Out) {
        match self.struck {
            Some(struck) if struck == from => self.answers += 1,
            Some(_) if self.answers > 0 => self.further += 1,
            _ => {}
        }
        if self.struck.is_none() && Kind::of(&frame) == Some(self.kind) {
            if self.skip > 0 {
                self.skip -= 1;
            } else {
                self.struck = Some(other(from));
                for frame in (self.change)(&frame) {
                    out.frame(other(from), frame);
                }
                return;
            }
        }
        out.frame(other(from), frame);
    }
}

fn changed<F>(
    bench: &Bench,
    salt: u64,
    variant: String,
    change: Change<F>,
) -> Result<Attempt, AttackError>
where
    F: FnMut(&[u8]) -> Vec<Vec<u8>> + 'static,
{
    let relayed = bench.relay(salt, change)?;
    let reached = relayed.intruder.taken();
    let nothing = relayed.intruder.struck.is_none();
    let mut attempt = bench.attempt(variant, relayed);
    attempt.reached = reached;
    if nothing {
        attempt.unexpected = Some("the message to attack never came".to_owned());
    }
    Ok(attempt)
}

/// Whoever refuses, one of the two must with one of these.
fn one_refuses(attempt: &mut Attempt, wanted: &[Refusal]) {
    let fits = [Side::Payer, Side::Payee]
        .iter()
        .any(|side| matches!(attempt.said(*side), Some(Err(error)) if refused(error, wanted)));
    if !fits {
        attempt.unexpected = Some("neither wallet gave the expected refusal".to_owned());
    }
}

pub(super) fn relay_takeover(bench: &Bench, name: &'static str) -> Rows {
    // In the payer's place the attacker asks with a message that it made itself.
    let change = Change::new(Kind::Request, |frame: &[u8]| {
        let mut own = frame[..HEADER].to_vec();
        own.extend((HEADER..frame.len()).map(|at| at as u8));
        vec![own]
    });
    let mut attempt = changed(bench, 5, "own Msg.2-1".to_owned(), change)?;
    expect(&mut attempt, Side::Payee, |error| {
        refused(error, &[Refusal::Tag, Refusal::Terms])
    });
    Ok(vec![bench.row(name, attempt)])
}

pub(super) fn cross_session(bench: &Bench, name: &'static str) -> Rows {
    let old = recorded(bench, 6)?.seen;
    let mut rows = Vec::new();
    for (kind, from) in MESSAGES.into_iter().skip(1) {
        let Some((_, frame)) = frames(&old).find(|(_, frame)| Kind::of(frame) == Some(kind)) else {
            continue;
        };
        let frame = frame.clone();
        let change = Change::new(kind, move |_: &[u8]| vec![frame.clone()]);
        let mut attempt = changed(bench, 7, format!("{kind} of another session"), change)?;
        if bench.profile == Profile::Hardened {
            expect(&mut attempt, other(from), |error| {
                refused(error, &[Refusal::Tag])
            });
        }
        rows.push(bench.row(name, attempt));
    }
    Ok(rows)
}

pub(super) fn bit_flip(bench: &Bench, name: &'static str) -> Rows {
    let profile = bench.profile;
    let mut rng = Drbg::new(b"bit flips");
    rng.mix(&bench.seed.to_be_bytes());
    let lengths = recorded(bench, 11)?.seen;
    let mut rows = Vec::new();
    for (kind, _) in MESSAGES {
        let Some(len) = frames(&lengths)
            .find(|(_, frame)| Kind::of(frame) == Some(kind))
            .map(|(_, frame)| frame.len())
        else {
            continue;
        };
        for (field, range) in fields(kind, profile, len) {
            let [at, bit]: [u8; 2] = rng.bytes();
            let at = range.start + usize::from(at) % range.len();
            let change = Change::new(kind, move |frame: &[u8]| {
                let mut frame = frame.to_vec();
                if let Some(byte) = frame.get_mut(at) {
                    *byte ^= 1 << (bit % 8);
                }
                vec![frame]
            });
            let mut attempt = changed(bench, 12, format!("{kind} {field}"), change)?;
            if profile == Profile::Hardened {
                let wanted = match field {
                    "role" | "kind" | "n" => &[Refusal::Order][..],
                    "version" | "profile" => &[Refusal::Version],
                    "key" => &[Refusal::Tag, Refusal::Encoding],
                    _ => &[Refusal::Tag],
                };
                one_refuses(&mut attempt, wanted);
            }
            rows.push(bench.row(name, attempt));
        }
    }
    Ok(rows)
}

fn resized(
    bench: &Bench,
    name: &'static str,
    what: &str,
    resize: impl Fn(&[u8]) -> Vec<u8> + Copy + 'static,
) -> Rows {
    let mut rows = Vec::new();
    for (kind, from) in MESSAGES {
        let change = Change::new(kind, move |frame: &[u8]| vec![resize(frame)]);
        let mut attempt = changed(bench, 13, format!("{kind} {what}"), change)?;
        expect(&mut attempt, other(from), |error| {
            refused(error, &[Refusal::Length, Refusal::Tag])
        });
        rows.push(bench.row(name, attempt));
    }
    Ok(rows)
}

pub(super) fn truncate(bench: &Bench, name: &'static str) -> Rows {
    let mut rows = resized(bench, name, "less its last byte", |frame| {
        frame[..frame.len() - 1].to_vec()
    })?;
    rows.extend(resized(bench, name, "cut to its header", |frame| {
        frame[..HEADER].to_vec()
    })?);
    Ok(rows)
}

pub(super) fn oversize(bench: &Bench, name: &'static str) -> Rows {
    let longer = |len: usize| {
        move |frame: &[u8]| {
            let mut frame = frame.to_vec();
            let to = if len == 0 { frame.len() + 1 } else { len };
            frame.resize(to, 0);
            frame
        }
    };
    let mut rows = resized(bench, name, "and a byte", longer(0))?;
    rows.extend(resized(bench, name, "512 bytes long", longer(MAX_FRAME))?);
    Ok(rows)
}

pub(super) fn downgrade(bench: &Bench, name: &'static str) -> Rows {
    let other_profile = match bench.profile {
        Profile::Hardened => Profile::Paper,
        Profile::Paper => Profile::Hardened,
    };
    let mut rows = Vec::new();
    for (what, at, byte) in [
        ("version 0", HEADER, 0),
        ("other profile", HEADER + 1, other_profile.code()),
    ] {
        let change = Change::new(Kind::Hello, move |frame: &[u8]| {
            let mut frame = frame.to_vec();
            frame[at] = byte;
            vec![frame]
        });
        let mut attempt = changed(bench, 14, what.to_owned(), change)?;
        expect(&mut attempt, Side::Payee, |error| {
            refused(error, &[Refusal::Version])
        });
        rows.push(bench.row(name, attempt));
    }
    Ok(rows)
}

pub(super) fn amount(bench: &Bench, name: &'static str) -> Rows {
    let change = Change::new(Kind::Request, |frame: &[u8]| {
        let mut frame = frame.to_vec();
        frame[HEADER + 32 + 3] ^= AMOUNT as u8 ^ 99;
        vec![frame]
    });
    let mut attempt = changed(bench, 16, "11 becomes 99".to_owned(), change)?;
    if bench.profile == Profile::Hardened {
        expect(&mut attempt, Side::Payee, |error| {
            refused(error, &[Refusal::Tag])
        });
    }
    Ok(vec![bench.row(name, attempt)])
}
