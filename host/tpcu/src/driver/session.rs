//! One mount: link, Stage 1, power, what must be finished before anything else, and the end.

use opera_lpc::Bus;
use opera_regs::nv;

use super::hw::{Entry, Hw, OrmSession};
use super::{Error, Outcome, Pending, Receipt, Report, Tpcu};
use crate::choose::lots;
use crate::crypto::aes128_block;
use crate::protocol::stage1::{Channel, PayeeChallenge, PayerHello, SessionId};
use crate::protocol::wire::{Kind, Role};
use crate::record::{Phase, Progress, Record};

/// Clocks to wait for a message that the partner only has to make.
pub(super) const PROMPT: u64 = 1_500_000;
/// Clocks to wait for a partner that may be finishing what an earlier cut left behind.
pub(super) const RECOVERY: u64 = 8_000_000;
/// Clocks more for each token that the partner has to check and settle first.
const TOKEN_LIMIT: u64 = 16_000;
/// Number of session slots, and of log slots.
pub(super) const SLOTS: usize = nv::SESSIONS as usize;

/// What a slot of the transaction log holds.
#[derive(Clone, Debug)]
pub(super) enum Logged {
    Empty,
    /// Not readable by this firmware: nothing is done to it, nor to its ORM session.
    Damaged,
    Payment(Box<Record>, Progress),
}

pub(super) struct Session<'a, B> {
    pub(super) hw: Hw<'a, B>,
    pub(super) tpcu: &'a mut Tpcu,
    /// Values of the repository slots, 0 = empty.
    pub(super) directory: Vec<u32>,
    pub(super) log: [Logged; SLOTS],
    pub(super) orm: [OrmSession; SLOTS],
    pub(super) receipts: Vec<Receipt>,
    pub(super) unkept: usize,
    stage_start: u64,
}

impl<'a, B: Bus> Session<'a, B> {
    pub(super) fn new(bus: &'a B, tpcu: &'a mut Tpcu) -> Self {
        let hw = Hw::new(bus);
        let stage_start = hw.now();
        Self {
            hw,
            tpcu,
            directory: Vec::new(),
            log: std::array::from_fn(|_| Logged::Empty),
            orm: [OrmSession::default(); SLOTS],
            receipts: Vec::new(),
            unkept: 0,
            stage_start,
        }
    }

    /// Runs the body, then takes link and power down whatever came of it.
    pub(super) async fn run(
        mut self,
        body: impl AsyncFnOnce(&mut Self) -> Result<(), Error>,
    ) -> Result<Report, Error> {
        let result = body(&mut self).await;
        if matches!(result, Err(Error::Stopped)) {
            return Err(Error::Stopped);
        }
        // Fail closed: each is tried even if the other failed; the first error counts.
        let link = self.hw.link_off().await;
        let power = self.hw.power_down().await;
        self.stage("power off");
        result?;
        link?;
        // A trap or an unmount in the very end changes nothing about what was done.
        let _ = power;
        Ok(Report {
            pending: self.pending(),
            held: lots(&self.directory),
            receipts: self.receipts,
            unkept: self.unkept,
        })
    }

    pub(super) fn stage(&mut self, name: &'static str) {
        let now = self.hw.now();
        let clocks = now.saturating_sub(self.stage_start);
        self.stage_start = now;
        self.tpcu.observer.stage(name, clocks);
    }

    // ---- messages

    fn observed(&mut self, sent: bool, frame: &[u8]) -> Result<(), Error> {
        let now = self.hw.now();
        let go_on = Kind::of(frame).is_none_or(|kind| self.tpcu.observer.message(sent, kind, now));
        if go_on { Ok(()) } else { Err(Error::Stopped) }
    }

    pub(super) async fn send(&mut self, frame: &[u8]) -> Result<(), Error> {
        // Nothing leaves a wallet whose TPM is gone or has lost what it measured.
        self.tpcu.tpm.still()?;
        self.observed(true, frame)?;
        self.hw.send(frame).await
    }

    /// Waits for a message, no longer than so many clocks.
    pub(super) async fn receive(
        &mut self,
        what: &'static str,
        limit: u64,
    ) -> Result<Vec<u8>, Error> {
        let frame = self.hw.receive(what, limit, async || Ok(())).await?;
        self.observed(false, &frame)?;
        Ok(frame)
    }

    /// Clocks to wait for a partner that works on so many tokens first.
    pub(super) fn work(tokens: u16) -> u64 {
        PROMPT + u64::from(tokens) * TOKEN_LIMIT
    }

    /// Waits for a message while RECEIVE runs.
    pub(super) async fn receive_with_data(&mut self, what: &'static str) -> Result<Vec<u8>, Error> {
        let hw = &self.hw;
        let frame = hw
            .receive(what, PROMPT, async || hw.keep_receiving().await)
            .await?;
        self.observed(false, &frame)?;
        Ok(frame)
    }

    // ---- beginning

    /// From mount to an ORM that is ready: Stage 1, power, and what recovery has to finish.
    pub(super) async fn begin(&mut self, role: Role) -> Result<Channel, Error> {
        self.hw.wait_mounted().await?;
        self.hw.link_on(role == Role::Payer).await?;
        let challenge = self.hw.challenge().await?;
        self.tpcu.rng.mix(&challenge);
        self.stage("mount");
        let identity = self.tpcu.identity.clone();
        let channel = match role {
            Role::Payer => {
                let (state, frame) = PayerHello::start(identity, &mut self.tpcu.rng);
                self.send(&frame).await?;
                let frame = self.receive("Msg.1-2", PROMPT).await?;
                let (state, frame) = state.on_challenge(&frame, &mut *self.tpcu.tpm)?;
                self.send(&frame).await?;
                let frame = self.receive("Msg.1-4", PROMPT).await?;
                state.on_accepted(&frame)?
            }
            Role::Payee => {
                let frame = self.receive("Msg.1-1", PROMPT).await?;
                let tpcu = &mut *self.tpcu;
                let (state, frame) =
                    PayeeChallenge::on_hello(identity, &frame, &mut *tpcu.tpm, &mut tpcu.rng)?;
                self.send(&frame).await?;
                let frame = self.receive("Msg.1-3", PROMPT).await?;
                let (channel, frame) = state.on_proof(&frame)?;
                self.send(&frame).await?;
                channel
            }
        };
        self.stage("Stage 1");
        // Only now, with the partner proved, is the challenge answered.
        let answer = aes128_block(&self.tpcu.power_key, &challenge.map(|byte| byte ^ 0x5A));
        self.hw.power_up(&answer).await?;
        self.stage("power on");
        self.directory = self.hw.directory().await?;
        self.load_log().await?;
        self.recover().await?;
        self.stage("directory");
        Ok(channel)
    }

    pub(super) async fn load_log(&mut self) -> Result<(), Error> {
        for slot in 0..SLOTS {
            self.log[slot] = match self.hw.log_load(slot as u8).await? {
                None => Logged::Empty,
                Some((bytes, word)) => {
                    let record = Record::from_bytes(&bytes, &self.tpcu.log_key);
                    match (record, Progress::from_word(word)) {
                        (Ok(record), Some(progress))
                            if usize::from(record.slot) == slot && progress.k <= record.count =>
                        {
                            Logged::Payment(Box::new(record), progress)
                        }
                        _ => Logged::Damaged,
                    }
                }
            };
        }
        Ok(())
    }

    /// Finishes what a cut left behind and what needs no partner.
    async fn recover(&mut self) -> Result<(), Error> {
        for slot in 0..SLOTS {
            let orm = self.hw.session(slot as u8).await?;
            self.orm[slot] = orm;
            match self.log[slot].clone() {
                Logged::Damaged => {}
                Logged::Empty => self.recover_orphan(slot, orm).await?,
                Logged::Payment(record, progress) => {
                    self.recover_payment(slot, orm, &record, progress).await?;
                }
            }
        }
        Ok(())
    }

    /// A session without a log: cut between OPEN and COMMIT, so it holds nothing yet.
    async fn recover_orphan(&mut self, slot: usize, orm: OrmSession) -> Result<(), Error> {
        if orm.closing() {
            return self.close(slot).await;
        }
        if !orm.open() || orm.released() {
            return Ok(());
        }
        if orm.keyed() || orm.refunded() {
            self.settle_all(slot, orm.count).await?;
            return self.close(slot).await;
        }
        // Never scrub what may be worth something: look before closing.
        for k in 0..orm.count {
            if self.hw.entry(slot as u8, k).await? != Entry::Empty {
                return Ok(());
            }
        }
        self.close(slot).await
    }

    async fn recover_payment(
        &mut self,
        slot: usize,
        orm: OrmSession,
        record: &Record,
        progress: Progress,
    ) -> Result<(), Error> {
        if orm.closing() {
            // Whoever began CLOSE had every reason to; finish it.
            self.close(slot).await?;
            self.finished(record, ended(record, progress));
            return self.erase_log(slot).await;
        }
        if !orm.open() || orm.counter != record.counter {
            // CLOSE was done, ERASE was not.
            self.finished(record, ended(record, progress));
            return self.erase_log(slot).await;
        }
        if orm.payer() && orm.refunded() {
            self.finish_refund(slot, record).await?;
        } else if orm.payer() && orm.released() && progress.phase == Phase::Transfer {
            // Cut between the vault's decision and the log's word of it.
            self.progress(slot, record.count, true, Phase::Released)
                .await?;
        } else if !orm.payer() && orm.keyed() && self.settle_all(slot, record.count).await? {
            self.progress(slot, record.count, true, Phase::Settled)
                .await?;
            self.finished(record, Outcome::Received);
            self.close(slot).await?;
            self.erase_log(slot).await?;
        }
        Ok(())
    }

    // ---- parts that both roles use

    pub(super) fn finished(&mut self, record: &Record, outcome: Outcome) {
        self.receipts.push(Receipt {
            session: record.session,
            outcome,
            amount: record.amount,
            tokens: record.count,
        });
    }

    pub(super) async fn close(&mut self, slot: usize) -> Result<(), Error> {
        self.hw.close(slot as u8, self.orm[slot].count).await?;
        self.orm[slot] = OrmSession::default();
        Ok(())
    }

    pub(super) async fn erase_log(&mut self, slot: usize) -> Result<(), Error> {
        self.hw.log_erase(slot as u8).await?;
        self.log[slot] = Logged::Empty;
        Ok(())
    }

    pub(super) async fn commit(&mut self, record: Record) -> Result<(), Error> {
        let slot = record.slot;
        let progress = Progress {
            k: 0,
            flag: true,
            phase: Phase::Transfer,
        };
        let bytes = record.to_bytes(&self.tpcu.log_key);
        self.hw.log_commit(slot, &bytes, progress).await?;
        self.log[usize::from(slot)] = Logged::Payment(Box::new(record), progress);
        Ok(())
    }

    pub(super) async fn progress(
        &mut self,
        slot: usize,
        k: u16,
        flag: bool,
        phase: Phase,
    ) -> Result<(), Error> {
        let next = Progress { k, flag, phase };
        self.hw.log_progress(slot as u8, next).await?;
        if let Logged::Payment(_, progress) = &mut self.log[slot] {
            *progress = next;
        }
        Ok(())
    }

    /// Payer, REFUNDED: everything back home, then the end.
    pub(super) async fn finish_refund(
        &mut self,
        slot: usize,
        record: &Record,
    ) -> Result<(), Error> {
        if self.settle_all(slot, record.count).await? {
            self.close(slot).await?;
            self.erase_log(slot).await?;
            self.finished(record, Outcome::Refunded);
        }
        Ok(())
    }

    /// Settles entries with these values from the first on, all of which are there; false when the
    /// repository is full before the end.
    pub(super) async fn settle_values(
        &mut self,
        slot: usize,
        values: &[u32],
    ) -> Result<bool, Error> {
        for (k, value) in (0..).zip(values) {
            let Some(free) = self.directory.iter().position(|value| *value == 0) else {
                return Ok(false);
            };
            self.hw.settle(slot as u8, k, free as u16).await?;
            self.directory[free] = *value;
        }
        Ok(true)
    }

    /// Settles each entry that is left, whatever its value; false when the repository is full before the end.
    pub(super) async fn settle_all(&mut self, slot: usize, count: u16) -> Result<bool, Error> {
        let mut all = true;
        for k in 0..count {
            if self.hw.entry(slot as u8, k).await? == Entry::Empty {
                continue;
            }
            let Some(free) = self.directory.iter().position(|value| *value == 0) else {
                all = false;
                break;
            };
            self.hw.settle(slot as u8, k, free as u16).await?;
            // In use; the value is read below.
            self.directory[free] = u32::MAX;
        }
        self.directory = self.hw.directory().await?;
        Ok(all)
    }

    /// A free session slot and a free range of the transaction buffer.
    pub(super) fn room(&self, count: u16) -> Option<(usize, u16)> {
        let slot = (0..SLOTS).find(|slot| {
            matches!(self.log[*slot], Logged::Empty) && self.orm[*slot] == OrmSession::default()
        })?;
        let mut taken: Vec<(u32, u32)> = self
            .orm
            .iter()
            .filter(|orm| **orm != OrmSession::default())
            .map(|orm| (u32::from(orm.base), u32::from(orm.count)))
            .collect();
        taken.sort_unstable();
        let mut base = 0;
        for (first, length) in taken {
            if first >= base + u32::from(count) {
                break;
            }
            base = base.max(first + length);
        }
        (base + u32::from(count) <= nv::ENTRIES).then_some((slot, base as u16))
    }

    /// Free repository slots that no open payment may still need.
    pub(super) fn free_slots(&self) -> usize {
        let free = self.directory.iter().filter(|value| **value == 0).count();
        let promised: usize = self
            .orm
            .iter()
            .filter(|orm| orm.open() && !orm.released())
            .map(|orm| usize::from(orm.count))
            .sum();
        free.saturating_sub(promised)
    }

    pub(super) fn find(
        &self,
        session: &SessionId,
        role: Role,
    ) -> Option<(usize, Record, Progress)> {
        self.log
            .iter()
            .enumerate()
            .find_map(|(slot, logged)| match logged {
                Logged::Payment(record, progress)
                    if record.session == *session && record.role == role =>
                {
                    Some((slot, (**record).clone(), *progress))
                }
                _ => None,
            })
    }

    pub(super) fn any_damaged(&self) -> bool {
        self.log
            .iter()
            .any(|logged| matches!(logged, Logged::Damaged))
    }

    pub(super) fn pending(&self) -> Vec<Pending> {
        self.log
            .iter()
            .filter_map(|logged| match logged {
                Logged::Payment(record, progress) => Some(Pending {
                    session: record.session,
                    role: record.role,
                    amount: record.amount,
                    tokens: record.count,
                    progress: *progress,
                }),
                _ => None,
            })
            .collect()
    }
}

/// How a payment whose session is closed must have ended: the log was ahead of CLOSE.
fn ended(record: &Record, progress: Progress) -> Outcome {
    match (record.role, progress.phase) {
        (Role::Payer, Phase::Released) => Outcome::Paid,
        (Role::Payer, _) => Outcome::Refunded,
        (Role::Payee, Phase::Keyed | Phase::Settled) => Outcome::Received,
        (Role::Payee, _) => Outcome::Withdrawn,
    }
}
