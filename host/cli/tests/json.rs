//! The JSON documents, and that a seed decides every byte.

mod common;

use common::Place;
use serde_json::Value;

const KEYS: [&str; 7] = [
    "stages",
    "balances",
    "conserved",
    "clocks",
    "tokens",
    "profile",
    "seed",
];

#[test]
fn the_document_of_a_payment_has_the_keys_of_the_contract() {
    let place = Place::new();
    let document = place.opera("pay --amount 20 --json").ok().json();
    for key in KEYS {
        assert!(!document[key].is_null(), "{key} is missing: {document}");
    }
    assert_eq!(document["conserved"], Value::Bool(true));
    assert_eq!(document["profile"], "hardened");
    assert_eq!(document["seed"], 1);
    assert_eq!(document["balances"]["before"]["payer"], 20);
    assert_eq!(document["balances"]["before"]["payee"], 0);
    assert_eq!(document["balances"]["after"]["payer"], 0);
    assert_eq!(document["balances"]["after"]["payee"], 20);
    assert_eq!(document["tokens"]["count"], 2);
    assert!(document["clocks"]["payer"]["core"].as_u64().unwrap() > 10_000);
    let names: Vec<&str> = document["stages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|stage| stage["name"].as_str().unwrap())
        .collect();
    for name in ["Stage 1", "Stage 2", "Stage 3", "FIN", "power off"] {
        assert!(names.contains(&name), "{name} is not in {names:?}");
    }
    assert!(document.get("warning").is_none());
    assert!(document.get("error").is_none());
}

#[test]
fn stages_add_up_to_the_clocks_of_the_mount() {
    let place = Place::new();
    let document = place.opera("pay --amount 3 --json").ok().json();
    for side in ["payer", "payee"] {
        let stages = document["stages"].as_array().unwrap();
        let sum: u64 = stages
            .iter()
            .filter_map(|stage| stage[side]["core"].as_u64())
            .sum();
        let all = document["clocks"][side]["core"].as_u64().unwrap();
        // The rest is the other side's tail, while this one has already ended.
        assert!(sum <= all && all - sum < 10_000, "{side}: {sum} of {all}");
    }
}

#[test]
fn the_same_command_prints_the_same_bytes() {
    let place = Place::new();
    for line in ["pay --amount 3 --json", "pay --amount 3"] {
        let first = place.opera(&format!("{line} --trace first.txt")).ok();
        let second = place.opera(&format!("{line} --trace second.txt")).ok();
        assert_eq!(first.out, second.out);
        assert!(place.read("first.txt") == place.read("second.txt"));
    }
}

#[test]
fn another_seed_shows_on_the_bus_and_not_in_the_balances() {
    let place = Place::new();
    let run = |seed: u32| {
        let line = format!("pay --amount 3 --json --seed {seed} --trace {seed}.txt");
        place.opera(&line).ok().json()
    };
    let (one, two) = (run(1), run(2));
    assert_eq!(one["balances"], two["balances"]);
    assert_eq!((&one["seed"], &two["seed"]), (&1.into(), &2.into()));
    assert!(place.read("1.txt") != place.read("2.txt"));
}

#[test]
fn the_paper_profile_runs_and_says_that_it_is_not_safe() {
    let place = Place::new();
    let document = place
        .opera("pay --amount 20 --profile paper --json")
        .ok()
        .json();
    assert_eq!(document["profile"], "paper");
    assert_eq!(document["balances"]["after"]["payee"], 20);
    assert!(document["warning"].as_str().unwrap().contains("NOT SAFE"));
    let text = place.opera("pay --amount 20 --profile paper").ok().out;
    assert!(text.starts_with("warning: "), "{text}");
    assert!(text.contains("NOT SAFE"), "{text}");
    let hardened = place.opera("pay --amount 20").ok().out;
    assert!(!hardened.contains("warning"), "{hardened}");
}

#[test]
fn each_command_prints_one_document() {
    let place = Place::new();
    for line in [
        "wallet new a",
        "wallet new b",
        "mint --to a --amount 5",
        "pay --from a --to b --amount 2",
        "resume a b",
        "wallet show a",
        "wallet show authority.wallet",
    ] {
        let run = place.opera(&format!("{line} --json")).ok();
        assert!(run.json().is_object(), "{line}");
        assert!(run.out.ends_with("}\n"), "{line}");
    }
}

#[test]
fn a_payment_that_failed_is_still_one_document_with_its_error() {
    let place = Place::charged(5);
    let run = place
        .opera("pay --from a --to b --amount 9 --json")
        .fails(1, &["9"]);
    let document = run.json();
    assert!(
        document["error"].as_str().unwrap().contains("payer"),
        "{document}"
    );
    for key in KEYS {
        assert!(document.get(key).is_some(), "{key}: {document}");
    }
    assert_eq!(
        document["balances"]["before"],
        document["balances"]["after"]
    );
    let refund = place.opera("refund a --json").fails(1, &["a: "]);
    assert!(refund.json()["error"].is_string());
}

#[test]
fn a_command_that_was_not_begun_prints_no_document() {
    let place = Place::with_wallets(&["a"]);
    let run = place.opera("pay --from a --to none --amount 1 --json");
    assert_eq!(run.fails(2, &["none"]).out, "");
}
