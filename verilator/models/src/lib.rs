//! The models that the tests and the benchmark of `verilated` run. Also an example of a user: the
//! generated files come without a warning even where nothing but `new` is used.

#![deny(warnings, missing_docs, unreachable_pub)]

include!(concat!(env!("OUT_DIR"), "/Vcounter.rs"));
include!(concat!(env!("OUT_DIR"), "/VcounterCovered.rs"));
include!(concat!(env!("OUT_DIR"), "/Vtrouble.rs"));
include!(concat!(env!("OUT_DIR"), "/Vblock.rs"));
include!(concat!(env!("OUT_DIR"), "/VblockTraced.rs"));
include!(concat!(env!("OUT_DIR"), "/Vcrossing.rs"));
include!(concat!(env!("OUT_DIR"), "/VcrossingHeld.rs"));

mod private {
    include!(concat!(env!("OUT_DIR"), "/Vblock.rs"));
}

/// Whether a model of a private module can be made; uses nothing else of it.
pub fn private_model_works() -> bool {
    private::Vblock::new(1).is_ok()
}

/// The benchmark's yardsticks, linked with the models.
pub mod bare {
    unsafe extern "C" {
        /// Runs the counter in C++ for so many clocks; the sum of `byte_o`.
        pub safe fn bare_counter(clocks: u64) -> u64;
        /// Runs the block in C++ for so many clocks; the sum of `lad_o`, plus `sum_o`.
        pub safe fn bare_block(clocks: u64) -> u64;
    }
}
