// uart_bridge.v - serial line to internal LPC bus: a host without an LPC port drives a board with it.
//
// Clock    clk_i, rising edge; it is LCLK of the bus too. rx_i is asynchronous and synchronised here.
// Reset    rst_ni, low = reset, sampled on clk_i.
// Line     8N1, CLOCKS_PER_BIT clocks a bit (33 at 33 MHz: 1 Mbaud).
// Request  5A seq op length payload crc16: op 0 nothing, 1 I/O read (address), 2 I/O write (address,
//          data), 3 firmware read, 4 firmware write. The payload has eight bytes: address and data,
//          low byte first; bits 31:28 of the address are 0 for I/O, else the size: 1, 2, 4, 8 for 128.
// Answer   A5 seq status length payload crc16: status is err_o of lpc_host; length 0, or the bytes read.
// CRC      CRC-16/X-25 over everything before it, low byte first.
// Timing   a request takes 13 bytes of line time and one bus cycle; the answer begins the clock after it.
// Once     a write whose sequence number is that of the last request is not done again, only answered:
//          so a host repeats what got no answer. Reads have no side effect on this bus and are repeated.
// Bounds   a gap of IDLE_CLOCKS between two bytes ends a request; each bus cycle is bounded by lpc_host.
// Fails to the wait for 5A, without an answer and without a cycle: wrong CRC,
//          no such operation or length, framing error, gap.
// Proofs   testbench/unit/tb_uart_bridge.v, against lpc_target.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module uart_bridge #(
    parameter [9:0] CLOCKS_PER_BIT = 10'd33,  // 8 to 1023
    parameter [15:0] IDLE_CLOCKS = 16'd33000
) (
    input  wire       clk_i,
    input  wire       rst_ni,
    input  wire       rx_i,
    output wire       tx_o,
    output wire       lframe_no,
    output wire [3:0] lad_o,
    output wire       lad_oe_o,
    input  wire [3:0] lad_i
);
  localparam [2:0] ST_SYNC = 3'd0;     // wait for 5A
  localparam [2:0] ST_TAKE = 3'd1;     // the rest of the request
  localparam [2:0] ST_JUDGE = 3'd2;    // is its CRC right?
  localparam [2:0] ST_CYCLE = 3'd3;
  localparam [2:0] ST_HEAD = 3'd4;     // A5 seq status length
  localparam [2:0] ST_DATA = 3'd5;
  localparam [2:0] ST_CRC = 3'd6;

  localparam [7:0] LENGTH = 8'd8;
  localparam [15:0] CRC_START = 16'hFFFF;
  localparam [15:0] CRC_5A = 16'hF258;    // after the first byte of a request
  localparam [15:0] CRC_GOOD = 16'hF0B8;  // of a message with its CRC
  // Of a counter of one bit's clocks. It counts up, so the ones of its last number are enough to look at.
  localparam TIME_BITS = (CLOCKS_PER_BIT > 512) ? 10 : (CLOCKS_PER_BIT > 256) ? 9 : (CLOCKS_PER_BIT > 128) ? 8
      : (CLOCKS_PER_BIT > 64) ? 7 : 6;
  localparam [9:0] LAST_CLOCK = CLOCKS_PER_BIT - 10'd1;
  localparam [TIME_BITS-1:0] WHOLE_BIT = LAST_CLOCK[TIME_BITS-1:0];
  localparam [TIME_BITS-1:0] HALF_BIT = WHOLE_BIT - CLOCKS_PER_BIT[TIME_BITS:1];
  localparam [TIME_BITS-1:0] NO_TIME = {TIME_BITS{1'b0}};
  localparam [TIME_BITS-1:0] ONE_CLOCK = {{TIME_BITS - 1{1'b0}}, 1'b1};

  // ---- receiver: a byte and its framing
  wire rx;
  reg rx_on_q;
  reg [TIME_BITS-1:0] rx_time_q;
  reg [3:0] rx_bit_q;                  // 0 start, 1 to 8 data, 9 stop
  reg [7:0] rx_byte_q;
  reg rx_done_q, rx_bad_q;
  wire rx_mid = (~rx_time_q & WHOLE_BIT) == NO_TIME;
  wire rx_data = rx_on_q && rx_mid && rx_bit_q != 4'd0 && rx_bit_q != 4'd9;

  sync2 u_rx_sync (
      .clk_i (clk_i),
      .rst_ni(1'b1),
      .d_i   (!rx_i),                  // so that it wakes as an idle line
      .q_o   (rx)
  );

  always @(posedge clk_i) begin : receiver
    rx_done_q <= 1'b0;
    rx_bad_q <= 1'b0;
    if (!rst_ni) begin
      rx_on_q <= 1'b0;
      rx_time_q <= NO_TIME;
      rx_bit_q <= 4'd0;
    end else if (!rx_on_q) begin
      rx_bit_q <= 4'd0;
      rx_time_q <= HALF_BIT;
      rx_on_q <= rx;
    end else if (!rx_mid) rx_time_q <= rx_time_q + ONE_CLOCK;
    else begin
      rx_time_q <= NO_TIME;
      rx_bit_q <= rx_bit_q + 4'd1;
      if (rx_bit_q == 4'd0) rx_on_q <= rx;  // a glitch is no start bit
      else if (rx_bit_q == 4'd9) begin
        rx_on_q <= 1'b0;
        rx_done_q <= !rx;
        rx_bad_q <= rx;
      end
    end
    if (rx_data) rx_byte_q <= {!rx, rx_byte_q[7:1]};
  end

  // ---- transmitter: one byte, then it is free again after the stop bit
  reg [TIME_BITS-1:0] tx_time_q;
  reg [3:0] tx_left_q;                 // bits to come
  reg [8:0] tx_shift_q;                // stop and data
  reg tx_line_q;
  reg tx_start;
  reg [7:0] tx_byte;
  wire tx_free = tx_left_q == 4'd0;
  wire tx_next = (~tx_time_q & WHOLE_BIT) == NO_TIME;
  wire tx_data = tx_next && tx_left_q > 4'd2;

  initial begin : wake
    tx_line_q = 1'b1;
  end

  assign tx_o = tx_line_q;

  always @(posedge clk_i) begin : transmitter
    if (!rst_ni) begin
      tx_left_q <= 4'd0;
      tx_line_q <= 1'b1;
      tx_time_q <= NO_TIME;
    end else if (tx_free) begin
      tx_time_q <= NO_TIME;
      if (tx_start) begin
        tx_left_q <= 4'd10;
        tx_line_q <= 1'b0;
        tx_shift_q <= {1'b1, tx_byte};
      end
    end else if (!tx_next) tx_time_q <= tx_time_q + ONE_CLOCK;
    else begin
      tx_time_q <= NO_TIME;
      tx_left_q <= tx_left_q - 4'd1;
      tx_line_q <= (tx_left_q == 4'd1) || tx_shift_q[0];
      tx_shift_q <= {1'b1, tx_shift_q[8:1]};
    end
  end

  // ---- requests and answers
  (* fsm_encoding = "none" *)            // seven codes of eight; one flop each is larger
  reg [2:0] state_q, state_d;
  reg [6:0] count_q, count_d;          // bytes of the present part
  reg [15:0] idle_q;
  reg [15:0] crc_q;
  reg slot_q, slot_d;                  // where requests go; in the other one is that of the last write
  reg same_q, same_d;                  // the sequence number is that one's
  reg fresh_q, fresh_d;                // no write was done since reset
  reg [2:0] op_q, op_d;
  reg [1:0] size_q, size_d;            // as size_i of lpc_host
  reg [2:0] status_q, status_d;
  reg started_q, started_d;

  wire done, busy, rvalid;
  wire [2:0] err, at;
  wire [7:0] rbyte, stored;
  wire write = op_q == 3'd2 || op_q == 3'd4;
  wire read = op_q == 3'd1 || op_q == 3'd3;
  wire again = write && same_q && !fresh_q;
  wire start = state_q == ST_CYCLE && !started_q && (read || (write && !again));
  wire gap = (~idle_q & IDLE_CLOCKS) == 16'd0;  // it counts up from 0, so the ones are enough to look at
  wire has_data = read && status_q == 3'd0;
  wire data_sent = (size_q == 2'd0 || count_q[0]) && (size_q <= 2'd1 || count_q[1])
      && (size_q != 2'd3 || count_q[6:2] == 5'h1F);
  wire [6:0] more = count_q + 7'd1;
  // One bit of the line at a time. The CRC itself is shifted out without coming into it.
  wire crc_shift = state_q == ST_CRC && count_q[0];
  wire crc_step = (state_q == ST_TAKE) ? rx_data : tx_data;
  wire crc_bit = (((state_q == ST_TAKE) ? !rx : tx_shift_q[0]) ^ crc_q[0]) && !crc_shift;

  lpc_host u_host (
      .clk_i    (clk_i),
      .rst_ni   (rst_ni),
      .start_i  (start),
      .op_i     (op_q[1:0] - 2'd1),
      .size_i   (size_q),
      .byte_o   (at),
      .byte_i   (stored),
      .busy_o   (busy),
      .done_o   (done),
      .err_o    (err),
      .rbyte_o  (rbyte),
      .rvalid_o (rvalid),
      .lframe_no(lframe_no),
      .lad_o    (lad_o),
      .lad_oe_o (lad_oe_o),
      .lad_i    (lad_i)
  );

  // Bytes 1 to 13 of two requests, a slot each, and the bytes read: they come faster than the line
  // takes them. The address begins at byte 4, low byte first, the data at byte 8.
  wire taking = state_q == ST_SYNC || state_q == ST_TAKE;
  wire [3:0] request_byte = (state_q != ST_CYCLE) ? count_q[3:0]
      : at[2] ? {2'b10, at[1:0]} : {2'b01, ~at[1:0]};
  ram_2clk #(
      .ADDR_WIDTH(8),
      .DATA_WIDTH(8)
  ) u_bytes (
      .wclk_i (clk_i),
      .we_i   (state_q == ST_CYCLE ? rvalid : state_q == ST_TAKE && rx_done_q),
      .waddr_i({state_q != ST_CYCLE, count_q[6:5], (state_q == ST_CYCLE) ? count_q[4] : slot_q, count_q[3:0]}),
      .wdata_i((state_q == ST_CYCLE) ? rbyte : rx_byte_q),
      .rclk_i (clk_i),
      .raddr_i({state_q != ST_DATA, count_q[6:5], (state_q == ST_DATA) ? count_q[4] : slot_q ^ taking, request_byte}),
      .rdata_o(stored)
  );

  always @* begin : next_state
    state_d = state_q;
    count_d = count_q;
    slot_d = slot_q;
    same_d = same_q;
    fresh_d = fresh_q;
    op_d = op_q;
    size_d = size_q;
    status_d = status_q;
    started_d = 1'b0;
    tx_start = 1'b0;
    tx_byte = 8'h00;
    case (state_q)
      ST_SYNC: begin
        count_d = 7'd0;
        if (rx_done_q && rx_byte_q == 8'h5A) begin
          count_d = 7'd1;
          state_d = ST_TAKE;
        end
      end
      ST_TAKE: begin
        if (rx_done_q) begin
          count_d = more;
          case (count_q[3:0])
            4'd1: same_d = rx_byte_q == stored;
            4'd2: begin
              op_d = rx_byte_q[2:0];
              if (rx_byte_q > 8'd4) state_d = ST_SYNC;
            end
            4'd3: if (rx_byte_q != LENGTH) state_d = ST_SYNC;
            4'd7: size_d = !(op_q[2] || (op_q[1] && op_q[0])) ? 2'd0 : rx_byte_q[7] ? 2'd3 : rx_byte_q[6] ? 2'd2
                : {1'b0, rx_byte_q[5]};
            4'd13: begin
              count_d = 7'd0;
              state_d = ST_JUDGE;
            end
            default: ;
          endcase
        end
        if (rx_bad_q || gap) state_d = ST_SYNC;
      end
      ST_JUDGE: begin
        count_d = more;
        if (count_q[3]) begin
          count_d = 7'd0;
          state_d = (crc_q == CRC_GOOD) ? ST_CYCLE : ST_SYNC;
        end
      end
      ST_CYCLE: begin
        started_d = 1'b1;
        if (rvalid) count_d = more;
        if ((done && started_q) || !(read || write) || again) begin
          if (!again) status_d = (read || write) ? err : 3'd0;
          count_d = 7'd0;
          state_d = ST_HEAD;
        end
      end
      ST_HEAD: begin
        case (count_q[1:0])
          2'd0: tx_byte = 8'hA5;
          2'd1: tx_byte = stored;
          2'd2: tx_byte = {5'd0, status_q};
          default: if (has_data) tx_byte = {size_q == 2'd3, 4'd0, size_q == 2'd2, size_q == 2'd1, size_q == 2'd0};
        endcase
        tx_start = tx_free;
        if (tx_free) begin
          count_d = more;
          if (count_q[1:0] == 2'd3) begin
            count_d = 7'd0;
            state_d = has_data ? ST_DATA : ST_CRC;
          end
        end
      end
      ST_DATA: begin
        tx_byte = stored;
        tx_start = tx_free;
        if (tx_free) begin
          count_d = more;
          if (data_sent) begin
            count_d = 7'd0;
            state_d = ST_CRC;
          end
        end
      end
      ST_CRC: begin
        tx_byte = ~crc_q[7:0];
        tx_start = tx_free;
        if (tx_free) begin
          count_d = more;
          if (count_q[0]) begin
            if (write) begin
              slot_d = !slot_q;
              fresh_d = 1'b0;
            end
            state_d = ST_SYNC;
          end
        end
      end
      default: state_d = ST_SYNC;
    endcase
  end

  always @(posedge clk_i) begin : state_reg
    if (!rst_ni) begin
      state_q <= ST_SYNC;
      count_q <= 7'd0;
      slot_q <= 1'b0;
      fresh_q <= 1'b1;
      op_q <= 3'd0;
      status_q <= 3'd0;
      started_q <= 1'b0;
      idle_q <= 16'd0;
    end else begin
      state_q <= state_d;
      count_q <= count_d;
      slot_q <= slot_d;
      fresh_q <= fresh_d;
      op_q <= op_d;
      status_q <= status_d;
      started_q <= started_d;
      idle_q <= (state_q != ST_TAKE || rx_done_q) ? 16'd0 : idle_q + 16'd1;
    end
  end

  always @(posedge clk_i) begin : data_reg  // set before use, so without reset
    if (state_q == ST_SYNC) crc_q <= CRC_5A;
    else if (state_q == ST_CYCLE) crc_q <= CRC_START;
    else if (crc_step) crc_q <= {1'b0, crc_q[15:1]} ^ (crc_bit ? 16'h8408 : 16'h0000);
    same_q <= same_d;
    size_q <= size_d;
  end

  /* verilator lint_off UNUSEDSIGNAL */
  wire unused_ok = &{1'b0, busy};
  /* verilator lint_on UNUSEDSIGNAL */
endmodule
`default_nettype wire
