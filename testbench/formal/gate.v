// gate.v - power_ctrl with power_auth: open only while mounted and after a right, fresh answer.
//
// Outside  everything is free; the AES engine answers anything at any time. The challenge counter's
//          three words are tracked: a word holds anything while it is written, and after a cut.
//          Bounds are small here; the step of the induction does not depend on them.
// @invariant I4,I11,I12
// @induction 2
// @simulate cover_gate.v
// @short
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "formal.vh"
`include "opera_regs.vh"
module gate (
    input wire         clk_i,
    input wire         rst_ni,
    input wire [127:0] key_i,
    input wire         mount_i,
    input wire         cmd_i,
    input wire [  1:0] op_i,
    input wire [ 31:0] resp_i,
    input wire [  3:0] chal_addr_i,
    input wire         nv_ack_i,
    input wire [ 31:0] nv_rdata_i,
    input wire [ 31:0] torn_i,
    input wire [  1:0] aes_word_i,
    input wire [  1:0] aes_next_i,
    input wire         aes_valid_i,
    input wire         aes_done_i,
    input wire [ 31:0] aes_result_i,
    input wire         good_i,
    input wire         scrub_done_i
);
  localparam [31:0] YES = `OPERA_NV_CODE_YES;
  wire mounted, lost, resp_clear, on, busy, chal_valid, denied, trap, nv_req, nv_we, aes_own, aes_start, aes_clear;
  wire pwr_en, clk_en, domain_rst_n, clamp, scrub;
  wire [7:0] chal;
  wire [31:0] aes_key, aes_block;
  wire [16:0] nv_addr;
  wire [31:0] nv_wdata, nv_rdata;
  power_ctrl #(.DEBOUNCE(16'd2), .GOOD_TIMEOUT(16'd9), .NV_TIMEOUT(16'd3)) u_ctl (
    .clk_i(clk_i), .rst_ni(rst_ni), .power_key_i(key_i), .mount_i(mount_i), .mount_clr_i(1'b0),
    .mounted_o(mounted), .lost_o(lost), .cmd_i(cmd_i), .op_i(op_i), .resp_i(resp_i), .resp_clear_o(resp_clear),
    .on_o(on), .busy_o(busy), .chal_valid_o(chal_valid), .denied_o(denied), .trap_o(trap), .chal_addr_i(chal_addr_i), .chal_o(chal),
    .nv_req_o(nv_req), .nv_we_o(nv_we), .nv_addr_o(nv_addr), .nv_wdata_o(nv_wdata), .nv_ack_i(nv_ack_i),
    .nv_rdata_i(nv_rdata), .aes_own_o(aes_own), .aes_start_o(aes_start), .aes_key_o(aes_key),
    .aes_block_o(aes_block), .aes_clear_o(aes_clear), .aes_word_i(aes_word_i), .aes_next_i(aes_next_i),
    .aes_valid_i(aes_valid_i), .aes_done_i(aes_done_i), .aes_result_i(aes_result_i),
    .pwr_en_o(pwr_en), .pwr_good_i(good_i), .clk_en_o(clk_en), .domain_rst_no(domain_rst_n), .clamp_o(clamp),
    .scrub_o(scrub), .scrub_done_i(scrub_done_i)
  );
  `PROBE([6:0], u_ctl.state_q)
  `PROBE([3:0], u_ctl.wait_q)
  `PROBE([1:0], u_ctl.mount_count_q)
  `PROBE(, u_ctl.mount)
  `PROBE(, u_ctl.good)
  `PROBE(, u_ctl.lose)
  `PROBE([6:0], u_ctl.u_auth.state_q)
  `PROBE([15:0], u_ctl.u_auth.wait_q)
  `PROBE([31:0], u_ctl.u_auth.count_q)
  `PROBE(, u_ctl.u_auth.sel_q)
  `PROBE(, u_ctl.open_q)
  `PROBE(, u_ctl.shut_q)
  `PROBE(, u_ctl.u_auth.valid_q)
  `PROBE(, u_ctl.u_auth.spent_q)
  `PROBE(, u_ctl.u_auth.odd_q)
  `PROBE([3:0], u_ctl.u_auth.match_q)
  localparam [6:0] ST_BOOT = 7'b0001011, ST_OFF = 7'b0010101, ST_POWER = 7'b0011110, ST_CLOCK = 7'b0100110,
      ST_RELEASE = 7'b0101101, ST_ON = 7'b0110011, ST_SCRUB = 7'b1010010, ST_DROP = 7'b1011001, ST_TRAP = 7'b1100001;
  localparam [6:0] AU_IDLE = 7'b0001011, AU_READS = 7'b0010101, AU_READ = 7'b0011110,
      AU_BANK = 7'b0101101, AU_SELECT = 7'b0110011, AU_MAKE = 7'b0111000, AU_MAKING = 7'b1000111,
      AU_CHECK = 7'b1001100, AU_CHECKING = 7'b1010010;
  wire [6:0] st = u_ctl.state_q;
  wire [6:0] au = u_ctl.u_auth.state_q;
  wire rising = st == ST_POWER || st == ST_CLOCK || st == ST_RELEASE || st == ST_ON;
  wire checking = au == AU_CHECK || au == AU_CHECKING;
  wire au_nv = au == AU_READS || au == AU_READ || au == AU_BANK || au == AU_SELECT;

  reg f_past = 1'b0;
  always @(posedge clk_i) f_past <= 1'b1;
  always @* if (!f_past) begin
    `ASSUME(m_starts_in_reset, !rst_ni)
  end
  // The answer to a shown challenge is being checked; it was right.
  reg f_asked = 1'b0, f_proven = 1'b0, f_new = 1'b0;
  reg [3:0] f_match = 4'd0;  // words of the answer that were right
  reg [3:0] f_match_now;
  always @* begin
    f_match_now = f_match;
    if (aes_own && !aes_start && aes_valid_i) f_match_now[aes_word_i] = aes_result_i == resp_i;
  end
  wire right = f_asked && aes_own && !aes_start && aes_done_i && f_match_now == 4'b1111;
  reg f_mount = 1'b0, f_good = 1'b0, f_down = 1'b0, f_valid = 1'b0;
  reg [6:0] f_st, f_au;
  reg [15:0] f_wait, f_au_wait;
  always @(posedge clk_i) begin
    f_asked <= rst_ni && ((cmd_i && op_i == 2'd2 && chal_valid && !busy) || (f_asked && !(aes_own && aes_done_i && !aes_start)));
    f_match <= (!rst_ni || !checking || aes_start) ? 4'd0 : f_match_now;
    f_proven <= rst_ni && (right || (f_proven && rising));
    f_mount <= rst_ni && u_ctl.mount;
    f_good <= rst_ni && u_ctl.good;
    f_down <= cmd_i && op_i == 2'd3;
    f_valid <= rst_ni && chal_valid;
    f_new <= rst_ni && au == AU_MAKING && aes_own && aes_done_i;
    f_st <= st;
    f_au <= au;
    f_wait <= u_ctl.wait_q;
    f_au_wait <= u_ctl.u_auth.wait_q;
  end
  // ---- challenge counter
  reg [31:0] f_b0 = 32'd0, f_b1 = 32'd0, f_sel = 32'd0, f_last = 32'd0;
  wire [31:0] landed = nv_ack_i ? nv_wdata : torn_i;
  wire [31:0] counts = (f_sel == YES) ? f_b1 : f_b0;
  wire [31:0] other = (f_sel == YES) ? f_b0 : f_b1;
  wire making = aes_start && !checking;
  always @(posedge clk_i) begin
    if (f_past && nv_req && nv_we && nv_addr == `OPERA_NV_PWR_CTR_BASE) f_b0 <= landed;
    if (f_past && nv_req && nv_we && nv_addr == `OPERA_NV_PWR_CTR_BASE + 17'd1) f_b1 <= landed;
    if (f_past && nv_req && nv_we && nv_addr == `OPERA_NV_PWR_CTR_BASE + 17'd2) f_sel <= landed;
    if (f_past && making) f_last <= u_ctl.u_auth.count_q;
  end
  assign nv_rdata = nv_addr == `OPERA_NV_PWR_CTR_BASE ? f_b0 : nv_addr == `OPERA_NV_PWR_CTR_BASE + 17'd1 ? f_b1
      : nv_addr == `OPERA_NV_PWR_CTR_BASE + 17'd2 ? f_sel : nv_rdata_i;

  `EACH_CLOCK if (f_past) begin
    `ASSERT(p_open_only_on, clamp || (st == ST_ON && clk_en && domain_rst_n && pwr_en && !scrub))
    `ASSERT(p_open_only_mounted, clamp || mounted)
    `ASSERT(p_unmount_clamps_next_clock, f_mount || clamp)
    `ASSERT(p_power_loss_clamps_next_clock, f_good || clamp)
    `ASSERT(p_down_clamps_next_clock, !f_down || clamp)
    `ASSERT(p_powered_only_after_right_answer, !rising || f_proven)
    `ASSERT(p_challenge_answered_once, !(f_asked && checking && chal_valid))
    `ASSERT(p_challenge_shown_only_when_new, !chal_valid || f_valid || f_new)
    `ASSERT(p_challenge_counter_never_repeats, !making || u_ctl.u_auth.count_q > f_last)
    `ASSERT(p_challenge_is_of_its_counter, !(au == AU_MAKING && aes_own && aes_word_i == 2'd3) || aes_block == f_last)
    `ASSERT(p_trap_is_shut, st != ST_TRAP || (clamp && !clk_en && !domain_rst_n && !pwr_en && trap))
    `ASSERT(p_trap_stands, f_st != ST_TRAP || st == ST_TRAP || st == ST_BOOT)
    `ASSERT(p_engine_never_taken_while_open, clamp || !aes_own)
    `ASSERT(p_writes_only_own_words, !(nv_req && nv_we) || nv_addr[16:2] == 15'h4800)
    `ASSERT(p_power_waits_end, !(st == ST_BOOT || st == ST_POWER || st == ST_SCRUB || st == ST_DROP || st == ST_CLOCK)
        || (u_ctl.wait_q <= 16'd9 && (f_st != st || u_ctl.wait_q == f_wait + 16'd1 || u_ctl.wait_q == 16'd0)))
    `ASSERT(p_check_waits_end, (!au_nv || u_ctl.u_auth.wait_q <= 16'd3)
        && (!(au == AU_MAKING || au == AU_CHECKING) || u_ctl.u_auth.wait_q <= 16'd255)
        && (!(au_nv || au == AU_MAKING || au == AU_CHECKING) || f_au != au
            || u_ctl.u_auth.wait_q == f_au_wait + 16'd1))
    // ---- helpers
    `ASSERT(p_help_twins, u_ctl.shut_q == !u_ctl.open_q && u_ctl.u_auth.spent_q == !u_ctl.u_auth.valid_q
        && u_ctl.u_auth.odd_q == ^{u_ctl.u_auth.count_q, u_ctl.u_auth.sel_q})
    `ASSERT(p_help_mounted, !mounted || u_ctl.mount_count_q == 16'd2)
    `ASSERT(p_help_count, u_ctl.mount_count_q <= 16'd2)
    `ASSERT(p_help_on, (st == ST_ON) == !clamp && (st != ST_ON || f_mount && f_good))
    `ASSERT(p_help_asked, checking ? f_asked : 1'b1)
    `ASSERT(p_help_clock, st != ST_CLOCK || u_ctl.wait_q <= 16'd7)
    `ASSERT(p_help_last, f_last <= counts)
    `ASSERT(p_help_read, au != AU_READ || u_ctl.u_auth.sel_q == (f_sel == YES))
    `ASSERT(p_help_bank, au != AU_BANK || (u_ctl.u_auth.sel_q == (f_sel == YES)
        && u_ctl.u_auth.count_q == counts + 32'd1 && u_ctl.u_auth.count_q != 32'd0))
    `ASSERT(p_help_select, au != AU_SELECT || ((u_ctl.u_auth.sel_q ? f_b0 : f_b1) == u_ctl.u_auth.count_q
        && u_ctl.u_auth.count_q > f_last && (u_ctl.u_auth.sel_q ? f_b1 : f_b0) >= f_last))
    `ASSERT(p_help_make, au != AU_MAKE || (counts == u_ctl.u_auth.count_q && u_ctl.u_auth.count_q > f_last))
    `ASSERT(p_help_making, au != AU_MAKING || u_ctl.u_auth.count_q == f_last)
    `ASSERT(p_help_match, au != AU_CHECKING || u_ctl.u_auth.match_q == f_match)
    `COVER(c_gate_opens, !clamp)
    `COVER(c_unmount_shuts, f_was_open && clamp && !f_mount && rst_ni)
    `COVER(c_wrong_answer_denied, denied && clamp)
    `COVER(c_nv_timeout_traps, trap)
  end
  reg f_was_open = 1'b0;
  always @(posedge clk_i) f_was_open <= !clamp;
endmodule
`default_nettype wire
