// shared.v - the wallet's lpc_target and the TPM chip's on one LAD: they never both drive, nor both answer.
//
// Outside  everything is free: LAD, LFRAME#, the reset of each, acknowledges, data. Both see the same LAD
//          and LFRAME#; each may lose its power alone.
// @invariant I10
// @induction 2
// @simulate cover_shared.v
// @short
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "formal.vh"
module shared (
    input wire       clk_i,
    input wire       w_rst_ni,
    input wire       t_rst_ni,
    input wire       lreset_ni,
    input wire       lframe_ni,
    input wire [3:0] lad_i,
    input wire       w_ack_i,
    input wire       t_ack_i,
    input wire       err_i,
    input wire [7:0] rdata_i
);
  wire w_oe, t_oe;
  wire w_wr, w_wc, w_rd, w_rc, w_fr, w_fc, w_busy, t_wr, t_wc, t_rd, t_rc, t_fr, t_fc, t_busy;
  wire [3:0] w_lad, t_lad;
  wire [15:0] w_addr, t_addr;
  wire [7:0] w_data, t_data;
  wire [27:0] w_fa, t_fa;
  wire [31:0] w_fd, t_fd;
  wire [2:0] w_fb, t_fb;
  lpc_target u_wallet (
      .clk_i(clk_i), .rst_ni(w_rst_ni), .lreset_ni(lreset_ni), .lframe_ni(lframe_ni), .lad_i(lad_i), .lad_o(w_lad),
      .lad_oe_o(w_oe), .addr_o(w_addr), .wdata_o(w_data), .wr_req_o(w_wr), .wr_ack_i(w_ack_i), .wr_commit_o(w_wc),
      .rd_req_o(w_rd), .rd_ack_i(w_ack_i), .rdata_i(rdata_i), .rd_commit_o(w_rc), .err_i(err_i), .fw_addr_o(w_fa),
      .fw_rd_o(w_fr), .fw_rdata_i(rdata_i), .fw_wr_commit_o(w_fc), .fw_wdata_o(w_fd), .fw_wbytes_o(w_fb),
      .busy_o(w_busy)
  );
  lpc_target #(
      .TPM(1)
  ) u_tpm (
      .clk_i(clk_i), .rst_ni(t_rst_ni), .lreset_ni(lreset_ni), .lframe_ni(lframe_ni), .lad_i(lad_i), .lad_o(t_lad),
      .lad_oe_o(t_oe), .addr_o(t_addr), .wdata_o(t_data), .wr_req_o(t_wr), .wr_ack_i(t_ack_i), .wr_commit_o(t_wc),
      .rd_req_o(t_rd), .rd_ack_i(t_ack_i), .rdata_i(rdata_i), .rd_commit_o(t_rc), .err_i(err_i), .fw_addr_o(t_fa),
      .fw_rd_o(t_fr), .fw_rdata_i(rdata_i), .fw_wr_commit_o(t_fc), .fw_wdata_o(t_fd), .fw_wbytes_o(t_fb),
      .busy_o(t_busy)
  );
  `PROBE([3:0], u_wallet.state_q)
  `PROBE([3:0], u_wallet.start_q)
  `PROBE([3:0], u_tpm.state_q)
  `PROBE([3:0], u_tpm.start_q)
  `PROBE(, u_wallet.oe_q)
  `PROBE(, u_tpm.oe_q)
  wire [3:0] ws = u_wallet.state_q, ts = u_tpm.state_q;
  wire w_on = ws > 4'd1, t_on = ts > 4'd1;   // in a cycle, past START
  reg f_past = 1'b0;
  always @(posedge clk_i) f_past <= 1'b1;
  always @* if (!f_past) begin
    `ASSUME(m_starts_in_reset, !w_rst_ni && !t_rst_ni)
  end
  `EACH_CLOCK if (f_past) begin
    `ASSERT(p_never_two_drivers, !(w_oe && t_oe))
    `ASSERT(p_never_two_cycles, !(w_on && t_on))
    `ASSERT(p_never_two_commits, !((w_wc || w_rc || w_fc) && (t_wc || t_rc || t_fc)))
    `ASSERT(p_no_firmware_cycle_for_the_tpm, !t_fr && !t_fc)
    // ---- helpers
    `ASSERT(p_help_start, !(ws == 4'd1 && ts == 4'd1) || u_wallet.start_q == u_tpm.start_q)
    `ASSERT(p_help_apart, !(w_on && ts == 4'd1) && !(t_on && ws == 4'd1))
    `ASSERT(p_help_states, ws <= 4'd11 && ts <= 4'd11)
    `ASSERT(p_help_fw, !t_on || !u_tpm.fw_q)
    `ASSERT(p_help_oe, (!u_wallet.oe_q || w_on) && (!u_tpm.oe_q || t_on))
    `COVER(c_wallet_write, w_wc && f_tpm)
    `COVER(c_tpm_read, t_rc)
    `COVER(c_tpm_write, t_wc && f_wallet)
    `COVER(c_firmware_read, w_fr && w_oe)
  end
  `PROBE(, u_tpm.fw_q)
  reg f_tpm = 1'b0, f_wallet = 1'b0;
  always @(posedge clk_i) begin
    f_tpm <= t_rc || f_tpm;
    f_wallet <= w_wc || f_wallet;
  end
endmodule
`default_nettype wire
