// board_pair.v - simulation top: the cores of two boards, a and b, on a connector.
//
// Clock    a_clk_i and b_clk_i, unrelated. The link runs on the clock of the board that hosts it.
// Reset    a_rst_ni, b_rst_ni, low = reset: that board has no power.
// Timing   the connector is wires: combinational. Pads and their delays are the board tops'.
// Wires    plugged_i 0 reads as an idle, undriven connector and takes mount detect away.
// Fails    as the boards do: closed.
// Proofs   host/board/tests.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module board_pair #(
    parameter A_ISSUER = 0,              // 1 = board a is a mint
    parameter [9:0] A_CLOCKS_PER_BIT = 10'd8,
    parameter [9:0] B_CLOCKS_PER_BIT = 10'd8
) (
    input  wire         a_clk_i,
    input  wire         a_rst_ni,
    input  wire [127:0] a_device_key_i,
    input  wire [127:0] a_power_key_i,
    input  wire         a_uart_rx_i,
    output wire         a_uart_tx_o,
    output wire         a_nv_trap_o,
    output wire         a_nv_pwr_en_o,
    output wire         a_spi_cs_no,
    output wire         a_spi_sck_o,
    output wire         a_spi_mosi_o,
    input  wire         a_spi_miso_i,
    output wire         a_orm_on_o,
    input  wire         b_clk_i,
    input  wire         b_rst_ni,
    input  wire [127:0] b_device_key_i,
    input  wire [127:0] b_power_key_i,
    input  wire         b_uart_rx_i,
    output wire         b_uart_tx_o,
    output wire         b_nv_trap_o,
    output wire         b_nv_pwr_en_o,
    output wire         b_spi_cs_no,
    output wire         b_spi_sck_o,
    output wire         b_spi_mosi_o,
    input  wire         b_spi_miso_i,
    output wire         b_orm_on_o,
    input  wire         plugged_i,
    output wire         link_contention_o
);
  wire [3:0] lad = ((a_live && a_oe) ? a_lad : 4'hF) & ((b_live && b_oe) ? b_lad : 4'hF);
  wire lframe_n = ((a_live && a_host) ? a_lframe_n : 1'b1) && ((b_live && b_host) ? b_lframe_n : 1'b1);
  wire lreset_n = ((a_live && a_host) ? a_lreset_n : 1'b1) && ((b_live && b_host) ? b_lreset_n : 1'b1);
  wire lclk = (a_clk_i && a_clk_on_q) || (b_clk_i && b_clk_on_q);
  wire [7:0] data = ((a_live && a_data_oe) ? a_data : 8'd0) | ((b_live && b_data_oe) ? b_data : 8'd0);
  assign link_contention_o = a_live && a_oe && b_live && b_oe;

  wire a_present, a_host, a_lframe_n, a_lreset_n, a_oe, a_data_oe, a_req, a_frame, a_ack;
  wire [3:0] a_lad;
  wire [7:0] a_data;
  wire a_live = plugged_i && a_rst_ni;
  reg a_clk_on_q;                     // the host's clock reaches the wire in whole periods only
  always @(negedge a_clk_i) a_clk_on_q <= a_live && a_host;
  board_core #(
      .ISSUER(A_ISSUER),
      .CLOCKS_PER_BIT(A_CLOCKS_PER_BIT)
  ) u_a (
      .clk_i       (a_clk_i),
      .rst_ni      (a_rst_ni),
      .device_key_i(a_device_key_i),
      .power_key_i (a_power_key_i),
      .uart_rx_i   (a_uart_rx_i),
      .uart_tx_o   (a_uart_tx_o),
      .nv_trap_o   (a_nv_trap_o),
      .nv_pwr_en_o (a_nv_pwr_en_o),
      .spi_cs_no   (a_spi_cs_no),
      .spi_sck_o   (a_spi_sck_o),
      .spi_mosi_o  (a_spi_mosi_o),
      .spi_miso_i  (a_spi_miso_i),
      .orm_on_o    (a_orm_on_o),
      .mount_i     (b_live && b_present),
      .mount_o     (a_present),
      .lk_host_o   (a_host),
      .lk_lframe_no(a_lframe_n),
      .lk_lreset_no(a_lreset_n),
      .lk_lad_o    (a_lad),
      .lk_lad_oe_o (a_oe),
      .lk_lad_i    (lad),
      .lk_lclk_i   (lclk),
      .lk_lframe_ni(lframe_n),
      .lk_lreset_ni(lreset_n),
      .db_data_o   (a_data),
      .db_oe_o     (a_data_oe),
      .db_req_o    (a_req),
      .db_frame_o  (a_frame),
      .db_ack_o    (a_ack),
      .db_data_i   (data),
      .db_req_i    (b_live && b_req),
      .db_frame_i  (b_live && b_frame),
      .db_ack_i    (b_live && b_ack)
  );

  wire b_present, b_host, b_lframe_n, b_lreset_n, b_oe, b_data_oe, b_req, b_frame, b_ack;
  wire [3:0] b_lad;
  wire [7:0] b_data;
  wire b_live = plugged_i && b_rst_ni;
  reg b_clk_on_q;                     // the host's clock reaches the wire in whole periods only
  always @(negedge b_clk_i) b_clk_on_q <= b_live && b_host;
  board_core #(
      .ISSUER(0),
      .CLOCKS_PER_BIT(B_CLOCKS_PER_BIT)
  ) u_b (
      .clk_i       (b_clk_i),
      .rst_ni      (b_rst_ni),
      .device_key_i(b_device_key_i),
      .power_key_i (b_power_key_i),
      .uart_rx_i   (b_uart_rx_i),
      .uart_tx_o   (b_uart_tx_o),
      .nv_trap_o   (b_nv_trap_o),
      .nv_pwr_en_o (b_nv_pwr_en_o),
      .spi_cs_no   (b_spi_cs_no),
      .spi_sck_o   (b_spi_sck_o),
      .spi_mosi_o  (b_spi_mosi_o),
      .spi_miso_i  (b_spi_miso_i),
      .orm_on_o    (b_orm_on_o),
      .mount_i     (a_live && a_present),
      .mount_o     (b_present),
      .lk_host_o   (b_host),
      .lk_lframe_no(b_lframe_n),
      .lk_lreset_no(b_lreset_n),
      .lk_lad_o    (b_lad),
      .lk_lad_oe_o (b_oe),
      .lk_lad_i    (lad),
      .lk_lclk_i   (lclk),
      .lk_lframe_ni(lframe_n),
      .lk_lreset_ni(lreset_n),
      .db_data_o   (b_data),
      .db_oe_o     (b_data_oe),
      .db_req_o    (b_req),
      .db_frame_o  (b_frame),
      .db_ack_o    (b_ack),
      .db_data_i   (data),
      .db_req_i    (a_live && a_req),
      .db_frame_i  (a_live && a_frame),
      .db_ack_i    (a_live && a_ack)
  );
endmodule
`default_nettype wire
