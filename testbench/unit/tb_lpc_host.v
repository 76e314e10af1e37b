// tb_lpc_host.v - lpc_host against lpc_target (good cycles) and against a script (every bad answer).
//
// The script says for each clock after START whether somebody drives LAD, and what; it may drive in
// the host's clocks too. After every bad answer one good write and read must work in 13 clocks on the bus.
// Ends with "N checks", or with $fatal.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module tb_lpc_host;
  reg clk = 1'b0;
  always #15 clk = !clk;

  localparam LONG_LIMIT = 200;
  localparam LATE = 1;  // the host looks at LAD one clock late

  reg rst_n = 1'b0;
  reg start = 1'b0;
  reg [1:0] op = 2'd0;
  reg [27:0] addr = 28'd0;
  reg [31:0] wdata = 32'd0;
  integer size = 1;
  wire busy, done, rvalid, lframe_n, h_oe;
  wire [2:0] err;
  wire [7:0] rbyte;
  wire [3:0] h_lad;

  // The script: {drive, nibble} for each clock from START on, used while scripted.
  reg scripted = 1'b0;
  reg [4:0] script[0:1023];
  integer at = 0;
  wire s_oe = scripted && script[at][4];
  wire [3:0] s_lad = script[at][3:0];

  wire t_oe_raw;
  wire t_oe = t_oe_raw && !scripted;
  wire [3:0] t_lad;
  // A second driver wins: the worst case for a host that drives.
  wire [3:0] lad = s_oe ? s_lad : h_oe ? h_lad : t_oe ? t_lad : 4'hF;

  wire [15:0] t_addr;
  wire [7:0] t_wdata;
  wire wr_req, wr_commit, rd_req, rd_commit, fw_rd, fw_we, t_busy;
  wire [27:0] fw_addr;
  wire [31:0] fw_wdata;
  wire [2:0] fw_wbytes;
  reg [7:0] fw_rdata = 8'd0;
  integer ack_delay = 0;
  integer waited = 0;
  reg refuse = 1'b0;
  wire ack = (rd_req || wr_req) && waited > ack_delay;

  // The bytes of the request, one clock after they were asked for; else something else.
  wire [2:0] asked;
  reg [7:0] send;
  reg [63:0] request;
  always @(posedge clk) begin : bytes_of_the_request
    if (start) request <= {wdata, 4'hC, addr};  // of the address 28 bits are sent
    send <= busy ? request >> {asked ^ (asked[2] ? 3'd0 : 3'd3), 3'd0} : ~send;
  end

  lpc_host #(
      .LONG_LIMIT(LONG_LIMIT)
  ) dut (
      .clk_i    (clk),
      .rst_ni   (rst_n),
      .start_i  (start),
      .op_i     (op),
      .size_i   (size == 128 ? 2'd3 : size == 4 ? 2'd2 : size == 2 ? 2'd1 : 2'd0),
      .byte_o   (asked),
      .byte_i   (send),
      .busy_o   (busy),
      .done_o   (done),
      .err_o    (err),
      .rbyte_o  (rbyte),
      .rvalid_o (rvalid),
      .lframe_no(lframe_n),
      .lad_o    (h_lad),
      .lad_oe_o (h_oe),
      .lad_i    (lad)
  );

  lpc_target u_target (
      .clk_i         (clk),
      .rst_ni        (rst_n),
      .lreset_ni     (1'b1),
      .lframe_ni     (lframe_n),
      .lad_i         (lad),
      .lad_o         (t_lad),
      .lad_oe_o      (t_oe_raw),
      .addr_o        (t_addr),
      .wdata_o       (t_wdata),
      .wr_req_o      (wr_req),
      .wr_ack_i      (ack && wr_req),
      .wr_commit_o   (wr_commit),
      .rd_req_o      (rd_req),
      .rd_ack_i      (ack && rd_req),
      .rdata_i       (t_addr[7:0] ^ 8'h6D),
      .rd_commit_o   (rd_commit),
      .err_i         (ack && refuse),
      .fw_addr_o     (fw_addr),
      .fw_rd_o       (fw_rd),
      .fw_rdata_i    (fw_rdata),
      .fw_wr_commit_o(fw_we),
      .fw_wdata_o    (fw_wdata),
      .fw_wbytes_o   (fw_wbytes),
      .busy_o        (t_busy)
  );

  integer checks = 0;
  integer length = 0;      // clocks from START until the host is idle, abort included
  integer frame_low = 0;   // clocks of LFRAME# low
  integer bytes = 0;
  integer writes = 0;
  integer fw_writes = 0;
  reg [7:0] got[0:255];
  reg [15:0] last_addr = 16'd0;
  reg [7:0] last_data = 8'd0;
  reg [27:0] last_fw_addr = 28'd0;
  reg [31:0] last_fw_wdata = 32'd0;
  reg [2:0] last_fw_wbytes = 3'd0;
  reg last_low_f = 1'b0;   // LAD was driven 1111 by the host in the last clock of LFRAME# low
  reg both = 1'b0;

  function [7:0] pattern(input [27:0] a);
    pattern = a[7:0] * 8'd11 + a[15:8] + 8'h2B;
  endfunction

  always @(posedge clk) begin : observe
    at <= !busy ? 0 : at + 1;
    if (busy) length <= length + 1;
    if (!lframe_n) begin
      frame_low <= frame_low + 1;
      last_low_f <= h_oe && h_lad == 4'hF;
    end
    if (h_oe && t_oe_raw) both <= 1'b1;
    if (rvalid) begin
      got[bytes[7:0]] <= rbyte;
      bytes <= bytes + 1;
    end
    waited <= (rd_req || wr_req) ? waited + 1 : 0;
    if (wr_commit) begin
      writes <= writes + 1;
      last_addr <= t_addr;
      last_data <= t_wdata;
    end
    if (fw_we) begin
      fw_writes <= fw_writes + 1;
      last_fw_addr <= fw_addr;
      last_fw_wdata <= fw_wdata;
      last_fw_wbytes <= fw_wbytes;
    end
    fw_rdata <= fw_rd ? pattern(fw_addr) : 8'hEE;
  end

  task check(input ok, input [8*40-1:0] what);
    begin
      checks = checks + 1;
      if (ok !== 1'b1) begin
        $display("failed at %0t: %0s (err %0d, %0d clocks)", $time, what, err, length);
        $fatal(1);
      end
    end
  endtask

  task run(input [1:0] o, input [27:0] a, input [31:0] d, input integer s);
    integer limit;
    begin
      @(posedge clk);
      #1 op = o; addr = a; wdata = d; size = s;
      length = 0; frame_low = 0; bytes = 0; writes = 0; fw_writes = 0; both = 1'b0;
      start = 1'b1;
      @(posedge clk);
      #1 start = 1'b0;
      op = ~o; addr = ~a; wdata = ~d; size = s == 1 ? 4 : 1;  // the request was sampled
      limit = 0;
      while (!done && limit < 2000) begin
        @(posedge clk);
        #1 limit = limit + 1;
      end
      check(done && !busy, "ends");
      check(h_oe === 1'b0 && lframe_n === 1'b1, "leaves the bus idle");
      check(!both, "one driver");
    end
  endtask

  task works;
    begin
      scripted = 1'b0;
      run(2'd1, 28'h0A5A, 32'h000000C3, 1);
      check(err == 0 && length == 13 + LATE && writes == 1, "write after");
      check(last_addr === 16'h0A5A && last_data === 8'hC3, "write after, data");
      run(2'd0, 28'h0A5A, 32'd0, 1);
      check(err == 0 && length == 13 + LATE && bytes == 1 && got[0] === (8'h5A ^ 8'h6D), "read after");
    end
  endtask

  task blank;
    integer i;
    for (i = 0; i < 1024; i = i + 1) script[i] = 5'h0F;
  endtask

  // A well-formed answer of an I/O read in the script: SYNC at clock 8.
  task answer(input [3:0] code);
    begin
      blank;
      script[8] = {1'b1, code};
      script[9] = 5'h14;
      script[10] = 5'h13;
      script[11] = 5'h1F;
    end
  endtask

  task bad(input [2:0] want, input integer clocks, input [8*40-1:0] what);
    begin
      scripted = 1'b1;
      run(2'd0, 28'h0A10, 32'd0, 1);
      check(err == want, what);
      check(length == clocks + LATE, what);
      if (want != 3'd3) check(frame_low == 5 && last_low_f, "abort is 4 clocks, 1111 in the last");
      works;
    end
  endtask

  integer i, j, n;
  initial begin : main
    blank;
    repeat (3) @(posedge clk);
    #1 rst_n = 1'b1;
    works;
    for (i = 0; i < 256; i = i + 1) begin
      run(2'd1, 28'h0A00 + i, i ^ 8'hB4, 1);
      check(err == 0 && last_addr === 16'h0A00 + i && last_data === (i ^ 8'hB4), "write");
      check(frame_low == 1 && length == 13 + LATE, "write clocks");
      run(2'd0, 28'h0A00 + i, 32'd0, 1);
      check(err == 0 && bytes == 1 && got[0] === (i ^ 8'h6D), "read");
    end
    for (i = 0; i < 40; i = i + 1) begin
      ack_delay = i;
      run(2'd0, 28'h0A00, 32'd0, 1);
      check(err == 0 && length == 13 + i + LATE, "waits");
    end
    ack_delay = 0;
    for (i = 2; i <= 128; i = (i == 4) ? 128 : 2 * i) begin  // an I/O cycle has one byte
      run(2'd1, 28'h0A11, 32'h12345678, i);
      check(err == 0 && length == 13 + LATE && last_data === 8'h78, "I/O write of one byte");
      run(2'd0, 28'h0A11, 32'd0, i);
      check(err == 0 && length == 13 + LATE && bytes == 1, "I/O read of one byte");
    end
    refuse = 1'b1;
    run(2'd0, 28'h0A00, 32'd0, 1);
    check(err == 3 && length == 13 + LATE && bytes == 0, "error SYNC of a read");
    run(2'd1, 28'h0A00, 32'd0, 1);
    check(err == 3 && length == 13 + LATE && writes == 0, "error SYNC of a write");
    refuse = 1'b0;
    works;
    for (j = 0; j < 4; j = j + 1) begin
      n = (j == 3) ? 128 : 1 << j;
      run(2'd2, 28'h0345680, 32'd0, n);
      check(err == 0 && length == 15 + 2 * n + LATE && bytes == n, "firmware read clocks");
      for (i = 0; i < n; i = i + 1) check(got[i] === pattern(28'h0345680 + i), "firmware read data");
      if (j < 3) begin
        run(2'd3, 28'hFEDCBA8, 32'h96A5C37E, n);
        check(err == 0 && length == 15 + 2 * n + LATE && fw_writes == 1, "firmware write clocks");
        check(last_fw_addr === 28'hFEDCBA8 && last_fw_wbytes === n, "firmware write address");
        check((last_fw_wdata ^ 32'h96A5C37E) << (32 - 8 * n) == 0, "firmware write data");
      end
    end
    works;

    // The answer of the script itself is good.
    answer(4'h0);
    scripted = 1'b1;
    run(2'd0, 28'h0A10, 32'd0, 1);
    check(err == 0 && length == 13 + LATE && got[0] === 8'h34, "script");
    // An abort is 5 clocks: 4 low and 1 high, after the clock that showed the fault.
    blank;
    bad(3'd1, 8 + 4 + 5, "nobody answers");
    for (i = 1; i <= 3; i = i + 1) begin  // a late SYNC is fine
      blank;
      script[8+i] = 5'h10;
      script[9+i] = 5'h14;
      script[10+i] = 5'h13;
      scripted = 1'b1;
      run(2'd0, 28'h0A10, 32'd0, 1);
      check(err == 0 && length == 13 + i + LATE && got[0] === 8'h34, "late SYNC");
    end
    blank;
    script[12] = 5'h10;
    bad(3'd1, 8 + 4 + 5, "SYNC in the fifth clock");
    for (i = 0; i < 16; i = i + 1)
      if (i != 0 && i != 5 && i != 6 && i != 10 && i != 15) begin
        answer(i);
        bad(3'd2, 8 + 1 + 5, "reserved SYNC");
      end
    answer(4'hA);
    bad(3'd3, 13, "error SYNC");
    blank;
    for (i = 8; i < 16; i = i + 1) script[i] = 5'h15;
    script[16] = 5'h10;
    scripted = 1'b1;
    run(2'd0, 28'h0A10, 32'd0, 1);
    check(err == 0 && length == 21 + LATE, "eight short waits are allowed");
    script[16] = 5'h15;
    bad(3'd4, 8 + 9 + 5, "nine are not");
    for (i = 8; i < 1024; i = i + 1) script[i] = 5'h16;
    bad(3'd4, 8 + LONG_LIMIT + 5, "long wait for ever");
    blank;
    script[8] = 5'h15;
    script[9] = 5'h16;
    bad(3'd2, 10 + 5, "short, then long");
    blank;
    script[8] = 5'h16;
    script[9] = 5'h15;
    bad(3'd2, 10 + 5, "long, then short");
    blank;
    script[8] = 5'h16;
    bad(3'd2, 10 + 5, "waits, then silent");
    blank;
    for (i = 7; i < 13; i = i + 1) script[i] = 5'h10;
    bad(3'd5, 8 + 5, "SYNC one clock early");
    for (i = 0; i < 16; i = i + 1)
      if (i != 15) begin
        answer(4'h0);
        script[11] = {1'b1, i[3:0]};
        bad(3'd5, 12 + 5, "turn-around not 1111");
        answer(4'h0);
        script[12] = {1'b1, i[3:0]};
        bad(3'd5, 13 + 5, "still drives");
      end
    for (i = 0; i < 7; i = i + 1) begin  // another driver in each of the host's clocks
      answer(4'h0);
      script[i] = 5'h19;
      bad(3'd5, i + 1 + 5, "contention");
    end
    for (i = 0; i < 1024; i = i + 1) script[i] = 5'h10;
    scripted = 1'b1;
    run(2'd0, 28'h0FFF, 32'd0, 1);
    check(err == 5, "bus stuck at 0000");
    works;
    for (i = 7; i < 1024; i = i + 1) script[i] = 5'h10;
    for (i = 0; i < 7; i = i + 1) script[i] = 5'h0F;
    scripted = 1'b1;
    run(2'd1, 28'h0A10, 32'd0, 1);
    check(err == 5, "stuck at 0000 behind the host");
    works;
    blank;  // firmware cycles know no error SYNC
    script[12] = 5'h1A;
    scripted = 1'b1;
    run(2'd2, 28'h0, 32'd0, 4);
    check(err == 2 && bytes == 0, "error SYNC of a firmware read");
    works;

    // Reset in every clock of a cycle.
    for (i = 1; i < 24; i = i + 1) begin
      @(posedge clk);
      #1 op = 2'd3; addr = 28'h0; size = 4; start = 1'b1;
      @(posedge clk);
      #1 start = 1'b0;
      repeat (i) @(posedge clk);
      #1 rst_n = 1'b0;
      @(posedge clk);
      #1 check(!h_oe && lframe_n && !busy && !done, "reset");
      rst_n = 1'b1;
      works;
    end

    $display("%0d checks", checks);
    $finish;
  end

  initial begin : watchdog
    #100_000_000 $display("hung");
    $fatal(1);
  end
endmodule
`default_nettype wire
