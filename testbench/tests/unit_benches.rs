//! The Icarus unit benches of `testbench/unit`, one test each, so that a failure has a name.
//!
//! `testbench/unit/run.sh` decides what passing is. A bench that has no test here is a failure, too.

use std::path::PathBuf;
use std::process::Command;

const BENCHES: [&str; 11] = [
    "link",
    "lpc_host",
    "nv_arb",
    "nv_spi",
    "orm",
    "power_ctrl",
    "regfile",
    "tpm_tis",
    "tx_log",
    "uart_bridge",
    "wallet",
];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("unit")
}

fn run(bench: &str) {
    assert!(BENCHES.contains(&bench), "{bench} is missing in BENCHES");
    let output = Command::new("sh")
        .arg(folder().join("run.sh"))
        .arg(bench)
        .output()
        .expect("sh starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "tb_{bench}: {}\n{said}{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(said.contains(&format!("tb_{bench}: ")), "{said}");
}

#[test]
fn every_bench_has_a_test() {
    let mut found: Vec<String> = std::fs::read_dir(folder())
        .expect("testbench/unit exists")
        .filter_map(|entry| {
            entry
                .expect("a folder entry")
                .file_name()
                .into_string()
                .ok()
        })
        .filter_map(|name| Some(name.strip_prefix("tb_")?.strip_suffix(".v")?.to_owned()))
        .collect();
    found.sort();
    assert_eq!(found, BENCHES);
}

#[test]
fn link() {
    run("link");
}

#[test]
fn lpc_host() {
    run("lpc_host");
}

#[test]
fn nv_arb() {
    run("nv_arb");
}

#[test]
fn nv_spi() {
    run("nv_spi");
}

#[test]
fn orm() {
    run("orm");
}

#[test]
fn power_ctrl() {
    run("power_ctrl");
}

#[test]
fn regfile() {
    run("regfile");
}

#[test]
fn tpm_tis() {
    run("tpm_tis");
}

#[test]
fn tx_log() {
    run("tx_log");
}

#[test]
fn uart_bridge() {
    run("uart_bridge");
}

#[test]
fn wallet() {
    run("wallet");
}
