//! Compiles a model to one archive, and the runtime that all models share to another.
//!
//! Linked as archives, the runtime of several build scripts in one program counts once, and an
//! object that nothing needs is left out. The runtime is compiled once a build script, and only
//! the parts that a model asks for.

use super::find::Verilator;
use super::{BuildError, read, run, write};
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Files of this crate that go with every runtime.
const HOOKS: [(&str, &str); 4] = [
    (
        "verilated_rs_print.h",
        include_str!("../cxx/verilated_rs_print.h"),
    ),
    ("verilated_rs.h", include_str!("../cxx/verilated_rs.h")),
    (
        "verilated_rs_model.h",
        include_str!("../cxx/verilated_rs_model.h"),
    ),
    ("verilated_rs.cpp", include_str!("../cxx/verilated_rs.cpp")),
];

/// `-fno-semantic-interposition` takes back most of what `-fPIC` costs gcc; the `VL_USER_*` leave
/// these functions to the hooks.
const FLAGS: [&str; 11] = [
    "-std=c++17",
    "-fPIC",
    "-ftls-model=initial-exec",
    "-fno-semantic-interposition",
    "-pthread",
    "-w",
    "-DVL_USER_FINISH",
    "-DVL_USER_STOP",
    "-DVL_USER_FATAL",
    "-DVL_USER_WARN",
    "-DVL_TIME_CONTEXT",
];

/// One compilation: source, object, and how far to optimise.
struct Unit {
    source: PathBuf,
    object: PathBuf,
    optimise: &'static str,
}

pub(super) struct Compiler {
    program: String,
    include: PathBuf,
    runtime: PathBuf,
}

impl Compiler {
    /// With the runtime's folder in `out`, emptied if another Verilator or compiler filled it.
    pub(super) fn new(verilator: &Verilator, out: &Path) -> Result<Self, BuildError> {
        let program = env::var("CXX").unwrap_or_else(|_| "c++".to_owned());
        let include = verilator.include();
        let runtime = out.join("runtime");
        let stamp = format!(
            "{program}\n{FLAGS:?}\n{}\n{}\n{HOOKS:?}",
            include.display(),
            verilator.version
        );
        let stamp_file = runtime.join("stamp");
        if fs::read_to_string(&stamp_file).ok().as_deref() != Some(&stamp) {
            let _ = fs::remove_dir_all(&runtime);
            fs::create_dir_all(&runtime).map_err(|error| BuildError::File {
                path: runtime.clone(),
                error,
            })?;
            for (name, text) in HOOKS {
                write(&runtime.join(name), text)?;
            }
            write(&stamp_file, &stamp)?;
        }
        Ok(Self {
            program,
            include,
            runtime,
        })
    }

    /// Compiles what Verilator wrote to `folder`, and tells Cargo what to link.
    pub(super) fn link(
        &self,
        name: &str,
        folder: &Path,
        cpp: &[PathBuf],
        optimise: [&'static str; 2],
    ) -> Result<(), BuildError> {
        let mut units = self.model(folder, cpp, optimise)?;
        let objects: Vec<_> = units.iter().map(|unit| unit.object.clone()).collect();
        let wanted = self.runtime_units(name, folder)?;
        let runtime: Vec<_> = wanted.iter().map(|unit| unit.object.clone()).collect();
        units.extend(wanted.into_iter().filter(|unit| !unit.object.exists()));
        self.compile(folder, &units)?;
        archive(&folder.join(format!("lib{name}.a")), &objects)?;
        archive(&self.runtime.join("libverilated_runtime.a"), &runtime)?;
        for (name, folder) in [(name, folder), ("verilated_runtime", &*self.runtime)] {
            println!("cargo::rustc-link-search=native={}", folder.display());
            println!("cargo::rustc-link-lib=static={name}");
        }
        println!("cargo::rustc-link-lib=dylib=stdc++");
        Ok(())
    }

    /// All of a model in two units: its dozen small files spend most of their time on the same
    /// headers (measured: 4 s one by one, 1 s so). What runs once needs little optimisation.
    fn model(
        &self,
        folder: &Path,
        cpp: &[PathBuf],
        [often, once]: [&'static str; 2],
    ) -> Result<Vec<Unit>, BuildError> {
        let entries = fs::read_dir(folder).map_err(|error| BuildError::File {
            path: folder.to_owned(),
            error,
        })?;
        let mut names: Vec<String> = entries
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .filter(|name| name.ends_with(".cpp"))
            .collect();
        names.sort();
        let (mut fast, mut slow) = (String::new(), String::new());
        for name in names {
            let is_slow = name.ends_with("__Slow.cpp") || name.ends_with("__Syms.cpp");
            let text = if is_slow { &mut slow } else { &mut fast };
            let _ = writeln!(text, "#include \"{name}\"");
        }
        let mut units = Vec::new();
        for (name, text, optimise) in [("fast", fast, often), ("slow", slow, once)] {
            let source = folder.join(format!("all_{name}.cc"));
            write(&source, &text)?;
            units.push(Unit {
                source,
                object: folder.join(format!("{name}.o")),
                optimise,
            });
        }
        for (n, source) in cpp.iter().enumerate() {
            let source = source.canonicalize().map_err(|error| BuildError::File {
                path: source.clone(),
                error,
            })?;
            units.push(Unit {
                source,
                object: folder.join(format!("user_{n}.o")),
                optimise: "-O2",
            });
        }
        Ok(units)
    }

    /// What the model's make file lists as `VM_GLOBAL_FAST` and `VM_GLOBAL_SLOW`, and the hooks.
    fn runtime_units(&self, name: &str, folder: &Path) -> Result<Vec<Unit>, BuildError> {
        let makefile = read(&folder.join(format!("{name}_classes.mk")))?;
        let mut names = Vec::new();
        let mut global = false;
        for line in makefile.lines() {
            if let Some((variable, _)) = line.split_once("+=") {
                global = variable.starts_with("VM_GLOBAL");
            } else if global && line.starts_with(char::is_whitespace) {
                names.push(line.trim_end_matches('\\').trim().to_owned());
            } else {
                global = false;
            }
        }
        let mut units = vec![Unit {
            source: self.runtime.join("verilated_rs.cpp"),
            object: self.runtime.join("verilated_rs.o"),
            optimise: "-O2",
        }];
        units.extend(
            names
                .iter()
                .filter(|name| !name.is_empty())
                .map(|name| Unit {
                    source: self.include.join(format!("{name}.cpp")),
                    object: self.runtime.join(format!("{name}.o")),
                    optimise: "-O2",
                }),
        );
        Ok(units)
    }

    /// Compiles, two at a time.
    fn compile(&self, folder: &Path, units: &[Unit]) -> Result<(), BuildError> {
        let compile = |unit: &Unit| {
            let vltstd = self.include.join("vltstd");
            run(Command::new(&self.program)
                .args(FLAGS)
                .arg(unit.optimise)
                .args(["-include", "verilated_rs_print.h"])
                .args([folder, &self.runtime, &self.include, &vltstd].map(|f| {
                    let mut flag = std::ffi::OsString::from("-I");
                    flag.push(f);
                    flag
                }))
                .arg("-c")
                .arg(&unit.source)
                .arg("-o")
                .arg(&unit.object))
        };
        std::thread::scope(|scope| {
            let odd = scope.spawn(|| units.iter().skip(1).step_by(2).try_for_each(compile));
            let even = units.iter().step_by(2).try_for_each(compile);
            let odd = odd.join().unwrap_or(Err(BuildError::Missing {
                command: self.program.clone(),
            }));
            even.and(odd)
        })
    }
}

/// Puts objects into an archive; those of earlier calls stay.
fn archive(path: &Path, objects: &[PathBuf]) -> Result<(), BuildError> {
    let program = env::var("AR").unwrap_or_else(|_| "ar".to_owned());
    run(Command::new(program).arg("crs").arg(path).args(objects))
}
