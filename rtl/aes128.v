// aes128.v - AES-128 encryption of one block, word by word, round keys made on the way.
//
// Clock    clk_i, rising edge.  Reset  rst_ni, low = reset, sampled on clk_i.
// Timing   from the clock after start_i on the words of key and block are taken, the first column
//          first: word_o says which word key_i and block_i must show now, next_o which in the next
//          clock. The four result words come 61 to 64 clocks after start_i with valid_o, again
//          numbered by word_o and next_o; done_o comes with the last. result_o is 0 without valid_o.
// Bytes    FIPS 197 order: byte 0 is bits 31:24 of word 0.
// Memory   state (two banks of four columns, one memory a row, so that ShiftRows is an address) and
//          the last four key words lie in RAM blocks: some 300 logic cells where registers took 1,460.
// Secrets  clear_i and reset stop at once and overwrite both memories in the eight clocks after; a
//          start in that time waits for its end. Without clear_i the last round key stays.
// Fails to idle from an unlisted step.
// Proofs   testbench/formal/engine.v: equally long for all keys.
//          testbench/tests/aes.rs, against an independent implementation.
// Source   FIPS 197, sections 5.1 and 5.2.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module aes128 (
    input  wire        clk_i,
    input  wire        rst_ni,
    input  wire        start_i,
    input  wire [31:0] key_i,
    input  wire [31:0] block_i,
    input  wire        clear_i,
    output wire [ 1:0] word_o,
    output wire [ 1:0] next_o,
    output wire        busy_o,
    output wire        valid_o,
    output wire        done_o,
    output wire [31:0] result_o
);
  // A round has six steps. Step 0 sends the last key word through the S-boxes, steps 1 to 4 the
  // columns; what went in comes out one step later. A column is read from its rows' memories one step
  // before, so the first can only be read in step 0, after the last one was written in step 5.
  localparam [2:0] STEP_LAST = 3'd5;

  reg busy_q, busy_d;
  reg [3:0] round_q, round_d;    // 0 takes key and block, then 1 to 10
  reg [2:0] step_q, step_d;
  reg [7:0] rcon_q, rcon_d;
  reg [31:0] last_q, last_d;     // the newest key word
  reg [3:0] wipe_q, wipe_d;      // address that is overwritten, 8 when done

  wire wiping = !wipe_q[3];
  wire loading = busy_q && round_q == 4'd0;
  wire take = loading && !wiping;
  wire rounds = busy_q && round_q != 4'd0;
  wire column_out = rounds && step_q >= 3'd2;
  wire key_out = rounds && step_q >= 3'd1 && step_q <= 3'd4;

  wire [31:0] looked_up;         // S-boxes
  wire [31:0] state;             // column c of the shifted rows
  wire [31:0] old_key;           // the word four before the one that is made
  wire [31:0] lookup = (step_q == 3'd0) ? {last_q[23:0], last_q[31:24]} : state;
  wire [31:0] new_key = old_key ^ ((step_q == 3'd1) ? looked_up ^ {rcon_q, 24'd0} : last_q);
  wire [31:0] column = take ? block_i ^ key_i : mix(looked_up) ^ last_q;

  assign word_o = rounds ? {!step_q[1], step_q[0]} : step_q[1:0];
  assign next_o = rounds ? step_q[1:0] - 2'd1 : take ? step_q[1:0] + 2'd1 : 2'd0;
  assign busy_o = busy_q;
  assign valid_o = column_out && round_q == 4'd10;
  assign done_o = valid_o && step_q == STEP_LAST;
  assign result_o = valid_o ? looked_up ^ last_q : 32'd0;

  function [7:0] twice;          // times x in GF(2^8)
    input [7:0] x;
    twice = {x[6:0], 1'b0} ^ (x[7] ? 8'h1B : 8'h00);
  endfunction

  function [31:0] mix;           // MixColumns of one column
    input [31:0] c;
    mix = {
      twice(c[31:24] ^ c[23:16]) ^ c[23:16] ^ c[15:8] ^ c[7:0],
      twice(c[23:16] ^ c[15:8]) ^ c[15:8] ^ c[7:0] ^ c[31:24],
      twice(c[15:8] ^ c[7:0]) ^ c[7:0] ^ c[31:24] ^ c[23:16],
      twice(c[7:0] ^ c[31:24]) ^ c[31:24] ^ c[23:16] ^ c[15:8]
    };
  endfunction

  genvar n;
  generate
    for (n = 0; n < 4; n = n + 1) begin : gen_row  // row n is byte 3-n of a word
      localparam [1:0] SHIFT = n;
      aes_sbox u_sbox (
          .clk_i (clk_i),
          .addr_i(lookup[8*(3-n)+:8]),
          .data_o(looked_up[8*(3-n)+:8])
      );
      ram_2clk #(
          .ADDR_WIDTH(3),
          .DATA_WIDTH(8)
      ) u_state (
          .wclk_i (clk_i),
          .we_i   (wiping || take || column_out),
          .waddr_i(wiping ? wipe_q[2:0] : {round_q[0], word_o}),
          .wdata_i(wiping ? 8'd0 : column[8*(3-n)+:8]),
          .rclk_i (clk_i),
          .raddr_i({!round_q[0], step_q[1:0] + SHIFT}),
          .rdata_o(state[8*(3-n)+:8])
      );
    end
  endgenerate

  ram_2clk #(
      .ADDR_WIDTH(2),
      .DATA_WIDTH(32)
  ) u_key (
      .wclk_i (clk_i),
      .we_i   (wiping || take || key_out),
      .waddr_i(wiping ? wipe_q[1:0] : take ? step_q[1:0] : next_o),
      .wdata_i(wiping ? 32'd0 : take ? key_i : new_key),
      .rclk_i (clk_i),
      .raddr_i(step_q[1:0]),
      .rdata_o(old_key)
  );

  always @* begin : next_state
    busy_d  = busy_q;
    round_d = round_q;
    step_d  = step_q;
    rcon_d  = rcon_q;
    last_d  = last_q;
    wipe_d  = wiping ? wipe_q + 4'd1 : wipe_q;
    if (rounds) begin
      step_d = step_q + 3'd1;
      if (key_out) last_d = new_key;
      if (step_q == 3'd1) rcon_d = twice(rcon_q);
      if (step_q >= STEP_LAST) begin
        step_d  = 3'd0;
        round_d = round_q + 4'd1;
        if (round_q >= 4'd10) begin
          busy_d  = 1'b0;
          round_d = 4'd0;
          last_d  = 32'd0;
        end
      end
    end else if (take) begin
      step_d = step_q + 3'd1;
      last_d = key_i;
      if (step_q >= 3'd3) begin
        step_d  = 3'd0;
        round_d = 4'd1;
      end
    end else if (!busy_q && start_i) begin
      busy_d  = 1'b1;
      round_d = 4'd0;
      step_d  = 3'd0;
      rcon_d  = 8'h01;
    end
  end

  always @(posedge clk_i) begin : state_reg
    if (!rst_ni || clear_i) begin
      busy_q  <= 1'b0;
      round_q <= 4'd0;
      step_q  <= 3'd0;
      rcon_q  <= 8'd0;
      last_q  <= 32'd0;
      wipe_q  <= 4'd0;
    end else begin
      busy_q  <= busy_d;
      round_q <= round_d;
      step_q  <= step_d;
      rcon_q  <= rcon_d;
      last_q  <= last_d;
      wipe_q  <= wipe_d;
    end
  end
endmodule
`default_nettype wire
