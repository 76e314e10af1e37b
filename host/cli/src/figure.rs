//! `opera figure 7`: the paper's resilience table, measured.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Instant;

use opera_fault::figure::{EVENTS, FAULTS, Moments, moments};
use opera_fault::{Case, Outcome, Point, Recovery, Shape, Stage};
use serde::Serialize;

use crate::args::{Cli, Resilience};
use crate::failure::{Failed, Failure, bare};
use crate::fault::{CHUNK, progress_bar, rate, run};
use crate::output::{grouped, json};

#[derive(Serialize)]
struct Document {
    command: &'static str,
    profile: &'static str,
    seed: u64,
    amount: u32,
    every: u64,
    events: Vec<Row>,
    bad: Vec<Point>,
}

/// One event, and the clocks from it to the next event of its kind.
#[derive(Serialize)]
struct Row {
    /// The paper's letter; `-` for the clocks before the first event.
    event: char,
    /// The message that begins to be sent.
    message: &'static str,
    target: &'static str,
    kind: &'static str,
    /// Clock of the payer since the plug.
    clock: u64,
    /// What happened at the event itself.
    went_on: String,
    /// Clocks judged from here to the next event, by what happened.
    until_next: BTreeMap<String, u64>,
}

/// What became of a point, in the words of the paper's figure.
fn went_on(from: Stage, outcome: Outcome) -> String {
    match outcome {
        Outcome::Restarted => "restarted from Stage 1".to_owned(),
        Outcome::Resumed => format!("resumed from {}", from.name()),
        Outcome::Finished => "paid already".to_owned(),
        bad => bad.name().to_owned(),
    }
}

pub(crate) fn seven(cli: &Cli, args: &Resilience) -> Result<String, Failed> {
    let shape = Shape {
        amount: args.amount,
        tokens: None,
        denomination: None,
        profile: cli.profile.into(),
        seed: cli.seed(),
    };
    let moments = moments(&shape).map_err(|error| bare(Failure::failed(error)))?;
    let clocks: BTreeSet<u64> = (1..=moments.end)
        .step_by(args.every as usize)
        .chain(moments.events)
        .collect();
    let bar = progress_bar(clocks.len() as u64 * FAULTS.len() as u64);
    let start = Instant::now();
    let clocks: Vec<u64> = clocks.into_iter().collect();
    let chunks: Vec<BTreeSet<u64>> = clocks
        .chunks(CHUNK)
        .map(|chunk| chunk.iter().copied().collect())
        .collect();
    let mut events = Vec::new();
    let mut bad = Vec::new();
    let mut judged = 0;
    for (which, (target, kind)) in FAULTS.into_iter().enumerate() {
        let case = Case {
            shape,
            target,
            kind,
            recovery: Recovery::Resume,
            second: 0,
        };
        let mut points = Vec::new();
        run(cli, &case, args.jobs, &chunks, |chunk| {
            let clocks: BTreeSet<u64> = chunk.iter().map(|point| point.clock).collect();
            bar.inc(clocks.len() as u64);
            points.extend(chunk);
            Ok(())
        })
        .map_err(bare)?;
        judged += points.len();
        events.extend(rows(&case, which, &moments, &points));
        bad.extend(points.into_iter().filter(Point::is_bad));
    }
    bar.finish_and_clear();
    rate(judged, start);
    events.sort_by_key(|row| row.clock);
    let document = Document {
        command: "figure 7",
        profile: cli.profile.as_str(),
        seed: cli.seed(),
        amount: args.amount,
        every: args.every,
        events,
        bad,
    };
    let output = if cli.json {
        json(&document)
    } else {
        text(&document)
    };
    if document.bad.is_empty() {
        return Ok(output);
    }
    let failure = Failure::failed(format!("{} points are bad", document.bad.len()));
    Err((output, failure))
}

/// The rows of one fault.
fn rows(case: &Case, which: usize, moments: &Moments, points: &[Point]) -> Vec<Row> {
    let starts = std::iter::once(1).chain(moments.events);
    let ends = moments.events.into_iter().chain([moments.end + 1]);
    let rows = starts.zip(ends).enumerate().map(|(n, (start, end))| {
        let mut until_next = BTreeMap::<String, u64>::new();
        let mut at = String::new();
        for point in points.iter().filter(|p| (start..end).contains(&p.clock)) {
            let what = went_on(point.from, point.outcome);
            if point.clock == start && !at.contains(&what) {
                // A torn word has several contents; they may end in different ways.
                let and = if at.is_empty() { "" } else { " or " };
                at += &format!("{and}{what}");
            }
            *until_next.entry(what).or_default() += 1;
        }
        let event = n.checked_sub(1).map(|n| &EVENTS[n]);
        Row {
            event: event.map_or('-', |event| event.letters[which]),
            message: event.map_or("plug", |event| event.message),
            target: case.target.name(),
            kind: case.kind.name(),
            clock: start,
            went_on: at,
            until_next,
        }
    });
    rows.collect()
}

fn text(document: &Document) -> String {
    let mut text = format!(
        "Figure 7: what each event of the paper restarts or resumes from; every {} clocks between\n\n\
         event  at        fault               clock  the payment                points from here to the next event\n",
        document.every
    );
    for row in &document.events {
        let all: Vec<String> = row
            .until_next
            .iter()
            .map(|(what, count)| format!("{} {what}", grouped(*count)))
            .collect();
        let fault = format!("{} of {}", row.kind, row.target);
        let _ = writeln!(
            text,
            "{:<6} {:<9} {fault:<16} {:>8}  {:<26} {}",
            row.event,
            row.message,
            grouped(row.clock),
            row.went_on,
            all.join(", ")
        );
    }
    let points: u64 = document
        .events
        .iter()
        .flat_map(|row| row.until_next.values())
        .sum();
    let _ = writeln!(
        text,
        "\n{} points, {} bad. The paper's text names the letters, not the messages: see ARCHITECTURE.md.",
        grouped(points),
        document.bad.len()
    );
    text
}
