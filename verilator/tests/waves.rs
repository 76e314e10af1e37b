//! One build of a model writes both formats; read back by others' code they agree with each other
//! and with what was simulated.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use verilated::Error;
use verilated_models::{Vblock, VblockTraced, Vcounter};
use wellen::simple::Waveform;

/// A folder that goes away with its test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("verilated-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("temporary folder");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Full name to width and every change.
type Waves = BTreeMap<String, (u32, Vec<(u64, String)>)>;

fn read(path: &Path) -> (wellen::Timescale, Waves) {
    let mut wave: Waveform = wellen::simple::read(path).expect("readable");
    let vars: Vec<_> = wave.hierarchy().all_vars().collect();
    let signals: Vec<_> = vars
        .iter()
        .map(|v| wave.hierarchy()[*v].signal_ref())
        .collect();
    wave.load_signals(&signals);
    let hierarchy = wave.hierarchy();
    let times = wave.time_table();
    let mut waves = Waves::new();
    for var in vars {
        let var = &hierarchy[var];
        let name = var.full_name(hierarchy);
        let signal = wave.get_signal(var.signal_ref()).expect("loaded");
        let mut changes: Vec<(u64, String)> = Vec::new();
        for (index, value) in signal.iter_changes() {
            let value = value.to_string();
            // FST has a value, all x, for the time before the first dump.
            if !value.contains('x') && changes.last().is_none_or(|(_, last)| *last != value) {
                changes.push((times[index as usize], value));
            }
        }
        waves.insert(name, (var.length(hierarchy).unwrap_or(0), changes));
    }
    (hierarchy.timescale().expect("time scale"), waves)
}

#[track_caller]
fn same(a: &Waves, b: &Waves) {
    assert!(a.keys().eq(b.keys()), "{:?} {:?}", a.keys(), b.keys());
    for (name, (width, changes)) in a {
        assert_eq!(*width, b[name].0, "width of {name}");
        let other = &b[name].1;
        let first = changes.iter().zip(other).find(|(a, b)| a != b);
        assert!(first.is_none(), "{name}: {first:?}");
        assert_eq!(changes.len(), other.len(), "changes of {name}");
    }
}

/// The value at a time.
fn at(changes: &[(u64, String)], time: u64) -> &str {
    let before = changes.iter().rev().find(|(t, _)| *t <= time);
    before.map_or("", |(_, value)| value)
}

/// Time, `byte_o`, `wide_o` as they were simulated.
type Steps = Vec<(u64, u8, [u32; 4])>;

fn simulate(path: &Path) -> Steps {
    let mut chip = Vcounter::new(1).expect("model");
    chip.set_rst_ni(0);
    chip.set_add_i([5, 0, 0, 1 << 31]);
    chip.open_trace(path).expect("writable");
    let mut steps = Vec::new();
    for n in 0..200 {
        chip.set_rst_ni(u8::from(n > 2));
        chip.set_clk_i(u8::from(n % 2 == 0));
        chip.eval();
        chip.dump(1000 + n * 500);
        steps.push((1000 + n * 500, chip.byte_o(), chip.wide_o()));
    }
    chip.close_trace();
    chip.check().expect("written");
    steps
}

#[test]
fn one_model_writes_both_formats_and_they_agree() {
    let folder = Folder::new("waves");
    let (fst, vcd) = (folder.0.join("x.fst"), folder.0.join("x.vcd"));
    let steps = simulate(&fst);
    assert_eq!(steps, simulate(&vcd));

    let (scale, waves) = read(&vcd);
    assert_eq!(scale, read(&fst).0);
    same(&waves, &read(&fst).1);
    assert_eq!(
        (scale.factor, scale.unit),
        (1, wellen::TimescaleUnit::PicoSeconds)
    );

    let (width, byte) = &waves["counter.byte_o"];
    assert_eq!(*width, 8);
    let (width, wide) = &waves["counter.wide_o"];
    assert_eq!(*width, 128);
    assert_eq!(waves["counter.clk_i"].0, 1);
    for (time, b, w) in steps {
        assert_eq!(at(byte, time), format!("{b:08b}"), "at {time}");
        let w = w.iter().rev().map(|word| format!("{word:032b}"));
        assert_eq!(at(wide, time), w.collect::<String>(), "at {time}");
    }
}

#[test]
fn the_vcd_crate_reads_the_same_scopes_and_variables() {
    let folder = Folder::new("vcd");
    let path = folder.0.join("x.vcd");
    simulate(&path);
    let file = std::io::BufReader::new(std::fs::File::open(&path).expect("written"));
    let mut parser = vcd::Parser::new(file);
    let header = parser.parse_header().expect("header");
    assert_eq!(header.timescale, Some((1, vcd::TimescaleUnit::PS)));
    let var = header.find_var(&["counter", "byte_o"]).expect("variable");
    assert_eq!(var.size, 8);
    let (_, waves) = read(&path);
    let (mut time, mut found) = (0, Vec::new());
    for command in parser {
        match command.expect("understood") {
            vcd::Command::Timestamp(next) => time = next,
            vcd::Command::ChangeVector(id, value) if id == var.code => {
                found.push((time, value.to_string()));
            }
            _ => {}
        }
    }
    assert_eq!(found, waves["counter.byte_o"].1);
}

#[test]
fn a_model_writes_one_file_after_the_other() {
    let folder = Folder::new("again");
    let mut chip = VblockTraced::new(1).expect("model");
    chip.set_rst_ni(1);
    let step = |chip: &mut VblockTraced, time| {
        chip.set_clk_i(1);
        chip.eval();
        chip.dump(time);
        chip.set_clk_i(0);
        chip.eval();
        chip.dump(time + 1);
    };
    let mut names = Vec::new();
    for n in 0..4 {
        let path = folder.0.join(format!("{n}.{}", ["fst", "vcd"][n % 2]));
        chip.open_trace(&path).expect("writable");
        for k in 0..10 {
            step(&mut chip, (n as u64 * 10 + k) * 2);
        }
        if n == 0 {
            chip.close_trace(); // the others are closed by the next one
        }
        names.push(path);
    }
    drop(chip);
    for (n, path) in names.iter().enumerate() {
        let (_, waves) = read(path);
        let (_, clock) = &waves["block.clk_i"];
        let (first, last) = (clock.iter().find(|(_, v)| v == "1"), clock.last());
        assert_eq!(first.map(|c| c.0), Some(n as u64 * 20), "{clock:?}");
        assert_eq!(last.map(|c| c.0), Some(n as u64 * 20 + 19), "{clock:?}");
        // Every file is complete in itself: the register file, too.
        assert!(
            waves.keys().any(|name| name.contains("file_q")),
            "{:?}",
            waves.keys()
        );
        assert!(waves.values().all(|(_, changes)| !changes.is_empty()));
    }
}

/// Sections of value changes in an FST file: each begins with its type and its length.
fn blocks(path: &Path) -> usize {
    let bytes = std::fs::read(path).expect("written");
    let (mut at, mut blocks) = (0, 0);
    while at + 9 <= bytes.len() {
        blocks += usize::from([1, 5, 8].contains(&bytes[at]));
        let length: [u8; 8] = bytes[at + 1..at + 9].try_into().expect("eight bytes");
        at += 1 + u64::from_be_bytes(length) as usize;
    }
    blocks
}

#[test]
fn a_file_of_many_blocks_is_read_as_one() {
    let folder = Folder::new("long");
    let (fst, vcd) = (folder.0.join("x.fst"), folder.0.join("x.vcd"));
    for path in [&fst, &vcd] {
        let mut chip = VblockTraced::new(1).expect("model");
        chip.open_trace(path).expect("writable");
        for n in 0..40_000_u64 {
            chip.set_rst_ni(u8::from(n > 0));
            chip.set_lad_i((n % 13) as u8);
            chip.set_clk_i(1);
            chip.eval();
            chip.dump(2 * n);
            chip.set_clk_i(0);
            chip.eval();
            chip.dump(2 * n + 1);
        }
    }
    assert!(blocks(&fst) > 1, "{}", blocks(&fst));
    same(&read(&fst).1, &read(&vcd).1);
}

#[test]
fn a_file_without_a_dump_can_be_read() {
    let folder = Folder::new("empty");
    for name in ["x.fst", "x.vcd"] {
        let path = folder.0.join(name);
        let mut chip = Vcounter::new(1).expect("model");
        chip.open_trace(&path).expect("writable");
        chip.close_trace();
        chip.check().expect("written");
        assert!(read(&path).1.contains_key("counter.byte_o"), "{name}");
    }
}

#[track_caller]
fn refused(path: &Path, why: &str) {
    let mut chip = Vcounter::new(1).expect("model");
    let error = chip.open_trace(path).expect_err("must be refused");
    assert!(matches!(&error, Error::Trace { .. }), "{error:?}");
    let text = error.to_string();
    assert!(
        text.contains(why) && text.contains(&*path.to_string_lossy()),
        "{text}"
    );
    chip.eval();
    chip.dump(1);
    chip.check().expect("the model goes on");
}

#[test]
fn what_cannot_be_written_is_an_error() {
    let folder = Folder::new("refused");
    refused(&folder.0.join("no/such/x.fst"), "No such file or directory");
    refused(&folder.0.join("no/such/x.vcd"), "No such file or directory");
    refused(&folder.0.join("x.wav"), "must end in .fst or .vcd");
    refused(&folder.0.join("x"), "must end in .fst or .vcd");
    let path = folder.0.join("x.fst");
    let error = Vblock::new(1)
        .expect("model")
        .open_trace(&path)
        .expect_err("no waves in it");
    assert!(error.to_string().contains("built without waves"), "{error}");
    assert!(!path.exists());
}

#[test]
fn a_full_disk_is_an_error_of_check_and_not_the_end() {
    let folder = Folder::new("full");
    for name in ["x.vcd", "x.fst"] {
        let path = folder.0.join(name);
        std::os::unix::fs::symlink("/dev/full", &path).expect("link");
        let mut chip = VblockTraced::new(1).expect("model");
        chip.open_trace(&path).expect("opens");
        for n in 0..5_000 {
            chip.set_clk_i((n % 2) as u8);
            chip.set_rst_ni(1);
            chip.eval();
            chip.dump(n);
        }
        chip.close_trace();
        let error = chip.check().expect_err("nothing was written");
        assert!(error.to_string().contains("No space left"), "{error}");
    }
}
