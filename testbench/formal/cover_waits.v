// cover_waits.v - drives topic waits: each wait of orm_seq with nobody answering.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "opera_regs.vh"
module cover_waits;
  reg clk = 1'b0;
  always #5 clk = !clk;
  reg rst_n = 1'b0, cmd = 1'b0, ack = 1'b0, done = 1'b0, valid = 1'b0, rxv = 1'b0, frame = 1'b0;
  reg [7:0] op = 8'd0;
  reg mute_memory = 1'b0, mute_engine = 1'b0, slow = 1'b0, deaf = 1'b0, hangs = 1'b0;
  reg [1:0] step = 2'd0;
  reg [31:0] mem[0:131071];
  integer i;
  initial for (i = 0; i < 131072; i = i + 1) mem[i] = 32'd0;
  waits t (
      .clk_i(clk), .rst_ni(rst_n), .device_key_i(128'h11), .cmd_i(cmd), .op_i(op), .sess_i(8'd0), .k_i(16'd0),
      .slot_i(16'd2), .value_i(32'd10), .ptk_i(32'h22), .ptk_word_i(2'd0), .nv_ack_i(ack), .nv_rdata_i(mem[t.nv_addr]), .torn_i(32'd0),
      .aes_word_i(step), .aes_next_i(valid ? step + 2'd1 : step), .aes_valid_i(valid), .aes_done_i(done),
      .aes_result_i(32'h3), .key_rdata_i(32'h4), .sess_rdata_i(32'h200), .sess_word_i(1'b0), .in_rdata_i(32'h12345678), .press_rdata_i(32'd1),
      .tx_ready_i(t.tx_valid && !deaf), .rx_valid_i(rxv), .rx_data_i(8'd0), .rx_frame_i(frame), .tx_idle_i(!hangs)
  );
  always @(negedge clk) begin
    ack <= t.nv_req && !ack && rst_n && !mute_memory && (!slow || t.f_wait == t.limit);
    // Four words, the last with done.
    valid <= t.st == 6'd49 && !done && !mute_engine;
    step <= (t.st == 6'd49 && valid) ? step + 2'd1 : 2'd0;
    done <= t.st == 6'd49 && valid && step == 2'd2;
  end
  always @(posedge clk) if (t.nv_req && t.nv_we && ack) mem[t.nv_addr] <= t.nv_wdata;
  task run(input [7:0] o);
    begin
      @(negedge clk);
      op = o;
      cmd = 1'b1;
      @(negedge clk);
      cmd = 1'b0;
      i = 0;
      while (t.busy && i < 5000) begin
        @(negedge clk);
        i = i + 1;
      end
      if (t.busy) $fatal(1, "stuck in %0d", t.st);
      repeat (3) @(negedge clk);
    end
  endtask
  task restart;
    begin
      rst_n = 1'b0;
      repeat (2) @(negedge clk);
      rst_n = 1'b1;
      repeat (20) @(negedge clk);
    end
  endtask
  initial begin
    restart;
    run(`OPERA_OP_OPEN_PAYEE);
    frame = 1'b1;
    run(`OPERA_OP_RECEIVE);
    rxv = 1'b1;
    fork
      run(`OPERA_OP_RECEIVE);
      begin
        while (t.st != 6'd30) @(negedge clk);
        rxv = 1'b0;
      end
    join
    run(`OPERA_OP_CLOSE);
    run(`OPERA_OP_OPEN_PAYER);
    run(`OPERA_OP_PRESS);
    deaf = 1'b1;
    run(`OPERA_OP_SEND);
    deaf = 1'b0;
    hangs = 1'b1;
    run(`OPERA_OP_SEND);
    slow = 1'b1;
    run(`OPERA_OP_PEEK);
    slow = 1'b0;
    mute_engine = 1'b1;
    run(`OPERA_OP_RELEASE);
    mute_memory = 1'b1;
    restart;
    restart;
    $finish;
  end
endmodule
`default_nettype wire
