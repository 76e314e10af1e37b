//! Where waves go. Verilator always writes a value change dump; here it becomes a file of either
//! format, so that one build of a model can write both and Rust sees every error of the disk.

use crate::Error;
use crate::fst::Fst;
use std::ffi::{c_char, c_int, c_void};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// An open wave file.
pub(crate) struct Sink {
    path: String,
    writer: Writer,
    /// The first thing that went wrong; nothing is written after it.
    failed: Option<String>,
}

enum Writer {
    /// Verilator's text as it is; it comes in pieces that need no further buffer.
    Vcd(File),
    Fst(Box<Fst<BufWriter<File>>>),
}

impl Sink {
    /// Creates the file; its ending says the format.
    pub(crate) fn create(path: &Path) -> Result<Self, Error> {
        let text = path.display().to_string();
        let fail = |why: String| Error::Trace {
            path: text.clone(),
            why,
        };
        let is = |ending| {
            path.extension()
                .is_some_and(|e| e.eq_ignore_ascii_case(ending))
        };
        let (vcd, fst) = (is("vcd"), is("fst"));
        if !vcd && !fst {
            return Err(fail("a wave file must end in .fst or .vcd".to_owned()));
        }
        let file = File::create(path).map_err(|error| fail(error.to_string()))?;
        let writer = if vcd {
            Writer::Vcd(file)
        } else {
            Writer::Fst(Box::new(Fst::new(BufWriter::new(file))))
        };
        Ok(Self {
            path: text,
            writer,
            failed: None,
        })
    }

    fn push(&mut self, text: &[u8]) -> io::Result<()> {
        match &mut self.writer {
            Writer::Vcd(file) => file.write_all(text),
            Writer::Fst(fst) => fst.push(text),
        }
    }

    /// What went wrong so far.
    pub(crate) fn error(&self) -> Option<Error> {
        self.failed.as_ref().map(|why| Error::Trace {
            path: self.path.clone(),
            why: why.clone(),
        })
    }

    /// Completes the file.
    pub(crate) fn finish(self) -> Result<(), Error> {
        if let Some(error) = self.error() {
            return Err(error);
        }
        let Writer::Fst(fst) = self.writer else {
            return Ok(());
        };
        fst.finish().map_err(|error| Error::Trace {
            path: self.path,
            why: error.to_string(),
        })
    }
}

/// Takes a piece of the dump; 0 if it is written.
///
/// # Safety
/// `sink` must be a live `Mutex<Sink>`, `data` must point to `length` bytes.
pub(crate) unsafe extern "C" fn push(
    sink: *mut c_void,
    data: *const c_char,
    length: usize,
) -> c_int {
    // SAFETY: promised by the caller.
    let (sink, text) = unsafe {
        (
            &*sink.cast_const().cast::<Mutex<Sink>>(),
            std::slice::from_raw_parts(data.cast::<u8>(), length),
        )
    };
    // Locked because a `$fflush` of one model flushes the waves of all.
    let mut sink = sink.lock().unwrap_or_else(PoisonError::into_inner);
    if sink.failed.is_none() {
        // A panic must not run into the C++ that called.
        let pushed = catch_unwind(AssertUnwindSafe(|| sink.push(text)));
        sink.failed = match pushed {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some("the wave writer panicked".to_owned()),
        };
    }
    c_int::from(sink.failed.is_some())
}
