//! The host end of an LPC bus, nibble by nibble.

use crate::{BusError, Misuse};

/// Limits of a host.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct HostConfig {
    /// Clocks without a driven SYNC after which the host aborts; 3 (SMSC) or 4 (Intel ICH).
    pub nosync_limit: u32,
    /// Wait states after which the host aborts. LPC sets no bound for long waits and hosts differ on
    /// more than 8 short ones (Intel's go on), so this is the only bound here; invariant I11 wants one.
    /// Short and long waits in one cycle are taken too; the decoder remarks both.
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

/// START of I/O cycles.
const START_IO: u8 = 0b0000;
/// START of TPM cycles (TCG; LPC 1.1 lists it as reserved).
const START_TPM: u8 = 0b0101;

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
        let mut request = Self::io(START_IO, addr, 0b0000);
        request.reads = 1;
        request
    }

    /// I/O write of one byte.
    #[must_use]
    pub fn io_write(addr: u16, data: u8) -> Self {
        let mut request = Self::io(START_IO, addr, 0b0010);
        request.push_byte(data);
        request
    }

    /// TPM read of one byte: an I/O read with another START. Bits 15:12 of the address are the locality.
    #[must_use]
    pub fn tpm_read(addr: u16) -> Self {
        let mut request = Self::io(START_TPM, addr, 0b0000);
        request.reads = 1;
        request
    }

    /// TPM write of one byte.
    #[must_use]
    pub fn tpm_write(addr: u16, data: u8) -> Self {
        let mut request = Self::io(START_TPM, addr, 0b0010);
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

    /// Any START code and 1 to 17 nibbles, then the turn-around: a cycle that nobody should answer.
    ///
    /// [`BusError::NoSync`] is the good result; a READY is taken like that of a write. The address
    /// in errors is 0.
    ///
    /// # Errors
    /// [`Misuse::Nibbles`] for another count.
    pub fn raw(start: u8, nibbles: &[u8]) -> Result<Self, Misuse> {
        let count = nibbles.len();
        if count == 0 || count > HOST_NIBBLES {
            return Err(Misuse::Nibbles { count });
        }
        let mut request = Self::empty(0, start & 0xF);
        for nibble in nibbles {
            request.push(*nibble);
        }
        Ok(request)
    }

    fn io(start: u8, addr: u16, cyctype: u8) -> Self {
        let mut request = Self::empty(addr.into(), start);
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

/// The largest firmware read that fits at `addr` within `left` bytes; `left` is at least 1.
#[must_use]
pub fn fw_read_size(addr: u32, left: usize) -> usize {
    if left >= 128 && addr.is_multiple_of(128) {
        128
    } else {
        fw_write_size(addr, left)
    }
}

/// The largest firmware write that fits at `addr` within `left` bytes; `left` is at least 1.
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
///
/// ```
/// use opera_lpc::{HostConfig, LpcHost, Request};
///
/// let mut host = LpcHost::new(HostConfig::default());
/// host.start(Request::io_read(0x0A41))?;
/// // A peripheral that answers READY, 0x80, turn-around from the 10th clock on.
/// let answer = [0x0, 0x0, 0x8, 0xF];
/// let response = (0..)
///     .find_map(|clock: usize| {
///         let pins = host.pins();
///         let driven = clock.checked_sub(9).and_then(|n| answer.get(n)).copied();
///         host.clock(if pins.lad_oe { pins.lad } else { driven.unwrap_or(0xF) }, driven.is_some());
///         host.poll()
///     })
///     .expect("every wait is bounded")?;
/// assert_eq!((response.byte(), response.clocks), (0x80, 13));
/// # Ok::<(), opera_lpc::BusError>(())
/// ```
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
    in_reset: bool,
    stray: u64,
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
            in_reset: false,
            stray: 0,
        }
    }

    /// Drives LRESET# low (`true`) or high. A transfer that is not complete ends at once with
    /// [`BusError::Reset`]; while it is low, LFRAME# is high and LAD is not driven.
    ///
    /// Call it too when another agent pulls LRESET#.
    pub fn set_reset(&mut self, low: bool) {
        if low && self.state != State::Idle {
            let addr = self.request.addr;
            self.error = Some(BusError::Reset { addr });
            self.state = self.finish();
        }
        self.in_reset = low;
    }

    /// LCLK clocks from START of the present or last transfer, its abort included.
    #[must_use]
    pub fn clocks(&self) -> u32 {
        self.response.clocks
    }

    /// Clocks in which a peripheral drove LAD on an idle bus, since the host was made.
    #[must_use]
    pub fn stray_clocks(&self) -> u64 {
        self.stray
    }

    /// Asks for a transfer; its START is driven after the next rising edge.
    ///
    /// # Errors
    /// [`Misuse::Busy`] while another one runs or its result was not taken; [`Misuse::InReset`]
    /// while LRESET# is low.
    pub fn start(&mut self, request: Request) -> Result<(), Misuse> {
        if self.in_reset {
            return Err(Misuse::InReset);
        }
        if self.state != State::Idle || self.result.is_some() {
            return Err(Misuse::Busy);
        }
        self.request = request;
        self.response = Response {
            data: [0; 128],
            length: request.reads,
            waits: 0,
            clocks: 0,
        };
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
            lreset_n: !self.in_reset,
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
            State::Idle => self.stray += u64::from(peripheral_oe),
            State::Pending => {
                // START on a bus that somebody drives would be lost; the abort makes it let go.
                self.state = if peripheral_oe {
                    self.contend()
                } else {
                    State::Start
                };
            }
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
                if n + 1 >= ABORT_CLOCKS && peripheral_oe {
                    self.error = Some(BusError::StillDriven {
                        addr: self.request.addr,
                    });
                }
                self.state = if n + 1 < ABORT_CLOCKS {
                    State::Abort(n + 1)
                } else {
                    State::AbortEnd
                };
            }
            State::AbortEnd => {
                if peripheral_oe {
                    self.error = Some(BusError::StillDriven {
                        addr: self.request.addr,
                    });
                }
                self.state = self.finish();
            }
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
            // The data nibbles of a read still follow an error SYNC. Firmware cycles have none.
            0b1010 if matches!(self.request.start, START_IO | START_TPM) => {
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
