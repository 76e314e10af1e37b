//! Builds the Verilated models: two boards, a mint's board with a wallet's, two boards of different kinds and, on
//! request, a board out of a bitstream with one of RTL.

use std::path::{Path, PathBuf};

/// Clocks a bit of the simulated boards: a pseudo-terminal has no rate, so the fewest are best.
const CLOCKS_PER_BIT: &str = "8";
/// Rate of the serial lines of two boards of different kinds, in bits a second: twice a real board's, for simulated
/// time is what costs.
const MIXED_BAUD: u64 = 2 * opera_bitstream::BAUD;

fn main() {
    // OPERA_RTL names another copy of rtl/, such as one with a seeded bug.
    println!("cargo::rerun-if-env-changed=OPERA_RTL");
    let rtl = std::env::var_os("OPERA_RTL").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rtl"),
        PathBuf::from,
    );
    bitstream_pair(&rtl);
    println!("cargo::rustc-env=OPERA_CLOCKS_PER_BIT={CLOCKS_PER_BIT}");
    let mixed = opera_bitstream::extremes().map(|board| (board.lclk_hz / MIXED_BAUD).to_string());
    for (name, clocks) in ["FAST", "SLOW"].iter().zip(&mixed) {
        println!("cargo::rustc-env=OPERA_{name}_CLOCKS_PER_BIT={clocks}");
    }
    let mixed = mixed.each_ref().map(String::as_str);
    let alike = [CLOCKS_PER_BIT; 2];
    for (name, issuer, [a, b]) in [
        ("Vboards", "0", alike),
        ("VboardsMint", "1", alike),
        ("VboardsMixed", "0", mixed),
    ] {
        verilated::build::Model::new(name)
            .top("board_pair")
            .sources_in(&rtl)
            .sources_in(rtl.join("prim"))
            .source(rtl.join("board/board_core.v"))
            .source(rtl.join("board/board_pair.v"))
            .include(rtl.join("regs"))
            .define("OPERA_SIM", "1")
            .param("A_ISSUER", issuer)
            .param("A_CLOCKS_PER_BIT", a)
            .param("B_CLOCKS_PER_BIT", b)
            .clocks(&["a_clk_i", "b_clk_i"])
            .compile_or_exit();
    }
}

/// The pair whose board a is what `testbench/level.sh` unpacked from a bitstream, when it names one.
fn bitstream_pair(rtl: &Path) {
    println!("cargo::rustc-check-cfg=cfg(bitstream)");
    println!("cargo::rerun-if-env-changed=OPERA_BITSTREAM");
    println!("cargo::rerun-if-env-changed=OPERA_BITSTREAM_BOARD");
    let Some(folder) = std::env::var_os("OPERA_BITSTREAM").map(PathBuf::from) else {
        return;
    };
    println!("cargo::rustc-cfg=bitstream");
    // Whose bitstream it is: its lines and LEDs are its top's.
    let name = std::env::var("OPERA_BITSTREAM_BOARD").unwrap_or_default();
    let Some(board) = opera_bitstream::board(&name) else {
        eprintln!(
            "OPERA_BITSTREAM_BOARD={name}: no such board; `opera board list` has their names"
        );
        std::process::exit(1);
    };
    let clocks_per_bit = board.clocks_per_bit().to_string();
    println!("cargo::rustc-env=OPERA_BITSTREAM_CLOCKS_PER_BIT={clocks_per_bit}");
    let bench = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testbench/level");
    verilated::build::Model::new("VboardsBitstream")
        .top("bitstream_pair")
        .sources_in(rtl)
        .sources_in(rtl.join("prim"))
        .source(rtl.join("board/board_core.v"))
        .source(rtl.join("board/board_pair.v"))
        .source(rtl.join("board/reset_bridge.v"))
        .include(rtl.join("regs"))
        .define("OPERA_SIM", "1")
        .define(&board.name.to_uppercase(), "1")
        .cells()
        .param("A_CLOCKS_PER_BIT", &clocks_per_bit)
        .param("B_CLOCKS_PER_BIT", CLOCKS_PER_BIT)
        .source(bench.join("bitstream_pair.v"))
        .source(folder.join("chip.v"))
        .source(folder.join("cells.v"))
        .compile_or_exit();
}
