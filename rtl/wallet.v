// wallet.v - everything of one wallet that is hardware: bus target, registers, mailbox and link,
// power control, transaction log, and the ORM in its switched power domain.
//
// Clock    clk_i = LCLK of the internal LPC bus, rising edge; lk_lclk_i = LCLK of the connector, for
//          the link's target half. The ORM runs on clk_i behind clk_gate.
// Reset    rst_ni, low = reset, sampled on clk_i; one bridge outside releases it. It is the battery:
//          what is not nonvolatile starts anew. lreset_ni resets the internal bus half only.
// Timing   mount_o is 1 two clocks after reset: "a living wallet is here". See the parts for the rest.
// Domain   every wire from the ORM passes u_clamp, but for scrub_done, which comes from always-on
//          counters. Power good must fall four clocks or more before the domain's logic fails: the
//          clamp needs three.
// Fails    as the parts do: closed.
// Proofs   testbench/formal/clamp.v, testbench/unit/tb_wallet.v (the clamp) and testbench/tests; ARCHITECTURE.md, invariants I1, I2, I4.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module wallet #(
    parameter ISSUER = 0,                // 1 = mint: the ORM takes new tokens
    parameter [23:0] ORM_TIMEOUT = 24'h00FFFF
) (
    input  wire         clk_i,
    input  wire         rst_ni,
    // internal LPC
    input  wire         lframe_ni,
    input  wire         lreset_ni,
    input  wire [  3:0] lad_i,
    output wire [  3:0] lad_o,
    output wire         lad_oe_o,
    // key cells
    input  wire [127:0] device_key_i,
    input  wire [127:0] power_key_i,
    // nonvolatile memory
    output wire         nv_req_o,
    output wire         nv_we_o,
    output wire [ 16:0] nv_addr_o,
    output wire [ 31:0] nv_wdata_o,
    input  wire         nv_ack_i,
    input  wire [ 31:0] nv_rdata_i,
    // switch of the ORM's power domain
    output wire         orm_pwr_en_o,
    input  wire         orm_pwr_good_i,
    // connector: mount detect, link LPC, data bus
    input  wire         mount_i,
    output wire         mount_o,
    output wire         lk_host_o,
    output wire         lk_lframe_no,
    output wire         lk_lreset_no,
    output wire [  3:0] lk_lad_o,
    output wire         lk_lad_oe_o,
    input  wire [  3:0] lk_lad_i,
    input  wire         lk_lclk_i,
    input  wire         lk_lframe_ni,
    input  wire         lk_lreset_ni,
    output wire [  7:0] db_data_o,
    output wire         db_oe_o,
    output wire         db_req_o,
    output wire         db_frame_o,
    output wire         db_ack_o,
    input  wire [  7:0] db_data_i,
    input  wire         db_req_i,
    input  wire         db_frame_i,
    input  wire         db_ack_i
);
  // ---- internal bus
  wire [15:0] addr;
  wire [7:0] wdata, rdata, fw_rdata;
  wire wr_req, wr_ack, wr_commit, rd_req, rd_ack, fw_wr_commit;
  wire [27:0] fw_addr;
  wire [31:0] fw_wdata, win_wdata;
  wire [2:0] fw_wbytes, win_wbytes;
  wire rd_commit, fw_rd, bus_busy;

  // ---- parts of the always-on domain
  wire mounted, lost, mount_clr;
  wire pwr_cmd, pwr_resp_clear, pwr_on, pwr_busy, pwr_chal_valid, pwr_denied, pwr_trap;
  wire [1:0] pwr_op;
  wire [7:0] pwr_chal;
  wire [3:0] key_addr;                   // byte of PWR_CHAL or PTK_OUT
  wire [31:0] key_in;                    // word of PWR_RESP while off, of PTK_IN while on
  wire link_host, link_enable, tx_we, tx_send, tx_busy, rx_valid, rx_ack, link_err;
  wire [8:0] tx_addr, rx_addr;
  wire [9:0] tx_len, rx_len;
  wire [7:0] rx_rdata;
  wire log_cmd, log_prog_we, log_busy, log_valid, log_error, log_we;
  wire [7:0] log_op, log_slot, log_rdata;
  wire [31:0] log_prog, log_prog_new;
  wire [6:0] log_addr;
  wire orm_cmd, press_we;
  wire [7:0] orm_op, orm_sess;
  wire [15:0] orm_k, orm_slot;
  wire [31:0] orm_value;
  wire [6:0] out_addr;
  wire [4:0] press_addr;
  wire clk_en, domain_clk, domain_rst_n, clamp, scrub, scrub_done;
  wire pwr_nv_req, pwr_nv_we, pwr_nv_ack, log_nv_req, log_nv_we, log_nv_ack, orm_nv_ack;
  wire [16:0] pwr_nv_addr, log_nv_addr;
  wire [31:0] pwr_nv_wdata, log_nv_wdata, nv_rdata;
  wire pwr_aes_own, pwr_aes_start, pwr_aes_clear, pwr_aes_done, orm_aes_done;
  wire pwr_aes_valid, orm_aes_valid;
  wire [31:0] pwr_aes_key, pwr_aes_block, pwr_aes_result, orm_aes_result;
  wire aes_start, aes_clear, aes_valid, aes_done, aes_busy;
  wire [1:0] aes_word, aes_next;
  wire [31:0] aes_key, aes_block, aes_result;
  wire db_req, db_frame, db_ack;         // of the partner, synchronised

  // ---- what the ORM drives: raw_* in its domain, orm_* behind the clamp
  localparam OUT_WIDTH = 179;
  wire raw_busy, raw_error, raw_nv_req, raw_nv_we, raw_aes_start, raw_aes_clear;
  wire raw_db_oe, raw_db_req, raw_db_frame, raw_db_ack;
  wire [7:0] raw_ptk, raw_sess, raw_err, raw_sess_state, raw_entry_state, raw_out_rdata, raw_db_data;
  wire [16:0] raw_nv_addr;
  wire [31:0] raw_nv_wdata, raw_aes_key, raw_aes_block;
  wire orm_busy, orm_error, orm_nv_req, orm_nv_we, orm_aes_start, orm_aes_clear;
  wire [7:0] ptk, sess, orm_err, sess_state, entry_state, out_rdata;
  wire [16:0] orm_nv_addr;
  wire [31:0] orm_nv_wdata, orm_aes_key, orm_aes_block;
  wire [OUT_WIDTH-1:0] orm_out = {
    raw_busy, raw_error, raw_nv_req, raw_nv_we, raw_aes_start, raw_aes_clear,
    raw_db_oe, raw_db_req, raw_db_frame, raw_db_ack,
    raw_err, raw_sess_state, raw_entry_state, raw_out_rdata, raw_db_data,
    raw_sess, raw_nv_addr, raw_nv_wdata,
    raw_ptk, raw_aes_key, raw_aes_block
  };
  wire [OUT_WIDTH-1:0] domain_out;

  reg mount_q;
  assign mount_o = mount_q;
  always @(posedge clk_i) begin : presence
    if (!rst_ni) mount_q <= 1'b0;
    else mount_q <= 1'b1;
  end

`ifdef OPERA_SIM
  // An unpowered domain drives garbage, from four clocks after power good has fallen.
  reg [2:0] fading_q;
  reg [31:0] garbage_q;
  initial garbage_q = 32'h0BADC0DE;
  always @(posedge clk_i) begin : unpowered
    if (orm_pwr_en_o && orm_pwr_good_i) fading_q <= 3'd0;
    else if (!fading_q[2]) fading_q <= fading_q + 3'd1;
    garbage_q <= {garbage_q[30:0], garbage_q[31] ^ garbage_q[21] ^ garbage_q[1] ^ garbage_q[0]};
  end
  wire dead = fading_q[2] || !orm_pwr_en_o;
  wire [255:0] noise = {8{garbage_q}};
  assign domain_out = dead ? noise[OUT_WIDTH-1:0] : orm_out;
  wire unused_noise = &{1'b0, noise[255:OUT_WIDTH]};

  lpc_probe lpc (
      .clk_i    (clk_i),
      .lframe_ni(lframe_ni),
      .lreset_ni(lreset_ni),
      .lad_i    (lad_i)
  );
`else
  assign domain_out = orm_out;
`endif

  iso_clamp #(
      .WIDTH(OUT_WIDTH)
  ) u_clamp (
      .clamp_i(clamp),
      .d_i    (domain_out),
      .q_o    ({
        orm_busy, orm_error, orm_nv_req, orm_nv_we, orm_aes_start, orm_aes_clear,
        db_oe_o, db_req_o, db_frame_o, db_ack_o,
        orm_err, sess_state, entry_state, out_rdata, db_data_o,
        sess, orm_nv_addr, orm_nv_wdata,
        ptk, orm_aes_key, orm_aes_block
      })
  );

  clk_gate u_gate (
      .clk_i(clk_i),
      .en_i (clk_en),
      .clk_o(domain_clk)
  );

  sync2 #(
      .WIDTH(3)
  ) u_db_sync (
      .clk_i (clk_i),
      .rst_ni(rst_ni),
      .d_i   ({db_req_i, db_frame_i, db_ack_i}),
      .q_o   ({db_req, db_frame, db_ack})
  );

  lpc_target u_lpc (
      .clk_i         (clk_i),
      .rst_ni        (rst_ni),
      .lreset_ni     (lreset_ni),
      .lframe_ni     (lframe_ni),
      .lad_i         (lad_i),
      .lad_o         (lad_o),
      .lad_oe_o      (lad_oe_o),
      .addr_o        (addr),
      .wdata_o       (wdata),
      .wr_req_o      (wr_req),
      .wr_ack_i      (wr_ack),
      .wr_commit_o   (wr_commit),
      .rd_req_o      (rd_req),
      .rd_ack_i      (rd_ack),
      .rdata_i       (rdata),
      .rd_commit_o   (rd_commit),
      .err_i         (1'b0),
      .fw_addr_o     (fw_addr),
      .fw_rd_o       (fw_rd),
      .fw_rdata_i    (fw_rdata),
      .fw_wr_commit_o(fw_wr_commit),
      .fw_wdata_o    (fw_wdata),
      .fw_wbytes_o   (fw_wbytes),
      .busy_o        (bus_busy)
  );

  regfile #(
      .ISSUER(ISSUER)
  ) u_regs (
      .clk_i           (clk_i),
      .rst_ni          (rst_ni),
      .addr_i          (addr[7:0]),
      .wdata_i         (wdata),
      .wr_req_i        (wr_req),
      .wr_ack_o        (wr_ack),
      .wr_commit_i     (wr_commit),
      .rd_req_i        (rd_req),
      .rd_ack_o        (rd_ack),
      .rdata_o         (rdata),
      .fw_addr_i       (fw_addr),
      .fw_rdata_o      (fw_rdata),
      .fw_wr_commit_i  (fw_wr_commit),
      .fw_wdata_i      (fw_wdata),
      .fw_wbytes_i     (fw_wbytes),
      .mounted_i       (mounted),
      .lost_i          (lost),
      .mount_clr_o     (mount_clr),
      .pwr_cmd_o       (pwr_cmd),
      .pwr_op_o        (pwr_op),
      .key_addr_o      (key_addr),
      .key_word_i      (aes_next),
      .key_o           (key_in),
      .pwr_resp_clear_i(pwr_resp_clear),
      .pwr_on_i        (pwr_on),
      .pwr_busy_i      (pwr_busy),
      .pwr_chal_valid_i(pwr_chal_valid),
      .pwr_denied_i    (pwr_denied),
      .pwr_trap_i      (pwr_trap),
      .pwr_chal_i      (pwr_chal),
      .link_host_o     (link_host),
      .link_enable_o   (link_enable),
      .tx_we_o         (tx_we),
      .tx_addr_o       (tx_addr),
      .tx_len_o        (tx_len),
      .tx_send_o       (tx_send),
      .tx_busy_i       (tx_busy),
      .rx_valid_i      (rx_valid),
      .rx_len_i        (rx_len),
      .rx_ack_o        (rx_ack),
      .rx_addr_o       (rx_addr),
      .rx_rdata_i      (rx_rdata),
      .link_err_i      (link_err),
      .log_cmd_o       (log_cmd),
      .log_op_o        (log_op),
      .log_slot_o      (log_slot),
      .log_prog_o      (log_prog),
      .log_prog_we_i   (log_prog_we),
      .log_prog_i      (log_prog_new),
      .log_busy_i      (log_busy),
      .log_valid_i     (log_valid),
      .log_error_i     (log_error),
      .log_we_o        (log_we),
      .log_addr_o      (log_addr),
      .log_rdata_i     (log_rdata),
      .win_wdata_o     (win_wdata),
      .win_wbytes_o    (win_wbytes),
      .orm_cmd_o       (orm_cmd),
      .orm_op_o        (orm_op),
      .orm_sess_o      (orm_sess),
      .orm_k_o         (orm_k),
      .orm_slot_o      (orm_slot),
      .orm_value_o     (orm_value),
      .orm_busy_i      (orm_busy),
      .orm_error_i     (orm_error),
      .orm_err_i       (orm_err),
      .sess_state_i    (sess_state),
      .sess_i          (sess),
      .ptk_i           (ptk),
      .entry_state_i   (entry_state),
      .out_addr_o      (out_addr),
      .out_rdata_i     (out_rdata),
      .press_we_o      (press_we),
      .press_addr_o    (press_addr)
  );

  link u_link (
      .clk_i       (clk_i),
      .rst_ni      (rst_ni),
      .mounted_i   (mounted),
      .ctl_host_i  (link_host),
      .ctl_enable_i(link_enable),
      .tx_we_i     (tx_we),
      .tx_addr_i   (tx_addr),
      .tx_wdata_i  (win_wdata),
      .tx_wbytes_i (win_wbytes),
      .tx_len_i    (tx_len),
      .tx_send_i   (tx_send),
      .tx_busy_o   (tx_busy),
      .rx_valid_o  (rx_valid),
      .rx_len_o    (rx_len),
      .rx_ack_i    (rx_ack),
      .rx_addr_i   (rx_addr),
      .rx_rdata_o  (rx_rdata),
      .err_o       (link_err),
      .lk_host_o   (lk_host_o),
      .lk_lframe_no(lk_lframe_no),
      .lk_lreset_no(lk_lreset_no),
      .lk_lad_o    (lk_lad_o),
      .lk_lad_oe_o (lk_lad_oe_o),
      .lk_lad_i    (lk_lad_i),
      .lk_lclk_i   (lk_lclk_i),
      .lk_lframe_ni(lk_lframe_ni),
      .lk_lreset_ni(lk_lreset_ni)
  );

  power_ctrl u_power (
      .clk_i        (clk_i),
      .rst_ni       (rst_ni),
      .power_key_i  (power_key_i),
      .mount_i      (mount_i),
      .mount_clr_i  (mount_clr),
      .mounted_o    (mounted),
      .lost_o       (lost),
      .cmd_i        (pwr_cmd),
      .op_i         (pwr_op),
      .resp_i       (key_in),
      .resp_clear_o (pwr_resp_clear),
      .on_o         (pwr_on),
      .busy_o       (pwr_busy),
      .chal_valid_o (pwr_chal_valid),
      .denied_o     (pwr_denied),
      .trap_o       (pwr_trap),
      .chal_addr_i  (key_addr),
      .chal_o       (pwr_chal),
      .nv_req_o     (pwr_nv_req),
      .nv_we_o      (pwr_nv_we),
      .nv_addr_o    (pwr_nv_addr),
      .nv_wdata_o   (pwr_nv_wdata),
      .nv_ack_i     (pwr_nv_ack),
      .nv_rdata_i   (nv_rdata),
      .aes_own_o    (pwr_aes_own),
      .aes_start_o  (pwr_aes_start),
      .aes_key_o    (pwr_aes_key),
      .aes_block_o  (pwr_aes_block),
      .aes_clear_o  (pwr_aes_clear),
      .aes_word_i   (aes_word),
      .aes_next_i   (aes_next),
      .aes_valid_i  (pwr_aes_valid),
      .aes_done_i   (pwr_aes_done),
      .aes_result_i (pwr_aes_result),
      .pwr_en_o     (orm_pwr_en_o),
      .pwr_good_i   (orm_pwr_good_i),
      .clk_en_o     (clk_en),
      .domain_rst_no(domain_rst_n),
      .clamp_o      (clamp),
      .scrub_o      (scrub),
      .scrub_done_i (scrub_done)
  );

  tx_log u_log (
      .clk_i       (clk_i),
      .rst_ni      (rst_ni),
      .cmd_i       (log_cmd),
      .op_i        (log_op),
      .slot_i      (log_slot),
      .prog_i      (log_prog),
      .prog_we_o   (log_prog_we),
      .prog_o      (log_prog_new),
      .busy_o      (log_busy),
      .valid_o     (log_valid),
      .error_o     (log_error),
      .buf_we_i    (log_we),
      .buf_waddr_i (log_addr),
      .buf_wdata_i (win_wdata),
      .buf_wbytes_i(win_wbytes),
      .buf_raddr_i (log_addr),
      .buf_rdata_o (log_rdata),
      .nv_req_o    (log_nv_req),
      .nv_we_o     (log_nv_we),
      .nv_addr_o   (log_nv_addr),
      .nv_wdata_o  (log_nv_wdata),
      .nv_ack_i    (log_nv_ack),
      .nv_rdata_i  (nv_rdata)
  );

  nv_arb u_nv (
      .clk_i      (clk_i),
      .rst_ni     (rst_ni),
      .pwr_req_i  (pwr_nv_req),
      .pwr_we_i   (pwr_nv_we),
      .pwr_addr_i (pwr_nv_addr),
      .pwr_wdata_i(pwr_nv_wdata),
      .pwr_ack_o  (pwr_nv_ack),
      .log_req_i  (log_nv_req),
      .log_we_i   (log_nv_we),
      .log_addr_i (log_nv_addr),
      .log_wdata_i(log_nv_wdata),
      .log_ack_o  (log_nv_ack),
      .orm_req_i  (orm_nv_req),
      .orm_we_i   (orm_nv_we),
      .orm_addr_i (orm_nv_addr),
      .orm_wdata_i(orm_nv_wdata),
      .orm_ack_o  (orm_nv_ack),
      .rdata_o    (nv_rdata),
      .nv_req_o   (nv_req_o),
      .nv_we_o    (nv_we_o),
      .nv_addr_o  (nv_addr_o),
      .nv_wdata_o (nv_wdata_o),
      .nv_ack_i   (nv_ack_i),
      .nv_rdata_i (nv_rdata_i)
  );

  aes_mux u_aes_mux (
      .pwr_own_i   (pwr_aes_own),
      .pwr_start_i (pwr_aes_start),
      .pwr_key_i   (pwr_aes_key),
      .pwr_block_i (pwr_aes_block),
      .pwr_clear_i (pwr_aes_clear),
      .pwr_valid_o (pwr_aes_valid),
      .pwr_done_o  (pwr_aes_done),
      .pwr_result_o(pwr_aes_result),
      .orm_clamp_i (clamp),
      .orm_start_i (orm_aes_start),
      .orm_key_i   (orm_aes_key),
      .orm_block_i (orm_aes_block),
      .orm_clear_i (orm_aes_clear),
      .orm_valid_o (orm_aes_valid),
      .orm_done_o  (orm_aes_done),
      .orm_result_o(orm_aes_result),
      .aes_start_o (aes_start),
      .aes_key_o   (aes_key),
      .aes_block_o (aes_block),
      .aes_clear_o (aes_clear),
      .aes_valid_i (aes_valid),
      .aes_done_i  (aes_done),
      .aes_result_i(aes_result)
  );

  aes128 u_aes (
      .clk_i   (clk_i),
      .rst_ni  (rst_ni),
      .start_i (aes_start),
      .key_i   (aes_key),
      .block_i (aes_block),
      .clear_i (aes_clear),
      .word_o  (aes_word),
      .next_o  (aes_next),
      .busy_o  (aes_busy),
      .valid_o (aes_valid),
      .done_o  (aes_done),
      .result_o(aes_result)
  );

  orm #(
      .ISSUER (ISSUER),
      .TIMEOUT(ORM_TIMEOUT)
  ) u_orm (
      .clk_i        (domain_clk),
      .clk_free_i   (clk_i),
      .rst_ni       (domain_rst_n),
      .device_key_i (device_key_i),
      .cmd_i        (orm_cmd),
      .op_i         (orm_op),
      .sess_i       (orm_sess),
      .k_i          (orm_k),
      .slot_i       (orm_slot),
      .value_i      (orm_value),
      .ptk_i        (key_in),
      .busy_o       (raw_busy),
      .error_o      (raw_error),
      .err_o        (raw_err),
      .sess_state_o (raw_sess_state),
      .key_addr_i   (key_addr),
      .sess_o       (raw_sess),
      .ptk_o        (raw_ptk),
      .entry_state_o(raw_entry_state),
      .out_addr_i   (out_addr),
      .out_rdata_o  (raw_out_rdata),
      .press_we_i   (press_we),
      .press_addr_i (press_addr),
      .press_wdata_i(win_wdata),
      .nv_req_o     (raw_nv_req),
      .nv_we_o      (raw_nv_we),
      .nv_addr_o    (raw_nv_addr),
      .nv_wdata_o   (raw_nv_wdata),
      .nv_ack_i     (orm_nv_ack),
      .nv_rdata_i   (nv_rdata),
      .aes_start_o  (raw_aes_start),
      .aes_key_o    (raw_aes_key),
      .aes_block_o  (raw_aes_block),
      .aes_word_i   (aes_word),
      .aes_next_i   (aes_next),
      .aes_valid_i  (orm_aes_valid),
      .aes_done_i   (orm_aes_done),
      .aes_result_i (orm_aes_result),
      .aes_clear_o  (raw_aes_clear),
      .db_data_o    (raw_db_data),
      .db_oe_o      (raw_db_oe),
      .db_req_o     (raw_db_req),
      .db_frame_o   (raw_db_frame),
      .db_ack_i     (db_ack),
      .db_data_i    (db_data_i),
      .db_req_i     (db_req),
      .db_frame_i   (db_frame),
      .db_ack_o     (raw_db_ack),
      .scrub_i      (scrub),
      .scrub_done_o (scrub_done)
  );

  /* verilator lint_off UNUSEDSIGNAL */
  wire unused_ok = &{1'b0, addr[15:8], rd_commit, fw_rd, bus_busy, aes_busy};
  /* verilator lint_on UNUSEDSIGNAL */
endmodule
`default_nettype wire
