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
    for document in ["README.md", "ARCHITECTURE.md"] {
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

#[test]
fn every_module_has_a_header_that_answers_the_five_questions() {
    let rtl = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rtl");
    let mut seen = 0;
    for folder in [rtl.clone(), rtl.join("prim")] {
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
