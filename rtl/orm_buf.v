// orm_buf.v - volatile token buffer of 32 words: one write port, one read port.
//
// Clock    clk_i, rising edge.  No reset: the content is scrubbed, not reset.
// Timing   rdata_o in clock n+1 is the word at raddr_i of clock n.
// Scrub    while scrub_i is 1 a counter writes zero into every word; scrub_done_o after 32 clocks.
//          The clock must not be that of the switched domain, or a scrub could not run in it.
// Fails    cannot.
// Proofs   testbench/formal/scrub.v.
//          testbench/tests/orm.rs and testbench/unit/tb_orm.v; ARCHITECTURE.md, invariant I2.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module orm_buf (
    input  wire        clk_i,
    input  wire        we_i,
    input  wire [ 4:0] waddr_i,
    input  wire [31:0] wdata_i,
    input  wire [ 4:0] raddr_i,
    output reg  [31:0] rdata_o,
    input  wire        scrub_i,
    output wire        scrub_done_o
);
  (* no_rw_check, ram_style = "block" *)
  reg [31:0] mem[0:31];
  reg [5:0] count_q;

  assign scrub_done_o = count_q[5];

  always @(posedge clk_i) begin : counter
    if (!scrub_i) count_q <= 6'd0;
    else if (!count_q[5]) count_q <= count_q + 6'd1;
  end

  always @(posedge clk_i) begin : memory
    if (we_i || scrub_i) mem[scrub_i ? count_q[4:0] : waddr_i] <= scrub_i ? 32'd0 : wdata_i;
    rdata_o <= mem[raddr_i];
  end
endmodule
`default_nettype wire
