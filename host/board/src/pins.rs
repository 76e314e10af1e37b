//! The pins of the Verilated models by board: mint or not, of two kinds, or one board out of a bitstream.

use crate::fram::Pins;

mod generated {
    include!(concat!(env!("OUT_DIR"), "/Vboards.rs"));
    include!(concat!(env!("OUT_DIR"), "/VboardsMint.rs"));
    include!(concat!(env!("OUT_DIR"), "/VboardsMixed.rs"));
    #[cfg(bitstream)]
    include!(concat!(env!("OUT_DIR"), "/VboardsBitstream.rs"));
}
#[cfg(bitstream)]
pub use generated::VboardsBitstream;
pub use generated::{Vboards, VboardsMint, VboardsMixed};

/// Pins of two boards, `n` the board.
pub trait Top {
    fn eval(&mut self);
    fn set_plugged(&mut self, plugged: bool);
    fn contention(&self) -> bool;
    /// Pins of board 0 that are not as those of its twin in RTL: `a_differs_o` of bitstream_pair.v.
    fn differs(&self) -> u8 {
        0
    }
    fn set_clk(&mut self, n: usize, level: bool);
    fn set_rst_n(&mut self, n: usize, level: bool);
    fn set_keys(&mut self, n: usize, device: [u32; 4], power: [u32; 4]);
    fn set_rx(&mut self, n: usize, level: bool);
    fn tx(&self, n: usize) -> bool;
    fn nv_trap(&self, n: usize) -> bool;
    fn orm_on(&self, n: usize) -> bool;
    fn spi(&self, n: usize) -> Pins;
    fn set_miso(&mut self, n: usize, level: bool);
    fn check(&self) -> Result<(), verilated::Error>;
}

macro_rules! top {
    ($model:ident $(, $differs:ident)?) => {
        impl Top for $model {
            $(fn differs(&self) -> u8 {
                self.$differs()
            })?
            fn eval(&mut self) {
                $model::eval(self);
            }
            fn set_plugged(&mut self, plugged: bool) {
                self.set_plugged_i(plugged.into());
            }
            fn contention(&self) -> bool {
                self.link_contention_o() != 0
            }
            fn set_clk(&mut self, n: usize, level: bool) {
                match n {
                    0 => self.set_a_clk_i(level.into()),
                    _ => self.set_b_clk_i(level.into()),
                }
            }
            fn set_rst_n(&mut self, n: usize, level: bool) {
                match n {
                    0 => self.set_a_rst_ni(level.into()),
                    _ => self.set_b_rst_ni(level.into()),
                }
            }
            fn set_keys(&mut self, n: usize, device: [u32; 4], power: [u32; 4]) {
                match n {
                    0 => {
                        self.set_a_device_key_i(device);
                        self.set_a_power_key_i(power);
                    }
                    _ => {
                        self.set_b_device_key_i(device);
                        self.set_b_power_key_i(power);
                    }
                }
            }
            fn set_rx(&mut self, n: usize, level: bool) {
                match n {
                    0 => self.set_a_uart_rx_i(level.into()),
                    _ => self.set_b_uart_rx_i(level.into()),
                }
            }
            fn tx(&self, n: usize) -> bool {
                match n {
                    0 => self.a_uart_tx_o() != 0,
                    _ => self.b_uart_tx_o() != 0,
                }
            }
            fn nv_trap(&self, n: usize) -> bool {
                match n {
                    0 => self.a_nv_trap_o() != 0,
                    _ => self.b_nv_trap_o() != 0,
                }
            }
            fn orm_on(&self, n: usize) -> bool {
                match n {
                    0 => self.a_orm_on_o() != 0,
                    _ => self.b_orm_on_o() != 0,
                }
            }
            fn spi(&self, n: usize) -> Pins {
                match n {
                    0 => Pins {
                        power: self.a_nv_pwr_en_o() != 0,
                        cs_n: self.a_spi_cs_no() != 0,
                        sck: self.a_spi_sck_o() != 0,
                        mosi: self.a_spi_mosi_o() != 0,
                    },
                    _ => Pins {
                        power: self.b_nv_pwr_en_o() != 0,
                        cs_n: self.b_spi_cs_no() != 0,
                        sck: self.b_spi_sck_o() != 0,
                        mosi: self.b_spi_mosi_o() != 0,
                    },
                }
            }
            fn set_miso(&mut self, n: usize, level: bool) {
                match n {
                    0 => self.set_a_spi_miso_i(level.into()),
                    _ => self.set_b_spi_miso_i(level.into()),
                }
            }
            fn check(&self) -> Result<(), verilated::Error> {
                $model::check(self)
            }
        }
    };
}
top!(Vboards);
top!(VboardsMint);
top!(VboardsMixed);
#[cfg(bitstream)]
top!(VboardsBitstream, a_differs_o);
