//! Two wallets on a connector in plain Rust: registers, mailboxes, ORM, log and power control as
//! the register map says, without clocks and wires. For tests of the TPCU, and to compare RTL with.
//!
//! Each register transfer costs the clocks that it costs on LPC; the wallet whose clock is behind
//! goes first. A power cut or an unplugging is placed before any bus transfer.
//!
//! ```
//! use opera_tpcu::choose::{Lot, Plan};
//! use opera_tpcu::model::{Pair, Side, provision};
//! use opera_tpcu::{Profile, Tpcu, accept, mint};
//!
//! let pair = Pair::new(true);
//! let mut payer = Tpcu::new(&provision(0, true), Profile::Hardened, b"a").unwrap();
//! let mut payee = Tpcu::new(&provision(1, false), Profile::Hardened, b"b").unwrap();
//! let plan = Plan::new(&[Lot { value: 10, count: 2 }]).unwrap();
//! let (a, b) = (pair.bus(Side::A), pair.bus(Side::B));
//! let (minted, taken) = pair.run(mint(&a, &mut payer, &plan, 0), accept(&b, &mut payee));
//! assert_eq!(minted.unwrap().unwrap().receipts[0].amount, 20);
//! assert_eq!(taken.unwrap().unwrap().balance(), 20);
//! ```

use std::cell::RefCell;
use std::future::Future;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use opera_lpc::{Bus, BusError};
use opera_regs as regs;
use opera_regs::{err, field, nv, op};

use crate::crypto::{Drbg, KeyPair, aes128_block};
use crate::driver::{MINT_RTL, MintKeys, Provision, WALLET_RTL};
use crate::token::{IssuerKey, TOKEN_BYTES, apply_entry_stream, derive_ptk};
use crate::tpm::Certificate;

/// The authority's secret key in the model.
#[must_use]
pub fn issuer_key() -> [u8; 32] {
    Drbg::new(b"model issuer").bytes()
}

/// Keys of wallet `number`, as the model's hardware has them. All share one attestation key.
///
/// # Panics
/// Never; the keys are fixed.
#[must_use]
pub fn provision(number: u8, mint: bool) -> Provision {
    let issuer_key = issuer_key();
    let attestation_key = Drbg::new(b"model batch").bytes();
    let (Some(issuer), Some(pair)) = (
        IssuerKey::from_secret(&issuer_key),
        KeyPair::from_secret(&attestation_key),
    ) else {
        unreachable!("fixed bytes that are keys");
    };
    Provision {
        power_key: [0x50 + number; 16],
        attestation_key,
        certificate: Certificate::issue(&issuer, &pair.public()),
        issuer: issuer.public(),
        serial: u16::from(number) + 1,
        mint: mint.then_some(MintKeys {
            device_key: [0xD0 + number; 16],
            issuer_key,
        }),
    }
}

/// One of the two wallets.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Side {
    /// Hosts the link in the examples.
    A,
    /// The other.
    B,
}

impl Side {
    fn index(self) -> usize {
        match self {
            Self::A => 0,
            Self::B => 1,
        }
    }
}

/// State of an entry of the transaction buffer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum EntryState {
    Staged,
    Received,
}

#[derive(Clone, Debug)]
struct Entry {
    state: EntryState,
    sealed: [u8; TOKEN_BYTES],
}

#[derive(Clone, Debug, Default)]
struct OrmSession {
    open: bool,
    payer: bool,
    released: bool,
    refunded: bool,
    closing: bool,
    key: Option<[u8; 16]>,
    counter: u32,
    base: u16,
    count: u16,
}

/// What survives a power cut.
#[derive(Clone)]
struct Nonvolatile {
    repository: Vec<Option<[u8; TOKEN_BYTES]>>,
    entries: Vec<Option<Entry>>,
    sessions: Vec<OrmSession>,
    counter: u32,
    log: Vec<Option<([u8; 128], u32)>>,
    power_counter: u64,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Transfer {
    None,
    Sending,
    Receiving,
}

/// What does not.
struct Volatile {
    registers: [u8; 256],
    mbox_tx: [u8; 512],
    mbox_rx: Vec<u8>,
    rx_valid: bool,
    /// Length and clock at which the partner has it.
    tx: Option<(usize, u64)>,
    log_buf: [u8; 128],
    press: [u8; 128],
    out: [u8; 128],
    on: bool,
    denied: bool,
    challenge: Option<[u8; 16]>,
    lost: bool,
    busy_until: u64,
    error: u8,
    transfer: Transfer,
    transfer_start: u64,
    log_valid: bool,
    log_error: bool,
}

impl Volatile {
    fn new() -> Self {
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

struct Wallet {
    issuer: bool,
    device_key: [u8; 16],
    power_key: [u8; 16],
    clock: u64,
    transfers: u64,
    cut_before: Option<u64>,
    alive: bool,
    power_ups: u32,
    nv: Nonvolatile,
    v: Volatile,
}

/// Changes bytes on a connector wire.
pub type Tamper = Box<dyn FnMut(Side, &mut Vec<u8>)>;

struct World {
    wallets: [Wallet; 2],
    plugged: bool,
    transfers: u64,
    unplug_before: Option<u64>,
    link_tamper: Option<Tamper>,
    data_tamper: Option<Tamper>,
    frames: Vec<(Side, Vec<u8>)>,
}

/// Two wallets on a connector.
#[derive(Clone)]
pub struct Pair(Rc<RefCell<World>>);

/// The internal LPC bus of one of them.
#[derive(Clone)]
pub struct ModelBus {
    world: Rc<RefCell<World>>,
    side: Side,
}

impl Pair {
    /// Two wallets with empty repositories, plugged together; wallet A is a mint on request. Their
    /// keys are those of [`provision`] 0 and 1.
    #[must_use]
    pub fn new(mint: bool) -> Self {
        let wallet = |number: u8, issuer: bool| Wallet {
            issuer,
            device_key: [0xD0 + number; 16],
            power_key: [0x50 + number; 16],
            clock: 0,
            transfers: 0,
            cut_before: None,
            alive: true,
            power_ups: 0,
            nv: Nonvolatile {
                repository: vec![None; nv::SLOTS as usize],
                entries: vec![None; nv::ENTRIES as usize],
                sessions: vec![OrmSession::default(); nv::SESSIONS as usize],
                counter: 0,
                log: vec![None; nv::LOG_SLOTS as usize],
                power_counter: 0,
            },
            v: Volatile::new(),
        };
        Self(Rc::new(RefCell::new(World {
            wallets: [wallet(0, mint), wallet(1, false)],
            plugged: true,
            transfers: 0,
            unplug_before: None,
            link_tamper: None,
            data_tamper: None,
            frames: Vec::new(),
        })))
    }

    /// Puts a new wallet with the keys of [`provision`] `number` into the place of one; hands out
    /// the one that was there.
    #[must_use]
    pub fn swap(&self, side: Side, number: u8, mint: bool) -> Away {
        let mut wallet = spare();
        wallet.issuer = mint;
        wallet.device_key = [0xD0 + number; 16];
        wallet.power_key = [0x50 + number; 16];
        self.place(side, Away(wallet))
    }

    /// Puts a wallet back; hands out the one that was there.
    #[must_use]
    pub fn place(&self, side: Side, wallet: Away) -> Away {
        let mut world = self.0.borrow_mut();
        let old = std::mem::replace(&mut world.wallets[side.index()], wallet.0);
        drop(world);
        self.restart();
        Away(old)
    }

    /// The internal LPC bus of one wallet.
    #[must_use]
    pub fn bus(&self, side: Side) -> ModelBus {
        ModelBus {
            world: Rc::clone(&self.0),
            side,
        }
    }

    /// Power-on of both wallets after cuts, plugged together; what was volatile is gone.
    pub fn restart(&self) {
        let mut world = self.0.borrow_mut();
        world.plugged = true;
        world.transfers = 0;
        world.unplug_before = None;
        for wallet in &mut world.wallets {
            wallet.v = Volatile::new();
            wallet.alive = true;
            wallet.clock = 0;
            wallet.transfers = 0;
            wallet.cut_before = None;
        }
    }

    /// Cuts a wallet's power before its bus transfer number `transfer` (from 0) since [`restart`].
    ///
    /// [`restart`]: Self::restart
    pub fn cut_power_before(&self, side: Side, transfer: u64) {
        self.0.borrow_mut().wallets[side.index()].cut_before = Some(transfer);
    }

    /// Pulls the wallets apart before bus transfer number `transfer` of both together.
    pub fn unplug_before(&self, transfer: u64) {
        self.0.borrow_mut().unplug_before = Some(transfer);
    }

    /// Bus transfers since the last restart: of A, of B.
    #[must_use]
    pub fn transfers(&self) -> (u64, u64) {
        let world = self.0.borrow();
        (world.wallets[0].transfers, world.wallets[1].transfers)
    }

    /// Lets an attacker change frames on the link; the side is the sender's.
    pub fn tamper_link(&self, tamper: Option<Tamper>) {
        self.0.borrow_mut().link_tamper = tamper;
    }

    /// Lets an attacker change the bytes (index, then ciphertext) on the data bus.
    pub fn tamper_data(&self, tamper: Option<Tamper>) {
        self.0.borrow_mut().data_tamper = tamper;
    }

    /// Frames that crossed the link since the last call, with their senders.
    #[must_use]
    pub fn take_frames(&self) -> Vec<(Side, Vec<u8>)> {
        std::mem::take(&mut self.0.borrow_mut().frames)
    }

    /// Tokens in a wallet's repository, in the clear, by slot.
    #[must_use]
    pub fn repository(&self, side: Side) -> Vec<[u8; TOKEN_BYTES]> {
        let world = self.0.borrow();
        let tokens = &world.wallets[side.index()].nv.repository;
        tokens.iter().flatten().copied().collect()
    }

    /// Puts a token into a wallet's repository by a back door, for attacks on the payee.
    pub fn danger_plant(&self, side: Side, slot: u16, token: &[u8; TOKEN_BYTES]) {
        let mut world = self.0.borrow_mut();
        world.wallets[side.index()].nv.repository[usize::from(slot)] = Some(*token);
    }

    /// Replaces a staged entry by another token, sealed as the ORM would, for attacks on the payee.
    pub fn danger_replace_staged(&self, side: Side, entry: u16, token: &[u8; TOKEN_BYTES]) {
        let mut world = self.0.borrow_mut();
        let wallet = &mut world.wallets[side.index()];
        let holder = wallet.nv.sessions.iter().find(|session| {
            session.open && entry >= session.base && entry - session.base < session.count
        });
        if let Some(session) = holder {
            let ptk = derive_ptk(&wallet.device_key, session.counter);
            let mut sealed = *token;
            apply_entry_stream(&ptk, entry - session.base, &mut sealed);
            wallet.nv.entries[usize::from(entry)] = Some(Entry {
                state: EntryState::Staged,
                sealed,
            });
        }
    }

    /// How often a wallet's ORM was switched on, and whether it is on.
    #[must_use]
    pub fn power(&self, side: Side) -> (u32, bool) {
        let wallet = &self.0.borrow().wallets[side.index()];
        (wallet.power_ups, wallet.v.on)
    }

    /// Number of entries, open sessions and log records that a wallet holds.
    #[must_use]
    pub fn leftovers(&self, side: Side) -> (usize, usize, usize) {
        let world = self.0.borrow();
        let nv = &world.wallets[side.index()].nv;
        (
            nv.entries.iter().flatten().count(),
            nv.sessions.iter().filter(|s| s.open || s.closing).count(),
            nv.log.iter().flatten().count(),
        )
    }

    /// Runs both TPCUs to their ends. A wallet whose power is cut gives `None`.
    pub fn run<R, S>(
        &self,
        a: impl Future<Output = R>,
        b: impl Future<Output = S>,
    ) -> (Option<R>, Option<S>) {
        let (mut a, mut b) = (Some(pin!(a)), Some(pin!(b)));
        let (mut got_a, mut got_b) = (None, None);
        loop {
            let a_first = {
                let world = self.0.borrow();
                let [x, y] = &world.wallets;
                a.take_if(|_| !x.alive);
                b.take_if(|_| !y.alive);
                b.is_none() || x.clock <= y.clock
            };
            if a.is_some() && a_first {
                got_a = poll(&mut a);
            } else if b.is_some() {
                got_b = poll(&mut b);
            } else {
                return (got_a, got_b);
            }
        }
    }
}

/// A wallet that is not on the connector.
pub struct Away(Wallet);

fn spare() -> Wallet {
    let Ok(world) = Rc::try_unwrap(Pair::new(false).0) else {
        unreachable!("made here, shared with nobody");
    };
    let [wallet, _] = world.into_inner().wallets;
    wallet
}

/// Polls once; the slot is emptied when the future ends.
fn poll<F: Future>(slot: &mut Option<Pin<&mut F>>) -> Option<F::Output> {
    let future = slot.as_mut()?;
    let mut context = Context::from_waker(Waker::noop());
    match future.as_mut().poll(&mut context) {
        Poll::Ready(value) => {
            *slot = None;
            Some(value)
        }
        Poll::Pending => None,
    }
}

/// One bus transfer: takes its clocks, lets the other wallet run, then has its effect.
async fn transfer<T>(
    bus: &ModelBus,
    clocks: u64,
    effect: impl FnOnce(&mut World, usize) -> T,
) -> T {
    let mut started = false;
    let mut effect = Some(effect);
    std::future::poll_fn(move |_| {
        let mut world = bus.world.borrow_mut();
        let side = bus.side.index();
        if !started {
            started = true;
            world.wallets[side].clock += clocks;
            return Poll::Pending;
        }
        if !world.begin_transfer(side) {
            return Poll::Pending;
        }
        match effect.take() {
            Some(effect) => Poll::Ready(effect(&mut world, side)),
            None => Poll::Pending,
        }
    })
    .await
}

impl Bus for ModelBus {
    async fn io_read(&self, addr: u16) -> Result<u8, BusError> {
        Ok(transfer(self, 13, |world, side| world.io_read(side, addr)).await)
    }

    async fn io_write(&self, addr: u16, data: u8) -> Result<(), BusError> {
        transfer(self, 13, |world, side| world.io_write(side, addr, data)).await;
        Ok(())
    }

    async fn fw_read(&self, addr: u32, buf: &mut [u8]) -> Result<(), BusError> {
        let clocks = 271 * (buf.len() as u64 / 128) + 23 * (buf.len() as u64 % 128).div_ceil(4);
        transfer(self, clocks, |world, side| world.fw_read(side, addr, buf)).await;
        Ok(())
    }

    async fn fw_write(&self, addr: u32, data: &[u8]) -> Result<(), BusError> {
        let clocks = 23 * (data.len() as u64).div_ceil(4);
        transfer(self, clocks, |world, side| world.fw_write(side, addr, data)).await;
        Ok(())
    }

    async fn idle(&self, clocks: u64) {
        let mut started = false;
        std::future::poll_fn(move |_| {
            if started {
                return Poll::Ready(());
            }
            started = true;
            self.world.borrow_mut().wallets[self.side.index()].clock += clocks;
            Poll::Pending
        })
        .await;
    }

    fn now(&self) -> u64 {
        self.world.borrow().wallets[self.side.index()].clock
    }
}

impl World {
    /// Counts a transfer and places the cuts; false when this wallet is dead.
    fn begin_transfer(&mut self, side: usize) -> bool {
        if self.unplug_before == Some(self.transfers) {
            self.unplug();
        }
        self.transfers += 1;
        let wallet = &mut self.wallets[side];
        if wallet.cut_before == Some(wallet.transfers) {
            wallet.alive = false;
            self.unplug();
            return false;
        }
        wallet.transfers += 1;
        self.move_frames();
        self.move_data();
        true
    }

    fn unplug(&mut self) {
        self.plugged = false;
        for wallet in &mut self.wallets {
            let v = &mut wallet.v;
            v.lost = true;
            v.on = false;
            v.out = [0; 128];
            v.challenge = None;
            v.transfer = Transfer::None;
            v.tx = None;
            v.registers[offset(regs::LINK_CTL)] = 0;
        }
    }

    fn enabled(&self, side: usize) -> bool {
        self.wallets[side].v.registers[offset(regs::LINK_CTL)] & field::LINK_CTL_ENABLE != 0
    }

    fn move_frames(&mut self) {
        let host = |wallet: &Wallet| {
            wallet.v.registers[offset(regs::LINK_CTL)] & field::LINK_CTL_HOST != 0
        };
        let one_host = host(&self.wallets[0]) != host(&self.wallets[1]);
        if !(self.plugged && self.enabled(0) && self.enabled(1) && one_host) {
            return;
        }
        for from in 0..2 {
            let to = 1 - from;
            let Some((len, at)) = self.wallets[from].v.tx else {
                continue;
            };
            if self.wallets[from].clock.max(self.wallets[to].clock) < at
                || self.wallets[to].v.rx_valid
            {
                continue;
            }
            let mut frame = self.wallets[from].v.mbox_tx[..len].to_vec();
            let sender = if from == 0 { Side::A } else { Side::B };
            self.frames.push((sender, frame.clone()));
            if let Some(tamper) = &mut self.link_tamper {
                tamper(sender, &mut frame);
            }
            self.wallets[from].v.tx = None;
            self.wallets[to].v.mbox_rx = frame;
            self.wallets[to].v.rx_valid = true;
        }
    }

    fn move_data(&mut self) {
        for from in 0..2 {
            let to = 1 - from;
            if self.wallets[from].v.transfer != Transfer::Sending
                || self.wallets[to].v.transfer != Transfer::Receiving
                || !self.wallets[from].v.on
                || !self.wallets[to].v.on
            {
                continue;
            }
            let start = self.wallets[from]
                .v
                .transfer_start
                .max(self.wallets[to].v.transfer_start);
            let mut bytes = self.wallets[from].reg16(regs::ORM_K).to_be_bytes().to_vec();
            bytes.extend_from_slice(&self.wallets[from].v.out[..TOKEN_BYTES]);
            let sender = if from == 0 { Side::A } else { Side::B };
            if let Some(tamper) = &mut self.data_tamper {
                tamper(sender, &mut bytes);
            }
            for wallet in &mut self.wallets {
                wallet.v.transfer = Transfer::None;
                wallet.v.busy_until = start + 900;
                wallet.v.error = err::NONE;
            }
            let payee = &mut self.wallets[to];
            let k = payee.reg16(regs::ORM_K);
            let index = payee.entry_index(k);
            match (<[u8; TOKEN_BYTES]>::try_from(&bytes[2..]), index) {
                (Ok(sealed), Some(index)) if bytes[..2] == k.to_be_bytes() => {
                    payee.nv.entries[index] = Some(Entry {
                        state: EntryState::Received,
                        sealed,
                    });
                }
                _ => payee.v.error = err::BUS_FRAME,
            }
        }
    }

    fn io_read(&mut self, side: usize, addr: u16) -> u8 {
        let plugged = self.plugged;
        self.wallets[side].io_read(addr, plugged)
    }

    fn io_write(&mut self, side: usize, addr: u16, data: u8) {
        let plugged = self.plugged;
        self.wallets[side].io_write(addr, data, plugged);
        if addr == regs::TX_LEN + 1 {
            let wallet = &mut self.wallets[side];
            let len = usize::from(wallet.reg16(regs::TX_LEN));
            if wallet.v.tx.is_none() && (1..=512).contains(&len) {
                let clocks = 96 + 6 * len as u64;
                wallet.v.tx = Some((len, wallet.clock + clocks));
            }
        }
    }

    fn fw_read(&mut self, side: usize, addr: u32, buf: &mut [u8]) {
        let v = &self.wallets[side].v;
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

    fn fw_write(&mut self, side: usize, addr: u32, data: &[u8]) {
        let v = &mut self.wallets[side].v;
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
}

fn flag(on: bool, mask: u8) -> u8 {
    if on { mask } else { 0 }
}

fn offset(addr: u16) -> usize {
    usize::from(addr - regs::IO_BASE)
}

impl Wallet {
    fn reg16(&self, addr: u16) -> u16 {
        let at = offset(addr);
        u16::from_le_bytes([self.v.registers[at], self.v.registers[at + 1]])
    }

    fn show(&mut self, addr: u16, bytes: &[u8]) {
        self.v.registers[offset(addr)..][..bytes.len()].copy_from_slice(bytes);
    }

    fn io_read(&mut self, addr: u16, plugged: bool) -> u8 {
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

    fn io_write(&mut self, addr: u16, data: u8, plugged: bool) {
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
            _ => self.v.registers[offset(addr)] = data,
        }
    }

    fn power(&mut self, command: u8, plugged: bool) {
        match command {
            1 if plugged => {
                self.nv.power_counter += 1;
                let mut block = [0; 16];
                block[0] = b'C';
                block[8..].copy_from_slice(&self.nv.power_counter.to_be_bytes());
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
        let slot = usize::from(self.v.registers[offset(regs::LOG_SLOT)]);
        let at = offset(regs::LOG_PROG);
        let word = u32::from_le_bytes([
            self.v.registers[at],
            self.v.registers[at + 1],
            self.v.registers[at + 2],
            self.v.registers[at + 3],
        ]);
        self.v.log_error = slot >= self.nv.log.len() || !(1..=4).contains(&command);
        if self.v.log_error {
            return;
        }
        match (command, &mut self.nv.log[slot]) {
            (1, None) => self.v.log_valid = false,
            (1, Some((record, progress))) => {
                self.v.log_valid = true;
                self.v.log_buf = *record;
                let progress = progress.to_le_bytes();
                self.show(regs::LOG_PROG, &progress);
            }
            (2, cell) => *cell = Some((self.v.log_buf, word)),
            (3, Some((_, progress))) => *progress = word,
            (3, None) => self.v.log_error = true,
            (_, cell) => *cell = None,
        }
    }

    fn entry_index(&self, k: u16) -> Option<usize> {
        let sess = usize::from(self.v.registers[offset(regs::ORM_SESS)]);
        let session = self.nv.sessions.get(sess)?;
        (session.open && !session.closing && k < session.count)
            .then(|| usize::from(session.base) + usize::from(k))
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
        let session = self.nv.sessions[sess].clone();
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
                if (release && session.refunded) || (!release && session.released) {
                    return Err(err::VAULT);
                }
                if release {
                    self.nv.sessions[sess].released = true;
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
                self.nv.sessions[sess].key = Some(key);
                return Ok(());
            }
            _ => {}
        }
        let index = self.entry_index(k).ok_or(err::BAD_ENTRY)?;
        let entry = self.nv.entries[index].clone();
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
                    let cell = self.nv.repository.get_mut(usize::from(slot));
                    sealed = cell.and_then(Option::take).ok_or(err::BAD_SLOT)?;
                    let ptk = derive_ptk(&self.device_key, session.counter);
                    apply_entry_stream(&ptk, k, &mut sealed);
                } else {
                    sealed.copy_from_slice(&self.v.press[..TOKEN_BYTES]);
                }
                self.v.busy_until = self.clock + 2_000;
                self.nv.entries[index] = Some(Entry {
                    state: EntryState::Staged,
                    sealed,
                });
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
                let cell = self.nv.repository.get_mut(usize::from(slot));
                let cell = cell.filter(|cell| cell.is_none()).ok_or(err::BAD_SLOT)?;
                let mut token = entry.sealed;
                apply_entry_stream(&key, k, &mut token);
                *cell = Some(token);
                self.nv.entries[index] = None;
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
        let slots = self
            .nv
            .repository
            .get(usize::from(slot)..usize::from(slot) + 32)
            .ok_or(err::BAD_SLOT)?;
        let mut out = [0; 128];
        for (cell, token) in out.chunks_exact_mut(4).zip(slots) {
            let value = token.as_ref().map_or(0, value_of);
            cell.copy_from_slice(&value.to_le_bytes());
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
        let session = self.nv.sessions[sess].clone();
        let state = flag(session.open, field::SESS_STATE_OPEN)
            | flag(session.payer, field::SESS_STATE_PAYER)
            | flag(session.released, field::SESS_STATE_RELEASED)
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
        let session = self.nv.sessions[sess].clone();
        if !session.open {
            return Err(err::BAD_SESSION);
        }
        let range = usize::from(session.base)..usize::from(session.base + session.count);
        let entries = &mut self.nv.entries[range];
        if session.payer && !session.released && entries.iter().any(Option::is_some) {
            return Err(err::NOT_CLOSABLE);
        }
        entries.fill(None);
        self.nv.sessions[sess] = OrmSession::default();
        self.v.out = [0; 128];
        Ok(())
    }
}

fn value_of(token: &[u8; TOKEN_BYTES]) -> u32 {
    u32::from_be_bytes([token[24], token[25], token[26], token[27]])
}
