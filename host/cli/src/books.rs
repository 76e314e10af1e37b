//! The authority at its desk: mint, ledger and bank wallets, and what it asks of a wallet that comes to it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use opera_daa::bn_p256::BnP256;
use opera_daa::{G1, Owned};
use opera_ledger::{BookError, Examined, Ledger, Witness, WitnessError};
use opera_scenario::{Authority, KeyInUse, with_key};
use opera_store::audit::audit;
use opera_store::{Provisioning, Role, Update, WalletFile};
use opera_tpcu::choose::Plan;
use opera_tpcu::driver::serial_number;
use opera_tpcu::hand_over::{HandOver, Handed, readable};

use crate::args::Cli;
use crate::failure::Failure;
use crate::files;

/// The authority, its mint's file locked.
pub(crate) struct Office {
    pub(crate) path: PathBuf,
    pub(crate) file: WalletFile,
    pub(crate) authority: Authority,
    pub(crate) ledger: Ledger,
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

impl From<BookError> for Failure {
    fn from(error: BookError) -> Self {
        Self::usage(error)
    }
}

impl Office {
    /// Opens the authority whose mint is at `path`, which must be there.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let file = files::open_authority(path)?;
        Ok(Self {
            path: path.to_owned(),
            authority: files::authority_of(&file)?,
            file,
            ledger: Ledger::load(&with_ending(path, ".ledger"))?,
        })
    }

    /// The wallet must be one that this authority made.
    pub(crate) fn made(&self, wallet: &WalletFile) -> Result<(), Failure> {
        files::same_issuer(
            [self.file.provisioning(), wallet.provisioning()],
            [&self.path, wallet.path()],
            "name the wallet's own with --authority",
        )
    }

    pub(crate) fn save(&self) -> Result<(), Failure> {
        Ok(self.ledger.save(&with_ending(&self.path, ".ledger"))?)
    }

    /// Where the bank wallet of this number is; they are numbered from 1.
    pub(crate) fn bank_path(&self, number: u32) -> PathBuf {
        with_ending(&self.path, &format!(".bank-{number}"))
    }

    /// How many bank wallets there are.
    pub(crate) fn banks(&self) -> u32 {
        let there = |number: &u32| self.bank_path(*number).symlink_metadata().is_ok();
        (1..u32::MAX).take_while(there).count() as u32
    }

    /// Opens a bank wallet, in the authority's present epoch.
    pub(crate) fn open_bank(&self, number: u32) -> Result<WalletFile, Failure> {
        let mut file = WalletFile::open(self.bank_path(number))?;
        if file.provisioning().group != *self.authority.group_public() {
            self.renew(&mut file, None)?;
        }
        Ok(file)
    }

    /// A bank wallet with room for so many tokens, made when there is none.
    pub(crate) fn bank_with_room(
        &mut self,
        cli: &Cli,
        tokens: usize,
    ) -> Result<(u32, WalletFile), Failure> {
        let last = self.banks();
        if last > 0 {
            let file = self.open_bank(last)?;
            let seen = audit(file.nv(), &file.provisioning().device_key);
            let taken = seen.slots.len()
                + seen
                    .sessions
                    .iter()
                    .map(|s| usize::from(s.n))
                    .sum::<usize>();
            if taken + tokens <= opera_regs::nv::SLOTS as usize {
                return Ok((last, file));
            }
        }
        let serial = files::next_serial(&mut self.file)?;
        let path = self.bank_path(last + 1);
        let file = files::create(cli, &self.authority, &path, Role::Wallet, serial)?;
        Ok((last + 1, file))
    }

    /// Takes in what the banks have received and the ledger does not have: all of it, after a kill.
    pub(crate) fn take_in(&mut self) -> Result<(), Failure> {
        for number in 1..=self.banks() {
            let file = WalletFile::open_read_only(self.bank_path(number))?;
            let held: Vec<[u8; 16]> = audit(file.nv(), &file.provisioning().device_key)
                .slots
                .iter()
                .map(|slot| slot.token.serial())
                .collect();
            let kept: Vec<HandOver> = readable(&file.evidence()?.bodies).collect();
            self.ledger.absorb(number, &kept, &held);
        }
        // The mint says which hand-overs are its own: there the trail ends.
        if !self.ledger.disputes().is_empty() {
            let provisioning = self.file.provisioning().clone();
            self.ask(&self.path.clone(), &provisioning, &[], true)?;
        }
        self.save()
    }

    /// Asks a wallet about every dispute.
    pub(crate) fn examine(&mut self, wallet: &WalletFile) -> Result<Examined, Failure> {
        let kept = wallet.evidence()?.bodies;
        let provisioning = wallet.provisioning().clone();
        let path = wallet.path().to_owned();
        let examined = self.ask(&path, &provisioning, &kept, false)?;
        self.save()?;
        Ok(examined)
    }

    fn ask(
        &mut self,
        path: &Path,
        wallet: &Provisioning,
        kept: &[Vec<u8>],
        mint: bool,
    ) -> Result<Examined, Failure> {
        if self.ledger.disputes().is_empty() {
            return Ok(Examined::default());
        }
        let mut context = [0; 32];
        getrandom::fill(&mut context).map_err(|error| {
            Failure::failed(format!("the system gives no random numbers: {error}"))
        })?;
        let chip = files::chip_of(wallet, path)?;
        let (ledger, authority) = (&mut self.ledger, &self.authority);
        let examined = with_key(wallet, chip.as_ref(), |key| {
            let mut asked = Asked { key, kept };
            ledger.examine(&mut asked, &context, mint, &|hand_over| {
                authority.vouches(hand_over)
            })
        })?;
        examined.map_err(|why| {
            Failure::failed(format!(
                "{}: it does not answer about the tokens in dispute: {why}; it stays in its epoch until it does",
                path.display()
            ))
        })
    }

    /// Gives a wallet a credential of the authority's epoch and the newest lists. `examined` is the key that
    /// answered before.
    pub(crate) fn renew(
        &self,
        wallet: &mut WalletFile,
        examined: Option<&G1<BnP256>>,
    ) -> Result<(), Failure> {
        let chip = files::chip_of(wallet.provisioning(), wallet.path())?;
        let mut update = Update::of(wallet.provisioning());
        update.attestation_credential =
            self.authority
                .rejoin(wallet.provisioning(), chip.as_ref(), examined)?;
        update.group = *self.authority.group_public();
        let own = self.file.provisioning();
        update.references.clone_from(&own.references);
        update.revoked.clone_from(&own.revoked);
        Ok(wallet.update(update)?)
    }

    /// The mint's session counter, and the serial numbers that its own memory holds.
    pub(crate) fn of_mint(&self) -> (u32, BTreeSet<[u8; 16]>) {
        let seen = audit(self.file.nv(), &self.file.provisioning().device_key);
        let home = seen.slots.iter().map(|slot| slot.token.serial()).collect();
        (seen.ctr, home)
    }

    /// Notes the tokens of a charge that is about to begin; gives the mint's session counter in it.
    pub(crate) fn intend(&mut self, plan: &Plan) -> Result<u32, Failure> {
        let counter = self.of_mint().0 + 1;
        let secret = opera_scenario::secret_of(self.file.provisioning());
        let tokens: Vec<Handed> = (0..plan.count())
            .filter_map(|k| {
                Some(Handed {
                    serial: serial_number(&secret, counter, k),
                    value: plan.value_of(k)?,
                })
            })
            .collect();
        self.ledger.intend(counter, tokens);
        self.save()?;
        Ok(counter)
    }
}

/// A wallet that answers with its own key and from its own evidence.
struct Asked<'a> {
    key: &'a mut dyn KeyInUse,
    kept: &'a [Vec<u8>],
}

fn silent(why: impl std::fmt::Display) -> WitnessError {
    WitnessError(why.to_string())
}

impl Witness for Asked<'_> {
    fn public(&mut self) -> Result<G1<BnP256>, WitnessError> {
        self.key.public().map_err(silent)
    }

    fn own(
        &mut self,
        point: &G1<BnP256>,
        basename: &[u8],
        context: &[u8; 32],
    ) -> Result<Owned<BnP256>, WitnessError> {
        self.key.own(point, basename, context).map_err(silent)
    }

    fn hand_overs(&mut self, serial: &[u8; 16]) -> Result<Vec<HandOver>, WitnessError> {
        let all = readable(self.kept);
        Ok(all.filter(|hand_over| hand_over.holds(serial)).collect())
    }
}
