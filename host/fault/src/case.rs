//! What is swept: a payment, a fault, and how it is recovered from.

use std::fmt;

use opera_scenario::{
    Authority, ISSUE_DATE, Job, Settings, SplitError, Wallet, mount, split, split_into,
};
use opera_sim::SimError;
use opera_store::Role;
use opera_tpcu::Profile;
use serde::{Deserialize, Serialize};

/// What the fault is done to.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    /// The wallet that pays; its clock counts.
    Payer,
    /// The wallet that is paid; its clock counts.
    Payee,
    /// Both wallets in the same clock of the payer.
    Both,
    /// The connector; the payer's clock counts.
    Link,
}

/// What happens.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Supply lost: all volatile state is gone, the nonvolatile word that is being written is left
    /// old, new or as garbage; each is tried.
    Battery,
    /// Reset for 16 clocks: all volatile state is gone; the word that is being written is old or new.
    Reset,
    /// The supply of the ORM alone is gone for 64 clocks.
    Brownout,
    /// The wallets are pulled apart.
    Unmount,
    /// LAD of the link and the data bus read the wrong way round for one clock.
    Glitch,
}

/// How the wallets are brought together again.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Recovery {
    /// With each other: the payment resumes, or starts again.
    Resume,
    /// The payer takes its tokens back first, with a stranger's wallet; then with each other.
    Refund,
}

/// Which payment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Shape {
    /// Amount.
    pub amount: u32,
    /// Tokens that the payer holds at first; as many as make the amount when not given.
    pub tokens: Option<u16>,
    /// Value of each; 10s and 1s when not given.
    pub denomination: Option<u32>,
    /// Profile of both.
    pub profile: Profile,
    /// Seed of everything.
    pub seed: u64,
}

/// A payment, a fault and a way back.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Case {
    /// The payment.
    pub shape: Shape,
    /// What the fault is done to.
    pub target: Target,
    /// The fault.
    pub kind: Kind,
    /// The way back.
    pub recovery: Recovery,
    /// Second faults tried in the recovery from each first one.
    pub second: u32,
}

/// Why there is nothing to sweep.
#[derive(Debug)]
#[non_exhaustive]
pub enum CaseError {
    /// The tokens cannot be charged.
    Split(SplitError),
    /// The charge failed.
    Charge(String),
    /// The simulation failed.
    Sim(SimError),
    /// This fault cannot be done to that.
    Meaningless {
        /// The target.
        target: Target,
        /// The fault.
        kind: Kind,
    },
}

impl fmt::Display for CaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Split(error) => write!(f, "{error}"),
            Self::Charge(error) => write!(f, "the charge failed: {error}"),
            Self::Sim(error) => write!(f, "{error}"),
            Self::Meaningless {
                target: Target::Link,
                kind,
            } => write!(
                f,
                "the connector has no {}; --target link goes with --kind unmount and glitch",
                kind.name()
            ),
            Self::Meaningless { target, kind } => write!(
                f,
                "{} happens to the connector, not to {}; use --target link",
                kind.name(),
                target.name()
            ),
        }
    }
}

impl std::error::Error for CaseError {}

impl From<SimError> for CaseError {
    fn from(error: SimError) -> Self {
        Self::Sim(error)
    }
}

impl Target {
    /// Name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Payer => "payer",
            Self::Payee => "payee",
            Self::Both => "both",
            Self::Link => "link",
        }
    }
}

impl Kind {
    /// Name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Battery => "battery",
            Self::Reset => "reset",
            Self::Brownout => "brownout",
            Self::Unmount => "unmount",
            Self::Glitch => "glitch",
        }
    }
}

impl Recovery {
    /// Name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Resume => "resume",
            Self::Refund => "refund",
        }
    }
}

impl Case {
    /// Refuses faults that cannot be done to their target.
    ///
    /// # Errors
    /// [`CaseError::Meaningless`].
    pub fn check(&self) -> Result<(), CaseError> {
        let of_link = matches!(self.kind, Kind::Unmount | Kind::Glitch);
        if of_link == (self.target == Target::Link) {
            return Ok(());
        }
        Err(CaseError::Meaningless {
            target: self.target,
            kind: self.kind,
        })
    }
}

impl Shape {
    /// How mounts of this case are run; `salt` tells one mount from the next.
    #[must_use]
    pub fn settings(&self, salt: u64) -> Settings {
        let mut settings = Settings::new(self.seed.wrapping_add(salt));
        settings.profile = self.profile;
        settings
    }

    fn wallet(&self, role: Role, serial: u64) -> Wallet {
        let authority = Authority::from_seed(self.seed);
        Wallet::in_memory(authority.provision(role, serial, self.seed))
    }

    /// A wallet of the same authority that knows nothing of the payment.
    #[must_use]
    pub fn stranger(&self) -> Wallet {
        self.wallet(Role::Wallet, 3)
    }

    /// The payer, charged, and the payee, empty.
    ///
    /// # Errors
    /// When the charge cannot be made.
    pub fn wallets(&self) -> Result<[Wallet; 2], CaseError> {
        let plan = match self.denomination {
            None => split(self.amount),
            Some(value) => split_into(self.amount, self.tokens, value),
        };
        let job = Job::Mint(plan.map_err(CaseError::Split)?, ISSUE_DATE);
        let (mint, payer) = (self.wallet(Role::Mint, 0), self.wallet(Role::Wallet, 1));
        let mounted = mount(mint, payer, &job, &self.settings(0))?;
        if let Some(Err(error)) = mounted.payer.result.or(mounted.payee.result) {
            return Err(CaseError::Charge(error.to_string()));
        }
        Ok([mounted.payee.wallet, self.wallet(Role::Wallet, 2)])
    }
}
