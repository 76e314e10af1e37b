// lpc_probe.v - an LPC bus under the names that waveform readers look for. Simulation only.
//
// Clock    none.   Reset  none.   Timing  combinational.   Fails  cannot.
// Instances: opera.payer.lpc, opera.payee.lpc and opera.link.
// Proofs   testbench/tests: waves decoded with `opera trace decode` equal the live trace.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module lpc_probe (
    input wire       clk_i,
    input wire       lframe_ni,
    input wire       lreset_ni,
    input wire [3:0] lad_i
);
  /* verilator lint_off UNUSEDSIGNAL */
  wire LCLK = clk_i;
  wire LFRAME = lframe_ni;
  wire LRESET = lreset_ni;
  wire LAD0 = lad_i[0];
  wire LAD1 = lad_i[1];
  wire LAD2 = lad_i[2];
  wire LAD3 = lad_i[3];
  /* verilator lint_on UNUSEDSIGNAL */
endmodule
`default_nettype wire
