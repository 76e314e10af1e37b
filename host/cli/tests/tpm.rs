//! Wallets whose TPM is `swtpm`. Skipped, saying so, where that is not installed.

mod common;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use common::{Place, Run, spawn, swtpm_installed};

#[test]
fn a_payment_takes_the_same_clocks_on_either_tpm() {
    if !swtpm_installed() {
        return;
    }
    let place = Place::new();
    let model = place.opera("pay --amount 20 --tpm model").ok().out;
    let swtpm = place.opera("pay --amount 20 --tpm swtpm").ok().out;
    assert!(swtpm.contains("seed 1, TPM swtpm)"), "{swtpm}");
    assert_eq!(swtpm.replace(", TPM swtpm", ""), model);
    let json = place
        .opera("pay --amount 20 --tpm swtpm --json")
        .ok()
        .json();
    assert_eq!(
        (&json["tpm"], &json["conserved"]),
        (&"swtpm".into(), &true.into())
    );
    assert_eq!(place.names(), Vec::<String>::new());
}

#[test]
fn wallet_files_keep_their_tpm() {
    if !swtpm_installed() {
        return;
    }
    let place = Place::new();
    place.opera("wallet new a --tpm swtpm").ok();
    place.opera("wallet new b").ok();
    let names = [
        "a",
        "a.tpm",
        "authority.wallet",
        "authority.wallet.tpm",
        "b",
    ];
    assert_eq!(place.names(), names);
    place.opera("mint --to a --amount 50").ok();
    place.opera("pay --from a --to b --amount 20").ok();
    place.opera("pay --from b --to a --amount 10").ok();
    place.opera("resume a b").ok();
    assert_eq!((place.spendable("a"), place.spendable("b")), (40, 10));

    let words = ["b was made with the TPM model", "leave --tpm out"];
    place
        .opera("pay --from a --to b --amount 10 --tpm swtpm")
        .fails(2, &words);
    fs::create_dir(place.path("c.tpm")).unwrap();
    place
        .opera("wallet new c --tpm swtpm")
        .fails(2, &["c.tpm", "move away"]);
    assert!(!place.path("c").exists());
    fs::rename(place.path("a.tpm"), place.path("elsewhere")).unwrap();
    let words = ["payer: TPM: TPM state folder", "a.tpm", "nothing is lost"];
    place
        .opera("pay --from a --to b --amount 10")
        .fails(1, &words);
    assert_eq!((place.spendable("a"), place.spendable("b")), (40, 10));
}

#[test]
fn a_sweep_on_the_emulator_is_refused() {
    let place = Place::new();
    for line in ["fault sweep --tpm swtpm", "figure 7 --tpm swtpm"] {
        place.opera(line).fails(2, &["run on the model"]);
    }
}

#[test]
fn without_swtpm_the_way_to_get_it_is_told() {
    let place = Place::new();
    for line in ["pay --amount 20 --tpm swtpm", "wallet new a --tpm swtpm"] {
        let mut command = place.command(line);
        command.env("PATH", "").stdout(Stdio::piped());
        let child = spawn(command.stderr(Stdio::piped()));
        Run::of(child.wait_with_output().unwrap()).fails(3, &["apt-get install swtpm"]);
    }
    assert_eq!(place.names(), Vec::<String>::new());
}

/// Process number of the emulator on this folder.
fn emulator(folder: &Path) -> Option<u32> {
    let wanted = format!("dir={},", folder.display());
    fs::read_dir("/proc").unwrap().find_map(|entry| {
        let number: u32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
        let line = fs::read(format!("/proc/{number}/cmdline")).ok()?;
        let line = String::from_utf8_lossy(&line).into_owned();
        (line.starts_with("swtpm\0") && line.contains(&wanted)).then_some(number)
    })
}

#[test]
fn killing_the_emulator_stops_the_payment_which_then_resumes() {
    if !swtpm_installed() {
        return;
    }
    let place = Place::new();
    for name in ["a", "b"] {
        place.opera(&format!("wallet new {name} --tpm swtpm")).ok();
    }
    place.opera("mint --to a --amount 8 --denomination 1").ok();
    let path = |name: &str| place.path(name).display().to_string();
    let mut names = ["a", "b"];
    let mut stopped = 0;
    for (n, wait) in [0, 20, 40, 80, 160, 320].into_iter().enumerate() {
        let [payer, payee] = names.map(path);
        let mut command = place.command(&format!("pay --from {payer} --to {payee} --amount 8"));
        let child = spawn(command.stdout(Stdio::piped()).stderr(Stdio::piped()));
        let folder = place.path(&format!("{}.tpm", names[n % 2]));
        let found = (0..5000).find_map(|_| {
            thread::sleep(Duration::from_millis(1));
            emulator(&folder)
        });
        thread::sleep(Duration::from_millis(wait));
        if let Some(number) = found {
            // It may have ended by itself meanwhile.
            let number = number.to_string();
            let _ = Command::new("kill").args(["-9", &number]).output();
        }
        let run = Run::of(child.wait_with_output().unwrap());
        if run.code != Some(0) {
            run.fails(1, &["TPM: the TPM is gone", "`opera resume`"]);
            stopped += 1;
        }
        place.opera("resume a b").ok();
        assert_eq!(place.open_sessions(&["a", "b"]), 0);
        assert_eq!(place.census(&["a", "b"]).total(), 8);
        if place.spendable(names[1]) == 8 {
            names.swap(0, 1);
        }
    }
    assert!(stopped > 0, "every kill came too late");
}
