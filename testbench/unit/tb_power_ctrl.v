// tb_power_ctrl.v - the gate of the ORM: who may open it, in which order, and everything that shuts it.
//
// Clock    one, 10 units.   Uses  power_ctrl, power_auth, aes128, aes_mux, nv_arb, clk_gate, iso_clamp.
// Prints   "N checks" when all passed, else ends in $fatal.
// Golden   challenges and answers come from OpenSSL: AES-128 under 000102..0f.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "opera_regs.vh"
module tb_power_ctrl;
  localparam [127:0] KEY = 128'h000102030405060708090a0b0c0d0e0f;
  localparam [127:0] CHAL_1 = 128'hf86b3d158578aa7642ae1cef0d1ab36d;
  localparam [127:0] RESP_1 = 128'h476deda497cccedc6658eeb9c6f9166a;
  localparam [127:0] CHAL_2 = 128'h07eac7cdd9306074a64045a38bdfa58c;
  localparam [127:0] RESP_2 = 128'h4652f50dd33dacae2dcdca0cafe0c8e2;

  reg clk = 1'b0;
  always #5 clk = !clk;

  integer checks = 0;
  integer i, j, k, cut, tear, seen;

  task check;
    input good;
    input [511:0] what;
    begin
      checks = checks + 1;
      if (good !== 1'b1) begin
        $display("failed at %0t: %0s", $time, what);
        $fatal;
      end
    end
  endtask

  // ---- device under test
  reg rst_n = 1'b0;
  reg mount = 1'b0;
  reg mount_clr = 1'b0;
  reg cmd = 1'b0;
  reg [1:0] op = 2'd0;
  reg [127:0] resp = 128'd0;
  reg [31:0] resp_word = 32'd0;
  reg [3:0] chal_addr = 4'd0;
  reg brownout = 1'b0;
  reg stuck_scrub = 1'b0;
  wire mounted, lost, on, busy, valid, denied, trap, resp_clear;
  wire [7:0] chal_byte;
  // All of what chal_o would show; read_challenge holds the view against the port.
  wire [127:0] chal = dut.u_auth.valid
      ? {dut.u_auth.u_chal.mem[0], dut.u_auth.u_chal.mem[1], dut.u_auth.u_chal.mem[2],
         dut.u_auth.u_chal.mem[3]} : 128'd0;
  wire pwr_en, clk_en, domain_rst_n, clamp, scrub, scrub_done;
  wire c_req, c_we, c_ack, nv_req, nv_we;
  wire [16:0] c_addr, nv_addr;
  wire [31:0] c_wdata, nv_wdata, rdata;
  reg nv_ack = 1'b0;
  reg [31:0] nv_rdata = 32'd0;
  wire own, start, clear, valid_word, done, a_start, a_clear, a_valid, a_done;
  wire [1:0] word, next;
  wire [31:0] key, block, result, a_key, a_block, a_result, orm_result;
  wire orm_valid, orm_done;
  always @(posedge clk) resp_word <= resp[{~next, 5'd0}+:32];

  power_ctrl #(
      .DEBOUNCE(16'd64),
      .GOOD_TIMEOUT(16'd200),
      .NV_TIMEOUT(16'd300)
  ) dut (
      .clk_i        (clk),
      .rst_ni       (rst_n),
      .power_key_i  (KEY),
      .mount_i      (mount),
      .mount_clr_i  (mount_clr),
      .mounted_o    (mounted),
      .lost_o       (lost),
      .cmd_i        (cmd),
      .op_i         (op),
      .resp_i       (resp_word),
      .resp_clear_o (resp_clear),
      .on_o         (on),
      .busy_o       (busy),
      .chal_valid_o (valid),
      .denied_o     (denied),
      .trap_o       (trap),
      .chal_addr_i  (chal_addr),
      .chal_o       (chal_byte),
      .nv_req_o     (c_req),
      .nv_we_o      (c_we),
      .nv_addr_o    (c_addr),
      .nv_wdata_o   (c_wdata),
      .nv_ack_i     (c_ack),
      .nv_rdata_i   (rdata),
      .aes_own_o    (own),
      .aes_start_o  (start),
      .aes_key_o    (key),
      .aes_block_o  (block),
      .aes_clear_o  (clear),
      .aes_word_i   (word),
      .aes_next_i   (next),
      .aes_valid_i  (valid_word),
      .aes_done_i   (done),
      .aes_result_i (result),
      .pwr_en_o     (pwr_en),
      .pwr_good_i   (good),
      .clk_en_o     (clk_en),
      .domain_rst_no(domain_rst_n),
      .clamp_o      (clamp),
      .scrub_o      (scrub),
      .scrub_done_i (scrub_done)
  );
  aes_mux u_mux (
      .pwr_own_i   (own),
      .pwr_start_i (start),
      .pwr_key_i   (key),
      .pwr_block_i (block),
      .pwr_clear_i (clear),
      .pwr_valid_o (valid_word),
      .pwr_done_o  (done),
      .pwr_result_o(result),
      .orm_clamp_i (clamp),
      .orm_start_i (1'b0),
      .orm_key_i   (32'd0),
      .orm_block_i (32'd0),
      .orm_clear_i (1'b0),
      .orm_valid_o (orm_valid),
      .orm_done_o  (orm_done),
      .orm_result_o(orm_result),
      .aes_start_o (a_start),
      .aes_key_o   (a_key),
      .aes_block_o (a_block),
      .aes_clear_o (a_clear),
      .aes_valid_i (a_valid),
      .aes_done_i  (a_done),
      .aes_result_i(a_result)
  );
  aes128 u_aes (
      .clk_i   (clk),
      .rst_ni  (rst_n),
      .start_i (a_start),
      .key_i   (a_key),
      .block_i (a_block),
      .clear_i (a_clear),
      .word_o  (word),
      .next_o  (next),
      .busy_o  (),
      .valid_o (a_valid),
      .done_o  (a_done),
      .result_o(a_result)
  );
  nv_arb u_arb (
      .clk_i      (clk),
      .rst_ni     (rst_n),
      .pwr_req_i  (c_req),
      .pwr_we_i   (c_we),
      .pwr_addr_i (c_addr),
      .pwr_wdata_i(c_wdata),
      .pwr_ack_o  (c_ack),
      .log_req_i  (1'b0),
      .log_we_i   (1'b0),
      .log_addr_i (17'd0),
      .log_wdata_i(32'd0),
      .log_ack_o  (),
      .orm_req_i  (1'b0),
      .orm_we_i   (1'b0),
      .orm_addr_i (17'd0),
      .orm_wdata_i(32'd0),
      .orm_ack_o  (),
      .rdata_o    (rdata),
      .nv_req_o   (nv_req),
      .nv_we_o    (nv_we),
      .nv_addr_o  (nv_addr),
      .nv_wdata_o (nv_wdata),
      .nv_ack_i   (nv_ack),
      .nv_rdata_i (nv_rdata)
  );

  // ---- the domain: power switch, clock, clamp; scrubbing takes 32 clocks
  reg [5:0] rail = 6'd0;
  wire good = rail[5] && !brownout;
  always @(posedge clk) rail <= pwr_en ? {rail[4:0], 1'b1} : 6'd0;
  integer powered = 0;                        // clocks in which the switch was on
  always @(posedge clk) if (pwr_en) powered = powered + 1;
  wire domain_clk, dark;
  clk_gate u_gate (
      .clk_i(clk),
      .en_i (clk_en),
      .clk_o(domain_clk)
  );
  iso_clamp u_clamp (
      .clamp_i(clamp),
      .d_i    (1'b1),
      .q_o    (dark)
  );
  reg [5:0] scrubbed = 6'd0;
  always @(posedge clk) scrubbed <= !scrub ? 6'd0 : scrubbed[5] ? scrubbed : scrubbed + 6'd1;
  assign scrub_done = scrubbed[5] && !stuck_scrub;

  // ---- counter cells; a write can be torn, which is also the moment of a power cut
  reg [31:0] cells[0:3];
  integer latency = 3;
  integer waited = 0;
  integer writes = 0;
  integer cut_at = -1;           // index of the write that is torn
  reg [31:0] torn = 32'd0;
  reg is_cut = 1'b0;
  always @(posedge clk) begin
    nv_ack <= 1'b0;
    if (!nv_req || nv_ack || is_cut) waited = 0;
    else begin
      waited = waited + 1;
      if (waited >= latency) begin
        if (nv_we && writes == cut_at) begin
          cells[nv_addr[1:0]] <= torn;
          is_cut <= 1'b1;
        end else begin
          nv_ack <= 1'b1;
          nv_rdata <= cells[nv_addr[1:0]];
          if (nv_we) cells[nv_addr[1:0]] <= nv_wdata;
        end
        if (nv_we) writes = writes + 1;
        if (nv_addr[16:2] != `OPERA_NV_PWR_CTR_BASE >> 2) begin
          $display("address outside the counter: %h", nv_addr);
          $fatal;
        end
      end
    end
  end

  // ---- rules that hold in every clock
  reg was_run = 1'b0;
  reg was_clk = 1'b0;
  always @(negedge clk) if (rst_n) begin
    if (!clamp && !(good_2 && clk_en && domain_rst_n && pwr_en && mounted)) begin
      $display("failed at %0t: open, but not powered, clocked, released and mounted", $time);
      $fatal;
    end
    if (on == clamp || dark == clamp) begin
      $display("failed at %0t: ON and clamp disagree", $time);
      $fatal;
    end
    if (clk_en && !pwr_en) begin
      $display("failed at %0t: clock without power", $time);
      $fatal;
    end
    if (own && !clamp) begin
      $display("failed at %0t: AES taken from an open ORM", $time);
      $fatal;
    end
    if ((own || clamp) && (orm_done || orm_result != 128'd0)) begin
      $display("failed at %0t: a result of the power controller shown to the ORM", $time);
      $fatal;
    end
    if (!own && result != 128'd0) begin
      $display("failed at %0t: a result of the ORM shown to the power controller", $time);
      $fatal;
    end
    if (!valid && chal != 128'd0) begin
      $display("failed at %0t: challenge shown while not valid", $time);
      $fatal;
    end
  end
  // Power good as the synchroniser gave it before the last edge.
  reg [2:0] good_pipe = 3'd0;
  always @(posedge clk) good_pipe <= {good_pipe[1:0], good};
  wire good_2 = good_pipe[2] || good_pipe[1];

  // The domain's clock has no short phase.
  time rose = 0;
  always @(posedge domain_clk) rose = $time;
  always @(negedge domain_clk) if ($time > 0) begin
    if ($time - rose < 5) begin
      $display("failed at %0t: runt pulse of the domain's clock", $time);
      $fatal;
    end
  end

  // ---- order of the gate's wires: each change appends a digit
  reg [63:0] order = 64'd0;
  reg p_pwr = 1'b0, p_good = 1'b0, p_clk = 1'b0, p_run = 1'b0, p_open = 1'b0, p_scrub = 1'b0;
  always @(negedge clk) begin
    if (p_open && clamp) order = {order[59:0], 4'hA};
    if (p_clk && !clk_en) order = {order[59:0], 4'hB};
    if (p_run && !domain_rst_n) order = {order[59:0], 4'hC};
    if (!p_scrub && scrub) order = {order[59:0], 4'hD};
    if (p_pwr && !pwr_en) order = {order[59:0], 4'hE};
    if (!p_pwr && pwr_en) order = {order[59:0], 4'h1};
    if (!p_good && good) order = {order[59:0], 4'h2};
    if (!p_clk && clk_en) order = {order[59:0], 4'h3};
    if (!p_run && domain_rst_n) order = {order[59:0], 4'h4};
    if (!p_open && !clamp) order = {order[59:0], 4'h5};
    p_open = !clamp; p_clk = clk_en; p_run = domain_rst_n; p_scrub = scrub; p_pwr = pwr_en;
    p_good = good;
  end

  task clocks;
    input integer n;
    repeat (n) @(negedge clk);
  endtask

  task settle;  // bounded
    begin
      k = 0;
      clocks(4);               // through the synchronisers
      while (busy && k < 2000) begin
        clocks(1);
        k = k + 1;
      end
      check(k < 2000, "the controller comes to rest");
      clocks(1);
    end
  endtask

  task give;
    input [1:0] what;
    begin
      op  = what;
      cmd = 1'b1;
      clocks(1);
      cmd = 1'b0;
    end
  endtask

  task restart;  // battery reset
    begin
      rst_n = 1'b0;
      is_cut = 1'b0;
      mount = 1'b0;
      brownout = 1'b0;
      stuck_scrub = 1'b0;
      latency = 3;
      cut_at = -1;
      clocks(3);
      rst_n = 1'b1;
      settle;
    end
  endtask

  task plug;
    begin
      mount = 1'b1;
      clocks(70);
      check(mounted, "mounted after the debounce time");
    end
  endtask

  // The answer to the present challenge, from an engine of the bench.
  reg r_start = 1'b0;
  wire r_done;
  wire [127:0] r_result;
  aes128_whole u_reference (
      .clk_i   (clk),
      .rst_ni  (rst_n),
      .start_i (r_start),
      .key_i   (KEY),
      .block_i (chal ^ {16{8'h5A}}),
      .clear_i (1'b0),
      .busy_o  (),
      .done_o  (r_done),
      .result_o(r_result)
  );
  task answer;
    begin
      r_start = 1'b1;
      clocks(1);
      r_start = 1'b0;
      while (!r_done) clocks(1);
      resp = r_result;
    end
  endtask

  task open_gate;
    begin
      give(2'd1);
      settle;
      check(valid, "challenge made");
      answer;
      give(2'd2);
      settle;
      check(on && !denied && !trap, "right answer opens");
    end
  endtask

  task is_shut;
    check(!on && clamp && !clk_en && !domain_rst_n && !pwr_en, "shut");
  endtask

  reg [127:0] shown[0:127];
  initial begin
    for (i = 0; i < 4; i = i + 1) cells[i] = 32'd0;

    // Boot scrubs without switching on; the gate is shut before, in and after reset.
    clocks(2);
    check(clamp && !pwr_en && !clk_en && !domain_rst_n, "shut in reset");
    order = 64'd0;
    rst_n = 1'b1;
    clocks(20);
    check(busy && !scrub_done, "busy until the scrub has ended");
    settle;
    check(order == 64'hD, "boot scrubs and does not switch on");
    is_shut;

    // Nothing without mount.
    give(2'd1);
    settle;
    check(!valid && writes == 0, "no challenge without mount");
    give(2'd2);
    settle;
    check(denied, "no power without mount");
    is_shut;

    // Debounce: 63 clocks are not enough, and a gap starts it anew.
    mount = 1'b1;
    clocks(63);
    mount = 1'b0;
    clocks(1);
    mount = 1'b1;
    clocks(63);
    check(!mounted, "a bounce starts the debounce time anew");
    clocks(10);
    check(mounted && !lost, "mounted");

    // A challenge is the golden one, the counter lies in the other bank, the selector says so.
    give(2'd1);
    check(busy, "busy at once");
    settle;
    check(valid && chal == CHAL_1, "first challenge");
    for (i = 0; i < 16; i = i + 1) begin
      chal_addr = i;
      clocks(1);
      check(chal_byte == CHAL_1[8*(15-i)+:8], "byte of the challenge");
    end
    check(cells[1] == 32'd1 && cells[2] == `OPERA_NV_CODE_YES && cells[0] == 32'd0, "bank 1");

    // A wrong answer, each single bit of it wrong in turn; the challenge is gone after it.
    resp = RESP_1 ^ 128'd1;
    give(2'd2);
    settle;
    check(denied && !valid && chal == 128'd0, "wrong answer");
    for (i = 0; i < 16; i = i + 1) begin
      chal_addr = i;
      clocks(1);
      check(chal_byte == 8'd0, "no byte of an old challenge");
    end
    is_shut;
    resp = RESP_1;
    give(2'd2);
    settle;
    check(denied && !valid, "one attempt a challenge");
    is_shut;
    give(2'd1);
    settle;
    check(valid && chal == CHAL_2, "second challenge");
    check(cells[0] == 32'd2 && cells[2] != `OPERA_NV_CODE_YES, "bank 0");
    resp = RESP_1;
    give(2'd2);
    settle;
    check(denied && !on, "old answer");
    for (i = 0; i < 128; i = i + 1) begin
      give(2'd1);
      settle;
      shown[i] = chal;
      for (j = 0; j < i; j = j + 1) check(shown[j] != chal, "challenges do not repeat");
      answer;
      resp = resp ^ (128'd1 << i);
      give(2'd2);
      settle;
      check(denied && !on && !pwr_en, "a wrong bit");
    end

    // The time to an answer does not depend on it.
    give(2'd1);
    settle;
    resp = 128'd0;
    give(2'd2);
    seen = 0;
    while (!denied || busy) begin
      clocks(1);
      seen = seen + 1;
    end
    give(2'd1);
    settle;
    answer;
    give(2'd2);
    j = 0;
    while (!pwr_en) begin
      clocks(1);
      j = j + 1;
    end
    check(seen == j, "right and wrong take the same time");
    settle;
    check(on, "on");
    give(2'd3);
    settle;

    // Order up and down.
    order = 64'd0;
    open_gate;
    check(order == 64'h12345, "up: power, good, clock, release, unclamp");
    order = 64'd0;
    give(2'd3);
    settle;
    check(order == 64'hABCDE, "down: clamp, clock, reset, scrub, off");
    is_shut;
    check(!denied, "a DOWN is no denial");

    // UP while on is an answer without a challenge: shut. CHALLENGE while on: none.
    open_gate;
    give(2'd1);
    settle;
    check(on && !valid, "no challenge while on");
    give(2'd2);
    settle;
    check(denied, "UP while on");
    is_shut;

    // DOWN drops a challenge.
    give(2'd1);
    settle;
    answer;
    give(2'd3);
    settle;
    check(!valid, "DOWN drops the challenge");
    give(2'd2);
    settle;
    is_shut;

    // Unmount: the clamp is shut in the clock after the synchroniser's.
    open_gate;
    mount = 1'b0;
    clocks(2);
    check(!clamp, "synchroniser");
    clocks(1);
    check(clamp && !mounted && lost, "unmount clamps in one clock");
    settle;
    is_shut;
    mount_clr = 1'b1;
    clocks(1);
    mount_clr = 1'b0;
    check(!lost, "MOUNT_CLR");
    give(2'd2);
    settle;
    is_shut;
    plug;
    check(!lost, "a mount is no loss");
    give(2'd2);
    settle;
    check(denied, "a new mount needs a new challenge");

    // The same for power good, and a single-clock dip of the mount detect.
    open_gate;
    brownout = 1'b1;
    clocks(2);
    check(!clamp, "synchroniser");
    clocks(1);
    check(clamp, "loss of power good clamps in one clock");
    settle;
    brownout = 1'b0;
    is_shut;
    open_gate;
    mount = 1'b0;
    clocks(1);
    mount = 1'b1;
    clocks(2);
    check(clamp && lost, "a dip of one clock");
    settle;
    is_shut;
    plug;

    // Unmount, brown-out and DOWN at every clock of challenge, check and power-up.
    for (j = 0; j < 3; j = j + 1)
      for (i = 0; i < 200; i = i + 1) begin
        plug;
        give(2'd1);
        if (i >= 100) begin
          settle;
          answer;
          give(2'd2);
        end
        clocks(i % 100);
        if (j == 0) mount = 1'b0;
        if (j == 1) brownout = 1'b1;
        if (j == 2) give(2'd3);
        if (j == 1) begin
          clocks(40);
          // Power good was not awaited yet, or the gate is shut (the rules above look at each clock).
          check(clamp, "no open gate without power good");
          brownout = 1'b0;
        end
        settle;
        if (j != 1) is_shut;
        if (j != 1) check(!valid, "nothing is left to answer");
        give(2'd3);
        settle;
        is_shut;
        check(!trap, "no trap");
        mount = 1'b1;
      end

    // Time-outs are traps, and a trap stays.
    give(2'd1);
    settle;
    answer;
    brownout = 1'b1;
    powered = 0;
    give(2'd2);
    settle;
    check(trap, "power good never came");
    check(powered >= 200 && powered < 205, "and was waited for as long as the parameter says");
    is_shut;
    brownout = 1'b0;
    give(2'd1);
    settle;
    check(trap && !valid, "trap takes no challenge");
    give(2'd2);
    settle;
    check(trap, "trap takes no answer");
    is_shut;
    restart;
    check(!trap, "a battery reset ends a trap");
    plug;
    open_gate;
    stuck_scrub = 1'b1;
    give(2'd3);
    settle;
    check(trap, "scrub never ended");
    is_shut;
    restart;
    plug;
    latency = 1000;
    give(2'd1);
    settle;
    check(trap && !valid, "nonvolatile memory never answered");
    is_shut;

    // Every state code that is not listed traps, in both machines.
    for (i = 0; i < 128; i = i + 1) begin
      restart;
      plug;
      open_gate;
      dut.state_q = i[6:0];
      clocks(1);
      seen = trap;
      case (i[6:0])
        7'b0001011, 7'b0010101, 7'b0011110, 7'b0100110, 7'b0101101, 7'b0110011, 7'b0111000,
        7'b1000111, 7'b1001100, 7'b1010010, 7'b1011001: ;
        default: begin
          check(seen, "unlisted gate state");
          is_shut;
        end
      endcase
    end
    // While the gate is open the check may only rest: every other state, listed or not, traps
    // before it takes the AES engine from the ORM (a rule above looks at that in every clock).
    for (i = 0; i < 128; i = i + 1) begin
      restart;
      plug;
      open_gate;
      dut.u_auth.state_q = i[6:0];
      #1 check(!own && !start && !a_start, "the ORM's engine");
      clocks(1);
      if (i[6:0] != 7'b0001011) begin
        check(trap, "check state that has no business while on");
        is_shut;
      end
    end
    restart;
    plug;
    open_gate;
    dut.u_auth.valid_q = 1'b1;           // nor may a challenge be there to answer
    dut.u_auth.spent_q = 1'b0;
    give(2'd2);
    clocks(2);
    check(clamp && trap, "UP with a challenge while on");
    is_shut;

    // One flop of a pair alone opens nothing, and makes no challenge.
    restart;
    plug;
    dut.open_q = 1'b1;
    #1 check(clamp, "one flop opens the clamp");
    clocks(1);
    dut.shut_q = 1'b0;
    #1 check(clamp, "the other flop opens the clamp");
    dut.u_auth.valid_q = 1'b1;
    #1 check(!valid, "one flop makes a challenge");
    clocks(1);
    dut.u_auth.spent_q = 1'b0;
    #1 check(!valid, "the other flop makes a challenge");
    clocks(2);
    dut.u_auth.count_q = dut.u_auth.count_q ^ 32'd8;
    clocks(2);
    check(trap, "a counter that a flip set back");
    is_shut;

    // Power cut at each write, the word torn: no challenge is ever shown twice.
    for (i = 0; i < 4; i = i + 1) cells[i] = 32'd0;
    seen = 0;
    for (i = 0; i < 3; i = i + 1)            // both directions of the selector, and again
      for (cut = 0; cut < 2; cut = cut + 1)
        for (tear = 0; tear < 5; tear = tear + 1) begin
          restart;
          plug;
          writes = 0;
          cut_at = cut;
          case (tear)
            0: torn = cells[(cut == 0) ? (cells[2] != `OPERA_NV_CODE_YES) : 2];  // old
            1: torn = (cut == 0) ? 32'd1 + cells[cells[2] == `OPERA_NV_CODE_YES]
                                 : (cells[2] == `OPERA_NV_CODE_YES) ? 32'd0 : `OPERA_NV_CODE_YES;
            2: torn = `OPERA_NV_CODE_YES;
            3: torn = 32'd0;
            default: torn = $random;
          endcase
          give(2'd1);
          clocks(60);
          check(is_cut && !valid, "the cut came before the challenge");
          // Two complete challenges after it.
          for (j = 0; j < 2; j = j + 1) begin
            restart;
            plug;
            give(2'd1);
            settle;
            check(valid, "a challenge after the cut");
            for (k = 0; k < seen; k = k + 1) check(shown[k] != chal, "fresh after a cut");
            shown[seen] = chal;
            seen = seen + 1;
          end
        end

    // A counter at its last value gives nothing.
    cells[0] = 32'hFFFFFFFF;
    cells[2] = 32'd0;
    restart;
    plug;
    give(2'd1);
    settle;
    check(!valid && !trap, "counter exhausted");

    $display("%0d checks", checks);
    $finish;
  end
endmodule
`default_nettype wire
