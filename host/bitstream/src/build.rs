//! From Verilog to a bitstream.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::boards::{Board, link_mhz};
use crate::report::{self, Clock, Pads, Usage};
use crate::tools::{Toolset, Trouble, last_words};
use crate::wires;

/// Longest synthesis.
const SYNTHESIS: Duration = Duration::from_secs(30 * 60);
/// Longest placement and routing of a seed.
const ROUTING: Duration = Duration::from_secs(60 * 60);
/// Longest packing.
const PACKING: Duration = Duration::from_secs(5 * 60);
/// Net of the link's clock in every top: the partner's while this wallet is target.
const LINK_CLOCK: &str = "lk_clk";
/// The router counts in whole picoseconds of a period.
const ROUNDING_MHZ: f64 = 0.01;
/// Simulation only.
const NOT_ON_A_BOARD: [&str; 3] = ["opera.v", "lpc_probe.v", "tpm_tis.v"];

/// Key cells and kind of a wallet, to go into its bitstream.
#[derive(Clone)]
pub struct KeyCells {
    /// Device key, byte 0 first.
    pub device: [u8; 16],
    /// Power key, byte 0 first.
    pub power: [u8; 16],
    /// Whether the wallet is the authority's mint.
    pub mint: bool,
}

/// What to build.
pub struct Build<'a> {
    /// The board.
    pub board: &'a Board,
    /// Folder with `rtl/` and `constraints/`.
    pub tree: &'a Path,
    /// Folder for everything that is made; inside `tree` for [`Toolset::Yowasp`], which sees no other.
    pub out: &'a Path,
    /// Tools.
    pub tools: Toolset,
    /// Placement seeds, at least one.
    pub seeds: &'a [u32],
    /// Keys; without, the development keys of the top.
    pub keys: Option<&'a KeyCells>,
}

/// What came of a seed.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Seed {
    /// Placement seed.
    pub seed: u32,
    /// Whether every clock was met and the bitstream packed.
    pub good: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Cells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// Clocks.
    pub clocks: Vec<Clock>,
    /// Pads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pads: Option<Pads>,
    /// SHA-256 of the bitstream, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

impl Seed {
    /// The least slack of any clock in ns.
    #[must_use]
    pub fn worst_slack_ns(&self) -> f64 {
        let slacks = self.clocks.iter().map(|clock| clock.slack_ns);
        slacks.fold(f64::INFINITY, f64::min)
    }
}

/// What was built.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Built {
    /// Each seed, in order.
    pub seeds: Vec<Seed>,
    /// The bitstream of the first good seed.
    pub image: Option<PathBuf>,
}

/// Builds; `progress` hears of each step before it begins.
///
/// # Errors
/// When a tool is missing or fails. A seed that misses its timing is no error but a [`Seed`] that is
/// not good.
pub fn build(job: &Build<'_>, mut progress: impl FnMut(&str)) -> Result<Built, Trouble> {
    let name = job.board.name;
    let top = format!("{name}_top");
    let tree = fs::canonicalize(job.tree)
        .map_err(|error| Trouble::Input(format!("{}: {error}", job.tree.display())))?;
    fs::create_dir_all(job.out).map_err(|error| at(job.out, &error))?;
    let out = fs::canonicalize(job.out).map_err(|error| at(job.out, &error))?;
    if job.keys.is_some() {
        only_for_us(&out)?;
    }
    let seen = |path: &Path| seen_from(path, &tree);

    progress("synthesis");
    let netlist = out.join("netlist.json");
    let script = out.join("synthesis.ys");
    let text = script_of(job, &tree, &top, &seen(&netlist))?;
    fs::write(&script, text).map_err(|error| at(&script, &error))?;
    job.tools.yosys().must(
        &tree,
        &["-q".into(), "-s".into(), seen(&script)],
        &out.join("yosys.log"),
        SYNTHESIS,
    )?;
    let text = fs::read_to_string(&netlist).map_err(|error| at(&netlist, &error))?;
    let cells = report::cells(&text, &top)
        .map_err(|why| Trouble::Failed(format!("{}: {why}", netlist.display())))?;
    drop(text);

    let pins = tree.join(job.board.constraints());
    let text = fs::read_to_string(&pins).map_err(|error| at(&pins, &error))?;
    let constraints = out.join("constraints.pcf");
    let asked = format!("{text}set_frequency {LINK_CLOCK} {:.2}\n", link_mhz());
    fs::write(&constraints, asked).map_err(|error| at(&constraints, &error))?;

    let mut seeds = Vec::new();
    let mut image = None;
    let whole = out.join(format!("{name}.bin"));
    gone(&whole)?;
    for &seed in job.seeds {
        progress(&format!("place and route, seed {seed}"));
        let found = one_seed(job, &tree, &out, seed, &cells)?;
        if found.good && image.is_none() {
            fs::copy(out.join(format!("seed{seed}.bin")), &whole)
                .map_err(|error| at(&whole, &error))?;
            image = Some(whole.clone());
        }
        seeds.push(found);
    }
    Ok(Built { seeds, image })
}

fn at(path: &Path, error: &std::io::Error) -> Trouble {
    Trouble::Input(format!("{}: {error}", path.display()))
}

/// The name of a file for a tool that runs in the tree.
fn seen_from(path: &Path, tree: &Path) -> String {
    path.strip_prefix(tree)
        .unwrap_or(path)
        .display()
        .to_string()
}

/// Removes what an earlier run left, which must not be taken for this one's.
fn gone(path: &Path) -> Result<(), Trouble> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(at(path, &error)),
        _ => Ok(()),
    }
}

/// Keys are in the script, the netlist and the bitstreams.
fn only_for_us(folder: &Path) -> Result<(), Trouble> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
        .map_err(|error| at(folder, &error))
}

/// The Verilog of a board, in a fixed order whatever the file system's. Tops of other boards are not among it, so
/// that a new board leaves every bitstream as it was.
fn sources(tree: &Path, top: &str) -> Result<Vec<String>, Trouble> {
    let mut sources = Vec::new();
    for folder in ["rtl", "rtl/prim", "rtl/board"] {
        let path = tree.join(folder);
        let entries = fs::read_dir(&path).map_err(|error| {
            Trouble::Input(format!(
                "{}: {error}; name the source tree with --tree",
                path.display()
            ))
        })?;
        for entry in entries {
            let name = entry.map_err(|error| at(&path, &error))?.file_name();
            let name = name.to_string_lossy();
            let Some(module) = name.strip_suffix(".v") else {
                continue;
            };
            let other_top = module.ends_with("_top") && module != top;
            if !other_top && !NOT_ON_A_BOARD.contains(&&*name) {
                sources.push(format!("{folder}/{name}"));
            }
        }
    }
    sources.sort();
    Ok(sources)
}

fn script_of(job: &Build<'_>, tree: &Path, top: &str, netlist: &str) -> Result<String, Trouble> {
    let mut text = format!(
        "read_verilog -Irtl/regs {}\n",
        sources(tree, top)?.join(" ")
    );
    if let Some(keys) = job.keys {
        let _ = writeln!(
            text,
            "chparam -set ISSUER {} -set DEVICE_KEY 128'h{} -set POWER_KEY 128'h{} {top}",
            u8::from(keys.mint),
            hex::encode(keys.device),
            hex::encode(keys.power)
        );
    }
    // -abc2 is better by some per cent where it exists; newer releases have only what replaced it.
    let abc = match job.tools {
        Toolset::System => "-abc2 ",
        Toolset::Yowasp => "",
    };
    let _ = writeln!(
        text,
        "synth_ice40 {abc}-device {} -top {top}\ncheck -assert\nwrite_json {netlist}",
        job.board.device
    );
    Ok(text)
}

fn one_seed(
    job: &Build<'_>,
    tree: &Path,
    out: &Path,
    seed: u32,
    cells: &report::Cells,
) -> Result<Seed, Trouble> {
    let made = |suffix: &str| out.join(format!("seed{seed}.{suffix}"));
    let seen = |suffix: &str| seen_from(&made(suffix), tree);
    let mut result = Seed {
        seed,
        good: false,
        why: None,
        usage: None,
        clocks: Vec::new(),
        pads: None,
        sha256: None,
    };
    for suffix in ["asc", "bin", "report.json", "sdf"] {
        gone(&made(suffix))?;
    }
    let mut arguments: Vec<String> = job.board.place.iter().map(|&word| word.into()).collect();
    for (option, value) in [
        ("--json", seen_from(&out.join("netlist.json"), tree)),
        ("--pcf", seen_from(&out.join("constraints.pcf"), tree)),
        ("--asc", seen("asc")),
        ("--report", seen("report.json")),
        ("--sdf", seen("sdf")),
        ("--seed", seed.to_string()),
        ("--freq", format!("{:.2}", job.board.mhz)),
    ] {
        arguments.extend([option.to_owned(), value]);
    }
    let log = made("log");
    let code = job.tools.nextpnr().run(tree, &arguments, &log, ROUTING)?;
    // The report is written on a timing miss, too, and the .asc with it: only the code tells.
    let text = fs::read_to_string(made("report.json")).unwrap_or_default();
    if !text.is_empty() {
        let wires = fs::read_to_string(made("sdf")).map_err(|error| at(&made("sdf"), &error))?;
        let wires = wires::of_lad(&wires)
            .map_err(|why| Trouble::Failed(format!("{}: {why}", made("sdf").display())))?;
        let (usage, clocks, pads) = report::routed(&text, job.board, cells, wires)
            .map_err(|why| Trouble::Failed(format!("{}: {why}", made("report.json").display())))?;
        // The router only warns of a net that it does not know, and asks the board's own frequency of the clock.
        if !clocks
            .iter()
            .any(|clock| clock.name == LINK_CLOCK && clock.target_mhz >= link_mhz() - ROUNDING_MHZ)
        {
            return Err(Trouble::Failed(format!(
                "{}: {:.2} MHz were asked of {LINK_CLOCK}, the link's clock, and are not in the report",
                made("report.json").display(),
                link_mhz()
            )));
        }
        result.usage = Some(usage);
        result.clocks = clocks;
        result.pads = Some(pads);
    }
    if code != 0 {
        result.why = Some(
            match result.clocks.iter().any(|clock| clock.slack_ns < 0.0) {
                true => "a clock is missed".to_owned(),
                false => format!("not placed or not routed:\n{}", last_words(&log)),
            },
        );
        return Ok(result);
    }
    job.tools.icepack().must(
        tree,
        &[seen("asc"), seen("bin")],
        &made("pack.log"),
        PACKING,
    )?;
    let image = fs::read(made("bin")).map_err(|error| at(&made("bin"), &error))?;
    result.sha256 = Some(hex::encode(Sha256::digest(&image)));
    result.good = true;
    Ok(result)
}
