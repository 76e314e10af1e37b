// cover_gate.v - drives topic gate: opens the gate, unmounts, gives a wrong answer, lets a wait end.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module cover_gate;
  reg clk = 1'b0;
  always #5 clk = !clk;
  reg rst_n = 1'b0, mount = 1'b0, cmd = 1'b0, ack = 1'b0, done = 1'b0, valid = 1'b0, mute = 1'b0;
  reg [1:0] op = 2'd0;
  reg [31:0] resp = 32'h77;
  reg [1:0] step = 2'd0;
  gate t (
      .clk_i(clk), .rst_ni(rst_n), .key_i(128'h1), .mount_i(mount), .cmd_i(cmd), .op_i(op), .resp_i(resp),
      .nv_ack_i(ack), .nv_rdata_i(32'd0), .torn_i(32'd0), .chal_addr_i(4'd0),
      .aes_word_i(step), .aes_next_i(valid ? step + 2'd1 : step), .aes_valid_i(valid), .aes_done_i(done), .aes_result_i(32'h77),
      .good_i(t.pwr_en), .scrub_done_i(t.scrub)
  );
  always @(negedge clk) begin
    ack <= t.nv_req && !ack && !mute;
    // Four words, the last with done.
    valid <= t.aes_own && !t.aes_start && !done;
    step <= (t.aes_own && valid) ? step + 2'd1 : 2'd0;
    done <= t.aes_own && valid && step == 2'd2;
  end
  task run(input [1:0] o);
    begin
      @(negedge clk);
      op = o;
      cmd = 1'b1;
      @(negedge clk);
      cmd = 1'b0;
      repeat (60) @(negedge clk);
    end
  endtask
  initial begin
    repeat (3) @(negedge clk);
    rst_n = 1'b1;
    mount = 1'b1;
    repeat (60) @(negedge clk);
    run(2'd1);
    run(2'd2);
    mount = 1'b0;
    repeat (60) @(negedge clk);
    mount = 1'b1;
    repeat (60) @(negedge clk);
    run(2'd1);
    resp = 32'h78;
    run(2'd2);
    mute = 1'b1;
    run(2'd1);
    $finish;
  end
endmodule
`default_nettype wire
