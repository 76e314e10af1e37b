//! Files beside a wallet file: a *sealed* one is replaced whole and atomically, a *journal* grows by
//! whole records. Both begin with a magic and a version and carry SHA-256.
//!
//! ```text
//! sealed   magic 8, version 4, length 4, SHA-256 of the body 32, body
//! journal  magic 8, version 4; each record: length 4, SHA-256 of the body 32, body
//! ```
//! Numbers are little endian. Killing the process leaves the old or the new sealed file, and a journal
//! with the record or without it: what is behind the last whole record is cut off by the next one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::{BadBeside, StoreError};

/// Version of both formats.
const VERSION: u32 = 1;
/// Longest body and longest file that is read.
const LONGEST: u64 = 1 << 30;
const SEALED_HEAD: usize = 48;
const JOURNAL_HEAD: u64 = 12;
const RECORD_HEAD: usize = 36;

/// The path with an ending more, such as `a.evidence`.
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn bad(path: &Path, why: BadBeside) -> StoreError {
    StoreError::Beside {
        path: path.to_owned(),
        why,
    }
}

fn io_error(path: &Path, doing: &'static str, source: io::Error) -> StoreError {
    StoreError::Io {
        path: path.to_owned(),
        doing,
        source,
    }
}

/// The whole file; `None` when there is none.
fn read_all(path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io_error(path, "open it", error)),
    };
    let found = file
        .metadata()
        .map_err(|error| io_error(path, "ask its length", error))?;
    if !found.is_file() || found.len() > LONGEST {
        return Err(bad(path, BadBeside::Foreign));
    }
    let mut out = Vec::new();
    file.take(LONGEST)
        .read_to_end(&mut out)
        .map_err(|error| io_error(path, "read it", error))?;
    Ok(Some(out))
}

fn check_head(path: &Path, bytes: &[u8], magic: &[u8; 8]) -> Result<(), StoreError> {
    let (Some(found), Some(version)) = (bytes.get(..8), number(bytes, 8)) else {
        return Err(bad(path, BadBeside::Foreign));
    };
    if found != magic {
        return Err(bad(path, BadBeside::Foreign));
    }
    match version {
        VERSION => Ok(()),
        found => Err(bad(path, BadBeside::Version { found })),
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at + 4)?;
    Some(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
}

/// Body of a sealed file; `None` when there is none.
///
/// # Errors
/// When it is something else, of another version, or damaged.
pub fn read_sealed(path: &Path, magic: &[u8; 8]) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(bytes) = read_all(path)? else {
        return Ok(None);
    };
    check_head(path, &bytes, magic)?;
    let body = bytes.get(SEALED_HEAD..).unwrap_or_default();
    let whole = number(&bytes, 12).is_some_and(|length| length as usize == body.len());
    let digest = bytes.get(16..SEALED_HEAD);
    if !whole || digest != Some(&Sha256::digest(body)[..]) {
        return Err(bad(path, BadBeside::Damaged));
    }
    Ok(Some(body.to_vec()))
}

/// Writes a sealed file in the place of the one that is there, if any; readable by its owner only.
///
/// # Errors
/// When the system refuses. The old file is then still there.
pub fn write_sealed(path: &Path, magic: &[u8; 8], body: &[u8]) -> Result<(), StoreError> {
    let mut bytes = Vec::with_capacity(SEALED_HEAD + body.len());
    bytes.extend_from_slice(magic);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.extend_from_slice(&(body.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&Sha256::digest(body));
    bytes.extend_from_slice(body);
    replace(path, &bytes)
}

/// New content under the name, atomically and on the disk.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let temporary = beside(path, &format!(".{}.new", std::process::id()));
    // What a killed process of our number left.
    let _ = fs::remove_file(&temporary);
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&temporary)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&temporary, path));
    written.map_err(|error| {
        let _ = fs::remove_file(&temporary);
        io_error(path, "write it", error)
    })?;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| io_error(path, "sync its folder", error))
}

/// What a journal holds.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Records {
    /// Bodies, the oldest first.
    pub bodies: Vec<Vec<u8>>,
    /// Records whose SHA-256 does not match; they are left out.
    pub damaged: usize,
    /// Where the last whole record ends.
    end: u64,
}

/// Reads a journal; one that is not there is empty.
///
/// # Errors
/// When it is something else or of another version.
pub fn read_journal(path: &Path, magic: &[u8; 8]) -> Result<Records, StoreError> {
    let mut out = Records::default();
    let Some(bytes) = read_all(path)? else {
        return Ok(out);
    };
    // A head that was cut short is a journal that was killed at birth.
    if bytes.len() < JOURNAL_HEAD as usize {
        let begun = [&magic[..], &VERSION.to_le_bytes()].concat();
        return if begun.starts_with(&bytes) {
            Ok(out)
        } else {
            Err(bad(path, BadBeside::Foreign))
        };
    }
    check_head(path, &bytes, magic)?;
    let mut at = JOURNAL_HEAD as usize;
    while let Some(length) = number(&bytes, at) {
        let start = at + RECORD_HEAD;
        let Some(body) = bytes.get(start..start + length as usize) else {
            break;
        };
        if bytes[at + 4..start] == Sha256::digest(body)[..] {
            out.bodies.push(body.to_vec());
        } else {
            out.damaged += 1;
        }
        at = start + body.len();
    }
    out.end = at as u64;
    Ok(out)
}

/// Adds a record to a journal that has at most `longest` bytes then: the older half of the records is
/// forgotten when it would have more.
///
/// # Errors
/// When the journal cannot be read, or the system refuses.
pub fn append(path: &Path, magic: &[u8; 8], body: &[u8], longest: u64) -> Result<(), StoreError> {
    let records = read_journal(path, magic)?;
    let record = |body: &[u8]| {
        let mut bytes = (body.len() as u32).to_le_bytes().to_vec();
        bytes.extend_from_slice(&Sha256::digest(body));
        bytes.extend_from_slice(body);
        bytes
    };
    let new = record(body);
    let head = [&magic[..], &VERSION.to_le_bytes()].concat();
    if records.end + new.len() as u64 > longest {
        let kept = &records.bodies[records.bodies.len().div_ceil(2)..];
        let mut bytes = head;
        for body in kept {
            bytes.extend_from_slice(&record(body));
        }
        bytes.extend_from_slice(&new);
        return replace(path, &bytes);
    }
    let written = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .and_then(|file| {
            if records.end == 0 {
                file.write_all_at(&head, 0)?;
            }
            let at = records.end.max(JOURNAL_HEAD);
            // What a killed process began goes, or the next record could end in the middle of it.
            file.set_len(at)?;
            file.write_all_at(&new, at)?;
            file.sync_data()
        });
    written.map_err(|error| io_error(path, "write to it", error))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAGIC: &[u8; 8] = b"OPERATST";

    #[test]
    fn a_sealed_file_comes_back_and_any_changed_byte_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        assert_eq!(read_sealed(&path, MAGIC).unwrap(), None);
        write_sealed(&path, MAGIC, b"one").unwrap();
        write_sealed(&path, MAGIC, b"two").unwrap();
        assert_eq!(read_sealed(&path, MAGIC).unwrap().unwrap(), b"two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let good = fs::read(&path).unwrap();
        for at in 0..good.len() {
            let mut bytes = good.clone();
            bytes[at] ^= 1;
            fs::write(&path, &bytes).unwrap();
            assert!(read_sealed(&path, MAGIC).is_err(), "byte {at}");
        }
        for length in 0..good.len() {
            fs::write(&path, &good[..length]).unwrap();
            assert!(read_sealed(&path, MAGIC).is_err(), "length {length}");
        }
    }

    #[test]
    fn a_journal_that_is_cut_anywhere_keeps_its_whole_records() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        let bodies: Vec<Vec<u8>> = [&b"one"[..], b"", b"three"].map(<[u8]>::to_vec).into();
        let mut ends = Vec::new();
        for body in &bodies {
            append(&path, MAGIC, body, 1000).unwrap();
            ends.push(fs::metadata(&path).unwrap().len() as usize);
        }
        let good = fs::read(&path).unwrap();
        assert_eq!(read_journal(&path, MAGIC).unwrap().bodies, bodies);
        for length in 0..good.len() {
            fs::write(&path, &good[..length]).unwrap();
            let whole = ends.iter().filter(|end| **end <= length).count();
            let read = read_journal(&path, MAGIC).unwrap();
            assert_eq!((&read.bodies[..], read.damaged), (&bodies[..whole], 0));
            append(&path, MAGIC, b"next", 1000).unwrap();
            let read = read_journal(&path, MAGIC).unwrap();
            assert_eq!((read.bodies.len(), read.damaged), (whole + 1, 0));
        }
        let mut changed = good.clone();
        changed[ends[1] - 1] ^= 1;
        fs::write(&path, &changed).unwrap();
        let read = read_journal(&path, MAGIC).unwrap();
        assert_eq!((read.bodies.len(), read.damaged), (2, 1));
        fs::write(&path, b"something else").unwrap();
        assert!(read_journal(&path, MAGIC).is_err());
        assert!(append(&path, MAGIC, b"next", 1000).is_err());
    }

    #[test]
    fn a_full_journal_forgets_its_older_half() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        for n in 0..20_u8 {
            append(&path, MAGIC, &[n; 64], 1000).unwrap();
            assert!(fs::metadata(&path).unwrap().len() <= 1000);
            let bodies = read_journal(&path, MAGIC).unwrap().bodies;
            let oldest = n + 1 - bodies.len() as u8;
            let expected: Vec<_> = (oldest..=n).map(|n| vec![n; 64]).collect();
            assert_eq!(bodies, expected);
            assert!(bodies.len() >= 5 || oldest == 0);
        }
    }
}
