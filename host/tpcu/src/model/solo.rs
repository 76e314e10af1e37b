//! One wallet whose connector is in other hands: for exploring what a TPCU does next.
//!
//! A TPCU is a function of the nonvolatile memory it starts with and of what then comes over the
//! connector. A [`Solo`] plays that back: it feeds a script of inputs to the wallet, writes down
//! what can be seen from outside and what becomes durable, and stops where the script ends.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use opera_lpc::{Bus, BusError};
use opera_regs as regs;
use opera_regs::op;

use super::memory::Memory;
use super::wallet::{Fault, Transfer, Wallet};

/// Clocks that pass at once when nothing comes: more than any limit of the driver.
const FOREVER: u64 = 20_000_000;

/// What the outside does to a wallet that waits.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Input {
    /// A frame comes over the link.
    Frame(Arc<[u8]>),
    /// Index and ciphertext come over the data bus.
    Data(Arc<[u8]>),
    /// Nothing comes.
    Silence,
    /// The connector comes apart, before so many more events; the last input of a script.
    Unplug(usize),
}

/// What a wallet did.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Event {
    /// The nonvolatile memory has changed.
    Durable {
        /// By this.
        what: &'static str,
        /// To this.
        memory: Arc<Memory>,
    },
    /// A frame went out on the link.
    Frame(Arc<[u8]>),
    /// Index and ciphertext went out on the data bus.
    Data(Arc<[u8]>),
}

/// What a wallet waits for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Wait {
    /// A frame.
    Frame,
    /// The data bus.
    Data,
}

struct Desk {
    wallet: Wallet,
    plugged: bool,
    script: VecDeque<Input>,
    unplug_in: Option<usize>,
    events: Vec<Event>,
    /// The link was polled since the last rest.
    link_polled: bool,
    wait: Option<Wait>,
}

/// One wallet on a connector that a script plays.
pub struct Solo(Rc<RefCell<Desk>>);

/// Its internal LPC bus.
pub struct SoloBus(Rc<RefCell<Desk>>);

impl Solo {
    /// Wallet `number` with the keys of [`provision`](super::provision), just powered on.
    #[must_use]
    pub fn new(number: u8, memory: Memory, fault: Option<Fault>) -> Self {
        let mut wallet = Wallet::new(number, false, memory);
        wallet.fault = fault;
        Self(Rc::new(RefCell::new(Desk {
            wallet,
            plugged: true,
            script: VecDeque::new(),
            unplug_in: None,
            events: Vec::new(),
            link_polled: false,
            wait: None,
        })))
    }

    /// The internal LPC bus.
    #[must_use]
    pub fn bus(&self) -> SoloBus {
        SoloBus(Rc::clone(&self.0))
    }

    /// Plays the script. Gives what the TPCU came to, or what it waits for; and its events since
    /// the last input of the script.
    pub fn play<R>(
        &self,
        script: impl IntoIterator<Item = Input>,
        tpcu: impl Future<Output = R>,
    ) -> (Result<R, Wait>, Vec<Event>) {
        let mut desk = self.0.borrow_mut();
        desk.script = script.into_iter().collect();
        desk.note_unplug();
        drop(desk);
        let mut context = Context::from_waker(Waker::noop());
        let end = pin!(tpcu).poll(&mut context);
        let mut desk = self.0.borrow_mut();
        let end = match end {
            Poll::Ready(end) => Ok(end),
            Poll::Pending => Err(desk.wait.unwrap_or(Wait::Frame)),
        };
        (end, std::mem::take(&mut desk.events))
    }
}

impl Desk {
    /// Takes an unplugging off the script as soon as it is next: it counts events from here.
    fn note_unplug(&mut self) {
        if let Some(Input::Unplug(events)) = self.script.front() {
            self.unplug_in = Some(*events);
            self.script.pop_front();
        }
    }

    /// The connector may come apart before each event.
    fn before_event(&mut self) {
        match &mut self.unplug_in {
            Some(0) => self.unplug(),
            Some(events) => *events -= 1,
            None => {}
        }
    }

    fn unplug(&mut self) {
        self.unplug_in = None;
        self.plugged = false;
        self.wallet.unplug();
    }

    fn durable(&mut self, what: &'static str) {
        let memory = Arc::new(self.wallet.nv.clone());
        self.events.push(Event::Durable { what, memory });
    }

    fn io_write(&mut self, addr: u16, data: u8) {
        let durable = match (addr, data) {
            (regs::ORM_CMD, op::DIRSCAN | op::SESSREAD | op::PEEK | op::SEND | op::RECEIVE) => None,
            (regs::ORM_CMD, op) => op::name(op),
            (regs::LOG_CMD, 2) => Some("log COMMIT"),
            (regs::LOG_CMD, 3) => Some("log PROGRESS"),
            (regs::LOG_CMD, 4) => Some("log ERASE"),
            (regs::PWR_CMD, 1) => Some("power challenge"),
            _ => None,
        };
        if durable.is_some() || addr == regs::TX_LEN + 1 {
            self.before_event();
        }
        self.wallet.io_write(addr, data, self.plugged);
        // A frame was taken: what is waited for from here is something else.
        self.link_polled &= addr != regs::RX_ACK;
        if let Some(what) = durable {
            self.durable(what);
        }
        // The link takes every frame at once, and so does the data bus: what becomes of it then is
        // the script's affair.
        if let Some((len, _)) = self.wallet.v.tx
            && self.plugged
        {
            self.wallet.v.tx = None;
            self.events
                .push(Event::Frame(self.wallet.v.mbox_tx[..len].into()));
        }
        if self.wallet.v.transfer == Transfer::Sending {
            self.events.push(Event::Data(self.wallet.data().into()));
            self.wallet.end_transfer(self.wallet.clock);
        }
    }

    /// The driver rests. True when it may go on.
    fn rest(&mut self, clocks: u64) -> bool {
        let link_polled = std::mem::take(&mut self.link_polled);
        let v = &self.wallet.v;
        let busy = self.wallet.clock < v.busy_until;
        if busy || !self.plugged || (link_polled && v.rx_valid) {
            self.wallet.clock += clocks;
            return true;
        }
        if self.unplug_in.is_some() {
            // Fewer events than the script says: it comes apart in the wait behind them.
            self.unplug();
            return true;
        }
        let Some(input) = self.script.pop_front() else {
            self.wait = Some(if link_polled { Wait::Frame } else { Wait::Data });
            self.link_polled = link_polled;
            return false;
        };
        self.events.clear();
        self.note_unplug();
        match input {
            Input::Frame(frame) => {
                self.wallet.v.mbox_rx = frame.to_vec();
                self.wallet.v.rx_valid = true;
            }
            Input::Data(bytes) => {
                let start = self.wallet.clock;
                self.wallet.end_transfer(start);
                self.wallet.take_data(&bytes);
                self.durable("token received");
            }
            Input::Silence => self.wallet.clock += FOREVER,
            Input::Unplug(_) => self.unplug(),
        }
        true
    }
}

impl Bus for SoloBus {
    async fn io_read(&self, addr: u16) -> Result<u8, BusError> {
        let mut desk = self.0.borrow_mut();
        desk.wallet.clock += 13;
        desk.link_polled |= addr == regs::LINK_STAT;
        let plugged = desk.plugged;
        Ok(desk.wallet.io_read(addr, plugged))
    }

    async fn io_write(&self, addr: u16, data: u8) -> Result<(), BusError> {
        let mut desk = self.0.borrow_mut();
        desk.wallet.clock += 13;
        desk.io_write(addr, data);
        Ok(())
    }

    async fn fw_read(&self, addr: u32, buf: &mut [u8]) -> Result<(), BusError> {
        self.0.borrow().wallet.fw_read(addr, buf);
        Ok(())
    }

    async fn fw_write(&self, addr: u32, data: &[u8]) -> Result<(), BusError> {
        self.0.borrow_mut().wallet.fw_write(addr, data);
        Ok(())
    }

    async fn idle(&self, clocks: u64) {
        std::future::poll_fn(|_| {
            if self.0.borrow_mut().rest(clocks) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    fn now(&self) -> u64 {
        self.0.borrow().wallet.clock
    }
}
