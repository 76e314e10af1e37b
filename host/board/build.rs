//! Builds the Verilated models: two boards, and a mint's board with a wallet's.

use std::path::{Path, PathBuf};

/// Clocks a bit of the simulated boards: a pseudo-terminal has no rate, so the fewest are best.
const CLOCKS_PER_BIT: &str = "8";

fn main() {
    println!("cargo::rerun-if-env-changed=OPERA_RTL");
    let rtl = std::env::var_os("OPERA_RTL").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rtl"),
        PathBuf::from,
    );
    let mut sources = Vec::new();
    for folder in [rtl.clone(), rtl.join("prim")] {
        println!("cargo::rerun-if-changed={}", folder.display());
        let entries = std::fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("cannot list {}: {error}", folder.display()));
        for entry in entries {
            let path = entry.expect("folder entry").path();
            if path.extension().is_some_and(|e| e == "v") {
                sources.push(path);
            }
        }
    }
    for top in ["board_core.v", "board_pair.v"] {
        sources.push(rtl.join("board").join(top));
    }
    sources.sort();
    for source in &sources {
        println!("cargo::rerun-if-changed={}", source.display());
    }
    println!("cargo::rustc-env=OPERA_CLOCKS_PER_BIT={CLOCKS_PER_BIT}");
    for (name, issuer) in [("Vboards", "0"), ("VboardsMint", "1")] {
        let mut model = verilated::build::Model::new(name);
        model
            .top("board_pair")
            .include(rtl.join("regs"))
            .define("OPERA_SIM", "1")
            .param("A_ISSUER", issuer)
            .param("CLOCKS_PER_BIT", CLOCKS_PER_BIT);
        for source in &sources {
            model.source(source);
        }
        if let Err(error) = model.compile() {
            // A build script can only report by failing; the message names the remedy.
            eprintln!("{error}");
            std::process::exit(1);
        }
    }
}
