//! The points of a sweep in a file, one JSON line each below a line that names the sweep, and the merge
//! of several files.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::case::Target;
use crate::judge::Outcome;

/// Where in the protocol the fault struck.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
pub enum Stage {
    /// Before the first message of Stage 2.
    #[serde(rename = "Stage 1")]
    One,
    /// From Msg.2-1 on.
    #[serde(rename = "Stage 2")]
    Two,
    /// From Msg.3-1 on.
    #[serde(rename = "Stage 3")]
    Three,
}

impl Stage {
    /// Name in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::One => "Stage 1",
            Self::Two => "Stage 2",
            Self::Three => "Stage 3",
        }
    }
}

/// Which points a sweep has: the first line of its files, the same in those of all its shards.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// The words of the command line that name the case.
    pub sweep: String,
    /// First clock.
    pub from: u64,
    /// Last clock.
    pub to: u64,
    /// Clocks between two points.
    pub every: u64,
}

/// One point of a sweep.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Clock since the plug, of the wallet that the target names.
    pub clock: u64,
    /// Content of the torn word: `-` none was being written, `old`, `new`, or its value.
    pub tear: String,
    /// Where in the protocol.
    pub stage: Stage,
    /// Name of the state that survived.
    pub state: String,
    /// Where the recovery takes it up.
    pub from: Stage,
    /// What became of it.
    pub outcome: Outcome,
    /// The reason, for a bad one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Second faults, each alone, in the recovery from this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub second: Vec<Second>,
}

impl Point {
    /// Whether its outcome, or that of one of its second faults, must never be.
    #[must_use]
    pub fn is_bad(&self) -> bool {
        let mut second = self.second.iter();
        self.outcome.is_bad() || second.any(|second| second.outcome.is_bad())
    }
}

/// A second fault, of the same kind, in the first mount of the recovery.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Second {
    /// What it was done to.
    pub target: Target,
    /// Clock of the recovery, of the wallet that the target names.
    pub clock: u64,
    /// As in [`Point`].
    pub tear: String,
    /// Name of the state that survived both.
    pub state: String,
    /// What became of it.
    pub outcome: Outcome,
    /// The reason, for a bad one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Why files of points cannot be used.
#[derive(Debug)]
#[non_exhaustive]
pub enum MergeError {
    /// A file cannot be read.
    Read(PathBuf, io::Error),
    /// The first line does not name a sweep.
    Header(PathBuf),
    /// Two files are of different sweeps.
    Different(PathBuf),
    /// A line is no point.
    Line(PathBuf, usize, String),
    /// The same point stands in the files twice, with different outcomes or at all.
    Double(u64, String),
    /// A point that should be there is not.
    Missing(u64),
}

impl fmt::Display for MergeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Header(path) => write!(
                f,
                "{}, line 1: names no sweep; take the file away and sweep again",
                path.display()
            ),
            Self::Different(path) => write!(
                f,
                "{}: of another sweep than the files before it; its first line says which",
                path.display()
            ),
            Self::Line(path, line, error) => write!(
                f,
                "{}, line {line}: not a point of a sweep: {error}; take the file away and sweep again",
                path.display()
            ),
            Self::Double(clock, tear) => {
                write!(f, "the point at clock {clock}, tear {tear}, is there twice")
            }
            Self::Missing(clock) => write!(
                f,
                "no point at clock {clock}: a shard is missing or was stopped; run it again with the same --out"
            ),
        }
    }
}

impl std::error::Error for MergeError {}

/// Reads a file of points. A last line that was cut off in the middle is left out.
///
/// # Errors
/// When it cannot be read or holds something else.
pub fn read_points(path: &Path) -> Result<(Header, Vec<Point>), MergeError> {
    let read = |error| MergeError::Read(path.to_owned(), error);
    let mut lines = BufReader::new(File::open(path).map_err(read)?)
        .lines()
        .enumerate()
        .peekable();
    let header = match lines.next() {
        Some((_, line)) => serde_json::from_str(&line.map_err(read)?).ok(),
        None => None,
    };
    let header = header.ok_or_else(|| MergeError::Header(path.to_owned()))?;
    let mut points = Vec::new();
    while let Some((number, line)) = lines.next() {
        let line = line.map_err(read)?;
        match serde_json::from_str(&line) {
            Ok(point) => points.push(point),
            Err(_) if lines.peek().is_none() => {}
            Err(error) => {
                return Err(MergeError::Line(
                    path.to_owned(),
                    number + 1,
                    error.to_string(),
                ));
            }
        }
    }
    Ok((header, points))
}

/// All points of some files, in order.
#[derive(Clone, Debug, Default)]
pub struct Merged {
    /// The points, by clock and tear.
    pub points: Vec<Point>,
}

/// Puts the files of a sweep's shards together.
///
/// # Errors
/// When files are of different sweeps, a point is there twice, or a clock of the sweep has none.
pub fn merge(files: &[PathBuf]) -> Result<Merged, MergeError> {
    let mut sweep: Option<Header> = None;
    let mut all = BTreeMap::new();
    for path in files {
        let (header, points) = read_points(path)?;
        if *sweep.get_or_insert_with(|| header.clone()) != header {
            return Err(MergeError::Different(path.clone()));
        }
        for point in points {
            let key = (point.clock, point.tear.clone());
            if all.insert(key, point.clone()).is_some() {
                return Err(MergeError::Double(point.clock, point.tear));
            }
        }
    }
    if let Some(Header {
        from, to, every, ..
    }) = sweep
    {
        let there: BTreeSet<u64> = all.keys().map(|(clock, _)| *clock).collect();
        let mut wanted = (from..=to).step_by(every.max(1) as usize);
        if let Some(missing) = wanted.find(|clock| !there.contains(clock)) {
            return Err(MergeError::Missing(missing));
        }
    }
    Ok(Merged {
        points: all.into_values().collect(),
    })
}
