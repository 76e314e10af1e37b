// cover_shared.v - drives topic shared: a TPM read, a wallet write, a TPM write, a firmware read.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module cover_shared;
  reg clk = 1'b0;
  always #5 clk = !clk;
  reg rst_n = 1'b0, lframe_n = 1'b1;
  reg [3:0] lad = 4'hF;
  integer i;
  shared t (
      .clk_i(clk), .w_rst_ni(rst_n), .t_rst_ni(rst_n), .lreset_ni(1'b1), .lframe_ni(lframe_n), .lad_i(lad),
      .w_ack_i(1'b1), .t_ack_i(1'b1), .err_i(1'b0), .rdata_i(8'h5A)
  );
  // START and what follows, high nibble first; then an idle host.
  task send(input integer count, input [63:0] nibbles);
    begin
      for (i = count - 1; i >= 0; i = i - 1) begin
        lframe_n = i != count - 1;
        lad = nibbles >> (4 * i);
        @(negedge clk);
      end
      lad = 4'hF;
      repeat (20) @(negedge clk);
    end
  endtask
  initial begin
    repeat (3) @(negedge clk);
    rst_n = 1'b1;
    @(negedge clk);
    send(6, 24'h500018);
    send(8, 32'h020A4012);
    send(8, 32'h52001804);
    send(10, 40'hD000000002);
    $finish;
  end
endmodule
`default_nettype wire
