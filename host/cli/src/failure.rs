//! How a command fails: its exit code and what is said.

use std::fmt;

/// Exit codes of DESIGN.md section 9.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Exit {
    /// The check or payment failed.
    Failed = 1,
    /// The command line, or what it names, cannot be used.
    Usage = 2,
    /// A needed tool or board is missing.
    Missing = 3,
}

/// A failure that names what, where and the remedy.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// What is said on standard error.
    pub text: String,
}

impl Failure {
    /// The payment or check failed.
    pub fn failed(text: impl fmt::Display) -> Self {
        Self {
            exit: Exit::Failed,
            text: text.to_string(),
        }
    }

    /// Something needed is not installed.
    pub fn missing(text: impl fmt::Display) -> Self {
        Self {
            exit: Exit::Missing,
            text: text.to_string(),
        }
    }

    /// The same, with what was being done in front.
    #[must_use]
    pub fn in_front(mut self, what: &str) -> Self {
        self.text = format!("{what}: {}", self.text);
        self
    }

    /// The input cannot be used.
    pub fn usage(text: impl fmt::Display) -> Self {
        Self {
            exit: Exit::Usage,
            text: text.to_string(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Failure {}

impl From<opera_scenario::JoinError> for Failure {
    fn from(error: opera_scenario::JoinError) -> Self {
        Self::failed(error)
    }
}

impl From<opera_store::StoreError> for Failure {
    fn from(error: opera_store::StoreError) -> Self {
        Self::usage(error)
    }
}

/// A failure, and what is printed on standard output all the same.
pub type Failed = (String, Failure);

/// A failure before there was anything to print.
pub(crate) fn bare(failure: Failure) -> Failed {
    (String::new(), failure)
}

/// What a command printed, and how it failed if it did.
pub(crate) fn ended(output: String, failed: Option<Failure>) -> Result<String, Failed> {
    match failed {
        None => Ok(output),
        Some(failure) => Err((output, failure)),
    }
}
