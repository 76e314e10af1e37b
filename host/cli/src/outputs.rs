//! Waves and traces of a payment, written where the user asked.

use std::fs::{self, File, OpenOptions};
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// What every wallet file begins with.
const WALLET_MAGIC: &[u8; 8] = b"OPERAWLT";

/// Files that a payment is to write.
#[derive(Clone, Copy)]
pub(crate) struct Outputs<'a> {
    pub(crate) wave: Option<&'a PathBuf>,
    pub(crate) trace: Option<&'a PathBuf>,
}

impl Outputs<'_> {
    pub(crate) fn none() -> Self {
        Self {
            wave: None,
            trace: None,
        }
    }

    /// Refuses what cannot or must not be written, before any money moves. Existing files stay as
    /// they are until the payment writes them.
    pub(crate) fn claim(&self) -> Result<Claim, Failure> {
        let mut claim = Claim { made: Vec::new() };
        for path in [self.wave, self.trace].into_iter().flatten() {
            if is_wallet(path) {
                return Err(Failure::usage(format!(
                    "{}: a wallet file, which may hold money, is never written over; name another file",
                    path.display()
                )));
            }
            // What a link stands for: that is what would be made, and removed again.
            let there = path.exists();
            let opened = OpenOptions::new().create(true).append(true).open(path);
            opened.map_err(|error| {
                Failure::usage(format!(
                    "{}: cannot be written: {error}; name a file in a folder that you may write to",
                    path.display()
                ))
            })?;
            if !there {
                claim.made.push(path.canonicalize().unwrap_or(path.clone()));
            }
        }
        if let (Some(wave), Some(trace)) = (self.wave, self.trace)
            && let (Ok(first), Ok(second)) = (wave.canonicalize(), trace.canonicalize())
            && first == second
        {
            return Err(Failure::usage(format!(
                "{}: named for both --wave and --trace; name two files",
                trace.display()
            )));
        }
        Ok(claim)
    }
}

/// Files that were made to see whether they can be written. Those that stay empty go again when
/// this is dropped.
#[must_use]
pub(crate) struct Claim {
    made: Vec<PathBuf>,
}

impl Drop for Claim {
    fn drop(&mut self) {
        for path in &self.made {
            if fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() == 0) {
                let _ = fs::remove_file(path);
            }
        }
    }
}

/// Whether a file begins as wallets do. A pipe would wait for a partner, so the kind is looked at
/// first.
fn is_wallet(path: &Path) -> bool {
    let mut start = [0; WALLET_MAGIC.len()];
    fs::metadata(path).is_ok_and(|found| found.is_file())
        && File::open(path).is_ok_and(|mut file| file.read_exact(&mut start).is_ok())
        && start == *WALLET_MAGIC
}
