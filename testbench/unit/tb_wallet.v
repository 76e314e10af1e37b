// tb_wallet.v - the edge of the ORM's power domain in a whole wallet: nothing of it passes the clamp.
//
// Every wire that the ORM drives is forced to 1, as garbage of an unpowered domain may be, in reset, at
// power-up, off, and in every clock of an opening and a closing of the gate; the connector, the memory
// port, the AES engine and what the register file sees must stay 0 while the clamp is shut.
// Ends with "N checks", or with $fatal.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module tb_wallet;
  reg clk = 1'b0;
  always #5 clk = !clk;

  reg rst_n = 1'b0;
  reg mount = 1'b0;
  wire nv_req, nv_we, pwr_en, present, lk_host, lk_frame_n, lk_reset_n, lk_oe;
  wire [16:0] nv_addr;
  wire [31:0] nv_wdata;
  wire [3:0] lk_lad, lad;
  wire lad_oe, db_oe, db_req, db_frame, db_ack;
  wire [7:0] db_data;
  reg good = 1'b0;
  always @(posedge clk) good <= pwr_en;

  wallet dut (
      .clk_i(clk), .rst_ni(rst_n), .lframe_ni(1'b1), .lreset_ni(1'b1), .lad_i(4'hF), .lad_o(lad),
      .lad_oe_o(lad_oe), .device_key_i(128'd1), .power_key_i(128'd2), .nv_req_o(nv_req),
      .nv_we_o(nv_we), .nv_addr_o(nv_addr), .nv_wdata_o(nv_wdata), .nv_ack_i(1'b0),
      .nv_rdata_i(32'd0), .orm_pwr_en_o(pwr_en), .orm_pwr_good_i(good), .mount_i(mount),
      .mount_o(present), .lk_host_o(lk_host), .lk_lframe_no(lk_frame_n), .lk_lreset_no(lk_reset_n),
      .lk_lad_o(lk_lad), .lk_lad_oe_o(lk_oe), .lk_lad_i(4'hF), .lk_lclk_i(1'b0), .lk_lframe_ni(1'b1),
      .lk_lreset_ni(1'b1), .db_data_o(db_data), .db_oe_o(db_oe), .db_req_o(db_req),
      .db_frame_o(db_frame), .db_ack_o(db_ack), .db_data_i(8'd0), .db_req_i(1'b0), .db_frame_i(1'b0),
      .db_ack_i(1'b0)
  );

  integer checks = 0;
  task check(input good_i, input [8*48-1:0] what);
    begin
      checks = checks + 1;
      if (good_i !== 1'b1) begin
        $display("failed at %0t: %0s", $time, what);
        $fatal(1);
      end
    end
  endtask

  wire [11:0] connector = {db_data, db_oe, db_req, db_frame, db_ack};
  // What the rest of the wallet sees of the ORM, by the ports of the parts that look at it.
  wire [164:0] inside = {
    dut.u_regs.orm_busy_i, dut.u_regs.orm_error_i, dut.u_regs.orm_err_i, dut.u_regs.sess_state_i,
    dut.u_regs.sess_i, dut.u_regs.ptk_i,
    dut.u_regs.entry_state_i, dut.u_regs.out_rdata_i, dut.u_nv.orm_req_i, dut.u_nv.orm_we_i,
    dut.u_nv.orm_addr_i, dut.u_nv.orm_wdata_i, dut.u_aes_mux.orm_key_i, dut.u_aes_mux.orm_block_i
  };
  wire [1:0] engine = {dut.u_aes_mux.orm_start_i, dut.u_aes_mux.orm_clear_i};

  integer shut = 0;
  integer open = 0;
  always @(negedge clk) begin : edge_of_the_domain
    #1;
    if (dut.clamp !== 1'b0) begin
      shut = shut + 1;
      check(connector === 12'd0, "connector");
      check(inside === 165'd0 && engine === 2'b00, "register file, memory and AES");
      check(dut.pwr_aes_own || dut.aes_clear, "the engine is held clear");
      check(dut.orm_aes_done === 1'b0 && dut.orm_aes_result === 32'd0 && dut.orm_aes_valid === 1'b0, "to the ORM");
      if (!dut.clk_en) check(!dut.domain_rst_n || dut.u_power.state_q == 7'b1000111, "clock and reset");
    end else begin
      open = open + 1;
      check(connector === 12'hFFF && inside === {165{1'b1}} && engine === 2'b11, "open");
    end
  end

  task clocks(input integer n);
    repeat (n) @(negedge clk);
  endtask

  integer i;
  initial begin : main
    force dut.orm_out = {235{1'b1}};
    force dut.domain_out = {235{1'b1}};
    force dut.raw_busy = 1'b1;
    force dut.raw_nv_req = 1'b1;
    force dut.raw_db_oe = 1'b1;
    force dut.raw_db_data = 8'hFF;
    force dut.raw_ptk = 8'hFF;
    force dut.raw_out_rdata = 8'hFF;
    clocks(1);
    rst_n = 1'b0;
    clocks(5);
    check(!pwr_en && !present && {lk_host, lk_frame_n, lk_reset_n, lk_oe} === 4'd0, "in reset");
    rst_n = 1'b1;
    clocks(60);
    check(!pwr_en && present && !nv_req && dut.u_power.state_q == 7'b0010101, "off");
    check({lk_host, lk_frame_n, lk_reset_n, lk_oe} === 4'd0, "link without mount");

    // Opened as after a right answer; closed by an unmount in each clock on the way up and after it.
    for (i = 0; i < 40; i = i + 1) begin
      mount = 1'b1;
      clocks(80);
      check(dut.mounted, "mounted");
      force dut.u_power.u_auth.grant = 1'b1;
      clocks(1);
      release dut.u_power.u_auth.grant;
      clocks(i);
      mount = 1'b0;
      clocks(3);
      check(dut.clamp, "unmount clamps in the clock after the synchroniser");
      check({lk_host, lk_frame_n, lk_reset_n, lk_oe} === 4'd0, "link");
      clocks(80);
      check(!pwr_en && dut.u_power.state_q == 7'b0010101, "off again");
      // The memory never answered what the ORM asked while open: reset gives the port back.
      rst_n = 1'b0;
      clocks(2);
      rst_n = 1'b1;
      clocks(60);
    end
    check(shut > 1000 && open > 100, "both were seen");

    $display("%0d checks", checks);
    $finish;
  end
endmodule
`default_nettype wire
