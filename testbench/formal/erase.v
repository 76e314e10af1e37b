// erase.v - orm_seq: an erase counts only when every word has been read back as zero.
//
// Outside  everything is free, the memory too: a write may do nothing, a read may give anything. One
//          symbolic word of the page that is erased; slot.v has the same with a memory that works.
// @invariant I1
// @induction 2
// @simulate cover_orm.v
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "formal.vh"
`include "opera_regs.vh"
module erase (
    input wire [4:0] word_sel_i,
`include "orm_ports.vh"
);
`include "orm_env.vh"
  assign nv_rdata = nv_rdata_i;
  reg [4:0] f_sel;
  always @(posedge clk_i) f_sel <= word_sel_i;
  always @* if (f_past) begin
    `ASSUME(m_word_is_constant, word_sel_i == f_sel)
  end
  wire mine = w == {1'b0, word_sel_i};
  wire erasing = at == ST_ERASE || at == ST_VERIFY || at == ST_ERASED;
  // The word was read as zero, after it was written in the erase that runs or has just ended.
  reg f_zero = 1'b0, f_bad = 1'b0, f_after_check = 1'b0;
  always @(posedge clk_i) begin
    if (writing && at == ST_VERIFY && mine) f_zero <= 1'b0;
    else if (in_nv && at == ST_ERASED && mine && nv_ack_i) f_zero <= nv_rdata == 32'd0;
    f_after_check <= rst_ni && st == ST_ERASED;
    f_bad <= rst_ni && st == ST_ERASED && u_seq.rd_q != 32'd0;
  end
  `EACH_CLOCK if (f_past) begin
    `ASSERT(p_ends_only_when_read_as_zero, !((is_stage && (at == ST_MARK || at == ST_UNJOURNAL))
        || (is_settle && at == ST_UNJOURNAL)) || f_zero)
    `ASSERT(p_anything_else_traps, !f_bad || (st == ST_TRAP && err == `OPERA_ERR_ERASE))
    `ASSERT(p_each_word_is_written_then_read, !(in_nv && at == ST_VERIFY) || (writing && nd == 32'd0
        && na == erase_addr + {11'd0, w}))
    `ASSERT(p_read_is_of_the_same_word, !(in_nv && at == ST_ERASED) || (!writing && na == erase_addr + {11'd0, w}))
    // ---- helpers
    `ASSERT(p_help_bounds, w <= f_last_word)
    `ASSERT(p_help_op, f_op_fits)
    `ASSERT(p_help_returns, f_returns)
    `ASSERT(p_help_so_far, !(erasing && {1'b0, word_sel_i} < w) || f_zero)
    `ASSERT(p_help_this, !(st == ST_ERASED && mine && u_seq.rd_q == 32'd0) || f_zero)
    `ASSERT(p_help_key_op, !(at == ST_PTK || at == ST_PTK_DONE) || is_stage || is_settle
        || ((op == `OPERA_OP_RELEASE || op == `OPERA_OP_SESSREAD) && u_seq.payer_q))
    `ASSERT(p_help_vault, !(at == ST_VAULT || at == ST_VAULT_CHECK) || u_seq.payer_q)
    `ASSERT(p_help_roles, !(u_seq.payer_q && u_seq.payee_q))
    `COVER(c_stage_ends, is_stage && at == ST_UNJOURNAL)
    `COVER(c_settle_ends, is_settle && at == ST_UNJOURNAL)
    `COVER(c_stuck_word_traps, f_bad && st == ST_TRAP)
    `COVER(c_close_erases, op == `OPERA_OP_CLOSE && at == ST_ERASED)
  end
endmodule
`default_nettype wire
