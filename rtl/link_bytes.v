// link_bytes.v - turns a write of 1, 2 or 4 bytes into byte writes, one a clock.
//
// Clock    clk_i, rising edge.  Reset rst_ni, low = reset, sampled.
// Timing   byte_we_o in the one to four clocks after we_i. The next we_i may come after four clocks; a
//          firmware write cycle takes 17 or more. An earlier one would replace what is left.
// Fails    cannot; reset drops what is left.
// Proofs   testbench/unit/tb_link.v.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module link_bytes (
    input  wire        clk_i,
    input  wire        rst_ni,
    input  wire        we_i,
    input  wire [ 8:0] addr_i,
    input  wire [31:0] wdata_i,     // byte 0 in 7:0
    input  wire [ 2:0] wbytes_i,    // 1, 2 or 4; the address is a multiple of it
    output wire        byte_we_o,
    output wire [ 8:0] byte_addr_o,
    output wire [ 7:0] byte_o
);
  reg [2:0] left_q, left_d;
  reg [8:0] addr_q, addr_d;
  reg [31:0] data_q, data_d;

  assign byte_we_o = left_q != 3'd0;
  assign byte_addr_o = addr_q;
  assign byte_o = data_q[7:0];

  always @* begin : next
    left_d = byte_we_o ? left_q - 3'd1 : 3'd0;
    addr_d = addr_q + 9'd1;
    data_d = {8'd0, data_q[31:8]};
    if (we_i) begin
      left_d = wbytes_i;
      addr_d = addr_i;
      data_d = wdata_i;
    end
  end

  always @(posedge clk_i) begin : count_reg
    if (!rst_ni) left_q <= 3'd0;
    else left_q <= left_d;
  end

  always @(posedge clk_i) begin : data_reg
    addr_q <= addr_d;
    data_q <= data_d;
  end
endmodule
`default_nettype wire
