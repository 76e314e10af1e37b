//! The file of a sweep's points.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use opera_fault::{Header, Point, read_points};

use crate::failure::Failure;

/// The points of a sweep, kept in a file as they come.
pub(crate) struct Points {
    header: Header,
    path: Option<PathBuf>,
    file: Option<File>,
    all: Vec<Point>,
}

impl Points {
    /// Opens the file of a sweep, a new one or one that was begun.
    pub(crate) fn open(
        path: Option<&Path>,
        header: Header,
        kind: opera_fault::Kind,
    ) -> Result<Self, Failure> {
        let Some(path) = path else {
            return Ok(Self {
                header,
                path: None,
                file: None,
                all: Vec::new(),
            });
        };
        let mut all = if path.exists() {
            let (other, points) = read_points(path).map_err(Failure::usage)?;
            if other != header {
                return Err(Failure::usage(format!(
                    "{}: holds points of another sweep ({} --from {} --to {} --every {}); name another file",
                    path.display(),
                    other.sweep,
                    other.from,
                    other.to,
                    other.every
                )));
            }
            points
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
            header,
            path: Some(path.to_owned()),
            file: None,
            all: Vec::new(),
        };
        points.file = Some(File::create(path).map_err(|error| points.refused(&error))?);
        let head = points.head()?;
        if let Some(file) = &mut points.file {
            file.write_all(head.as_bytes())
                .map_err(|error| points.refused(&error))?;
        }
        points.add(all)?;
        Ok(points)
    }

    fn head(&self) -> Result<String, Failure> {
        let line = serde_json::to_string(&self.header).map_err(Failure::failed)?;
        Ok(line + "\n")
    }

    fn refused(&self, error: &io::Error) -> Failure {
        let path = self.path.as_deref().unwrap_or(Path::new("-"));
        Failure::usage(format!("{}: cannot be written: {error}", path.display()))
    }

    /// Clocks whose points are there.
    pub(crate) fn done(&self) -> BTreeSet<u64> {
        self.all.iter().map(|point| point.clock).collect()
    }

    pub(crate) fn add(&mut self, points: Vec<Point>) -> Result<(), Failure> {
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
    pub(crate) fn finish(mut self) -> Result<Vec<Point>, Failure> {
        self.all
            .sort_by(|a, b| (a.clock, order(a)).cmp(&(b.clock, order(b))));
        if let Some(path) = &self.path {
            let text = self.head()? + &lines(&self.all)?;
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
