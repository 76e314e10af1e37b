// tb_aes128.v - unit bench of aes128: published vectors, timing, clearing.
//
// Run      iverilog -g2005 -Wall -y rtl -o /tmp/tb testbench/unit/tb_aes128.v && vvp -n /tmp/tb
// Vectors  FIPS 197 appendices B and C.1; NIST SP 800-38A appendix F.1.1 (ECB-AES128).
// Ends     "N checks" and exit 0, or the failed checks and $fatal.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module tb_aes128;
  reg clk;
  reg rst_n;
  reg start;
  reg clear;
  reg [127:0] key;
  reg [127:0] block;
  wire busy;
  wire done;
  wire [127:0] result;
  integer checks;
  integer errors;
  integer clocks;
  integer leaks;   // clocks in which result was not 0 before done
  integer i;

  aes128 dut (
      .clk_i   (clk),
      .rst_ni  (rst_n),
      .start_i (start),
      .key_i   (key),
      .block_i (block),
      .clear_i (clear),
      .busy_o  (busy),
      .done_o  (done),
      .result_o(result)
  );

  always #15 clk = ~clk;

  task check;
    input ok;
    input [8*40-1:0] what;
    begin
      checks = checks + 1;
      if (ok !== 1'b1) begin
        errors = errors + 1;
        $display("FAIL %0t %0s result %h", $time, what, result);
      end
    end
  endtask

  // Starts one block; the inputs change at once, so that only their value at start can count.
  task begin_block;
    input [127:0] k;
    input [127:0] b;
    begin
      @(negedge clk);
      key = k;
      block = b;
      start = 1'b1;
      @(negedge clk);
      start = 1'b0;
      key = ~k;
      block = ~b;
    end
  endtask

  task run;
    input [127:0] k;
    input [127:0] b;
    input [127:0] want;
    begin
      begin_block(k, b);
      clocks = 1;
      leaks = 0;
      while (!done && clocks < 200) begin
        if (result !== 128'd0 || busy !== 1'b1) leaks = leaks + 1;
        clocks = clocks + 1;
        @(negedge clk);
      end
      check(done, "done within 200 clocks");
      check(leaks == 0, "0 and busy while it runs");
      check(result === want, "ciphertext");
      check(clocks <= 110, "at most 110 clocks");
      check(busy === 1'b0, "not busy at done");
      @(negedge clk);
      check(done === 1'b0, "done is one clock");
      check(result === want, "result stays");
    end
  endtask

  initial begin
    clk = 1'b0;
    rst_n = 1'b0;
    start = 1'b0;
    clear = 1'b0;
    key = 128'd0;
    block = 128'd0;
    checks = 0;
    errors = 0;
    repeat (40) @(negedge clk);
    rst_n = 1'b1;
    @(negedge clk);
    check(result === 128'd0 && busy === 1'b0 && done === 1'b0, "closed after reset");

    // FIPS 197 B, C.1
    run(128'h2b7e151628aed2a6abf7158809cf4f3c, 128'h3243f6a8885a308d313198a2e0370734,
        128'h3925841d02dc09fbdc118597196a0b32);
    run(128'h000102030405060708090a0b0c0d0e0f, 128'h00112233445566778899aabbccddeeff,
        128'h69c4e0d86a7b0430d8cdb78070b4c55a);
    // SP 800-38A F.1.1
    run(128'h2b7e151628aed2a6abf7158809cf4f3c, 128'h6bc1bee22e409f96e93d7e117393172a,
        128'h3ad77bb40d7a3660a89ecaf32466ef97);
    run(128'h2b7e151628aed2a6abf7158809cf4f3c, 128'hae2d8a571e03ac9c9eb76fac45af8e51,
        128'hf5d3d58503b9699de785895a96fdbaaf);
    run(128'h2b7e151628aed2a6abf7158809cf4f3c, 128'h30c81c46a35ce411e5fbc1191a0a52ef,
        128'h43b1cd7f598ece23881b00e3ed030688);
    run(128'h2b7e151628aed2a6abf7158809cf4f3c, 128'hf69f2445df4f9b17ad2b417be66c3710,
        128'h7b0c785e27e8ad3f8223207104725dd4);
    // all zero
    run(128'd0, 128'd0, 128'h66e94bd4ef8a2c3b884cfa59ca342b2e);
    $display("%0d clocks a block", clocks);

    // clear wipes a result that waits
    @(negedge clk) clear = 1'b1;
    @(negedge clk) clear = 1'b0;
    check(result === 128'd0 && !busy && !done, "clear wipes the result");

    // clear and reset at every clock of a block: nothing comes out, the next block is right
    for (i = 0; i < 60; i = i + 1) begin
      begin_block(128'h000102030405060708090a0b0c0d0e0f, 128'h00112233445566778899aabbccddeeff);
      repeat (i) @(negedge clk);
      if (i[0]) clear = 1'b1;
      else rst_n = 1'b0;
      @(negedge clk);
      clear = 1'b0;
      rst_n = 1'b1;
      check(result === 128'd0 && !busy && !done, "cut block is wiped");
      repeat (60) begin
        @(negedge clk);
        if (done || result !== 128'd0) check(1'b0, "cut block shows nothing");
      end
    end
    // a start while busy is ignored
    begin_block(128'h000102030405060708090a0b0c0d0e0f, 128'h00112233445566778899aabbccddeeff);
    repeat (9) @(negedge clk);
    begin_block(128'd0, 128'd0);
    while (busy) @(negedge clk);
    check(result === 128'h69c4e0d86a7b0430d8cdb78070b4c55a, "start while busy is ignored");

    if (errors != 0) $fatal(1, "%0d of %0d checks failed", errors, checks);
    $display("%0d checks", checks);
    $finish;
  end
endmodule
`default_nettype wire
