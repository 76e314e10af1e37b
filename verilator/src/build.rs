//! Building models from `build.rs`.

use std::env;
use std::fmt::{self, Write as _};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Oldest Verilator that is known to build our models.
const OLDEST: (u32, u32) = (5, 6);

/// Why a model was not built.
#[derive(Debug)]
#[non_exhaustive]
pub enum BuildError {
    /// No Verilator in `PATH` (or at `$VERILATOR`).
    Missing {
        /// What was called.
        command: String,
    },
    /// The Verilator found is too old.
    TooOld {
        /// What it said.
        found: String,
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
    /// The generated header holds a port that is not understood.
    Port {
        /// The line.
        line: String,
    },
    /// Not called from a build script.
    NoBuildScript,
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { command } => write!(
                f,
                "{command}: not found; Verilator 5.006 or later is needed (apt-get install verilator, or set VERILATOR)"
            ),
            Self::TooOld { found } => write!(
                f,
                "Verilator 5.006 or later is needed, found: {found} (Debian 12 and later have it: apt-get install verilator)"
            ),
            Self::Failed { command, output } => write!(f, "failed: {command}\n{output}"),
            Self::File { path, error } => write!(f, "{}: {error}", path.display()),
            Self::Port { line } => write!(f, "port not understood in the generated header: {line}"),
            Self::NoBuildScript => write!(f, "OUT_DIR is not set; call this from build.rs"),
        }
    }
}

impl std::error::Error for BuildError {}

/// Format of the waves that a model can write.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Waves {
    /// None; the fastest.
    None,
    /// Value change dump.
    Vcd,
    /// GTKWave's compressed format.
    Fst,
}

/// A model to build.
#[derive(Clone, Debug)]
pub struct Model {
    name: String,
    top: Option<String>,
    sources: Vec<PathBuf>,
    arguments: Vec<String>,
    waves: Waves,
}

/// One port of the top module.
struct Port {
    name: String,
    kind: Kind,
    input: bool,
}

enum Kind {
    Scalar(&'static str),
    Wide(u32),
}

impl Model {
    /// A model whose Rust struct (and C++ class prefix) is `name`.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            top: None,
            sources: Vec::new(),
            arguments: Vec::new(),
            waves: Waves::None,
        }
    }

    /// The top module.
    pub fn top(&mut self, top: &str) -> &mut Self {
        self.top = Some(top.to_owned());
        self
    }

    /// A Verilog file.
    pub fn source(&mut self, path: impl AsRef<Path>) -> &mut Self {
        self.sources.push(path.as_ref().to_owned());
        self
    }

    /// A folder for `include` files.
    pub fn include(&mut self, path: impl AsRef<Path>) -> &mut Self {
        self.argument(&format!("-I{}", path.as_ref().display()))
    }

    /// A macro.
    pub fn define(&mut self, name: &str, value: &str) -> &mut Self {
        self.argument(&format!("-D{name}={value}"))
    }

    /// A parameter of the top module.
    pub fn param(&mut self, name: &str, value: &str) -> &mut Self {
        self.argument(&format!("-G{name}={value}"))
    }

    /// Waves that the model can write.
    pub fn waves(&mut self, waves: Waves) -> &mut Self {
        self.waves = waves;
        self
    }

    /// Builds in coverage counters (slow; for a build of its own).
    pub fn coverage(&mut self) -> &mut Self {
        self.argument("--coverage")
    }

    /// Another argument for Verilator.
    pub fn argument(&mut self, argument: &str) -> &mut Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// Runs Verilator and the C++ compiler, tells Cargo what to link, and writes `NAME.rs`.
    ///
    /// # Errors
    /// [`BuildError`] with what is missing or what a command printed.
    pub fn compile(&self) -> Result<(), BuildError> {
        let out = PathBuf::from(env::var_os("OUT_DIR").ok_or(BuildError::NoBuildScript)?);
        let folder = out.join(&self.name);
        println!("cargo::rerun-if-env-changed=VERILATOR");
        println!("cargo::rerun-if-env-changed=CXX");
        for source in &self.sources {
            println!("cargo::rerun-if-changed={}", source.display());
        }
        let verilator = env::var("VERILATOR").unwrap_or_else(|_| "verilator".to_owned());
        let root = verilator_root(&verilator)?;
        let _ = fs::remove_dir_all(&folder);
        let mut command = Command::new(&verilator);
        command
            .args([
                "--cc",
                "--assert",
                "-O3",
                "--x-assign",
                "unique",
                "--x-initial",
                "unique",
            ])
            .args([
                "--flatten",
                "--no-timing",
                "-Wno-fatal",
                "--prefix",
                &self.name,
                "--Mdir",
            ])
            .arg(&folder)
            .args(&self.arguments)
            .args(&self.sources);
        match self.waves {
            Waves::None => {}
            Waves::Vcd => drop(command.arg("--trace")),
            Waves::Fst => drop(command.arg("--trace-fst")),
        }
        if let Some(top) = &self.top {
            command.args(["--top-module", top]);
        }
        run(&mut command)?;

        let header = read(&folder.join(format!("{}.h", self.name)))?;
        let ports = ports(&header)?;
        write(&folder.join("shim.cpp"), &self.shim(&ports))?;
        write(&out.join(format!("{}.rs", self.name)), &self.rust(&ports))?;
        self.link(&folder, &root)
    }

    /// Compiles the model to one archive, and the runtime that all models share to another. Linked
    /// as archives, the runtime of several build scripts in one program counts once.
    fn link(&self, folder: &Path, root: &Path) -> Result<(), BuildError> {
        let include = root.join("include");
        let mut units: Vec<PathBuf> = Vec::new();
        let entries = fs::read_dir(folder).map_err(|error| BuildError::File {
            path: folder.to_owned(),
            error,
        })?;
        for entry in entries.flatten() {
            if entry.path().extension().is_some_and(|e| e == "cpp") {
                units.push(entry.path());
            }
        }
        units.sort();
        archive(&self.name, folder, &include, &units)?;
        let runtime = folder.with_file_name("runtime");
        if !runtime.join("libverilated_runtime.a").exists() {
            fs::create_dir_all(&runtime).map_err(|error| BuildError::File {
                path: runtime.clone(),
                error,
            })?;
            let mut units = ["verilated", "verilated_threads", "verilated_cov"]
                .map(|unit| include.join(format!("{unit}.cpp")))
                .to_vec();
            for unit in ["verilated_vcd_c", "verilated_fst_c"] {
                units.push(include.join(format!("{unit}.cpp")));
            }
            archive("verilated_runtime", &runtime, &include, &units)?;
        }
        for (name, folder) in [
            (self.name.as_str(), folder),
            ("verilated_runtime", &runtime),
        ] {
            println!("cargo::rustc-link-search=native={}", folder.display());
            println!("cargo::rustc-link-lib=static={name}");
        }
        println!("cargo::rustc-link-lib=dylib=stdc++");
        println!("cargo::rustc-link-lib=dylib=z");
        Ok(())
    }

    fn shim(&self, ports: &[Port]) -> String {
        let name = &self.name;
        let (trace_header, trace_class) = match self.waves {
            Waves::None => ("", ""),
            Waves::Vcd => ("#include \"verilated_vcd_c.h\"\n", "VerilatedVcdC"),
            Waves::Fst => ("#include \"verilated_fst_c.h\"\n", "VerilatedFstC"),
        };
        let mut cases = String::new();
        for (n, port) in ports.iter().enumerate() {
            let _ = writeln!(cases, "    case {n}: return (void*)&m->top->{};", port.name);
        }
        // Inputs begin at 0, or the clock's first edge and a garbage reset would be taken for real.
        let mut zero = String::new();
        for port in ports.iter().filter(|port| port.input) {
            let _ = writeln!(
                zero,
                "  std::memset((void*)&m->top->{0}, 0, sizeof m->top->{0});",
                port.name
            );
        }
        let (member, open, dump, close) = if trace_class.is_empty() {
            (
                String::new(),
                "  (void)h; (void)path; return 2;\n".to_owned(),
                String::new(),
                String::new(),
            )
        } else {
            (
                format!("  {trace_class}* wave = nullptr;\n"),
                format!(
                    "  model* m = (model*)h; m->enter();\n  if (m->wave) {name}_shim_trace_close(h);\n  \
                     m->wave = new {trace_class};\n  m->top->trace(m->wave, 99);\n  m->wave->open(path);\n  \
                     if (m->wave->isOpen()) return 0;\n  delete m->wave; m->wave = nullptr; return 1;\n"
                ),
                "  model* m = (model*)h; m->enter(); if (m->wave) m->wave->dump(time);\n".to_owned(),
                "  model* m = (model*)h; m->enter();\n  if (m->wave) { m->wave->close(); delete m->wave; m->wave = nullptr; }\n".to_owned(),
            )
        };
        format!(
            "// Made by the `verilated` crate.\n\
             #include \"{name}.h\"\n#include \"verilated.h\"\n{trace_header}#include <new>\n#include <cstring>\n#include <cstdint>\n\
                          __attribute__((weak)) void vl_finish(const char*, int, const char*) VL_MT_UNSAFE {{}}\n\
             namespace {{\nVerilatedContext* parking() {{ static VerilatedContext* c = new VerilatedContext; return c; }}\n\
             struct model {{\n  VerilatedContext* context = nullptr;\n  {name}* top = nullptr;\n{member}  \
             void enter() {{ Verilated::threadContextp(context); }}\n}};\n}}\n\
             extern \"C\" {{\nvoid {name}_shim_trace_close(void* h);\n\
             void* {name}_shim_new(uint64_t seed) {{\n  model* m = new (std::nothrow) model;\n  if (!m) return nullptr;\n  \
             m->context = new VerilatedContext;\n  m->enter();\n  m->context->randReset(2);\n  \
             m->context->randSeed((int)(seed % 2147483646u) + 1);\n  m->context->fatalOnError(false);\n  \
             m->context->traceEverOn({traced});\n  m->top = new {name}(m->context, \"\");\n{zero}  m->top->eval();\n  return m;\n}}\n\
             void {name}_shim_free(void* h) {{\n  model* m = (model*)h;\n  {name}_shim_trace_close(h);\n  m->enter();\n  \
             m->top->final();\n  delete m->top;\n  delete m->context;\n  Verilated::threadContextp(parking());\n  delete m;\n}}\n\
             void {name}_shim_eval(void* h) {{ model* m = (model*)h; m->enter(); m->top->eval(); }}\n\
             int {name}_shim_error(void* h) {{ model* m = (model*)h; return m->context->gotError(); }}\n\
             void* {name}_shim_port(void* h, int n) {{\n  model* m = (model*)h;\n  switch (n) {{\n{cases}    default: return nullptr;\n  }}\n}}\n\
             int {name}_shim_trace_open(void* h, const char* path) {{\n{open}}}\n\
             void {name}_shim_trace_dump(void* h, uint64_t time) {{\n  (void)h; (void)time;\n{dump}}}\n\
             void {name}_shim_trace_close(void* h) {{\n  (void)h;\n{close}}}\n}}\n",
            traced = self.waves != Waves::None,
        )
    }

    fn rust(&self, ports: &[Port]) -> String {
        let name = &self.name;
        let functions = [
            ("new", "(seed: u64) -> *mut std::ffi::c_void"),
            ("free", "(model: *mut std::ffi::c_void)"),
            ("eval", "(model: *mut std::ffi::c_void)"),
            (
                "port",
                "(model: *mut std::ffi::c_void, index: std::ffi::c_int) -> *mut std::ffi::c_void",
            ),
            ("error", "(model: *mut std::ffi::c_void) -> std::ffi::c_int"),
            (
                "trace_open",
                "(model: *mut std::ffi::c_void, path: *const std::ffi::c_char) -> std::ffi::c_int",
            ),
            ("trace_dump", "(model: *mut std::ffi::c_void, time: u64)"),
            ("trace_close", "(model: *mut std::ffi::c_void)"),
        ];
        let mut externs = String::new();
        let mut table = String::new();
        for (function, signature) in functions {
            let _ = writeln!(externs, "        fn {name}_shim_{function}{signature};");
            let _ = writeln!(table, "            {function}: {name}_shim_{function},");
        }
        let (mut fields, mut inits, mut accessors) = (String::new(), String::new(), String::new());
        for (n, port) in ports.iter().enumerate() {
            let port_name = &port.name;
            let kind = match port.kind {
                Kind::Scalar(kind) => kind.to_owned(),
                Kind::Wide(words) => format!("[u32; {words}]"),
            };
            let _ = writeln!(fields, "    {port_name}: std::ptr::NonNull<{kind}>,");
            let _ = writeln!(inits, "            {port_name}: raw.port({n}),");
            let _ = writeln!(
                accessors,
                "    /// Port `{port_name}`.\n    #[inline]\n    pub fn {port_name}(&self) -> {kind} {{\n        \
                 // SAFETY: points into the live model, whose only user is this struct.\n        \
                 unsafe {{ *self.{port_name}.as_ptr() }}\n    }}"
            );
            if port.input {
                let _ = writeln!(
                    accessors,
                    "    /// Sets port `{port_name}`; seen at the next `eval`.\n    #[inline]\n    \
                     pub fn set_{port_name}(&mut self, value: {kind}) {{\n        \
                     // SAFETY: points into the live model, whose only user is this struct.\n        \
                     unsafe {{ *self.{port_name}.as_ptr() = value }}\n    }}"
                );
            }
        }
        format!(
            "/// Verilated model `{name}`.\npub struct {name} {{\n    raw: verilated::Raw,\n{fields}}}\n\
             // SAFETY: the pointers lead into the model that `raw` owns and moves along with it.\n\
             unsafe impl Send for {name} {{}}\n\
             #[allow(clippy::missing_errors_doc, clippy::must_use_candidate, non_snake_case)]\nimpl {name} {{\n    \
             /// Makes a model; `seed` decides what nothing has set yet.\n    \
             pub fn new(seed: u64) -> Result<Self, verilated::Error> {{\n        \
             // SAFETY: signatures as in the shim that the build script wrote beside this file.\n        \
             unsafe extern \"C\" {{\n{externs}        }}\n        let raw = verilated::Raw::new(verilated::Shim {{\n            \
             name: \"{name}\",\n{table}        }}, seed)?;\n        Ok(Self {{\n{inits}            raw,\n        }})\n    }}\n    \
             /// Lets the model settle after its inputs changed.\n    #[inline]\n    pub fn eval(&mut self) {{ self.raw.eval() }}\n    \
             /// Whether an assertion has failed.\n    pub fn check(&self) -> Result<(), verilated::Error> {{ self.raw.check() }}\n    \
             /// Opens a wave file.\n    pub fn open_trace(&mut self, path: &std::path::Path) -> Result<(), verilated::Error> {{ self.raw.open_trace(path) }}\n    \
             /// Writes the present values, at a time in picoseconds.\n    pub fn dump(&mut self, time: u64) {{ self.raw.dump(time) }}\n    \
             /// Closes the wave file.\n    pub fn close_trace(&mut self) {{ self.raw.close_trace() }}\n{accessors}}}\n"
        )
    }
}

/// Compiles C++ files, two at a time, to `libNAME.a` in `folder`.
fn archive(name: &str, folder: &Path, include: &Path, units: &[PathBuf]) -> Result<(), BuildError> {
    let compiler = env::var("CXX").unwrap_or_else(|_| "c++".to_owned());
    let object = |n: usize| folder.join(format!("{n}.o"));
    let compile = |n: usize| {
        run(Command::new(&compiler)
            .args([
                "-std=c++17",
                "-O2",
                "-fPIC",
                "-fno-semantic-interposition",
                "-w",
                "-c",
            ])
            .args(["-pthread", "-DVL_USER_FINISH", "-I"])
            .arg(folder)
            .arg("-I")
            .arg(include)
            .arg("-I")
            .arg(include.join("vltstd"))
            .arg("-o")
            .arg(object(n))
            .arg(&units[n]))
    };
    std::thread::scope(|scope| {
        let odd = scope.spawn(|| (1..units.len()).step_by(2).try_for_each(compile));
        let even = (0..units.len()).step_by(2).try_for_each(compile);
        let odd = odd.join().unwrap_or(Err(BuildError::Missing {
            command: compiler.clone(),
        }));
        even.and(odd)
    })?;
    let archive = folder.join(format!("lib{name}.a"));
    let _ = fs::remove_file(&archive);
    run(Command::new("ar")
        .arg("crs")
        .arg(&archive)
        .args((0..units.len()).map(object)))
}

/// Finds the folder with `include/verilated.h`, and refuses a Verilator that is too old.
fn verilator_root(verilator: &str) -> Result<PathBuf, BuildError> {
    let ask = |argument: &str, more: Option<&str>| {
        let mut command = Command::new(verilator);
        command.arg(argument);
        command.args(more);
        match command.output() {
            Ok(output) => Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned()),
            Err(_) => Err(BuildError::Missing {
                command: verilator.to_owned(),
            }),
        }
    };
    let version = ask("--version", None)?;
    let number = version.split_whitespace().nth(1).unwrap_or_default();
    let mut parts = number
        .split('.')
        .map(|part| part.parse::<u32>().unwrap_or(0));
    let found = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if found < OLDEST {
        return Err(BuildError::TooOld { found: version });
    }
    Ok(PathBuf::from(ask("--getenv", Some("VERILATOR_ROOT"))?))
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

/// Ports from the generated header: `VL_IN8(&clk_i,0,0);`, `VL_OUTW(&q_o,127,0,4);` and so on.
fn ports(header: &str) -> Result<Vec<Port>, BuildError> {
    let mut ports = Vec::new();
    for line in header.lines().map(str::trim) {
        let (input, rest) = match (line.strip_prefix("VL_IN"), line.strip_prefix("VL_OUT")) {
            (Some(rest), _) => (true, rest),
            (_, Some(rest)) => (false, rest),
            _ => continue,
        };
        let bad = || BuildError::Port {
            line: line.to_owned(),
        };
        let (width, arguments) = rest.split_once("(&").ok_or_else(bad)?;
        let arguments = arguments.trim_end_matches(");");
        let mut parts = arguments.split(',');
        let name = parts.next().ok_or_else(bad)?.to_owned();
        let kind = match width {
            "8" => Kind::Scalar("u8"),
            "16" => Kind::Scalar("u16"),
            "" => Kind::Scalar("u32"),
            "64" => Kind::Scalar("u64"),
            "W" => Kind::Wide(parts.nth(2).and_then(|n| n.parse().ok()).ok_or_else(bad)?),
            _ => return Err(bad()),
        };
        ports.push(Port { name, kind, input });
    }
    Ok(ports)
}
