// aes128_whole.v - test bench only: aes128 with whole keys, blocks and results, as a reference.
//
// Clock    clk_i, rising edge.  Reset  rst_ni, low = reset, sampled on clk_i.
// Timing   start_i samples key_i and block_i; done_o comes 65 clocks later, for one clock, eight more
//          when the engine still wipes its memories. result_o holds the block from then until
//          clear_i or the next start, and is 0 at all other times. left_o is 1 while a memory or the
//          last key word of the engine is not 0.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module aes128_whole (
    input  wire         clk_i,
    input  wire         rst_ni,
    input  wire         start_i,
    input  wire [127:0] key_i,
    input  wire [127:0] block_i,
    input  wire         clear_i,
    output wire         busy_o,
    output reg          done_o,
    output wire [127:0] result_o,
    output wire         left_o
);
  wire [1:0] word;
  wire valid, done;
  wire [31:0] result;
  reg [127:0] key_q, block_q, result_q;
  reg whole_q;
  wire [6:0] low = {~word, 5'd0};

  assign result_o = whole_q ? result_q : 128'd0;

  aes128 u_aes (
      .clk_i   (clk_i),
      .rst_ni  (rst_ni),
      .start_i (start_i),
      .key_i   (key_q[low+:32]),
      .block_i (block_q[low+:32]),
      .clear_i (clear_i),
      .word_o  (word),
      .next_o  (),
      .busy_o  (busy_o),
      .valid_o (valid),
      .done_o  (done),
      .result_o(result)
  );

  wire [7:0] left;
  assign left_o = left != 8'd0 || u_aes.last_q != 32'd0;
  genvar n;
  generate
    for (n = 0; n < 8; n = n + 1) begin : gen_left
      assign left[n] = {u_aes.u_key.mem[n%4], u_aes.gen_row[0].u_state.mem[n], u_aes.gen_row[1].u_state.mem[n],
                        u_aes.gen_row[2].u_state.mem[n], u_aes.gen_row[3].u_state.mem[n]} != 64'd0;
    end
  endgenerate

  always @(posedge clk_i) begin
    done_o <= done && rst_ni && !clear_i;
    if (!busy_o && start_i) begin
      key_q   <= key_i;
      block_q <= block_i;
      whole_q <= 1'b0;
    end
    if (valid) result_q <= {result_q[95:0], result};
    if (done) whole_q <= 1'b1;
    if (!rst_ni || clear_i) whole_q <= 1'b0;
  end
endmodule
`default_nettype wire
