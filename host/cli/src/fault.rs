//! `opera fault`: sweeps in this process or in several, their files and their tables.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;

use indicatif::{ProgressBar, ProgressStyle};
use opera_fault::{Case, Outcome, Point, Shape, Stage, Summary, length, read_points};
use serde::Serialize;

use crate::args::{Cli, Sweep};
use crate::failure::Failure;
use crate::output::{grouped, json};

/// Points in a row that one process does in one run of the payment.
const CHUNK: u64 = 512;

type Failed = (String, Failure);

fn bare(failure: Failure) -> Failed {
    (String::new(), failure)
}

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
    }
}

/// The clocks of a shard, in chunks: chunk c is of shard c modulo N.
fn chunks(sweep: &Sweep, to: u64) -> Vec<BTreeSet<u64>> {
    let (part, of) = sweep.shard;
    let clocks: Vec<u64> = (sweep.from.max(1)..=to)
        .step_by(sweep.every as usize)
        .collect();
    clocks
        .chunks(CHUNK as usize)
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
    bad: Vec<Point>,
}

pub(crate) fn sweep(cli: &Cli, sweep: &Sweep) -> Result<String, Failed> {
    let case = case(cli, sweep);
    case.check().map_err(|error| bare(Failure::usage(error)))?;
    if let (true, Some(to)) = (sweep.worker, sweep.to) {
        // Whoever started this has measured the payment.
        return worker(case, &chunks(sweep, to));
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
    let mut file = Points::open(sweep.out.as_deref(), case.kind).map_err(bare)?;
    let done = file.done();
    let todo: Vec<BTreeSet<u64>> = chunks
        .iter()
        .map(|chunk| chunk.difference(&done).copied().collect())
        .filter(|chunk: &BTreeSet<u64>| !chunk.is_empty())
        .collect();
    let bar = progress_bar(todo.iter().map(|chunk| chunk.len() as u64).sum());
    if sweep.jobs == 1 {
        let mut one =
            opera_fault::Sweep::new(case).map_err(|error| bare(Failure::failed(error)))?;
        for chunk in &todo {
            let points = one
                .points(chunk)
                .map_err(|error| bare(Failure::failed(error)))?;
            bar.inc(chunk.len() as u64);
            file.add(points).map_err(bare)?;
        }
    } else {
        side_by_side(cli, sweep, to, &done, &mut file, &bar).map_err(bare)?;
    }
    bar.finish_and_clear();
    let points = file.finish().map_err(bare)?;
    let mut summary = Summary::default();
    points.iter().for_each(|point| summary.add(point));
    let bad: Vec<Point> = points
        .into_iter()
        .filter(|point| point.outcome.is_bad())
        .collect();
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
        outcomes: outcomes(&summary),
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
            let _ = writeln!(output, "{}", replay(cli, sweep, point));
        }
    }
    if let Some(folder) = &sweep.wave_on_failure {
        waves(case, folder, &document.bad).map_err(|failure| (output.clone(), failure))?;
    }
    let failure = Failure::failed(format!(
        "{} of {} points are bad",
        summary.bad(),
        summary.points
    ));
    Err((output, failure))
}

fn progress_bar(points: u64) -> ProgressBar {
    let bar = ProgressBar::new(points);
    if let Ok(style) =
        ProgressStyle::with_template("{wide_bar} {pos}/{len} clocks, {per_sec}, {eta} left")
    {
        bar.set_style(style);
    }
    bar
}

fn outcomes(summary: &Summary) -> BTreeMap<&'static str, BTreeMap<&'static str, u64>> {
    let mut table: BTreeMap<&'static str, BTreeMap<&'static str, u64>> = BTreeMap::new();
    for ((stage, outcome), count) in &summary.counts {
        table
            .entry(stage.name())
            .or_default()
            .insert(outcome.name(), *count);
    }
    table
}

fn text(document: &Document) -> String {
    let mut text = format!(
        "fault sweep: {} of {}, every {} clocks from {} to {}, shard {}\n\n{:<10}",
        document.kind,
        document.target,
        document.every,
        document.from,
        document.to,
        document.shard,
        "stage"
    );
    let shown = |outcome: &Outcome| {
        !outcome.is_bad()
            || document
                .outcomes
                .values()
                .any(|row| row.contains_key(outcome.name()))
    };
    let columns: Vec<Outcome> = Outcome::ALL.into_iter().filter(shown).collect();
    for outcome in &columns {
        let _ = write!(text, " {:>11}", outcome.name());
    }
    text.push('\n');
    for stage in [Stage::One, Stage::Two, Stage::Three] {
        let Some(row) = document.outcomes.get(stage.name()) else {
            continue;
        };
        let _ = write!(text, "{:<10}", stage.name());
        for outcome in &columns {
            let count = row.get(outcome.name()).copied().unwrap_or(0);
            let _ = write!(text, " {:>11}", grouped(count));
        }
        text.push('\n');
    }
    let _ = writeln!(
        text,
        "\n{} points, {} different states judged, {} points answered by an equal state, {} bad",
        grouped(document.points),
        grouped(document.distinct_states as u64),
        grouped(document.points - document.distinct_states as u64),
        document.bad.len()
    );
    text
}

/// The command that does one point again, with its waves.
fn replay(cli: &Cli, sweep: &Sweep, point: &Point) -> String {
    let case = case(cli, sweep);
    let mut line = format!(
        "clock {} ({}): {}: {}\n  opera fault sweep --seed {} --profile {} --amount {}",
        point.clock,
        point.tear,
        point.outcome.name(),
        point.why.as_deref().unwrap_or(""),
        cli.seed(),
        cli.profile.as_str(),
        sweep.amount
    );
    if let (Some(tokens), Some(value)) = (sweep.tokens, sweep.denomination) {
        let _ = write!(line, " --tokens {tokens} --denomination {value}");
    }
    let _ = write!(
        line,
        " --target {} --kind {} --from {} --to {} --wave-on-failure waves",
        case.target.name(),
        case.kind.name(),
        point.clock,
        point.clock
    );
    line
}

/// Waves of bad points, at most 20.
fn waves(case: Case, folder: &Path, bad: &[Point]) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|error| {
        Failure::usage(format!("{}: cannot be made: {error}", folder.display()))
    })?;
    let mut sweep = opera_fault::Sweep::new(case).map_err(Failure::failed)?;
    for point in bad.iter().take(20) {
        let path = folder.join(format!("{}-{}.fst", point.clock, point.tear));
        sweep
            .replay(point.clock, &point.tear, &path)
            .map_err(Failure::failed)?;
    }
    Ok(())
}

/// Prints the points of some chunks as lines.
fn worker(case: Case, chunks: &[BTreeSet<u64>]) -> Result<String, Failed> {
    let stopped = |error: io::Error| bare(Failure::failed(format!("standard output: {error}")));
    let mut one = opera_fault::Sweep::new(case).map_err(|error| bare(Failure::failed(error)))?;
    for chunk in chunks {
        let points = one
            .points(chunk)
            .map_err(|error| bare(Failure::failed(error)))?;
        let mut out = io::stdout().lock();
        for point in points {
            let line = serde_json::to_string(&point).map_err(|error| stopped(error.into()))?;
            writeln!(out, "{line}").map_err(stopped)?;
        }
        out.flush().map_err(stopped)?;
    }
    Ok(String::new())
}

/// Runs several workers and keeps what they print.
fn side_by_side(
    cli: &Cli,
    sweep: &Sweep,
    to: u64,
    done: &BTreeSet<u64>,
    file: &mut Points,
    bar: &ProgressBar,
) -> Result<(), Failure> {
    let own = std::env::current_exe()
        .map_err(|error| Failure::failed(format!("the command cannot find itself: {error}")))?;
    let (part, of) = sweep.shard;
    let (send, receive) = mpsc::channel::<Result<Point, String>>();
    let mut children = Vec::new();
    for job in 0..sweep.jobs {
        let mut command = Command::new(&own);
        command.args([
            "fault",
            "sweep",
            "--worker",
            "--seed",
            &cli.seed().to_string(),
        ]);
        command.args([
            "--profile",
            cli.profile.as_str(),
            "--amount",
            &sweep.amount.to_string(),
        ]);
        if let Some(tokens) = sweep.tokens {
            command.args(["--tokens", &tokens.to_string()]);
        }
        if let Some(value) = sweep.denomination {
            command.args(["--denomination", &value.to_string()]);
        }
        let case = case(cli, sweep);
        command.args(["--target", case.target.name(), "--kind", case.kind.name()]);
        command.args(["--recover", case.recovery.name()]);
        command.args([
            "--every",
            &sweep.every.to_string(),
            "--from",
            &sweep.from.to_string(),
        ]);
        command.args(["--to", &to.to_string()]);
        // Chunk c of shard I/N is of job j when it is also of shard (I + N*j)/(N*J).
        let shard = format!("{}/{}", part + of * job, of * sweep.jobs);
        command.args(["--shard", &shard]);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| Failure::failed(format!("a worker cannot be started: {error}")))?;
        let lines = child.stdout.take().map(BufReader::new);
        let send = send.clone();
        std::thread::spawn(move || {
            for line in lines.into_iter().flat_map(BufRead::lines) {
                let point = line.map_err(|error| error.to_string()).and_then(|line| {
                    serde_json::from_str(&line).map_err(|error| error.to_string())
                });
                if send.send(point).is_err() {
                    return;
                }
            }
        });
        children.push(child);
    }
    drop(send);
    let mut failed = None;
    for point in receive {
        match point {
            // A chunk that was begun is done again as a whole: what is known is not news.
            Ok(point) if done.contains(&point.clock) => {}
            Ok(point) => {
                bar.inc(u64::from(point.tear == "-" || point.tear == "old"));
                if let Err(error) = file.add(vec![point]) {
                    failed = Some(error);
                    break;
                }
            }
            Err(error) => {
                failed = Some(Failure::failed(format!(
                    "a worker said something else: {error}"
                )));
                break;
            }
        }
    }
    for mut child in children {
        if failed.is_some() {
            // Nothing is lost: the points that were kept stay.
            let _ = child.kill();
        }
        let output = child
            .wait_with_output()
            .map_err(|error| Failure::failed(format!("a worker cannot be awaited: {error}")))?;
        if !output.status.success() && failed.is_none() {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            failed = Some(Failure::failed(format!("a worker failed: {said}")));
        }
    }
    failed.map_or(Ok(()), Err)
}

/// The points of a sweep, kept in a file as they come.
struct Points {
    path: Option<PathBuf>,
    file: Option<File>,
    all: Vec<Point>,
}

impl Points {
    fn open(path: Option<&Path>, kind: opera_fault::Kind) -> Result<Self, Failure> {
        let Some(path) = path else {
            return Ok(Self {
                path: None,
                file: None,
                all: Vec::new(),
            });
        };
        let mut all = if path.exists() {
            read_points(path).map_err(Failure::usage)?
        } else {
            Vec::new()
        };
        // A clock whose points were cut short is done again.
        let mut kept = BTreeMap::<u64, usize>::new();
        for point in &all {
            *kept.entry(point.clock).or_default() += 1;
        }
        all.retain(|point| kept.get(&point.clock) == Some(&tears(kind, point)));
        // Written anew, so that a line that was cut off is gone.
        let mut points = Self {
            path: Some(path.to_owned()),
            file: None,
            all: Vec::new(),
        };
        points.file = Some(File::create(path).map_err(|error| points.refused(&error))?);
        points.add(all)?;
        Ok(points)
    }

    fn refused(&self, error: &io::Error) -> Failure {
        let path = self.path.as_deref().unwrap_or(Path::new("-"));
        Failure::usage(format!("{}: cannot be written: {error}", path.display()))
    }

    /// Clocks whose points are there.
    fn done(&self) -> BTreeSet<u64> {
        self.all.iter().map(|point| point.clock).collect()
    }

    fn add(&mut self, points: Vec<Point>) -> Result<(), Failure> {
        let mut text = String::new();
        for point in &points {
            let line = serde_json::to_string(point).map_err(Failure::failed)?;
            text.push_str(&line);
            text.push('\n');
        }
        self.all.extend(points);
        let written = match &mut self.file {
            Some(file) => file.write_all(text.as_bytes()),
            None => Ok(()),
        };
        written.map_err(|error| self.refused(&error))
    }

    /// All points in order; the file has them in order, too.
    fn finish(mut self) -> Result<Vec<Point>, Failure> {
        self.all
            .sort_by(|a, b| (a.clock, order(a)).cmp(&(b.clock, order(b))));
        if let Some(path) = &self.path {
            let text = lines(&self.all)?;
            let mut temporary = path.clone().into_os_string();
            temporary.push(".new");
            fs::write(&temporary, text)
                .and_then(|()| fs::rename(&temporary, path))
                .map_err(|error| self.refused(&error))?;
        }
        Ok(self.all)
    }
}

fn lines(points: &[Point]) -> Result<String, Failure> {
    points.iter().try_fold(String::new(), |text, point| {
        let line = serde_json::to_string(point).map_err(Failure::failed)?;
        Ok(text + &line + "\n")
    })
}

/// Points that there are at the clock of this one.
fn tears(kind: opera_fault::Kind, point: &Point) -> usize {
    match (point.tear.as_str(), kind) {
        ("-", _) => 1,
        (_, opera_fault::Kind::Battery) => 3,
        _ => 2,
    }
}

/// Old before new before garbage.
fn order(point: &Point) -> (u8, &str) {
    match point.tear.as_str() {
        "-" => (0, ""),
        "old" => (1, ""),
        "new" => (2, ""),
        other => (3, other),
    }
}

#[derive(Serialize)]
struct Merge {
    command: &'static str,
    files: usize,
    points: u64,
    distinct_states: usize,
    outcomes: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
    bad: u64,
}

pub(crate) fn merge(cli: &Cli, files: &[PathBuf], every: u64) -> Result<String, Failed> {
    let merged = opera_fault::merge(files, every).map_err(|error| bare(Failure::failed(error)))?;
    let mut summary = Summary::default();
    merged.points.iter().for_each(|point| summary.add(point));
    let document = Merge {
        command: "fault merge",
        files: files.len(),
        points: summary.points,
        distinct_states: summary.states.len(),
        outcomes: outcomes(&summary),
        bad: summary.bad(),
    };
    let output = if cli.json {
        json(&document)
    } else {
        format!(
            "{} points in {} files, none missing or double; {} different states; {} bad\n",
            grouped(document.points),
            document.files,
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
