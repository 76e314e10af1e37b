//! The far end of a simulated UART.

use std::collections::VecDeque;

/// Clocks a bit of the simulated boards that are RTL.
pub const RTL_CLOCKS_PER_BIT: u32 = number(env!("OPERA_CLOCKS_PER_BIT"));
/// Those of the board whose bitstream is simulated.
#[cfg(bitstream)]
pub const BITSTREAM_CLOCKS_PER_BIT: u32 = number(env!("OPERA_BITSTREAM_CLOCKS_PER_BIT"));
/// Those of the fastest and the slowest board when they are simulated together.
pub const MIXED_CLOCKS_PER_BIT: [u32; 2] = [
    number(env!("OPERA_FAST_CLOCKS_PER_BIT")),
    number(env!("OPERA_SLOW_CLOCKS_PER_BIT")),
];

/// A number that the build script has written.
const fn number(digits: &str) -> u32 {
    match u32::from_str_radix(digits, 10) {
        Ok(number) => number,
        Err(_) => panic!("not a number"),
    }
}

/// The far end of a UART, with its own idea of a bit's length.
pub struct Uart {
    pub clocks_per_bit: u32,
    pub to_board: VecDeque<u8>,
    pub from_board: VecDeque<u8>,
    out_bits: u32,
    out_left: u32,
    out_wait: u32,
    in_wait: u32,
    in_bits: u32,
    in_shift: u8,
}

impl Uart {
    pub fn new(clocks_per_bit: u32) -> Self {
        Self {
            clocks_per_bit,
            to_board: VecDeque::new(),
            from_board: VecDeque::new(),
            out_bits: 1,
            out_left: 0,
            out_wait: 0,
            in_wait: 0,
            in_bits: 0,
            in_shift: 0,
        }
    }

    /// One clock: gives the board's RX.
    pub fn drive(&mut self) -> bool {
        if self.out_wait > 0 {
            self.out_wait -= 1;
        } else if self.out_left > 0 {
            self.out_bits >>= 1;
            self.out_left -= 1;
            self.out_wait = self.clocks_per_bit - 1;
        } else if let Some(byte) = self.to_board.pop_front() {
            // Start, eight data, stop; then the line stays at the stop's level.
            self.out_bits = 1 << 9 | u32::from(byte) << 1;
            self.out_left = 9;
            self.out_wait = self.clocks_per_bit - 1;
        }
        self.out_bits & 1 == 1
    }

    /// One clock: takes the board's TX.
    pub fn take(&mut self, level: bool) {
        match self.in_bits {
            0 if !level => {
                self.in_bits = 1;
                self.in_wait = self.clocks_per_bit + self.clocks_per_bit / 2;
            }
            0 => {}
            _ if self.in_wait > 1 => self.in_wait -= 1,
            1..=8 => {
                self.in_shift = self.in_shift >> 1 | u8::from(level) << 7;
                self.in_bits += 1;
                self.in_wait = self.clocks_per_bit;
            }
            _ => {
                if level {
                    self.from_board.push_back(self.in_shift);
                }
                self.in_bits = 0;
            }
        }
    }

    pub fn quiet(&self) -> bool {
        self.to_board.is_empty() && self.out_left == 0 && self.out_wait == 0 && self.in_bits == 0
    }
}
