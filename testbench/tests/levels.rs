//! The payment of 20 on the level that `testbench/level.sh` asks for: the money, and traces of all three
//! buses that are the RTL's to the clock.

mod common;

use std::time::Instant;

use common::{SEED, charged, count, level, wallet, well};
use opera_scenario::{Job, Mounted, Settings, mount};
use opera_sim::{Level, SimError};

fn payment(level: Level) -> Result<Mounted, SimError> {
    let mut settings = Settings::new(SEED);
    settings.level = level;
    settings.trace = true;
    let payer = charged(1, &[(10, 2)]);
    let begin = Instant::now();
    let mounted = mount(payer, wallet(2), &Job::Pay(20), &settings)?;
    let clocks = [&mounted.payer, &mounted.payee].map(|part| part.clocks.core);
    println!(
        "{level}: {clocks:?} clocks in {} ms, cryptography and traces included",
        begin.elapsed().as_millis()
    );
    Ok(mounted)
}

#[test]
fn a_payment_of_20_is_the_same_to_the_clock() {
    let rtl = payment(Level::Rtl).expect("simulation");
    let other = payment(level()).expect("simulation");
    well(&other);
    let after = count(&[&other.payer.wallet, &other.payee.wallet]);
    assert_eq!((after.spendable, after.in_transit), (20, 0));
    assert_eq!(other.payee.wallet.audit().spendable(), 20);
    let [rtl_buses, buses] = [rtl, other].map(|mounted| mounted.trace.expect("asked for").0);
    for (rtl, found) in rtl_buses.iter().zip(&buses) {
        assert!(rtl.lines().count() > 20, "a trace of a payment");
        let differs = rtl.lines().zip(found.lines()).find(|(a, b)| a != b);
        assert_eq!(differs, None, "first line that is another");
        assert_eq!(rtl.lines().count(), found.lines().count());
    }
}

#[test]
fn a_level_that_is_not_built_says_how_to_build_it() {
    if level() == Level::Netlist {
        return;
    }
    let error = payment(Level::Netlist).err().expect("no netlist here");
    assert!(error.to_string().contains("level.sh netlist"), "{error}");
}
