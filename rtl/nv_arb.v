// nv_arb.v - three clients on the one port of the nonvolatile memory.
//
// Clock    clk_i, rising edge.   Reset  rst_ni, low = reset, sampled on clk_i; no request while it
//          is low, not even before the first clock, when the flops hold garbage.
// Timing   a request is latched when the port is free, power controller before log before ORM, and
//          goes out one clock later from flops. The acknowledge reaches its client in its own clock.
// Cuts     a latched access runs to its end even when its client is clamped or gives up meanwhile;
//          then nobody is told, so that no later request takes an old acknowledge for its own.
// Bounds   none here: each client waits with a bound of its own and names the time-out.
// Fails    every owner code is listed; a memory that never answers leaves the port busy, and every
//          client with a time-out.
// Proofs   testbench/formal/arbiter.v.
//          testbench/unit/tb_nv_arb.v; ARCHITECTURE.md, invariants I4, I5.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module nv_arb (
    input  wire        clk_i,
    input  wire        rst_ni,
    input  wire        pwr_req_i,
    input  wire        pwr_we_i,
    input  wire [16:0] pwr_addr_i,
    input  wire [31:0] pwr_wdata_i,
    output wire        pwr_ack_o,
    input  wire        log_req_i,
    input  wire        log_we_i,
    input  wire [16:0] log_addr_i,
    input  wire [31:0] log_wdata_i,
    output wire        log_ack_o,
    input  wire        orm_req_i,     // behind the clamp
    input  wire        orm_we_i,
    input  wire [16:0] orm_addr_i,
    input  wire [31:0] orm_wdata_i,
    output wire        orm_ack_o,
    output wire [31:0] rdata_o,       // valid with an acknowledge
    output wire        nv_req_o,
    output wire        nv_we_o,
    output wire [16:0] nv_addr_o,
    output wire [31:0] nv_wdata_o,
    input  wire        nv_ack_i,
    input  wire [31:0] nv_rdata_i
);
  localparam [1:0] OWNER_NONE = 2'd0;
  localparam [1:0] OWNER_PWR = 2'd1;
  localparam [1:0] OWNER_LOG = 2'd2;
  localparam [1:0] OWNER_ORM = 2'd3;

  reg [1:0] owner_q, owner_d;
  reg orphan_q, orphan_d;        // the client went away
  reg we_q, we_d;
  reg [16:0] addr_q, addr_d;
  reg [31:0] wdata_q, wdata_d;
  reg still;                     // the client still asks

  // In reset it asks for nothing: at power-up the flops hold garbage until the first clock, and a
  // request made of that would overwrite any word of the memory.
  assign nv_req_o = rst_ni && owner_q != OWNER_NONE;
  assign nv_we_o = we_q;
  assign nv_addr_o = addr_q;
  assign nv_wdata_o = wdata_q;
  wire told = nv_req_o && nv_ack_i && still && !orphan_q;
  assign pwr_ack_o = told && owner_q == OWNER_PWR;
  assign log_ack_o = told && owner_q == OWNER_LOG;
  assign orm_ack_o = told && owner_q == OWNER_ORM;
  assign rdata_o = told ? nv_rdata_i : 32'd0;

  always @* begin : choose
    owner_d = owner_q;
    we_d = we_q;
    addr_d = addr_q;
    wdata_d = wdata_q;
    still = 1'b0;
    case (owner_q)
      OWNER_PWR: still = pwr_req_i;
      OWNER_LOG: still = log_req_i;
      OWNER_ORM: still = orm_req_i;
      default: begin
        if (pwr_req_i) begin
          owner_d = OWNER_PWR;
          we_d = pwr_we_i;
          addr_d = pwr_addr_i;
          wdata_d = pwr_wdata_i;
        end else if (log_req_i) begin
          owner_d = OWNER_LOG;
          we_d = log_we_i;
          addr_d = log_addr_i;
          wdata_d = log_wdata_i;
        end else if (orm_req_i) begin
          owner_d = OWNER_ORM;
          we_d = orm_we_i;
          addr_d = orm_addr_i;
          wdata_d = orm_wdata_i;
        end
      end
    endcase
    orphan_d = owner_q != OWNER_NONE && (orphan_q || !still);
    if (owner_q != OWNER_NONE && nv_ack_i) begin
      owner_d = OWNER_NONE;
      orphan_d = 1'b0;
      we_d = 1'b0;
      addr_d = 17'd0;
      wdata_d = 32'd0;
    end
  end

  always @(posedge clk_i) begin : state_reg
    if (!rst_ni) begin
      owner_q <= OWNER_NONE;
      orphan_q <= 1'b0;
      we_q <= 1'b0;
      addr_q <= 17'd0;
      wdata_q <= 32'd0;
    end else begin
      owner_q <= owner_d;
      orphan_q <= orphan_d;
      we_q <= we_d;
      addr_q <= addr_d;
      wdata_q <= wdata_d;
    end
  end
endmodule
`default_nettype wire
