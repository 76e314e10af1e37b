//! What README.md and ARCHITECTURE.md name is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Names in backquotes that look like a path of this repository.
fn paths(text: &str) -> BTreeSet<&str> {
    text.split('`')
        .skip(1)
        .step_by(2)
        .filter(|name| !name.contains([' ', '(', '*', '<']) && !name.starts_with("./"))
        .filter(|name| {
            let top = name.split('/').next().unwrap_or_default();
            name.contains('/')
                && ["rtl", "host", "testbench", "verilator", "constraints"].contains(&top)
        })
        .collect()
}

#[test]
fn every_path_that_the_documents_name_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut seen = 0;
    for document in [
        "README.md",
        "ARCHITECTURE.md",
        "docs/boards.md",
        "docs/threat-model.md",
    ] {
        // Code blocks hold commands and drawings.
        let text = fs::read_to_string(root.join(document)).expect(document);
        let prose: String = text.split("```").step_by(2).collect();
        for path in paths(&prose) {
            assert!(
                root.join(path).exists(),
                "{document} names {path}, which is not there"
            );
            seen += 1;
        }
    }
    assert!(
        seen > 30,
        "only {seen} paths found: has the notation changed?"
    );
}

/// The wiring a reader solders is the wiring of the bitstream: `signal | pin` of docs/boards.md, the
/// constraints, and the ports of the top are the same.
#[test]
fn the_wiring_table_is_that_of_the_constraints() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let read = |path: &str| fs::read_to_string(root.join(path)).expect("file");
    let constraints = read("constraints/hx8k.pcf");
    let pins: BTreeSet<(&str, &str)> = constraints
        .lines()
        .filter_map(|line| line.strip_prefix("set_io ")?.split_once(' '))
        .collect();
    let document = read("docs/boards.md");
    let table: BTreeSet<(&str, &str)> = document
        .lines()
        .filter_map(|line| {
            let (signal, rest) = line.strip_prefix("| `")?.split_once("` | ")?;
            Some((signal, rest.split_once(" |")?.0))
        })
        .collect();
    assert_eq!(table, pins);
    let places: BTreeSet<&str> = pins.iter().map(|(_, pin)| *pin).collect();
    assert_eq!(places.len(), pins.len(), "a pin is used twice");

    let top = read("rtl/board/hx8k_top.v");
    let ports: BTreeSet<String> = top
        .lines()
        .take_while(|line| *line != ");")
        .filter_map(|line| {
            let line = line.trim().trim_end_matches(',');
            let port = line
                .strip_prefix("input  wire")
                .or_else(|| line.strip_prefix("output wire"))
                .or_else(|| line.strip_prefix("inout  wire"))?
                .trim();
            Some(match port.strip_prefix('[') {
                None => vec![port.to_owned()],
                Some(vector) => {
                    let (range, name) = vector.split_once("] ").expect("name");
                    let high: u32 = range.split(':').next()?.parse().expect("bit");
                    (0..=high).map(|bit| format!("{name}[{bit}]")).collect()
                }
            })
        })
        .flatten()
        .collect();
    let wired: BTreeSet<String> = pins.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(ports, wired);
}

/// The claims ledger: a path of a test file in backquotes is followed by names of tests in it.
#[test]
fn every_test_that_the_claims_ledger_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text = fs::read_to_string(root.join("docs/threat-model.md")).expect("threat model");
    let mut seen = 0;
    for line in text.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = line.split(" | ").collect();
        let [_, _, check, _] = cells[..] else {
            continue;
        };
        let mut source = String::new();
        for name in check.split('`').skip(1).step_by(2) {
            if name.contains('/') {
                source = fs::read_to_string(root.join(name)).expect(name);
            } else {
                let found = [
                    format!("fn {name}("),
                    format!("{name} => "),
                    format!("\n    {name},\n"),
                    format!("\n    {name}\n"),
                ];
                assert!(
                    found.iter().any(|found| source.contains(found)),
                    "docs/threat-model.md names the test {name}, which is not there"
                );
                seen += 1;
            }
        }
    }
    assert!(
        seen >= 25,
        "only {seen} tests found: has the notation changed?"
    );
}

#[test]
fn every_module_has_a_header_that_answers_the_five_questions() {
    let rtl = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rtl");
    let mut seen = 0;
    for folder in [rtl.clone(), rtl.join("prim"), rtl.join("board")] {
        for entry in fs::read_dir(&folder).expect("rtl") {
            let path = entry.expect("entry").path();
            if path.extension().is_none_or(|ending| ending != "v") {
                continue;
            }
            let text = fs::read_to_string(&path).expect("readable");
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .expect("UTF-8");
            let header: Vec<&str> = text
                .lines()
                .take_while(|line| line.starts_with("//"))
                .collect();
            assert!(
                header[0].starts_with(&format!("// {name} - ")),
                "{name}: first line"
            );
            let header = header.join("\n").to_lowercase();
            for word in [
                "clock",
                "reset",
                "timing",
                "fails",
                "proofs",
                "spdx-license-identifier",
            ] {
                assert!(
                    header.contains(word),
                    "{name}: the header does not tell {word}"
                );
            }
            seen += 1;
        }
    }
    assert!(seen >= 25, "{seen} modules");
}
