// clamp.v - wallet: while the clamp is shut, nothing that the ORM drives is seen anywhere.
//
// Copies   two wallets with the same inputs in every clock. Their ORMs are free variables: all 179
//          output bits are any value in any clock, in both alike while the clamp is open, and each its
//          own while it is shut. Then all pins of both wallets are equal for ever, the memory port and
//          the answers on the internal bus included; and what AES, log and link are told is equal.
// Left out AES, log and link are replaced by free variables, too, the same in both copies: they are
//          machines of their inputs, and those are proved equal. scrub_done comes from always-on
//          counters (orm.v); it is free and equal.
// Clock    one; link is the only user of the connector's clock.
// Engine   ABC: both copies start with all flops 0, which is a trap; reset may come in any clock.
// @invariant I4
// @instead orm.v aes128.v link.v tx_log.v
// @abc
// @anycover 2
// @short
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "formal.vh"
module orm #(parameter ISSUER = 0, parameter [23:0] TIMEOUT = 24'h00FFFF) (
    input wire clk_i, input wire clk_free_i, input wire rst_ni, input wire [127:0] device_key_i, input wire cmd_i,
      input wire [7:0] op_i, input wire [7:0] sess_i, input wire [15:0] k_i, input wire [15:0] slot_i,
      input wire [31:0] value_i, input wire [31:0] ptk_i, input wire [3:0] ptk_addr_i, output wire busy_o, output wire error_o,
      output wire [7:0] err_o, output wire [7:0] sess_state_o, input wire [3:0] key_addr_i,
      output wire [7:0] sess_o, output wire [7:0] ptk_o,
      output wire [7:0] entry_state_o, input wire [6:0] out_addr_i, output wire [7:0] out_rdata_o,
      input wire press_we_i, input wire [4:0] press_addr_i, input wire [31:0] press_wdata_i, output wire nv_req_o,
      output wire nv_we_o, output wire [16:0] nv_addr_o, output wire [31:0] nv_wdata_o, input wire nv_ack_i,
      input wire [31:0] nv_rdata_i, output wire aes_start_o, output wire [31:0] aes_key_o,
      output wire [31:0] aes_block_o, input wire [1:0] aes_word_i, input wire [1:0] aes_next_i,
      input wire aes_valid_i, input wire aes_done_i, input wire [31:0] aes_result_i,
      output wire aes_clear_o, output wire [7:0] db_data_o, output wire db_oe_o, output wire db_req_o,
      output wire db_frame_o, input wire db_ack_i, input wire [7:0] db_data_i, input wire db_req_i,
      input wire db_frame_i, output wire db_ack_o, input wire scrub_i, output wire scrub_done_o
);
  wire [178:0] f_out;
  wire f_scrub_done;
  assign scrub_done_o = f_scrub_done;
  assign {busy_o, error_o, err_o, sess_state_o, sess_o, ptk_o, entry_state_o, out_rdata_o,
      nv_req_o, nv_we_o, nv_addr_o, nv_wdata_o, aes_start_o, aes_key_o, aes_block_o, aes_clear_o, db_data_o, db_oe_o,
      db_req_o, db_frame_o, db_ack_o} = f_out;
endmodule

module aes128 (
    input wire clk_i, input wire rst_ni, input wire start_i, input wire [31:0] key_i, input wire [31:0] block_i,
      input wire clear_i, output wire [1:0] word_o, output wire [1:0] next_o, output wire busy_o, output wire valid_o,
      output wire done_o, output wire [31:0] result_o
);
  wire [38:0] f_out;
  wire [66:0] f_in;
  assign {word_o, next_o, busy_o, valid_o, done_o, result_o} = f_out;
  assign f_in = {rst_ni, start_i, key_i, block_i, clear_i};
endmodule

module link (
    input wire clk_i, input wire rst_ni, input wire mounted_i, input wire ctl_host_i, input wire ctl_enable_i,
      input wire tx_we_i, input wire [8:0] tx_addr_i, input wire [31:0] tx_wdata_i, input wire [2:0] tx_wbytes_i,
      input wire [9:0] tx_len_i, input wire tx_send_i, output wire tx_busy_o, output wire rx_valid_o,
      output wire [9:0] rx_len_o, input wire rx_ack_i, input wire [8:0] rx_addr_i, output wire [7:0] rx_rdata_o,
      output wire err_o, output wire lk_host_o, output wire lk_lframe_no, output wire lk_lreset_no,
      output wire [3:0] lk_lad_o, output wire lk_lad_oe_o, input wire [3:0] lk_lad_i, input wire lk_lclk_i,
      input wire lk_lframe_ni, input wire lk_lreset_ni
);
  wire [28:0] f_out;
  wire [76:0] f_in;
  assign {tx_busy_o, rx_valid_o, rx_len_o, rx_rdata_o, err_o, lk_host_o, lk_lframe_no, lk_lreset_no, lk_lad_o,
      lk_lad_oe_o} = f_out;
  assign f_in = {rst_ni, mounted_i, ctl_host_i, ctl_enable_i, tx_we_i, tx_addr_i, tx_wdata_i, tx_wbytes_i,
      tx_len_i, tx_send_i, rx_ack_i, rx_addr_i, lk_lad_i, lk_lclk_i, lk_lframe_ni, lk_lreset_ni};
endmodule

module tx_log (
    input wire clk_i, input wire rst_ni, input wire cmd_i, input wire [7:0] op_i, input wire [7:0] slot_i,
      input wire [31:0] prog_i, output wire prog_we_o, output wire [31:0] prog_o, output wire busy_o,
      output wire valid_o, output wire error_o, input wire buf_we_i, input wire [6:0] buf_waddr_i,
      input wire [31:0] buf_wdata_i, input wire [2:0] buf_wbytes_i, input wire [6:0] buf_raddr_i,
      output wire [7:0] buf_rdata_o, output wire nv_req_o, output wire nv_we_o, output wire [16:0] nv_addr_o,
      output wire [31:0] nv_wdata_o, input wire nv_ack_i, input wire [31:0] nv_rdata_i
);
  wire [94:0] f_out;
  wire [132:0] f_in;
  assign {prog_we_o, prog_o, busy_o, valid_o, error_o, buf_rdata_o, nv_req_o, nv_we_o, nv_addr_o, nv_wdata_o} = f_out;
  assign f_in = {rst_ni, cmd_i, op_i, slot_i, prog_i, buf_we_i, buf_waddr_i, buf_wdata_i, buf_wbytes_i,
      buf_raddr_i, nv_ack_i, nv_rdata_i};
endmodule

module clamp (
    input wire clk_i, input wire rst_ni, input wire lframe_ni, input wire lreset_ni, input wire [3:0] lad_i,
      input wire [127:0] device_key_i, input wire [127:0] power_key_i, input wire nv_ack_i,
      input wire [31:0] nv_rdata_i, input wire orm_pwr_good_i, input wire mount_i, input wire [3:0] lk_lad_i,
      input wire lk_lclk_i, input wire lk_lframe_ni, input wire lk_lreset_ni, input wire [7:0] db_data_i,
      input wire db_req_i, input wire db_frame_i, input wire db_ack_i, input wire [178:0] orm_a_i,
      input wire [178:0] orm_b_i, input wire scrub_done_i, input wire [38:0] aes128_i, input wire [28:0] link_i,
      input wire [94:0] tx_log_i
);
  wire [77:0] pins_a, pins_b;
  wallet u_a (.clk_i(clk_i), .rst_ni(rst_ni), .lframe_ni(lframe_ni), .lreset_ni(lreset_ni), .lad_i(lad_i),
      .device_key_i(device_key_i), .power_key_i(power_key_i), .nv_ack_i(nv_ack_i), .nv_rdata_i(nv_rdata_i),
      .orm_pwr_good_i(orm_pwr_good_i), .mount_i(mount_i), .lk_lad_i(lk_lad_i), .lk_lclk_i(lk_lclk_i),
      .lk_lframe_ni(lk_lframe_ni), .lk_lreset_ni(lk_lreset_ni), .db_data_i(db_data_i), .db_req_i(db_req_i),
      .db_frame_i(db_frame_i), .db_ack_i(db_ack_i), .lad_o(pins_a[77:74]), .lad_oe_o(pins_a[73]),
      .nv_req_o(pins_a[72]), .nv_we_o(pins_a[71]), .nv_addr_o(pins_a[70:54]), .nv_wdata_o(pins_a[53:22]),
      .orm_pwr_en_o(pins_a[21]), .mount_o(pins_a[20]), .lk_host_o(pins_a[19]), .lk_lframe_no(pins_a[18]),
      .lk_lreset_no(pins_a[17]), .lk_lad_o(pins_a[16:13]), .lk_lad_oe_o(pins_a[12]), .db_data_o(pins_a[11:4]),
      .db_oe_o(pins_a[3]), .db_req_o(pins_a[2]), .db_frame_o(pins_a[1]), .db_ack_o(pins_a[0]));
  wallet u_b (.clk_i(clk_i), .rst_ni(rst_ni), .lframe_ni(lframe_ni), .lreset_ni(lreset_ni), .lad_i(lad_i),
      .device_key_i(device_key_i), .power_key_i(power_key_i), .nv_ack_i(nv_ack_i), .nv_rdata_i(nv_rdata_i),
      .orm_pwr_good_i(orm_pwr_good_i), .mount_i(mount_i), .lk_lad_i(lk_lad_i), .lk_lclk_i(lk_lclk_i),
      .lk_lframe_ni(lk_lframe_ni), .lk_lreset_ni(lk_lreset_ni), .db_data_i(db_data_i), .db_req_i(db_req_i),
      .db_frame_i(db_frame_i), .db_ack_i(db_ack_i), .lad_o(pins_b[77:74]), .lad_oe_o(pins_b[73]),
      .nv_req_o(pins_b[72]), .nv_we_o(pins_b[71]), .nv_addr_o(pins_b[70:54]), .nv_wdata_o(pins_b[53:22]),
      .orm_pwr_en_o(pins_b[21]), .mount_o(pins_b[20]), .lk_host_o(pins_b[19]), .lk_lframe_no(pins_b[18]),
      .lk_lreset_no(pins_b[17]), .lk_lad_o(pins_b[16:13]), .lk_lad_oe_o(pins_b[12]), .db_data_o(pins_b[11:4]),
      .db_oe_o(pins_b[3]), .db_req_o(pins_b[2]), .db_frame_o(pins_b[1]), .db_ack_o(pins_b[0]));
  `PROBE(, u_a.clamp)
  `PROBE([178:0], u_a.u_orm.f_out)
  `PROBE(, u_a.u_orm.f_scrub_done)
  `PROBE([38:0], u_a.u_aes.f_out)
  `PROBE([66:0], u_a.u_aes.f_in)
  `PROBE([28:0], u_a.u_link.f_out)
  `PROBE([76:0], u_a.u_link.f_in)
  `PROBE([94:0], u_a.u_log.f_out)
  `PROBE([132:0], u_a.u_log.f_in)
  assign u_a.u_orm.f_out = orm_a_i;
  assign u_a.u_orm.f_scrub_done = scrub_done_i;
  assign u_a.u_aes.f_out = aes128_i;
  assign u_a.u_link.f_out = link_i;
  assign u_a.u_log.f_out = tx_log_i;
  `PROBE(, u_b.clamp)
  `PROBE([178:0], u_b.u_orm.f_out)
  `PROBE(, u_b.u_orm.f_scrub_done)
  `PROBE([38:0], u_b.u_aes.f_out)
  `PROBE([66:0], u_b.u_aes.f_in)
  `PROBE([28:0], u_b.u_link.f_out)
  `PROBE([76:0], u_b.u_link.f_in)
  `PROBE([94:0], u_b.u_log.f_out)
  `PROBE([132:0], u_b.u_log.f_in)
  assign u_b.u_orm.f_out = u_a.clamp ? orm_b_i : orm_a_i;
  assign u_b.u_orm.f_scrub_done = scrub_done_i;
  assign u_b.u_aes.f_out = aes128_i;
  assign u_b.u_link.f_out = link_i;
  assign u_b.u_log.f_out = tx_log_i;
  `PROBE(, u_a.db_oe_o)
  `PROBE(, u_a.u_nv.orm_req_i)
  // A cover starts anywhere: where both wallets are alike, as they are once they have been reset.
  wire alike = pins_a == pins_b && u_a.clamp == u_b.clamp && u_a.u_aes.f_in == u_b.u_aes.f_in
      && u_a.u_log.f_in == u_b.u_log.f_in && u_a.u_link.f_in == u_b.u_link.f_in;
  `EACH_CLOCK begin
    `ASSERT(p_pins_never_see_a_clamped_orm, pins_a == pins_b)
    `ASSERT(p_engine_never_sees_a_clamped_orm, u_a.u_aes.f_in == u_b.u_aes.f_in)
    `ASSERT(p_log_and_link_never_see_a_clamped_orm, u_a.u_log.f_in == u_b.u_log.f_in
        && u_a.u_link.f_in == u_b.u_link.f_in)
    `ASSERT(p_clamp_does_not_depend_on_it, u_a.clamp == u_b.clamp)
    `COVER(c_orm_differs_behind_the_clamp, alike && u_a.clamp && u_a.u_orm.f_out != u_b.u_orm.f_out)
    `COVER(c_open_orm_reaches_the_data_bus, alike && !u_a.clamp && u_a.db_oe_o)
    `COVER(c_open_orm_reaches_the_memory, alike && !u_a.clamp && u_a.u_nv.orm_req_i)
  end
endmodule
`default_nettype wire
