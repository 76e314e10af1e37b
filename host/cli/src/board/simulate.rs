//! `opera board simulate`.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use opera_board::{Array, Boards, Keys, Terminals};
use opera_store::{Role, WalletFile};
use serde::Serialize;

use crate::args::Cli;
use crate::failure::Failure;
use crate::files;
use crate::output::json;

#[derive(Serialize)]
struct Simulated {
    command: &'static str,
    boards: [Served; 2],
}

#[derive(Serialize)]
struct Served {
    wallet: String,
    port: String,
}

/// Serves until the process is killed.
pub(crate) fn simulate(cli: &Cli, a: &Path, b: &Path, mixed: bool) -> Result<String, Failure> {
    files::two_files(a, b)?;
    let wallets = [WalletFile::open(a)?, WalletFile::open(b)?];
    if wallets[1].provisioning().role == Role::Mint {
        return Err(Failure::usage(format!(
            "{} is a mint; name it first, its board is the one with the mint's bitstream",
            b.display()
        )));
    }
    let mint = wallets[0].provisioning().role == Role::Mint;
    if mint && mixed {
        return Err(Failure::usage(format!(
            "{} is a mint, and --mixed has boards of wallets only; leave it out",
            a.display()
        )));
    }
    let keys = [&wallets[0], &wallets[1]].map(|file| Keys {
        device: file.provisioning().device_key,
        power: file.provisioning().power_key,
    });
    let arrays = wallets.map(|file| Array::File(Box::new(file)));
    let boards = match mixed {
        true => Boards::mixed(keys, arrays, cli.seed()),
        false => Boards::new(mint, keys, arrays, cli.seed()),
    }
    .map_err(|error| Failure::failed(format!("simulation model: {error}")))?;
    let mut terminals = Terminals::new()
        .map_err(|error| Failure::failed(format!("the system gives no terminals: {error}")))?;
    let paths = [a, b];
    let served = [0, 1].map(|n| Served {
        wallet: paths[n].display().to_string(),
        port: terminals.path(n).display().to_string(),
    });
    let said = match cli.json {
        true => json(&Simulated {
            command: "board simulate",
            boards: served,
        }),
        false => served.iter().fold(String::new(), |mut text, board| {
            let _ = writeln!(text, "{} {}", board.port, board.wallet);
            text
        }),
    };
    let mut out = std::io::stdout().lock();
    out.write_all(said.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| Failure::failed(format!("standard output: {error}")))?;
    drop(out);
    terminals
        .serve(&boards, &AtomicBool::new(false))
        .map_err(|error| Failure::failed(format!("simulated boards: {error}")))?;
    Ok(String::new())
}
