// counter.v - what the tests of the `verilated` crate run: ports of every width, and an assertion.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module counter (
    input  wire         clk_i,
    input  wire         rst_ni,
    input  wire [127:0] add_i,
    input  wire         fail_i,
    output reg  [  7:0] byte_o,
    output reg  [ 63:0] long_o,
    output reg  [127:0] wide_o,
    output reg  [ 31:0] never_reset_o
);
  always @(posedge clk_i) begin
    if (!rst_ni) begin
      byte_o <= 8'd0;
      long_o <= 64'd0;
      wide_o <= 128'd0;
    end else begin
      byte_o <= byte_o + 8'd1;
      long_o <= long_o + 64'h1_0000_0001;
      wide_o <= wide_o + add_i;
    end
    if (fail_i) $stop;
    if (rst_ni && fail_i) never_reset_o <= 32'd0;
  end
endmodule
`default_nettype wire
