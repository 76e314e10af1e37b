// target.v - lpc_target: drives LAD in its own clocks only, and commits only after READY.
//
// Outside  everything is free: the bus, both resets, acknowledges, data.
// @invariant I10
// @induction 2
// @cover 16
// @short
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "formal.vh"
module target (
    input wire       clk_i,
    input wire       rst_ni,
    input wire       lreset_ni,
    input wire       lframe_ni,
    input wire [3:0] lad_i,
    input wire       wr_ack_i,
    input wire       rd_ack_i,
    input wire [7:0] rdata_i,
    input wire       err_i,
    input wire [7:0] fw_rdata_i
);
  wire [3:0] lad;
  wire oe, wr_req, wr_commit, rd_req, rd_commit, fw_rd, fw_wr_commit, busy;
  wire [15:0] addr;
  wire [7:0] wdata;
  wire [27:0] fw_addr;
  wire [31:0] fw_wdata;
  wire [2:0] fw_wbytes;
  lpc_target u_tgt (
      .clk_i(clk_i), .rst_ni(rst_ni), .lreset_ni(lreset_ni), .lframe_ni(lframe_ni), .lad_i(lad_i), .lad_o(lad),
      .lad_oe_o(oe), .addr_o(addr), .wdata_o(wdata), .wr_req_o(wr_req), .wr_ack_i(wr_ack_i), .wr_commit_o(wr_commit),
      .rd_req_o(rd_req), .rd_ack_i(rd_ack_i), .rdata_i(rdata_i), .rd_commit_o(rd_commit), .err_i(err_i),
      .fw_addr_o(fw_addr), .fw_rd_o(fw_rd), .fw_rdata_i(fw_rdata_i), .fw_wr_commit_o(fw_wr_commit),
      .fw_wdata_o(fw_wdata), .fw_wbytes_o(fw_wbytes), .busy_o(busy)
  );
  `PROBE([3:0], u_tgt.state_q)
  `PROBE([7:0], u_tgt.count_q)
  `PROBE(, u_tgt.fw_q)
  `PROBE(, u_tgt.write_q)
  `PROBE(, u_tgt.acked_q)
  `PROBE(, u_tgt.error_q)
  wire [3:0] st = u_tgt.state_q;
  wire commit = wr_commit || rd_commit || fw_wr_commit;
  wire reset = !rst_ni || !lreset_ni;
  reg f_past = 1'b0;
  always @(posedge clk_i) f_past <= 1'b1;
  always @* if (!f_past) begin
    `ASSUME(m_starts_in_reset, !rst_ni)
  end
  // Since LFRAME# went low: clocks (up to 15), READY was on LAD, acknowledged, committed, let go.
  reg [3:0] f_clocks = 4'd0;
  reg f_low = 1'b0, f_cycle = 1'b0, f_ready = 1'b0, f_acked = 1'b0, f_done = 1'b0, f_ended = 1'b0, f_oe = 1'b0;
  reg [3:0] f_st = 4'd0;
  always @(posedge clk_i) begin
    f_low <= !lframe_ni && !reset;
    f_st <= st;
    f_oe <= oe;
    if (reset) {f_cycle, f_ready, f_acked, f_done, f_ended, f_clocks} <= 9'd0;
    else if (!lframe_ni) {f_cycle, f_ready, f_acked, f_done, f_ended, f_clocks} <= {1'b1, 8'd0};
    else begin
      f_clocks <= (f_clocks == 4'd15) ? 4'd15 : f_clocks + 4'd1;
      if (oe && lad == 4'h0 && st == 4'd8) f_ready <= 1'b1;
      if ((wr_req && wr_ack_i) || (rd_req && rd_ack_i)) f_acked <= 1'b1;
      if (commit) f_done <= 1'b1;
      if (f_oe && !oe && !f_low) f_ended <= 1'b1;
    end
  end
  `EACH_CLOCK if (f_past) begin
    `ASSERT(p_silent_in_reset, lreset_ni || !oe)
    `ASSERT(p_silent_after_lframe, !f_low || !oe)
    `ASSERT(p_drives_only_sync_data_and_turnaround, !oe || st == 4'd7 || st == 4'd8 || st == 4'd9 || st == 4'd10)
    // Seven clocks are the shortest host part: CYCTYPE, four of address, two of turn-around.
    `ASSERT(p_drives_only_after_the_host, !oe || (f_cycle && f_clocks >= 4'd7))
    `ASSERT(p_drives_once_a_cycle, !(oe && f_ended))
    `ASSERT(p_turnaround_is_ones, !(oe && st == 4'd10) || lad == 4'hF)
    `ASSERT(p_commit_only_after_ready, !commit || (f_ready && f_cycle && st == 4'd10))
    `ASSERT(p_commit_only_acknowledged, !(wr_commit || rd_commit) || f_acked)
    `ASSERT(p_commit_once, !commit || !f_done)
    `ASSERT(p_no_commit_in_reset, lreset_ni || !commit)
    `ASSERT(p_every_state_but_wait_moves_on, f_st != st || st == 4'd0 || st == 4'd7 || f_low
        || st == 4'd2 || st == 4'd4 || st == 4'd9)
    // ---- helpers
    `ASSERT(p_help_state, st <= 4'd11)
    `ASSERT(p_help_cycle, st == 4'd0 || f_cycle)
    `ASSERT(p_help_start, !(f_low || (f_cycle && f_clocks == 4'd0)) || st == 4'd1 || reset)
    `ASSERT(p_help_clocks, !(st == 4'd2) || f_clocks + u_tgt.count_q >= (u_tgt.fw_q ? 8'd7 : 8'd4))
    `ASSERT(p_help_count, !(st == 4'd2) || u_tgt.count_q <= (u_tgt.fw_q ? 8'd6 : 8'd3))
    `ASSERT(p_help_after_address, !(st >= 4'd3) || f_clocks >= (st >= 4'd7 ? 4'd7 : st == 4'd6 ? 4'd6 : 4'd5))
    `ASSERT(p_help_early, !(st != 4'd0 && st <= 4'd6) || (!f_ended && !f_ready && !f_done && !oe && (!f_oe || f_low)))
    `ASSERT(p_help_wait, st != 4'd7 || (!f_ended && !f_ready && !f_done && oe == lreset_ni))
    `ASSERT(p_help_sync, st != 4'd8 || (!f_ended && !f_ready && !f_done && lad == ((u_tgt.error_q && !u_tgt.fw_q) ? 4'hA : 4'h0) && oe == lreset_ni))
    `ASSERT(p_help_ready, !(st == 4'd9 || st == 4'd10) || f_ready || (u_tgt.error_q && !u_tgt.fw_q))
    `ASSERT(p_help_read, !(st == 4'd9 && u_tgt.write_q))
    `ASSERT(p_help_data, !(st == 4'd9 || st == 4'd10) || (!f_ended && !f_done && f_oe))
    `ASSERT(p_help_acked, (!u_tgt.acked_q || f_acked || st <= 4'd1) && (!(st >= 4'd8 && st <= 4'd10) || u_tgt.fw_q || f_acked))
    `ASSERT(p_help_let_go, !(st == 4'd11 || st == 4'd0) || !oe)
    `COVER(c_io_write, wr_commit)
    `COVER(c_io_read, rd_commit)
    `COVER(c_long_wait, wr_commit && f_waited)
    `COVER(c_refused, st == 4'd11 && !f_done && f_cycle)
  end
  reg f_waited = 1'b0;
  always @(posedge clk_i) f_waited <= !reset && (f_waited || st == 4'd7);
endmodule
`default_nettype wire
