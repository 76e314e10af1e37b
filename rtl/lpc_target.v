// lpc_target.v - bus half of an LPC 1.1 target: I/O and firmware-memory cycles, or TPM cycles, to a register side.
//
// Clock    clk_i = LCLK, everything sampled on its rising edge.  Reset rst_ni (low = reset, sampled),
//          and lreset_ni = LRESET#, which takes LAD away at once and is otherwise sampled.
// Timing   I/O read and write 13 clocks when acknowledged in the clock after the request; every
//          clock more is a long wait (0110). Firmware cycles 15 + 2n, never a wait.
//          wr_commit_o, rd_commit_o and fw_wr_commit_o are one clock, in the first turn-around clock
//          of the target: nothing may change before. A cycle cut by LFRAME# earlier commits nothing.
// Bounds   The host ends an endless wait with LFRAME# low; every other state moves on each clock.
// Fails to ST_IDLE, silent, from any unlisted state. LFRAME# low restarts from every state.
// Proofs   testbench/formal/target.v, testbench/formal/bus.v, testbench/formal/shared.v.
//          testbench/tests/lpc_conformance.rs; ARCHITECTURE.md, invariant I10.
// Source   Intel LPC Interface Specification 1.1 (251289-001), sections 4 and 5.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module lpc_target #(
    parameter [7:0] IO_BASE_HI = 8'h0A,  // answers I/O addresses {IO_BASE_HI, 8'hxx}
    parameter [3:0] FW_IDSEL = 4'h0,     // answers firmware cycles of this IDSEL
    parameter TPM = 0                    // 1 = answers TPM cycles (START 0101) at all addresses, and no others
) (
    input  wire        clk_i,
    input  wire        rst_ni,
    input  wire        lreset_ni,
    input  wire        lframe_ni,
    input  wire [ 3:0] lad_i,
    output wire [ 3:0] lad_o,
    output wire        lad_oe_o,
    // I/O registers: a request stays until its acknowledge or the end of the cycle.
    output wire [15:0] addr_o,
    output wire [ 7:0] wdata_o,
    output wire        wr_req_o,
    input  wire        wr_ack_i,
    output wire        wr_commit_o,
    output wire        rd_req_o,
    input  wire        rd_ack_i,
    input  wire [ 7:0] rdata_i,
    output wire        rd_commit_o,
    input  wire        err_i,          // with an acknowledge: answer with the error SYNC
    // Firmware windows: data one clock after fw_rd_o.
    output wire [27:0] fw_addr_o,
    output wire        fw_rd_o,
    input  wire [ 7:0] fw_rdata_i,
    output wire        fw_wr_commit_o,
    output wire [31:0] fw_wdata_o,
    output wire [ 2:0] fw_wbytes_o,
    output wire        busy_o
);
  localparam [3:0] ST_IDLE = 4'd0;
  localparam [3:0] ST_START = 4'd1;   // START was sampled; LFRAME# may stay low
  localparam [3:0] ST_ADDR = 4'd2;
  localparam [3:0] ST_SIZE = 4'd3;
  localparam [3:0] ST_WDATA = 4'd4;
  localparam [3:0] ST_TAR1 = 4'd5;
  localparam [3:0] ST_TAR2 = 4'd6;
  localparam [3:0] ST_WAIT = 4'd7;    // long wait is on LAD
  localparam [3:0] ST_SYNC = 4'd8;    // READY or error is on LAD
  localparam [3:0] ST_RDATA = 4'd9;
  localparam [3:0] ST_PTAR1 = 4'd10;  // 1111 is on LAD
  localparam [3:0] ST_PTAR2 = 4'd11;

  localparam [3:0] START_TARGET = (TPM != 0) ? 4'b0101 : 4'b0000;
  localparam [3:0] START_FW_READ = 4'b1101;
  localparam [3:0] START_FW_WRITE = 4'b1110;
  localparam [3:0] SYNC_READY = 4'b0000;
  localparam [3:0] SYNC_LONG = 4'b0110;
  localparam [3:0] SYNC_ERROR = 4'b1010;

  reg [3:0] state_q, state_d;
  reg [3:0] start_q, start_d;
  reg fw_q, fw_d;
  reg write_q, write_d;
  reg [7:0] count_q, count_d;   // nibbles left in the present field
  reg [7:0] length_q, length_d; // nibbles of data in the cycle
  reg [27:0] addr_q, addr_d;
  reg [31:0] wdata_q, wdata_d;
  reg [7:0] rbyte_q, rbyte_d;
  reg acked_q, acked_d;
  reg error_q, error_d;
  reg [3:0] lad_q, lad_d;
  reg oe_q, oe_d;

  wire ack = write_q ? wr_ack_i : rd_ack_i;
  wire want = !fw_q && !acked_q
      && (state_q == ST_TAR1 || state_q == ST_TAR2 || state_q == ST_WAIT);
  wire take = want && ack;
  wire ready = fw_q || acked_q || take;
  wire refused = !fw_q && (acked_q ? error_q : err_i);
  // A transfer lies within 512 bytes: windows are no longer, and a host keeps it in one.
  wire [27:0] next_addr = {addr_q[27:9], addr_q[8:0] + 9'd1};
  // The nibble after the last one of a byte is fetched while the low one is on LAD.
  wire low_nibble = state_q == ST_RDATA && !count_q[0];

  assign lad_o = lad_q;
  assign lad_oe_o = oe_q && lreset_ni;
  assign addr_o = addr_q[15:0];
  assign wdata_o = wdata_q[7:0];
  assign wr_req_o = want && write_q;
  assign rd_req_o = want && !write_q;
  // LRESET# in the very clock of a commit drops it: nothing is executed in reset.
  wire done = state_q == ST_PTAR1 && lreset_ni;
  assign wr_commit_o = done && !fw_q && write_q && !error_q;
  assign rd_commit_o = done && !fw_q && !write_q && !error_q;
  assign fw_addr_o = addr_q;
  assign fw_rd_o = fw_q && !write_q && (state_q == ST_TAR1 || low_nibble);
  assign fw_wr_commit_o = done && fw_q && write_q;
  assign fw_wdata_o = wdata_q;
  assign fw_wbytes_o = length_q[3:1];
  assign busy_o = state_q != ST_IDLE;

  always @* begin : next_state
    state_d  = state_q;
    start_d  = start_q;
    fw_d     = fw_q;
    write_d  = write_q;
    count_d  = count_q - 8'd1;
    length_d = length_q;
    addr_d   = addr_q;
    wdata_d  = wdata_q;
    rbyte_d  = rbyte_q;
    acked_d  = acked_q || take;
    error_d  = take ? err_i : error_q;
    lad_d    = 4'hF;
    oe_d     = 1'b0;
    if (take && !write_q) rbyte_d = rdata_i;

    case (state_q)
      ST_IDLE: ;
      ST_START: begin  // LFRAME# is high again: this nibble is CYCTYPE or IDSEL
        acked_d = 1'b0;
        error_d = 1'b0;
        case (start_q)
          START_TARGET: begin
            fw_d     = 1'b0;
            write_d  = lad_i[1];
            count_d  = 8'd3;
            length_d = 8'd2;
            state_d  = (lad_i[3:2] == 2'b00) ? ST_ADDR : ST_IDLE;
          end
          START_FW_READ, START_FW_WRITE: begin
            fw_d    = 1'b1;
            write_d = start_q == START_FW_WRITE;
            count_d = 8'd6;
            state_d = (lad_i == FW_IDSEL && TPM == 0) ? ST_ADDR : ST_IDLE;
          end
          default: state_d = ST_IDLE;
        endcase
      end
      ST_ADDR: begin
        addr_d = {addr_q[23:0], lad_i};
        if (count_q == 8'd0) begin
          count_d = 8'd1;
          if (fw_q) state_d = ST_SIZE;
          else if (addr_q[11:4] != IO_BASE_HI && TPM == 0) state_d = ST_IDLE;
          else state_d = write_q ? ST_WDATA : ST_TAR1;
        end
      end
      ST_SIZE: begin
        state_d = write_q ? ST_WDATA : ST_TAR1;
        // Written out, not length_d - 1: LAD comes late in the clock, and a subtractor behind it takes 5 ns.
        case (lad_i)
          4'd0: {length_d, count_d} = {8'd2, 8'd1};
          4'd1: {length_d, count_d} = {8'd4, 8'd3};
          4'd2: {length_d, count_d} = {8'd8, 8'd7};
          4'd7: begin
            {length_d, count_d} = {8'd0, 8'd255};  // 256 nibbles, reads only
            if (write_q) state_d = ST_IDLE;
          end
          default: begin
            {length_d, count_d} = {8'd2, 8'd1};
            state_d = ST_IDLE;
          end
        endcase
      end
      ST_WDATA: begin
        // The low nibble comes first; a word fills from its low end.
        case (length_q - 8'd1 - count_q)
          8'd0: wdata_d = {28'd0, lad_i};
          8'd1: wdata_d[7:4] = lad_i;
          8'd2: wdata_d[11:8] = lad_i;
          8'd3: wdata_d[15:12] = lad_i;
          8'd4: wdata_d[19:16] = lad_i;
          8'd5: wdata_d[23:20] = lad_i;
          8'd6: wdata_d[27:24] = lad_i;
          default: wdata_d[31:28] = lad_i;
        endcase
        if (count_q == 8'd0) state_d = ST_TAR1;
      end
      ST_TAR1: state_d = ST_TAR2;
      ST_TAR2, ST_WAIT: begin
        oe_d = 1'b1;
        if (fw_q && state_q == ST_TAR2) rbyte_d = fw_rdata_i;
        if (ready) begin
          lad_d   = refused ? SYNC_ERROR : SYNC_READY;
          state_d = ST_SYNC;
        end else begin
          lad_d   = SYNC_LONG;
          state_d = ST_WAIT;
        end
      end
      ST_SYNC: begin
        oe_d = 1'b1;
        if (write_q) begin
          lad_d   = 4'hF;
          state_d = ST_PTAR1;
        end else begin
          lad_d   = rbyte_q[3:0];
          if (fw_q) addr_d = next_addr;
          // Counts up through the nibbles; its low bit tells low from high.
          count_d = 8'd0;
          state_d = ST_RDATA;
        end
      end
      ST_RDATA: begin
        oe_d    = 1'b1;
        count_d = count_q + 8'd1;
        if (low_nibble) lad_d = rbyte_q[7:4];
        else if (count_d == length_q) begin
          lad_d   = 4'hF;
          state_d = ST_PTAR1;
        end else begin
          rbyte_d = fw_rdata_i;
          lad_d   = fw_rdata_i[3:0];
          addr_d  = next_addr;
        end
      end
      ST_PTAR1: state_d = ST_PTAR2;
      ST_PTAR2: state_d = ST_IDLE;
      default: state_d = ST_IDLE;
    endcase

    if (!lframe_ni) begin  // START, restart or abort, from any state
      state_d = ST_START;
      start_d = lad_i;
      oe_d    = 1'b0;
      acked_d = 1'b0;
      error_d = 1'b0;
    end
  end

  always @(posedge clk_i) begin : state_reg
    if (!rst_ni || !lreset_ni) begin
      state_q  <= ST_IDLE;
      start_q  <= 4'hF;
      fw_q     <= 1'b0;
      write_q  <= 1'b0;
      count_q  <= 8'd0;
      length_q <= 8'd0;
      addr_q   <= 28'd0;
      wdata_q  <= 32'd0;
      rbyte_q  <= 8'd0;
      acked_q  <= 1'b0;
      error_q  <= 1'b0;
      lad_q    <= 4'hF;
      oe_q     <= 1'b0;
    end else begin
      state_q  <= state_d;
      start_q  <= start_d;
      fw_q     <= fw_d;
      write_q  <= write_d;
      count_q  <= count_d;
      length_q <= length_d;
      addr_q   <= addr_d;
      wdata_q  <= wdata_d;
      rbyte_q  <= rbyte_d;
      acked_q  <= acked_d;
      error_q  <= error_d;
      lad_q    <= lad_d;
      oe_q     <= oe_d;
    end
  end
endmodule
`default_nettype wire
