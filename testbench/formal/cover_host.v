// cover_host.v - drives topic host with a real target that has a frame of 200 bytes, then with none.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module cover_host;
  reg clk = 1'b0;
  always #5 clk = !clk;
  reg rst_n = 1'b0, there = 1'b0, endless = 1'b0;
  wire [3:0] t_lad;
  wire t_oe, rd_req, wr_req;
  wire [15:0] addr;
  wire [3:0] lad = t.oe ? t.lad : there && t_oe ? t_lad : 4'hF;
  host t (
      .clk_i(clk), .rst_ni(rst_n), .tx_pending_i(1'b1), .tx_len_i(10'd9), .tx_rdata_i(8'h11), .rx_free_i(1'b1),
      .lad_i(lad)
  );
  reg room = 1'b1;
  always @(posedge clk) if (t.tx_done) room <= 1'b0;
  wire [7:0] rdata = addr[7:0] == 8'd0 ? {6'd0, 1'b1, room} : addr[7:0] == 8'd2 ? 8'd200 : 8'd0;
  lpc_target u_tgt (
      .clk_i(clk), .rst_ni(rst_n), .lreset_ni(t.lreset_n), .lframe_ni(t.lframe_n), .lad_i(lad), .lad_o(t_lad),
      .lad_oe_o(t_oe), .addr_o(addr), .wdata_o(), .wr_req_o(wr_req), .wr_ack_i(wr_req), .wr_commit_o(),
      .rd_req_o(rd_req), .rd_ack_i(rd_req && !endless), .rdata_i(rdata), .rd_commit_o(), .err_i(1'b0), .fw_addr_o(),
      .fw_rd_o(), .fw_rdata_i(8'h22), .fw_wr_commit_o(), .fw_wdata_o(), .fw_wbytes_o(), .busy_o()
  );
  initial begin
    repeat (3) @(negedge clk);
    rst_n = 1'b1;
    repeat (1000) @(negedge clk);
    there = 1'b1;
    repeat (3000) @(negedge clk);
    endless = 1'b1;
    repeat (6000) @(negedge clk);
    $finish;
  end
endmodule
`default_nettype wire
