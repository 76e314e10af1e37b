//! One face for the Verilated models: a wallet pair, as RTL or as netlist, and a mint with a wallet.

use std::path::Path;

use crate::SimError;
use crate::nv::NvPins;
use crate::pair::Wires;
use crate::tpm::{TpmDrive, TpmPins};

/// The pins of module `opera`; `index` is 0 for the payer's ports `a_*`, 1 for the payee's `b_*`.
pub(crate) trait Top {
    fn eval(&mut self);
    fn set_clk(&mut self, index: usize, level: bool);
    fn set_rst_n(&mut self, index: usize, level: bool);
    fn set_keys(&mut self, index: usize, device: [u32; 4], power: [u32; 4]);
    fn set_lpc(&mut self, index: usize, lframe_n: bool, lreset_n: bool, lad: u8);
    fn lad(&self, index: usize) -> (u8, bool);
    fn nv(&self, index: usize) -> NvPins;
    fn set_nv(&mut self, index: usize, ack: bool, rdata: u32);
    fn set_brownout(&mut self, index: usize, low: bool);
    /// Whether wallet and TPM chip both drive the internal LAD.
    fn lad_clash(&self, index: usize) -> bool;
    fn tpm(&self, index: usize) -> TpmPins;
    fn set_tpm(&mut self, index: usize, drive: TpmDrive);
    fn set_plugged(&mut self, plugged: bool);
    fn orm_on(&self, index: usize) -> bool;
    fn force_lad(&mut self, nibble: Option<u8>);
    fn force_lframe(&mut self, level: Option<bool>);
    fn force_data(&mut self, byte: Option<u8>);
    fn wires(&self) -> Wires;
    fn open_trace(&mut self, path: &Path) -> Result<(), SimError>;
    fn dump(&mut self, time_ps: u64);
    fn close_trace(&mut self);
    fn check(&self) -> Result<(), SimError>;
}

macro_rules! model {
    ($model:ident) => {
        impl Top for $model {
            #[inline]
            fn eval(&mut self) {
                $model::eval(self);
            }
            #[inline]
            fn set_clk(&mut self, index: usize, level: bool) {
                match index {
                    0 => self.set_a_clk_i(level.into()),
                    _ => self.set_b_clk_i(level.into()),
                }
            }
            fn set_rst_n(&mut self, index: usize, level: bool) {
                match index {
                    0 => self.set_a_rst_ni(level.into()),
                    _ => self.set_b_rst_ni(level.into()),
                }
            }
            fn set_keys(&mut self, index: usize, device: [u32; 4], power: [u32; 4]) {
                match index {
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
            #[inline]
            fn set_lpc(&mut self, index: usize, lframe_n: bool, lreset_n: bool, lad: u8) {
                match index {
                    0 => {
                        self.set_a_lframe_ni(lframe_n.into());
                        self.set_a_lreset_ni(lreset_n.into());
                        self.set_a_lad_i(lad);
                    }
                    _ => {
                        self.set_b_lframe_ni(lframe_n.into());
                        self.set_b_lreset_ni(lreset_n.into());
                        self.set_b_lad_i(lad);
                    }
                }
            }
            #[inline]
            fn lad(&self, index: usize) -> (u8, bool) {
                match index {
                    0 => (self.a_lad_o(), self.a_lad_oe_o() != 0),
                    _ => (self.b_lad_o(), self.b_lad_oe_o() != 0),
                }
            }
            #[inline]
            fn nv(&self, index: usize) -> NvPins {
                match index {
                    0 => NvPins::new(
                        self.a_nv_req_o() != 0,
                        self.a_nv_we_o() != 0,
                        self.a_nv_addr_o(),
                        self.a_nv_wdata_o(),
                    ),
                    _ => NvPins::new(
                        self.b_nv_req_o() != 0,
                        self.b_nv_we_o() != 0,
                        self.b_nv_addr_o(),
                        self.b_nv_wdata_o(),
                    ),
                }
            }
            #[inline]
            fn set_nv(&mut self, index: usize, ack: bool, rdata: u32) {
                match index {
                    0 => {
                        self.set_a_nv_ack_i(ack.into());
                        self.set_a_nv_rdata_i(rdata);
                    }
                    _ => {
                        self.set_b_nv_ack_i(ack.into());
                        self.set_b_nv_rdata_i(rdata);
                    }
                }
            }
            fn set_brownout(&mut self, index: usize, low: bool) {
                match index {
                    0 => self.set_a_brownout_i(low.into()),
                    _ => self.set_b_brownout_i(low.into()),
                }
            }
            #[inline]
            fn lad_clash(&self, index: usize) -> bool {
                match index {
                    0 => self.a_lad_clash_o() != 0,
                    _ => self.b_lad_clash_o() != 0,
                }
            }
            #[inline]
            fn tpm(&self, index: usize) -> TpmPins {
                match index {
                    0 => TpmPins {
                        exec: self.a_tpm_exec_o() != 0,
                        command: (self.a_tpm_cmd_valid_o() != 0).then(|| self.a_tpm_cmd_data_o()),
                        wants_response: self.a_tpm_rsp_ready_o() != 0,
                    },
                    _ => TpmPins {
                        exec: self.b_tpm_exec_o() != 0,
                        command: (self.b_tpm_cmd_valid_o() != 0).then(|| self.b_tpm_cmd_data_o()),
                        wants_response: self.b_tpm_rsp_ready_o() != 0,
                    },
                }
            }
            fn set_tpm(&mut self, index: usize, drive: TpmDrive) {
                let (byte, last) = drive.response.unwrap_or((0, false));
                match index {
                    0 => {
                        self.set_a_tpm_cmd_ready_i(drive.takes.into());
                        self.set_a_tpm_rsp_valid_i(drive.response.is_some().into());
                        self.set_a_tpm_rsp_data_i(byte);
                        self.set_a_tpm_rsp_last_i(last.into());
                    }
                    _ => {
                        self.set_b_tpm_cmd_ready_i(drive.takes.into());
                        self.set_b_tpm_rsp_valid_i(drive.response.is_some().into());
                        self.set_b_tpm_rsp_data_i(byte);
                        self.set_b_tpm_rsp_last_i(last.into());
                    }
                }
            }
            fn set_plugged(&mut self, plugged: bool) {
                self.set_plugged_i(plugged.into());
            }
            fn orm_on(&self, index: usize) -> bool {
                match index {
                    0 => self.a_orm_on_o() != 0,
                    _ => self.b_orm_on_o() != 0,
                }
            }
            fn force_lad(&mut self, nibble: Option<u8>) {
                self.set_link_force_en_i(if nibble.is_some() { 0xF } else { 0 });
                self.set_link_force_i(nibble.unwrap_or(0) & 0xF);
            }
            fn force_lframe(&mut self, level: Option<bool>) {
                self.set_link_lframe_force_en_i(level.is_some().into());
                self.set_link_lframe_force_i(level.unwrap_or(true).into());
            }
            fn force_data(&mut self, byte: Option<u8>) {
                self.set_db_force_en_i(byte.is_some().into());
                self.set_db_force_i(byte.unwrap_or(0));
            }
            fn wires(&self) -> Wires {
                Wires {
                    lclk: self.link_lclk_o() != 0,
                    lframe_n: self.link_lframe_no() != 0,
                    lreset_n: self.link_lreset_no() != 0,
                    lad: self.link_lad_o(),
                    data: self.db_data_o(),
                    req: self.db_req_o() != 0,
                    frame: self.db_frame_o() != 0,
                    ack: self.db_ack_o() != 0,
                }
            }
            fn open_trace(&mut self, path: &Path) -> Result<(), SimError> {
                $model::open_trace(self, path).map_err(SimError::from)
            }
            fn dump(&mut self, time_ps: u64) {
                $model::dump(self, time_ps);
            }
            fn close_trace(&mut self) {
                $model::close_trace(self);
            }
            fn check(&self) -> Result<(), SimError> {
                $model::check(self).map_err(SimError::from)
            }
        }
    };
}

/// The generated models.
mod generated {
    include!(concat!(env!("OUT_DIR"), "/Vopera.rs"));
    include!(concat!(env!("OUT_DIR"), "/VoperaMint.rs"));
    #[cfg(netlist)]
    include!(concat!(env!("OUT_DIR"), "/VoperaNetlist.rs"));
}
#[cfg(netlist)]
pub(crate) use generated::VoperaNetlist;
pub(crate) use generated::{Vopera, VoperaMint};

model!(Vopera);
model!(VoperaMint);
#[cfg(netlist)]
model!(VoperaNetlist);
