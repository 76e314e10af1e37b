//! The emulator of one wallet is killed at each moment that a message is sent or received: the
//! wallet stops with an error that names its TPM, and the payment goes on when the wallets meet
//! again. Skipped, saying so, where `swtpm` is not installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use opera_scenario::{
    Authority, Calm, Chip, Fault, ISSUE_DATE, Job, Mounted, Settings, Wallet, mount, mount_with,
    split,
};
use opera_sim::{Clocks, Nv, Pair, Side, Verdict};
use opera_store::Role;
use opera_store::audit::census;
use opera_tpcu::Error;
use opera_tpcu::protocol::wire::Kind;
use opera_tpm::Swtpm;

const SEED: u64 = 7;
/// Clocks in which a wallet surely has something to send: more than a whole payment.
const SOON: u64 = 60_000;

/// Process number of the emulator on this folder.
fn emulator(folder: &Path) -> Option<u32> {
    let wanted = format!("dir={},", folder.display());
    fs::read_dir("/proc").unwrap().find_map(|entry| {
        let number: u32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
        let line = fs::read(format!("/proc/{number}/cmdline")).ok()?;
        String::from_utf8_lossy(&line)
            .contains(&wanted)
            .then_some(number)
    })
}

/// Kills it, and waits until it runs no more.
fn kill(folder: &Path) {
    let number = emulator(folder).expect("an emulator runs");
    let killed = Command::new("kill")
        .args(["-9", &number.to_string()])
        .status();
    assert!(killed.unwrap().success());
    for _ in 0..1000 {
        match fs::read_to_string(format!("/proc/{number}/stat")) {
            Ok(stat) if !stat.contains(") Z") && !stat.contains(") X") => {}
            _ => return,
        }
        thread::sleep(Duration::from_millis(1));
    }
    panic!("the emulator does not end");
}

/// Kills one side's emulator at its event number `at`, or at the first clock edge.
struct Killer {
    side: Side,
    at: Option<usize>,
    folder: PathBuf,
    seen: usize,
    done: bool,
    /// The payer's clock at the first edge after it.
    since: Option<u64>,
}

impl Killer {
    fn strike(&mut self) {
        kill(&self.folder);
        self.done = true;
    }
}

impl Fault for Killer {
    fn edge(&mut self, pair: &Pair, payer: Clocks, _: Clocks) -> Verdict {
        if self.at.is_none() && !self.done && emulator(&self.folder).is_some() {
            self.strike();
        }
        // The partner's waits end by themselves; pulling the plug ends them sooner.
        if self.done && payer.core > *self.since.get_or_insert(payer.core) + SOON {
            pair.plug(false);
        }
        Verdict::GoOn
    }

    fn message(&mut self, _: &Pair, side: Side, _: bool, _: Kind) {
        if side == self.side {
            if self.at == Some(self.seen) {
                self.strike();
            }
            self.seen += 1;
        }
    }
}

fn fresh(authority: &Authority, role: Role, number: u64) -> Wallet {
    let chip = Chip::in_memory().unwrap();
    let made = authority.provision_on(&chip, role, number, SEED).unwrap();
    Wallet::in_memory_with(made, chip)
}

/// The same wallet with this memory.
fn with(wallet: Wallet, words: &[u32]) -> Wallet {
    Wallet {
        nv: Nv::from_words(words.to_vec()),
        ..wallet
    }
}

fn spendable(mounted: &Mounted) -> (u64, u64) {
    let wallets = [&mounted.payer.wallet, &mounted.payee.wallet];
    let audits = wallets.map(Wallet::audit);
    assert_eq!(census(&audits).expect("sound").total(), 20);
    (audits[0].spendable(), audits[1].spendable())
}

fn well(mounted: &Mounted) {
    for part in [&mounted.payer, &mounted.payee] {
        assert!(matches!(part.result, Some(Ok(_))), "{:?}", part.result);
    }
}

#[test]
fn a_killed_tpm_is_named_and_the_payment_resumes() {
    if !Swtpm::installed() {
        eprintln!("skipped: swtpm is not installed (apt-get install swtpm)");
        return;
    }
    let authority = Authority::from_seed(SEED);
    let settings = Settings::new(SEED);
    let wallet = |role, number| fresh(&authority, role, number);
    let charge = Job::Mint(split(20).unwrap(), ISSUE_DATE);
    let charged = mount(
        wallet(Role::Mint, 0),
        wallet(Role::Wallet, 1),
        &charge,
        &settings,
    )
    .unwrap();
    well(&charged);
    let (mut payer, mut payee) = (charged.payee.wallet, wallet(Role::Wallet, 2));
    let words = [&payer, &payee].map(|wallet| wallet.nv.words().to_vec());

    let (mut stopped, mut resumed) = (0, 0);
    for side in [Side::Payer, Side::Payee] {
        for at in std::iter::once(None).chain((0..).map(Some)) {
            payer = with(payer, &words[0]);
            payee = with(payee, &words[1]);
            let chip = match side {
                Side::Payer => &payer.tpm,
                Side::Payee => &payee.tpm,
            };
            let killer = Killer {
                side,
                at,
                folder: chip.as_ref().unwrap().folder().to_owned(),
                seen: 0,
                done: false,
                since: None,
            };
            let job = Job::Pay(20);
            let (mounted, killer) = mount_with(payer, payee, &job, &settings, killer).unwrap();
            spendable(&mounted);
            let result = match side {
                Side::Payer => &mounted.payer.result,
                Side::Payee => &mounted.payee.result,
            };
            match result {
                Some(Err(error @ Error::Tpm(_))) => {
                    assert!(error.to_string().contains("TPM is gone"), "{error}");
                    stopped += 1;
                }
                // Nothing more was to be said.
                Some(Ok(_)) => {}
                other => panic!("{side:?}, event {at:?}: {other:?}"),
            }
            let all = !killer.done;
            assert!(!all || matches!(result, Some(Ok(_))), "{result:?}");

            let (a, b) = (mounted.payer.wallet, mounted.payee.wallet);
            let mut again = mount_with(a, b, &Job::Resume, &settings, Calm).unwrap().0;
            well(&again);
            if spendable(&again) == (20, 0) {
                // It had not begun.
                let (a, b) = (again.payer.wallet, again.payee.wallet);
                again = mount(a, b, &Job::Pay(20), &settings).unwrap();
                well(&again);
            } else {
                resumed += 1;
            }
            assert_eq!(spendable(&again), (0, 20), "{side:?}, event {at:?}");
            for part in [&again.payer, &again.payee] {
                assert!(part.wallet.audit().sessions.is_empty());
            }
            (payer, payee) = (again.payer.wallet, again.payee.wallet);
            if all {
                break;
            }
        }
    }
    assert!(stopped >= 20 && resumed >= 10, "{stopped}, {resumed}");
}

#[test]
fn a_wallet_whose_tpm_is_gone_says_so() {
    if !Swtpm::installed() {
        return;
    }
    let authority = Authority::from_seed(SEED);
    let wallet = |number| fresh(&authority, Role::Wallet, number);
    let (payer, payee) = (wallet(1), wallet(2));
    // The folder is moved away: a new TPM in its place would not be this wallet's.
    let folder = payer.tpm.as_ref().unwrap().folder().to_owned();
    fs::remove_dir_all(&folder).unwrap();
    let mounted = mount(payer, payee, &Job::Resume, &Settings::new(SEED)).unwrap();
    let Some(Err(error @ Error::Tpm(_))) = &mounted.payer.result else {
        panic!("{:?}", mounted.payer.result);
    };
    assert!(error.to_string().contains("TPM state folder"), "{error}");
    assert!(!folder.exists());
}
