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
  localparam [16:0] BASE = `OPERA_NV_CTR_BASE;
  reg [31:0] f_b0 = 32'd0, f_b1 = 32'd0, f_sel = 32'd0, f_given = 32'd0;
  wire [31:0] landed = nv_ack_i ? nv_wdata : torn_i;
  wire gives = st == ST_RECORD && w == 6'd0;
  always @(posedge clk_i) if (f_past) begin
    if (nv_req && nv_we && na == BASE) f_b0 <= landed;
    if (nv_req && nv_we && na == BASE + 17'd1) f_b1 <= landed;
    if (nv_req && nv_we && na == BASE + 17'd2) f_sel <= landed;
    if (gives) f_given <= u_seq.rd_q;
  end
  assign nv_rdata = na == BASE ? f_b0 : na == BASE + 17'd1 ? f_b1 : na == BASE + 17'd2 ? f_sel : nv_rdata_i;
  wire second = f_sel == YES;
  wire [31:0] counts = second ? f_b1 : f_b0;
  reg f_twice = 1'b0;
  always @(posedge clk_i) if (f_past && gives && f_given != 32'd0) f_twice <= 1'b1;

  `EACH_CLOCK if (f_past) begin
    `ASSERT(p_session_counter_never_repeats, !gives || u_seq.rd_q > f_given)
    `ASSERT(p_a_cut_never_takes_it_back, counts >= f_given)
    `ASSERT(p_session_gets_its_counter, !(in_nv && at == ST_RECORD && w == 6'd1) || (writing && nd == f_given
        && na == {9'h100, u_seq.sess_q, 5'd0}))
    // ---- helpers
    `ASSERT(p_help_bounds, w <= f_last_word)
    `ASSERT(p_help_op, f_op_fits)
    `ASSERT(p_help_returns, f_returns)
    `ASSERT(p_help_writes, !(writing && na[16:2] == BASE[16:2]) || at == ST_COUNT_NEXT || at == ST_COUNT_BACK)
    `ASSERT(p_help_reads, !(in_nv && at == ST_COUNT) || (!writing && na == BASE + (w == 6'd0 ? 17'd2 : {16'd0, second})))
    `ASSERT(p_help_read, !(st == ST_COUNT) || (u_seq.rd_q == (w == 6'd0 ? f_sel : counts)
        && (w == 6'd0 || na == BASE + {16'd0, second})))
    `ASSERT(p_help_bank, !(in_nv && at == ST_COUNT_NEXT) || (writing && nd == counts + 32'd1 && nd != 32'd0
        && na == BASE + {16'd0, !second}))
    `ASSERT(p_help_next, !(st == ST_COUNT_NEXT) || (na == BASE + {16'd0, !second}
        && (second ? f_b0 : f_b1) == counts + 32'd1 && counts != 32'hFFFF_FFFF))
    `ASSERT(p_help_select, !(in_nv && at == ST_COUNT_BACK) || (writing && na == BASE + 17'd2 && nd == (w[0] ? YES : 32'd0)
        && (w[0] ? f_b1 : f_b0) > f_given && (w[0] ? f_b0 : f_b1) >= f_given))
    `ASSERT(p_help_back, !(st == ST_COUNT_BACK || (in_nv && at == ST_RECORD && w == 6'd0)) || counts > f_given)
    `ASSERT(p_help_selected, !(st == ST_COUNT_BACK) || w[0] == second)
    `ASSERT(p_help_read_back, !(in_nv && at == ST_RECORD && w == 6'd0) || (!writing && na == BASE + {16'd0, second}))
    `ASSERT(p_help_given, !gives || u_seq.rd_q == counts)
    `ASSERT(p_help_key_op, !(at == ST_PTK || at == ST_PTK_DONE) || is_stage || is_settle
        || ((op == `OPERA_OP_RELEASE || op == `OPERA_OP_SESSREAD) && u_seq.payer_q))
    `ASSERT(p_help_vault, !(at == ST_VAULT || at == ST_VAULT_CHECK) || u_seq.payer_q)
    `ASSERT(p_help_roles, !(u_seq.payer_q && u_seq.payee_q))
    `COVER(c_two_sessions, f_twice)
  end
endmodule
`default_nettype wire
