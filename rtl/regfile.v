// regfile.v - I/O registers and firmware windows of a wallet's internal LPC bus (opera.toml).
//
// Clock    clk_i, rising edge.   Reset  rst_ni, low = reset, sampled on clk_i.
// Timing   a read is acknowledged one clock after its request and a write at once, so every transfer
//          costs the same, allowed or not. Registers change, and commands go out, one clock after
//          the commit pulse. A window byte is there one clock after its address.
// Refused  reads of write-only and unlisted bytes give 0xFF; writes to others, writes that are not
//          aligned, and commands to a unit that is busy or off are dropped.
// Keys     PWR_RESP and PTK_IN lie in one small memory. key_o answers key_word_i one clock later: a
//          word of PTK_IN while the ORM is on, else of PWR_RESP. pwr_chal_i, ptk_i and
//          sess_i answer key_addr_o one clock later.
// Clears   LINK_CTL on unmount; PTK_IN when the ORM goes off or KEYLOAD ends; PWR_RESP as told. A
//          cleared key reads 0 at once and is overwritten in the eight clocks after; what is written
//          to it meanwhile is dropped (bus writes come 13 clocks apart).
// Fails    cannot hang: nothing here waits.
// Proofs   testbench/unit/tb_regfile.v; ARCHITECTURE.md, invariants I4, I10.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "opera_regs.vh"
module regfile #(
    parameter ISSUER = 0
) (
    input  wire         clk_i,
    input  wire         rst_ni,
    // bus half
    input  wire [  7:0] addr_i,        // offset in the block
    input  wire [  7:0] wdata_i,
    input  wire         wr_req_i,
    output wire         wr_ack_o,
    input  wire         wr_commit_i,
    input  wire         rd_req_i,
    output wire         rd_ack_o,
    output wire [  7:0] rdata_o,
    input  wire [ 27:0] fw_addr_i,
    output wire [  7:0] fw_rdata_o,
    input  wire         fw_wr_commit_i,
    input  wire [ 31:0] fw_wdata_i,
    input  wire [  2:0] fw_wbytes_i,
    // mount and power control
    input  wire         mounted_i,
    input  wire         lost_i,
    output wire         mount_clr_o,
    output wire         pwr_cmd_o,
    output wire [  1:0] pwr_op_o,
    output wire [  3:0] key_addr_o,
    input  wire [  1:0] key_word_i,
    output wire [ 31:0] key_o,
    input  wire         pwr_resp_clear_i,
    input  wire         pwr_on_i,
    input  wire         pwr_busy_i,
    input  wire         pwr_chal_valid_i,
    input  wire         pwr_denied_i,
    input  wire         pwr_trap_i,
    input  wire [  7:0] pwr_chal_i,
    // link and mailbox
    output wire         link_host_o,
    output wire         link_enable_o,
    output wire         tx_we_o,
    output wire [  8:0] tx_addr_o,
    output wire [  9:0] tx_len_o,
    output wire         tx_send_o,
    input  wire         tx_busy_i,
    input  wire         rx_valid_i,
    input  wire [  9:0] rx_len_i,
    output wire         rx_ack_o,
    output wire [  8:0] rx_addr_o,
    input  wire [  7:0] rx_rdata_i,
    input  wire         link_err_i,
    // transaction log
    output wire         log_cmd_o,
    output wire [  7:0] log_op_o,
    output wire [  7:0] log_slot_o,
    output wire [ 31:0] log_prog_o,
    input  wire         log_prog_we_i,
    input  wire [ 31:0] log_prog_i,
    input  wire         log_busy_i,
    input  wire         log_valid_i,
    input  wire         log_error_i,
    output wire         log_we_o,
    output wire [  6:0] log_addr_o,    // for writes and reads
    input  wire [  7:0] log_rdata_i,
    // write data of MBOX_TX, LOG_BUF and PRESS
    output wire [ 31:0] win_wdata_o,
    output wire [  2:0] win_wbytes_o,
    // ORM, behind its clamp
    output wire         orm_cmd_o,
    output wire [  7:0] orm_op_o,
    output wire [  7:0] orm_sess_o,
    output wire [ 15:0] orm_k_o,
    output wire [ 15:0] orm_slot_o,
    output wire [ 31:0] orm_value_o,
    input  wire         orm_busy_i,
    input  wire         orm_error_i,
    input  wire [  7:0] orm_err_i,
    input  wire [  7:0] sess_state_i,
    input  wire [  7:0] sess_i,
    input  wire [  7:0] ptk_i,
    input  wire [  7:0] entry_state_i,
    output wire [  6:0] out_addr_o,
    input  wire [  7:0] out_rdata_i,
    output wire         press_we_o,    // whole words
    output wire [  4:0] press_addr_o
);
  localparam [31:0] ID = (ISSUER != 0) ? 32'h0101504F : 32'h0001504F;  // byte 0 is 'O'

  localparam [1:0] WIN_NONE = 2'd0;
  localparam [1:0] WIN_RX = 2'd1;
  localparam [1:0] WIN_LOG = 2'd2;
  localparam [1:0] WIN_OUT = 2'd3;

  reg link_host_q, link_host_d;
  reg link_enable_q, link_enable_d;
  reg [7:0] tx_low_q, tx_low_d;
  reg [9:0] tx_len_q, tx_len_d;
  reg tx_send_q, tx_send_d;
  reg rx_ack_q, rx_ack_d;
  reg mount_clr_q, mount_clr_d;
  reg pwr_cmd_q, pwr_cmd_d;
  reg [1:0] pwr_op_q, pwr_op_d;
  reg log_cmd_q, log_cmd_d;
  reg [7:0] log_op_q, log_op_d;
  reg [7:0] log_slot_q, log_slot_d;
  reg [31:0] log_prog_q, log_prog_d;
  reg orm_cmd_q, orm_cmd_d;
  reg [7:0] orm_op_q, orm_op_d;
  reg [7:0] orm_sess_q, orm_sess_d;
  reg [15:0] orm_k_q, orm_k_d;
  reg [15:0] orm_slot_q, orm_slot_d;
  reg [31:0] orm_value_q, orm_value_d;
  reg keyload_q, keyload_d;      // KEYLOAD was given and has not ended
  reg [7:0] rdata_q, rdata_d;
  reg rd_ack_q;
  reg [1:0] win_q, win_d;

  wire [7:0] offset = addr_i;
  wire [7:0] row = {offset[7:4], 4'd0};       // of a 16-byte register

  assign wr_ack_o = wr_req_i;
  assign rd_ack_o = rd_ack_q;
  assign rdata_o = rdata_q | (show_chal_q ? pwr_chal_i : 8'd0) | (show_ptk_q ? ptk_i : 8'd0)
      | (show_sess_q ? sess_i : 8'd0);
  assign mount_clr_o = mount_clr_q;
  assign pwr_cmd_o = pwr_cmd_q;
  assign pwr_op_o = pwr_op_q;
  assign link_host_o = link_host_q;
  assign link_enable_o = link_enable_q;
  assign tx_len_o = tx_len_q;
  assign tx_send_o = tx_send_q;
  assign rx_ack_o = rx_ack_q;
  assign log_cmd_o = log_cmd_q;
  assign log_op_o = log_op_q;
  assign log_slot_o = log_slot_q;
  assign log_prog_o = log_prog_q;
  assign orm_cmd_o = orm_cmd_q;
  assign orm_op_o = orm_op_q;
  assign orm_sess_o = orm_sess_q;
  assign orm_k_o = orm_k_q;
  assign orm_slot_o = orm_slot_q;
  assign orm_value_o = orm_value_q;

  // ---- firmware windows
  wire [27:0] base_512 = {fw_addr_i[27:9], 9'd0};
  wire [27:0] base_128 = {fw_addr_i[27:7], 7'd0};
  wire at_tx = base_512 == `OPERA_WIN_MBOX_TX;
  wire at_rx = base_512 == `OPERA_WIN_MBOX_RX;
  wire at_log = base_128 == `OPERA_WIN_LOG_BUF;
  wire at_out = base_128 == `OPERA_WIN_ORM_OUT;
  wire at_press = base_128 == `OPERA_WIN_PRESS;
  wire aligned = (fw_wbytes_i == 3'd1) || (fw_wbytes_i == 3'd2 && !fw_addr_i[0])
      || (fw_wbytes_i == 3'd4 && fw_addr_i[1:0] == 2'd0);
  wire fw_write = fw_wr_commit_i && aligned;

  assign tx_we_o = fw_write && at_tx;
  assign tx_addr_o = fw_addr_i[8:0];
  assign rx_addr_o = fw_addr_i[8:0];
  assign log_we_o = fw_write && at_log;
  assign log_addr_o = fw_addr_i[6:0];
  assign out_addr_o = fw_addr_i[6:0];
  assign press_we_o = fw_write && at_press && fw_wbytes_i == 3'd4 && pwr_on_i && ISSUER != 0;
  assign press_addr_o = fw_addr_i[6:2];
  assign win_wdata_o = fw_wdata_i;
  assign win_wbytes_o = fw_wbytes_i;
  assign fw_rdata_o = (win_q == WIN_RX) ? rx_rdata_i
      : (win_q == WIN_LOG) ? log_rdata_i
      : (win_q == WIN_OUT) ? out_rdata_i : 8'hFF;

  always @* begin : window
    win_d = at_rx ? WIN_RX : at_log ? WIN_LOG : at_out ? WIN_OUT : WIN_NONE;
  end

  // ---- I/O reads
  wire [7:0] pwr_stat = {3'd0, pwr_trap_i, pwr_denied_i, pwr_chal_valid_i, pwr_busy_i, pwr_on_i};
  wire [7:0] orm_stat = pwr_on_i ? {6'd0, orm_error_i, orm_busy_i} : `OPERA_ORM_STAT_OFF;
  wire [9:0] rx_len = rx_valid_i ? rx_len_i : 10'd0;

  wire at_chal = row == `OPERA_REG_PWR_CHAL;
  wire at_ptk = row == `OPERA_REG_PTK_OUT;
  wire at_sess = {offset[7:3], 3'd0} == `OPERA_REG_SESS_CTR;  // counter, base and number: 8 bytes in a row
  assign key_addr_o = offset[3:0];

  always @* begin : read
    rdata_d = 8'hFF;
    case (offset)
      `OPERA_REG_ID, `OPERA_REG_ID + 8'd1, `OPERA_REG_ID + 8'd2, `OPERA_REG_ID + 8'd3:
      rdata_d = ID[{offset[1:0], 3'b000}+:8];
      `OPERA_REG_MOUNT: rdata_d = {6'd0, lost_i, mounted_i};
      `OPERA_REG_LINK_CTL: rdata_d = {6'd0, link_enable_q, link_host_q};
      `OPERA_REG_LINK_STAT: rdata_d = {5'd0, link_err_i, rx_valid_i, tx_busy_i};
      `OPERA_REG_RX_LEN: rdata_d = rx_len[7:0];
      `OPERA_REG_RX_LEN + 8'd1: rdata_d = {6'd0, rx_len[9:8]};
      `OPERA_REG_PWR_STAT: rdata_d = pwr_stat;
      `OPERA_REG_LOG_SLOT: rdata_d = log_slot_q;
      `OPERA_REG_LOG_STAT: rdata_d = {5'd0, log_error_i, log_valid_i, log_busy_i};
      `OPERA_REG_LOG_PROG, `OPERA_REG_LOG_PROG + 8'd1, `OPERA_REG_LOG_PROG + 8'd2,
      `OPERA_REG_LOG_PROG + 8'd3:
      rdata_d = log_prog_q[{offset[1:0], 3'b000}+:8];
      `OPERA_REG_ORM_STAT: rdata_d = orm_stat;
      `OPERA_REG_ORM_ERR: rdata_d = orm_err_i;
      `OPERA_REG_ORM_SESS: rdata_d = orm_sess_q;
      `OPERA_REG_ORM_K, `OPERA_REG_ORM_K + 8'd1: rdata_d = orm_k_q[{offset[0], 3'b000}+:8];
      `OPERA_REG_ORM_SLOT, `OPERA_REG_ORM_SLOT + 8'd1:
      rdata_d = orm_slot_q[{offset[0], 3'b000}+:8];
      `OPERA_REG_ORM_VALUE, `OPERA_REG_ORM_VALUE + 8'd1, `OPERA_REG_ORM_VALUE + 8'd2,
      `OPERA_REG_ORM_VALUE + 8'd3:
      rdata_d = orm_value_q[{offset[1:0], 3'b000}+:8];
      `OPERA_REG_SESS_STATE: rdata_d = sess_state_i;
      `OPERA_REG_ENTRY_STATE: rdata_d = entry_state_i;
      default: if (at_chal || at_ptk || at_sess) rdata_d = 8'h00;  // comes one clock later
    endcase
  end

  // ---- I/O writes
  wire [9:0] tx_len_new = {wdata_i[1:0], tx_low_q};
  wire tx_len_good = wdata_i[7:2] == 6'd0 && tx_len_new != 10'd0 && tx_len_new <= 10'd512;
  wire keyload_ends = keyload_q && !orm_cmd_q && !orm_busy_i;

  always @* begin : write
    link_host_d = link_host_q;
    link_enable_d = link_enable_q;
    tx_low_d = tx_low_q;
    tx_len_d = tx_len_q;
    tx_send_d = 1'b0;
    rx_ack_d = 1'b0;
    mount_clr_d = 1'b0;
    pwr_cmd_d = 1'b0;
    pwr_op_d = pwr_op_q;
    log_cmd_d = 1'b0;
    log_op_d = log_op_q;
    log_slot_d = log_slot_q;
    log_prog_d = log_prog_q;
    orm_cmd_d = 1'b0;
    orm_op_d = orm_op_q;
    orm_sess_d = orm_sess_q;
    orm_k_d = orm_k_q;
    orm_slot_d = orm_slot_q;
    orm_value_d = orm_value_q;
    keyload_d = keyload_q && !keyload_ends;
    if (wr_commit_i) begin
      case (offset)
        `OPERA_REG_MOUNT_CLR: mount_clr_d = 1'b1;
        `OPERA_REG_LINK_CTL: {link_enable_d, link_host_d} = wdata_i[1:0];
        `OPERA_REG_TX_LEN: tx_low_d = wdata_i;
        `OPERA_REG_TX_LEN + 8'd1:
        if (!tx_busy_i && tx_len_good) begin
          tx_len_d = tx_len_new;
          tx_send_d = 1'b1;
        end
        `OPERA_REG_RX_ACK: rx_ack_d = 1'b1;
        `OPERA_REG_PWR_CMD: begin
          pwr_cmd_d = 1'b1;
          pwr_op_d = wdata_i[1:0];
        end
        `OPERA_REG_LOG_CMD: begin
          log_cmd_d = !log_busy_i;
          log_op_d = wdata_i;
        end
        `OPERA_REG_LOG_SLOT: log_slot_d = wdata_i;
        `OPERA_REG_LOG_PROG: log_prog_d[7:0] = wdata_i;
        `OPERA_REG_LOG_PROG + 8'd1: log_prog_d[15:8] = wdata_i;
        `OPERA_REG_LOG_PROG + 8'd2: log_prog_d[23:16] = wdata_i;
        `OPERA_REG_LOG_PROG + 8'd3: log_prog_d[31:24] = wdata_i;
        `OPERA_REG_ORM_CMD:
        if (pwr_on_i && !orm_busy_i) begin
          orm_cmd_d = 1'b1;
          orm_op_d = wdata_i;
          keyload_d = wdata_i == `OPERA_OP_KEYLOAD;
        end
        `OPERA_REG_ORM_SESS: orm_sess_d = wdata_i;
        `OPERA_REG_ORM_K: orm_k_d[7:0] = wdata_i;
        `OPERA_REG_ORM_K + 8'd1: orm_k_d[15:8] = wdata_i;
        `OPERA_REG_ORM_SLOT: orm_slot_d[7:0] = wdata_i;
        `OPERA_REG_ORM_SLOT + 8'd1: orm_slot_d[15:8] = wdata_i;
        `OPERA_REG_ORM_VALUE: orm_value_d[7:0] = wdata_i;
        `OPERA_REG_ORM_VALUE + 8'd1: orm_value_d[15:8] = wdata_i;
        `OPERA_REG_ORM_VALUE + 8'd2: orm_value_d[23:16] = wdata_i;
        `OPERA_REG_ORM_VALUE + 8'd3: orm_value_d[31:24] = wdata_i;
        default: ;
      endcase
    end
    if (log_prog_we_i) log_prog_d = log_prog_i;
    if (ISSUER == 0) orm_value_d = 32'd0;  // a wallet makes no token
    if (!mounted_i) {link_enable_d, link_host_d} = 2'b00;
    if (!pwr_on_i) begin
      orm_cmd_d = 1'b0;
      keyload_d = 1'b0;
    end
  end

  // ---- keys: words 0 to 3 PWR_RESP, 4 to 7 PTK_IN; byte 0 of a register is the most significant
  (* no_rw_check, ram_style = "block" *)
  reg [31:0] keys[0:7];
  reg [31:0] key_q;
  reg resp_some_q, ptk_some_q;   // written since it was cleared; else it reads 0
  reg resp_zap_q, ptk_zap_q;     // has to be overwritten
  reg [1:0] zap_q;
  reg zap_ptk_q;                 // which of them is under way
  reg bank_q, show_chal_q, show_ptk_q, show_sess_q;
  wire resp_clear = pwr_resp_clear_i;
  wire ptk_clear = !pwr_on_i || keyload_ends;
  wire zapping = resp_zap_q || ptk_zap_q;
  wire zap_ptk = (zap_q == 2'd0) ? !resp_zap_q : zap_ptk_q;
  wire resp_we = wr_commit_i && row == `OPERA_REG_PWR_RESP && !zapping && !resp_clear;
  wire ptk_we = wr_commit_i && row == `OPERA_REG_PTK_IN && !zapping && !ptk_clear;
  wire [3:0] key_lanes = zapping ? 4'b1111
      : (resp_we || ptk_we) ? 4'b1000 >> offset[1:0] : 4'b0000;
  wire [2:0] key_waddr = zapping ? {zap_ptk, zap_q} : {ptk_we, offset[3:2]};
  wire [7:0] key_wdata = zapping ? 8'd0 : wdata_i;

  assign key_o = (bank_q ? ptk_some_q : resp_some_q) ? key_q : 32'd0;

  always @(posedge clk_i) begin : key_memory
    if (key_lanes[0]) keys[key_waddr][7:0] <= key_wdata;
    if (key_lanes[1]) keys[key_waddr][15:8] <= key_wdata;
    if (key_lanes[2]) keys[key_waddr][23:16] <= key_wdata;
    if (key_lanes[3]) keys[key_waddr][31:24] <= key_wdata;
    key_q <= keys[{pwr_on_i, key_word_i}];
  end

  always @(posedge clk_i) begin : key_reg
    bank_q <= pwr_on_i;
    show_chal_q <= rd_req_i && at_chal;
    show_ptk_q <= rd_req_i && at_ptk;
    show_sess_q <= rd_req_i && at_sess;
    zap_ptk_q <= zap_ptk;
    if (!rst_ni) begin
      zap_q <= 2'd0;
      {resp_some_q, ptk_some_q} <= 2'b00;
      {resp_zap_q, ptk_zap_q} <= 2'b11;
    end else begin
      zap_q <= zapping ? zap_q + 2'd1 : 2'd0;
      if (resp_clear) begin
        resp_some_q <= 1'b0;
        if (resp_some_q) resp_zap_q <= 1'b1;
      end else if (resp_we) resp_some_q <= 1'b1;
      if (ptk_clear) begin
        ptk_some_q <= 1'b0;
        if (ptk_some_q) ptk_zap_q <= 1'b1;
      end else if (ptk_we) ptk_some_q <= 1'b1;
      if (zap_q == 2'd3) begin
        if (zap_ptk) ptk_zap_q <= 1'b0;
        else resp_zap_q <= 1'b0;
      end
    end
  end

  always @(posedge clk_i) begin : state_reg
    rd_ack_q <= rd_req_i && !rd_ack_q;
    rdata_q <= rd_req_i ? rdata_d : 8'd0;
    win_q <= win_d;
    if (!rst_ni) begin
      link_host_q <= 1'b0;
      link_enable_q <= 1'b0;
      tx_low_q <= 8'd0;
      tx_len_q <= 10'd0;
      tx_send_q <= 1'b0;
      rx_ack_q <= 1'b0;
      mount_clr_q <= 1'b0;
      pwr_cmd_q <= 1'b0;
      pwr_op_q <= 2'd0;
      log_cmd_q <= 1'b0;
      log_op_q <= 8'd0;
      log_slot_q <= 8'd0;
      log_prog_q <= 32'd0;
      orm_cmd_q <= 1'b0;
      orm_op_q <= 8'd0;
      orm_sess_q <= 8'd0;
      orm_k_q <= 16'd0;
      orm_slot_q <= 16'd0;
      orm_value_q <= 32'd0;
      keyload_q <= 1'b0;
      rd_ack_q <= 1'b0;
    end else begin
      link_host_q <= link_host_d;
      link_enable_q <= link_enable_d;
      tx_low_q <= tx_low_d;
      tx_len_q <= tx_len_d;
      tx_send_q <= tx_send_d;
      rx_ack_q <= rx_ack_d;
      mount_clr_q <= mount_clr_d;
      pwr_cmd_q <= pwr_cmd_d;
      pwr_op_q <= pwr_op_d;
      log_cmd_q <= log_cmd_d;
      log_op_q <= log_op_d;
      log_slot_q <= log_slot_d;
      log_prog_q <= log_prog_d;
      orm_cmd_q <= orm_cmd_d;
      orm_op_q <= orm_op_d;
      orm_sess_q <= orm_sess_d;
      orm_k_q <= orm_k_d;
      orm_slot_q <= orm_slot_d;
      orm_value_q <= orm_value_d;
      keyload_q <= keyload_d;
    end
  end
endmodule
`default_nettype wire
