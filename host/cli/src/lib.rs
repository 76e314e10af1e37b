//! What the `opera` command does. `main.rs` only prints.
//!
//! Each command gives its text or JSON document, or a [`Failure`] with the
//! exit code of DESIGN.md section 9: 0 done, 1 the payment or check failed, 2 the command line or
//! what it names cannot be used, 3 something needed is missing.
#![forbid(unsafe_code)]

pub mod args;
mod attack;
mod authority;
mod board;
mod books;
mod deposit;
pub mod failure;
mod fault;
mod figure;
mod files;
mod output;
mod outputs;
mod payment;
mod recovery;
mod trace;
mod wallet;

use args::{
    AttackCommand, BoardCommand, Cli, Command, FaultCommand, FigureCommand, TpmBusName, TpmName,
    TraceCommand, WalletCommand,
};
use failure::{Failed, Failure, bare};

/// Runs a command: what to print on standard output, and how it failed if it did.
///
/// # Errors
/// The failure, with what is printed on standard output all the same.
pub fn run(cli: &Cli) -> Result<String, Failed> {
    let plain = |result: Result<String, Failure>| result.map_err(bare);
    // A copy of the simulation cannot take a copy of an emulator with it.
    if let (Command::Fault(_) | Command::Figure(_), Some(TpmName::Swtpm)) = (&cli.command, cli.tpm)
    {
        return plain(Err(Failure::usage(
            "--tpm swtpm: sweeps copy the simulation and run on the model; leave --tpm out",
        )));
    }
    if let (Command::Fault(_) | Command::Figure(_), TpmBusName::Lpc) = (&cli.command, cli.tpm_bus) {
        return plain(Err(Failure::usage(
            "--tpm-bus lpc: sweeps run on the TPM model, which is no chip on a bus; leave --tpm-bus out",
        )));
    }
    match &cli.command {
        Command::Pay(pay) => match (pay.ports.both(), &pay.from, &pay.to) {
            (Some(ports), from, to) => board::pay(cli, pay, from.as_deref(), to.as_deref(), ports),
            (None, Some(from), Some(to)) => payment::between_files(cli, pay, from, to),
            _ => payment::in_memory(cli, pay),
        },
        Command::Mint(mint) => match mint.ports.both() {
            Some(ports) => board::mint(cli, mint, ports),
            None => payment::mint(cli, mint),
        },
        Command::Wallet(WalletCommand::New { path }) => plain(wallet::new(cli, path)),
        Command::Wallet(WalletCommand::Show { path }) => plain(wallet::show(cli, path)),
        Command::Resume { a, b, ports } => match ports.both() {
            Some(ports) => board::resume(cli, a, b, ports),
            None => recovery::resume(cli, a, b),
        },
        Command::Board(BoardCommand::List { tree }) => plain(board::list(cli, tree.as_deref())),
        Command::Board(BoardCommand::Build(args)) => board::build(cli, args),
        Command::Board(BoardCommand::Flash {
            name,
            sram,
            image,
            tree,
        }) => plain(board::flash(
            cli,
            name,
            *sram,
            image.as_deref(),
            tree.as_deref(),
        )),
        Command::Board(BoardCommand::Simulate { a, b, mixed }) => {
            plain(board::simulate(cli, a, b, *mixed))
        }
        Command::Board(BoardCommand::Selftest { port }) => board::selftest(cli, port),
        Command::Refund { path, with } => recovery::refund(cli, path, with.as_deref()),
        Command::Deposit { path, amount } => deposit::deposit(cli, path, *amount),
        Command::Audit => authority::audit(cli),
        Command::Renew { path } => authority::renew(cli, path),
        Command::Epoch => plain(authority::epoch(cli)),
        Command::Revoke { key } => plain(authority::revoke(cli, key)),
        Command::Fault(FaultCommand::Sweep(sweep)) => fault::sweep(cli, sweep),
        Command::Fault(FaultCommand::Merge { files }) => fault::merge(cli, files),
        Command::Attack(AttackCommand::List) => plain(Ok(attack::list(cli))),
        Command::Attack(AttackCommand::Run { all, names }) => attack::run(cli, *all, names),
        Command::Figure(FigureCommand::Seven(args)) => figure::seven(cli, args),
        Command::Trace(TraceCommand::Decode { file, scope }) => {
            plain(trace::decode(cli, file, scope.as_deref()))
        }
    }
}
