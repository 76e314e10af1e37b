// secret.v - orm_seq: two wallets that differ only in token content have equal pins until release.
//
// Copies   two sequencers, a and b, with the same inputs in every clock: operations, resets, both
//          buses, the memory's latency, the device key. They differ in words 8 to 31 of all
//          repository slots (the sealed token) and in what depends on them.
// Cipher   a word of a move is XORed with one word of pad: AES under PTK, block "T", of (entry,
//          word); and AES under the device key, block "R", of (session counter, entry, slot, word).
//          To whoever does not know the keys these are fresh random words, asked for once a token
//          since the counter never repeats (count.v). So the proof is that of the one-time
//          pad: for any tokens of a and b there are pads of b, just as likely, with which the words
//          that the move writes are equal; b gets those pads. Nothing more is taken from AES: PTK
//          itself and all pads are free in each block, and a pad word serves one read only - what
//          reads the token again sees it bare.
// Proves   under that choice all that leaves the sequencer is equal in both, in every clock and for
//          ever: register reads, both token buffers, data bus, memory port, timing. PTK differs; it is
//          0 on the wires until a payer's released session is read. A release opens its own session.
// Public   a token's value (mask word of SETTLE) and words 0 to 3 of a slot: state, value, seal.
// Memory   words that were written alike and not cut since are read alike; all else is free. So no
//          content is assumed, and a torn erase may leave different rests in a and b.
// Outside  buffers, data bus and clamp are machines without secrets: equal inputs, equal outputs
//          (dbus.v, clamp.v). The AES engine takes equally long for all keys
//          (engine.v).
// @invariant I2
// @induction 2
// @simulate cover_orm.v
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "formal.vh"
`include "opera_regs.vh"
`include "seq_view.vh"
module secret (
    input wire [ 31:0] nv_rdata_b_i,    // where b may read something else
    input wire [127:0] aes_result_b_i,
`include "orm_ports.vh"
);
  wire [31:0] in_rdata_a = in_rdata_i, in_rdata_b = in_rdata_i;
  wire [7:0] rx_data_a = rx_data_i, rx_data_b = rx_data_i;
  wire [31:0] nv_rdata_a = nv_rdata_i;
  wire [31:0] nv_rdata_b;
  reg [127:0] result_a = 128'd0, result_b = 128'd0;
  wire done;
`include "twin_env.vh"

  function [31:0] pick;  // pad word for a word of memory, which has the first byte lowest
    input [127:0] pad;
    input [1:0] word;
    reg [31:0] x;
    begin
      x = word == 2'd0 ? pad[127:96] : word == 2'd1 ? pad[95:64] : word == 2'd2 ? pad[63:32] : pad[31:0];
      pick = {x[7:0], x[15:8], x[23:16], x[31:24]};
    end
  endfunction

  // ---- AES: a result stands from done until the next start or clear
  reg f_run = 1'b0;
  reg [7:0] f_op = 8'd0;                         // the operation, as it was asked for
  reg [127:0] f_pad_a = 128'd0, f_pad_b = 128'd0;
  reg [3:0] f_fresh = 4'd0;                      // pad words that have not been used
  wire [7:0] kind = aes_block_a[127:120];
  wire settles = f_op == `OPERA_OP_SETTLE;
  // The token's value is public: of a SETTLE, the mask over it is the same.
  wire [127:0] tb_b = {aes_result_b_i[127:64], settles && aes_block_a[2:0] == 3'd1 ? aes_result_i[63:32]
      : aes_result_b_i[63:32], aes_result_b_i[31:0]};
  wire [127:0] next_b = kind == "K" ? aes_result_i : kind == "T" ? tb_b
      : kind == "R" && settles ? aes_result_i ^ f_pad_a ^ f_pad_b : aes_result_b_i;
  assign done = aes_done_i && f_run;
  wire reads = nv_req_a && !nv_we_a;
  wire used = reads && nv_ack_i && f_fresh[na[1:0]];
  always @(posedge clk_i) begin
    if (!rst_ni) begin
      f_run <= 1'b0;
      f_fresh <= 4'd0;
    end else if (aes_start_a) begin
      f_run <= 1'b1;
      f_fresh <= 4'd0;
    end else if (done) begin
      f_run <= 1'b0;
      result_a <= aes_result_i;
      result_b <= next_b;
      if (kind == "T") {f_pad_a, f_pad_b} <= {aes_result_i, next_b};
      if (kind == "R") begin
        {f_pad_a, f_pad_b} <= {f_pad_a ^ aes_result_i, f_pad_b ^ next_b};
        f_fresh <= 4'b1111;
      end
    end else begin
      if (aes_clear_a) {f_run, result_a, result_b} <= 257'd0;
      if (used) f_fresh[na[1:0]] <= 1'b0;
    end
    if (cmd_i && !busy_a) f_op <= op_i;
  end

  // ---- memory: b reads what a reads, but for the token in a slot
  reg f_written = 1'b0;
  reg [16:0] f_last = 17'd0;
  always @(posedge clk_i) begin
    if (!rst_ni) f_written <= 1'b0;
    else if (nv_req_a && nv_we_a) {f_written, f_last} <= {nv_ack_i, na};
  end
  assign nv_rdata_b = !in_repo ? nv_rdata_i
      : reads && f_fresh[na[1:0]] ? nv_rdata_i ^ pick(f_pad_a, na[1:0]) ^ pick(f_pad_b, na[1:0])
      : reads && f_written && f_last == na ? nv_rdata_i : nv_rdata_b_i;

  // Helpers: where the read word is looked at, and where it may differ.
  wire in_move = at == ST_SLOT || at == ST_SEAL || at == ST_PTK || at == ST_PTK_DONE || at == ST_UNWRAP || copying;
  wire rd_idle = in_sub || at == ST_BOOT || at == ST_IDLE || at == ST_COPY_TB || at == ST_COPY_REPO
      || at == ST_COPY_READ || at == ST_COPY_NEXT || at == ST_META || at == ST_JOURNAL || at == ST_ERASE
      || at == ST_VERIFY || at == ST_MARK || at == ST_UNJOURNAL || at == ST_PTK || at == ST_PTK_DONE
      || at == ST_CHECK || at == ST_CLOSE_ERASE || at == ST_CLOSE_CLEAR || at == ST_CLOSED || at == ST_DIR
      || at == ST_VAULT || at == ST_OUT || at == ST_COUNT_NEXT || at == ST_RECORD || at == ST_KEY
      || at == ST_KEY_WORD || at == ST_STORE || at == ST_BUF_WAIT || at == ST_STORE_WORD || at == ST_STORED
      || at == ST_SEND_END || at == ST_TRAP;
  wire writing = in_nv && nv_we;     // names that cover_orm.v uses
  wire busy = busy_a, tx_valid = tx_valid_a, nv_req = nv_req_a;
  wire [16:0] nv_addr = nv_addr_a;
  wire [31:0] nv_wdata = nv_wdata_a;
  wire [127:0] aes_key = aes_key_a, aes_block = aes_block_a;
  wire [1:0] l = w[1:0];
  wire [31:0] word_a = pick(ks_a, l), word_b = pick(ks_b, l);

  wire [7:0] err = status_a[87:80];
  reg f_differ = 1'b0, f_torn = 1'b0;
  always @(posedge clk_i) begin
    if (st == ST_COPY_WRITE && is_stage && rd_a != rd_b) f_differ <= 1'b1;
    if (in_nv && at == ST_VERIFY && in_repo && !rst_ni) f_torn <= 1'b1;
  end

  `EACH_CLOCK if (f_past) begin
    // ---- what is promised
    `ASSERT(p_status_is_equal, {busy_a, status_a} == {busy_b, status_b})
    `ASSERT(p_memory_port_is_equal, {nv_req_a, nv_we_a, nv_addr_a} == {nv_req_b, nv_we_b, nv_addr_b}
        && (!nv_we_a || nv_wdata_a == nv_wdata_b))
    `ASSERT(p_output_buffer_is_equal, {out_we_a, buf_addr_a} == {out_we_b, buf_addr_b}
        && (!out_we_a || out_wdata_a == out_wdata_b))
    `ASSERT(p_input_buffer_is_equal, in_we_a == in_we_b && (!in_we_a || in_wdata_a == in_wdata_b))
    `ASSERT(p_data_bus_is_equal, {tx_open_a, tx_valid_a, rx_open_a} == {tx_open_b, tx_valid_b, rx_open_b}
        && (!tx_valid_a || tx_data_a == tx_data_b))
    `ASSERT(p_engine_asked_alike, {aes_start_a, aes_clear_a} == {aes_start_b, aes_clear_b}
        && (!aes_start_a || aes_block_a == aes_block_b))
    `ASSERT(p_key_is_equal_until_release, ptk_a == ptk_b || (payer_a && released_a && show_a))
    // ---- helpers
    `ASSERT(p_help_control, control_a == control_b)
    `ASSERT(p_help_value, value_a == value_b)
    `ASSERT(p_help_wdata, nv_wdata_a == nv_wdata_b)
    `ASSERT(p_help_rd, rd_idle || at == ST_COPY_WRITE || rd_a == rd_b)
    `ASSERT(p_help_show, !show_a || (st == ST_IDLE && payer_a && released_a))
    `ASSERT(p_help_vault, !(at == ST_VAULT || at == ST_VAULT_CHECK) || payer_a)
    `ASSERT(p_help_shows, !(at == ST_PTK || at == ST_PTK_DONE) || is_stage || is_settle
        || ((op == `OPERA_OP_RELEASE || op == `OPERA_OP_SESSREAD) && payer_a && released_a))
    `ASSERT(p_help_roles, !(payer_a && payee_a))
    `ASSERT(p_help_asked, !(in_move || at == ST_VAULT || at == ST_VAULT_CHECK || at == ST_LOAD || at == ST_CHECK || at == ST_ENTRY) || op_a == f_op)
    `ASSERT(p_help_run, (st == ST_AES) == f_run || st == ST_TRAP)
    `ASSERT(p_help_key, !(st == ST_KEY) || result_a == result_b)
    `ASSERT(p_help_key_op, !(at == ST_KEY || at == ST_KEY_WORD) || op_a == `OPERA_OP_KEYLOAD)
    `ASSERT(p_help_wrapped, !(at == ST_KEY_WORD) || ks_a == ks_b)
    `ASSERT(p_help_kind, !in_aes || ((at == ST_COPY_REPO) == (kind == "T") && (at == ST_COPY_READ) == (kind == "R")
        && (at == ST_KEY || at == ST_PTK_DONE || at == ST_COPY_REPO || at == ST_COPY_READ)
        && (at != ST_KEY || kind == "K")))
    `ASSERT(p_help_bounds, w <= f_last_word)
    `ASSERT(p_help_op, f_op_fits)
    `ASSERT(p_help_returns, f_returns)
    `ASSERT(p_help_stream, !(st == ST_COPY_REPO) || (result_a == f_pad_a && result_b == f_pad_b
        && (!(is_settle && w[4:2] == 3'd1) || result_a[63:32] == result_b[63:32])))
    `ASSERT(p_help_steps, !(at == ST_COPY_TB || at == ST_COPY_REPO || (at == ST_COPY_READ && in_aes)) || l == 2'd0)
    `ASSERT(p_help_half_pad, !(at == ST_COPY_READ && in_aes) || (ks_a == f_pad_a && ks_b == f_pad_b))
    `ASSERT(p_help_two_streams, !(st == ST_COPY_READ && l == 2'd0)
        || ((ks_a ^ result_a) == f_pad_a && (ks_b ^ result_b) == f_pad_b))
    `ASSERT(p_help_pad, !((st == ST_COPY_READ && l != 2'd0) || at == ST_COPY_WRITE || at == ST_COPY_NEXT)
        || (ks_a == f_pad_a && ks_b == f_pad_b))
    `ASSERT(p_help_settle_pad, !(is_settle && ((st == ST_COPY_READ) || at == ST_COPY_WRITE || at == ST_COPY_NEXT))
        || f_pad_a == f_pad_b)
    `ASSERT(p_help_fresh, st == ST_TRAP || f_fresh == ((st == ST_COPY_READ || (in_nv && at == ST_COPY_WRITE))
        ? 4'b1111 << l : (at == ST_COPY_WRITE || at == ST_COPY_NEXT) ? 4'b1110 << l : 4'b0000))
    `ASSERT(p_help_copy_read, !(in_nv && at == ST_COPY_WRITE) || (!nv_we_a && (is_stage ? in_repo : in_entry)
        && na[1:0] == l))
    `ASSERT(p_help_writes, !(in_nv && (at == ST_COPY_NEXT || at == ST_VERIFY)) || nv_we_a)
    `ASSERT(p_help_copied, !(st == ST_COPY_WRITE) || (rd_a ^ word_a) == (rd_b ^ word_b))
    `ASSERT(p_help_settled, !(st == ST_COPY_WRITE && is_settle) || rd_a == rd_b)
    `ASSERT(p_help_mask, !(is_settle && copying && (w == 6'd5 || w == 6'd6 || (w == 6'd4 && at != ST_COPY_TB
        && at != ST_COPY_REPO))) || mask_a == mask_b)
    `ASSERT(p_help_checked, !(in_nv && at == ST_ERASED) || (!nv_we_a && f_written && f_last == na))
    `ASSERT(p_help_erased, !(st == ST_VERIFY) || (f_written && f_last == erase_addr + {11'd0, w}))
    `ASSERT(p_help_erasing, !(in_nv && at == ST_VERIFY) || na == erase_addr + {11'd0, w})
    `ASSERT(p_help_token_read, !(in_nv && !nv_we_a && in_repo) || at == ST_COPY_WRITE || at == ST_ERASED)

    `COVER(c_staged_different_tokens, f_differ && err == `OPERA_ERR_NONE && st == ST_IDLE)
    `COVER(c_sent_alike, f_differ && tx_valid_a && st == ST_SEND_BYTE && w == 6'd24)
    `COVER(c_refunded_different_keys, f_differ && st == ST_COPY_NEXT && is_settle && key_a != key_b)
    `COVER(c_key_differs_after_release, f_differ && ptk_a != ptk_b)
    `COVER(c_torn_erase_differs, f_torn && f_differ && st == ST_IDLE)
  end

endmodule
`default_nettype wire
