//! The hashes of bitstreams that named tools give, kept in the tree.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::tools::Trouble;

/// File of the record in the tree.
const FILE: &str = "constraints/bitstreams.toml";

/// A recorded bitstream: the development keys' wallet.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Recorded {
    /// Name of the board.
    pub board: String,
    /// What yosys says of its version.
    pub yosys: String,
    /// What nextpnr says of its version.
    pub nextpnr: String,
    /// Placement seed.
    pub seed: u32,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
}

/// The record.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    #[serde(default, rename = "bitstream")]
    all: Vec<Recorded>,
}

impl Record {
    /// The record of a tree.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn of_tree(tree: &Path) -> Result<Self, Trouble> {
        let path = tree.join(FILE);
        let text = fs::read_to_string(&path)
            .map_err(|error| Trouble::Input(format!("{}: {error}", path.display())))?;
        toml::from_str(&text)
            .map_err(|error| Trouble::Input(format!("{}: {error}", path.display())))
    }

    /// All entries.
    #[must_use]
    pub fn all(&self) -> &[Recorded] {
        &self.all
    }

    /// The hash that these tools give, if it is known.
    #[must_use]
    pub fn find(&self, board: &str, versions: &[String; 2], seed: u32) -> Option<&str> {
        let [yosys, nextpnr] = versions;
        self.all
            .iter()
            .find(|entry| {
                entry.board == board
                    && entry.yosys == *yosys
                    && entry.nextpnr == *nextpnr
                    && entry.seed == seed
            })
            .map(|entry| &*entry.sha256)
    }
}
