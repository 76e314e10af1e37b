//! Builds the Verilated blocks that the tests in `tests/` drive pin by pin.

use std::path::Path;

fn main() {
    let rtl = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rtl");
    for (model, top, sources) in [
        ("VlpcTarget", "lpc_target", &["lpc_target.v"][..]),
        ("Vaes128", "aes128", &["aes128.v", "aes_sbox.v"][..]),
    ] {
        let mut build = verilated::build::Model::new(model);
        build.top(top).include(rtl.join("regs"));
        for source in sources {
            build.source(rtl.join(source));
        }
        if let Err(error) = build.compile() {
            // A build script can only report by failing; the message names the remedy.
            eprintln!("{error}");
            std::process::exit(1);
        }
    }
}
