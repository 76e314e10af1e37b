//! Coverage is written at run time, one set of counters a model.

use std::path::PathBuf;
use verilated_models::{Vcounter, VcounterCovered};

fn clock(chip: &mut VcounterCovered) {
    chip.set_clk_i(1);
    chip.eval();
    chip.set_clk_i(0);
    chip.eval();
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("verilated-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("temporary folder");
    folder
}

/// Counts of the line coverage points, by line of counter.v.
fn counts(file: &std::path::Path) -> Vec<(u32, u64)> {
    let text = std::fs::read_to_string(file).expect("written");
    assert!(text.contains("counter.v"), "{text}");
    let mut counts = Vec::new();
    for line in text.lines().filter(|line| line.starts_with("C ")) {
        // C '\x01KEY\x02VALUE\x01KEY\x02VALUE...' COUNT
        let key = |key: &str| {
            let from = line.find(&format!("\u{1}{key}\u{2}"))? + key.len() + 2;
            line[from..].split(['\u{1}', '\'']).next()
        };
        if key("page")
            .is_some_and(|page| page.starts_with("v_line") || page.starts_with("v_branch"))
        {
            let at = key("l").expect("line").parse().expect("number");
            let count = line.rsplit(' ').next().expect("count");
            counts.push((at, count.parse().expect("number")));
        }
    }
    counts
}

#[test]
fn the_file_names_the_lines_that_this_model_ran() {
    let folder = folder("coverage");
    let mut busy = VcounterCovered::new(1).expect("model");
    let mut idle = VcounterCovered::new(1).expect("model");
    busy.set_rst_ni(1);
    for _ in 0..10 {
        clock(&mut busy);
    }
    let (a, b) = (folder.join("busy.dat"), folder.join("idle.dat"));
    busy.write_coverage(&a).expect("writable");
    idle.write_coverage(&b).expect("writable");
    let source = include_str!("../models/counter.v");
    let line = |text: &str| {
        let line = source.lines().position(|line| line.contains(text));
        line.expect("in counter.v") as u32 + 1
    };
    let at = |counts: &[(u32, u64)], line: u32| {
        let here = counts.iter().filter(|(at, _)| *at == line);
        here.map(|(_, count)| *count).max()
    };
    let (busy, idle) = (counts(&a), counts(&b));
    assert_eq!(at(&busy, line("always @(posedge")), Some(10), "{busy:?}");
    assert_eq!(at(&busy, line("if (!rst_ni)")), Some(10), "{busy:?}");
    assert_eq!(at(&busy, line("if (fail_i)")).map(|n| n <= 10), Some(true));
    assert!(idle.iter().all(|(_, count)| *count == 0), "{idle:?}");
    std::fs::remove_dir_all(&folder).expect("removed");
}

#[test]
fn without_coverage_or_a_writable_path_it_is_an_error() {
    let folder = folder("no-coverage");
    let mut plain = Vcounter::new(1).expect("model");
    let error = plain
        .write_coverage(&folder.join("x.dat"))
        .expect_err("built without");
    assert!(
        error
            .to_string()
            .ends_with("this model was built without coverage"),
        "{error}"
    );
    assert!(!folder.join("x.dat").exists());
    let mut chip = VcounterCovered::new(1).expect("model");
    let error = chip
        .write_coverage(&folder.join("no/x.dat"))
        .expect_err("no such folder");
    assert!(error.to_string().contains("No such file"), "{error}");
    std::fs::remove_dir_all(&folder).expect("removed");
}
