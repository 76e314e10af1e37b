// twin_env.vh - body shared by the topics with two copies of orm_seq, u_a and u_b: instances and names.
//
// The topic declares what may differ: in_rdata_a/b, rx_data_a/b, nv_rdata_a/b, result_a/b,
// key_rdata_a/b; and the engine's words, equal in both: aes_word, aes_valid, done.
// SPDX-License-Identifier: Apache-2.0
  wire busy_a, nv_req_a, nv_we_a, aes_start_a, aes_clear_a, out_we_a, in_we_a, tx_open_a, tx_valid_a, rx_open_a, show_a, payer_a, payee_a, released_a, guarded_a;
  wire [4:0] buf_addr_a;
  wire [16:0] erase_addr, erase_addr_b;
  wire [5:0] state_a, ret_a, w_a;
  wire [6:0] byte_a;
  wire [7:0] tx_data_a, op_a;
  wire [16:0] nv_addr_a;
  wire [31:0] nv_wdata_a, out_wdata_a, in_wdata_a, rd_a;
  wire [56:0] status_a;
  wire [31:0] ptk_a, aes_key_a, aes_block_a, key_wdata_a;
  wire [2:0] key_waddr_a, key_raddr_a;
  wire [1:0] aes_sel_a;
  wire key_we_a, sess_we_a;
  wire [2:0] sess_waddr_a, sess_raddr_a;
  wire [31:0] sess_wdata_a;
  wire [154:0] control_a;
  wire busy_b, nv_req_b, nv_we_b, aes_start_b, aes_clear_b, out_we_b, in_we_b, tx_open_b, tx_valid_b, rx_open_b, show_b, payer_b, payee_b, released_b, guarded_b;
  wire [4:0] buf_addr_b;
  wire [5:0] state_b, ret_b, w_b;
  wire [6:0] byte_b;
  wire [7:0] tx_data_b, op_b;
  wire [16:0] nv_addr_b;
  wire [31:0] nv_wdata_b, out_wdata_b, in_wdata_b, rd_b;
  wire [56:0] status_b;
  wire [31:0] ptk_b, aes_key_b, aes_block_b, key_wdata_b;
  wire [2:0] key_waddr_b, key_raddr_b;
  wire [1:0] aes_sel_b;
  wire key_we_b, sess_we_b;
  wire [2:0] sess_waddr_b, sess_raddr_b;
  wire [31:0] sess_wdata_b;
  wire [154:0] control_b;
  seq_view u_a (
      .clk_i(clk_i), .rst_ni(rst_ni), .device_key_i(device_key_i), .cmd_i(cmd_i), .op_i(op_i), .sess_i(sess_i),
      .k_i(k_i), .slot_i(slot_i), .value_i(value_i), .ptk_i(ptk_i), .nv_ack_i(nv_ack_i), .aes_done_i(done),
      .press_rdata_i(press_rdata_i), .tx_ready_i(tx_ready_i), .rx_valid_i(rx_valid_i), .rx_frame_i(rx_frame_i),
      .tx_idle_i(tx_idle_i), .torn_i(32'd0), .in_rdata_i(in_rdata_a), .rx_data_i(rx_data_a), .nv_rdata_i(nv_rdata_a),
      .aes_result_i(result_a), .busy_o(busy_a), .status_o(status_a), .ptk_o(ptk_a), .nv_req_o(nv_req_a),
      .nv_we_o(nv_we_a), .nv_addr_o(nv_addr_a), .nv_wdata_o(nv_wdata_a), .aes_start_o(aes_start_a),
      .aes_clear_o(aes_clear_a), .aes_key_o(aes_key_a), .aes_block_o(aes_block_a), .out_we_o(out_we_a),
      .buf_addr_o(buf_addr_a), .out_wdata_o(out_wdata_a), .in_we_o(in_we_a), .in_wdata_o(in_wdata_a),
      .tx_open_o(tx_open_a), .tx_valid_o(tx_valid_a), .tx_data_o(tx_data_a), .rx_open_o(rx_open_a),
      .control_o(control_a), .guarded_o(guarded_a), .state_o(state_a), .ret_o(ret_a), .op_o(op_a), .w_o(w_a), .byte_o(byte_a), .rd_o(rd_a),
      .sess_we_o(sess_we_a), .sess_waddr_o(sess_waddr_a), .sess_wdata_o(sess_wdata_a), .sess_raddr_o(sess_raddr_a),
      .sess_rdata_i(sess_rdata_i), .sess_word_i(sess_word_i), .aes_sel_o(aes_sel_a), .key_we_o(key_we_a), .key_waddr_o(key_waddr_a),
      .key_wdata_o(key_wdata_a), .key_raddr_o(key_raddr_a), .key_rdata_i(key_rdata_a), .aes_word_i(aes_word),
      .aes_next_i(aes_next_i), .aes_valid_i(aes_valid), .ptk_word_i(ptk_word_i),
      .erase_addr_o(erase_addr), .show_o(show_a), .payer_o(payer_a), .payee_o(payee_a),
      .released_o(released_a)
  );
  seq_view u_b (
      .clk_i(clk_i), .rst_ni(rst_ni), .device_key_i(device_key_i), .cmd_i(cmd_i), .op_i(op_i), .sess_i(sess_i),
      .k_i(k_i), .slot_i(slot_i), .value_i(value_i), .ptk_i(ptk_i), .nv_ack_i(nv_ack_i), .aes_done_i(done),
      .press_rdata_i(press_rdata_i), .tx_ready_i(tx_ready_i), .rx_valid_i(rx_valid_i), .rx_frame_i(rx_frame_i),
      .tx_idle_i(tx_idle_i), .torn_i(32'd0), .in_rdata_i(in_rdata_b), .rx_data_i(rx_data_b), .nv_rdata_i(nv_rdata_b),
      .aes_result_i(result_b), .busy_o(busy_b), .status_o(status_b), .ptk_o(ptk_b), .nv_req_o(nv_req_b),
      .nv_we_o(nv_we_b), .nv_addr_o(nv_addr_b), .nv_wdata_o(nv_wdata_b), .aes_start_o(aes_start_b),
      .aes_clear_o(aes_clear_b), .aes_key_o(aes_key_b), .aes_block_o(aes_block_b), .out_we_o(out_we_b),
      .buf_addr_o(buf_addr_b), .out_wdata_o(out_wdata_b), .in_we_o(in_we_b), .in_wdata_o(in_wdata_b),
      .tx_open_o(tx_open_b), .tx_valid_o(tx_valid_b), .tx_data_o(tx_data_b), .rx_open_o(rx_open_b),
      .control_o(control_b), .guarded_o(guarded_b), .state_o(state_b), .ret_o(ret_b), .op_o(op_b), .w_o(w_b), .byte_o(byte_b), .rd_o(rd_b),
      .sess_we_o(sess_we_b), .sess_waddr_o(sess_waddr_b), .sess_wdata_o(sess_wdata_b), .sess_raddr_o(sess_raddr_b),
      .sess_rdata_i(sess_rdata_i), .sess_word_i(sess_word_i), .aes_sel_o(aes_sel_b), .key_we_o(key_we_b), .key_waddr_o(key_waddr_b),
      .key_wdata_o(key_wdata_b), .key_raddr_o(key_raddr_b), .key_rdata_i(key_rdata_b), .aes_word_i(aes_word),
      .aes_next_i(aes_next_i), .aes_valid_i(aes_valid), .ptk_word_i(ptk_word_i),
      .erase_addr_o(erase_addr_b), .show_o(show_b), .payer_o(payer_b), .payee_o(payee_b),
      .released_o(released_b)
  );

`include "orm_states.vh"

  reg f_past = 1'b0;
  always @(posedge clk_i) f_past <= 1'b1;
  always @* if (!f_past) begin
    `ASSUME(m_starts_in_reset, !rst_ni)
  end

  // Of copy a; that copy b agrees is the first thing that is proved.
  wire [5:0] st = state_a;
  wire in_nv = st == ST_NV;
  wire in_aes = st == ST_AES || st == ST_AES_GO;
  wire in_sub = in_nv || in_aes;
  wire [5:0] at = in_sub ? ret_a : st;  // the state we are in, or come back to
  wire [5:0] w = w_a;
  wire is_stage = op_a == `OPERA_OP_STAGE;
  wire is_settle = op_a == `OPERA_OP_SETTLE;
  wire copying = at == ST_COPY_TB || at == ST_COPY_REPO || at == ST_COPY_READ || at == ST_COPY_WRITE
      || at == ST_COPY_NEXT;
  // Words 8 to 31 of a slot: the token, sealed. Words 8 to 31 of an entry: the token under PTK.
  wire [16:0] na = nv_addr_a;
  wire in_token = na[4:3] != 2'd0;
  wire in_repo = na[16:15] == 2'b00 && in_token;
  wire in_entry = na[16:15] == 2'b01 && in_token;
  wire [5:0] ret = ret_a;
  wire f_guarded = guarded_a && guarded_b;
  wire nv_we = nv_we_a;
  wire [7:0] op = op_a;
  wire is_open = op == `OPERA_OP_OPEN_PAYER || op == `OPERA_OP_OPEN_PAYEE;
`include "orm_steps.vh"
