// aes_mux.v - lends the one AES engine to the power controller or to the ORM.
//
// Clock    none.   Reset  none.   Timing  combinational.
// Rules    pwr_own_i gives the engine to the power controller, which takes it only while the ORM is
//          off. Neither owner sees the other's result. A clamped ORM's leftovers are cleared.
// Fails    closed: without an owner the engine is held clear.
// Proofs   testbench/formal/clamp.v; testbench/unit/tb_power_ctrl.v; ARCHITECTURE.md, invariants I2, I4.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module aes_mux (
    input  wire        pwr_own_i,
    input  wire        pwr_start_i,
    input  wire [31:0] pwr_key_i,
    input  wire [31:0] pwr_block_i,
    input  wire        pwr_clear_i,
    output wire        pwr_valid_o,
    output wire        pwr_done_o,
    output wire [31:0] pwr_result_o,
    input  wire        orm_clamp_i,   // 1 = the ORM is clamped; its wires below are 0
    input  wire        orm_start_i,
    input  wire [31:0] orm_key_i,
    input  wire [31:0] orm_block_i,
    input  wire        orm_clear_i,
    output wire        orm_valid_o,
    output wire        orm_done_o,
    output wire [31:0] orm_result_o,
    output wire        aes_start_o,
    output wire [31:0] aes_key_o,
    output wire [31:0] aes_block_o,
    output wire        aes_clear_o,
    input  wire        aes_valid_i,
    input  wire        aes_done_i,
    input  wire [31:0] aes_result_i
);
  wire orm_own = !pwr_own_i && !orm_clamp_i;

  assign aes_start_o = pwr_own_i ? pwr_start_i : orm_start_i && orm_own;
  assign aes_key_o = pwr_own_i ? pwr_key_i : orm_key_i;
  assign aes_block_o = pwr_own_i ? pwr_block_i : orm_block_i;
  assign aes_clear_o = pwr_own_i ? pwr_clear_i : orm_clear_i || orm_clamp_i;
  assign pwr_valid_o = aes_valid_i && pwr_own_i;
  assign pwr_done_o = aes_done_i && pwr_own_i;
  assign pwr_result_o = pwr_own_i ? aes_result_i : 32'd0;
  assign orm_valid_o = aes_valid_i && orm_own;
  assign orm_done_o = aes_done_i && orm_own;
  assign orm_result_o = orm_own ? aes_result_i : 32'd0;
endmodule
`default_nettype wire
