// shut.v - from any state at all, listed or not: what shuts the gate, in one clock, without history.
//
// @invariant I4,I12
// @anystate 1
// @cover 3
// @short
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "formal.vh"
`define POWER_PORTS \
    .clk_i(clk_i), .rst_ni(rst_ni), .power_key_i(key_i), .mount_i(mount_i), .mount_clr_i(1'b0), \
    .mounted_o(mounted), .lost_o(lost), .cmd_i(cmd_i), .op_i(op_i), .resp_i(resp_i), .resp_clear_o(resp_clear), \
    .on_o(on), .busy_o(busy), .chal_valid_o(chal_valid), .denied_o(denied), .trap_o(trap), .chal_addr_i(chal_addr_i), .chal_o(chal), \
    .nv_req_o(nv_req), .nv_we_o(nv_we), .nv_addr_o(nv_addr), .nv_wdata_o(nv_wdata), .nv_ack_i(nv_ack_i), \
    .nv_rdata_i(nv_rdata), .aes_own_o(aes_own), .aes_start_o(aes_start), .aes_key_o(aes_key), \
    .aes_block_o(aes_block), .aes_clear_o(aes_clear), .aes_word_i(aes_word_i), .aes_next_i(aes_next_i), \
    .aes_valid_i(aes_valid_i), .aes_done_i(aes_done_i), .aes_result_i(aes_result_i), \
    .pwr_en_o(pwr_en), .pwr_good_i(good_i), .clk_en_o(clk_en), .domain_rst_no(domain_rst_n), .clamp_o(clamp), \
    .scrub_o(scrub), .scrub_done_i(scrub_done_i)
module shut (
    input wire         clk_i,
    input wire         rst_ni,
    input wire [127:0] key_i,
    input wire         mount_i,
    input wire         cmd_i,
    input wire [  1:0] op_i,
    input wire [ 31:0] resp_i,
    input wire [  3:0] chal_addr_i,
    input wire         nv_ack_i,
    input wire [ 31:0] nv_rdata,
    input wire [  1:0] aes_word_i,
    input wire [  1:0] aes_next_i,
    input wire         aes_valid_i,
    input wire         aes_done_i,
    input wire [ 31:0] aes_result_i,
    input wire         good_i,
    input wire         scrub_done_i,
    input wire [234:0] domain_i
);
  wire mounted, lost, resp_clear, on, busy, chal_valid, denied, trap, nv_req, nv_we, aes_own, aes_start, aes_clear;
  wire pwr_en, clk_en, domain_rst_n, clamp, scrub;
  wire [7:0] chal;
  wire [31:0] aes_key, aes_block;
  wire [16:0] nv_addr;
  wire [31:0] nv_wdata;
  wire [234:0] outside;
  power_ctrl u_ctl (`POWER_PORTS);
  iso_clamp #(.WIDTH(235)) u_clamp (.clamp_i(clamp), .d_i(domain_i), .q_o(outside));
  `PROBE([6:0], u_ctl.state_q)
  `PROBE([6:0], u_ctl.state_d)
  `PROBE(, u_ctl.open_d)
  `PROBE(, u_ctl.pwr_en_d)
  `PROBE(, u_ctl.mount)
  `PROBE(, u_ctl.good)
  `PROBE(, u_ctl.grant)
  `PROBE([6:0], u_ctl.u_auth.state_q)
  `PROBE([6:0], u_ctl.u_auth.state_d)
  reg listed, auth_listed;
  always @* begin
    case (u_ctl.state_q)
      7'b0001011, 7'b0010101, 7'b0011110, 7'b0100110, 7'b0101101, 7'b0110011, 7'b0111000, 7'b1000111, 7'b1001100,
      7'b1010010, 7'b1011001: listed = 1'b1;
      default: listed = 1'b0;
    endcase
    case (u_ctl.u_auth.state_q)
      7'b0001011, 7'b0010101, 7'b0011110, 7'b0101101, 7'b0110011, 7'b0111000, 7'b1000111, 7'b1001100,
      7'b1010010: auth_listed = 1'b1;
      default: auth_listed = 1'b0;
    endcase
  end
  `EACH_CLOCK begin
    `ASSERT(p_unlisted_state_traps_and_shuts, listed || (u_ctl.state_d == 7'b1100001 && !u_ctl.open_d
        && !u_ctl.pwr_en_d))
    `ASSERT(p_unlisted_check_traps_both, auth_listed || (u_ctl.u_auth.state_d == 7'b1101010 && !u_ctl.grant
        && u_ctl.state_d == 7'b1100001))
    `ASSERT(p_unmounted_shuts_from_any_state, u_ctl.mount || !u_ctl.open_d)
    `ASSERT(p_power_loss_shuts_from_any_state, u_ctl.good || !u_ctl.open_d)
    `ASSERT(p_down_shuts_from_any_state, !(cmd_i && op_i == 2'd3) || !u_ctl.open_d)
    `ASSERT(p_clamped_domain_is_zero, !clamp || outside == 235'd0)
    `COVER(c_reset_clamps, clamp)
  end
endmodule
`default_nettype wire
