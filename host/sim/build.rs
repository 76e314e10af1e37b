//! Builds the Verilated models: a pair of wallets, and a mint with a wallet.

use std::path::Path;

fn main() {
    let rtl = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rtl");
    let mut sources = Vec::new();
    for folder in [rtl.clone(), rtl.join("prim")] {
        println!("cargo::rerun-if-changed={}", folder.display());
        let entries = std::fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("cannot list {}: {error}", folder.display()));
        for entry in entries {
            let path = entry.expect("folder entry").path();
            if path.extension().is_some_and(|e| e == "v") {
                println!("cargo::rerun-if-changed={}", path.display());
                sources.push(path);
            }
        }
    }
    println!(
        "cargo::rerun-if-changed={}",
        rtl.join("regs/opera_regs.vh").display()
    );
    sources.sort();
    for (name, issuer) in [("Vopera", "0"), ("VoperaMint", "1")] {
        let mut model = verilated::build::Model::new(name);
        model
            .top("opera")
            .include(rtl.join("regs"))
            .define("OPERA_SIM", "1")
            .waves(verilated::build::Waves::Vcd)
            .param("PAYER_ISSUER", issuer);
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
