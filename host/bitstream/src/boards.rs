//! The boards, and what is known of each.

use std::fmt;

/// Bits a second on every board's serial line.
pub const BAUD: u64 = 1_000_000;

/// A USB device: vendor and product number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Usb {
    /// Vendor.
    pub vendor: u16,
    /// Product.
    pub product: u16,
}

impl fmt::Display for Usb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04x}:{:04x}", self.vendor, self.product)
    }
}

/// Tool that loads a bitstream.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Loader {
    /// `iceprog` of icestorm, for boards with an FTDI chip.
    Iceprog {
        /// The FTDI chip.
        usb: Usb,
        /// What to do on the board before its memory is loaded, and before its SRAM is.
        jumpers: [&'static str; 2],
    },
    /// `tinyprog`, for boards that start with its bootloader. It knows nothing of SRAM.
    Tinyprog {
        /// The board while its bootloader runs.
        usb: Usb,
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
    /// Its oscillator, in Hz.
    pub oscillator_hz: u64,
    /// LCLK of its internal bus, and of the link as its host, in Hz: what the PLL of its top makes.
    pub lclk_hz: u64,
    /// `-device` of yosys.
    pub(crate) device: &'static str,
    /// Options of nextpnr.
    pub(crate) place: &'static [&'static str],
    /// LCLK that is asked of the router, in MHz: one per cent more than `lclk_hz`.
    pub(crate) mhz: f64,
    /// From a clock's pad to a pad that a flop of its own drives, in ns, worst corner (t_CO of Lattice's data sheet).
    pub(crate) t_co_ns: f64,
    /// Clock insertion from the pad to a flop in ns, worst corner, which nextpnr leaves out.
    pub(crate) insertion_ns: f64,
    /// Output buffer of a pad in ns, worst corner, which nextpnr leaves out.
    pub(crate) pad_ns: f64,
    /// Input buffer of a pad and its way into the logic in ns, worst corner, which nextpnr leaves out.
    pub(crate) input_ns: f64,
    /// Bytes of a bitstream.
    pub image_bytes: u64,
    /// What loads it.
    pub loader: Loader,
}

impl Board {
    /// Where its constraint file is in the tree.
    #[must_use]
    pub fn constraints(&self) -> String {
        format!("constraints/{}.pcf", self.name)
    }

    /// Clocks of LCLK that a bit takes on its serial line.
    #[must_use]
    pub const fn clocks_per_bit(&self) -> u64 {
        (self.lclk_hz + BAUD / 2) / BAUD
    }
}

/// All boards.
pub const BOARDS: &[Board] = &[
    Board {
        name: "hx8k",
        title: "iCE40HX8K-B-EVN",
        fpga: "iCE40 HX8K-CT256",
        cells: 7_680,
        oscillator_hz: 12_000_000,
        lclk_hz: 33_000_000,
        device: "hx",
        place: &["--hx8k", "--package", "ct256"],
        mhz: 33.34,
        t_co_ns: 5.41,
        // Of which these are two parts; icestorm's timing data agree.
        insertion_ns: 2.92,
        pad_ns: 2.35,
        input_ns: 1.21,
        image_bytes: 135_100,
        loader: Loader::Iceprog {
            usb: Usb {
                vendor: 0x0403,
                product: 0x6010,
            },
            jumpers: [
                "J6 and J7 for flash, as the board's user manual shows",
                "J6 and J7 for SRAM, as the board's user manual shows",
            ],
        },
    },
    Board {
        name: "tinyfpga_bx",
        title: "TinyFPGA BX",
        fpga: "iCE40 LP8K-CM81",
        cells: 7_680,
        oscillator_hz: 16_000_000,
        lclk_hz: 20_000_000,
        device: "lp",
        place: &["--lp8k", "--package", "cm81"],
        mhz: 20.2,
        t_co_ns: 6.58,
        insertion_ns: 4.02,
        pad_ns: 2.35,
        input_ns: 1.50,
        image_bytes: 135_100,
        loader: Loader::Tinyprog {
            usb: Usb {
                vendor: 0x1D50,
                product: 0x6130,
            },
        },
    },
];

/// The board of that name.
#[must_use]
pub fn board(name: &str) -> Option<&'static Board> {
    BOARDS.iter().find(|board| board.name == name)
}

/// The boards with the fastest and with the slowest LCLK.
#[must_use]
pub const fn extremes() -> [&'static Board; 2] {
    let [mut fastest, mut slowest] = [&BOARDS[0]; 2];
    let mut n = 1;
    while n < BOARDS.len() {
        if BOARDS[n].lclk_hz > fastest.lclk_hz {
            fastest = &BOARDS[n];
        }
        if BOARDS[n].lclk_hz < slowest.lclk_hz {
            slowest = &BOARDS[n];
        }
        n += 1;
    }
    [fastest, slowest]
}

/// What is asked of the link's clock on every board, in MHz: as its target a board runs on its partner's, which
/// may be the fastest.
pub(crate) fn link_mhz() -> f64 {
    BOARDS.iter().map(|board| board.mhz).fold(0.0, f64::max)
}
