// lpc_host.v - LPC 1.1 host for one target: I/O and firmware-memory cycles, one at a time.
//
// Clock    clk_i = LCLK, everything sampled on its rising edge.  Reset rst_ni, low = reset, sampled.
// Timing   start_i while !busy_o samples the request; START is on LAD in the next clock. A cycle is 13
//          clocks on the bus for I/O, 15 + 2n for firmware, plus waits. LAD goes from its pads into
//          flops, so it is looked at one clock late: done_o comes two clocks after the last turn-around
//          clock, or after an abort: LFRAME# low 4 clocks, LAD driven 1111 in the fourth, then high 1.
// Bounds   The NOSYNC_LIMITth clock without SYNC, the ninth short and the LONG_LIMITth long wait are the
//          last; the abort begins with the second clock after it.
// Fails to an abort from any unlisted state; LAD is let go in the next clock.
// Reads    A byte comes with rvalid_o. After the error SYNC the two data nibbles are passed over.
// Sees     LAD is read back in every clock: another driver in a clock of ours, or a target that
//          drives in the turn-around, ends the cycle with ERR_BUS (a bus stuck at 0000, too).
// Proofs   testbench/formal/bus.v, testbench/formal/host.v.
//          testbench/unit/tb_lpc_host.v; ARCHITECTURE.md, invariants I10 and I11.
// Source   Intel LPC Interface Specification 1.1 (251289-001), sections 4 and 5.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module lpc_host #(
    parameter NOSYNC_LIMIT = 4,   // clocks without SYNC, 1 to 4096
    parameter LONG_LIMIT = 4096   // clocks of long wait, 1 to 4096
) (
    input  wire        clk_i,
    input  wire        rst_ni,
    input  wire        start_i,
    input  wire [ 1:0] op_i,       // 0 I/O read, 1 I/O write, 2 firmware read, 3 firmware write
    input  wire [27:0] addr_i,     // 16 bits for I/O; IDSEL is 0
    input  wire [31:0] wdata_i,    // byte 0 in 7:0
    input  wire [ 7:0] size_i,     // firmware: bytes, 1, 2, 4, or 128 to read
    output wire        busy_o,
    output wire        done_o,     // one clock
    output wire [ 2:0] err_o,      // with done_o; holds until the next start
    output wire [ 7:0] rbyte_o,
    output wire        rvalid_o,   // one clock a byte
    output wire        lframe_no,
    output wire [ 3:0] lad_o,
    output wire        lad_oe_o,
    input  wire [ 3:0] lad_i
);
  localparam [2:0] ERR_NONE = 3'd0;
  localparam [2:0] ERR_NO_SYNC = 3'd1;
  localparam [2:0] ERR_BAD_SYNC = 3'd2;
  localparam [2:0] ERR_REFUSED = 3'd3;  // error SYNC
  localparam [2:0] ERR_TIMEOUT = 3'd4;
  localparam [2:0] ERR_BUS = 3'd5;      // contention, or turn-around not 1111

  // A state is named for what is on LAD in its clocks; from ST_SYNC on, for what is in seen_q.
  localparam [3:0] ST_IDLE = 4'd0;
  localparam [3:0] ST_START = 4'd1;
  localparam [3:0] ST_SEND = 4'd2;   // CYCTYPE or IDSEL, address, MSIZE, write data
  localparam [3:0] ST_TAR1 = 4'd3;
  localparam [3:0] ST_TAR2 = 4'd4;
  localparam [3:0] ST_SYNC = 4'd5;
  localparam [3:0] ST_DATA = 4'd6;
  localparam [3:0] ST_PTAR1 = 4'd7;
  localparam [3:0] ST_PTAR2 = 4'd8;
  localparam [3:0] ST_ABORT = 4'd9;  // LFRAME# low
  localparam [3:0] ST_AFTER = 4'd10; // LFRAME# high again
  localparam [3:0] ST_TURN = 4'd11;  // after ST_TAR2: its LAD is in seen_q

  localparam [3:0] SYNC_READY = 4'b0000;
  localparam [3:0] SYNC_SHORT = 4'b0101;
  localparam [3:0] SYNC_LONG = 4'b0110;
  localparam [3:0] SYNC_ERROR = 4'b1010;
  localparam [3:0] FLOAT = 4'b1111;

  localparam [12:0] LAST_NOSYNC = NOSYNC_LIMIT - 1;
  localparam [12:0] LAST_LONG = LONG_LIMIT - 1;
  localparam [12:0] LAST_SHORT = 13'd8;

  reg [3:0] state_q, state_d;
  reg [67:0] send_q, send_d;     // nibbles to send after START, next one on top
  reg [12:0] count_q, count_d;   // clocks left or passed in the present field
  reg [7:0] length_q, length_d;  // data nibbles to read, less one
  reg [3:0] wait_q, wait_d;      // SYNC code of the wait, 1111 = none came
  reg write_q, write_d;
  reg fw_q, fw_d;
  reg [3:0] low_q, low_d;
  reg [7:0] rbyte_q, rbyte_d;
  reg rvalid_q, rvalid_d;
  reg done_q, done_d;
  reg [2:0] err_q, err_d;
  reg lframe_nq, lframe_nd;
  reg [3:0] lad_q, lad_d;
  reg oe_q, oe_d;
  // The clock before: LAD at its pads, and what was driven.
  reg [3:0] seen_q;
  reg [3:0] sent_q;
  reg drove_q;

  wire fw = op_i[1];
  wire [3:0] msize = size_i[7] ? 4'd7 : size_i[2] ? 4'd2 : size_i[1] ? 4'd1 : 4'd0;
  // Data nibbles less one; for 128 bytes 255.
  wire [7:0] nibbles = fw ? {size_i[6:0], 1'b0} - 8'd1 : 8'd1;
  wire lost = drove_q && seen_q != sent_q;  // somebody else drives
  // The code in seen_q is the one of the wait so far, or the first.
  wire [12:0] passed = count_q + 13'd1;
  wire last_nosync = passed > LAST_NOSYNC;
  wire last_short = wait_q == SYNC_SHORT && passed > LAST_SHORT;
  wire last_long = (wait_q == SYNC_LONG ? passed : 13'd1) > LAST_LONG;
  reg abort;
  reg [2:0] abort_err;

  assign busy_o = state_q != ST_IDLE;
  assign done_o = done_q;
  assign err_o = err_q;
  assign rbyte_o = rbyte_q;
  assign rvalid_o = rvalid_q;
  assign lframe_no = lframe_nq;
  assign lad_o = lad_q;
  assign lad_oe_o = oe_q;

  always @* begin : next_state
    state_d   = state_q;
    send_d    = send_q;
    count_d   = count_q - 13'd1;
    length_d  = length_q;
    wait_d    = wait_q;
    write_d   = write_q;
    fw_d      = fw_q;
    low_d     = low_q;
    rbyte_d   = rbyte_q;
    rvalid_d  = 1'b0;
    done_d    = 1'b0;
    err_d     = err_q;
    lframe_nd = 1'b1;
    lad_d     = FLOAT;
    oe_d      = 1'b0;
    abort     = 1'b0;
    abort_err = ERR_BUS;

    case (state_q)
      ST_IDLE:
      if (start_i) begin
        fw_d      = fw;
        write_d   = op_i[0];
        length_d  = nibbles;
        err_d     = ERR_NONE;
        // Data goes low nibble first, byte 0 first; addresses high nibble first.
        send_d    = fw ? {4'd0, addr_i, msize,
                          wdata_i[3:0], wdata_i[7:4], wdata_i[11:8], wdata_i[15:12],
                          wdata_i[19:16], wdata_i[23:20], wdata_i[27:24], wdata_i[31:28]}
                       : {2'b00, op_i[0], 1'b0, addr_i[15:0], wdata_i[3:0], wdata_i[7:4], 40'd0};
        count_d   = (fw ? 13'd8 : 13'd4) + (op_i[0] ? {5'd0, nibbles} + 13'd1 : 13'd0);
        lframe_nd = 1'b0;
        lad_d     = !fw ? 4'b0000 : op_i[0] ? 4'b1110 : 4'b1101;
        oe_d      = 1'b1;
        state_d   = ST_START;
      end
      ST_START: begin
        count_d = count_q;
        lad_d   = send_q[67:64];
        send_d  = {send_q[63:0], 4'd0};
        oe_d    = 1'b1;
        state_d = ST_SEND;
      end
      ST_SEND: begin
        oe_d   = 1'b1;
        send_d = {send_q[63:0], 4'd0};
        if (count_q == 13'd0) state_d = ST_TAR1;
        else lad_d = send_q[67:64];
        abort = lost;
      end
      ST_TAR1: begin
        state_d = ST_TAR2;
        abort   = lost;
      end
      ST_TAR2: begin
        state_d = ST_TURN;
        abort   = lost;
      end
      ST_TURN: begin
        count_d = 13'd0;
        wait_d  = FLOAT;
        state_d = ST_SYNC;
        abort   = seen_q != FLOAT;
      end
      ST_SYNC: begin
        count_d = (seen_q == wait_q) ? passed : 13'd1;
        case (seen_q)
          SYNC_READY, SYNC_ERROR: begin
            count_d = {5'd0, length_q};
            state_d = write_q ? ST_PTAR1 : ST_DATA;
            if (seen_q == SYNC_ERROR) err_d = ERR_REFUSED;
            abort     = fw_q && seen_q == SYNC_ERROR;
            abort_err = ERR_BAD_SYNC;
          end
          SYNC_SHORT, SYNC_LONG, FLOAT: begin
            wait_d = seen_q;
            if (seen_q != wait_q && wait_q != FLOAT) begin
              abort     = 1'b1;  // changed its code, or fell silent
              abort_err = ERR_BAD_SYNC;
            end else if (seen_q == FLOAT ? last_nosync : seen_q == SYNC_LONG ? last_long : last_short) begin
              abort     = 1'b1;
              abort_err = (seen_q == FLOAT) ? ERR_NO_SYNC : ERR_TIMEOUT;
            end
          end
          default: begin
            abort     = 1'b1;
            abort_err = ERR_BAD_SYNC;
          end
        endcase
      end
      ST_DATA: begin
        low_d = seen_q;
        if (!count_q[0]) begin  // counts down from an odd number: even = high nibble
          rbyte_d  = {seen_q, low_q};
          rvalid_d = err_q == ERR_NONE;
        end
        if (count_q == 13'd0) state_d = ST_PTAR1;
      end
      ST_PTAR1: begin
        state_d = ST_PTAR2;
        abort   = seen_q != FLOAT;
      end
      ST_PTAR2: begin
        state_d = ST_IDLE;
        done_d  = 1'b1;
        abort   = seen_q != FLOAT;
      end
      ST_ABORT: begin
        lframe_nd = 1'b0;
        if (count_q == 13'd1) oe_d = 1'b1;  // for the fourth clock: the target has let go by then
        if (count_q == 13'd0) begin
          lframe_nd = 1'b1;
          state_d   = ST_AFTER;
        end
      end
      ST_AFTER: begin
        state_d = ST_IDLE;
        done_d  = 1'b1;
      end
      default: abort = 1'b1;
    endcase

    if (abort) begin
      state_d   = ST_ABORT;
      count_d   = 13'd3;
      err_d     = abort_err;
      rvalid_d  = 1'b0;
      done_d    = 1'b0;
      lframe_nd = 1'b0;
      lad_d     = FLOAT;
      oe_d      = 1'b0;
    end
  end

  always @(posedge clk_i) begin : state_reg
    if (!rst_ni) begin
      state_q   <= ST_IDLE;
      rvalid_q  <= 1'b0;
      done_q    <= 1'b0;
      err_q     <= ERR_NONE;
      lframe_nq <= 1'b1;
      lad_q     <= FLOAT;
      oe_q      <= 1'b0;
    end else begin
      state_q   <= state_d;
      rvalid_q  <= rvalid_d;
      done_q    <= done_d;
      err_q     <= err_d;
      lframe_nq <= lframe_nd;
      lad_q     <= lad_d;
      oe_q      <= oe_d;
    end
  end

  always @(posedge clk_i) begin : data_reg  // loaded before use, so without reset
    seen_q   <= lad_i;
    sent_q   <= lad_q;
    drove_q  <= oe_q;
    send_q   <= send_d;
    count_q  <= count_d;
    length_q <= length_d;
    wait_q   <= wait_d;
    write_q  <= write_d;
    fw_q     <= fw_d;
    low_q    <= low_d;
    rbyte_q  <= rbyte_d;
  end

  generate
    if (LONG_LIMIT > 4096 || NOSYNC_LIMIT > 4096) begin : gen_bad
      lpc_host_limit_over_4096 u_stop ();
    end
  endgenerate
endmodule
`default_nettype wire
