//! The boards, and what is known of each.

/// Tool that loads a bitstream.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Loader {
    /// `iceprog` of icestorm, for boards with an FTDI chip of this USB product number.
    Iceprog {
        /// USB product number; the vendor is FTDI's 0403.
        product: u16,
    },
}

/// A board.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Board {
    /// Name on the command line, of the top (`NAME_top`) and of the constraint file.
    pub name: &'static str,
    /// Name that its maker gives it.
    pub title: &'static str,
    /// FPGA and package.
    pub fpga: &'static str,
    /// Logic cells that it has.
    pub cells: u64,
    /// `-device` of yosys.
    pub(crate) device: &'static str,
    /// Options of nextpnr.
    pub(crate) place: &'static [&'static str],
    /// LCLK that is asked of the router, in MHz: 33.33 and a little.
    pub(crate) mhz: &'static str,
    /// Clock insertion from the pad to a flop in ns, worst corner, which nextpnr leaves out.
    pub(crate) insertion_ns: f64,
    /// Output buffer of a pad in ns, worst corner, which nextpnr leaves out.
    pub(crate) pad_ns: f64,
    /// Bytes of a bitstream.
    pub image_bytes: u64,
    /// What loads it.
    pub loader: Loader,
    /// What to do on the board before it is loaded, for its memory and for its SRAM.
    pub jumpers: [&'static str; 2],
}

impl Board {
    /// Where its constraint file is in the tree.
    #[must_use]
    pub fn constraints(&self) -> String {
        format!("constraints/{}.pcf", self.name)
    }
}

/// All boards.
pub const BOARDS: &[Board] = &[Board {
    name: "hx8k",
    title: "iCE40HX8K-B-EVN",
    fpga: "iCE40 HX8K-CT256",
    cells: 7_680,
    device: "hx",
    place: &["--hx8k", "--package", "ct256"],
    mhz: "33.34",
    // Lattice's data sheet t_CO of 5.41 ns is these two and a flop; icestorm's timing data agree.
    insertion_ns: 2.92,
    pad_ns: 2.35,
    image_bytes: 135_100,
    loader: Loader::Iceprog { product: 0x6010 },
    jumpers: [
        "J6 and J7 for flash, as the board's user manual shows",
        "J6 and J7 for SRAM, as the board's user manual shows",
    ],
}];

/// The board of that name.
#[must_use]
pub fn board(name: &str) -> Option<&'static Board> {
    BOARDS.iter().find(|board| board.name == name)
}
