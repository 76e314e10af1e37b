//! `opera pay` and `opera mint`.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use opera_scenario::{
    Authority, ISSUE_DATE, Job, Mounted, Settings, TpmWay, Wallet, mount, split, split_into,
};
use opera_sim::SimError;
use opera_store::audit::{Audit, Census, Violation, census};
use opera_store::{Role, TpmKind, WalletFile};
use opera_tpcu::choose::Plan;
use opera_tpcu::protocol::wire::Refusal;
use opera_tpcu::{Error, Outcome, Report};
use serde::Serialize;

use crate::args::{Cli, Mint, Pay, ProfileName, TpmBusName};
use crate::books::Office;
use crate::failure::{Failed, Failure, bare};
use crate::files;
use crate::output::{
    Balances, BeforeAfter, Lots, MountClocks, Stage, grouped, json, stage_table, stages,
};
use crate::outputs::Outputs;

/// Said whenever the published formulas are used.
pub(crate) const PAPER_WARNING: &str =
    "the paper profile runs the published formulas: it is NOT SAFE, use it for study only";

/// Said when a payee has the money and not the proof of where it came from.
pub(crate) const UNPROVED: &str = "the payee could not keep the evidence of this payment (its `.evidence` file): should one of the tokens turn out to be spent twice, it cannot show where it came from\n";

/// The document of one mount that moved, or should have moved, tokens.
#[derive(Serialize)]
struct Document {
    command: &'static str,
    profile: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<&'static str>,
    seed: u64,
    /// Said when it is not the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    tpm: Option<&'static str>,
    /// Said when it is not direct.
    #[serde(skip_serializing_if = "Option::is_none")]
    tpm_bus: Option<&'static str>,
    amount: u32,
    /// Tokens that moved, with their number; null when none did.
    tokens: Option<Moved>,
    /// What the payer was charged with first.
    #[serde(skip_serializing_if = "Option::is_none")]
    charge: Option<Charge>,
    stages: Vec<Stage>,
    clocks: MountClocks,
    balances: BeforeAfter<Balances>,
    /// Value of all tokens, spendable or in transit, of the wallets in view.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<BeforeAfter<u64>>,
    conserved: bool,
    /// The payee could not keep what proves this payment; said only then.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    unproved: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Serialize)]
struct Moved {
    count: u64,
    lots: Lots,
}

#[derive(Serialize)]
struct Charge {
    tokens: Lots,
    stages: Vec<Stage>,
    clocks: MountClocks,
}

pub(crate) fn settings(cli: &Cli) -> Settings {
    let mut settings = Settings::new(cli.seed());
    settings.profile = cli.profile.into();
    settings.tpm_way = match cli.tpm_bus {
        TpmBusName::Direct => TpmWay::Direct,
        TpmBusName::Lpc => TpmWay::Lpc,
    };
    settings
}

/// A payment between two new wallets, the payer charged first.
pub(crate) fn in_memory(cli: &Cli, pay: &Pay) -> Result<String, Failed> {
    let plan = charge_plan(pay).map_err(bare)?;
    let outputs = Outputs {
        wave: pay.wave.as_ref(),
        trace: pay.trace.as_ref(),
    };
    let _claim = outputs.claim().map_err(bare)?;
    let authority = Authority::from_seed(cli.seed());
    let wallet = |role, serial| files::in_memory(cli, &authority, role, serial).map_err(bare);
    let (mint, payer, payee) = (
        wallet(Role::Mint, 0)?,
        wallet(Role::Wallet, 1)?,
        wallet(Role::Wallet, 2)?,
    );
    let job = Job::Mint(plan.clone(), ISSUE_DATE);
    let charged = mount(mint, payer, &job, &settings(cli))
        .map_err(|error| broken(cli, "pay", &error, false))?;
    verdict(&charged).map_err(|failure| bare(failure.in_front("the charge")))?;
    let charge = Charge {
        tokens: Lots::of_plan(&plan),
        stages: stages(&charged.payer.stages, &charged.payee.stages),
        clocks: MountClocks::of(
            &charged.payer,
            &charged.payee,
            Some(u64::from(plan.count())),
        ),
    };
    transfer(
        cli,
        "pay",
        charged.payee.wallet,
        payee,
        &Job::Pay(pay.amount),
        pay.amount,
        Some(charge),
        &outputs,
    )
}

/// What the payer is charged with.
fn charge_plan(pay: &Pay) -> Result<Plan, Failure> {
    let plan = match (pay.tokens, pay.denomination) {
        (None, None) => split(pay.amount),
        (count, Some(denomination)) => split_into(pay.amount, count, denomination),
        (Some(count), None) if pay.amount.is_multiple_of(u32::from(count)) => {
            split_into(pay.amount, Some(count), pay.amount / u32::from(count))
        }
        (Some(count), None) => {
            return Err(Failure::usage(format!(
                "--tokens {count}: {} is not a multiple of it; say their value with --denomination",
                pay.amount
            )));
        }
    };
    plan.map_err(|error| Failure::usage(format!("--amount {}: {error}", pay.amount)))
}

/// What a mint is told to make.
pub(crate) fn minted(mint: &Mint) -> Result<Plan, Failure> {
    let plan = match mint.denomination {
        None => split(mint.amount),
        Some(denomination) => split_into(mint.amount, None, denomination),
    };
    plan.map_err(|error| Failure::usage(format!("--amount {}: {error}", mint.amount)))
}

/// A payment between two wallet files.
pub(crate) fn between_files(
    cli: &Cli,
    pay: &Pay,
    from: &Path,
    to: &Path,
) -> Result<String, Failed> {
    let outputs = Outputs {
        wave: pay.wave.as_ref(),
        trace: pay.trace.as_ref(),
    };
    let open = || {
        let (payer, payee) = files::open_two(cli, from, to)?;
        files::is_wallet(
            &payer.provisioning,
            from,
            "pay: charge a wallet with `opera mint`",
        )?;
        files::is_wallet(&payee.provisioning, to, "be paid")?;
        let both = [&payer.provisioning, &payee.provisioning];
        files::same_issuer(both, [from, to], files::SAME_AUTHORITY)?;
        let claim = outputs.claim()?;
        Ok((payer, payee, claim))
    };
    let (payer, payee, _claim) = open().map_err(bare)?;
    let job = Job::Pay(pay.amount);
    transfer(cli, "pay", payer, payee, &job, pay.amount, None, &outputs)
}

/// A charge of a wallet file by the authority's mint.
pub(crate) fn mint(cli: &Cli, mint: &Mint) -> Result<String, Failed> {
    let open = || {
        let plan = minted(mint)?;
        let mut wallet = WalletFile::open(&mint.to)?;
        files::is_wallet(wallet.provisioning(), &mint.to, "be charged")?;
        let path = files::authority_path(cli, &mint.to);
        let mut office = Office::open(&path)?;
        office.made(&wallet)?;
        files::take_lists(&office.file, &mut wallet)?;
        files::has_its_tpm(cli, wallet.provisioning(), &mint.to)?;
        files::has_its_tpm(cli, office.file.provisioning(), &path)?;
        // The last that can fail before the charge begins.
        let counter = office.intend(&plan)?;
        let authority = Wallet::from_file(office.file);
        Ok((plan, authority, Wallet::from_file(wallet), path, counter))
    };
    let (plan, authority, wallet, path, counter) = open().map_err(bare)?;
    let job = Job::Mint(plan, ISSUE_DATE);
    let charged = transfer(
        cli,
        "mint",
        authority,
        wallet,
        &job,
        mint.amount,
        None,
        &Outputs::none(),
    );
    let output = charged?;
    let noted = || {
        let mut office = Office::open(&path)?;
        office.ledger.settle(counter);
        office.save()
    };
    match noted() {
        Ok(()) => Ok(output),
        Err(failure) => Err((
            output,
            failure.in_front(
                "the wallet is charged, but the ledger still has the charge as uncertain",
            ),
        )),
    }
}

/// One mount in which the first wallet gives to the second.
#[expect(
    clippy::too_many_arguments,
    reason = "one call for each of three commands, all of it named"
)]
fn transfer(
    cli: &Cli,
    command: &'static str,
    payer: Wallet,
    payee: Wallet,
    job: &Job,
    amount: u32,
    charge: Option<Charge>,
    outputs: &Outputs<'_>,
) -> Result<String, Failed> {
    let mut settings = settings(cli);
    settings.wave = outputs.wave.cloned();
    settings.trace = outputs.trace.is_some();
    let before = Seen::of(&payer, &payee).map_err(bare)?;
    let kinds = [&payer, &payee].map(|wallet| wallet.provisioning.tpm);
    let tpm = match kinds {
        [TpmKind::Swtpm, TpmKind::Swtpm] => Some("swtpm"),
        [TpmKind::Model, TpmKind::Model] => None,
        _ => Some("swtpm and model"),
    };
    let mounted = mount(payer, payee, job, &settings)
        .map_err(|error| broken(cli, command, &error, charge.is_none()))?;
    let after = Seen::of(&mounted.payer.wallet, &mounted.payee.wallet).map_err(bare)?;
    // What became of the money is said all the same.
    let traced = match (outputs.trace, &mounted.trace) {
        (Some(path), Some(trace)) => fs::write(path, trace.text()).map_err(|error| {
            Failure::failed(format!(
                "{}: the trace cannot be written: {error}; what became of the payment is on standard output",
                path.display()
            ))
        }),
        _ => Ok(()),
    };

    let minted = matches!(job, Job::Mint(..));
    let moved: Vec<u32> = after.received(&before);
    let moved_value: u64 = moved.iter().map(|value| u64::from(*value)).sum();
    // A charge makes its amount; everything else makes nothing.
    let made = if minted {
        after.value - before.value.min(after.value)
    } else {
        0
    };
    let conserved = after.value == before.value + made
        && (!minted || made == 0 || made == u64::from(amount))
        && after.holds_all_of(&before);
    // In memory there is no wallet file to charge or to resume.
    let remedies = match &charge {
        Some(_) => &Remedies {
            not_payable: "; say the tokens that make it with --tokens and --denomination",
            arrived: "",
            begun: "",
        },
        None => &Remedies::IN_FILES,
    };
    let outcome = verdict_with(&mounted, remedies);
    let outcome = match outcome {
        Ok(()) if !conserved => Err(Failure::failed(
            "value was not conserved: this is a bug of ours",
        )),
        Ok(()) => traced,
        failed => failed,
    };
    let document = Document {
        command,
        profile: cli.profile.as_str(),
        warning: (cli.profile == ProfileName::Paper).then_some(PAPER_WARNING),
        seed: cli.seed(),
        tpm,
        tpm_bus: (cli.tpm_bus == TpmBusName::Lpc).then_some("lpc"),
        amount,
        tokens: (!moved.is_empty()).then(|| Moved {
            count: moved.len() as u64,
            lots: Lots::of_values(moved.iter().copied()),
        }),
        charge,
        stages: stages(&mounted.payer.stages, &mounted.payee.stages),
        clocks: MountClocks::of(
            &mounted.payer,
            &mounted.payee,
            (moved_value > 0).then_some(moved.len() as u64),
        ),
        balances: BeforeAfter {
            before: before.balances,
            after: after.balances,
        },
        value: Some(BeforeAfter {
            before: before.value,
            after: after.value,
        }),
        conserved,
        unproved: matches!(&mounted.payee.result, Some(Ok(report)) if report.unkept > 0),
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

/// The document of a mount that the simulation could not carry to its end.
#[derive(Serialize)]
struct Broken {
    command: &'static str,
    profile: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<&'static str>,
    seed: u64,
    error: String,
}

/// What is said when the simulation broke down: to a wallet that is a power cut.
pub(crate) fn broken(
    cli: &Cli,
    command: &'static str,
    error: &SimError,
    in_files: bool,
) -> (String, Failure) {
    let remedy = if in_files {
        "; nothing is lost: mend that, then `opera resume` finishes what was begun"
    } else {
        ""
    };
    let failure = Failure::failed(format!("{error}{remedy}"));
    let output = if cli.json {
        json(&Broken {
            command,
            profile: cli.profile.as_str(),
            warning: (cli.profile == ProfileName::Paper).then_some(PAPER_WARNING),
            seed: cli.seed(),
            error: failure.to_string(),
        })
    } else {
        String::new()
    };
    (output, failure)
}

fn text(document: &Document) -> String {
    let mut text = String::new();
    if let Some(warning) = document.warning {
        let _ = writeln!(text, "warning: {warning}\n");
    }
    if let Some(charge) = &document.charge {
        let _ = writeln!(
            text,
            "charge      {}, by the authority's mint",
            charge.tokens
        );
        text.push_str(&stage_table(&charge.stages));
        text.push('\n');
    }
    let what = if document.command == "mint" {
        "charge"
    } else {
        "payment"
    };
    let _ = writeln!(
        text,
        "{what:<12}{} ({} profile, seed {}{}{}{})",
        document.amount,
        document.profile,
        document.seed,
        if document.tpm.is_some() { ", TPM " } else { "" },
        document.tpm.unwrap_or_default(),
        if document.tpm_bus.is_some() {
            " over LPC"
        } else {
            ""
        }
    );
    text.push_str(&stage_table(&document.stages));
    if let Some(per_token) = &document.clocks.stage2_lpc_per_token {
        let _ = writeln!(
            text,
            "Stage 2 takes {} LPC clocks a token of the payer and {} of the payee",
            grouped(per_token.payer),
            grouped(per_token.payee)
        );
    }
    let _ = writeln!(text, "\n{:<12} {:>12} {:>12}", "balance", "before", "after");
    let (before, after) = (document.balances.before, document.balances.after);
    let payer = if document.command == "mint" {
        "mint"
    } else {
        "payer"
    };
    let payee = if document.command == "mint" {
        "wallet"
    } else {
        "payee"
    };
    for (name, before, after) in [
        (payer, before.payer, after.payer),
        (payee, before.payee, after.payee),
    ] {
        let _ = writeln!(
            text,
            "{name:<12} {:>12} {:>12}",
            grouped(before),
            grouped(after)
        );
    }
    if let Some(value) = document.value {
        let _ = writeln!(
            text,
            "{:<12} {:>12} {:>12}   {}",
            "all value",
            grouped(value.before),
            grouped(value.after),
            if document.conserved {
                "conserved"
            } else {
                "NOT CONSERVED"
            }
        );
    }
    if let Some(moved) = &document.tokens {
        let _ = writeln!(text, "tokens      {}", moved.lots);
    }
    if document.unproved {
        text.push_str(UNPROVED);
    }
    text
}

/// What two wallets hold.
pub(crate) struct Seen {
    pub(crate) balances: Balances,
    /// Spendable and in transit.
    pub(crate) value: u64,
    census: Census,
    payee_slots: Vec<([u8; 16], u32)>,
}

impl Seen {
    pub(crate) fn of(payer: &Wallet, payee: &Wallet) -> Result<Self, Failure> {
        let audits = [payer.audit(), payee.audit()];
        let census = census(&audits).map_err(|violation| {
            let remedy = match violation {
                Violation::Doubled { .. } => {
                    "; one file is a copy of a wallet, or two authorities were made with the same --seed: use only one of them"
                }
                _ => "; left as they are, restore the damaged file from where it was copied to",
            };
            Failure::failed(format!("the wallets are not sound: {violation}{remedy}"))
        })?;
        Ok(Self {
            balances: Balances {
                payer: audits[0].spendable(),
                payee: audits[1].spendable(),
            },
            value: census.total(),
            payee_slots: slots(&audits[1]),
            census,
        })
    }

    /// Values of the tokens that the payee holds now and did not hold before.
    fn received(&self, before: &Self) -> Vec<u32> {
        let old: std::collections::BTreeSet<_> = before
            .payee_slots
            .iter()
            .map(|(serial, _)| *serial)
            .collect();
        let new = self
            .payee_slots
            .iter()
            .filter(|(serial, _)| !old.contains(serial));
        new.map(|(_, value)| *value).collect()
    }

    /// Tokens and value that were not there before.
    pub(crate) fn made_since(&self, before: &Self) -> (usize, u64) {
        let tokens = self.census.tokens.iter();
        tokens
            .filter(|(serial, _)| !before.census.tokens.contains_key(*serial))
            .fold((0, 0), |(n, sum), (_, value)| {
                (n + 1, sum + u64::from(*value))
            })
    }

    /// Whether every token of before is still there, with its value.
    pub(crate) fn holds_all_of(&self, before: &Self) -> bool {
        let mut tokens = before.census.tokens.iter();
        tokens.all(|(serial, value)| self.census.tokens.get(serial) == Some(value))
    }
}

fn slots(audit: &Audit) -> Vec<([u8; 16], u32)> {
    let slots = audit.slots.iter();
    slots
        .map(|slot| (slot.token.serial(), slot.token.value()))
        .collect()
}

/// What to do about a payment that failed.
struct Remedies {
    /// The tokens held do not make the amount.
    not_payable: &'static str,
    /// The payee has the tokens.
    arrived: &'static str,
    /// Anything else.
    begun: &'static str,
}

impl Remedies {
    const IN_FILES: Self = Self {
        not_payable: "; nothing has moved, choose another amount or charge the wallet with `opera mint`",
        arrived: "; the tokens have arrived, `opera resume` tidies up",
        begun: "; nothing is lost, `opera resume` finishes what was begun",
    };
}

/// What both TPCUs and the bus checks say together.
pub(crate) fn verdict(mounted: &Mounted) -> Result<(), Failure> {
    verdict_with(mounted, &Remedies::IN_FILES)
}

fn verdict_with(mounted: &Mounted, remedies: &Remedies) -> Result<(), Failure> {
    if let Some((side, clock)) = mounted.contention {
        return Err(Failure::failed(format!(
            "two agents drove LAD of the {side:?}'s internal bus at clock {clock}: this is a bug of ours"
        )));
    }
    let results = [
        ("payer", &mounted.payer.result),
        ("payee", &mounted.payee.result),
    ];
    let failed = |result: &Option<Result<Report, Error>>| match result {
        Some(Ok(_)) => None,
        Some(Err(error)) => Some(error.to_string()),
        None => Some("did not come to an end".to_owned()),
    };
    // The payer has the user's attention; when both failed its side of it comes first.
    let reasons: Vec<String> = results
        .into_iter()
        .filter_map(|(name, result)| failed(result).map(|why| format!("{name}: {why}")))
        .collect();
    if reasons.is_empty() {
        return Ok(());
    }
    let paid = |result: &Option<Result<Report, Error>>, outcome| matches!(result, Some(Ok(report)) if report.receipts.last().is_some_and(|r| r.outcome == outcome));
    let epoch = |result: &Option<Result<Report, Error>>| {
        matches!(result, Some(Err(Error::Partner(Refusal::Epoch))))
    };
    let remedy = if let (Some(Err(Error::NotPayable(_))), _) = (&mounted.payer.result, ()) {
        remedies.not_payable
    } else if epoch(&mounted.payer.result) || epoch(&mounted.payee.result) {
        "; nothing has moved, bring the wallet of the older epoch to its authority with `opera renew`"
    } else if paid(&mounted.payee.result, Outcome::Received)
        || paid(&mounted.payer.result, Outcome::Paid)
    {
        remedies.arrived
    } else {
        remedies.begun
    };
    Err(Failure::failed(format!("{}{remedy}", reasons.join("; "))))
}
