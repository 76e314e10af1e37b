//! `opera attack`: the catalogue and its verdicts.

mod common;

use common::{Place, swtpm_installed};
use serde_json::Value;

#[test]
fn the_list_tells_goal_capability_and_refusal_of_each() {
    let out = Place::new().opera("attack list --json").ok().out;
    let list: Value = serde_json::from_str(&out).expect("one document");
    let attacks = list["attacks"].as_array().expect("attacks");
    assert!(attacks.len() >= 32);
    for attack in attacks {
        for key in ["name", "goal", "capability", "expected"] {
            assert!(
                attack[key].as_str().is_some_and(|text| !text.is_empty()),
                "{attack}"
            );
        }
    }
}

#[test]
fn a_refused_attack_is_measured_and_a_published_weakness_is_expected() {
    for (line, result) in [
        ("attack run token-swap downgrade --json", "refused"),
        ("attack run token-swap --profile paper --json", "succeeded"),
    ] {
        let out = Place::new().opera(line).ok().out;
        let document: Value = serde_json::from_str(&out).expect("one document");
        for attack in document["attacks"].as_array().expect("attacks") {
            assert_eq!(attack["result"], result, "{attack}");
            assert_eq!(attack["as_expected"], true);
            for attempt in attack["attempts"].as_array().expect("attempts") {
                for key in ["payer", "payee", "before", "after", "recovered"] {
                    assert!(!attempt[key].is_null(), "{attempt}");
                }
            }
        }
    }
}

#[test]
fn attacks_on_wallets_with_emulators_are_refused_too() {
    if !swtpm_installed() {
        return;
    }
    for bus in ["direct", "lpc"] {
        let line = format!("attack run revoked-key --tpm swtpm --tpm-bus {bus} --json");
        let out = Place::new().opera(&line).ok().out;
        let document: Value = serde_json::from_str(&out).expect("one document");
        assert_eq!(document["tpm"], "swtpm");
        assert_eq!(document["succeeded"], 0, "{document}");
    }
}
