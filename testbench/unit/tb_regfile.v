// tb_regfile.v - register file: every byte of the map, read and written, and what is refused.
//
// Reads are held against a table of what each offset shows; writes against the outputs, with the
// other outputs standing still. Then the clears: unmount, power off, KEYLOAD, PWR_RESP.
// Ends with "N checks", or with $fatal.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "opera_regs.vh"
module tb_regfile;
  localparam [127:0] CHAL = 128'h101112131415161718191A1B1C1D1E1F;
  localparam [63:0] SESS = 64'h7271_6261_54535251;
  localparam [127:0] PTK = 128'h303132333435363738393A3B3C3D3E3F;

  reg clk = 1'b0;
  always #5 clk = !clk;
  integer checks = 0;
  task check(input good, input [8*48-1:0] what);
    begin
      checks = checks + 1;
      if (good !== 1'b1) begin
        $display("failed at %0t: %0s (offset %h, read %h)", $time, what, i[7:0], got);
        $fatal(1);
      end
    end
  endtask

  reg rst_n = 1'b0;
  reg [7:0] addr = 8'd0, wdata = 8'd0;
  reg wr_req = 1'b0, wr_commit = 1'b0, rd_req = 1'b0, fw_we = 1'b0;
  reg [27:0] fw_addr = 28'd0;
  reg [2:0] fw_bytes = 3'd4;
  reg mounted = 1'b1, on = 1'b1, orm_busy = 1'b0, log_busy = 1'b0, tx_busy = 1'b0, rx_valid = 1'b1;
  reg resp_clear = 1'b0, prog_we = 1'b0;
  wire wr_ack, rd_ack;
  wire [7:0] rdata, fw_rdata;
  // One bit or one bus for each output, in the order of the module.
  wire mount_clr, pwr_cmd, link_host, link_enable, tx_send, rx_ack, log_cmd, orm_cmd;
  wire tx_we, log_we, press_we, mint_press_we;
  wire [1:0] pwr_op;
  wire [9:0] tx_len;
  wire [8:0] tx_addr;
  wire [7:0] log_op, log_slot, orm_op, orm_sess;
  wire [15:0] orm_k, orm_slot;
  wire [31:0] log_prog, orm_value, win_wdata;
  wire [3:0] key_addr;
  reg [7:0] chal_byte, ptk_byte, sess_byte;
  always @(posedge clk) begin
    chal_byte <= CHAL[{~key_addr, 3'd0}+:8];
    ptk_byte <= PTK[{~key_addr, 3'd0}+:8];
    sess_byte <= SESS[{key_addr[2:0], 3'd0}+:8];
  end
  // The keys as they lie in their memory; `keys` holds key_o against this view.
  wire [127:0] resp = !dut.resp_some_q ? 128'd0 : {dut.keys[0], dut.keys[1], dut.keys[2], dut.keys[3]};
  wire [127:0] ptk_in = !dut.ptk_some_q ? 128'd0 : {dut.keys[4], dut.keys[5], dut.keys[6], dut.keys[7]};
  reg [1:0] key_word = 2'd0;
  wire [31:0] key;
  wire [4:0] press_addr;

  regfile dut (
      .clk_i(clk), .rst_ni(rst_n), .addr_i(addr), .wdata_i(wdata), .wr_req_i(wr_req),
      .wr_ack_o(wr_ack), .wr_commit_i(wr_commit), .rd_req_i(rd_req), .rd_ack_o(rd_ack),
      .rdata_o(rdata), .fw_addr_i(fw_addr), .fw_rdata_o(fw_rdata), .fw_wr_commit_i(fw_we),
      .fw_wdata_i(32'h44332211), .fw_wbytes_i(fw_bytes), .mounted_i(mounted), .lost_i(1'b1),
      .mount_clr_o(mount_clr), .pwr_cmd_o(pwr_cmd), .pwr_op_o(pwr_op), .key_addr_o(key_addr),
      .key_word_i(key_word), .key_o(key),
      .pwr_resp_clear_i(resp_clear), .pwr_on_i(on), .pwr_busy_i(1'b0), .pwr_chal_valid_i(1'b1),
      .pwr_denied_i(1'b0), .pwr_trap_i(1'b1), .pwr_chal_i(chal_byte), .link_host_o(link_host),
      .link_enable_o(link_enable), .tx_we_o(tx_we), .tx_addr_o(tx_addr), .tx_len_o(tx_len),
      .tx_send_o(tx_send), .tx_busy_i(tx_busy), .rx_valid_i(rx_valid), .rx_len_i(10'h1A5),
      .rx_ack_o(rx_ack), .rx_addr_o(), .rx_rdata_i(8'hA1), .link_err_i(1'b1), .log_cmd_o(log_cmd),
      .log_op_o(log_op), .log_slot_o(log_slot), .log_prog_o(log_prog), .log_prog_we_i(prog_we),
      .log_prog_i(32'hCAFEF00D), .log_busy_i(log_busy), .log_valid_i(1'b1), .log_error_i(1'b0),
      .log_we_o(log_we), .log_addr_o(), .log_rdata_i(8'hA2), .win_wdata_o(win_wdata),
      .win_wbytes_o(), .orm_cmd_o(orm_cmd), .orm_op_o(orm_op), .orm_sess_o(orm_sess),
      .orm_k_o(orm_k), .orm_slot_o(orm_slot), .orm_value_o(orm_value),
      .orm_busy_i(orm_busy), .orm_error_i(1'b1), .orm_err_i(8'h0A), .sess_state_i(8'h17),
      .sess_i(sess_byte), .ptk_i(ptk_byte),
      .entry_state_i(8'h02), .out_addr_o(), .out_rdata_i(8'hA3), .press_we_o(press_we),
      .press_addr_o(press_addr)
  );
  // The mint's register file differs in two places only.
  wire [7:0] mint_rdata;
  wire [31:0] mint_value;
  regfile #(
      .ISSUER(1)
  ) u_mint (
      .clk_i(clk), .rst_ni(rst_n), .addr_i(addr), .wdata_i(wdata), .wr_req_i(wr_req),
      .wr_ack_o(), .wr_commit_i(wr_commit), .rd_req_i(rd_req), .rd_ack_o(),
      .rdata_o(mint_rdata), .fw_addr_i(fw_addr), .fw_rdata_o(), .fw_wr_commit_i(fw_we),
      .fw_wdata_i(32'h44332211), .fw_wbytes_i(fw_bytes), .mounted_i(mounted), .lost_i(1'b1),
      .mount_clr_o(), .pwr_cmd_o(), .pwr_op_o(), .key_addr_o(), .key_word_i(2'd0), .key_o(),
      .pwr_resp_clear_i(resp_clear), .pwr_on_i(on), .pwr_busy_i(1'b0), .pwr_chal_valid_i(1'b1),
      .pwr_denied_i(1'b0), .pwr_trap_i(1'b1), .pwr_chal_i(chal_byte), .link_host_o(),
      .link_enable_o(), .tx_we_o(), .tx_addr_o(), .tx_len_o(),
      .tx_send_o(), .tx_busy_i(tx_busy), .rx_valid_i(rx_valid), .rx_len_i(10'h1A5),
      .rx_ack_o(), .rx_addr_o(), .rx_rdata_i(8'hA1), .link_err_i(1'b1), .log_cmd_o(),
      .log_op_o(), .log_slot_o(), .log_prog_o(), .log_prog_we_i(prog_we),
      .log_prog_i(32'hCAFEF00D), .log_busy_i(log_busy), .log_valid_i(1'b1), .log_error_i(1'b0),
      .log_we_o(), .log_addr_o(), .log_rdata_i(8'hA2), .win_wdata_o(),
      .win_wbytes_o(), .orm_cmd_o(), .orm_op_o(), .orm_sess_o(),
      .orm_k_o(), .orm_slot_o(), .orm_value_o(mint_value),
      .orm_busy_i(orm_busy), .orm_error_i(1'b1), .orm_err_i(8'h0A), .sess_state_i(8'h17),
      .sess_i(sess_byte), .ptk_i(ptk_byte),
      .entry_state_i(8'h02), .out_addr_o(), .out_rdata_i(8'hA3), .press_we_o(mint_press_we),
      .press_addr_o()
  );

  // Everything the register file tells the rest: 8 pulses and levels, then the values.
  wire [7:0] pulses = {mount_clr, pwr_cmd, tx_send, rx_ack, log_cmd, orm_cmd, link_enable, link_host};
  wire [383:0] values = {tx_len, log_slot, log_prog, orm_sess, orm_k, orm_slot, orm_value, resp, ptk_in};

  integer i, n, s;
  reg [7:0] got = 8'd0;
  reg [7:0] pulse = 8'd0;
  reg [383:0] before;

  task rd(input [7:0] a);
    begin
      addr = a;
      rd_req = 1'b1;
      @(negedge clk);
      check(rd_ack, "a read takes one clock");
      got = rdata;
      rd_req = 1'b0;
      @(negedge clk);
      check(!rd_ack && rdata === 8'd0, "0 without a read");
    end
  endtask

  task keys;  // all words of the register that is in use
    for (s = 0; s < 4; s = s + 1) begin
      key_word = s;
      @(negedge clk);
      check(key === (on ? ptk_in[32*(3-s)+:32] : resp[32*(3-s)+:32]), "key_o");
    end
  endtask

  task wr(input [7:0] a, input [7:0] d);
    begin
      before = values;
      addr = a;
      wdata = d;
      wr_req = 1'b1;
      #1 check(wr_ack, "a write is acknowledged at once");
      @(negedge clk);
      wr_req = 1'b0;
      check(values === before && (pulses & 8'hFC) == 8'd0, "nothing before the commit");
      wr_commit = 1'b1;
      @(negedge clk);
      wr_commit = 1'b0;
      pulse = pulses;
      @(negedge clk);
      check((pulses & 8'hFC) == 8'd0, "a command is one clock");
      repeat (8) @(negedge clk);  // bus cycles take 13
    end
  endtask

  function [7:0] shows(input [7:0] a);  // of the inputs above, and zero in what can be written
    case (a)
      8'h00: shows = "O";
      8'h01: shows = "P";
      8'h02: shows = 8'h01;
      8'h03: shows = 8'h00;
      8'h04: shows = 8'h03;                                  // MOUNT
      8'h08: shows = 8'h00;                                  // LINK_CTL
      8'h09: shows = 8'h06;                                  // LINK_STAT
      8'h0C: shows = 8'hA5;                                  // RX_LEN
      8'h0D: shows = 8'h01;
      8'h11: shows = 8'h15;                                  // PWR_STAT
      8'h13, 8'h18, 8'h19, 8'h1A, 8'h1B: shows = 8'h00;      // LOG_SLOT, LOG_PROG
      8'h14: shows = 8'h02;
      8'h41: shows = 8'h02;
      8'h42: shows = 8'h0A;
      8'h43, 8'h44, 8'h45, 8'h46, 8'h47, 8'h48, 8'h49, 8'h4A, 8'h4B: shows = 8'h00;
      8'h4C: shows = 8'h17;
      8'h50, 8'h51, 8'h52, 8'h53: shows = 8'h51 + a[1:0];
      8'h54, 8'h55: shows = 8'h61 + (a[0] ? 8'h01 : 8'h00);
      8'h56, 8'h57: shows = 8'h71 + (a[0] ? 8'h01 : 8'h00);
      8'h58: shows = 8'h02;
      default: shows = (a[7:4] == 4'h2) ? 8'h10 + a[3:0] : (a[7:4] == 4'h6) ? 8'h30 + a[3:0] : 8'hFF;
    endcase
  endfunction

  // Bit of `pulses` that a write gives out.
  function [7:0] pulses_of(input [7:0] a);
    case (a)
      8'h05: pulses_of = 8'h80;
      8'h10: pulses_of = 8'h40;
      8'h0B: pulses_of = 8'h20;
      8'h0E: pulses_of = 8'h10;
      8'h12: pulses_of = 8'h08;
      8'h40: pulses_of = 8'h04;
      default: pulses_of = 8'h00;
    endcase
  endfunction
  wire [383:0] changed = values ^ before;

  initial begin : main
    i = 0;
    repeat (3) @(negedge clk);
    rst_n = 1'b1;
    @(negedge clk);
    check(pulses === 8'd0 && values === 384'd0, "reset");
    for (i = 0; i < 256; i = i + 1) begin
      rd(i);
      check(got === shows(i), "shows");
    end
    i = 3;
    addr = 8'd3;
    rd_req = 1'b1;
    @(negedge clk);
    check(rdata === 8'h00 && mint_rdata === 8'h01, "wallet and mint");
    rd_req = 1'b0;
    @(negedge clk);

    // Writes: the one pulse of that offset, at most that byte of the values, nothing for the rest.
    for (n = 0; n < 2; n = n + 1)
      for (i = 0; i < 256; i = i + 1) begin
        wr(i, n ? 8'hFF : 8'h01);
        check((pulse & 8'hFC) === ((n && i == 8'h0B) ? 8'h00 : pulses_of(i)), "command");
        rd(i);
        if (i == 8'h08) check(got === (n ? 8'h03 : 8'h01) && {link_enable, link_host} == got[1:0],
                              "LINK_CTL");
        else if (i == 8'h13 || (i >= 8'h18 && i <= 8'h1B) || (i >= 8'h43 && i <= 8'h47))
          check(got === (n ? 8'hFF : 8'h01), "reads back");
        else check(got === shows(i), "read-only and write-only bytes show what they did");
        if (!(i == 8'h13 || (i >= 8'h18 && i <= 8'h1B) || (i >= 8'h43 && i <= 8'h47)
              || i == 8'h0B || i[7:4] == 4'h3 || i[7:4] == 4'h7)) check(changed === 384'd0, "untouched");
        if (i[7:2] == 6'h12)  // ORM_VALUE
          check(orm_value === 32'd0 && mint_value[8*i[1:0]+:8] === (n ? 8'hFF : 8'h01), "only a mint has a value");
        if (i[7:4] == 4'h3) check(resp[8*(15-i[3:0])+:8] === (n ? 8'hFF : 8'h01), "PWR_RESP");
        if (i[7:4] == 4'h7) check(ptk_in[8*(15-i[3:0])+:8] === (n ? 8'hFF : 8'h01), "PTK_IN");
      end
    keys;
    on = 1'b0;
    keys;
    on = 1'b1;
    for (i = 0; i < 16; i = i + 1) begin  // switching off cleared it
      wr(8'h30 + i, 8'hE0 + i);
      wr(8'h70 + i, 8'hF0 + i);
    end
    keys;
    check(tx_len === 10'd257, "TX_LEN");
    check(log_op === 8'hFF && orm_op === 8'hFF && pwr_op === 2'd3, "operations");

    // What is busy or off takes no command; a frame only of 1 to 512 bytes.
    tx_busy = 1'b1;
    wr(8'h0B, 8'h01);
    check(pulse[5] == 1'b0, "TX_LEN while busy");
    tx_busy = 1'b0;
    wr(8'h0A, 8'h00);
    wr(8'h0B, 8'h00);
    check(pulse[5] == 1'b0, "no bytes");
    wr(8'h0B, 8'h02);
    check(pulse[5] == 1'b1 && tx_len === 10'd512, "512 bytes");
    wr(8'h0A, 8'h01);
    wr(8'h0B, 8'h02);
    check(pulse[5] == 1'b0, "513 bytes");
    wr(8'h0B, 8'h04);
    check(pulse[5] == 1'b0, "1025 bytes");
    log_busy = 1'b1;
    wr(8'h12, 8'h01);
    check(pulse[3] == 1'b0, "LOG_CMD while busy");
    log_busy = 1'b0;
    orm_busy = 1'b1;
    wr(8'h40, 8'h01);
    check(pulse[2] == 1'b0, "ORM_CMD while busy");
    rd(8'h41);
    check(got === 8'h03, "ORM_STAT");
    orm_busy = 1'b0;
    rx_valid = 1'b0;
    rd(8'h0C);
    check(got === 8'h00, "RX_LEN of no frame");
    prog_we = 1'b1;
    @(negedge clk);
    prog_we = 1'b0;
    check(log_prog === 32'hCAFEF00D, "LOAD brings the progress");

    // Clears.
    check(ptk_in !== 128'd0 && resp !== 128'd0, "keys are there");
    wr(8'h40, `OPERA_OP_STAGE);
    check(ptk_in !== 128'd0, "another operation leaves PTK_IN");
    addr = 8'h40;
    wdata = `OPERA_OP_KEYLOAD;
    wr_commit = 1'b1;
    @(negedge clk);
    wr_commit = 1'b0;
    check(orm_cmd && orm_op === `OPERA_OP_KEYLOAD, "KEYLOAD goes out");
    @(posedge clk);
    #1 orm_busy = 1'b1;
    repeat (20) @(negedge clk);
    check(ptk_in !== 128'd0, "PTK_IN stays while KEYLOAD runs");
    orm_busy = 1'b0;
    @(negedge clk);
    check(ptk_in === 128'd0 && key === 32'd0, "KEYLOAD ended: PTK_IN is gone");
    repeat (8) @(negedge clk);
    check({dut.keys[4], dut.keys[5], dut.keys[6], dut.keys[7]} === 128'd0, "and its memory");
    check(resp === 128'hE0E1E2E3E4E5E6E7E8E9EAEBECEDEEEF, "PWR_RESP stays");
    wr(8'h7F, 8'h66);
    check(ptk_in === 128'h66, "PTK_IN anew, nothing of the old one in it");
    resp_clear = 1'b1;
    @(negedge clk);
    resp_clear = 1'b0;
    check(resp === 128'd0, "PWR_RESP is gone");
    on = 1'b0;  // and the other key half a clear later
    repeat (10) @(negedge clk);
    check({dut.keys[0], dut.keys[1], dut.keys[2], dut.keys[3], dut.keys[4], dut.keys[5], dut.keys[6],
           dut.keys[7]} === 256'd0, "both memories");
    on = 1'b1;
    for (i = 0; i < 16; i = i + 1) begin  // and the other way round
      wr(8'h30 + i, 8'hE0 + i);
      wr(8'h70 + i, 8'hF0 + i);
    end
    on = 1'b0;
    repeat (2) @(negedge clk);
    resp_clear = 1'b1;
    @(negedge clk);
    resp_clear = 1'b0;
    repeat (10) @(negedge clk);
    check({dut.keys[0], dut.keys[1], dut.keys[2], dut.keys[3], dut.keys[4], dut.keys[5], dut.keys[6],
           dut.keys[7]} === 256'd0, "both memories again");
    on = 1'b1;
    wr(8'h77, 8'h55);
    check(ptk_in !== 128'd0, "PTK_IN again");
    on = 1'b0;
    @(negedge clk);
    check(ptk_in === 128'd0, "power off: PTK_IN is gone");
    wr(8'h70, 8'h55);
    check(ptk_in === 128'd0, "and stays");
    wr(8'h40, 8'h01);
    check(pulse[2] == 1'b0, "no ORM_CMD while off");
    rd(8'h41);
    check(got === 8'h80, "ORM_STAT while off");
    check(link_enable, "link");
    mounted = 1'b0;
    @(negedge clk);
    check(!link_enable && !link_host, "unmount: LINK_CTL is gone");
    wr(8'h08, 8'h03);
    check(!link_enable && !link_host, "and stays");

    // Windows: which one a write reaches, and whose bytes a read shows; both by every single bit.
    on = 1'b1;
    for (i = -1; i < 28; i = i + 1)
      for (n = 0; n < 6; n = n + 1) begin
        fw_addr = (n << 12) ^ ((i < 0) ? 28'd0 : 28'd1 << i);
        for (s = 1; s <= 4; s = s * 2) begin
          fw_bytes = s;
          fw_we = 1'b1;
          #1 check({tx_we, log_we, press_we, mint_press_we} === ((fw_addr % s != 0) ? 4'd0
              : (fw_addr < 28'h200) ? 4'b1000
              : (fw_addr >= 28'h2000 && fw_addr < 28'h2080) ? 4'b0100
              : (fw_addr >= 28'h4000 && fw_addr < 28'h4080 && s == 4) ? 4'b0001 : 4'd0), "window");
          fw_we = 1'b0;
          #1 check(!tx_we && !log_we && !press_we && !mint_press_we, "no write");
        end
        @(negedge clk);
        check(fw_rdata === ((fw_addr >= 28'h1000 && fw_addr < 28'h1200) ? 8'hA1
            : (fw_addr >= 28'h2000 && fw_addr < 28'h2080) ? 8'hA2
            : (fw_addr >= 28'h3000 && fw_addr < 28'h3080) ? 8'hA3 : 8'hFF), "window read");
      end
    fw_addr = 28'h4000;
    fw_bytes = 3'd4;
    fw_we = 1'b1;
    on = 1'b0;
    #1 check(!mint_press_we, "no PRESS while off");

    $display("%0d checks", checks);
    $finish;
  end
endmodule
`default_nettype wire
