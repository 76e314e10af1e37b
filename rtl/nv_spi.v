// nv_spi.v - the nonvolatile memory of a board: SPI F-RAM behind the wallet's request/acknowledge port.
//
// Part     4 Mbit F-RAM with 3 address bytes and no busy time, such as CY15B104Q or MB85RS4MT: the
//          2^17 words of opera.toml's [nv] are its 512 KiB, word n at byte 4n, high byte first.
// Clock    clk_i, rising edge; SCK is half of it (16.7 MHz at 33.33), mode 0. MISO is taken at the
//          edge that lets SCK fall, one whole SCK period after the part drove it.
// Reset    rst_ni, low = reset, sampled on clk_i: the part's power switch is off, its pins are 0.
// Order    switch on, POWER_CLOCKS, RDID (IDENTITY), then accesses. A write is WREN, WRITE, READ back.
// Timing   135 clocks a read, 289 a write; idle for SLEEP_CLOCKS (0: never) puts the part to sleep and
//          makes the next access WAKE_CLOCKS longer. ack_o is one clock, with rdata_o.
// Torn     a byte is in the array after its eighth bit, in order: a cut leaves 0 to 4 bytes of the
//          word new and the others old. That is one case of "old, new or garbage" (ARCHITECTURE.md).
// Bounds   a transfer has a fixed length, and each is tried TRIES times.
// Fails to ST_TRAP, never an acknowledge, part switched off: RDID wrong (no part, dead or stuck MISO), or a
//          word that does not read back; and from an unlisted state. The clients then time out.
// Proofs   testbench/unit/tb_nv_spi.v, against the part's model testbench/rtl/fram.v.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module nv_spi #(
    parameter [15:0] POWER_CLOCKS = 16'd33340,  // 1 ms
    parameter [15:0] WAKE_CLOCKS = 16'd16000,   // 450 us and a margin
    parameter [15:0] SLEEP_CLOCKS = 16'd0,
    parameter [1:0] TRIES = 2'd3,
    parameter [55:0] IDENTITY = 56'h7F7F7F7F7F7FC2   // first seven bytes: the maker, in JEDEC's bank 7
) (
    input  wire        clk_i,
    input  wire        rst_ni,
    input  wire        req_i,         // with the next three, stands until ack_o
    input  wire        we_i,
    input  wire [16:0] addr_i,
    input  wire [31:0] wdata_i,
    output wire        ack_o,
    output wire [31:0] rdata_o,
    output wire        ready_o,
    output wire        trap_o,
    output wire        pwr_en_o,      // power switch of the part
    output wire        spi_cs_no,
    output wire        spi_sck_o,
    output wire        spi_mosi_o,
    input  wire        spi_miso_i
);
  // Codes differ in two bits or more; 0 means nothing.
  localparam [4:0] ST_POWER = 5'b00011;
  localparam [4:0] ST_ID = 5'b00101;
  localparam [4:0] ST_IDLE = 5'b00110;
  localparam [4:0] ST_WREN = 5'b01001;
  localparam [4:0] ST_WRITE = 5'b01010;
  localparam [4:0] ST_READ = 5'b01100;
  localparam [4:0] ST_DONE = 5'b01111;
  localparam [4:0] ST_SLEEP = 5'b10001;
  localparam [4:0] ST_ASLEEP = 5'b10010;
  localparam [4:0] ST_WAKE = 5'b10100;
  localparam [4:0] ST_TRAP = 5'b10111;

  (* fsm_encoding = "none" *)
  reg [4:0] state_q;
  reg [4:0] state_d;
  reg [15:0] wait_q, wait_d;
  reg [6:0] bit_q, bit_d;        // of the command; counts past the last by one
  reg half_q, half_d;
  reg [1:0] gap_q, gap_d;        // clocks of CS# high before a command
  reg [1:0] try_q, try_d;
  reg same_q, same_d;            // what came in is what was wanted
  reg judge_q;                   // the bit on the wires counts for that
  reg on_q, cs_n_q, sck_q, mosi_q;
  reg [31:0] data_q;             // the word: goes out at the top, what comes in follows it
  reg [7:0] out;                 // byte of the command

  wire sleep_state = state_q == ST_SLEEP || state_q == ST_ASLEEP || state_q == ST_WAKE;
  wire sleeps = SLEEP_CLOCKS != 16'd0;
  wire short = state_q == ST_WREN || (sleeps && state_q == ST_SLEEP);
  wire command = short || state_q == ST_ID || state_q == ST_WRITE || state_q == ST_READ;
  wire active = command && gap_q == 2'd3;
  wire [6:0] length = short ? 7'd8 : 7'd64;
  wire sending = active && bit_q != length;
  // Two clocks after the last bit: SCK is low, the last bit is in, CS# rises in this clock.
  wire over = active && bit_q == length && half_q;
  wire sample = sck_q;
  // Up to the last bit of the address, so that the first bit of the word stands on top when it is due.
  wire load = half_q && bit_q[6:5] == 2'd0;
  wire give_up = try_q == TRIES - 2'd1;

  assign ack_o = state_q == ST_DONE;
  assign rdata_o = ack_o ? data_q : 32'd0;
  assign ready_o = state_q == ST_IDLE || (sleeps && state_q == ST_ASLEEP);
  assign trap_o = state_q == ST_TRAP;
  assign pwr_en_o = on_q;
  assign spi_cs_no = cs_n_q;
  assign spi_sck_o = sck_q;
  assign spi_mosi_o = mosi_q;

  // While a READ or RDID takes data in, the wanted data goes out, which no part looks at: so one
  // compare of two wires checks it.
  always @* begin : bytes
    case (bit_q[5:3])
      3'd0:
      out = (state_q == ST_WREN) ? 8'h06 : (state_q == ST_WRITE) ? 8'h02
          : (state_q == ST_READ) ? 8'h03 : (state_q == ST_ID) ? 8'h9F : 8'hB9;
      3'd1: out = {5'd0, addr_i[16:14]};
      3'd2: out = addr_i[13:6];
      3'd3: out = {addr_i[5:0], 2'b00};
      default: out = {8{data_q[31]}};
    endcase
    if (state_q == ST_ID)
      case (bit_q[5:3])
        3'd0: ;
        3'd1: out = IDENTITY[55:48];
        3'd2: out = IDENTITY[47:40];
        3'd3: out = IDENTITY[39:32];
        3'd4: out = IDENTITY[31:24];
        3'd5: out = IDENTITY[23:16];
        3'd6: out = IDENTITY[15:8];
        default: out = IDENTITY[7:0];
      endcase
  end

  always @* begin : next_state
    state_d = state_q;
    wait_d = wait_q + 16'd1;
    bit_d = 7'd0;
    half_d = 1'b0;
    try_d = try_q;
    same_d = same_q && !(sample && judge_q && spi_miso_i != mosi_q);
    gap_d = (!command || over) ? 2'd0 : (gap_q == 2'd3) ? gap_q : gap_q + 2'd1;
    if (active && !over) begin
      half_d = !half_q;
      bit_d = (half_q && sending) ? bit_q + 7'd1 : bit_q;
    end
    case (state_q)
      ST_POWER: begin
        try_d = 2'd0;
        same_d = 1'b1;
        if (wait_q == POWER_CLOCKS) state_d = ST_ID;
      end
      ST_ID:
      if (over) begin
        try_d = try_q + 2'd1;
        same_d = 1'b1;
        wait_d = 16'd0;
        if (same_q) state_d = ST_IDLE;
        else if (give_up) state_d = ST_TRAP;
      end
      ST_IDLE: begin
        try_d = 2'd0;
        same_d = 1'b1;
        if (req_i) state_d = we_i ? ST_WREN : ST_READ;
        else if (sleeps && wait_q == SLEEP_CLOCKS) state_d = ST_SLEEP;
      end
      ST_WREN: if (over) state_d = ST_WRITE;
      ST_WRITE:
      if (over) begin
        same_d = 1'b1;
        state_d = ST_READ;
      end
      ST_READ:
      if (over) begin
        try_d = try_q + 2'd1;
        if (!we_i || same_q) state_d = ST_DONE;
        else if (give_up) state_d = ST_TRAP;
        else state_d = ST_WREN;
      end
      ST_DONE: begin
        wait_d = 16'd0;
        state_d = ST_IDLE;
      end
      ST_SLEEP: if (over) state_d = ST_ASLEEP;
      ST_ASLEEP: begin
        wait_d = 16'd0;
        if (req_i) state_d = ST_WAKE;
      end
      ST_WAKE: if (wait_q == WAKE_CLOCKS) state_d = ST_IDLE;
      default: state_d = ST_TRAP;  // ST_TRAP and every unlisted code
    endcase
    // A part that never sleeps has no state of sleep: such a code is an upset.
    if (!sleeps && sleep_state) state_d = ST_TRAP;
  end

  always @(posedge clk_i) begin : state_reg
    if (!rst_ni) begin
      state_q <= ST_POWER;
      wait_q <= 16'd0;
      bit_q <= 7'd0;
      half_q <= 1'b0;
      gap_q <= 2'd0;
      try_q <= 2'd0;
      same_q <= 1'b1;
    end else begin
      state_q <= state_d;
      wait_q <= wait_d;
      bit_q <= bit_d;
      half_q <= half_d;
      gap_q <= gap_d;
      try_q <= try_d;
      same_q <= same_d;
    end
  end

  initial begin : wake  // as iCE40 flops do
    {on_q, cs_n_q, sck_q, mosi_q} = 4'b0000;
  end

  always @(posedge clk_i) begin : pins
    if (!rst_ni || state_d == ST_TRAP) begin  // nothing feeds a part that is off
      on_q <= 1'b0;
      cs_n_q <= 1'b0;
      sck_q <= 1'b0;
      mosi_q <= 1'b0;
      judge_q <= 1'b0;
    end else begin
      on_q <= 1'b1;
      // CS# low for the first eight clocks of a wake, high between commands.
      cs_n_q <= !(active && !over) && !(sleeps && state_q == ST_WAKE && wait_q < 16'd8);
      sck_q <= sending && half_q;
      if (!half_q) begin
        mosi_q <= sending && out[~bit_q[2:0]];
        judge_q <= sending && (state_q == ST_ID ? bit_q[5:3] != 3'd0
            : state_q == ST_READ && we_i && bit_q[5]);
      end
    end
    if (load) data_q <= wdata_i;
    else if (sample) data_q <= {data_q[30:0], spi_miso_i};
  end
endmodule
`default_nettype wire
