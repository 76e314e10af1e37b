//! Two pseudo-terminals before two simulated boards.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::openpty;
use nix::sys::termios::{SetArg, cfmakeraw, tcgetattr, tcsetattr};
use nix::unistd::{read, ttyname, write};

use crate::boards::Boards;

/// Clock edges between two looks at the terminals while the lines are busy.
const SLICE: u64 = 256;
/// Edges without a byte on either line after which the boards stand still until one comes, so that
/// a TPCU which the system does not run for a while loses no time: no answer takes half of them.
const IDLE: u64 = 60_000;
/// How long the boards stand still before they look whether to stop, in milliseconds.
const NAP_MS: u16 = 50;

struct Terminal {
    board_end: OwnedFd,
    /// Kept open, so that the line outlives who uses it.
    _port_end: OwnedFd,
    path: PathBuf,
    unsent: Vec<u8>,
}

/// The terminals.
pub struct Terminals {
    ends: [Terminal; 2],
}

impl Terminals {
    /// Two new terminals, raw and without echo.
    ///
    /// # Errors
    /// When the system gives none.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            ends: [Terminal::new()?, Terminal::new()?],
        })
    }

    /// Path of a board's port.
    #[must_use]
    pub fn path(&self, board: usize) -> &Path {
        &self.ends[board].path
    }

    /// Runs the boards until `stop` is set.
    ///
    /// # Errors
    /// Of a terminal, the model or a wallet file.
    pub fn serve(&mut self, boards: &Boards, stop: &AtomicBool) -> io::Result<()> {
        let mut idle = 0;
        while !stop.load(Ordering::Relaxed) {
            let mut busy = !boards.quiet();
            for (n, end) in self.ends.iter_mut().enumerate() {
                busy |= end.pump(boards, n)?;
            }
            idle = if busy { 0 } else { idle + SLICE };
            if idle > IDLE {
                let mut fds = self
                    .ends
                    .each_ref()
                    .map(|end| PollFd::new(end.board_end.as_fd(), PollFlags::POLLIN));
                poll(&mut fds, PollTimeout::from(NAP_MS))?;
                if fds.iter().all(|fd| fd.any() != Some(true)) {
                    continue;
                }
            }
            boards.step(SLICE);
            boards.check().map_err(io::Error::other)?;
        }
        Ok(())
    }
}

impl Terminal {
    fn new() -> io::Result<Self> {
        let pair = openpty(None, None)?;
        let mut modes = tcgetattr(&pair.slave)?;
        cfmakeraw(&mut modes);
        tcsetattr(&pair.slave, SetArg::TCSANOW, &modes)?;
        let path = ttyname(&pair.slave)?;
        let flags = OFlag::from_bits_truncate(fcntl(&pair.master, FcntlArg::F_GETFL)?);
        fcntl(&pair.master, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK))?;
        Ok(Self {
            board_end: pair.master,
            _port_end: pair.slave,
            path,
            unsent: Vec::new(),
        })
    }

    /// Bytes both ways; whether there were any.
    fn pump(&mut self, boards: &Boards, board: usize) -> io::Result<bool> {
        let mut buffer = [0; 512];
        let got = match read(&self.board_end, &mut buffer) {
            Ok(count) => count,
            Err(Errno::EAGAIN | Errno::EINTR) => 0,
            Err(error) => return Err(error.into()),
        };
        boards.put(board, &buffer[..got]);
        self.unsent.extend(boards.take(board));
        let moved = got > 0 || !self.unsent.is_empty();
        if !self.unsent.is_empty() {
            match write(&self.board_end, &self.unsent) {
                Ok(count) => drop(self.unsent.drain(..count)),
                Err(Errno::EAGAIN | Errno::EINTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(moved)
    }
}
