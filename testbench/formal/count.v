// count.v - orm_seq: the session counter never repeats, so no pad of a session is used in another.
//
// Tracked from an empty memory on: the counter's two banks and its selector; all else is free. See
// orm_env.vh for cuts and torn words. A session has its counter when ST_RECORD begins to write it.
// @invariant I2,I8
// @induction 2
// @simulate cover_orm.v
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "formal.vh"
`include "opera_regs.vh"
module count (
`include "orm_ports.vh"
);
`include "orm_env.vh"
  `PROBE([31:0], u_seq.ctr_q)
  `PROBE([31:0], u_seq.value_q)
  localparam [16:0] BASE = `OPERA_NV_CTR_BASE;
  reg [31:0] f_b0 = 32'd0, f_b1 = 32'd0, f_sel = 32'd0, f_given = 32'd0;
  wire [31:0] landed = nv_ack_i ? nv_wdata : torn_i;
  wire gives = st == ST_RECORD && w == 6'd0;
  always @(posedge clk_i) if (f_past) begin
    if (nv_req && nv_we && na == BASE) f_b0 <= landed;
    if (nv_req && nv_we && na == BASE + 17'd1) f_b1 <= landed;
    if (nv_req && nv_we && na == BASE + 17'd2) f_sel <= landed;
    if (gives) f_given <= u_seq.ctr_q;
  end
  assign nv_rdata = na == BASE ? f_b0 : na == BASE + 17'd1 ? f_b1 : na == BASE + 17'd2 ? f_sel : nv_rdata_i;
  wire second = f_sel == YES;
  wire [31:0] counts = second ? f_b1 : f_b0;
  reg f_twice = 1'b0;
  always @(posedge clk_i) if (f_past && gives && f_given != 32'd0) f_twice <= 1'b1;

  `EACH_CLOCK if (f_past) begin
    `ASSERT(p_session_counter_never_repeats, !gives || u_seq.ctr_q > f_given)
    `ASSERT(p_a_cut_never_takes_it_back, counts >= f_given)
    // ---- helpers
    `ASSERT(p_help_bounds, w <= f_last_word)
    `ASSERT(p_help_op, f_op_fits)
    `ASSERT(p_help_returns, f_returns)
    `ASSERT(p_help_writes, !(writing && na[16:2] == BASE[16:2]) || at == ST_COUNT_NEXT || (at == ST_RECORD && w == 6'd0))
    `ASSERT(p_help_reads, !(in_nv && at == ST_COUNT) || (!writing && na == BASE + {11'd0, w}))
    `ASSERT(p_help_bank0, !(at == ST_COUNT && w >= 6'd1) || u_seq.value_q == f_b0 + 32'd1)
    `ASSERT(p_help_bank1, !(at == ST_COUNT && w == 6'd2) || u_seq.ctr_q == f_b1 + 32'd1)
    `ASSERT(p_help_next_count, !(at == ST_COUNT && w == 6'd3) || (!in_nv && u_seq.ctr_q == counts + 32'd1))
    `ASSERT(p_help_read, !(st == ST_COUNT) || u_seq.rd_q == (w == 6'd0 ? f_b0 : w == 6'd1 ? f_b1 : f_sel))
    `ASSERT(p_help_bank, !(in_nv && at == ST_COUNT_NEXT) || (writing && nd == u_seq.ctr_q
        && na == BASE + {16'd0, !second}))
    `ASSERT(p_help_next, !(at == ST_COUNT_NEXT) || (na == BASE + {16'd0, !second} && u_seq.ctr_q == counts + 32'd1
        && u_seq.ctr_q != 32'd0 && (in_nv || (second ? f_b0 : f_b1) == u_seq.ctr_q)))
    `ASSERT(p_help_select, !(in_nv && at == ST_RECORD && w == 6'd0) || (writing && na == BASE + 17'd2
        && (nd == YES ? f_b1 : f_b0) == u_seq.ctr_q && u_seq.ctr_q > f_given && (nd == YES || nd == 32'd0)
        && (nd == YES ? f_b0 : f_b1) >= f_given))
    `ASSERT(p_help_selected, !gives || counts == u_seq.ctr_q)
    `ASSERT(p_help_key_op, !(at == ST_PTK || at == ST_PTK_DONE) || is_stage || is_settle
        || ((op == `OPERA_OP_RELEASE || op == `OPERA_OP_SESSREAD) && u_seq.payer_q))
    `ASSERT(p_help_vault, !(at == ST_VAULT || at == ST_VAULT_CHECK) || u_seq.payer_q)
    `ASSERT(p_help_roles, !(u_seq.payer_q && u_seq.payee_q))
    `COVER(c_two_sessions, f_twice)
  end
endmodule
`default_nettype wire
