//! Where waves go. Verilator always writes a value change dump; here it becomes a file of either
//! format, so that one build of a model can write both and Rust sees every error of the disk.

use crate::Error;
use crate::build::AROUND;
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
    /// The dump's header, as long as it is not complete.
    header: Option<Vec<u8>>,
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
            header: Some(Vec::new()),
            failed: None,
        })
    }

    fn push(&mut self, text: &[u8]) -> io::Result<()> {
        let Some(mut header) = self.header.take() else {
            return self.write(text);
        };
        header.extend_from_slice(text);
        if let Some(end) = find(&header, END_OF_HEADER) {
            let body = header.split_off(end);
            self.write(&without_wrapper(&header))?;
            self.write(&body)
        } else {
            self.header = Some(header);
            Ok(())
        }
    }

    fn write(&mut self, text: &[u8]) -> io::Result<()> {
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

/// What ends the header of a dump.
const END_OF_HEADER: &[u8] = b"$enddefinitions";

fn find(text: &[u8], word: &[u8]) -> Option<usize> {
    text.windows(word.len()).position(|window| window == word)
}

/// Takes away the scope that Verilator wraps around the top module, and that of the module that holds its inputs,
/// so that waves begin with the design's own name. They hold the top's ports a second time, and nothing else.
fn without_wrapper(header: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(header);
    let mut kept = String::with_capacity(text.len());
    let (mut depth, mut wrappers) = (0, 1);
    for line in text.split_inclusive('\n') {
        let word = line.trim_start();
        let wrapper = if word.starts_with("$scope") {
            depth += 1;
            if depth == 2 && word.split_whitespace().nth(2) == Some(AROUND) {
                wrappers = 2;
            }
            depth <= wrappers
        } else if word.starts_with("$upscope") {
            depth -= 1;
            depth < wrappers
        } else {
            depth <= wrappers && word.starts_with("$var")
        };
        if !wrapper {
            kept.push_str(line);
        }
    }
    kept.into_bytes()
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
