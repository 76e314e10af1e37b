//! What is said where Verilator is missing, too old, or only half there. Each case runs this test
//! program once more, as a build script with an environment of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Not a test of its own: what `build_script` starts.
#[test]
fn child() {
    if std::env::var_os("VERILATED_CHILD").is_none() {
        return;
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/block.v");
    match verilated::build::Model::new("Vchild")
        .top("block")
        .source(source)
        .compile()
    {
        Ok(()) => println!("built"),
        Err(error) => println!("error: {error}"),
    }
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("verilated-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("temporary folder");
        Self(path)
    }

    /// A program that answers `--version` with a text and everything else with nothing.
    fn fake(&self, name: &str, version: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let path = self.0.join(name);
        let text = format!("#!/bin/sh\n[ \"$1\" = --version ] && echo \"{version}\"\nexit 0\n");
        std::fs::create_dir_all(path.parent().expect("folder")).expect("folder");
        std::fs::write(&path, text).expect("script");
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&path, mode).expect("executable");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn build_script(folder: &Folder, variables: &[(&str, &Path)]) -> String {
    let out = folder.0.join("out");
    std::fs::create_dir_all(&out).expect("OUT_DIR");
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command
        .args(["--exact", "child", "--nocapture"])
        .env("VERILATED_CHILD", "1")
        .env("OUT_DIR", out)
        .env_remove("VERILATOR")
        .env_remove("VERILATOR_ROOT")
        .envs(variables.iter().copied());
    let output = command.output().expect("runs");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[track_caller]
fn says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "no {part:?} in: {text}");
    }
}

#[test]
fn a_missing_verilator_names_the_version_and_the_package() {
    let folder = Folder::new("missing");
    let nowhere = folder.0.join("bin/verilator");
    let said = build_script(&folder, &[("VERILATOR", &nowhere)]);
    says(
        &said,
        &[
            &nowhere.to_string_lossy(),
            "not found",
            "5.006",
            "apt-get install verilator",
        ],
    );
    let said = build_script(&folder, &[("PATH", &folder.0)]);
    says(
        &said,
        &[
            "error: verilator: not found",
            "5.006",
            "apt-get install verilator",
        ],
    );
}

#[test]
fn one_too_old_names_both_versions() {
    let folder = Folder::new("old");
    for version in ["Verilator 4.2 2021-01-01 rev v4.2", "Verilator 5.005 devel"] {
        let fake = folder.fake("verilator", version);
        let said = build_script(&folder, &[("VERILATOR", &fake)]);
        says(&said, &[version, "5.006", "apt-get install verilator"]);
    }
}

#[test]
fn one_that_does_not_know_its_version_is_read_from_its_header() {
    let folder = Folder::new("unknown");
    folder.fake("bin/verilator_bin", " rev vUNKNOWN-built20260516-4e853d8");
    std::fs::create_dir_all(folder.0.join("include")).expect("folder");
    let header = folder.0.join("include/verilated_config.h");
    std::fs::write(folder.0.join("include/verilated.h"), "").expect("header");
    std::fs::write(&header, "#define VERILATOR_VERSION \"4.228\"\n").expect("header");
    // Found by its root alone.
    let said = build_script(&folder, &[("VERILATOR_ROOT", &folder.0)]);
    says(&said, &["bin/verilator_bin", "\"4.228\"", "5.006"]);
    // Found by its program alone: the root is the folder above. New enough, and then it builds
    // nothing, which is noticed.
    std::fs::write(&header, "#define VERILATOR_VERSION \"5.49\"\n").expect("header");
    let said = build_script(
        &folder,
        &[("VERILATOR", &folder.0.join("bin/verilator_bin"))],
    );
    says(&said, &["error: ", "Vchild.h: No such file"]);
}

#[test]
fn one_without_its_runtime_says_where_it_was_sought() {
    let folder = Folder::new("half");
    let fake = folder.fake("bin/verilator", "Verilator 5.020 2024-01-01");
    let said = build_script(&folder, &[("VERILATOR", &fake)]);
    says(
        &said,
        &["no include/verilated.h in", "share/verilator", "5.006"],
    );
}

#[test]
fn a_missing_compiler_is_named() {
    let folder = Folder::new("compiler");
    // Needs the Verilator that this test runs with.
    let kept = ["VERILATOR", "VERILATOR_ROOT"]
        .map(|name| std::env::var(name).map(|value| (name, PathBuf::from(value))));
    let mut variables = vec![("CXX", Path::new("no-such-compiler"))];
    variables.extend(kept.iter().flatten().map(|(name, value)| (*name, &**value)));
    let said = build_script(&folder, &variables);
    says(
        &said,
        &["no-such-compiler: not found", "apt-get install g++"],
    );
}

#[test]
fn bindings_alone_need_no_compiler() {
    let folder = Folder::new("bindings");
    let compiler = folder.0.join("no-compiler");
    let said = build_script(&folder, &[("CXX", &compiler)]);
    says(&said, &["error: ", "no-compiler"]);
    let said = build_script(
        &folder,
        &[
            ("CXX", &compiler),
            ("VERILATED_BINDINGS_ONLY", Path::new("1")),
        ],
    );
    says(&said, &["built"]);
    assert!(!said.contains("rustc-link-lib"), "{said}");
    assert!(folder.0.join("out/Vchild.rs").exists());
}
