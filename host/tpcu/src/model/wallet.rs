//! Registers, ORM, log and power controller of one wallet.

use opera_regs as regs;
use opera_regs::{err, field, nv, op};

use super::memory::{Entry, EntryState, Memory, OrmSession};
use crate::crypto::aes128_block;
use crate::driver::{MINT_RTL, WALLET_RTL};
use crate::token::{TOKEN_BYTES, apply_entry_stream, derive_ptk};

#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Transfer {
    None,
    Sending,
    Receiving,
}

/// What does not survive a power cut.
pub(super) struct Volatile {
    pub(super) registers: [u8; 256],
    pub(super) mbox_tx: [u8; 512],
    pub(super) mbox_rx: Vec<u8>,
    pub(super) rx_valid: bool,
    /// Length and clock at which the partner has it.
    pub(super) tx: Option<(usize, u64)>,
    pub(super) log_buf: [u8; 128],
    pub(super) press: [u8; 128],
    pub(super) out: [u8; 128],
    pub(super) on: bool,
    pub(super) denied: bool,
    pub(super) challenge: Option<[u8; 16]>,
    pub(super) lost: bool,
    pub(super) busy_until: u64,
    pub(super) error: u8,
    pub(super) transfer: Transfer,
    pub(super) transfer_start: u64,
    pub(super) log_valid: bool,
    pub(super) log_error: bool,
}

impl Volatile {
    pub(super) fn new() -> Self {
        Self {
            registers: [0; 256],
            mbox_tx: [0; 512],
            mbox_rx: Vec::new(),
            rx_valid: false,
            tx: None,
            log_buf: [0; 128],
            press: [0; 128],
            out: [0; 128],
            on: false,
            denied: false,
            challenge: None,
            lost: false,
            busy_until: 0,
            error: 0,
            transfer: Transfer::None,
            transfer_start: 0,
            log_valid: false,
            log_error: false,
        }
    }
}

/// A seeded bug of the hardware: what the checks of a model must find.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Fault {
    /// The power controller gives the same challenge each time.
    StaleChallenge,
    /// STAGE leaves the slot as it was: disclosed before it is destroyed.
    StageKeepsSlot,
    /// RELEASE shows PTK, but the vault does not remember it, and refunds later.
    ReleaseForgotten,
    /// The vault refunds what it has released, and does not show that it has.
    RefundAfterRelease,
    /// SETTLE erases the entry, and the slot stays empty.
    SettleLosesToken,
    /// SETTLE leaves the entry, which can be settled again.
    SettleKeepsEntry,
    /// KEYLOAD does not store PTK.
    KeyForgotten,
}

pub(super) struct Wallet {
    pub(super) issuer: bool,
    pub(super) device_key: [u8; 16],
    pub(super) power_key: [u8; 16],
    pub(super) clock: u64,
    pub(super) transfers: u64,
    pub(super) cut_before: Option<u64>,
    pub(super) alive: bool,
    pub(super) power_ups: u32,
    pub(super) fault: Option<Fault>,
    pub(super) nv: Memory,
    pub(super) v: Volatile,
}

fn flag(on: bool, mask: u8) -> u8 {
    if on { mask } else { 0 }
}

pub(super) fn offset(addr: u16) -> usize {
    usize::from(addr - regs::IO_BASE)
}

impl Wallet {
    /// Wallet `number` with the keys of [`provision`](super::provision), powered on.
    pub(super) fn new(number: u8, issuer: bool, nv: Memory) -> Self {
        Self {
            issuer,
            device_key: [0xD0 + number; 16],
            power_key: [0x50 + number; 16],
            clock: 0,
            transfers: 0,
            cut_before: None,
            alive: true,
            power_ups: 0,
            fault: None,
            nv,
            v: Volatile::new(),
        }
    }

    /// What the hardware does when the partner goes.
    pub(super) fn unplug(&mut self) {
        let v = &mut self.v;
        v.lost = true;
        v.on = false;
        v.out = [0; 128];
        v.challenge = None;
        v.transfer = Transfer::None;
        v.tx = None;
        v.registers[offset(regs::LINK_CTL)] = 0;
    }

    /// Bytes (index, then ciphertext) have crossed the data bus to this wallet's RECEIVE.
    pub(super) fn take_data(&mut self, bytes: &[u8]) {
        let k = self.reg16(regs::ORM_K);
        match (bytes.split_first_chunk::<2>(), self.entry_index(k)) {
            (Some((index, sealed)), Some(at)) if *index == k.to_be_bytes() => {
                if let Ok(sealed) = sealed.try_into() {
                    let state = EntryState::Received;
                    self.nv.entries.insert(at, Entry { state, sealed });
                    return;
                }
                self.v.error = err::BUS_FRAME;
            }
            _ => self.v.error = err::BUS_FRAME,
        }
    }

    /// Bytes (index, then ciphertext) that this wallet's SEND drives on the data bus.
    pub(super) fn data(&self) -> Vec<u8> {
        let mut bytes = self.reg16(regs::ORM_K).to_be_bytes().to_vec();
        bytes.extend_from_slice(&self.v.out[..TOKEN_BYTES]);
        bytes
    }

    /// SEND or RECEIVE has ended.
    pub(super) fn end_transfer(&mut self, start: u64) {
        self.v.transfer = Transfer::None;
        self.v.busy_until = start + 900;
        self.v.error = err::NONE;
    }

    pub(super) fn reg16(&self, addr: u16) -> u16 {
        let at = offset(addr);
        u16::from_le_bytes([self.v.registers[at], self.v.registers[at + 1]])
    }

    fn show(&mut self, addr: u16, bytes: &[u8]) {
        self.v.registers[offset(addr)..][..bytes.len()].copy_from_slice(bytes);
    }

    pub(super) fn io_read(&mut self, addr: u16, plugged: bool) -> u8 {
        let id = if self.issuer { MINT_RTL } else { WALLET_RTL };
        match addr {
            regs::ID..=0x0A03 => id[offset(addr)],
            regs::MOUNT => {
                flag(plugged, field::MOUNT_STABLE) | flag(self.v.lost, field::MOUNT_LOST)
            }
            regs::LINK_STAT => {
                flag(self.v.tx.is_some(), field::LINK_STAT_TX_BUSY)
                    | flag(self.v.rx_valid, field::LINK_STAT_RX_VALID)
            }
            regs::RX_LEN => self.v.mbox_rx.len() as u8,
            0x0A0D => (self.v.mbox_rx.len() >> 8) as u8,
            regs::PWR_STAT => {
                flag(self.v.on, field::PWR_STAT_ON)
                    | flag(self.v.challenge.is_some(), field::PWR_STAT_CHAL_VALID)
                    | flag(self.v.denied, field::PWR_STAT_DENIED)
            }
            regs::PWR_CHAL..=0x0A2F => {
                let at = usize::from(addr - regs::PWR_CHAL);
                self.v.challenge.map_or(0, |challenge| challenge[at])
            }
            regs::LOG_STAT => {
                flag(self.v.log_valid, field::LOG_STAT_VALID)
                    | flag(self.v.log_error, field::LOG_STAT_ERROR)
            }
            regs::ORM_STAT => self.orm_stat(),
            regs::ORM_ERR => self.v.error,
            // Everything from SESS_STATE to PTK_OUT belongs to the ORM and is clamped while off.
            regs::SESS_STATE..=0x0A6F if !self.v.on => 0,
            regs::PTK_IN..=0x0A7F | regs::PWR_RESP..=0x0A3F => 0xFF,
            _ => self.v.registers[offset(addr)],
        }
    }

    fn orm_stat(&mut self) -> u8 {
        if !self.v.on {
            return field::ORM_STAT_OFF;
        }
        if self.v.transfer != Transfer::None {
            if self.clock <= self.v.transfer_start + 65_535 {
                return field::ORM_STAT_BUSY;
            }
            self.v.transfer = Transfer::None;
            self.v.error = err::BUS_TIMEOUT;
        }
        if self.clock < self.v.busy_until {
            return field::ORM_STAT_BUSY;
        }
        flag(self.v.error != err::NONE, field::ORM_STAT_ERROR)
    }

    pub(super) fn io_write(&mut self, addr: u16, data: u8, plugged: bool) {
        match addr {
            regs::MOUNT_CLR => self.v.lost = false,
            regs::LINK_CTL => {
                if plugged {
                    self.v.registers[offset(addr)] = data;
                }
                if data & field::LINK_CTL_ENABLE == 0 {
                    self.v.tx = None;
                }
            }
            regs::RX_ACK => {
                self.v.rx_valid = false;
                self.v.mbox_rx.clear();
            }
            regs::PWR_CMD => self.power(data, plugged),
            regs::LOG_CMD => self.log(data),
            regs::ORM_CMD => {
                if self.v.on && self.orm_stat() & field::ORM_STAT_BUSY == 0 {
                    self.v.busy_until = self.clock + 400;
                    self.v.error = err::NONE;
                    self.show(regs::PTK_OUT, &[0; 16]);
                    if let Err(error) = self.orm(data) {
                        self.v.error = error;
                    }
                }
            }
            _ => {
                self.v.registers[offset(addr)] = data;
                if addr == regs::TX_LEN + 1 {
                    self.start_frame();
                }
            }
        }
    }

    fn start_frame(&mut self) {
        let len = usize::from(self.reg16(regs::TX_LEN));
        if self.v.tx.is_none() && (1..=512).contains(&len) {
            let clocks = 96 + 6 * len as u64;
            self.v.tx = Some((len, self.clock + clocks));
        }
    }

    /// Firmware-memory read of a window.
    pub(super) fn fw_read(&self, addr: u32, buf: &mut [u8]) {
        let v = &self.v;
        let (window, base): (&[u8], u32) = match addr & !0xFFF {
            regs::MBOX_RX => (&v.mbox_rx, regs::MBOX_RX),
            regs::LOG_BUF => (&v.log_buf, regs::LOG_BUF),
            regs::ORM_OUT => (&v.out, regs::ORM_OUT),
            _ => (&[], 0),
        };
        for (at, byte) in (addr - base..).zip(buf) {
            *byte = window.get(at as usize).copied().unwrap_or(0);
        }
    }

    /// Firmware-memory write to a window.
    pub(super) fn fw_write(&mut self, addr: u32, data: &[u8]) {
        let v = &mut self.v;
        let (window, base): (&mut [u8], u32) = match addr & !0xFFF {
            regs::MBOX_TX => (&mut v.mbox_tx, regs::MBOX_TX),
            regs::LOG_BUF => (&mut v.log_buf, regs::LOG_BUF),
            regs::PRESS => (&mut v.press, regs::PRESS),
            _ => return,
        };
        for (at, byte) in (addr - base..).zip(data) {
            if let Some(cell) = window.get_mut(at as usize) {
                *cell = *byte;
            }
        }
    }

    fn power(&mut self, command: u8, plugged: bool) {
        match command {
            1 if plugged => {
                self.nv.power_counter += 1;
                let fresh = match self.fault {
                    Some(Fault::StaleChallenge) => 1,
                    _ => self.nv.power_counter,
                };
                let mut block = [0; 16];
                block[0] = b'C';
                block[8..].copy_from_slice(&fresh.to_be_bytes());
                self.v.challenge = Some(aes128_block(&self.power_key, &block));
            }
            2 => {
                let challenge = self.v.challenge.take();
                let right = challenge.map(|challenge| {
                    aes128_block(&self.power_key, &challenge.map(|byte| byte ^ 0x5A))
                });
                let at = offset(regs::PWR_RESP);
                let said = &self.v.registers[at..at + 16];
                self.v.on = plugged && right.is_some_and(|right| right == said);
                self.v.denied = !self.v.on;
                self.power_ups += u32::from(self.v.on);
                self.v.registers[at..at + 16].fill(0);
            }
            3 => {
                self.v.on = false;
                self.v.out = [0; 128];
                self.v.transfer = Transfer::None;
            }
            _ => {}
        }
    }

    fn log(&mut self, command: u8) {
        let slot = self.v.registers[offset(regs::LOG_SLOT)];
        let at = offset(regs::LOG_PROG);
        let word = u32::from_le_bytes([
            self.v.registers[at],
            self.v.registers[at + 1],
            self.v.registers[at + 2],
            self.v.registers[at + 3],
        ]);
        self.v.log_error = u32::from(slot) >= nv::LOG_SLOTS || !(1..=4).contains(&command);
        if self.v.log_error {
            return;
        }
        match (command, self.nv.log.get_mut(&slot)) {
            (1, None) => self.v.log_valid = false,
            (1, Some((record, progress))) => {
                self.v.log_valid = true;
                self.v.log_buf = *record;
                let progress = progress.to_le_bytes();
                self.show(regs::LOG_PROG, &progress);
            }
            (2, _) => {
                self.nv.log.insert(slot, (self.v.log_buf, word));
            }
            (3, Some((_, progress))) => *progress = word,
            (3, None) => self.v.log_error = true,
            _ => {
                self.nv.log.remove(&slot);
            }
        }
    }

    pub(super) fn entry_index(&self, k: u16) -> Option<u16> {
        let sess = usize::from(self.v.registers[offset(regs::ORM_SESS)]);
        let session = self.nv.sessions.get(sess)?;
        (session.open && !session.closing && k < session.count).then(|| session.base + k)
    }

    fn orm(&mut self, op: u8) -> Result<(), u8> {
        let sess = usize::from(self.v.registers[offset(regs::ORM_SESS)]);
        let k = self.reg16(regs::ORM_K);
        let slot = self.reg16(regs::ORM_SLOT);
        if op == op::DIRSCAN {
            return self.dirscan(slot);
        }
        if sess >= self.nv.sessions.len() {
            return Err(err::BAD_SESSION);
        }
        match op {
            op::OPEN_PAYER | op::OPEN_PAYEE => {
                return self.open(sess, op == op::OPEN_PAYER, k, slot);
            }
            op::SESSREAD => {
                self.session_read(sess);
                return Ok(());
            }
            op::CLOSE => return self.close(sess),
            _ => {}
        }
        let session = self.nv.sessions[sess];
        if !session.open || session.closing {
            return Err(err::BAD_SESSION);
        }
        let held = !session.released && !session.refunded;
        match op {
            op::RELEASE | op::REFUND => {
                if !session.payer {
                    return Err(err::BAD_SESSION);
                }
                let release = op == op::RELEASE;
                let late = session.released && self.fault != Some(Fault::RefundAfterRelease);
                if (release && session.refunded) || (!release && late) {
                    return Err(err::VAULT);
                }
                if release {
                    self.nv.sessions[sess].released = self.fault != Some(Fault::ReleaseForgotten);
                    let ptk = derive_ptk(&self.device_key, session.counter);
                    self.show(regs::PTK_OUT, &ptk);
                } else {
                    self.nv.sessions[sess].refunded = true;
                }
                return Ok(());
            }
            op::KEYLOAD => {
                if session.payer {
                    return Err(err::BAD_SESSION);
                }
                if session.key.is_some() {
                    return Err(err::VAULT);
                }
                let at = offset(regs::PTK_IN);
                let mut key = [0; 16];
                key.copy_from_slice(&self.v.registers[at..at + 16]);
                self.v.registers[at..at + 16].fill(0);
                if self.fault != Some(Fault::KeyForgotten) {
                    self.nv.sessions[sess].key = Some(key);
                }
                return Ok(());
            }
            _ => {}
        }
        let index = self.entry_index(k).ok_or(err::BAD_ENTRY)?;
        let entry = self.nv.entries.get(&index).cloned();
        match op {
            op::STAGE | op::PRESS => {
                if !session.payer {
                    return Err(err::BAD_SESSION);
                }
                if op == op::PRESS && !self.issuer {
                    return Err(err::BAD_OP);
                }
                if !held {
                    return Err(err::VAULT);
                }
                if entry.is_some() {
                    return Err(err::BAD_ENTRY);
                }
                let mut sealed = [0; TOKEN_BYTES];
                if op == op::STAGE {
                    sealed = *self.nv.repository.get(&slot).ok_or(err::BAD_SLOT)?;
                    if self.fault != Some(Fault::StageKeepsSlot) {
                        self.nv.repository.remove(&slot);
                    }
                    let ptk = derive_ptk(&self.device_key, session.counter);
                    apply_entry_stream(&ptk, k, &mut sealed);
                } else {
                    sealed.copy_from_slice(&self.v.press[..TOKEN_BYTES]);
                }
                self.v.busy_until = self.clock + 2_000;
                let state = EntryState::Staged;
                self.nv.entries.insert(index, Entry { state, sealed });
            }
            op::SEND => {
                if !session.payer {
                    return Err(err::BAD_SESSION);
                }
                if session.refunded {
                    return Err(err::VAULT);
                }
                let entry = entry.ok_or(err::BAD_ENTRY)?;
                self.show_out(&entry.sealed);
                self.v.transfer = Transfer::Sending;
                self.v.transfer_start = self.clock;
            }
            op::RECEIVE => {
                if session.payer {
                    return Err(err::BAD_SESSION);
                }
                if session.key.is_some() {
                    return Err(err::VAULT);
                }
                self.v.transfer = Transfer::Receiving;
                self.v.transfer_start = self.clock;
            }
            op::PEEK => {
                let state = entry.as_ref().map(|entry| entry.state);
                self.show_out(&entry.map_or([0; TOKEN_BYTES], |entry| entry.sealed));
                let code = match state {
                    None => 0,
                    Some(EntryState::Staged) => 1,
                    Some(EntryState::Received) => 2,
                };
                self.show(regs::ENTRY_STATE, &[code]);
            }
            op::SETTLE => {
                let key = if session.payer {
                    session
                        .refunded
                        .then(|| derive_ptk(&self.device_key, session.counter))
                } else {
                    session.key
                };
                let key = key.ok_or(err::VAULT)?;
                let entry = entry.ok_or(err::BAD_ENTRY)?;
                if u32::from(slot) >= nv::SLOTS || self.nv.repository.contains_key(&slot) {
                    return Err(err::BAD_SLOT);
                }
                let mut token = entry.sealed;
                apply_entry_stream(&key, k, &mut token);
                if self.fault != Some(Fault::SettleLosesToken) {
                    self.nv.repository.insert(slot, token);
                }
                if self.fault != Some(Fault::SettleKeepsEntry) {
                    self.nv.entries.remove(&index);
                }
                self.v.busy_until = self.clock + 2_000;
            }
            _ => return Err(err::BAD_OP),
        }
        Ok(())
    }

    fn show_out(&mut self, sealed: &[u8; TOKEN_BYTES]) {
        self.v.out = [0; 128];
        self.v.out[..TOKEN_BYTES].copy_from_slice(sealed);
    }

    fn dirscan(&mut self, slot: u16) -> Result<(), u8> {
        if u32::from(slot) + 32 > nv::SLOTS {
            return Err(err::BAD_SLOT);
        }
        let mut out = [0; 128];
        for (at, token) in self.nv.repository.range(slot..slot + 32) {
            out[usize::from(at - slot) * 4..][..4].copy_from_slice(&value_of(token).to_le_bytes());
        }
        self.v.out = out;
        Ok(())
    }

    fn open(&mut self, sess: usize, payer: bool, base: u16, count: u16) -> Result<(), u8> {
        if self.nv.sessions[sess].open || self.nv.sessions[sess].closing {
            return Err(err::BAD_SESSION);
        }
        let (base_32, count_32) = (u32::from(base), u32::from(count));
        let overlap = self.nv.sessions.iter().any(|other| {
            let first = u32::from(other.base);
            other.open && base_32 < first + u32::from(other.count) && first < base_32 + count_32
        });
        if count == 0 || base_32 + count_32 > nv::ENTRIES || overlap {
            return Err(err::BAD_RANGE);
        }
        self.nv.counter += 1;
        self.nv.sessions[sess] = OrmSession {
            open: true,
            payer,
            counter: self.nv.counter,
            base,
            count,
            ..OrmSession::default()
        };
        self.session_read(sess);
        Ok(())
    }

    fn session_read(&mut self, sess: usize) {
        let session = self.nv.sessions[sess];
        let state = flag(session.open, field::SESS_STATE_OPEN)
            | flag(session.payer, field::SESS_STATE_PAYER)
            | flag(
                session.released && self.fault != Some(Fault::RefundAfterRelease),
                field::SESS_STATE_RELEASED,
            )
            | flag(session.refunded, field::SESS_STATE_REFUNDED)
            | flag(session.key.is_some(), field::SESS_STATE_KEYED)
            | flag(session.closing, field::SESS_STATE_CLOSING);
        self.show(regs::SESS_STATE, &[state]);
        self.show(regs::SESS_CTR, &session.counter.to_le_bytes());
        self.show(regs::SESS_BASE, &session.base.to_le_bytes());
        self.show(regs::SESS_N, &session.count.to_le_bytes());
        if session.released {
            let ptk = derive_ptk(&self.device_key, session.counter);
            self.show(regs::PTK_OUT, &ptk);
        }
    }

    fn close(&mut self, sess: usize) -> Result<(), u8> {
        let session = self.nv.sessions[sess];
        if !session.open {
            return Err(err::BAD_SESSION);
        }
        let range = session.base..session.base + session.count;
        if session.payer
            && !session.released
            && self.nv.entries.range(range.clone()).next().is_some()
        {
            return Err(err::NOT_CLOSABLE);
        }
        self.nv.entries.retain(|at, _| !range.contains(at));
        self.nv.sessions[sess] = OrmSession::default();
        self.v.out = [0; 128];
        Ok(())
    }
}

fn value_of(token: &[u8; TOKEN_BYTES]) -> u32 {
    u32::from_be_bytes([token[24], token[25], token[26], token[27]])
}
