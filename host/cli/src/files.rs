//! Wallet files on the command line: which authority, opening, one process at a time.

use std::path::{Path, PathBuf};

use opera_regs::nv;
use opera_scenario::{Authority, Chip, Wallet};
use opera_store::{Provisioning, Role, StoreError, TpmKind, Update, WalletFile};
use opera_tpcu::lists::version_of;
use opera_tpm::Swtpm;

use crate::args::{Cli, TpmBusName, TpmName};
use crate::failure::Failure;

/// Name of the authority's mint when none is given.
const AUTHORITY_NAME: &str = "authority.wallet";

/// Where the authority's mint of this wallet is.
pub(crate) fn authority_path(cli: &Cli, wallet: &Path) -> PathBuf {
    match &cli.authority {
        Some(path) => path.clone(),
        None => wallet.with_file_name(AUTHORITY_NAME),
    }
}

/// Opens a wallet file for a payment.
pub(crate) fn open(cli: &Cli, path: &Path) -> Result<Wallet, Failure> {
    let file = WalletFile::open(path)?;
    has_its_tpm(cli, file.provisioning(), path)?;
    Ok(Wallet::from_file(file))
}

/// The emulator is there for a wallet that needs it, and nothing else was asked for.
pub(crate) fn has_its_tpm(cli: &Cli, wallet: &Provisioning, path: &Path) -> Result<(), Failure> {
    let made_with = match wallet.tpm {
        TpmKind::Model => TpmName::Model,
        TpmKind::Swtpm => TpmName::Swtpm,
    };
    if made_with == TpmName::Swtpm {
        swtpm_installed()?;
    }
    over_lpc(cli, made_with)?;
    match cli.tpm {
        Some(asked) if asked != made_with => Err(Failure::usage(format!(
            "--tpm {}: {} was made with the TPM {}, which holds its key; leave --tpm out",
            asked.as_str(),
            path.display(),
            made_with.as_str()
        ))),
        _ => Ok(()),
    }
}

/// Only a TPM 2.0 can be reached over the LPC bus.
pub(crate) fn over_lpc(cli: &Cli, tpm: TpmName) -> Result<(), Failure> {
    match (cli.tpm_bus, tpm) {
        (TpmBusName::Lpc, TpmName::Model) => Err(Failure::usage(
            "--tpm-bus lpc: the TPM model in Rust is no chip on a bus; make the wallets with --tpm swtpm",
        )),
        _ => Ok(()),
    }
}

pub(crate) fn swtpm_installed() -> Result<(), Failure> {
    if Swtpm::installed() {
        return Ok(());
    }
    Err(Failure::missing(
        "no swtpm in PATH; `apt-get install swtpm` brings it, and --tpm model needs none",
    ))
}

/// A wallet that lives as long as the process, with the TPM that was asked for.
pub(crate) fn in_memory(
    cli: &Cli,
    authority: &Authority,
    role: Role,
    serial: u64,
) -> Result<Wallet, Failure> {
    over_lpc(cli, cli.tpm())?;
    match cli.tpm() {
        TpmName::Model => {
            let provisioning = authority.provision(role, serial, cli.seed());
            Ok(Wallet::in_memory(provisioning))
        }
        TpmName::Swtpm => {
            swtpm_installed()?;
            let chip = Chip::in_memory()
                .map_err(|error| Failure::failed(format!("no folder for a TPM: {error}")))?;
            let provisioning = authority.provision_on(&chip, role, serial, cli.seed())?;
            Ok(Wallet::in_memory_with(provisioning, chip))
        }
    }
}

/// Makes the file of a new wallet, and its TPM.
pub(crate) fn create(
    cli: &Cli,
    authority: &Authority,
    path: &Path,
    role: Role,
    serial: u64,
) -> Result<WalletFile, Failure> {
    over_lpc(cli, cli.tpm())?;
    if cli.tpm() == TpmName::Model {
        let provisioning = authority.provision(role, serial, cli.seed());
        return Ok(WalletFile::create(path, &provisioning)?);
    }
    let chip = Chip::beside(path);
    swtpm_installed()?;
    chip.create().map_err(|error| {
        Failure::usage(format!(
            "{}: {error}; the TPM of the new wallet needs this folder, move away what is there",
            chip.folder().display()
        ))
    })?;
    let made = authority
        .provision_on(&chip, role, serial, cli.seed())
        .map_err(Failure::from)
        .and_then(|provisioning| Ok(WalletFile::create(path, &provisioning)?));
    if made.is_err() {
        // Made by us above, and of no wallet.
        let _ = std::fs::remove_dir_all(chip.folder());
    }
    made
}

/// The TPM of a wallet that has one of its own; the emulator must be there for it.
pub(crate) fn chip_of(wallet: &Provisioning, path: &Path) -> Result<Option<Chip>, Failure> {
    match wallet.tpm {
        TpmKind::Model => Ok(None),
        TpmKind::Swtpm => {
            swtpm_installed()?;
            Ok(Some(Chip::beside(path)))
        }
    }
}

/// Hands a wallet its authority's lists where they are newer than its own.
pub(crate) fn take_lists(authority: &WalletFile, wallet: &mut WalletFile) -> Result<(), Failure> {
    let (from, to) = (authority.provisioning(), wallet.provisioning());
    let newer = |theirs: &[u8], ours: &[u8]| version_of(theirs) > version_of(ours);
    let mut update = Update::of(to);
    if newer(&from.references, &to.references) {
        update.references.clone_from(&from.references);
    }
    if newer(&from.revoked, &to.revoked) {
        update.revoked.clone_from(&from.revoked);
    }
    if update != Update::of(to) {
        wallet.update(update)?;
    }
    Ok(())
}

/// Opens two different wallet files.
pub(crate) fn open_two(cli: &Cli, a: &Path, b: &Path) -> Result<(Wallet, Wallet), Failure> {
    two_files(a, b)?;
    Ok((open(cli, a)?, open(cli, b)?))
}

/// Two names are of two wallets. Also found out when the second lock fails, but then without saying what
/// is wrong.
pub(crate) fn two_files(a: &Path, b: &Path) -> Result<(), Failure> {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(first), Ok(second)) if first == second => Err(Failure::usage(format!(
            "{} and {} are the same wallet; name two wallets",
            a.display(),
            b.display()
        ))),
        _ => Ok(()),
    }
}

/// What to do about wallets of different authorities.
pub(crate) const SAME_AUTHORITY: &str = "use wallets made with the same --authority";

/// Both must be of one authority's.
pub(crate) fn same_issuer(
    [a, b]: [&Provisioning; 2],
    paths: [&Path; 2],
    remedy: &str,
) -> Result<(), Failure> {
    if a.issuer_public == b.issuer_public {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "{} and {} were made by different authorities, so neither trusts the other's tokens; {remedy}",
        paths[0].display(),
        paths[1].display()
    )))
}

/// An ordinary wallet, where a mint would not do.
pub(crate) fn is_wallet(wallet: &Provisioning, path: &Path, doing: &str) -> Result<(), Failure> {
    match wallet.role {
        Role::Wallet => Ok(()),
        Role::Mint => Err(Failure::usage(format!(
            "{} is the authority's mint, which cannot {doing}; name a wallet",
            path.display()
        ))),
    }
}

/// Opens the authority's mint, or makes it: the flag says which.
pub(crate) fn open_or_make_authority(
    cli: &Cli,
    path: &Path,
) -> Result<(WalletFile, bool), Failure> {
    match WalletFile::open(path) {
        Ok(file) => Ok((file, false)),
        Err(StoreError::NotFound { .. }) => {
            let authority = match cli.seed {
                Some(seed) => Authority::from_seed(seed),
                None => {
                    let mut entropy = [0; 32];
                    getrandom::fill(&mut entropy).map_err(|error| {
                        Failure::failed(format!(
                            "the system gives no random numbers: {error}; name a --seed for keys that are not secret"
                        ))
                    })?;
                    Authority::from_entropy(&entropy)
                }
            };
            Ok((create(cli, &authority, path, Role::Mint, 0)?, true))
        }
        Err(error) => Err(error.into()),
    }
}

/// Opens the authority's mint, which must be there.
pub(crate) fn open_authority(path: &Path) -> Result<WalletFile, Failure> {
    WalletFile::open(path).map_err(|error| match error {
        StoreError::NotFound { path } => Failure::usage(format!(
            "{}: no authority there; name the one that made the wallet with --authority",
            path.display()
        )),
        other => other.into(),
    })
}

/// The authority whose mint a file is.
pub(crate) fn authority_of(file: &WalletFile) -> Result<Authority, Failure> {
    Authority::from_mint(file.provisioning()).map_err(|error| {
        Failure::usage(format!(
            "{}: {error}; name the authority's mint with --authority",
            file.path().display()
        ))
    })
}

/// The next serial number of a device. It counts before it is given out, so that none is given out
/// twice whenever the process is killed.
pub(crate) fn next_serial(file: &mut WalletFile) -> Result<u64, Failure> {
    let at = nv::SERIAL_CTR_BASE as usize;
    let selected = |file: &WalletFile| usize::from(file.nv()[at + 2] == nv::CODE_YES);
    let now = selected(file);
    let next = file.nv()[at + now].checked_add(1);
    let next = next.ok_or_else(|| {
        Failure::failed(format!(
            "{}: no serial numbers are left; make a new authority",
            file.path().display()
        ))
    })?;
    let other = 1 - now;
    file.write_word(at + other, next)?;
    file.write_word(at + 2, if other == 1 { nv::CODE_YES } else { 0 })?;
    file.sync()?;
    Ok(u64::from(next))
}
