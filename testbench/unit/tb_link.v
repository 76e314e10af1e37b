// tb_link.v - two links, plugged together, each with a clock of its own.
//
// First a third LPC host plays a partner that does not keep the rules. Then side 0 and side 1 send each
// other frames of many lengths, at several clock ratios and in both roles; the connector, the enables and
// the roles change in the middle of frames, and the wires get noise. Always: no two drivers on LAD at an edge
// of LCLK, LAD off in the clock of an unmount, and a frame that is visible is whole and was sent.
// Ends with "N checks", or with $fatal.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module tb_link;
  reg [1:0] clk = 2'b00;
  integer half0 = 15000;  // half periods, in units of 1 ps
  integer half1 = 15000;
  always #(half0) clk[0] = !clk[0];
  always #(half1) clk[1] = !clk[1];

  reg [1:0] rst_n = 2'b00;
  reg plugged = 1'b0;
  reg [1:0] mounted = 2'b00;
  reg [1:0] host = 2'b00;
  reg [1:0] enable = 2'b00;
  reg [1:0] tx_we = 2'b00;
  reg [1:0] tx_send = 2'b00;
  reg [1:0] rx_ack = 2'b00;
  reg [8:0] tx_addr[0:1];
  reg [31:0] tx_wdata[0:1];
  reg [2:0] tx_wbytes[0:1];
  reg [9:0] tx_len[0:1];
  reg [8:0] rx_addr[0:1];
  wire [1:0] tx_busy, rx_valid, err, lk_host, lk_frame_n, lk_reset_n, lk_oe;
  wire [9:0] rx_len[0:1];
  wire [7:0] rx_rdata[0:1];
  wire [3:0] lk_lad[0:1];

  // The third host, in place of side 0.
  reg third = 1'b0;
  reg t_reset_n = 1'b1;
  reg t_start = 1'b0;
  reg [1:0] t_op = 2'd0;
  reg [27:0] t_addr = 28'd0;
  reg [31:0] t_wdata = 32'd0;
  reg [7:0] t_size = 8'd1;
  wire t_busy, t_done, t_rvalid, t_frame_n, t_oe;
  wire [2:0] t_err;
  wire [7:0] t_rbyte;
  wire [3:0] t_lad;

  // Connector: LCLK of the host, without spikes; pull-ups; wires that can be forced.
  reg [1:0] clk_on = 2'b00;
  reg third_on = 1'b0;
  always @(negedge clk[0]) clk_on[0] <= plugged && lk_host[0];
  always @(negedge clk[1]) clk_on[1] <= plugged && lk_host[1];
  always @(negedge clk[0]) third_on <= plugged && third;
  wire lclk = (clk[0] && (clk_on[0] || third_on)) || (clk[1] && clk_on[1]);
  reg [3:0] noise_en = 4'h0;
  reg [3:0] noise = 4'h0;
  wire [1:0] oe = lk_oe & {2{plugged}};
  wire th_oe = t_oe && third && plugged;
  wire [3:0] driven = (oe[0] ? lk_lad[0] : 4'hF) & (oe[1] ? lk_lad[1] : 4'hF) & (th_oe ? t_lad : 4'hF);
  wire [3:0] lad = (driven & ~noise_en) | (noise & noise_en);
  wire frame_n = !plugged || (third ? t_frame_n
      : (lk_host[0] ? lk_frame_n[0] : 1'b1) && (lk_host[1] ? lk_frame_n[1] : 1'b1));
  wire reset_n = !plugged || (third ? t_reset_n
      : (lk_host[0] ? lk_reset_n[0] : 1'b1) && (lk_host[1] ? lk_reset_n[1] : 1'b1));

  genvar g;
  generate
    for (g = 0; g < 2; g = g + 1) begin : gen_side
      link u_link (
          .clk_i       (clk[g]),
          .rst_ni      (rst_n[g]),
          .mounted_i   (mounted[g]),
          .ctl_host_i  (host[g]),
          .ctl_enable_i(enable[g]),
          .tx_we_i     (tx_we[g]),
          .tx_addr_i   (tx_addr[g]),
          .tx_wdata_i  (tx_wdata[g]),
          .tx_wbytes_i (tx_wbytes[g]),
          .tx_len_i    (tx_len[g]),
          .tx_send_i   (tx_send[g]),
          .tx_busy_o   (tx_busy[g]),
          .rx_valid_o  (rx_valid[g]),
          .rx_len_o    (rx_len[g]),
          .rx_ack_i    (rx_ack[g]),
          .rx_addr_i   (rx_addr[g]),
          .rx_rdata_o  (rx_rdata[g]),
          .err_o       (err[g]),
          .lk_host_o   (lk_host[g]),
          .lk_lframe_no(lk_frame_n[g]),
          .lk_lreset_no(lk_reset_n[g]),
          .lk_lad_o    (lk_lad[g]),
          .lk_lad_oe_o (lk_oe[g]),
          .lk_lad_i    (lad),
          .lk_lclk_i   (lclk),
          .lk_lframe_ni(frame_n),
          .lk_lreset_ni(reset_n)
      );
    end
  endgenerate

  wire [2:0] t_at;
  reg [7:0] t_send;
  always @(posedge clk[0]) t_send <= {t_wdata, 4'd0, t_addr} >> {t_at ^ (t_at[2] ? 3'd0 : 3'd3), 3'd0};
  lpc_host u_third (
      .clk_i    (clk[0]),
      .rst_ni   (rst_n[0]),
      .start_i  (t_start),
      .op_i     (t_op),
      .size_i   (t_size[7] ? 2'd3 : t_size[2:1]),
      .byte_o   (t_at),
      .byte_i   (t_send),
      .busy_o   (t_busy),
      .done_o   (t_done),
      .err_o    (t_err),
      .rbyte_o  (t_rbyte),
      .rvalid_o (t_rvalid),
      .lframe_no(t_frame_n),
      .lad_o    (t_lad),
      .lad_oe_o (t_oe),
      .lad_i    (lad)
  );

  integer checks = 0;
  integer sent[0:1];  // number of the last frame offered by a side: the seed of its bytes
  integer size[0:1];  // its length

  // Every byte of a frame differs from that of other frames, so that a mix shows.
  function [7:0] pattern(input integer seed, input integer at);
    pattern = (at * 29 + at / 256) ^ (seed * 113 + seed / 8);
  endfunction

  task check(input ok, input [8*48-1:0] what);
    begin
      checks = checks + 1;
      if (ok !== 1'b1) begin
        $display("failed at %0t: %0s", $time, what);
        $display("busy %b valid %b len %0d %0d err %b host %b", tx_busy, rx_valid, rx_len[0], rx_len[1],
                 err, lk_host);
        $fatal(1);
      end
    end
  endtask

  reg may_clash = 1'b0;
  always @(posedge lclk) begin : drivers
    if (!may_clash && ((oe[0] && oe[1]) || (th_oe && oe != 2'b00))) begin
      $display("two drivers at %0t", $time);
      $fatal(1);
    end
  end

  always @(lk_oe or mounted or enable) begin : off_at_once
    #1 if ((lk_oe & ~(mounted & enable)) !== 2'b00) begin
      $display("LAD driven while not running at %0t", $time);
      $fatal(1);
    end
  end

  task automatic tick(input side);  // to just after the next edge of a side's clock
    begin
      if (side) @(posedge clk[1]);
      else @(posedge clk[0]);
      #100;
    end
  endtask

  task automatic ticks(input side, input integer n);
    repeat (n) tick(side);
  endtask

  // Writes a frame with 4, 2 and 1-byte writes, seventeen clocks apart, and offers it.
  task automatic offer(input side, input integer n, input integer seed);
    integer at;
    integer step;
    begin
      at = 0;
      while (at < n) begin
        step = (n - at >= 4) ? 4 : (n - at >= 2) ? 2 : 1;
        if ((seed & 7) == 3 && step == 4) step = 1;
        if ((seed & 7) == 5 && step == 4) step = 2;
        tick(side);
        tx_we[side] = 1'b1;
        tx_addr[side] = at;
        tx_wbytes[side] = step;
        // The bytes outside the write are junk, and must not land.
        tx_wdata[side] = {pattern(seed, at + 3), pattern(seed, at + 2), pattern(seed, at + 1),
                          pattern(seed, at)};
        if (step < 4) tx_wdata[side][31:16] = 16'hBADD;
        if (step < 2) tx_wdata[side][15:8] = 8'hEE;
        tick(side);
        tx_we[side] = 1'b0;
        tx_wdata[side] = 32'hDEADBEEF;
        ticks(side, 15);
        at = at + step;
      end
      sent[side] = seed;
      size[side] = n;
      tx_len[side] = n;
      tx_send[side] = 1'b1;
      tick(side);
      tx_send[side] = 1'b0;
      tx_len[side] = 10'd5;
    end
  endtask

  // Reads the frame that is visible at `side`; it must be the one the other side sent last.
  task automatic look(input side);
    integer i;
    begin
      check(rx_len[side] === size[!side], "length");
      for (i = 0; i < size[!side]; i = i + 1) begin
        rx_addr[side] = i;
        tick(side);
        if (rx_rdata[side] !== pattern(sent[!side], i))
          $display("byte %0d is %h, not %h", i, rx_rdata[side], pattern(sent[!side], i));
        check(rx_rdata[side] === pattern(sent[!side], i), "byte");
      end
    end
  endtask

  task automatic free(input side);
    begin
      tick(side);
      rx_ack[side] = 1'b1;
      tick(side);
      rx_ack[side] = 1'b0;
      check(!rx_valid[side] && rx_len[side] === 10'd0 && rx_rdata[side] === 8'd0, "freed");
    end
  endtask

  task automatic await(input side, input integer limit);
    integer n;
    begin
      n = 0;
      while (!rx_valid[side] && n < limit) begin
        tick(side);
        n = n + 1;
      end
      check(rx_valid[side], "frame arrives");
    end
  endtask

  task automatic await_sent(input side);
    integer n;
    begin
      n = 0;
      while (tx_busy[side] && n < 5000) begin
        tick(side);
        n = n + 1;
      end
      check(!tx_busy[side], "no longer busy");
    end
  endtask

  task automatic one_way(input from, input integer n, input integer seed);
    begin
      offer(from, n, seed);
      check(tx_busy[from], "busy");
      await(!from, 20000);
      look(!from);
      await_sent(from);
      free(!from);
    end
  endtask

  task mount;
    begin
      plugged = 1'b1;
      mounted[0] = 1'b1;
      tick(1'b1);
      mounted[1] = 1'b1;
    end
  endtask

  task automatic control(input side, input h, input e);
    begin
      tick(side);
      host[side] = h;
      enable[side] = e;
    end
  endtask

  task unmount;  // the wires part; each side's debouncer says so two or three clocks later
    begin
      plugged = 1'b0;
      tick(1'b0);
      tick(1'b0);
      mounted[0] = 1'b0;
      #1 check(!lk_oe[0] && !lk_host[0], "clamped in the clock");
      check(!lk_frame_n[0] && !lk_reset_n[0] && !lk_oe[0], "outputs 0");
      tick(1'b1);
      mounted[1] = 1'b0;
      #1 check(!lk_oe[1] && !lk_host[1], "clamped in the clock");
      check(!lk_frame_n[1] && !lk_reset_n[1] && !lk_oe[1], "outputs 0");
      tick(1'b0);
      tick(1'b1);
      check(tx_busy == 2'b00, "frames to send are dropped");
      enable = 2'b00;
    end
  endtask

  // A frame left behind is whole; then it goes.
  task sweep;
    begin
      if (rx_valid[0]) begin look(1'b0); free(1'b0); end
      if (rx_valid[1]) begin look(1'b1); free(1'b1); end
    end
  endtask

  task bring_up(input h);  // side h is the host
    begin
      mount;
      control(!h, 1'b0, 1'b1);
      control(h, 1'b1, 1'b1);
    end
  endtask

  reg [7:0] t_got[0:127];
  task automatic cycle(input [1:0] o, input [27:0] a, input [31:0] d, input [7:0] s, input [2:0] want);
    integer n;
    integer at;
    begin
      at = 0;
      n = 0;
      tick(1'b0);
      t_op = o; t_addr = o[1] ? a : a + 28'h0A00; t_wdata = d; t_size = s; t_start = 1'b1;
      tick(1'b0);
      t_start = 1'b0;
      while (!t_done && n < 500) begin
        if (t_rvalid) begin
          t_got[at] = t_rbyte;
          at = at + 1;
        end
        tick(1'b0);
        n = n + 1;
      end
      if (t_err != want) $display("cycle %0d %h: err %0d", o, a, t_err);
      check(t_done && t_err == want, "answer to the third host");
    end
  endtask

  integer i, j, n, r, seed, when;
  initial begin : main
    for (i = 0; i < 2; i = i + 1) begin
      tx_addr[i] = 9'd0; tx_wdata[i] = 32'd0; tx_wbytes[i] = 3'd1; tx_len[i] = 10'd0; rx_addr[i] = 9'd0;
      sent[i] = 0; size[i] = 0;
    end
    seed = 1;
    ticks(1'b0, 4);
    ticks(1'b1, 4);
    rst_n = 2'b11;
    ticks(1'b0, 4);
    check({tx_busy, rx_valid, err, lk_host, lk_oe} === 10'd0, "quiet after reset");
    check({lk_frame_n, lk_reset_n} === 4'd0, "outputs 0 while not mounted");

    half0 = 15000;
    half1 = 13700;
    // A partner that does not keep the rules. It is host; side 1 is the target.
    third = 1'b1;
    t_reset_n = 1'b0;
    mount;
    mounted[0] = 1'b0;
    control(1'b1, 1'b0, 1'b1);
    // Before LRESET# was seen, and in it, the target is silent.
    t_reset_n = 1'b1;
    ticks(1'b1, 10);
    enable[1] = 1'b0;
    ticks(1'b1, 4);
    enable[1] = 1'b1;
    ticks(1'b1, 8);
    cycle(2'd0, 28'h0, 32'd0, 8'd1, 3'd1);
    t_reset_n = 1'b0;
    ticks(1'b0, 20);
    cycle(2'd0, 28'h0, 32'd0, 8'd1, 3'd1);
    t_reset_n = 1'b1;
    cycle(2'd0, 28'h0, 32'd0, 8'd1, 3'd0);
    check(t_got[0] === 8'h01, "RX_FREE");
    cycle(2'd1, 28'h6, 32'd0, 8'd1, 3'd3);          // TXACK, nothing waits
    cycle(2'd1, 28'h4, 32'd0, 8'd1, 3'd0);
    cycle(2'd1, 28'h5, 32'd0, 8'd1, 3'd3);          // length 0
    cycle(2'd1, 28'h4, 32'd1, 8'd1, 3'd0);
    cycle(2'd1, 28'h5, 32'd2, 8'd1, 3'd3);          // 513
    for (i = 3; i < 256; i = i + 1) cycle(2'd1, 28'h5, i, 8'd1, 3'd3);
    ticks(1'b1, 20);
    check(!rx_valid[1], "no frame");
    for (i = 0; i < 256; i = i + 1) begin           // only 0 and 2, 3 are readable
      cycle(2'd0, i, 32'd0, 8'd1, 3'd0);
      check(t_got[0] === ((i == 0) ? 8'h01 : (i == 2 || i == 3) ? 8'h00 : 8'hFF), "register");
    end
    cycle(2'd0, 28'h100, 32'd0, 8'd1, 3'd1);
    sent[0] = 77; size[0] = 8;
    cycle(2'd3, 28'h000, {pattern(77, 3), pattern(77, 2), pattern(77, 1), pattern(77, 0)}, 8'd4, 3'd0);
    cycle(2'd3, 28'h200, 32'h01020304, 8'd4, 3'd0); // outside: dropped
    cycle(2'd3, 28'h1000, 32'h01020304, 8'd4, 3'd0);
    cycle(2'd3, 28'h8000000, 32'h01020304, 8'd4, 3'd0);
    cycle(2'd3, 28'h004, {16'd0, pattern(77, 5), pattern(77, 4)}, 8'd2, 3'd0);
    cycle(2'd3, 28'h006, pattern(77, 6), 8'd1, 3'd0);
    cycle(2'd3, 28'h007, pattern(77, 7), 8'd1, 3'd0);
    cycle(2'd1, 28'h4, 32'd8, 8'd1, 3'd0);
    cycle(2'd1, 28'h5, 32'd0, 8'd1, 3'd0);
    cycle(2'd1, 28'h5, 32'd0, 8'd1, 3'd3);          // not free
    cycle(2'd3, 28'h000, 32'hFFFFFFFF, 8'd4, 3'd0); // dropped
    cycle(2'd0, 28'h0, 32'd0, 8'd1, 3'd0);
    check(t_got[0] === 8'h00, "not RX_FREE");
    await(1'b1, 20);
    look(1'b1);
    cycle(2'd3, 28'h000, 32'hFFFFFFFF, 8'd4, 3'd0); // dropped, too
    look(1'b1);
    free(1'b1);
    ticks(1'b1, 20);
    cycle(2'd0, 28'h0, 32'd0, 8'd1, 3'd0);
    check(t_got[0] === 8'h01, "RX_FREE again");
    // The frame the target sends: nothing past its end, nothing before the offer, nothing after TXACK.
    cycle(2'd2, 28'h1000, 32'd0, 8'd128, 3'd0);
    for (i = 0; i < 128; i = i + 1) check(t_got[i] === 8'hFF, "no frame, no bytes");
    offer(1'b1, 200, 78);
    ticks(1'b1, 20);
    cycle(2'd0, 28'h0, 32'd0, 8'd1, 3'd0);
    check(t_got[0] === 8'h03, "TX_READY");
    cycle(2'd0, 28'h2, 32'd0, 8'd1, 3'd0);
    check(t_got[0] === 8'd200, "TXLEN");
    for (j = 0; j < 6; j = j + 1) begin
      cycle(2'd2, 28'h1000 + 128 * j, 32'd0, 8'd128, 3'd0);
      for (i = 0; i < 128; i = i + 1)
        check(t_got[i] === ((128 * j + i < 200) ? pattern(78, 128 * j + i) : 8'hFF), "TX window");
    end
    cycle(2'd1, 28'h6, 32'd0, 8'd1, 3'd0);
    cycle(2'd1, 28'h6, 32'd0, 8'd1, 3'd3);
    cycle(2'd2, 28'h1000, 32'd0, 8'd128, 3'd0);
    check(t_got[0] === 8'hFF && t_got[100] === 8'hFF, "taken");
    await_sent(1'b1);
    // LRESET# and a stopped clock in the middle of an answer take LAD off at once.
    for (i = 1; i < 40; i = i + 1) begin
      tick(1'b0);
      t_op = 2'd2; t_addr = 28'h1000; t_size = 8'd128; t_start = 1'b1;
      tick(1'b0);
      t_start = 1'b0;
      ticks(1'b0, i);
      if (i & 1) begin
        t_reset_n = 1'b0;
        #1 check(!lk_oe[1], "LRESET# lets go");
      end else begin
        if (i & 2) begin         // the link clock stops where it is
          @(negedge clk[0]) third = 1'b0;
          tick(1'b0);
        end
        enable[1] = 1'b0;
        #1 check(!lk_oe[1], "enable lets go");
        ticks(1'b1, 8);
        enable[1] = 1'b1;
        ticks(1'b1, 8);
        check(!lk_oe[1], "silent until LRESET#");
        third = 1'b1;
        t_reset_n = 1'b0;
      end
      while (t_busy) tick(1'b0);
      ticks(1'b0, 20);
      t_reset_n = 1'b1;
      cycle(2'd0, 28'h0, 32'd0, 8'd1, 3'd0);
      check(t_got[0] === 8'h01, "works again");
    end

    // A partner whose clock is sixty times ours hands over 512 bytes, resets the target before we have
    // looked, and puts another length where the first one was: no frame of a length that does not exist.
    plugged = 1'b0;
    mounted = 2'b00;
    enable = 2'b00;
    half0 = 1000;
    half1 = 60100;
    ticks(1'b1, 4);
    for (i = 0; i < 60; i = i + 1) begin
      plugged = 1'b1;
      mounted[1] = 1'b1;
      t_reset_n = 1'b0;
      control(1'b1, 1'b0, 1'b1);
      ticks(1'b1, 8);
      t_reset_n = 1'b1;
      ticks(1'b1, 8);
      cycle(2'd1, 28'h4, 32'h00, 8'd1, 3'd0);
      cycle(2'd1, 28'h5, 32'h02, 8'd1, 3'd0);
      ticks(1'b0, i);
      t_reset_n = 1'b0;
      ticks(1'b0, 2);
      t_reset_n = 1'b1;
      ticks(1'b0, 4);
      t_op = 2'd1; t_addr = 28'h0A04; t_wdata = 32'hFF; t_size = 8'd1; t_start = 1'b1;
      tick(1'b0);
      t_start = 1'b0;
      ticks(1'b1, 10);
      check(rx_len[1] <= 10'd512 && rx_valid[1] == (rx_len[1] != 10'd0), "a length that exists");
      rx_ack[1] = 1'b1;
      tick(1'b1);
      rx_ack[1] = 1'b0;
      plugged = 1'b0;
      mounted = 2'b00;
      enable = 2'b00;
      ticks(1'b1, 4);
    end
    third = 1'b0;

    // Lengths around every power of two and some between, both ways at once, at clocks that drift
    // through each other.
    half0 = 15000;
    half1 = 13700;
    bring_up(1'b0);
    for (n = 1; n <= 512; n = (n % 128 >= 126 || n % 128 < 5) ? n + 1 : n + 31) begin
      fork
        begin offer(1'b0, n, 2 * n); await(1'b0, 20000); look(1'b0); end
        begin offer(1'b1, 513 - n, 2 * n + 1); await(1'b1, 20000); look(1'b1); end
      join
      await_sent(1'b0);
      await_sent(1'b1);
      fork free(1'b0); free(1'b1); join
    end
    check(err == 2'b00, "no error");

    // Not taken: no second frame comes, the sender stays busy; what is refused is refused.
    offer(1'b0, 7, 901);
    await(1'b1, 20000);
    await_sent(1'b0);
    look(1'b1);
    fork
      offer(1'b0, 9, 902);
    join
    ticks(1'b0, 2000);
    check(tx_busy[0], "waits for room");
    check(err == 2'b00, "and asks for none before it is there");
    sent[0] = 901; size[0] = 7;
    look(1'b1);
    // Busy: writes and a second send are ignored.
    tick(1'b0);
    tx_we[0] = 1'b1; tx_addr[0] = 9'd0; tx_wbytes[0] = 3'd4; tx_wdata[0] = 32'h55555555;
    tick(1'b0);
    tx_we[0] = 1'b0;
    tx_len[0] = 10'd3; tx_send[0] = 1'b1;
    tick(1'b0);
    tx_send[0] = 1'b0;
    sent[0] = 902; size[0] = 9;
    free(1'b1);
    await(1'b1, 20000);
    look(1'b1);
    free(1'b1);
    ticks(1'b0, 500);
    check(!tx_busy[0] && !rx_valid[1], "one frame only");
    for (i = 0; i < 1024; i = i + 511) begin  // 0, 511, 1022
      tx_len[0] = (i == 511) ? 10'd513 : i;
      tx_send[0] = 1'b1;
      tick(1'b0);
      tx_send[0] = 1'b0;
      tick(1'b0);
      check(!tx_busy[0], "length refused");
    end
    unmount;

    // Both roles at several ratios of the clocks.
    for (r = 0; r < 7; r = r + 1) begin
      case (r)
        0: begin half0 = 15000; half1 = 15000; end
        1: begin half0 = 15000; half1 = 15001; end
        2: begin half0 = 15000; half1 = 41000; end
        3: begin half0 = 41000; half1 = 15000; end
        4: begin half0 = 15000; half1 = 7300; end
        5: begin half0 = 15000; half1 = 60100; end
        default: begin half0 = 14000; half1 = 15500; end
      endcase
      for (j = 0; j < 2; j = j + 1) begin
        bring_up(j);
        for (i = 0; i < 7; i = i + 1) begin
          n = (i == 0) ? 1 : (i == 1) ? 512 : (i == 2) ? 128 : (i == 3) ? 129 : 1 + ($random & 32'h3F);
          seed = seed + 1;
          one_way(i & 1, n, seed);
        end
        check(err == 2'b00, "no error");
        unmount;
        sweep;
      end
    end
    half0 = 15000;
    half1 = 13700;

    // The partner comes late, or goes: named, but not before it was there.
    mount;
    control(1'b0, 1'b1, 1'b1);
    ticks(1'b0, 3000);
    check(err == 2'b00, "a partner not yet there is no error");
    control(1'b1, 1'b0, 1'b1);
    one_way(1'b0, 33, 700);
    one_way(1'b1, 34, 701);
    check(err == 2'b00, "no error");
    control(1'b1, 1'b0, 1'b0);
    ticks(1'b0, 500);
    check(err == 2'b01, "a partner that went is an error");
    control(1'b1, 1'b0, 1'b1);
    one_way(1'b0, 35, 702);
    one_way(1'b1, 36, 703);
    check(err == 2'b01, "error stays");
    control(1'b0, 1'b1, 1'b0);
    ticks(1'b0, 5);
    check(err == 2'b01, "until enabled anew");
    control(1'b0, 1'b1, 1'b1);
    ticks(1'b0, 3);
    check(err == 2'b00, "enabled anew");
    one_way(1'b1, 37, 704);
    unmount;
    bring_up(1'b0);  // nobody ever answers: an error after so many polls
    control(1'b1, 1'b0, 1'b0);
    ticks(1'b0, 3000);
    gen_side[0].u_link.u_engine.tries_q = 12'd4095 - 12'd40;  // most of the polls have passed
    ticks(1'b0, 30 * 96);
    check(err == 2'b00, "not yet");
    ticks(1'b0, 41 * 136);
    check(err == 2'b01, "nobody answers");
    control(1'b1, 1'b0, 1'b1);
    one_way(1'b1, 38, 705);
    unmount;

    // Unmount in the middle of frames, both ways under way, both roles.
    for (i = 0; i < 40; i = i + 1) begin
      bring_up(i & 1);
      seed = seed + 2;
      when = ($random & 32'h1FFF) / ((i % 3 == 0) ? 1 : 3);
      fork
        offer(1'b0, 1 + ($random & 32'hFF), seed);
        offer(1'b1, 1 + ($random & 32'hFF), seed + 1);
      join
      ticks(i >> 1, when);
      unmount;
      sweep;
      // What is there now is there for good, and nothing of the old frames comes later.
      if (i % 4 == 0) begin
        bring_up(~i & 1);
        ticks(1'b0, 600);
        check(rx_valid == 2'b00 && err == 2'b00, "nothing left over");
        one_way(i >> 2, 1 + (i % 40), 3000 + i);
        check(err == 2'b00, "clean");
        unmount;
      end
    end
    // A received frame stays over an unmount, and the next one waits for it.
    bring_up(1'b0);
    offer(1'b0, 20, 801);
    await(1'b1, 20000);
    unmount;
    look(1'b1);
    bring_up(1'b1);
    offer(1'b0, 21, 802);
    ticks(1'b0, 3000);
    check(tx_busy[0], "waits");
    sent[0] = 801; size[0] = 20;
    look(1'b1);
    sent[0] = 802; size[0] = 21;
    free(1'b1);
    await(1'b1, 20000);
    look(1'b1);
    free(1'b1);
    unmount;

    // Enables and roles change in the middle of frames; both are host at times.
    may_clash = 1'b1;
    for (i = 0; i < 40; i = i + 1) begin
      bring_up(i & 1);
      seed = seed + 2;
      fork
        offer(1'b0, 1 + ($random & 32'h7F), seed);
        offer(1'b1, 1 + ($random & 32'h7F), seed + 1);
      join
      ticks(i >> 1, $random & 32'h3FF);
      case (i % 5)
        0: control(1'b0, host[0], 1'b0);
        1: control(1'b1, host[1], 1'b0);
        2: control(1'b0, !host[0], 1'b1);
        3: control(1'b1, !host[1], 1'b1);
        default: host = ~host;
      endcase
      // Off at once; a change of role stops that side for a clock.
      #1 if (i % 5 != 4) check(!lk_oe[(i%5)&1] && !lk_host[(i%5)&1], "off at once");
      else check(lk_oe == 2'b00 && lk_host == 2'b00, "both off at once");
      ticks(i >> 1, $random & 32'h3FF);
      // Two hosts carry nothing; a frame that came before that is whole.
      sweep;
      control(1'b0, 1'b0, 1'b0);
      control(1'b1, 1'b0, 1'b0);
      ticks(1'b0, 30);
      ticks(1'b1, 30);
      sweep;
      bring_up(i >> 2);
      one_way(i, 1 + (i % 30), 4000 + i);
      check(err == 2'b00, "clean");
      unmount;
    end

    // Noise on LAD: afterwards frames pass again.
    for (i = 0; i < 10; i = i + 1) begin
      bring_up(i & 1);
      offer(~i >> 1, 60, 5000 + i);
      ticks(1'b0, 100 + ($random & 32'hFF));
      repeat (10) begin
        noise_en = $random;
        noise = $random;
        ticks(1'b0, $random & 3);
      end
      noise_en = 4'h0;
      // The frame may have been hit: only that it ends is promised.
      ticks(1'b0, 4000);
      if (rx_valid[0]) free(1'b0);
      if (rx_valid[1]) free(1'b1);
      ticks(1'b0, 1500);
      if (rx_valid[0]) free(1'b0);
      if (rx_valid[1]) free(1'b1);
      check(tx_busy == 2'b00, "ends");
      one_way(i, 50, 6000 + i);
      unmount;
    end
    may_clash = 1'b0;


    $display("%0d checks", checks);
    $finish;
  end

  initial begin : watchdog
    repeat (2000) #1_000_000_000;
    $display("hung");
    $fatal(1);
  end
endmodule
`default_nettype wire
