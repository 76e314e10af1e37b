//! `opera attack`: the catalogue, and what becomes of it.

use std::fmt::Write as _;

use opera_attack::{Bench, ENTRIES, Entry, Row, TpmKind, TpmWay};
use serde::Serialize;

use crate::args::{Cli, TpmBusName, TpmName};
use crate::failure::{Failed, Failure, bare};
use crate::fault::progress_bar_of;
use crate::files;
use crate::output::json;

#[derive(Serialize)]
struct Listed {
    name: &'static str,
    goal: &'static str,
    capability: &'static str,
    expected: &'static str,
    works_in_paper_profile: bool,
}

impl From<&Entry> for Listed {
    fn from(entry: &Entry) -> Self {
        Self {
            name: entry.name,
            goal: entry.goal,
            capability: entry.capability,
            expected: entry.expected,
            works_in_paper_profile: entry.works_on_paper,
        }
    }
}

#[derive(Serialize)]
struct Catalogue {
    command: &'static str,
    attacks: Vec<Listed>,
}

#[derive(Serialize)]
struct Measured {
    #[serde(flatten)]
    entry: Listed,
    /// `refused`, `succeeded`, or `not possible` when this profile has nothing to attack.
    result: &'static str,
    /// The result is the one that the catalogue expects of this profile.
    as_expected: bool,
    attempts: Vec<Row>,
}

#[derive(Serialize)]
struct Document {
    command: &'static str,
    profile: &'static str,
    /// Of the honest wallets.
    tpm: &'static str,
    seed: u64,
    attacks: Vec<Measured>,
    attempts: usize,
    succeeded: usize,
}

pub(crate) fn list(cli: &Cli) -> String {
    if cli.json {
        return json(&Catalogue {
            command: "attack list",
            attacks: ENTRIES.iter().map(Listed::from).collect(),
        });
    }
    let mut text = String::new();
    for entry in ENTRIES {
        let _ = writeln!(
            text,
            "{}\n  goal        {}\n  capability  {}\n  refused by  {}",
            entry.name, entry.goal, entry.capability, entry.expected
        );
        if entry.works_on_paper {
            text.push_str("  works with --profile paper\n");
        }
    }
    text
}

pub(crate) fn run(cli: &Cli, all: bool, names: &[String]) -> Result<String, Failed> {
    let mut chosen: Vec<&Entry> = Vec::new();
    for name in names {
        let found = ENTRIES.iter().find(|entry| entry.name == name);
        chosen.push(found.ok_or_else(|| {
            bare(Failure::usage(format!(
                "no attack is called {name}; `opera attack list` names them"
            )))
        })?);
    }
    if all {
        chosen = ENTRIES.iter().collect();
    }
    let profile = cli.profile.into();
    let bench = bench(cli).map_err(bare)?;
    let bar = progress_bar_of(chosen.len() as u64, "attacks");
    let mut attacks = Vec::new();
    for entry in chosen {
        let attempts = opera_attack::run(&bench, entry)
            .map_err(|error| bare(Failure::failed(format!("{}: {error}", entry.name))))?;
        bar.inc(1);
        let succeeded = attempts.iter().any(|row| row.succeeded);
        attacks.push(Measured {
            entry: entry.into(),
            result: match (attempts.is_empty(), succeeded) {
                (true, _) => "not possible",
                (_, true) => "succeeded",
                (_, false) => "refused",
            },
            as_expected: succeeded == entry.works_on(profile),
            attempts,
        });
    }
    bar.finish_and_clear();
    let document = Document {
        command: "attack run",
        profile: cli.profile.as_str(),
        tpm: cli.tpm().as_str(),
        seed: cli.seed(),
        attempts: attacks.iter().map(|attack| attack.attempts.len()).sum(),
        succeeded: attacks
            .iter()
            .filter(|attack| attack.result == "succeeded")
            .count(),
        attacks,
    };
    let output = if cli.json {
        json(&document)
    } else {
        table(&document)
    };
    let wrong: Vec<&str> = document
        .attacks
        .iter()
        .filter(|attack| !attack.as_expected)
        .map(|attack| attack.entry.name)
        .collect();
    if wrong.is_empty() {
        Ok(output)
    } else {
        let text = format!("not as the catalogue expects: {}", wrong.join(", "));
        Err((output, Failure::failed(text)))
    }
}

/// The honest wallets, each with the TPM that was asked for.
fn bench(cli: &Cli) -> Result<Bench, Failure> {
    files::over_lpc(cli, cli.tpm())?;
    let tpm = match cli.tpm() {
        TpmName::Model => TpmKind::Model,
        TpmName::Swtpm => {
            files::swtpm_installed()?;
            TpmKind::Swtpm
        }
    };
    let mut bench =
        Bench::with_tpm(cli.profile.into(), cli.seed(), tpm).map_err(Failure::failed)?;
    bench.tpm_way = match cli.tpm_bus {
        TpmBusName::Direct => TpmWay::Direct,
        TpmBusName::Lpc => TpmWay::Lpc,
    };
    Ok(bench)
}

fn table(document: &Document) -> String {
    let mut text = String::new();
    if document.profile == "paper" {
        text.push_str("profile: paper, as published; not safe, for study only\n");
    }
    if document.tpm != "model" {
        let _ = writeln!(text, "TPM of the honest wallets: {}", document.tpm);
    }
    let _ = writeln!(
        text,
        "{:<18} {:<12} {:>8}  measured, of {} in all",
        "attack", "result", "attempts", document.attempts
    );
    for attack in &document.attacks {
        // The most telling attempt: one that succeeded, or the last.
        let attempts = &attack.attempts;
        let shown = attempts
            .iter()
            .find(|row| row.succeeded)
            .or(attempts.last());
        let _ = write!(
            text,
            "{:<18} {:<12} {:>8}",
            attack.entry.name,
            attack.result,
            attempts.len()
        );
        match shown {
            None => text.push('\n'),
            Some(row) => {
                let _ = writeln!(
                    text,
                    "  {}: payer {}, payee {}",
                    row.variant, row.payer, row.payee
                );
                let _ = writeln!(
                    text,
                    "{:42}payer {} -> {}, payee {} -> {}, then {}",
                    "", row.before[0], row.after[0], row.before[1], row.after[1], row.recovered
                );
                if let (true, Some(why)) = (row.succeeded, &row.why) {
                    let _ = writeln!(text, "{:42}{why}", "");
                }
            }
        }
    }
    let _ = writeln!(
        text,
        "{} of {} attacks succeeded",
        document.succeeded,
        document.attacks.len()
    );
    text
}
