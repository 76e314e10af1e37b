//! `opera wallet`.

use std::fmt::Write as _;
use std::path::Path;

use opera_store::audit::{self, Audit, Session};
use opera_store::{Role, WalletFile};
use opera_tpcu::lists::version_of;
use serde::Serialize;

use crate::args::Cli;
use crate::failure::Failure;
use crate::files;
use crate::output::{Lots, json};

#[derive(Serialize)]
struct New {
    wallet: String,
    serial: u64,
    authority: String,
    authority_made: bool,
}

pub(crate) fn new(cli: &Cli, path: &Path) -> Result<String, Failure> {
    // Said before a serial number is used up; `create` is what really refuses.
    if path.symlink_metadata().is_ok() {
        return Err(opera_store::StoreError::Exists {
            path: path.to_owned(),
        }
        .into());
    }
    let authority_path = files::authority_path(cli, path);
    let (mut file, made) = files::open_or_make_authority(cli, &authority_path)?;
    let authority = files::authority_of(&file)?;
    let serial = files::next_serial(&mut file)?;
    let mut wallet = files::create(cli, &authority, path, Role::Wallet, serial)?;
    files::take_lists(&file, &mut wallet)?;
    let new = New {
        wallet: path.display().to_string(),
        serial,
        authority: authority_path.display().to_string(),
        authority_made: made,
    };
    if cli.json {
        return Ok(json(&new));
    }
    let mut text = String::new();
    if made {
        let _ = writeln!(text, "made the authority's mint {}", new.authority);
    }
    let _ = writeln!(
        text,
        "made wallet {}, device {serial} of {}",
        new.wallet, new.authority
    );
    Ok(text)
}

#[derive(Serialize)]
struct Shown {
    wallet: String,
    kind: &'static str,
    serial: u64,
    epoch: u32,
    /// Version of the revocation list it has; 0 is none.
    revocation_list: u32,
    /// Payments received that it can prove.
    evidence: usize,
    spendable: u64,
    in_transit: u64,
    tokens: Lots,
    payments: Vec<Open>,
}

/// A payment that was interrupted.
#[derive(Serialize)]
struct Open {
    session: u8,
    role: &'static str,
    state: &'static str,
    entries: u16,
    /// Value of its tokens that this wallet can still settle; unknown to a payee without the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<u64>,
    refundable: bool,
}

pub(crate) fn show(cli: &Cli, path: &Path) -> Result<String, Failure> {
    let file = WalletFile::open_read_only(path)?;
    let audit = audit::audit(file.nv(), &file.provisioning().device_key);
    let shown = Shown {
        wallet: path.display().to_string(),
        kind: match file.provisioning().role {
            Role::Wallet => "wallet",
            Role::Mint => "mint",
        },
        serial: file.provisioning().serial,
        epoch: file.provisioning().epoch(),
        revocation_list: version_of(&file.provisioning().revoked),
        evidence: file.evidence()?.bodies.len(),
        spendable: audit.spendable(),
        in_transit: in_transit(&audit),
        tokens: Lots::of_values(audit.slots.iter().map(|slot| slot.token.value())),
        payments: audit.sessions.iter().map(open).collect(),
    };
    if cli.json {
        return Ok(json(&shown));
    }
    let mut text = format!(
        "{}: {} {}, epoch {}, revocation list {}, evidence of {} payments\nspendable   {:>10}   {}\n",
        shown.wallet,
        shown.kind,
        shown.serial,
        shown.epoch,
        shown.revocation_list,
        shown.evidence,
        shown.spendable,
        shown.tokens
    );
    if shown.in_transit > 0 {
        let _ = writeln!(
            text,
            "in transit  {:>10}   held for an interrupted payment",
            shown.in_transit
        );
    }
    for payment in &shown.payments {
        let _ = write!(
            text,
            "interrupted payment {}: {}, {} tokens, {}",
            payment.session, payment.role, payment.entries, payment.state
        );
        if let Some(value) = payment.value {
            let _ = write!(text, ", value {value}");
        }
        text.push_str(if payment.refundable {
            "; finish it with `opera resume`, or take it back with `opera refund`\n"
        } else {
            "; finish it with `opera resume`\n"
        });
    }
    Ok(text)
}

/// Value that only this wallet can still settle. A payer's released tokens are its payee's.
fn in_transit(audit: &Audit) -> u64 {
    let settleable = audit.sessions.iter().filter(|session| !session.released);
    settleable.filter_map(value).sum()
}

fn value(session: &Session) -> Option<u64> {
    let tokens = session
        .entries
        .iter()
        .filter_map(|entry| entry.token.as_ref());
    let known = session.role == Some(audit::Role::Payer) || session.keyed;
    known.then(|| tokens.map(|token| u64::from(token.value())).sum())
}

fn open(session: &Session) -> Open {
    let (role, state) = match (session.role, session) {
        (_, s) if s.closing => ("", "closing"),
        (Some(audit::Role::Payer), s) if s.released => ("payer", "released"),
        (Some(audit::Role::Payer), s) if s.refunded => ("payer", "refunding"),
        (Some(audit::Role::Payer), _) => ("payer", "held"),
        (Some(audit::Role::Payee), s) if s.keyed => ("payee", "settling"),
        (Some(audit::Role::Payee), _) => ("payee", "waiting for the key"),
        (None, _) => ("", "not readable"),
    };
    let role = match (role, session.role) {
        ("", Some(audit::Role::Payer)) => "payer",
        ("", Some(audit::Role::Payee)) => "payee",
        (role, _) => role,
    };
    Open {
        session: session.slot,
        role,
        state,
        entries: session.n,
        value: value(session),
        refundable: session.role == Some(audit::Role::Payer)
            && !session.released
            && !session.closing,
    }
}
