//! `opera renew`, `opera epoch`, `opera revoke` and `opera audit`: what the authority does without a mount.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use opera_daa::RevocationList;
use opera_daa::bn_p256::BnP256;
use opera_ledger::Summary;
use opera_store::{Update, WalletFile};
use opera_tpcu::lists::{revocation_from_signed, version_of};
use opera_tpcu::token::Issuer;
use serde::Serialize;

use crate::args::Cli;
use crate::books::Office;
use crate::failure::{Failed, Failure, bare, ended};
use crate::files;
use crate::output::{grouped, json};

#[derive(Serialize)]
struct Renewed {
    command: &'static str,
    wallet: String,
    epoch: u32,
    revocation_list: u32,
    /// Tokens in dispute that the wallet was asked about.
    asked: usize,
    renewed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// A wallet comes to its authority: answers about disputes, then a credential of the epoch and the lists.
pub(crate) fn renew(cli: &Cli, path: &Path) -> Result<String, Failed> {
    let work = || {
        let mut wallet = WalletFile::open(path)?;
        files::is_wallet(wallet.provisioning(), path, "renew: `opera epoch` does")?;
        let mut office = Office::open(&files::authority_path(cli, path))?;
        office.made(&wallet)?;
        office.take_in()?;
        let examined = office.examine(&wallet)?;
        let refused = examined.guilty.first().map(|verdict| {
            Failure::failed(format!(
                "{}: it gave the token {} away {} times and got it {} times; no credential for a double spender, so it stays shut out of epoch {}",
                path.display(),
                hex::encode(verdict.serial),
                verdict.gave,
                verdict.got,
                office.authority.epoch()
            ))
        });
        if refused.is_none() {
            office.renew(&mut wallet, examined.public.as_ref())?;
        }
        let document = Renewed {
            command: "renew",
            wallet: path.display().to_string(),
            epoch: wallet.provisioning().epoch(),
            revocation_list: version_of(&wallet.provisioning().revoked),
            asked: office.ledger.disputes().len(),
            renewed: refused.is_none(),
            error: refused.as_ref().map(ToString::to_string),
        };
        Ok((document, refused))
    };
    let (document, refused) = work().map_err(bare)?;
    let text = if cli.json {
        json(&document)
    } else if document.renewed {
        format!(
            "{}: epoch {}, revocation list {}{}\n",
            document.wallet,
            document.epoch,
            document.revocation_list,
            match document.asked {
                0 => String::new(),
                n => format!("; it answered about {n} tokens in dispute and is clear"),
            }
        )
    } else {
        String::new()
    };
    ended(text, refused)
}

#[derive(Serialize)]
struct Advanced {
    command: &'static str,
    authority: String,
    epoch: u32,
}

/// The authority's next epoch.
pub(crate) fn epoch(cli: &Cli) -> Result<String, Failure> {
    let path = here(cli);
    let mut office = Office::open(&path)?;
    let before = office.authority.epoch();
    let next = before.checked_add(1).ok_or_else(|| {
        Failure::failed(format!(
            "{}: no epochs are left; make a new authority",
            path.display()
        ))
    })?;
    office.authority = office.authority.in_epoch(next).map_err(Failure::failed)?;
    let chip = files::chip_of(office.file.provisioning(), &path)?;
    let mut update = Update::of(office.file.provisioning());
    update.attestation_credential =
        office
            .authority
            .rejoin(office.file.provisioning(), chip.as_ref(), None)?;
    update.group = *office.authority.group_public();
    office.file.update(update)?;
    let document = Advanced {
        command: "epoch",
        authority: path.display().to_string(),
        epoch: next,
    };
    Ok(if cli.json {
        json(&document)
    } else {
        format!(
            "{}: epoch {next}; wallets of epoch {before} are refused by all that have renewed: `opera renew` each\n",
            document.authority
        )
    })
}

#[derive(Serialize)]
struct Revoked {
    command: &'static str,
    authority: String,
    version: u32,
    keys: usize,
}

/// A private key that was found outside its TPM.
pub(crate) fn revoke(cli: &Cli, key: &[u8; 32]) -> Result<String, Failure> {
    let path = here(cli);
    let mut office = Office::open(&path)?;
    let list = revoked(&office.file)?;
    let mut keys: Vec<Vec<u8>> = list.keys().collect();
    if keys.iter().any(|known| known == key) {
        return Err(Failure::usage(format!(
            "{}: the key is on list {} already; `opera renew` hands that out",
            path.display(),
            list.version()
        )));
    }
    let refused = |why| Failure::usage(format!("the key cannot be revoked: {why}"));
    let version = list.version() + 1;
    keys.push(key.to_vec());
    let signed = office
        .authority
        .revoke(version, keys.iter().map(|key| &key[..]))
        .map_err(refused)?;
    let mut update = Update::of(office.file.provisioning());
    update.revoked = signed;
    office.file.update(update)?;
    let document = Revoked {
        command: "revoke",
        authority: path.display().to_string(),
        version,
        keys: keys.len(),
    };
    Ok(if cli.json {
        json(&document)
    } else {
        format!(
            "{}: revocation list {version}, {} keys; wallets take it with the next charge, deposit or renewal\n",
            document.authority, document.keys
        )
    })
}

#[derive(Serialize)]
struct Audited {
    command: &'static str,
    authority: String,
    epoch: u32,
    revocation_list: u32,
    #[serde(flatten)]
    summary: Summary,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// The books; fails when a token was deposited twice.
pub(crate) fn audit(cli: &Cli) -> Result<String, Failed> {
    let path = here(cli);
    let work = || {
        let mut office = Office::open(&path)?;
        office.take_in()?;
        let (counter, home) = office.of_mint();
        Ok((office.ledger.summary(counter, &home), office))
    };
    let (summary, office) = work().map_err(bare)?;
    let fraud = summary.fraud().then(|| {
        Failure::failed(format!(
            "{} of value were deposited twice",
            grouped(summary.double_deposited)
        ))
    });
    let document = Audited {
        command: "audit",
        authority: path.display().to_string(),
        epoch: office.authority.epoch(),
        revocation_list: version_of(&office.file.provisioning().revoked),
        summary,
        error: fraud.as_ref().map(ToString::to_string),
    };
    let text = if cli.json {
        json(&document)
    } else {
        audit_text(&document)
    };
    ended(text, fraud)
}

fn audit_text(document: &Audited) -> String {
    let books = &document.summary;
    let mut text = format!(
        "{}: epoch {}, revocation list {}\n",
        document.authority, document.epoch, document.revocation_list
    );
    let mut line = |name: &str, value: u64, note: &str| {
        let _ = writeln!(text, "{name:<17} {:>12}{note}", grouped(value));
    };
    line("minted", books.minted, "");
    line("deposited", books.deposited, "");
    line("outstanding", books.outstanding, "");
    if books.uncertain > 0 {
        line(
            "  of these",
            books.uncertain,
            "   of charges that were cut: the wallet may not have them",
        );
    }
    if books.unrecorded > 0 {
        line(
            "unrecorded",
            books.unrecorded,
            "   deposited, and no charge of it in the ledger",
        );
    }
    if books.double_deposited > 0 {
        line("deposited twice", books.double_deposited, "");
    }
    for token in &books.disputes {
        let _ = writeln!(
            text,
            "\ntoken {} of {}, deposited {} times",
            token.serial, token.value, token.deposits
        );
        for spent in &token.spent_twice {
            let _ = writeln!(
                text,
                "  spent twice by {}: gave it away {} times, got it {} times",
                spent.pseudonym, spent.gave, spent.got
            );
        }
        for needed in &token.needed {
            let _ = writeln!(
                text,
                "  hand-over {} to {}: its payer has not answered, it must at its next `opera renew`",
                needed.hand_over, needed.given_to
            );
        }
    }
    text
}

/// The authority that a command without a wallet means.
fn here(cli: &Cli) -> PathBuf {
    files::authority_path(cli, Path::new("wallet"))
}

fn revoked(mint: &WalletFile) -> Result<RevocationList<BnP256>, Failure> {
    let own = mint.provisioning();
    if own.revoked.is_empty() {
        return Ok(RevocationList::empty());
    }
    let bad = |why: String| {
        Failure::failed(format!(
            "{}: its revocation list is not its own: {why}; restore the `.update` beside it",
            mint.path().display()
        ))
    };
    let issuer = Issuer::new(&own.issuer_public).ok_or_else(|| bad("no key".to_owned()))?;
    revocation_from_signed(&own.revoked, &issuer).map_err(|why| bad(why.to_string()))
}
