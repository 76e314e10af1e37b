//! Verilated blocks that the conformance tests in `tests/` drive pin by pin.

include!(concat!(env!("OUT_DIR"), "/VlpcTarget.rs"));
include!(concat!(env!("OUT_DIR"), "/Vaes128Whole.rs"));
include!(concat!(env!("OUT_DIR"), "/VormPair.rs"));
#[cfg(flips)]
include!(concat!(env!("OUT_DIR"), "/Vgate.rs"));
