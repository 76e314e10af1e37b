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
  localparam [15:0] CRC_GOOD = 16'hF0B8;  // of a message with its CRC

  // ---- receiver: a byte and its framing
  wire rx;
  reg rx_on_q;
  reg [9:0] rx_time_q;
  reg [3:0] rx_bit_q;                  // 0 start, 1 to 8 data, 9 stop
  reg [7:0] rx_byte_q;
  reg rx_done_q, rx_bad_q;
  wire rx_mid = rx_time_q == 10'd0;

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
      rx_time_q <= 10'd0;
      rx_bit_q <= 4'd0;
    end else if (!rx_on_q) begin
      rx_bit_q <= 4'd0;
      rx_time_q <= {1'b0, CLOCKS_PER_BIT[9:1]};
      rx_on_q <= rx;
    end else if (!rx_mid) rx_time_q <= rx_time_q - 10'd1;
    else begin
      rx_time_q <= CLOCKS_PER_BIT - 10'd1;
      rx_bit_q <= rx_bit_q + 4'd1;
      if (rx_bit_q == 4'd0) rx_on_q <= rx;  // a glitch is no start bit
      else if (rx_bit_q == 4'd9) begin
        rx_on_q <= 1'b0;
        rx_done_q <= !rx;
        rx_bad_q <= rx;
      end else rx_byte_q <= {!rx, rx_byte_q[7:1]};
    end
  end

  // ---- transmitter: one byte, then it is free again after the stop bit
  reg [9:0] tx_time_q;
  reg [3:0] tx_left_q;                 // bits to come
  reg [8:0] tx_shift_q;                // stop and data
  reg tx_line_q;
  reg tx_start;
  reg [7:0] tx_byte;
  wire tx_free = tx_left_q == 4'd0;

  initial begin : wake
    tx_line_q = 1'b1;
  end

  assign tx_o = tx_line_q;

  always @(posedge clk_i) begin : transmitter
    if (!rst_ni) begin
      tx_left_q <= 4'd0;
      tx_line_q <= 1'b1;
      tx_time_q <= 10'd0;
    end else if (tx_free) begin
      tx_time_q <= CLOCKS_PER_BIT - 10'd1;
      if (tx_start) begin
        tx_left_q <= 4'd10;
        tx_line_q <= 1'b0;
        tx_shift_q <= {1'b1, tx_byte};
      end
    end else if (tx_time_q != 10'd0) tx_time_q <= tx_time_q - 10'd1;
    else begin
      tx_time_q <= CLOCKS_PER_BIT - 10'd1;
      tx_left_q <= tx_left_q - 4'd1;
      tx_line_q <= (tx_left_q == 4'd1) || tx_shift_q[0];
      tx_shift_q <= {1'b1, tx_shift_q[8:1]};
    end
  end

  // ---- requests and answers
  reg [2:0] state_q, state_d;
  reg [7:0] count_q, count_d;          // bytes of the present part
  reg [15:0] idle_q;
  reg [15:0] crc_q;
  reg [7:0] crc_byte_q;
  reg [3:0] crc_left_q;                // bits of crc_byte_q to come
  reg crc_clear, crc_load;
  reg [7:0] seq_q, seq_d, last_q, last_d;
  reg fresh_q, fresh_d;                // no write was done since reset
  reg [2:0] op_q, op_d;
  reg [63:0] payload_q;
  reg [2:0] status_q, status_d;
  reg [7:0] length_q, length_d;
  reg started_q, started_d;

  wire done, busy, rvalid;
  wire [2:0] err;
  wire [7:0] rbyte, stored;
  wire write = op_q == 3'd2 || op_q == 3'd4;
  wire read = op_q == 3'd1 || op_q == 3'd3;
  wire again = write && seq_q == last_q && !fresh_q;
  wire start = state_q == ST_CYCLE && !started_q && (read || (write && !again));
  wire gap = idle_q == IDLE_CLOCKS;
  wire crc_idle = crc_left_q == 4'd0;
  wire sending = state_q == ST_HEAD || state_q == ST_DATA;
  wire crc_bit = crc_byte_q[0] ^ crc_q[0];

  lpc_host u_host (
      .clk_i    (clk_i),
      .rst_ni   (rst_ni),
      .start_i  (start),
      .op_i     (op_q[1:0] - 2'd1),
      .addr_i   (payload_q[27:0]),
      .wdata_i  (payload_q[63:32]),
      .size_i   ({payload_q[31], 4'd0, payload_q[30:28]}),
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

  // The bytes read: they come faster than the line takes them.
  ram_2clk #(
      .ADDR_WIDTH(7),
      .DATA_WIDTH(8)
  ) u_read (
      .wclk_i (clk_i),
      .we_i   (state_q == ST_CYCLE && rvalid),
      .waddr_i(count_q[6:0]),
      .wdata_i(rbyte),
      .rclk_i (clk_i),
      .raddr_i(count_q[6:0]),
      .rdata_o(stored)
  );

  always @* begin : next_state
    state_d = state_q;
    count_d = count_q;
    seq_d = seq_q;
    last_d = last_q;
    fresh_d = fresh_q;
    op_d = op_q;
    status_d = status_q;
    length_d = length_q;
    started_d = 1'b0;
    crc_clear = 1'b0;
    crc_load = 1'b0;
    tx_start = 1'b0;
    tx_byte = 8'h00;
    case (state_q)
      ST_SYNC: begin
        count_d = 8'd0;
        crc_clear = 1'b1;
        if (rx_done_q && rx_byte_q == 8'h5A) begin
          crc_load = 1'b1;
          state_d = ST_TAKE;
        end
      end
      ST_TAKE: begin
        if (rx_done_q) begin
          crc_load = 1'b1;
          count_d = count_q + 8'd1;
          case (count_q)
            8'd0: seq_d = rx_byte_q;
            8'd1: begin
              op_d = rx_byte_q[2:0];
              if (rx_byte_q > 8'd4) state_d = ST_SYNC;
            end
            8'd2: if (rx_byte_q != LENGTH) state_d = ST_SYNC;
            8'd12: state_d = ST_JUDGE;
            default: ;
          endcase
        end
        if (rx_bad_q || gap) state_d = ST_SYNC;
      end
      ST_JUDGE: begin
        count_d = 8'd0;
        if (crc_idle) state_d = (crc_q == CRC_GOOD) ? ST_CYCLE : ST_SYNC;
      end
      ST_CYCLE: begin
        started_d = 1'b1;
        if (rvalid) count_d = count_q + 8'd1;
        if ((done && started_q) || !(read || write) || again) begin
          if (!again) status_d = (read || write) ? err : 3'd0;
          length_d = (read && err == 3'd0) ? count_d : 8'd0;
          if (write) begin
            last_d = seq_q;
            fresh_d = 1'b0;
          end
          count_d = 8'd0;
          crc_clear = 1'b1;
          state_d = ST_HEAD;
        end
      end
      ST_HEAD: begin
        case (count_q[1:0])
          2'd0: tx_byte = 8'hA5;
          2'd1: tx_byte = seq_q;
          2'd2: tx_byte = {5'd0, status_q};
          default: tx_byte = length_q;
        endcase
        tx_start = tx_free;
        crc_load = tx_free;
        if (tx_free) begin
          count_d = count_q + 8'd1;
          if (count_q == 8'd3) begin
            count_d = 8'd0;
            state_d = (length_q == 8'd0) ? ST_CRC : ST_DATA;
          end
        end
      end
      ST_DATA: begin
        tx_byte = stored;
        tx_start = tx_free;
        crc_load = tx_free;
        if (tx_free) begin
          count_d = count_q + 8'd1;
          if (count_d == length_q) begin
            count_d = 8'd0;
            state_d = ST_CRC;
          end
        end
      end
      ST_CRC: begin
        tx_byte = count_q[0] ? ~crc_q[15:8] : ~crc_q[7:0];
        tx_start = tx_free;
        if (tx_free) begin
          count_d = count_q + 8'd1;
          if (count_q[0]) state_d = ST_SYNC;
        end
      end
      default: state_d = ST_SYNC;
    endcase
  end

  always @(posedge clk_i) begin : state_reg
    if (!rst_ni) begin
      state_q <= ST_SYNC;
      count_q <= 8'd0;
      seq_q <= 8'd0;
      last_q <= 8'd0;
      fresh_q <= 1'b1;
      op_q <= 3'd0;
      status_q <= 3'd0;
      length_q <= 8'd0;
      started_q <= 1'b0;
      idle_q <= 16'd0;
      crc_left_q <= 4'd0;
    end else begin
      state_q <= state_d;
      count_q <= count_d;
      seq_q <= seq_d;
      last_q <= last_d;
      fresh_q <= fresh_d;
      op_q <= op_d;
      status_q <= status_d;
      length_q <= length_d;
      started_q <= started_d;
      idle_q <= (state_q != ST_TAKE || rx_done_q) ? 16'd0 : idle_q + 16'd1;
      crc_left_q <= crc_load ? 4'd8 : crc_idle ? 4'd0 : crc_left_q - 4'd1;
    end
  end

  always @(posedge clk_i) begin : data_reg  // set before use, so without reset
    if (crc_clear) crc_q <= 16'hFFFF;
    else if (!crc_idle) crc_q <= {1'b0, crc_q[15:1]} ^ (crc_bit ? 16'h8408 : 16'h0000);
    crc_byte_q <= !crc_load ? {1'b0, crc_byte_q[7:1]} : sending ? tx_byte : rx_byte_q;
    // The last eight bytes before the CRC: what stands here after byte 10.
    if (state_q == ST_TAKE && rx_done_q && count_q < 8'd11)
      payload_q <= {rx_byte_q, payload_q[63:8]};
  end

  /* verilator lint_off UNUSEDSIGNAL */
  wire unused_ok = &{1'b0, busy};
  /* verilator lint_on UNUSEDSIGNAL */
endmodule
`default_nettype wire
