// block.v - as large as a small peripheral (some 4,500 flip-flops with its register files): what the
// benchmark runs.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module block_lane (
    input  wire        clk_i,
    input  wire        rst_ni,
    input  wire [ 3:0] lad_i,
    output wire [ 3:0] lad_o,
    output wire [31:0] sum_o
);
  reg [ 2:0] state_q;
  reg [ 3:0] count_q;
  reg [15:0] addr_q;
  reg [31:0] data_q;
  reg [31:0] lfsr_q;
  reg [31:0] sum_q;
  reg [31:0] file_q [0:15];
  integer i;

  assign lad_o = (state_q == 3'd4) ? data_q[3:0] : 4'hF;
  assign sum_o = sum_q;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= 3'd0;
      count_q <= 4'd0;
      addr_q  <= 16'd0;
      data_q  <= 32'd0;
      lfsr_q  <= 32'd1;
      sum_q   <= 32'd0;
      for (i = 0; i < 16; i = i + 1) file_q[i] <= 32'd0;
    end else begin
      lfsr_q  <= {lfsr_q[30:0], lfsr_q[31] ^ lfsr_q[21] ^ lfsr_q[1] ^ lfsr_q[0]};
      sum_q   <= sum_q + {28'd0, lad_o ^ lad_i};
      count_q <= count_q + 4'd1;
      case (state_q)
        3'd0: if (lad_i[0]) begin
          state_q <= 3'd1;
          count_q <= 4'd0;
        end
        3'd1: begin
          addr_q <= {addr_q[11:0], lad_i};
          if (count_q == 4'd3) state_q <= addr_q[0] ? 3'd2 : 3'd3;
        end
        3'd2: begin
          file_q[addr_q[7:4]] <= file_q[addr_q[7:4]] ^ lfsr_q;
          state_q <= 3'd0;
        end
        3'd3: begin
          data_q  <= file_q[addr_q[7:4]];
          count_q <= 4'd0;
          state_q <= 3'd4;
        end
        3'd4: begin
          data_q <= {4'd0, data_q[31:4]};
          if (count_q == 4'd7) state_q <= 3'd0;
        end
        default: state_q <= 3'd0;
      endcase
    end
  end
endmodule

module block (
    input  wire        clk_i,
    input  wire        rst_ni,
    input  wire [ 3:0] lad_i,
    output wire [ 3:0] lad_o,
    output wire [31:0] sum_o
);
  localparam LANES = 8;
  wire [4*(LANES+1)-1:0] lad;
  wire [32*LANES-1:0]    sum;
  assign lad[3:0] = lad_i;
  assign lad_o    = lad[4*LANES+:4];
  assign sum_o    = sum[32*(LANES-1)+:32];
  genvar n;
  generate
    for (n = 0; n < LANES; n = n + 1) begin : gen_lane
      wire [3:0] out;
      block_lane u_lane (
          .clk_i  (clk_i),
          .rst_ni (rst_ni),
          .lad_i  (lad[4*n+:4]),
          .lad_o  (out),
          .sum_o  (sum[32*n+:32])
      );
      assign lad[4*(n+1)+:4] = out ^ lad[4*n+:4];
    end
  endgenerate
endmodule
`default_nettype wire
