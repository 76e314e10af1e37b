// scrub.v - orm_buf: every word is zero once a scrub has said that it is done.
//
// The buffer starts with any content and any counter. After one clock without scrub, scrub_i stays 1.
// The bound covers a whole scrub; after it the counter stands still and only zeros are written.
// @invariant I2
// @bounded 38
// @cover 38
// @short
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "formal.vh"
module scrub (
    input wire        clk_i,
    input wire        we_i,
    input wire [ 4:0] waddr_i,
    input wire [31:0] wdata_i,
    input wire [ 4:0] raddr_i
);
  wire [31:0] rdata;
  wire done;
  reg f_past = 1'b0, f_done = 1'b0;
  reg [5:0] f_clocks = 6'd0;
  always @(posedge clk_i) begin
    f_past <= 1'b1;
    f_done <= f_past && done;
    f_clocks <= f_clocks + (f_past && !done);
  end
  orm_buf u_buf (
      .clk_i(clk_i), .we_i(we_i), .waddr_i(waddr_i), .wdata_i(wdata_i), .raddr_i(raddr_i), .rdata_o(rdata),
      .scrub_i(f_past), .scrub_done_o(done)
  );
  `EACH_CLOCK if (f_past) begin
    `ASSERT(p_scrubbed_reads_zero, !f_done || rdata == 32'd0)
    `ASSERT(p_scrub_ends, f_clocks <= 6'd32)
    `COVER(c_scrub_done, f_done)
  end
endmodule
`default_nettype wire
