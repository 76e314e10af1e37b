//! A copy of the whole process that does one thing and sends back some bytes.

use std::io::{self, Read, Write, pipe};

use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork};

/// Which side of the fork this is.
pub(crate) enum Side {
    /// The copy: it must end in [`Child::send`].
    Child(Child),
    /// The original, with what the copy sent.
    Parent(Vec<u8>),
}

/// The copy's end of the pipe.
pub(crate) struct Child(io::PipeWriter);

impl Child {
    /// Sends the answer and ends the copy, without running any destructor: files, buffers and
    /// locks are the original's.
    pub(crate) fn send(mut self, bytes: &[u8]) -> ! {
        let code = i32::from(
            self.0
                .write_all(bytes)
                .and_then(|()| self.0.flush())
                .is_err(),
        );
        // SAFETY: `_exit` takes any code and does not return; nothing of this process is used after.
        unsafe { nix::libc::_exit(code) }
    }
}

/// Forks; the original waits until the copy has ended.
pub(crate) fn split() -> io::Result<Side> {
    let (mut reader, writer) = pipe()?;
    // SAFETY: the sweep runs on the only thread of its process (each job is a process of its own),
    // so no lock is held by a thread that the copy does not have.
    match unsafe { fork() }? {
        ForkResult::Child => {
            drop(reader);
            Ok(Side::Child(Child(writer)))
        }
        ForkResult::Parent { child } => {
            drop(writer);
            let mut bytes = Vec::new();
            let read = reader.read_to_end(&mut bytes);
            waitpid(child, None)?;
            read?;
            Ok(Side::Parent(bytes))
        }
    }
}
