//! Why an attack was not carried out.

use std::fmt;
use std::io;

use opera_fault::CaseError;
use opera_scenario::JoinError;
use opera_sim::SimError;

/// Why an attack was not carried out; what the wallets say to it is in its rows.
#[derive(Debug)]
#[non_exhaustive]
pub enum AttackError {
    /// The payer cannot be charged.
    Case(CaseError),
    /// There is no folder for the state of a TPM.
    Folder(io::Error),
    /// A TPM's key does not join.
    Join(JoinError),
    /// The simulation failed.
    Sim(SimError),
    /// The attacker has not got what the attack needs.
    Unarmed {
        /// What is missing.
        what: &'static str,
    },
}

impl fmt::Display for AttackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Case(error) => write!(f, "{error}"),
            Self::Folder(error) => write!(f, "no folder for a TPM: {error}"),
            Self::Join(error) => write!(f, "{error}"),
            Self::Sim(error) => write!(f, "{error}"),
            Self::Unarmed { what } => write!(f, "the attacker has no {what}"),
        }
    }
}

impl std::error::Error for AttackError {}

impl From<CaseError> for AttackError {
    fn from(error: CaseError) -> Self {
        Self::Case(error)
    }
}

impl From<SimError> for AttackError {
    fn from(error: SimError) -> Self {
        Self::Sim(error)
    }
}

impl From<JoinError> for AttackError {
    fn from(error: JoinError) -> Self {
        Self::Join(error)
    }
}
