//! Builds the Verilated models: a pair of wallets, a mint with a wallet and, on request, a pair of netlists.

use std::path::{Path, PathBuf};

/// Of module `opera`.
const CLOCKS: [&str; 2] = ["a_clk_i", "b_clk_i"];

fn main() {
    // OPERA_RTL names another copy of rtl/, such as one with a seeded bug.
    println!("cargo::rerun-if-env-changed=OPERA_RTL");
    let rtl = std::env::var_os("OPERA_RTL").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rtl"),
        PathBuf::from,
    );
    netlist_pair(&rtl);
    for (name, issuer) in [("Vopera", "0"), ("VoperaMint", "1")] {
        verilated::build::Model::new(name)
            .top("opera")
            .sources_in(&rtl)
            .sources_in(rtl.join("prim"))
            .include(rtl.join("regs"))
            .define("OPERA_SIM", "1")
            .waves(true)
            .param("PAYER_ISSUER", issuer)
            .clocks(&CLOCKS)
            .compile_or_exit();
    }
}

/// The pair with both wallets as the netlist that `testbench/level.sh` made, when it names one.
fn netlist_pair(rtl: &Path) {
    println!("cargo::rustc-check-cfg=cfg(netlist)");
    println!("cargo::rerun-if-env-changed=OPERA_NETLIST");
    let Some(folder) = std::env::var_os("OPERA_NETLIST").map(PathBuf::from) else {
        return;
    };
    println!("cargo::rustc-cfg=netlist");
    let mut model = verilated::build::Model::new("VoperaNetlist");
    model
        .top("opera")
        .include(rtl.join("regs"))
        .cells()
        .source(folder.join("wallet.v"))
        .source(folder.join("cells.v"));
    // What is around the wallets stays RTL.
    for name in ["opera.v", "lpc_probe.v", "tpm_tis.v", "lpc_target.v"] {
        model.source(rtl.join(name));
    }
    model.clocks(&CLOCKS).compile_or_exit();
}
