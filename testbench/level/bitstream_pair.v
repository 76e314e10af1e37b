// bitstream_pair.v - simulation top with the ports of rtl/board/board_pair.v: board a is what was unpacked from a
// bitstream (module chip, from pad to pad), board b is RTL.
//
// Twin     board a once more, as RTL, sees what board a sees; a_differs_o tells which of board a's pins are not as
//          its twin's. A pad that is not driven has no level.
// Board    HX8K or TINYFPGA_BX, defined, is whose bitstream it is: the pins that not every board has.
// Clock    a_clk_i takes the place of the PLL's output, b_clk_i is board b's.
// Reset    b_rst_ni. Board a has no such pad: a_rst_ni 0 only takes it off the connector.
// Keys     those of board a are in the bitstream.
// Timing   the connector is wires with pull-ups: combinational.
// Fails    as the boards do: closed.
// Proofs   host/board/tests/bitstream.rs.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module bitstream_pair #(
    parameter [9:0] A_CLOCKS_PER_BIT = 10'd33,  // what the bitstream has
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
    output wire         link_contention_o,
    output wire [  7:0] a_differs_o     // from bit 0: serial line, LEDs and USB, F-RAM, LAD, LFRAME# and LRESET#, data bus, handshakes, mount
);
  // ---- board a's side of the connector: what its pads drive, and whether
  wire [3:0] a_lad, a_lad_oe;
  wire [7:0] a_data, a_data_oe;
  wire a_lclk, a_lclk_oe, a_lframe_n, a_lframe_oe, a_lreset_n, a_lreset_oe;
  wire a_req_n, a_frame_n, a_ack_n, a_mount_n;
  wire a_live = plugged_i && a_rst_ni;
`ifdef HX8K
  wire a_led_mounted, a_led_on;
`endif
`ifdef TINYFPGA_BX                      // one LED, and a USB socket that is left alone
  wire a_usb;
`endif

  // ---- board b's
  wire b_present, b_host, b_lframe_n, b_lreset_n, b_oe, b_data_oe, b_req, b_frame, b_ack;
  wire [3:0] b_lad;
  wire [7:0] b_data;
  wire b_live = plugged_i && b_rst_ni;
  reg b_clk_on_q;                     // the host's clock reaches the wire in whole periods only
  always @(negedge b_clk_i) b_clk_on_q <= b_live && b_host;

  // ---- wires, pulled up
  wire b_hosts = b_live && b_host;
  wire [3:0] lad = (a_lad | ~(a_lad_oe & {4{a_live}})) & ((b_live && b_oe) ? b_lad : 4'hF);
  wire [7:0] data = (a_data | ~(a_data_oe & {8{a_live}})) & ((b_live && b_data_oe) ? b_data : 8'hFF);
  wire lframe_n = (a_lframe_n || !a_lframe_oe || !a_live) && (b_hosts ? b_lframe_n : 1'b1);
  wire lreset_n = (a_lreset_n || !a_lreset_oe || !a_live) && (b_hosts ? b_lreset_n : 1'b1);
  wire lclk = (a_lclk_oe && a_live) ? a_lclk : b_clk_i && b_clk_on_q;
  assign link_contention_o = a_live && a_lad_oe != 4'd0 && b_live && b_oe;

  chip u_a (
      .clk_ext_i        (a_clk_i),
      .uart_rx_i        (a_uart_rx_i),
      .uart_tx_o        (a_uart_tx_o),
`ifdef HX8K
      .led_mounted_o    (a_led_mounted),
      .led_on_o         (a_led_on),
`endif
`ifdef TINYFPGA_BX
      .usb_pull_up_o    (a_usb),
`endif
      .led_trap_o       (a_nv_trap_o),
      .nv_pwr_en_o      (a_nv_pwr_en_o),
      .nv_cs_no         (a_spi_cs_no),
      .nv_sck_o         (a_spi_sck_o),
      .nv_mosi_o        (a_spi_mosi_o),
      .nv_miso_i        (a_spi_miso_i),
      .lk_lclk_io       (lclk),
      .lk_lclk_io_o     (a_lclk),
      .lk_lclk_io_oe    (a_lclk_oe),
      .lk_lframe_n_io   (lframe_n),
      .lk_lframe_n_io_o (a_lframe_n),
      .lk_lframe_n_io_oe(a_lframe_oe),
      .lk_lreset_n_io   (lreset_n),
      .lk_lreset_n_io_o (a_lreset_n),
      .lk_lreset_n_io_oe(a_lreset_oe),
      .lk_lad_io_0      (lad[0]),
      .lk_lad_io_0_o    (a_lad[0]),
      .lk_lad_io_0_oe   (a_lad_oe[0]),
      .lk_lad_io_1      (lad[1]),
      .lk_lad_io_1_o    (a_lad[1]),
      .lk_lad_io_1_oe   (a_lad_oe[1]),
      .lk_lad_io_2      (lad[2]),
      .lk_lad_io_2_o    (a_lad[2]),
      .lk_lad_io_2_oe   (a_lad_oe[2]),
      .lk_lad_io_3      (lad[3]),
      .lk_lad_io_3_o    (a_lad[3]),
      .lk_lad_io_3_oe   (a_lad_oe[3]),
      .db_data_io_0     (data[0]),
      .db_data_io_0_o   (a_data[0]),
      .db_data_io_0_oe  (a_data_oe[0]),
      .db_data_io_1     (data[1]),
      .db_data_io_1_o   (a_data[1]),
      .db_data_io_1_oe  (a_data_oe[1]),
      .db_data_io_2     (data[2]),
      .db_data_io_2_o   (a_data[2]),
      .db_data_io_2_oe  (a_data_oe[2]),
      .db_data_io_3     (data[3]),
      .db_data_io_3_o   (a_data[3]),
      .db_data_io_3_oe  (a_data_oe[3]),
      .db_data_io_4     (data[4]),
      .db_data_io_4_o   (a_data[4]),
      .db_data_io_4_oe  (a_data_oe[4]),
      .db_data_io_5     (data[5]),
      .db_data_io_5_o   (a_data[5]),
      .db_data_io_5_oe  (a_data_oe[5]),
      .db_data_io_6     (data[6]),
      .db_data_io_6_o   (a_data[6]),
      .db_data_io_6_oe  (a_data_oe[6]),
      .db_data_io_7     (data[7]),
      .db_data_io_7_o   (a_data[7]),
      .db_data_io_7_oe  (a_data_oe[7]),
      .db_req_no        (a_req_n),
      .db_frame_no      (a_frame_n),
      .db_ack_no        (a_ack_n),
      .db_req_ni        (!(b_live && b_req)),
      .db_frame_ni      (!(b_live && b_frame)),
      .db_ack_ni        (!(b_live && b_ack)),
      .mount_no         (a_mount_n),
      .mount_ni         (!(b_live && b_present))
  );

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
      .mount_i     (a_live && !a_mount_n),
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
      .db_req_i    (a_live && !a_req_n),
      .db_frame_i  (a_live && !a_frame_n),
      .db_ack_i    (a_live && !a_ack_n)
  );

  // ---- board a's twin: its top without pads and PLL
  wire t_rst_n, t_tx, t_trap, t_pwr_en, t_cs_n, t_sck, t_mosi, t_on, t_present, t_host;
  wire t_lframe_n, t_lreset_n, t_oe, t_data_oe, t_req, t_frame, t_ack;
  wire [3:0] t_lad;
  wire [7:0] t_data;

  reset_bridge u_reset (
      .clk_i (a_clk_i),
      .good_i(1'b1),
      .rst_no(t_rst_n)
  );

  board_core #(
      .ISSUER(0),
      .CLOCKS_PER_BIT(A_CLOCKS_PER_BIT)
  ) u_twin (
      .clk_i       (a_clk_i),
      .rst_ni      (t_rst_n),
      .device_key_i(a_device_key_i),
      .power_key_i (a_power_key_i),
      .uart_rx_i   (a_uart_rx_i),
      .uart_tx_o   (t_tx),
      .nv_trap_o   (t_trap),
      .nv_pwr_en_o (t_pwr_en),
      .spi_cs_no   (t_cs_n),
      .spi_sck_o   (t_sck),
      .spi_mosi_o  (t_mosi),
      .spi_miso_i  (a_spi_miso_i),
      .orm_on_o    (t_on),
      .mount_i     (b_live && b_present),
      .mount_o     (t_present),
      .lk_host_o   (t_host),
      .lk_lframe_no(t_lframe_n),
      .lk_lreset_no(t_lreset_n),
      .lk_lad_o    (t_lad),
      .lk_lad_oe_o (t_oe),
      .lk_lad_i    (lad),
      .lk_lclk_i   (lclk),
      .lk_lframe_ni(lframe_n),
      .lk_lreset_ni(lreset_n),
      .db_data_o   (t_data),
      .db_oe_o     (t_data_oe),
      .db_req_o    (t_req),
      .db_frame_o  (t_frame),
      .db_ack_o    (t_ack),
      .db_data_i   (data),
      .db_req_i    (b_live && b_req),
      .db_frame_i  (b_live && b_frame),
      .db_ack_i    (b_live && b_ack)
  );

`ifdef HX8K
  wire leds_differ = {a_led_mounted, a_led_on, a_nv_trap_o} != {b_live && b_present, t_on, t_trap};
  assign a_orm_on_o = a_led_on;
`endif
`ifdef TINYFPGA_BX
  wire leds_differ = {a_usb, a_nv_trap_o} != {1'b0, t_trap};
  assign a_orm_on_o = t_on;
`endif

  // What a pad drives, with a bit that tells whether it does.
  wire [7:0] differs = {
    a_mount_n == t_present,
    {a_req_n, a_frame_n, a_ack_n} != ~{t_req, t_frame, t_ack},
    a_data_oe != {8{t_data_oe}} || (t_data_oe && a_data != t_data),
    {a_lframe_oe, a_lreset_oe} != {2{t_host}} || (t_host && {a_lframe_n, a_lreset_n} != {t_lframe_n, t_lreset_n}),
    a_lad_oe != {4{t_oe}} || (t_oe && a_lad != t_lad),
    {a_nv_pwr_en_o, a_spi_cs_no, a_spi_sck_o, a_spi_mosi_o} != {t_pwr_en, t_cs_n, t_sck, t_mosi},
    leds_differ,
    a_uart_tx_o != t_tx
  };
  assign a_differs_o = differs & {8{t_rst_n}};
endmodule

// The PLL of board a, SB_PLL40_CORE: its output is what the bench drives as a_clk_i, and it is locked from the first clock on.
module bitstream_pll #(
    parameter FEEDBACK_PATH = "SIMPLE",
    parameter DELAY_ADJUSTMENT_MODE_FEEDBACK = "FIXED",
    parameter DELAY_ADJUSTMENT_MODE_RELATIVE = "FIXED",
    parameter SHIFTREG_DIV_MODE = 2'b00,
    parameter FDA_FEEDBACK = 4'd0,
    parameter FDA_RELATIVE = 4'd0,
    parameter PLLOUT_SELECT = "GENCLK",
    parameter DIVR = 4'd0,
    parameter DIVF = 7'd0,
    parameter DIVQ = 3'd0,
    parameter FILTER_RANGE = 3'd0,
    parameter ENABLE_ICEGATE = 1'b0,
    parameter TEST_MODE = 1'b0
) (
    input  wire       REFERENCECLK,
    output wire       PLLOUTCORE,
    output wire       PLLOUTGLOBAL,
    input  wire       EXTFEEDBACK,
    input  wire [7:0] DYNAMICDELAY,
    output wire       LOCK,
    input  wire       BYPASS,
    input  wire       RESETB,
    input  wire       LATCHINPUTVALUE,
    output wire       SDO,
    input  wire       SDI,
    input  wire       SCLK
);
  assign PLLOUTCORE = REFERENCECLK;
  assign PLLOUTGLOBAL = REFERENCECLK;
  assign LOCK = RESETB;
  assign SDO = 1'b0;
  wire unused_ok = &{1'b0, EXTFEEDBACK, DYNAMICDELAY, BYPASS, LATCHINPUTVALUE, SDI, SCLK};
endmodule
`default_nettype wire
