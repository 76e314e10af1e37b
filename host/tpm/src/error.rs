//! Why a TPM did not do what it was asked.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::tis::TisError;

/// Why a TPM did not do what it was asked.
#[derive(Debug)]
#[non_exhaustive]
pub enum TpmError {
    /// There is no `swtpm` in PATH.
    NotInstalled,
    /// The state folder cannot be used.
    StateFolder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The emulator could not be started.
    Start(io::Error),
    /// The TPM is gone: its process ended, or closed its end.
    Gone {
        /// Command that was not answered.
        command: &'static str,
    },
    /// No answer within the limit.
    Timeout {
        /// Command that was not answered.
        command: &'static str,
        /// Time waited.
        waited: Duration,
    },
    /// The TPM chip on the bus did not do its part.
    Chip {
        /// Command that was not answered.
        command: &'static str,
        /// What it did not do.
        source: TisError,
    },
    /// The connection failed in another way.
    Io {
        /// Command that was not answered.
        command: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The TPM answered with an error code.
    Refused {
        /// The command.
        command: &'static str,
        /// Response code, TPM 2.0 Library part 2, section 6.6.
        code: u32,
    },
    /// The answer is not one to this command.
    Malformed {
        /// The command.
        command: &'static str,
    },
    /// A key of the TPM has another public area than was asked for.
    PublicArea,
}

impl fmt::Display for TpmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInstalled => write!(f, "no swtpm in PATH; apt-get install swtpm brings it"),
            Self::StateFolder { path, source } => {
                write!(f, "TPM state folder {}: {source}", path.display())
            }
            Self::Start(source) => write!(f, "swtpm does not start: {source}"),
            Self::Gone { command } => write!(f, "the TPM is gone; {command} has no answer"),
            Self::Timeout { command, waited } => write!(
                f,
                "the TPM has not answered {command} in {} s",
                waited.as_secs_f32()
            ),
            Self::Chip { command, source } => write!(f, "TPM chip, {command}: {source}"),
            Self::Io { command, source } => {
                write!(f, "connection to the TPM, {command}: {source}")
            }
            Self::Refused { command, code } => {
                write!(f, "the TPM refuses {command} with code {code:#05x}")
            }
            Self::Malformed { command } => {
                write!(f, "the TPM's answer to {command} is malformed")
            }
            Self::PublicArea => write!(f, "the TPM made another key than asked for"),
        }
    }
}

impl std::error::Error for TpmError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::StateFolder { source, .. } | Self::Start(source) | Self::Io { source, .. } => {
                Some(source)
            }
            Self::Chip { source, .. } => Some(source),
            _ => None,
        }
    }
}
