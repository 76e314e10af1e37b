// host.v - link_host_engine with its lpc_host: every cycle and every frame ends, whatever LAD shows.
//
// A clock counter runs beside each LPC cycle; what is left of the cycle's clocks, at most, is a
// function of the host's state. Both together stay below one number, so each cycle ends within it.
// Outside  LAD is free in every clock, so is the mailbox; frames to send have at most 512 bytes.
// @invariant I10,I11
// @induction 2
// @simulate cover_host.v
// @short
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "formal.vh"
module host (
    input wire       clk_i,
    input wire       rst_ni,
    input wire       tx_pending_i,
    input wire [9:0] tx_len_i,
    input wire [7:0] tx_rdata_i,
    input wire       rx_free_i,
    input wire [3:0] lad_i
);
  wire [8:0] tx_raddr, rx_waddr;
  wire tx_done, rx_we, rx_done, err, lreset_n, lframe_n, oe;
  wire [7:0] rx_wdata;
  wire [9:0] rx_len;
  wire [3:0] lad;
  link_host_engine #(
      .CONTACT_POLLS(3)
  ) u_eng (
      .clk_i(clk_i), .rst_ni(rst_ni), .tx_pending_i(tx_pending_i), .tx_len_i(tx_len_i), .tx_raddr_o(tx_raddr),
      .tx_rdata_i(tx_rdata_i), .tx_done_o(tx_done), .rx_free_i(rx_free_i), .rx_we_o(rx_we), .rx_waddr_o(rx_waddr),
      .rx_wdata_o(rx_wdata), .rx_done_o(rx_done), .rx_len_o(rx_len), .err_o(err), .lreset_no(lreset_n),
      .lframe_no(lframe_n), .lad_o(lad), .lad_oe_o(oe), .lad_i(lad_i)
  );
  `PROBE([3:0], u_eng.state_q)
  `PROBE(, u_eng.started_q)
  `PROBE([7:0], u_eng.timer_q)
  `PROBE([9:0], u_eng.offset_q)
  `PROBE([9:0], u_eng.len_q)
  `PROBE(, u_eng.contact_q)
  `PROBE([11:0], u_eng.tries_q)
  `PROBE(, u_eng.cycle)
  `PROBE(, u_eng.start)
  `PROBE(, u_eng.done)
  `PROBE([2:0], u_eng.err)
  `PROBE(, u_eng.rvalid)
  `PROBE(, u_eng.fine)
  `PROBE(, u_eng.failed)
  `PROBE([3:0], u_eng.u_host.state_q)
  `PROBE([11:0], u_eng.u_host.count_q)
  `PROBE([1:0], u_eng.u_host.size_q)
  `PROBE([3:0], u_eng.u_host.prior_q)
  `PROBE(, u_eng.u_host.write_q)
  `PROBE(, u_eng.u_host.fw_q)
  localparam [3:0] HS_IDLE = 4'd0, HS_START = 4'd1, HS_SEND = 4'd2, HS_TAR1 = 4'd3, HS_TAR2 = 4'd4, HS_SYNC = 4'd5,
      HS_DATA = 4'd6, HS_PTAR1 = 4'd7, HS_PTAR2 = 4'd8, HS_ABORT = 4'd9, HS_AFTER = 4'd10, HS_TURN = 4'd11,
      HS_SIZE = 4'd12;
  localparam [3:0] ST_RESET = 4'd0, ST_IDLE = 4'd1, ST_POLL = 4'd2, ST_LOAD = 4'd3, ST_PUSH = 4'd4, ST_PUSH_HI = 4'd6,
      ST_PULL = 4'd9, ST_PULL_ACK = 4'd10;
  wire [3:0] st = u_eng.state_q, hs = u_eng.u_host.state_q;
  wire [12:0] up = {1'b0, u_eng.u_host.count_q};
  wire fw = u_eng.u_host.fw_q, write = u_eng.u_host.write_q;
  wire [3:0] wait_code = u_eng.u_host.prior_q;
  wire [12:0] data = u_eng.u_host.size_q == 2'd3 ? 13'd256 : 13'd2 << u_eng.u_host.size_q;  // nibbles
  // Clocks to come in the present field; ST_SEND's counter is two nibbles ahead.
  reg [12:0] hc;
  always @*
    case (hs)
      HS_START: hc = (fw ? 13'd8 : 13'd4) + (write ? data : 13'd0);
      HS_SEND: hc = 13'd9 - up + (fw && up <= 13'd9 ? 13'd1 : 13'd0) + (write ? data : 13'd0);
      HS_SIZE: hc = write ? data : 13'd0;
      HS_DATA: hc = data - 13'd1 - up;
      HS_ABORT: hc = 13'd3 - up;
      // A wait begins to count with its second clock.
      default: hc = wait_code == 4'hF ? up : up + 13'd1;
    endcase
  wire h_busy = hs != HS_IDLE;
  wire stays = u_eng.fine && st == ST_PULL && u_eng.offset_q < u_eng.len_q;

  reg f_past = 1'b0;
  always @(posedge clk_i) f_past <= 1'b1;
  always @* if (!f_past) begin
    `ASSUME(m_starts_in_reset, !rst_ni)
  end
  always @* begin
    `ASSUME(m_frame_fits, tx_len_i <= 10'd512)
  end

  // Clocks of the cycle so far, and at most to come: each part, and an abort of 5.
  localparam [14:0] ABORT = 15'd5, TAIL = 15'd2 + ABORT, DATA = 15'd256 + TAIL, LONG = 15'd4096 + DATA,
      SYNC = 15'd4 + LONG, BOUND = 15'd271 + SYNC;
  reg [14:0] f_clocks = 15'd0, f_rest;
  always @(posedge clk_i) f_clocks <= !rst_ni || !h_busy ? 15'd0 : f_clocks + 15'd1;
  always @*
    case (hs)
      HS_START: f_rest = {2'd0, hc} + 15'd5 + SYNC;
      HS_SEND, HS_SIZE: f_rest = {2'd0, hc} + 15'd4 + SYNC;
      HS_TAR1: f_rest = 15'd3 + SYNC;
      HS_TAR2: f_rest = 15'd2 + SYNC;
      HS_TURN: f_rest = 15'd1 + SYNC;
      HS_SYNC: f_rest = wait_code == 4'hF ? SYNC - {2'd0, hc} : LONG - {2'd0, hc};
      HS_DATA: f_rest = {2'd0, hc} + 15'd1 + TAIL;
      HS_PTAR1: f_rest = TAIL;
      HS_PTAR2: f_rest = TAIL - 15'd1;
      HS_ABORT: f_rest = {2'd0, hc} + 15'd2;
      default: f_rest = 15'd1;
    endcase

  reg [9:0] f_base = 10'd0;       // where the cycle of a PULL began
  reg f_failed = 1'b0, f_silent = 1'b0, f_reset = 1'b1;
  reg [3:0] f_st = 4'd0;
  reg [7:0] f_timer = 8'd0;
  always @(posedge clk_i) begin
    if (u_eng.start) f_base <= u_eng.offset_q;
    f_reset <= !rst_ni;
    f_st <= st;
    f_timer <= u_eng.timer_q;
    f_failed <= rst_ni && u_eng.failed;
    f_silent <= rst_ni && u_eng.failed && u_eng.err == 3'd1;
  end
  wire [12:0] taken = 13'd255 - hc;  // nibbles of a PULL
  wire [9:0] come = u_eng.offset_q - f_base + {9'd0, u_eng.rvalid};

  reg f_ended = 1'b0;
  always @(posedge clk_i) f_ended <= rst_ni && u_eng.done && u_eng.started_q && !stays;

  `EACH_CLOCK if (f_past) begin
    `ASSERT(p_cycle_ends, !h_busy || (f_clocks <= BOUND && f_clocks + f_rest <= BOUND))
    // A state that runs a cycle is left when the cycle has ended; only PULL runs more than one.
    `ASSERT(p_cycle_is_under_way, !u_eng.cycle || u_eng.start || h_busy || u_eng.done)
    `ASSERT(p_cycle_end_leaves_state, !(f_ended && !f_reset) || st != f_st)
    `ASSERT(p_pull_goes_on, !(st == ST_PULL && u_eng.fine) || u_eng.offset_q == f_base + 10'd128)
    `ASSERT(p_frame_is_bounded, !(st == ST_PULL || st == ST_PUSH || st == ST_LOAD) || u_eng.offset_q <= 10'd640)
    `ASSERT(p_timed_states_end, !(st == ST_RESET || st == ST_IDLE || st == ST_LOAD)
        || (u_eng.timer_q <= (st == ST_RESET ? 8'd31 : st == ST_IDLE ? 8'd63 : 8'd4)
            && (f_st != st || f_reset || u_eng.timer_q == f_timer + 8'd1)))
    `ASSERT(p_failure_is_told, !u_eng.failed || err
        || (u_eng.err == 3'd1 && !u_eng.contact_q && u_eng.tries_q != 12'd2))
    `ASSERT(p_failure_begins_anew, !f_failed || st == ST_IDLE || st == ST_RESET)
    `ASSERT(p_silent_partner_is_reset, !f_silent || !lreset_n)
    `ASSERT(p_every_end_has_a_name, !(u_eng.done && hs == HS_IDLE) || u_eng.err <= 3'd5)
    // ---- helpers
    `ASSERT(p_help_states, st <= ST_PULL_ACK && hs <= HS_SIZE)
    `ASSERT(p_help_send, !(hs == HS_START || hs == HS_SEND || hs == HS_SIZE) || hc <= 13'd264)
    `ASSERT(p_help_sent, (hs != HS_START || up == (fw ? 13'd1 : 13'd4)) && (hs != HS_SIZE || (fw && up == 13'd9))
        && (hs != HS_SEND || (up >= 13'd2 && (up <= 13'd9 || (write && up <= 13'd9 + data)))))
    `ASSERT(p_help_size, !(write && fw && h_busy) || data <= 13'd8)
    `ASSERT(p_help_io, fw || !h_busy || data == 13'd2)
    `ASSERT(p_help_parts, (hs != HS_DATA || up < data) && (hs != HS_ABORT || up <= 13'd3))
    `ASSERT(p_help_sync, hs != HS_SYNC || (wait_code == 4'hF ? hc <= 13'd3
        : wait_code == 4'h5 ? hc <= 13'd8 : wait_code == 4'h6 && hc <= 13'd4095))
    `ASSERT(p_help_started, u_eng.started_q == (h_busy || u_eng.done) || f_reset)
    `ASSERT(p_help_done, !(u_eng.done && h_busy))
    `ASSERT(p_help_errors, u_eng.err <= 3'd5)
    `ASSERT(p_help_cycle, !(h_busy || u_eng.done) || u_eng.cycle)
    `ASSERT(p_help_pull_length, !(st == ST_PULL && h_busy && (hs <= HS_SYNC || hs == HS_TURN || hs == HS_SIZE)) || (data == 13'd256
        && !u_eng.u_host.write_q && come == 10'd0))
    `ASSERT(p_help_pull_data, !(st == ST_PULL && hs == HS_DATA && u_eng.err == 3'd0) || come == {3'd0, taken[7:1]})
    `ASSERT(p_help_pull_read, !(st == ST_PULL && h_busy) || !u_eng.u_host.write_q)
    `ASSERT(p_help_pull_no_refusal, !(st == ST_PULL && hs >= HS_DATA && hs <= HS_PTAR2) || u_eng.err == 3'd0)
    `ASSERT(p_help_fw, !(st == ST_PULL && h_busy) || u_eng.u_host.fw_q)
    `ASSERT(p_help_pull_end, !(st == ST_PULL && (hs == HS_PTAR1 || hs == HS_PTAR2 || u_eng.fine)) || come == 10'd128)
    `ASSERT(p_help_base, !(st == ST_PULL && h_busy) || f_base < 10'd512)
    `ASSERT(p_help_abort_error, !(hs == HS_ABORT || hs == HS_AFTER) || u_eng.err != 3'd0)
    `ASSERT(p_help_pull_start, !(st == ST_PULL && u_eng.start) || u_eng.offset_q < 10'd512)
    `ASSERT(p_help_begins, !(st == ST_POLL || st == 4'd7 || st == 4'd8) || u_eng.offset_q == 10'd0)
    `ASSERT(p_help_no_error_yet, !((hs >= HS_START && hs <= HS_SYNC) || hs == HS_TURN || hs == HS_SIZE) || u_eng.err == 3'd0)
    `ASSERT(p_help_push, !(st == ST_LOAD || st == ST_PUSH) || u_eng.offset_q < 10'd512)
    `ASSERT(p_help_len, !(st == ST_PULL) || (u_eng.len_q <= 10'd512 && u_eng.len_q != 10'd0))

    `COVER(c_frame_sent, tx_done)
    `COVER(c_frame_received, rx_done && rx_len == 10'd200)
    `COVER(c_silent_partner_named, err && !u_eng.contact_q)
    `COVER(c_endless_wait_named, err && u_eng.err == 3'd4)
    `COVER(c_longest_wait_is_right, hs == HS_SYNC && hc == 13'd4095 && f_rest + f_clocks <= BOUND)
  end
endmodule
`default_nettype wire
