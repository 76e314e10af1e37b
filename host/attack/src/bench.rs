//! Two honest wallets, what is done to them, and the verdict.

use std::cell::RefCell;
use std::fmt;

use opera_fault::{Case, Judge, Kind as FaultKind, Recovery, Shape, State, Target, Verdict};
use opera_scenario::{Authority, Chip, Fault, Job, Mounted, Settings, TpmWay, Wallet, mount_with};
use opera_sim::{Nv, Side, SimError};
use opera_store::{Provisioning, Role, TpmKind};
use opera_tpcu::{Error, Profile, Report};
use serde::Serialize;

use crate::AttackError;
use crate::relay::{Intruder, Relayed, index, relay};

/// What the payment is about: two tokens, 10 and 1.
pub const AMOUNT: u32 = 11;

/// Value of a wallet.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Held {
    /// In the repository.
    pub spendable: u64,
    /// In open sessions that this wallet can decrypt: staged by a payer, keyed by a payee.
    pub in_transit: u64,
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.spendable)?;
        if self.in_transit > 0 {
            write!(f, "+{}", self.in_transit)?;
        }
        Ok(())
    }
}

/// One attempt of an attack, measured.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Catalogue entry.
    pub name: &'static str,
    /// Which of the entry's attempts.
    pub variant: String,
    /// What the payer's TPCU said.
    pub payer: String,
    /// What the payee's TPCU said.
    pub payee: String,
    /// Payer and payee before the attack.
    pub before: [Held; 2],
    /// Payer and payee when the attack was over.
    pub after: [Held; 2],
    /// What an honest meeting then made of it, in the words of the fault sweep.
    pub recovered: &'static str,
    /// The attack reached its goal, or value was created, copied, lost or shown.
    pub succeeded: bool,
    /// The refusal is the one that the catalogue names.
    pub as_expected: bool,
    /// Why it counts as a success, or is not as expected.
    pub why: Option<String>,
}

/// What an attempt came to, before the verdict.
pub(crate) struct Attempt {
    pub variant: String,
    pub results: [Option<Result<Report, Error>>; 2],
    pub wallets: [Wallet; 2],
    /// The attacker reached what it wanted, and how that shows.
    pub reached: Option<String>,
    /// The refusal is not the one that was expected.
    pub unexpected: Option<String>,
}

impl Attempt {
    pub fn said(&self, side: Side) -> &Option<Result<Report, Error>> {
        &self.results[index(side)]
    }
}

/// Keys of a wallet, and its chip unless that is the model.
struct Made {
    keys: Provisioning,
    chip: Option<Chip>,
}

impl Made {
    fn new(
        authority: &Authority,
        tpm: TpmKind,
        serial: u64,
        seed: u64,
    ) -> Result<Self, AttackError> {
        Ok(match tpm {
            TpmKind::Model => Self {
                keys: authority.provision(Role::Wallet, serial, seed),
                chip: None,
            },
            TpmKind::Swtpm => {
                let chip = Chip::in_memory().map_err(AttackError::Folder)?;
                let keys = authority.provision_on(&chip, Role::Wallet, serial, seed);
                Self {
                    keys: keys?,
                    chip: Some(chip),
                }
            }
        })
    }

    fn with(&self, nv: Nv) -> Wallet {
        Wallet {
            provisioning: self.keys.clone(),
            nv,
            tpm: self.chip.as_ref().map(Chip::again),
        }
    }
}

/// The honest wallets of a catalogue run; charged once.
pub struct Bench {
    /// Profile of both.
    pub profile: Profile,
    /// Decides everything.
    pub seed: u64,
    /// TPM of the honest wallets.
    pub tpm: TpmKind,
    /// How they reach it, unless it is the model; directly unless changed.
    pub tpm_way: TpmWay,
    /// Payer and payee.
    honest: [Made; 2],
    strangers: [Made; 2],
    words: [Vec<u32>; 2],
    judge: RefCell<Judge>,
    refund: RefCell<Judge>,
}

impl Bench {
    /// Charges a payer; the TPMs of all wallets are the model.
    ///
    /// # Errors
    /// When that fails.
    pub fn new(profile: Profile, seed: u64) -> Result<Self, AttackError> {
        Self::with_tpm(profile, seed, TpmKind::Model)
    }

    /// Charges a payer; each honest wallet has such a TPM.
    ///
    /// # Errors
    /// When that fails.
    pub fn with_tpm(profile: Profile, seed: u64, tpm: TpmKind) -> Result<Self, AttackError> {
        let case = |recovery| Case {
            shape: Shape {
                amount: AMOUNT,
                tokens: None,
                denomination: None,
                profile,
                seed,
            },
            target: Target::Link,
            kind: FaultKind::Unmount,
            recovery,
            second: 0,
        };
        let charged = case(Recovery::Resume).shape.wallets()?;
        // Of the same serial numbers as those that were charged, so with the same keys in their ORMs;
        // nothing is in their logs yet, whose keys may be others.
        let authority = Authority::from_seed(seed);
        let [one, two] = charged.each_ref().map(|wallet| wallet.provisioning.serial);
        let make = |serial| Made::new(&authority, tpm, serial, seed);
        let honest = [make(one)?, make(two)?];
        let words = charged.each_ref().map(|wallet| wallet.nv.words().to_vec());
        let wallets = [0, 1].map(|n| honest[n].with(Nv::from_words(words[n].clone())));
        Ok(Self {
            profile,
            seed,
            tpm,
            tpm_way: TpmWay::Direct,
            honest,
            strangers: [make(7)?, make(8)?],
            judge: RefCell::new(Judge::new(case(Recovery::Resume), &wallets)),
            refund: RefCell::new(Judge::new(case(Recovery::Refund), &wallets)),
            words,
        })
    }

    /// A fresh copy of an honest wallet.
    #[must_use]
    pub fn wallet(&self, side: Side) -> Wallet {
        self.honest[index(side)].with(Nv::from_words(self.words[index(side)].clone()))
    }

    /// Fresh copies of both.
    #[must_use]
    pub fn wallets(&self) -> [Wallet; 2] {
        [self.wallet(Side::Payer), self.wallet(Side::Payee)]
    }

    /// Wallets of the same authority that have nothing to do with the payment.
    pub(crate) fn strangers(&self) -> [Wallet; 2] {
        self.strangers
            .each_ref()
            .map(|made| made.with(Nv::in_memory()))
    }

    /// The authority of all of them.
    pub(crate) fn authority(&self) -> Authority {
        Authority::from_seed(self.seed)
    }

    pub(crate) fn settings(&self, salt: u64) -> Settings {
        let mut settings = Settings::new(self.seed.wrapping_add(100 + salt));
        settings.profile = self.profile;
        settings.tpm_way = self.tpm_way;
        settings
    }

    /// The payment, through the attacker's device.
    pub(crate) fn relay<I: Intruder + 'static>(
        &self,
        salt: u64,
        intruder: I,
    ) -> Result<Relayed<I>, SimError> {
        let [payer, payee] = self.wallets();
        relay(
            [Some(payer), Some(payee)],
            &Job::Pay(AMOUNT),
            &self.settings(salt),
            intruder,
        )
    }

    /// The payment on a connector whose wires are at the attacker's mercy.
    pub(crate) fn direct<F: Fault + 'static>(
        &self,
        salt: u64,
        fault: F,
    ) -> Result<(Mounted, F), SimError> {
        let [payer, payee] = self.wallets();
        let job = Job::Pay(AMOUNT);
        mount_with(payer, payee, &job, &self.settings(salt), fault)
    }

    /// An attempt on both honest wallets.
    pub(crate) fn attempt<I>(&self, variant: impl Into<String>, relayed: Relayed<I>) -> Attempt {
        let [payer, payee] = relayed.wallets;
        Attempt {
            variant: variant.into(),
            results: relayed.results,
            wallets: [
                payer.unwrap_or_else(|| self.wallet(Side::Payer)),
                payee.unwrap_or_else(|| self.wallet(Side::Payee)),
            ],
            reached: None,
            unexpected: None,
        }
    }

    pub(crate) fn attempt_direct(&self, variant: impl Into<String>, mounted: Mounted) -> Attempt {
        Attempt {
            variant: variant.into(),
            results: [mounted.payer.result, mounted.payee.result],
            wallets: [mounted.payer.wallet, mounted.payee.wallet],
            reached: None,
            unexpected: None,
        }
    }

    /// The verdict: the wallets are powered up, meet, resume, and the money is counted.
    pub(crate) fn row(&self, name: &'static str, attempt: Attempt) -> Row {
        self.row_by(name, attempt, &self.judge)
    }

    /// The same, after the payer took back what it had not released.
    pub(crate) fn row_refunded(&self, name: &'static str, attempt: Attempt) -> Row {
        self.row_by(name, attempt, &self.refund)
    }

    fn row_by(&self, name: &'static str, attempt: Attempt, judge: &RefCell<Judge>) -> Row {
        let verdict = self.verdict_by(attempt.wallets.each_ref(), judge);
        let bad = verdict.outcome.is_bad();
        let lost = bad.then(|| verdict.why.unwrap_or_default());
        self.finish(name, attempt, verdict.outcome.name(), lost)
    }

    /// What an honest meeting makes of the two wallets that are left of [`wallets`](Self::wallets).
    pub fn verdict(&self, left: [&Wallet; 2]) -> Verdict {
        self.verdict_by(left, &self.judge)
    }

    fn verdict_by(&self, left: [&Wallet; 2], judge: &RefCell<Judge>) -> Verdict {
        let base = self.words.each_ref().map(|words| &words[..]);
        let now = left.map(|wallet| wallet.nv.words());
        judge.borrow_mut().judge(State::between(base, now))
    }

    /// For an attacker who is one of the two wallets, opened: only the other one is judged, which may
    /// hold nothing but what it had.
    pub(crate) fn row_honest(&self, name: &'static str, honest: Side, attempt: Attempt) -> Row {
        let before = held(&self.wallet(honest));
        let after = held(&attempt.wallets[index(honest)]);
        let gained =
            (before != after).then(|| format!("the honest wallet holds {after}, it had {before}"));
        self.finish(name, attempt, "-", gained)
    }

    fn finish(
        &self,
        name: &'static str,
        attempt: Attempt,
        recovered: &'static str,
        lost: Option<String>,
    ) -> Row {
        let succeeded = lost.is_some() || attempt.reached.is_some();
        Row {
            name,
            payer: said(attempt.said(Side::Payer)),
            payee: said(attempt.said(Side::Payee)),
            variant: attempt.variant,
            before: self.wallets().each_ref().map(held),
            after: attempt.wallets.each_ref().map(held),
            recovered,
            succeeded,
            as_expected: !succeeded && attempt.unexpected.is_none(),
            why: lost.or(attempt.reached).or(attempt.unexpected),
        }
    }
}

/// Value of a wallet.
pub(crate) fn held(wallet: &Wallet) -> Held {
    let audit = wallet.audit();
    Held {
        spendable: audit.spendable(),
        in_transit: audit.in_transit().1,
    }
}

fn said(result: &Option<Result<Report, Error>>) -> String {
    match result {
        Some(Ok(report)) => match report.receipts.last() {
            Some(receipt) => format!("{:?} {}", receipt.outcome, receipt.amount).to_lowercase(),
            None => "done".to_owned(),
        },
        Some(Err(error)) => error.to_string(),
        None => "no power, or not there".to_owned(),
    }
}
