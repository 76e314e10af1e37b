//! Two Verilated boards on a connector, from the pins of the UART to those of the F-RAM.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use opera_bitstream::{Board as Kind, extremes};
use verilated::port_128;

use crate::bus::{Line, LineError};
use crate::fram::{Array, Fram};
use crate::pins::{Top, Vboards, VboardsMint, VboardsMixed};
use crate::uart::{MIXED_CLOCKS_PER_BIT, RTL_CLOCKS_PER_BIT, Uart};

/// Half periods of the clocks of two boards of one kind, in picoseconds: no two boards share a crystal.
const HALF_PERIOD_PS: [u64; 2] = [15_000, 15_500];
/// Clocks that a reset lasts.
const RESET_CLOCKS: u64 = 16;
/// Clocks after which `rtl/board/reset_bridge.v` has let go of its reset.
#[cfg(bitstream)]
const SELF_RESET_CLOCKS: u64 = 300;
/// Clocks after which an answer does not come any more: the longest bus cycle and the longest
/// answer take half of it.
const PATIENCE: u64 = 30_000;

/// Key cells of a board: on an FPGA they are in the bitstream.
#[derive(Clone, Copy)]
pub struct Keys {
    /// Key of token sealing and PTK derivation, byte 0 first.
    pub device: [u8; 16],
    /// Key that answers the power controller's challenge, byte 0 first.
    pub power: [u8; 16],
}

struct Board {
    uart: Uart,
    fram: Fram,
    clk: bool,
    half_period_ps: u64,
    next_edge_ps: u64,
    clocks: u64,
}

/// Groups of pins in the order of `a_differs_o` of testbench/level/bitstream_pair.v.
const GROUPS: [&str; 8] = [
    "the serial line",
    "the LEDs or the USB pull-up",
    "the F-RAM",
    "LAD",
    "LFRAME# or LRESET#",
    "the data bus",
    "the handshakes",
    "mount detect",
];

/// The first time that pins of a board were not as those of the RTL.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Difference {
    /// Clocks of the board since the start.
    pub clock: u64,
    /// Which pins, in words.
    pub pins: &'static str,
}

struct Inner {
    top: Box<dyn Top>,
    boards: [Board; 2],
    now_ps: u64,
    contention: Option<u64>,
    difference: Option<Difference>,
    events: u64,
}

/// Two boards in one Verilated model. Cloning gives another handle on them; everything runs on one
/// thread.
#[derive(Clone)]
pub struct Boards {
    inner: Rc<RefCell<Inner>>,
}

/// Why a bitstream is not simulated.
#[derive(Debug)]
#[non_exhaustive]
pub enum BitstreamError {
    /// The model could not be made.
    Model(verilated::Error),
    /// This build has none.
    NotBuilt,
}

impl fmt::Display for BitstreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Model(error) => write!(f, "simulation model: {error}"),
            Self::NotBuilt => f.write_str(
                "this build has no bitstream; `sh testbench/level.sh bitstream` unpacks one",
            ),
        }
    }
}

impl std::error::Error for BitstreamError {}

impl From<verilated::Error> for BitstreamError {
    fn from(error: verilated::Error) -> Self {
        Self::Model(error)
    }
}

/// What [`Boards::run`] is told after every clock edge.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Step {
    /// Go on.
    GoOn,
    /// Drop both TPCUs and come back.
    Stop,
}

impl Boards {
    /// Powers two boards up, plugged together; board 0 is a mint on request. `seed` decides what
    /// flip-flops and volatile memories hold before their reset.
    ///
    /// # Errors
    /// When the model cannot be made.
    pub fn new(
        mint: bool,
        keys: [Keys; 2],
        arrays: [Array; 2],
        seed: u64,
    ) -> Result<Self, verilated::Error> {
        let top: Box<dyn Top> = match mint {
            false => Box::new(Vboards::new(seed)?),
            true => Box::new(VboardsMint::new(seed)?),
        };
        let lines = HALF_PERIOD_PS.map(|half| (half, RTL_CLOCKS_PER_BIT));
        let boards = Self::with_top(top, lines, keys, arrays);
        boards.step(4 * RESET_CLOCKS);
        Ok(boards)
    }

    /// As [`new`](Self::new), with board 0 unpacked from a bitstream: its keys are those in there, `keys` are its
    /// twin's ([`difference`](Self::difference)), and its serial line is as fast as a real board's. Board 1 is RTL.
    ///
    /// # Errors
    /// When the model cannot be made, or is not in this build.
    pub fn with_bitstream(
        keys: [Keys; 2],
        arrays: [Array; 2],
        seed: u64,
    ) -> Result<Self, BitstreamError> {
        #[cfg(bitstream)]
        {
            let top = Box::new(crate::pins::VboardsBitstream::new(seed)?);
            let [half, other_half] = HALF_PERIOD_PS;
            let lines = [
                (half, crate::uart::BITSTREAM_CLOCKS_PER_BIT),
                (other_half, RTL_CLOCKS_PER_BIT),
            ];
            let boards = Self::with_top(top, lines, keys, arrays);
            // It has no reset pin; it comes out of reset by itself.
            boards.step(4 * SELF_RESET_CLOCKS);
            Ok(boards)
        }
        #[cfg(not(bitstream))]
        {
            let _ = (keys, arrays, seed);
            Err(BitstreamError::NotBuilt)
        }
    }

    /// As [`new`](Self::new), without a mint and with two kinds of board at their own clocks: board 0 is the fastest of
    /// the list of boards, board 1 the slowest. Their serial lines have one rate, twice a real board's.
    ///
    /// # Errors
    /// When the model cannot be made.
    pub fn mixed(keys: [Keys; 2], arrays: [Array; 2], seed: u64) -> Result<Self, verilated::Error> {
        let top = Box::new(VboardsMixed::new(seed)?);
        let half = Self::kinds().map(|kind| 1_000_000_000_000 / 2 / kind.lclk_hz);
        let [fast, slow] = MIXED_CLOCKS_PER_BIT;
        let lines = [(half[0], fast), (half[1], slow)];
        let boards = Self::with_top(top, lines, keys, arrays);
        boards.step(4 * RESET_CLOCKS);
        Ok(boards)
    }

    /// The two boards of [`mixed`](Self::mixed).
    #[must_use]
    pub const fn kinds() -> [&'static Kind; 2] {
        extremes()
    }

    /// `lines`: half a period of each board's clock in picoseconds, and clocks a bit of its serial line.
    fn with_top(
        top: Box<dyn Top>,
        lines: [(u64, u32); 2],
        keys: [Keys; 2],
        arrays: [Array; 2],
    ) -> Self {
        let [first, second] = arrays;
        let boards = [(0, first), (1, second)].map(|(n, array)| Board {
            uart: Uart::new(lines[n].1),
            fram: Fram::new(array),
            clk: false,
            half_period_ps: lines[n].0,
            next_edge_ps: lines[n].0,
            clocks: 0,
        });
        let mut inner = Inner {
            top,
            boards,
            now_ps: 0,
            contention: None,
            difference: None,
            events: 0,
        };
        for (n, keys) in keys.iter().enumerate() {
            inner
                .top
                .set_keys(n, port_128(&keys.device), port_128(&keys.power));
            inner.top.set_rst_n(n, false);
            inner.top.set_rx(n, true);
            inner.top.set_miso(n, true);
        }
        inner.top.set_plugged(true);
        inner.top.eval();
        let boards = Self {
            inner: Rc::new(RefCell::new(inner)),
        };
        boards.step(4 * RESET_CLOCKS);
        for n in 0..2 {
            boards.inner.borrow_mut().top.set_rst_n(n, true);
        }
        boards
    }

    /// Runs both boards for some clock edges.
    pub fn step(&self, edges: u64) {
        let mut inner = self.inner.borrow_mut();
        for _ in 0..edges {
            inner.edge();
        }
    }

    /// Plugs the boards together or pulls them apart.
    pub fn plug(&self, plugged: bool) {
        self.inner.borrow_mut().top.set_plugged(plugged);
    }

    /// Clocks of a board since the start.
    #[must_use]
    pub fn clocks(&self, board: usize) -> u64 {
        self.inner.borrow().boards[board].clocks
    }

    /// Whether both boards drove LAD in one clock: the first time, in picoseconds.
    #[must_use]
    pub fn contention(&self) -> Option<u64> {
        self.inner.borrow().contention
    }

    /// Where a board out of a bitstream first showed pins that the RTL, which sees the same, does not show.
    /// All pins are looked at after each edge of either clock.
    #[must_use]
    pub fn difference(&self) -> Option<Difference> {
        self.inner.borrow().difference
    }

    /// Whether a board's F-RAM controller gave up.
    #[must_use]
    pub fn nv_trap(&self, board: usize) -> bool {
        self.inner.borrow().top.nv_trap(board)
    }

    /// Whether a board's ORM is switched on.
    #[must_use]
    pub fn orm_on(&self, board: usize) -> bool {
        self.inner.borrow().top.orm_on(board)
    }

    /// The serial line of a board.
    #[must_use]
    pub fn line(&self, board: usize) -> SimLine {
        SimLine {
            boards: self.clone(),
            board,
        }
    }

    /// Gives a board's UART bytes that came from outside.
    pub fn put(&self, board: usize, bytes: &[u8]) {
        self.inner.borrow_mut().boards[board]
            .uart
            .to_board
            .extend(bytes);
    }

    /// Takes the bytes that a board has sent.
    #[must_use]
    pub fn take(&self, board: usize) -> Vec<u8> {
        self.inner.borrow_mut().boards[board]
            .uart
            .from_board
            .drain(..)
            .collect()
    }

    /// Whether nothing is on either serial line.
    #[must_use]
    pub fn quiet(&self) -> bool {
        self.inner
            .borrow()
            .boards
            .iter()
            .all(|board| board.uart.quiet())
    }

    /// The first error of the model, or of a wallet file.
    ///
    /// # Errors
    /// That error, as a sentence.
    pub fn check(&self) -> Result<(), String> {
        let inner = self.inner.borrow();
        for board in &inner.boards {
            if let Some(failure) = board.fram.failure() {
                return Err(failure.to_owned());
            }
        }
        inner.top.check().map_err(|error| error.to_string())
    }

    /// Runs two TPCUs on [`line`](Self::line)s until both are done, `limit` clocks of board 0 have
    /// passed, or `after` stops it.
    pub fn run<A, B>(
        &self,
        a: impl Future<Output = A>,
        b: impl Future<Output = B>,
        limit: u64,
        mut after: impl FnMut(&Self) -> Step,
    ) -> (Option<A>, Option<B>) {
        let mut a: Pin<Box<dyn Future<Output = A> + '_>> = Box::pin(a);
        let mut b: Pin<Box<dyn Future<Output = B> + '_>> = Box::pin(b);
        let (mut from_a, mut from_b) = (None, None);
        let end = self.clocks(0) + limit;
        let mut context = Context::from_waker(Waker::noop());
        loop {
            if from_a.is_none()
                && let Poll::Ready(value) = a.as_mut().poll(&mut context)
            {
                from_a = Some(value);
            }
            if from_b.is_none()
                && let Poll::Ready(value) = b.as_mut().poll(&mut context)
            {
                from_b = Some(value);
            }
            if from_a.is_some() && from_b.is_some() || self.clocks(0) >= end {
                return (from_a, from_b);
            }
            // To the next byte, or for a while: silence has an end too.
            let (events, now) = (self.inner.borrow().events, self.clocks(0));
            while self.inner.borrow().events == events && self.clocks(0) < now + 256 {
                self.step(1);
                if after(self) == Step::Stop {
                    return (from_a, from_b);
                }
            }
        }
    }

    /// Cuts the power of both boards and takes the F-RAMs' cells out. Bytes that are not yet in an
    /// array are lost.
    #[must_use]
    pub fn into_arrays(self) -> [Array; 2] {
        let mut inner = self.inner.borrow_mut();
        [0, 1].map(|n| {
            let fram = std::mem::replace(&mut inner.boards[n].fram, Fram::new(Array::in_memory()));
            fram.into_array()
        })
    }
}

impl Inner {
    fn edge(&mut self) {
        let n = usize::from(self.boards[1].next_edge_ps < self.boards[0].next_edge_ps);
        let board = &mut self.boards[n];
        self.now_ps = board.next_edge_ps;
        board.next_edge_ps += board.half_period_ps;
        board.clk = !board.clk;
        self.top.set_clk(n, board.clk);
        self.top.eval();
        if self.contention.is_none() && self.top.contention() {
            self.contention = Some(self.now_ps);
        }
        if self.difference.is_none()
            && let Some(&pins) = GROUPS.get(self.top.differs().trailing_zeros() as usize)
        {
            self.difference = Some(Difference {
                clock: self.boards[0].clocks,
                pins,
            });
        }
        let board = &mut self.boards[n];
        if !board.clk {
            return;
        }
        board.clocks += 1;
        let before = board.uart.from_board.len();
        board.uart.take(self.top.tx(n));
        self.events += (board.uart.from_board.len() - before) as u64;
        self.top.set_rx(n, board.uart.drive());
        self.top
            .set_miso(n, board.fram.drive(self.top.spi(n), self.now_ps));
    }
}

/// The serial line of a simulated board, on which time is the board's.
pub struct SimLine {
    boards: Boards,
    board: usize,
}

impl SimLine {
    async fn until<T>(&self, clocks: u64, ready: impl Fn() -> Option<T>) -> Option<T> {
        let end = self.boards.clocks(self.board) + clocks;
        std::future::poll_fn(|_| match ready() {
            Some(value) => Poll::Ready(Some(value)),
            None if self.boards.clocks(self.board) >= end => Poll::Ready(None),
            None => Poll::Pending,
        })
        .await
    }
}

impl Line for SimLine {
    async fn send(&self, bytes: &[u8]) -> Result<(), LineError> {
        self.boards.put(self.board, bytes);
        Ok(())
    }

    async fn receive(&self) -> Result<u8, LineError> {
        let byte = || {
            self.boards.inner.borrow_mut().boards[self.board]
                .uart
                .from_board
                .pop_front()
        };
        self.until(PATIENCE, byte).await.ok_or(LineError::Silent)
    }

    async fn rest(&self, clocks: u64) {
        let _: Option<()> = self.until(clocks, || None).await;
    }

    fn clocks_per_byte(&self) -> u64 {
        u64::from(
            self.boards.inner.borrow().boards[self.board]
                .uart
                .clocks_per_bit,
        ) * 10
    }

    fn patience(&self) -> u64 {
        PATIENCE
    }
}
