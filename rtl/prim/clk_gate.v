// clk_gate.v - clock of a switched power domain.
//
// Clock    clk_i in, clk_o out.  Reset  none: en_i is a flop of clk_i that resets to 0.
// Timing   simulation (OPERA_SIM): en_i is taken while clk_i is low, so clk_o has no short pulse;
//          it starts and stops with the high phase after that.
//          synthesis: clk_o is clk_i. iCE40 has no glitch-free gate in its clock tree, and the
//          domain does not need one: its reset holds it whenever en_i is 0.
// Fails    closed: en_i 0 stops clk_o low.
// Proofs   testbench/unit/tb_power_ctrl.v.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module clk_gate (
    input  wire clk_i,
    input  wire en_i,
    output wire clk_o
);
`ifdef OPERA_SIM
  reg en_q;
  always @(negedge clk_i) en_q <= en_i;
  assign clk_o = clk_i && en_q;
`else
  assign clk_o = clk_i;
  /* verilator lint_off UNUSEDSIGNAL */
  wire unused_ok = &{1'b0, en_i};
  /* verilator lint_on UNUSEDSIGNAL */
`endif
endmodule
`default_nettype wire
