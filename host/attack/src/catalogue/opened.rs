//! Attacks with a wallet of one's own: opened, or with its log put back.

use opera_regs::nv;
use opera_scenario::{Job, Wallet, mount};
use opera_sim::{Nv, Side};
use opera_tpcu::Error;
use opera_tpcu::driver::BadToken;
use opera_tpcu::protocol::wire::Kind;
use opera_tpcu::token::{TOKEN_BYTES, TokenError};
use p256::elliptic_curve::PrimeField;

use super::wires::{Cut, When};
use super::{Rows, expect};
use crate::bench::{AMOUNT, Attempt, Bench};

/// The payer with its tokens made into others: `make` gets all of them in clear, in slot order.
fn opened(bench: &Bench, make: impl FnOnce(&mut Vec<[u8; TOKEN_BYTES]>)) -> Wallet {
    let wallet = bench.wallet(Side::Payer);
    let slots = wallet.audit().slots;
    let old: Vec<[u8; TOKEN_BYTES]> = slots.iter().map(|slot| slot.token.0).collect();
    let mut new = old.clone();
    make(&mut new);
    let mut words = wallet.nv.words().to_vec();
    for (slot, (old, new)) in slots.iter().zip(old.iter().zip(&new)) {
        // A repository slot is a stream cipher: the difference of two tokens is that of two slots.
        let at = (nv::REPO_BASE + 32 * u32::from(slot.slot) + 8) as usize;
        for (word, (old, new)) in words[at..]
            .iter_mut()
            .zip(old.as_chunks::<4>().0.iter().zip(new.as_chunks::<4>().0))
        {
            *word ^= u32::from_le_bytes(*old) ^ u32::from_le_bytes(*new);
        }
        let value = u32::from_be_bytes([new[24], new[25], new[26], new[27]]);
        words[(nv::REPO_BASE + 32 * u32::from(slot.slot) + 1) as usize] = value;
    }
    Wallet {
        nv: Nv::from_words(words),
        ..wallet
    }
}

fn bad_token(
    bench: &Bench,
    name: &'static str,
    amount: u32,
    why: BadToken,
    make: impl FnOnce(&mut Vec<[u8; TOKEN_BYTES]>),
) -> Rows {
    let payer = opened(bench, make);
    let payee = bench.wallet(Side::Payee);
    let mounted = mount(payer, payee, &Job::Pay(amount), &bench.settings(21))?;
    let mut attempt = bench.attempt_direct("from an opened wallet", mounted);
    expect(
        &mut attempt,
        Side::Payee,
        |error| matches!(error, Error::BadToken { why: found, .. } if *found == why),
    );
    Ok(vec![bench.row_honest(name, Side::Payee, attempt)])
}

pub(super) fn bad_signature(bench: &Bench, name: &'static str) -> Rows {
    let why = BadToken::Token(TokenError::Signature);
    bad_token(bench, name, AMOUNT, why, |tokens| {
        tokens[0][TOKEN_BYTES - 1] ^= 1
    })
}

pub(super) fn high_s(bench: &Bench, name: &'static str) -> Rows {
    let why = BadToken::Token(TokenError::Signature);
    bad_token(bench, name, AMOUNT, why, |tokens| {
        let mut s = [0; 32];
        s.copy_from_slice(&tokens[0][TOKEN_BYTES - 32..]);
        let scalar = Option::from(p256::Scalar::from_repr(s.into()));
        let high = scalar.map_or([0; 32], |s: p256::Scalar| (-s).to_repr().into());
        tokens[0][TOKEN_BYTES - 32..].copy_from_slice(&high);
    })
}

pub(super) fn token_twice(bench: &Bench, name: &'static str) -> Rows {
    // Both slots hold the one token: 10 and 10, or 1 and 1.
    let first = bench.wallet(Side::Payer).audit().slots[0].token.value();
    bad_token(bench, name, 2 * first, BadToken::Twice, |tokens| {
        tokens[1] = tokens[0];
    })
}

pub(super) fn stale_log(bench: &Bench, name: &'static str) -> Rows {
    let mut rows = Vec::new();
    for side in [Side::Payer, Side::Payee] {
        // The log as it is in the middle of a payment.
        let middle = Cut::new(When::Sent(Kind::TokenAck), None);
        let (mounted, _) = bench.direct(22, middle)?;
        let half = [mounted.payer.wallet, mounted.payee.wallet];
        let n = crate::relay::index(side);
        let log = (nv::LOG_BASE as usize)..(nv::PWR_CTR_BASE as usize);
        let old = half[n].nv.words()[log.clone()].to_vec();
        // The payment is finished, and the old log put back into one of the wallets.
        let [payer, payee] = half;
        let mounted = mount(payer, payee, &Job::Resume, &bench.settings(23))?;
        let mut wallets = [mounted.payer.wallet, mounted.payee.wallet];
        let mut words = wallets[n].nv.words().to_vec();
        words[log].copy_from_slice(&old);
        wallets[n].nv = Nv::from_words(words);
        let [payer, payee] = wallets;
        let mounted = mount(payer, payee, &Job::Resume, &bench.settings(24))?;
        let mut attempt = bench.attempt_direct(format!("{side:?}'s log").to_lowercase(), mounted);
        no_error(&mut attempt);
        rows.push(bench.row(name, attempt));
    }
    Ok(rows)
}

/// An attack that must come to nothing without anybody's noticing.
fn no_error(attempt: &mut Attempt) {
    for side in [Side::Payer, Side::Payee] {
        if let Some(Err(error)) = attempt.said(side) {
            attempt.unexpected = Some(format!("{side:?}: {error}"));
        }
    }
}
