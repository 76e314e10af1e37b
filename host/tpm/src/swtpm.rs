//! The emulator as a child process.

use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::error::TpmError;

/// Longest answer to a command. The slowest here, the first after manufacture, takes some 50 ms.
const LIMIT: Duration = Duration::from_secs(10);

/// Longest response of a TPM 2.0.
pub(crate) const RESPONSE_MAX: usize = 4096;

/// Something that takes a command and gives the response.
pub trait Transport {
    /// One command, one response, both whole. `name` is for errors.
    ///
    /// # Errors
    /// When there is no response.
    fn exchange(&mut self, name: &'static str, command: &[u8]) -> Result<Vec<u8>, TpmError>;
}

/// A running `swtpm`. It talks on one end of a socket pair whose other end only this process has, so it ends when this process does, however that ends; and it is killed on drop.
#[derive(Debug)]
pub struct Swtpm {
    child: Child,
    stream: UnixStream,
    limit: Duration,
}

impl Swtpm {
    /// True when `swtpm` is in PATH.
    #[must_use]
    pub fn installed() -> bool {
        std::env::var_os("PATH").is_some_and(|path| {
            std::env::split_paths(&path).any(|folder| folder.join("swtpm").is_file())
        })
    }

    /// Starts the emulator with its nonvolatile state in this folder, which is made when it is not
    /// there; an empty one is a TPM as it leaves the factory. One emulator at a time.
    ///
    /// # Errors
    /// When it is not installed, or does not start.
    pub fn start(state: &Path) -> Result<Self, TpmError> {
        let folder = |source| TpmError::StateFolder {
            path: state.to_owned(),
            source,
        };
        // The seeds are in there: for the owner only.
        let made = fs::DirBuilder::new().mode(0o700).create(state);
        if let Err(error) = made
            && error.kind() != ErrorKind::AlreadyExists
        {
            return Err(folder(error));
        }
        if !fs::metadata(state).map_err(folder)?.is_dir() {
            return Err(folder(ErrorKind::NotADirectory.into()));
        }
        // A comma would begin another option.
        let Some(name) = state.to_str().filter(|name| !name.contains(',')) else {
            return Err(folder(ErrorKind::InvalidInput.into()));
        };
        let (ours, theirs) = UnixStream::pair().map_err(TpmError::Start)?;
        ours.set_write_timeout(Some(LIMIT))
            .map_err(TpmError::Start)?;
        if !Self::installed() {
            return Err(TpmError::NotInstalled);
        }
        // swtpm takes no socket on descriptors 0 to 2, and safe Rust hands over no other: a shell
        // moves it to 3, and becomes swtpm.
        let child = Command::new("/bin/sh")
            .args(["-c", r#"exec swtpm "$@" 3<&0 </dev/null"#, "swtpm"])
            .args(["socket", "--tpm2", "--fd", "3", "--flags", "not-need-init"])
            .args(["--tpmstate", &format!("dir={name},mode=0600")])
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(TpmError::Start)?;
        Ok(Self {
            child,
            stream: ours,
            limit: LIMIT,
        })
    }

    /// Waits no longer than this for an answer.
    pub fn set_limit(&mut self, limit: Duration) {
        self.limit = limit;
    }

    /// Process number of the emulator.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Kills the emulator, as a power cut does, and waits until it is gone.
    pub fn kill(&mut self) {
        // An error says that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Swtpm {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Transport for Swtpm {
    fn exchange(&mut self, name: &'static str, command: &[u8]) -> Result<Vec<u8>, TpmError> {
        let waited = self.limit;
        let failed = |source: io::Error| match source.kind() {
            ErrorKind::BrokenPipe
            | ErrorKind::ConnectionReset
            | ErrorKind::NotConnected
            | ErrorKind::UnexpectedEof => TpmError::Gone { command: name },
            ErrorKind::WouldBlock | ErrorKind::TimedOut => TpmError::Timeout {
                command: name,
                waited,
            },
            _ => TpmError::Io {
                command: name,
                source,
            },
        };
        // swtpm wants a command in one piece; so small a one is written at once or not at all.
        self.stream.write_all(command).map_err(failed)?;
        let deadline = Instant::now() + waited;
        let mut response = vec![0; 10];
        self.fill(&mut response, deadline).map_err(failed)?;
        let size = u32::from_be_bytes([response[2], response[3], response[4], response[5]]);
        let Some(rest) = (size as usize)
            .checked_sub(10)
            .filter(|rest| *rest <= RESPONSE_MAX)
        else {
            return Err(TpmError::Malformed { command: name });
        };
        response.resize(10 + rest, 0);
        self.fill(&mut response[10..], deadline).map_err(failed)?;
        Ok(response)
    }
}

impl Swtpm {
    /// Reads all of it before the deadline.
    fn fill(&mut self, mut out: &mut [u8], deadline: Instant) -> io::Result<()> {
        while !out.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(ErrorKind::TimedOut.into());
            }
            self.stream.set_read_timeout(Some(left))?;
            match self.stream.read(out) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(n) => out = &mut out[n..],
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
