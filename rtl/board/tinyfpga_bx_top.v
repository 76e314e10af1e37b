// tinyfpga_bx_top.v - a wallet on the TinyFPGA BX (iCE40 LP8K-CM81).
//
// Clock    clk_ext_i, 16 MHz, by the PLL to 20.0 MHz: LCLK of the internal bus, and of the link as its
//          host. lk_lclk_io is LCLK of the link as target, up to the 33 MHz of a faster partner.
// Reset    reset_bridge, from the PLL's lock.
// Timing   none of its own. The serial line's bit is 20 clocks: 1 Mbaud.
// USB      the socket is the bootloader's. Without its pull-up no host sees a device that does not answer.
// Keys     DEVICE_KEY and POWER_KEY are development keys unless `opera board build --wallet` sets them; in
//          the bitstream they are there for anyone to read.
// Power    and bounds as in board_core.v.
// Fails    as the parts do: closed. The one LED tells that the F-RAM is not there, or failed.
// Proofs   none without a board; `opera board build tinyfpga_bx` checks that it places and meets the clock.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module tinyfpga_bx_top #(
    parameter ISSUER = 0,                // 1 = mint: the ORM takes new tokens
    parameter [127:0] DEVICE_KEY = 128'hD0D0D0D0D0D0D0D0D0D0D0D0D0D0D0D0,
    parameter [127:0] POWER_KEY = 128'h50505050505050505050505050505050
) (
    input  wire       clk_ext_i,
    input  wire       uart_rx_i,
    output wire       uart_tx_o,
    output wire       usb_pull_up_o,
    output wire       led_trap_o,
    output wire       nv_pwr_en_o,
    output wire       nv_cs_no,
    output wire       nv_sck_o,
    output wire       nv_mosi_o,
    input  wire       nv_miso_i,
    inout  wire       lk_lclk_io,
    inout  wire       lk_lframe_n_io,
    inout  wire       lk_lreset_n_io,
    inout  wire [3:0] lk_lad_io,
    inout  wire [7:0] db_data_io,
    output wire       db_req_no,
    output wire       db_frame_no,
    output wire       db_ack_no,
    inout  wire       db_req_ni,
    inout  wire       db_frame_ni,
    inout  wire       db_ack_ni,
    output wire       mount_no,
    inout  wire       mount_ni
);
  wire clk, locked, rst_n, on;
  wire mount, present, host, lk_lframe_o, lk_lreset_o, lk_oe, lk_clk, lk_lframe, lk_lreset, db_oe;
  wire [3:0] lk_lad_o, lk_lad;
  wire [7:0] db_out, db_in;
  wire [2:0] hand_out, hand_in;

  assign usb_pull_up_o = 1'b0;

  SB_PLL40_CORE #(
      .FEEDBACK_PATH("SIMPLE"),
      .DIVR         (4'd0),
      .DIVF         (7'd39),
      .DIVQ         (3'd5),
      .FILTER_RANGE (3'd1)
  ) u_pll (
      .REFERENCECLK (clk_ext_i),
      .RESETB       (1'b1),
      .BYPASS       (1'b0),
      .LOCK         (locked),
      .PLLOUTGLOBAL (clk)
  );

  reset_bridge u_reset (
      .clk_i (clk),
      .good_i(locked),
      .rst_no(rst_n)
  );

  board_core #(
      .ISSUER        (ISSUER),
      .CLOCKS_PER_BIT(10'd20)
  ) u_core (
      .clk_i       (clk),
      .rst_ni      (rst_n),
      .device_key_i(DEVICE_KEY),
      .power_key_i (POWER_KEY),
      .uart_rx_i   (uart_rx_i),
      .uart_tx_o   (uart_tx_o),
      .nv_trap_o   (led_trap_o),
      .nv_pwr_en_o (nv_pwr_en_o),
      .spi_cs_no   (nv_cs_no),
      .spi_sck_o   (nv_sck_o),
      .spi_mosi_o  (nv_mosi_o),
      .spi_miso_i  (nv_miso_i),
      .orm_on_o    (on),
      .mount_i     (mount),
      .mount_o     (present),
      .lk_host_o   (host),
      .lk_lframe_no(lk_lframe_o),
      .lk_lreset_no(lk_lreset_o),
      .lk_lad_o    (lk_lad_o),
      .lk_lad_oe_o (lk_oe),
      .lk_lad_i    (lk_lad),
      .lk_lclk_i   (lk_clk),
      .lk_lframe_ni(lk_lframe),
      .lk_lreset_ni(lk_lreset),
      .db_data_o   (db_out),
      .db_oe_o     (db_oe),
      .db_req_o    (hand_out[2]),
      .db_frame_o  (hand_out[1]),
      .db_ack_o    (hand_out[0]),
      .db_data_i   (db_in),
      .db_req_i    (hand_in[2]),
      .db_frame_i  (hand_in[1]),
      .db_ack_i    (hand_in[0])
  );

  lpc_pads u_pads (
      .clk_i         (clk),
      .lk_lclk_io    (lk_lclk_io),
      .lk_lframe_n_io(lk_lframe_n_io),
      .lk_lreset_n_io(lk_lreset_n_io),
      .lk_lad_io     (lk_lad_io),
      .db_data_io    (db_data_io),
      .db_req_no     (db_req_no),
      .db_frame_no   (db_frame_no),
      .db_ack_no     (db_ack_no),
      .db_req_ni     (db_req_ni),
      .db_frame_ni   (db_frame_ni),
      .db_ack_ni     (db_ack_ni),
      .mount_no      (mount_no),
      .mount_ni      (mount_ni),
      .host_i        (host),
      .lframe_ni     (lk_lframe_o),
      .lreset_ni     (lk_lreset_o),
      .lad_i         (lk_lad_o),
      .lad_oe_i      (lk_oe),
      .lclk_o        (lk_clk),
      .lframe_no     (lk_lframe),
      .lreset_no     (lk_lreset),
      .lad_o         (lk_lad),
      .data_i        (db_out),
      .data_oe_i     (db_oe),
      .data_o        (db_in),
      .hand_i        (hand_out),
      .hand_o        (hand_in),
      .mount_i       (present),
      .mount_o       (mount)
  );

  wire unused_ok = &{1'b0, on};
endmodule
`default_nettype wire
