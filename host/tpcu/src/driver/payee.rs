//! The payee's side of a mount.

use std::collections::BTreeSet;

use opera_lpc::Bus;
use opera_regs::{err, op};
use zeroize::{Zeroize, Zeroizing};

use super::payer::ATTEMPTS;
use super::session::{Logged, PROMPT, RECOVERY, SLOTS, Session};
use super::{BadToken, Error, Outcome};
use crate::choose::Plan;
use crate::crypto::same;
use crate::protocol::payee::{
    AwaitToken, Awaiting, Claimed, Listing, Offered, Ready, Released, Request,
};
use crate::protocol::stage1::{Pseudonym, SessionId};
use crate::protocol::wire::{Refusal, Role};
use crate::protocol::{Decline, Terms};
use crate::record::{Phase, Record};
use crate::token::{TOKEN_BYTES, apply_entry_stream};

/// Requests that one mount may bring; a partner that never ends is refused.
const MAX_REQUESTS: usize = 64;

/// Sealed tokens of a payment, as far as they were read.
type Sealed = Vec<Option<[u8; TOKEN_BYTES]>>;

impl<B: Bus> Session<'_, B> {
    pub(super) async fn accept(&mut self) -> Result<(), Error> {
        let channel = self.begin(Role::Payee).await?;
        let mut ready = Ready::new(channel);
        // Sessions that a Msg.2-1 may be about, and what the payer was called in them.
        let mut named: Vec<(SessionId, Pseudonym)> = vec![(ready.session(), ready.partner())];
        let mut settled: Option<usize> = None;
        let mut result = Ok(());
        for _ in 0..MAX_REQUESTS {
            let frame = match self.receive("Msg.2-1", RECOVERY).await {
                Ok(frame) => frame,
                Err(Error::Stopped) => return Err(Error::Stopped),
                // The tokens are here and the payer has gone without FIN: the end is ours alone.
                Err(error) => match settled.take() {
                    Some(slot) => {
                        let _ = self.finish(slot).await;
                        return result;
                    }
                    None => return Err(error),
                },
            };
            match ready.on_request(&frame)? {
                Request::Pay(offered) => {
                    let (next, outcome) = self.on_offer(offered, &named).await?;
                    ready = next;
                    match outcome {
                        Ok(slot) => settled = slot,
                        Err(error) => result = Err(error),
                    }
                }
                Request::Resume(claimed) => {
                    named.push((claimed.claim().terms.session, claimed.claim().proof));
                    let (next, outcome) = self.on_claim(claimed).await?;
                    ready = next;
                    match outcome {
                        Ok(slot) => settled = slot,
                        Err(error) => result = Err(error),
                    }
                }
                Request::Leftovers(listing) => ready = self.on_leftovers(listing).await?,
                Request::Fin {
                    ready: next,
                    session,
                    more,
                } => {
                    ready = next;
                    if let Some(slot) = settled.take() {
                        let of_this = self
                            .find(&session, Role::Payee)
                            .is_some_and(|(found, ..)| found == slot);
                        if of_this || !more {
                            self.finish(slot).await?;
                        } else {
                            settled = Some(slot);
                        }
                    }
                    if !more {
                        return result;
                    }
                }
            }
        }
        Err(Error::Partner(Refusal::Order))
    }

    /// All tokens are settled: session and log are no longer needed.
    async fn finish(&mut self, slot: usize) -> Result<(), Error> {
        self.close(slot).await?;
        self.erase_log(slot).await?;
        self.stage("close");
        Ok(())
    }

    /// Msg.2-1: the inner result is the log slot of a payment that was received.
    async fn on_offer(
        &mut self,
        offered: Offered,
        named: &[(SessionId, Pseudonym)],
    ) -> Result<(Ready, Result<Option<usize>, Error>), Error> {
        let terms = offered.terms();
        let partner = named
            .iter()
            .find(|(session, _)| *session == terms.session)
            .map(|(_, partner)| *partner);
        let (Some(partner), None) = (partner, self.find(&terms.session, Role::Payee)) else {
            return self.decline(offered, Decline::Session).await;
        };
        if self.tpcu.keeper.received(&terms.session) {
            return self.decline(offered, Decline::Session).await;
        }
        let room = self.room(terms.count);
        let (Some((slot, base)), true) = (room, self.free_slots() >= usize::from(terms.count))
        else {
            return self.decline(offered, Decline::NoRoom).await;
        };
        let orm = self.hw.open(slot as u8, false, base, terms.count).await?;
        self.orm[slot] = orm;
        let record = Record {
            role: Role::Payee,
            profile: self.tpcu.profile(),
            slot: slot as u8,
            base,
            count: terms.count,
            counter: orm.counter,
            amount: terms.amount,
            press: None,
            session: terms.session,
            partner,
            plan: Plan::default(),
        };
        self.commit(record).await?;
        self.hw.start_receive(slot as u8, 0).await?;
        let (awaiting, frame) = offered.accept();
        self.send(&frame).await?;
        self.take_payment(awaiting, slot, terms).await
    }

    async fn decline(
        &mut self,
        offered: Offered,
        why: Decline,
    ) -> Result<(Ready, Result<Option<usize>, Error>), Error> {
        let (ready, frame) = offered.decline(why);
        self.send(&frame).await?;
        let error = match why {
            Decline::NoRoom => Error::NoRoom,
            _ => Error::Partner(Refusal::Terms),
        };
        Ok((ready, Err(error)))
    }

    /// Stages 2 and 3 from a token on.
    async fn take_payment(
        &mut self,
        mut awaiting: Awaiting,
        slot: usize,
        terms: Terms,
    ) -> Result<(Ready, Result<Option<usize>, Error>), Error> {
        let mut sealed: Sealed = vec![None; usize::from(terms.count)];
        let wait = loop {
            match awaiting {
                Awaiting::Release(wait) => break wait,
                Awaiting::Token(wait) => {
                    awaiting = self.take_token(wait, slot, terms, &mut sealed).await?;
                }
            }
        };
        self.stage("Stage 2");
        let frame = self.receive("Msg.3-1", PROMPT).await?;
        let sealed = self.all_sealed(slot, sealed).await?;
        let own = self.tpcu.identity.pseudonym(&terms.session, Role::Payee);
        let released = wait.on_release(&frame, &own, &sealed)?;
        let result = self.take_key(released, slot, terms, &sealed).await;
        self.stage("Stage 3");
        result
    }

    /// The ciphertext of all entries; those that came in an earlier mount are read now.
    async fn all_sealed(
        &mut self,
        slot: usize,
        known: Sealed,
    ) -> Result<Vec<[u8; TOKEN_BYTES]>, Error> {
        let mut all = Vec::with_capacity(known.len());
        for (k, bytes) in (0..).zip(known) {
            all.push(match bytes {
                Some(bytes) => bytes,
                None => self.hw.ciphertext(slot as u8, k).await?,
            });
        }
        Ok(all)
    }

    /// One token; RECEIVE for it runs already.
    async fn take_token(
        &mut self,
        mut wait: AwaitToken,
        slot: usize,
        terms: Terms,
        sealed: &mut Sealed,
    ) -> Result<Awaiting, Error> {
        let k = wait.index();
        for attempt in 0..ATTEMPTS {
            let said = if attempt == 0 {
                let frame = self.receive_with_data("Msg.2-3").await?;
                wait.on_token(&frame)?
            } else {
                // Only now is it sure that the payer has given up the transfer before, and that
                // the first byte on the data bus is the first of the token.
                let frame = self.receive("Msg.2-3", PROMPT).await?;
                let said = wait.on_token(&frame)?;
                self.hw.start_receive(slot as u8, k).await?;
                said
            };
            let came = match self.hw.orm_finish(op::RECEIVE).await {
                Ok(()) => {
                    let bytes = self.hw.ciphertext(slot as u8, k).await?;
                    sealed[usize::from(k)] = Some(bytes);
                    same(&self.tpcu.profile().hash(&[&bytes]), said.digest())
                }
                Err(Error::Orm {
                    code: err::BUS_TIMEOUT | err::BUS_FRAME,
                    ..
                }) => false,
                Err(error) => return Err(error),
            };
            if !came {
                let (again, frame) = said.again();
                self.send(&frame).await?;
                wait = again;
                continue;
            }
            // Durable and logged before the payer hears of it.
            self.progress(slot, k + 1, false, Phase::Transfer).await?;
            if k + 1 < terms.count {
                self.hw.start_receive(slot as u8, k + 1).await?;
            }
            let (next, frame) = said.ack();
            self.send(&frame).await?;
            self.progress(slot, k + 1, true, Phase::Transfer).await?;
            return Ok(next);
        }
        Err(Error::DataBus { index: k })
    }

    /// Msg.3-1 has come: check everything, then take the key, then settle.
    async fn take_key(
        &mut self,
        released: Released,
        slot: usize,
        terms: Terms,
        sealed: &[[u8; TOKEN_BYTES]],
    ) -> Result<(Ready, Result<Option<usize>, Error>), Error> {
        let values = match self.check(released.ptk(), terms, sealed) {
            Ok(values) => values,
            Err((index, why)) => {
                let (ready, frame) = released.refuse();
                self.send(&frame).await?;
                return Ok((ready, Err(Error::BadToken { index, why })));
            }
        };
        // Before the key, so that no token is here of which nothing proves where it came from. It is
        // no part of the money: what cannot be kept stops nothing, and is told.
        if !self.tpcu.keeper.keep(released.hand_over()) {
            self.unkept += 1;
        }
        self.hw.load_key(slot as u8, released.ptk()).await?;
        self.orm[slot] = self.hw.session(slot as u8).await?;
        self.progress(slot, terms.count, true, Phase::Keyed).await?;
        let all = self.settle_values(slot, &values).await?;
        if all {
            self.progress(slot, terms.count, true, Phase::Settled)
                .await?;
        }
        let (ready, frame) = released.receipt();
        self.send(&frame).await?;
        if !all {
            return Ok((ready, Err(Error::NoRoom)));
        }
        if let Some((_, record, _)) = self.find(&terms.session, Role::Payee) {
            self.finished(&record, Outcome::Received);
        }
        Ok((ready, Ok(Some(slot))))
    }

    /// Decrypts and checks every token of the payment, and gives their values; nothing is changed.
    fn check(
        &self,
        ptk: &Zeroizing<[u8; 16]>,
        terms: Terms,
        sealed: &[[u8; TOKEN_BYTES]],
    ) -> Result<Vec<u32>, (u16, BadToken)> {
        let mut serials = BTreeSet::new();
        let mut values = Vec::with_capacity(usize::from(terms.count));
        for (k, kept) in (0..terms.count).zip(sealed) {
            let mut bytes = *kept;
            apply_entry_stream(ptk, k, &mut bytes);
            let token = self.tpcu.identity.issuer.check(&bytes);
            bytes.zeroize();
            match token {
                Ok(token) => {
                    values.push(token.value());
                    if !serials.insert(token.serial()) {
                        return Err((k, BadToken::Twice));
                    }
                }
                Err(why) => return Err((k, BadToken::Token(why))),
            }
        }
        let total: u64 = values.iter().map(|value| u64::from(*value)).sum();
        if total != u64::from(terms.amount) {
            return Err((terms.count - 1, BadToken::Total));
        }
        Ok(values)
    }

    // ---- after a cut

    async fn on_claim(
        &mut self,
        claimed: Claimed,
    ) -> Result<(Ready, Result<Option<usize>, Error>), Error> {
        let claim = *claimed.claim();
        let proof = self
            .tpcu
            .identity
            .pseudonym(&claim.terms.session, Role::Payee);
        let Some((slot, record, progress)) = self.find(&claim.terms.session, Role::Payee) else {
            if self.any_damaged() {
                // It may be the one that we cannot read: "unknown" could cost its tokens.
                return Err(Error::Log { slot: 0 });
            }
            let (ready, frame) = claimed.unknown(&proof);
            self.send(&frame).await?;
            return Ok((ready, Ok(None)));
        };
        if !same(&record.partner, &claim.proof)
            || record.terms() != claim.terms
            || record.profile != self.tpcu.profile()
        {
            return Err(Error::Partner(Refusal::Terms));
        }
        if self.orm[slot].keyed() {
            let (ready, frame) = claimed.keyed(&proof);
            self.send(&frame).await?;
            return Ok((ready, Ok(None)));
        }
        if progress.k < record.count {
            self.hw.start_receive(slot as u8, progress.k).await?;
        }
        let (awaiting, frame) = claimed.standing(progress.k, &proof);
        self.send(&frame).await?;
        self.take_payment(awaiting, slot, record.terms()).await
    }

    /// Asks about each payment that we wait for: when its payer has no record of it, it was taken
    /// back, and what we hold of it is worth nothing.
    async fn on_leftovers(&mut self, mut listing: Listing) -> Result<Ready, Error> {
        for slot in 0..SLOTS {
            let Logged::Payment(record, _) = self.log[slot].clone() else {
                continue;
            };
            if record.role != Role::Payee
                || record.profile != self.tpcu.profile()
                || self.orm[slot].keyed()
            {
                continue;
            }
            let (wait, frame) = listing.leftover(&record.session);
            self.send(&frame).await?;
            let frame = self.receive("Msg.R-5", PROMPT).await?;
            let (next, gone) = wait.on_verdict(&frame)?;
            listing = next;
            if gone.is_some_and(|proof| same(&proof, &record.partner)) {
                self.close(slot).await?;
                self.erase_log(slot).await?;
                self.finished(&record, Outcome::Withdrawn);
            }
        }
        let (ready, frame) = listing.nothing();
        self.send(&frame).await?;
        Ok(ready)
    }
}
