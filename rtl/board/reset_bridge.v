// reset_bridge.v - the one reset of a board: low until the clock has been good for 256 clocks.
//
// Clock    clk_i, rising edge.   Reset  good_i low (asynchronous: PLL lock) begins it anew.
// Timing   rst_no rises 256 clocks after good_i: iCE40 RAM blocks read 0 in the first microseconds.
// Fails    cannot.
// Proofs   none: nine flops.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module reset_bridge (
    input  wire clk_i,
    input  wire good_i,
    output wire rst_no
);
  reg [8:0] count_q;
  reg [1:0] good_q;
  initial begin : wake
    count_q = 9'd0;
    good_q  = 2'b00;
  end
  assign rst_no = count_q[8];
  always @(posedge clk_i) begin : count
    good_q <= {good_q[0], good_i};
    if (!good_q[1]) count_q <= 9'd0;
    else if (!count_q[8]) count_q <= count_q + 9'd1;
  end
endmodule
`default_nettype wire
