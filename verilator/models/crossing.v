// crossing.v - two clocks, a clock that is gated by an input, and logic from inputs to outputs: where an input that is
// taken too early or too late shows.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module crossing #(
    parameter [7:0] STEP = 8'd1
) (
    input  wire        a_clk_i,
    input  wire        b_clk_i,
    input  wire        rst_ni,
    input  wire        gate_i,
    input  wire [ 7:0] add_i,
    input  wire [39:0] long_i,
    input  wire [99:0] wide_i,
    output wire [ 7:0] sum_o,          // of the inputs and a flop
    output reg  [ 7:0] a_q_o,
    output reg  [39:0] b_q_o,
    output reg  [99:0] gated_q_o
);
  wire gated = a_clk_i && gate_i;

  assign sum_o = add_i + a_q_o + b_q_o[7:0];

  always @(posedge a_clk_i) a_q_o <= rst_ni ? a_q_o + add_i + STEP : 8'd0;
  always @(negedge b_clk_i) b_q_o <= rst_ni ? b_q_o ^ long_i ^ {32'd0, sum_o} : 40'd0;
  always @(posedge gated) gated_q_o <= rst_ni ? gated_q_o ^ wide_i : 100'd0;
endmodule
`default_nettype wire
