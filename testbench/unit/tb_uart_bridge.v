// tb_uart_bridge.v - uart_bridge on its line: cycles to a real lpc_target, refused and cut requests, repeats.
//
// Clock    one, 10 units; 8 clocks a bit.   Model  a target with 256 registers and a 512-byte window.
// Prints   "N checks" when all passed, else ends in $fatal.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module tb_uart_bridge;
  localparam BIT = 80;
  reg clk = 1'b0;
  always #5 clk = !clk;

  integer checks = 0;
  integer i, j, n;
  task check(input good, input [8*56-1:0] what);
    begin
      checks = checks + 1;
      if (good !== 1'b1) begin
        $display("failed at %0t: %0s", $time, what);
        $fatal(1);
      end
    end
  endtask

  reg rst_n = 1'b0, line = 1'b1;
  wire tx, lframe_n, h_oe, t_oe;
  wire [3:0] h_lad, t_lad;
  wire [3:0] lad = h_oe ? h_lad : t_oe ? t_lad : 4'hF;
  always @(negedge clk) if (rst_n) check(!(h_oe && t_oe), "one driver on LAD");

  uart_bridge #(
      .CLOCKS_PER_BIT(10'd8),
      .IDLE_CLOCKS(16'd400)
  ) dut (
      .clk_i(clk), .rst_ni(rst_n), .rx_i(line), .tx_o(tx), .lframe_no(lframe_n), .lad_o(h_lad),
      .lad_oe_o(h_oe), .lad_i(lad)
  );

  wire [15:0] addr;
  wire [7:0] wdata;
  wire wr_req, wr_commit, rd_req, rd_commit, fw_rd, fw_we, busy;
  wire [27:0] fw_addr;
  wire [31:0] fw_wdata;
  wire [2:0] fw_wbytes;
  reg [7:0] regs[0:255], window[0:511];
  reg [7:0] fw_rdata = 8'd0;
  integer commits = 0;
  lpc_target u_target (
      .clk_i(clk), .rst_ni(rst_n), .lreset_ni(1'b1), .lframe_ni(lframe_n), .lad_i(lad), .lad_o(t_lad),
      .lad_oe_o(t_oe), .addr_o(addr), .wdata_o(wdata), .wr_req_o(wr_req), .wr_ack_i(wr_req),
      .wr_commit_o(wr_commit), .rd_req_o(rd_req), .rd_ack_i(rd_req), .rdata_i(regs[addr[7:0]]),
      .rd_commit_o(rd_commit), .err_i(wr_req && addr[7:0] == 8'hEE), .fw_addr_o(fw_addr), .fw_rd_o(fw_rd),
      .fw_rdata_i(fw_rdata), .fw_wr_commit_o(fw_we), .fw_wdata_o(fw_wdata), .fw_wbytes_o(fw_wbytes),
      .busy_o(busy)
  );
  always @(posedge clk) begin
    fw_rdata <= window[fw_addr[8:0]];
    if (wr_commit) begin
      regs[addr[7:0]] <= wdata;
      commits = commits + 1;
    end
    if (fw_we) begin
      commits = commits + 1;
      for (j = 0; j < fw_wbytes; j = j + 1) window[(fw_addr + j) % 512] <= fw_wdata >> (8 * j);
    end
  end

  // ---- the line, and CRC-16/X-25 by bytes
  function [15:0] crc(input [15:0] c, input [7:0] b);
    integer k;
    begin
      crc = c ^ b;
      for (k = 0; k < 8; k = k + 1) crc = crc[0] ? (crc >> 1) ^ 16'h8408 : crc >> 1;
    end
  endfunction
  reg [15:0] sum, bend;
  reg glitch = 1'b0;
  task put(input [7:0] b);
    integer k;
    begin
      line = 1'b0;
      #BIT;
      for (k = 0; k < 8; k = k + 1) begin
        line = b[k];
        #BIT;
      end
      line = 1'b1;
      #BIT sum = crc(sum, b);
    end
  endtask
  reg [7:0] answer[0:255];
  integer heard = 0;
  initial begin : listener
    integer k;
    forever begin
      @(negedge tx);
      #(BIT + BIT / 2);
      for (k = 0; k < 8; k = k + 1) begin
        answer[heard][k] = tx;
        #BIT;
      end
      check(tx === 1'b1, "stop bit");
      heard = heard + 1;
    end
  end
  task request(input [7:0] seq, input [7:0] op, input [31:0] a, input [31:0] d);
    begin
      heard = 0;
      sum = 16'hFFFF;
      put(8'h5A);
      put(seq);
      put(op);
      if (glitch) begin
        line = 1'b0;
        #20 line = 1'b1;
        #(BIT * 2);
      end
      put(8'd8);
      for (i = 0; i < 4; i = i + 1) put(a >> (8 * i));
      for (i = 0; i < 4; i = i + 1) put(d >> (8 * i));
      sum = ~sum ^ bend;
      n = sum[15:8];
      put(sum[7:0]);
      put(n);
    end
  endtask
  // The answer, checked but for its data.
  task answered(input [7:0] seq, input [7:0] status, input integer length);
    begin
      #(BIT * (11 * length + 80));
      check(heard == length + 6, "bytes of the answer");
      check(answer[0] === 8'hA5 && answer[1] === seq && answer[2] === status && answer[3] === length, "head");
      sum = 16'hFFFF;
      for (i = 0; i < heard; i = i + 1) sum = crc(sum, answer[i]);
      check(sum === 16'hF0B8, "CRC of the answer");
    end
  endtask
  task silent(input integer before);
    begin
      #(BIT * 200);
      check(heard == 0 && commits == before, "no answer, no cycle");
    end
  endtask

  initial begin : main
    bend = 16'd0;
    for (i = 0; i < 256; i = i + 1) regs[i] = 8'd0;
    for (i = 0; i < 512; i = i + 1) window[i] = i * 7;
    repeat (5) @(negedge clk);
    rst_n = 1'b1;
    repeat (20) @(negedge clk);
    check(tx === 1'b1 && lframe_n === 1'b1 && !h_oe, "idle");

    request(8'd0, 8'd0, 32'd0, 32'd0);
    answered(8'd0, 8'd0, 0);
    request(8'd0, 8'd2, 32'h0A34, 32'h5C);  // the first write may have any number
    answered(8'd0, 8'd0, 0);
    check(regs[8'h34] === 8'h5C && commits == 1, "I/O write");
    request(8'd1, 8'd1, 32'h0A34, 32'd0);
    answered(8'd1, 8'd0, 1);
    check(answer[4] === 8'h5C, "I/O read");
    request(8'd2, 8'd4, 32'h40000010, 32'h44332211);
    answered(8'd2, 8'd0, 0);
    check({window[19], window[18], window[17], window[16]} === 32'h44332211, "firmware write of 4");
    request(8'd3, 8'd4, 32'h10000011, 32'h000000EE);
    answered(8'd3, 8'd0, 0);
    check(window[17] === 8'hEE && window[18] === 8'h33 && commits == 3, "firmware write of 1");
    request(8'd4, 8'd3, 32'h80000080, 32'd0);
    answered(8'd4, 8'd0, 128);
    for (j = 0; j < 128; j = j + 1) check(answer[4+j] === window[128+j], "firmware read of 128");
    request(8'd5, 8'd3, 32'h20000010, 32'd0);
    answered(8'd5, 8'd0, 2);
    check(answer[4] === 8'h11 && answer[5] === 8'hEE, "firmware read of 2");

    // A write with the number of the last one is answered, not done; a read is.
    request(8'd6, 8'd2, 32'h0A35, 32'h01);
    answered(8'd6, 8'd0, 0);
    request(8'd6, 8'd2, 32'h0A35, 32'h02);
    answered(8'd6, 8'd0, 0);
    check(regs[8'h35] === 8'h01 && commits == 4, "once");
    request(8'd6, 8'd1, 32'h0A35, 32'h00);
    answered(8'd6, 8'd0, 1);
    check(answer[4] === 8'h01, "a read is repeated");
    request(8'd7, 8'd2, 32'h0AEE, 32'h02);
    answered(8'd7, 8'd3, 0);
    request(8'd7, 8'd2, 32'h0AEE, 32'h02);
    answered(8'd7, 8'd3, 0);
    request(8'd8, 8'd1, 32'h0B00, 32'h00);
    answered(8'd8, 8'd1, 0);                // nobody is there

    // What is no request: a flip in the CRC, another operation or length, a gap, a broken stop bit.
    n = commits;
    for (j = 0; j < 16; j = j + 1) begin
      bend = 16'd1 << j;
      request(8'd20 + j, 8'd2, 32'h0A36, 32'h77);
      silent(4);
    end
    bend = 16'd0;
    request(8'd40, 8'd5, 32'h0A36, 32'h77);
    silent(4);
    request(8'd41, 8'd0, 32'h0, 32'h0);
    answered(8'd41, 8'd0, 0);
    heard = 0;
    sum = 16'hFFFF;
    put(8'h5A);
    put(8'd42);
    put(8'd2);
    #(BIT * 60);                            // a gap ends it
    request(8'd43, 8'd2, 32'h0A37, 32'h42);
    answered(8'd43, 8'd0, 0);
    check(regs[8'h37] === 8'h42 && commits == 5, "after a gap");
    heard = 0;
    put(8'h5A);
    put(8'd44);
    line = 1'b0;                            // a break
    #(BIT * 30) line = 1'b1;
    #(BIT * 12);                            // what began in it is over
    request(8'd45, 8'd2, 32'h0A37, 32'h43);
    answered(8'd45, 8'd0, 0);
    check(regs[8'h37] === 8'h43, "after a break");
    glitch = 1'b1;                          // between two bytes: no start bit
    request(8'd46, 8'd1, 32'h0A37, 32'd0);
    answered(8'd46, 8'd0, 1);
    check(answer[4] === 8'h43, "after a glitch");

    $display("%0d checks", checks);
    $finish;
  end
endmodule
`default_nettype wire
