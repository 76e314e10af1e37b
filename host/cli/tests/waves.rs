//! Wave files, read back with readers that are not ours, and bus traces decoded from them.

mod common;

use std::fs::File;
use std::io::BufReader;

use common::Place;
use opera_scenario::SCOPES;
use vcd::{Command, Parser, ScopeItem, VarType};
use wellen::simple;

/// Signals of an LPC bus.
const PINS: [&str; 7] = ["LCLK", "LFRAME", "LRESET", "LAD0", "LAD1", "LAD2", "LAD3"];

/// The section of `--trace` that begins with the name of a scope, without the blank line between
/// sections.
fn section(trace: &str, scope: &str) -> String {
    let head = format!("# {scope}\n");
    let start = trace
        .find(&head)
        .unwrap_or_else(|| panic!("no section {scope} in\n{trace}"));
    let rest = &trace[start..];
    match rest.find("\n\n# ") {
        Some(end) => rest[..=end].to_owned(),
        None => rest.to_owned(),
    }
}

/// What is in the scope of this path.
fn find<'a>(items: &'a [ScopeItem], path: &[&str]) -> Option<&'a [ScopeItem]> {
    let Some((name, rest)) = path.split_first() else {
        return Some(items);
    };
    items.iter().find_map(|item| match item {
        ScopeItem::Scope(scope) if scope.identifier == *name => find(&scope.items, rest),
        _ => None,
    })
}

#[test]
fn a_vcd_decodes_to_the_very_trace_and_has_the_pins_as_scalars() {
    let place = Place::new();
    place
        .opera("pay --amount 1 --tokens 1 --wave x.vcd --trace x.txt")
        .ok();
    let trace = String::from_utf8(place.read("x.txt")).unwrap();
    for scope in SCOPES {
        let line = format!("trace decode x.vcd --scope {scope}");
        let decoded = place.opera(&line).ok().out;
        let section = section(&trace, scope);
        assert!(section.lines().count() > 30, "{scope}:\n{section}");
        assert!(
            decoded == section,
            "{scope} differs first at\n{:?}",
            decoded.lines().zip(section.lines()).find(|(a, b)| a != b)
        );
    }
    let document = place
        .opera("trace decode x.vcd --scope opera.link --json")
        .ok()
        .json();
    let lines = document["trace"].as_array().unwrap().iter();
    let lines: Vec<&str> = lines.map(|line| line.as_str().unwrap()).collect();
    assert_eq!(
        lines,
        section(&trace, "opera.link").lines().collect::<Vec<_>>()
    );

    let run = place.opera("trace decode x.vcd");
    run.fails(
        2,
        &["x.vcd: name one scope", "opera.payer.lpc", "opera.link"],
    );
    let run = place.opera("trace decode x.vcd --scope opera.nobody");
    run.fails(2, &["no LPC bus in scope opera.nobody", "opera.payee.lpc"]);

    let mut parser = Parser::new(BufReader::new(File::open(place.path("x.vcd")).unwrap()));
    let header = parser.parse_header().unwrap();
    let mut codes = Vec::new();
    for scope in SCOPES {
        let path: Vec<&str> = scope.split('.').collect();
        let items = find(&header.items, &path);
        let items = items.unwrap_or_else(|| panic!("no scope {scope}"));
        for pin in PINS {
            let var = items.iter().find_map(|item| match item {
                ScopeItem::Var(var) if var.reference == pin => Some(var),
                _ => None,
            });
            let var = var.unwrap_or_else(|| panic!("no {pin} in {scope}"));
            assert_eq!(
                (var.size, var.var_type, var.index),
                (1, VarType::Wire, None)
            );
            codes.push((var.code, scope, pin, 0));
        }
    }
    // Every pin moves, so none is a constant; LRESET stays high while there is power.
    for command in parser {
        if let Command::ChangeScalar(code, _) = command.unwrap() {
            for (_, _, _, changes) in codes.iter_mut().filter(|(of, ..)| *of == code) {
                *changes += 1;
            }
        }
    }
    for (_, scope, pin, changes) in codes {
        let least = if pin == "LRESET" { 1 } else { 100 };
        assert!(changes >= least, "{scope}.{pin} changed {changes} times");
    }
}

#[test]
fn a_file_that_is_no_vcd_is_refused() {
    let place = Place::with_wallets(&["a"]);
    for (name, words) in [
        ("none.vcd", &["none.vcd: ", "name a VCD file"][..]),
        ("a", &["a: ", "VCD"]),
        (".", &[".: "]),
    ] {
        place.opera(&format!("trace decode {name}")).fails(2, words);
    }
    std::fs::write(place.path("cut.vcd"), "$scope module x $end\n").unwrap();
    place.opera("trace decode cut.vcd").fails(2, &["cut.vcd: "]);
}

/// The wave file that `ending` chooses, read by `wellen`.
#[track_caller]
fn readable(ending: &str, format: wellen::FileFormat) {
    let place = Place::new();
    let name = format!("x.{ending}");
    let line = format!("pay --amount 1 --tokens 1 --wave {name}");
    place.opera(&line).ok();
    let mut wave = simple::read(place.path(&name)).unwrap();
    assert_eq!(wave.hierarchy().file_format(), format);
    let names: Vec<String> = {
        let hierarchy = wave.hierarchy();
        hierarchy
            .all_scopes()
            .map(|scope| hierarchy[scope].full_name(hierarchy))
            .collect()
    };
    for scope in ["opera.payer", "opera.payee"].iter().chain(&SCOPES) {
        let suffix = format!(".{scope}");
        assert!(
            names
                .iter()
                .any(|name| name == scope || name.ends_with(&suffix)),
            "no scope {scope} in {names:?}"
        );
    }
    let clock = {
        let hierarchy = wave.hierarchy();
        hierarchy
            .all_vars()
            .map(|var| &hierarchy[var])
            .find(|var| var.full_name(hierarchy).ends_with("opera.payer.lpc.LCLK"))
            .expect("the payer's LCLK")
            .signal_ref()
    };
    wave.load_signals(&[clock]);
    let edges = wave.get_signal(clock).unwrap().time_indices().len();
    // The payment of one token takes some 48,000 clocks.
    assert!(edges > 2 * 45_000, "{edges} edges of LCLK");
    let last = *wave.time_table().last().unwrap();
    assert!(last > 45_000 * 30_000, "ends at {last} ps");
}

#[test]
fn a_vcd_is_readable_by_others() {
    readable("vcd", wellen::FileFormat::Vcd);
}

#[test]
fn an_fst_is_readable_by_others() {
    readable("fst", wellen::FileFormat::Fst);
}

#[test]
fn a_wave_on_a_full_disk_ends_the_command_and_loses_nothing() {
    let place = Place::charged(5);
    std::os::unix::fs::symlink("/dev/full", place.path("x.vcd")).unwrap();
    let run =
        place.shell("timeout -s KILL 20 \"$opera\" pay --from a --to b --amount 1 --wave x.vcd");
    run.fails(1, &["x.vcd"]);
    assert_eq!(place.census(&["a", "b"]).total(), 5);
}
