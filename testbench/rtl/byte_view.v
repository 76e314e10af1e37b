// byte_view.v - test bench only: two memories of 16 bytes, read a byte at a time, all to be seen.
//
// Clock    clk_i, rising edge. byte_i and other_i answer addr_o one clock later.
// Timing   bytes_o and others_o, byte 0 in front, are whole 20 clocks after the bytes began to show.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module byte_view (
    input  wire         clk_i,
    output wire [  3:0] addr_o,
    input  wire [  7:0] byte_i,
    output reg  [127:0] bytes_o,
    input  wire [  7:0] other_i,
    output reg  [127:0] others_o
);
  reg [3:0] addr_q, read_q;       // byte that is asked for, and the one that is answered
  assign addr_o = addr_q;
  always @(posedge clk_i) begin
    addr_q <= addr_q + 4'd1;
    read_q <= addr_q;
    bytes_o[{~read_q, 3'd0}+:8] <= byte_i;
    others_o[{~read_q, 3'd0}+:8] <= other_i;
  end
endmodule
`default_nettype wire
