//! Attacks that play messages in another order, direction or session than they were sent in.

use opera_scenario::Job;
use opera_sim::Side;
use opera_tpcu::protocol::wire::{HEADER, Kind, Refusal};
use opera_tpcu::{Error, Profile};

use super::{Rows, expect, recorded, refused};
use crate::bench::{AMOUNT, Bench};
use crate::frames::MESSAGES;
use crate::relay::{Intruder, Item, Out, other, relay};

/// Plays what one side said in an old session.
struct Player {
    from: Side,
    items: Vec<Item>,
    next: usize,
    heard: usize,
}

impl Player {
    fn new(from: Side, seen: &[(Side, Item)]) -> Self {
        Self {
            from,
            items: seen
                .iter()
                .filter(|(side, _)| *side == from)
                .map(|(_, item)| item.clone())
                .collect(),
            next: 0,
            heard: 0,
        }
    }

    /// Everything up to and with the next frame.
    fn play(&mut self, out: &mut Out) {
        while let Some(item) = self.items.get(self.next) {
            self.next += 1;
            out.send(other(self.from), item.clone());
            if matches!(item, Item::Frame(_)) {
                break;
            }
        }
    }
}

impl Intruder for Player {
    fn begin(&mut self, out: &mut Out) {
        if self.from == Side::Payer {
            self.play(out);
        }
    }

    fn frame(&mut self, _: Side, _: Vec<u8>, out: &mut Out) {
        self.heard += 1;
        self.play(out);
    }
}

pub(super) fn replay(bench: &Bench, name: &'static str) -> Rows {
    let old = recorded(bench, 3)?.seen;
    let mut rows = Vec::new();
    for (from, limit) in [(Side::Payer, 1), (Side::Payee, 1)] {
        let to = other(from);
        let mut wallets = [None, None];
        wallets[crate::relay::index(to)] = Some(bench.wallet(to));
        let player = Player::new(from, &old);
        let relayed = relay(wallets, &Job::Pay(AMOUNT), &bench.settings(4), player)?;
        let heard = relayed.intruder.heard;
        let mut attempt = bench.attempt(format!("{from:?} recorded").to_lowercase(), relayed);
        if heard > limit {
            attempt.reached = Some("the wallet went on with a recorded partner".to_owned());
        }
        expect(&mut attempt, to, |error| {
            refused(
                error,
                &[Refusal::Tag, Refusal::Attestation, Refusal::Length],
            )
        });
        rows.push(bench.row(name, attempt));
    }
    Ok(rows)
}

/// Sends a message back to its sender, as the answer it waits for.
struct Back {
    kind: Kind,
    correct: Option<(u8, u8)>,
    back_to: Option<Side>,
    answered: bool,
}

impl Intruder for Back {
    fn frame(&mut self, from: Side, mut frame: Vec<u8>, out: &mut Out) {
        if self.back_to.is_none() && Kind::of(&frame) == Some(self.kind) {
            self.back_to = Some(from);
            if let (Some((role, kind)), true) = (self.correct, frame.len() >= HEADER) {
                let last = u32::from_be_bytes([frame[2], frame[3], frame[4], frame[5]]);
                // The count begins anew behind Stage 1.
                let n = if self.kind == Kind::Accepted {
                    0
                } else {
                    last + 1
                };
                frame[0] = role;
                frame[1] = kind;
                frame[2..HEADER].copy_from_slice(&n.to_be_bytes());
            }
            out.frame(from, frame);
            return;
        }
        self.answered |= self.back_to == Some(from);
        if self.back_to.is_none() {
            out.frame(other(from), frame);
        }
    }
}

fn back(bench: &Bench, name: &'static str, correct: bool) -> Rows {
    let mut rows = Vec::new();
    for pair in MESSAGES.windows(2) {
        let ((kind, from), (mut answer, by)) = (pair[0], pair[1]);
        if kind == Kind::TokenAck {
            // The first of two: another token is due.
            answer = Kind::Token;
        }
        if !correct && kind.code() >= Kind::Request.code() {
            continue;
        }
        let relayed = bench.relay(
            8,
            Back {
                kind,
                correct: correct
                    .then(|| (if by == Side::Payer { 0xA1 } else { 0xB2 }, answer.code())),
                back_to: None,
                answered: false,
            },
        )?;
        let answered = relayed.intruder.answered;
        let mut attempt = bench.attempt(format!("{kind} back as {answer}"), relayed);
        if answered {
            attempt.reached = Some("the wallet took its own message".to_owned());
        }
        if bench.profile == Profile::Hardened {
            let wanted: &[Refusal] = if correct {
                &[Refusal::Tag, Refusal::Encoding, Refusal::Length]
            } else {
                &[Refusal::Order]
            };
            expect(&mut attempt, from, |error| refused(error, wanted));
        }
        rows.push(bench.row(name, attempt));
    }
    Ok(rows)
}

pub(super) fn cross_direction(bench: &Bench, name: &'static str) -> Rows {
    back(bench, name, true)
}

pub(super) fn reflection(bench: &Bench, name: &'static str) -> Rows {
    back(bench, name, false)
}

/// Delivers the message that the same side sent before.
struct Late {
    kind: Kind,
    last: Option<Vec<u8>>,
    twice: bool,
    struck: Option<Side>,
    answers: usize,
}

impl Intruder for Late {
    fn frame(&mut self, from: Side, frame: Vec<u8>, out: &mut Out) {
        self.answers += usize::from(self.struck == Some(from));
        let of_kind = Kind::of(&frame) == Some(self.kind);
        if self.struck.is_none() && of_kind {
            if self.twice {
                self.struck = Some(other(from));
                out.frame(other(from), frame.clone());
            } else if let Some(last) = self.last.take() {
                self.struck = Some(other(from));
                out.frame(other(from), last);
                return;
            }
        }
        let sender = MESSAGES.iter().find(|(kind, _)| *kind == self.kind);
        if sender.is_some_and(|(_, side)| *side == from) {
            self.last = Some(frame.clone());
        }
        out.frame(other(from), frame);
    }
}

fn late(bench: &Bench, name: &'static str, twice: bool) -> Rows {
    let mut rows = Vec::new();
    for (kind, from) in MESSAGES {
        let first = matches!(kind, Kind::Hello | Kind::Challenge);
        // What comes after the last message of a mount reaches nobody.
        if (!twice && first) || (twice && kind == Kind::Fin) {
            continue;
        }
        let late = Late {
            kind,
            last: None,
            twice,
            struck: None,
            answers: 0,
        };
        let relayed = bench.relay(9, late)?;
        let taken = relayed.intruder.answers > usize::from(twice);
        let what = if twice {
            "twice"
        } else {
            "replaced by the one before"
        };
        let mut attempt = bench.attempt(format!("{kind} {what}"), relayed);
        if taken {
            attempt.reached = Some("an old message was taken".to_owned());
        }
        // Msg.3-2 twice: the payer listens no more.
        if kind != Kind::Receipt || !twice {
            expect(&mut attempt, other(from), |error| {
                refused(error, &[Refusal::Order])
            });
        }
        rows.push(bench.row(name, attempt));
    }
    Ok(rows)
}

pub(super) fn reorder(bench: &Bench, name: &'static str) -> Rows {
    let mut rows = late(bench, name, false)?;
    // The same kind of message, of the token before.
    for (kind, from) in [(Kind::Token, Side::Payer), (Kind::TokenAck, Side::Payee)] {
        let relayed = bench.relay(9, Earlier::new(kind))?;
        let taken = relayed.intruder.answers > 0;
        let mut attempt = bench.attempt(format!("{kind} of the token before"), relayed);
        if taken {
            attempt.reached = Some("an old message was taken".to_owned());
        }
        expect(&mut attempt, other(from), |error| {
            refused(error, &[Refusal::Order])
        });
        rows.push(bench.row(name, attempt));
    }
    Ok(rows)
}

/// Delivers the first message of its kind in place of the second.
struct Earlier {
    kind: Kind,
    first: Option<Vec<u8>>,
    struck: Option<Side>,
    answers: usize,
}

impl Earlier {
    fn new(kind: Kind) -> Self {
        Self {
            kind,
            first: None,
            struck: None,
            answers: 0,
        }
    }
}

impl Intruder for Earlier {
    fn frame(&mut self, from: Side, frame: Vec<u8>, out: &mut Out) {
        self.answers += usize::from(self.struck == Some(from));
        if self.struck.is_none() && Kind::of(&frame) == Some(self.kind) {
            if let Some(first) = self.first.take() {
                self.struck = Some(other(from));
                out.frame(other(from), first);
                return;
            }
            self.first = Some(frame.clone());
        }
        out.frame(other(from), frame);
    }
}

pub(super) fn duplicate(bench: &Bench, name: &'static str) -> Rows {
    late(bench, name, true)
}

/// Keeps a message, then pulls.
struct Keep(Kind, bool);

impl Intruder for Keep {
    fn frame(&mut self, from: Side, frame: Vec<u8>, out: &mut Out) {
        if Kind::of(&frame) == Some(self.0) && !self.1 {
            self.1 = true;
            out.pull();
        } else {
            out.frame(other(from), frame);
        }
    }
}

pub(super) fn drop_message(bench: &Bench, name: &'static str) -> Rows {
    let mut rows = Vec::new();
    for (kind, from) in MESSAGES {
        let relayed = bench.relay(10, Keep(kind, false))?;
        let mut attempt = bench.attempt(format!("{kind} kept"), relayed);
        // After FIN the payee ends by itself.
        if kind != Kind::Fin {
            expect(&mut attempt, other(from), |error| {
                matches!(error, Error::Unmounted | Error::OrmOff)
            });
        }
        rows.push(bench.row(name, attempt));
    }
    Ok(rows)
}
