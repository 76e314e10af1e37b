// power_ctrl.v - the gate of the ORM: mount detect, challenge and answer, power sequence.
//
// Clock    clk_i, rising edge; mount_i and pwr_good_i are asynchronous and synchronised here.
// Reset    rst_ni, low = reset, sampled on clk_i: clamped, clock stopped, in reset, off.
// Up       power on, wait for power good, clock, release reset, unclamp: one state a step.
// Down     clamp, stop clock, reset, scrub the volatile buffers, switch off, wait until it is off.
// Timing   clamp_o is 1 in the clock after the synchroniser shows an unmount or a loss of power
//          good. mounted_o needs DEBOUNCE clocks of mount detect without a gap.
// Bounds   power good and scrub: GOOD_TIMEOUT clocks each; the rest see power_auth.
// Fails to ST_TRAP: clamped, stopped, in reset, off, trap_o 1, until reset.
// Reset does not clear the challenge counter, which is nonvolatile.
// Proofs   testbench/formal/gate.v, testbench/formal/shut.v.
//          testbench/unit/tb_power_ctrl.v; testbench/tests/flips: each flop of the netlist inverted, at
//          any clock; ARCHITECTURE.md, invariants I4, I11, I12.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module power_ctrl #(
    parameter [15:0] DEBOUNCE = 16'd64,
    parameter [15:0] GOOD_TIMEOUT = 16'd4096,
    parameter [15:0] NV_TIMEOUT = 16'hFFFF
) (
    input  wire         clk_i,
    input  wire         rst_ni,
    input  wire [127:0] power_key_i,
    input  wire         mount_i,
    input  wire         mount_clr_i,     // pulse: clears lost_o
    output wire         mounted_o,
    output wire         lost_o,
    input  wire         cmd_i,           // pulse
    input  wire [  1:0] op_i,            // 1 CHALLENGE, 2 UP, 3 DOWN
    input  wire [ 31:0] resp_i,
    output wire         resp_clear_o,    // pulse
    output wire         on_o,
    output wire         busy_o,
    output wire         chal_valid_o,
    output wire         denied_o,
    output wire         trap_o,
    input  wire [  3:0] chal_addr_i,
    output wire [  7:0] chal_o,
    output wire         nv_req_o,
    output wire         nv_we_o,
    output wire [ 16:0] nv_addr_o,
    output wire [ 31:0] nv_wdata_o,
    input  wire         nv_ack_i,
    input  wire [ 31:0] nv_rdata_i,
    output wire         aes_own_o,
    output wire         aes_start_o,
    output wire [ 31:0] aes_key_o,
    output wire [ 31:0] aes_block_o,
    output wire         aes_clear_o,
    input  wire [  1:0] aes_word_i,
    input  wire [  1:0] aes_next_i,
    input  wire         aes_valid_i,
    input  wire         aes_done_i,
    input  wire [ 31:0] aes_result_i,
    // the switched domain
    output wire         pwr_en_o,
    input  wire         pwr_good_i,
    output wire         clk_en_o,
    output wire         domain_rst_no,
    output wire         clamp_o,
    output wire         scrub_o,
    input  wire         scrub_done_i
);
  localparam [1:0] OP_CHALLENGE = 2'd1;
  localparam [1:0] OP_UP = 2'd2;
  localparam [1:0] OP_DOWN = 2'd3;

  // Code words of the (7,4) Hamming code without all-0 and all-1: 3 bits or more apart.
  localparam [6:0] ST_BOOT = 7'b0001011;    // scrub what the battery left in the buffers
  localparam [6:0] ST_OFF = 7'b0010101;
  localparam [6:0] ST_POWER = 7'b0011110;   // switch on, wait for power good
  localparam [6:0] ST_CLOCK = 7'b0100110;   // clock runs, reset still held
  localparam [6:0] ST_RELEASE = 7'b0101101; // out of reset, still clamped
  localparam [6:0] ST_ON = 7'b0110011;
  localparam [6:0] ST_CLAMP = 7'b0111000;
  localparam [6:0] ST_STOP = 7'b1000111;    // clock stops
  localparam [6:0] ST_RESET = 7'b1001100;
  localparam [6:0] ST_SCRUB = 7'b1010010;
  localparam [6:0] ST_DROP = 7'b1011001;    // switched off, wait until power good is gone
  localparam [6:0] ST_TRAP = 7'b1100001;

  // The counters are as wide as their last values; ST_CLOCK counts to 7.
  localparam WAIT_WIDTH = (GOOD_TIMEOUT < 16'd7) ? 3 : $clog2({1'b0, GOOD_TIMEOUT} + 17'd1);
  localparam MOUNT_WIDTH = $clog2({1'b0, DEBOUNCE} + 17'd2);
  localparam [WAIT_WIDTH-1:0] WAIT_LAST = GOOD_TIMEOUT[WAIT_WIDTH-1:0];
  localparam [WAIT_WIDTH-1:0] WAIT_ONE = 1;
  localparam [WAIT_WIDTH-1:0] WAIT_NONE = 0;
  localparam [MOUNT_WIDTH-1:0] MOUNT_LAST = DEBOUNCE[MOUNT_WIDTH-1:0];
  localparam [MOUNT_WIDTH-1:0] MOUNT_ONE = 1;
  localparam [MOUNT_WIDTH-1:0] MOUNT_NONE = 0;

  (* fsm_encoding = "none" *)
  reg [6:0] state_q;
  reg [6:0] state_d;
  reg [WAIT_WIDTH-1:0] wait_q, wait_d;
  reg [MOUNT_WIDTH-1:0] mount_count_q, mount_count_d;
  reg mounted_q, mounted_d;
  reg lost_q, lost_d;
  reg denied_q, denied_d;
  // The gate's wires come from flops of their own; 0 is the closed value of each. The clamp has two of
  // opposite value, so that no single flop that flips opens it.
  reg open_q, shut_q, open_d;
  reg clk_en_q, clk_en_d;
  reg run_q, run_d;
  reg pwr_en_q, pwr_en_d;
  reg scrub_q, scrub_d;

  wire mount;                  // mount_i, synchronised
  wire good;                   // pwr_good_i, synchronised
  wire auth_busy, auth_trap, grant, deny;

  wire up = cmd_i && op_i == OP_UP && !busy_o && state_q != ST_TRAP;
  wire challenge = cmd_i && op_i == OP_CHALLENGE && !busy_o && state_q == ST_OFF && mounted_q;
  wire down = cmd_i && op_i == OP_DOWN;
  wire open = open_q && !shut_q;
  wire lose = !mount || !mounted_q || down;    // close, from wherever
  wire expired = wait_q == WAIT_LAST;

  assign mounted_o = mounted_q;
  assign lost_o = lost_q;
  assign on_o = open;
  assign busy_o = auth_busy
      || (state_q != ST_OFF && state_q != ST_ON && state_q != ST_TRAP);
  assign denied_o = denied_q;
  assign trap_o = state_q == ST_TRAP;
  assign resp_clear_o = grant || deny || !mounted_q;
  assign clamp_o = !open;
  assign clk_en_o = clk_en_q;
  assign domain_rst_no = run_q;
  assign pwr_en_o = pwr_en_q;
  assign scrub_o = scrub_q;

  sync2 u_mount_sync (
      .clk_i (clk_i),
      .rst_ni(rst_ni),
      .d_i   (mount_i),
      .q_o   (mount)
  );

  sync2 u_good_sync (
      .clk_i (clk_i),
      .rst_ni(rst_ni),
      .d_i   (pwr_good_i),
      .q_o   (good)
  );

  power_auth #(
      .NV_TIMEOUT(NV_TIMEOUT)
  ) u_auth (
      .clk_i       (clk_i),
      .rst_ni      (rst_ni),
      .power_key_i (power_key_i),
      .challenge_i (challenge),
      .answer_i    (up),
      .resp_i      (resp_i),
      .open_i      (open),
      .drop_i      (lose),
      .busy_o      (auth_busy),
      .valid_o     (chal_valid_o),
      .chal_addr_i (chal_addr_i),
      .chal_o      (chal_o),
      .grant_o     (grant),
      .deny_o      (deny),
      .trap_o      (auth_trap),
      .nv_req_o    (nv_req_o),
      .nv_we_o     (nv_we_o),
      .nv_addr_o   (nv_addr_o),
      .nv_wdata_o  (nv_wdata_o),
      .nv_ack_i    (nv_ack_i),
      .nv_rdata_i  (nv_rdata_i),
      .aes_own_o   (aes_own_o),
      .aes_start_o (aes_start_o),
      .aes_key_o   (aes_key_o),
      .aes_block_o (aes_block_o),
      .aes_clear_o (aes_clear_o),
      .aes_word_i  (aes_word_i),
      .aes_next_i  (aes_next_i),
      .aes_valid_i (aes_valid_i),
      .aes_done_i  (aes_done_i),
      .aes_result_i(aes_result_i)
  );

  always @* begin : mount_detect
    mount_count_d = MOUNT_NONE;
    if (mount) mount_count_d = (mount_count_q == MOUNT_LAST) ? MOUNT_LAST : mount_count_q + MOUNT_ONE;
    mounted_d = mount && mount_count_q == MOUNT_LAST;
    lost_d = (lost_q && !mount_clr_i) || (mounted_q && !mount);
    denied_d = deny || (denied_q && !grant);
  end

  always @* begin : next_state
    state_d = state_q;
    wait_d = wait_q + WAIT_ONE;
    case (state_q)
      ST_BOOT:
      if (scrub_done_i) begin
        wait_d = WAIT_NONE;
        state_d = ST_DROP;
      end else if (expired) state_d = ST_TRAP;
      ST_OFF: begin
        wait_d = WAIT_NONE;
        if (grant && !lose) state_d = ST_POWER;
      end
      ST_POWER: begin
        if (lose) state_d = ST_CLAMP;
        else if (good) begin
          wait_d = WAIT_NONE;
          state_d = ST_CLOCK;
        end else if (expired) state_d = ST_TRAP;
      end
      ST_CLOCK: begin  // eight clocks of reset
        if (lose || !good) state_d = ST_CLAMP;
        else if (wait_q[2:0] == 3'd7) state_d = ST_RELEASE;
      end
      ST_RELEASE: state_d = (lose || !good) ? ST_CLAMP : ST_ON;
      // A second answer without a challenge is a failed check: the gate shuts.
      ST_ON: if (lose || !good || deny) state_d = ST_CLAMP;
      ST_CLAMP: state_d = ST_STOP;
      ST_STOP: state_d = ST_RESET;
      ST_RESET: begin
        wait_d = WAIT_NONE;
        state_d = ST_SCRUB;
      end
      ST_SCRUB:
      if (scrub_done_i) begin
        wait_d = WAIT_NONE;
        state_d = ST_DROP;
      end else if (expired) state_d = ST_TRAP;
      ST_DROP:
      if (!good && |wait_q[WAIT_WIDTH-1:2]) begin
        wait_d = WAIT_NONE;
        state_d = ST_OFF;
      end else if (expired) state_d = ST_TRAP;
      default: begin  // ST_TRAP and every unlisted code
        wait_d = WAIT_NONE;
        state_d = ST_TRAP;
      end
    endcase
    if (auth_trap) state_d = ST_TRAP;
  end

  always @* begin : gate  // what the coming state lets through
    open_d = state_d == ST_ON;
    run_d = open_d || state_d == ST_RELEASE || state_d == ST_CLAMP || state_d == ST_STOP;
    clk_en_d = open_d || state_d == ST_RELEASE || state_d == ST_CLOCK || state_d == ST_CLAMP;
    pwr_en_d = clk_en_d || state_d == ST_POWER || state_d == ST_STOP || state_d == ST_RESET
        || state_d == ST_SCRUB;
    // Scrubbing goes on until the domain is in clocked reset again: before that, a write enable
    // could stand frozen at 1 in it.
    scrub_d = !(open_d || state_d == ST_RELEASE || state_d == ST_CLAMP || state_d == ST_STOP
        || state_d == ST_RESET);
    // Closing before the domain's clock had run must not start it.
    if (state_d == ST_CLAMP) begin
      clk_en_d = clk_en_q;
      run_d = run_q;
    end
    if (state_d == ST_STOP) run_d = run_q;
  end

  always @(posedge clk_i) begin : state_reg
    if (!rst_ni) begin
      state_q <= ST_BOOT;
      wait_q <= WAIT_NONE;
      mount_count_q <= MOUNT_NONE;
      mounted_q <= 1'b0;
      lost_q <= 1'b0;
      denied_q <= 1'b0;
      open_q <= 1'b0;
      shut_q <= 1'b1;
      clk_en_q <= 1'b0;
      run_q <= 1'b0;
      pwr_en_q <= 1'b0;
      scrub_q <= 1'b0;
    end else begin
      state_q <= state_d;
      wait_q <= wait_d;
      mount_count_q <= mount_count_d;
      mounted_q <= mounted_d;
      lost_q <= lost_d;
      denied_q <= denied_d;
      open_q <= open_d;
      shut_q <= !open_d;
      clk_en_q <= clk_en_d;
      run_q <= run_d;
      pwr_en_q <= pwr_en_d;
      scrub_q <= scrub_d;
    end
  end
endmodule
`default_nettype wire
