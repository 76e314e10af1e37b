// opera.v - two wallets, payer (a) and payee (b), on a connector whose wires are in reach of an
// attacker. Simulation top; a board has a top of its own.
//
// Clock    a_clk_i and b_clk_i, unrelated. The link runs on the clock of the wallet that hosts it.
// Reset    a_rst_ni, b_rst_ni, low = reset: that wallet has no power.
// Timing   the connector is wires: combinational.
// Wires    plugged_i 0 reads as an idle, undriven connector and takes mount detect away. The force
//          inputs override wires while plugged in; observers show what both wallets see.
// Fails    two drivers on LAD give link_contention_o, or a clash output, and the wired AND of both.
// Proofs   testbench/tests; ARCHITECTURE.md, invariants I4, I10.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module opera #(
    parameter PAYER_ISSUER = 0           // 1 = the payer is a mint
) (
    input  wire         a_clk_i,
    input  wire         a_rst_ni,
    input  wire         a_lframe_ni,
    input  wire         a_lreset_ni,
    input  wire [  3:0] a_lad_i,         // resolved by the bench: host, a_lad_o or pull-up
    output wire [  3:0] a_lad_o,
    output wire         a_lad_oe_o,
    input  wire [127:0] a_device_key_i,
    input  wire [127:0] a_power_key_i,
    output wire         a_nv_req_o,
    output wire         a_nv_we_o,
    output wire [ 16:0] a_nv_addr_o,
    output wire [ 31:0] a_nv_wdata_o,
    input  wire         a_nv_ack_i,
    input  wire [ 31:0] a_nv_rdata_i,
    input  wire         a_brownout_i,    // 1 = the ORM's power good is forced low
    output wire         a_lad_clash_o,   // wallet and TPM chip both drive LAD
    output wire         a_tpm_exec_o,    // the TPM behind the chip, see tpm_tis.v
    output wire         a_tpm_cmd_valid_o,
    output wire [  7:0] a_tpm_cmd_data_o,
    input  wire         a_tpm_cmd_ready_i,
    output wire         a_tpm_rsp_ready_o,
    input  wire         a_tpm_rsp_valid_i,
    input  wire [  7:0] a_tpm_rsp_data_i,
    input  wire         a_tpm_rsp_last_i,
    input  wire         b_clk_i,
    input  wire         b_rst_ni,
    input  wire         b_lframe_ni,
    input  wire         b_lreset_ni,
    input  wire [  3:0] b_lad_i,
    output wire [  3:0] b_lad_o,
    output wire         b_lad_oe_o,
    input  wire [127:0] b_device_key_i,
    input  wire [127:0] b_power_key_i,
    output wire         b_nv_req_o,
    output wire         b_nv_we_o,
    output wire [ 16:0] b_nv_addr_o,
    output wire [ 31:0] b_nv_wdata_o,
    input  wire         b_nv_ack_i,
    input  wire [ 31:0] b_nv_rdata_i,
    input  wire         b_brownout_i,
    output wire         b_lad_clash_o,
    output wire         b_tpm_exec_o,
    output wire         b_tpm_cmd_valid_o,
    output wire [  7:0] b_tpm_cmd_data_o,
    input  wire         b_tpm_cmd_ready_i,
    output wire         b_tpm_rsp_ready_o,
    input  wire         b_tpm_rsp_valid_i,
    input  wire [  7:0] b_tpm_rsp_data_i,
    input  wire         b_tpm_rsp_last_i,
    // connector
    input  wire         plugged_i,
    input  wire [  3:0] link_force_en_i,
    input  wire [  3:0] link_force_i,
    input  wire         link_lframe_force_en_i,
    input  wire         link_lframe_force_i,
    input  wire         db_force_en_i,
    input  wire [  7:0] db_force_i,
    output wire [  3:0] link_lad_o,
    output wire         link_lframe_no,
    output wire         link_lreset_no,
    output wire         link_lclk_o,
    output wire         link_contention_o,
    output wire         link_a_host_o,
    output wire [  7:0] db_data_o,
    output wire         db_req_o,
    output wire         db_frame_o,
    output wire         db_ack_o,
    output wire         a_orm_on_o,      // the domain is switched on and its power is good
    output wire         b_orm_on_o
);
  // ---- internal LPC: the wallet and a TPM chip on one LAD, wired AND
  wire [3:0] a_wallet_lad, a_tpm_lad, b_wallet_lad, b_tpm_lad;
  wire a_wallet_oe, a_tpm_oe, b_wallet_oe, b_tpm_oe;
  assign a_lad_o = (a_wallet_oe ? a_wallet_lad : 4'hF) & (a_tpm_oe ? a_tpm_lad : 4'hF);
  assign b_lad_o = (b_wallet_oe ? b_wallet_lad : 4'hF) & (b_tpm_oe ? b_tpm_lad : 4'hF);
  assign a_lad_oe_o = a_wallet_oe || a_tpm_oe;
  assign b_lad_oe_o = b_wallet_oe || b_tpm_oe;
  assign a_lad_clash_o = a_wallet_oe && a_tpm_oe;
  assign b_lad_clash_o = b_wallet_oe && b_tpm_oe;

  tpm_tis payer_tpm (
      .clk_i      (a_clk_i),
      .rst_ni     (a_rst_ni),
      .lreset_ni  (a_lreset_ni && a_rst_ni),  // without power it lets go of LAD at once
      .lframe_ni  (a_lframe_ni),
      .lad_i      (a_lad_i),
      .lad_o      (a_tpm_lad),
      .lad_oe_o   (a_tpm_oe),
      .exec_o     (a_tpm_exec_o),
      .cmd_valid_o(a_tpm_cmd_valid_o),
      .cmd_data_o (a_tpm_cmd_data_o),
      .cmd_ready_i(a_tpm_cmd_ready_i),
      .rsp_ready_o(a_tpm_rsp_ready_o),
      .rsp_valid_i(a_tpm_rsp_valid_i),
      .rsp_data_i (a_tpm_rsp_data_i),
      .rsp_last_i (a_tpm_rsp_last_i)
  );

  tpm_tis payee_tpm (
      .clk_i      (b_clk_i),
      .rst_ni     (b_rst_ni),
      .lreset_ni  (b_lreset_ni && b_rst_ni),  // without power it lets go of LAD at once
      .lframe_ni  (b_lframe_ni),
      .lad_i      (b_lad_i),
      .lad_o      (b_tpm_lad),
      .lad_oe_o   (b_tpm_oe),
      .exec_o     (b_tpm_exec_o),
      .cmd_valid_o(b_tpm_cmd_valid_o),
      .cmd_data_o (b_tpm_cmd_data_o),
      .cmd_ready_i(b_tpm_cmd_ready_i),
      .rsp_ready_o(b_tpm_rsp_ready_o),
      .rsp_valid_i(b_tpm_rsp_valid_i),
      .rsp_data_i (b_tpm_rsp_data_i),
      .rsp_last_i (b_tpm_rsp_last_i)
  );

  // ---- power switches: power good comes eight clocks after the enable and goes with it
  wire a_pwr_en, b_pwr_en;
  reg [7:0] a_rail_q, b_rail_q;
  always @(posedge a_clk_i) begin : a_rail
    a_rail_q <= (a_rst_ni && a_pwr_en) ? {a_rail_q[6:0], 1'b1} : 8'd0;
  end
  always @(posedge b_clk_i) begin : b_rail
    b_rail_q <= (b_rst_ni && b_pwr_en) ? {b_rail_q[6:0], 1'b1} : 8'd0;
  end
  assign a_orm_on_o = a_rail_q[7] && !a_brownout_i;
  assign b_orm_on_o = b_rail_q[7] && !b_brownout_i;

  // ---- mount detect, both ways: a wallet without power is not there
  wire a_present, b_present;
  wire a_mount = plugged_i && b_present && b_rst_ni;
  wire b_mount = plugged_i && a_present && a_rst_ni;
  wire a_live = plugged_i && a_rst_ni;   // its drivers reach the connector
  wire b_live = plugged_i && b_rst_ni;

  // ---- link
  wire a_host, a_lframe_n, a_lreset_n, a_oe;
  wire b_host, b_lframe_n, b_lreset_n, b_oe;
  wire [3:0] a_lad, b_lad;
  wire a_hosts = a_live && a_host;
  wire b_hosts = b_live && b_host;
  wire a_drives = a_live && a_oe;
  wire b_drives = b_live && b_oe;
  wire [3:0] lad_driven = (a_drives ? a_lad : 4'hF) & (b_drives ? b_lad : 4'hF);  // pull-ups
  wire lframe_driven = (a_hosts ? a_lframe_n : 1'b1) && (b_hosts ? b_lframe_n : 1'b1);
  wire [3:0] lad_force = link_force_en_i & {4{plugged_i}};

  assign link_lad_o = (lad_driven & ~lad_force) | (link_force_i & lad_force);
  assign link_lframe_no = (link_lframe_force_en_i && plugged_i) ? link_lframe_force_i
      : lframe_driven;
  assign link_lreset_no = (a_hosts ? a_lreset_n : 1'b1) && (b_hosts ? b_lreset_n : 1'b1);
  assign link_contention_o = a_drives && b_drives;
  assign link_a_host_o = a_hosts;

  // The host's clock reaches the wire in whole periods only, as from a gated pad.
  reg a_clk_on_q, b_clk_on_q;
  always @(negedge a_clk_i) a_clk_on_q <= a_hosts;
  always @(negedge b_clk_i) b_clk_on_q <= b_hosts;
  wire link_lclk = (a_clk_i && a_clk_on_q) || (b_clk_i && b_clk_on_q);

  // ---- data bus
  wire [7:0] a_data, b_data;
  wire a_data_oe, a_req, a_frame, a_ack;
  wire b_data_oe, b_req, b_frame, b_ack;
  wire [7:0] data_driven = ((a_live && a_data_oe) ? a_data : 8'd0)
      | ((b_live && b_data_oe) ? b_data : 8'd0);
  assign db_data_o = (db_force_en_i && plugged_i) ? db_force_i : data_driven;
  assign db_req_o = (a_live && a_req) || (b_live && b_req);
  assign db_frame_o = (a_live && a_frame) || (b_live && b_frame);
  assign db_ack_o = (a_live && a_ack) || (b_live && b_ack);

  assign link_lclk_o = link_lclk;

  lpc_probe link (
      .clk_i    (link_lclk),
      .lframe_ni(link_lframe_no),
      .lreset_ni(link_lreset_no),
      .lad_i    (link_lad_o)
  );

  wallet #(
      .ISSUER(PAYER_ISSUER)
  ) payer (
      .clk_i         (a_clk_i),
      .rst_ni        (a_rst_ni),
      .lframe_ni     (a_lframe_ni),
      .lreset_ni     (a_lreset_ni),
      .lad_i         (a_lad_i),
      .lad_o         (a_wallet_lad),
      .lad_oe_o      (a_wallet_oe),
      .device_key_i  (a_device_key_i),
      .power_key_i   (a_power_key_i),
      .nv_req_o      (a_nv_req_o),
      .nv_we_o       (a_nv_we_o),
      .nv_addr_o     (a_nv_addr_o),
      .nv_wdata_o    (a_nv_wdata_o),
      .nv_ack_i      (a_nv_ack_i),
      .nv_rdata_i    (a_nv_rdata_i),
      .orm_pwr_en_o  (a_pwr_en),
      .orm_pwr_good_i(a_orm_on_o),
      .mount_i       (a_mount),
      .mount_o       (a_present),
      .lk_host_o     (a_host),
      .lk_lframe_no  (a_lframe_n),
      .lk_lreset_no  (a_lreset_n),
      .lk_lad_o      (a_lad),
      .lk_lad_oe_o   (a_oe),
      .lk_lad_i      (link_lad_o),
      .lk_lclk_i     (link_lclk),
      .lk_lframe_ni  (link_lframe_no),
      .lk_lreset_ni  (link_lreset_no),
      .db_data_o     (a_data),
      .db_oe_o       (a_data_oe),
      .db_req_o      (a_req),
      .db_frame_o    (a_frame),
      .db_ack_o      (a_ack),
      .db_data_i     (db_data_o),
      .db_req_i      (db_req_o),
      .db_frame_i    (db_frame_o),
      .db_ack_i      (db_ack_o)
  );

  wallet payee (
      .clk_i         (b_clk_i),
      .rst_ni        (b_rst_ni),
      .lframe_ni     (b_lframe_ni),
      .lreset_ni     (b_lreset_ni),
      .lad_i         (b_lad_i),
      .lad_o         (b_wallet_lad),
      .lad_oe_o      (b_wallet_oe),
      .device_key_i  (b_device_key_i),
      .power_key_i   (b_power_key_i),
      .nv_req_o      (b_nv_req_o),
      .nv_we_o       (b_nv_we_o),
      .nv_addr_o     (b_nv_addr_o),
      .nv_wdata_o    (b_nv_wdata_o),
      .nv_ack_i      (b_nv_ack_i),
      .nv_rdata_i    (b_nv_rdata_i),
      .orm_pwr_en_o  (b_pwr_en),
      .orm_pwr_good_i(b_orm_on_o),
      .mount_i       (b_mount),
      .mount_o       (b_present),
      .lk_host_o     (b_host),
      .lk_lframe_no  (b_lframe_n),
      .lk_lreset_no  (b_lreset_n),
      .lk_lad_o      (b_lad),
      .lk_lad_oe_o   (b_oe),
      .lk_lad_i      (link_lad_o),
      .lk_lclk_i     (link_lclk),
      .lk_lframe_ni  (link_lframe_no),
      .lk_lreset_ni  (link_lreset_no),
      .db_data_o     (b_data),
      .db_oe_o       (b_data_oe),
      .db_req_o      (b_req),
      .db_frame_o    (b_frame),
      .db_ack_o      (b_ack),
      .db_data_i     (db_data_o),
      .db_req_i      (db_req_o),
      .db_frame_i    (db_frame_o),
      .db_ack_i      (db_ack_o)
  );
endmodule
`default_nettype wire
