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
    for (model, top, sources) in [
        ("VlpcTarget", "lpc_target", &["lpc_target.v"][..]),
        (
            "Vaes128Whole",
            "aes128_whole",
            &[
                "aes128_whole.v",
                "aes128.v",
                "aes_sbox.v",
                "prim/ram_2clk.v",
            ][..],
        ),
        (
            "VormPair",
            "orm_pair",
            &[
                "orm_pair.v",
                "orm.v",
                "orm_seq.v",
                "orm_dbus.v",
                "orm_buf.v",
                "aes128.v",
                "aes_sbox.v",
                "prim/ram_2clk.v",
            ][..],
        ),
        (
            "Vgate",
            "gate",
            &[
                "gate.v",
                "aes_mux.v",
                "aes128.v",
                "aes_sbox.v",
                "prim/ram_2clk.v",
            ][..],
        ),
    ] {
        // The module that is a netlist.
        let netlist = match model {
            "VormPair" => Some("orm.v"),
            "Vgate" => Some("power_ctrl.v"),
            _ => None,
        };
        if model == "Vgate" && netlists.is_none() {
            continue;
        }
        let mut build = verilated::build::Model::new(model);
        build.top(top).include(rtl.join("regs"));
        for source in sources {
            let own = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("rtl")
                .join(source);
            build.source(if own.exists() { own } else { rtl.join(source) });
        }
        if let (Some(folder), Some(file)) = (&netlists, netlist) {
            build.define("ORM_NETLIST", "1").cells();
            build
                .source(folder.join(file))
                .source(folder.join("cells.v"));
        }
        build.compile_or_exit();
    }
}
