// tb_nv_spi.v - nv_spi on the pins of an F-RAM model: words, order of commands, cuts, faults, sleep.
//
// Clock    33 MHz, 30 units.   Model  testbench/rtl/fram.v.
// Cuts     the supply goes at every clock of a write of four different bytes: the word is then its
//          first n bytes new and the rest old, its neighbours untouched, and the next power-up works.
// Prints   "N checks" when all passed, else ends in $fatal.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module tb_nv_spi;
  reg clk = 1'b0;
  always #15 clk = !clk;

  integer checks = 0;
  integer i, j, n, cut, seen;
  task check(input good, input [8*56-1:0] what);
    begin
      checks = checks + 1;
      if (good !== 1'b1) begin
        $display("failed at %0t: %0s", $time, what);
        $fatal(1);
      end
    end
  endtask

  reg rst_n = 1'b0, req = 1'b0, we = 1'b0, supply = 1'b1, deaf = 1'b0;
  reg [1:0] fault = 2'd0;
  reg [16:0] addr = 17'd0;
  reg [31:0] wdata = 32'd0, got = 32'd0;
  wire ack, ready, trap, pwr, cs_n, sck, mosi, miso;
  wire [31:0] rdata;
  reg [4:0] asleep = 5'd0;

  nv_spi #(
      .POWER_CLOCKS(16'd100),
      .WAKE_CLOCKS (16'd40),
      .SLEEP_CLOCKS(16'd200)
  ) dut (
      .clk_i(clk), .rst_ni(rst_n), .req_i(req), .we_i(we), .addr_i(addr), .wdata_i(wdata), .ack_o(ack),
      .rdata_o(rdata), .ready_o(ready), .trap_o(trap), .pwr_en_o(pwr), .spi_cs_no(cs_n), .spi_sck_o(sck),
      .spi_mosi_o(mosi), .spi_miso_i(miso)
  );
  // One that never sleeps, with a part that answers no more than its identity has to.
  wire awake_trap, awake_pwr, awake_cs_n, awake_sck, awake_mosi, awake_miso, awake_ready;
  nv_spi #(
      .POWER_CLOCKS(16'd100)
  ) awake (
      .clk_i(clk), .rst_ni(rst_n), .req_i(1'b0), .we_i(1'b0), .addr_i(17'd0), .wdata_i(32'd0), .ack_o(), .rdata_o(),
      .ready_o(awake_ready), .trap_o(awake_trap), .pwr_en_o(awake_pwr), .spi_cs_no(awake_cs_n),
      .spi_sck_o(awake_sck), .spi_mosi_o(awake_mosi), .spi_miso_i(awake_miso)
  );
  fram awake_part (
      .power_i(awake_pwr), .cs_ni(awake_cs_n), .sck_i(awake_sck), .mosi_i(awake_mosi), .miso_o(awake_miso),
      .miso_fault_i(2'd0), .deaf_i(1'b0)
  );
  fram part (
      .power_i(pwr && supply), .cs_ni(cs_n), .sck_i(sck), .mosi_i(mosi), .miso_o(miso),
      .miso_fault_i(fault), .deaf_i(deaf)
  );

  // A part that is off gets no voltage on a pin; CS# is high for three clocks or more between commands.
  integer high = 0;
  reg cs_q = 1'b0;
  always @(negedge clk) begin
    if (!pwr) check({cs_n, sck, mosi} === 3'b000, "pins of a part that is off");
    if (cs_n) high = high + 1;
    if (cs_q && !cs_n && pwr) check(high >= 3, "time between two commands");
    if (!cs_n) high = 0;
    cs_q = cs_n && pwr;
    if (!ack) check(rdata === 32'd0, "data only with its acknowledge");
  end

  function [31:0] word(input [16:0] a);
    word = {part.mem[4*a], part.mem[4*a+1], part.mem[4*a+2], part.mem[4*a+3]};
  endfunction

  task access(input w, input [16:0] a, input [31:0] d, input integer limit);
    begin
      @(negedge clk);
      req = 1'b1; we = w; addr = a; wdata = d;
      n = 0;
      seen = 0;
      while (!seen && n < limit) begin
        @(posedge clk);
        n = n + 1;
        if (ack) begin
          seen = 1;
          got = rdata;
        end
      end
      @(negedge clk);
      req = 1'b0; we = 1'b0; addr = 17'd0; wdata = 32'd0;
    end
  endtask

  task power_up;
    begin
      rst_n = 1'b0;
      req = 1'b0;
      supply = 1'b1;
      repeat (3) @(negedge clk);
      rst_n = 1'b1;
      repeat (300) @(negedge clk);
    end
  endtask

  initial begin : main
    for (i = 0; i < 524288; i = i + 1) part.mem[i] = 8'd0;
    check(!pwr, "off in reset");
    power_up;
    check(ready && !trap && part.early == 0, "power-up");

    // Words at each address bit, and all of a page.
    for (i = -1; i < 17; i = i + 1) access(1'b1, (i < 0) ? 17'd0 : 17'd1 << i, 32'h01020304 * (i + 2), 1000);
    for (i = -1; i < 17; i = i + 1) begin
      access(1'b0, (i < 0) ? 17'd0 : 17'd1 << i, 32'd0, 1000);
      check(seen && got === 32'h01020304 * (i + 2), "reads what was written");
      check(word((i < 0) ? 17'd0 : 17'd1 << i) === got, "where it belongs");
    end
    check(n == 135, "clocks of a read");
    access(1'b1, 17'h1FFFF, 32'hFFFFFFFF, 1000);
    check(n == 289 && word(17'h1FFFF) === 32'hFFFFFFFF, "clocks of a write");
    for (i = 0; i < 200; i = i + 1) begin
      wdata = $random;
      access(1'b1, i, $random ^ wdata, 1000);
      wdata = word(i);
      j = word(i);
      access(1'b0, i, 32'd0, 1000);
      check(seen && got === j, "random words");
    end

    // Asleep after 200 idle clocks; the next access wakes it and waits.
    repeat (300) @(negedge clk);
    check(part.asleep, "asleep");
    access(1'b0, 17'd5, 32'd0, 1000);
    check(seen && got === word(17'd5) && !part.asleep && part.early == 0, "woken, with its time");

    // A cut at each clock of a write.
    for (cut = 0; cut < 300; cut = cut + 1) begin
      power_up;
      access(1'b1, 17'd8, 32'hA1A2A3A4, 1000);
      access(1'b1, 17'd9, 32'h11223344, 1000);
      access(1'b1, 17'd10, 32'hB1B2B3B4, 1000);
      fork
        access(1'b1, 17'd9, 32'hDDCCBBAA, 310);
        begin
          repeat (cut + 1) @(posedge clk);
          #1 supply = 1'b0;
        end
      join
      j = word(17'd9);
      check(j === 32'h11223344 || j === 32'hDD223344 || j === 32'hDDCC3344 || j === 32'hDDCCBB44
            || j === 32'hDDCCBBAA, "first bytes new, the rest old");
      check(!seen || j === 32'hDDCCBBAA, "acknowledged is written");
      check(word(17'd8) === 32'hA1A2A3A4 && word(17'd10) === 32'hB1B2B3B4, "neighbours");
    end
    check(j === 32'hDDCCBBAA, "the last cut came after the write");

    // A part that is not there, or whose MISO is stuck: trap, off, and never an acknowledge.
    for (i = 1; i < 3; i = i + 1) begin
      fault = i;
      power_up;
      repeat (500) @(negedge clk);
      check(trap && !pwr && !ready, "RDID wrong");
      access(1'b0, 17'd9, 32'd0, 1000);
      check(!seen, "no acknowledge in the trap");
    end
    fault = 2'd0;
    // A write that does not take: tried again, then the trap.
    power_up;
    deaf = 1'b1;
    fork
      access(1'b1, 17'd9, 32'h55555555, 2000);
      begin
        repeat (350) @(negedge clk);
        deaf = 1'b0;
      end
    join
    check(seen && word(17'd9) === 32'h55555555 && n > 500, "written at the second or third try");
    deaf = 1'b1;
    access(1'b1, 17'd9, 32'h66666666, 2000);
    check(!seen && trap && !pwr && word(17'd9) === 32'h55555555, "not written, not acknowledged");
    deaf = 1'b0;
    power_up;
    fault = 2'd1;
    access(1'b1, 17'd9, 32'h77777777, 2000);
    check(!seen && trap, "does not read back");
    fault = 2'd0;
    // Unlisted state.
    power_up;
    force dut.state_q = 5'b11111;
    @(negedge clk);
    release dut.state_q;
    repeat (3) @(negedge clk);
    check(trap && !pwr, "unlisted state traps");
    power_up;
    check(ready && part.early == 0, "and a reset brings it back");
    // States of sleep, in one that has none.
    for (i = 0; i < 3; i = i + 1) begin
      power_up;
      check(awake_ready && !awake_trap, "awake");
      asleep = (i == 0) ? dut.ST_SLEEP : (i == 1) ? dut.ST_ASLEEP : dut.ST_WAKE;
      force awake.state_q = asleep;
      #1 check(!awake_ready, "not ready in a state of sleep");
      @(negedge clk);
      release awake.state_q;
      repeat (3) @(negedge clk);
      check(awake_trap && !awake_pwr, "a state of sleep that is none traps");
    end

    $display("%0d checks", checks);
    $finish;
  end
endmodule
`default_nettype wire
