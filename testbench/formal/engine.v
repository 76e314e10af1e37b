// engine.v - aes128: takes equally long for every key and block, and shows nothing before its end.
//
// Copies   two engines with the same start, clear and reset, and any key and any block each.
// @invariant I2,I11
// @induction 2
// @cover 4
// @short
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "formal.vh"
module engine (
    input wire         clk_i,
    input wire         rst_ni,
    input wire         start_i,
    input wire         clear_i,
    input wire [127:0] key_a_i,
    input wire [127:0] key_b_i,
    input wire [127:0] block_a_i,
    input wire [127:0] block_b_i
);
  wire busy_a, busy_b, done_a, done_b;
  wire [127:0] result_a, result_b;
  aes128 u_a (.clk_i(clk_i), .rst_ni(rst_ni), .start_i(start_i), .key_i(key_a_i), .block_i(block_a_i),
      .clear_i(clear_i), .busy_o(busy_a), .done_o(done_a), .result_o(result_a));
  aes128 u_b (.clk_i(clk_i), .rst_ni(rst_ni), .start_i(start_i), .key_i(key_b_i), .block_i(block_b_i),
      .clear_i(clear_i), .busy_o(busy_b), .done_o(done_b), .result_o(result_b));
  `PROBE([3:0], u_a.round_q)
  `PROBE([3:0], u_b.round_q)
  `PROBE([2:0], u_a.step_q)
  `PROBE([2:0], u_b.step_q)
  `PROBE(, u_a.valid_q)
  `PROBE(, u_b.valid_q)
  reg f_past = 1'b0;
  reg [5:0] f_clocks = 6'd0;
  always @(posedge clk_i) begin
    f_past <= 1'b1;
    f_clocks <= rst_ni && !clear_i && busy_a ? f_clocks + 6'd1 : 6'd0;
  end
  always @* if (!f_past) begin
    `ASSUME(m_starts_in_reset, !rst_ni)
  end
  `EACH_CLOCK if (f_past) begin
    `ASSERT(p_time_depends_on_no_key, {busy_a, done_a} == {busy_b, done_b})
    `ASSERT(p_block_ends_in_51_clocks, !busy_a || f_clocks <= 6'd50)
    `ASSERT(p_silent_while_busy, !busy_a || (result_a == 128'd0 && result_b == 128'd0))
    // ---- helpers
    `ASSERT(p_help_step, {u_a.round_q, u_a.step_q, u_a.valid_q} == {u_b.round_q, u_b.step_q, u_b.valid_q})
    `ASSERT(p_help_silent, !(busy_a && u_a.valid_q))
    `ASSERT(p_help_clocks, !busy_a || (u_a.step_q <= 3'd4 && u_a.round_q >= 4'd1 && u_a.round_q <= 4'd11
        && (u_a.round_q != 4'd11 || u_a.step_q == 3'd0)
        && {2'd0, f_clocks} == {4'd0, u_a.round_q} * 8'd5 - 8'd5 + {5'd0, u_a.step_q}))
    `COVER(c_started, busy_a)
  end
endmodule
`default_nettype wire
