// tb_lpc_target.v - lpc_target by itself, nibble by nibble: lengths, commits, aborts, restarts, silence.
//
// The driver writes nibbles itself, so that no mistake of lpc_host can hide one here. The register
// side acknowledges ack_delay clocks after the request. Ends with "N checks", or with $fatal.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module tb_lpc_target;
  reg clk = 1'b0;
  always #15 clk = !clk;

  reg rst_n = 1'b0;
  reg lreset_n = 1'b1;
  reg lframe_n = 1'b1;
  reg [3:0] host = 4'hF;
  reg host_oe = 1'b0;
  wire [3:0] lad_o;
  wire lad_oe;
  wire [3:0] lad = host_oe ? host : lad_oe ? lad_o : 4'hF;
  wire [15:0] addr;
  wire [7:0] wdata;
  wire wr_req, wr_commit, rd_req, rd_commit;
  wire [27:0] fw_addr;
  wire fw_rd, fw_we, busy;
  wire [31:0] fw_wdata;
  wire [2:0] fw_wbytes;
  reg [7:0] fw_rdata = 8'h00;

  integer ack_delay = 0;
  reg refuse = 1'b0;
  integer waited = 0;
  wire ack = (rd_req || wr_req) && waited > ack_delay;

  integer checks = 0;
  integer clocks = 0;      // rising edges since cleared
  integer requests = 0;
  integer writes = 0;
  integer reads = 0;
  integer fw_writes = 0;
  integer driven = 0;
  reg [7:0] reg_a = 8'h00; // the one register behind the target
  reg [15:0] last_addr = 16'd0;
  reg [27:0] last_fw_addr = 28'd0;
  reg [31:0] last_fw_wdata = 32'd0;
  reg [2:0] last_fw_wbytes = 3'd0;

  lpc_target dut (
      .clk_i         (clk),
      .rst_ni        (rst_n),
      .lreset_ni     (lreset_n),
      .lframe_ni     (lframe_n),
      .lad_i         (lad),
      .lad_o         (lad_o),
      .lad_oe_o      (lad_oe),
      .addr_o        (addr),
      .wdata_o       (wdata),
      .wr_req_o      (wr_req),
      .wr_ack_i      (ack && wr_req),
      .wr_commit_o   (wr_commit),
      .rd_req_o      (rd_req),
      .rd_ack_i      (ack && rd_req),
      .rdata_i       (reg_a ^ addr[7:0]),
      .rd_commit_o   (rd_commit),
      .err_i         (ack && refuse),
      .fw_addr_o     (fw_addr),
      .fw_rd_o       (fw_rd),
      .fw_rdata_i    (fw_rdata),
      .fw_wr_commit_o(fw_we),
      .fw_wdata_o    (fw_wdata),
      .fw_wbytes_o   (fw_wbytes),
      .busy_o        (busy)
  );

  function [7:0] pattern(input [27:0] at);
    pattern = at[7:0] * 8'd7 + at[15:8] + 8'h31;
  endfunction

  task check(input ok, input [8*40-1:0] what);
    begin
      checks = checks + 1;
      if (ok !== 1'b1) begin
        $display("failed at %0t: %0s", $time, what);
        $fatal(1);
      end
    end
  endtask

  // What both ends sample at a rising edge.
  always @(posedge clk) begin : observe
    clocks <= clocks + 1;
    if (host_oe && lad_oe) begin
      $display("two drivers at %0t", $time);
      $fatal(1);
    end
    if (^{lad_oe, lad_o} === 1'bx && rst_n) begin
      $display("X on LAD at %0t", $time);
      $fatal(1);
    end
    waited <= (rd_req || wr_req) ? waited + 1 : 0;
    if (rd_req || wr_req) requests <= requests + 1;
    if (lad_oe) driven <= driven + 1;
    if (wr_commit) begin
      writes <= writes + 1;
      reg_a <= wdata;
      last_addr <= addr;
    end
    if (rd_commit) reads <= reads + 1;
    if (fw_we) begin
      fw_writes <= fw_writes + 1;
      last_fw_addr <= fw_addr;
      last_fw_wdata <= fw_wdata;
      last_fw_wbytes <= fw_wbytes;
    end
    fw_rdata <= fw_rd ? pattern(fw_addr) : 8'hEE;  // valid for one clock only
  end

  // One clock: drive (or not), let the edge pass; returns what LAD was at it.
  reg [3:0] seen;
  task clock(input oe, input [3:0] nibble, input frame_n);
    begin
      host_oe = oe;
      host = nibble;
      lframe_n = frame_n;
      #14 seen = lad;
      @(posedge clk);
      #1;
    end
  endtask

  task idle(input integer n);
    repeat (n) clock(1'b0, 4'hF, 1'b1);
  endtask

  task clear;
    begin
      clocks = 0; requests = 0; writes = 0; reads = 0; fw_writes = 0; driven = 0;
    end
  endtask

  // Nibbles of a cycle, START first, last nibble of the host in 3:0.
  reg [75:0] nibbles;
  task send(input integer n);
    integer i;
    for (i = n - 1; i >= 0; i = i - 1) clock(1'b1, nibbles[4*i+:4], i != n - 1);
  endtask

  task turn;  // host turn-around
    begin
      clock(1'b1, 4'hF, 1'b1);
      clock(1'b0, 4'hF, 1'b1);
    end
  endtask

  integer waits;
  task sync(input [3:0] want);
    begin
      waits = 0;
      clock(1'b0, 4'hF, 1'b1);
      while (seen == 4'h6 && waits < 100) begin
        waits = waits + 1;
        clock(1'b0, 4'hF, 1'b1);
      end
      check(seen === want, "SYNC code");
    end
  endtask

  task back;  // target turn-around
    begin
      clock(1'b0, 4'hF, 1'b1);
      check(seen === 4'hF && host_oe == 0, "target drives 1111");
      clock(1'b0, 4'hF, 1'b1);
      check(seen === 4'hF, "target floats");
    end
  endtask

  task io_write(input [15:0] at, input [7:0] data, input [3:0] want);
    begin
      nibbles = {4'h0, 4'h2, at, data[3:0], data[7:4]};
      send(8);
      turn;
      sync(want);
      back;
    end
  endtask

  reg [7:0] got;
  task io_read(input [15:0] at, input [3:0] want);
    begin
      nibbles = {4'h0, 4'h0, at};
      send(6);
      turn;
      sync(want);
      clock(1'b0, 4'hF, 1'b1);
      got[3:0] = seen;
      clock(1'b0, 4'hF, 1'b1);
      got[7:4] = seen;
      back;
    end
  endtask

  task fw_read(input [27:0] at, input [3:0] msize, input integer bytes);
    integer i;
    begin
      nibbles = {4'hD, 4'h0, at, msize};
      send(10);
      turn;
      sync(4'h0);
      for (i = 0; i < bytes; i = i + 1) begin
        clock(1'b0, 4'hF, 1'b1);
        got[3:0] = seen;
        clock(1'b0, 4'hF, 1'b1);
        got[7:4] = seen;
        check(got === pattern(at + i), "firmware byte");
      end
      back;
    end
  endtask

  task fw_write(input [27:0] at, input [3:0] msize, input integer bytes, input [31:0] data);
    integer i;
    begin
      nibbles = {4'hE, 4'h0, at, msize};
      send(10);
      for (i = 0; i < 2 * bytes; i = i + 1) clock(1'b1, data[4*i+:4], 1'b1);
      turn;
      sync(4'h0);
      back;
    end
  endtask

  task works;  // after anything: one good write and read, exact in clocks
    begin
      idle(1);
      clear;
      io_write(16'h0A11, 8'h5C, 4'h0);
      check(clocks == 13 + ack_delay && writes == 1, "write after");
      clear;
      io_read(16'h0A11, 4'h0);
      check(clocks == 13 + ack_delay && reads == 1 && got === (8'h5C ^ 8'h11), "read after");
      clear;
    end
  endtask

  task silent;
    begin
      idle(300);
      check(driven == 0 && requests == 0, "silent");
      check(writes == 0 && reads == 0 && fw_writes == 0, "nothing committed");
      works;
    end
  endtask

  // Runs the first `upto` clocks of a cycle as the host does, then LFRAME# low for `low` clocks.
  // kind 0 I/O read, 1 I/O write, 2 firmware read of 4, 3 firmware write of 4.
  task cut(input integer kind, input integer upto, input integer low);
    integer i;
    integer host_nibbles;
    begin
      case (kind)
        0: begin nibbles = {4'h0, 4'h0, 16'h0A22}; host_nibbles = 6; end
        1: begin nibbles = {4'h0, 4'h2, 16'h0A22, 4'hA, 4'h9}; host_nibbles = 8; end
        2: begin nibbles = {4'hD, 4'h0, 28'h0001230, 4'h2}; host_nibbles = 10; end
        default: begin
          nibbles = {4'hE, 4'h0, 28'h0001230, 4'h2, 32'h87654321};
          host_nibbles = 18;
        end
      endcase
      for (i = 0; i < upto; i = i + 1)
        if (i < host_nibbles) clock(1'b1, nibbles[4*(host_nibbles-1-i)+:4], i != 0);
        else if (i == host_nibbles) clock(1'b1, 4'hF, 1'b1);
        else clock(1'b0, 4'hF, 1'b1);
      for (i = 0; i < low; i = i + 1) begin
        clock(i >= 3, 4'hF, 1'b0);  // LAD driven from the fourth clock on
        check(i < 1 || !lad_oe, "LAD let go after one clock");
      end
    end
  endtask

  integer i, j, k, n, ready, length;
  initial begin : main
    repeat (3) @(posedge clk);
    #1 rst_n = 1'b1;
    idle(3);

    // Lengths and data.
    works;
    for (i = 0; i < 256; i = i + 1) begin
      io_write(16'h0A00 + i, i ^ 8'h93, 4'h0);
      check(last_addr === 16'h0A00 + i && reg_a === (i ^ 8'h93), "write");
      io_read(16'h0A00 + (i ^ 8'hA6), 4'h0);
      check(got === (i ^ 8'h93 ^ i ^ 8'hA6), "read");
    end
    for (i = 0; i < 30; i = i + 1) begin
      ack_delay = i;
      clear;
      io_write(16'h0A40, 8'h77, 4'h0);
      check(waits == i && clocks == 13 + i && writes == 1, "write waits");
      clear;
      io_read(16'h0A40, 4'h0);
      check(waits == i && clocks == 13 + i && reads == 1, "read waits");
    end
    ack_delay = 0;
    refuse = 1'b1;
    clear;
    io_write(16'h0A40, 8'h12, 4'hA);
    io_read(16'h0A40, 4'hA);
    check(clocks == 26 && writes == 0 && reads == 0 && reg_a === 8'h77, "error SYNC changes nothing");
    refuse = 1'b0;

    clear; fw_read(28'h0001000, 4'd7, 128); check(clocks == 271, "128 bytes in 271 clocks");
    clear; fw_read(28'h0ABCDEF, 4'd0, 1); check(clocks == 17, "1 byte in 17 clocks");
    clear; fw_read(28'hFFFFFFE, 4'd1, 2); check(clocks == 19, "2 bytes in 19 clocks");
    clear; fw_read(28'h1234564, 4'd2, 4); check(clocks == 23, "4 bytes in 23 clocks");
    for (i = 0; i < 3; i = i + 1) begin
      n = 1 << i;
      clear;
      fw_write(28'h7654320, i, n, 32'hD4C3B2A1);
      check(clocks == 15 + 2 * n && fw_writes == 1, "firmware write clocks");
      check(last_fw_addr === 28'h7654320 && last_fw_wbytes === n, "firmware write address");
      check((last_fw_wdata ^ 32'hD4C3B2A1) << (32 - 8 * n) == 0, "firmware write data");
    end
    works;

    // Abort at each clock, of each length. READY is on LAD in clock `ready` (0 = START); a commit is
    // allowed only once that clock has passed, and then happens exactly once.
    for (k = 0; k < 4; k = k + 1) begin
      ready = (k == 0) ? 8 : (k == 1) ? 10 : (k == 2) ? 12 : 20;
      length = (k == 2) ? 23 : (k == 3) ? 23 : 13;
      for (i = 1; i <= length; i = i + 1)
        for (j = 1; j <= 5; j = j + 1) begin
          clear;
          cut(k, i, j);
          idle(20);
          if (k == 1) check(writes == (i > ready), "write commit after READY only");
          if (k == 0) check(reads == (i > ready + 2), "pop after the data only");
          if (k == 3) check(fw_writes == (i > ready), "firmware commit after READY only");
          check(writes + reads + fw_writes <= 1, "one commit at most");
          works;
          cut(k, i, j);  // and a START right behind
          clear;
          io_write(16'h0A05, 8'h3D, 4'h0);
          check(clocks == 13 && writes == 1 && reg_a === 8'h3D, "START right after an abort");
          works;
        end
    end
    // Abort in a long wait; no acknowledge reaches the next cycle.
    ack_delay = 50;
    for (i = 9; i < 70; i = i + 1) begin
      clear;
      cut(1, i, 4);
      ack_delay = 0;
      idle(60);
      check(writes == (i > 60), "abort in a wait");
      works;
      ack_delay = 50;
    end
    ack_delay = 0;

    // Restart: a whole cycle begins in the middle of the host's clocks.
    for (k = 0; k < 4; k = k + 1)
      for (i = 1; i <= 6; i = i + 1) begin
        clear;
        cut(k, i, 0);
        io_write(16'h0A33, 8'hE7, 4'h0);
        check(writes == 1 && reads + fw_writes == 0 && clocks == 13 + i && last_addr === 16'h0A33,
              "restart");
      end
    for (i = 1; i <= 20; i = i + 1) begin  // the last START counts
      for (j = 0; j < i; j = j + 1) clock(1'b1, j * 5, 1'b0);
      clear;
      io_write(16'h0A33, 8'h18, 4'h0);
      check(writes == 1 && clocks == 13, "last START counts");
      for (j = 0; j < i; j = j + 1) clock(1'b1, 4'h0, 1'b0);
      clear;
      nibbles = {4'hF, 4'h2, 16'h0A33, 4'h1, 4'h2};
      send(8);
      silent;
    end

    // Silent cases.
    for (i = 0; i < 16; i = i + 1)
      for (j = 0; j < 16; j = j + 1) begin
        if (!(i == 0 && j < 4) && !(i == 13 && j == 0) && !(i == 14 && j == 0)) begin
          clear;
          nibbles = {i[3:0], j[3:0], 16'h0A22, 16'h0A22};
          send(10);
          silent;
        end
      end
    for (i = 8; i < 16; i = i + 1) begin
      clear;
      nibbles = {4'h0, 4'h0, 16'h0A22 ^ (16'h1 << i)};
      send(6);
      silent;
      nibbles = {4'h0, 4'h2, 16'h0A22 ^ (16'h1 << i), 8'h55};
      send(8);
      silent;
    end
    for (i = 3; i < 16; i = i + 1) begin
      if (i != 7) begin
        clear;
        nibbles = {4'hD, 4'h0, 28'h0000000, i[3:0]};
        send(10);
        silent;
      end
      clear;
      nibbles = {4'hE, 4'h0, 28'h0000000, i[3:0], 32'h01234567};
      send(18);
      silent;
    end
    clear;  // START-like traffic without LFRAME#
    for (i = 0; i < 1000; i = i + 1) clock(1'b1, (i * 7) >> 2, 1'b1);
    silent;
    works;
    io_read(16'h0A11, 4'h0);  // CYCTYPE bit 0 is ignored
    clear;
    nibbles = {4'h0, 4'h3, 16'h0A77, 4'h4, 4'h6};
    send(8);
    turn;
    sync(4'h0);
    back;
    check(writes == 1 && reg_a === 8'h64, "CYCTYPE bit 0 ignored");

    // LRESET# in each clock takes LAD away in that very clock, and ends the cycle.
    for (k = 0; k < 4; k = k + 1)
      for (i = 1; i <= 23; i = i + 1) begin
        clear;
        cut(k, (k < 2 && i > 13) ? 13 : i, 0);
        host_oe = 1'b0;
        lframe_n = 1'b1;
        #3 lreset_n = 1'b0;
        #1 check(!lad_oe, "LRESET# takes LAD at once");
        check(!wr_commit && !rd_commit && !fw_we, "no commit in reset");
        @(posedge clk);
        #1 clear;
        nibbles = {4'h0, 4'h2, 16'h0A22, 8'h99};
        send(8);
        idle(8);
        check(driven == 0 && writes == 0, "LFRAME# ignored in reset");
        lreset_n = 1'b1;
        works;
      end

    check(checks > 5000, "ran");
    $display("%0d checks", checks);
    $finish;
  end

  initial begin : watchdog
    #200_000_000 $display("hung");
    $fatal(1);
  end
endmodule
`default_nettype wire
