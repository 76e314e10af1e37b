// orm_env.vh - body shared by the topics on orm_seq: the sequencer, its ports free, and names.
//
// Outside  everything is free in every clock: operations and their arguments, reset, memory latency
//          and content (but for the words a topic tracks), AES answers, buffers (key and session buffer too), both buses.
//          ISSUER is 1: an ORM of a mint does all that one of a wallet does, and PRESS.
// Cuts     reset may come in any clock. A word that is being written holds `torn_i`, anything, from
//          the request to the acknowledge, so a cut leaves anything in it. That covers an access
//          that nv_arb still finishes after the cut (the value written) or never began (the old).
// SPDX-License-Identifier: Apache-2.0
  localparam [31:0] YES = `OPERA_NV_CODE_YES;
  wire busy, error, nv_req, nv_we, out_we, in_we, tx_open, tx_valid, rx_open;
  wire aes_start, aes_clear;
  wire [7:0] err, sess_state, entry_state, tx_data;
  wire [31:0] sess, nv_wdata, out_wdata, in_wdata;
  wire [31:0] ptk, aes_key, aes_block, key_wdata, sess_wdata;
  wire [2:0] key_waddr, key_raddr, sess_waddr, sess_raddr;
  wire key_we, sess_we;
  wire [16:0] nv_addr;
  wire [4:0] buf_addr;
  wire [31:0] nv_rdata;  // the topic says what a read gives

`ifndef SEQ_TIMEOUT
`define SEQ_TIMEOUT 24'h00FFFF
`endif
  orm_seq #(
      .ISSUER (1),
      .TIMEOUT(`SEQ_TIMEOUT)
  ) u_seq (
      .clk_i        (clk_i),
      .rst_ni       (rst_ni),
      .device_key_i (device_key_i),
      .cmd_i        (cmd_i),
      .op_i         (op_i),
      .sess_i       (sess_i),
      .k_i          (k_i),
      .slot_i       (slot_i),
      .value_i      (value_i),
      .ptk_i        (ptk_i),
      .busy_o       (busy),
      .error_o      (error),
      .err_o        (err),
      .sess_state_o (sess_state),
      .sess_word_i  (sess_word_i),
      .sess_o       (sess),
      .ptk_word_i   (ptk_word_i),
      .ptk_o        (ptk),
      .entry_state_o(entry_state),
      .nv_req_o     (nv_req),
      .nv_we_o      (nv_we),
      .nv_addr_o    (nv_addr),
      .nv_wdata_o   (nv_wdata),
      .nv_ack_i     (nv_ack_i),
      .nv_rdata_i   (nv_rdata),
      .aes_start_o  (aes_start),
      .aes_key_o    (aes_key),
      .aes_block_o  (aes_block),
      .aes_word_i   (aes_word_i),
      .aes_next_i   (aes_next_i),
      .aes_valid_i  (aes_valid_i),
      .aes_done_i   (aes_done_i),
      .aes_result_i (aes_result_i),
      .aes_clear_o  (aes_clear),
      .key_we_o     (key_we),
      .key_waddr_o  (key_waddr),
      .key_wdata_o  (key_wdata),
      .key_raddr_o  (key_raddr),
      .key_rdata_i  (key_rdata_i),
      .sess_we_o    (sess_we),
      .sess_waddr_o (sess_waddr),
      .sess_wdata_o (sess_wdata),
      .sess_raddr_o (sess_raddr),
      .sess_rdata_i (sess_rdata_i),
      .out_we_o     (out_we),
      .buf_addr_o   (buf_addr),
      .out_wdata_o  (out_wdata),
      .in_we_o      (in_we),
      .in_wdata_o   (in_wdata),
      .in_rdata_i   (in_rdata_i),
      .press_rdata_i(press_rdata_i),
      .tx_open_o    (tx_open),
      .tx_valid_o   (tx_valid),
      .tx_data_o    (tx_data),
      .tx_ready_i   (tx_ready_i),
      .rx_open_o    (rx_open),
      .rx_valid_i   (rx_valid_i),
      .rx_data_i    (rx_data_i),
      .rx_frame_i   (rx_frame_i),
      .tx_idle_i    (tx_idle_i)
  );

  `PROBE([6:0], u_seq.state_q)
  `PROBE([6:0], u_seq.ret_q)
  `PROBE([36:0], u_seq.guarded_q)
  `PROBE(, u_seq.guard_q)
  `PROBE([7:0], u_seq.op_q)
  `PROBE([2:0], u_seq.sess_q)
  `PROBE([15:0], u_seq.slot_q)
  `PROBE([9:0], u_seq.entry_q)
  `PROBE([5:0], u_seq.w_q)
  `PROBE([31:0], u_seq.rd_q)
  `PROBE(, u_seq.nv_we_q)
  `PROBE([16:0], u_seq.nv_addr_q)
  `PROBE([31:0], u_seq.nv_wdata_q)
  `PROBE(, u_seq.payer_q)
  `PROBE(, u_seq.payee_q)
  `PROBE(, u_seq.open_q)
  `PROBE(, u_seq.released_q)
  `PROBE(, u_seq.refunded_q)
  `PROBE(, u_seq.keyed_q)
  `PROBE(, u_seq.show_q)

`include "orm_states.vh"

  reg f_past = 1'b0;
  always @(posedge clk_i) f_past <= 1'b1;
  always @* if (!f_past) begin
    `ASSUME(m_starts_in_reset, !rst_ni)
  end

  wire [5:0] st = u_seq.state_q[5:0];
  wire f_guarded = {^u_seq.state_q, ^u_seq.ret_q, u_seq.guard_q ^ ^u_seq.guarded_q} == 3'd0;
  wire in_nv = st == ST_NV;
  wire in_sub = in_nv || st == ST_AES || st == ST_AES_GO;
  wire [5:0] at = in_sub ? u_seq.ret_q[5:0] : st;  // the state we are in, or come back to
  wire [5:0] w = u_seq.w_q;
  wire [7:0] op = u_seq.op_q;
  wire writing = in_nv && u_seq.nv_we_q;
  wire [16:0] na = u_seq.nv_addr_q;
  wire [31:0] nd = u_seq.nv_wdata_q;
  wire is_stage = op == `OPERA_OP_STAGE;
  wire is_settle = op == `OPERA_OP_SETTLE;
  wire is_open = op == `OPERA_OP_OPEN_PAYER || op == `OPERA_OP_OPEN_PAYEE;
  wire [5:0] ret = u_seq.ret_q[5:0];
  // Page that is erased: the slot of a STAGE, else the entry.
  wire [16:0] erase_addr = is_stage ? `OPERA_NV_REPO_BASE | {2'b00, u_seq.slot_q[9:0], 5'd0}
      : `OPERA_NV_TB_BASE | {2'b00, u_seq.entry_q, 5'd0};
`include "orm_steps.vh"
