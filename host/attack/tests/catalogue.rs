//! The catalogue against honest wallets. One test for each entry, so that a seeded bug can name it.

use opera_attack::relay::{Passive, relay};
use opera_attack::{Bench, ENTRIES, Row, TpmKind, TpmWay, run};
use opera_scenario::{Job, Settings};
use opera_sim::Side;
use opera_tpcu::Profile;
use opera_tpm::Swtpm;

const SEED: u64 = 1;

/// Runs an entry in the hardened profile: every attempt is refused as the catalogue says.
#[track_caller]
fn refused(name: &str) -> Vec<Row> {
    refused_by(&Bench::new(Profile::Hardened, SEED).expect("bench"), name)
}

#[track_caller]
fn refused_by(bench: &Bench, name: &str) -> Vec<Row> {
    let entry = ENTRIES.iter().find(|entry| entry.name == name);
    let rows = run(bench, entry.expect("entry")).expect("simulation");
    let bad: Vec<&Row> = rows.iter().filter(|row| !row.as_expected).collect();
    assert!(bad.is_empty(), "{name}: {bad:#?}");
    assert!(!rows.is_empty());
    rows
}

macro_rules! entries {
    ($($test:ident => $name:literal),* $(,)?) => {
        $(#[test]
        fn $test() {
            refused($name);
        })*

        #[test]
        fn every_entry_has_a_test() {
            let tested: Vec<&str> = vec![$($name),*];
            let names: Vec<&str> = ENTRIES.iter().map(|entry| entry.name).collect();
            assert_eq!(tested, names);
        }
    };
}

entries! {
    copied_token => "copied-token",
    falsified_wallet => "falsified-wallet",
    man_in_the_middle => "man-in-the-middle",
    quote_relay => "quote-relay",
    replay => "replay",
    relay_takeover => "relay",
    cross_session => "cross-session",
    cross_direction => "cross-direction",
    reflection => "reflection",
    reorder => "reorder",
    duplicate => "duplicate",
    drop_message => "drop",
    bit_flip => "bit-flip",
    truncate => "truncate",
    oversize => "oversize",
    downgrade => "downgrade",
    token_swap => "token-swap",
    amount => "amount",
    stale_log => "stale-log",
    bad_signature => "bad-signature",
    high_s => "high-s",
    token_twice => "token-twice",
    revoked_key => "revoked-key",
    expired_credential => "expired-credential",
    zero_credential => "zero-credential",
    forged_credential => "forged-credential",
    wrong_registers => "wrong-registers",
    lpc_garbage => "lpc-garbage",
    data_garbage => "data-garbage",
    remount => "remount",
    payee_stops => "payee-stops",
    payer_stops => "payer-stops",
}

/// A sample; `opera attack run --all --tpm swtpm` is all of them.
#[test]
fn wallets_with_emulators_refuse_the_same() {
    if !Swtpm::installed() {
        eprintln!("skipped: swtpm is not installed (apt-get install swtpm)");
        return;
    }
    let mut bench = Bench::with_tpm(Profile::Hardened, SEED, TpmKind::Swtpm).expect("bench");
    for way in [TpmWay::Direct, TpmWay::Lpc] {
        bench.tpm_way = way;
        for name in [
            "copied-token",
            "falsified-wallet",
            "man-in-the-middle",
            "quote-relay",
            "revoked-key",
            "wrong-registers",
            "payee-stops",
        ] {
            refused_by(&bench, name);
        }
    }
}

#[test]
fn with_an_attacker_who_only_listens_the_payment_succeeds() {
    for profile in [Profile::Hardened, Profile::Paper] {
        let bench = Bench::new(profile, SEED).expect("bench");
        let [payer, payee] = bench.wallets();
        let mut settings = Settings::new(SEED);
        settings.profile = profile;
        let relayed = relay(
            [Some(payer), Some(payee)],
            &Job::Pay(11),
            &settings,
            Passive,
        )
        .expect("simulation");
        for (side, result) in [Side::Payer, Side::Payee].iter().zip(&relayed.results) {
            let report = result.as_ref().expect("an answer");
            assert!(report.is_ok(), "{profile:?} {side:?}: {report:?}");
        }
        let [payer, payee] = relayed.wallets.map(|wallet| wallet.expect("there").audit());
        assert_eq!((payer.spendable(), payee.spendable()), (0, 11));
    }
}

#[test]
fn published_weaknesses_are_real_in_the_paper_profile() {
    let bench = Bench::new(Profile::Paper, SEED).expect("bench");
    for entry in ENTRIES.iter().filter(|entry| entry.works_on_paper) {
        if entry.name == "bit-flip" {
            continue; // many attempts; `amount` is one of them
        }
        let rows = run(&bench, entry).expect("simulation");
        assert!(
            rows.iter().any(|row| row.succeeded),
            "{}: {rows:#?}",
            entry.name
        );
    }
}

#[test]
fn garbage_on_the_wires_strikes_something() {
    for name in ["lpc-garbage", "data-garbage"] {
        let rows = refused(name);
        let struck = rows
            .iter()
            .filter(|row| !row.variant.ends_with(": +0 clocks"));
        assert!(struck.count() >= 2, "{name}: {rows:#?}");
    }
}
