// cover_orm.v - drives the topics on orm_seq through a life of a session; their covers are printed.
//
// The same text that is proved is simulated here with its assertions on, against a whole memory.
// A cut (rst_n low for a clock) tears the word in flight.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "opera_regs.vh"
module cover_orm;
  reg clk = 1'b0;
  always #5 clk = !clk;
  reg rst_n = 1'b0, cmd = 1'b0, hold = 1'b0, stuck = 1'b0, ack = 1'b0, done = 1'b0, valid = 1'b0, rxv = 1'b0,
      frame = 1'b0;
  reg [7:0] op = 8'd0, sess = 8'd0, rxd = 8'd0;
  reg [15:0] k = 16'd0, slot = 16'd0;
  reg [31:0] torn = 32'd0, key_rdata = 32'd0, sess_rdata = 32'd0;
  reg [31:0] keys[0:7], words[0:7];
  reg [1:0] step = 2'd0;
  reg [31:0] mem[0:131071];
  integer i, source;
  always @(posedge clk) begin
    if (t.key_we) keys[t.key_waddr] <= t.key_wdata;
    key_rdata <= keys[t.key_raddr];
    if (t.sess_we) words[t.sess_waddr] <= t.sess_wdata;
    sess_rdata <= words[t.sess_raddr];
  end
  wire [31:0] rdata = mem[t.nv_addr];
  `TOPIC t (
`ifdef TOPIC_vault
      .sess_sel_i(3'd1),
`elsif TOPIC_slot
      .slot_sel_i(10'd5), .word_sel_i(5'd31),  // the last word: an erase that stops short shows
`elsif TOPIC_count
`elsif TOPIC_erase
      .word_sel_i(5'd31),
`elsif TOPIC_secret
      .nv_rdata_b_i(rdata ^ 32'h77), .aes_result_b_i(t.aes_key ^ {t.aes_block[15:0], 16'h77AA}),
`elsif TOPIC_oneway
      .source_i(source), .nv_rdata_b_i(~rdata), .in_rdata_b_i(32'h77), .rx_data_b_i(8'hA5),
`endif
      .clk_i(clk), .rst_ni(rst_n), .device_key_i(128'h11), .cmd_i(cmd), .op_i(op), .sess_i(sess), .k_i(k),
      .slot_i(slot), .value_i(32'd10), .ptk_i(32'h22), .ptk_word_i(2'd0), .nv_ack_i(ack), .nv_rdata_i(rdata), .torn_i(torn),
      .aes_word_i(step), .aes_next_i(valid ? step + 2'd1 : step), .aes_valid_i(valid),
      .aes_done_i(done), .aes_result_i({t.aes_key ^ t.aes_block} ^ 32'h5A5A1234), .key_rdata_i(key_rdata), .sess_rdata_i(sess_rdata), .sess_word_i(1'b0),
      .in_rdata_i(32'h1234_5678),
      .press_rdata_i(32'd0), .tx_ready_i(t.tx_valid), .rx_valid_i(rxv), .rx_data_i(rxd), .rx_frame_i(frame),
      .tx_idle_i(1'b1)
  );
  always @(negedge clk) begin
    ack <= t.nv_req && !ack && !hold && rst_n;
    // Four words, the last with done.
    valid <= t.st == 6'd49 && !done;
    step <= (t.st == 6'd49 && valid) ? step + 2'd1 : 2'd0;
    done <= t.st == 6'd49 && valid && step == 2'd2;
  end
  always @(posedge clk) if (t.nv_req && t.nv_we && !(stuck && t.at == 6'd22)) mem[t.nv_addr] <= ack ? t.nv_wdata : torn;

  task idle;
    begin
      i = 0;
      @(negedge clk);
      while (t.busy && i < 20000) begin
        @(negedge clk);
        i = i + 1;
      end
      if (t.busy) $fatal(1, "stuck in %0d", t.st);
      repeat (3) @(negedge clk);
    end
  endtask
  task start(input [7:0] o, input [15:0] kk, input [15:0] s);
    begin
      @(negedge clk);
      op = o; sess = 8'd1; k = kk; slot = s; cmd = 1'b1;
      @(negedge clk);
      cmd = 1'b0;
    end
  endtask
  task run(input [7:0] o, input [15:0] kk, input [15:0] s);
    begin
      start(o, kk, s);
      idle;
    end
  endtask
  task cut;  // in the write that stands now
    begin
      hold = 1'b1;
      #1 ack = 1'b0;
      torn = 32'hDEAD0001;
      rst_n = 1'b0;
      repeat (2) @(negedge clk);
      rst_n = 1'b1;
      hold = 1'b0;
      idle;
    end
  endtask
  task receive(input [15:0] kk);
    integer b;
    begin
      start(`OPERA_OP_RECEIVE, kk, 16'd0);
      while (t.st != 6'd29) @(negedge clk);
      frame = 1'b1;
      for (b = 0; b < 98; b = b + 1) begin
        rxd = b == 0 ? kk[15:8] : b == 1 ? kk[7:0] : b;
        rxv = 1'b1;
        @(negedge clk);
        rxv = 1'b0;
        @(negedge clk);
      end
      frame = 1'b0;
      idle;
    end
  endtask
  task life;
    begin
      for (i = 0; i < 131072; i = i + 1) mem[i] = 32'd0;
      repeat (3) @(negedge clk);
      rst_n = 1'b1;
      idle;
      run(`OPERA_OP_OPEN_PAYEE, 16'd0, 16'd2);
      receive(16'd0);
      run(`OPERA_OP_PEEK, 16'd0, 16'd0);
      receive(16'd1);
      run(`OPERA_OP_KEYLOAD, 16'd0, 16'd0);
      run(`OPERA_OP_SETTLE, 16'd0, 16'd5);
      run(`OPERA_OP_SETTLE, 16'd1, 16'd5);  // refused: there is a token
      run(`OPERA_OP_SETTLE, 16'd1, 16'd6);
      run(`OPERA_OP_DIRSCAN, 16'd0, 16'd0);
      run(`OPERA_OP_CLOSE, 16'd0, 16'd0);
      run(`OPERA_OP_OPEN_PAYER, 16'd0, 16'd2);
      run(`OPERA_OP_STAGE, 16'd0, 16'd5);
      run(`OPERA_OP_STAGE, 16'd1, 16'd5);
      run(`OPERA_OP_SEND, 16'd0, 16'd0);
      start(`OPERA_OP_RELEASE, 16'd0, 16'd0);
      while (!(t.writing && t.at == 6'd34)) begin hold = t.st == 6'd7; @(negedge clk); end
      cut;
      run(`OPERA_OP_RELEASE, 16'd0, 16'd0);
      run(`OPERA_OP_REFUND, 16'd0, 16'd0);
      run(`OPERA_OP_SESSREAD, 16'd0, 16'd0);
      run(`OPERA_OP_CLOSE, 16'd0, 16'd0);
      run(`OPERA_OP_OPEN_PAYER, 16'd0, 16'd2);
      run(`OPERA_OP_STAGE, 16'd0, 16'd6);
      run(`OPERA_OP_REFUND, 16'd0, 16'd0);
      run(`OPERA_OP_RELEASE, 16'd0, 16'd0);
      run(`OPERA_OP_SETTLE, 16'd0, 16'd5);
      run(`OPERA_OP_CLOSE, 16'd0, 16'd0);
      run(`OPERA_OP_OPEN_PAYER, 16'd0, 16'd2);
      start(`OPERA_OP_STAGE, 16'd0, 16'd5);
      while (!(t.writing && t.nv_addr == 17'd191 && t.nv_wdata == 32'd0)) @(negedge clk);
      cut;
      idle;
      run(`OPERA_OP_REFUND, 16'd0, 16'd0);
      stuck = 1'b1;  // what is erased stays: a trap
      run(`OPERA_OP_SETTLE, 16'd0, 16'd6);
      stuck = 1'b0;
    end
  endtask
  initial begin
    for (source = 0; source < 4; source = source + 1) begin
      life;
`ifndef TOPIC_oneway
      source = 4;
`endif
      rst_n = 1'b0;
      repeat (2) @(negedge clk);
    end
    $display("done");
    $finish;
  end
endmodule
`default_nettype wire
