//! A peripheral made of memory and a rig that clocks it with the host and the decoder.
//!
//! The peripheral collects nibbles and looks the answer up; it shares no code with host or decoder.
#![allow(dead_code, reason = "each test file uses a part")]

use opera_lpc::{BusError, Decoder, HostConfig, LpcHost, Request, Response, Sample, Transfer};

/// Registers at I/O 0x0A00 to 0x0AFF and 64 KiB of firmware memory.
pub struct Target {
    pub io: [u8; 256],
    pub fw: Vec<u8>,
    /// TPM addresses 0x0A00 to 0x0AFF.
    pub tpm: [u8; 256],
    /// Wait states of the next answer, and their SYNC code.
    pub waits: usize,
    pub wait_code: u8,
    /// Reads of I/O 0x0A24 show this and add 1, like a FIFO.
    pub sequence: u8,
    /// Fault: the FIFO moves when the read is recognised, not when it is complete.
    pub pops_early: bool,
    seen: Vec<u8>,
    answer: Vec<u8>,
    at: usize,
    commit: Commit,
}

#[derive(Clone)]
enum Commit {
    Nothing,
    Pop,
    Io(u8, u8),
    Tpm(u8, u8),
    Fw(usize, Vec<u8>),
}

impl Target {
    pub fn new() -> Self {
        Self {
            io: [0; 256],
            fw: (0..0x1_0000u32).map(|n| ((n * 31) >> 3) as u8).collect(),
            tpm: std::array::from_fn(|n| n as u8 ^ 0x3C),
            waits: 0,
            wait_code: 6,
            sequence: 1,
            pops_early: false,
            seen: Vec::new(),
            answer: Vec::new(),
            at: 0,
            commit: Commit::Nothing,
        }
    }

    pub fn drives(&self) -> Option<u8> {
        self.answer.get(self.at).copied()
    }

    pub fn clock(&mut self, sample: Sample) {
        if !sample.lreset_n || !sample.lframe_n {
            self.answer.clear();
            self.commit = Commit::Nothing;
            self.seen.clear();
            if sample.lreset_n {
                self.seen.push(sample.lad);
            }
            return;
        }
        if !self.answer.is_empty() {
            // The turn-around is the last entry; a transfer counts once it is on the wires.
            if self.at + 1 == self.answer.len() {
                match std::mem::replace(&mut self.commit, Commit::Nothing) {
                    Commit::Nothing => {}
                    Commit::Pop => self.sequence = self.sequence.wrapping_add(1),
                    Commit::Io(offset, byte) => self.io[usize::from(offset)] = byte,
                    Commit::Tpm(offset, byte) => self.tpm[usize::from(offset)] = byte,
                    Commit::Fw(at, bytes) => self.fw[at..at + bytes.len()].copy_from_slice(&bytes),
                }
                self.answer.clear();
            } else {
                self.at += 1;
            }
            return;
        }
        if !self.seen.is_empty() {
            self.seen.push(sample.lad);
            self.recognise();
        }
    }

    fn recognise(&mut self) {
        let seen = self.seen.clone();
        let number = |part: &[u8]| {
            part.iter()
                .fold(0usize, |n, nibble| n << 4 | usize::from(*nibble))
        };
        let bytes = |part: &[u8]| -> Vec<u8> { part.chunks(2).map(|b| b[0] | b[1] << 4).collect() };
        let size = |code: u8| [1, 2, 4, 0, 0, 0, 0, 128][usize::from(code & 7)];
        let data;
        match (seen[0], seen.len()) {
            (0, 8) if seen[1] & 0xE == 0 && seen[2..4] == [0, 0xA] => {
                let offset = number(&seen[4..6]);
                self.commit = Commit::Nothing;
                if offset == 0x24 {
                    data = vec![self.sequence];
                    if self.pops_early {
                        self.sequence = self.sequence.wrapping_add(1);
                    } else {
                        self.commit = Commit::Pop;
                    }
                } else {
                    data = vec![self.io[offset]];
                }
            }
            (0, 10) if seen[1] & 0xE == 2 && seen[2..4] == [0, 0xA] => {
                data = Vec::new();
                self.commit = Commit::Io(number(&seen[4..6]) as u8, bytes(&seen[6..8])[0]);
            }
            (5, 8) if seen[1] & 0xE == 0 && seen[2..4] == [0, 0xA] => {
                data = vec![self.tpm[number(&seen[4..6])]];
                self.commit = Commit::Nothing;
            }
            (5, 10) if seen[1] & 0xE == 2 && seen[2..4] == [0, 0xA] => {
                data = Vec::new();
                self.commit = Commit::Tpm(number(&seen[4..6]) as u8, bytes(&seen[6..8])[0]);
            }
            (0xD, 12) if seen[1] == 0 && size(seen[9]) > 0 => {
                let at = number(&seen[2..9]);
                data = self.fw[at..at + size(seen[9])].to_vec();
                self.commit = Commit::Nothing;
            }
            (0xE, len) if len > 9 && seen[1] == 0 && len == 12 + 2 * size(seen[9]) => {
                data = Vec::new();
                self.commit = Commit::Fw(number(&seen[2..9]), bytes(&seen[10..len - 2]));
            }
            _ => return,
        }
        self.answer = vec![self.wait_code; self.waits];
        self.answer.push(0);
        self.answer
            .extend(data.iter().flat_map(|byte| [byte & 0xF, byte >> 4]));
        self.answer.push(0xF);
        self.at = 0;
        self.seen.clear();
    }
}

/// Host, target and decoder on one bus.
pub struct Rig {
    pub host: LpcHost,
    pub target: Target,
    pub decoder: Decoder,
    pub decoded: Vec<Transfer>,
    pub samples: Vec<Sample>,
}

impl Rig {
    pub fn new(config: HostConfig) -> Self {
        Self {
            host: LpcHost::new(config),
            target: Target::new(),
            decoder: Decoder::new(),
            decoded: Vec::new(),
            samples: Vec::new(),
        }
    }

    /// One clock; two drivers at once fail the test.
    pub fn clock(&mut self) {
        let pins = self.host.pins();
        let drives = self.target.drives().filter(|_| pins.lreset_n);
        assert!(!(pins.lad_oe && drives.is_some()), "two drivers");
        let lad = if pins.lad_oe {
            pins.lad
        } else {
            drives.unwrap_or(0xF)
        };
        let sample = Sample {
            lframe_n: pins.lframe_n,
            lreset_n: pins.lreset_n,
            lad,
        };
        self.samples.push(sample);
        self.decoded.extend(self.decoder.sample(sample));
        self.target.clock(sample);
        self.host.clock(lad, drives.is_some());
    }

    pub fn idle(&mut self, clocks: usize) {
        for _ in 0..clocks {
            self.clock();
        }
    }

    pub fn transfer(&mut self, request: Request) -> Result<Response, BusError> {
        self.host.start(request).expect("idle");
        for _ in 0..20_000 {
            self.clock();
            if let Some(result) = self.host.poll() {
                return result;
            }
        }
        panic!("the host waits for ever");
    }
}
