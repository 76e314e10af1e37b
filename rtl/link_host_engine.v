// link_host_engine.v - carries frames over the link LPC while this wallet is its host.
//
// Clock    clk_i, rising edge.  Reset rst_ni, low = reset, sampled: keep it low while not host.
// Order    LRESET# low RESET_CLOCKS; then every POLL_CLOCKS read LINK_FLAGS; if the partner has room
//          push our frame (4-byte writes, LINK_RXLEN), else if it has a frame and rx_free_i pull it
//          (LINK_TXLEN, 128-byte reads, LINK_TXACK).
// Timing   tx_rdata_i is the byte at tx_raddr_o one clock before; it is looked at until tx_done_o and goes straight
//          to LAD. tx_done_o, rx_done_o, err_o: one clock.
// Bounds   Every cycle is bounded by lpc_host, every frame by 512 bytes. A partner that never answered
//          is no error until CONTACT_POLLS polls have passed: it may not be enabled yet.
// Fails to err_o, and LRESET# when nobody answered, else the next poll; an unfinished frame
//          starts again from its first byte, and is not visible to anyone before its last step. A length
//          outside 1 to 512 is an error and nothing is read. Unlisted states go to LRESET#.
// Proofs   testbench/formal/host.v; testbench/unit/tb_link.v; ARCHITECTURE.md, invariants I10 and I11.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "opera_regs.vh"
module link_host_engine #(
    parameter POLL_CLOCKS = 64,     // 8 to 255
    parameter RESET_CLOCKS = 32,    // 8 to 255
    parameter CONTACT_POLLS = 4095  // 1 to 4095
) (
    input  wire       clk_i,
    input  wire       rst_ni,
    input  wire       tx_pending_i,
    input  wire [9:0] tx_len_i,
    output wire [8:0] tx_raddr_o,
    input  wire [7:0] tx_rdata_i,
    output reg        tx_done_o,
    input  wire       rx_free_i,
    output wire       rx_we_o,
    output wire [8:0] rx_waddr_o,
    output wire [7:0] rx_wdata_o,
    output reg        rx_done_o,
    output wire [9:0] rx_len_o,    // with rx_done_o
    output reg        err_o,
    output wire       lreset_no,
    output wire       lframe_no,
    output wire [3:0] lad_o,
    output wire       lad_oe_o,
    input  wire [3:0] lad_i
);
  localparam [3:0] ST_RESET = 4'd0;
  localparam [3:0] ST_IDLE = 4'd1;
  localparam [3:0] ST_POLL = 4'd2;
  localparam [3:0] ST_LOAD = 4'd3;      // five clocks between two writes
  localparam [3:0] ST_PUSH = 4'd4;
  localparam [3:0] ST_PUSH_LO = 4'd5;
  localparam [3:0] ST_PUSH_HI = 4'd6;
  localparam [3:0] ST_PULL_LO = 4'd7;
  localparam [3:0] ST_PULL_HI = 4'd8;
  localparam [3:0] ST_PULL = 4'd9;
  localparam [3:0] ST_PULL_ACK = 4'd10;

  localparam [1:0] OP_READ = 2'd0;
  localparam [1:0] OP_WRITE = 2'd1;
  localparam [1:0] OP_FW_READ = 2'd2;
  localparam [1:0] OP_FW_WRITE = 2'd3;
  localparam [2:0] ERR_NONE = 3'd0;
  localparam [2:0] ERR_NO_SYNC = 3'd1;

  localparam [7:0] LAST_POLL = POLL_CLOCKS - 1;
  localparam [7:0] LAST_RESET = RESET_CLOCKS - 1;
  localparam [11:0] LAST_CONTACT = CONTACT_POLLS - 1;
  localparam [27:0] WIN_RX = `OPERA_LINK_WIN_RX;
  localparam [27:0] WIN_TX = `OPERA_LINK_WIN_TX;

  reg [3:0] state_q, state_d;
  reg started_q, started_d;       // the cycle of this state is under way
  reg [7:0] timer_q, timer_d;
  reg [9:0] offset_q, offset_d;   // bytes of the frame that are across
  reg [9:0] len_q, len_d;
  reg contact_q, contact_d;       // the partner has answered since LRESET#
  reg [11:0] tries_q, tries_d;

  reg cycle;                      // this state runs a cycle
  reg [1:0] op;
  reg [27:0] addr;
  reg [7:0] wdata;
  reg [1:0] size;
  reg [7:0] send;
  wire [2:0] at;
  reg [2:0] at_q;                 // the byte that lpc_host takes now
  wire start = cycle && !started_q;
  wire done;
  wire [2:0] err;
  wire [7:0] rbyte;
  wire rvalid;
  wire busy;
  wire fine = done && started_q && err == ERR_NONE;
  wire failed = done && started_q && err != ERR_NONE;
  wire in_frame = {1'b0, tx_at} < tx_len_i;
  wire [8:0] tx_at = {offset_q[8:2], at_q[1:0]};  // of the byte that comes from memory
  wire [9:0] pull_len = {rbyte[1:0], len_q[7:0]};

  assign tx_raddr_o = {offset_q[8:2], at[1:0]};
  assign rx_we_o = state_q == ST_PULL && rvalid;
  assign rx_waddr_o = offset_q[8:0];
  assign rx_wdata_o = rbyte;
  assign rx_len_o = len_q;
  assign lreset_no = state_q != ST_RESET;

  lpc_host u_host (
      .clk_i    (clk_i),
      .rst_ni   (rst_ni),
      .start_i  (start),
      .op_i     (op),
      .size_i   (size),
      .byte_o   (at),
      .byte_i   (send),
      .busy_o   (busy),
      .done_o   (done),
      .err_o    (err),
      .rbyte_o  (rbyte),
      .rvalid_o (rvalid),
      .lframe_no(lframe_no),
      .lad_o    (lad_o),
      .lad_oe_o (lad_oe_o),
      .lad_i    (lad_i)
  );

  always @* begin : request
    cycle = 1'b1;
    op    = OP_READ;
    addr  = {12'd0, `OPERA_IO_BASE_HI, 8'd0};
    wdata = in_frame ? tx_rdata_i : 8'd0;
    size  = 2'd2;
    case (state_q)
      ST_POLL: addr[7:0] = `OPERA_LINK_FLAGS;
      ST_PUSH: begin
        op   = OP_FW_WRITE;
        addr = {WIN_RX[27:9], offset_q[8:0]};
      end
      ST_PUSH_LO: begin
        op         = OP_WRITE;
        addr[7:0]  = `OPERA_LINK_RXLEN;
        wdata      = tx_len_i[7:0];
      end
      ST_PUSH_HI: begin
        op         = OP_WRITE;
        addr[7:0]  = `OPERA_LINK_RXLEN + 8'd1;
        wdata      = {6'd0, tx_len_i[9:8]};
      end
      ST_PULL_LO: addr[7:0] = `OPERA_LINK_TXLEN;
      ST_PULL_HI: addr[7:0] = `OPERA_LINK_TXLEN + 8'd1;
      ST_PULL: begin
        op   = OP_FW_READ;
        addr = {WIN_TX[27:9], offset_q[8:0]};
        size = 2'd3;
      end
      ST_PULL_ACK: begin
        op         = OP_WRITE;
        addr[7:0]  = `OPERA_LINK_TXACK;
        wdata      = 8'h01;
      end
      default: cycle = 1'b0;
    endcase
    case (at_q)
      3'd0: send = {4'd0, addr[27:24]};
      3'd1: send = addr[23:16];
      3'd2: send = addr[15:8];
      3'd3: send = addr[7:0];
      default: send = wdata;
    endcase
  end

  always @* begin : next_state
    state_d   = state_q;
    started_d = cycle && !done;
    timer_d   = timer_q + 8'd1;
    offset_d  = offset_q;
    len_d     = len_q;
    contact_d = contact_q;
    tries_d   = tries_q;
    tx_done_o = 1'b0;
    rx_done_o = 1'b0;
    err_o     = 1'b0;

    case (state_q)
      ST_RESET:
      if (timer_q == LAST_RESET) begin
        timer_d = 8'd0;
        state_d = ST_IDLE;
      end
      ST_IDLE: begin
        offset_d = 10'd0;
        if (timer_q == LAST_POLL) state_d = ST_POLL;
      end
      ST_POLL:
      if (fine) begin
        contact_d = 1'b1;
        timer_d   = 8'd0;
        if (rbyte[0] && tx_pending_i) state_d = ST_LOAD;
        else if (rbyte[1] && rx_free_i) state_d = ST_PULL_LO;
        else state_d = ST_IDLE;
      end
      ST_LOAD: if (timer_q == 8'd4) state_d = ST_PUSH;
      ST_PUSH:
      if (fine) begin
        timer_d  = 8'd0;
        offset_d = offset_q + 10'd4;
        state_d  = (offset_d < tx_len_i) ? ST_LOAD : ST_PUSH_LO;
      end
      ST_PUSH_LO: if (fine) state_d = ST_PUSH_HI;
      ST_PUSH_HI:
      if (fine) begin
        tx_done_o = 1'b1;
        timer_d   = 8'd0;
        state_d   = ST_IDLE;
      end
      ST_PULL_LO:
      if (fine) begin
        len_d   = {2'd0, rbyte};
        state_d = ST_PULL_HI;
      end
      ST_PULL_HI:
      if (fine) begin
        len_d   = pull_len;
        state_d = ST_PULL;
        if (rbyte[7:2] != 6'd0 || pull_len == 10'd0 || pull_len > 10'd512) begin
          err_o   = 1'b1;
          timer_d = 8'd0;
          state_d = ST_IDLE;
        end
      end
      ST_PULL: begin
        if (rvalid) offset_d = offset_q + 10'd1;
        if (fine) state_d = (offset_q < len_q) ? ST_PULL : ST_PULL_ACK;
      end
      ST_PULL_ACK:
      if (fine) begin
        rx_done_o = 1'b1;
        timer_d   = 8'd0;
        state_d   = ST_IDLE;
      end
      default: begin
        timer_d = 8'd0;
        state_d = ST_RESET;
      end
    endcase

    if (failed) begin
      timer_d = 8'd0;
      state_d = ST_IDLE;
      err_o   = 1'b1;
      if (err == ERR_NO_SYNC) begin  // gone, or not there yet: begin anew
        contact_d = 1'b0;
        state_d   = ST_RESET;
        tries_d   = contact_q ? 12'd0 : tries_q + 12'd1;
        err_o     = contact_q || tries_q == LAST_CONTACT;
      end
    end
  end

  always @(posedge clk_i) begin : state_reg
    if (!rst_ni) begin
      state_q   <= ST_RESET;
      started_q <= 1'b0;
      timer_q   <= 8'd0;
      contact_q <= 1'b0;
      tries_q   <= 12'd0;
    end else begin
      state_q   <= state_d;
      started_q <= started_d;
      timer_q   <= timer_d;
      contact_q <= contact_d;
      tries_q   <= tries_d;
    end
  end

  always @(posedge clk_i) begin : data_reg  // loaded before use, so without reset
    offset_q <= offset_d;
    len_q    <= len_d;
    at_q     <= at;
  end

  // verilator lint_off UNUSED
  wire unused_ok = &{1'b0, busy};
  // verilator lint_on UNUSED
endmodule
`default_nettype wire
