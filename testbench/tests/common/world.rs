//! A mint and some wallets that meet each other; the money is counted after every mount.

use std::collections::BTreeMap;

use opera_scenario::{Calm, ISSUE_DATE, Job, Settings, Wallet, mount_with, split_into};
use opera_sim::Nv;
use opera_store::audit::{Audit, RawToken, census};
use opera_tpcu::token::Issuer;
use opera_tpcu::{Error, Report};

use super::strike::Strike;
use super::{authority, the_mint};
use opera_store::Role;

/// Place of the mint.
pub const MINT: usize = 0;

/// Place 0 is the mint, and every place is filled between mounts.
pub struct World {
    wallets: Vec<Option<Wallet>>,
    seed: u64,
    /// Every token that was ever pressed, by serial number.
    known: BTreeMap<[u8; 16], u32>,
    /// All its bytes, with a signature that was checked.
    whole: BTreeMap<[u8; 16], RawToken>,
    issuer: Issuer,
    /// Sum of all charges asked for.
    asked: u64,
    pub mounts: u64,
}

/// What became of a mount.
pub struct Meeting {
    /// What payer and payee say; `None` for one that was switched off.
    pub results: [Option<Result<Report, Error>>; 2],
    /// The fault that was to happen.
    pub strike: Option<Strike>,
}

impl Meeting {
    pub fn struck(&self) -> bool {
        self.strike.as_ref().is_some_and(Strike::has_struck)
    }

    /// Both came to a good end.
    #[track_caller]
    pub fn well(self) -> Self {
        let good = |result| matches!(result, &Some(Ok(_)));
        assert!(
            self.results.iter().all(good),
            "payer, payee: {:?}",
            self.results
        );
        self
    }
}

impl World {
    /// Empty wallets 1 to `wallets`.
    pub fn new(wallets: usize, seed: u64) -> Self {
        let mut all = vec![Some(the_mint())];
        all.extend((1..=wallets as u64).map(|n| {
            let provisioning = authority().provision(Role::Wallet, n, super::SEED);
            Some(Wallet::in_memory(provisioning))
        }));
        let key = the_mint().provisioning.issuer_public;
        Self {
            wallets: all,
            seed,
            known: BTreeMap::new(),
            whole: BTreeMap::new(),
            issuer: Issuer::new(&key).expect("the authority's key"),
            asked: 0,
            mounts: 0,
        }
    }

    /// The same world once more, all in memory.
    pub fn copy(&self) -> Self {
        let copy = |wallet: &Wallet| Wallet {
            provisioning: wallet.provisioning.clone(),
            nv: Nv::from_words(wallet.nv.words().to_vec()),
            tpm: None,
        };
        Self {
            wallets: self.wallets.iter().map(|w| w.as_ref().map(copy)).collect(),
            known: self.known.clone(),
            whole: self.whole.clone(),
            issuer: self.issuer.clone(),
            ..*self
        }
    }

    pub fn audit(&self, wallet: usize) -> Audit {
        self.wallets[wallet].as_ref().expect("filled").audit()
    }

    pub fn spendable(&self, wallet: usize) -> u64 {
        self.audit(wallet).spendable()
    }

    /// Open sessions of a wallet.
    pub fn open(&self, wallet: usize) -> usize {
        self.audit(wallet).sessions.len()
    }

    /// Plugs two together, and counts.
    #[track_caller]
    pub fn mount(
        &mut self,
        payer: usize,
        payee: usize,
        job: &Job,
        strike: Option<Strike>,
    ) -> Meeting {
        if let Job::Mint(plan, _) = job {
            self.asked += plan.total();
        }
        self.seed += 1;
        self.mounts += 1;
        let settings = Settings::new(self.seed);
        let a = self.wallets[payer].take().expect("filled");
        let b = self.wallets[payee].take().expect("two different places");
        let (mounted, strike) = match strike {
            None => {
                let (mounted, Calm) = mount_with(a, b, job, &settings, Calm).expect("simulation");
                (mounted, None)
            }
            Some(strike) => {
                let (mounted, strike) =
                    mount_with(a, b, job, &settings, strike).expect("simulation");
                (mounted, Some(strike))
            }
        };
        (self.wallets[payer], self.wallets[payee]) =
            (Some(mounted.payer.wallet), Some(mounted.payee.wallet));
        assert_eq!(mounted.contention, None, "two drivers on LAD");
        if std::env::var_os("OPERA_STORY").is_some() {
            println!("{payer} to {payee}: {job:?}");
            if let Some(strike) = &strike {
                println!("  {strike}");
            }
            for (who, part) in [
                (payer, &mounted.payer.result),
                (payee, &mounted.payee.result),
            ] {
                match part {
                    None => println!("  {who} is off"),
                    Some(Err(error)) => println!("  {who}: {error}"),
                    Some(Ok(report)) => {
                        for r in &report.receipts {
                            println!("  {who}: {:?} {} in {}", r.outcome, r.amount, r.tokens);
                        }
                    }
                }
                for s in self.audit(who).sessions {
                    println!(
                        "  {who}: open {:?} ctr {} of {} released {} keyed {} {:?}",
                        s.role,
                        s.ctr,
                        s.n,
                        s.released,
                        s.keyed,
                        s.entries.iter().map(|e| e.state).collect::<Vec<_>>()
                    );
                }
            }
        }
        // A mint presses new tokens, also when it resumes a charge.
        self.count(payer == MINT);
        Meeting {
            results: [mounted.payer.result, mounted.payee.result],
            strike,
        }
    }

    /// `tokens` new tokens of `value`.
    pub fn charge(
        &mut self,
        to: usize,
        tokens: u16,
        value: u32,
        strike: Option<Strike>,
    ) -> Meeting {
        let plan = split_into(1, Some(tokens), value).expect("a plan");
        self.mount(MINT, to, &Job::Mint(plan, ISSUE_DATE), strike)
    }

    /// No token is lost, changed or twice there, and none is new but from the mint.
    #[track_caller]
    fn count(&mut self, minted: bool) {
        let audits: Vec<Audit> = self.wallets.iter().flatten().map(Wallet::audit).collect();
        let census = census(&audits).unwrap_or_else(|violation| panic!("{violation}"));
        for (wallet, audit) in audits.iter().enumerate() {
            let slots = audit.slots.iter().map(|slot| &slot.token);
            let entries = audit.sessions.iter().flat_map(|session| &session.entries);
            for token in slots.chain(entries.filter_map(|entry| entry.token.as_ref())) {
                let issuer = &self.issuer;
                let first = self.whole.entry(token.serial()).or_insert_with(|| {
                    let result = issuer.check(&token.0);
                    assert!(result.is_ok(), "wallet {wallet}: {token:?}: {result:?}");
                    token.clone()
                });
                assert!(first == token, "wallet {wallet}: {token:?} has changed");
            }
        }
        for (serial, value) in &self.known {
            assert_eq!(
                census.tokens.get(serial),
                Some(value),
                "token {serial:02x?}"
            );
        }
        assert!(
            minted || census.tokens.len() == self.known.len(),
            "money from nothing"
        );
        assert!(
            census.total() <= self.asked,
            "the mint pressed more than was asked for"
        );
        self.known = census.tokens;
    }

    /// These two meet, each as the host once, undisturbed.
    #[track_caller]
    pub fn finish(&mut self, a: usize, b: usize) {
        self.mount(a, b, &Job::Resume, None).well();
        if a != MINT {
            self.mount(b, a, &Job::Resume, None).well();
        }
    }

    /// These pairs meet; then nothing is open and everything is spendable.
    #[track_caller]
    pub fn settle(&mut self, pairs: impl IntoIterator<Item = (usize, usize)>) {
        for (a, b) in pairs {
            self.finish(a, b);
        }
        for n in 0..self.wallets.len() {
            assert_eq!(self.open(n), 0, "sessions of wallet {n} stay open");
        }
        let spendable: u64 = (0..self.wallets.len()).map(|n| self.spendable(n)).sum();
        let total: u64 = self.known.values().map(|value| u64::from(*value)).sum();
        assert_eq!(spendable, total);
    }

    /// Everybody with everybody.
    pub fn all_pairs(&self) -> Vec<(usize, usize)> {
        let n = self.wallets.len();
        (0..n)
            .flat_map(|a| (a + 1..n).map(move |b| (a, b)))
            .collect()
    }
}
