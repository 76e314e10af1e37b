// oneway.v - orm_seq: the four memories are joined by one-way links.
//
// Copies   two sequencers, a and b, with the same inputs in every clock but for one source, any of
//          four (source_i, constant but for resets). What does not depend on the source is equal in both; so each
//          promise below says where the source's content may come out, and that it comes out nowhere
//          else, in no value and in no timing:
//            0 data bus, after the two bytes of the frame's head   -> input buffer
//            1 input buffer                                        -> entries, by RECEIVE
//            2 entries (words 8 to 31)     -> output buffer and data bus by SEND and PEEK,
//                                             slots by SETTLE (value and words 8 to 31)
//            3 slots (words 8 to 31)       -> entries, by STAGE (under the pads: secret.v)
//          Nothing else leads from one to another: no slot to a buffer or a bus, no bus or input
//          buffer to a slot but through an entry and a SETTLE, no input buffer to the data bus, no
//          data bus to the output buffer.
// Outside  all else is free and equal in both. Erased words read alike once they are written.
// @invariant I1,I2
// @induction 2
// @simulate cover_orm.v
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "formal.vh"
`include "opera_regs.vh"
`include "seq_view.vh"
module oneway (
    input wire [ 1:0] source_i,
    input wire [31:0] nv_rdata_b_i,
    input wire [31:0] in_rdata_b_i,
    input wire [ 7:0] rx_data_b_i,
`include "orm_ports.vh"
);
  wire from_bus = source_i == 2'd0, from_inbuf = source_i == 2'd1, from_entry = source_i == 2'd2, from_slot = source_i == 2'd3;
  wire [31:0] in_rdata_a = in_rdata_i, in_rdata_b = from_inbuf ? in_rdata_b_i : in_rdata_i;
  wire [7:0] rx_data_a = rx_data_i;
  wire [7:0] rx_data_b;
  wire [31:0] nv_rdata_a = nv_rdata_i;
  wire [31:0] nv_rdata_b;
  wire [31:0] result_a = aes_result_i, result_b = aes_result_i;
  // Key and session buffers are written alike in both, which is proved below, so they answer alike.
  wire [31:0] key_rdata_a = key_rdata_i, key_rdata_b = key_rdata_i;
  wire [1:0] aes_word = aes_word_i;
  wire aes_valid = aes_valid_i, done = aes_done_i;
`include "twin_env.vh"
  assign rx_data_b = from_bus && byte_a >= 7'd2 ? rx_data_b_i : rx_data_i;

  reg [1:0] f_source;
  reg f_reset;
  always @(posedge clk_i) {f_source, f_reset} <= {source_i, !rst_ni};
  always @* if (f_past) begin
    `ASSUME(m_source_is_constant, source_i == f_source || f_reset)
  end

  reg f_written = 1'b0;
  reg [16:0] f_last = 17'd0;
  always @(posedge clk_i) begin
    if (!rst_ni) f_written <= 1'b0;
    else if (nv_req_a && nv_we_a) {f_written, f_last} <= {nv_ack_i, na};
  end
  wire differs = (from_entry && in_entry) || (from_slot && in_repo);
  assign nv_rdata_b = differs && !(nv_req_a && !nv_we_a && f_written && f_last == na) ? nv_rdata_b_i : nv_rdata_i;

  wire in_slot = na[16:15] == 2'b00;
  wire shows = op == `OPERA_OP_SEND || op == `OPERA_OP_PEEK;
  wire same_out = !out_we_a || out_wdata_a == out_wdata_b;
  wire same_in = !in_we_a || in_wdata_a == in_wdata_b;
  wire same_bus = !tx_valid_a || tx_data_a == tx_data_b;
  wire same_nv = !nv_we_a || nv_wdata_a == nv_wdata_b;
  // Helpers: where the read word may differ and is looked at, and where it is not looked at.
  wire rd_idle = in_sub || at == ST_BOOT || at == ST_IDLE || at == ST_COPY_TB || at == ST_COPY_REPO
      || at == ST_COPY_READ || at == ST_COPY_NEXT || (at == ST_META && !w[0]) || (at == ST_RECORD && w != 6'd0)
      || at == ST_JOURNAL || at == ST_ERASE
      || at == ST_VERIFY || at == ST_MARK || at == ST_UNJOURNAL || at == ST_PTK || at == ST_PTK_DONE
      || at == ST_CHECK || at == ST_CLOSE_ERASE || at == ST_CLOSE_CLEAR || at == ST_CLOSED || at == ST_DIR
      || at == ST_VAULT || at == ST_OUT || at == ST_COUNT_NEXT || at == ST_COUNT_BACK || at == ST_OPENED || at == ST_KEY
      || at == ST_KEY_WORD || at == ST_STORE || at == ST_BUF_WAIT || at == ST_STORE_WORD || at == ST_STORED
      || at == ST_SEND_END || at == ST_TRAP;
  wire rd_differs = from_bus ? (at == ST_RECEIVE && byte_a > 7'd2) || at == ST_RECEIVE_END
      : from_entry ? at == ST_OUT_WORD || (at == ST_COPY_WRITE && is_settle) || (at == ST_META && is_settle && w == 6'd1)
        || ((at == ST_SEND_BYTE || at == ST_SEND_WAIT) && w != 6'd0)
      : from_slot ? at == ST_COPY_WRITE && is_stage : 1'b0;
  wire writing = in_nv && nv_we;     // names that cover_orm.v uses
  wire busy = busy_a, tx_valid = tx_valid_a, nv_req = nv_req_a;
  wire [16:0] nv_addr = nv_addr_a;
  wire [31:0] nv_wdata = nv_wdata_a;
  wire [31:0] aes_key = aes_key_a, aes_block = aes_block_a, key_wdata = key_wdata_a;
  wire [2:0] key_waddr = key_waddr_a, key_raddr = key_raddr_a, sess_waddr = sess_waddr_a, sess_raddr = sess_raddr_a;
  wire [31:0] sess_wdata = sess_wdata_a;
  wire key_we = key_we_a, sess_we = sess_we_a;
  reg f_got = 1'b0, f_stored = 1'b0, f_out = 1'b0, f_bus = 1'b0, f_settled = 1'b0, f_staged = 1'b0;
  always @(posedge clk_i) begin
    if (from_bus && !same_in) f_got <= 1'b1;
    if (from_inbuf && !same_nv) f_stored <= 1'b1;
    if (from_entry && !same_out) f_out <= 1'b1;
    if (from_entry && !same_bus) f_bus <= 1'b1;
    if (from_entry && !same_nv && in_repo) f_settled <= 1'b1;
    if (from_slot && !same_nv) f_staged <= 1'b1;
  end

  `EACH_CLOCK if (f_past) begin
    // ---- what is promised
    `ASSERT(p_control_depends_on_no_content, {busy_a, status_a, nv_req_a, nv_we_a, nv_addr_a, aes_start_a, aes_clear_a}
        == {busy_b, status_b, nv_req_b, nv_we_b, nv_addr_b, aes_start_b, aes_clear_b}
        && {out_we_a, in_we_a, buf_addr_a, tx_open_a, tx_valid_a, rx_open_a}
        == {out_we_b, in_we_b, buf_addr_b, tx_open_b, tx_valid_b, rx_open_b})
    `ASSERT(p_key_depends_on_no_content, ptk_a == ptk_b && aes_key_a == aes_key_b && aes_block_a == aes_block_b)
    `ASSERT(p_key_buffer_depends_on_no_content, {key_we_a, key_waddr_a, key_raddr_a} == {key_we_b, key_waddr_b, key_raddr_b}
        && (!key_we_a || key_wdata_a == key_wdata_b))
    `ASSERT(p_session_buffer_depends_on_no_content, {sess_we_a, sess_waddr_a, sess_raddr_a} == {sess_we_b, sess_waddr_b, sess_raddr_b}
        && (!sess_we_a || sess_wdata_a == sess_wdata_b))
    `ASSERT(p_bus_reaches_only_input_buffer, !from_bus || (same_out && same_bus && same_nv))
    `ASSERT(p_input_buffer_reaches_only_entries, !from_inbuf || (same_out && same_bus && same_in
        && (same_nv || (in_entry && op == `OPERA_OP_RECEIVE))))
    `ASSERT(p_entry_reaches_only_output_and_settle, !from_entry || (same_in && (same_out || shows)
        && (same_bus || op == `OPERA_OP_SEND)
        && (same_nv || (is_settle && in_slot && (in_token || na[4:0] == 5'd1)))))
    `ASSERT(p_slot_reaches_only_entry_by_stage, !from_slot || (same_out && same_bus && same_in
        && (same_nv || (is_stage && in_entry))))
    // ---- helpers
    `ASSERT(p_help_control, control_a == control_b)
    `ASSERT(p_help_wdata, !(in_nv && nv_we) || nv_wdata_a == nv_wdata_b
        || (from_inbuf && at == ST_STORE && in_entry && op == `OPERA_OP_RECEIVE)
        || (from_entry && is_settle && ((at == ST_COPY_NEXT && in_repo) || (at == ST_META && in_slot && na[4:0] == 5'd1)))
        || (from_slot && is_stage && at == ST_COPY_NEXT && in_entry))
    `ASSERT(p_help_rd, rd_idle || rd_differs || rd_a == rd_b)
    `ASSERT(p_help_bytes, at != ST_RECEIVE || byte_a <= 7'd97)
    `ASSERT(p_help_bounds, w <= f_last_word)
    `ASSERT(p_help_op, f_op_fits)
    `ASSERT(p_help_returns, f_returns)
    `ASSERT(p_help_key_op, !(at == ST_PTK || at == ST_PTK_DONE) || is_stage || is_settle
        || ((op == `OPERA_OP_RELEASE || op == `OPERA_OP_SESSREAD) && payer_a))
    `ASSERT(p_help_vault, !(at == ST_VAULT || at == ST_VAULT_CHECK) || payer_a)
    `ASSERT(p_help_roles, !(payer_a && payee_a))
    `ASSERT(p_help_checked, !(in_nv && at == ST_ERASED) || (!nv_we_a && f_written && f_last == na))
    `ASSERT(p_help_erased, !(st == ST_VERIFY) || (f_written && f_last == erase_addr + {11'd0, w}))
    `ASSERT(p_help_erasing, !(in_nv && at == ST_VERIFY) || (nv_we_a && na == erase_addr + {11'd0, w}))
    `ASSERT(p_help_slot_read, !(in_nv && !nv_we_a && in_repo) || (at == ST_COPY_WRITE && is_stage) || at == ST_ERASED)
    `ASSERT(p_help_entry_read, !(in_nv && !nv_we_a && in_entry) || ((at == ST_COPY_WRITE || at == ST_META) && is_settle)
        || at == ST_ERASED || at == ST_OUT_WORD)
    `ASSERT(p_help_copied, !(in_nv && at == ST_COPY_NEXT)
        || (na[16:15] == {1'b0, is_stage} && na[4:0] == w[4:0] + 5'd8 && (is_stage || is_settle)))
    `ASSERT(p_help_meta, !(in_nv && at == ST_META) || (w == 6'd1 ? !nv_we_a && (is_stage ? in_slot && na[4:0] == 5'd1
        : in_entry) : is_settle && (w == 6'd3 ? !nv_we_a && na[16] : nv_we_a && in_slot && na[4:0] == {4'd0, w[2]} + 5'd1)))
    `ASSERT(p_help_blocks, !(at == ST_COPY_TB || at == ST_COPY_REPO || (at == ST_COPY_READ && in_aes)) || w[1:0] == 2'd0)
    `ASSERT(p_help_store, !(in_nv && at == ST_STORE && w != 6'd0) || (na[16:15] == 2'b01 && na[4:0] == w[4:0] + 5'd7))

    `COVER(c_bus_to_input_buffer, f_got && st == ST_IDLE)
    `COVER(c_input_buffer_to_entry, f_stored && st == ST_IDLE)
    `COVER(c_entry_to_output_buffer, f_out && st == ST_IDLE)
    `COVER(c_entry_to_bus, f_bus && st == ST_IDLE)
    `COVER(c_entry_to_slot, f_settled && st == ST_IDLE)
    `COVER(c_slot_to_entry, f_staged && st == ST_IDLE)
  end
endmodule
`default_nettype wire
