//! Verilator 5 models from Rust.
//!
//! Two halves. [`build::Model`] is used from a `build.rs`: it calls Verilator, compiles the C++ and
//! writes a Rust file with a struct per model. The rest is what that struct stands on at run time.
//! The crate knows Verilator and nothing of any design.
//!
//! ```text
//! // Cargo.toml: `verilated` in both [dependencies] and [build-dependencies]
//!
//! // build.rs
//! verilated::build::Model::new("Vcounter").top("counter").source("counter.v").waves(true).compile()?;
//!
//! // src/lib.rs
//! include!(concat!(env!("OUT_DIR"), "/Vcounter.rs"));
//!
//! let mut chip = Vcounter::new(1)?;       // the seed decides what no reset sets
//! chip.open_trace("run.fst".as_ref())?;   // or run.vcd
//! for n in 0..1000 {
//!     chip.set_clk_i(1);
//!     chip.eval();
//!     chip.dump(n * 10_000);              // picoseconds
//!     chip.set_clk_i(0);
//!     chip.eval();
//!     chip.dump(n * 10_000 + 5_000);
//!     chip.check()?;                      // a failed assertion is an error with its place and text
//! }
//! println!("{}", chip.byte_o());
//! ```
//!
//! `models/` beside this crate is a complete user; its tests and the benchmark run on it.
//!
//! # What the generated struct promises
//! - **Ports** are plain memory of the model: setting one costs a store, and nothing happens before
//!   `eval`. The types are `u8` to `u64` and `[u32; N]` (word 0 lowest); bits above the port's
//!   width are cut off.
//! - **Many models** live in one process, each with a context of its own. A model is `Send` and not
//!   `Sync`: it may move between threads, and threads run their models side by side.
//! - **Errors** of the Verilog (`assert`, `$error`, `$stop`, `$fatal`, a loop that does not settle)
//!   come from `check`, for their model alone and never as the end of the process. The first is
//!   kept. `$display` prints to standard output.
//! - **Waves** are opened and closed at run time, in FST or VCD by the file's ending.
//! - **Large designs** run twice as fast when the build names their clocks ([`build::Model::clocks`]).
//! - **Power-up** values are garbage that the seed decides; inputs begin at 0 and the constructor
//!   evaluates once, so that a first clock edge counts.

pub mod build;
mod fst;
mod sink;

use sink::Sink;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::fmt;
use std::path::Path;
use std::ptr::NonNull;
use std::sync::{Mutex, PoisonError};

/// Bytes, byte 0 the most significant, as the words of a port of 128 bits.
#[must_use]
pub fn port_128(bytes: &[u8; 16]) -> [u32; 4] {
    let value = u128::from_be_bytes(*bytes);
    [0, 1, 2, 3].map(|word| (value >> (32 * word)) as u32)
}

/// What went wrong with a model.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// The model could not be made.
    Create,
    /// The Verilog complained: a failed assertion, `$error`, `$stop` or `$fatal`.
    Assertion {
        /// The model's name.
        model: &'static str,
        /// Verilog file.
        file: String,
        /// Line in it.
        line: u32,
        /// What the Verilog said; `$stop` if nothing.
        message: String,
    },
    /// The model cannot run any further, for example because a combinational loop does not settle.
    /// Its `eval` does nothing from then on.
    Fatal {
        /// The model's name.
        model: &'static str,
        /// Verilog file, if it has to do with one.
        file: String,
        /// Line in it.
        line: u32,
        /// What the runtime said.
        message: String,
    },
    /// The wave file cannot be written.
    Trace {
        /// Path of the file.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// The coverage file cannot be written.
    Coverage {
        /// Path of the file.
        path: String,
        /// What is wrong with it.
        why: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create => write!(f, "the model could not be made (out of memory?)"),
            Self::Assertion {
                model,
                file,
                line,
                message,
            } => write!(f, "{file}:{line}: {message} (model {model})"),
            Self::Fatal {
                model,
                file,
                line,
                message,
            } => write!(
                f,
                "{file}:{line}: {message} (model {model} cannot run any further)"
            ),
            Self::Trace { path, why } | Self::Coverage { path, why } => write!(f, "{path}: {why}"),
        }
    }
}

impl std::error::Error for Error {}

/// Takes a piece of a value change dump; called by the shim.
#[doc(hidden)]
pub type Push = unsafe extern "C" fn(*mut c_void, *const c_char, usize) -> c_int;

/// The functions of one model's shim. Only generated code makes one.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct Shim {
    pub name: &'static str,
    pub new: unsafe extern "C" fn(u64) -> *mut c_void,
    pub free: unsafe extern "C" fn(*mut c_void),
    pub port: unsafe extern "C" fn(*mut c_void, c_int) -> *mut c_void,
    pub flags: unsafe extern "C" fn(*mut c_void) -> *mut u8,
    pub error:
        unsafe extern "C" fn(*mut c_void, *mut *const c_char, *mut c_int, *mut *const c_char),
    pub coverage: unsafe extern "C" fn(*mut c_void, *const c_char) -> c_int,
    pub trace_open: unsafe extern "C" fn(*mut c_void, *mut c_void, Push) -> c_int,
    pub trace_dump: unsafe extern "C" fn(*mut c_void, u64),
    pub trace_close: unsafe extern "C" fn(*mut c_void),
}

// Bits of the flags byte, as in cxx/verilated_rs.h.
const ASSERTION: u8 = 1;
const FATAL: u8 = 2;
const SINK: u8 = 4;
const FINISHED: u8 = 8;

/// Making, dropping and opening waves touch state that the Verilator runtime shares between models.
static RUNTIME: Mutex<()> = Mutex::new(());

/// A model, freed on drop. Only generated code holds one.
#[doc(hidden)]
pub struct Raw {
    handle: NonNull<c_void>,
    flags: NonNull<u8>,
    shim: Shim,
    /// The open wave file; boxed because the shim holds its address.
    sink: Option<Box<Mutex<Sink>>>,
    /// Why an earlier wave file is not complete.
    lost: Option<Error>,
}

// SAFETY: the shim keeps every piece of a model's state behind its handle (one VerilatedContext a
// model) and sets the thread's context on each call; what the runtime shares is behind RUNTIME.
// No reference to a model is handed out, so it may move to another thread, but not be shared.
unsafe impl Send for Raw {}

impl Raw {
    /// Makes a model; `seed` decides the values that nothing has set yet.
    ///
    /// # Safety
    /// The functions must be those of one generated shim.
    pub unsafe fn new(shim: Shim, seed: u64) -> Result<Self, Error> {
        let guard = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: `new` of a generated shim may be called with any seed; null means failure.
        let handle = NonNull::new(unsafe { (shim.new)(seed) }).ok_or(Error::Create)?;
        drop(guard);
        // SAFETY: the handle is live; the shim answers with an address inside the model.
        let flags = unsafe { (shim.flags)(handle.as_ptr()) };
        let raw = Self {
            handle,
            flags: NonNull::new(flags).ok_or(Error::Create)?,
            shim,
            sink: None,
            lost: None,
        };
        // A model that died while it was made has no ports.
        if raw.flags() & FATAL != 0 {
            raw.check()?;
        }
        Ok(raw)
    }

    /// For calls of the same shim.
    #[inline]
    pub fn handle(&mut self) -> *mut c_void {
        self.handle.as_ptr()
    }

    /// Address of a port, valid as long as the model.
    pub fn port<T>(&self, index: c_int) -> NonNull<T> {
        // SAFETY: the handle is live; generated code passes only indices that the shim knows.
        let port = unsafe { (self.shim.port)(self.handle.as_ptr(), index) };
        NonNull::new(port.cast()).expect("generated port index")
    }

    #[inline]
    fn flags(&self) -> u8 {
        // SAFETY: inside the live model, which no other thread runs meanwhile (not Sync).
        unsafe { *self.flags.as_ptr() }
    }

    #[inline]
    pub fn finished(&self) -> bool {
        self.flags() & FINISHED != 0
    }

    #[inline]
    pub fn check(&self) -> Result<(), Error> {
        if self.flags() & !FINISHED == 0 && self.lost.is_none() {
            return Ok(());
        }
        Err(self.error())
    }

    #[cold]
    fn error(&self) -> Error {
        let flags = self.flags();
        if flags & (ASSERTION | FATAL) == 0 {
            let open = self.sink.as_ref().filter(|_| flags & SINK != 0);
            let open = open.and_then(|s| s.lock().unwrap_or_else(PoisonError::into_inner).error());
            // One of the two is there, or `check` would not have asked.
            return open.or_else(|| self.lost.clone()).unwrap_or(Error::Create);
        }
        let (mut file, mut line, mut message) = (std::ptr::null(), 0, std::ptr::null());
        // SAFETY: the handle is live; the shim sets all three.
        unsafe { (self.shim.error)(self.handle.as_ptr(), &mut file, &mut line, &mut message) };
        let owned = |text| {
            // SAFETY: a NUL-terminated text of the model, unchanged until its next call.
            let text = unsafe { CStr::from_ptr(text) };
            text.to_string_lossy().into_owned()
        };
        let (file, message) = (owned(file), owned(message));
        let line = u32::try_from(line).unwrap_or(0);
        let model = self.shim.name;
        if flags & FATAL != 0 {
            Error::Fatal {
                model,
                file,
                line,
                message,
            }
        } else {
            Error::Assertion {
                model,
                file,
                line,
                message,
            }
        }
    }

    pub fn open_trace(&mut self, path: &Path) -> Result<(), Error> {
        self.close_trace();
        let sink = Box::new(Mutex::new(Sink::create(path)?));
        let address = std::ptr::from_ref(&*sink).cast_mut().cast();
        self.lost = None;
        let guard = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: the handle is live; the sink stays at its address until `close_trace` has made
        // the shim forget it.
        let opened = unsafe { (self.shim.trace_open)(self.handle.as_ptr(), address, sink::push) };
        drop(guard);
        self.sink = Some(sink);
        if opened == 0 {
            return Ok(());
        }
        self.close_trace();
        self.lost = None;
        let _ = std::fs::remove_file(path);
        self.check()?;
        Err(Error::Trace {
            path: path.display().to_string(),
            why: "this model was built without waves".to_owned(),
        })
    }

    #[inline]
    pub fn dump(&mut self, time: u64) {
        if self.sink.is_some() {
            // SAFETY: the handle is live, and `&mut self` keeps every other call away.
            unsafe { (self.shim.trace_dump)(self.handle.as_ptr(), time) }
        }
    }

    pub fn close_trace(&mut self) {
        let Some(sink) = self.sink.take() else { return };
        let guard = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: the handle is live; after this the shim does not use the sink any more.
        unsafe { (self.shim.trace_close)(self.handle.as_ptr()) }
        drop(guard);
        let sink = sink.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.lost = sink.finish().err();
    }

    pub fn write_coverage(&mut self, path: &Path) -> Result<(), Error> {
        let fail = |why: String| Error::Coverage {
            path: path.display().to_string(),
            why,
        };
        let text = path.to_str().and_then(|path| CString::new(path).ok());
        let text = text.ok_or_else(|| fail("the path must be UTF-8 without NUL".to_owned()))?;
        // Opened here first for the system's own words on what is wrong.
        std::fs::File::create(path).map_err(|error| fail(error.to_string()))?;
        // SAFETY: the handle is live and the text outlives the call.
        match unsafe { (self.shim.coverage)(self.handle.as_ptr(), text.as_ptr()) } {
            0 => Ok(()),
            1 => {
                self.check()?;
                Err(fail("cannot be written".to_owned()))
            }
            _ => {
                let _ = std::fs::remove_file(path);
                Err(fail("this model was built without coverage".to_owned()))
            }
        }
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        self.close_trace();
        let _guard = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: the handle is live and never used again.
        unsafe { (self.shim.free)(self.handle.as_ptr()) }
    }
}
