// vault.v - orm_seq: a session is released or refunded, never both, in its nonvolatile words.
//
// One symbolic session (sess_sel_i, constant) has its words 2 to 7 tracked from an empty memory on;
// every other word of the memory is free. See orm_env.vh for cuts and torn words.
// @invariant I3,I7
// @induction 2
// @simulate cover_orm.v
// @short
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "formal.vh"
`include "opera_regs.vh"
module vault (
    input wire [2:0] sess_sel_i,
`include "orm_ports.vh"
);
`include "orm_env.vh"

  reg [2:0] f_sess;
  always @(posedge clk_i) f_sess <= sess_sel_i;
  always @* if (f_past) begin
    `ASSUME(m_session_is_constant, sess_sel_i == f_sess)
  end

  // ---- the tracked words
  reg [31:0] f_role = 32'd0, f_open = 32'd0, f_rel = 32'd0, f_ref = 32'd0, f_clo = 32'd0, f_key = 32'd0;
  wire here = nv_addr[16:8] == 9'h100 && nv_addr[7:5] == sess_sel_i;
  wire [4:0] word = nv_addr[4:0];
  wire [31:0] landed = nv_ack_i ? nv_wdata : torn_i;
  always @(posedge clk_i)
    if (nv_req && nv_we && here)
      case (word)
        5'd2: f_role <= landed;
        5'd3: f_open <= landed;
        5'd4: f_rel <= landed;
        5'd5: f_ref <= landed;
        5'd6: f_clo <= landed;
        5'd7: f_key <= landed;
        default: ;
      endcase
  assign nv_rdata = !here ? nv_rdata_i : word == 5'd2 ? f_role : word == 5'd3 ? f_open
      : word == 5'd4 ? f_rel : word == 5'd5 ? f_ref : word == 5'd6 ? f_clo : word == 5'd7 ? f_key
      : nv_rdata_i;

  wire mine = u_seq.sess_q == sess_sel_i;
  wire is_release = op == `OPERA_OP_RELEASE;
  wire is_refund = op == `OPERA_OP_REFUND;
  wire vaulting = at == ST_VAULT || at == ST_VAULT_CHECK;
  // PTK of this session was on the register file's wires since the session was opened.
  reg f_shown = 1'b0;
  always @(posedge clk_i) f_shown <= (f_shown || (ptk != 32'd0 && mine)) && f_open == YES;

  // ---- helpers: where the session's flags are true copies of the words
  reg f_loaded;
  always @*
    case (at)
      ST_CHECK, ST_ENTRY, ST_SLOT, ST_SEAL, ST_PTK, ST_PTK_DONE, ST_UNWRAP, ST_COPY_TB, ST_COPY_REPO,
      ST_COPY_READ, ST_COPY_WRITE, ST_COPY_NEXT, ST_META, ST_JOURNAL, ST_OUT, ST_OUT_WORD, ST_SEND_BYTE,
      ST_SEND_WAIT, ST_SEND_END, ST_RECEIVE, ST_RECEIVE_END, ST_STORE, ST_BUF_WAIT, ST_STORE_WORD, ST_STORED,
      ST_VAULT, ST_VAULT_CHECK, ST_KEY, ST_OPEN_SCAN, ST_OPEN_RANGE, ST_COUNT, ST_COUNT_NEXT:
      f_loaded = 1'b1;
      default: f_loaded = 1'b0;
    endcase
  // has(n): word n of the record is in its flag.
  wire loading = at == ST_LOAD;
  wire has2 = mine && (f_loaded || (loading && w > 6'd2));
  wire has3 = mine && (f_loaded || (loading && w > 6'd3));
  wire has4 = mine && ((f_loaded && !(vaulting && is_release)) || (loading && w > 6'd4));
  wire has5 = mine && ((f_loaded && !(vaulting && is_refund)) || (loading && w > 6'd5));
  wire has7 = mine && f_loaded;
  wire to_here = na[16:8] == 9'h100 && na[7:5] == sess_sel_i;
  wire [4:0] nw = na[4:0];
  reg f_legal;  // each write into the record comes from its own step
  always @*
    case (nw)
      5'd0: f_legal = at == ST_RECORD && w == 6'd1;
      5'd1: f_legal = at == ST_RECORD && w == 6'd2;
      5'd2: f_legal = at == ST_RECORD && w == 6'd3;
      5'd3: f_legal = (at == ST_OPENED && is_open && nd == YES) || (at == ST_CLOSED && nd == 32'd0);
      5'd4: f_legal = (at == ST_RECORD && w == 6'd4 && nd == 32'd0) || (at == ST_VAULT && is_release && nd == YES);
      5'd5: f_legal = (at == ST_RECORD && w == 6'd5 && nd == 32'd0) || (at == ST_VAULT && is_refund && nd == YES);
      5'd6: f_legal = (at == ST_RECORD && w == 6'd6 && nd == 32'd0) || (at == ST_CLOSE_ERASE && nd == YES);
      5'd7: f_legal = (at == ST_RECORD && w == 6'd7 && nd == 32'd0) || (at == ST_IDLE && nd == YES);
      default: f_legal = at == ST_KEY_WORD;
    endcase

  `EACH_CLOCK if (f_past) begin
    // ---- what is promised
    `ASSERT(p_never_released_and_refunded, !(f_open == YES && f_rel == YES && f_ref == YES))
    `ASSERT(p_key_shown_only_when_released, ptk == 32'd0 || !mine
        || (f_open == YES && f_rel == YES && f_ref != YES && f_role == `OPERA_NV_ROLE_PAYER))
    `ASSERT(p_after_key_no_refund, !f_shown || f_open != YES || (f_rel == YES && f_ref != YES))
    `ASSERT(p_settle_only_keyed_or_refunded, !(st == ST_COPY_WRITE && is_settle && mine) || (f_open == YES
        && ((f_role == `OPERA_NV_ROLE_PAYEE && f_key == YES)
            || (f_role == `OPERA_NV_ROLE_PAYER && f_ref == YES && f_rel != YES))))
    `ASSERT(p_send_never_after_refund, !(tx_valid && mine)
        || (f_open == YES && f_role == `OPERA_NV_ROLE_PAYER && f_ref != YES))
    `ASSERT(p_stage_only_held, !(st == ST_COPY_WRITE && is_stage && mine)
        || (f_open == YES && f_role == `OPERA_NV_ROLE_PAYER && f_ref != YES && f_rel != YES))

    // ---- helpers
    `ASSERT(p_help_bounds, w <= f_last_word)
    `ASSERT(p_help_op, f_op_fits)
    `ASSERT(p_help_returns, f_returns)
    `ASSERT(p_help_flags, (!has2 || (u_seq.payer_q == (f_role == `OPERA_NV_ROLE_PAYER)
            && u_seq.payee_q == (f_role == `OPERA_NV_ROLE_PAYEE)))
        && (!has3 || u_seq.open_q == (f_open == YES)) && (!has4 || u_seq.released_q == (f_rel == YES))
        && (!has5 || u_seq.refunded_q == (f_ref == YES)) && (!has7 || u_seq.keyed_q == (f_key == YES)))
    `ASSERT(p_help_roles, !(u_seq.payer_q && u_seq.payee_q))
    `ASSERT(p_help_load, !loading || (in_nv ? !u_seq.nv_we_q && na == {9'h100, u_seq.sess_q, 2'd0, w[2:0]}
        : !mine || w[2:0] < 3'd2 || u_seq.rd_q == (w[2:0] == 3'd2 ? f_role : w[2:0] == 3'd3 ? f_open
        : w[2:0] == 3'd4 ? f_rel : w[2:0] == 3'd5 ? f_ref : w[2:0] == 3'd6 ? f_clo : f_key)))
    `ASSERT(p_help_writes, !(writing && to_here) || (mine && f_legal))
    `ASSERT(p_help_vault, !(vaulting && mine) || ((is_release || is_refund) && f_open == YES
        && f_role == `OPERA_NV_ROLE_PAYER && (is_release ? f_ref : f_rel) != YES))
    `ASSERT(p_help_reads_back, !(at == ST_VAULT_CHECK) || (in_nv
        ? !u_seq.nv_we_q && na == {9'h100, u_seq.sess_q, 2'b00, 2'b10, is_refund}
        : !mine || u_seq.rd_q == (is_release ? f_rel : f_ref)))
    `ASSERT(p_help_not_shown_yet, !(vaulting && mine && f_shown))
    `ASSERT(p_help_vault_payer, !vaulting || u_seq.payer_q)
    `ASSERT(p_help_close, !(mine && (at == ST_CLOSED || at == ST_CLOSE_SCAN || at == ST_CLOSE_ERASE
        || at == ST_CLOSE_CLEAR || (op == `OPERA_OP_CLOSE && (at == ST_ERASE || at == ST_VERIFY || at == ST_ERASED))))
        || ((at == ST_CLOSED || f_open == YES) && !(f_rel == YES && f_ref == YES)))
    `ASSERT(p_help_open, !(mine && (at == ST_OPEN_SCAN || at == ST_OPEN_RANGE || at == ST_COUNT
        || at == ST_COUNT_NEXT || at == ST_COUNT_BACK || at == ST_RECORD)) || f_open != YES)
    `ASSERT(p_help_record, !(at == ST_RECORD && mine)
        || ((!(in_nv ? w > 6'd4 : w > 6'd3) || f_rel == 32'd0) && (!(in_nv ? w > 6'd5 : w > 6'd4) || f_ref == 32'd0)))
    `ASSERT(p_help_record_address, !(in_nv && at == ST_RECORD) || (w == 6'd0 ? !writing && {na[16:1], 1'b0} == `OPERA_NV_CTR_BASE
        : na == {9'h100, u_seq.sess_q, 5'd0} + (w < 6'd4 ? w - 6'd1 : w) && (w < 6'd4 || nd == 32'd0)))
    `ASSERT(p_help_opened, !(writing && to_here && nw == 5'd3 && nd == YES) || (f_rel == 32'd0 && f_ref == 32'd0))
    `ASSERT(p_help_key_op, !(at == ST_PTK || at == ST_PTK_DONE) || is_stage || is_settle || ((is_release
        || op == `OPERA_OP_SESSREAD) && u_seq.payer_q && (!mine || (f_open == YES && f_rel == YES && f_ref != YES))))
    `ASSERT(p_help_in_session, !(mine && f_loaded && at != ST_CHECK && !is_open) || f_open == YES)
    `ASSERT(p_help_show, !u_seq.show_q || (st == ST_IDLE && (!mine
        || (f_open == YES && f_rel == YES && f_ref != YES && f_role == `OPERA_NV_ROLE_PAYER))))
    `ASSERT(p_help_move, !(mine && (at == ST_ENTRY || at == ST_SLOT || at == ST_SEAL || at == ST_PTK
        || at == ST_PTK_DONE || at == ST_UNWRAP || at == ST_COPY_TB || at == ST_COPY_REPO || at == ST_COPY_READ
        || at == ST_COPY_WRITE || at == ST_COPY_NEXT))
        || ((!is_settle || (u_seq.payee_q && u_seq.keyed_q)
             || (u_seq.payer_q && u_seq.refunded_q && !u_seq.released_q))
            && (!is_stage || (u_seq.payer_q && !u_seq.refunded_q && !u_seq.released_q))
            && (op != `OPERA_OP_SEND || (u_seq.payer_q && !u_seq.refunded_q))))
    `ASSERT(p_help_send, !(mine && (at == ST_SEND_BYTE || at == ST_SEND_WAIT || at == ST_OUT || at == ST_OUT_WORD)
        && op == `OPERA_OP_SEND) || (u_seq.payer_q && !u_seq.refunded_q))

    `COVER(c_released, f_open == YES && f_rel == YES && !busy)
    `COVER(c_refunded, f_open == YES && f_ref == YES && !busy)
    `COVER(c_key_shown, ptk != 32'd0 && mine)
    `COVER(c_refund_refused_after_release, err == `OPERA_ERR_VAULT && is_refund && mine && f_rel == YES)
    `COVER(c_release_refused_after_refund, err == `OPERA_ERR_VAULT && is_release && mine && f_ref == YES)
    `COVER(c_released_after_torn_release, f_torn && f_rel == YES && !busy)
    `COVER(c_settled_with_key, st == ST_COPY_WRITE && is_settle && u_seq.payee_q)
    `COVER(c_settled_refund, st == ST_COPY_WRITE && is_settle && u_seq.payer_q)
    `COVER(c_sent, tx_valid && st == ST_SEND_BYTE && w == 6'd24)
    `COVER(c_opened_again_after_close, f_closes && f_open == YES && f_rel == 32'd0 && !busy)
  end
  reg f_torn = 1'b0, f_closes = 1'b0;
  always @(posedge clk_i) begin
    if (writing && to_here && nw == 5'd4 && at == ST_VAULT && !rst_ni && !nv_ack_i && torn_i != YES) f_torn <= 1'b1;
    if (st == ST_CLOSED && f_rel == YES) f_closes <= 1'b1;
  end
endmodule
`default_nettype wire
