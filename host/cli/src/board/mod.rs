//! `opera board`, and payments whose wallets are on boards.

use std::fmt::Write as _;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use opera_board::{Port, SerialBus};
use opera_lpc::BusError;
use opera_scenario::{Chip, ISSUE_DATE, Job, Settings, tpcu_of_board};
use opera_sim::Side;
use opera_store::{Provisioning, Role, WalletFile};
use opera_tpcu::hand_over::{HandOver, Keeper};
use opera_tpcu::{Error, Report};
use serde::Serialize;

use crate::args::{Cli, Mint, Pay, ProfileName, TpmBusName};
use crate::failure::{Failed, Failure, bare, ended};
use crate::files;
use crate::output::{grouped, json};
use crate::payment::{PAPER_WARNING, UNPROVED, minted, settings};
use crate::recovery::{Ended, one};

mod bitstream;
mod selftest;
mod simulate;
pub(crate) use bitstream::{build, flash, list};
pub(crate) use selftest::selftest;
pub(crate) use simulate::simulate;

/// A wallet whose memory is on a board: what is left are its keys.
struct OnBoard<'a> {
    path: &'a Path,
    port: &'a str,
    keys: Provisioning,
    /// Its TPM, unless that is the model.
    chip: Option<Chip>,
}

#[derive(Serialize)]
struct Document {
    command: &'static str,
    profile: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<&'static str>,
    mounts: Vec<Mount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Serialize)]
struct Mount {
    boards: [BoardSide; 2],
    ended: Vec<Ended>,
    /// The payee could not keep what proves its payment; said only then.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    unproved: bool,
}

#[derive(Serialize)]
struct BoardSide {
    wallet: String,
    port: String,
    /// Clocks of LCLK that bytes and rests on the serial line took at least.
    clocks: u64,
    /// Requests that had to be sent again.
    repeated: u64,
    /// Spendable value at the end, when the wallet came to one.
    balance: Option<u64>,
}

/// What one TPCU came to.
struct Done {
    result: Result<Report, Error>,
    clocks: u64,
    repeated: u64,
}

pub(crate) fn pay(
    cli: &Cli,
    pay: &Pay,
    from: Option<&Path>,
    to: Option<&Path>,
    ports: [&str; 2],
) -> Result<String, Failed> {
    let start = || {
        let (Some(from), Some(to)) = (from, to) else {
            return Err(Failure::usage(
                "--board: the TPCUs need the wallets' keys; name the wallet files with --from and --to",
            ));
        };
        let wallets = on_boards(cli, [from, to], ports)?;
        for (wallet, doing) in wallets.iter().zip(["pay", "be paid"]) {
            files::is_wallet(&wallet.keys, wallet.path, doing)?;
        }
        Ok(wallets)
    };
    let wallets = start().map_err(bare)?;
    transfer(cli, "pay", &wallets, &[Job::Pay(pay.amount)])
}

pub(crate) fn mint(cli: &Cli, mint: &Mint, ports: [&str; 2]) -> Result<String, Failed> {
    let authority = files::authority_path(cli, &mint.to);
    let start = || {
        let plan = minted(mint)?;
        let wallets = on_boards(cli, [&authority, &mint.to], ports)?;
        let roles = [&wallets[0], &wallets[1]].map(|wallet| wallet.keys.role);
        if roles != [Role::Mint, Role::Wallet] {
            return Err(Failure::usage(format!(
                "{} must be a mint and {} a wallet",
                authority.display(),
                mint.to.display()
            )));
        }
        Ok((plan, wallets))
    };
    let (plan, wallets) = start().map_err(bare)?;
    transfer(cli, "mint", &wallets, &[Job::Mint(plan, ISSUE_DATE)])
}

/// Both directions, as with files: each wallet hosts once.
pub(crate) fn resume(cli: &Cli, a: &Path, b: &Path, ports: [&str; 2]) -> Result<String, Failed> {
    let wallets = on_boards(cli, [a, b], ports).map_err(bare)?;
    let [first, second] = wallets;
    let wallets = match second.keys.role {
        Role::Mint => [second, first],
        Role::Wallet => [first, second],
    };
    let jobs = match wallets[0].keys.role {
        Role::Mint => vec![Job::Resume],
        Role::Wallet => vec![Job::Resume; 2],
    };
    transfer(cli, "resume", &wallets, &jobs)
}

fn on_boards<'a>(
    cli: &Cli,
    paths: [&'a Path; 2],
    ports: [&'a str; 2],
) -> Result<[OnBoard<'a>; 2], Failure> {
    if cli.tpm_bus == TpmBusName::Lpc {
        return Err(Failure::usage(
            "--tpm-bus lpc: a board's serial line has no TPM behind it; leave --tpm-bus out",
        ));
    }
    if ports[0] == ports[1] {
        return Err(Failure::usage(format!(
            "--board and --partner are both {}; name two boards",
            ports[0]
        )));
    }
    let wallet = |n: usize| -> Result<OnBoard<'a>, Failure> {
        let keys = WalletFile::read_provisioning(paths[n])?;
        Ok(OnBoard {
            path: paths[n],
            port: ports[n],
            chip: files::chip_of(&keys, paths[n])?,
            keys,
        })
    };
    let wallets = [wallet(0)?, wallet(1)?];
    let keys = wallets.each_ref().map(|wallet| &wallet.keys);
    files::same_issuer(keys, paths, files::SAME_AUTHORITY)?;
    Ok(wallets)
}

/// Mounts of two boards, the host of each the payee of the one before.
fn transfer(
    cli: &Cli,
    command: &'static str,
    wallets: &[OnBoard<'_>; 2],
    jobs: &[Job],
) -> Result<String, Failed> {
    let mut mounts = Vec::new();
    let mut failed = None;
    let mut order = [&wallets[0], &wallets[1]];
    for job in jobs {
        let done = mount(cli, order, job).map_err(bare)?;
        let mut ended = Vec::new();
        for (done, wallet) in done.iter().zip(order) {
            match &done.result {
                Ok(report) => {
                    let name = wallet.path.display().to_string();
                    ended.extend(report.receipts.iter().map(|receipt| one(receipt, &name)));
                }
                Err(error) if failed.is_none() => failed = Some(explained(error, wallet)),
                Err(_) => {}
            }
        }
        mounts.push(Mount {
            boards: [0, 1].map(|n| BoardSide {
                wallet: order[n].path.display().to_string(),
                port: order[n].port.to_owned(),
                clocks: done[n].clocks,
                repeated: done[n].repeated,
                balance: done[n].result.as_ref().ok().map(Report::balance),
            }),
            ended,
            unproved: done
                .iter()
                .any(|done| matches!(&done.result, Ok(report) if report.unkept > 0)),
        });
        if failed.is_some() {
            break;
        }
        order.reverse();
    }
    let document = Document {
        command,
        profile: cli.profile.as_str(),
        warning: (cli.profile == ProfileName::Paper).then_some(PAPER_WARNING),
        mounts,
        error: failed.as_ref().map(ToString::to_string),
    };
    let output = match cli.json {
        true => json(&document),
        false => text(&document),
    };
    ended(output, failed)
}

fn explained(error: &Error, wallet: &OnBoard<'_>) -> Failure {
    let place = format!("{} on {}", wallet.path.display(), wallet.port);
    let text = match error {
        Error::Bus(BusError::NoAnswer { .. } | BusError::Foreign { .. }) => {
            return Failure::missing(format!("{place}: {error}"));
        }
        Error::PowerDenied => format!(
            "{place}: {error}; does the board's bitstream hold the keys of this wallet file?"
        ),
        _ => format!(
            "{place}: {error}; nothing is lost, `opera resume` with the same boards finishes what was begun"
        ),
    };
    Failure::failed(text)
}

/// One mount: each TPCU in a thread of its own, since a serial port blocks.
fn mount(cli: &Cli, wallets: [&OnBoard<'_>; 2], job: &Job) -> Result<[Done; 2], Failure> {
    let ports = [open(wallets[0].port)?, open(wallets[1].port)?];
    let settings = settings(cli);
    let [first, second] = ports;
    std::thread::scope(|scope| {
        let (settings, payer, payee) = (&settings, wallets[0], wallets[1]);
        let partner = scope.spawn(move || run(second, payee, settings, None));
        let host = run(first, payer, settings, Some(job));
        match partner.join() {
            Ok(partner) => Ok([host, partner]),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

fn open(port: &str) -> Result<Port, Failure> {
    Port::open(port).map_err(Failure::missing)
}

/// The TPCU of one board: does the job, or accepts.
fn run(port: Port, wallet: &OnBoard<'_>, settings: &Settings, job: Option<&Job>) -> Done {
    let bus = match block_on(SerialBus::connect(port)) {
        Ok(bus) => bus,
        Err(error) => {
            return Done {
                result: Err(error.into()),
                clocks: 0,
                repeated: 0,
            };
        }
    };
    let side = job.map_or(Side::Payee, |_| Side::Payer);
    let made = tpcu_of_board(&wallet.keys, wallet.chip.as_ref(), settings, side);
    let result = made.and_then(|mut tpcu| {
        tpcu.keep(Box::new(Drawer(wallet.path.to_owned())));
        block_on(async {
            match job {
                None => opera_tpcu::accept(&bus, &mut tpcu).await,
                Some(Job::Pay(amount)) => opera_tpcu::pay(&bus, &mut tpcu, *amount).await,
                Some(Job::Mint(plan, date)) => opera_tpcu::mint(&bus, &mut tpcu, plan, *date).await,
                Some(Job::Resume) => {
                    opera_tpcu::resume(&bus, &mut tpcu, opera_tpcu::Role::Payer).await
                }
                Some(Job::Refund) => opera_tpcu::refund(&bus, &mut tpcu).await,
            }
        })
    });
    Done {
        result,
        clocks: bus.clocks(),
        repeated: bus.repeated(),
    }
}

/// Keeps what a wallet on a board has to prove beside the file with its keys.
struct Drawer(PathBuf);

impl Keeper for Drawer {
    fn keep(&mut self, hand_over: &HandOver) -> bool {
        WalletFile::keep_beside(&self.0, &hand_over.to_bytes()).is_ok()
    }

    fn kept(&mut self) -> Vec<Vec<u8>> {
        WalletFile::evidence_beside(&self.0).map_or_else(|_| Vec::new(), |kept| kept.bodies)
    }
}

/// The futures of a serial port are ready when they are polled.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
}

fn text(document: &Document) -> String {
    let mut text = String::new();
    if let Some(warning) = document.warning {
        let _ = writeln!(text, "warning: {warning}\n");
    }
    for mount in &document.mounts {
        let [host, partner] = &mount.boards;
        let _ = writeln!(
            text,
            "{}: {} on {} with {} on {}",
            document.command, host.wallet, host.port, partner.wallet, partner.port
        );
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
        if mount.unproved {
            text.push_str(UNPROVED);
        }
        for board in &mount.boards {
            let balance = board.balance.map_or("not known".to_owned(), grouped);
            let _ = writeln!(
                text,
                "{}: balance {balance}; {} clocks or more, {} requests sent again",
                board.wallet,
                grouped(board.clocks),
                board.repeated
            );
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the wallet file's command does, a board's says that a payment has no evidence.
    #[test]
    fn evidence_that_was_not_kept_is_said() {
        let said = |unproved| {
            let boards = ["a", "b"].map(|wallet| BoardSide {
                wallet: wallet.to_owned(),
                port: "/dev/ttyUSB0".to_owned(),
                clocks: 1,
                repeated: 0,
                balance: Some(1),
            });
            text(&Document {
                command: "pay",
                profile: "hardened",
                warning: None,
                mounts: vec![Mount {
                    boards,
                    ended: Vec::new(),
                    unproved,
                }],
                error: None,
            })
            .contains(UNPROVED)
        };
        assert_eq!([false, true].map(said), [false, true]);
    }
}
