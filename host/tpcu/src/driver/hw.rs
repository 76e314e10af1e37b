//! The wallet's registers and buffers, one method for each thing that is done with them.

use opera_lpc::Bus;
use opera_regs as regs;
use opera_regs::{err, field, op};
use zeroize::Zeroizing;

use super::Error;
use crate::protocol::wire::MAX_FRAME;
use crate::record::{Progress, RECORD_BYTES};
use crate::token::TOKEN_BYTES;

/// Clocks that the mount detect may take.
pub(super) const MOUNT_LIMIT: u64 = 4_000_000;
/// Clocks for a power sequence.
const POWER_LIMIT: u64 = 200_000;
/// Clocks for one ORM operation: some 200 nonvolatile words of up to 65,535 clocks in the worst
/// case, but a healthy part needs under 3,000.
const ORM_LIMIT: u64 = 2_000_000;
/// Clocks more for each entry that CLOSE erases and checks, 64 nonvolatile words.
const CLOSE_LIMIT: u64 = 20_000;
/// Clocks for replaying the journal at power-up.
const REPLAY_LIMIT: u64 = 4_000_000;
/// Clocks for a transaction log command.
const LOG_LIMIT: u64 = 2_000_000;
/// Clocks for the partner to take the frame before.
const SEND_LIMIT: u64 = 2_000_000;
/// Polls without a rest; then rests grow from `MIN_REST` to `MAX_REST`.
const EAGER_POLLS: u64 = 24;
/// The shortest rest between two polls, in clocks.
const MIN_REST: u64 = 8;
/// The longest rest between two polls, in clocks: half a millisecond.
const MAX_REST: u64 = 16_384;
/// Polls after which the rest doubles: what came is seen after a sixteenth of the wait at the most,
/// and equal rests are one line of a trace.
const POLLS_A_STEP: u64 = 16;
/// Rests from which on the mount is looked at with every poll, and not with every 32nd.
const LONG_REST: u64 = 512;

/// Clocks to rest after that many polls.
fn rest(polls: u64) -> u64 {
    let doublings = (polls / POLLS_A_STEP).min(16);
    (MIN_REST << doublings).min(MAX_REST)
}

/// Whether to look at more than the awaited bit after that many polls.
fn look_around(polls: u64) -> bool {
    polls % 32 == 31 || rest(polls.saturating_sub(EAGER_POLLS)) >= LONG_REST
}

mod log_cmd {
    pub(super) const LOAD: u8 = 1;
    pub(super) const COMMIT: u8 = 2;
    pub(super) const PROGRESS: u8 = 3;
    pub(super) const ERASE: u8 = 4;
}

mod power_cmd {
    pub(super) const CHALLENGE: u8 = 1;
    pub(super) const UP: u8 = 2;
    pub(super) const DOWN: u8 = 3;
}

/// State of an entry of the transaction buffer, as PEEK shows it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Entry {
    Empty,
    Staged,
    Received,
}

/// A session record of the ORM.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct OrmSession {
    pub(super) state: u8,
    pub(super) counter: u32,
    pub(super) base: u16,
    pub(super) count: u16,
}

impl OrmSession {
    pub(super) fn open(&self) -> bool {
        self.state & field::SESS_STATE_OPEN != 0
    }

    pub(super) fn payer(&self) -> bool {
        self.state & field::SESS_STATE_PAYER != 0
    }

    pub(super) fn released(&self) -> bool {
        self.state & field::SESS_STATE_RELEASED != 0
    }

    pub(super) fn refunded(&self) -> bool {
        self.state & field::SESS_STATE_REFUNDED != 0
    }

    pub(super) fn keyed(&self) -> bool {
        self.state & field::SESS_STATE_KEYED != 0
    }

    pub(super) fn closing(&self) -> bool {
        self.state & field::SESS_STATE_CLOSING != 0
    }
}

pub(super) struct Hw<'a, B> {
    bus: &'a B,
}

impl<'a, B: Bus> Hw<'a, B> {
    pub(super) fn new(bus: &'a B) -> Self {
        Self { bus }
    }

    pub(super) fn now(&self) -> u64 {
        self.bus.now()
    }

    async fn read8(&self, addr: u16) -> Result<u8, Error> {
        Ok(self.bus.io_read(addr).await?)
    }

    async fn write8(&self, addr: u16, data: u8) -> Result<(), Error> {
        Ok(self.bus.io_write(addr, data).await?)
    }

    async fn read<const N: usize>(&self, addr: u16) -> Result<[u8; N], Error> {
        let mut out = [0; N];
        for (addr, byte) in (addr..).zip(out.iter_mut()) {
            *byte = self.read8(addr).await?;
        }
        Ok(out)
    }

    async fn write(&self, addr: u16, data: &[u8]) -> Result<(), Error> {
        for (addr, byte) in (addr..).zip(data) {
            self.write8(addr, *byte).await?;
        }
        Ok(())
    }

    /// Polls until `check` gives something; bounded in clocks of this bus.
    async fn wait<T>(
        &self,
        what: &'static str,
        limit: u64,
        mut check: impl AsyncFnMut(u64) -> Result<Option<T>, Error>,
    ) -> Result<T, Error> {
        let start = self.now();
        let mut polls = 0;
        loop {
            if let Some(found) = check(polls).await? {
                return Ok(found);
            }
            let waited = self.now().saturating_sub(start);
            if waited > limit {
                return Err(Error::Timeout { what, waited });
            }
            if polls >= EAGER_POLLS {
                self.bus.idle(rest(polls - EAGER_POLLS)).await;
            }
            polls += 1;
        }
    }

    // ---- identity and mount

    pub(super) async fn id(&self) -> Result<[u8; 4], Error> {
        self.read(regs::ID).await
    }

    pub(super) async fn wait_mounted(&self) -> Result<(), Error> {
        self.wait("mount", MOUNT_LIMIT, async |_| {
            let mount = self.read8(regs::MOUNT).await?;
            Ok((mount & field::MOUNT_STABLE != 0).then_some(()))
        })
        .await?;
        self.write8(regs::MOUNT_CLR, 1).await
    }

    pub(super) async fn check_mounted(&self) -> Result<(), Error> {
        let mount = self.read8(regs::MOUNT).await?;
        if mount & (field::MOUNT_STABLE | field::MOUNT_LOST) == field::MOUNT_STABLE {
            Ok(())
        } else {
            Err(Error::Unmounted)
        }
    }

    // ---- link and mailbox

    pub(super) async fn link_on(&self, host: bool) -> Result<(), Error> {
        self.link_off().await?;
        if self.read8(regs::LINK_STAT).await? & field::LINK_STAT_RX_VALID != 0 {
            self.write8(regs::RX_ACK, 1).await?;
        }
        let host = if host { field::LINK_CTL_HOST } else { 0 };
        self.write8(regs::LINK_CTL, host | field::LINK_CTL_ENABLE)
            .await
    }

    pub(super) async fn link_off(&self) -> Result<(), Error> {
        self.write8(regs::LINK_CTL, 0).await
    }

    /// Waits until the partner has taken the last frame.
    pub(super) async fn flush(&self) -> Result<(), Error> {
        self.wait("the partner to take a frame", SEND_LIMIT, async |polls| {
            if look_around(polls) {
                self.check_mounted().await?;
            }
            let stat = self.read8(regs::LINK_STAT).await?;
            Ok((stat & field::LINK_STAT_TX_BUSY == 0).then_some(()))
        })
        .await
    }

    pub(super) async fn send(&self, frame: &[u8]) -> Result<(), Error> {
        debug_assert!(frame.len() <= MAX_FRAME, "every frame is far shorter");
        self.flush().await?;
        self.bus.fw_write(regs::MBOX_TX, frame).await?;
        let len = (frame.len() as u16).to_le_bytes();
        self.write(regs::TX_LEN, &len).await
    }

    /// Waits for a frame. `meanwhile` runs now and then.
    pub(super) async fn receive(
        &self,
        what: &'static str,
        limit: u64,
        mut meanwhile: impl AsyncFnMut() -> Result<(), Error>,
    ) -> Result<Vec<u8>, Error> {
        self.wait(what, limit, async |polls| {
            let stat = self.read8(regs::LINK_STAT).await?;
            if stat & field::LINK_STAT_RX_VALID != 0 {
                return Ok(Some(()));
            }
            if look_around(polls) {
                self.check_mounted().await?;
                meanwhile().await?;
            }
            Ok(None)
        })
        .await?;
        let len = usize::from(u16::from_le_bytes(self.read(regs::RX_LEN).await?)).min(MAX_FRAME);
        // A 128-byte cycle is 271 clocks, as much as twelve 4-byte cycles.
        let whole = if len % 128 > 44 {
            len.next_multiple_of(128)
        } else {
            len
        };
        let mut frame = vec![0; whole];
        self.bus.fw_read(regs::MBOX_RX, &mut frame).await?;
        frame.truncate(len);
        self.write8(regs::RX_ACK, 1).await?;
        Ok(frame)
    }

    // ---- power

    pub(super) async fn challenge(&self) -> Result<[u8; 16], Error> {
        self.write8(regs::PWR_CMD, power_cmd::CHALLENGE).await?;
        let stat = self.power_settled().await?;
        if stat & field::PWR_STAT_CHAL_VALID == 0 {
            return Err(Error::PowerDenied);
        }
        self.read(regs::PWR_CHAL).await
    }

    async fn power_settled(&self) -> Result<u8, Error> {
        let stat = self
            .wait("the power controller", POWER_LIMIT, async |_| {
                let stat = self.read8(regs::PWR_STAT).await?;
                Ok((stat & field::PWR_STAT_BUSY == 0).then_some(stat))
            })
            .await?;
        if stat & field::PWR_STAT_TRAP != 0 {
            return Err(Error::PowerTrap);
        }
        Ok(stat)
    }

    pub(super) async fn power_up(&self, answer: &[u8; 16]) -> Result<(), Error> {
        self.write(regs::PWR_RESP, answer).await?;
        self.write8(regs::PWR_CMD, power_cmd::UP).await?;
        let stat = self.power_settled().await?;
        if stat & field::PWR_STAT_ON == 0 {
            return Err(Error::PowerDenied);
        }
        self.wait("the ORM's journal", REPLAY_LIMIT, async |_| {
            let stat = self.read8(regs::ORM_STAT).await?;
            if stat & field::ORM_STAT_OFF != 0 {
                return Err(Error::OrmOff);
            }
            Ok((stat & field::ORM_STAT_BUSY == 0).then_some(()))
        })
        .await
    }

    pub(super) async fn power_down(&self) -> Result<(), Error> {
        self.write8(regs::PWR_CMD, power_cmd::DOWN).await?;
        self.power_settled().await?;
        Ok(())
    }

    // ---- transaction log

    async fn log(&self, slot: u8, command: u8) -> Result<u8, Error> {
        self.write8(regs::LOG_SLOT, slot).await?;
        self.write8(regs::LOG_CMD, command).await?;
        let stat = self
            .wait("the transaction log", LOG_LIMIT, async |_| {
                let stat = self.read8(regs::LOG_STAT).await?;
                Ok((stat & field::LOG_STAT_BUSY == 0).then_some(stat))
            })
            .await?;
        if stat & field::LOG_STAT_ERROR != 0 {
            return Err(Error::Log { slot });
        }
        Ok(stat)
    }

    pub(super) async fn log_load(
        &self,
        slot: u8,
    ) -> Result<Option<([u8; RECORD_BYTES], u32)>, Error> {
        if self.log(slot, log_cmd::LOAD).await? & field::LOG_STAT_VALID == 0 {
            return Ok(None);
        }
        let mut record = [0; RECORD_BYTES];
        self.bus.fw_read(regs::LOG_BUF, &mut record).await?;
        let progress = u32::from_le_bytes(self.read(regs::LOG_PROG).await?);
        Ok(Some((record, progress)))
    }

    pub(super) async fn log_commit(
        &self,
        slot: u8,
        record: &[u8; RECORD_BYTES],
        progress: Progress,
    ) -> Result<(), Error> {
        self.bus.fw_write(regs::LOG_BUF, record).await?;
        let word = progress.to_word().to_le_bytes();
        self.write(regs::LOG_PROG, &word).await?;
        self.log(slot, log_cmd::COMMIT).await?;
        Ok(())
    }

    pub(super) async fn log_progress(&self, slot: u8, progress: Progress) -> Result<(), Error> {
        let word = progress.to_word().to_le_bytes();
        self.write(regs::LOG_PROG, &word).await?;
        self.log(slot, log_cmd::PROGRESS).await?;
        Ok(())
    }

    pub(super) async fn log_erase(&self, slot: u8) -> Result<(), Error> {
        self.log(slot, log_cmd::ERASE).await?;
        Ok(())
    }

    // ---- ORM

    pub(super) async fn orm_start(&self, op: u8) -> Result<(), Error> {
        self.write8(regs::ORM_CMD, op).await
    }

    /// Waits for the operation that runs.
    pub(super) async fn orm_finish(&self, op: u8) -> Result<(), Error> {
        self.orm_finish_within(op, ORM_LIMIT).await
    }

    async fn orm_finish_within(&self, op: u8, limit: u64) -> Result<(), Error> {
        let stat = self
            .wait("the ORM", limit, async |_| {
                let stat = self.read8(regs::ORM_STAT).await?;
                if stat & field::ORM_STAT_OFF != 0 {
                    return Err(Error::OrmOff);
                }
                Ok((stat & field::ORM_STAT_BUSY == 0).then_some(stat))
            })
            .await?;
        self.orm_result(op, stat).await
    }

    async fn orm_result(&self, op: u8, stat: u8) -> Result<(), Error> {
        if stat & field::ORM_STAT_ERROR == 0 {
            return Ok(());
        }
        let code = self.read8(regs::ORM_ERR).await?;
        Err(Error::Orm { op, code })
    }

    async fn orm(&self, op: u8) -> Result<(), Error> {
        self.orm_start(op).await?;
        self.orm_finish(op).await
    }

    pub(super) async fn select(&self, session: u8) -> Result<(), Error> {
        self.write8(regs::ORM_SESS, session).await
    }

    async fn at(&self, session: u8, k: u16) -> Result<(), Error> {
        self.select(session).await?;
        self.write(regs::ORM_K, &k.to_le_bytes()).await
    }

    async fn to(&self, slot: u16) -> Result<(), Error> {
        self.write(regs::ORM_SLOT, &slot.to_le_bytes()).await
    }

    /// To be asked after every read of what the ORM shows: behind the clamp all of it reads 0, which
    /// would be an empty slot or a session that is closed. Within a mount the ORM does not come back.
    async fn still_on(&self) -> Result<(), Error> {
        if self.read8(regs::ORM_STAT).await? & field::ORM_STAT_OFF == 0 {
            Ok(())
        } else {
            Err(Error::OrmOff)
        }
    }

    pub(super) async fn session(&self, session: u8) -> Result<OrmSession, Error> {
        self.select(session).await?;
        self.orm(op::SESSREAD).await?;
        let state = self.read8(regs::SESS_STATE).await?;
        let orm = if state & (field::SESS_STATE_OPEN | field::SESS_STATE_CLOSING) == 0 {
            OrmSession::default()
        } else {
            OrmSession {
                state,
                counter: u32::from_le_bytes(self.read(regs::SESS_CTR).await?),
                base: u16::from_le_bytes(self.read(regs::SESS_BASE).await?),
                count: u16::from_le_bytes(self.read(regs::SESS_N).await?),
            }
        };
        self.still_on().await?;
        Ok(orm)
    }

    pub(super) async fn open(
        &self,
        session: u8,
        payer: bool,
        base: u16,
        count: u16,
    ) -> Result<OrmSession, Error> {
        self.at(session, base).await?;
        self.to(count).await?;
        let op = if payer {
            op::OPEN_PAYER
        } else {
            op::OPEN_PAYEE
        };
        self.orm(op).await?;
        let opened = self.session(session).await?;
        if opened.open() && opened.payer() == payer && (opened.base, opened.count) == (base, count)
        {
            Ok(opened)
        } else {
            Err(Error::Inconsistent { session })
        }
    }

    pub(super) async fn stage(&self, session: u8, k: u16, slot: u16) -> Result<(), Error> {
        self.at(session, k).await?;
        self.to(slot).await?;
        self.orm(op::STAGE).await
    }

    pub(super) async fn settle(&self, session: u8, k: u16, slot: u16) -> Result<(), Error> {
        self.at(session, k).await?;
        self.to(slot).await?;
        self.orm(op::SETTLE).await
    }

    pub(super) async fn press(
        &self,
        session: u8,
        k: u16,
        value: u32,
        sealed: &[u8; TOKEN_BYTES],
    ) -> Result<(), Error> {
        self.at(session, k).await?;
        self.bus.fw_write(regs::PRESS, sealed).await?;
        self.write(regs::ORM_VALUE, &value.to_le_bytes()).await?;
        self.orm(op::PRESS).await
    }

    pub(super) async fn start_send(&self, session: u8, k: u16) -> Result<(), Error> {
        self.at(session, k).await?;
        self.orm_start(op::SEND).await
    }

    pub(super) async fn start_receive(&self, session: u8, k: u16) -> Result<(), Error> {
        self.at(session, k).await?;
        self.orm_start(op::RECEIVE).await
    }

    /// Starts RECEIVE again if it ended because nothing came.
    pub(super) async fn keep_receiving(&self) -> Result<(), Error> {
        let stat = self.read8(regs::ORM_STAT).await?;
        if stat & field::ORM_STAT_OFF != 0 {
            return Err(Error::OrmOff);
        }
        if stat & (field::ORM_STAT_BUSY | field::ORM_STAT_ERROR) == field::ORM_STAT_ERROR
            && self.read8(regs::ORM_ERR).await? == err::BUS_TIMEOUT
        {
            self.orm_start(op::RECEIVE).await?;
        }
        Ok(())
    }

    pub(super) async fn entry(&self, session: u8, k: u16) -> Result<Entry, Error> {
        self.at(session, k).await?;
        self.orm(op::PEEK).await?;
        let state = self.read8(regs::ENTRY_STATE).await?;
        self.still_on().await?;
        match state {
            0 => Ok(Entry::Empty),
            1 => Ok(Entry::Staged),
            2 => Ok(Entry::Received),
            _ => Err(Error::Inconsistent { session }),
        }
    }

    /// Ciphertext of an entry.
    pub(super) async fn ciphertext(&self, session: u8, k: u16) -> Result<[u8; TOKEN_BYTES], Error> {
        self.at(session, k).await?;
        self.orm(op::PEEK).await?;
        let mut window = [0; 128];
        self.bus.fw_read(regs::ORM_OUT, &mut window).await?;
        self.still_on().await?;
        let mut out = [0; TOKEN_BYTES];
        out.copy_from_slice(&window[..TOKEN_BYTES]);
        Ok(out)
    }

    /// RELEASE, then the key.
    pub(super) async fn release(&self, session: u8) -> Result<Zeroizing<[u8; 16]>, Error> {
        self.select(session).await?;
        self.orm(op::RELEASE).await?;
        let ptk = Zeroizing::new(self.read::<16>(regs::PTK_OUT).await?);
        self.still_on().await?;
        if *ptk == [0; 16] {
            return Err(Error::Inconsistent { session });
        }
        Ok(ptk)
    }

    pub(super) async fn refund(&self, session: u8) -> Result<(), Error> {
        self.select(session).await?;
        self.orm(op::REFUND).await
    }

    pub(super) async fn load_key(&self, session: u8, ptk: &[u8; 16]) -> Result<(), Error> {
        self.select(session).await?;
        self.write(regs::PTK_IN, ptk).await?;
        self.orm(op::KEYLOAD).await
    }

    pub(super) async fn close(&self, session: u8, entries: u16) -> Result<(), Error> {
        self.select(session).await?;
        self.orm_start(op::CLOSE).await?;
        let limit = ORM_LIMIT + u64::from(entries) * CLOSE_LIMIT;
        self.orm_finish_within(op::CLOSE, limit).await
    }

    /// Values of all slots, 0 = empty.
    pub(super) async fn directory(&self) -> Result<Vec<u32>, Error> {
        let slots = regs::nv::SLOTS as u16;
        let mut values = Vec::with_capacity(usize::from(slots));
        for first in (0..slots).step_by(32) {
            self.to(first).await?;
            self.orm(op::DIRSCAN).await?;
            let mut window = [0; 128];
            self.bus.fw_read(regs::ORM_OUT, &mut window).await?;
            let words = window.as_chunks::<4>().0;
            values.extend(words.iter().map(|word| u32::from_le_bytes(*word)));
        }
        self.still_on().await?;
        Ok(values)
    }
}
