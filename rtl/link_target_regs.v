// link_target_regs.v - the wallet as target of the link LPC: LINK_* registers and both windows.
//
// Clock    lclk_i, the link clock from the connector; it may stop, or never run.  Reset run_i low
//          (synchronised here) or lreset_ni low, both sampled on lclk_i; the caller takes LAD off.
// Timing   Registers and windows never wait. A write counts in the turn-around clock of its cycle.
// Crossing Two four-phase pairs of levels with data that stands still meanwhile:
//          offer_i/taken_o for the frame to the partner (len_i), full_o/hold_i for the frame from it
//          (len_o). A frame handed over is never seen in part: full_o rises after its last byte.
// Fails to silence: LINK_RXLEN without a free window or with a length outside 1 to 512, and LINK_TXACK
//          without a frame waiting, get the error SYNC and change nothing.
// Proofs   testbench/unit/tb_link.v; ARCHITECTURE.md, invariants I10 and I11.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "opera_regs.vh"
module link_target_regs (
    input  wire       lclk_i,
    input  wire       lreset_ni,
    input  wire       lframe_ni,
    input  wire [3:0] lad_i,
    output wire [3:0] lad_o,
    output wire       lad_oe_o,
    // Levels from the wallet's clock.
    input  wire       run_i,
    input  wire       offer_i,
    input  wire [9:0] len_i,       // stands still while offer_i
    input  wire       hold_i,
    // Levels to the wallet's clock.
    output wire       taken_o,
    output wire       full_o,
    output wire [9:0] len_o,       // stands still while full_o
    // Memories, in lclk_i.
    output wire [8:0] tx_raddr_o,
    input  wire [7:0] tx_rdata_i,
    output wire       rx_we_o,
    output wire [8:0] rx_waddr_o,
    output wire [7:0] rx_wdata_o
);
  localparam [27:0] WIN_RX = `OPERA_LINK_WIN_RX;
  localparam [27:0] WIN_TX = `OPERA_LINK_WIN_TX;

  wire run;
  wire offer;
  wire hold;
  wire alive = run && lreset_ni;

  wire [15:0] addr;
  wire [7:0] wdata;
  wire wr_req;
  wire wr_commit;
  wire rd_req;
  wire [27:0] fw_addr;
  wire fw_we;
  wire [31:0] fw_wdata;
  wire [2:0] fw_wbytes;
  wire rd_commit;
  wire fw_rd;
  wire busy;

  reg taken_q, taken_d;
  reg full_q, full_d;
  reg [9:0] len_q, len_d;
  reg hit_q, hit_d;
  reg [7:0] rdata;
  reg refuse;

  wire rx_free = !full_q && !hold;
  wire tx_ready = offer && !taken_q;
  wire len_ok = wdata[7:2] == 6'd0
      && (wdata[1] ? {wdata[0], len_q[7:0]} == 9'd0 : {wdata[0], len_q[7:0]} != 9'd0);

  initial begin : wake  // the clock may not have run yet when the other side looks
    taken_q = 1'b0;
    full_q  = 1'b0;
  end

  assign taken_o = taken_q;
  assign full_o = full_q;
  assign len_o = len_q;
  assign tx_raddr_o = fw_addr[8:0];

  sync2 #(
      .WIDTH(3)
  ) u_sync (
      .clk_i (lclk_i),
      .rst_ni(1'b1),
      .d_i   ({run_i, offer_i, hold_i}),
      .q_o   ({run, offer, hold})
  );

  lpc_target #(
      .IO_BASE_HI(`OPERA_IO_BASE_HI)
  ) u_lpc (
      .clk_i         (lclk_i),
      .rst_ni        (run),
      .lreset_ni     (lreset_ni),
      .lframe_ni     (lframe_ni),
      .lad_i         (lad_i),
      .lad_o         (lad_o),
      .lad_oe_o      (lad_oe_o),
      .addr_o        (addr),
      .wdata_o       (wdata),
      .wr_req_o      (wr_req),
      .wr_ack_i      (wr_req),
      .wr_commit_o   (wr_commit),
      .rd_req_o      (rd_req),
      .rd_ack_i      (rd_req),
      .rdata_i       (rdata),
      .rd_commit_o   (rd_commit),
      .err_i         (wr_req && refuse),
      .fw_addr_o     (fw_addr),
      .fw_rd_o       (fw_rd),
      .fw_rdata_i    (hit_q ? tx_rdata_i : 8'hFF),
      .fw_wr_commit_o(fw_we),
      .fw_wdata_o    (fw_wdata),
      .fw_wbytes_o   (fw_wbytes),
      .busy_o        (busy)
  );

  link_bytes u_bytes (
      .clk_i      (lclk_i),
      .rst_ni     (alive),
      .we_i       (fw_we && rx_free && fw_addr[27:9] == WIN_RX[27:9]),
      .addr_i     (fw_addr[8:0]),
      .wdata_i    (fw_wdata),
      .wbytes_i   (fw_wbytes),
      .byte_we_o  (rx_we_o),
      .byte_addr_o(rx_waddr_o),
      .byte_o     (rx_wdata_o)
  );

  always @* begin : registers
    // Bytes past the frame are of older frames: nobody's business.
    hit_d   = tx_ready && fw_addr[27:9] == WIN_TX[27:9] && {1'b0, fw_addr[8:0]} < len_i;
    taken_d = taken_q && offer;
    full_d  = full_q && !hold;
    len_d   = len_q;
    rdata   = 8'hFF;
    refuse  = 1'b0;
    case (addr[7:0])
      `OPERA_LINK_FLAGS: rdata = {6'd0, tx_ready, rx_free};
      `OPERA_LINK_TXLEN: rdata = tx_ready ? len_i[7:0] : 8'd0;
      `OPERA_LINK_TXLEN + 8'd1: rdata = tx_ready ? {6'd0, len_i[9:8]} : 8'd0;
      `OPERA_LINK_RXLEN: if (wr_commit && rx_free) len_d[7:0] = wdata;
      `OPERA_LINK_RXLEN + 8'd1: begin
        refuse = !rx_free || !len_ok;
        if (wr_commit) begin
          len_d[9:8] = wdata[1:0];
          full_d = 1'b1;
        end
      end
      `OPERA_LINK_TXACK: begin
        refuse = !tx_ready;
        if (wr_commit) taken_d = 1'b1;
      end
      default: ;
    endcase
  end

  always @(posedge lclk_i) begin : handshake_reg
    if (!alive) begin
      taken_q <= 1'b0;
      full_q  <= 1'b0;
      hit_q   <= 1'b0;
    end else begin
      taken_q <= taken_d;
      full_q  <= full_d;
      hit_q   <= hit_d;
    end
  end

  always @(posedge lclk_i) begin : len_reg  // written before full_q, so without reset
    len_q <= len_d;
  end

  // verilator lint_off UNUSED
  wire unused_ok = &{1'b0, addr[15:8], rd_commit, fw_rd, busy};
  // verilator lint_on UNUSED
endmodule
`default_nettype wire
