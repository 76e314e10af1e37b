//! Builds the Verilated models: a pair of wallets, and a mint with a wallet.

use std::path::{Path, PathBuf};

fn main() {
    // OPERA_RTL names another copy of rtl/, such as one with a seeded bug.
    println!("cargo::rerun-if-env-changed=OPERA_RTL");
    let rtl = std::env::var_os("OPERA_RTL").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rtl"),
        PathBuf::from,
    );
    for (name, issuer) in [("Vopera", "0"), ("VoperaMint", "1")] {
        verilated::build::Model::new(name)
            .top("opera")
            .sources_in(&rtl)
            .sources_in(rtl.join("prim"))
            .include(rtl.join("regs"))
            .define("OPERA_SIM", "1")
            .waves(true)
            .param("PAYER_ISSUER", issuer)
            .compile_or_exit();
    }
}
