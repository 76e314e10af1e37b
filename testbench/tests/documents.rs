//! What README.md and ARCHITECTURE.md name is there, and boards are wired and clocked as docs/boards.md tells.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use opera_bitstream::{BAUD, BOARDS, Board};

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

/// A file of the tree; those of rtl/ are of the tree that OPERA_RTL names, such as one with a seeded bug.
fn file(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let path = match (std::env::var_os("OPERA_RTL"), path.strip_prefix("rtl/")) {
        (Some(rtl), Some(inside)) => Path::new(&rtl).join(inside),
        _ => root.join(path),
    };
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Names of the files of a folder, without what comes after the name.
fn names(folder: &str, ending: &str) -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    fs::read_dir(root.join(folder))
        .expect(folder)
        .filter_map(|entry| {
            let name = entry.expect("entry").file_name();
            Some(name.to_str()?.strip_suffix(ending)?.to_owned())
        })
        .collect()
}

/// A row of a wiring table of docs/boards.md.
struct Wire<'a> {
    signal: &'a str,
    pin: &'a str,
    place: &'a str,
    goes_to: &'a str,
}

/// Signal and pin of each line of a constraint file.
fn pins(constraints: &str) -> BTreeSet<(&str, &str)> {
    constraints
        .lines()
        .filter_map(|line| line.strip_prefix("set_io ")?.split_once(' '))
        .collect()
}

/// The wiring table of a board.
fn wiring<'a>(document: &'a str, board: &Board) -> Vec<Wire<'a>> {
    let heading = format!("\n## Wiring of the {}\n", board.title);
    let (_, section) = document.split_once(&heading).expect(&heading);
    let section = section.split("\n## ").next().unwrap_or_default();
    section
        .lines()
        .filter_map(|line| {
            let line = line.strip_prefix("| `")?.strip_suffix(" |")?;
            let cells: Vec<&str> = line.split(" | ").collect();
            let [signal, pin, place, goes_to] = cells[..] else {
                panic!("{line}: not signal, pin, place and where it goes");
            };
            let signal = signal.trim_end_matches('`');
            Some(Wire {
                signal,
                pin,
                place,
                goes_to,
            })
        })
        .collect()
}

/// The ports of a top, bit by bit.
fn ports(top: &str) -> BTreeSet<String> {
    top.lines()
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
        .collect()
}

/// The list of boards, the tops, the constraints, the record and README.md know the same boards.
#[test]
fn every_board_has_all_that_belongs_to_one() {
    let listed: BTreeSet<String> = BOARDS.iter().map(|board| board.name.to_owned()).collect();
    assert_eq!(names("rtl/board", "_top.v"), listed);
    assert_eq!(names("constraints", ".pcf"), listed);
    for document in ["docs/boards.md", "README.md"] {
        let text = file(document);
        for board in BOARDS {
            assert!(
                text.contains(board.title) && text.contains(&format!("`{}`", board.name)),
                "{document} does not tell of {}",
                board.name
            );
        }
    }
    let record = file("constraints/bitstreams.toml");
    for board in BOARDS {
        let entry = format!("board = \"{}\"\n", board.name);
        assert!(
            record.contains(&entry),
            "no bitstream of {} is on record",
            board.name
        );
    }
}

/// The wiring a reader solders is the wiring of the bitstream: `signal | pin` of docs/boards.md, the
/// constraints, and the ports of the top are the same, for every board.
#[test]
fn the_wiring_tables_are_those_of_the_constraints() {
    let document = file("docs/boards.md");
    for board in BOARDS {
        let name = board.name;
        let constraints = file(&board.constraints());
        let pins = pins(&constraints);
        let lines = constraints
            .lines()
            .filter(|line| line.starts_with("set_io "))
            .count();
        assert_eq!(lines, pins.len(), "{name}: a line is there twice");
        let table = wiring(&document, board);
        let wired: BTreeSet<(&str, &str)> =
            table.iter().map(|wire| (wire.signal, wire.pin)).collect();
        assert_eq!(wired, pins, "{name}");
        assert_eq!(table.len(), pins.len(), "{name}: a row is there twice");
        let places: BTreeSet<&str> = pins.iter().map(|(_, pin)| *pin).collect();
        assert_eq!(places.len(), pins.len(), "{name}: a pin is used twice");

        let wired: BTreeSet<String> = pins.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(
            ports(&file(&format!("rtl/board/{name}_top.v"))),
            wired,
            "{name}"
        );
    }
}

/// What goes to the partner goes to what listens there, and two boards of any kind have the same wires.
#[test]
fn the_wires_between_two_boards_cross_where_they_must() {
    let document = file("docs/boards.md");
    let mut connectors = Vec::new();
    for board in BOARDS {
        let mut connector = BTreeSet::new();
        for wire in wiring(&document, board) {
            let signal = wire.signal;
            if !["lk_", "db_", "mount_"]
                .iter()
                .any(|start| signal.starts_with(start))
            {
                assert!(
                    !wire.goes_to.contains("partner"),
                    "{}: {signal}",
                    board.name
                );
                continue;
            }
            let there = match (signal.strip_suffix("_ni"), signal.strip_suffix("_no")) {
                (Some(start), _) => format!("`{start}_no` of the partner"),
                (_, Some(start)) => format!("`{start}_ni` of the partner"),
                _ => "same wire of the partner".to_owned(),
            };
            assert_eq!(wire.goes_to, there, "{}: {signal}", board.name);
            connector.insert(signal);
        }
        connectors.push(connector);
    }
    // Link 7, data 8, handshakes 6, mount detect 2.
    assert_eq!(connectors[0].len(), 23);
    for connector in &connectors {
        assert_eq!(*connector, connectors[0]);
    }
}

/// Balls of the pins 1 to 31 of the TinyFPGA BX: 1 to 24 along its sides, 25 to 31 pads under it. Compared with the
/// constraints and the schematic's netlist in its maker's repository and with another project's list.
const TINYFPGA_BX_PINS: &str = "A2 A1 B1 C2 C1 D2 D1 E2 E1 G2 H1 J1 H2 H9 D9 D8 C9 A9 B8 A8 B7 A7 B6 A6 \
    G1 J3 J4 G9 J9 E8 J2";

/// A reader counts pins, not balls.
#[test]
fn the_pin_numbers_of_the_tinyfpga_bx_are_its_balls() {
    let balls: Vec<&str> = TINYFPGA_BX_PINS.split_whitespace().collect();
    let document = file("docs/boards.md");
    let board = opera_bitstream::board("tinyfpga_bx").expect("in the list");
    let mut numbered = 0;
    for wire in wiring(&document, board) {
        match wire.place.strip_prefix("pin ") {
            Some(number) => {
                let number: usize = number.parse().expect("a number");
                assert_eq!(balls[number - 1], wire.pin, "{}", wire.signal);
                numbered += 1;
            }
            None => assert!(
                !balls.contains(&wire.pin),
                "{} has a pin with a number",
                wire.signal
            ),
        }
    }
    assert_eq!(numbered, 30, "31 less a spare one");
}

/// The number that a top gives a parameter, such as `7'd87`.
fn parameter(top: &str, name: &str) -> Option<u64> {
    let (_, rest) = top
        .split_once(&format!(".{name} "))
        .or_else(|| top.split_once(&format!(".{name}(")))?;
    let (value, _) = rest.trim_start_matches([' ', '(']).split_once(')')?;
    value.split_once("'d")?.1.parse().ok()
}

/// The PLL of each top makes LCLK as the list of boards has it, inside its oscillator's range, and its serial line
/// divides that to the boards' one rate.
#[test]
fn the_clocks_of_every_top_are_those_of_the_list() {
    let core = file("rtl/board/board_core.v");
    let (_, default) = core.split_once("CLOCKS_PER_BIT = 10'd").expect("a default");
    let default: u64 = default
        .split_once(',')
        .and_then(|(number, _)| number.parse().ok())
        .expect("a number");
    for board in BOARDS {
        let name = board.name;
        let top = file(&format!("rtl/board/{name}_top.v"));
        let number = |what| parameter(&top, what).unwrap_or_else(|| panic!("{name}: {what}"));
        // Lattice TN1251, SIMPLE feedback: REF (DIVF + 1) / (DIVR + 1) is the oscillator, 533 to 1066 MHz.
        let vco = board.oscillator_hz * (number("DIVF") + 1) / (number("DIVR") + 1);
        assert!(
            (533_000_000..=1_066_000_000).contains(&vco),
            "{name}: {vco}"
        );
        assert_eq!(vco >> number("DIVQ"), board.lclk_hz, "{name}");
        let bit = parameter(&top, "CLOCKS_PER_BIT").unwrap_or(default);
        assert_eq!(bit, board.clocks_per_bit(), "{name}");
        // Both ends of a line may be wrong by this much together before the last bit is another one.
        let rate = board.lclk_hz / bit;
        assert!(rate.abs_diff(BAUD) * 50 <= BAUD, "{name}: {rate} baud");
    }
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
