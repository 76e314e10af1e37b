//! `opera resume` and `opera refund`.

use std::fmt::Write as _;
use std::path::Path;

use opera_scenario::{Job, Mounted, Wallet, mount};
use opera_store::{Role, audit};
use opera_tpcu::{Outcome, Receipt};
use serde::Serialize;

use crate::args::{Cli, ProfileName};
use crate::failure::{Failed, Failure, bare};
use crate::files;
use crate::output::{Balances, BeforeAfter, Stage, grouped, json, stage_table, stages};
use crate::payment::{PAPER_WARNING, Seen, broken, settings, verdict};

#[derive(Serialize)]
struct Document {
    command: &'static str,
    profile: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<&'static str>,
    seed: u64,
    wallets: [String; 2],
    mounts: Vec<Mount>,
    balances: BeforeAfter<Balances>,
    value: BeforeAfter<u64>,
    conserved: bool,
    /// Payments that are still open in either wallet.
    open: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Serialize)]
struct Mount {
    payer: String,
    payee: String,
    stages: Vec<Stage>,
    ended: Vec<Ended>,
}

#[derive(Serialize)]
pub(crate) struct Ended {
    pub(crate) wallet: String,
    pub(crate) outcome: &'static str,
    pub(crate) amount: u32,
    pub(crate) tokens: u16,
}

/// Both directions: each wallet hosts once, so that each finishes what it pays.
pub(crate) fn resume(cli: &Cli, a: &Path, b: &Path) -> Result<String, Failed> {
    let open = || {
        let (first, second) = files::open_two(cli, a, b)?;
        let both = [&first.provisioning, &second.provisioning];
        files::same_issuer(both, [a, b], files::SAME_AUTHORITY)?;
        if (first.provisioning.role, second.provisioning.role) == (Role::Mint, Role::Mint) {
            return Err(Failure::usage(
                "both are mints; name a wallet and its partner",
            ));
        }
        Ok((first, second))
    };
    let (first, second) = open().map_err(bare)?;
    // A mint hosts only; the RTL of the place of the payee is a wallet's.
    let swapped = second.provisioning.role == Role::Mint;
    let (first, second, names) = match swapped {
        false => (first, second, [a, b]),
        true => (second, first, [b, a]),
    };
    let both = first.provisioning.role == Role::Wallet;
    recover(cli, "resume", first, second, names, &Job::Resume, both)
}

pub(crate) fn refund(cli: &Cli, path: &Path, with: Option<&Path>) -> Result<String, Failed> {
    let open = || match with {
        Some(with) => {
            let (wallet, other) = files::open_two(cli, path, with)?;
            files::is_wallet(&other.provisioning, with, "be the partner of a refund")?;
            let both = [&wallet.provisioning, &other.provisioning];
            files::same_issuer(both, [path, with], files::SAME_AUTHORITY)?;
            Ok((wallet, other, with.to_owned()))
        }
        None => {
            let wallet = files::open(cli, path)?;
            let at = files::authority_path(cli, path);
            let mut file = files::open_authority(&at)?;
            let authority = files::authority_of(&file)?;
            // A device of its own each time: no two wallets share keys.
            let serial = files::next_serial(&mut file)?;
            let other = Wallet::in_memory(authority.provision(Role::Wallet, serial, cli.seed()));
            let both = [&wallet.provisioning, &other.provisioning];
            files::same_issuer(both, [path, &at], files::SAME_AUTHORITY)?;
            Ok((
                wallet,
                other,
                Path::new("(a wallet of the authority's)").to_owned(),
            ))
        }
    };
    let (wallet, other, name) = open().map_err(bare)?;
    recover(
        cli,
        "refund",
        wallet,
        other,
        [path, &name],
        &Job::Refund,
        false,
    )
}

fn recover(
    cli: &Cli,
    command: &'static str,
    first: Wallet,
    second: Wallet,
    names: [&Path; 2],
    job: &Job,
    both: bool,
) -> Result<String, Failed> {
    let names = names.map(|name| name.display().to_string());
    let before = Seen::of(&first, &second).map_err(bare)?;
    let left = first.audit().sessions;
    // A mint that was cut while it pressed tokens presses the rest.
    let unpressed = match first.provisioning.role {
        Role::Wallet => 0,
        Role::Mint => left
            .iter()
            .filter(|session| session.role == Some(audit::Role::Payer))
            .flat_map(|session| &session.entries)
            .filter(|entry| entry.state == audit::EntryState::Empty)
            .count(),
    };
    let of_payer = left
        .iter()
        .any(|session| session.role == Some(audit::Role::Payer));
    let mut mounts = Vec::new();
    let mounted = mount(first, second, job, &settings(cli))
        .map_err(|error| broken(cli, command, &error, true))?;
    mounts.push(describe(&mounted, [&names[0], &names[1]]));
    let mut outcome = verdict(&mounted);
    let (mut first, mut second) = (mounted.payer.wallet, mounted.payee.wallet);
    if both && outcome.is_ok() {
        let mounted = mount(second, first, job, &settings(cli))
            .map_err(|error| broken(cli, command, &error, true))?;
        mounts.push(describe(&mounted, [&names[1], &names[0]]));
        outcome = verdict(&mounted);
        (first, second) = (mounted.payee.wallet, mounted.payer.wallet);
    }
    let after = Seen::of(&first, &second).map_err(bare)?;
    let (made, made_value) = after.made_since(&before);
    let conserved = made <= unpressed
        && after.value == before.value + made_value
        && after.holds_all_of(&before);
    let (open_first, open_second) = (first.audit().sessions.len(), second.audit().sessions.len());
    let refunded = mounts
        .iter()
        .any(|m| m.ended.iter().any(|e| e.outcome == "refunded"));
    let outcome = match outcome {
        Ok(()) if !conserved => Err(Failure::failed(
            "value was not conserved: this is a bug of ours",
        )),
        Ok(()) if command == "refund" && !refunded => Err(Failure::failed(if left.is_empty() {
            format!("{}: no interrupted payment to take back", names[0])
        } else if !of_payer {
            format!(
                "{}: nothing to take back: in its interrupted payment it is the payee; finish it with `opera resume`",
                names[0]
            )
        } else {
            format!(
                "{}: nothing could be taken back: the key of the payment was released, so the tokens are the payee's; finish it with `opera resume`",
                names[0]
            )
        })),
        other => other,
    };
    let document = Document {
        command,
        profile: cli.profile.as_str(),
        warning: (cli.profile == ProfileName::Paper).then_some(PAPER_WARNING),
        seed: cli.seed(),
        wallets: names,
        mounts,
        balances: BeforeAfter {
            before: before.balances,
            after: after.balances,
        },
        value: BeforeAfter {
            before: before.value,
            after: after.value,
        },
        conserved,
        open: open_first + open_second,
        error: outcome.as_ref().err().map(ToString::to_string),
    };
    let output = if cli.json {
        json(&document)
    } else {
        text(&document)
    };
    match outcome {
        Ok(()) => Ok(output),
        Err(failure) => Err((output, failure)),
    }
}

fn describe(mounted: &Mounted, names: [&str; 2]) -> Mount {
    let mut ended = Vec::new();
    for (part, name) in [(&mounted.payer, names[0]), (&mounted.payee, names[1])] {
        if let Some(Ok(report)) = &part.result {
            ended.extend(report.receipts.iter().map(|receipt| one(receipt, name)));
        }
    }
    Mount {
        payer: names[0].to_owned(),
        payee: names[1].to_owned(),
        stages: stages(&mounted.payer.stages, &mounted.payee.stages),
        ended,
    }
}

/// How one payment ended in one wallet.
pub(crate) fn one(receipt: &Receipt, wallet: &str) -> Ended {
    Ended {
        wallet: wallet.to_owned(),
        outcome: match receipt.outcome {
            Outcome::Paid => "paid",
            Outcome::Received => "received",
            Outcome::Refunded => "refunded",
            Outcome::Withdrawn => "withdrawn",
        },
        amount: receipt.amount,
        tokens: receipt.tokens,
    }
}

fn text(document: &Document) -> String {
    let mut text = String::new();
    if let Some(warning) = document.warning {
        let _ = writeln!(text, "warning: {warning}\n");
    }
    for mount in &document.mounts {
        let _ = writeln!(
            text,
            "{}: {} with {}",
            document.command, mount.payer, mount.payee
        );
        text.push_str(&stage_table(&mount.stages));
        for ended in &mount.ended {
            let _ = writeln!(
                text,
                "{}: {} {} in {} tokens",
                ended.wallet,
                ended.outcome,
                grouped(u64::from(ended.amount)),
                ended.tokens
            );
        }
        if mount.ended.is_empty() {
            text.push_str("nothing was left to finish\n");
        }
        text.push('\n');
    }
    let _ = writeln!(text, "{:<24} {:>12} {:>12}", "balance", "before", "after");
    let (before, after) = (document.balances.before, document.balances.after);
    for (name, before, after) in [
        (&document.wallets[0], before.payer, after.payer),
        (&document.wallets[1], before.payee, after.payee),
    ] {
        let _ = writeln!(
            text,
            "{name:<24} {:>12} {:>12}",
            grouped(before),
            grouped(after)
        );
    }
    let _ = writeln!(
        text,
        "{:<24} {:>12} {:>12}   {}",
        "all value",
        grouped(document.value.before),
        grouped(document.value.after),
        if document.conserved {
            "conserved"
        } else {
            "NOT CONSERVED"
        }
    );
    if document.open > 0 {
        let _ = writeln!(
            text,
            "{} payments are still open, with other partners",
            document.open
        );
    }
    text
}
