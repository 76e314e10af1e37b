//! The verdict on a state: powers both wallets up, mounts them and counts the money.

use std::collections::{BTreeSet, HashMap, HashSet};

use opera_scenario::{Chip, Job, Mounted, Part, SCOPES, Settings, Wallet, mount};
use opera_sim::Nv;
use opera_store::Provisioning;
use opera_store::audit::{Audit, Census, Violation, census};
use serde::{Deserialize, Serialize};

use crate::case::{Case, Recovery};
use crate::record::Stage;
use crate::state::State;

/// What became of a payment that a fault hit.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The payer had everything back, nothing was open, and the payment then worked from Stage 1 on.
    Restarted,
    /// The payee has the amount after the wallets met again.
    Resumed,
    /// The payee had the amount already; at most logs had to be closed.
    Finished,
    /// The payer took its tokens back, and the payee's copy is worth nothing.
    Refunded,
    /// Value is missing.
    Lost,
    /// Value can be spent twice, or came from nothing.
    Duplicated,
    /// Token content stands in clear in the memory chip.
    Leaked,
    /// Nothing is missing, but something cannot be finished.
    Stuck,
}

impl Outcome {
    /// All of them, the good ones first.
    pub const ALL: [Self; 8] = [
        Self::Restarted,
        Self::Resumed,
        Self::Finished,
        Self::Refunded,
        Self::Lost,
        Self::Duplicated,
        Self::Leaked,
        Self::Stuck,
    ];

    /// Whether it must never be.
    #[must_use]
    pub fn is_bad(self) -> bool {
        self >= Self::Lost
    }

    /// Name in files and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Restarted => "restarted",
            Self::Resumed => "resumed",
            Self::Finished => "finished",
            Self::Refunded => "refunded",
            Self::Lost => "lost",
            Self::Duplicated => "duplicated",
            Self::Leaked => "leaked",
            Self::Stuck => "stuck",
        }
    }
}

/// An outcome, and the reason for a bad one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Verdict {
    /// The outcome.
    pub outcome: Outcome,
    /// Where the recovery takes the payment up.
    pub from: Stage,
    /// What is wrong, for a bad one.
    pub why: Option<String>,
}

impl Verdict {
    fn good(outcome: Outcome) -> Self {
        Self {
            outcome,
            from: Stage::One,
            why: None,
        }
    }

    fn bad(outcome: Outcome, why: impl ToString) -> Self {
        Self {
            outcome,
            from: Stage::One,
            why: Some(why.to_string()),
        }
    }
}

/// Judges the states of one case; equal states once.
pub struct Judge {
    case: Case,
    keys: [Provisioning; 2],
    tpms: [Option<Chip>; 2],
    base: [Vec<u32>; 2],
    /// Value at the start; wallets that are not sound then have none, and every state is bad.
    total: u64,
    /// Every token that there was at the start.
    tokens: BTreeSet<Vec<u8>>,
    /// Eight bytes of a token's secret part, at any place of it and in both orders.
    secrets: HashSet<u64>,
    known: HashMap<State, Verdict>,
}

impl Judge {
    /// For a case whose wallets began like this. Those that have a TPM of their own must keep it alive
    /// as long as they are judged, and off while they are.
    #[must_use]
    pub fn new(case: Case, wallets: &[Wallet; 2]) -> Self {
        Self {
            case,
            keys: [0, 1].map(|n| wallets[n].provisioning.clone()),
            tpms: [0, 1].map(|n| wallets[n].tpm.as_ref().map(Chip::again)),
            base: [0, 1].map(|n| wallets[n].nv.words().to_vec()),
            total: census(&[0, 1].map(|n| wallets[n].audit())).map_or(0, |census| census.total()),
            secrets: tokens(wallets)
                .iter()
                .flat_map(|token| windows(&token[8..]))
                .collect(),
            tokens: tokens(wallets),
            known: HashMap::new(),
        }
    }

    /// Different states judged so far.
    #[must_use]
    pub fn distinct(&self) -> usize {
        self.known.len()
    }

    /// The wallets of a state.
    #[must_use]
    pub fn wallets(&self, state: &State) -> [Wallet; 2] {
        [0, 1].map(|n| Wallet {
            provisioning: self.keys[n].clone(),
            nv: Nv::from_words(state.apply(&self.base[n], n)),
            tpm: self.tpms[n].as_ref().map(Chip::again),
        })
    }

    /// The verdict on a state.
    pub fn judge(&mut self, state: State) -> Verdict {
        if let Some(verdict) = self.known.get(&state) {
            return verdict.clone();
        }
        let wallets = self.wallets(&state);
        let from = self.taken_up(&wallets);
        let examined = self.examine(wallets).unwrap_or_else(|verdict| verdict);
        let verdict = Verdict { from, ..examined };
        self.known.insert(state, verdict.clone());
        verdict
    }

    fn examine(&self, [payer, payee]: [Wallet; 2]) -> Result<Verdict, Verdict> {
        let amount = u64::from(self.case.shape.amount);
        let begun = self.count(&payer, &payee)?;
        if let Some(leak) = leak(&[&payer, &payee]) {
            return Err(Verdict::bad(Outcome::Leaked, leak));
        }
        let had = payee.audit().spendable() >= amount;
        let (payer, payee) = match self.case.recovery {
            Recovery::Resume => (payer, payee),
            Recovery::Refund => (self.refund(payer)?, payee),
        };
        let (payer, payee) = self.meet(payer, payee)?;
        let after = self.count(&payer, &payee)?;
        if after.spendable != begun.total() {
            let why = format!("{} of {} cannot be spent", after.in_transit, after.total());
            return Err(Verdict::bad(Outcome::Stuck, why));
        }
        let wallets = [payer, payee];
        if tokens(&wallets) != self.tokens {
            let why = "a token is not, byte by byte, what it was";
            return Err(Verdict::bad(Outcome::Lost, why));
        }
        let [payer, payee] = wallets;
        if payee.audit().spendable() >= amount {
            return Ok(Verdict::good(if had {
                Outcome::Finished
            } else {
                Outcome::Resumed
            }));
        }
        if self.case.recovery == Recovery::Refund {
            return Ok(Verdict::good(Outcome::Refunded));
        }
        let settings = self.case.shape.settings(5);
        let mounted = self.mount(payer, payee, &Job::Pay(self.case.shape.amount), settings)?;
        well(&mounted, "the payment that starts again")?;
        let (payer, payee) = (mounted.payer.wallet, mounted.payee.wallet);
        self.count(&payer, &payee)?;
        if payee.audit().spendable() < amount {
            return Err(Verdict::bad(
                Outcome::Stuck,
                "the payment did not start again",
            ));
        }
        Ok(Verdict::good(Outcome::Restarted))
    }

    /// Where the payment is taken up: Stage 1 when nothing of it is there, Stage 3 when the payer has
    /// released or closed it.
    fn taken_up(&self, [payer, payee]: &[Wallet; 2]) -> Stage {
        let (payer, payee) = (payer.audit(), payee.audit());
        match (payer.sessions.first(), payee.sessions.first()) {
            (Some(payer), _) if !payer.released => Stage::Two,
            (None, Some(payee)) if !payee.keyed => Stage::Two,
            (None, None) if payee.spendable() < u64::from(self.case.shape.amount) => Stage::One,
            _ => Stage::Three,
        }
    }

    /// The payer takes its tokens back in the company of a stranger, or is refused for the reason
    /// that the key was released.
    fn refund(&self, payer: Wallet) -> Result<Wallet, Verdict> {
        let settings = self.case.shape.settings(4);
        let mounted = self.mount(payer, self.case.shape.stranger(), &Job::Refund, settings)?;
        well(&mounted, "the refund")?;
        let audit = mounted.payer.wallet.audit();
        let open = audit.sessions.iter().filter(|session| !session.released);
        if open.count() > 0 {
            return Err(Verdict::bad(
                Outcome::Stuck,
                "the refund left a session open that was not released",
            ));
        }
        Ok(mounted.payer.wallet)
    }

    /// One mount, on whose wires no token may stand in clear.
    fn mount(
        &self,
        host: Wallet,
        guest: Wallet,
        job: &Job,
        mut settings: Settings,
    ) -> Result<Mounted, Verdict> {
        settings.trace = true;
        let mounted = mount(host, guest, job, &settings)
            .map_err(|error| Verdict::bad(Outcome::Stuck, error))?;
        let crossed = &mounted.crossed;
        for (wire, bytes) in SCOPES
            .iter()
            .zip(&crossed.lpc)
            .chain([(&"the data bus", &crossed.data_bus)])
        {
            if windows(bytes).any(|window| self.secrets.contains(&window)) {
                let why = format!("eight bytes of a token stood in clear on {wire}");
                return Err(Verdict::bad(Outcome::Leaked, why));
            }
        }
        Ok(mounted)
    }

    /// Both meet twice, each as the host once; then nothing may be open.
    fn meet(&self, a: Wallet, b: Wallet) -> Result<(Wallet, Wallet), Verdict> {
        let (shape, job) = (&self.case.shape, Job::Resume);
        let mounted = self.mount(a, b, &job, shape.settings(2))?;
        well(&mounted, "the payer's resumption")?;
        let (a, b) = (mounted.payer.wallet, mounted.payee.wallet);
        // What the payee hosts can change something only if a session is still open.
        if a.audit().sessions.is_empty() && b.audit().sessions.is_empty() {
            return Ok((a, b));
        }
        let mounted = self.mount(b, a, &job, shape.settings(3))?;
        well(&mounted, "the payee's resumption")?;
        let (a, b) = (mounted.payee.wallet, mounted.payer.wallet);
        let open = a.audit().sessions.len() + b.audit().sessions.len();
        if open > 0 {
            return Err(Verdict::bad(
                Outcome::Stuck,
                format!("{open} sessions stay open"),
            ));
        }
        Ok((a, b))
    }

    fn count(&self, payer: &Wallet, payee: &Wallet) -> Result<Census, Verdict> {
        let audits = [payer.audit(), payee.audit()];
        let census = census(&audits).map_err(|violation| {
            let outcome = match violation {
                Violation::Doubled { .. } | Violation::ReleasedAndRefunded { .. } => {
                    Outcome::Duplicated
                }
                _ => Outcome::Stuck,
            };
            Verdict::bad(outcome, violation)
        })?;
        let before = self.total;
        match census.total().cmp(&before) {
            std::cmp::Ordering::Equal => Ok(census),
            std::cmp::Ordering::Less => Err(Verdict::bad(
                Outcome::Lost,
                format!("{} of {before} is left", census.total()),
            )),
            std::cmp::Ordering::Greater => Err(Verdict::bad(
                Outcome::Duplicated,
                format!("{} of {before} is there", census.total()),
            )),
        }
    }
}

/// Every eight bytes in a row, as they are and the other way round.
fn windows(bytes: &[u8]) -> impl Iterator<Item = u64> {
    bytes.windows(8).flat_map(|window| {
        let number = window.iter().fold(0, |n, byte| n << 8 | u64::from(*byte));
        [number, number.swap_bytes()]
    })
}

/// The spendable tokens of both, byte by byte.
fn tokens(wallets: &[Wallet; 2]) -> BTreeSet<Vec<u8>> {
    let slots = wallets.iter().flat_map(|wallet| wallet.audit().slots);
    slots.map(|slot| slot.token.0.to_vec()).collect()
}

fn well(mounted: &Mounted, what: &str) -> Result<(), Verdict> {
    if let Some((side, clock)) = mounted.contention {
        return Err(Verdict::bad(
            Outcome::Stuck,
            format!("{what}: two drivers on LAD of the {side:?} at clock {clock}"),
        ));
    }
    let failed = |part: &Part| match &part.result {
        Some(Ok(_)) => None,
        Some(Err(error)) => Some(error.to_string()),
        None => Some("no end".to_owned()),
    };
    match failed(&mounted.payer).or_else(|| failed(&mounted.payee)) {
        None => Ok(()),
        Some(error) => Err(Verdict::bad(Outcome::Stuck, format!("{what}: {error}"))),
    }
}

/// Where eight bytes of a token, from its serial number on, stand in clear in a memory.
fn leak(wallets: &[&Wallet]) -> Option<String> {
    let audits: Vec<Audit> = wallets.iter().map(|wallet| wallet.audit()).collect();
    let mut secret = std::collections::HashSet::new();
    for audit in &audits {
        let slots = audit.slots.iter().map(|slot| &slot.token);
        let entries = audit.sessions.iter().flat_map(|session| &session.entries);
        for token in slots.chain(entries.filter_map(|entry| entry.token.as_ref())) {
            for pair in token.0[8..].chunks_exact(8) {
                let word = |at: usize| {
                    u32::from_le_bytes([pair[at], pair[at + 1], pair[at + 2], pair[at + 3]])
                };
                secret.insert((word(0), word(4)));
            }
        }
    }
    for (n, wallet) in wallets.iter().enumerate() {
        let words = wallet.nv.words();
        for (at, pair) in words.windows(2).enumerate() {
            if pair[0] != 0 && secret.contains(&(pair[0], pair[1])) {
                return Some(format!(
                    "word {at:#x} of wallet {n} holds token content in clear"
                ));
            }
        }
    }
    None
}
