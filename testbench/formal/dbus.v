// dbus.v - orm_dbus: what arrives on the data bus is never driven back, and a silent bus is 0.
//
// Copies   two orm_dbus with the same inputs but for the partner's data, and for the byte to send
//          while none is to be sent: all that they drive and report is equal.
// @invariant I2
// @induction 2
// @cover 12
// @short
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "formal.vh"
module dbus (
    input wire         clk_i,
    input wire         rst_ni,
    input wire         tx_open_i,
    input wire         tx_valid_i,
    input wire [  7:0] tx_data_i,
    input wire [  7:0] tx_data_b_i,
    input wire         rx_open_i,
    input wire         db_ack_i,
    input wire [  7:0] db_data_i,
    input wire [  7:0] db_data_b_i,
    input wire         db_req_i
);
  wire [14:0] pins_a, pins_b;
  wire [7:0] rx_a, rx_b;
  orm_dbus u_a (.clk_i(clk_i), .rst_ni(rst_ni), .tx_open_i(tx_open_i), .tx_valid_i(tx_valid_i), .tx_data_i(tx_data_i),
      .tx_ready_o(pins_a[0]), .tx_idle_o(pins_a[1]), .rx_open_i(rx_open_i), .rx_valid_o(pins_a[2]), .rx_data_o(rx_a),
      .db_data_o(pins_a[10:3]), .db_oe_o(pins_a[11]), .db_req_o(pins_a[12]), .db_frame_o(pins_a[13]),
      .db_ack_i(db_ack_i), .db_data_i(db_data_i), .db_req_i(db_req_i), .db_ack_o(pins_a[14]));
  orm_dbus u_b (.clk_i(clk_i), .rst_ni(rst_ni), .tx_open_i(tx_open_i), .tx_valid_i(tx_valid_i),
      .tx_data_i(tx_valid_i ? tx_data_i : tx_data_b_i),
      .tx_ready_o(pins_b[0]), .tx_idle_o(pins_b[1]), .rx_open_i(rx_open_i), .rx_valid_o(pins_b[2]), .rx_data_o(rx_b),
      .db_data_o(pins_b[10:3]), .db_oe_o(pins_b[11]), .db_req_o(pins_b[12]), .db_frame_o(pins_b[13]),
      .db_ack_i(db_ack_i), .db_data_i(db_data_b_i), .db_req_i(db_req_i), .db_ack_o(pins_b[14]));
  `PROBE([1:0], u_a.state_q)
  `PROBE([1:0], u_b.state_q)

  reg f_past = 1'b0;
  always @(posedge clk_i) f_past <= 1'b1;
  always @* if (!f_past) begin
    `ASSUME(m_starts_in_reset, !rst_ni)
  end
  `EACH_CLOCK if (f_past) begin
    `ASSERT(p_nothing_is_driven_back, pins_a == pins_b)
    `ASSERT(p_silent_bus_is_zero, pins_a[11] || pins_a[10:3] == 8'd0)
    `ASSERT(p_help_state, u_a.state_q == u_b.state_q)
    `COVER(c_byte_sent, pins_a[0])
    `COVER(c_bytes_differ, pins_a[2] && rx_a != rx_b)
  end
endmodule
`default_nettype wire
