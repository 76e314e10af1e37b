//! `opera deposit`: a payment to the authority's own wallet, and what the ledger makes of it.

use std::path::Path;

use opera_scenario::{Job, Wallet, mount};
use opera_store::WalletFile;
use opera_tpcu::choose::choose;
use serde::Serialize;

use crate::args::Cli;
use crate::books::Office;
use crate::failure::{Failed, Failure, bare, ended};
use crate::files;
use crate::output::{grouped, json};
use crate::payment::{broken, settings, verdict};

#[derive(Serialize)]
struct Document {
    command: &'static str,
    wallet: String,
    bank: String,
    amount: u32,
    /// Value that the bank holds more than before.
    deposited: u64,
    tokens: usize,
    /// Of these, how many had been deposited before: by a double spender's other payee.
    deposited_before: usize,
    /// What the wallet can spend now.
    left: u64,
    /// A deposit that had been cut was finished, and nothing else was done.
    finished: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Tokens go back to the authority.
pub(crate) fn deposit(cli: &Cli, path: &Path, amount: u32) -> Result<String, Failed> {
    let begin = || {
        let mut file = WalletFile::open(path)?;
        files::is_wallet(file.provisioning(), path, "deposit")?;
        let mut office = Office::open(&files::authority_path(cli, path))?;
        office.made(&file)?;
        files::take_lists(&office.file, &mut file)?;
        office.take_in()?;
        files::has_its_tpm(cli, file.provisioning(), path)?;
        let wallet = Wallet::from_file(file);
        let seen = wallet.audit();
        let values: Vec<u32> = seen.slots.iter().map(|slot| slot.value).collect();
        // What does not make the amount is said by the wallet itself.
        let tokens = choose(&values, amount).map_or(0, |plan| usize::from(plan.count()));
        let (number, bank) = office.bank_with_room(cli, tokens)?;
        Ok((office, wallet, number, Wallet::from_file(bank)))
    };
    let (mut office, mut wallet, number, mut bank) = begin().map_err(bare)?;
    let value = |wallet: &Wallet| wallet.audit().spendable();
    let (had, held) = (value(&wallet), value(&bank));
    let known = office.ledger.deposits().len();

    // What was cut is finished first; had that been the deposit that is asked for now, a second one
    // would be one too many.
    let mut outcome = Ok(());
    let mut finished = false;
    if !wallet.audit().sessions.is_empty() || !bank.audit().sessions.is_empty() {
        let mounted = mount(wallet, bank, &Job::Resume, &settings(cli))
            .map_err(|error| broken(cli, "deposit", &error, true))?;
        outcome = verdict(&mounted);
        (wallet, bank) = (mounted.payer.wallet, mounted.payee.wallet);
        finished = value(&bank) > held;
    }
    if outcome.is_ok() && !finished {
        let mounted = mount(wallet, bank, &Job::Pay(amount), &settings(cli))
            .map_err(|error| broken(cli, "deposit", &error, true))?;
        outcome = verdict(&mounted).map_err(|failure| Failure {
            text: failure.text.replace(
                "`opera resume` finishes what was begun",
                "`opera deposit` again finishes what was begun",
            ),
            ..failure
        });
        (wallet, bank) = (mounted.payer.wallet, mounted.payee.wallet);
    }
    let (left, holds) = (value(&wallet), value(&bank));
    let deposited = holds - held.min(holds);
    let conserved = had + held == left + holds;
    let settled = wallet.audit().sessions.is_empty() && bank.audit().sessions.is_empty();
    // Both files are closed before the ledger reads the bank's.
    drop((wallet, bank));
    office.take_in().map_err(bare)?;
    let new = &office.ledger.deposits()[known..];
    let tokens = new.iter().map(opera_ledger::Deposit::tokens).sum();
    let deposited_before = office.ledger.again_since(known);
    if outcome.is_ok() && settled && !finished && !conserved {
        outcome = Err(Failure::failed(
            "value was not conserved: this is a bug of ours",
        ));
    }
    let document = Document {
        command: "deposit",
        wallet: path.display().to_string(),
        bank: office.bank_path(number).display().to_string(),
        amount,
        deposited,
        tokens,
        deposited_before,
        left,
        finished,
        error: outcome.as_ref().err().map(ToString::to_string),
    };
    let text = if cli.json {
        json(&document)
    } else {
        said(&document)
    };
    ended(text, outcome.err())
}

fn said(document: &Document) -> String {
    let mut text = String::new();
    if document.deposited > 0 {
        text.push_str(&format!(
            "deposited {} in {} tokens from {}, which has {} left\n",
            grouped(document.deposited),
            document.tokens,
            document.wallet,
            grouped(document.left)
        ));
    }
    if document.finished {
        text.push_str("that was a deposit that had been cut; no other was begun\n");
    }
    if document.deposited_before > 0 {
        text.push_str(&format!(
            "{} of the tokens had been deposited before: accepted, for this wallet may be an honest payee; `opera audit` says whose answer is needed\n",
            document.deposited_before
        ));
    }
    text
}
