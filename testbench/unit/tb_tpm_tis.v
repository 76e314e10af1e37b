// tb_tpm_tis.v - tpm_tis on a bus with a wallet's lpc_target: registers, localities, commands and
// responses, cut cycles, what is out of order, and a TPM that is slow, silent or talks too much.
//
// Clock    one, 10 units.   Model  the TPM answers a command with its bytes turned over, from the last one.
// Prints   "N checks" when all passed, else ends in $fatal.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "opera_regs.vh"
module tb_tpm_tis;
  reg clk = 1'b0;
  always #5 clk = !clk;

  integer checks = 0;
  integer i, n;
  task check(input good, input [8*56-1:0] what);
    begin
      checks = checks + 1;
      if (good !== 1'b1) begin
        $display("failed at %0t: %0s", $time, what);
        $fatal(1);
      end
    end
  endtask

  reg rst_n = 1'b0, lreset_n = 1'b1, lframe_n = 1'b1, h_oe = 1'b0;
  reg [3:0] h_lad = 4'hF;
  wire [3:0] t_lad, w_lad;
  wire t_oe, w_oe;
  wire [3:0] lad = h_oe ? h_lad : t_oe ? t_lad : w_oe ? w_lad : 4'hF;
  always @(negedge clk) if (rst_n) check({1'b0, h_oe} + t_oe + w_oe <= 1, "one driver on LAD");

  // ---- chip and TPM
  wire exec, cmd_valid, rsp_ready;
  wire [7:0] cmd_data;
  reg cmd_ready = 1'b0, rsp_valid = 1'b0, rsp_last = 1'b0;
  reg [7:0] rsp_data = 8'd0;
  tpm_tis #(
      .BUFFER_BITS(8)
  ) dut (
      .clk_i(clk), .rst_ni(rst_n), .lreset_ni(lreset_n), .lframe_ni(lframe_n), .lad_i(lad), .lad_o(t_lad),
      .lad_oe_o(t_oe), .exec_o(exec), .cmd_valid_o(cmd_valid), .cmd_data_o(cmd_data), .cmd_ready_i(cmd_ready),
      .rsp_ready_o(rsp_ready), .rsp_valid_i(rsp_valid), .rsp_data_i(rsp_data), .rsp_last_i(rsp_last)
  );
  reg [7:0] taken[0:511];
  integer took = 0, gave = 0, executed = 0, thinking = 0;
  integer think = 20, answer = 0;        // clocks until the response; its bytes, 0 = as many as taken
  reg dead = 1'b0;
  reg stutter = 1'b0;
  reg exec_was = 1'b0;
  always @(negedge clk) begin : tpm
    if (exec && !exec_was) executed = executed + 1;
    exec_was = exec;
    if (!exec) begin
      took = 0;
      gave = 0;
      thinking = 0;
    end
    stutter = !stutter;
    cmd_ready = stutter || executed[0];  // every other command without a pause
    rsp_valid = rsp_ready && !dead && thinking >= think && stutter;
    if (rsp_ready) thinking = thinking + 1;
    rsp_data = (answer == 0) ? ~taken[(gave < took) ? took - 1 - gave : 0] : gave + 1;
    rsp_last = gave == ((answer == 0) ? took : answer) - 1;
  end
  always @(posedge clk) begin
    if (cmd_valid && cmd_ready) begin
      taken[took] = cmd_data;
      took = took + 1;
    end
    if (rsp_valid && rsp_ready) gave = gave + 1;
  end

  // ---- the wallet's target, with registers at 0A00
  wire [15:0] addr;
  wire [7:0] wdata;
  wire wr_req, wr_commit, rd_req, rd_commit, fw_rd, fw_we, busy;
  wire [27:0] fw_addr;
  wire [31:0] fw_wdata;
  wire [2:0] fw_wbytes;
  integer wallet_cycles = 0;
  lpc_target u_wallet (
      .clk_i(clk), .rst_ni(rst_n), .lreset_ni(lreset_n), .lframe_ni(lframe_n), .lad_i(lad), .lad_o(w_lad),
      .lad_oe_o(w_oe), .addr_o(addr), .wdata_o(wdata), .wr_req_o(wr_req), .wr_ack_i(wr_req),
      .wr_commit_o(wr_commit), .rd_req_o(rd_req), .rd_ack_i(rd_req), .rdata_i(8'h77),
      .rd_commit_o(rd_commit), .err_i(1'b0), .fw_addr_o(fw_addr), .fw_rd_o(fw_rd), .fw_rdata_i(8'h66),
      .fw_wr_commit_o(fw_we), .fw_wdata_o(fw_wdata), .fw_wbytes_o(fw_wbytes), .busy_o(busy)
  );
  always @(posedge clk) if (wr_commit || rd_commit || fw_we) wallet_cycles = wallet_cycles + 1;

  // ---- the host, nibble by nibble
  reg [7:0] data;
  integer clocks, cut;                   // cut: LFRAME# falls in this clock of the cycle, 0 = never
  reg answered, stopped;
  task nibble(input [3:0] value, input drive);
    begin
      if (!stopped) begin
        h_lad = value;
        h_oe = drive;
        @(negedge clk);
        lframe_n = 1'b1;
        clocks = clocks + 1;
        if (clocks == cut) begin
          stopped = 1'b1;
          h_oe = 1'b0;
          lframe_n = 1'b0;
          repeat (3) begin
            @(negedge clk);
            check(!t_oe, "silent in an abort");
          end
          h_oe = 1'b1;
          h_lad = 4'hF;
          @(negedge clk);
          lframe_n = 1'b1;
          h_oe = 1'b0;
          @(negedge clk);
        end
      end
    end
  endtask
  // One cycle; `data` is what was read, and `answered` whether anybody drove SYNC.
  task cycle(input [3:0] start, input write, input [15:0] a, input [7:0] d);
    begin
      clocks = 0;
      stopped = 1'b0;
      lframe_n = 1'b0;
      nibble(start, 1'b1);
      nibble({2'b00, write, 1'b0}, 1'b1);
      nibble(a[15:12], 1'b1);
      nibble(a[11:8], 1'b1);
      nibble(a[7:4], 1'b1);
      nibble(a[3:0], 1'b1);
      if (write) begin
        nibble(d[3:0], 1'b1);
        nibble(d[7:4], 1'b1);
      end
      nibble(4'hF, 1'b1);
      nibble(4'hF, 1'b0);
      answered = lad == 4'h0 && (t_oe || w_oe);
      if (!answered) begin
        check(stopped || lad == 4'hF, "READY at once, or nothing");
        repeat (4) nibble(4'hF, 1'b0);
      end else begin
        nibble(4'hF, 1'b0);
        if (!write) begin
          data[3:0] = lad;
          nibble(4'hF, 1'b0);
          data[7:4] = lad;
          nibble(4'hF, 1'b0);
        end
        nibble(4'hF, 1'b0);
        nibble(4'hF, 1'b0);
        check(stopped || clocks == 13, "13 clocks");
      end
    end
  endtask
  task read(input [15:0] a);
    begin
      cycle(4'h5, 1'b0, a, 8'd0);
      check(answered, "a TPM read is answered");
    end
  endtask
  task reads(input [15:0] a, input [7:0] value, input [8*56-1:0] what);
    begin
      read(a);
      if (data !== value) $display("%04x reads %02x, not %02x", a, data, value);
      check(data === value, what);
    end
  endtask
  task write(input [15:0] a, input [7:0] d);
    begin
      cycle(4'h5, 1'b1, a, d);
      check(answered, "a TPM write is answered");
    end
  endtask

  localparam [7:0] IDLE = `OPERA_TPM_STS_0_VALID | `OPERA_TPM_STS_0_SELF_TEST_DONE;
  localparam [7:0] READY = IDLE | `OPERA_TPM_STS_0_COMMAND_READY;
  localparam [7:0] MORE = READY | `OPERA_TPM_STS_0_EXPECT;
  localparam [7:0] AVAIL = IDLE | `OPERA_TPM_STS_0_DATA_AVAIL;
  localparam [15:0] STS = `OPERA_TPM_STS_0;
  localparam [15:0] FIFO = `OPERA_TPM_DATA_FIFO_0;

  // Byte n of a command of so many bytes.
  function [7:0] command(input integer at, input integer length);
    command = (at == 2 || at == 3) ? 8'd0 : (at == 4) ? length >> 8 : (at == 5) ? length : at * 7 + 1;
  endfunction
  task send(input integer length);
    begin
      write(STS, `OPERA_TPM_STS_0_COMMAND_READY);
      reads(STS, MORE, "ready for a command");
      for (i = 0; i < length; i = i + 1) begin
        reads(STS, MORE, "more is expected");
        write(FIFO + (i & 3), command(i, length));
      end
      reads(STS, READY, "the command is whole");
      reads(`OPERA_TPM_BURST_0, 8'd0, "no more fits");
    end
  endtask
  task go;
    write(STS, `OPERA_TPM_STS_0_GO);
  endtask
  task await;
    begin
      n = 0;
      data = IDLE;
      while (data === IDLE && n < 1000) begin
        read(STS);
        n = n + 1;
      end
      check(data === AVAIL, "a response");
    end
  endtask
  task receive(input integer length);
    begin
      for (i = 0; i < length; i = i + 1) begin
        reads(STS, AVAIL, "bytes left");
        reads(`OPERA_TPM_BURST_0, (length - i > 64) ? 64 : length - i, "burst count is what is left, to 64");
        reads(`OPERA_TPM_BURST_0 + 1, 8'd0, "its high byte");
        reads(FIFO + (i & 3), ~command(length - 1 - i, length), "the response");
      end
      reads(STS, IDLE, "none left");
      reads(FIFO, 8'hFF, "nothing in the FIFO");
    end
  endtask
  task whole(input integer length);
    begin
      send(length);
      go;
      await;
      receive(length);
      write(STS, `OPERA_TPM_STS_0_COMMAND_READY);
      reads(STS, IDLE, "idle");
    end
  endtask

  integer k;
  initial begin : main
    cut = 0;
    repeat (5) @(negedge clk);
    rst_n = 1'b1;
    repeat (5) @(negedge clk);

    // Before locality 0 is in use: constants, and ones; writes change nothing.
    reads(`OPERA_TPM_ACCESS_0, 8'h81, "ACCESS");
    for (k = 0; k < 4; k = k + 1) begin
      reads(`OPERA_TPM_DID_VID_0 + k, `OPERA_TPM_DID_VID_0_VALUE >> (8 * k), "DID_VID");
      reads(`OPERA_TPM_INTF_CAPABILITY_0 + k, `OPERA_TPM_INTF_CAPABILITY_0_VALUE >> (8 * k), "capability");
    end
    reads(`OPERA_TPM_RID_0, `OPERA_TPM_RID_0_VALUE, "RID");
    reads(STS, 8'hFF, "STS of a locality not in use");
    reads(FIFO, 8'hFF, "FIFO of a locality not in use");
    write(STS, `OPERA_TPM_STS_0_COMMAND_READY);
    write(`OPERA_TPM_ACCESS_0, `OPERA_TPM_ACCESS_0_REQUEST_USE | `OPERA_TPM_ACCESS_0_ACTIVE);
    reads(`OPERA_TPM_ACCESS_0, 8'h81, "two bits at a time are dropped");
    cut = 10;
    cycle(4'h5, 1'b1, `OPERA_TPM_ACCESS_0, `OPERA_TPM_ACCESS_0_REQUEST_USE);
    cut = 0;
    reads(`OPERA_TPM_ACCESS_0, 8'h81, "a cut cycle changes nothing");
    write(`OPERA_TPM_ACCESS_0, `OPERA_TPM_ACCESS_0_REQUEST_USE);
    reads(`OPERA_TPM_ACCESS_0, 8'hA1, "in use");
    reads(STS, IDLE, "idle");
    reads(`OPERA_TPM_BURST_0, 8'd0, "nothing may be written");
    reads(`OPERA_TPM_FAMILY_0, 8'h04, "TPM 2.0");
    reads(16'h0008, 8'hFF, "no interrupts");
    reads(16'h0FFF, 8'hFF, "no register");

    // Every other locality: ones, and writes are dropped.
    for (k = 1; k < 16; k = k + 1) begin
      reads({k[3:0], 12'h000}, 8'hFF, "ACCESS of another locality");
      reads({k[3:0], 12'h018}, 8'hFF, "STS of another locality");
      reads({k[3:0], 12'h024}, 8'hFF, "FIFO of another locality");
      reads({k[3:0], 12'hF00}, 8'hFF, "DID_VID of another locality");
      write({k[3:0], 12'h000}, `OPERA_TPM_ACCESS_0_ACTIVE);
      write({k[3:0], 12'h018}, `OPERA_TPM_STS_0_COMMAND_READY);
    end
    reads(STS, IDLE, "still in use, and idle");

    // Whose cycle it is: each START and CYCTYPE. Only ours, only the wallet's, or nobody's.
    n = wallet_cycles;
    cycle(4'h0, 1'b0, 16'h0A18, 8'd0);
    check(answered && data === 8'h77 && wallet_cycles == n + 1, "the wallet's register");
    cycle(4'h0, 1'b0, STS, 8'd0);
    check(!answered && wallet_cycles == n + 1, "an I/O cycle is not for the TPM");
    cycle(4'h5, 1'b1, 16'h0A18, 8'h5A);
    check(answered && wallet_cycles == n + 1, "a TPM cycle is not for the wallet");
    for (k = 1; k < 16; k = k + 1)
      if (k != 5) begin
        cycle(k, 1'b1, STS, `OPERA_TPM_STS_0_COMMAND_READY);
        repeat (30) begin
          @(negedge clk);
          check(!t_oe, "silent for another START");
        end
      end
    reads(STS, IDLE, "nothing happened");

    // Commands of several lengths: the shortest, more than a burst, the longest.
    whole(10);
    whole(11);
    whole(100);
    whole(256);

    // What nobody expects: bytes in idle, half a command, bytes after it, sizes that cannot be.
    write(FIFO, 8'hEE);
    go;
    reads(STS, IDLE, "no command");
    write(STS, `OPERA_TPM_STS_0_COMMAND_READY);
    reads(`OPERA_TPM_BURST_0, 8'd64, "a burst");
    go;
    for (i = 0; i < 9; i = i + 1) write(FIFO, command(i, 10));
    go;
    reads(STS, MORE, "half a command does not start");
    write(FIFO, command(9, 10));
    write(FIFO, 8'hEE);
    k = executed;
    go;
    await;
    check(executed == k + 1, "started once");
    receive(10);
    write(STS, `OPERA_TPM_STS_0_RESPONSE_RETRY);
    receive(10);
    write(STS, `OPERA_TPM_STS_0_COMMAND_READY);
    for (k = 0; k < 3; k = k + 1) begin
      write(STS, `OPERA_TPM_STS_0_COMMAND_READY);
      for (i = 0; i < 6; i = i + 1) write(FIFO, command(i, (k == 0) ? 9 : (k == 1) ? 257 : 0));
      reads(STS, READY, "a size that cannot be ends the command");
      go;
      reads(STS, READY, "and does not start it");
      write(STS, `OPERA_TPM_STS_0_COMMAND_READY);
      reads(STS, IDLE, "taken back");
    end
    whole(12);

    // A cycle cut in each clock up to its READY or last nibble: no byte is written, or read.
    write(STS, `OPERA_TPM_STS_0_COMMAND_READY);
    for (cut = 1; cut < 11; cut = cut + 1) cycle(4'h5, 1'b1, FIFO, 8'hEE);
    cut = 0;
    for (i = 0; i < 10; i = i + 1) write(FIFO, command(i, 10));
    go;
    await;
    for (cut = 1; cut < 11; cut = cut + 1) cycle(4'h5, 1'b0, FIFO, 8'd0);
    cut = 0;
    receive(10);
    write(STS, `OPERA_TPM_STS_0_COMMAND_READY);

    // The response comes while the FIFO is read: a byte that was not shown is not gone.
    for (k = 0; k < 14; k = k + 1) begin
      think = 40 + k;
      send(10);
      go;
      n = 0;
      i = 0;
      while (n < 10 && i < 60) begin
        read(FIFO);
        i = i + 1;
        // FF is no byte, but where the size field was 0.
        if (data !== 8'hFF || (n >= 5 && n <= 7)) begin
          check(data === ~command(9 - n, 10), "no byte lost");
          n = n + 1;
        end
      end
      check(n == 10, "all bytes");
      write(STS, `OPERA_TPM_STS_0_COMMAND_READY);
    end
    think = 20;

    // A TPM that does not answer; the host takes the command back, in two ways.
    dead = 1'b1;
    send(10);
    go;
    repeat (50) reads(STS, IDLE, "no response");
    reads(FIFO, 8'hFF, "nothing to read");
    check(exec, "executing");
    write(FIFO, 8'hEE);
    write(STS, `OPERA_TPM_STS_0_COMMAND_READY);
    check(!exec, "taken back");
    send(10);
    go;
    write(`OPERA_TPM_ACCESS_0, `OPERA_TPM_ACCESS_0_ACTIVE);
    check(!exec, "given up");
    reads(`OPERA_TPM_ACCESS_0, 8'h81, "not in use");
    reads(STS, 8'hFF, "STS of a locality not in use");
    write(`OPERA_TPM_ACCESS_0, `OPERA_TPM_ACCESS_0_REQUEST_USE);
    dead = 1'b0;
    whole(20);

    // One that talks too much: the response never counts as whole.
    answer = 257;
    send(10);
    go;
    repeat (80) reads(STS, IDLE, "too long a response");
    write(STS, `OPERA_TPM_STS_0_COMMAND_READY);
    answer = 256;
    send(10);
    go;
    await;
    for (i = 0; i < 256; i = i + 1) reads(FIFO, i + 1, "the longest response");
    reads(STS, IDLE, "and no more");
    answer = 0;
    write(STS, `OPERA_TPM_STS_0_COMMAND_READY);

    // LRESET# ends everything.
    send(10);
    go;
    lreset_n = 1'b0;
    repeat (2) @(negedge clk);
    check(!exec && !t_oe, "nothing in reset");
    lreset_n = 1'b1;
    @(negedge clk);
    reads(`OPERA_TPM_ACCESS_0, 8'h81, "not in use after LRESET#");
    write(`OPERA_TPM_ACCESS_0, `OPERA_TPM_ACCESS_0_REQUEST_USE);
    whole(10);

    $display("%0d checks", checks);
    $finish;
  end
endmodule
`default_nettype wire
