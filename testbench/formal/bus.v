// bus.v - lpc_host and lpc_target on one LAD: never two drivers, whatever the host is told to do.
//
// Outside  free in every clock: what the host is asked for (of the documented sizes), the bytes it then
//          asks for, the register side of the target, LRESET#, and what is read where nobody drives. The host's reset
//          comes with LRESET#, as in link_host_engine. Both run on LCLK.
// @invariant I10
// @induction 2
// @simulate cover_bus.v
// @short
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "formal.vh"
module bus (
    input wire        clk_i,
    input wire        rst_ni,
    input wire        lreset_ni,
    input wire [ 3:0] noise_i,
    input wire        start_i,
    input wire [ 1:0] op_i,
    input wire [ 1:0] size_i,
    input wire [ 7:0] byte_i,
    input wire        wr_ack_i,
    input wire        rd_ack_i,
    input wire [ 7:0] rdata_i,
    input wire        err_i,
    input wire [ 7:0] fw_rdata_i
);
  wire h_oe, t_oe, lframe_n, h_busy, done, rvalid;
  wire [3:0] h_lad, t_lad;
  wire [2:0] err, at;
  wire [7:0] rbyte;
  wire [3:0] lad = h_oe ? h_lad : t_oe ? t_lad : noise_i;
  lpc_host u_host (
      .clk_i(clk_i), .rst_ni(rst_ni), .start_i(start_i), .op_i(op_i), .size_i(size_i), .byte_o(at),
      .byte_i(byte_i), .busy_o(h_busy), .done_o(done), .err_o(err), .rbyte_o(rbyte), .rvalid_o(rvalid),
      .lframe_no(lframe_n), .lad_o(h_lad), .lad_oe_o(h_oe), .lad_i(lad)
  );
  wire wr_req, wr_commit, rd_req, rd_commit, fw_rd, fw_wr_commit, t_busy;
  wire [15:0] addr;
  wire [7:0] wdata;
  wire [27:0] fw_addr;
  wire [31:0] fw_wdata;
  wire [2:0] fw_wbytes;
  lpc_target u_tgt (
      .clk_i(clk_i), .rst_ni(1'b1), .lreset_ni(lreset_ni && rst_ni), .lframe_ni(lframe_n), .lad_i(lad), .lad_o(t_lad),
      .lad_oe_o(t_oe), .addr_o(addr), .wdata_o(wdata), .wr_req_o(wr_req), .wr_ack_i(wr_ack_i), .wr_commit_o(wr_commit),
      .rd_req_o(rd_req), .rd_ack_i(rd_ack_i), .rdata_i(rdata_i), .rd_commit_o(rd_commit), .err_i(err_i),
      .fw_addr_o(fw_addr), .fw_rd_o(fw_rd), .fw_rdata_i(fw_rdata_i), .fw_wr_commit_o(fw_wr_commit),
      .fw_wdata_o(fw_wdata), .fw_wbytes_o(fw_wbytes), .busy_o(t_busy)
  );
  `PROBE([3:0], u_host.state_q)
  `PROBE([11:0], u_host.count_q)
  `PROBE([1:0], u_host.size_q)
  `PROBE(, u_host.write_q)
  `PROBE(, u_host.fw_q)
  `PROBE([3:0], u_host.seen_q)
  `PROBE([3:0], u_tgt.state_q)
  `PROBE([3:0], u_tgt.start_q)
  `PROBE([7:0], u_tgt.count_q)
  `PROBE([7:0], u_tgt.length_q)
  `PROBE(, u_tgt.write_q)
  `PROBE(, u_tgt.fw_q)
  `PROBE(, u_tgt.oe_q)
  localparam [3:0] HS_IDLE = 4'd0, HS_START = 4'd1, HS_SEND = 4'd2, HS_TAR1 = 4'd3, HS_TAR2 = 4'd4, HS_SYNC = 4'd5,
      HS_DATA = 4'd6, HS_PTAR1 = 4'd7, HS_PTAR2 = 4'd8, HS_ABORT = 4'd9, HS_AFTER = 4'd10, HS_TURN = 4'd11,
      HS_SIZE = 4'd12;
  localparam [3:0] TS_IDLE = 4'd0, TS_START = 4'd1, TS_ADDR = 4'd2, TS_SIZE = 4'd3, TS_WDATA = 4'd4, TS_TAR1 = 4'd5,
      TS_TAR2 = 4'd6, TS_WAIT = 4'd7, TS_SYNC = 4'd8, TS_RDATA = 4'd9, TS_PTAR1 = 4'd10, TS_PTAR2 = 4'd11;
  wire [3:0] hs = u_host.state_q, ts = u_tgt.state_q;
  wire [11:0] up = u_host.count_q;
  wire [7:0] tc = u_tgt.count_q, tl = u_tgt.length_q;
  wire fw = u_host.fw_q, write = u_host.write_q;

  reg f_past = 1'b0;
  always @(posedge clk_i) f_past <= 1'b1;
  always @* if (!f_past) begin
    `ASSUME(m_starts_in_reset, !rst_ni)
  end
  always @* begin
    `ASSUME(m_documented_sizes, size_i != 2'd3 || !(op_i[1] && op_i[0]))
  end

  // ---- helpers: the target is idle, or in step with the host
  reg [7:0] f_size = 8'd1;
  always @(posedge clk_i) if (hs == HS_IDLE && start_i) f_size <= !op_i[1] ? 8'd1 : size_i == 2'd3 ? 8'd128 : 8'd1 << size_i;
  wire [3:0] msize = f_size[7] ? 4'd7 : f_size[2] ? 4'd2 : f_size[1] ? 4'd1 : 4'd0;
  wire [7:0] nibbles = fw ? {f_size[6:0], 1'b0} : 8'd2;                 // of data, 0 for 256
  wire [12:0] data = write ? {5'd0, nibbles} : 13'd0;                   // that the host sends
  // Nibbles to come in the present field, from what has been: ST_SEND's counter is two ahead.
  reg [12:0] hc;
  always @*
    case (hs)
      HS_START: hc = (fw ? 13'd8 : 13'd4) + data;
      HS_SEND: hc = 13'd9 - {1'b0, up} + (fw && up <= 12'd9 ? 13'd1 : 13'd0) + data;
      HS_SIZE: hc = data;
      HS_DATA: hc = {5'd0, nibbles - 8'd1} - {1'b0, up};
      HS_ABORT: hc = 13'd3 - {1'b0, up};
      default: hc = 13'd0;
    endcase
  wire same = u_tgt.fw_q == fw && u_tgt.write_q == write;
  reg f_step;
  always @*
    case (hs)
      HS_SEND:
      case (ts)
        TS_START: f_step = hc == (fw ? 13'd8 : 13'd4) + data && u_tgt.start_q == (!fw ? 4'h0 : write ? 4'hE : 4'hD)
            && h_lad[1] == (write && !fw) && h_lad[3:2] == 2'b00;
        TS_ADDR: f_step = same && (fw || tl == 8'd2) && tc <= (fw ? 8'd6 : 8'd3) && hc == {5'd0, tc} + (fw ? 13'd1 : 13'd0) + data;
        TS_WDATA: f_step = same && write && tl == nibbles && tc < tl && hc == {5'd0, tc};
        default: f_step = 1'b0;
      endcase
      HS_SIZE: f_step = same && ts == TS_SIZE && fw && h_lad == msize;
      HS_TAR1: f_step = same && ts == TS_TAR1 && tl == nibbles;
      HS_TAR2: f_step = same && ts == TS_TAR2 && tl == nibbles;
      HS_TURN: f_step = same && (ts == TS_WAIT || ts == TS_SYNC) && tl == nibbles;
      // From here on the host looks at what the target drove a clock before.
      HS_SYNC:
      case (u_host.seen_q)
        4'h6: f_step = same && (ts == TS_WAIT || ts == TS_SYNC) && tl == nibbles;
        4'h0, 4'hA: f_step = same && (write ? ts == TS_PTAR1 : ts == TS_RDATA && tc == 8'd0 && tl == nibbles);
        default: f_step = 1'b0;
      endcase
      HS_DATA: f_step = same && !write && (hc == 13'd0 ? ts == TS_PTAR1
          : ts == TS_RDATA && tl == nibbles && tc + hc[7:0] == tl && hc < 13'd256);
      HS_PTAR1: f_step = ts == TS_PTAR2;
      HS_ABORT: f_step = hc == 13'd3 || ts == TS_START;
      HS_AFTER: f_step = ts == TS_START && u_tgt.start_q == 4'hF;
      default: f_step = 1'b0;
    endcase

  `EACH_CLOCK if (f_past) begin
    `ASSERT(p_never_two_drivers, !(h_oe && t_oe))
    `ASSERT(p_target_silent_between_cycles, h_busy || !t_oe)
    `ASSERT(p_abort_silences_in_a_clock, !(hs == HS_ABORT && hc != 13'd3) || !t_oe)
    `ASSERT(p_in_step, ts == TS_IDLE || f_step)
    // ---- helpers
    `ASSERT(p_help_states, hs <= HS_SIZE && ts <= TS_PTAR2)
    `ASSERT(p_help_lframe, lframe_n == !(hs == HS_START || hs == HS_ABORT))
    `ASSERT(p_help_host_drives, h_oe == (hs == HS_START || hs == HS_SEND || hs == HS_SIZE || hs == HS_TAR1
        || (hs == HS_ABORT && hc == 13'd0)))
    `ASSERT(p_help_host_floats, !(hs == HS_TAR1 || hs == HS_ABORT || hs == HS_AFTER) || h_lad == 4'hF)
    `ASSERT(p_help_abort, hs != HS_ABORT || up <= 12'd3)
    `ASSERT(p_help_target_drives, u_tgt.oe_q == (ts == TS_WAIT || ts == TS_SYNC || ts == TS_RDATA || ts == TS_PTAR1))
    `ASSERT(p_help_target_answers, (ts != TS_WAIT || t_lad == 4'h6) && (ts != TS_SYNC || t_lad == 4'h0 || t_lad == 4'hA))
    `ASSERT(p_help_length, hs == HS_IDLE || u_host.size_q == (f_size[7] ? 2'd3 : f_size[2:1]))
    `ASSERT(p_help_io_size, fw || hs == HS_IDLE || f_size == 8'd1)
    `ASSERT(p_help_size, f_size == 8'd1 || f_size == 8'd2 || f_size == 8'd4 || (f_size == 8'd128
        && (hs == HS_IDLE || hs == HS_ABORT || hs == HS_AFTER || !write)))
    `ASSERT(p_help_start, hs != HS_START || (up == (fw ? 12'd1 : 12'd4)
        && h_lad == (!fw ? 4'h0 : write ? 4'hE : 4'hD)))
    `ASSERT(p_help_send, hs != HS_SEND || (up >= (fw ? 12'd2 : 12'd5) && (up <= 12'd9 || (write && {1'b0, up} <= 13'd9 + data))))
    `ASSERT(p_help_first, !(hs == HS_SEND && up == (fw ? 12'd2 : 12'd5)) || h_lad == {2'b00, write && !fw, 1'b0})
    `ASSERT(p_help_msize, hs != HS_SIZE || (fw && up == 12'd9 && h_lad == msize))
    `ASSERT(p_help_drove, !(hs == HS_SEND || hs == HS_SIZE || hs == HS_TAR1 || hs == HS_TAR2) || f_drove)

    `COVER(c_io_write, wr_commit && f_wrote)
    `COVER(c_io_read, done && f_read && err == 3'd0)
    `COVER(c_firmware_write, fw_wr_commit)
    `COVER(c_long_wait, done && f_waited && err == 3'd0)
    `COVER(c_abort_then_good_cycle, done && f_aborted && err == 3'd0)
  end
  reg f_drove = 1'b0;  // the host, the clock before: what it drove is to be compared
  always @(posedge clk_i) f_drove <= h_oe;
  reg f_wrote = 1'b0, f_read = 1'b0, f_waited = 1'b0, f_aborted = 1'b0;
  always @(posedge clk_i) begin
    f_wrote <= wr_req || f_wrote;
    f_read <= rd_commit || f_read;
    f_waited <= t_oe && ts == TS_WAIT || f_waited;
    f_aborted <= hs == HS_ABORT || f_aborted;
  end
endmodule
`default_nettype wire
