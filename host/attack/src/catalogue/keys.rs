//! Attacks on Stage 1 with keys of one's own.

use opera_scenario::Job;
use opera_sim::Side;
use opera_tpcu::Profile;
use opera_tpcu::crypto::{Drbg, KeyPair, PublicBytes, gcm_open, gcm_seal, hkdf};
use opera_tpcu::protocol::wire::{HEADER, Kind, Refusal, Role};

use super::{Rows, expect, frames, recorded, refused};
use crate::AttackError;
use crate::bench::{AMOUNT, Bench};
use crate::relay::{Intruder, Out, other, relay};

/// Bytes of Msg.1-2 before the sealed part: header, nonce, key.
const CLEAR: usize = HEADER + 32 + 33;
/// Bytes of the tag behind what is sealed.
const TAG: usize = 16;

/// The ephemeral key at the end of the clear part.
fn key_of(clear: &[u8]) -> PublicBytes {
    std::array::from_fn(|at| clear[clear.len() - 33 + at])
}

fn session(profile: Profile, hello: &[u8], clear: &[u8]) -> [u8; 32] {
    profile.hash(&[b"OPERA session", hello, clear])
}

/// The end of a handshake of the hardened profile that the attacker shares with a wallet.
struct Shared {
    secret: [u8; 32],
    session: [u8; 32],
}

impl Shared {
    fn new(mine: &KeyPair, partner: &PublicBytes, session: [u8; 32]) -> Option<Self> {
        let secret = *mine.agree(partner)?;
        Some(Self { secret, session })
    }

    fn key(&self, kind: Kind) -> [u8; 32] {
        let label: [&[u8]; 2] = [b"OPERA handshake", &[kind.code()]];
        *hkdf(&self.secret, &self.session, &label)
    }

    fn open(&self, kind: Kind, frame: &[u8], clear: usize) -> Option<Vec<u8>> {
        let (clear, sealed) = frame.split_at_checked(clear)?;
        let (body, tag) = sealed.split_last_chunk::<TAG>()?;
        let mut body = body.to_vec();
        gcm_open(&self.key(kind), clear, &mut body, tag).then_some(body)
    }

    fn seal(&self, kind: Kind, mut clear: Vec<u8>, body: &[u8]) -> Vec<u8> {
        let mut body = body.to_vec();
        let tag = gcm_seal(&self.key(kind), &clear, &mut body);
        clear.extend_from_slice(&body);
        clear.extend_from_slice(&tag);
        clear
    }
}

/// Two handshakes of its own, one with each wallet.
struct TwoKeys {
    profile: Profile,
    /// With the payee; with the payer.
    mine: [KeyPair; 2],
    hello: Vec<u8>,
    sent_hello: Vec<u8>,
    opened: bool,
    payer_went_on: bool,
}

impl TwoKeys {
    /// The same attestation, sealed for the payer under the key that it shares with us.
    fn again(&self, frame: &[u8]) -> Option<Vec<u8>> {
        let clear = frame.get(..CLEAR)?;
        let with_payee = session(self.profile, &self.sent_hello, clear);
        let with_payee = Shared::new(&self.mine[0], &key_of(clear), with_payee)?;
        let body = with_payee.open(Kind::Challenge, frame, CLEAR)?;
        let mut again = clear.to_vec();
        again[CLEAR - 33..].copy_from_slice(&self.mine[1].public());
        let with_payer = session(self.profile, &self.hello, &again);
        let with_payer = Shared::new(&self.mine[1], &key_of(&self.hello), with_payer)?;
        Some(with_payer.seal(Kind::Challenge, again, &body))
    }
}

impl Intruder for TwoKeys {
    fn frame(&mut self, from: Side, mut frame: Vec<u8>, out: &mut Out) {
        match Kind::of(&frame) {
            Some(Kind::Hello) if frame.len() > 33 => {
                self.hello = frame.clone();
                let at = frame.len() - 33;
                frame[at..].copy_from_slice(&self.mine[0].public());
                self.sent_hello = frame.clone();
                out.frame(Side::Payee, frame);
            }
            Some(Kind::Challenge) => {
                let again = self.again(&frame);
                self.opened = again.is_some();
                out.frame(Side::Payer, again.unwrap_or(frame));
            }
            _ => {
                self.payer_went_on |= from == Side::Payer;
                out.frame(other(from), frame);
            }
        }
    }
}

fn own_keys(bench: &Bench) -> [KeyPair; 2] {
    let mut rng = Drbg::new(b"man in the middle");
    rng.mix(&bench.seed.to_be_bytes());
    [KeyPair::generate(&mut rng), KeyPair::generate(&mut rng)]
}

pub(super) fn man_in_the_middle(bench: &Bench, name: &'static str) -> Rows {
    if bench.profile == Profile::Paper {
        // The published formulas do not say how SEED is shared; ours is the same exchange.
        return Ok(Vec::new());
    }
    let two_keys = TwoKeys {
        profile: bench.profile,
        mine: own_keys(bench),
        hello: Vec::new(),
        sent_hello: Vec::new(),
        opened: false,
        payer_went_on: false,
    };
    let relayed = bench.relay(2, two_keys)?;
    let (opened, went_on) = (relayed.intruder.opened, relayed.intruder.payer_went_on);
    let mut attempt = bench.attempt("own keys on both sides", relayed);
    if !opened {
        attempt.unexpected = Some("the attacker did not even open Msg.1-2".to_owned());
    }
    if went_on {
        attempt.reached = Some("the payer attested to the attacker's key".to_owned());
    }
    expect(&mut attempt, Side::Payer, |error| {
        refused(error, &[Refusal::Attestation])
    });
    Ok(vec![bench.row(name, attempt)])
}

/// Has a genuine payee attest to a payer that does not exist. (A payer attests only to a payee that has
/// attested to it.)
struct Harvest {
    profile: Profile,
    mine: KeyPair,
    hello: Vec<u8>,
    /// Attestation, session key, pseudonym.
    quote: Option<Vec<u8>>,
}

impl Intruder for Harvest {
    fn begin(&mut self, out: &mut Out) {
        out.frame(Side::Payee, self.hello.clone());
    }

    fn frame(&mut self, _: Side, frame: Vec<u8>, out: &mut Out) {
        if let Some(clear) = frame.get(..CLEAR) {
            let session = session(self.profile, &self.hello, clear);
            let shared = Shared::new(&self.mine, &key_of(clear), session);
            self.quote = shared.and_then(|shared| shared.open(Kind::Challenge, &frame, CLEAR));
        }
        out.pull();
    }
}

/// A false wallet that shows somebody else's quote.
struct Vouched {
    profile: Profile,
    plays: Side,
    mine: KeyPair,
    hello: Vec<u8>,
    quote: Vec<u8>,
    shown: bool,
    believed: bool,
}

impl Vouched {
    fn answer(&self, frame: &[u8]) -> Option<Vec<u8>> {
        match self.plays {
            Side::Payee => {
                let mut clear = vec![Role::Payee.code(), Kind::Challenge.code(), 0, 0, 0, 1];
                clear.extend_from_slice(&[0x5A; 32]);
                clear.extend_from_slice(&self.mine.public());
                let session = session(self.profile, frame, &clear);
                let shared = Shared::new(&self.mine, &key_of(frame), session)?;
                Some(shared.seal(Kind::Challenge, clear, &self.quote))
            }
            Side::Payer => {
                let clear = frame.get(..CLEAR)?;
                let session = session(self.profile, &self.hello, clear);
                let shared = Shared::new(&self.mine, &key_of(clear), session)?;
                let header = vec![Role::Payer.code(), Kind::Proof.code(), 0, 0, 0, 2];
                Some(shared.seal(Kind::Proof, header, &self.quote))
            }
        }
    }
}

impl Intruder for Vouched {
    fn begin(&mut self, out: &mut Out) {
        if self.plays == Side::Payer {
            out.frame(Side::Payee, self.hello.clone());
        }
    }

    fn frame(&mut self, _: Side, frame: Vec<u8>, out: &mut Out) {
        if self.shown {
            self.believed = true;
        } else if let Some(answer) = self.answer(&frame) {
            self.shown = true;
            out.frame(other(self.plays), answer);
        }
    }
}

pub(super) fn quote_relay(bench: &Bench, name: &'static str) -> Rows {
    if bench.profile == Profile::Paper {
        // As in `man_in_the_middle`.
        return Ok(Vec::new());
    }
    let profile = bench.profile;
    let seen = recorded(bench, 17)?.seen;
    let hello = frames(&seen).find(|(_, frame)| Kind::of(frame) == Some(Kind::Hello));
    let with_key = |mine: &KeyPair| {
        let mut hello = hello.map(|(_, frame)| frame.clone()).unwrap_or_default();
        let at = hello.len().saturating_sub(33);
        hello.truncate(at);
        hello.extend_from_slice(&mine.public());
        hello
    };
    let [mine, _] = own_keys(bench);
    let harvest = Harvest {
        profile,
        hello: with_key(&mine),
        mine,
        quote: None,
    };
    let [genuine, _] = bench.strangers();
    let settings = bench.settings(18);
    let job = Job::Pay(AMOUNT);
    let harvested = relay([None, Some(genuine)], &job, &settings, harvest)?;
    let Some(quote) = harvested.intruder.quote else {
        let what = "quote of a genuine wallet";
        return Err(AttackError::Unarmed { what });
    };
    let mut rows = Vec::new();
    for honest in [Side::Payer, Side::Payee] {
        let [_, mine] = own_keys(bench);
        let vouched = Vouched {
            profile,
            plays: other(honest),
            hello: with_key(&mine),
            mine,
            quote: quote.clone(),
            shown: false,
            believed: false,
        };
        let mut wallets = [None, None];
        wallets[crate::relay::index(honest)] = Some(bench.wallet(honest));
        let relayed = relay(wallets, &job, &bench.settings(19), vouched)?;
        let (shown, believed) = (relayed.intruder.shown, relayed.intruder.believed);
        let variant = format!("a payee's quote, {honest:?} is honest").to_lowercase();
        let mut attempt = bench.attempt(variant, relayed);
        if !shown {
            attempt.unexpected = Some("the quote was not even shown".to_owned());
        }
        if believed {
            attempt.reached = Some("a quote of another session was believed".to_owned());
        }
        expect(&mut attempt, honest, |error| {
            refused(error, &[Refusal::Attestation])
        });
        rows.push(bench.row_honest(name, honest, attempt));
    }
    Ok(rows)
}
