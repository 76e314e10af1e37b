//! Serial ports of the system.

use std::cell::RefCell;
use std::fmt;
use std::io::{ErrorKind, Read, Write};
use std::time::Duration;

use opera_bitstream::BAUD;
use serialport::{ClearBuffer, SerialPort, TTYPort};

use crate::LCLK_HZ;
use crate::bus::{Line, LineError};

/// How long a board has for its answer: USB adapters hold bytes back for some 16 ms, and a simulated
/// board is slower than a real one.
const PATIENCE: Duration = Duration::from_millis(500);
/// Rests shorter than this are not worth a system call.
const SHORT: Duration = Duration::from_micros(100);

/// A port could not be opened.
#[derive(Debug)]
pub struct PortError {
    /// Path of the port.
    pub path: String,
    /// What is wrong.
    pub kind: serialport::ErrorKind,
    why: String,
}

impl fmt::Display for PortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; ", self.path, self.why)?;
        f.write_str(match self.kind {
            serialport::ErrorKind::NoDevice
            | serialport::ErrorKind::Io(ErrorKind::NotFound) => {
                "plug the board in and look for its port with `ls /dev/ttyUSB* /dev/ttyACM*`"
            }
            serialport::ErrorKind::Io(ErrorKind::PermissionDenied) => {
                "join the group that may use serial ports, `sudo usermod -aG dialout $USER`, and log in again"
            }
            _ => "name the serial port of a board, such as /dev/ttyUSB1",
        })
    }
}

impl std::error::Error for PortError {}

/// A serial port; its futures block and are ready at the first poll, so give each board a thread.
pub struct Port {
    port: RefCell<TTYPort>,
}

impl Port {
    /// Opens a port for this process alone, at the boards' rate.
    ///
    /// # Errors
    /// When it is not there, not ours, or no serial port.
    pub fn open(path: &str) -> Result<Self, PortError> {
        serialport::new(path, BAUD as u32)
            .timeout(PATIENCE)
            .open_native()
            .and_then(|port| {
                port.clear(ClearBuffer::All)?;
                Ok(Self {
                    port: RefCell::new(port),
                })
            })
            .map_err(|error| PortError {
                path: path.to_owned(),
                kind: error.kind(),
                why: error.description,
            })
    }
}

impl Line for Port {
    async fn send(&self, bytes: &[u8]) -> Result<(), LineError> {
        self.port
            .borrow_mut()
            .write_all(bytes)
            .map_err(|_| LineError::Gone)
    }

    async fn receive(&self) -> Result<u8, LineError> {
        let mut byte = [0];
        match self.port.borrow_mut().read(&mut byte) {
            Ok(1..) => Ok(byte[0]),
            Ok(0) => Err(LineError::Gone),
            Err(error) if error.kind() == ErrorKind::TimedOut => Err(LineError::Silent),
            Err(_) => Err(LineError::Gone),
        }
    }

    async fn rest(&self, clocks: u64) {
        let time = Duration::from_nanos(clocks * 1_000_000 / (LCLK_HZ / 1_000));
        if time >= SHORT {
            std::thread::sleep(time);
        }
    }

    fn clocks_per_byte(&self) -> u64 {
        10 * LCLK_HZ / BAUD
    }

    fn patience(&self) -> u64 {
        PATIENCE.as_millis() as u64 * LCLK_HZ / 1_000
    }
}
