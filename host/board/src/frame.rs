//! Requests and answers of `rtl/uart_bridge.v`, whose header is their definition.

use crc::{CRC_16_IBM_SDLC, Crc};

/// CRC-16/X-25, which the catalogue lists as CRC-16/IBM-SDLC.
const CRC: Crc<u16> = Crc::<u16>::new(&CRC_16_IBM_SDLC);
const REQUEST: u8 = 0x5A;
const ANSWER: u8 = 0xA5;
const PAYLOAD: u8 = 8;
/// Bytes of every request.
pub const REQUEST_BYTES: usize = 14;
/// Bytes of an answer beside its data.
const ANSWER_EXTRA: usize = 6;
/// Most bytes that one cycle reads.
const DATA_MAX: usize = 128;
/// Bytes of the longest answer.
pub(crate) const ANSWER_BYTES_MAX: usize = DATA_MAX + ANSWER_EXTRA;

/// One cycle on the board's internal LPC bus.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Operation {
    /// No cycle: is the bridge there?
    Nothing,
    /// I/O read of a byte.
    IoRead(u16),
    /// I/O write of a byte.
    IoWrite(u16, u8),
    /// Firmware read of 1, 2, 4 or 128 bytes from an aligned 28-bit address.
    FwRead(u32, usize),
    /// Firmware write of 1, 2 or 4 bytes, byte 0 in bits 7:0.
    FwWrite(u32, u32, usize),
}

impl Operation {
    /// Whether it may change something, so that it must be done exactly once.
    #[must_use]
    pub fn writes(self) -> bool {
        matches!(self, Self::IoWrite(..) | Self::FwWrite(..))
    }

    /// Address on LAD.
    #[must_use]
    pub fn address(self) -> u32 {
        match self {
            Self::Nothing => 0,
            Self::IoRead(at) | Self::IoWrite(at, _) => at.into(),
            Self::FwRead(at, _) | Self::FwWrite(at, ..) => at,
        }
    }

    /// Bytes that a good answer carries.
    #[must_use]
    pub fn reads(self) -> usize {
        match self {
            Self::IoRead(_) => 1,
            Self::FwRead(_, bytes) => bytes,
            _ => 0,
        }
    }
}

/// The bytes of a request.
///
/// # Panics
/// When a firmware cycle has a size or an address that no cycle has; [`SerialBus`](crate::SerialBus)
/// splits before.
#[must_use]
pub fn request(sequence: u8, operation: Operation) -> [u8; REQUEST_BYTES] {
    let sized = |at: u32, bytes: usize| {
        let code = match bytes {
            1 => 1,
            2 => 2,
            4 => 4,
            DATA_MAX => 8,
            other => panic!("no firmware cycle of {other} bytes"),
        };
        assert!(at < 1 << 28, "firmware address {at:#x}");
        at | code << 28
    };
    let (code, address, data) = match operation {
        Operation::Nothing => (0, 0, 0),
        Operation::IoRead(at) => (1, at.into(), 0),
        Operation::IoWrite(at, byte) => (2, at.into(), byte.into()),
        Operation::FwRead(at, bytes) => (3, sized(at, bytes), 0),
        Operation::FwWrite(at, data, bytes) => (4, sized(at, bytes), data),
    };
    let mut frame = [0; REQUEST_BYTES];
    frame[..4].copy_from_slice(&[REQUEST, sequence, code, PAYLOAD]);
    frame[4..8].copy_from_slice(&address.to_le_bytes());
    frame[8..12].copy_from_slice(&data.to_le_bytes());
    let crc = CRC.checksum(&frame[..12]);
    frame[12..].copy_from_slice(&crc.to_le_bytes());
    frame
}

/// What the bridge answered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer {
    /// Sequence number of the request.
    pub sequence: u8,
    /// `err_o` of `rtl/lpc_host.v`; 0 is good.
    pub status: u8,
    /// Bytes read.
    pub data: Vec<u8>,
}

/// Puts an answer together from bytes of the line.
#[derive(Clone, Debug, Default)]
pub struct Collector {
    bytes: Vec<u8>,
}

impl Collector {
    /// Takes a byte; gives the answer that it completed. What is no answer with a right CRC is
    /// passed over.
    pub fn push(&mut self, byte: u8) -> Option<Answer> {
        self.bytes.push(byte);
        loop {
            match self.bytes.iter().position(|&b| b == ANSWER) {
                Some(start) => drop(self.bytes.drain(..start)),
                None => self.bytes.clear(),
            }
            let &length = self.bytes.get(3)?;
            let length = usize::from(length);
            if length > DATA_MAX {
                self.bytes.remove(0);
                continue;
            }
            let whole = self.bytes.get(..length + ANSWER_EXTRA)?;
            let (body, crc) = whole.split_at(length + 4);
            if CRC.checksum(body).to_le_bytes() != crc {
                self.bytes.remove(0);
                continue;
            }
            let answer = Answer {
                sequence: body[1],
                status: body[2],
                data: body[4..].to_vec(),
            };
            self.bytes.drain(..length + ANSWER_EXTRA);
            return Some(answer);
        }
    }

    /// Forgets a part of an answer.
    pub fn clear(&mut self) {
        self.bytes.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(sequence: u8, status: u8, data: &[u8]) -> Vec<u8> {
        let mut bytes = vec![ANSWER, sequence, status, data.len() as u8];
        bytes.extend(data);
        let crc = CRC.checksum(&bytes);
        bytes.extend(crc.to_le_bytes());
        bytes
    }

    #[test]
    fn crc_is_that_of_the_catalogue() {
        assert_eq!(CRC.checksum(b"123456789"), 0x906E);
    }

    #[test]
    fn an_answer_is_found_behind_garbage_and_a_bad_one() {
        let mut line = vec![0x00, ANSWER, 0xFF, 0xFF, 0xFF];
        let mut bad = answer(1, 0, &[ANSWER; 3]);
        bad[5] ^= 1;
        line.extend(bad);
        let good = answer(2, 3, &[7; 128]);
        line.extend(&good);
        let mut collector = Collector::default();
        let found: Vec<_> = line.iter().filter_map(|&b| collector.push(b)).collect();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].sequence, found[0].status), (2, 3));
        assert_eq!(found[0].data, [7; 128]);
    }

    #[test]
    fn every_flipped_bit_of_an_answer_is_no_answer() {
        let good = answer(9, 0, &[1, 2, 3, 4]);
        for bit in 0..good.len() * 8 {
            let mut bent = good.clone();
            bent[bit / 8] ^= 1 << (bit % 8);
            let mut collector = Collector::default();
            let found = bent.iter().find_map(|&b| collector.push(b));
            assert_eq!(found, None, "bit {bit}");
        }
    }
}
