//! Two wallets on a connector.

use std::cell::RefCell;
use std::future::Future;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use opera_lpc::{Bus, BusError};
use opera_regs as regs;
use opera_regs::field;

use super::Side;
use super::memory::{Entry, EntryState, Memory};
use super::wallet::{Transfer, Volatile, Wallet, offset};
use crate::token::{TOKEN_BYTES, apply_entry_stream, derive_ptk};

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
    /// keys are those of [`provision`](super::provision) 0 and 1.
    #[must_use]
    pub fn new(mint: bool) -> Self {
        let wallet = |number, issuer| Wallet::new(number, issuer, Memory::default());
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

    /// Puts a new wallet with the keys of [`provision`](super::provision) `number` into the place of one; hands out
    /// the one that was there.
    #[must_use]
    pub fn swap(&self, side: Side, number: u8, mint: bool) -> Away {
        let wallet = Wallet::new(number, mint, Memory::default());
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
        tokens.values().copied().collect()
    }

    /// Puts a token into a wallet's repository by a back door, for attacks on the payee.
    pub fn danger_plant(&self, side: Side, slot: u16, token: &[u8; TOKEN_BYTES]) {
        let mut world = self.0.borrow_mut();
        world.wallets[side.index()]
            .nv
            .repository
            .insert(slot, *token);
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
            let state = EntryState::Staged;
            wallet.nv.entries.insert(entry, Entry { state, sealed });
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
            nv.entries.len(),
            nv.sessions.iter().filter(|s| s.open || s.closing).count(),
            nv.log.len(),
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
        transfer(self, clocks, |world, side| {
            world.wallets[side].fw_read(addr, buf)
        })
        .await;
        Ok(())
    }

    async fn fw_write(&self, addr: u32, data: &[u8]) -> Result<(), BusError> {
        let clocks = 23 * (data.len() as u64).div_ceil(4);
        transfer(self, clocks, |world, side| {
            world.wallets[side].fw_write(addr, data)
        })
        .await;
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
            wallet.unplug();
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
            let mut bytes = self.wallets[from].data();
            let sender = if from == 0 { Side::A } else { Side::B };
            if let Some(tamper) = &mut self.data_tamper {
                tamper(sender, &mut bytes);
            }
            for wallet in &mut self.wallets {
                wallet.end_transfer(start);
            }
            self.wallets[to].take_data(&bytes);
        }
    }

    fn io_read(&mut self, side: usize, addr: u16) -> u8 {
        let plugged = self.plugged;
        self.wallets[side].io_read(addr, plugged)
    }

    fn io_write(&mut self, side: usize, addr: u16, data: u8) {
        let plugged = self.plugged;
        self.wallets[side].io_write(addr, data, plugged);
    }
}
