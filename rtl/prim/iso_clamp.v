// iso_clamp.v - isolation cells at the edge of a switched power domain.
//
// Clock    none.   Reset  none; clamp_i comes from a flop that resets to 1.
// Timing   combinational: while clamp_i is 1 every output bit is 0, whatever the domain drives.
// Fails    cannot; there is no state.
// Proofs   testbench/formal/shut.v.
//          testbench/unit/tb_power_ctrl.v and tb_wallet.v; ARCHITECTURE.md, invariant I4.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module iso_clamp #(
    parameter WIDTH = 1
) (
    input  wire             clamp_i,
    input  wire [WIDTH-1:0] d_i,      // from the domain
    output wire [WIDTH-1:0] q_o       // to everything else
);
  assign q_o = d_i & {WIDTH{!clamp_i}};
endmodule
`default_nettype wire
