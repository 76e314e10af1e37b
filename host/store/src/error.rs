//! Why a wallet file was not made, opened or written.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Each names the file, what is wrong with it and what to do.
#[derive(Debug)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no such file.
    NotFound {
        /// File asked for.
        path: PathBuf,
    },
    /// `create` never replaces a file: it may be a wallet with money in it.
    Exists {
        /// File asked for.
        path: PathBuf,
    },
    /// Another process, or another handle of this one, has the wallet.
    InUse {
        /// File asked for.
        path: PathBuf,
    },
    /// The file is something else.
    Foreign {
        /// File asked for.
        path: PathBuf,
    },
    /// The file was made by a later release.
    Newer {
        /// File asked for.
        path: PathBuf,
        /// Format version in the file.
        found: u32,
        /// Latest format version that this release reads.
        known: u32,
    },
    /// The file was made by an earlier release, whose wallets have no anonymous attestation.
    Older {
        /// File asked for.
        path: PathBuf,
        /// Format version in the file.
        found: u32,
        /// Format version that this release reads.
        known: u32,
    },
    /// The file is a wallet whose header or length is not what was written.
    Damaged {
        /// File asked for.
        path: PathBuf,
        /// What does not fit.
        what: Damage,
    },
    /// The provisioning cannot be stored.
    Provisioning {
        /// File asked for.
        path: PathBuf,
        /// What does not fit.
        why: BadProvisioning,
    },
    /// A file beside the wallet cannot be used.
    Beside {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: BadBeside,
    },
    /// A write to a file opened read-only.
    ReadOnly {
        /// The wallet file.
        path: PathBuf,
    },
    /// A write beyond the nonvolatile memory.
    NoSuchWord {
        /// The wallet file.
        path: PathBuf,
        /// Word index asked for.
        index: usize,
    },
    /// The operating system refused.
    Io {
        /// The wallet file.
        path: PathBuf,
        /// What was being done.
        doing: &'static str,
        /// Its reason.
        source: io::Error,
    },
}

/// How a wallet file is damaged.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Damage {
    /// It is shorter or longer than every wallet file.
    Length {
        /// Bytes in the file.
        found: u64,
        /// Bytes in every wallet file of this format.
        expected: u64,
    },
    /// The header's SHA-256 is not that of its content.
    Digest,
    /// The header's SHA-256 is right, yet a field has a value that is never written.
    Field(&'static str),
}

/// Why a file beside a wallet cannot be used.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum BadBeside {
    /// It is something else.
    Foreign,
    /// It was made by another release.
    Version {
        /// Version in the file.
        found: u32,
    },
    /// Its content is not what was written.
    Damaged,
}

/// Why a [`Provisioning`](crate::Provisioning) cannot be stored.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum BadProvisioning {
    /// `extra` is longer than [`EXTRA_MAX`](crate::EXTRA_MAX).
    ExtraTooLong {
        /// Its length in bytes.
        bytes: usize,
    },
    /// `references` is longer than [`REFERENCES_MAX`](crate::REFERENCES_MAX).
    ReferencesTooLong {
        /// Its length in bytes.
        bytes: usize,
    },
    /// The issuer's secret key is for mints, and a mint needs it.
    IssuerSecret,
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound { path } => write!(
                f,
                "{}: no such wallet file; make one with `opera wallet new`",
                path.display()
            ),
            Self::Exists { path } => write!(
                f,
                "{}: exists already and may hold money; choose another name or move it away",
                path.display()
            ),
            Self::InUse { path } => write!(
                f,
                "{}: in use by another opera process, or named twice; wait for it to end",
                path.display()
            ),
            Self::Foreign { path } => write!(
                f,
                "{}: not a wallet file (it does not begin with OPERAWLT); left untouched, check the name",
                path.display()
            ),
            Self::Newer { path, found, known } => write!(
                f,
                "{}: wallet format {found}, this release reads up to {known}; left untouched, use a newer opera",
                path.display()
            ),
            Self::Older { path, found, known } => write!(
                f,
                "{}: wallet format {found}, without anonymous attestation; this release reads {known}; left untouched, spend it with the opera that made it, or make a new wallet",
                path.display()
            ),
            Self::Damaged { path, what } => write!(
                f,
                "{}: damaged wallet file: {what}; left untouched, restore it from where it was moved from",
                path.display()
            ),
            Self::Provisioning { path, why } => {
                write!(f, "{}: cannot be provisioned: {why}", path.display())
            }
            Self::Beside { path, why } => {
                write!(f, "{}: ", path.display())?;
                match why {
                    BadBeside::Foreign => f.write_str("not a file of opera's; left untouched, move it away"),
                    BadBeside::Version { found } => write!(
                        f,
                        "format {found} of another release; left untouched, use the opera that made it"
                    ),
                    BadBeside::Damaged => f.write_str(
                        "damaged; left untouched, restore it from where it was copied to (a `.update` comes again with `opera renew`)",
                    ),
                }
            }
            Self::ReadOnly { path } => {
                write!(
                    f,
                    "{}: opened read-only; open it for writing",
                    path.display()
                )
            }
            Self::NoSuchWord { path, index } => write!(
                f,
                "{}: no word {index:#x} in a nonvolatile memory of {:#x} words",
                path.display(),
                opera_regs::nv::WORDS
            ),
            Self::Io {
                path,
                doing,
                source,
            } => {
                write!(f, "{}: cannot {doing}: {source}", path.display())?;
                match source.kind() {
                    io::ErrorKind::PermissionDenied => {
                        f.write_str("; check who owns the file and its folder")
                    }
                    io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                        f.write_str("; free some space (a wallet takes up to 516 KiB)")
                    }
                    _ => Ok(()),
                }
            }
        }
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { found, expected } => {
                write!(f, "{found} bytes long instead of {expected}")
            }
            Self::Digest => f.write_str("the header's SHA-256 does not match"),
            Self::Field(name) => write!(f, "header field `{name}` has an impossible value"),
        }
    }
}

impl fmt::Display for BadProvisioning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ExtraTooLong { bytes } => write!(
                f,
                "{bytes} extra bytes, at most {} fit",
                crate::provisioning::EXTRA_MAX
            ),
            Self::ReferencesTooLong { bytes } => write!(
                f,
                "{bytes} bytes of reference values, at most {} fit",
                crate::provisioning::REFERENCES_MAX
            ),
            Self::IssuerSecret => {
                f.write_str("a mint needs the issuer's secret key and a wallet must not have it")
            }
        }
    }
}
