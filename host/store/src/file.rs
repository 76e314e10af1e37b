//! The wallet file itself: made atomically, locked while open, written word by word.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use opera_regs::nv;

use crate::beside::{self, Records};
use crate::error::{Damage, StoreError};
use crate::provisioning::{self, Provisioning, Rejected};
use crate::update::Update;

/// Format written by this release, and the only one it reads. Format 1 had one attestation key for all
/// wallets of an authority, so its wallets cannot attest anonymously.
pub const FORMAT_VERSION: u32 = 2;
/// Length of the header in bytes.
pub const HEADER_BYTES: usize = 4096;
/// Length of every wallet file in bytes.
pub const FILE_BYTES: u64 = HEADER_BYTES as u64 + 4 * nv::WORDS as u64;

/// Most bytes of a wallet's evidence: some 60,000 payments of a few tokens.
pub const EVIDENCE_MAX: u64 = 64 << 20;

const EVIDENCE: &str = ".evidence";
const EVIDENCE_MAGIC: &[u8; 8] = b"OPERAEVD";

/// Temporary names tried by `create` before it gives up; each stands for a process that was killed
/// in the middle of a `create` under the same process number.
const TEMPORARY_NAMES: u32 = 16;

/// An open wallet file. The lock is held until it is dropped.
#[derive(Debug)]
pub struct WalletFile {
    path: PathBuf,
    file: File,
    writable: bool,
    provisioning: Provisioning,
    words: Vec<u32>,
}

impl WalletFile {
    /// Makes a wallet file with empty memory, and opens it. The name appears only when the file is
    /// complete; the memory is a hole that takes no space until words are written.
    ///
    /// # Errors
    /// When the name is taken, the provisioning cannot be stored, or the system refuses. Then no
    /// new file is left.
    pub fn create(path: impl AsRef<Path>, provisioning: &Provisioning) -> Result<Self, StoreError> {
        let path = path.as_ref();
        let header = provisioning
            .encode()
            .map_err(|why| StoreError::Provisioning {
                path: path.to_owned(),
                why,
            })?;
        // Said early for a good message; the link below is what really refuses. What is left of
        // another wallet of this name would be taken for this one's.
        for taken in [
            path.to_owned(),
            Update::path(path),
            beside::beside(path, EVIDENCE),
        ] {
            if fs::symlink_metadata(&taken).is_ok() {
                return Err(StoreError::Exists { path: taken });
            }
        }
        // Before the wallet has its name, so that no wallet lacks it.
        if !provisioning.revoked.is_empty() {
            Update::of(provisioning).write(path)?;
        }
        let (temporary, file) = temporary_beside(path)?;
        let filled = fill(path, &file, &header).and_then(|()| publish(&temporary, path));
        // Not there any more after a rename; elsewhere a leftover is harmless.
        let _ = fs::remove_file(&temporary);
        filled?;
        Ok(Self {
            path: path.to_owned(),
            file,
            writable: true,
            provisioning: provisioning.clone(),
            words: vec![0; nv::WORDS as usize],
        })
    }

    /// Opens a wallet file for reading and writing, locking out everybody else.
    ///
    /// # Errors
    /// When it is missing, in use, foreign, newer or damaged. It is then left untouched.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Self::load(path.as_ref(), true)
    }

    /// Opens a wallet file for reading; others may read it too, nobody may write.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_read_only(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Self::load(path.as_ref(), false)
    }

    fn load(path: &Path, writable: bool) -> Result<Self, StoreError> {
        // A pipe would wait for a partner, so the kind is looked at first.
        let kind = fs::metadata(path).map_err(|source| io_error(path, "open it", source))?;
        if !kind.is_file() {
            return Err(StoreError::Foreign {
                path: path.to_owned(),
            });
        }
        let mut file = OpenOptions::new()
            .read(true)
            .write(writable)
            .open(path)
            .map_err(|source| io_error(path, "open it", source))?;
        lock(path, &file, writable)?;

        let mut image = Vec::with_capacity(FILE_BYTES as usize + 1);
        (&mut file)
            .take(FILE_BYTES + 1)
            .read_to_end(&mut image)
            .map_err(|source| io_error(path, "read it", source))?;
        let rejected = |why| rejected(path, why);
        // A newer format may well have another length, so the version is looked at first.
        provisioning::check_start(&image).map_err(rejected)?;
        let (Some((header, memory)), true) = (
            image.split_first_chunk::<HEADER_BYTES>(),
            image.len() as u64 == FILE_BYTES,
        ) else {
            let found = file
                .metadata()
                .map_err(|source| io_error(path, "ask its length", source))?
                .len();
            return Err(rejected(Rejected::Damaged(Damage::Length {
                found,
                expected: FILE_BYTES,
            })));
        };
        let provisioning = provisioned(path, header)?;
        let words = memory
            .chunks_exact(4)
            .map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
            .collect();
        Ok(Self {
            path: path.to_owned(),
            file,
            writable,
            provisioning,
            words,
        })
    }

    /// What a wallet file was provisioned with and its authority gave it since, even while another
    /// process has it open: the header never changes, and an update takes its place whole. The TPCU of a
    /// wallet on a board needs no more of its file.
    ///
    /// # Errors
    /// When the file is missing, foreign, of another format or damaged; so for the update beside it.
    pub fn read_provisioning(path: impl AsRef<Path>) -> Result<Provisioning, StoreError> {
        let path = path.as_ref();
        let mut header = [0; HEADER_BYTES];
        let kind = fs::metadata(path).map_err(|source| io_error(path, "open it", source))?;
        if !kind.is_file() || kind.len() < HEADER_BYTES as u64 {
            return Err(StoreError::Foreign {
                path: path.to_owned(),
            });
        }
        File::open(path)
            .and_then(|mut file| file.read_exact(&mut header))
            .map_err(|source| io_error(path, "read it", source))?;
        provisioned(path, &header)
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the wallet was provisioned with.
    #[must_use]
    pub fn provisioning(&self) -> &Provisioning {
        &self.provisioning
    }

    /// The nonvolatile memory, as it stands in the file.
    #[must_use]
    pub fn nv(&self) -> &[u32] {
        &self.words
    }

    /// Writes one word, through to the operating system before it returns: it stays when the
    /// process is killed. See [`sync`](Self::sync) for the machine itself.
    ///
    /// # Errors
    /// When there is no such word, the file is open read-only, or the system refuses; [`nv`]
    /// then keeps the old value.
    ///
    /// [`nv`]: Self::nv
    pub fn write_word(&mut self, index: usize, value: u32) -> Result<(), StoreError> {
        if !self.writable {
            return Err(StoreError::ReadOnly {
                path: self.path.clone(),
            });
        }
        let Some(word) = self.words.get_mut(index) else {
            return Err(StoreError::NoSuchWord {
                path: self.path.clone(),
                index,
            });
        };
        self.file
            .write_all_at(&value.to_le_bytes(), HEADER_BYTES as u64 + 4 * index as u64)
            .map_err(|source| io_error(&self.path, "write to it", source))?;
        *word = value;
        Ok(())
    }

    /// Puts what the authority gives in the place of what the wallet had; durable when it returns.
    ///
    /// # Errors
    /// When the file is open read-only, or the system refuses: then nothing has changed.
    pub fn update(&mut self, update: Update) -> Result<(), StoreError> {
        self.may_write()?;
        update.write(&self.path)?;
        update.apply(&mut self.provisioning);
        Ok(())
    }

    /// Adds a record to the wallet's evidence; durable when it returns. At [`EVIDENCE_MAX`] bytes the older half
    /// is forgotten.
    ///
    /// # Errors
    /// When the file is open read-only, or the system refuses.
    pub fn keep(&mut self, evidence: &[u8]) -> Result<(), StoreError> {
        self.may_write()?;
        Self::keep_beside(&self.path, evidence)
    }

    /// [`keep`](Self::keep) for a wallet whose memory is on a board, with the file for its keys alone.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn keep_beside(path: &Path, evidence: &[u8]) -> Result<(), StoreError> {
        let path = beside::beside(path, EVIDENCE);
        beside::append(&path, EVIDENCE_MAGIC, evidence, EVIDENCE_MAX)
    }

    /// [`evidence`](Self::evidence) of such a wallet.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn evidence_beside(path: &Path) -> Result<Records, StoreError> {
        beside::read_journal(&beside::beside(path, EVIDENCE), EVIDENCE_MAGIC)
    }

    /// The wallet's evidence.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn evidence(&self) -> Result<Records, StoreError> {
        Self::evidence_beside(&self.path)
    }

    fn may_write(&self) -> Result<(), StoreError> {
        if self.writable {
            return Ok(());
        }
        Err(StoreError::ReadOnly {
            path: self.path.clone(),
        })
    }

    /// Waits until all words written are on the disk.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn sync(&self) -> Result<(), StoreError> {
        self.file
            .sync_data()
            .map_err(|source| io_error(&self.path, "sync it", source))
    }
}

/// What a header says, and in its place what the authority gave since.
fn provisioned(path: &Path, header: &[u8; HEADER_BYTES]) -> Result<Provisioning, StoreError> {
    let mut provisioning = provisioning::decode(header).map_err(|why| rejected(path, why))?;
    if let Some(update) = Update::read(path)? {
        update.apply(&mut provisioning);
    }
    Ok(provisioning)
}

/// A header that was refused, with the file's name.
fn rejected(path: &Path, why: Rejected) -> StoreError {
    match why {
        Rejected::Foreign => StoreError::Foreign {
            path: path.to_owned(),
        },
        Rejected::Newer(found) => StoreError::Newer {
            path: path.to_owned(),
            found,
            known: FORMAT_VERSION,
        },
        Rejected::Older(found) => StoreError::Older {
            path: path.to_owned(),
            found,
            known: FORMAT_VERSION,
        },
        Rejected::Damaged(what) => StoreError::Damaged {
            path: path.to_owned(),
            what,
        },
    }
}

fn io_error(path: &Path, doing: &'static str, source: io::Error) -> StoreError {
    let path = path.to_owned();
    match source.kind() {
        ErrorKind::NotFound => StoreError::NotFound { path },
        _ => StoreError::Io {
            path,
            doing,
            source,
        },
    }
}

fn lock(path: &Path, file: &File, exclusive: bool) -> Result<(), StoreError> {
    let locked = if exclusive {
        file.try_lock()
    } else {
        file.try_lock_shared()
    };
    locked.map_err(|error| match error {
        TryLockError::WouldBlock => StoreError::InUse {
            path: path.to_owned(),
        },
        TryLockError::Error(source) => io_error(path, "lock it", source),
    })
}

/// The folder that holds `path`.
fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// A new, locked file in the folder of `path`, readable by its owner only: it holds keys.
fn temporary_beside(path: &Path) -> Result<(PathBuf, File), StoreError> {
    let refused = |source: io::Error| match source.kind() {
        // Here it is the folder that is missing, and `wallet new` would not help.
        ErrorKind::NotFound => StoreError::Io {
            path: path.to_owned(),
            doing: "make it, for there is no such folder",
            source,
        },
        _ => io_error(path, "make it", source),
    };
    let Some(name) = path.file_name() else {
        return Err(refused(ErrorKind::InvalidInput.into()));
    };
    let mut taken = ErrorKind::AlreadyExists.into();
    for attempt in 0..TEMPORARY_NAMES {
        let mut temporary = std::ffi::OsString::from(".");
        temporary.push(name);
        temporary.push(format!(".{}.{attempt}.new", std::process::id()));
        let temporary = folder(path).join(temporary);
        let opened = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&temporary);
        match opened {
            Ok(file) => {
                return match lock(path, &file, true) {
                    Ok(()) => Ok((temporary, file)),
                    Err(error) => {
                        let _ = fs::remove_file(&temporary);
                        Err(error)
                    }
                };
            }
            Err(source) if source.kind() == ErrorKind::AlreadyExists => taken = source,
            Err(source) => return Err(refused(source)),
        }
    }
    Err(refused(taken))
}

/// Header, hole, and all of it on the disk.
fn fill(path: &Path, file: &File, header: &[u8; HEADER_BYTES]) -> Result<(), StoreError> {
    file.write_all_at(header, 0)
        .and_then(|()| file.set_len(FILE_BYTES))
        .and_then(|()| file.sync_all())
        .map_err(|source| io_error(path, "write to it", source))
}

/// Gives the finished file its name, atomically, and never in place of another file: a link does
/// both, where a rename would replace.
fn publish(temporary: &Path, path: &Path) -> Result<(), StoreError> {
    let named = match fs::hard_link(temporary, path) {
        // File systems without links: nothing better than to look, and rename.
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::PermissionDenied | ErrorKind::Unsupported
            ) =>
        {
            if fs::symlink_metadata(path).is_ok() {
                Err(ErrorKind::AlreadyExists.into())
            } else {
                fs::rename(temporary, path)
            }
        }
        other => other,
    };
    named.map_err(|source| match source.kind() {
        ErrorKind::AlreadyExists => StoreError::Exists {
            path: path.to_owned(),
        },
        _ => io_error(path, "name it", source),
    })?;
    File::open(folder(path))
        .and_then(|folder| folder.sync_all())
        .map_err(|source| {
            // The name is ours since the link, so it may go again.
            let _ = fs::remove_file(path);
            io_error(path, "sync its folder", source)
        })
}
