//! Commands over the FIFO interface of a TPM chip on the LPC bus.
//!
//! Source: TCG PC Client Platform TPM Profile 1.05, FIFO interface; addresses and fields are those of
//! `rtl/regs/opera.toml`. Locality 0, polled, one byte a cycle.

use std::fmt;

use opera_lpc::{BusError, TpmBus};
use opera_regs::field::{
    TPM_ACCESS_0_ACTIVE, TPM_ACCESS_0_REQUEST_USE, TPM_ACCESS_0_VALID, TPM_STS_0_COMMAND_READY,
    TPM_STS_0_DATA_AVAIL, TPM_STS_0_EXPECT, TPM_STS_0_GO, TPM_STS_0_VALID,
};
use opera_regs::{TPM_ACCESS_0, TPM_BURST_0, TPM_DATA_FIFO_0, TPM_INTF_CAPABILITY_0, TPM_STS_0};

use crate::swtpm::RESPONSE_MAX;

/// Bits of `TPM_INTF_CAPABILITY_0` that tell the version of the interface, and that of TPM 2.0.
const VERSION: (u32, u32) = (7 << 28, 3 << 28);

/// Bytes of a response up to the end of its size field.
const SIZE_KNOWN: usize = 6;

/// Bytes of the shortest response: tag, size, code.
const HEADER: usize = 10;

/// Longest waits, in clocks of the bus.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TisLimits {
    /// For a register to change: the locality, the readiness for a command, the burst count.
    pub register: u64,
    /// For the response to a command.
    pub command: u64,
}

impl Default for TisLimits {
    /// For real chips at 33.33 MHz: 2 s (TIMEOUT_B) and 30 s.
    fn default() -> Self {
        Self {
            register: 66_660_000,
            command: 1_000_000_000,
        }
    }
}

/// Why a command did not go to the chip, or its response did not come.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum TisError {
    /// A cycle did not complete.
    Bus(BusError),
    /// Nobody, or no TPM 2.0 with a FIFO interface, answers at the TPM's addresses.
    NoChip {
        /// What `TPM_INTF_CAPABILITY_0` reads.
        capability: u32,
    },
    /// The chip does not give locality 0.
    Locality {
        /// Clocks waited.
        waited: u64,
    },
    /// The chip does not become ready for a command.
    NotReady {
        /// Clocks waited.
        waited: u64,
    },
    /// The chip takes, or gives, no more bytes.
    Stalled {
        /// Bytes of the command or of the response that went.
        bytes: usize,
        /// Clocks waited.
        waited: u64,
    },
    /// The chip wants another number of bytes than the command has.
    Expect {
        /// Bytes of the command that it took.
        bytes: usize,
    },
    /// There is no response.
    NoResponse {
        /// Clocks waited.
        waited: u64,
    },
    /// The response says that it has this length, which none has.
    Length {
        /// Its size field.
        size: u32,
    },
    /// The response goes on after its length.
    Longer {
        /// Its length.
        bytes: usize,
    },
}

impl fmt::Display for TisError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bus(error) => error.fmt(f),
            Self::NoChip { capability } => {
                write!(f, "no TPM 2.0 on the bus (capability {capability:#010x})")
            }
            Self::Locality { waited } => write!(f, "locality 0 not granted in {waited} clocks"),
            Self::NotReady { waited } => {
                write!(f, "not ready for a command in {waited} clocks")
            }
            Self::Stalled { bytes, waited } => {
                write!(f, "stopped after {bytes} bytes, for {waited} clocks")
            }
            Self::Expect { bytes } => {
                write!(f, "the chip disagrees on the length after {bytes} bytes")
            }
            Self::NoResponse { waited } => write!(f, "no response in {waited} clocks"),
            Self::Length { size } => write!(f, "a response of {size} bytes"),
            Self::Longer { bytes } => write!(f, "a response longer than its {bytes} bytes"),
        }
    }
}

impl std::error::Error for TisError {}

impl From<BusError> for TisError {
    fn from(error: BusError) -> Self {
        Self::Bus(error)
    }
}

/// A TPM chip on a bus, used in locality 0.
#[derive(Clone, Debug)]
pub struct Tis<B> {
    bus: B,
    limits: TisLimits,
}

impl<B: TpmBus> Tis<B> {
    /// The chip on this bus; does not touch it.
    pub fn new(bus: B, limits: TisLimits) -> Self {
        Self { bus, limits }
    }

    /// One command, one response, both whole. However it ends, the chip is left idle if it still
    /// listens.
    ///
    /// # Errors
    /// When the chip does not take the command or does not answer; every wait is bounded.
    pub async fn exchange(&self, command: &[u8]) -> Result<Vec<u8>, TisError> {
        self.take_locality().await?;
        let result = self.in_locality(command).await;
        // Takes back what the chip still holds; after an error it may not listen any more.
        let idle = self.bus.tpm_write(TPM_STS_0, TPM_STS_0_COMMAND_READY).await;
        let response = result?;
        idle?;
        Ok(response)
    }

    async fn in_locality(&self, command: &[u8]) -> Result<Vec<u8>, TisError> {
        self.make_ready().await?;
        self.send(command).await?;
        self.bus.tpm_write(TPM_STS_0, TPM_STS_0_GO).await?;
        let limit = self.limits.command;
        let mut wait = Wait::new(&self.bus, limit);
        while self.status().await? & TPM_STS_0_DATA_AVAIL == 0 {
            if !wait.rest().await {
                return Err(TisError::NoResponse { waited: limit });
            }
        }
        self.receive().await
    }

    async fn take_locality(&self) -> Result<(), TisError> {
        let access = self.bus.tpm_read(TPM_ACCESS_0).await?;
        if access & TPM_ACCESS_0_VALID != 0 && access & TPM_ACCESS_0_ACTIVE != 0 && access != 0xFF {
            return Ok(());
        }
        let mut capability = [0; 4];
        for (byte, addr) in capability.iter_mut().zip(TPM_INTF_CAPABILITY_0..) {
            *byte = self.bus.tpm_read(addr).await?;
        }
        let capability = u32::from_le_bytes(capability);
        if capability & VERSION.0 != VERSION.1 || capability == u32::MAX {
            return Err(TisError::NoChip { capability });
        }
        self.bus
            .tpm_write(TPM_ACCESS_0, TPM_ACCESS_0_REQUEST_USE)
            .await?;
        let waited = self.limits.register;
        let mut wait = Wait::new(&self.bus, waited);
        while self.bus.tpm_read(TPM_ACCESS_0).await? & TPM_ACCESS_0_ACTIVE == 0 {
            if !wait.rest().await {
                return Err(TisError::Locality { waited });
            }
        }
        Ok(())
    }

    /// The status register once it says that it is true.
    async fn status(&self) -> Result<u8, TisError> {
        let waited = self.limits.register;
        let mut wait = Wait::new(&self.bus, waited);
        loop {
            let status = self.bus.tpm_read(TPM_STS_0).await?;
            if status == 0xFF {
                // The locality is gone, or the chip.
                return Err(TisError::Locality { waited: 0 });
            }
            if status & TPM_STS_0_VALID != 0 {
                return Ok(status);
            }
            if !wait.rest().await {
                return Err(TisError::NotReady { waited });
            }
        }
    }

    async fn make_ready(&self) -> Result<(), TisError> {
        let waited = self.limits.register;
        let mut wait = Wait::new(&self.bus, waited);
        // From the end of a command one write leads to idle, and a second one to ready.
        while self.status().await? & TPM_STS_0_COMMAND_READY == 0 {
            self.bus
                .tpm_write(TPM_STS_0, TPM_STS_0_COMMAND_READY)
                .await?;
            if !wait.rest().await {
                return Err(TisError::NotReady { waited });
            }
        }
        Ok(())
    }

    /// The burst count, above 0.
    async fn burst(&self, bytes: usize) -> Result<usize, TisError> {
        let waited = self.limits.register;
        let mut wait = Wait::new(&self.bus, waited);
        loop {
            let low = self.bus.tpm_read(TPM_BURST_0).await?;
            let high = self.bus.tpm_read(TPM_BURST_0 + 1).await?;
            let burst = u16::from_le_bytes([low, high]);
            if burst != 0 {
                return Ok(burst.into());
            }
            if !wait.rest().await {
                return Err(TisError::Stalled { bytes, waited });
            }
        }
    }

    async fn send(&self, command: &[u8]) -> Result<(), TisError> {
        let Some((last, most)) = command.split_last() else {
            return Err(TisError::Expect { bytes: 0 });
        };
        let mut bytes = 0;
        while bytes < most.len() {
            let burst = self.burst(bytes).await?.min(most.len() - bytes);
            for byte in &most[bytes..bytes + burst] {
                self.bus.tpm_write(TPM_DATA_FIFO_0, *byte).await?;
            }
            bytes += burst;
        }
        if self.status().await? & TPM_STS_0_EXPECT == 0 {
            return Err(TisError::Expect { bytes });
        }
        self.burst(bytes).await?;
        self.bus.tpm_write(TPM_DATA_FIFO_0, *last).await?;
        bytes += 1;
        if self.status().await? & TPM_STS_0_EXPECT != 0 {
            return Err(TisError::Expect { bytes });
        }
        Ok(())
    }

    async fn receive(&self) -> Result<Vec<u8>, TisError> {
        let mut response = Vec::with_capacity(HEADER);
        let mut want = SIZE_KNOWN;
        while response.len() < want {
            let burst = self.burst(response.len()).await?;
            for _ in 0..burst.min(want - response.len()) {
                response.push(self.bus.tpm_read(TPM_DATA_FIFO_0).await?);
            }
            if let (SIZE_KNOWN, [_, _, a, b, c, d]) = (want, &response[..]) {
                let size = u32::from_be_bytes([*a, *b, *c, *d]);
                want = size as usize;
                if !(HEADER..=RESPONSE_MAX).contains(&want) {
                    return Err(TisError::Length { size });
                }
                response.reserve_exact(want - SIZE_KNOWN);
            }
        }
        if self.status().await? & TPM_STS_0_DATA_AVAIL != 0 {
            return Err(TisError::Longer { bytes: want });
        }
        Ok(response)
    }
}

/// A bounded wait on a bus: rests in doubling steps, none longer than a sixteenth of the wait.
struct Wait<'a, B> {
    bus: &'a B,
    end: u64,
    step: u64,
    longest: u64,
}

impl<'a, B: TpmBus> Wait<'a, B> {
    fn new(bus: &'a B, limit: u64) -> Self {
        Self {
            bus,
            end: bus.now().saturating_add(limit),
            step: 4,
            longest: (limit / 16).max(4),
        }
    }

    /// Rests; false when the wait is over.
    async fn rest(&mut self) -> bool {
        if self.bus.now() >= self.end {
            return false;
        }
        self.bus.idle(self.step).await;
        self.step = (self.step * 2).min(self.longest);
        true
    }
}
