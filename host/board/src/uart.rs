//! The far end of a simulated UART.

use std::collections::VecDeque;

/// Clocks a bit of the simulated boards that are RTL.
pub fn rtl_clocks_per_bit() -> u32 {
    // Written by the build script, which parses as a number.
    env!("OPERA_CLOCKS_PER_BIT").parse().unwrap_or(8)
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
