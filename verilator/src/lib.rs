//! Verilator 5 models from Rust.
//!
//! Two halves. [`build::Model`] is used from a `build.rs`: it calls Verilator, compiles the C++ and
//! writes a Rust file with a struct per model. The rest is what that struct stands on at run time.
//!
//! ```text
//! // build.rs                                     // src/lib.rs
//! verilated::build::Model::new("Vcounter")        include!(concat!(env!("OUT_DIR"), "/Vcounter.rs"));
//!     .top("counter").source("counter.v")         let mut chip = Vcounter::new(1)?;
//!     .compile()?;                                chip.set_clk_i(1); chip.eval();
//! ```
//!
//! Ports are plain memory of the model: setting one costs a store, and nothing happens before
//! `eval`. A failed assertion or `$stop` is an error from `check`, never the end of the process.

pub mod build;

use std::ffi::{CString, c_char, c_int, c_void};
use std::fmt;
use std::path::Path;
use std::ptr::NonNull;
use std::sync::{Mutex, PoisonError};

/// What went wrong with a model.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The model could not be made.
    Create,
    /// An assertion, `$error` or `$stop` of the Verilog; its text went to standard error.
    Assertion {
        /// The model's name.
        model: &'static str,
    },
    /// The wave file cannot be written.
    Trace {
        /// Path of the file.
        path: String,
        /// What is wrong with it.
        why: &'static str,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create => write!(f, "the model could not be made (out of memory?)"),
            Self::Assertion { model } => {
                write!(
                    f,
                    "{model}: an assertion of the Verilog failed (see standard error)"
                )
            }
            Self::Trace { path, why } => write!(f, "{path}: {why}"),
        }
    }
}

impl std::error::Error for Error {}

/// The functions of one model's shim. Only generated code makes one.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct Shim {
    pub name: &'static str,
    pub new: unsafe extern "C" fn(u64) -> *mut c_void,
    pub free: unsafe extern "C" fn(*mut c_void),
    pub eval: unsafe extern "C" fn(*mut c_void),
    pub port: unsafe extern "C" fn(*mut c_void, c_int) -> *mut c_void,
    pub error: unsafe extern "C" fn(*mut c_void) -> c_int,
    pub trace_open: unsafe extern "C" fn(*mut c_void, *const c_char) -> c_int,
    pub trace_dump: unsafe extern "C" fn(*mut c_void, u64),
    pub trace_close: unsafe extern "C" fn(*mut c_void),
}

/// Making, dropping and opening waves touch state that the Verilator runtime shares between models.
static RUNTIME: Mutex<()> = Mutex::new(());

/// A model, freed on drop. Only generated code holds one.
#[doc(hidden)]
pub struct Raw {
    handle: NonNull<c_void>,
    shim: Shim,
}

// SAFETY: the shim keeps every piece of a model's state behind its handle (one VerilatedContext a
// model) and sets the thread's context on each call; what the runtime shares is behind RUNTIME.
// No reference to a model is handed out, so it may move to another thread, but not be shared.
unsafe impl Send for Raw {}

impl Raw {
    /// Makes a model; `seed` decides the values that nothing has set yet.
    pub fn new(shim: Shim, seed: u64) -> Result<Self, Error> {
        let _guard = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: `new` of a generated shim may be called with any seed; null means failure.
        let handle = unsafe { (shim.new)(seed) };
        NonNull::new(handle)
            .map(|handle| Self { handle, shim })
            .ok_or(Error::Create)
    }

    /// Address of a port, valid as long as the model.
    pub fn port<T>(&self, index: c_int) -> NonNull<T> {
        // SAFETY: the handle is live; generated code passes only indices that the shim knows.
        let port = unsafe { (self.shim.port)(self.handle.as_ptr(), index) };
        NonNull::new(port.cast()).expect("generated port index")
    }

    #[inline]
    pub fn eval(&mut self) {
        // SAFETY: the handle is live, and `&mut self` keeps every other call away.
        unsafe { (self.shim.eval)(self.handle.as_ptr()) }
    }

    pub fn check(&self) -> Result<(), Error> {
        // SAFETY: the handle is live; this only reads a flag.
        match unsafe { (self.shim.error)(self.handle.as_ptr()) } {
            0 => Ok(()),
            _ => Err(Error::Assertion {
                model: self.shim.name,
            }),
        }
    }

    pub fn open_trace(&mut self, path: &Path) -> Result<(), Error> {
        let fail = |why| Error::Trace {
            path: path.display().to_string(),
            why,
        };
        let text = path.to_str().and_then(|p| CString::new(p).ok());
        let text = text.ok_or_else(|| fail("the path must be UTF-8 without NUL"))?;
        let _guard = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: the handle is live and the string outlives the call.
        match unsafe { (self.shim.trace_open)(self.handle.as_ptr(), text.as_ptr()) } {
            0 => Ok(()),
            1 => Err(fail("cannot be written")),
            _ => Err(fail("this model was built without waves of that format")),
        }
    }

    pub fn dump(&mut self, time: u64) {
        // SAFETY: the handle is live; without an open file this does nothing.
        unsafe { (self.shim.trace_dump)(self.handle.as_ptr(), time) }
    }

    pub fn close_trace(&mut self) {
        let _guard = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: the handle is live; without an open file this does nothing.
        unsafe { (self.shim.trace_close)(self.handle.as_ptr()) }
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        let _guard = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: the handle is live and never used again.
        unsafe { (self.shim.free)(self.handle.as_ptr()) }
    }
}
