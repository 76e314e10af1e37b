// nameless.v - a name that the netlist has kept for nothing (it drives it with x, and nothing reads it) is no point.
// SPDX-License-Identifier: Apache-2.0
module \$equiv (input A, B, output Y);
  parameter _TECHMAP_CONSTMSK_B_ = 1'b0;
  parameter _TECHMAP_CONSTVAL_B_ = 1'b0;
  wire _TECHMAP_FAIL_ = !(_TECHMAP_CONSTMSK_B_ === 1'b1 && _TECHMAP_CONSTVAL_B_ === 1'bx);
  assign Y = A;
endmodule
