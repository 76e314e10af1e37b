// tb_nv_arb.v - three clients on the one port of the nonvolatile memory: who is served, who is told.
//
// First by hand: priority, held requests, clients that go away, resets, a memory that never answers.
// Then three random clients, two of which give up at times, against a shadow of their words.
// Always: an acknowledge goes to one client, which asks; a request to the memory stands still.
// Ends with "N checks", or with $fatal.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module tb_nv_arb;
  reg clk = 1'b0;
  always #5 clk = !clk;

  integer checks = 0;
  task check(input good, input [8*48-1:0] what);
    begin
      checks = checks + 1;
      if (good !== 1'b1) begin
        $display("failed at %0t: %0s (req %b ack %b)", $time, what, req, ack);
        $fatal(1);
      end
    end
  endtask

  // Client 0 is the power controller, 1 the log, 2 the ORM.
  reg rst_n = 1'b0;
  reg [2:0] req = 3'b000;
  reg [2:0] we = 3'b000;
  reg [16:0] addr[0:2];
  reg [31:0] wdata[0:2];
  wire [2:0] ack;
  wire [31:0] rdata;
  wire nv_req, nv_we;
  wire [16:0] nv_addr;
  wire [31:0] nv_wdata;
  reg nv_ack = 1'b0;
  reg [31:0] nv_rdata = 32'd0;

  nv_arb dut (
      .clk_i      (clk),
      .rst_ni     (rst_n),
      .pwr_req_i  (req[0]),
      .pwr_we_i   (we[0]),
      .pwr_addr_i (addr[0]),
      .pwr_wdata_i(wdata[0]),
      .pwr_ack_o  (ack[0]),
      .log_req_i  (req[1]),
      .log_we_i   (we[1]),
      .log_addr_i (addr[1]),
      .log_wdata_i(wdata[1]),
      .log_ack_o  (ack[1]),
      .orm_req_i  (req[2]),
      .orm_we_i   (we[2]),
      .orm_addr_i (addr[2]),
      .orm_wdata_i(wdata[2]),
      .orm_ack_o  (ack[2]),
      .rdata_o    (rdata),
      .nv_req_o   (nv_req),
      .nv_we_o    (nv_we),
      .nv_addr_o  (nv_addr),
      .nv_wdata_o (nv_wdata),
      .nv_ack_i   (nv_ack),
      .nv_rdata_i (nv_rdata)
  );

  // ---- memory: word = address[6:0]; the rest of the address must be that of client [6:5]
  reg [31:0] mem[0:127];
  integer latency = 2;           // clocks to an answer; -1 random
  integer left = 0;
  integer served = 0;
  integer last = -1;             // client of the last access
  reg mute = 1'b0;
  reg idle = 1'b1;
  function [16:0] place(input [1:0] client, input [4:0] word);
    place = {client, 3'b101, client[0], ~client[1], 3'b011, client, word};
  endfunction
  always @(posedge clk) begin : memory
    nv_ack   <= 1'b0;
    nv_rdata <= 32'hDEADBEEF;    // only valid with the acknowledge
    if (!nv_req || nv_ack) idle = 1'b1;
    else begin
      if (idle) left = (latency < 0) ? $unsigned($random) % 6 : latency;
      idle = 1'b0;
      if (left > 0) left = left - 1;
      else if (!mute) begin
        nv_ack <= 1'b1;
        served = served + 1;
        last = nv_addr[6:5];
        if (nv_addr !== place(nv_addr[6:5], nv_addr[4:0])) begin
          $display("failed at %0t: address %h", $time, nv_addr);
          $fatal(1);
        end
        if (nv_we) mem[nv_addr[6:0]] <= nv_wdata;
        else nv_rdata <= mem[nv_addr[6:0]];
      end
    end
  end

  // ---- rules of every clock
  reg p_req = 1'b0;
  reg [49:0] p_what = 50'd0;
  always @(negedge clk) begin : rules
    if (rst_n && p_req && nv_req && {nv_we, nv_addr, nv_wdata} !== p_what) begin
      $display("failed at %0t: a request did not stand still", $time);
      $fatal(1);
    end
    if (rst_n && p_req && !nv_req) begin
      $display("failed at %0t: a request was taken back", $time);
      $fatal(1);
    end
    p_req  = rst_n && nv_req && !nv_ack;
    p_what = {nv_we, nv_addr, nv_wdata};
    if ((ack & ~req) !== 3'b000 || (ack & (ack - 3'd1)) !== 3'b000 || (ack != 3'b000 && !nv_ack)) begin
      $display("failed at %0t: acknowledge %b of requests %b", $time, ack, req);
      $fatal(1);
    end
    if (ack == 3'b000 && rdata !== 32'd0) begin
      $display("failed at %0t: data without an acknowledge", $time);
      $fatal(1);
    end
  end

  // ---- random clients
  reg random = 1'b0;
  reg [2:0] may_leave = 3'b000;
  reg [31:0] shadow[0:127];
  reg [31:0] maybe[0:127];       // of a write whose client went away
  reg [127:0] loose = 128'd0;
  integer done[0:2];
  integer left_early = 0;
  genvar g;
  generate
    for (g = 0; g < 3; g = g + 1) begin : gen_client
      integer at;
      always @(posedge clk)
        if (random && req[g]) begin
          at = g * 32 + addr[g][4:0];
          if (ack[g]) begin
            req[g]  <= 1'b0;
            done[g] = done[g] + 1;
            if (we[g]) shadow[at] = wdata[g];
            else begin
              check(rdata === shadow[at] || (loose[at] && rdata === maybe[at]), "word read");
              shadow[at] = rdata;
            end
            loose[at] = 1'b0;
          end else if (may_leave[g] && $unsigned($random) % 8 == 0) begin
            req[g] <= 1'b0;
            left_early = left_early + 1;
            if (we[g]) begin
              loose[at] = 1'b1;
              maybe[at] = wdata[g];
            end
          end
        end else if (random && $unsigned($random) % 4 == 0) begin
          at = $unsigned($random) % 32;
          req[g]   <= 1'b1;
          we[g]    <= $random && !loose[g*32+at];
          addr[g]  <= place(g, at);
          wdata[g] <= $random;
        end
    end
  endgenerate

  task clocks(input integer n);
    repeat (n) @(negedge clk);
  endtask

  task ask(input integer client, input write, input [4:0] word, input [31:0] data);
    begin
      req[client] = 1'b1;
      we[client] = write;
      addr[client] = place(client, word);
      wdata[client] = data;
    end
  endtask

  integer i, j, n, got;
  task await(input integer client, input integer limit);  // and take the request away
    begin
      n = 0;
      while (!ack[client] && n < limit) begin
        clocks(1);
        n = n + 1;
      end
      check(ack[client], "acknowledged");
      got = rdata;
      @(posedge clk);
      #1 req[client] = 1'b0;
      @(negedge clk);
    end
  endtask

  initial begin : main
    for (i = 0; i < 3; i = i + 1) begin
      addr[i] = 17'd0; wdata[i] = 32'd0; done[i] = 0;
    end
    for (i = 0; i < 128; i = i + 1) begin
      mem[i] = i * 32'h01010101; shadow[i] = mem[i]; maybe[i] = 32'd0;
    end
    req = 3'b111;
    clocks(3);
    check(!nv_req && ack == 3'b000, "quiet in reset");
    req = 3'b000;
    rst_n = 1'b1;
    clocks(3);
    check(!nv_req && nv_addr === 17'd0 && nv_wdata === 32'd0 && !nv_we, "quiet without requests");

    // All at once: power controller, log, ORM; each is told of its own word.
    ask(0, 1'b0, 5'd3, 32'd0);
    ask(1, 1'b0, 5'd4, 32'd0);
    ask(2, 1'b0, 5'd5, 32'd0);
    await(0, 20);
    check(got === mem[3] && last == 0, "power controller first");
    await(1, 20);
    check(got === mem[36] && last == 1, "log second");
    await(2, 20);
    check(got === mem[69] && last == 2 && served == 3, "ORM last");

    // Each client alone, write then read; the port is free again after it.
    for (i = 0; i < 3; i = i + 1) begin
      ask(i, 1'b1, 5'd7, 32'h5EED0000 + i);
      clocks(1);
      check(nv_req && nv_we && nv_addr === place(i, 5'd7), "goes out one clock later");
      await(i, 20);
      check(mem[32*i+7] === 32'h5EED0000 + i, "written");
      clocks(1);
      check(!nv_req, "free");
      ask(i, 1'b0, 5'd7, 32'd0);
      await(i, 20);
      check(got === 32'h5EED0000 + i, "read back");
    end

    // A client that goes away, for a gap of 1 to 8 clocks, at every clock of its write: the write ends
    // whole, nobody is told of it, and the request that comes after the gap gets an answer of its own.
    latency = 10;
    for (i = 0; i < 3; i = i + 1)
      for (j = 0; j < 64; j = j + 1) begin
        served = 0;
        ask(i, 1'b1, 5'd9, 32'hA5A50000 + j);
        clocks(1 + j / 8);
        check(nv_req && ack == 3'b000, "latched");
        req[i] = 1'b0;
        we[i] = 1'b0;
        clocks(1 + j % 8);
        ask(i, 1'b0, 5'd10, 32'd0);
        await(i, 40);
        check(got === mem[32*i+10], "no acknowledge of the access before");
        check(mem[32*i+9] === 32'hA5A50000 + j, "a latched write ends whole");
        check(served == 2, "two accesses");
        clocks(1);
      end
    // It goes away in the clock of the acknowledge.
    ask(2, 1'b0, 5'd9, 32'd0);
    n = 0;
    while (!nv_ack && n < 20) begin
      @(posedge clk);
      #1 n = n + 1;
    end
    req[2] = 1'b0;
    #1 check(nv_ack && ack == 3'b000 && rdata === 32'd0, "gone in the clock of the acknowledge");
    clocks(2);
    check(!nv_req, "free");

    // A memory that never answers keeps the port and tells nobody; reset ends it.
    mute = 1'b1;
    ask(2, 1'b1, 5'd1, 32'd1);
    clocks(100);
    ask(0, 1'b0, 5'd1, 32'd0);
    clocks(100);
    check(nv_req && nv_we && nv_addr === place(2, 5'd1) && ack == 3'b000, "mute");
    rst_n = 1'b0;
    clocks(1);
    check(!nv_req && !nv_we && nv_addr === 17'd0, "reset takes the request back");
    req = 3'b000;
    mute = 1'b0;
    clocks(2);
    rst_n = 1'b1;
    clocks(2);
    check(mem[64+1] !== 32'd1, "nothing written");

    // Random.
    for (i = 0; i < 128; i = i + 1) shadow[i] = mem[i];
    latency = -1;
    for (j = 0; j < 2; j = j + 1) begin
      may_leave = j ? 3'b110 : 3'b000;
      random = 1'b1;
      clocks(30000);
      random = 1'b0;
      req = 3'b000;
      clocks(20);
      check(done[0] > 500 && done[1] > 500 && done[2] > 500, "everybody is served");
      check((left_early > 100) == j, "clients went away");
      for (i = 0; i < 128; i = i + 1) begin
        // The last round's open requests were taken away above: their words may be old or new.
        checks = checks + 1;
        if (mem[i] !== shadow[i] && !(loose[i] && mem[i] === maybe[i])
            && !(i == nv_last(0) || i == nv_last(1) || i == nv_last(2))) begin
          $display("word %0d is %h, not %h", i, mem[i], shadow[i]);
          $fatal(1);
        end
        shadow[i] = mem[i];
      end
      loose = 128'd0;
    end

    $display("%0d checks", checks);
    $finish;
  end

  function integer nv_last(input integer client);  // word of a client's last request
    nv_last = client * 32 + addr[client][4:0];
  endfunction
endmodule
`default_nettype wire
