//! `opera board selftest`.

use std::fmt::Write as _;

use opera_board::SerialBus;
use opera_lpc::{Bus, BusError};
use opera_regs as regs;
use opera_tpcu::driver::{MINT_RTL, WALLET_RTL};
use serde::Serialize;

use super::{block_on, open};
use crate::args::Cli;
use crate::failure::{Failed, Failure, bare};
use crate::output::json;

/// Bytes that the self-test moves through the mailbox.
const PATTERN_BYTES: usize = 128;

#[derive(Serialize)]
struct Selftest {
    command: &'static str,
    port: String,
    /// Kind of RTL that the ID register names.
    build: Option<&'static str>,
    checks: Vec<Check>,
    repeated: u64,
}

#[derive(Serialize)]
struct Check {
    name: &'static str,
    good: bool,
    found: String,
}

pub(crate) fn selftest(cli: &Cli, port: &str) -> Result<String, Failed> {
    let line = open(port).map_err(bare)?;
    let bus = block_on(SerialBus::connect(line))
        .map_err(|error| bare(Failure::missing(format!("{port}: {error}"))))?;
    let (build, checks) = block_on(try_out(&bus))
        .map_err(|error| bare(Failure::failed(format!("{port}: {error}"))))?;
    let bad = checks
        .iter()
        .find(|check| !check.good)
        .map(|check| check.name);
    let document = Selftest {
        command: "board selftest",
        port: port.to_owned(),
        build,
        checks,
        repeated: bus.repeated(),
    };
    let output = match cli.json {
        true => json(&document),
        false => document
            .checks
            .iter()
            .fold(String::new(), |mut text, check| {
                let word = if check.good { "ok" } else { "FAILED" };
                let _ = writeln!(text, "{:<32} {word:<7} {}", check.name, check.found);
                text
            }),
    };
    match bad {
        None => Ok(output),
        Some(name) => Err((
            output,
            Failure::failed(format!(
                "{port}: {name} failed; build and flash the bitstream of this release again"
            )),
        )),
    }
}

/// Everything that can be tried without a partner and without keys.
async fn try_out(bus: &impl Bus) -> Result<(Option<&'static str>, Vec<Check>), BusError> {
    let mut checks = vec![Check {
        name: "serial line and LPC host",
        good: true,
        found: "answers, and reports a cycle without a target".to_owned(),
    }];
    let mut id = [0; 4];
    for (at, byte) in (regs::ID..).zip(&mut id) {
        *byte = bus.io_read(at).await?;
    }
    let build = match id {
        WALLET_RTL => Some("wallet"),
        MINT_RTL => Some("mint"),
        _ => None,
    };
    checks.push(Check {
        name: "ID register",
        good: build.is_some(),
        found: format!(
            "{id:02X?} {}",
            build.unwrap_or("of no release that is known")
        ),
    });
    let log = bus.io_read(regs::LOG_STAT).await?;
    // Loading a slot of the log reads the nonvolatile memory; a part that is not there traps.
    bus.io_write(regs::LOG_SLOT, 0).await?;
    bus.io_write(regs::LOG_CMD, 1).await?;
    let mut polls = 0;
    let mut status = bus.io_read(regs::LOG_STAT).await?;
    while status & regs::field::LOG_STAT_BUSY != 0 && polls < 1_000 {
        status = bus.io_read(regs::LOG_STAT).await?;
        polls += 1;
    }
    checks.push(Check {
        name: "nonvolatile memory",
        good: status & (regs::field::LOG_STAT_BUSY | regs::field::LOG_STAT_ERROR) == 0,
        found: format!("LOG_STAT {log:#04x} before, {status:#04x} after a LOAD"),
    });
    let power = bus.io_read(regs::PWR_STAT).await?;
    checks.push(Check {
        name: "power control",
        good: power & (regs::field::PWR_STAT_ON | regs::field::PWR_STAT_TRAP) == 0,
        found: format!("PWR_STAT {power:#04x}: the ORM is off until a partner has proved itself"),
    });
    let mut got = [0; PATTERN_BYTES];
    // A frame that came is not this command's to read; reading it changes nothing.
    bus.fw_read(regs::MBOX_RX, &mut got).await?;
    let mut again = [0; PATTERN_BYTES];
    bus.fw_read(regs::MBOX_RX, &mut again).await?;
    checks.push(Check {
        name: "firmware cycles of 128 bytes",
        good: got == again,
        found: "two reads of MBOX_RX agree".to_owned(),
    });
    Ok((build, checks))
}
