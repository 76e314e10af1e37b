//! The internal LPC bus of a board, over its serial line.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::Future;

use opera_lpc::{Bus, BusError, fw_read_size, fw_write_size};

use crate::frame::{ANSWER_BYTES_MAX, Answer, Collector, Operation, request};

/// Times that a request is sent before the board is given up.
const TRIES: u32 = 4;
/// Bytes after which a line that says something else is as good as silent: an answer, the late ones to
/// the tries before it, and as much again.
const BABBLE: usize = 2 * TRIES as usize * ANSWER_BYTES_MAX;
/// How much slower time passes for the limits of waits. They are set for a bus whose cycle takes some twenty
/// clocks; over a serial line one takes a thousand and more, and a partner has as many to do.
const SLOWER: u64 = 32;
/// An I/O address at which nothing answers: writing there counts as a write and does nothing.
const NOWHERE: u16 = 0xFFFF;

/// `err_o` of `rtl/lpc_host.v`, and its limits in clocks.
mod status {
    pub(super) const NOSYNC_LIMIT: u32 = 4;
    pub(super) const LONG_LIMIT: u32 = 4096;
    pub(super) const NO_SYNC: u8 = 1;
    pub(super) const BAD_SYNC: u8 = 2;
    pub(super) const REFUSED: u8 = 3;
    pub(super) const WAIT: u8 = 4;
}

/// Why a line gave no byte.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum LineError {
    /// Nothing came for as long as an answer may take, or nothing that is one.
    Silent,
    /// The port is gone: unplugged, or closed at its other end.
    Gone,
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Silent => "no answer from the board; is it powered, and is this its port?",
            Self::Gone => "the serial port is gone",
        })
    }
}

impl std::error::Error for LineError {}

/// A serial line to a board.
pub trait Line {
    /// Sends bytes.
    fn send(&self, bytes: &[u8]) -> impl Future<Output = Result<(), LineError>>;
    /// The next byte.
    fn receive(&self) -> impl Future<Output = Result<u8, LineError>>;
    /// Lets some clocks of the board pass.
    fn rest(&self, clocks: u64) -> impl Future<Output = ()>;
    /// Clocks of the board's LCLK that one byte takes.
    fn clocks_per_byte(&self) -> u64;
    /// Clocks of the board's LCLK after which it is [`LineError::Silent`].
    fn patience(&self) -> u64;
}

/// A board's internal LPC bus.
///
/// Each write is done exactly once: it is repeated under its sequence number until it is answered,
/// and the bridge does none twice. [`now`](Bus::now) counts a part of the clocks that bytes and rests
/// take at least, so that waits have a bound on a slow line, too, and their partner the time it needs.
pub struct SerialBus<L> {
    line: L,
    collector: RefCell<Collector>,
    reads: Cell<u8>,
    writes: Cell<u8>,
    clocks: Cell<u64>,
    repeated: Cell<u64>,
}

impl<L: Line> SerialBus<L> {
    /// Meets the board on a line.
    ///
    /// # Errors
    /// When no bridge answers.
    pub async fn connect(line: L) -> Result<Self, BusError> {
        let bus = Self {
            line,
            collector: RefCell::default(),
            reads: Cell::new(0),
            writes: Cell::new(0),
            clocks: Cell::new(0),
            repeated: Cell::new(0),
        };
        bus.transfer(Operation::Nothing).await?;
        // The bridge remembers the number of the last write of whoever was here before. After two
        // writes it is ours; a first write that it took for a repeat would be lost.
        for _ in 0..2 {
            match bus.transfer(Operation::IoWrite(NOWHERE, 0)).await {
                Err(BusError::NoSync { .. }) => {}
                Err(error) => return Err(error),
                Ok(_) => {
                    return Err(BusError::Foreign {
                        addr: NOWHERE.into(),
                    });
                }
            }
        }
        Ok(bus)
    }

    /// Clocks of the board that bytes and rests have taken at least.
    #[must_use]
    pub fn clocks(&self) -> u64 {
        self.clocks.get()
    }

    /// Requests that had to be sent again.
    #[must_use]
    pub fn repeated(&self) -> u64 {
        self.repeated.get()
    }

    fn pass(&self, clocks: u64) {
        self.clocks.set(self.clocks.get() + clocks);
    }

    /// The answer to the request sent last, or silence.
    async fn answer(&self, sequence: u8) -> Result<Answer, LineError> {
        for _ in 0..BABBLE {
            let byte = match self.line.receive().await {
                Ok(byte) => byte,
                Err(error) => {
                    self.pass(self.line.patience());
                    return Err(error);
                }
            };
            self.pass(self.line.clocks_per_byte());
            let answer = self.collector.borrow_mut().push(byte);
            match answer {
                Some(answer) if answer.sequence == sequence => return Ok(answer),
                _ => {}
            }
        }
        Err(LineError::Silent)
    }

    async fn transfer(&self, operation: Operation) -> Result<Vec<u8>, BusError> {
        let addr = operation.address();
        // Reads and writes are counted apart: two writes in a row never have one number.
        let (counter, high) = match operation.writes() {
            true => (&self.writes, 0x80),
            false => (&self.reads, 0),
        };
        let sequence = counter.get() | high;
        counter.set((counter.get() + 1) & 0x7F);
        let frame = request(sequence, operation);
        for attempt in 0..TRIES {
            if attempt > 0 {
                self.repeated.set(self.repeated.get() + 1);
            }
            let gone = |_| BusError::NoAnswer {
                addr,
                tries: attempt + 1,
            };
            self.line.send(&frame).await.map_err(gone)?;
            self.pass(self.line.clocks_per_byte() * frame.len() as u64);
            match self.answer(sequence).await {
                Ok(answer) => return judge(operation, answer),
                // What was left of an answer is no part of the next.
                Err(LineError::Silent) => self.collector.borrow_mut().clear(),
                Err(error) => return Err(gone(error)),
            }
        }
        Err(BusError::NoAnswer { addr, tries: TRIES })
    }
}

/// What an answer means.
fn judge(operation: Operation, answer: Answer) -> Result<Vec<u8>, BusError> {
    let addr = operation.address();
    match answer.status {
        0 if answer.data.len() == operation.reads() => Ok(answer.data),
        // A bridge that reads another number of bytes is none of ours.
        0 => Err(BusError::Foreign { addr }),
        status::NO_SYNC => Err(BusError::NoSync {
            addr,
            waited: status::NOSYNC_LIMIT,
        }),
        status::BAD_SYNC => Err(BusError::BadSync { addr, code: 0 }),
        status::REFUSED => Err(BusError::Refused { addr }),
        status::WAIT => Err(BusError::WaitTooLong {
            addr,
            waited: status::LONG_LIMIT,
        }),
        _ => Err(BusError::Contention { addr }),
    }
}

impl<L: Line> Bus for SerialBus<L> {
    async fn io_read(&self, addr: u16) -> Result<u8, BusError> {
        Ok(self.transfer(Operation::IoRead(addr)).await?[0])
    }

    async fn io_write(&self, addr: u16, data: u8) -> Result<(), BusError> {
        self.transfer(Operation::IoWrite(addr, data)).await?;
        Ok(())
    }

    async fn fw_read(&self, addr: u32, buf: &mut [u8]) -> Result<(), BusError> {
        let mut at = addr;
        let mut rest = buf;
        while !rest.is_empty() {
            let size = fw_read_size(at, rest.len());
            let (head, tail) = rest.split_at_mut(size);
            let operation = Operation::FwRead(checked(at)?, size);
            head.copy_from_slice(&self.transfer(operation).await?);
            at += size as u32;
            rest = tail;
        }
        Ok(())
    }

    async fn fw_write(&self, addr: u32, data: &[u8]) -> Result<(), BusError> {
        let mut at = addr;
        let mut rest = data;
        while !rest.is_empty() {
            let size = fw_write_size(at, rest.len());
            let (head, tail) = rest.split_at(size);
            let word = head
                .iter()
                .rev()
                .fold(0, |word, &b| word << 8 | u32::from(b));
            self.transfer(Operation::FwWrite(checked(at)?, word, size))
                .await?;
            at += size as u32;
            rest = tail;
        }
        Ok(())
    }

    async fn idle(&self, clocks: u64) {
        self.pass(clocks);
        self.line.rest(clocks).await;
    }

    fn now(&self) -> u64 {
        self.clocks.get() / SLOWER
    }
}

fn checked(addr: u32) -> Result<u32, BusError> {
    match addr < 1 << 28 {
        true => Ok(addr),
        false => Err(opera_lpc::Misuse::Address { addr }.into()),
    }
}
