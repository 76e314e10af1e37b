//! One binary for all targets; `OPERA_FUZZ_TARGET` names the one. `../fuzz.sh` builds and runs it.
#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use opera_fuzz::{Check, TARGETS};

thread_local! {
    static CHECK: RefCell<Check> = RefCell::new(chosen());
}

fn chosen() -> Check {
    let name = std::env::var("OPERA_FUZZ_TARGET").unwrap_or_default();
    let names = TARGETS.map(|target| target.name);
    match TARGETS.iter().find(|target| target.name == name) {
        Some(target) => (target.make)(),
        None => panic!("OPERA_FUZZ_TARGET must be one of {names:?}"),
    }
}

fuzz_target!(|bytes: &[u8]| CHECK.with_borrow_mut(|check| check(bytes)));
