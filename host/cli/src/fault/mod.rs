//! `opera fault`: sweeps in this process or in several, their files and their tables.

mod jobs;
mod points;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use opera_fault::{Case, Header, Outcome, Point, Shape, Stage, Summary, length};
use serde::Serialize;

use crate::args::{Cli, Sweep};
use crate::failure::{Failed, Failure, bare};
use crate::output::{grouped, json};
pub(crate) use jobs::{CHUNK, run};
use points::Points;

fn case(cli: &Cli, sweep: &Sweep) -> Case {
    Case {
        shape: Shape {
            amount: sweep.amount,
            tokens: sweep.tokens,
            denomination: sweep.denomination,
            profile: cli.profile.into(),
            seed: cli.seed(),
        },
        target: sweep.target.into(),
        kind: sweep.kind.into(),
        recovery: sweep.recover.into(),
        second: sweep.second,
    }
}

/// The clocks of a shard, in chunks: chunk c is of shard c modulo N.
fn chunks(sweep: &Sweep, to: u64) -> Vec<BTreeSet<u64>> {
    let (part, of) = sweep.shard;
    let clocks: Vec<u64> = (sweep.from.max(1)..=to)
        .step_by(sweep.every as usize)
        .collect();
    clocks
        .chunks(CHUNK)
        .zip(0..)
        .filter(|(_, number)| number % of == part - 1)
        .map(|(chunk, _)| chunk.iter().copied().collect())
        .collect()
}

#[derive(Serialize)]
struct Document {
    command: &'static str,
    target: &'static str,
    kind: &'static str,
    profile: &'static str,
    seed: u64,
    amount: u32,
    from: u64,
    to: u64,
    every: u64,
    shard: String,
    points: u64,
    /// Different states that survived; every other point has its answer from an equal one.
    distinct_states: usize,
    outcomes: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
    /// Second faults, by the stage that the recovery began from; absent without `--second`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pairs: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
    bad: Vec<Point>,
}

pub(crate) fn sweep(cli: &Cli, sweep: &Sweep) -> Result<String, Failed> {
    let case = case(cli, sweep);
    case.check().map_err(|error| bare(Failure::usage(error)))?;
    if sweep.worker {
        return jobs::worker(&case).map_err(bare);
    }
    let whole = length(&case).map_err(|error| bare(Failure::failed(error)))?;
    let to = sweep.to.unwrap_or(whole).min(whole);
    let chunks = chunks(sweep, to);
    if chunks.is_empty() {
        return Err(bare(Failure::usage(format!(
            "no points from clock {} to {to} in shard {}/{}; the payment has {whole} clocks",
            sweep.from, sweep.shard.0, sweep.shard.1
        ))));
    }
    let header = Header {
        sweep: jobs::arguments(cli, &case).join(" "),
        from: sweep.from.max(1),
        to,
        every: sweep.every,
    };
    let mut file = Points::open(sweep.out.as_deref(), header, case.kind).map_err(bare)?;
    let done = file.done();
    let todo: Vec<BTreeSet<u64>> = chunks
        .iter()
        .map(|chunk| chunk.difference(&done).copied().collect())
        .filter(|chunk: &BTreeSet<u64>| !chunk.is_empty())
        .collect();
    let bar = progress_bar(todo.iter().map(|chunk| chunk.len() as u64).sum());
    let start = Instant::now();
    let mut judged = 0;
    run(cli, &case, sweep.jobs, &todo, |points| {
        bar.inc(
            points
                .iter()
                .map(|point| point.clock)
                .collect::<BTreeSet<_>>()
                .len() as u64,
        );
        judged += points
            .iter()
            .map(|point| 1 + point.second.len())
            .sum::<usize>();
        file.add(points)
    })
    .map_err(bare)?;
    bar.finish_and_clear();
    rate(judged, start);
    let points = file.finish().map_err(bare)?;
    let mut summary = Summary::default();
    points.iter().for_each(|point| summary.add(point));
    let bad: Vec<Point> = points.into_iter().filter(Point::is_bad).collect();
    let document = Document {
        command: "fault sweep",
        target: case.target.name(),
        kind: case.kind.name(),
        profile: cli.profile.as_str(),
        seed: cli.seed(),
        amount: sweep.amount,
        from: sweep.from,
        to,
        every: sweep.every,
        shard: format!("{}/{}", sweep.shard.0, sweep.shard.1),
        points: summary.points,
        distinct_states: summary.states.len(),
        outcomes: outcomes(&summary.counts),
        pairs: outcomes(&summary.pairs),
        bad,
    };
    let mut output = if cli.json {
        json(&document)
    } else {
        text(&document)
    };
    if document.bad.is_empty() {
        return Ok(output);
    }
    if !cli.json {
        for point in document.bad.iter().take(20) {
            let _ = writeln!(output, "{}", replay(cli, &case, point));
        }
    }
    if let Some(folder) = &sweep.wave_on_failure {
        waves(case, folder, &document.bad).map_err(|failure| (output.clone(), failure))?;
    }
    let failure = Failure::failed(format!(
        "{} of {} points and pairs are bad",
        summary.bad(),
        summary.points + summary.pairs.values().sum::<u64>()
    ));
    Err((output, failure))
}

/// Says how fast it was to somebody who watches; what differs each time is no part of the output.
pub(crate) fn rate(judged: usize, start: Instant) {
    if !io::stderr().is_terminal() {
        return;
    }
    let seconds = start.elapsed().as_secs_f64();
    eprintln!(
        "{} points and pairs judged in {seconds:.1} s, {:.0} a second",
        grouped(judged as u64),
        judged as f64 / seconds.max(1e-3)
    );
}

pub(crate) fn progress_bar(points: u64) -> ProgressBar {
    progress_bar_of(points, "clocks")
}

pub(crate) fn progress_bar_of(points: u64, what: &str) -> ProgressBar {
    let bar = ProgressBar::new(points);
    let template = format!("{{wide_bar}} {{pos}}/{{len}} {what}, {{per_sec}}, {{eta}} left");
    if let Ok(style) = ProgressStyle::with_template(&template) {
        bar.set_style(style);
    }
    bar
}

fn outcomes(
    counts: &BTreeMap<(Stage, Outcome), u64>,
) -> BTreeMap<&'static str, BTreeMap<&'static str, u64>> {
    let mut table: BTreeMap<&'static str, BTreeMap<&'static str, u64>> = BTreeMap::new();
    for ((stage, outcome), count) in counts {
        table
            .entry(stage.name())
            .or_default()
            .insert(outcome.name(), *count);
    }
    table
}

fn text(document: &Document) -> String {
    let mut text = format!(
        "fault sweep: {} of {}, every {} clocks from {} to {}, shard {}\n\n",
        document.kind, document.target, document.every, document.from, document.to, document.shard,
    );
    text += &table("stage", &document.outcomes);
    let mut pairs = 0;
    if !document.pairs.is_empty() {
        pairs = document.pairs.values().flat_map(BTreeMap::values).sum();
        text += "\n";
        text += &table("then from", &document.pairs);
    }
    let judged = document.points + pairs;
    let _ = write!(text, "\n{} points, ", grouped(document.points));
    if pairs > 0 {
        let _ = write!(text, "{} pairs with a second fault, ", grouped(pairs));
    }
    let _ = writeln!(
        text,
        "{} different states judged, {} answered by an equal state, {} bad",
        grouped(document.distinct_states as u64),
        grouped(judged - document.distinct_states as u64),
        document.bad.len()
    );
    text
}

/// Stages down, outcomes across; bad outcomes only where there are any.
fn table(head: &str, rows: &BTreeMap<&'static str, BTreeMap<&'static str, u64>>) -> String {
    let there = |outcome: &Outcome| rows.values().any(|row| row.contains_key(outcome.name()));
    let shown = Outcome::ALL.into_iter();
    let columns: Vec<Outcome> = shown.filter(|o| !o.is_bad() || there(o)).collect();
    let mut text = format!("{head:<10}");
    for outcome in &columns {
        let _ = write!(text, " {:>11}", outcome.name());
    }
    text.push('\n');
    for (stage, row) in rows {
        let _ = write!(text, "{stage:<10}");
        for outcome in &columns {
            let count = row.get(outcome.name()).copied().unwrap_or(0);
            let _ = write!(text, " {:>11}", grouped(count));
        }
        text.push('\n');
    }
    text
}

/// The command that does one point, with its second faults, again, with its waves.
fn replay(cli: &Cli, case: &Case, point: &Point) -> String {
    let second = point.second.iter().find(|second| second.outcome.is_bad());
    let (outcome, why) = match second {
        Some(second) if !point.outcome.is_bad() => (second.outcome, &second.why),
        _ => (point.outcome, &point.why),
    };
    let mut line = format!("clock {} ({})", point.clock, point.tear);
    if let Some(second) = second {
        let target = second.target.name();
        let _ = write!(
            line,
            ", then {target} at {} ({})",
            second.clock, second.tear
        );
    }
    let why = why.as_deref().unwrap_or("");
    let _ = write!(line, ": {}: {why}\n  opera ", outcome.name());
    line += &jobs::arguments(cli, case).join(" ");
    let clock = point.clock;
    let _ = write!(line, " --from {clock} --to {clock} --wave-on-failure waves");
    line
}

/// Waves of bad points, at most 20.
fn waves(case: Case, folder: &Path, bad: &[Point]) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|error| {
        Failure::usage(format!("{}: cannot be made: {error}", folder.display()))
    })?;
    let sweep = opera_fault::Sweep::new(case).map_err(Failure::failed)?;
    for point in bad.iter().take(20) {
        let path = folder.join(format!("{}-{}.fst", point.clock, point.tear));
        sweep.replay(point, &path).map_err(Failure::failed)?;
    }
    Ok(())
}

#[derive(Serialize)]
struct Merge {
    command: &'static str,
    files: usize,
    points: u64,
    distinct_states: usize,
    outcomes: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pairs: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
    bad: u64,
}

pub(crate) fn merge(cli: &Cli, files: &[PathBuf]) -> Result<String, Failed> {
    let merged = opera_fault::merge(files).map_err(|error| bare(Failure::failed(error)))?;
    let mut summary = Summary::default();
    merged.points.iter().for_each(|point| summary.add(point));
    let document = Merge {
        command: "fault merge",
        files: files.len(),
        points: summary.points,
        distinct_states: summary.states.len(),
        outcomes: outcomes(&summary.counts),
        pairs: outcomes(&summary.pairs),
        bad: summary.bad(),
    };
    let output = if cli.json {
        json(&document)
    } else {
        format!(
            "{} points in {} files, none missing or double; {} pairs with a second fault; {} different states; {} bad\n",
            grouped(document.points),
            document.files,
            grouped(summary.pairs.values().sum()),
            grouped(document.distinct_states as u64),
            document.bad
        )
    };
    if document.bad > 0 {
        return Err((
            output,
            Failure::failed(format!("{} points are bad", document.bad)),
        ));
    }
    Ok(output)
}
