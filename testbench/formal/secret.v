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
//          reads the token again sees it bare. The engine answers in four words, in order (engine.v).
// Keys     the key buffer of each copy is here in full: PTK in key_a, key_b, the stream of a move in
//          ks_a, ks_b.
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
    input wire [ 31:0] aes_result_b_i,
`include "orm_ports.vh"
);
  wire [31:0] in_rdata_a = in_rdata_i, in_rdata_b = in_rdata_i;
  wire [7:0] rx_data_a = rx_data_i, rx_data_b = rx_data_i;
  wire [31:0] nv_rdata_a = nv_rdata_i;
  wire [31:0] nv_rdata_b;
  wire [31:0] result_a = aes_result_i;
  wire [31:0] result_b;
  reg [31:0] key_rdata_a = 32'd0, key_rdata_b = 32'd0;
  wire [1:0] aes_word;
  wire aes_valid, done;
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

  // ---- key buffers: as orm_buf, read one clock after the address; word 0 highest
  reg [127:0] key_a = 128'd0, key_b = 128'd0, ks_a = 128'd0, ks_b = 128'd0;
  always @(posedge clk_i) begin
    if (key_we_a && !key_waddr_a[2]) key_a[{~key_waddr_a[1:0], 5'd0}+:32] <= key_wdata_a;
    if (key_we_b && !key_waddr_b[2]) key_b[{~key_waddr_b[1:0], 5'd0}+:32] <= key_wdata_b;
    if (key_we_a && key_waddr_a[2]) ks_a[{~key_waddr_a[1:0], 5'd0}+:32] <= key_wdata_a;
    if (key_we_b && key_waddr_b[2]) ks_b[{~key_waddr_b[1:0], 5'd0}+:32] <= key_wdata_b;
    key_rdata_a <= key_raddr_a[2] ? ks_a[{~key_raddr_a[1:0], 5'd0}+:32] : key_a[{~key_raddr_a[1:0], 5'd0}+:32];
    key_rdata_b <= key_raddr_b[2] ? ks_b[{~key_raddr_b[1:0], 5'd0}+:32] : key_b[{~key_raddr_b[1:0], 5'd0}+:32];
  end

  // ---- AES: after any time four words, in order and each announced a clock before, done with the last
  reg f_run = 1'b0;
  reg [1:0] f_count = 2'd0, f_next = 2'd0;
  reg [7:0] f_op = 8'd0;                         // the operation, as it was asked for
  reg [127:0] f_pad_a = 128'd0, f_pad_b = 128'd0;
  reg [3:0] f_fresh = 4'd0;                      // pad words that have not been used
  localparam [1:0] AES_PTK = 2'd0, AES_WRAP = 2'd1, AES_TB = 2'd2, AES_REPO = 2'd3;
  wire [1:0] kind = aes_sel_a;
  wire settles = f_op == `OPERA_OP_SETTLE;
  assign aes_valid = aes_valid_i && f_run && f_next == f_count;
  assign aes_word = aes_valid ? f_count : aes_word_i;
  assign done = aes_valid && f_count == 2'd3;
  wire [6:0] lane = {~f_count, 5'd0};
  wire [31:0] pad_a = f_pad_a[lane+:32], pad_b = f_pad_b[lane+:32];
  // The token's value is public: of a SETTLE, the mask over it is the same.
  wire public_mask = settles && w[4:2] == 3'd1 && f_count == 2'd2;
  assign result_b = kind == AES_WRAP || (kind == AES_TB && public_mask) ? aes_result_i
      : kind == AES_REPO && settles ? aes_result_i ^ pad_a ^ pad_b : aes_result_b_i;
  wire reads = nv_req_a && !nv_we_a;
  wire used = reads && nv_ack_i && f_fresh[na[1:0]];
  always @(posedge clk_i) begin
    f_next <= aes_next_i;
    if (!rst_ni) begin
      f_run <= 1'b0;
      f_fresh <= 4'd0;
    end else if (aes_start_a) begin
      f_run <= 1'b1;
      f_count <= 2'd0;
      f_fresh <= 4'd0;
    end else if (aes_valid) begin
      f_run <= !done;
      f_count <= f_count + 2'd1;
      if (kind == AES_TB) begin
        f_pad_a[lane+:32] <= result_a;
        f_pad_b[lane+:32] <= result_b;
      end
      if (kind == AES_REPO) begin
        f_pad_a[lane+:32] <= pad_a ^ result_a;
        f_pad_b[lane+:32] <= pad_b ^ result_b;
        f_fresh[f_count] <= 1'b1;
      end
    end else begin
      if (aes_clear_a) f_run <= 1'b0;
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
      || at == ST_COPY_READ || at == ST_COPY_NEXT || (at == ST_META && !w[0]) || (at == ST_RECORD && w != 6'd0)
      || at == ST_JOURNAL || at == ST_ERASE
      || at == ST_VERIFY || at == ST_MARK || at == ST_UNJOURNAL || at == ST_PTK || at == ST_PTK_DONE
      || at == ST_CHECK || at == ST_CLOSE_ERASE || at == ST_CLOSE_CLEAR || at == ST_CLOSED || at == ST_DIR
      || at == ST_VAULT || at == ST_OUT || at == ST_COUNT_NEXT || at == ST_COUNT_BACK || at == ST_OPENED || at == ST_KEY
      || at == ST_KEY_WORD || at == ST_STORE || at == ST_BUF_WAIT || at == ST_STORE_WORD || at == ST_STORED
      || at == ST_SEND_END || at == ST_TRAP;
  wire writing = in_nv && nv_we;     // names that cover_orm.v uses
  wire busy = busy_a, tx_valid = tx_valid_a, nv_req = nv_req_a;
  wire [16:0] nv_addr = nv_addr_a;
  wire [31:0] nv_wdata = nv_wdata_a;
  wire [31:0] aes_key = aes_key_a, aes_block = aes_block_a, key_wdata = key_wdata_a;
  wire [2:0] key_waddr = key_waddr_a, key_raddr = key_raddr_a, sess_waddr = sess_waddr_a, sess_raddr = sess_raddr_a;
  wire [31:0] sess_wdata = sess_wdata_a;
  wire key_we = key_we_a, sess_we = sess_we_a;
  wire [1:0] l = w[1:0];
  wire [31:0] word_a = pick(ks_a, l), word_b = pick(ks_b, l);
  // Words of the block that have come so far.
  wire [127:0] came = (st == ST_AES && f_count != 2'd0 ? {32{1'b1}} << 96 : 128'd0)
      | (st == ST_AES && f_count >= 2'd2 ? {32{1'b1}} << 64 : 128'd0) | (st == ST_AES && f_count == 2'd3 ? {32{1'b1}} << 32 : 128'd0);
  wire [127:0] mine_a = ks_a ^ f_pad_a, mine_b = ks_b ^ f_pad_b;

  wire [7:0] err = status_a[55:48];
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
        && aes_block_a == aes_block_b)
    `ASSERT(p_pads_are_of_their_kind, !(in_aes && aes_word == 2'd0) || aes_block_a[31:24]
        == (kind == AES_PTK ? "P" : kind == AES_WRAP ? "K" : kind == AES_TB ? "T" : "R"))
    `ASSERT(p_key_buffer_used_alike, {key_we_a, key_waddr_a, key_raddr_a} == {key_we_b, key_waddr_b, key_raddr_b})
    `ASSERT(p_session_buffer_is_equal, {sess_we_a, sess_waddr_a, sess_raddr_a} == {sess_we_b, sess_waddr_b, sess_raddr_b}
        && (!sess_we_a || sess_wdata_a == sess_wdata_b))
    `ASSERT(p_key_is_equal_until_release, ptk_a == ptk_b || (payer_a && released_a && show_a))
    // ---- helpers
    `ASSERT(p_help_control, control_a == control_b)
    `ASSERT(p_help_wdata, nv_wdata_a == nv_wdata_b)
    `ASSERT(p_help_rd, rd_idle || at == ST_COPY_WRITE || rd_a == rd_b)
    `ASSERT(p_help_show, !show_a || (st == ST_IDLE && payer_a && released_a))
    `ASSERT(p_help_vault, !(at == ST_VAULT || at == ST_VAULT_CHECK) || payer_a)
    `ASSERT(p_help_shows, !(at == ST_PTK || at == ST_PTK_DONE) || is_stage || is_settle
        || ((op == `OPERA_OP_RELEASE || op == `OPERA_OP_SESSREAD) && payer_a && released_a))
    `ASSERT(p_help_roles, !(payer_a && payee_a))
    `ASSERT(p_help_asked, !(in_move || at == ST_VAULT || at == ST_VAULT_CHECK || at == ST_LOAD || at == ST_CHECK || at == ST_ENTRY
        || at == ST_OPEN_SCAN || at == ST_OPEN_RANGE || at == ST_COUNT || at == ST_COUNT_NEXT || at == ST_COUNT_BACK
        || at == ST_RECORD || at == ST_OPENED) || op_a == f_op)
    `ASSERT(p_help_run, (st == ST_AES) == f_run || st == ST_TRAP)
    `ASSERT(p_help_key, !(at == ST_KEY && in_aes) || ((ks_a ^ ks_b) & came) == 128'd0)
    `ASSERT(p_help_key_op, !(at == ST_KEY || at == ST_KEY_WORD) || op_a == `OPERA_OP_KEYLOAD)
    `ASSERT(p_help_wrapped, !(st == ST_KEY || at == ST_KEY_WORD) || ks_a == ks_b)
    `ASSERT(p_help_wrapped_word, !(st == ST_KEY_WORD) || key_rdata_a == key_rdata_b)
    `ASSERT(p_help_kind, !in_aes || ((at == ST_COPY_REPO) == (kind == AES_TB) && (at == ST_COPY_READ) == (kind == AES_REPO)
        && (at == ST_KEY || at == ST_PTK_DONE || at == ST_COPY_REPO || at == ST_COPY_READ)
        && (at != ST_KEY || kind == AES_WRAP)))
    `ASSERT(p_help_bounds, w <= f_last_word)
    `ASSERT(p_help_op, f_op_fits)
    `ASSERT(p_help_returns, f_returns)
    `ASSERT(p_help_steps, !(at == ST_COPY_TB || at == ST_COPY_REPO || (at == ST_COPY_READ && in_aes)) || l == 2'd0)
    `ASSERT(p_help_stream, !(at == ST_COPY_REPO && in_aes) || ((mine_a | mine_b) & came) == 128'd0)
    `ASSERT(p_help_pad, !(st == ST_COPY_REPO || at == ST_COPY_READ || at == ST_COPY_WRITE || at == ST_COPY_NEXT)
        || (ks_a == f_pad_a && ks_b == f_pad_b))
    `ASSERT(p_help_announced, !(st == ST_AES && at == ST_COPY_READ && f_next == f_count)
        || (key_rdata_a == ks_a[lane+:32] && key_rdata_b == ks_b[lane+:32]))
    `ASSERT(p_help_pad_word, !(st == ST_COPY_WRITE) || (key_rdata_a == ks_a[{~l, 5'd0}+:32] && key_rdata_b == ks_b[{~l, 5'd0}+:32]))
    `ASSERT(p_help_settle_half, !(is_settle && at == ST_COPY_READ && in_aes) || ((f_pad_a ^ f_pad_b) & came) == 128'd0)
    `ASSERT(p_help_settle_pad, !(is_settle && ((st == ST_COPY_READ) || at == ST_COPY_WRITE || at == ST_COPY_NEXT))
        || f_pad_a == f_pad_b)
    `ASSERT(p_help_fresh, st == ST_TRAP || f_fresh == (st == ST_AES && at == ST_COPY_READ ? ~(4'b1111 << f_count)
        : (st == ST_COPY_READ || (in_nv && at == ST_COPY_WRITE))
        ? 4'b1111 << l : (at == ST_COPY_WRITE || at == ST_COPY_NEXT) ? 4'b1110 << l : 4'b0000))
    `ASSERT(p_help_copy_read, !(in_nv && at == ST_COPY_WRITE) || (!nv_we_a && (is_stage ? in_repo : in_entry)
        && na[1:0] == l))
    `ASSERT(p_help_meta, !(in_nv && at == ST_META && w[0]) || (!nv_we_a && !in_repo))
    `ASSERT(p_help_writes, !(in_nv && (at == ST_COPY_NEXT || at == ST_VERIFY)) || nv_we_a)
    `ASSERT(p_help_copied, !(st == ST_COPY_WRITE) || (rd_a ^ word_a) == (rd_b ^ word_b))
    `ASSERT(p_help_settled, !(st == ST_COPY_WRITE && is_settle) || rd_a == rd_b)
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
