// power_auth.v - fresh challenge from a nonvolatile counter, and the check of its one answer.
//
// Clock    clk_i, rising edge.   Reset  rst_ni, low = reset, sampled on clk_i; the counter stays.
// Timing   a challenge takes four nonvolatile accesses and one AES block; an answer takes one AES
//          block whether it is right or wrong. Words go by the engine's word_o and next_o: resp_i
//          answers aes_next_i one clock later. chal_o answers chal_addr_i one clock later.
// Counter  bank 0, bank 1, selector at PWR_CTR_BASE: the selector is read, then the bank that counts;
//          the bank that does not count is written, then the selector. A torn selector reads as one of both, and a challenge is shown only after
//          the selector was acknowledged, so none is shown twice.
// Open     while open_i is 1 the engine belongs to the ORM and only ST_IDLE is legal: an answer is
//          denied there, and any other state is a fault that traps before it takes the engine.
// Bounds   NV_TIMEOUT clocks a nonvolatile access, 255 clocks an AES block.
// Fails to ST_TRAP: trap_o 1, no challenge, no grant, until reset; on a wrong parity of the counter, too.
// Proofs   testbench/formal/gate.v, testbench/formal/shut.v.
//          testbench/unit/tb_power_ctrl.v; ARCHITECTURE.md, invariants I4, I11, I12.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "opera_regs.vh"
module power_auth #(
    parameter [15:0] NV_TIMEOUT = 16'hFFFF
) (
    input  wire         clk_i,
    input  wire         rst_ni,
    input  wire [127:0] power_key_i,
    input  wire         challenge_i,   // pulse: make one
    input  wire         answer_i,      // pulse: check resp_i
    input  wire [ 31:0] resp_i,
    input  wire         open_i,        // the gate is open
    input  wire         drop_i,        // no mount, or a DOWN: forget everything under way
    output wire         busy_o,
    output wire         valid_o,
    input  wire [  3:0] chal_addr_i,
    output wire [  7:0] chal_o,        // 0 while there is none
    output wire         grant_o,       // pulse: right answer
    output wire         deny_o,        // pulse: wrong answer or no challenge
    output wire         trap_o,
    output wire         nv_req_o,
    output wire         nv_we_o,
    output wire [ 16:0] nv_addr_o,
    output wire [ 31:0] nv_wdata_o,
    input  wire         nv_ack_i,
    input  wire [ 31:0] nv_rdata_i,
    output wire         aes_own_o,
    output wire         aes_start_o,
    output wire [ 31:0] aes_key_o,
    output wire [ 31:0] aes_block_o,
    output wire         aes_clear_o,
    input  wire [  1:0] aes_word_i,
    input  wire [  1:0] aes_next_i,
    input  wire         aes_valid_i,
    input  wire         aes_done_i,
    input  wire [ 31:0] aes_result_i
);
  // Code words of the (7,4) Hamming code without all-0 and all-1: 3 bits or more apart.
  localparam [6:0] ST_IDLE = 7'b0001011;
  localparam [6:0] ST_READS = 7'b0010101;   // the selector
  localparam [6:0] ST_READ = 7'b0011110;    // the bank that counts
  localparam [6:0] ST_BANK = 7'b0101101;
  localparam [6:0] ST_SELECT = 7'b0110011;
  localparam [6:0] ST_MAKE = 7'b0111000;    // AES starts on the counter
  localparam [6:0] ST_MAKING = 7'b1000111;
  localparam [6:0] ST_CHECK = 7'b1001100;   // AES starts on the challenge
  localparam [6:0] ST_CHECKING = 7'b1010010;
  localparam [6:0] ST_TRAP = 7'b1101010;

  (* fsm_encoding = "none" *)
  reg [6:0] state_q;
  reg [6:0] state_d;
  reg [31:0] count_q, count_d;   // one more than the bank that counts: the new value
  reg sel_q, sel_d;
  // A challenge stands while valid_q is 1 and spent_q is 0: no single flop that flips makes one.
  reg valid_q, spent_q, valid_d;
  // Parity of {count_q, sel_q}: a counter that a flip set back would repeat challenges.
  reg odd_q, odd_d;
  reg [3:0] match_q, match_d;    // words of the answer that were right
  reg [1:0] lane_q;
  reg [15:0] wait_q, wait_d;
  reg grant, deny;

  wire nv_state = state_q == ST_READS || state_q == ST_READ || state_q == ST_BANK
      || state_q == ST_SELECT;
  wire checking = state_q == ST_CHECK || state_q == ST_CHECKING;
  wire expired = wait_q == NV_TIMEOUT;
  wire aes_expired = wait_q == 16'd255;
  wire [31:0] more = nv_rdata_i + 32'd1;
  wire valid = valid_q && !spent_q;
  wire [31:0] chal;              // word of the challenge
  wire made = state_q == ST_MAKING && aes_valid_i;

  // The challenge is no secret once it is shown, and is not shown before it counts: no wipe.
  ram_2clk #(
      .ADDR_WIDTH(2),
      .DATA_WIDTH(32)
  ) u_chal (
      .wclk_i (clk_i),
      .we_i   (made),
      .waddr_i(aes_word_i),
      .wdata_i(aes_result_i),
      .rclk_i (clk_i),
      .raddr_i(valid ? chal_addr_i[3:2] : aes_next_i),
      .rdata_o(chal)
  );

  assign busy_o = state_q != ST_IDLE && state_q != ST_TRAP;
  assign valid_o = valid;
  assign chal_o = valid ? chal[{~lane_q, 3'd0}+:8] : 8'd0;
  assign grant_o = grant;
  assign deny_o = deny;
  assign trap_o = state_d == ST_TRAP;
  assign nv_req_o = nv_state;
  assign nv_we_o = state_q == ST_BANK || state_q == ST_SELECT;
  // sel_q is the bank that counts; from ST_SELECT on it will be the other one.
  assign nv_addr_o = !nv_state ? 17'd0
      : `OPERA_NV_PWR_CTR_BASE + ((state_q == ST_READ) ? {16'd0, sel_q}
      : (state_q == ST_BANK) ? {16'd0, !sel_q} : 17'd2);
  assign nv_wdata_o = (state_q == ST_BANK) ? count_q
      : (state_q == ST_SELECT && !sel_q) ? `OPERA_NV_CODE_YES : 32'd0;
  assign aes_own_o = !open_i && (state_q == ST_MAKE || state_q == ST_MAKING || checking);
  assign aes_start_o = aes_own_o && (state_q == ST_MAKE || state_q == ST_CHECK);
  assign aes_key_o = aes_own_o ? power_key_i[{~aes_word_i, 5'd0}+:32] : 32'd0;
  assign aes_block_o = !aes_own_o ? 32'd0
      : checking ? chal ^ {4{8'h5A}}
      : (aes_word_i == 2'd0) ? {"C", 24'd0} : (aes_word_i == 2'd3) ? count_q : 32'd0;
  assign aes_clear_o = aes_own_o && (aes_done_i || drop_i || state_d == ST_TRAP);

  always @* begin : next_state
    state_d = state_q;
    count_d = count_q;
    sel_d = sel_q;
    valid_d = valid;
    odd_d = odd_q;
    match_d = match_q;
    wait_d = wait_q + 16'd1;
    grant = 1'b0;
    deny = 1'b0;
    case (state_q)
      ST_IDLE: begin
        wait_d = 16'd0;
        if (answer_i && valid && !open_i) begin
          valid_d = 1'b0;        // one attempt, right or wrong
          state_d = ST_CHECK;
        end else if (answer_i) deny = 1'b1;
        else if (challenge_i && !open_i) begin
          valid_d = 1'b0;
          state_d = ST_READS;
        end
      end
      ST_READS:
      if (nv_ack_i) begin
        sel_d = nv_rdata_i == `OPERA_NV_CODE_YES;
        odd_d = odd_q ^ sel_q ^ sel_d;
        wait_d = 16'd0;
        state_d = ST_READ;
      end else if (expired) state_d = ST_TRAP;
      ST_READ:
      if (nv_ack_i) begin
        count_d = more;
        odd_d = ^more ^ sel_q;
        wait_d = 16'd0;
        // A counter that has reached its last value gives no challenge any more. (Asked of the word that is
        // read, not of the sum: this is the longest path.)
        state_d = (nv_rdata_i == 32'hFFFF_FFFF) ? ST_IDLE : ST_BANK;
      end else if (expired) state_d = ST_TRAP;
      ST_BANK:
      if (nv_ack_i) begin
        wait_d = 16'd0;
        state_d = ST_SELECT;
      end else if (expired) state_d = ST_TRAP;
      ST_SELECT:
      if (nv_ack_i) begin
        wait_d = 16'd0;
        state_d = ST_MAKE;
      end else if (expired) state_d = ST_TRAP;
      ST_MAKE: begin
        wait_d = 16'd0;
        state_d = ST_MAKING;
      end
      ST_MAKING:
      if (aes_done_i) begin
        valid_d = 1'b1;
        state_d = ST_IDLE;
      end else if (aes_expired) state_d = ST_TRAP;
      ST_CHECK: begin
        wait_d = 16'd0;
        match_d = 4'd0;
        state_d = ST_CHECKING;
      end
      ST_CHECKING: begin
        if (aes_valid_i) match_d[aes_word_i] = aes_result_i == resp_i;
        if (aes_done_i) begin
          grant = match_d == 4'b1111 && !drop_i;
          deny = !grant;
          match_d = 4'd0;
          state_d = ST_IDLE;
        end else if (aes_expired) state_d = ST_TRAP;
      end
      default: state_d = ST_TRAP;  // ST_TRAP and every unlisted code
    endcase
    if (drop_i) begin
      valid_d = 1'b0;
      if (checking) deny = 1'b1;
      if (busy_o && state_d != ST_TRAP) state_d = ST_IDLE;
    end
    if ((open_i && (valid || state_q != ST_IDLE)) || odd_q != ^{count_q, sel_q}) begin
      grant = 1'b0;
      state_d = ST_TRAP;
    end
    if (state_d == ST_TRAP) valid_d = 1'b0;
  end

  always @(posedge clk_i) begin : state_reg
    lane_q <= chal_addr_i[1:0];
    if (!rst_ni) begin
      state_q <= ST_IDLE;
      count_q <= 32'd0;
      sel_q <= 1'b0;
      valid_q <= 1'b0;
      spent_q <= 1'b1;
      odd_q <= 1'b0;
      match_q <= 4'd0;
      wait_q <= 16'd0;
    end else begin
      state_q <= state_d;
      count_q <= count_d;
      sel_q <= sel_d;
      valid_q <= valid_d;
      spent_q <= !valid_d;
      odd_q <= odd_d;
      match_q <= match_d;
      wait_q <= wait_d;
    end
  end
endmodule
`default_nettype wire
