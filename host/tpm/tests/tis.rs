//! The driver of the FIFO interface against chips that do not do their part: each has a name, each wait an end.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use opera_lpc::{Bus, BusError, TpmBus};
use opera_regs as regs;
use opera_regs::field;
use opera_tpm::{Tis, TisError, TisLimits};

const LIMITS: TisLimits = TisLimits {
    register: 500,
    command: 3_000,
};

/// What a chip does wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fault {
    None,
    /// Nobody drives LAD: every read is ones.
    Absent,
    /// Another interface.
    OldVersion,
    LocalityTaken,
    NeverReady,
    /// Takes so many bytes and no more.
    StopsTaking(usize),
    /// Has enough before the last byte.
    EnoughEarly,
    /// Wants more after the last byte.
    WantsMore,
    Silent,
    /// The size field of the response.
    Size(u32),
    StopsGiving(usize),
    GivesMore,
    StatusNeverValid,
    /// Loses its locality when the command starts.
    LosesLocality,
    /// This cycle fails.
    Cycle(u64),
}

/// A chip as the specification has it, but for its fault; on a bus of its own.
struct Chip {
    fault: Fault,
    now: Cell<u64>,
    cycles: Cell<u64>,
    active: Cell<bool>,
    /// 0 idle, 1 takes a command, 2 executes, 3 gives the response.
    state: Cell<u8>,
    command: RefCell<Vec<u8>>,
    response: RefCell<Vec<u8>>,
    length: usize,
}

const COMMAND: [u8; 90] = {
    let mut command = [7; 90];
    command[2] = 0;
    command[3] = 0;
    command[4] = 0;
    command[5] = 90;
    command
};

fn answer(size: u32) -> Vec<u8> {
    let mut response = vec![0x80, 1];
    response.extend(size.to_be_bytes());
    response.extend((6..70).map(|n| n as u8));
    response
}

impl Chip {
    fn new(fault: Fault) -> Self {
        let size = match fault {
            Fault::Size(size) => size,
            _ => 70,
        };
        let mut response = answer(size);
        if fault == Fault::GivesMore {
            response.push(1);
        }
        Self {
            fault,
            now: Cell::new(0),
            cycles: Cell::new(0),
            active: Cell::new(false),
            state: Cell::new(0),
            command: RefCell::default(),
            response: RefCell::new(response),
            length: COMMAND.len(),
        }
    }

    fn cycle(&self) -> Result<(), BusError> {
        self.now.set(self.now.get() + 13);
        self.cycles.set(self.cycles.get() + 1);
        if self.fault == Fault::Cycle(self.cycles.get()) {
            return Err(BusError::Refused { addr: 0 });
        }
        Ok(())
    }

    fn expects(&self) -> bool {
        let taken = self.command.borrow().len();
        match self.fault {
            Fault::EnoughEarly => taken + 1 < self.length,
            Fault::WantsMore => true,
            _ => taken < self.length,
        }
    }

    fn given(&self) -> usize {
        71 - self.response.borrow().len()
    }

    fn burst(&self) -> u8 {
        let full = match self.fault {
            Fault::StopsTaking(n) => self.state.get() == 1 && self.command.borrow().len() >= n,
            Fault::StopsGiving(n) => self.state.get() == 3 && self.given() > n,
            _ => false,
        };
        match self.state.get() {
            _ if full => 0,
            1 => 32,
            3 => self.response.borrow().len().min(8) as u8,
            _ => 0,
        }
    }

    fn status(&self) -> u8 {
        if !self.active.get() {
            return 0xFF;
        }
        if self.fault == Fault::StatusNeverValid {
            return 0;
        }
        let state = match self.state.get() {
            1 if self.expects() => field::TPM_STS_0_COMMAND_READY | field::TPM_STS_0_EXPECT,
            1 => field::TPM_STS_0_COMMAND_READY,
            3 if !self.response.borrow().is_empty() => field::TPM_STS_0_DATA_AVAIL,
            _ => 0,
        };
        field::TPM_STS_0_VALID | state
    }
}

impl Bus for Chip {
    async fn io_read(&self, _: u16) -> Result<u8, BusError> {
        unreachable!("the TPM is reached by TPM cycles only")
    }
    async fn io_write(&self, _: u16, _: u8) -> Result<(), BusError> {
        unreachable!("the TPM is reached by TPM cycles only")
    }
    async fn fw_read(&self, _: u32, _: &mut [u8]) -> Result<(), BusError> {
        unreachable!("the TPM is reached by TPM cycles only")
    }
    async fn fw_write(&self, _: u32, _: &[u8]) -> Result<(), BusError> {
        unreachable!("the TPM is reached by TPM cycles only")
    }
    async fn idle(&self, clocks: u64) {
        self.now.set(self.now.get() + clocks);
    }
    fn now(&self) -> u64 {
        self.now.get()
    }
}

impl TpmBus for &Chip {
    async fn tpm_read(&self, addr: u16) -> Result<u8, BusError> {
        self.cycle()?;
        if self.fault == Fault::Absent {
            return Ok(0xFF);
        }
        Ok(match addr {
            regs::TPM_ACCESS_0 => {
                field::TPM_ACCESS_0_VALID
                    | if self.active.get() {
                        field::TPM_ACCESS_0_ACTIVE
                    } else {
                        0
                    }
            }
            regs::TPM_STS_0 => self.status(),
            regs::TPM_BURST_0 => self.burst(),
            regs::TPM_DATA_FIFO_0 if self.state.get() == 3 => {
                let mut response = self.response.borrow_mut();
                if response.is_empty() {
                    0xFF
                } else {
                    response.remove(0)
                }
            }
            _ if addr == regs::TPM_BURST_0 + 1 => 0,
            _ if addr == regs::TPM_INTF_CAPABILITY_0 + 3 => {
                if self.fault == Fault::OldVersion {
                    0x20
                } else {
                    0x30
                }
            }
            _ => 0,
        })
    }

    async fn tpm_write(&self, addr: u16, data: u8) -> Result<(), BusError> {
        self.cycle()?;
        match (addr, data) {
            (regs::TPM_ACCESS_0, field::TPM_ACCESS_0_REQUEST_USE) => {
                self.active.set(self.fault != Fault::LocalityTaken);
            }
            (regs::TPM_STS_0, field::TPM_STS_0_COMMAND_READY) => {
                let ready = self.state.get() == 0 && self.fault != Fault::NeverReady;
                self.state.set(ready.into());
                self.command.borrow_mut().clear();
            }
            (regs::TPM_STS_0, field::TPM_STS_0_GO) => {
                assert_eq!(self.command.borrow()[..], COMMAND);
                self.state
                    .set(if self.fault == Fault::Silent { 2 } else { 3 });
                self.active.set(self.fault != Fault::LosesLocality);
            }
            (regs::TPM_DATA_FIFO_0, _) => self.command.borrow_mut().push(data),
            other => panic!("{other:?}"),
        }
        Ok(())
    }
}

impl Bus for &Chip {
    async fn io_read(&self, addr: u16) -> Result<u8, BusError> {
        (*self).io_read(addr).await
    }
    async fn io_write(&self, addr: u16, data: u8) -> Result<(), BusError> {
        (*self).io_write(addr, data).await
    }
    async fn fw_read(&self, addr: u32, buf: &mut [u8]) -> Result<(), BusError> {
        (*self).fw_read(addr, buf).await
    }
    async fn fw_write(&self, addr: u32, data: &[u8]) -> Result<(), BusError> {
        (*self).fw_write(addr, data).await
    }
    async fn idle(&self, clocks: u64) {
        (*self).idle(clocks).await;
    }
    fn now(&self) -> u64 {
        self.now.get()
    }
}

/// The chip never makes anybody wait.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("nothing to wait for"),
    }
}

fn run(fault: Fault) -> (Result<Vec<u8>, TisError>, Chip) {
    let chip = Chip::new(fault);
    let result = now(Tis::new(&chip, LIMITS).exchange(&COMMAND));
    (result, chip)
}

#[test]
fn a_good_chip_gives_the_response_and_is_left_idle() {
    let (result, chip) = run(Fault::None);
    assert_eq!(result, Ok(answer(70)));
    assert_eq!(chip.state.get(), 0);
    // One that was left in the middle of something is taken back first.
    for left in 1..4 {
        let chip = Chip::new(Fault::None);
        chip.active.set(true);
        chip.state.set(left);
        chip.command.borrow_mut().clear();
        assert_eq!(
            now(Tis::new(&chip, LIMITS).exchange(&COMMAND)),
            Ok(answer(70))
        );
    }
}

#[test]
fn each_fault_has_its_name_in_bounded_time() {
    let waited = LIMITS.register;
    for (fault, error) in [
        (
            Fault::Absent,
            TisError::NoChip {
                capability: u32::MAX,
            },
        ),
        (
            Fault::OldVersion,
            TisError::NoChip {
                capability: 0x2000_0000,
            },
        ),
        (Fault::LocalityTaken, TisError::Locality { waited }),
        (Fault::NeverReady, TisError::NotReady { waited }),
        (Fault::StatusNeverValid, TisError::NotReady { waited }),
        (
            Fault::StopsTaking(32),
            TisError::Stalled { bytes: 32, waited },
        ),
        (
            Fault::StopsTaking(89),
            TisError::Stalled { bytes: 89, waited },
        ),
        (Fault::EnoughEarly, TisError::Expect { bytes: 89 }),
        (Fault::WantsMore, TisError::Expect { bytes: 90 }),
        (Fault::LosesLocality, TisError::Locality { waited: 0 }),
        (
            Fault::Silent,
            TisError::NoResponse {
                waited: LIMITS.command,
            },
        ),
        (Fault::Size(9), TisError::Length { size: 9 }),
        (Fault::Size(4097), TisError::Length { size: 4097 }),
        (Fault::Size(u32::MAX), TisError::Length { size: u32::MAX }),
        (Fault::Size(71), TisError::Stalled { bytes: 70, waited }),
        (Fault::Size(69), TisError::Longer { bytes: 69 }),
        (
            Fault::StopsGiving(30),
            TisError::Stalled { bytes: 30, waited },
        ),
        (Fault::GivesMore, TisError::Longer { bytes: 70 }),
    ] {
        let (result, chip) = run(fault);
        assert_eq!(result, Err(error), "{fault:?}");
        // 13 clocks a byte, some more for the registers, one wait, and the last step of it.
        let most = 13 * 250 + LIMITS.command + LIMITS.command / 8;
        assert!(
            chip.now.get() < most,
            "{fault:?}: {} clocks",
            chip.now.get()
        );
    }
}

#[test]
fn a_cycle_that_fails_is_named_whichever_it_is() {
    let (_, chip) = run(Fault::None);
    let cycles = chip.cycles.get();
    for n in 1..=cycles {
        let (result, _) = run(Fault::Cycle(n));
        assert_eq!(
            result,
            Err(TisError::Bus(BusError::Refused { addr: 0 })),
            "{n}"
        );
    }
    assert!(now(Tis::new(&chip, LIMITS).exchange(&[])).is_err());
}
