// orm_pair.v - test bench only: a mint's memory (a) and a wallet's (b), data buses crossed.
//
// PTK  *_ptk_o is what the bus could read, as byte_view.v shows it, and so is *_sess_ctr_o.
// With NETLIST the wallet's is a netlist, `orm_netlist` of testbench/level.sh: then b_flip_i is the number of
// the flop that holds the inverse of its next state, 0 for none.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module orm_pair (
    input wire clk_i,
    input wire a_rst_ni,
    input wire a_cmd_i,
    input wire [7:0] a_op_i,
    input wire [7:0] a_sess_i,
    input wire [15:0] a_k_i,
    input wire [15:0] a_slot_i,
    input wire [31:0] a_value_i,
    input wire [127:0] a_ptk_i,
    input wire [127:0] a_key_i,
    input wire a_nv_ack_i,
    input wire [31:0] a_nv_rdata_i,
    input wire [6:0] a_out_addr_i,
    input wire a_press_we_i,
    input wire [4:0] a_press_addr_i,
    input wire [31:0] a_press_wdata_i,
    input wire a_scrub_i,
    output wire a_busy_o,
    output wire a_error_o,
    output wire [7:0] a_err_o,
    output wire [7:0] a_sess_state_o,
    output wire [31:0] a_sess_ctr_o,
    output wire [127:0] a_ptk_o,
    output wire [7:0] a_entry_state_o,
    output wire [7:0] a_out_rdata_o,
    output wire a_nv_req_o,
    output wire a_nv_we_o,
    output wire [16:0] a_nv_addr_o,
    output wire [31:0] a_nv_wdata_o,
    output wire a_scrub_done_o,
    input wire b_rst_ni,
    input wire b_cmd_i,
    input wire [7:0] b_op_i,
    input wire [7:0] b_sess_i,
    input wire [15:0] b_k_i,
    input wire [15:0] b_slot_i,
    input wire [31:0] b_value_i,
    input wire [127:0] b_ptk_i,
    input wire [127:0] b_key_i,
    input wire b_nv_ack_i,
    input wire [31:0] b_nv_rdata_i,
    input wire [6:0] b_out_addr_i,
    input wire b_scrub_i,
    output wire b_busy_o,
    output wire b_error_o,
    output wire [7:0] b_err_o,
    output wire [7:0] b_sess_state_o,
    output wire [31:0] b_sess_ctr_o,
    output wire [127:0] b_ptk_o,
    output wire [7:0] b_entry_state_o,
    output wire [7:0] b_out_rdata_o,
    output wire b_nv_req_o,
    output wire b_nv_we_o,
    output wire [16:0] b_nv_addr_o,
    output wire [31:0] b_nv_wdata_o,
    output wire b_scrub_done_o,
`ifdef NETLIST
    input wire [9:0] b_flip_i,
`endif
    input wire plugged_i,
    output wire [7:0] db_data_o,
    output wire db_req_o
);
  wire a_aes_start, a_aes_valid, a_aes_done, a_aes_clear, a_req, a_frame, a_ack;
  wire [31:0] a_aes_key, a_aes_block, a_aes_result;
  wire [1:0] a_aes_word, a_aes_next;
  reg [31:0] a_ptk_word;
  always @(posedge clk_i) a_ptk_word <= a_ptk_i[{~a_aes_next, 5'd0}+:32];
  wire [3:0] a_key_addr;
  wire [127:0] a_sess;
  wire [7:0] a_ptk_byte, a_sess_byte;
  byte_view u_view_a (.clk_i(clk_i), .addr_o(a_key_addr), .byte_i(a_ptk_byte), .bytes_o(a_ptk_o), .other_i(a_sess_byte),
      .others_o(a_sess));
  assign a_sess_ctr_o = {a_sess[103:96], a_sess[111:104], a_sess[119:112], a_sess[127:120]};
  wire [7:0] a_data;
  reg [5:0] a_sync_q, a_sync_q2;  // two-flop synchronisers of the partner's wires
  always @(posedge clk_i) begin
    a_sync_q  <= {3'd0, b_req, b_frame, b_ack} & {6{plugged_i && a_rst_ni && b_rst_ni}};
    a_sync_q2 <= a_sync_q;
  end
  aes128 u_aes_a (.clk_i(clk_i), .rst_ni(a_rst_ni), .start_i(a_aes_start), .key_i(a_aes_key),
      .block_i(a_aes_block), .clear_i(a_aes_clear), .word_o(a_aes_word),
      .next_o(a_aes_next), .busy_o(), .valid_o(a_aes_valid), .done_o(a_aes_done), .result_o(a_aes_result));
  orm #(.ISSUER(1), .TIMEOUT(24'd4000)) u_a (
      .clk_i(clk_i), .clk_free_i(clk_i), .device_key_i(a_key_i),
      .rst_ni(a_rst_ni),
      .cmd_i(a_cmd_i),
      .op_i(a_op_i),
      .sess_i(a_sess_i),
      .k_i(a_k_i),
      .slot_i(a_slot_i),
      .value_i(a_value_i),
      .ptk_i(a_ptk_word),
      .nv_ack_i(a_nv_ack_i),
      .nv_rdata_i(a_nv_rdata_i),
      .out_addr_i(a_out_addr_i),
      .press_we_i(a_press_we_i),
      .press_addr_i(a_press_addr_i),
      .press_wdata_i(a_press_wdata_i),
      .scrub_i(a_scrub_i),
      .busy_o(a_busy_o),
      .error_o(a_error_o),
      .err_o(a_err_o),
      .sess_state_o(a_sess_state_o),
      .key_addr_i(a_key_addr), .sess_o(a_sess_byte), .ptk_o(a_ptk_byte),
      .entry_state_o(a_entry_state_o),
      .out_rdata_o(a_out_rdata_o),
      .nv_req_o(a_nv_req_o),
      .nv_we_o(a_nv_we_o),
      .nv_addr_o(a_nv_addr_o),
      .nv_wdata_o(a_nv_wdata_o),
      .scrub_done_o(a_scrub_done_o),
      .aes_start_o(a_aes_start), .aes_key_o(a_aes_key), .aes_block_o(a_aes_block),
      .aes_word_i(a_aes_word), .aes_next_i(a_aes_next), .aes_valid_i(a_aes_valid),
      .aes_done_i(a_aes_done), .aes_result_i(a_aes_result), .aes_clear_o(a_aes_clear),
      .db_data_o(a_data), .db_oe_o(), .db_req_o(a_req), .db_frame_o(a_frame), .db_ack_o(a_ack),
      .db_ack_i(a_sync_q2[0]), .db_frame_i(a_sync_q2[1]), .db_req_i(a_sync_q2[2]),
      .db_data_i(b_data));
  wire b_aes_start, b_aes_valid, b_aes_done, b_aes_clear, b_req, b_frame, b_ack;
  wire [31:0] b_aes_key, b_aes_block, b_aes_result;
  wire [1:0] b_aes_word, b_aes_next;
  reg [31:0] b_ptk_word;
  always @(posedge clk_i) b_ptk_word <= b_ptk_i[{~b_aes_next, 5'd0}+:32];
  wire [3:0] b_key_addr;
  wire [127:0] b_sess;
  wire [7:0] b_ptk_byte, b_sess_byte;
  byte_view u_view_b (.clk_i(clk_i), .addr_o(b_key_addr), .byte_i(b_ptk_byte), .bytes_o(b_ptk_o), .other_i(b_sess_byte),
      .others_o(b_sess));
  assign b_sess_ctr_o = {b_sess[103:96], b_sess[111:104], b_sess[119:112], b_sess[127:120]};
  wire [7:0] b_data;
  reg [5:0] b_sync_q, b_sync_q2;  // two-flop synchronisers of the partner's wires
  always @(posedge clk_i) begin
    b_sync_q  <= {3'd0, a_req, a_frame, a_ack} & {6{plugged_i && b_rst_ni && a_rst_ni}};
    b_sync_q2 <= b_sync_q;
  end
  aes128 u_aes_b (.clk_i(clk_i), .rst_ni(b_rst_ni), .start_i(b_aes_start), .key_i(b_aes_key),
      .block_i(b_aes_block), .clear_i(b_aes_clear), .word_o(b_aes_word),
      .next_o(b_aes_next), .busy_o(), .valid_o(b_aes_valid), .done_o(b_aes_done), .result_o(b_aes_result));
`ifdef NETLIST
  orm_netlist u_b (
      .flip_i(b_flip_i),
`else
  orm #(.ISSUER(0), .TIMEOUT(24'd4000)) u_b (
`endif
      .press_we_i(1'b0), .press_addr_i(5'd0), .press_wdata_i(32'd0),  // a wallet has none
      .clk_i(clk_i), .clk_free_i(clk_i), .device_key_i(b_key_i),
      .rst_ni(b_rst_ni),
      .cmd_i(b_cmd_i),
      .op_i(b_op_i),
      .sess_i(b_sess_i),
      .k_i(b_k_i),
      .slot_i(b_slot_i),
      .value_i(b_value_i),
      .ptk_i(b_ptk_word),
      .nv_ack_i(b_nv_ack_i),
      .nv_rdata_i(b_nv_rdata_i),
      .out_addr_i(b_out_addr_i),
      .scrub_i(b_scrub_i),
      .busy_o(b_busy_o),
      .error_o(b_error_o),
      .err_o(b_err_o),
      .sess_state_o(b_sess_state_o),
      .key_addr_i(b_key_addr), .sess_o(b_sess_byte), .ptk_o(b_ptk_byte),
      .entry_state_o(b_entry_state_o),
      .out_rdata_o(b_out_rdata_o),
      .nv_req_o(b_nv_req_o),
      .nv_we_o(b_nv_we_o),
      .nv_addr_o(b_nv_addr_o),
      .nv_wdata_o(b_nv_wdata_o),
      .scrub_done_o(b_scrub_done_o),
      .aes_start_o(b_aes_start), .aes_key_o(b_aes_key), .aes_block_o(b_aes_block),
      .aes_word_i(b_aes_word), .aes_next_i(b_aes_next), .aes_valid_i(b_aes_valid),
      .aes_done_i(b_aes_done), .aes_result_i(b_aes_result), .aes_clear_o(b_aes_clear),
      .db_data_o(b_data), .db_oe_o(), .db_req_o(b_req), .db_frame_o(b_frame), .db_ack_o(b_ack),
      .db_ack_i(b_sync_q2[0]), .db_frame_i(b_sync_q2[1]), .db_req_i(b_sync_q2[2]),
      .db_data_i(a_data));
  assign db_data_o = a_data | b_data;
  assign db_req_o = a_req | b_req;
endmodule
`default_nettype wire
