// tb_tx_log.v - transaction log: the commands, their refusals, and a power cut at every write.
//
// Cuts     COMMIT over a record, COMMIT to an empty slot and PROGRESS, from each setting of the two
//          selectors, and ERASE, at each write, with the word in flight old, new, zero, code_yes or random.
//          LOAD then gives the old record or the new one, whole and with its own progress (or none,
//          where the slot was empty), and a COMMIT after it works. Other slots stay as they were.
// Ends with "N checks", or with $fatal.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "opera_regs.vh"
module tb_tx_log;
  localparam [31:0] YES = `OPERA_NV_CODE_YES;
  localparam [7:0] LOAD = 8'd1, COMMIT = 8'd2, PROGRESS = 8'd3, ERASE = 8'd4;

  reg clk = 1'b0;
  always #5 clk = !clk;

  reg rst_n = 1'b0;
  reg cmd = 1'b0;
  reg [7:0] op = 8'd0;
  reg [7:0] slot = 8'd0;
  reg [31:0] prog = 32'd0;
  reg buf_we = 1'b0;
  reg [6:0] buf_waddr = 7'd0;
  reg [31:0] buf_wdata = 32'd0;
  reg [2:0] buf_wbytes = 3'd4;
  reg [6:0] buf_raddr = 7'd0;
  wire prog_we, busy, valid, error, nv_req, nv_we;
  wire [31:0] prog_new, nv_wdata;
  wire [7:0] buf_rdata;
  wire [16:0] nv_addr;
  reg nv_ack = 1'b0;
  reg [31:0] nv_rdata = 32'd0;

  tx_log #(
      .NV_TIMEOUT(16'd40)
  ) dut (
      .clk_i       (clk),
      .rst_ni      (rst_n),
      .cmd_i       (cmd),
      .op_i        (op),
      .slot_i      (slot),
      .prog_i      (prog),
      .prog_we_o   (prog_we),
      .prog_o      (prog_new),
      .busy_o      (busy),
      .valid_o     (valid),
      .error_o     (error),
      .buf_we_i    (buf_we),
      .buf_waddr_i (buf_waddr),
      .buf_wdata_i (buf_wdata),
      .buf_wbytes_i(buf_wbytes),
      .buf_raddr_i (buf_raddr),
      .buf_rdata_o (buf_rdata),
      .nv_req_o    (nv_req),
      .nv_we_o     (nv_we),
      .nv_addr_o   (nv_addr),
      .nv_wdata_o  (nv_wdata),
      .nv_ack_i    (nv_ack),
      .nv_rdata_i  (nv_rdata)
  );

  integer checks = 0;
  task check(input good, input [8*48-1:0] what);
    begin
      checks = checks + 1;
      if (good !== 1'b1) begin
        $display("failed at %0t: %0s", $time, what);
        $display("op %0d selectors %0d cut at %0d, tear %0d", c_op, i, c, tear);
        $fatal(1);
      end
    end
  endtask

  // ---- nonvolatile memory; the write number cut_at is torn, and the power is gone
  reg [31:0] nv[0:1023];
  reg [31:0] image[0:1023];      // what restore goes back to
  integer accesses = 0;
  integer writes = 0;
  integer cut_at = -1;
  integer mute_at = -1;          // access number that is never answered
  integer tear = 0;
  reg is_cut = 1'b0;
  always @(posedge clk) begin : memory
    nv_ack   <= 1'b0;
    nv_rdata <= 32'hDEADBEEF;
    if (nv_req && !nv_ack && !is_cut && accesses != mute_at) begin
      accesses = accesses + 1;
      if (nv_addr[16:10] !== `OPERA_NV_LOG_BASE >> 10) begin
        $display("failed at %0t: address %h outside the log", $time, nv_addr);
        $fatal(1);
      end
      if (nv_we && writes == cut_at) begin
        is_cut <= 1'b1;
        case (tear)
          0: ;
          1: nv[nv_addr[9:0]] <= nv_wdata;
          2: nv[nv_addr[9:0]] <= 32'd0;
          3: nv[nv_addr[9:0]] <= YES;
          default: nv[nv_addr[9:0]] <= $random;
        endcase
      end else begin
        nv_ack <= 1'b1;
        if (nv_we) nv[nv_addr[9:0]] <= nv_wdata;
        else nv_rdata <= nv[nv_addr[9:0]];
      end
      if (nv_we) writes = writes + 1;
    end
  end

  reg [31:0] prog_got = 32'd0;   // as the register file keeps it
  integer prog_count = 0;
  always @(posedge clk)
    if (prog_we) begin
      prog_got <= prog_new;
      prog_count = prog_count + 1;
    end

  // Word w of record r; every word of every record differs. The progress of record r is word 40.
  function [31:0] word(input integer r, input integer w);
    word = 32'h9E3779B1 * (64 * r + w + 1);
  endfunction

  task clocks(input integer n);
    repeat (n) @(negedge clk);
  endtask

  task start(input [7:0] o, input [7:0] s, input [31:0] p);
    begin
      accesses = 0;
      writes = 0;
      prog_count = 0;
      op = o;
      slot = s;
      prog = p;
      cmd = 1'b1;
      clocks(1);
      cmd = 1'b0;
      {op, slot, prog} = {8'hFF, 8'h07, 32'hBADBAD00};  // the command was sampled
    end
  endtask

  integer n;
  task run(input [7:0] o, input [7:0] s, input [31:0] p);
    begin
      start(o, s, p);
      n = 0;
      while (busy && !is_cut && n < 1000) begin
        clocks(1);
        n = n + 1;
      end
      check(!busy || is_cut, "ends");
    end
  endtask

  task fill(input integer r);    // record r to the buffer
    for (n = 0; n < 32; n = n + 1) begin
      buf_we = 1'b1;
      buf_waddr = 4 * n;
      buf_wbytes = 3'd4;
      buf_wdata = word(r, n);
      clocks(1);
      buf_we = 1'b0;
    end
  endtask

  task commit(input [7:0] s, input integer r);
    begin
      fill(r);
      run(COMMIT, s, word(r, 40));
    end
  endtask

  integer is;                    // record in the buffer after LOAD: a, b, or -1 none
  task load(input [7:0] s, input integer a, input integer b);
    begin
      for (n = 0; n < 32; n = n + 1) dut.ram[n] = 32'hX;
      run(LOAD, s, 32'd0);
      check(!error, "LOAD");
      is = -1;
      if (valid) begin
        is = (dut.ram[0] === word(a, 0)) ? a : b;
        for (n = 0; n < 32; n = n + 1) check(dut.ram[n] === word(is, n), "record is whole");
        check(prog_count == 1, "one progress");
      end else check(prog_count == 0, "no progress");
    end
  endtask

  task has(input [7:0] s, input integer r, input [31:0] p);
    begin
      load(s, r, r);
      check(is == r && prog_got === p, "record and progress");
    end
  endtask

  task power_up;
    begin
      rst_n = 1'b0;
      clocks(2);
      cut_at = -1;
      mute_at = -1;
      is_cut = 1'b0;
      clocks(1);
      rst_n = 1'b1;
      clocks(1);
    end
  endtask

  task keep;
    for (n = 0; n < 1024; n = n + 1) image[n] = nv[n];
  endtask
  task restore;
    for (n = 0; n < 1024; n = n + 1) nv[n] = image[n];
  endtask

  task same;                     // not one word changed
    begin
      is = 0;
      for (n = 0; n < 1024; n = n + 1) if (nv[n] !== image[n]) is = is + 1;
      check(is == 0 && writes == 0, "nothing is written");
    end
  endtask

  task byte_is(input integer at, input [7:0] want);
    begin
      buf_raddr = at;
      clocks(1);
      check(buf_rdata === want, "buffer byte");
    end
  endtask

  integer i, c, c_op, point, last, old;
  reg [31:0] before;
  initial begin : main
    c_op = 0;
    i = 0;
    c = 0;
    for (n = 0; n < 1024; n = n + 1) nv[n] = $random;   // cells as they come from the factory
    for (n = 0; n < 8; n = n + 1) nv[128*n+68] = 32'd0;
    clocks(2);
    check(!busy && !nv_req && !valid && !error, "quiet in reset");
    power_up;

    // Buffer: 4, 2 and 1 bytes at a time.
    fill(1);
    for (i = 0; i < 128; i = i + 1) byte_is(i, word(1, i / 4) >> 8 * (i % 4));
    for (i = 0; i < 128; i = i + 3) begin
      buf_we = 1'b1;
      buf_waddr = i;
      buf_wbytes = (i % 2 == 0) ? 3'd2 : 3'd1;
      buf_wdata = 32'h66554400 + i;
      clocks(1);
      buf_we = 1'b0;
      byte_is(i, i);
      if (i % 2 == 0) byte_is(i + 1, 8'h44);
      else if (i % 3 == 0 && i < 127) byte_is(i + 1, word(1, (i + 1) / 4) >> 8 * ((i + 1) % 4));
    end
    i = 0;

    // Empty slots, then a record in each; counts of accesses; progress; erase.
    keep;
    for (i = 0; i < 8; i = i + 1) begin
      load(i, 0, 0);
      check(is == -1 && accesses == 1, "empty");
      run(PROGRESS, i, 32'd5);
      check(error, "no progress without a record");
    end
    same;
    for (i = 0; i < 8; i = i + 1) begin
      commit(i, 10 + i);
      check(!error && accesses == 38, "COMMIT to an empty slot");
    end
    for (i = 0; i < 8; i = i + 1) begin
      has(i, 10 + i, word(10 + i, 40));
      check(accesses == 36, "LOAD");
      commit(i, 20 + i);
      check(!error && accesses == 37, "COMMIT over a record");
      has(i, 20 + i, word(20 + i, 40));
      for (c = 0; c < 3; c = c + 1) begin
        run(PROGRESS, i, 100 * i + c);
        check(!error && accesses == 5, "PROGRESS");
        has(i, 20 + i, 100 * i + c);
      end
    end
    run(ERASE, 8'd3, 32'd0);
    check(!error && accesses == 69, "ERASE");
    for (i = 0; i < 69; i = i + 1) check(nv[128*3+i] === 32'd0, "erased");
    for (i = 0; i < 8; i = i + 1) begin
      load(i, 20 + i, 20 + i);
      check(is == ((i == 3) ? -1 : 20 + i), "one slot erased");
    end
    run(ERASE, 8'd3, 32'd0);
    check(!error, "ERASE of an empty slot");

    // Refused: slots above 7, operations that do not exist. A refused LOAD shows no record.
    keep;
    has(8'd1, 21, 32'd102);
    for (i = 8; i < 256; i = i + 1) begin
      run(1 + (i & 3), i, 32'd0);
      check(error && accesses == 0, "slot above 7");
    end
    for (i = 0; i < 256; i = i + 1)
      if (i < 1 || i > 4) begin
        run(i, 8'd1, 32'd0);
        check(error && accesses == 0, "unknown operation");
      end
    same;
    has(8'd1, 21, 32'd102);
    run(LOAD, 8'd9, 32'd0);
    check(error && !valid, "a refused LOAD found no record");

    // Busy: commands and buffer writes are ignored, the buffer reads 0.
    fill(30);
    start(COMMIT, 8'd1, word(30, 40));
    clocks(20);
    start(ERASE, 8'd1, 32'd0);
    buf_we = 1'b1;
    buf_waddr = 7'd124;
    buf_wdata = 32'd0;
    buf_raddr = 7'd0;
    clocks(2);
    buf_we = 1'b0;
    check(buf_rdata === 8'd0, "closed buffer");
    while (busy) clocks(1);
    has(8'd1, 30, word(30, 40));

    // A memory that stops answering, at every access of every operation: an error, old or new, never
    // a LOAD that says VALID over half a record.
    for (c_op = LOAD; c_op <= ERASE; c_op = c_op + 1)
      for (c = 0; c < 69; c = c + 1) begin
        power_up;
        commit(8'd2, 40);
        fill(41);
        mute_at = c;
        run(c_op, 8'd2, word(41, 40));
        n = (c_op == LOAD) ? 36 : (c_op == COMMIT) ? 37 : (c_op == PROGRESS) ? 5 : 69;
        check(accesses == ((c < n) ? c : n), "accesses");
        if (c < n) begin
          check(error && !nv_req, "time-out");
          if (c_op == LOAD) check(!valid, "half a LOAD is no record");
        end else check(!error, "ran to its end");
        mute_at = -1;
        load(8'd2, 40, 41);
        if (is != -1) check(prog_got === word(40, 40) || prog_got === word(41, 40), "progress");
        if (c_op != ERASE) check(is != -1, "there is a record");
      end

    // ---- power cuts
    power_up;
    for (c_op = 0; c_op <= ERASE; c_op = c_op + 1)   // 0 is COMMIT to an empty slot
      for (i = (c_op == LOAD) ? 4 : (c_op == ERASE) ? 3 : 0; i < 4; i = i + 1) begin
        // Slot 5: record 50, and its selectors S and P as i says.
        if (c_op == 0) run(ERASE, 8'd5, 32'd0);
        for (n = 0; n < 128; n = n + 1) if (c_op != 0) nv[5*128+n] = $random;
        nv[5*128+64] = i[0] ? YES : 32'h13579BDF;
        nv[5*128+67] = i[1] ? YES : 32'd0;
        nv[5*128+68] = 32'd0;
        if (c_op != 0) begin
          commit(8'd5, 50);
          run(PROGRESS, 8'd5, word(50, 40));
        end
        keep;
        point = (c_op == 0) ? 34 : (c_op == COMMIT) ? 33 : (c_op == PROGRESS) ? 1 : 0;
        last = (c_op == ERASE) ? 69 : point + 1;
        old = (c_op == 0) ? -1 : 50;
        for (c = 0; c < last; c = c + 1)
          for (tear = 0; tear < 5; tear = tear + 1) begin
            restore;
            fill(51);
            cut_at = c;
            run((c_op == 0) ? COMMIT : c_op, 8'd5, word(51, 40));
            check(is_cut, "was cut");
            power_up;
            load(8'd5, 50, 51);
            before = prog_got;
            if (is == 50) check(before === word(50, 40) || (c_op == PROGRESS && before === word(51, 40)),
                                "progress of the old record");
            if (is == 51) check(before === word(51, 40), "progress of the new record");
            if (c < point || (c == point && tear == 0))
              check(is == old && (is == -1 || before === word(50, 40)), "old before the commit point");
            if (c > point || (c == point && tear == 1))
              check((c_op == ERASE) ? is == -1 : before === word(51, 40), "new after it");
            if (c_op == PROGRESS) check(is == 50, "PROGRESS leaves the record");
            if (c_op == ERASE) check(is != 51, "ERASE makes no record");
            for (n = 0; n < 1024; n = n + 1)
              if (n / 128 != 5 && nv[n] !== image[n]) check(1'b0, "another slot");
            commit(8'd5, 52);
            has(8'd5, 52, word(52, 40));
          end
      end

    $display("%0d checks", checks);
    $finish;
  end
endmodule
`default_nettype wire
