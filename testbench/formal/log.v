// log.v - tx_log: whatever is cut, a slot holds its old or its new record, never a mix.
//
// Tracked: of one symbolic slot the selector S, both progress banks, the progress selector P, the
// valid word, and in both banks one symbolic word of the record; all other memory is free. What holds
// for the one word holds for each: S alone says which bank all of them are read from.
// Outside  everything is free: commands, bus writes into the buffer, latency, reset in any clock.
// Cuts     a word holds anything from the request to the acknowledge, and after a cut or a time-out
//          in between; but a valid word that was not set, and is cleared again, does not become set.
// The bound of a wait is small here; the step of the induction does not depend on it.
// @invariant I5,I11
// @induction 2
// @simulate cover_log.v
// @short
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "formal.vh"
`include "opera_regs.vh"
module log (
    input wire        clk_i,
    input wire        rst_ni,
    input wire [ 2:0] slot_sel_i,
    input wire [ 4:0] word_sel_i,
    input wire        cmd_i,
    input wire [ 7:0] op_i,
    input wire [ 7:0] slot_i,
    input wire [31:0] prog_i,
    input wire        buf_we_i,
    input wire [ 6:0] buf_waddr_i,
    input wire [31:0] buf_wdata_i,
    input wire [ 2:0] buf_wbytes_i,
    input wire [ 6:0] buf_raddr_i,
    input wire        nv_ack_i,
    input wire [31:0] nv_rdata_i,
    input wire [31:0] torn_i
);
  localparam [31:0] YES = `OPERA_NV_CODE_YES;
  localparam [7:0] OP_LOAD = 8'd1, OP_COMMIT = 8'd2, OP_PROGRESS = 8'd3, OP_ERASE = 8'd4;
  localparam [3:0] ST_IDLE = 4'd0, ST_VALID = 4'd1, ST_SELECT = 4'd2, ST_PROG_SELECT = 4'd3, ST_LOAD = 4'd4,
      ST_LOAD_PROG = 4'd5, ST_FETCH = 4'd6, ST_STORE = 4'd7, ST_STORE_PROG = 4'd8, ST_FLIP = 4'd9, ST_MARK = 4'd10,
      ST_UNMARK = 4'd11, ST_ZERO = 4'd12;
  localparam [15:0] TIMEOUT = 16'd3;
  wire prog_we, busy, valid, error, nv_req, nv_we;
  wire [31:0] prog_out, nv_wdata, nv_rdata;
  wire [16:0] nv_addr;
  wire [7:0] buf_rdata;
  tx_log #(.NV_TIMEOUT(TIMEOUT)) u_log (
      .clk_i(clk_i), .rst_ni(rst_ni), .cmd_i(cmd_i), .op_i(op_i), .slot_i(slot_i), .prog_i(prog_i),
      .prog_we_o(prog_we), .prog_o(prog_out), .busy_o(busy), .valid_o(valid), .error_o(error), .buf_we_i(buf_we_i),
      .buf_waddr_i(buf_waddr_i), .buf_wdata_i(buf_wdata_i), .buf_wbytes_i(buf_wbytes_i), .buf_raddr_i(buf_raddr_i),
      .buf_rdata_o(buf_rdata), .nv_req_o(nv_req), .nv_we_o(nv_we), .nv_addr_o(nv_addr), .nv_wdata_o(nv_wdata),
      .nv_ack_i(nv_ack_i), .nv_rdata_i(nv_rdata)
  );
  `PROBE([3:0], u_log.state_q)
  `PROBE([2:0], u_log.op_q)
  `PROBE([2:0], u_log.slot_q)
  `PROBE([31:0], u_log.prog_q)
  `PROBE([6:0], u_log.word_q)
  `PROBE([15:0], u_log.wait_q)
  `PROBE(, u_log.held_q)
  `PROBE(, u_log.sel_q)
  `PROBE(, u_log.psel_q)
  `PROBE(, u_log.load_we)
  `PROBE(, u_log.bus_we)
  wire [3:0] st = u_log.state_q;
  wire [6:0] w = u_log.word_q;
  wire [7:0] op = {5'd0, u_log.op_q};

  reg f_past = 1'b0;
  reg [7:0] f_sel;
  always @(posedge clk_i) begin
    f_past <= 1'b1;
    f_sel <= {slot_sel_i, word_sel_i};
  end
  always @* if (!f_past) begin
    `ASSUME(m_starts_in_reset, !rst_ni)
  end else begin
    `ASSUME(m_slot_is_constant, {slot_sel_i, word_sel_i} == f_sel)
    `ASSUME(m_cleared_word_stays_clear, torn_i != YES || f_v == YES || word != 7'd68 || nv_wdata == YES)
  end

  // ---- the tracked words, from an empty memory on
  reg [31:0] f_bank0 = 32'd0, f_bank1 = 32'd0, f_s = 32'd0, f_pb0 = 32'd0, f_pb1 = 32'd0, f_p = 32'd0, f_v = 32'd0;
  wire here = nv_addr[16:7] == {7'b1000100, slot_sel_i};
  wire [6:0] word = nv_addr[6:0];
  wire [31:0] landed = nv_ack_i ? nv_wdata : torn_i;
  always @(posedge clk_i)
    if (f_past && nv_req && nv_we && here) begin
      if (word == {2'b00, word_sel_i}) f_bank0 <= landed;
      if (word == {2'b01, word_sel_i}) f_bank1 <= landed;
      if (word == 7'd64) f_s <= landed;
      if (word == 7'd65) f_pb0 <= landed;
      if (word == 7'd66) f_pb1 <= landed;
      if (word == 7'd67) f_p <= landed;
      if (word == 7'd68) f_v <= landed;
    end
  assign nv_rdata = !here ? nv_rdata_i : word == {2'b00, word_sel_i} ? f_bank0 : word == {2'b01, word_sel_i} ? f_bank1
      : word == 7'd64 ? f_s : word == 7'd65 ? f_pb0 : word == 7'd66 ? f_pb1 : word == 7'd67 ? f_p
      : word == 7'd68 ? f_v : nv_rdata_i;

  // ---- what a reader would find now, and what it would have found before the last command here
  wire v = f_v == YES, s = f_s == YES, p = f_p == YES;
  wire [31:0] record = s ? f_bank1 : f_bank0;
  wire [31:0] other = s ? f_bank0 : f_bank1;
  wire [31:0] progress = (s ^ p) ? f_pb1 : f_pb0;
  wire start = cmd_i && !busy && rst_ni;
  wire mine = u_log.slot_q == slot_sel_i;
  reg f_old_v = 1'b0, f_old_s = 1'b0, f_old_p = 1'b0, f_mine = 1'b0, f_fine = 1'b0, f_timed = 1'b0;
  reg [7:0] f_op = 8'd0;
  reg [31:0] f_old_record = 32'd0, f_old_progress = 32'd0, f_new_record = 32'd0, f_new_progress = 32'd0;
  always @(posedge clk_i) begin
    if (start) begin
      f_mine <= slot_i == {5'd0, slot_sel_i};
      f_op <= op_i;
      {f_old_v, f_old_s, f_old_p} <= {v, s, p};
      {f_old_record, f_old_progress, f_new_progress} <= {record, progress, prog_i};
    end
    if (st == ST_STORE && mine && nv_ack_i && w[4:0] == word_sel_i) f_new_record <= nv_wdata;
    // The last command ended well, and nothing has come since.
    f_fine <= rst_ni && !start && (f_fine || (f_busy && !busy && !error && f_live));
    f_timed <= rst_ni && nv_req && !nv_ack_i && f_wait == 3'd3;
  end
  reg f_busy = 1'b0, f_live = 1'b0;
  reg [2:0] f_wait = 3'd0;                 // clocks of the access under way
  always @(posedge clk_i) begin
    f_busy <= busy;
    f_live <= rst_ni;
    f_wait <= !rst_ni || !nv_req || nv_ack_i ? 3'd0 : f_wait + 3'd1;
  end
  wire commits = f_mine && f_op == OP_COMMIT;
  wire progresses = f_mine && f_op == OP_PROGRESS;
  wire erases = f_mine && f_op == OP_ERASE;
  // The commit word has changed sides. An empty slot has no old record.
  wire took = !f_old_v || s != f_old_s || p != f_old_p;
  wire old_bank = f_old_s;
  wire [31:0] new_bank = f_old_s ? f_bank0 : f_bank1;
  wire [31:0] new_prog = (f_old_s ^ f_old_p) ? f_pb0 : f_pb1;
  wire is_commit = op == OP_COMMIT;

  reg f_cut = 1'b0;                        // in the commit word
  always @(posedge clk_i) f_cut <= !start && (f_cut || (!rst_ni && st == ST_FLIP && mine));

  `EACH_CLOCK if (f_past) begin
    // ---- what is promised
    `ASSERT(p_record_is_old_or_new, !v || record == (commits && took ? f_new_record : f_old_record))
    `ASSERT(p_progress_is_old_or_new, !v || progress == (took ? f_new_progress : f_old_progress))
    `ASSERT(p_changes_only_by_its_command, !v || !took || commits || progresses)
    `ASSERT(p_appears_only_by_commit, !(v && !f_old_v) || commits)
    `ASSERT(p_vanishes_only_by_erase, !(f_old_v && !v) || erases)
    `ASSERT(p_valid_word_is_written_last, !(nv_req && nv_we && here && word == 7'd68 && nv_wdata == YES)
        || (commits && record == f_new_record && progress == f_new_progress))
    `ASSERT(p_done_is_done, !(f_fine || (f_busy && !busy && !error && f_live)) || !f_mine || (f_op == OP_ERASE ? !v
        : f_op == OP_COMMIT || f_op == OP_PROGRESS ? v && took : 1'b1))
    `ASSERT(p_load_gives_the_record, !(u_log.load_we && mine && w[4:0] == word_sel_i) || (v && nv_rdata == record))
    `ASSERT(p_load_gives_the_progress, !(prog_we && mine) || (v && prog_out == progress))
    `ASSERT(p_buffer_closed_while_busy, !(u_log.bus_we && busy))
    `ASSERT(p_each_access_ends, !nv_req || (f_wait <= TIMEOUT && u_log.wait_q == {13'd0, f_wait}))
    `ASSERT(p_timeout_ends_in_error, !f_timed || (error && !busy))
    `ASSERT(p_all_else_moves_on, !busy || nv_req || st == ST_FETCH)
    // ---- helpers
    `ASSERT(p_help_state, st <= ST_ZERO && (st != ST_ZERO || w <= 7'd67))
    `ASSERT(p_help_command, !busy || (op == f_op && mine == f_mine && u_log.prog_q == f_new_progress))
    `ASSERT(p_help_op, !busy || (st == ST_UNMARK || st == ST_ZERO ? op == OP_ERASE
        : st == ST_LOAD || st == ST_LOAD_PROG ? op == OP_LOAD
        : st == ST_FETCH || st == ST_STORE || st == ST_MARK ? is_commit
        : st == ST_STORE_PROG || st == ST_FLIP ? is_commit || op == OP_PROGRESS
        : is_commit || op == OP_PROGRESS || op == OP_LOAD))
    `ASSERT(p_help_words, !(st == ST_FETCH || st == ST_STORE || st == ST_LOAD) || w <= 7'd31)
    `ASSERT(p_help_first_word, !(busy && (st < ST_LOAD || st == ST_UNMARK)) || w == 7'd0)
    `ASSERT(p_help_held, !(busy && mine && st != ST_VALID && st <= ST_FLIP) || u_log.held_q == f_old_v)
    `ASSERT(p_help_needs_record, !(busy && st > ST_VALID && st <= ST_FLIP && !is_commit) || u_log.held_q)
    `ASSERT(p_help_sel, !(busy && mine && st > ST_SELECT && st <= ST_MARK) || u_log.sel_q == f_old_s)
    `ASSERT(p_help_psel, !(busy && mine && st > ST_PROG_SELECT && st <= ST_MARK) || u_log.psel_q == f_old_p)
    `ASSERT(p_help_untouched, !(busy && mine && st <= ST_STORE_PROG)
        || (v == f_old_v && s == f_old_s && p == f_old_p))
    `ASSERT(p_help_elsewhere, !(busy && !mine) || (v == f_old_v && s == f_old_s && p == f_old_p))
    `ASSERT(p_help_old_record, !(busy && st != ST_ZERO && !(st == ST_MARK && mine))
        || (old_bank ? f_bank1 : f_bank0) == f_old_record)
    `ASSERT(p_help_old_progress, !(busy && st != ST_ZERO && !(st == ST_MARK && mine))
        || ((f_old_s ^ f_old_p) ? f_pb1 : f_pb0) == f_old_progress)
    `ASSERT(p_help_stored, !(mine && ((st == ST_FETCH || st == ST_STORE) && w > {2'b00, word_sel_i}
        || is_commit && (st == ST_STORE_PROG || st == ST_FLIP || st == ST_MARK))) || new_bank == f_new_record)
    `ASSERT(p_help_stored_progress, !(mine && (st == ST_FLIP || st == ST_MARK)) || new_prog == f_new_progress)
    `ASSERT(p_help_flip, !(mine && st == ST_FLIP) || (v == f_old_v && (is_commit ? p == f_old_p : s == f_old_s)))
    `ASSERT(p_help_mark, !(mine && st == ST_MARK) || (!f_old_v && s != f_old_s && p == f_old_p))
    `ASSERT(p_help_unmark, !(mine && st == ST_UNMARK) || (s == f_old_s && p == f_old_p))
    `ASSERT(p_help_fine, !f_fine || !busy)
    `ASSERT(p_help_zero, !(mine && st == ST_ZERO) || !v)

    `COVER(c_first_record, f_fine && commits && !f_old_v)
    `COVER(c_next_record, f_fine && commits && f_old_v && f_new_record != f_old_record)
    `COVER(c_progress, f_fine && progresses && f_new_progress != f_old_progress)
    `COVER(c_cut_leaves_old, f_cut && commits && f_old_v && !took && f_new_record != f_old_record)
    `COVER(c_cut_leaves_new, f_cut && commits && f_old_v && took && f_new_record != f_old_record)
    `COVER(c_loaded, f_fine && f_mine && f_op == OP_LOAD && valid)
    `COVER(c_times_out, f_timed)
    `COVER(c_erased, f_fine && erases && f_old_v)
  end
endmodule
`default_nettype wire
