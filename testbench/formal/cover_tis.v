// cover_tis.v - drives topic tis: a command, its response read twice, a command that is taken back.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "opera_regs.vh"
module cover_tis;
  reg clk = 1'b0;
  always #5 clk = !clk;
  reg rst_n = 1'b0, lframe_n = 1'b1, answers = 1'b1;
  reg [3:0] lad = 4'hF;
  reg [3:0] gave = 4'd0;
  integer i, j;
  tis t (
      .clk_i(clk), .rst_ni(rst_n), .lreset_ni(1'b1), .lframe_ni(lframe_n), .lad_i(lad), .cmd_ready_i(1'b1),
      .rsp_valid_i(answers), .rsp_data_i(8'h5A), .rsp_last_i(gave == 4'd9)
  );
  always @(posedge clk) gave <= (t.rsp_ready && answers) ? gave + 4'd1 : 4'd0;
  // START and what follows, high nibble first; then an idle host.
  task send(input integer count, input [31:0] nibbles);
    begin
      for (i = count - 1; i >= 0; i = i - 1) begin
        lframe_n = i != count - 1;
        lad = nibbles >> (4 * i);
        @(negedge clk);
      end
      lad = 4'hF;
      repeat (7) @(negedge clk);
    end
  endtask
  task write(input [15:0] addr, input [7:0] data);
    send(8, {8'h52, addr, data[3:0], data[7:4]});
  endtask
  task command;
    begin
      write(`OPERA_TPM_STS_0, `OPERA_TPM_STS_0_COMMAND_READY);
      for (j = 0; j < 10; j = j + 1) write(`OPERA_TPM_DATA_FIFO_0, (j == 5) ? 8'd10 : 8'd0);
      write(`OPERA_TPM_STS_0, `OPERA_TPM_STS_0_GO);
      repeat (60) @(negedge clk);
    end
  endtask
  task take;
    for (j = 0; j < 10; j = j + 1) send(6, {8'h50, `OPERA_TPM_DATA_FIFO_0});
  endtask
  initial begin
    repeat (3) @(negedge clk);
    rst_n = 1'b1;
    @(negedge clk);
    write(`OPERA_TPM_ACCESS_0, `OPERA_TPM_ACCESS_0_REQUEST_USE);
    command;
    take;
    write(`OPERA_TPM_STS_0, `OPERA_TPM_STS_0_RESPONSE_RETRY);
    take;
    write(`OPERA_TPM_STS_0, `OPERA_TPM_STS_0_COMMAND_READY);
    answers = 1'b0;
    command;
    write(`OPERA_TPM_STS_0, `OPERA_TPM_STS_0_COMMAND_READY);
    repeat (4) @(negedge clk);
    $finish;
  end
endmodule
`default_nettype wire
