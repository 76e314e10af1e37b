// lpc_pads.v - pads of the mount connector: link LPC, data bus, handshakes and mount detect.
//
// Clock    clk_i for the forwarded LCLK; the rest is combinational.   Reset  none.
// Timing   inputs are not registered in the pad: its hold time is longer than what LPC gives (FPGA facts
//          in docs/boards.md). LCLK leaves through the pad's double-data-rate flops, in whole periods.
// Levels   pulled up, so an empty connector reads as an idle bus; handshakes and mount detect are low
//          when they mean yes. Only the host of the link drives LCLK, LFRAME# and LRESET#.
// Fails    cannot; there is no state but the forwarded clock's.
// Proofs   none without a board; `opera board build` places it.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module lpc_pads (
    input  wire       clk_i,
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
    inout  wire       mount_ni,
    // wallet
    input  wire       host_i,
    input  wire       lframe_ni,
    input  wire       lreset_ni,
    input  wire [3:0] lad_i,
    input  wire       lad_oe_i,
    output wire       lclk_o,
    output wire       lframe_no,
    output wire       lreset_no,
    output wire [3:0] lad_o,
    input  wire [7:0] data_i,
    input  wire       data_oe_i,
    output wire [7:0] data_o,
    input  wire [2:0] hand_i,          // request, frame, acknowledge to the partner
    output wire [2:0] hand_o,
    input  wire       mount_i,
    output wire       mount_o
);
  SB_GB_IO #(
      .PIN_TYPE(6'b1100_01),
      .PULLUP  (1'b1)
  ) u_lclk (
      .PACKAGE_PIN         (lk_lclk_io),
      .GLOBAL_BUFFER_OUTPUT(lclk_o),
      .OUTPUT_CLK          (clk_i),
      .OUTPUT_ENABLE       (host_i),
      .D_OUT_0             (host_i),
      .D_OUT_1             (1'b0)
  );

  SB_IO #(
      .PIN_TYPE(6'b1010_01),
      .PULLUP  (1'b1)
  ) u_control[1:0] (
      .PACKAGE_PIN  ({lk_lframe_n_io, lk_lreset_n_io}),
      .OUTPUT_ENABLE(host_i),
      .D_OUT_0      ({lframe_ni, lreset_ni}),
      .D_IN_0       ({lframe_no, lreset_no})
  );

  SB_IO #(
      .PIN_TYPE(6'b1010_01),
      .PULLUP  (1'b1)
  ) u_lad[3:0] (
      .PACKAGE_PIN  (lk_lad_io),
      .OUTPUT_ENABLE(lad_oe_i),
      .D_OUT_0      (lad_i),
      .D_IN_0       (lad_o)
  );

  SB_IO #(
      .PIN_TYPE(6'b1010_01),
      .PULLUP  (1'b1)
  ) u_data[7:0] (
      .PACKAGE_PIN  (db_data_io),
      .OUTPUT_ENABLE(data_oe_i),
      .D_OUT_0      (data_i),
      .D_IN_0       (data_o)
  );

  wire [3:0] in_n;
  SB_IO #(
      .PIN_TYPE(6'b0000_01),
      .PULLUP  (1'b1)
  ) u_in[3:0] (
      .PACKAGE_PIN  ({db_req_ni, db_frame_ni, db_ack_ni, mount_ni}),
      .OUTPUT_ENABLE(1'b0),
      .D_OUT_0      (1'b0),
      .D_IN_0       (in_n)
  );
  assign {hand_o, mount_o} = ~in_n;
  assign {db_req_no, db_frame_no, db_ack_no, mount_no} = ~{hand_i, mount_i};
endmodule
`default_nettype wire
