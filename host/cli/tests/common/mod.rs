//! Runs the `opera` command in a folder of its own, and looks into wallet files beside it.
#![allow(
    dead_code,
    reason = "each test program has its own copy and uses a part of it"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use opera_scenario::{Fault, ISSUE_DATE, Job, Settings, Wallet, mount_with, split_into};
use opera_sim::{Clocks, Pair, Side, Verdict};
use opera_store::WalletFile;
use opera_store::audit::{Audit, Census, audit, census};
use opera_tpcu::protocol::wire::Kind;
use serde_json::Value;
use tempfile::TempDir;

/// What a command did.
pub struct Run {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Run {
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).expect("text on standard output"),
            err: String::from_utf8(output.stderr).expect("text on standard error"),
        }
    }

    /// It went well and said nothing on standard error.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.code, Some(0), "{}{}", self.out, self.err);
        assert_eq!(self.err, "", "standard error of a command that went well");
        self
    }

    /// It failed with `code` and its message holds all of `words`.
    #[track_caller]
    pub fn fails(self, code: i32, words: &[&str]) -> Self {
        assert_eq!(self.code, Some(code), "{}{}", self.out, self.err);
        for word in words {
            assert!(
                self.err.contains(word),
                "{word:?} is not in the message:\n{}",
                self.err
            );
        }
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self
    }

    /// The one document on standard output.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}:\n{}", self.out))
    }
}

/// A new process shares the files that this one has open, and their locks, until it runs its own
/// program. So none is started while a test of this program has a wallet file open.
static FORK: Mutex<()> = Mutex::new(());

pub fn no_forks() -> MutexGuard<'static, ()> {
    FORK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts a command; when this returns it runs its own program.
pub fn spawn(command: &mut Command) -> Child {
    let _guard = no_forks();
    command.spawn().unwrap()
}

fn run(command: &mut Command) -> Run {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    Run::of(spawn(command).wait_with_output().unwrap())
}

/// Whether the TPM 2.0 emulator is there; says that the test is skipped when it is not.
pub fn swtpm_installed() -> bool {
    let found = opera_tpm::Swtpm::installed();
    if !found {
        eprintln!("skipped: swtpm is not installed (apt-get install swtpm)");
    }
    found
}

/// A folder with wallets.
pub struct Place(TempDir);

impl Place {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Empty wallets with these names, and their authority.
    pub fn with_wallets(names: &[&str]) -> Self {
        let place = Self::new();
        for name in names {
            place.opera(&format!("wallet new {name}")).ok();
        }
        place
    }

    /// Wallets a, charged with `amount` in tokens of 1, and b, empty.
    pub fn charged(amount: u32) -> Self {
        let place = Self::with_wallets(&["a", "b"]);
        place
            .opera(&format!("mint --to a --amount {amount} --denomination 1"))
            .ok();
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.0.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    /// The command with words split at blanks, in this folder, not yet run.
    pub fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_opera"));
        command
            .args(line.split_whitespace())
            .current_dir(self.0.path())
            .env_remove("OPERA_AUTHORITY")
            .stdin(Stdio::null());
        command
    }

    pub fn opera(&self, line: &str) -> Run {
        run(&mut self.command(line))
    }

    /// Runs a shell line with `$opera` being the command.
    pub fn shell(&self, line: &str) -> Run {
        run(Command::new("sh")
            .args(["-c", line])
            .current_dir(self.0.path())
            .env("opera", env!("CARGO_BIN_EXE_opera"))
            .env_remove("OPERA_AUTHORITY")
            .stdin(Stdio::null()))
    }

    pub fn audit(&self, name: &str) -> Audit {
        let _guard = no_forks();
        let file = WalletFile::open_read_only(self.path(name)).unwrap();
        audit(file.nv(), &file.provisioning().device_key)
    }

    /// All tokens of these wallets, each counted once.
    #[track_caller]
    pub fn census(&self, names: &[&str]) -> Census {
        let audits: Vec<Audit> = names.iter().map(|name| self.audit(name)).collect();
        census(&audits).unwrap_or_else(|violation| panic!("not sound: {violation}"))
    }

    /// Interrupted payments in these wallets.
    pub fn open_sessions(&self, names: &[&str]) -> usize {
        names
            .iter()
            .map(|name| self.audit(name).sessions.len())
            .sum()
    }

    pub fn spendable(&self, name: &str) -> u64 {
        self.audit(name).spendable()
    }

    fn wallet(&self, name: &str) -> Wallet {
        Wallet::from_file(WalletFile::open(self.path(name)).unwrap())
    }

    /// Begins a payment from `from` to `to` and cuts the power of both when the payer is about to
    /// send (`true`), or has received, a message of this kind.
    pub fn interrupted(&self, from: &str, to: &str, amount: u32, sent: bool, kind: Kind) {
        self.cut(from, to, &Job::Pay(amount), sent, kind);
    }

    /// The same with a charge of tokens of 1.
    pub fn charge_interrupted(&self, to: &str, amount: u32, sent: bool, kind: Kind) {
        let plan = split_into(amount, None, 1).unwrap();
        let job = Job::Mint(plan, ISSUE_DATE);
        self.cut("authority.wallet", to, &job, sent, kind);
    }

    fn cut(&self, from: &str, to: &str, job: &Job, sent: bool, kind: Kind) {
        let _guard = no_forks();
        let fault = CutAt {
            sent,
            kind,
            reached: false,
        };
        let (payer, payee) = (self.wallet(from), self.wallet(to));
        let settings = Settings::new(7);
        let (mounted, fault) = mount_with(payer, payee, job, &settings, fault).unwrap();
        // The files are closed before the guard goes.
        drop(mounted);
        assert!(fault.reached, "the payment never came to {kind:?}");
    }
}

/// Cuts the power of both wallets at a message of the payer's.
struct CutAt {
    sent: bool,
    kind: Kind,
    reached: bool,
}

impl Fault for CutAt {
    fn edge(&mut self, _: &Pair, _: Clocks, _: Clocks) -> Verdict {
        if self.reached {
            Verdict::Stop
        } else {
            Verdict::GoOn
        }
    }

    fn message(&mut self, _: &Pair, side: Side, sent: bool, kind: Kind) {
        self.reached |= (side, sent, kind) == (Side::Payer, self.sent, self.kind);
    }
}

/// Changes bytes of a file.
pub fn change(path: &Path, by: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    by(&mut bytes);
    fs::write(path, bytes).unwrap();
}

/// Numbers that look random and are the same in every run.
pub struct Random(pub u64);

impl Random {
    /// SplitMix64.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % limit
    }
}
