// board_core.v - what is the same on every board: a wallet, its F-RAM's controller, and a serial line in
// place of the TPCU's LPC bus. A top around it has pads, PLL, reset bridge and tri-states, nothing else.
//
// Clock    clk_i, rising edge: LCLK of the internal bus, and of the link as its host.
// Reset    rst_ni, low = reset, sampled on clk_i; from the top's reset bridge.
// Power    an FPGA has no switched domain: power good is the switch's own wire, eight clocks later.
// Timing   and connector as in wallet.v.
// Bounds   the ORM waits ORM_TIMEOUT clocks for a byte of the data bus, half a second: a USB adapter may
//          hold each byte of the TPCU that starts the other end back for 16 ms.
// Fails    as the parts do: closed. nv_trap_o 1: the F-RAM is not there or does not read back.
// Proofs   host/board/tests: payments through the serial pins, and cuts.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module board_core #(
    parameter ISSUER = 0,                // 1 = mint: the ORM takes new tokens
    parameter [9:0] CLOCKS_PER_BIT = 10'd33,
    parameter [23:0] ORM_TIMEOUT = 24'hFFFFFF
) (
    input  wire         clk_i,
    input  wire         rst_ni,
    input  wire [127:0] device_key_i,
    input  wire [127:0] power_key_i,
    input  wire         uart_rx_i,
    output wire         uart_tx_o,
    output wire         nv_trap_o,
    output wire         nv_pwr_en_o,
    output wire         spi_cs_no,
    output wire         spi_sck_o,
    output wire         spi_mosi_o,
    input  wire         spi_miso_i,
    output wire         orm_on_o,
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
  wire lframe_n, h_oe, t_oe, nv_req, nv_we, nv_ack, nv_ready, pwr_en;
  wire [3:0] h_lad, t_lad;
  wire [3:0] lad = h_oe ? h_lad : t_oe ? t_lad : 4'hF;
  wire [16:0] nv_addr;
  wire [31:0] nv_wdata, nv_rdata;
  reg [7:0] rail_q;

  assign orm_on_o = rail_q[7];
  always @(posedge clk_i) rail_q <= (rst_ni && pwr_en) ? {rail_q[6:0], 1'b1} : 8'd0;

  uart_bridge #(
      .CLOCKS_PER_BIT(CLOCKS_PER_BIT)
  ) u_bridge (
      .clk_i    (clk_i),
      .rst_ni   (rst_ni),
      .rx_i     (uart_rx_i),
      .tx_o     (uart_tx_o),
      .lframe_no(lframe_n),
      .lad_o    (h_lad),
      .lad_oe_o (h_oe),
      .lad_i    (lad)
  );

  nv_spi u_nv (
      .clk_i     (clk_i),
      .rst_ni    (rst_ni),
      .req_i     (nv_req),
      .we_i      (nv_we),
      .addr_i    (nv_addr),
      .wdata_i   (nv_wdata),
      .ack_o     (nv_ack),
      .rdata_o   (nv_rdata),
      .ready_o   (nv_ready),
      .trap_o    (nv_trap_o),
      .pwr_en_o  (nv_pwr_en_o),
      .spi_cs_no (spi_cs_no),
      .spi_sck_o (spi_sck_o),
      .spi_mosi_o(spi_mosi_o),
      .spi_miso_i(spi_miso_i)
  );

  wallet #(
      .ISSUER     (ISSUER),
      .ORM_TIMEOUT(ORM_TIMEOUT)
  ) u_wallet (
      .clk_i         (clk_i),
      .rst_ni        (rst_ni),
      .lframe_ni     (lframe_n),
      .lreset_ni     (1'b1),
      .lad_i         (lad),
      .lad_o         (t_lad),
      .lad_oe_o      (t_oe),
      .device_key_i  (device_key_i),
      .power_key_i   (power_key_i),
      .nv_req_o      (nv_req),
      .nv_we_o       (nv_we),
      .nv_addr_o     (nv_addr),
      .nv_wdata_o    (nv_wdata),
      .nv_ack_i      (nv_ack),
      .nv_rdata_i    (nv_rdata),
      .orm_pwr_en_o  (pwr_en),
      .orm_pwr_good_i(rail_q[7]),
      .mount_i       (mount_i),
      .mount_o       (mount_o),
      .lk_host_o     (lk_host_o),
      .lk_lframe_no  (lk_lframe_no),
      .lk_lreset_no  (lk_lreset_no),
      .lk_lad_o      (lk_lad_o),
      .lk_lad_oe_o   (lk_lad_oe_o),
      .lk_lad_i      (lk_lad_i),
      .lk_lclk_i     (lk_lclk_i),
      .lk_lframe_ni  (lk_lframe_ni),
      .lk_lreset_ni  (lk_lreset_ni),
      .db_data_o     (db_data_o),
      .db_oe_o       (db_oe_o),
      .db_req_o      (db_req_o),
      .db_frame_o    (db_frame_o),
      .db_ack_o      (db_ack_o),
      .db_data_i     (db_data_i),
      .db_req_i      (db_req_i),
      .db_frame_i    (db_frame_i),
      .db_ack_i      (db_ack_i)
  );

  wire unused_ok = &{1'b0, nv_ready};
endmodule
`default_nettype wire
