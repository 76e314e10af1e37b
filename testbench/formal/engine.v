// engine.v - aes128: takes equally long for every key and block, and shows nothing before its end.
//
// Copies   two engines with the same start, clear and reset, and any key and any block each, other ones
//          in each clock.
// Order    the four words of a result come in order, each announced by next_o a clock before, done_o
//          with the last; so do the clocks in which words of key and block are taken. secret.v leans on it.
// Time     64 clocks, after at most 8 in which the memories of the last use are overwritten.
// @invariant I2,I11
// @induction 2
// @cover 8
// @short
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "formal.vh"
module engine (
    input wire        clk_i,
    input wire        rst_ni,
    input wire        start_i,
    input wire        clear_i,
    input wire [31:0] key_a_i,
    input wire [31:0] key_b_i,
    input wire [31:0] block_a_i,
    input wire [31:0] block_b_i
);
  wire busy_a, busy_b, valid_a, valid_b, done_a, done_b;
  wire [1:0] word_a, word_b, next_a, next_b;
  wire [31:0] result_a, result_b;
  aes128 u_a (.clk_i(clk_i), .rst_ni(rst_ni), .start_i(start_i), .key_i(key_a_i), .block_i(block_a_i),
      .clear_i(clear_i), .word_o(word_a), .next_o(next_a), .busy_o(busy_a), .valid_o(valid_a), .done_o(done_a),
      .result_o(result_a));
  aes128 u_b (.clk_i(clk_i), .rst_ni(rst_ni), .start_i(start_i), .key_i(key_b_i), .block_i(block_b_i),
      .clear_i(clear_i), .word_o(word_b), .next_o(next_b), .busy_o(busy_b), .valid_o(valid_b), .done_o(done_b),
      .result_o(result_b));
  `PROBE([3:0], u_a.round_q)
  `PROBE([3:0], u_b.round_q)
  `PROBE([2:0], u_a.step_q)
  `PROBE([2:0], u_b.step_q)
  `PROBE([3:0], u_a.wipe_q)
  `PROBE([3:0], u_b.wipe_q)
  `PROBE(, u_a.take)
  wire [3:0] round = u_a.round_q;
  wire [2:0] step = u_a.step_q;
  wire [3:0] wiped = u_a.wipe_q;
  reg f_past = 1'b0, f_broken = 1'b1;
  reg [6:0] f_clocks = 7'd0, f_work = 7'd0;      // since the start, and since the wiping is done
  reg [1:0] f_next = 2'd0;
  reg [2:0] f_words = 3'd0;                      // of the result that have come
  always @(posedge clk_i) begin
    f_past <= 1'b1;
    f_broken <= !rst_ni || clear_i;
    f_next <= next_a;
    f_clocks <= rst_ni && !clear_i && busy_a ? f_clocks + 7'd1 : 7'd0;
    f_work <= rst_ni && !clear_i && busy_a && wiped[3] ? f_work + 7'd1 : 7'd0;
    f_words <= !rst_ni || clear_i || !busy_a ? 3'd0 : f_words + {2'd0, valid_a};
  end
  always @* if (!f_past) begin
    `ASSUME(m_starts_in_reset, !rst_ni)
  end
  `EACH_CLOCK if (f_past) begin
    `ASSERT(p_time_depends_on_no_key, {busy_a, valid_a, done_a, word_a, next_a} == {busy_b, valid_b, done_b, word_b, next_b})
    `ASSERT(p_block_takes_64_clocks, !busy_a || !wiped[3] || (f_work <= 7'd63 && done_a == (f_work == 7'd63)))
    `ASSERT(p_block_ends_in_72_clocks, !busy_a || f_clocks <= 7'd71)

    `ASSERT(p_silent_but_for_the_result, valid_a || (result_a == 32'd0 && result_b == 32'd0))
    `ASSERT(p_no_result_early, !valid_a || f_work >= 7'd60)
    `ASSERT(p_words_in_order, (!valid_a || f_words == {1'b0, word_a}) && done_a == (valid_a && word_a == 2'd3))
    `ASSERT(p_words_announced, f_broken || !(valid_a || u_a.take) || f_next == word_a)
    `ASSERT(p_key_words_in_order, !u_a.take || (f_work <= 7'd3 && word_a == f_work[1:0]))
    `ASSERT(p_silent_in_a_wipe, wiped[3] || !(valid_a || u_a.take))
    // ---- helpers
    `ASSERT(p_help_step, {round, step, wiped} == {u_b.round_q, u_b.step_q, u_b.wipe_q})
    `ASSERT(p_help_wiped, wiped <= 4'd8)
    `ASSERT(p_help_waits, wiped[3] || (round == 4'd0 && step == 3'd0 && {3'd0, wiped} >= f_clocks && f_work == 7'd0))
    `ASSERT(p_help_idle, busy_a || (round == 4'd0 && f_work == 7'd0 && f_clocks == 7'd0) || f_work == 7'd64)
    `ASSERT(p_help_late, !busy_a || f_clocks <= f_work + 7'd8)
    `ASSERT(p_help_clocks, !(busy_a && wiped[3]) || (round == 4'd0 ? step <= 3'd3 && f_work == {4'd0, step}
        : round <= 4'd10 && step <= 3'd5 && f_work == {3'd0, round} * 7'd6 - 7'd2 + {4'd0, step}))
    `ASSERT(p_help_words, f_words == (busy_a && wiped[3] && f_work > 7'd60 ? f_work - 7'd60 : 7'd0) || !busy_a)
    `COVER(c_started, busy_a)
  end
endmodule
`default_nettype wire
