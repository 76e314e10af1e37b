// gate.v - test bench only: the netlist of the power controller with an engine, a power rail and a domain.
//
// Rail     power good follows pwr_en_o after 6 clocks.   Scrub  takes 32 clocks.
// chal_o   what the bus could read of the challenge, as byte_view.v shows it.
// flip_i   the number of the flop that holds the inverse of its next state, 0 for none.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module gate (
    input  wire         clk_i,
    input  wire         rst_ni,
    input  wire [  9:0] flip_i,
    input  wire [127:0] key_i,
    input  wire         mount_i,
    input  wire         cmd_i,
    input  wire [  1:0] op_i,
    input  wire [127:0] resp_i,
    output wire         busy_o,
    output wire         clamp_o,
    output wire         clk_en_o,
    output wire         domain_rst_no,
    output wire         pwr_en_o,
    output wire [127:0] chal_o,
    output wire         nv_req_o,
    output wire         nv_we_o,
    output wire [ 16:0] nv_addr_o,
    output wire [ 31:0] nv_wdata_o,
    input  wire         nv_ack_i,
    input  wire [ 31:0] nv_rdata_i
);
  wire own, start, clear, valid_word, done, a_start, a_clear, a_valid, a_done;
  wire [1:0] word, next;
  wire [3:0] chal_addr;
  wire [7:0] chal_byte;
  wire [31:0] key, block, result, a_key, a_block, a_result;
  wire scrub;
  reg [31:0] resp_word;
  reg [5:0] rail_q, scrubbed_q;
  always @(posedge clk_i) begin
    resp_word <= resp_i[{~next, 5'd0}+:32];
    rail_q <= pwr_en_o ? {rail_q[4:0], 1'b1} : 6'd0;
    scrubbed_q <= !scrub ? 6'd0 : scrubbed_q[5] ? scrubbed_q : scrubbed_q + 6'd1;
  end

  byte_view u_chal (.clk_i(clk_i), .addr_o(chal_addr), .byte_i(chal_byte), .bytes_o(chal_o));
  power_ctrl_netlist u_ctrl (
      .flip_i(flip_i), .clk_i(clk_i), .rst_ni(rst_ni), .power_key_i(key_i), .mount_i(mount_i), .mount_clr_i(1'b0),
      .mounted_o(), .lost_o(), .cmd_i(cmd_i), .op_i(op_i), .resp_i(resp_word), .resp_clear_o(), .on_o(),
      .busy_o(busy_o), .chal_valid_o(), .denied_o(), .trap_o(), .chal_addr_i(chal_addr), .chal_o(chal_byte),
      .nv_req_o(nv_req_o), .nv_we_o(nv_we_o), .nv_addr_o(nv_addr_o), .nv_wdata_o(nv_wdata_o), .nv_ack_i(nv_ack_i),
      .nv_rdata_i(nv_rdata_i), .aes_own_o(own), .aes_start_o(start), .aes_key_o(key), .aes_block_o(block),
      .aes_clear_o(clear), .aes_word_i(word), .aes_next_i(next), .aes_valid_i(valid_word), .aes_done_i(done),
      .aes_result_i(result), .pwr_en_o(pwr_en_o), .pwr_good_i(rail_q[5]), .clk_en_o(clk_en_o),
      .domain_rst_no(domain_rst_no), .clamp_o(clamp_o), .scrub_o(scrub), .scrub_done_i(scrubbed_q[5]));
  aes_mux u_mux (
      .pwr_own_i(own), .pwr_start_i(start), .pwr_key_i(key), .pwr_block_i(block), .pwr_clear_i(clear),
      .pwr_valid_o(valid_word), .pwr_done_o(done), .pwr_result_o(result), .orm_clamp_i(clamp_o), .orm_start_i(1'b0),
      .orm_key_i(32'd0), .orm_block_i(32'd0), .orm_clear_i(1'b0), .orm_valid_o(), .orm_done_o(), .orm_result_o(),
      .aes_start_o(a_start), .aes_key_o(a_key), .aes_block_o(a_block), .aes_clear_o(a_clear), .aes_valid_i(a_valid),
      .aes_done_i(a_done), .aes_result_i(a_result));
  aes128 u_aes (.clk_i(clk_i), .rst_ni(rst_ni), .start_i(a_start), .key_i(a_key), .block_i(a_block),
      .clear_i(a_clear), .word_o(word), .next_o(next), .busy_o(), .valid_o(a_valid), .done_o(a_done),
      .result_o(a_result));
endmodule
`default_nettype wire
