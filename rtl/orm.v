// orm.v - one-time-readable memory: sequencer, token buffers and data bus of the switched domain.
//
// Clock    clk_i, the domain's clock; clk_free_i, the same one before it is gated, for the buffers.
// Reset    rst_ni, low = reset, sampled on clk_i; the journal is replayed after it (busy_o).
// Timing   see orm_seq; out_rdata_o answers out_addr_i, sess_o and ptk_o key_addr_i, one clock later.
// Links    data bus -> input buffer -> entry -> (repository stream) -> slot, and
//          slot -> entry -> output buffer -> data bus. There is no other path; a slot's words reach
//          no output, only an entry, and only under PTK.
// Fails to a trap that reads as error and answers nothing until reset.
// Proofs   testbench/tests/orm.rs; ARCHITECTURE.md, invariants I1 to I5, I7, I12.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module orm #(
    parameter ISSUER = 0,
    parameter [15:0] SLOTS = 16'd1024,
    parameter [15:0] ENTRIES = 16'd1024,
    parameter [23:0] TIMEOUT = 24'h00FFFF
) (
    input  wire         clk_i,
    input  wire         clk_free_i,
    input  wire         rst_ni,
    input  wire [127:0] device_key_i,
    input  wire         cmd_i,
    input  wire [  7:0] op_i,
    input  wire [  7:0] sess_i,
    input  wire [ 15:0] k_i,
    input  wire [ 15:0] slot_i,
    input  wire [ 31:0] value_i,
    input  wire [ 31:0] ptk_i,         // word aes_next_i of PTK_IN, one clock later
    output wire         busy_o,
    output wire         error_o,
    output wire [  7:0] err_o,
    output wire [  7:0] sess_state_o,
    input  wire [  3:0] key_addr_i,
    output wire [  7:0] sess_o,        // byte of counter and range, while a session is open
    output wire [  7:0] ptk_o,         // 0 unless PTK may be shown
    output wire [  7:0] entry_state_o,
    input  wire [  6:0] out_addr_i,
    output wire [  7:0] out_rdata_o,
    input  wire         press_we_i,    // words of the press buffer, mint build only
    input  wire [  4:0] press_addr_i,
    input  wire [ 31:0] press_wdata_i,
    output wire         nv_req_o,
    output wire         nv_we_o,
    output wire [ 16:0] nv_addr_o,
    output wire [ 31:0] nv_wdata_o,
    input  wire         nv_ack_i,
    input  wire [ 31:0] nv_rdata_i,
    output wire         aes_start_o,
    output wire [ 31:0] aes_key_o,
    output wire [ 31:0] aes_block_o,
    input  wire [  1:0] aes_word_i,
    input  wire [  1:0] aes_next_i,
    input  wire         aes_valid_i,
    input  wire         aes_done_i,
    input  wire [ 31:0] aes_result_i,
    output wire         aes_clear_o,
    output wire [  7:0] db_data_o,
    output wire         db_oe_o,
    output wire         db_req_o,
    output wire         db_frame_o,
    input  wire         db_ack_i,
    input  wire [  7:0] db_data_i,
    input  wire         db_req_i,
    input  wire         db_frame_i,
    output wire         db_ack_o,
    input  wire         scrub_i,
    output wire         scrub_done_o
);
  wire out_we, in_we;
  wire [4:0] buf_addr;
  wire [31:0] out_wdata, in_wdata, out_word, in_rdata, press_rdata;
  wire tx_open, tx_valid, tx_ready, tx_idle, rx_open, rx_valid;
  wire [7:0] tx_data, rx_data;
  wire out_done, in_done, press_done, key_done, key_we;
  wire [2:0] key_waddr, key_raddr, sess_waddr, sess_raddr;
  wire [31:0] key_wdata, key_rdata, ptk, sess_wdata, sess_rdata, sess;
  wire sess_we, sess_done;
  reg [1:0] lane_q, key_lane_q;

  assign scrub_done_o = out_done && in_done && press_done && key_done && sess_done;
  assign out_rdata_o = out_word[8*lane_q+:8];
  assign ptk_o = ptk[{~key_lane_q, 3'd0}+:8];
  assign sess_o = sess[{~key_lane_q, 3'd0}+:8];
  always @(posedge clk_free_i) begin : lanes
    lane_q <= out_addr_i[1:0];
    key_lane_q <= key_addr_i[1:0];
  end

  orm_seq #(
      .ISSUER (ISSUER),
      .SLOTS  (SLOTS),
      .ENTRIES(ENTRIES),
      .TIMEOUT(TIMEOUT)
  ) u_seq (
      .clk_i        (clk_i),
      .rst_ni       (rst_ni),
      .device_key_i (device_key_i),
      .cmd_i        (cmd_i),
      .op_i         (op_i),
      .sess_i       (sess_i),
      .k_i          (k_i),
      .slot_i       (slot_i),
      .value_i      (value_i),
      .ptk_i        (ptk_i),
      .busy_o       (busy_o),
      .error_o      (error_o),
      .err_o        (err_o),
      .sess_state_o (sess_state_o),
      .sess_word_i  (key_addr_i[2]),
      .sess_o       (sess),
      .ptk_word_i   (key_addr_i[3:2]),
      .ptk_o        (ptk),
      .entry_state_o(entry_state_o),
      .nv_req_o     (nv_req_o),
      .nv_we_o      (nv_we_o),
      .nv_addr_o    (nv_addr_o),
      .nv_wdata_o   (nv_wdata_o),
      .nv_ack_i     (nv_ack_i),
      .nv_rdata_i   (nv_rdata_i),
      .aes_start_o  (aes_start_o),
      .aes_key_o    (aes_key_o),
      .aes_block_o  (aes_block_o),
      .aes_word_i   (aes_word_i),
      .aes_next_i   (aes_next_i),
      .aes_valid_i  (aes_valid_i),
      .aes_done_i   (aes_done_i),
      .aes_result_i (aes_result_i),
      .aes_clear_o  (aes_clear_o),
      .key_we_o     (key_we),
      .key_waddr_o  (key_waddr),
      .key_wdata_o  (key_wdata),
      .key_raddr_o  (key_raddr),
      .key_rdata_i  (key_rdata),
      .sess_we_o    (sess_we),
      .sess_waddr_o (sess_waddr),
      .sess_wdata_o (sess_wdata),
      .sess_raddr_o (sess_raddr),
      .sess_rdata_i (sess_rdata),
      .out_we_o     (out_we),
      .buf_addr_o   (buf_addr),
      .out_wdata_o  (out_wdata),
      .in_we_o      (in_we),
      .in_wdata_o   (in_wdata),
      .in_rdata_i   (in_rdata),
      .press_rdata_i(press_rdata),
      .tx_open_o    (tx_open),
      .tx_valid_o   (tx_valid),
      .tx_data_o    (tx_data),
      .tx_ready_i   (tx_ready),
      .rx_open_o    (rx_open),
      .rx_valid_i   (rx_valid),
      .rx_data_i    (rx_data),
      .rx_frame_i   (db_frame_i),
      .tx_idle_i    (tx_idle)
  );

  orm_dbus u_dbus (
      .clk_i     (clk_i),
      .rst_ni    (rst_ni),
      .tx_open_i (tx_open),
      .tx_valid_i(tx_valid),
      .tx_data_i (tx_data),
      .tx_ready_o(tx_ready),
      .tx_idle_o (tx_idle),
      .rx_open_i (rx_open),
      .rx_valid_o(rx_valid),
      .rx_data_o (rx_data),
      .db_data_o (db_data_o),
      .db_oe_o   (db_oe_o),
      .db_req_o  (db_req_o),
      .db_frame_o(db_frame_o),
      .db_ack_i  (db_ack_i),
      .db_data_i (db_data_i),
      .db_req_i  (db_req_i),
      .db_ack_o  (db_ack_o)
  );

  orm_buf u_out (
      .clk_i       (clk_free_i),
      .we_i        (out_we),
      .waddr_i     (buf_addr),
      .wdata_i     (out_wdata),
      .raddr_i     (out_addr_i[6:2]),
      .rdata_o     (out_word),
      .scrub_i     (scrub_i),
      .scrub_done_o(out_done)
  );

  orm_buf u_key (
      .clk_i       (clk_free_i),
      .we_i        (key_we),
      .waddr_i     ({2'd0, key_waddr}),
      .wdata_i     (key_wdata),
      .raddr_i     ({2'd0, key_raddr}),
      .rdata_o     (key_rdata),
      .scrub_i     (scrub_i),
      .scrub_done_o(key_done)
  );

  orm_buf u_sess (
      .clk_i       (clk_free_i),
      .we_i        (sess_we),
      .waddr_i     ({2'd0, sess_waddr}),
      .wdata_i     (sess_wdata),
      .raddr_i     ({2'd0, sess_raddr}),
      .rdata_o     (sess_rdata),
      .scrub_i     (scrub_i),
      .scrub_done_o(sess_done)
  );

  orm_buf u_in (
      .clk_i       (clk_free_i),
      .we_i        (in_we),
      .waddr_i     (buf_addr),
      .wdata_i     (in_wdata),
      .raddr_i     (buf_addr),
      .rdata_o     (in_rdata),
      .scrub_i     (scrub_i),
      .scrub_done_o(in_done)
  );

  generate
    if (ISSUER != 0) begin : gen_press
      orm_buf u_press (
          .clk_i       (clk_free_i),
          .we_i        (press_we_i),
          .waddr_i     (press_addr_i),
          .wdata_i     (press_wdata_i),
          .raddr_i     (buf_addr),
          .rdata_o     (press_rdata),
          .scrub_i     (scrub_i),
          .scrub_done_o(press_done)
      );
    end else begin : gen_no_press  // a wallet has no way to put a token in
      assign press_rdata = 32'd0;
      assign press_done = 1'b1;
      /* verilator lint_off UNUSEDSIGNAL */
      wire unused_ok = &{1'b0, press_we_i, press_addr_i, press_wdata_i};
      /* verilator lint_on UNUSEDSIGNAL */
    end
  endgenerate
endmodule
`default_nettype wire
