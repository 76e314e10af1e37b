// seq_view.vh - one copy of orm_seq for the topics with two copies of it, and a view of its registers.
//
// The answers that may differ between the copies are ports of their own; all else a topic shares.
// ISSUER is 1: an ORM of a mint does all that one of a wallet does, and PRESS.
// SPDX-License-Identifier: Apache-2.0
module seq_view (
`include "orm_ports.vh"
    ,
    output wire         busy_o,
    output wire [ 56:0] status_o,     // all registers that the bus reads, but PTK
    output wire [ 31:0] ptk_o,
    output wire         nv_req_o,
    output wire         nv_we_o,
    output wire [ 16:0] nv_addr_o,
    output wire [ 31:0] nv_wdata_o,
    output wire         aes_start_o,
    output wire         aes_clear_o,
    output wire [ 31:0] aes_key_o,
    output wire [ 31:0] aes_block_o,
    output wire         key_we_o,
    output wire [  2:0] key_waddr_o,
    output wire [ 31:0] key_wdata_o,
    output wire [  2:0] key_raddr_o,
    output wire         sess_we_o,
    output wire [  2:0] sess_waddr_o,
    output wire [ 31:0] sess_wdata_o,
    output wire [  2:0] sess_raddr_o,
    output wire         out_we_o,
    output wire [  4:0] buf_addr_o,
    output wire [ 31:0] out_wdata_o,
    output wire         in_we_o,
    output wire [ 31:0] in_wdata_o,
    output wire         tx_open_o,
    output wire         tx_valid_o,
    output wire [  7:0] tx_data_o,
    output wire         rx_open_o,
    // registers: all but those named after it
    output wire [154:0] control_o,
    output wire         guarded_o,    // all parities are right
    output wire [  5:0] state_o,
    output wire [  5:0] ret_o,
    output wire [  7:0] op_o,
    output wire [  5:0] w_o,
    output wire [  6:0] byte_o,
    output wire [ 31:0] rd_o,
    output wire [  1:0] aes_sel_o,
    output wire [ 16:0] erase_addr_o,
    output wire         show_o,
    output wire         payer_o,
    output wire         payee_o,
    output wire         released_o
);
  wire error;
  wire [7:0] err, sess_state, entry_state;
  wire [31:0] sess;
  assign status_o = {error, err, sess_state, entry_state, sess};
  orm_seq #(
      .ISSUER(1)
  ) u_seq (
      .clk_i(clk_i), .rst_ni(rst_ni), .device_key_i(device_key_i), .cmd_i(cmd_i), .op_i(op_i), .sess_i(sess_i),
      .k_i(k_i), .slot_i(slot_i), .value_i(value_i), .ptk_i(ptk_i), .busy_o(busy_o), .error_o(error), .err_o(err),
      .ptk_word_i(ptk_word_i), .key_we_o(key_we_o), .key_waddr_o(key_waddr_o), .key_wdata_o(key_wdata_o),
      .key_raddr_o(key_raddr_o), .key_rdata_i(key_rdata_i), .aes_word_i(aes_word_i), .aes_next_i(aes_next_i),
      .aes_valid_i(aes_valid_i),
      .sess_we_o(sess_we_o), .sess_waddr_o(sess_waddr_o), .sess_wdata_o(sess_wdata_o), .sess_raddr_o(sess_raddr_o),
      .sess_rdata_i(sess_rdata_i), .sess_word_i(sess_word_i), .sess_state_o(sess_state), .sess_o(sess), .ptk_o(ptk_o),
      .entry_state_o(entry_state), .nv_req_o(nv_req_o), .nv_we_o(nv_we_o), .nv_addr_o(nv_addr_o),
      .nv_wdata_o(nv_wdata_o), .nv_ack_i(nv_ack_i), .nv_rdata_i(nv_rdata_i), .aes_start_o(aes_start_o),
      .aes_key_o(aes_key_o), .aes_block_o(aes_block_o), .aes_done_i(aes_done_i), .aes_result_i(aes_result_i),
      .aes_clear_o(aes_clear_o), .out_we_o(out_we_o), .buf_addr_o(buf_addr_o), .out_wdata_o(out_wdata_o),
      .in_we_o(in_we_o), .in_wdata_o(in_wdata_o), .in_rdata_i(in_rdata_i), .press_rdata_i(press_rdata_i),
      .tx_open_o(tx_open_o), .tx_valid_o(tx_valid_o), .tx_data_o(tx_data_o), .tx_ready_i(tx_ready_i),
      .rx_open_o(rx_open_o), .rx_valid_i(rx_valid_i), .rx_data_i(rx_data_i), .rx_frame_i(rx_frame_i),
      .tx_idle_i(tx_idle_i)
  );
  `PROBE([6:0], u_seq.state_q)
  `PROBE([6:0], u_seq.ret_q)
  `PROBE([36:0], u_seq.guarded_q)
  `PROBE(, u_seq.guard_q)
  `PROBE([7:0], u_seq.op_q)
  `PROBE([3:0], u_seq.op_low_q)
  `PROBE([3:0], u_seq.err_low_q)
  `PROBE([2:0], u_seq.sess_q)
  `PROBE([15:0], u_seq.k_q)
  `PROBE([15:0], u_seq.slot_q)
  `PROBE([9:0], u_seq.entry_q)
  `PROBE(, u_seq.payer_q)
  `PROBE(, u_seq.payee_q)
  `PROBE(, u_seq.open_q)
  `PROBE(, u_seq.released_q)
  `PROBE(, u_seq.refunded_q)
  `PROBE(, u_seq.closing_q)
  `PROBE(, u_seq.keyed_q)
  `PROBE(, u_seq.show_q)
  `PROBE(, u_seq.shown_q)
  `PROBE(, u_seq.sess_shown_q)
  `PROBE([3:0], u_seq.zap_q)
  `PROBE([31:0], u_seq.rd_q)
  `PROBE(, u_seq.nv_we_q)
  `PROBE([16:0], u_seq.nv_addr_q)
  `PROBE([31:0], u_seq.nv_wdata_q)
  `PROBE([1:0], u_seq.aes_sel_q)
  `PROBE([5:0], u_seq.w_q)
  `PROBE([6:0], u_seq.byte_q)
  `PROBE([10:0], u_seq.scan_q)
  `PROBE([23:0], u_seq.wait_q)
  `PROBE([1:0], u_seq.entry_state_q)
  `PROBE(, u_seq.tx_q)
  `PROBE(, u_seq.rx_q)
  `PROBE(, u_seq.dirty_q)
  assign control_o = {
    u_seq.state_q, u_seq.ret_q, u_seq.op_low_q, u_seq.err_low_q, u_seq.sess_q, u_seq.k_q, u_seq.slot_q, u_seq.entry_q,
    u_seq.payer_q, u_seq.payee_q, u_seq.open_q, u_seq.released_q, u_seq.refunded_q,
    u_seq.closing_q, u_seq.keyed_q, u_seq.show_q, u_seq.shown_q, u_seq.sess_shown_q, u_seq.zap_q,
    u_seq.nv_we_q,
    u_seq.nv_addr_q, u_seq.aes_sel_q, u_seq.w_q, u_seq.byte_q, u_seq.scan_q, u_seq.wait_q,
    u_seq.entry_state_q, u_seq.tx_q, u_seq.rx_q, u_seq.dirty_q, u_seq.guard_q
  };
  // Page that is erased: the slot of a STAGE, else the entry.
  assign erase_addr_o = op_o == `OPERA_OP_STAGE ? `OPERA_NV_REPO_BASE | {2'b00, u_seq.slot_q[9:0], 5'd0}
      : `OPERA_NV_TB_BASE | {2'b00, u_seq.entry_q, 5'd0};
  assign guarded_o = {^u_seq.state_q, ^u_seq.ret_q, u_seq.guard_q ^ ^u_seq.guarded_q} == 3'd0;
  assign state_o = u_seq.state_q[5:0];
  assign ret_o = u_seq.ret_q[5:0];
  assign op_o = u_seq.op_q;
  assign w_o = u_seq.w_q;
  assign byte_o = u_seq.byte_q;
  assign rd_o = u_seq.rd_q;
  assign aes_sel_o = u_seq.aes_sel_q;
  assign show_o = u_seq.show_q;
  assign payee_o = u_seq.payee_q;
  assign payer_o = u_seq.payer_q;
  assign released_o = u_seq.released_q;
endmodule
