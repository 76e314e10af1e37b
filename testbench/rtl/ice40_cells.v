// ice40_cells.v - lint only: the ports of the iCE40 cells that rtl/board uses.
//
// Source   Lattice, iCE40 technology library; bodies are empty on purpose.
// SPDX-License-Identifier: Apache-2.0
/* verilator lint_off DECLFILENAME */
/* verilator lint_off UNUSEDSIGNAL */
/* verilator lint_off UNUSEDPARAM */
/* verilator lint_off UNDRIVEN */
`default_nettype none
module SB_IO #(
    parameter [5:0] PIN_TYPE = 6'd0,
    parameter [0:0] PULLUP = 1'b0
) (
    inout  wire PACKAGE_PIN,
    input  wire OUTPUT_ENABLE,
    input  wire D_OUT_0,
    output wire D_IN_0
);
endmodule

module SB_GB_IO #(
    parameter [5:0] PIN_TYPE = 6'd0,
    parameter [0:0] PULLUP = 1'b0
) (
    inout  wire PACKAGE_PIN,
    output wire GLOBAL_BUFFER_OUTPUT,
    input  wire OUTPUT_CLK,
    input  wire OUTPUT_ENABLE,
    input  wire D_OUT_0,
    input  wire D_OUT_1
);
endmodule

module SB_PLL40_CORE #(
    parameter FEEDBACK_PATH = "SIMPLE",
    parameter [3:0] DIVR = 4'd0,
    parameter [6:0] DIVF = 7'd0,
    parameter [2:0] DIVQ = 3'd0,
    parameter [2:0] FILTER_RANGE = 3'd0
) (
    input  wire REFERENCECLK,
    input  wire RESETB,
    input  wire BYPASS,
    output wire LOCK,
    output wire PLLOUTGLOBAL
);
endmodule
`default_nettype wire
