// waits.v - orm_seq: every wait ends within TIMEOUT clocks, with a named error.
//
// The sequencer waits in six states: for the memory, the AES engine and the data bus. A counter
// beside it counts how long the awaited event has been missing. Every other state is left in the
// next clock, but for idle, the trap and the 32 clocks that clear the token buffers.
// Outside  everything is free; nobody need ever answer. TIMEOUT is small here for the covers' sake; the
//          step of the induction does not depend on it (it must be 3 or more).
// @invariant I11
// @induction 2
// @simulate cover_waits.v
// @short
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "formal.vh"
`include "opera_regs.vh"
`define SEQ_TIMEOUT 24'd9
module waits (
`include "orm_ports.vh"
);
`include "orm_env.vh"
  assign nv_rdata = nv_rdata_i;
  `PROBE([23:0], u_seq.wait_q)
  `PROBE([6:0], u_seq.byte_q)
  wire [23:0] limit = `SEQ_TIMEOUT;
  wire for_memory = st == ST_NV;
  wire for_engine = st == ST_AES;
  wire for_taking = st == ST_SEND_BYTE;
  wire for_end = st == ST_SEND_END;
  wire for_byte = st == ST_RECEIVE;
  wire for_frame_end = st == ST_RECEIVE_END;
  wire waits = for_memory || for_engine || for_taking || for_end || for_byte || for_frame_end;
  wire comes = for_memory ? nv_ack_i : for_engine ? aes_done_i : for_taking ? tx_ready_i : for_end ? tx_idle_i
      : for_byte ? rx_valid_i || (u_seq.byte_q != 7'd0 && !rx_frame_i) : rx_valid_i || !rx_frame_i;
  reg [23:0] f_wait = 24'd0;
  reg [5:0] f_st = 6'd0, f_w = 6'd0;
  reg f_reset = 1'b1, f_late = 1'b0, f_internal = 1'b0;
  always @(posedge clk_i) begin
    f_reset <= !rst_ni;
    f_wait <= rst_ni && waits && !comes ? f_wait + 24'd1 : 24'd0;
    f_late <= rst_ni && waits && !comes && u_seq.wait_q == limit;
    f_internal <= for_memory || for_engine;
    f_st <= st;
    f_w <= w;
  end
  `EACH_CLOCK if (f_past) begin
    `ASSERT(p_wait_is_bounded, !waits || (f_wait <= u_seq.wait_q && u_seq.wait_q <= limit))
    `ASSERT(p_timeout_of_memory_or_engine_traps, !(f_late && f_internal)
        || (st == ST_TRAP && err == `OPERA_ERR_NV_TIMEOUT && error && !busy))
    `ASSERT(p_timeout_of_bus_ends_operation, !(f_late && !f_internal)
        || (st == ST_IDLE && err == `OPERA_ERR_BUS_TIMEOUT && error && !busy))
    `ASSERT(p_all_other_states_move_on, waits || f_reset || f_st != st || st == ST_IDLE || st == ST_TRAP
        || (st == ST_CLOSE_CLEAR && w == f_w + 6'd1 && w <= 6'd31))
    `ASSERT(p_trap_stands_and_says_so, f_st != ST_TRAP || f_reset || (st == ST_TRAP && error && !busy))
    `ASSERT(p_trap_is_silent, f_st != ST_TRAP || f_reset || (ptk == 32'd0 && !nv_req && !aes_start && !out_we
        && !in_we && !tx_open && !tx_valid && !rx_open))
    // ---- helpers
    `ASSERT(p_help_bounds, w <= f_last_word)
    `ASSERT(p_help_op, f_op_fits)
    `ASSERT(p_help_returns, f_returns)
    `ASSERT(p_help_fresh, !(st == ST_SEND_WAIT || (st == ST_OUT && op == `OPERA_OP_SEND)) || u_seq.wait_q == 24'd0)
    `ASSERT(p_help_key_op, !(at == ST_PTK || at == ST_PTK_DONE) || is_stage || is_settle
        || ((op == `OPERA_OP_RELEASE || op == `OPERA_OP_SESSREAD) && u_seq.payer_q))
    `ASSERT(p_help_vault, !(at == ST_VAULT || at == ST_VAULT_CHECK) || u_seq.payer_q)
    `ASSERT(p_help_roles, !(u_seq.payer_q && u_seq.payee_q))
    `ASSERT(p_help_trap_says, st != ST_TRAP || error)

    `COVER(c_memory_times_out, f_late && err == `OPERA_ERR_NV_TIMEOUT && f_st == ST_NV)
    `COVER(c_engine_times_out, f_late && err == `OPERA_ERR_NV_TIMEOUT && f_st == ST_AES)
    `COVER(c_partner_takes_no_byte, f_late && f_st == ST_SEND_BYTE)
    `COVER(c_partner_ends_no_handshake, f_late && f_st == ST_SEND_END)
    `COVER(c_partner_sends_no_byte, f_late && f_st == ST_RECEIVE)
    `COVER(c_partner_ends_no_frame, f_late && f_st == ST_RECEIVE_END)
    `COVER(c_last_clock_is_in_time, f_wait == limit && for_memory && nv_ack_i)
  end
endmodule
`default_nettype wire
