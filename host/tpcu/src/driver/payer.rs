//! The payer's side of a mount.

use opera_lpc::Bus;
use opera_regs::err;

use super::hw::Entry;
use super::session::{Logged, PROMPT, RECOVERY, SLOTS, Session};
use super::{Error, Outcome};
use crate::choose::{NotPayable, Plan, choose};
use crate::crypto::hmac;
use crate::hand_over::cover;
use crate::protocol::Claim;
use crate::protocol::payer::{
    Acked, Agreed, Complete, Left, Next, Ready, Received, Standing, TokenDue,
};
use crate::protocol::stage1::SessionId;
use crate::protocol::wire::Role;
use crate::record::{Phase, Progress, Record};
use crate::token::{TOKEN_BYTES, apply_entry_stream, derive_ptk};

/// Attempts to get one token over the data bus.
pub(super) const ATTEMPTS: u32 = 3;
/// What the last FIN names when it is about no session.
const NO_SESSION: SessionId = [0; 32];

/// Where the tokens come from.
pub(super) enum Source {
    /// This wallet's repository: tokens that make this amount.
    Repository(u32),
    /// The mint's press, with this issue date.
    Press(Plan, u32),
}

/// Serial number of the token that a mint with this secret ([`super::Provision::secret`]) makes as number
/// `index` of the charge whose session counter is `counter`.
#[must_use]
pub fn serial_number(secret: &[u8; 32], counter: u32, index: u16) -> [u8; 16] {
    let parts: [&[u8]; 3] = [
        b"OPERA serial",
        &counter.to_be_bytes(),
        &index.to_be_bytes(),
    ];
    let mut serial = [0; 16];
    serial.copy_from_slice(&hmac(secret, &parts)[..16]);
    serial
}

/// A payment that runs.
struct Running {
    slot: usize,
    record: Record,
    /// Entries that are staged, from 0 on without a gap.
    staged: u16,
    /// The vault has released PTK already.
    released: bool,
    /// Digest of a staged entry that is ready to be sent.
    ready: Option<(u16, [u8; 32])>,
    /// Covers of the entries that were read in this mount.
    covers: Vec<Option<[u8; 32]>>,
}

impl<B: Bus> Session<'_, B> {
    pub(super) async fn pay(&mut self, source: Source) -> Result<(), Error> {
        let channel = self.begin(Role::Payer).await?;
        let ready = Ready::new(channel);
        let session = ready.session();
        let (ready, result) = self.pay_one(ready, source).await?;
        self.say_goodbye(ready, &session).await?;
        self.stage("FIN");
        result
    }

    /// Last FIN of the mount. What was to be done is done; a partner that is gone does not matter.
    async fn say_goodbye(&mut self, ready: Ready, session: &SessionId) -> Result<(), Error> {
        let (_, frame) = ready.fin(session, false);
        match self.send(&frame).await {
            Ok(()) => {
                let _ = self.hw.flush().await;
            }
            Err(Error::Stopped) => return Err(Error::Stopped),
            Err(_) => {}
        }
        Ok(())
    }

    /// One new payment; the inner result is about the payment, the outer about the mount.
    async fn pay_one(
        &mut self,
        ready: Ready,
        source: Source,
    ) -> Result<(Ready, Result<(), Error>), Error> {
        let (plan, press) = match source {
            Source::Repository(amount) => match self.choose(amount).await? {
                Ok(plan) => (plan, None),
                Err(why) => return Ok((ready, Err(Error::NotPayable(why)))),
            },
            Source::Press(plan, date) => (plan, Some(date)),
        };
        let count = plan.count();
        let Some((slot, base)) = self.room(count) else {
            return Ok((ready, Err(Error::NoRoom)));
        };
        let orm = self.hw.open(slot as u8, true, base, count).await?;
        self.orm[slot] = orm;
        let record = Record {
            role: Role::Payer,
            profile: self.tpcu.profile(),
            slot: slot as u8,
            base,
            count,
            counter: orm.counter,
            // A plan's total fits into 32 bits.
            amount: plan.total() as u32,
            press,
            session: ready.session(),
            partner: ready.partner(),
            plan,
        };
        self.commit(record.clone()).await?;
        let running = Running {
            slot,
            covers: vec![None; usize::from(record.count)],
            record,
            staged: 0,
            released: false,
            ready: None,
        };
        self.propose(ready, running).await
    }

    /// Chooses among the tokens that no interrupted payment needs.
    async fn choose(&mut self, amount: u32) -> Result<Result<Plan, NotPayable>, Error> {
        let mut free = self.directory.clone();
        let mut promised = 0;
        for (slot, record, progress) in self.open_payments() {
            if self.orm[slot].released() || record.press.is_some() {
                continue;
            }
            let staged = self.count_staged(slot, record.count, progress.k).await?;
            for value in (staged..record.count).filter_map(|k| record.plan.value_of(k)) {
                if let Some(held) = free.iter_mut().find(|held| **held == value) {
                    *held = 0;
                    promised += u64::from(value);
                }
            }
        }
        Ok(choose(&free, amount).map_err(|why| NotPayable { promised, ..why }))
    }

    /// Msg.2-1, 2-2 and all that follows.
    async fn propose(
        &mut self,
        ready: Ready,
        running: Running,
    ) -> Result<(Ready, Result<(), Error>), Error> {
        let terms = running.record.terms();
        let (requested, frame) = ready.request(terms, &mut self.tpcu.rng);
        self.send(&frame).await?;
        let frame = self.receive("Msg.2-2", RECOVERY).await?;
        match requested.on_agreement(&frame)? {
            Agreed::Yes(next) => self.transfer(next, running).await,
            Agreed::No(ready, why) => {
                self.take_back(running.slot, &running.record).await?;
                Ok((ready, Err(Error::Declined(why))))
            }
        }
    }

    /// Stages 2 and 3 from a token on.
    async fn transfer(
        &mut self,
        mut next: Next,
        mut running: Running,
    ) -> Result<(Ready, Result<(), Error>), Error> {
        let complete = loop {
            match next {
                Next::Complete(complete) => break complete,
                Next::Token(due) => next = self.send_token(due, &mut running).await?,
            }
        };
        self.stage("Stage 2");
        let result = self.hand_over(complete, running).await;
        self.stage("Stage 3");
        result
    }

    async fn send_token(
        &mut self,
        mut due: TokenDue,
        running: &mut Running,
    ) -> Result<Next, Error> {
        let k = due.index();
        let slot = running.slot;
        let digest = match running.ready.take() {
            Some((ready, digest)) if ready == k => digest,
            _ => self.prepare(running, k).await?,
        };
        if !running.released {
            self.progress(slot, k + 1, false, Phase::Transfer).await?;
        }
        for _ in 0..ATTEMPTS {
            self.hw.start_send(slot as u8, k).await?;
            let (wait, frame) = due.send(&digest, &mut self.tpcu.rng);
            self.send(&frame).await?;
            match self.hw.orm_finish(opera_regs::op::SEND).await {
                // The payee sees for itself whether the bytes came, and asks again.
                Ok(())
                | Err(Error::Orm {
                    code: err::BUS_TIMEOUT | err::BUS_FRAME,
                    ..
                }) => {}
                Err(error) => return Err(error),
            }
            // The next token is made ready while the payee is busy with this one.
            if k + 1 < running.record.count && running.ready.is_none() {
                running.ready = Some((k + 1, self.prepare(running, k + 1).await?));
            }
            let frame = self.receive("Msg.2-4", PROMPT).await?;
            match wait.on_ack(&frame)? {
                Acked::Yes(next) => return Ok(next),
                Acked::Again(again) => due = again,
            }
        }
        Err(Error::DataBus { index: k })
    }

    /// Stages entry `k` unless it is, and gives the digest of its ciphertext.
    async fn prepare(&mut self, running: &mut Running, k: u16) -> Result<[u8; 32], Error> {
        let slot = running.slot as u8;
        while running.staged <= k {
            let index = running.staged;
            let inconsistent = Error::Inconsistent { session: slot };
            let value = running
                .record
                .plan
                .value_of(index)
                .ok_or(inconsistent.clone())?;
            if let Some(date) = running.record.press {
                let sealed = self.press_token(&running.record, index, value, date)?;
                self.hw.press(slot, index, value, &sealed).await?;
            } else {
                let from = self.directory.iter().position(|held| *held == value);
                let from = from.ok_or(inconsistent)?;
                self.hw.stage(slot, index, from as u16).await?;
                self.directory[from] = 0;
            }
            running.staged += 1;
        }
        let sealed = self.hw.ciphertext(slot, k).await?;
        if let Some(known) = running.covers.get_mut(usize::from(k)) {
            *known = Some(cover(&sealed));
        }
        Ok(self.tpcu.profile().hash(&[&sealed]))
    }

    /// Covers of all entries; those that went over in an earlier mount are read now.
    async fn covers(&mut self, running: &Running) -> Result<Vec<[u8; 32]>, Error> {
        let mut all = Vec::with_capacity(running.covers.len());
        for (k, known) in (0..).zip(&running.covers) {
            all.push(match known {
                Some(cover) => *cover,
                None => cover(&self.hw.ciphertext(running.slot as u8, k).await?),
            });
        }
        Ok(all)
    }

    /// A new token, the same one for the same session and index however often it is made.
    fn press_token(
        &self,
        record: &Record,
        index: u16,
        value: u32,
        date: u32,
    ) -> Result<[u8; TOKEN_BYTES], Error> {
        let mint = self.tpcu.mint.as_ref().ok_or(Error::NotAMint)?;
        let serial = serial_number(&self.tpcu.identity.secret, record.counter, index);
        let mut sealed = *mint.issuer.issue(&serial, value, date).as_bytes();
        let ptk = zeroize::Zeroizing::new(derive_ptk(&mint.device_key, record.counter));
        apply_entry_stream(&ptk, index, &mut sealed);
        Ok(sealed)
    }

    /// Stage 3: release, Msg.3-1, 3-2, then the end of the payer's session.
    async fn hand_over(
        &mut self,
        complete: Complete,
        running: Running,
    ) -> Result<(Ready, Result<(), Error>), Error> {
        let covers = self.covers(&running).await?;
        let Running { slot, record, .. } = running;
        if !running.released {
            self.tpcu.tpm.still()?;
            self.progress(slot, record.count, true, Phase::Transfer)
                .await?;
        }
        // The commit point of the payment: from here it only goes forward.
        let ptk = self.hw.release(slot as u8).await?;
        self.orm[slot] = self.hw.session(slot as u8).await?;
        self.progress(slot, record.count, true, Phase::Released)
            .await?;
        let (wait, frame) = complete.release(&ptk, &record.partner, &covers);
        drop(ptk);
        self.send(&frame).await?;
        let frame = self.receive("Msg.3-2", Self::work(record.count)).await?;
        match wait.on_receipt(&frame)? {
            Received::Yes(ready) => {
                self.done(slot, &record).await?;
                Ok((ready, Ok(())))
            }
            Received::No(ready) => Ok((ready, Err(Error::RefusedByPayee))),
        }
    }

    /// The payee holds the tokens durably: the session and its log are no longer needed.
    async fn done(&mut self, slot: usize, record: &Record) -> Result<(), Error> {
        self.close(slot).await?;
        self.erase_log(slot).await?;
        self.finished(record, Outcome::Paid);
        Ok(())
    }

    /// Vault to REFUNDED, tokens home, session closed.
    async fn take_back(&mut self, slot: usize, record: &Record) -> Result<(), Error> {
        self.hw.refund(slot as u8).await?;
        self.orm[slot] = self.hw.session(slot as u8).await?;
        self.progress(slot, record.count, true, Phase::Refunding)
            .await?;
        self.finish_refund(slot, record).await
    }

    // ---- after a cut

    pub(super) async fn resume(&mut self) -> Result<(), Error> {
        let channel = self.begin(Role::Payer).await?;
        let mut ready = Ready::new(channel);
        let mut result = Ok(());
        for (slot, record, progress) in self.open_payments() {
            let session = record.session;
            let (next, outcome) = self.resume_one(ready, slot, record, progress).await?;
            ready = next;
            result = result.and(outcome);
            if matches!(self.log[slot], Logged::Empty) {
                let (next, frame) = ready.fin(&session, true);
                self.send(&frame).await?;
                ready = next;
            }
        }
        let ready = self.answer_leftovers(ready).await?;
        self.say_goodbye(ready, &NO_SESSION).await?;
        self.stage("FIN");
        result
    }

    pub(super) async fn refund(&mut self) -> Result<(), Error> {
        let channel = self.begin(Role::Payer).await?;
        for (slot, record, _) in self.open_payments() {
            if !self.orm[slot].released() {
                self.take_back(slot, &record).await?;
            }
        }
        self.stage("refund");
        let ready = self.answer_leftovers(Ready::new(channel)).await?;
        self.say_goodbye(ready, &NO_SESSION).await
    }

    /// This wallet's own payments that are neither finished nor refunded.
    fn open_payments(&self) -> Vec<(usize, Record, Progress)> {
        (0..SLOTS)
            .filter_map(|slot| match &self.log[slot] {
                Logged::Payment(record, progress)
                    if record.role == Role::Payer && !self.orm[slot].refunded() =>
                {
                    Some((slot, (**record).clone(), *progress))
                }
                _ => None,
            })
            .collect()
    }

    async fn resume_one(
        &mut self,
        ready: Ready,
        slot: usize,
        record: Record,
        progress: Progress,
    ) -> Result<(Ready, Result<(), Error>), Error> {
        if record.profile != self.tpcu.profile() {
            // Names of the other profile cannot be proved in this one; it stays open.
            return Ok((ready, Ok(())));
        }
        let released = self.orm[slot].released();
        let staged = if released {
            record.count
        } else {
            self.count_staged(slot, record.count, progress.k).await?
        };
        let claim = Claim {
            terms: record.terms(),
            progress: progress.k,
            phase: progress.phase as u8,
            proof: self.tpcu.identity.pseudonym(&record.session, Role::Payer),
        };
        let (resuming, frame) = ready.resume(claim);
        self.send(&frame).await?;
        let frame = self.receive("Msg.R-2", RECOVERY).await?;
        let running = Running {
            slot,
            covers: vec![None; usize::from(record.count)],
            record,
            staged,
            released,
            ready: None,
        };
        match resuming.on_standing(&frame, &running.record.partner)? {
            Standing::Stranger(ready) => Ok((ready, Ok(()))),
            Standing::Receiving(next) => self.transfer(next, running).await,
            // It had a record before every release; that it has none now means that it has ended.
            Standing::Keyed(ready) => {
                self.done(slot, &running.record).await?;
                Ok((ready, Ok(())))
            }
            Standing::Unknown(ready) if released => {
                self.done(slot, &running.record).await?;
                Ok((ready, Ok(())))
            }
            Standing::Unknown(ready) => self.propose(ready, running).await,
        }
    }

    /// Entries are staged one after the other: those before TR_k are, those after may be.
    async fn count_staged(&mut self, slot: usize, count: u16, k: u16) -> Result<u16, Error> {
        let mut staged = k.min(count);
        while staged < count && self.hw.entry(slot as u8, staged).await? == Entry::Staged {
            staged += 1;
        }
        Ok(staged)
    }

    /// Tells the payee about sessions that it has left over and of which we know nothing any more.
    async fn answer_leftovers(&mut self, ready: Ready) -> Result<Ready, Error> {
        let (mut asking, frame) = ready.ask();
        self.send(&frame).await?;
        // As many as the log has slots, and a partner that never ends is refused.
        for _ in 0..=SLOTS {
            let frame = self.receive("Msg.R-4", RECOVERY).await?;
            let verdict = match asking.on_leftover(&frame)? {
                Left::Nothing(ready) => return Ok(ready),
                Left::Session(verdict) => verdict,
            };
            let session = verdict.session();
            let known = self.find(&session, Role::Payer).is_some() || self.any_damaged();
            let proof = self.tpcu.identity.pseudonym(&session, Role::Payer);
            let (next, frame) = verdict.answer((!known).then_some(proof));
            self.send(&frame).await?;
            asking = next;
        }
        Err(Error::Partner(crate::protocol::wire::Refusal::Order))
    }
}
