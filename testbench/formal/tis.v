// tis.v - tpm_tis: drives LAD in its own clocks only, never waits, answers for locality 0 only, and gives
// and takes bytes in order and within the buffer.
//
// Outside  everything is free: the bus, both resets, and a TPM that does what it likes.
// @invariant I10,I11
// @induction 2
// @simulate cover_tis.v
// @short
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "formal.vh"
`include "opera_regs.vh"
module tis (
    input wire       clk_i,
    input wire       rst_ni,
    input wire       lreset_ni,
    input wire       lframe_ni,
    input wire [3:0] lad_i,
    input wire       cmd_ready_i,
    input wire       rsp_valid_i,
    input wire [7:0] rsp_data_i,
    input wire       rsp_last_i
);
  wire [3:0] lad;
  wire oe, exec, cmd_valid, rsp_ready;
  wire [7:0] cmd_data;
  tpm_tis u_tis (
      .clk_i(clk_i), .rst_ni(rst_ni), .lreset_ni(lreset_ni), .lframe_ni(lframe_ni), .lad_i(lad_i), .lad_o(lad),
      .lad_oe_o(oe), .exec_o(exec), .cmd_valid_o(cmd_valid), .cmd_data_o(cmd_data), .cmd_ready_i(cmd_ready_i),
      .rsp_ready_o(rsp_ready), .rsp_valid_i(rsp_valid_i), .rsp_data_i(rsp_data_i), .rsp_last_i(rsp_last_i)
  );
  `PROBE([3:0], u_tis.u_target.state_q)
  `PROBE([3:0], u_tis.u_target.start_q)
  `PROBE([7:0], u_tis.u_target.count_q)
  `PROBE([7:0], u_tis.u_target.length_q)
  `PROBE(, u_tis.u_target.fw_q)
  `PROBE(, u_tis.u_target.write_q)
  `PROBE(, u_tis.u_target.acked_q)
  `PROBE(, u_tis.u_target.error_q)
  `PROBE([7:0], u_tis.u_target.rbyte_q)
  `PROBE([15:0], u_tis.addr)
  `PROBE(, u_tis.wr_commit)
  `PROBE(, u_tis.rd_commit)
  `PROBE(, u_tis.write_fifo)
  `PROBE(, u_tis.read_fifo)
  `PROBE(, u_tis.take)
  `PROBE(, u_tis.give)
  `PROBE([7:0], u_tis.rdata_q)
  `PROBE(, u_tis.shown_q)
  `PROBE(, u_tis.ack_q)
  `PROBE(, u_tis.active_q)
  `PROBE([2:0], u_tis.state_q)
  `PROBE([12:0], u_tis.count_q)
  `PROBE([12:0], u_tis.at_q)
  `PROBE([31:0], u_tis.size_q)
  `PROBE([12:0], u_tis.left)
  `PROBE([6:0], u_tis.burst)
  localparam [3:0] TS_IDLE = 4'd0, TS_START = 4'd1, TS_ADDR = 4'd2, TS_SIZE = 4'd3, TS_WDATA = 4'd4, TS_TAR1 = 4'd5,
      TS_TAR2 = 4'd6, TS_WAIT = 4'd7, TS_SYNC = 4'd8, TS_RDATA = 4'd9, TS_PTAR1 = 4'd10, TS_PTAR2 = 4'd11;
  localparam [2:0] ST_IDLE = 3'd0, ST_READY = 3'd1, ST_COMMAND = 3'd2, ST_TAKE = 3'd3, ST_RESPOND = 3'd4, ST_DONE = 3'd5;
  wire [3:0] ts = u_tis.u_target.state_q;
  wire [2:0] st = u_tis.state_q;
  wire [12:0] count = u_tis.count_q, at = u_tis.at_q;
  wire [31:0] size = u_tis.size_q;
  wire commit = u_tis.wr_commit || u_tis.rd_commit;
  wire reset = !rst_ni || !lreset_ni;
  wire late = ts >= TS_TAR1 && ts <= TS_PTAR1;     // the address is whole, the cycle not over
  reg f_past = 1'b0;
  always @(posedge clk_i) f_past <= 1'b1;
  always @* if (!f_past) begin
    `ASSUME(m_starts_in_reset, !rst_ni)
  end
  // Since LFRAME# went low: START, clocks (up to 15), CYCTYPE, READY was on LAD, let go.
  reg [3:0] f_clocks = 4'd0, f_start = 4'd0;
  reg f_low = 1'b0, f_cycle = 1'b0, f_io = 1'b0, f_ready = 1'b0, f_ended = 1'b0, f_oe = 1'b0;
  reg [3:0] f_ts = 4'd0;
  reg [2:0] f_st = 3'd0;
  reg f_written = 1'b0, f_access = 1'b0, f_last = 1'b0, f_took = 1'b0, f_more = 1'b0, f_reset = 1'b1, f_popped = 1'b0;
  reg [12:0] f_count = 13'd0, f_at = 13'd0;
  always @(posedge clk_i) begin
    f_low <= !lframe_ni && !reset;
    f_ts <= ts;
    f_oe <= oe;
    f_st <= st;
    f_count <= count;
    f_at <= at;
    f_written <= u_tis.write_fifo;
    f_popped <= u_tis.read_fifo;
    f_access <= u_tis.wr_commit && (u_tis.addr == `OPERA_TPM_STS_0 || u_tis.addr == `OPERA_TPM_ACCESS_0);
    f_took <= u_tis.take;
    f_more <= u_tis.give;
    f_last <= u_tis.give && rsp_last_i;
    f_reset <= reset;
    if (reset) {f_cycle, f_io, f_ready, f_ended, f_clocks} <= 8'd0;
    else if (!lframe_ni) begin
      {f_cycle, f_io, f_ready, f_ended, f_clocks} <= {1'b1, 7'd0};
      f_start <= lad_i;
    end else begin
      f_clocks <= (f_clocks == 4'd15) ? 4'd15 : f_clocks + 4'd1;
      if (f_clocks == 4'd0) f_io <= lad_i[3:2] == 2'b00;
      if (oe && lad == 4'h0 && ts == TS_SYNC) f_ready <= 1'b1;
      if (f_oe && !oe && !f_low) f_ended <= 1'b1;
    end
  end
  `EACH_CLOCK if (f_past) begin
    `ASSERT(p_silent_in_reset, lreset_ni || !oe)
    `ASSERT(p_silent_after_lframe, !f_low || !oe)
    `ASSERT(p_drives_only_in_tpm_cycles, !oe || (f_cycle && f_start == 4'b0101 && f_io))
    `ASSERT(p_drives_only_after_the_host, !oe || f_clocks >= 4'd7)
    `ASSERT(p_drives_once_a_cycle, !(oe && f_ended))
    `ASSERT(p_never_waits, ts != TS_WAIT)
    `ASSERT(p_every_cycle_ends, f_ts != ts || ts == TS_IDLE || f_low || f_clocks < 4'd12)
    `ASSERT(p_commit_only_after_ready, !commit || (f_ready && ts == TS_PTAR1))
    `ASSERT(p_no_error_sync, !(oe && ts == TS_SYNC) || lad == 4'h0)
    `ASSERT(p_other_localities_read_ones, !(u_tis.rd_commit && u_tis.addr[15:12] != 4'd0) || u_tis.u_target.rbyte_q == 8'hFF)
    `ASSERT(p_registers_stay_when_not_in_use, !(!u_tis.active_q && st != ST_IDLE))
    `ASSERT(p_within_the_buffer, count <= 13'd4096 && at <= count)
    `ASSERT(p_burst_is_true, u_tis.burst <= 7'd64 && {6'd0, u_tis.burst} <= u_tis.left)
    `ASSERT(p_byte_read_was_shown, !u_tis.read_fifo || u_tis.shown_q)
    `ASSERT(p_executes_whole_commands_only, !(st == ST_TAKE && f_st != ST_TAKE)
        || ({19'd0, count} == size && size >= 32'd10 && size <= 32'd4096))
    `ASSERT(p_response_only_from_the_tpm, !(st == ST_DONE && f_st != ST_DONE) || f_last)
    `ASSERT(p_leaves_by_order_only, f_reset || f_access || st == f_st || (f_st == ST_READY && st == ST_COMMAND && f_written)
        || (f_st == ST_TAKE && st == ST_RESPOND && f_took) || (f_st == ST_RESPOND && st == ST_DONE && f_last))
    `ASSERT(p_command_byte_counted_once, !(st == ST_COMMAND && f_st == ST_COMMAND) || count == f_count + {12'd0, f_written})
    `ASSERT(p_response_byte_counted_once, !(st == ST_RESPOND && f_st == ST_RESPOND) || count == f_count + {12'd0, f_more})
    `ASSERT(p_byte_popped_once, !(st == ST_DONE && f_st == ST_DONE && !f_access) || at == f_at + {12'd0, f_popped})
    `ASSERT(p_nothing_to_the_tpm_but_commands, exec == (st == ST_TAKE || st == ST_RESPOND) && (!cmd_valid || st == ST_TAKE)
        && (cmd_valid || cmd_data == 8'd0))
    // ---- helpers
    `ASSERT(p_help_states, ts <= TS_PTAR2 && ts != TS_SIZE && st <= ST_DONE)
    `ASSERT(p_help_cycle, ts == TS_IDLE || f_cycle)
    `ASSERT(p_help_start, !(f_low || (f_cycle && f_clocks == 4'd0)) || ts == TS_START || reset)
    `ASSERT(p_help_started, ts != TS_START || (f_clocks == 4'd0 && u_tis.u_target.start_q == f_start))
    `ASSERT(p_help_ours, ts <= TS_START || (f_start == 4'b0101 && f_io && !u_tis.u_target.fw_q && u_tis.u_target.length_q == 8'd2))
    `ASSERT(p_help_no_error, !u_tis.u_target.error_q)
    `ASSERT(p_help_address, ts != TS_ADDR || ({4'd0, f_clocks} + u_tis.u_target.count_q == 8'd4 && u_tis.u_target.count_q <= 8'd3))
    `ASSERT(p_help_wdata, ts != TS_WDATA || ({4'd0, f_clocks} + u_tis.u_target.count_q == 8'd6 && u_tis.u_target.count_q <= 8'd1))
    `ASSERT(p_help_write, ts != TS_WDATA || u_tis.u_target.write_q)
    `ASSERT(p_help_tar, (ts != TS_TAR1 || f_clocks == (u_tis.u_target.write_q ? 4'd7 : 4'd5))
        && (ts != TS_TAR2 || f_clocks == (u_tis.u_target.write_q ? 4'd8 : 4'd6)))
    `ASSERT(p_help_sync, ts != TS_SYNC || f_clocks == (u_tis.u_target.write_q ? 4'd9 : 4'd7))
    `ASSERT(p_help_rdata, ts != TS_RDATA || (!u_tis.u_target.write_q && u_tis.u_target.count_q <= 8'd1
        && {4'd0, f_clocks} == 8'd8 + u_tis.u_target.count_q))
    `ASSERT(p_help_end, (ts != TS_PTAR1 || f_clocks == 4'd10) && (ts != TS_PTAR2 || f_clocks == 4'd11))
    `ASSERT(p_help_early, !(ts != TS_IDLE && ts <= TS_TAR2) || (!f_ended && !f_ready && !oe && (!f_oe || f_low)))
    `ASSERT(p_help_on_sync, ts != TS_SYNC || (!f_ended && !f_ready && lad == 4'h0 && oe == lreset_ni))
    `ASSERT(p_help_data, !(ts == TS_RDATA || ts == TS_PTAR1) || (!f_ended && f_oe && f_ready))
    `ASSERT(p_help_let_go, !(ts == TS_PTAR2 || ts == TS_IDLE) || !oe)
    `ASSERT(p_help_ack, !u_tis.ack_q || ts == TS_TAR2 || ts == TS_START || ts == TS_IDLE)
    `ASSERT(p_help_acknowledged, ts != TS_TAR2 || (u_tis.ack_q && !u_tis.u_target.acked_q))
    `ASSERT(p_help_not_acked, !(ts > TS_START && ts <= TS_TAR1) || (!u_tis.u_target.acked_q && !u_tis.ack_q))
    `ASSERT(p_help_ones, !(late && ts != TS_TAR1 && !u_tis.u_target.write_q && u_tis.addr[15:12] != 4'd0)
        || (ts == TS_TAR2 ? u_tis.rdata_q : u_tis.u_target.rbyte_q) == 8'hFF)
    `ASSERT(p_help_shown, !(late && ts != TS_TAR1 && u_tis.shown_q && !u_tis.u_target.write_q) || u_tis.addr[15:2] == 14'd9)
    `ASSERT(p_help_empty, !(st == ST_READY) || (count == 13'd0 && size == 32'd0))
    `ASSERT(p_help_from_zero, !(st == ST_READY || st == ST_COMMAND || st == ST_RESPOND) || at == 13'd0)
    `ASSERT(p_help_taking, st != ST_TAKE || (at < count && {19'd0, count} == size && size >= 32'd10 && size <= 32'd4096))
    `ASSERT(p_help_command, st != ST_COMMAND || (count >= 13'd1 && (count <= 13'd6 || {19'd0, count} <= size)))
    `ASSERT(p_help_sized, !(st == ST_COMMAND && count > 13'd6) || (size >= 32'd10 && size <= 32'd4096))
    `COVER(c_command_written, f_written && f_deep)
    `COVER(c_executed, st == ST_RESPOND)
    `COVER(c_response_read, f_popped && at == count && count == 13'd10)
    `COVER(c_read_again, st == ST_DONE && at == 13'd0 && f_emptied)
    `COVER(c_taken_back, f_st == ST_RESPOND && st == ST_IDLE && f_access)
  end
  reg f_deep = 1'b0, f_emptied = 1'b0;
  always @(posedge clk_i) begin
    f_deep <= st == ST_COMMAND && count == 13'd9 || f_deep;
    f_emptied <= st == ST_DONE && at == count || (f_emptied && st == ST_DONE);
  end
endmodule
`default_nettype wire
