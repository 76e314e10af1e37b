//! `opera fault`: sampled sweeps of every target and kind, shards, jobs, resumption, and merge.

mod common;

use common::Place;

/// Around the end of Stage 1 and the first token of a payment of two.
const RANGE: &str = "--from 29000 --to 36000";

#[test]
fn no_sampled_point_of_any_fault_is_bad() {
    let place = Place::new();
    for (target, kind, every) in [
        ("payer", "battery", 1009),
        ("payee", "battery", 1013),
        ("both", "battery", 1019),
        ("payer", "reset", 4001),
        ("payee", "reset", 4003),
        ("payer", "brownout", 20_011),
        ("payee", "brownout", 20_011),
        ("link", "unmount", 2003),
        ("link", "glitch", 4007),
    ] {
        let line = format!(
            "fault sweep --amount 20 --target {target} --kind {kind} --every {every} --json"
        );
        let document = place.opera(&line).ok().json();
        assert!(document["points"].as_u64().unwrap() >= 2, "{target} {kind}");
        assert_eq!(document["bad"].as_array().unwrap().len(), 0);
    }
}

#[test]
fn every_clock_around_a_stage_is_good() {
    let place = Place::new();
    let line = "fault sweep --target payer --from 34500 --to 35100 --json";
    let document = place.opera(line).ok().json();
    let points = document["points"].as_u64().unwrap();
    assert!(points > 601, "{points} points: no word was torn");
    // Each torn word left as garbage is a state that no clean cut leaves.
    let states = document["distinct_states"].as_u64().unwrap();
    assert!(states > (points - 601) / 2, "{states} states");
}

#[test]
fn a_refund_after_a_cut_gives_the_tokens_back_or_the_payment_goes_through() {
    let place = Place::new();
    let line = "fault sweep --target payee --recover refund --every 1511 --json";
    let document = place.opera(line).ok().json();
    let outcomes = &document["outcomes"];
    assert!(
        outcomes["Stage 2"]["refunded"].as_u64().unwrap() > 0,
        "{outcomes}"
    );
    assert!(
        outcomes["Stage 3"]["resumed"].as_u64().unwrap() > 0,
        "{outcomes}"
    );
}

#[test]
fn shards_and_jobs_give_the_points_of_one_sweep() {
    let place = Place::new();
    let sweep = format!("fault sweep --target both {RANGE} --every 13");
    place.opera(&format!("{sweep} --out whole.jsonl")).ok();
    place
        .opera(&format!("{sweep} --out jobs.jsonl --jobs 2"))
        .ok();
    for part in 1..=2 {
        place
            .opera(&format!("{sweep} --out part{part}.jsonl --shard {part}/2"))
            .ok();
    }
    assert!(place.read("whole.jsonl") == place.read("jobs.jsonl"));
    let merged = place.opera("fault merge part1.jsonl part2.jsonl --every 13 --json");
    let merged = merged.ok().json();
    let lines = place
        .read("whole.jsonl")
        .iter()
        .filter(|b| **b == b'\n')
        .count();
    assert_eq!(merged["points"], lines);
    place
        .opera("fault merge whole.jsonl part1.jsonl --every 13")
        .fails(1, &["is there twice"]);

    // A sweep that was killed goes on where it was, whatever its last line looks like.
    let mut cut = place.read("whole.jsonl");
    cut.truncate(cut.len() / 2);
    std::fs::write(place.path("cut.jsonl"), &cut).unwrap();
    place.opera(&format!("{sweep} --out cut.jsonl")).ok();
    assert!(place.read("whole.jsonl") == place.read("cut.jsonl"));
    let half: Vec<u8> = place
        .read("whole.jsonl")
        .split_inclusive(|b| *b == b'\n')
        .skip(40)
        .flatten()
        .copied()
        .collect();
    let mut holed: Vec<u8> = place
        .read("whole.jsonl")
        .split_inclusive(|b| *b == b'\n')
        .take(30)
        .flatten()
        .copied()
        .collect();
    holed.extend(half);
    std::fs::write(place.path("holed.jsonl"), holed).unwrap();
    place
        .opera("fault merge holed.jsonl --every 13")
        .fails(1, &["no point at clock"]);
}

#[test]
fn a_fault_that_cannot_be_is_refused() {
    let place = Place::new();
    for (line, words) in [
        (
            "--target link --kind battery",
            &["the connector has no battery", "unmount"][..],
        ),
        ("--target payer --kind unmount", &["--target link"]),
        ("--shard 3/2", &["I/N"]),
        ("--from 10000000", &["no points", "the payment has"]),
    ] {
        place.opera(&format!("fault sweep {line}")).fails(2, words);
    }
}
