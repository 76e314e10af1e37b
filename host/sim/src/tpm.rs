//! The TPM behind a wallet's TPM chip: takes the bytes of a command off the chip's back, and puts
//! those of the response there.

/// A TPM: one whole command in, the whole response out; `None` when it has died. It is asked between
/// two clocks, so that the clocks of a trace do not depend on how fast it is.
pub trait Responder {
    /// Executes a command.
    fn respond(&mut self, command: &[u8]) -> Option<Vec<u8>>;
}

impl<F: FnMut(&[u8]) -> Option<Vec<u8>>> Responder for F {
    fn respond(&mut self, command: &[u8]) -> Option<Vec<u8>> {
        self(command)
    }
}

/// What the chip shows on its back, see `rtl/tpm_tis.v`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct TpmPins {
    pub(crate) exec: bool,
    /// The next byte of the command.
    pub(crate) command: Option<u8>,
    pub(crate) wants_response: bool,
}

/// What the TPM drives there.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct TpmDrive {
    pub(crate) takes: bool,
    /// A byte of the response, and whether it is the last one.
    pub(crate) response: Option<(u8, bool)>,
}

/// The TPM's half of the port.
pub(crate) struct Pump {
    responder: Box<dyn Responder>,
    command: Vec<u8>,
    response: Vec<u8>,
    at: usize,
    asked: bool,
    drive: TpmDrive,
}

impl Pump {
    pub(crate) fn new(responder: Box<dyn Responder>) -> Self {
        Self {
            responder,
            command: Vec::new(),
            response: Vec::new(),
            at: 0,
            asked: false,
            drive: TpmDrive::default(),
        }
    }

    /// A clock edge; `pins` as they were just before it. What to drive from now on.
    pub(crate) fn clock(&mut self, pins: TpmPins) -> TpmDrive {
        if !pins.exec {
            self.command.clear();
            self.asked = false;
            self.drive = TpmDrive::default();
            return self.drive;
        }
        if let (Some(byte), true) = (pins.command, self.drive.takes) {
            self.command.push(byte);
        }
        if pins.wants_response {
            if !self.asked {
                self.asked = true;
                self.at = 0;
                self.response = self.responder.respond(&self.command).unwrap_or_default();
            } else if self.drive.response.is_some() {
                self.at += 1;
            }
            let last = self.at + 1 == self.response.len();
            self.drive.response = self.response.get(self.at).map(|byte| (*byte, last));
        }
        self.drive.takes = !pins.wants_response;
        self.drive
    }
}
