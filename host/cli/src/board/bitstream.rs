//! `opera board list`, `build` and `flash`.

use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use opera_bitstream::{
    BOARDS, Board, Build, KeyCells, Record, Recorded, Seed, Target, Toolset, Trouble,
};
use opera_store::{Role, WalletFile};
use serde::Serialize;

use crate::args::{BoardBuild, Cli, ToolsName};
use crate::failure::{Failed, Failure, bare};
use crate::output::{grouped, json};

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Missing(text) => Self::missing(text),
            Trouble::Input(text) => Self::usage(text),
            other => Self::failed(other),
        }
    }
}

/// The source tree named, or that of this build.
fn tree_of(tree: Option<&Path>) -> PathBuf {
    match tree {
        Some(tree) => tree.to_owned(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."),
    }
}

fn board(name: &str) -> Result<&'static Board, Failure> {
    opera_bitstream::board(name).ok_or_else(|| {
        let names: Vec<&str> = BOARDS.iter().map(|board| board.name).collect();
        let why = match name {
            "icebreaker" | "upduino" => {
                " The UP5K of that board has 5,280 cells, and a wallet takes more."
            }
            _ => "",
        };
        Failure::usage(format!(
            "{name}: no such board; there is: {}.{why}",
            names.join(", ")
        ))
    })
}

#[derive(Serialize)]
struct Listed {
    command: &'static str,
    boards: Vec<ListedBoard>,
}

#[derive(Serialize)]
struct ListedBoard {
    name: &'static str,
    title: &'static str,
    fpga: &'static str,
    cells: u64,
    constraints: String,
    recorded: Vec<ListedHash>,
}

#[derive(Serialize)]
struct ListedHash {
    yosys: String,
    nextpnr: String,
    seed: u32,
    sha256: String,
}

pub(crate) fn list(cli: &Cli, tree: Option<&Path>) -> Result<String, Failure> {
    let record = Record::of_tree(&tree_of(tree))?;
    let recorded = |name: &str| {
        let all = record.all().iter().filter(|entry| entry.board == name);
        let listed = |entry: &Recorded| ListedHash {
            yosys: entry.yosys.clone(),
            nextpnr: entry.nextpnr.clone(),
            seed: entry.seed,
            sha256: entry.sha256.clone(),
        };
        all.map(listed).collect()
    };
    let document = Listed {
        command: "board list",
        boards: BOARDS
            .iter()
            .map(|board| ListedBoard {
                name: board.name,
                title: board.title,
                fpga: board.fpga,
                cells: board.cells,
                constraints: board.constraints(),
                recorded: recorded(board.name),
            })
            .collect(),
    };
    if cli.json {
        return Ok(json(&document));
    }
    let mut text = String::new();
    for board in &document.boards {
        let _ = writeln!(
            text,
            "{}  {}, {}, {} cells, {}",
            board.name,
            board.title,
            board.fpga,
            grouped(board.cells),
            board.constraints
        );
        for hash in &board.recorded {
            let _ = writeln!(
                text,
                "  seed {} of {}, {}: {}",
                hash.seed, hash.yosys, hash.nextpnr, hash.sha256
            );
        }
    }
    Ok(text)
}

#[derive(Serialize)]
struct Document {
    command: &'static str,
    board: &'static str,
    yosys: String,
    nextpnr: String,
    seeds: Vec<Seed>,
    /// Bitstream of the first good seed.
    image: Option<PathBuf>,
    /// Whether seed 1 is, byte for byte, what these tools gave when it was recorded; none when it
    /// was not recorded for them.
    as_recorded: Option<bool>,
}

pub(crate) fn build(cli: &Cli, args: &BoardBuild) -> Result<String, Failed> {
    let start = || -> Result<_, Failure> {
        let board = board(&args.name)?;
        let tree = tree_of(args.tree.as_deref());
        let keys = args.wallet.as_deref().map(key_cells).transpose()?;
        let record = Record::of_tree(&tree)?;
        Ok((board, tree, keys, record))
    };
    let (board, tree, keys, record) = start().map_err(bare)?;
    let tools = match args.tools {
        ToolsName::System => Toolset::System,
        ToolsName::Yowasp => Toolset::Yowasp,
    };
    let versions = tools.versions().map_err(|trouble| bare(trouble.into()))?;
    let out = args
        .out
        .clone()
        .unwrap_or_else(|| tree.join("target/board").join(board.name));
    let seeds: Vec<u32> = (1..=args.seeds).collect();
    let job = Build {
        board,
        tree: &tree,
        out: &out,
        tools,
        seeds: &seeds,
        keys: keys.as_ref(),
    };
    let terminal = std::io::stderr().is_terminal();
    let progress = |step: &str| {
        if terminal {
            eprintln!("{}: {step}", board.name);
        }
    };
    let built = opera_bitstream::build(&job, progress).map_err(|trouble| bare(trouble.into()))?;
    let known = record
        .find(board.name, &versions, 1)
        .filter(|_| keys.is_none());
    let found = built.seeds.first().and_then(|seed| seed.sha256.as_deref());
    let as_recorded = known.map(|known| found == Some(known));
    let [yosys, nextpnr] = versions;
    let document = Document {
        command: "board build",
        board: board.name,
        yosys,
        nextpnr,
        image: built.image,
        as_recorded,
        seeds: built.seeds,
    };
    let output = match cli.json {
        true => json(&document),
        false => text(&document),
    };
    let missed: Vec<String> = document
        .seeds
        .iter()
        .filter(|seed| !seed.good)
        .map(|seed| {
            let why = seed.why.as_deref().unwrap_or("no reason given");
            format!("seed {}: {why}", seed.seed)
        })
        .collect();
    match (missed.is_empty(), as_recorded) {
        (false, _) => Err((output, Failure::failed(missed.join("; ")))),
        (true, Some(false)) => Err((
            output,
            Failure::failed(
                "the bitstream is not the recorded one; when the change is meant, put its hash into \
                 constraints/bitstreams.toml",
            ),
        )),
        (true, _) => Ok(output),
    }
}

fn key_cells(path: &Path) -> Result<KeyCells, Failure> {
    let keys = WalletFile::read_provisioning(path)?;
    Ok(KeyCells {
        device: keys.device_key,
        power: keys.power_key,
        mint: keys.role == Role::Mint,
    })
}

fn text(document: &Document) -> String {
    let mut text = format!("{}, {}\n", document.yosys, document.nextpnr);
    for seed in &document.seeds {
        let _ = writeln!(text, "seed {}:", seed.seed);
        if let Some(usage) = &seed.usage {
            let _ = writeln!(
                text,
                "  {} LUTs, {} flops; {} of {} cells ({} %), {} of {} RAM blocks",
                grouped(usage.luts),
                grouped(usage.flops),
                grouped(usage.cells),
                grouped(usage.cells_available),
                usage.percent(),
                usage.rams,
                usage.rams_available
            );
        }
        for clock in &seed.clocks {
            let _ = writeln!(
                text,
                "  {}: {:.2} MHz where {:.2} are asked, slack {:.2} ns",
                clock.name, clock.fmax_mhz, clock.target_mhz, clock.slack_ns
            );
        }
        if let Some(pads) = &seed.pads {
            for (role, valid) in [("target", pads.target), ("host", pads.host)] {
                let _ = writeln!(
                    text,
                    "  pads as {role} of the link: valid {:.1} ns after LCLK's edge at its pad, {:+.1} ns to LPC's 11",
                    valid.from_lclk_ns, valid.lpc_margin_ns
                );
            }
            for (role, setup) in [("target", pads.target_setup), ("host", pads.host_setup)] {
                let _ = writeln!(
                    text,
                    "  pads as {role} of the link: stable {:.1} ns before LCLK's edge at its pad, {:+.1} ns to LPC's 7",
                    setup.before_lclk_ns, setup.lpc_margin_ns
                );
            }
            let hold = pads.target_hold;
            let _ = writeln!(
                text,
                "  pads as target of the link: stable {:.1} ns after LCLK's edge at its pad, {:+.1} ns to LPC's 2",
                hold.after_lclk_ns, hold.lpc_margin_ns
            );
        }
        match &seed.sha256 {
            Some(sha256) => _ = writeln!(text, "  sha256 {sha256}"),
            None => {
                let why = seed.why.as_deref().unwrap_or_default();
                let _ = writeln!(text, "  no bitstream: {why}");
            }
        }
    }
    if let Some(image) = &document.image {
        let _ = writeln!(text, "bitstream {}", image.display());
    }
    let _ = match document.as_recorded {
        Some(true) => writeln!(text, "seed 1 is the bitstream on record for these tools"),
        Some(false) => writeln!(
            text,
            "seed 1 is NOT the bitstream on record for these tools"
        ),
        None => writeln!(text, "no bitstream is on record for these tools and keys"),
    };
    text
}

#[derive(Serialize)]
struct Flashed {
    command: &'static str,
    board: &'static str,
    image: PathBuf,
    target: &'static str,
}

pub(crate) fn flash(
    cli: &Cli,
    name: &str,
    sram: bool,
    image: Option<&Path>,
    tree: Option<&Path>,
) -> Result<String, Failure> {
    let board = board(name)?;
    let image = match image {
        Some(image) => image.to_owned(),
        None => tree_of(tree)
            .join("target/board")
            .join(name)
            .join(format!("{name}.bin")),
    };
    let (target, place) = match sram {
        true => (Target::Sram, "SRAM"),
        false => (Target::Memory, "configuration memory"),
    };
    opera_bitstream::flash(board, &image, target)?;
    let document = Flashed {
        command: "board flash",
        board: board.name,
        image,
        target: place,
    };
    Ok(match cli.json {
        true => json(&document),
        false => format!(
            "{} is in the {place} of the {}\n",
            document.image.display(),
            board.title
        ),
    })
}
