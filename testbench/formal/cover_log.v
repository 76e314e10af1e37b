// cover_log.v - drives topic log: a record's life, with cuts in the commit word.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "opera_regs.vh"
module cover_log;
  reg clk = 1'b0;
  always #5 clk = !clk;
  reg rst_n = 1'b0, cmd = 1'b0, ack = 1'b0, hold = 1'b0, we = 1'b0;
  reg [7:0] op = 8'd0;
  reg [31:0] torn = 32'd0, prog = 32'd0;
  reg [31:0] mem[0:131071];
  integer i;
  initial for (i = 0; i < 131072; i = i + 1) mem[i] = 32'd0;
  log t (
      .clk_i(clk), .rst_ni(rst_n), .slot_sel_i(3'd2), .word_sel_i(5'd7), .cmd_i(cmd), .op_i(op), .slot_i(8'd2),
      .prog_i(prog), .buf_we_i(we), .buf_waddr_i(7'd28), .buf_wdata_i(prog), .buf_wbytes_i(3'd4),
      .buf_raddr_i(7'd0), .nv_ack_i(ack), .nv_rdata_i(mem[t.nv_addr]), .torn_i(torn)
  );
  always @(negedge clk) ack <= t.nv_req && !ack && !hold && rst_n;
  always @(posedge clk) if (t.nv_req && t.nv_we) mem[t.nv_addr] <= ack ? t.nv_wdata : torn;
  task run(input [7:0] o);
    begin
      @(negedge clk);
      prog = prog + 32'd17;
      we = 1'b1;
      @(negedge clk);
      we = 1'b0;
      op = o;
      cmd = 1'b1;
      @(negedge clk);
      cmd = 1'b0;
      repeat (260) @(negedge clk);
    end
  endtask
  task cut(input [31:0] value);  // in the commit word
    begin
      fork
        run(8'd2);
        begin
          while (t.st != 4'd9) @(negedge clk);
          hold = 1'b1;
          #1 ack = 1'b0;
          torn = value;  // the valid word is not written here
          @(negedge clk);
          rst_n = 1'b0;
          @(negedge clk);
          rst_n = 1'b1;
          hold = 1'b0;
        end
      join
    end
  endtask
  initial begin
    repeat (3) @(negedge clk);
    rst_n = 1'b1;
    run(8'd2);
    run(8'd1);
    run(8'd2);
    run(8'd3);
    cut(32'hDEAD0001);
    cut(`OPERA_NV_CODE_YES);
    cut(`OPERA_NV_CODE_YES);
    cut(32'hDEAD0001);
    hold = 1'b1;
    run(8'd1);
    hold = 1'b0;
    run(8'd4);
    $display("done");
    $finish;
  end
endmodule
`default_nettype wire
