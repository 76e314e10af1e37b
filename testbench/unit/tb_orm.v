// tb_orm.v - unit bench of orm: two of them on one data bus, clocks of their own, torn power cuts.
//
// Run      sh testbench/unit/run.sh orm: all but the cuts, which testbench/tests/orm.rs makes at every clock.
// Options  +cuts cuts in every write (minutes), +every at every clock as well; +seed=N other latencies
//          and torn words.
// Model    nonvolatile memory answers after 1 to 2 clocks (cost figures) or 1 to 6 (everything else);
//          a cut leaves the word in flight old, new, zero, random, or mixed bit by bit.
// Ends     "N checks" and exit 0, or the failed checks and $fatal.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "opera_regs.vh"

// One wallet's ORM with its AES engine, nonvolatile memory, and a way to cut its power.
module tb_orm_side #(
    parameter ISSUER = 0,
    parameter HALF = 15,                      // half a clock
    parameter [127:0] KEY = 128'd0
) (
    output wire [7:0] db_data_o,
    output wire       db_req_o,
    output wire       db_frame_o,
    output wire       db_ack_o,
    output wire       db_oe_o,
    input  wire [7:0] db_data_i,
    input  wire       db_req_i,
    input  wire       db_frame_i,
    input  wire       db_ack_i
);
  reg clk;
  reg freeze;                                 // stops the domain's clock, not the free one
  reg rst_n;
  reg cmd;
  reg [7:0] op_code, sess;
  reg [15:0] k, slot;
  reg [31:0] value;
  reg [127:0] ptk;
  reg [6:0] out_addr;
  reg press_we;
  reg [4:0] press_addr;
  reg [31:0] press_wdata;
  reg scrub;
  wire busy, error, scrub_done;
  wire [7:0] err, sess_state, entry_state, out_rdata;
  wire [7:0] ptk_byte, sess_byte;
  reg [3:0] key_addr;
  // All of what sess_o would show; the check of sess_byte holds the view against the port.
  wire [31:0] sess_ctr = dut.u_seq.open_q ? swap(dut.u_sess.mem[0]) : 32'd0;
  wire [31:0] sess_range = dut.u_seq.open_q ? swap(dut.u_sess.mem[1]) : 32'd0;
  wire [15:0] sess_base = sess_range[15:0], sess_n = sess_range[31:16];
  // All of what ptk_o would show; the check of ptk_byte holds the view against the port.
  wire [127:0] ptk_out = dut.u_seq.show_q
      ? {dut.u_key.mem[0], dut.u_key.mem[1], dut.u_key.mem[2], dut.u_key.mem[3]} : 128'd0;
  wire nv_req, nv_we;
  wire [16:0] nv_addr;
  wire [31:0] nv_wdata;
  reg nv_ack;
  reg [31:0] nv_rdata;
  wire aes_start, aes_valid, aes_done, aes_clear, aes_busy;
  wire [1:0] aes_word, aes_next;
  wire [31:0] aes_key, aes_block, aes_result;
  reg [31:0] ptk_word;
  always @(posedge clk) ptk_word <= ptk[{~aes_next, 5'd0}+:32];
  reg [7:0] data1, data2;
  reg req1, req2, frame1, frame2, ack1, ack2;

  initial begin
    clk = 1'b0;
    forever #HALF clk = ~clk;
  end
  wire clk_dom = clk && !freeze;

  orm #(
      .ISSUER (ISSUER),
      .TIMEOUT(24'd4000)
  ) dut (
      .clk_i        (clk_dom),
      .clk_free_i   (clk),
      .rst_ni       (rst_n),
      .device_key_i (KEY),
      .cmd_i        (cmd),
      .op_i         (op_code),
      .sess_i       (sess),
      .k_i          (k),
      .slot_i       (slot),
      .value_i      (value),
      .ptk_i        (ptk_word),
      .busy_o       (busy),
      .error_o      (error),
      .err_o        (err),
      .sess_state_o (sess_state),
      .key_addr_i   (key_addr),
      .sess_o       (sess_byte),
      .ptk_o        (ptk_byte),
      .entry_state_o(entry_state),
      .out_addr_i   (out_addr),
      .out_rdata_o  (out_rdata),
      .press_we_i   (press_we),
      .press_addr_i (press_addr),
      .press_wdata_i(press_wdata),
      .nv_req_o     (nv_req),
      .nv_we_o      (nv_we),
      .nv_addr_o    (nv_addr),
      .nv_wdata_o   (nv_wdata),
      .nv_ack_i     (nv_ack),
      .nv_rdata_i   (nv_rdata),
      .aes_start_o  (aes_start),
      .aes_key_o    (aes_key),
      .aes_block_o  (aes_block),
      .aes_word_i   (aes_word),
      .aes_next_i   (aes_next),
      .aes_valid_i  (aes_valid),
      .aes_done_i   (aes_done),
      .aes_result_i (aes_result),
      .aes_clear_o  (aes_clear),
      .db_data_o    (db_data_o),
      .db_oe_o      (db_oe_o),
      .db_req_o     (db_req_o),
      .db_frame_o   (db_frame_o),
      .db_ack_i     (ack2),
      .db_data_i    (data2),
      .db_req_i     (req2),
      .db_frame_i   (frame2),
      .db_ack_o     (db_ack_o),
      .scrub_i      (scrub),
      .scrub_done_o (scrub_done)
  );
  aes128 u_aes (
      .clk_i   (clk_dom),
      .rst_ni  (rst_n),
      .start_i (aes_start),
      .key_i   (aes_key),
      .block_i (aes_block),
      .clear_i (aes_clear),
      .word_o  (aes_word),
      .next_o  (aes_next),
      .busy_o  (aes_busy),
      .valid_o (aes_valid),
      .done_o  (aes_done),
      .result_o(aes_result)
  );

  // ---- synchronisers, as the wallet has them
  always @(posedge clk) begin
    {data2, data1} <= {data1, db_data_i};
    {req2, req1} <= {req1, db_req_i};
    {frame2, frame1} <= {frame1, db_frame_i};
    {ack2, ack1} <= {ack1, db_ack_i};
  end

  // ---- nonvolatile memory, undo log for the cut loops, tearing
  reg [31:0] nv[0:131071];
  reg [16:0] undo_addr[0:8191];
  reg [31:0] undo_old[0:8191];
  integer undo_n;
  integer latency_max;
  integer wait_n;
  integer seed;
  integer cut_write;                          // cut in this write counted from arming, -1 never
  integer cut_clock;                          // cut at this clock, -1 never
  integer writes;
  integer clocks;
  integer tear;                               // 0 old, 1 new, 2 zero, 3 random, 4 mixed bits
  reg cut_done;
  reg mute;                                   // never answers
  reg [16:0] stuck;                           // this address does not take
  reg stuck_en;                               // zero
  reg lost_en;                                // anything
  reg saw_ptk;                                // ptk_o was not 0 since arming
  reg [31:0] noise;
  integer bus_faults;

  task put;                                   // one word, remembered
    input [16:0] a;
    input [31:0] d;
    begin
      undo_addr[undo_n] = a;
      undo_old[undo_n] = nv[a];
      undo_n = undo_n + 1;
      nv[a] = d;
    end
  endtask

  task keep;                                  // this state is the one restore goes back to
    undo_n = 0;
  endtask

  task restore;
    begin
      while (undo_n > 0) begin
        undo_n = undo_n - 1;
        nv[undo_addr[undo_n]] = undo_old[undo_n];
      end
    end
  endtask

  task tear_word;
    input [16:0] a;
    input [31:0] d;
    begin
      noise = $random(seed);
      case (tear)
        0: put(a, nv[a]);
        1: put(a, d);
        2: put(a, 32'd0);
        3: put(a, noise);
        default: put(a, (nv[a] & noise) | (d & ~noise));
      endcase
    end
  endtask

  // Cutting is a reset between two clocks: nothing of this clock happens any more.
  always @(negedge clk) if (rst_n) begin
    clocks = clocks + 1;
    if (ptk_out !== 128'd0) saw_ptk = 1'b1;
    if (clocks == cut_clock) begin
      cut_done = 1'b1;
      if (nv_req && nv_we && !nv_ack) tear_word(nv_addr, nv_wdata);
      rst_n = 1'b0;
    end
  end

  always @(posedge clk) begin : memory
    nv_ack <= 1'b0;
    nv_rdata <= 32'hDEAD_BEEF;                // only valid with ack
    if (!rst_n) wait_n = -1;
    else if (nv_req === 1'b1 && !nv_ack && !freeze) begin
      if (wait_n < 0) begin
        noise = $random(seed);
        wait_n = noise[15:0] % (latency_max + 1);
      end
      if (mute) wait_n = 1;
      if (wait_n > 0) wait_n = wait_n - 1;
      else begin
        wait_n = -1;
        nv_ack <= 1'b1;
        if (nv_we) begin
          writes = writes + 1;
          if (writes == cut_write) begin
            tear_word(nv_addr, nv_wdata);
            cut_done = 1'b1;
            rst_n = 1'b0;
            nv_ack <= 1'b0;
          end else if (!(nv_addr == stuck && (lost_en || (stuck_en && nv_wdata == 32'd0)))) put(nv_addr, nv_wdata);
        end else nv_rdata <= nv[nv_addr];
      end
    end
    // The request is held with stable address and data until it is answered, or has timed out.
    if (rst_n && !freeze && !mute) begin
      if (held_q && !ack_q && (nv_req !== 1'b1 || {nv_we, nv_addr, nv_wdata} !== what_q))
        bus_faults = bus_faults + 1;
      held_q <= nv_req;
      ack_q  <= nv_ack;
      what_q <= {nv_we, nv_addr, nv_wdata};
    end else held_q <= 1'b0;
  end
  reg held_q, ack_q;
  reg [49:0] what_q;

  integer n;
  initial begin
    for (n = 0; n < 131072; n = n + 1) nv[n] = 32'd0;
    undo_n = 0;
    latency_max = 5;
    wait_n = -1;
    seed = 1 + HALF;
    cut_write = -1;
    cut_clock = -1;
    writes = 0;
    clocks = 0;
    tear = 0;
    cut_done = 1'b0;
    mute = 1'b0;
    stuck = 17'd0;
    stuck_en = 1'b0;
    lost_en = 1'b0;
    saw_ptk = 1'b0;
    bus_faults = 0;
    freeze = 1'b0;
    rst_n = 1'b0;
    cmd = 1'b0;
    op_code = 8'd0;
    sess = 8'd0;
    k = 16'd0;
    slot = 16'd0;
    value = 32'd0;
    ptk = 128'd0;
    key_addr = 4'd0;
    out_addr = 7'd0;
    press_we = 1'b0;
    press_addr = 5'd0;
    press_wdata = 32'd0;
    scrub = 1'b0;
    nv_ack = 1'b0;
    held_q = 1'b0;
    ack_q = 1'b0;
    what_q = 50'd0;
  end

  // ---- commands
  integer spent;                              // clocks of the last operation
  reg hung;

  task arm;                                   // cut in write w or at clock c from now on
    input integer w;
    input integer c;
    input integer how;
    begin
      writes = 0;
      clocks = 0;
      cut_write = w;
      cut_clock = c;
      tear = how;
      cut_done = 1'b0;
      saw_ptk = 1'b0;
    end
  endtask

  task disarm;
    begin
      cut_write = -1;
      cut_clock = -1;
      cut_done = 1'b0;
    end
  endtask

  task settle_down;                           // until not busy or cut
    begin
      hung = 1'b0;
      spent = 0;
      @(negedge clk);
      while (busy && rst_n && spent < 2000000) begin
        spent = spent + 1;
        @(negedge clk);
      end
      if (rst_n && busy) hung = 1'b1;
    end
  endtask

  task power_up;                              // reset, then wait for the replay (which may be cut)
    begin
      rst_n = 1'b0;
      repeat (3) @(negedge clk);
      rst_n = 1'b1;
      settle_down;
    end
  endtask

  // All that may hold key material when nothing runs: the engine's memories and its last key word, the
  // key buffer. They are overwritten by counters, so they get ten clocks.
  reg [31:0] left;
  integer left_n;
  task look_for_keys;
    begin
      repeat (10) @(negedge clk);
      left = u_aes.last_q;
      for (left_n = 0; left_n < 8; left_n = left_n + 1)
        left = left | dut.u_key.mem[left_n] | u_aes.u_key.mem[left_n % 4]
            | {u_aes.gen_row[0].u_state.mem[left_n], u_aes.gen_row[1].u_state.mem[left_n],
               u_aes.gen_row[2].u_state.mem[left_n], u_aes.gen_row[3].u_state.mem[left_n]};
    end
  endtask

  task run;
    input [7:0] code;
    input [7:0] s;
    input [15:0] kk;
    input [15:0] sl;
    begin
      @(negedge clk);
      op_code = code;
      sess = s;
      k = kk;
      slot = sl;
      cmd = 1'b1;
      @(negedge clk);
      cmd = 1'b0;
      if (rst_n) settle_down;
    end
  endtask

  task press_word;
    input [4:0] a;
    input [31:0] d;
    begin
      @(negedge clk);
      press_we = 1'b1;
      press_addr = a;
      press_wdata = d;
      @(negedge clk);
      press_we = 1'b0;
    end
  endtask

  reg [31:0] out_word;
  task read_out;                              // word w of the output buffer
    input [4:0] w;
    integer b;
    for (b = 0; b < 4; b = b + 1) begin
      out_addr = {w, 2'd0} + b;
      @(negedge clk);
      @(negedge clk);
      out_word[8*b+:8] = out_rdata;
    end
  endtask
endmodule

module tb_orm;
  localparam [127:0] KEY_A = 128'h00112233_44556677_8899aabb_ccddeeff;
  localparam [127:0] KEY_B = 128'h0f1e2d3c_4b5a6978_8796a5b4_c3d2e1f0;
  localparam [16:0] JC = `OPERA_NV_JOURNAL_BASE + 17'd2;

  wire [7:0] a_data, b_data;
  wire a_req, b_req, a_frame, b_frame, a_ack, b_ack, a_oe, b_oe;
  reg cut_wire;                               // a frame is cut short on the connector

  tb_orm_side #(.ISSUER(1), .HALF(15), .KEY(KEY_A)) a (
      .db_data_o(a_data), .db_req_o(a_req), .db_frame_o(a_frame), .db_ack_o(a_ack), .db_oe_o(a_oe),
      .db_data_i(b_oe ? b_data : 8'hFF), .db_req_i(b_req), .db_frame_i(b_frame), .db_ack_i(b_ack)
  );
  tb_orm_side #(.ISSUER(0), .HALF(17), .KEY(KEY_B)) b (
      .db_data_o(b_data), .db_req_o(b_req), .db_frame_o(b_frame), .db_ack_o(b_ack), .db_oe_o(b_oe),
      .db_data_i(a_oe ? a_data : 8'hFF), .db_req_i(a_req && !cut_wire),
      .db_frame_i(a_frame && !cut_wire), .db_ack_i(a_ack)
  );

  // ---- reference cipher: an engine that testbench/tests/aes.rs holds against FIPS 197
  reg r_clk, r_rst_n, r_start;
  reg [127:0] r_key, r_block;
  wire r_done, r_busy;
  wire [127:0] r_result;
  initial begin
    r_clk = 1'b0;
    forever #1 r_clk = ~r_clk;
  end
  aes128_whole u_ref (
      .clk_i(r_clk), .rst_ni(r_rst_n), .start_i(r_start), .key_i(r_key), .block_i(r_block),
      .clear_i(1'b0), .busy_o(r_busy), .done_o(r_done), .result_o(r_result)
  );

  task cipher;
    input [127:0] ck;
    input [127:0] cb;
    begin
      @(negedge r_clk);
      r_key = ck;
      r_block = cb;
      r_start = 1'b1;
      @(negedge r_clk);
      r_start = 1'b0;
      while (!r_done) @(negedge r_clk);
    end
  endtask

  function [31:0] swap;
    input [31:0] x;
    swap = {x[7:0], x[15:8], x[23:16], x[31:24]};
  endfunction

  reg [127:0] want_ptk;
  reg [31:0] ks[0:23];                        // keystream of an entry, little-endian words
  task derive;                                // PTK of counter c under device key
    input [127:0] dk;
    input [31:0] c;
    begin
      cipher(dk, {"PTK", 40'd0, 32'd0, c});
      want_ptk = r_result;
    end
  endtask
  task stream;                                // of entry kk under want_ptk
    input [15:0] kk;
    integer j;
    for (j = 0; j < 6; j = j + 1) begin
      cipher(want_ptk, {"T", 72'd0, kk, 24'd0, 8'd0 | j[7:0]});
      ks[4*j] = swap(r_result[127:96]);
      ks[4*j+1] = swap(r_result[95:64]);
      ks[4*j+2] = swap(r_result[63:32]);
      ks[4*j+3] = swap(r_result[31:0]);
    end
  endtask

  function [31:0] token;                      // word w of token t, little endian
    input integer t;
    input integer w;
    token = (w == 6) ? swap(32'd10 * (t + 1)) : (32'h9E3779B9 * (t * 24 + w + 1)) ^ 32'h3150544F;
  endfunction

  // ---- checks
  integer checks, errors;
  task check;
    input ok;
    input [8*64-1:0] what;
    begin
      checks = checks + 1;
      if (ok !== 1'b1) begin
        errors = errors + 1;
        if (errors <= 60) $display("FAIL %0t %0s", $time, what);
      end
    end
  endtask

  task ok_a;
    input [7:0] code;
    input [7:0] s;
    input [15:0] kk;
    input [15:0] sl;
    begin
      a.run(code, s, kk, sl);
      checks = checks + 1;
      if (a.hung || a.err !== 8'd0 || a.error !== 1'b0) begin
        errors = errors + 1;
        $display("FAIL %0t a op %h s %0d k %0d slot %0d: err %h hung %b", $time, code, s, kk, sl, a.err, a.hung);
      end
    end
  endtask
  task ok_b;
    input [7:0] code;
    input [7:0] s;
    input [15:0] kk;
    input [15:0] sl;
    begin
      b.run(code, s, kk, sl);
      checks = checks + 1;
      if (b.hung || b.err !== 8'd0 || b.error !== 1'b0) begin
        errors = errors + 1;
        $display("FAIL %0t b op %h s %0d k %0d slot %0d: err %h hung %b", $time, code, s, kk, sl, b.err, b.hung);
      end
    end
  endtask

  integer before_undo, u;
  task no_a;                                  // refused with this error, and not one word changed
    input [7:0] code;
    input [7:0] s;
    input [15:0] kk;
    input [15:0] sl;
    input [7:0] want;
    begin
      a.keep;
      a.run(code, s, kk, sl);
      checks = checks + 1;
      if (a.hung || a.err !== want || a.error !== 1'b1 || a.undo_n != 0 || a.ptk_out !== 128'd0) begin
        errors = errors + 1;
        $display("FAIL %0t a op %h s %0d k %0d slot %0d: err %h, wanted %h; %0d writes", $time, code, s, kk, sl,
                 a.err, want, a.undo_n);
      end
    end
  endtask
  task no_b;
    input [7:0] code;
    input [7:0] s;
    input [15:0] kk;
    input [15:0] sl;
    input [7:0] want;
    begin
      b.keep;
      b.run(code, s, kk, sl);
      checks = checks + 1;
      if (b.hung || b.err !== want || b.error !== 1'b1 || b.undo_n != 0 || b.ptk_out !== 128'd0) begin
        errors = errors + 1;
        $display("FAIL %0t b op %h s %0d k %0d slot %0d: err %h, wanted %h; %0d writes", $time, code, s, kk, sl,
                 b.err, want, b.undo_n);
      end
    end
  endtask

  // Entry `abs` of a side holds token t under ks; slot is all zero; and the like.
  reg good;
  integer w;
  task entry_is_b;
    input integer abs;
    input integer t;
    begin
      good = 1'b1;
      for (w = 0; w < 24; w = w + 1)
        if (b.nv[`OPERA_NV_TB_BASE + 32 * abs + 8 + w] !== (token(t, w) ^ ks[w])) good = 1'b0;
    end
  endtask
  task entry_is_a;
    input integer abs;
    input integer t;
    begin
      good = 1'b1;
      for (w = 0; w < 24; w = w + 1)
        if (a.nv[`OPERA_NV_TB_BASE + 32 * abs + 8 + w] !== (token(t, w) ^ ks[w])) good = 1'b0;
    end
  endtask
  task zero_b;                                // 32 words from base
    input integer base;
    begin
      good = 1'b1;
      for (w = 0; w < 32; w = w + 1) if (b.nv[base+w] !== 32'd0) good = 1'b0;
    end
  endtask
  task zero_a;
    input integer base;
    begin
      good = 1'b1;
      for (w = 0; w < 32; w = w + 1) if (a.nv[base+w] !== 32'd0) good = 1'b0;
    end
  endtask
  task clear_b;                               // no plain word of token t in this record
    input integer base;
    input integer t;
    integer v;
    begin
      good = 1'b1;
      for (w = 0; w < 32; w = w + 1)
        for (v = 0; v < 24; v = v + 1) if (v != 6 && b.nv[base+w] === token(t, v)) good = 1'b0;
    end
  endtask

  task press;                                 // token t into entry kk of session s of the mint
    input [7:0] s;
    input [15:0] kk;
    input integer t;
    begin
      stream(kk);
      for (w = 0; w < 24; w = w + 1) a.press_word(w, token(t, w) ^ ks[w]);
      a.value = 32'd10 * (t + 1);
      ok_a(`OPERA_OP_PRESS, s, kk, 16'd0);
    end
  endtask

  task transfer;                              // a sends (sa, ka), b receives (sb, kb)
    input [7:0] sa;
    input [15:0] ka;
    input [7:0] sb;
    input [15:0] kb;
    fork
      a.run(`OPERA_OP_SEND, sa, ka, 16'd0);
      b.run(`OPERA_OP_RECEIVE, sb, kb, 16'd0);
    join
  endtask
  task transfer_back;
    input [7:0] sb;
    input [15:0] kb;
    input [7:0] sa;
    input [15:0] ka;
    fork
      b.run(`OPERA_OP_SEND, sb, kb, 16'd0);
      a.run(`OPERA_OP_RECEIVE, sa, ka, 16'd0);
    join
  endtask

  // The bus never has two drivers, and a side that is reset drives nothing after a clock.
  integer fights;
  always @(a_oe or b_oe) if (a_oe === 1'b1 && b_oe === 1'b1) fights = fights + 1;

  // ---- power cuts on side b ------------------------------------------------------------------------
  // The world is kept; each round restores it, runs one operation, cuts, tears, powers up (half of the
  // rounds are cut again during the replay), and then looks where the token is.
  integer places, cuts, variant, step, stride, limit, total_writes, total_clocks, tok, abs_e, slot_n;
  integer again;
  reg committed;
  reg by_clock;
  reg [7:0] c_op, c_sess;
  reg [15:0] c_k, c_slot;
  reg [31:0] max_ctr;

  task locate;                                // where is the token: slot, entry, how many
    begin
      places = 0;
      if (b.nv[`OPERA_NV_REPO_BASE+32*slot_n] === `OPERA_NV_SLOT_VALID) places = places + 1;
      if (b.nv[`OPERA_NV_TB_BASE+32*abs_e] === `OPERA_NV_ENTRY_STAGED
          || b.nv[`OPERA_NV_TB_BASE+32*abs_e] === `OPERA_NV_ENTRY_RECEIVED) places = places + 1;
    end
  endtask

  task reboot;                                // perhaps cut in the replay, then a whole one
    begin
      b.disarm;
      if (again != 0) begin
        b.arm((again % 40) + 1, -1, again % 5);
        b.power_up;
        if (b.cut_done) cuts = cuts + 1;
        b.disarm;
      end
      b.power_up;
      check(!b.hung && b.err === 8'd0, "power-up after a cut ends without error");
      check(b.nv[JC] !== `OPERA_NV_CODE_YES, "journal is clear after power-up");
    end
  endtask

  // Variables c_* and tok, abs_e, slot_n say what is cut.
  task one_cut;
    begin
      b.restore;
      b.run(c_op, c_sess, c_k, c_slot);
      if (b.cut_done) begin
        cuts = cuts + 1;
        again = (cuts % 3 == 0) ? 1 + (cuts * 7) % 997 : 0;
        reboot;
        after_cut;
      end
    end
  endtask

  task cut_all;                               // in every write, five ways; then at clocks
    begin
      b.keep;
      b.disarm;
      b.arm(-1, -1, 0);
      b.run(c_op, c_sess, c_k, c_slot);
      check(b.err === 8'd0 && !b.hung, "the operation to be cut works");
      total_writes = b.writes;
      total_clocks = b.clocks + 1;
      for (step = 1; step <= total_writes; step = step + 1)
        for (variant = 0; variant < 5; variant = variant + 1) begin
          b.restore;
          b.power_up;
          b.arm(step, -1, variant);
          one_cut;
        end
      for (step = 1; step <= total_clocks; step = step + stride) begin
        b.restore;
        b.power_up;
        b.arm(-1, step, step % 5);
        one_cut;
      end
      b.restore;
      b.disarm;
      b.power_up;
    end
  endtask

  // What must hold after a cut of c_op and a power-up, and that the payment can go on from there.
  task after_cut;
    case (c_op)
      `OPERA_OP_STAGE: begin
        locate;
        check(places == 1, "STAGE cut: token in exactly one place");
        if (b.nv[`OPERA_NV_REPO_BASE+32*slot_n] === `OPERA_NV_SLOT_VALID) begin
          b.run(c_op, c_sess, c_k, c_slot);
          check(b.err === 8'd0, "STAGE cut: can be done again");
        end
        stream(c_k);
        entry_is_b(abs_e, tok);
        check(good, "STAGE cut: entry is the token");
        check(b.nv[`OPERA_NV_TB_BASE+32*abs_e] === `OPERA_NV_ENTRY_STAGED, "STAGE cut: staged");
        check(b.nv[`OPERA_NV_TB_BASE+32*abs_e+1] === 32'd10 * (tok + 1), "STAGE cut: value");
        zero_b(`OPERA_NV_REPO_BASE + 32 * slot_n);
        check(good, "STAGE cut: slot is zero");
      end
      `OPERA_OP_SETTLE: begin
        locate;
        check(places == 1, "SETTLE cut: token in exactly one place");
        if (b.nv[`OPERA_NV_REPO_BASE+32*slot_n] !== `OPERA_NV_SLOT_VALID) begin
          b.run(c_op, c_sess, c_k, c_slot);
          check(b.err === 8'd0, "SETTLE cut: can be done again");
        end
        locate;
        check(places == 1 && b.nv[`OPERA_NV_REPO_BASE+32*slot_n] === `OPERA_NV_SLOT_VALID, "SETTLE cut: in the slot");
        check(b.nv[`OPERA_NV_REPO_BASE+32*slot_n+1] === 32'd10 * (tok + 1), "SETTLE cut: value");
        zero_b(`OPERA_NV_TB_BASE + 32 * abs_e);
        check(good, "SETTLE cut: entry is zero");
        clear_b(`OPERA_NV_REPO_BASE + 32 * slot_n, tok);
        check(good, "SETTLE cut: slot is sealed");
      end
      `OPERA_OP_RELEASE: begin
        committed = b.saw_ptk;                // arm cleared it, the replay shows nothing
        b.run(`OPERA_OP_REFUND, c_sess, 16'd0, 16'd0);
        if (committed) check(b.err === `OPERA_ERR_VAULT, "RELEASE cut: PTK was shown, so no refund");
        check((b.nv[`OPERA_NV_SESS_BASE+32*c_sess+4] === `OPERA_NV_CODE_YES)
              != (b.nv[`OPERA_NV_SESS_BASE+32*c_sess+5] === `OPERA_NV_CODE_YES), "RELEASE cut: never both");
        check((b.err === 8'd0) == (b.nv[`OPERA_NV_SESS_BASE+32*c_sess+5] === `OPERA_NV_CODE_YES),
              "RELEASE cut: refund says what it did");
        b.run(`OPERA_OP_RELEASE, c_sess, 16'd0, 16'd0);
        check((b.err === 8'd0 && b.ptk_out === want_ptk)
              || (b.err === `OPERA_ERR_VAULT && b.ptk_out === 128'd0), "RELEASE cut: again, or refused");
      end
      `OPERA_OP_REFUND: begin
        committed = b.nv[`OPERA_NV_SESS_BASE+32*c_sess+5] === `OPERA_NV_CODE_YES;
        b.run(`OPERA_OP_RELEASE, c_sess, 16'd0, 16'd0);
        check(b.err === (committed ? `OPERA_ERR_VAULT : 8'd0), "REFUND cut: release only if not refunded");
        check((b.ptk_out !== 128'd0) != committed, "REFUND cut: PTK only if not refunded");
        b.run(`OPERA_OP_SETTLE, c_sess, c_k, 16'd9);
        check(b.err === (committed ? 8'd0 : `OPERA_ERR_VAULT), "REFUND cut: settles only if refunded");
      end
      `OPERA_OP_OPEN_PAYER, `OPERA_OP_OPEN_PAYEE: begin
        b.run(`OPERA_OP_SESSREAD, c_sess, 16'd0, 16'd0);
        check(b.err === 8'd0, "OPEN cut: can be read");
        if (b.sess_state[0]) begin
          check(b.sess_ctr > max_ctr && b.sess_base === c_k && b.sess_n === c_slot
                && b.sess_state === {6'd0, c_op == `OPERA_OP_OPEN_PAYER, 1'b1}, "OPEN cut: whole record");
          max_ctr = b.sess_ctr;
          b.run(`OPERA_OP_OPEN_PAYER, 8'd7, 16'd900, 16'd1);
        end else b.run(c_op, c_sess, c_k, c_slot);
        check(b.err === 8'd0 && b.sess_ctr > max_ctr, "OPEN cut: the next has a new counter");
        max_ctr = 0;
        for (w = 0; w < 8; w = w + 1)
          if (w != c_sess && w != 7 && b.nv[`OPERA_NV_SESS_BASE+32*w+3] === `OPERA_NV_CODE_YES
              && b.nv[`OPERA_NV_SESS_BASE+32*w] > max_ctr) max_ctr = b.nv[`OPERA_NV_SESS_BASE+32*w];
      end
      `OPERA_OP_CLOSE: begin
        b.run(`OPERA_OP_SESSREAD, c_sess, 16'd0, 16'd0);
        if (b.sess_state[5]) begin
          no_b_now(`OPERA_OP_STAGE, `OPERA_ERR_BAD_SESSION);
          no_b_now(`OPERA_OP_PEEK, `OPERA_ERR_BAD_SESSION);
        end
        if (b.sess_state[0]) begin
          b.run(`OPERA_OP_CLOSE, c_sess, 16'd0, 16'd0);
          check(b.err === 8'd0, "CLOSE cut: can be finished");
        end
        b.run(`OPERA_OP_SESSREAD, c_sess, 16'd0, 16'd0);
        check(b.sess_state === 8'd0, "CLOSE cut: closed");
        zero_b(`OPERA_NV_TB_BASE + 32 * abs_e);
        check(good, "CLOSE cut: entry is zero");
      end
      `OPERA_OP_KEYLOAD: begin
        b.run(`OPERA_OP_SESSREAD, c_sess, 16'd0, 16'd0);
        if (!b.sess_state[4]) begin
          b.run(`OPERA_OP_KEYLOAD, c_sess, 16'd0, 16'd0);
          check(b.err === 8'd0, "KEYLOAD cut: can be done again");
        end
        b.run(`OPERA_OP_SETTLE, c_sess, c_k, 16'd12);
        check(b.err === 8'd0 && b.nv[`OPERA_NV_REPO_BASE+32*12+1] === 32'd10 * (tok + 1),
              "KEYLOAD cut: the key is whole: SETTLE finds the value");
      end
      default: check(1'b0, "no rule for this operation");
    endcase
  endtask
  task session_bytes;                         // what the bus reads of a's session
    input [63:0] want;
    for (j = 0; j < 8; j = j + 1) begin
      a.key_addr = j;
      repeat (2) @(negedge a.clk);
      check(a.sess_byte === want[8*j+:8], "byte of the session");
    end
  endtask

  task no_b_now;
    input [7:0] code;
    input [7:0] want;
    begin
      b.run(code, c_sess, 16'd0, 16'd0);
      check(b.err === want && b.error === 1'b1, "CLOSE cut: only CLOSE goes on");
    end
  endtask

  integer i, j, found;
  integer every, quick;
  reg [31:0] ctr_a, ctr_b, ctr_c;
  reg [127:0] ptk_a, ptk_b;
  reg [31:0] old_words[0:31];

  initial begin
    checks = 0;
    errors = 0;
    fights = 0;
    cuts = 0;
    cut_wire = 1'b0;
    r_rst_n = 1'b0;
    r_start = 1'b0;
    every = $test$plusargs("every");
    quick = !every && !$test$plusargs("cuts");
    stride = every ? 1 : 13;
    #1;
    if ($value$plusargs("seed=%d", i)) begin
      a.seed = i;
      b.seed = i + 77;
    end
    repeat (3) @(negedge r_clk);
    r_rst_n = 1'b1;
    a.power_up;
    b.power_up;
    check(!a.hung && a.err === 8'd0 && !b.hung && b.err === 8'd0, "first power-up");
    check(a.ptk_out === 128'd0 && !a_oe && !a_req && !a_frame && !a_ack, "closed after power-up");

    // -- refusals on an empty ORM
    no_b(8'h00, 8'd0, 16'd0, 16'd0, `OPERA_ERR_BAD_OP);
    no_b(8'h0F, 8'd0, 16'd0, 16'd0, `OPERA_ERR_BAD_OP);
    no_b(8'hFF, 8'd0, 16'd0, 16'd0, `OPERA_ERR_BAD_OP);
    no_b(`OPERA_OP_PRESS, 8'd0, 16'd0, 16'd0, `OPERA_ERR_BAD_OP);
    no_b(`OPERA_OP_SESSREAD, 8'd8, 16'd0, 16'd0, `OPERA_ERR_BAD_SESSION);
    no_b(`OPERA_OP_OPEN_PAYER, 8'hFF, 16'd0, 16'd1, `OPERA_ERR_BAD_SESSION);
    for (i = 3; i <= 11; i = i + 1) no_b(i[7:0], 8'd2, 16'd0, 16'd0, `OPERA_ERR_BAD_SESSION);
    no_b(`OPERA_OP_OPEN_PAYER, 8'd0, 16'd0, 16'd0, `OPERA_ERR_BAD_RANGE);
    no_b(`OPERA_OP_OPEN_PAYER, 8'd0, 16'd0, 16'd1025, `OPERA_ERR_BAD_RANGE);
    no_b(`OPERA_OP_OPEN_PAYER, 8'd0, 16'd1024, 16'd1, `OPERA_ERR_BAD_RANGE);
    no_b(`OPERA_OP_OPEN_PAYEE, 8'd0, 16'hFFFF, 16'd1, `OPERA_ERR_BAD_RANGE);
    no_b(`OPERA_OP_OPEN_PAYEE, 8'd0, 16'hFFFF, 16'hFFFF, `OPERA_ERR_BAD_RANGE);
    no_b(`OPERA_OP_DIRSCAN, 8'd0, 16'd0, 16'd1024, `OPERA_ERR_BAD_SLOT);
    no_b(`OPERA_OP_DIRSCAN, 8'd0, 16'd0, 16'hFFE0, `OPERA_ERR_BAD_SLOT);

    // -- mint: PRESS
    ok_a(`OPERA_OP_OPEN_PAYER, 8'd0, 16'd4, 16'd3);
    check(a.sess_state === 8'h03 && a.sess_base === 16'd4 && a.sess_n === 16'd3 && a.sess_ctr === 32'd1, "OPEN");
    ctr_a = a.sess_ctr;
    derive(KEY_A, ctr_a);
    ptk_a = want_ptk;
    no_a(`OPERA_OP_OPEN_PAYER, 8'd0, 16'd100, 16'd1, `OPERA_ERR_BAD_SESSION);
    no_a(`OPERA_OP_OPEN_PAYEE, 8'd1, 16'd6, 16'd1, `OPERA_ERR_BAD_RANGE);
    no_a(`OPERA_OP_OPEN_PAYEE, 8'd1, 16'd0, 16'd5, `OPERA_ERR_BAD_RANGE);
    no_a(`OPERA_OP_OPEN_PAYEE, 8'd1, 16'd0, 16'd1024, `OPERA_ERR_BAD_RANGE);
    no_a(`OPERA_OP_KEYLOAD, 8'd0, 16'd0, 16'd0, `OPERA_ERR_BAD_SESSION);
    no_a(`OPERA_OP_RECEIVE, 8'd0, 16'd0, 16'd0, `OPERA_ERR_BAD_SESSION);
    no_a(`OPERA_OP_SEND, 8'd0, 16'd0, 16'd0, `OPERA_ERR_BAD_ENTRY);
    no_a(`OPERA_OP_SEND, 8'd0, 16'd3, 16'd0, `OPERA_ERR_BAD_ENTRY);
    no_a(`OPERA_OP_STAGE, 8'd0, 16'd0, 16'd5, `OPERA_ERR_BAD_SLOT);
    no_a(`OPERA_OP_STAGE, 8'd0, 16'd0, 16'd1024, `OPERA_ERR_BAD_SLOT);
    no_a(`OPERA_OP_SETTLE, 8'd0, 16'd0, 16'd0, `OPERA_ERR_VAULT);
    for (i = 0; i < 3; i = i + 1) press(8'd0, i, i);
    no_a(`OPERA_OP_PRESS, 8'd0, 16'd1, 16'd0, `OPERA_ERR_BAD_ENTRY);
    no_a(`OPERA_OP_PRESS, 8'd0, 16'd3, 16'd0, `OPERA_ERR_BAD_ENTRY);
    ok_a(`OPERA_OP_PEEK, 8'd0, 16'd2, 16'd0);
    check(a.entry_state === 8'd1, "PEEK state");
    stream(16'd2);
    for (i = 0; i < 24; i = i + 1) begin
      a.read_out(i);
      check(a.out_word === (token(2, i) ^ ks[i]), "PEEK word");
    end

    // -- payee: RECEIVE
    ok_b(`OPERA_OP_OPEN_PAYEE, 8'd0, 16'd0, 16'd3);
    check(b.sess_state === 8'h01, "OPEN payee");
    no_b(`OPERA_OP_SEND, 8'd0, 16'd0, 16'd0, `OPERA_ERR_BAD_SESSION);
    no_b(`OPERA_OP_STAGE, 8'd0, 16'd0, 16'd0, `OPERA_ERR_BAD_SESSION);
    no_b(`OPERA_OP_RELEASE, 8'd0, 16'd0, 16'd0, `OPERA_ERR_BAD_SESSION);
    no_b(`OPERA_OP_REFUND, 8'd0, 16'd0, 16'd0, `OPERA_ERR_BAD_SESSION);
    no_b(`OPERA_OP_RECEIVE, 8'd0, 16'd3, 16'd0, `OPERA_ERR_BAD_ENTRY);
    no_b(`OPERA_OP_RECEIVE, 8'd0, 16'd0, 16'd0, `OPERA_ERR_BUS_TIMEOUT);
    no_a(`OPERA_OP_SEND, 8'd0, 16'd0, 16'd0, `OPERA_ERR_BUS_TIMEOUT);
    repeat (3) @(negedge a.clk);              // the frame falls two clocks after busy
    check(!a_oe && !a_req && !a_frame, "bus let go after a time-out");
    b.keep;
    transfer(8'd0, 16'd1, 8'd0, 16'd0);
    check(b.err === `OPERA_ERR_BUS_FRAME && b.undo_n == 0, "wrong index is refused");
    check(a.err === `OPERA_ERR_BUS_TIMEOUT, "and its sender times out");
    for (i = 1; i < 98; i = i + 24) begin     // the connector breaks after some bytes
      b.keep;
      fork
        a.run(`OPERA_OP_SEND, 8'd0, 16'd0, 16'd0);
        b.run(`OPERA_OP_RECEIVE, 8'd0, 16'd0, 16'd0);
        begin
          repeat (i) @(posedge b_ack);
          cut_wire = 1'b1;
          #400000 cut_wire = 1'b0;
        end
      join
      check(b.err === `OPERA_ERR_BUS_FRAME && b.undo_n == 0, "short frame is refused, nothing moved");
      check(a.err === `OPERA_ERR_BUS_TIMEOUT, "sender of a short frame times out");
    end
    transfer(8'd0, 16'd0, 8'd0, 16'd0);
    check(a.err === 8'd0 && b.err === 8'd0, "transfer 0");
    $display("SEND/RECEIVE %0d clocks", b.spent);
    transfer(8'd0, 16'd0, 8'd0, 16'd0);
    check(a.err === 8'd0 && b.err === 8'd0, "transfer 0 again");
    transfer(8'd0, 16'd1, 8'd0, 16'd1);
    check(a.err === 8'd0 && b.err === 8'd0, "transfer 1");
    for (i = 0; i < 2; i = i + 1) begin
      stream(i);
      entry_is_b(i, i);
      check(good, "received what was pressed");
      check(b.nv[`OPERA_NV_TB_BASE+32*i] === `OPERA_NV_ENTRY_RECEIVED, "received state");
    end

    // -- release, key, settle
    no_b(`OPERA_OP_SETTLE, 8'd0, 16'd0, 16'd0, `OPERA_ERR_VAULT);
    no_a(`OPERA_OP_CLOSE, 8'd0, 16'd0, 16'd0, `OPERA_ERR_NOT_CLOSABLE);
    ok_a(`OPERA_OP_SESSREAD, 8'd0, 16'd0, 16'd0);
    check(a.ptk_out === 128'd0, "no PTK before RELEASE");
    ok_a(`OPERA_OP_RELEASE, 8'd0, 16'd0, 16'd0);
    check(a.ptk_out === ptk_a && a.sess_state === 8'h07, "RELEASE shows PTK");
    for (j = 0; j < 16; j = j + 1) begin
      a.key_addr = j;
      repeat (2) @(negedge a.clk);
      check(a.ptk_byte === ptk_a[8*(15-j)+:8], "byte of PTK");
    end
    session_bytes({16'd3, 16'd4, ctr_a});
    no_a(`OPERA_OP_REFUND, 8'd0, 16'd0, 16'd0, `OPERA_ERR_VAULT);
    no_a(`OPERA_OP_STAGE, 8'd0, 16'd0, 16'd0, `OPERA_ERR_VAULT);
    no_a(`OPERA_OP_PRESS, 8'd0, 16'd0, 16'd0, `OPERA_ERR_VAULT);
    no_a(`OPERA_OP_SETTLE, 8'd0, 16'd0, 16'd0, `OPERA_ERR_VAULT);
    a.arm(-1, -1, 0);
    ok_a(`OPERA_OP_RELEASE, 8'd0, 16'd0, 16'd0);
    check(a.ptk_out === ptk_a, "RELEASE again");
    // Torn, a decision that is written again would be open again: with PTK known to the partner.
    check(a.writes == 0, "RELEASE again leaves the decision alone");
    a.disarm;
    a.power_up;
    check(a.ptk_out === 128'd0, "PTK hidden after power-up");
    ok_a(`OPERA_OP_SESSREAD, 8'd0, 16'd0, 16'd0);
    check(a.ptk_out === ptk_a && a.sess_state === 8'h07, "SESSREAD of a released session");
    transfer(8'd0, 16'd2, 8'd0, 16'd2);
    check(a.err === 8'd0 && b.err === 8'd0, "SEND after RELEASE");

    b.ptk = ptk_a;
    want_ptk = ptk_a;
    c_op = `OPERA_OP_KEYLOAD;
    c_sess = 8'd0;
    c_k = 16'd2;
    tok = 2;
    if (!quick) cut_all;
    ok_b(`OPERA_OP_KEYLOAD, 8'd0, 16'd0, 16'd0);
    check(b.sess_state === 8'h11, "KEYED");
    b.ptk = ~ptk_a;
    no_b(`OPERA_OP_KEYLOAD, 8'd0, 16'd0, 16'd0, `OPERA_ERR_VAULT);
    no_b(`OPERA_OP_RECEIVE, 8'd0, 16'd0, 16'd0, `OPERA_ERR_VAULT);
    no_b(`OPERA_OP_CLOSE, 8'd0, 16'd0, 16'd0, `OPERA_ERR_NOT_CLOSABLE);
    no_b(`OPERA_OP_SETTLE, 8'd0, 16'd0, 16'd1024, `OPERA_ERR_BAD_SLOT);
    for (j = 0; j < 131072; j = j + 1)
      for (w = 0; w < 4; w = w + 1)
        if (b.nv[j] === swap(ptk_a[32*w+:32]) || b.nv[j] === ptk_a[32*w+:32]) check(1'b0, "PTK in clear in memory");
    c_op = `OPERA_OP_SETTLE;                  // payee's SETTLE, cut
    c_k = 16'd1;
    c_slot = 16'd6;
    tok = 1;
    abs_e = 1;
    slot_n = 6;
    if (!quick) cut_all;
    b.latency_max = 1;
    ok_b(`OPERA_OP_SETTLE, 8'd0, 16'd0, 16'd5);
    $display("SETTLE (payee) %0d clocks", b.spent);
    b.latency_max = 5;
    no_b(`OPERA_OP_SETTLE, 8'd0, 16'd0, 16'd7, `OPERA_ERR_BAD_ENTRY);
    no_b(`OPERA_OP_SETTLE, 8'd0, 16'd1, 16'd5, `OPERA_ERR_BAD_SLOT);
    ok_b(`OPERA_OP_SETTLE, 8'd0, 16'd1, 16'd6);
    ok_b(`OPERA_OP_SETTLE, 8'd0, 16'd2, 16'd1023);
    for (i = 0; i < 3; i = i + 1) begin
      j = (i == 2) ? 1023 : 5 + i;
      check(b.nv[`OPERA_NV_REPO_BASE+32*j+1] === 32'd10 * (i + 1), "value of the slot");
      clear_b(`OPERA_NV_REPO_BASE + 32 * j, i);
      check(good, "slot is sealed");
      zero_b(`OPERA_NV_TB_BASE + 32 * i);
      check(good, "entry is zero after SETTLE");
    end
    b.latency_max = 1;
    ok_b(`OPERA_OP_DIRSCAN, 8'd0, 16'd0, 16'd0);
    $display("DIRSCAN %0d clocks", b.spent);
    b.latency_max = 5;
    for (i = 0; i < 32; i = i + 1) begin
      b.read_out(i);
      check(b.out_word === ((i == 5) ? 32'd10 : (i == 6) ? 32'd20 : 32'd0), "directory");
    end
    ok_b(`OPERA_OP_DIRSCAN, 8'd0, 16'd0, 16'd992);
    b.read_out(31);
    check(b.out_word === 32'd30, "directory, last slot");
    ok_b(`OPERA_OP_CLOSE, 8'd0, 16'd0, 16'd0);
    no_b(`OPERA_OP_PEEK, 8'd0, 16'd0, 16'd0, `OPERA_ERR_BAD_SESSION);
    ok_a(`OPERA_OP_CLOSE, 8'd0, 16'd0, 16'd0);
    session_bytes(64'd0);
    for (i = 4; i < 7; i = i + 1) begin
      zero_a(`OPERA_NV_TB_BASE + 32 * i);
      check(good, "CLOSE erased the entry");
    end
    a.read_out(0);
    check(a.out_word === 32'd0, "CLOSE cleared the output buffer");
    ok_a(`OPERA_OP_SESSREAD, 8'd0, 16'd0, 16'd0);
    check(a.sess_state === 8'd0 && a.ptk_out === 128'd0, "closed");

    // -- b pays: OPEN, STAGE
    ok_b(`OPERA_OP_SESSREAD, 8'd0, 16'd0, 16'd0);
    max_ctr = 32'd1;                          // b's payee session took the first
    c_op = `OPERA_OP_OPEN_PAYER;
    c_sess = 8'd1;
    c_k = 16'd10;
    c_slot = 16'd4;
    if (!quick) begin
      b.keep;
      cut_open;
    end
    b.latency_max = 1;
    ok_b(`OPERA_OP_OPEN_PAYER, 8'd1, 16'd10, 16'd4);
    $display("OPEN %0d clocks", b.spent);
    b.latency_max = 5;
    ctr_b = b.sess_ctr;
    check(ctr_b > 32'd1, "counter grows");
    derive(KEY_B, ctr_b);
    ptk_b = want_ptk;
    c_op = `OPERA_OP_STAGE;
    c_k = 16'd2;
    c_slot = 16'd6;
    tok = 1;
    abs_e = 12;
    slot_n = 6;
    if (!quick) cut_all;
    for (i = 0; i < 32; i = i + 1) old_words[i] = b.nv[`OPERA_NV_REPO_BASE+32*5+i];
    b.latency_max = 1;
    ok_b(`OPERA_OP_STAGE, 8'd1, 16'd0, 16'd5);
    $display("STAGE %0d clocks", b.spent);
    check(b.spent < 2000, "STAGE below 2000 clocks");
    b.latency_max = 5;
    stream(16'd0);
    entry_is_b(10, 0);
    check(good, "STAGE encrypts under PTK");
    zero_b(`OPERA_NV_REPO_BASE + 32 * 5);
    check(good, "STAGE erases the slot");
    found = 0;
    for (j = 0; j < 131072; j = j + 1)
      for (i = 8; i < 32; i = i + 1) if (b.nv[j] === old_words[i]) found = found + 1;
    check(found == 0, "no sealed word of the slot is left anywhere");
    no_b(`OPERA_OP_STAGE, 8'd1, 16'd1, 16'd5, `OPERA_ERR_BAD_SLOT);
    no_b(`OPERA_OP_STAGE, 8'd1, 16'd0, 16'd6, `OPERA_ERR_BAD_ENTRY);
    no_b(`OPERA_OP_STAGE, 8'd1, 16'd4, 16'd6, `OPERA_ERR_BAD_ENTRY);
    ok_b(`OPERA_OP_STAGE, 8'd1, 16'd1, 16'd6);
    no_b(`OPERA_OP_CLOSE, 8'd1, 16'd0, 16'd0, `OPERA_ERR_NOT_CLOSABLE);
    no_b(`OPERA_OP_SETTLE, 8'd1, 16'd0, 16'd5, `OPERA_ERR_VAULT);
    ok_b(`OPERA_OP_PEEK, 8'd1, 16'd3, 16'd0);
    check(b.entry_state === 8'd0, "PEEK of an empty entry");
    ok_a(`OPERA_OP_OPEN_PAYEE, 8'd3, 16'd0, 16'd4);
    transfer_back(8'd1, 16'd0, 8'd3, 16'd0);
    check(a.err === 8'd0 && b.err === 8'd0, "transfer back");
    stream(16'd0);
    entry_is_a(0, 0);
    check(good, "transfer back: content");
    b.latency_max = 1;
    ok_b(`OPERA_OP_PEEK, 8'd1, 16'd0, 16'd0);
    $display("PEEK %0d clocks", b.spent);
    b.latency_max = 5;

    // -- vault, both ways, cut
    c_op = `OPERA_OP_RELEASE;
    c_k = 16'd0;
    want_ptk = ptk_b;
    if (!quick) cut_all;
    c_op = `OPERA_OP_REFUND;
    if (!quick) cut_all;

    // -- refund
    ok_b(`OPERA_OP_REFUND, 8'd1, 16'd0, 16'd0);
    check(b.sess_state === 8'h0B, "REFUNDED");
    b.arm(-1, -1, 0);
    ok_b(`OPERA_OP_REFUND, 8'd1, 16'd0, 16'd0);
    check(b.writes == 0, "REFUND again leaves the decision alone");
    b.disarm;
    no_b(`OPERA_OP_RELEASE, 8'd1, 16'd0, 16'd0, `OPERA_ERR_VAULT);
    no_b(`OPERA_OP_SEND, 8'd1, 16'd0, 16'd0, `OPERA_ERR_VAULT);
    no_b(`OPERA_OP_STAGE, 8'd1, 16'd2, 16'd1023, `OPERA_ERR_VAULT);
    no_b(`OPERA_OP_CLOSE, 8'd1, 16'd0, 16'd0, `OPERA_ERR_NOT_CLOSABLE);
    no_b(`OPERA_OP_SETTLE, 8'd1, 16'd0, 16'd1023, `OPERA_ERR_BAD_SLOT);
    c_op = `OPERA_OP_SETTLE;                  // payer's SETTLE, cut
    c_k = 16'd1;
    c_slot = 16'd7;
    tok = 1;
    abs_e = 11;
    slot_n = 7;
    if (!quick) cut_all;
    ok_b(`OPERA_OP_SETTLE, 8'd1, 16'd0, 16'd5);
    ok_b(`OPERA_OP_SETTLE, 8'd1, 16'd1, 16'd6);
    b.latency_max = 1;
    ok_b(`OPERA_OP_CLOSE, 8'd1, 16'd0, 16'd0);
    $display("CLOSE of 4 entries %0d clocks", b.spent);
    b.latency_max = 5;

    // -- the refunded tokens are whole: stage them again in another session
    ok_b(`OPERA_OP_OPEN_PAYER, 8'd2, 16'd0, 16'd3);
    check(b.sess_ctr > ctr_b, "counter never repeats");
    derive(KEY_B, b.sess_ctr);
    check(want_ptk !== ptk_b, "PTK never repeats");
    for (i = 0; i < 2; i = i + 1) begin
      ok_b(`OPERA_OP_STAGE, 8'd2, i, 5 + i);
      stream(i);
      entry_is_b(i, i);
      check(good, "refunded token is whole");
    end
    ok_b(`OPERA_OP_RELEASE, 8'd2, 16'd0, 16'd0);
    check(b.ptk_out === want_ptk, "PTK of the third session");
    c_op = `OPERA_OP_CLOSE;
    c_sess = 8'd2;
    c_k = 16'd0;
    c_slot = 16'd0;
    abs_e = 1;
    if (!quick) cut_all;
    ok_b(`OPERA_OP_CLOSE, 8'd2, 16'd0, 16'd0);
    check(b.ptk_out === 128'd0, "PTK hidden by another operation");
    b.look_for_keys;
    check(b.left === 32'd0, "and overwritten");

    // -- counter at its end
    ok_b(`OPERA_OP_OPEN_PAYER, 8'd5, 16'd0, 16'd1);
    ok_b(`OPERA_OP_CLOSE, 8'd5, 16'd0, 16'd0);
    b.keep;
    b.put(`OPERA_NV_CTR_BASE, 32'hFFFFFFFE);
    b.put(`OPERA_NV_CTR_BASE + 17'd1, 32'hFFFFFFFE);
    ok_b(`OPERA_OP_OPEN_PAYER, 8'd5, 16'd0, 16'd1);
    check(b.sess_ctr === 32'hFFFFFFFF, "last counter");
    b.run(`OPERA_OP_OPEN_PAYER, 8'd6, 16'd5, 16'd1);
    check(b.err === `OPERA_ERR_EXHAUSTED, "counter exhausted");
    b.run(`OPERA_OP_SESSREAD, 8'd6, 16'd0, 16'd0);
    check(!b.sess_state[0], "and not opened");
    b.undo_n = b.undo_n;
    b.restore;
    b.power_up;

    // -- a memory that loses the word that opens a session, or its role: not open, and nothing is shown
    for (i = 2; i < 4; i = i + 1) begin
      b.keep;
      b.stuck = `OPERA_NV_SESS_BASE + 32 * 6 + i;
      b.lost_en = 1'b1;
      b.run(`OPERA_OP_OPEN_PAYER, 8'd6, 16'd5, 16'd1);
      b.lost_en = 1'b0;
      check(i == 2 || (b.err === `OPERA_ERR_BAD_SESSION && !b.sess_state[0]), "OPEN says what the memory holds");
      check(i == 3 || !b.sess_state[1], "and so its role");
      b.run(`OPERA_OP_STAGE, 8'd6, 16'd0, 16'd7);
      check(b.err === `OPERA_ERR_BAD_SESSION, "nothing moves in such a session");
      b.restore;
      b.power_up;
    end

    // -- a word that cannot be erased, and a memory that does not answer: trap, then replay
    ok_b(`OPERA_OP_OPEN_PAYER, 8'd4, 16'd20, 16'd2);
    derive(KEY_B, b.sess_ctr);
    b.keep;
    b.stuck = `OPERA_NV_REPO_BASE + 32 * 1023 + 9;
    b.stuck_en = 1'b1;
    b.run(`OPERA_OP_STAGE, 8'd4, 16'd0, 16'd1023);
    check(b.err === `OPERA_ERR_ERASE && b.error && !b.busy, "erase that fails is a trap");
    check(b.nv[`OPERA_NV_TB_BASE+32*20] !== `OPERA_NV_ENTRY_STAGED, "destroy before disclose");
    b.run(`OPERA_OP_SESSREAD, 8'd4, 16'd0, 16'd0);
    check(b.err === `OPERA_ERR_ERASE && b.error, "trap refuses everything");
    b.look_for_keys;
    check(b.left === 32'd0, "trap keeps no key material");
    b.power_up;
    check(b.err === `OPERA_ERR_ERASE && b.error, "trap again at power-up while it is broken");
    b.stuck_en = 1'b0;
    b.power_up;
    stream(16'd0);
    entry_is_b(20, 2);
    check(good && b.nv[`OPERA_NV_TB_BASE+32*20] === `OPERA_NV_ENTRY_STAGED && b.err === 8'd0, "replay finishes the move");
    b.restore;
    b.power_up;
    b.keep;
    fork
      b.run(`OPERA_OP_STAGE, 8'd4, 16'd0, 16'd1023);
      begin
        repeat (700) @(negedge b.clk);
        b.mute = 1'b1;
      end
    join
    check(b.err === `OPERA_ERR_NV_TIMEOUT && b.error && !b.busy, "a mute memory is a trap");
    b.look_for_keys;
    check(b.left === 32'd0, "mute memory: no key material left");
    b.mute = 1'b0;
    b.restore;
    b.power_up;

    // -- a journal whose kind is neither code: nothing may be marked valid
    b.keep;
    b.put(`OPERA_NV_JOURNAL_BASE, 32'h12345678);
    b.put(`OPERA_NV_JOURNAL_BASE + 17'd1, {16'd40, 16'd21});
    b.put(JC, `OPERA_NV_CODE_YES);
    b.power_up;
    check(b.nv[`OPERA_NV_REPO_BASE+32*40] !== `OPERA_NV_SLOT_VALID, "unknown journal kind makes no token");
    check(b.error === 1'b1, "unknown journal kind is a trap");
    b.restore;
    b.power_up;

    // -- power-down order: clamp, stop clock, reset, scrub, switch off. A sequencer frozen in the clock
    //    in which it writes a buffer must not undo the scrub.
    ok_b(`OPERA_OP_STAGE, 8'd4, 16'd0, 16'd1023);
    b.op_code = `OPERA_OP_PEEK;
    b.sess = 8'd4;
    b.k = 16'd0;
    @(negedge b.clk) b.cmd = 1'b1;
    @(negedge b.clk) b.cmd = 1'b0;
    i = 0;
    while (b.dut.out_we !== 1'b1 && i < 1000) begin
      i = i + 1;
      @(negedge b.clk);
    end
    b.freeze = 1'b1;
    repeat (3) @(negedge b.clk);
    b.rst_n = 1'b0;
    b.scrub = 1'b1;
    i = 0;
    while (b.scrub_done !== 1'b1 && i < 100) begin
      i = i + 1;
      @(negedge b.clk);
    end
    check(b.scrub_done === 1'b1, "scrub ends");
    // The power controller goes on scrubbing until the domain is in clocked reset again.
    repeat (100) @(negedge b.clk);
    b.freeze = 1'b0;
    repeat (4) @(negedge b.clk);
    b.scrub = 1'b0;
    b.rst_n = 1'b1;
    repeat (4) @(negedge b.clk);
    found = 0;
    for (i = 0; i < 32; i = i + 1) begin
      b.read_out(i);
      if (b.out_word !== 32'd0) found = found + 1;
    end
    check(found == 0, "scrubbed buffer stays empty with the clock stopped in a write");
    b.power_up;
    ok_b(`OPERA_OP_PEEK, 8'd4, 16'd0, 16'd0);
    check(b.entry_state === 8'd1, "entry is still there");
    b.keep;
    for (i = 0; i < 32; i = i + 1) begin      // a full page of the directory, then an entry over it
      b.put(`OPERA_NV_REPO_BASE + 32 * (64 + i), `OPERA_NV_SLOT_VALID);
      b.put(`OPERA_NV_REPO_BASE + 32 * (64 + i) + 1, 32'd1000 + i);
    end
    ok_b(`OPERA_OP_DIRSCAN, 8'd0, 16'd0, 16'd64);
    b.read_out(24);
    check(b.out_word === 32'd1024, "directory, full page");
    ok_b(`OPERA_OP_PEEK, 8'd4, 16'd1, 16'd0);
    check(b.entry_state === 8'd0, "PEEK of an empty entry says so");
    b.restore;

    check(fights == 0, "one driver on the data bus");
    check(a.bus_faults == 0 && b.bus_faults == 0, "nonvolatile requests are held stable");
    if (errors != 0) $fatal(1, "%0d of %0d checks failed (%0d cuts)", errors, checks, cuts);
    $display("%0d cuts", cuts);
    $display("%0d checks", checks);
    $finish;
  end

  // OPEN is cut over and over without going back: no counter may come twice.
  task cut_open;
    integer c;
    begin
      c = 1;
      while (c < 40) begin
        b.arm(1 + (c * 5) % 11, -1, c % 5);
        b.run(`OPERA_OP_OPEN_PAYER, 8'd1, 16'd10, 16'd4);
        if (b.cut_done) cuts = cuts + 1;
        b.disarm;
        b.power_up;
        check(b.err === 8'd0, "power-up after a cut OPEN");
        b.run(`OPERA_OP_SESSREAD, 8'd1, 16'd0, 16'd0);
        if (b.sess_state[0]) begin
          check(b.sess_state === 8'h03 && b.sess_base === 16'd10 && b.sess_n === 16'd4, "OPEN cut: whole record");
          check(b.sess_ctr > max_ctr, "OPEN cut: a new counter each time");
          max_ctr = b.sess_ctr;
          b.run(`OPERA_OP_CLOSE, 8'd1, 16'd0, 16'd0);
          check(b.err === 8'd0, "CLOSE after a cut OPEN");
        end
        c = c + 1;
      end
    end
  endtask
endmodule
`default_nettype wire
