// slot.v - orm_seq: a repository slot is read once. One symbolic slot and one symbolic word of it.
//
// Tracked from an empty memory on: the slot's state word, the symbolic word, and the journal's three
// words; every other word of the memory is free. See orm_env.vh for cuts and torn words.
// @invariant I1,I5
// @induction 2
// @simulate cover_orm.v
// @short
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "formal.vh"
`include "opera_regs.vh"
module slot (
    input wire [9:0] slot_sel_i,
    input wire [4:0] word_sel_i,
`include "orm_ports.vh"
);
`include "orm_env.vh"

  reg [14:0] f_sel;
  always @(posedge clk_i) f_sel <= {slot_sel_i, word_sel_i};
  always @* if (f_past) begin
    `ASSUME(m_slot_is_constant, {slot_sel_i, word_sel_i} == f_sel)
  end

  // ---- the tracked words
  reg [31:0] f_mem = 32'd0, f_state = 32'd0, f_kind = 32'd0, f_arg = 32'd0, f_commit = 32'd0;
  wire [16:0] a_state = {2'b00, slot_sel_i, 5'd0};
  wire [16:0] a_mem = {2'b00, slot_sel_i, word_sel_i};
  wire [31:0] landed = nv_ack_i ? nv_wdata : torn_i;
  always @(posedge clk_i)
    if (nv_req && nv_we) begin
      if (nv_addr == a_mem) f_mem <= landed;
      if (nv_addr == a_state) f_state <= landed;
      if (nv_addr == `OPERA_NV_JOURNAL_BASE) f_kind <= landed;
      if (nv_addr == `OPERA_NV_JOURNAL_BASE + 17'd1) f_arg <= landed;
      if (nv_addr == `OPERA_NV_JOURNAL_BASE + 17'd2) f_commit <= landed;
    end
  assign nv_rdata = nv_addr == a_state ? f_state : nv_addr == a_mem ? f_mem
      : nv_addr == `OPERA_NV_JOURNAL_BASE ? f_kind : nv_addr == `OPERA_NV_JOURNAL_BASE + 17'd1 ? f_arg
      : nv_addr == `OPERA_NV_JOURNAL_BASE + 17'd2 ? f_commit : nv_rdata_i;

  localparam [31:0] VALID = `OPERA_NV_SLOT_VALID;
  wire mine = u_seq.slot_q[9:0] == slot_sel_i;
  wire copying = at == ST_COPY_TB || at == ST_COPY_REPO || at == ST_COPY_READ || at == ST_COPY_WRITE
      || at == ST_COPY_NEXT;
  wire moving = copying || at == ST_META || at == ST_JOURNAL;   // nothing is committed yet
  wire preparing = at == ST_SEAL || at == ST_PTK || at == ST_PTK_DONE || at == ST_UNWRAP;
  wire erasing = at == ST_ERASE || at == ST_VERIFY || at == ST_ERASED;
  wire finishing = erasing || at == ST_MARK || at == ST_UNJOURNAL;
  wire is_move = is_stage || is_settle;
  wire reads_mem = in_nv && !u_seq.nv_we_q && na == a_mem;
  wire writes_mem = writing && na == a_mem;
  wire writes_state = writing && na == a_state;
  wire content = word_sel_i >= 5'd8;           // words 8 to 31 are the token, sealed
  wire committed = f_commit == YES;
  wire stage_committed = committed && f_kind == `OPERA_NV_JOURNAL_STAGE && f_arg[25:16] == slot_sel_i;
  wire settle_committed = committed && f_kind == `OPERA_NV_JOURNAL_SETTLE && f_arg[25:16] == slot_sel_i;

  wire journal_write = writing && na[16:2] == 15'h4048;

  // A STAGE of this slot is committed, and no SETTLE into it since.
  reg f_gone = 1'b0;
  // It has also ended, and no SETTLE has written into the slot since.
  reg f_ended = 1'b0;
  always @(posedge clk_i) begin
    if (st == ST_MARK && is_settle && mine) f_gone <= 1'b0;
    else if (st == ST_ERASE && is_stage && mine) f_gone <= 1'b1;
    if (writing && na[16:5] == a_state[16:5] && is_settle) f_ended <= 1'b0;
    else if (in_nv && nv_ack_i && at == ST_IDLE && journal_write && is_stage && mine) f_ended <= 1'b1;
  end

  `EACH_CLOCK if (f_past) begin
    // ---- what is promised
    `ASSERT(p_content_read_only_by_stage_or_check, !(reads_mem && content)
        || (at == ST_COPY_WRITE && is_stage && mine) || at == ST_ERASED)
    `ASSERT(p_never_copied_again, !(f_gone && mine && is_stage && copying))
    `ASSERT(p_never_copied_while_committed, !(copying && committed))
    `ASSERT(p_after_commit_only_zero_until_settle, !(f_gone && writes_mem) || (erasing && nd == 32'd0)
        || (is_settle && mine))
    `ASSERT(p_stays_zero_after_stage, !f_ended || f_mem == 32'd0)
    `ASSERT(p_entry_marked_only_when_erased, !(at == ST_UNJOURNAL && is_stage && mine) || f_mem == 32'd0)
    `ASSERT(p_erased_only_after_commit, !(writes_mem && at == ST_VERIFY) || (is_stage && mine && stage_committed))
    `ASSERT(p_valid_only_by_committed_settle, !(writes_state && nd != 32'd0)
        || (is_settle && mine && nd == VALID && settle_committed))
    `ASSERT(p_settle_never_overwrites, !(writes_mem && content && is_settle) || (mine && f_state != VALID))
    `ASSERT(p_committed_move_ends_first, !(st == ST_IDLE && committed))
    `ASSERT(p_repository_written_only_by_moves, !(writing && na[16:15] == 2'b00)
        || (na[14:5] == u_seq.slot_q[9:0] && ((is_settle && ((at == ST_COPY_NEXT && na[4:0] == w[4:0] + 5'd8)
            || (at == ST_META && ((w == 6'd2 && na[4:0] == 5'd1) || (w == 6'd4 && na[4:0] == 5'd2))) || (at == ST_JOURNAL && w == 6'd0 && na[4:0] == 5'd3)
            || (at == ST_ERASE && w == 6'd0 && na[4:0] == 5'd0 && nd == VALID)))
          || (is_stage && at == ST_VERIFY))))

    // ---- helpers
    `ASSERT(p_help_bounds, w <= f_last_word)
    `ASSERT(p_help_returns, f_returns)
    `ASSERT(p_help_op, f_op_fits)
    `ASSERT(p_help_roles, !(u_seq.payer_q && u_seq.payee_q))
    `ASSERT(p_help_key_op, !(at == ST_PTK || at == ST_PTK_DONE) || is_stage || is_settle
        || ((op == `OPERA_OP_RELEASE || op == `OPERA_OP_SESSREAD) && u_seq.payer_q))
    `ASSERT(p_help_vault_payer, !(at == ST_VAULT || at == ST_VAULT_CHECK) || u_seq.payer_q)
    `ASSERT(p_help_same_word, word_sel_i != 5'd0 || f_mem == f_state)
    `ASSERT(p_help_slot_range, !((moving || finishing || (preparing && is_move)) && u_seq.slot_q[15:10] != 6'd0
        && op != `OPERA_OP_CLOSE))
    `ASSERT(p_help_slot_range_early, !(at == ST_SLOT && u_seq.slot_q[15:10] != 6'd0))
    `ASSERT(p_help_slot_range_entry, !(at == ST_ENTRY && is_move && u_seq.slot_q[15:10] != 6'd0))
    `ASSERT(p_help_state_read, !(at == ST_SLOT) || (in_nv ? na == {2'b00, u_seq.slot_q[9:0], 5'd0}
        : !mine || u_seq.rd_q == f_state))
    `ASSERT(p_help_state, !((moving || preparing) && is_move && mine) || (is_stage == (f_state == VALID)))
    `ASSERT(p_help_no_journal, !committed || at == ST_BOOT || at == ST_BOOT_KIND || at == ST_BOOT_ARG
        || at == ST_REPLAY || (finishing && is_move) || st == ST_TRAP
        || (in_nv && at == ST_IDLE && journal_write))
    `ASSERT(p_help_journal_write, !journal_write || (at == ST_JOURNAL && ((na[1:0] == 2'd0 && w == 6'd1
            && nd == (is_stage ? `OPERA_NV_JOURNAL_STAGE : `OPERA_NV_JOURNAL_SETTLE))
          || (na[1:0] == 2'd1 && w == 6'd2 && nd == {u_seq.slot_q, 6'd0, u_seq.entry_q})))
        || (na[1:0] == 2'd2 && ((nd == YES && w == 6'd0 && at == (is_stage ? ST_ERASE : ST_MARK))
          || (nd == 32'd0 && at == ST_IDLE && is_move))))
    `ASSERT(p_help_journal_kind, !(at == ST_JOURNAL && (in_nv ? w > 6'd1 : w > 6'd0))
        || f_kind == (is_stage ? `OPERA_NV_JOURNAL_STAGE : `OPERA_NV_JOURNAL_SETTLE))
    `ASSERT(p_help_journal_arg, !(at == ST_JOURNAL && !in_nv && w > 6'd1)
        || f_arg == {u_seq.slot_q, 6'd0, u_seq.entry_q})
    `ASSERT(p_help_journal_address, !(at == ST_JOURNAL && in_nv && w > 6'd0) || (journal_write && na[1:0] == w[1:0] - 2'd1))
    `ASSERT(p_help_committed, !((finishing && is_move) || journal_write && na[1:0] == 2'd2)
        || ((committed || journal_write) && f_arg[25:16] == u_seq.slot_q[9:0] && f_arg[9:0] == u_seq.entry_q
            && f_kind == (is_stage ? `OPERA_NV_JOURNAL_STAGE : `OPERA_NV_JOURNAL_SETTLE)))
    `ASSERT(p_help_boot_kind, !(at == ST_BOOT_KIND) || (in_nv ? na == `OPERA_NV_JOURNAL_BASE + 17'd2
        : u_seq.rd_q == f_commit))
    `ASSERT(p_help_boot_arg, !(at == ST_BOOT_ARG) || (committed && (in_nv ? na == `OPERA_NV_JOURNAL_BASE
        : u_seq.rd_q == f_kind)))
    `ASSERT(p_help_replay, !(at == ST_REPLAY) || (committed && f_kind == (is_stage ? `OPERA_NV_JOURNAL_STAGE
            : `OPERA_NV_JOURNAL_SETTLE)
        && (in_nv ? na == `OPERA_NV_JOURNAL_BASE + 17'd1 : u_seq.rd_q == f_arg)))
    `ASSERT(p_help_erased_so_far, !(erasing && is_stage && mine) || !(word_sel_i < w) || f_mem == 32'd0)
    `ASSERT(p_help_erased_state, !(erasing && is_stage && mine && w > 6'd0) || f_state == 32'd0)
    `ASSERT(p_help_erased_this, !((at == ST_ERASED || st == ST_VERIFY) && is_stage && mine)
        || ((word_sel_i != w || f_mem == 32'd0) && (w != 6'd0 || f_state == 32'd0)))
    `ASSERT(p_help_erase_address, !(in_nv && (at == ST_VERIFY || at == ST_ERASED)) || (nd == 32'd0
        && na == (is_stage ? {2'b00, u_seq.slot_q[9:0], 5'd0} : {2'b01, u_seq.entry_q, 5'd0}) + w))
    `ASSERT(p_help_erased, !((at == ST_MARK || at == ST_UNJOURNAL) && is_stage && mine)
        || (f_mem == 32'd0 && f_state == 32'd0))
    `ASSERT(p_help_ended, !(in_nv && at == ST_IDLE && journal_write && is_stage && mine)
        || (f_mem == 32'd0 && f_state == 32'd0))
    `ASSERT(p_help_gone, !f_gone || f_state != VALID || stage_committed)
    `ASSERT(p_help_copy_address, !(in_nv && at == ST_COPY_NEXT) || na == (is_stage
        ? {2'b01, u_seq.entry_q, 5'd0} : {2'b00, u_seq.slot_q[9:0], 5'd0}) + w + 17'd8)
    `ASSERT(p_help_not_gone_yet, !(f_gone && mine && is_stage && at == ST_ERASE && journal_write))
    `ASSERT(p_help_ended_settling, !(f_ended && is_settle && mine && (at == ST_JOURNAL || at == ST_META
        || st == ST_COPY_NEXT || (copying && w != 6'd0))))
    `ASSERT(p_help_gone_settling, !(f_gone && mine && is_settle && finishing && at != ST_MARK))
    `ASSERT(p_help_ended_is_over, !f_ended || (f_state != VALID && !stage_committed && !settle_committed
        && !((finishing || (in_nv && at == ST_IDLE && journal_write)) && is_move && mine)))

    `COVER(c_staged, f_ended && st == ST_IDLE && content)
    `COVER(c_settled_again_after_stage, f_staged && settle_committed && f_state == VALID && content && f_mem != 32'd0)
    `COVER(c_cut_stage_replayed, f_gone && f_cut && f_ended && st == ST_IDLE)
    `COVER(c_torn_erase_replayed, f_torn && f_ended && st == ST_IDLE)
    `COVER(c_stage_of_empty_slot_refused, err == `OPERA_ERR_BAD_SLOT && is_stage && mine && f_gone)
  end
  reg f_staged = 1'b0, f_cut = 1'b0, f_torn = 1'b0;
  always @(posedge clk_i) begin
    if (f_ended) f_staged <= 1'b1;
    if (erasing && is_stage && mine && !rst_ni) f_cut <= 1'b1;
    if (writes_mem && erasing && !rst_ni && !nv_ack_i && torn_i != 32'd0) f_torn <= 1'b1;
  end
endmodule
`default_nettype wire
