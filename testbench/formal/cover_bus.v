// cover_bus.v - drives topic bus: each kind of cycle, a long wait, an abort and a good cycle after it.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module cover_bus;
  reg clk = 1'b0;
  always #5 clk = !clk;
  reg rst_n = 1'b0, start = 1'b0, ack = 1'b0;
  reg [1:0] op = 2'd0;
  reg [27:0] addr = 28'h0000A00;
  reg [7:0] sent;
  always @(posedge clk) sent <= {32'h12345678, 4'd0, addr} >> {t.at ^ (t.at[2] ? 3'd0 : 3'd3), 3'd0};
  bus t (
      .clk_i(clk), .rst_ni(rst_n), .lreset_ni(1'b1), .noise_i(4'hF), .start_i(start), .op_i(op), .size_i(2'd2), .byte_i(sent),
      .wr_ack_i(ack), .rd_ack_i(ack), .rdata_i(8'h5A), .err_i(1'b0),
      .fw_rdata_i(8'h33)
  );
  task run(input [1:0] o);
    begin
      @(negedge clk);
      op = o;
      start = 1'b1;
      @(negedge clk);
      start = 1'b0;
      repeat (20) @(negedge clk);
      ack = 1'b1;
      repeat (30) @(negedge clk);
    end
  endtask
  initial begin
    repeat (3) @(negedge clk);
    rst_n = 1'b1;
    run(2'd0);
    run(2'd1);
    run(2'd2);
    run(2'd3);
    addr = 28'h0000B00;
    run(2'd0);
    addr = 28'h0000A00;
    run(2'd1);
    $finish;
  end
endmodule
`default_nettype wire
