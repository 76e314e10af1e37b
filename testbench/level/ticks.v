// ticks.v - flops for the equivalence proof (testbench/level/equivalence.sh). A solver's step has no edges, so that it
// would not see the wrong clock or the wrong edge: here a clock that is 1 in a step has its rising edge in it, one that
// is 0 its falling edge, and each clock comes when it likes. No clock may be data, which the script checks.
// SPDX-License-Identifier: Apache-2.0
module \$_DFF_P_ (input C, D, output Q);
  \$ff #(.WIDTH(1)) _TECHMAP_REPLACE_ (.D(C ? D : Q), .Q(Q));
endmodule
module \$_DFF_N_ (input C, D, output Q);
  \$ff #(.WIDTH(1)) _TECHMAP_REPLACE_ (.D(C ? Q : D), .Q(Q));
endmodule
