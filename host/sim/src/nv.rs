//! The nonvolatile memory of one wallet: an array behind the request/acknowledge port.

use opera_regs::nv;
use opera_store::{StoreError, WalletFile};

/// What a word holds after the power failed while it was being written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Tear {
    /// The write had not begun.
    Old,
    /// The write had finished.
    New,
    /// Neither: this value is left in the cells.
    Garbage(u32),
}

/// The request pins of the port, sampled before a rising edge.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct NvPins {
    pub req: bool,
    pub we: bool,
    pub addr: u32,
    pub wdata: u32,
}

/// A word-addressed memory with a fixed latency. With a wallet file behind it, each word reaches
/// the file before it is acknowledged, so that killing the process is a power cut.
pub struct Nv {
    words: Vec<u32>,
    file: Option<WalletFile>,
    /// Without a file.
    kept: Vec<Vec<u8>>,
    latency: u32,
    waited: u32,
    acked: bool,
    rdata: u32,
    in_flight: Option<(u32, u32)>,
    writes: u64,
    failure: Option<String>,
}

impl Nv {
    /// An empty memory (all words zero) that lives as long as the simulation.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::with(vec![0; nv::WORDS as usize], None)
    }

    /// A memory with the given content.
    #[must_use]
    pub fn from_words(words: Vec<u32>) -> Self {
        Self::with(words, None)
    }

    /// The memory of a wallet file; the file is written word by word.
    #[must_use]
    pub fn from_file(file: WalletFile) -> Self {
        let words = file.nv().to_vec();
        Self::with(words, Some(file))
    }

    fn with(words: Vec<u32>, file: Option<WalletFile>) -> Self {
        Self {
            words,
            file,
            kept: Vec::new(),
            latency: 1,
            waited: 0,
            acked: false,
            rdata: 0,
            in_flight: None,
            writes: 0,
            failure: None,
        }
    }

    /// Content, one element a 32-bit word.
    #[must_use]
    pub fn words(&self) -> &[u32] {
        &self.words
    }

    /// Keeps a record for the wallet, beside the words: durable when this returns `true`.
    pub fn keep(&mut self, record: &[u8]) -> bool {
        match &mut self.file {
            Some(file) => file.keep(record).is_ok(),
            None => {
                self.kept.push(record.to_vec());
                true
            }
        }
    }

    /// The records that were kept, the oldest first.
    ///
    /// # Errors
    /// When the wallet file's cannot be read.
    pub fn kept(&self) -> Result<Vec<Vec<u8>>, StoreError> {
        match &self.file {
            Some(file) => Ok(file.evidence()?.bodies),
            None => Ok(self.kept.clone()),
        }
    }

    /// The wallet file, if there is one.
    pub fn file_mut(&mut self) -> Option<&mut WalletFile> {
        self.file.as_mut()
    }

    /// Words written since the start.
    #[must_use]
    pub fn writes(&self) -> u64 {
        self.writes
    }

    /// Sets the wait between request and acknowledge, in clocks of the wallet (at least 1).
    pub fn set_latency(&mut self, clocks: u32) {
        self.latency = clocks.max(1);
    }

    /// The first error met while writing the wallet file, if any. From then on nothing is
    /// acknowledged any more, so the wallet stands still and fails closed.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// One rising edge; returns the acknowledge and read data to drive after it.
    #[inline]
    pub(crate) fn clock(&mut self, pins: NvPins) -> (bool, u32) {
        if !pins.req || self.acked {
            // The port gives one acknowledge a request; the request drops, or a new one begins,
            // in the clock after it.
            self.acked = false;
            self.waited = 0;
            self.in_flight = None;
            return (false, self.rdata);
        }
        self.waited += 1;
        if pins.we {
            self.in_flight = Some((pins.addr, pins.wdata));
        }
        if self.waited < self.latency || self.failure.is_some() {
            return (false, self.rdata);
        }
        let at = pins.addr as usize;
        if let Some(word) = self.words.get_mut(at) {
            if pins.we {
                if let Some(file) = &mut self.file
                    && let Err(error) = file.write_word(at, pins.wdata)
                {
                    self.failure = Some(error.to_string());
                    return (false, self.rdata);
                }
                *word = pins.wdata;
                self.writes += 1;
            }
            self.rdata = *word;
        } else {
            self.rdata = 0;
        }
        self.in_flight = None;
        self.acked = true;
        self.waited = 0;
        (true, self.rdata)
    }

    /// What the port asks for after an edge: from now on until the acknowledge the word is being
    /// written, and a cut tears it. (With a latency of 1, [`clock`](Self::clock) alone would never
    /// leave a write under way.)
    #[inline]
    pub(crate) fn ask(&mut self, pins: NvPins) {
        self.in_flight = (pins.req && pins.we && !self.acked).then_some((pins.addr, pins.wdata));
    }

    /// True while a write has been requested and not yet acknowledged.
    #[must_use]
    pub fn write_in_flight(&self) -> bool {
        self.in_flight.is_some()
    }

    /// The power fails now: a write under way leaves what `tear` says.
    pub fn power_cut(&mut self, tear: Tear) {
        if let Some((addr, new)) = self.in_flight.take()
            && let Some(old) = self.words.get(addr as usize).copied()
        {
            let value = match tear {
                Tear::Old => old,
                Tear::New => new,
                Tear::Garbage(value) => value,
            };
            self.words[addr as usize] = value;
            if let Some(file) = &mut self.file
                && let Err(error) = file.write_word(addr as usize, value)
            {
                self.failure = Some(error.to_string());
            }
        }
        self.acked = false;
        self.waited = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(addr: u32, wdata: u32) -> NvPins {
        NvPins {
            req: true,
            we: true,
            addr,
            wdata,
        }
    }

    #[test]
    fn a_word_is_written_only_at_its_acknowledge() {
        let mut memory = Nv::in_memory();
        memory.set_latency(3);
        assert!(!memory.clock(write(5, 7)).0);
        assert!(!memory.clock(write(5, 7)).0);
        assert_eq!(memory.words()[5], 0);
        assert!(memory.clock(write(5, 7)).0);
        assert_eq!(memory.words()[5], 7);
    }

    #[test]
    fn a_fast_memory_tears_the_word_that_was_asked_for() {
        let mut memory = Nv::in_memory();
        memory.ask(write(5, 7));
        assert!(memory.write_in_flight());
        assert!(memory.clock(write(5, 7)).0);
        memory.ask(write(5, 7));
        assert!(!memory.write_in_flight(), "acknowledged");
        memory.ask(write(5, 8));
        assert!(
            !memory.write_in_flight(),
            "the request is still the old one"
        );
        memory.clock(NvPins::default());
        memory.ask(write(6, 9));
        memory.power_cut(Tear::Garbage(0xdead));
        assert_eq!(memory.words()[5..7], [7, 0xdead]);
    }

    #[test]
    fn a_cut_tears_the_word_in_flight_and_no_other() {
        for (tear, left) in [
            (Tear::Old, 0),
            (Tear::New, 7),
            (Tear::Garbage(0xdead), 0xdead),
        ] {
            let mut memory = Nv::in_memory();
            memory.set_latency(3);
            memory.clock(write(5, 7));
            memory.power_cut(tear);
            assert_eq!(memory.words()[5], left);
            assert!(
                memory
                    .words()
                    .iter()
                    .enumerate()
                    .all(|(i, w)| i == 5 || *w == 0)
            );
        }
    }
}
