//! `opera fault` and `opera figure 7`: shards, jobs, resumption, merge. Samples of every target and
//! kind are swept by `testbench/sweep.sh`.

mod common;

use common::Place;

/// Around the end of Stage 1 and the first token of a payment of two.
const RANGE: &str = "--from 33400 --to 40600";

#[test]
fn second_faults_in_the_recovery_are_good_and_counted_apart() {
    let place = Place::new();
    let line = "fault sweep --target both --from 39250 --to 39251 --second 6 --json";
    let document = place.opera(line).ok().json();
    let pairs: u64 = document["pairs"]["Stage 2"]
        .as_object()
        .unwrap()
        .values()
        .map(|count| count.as_u64().unwrap())
        .sum();
    assert!(pairs >= 12, "{document}");
    let again = place.opera(&format!("{line} --jobs 2")).ok().json();
    assert_eq!(document, again);
}

#[test]
fn figure_7_restarts_stage_1_and_resumes_all_that_follows() {
    let place = Place::new();
    let document = place.opera("figure 7 --every 20011 --json").ok().json();
    let events = document["events"].as_array().unwrap();
    let lettered = events.iter().filter(|event| event["event"] != "-");
    let mut letters = String::new();
    for event in lettered {
        let letter = event["event"].as_str().unwrap();
        letters += letter;
        let expected = match letter {
            "a" | "b" | "c" | "d" => "restarted from Stage 1",
            "m" | "n" => "resumed from Stage 3",
            _ => "resumed from Stage 2",
        };
        assert_eq!(event["went_on"], expected, "{event}");
    }
    assert_eq!(letters, "abcdefghijklmn");
}

#[test]
fn every_clock_around_a_stage_is_good() {
    let place = Place::new();
    let line = "fault sweep --target payer --from 42500 --to 43100 --json";
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
    let merged = place.opera("fault merge part1.jsonl part2.jsonl --json");
    let merged = merged.ok().json();
    let lines = place
        .read("whole.jsonl")
        .iter()
        .filter(|b| **b == b'\n')
        .count();
    assert_eq!(
        merged["points"],
        lines - 1,
        "the first line names the sweep"
    );
    // The first and the last run of points are missed, too.
    for part in 1..=2 {
        let only = format!("fault merge part{part}.jsonl");
        place.opera(&only).fails(1, &["no point at clock"]);
    }
    let other = format!("fault sweep --target payer {RANGE} --every 1301 --out other.jsonl");
    place.opera(&other).ok();
    place
        .opera("fault merge part1.jsonl other.jsonl")
        .fails(1, &["other.jsonl", "another sweep"]);
    place
        .opera(&format!("{sweep} --out other.jsonl"))
        .fails(2, &["other.jsonl", "another sweep", "name another file"]);
    place
        .opera("fault merge whole.jsonl part1.jsonl")
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
        .opera("fault merge holed.jsonl")
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
