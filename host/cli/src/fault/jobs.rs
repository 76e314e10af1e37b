//! The points of a case, from this process or from several.

use std::collections::BTreeSet;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;

use opera_fault::{Case, Point, Sweep};

use crate::args::Cli;
use crate::failure::Failure;

/// Clocks in a row that one process does in one run of the payment.
pub(crate) const CHUNK: usize = 512;

/// The arguments of `opera` that name a case.
pub(crate) fn arguments(cli: &Cli, case: &Case) -> Vec<String> {
    let shape = &case.shape;
    let mut words = vec!["fault".to_owned(), "sweep".to_owned()];
    let mut add = |name: &str, value: &dyn std::fmt::Display| {
        words.push(format!("--{name}"));
        words.push(value.to_string());
    };
    add("seed", &shape.seed);
    add("profile", &cli.profile.as_str());
    add("amount", &shape.amount);
    if let Some(tokens) = shape.tokens {
        add("tokens", &tokens);
    }
    if let Some(value) = shape.denomination {
        add("denomination", &value);
    }
    add("target", &case.target.name());
    add("kind", &case.kind.name());
    add("recover", &case.recovery.name());
    if case.second > 0 {
        add("second", &case.second);
    }
    words
}

/// Gives `each` the points of all chunks, chunk by chunk, in no order when there are several jobs.
pub(crate) fn run(
    cli: &Cli,
    case: &Case,
    jobs: u64,
    chunks: &[BTreeSet<u64>],
    mut each: impl FnMut(Vec<Point>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    if jobs > 1 {
        return side_by_side(cli, case, jobs as usize, chunks, each);
    }
    let mut sweep = Sweep::new(*case).map_err(Failure::failed)?;
    for chunk in chunks {
        each(sweep.points(chunk).map_err(Failure::failed)?)?;
    }
    Ok(())
}

/// What a job does: reads chunks, a JSON list a line, and prints the points of each as a line.
pub(crate) fn worker(case: &Case) -> Result<String, Failure> {
    let mut sweep = Sweep::new(*case).map_err(Failure::failed)?;
    for line in io::stdin().lock().lines() {
        let line = line.map_err(|error| Failure::usage(format!("standard input: {error}")))?;
        let chunk: BTreeSet<u64> = serde_json::from_str(&line).map_err(|error| {
            Failure::usage(format!("standard input: no list of clocks: {error}"))
        })?;
        let points = sweep.points(&chunk).map_err(Failure::failed)?;
        let text = serde_json::to_string(&points).map_err(Failure::failed)?;
        let mut out = io::stdout().lock();
        writeln!(out, "{text}")
            .and_then(|()| out.flush())
            .map_err(|error| Failure::failed(format!("standard output: {error}")))?;
    }
    Ok(String::new())
}

/// Runs several workers; chunk c is of worker c modulo their number.
fn side_by_side(
    cli: &Cli,
    case: &Case,
    jobs: usize,
    chunks: &[BTreeSet<u64>],
    mut each: impl FnMut(Vec<Point>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let own = std::env::current_exe()
        .map_err(|error| Failure::failed(format!("the command cannot find itself: {error}")))?;
    let (send, receive) = mpsc::channel::<Result<Vec<Point>, String>>();
    let mut workers = Vec::new();
    for job in 0..jobs.min(chunks.len()) {
        let mut lines = String::new();
        for chunk in chunks.iter().skip(job).step_by(jobs) {
            lines += &serde_json::to_string(chunk).map_err(Failure::failed)?;
            lines.push('\n');
        }
        let mut child = Command::new(&own)
            .args(arguments(cli, case))
            .arg("--worker")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| Failure::failed(format!("a worker cannot be started: {error}")))?;
        if let Some(mut stdin) = child.stdin.take() {
            // A worker that does not take its clocks says why when it ends.
            std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
        }
        let output = child.stdout.take().map(BufReader::new);
        let send = send.clone();
        std::thread::spawn(move || {
            for line in output.into_iter().flat_map(BufRead::lines) {
                let points = line.map_err(|error| error.to_string()).and_then(|line| {
                    serde_json::from_str(&line).map_err(|error| error.to_string())
                });
                if send.send(points).is_err() {
                    return;
                }
            }
        });
        workers.push(child);
    }
    drop(send);
    let taken = receive.into_iter().try_for_each(|points| match points {
        Ok(points) => each(points),
        Err(error) => Err(Failure::failed(format!(
            "a worker said something else: {error}"
        ))),
    });
    let ended = end(workers, taken.is_err());
    taken.and(ended)
}

/// Waits for the workers, or stops them: the points that were kept stay.
fn end(workers: Vec<Child>, stop: bool) -> Result<(), Failure> {
    let mut failed = Ok(());
    for mut worker in workers {
        if stop {
            let _ = worker.kill();
        }
        let output = worker
            .wait_with_output()
            .map_err(|error| Failure::failed(format!("a worker cannot be awaited: {error}")))?;
        if !output.status.success() && failed.is_ok() {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            failed = Err(Failure::failed(format!("a worker failed: {said}")));
        }
    }
    failed
}
