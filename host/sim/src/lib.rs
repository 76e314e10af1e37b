//! Two Verilated OPERA wallets on a connector.
//!
//! [`Pair`] owns the model, the nonvolatile memory of each wallet and the pins that the two TPCUs
//! drive; [`Pair::bus`] is what a TPCU talks to. The TPCUs are futures; dropping one is what a
//! power cut does to a processor.
//!
//! This crate does not know the protocol, tokens or files other than through [`Nv`].

mod nv;
mod pair;
mod top;
mod tpm;

pub use nv::{Nv, Tear};
pub use pair::{
    Clocks, HALF_PERIOD_PS, Keys, LpcSample, Observer, Pair, Side, Stop, Task, Verdict, WalletBus,
    Wires,
};
pub use tpm::Responder;

use std::fmt;

/// Why a simulation could not go on.
#[derive(Debug)]
#[non_exhaustive]
pub enum SimError {
    /// The Verilated model reported an error, or waves could not be written.
    Model(verilated::Error),
    /// A wallet file could not be written.
    WalletFile(String),
    /// The build has no model of this kind on this level.
    NoModel {
        /// The level.
        level: Level,
    },
    /// The TPCUs did not come to an end in this many clocks of the payer.
    TooLong {
        /// The limit, in clocks of the payer.
        clocks: u64,
    },
}

impl fmt::Display for SimError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Model(error) => write!(f, "simulation model: {error}"),
            Self::WalletFile(text) => write!(f, "{text}"),
            Self::NoModel { level } => write!(
                f,
                "this build has no {level} of this wallet; `sh testbench/level.sh {level}` makes one of an ordinary wallet"
            ),
            Self::TooLong { clocks } => {
                write!(
                    f,
                    "the wallets did not come to an end within {clocks} clocks"
                )
            }
        }
    }
}

impl std::error::Error for SimError {}

impl From<verilated::Error> for SimError {
    fn from(error: verilated::Error) -> Self {
        Self::Model(error)
    }
}

/// Which build of the RTL stands in scope `opera.payer`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PayerBuild {
    /// An ordinary wallet.
    Wallet,
    /// The issuing authority's mint, whose ORM takes new tokens.
    Mint,
}

/// What stands for the two wallets; the connector and the TPM chips around them are RTL.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Level {
    /// The RTL.
    #[default]
    Rtl,
    /// Cells of an iCE40, as yosys makes them of the RTL. Only in builds by `testbench/level.sh`.
    Netlist,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rtl => "rtl",
            Self::Netlist => "netlist",
        })
    }
}

impl Pair {
    /// Powers up two wallets as RTL, not yet plugged together. `seed` decides what flip-flops and volatile
    /// memories hold before their reset.
    ///
    /// # Errors
    /// When the model cannot be made.
    pub fn new(
        build: PayerBuild,
        keys: [Keys; 2],
        nv: [Nv; 2],
        seed: u64,
    ) -> Result<Self, SimError> {
        Self::on_level(Level::Rtl, build, keys, nv, seed)
    }

    /// As [`new`](Self::new), on any level.
    ///
    /// # Errors
    /// When the model cannot be made, or is not in this build.
    pub fn on_level(
        level: Level,
        build: PayerBuild,
        keys: [Keys; 2],
        nv: [Nv; 2],
        seed: u64,
    ) -> Result<Self, SimError> {
        let top: Box<dyn top::Top> = match (level, build) {
            (Level::Rtl, PayerBuild::Wallet) => Box::new(top::Vopera::new(seed)?),
            (Level::Rtl, PayerBuild::Mint) => Box::new(top::VoperaMint::new(seed)?),
            #[cfg(netlist)]
            (Level::Netlist, PayerBuild::Wallet) => Box::new(top::VoperaNetlist::new(seed)?),
            (level, _) => return Err(SimError::NoModel { level }),
        };
        Ok(Self::with_top(top, keys, nv))
    }
}
