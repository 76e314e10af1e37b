//! Two wallets on a connector, each with a clock of its own, and the loop that steps them.

use std::cell::RefCell;
use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use opera_lpc::{Bus, BusError, HostConfig, LpcHost, Request, TpmBus};
use verilated::port_128;

use crate::SimError;
use crate::nv::{Nv, NvPins, Tear};
use crate::top::Top;
use crate::tpm::{Pump, Responder, TpmDrive};

/// Which wallet of the pair.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Side {
    /// The wallet in scope `opera.payer`.
    Payer,
    /// The wallet in scope `opera.payee`.
    Payee,
}

impl Side {
    fn index(self) -> usize {
        match self {
            Self::Payer => 0,
            Self::Payee => 1,
        }
    }
}

/// Secrets burnt into a wallet's key cells at manufacture.
#[derive(Clone, Copy)]
pub struct Keys {
    /// Key of token sealing and PTK derivation, byte 0 first.
    pub device: [u8; 16],
    /// Key that answers the power controller's challenge, byte 0 first.
    pub power: [u8; 16],
}

/// One sample of the wires of the connector.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Wires {
    /// LCLK of the link: the host's clock, or low without a host.
    pub lclk: bool,
    /// LFRAME# of the link.
    pub lframe_n: bool,
    /// LRESET# of the link.
    pub lreset_n: bool,
    /// Resolved LAD nibble of the link.
    pub lad: u8,
    /// Data bus byte.
    pub data: u8,
    /// Data bus request.
    pub req: bool,
    /// Data bus frame.
    pub frame: bool,
    /// Data bus acknowledge.
    pub ack: bool,
}

/// One sample of an internal LPC bus, taken before a rising edge of its clock.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LpcSample {
    /// LFRAME#.
    pub lframe_n: bool,
    /// LRESET#.
    pub lreset_n: bool,
    /// Resolved LAD nibble.
    pub lad: u8,
}

/// Receives bus samples while it is attached; see [`Pair::observe`].
pub trait Observer {
    /// A rising edge of the internal LPC clock of `side`.
    fn lpc(&mut self, side: Side, sample: LpcSample);
    /// A rising edge of the link's LCLK; the wires as they were just before it.
    fn link(&mut self, wires: Wires);
    /// A rising edge of either wallet's clock; the wires as they were just before it.
    fn data(&mut self, wires: Wires);
}

struct Wallet {
    host: LpcHost,
    nv: Nv,
    half_period_ps: u64,
    next_edge_ps: u64,
    clk: bool,
    clocks: u64,
    busy_clocks: u64,
    wake_at: Option<u64>,
    ready: bool,
    nv_ack: (bool, u32),
    /// The TPM behind the chip; without one, commands stay unanswered.
    tpm: Option<Pump>,
    /// The power is cut: the memory takes no request until it is back.
    off: bool,
}

pub(crate) struct Inner {
    top: Box<dyn Top>,
    wallets: [Wallet; 2],
    now_ps: u64,
    observer: Option<Rc<RefCell<dyn Observer>>>,
    tracing: bool,
    contention: Option<(Side, u64)>,
}

/// A pair of wallets that lives in one Verilated model. Cloning gives another handle on the same
/// pair; everything runs on one thread.
#[derive(Clone)]
pub struct Pair {
    inner: Rc<RefCell<Inner>>,
}

/// Clock half periods, in picoseconds: 33.33 MHz for the payer, and an unrelated 32.26 MHz for
/// the payee, because no two wallets share a crystal.
pub const HALF_PERIOD_PS: [u64; 2] = [15_000, 15_500];

/// Why [`Pair::run`] came back.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stop {
    /// Both futures are complete.
    Done,
    /// The stop condition was met first.
    Reached,
}

/// What happens to the TPCUs after a clock edge.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// Both go on.
    GoOn,
    /// The TPCU of this wallet has no power any more; the other goes on.
    Kill(Side),
    /// The run ends here, with both TPCUs dropped.
    Stop,
}

/// Clock counts of one wallet.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Clocks {
    /// Wallet (core and internal LPC) clocks since the model was made.
    pub core: u64,
    /// Those in which a transfer occupied the internal LPC bus.
    pub lpc: u64,
}

impl Pair {
    pub(crate) fn with_top(top: Box<dyn Top>, keys: [Keys; 2], nv: [Nv; 2]) -> Self {
        let [nv_a, nv_b] = nv;
        let wallet = |nv, half: u64| Wallet {
            host: LpcHost::new(HostConfig::default()),
            nv,
            half_period_ps: half,
            next_edge_ps: half,
            clk: false,
            clocks: 0,
            busy_clocks: 0,
            wake_at: None,
            ready: true,
            nv_ack: (false, 0),
            tpm: None,
            off: false,
        };
        let mut inner = Inner {
            top,
            wallets: [
                wallet(nv_a, HALF_PERIOD_PS[0]),
                wallet(nv_b, HALF_PERIOD_PS[1]),
            ],
            now_ps: 0,
            observer: None,
            tracing: false,
            contention: None,
        };
        for (index, keys) in keys.iter().enumerate() {
            inner
                .top
                .set_keys(index, port_128(&keys.device), port_128(&keys.power));
            inner.top.set_rst_n(index, false);
            inner.top.set_brownout(index, false);
        }
        inner.top.set_plugged(false);
        for index in 0..2 {
            inner.drive(index);
        }
        inner.top.eval();
        let pair = Self {
            inner: Rc::new(RefCell::new(inner)),
        };
        pair.step_clocks(Side::Payer, RESET_CLOCKS);
        for side in [Side::Payer, Side::Payee] {
            pair.power_up(side);
        }
        pair.step_clocks(Side::Payer, RESET_CLOCKS);
        pair
    }

    /// The bus of a wallet's TPCU.
    #[must_use]
    pub fn bus(&self, side: Side) -> WalletBus {
        WalletBus {
            inner: Rc::clone(&self.inner),
            side,
        }
    }

    /// Puts a TPM behind the TPM chip of a wallet, in place of what was there.
    pub fn set_tpm(&self, side: Side, responder: Box<dyn Responder>) {
        self.inner.borrow_mut().wallets[side.index()].tpm = Some(Pump::new(responder));
    }

    /// Takes the TPM behind the TPM chip of a wallet away, and drops it.
    pub fn remove_tpm(&self, side: Side) {
        let mut inner = self.inner.borrow_mut();
        inner.wallets[side.index()].tpm = None;
        inner.top.set_tpm(side.index(), TpmDrive::default());
    }

    /// Runs `future`, which may use the bus of this wallet, to its end, with nothing else at work: as long
    /// as it takes, the other TPCU is not asked, though the clocks of both wallets go on. For what a
    /// TPCU does in one piece, such as a command to its TPM.
    ///
    /// # Errors
    /// [`SimError::TooLong`] when it takes more than `limit` clocks of this wallet; its future is dropped.
    pub fn block_on<T>(
        &self,
        side: Side,
        limit: u64,
        future: impl Future<Output = T>,
    ) -> Result<T, SimError> {
        let mut future = std::pin::pin!(future);
        let mut context = Context::from_waker(Waker::noop());
        let end = self.clocks(side).core + limit;
        loop {
            self.inner.borrow_mut().wallets[side.index()].ready = false;
            if let Poll::Ready(result) = future.as_mut().poll(&mut context) {
                // The task that called goes on at once.
                return Ok(result);
            }
            let mut inner = self.inner.borrow_mut();
            while !inner.wallets[side.index()].ready {
                if inner.wallets[side.index()].clocks >= end {
                    return Err(SimError::TooLong { clocks: limit });
                }
                inner.edge();
            }
        }
    }

    /// Plugs the wallets together or pulls them apart.
    pub fn plug(&self, plugged: bool) {
        self.inner.borrow_mut().top.set_plugged(plugged);
    }

    /// Cuts the power of a wallet: everything volatile is gone, the nonvolatile word being written
    /// is left as `tear` says. The caller drops the future of that wallet's TPCU.
    pub fn power_cut(&self, side: Side, tear: Tear) {
        let mut inner = self.inner.borrow_mut();
        let index = side.index();
        inner.top.set_rst_n(index, false);
        let wallet = &mut inner.wallets[index];
        wallet.nv.power_cut(tear);
        wallet.host = LpcHost::new(HostConfig::default());
        wallet.wake_at = None;
        wallet.ready = true;
        wallet.nv_ack = (false, 0);
        wallet.off = true;
        inner.drive(index);
    }

    /// Gives a wallet its power back.
    pub fn power_up(&self, side: Side) {
        let mut inner = self.inner.borrow_mut();
        inner.top.set_rst_n(side.index(), true);
        inner.wallets[side.index()].off = false;
    }

    /// Takes the supply of a wallet's ORM away (`true`) or gives it back.
    pub fn brownout(&self, side: Side, low: bool) {
        self.inner.borrow_mut().top.set_brownout(side.index(), low);
    }

    /// Runs the model for some clocks of one wallet with no TPCU at work.
    pub fn step_clocks(&self, side: Side, clocks: u64) {
        let mut inner = self.inner.borrow_mut();
        let until = inner.wallets[side.index()].clocks + clocks;
        while inner.wallets[side.index()].clocks < until {
            inner.edge();
        }
    }

    /// Clock counts of a wallet.
    #[must_use]
    pub fn clocks(&self, side: Side) -> Clocks {
        let inner = self.inner.borrow();
        let wallet = &inner.wallets[side.index()];
        Clocks {
            core: wallet.clocks,
            lpc: wallet.busy_clocks,
        }
    }

    /// Runs `f` on a wallet's nonvolatile memory.
    pub fn with_nv<R>(&self, side: Side, f: impl FnOnce(&mut Nv) -> R) -> R {
        f(&mut self.inner.borrow_mut().wallets[side.index()].nv)
    }

    /// True while the wallet's ORM domain is powered.
    #[must_use]
    pub fn orm_on(&self, side: Side) -> bool {
        self.inner.borrow().top.orm_on(side.index())
    }

    /// Forces the LAD wires of the link to a nibble, or lets go of them.
    pub fn force_link_lad(&self, nibble: Option<u8>) {
        self.inner.borrow_mut().top.force_lad(nibble);
    }

    /// Forces LFRAME# of the link, or lets go of it.
    pub fn force_link_lframe(&self, level: Option<bool>) {
        self.inner.borrow_mut().top.force_lframe(level);
    }

    /// Forces the data bus byte, or lets go of it.
    pub fn force_data(&self, byte: Option<u8>) {
        self.inner.borrow_mut().top.force_data(byte);
    }

    /// Turns every data wire of the connector (LAD and the data bus) the wrong way round, as it is
    /// now, or lets go of them.
    pub fn danger_invert_connector(&self, on: bool) {
        let mut inner = self.inner.borrow_mut();
        let wires = inner.top.wires();
        inner.top.force_lad(on.then_some(!wires.lad & 0xF));
        inner.top.force_data(on.then_some(!wires.data));
    }

    /// Attaches an observer of the buses, or takes it off.
    pub fn observe(&self, observer: Option<Rc<RefCell<dyn Observer>>>) {
        self.inner.borrow_mut().observer = observer;
    }

    /// Writes waves to `path` from now on; the ending, `.fst` or `.vcd`, chooses the format.
    ///
    /// # Errors
    /// When the file cannot be written or has another ending.
    pub fn open_wave(&self, path: &Path) -> Result<(), SimError> {
        let mut inner = self.inner.borrow_mut();
        inner.top.open_trace(path)?;
        inner.tracing = true;
        Ok(())
    }

    /// Ends the waves.
    pub fn close_wave(&self) {
        let mut inner = self.inner.borrow_mut();
        if inner.tracing {
            inner.top.close_trace();
            inner.tracing = false;
        }
    }

    /// Whether two agents drove LAD in the same clock since the start: which bus, which clock.
    #[must_use]
    pub fn contention(&self) -> Option<(Side, u64)> {
        self.inner.borrow().contention
    }

    /// The first error of the model (a failed assertion) or of a wallet file.
    ///
    /// # Errors
    /// That error.
    pub fn check(&self) -> Result<(), SimError> {
        let inner = self.inner.borrow();
        for wallet in &inner.wallets {
            if let Some(text) = wallet.nv.failure() {
                return Err(SimError::WalletFile(text.to_owned()));
            }
        }
        inner.top.check()
    }

    /// Runs the futures of both TPCUs until both are complete or dead, or `after` (called after every
    /// clock edge with both clock counts) stops it, or `limit` payer clocks have passed.
    ///
    /// # Errors
    /// [`SimError::TooLong`] at the limit; an error of the model or of a wallet file.
    pub fn run<A, B>(
        &self,
        payer: &mut Task<'_, A>,
        payee: &mut Task<'_, B>,
        limit: u64,
        mut after: impl FnMut(&Clocks, &Clocks) -> Verdict,
    ) -> Result<Stop, SimError> {
        let end = self.clocks(Side::Payer).core + limit;
        loop {
            payer.poll(self, Side::Payer);
            payee.poll(self, Side::Payee);
            if payer.is_done() && payee.is_done() {
                return Ok(Stop::Done);
            }
            // Step until somebody can go on.
            loop {
                let (ready, clocks) = {
                    let mut inner = self.inner.borrow_mut();
                    inner.edge();
                    let clocks = [0, 1].map(|i| Clocks {
                        core: inner.wallets[i].clocks,
                        lpc: inner.wallets[i].busy_clocks,
                    });
                    let ready = (inner.wallets[0].ready && !payer.is_done())
                        || (inner.wallets[1].ready && !payee.is_done());
                    (ready, clocks)
                };
                match after(&clocks[0], &clocks[1]) {
                    Verdict::GoOn => {}
                    Verdict::Stop => return Ok(Stop::Reached),
                    Verdict::Kill(side) => {
                        match side {
                            Side::Payer => payer.kill(),
                            Side::Payee => payee.kill(),
                        }
                        break;
                    }
                }
                if clocks[0].core >= end {
                    self.check()?;
                    return Err(SimError::TooLong { clocks: limit });
                }
                if ready {
                    break;
                }
            }
            self.check()?;
        }
    }

    /// Closes the waves and takes the memories out; other handles keep a pair with empty ones.
    #[must_use]
    pub fn into_nv(self) -> [Nv; 2] {
        self.close_wave();
        let mut inner = self.inner.borrow_mut();
        [0, 1].map(|n| std::mem::replace(&mut inner.wallets[n].nv, Nv::in_memory()))
    }
}

/// Clocks that the reset of both wallets is held at the start.
const RESET_CLOCKS: u64 = 8;

/// A TPCU at work: a future that is polled when its bus has something for it.
pub struct Task<'a, T> {
    state: TaskState<'a, T>,
}

enum TaskState<'a, T> {
    Running(Pin<Box<dyn Future<Output = T> + 'a>>),
    Done(Option<T>),
}

impl<'a, T> Task<'a, T> {
    /// A task that runs `future`.
    pub fn new(future: impl Future<Output = T> + 'a) -> Self {
        Self {
            state: TaskState::Running(Box::pin(future)),
        }
    }

    /// A wallet whose TPCU does nothing.
    #[must_use]
    pub fn idle() -> Self {
        Self {
            state: TaskState::Done(None),
        }
    }

    /// True once the future is complete.
    #[must_use]
    pub fn is_done(&self) -> bool {
        matches!(self.state, TaskState::Done(_))
    }

    /// The result, once; `None` for a task that is idle or still running.
    pub fn take(&mut self) -> Option<T> {
        match &mut self.state {
            TaskState::Done(result) => result.take(),
            TaskState::Running(_) => None,
        }
    }

    /// Drops the future, as a power cut does.
    fn kill(&mut self) {
        if !self.is_done() {
            self.state = TaskState::Done(None);
        }
    }

    fn poll(&mut self, pair: &Pair, side: Side) {
        let TaskState::Running(future) = &mut self.state else {
            return;
        };
        {
            let mut inner = pair.inner.borrow_mut();
            let wallet = &mut inner.wallets[side.index()];
            if !wallet.ready {
                return;
            }
            wallet.ready = false;
        }
        let mut context = Context::from_waker(Waker::noop());
        if let Poll::Ready(result) = future.as_mut().poll(&mut context) {
            self.state = TaskState::Done(Some(result));
        }
    }
}

impl Inner {
    /// Drives the pins that Rust owns of one wallet.
    #[inline]
    fn drive(&mut self, index: usize) {
        let pins = self.wallets[index].host.pins();
        let (lad_o, lad_oe) = self.top.lad(index);
        let lad = resolve(pins.lad_oe, pins.lad, lad_oe, lad_o);
        self.top.set_lpc(index, pins.lframe_n, pins.lreset_n, lad);
        let (ack, rdata) = self.wallets[index].nv_ack;
        self.top.set_nv(index, ack, rdata);
    }

    /// The next clock edge of either wallet.
    #[inline]
    fn edge(&mut self) {
        let index = usize::from(self.wallets[1].next_edge_ps < self.wallets[0].next_edge_ps);
        self.now_ps = self.wallets[index].next_edge_ps;
        let rising = !self.wallets[index].clk;
        if rising {
            self.rising(index);
        } else {
            self.top.set_clk(index, false);
            self.top.eval();
        }
        let wallet = &mut self.wallets[index];
        wallet.clk = rising;
        wallet.next_edge_ps += wallet.half_period_ps;
        if self.tracing {
            self.top.dump(self.now_ps);
        }
    }

    #[inline]
    fn rising(&mut self, index: usize) {
        // Sample what both ends see just before the edge.
        let (lad_o, lad_oe) = self.top.lad(index);
        let pins = self.wallets[index].host.pins();
        let lad = resolve(pins.lad_oe, pins.lad, lad_oe, lad_o);
        let side = if index == 0 { Side::Payer } else { Side::Payee };
        let clash = self.top.lad_clash(index) || (pins.lad_oe && lad_oe);
        if clash && self.contention.is_none() {
            self.contention = Some((side, self.wallets[index].clocks));
        }
        let wires = self.observer.is_some().then(|| self.top.wires());
        let request = self.top.nv(index);
        let tpm = self.wallets[index].tpm.as_mut();
        let tpm = tpm.map(|tpm| tpm.clock(self.top.tpm(index)));
        self.top.set_clk(index, true);
        self.top.eval();
        if let (Some(observer), Some(wires)) = (&self.observer, wires) {
            let mut observer = observer.borrow_mut();
            observer.lpc(
                side,
                LpcSample {
                    lframe_n: pins.lframe_n,
                    lreset_n: pins.lreset_n,
                    lad,
                },
            );
            if !wires.lclk && self.top.wires().lclk {
                observer.link(wires);
            }
            observer.data(wires);
        }
        let wallet = &mut self.wallets[index];
        wallet.clocks += 1;
        if wallet.host.busy() {
            wallet.busy_clocks += 1;
            wallet.host.clock(lad, lad_oe);
            if !wallet.host.busy() {
                wallet.ready = true;
            }
        } else {
            wallet.host.clock(lad, lad_oe);
        }
        if wallet.wake_at.is_some_and(|at| wallet.clocks >= at) {
            wallet.wake_at = None;
            wallet.ready = true;
        }
        if !wallet.off {
            wallet.nv_ack = wallet.nv.clock(request);
            wallet.nv.ask(self.top.nv(index));
        }
        if let Some(tpm) = tpm {
            self.top.set_tpm(index, tpm);
        }
        self.drive(index);
    }
}

/// What a receiver sees on LAD: pulled up when nobody drives, wired-AND when two do.
#[inline]
fn resolve(host_oe: bool, host: u8, target_oe: bool, target: u8) -> u8 {
    match (host_oe, target_oe) {
        (false, false) => 0xF,
        (true, false) => host,
        (false, true) => target,
        (true, true) => host & target,
    }
}

impl NvPins {
    pub(crate) fn new(req: bool, we: bool, addr: u32, wdata: u32) -> Self {
        Self {
            req,
            we,
            addr,
            wdata,
        }
    }
}

/// The internal LPC bus of one wallet, as its TPCU sees it.
#[derive(Clone)]
pub struct WalletBus {
    inner: Rc<RefCell<Inner>>,
    side: Side,
}

impl WalletBus {
    async fn transfer(&self, request: Request) -> Result<opera_lpc::Response, BusError> {
        {
            let mut inner = self.inner.borrow_mut();
            let wallet = &mut inner.wallets[self.side.index()];
            wallet.host.start(request).map_err(BusError::from)?;
        }
        std::future::poll_fn(|_| {
            let mut inner = self.inner.borrow_mut();
            match inner.wallets[self.side.index()].host.poll() {
                Some(result) => Poll::Ready(result),
                None => Poll::Pending,
            }
        })
        .await
    }
}

impl Bus for WalletBus {
    async fn io_read(&self, addr: u16) -> Result<u8, BusError> {
        let response = self.transfer(Request::io_read(addr)).await?;
        Ok(response.byte())
    }

    async fn io_write(&self, addr: u16, data: u8) -> Result<(), BusError> {
        self.transfer(Request::io_write(addr, data)).await?;
        Ok(())
    }

    async fn fw_read(&self, addr: u32, buf: &mut [u8]) -> Result<(), BusError> {
        let mut at = addr;
        let mut rest = buf;
        while !rest.is_empty() {
            let size = opera_lpc::fw_read_size(at, rest.len());
            let (head, tail) = rest.split_at_mut(size);
            let response = self
                .transfer(Request::fw_read(at, size).map_err(BusError::from)?)
                .await?;
            head.copy_from_slice(response.data());
            at += size as u32;
            rest = tail;
        }
        Ok(())
    }

    async fn fw_write(&self, addr: u32, data: &[u8]) -> Result<(), BusError> {
        let mut at = addr;
        let mut rest = data;
        while !rest.is_empty() {
            let size = opera_lpc::fw_write_size(at, rest.len());
            let (head, tail) = rest.split_at(size);
            self.transfer(Request::fw_write(at, head).map_err(BusError::from)?)
                .await?;
            at += size as u32;
            rest = tail;
        }
        Ok(())
    }

    async fn idle(&self, clocks: u64) {
        let until = {
            let mut inner = self.inner.borrow_mut();
            let wallet = &mut inner.wallets[self.side.index()];
            let until = wallet.clocks + clocks;
            wallet.wake_at = Some(until);
            until
        };
        std::future::poll_fn(|_| {
            if self.inner.borrow().wallets[self.side.index()].clocks >= until {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    fn now(&self) -> u64 {
        self.inner.borrow().wallets[self.side.index()].clocks
    }
}

impl TpmBus for WalletBus {
    async fn tpm_read(&self, addr: u16) -> Result<u8, BusError> {
        let response = self.transfer(Request::tpm_read(addr)).await?;
        Ok(response.byte())
    }

    async fn tpm_write(&self, addr: u16, data: u8) -> Result<(), BusError> {
        self.transfer(Request::tpm_write(addr, data)).await?;
        Ok(())
    }
}
