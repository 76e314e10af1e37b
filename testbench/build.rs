//! Builds the Verilated blocks that the tests in `tests/` drive pin by pin.

use std::path::{Path, PathBuf};

fn main() {
    // OPERA_RTL names another copy of rtl/, such as one with a seeded bug (mutants.sh).
    println!("cargo::rerun-if-env-changed=OPERA_RTL");
    let rtl = std::env::var_os("OPERA_RTL").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../rtl"),
        PathBuf::from,
    );
    // The netlists that `testbench/level.sh flips` made.
    println!("cargo::rustc-check-cfg=cfg(flips)");
    println!("cargo::rerun-if-env-changed=OPERA_FLIPS_NETLISTS");
    let netlists = std::env::var_os("OPERA_FLIPS_NETLISTS").map(PathBuf::from);
    if netlists.is_some() {
        println!("cargo::rustc-cfg=flips");
    }
    let engine = ["aes128.v", "aes_sbox.v", "prim/ram_2clk.v"];
    let memory = ["orm.v", "orm_seq.v", "orm_dbus.v", "orm_buf.v"];
    build("VlpcTarget", "lpc_target", &[&["lpc_target.v"]], &rtl, None);
    let whole: &[&[&str]] = &[&["aes128_whole.v"], &engine];
    build("Vaes128Whole", "aes128_whole", whole, &rtl, None);
    let pair: &[&[&str]] = &[&["orm_pair.v", "byte_view.v"], &memory, &engine];
    let netlist = |file| netlists.as_ref().map(|folder| folder.join(file));
    build("VormPair", "orm_pair", pair, &rtl, netlist("orm.v"));
    if let Some(power_ctrl) = netlist("power_ctrl.v") {
        let gate: &[&[&str]] = &[&["gate.v", "byte_view.v", "aes_mux.v"], &engine];
        build("Vgate", "gate", gate, &rtl, Some(power_ctrl));
    }
}

/// Builds a model of files in `rtl/` here or, failing that, of the project's, with one module as a netlist.
fn build(model: &str, top: &str, sources: &[&[&str]], rtl: &Path, netlist: Option<PathBuf>) {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("rtl");
    let mut build = verilated::build::Model::new(model);
    build.top(top).include(rtl.join("regs")).clocks(&["clk_i"]);
    for source in sources.iter().copied().flatten() {
        let own = own.join(source);
        build.source(if own.exists() { own } else { rtl.join(source) });
    }
    if let Some(netlist) = netlist {
        let cells = netlist.with_file_name("cells.v");
        build.define("NETLIST", "1").cells();
        build.source(netlist).source(cells);
    }
    build.compile_or_exit();
}
