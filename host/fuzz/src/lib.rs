//! What any bytes may be fed to, and what must hold then. A target panics when it does not hold.
//!
//! Two engines feed them. `tests/replay.rs` tries the kept files of `corpus/TARGET/` and a bounded
//! number of blind mutations of them, in each `cargo test`. `fuzz.sh` runs libFuzzer, which looks at
//! what the bytes reach and keeps those that reach something new; it needs no more than a stable
//! compiler and a C++ compiler, but is a workspace of its own (`engine/`), because it builds everything
//! anew with counters in it.
#![forbid(unsafe_code)]

mod attestation;
mod files;
mod hand_over;
mod messages;
mod pins;
mod wires;

pub use hand_over::good_hand_over;

use std::fs;
use std::path::PathBuf;

/// Takes bytes; panics when something does not hold. The same bytes always do the same.
pub type Check = Box<dyn FnMut(&[u8])>;

/// Something that takes any bytes.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its name, and that of its folder in `corpus/`.
    pub name: &'static str,
    /// Mutations in a plain test run, which takes some seconds for each target.
    pub cases: u64,
    /// Sets it up.
    pub make: fn() -> Check,
}

/// All of them.
pub const TARGETS: [Target; 11] = [
    target("attestation", 300, attestation::attestation),
    target("hand_over", 300, hand_over::hand_over),
    target("lists", 1_000, attestation::lists),
    target("log", 5_000, files::log),
    target("memory", 150, files::memory),
    target("messages", 250, messages::messages),
    target("pins", 8, pins::pins),
    target("token", 1_000, attestation::token),
    target("tpm", 1_000, wires::tpm),
    target("trace", 3_000, wires::trace),
    target("wallet", 300, files::wallet),
];

const fn target(name: &'static str, cases: u64, make: fn() -> Check) -> Target {
    Target { name, cases, make }
}

/// The kept inputs of a target, in the order of their names.
///
/// # Panics
/// When there are none.
#[must_use]
pub fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(target);
    let mut paths: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .collect();
    paths.sort();
    let files: Vec<Vec<u8>> = paths
        .iter()
        .map(|path| fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
        .collect();
    assert!(!files.is_empty(), "{} is empty", folder.display());
    files
}
