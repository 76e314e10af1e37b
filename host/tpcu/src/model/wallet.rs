//! Registers, link, log and power controller of one wallet.

use opera_regs as regs;
use opera_regs::{err, field, nv};

use super::memory::{Entry, EntryState, Memory};
use crate::crypto::aes128_block;
use crate::driver::{MINT_RTL, WALLET_RTL};
use crate::token::TOKEN_BYTES;

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

pub(super) fn flag(on: bool, mask: u8) -> u8 {
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

    pub(super) fn show(&mut self, addr: u16, bytes: &[u8]) {
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
}
