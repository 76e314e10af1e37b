// link.v - mailbox for frames of 1 to 512 bytes to and from the partner, over the link LPC.
//
// Clock    clk_i for the wallet side and as host; lk_lclk_i, the link clock, for the target half.
// Reset    rst_ni, low = reset, sampled on clk_i. The target half is reset by running low, or LRESET#.
// Timing   rx_rdata_o is the byte at rx_addr_i one clock before, 0 while nothing waits. tx_send_i and
//          rx_ack_i are one clock. A write may come every fifth clock (firmware cycles take 17).
// Running  while mounted and enabled; a change of role stops it for one clock. Not running: LAD is off
//          in that clock, the frame to send and parts of frames are dropped; a whole frame received
//          stays until rx_ack_i. Unmounted, LAD is off and all other connector outputs are 0.
// Ignored  tx_send_i and writes while tx_busy_o, and lengths outside 1 to 512.
// Fails to silence. As target, LAD stays off until LRESET# has been seen low since running: the
//          clock may have stopped in the middle of an answer. err_o stays until running begins anew.
// Proofs   testbench/unit/tb_link.v; ARCHITECTURE.md, invariants I4, I10 and I11.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module link (
    input  wire        clk_i,
    input  wire        rst_ni,
    input  wire        mounted_i,
    input  wire        ctl_host_i,
    input  wire        ctl_enable_i,
    // Frame to send: MBOX_TX and TX_LEN.
    input  wire        tx_we_i,
    input  wire [ 8:0] tx_addr_i,
    input  wire [31:0] tx_wdata_i,
    input  wire [ 2:0] tx_wbytes_i,
    input  wire [ 9:0] tx_len_i,
    input  wire        tx_send_i,
    output wire        tx_busy_o,
    // Frame received: MBOX_RX and RX_LEN.
    output wire        rx_valid_o,
    output wire [ 9:0] rx_len_o,
    input  wire        rx_ack_i,
    input  wire [ 8:0] rx_addr_i,
    output wire [ 7:0] rx_rdata_o,
    output wire        err_o,
    // Connector.
    output wire        lk_host_o,
    output wire        lk_lframe_no,
    output wire        lk_lreset_no,
    output wire [ 3:0] lk_lad_o,
    output wire        lk_lad_oe_o,
    input  wire [ 3:0] lk_lad_i,
    input  wire        lk_lclk_i,
    input  wire        lk_lframe_ni,
    input  wire        lk_lreset_ni
);
  reg host_q;
  reg was_running_q;
  reg pending_q, pending_d;
  reg [9:0] tx_len_q, tx_len_d;
  reg offer_q, offer_d;
  reg valid_q, valid_d;
  reg [9:0] rx_len_q, rx_len_d;
  reg source_q, source_d;   // the frame received lies in the memory of: 1 host half, 0 target half
  reg hold_q, hold_d;
  reg look_q, look_d;       // rx_len_q has just come over from the target half: look at it
  reg armed_q, armed_d;
  reg err_q, err_d;

  wire running = mounted_i && ctl_enable_i && ctl_host_i == host_q;
  wire as_host = running && host_q;
  wire as_target = running && !host_q;

  wire taken;
  wire full;
  wire lreset_seen_n;
  wire tx_we;
  wire [8:0] tx_waddr;
  wire [7:0] tx_wdata;

  wire h_tx_done;
  wire h_rx_done;
  wire h_err;
  wire [9:0] h_rx_len;
  wire [8:0] h_tx_raddr;
  wire [7:0] h_tx_rdata;
  wire h_rx_we;
  wire [8:0] h_rx_waddr;
  wire [7:0] h_rx_wdata;
  wire [7:0] h_rx_rdata;
  wire h_lreset_n;
  wire h_lframe_n;
  wire [3:0] h_lad;
  wire h_oe;

  wire t_taken;
  wire t_full;
  wire [9:0] t_len;
  wire [8:0] t_tx_raddr;
  wire [7:0] t_tx_rdata;
  wire t_rx_we;
  wire [8:0] t_rx_waddr;
  wire [7:0] t_rx_wdata;
  wire [7:0] t_rx_rdata;
  wire [3:0] t_lad;
  wire t_oe;

  // The partner's LRESET# cuts a driver even where the link clock stands still.
  wire target_oe = as_target && armed_q && t_oe && lk_lreset_ni;
  wire host_oe = as_host && h_oe;

  assign tx_busy_o = pending_q;
  assign rx_valid_o = valid_q;
  assign rx_len_o = valid_q ? rx_len_q : 10'd0;
  assign rx_rdata_o = !valid_q ? 8'd0 : source_q ? h_rx_rdata : t_rx_rdata;
  assign err_o = err_q;
  assign lk_host_o = as_host;
  assign lk_lreset_no = as_host ? h_lreset_n : mounted_i;
  assign lk_lframe_no = as_host ? h_lframe_n : mounted_i;
  assign lk_lad_oe_o = host_oe || target_oe;
  // Who drives, and whether, is decided by the pads' enable alone: the nibble comes earlier that way.
  assign lk_lad_o = host_q ? h_lad : t_lad;

  link_bytes u_tx_bytes (
      .clk_i      (clk_i),
      .rst_ni     (rst_ni),
      .we_i       (tx_we_i && !pending_q),
      .addr_i     (tx_addr_i),
      .wdata_i    (tx_wdata_i),
      .wbytes_i   (tx_wbytes_i),
      .byte_we_o  (tx_we),
      .byte_addr_o(tx_waddr),
      .byte_o     (tx_wdata)
  );

  // Each role has its memories, since each has its clock: 4 blocks of 512 bytes.
  ram_2clk u_tx_host_ram (
      .wclk_i (clk_i),
      .we_i   (tx_we),
      .waddr_i(tx_waddr),
      .wdata_i(tx_wdata),
      .rclk_i (clk_i),
      .raddr_i(h_tx_raddr),
      .rdata_o(h_tx_rdata)
  );

  ram_2clk u_tx_target_ram (
      .wclk_i (clk_i),
      .we_i   (tx_we),
      .waddr_i(tx_waddr),
      .wdata_i(tx_wdata),
      .rclk_i (lk_lclk_i),
      .raddr_i(t_tx_raddr),
      .rdata_o(t_tx_rdata)
  );

  ram_2clk u_rx_host_ram (
      .wclk_i (clk_i),
      .we_i   (h_rx_we),
      .waddr_i(h_rx_waddr),
      .wdata_i(h_rx_wdata),
      .rclk_i (clk_i),
      .raddr_i(rx_addr_i),
      .rdata_o(h_rx_rdata)
  );

  ram_2clk u_rx_target_ram (
      .wclk_i (lk_lclk_i),
      .we_i   (t_rx_we),
      .waddr_i(t_rx_waddr),
      .wdata_i(t_rx_wdata),
      .rclk_i (clk_i),
      .raddr_i(rx_addr_i),
      .rdata_o(t_rx_rdata)
  );

  link_host_engine u_engine (
      .clk_i       (clk_i),
      .rst_ni      (rst_ni && as_host),
      .tx_pending_i(pending_q),
      .tx_len_i    (tx_len_q),
      .tx_raddr_o  (h_tx_raddr),
      .tx_rdata_i  (h_tx_rdata),
      .tx_done_o   (h_tx_done),
      .rx_free_i   (!valid_q),
      .rx_we_o     (h_rx_we),
      .rx_waddr_o  (h_rx_waddr),
      .rx_wdata_o  (h_rx_wdata),
      .rx_done_o   (h_rx_done),
      .rx_len_o    (h_rx_len),
      .err_o       (h_err),
      .lreset_no   (h_lreset_n),
      .lframe_no   (h_lframe_n),
      .lad_o       (h_lad),
      .lad_oe_o    (h_oe),
      .lad_i       (lk_lad_i)
  );

  link_target_regs u_target (
      .lclk_i    (lk_lclk_i),
      .lreset_ni (lk_lreset_ni),
      .lframe_ni (lk_lframe_ni),
      .lad_i     (lk_lad_i),
      .lad_o     (t_lad),
      .lad_oe_o  (t_oe),
      .run_i     (armed_q),
      .offer_i   (offer_q),
      .len_i     (tx_len_q),
      .hold_i    (hold_q),
      .taken_o   (t_taken),
      .full_o    (t_full),
      .len_o     (t_len),
      .tx_raddr_o(t_tx_raddr),
      .tx_rdata_i(t_tx_rdata),
      .rx_we_o   (t_rx_we),
      .rx_waddr_o(t_rx_waddr),
      .rx_wdata_o(t_rx_wdata)
  );

  sync2 #(
      .WIDTH(3)
  ) u_sync (
      .clk_i (clk_i),
      .rst_ni(rst_ni),
      .d_i   ({t_taken, t_full, lk_lreset_ni}),
      .q_o   ({taken, full, lreset_seen_n})
  );

  always @* begin : next
    pending_d = pending_q;
    tx_len_d  = tx_len_q;
    offer_d   = 1'b0;
    valid_d   = valid_q && !rx_ack_i;
    look_d    = 1'b0;
    rx_len_d  = rx_len_q;
    source_d  = source_q;
    hold_d    = valid_q || look_q || full;
    armed_d   = as_target && (armed_q || !lreset_seen_n);
    err_d     = (err_q && (was_running_q || !running)) || (as_host && h_err);

    if (tx_send_i && !pending_q && tx_len_i != 10'd0 && tx_len_i <= 10'd512) begin
      pending_d = 1'b1;
      tx_len_d  = tx_len_i;
    end
    if (as_host && h_tx_done) pending_d = 1'b0;
    if (as_host && h_rx_done) begin
      valid_d  = 1'b1;
      rx_len_d = h_rx_len;
      source_d = 1'b1;
    end
    if (as_target) begin
      // Four phases: offer, taken, no offer, not taken; then the next offer.
      offer_d = pending_q && !taken;
      if (offer_q) begin
        offer_d = !taken;
        if (taken) pending_d = 1'b0;
      end
      if (full && !hold_q) begin
        look_d   = 1'b1;
        rx_len_d = t_len;
        source_d = 1'b0;
      end
      // The target half checked it, but a partner that resets that half and clocks it faster than we
      // look can put another one there. What is not a length is no frame.
      if (look_q) valid_d = rx_len_q != 10'd0 && rx_len_q <= 10'd512;
    end
    if (!running) begin
      pending_d = 1'b0;
      hold_d    = 1'b1;  // swallows what an earlier mount left behind
    end
  end

  always @(posedge clk_i) begin : state_reg
    if (!rst_ni) begin
      host_q        <= 1'b0;
      was_running_q <= 1'b0;
      pending_q     <= 1'b0;
      tx_len_q      <= 10'd0;
      offer_q       <= 1'b0;
      valid_q       <= 1'b0;
      rx_len_q      <= 10'd0;
      source_q      <= 1'b0;
      hold_q        <= 1'b1;
      look_q        <= 1'b0;
      armed_q       <= 1'b0;
      err_q         <= 1'b0;
    end else begin
      host_q        <= ctl_host_i;
      was_running_q <= running;
      pending_q     <= pending_d;
      tx_len_q      <= tx_len_d;
      offer_q       <= offer_d;
      valid_q       <= valid_d;
      rx_len_q      <= rx_len_d;
      source_q      <= source_d;
      hold_q        <= hold_d;
      look_q        <= look_d;
      armed_q       <= armed_d;
      err_q         <= err_d;
    end
  end
endmodule
`default_nettype wire
