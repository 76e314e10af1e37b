// lpc_host.v - LPC 1.1 host for one target: I/O and firmware-memory cycles, one at a time.
//
// Clock    clk_i = LCLK, everything sampled on its rising edge.  Reset rst_ni, low = reset, sampled.
// Timing   start_i while !busy_o samples op_i and size_i; START is on LAD in the next clock. A cycle is 13
//          clocks on the bus for I/O, 15 + 2n for firmware, plus waits. LAD goes from its pads into
//          flops, so it is looked at one clock late: done_o comes two clocks after the last turn-around
//          clock, or after an abort: LFRAME# low 4 clocks, LAD driven 1111 in the fourth, then high 1.
// Bytes    of address and data are asked for when it is their turn: byte_i is what byte_o named one clock
//          before, 0 to 3 the address from its high byte on, 4 to 7 the data from byte 0 on. Of bytes
//          that the cycle does not have nothing is looked at.
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
    input  wire [ 1:0] size_i,     // firmware: 0, 1, 2 for 1, 2, 4 bytes; 3 for 128 to read, 4 to write
    output wire [ 2:0] byte_o,
    input  wire [ 7:0] byte_i,     // of the first, 31:24 of the address, 3:0 are sent; IDSEL is 0
    output wire        busy_o,
    output wire        done_o,     // one clock
    output wire [ 2:0] err_o,      // with done_o; holds until the next start
    output wire [ 7:0] rbyte_o,    // holds until the data of the next cycle
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
  localparam [3:0] ST_SEND = 4'd2;   // CYCTYPE or IDSEL, address, write data
  localparam [3:0] ST_TAR1 = 4'd3;
  localparam [3:0] ST_TAR2 = 4'd4;
  localparam [3:0] ST_SYNC = 4'd5;
  localparam [3:0] ST_DATA = 4'd6;
  localparam [3:0] ST_PTAR1 = 4'd7;
  localparam [3:0] ST_PTAR2 = 4'd8;
  localparam [3:0] ST_ABORT = 4'd9;  // LFRAME# low
  localparam [3:0] ST_AFTER = 4'd10; // LFRAME# high again
  localparam [3:0] ST_TURN = 4'd11;  // after ST_TAR2: its LAD is in seen_q
  localparam [3:0] ST_SIZE = 4'd12;  // MSIZE, between the two parts of ST_SEND

  localparam [3:0] SYNC_READY = 4'b0000;
  localparam [3:0] SYNC_SHORT = 4'b0101;
  localparam [3:0] SYNC_LONG = 4'b0110;
  localparam [3:0] SYNC_ERROR = 4'b1010;
  localparam [3:0] FLOAT = 4'b1111;

  // What count_q is in the last clock. It counts up from 0, so the ones of the number are enough to
  // look at. A wait begins to count with its second clock.
  localparam [12:0] CLOCKS_NOSYNC = NOSYNC_LIMIT - 1;
  localparam [12:0] CLOCKS_LONG = LONG_LIMIT - 1;
  localparam [11:0] LAST_NOSYNC = CLOCKS_NOSYNC[11:0];
  localparam [11:0] LAST_LONG = CLOCKS_LONG[11:0] - 12'd1;
  localparam [11:0] LAST_SHORT = 12'd7;
  localparam [11:0] FIRST_FW = 12'd1;  // nibbles of the address: 1 to 7
  localparam [11:0] FIRST_IO = 12'd4;  // 4 to 7; of the data 8 to 15

  reg [3:0] state_q, state_d;
  reg [11:0] count_q, count_d;   // ST_START: nibble to send next; ST_SEND: the one after; else clocks passed
  reg [1:0] size_q, size_d;      // as size_i; 0 for I/O
  reg write_q, write_d;
  reg fw_q, fw_d;
  reg [7:0] rbyte_q, rbyte_d;
  reg rvalid_q, rvalid_d;
  reg done_q, done_d;
  reg [2:0] err_q, err_d;
  reg lframe_nq, lframe_nd;
  reg [3:0] lad_q, lad_d;
  reg oe_q, oe_d;
  reg [3:0] seen_q;              // LAD at its pads, the clock before
  reg [3:0] prior_q, prior_d;    // what was driven then; in ST_SYNC the code before, 1111 = none came

  wire [11:0] more = count_q + 12'd1;
  wire same = seen_q == prior_q;
  wire lost = !same;  // somebody else drives
  // Addresses go high nibble first, so the odd ones are low; data goes low nibble first.
  wire high = count_q[0] ^ (count_q[4] || (count_q[3] && count_q[2:0] != 3'd0));
  wire [3:0] nibble = high ? byte_i[7:4] : byte_i[3:0];
  wire [3:0] msize = (size_q == 2'd3) ? 4'd7 : {2'd0, size_q};
  wire address_sent = count_q[3:0] == 4'd9;
  wire all_sent = count_q[0] && (count_q[4] || (count_q[3] && (!write_q
      || (size_q == 2'd0 && count_q[1]) || (size_q == 2'd1 && count_q[2]))));
  wire all_read = count_q[0] && (size_q == 2'd0 || count_q[1]) && (size_q <= 2'd1 || count_q[2])
      && (size_q != 2'd3 || count_q[7:3] == 5'h1F);
  wire last_nosync = (~count_q & LAST_NOSYNC) == 12'd0;
  wire last_short = same && (~count_q & LAST_SHORT) == 12'd0;
  wire last_long = (same && (~count_q & LAST_LONG) == 12'd0) || LONG_LIMIT == 1;
  reg abort;
  reg [2:0] abort_err;

  assign byte_o = count_q[3:1];
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
    count_d   = 12'd0;
    size_d    = size_q;
    write_d   = write_q;
    fw_d      = fw_q;
    rbyte_d   = rbyte_q;
    prior_d   = lad_q;
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
        fw_d      = op_i[1];
        write_d   = op_i[0];
        size_d    = op_i[1] ? size_i : 2'd0;
        err_d     = ERR_NONE;
        count_d   = op_i[1] ? FIRST_FW : FIRST_IO;
        lframe_nd = 1'b0;
        lad_d     = !op_i[1] ? 4'b0000 : op_i[0] ? 4'b1110 : 4'b1101;
        oe_d      = 1'b1;
        state_d   = ST_START;
      end
      ST_START: begin
        count_d = more;
        lad_d   = {2'b00, write_q && !fw_q, 1'b0};
        oe_d    = 1'b1;
        state_d = ST_SEND;
      end
      ST_SEND: begin
        oe_d    = 1'b1;
        count_d = more;
        lad_d   = nibble;
        if (fw_q && address_sent) begin
          count_d = count_q;
          lad_d   = msize;
          state_d = ST_SIZE;
        end else if (all_sent) begin
          lad_d   = FLOAT;
          state_d = ST_TAR1;
        end
        abort = lost;
      end
      ST_SIZE: begin
        oe_d    = 1'b1;
        count_d = more;
        state_d = ST_TAR1;
        if (write_q) begin
          lad_d   = nibble;
          state_d = ST_SEND;
        end
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
        state_d = ST_SYNC;
        abort   = seen_q != FLOAT;
      end
      ST_SYNC: begin
        prior_d = seen_q;
        if (same) count_d = more;
        case (seen_q)
          SYNC_READY, SYNC_ERROR: begin
            count_d = 12'd0;
            state_d = write_q ? ST_PTAR1 : ST_DATA;
            if (seen_q == SYNC_ERROR) err_d = ERR_REFUSED;
            abort     = fw_q && seen_q == SYNC_ERROR;
            abort_err = ERR_BAD_SYNC;
          end
          SYNC_SHORT, SYNC_LONG, FLOAT: begin
            if (!same && prior_q != FLOAT) begin
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
        count_d  = more;
        rbyte_d  = {seen_q, rbyte_q[7:4]};
        rvalid_d = count_q[0] && err_q == ERR_NONE;  // the high nibble is the second
        if (all_read) state_d = ST_PTAR1;
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
        count_d   = more;
        if (count_q[1:0] == 2'd2) oe_d = 1'b1;  // for the fourth clock: the target has let go by then
        if (count_q[1:0] == 2'd3) begin
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
      count_d   = 12'd0;
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
    prior_q  <= prior_d;
    count_q  <= count_d;
    size_q   <= size_d;
    write_q  <= write_d;
    fw_q     <= fw_d;
    rbyte_q  <= rbyte_d;
  end

  generate
    if (LONG_LIMIT > 4096 || NOSYNC_LIMIT > 4096) begin : gen_bad
      lpc_host_limit_over_4096 u_stop ();
    end
  endgenerate
endmodule
`default_nettype wire
