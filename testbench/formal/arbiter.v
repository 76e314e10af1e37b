// arbiter.v - nv_arb: no client gets an acknowledge for another's access.
//
// Outside  each client holds its access still while it asks; it may give up, or come back with
//          another access, in any clock (a clamp, a time-out). The memory answers when it likes.
// @invariant I4,I5
// @induction 2
// @cover 12
// @short
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "formal.vh"
module arbiter (
    input wire         clk_i,
    input wire         rst_ni,
    input wire [  2:0] req_i,
    input wire [  2:0] we_i,
    input wire [ 50:0] addr_i,
    input wire [ 95:0] wdata_i,
    input wire         nv_ack_i,
    input wire [ 31:0] nv_rdata_i
);
  wire [2:0] ack;
  wire [31:0] rdata, nv_wdata;
  wire nv_req, nv_we;
  wire [16:0] nv_addr;
  `PROBE([1:0], u_arb.owner_q)
  `PROBE(, u_arb.orphan_q)

  nv_arb u_arb (
      .clk_i      (clk_i),
      .rst_ni     (rst_ni),
      .pwr_req_i  (req_i[0]),
      .pwr_we_i   (we_i[0]),
      .pwr_addr_i (addr_i[16:0]),
      .pwr_wdata_i(wdata_i[31:0]),
      .pwr_ack_o  (ack[0]),
      .log_req_i  (req_i[1]),
      .log_we_i   (we_i[1]),
      .log_addr_i (addr_i[33:17]),
      .log_wdata_i(wdata_i[63:32]),
      .log_ack_o  (ack[1]),
      .orm_req_i  (req_i[2]),
      .orm_we_i   (we_i[2]),
      .orm_addr_i (addr_i[50:34]),
      .orm_wdata_i(wdata_i[95:64]),
      .orm_ack_o  (ack[2]),
      .rdata_o    (rdata),
      .nv_req_o   (nv_req),
      .nv_we_o    (nv_we),
      .nv_addr_o  (nv_addr),
      .nv_wdata_o (nv_wdata),
      .nv_ack_i   (nv_ack_i),
      .nv_rdata_i (nv_rdata_i)
  );

  reg f_past = 1'b0;
  always @(posedge clk_i) f_past <= 1'b1;
  always @* if (!f_past) assume (!rst_ni);

  genvar c;
  generate
    for (c = 0; c < 3; c = c + 1) begin : client
      wire [49:0] lines = {we_i[c], addr_i[17*c+:17], wdata_i[32*c+:32]};
      reg [49:0] f_lines;
      reg f_asked = 1'b0;
      always @(posedge clk_i) begin
        f_lines <= lines;
        f_asked <= rst_ni && req_i[c] && !ack[c];
      end
      always @* if (f_asked && req_i[c]) assume (lines == f_lines);
    end
  endgenerate

  // What the memory was asked, and whether it still has to answer.
  reg [50:0] f_nv;
  reg f_open = 1'b0;
  always @(posedge clk_i) begin
    f_nv <= {nv_req, nv_we, nv_addr, nv_wdata};
    f_open <= rst_ni && nv_req && !nv_ack_i;
  end

  `EACH_CLOCK if (f_past) begin
    // The acknowledged access is, bit for bit, the one that this client asks for.
    `ASSERT(p_power_acknowledge_is_its_own, !ack[0] || (req_i[0] && nv_req && nv_ack_i
        && {nv_we, nv_addr, nv_wdata} == {we_i[0], addr_i[16:0], wdata_i[31:0]}))
    `ASSERT(p_log_acknowledge_is_its_own, !ack[1] || (req_i[1] && nv_req && nv_ack_i
        && {nv_we, nv_addr, nv_wdata} == {we_i[1], addr_i[33:17], wdata_i[63:32]}))
    `ASSERT(p_orm_acknowledge_is_its_own, !ack[2] || (req_i[2] && nv_req && nv_ack_i
        && {nv_we, nv_addr, nv_wdata} == {we_i[2], addr_i[50:34], wdata_i[95:64]}))
    `ASSERT(p_one_acknowledge, (ack & (ack - 3'd1)) == 3'd0)
    `ASSERT(p_data_only_with_acknowledge, ack != 3'd0 || rdata == 32'd0)
    // A started access is not changed and not taken back: the memory tears only at a cut.
    `ASSERT(p_started_access_stands,
        !f_open || !rst_ni || {nv_req, nv_we, nv_addr, nv_wdata} == f_nv)
    // Helper: without an orphan, what is latched is what the owner asks for.
    `ASSERT(p_latched_is_asked, u_arb.orphan_q || (
        !(u_arb.owner_q == 2'd1 && client[0].f_asked && {nv_we, nv_addr, nv_wdata} != client[0].f_lines)
        && !(u_arb.owner_q == 2'd2 && client[1].f_asked && {nv_we, nv_addr, nv_wdata} != client[1].f_lines)
        && !(u_arb.owner_q == 2'd3 && client[2].f_asked && {nv_we, nv_addr, nv_wdata} != client[2].f_lines)
        && !(u_arb.owner_q == 2'd1 && !client[0].f_asked)
        && !(u_arb.owner_q == 2'd2 && !client[1].f_asked)
        && !(u_arb.owner_q == 2'd3 && !client[2].f_asked)))
    `COVER(c_power_served, ack[0] && we_i[0])
    `COVER(c_log_served, ack[1])
    `COVER(c_orm_served_after_orphan, ack[2] && f_orphaned)
  end
  // From the very first clock on, with any content of the flops: no request of a wallet in reset.
  `EACH_CLOCK `ASSERT(p_reset_is_silent, rst_ni || (!nv_req && ack == 3'd0))
  reg f_orphaned = 1'b0;
  always @(posedge clk_i) if (u_arb.orphan_q && nv_ack_i) f_orphaned <= 1'b1;
endmodule
`default_nettype wire
