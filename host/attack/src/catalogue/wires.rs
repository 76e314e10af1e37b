//! Attacks on the wires, the plug and the power of two wallets that are plugged together directly.

use opera_scenario::{Calm, Fault, Job, Wallet, mount};
use opera_sim::{Clocks, Pair, Side, Tear, Verdict};
use opera_tpcu::Error;
use opera_tpcu::crypto::Drbg;
use opera_tpcu::protocol::wire::Kind;

use super::{Rows, expect};
use crate::AttackError;
use crate::bench::{AMOUNT, Bench, held};
use crate::frames::MESSAGES;

/// Clocks of the longest payment here.
const LENGTH: u32 = 60_000;
/// Attempts with garbage in a catalogue run.
const SAMPLES: u64 = 12;
/// Clocks that a wallet has to come to its end after its partner has gone.
const AFTERMATH: u64 = 40_000;

/// Which wires are driven with nonsense.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Wires {
    Link,
    Data,
}

struct Garbage {
    rng: Drbg,
    wires: Wires,
    /// Clocks count from when this message is sent, and not from the plug.
    behind: Option<Kind>,
    start: Option<u64>,
    from: u64,
    to: u64,
    last: u64,
}

impl Fault for Garbage {
    fn edge(&mut self, pair: &Pair, payer: Clocks, _: Clocks) -> Verdict {
        if payer.core == self.last {
            return Verdict::GoOn;
        }
        self.last = payer.core;
        let since = self.start.map(|start| payer.core - start);
        let on = since.is_some_and(|clock| (self.from..self.to).contains(&clock));
        let [lad, frame, data]: [u8; 3] = self.rng.bytes();
        match self.wires {
            Wires::Link => {
                pair.force_link_lad(on.then_some(lad & 0xF));
                pair.force_link_lframe(on.then_some(frame & 7 != 0));
            }
            Wires::Data => pair.force_data(on.then_some(data)),
        }
        Verdict::GoOn
    }

    fn message(&mut self, _: &Pair, _: Side, sent: bool, kind: Kind) {
        if sent && self.behind == Some(kind) && self.start.is_none() {
            self.start = Some(self.last);
        }
    }
}

fn garbage(bench: &Bench, name: &'static str, wires: Wires) -> Rows {
    let mut rng = Drbg::new(b"garbage on wires");
    rng.mix(&bench.seed.to_be_bytes());
    rng.mix(&[u8::from(wires == Wires::Link)]);
    let calm = bench.direct(30, Calm)?.0.payee.clocks.core;
    let mut rows = Vec::new();
    let mut tries = Vec::new();
    for n in 0..SAMPLES {
        let part = u64::from(LENGTH) / SAMPLES;
        let from = n * part + u64::from(u32::from_be_bytes(rng.bytes())) % part;
        let clocks = 1 + u64::from(rng.bytes::<1>()[0]) % 64;
        // Tokens are on the data bus in few clocks, so all of the sample's are forced.
        let clocks = if wires == Wires::Data { part } else { clocks };
        tries.push((None, from, clocks));
    }
    if wires == Wires::Link {
        // Most clocks of the link are polls; these are the frames.
        for (kind, _) in MESSAGES {
            let [from, clocks]: [u8; 2] = rng.bytes();
            tries.push((Some(kind), 4 * u64::from(from), 64 + u64::from(clocks)));
        }
    }
    for (behind, from, clocks) in tries {
        let fault = Garbage {
            rng: Drbg::new(&rng.bytes::<32>()),
            wires,
            behind,
            start: behind.is_none().then_some(0),
            from,
            to: from + clocks,
            last: 0,
        };
        let (mounted, _) = bench.direct(30, fault)?;
        let contention = mounted.contention;
        // A payment that took as long as an undisturbed one was not struck.
        let longer = mounted.payee.clocks.core as i64 - calm as i64;
        let after = behind.map_or("the plug", Kind::name);
        let to = from + clocks;
        let variant = format!("clocks {from} to {to} after {after}: {longer:+} clocks");
        let mut attempt = bench.attempt_direct(variant, mounted);
        if let Some((side, clock)) = contention {
            attempt.reached = Some(format!("two drivers on LAD of the {side:?} at {clock}"));
        }
        rows.push(bench.row(name, attempt));
    }
    Ok(rows)
}

pub(super) fn lpc_garbage(bench: &Bench, name: &'static str) -> Rows {
    garbage(bench, name, Wires::Link)
}

pub(super) fn data_garbage(bench: &Bench, name: &'static str) -> Rows {
    garbage(bench, name, Wires::Data)
}

/// When something is cut.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum When {
    /// A message of this kind is about to be sent.
    Sent(Kind),
    /// A message of this kind has come.
    Came(Kind),
}

/// Cuts the power of one wallet, or pulls the plug.
pub(super) struct Cut {
    when: When,
    power_of: Option<Side>,
    due: bool,
    end: Option<u64>,
}

impl Cut {
    pub(super) fn new(when: When, power_of: Option<Side>) -> Self {
        Self {
            when,
            power_of,
            due: false,
            end: None,
        }
    }
}

impl Fault for Cut {
    fn edge(&mut self, pair: &Pair, payer: Clocks, _: Clocks) -> Verdict {
        if self.end.is_some_and(|end| payer.core > end) {
            return Verdict::Stop;
        }
        if !self.due {
            return Verdict::GoOn;
        }
        self.due = false;
        self.end = Some(payer.core + AFTERMATH);
        match self.power_of {
            Some(side) => {
                pair.power_cut(side, Tear::Old);
                Verdict::Kill(side)
            }
            None => {
                pair.plug(false);
                Verdict::GoOn
            }
        }
    }

    fn message(&mut self, _: &Pair, _: Side, sent: bool, kind: Kind) {
        let now = match self.when {
            When::Sent(wanted) => sent && wanted == kind,
            When::Came(wanted) => !sent && wanted == kind,
        };
        self.due |= now && self.end.is_none();
    }
}

pub(super) fn remount(bench: &Bench, name: &'static str) -> Rows {
    let mut rows = Vec::new();
    for kind in [Kind::Proof, Kind::Agreement, Kind::TokenAck, Kind::Release] {
        let (mounted, _) = bench.direct(31, Cut::new(When::Came(kind), None))?;
        let [payer, payee] = [mounted.payer.wallet, mounted.payee.wallet];
        let before = [held(&payer), held(&payee)];
        // Each meets a stranger, who asks it to resume, and is asked by it.
        let [one, two] = bench.strangers();
        let (payer, one) = swap(bench, payer, one, 32)?;
        let (two, payee) = swap(bench, two, payee, 33)?;
        let gained = [&one, &two].map(|wallet| held(wallet).spendable + held(wallet).in_transit);
        let after = [held(&payer), held(&payee)];
        let mut attempt = crate::bench::Attempt {
            variant: format!("pulled when {kind} had come"),
            results: [None, None],
            wallets: [payer, payee],
            reached: None,
            unexpected: None,
        };
        if gained != [0, 0] {
            attempt.reached = Some(format!("the strangers hold {gained:?}"));
        }
        // A payee that has the key settles at once, with whomever.
        if before != after && kind != Kind::Release {
            attempt.reached = Some("a stranger changed what a wallet holds".to_owned());
        }
        rows.push(bench.row(name, attempt));
    }
    Ok(rows)
}

/// Both wallets together twice, each as the host once.
fn swap(bench: &Bench, a: Wallet, b: Wallet, salt: u64) -> Result<(Wallet, Wallet), AttackError> {
    let mounted = mount(a, b, &Job::Resume, &bench.settings(salt))?;
    let (a, b) = (mounted.payer.wallet, mounted.payee.wallet);
    let mounted = mount(b, a, &Job::Resume, &bench.settings(salt + 10))?;
    Ok((mounted.payee.wallet, mounted.payer.wallet))
}

pub(super) fn payee_stops(bench: &Bench, name: &'static str) -> Rows {
    let cut = Cut::new(When::Came(Kind::Release), Some(Side::Payee));
    let (mounted, _) = bench.direct(34, cut)?;
    let mut attempt = bench.attempt_direct("stops when Msg.3-1 has come", mounted);
    expect(&mut attempt, Side::Payer, |error| {
        matches!(error, Error::Unmounted | Error::OrmOff)
    });
    Ok(vec![bench.row(name, attempt)])
}

pub(super) fn payer_stops(bench: &Bench, name: &'static str) -> Rows {
    let mut rows = Vec::new();
    for refund in [false, true] {
        let cut = Cut::new(When::Sent(Kind::TokenAck), Some(Side::Payer));
        let (mounted, _) = bench.direct(35, cut)?;
        let what = if refund {
            "never releases, refunds"
        } else {
            "never releases, comes back"
        };
        let mut attempt = bench.attempt_direct(what, mounted);
        expect(&mut attempt, Side::Payee, |error| {
            matches!(error, Error::Unmounted | Error::OrmOff)
        });
        let payee = held(&attempt.wallets[1]);
        if payee.spendable + payee.in_transit > 0 || payee.spendable == u64::from(AMOUNT) {
            attempt.reached = Some("the payee holds what was not released".to_owned());
        }
        rows.push(if refund {
            bench.row_refunded(name, attempt)
        } else {
            bench.row(name, attempt)
        });
    }
    Ok(rows)
}
