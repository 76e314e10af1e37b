// ram_2clk.v - memory with one write port and one read port, each with a clock of its own.
//
// Clock    wclk_i and rclk_i, rising edges; they may be the same.  No reset: the content stays.
// Timing   rdata_o after a rising edge of rclk_i is the word at raddr_i before that edge. Reading
//          the word that is being written gives the old or the new word, or a mix of both.
// Fails    cannot. 512 x 8 is one iCE40 block.
// Proofs   testbench/unit/tb_link.v.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module ram_2clk #(
    parameter ADDR_WIDTH = 9,
    parameter DATA_WIDTH = 8
) (
    input  wire                  wclk_i,
    input  wire                  we_i,
    input  wire [ADDR_WIDTH-1:0] waddr_i,
    input  wire [DATA_WIDTH-1:0] wdata_i,
    input  wire                  rclk_i,
    input  wire [ADDR_WIDTH-1:0] raddr_i,
    output reg  [DATA_WIDTH-1:0] rdata_o
);
  (* no_rw_check, ram_style = "block" *)
  reg [DATA_WIDTH-1:0] mem[0:(1<<ADDR_WIDTH)-1];

  always @(posedge wclk_i) begin : write_port
    if (we_i) mem[waddr_i] <= wdata_i;
  end

  always @(posedge rclk_i) begin : read_port
    rdata_o <= mem[raddr_i];
  end
endmodule
`default_nettype wire
