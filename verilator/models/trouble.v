// trouble.v - everything that Verilog can complain with, chosen by an input.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module trouble (
    input  wire       clk_i,
    input  wire [2:0] kind_i,  // see below; 0 = none
    output wire       loop_o
);
  // Does not settle while asked to.
  /* verilator lint_off UNOPTFLAT */
  wire loop;
  assign loop   = (kind_i == 3'd6) & ~loop;
  assign loop_o = loop;

  always @(posedge clk_i) begin
    case (kind_i)
      3'd1: p_kind_is_not_one : assert (kind_i != 3'd1);
      3'd2: $error("kind %0d is an error", kind_i);
      3'd3: $stop;
      3'd4: $fatal(1, "kind is four");
      3'd5: $finish;
      3'd7: $display("kind is seven");
      default: ;
    endcase
  end
endmodule
`default_nettype wire
