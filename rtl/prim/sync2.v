// sync2.v - two flops in a row for levels that come from another clock.
//
// Clock    clk_i, rising edge.  Reset rst_ni, low = reset, sampled; tie it to 1 where the clock has none.
// Timing   q_o follows d_i two to three clocks later. Bits are synchronised one by one: give it
//          levels that hold for three clocks of clk_i or longer, never a bus that counts.
// Fails    cannot; both flops wake at 0, in iCE40 and in simulation.
// Proofs   testbench/unit/tb_link.v, at unequal clocks.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module sync2 #(
    parameter WIDTH = 1
) (
    input  wire             clk_i,
    input  wire             rst_ni,
    input  wire [WIDTH-1:0] d_i,
    output wire [WIDTH-1:0] q_o
);
  reg [WIDTH-1:0] meta_q;
  reg [WIDTH-1:0] level_q;

  initial begin : wake
    meta_q  = {WIDTH{1'b0}};
    level_q = {WIDTH{1'b0}};
  end

  assign q_o = level_q;

  always @(posedge clk_i) begin : flops
    if (!rst_ni) begin
      meta_q  <= {WIDTH{1'b0}};
      level_q <= {WIDTH{1'b0}};
    end else begin
      meta_q  <= d_i;
      level_q <= meta_q;
    end
  end
endmodule
`default_nettype wire
