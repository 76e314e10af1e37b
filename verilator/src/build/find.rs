//! Finds Verilator, its runtime and its version; the order is in the module above.

use super::{BuildError, OLDEST};
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A Verilator that is new enough.
pub(super) struct Verilator {
    program: String,
    root: PathBuf,
    /// Whether the program has to be told its root. Debian's wrapper must not be: it would look
    /// for its binary there.
    tell: bool,
    /// What it says it is.
    pub(super) version: String,
}

impl Verilator {
    pub(super) fn find() -> Result<Self, BuildError> {
        let set = |name| env::var(name).ok().filter(|value| !value.is_empty());
        let root = set("VERILATOR_ROOT").map(PathBuf::from);
        let program = set("VERILATOR").or_else(|| {
            let bin = root.as_ref()?.join("bin");
            // Not the Perl wrapper first: the one from PyPI needs Perl modules that Debian lacks.
            let program = ["verilator_bin", "verilator"].map(|name| bin.join(name));
            let program = program.into_iter().find(|path| path.is_file())?;
            Some(program.to_string_lossy().into_owned())
        });
        let program = program.unwrap_or_else(|| "verilator".to_owned());

        // Asked before the runtime is looked for: an old one has another layout.
        let said = ask(&program, &["--version"])?;
        let number = number(said.split_whitespace().nth(1).unwrap_or_default());
        let too_old = |found: &str| BuildError::TooOld {
            command: program.clone(),
            found: found.to_owned(),
        };
        if number.is_some_and(|number| number < OLDEST) {
            return Err(too_old(&said));
        }

        let mut tried = Vec::new();
        tried.extend(root.clone());
        let answer = ask(&program, &["--getenv", "VERILATOR_ROOT"])?;
        let answer = answer.starts_with('/').then(|| PathBuf::from(answer));
        tried.extend(answer.clone());
        if let Some(prefix) = on_path(&program).and_then(|p| Some(p.parent()?.parent()?.to_owned()))
        {
            tried.push(prefix.clone());
            tried.push(prefix.join("share/verilator"));
        }
        let Some(root) = tried
            .iter()
            .find(|root| root.join("include/verilated.h").is_file())
            .cloned()
        else {
            return Err(BuildError::NoRuntime {
                command: program,
                tried,
            });
        };

        let version = if number.is_some() {
            said
        } else {
            let said = header_version(&root).unwrap_or(said);
            if self::number(&said).is_none_or(|number| number < OLDEST) {
                return Err(too_old(&said));
            }
            said
        };
        Ok(Self {
            program,
            tell: answer.is_none(),
            root,
            version,
        })
    }

    /// Folder of the runtime's sources.
    pub(super) fn include(&self) -> PathBuf {
        self.root.join("include")
    }

    /// The program, told where its runtime is if it does not know.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        if self.tell {
            command.env("VERILATOR_ROOT", &self.root);
        }
        command
    }
}

fn ask(program: &str, arguments: &[&str]) -> Result<String, BuildError> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .map_err(|_| BuildError::Missing {
            command: program.to_owned(),
        })?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// `5.006` and `5.48` to numbers that compare; none for `vUNKNOWN`.
fn number(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.split_once('.')?;
    let minor = minor.split(|c: char| !c.is_ascii_digit()).next()?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// From `#define VERILATOR_VERSION "5.49"`.
fn header_version(root: &Path) -> Option<String> {
    let header = std::fs::read_to_string(root.join("include/verilated_config.h")).ok()?;
    let line = header
        .lines()
        .find_map(|line| line.strip_prefix("#define VERILATOR_VERSION "))?;
    Some(line.trim().trim_matches('"').to_owned())
}

/// Where a program is, links followed.
fn on_path(program: &str) -> Option<PathBuf> {
    let found = if program.contains('/') {
        PathBuf::from(program)
    } else {
        env::split_paths(&env::var_os("PATH")?)
            .map(|folder| folder.join(program))
            .find(|path| path.is_file())?
    };
    found.canonicalize().ok()
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn versions_compare_as_numbers() {
        assert_eq!(number("5.006"), Some((5, 6)));
        assert_eq!(number("5.49"), Some((5, 49)));
        assert_eq!(number("4.038 2020-07-11"), Some((4, 38)));
        assert_eq!(number("vUNKNOWN-built20260516"), None);
    }
}
