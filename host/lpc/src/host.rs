//! The host end of an LPC bus, nibble by nibble.

use crate::{BusError, Misuse};

/// Limits of a host.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct HostConfig {
    /// Clocks without a driven SYNC after which the host aborts; 3 (SMSC) or 4 (Intel ICH).
    pub nosync_limit: u32,
    /// Wait states after which the host aborts. LPC sets no bound; invariant I11 wants one.
    pub wait_limit: u32,
}

impl Default for HostConfig {
    fn default() -> Self {
        Self {
            nosync_limit: 4,
            wait_limit: 4096,
        }
    }
}

/// What the host drives in one clock.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct HostPins {
    /// LFRAME#.
    pub lframe_n: bool,
    /// LRESET#.
    pub lreset_n: bool,
    /// LAD nibble, meaningful while `lad_oe`.
    pub lad: u8,
    /// Whether the host drives LAD.
    pub lad_oe: bool,
}

/// Most nibbles a host drives between START and its turn-around: firmware write of 4 bytes.
const HOST_NIBBLES: usize = 17;

/// One transfer to put on the bus.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Request {
    addr: u32,
    start: u8,
    nibbles: [u8; HOST_NIBBLES],
    count: u8,
    /// Bytes that the peripheral returns.
    reads: u8,
}

impl Request {
    /// I/O read of one byte.
    #[must_use]
    pub fn io_read(addr: u16) -> Self {
        let mut request = Self::io(addr, 0b0000);
        request.reads = 1;
        request
    }

    /// I/O write of one byte.
    #[must_use]
    pub fn io_write(addr: u16, data: u8) -> Self {
        let mut request = Self::io(addr, 0b0010);
        request.push_byte(data);
        request
    }

    /// Firmware-memory read of 1, 2, 4 or 128 bytes, IDSEL 0.
    ///
    /// # Errors
    /// [`Misuse`] for another size, an address above 28 bits or not aligned to the size.
    pub fn fw_read(addr: u32, bytes: usize) -> Result<Self, Misuse> {
        let mut request = Self::fw(addr, bytes, 0b1101)?;
        request.reads = bytes as u8;
        Ok(request)
    }

    /// Firmware-memory write of 1, 2 or 4 bytes, IDSEL 0.
    ///
    /// # Errors
    /// [`Misuse`] for another size, an address above 28 bits or not aligned to the size.
    pub fn fw_write(addr: u32, data: &[u8]) -> Result<Self, Misuse> {
        if data.len() == 128 {
            return Err(Misuse::Size { bytes: 128 });
        }
        let mut request = Self::fw(addr, data.len(), 0b1110)?;
        for byte in data {
            request.push_byte(*byte);
        }
        Ok(request)
    }

    fn io(addr: u16, cyctype: u8) -> Self {
        let mut request = Self::empty(addr.into(), 0b0000);
        request.push(cyctype);
        for shift in [12, 8, 4, 0] {
            request.push((addr >> shift) as u8);
        }
        request
    }

    fn fw(addr: u32, bytes: usize, start: u8) -> Result<Self, Misuse> {
        let msize = match bytes {
            1 => 0,
            2 => 1,
            4 => 2,
            128 => 7,
            _ => return Err(Misuse::Size { bytes }),
        };
        if addr >> 28 != 0 {
            return Err(Misuse::Address { addr });
        }
        if !(addr as usize).is_multiple_of(bytes) {
            return Err(Misuse::Unaligned { addr, bytes });
        }
        let mut request = Self::empty(addr, start);
        request.push(0);
        for nibble in (0..7).rev() {
            request.push((addr >> (4 * nibble)) as u8);
        }
        request.push(msize);
        Ok(request)
    }

    fn empty(addr: u32, start: u8) -> Self {
        Self {
            addr,
            start,
            nibbles: [0; HOST_NIBBLES],
            count: 0,
            reads: 0,
        }
    }

    fn push(&mut self, nibble: u8) {
        self.nibbles[usize::from(self.count)] = nibble & 0xF;
        self.count += 1;
    }

    fn push_byte(&mut self, byte: u8) {
        self.push(byte);
        self.push(byte >> 4);
    }
}

/// The largest firmware read that fits at `addr` within `left` bytes.
#[must_use]
pub fn fw_read_size(addr: u32, left: usize) -> usize {
    if left >= 128 && addr.is_multiple_of(128) {
        128
    } else {
        fw_write_size(addr, left)
    }
}

/// The largest firmware write that fits at `addr` within `left` bytes.
#[must_use]
pub fn fw_write_size(addr: u32, left: usize) -> usize {
    if left >= 4 && addr.is_multiple_of(4) {
        4
    } else if left >= 2 && addr.is_multiple_of(2) {
        2
    } else {
        1
    }
}

/// A completed transfer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Response {
    data: [u8; 128],
    length: u8,
    /// Wait states seen.
    pub waits: u32,
    /// LCLK clocks from START to the last turn-around.
    pub clocks: u32,
}

impl Response {
    /// The bytes read; empty after a write.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.data[..usize::from(self.length)]
    }

    /// The first byte read, 0 after a write.
    #[must_use]
    pub fn byte(&self) -> u8 {
        self.data[0]
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Idle,
    /// Requested; START goes out in the next clock.
    Pending,
    Start,
    /// Nibble `n` of the request is on LAD.
    Drive(u8),
    Tar1,
    Tar2,
    Sync,
    /// Nibble `n` of the answer is due.
    Data(u16),
    PeripheralTar1,
    PeripheralTar2,
    /// LFRAME# is low for the `n`th clock.
    Abort(u8),
    /// LFRAME# is high again.
    AbortEnd,
}

/// Clocks of LFRAME# low in an abort (LPC 1.1: at least 4).
const ABORT_CLOCKS: u8 = 4;

/// The host end of one LPC bus.
///
/// Call [`LpcHost::clock`] once per rising edge of LCLK with what was on the wires just before it;
/// [`LpcHost::pins`] then tells what to drive until the next edge.
#[derive(Clone, Debug)]
pub struct LpcHost {
    config: HostConfig,
    state: State,
    request: Request,
    response: Response,
    /// Clocks without SYNC, or waits.
    silent: u32,
    error: Option<BusError>,
    result: Option<Result<Response, BusError>>,
}

impl LpcHost {
    /// A host on an idle bus.
    #[must_use]
    pub fn new(config: HostConfig) -> Self {
        Self {
            config,
            state: State::Idle,
            request: Request::empty(0, 0),
            response: Response {
                data: [0; 128],
                length: 0,
                waits: 0,
                clocks: 0,
            },
            silent: 0,
            error: None,
            result: None,
        }
    }

    /// Asks for a transfer; its START is driven after the next rising edge.
    ///
    /// # Errors
    /// [`Misuse::Busy`] while another one runs or its result was not taken.
    pub fn start(&mut self, request: Request) -> Result<(), Misuse> {
        if self.state != State::Idle || self.result.is_some() {
            return Err(Misuse::Busy);
        }
        self.request = request;
        self.response.length = request.reads;
        self.response.waits = 0;
        self.response.clocks = 0;
        self.silent = 0;
        self.error = None;
        self.state = State::Pending;
        Ok(())
    }

    /// True from [`LpcHost::start`] until the result is there.
    #[must_use]
    pub fn busy(&self) -> bool {
        self.state != State::Idle
    }

    /// True while a transfer occupies the wires.
    #[must_use]
    pub fn on_bus(&self) -> bool {
        !matches!(self.state, State::Idle | State::Pending)
    }

    /// The result of the last transfer, once.
    pub fn poll(&mut self) -> Option<Result<Response, BusError>> {
        self.result.take()
    }

    /// What to drive in the present clock.
    #[must_use]
    #[inline]
    pub fn pins(&self) -> HostPins {
        let (lframe_n, drive) = match self.state {
            State::Start => (false, Some(self.request.start)),
            State::Drive(n) => (true, Some(self.request.nibbles[usize::from(n)])),
            State::Tar1 => (true, Some(0xF)),
            State::Abort(n) => (false, (n + 1 >= ABORT_CLOCKS).then_some(0xF)),
            _ => (true, None),
        };
        HostPins {
            lframe_n,
            lreset_n: true,
            lad: drive.unwrap_or(0xF),
            lad_oe: drive.is_some(),
        }
    }

    /// One rising edge of LCLK. `lad` is the resolved nibble before the edge (1111 when nobody
    /// drives), `peripheral_oe` whether a peripheral drove it.
    #[inline]
    pub fn clock(&mut self, lad: u8, peripheral_oe: bool) {
        if self.on_bus() {
            self.response.clocks += 1;
        }
        match self.state {
            State::Idle => {}
            State::Pending => self.state = State::Start,
            State::Start => {
                self.state = if peripheral_oe {
                    self.contend()
                } else {
                    State::Drive(0)
                };
            }
            State::Drive(n) => {
                self.state = if peripheral_oe {
                    self.contend()
                } else if n + 1 < self.request.count {
                    State::Drive(n + 1)
                } else {
                    State::Tar1
                };
            }
            State::Tar1 => {
                self.state = if peripheral_oe {
                    self.contend()
                } else {
                    State::Tar2
                };
            }
            State::Tar2 => {
                self.state = if peripheral_oe {
                    self.contend()
                } else {
                    State::Sync
                };
            }
            State::Sync => self.state = self.sync(lad, peripheral_oe),
            State::Data(n) => self.state = self.data(n, lad, peripheral_oe),
            State::PeripheralTar1 => {
                self.state = if lad == 0xF {
                    State::PeripheralTar2
                } else {
                    self.fail(BusError::BadTurnAround {
                        addr: self.request.addr,
                        lad,
                    })
                };
            }
            State::PeripheralTar2 => {
                self.state = if peripheral_oe {
                    self.fail(BusError::Contention {
                        addr: self.request.addr,
                    })
                } else {
                    self.finish()
                };
            }
            State::Abort(n) => {
                self.state = if n + 1 < ABORT_CLOCKS {
                    State::Abort(n + 1)
                } else {
                    State::AbortEnd
                };
            }
            State::AbortEnd => self.state = self.finish(),
        }
    }

    fn sync(&mut self, lad: u8, driven: bool) -> State {
        let addr = self.request.addr;
        if !driven || lad == 0xF {
            if self.response.waits > 0 {
                return self.fail(BusError::Vanished { addr });
            }
            self.silent += 1;
            if self.silent >= self.config.nosync_limit {
                return self.fail(BusError::NoSync {
                    addr,
                    waited: self.silent,
                });
            }
            return State::Sync;
        }
        match lad {
            0b0000 => self.answered(),
            0b0101 | 0b0110 => {
                self.response.waits += 1;
                if self.response.waits >= self.config.wait_limit {
                    return self.fail(BusError::WaitTooLong {
                        addr,
                        waited: self.response.waits,
                    });
                }
                State::Sync
            }
            // The data nibbles of a read still follow an error SYNC.
            0b1010 => {
                self.error = Some(BusError::Refused { addr });
                self.answered()
            }
            code => self.fail(BusError::BadSync { addr, code }),
        }
    }

    fn answered(&self) -> State {
        if self.request.reads > 0 {
            State::Data(0)
        } else {
            State::PeripheralTar1
        }
    }

    fn data(&mut self, n: u16, lad: u8, driven: bool) -> State {
        if !driven {
            return self.fail(BusError::Undriven {
                addr: self.request.addr,
            });
        }
        let byte = &mut self.response.data[usize::from(n / 2)];
        *byte = if n.is_multiple_of(2) {
            lad
        } else {
            *byte | lad << 4
        };
        if n + 1 < 2 * u16::from(self.request.reads) {
            State::Data(n + 1)
        } else {
            State::PeripheralTar1
        }
    }

    fn contend(&mut self) -> State {
        self.fail(BusError::Contention {
            addr: self.request.addr,
        })
    }

    fn fail(&mut self, error: BusError) -> State {
        self.error = Some(error);
        State::Abort(0)
    }

    fn finish(&mut self) -> State {
        self.result = Some(match self.error {
            Some(error) => Err(error),
            None => Ok(self.response),
        });
        State::Idle
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs a request against a scripted peripheral: what it drives in each clock from the first
    /// SYNC clock on; `None` drives nothing. Returns the result and whether the bus ended idle.
    fn script(request: Request, answer: &[Option<u8>]) -> Result<Response, BusError> {
        let mut host = LpcHost::new(HostConfig {
            nosync_limit: 3,
            wait_limit: 20,
        });
        host.start(request).expect("idle");
        let lead = usize::from(request.count) + 4;
        for n in 0..10_000usize {
            let pins = host.pins();
            let aborting = !pins.lframe_n && n > 1;
            let driven = (!aborting)
                .then(|| {
                    n.checked_sub(lead)
                        .and_then(|i| answer.get(i).copied().flatten())
                })
                .flatten();
            let lad = if pins.lad_oe {
                pins.lad
            } else {
                driven.unwrap_or(0xF)
            };
            host.clock(lad, driven.is_some());
            if let Some(result) = host.poll() {
                assert!(!host.busy() && !host.pins().lad_oe && host.pins().lframe_n);
                return result;
            }
        }
        panic!("no result");
    }

    const READ: fn() -> Request = || Request::io_read(0x0A41);

    fn some(nibbles: &[u8]) -> Vec<Option<u8>> {
        nibbles.iter().map(|n| Some(*n)).collect()
    }

    #[test]
    fn a_read_without_waits_takes_13_clocks() {
        let response = script(READ(), &some(&[0, 0xC, 0x3, 0xF])).expect("good");
        assert_eq!(
            (response.byte(), response.clocks, response.waits),
            (0x3C, 13, 0)
        );
    }

    #[test]
    fn a_write_without_waits_takes_13_clocks() {
        let response = script(Request::io_write(0x0A41, 9), &some(&[0, 0xF])).expect("good");
        assert_eq!((response.data(), response.clocks), (&[][..], 13));
    }

    #[test]
    fn a_firmware_read_of_128_bytes_takes_271_clocks() {
        let mut answer = vec![0];
        answer.extend((0..256).map(|n| ((n / 2 * 7) >> (4 * (n % 2)) & 0xF) as u8));
        answer.push(0xF);
        let response = script(Request::fw_read(0x3000, 128).expect("good"), &some(&answer));
        let response = response.expect("good");
        assert_eq!(response.clocks, 271);
        assert!(
            response
                .data()
                .iter()
                .enumerate()
                .all(|(n, b)| *b == (n * 7) as u8)
        );
    }

    #[test]
    fn every_bad_answer_has_its_own_error() {
        let addr = 0x0A41;
        let cases: Vec<(&str, Vec<Option<u8>>, BusError)> = vec![
            ("1 no SYNC", vec![], BusError::NoSync { addr, waited: 3 }),
            (
                "2 reserved SYNC",
                some(&[3]),
                BusError::BadSync { addr, code: 3 },
            ),
            (
                "3 DMA SYNC",
                some(&[9]),
                BusError::BadSync { addr, code: 9 },
            ),
            (
                "5 long wait for ever",
                some(&[6; 64]),
                BusError::WaitTooLong { addr, waited: 20 },
            ),
            (
                "9 wait, then gone",
                some(&[6, 6]),
                BusError::Vanished { addr },
            ),
            (
                "10 error SYNC",
                some(&[0xA, 1, 2, 0xF]),
                BusError::Refused { addr },
            ),
            (
                "10 error SYNC, no data",
                some(&[0xA]),
                BusError::Undriven { addr },
            ),
            (
                "11 no 1111 after data",
                some(&[0, 1, 2, 3]),
                BusError::BadTurnAround { addr, lad: 3 },
            ),
            (
                "12 drives in TAR2",
                some(&[0, 1, 2, 0xF, 0xF]),
                BusError::Contention { addr },
            ),
            (
                "14 data not driven",
                some(&[0, 1]),
                BusError::Undriven { addr },
            ),
            (
                "18 stuck at 0000",
                some(&[0; 64]),
                BusError::BadTurnAround { addr, lad: 0 },
            ),
            (
                "19 stuck at 0101",
                some(&[5; 64]),
                BusError::WaitTooLong { addr, waited: 20 },
            ),
            (
                "23 READY twice",
                some(&[0, 0, 1, 2, 0xF]),
                BusError::BadTurnAround { addr, lad: 2 },
            ),
            (
                "24 extra data",
                some(&[0, 1, 2, 3, 4]),
                BusError::BadTurnAround { addr, lad: 3 },
            ),
        ];
        for (name, answer, error) in cases {
            assert_eq!(script(READ(), &answer), Err(error), "{name}");
        }
    }

    #[test]
    fn a_late_sync_within_the_limit_and_mixed_waits_are_taken() {
        for lead in 0..3 {
            let mut answer = vec![None; lead];
            answer.extend(some(&[5, 6, 0, 1, 2, 0xF]));
            assert_eq!(script(READ(), &answer).map(|r| r.byte()), Ok(0x21));
        }
    }

    #[test]
    fn misuse_is_refused_before_the_bus_moves() {
        assert_eq!(Request::fw_read(0, 3), Err(Misuse::Size { bytes: 3 }));
        assert_eq!(Request::fw_read(0, 0), Err(Misuse::Size { bytes: 0 }));
        assert_eq!(
            Request::fw_write(0, &[0; 128]),
            Err(Misuse::Size { bytes: 128 })
        );
        assert_eq!(
            Request::fw_read(1 << 28, 1),
            Err(Misuse::Address { addr: 1 << 28 })
        );
        assert_eq!(
            Request::fw_read(2, 4),
            Err(Misuse::Unaligned { addr: 2, bytes: 4 })
        );
        let mut host = LpcHost::new(HostConfig::default());
        host.start(READ()).expect("idle");
        assert_eq!(host.start(READ()), Err(Misuse::Busy));
    }
}
