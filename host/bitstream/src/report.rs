//! What the tools say of a design.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::boards::Board;
use crate::wires::Wires;

/// Time from LCLK to a valid pad that LPC gives a peripheral, in ns (Intel LPC 1.1, section 7).
const LPC_VALID_NS: f64 = 11.0;

/// Time that an input is stable before LCLK, in ns (as above).
const LPC_SETUP_NS: f64 = 7.0;

/// Time that an input stays after LCLK, in ns: nothing is valid earlier than this (as above).
const LPC_HOLD_NS: f64 = 2.0;

/// What a flop wants before its clock, in ns, by the longest of its inputs.
const FLOP_SETUP_NS: f64 = 0.7;

/// Net of LCLK that comes in from the link: the name in every board's top.
const LINK_CLOCK: &str = "lk_clk";

/// Cells of a design.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Usage {
    /// Lookup tables of four inputs, as synthesised.
    pub luts: u64,
    /// Flip-flops, as synthesised.
    pub flops: u64,
    /// Logic cells, as placed: a table, a flop, or both.
    pub cells: u64,
    /// Logic cells of the FPGA.
    pub cells_available: u64,
    /// RAM blocks of 4 kbit.
    pub rams: u64,
    /// RAM blocks of the FPGA.
    pub rams_available: u64,
}

impl Usage {
    /// Logic cells used, in percent.
    #[must_use]
    pub fn percent(&self) -> u64 {
        100 * self.cells / self.cells_available.max(1)
    }
}

/// A clock after routing.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Clock {
    /// Net.
    pub name: String,
    /// Highest frequency in MHz, worst corner.
    pub fmax_mhz: f64,
    /// What was asked for, in MHz.
    pub target_mhz: f64,
    /// What is left of a period in ns; below zero is a miss.
    pub slack_ns: f64,
}

/// The latest output pad, against LPC's time from LCLK to valid.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Valid {
    /// Longest path from a flop to a pad, as routed, in ns.
    pub routed_ns: f64,
    /// From the edge of LCLK at its pad until the last pad is valid, in ns.
    pub from_lclk_ns: f64,
    /// What is left of LPC's 11 ns.
    pub lpc_margin_ns: f64,
}

/// The latest input pad, against LPC's time from a stable input to LCLK.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Setup {
    /// Longest path from a pad to a flop, as routed, in ns.
    pub routed_ns: f64,
    /// From a stable pad to the edge of LCLK at its pad, in ns, at least.
    pub before_lclk_ns: f64,
    /// What is left of LPC's 7 ns.
    pub lpc_margin_ns: f64,
}

/// The earliest input pad, against LPC's time that an input stays after LCLK.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Hold {
    /// Shortest wire from a pad, as routed, in ns.
    pub routed_ns: f64,
    /// From the edge of LCLK at its pad until the pad may change, in ns, at least: no logic is counted.
    pub after_lclk_ns: f64,
    /// What is left of LPC's 2 ns.
    pub lpc_margin_ns: f64,
}

/// Pads in both roles of the link. All output pads of a clock count, those of the link among them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Pads {
    /// LCLK comes in at its pad.
    pub target: Valid,
    /// LCLK leaves by a flop in its pad, which is as far behind the clock as the flops of the logic.
    pub host: Valid,
    /// Inputs as target: LAD, LFRAME# and LRESET#.
    pub target_setup: Setup,
    /// LAD as host. It looks at LAD before LCLK is at its pad, so what it holds there is not asked for.
    pub host_setup: Setup,
    /// Inputs as target.
    pub target_hold: Hold,
}

#[derive(Deserialize)]
struct Report {
    fmax: BTreeMap<String, Fmax>,
    utilization: BTreeMap<String, Used>,
    critical_paths: Vec<Path>,
}

#[derive(Deserialize)]
struct Fmax {
    achieved: f64,
    constraint: f64,
}

#[derive(Deserialize)]
struct Used {
    used: u64,
    available: u64,
}

#[derive(Deserialize)]
struct Path {
    from: String,
    to: String,
    path: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    delay: f64,
}

/// Reads nextpnr's report.
pub(crate) fn routed(
    text: &str,
    board: &Board,
    synthesised: &Cells,
    wires: Wires,
) -> Result<(Usage, Vec<Clock>, Pads), String> {
    let report: Report = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let used = |kind: &str| report.utilization.get(kind).ok_or(format!("no {kind}"));
    let (cells, rams) = (used("ICESTORM_LC")?, used("ICESTORM_RAM")?);
    let usage = Usage {
        luts: synthesised.luts,
        flops: synthesised.flops,
        cells: cells.used,
        cells_available: cells.available,
        rams: rams.used,
        rams_available: rams.available,
    };
    let clocks: Vec<Clock> = report
        .fmax
        .into_iter()
        .map(|(name, clock)| Clock {
            name: name.trim_end_matches("$SB_IO_IN").to_owned(),
            fmax_mhz: clock.achieved,
            target_mhz: clock.constraint,
            slack_ns: 1_000.0 / clock.constraint - 1_000.0 / clock.achieved,
        })
        .collect();
    if clocks.is_empty() {
        return Err("no clock".to_owned());
    }
    // What LCLK at its pad is ahead of the clock at the flops.
    let ahead_of_target = board.insertion_ns;
    let ahead_of_host = board.insertion_ns - board.t_co_ns;
    let longest = |from: &dyn Fn(&str) -> bool, to: &dyn Fn(&str) -> bool| {
        let paths = report.critical_paths.iter();
        paths
            .filter(|path| from(&path.from) && to(&path.to))
            .map(|path| path.path.iter().map(|step| step.delay).sum())
            .fold(0.0, f64::max)
    };
    let pad = |end: &str| end == "<async>";
    let clock = |link: bool| move |end: &str| !pad(end) && end.contains(LINK_CLOCK) == link;
    let valid = |link: bool, ahead: f64| {
        let routed_ns: f64 = longest(&clock(link), &pad);
        let from_lclk_ns = routed_ns + board.pad_ns + ahead;
        Valid {
            routed_ns,
            from_lclk_ns,
            lpc_margin_ns: LPC_VALID_NS - from_lclk_ns,
        }
    };
    let setup = |routed_ns: f64, ahead: f64| {
        let before_lclk_ns = board.input_ns + routed_ns - ahead;
        Setup {
            routed_ns,
            before_lclk_ns,
            lpc_margin_ns: LPC_SETUP_NS - before_lclk_ns,
        }
    };
    let after_lclk_ns = ahead_of_target - board.input_ns - wires.target_shortest_ns;
    let pads = Pads {
        target: valid(true, ahead_of_target),
        host: valid(false, ahead_of_host),
        target_setup: setup(longest(&pad, &clock(true)), ahead_of_target),
        host_setup: setup(wires.host_longest_ns + FLOP_SETUP_NS, ahead_of_host),
        target_hold: Hold {
            routed_ns: wires.target_shortest_ns,
            after_lclk_ns,
            lpc_margin_ns: LPC_HOLD_NS - after_lclk_ns,
        },
    };
    Ok((usage, clocks, pads))
}

/// Cells of a netlist.
pub(crate) struct Cells {
    luts: u64,
    flops: u64,
}

#[derive(Deserialize)]
struct Netlist {
    modules: BTreeMap<String, Module>,
}

#[derive(Deserialize)]
struct Module {
    #[serde(default)]
    cells: BTreeMap<String, Cell>,
}

#[derive(Deserialize)]
struct Cell {
    #[serde(rename = "type")]
    kind: String,
}

/// Counts the cells of a flat netlist that yosys wrote.
pub(crate) fn cells(netlist: &str, top: &str) -> Result<Cells, String> {
    let netlist: Netlist = serde_json::from_str(netlist).map_err(|error| error.to_string())?;
    let module = netlist.modules.get(top).ok_or(format!("no module {top}"))?;
    let count = |start: &str| {
        let found = module.cells.values().filter(|c| c.kind.starts_with(start));
        found.count() as u64
    };
    Ok(Cells {
        luts: count("SB_LUT4"),
        flops: count("SB_DFF"),
    })
}
