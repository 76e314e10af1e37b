// aes128.v - AES-128 encryption of one block, 32 bits a clock, round keys made on the way.
//
// Clock    clk_i, rising edge.  Reset  rst_ni, low = reset, sampled on clk_i.
// Timing   start_i takes key_i and block_i; done_o comes 51 clocks later, for one clock. result_o
//          holds the block from then until clear_i or the next start, and is 0 at all other times.
// Bytes    FIPS 197 order: byte 0 is bits 127:120 of key_i, block_i and result_o.
// Secrets  clear_i and reset wipe state and key; the S-boxes' output registers keep the last lookup.
// Fails to idle with result_o 0 from an unlisted step.
// Proofs   testbench/formal/engine.v: equally long for all keys.
//          testbench/tests/aes.rs, against an independent implementation.
// Source   FIPS 197, sections 5.1 and 5.2.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module aes128 (
    input  wire         clk_i,
    input  wire         rst_ni,
    input  wire         start_i,
    input  wire [127:0] key_i,
    input  wire [127:0] block_i,
    input  wire         clear_i,
    output wire         busy_o,
    output wire         done_o,
    output wire [127:0] result_o
);
  // A round takes five steps: the key word goes through the S-boxes while the last column of the
  // round before comes out of them, then the four columns of the shifted rows follow.
  localparam [2:0] STEP_KEY = 3'd0;
  localparam [2:0] STEP_LAST = 3'd4;

  reg busy_q, busy_d;
  reg done_q, done_d;
  reg valid_q, valid_d;
  reg [3:0] round_q, round_d;    // 1 to 10, then 11 for the last column
  reg [2:0] step_q, step_d;
  reg [7:0] rcon_q, rcon_d;
  reg [127:0] key_q, key_d;
  reg [127:0] state_q, state_d;
  reg [95:0] fresh_q, fresh_d;   // columns of the next state that are done

  wire [31:0] looked_up;
  reg [31:0] lookup;

  genvar n;
  generate
    for (n = 0; n < 4; n = n + 1) begin : gen_sbox
      aes_sbox u_sbox (
          .clk_i (clk_i),
          .addr_i(lookup[8*n+:8]),
          .data_o(looked_up[8*n+:8])
      );
    end
  endgenerate

  function [7:0] twice;
    input [7:0] x;
    twice = {x[6:0], 1'b0} ^ (x[7] ? 8'h1B : 8'h00);
  endfunction

  function [31:0] mix;
    input [31:0] c;
    mix = {
      twice(c[31:24]) ^ twice(c[23:16]) ^ c[23:16] ^ c[15:8] ^ c[7:0],
      c[31:24] ^ twice(c[23:16]) ^ twice(c[15:8]) ^ c[15:8] ^ c[7:0],
      c[31:24] ^ c[23:16] ^ twice(c[15:8]) ^ twice(c[7:0]) ^ c[7:0],
      twice(c[31:24]) ^ c[31:24] ^ c[23:16] ^ c[15:8] ^ twice(c[7:0])
    };
  endfunction

  // Round key words, first word in the high bits.
  wire [31:0] key0 = key_q[127:96] ^ looked_up ^ {rcon_q, 24'd0};
  wire [31:0] key1 = key_q[95:64] ^ key0;
  wire [31:0] key2 = key_q[63:32] ^ key1;
  wire [31:0] key3 = key_q[31:0] ^ key2;

  // Round of the column that leaves the S-boxes now: in STEP_KEY it is the round before's.
  wire final_round = (step_q == STEP_KEY) ? round_q == 4'd11 : round_q == 4'd10;
  wire [31:0] round_key = (step_q == 3'd2) ? key_q[127:96]
      : (step_q == 3'd3) ? key_q[95:64]
      : (step_q == STEP_LAST) ? key_q[63:32] : key_q[31:0];
  wire [31:0] column = (final_round ? looked_up : mix(looked_up)) ^ round_key;

  assign busy_o = busy_q;
  assign done_o = done_q;
  assign result_o = valid_q ? state_q : 128'd0;

  always @* begin : address  // what goes into the S-boxes
    case (step_q)
      STEP_KEY: lookup = {key_q[23:0], key_q[31:24]};
      3'd1: lookup = {state_q[127:120], state_q[87:80], state_q[47:40], state_q[7:0]};
      3'd2: lookup = {state_q[95:88], state_q[55:48], state_q[15:8], state_q[103:96]};
      3'd3: lookup = {state_q[63:56], state_q[23:16], state_q[111:104], state_q[71:64]};
      default: lookup = {state_q[31:24], state_q[119:112], state_q[79:72], state_q[39:32]};
    endcase
  end

  always @* begin : next_state
    busy_d  = busy_q;
    done_d  = 1'b0;
    valid_d = valid_q;
    round_d = round_q;
    step_d  = step_q;
    rcon_d  = rcon_q;
    key_d   = key_q;
    state_d = state_q;
    fresh_d = fresh_q;
    if (busy_q) begin
      step_d = step_q + 3'd1;
      case (step_q)
        STEP_KEY: begin
          if (round_q != 4'd1) state_d = {fresh_q, column};
          if (round_q == 4'd11) begin
            busy_d  = 1'b0;
            done_d  = 1'b1;
            valid_d = 1'b1;
            step_d  = STEP_KEY;
            key_d   = 128'd0;
            fresh_d = 96'd0;
          end
        end
        3'd1: begin
          key_d  = {key0, key1, key2, key3};
          rcon_d = twice(rcon_q);
        end
        3'd2, 3'd3: fresh_d = {fresh_q[63:0], column};
        STEP_LAST: begin
          fresh_d = {fresh_q[63:0], column};
          step_d  = STEP_KEY;
          round_d = round_q + 4'd1;
        end
        default: begin  // unlisted: give nothing away
          busy_d  = 1'b0;
          state_d = 128'd0;
          key_d   = 128'd0;
        end
      endcase
    end else if (start_i) begin
      busy_d  = 1'b1;
      valid_d = 1'b0;
      round_d = 4'd1;
      step_d  = STEP_KEY;
      rcon_d  = 8'h01;
      key_d   = key_i;
      state_d = block_i ^ key_i;
    end
  end

  always @(posedge clk_i) begin : state_reg
    if (!rst_ni || clear_i) begin
      busy_q  <= 1'b0;
      done_q  <= 1'b0;
      valid_q <= 1'b0;
      round_q <= 4'd0;
      step_q  <= STEP_KEY;
      rcon_q  <= 8'd0;
      key_q   <= 128'd0;
      state_q <= 128'd0;
      fresh_q <= 96'd0;
    end else begin
      busy_q  <= busy_d;
      done_q  <= done_d;
      valid_q <= valid_d;
      round_q <= round_d;
      step_q  <= step_d;
      rcon_q  <= rcon_d;
      key_q   <= key_d;
      state_q <= state_d;
      fresh_q <= fresh_d;
    end
  end
endmodule
`default_nettype wire
