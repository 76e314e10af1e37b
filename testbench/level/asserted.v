// asserted.v - points after reset: what the RTL does not define there is the netlist's to choose, except that a state
// with new codes must be one of the listed ones (STRICT).
// SPDX-License-Identifier: Apache-2.0
module \$equiv (input A, B, output Y);
  assign Y = A;
`ifdef STRICT
  \$assert _TECHMAP_REPLACE_ (.A(A === B), .EN(1'b1));
`else
  \$assert _TECHMAP_REPLACE_ (.A(A === 1'bx || A === B), .EN(1'b1));
`endif
endmodule
