// tx_log.v - transaction log: eight slots of one 128-byte record and one progress word each.
//
// Clock    clk_i, rising edge.   Reset  rst_ni, low = reset, sampled on clk_i; records are
//          nonvolatile and stay, the record buffer is not cleared.
// Timing   LOAD 36, COMMIT 37 or 38, PROGRESS 5, ERASE 69 nonvolatile accesses, each with the
//          memory's latency. buf_rdata_o answers buf_raddr_i one clock later.
// Slot     word 0..31 record bank 0, 32..63 bank 1, 64 selector S, 65 and 66 progress banks,
//          67 progress selector P, 68 valid. "== code_yes" is 1, anything else 0.
// Atomic   the record that counts is bank S; the progress that counts is bank S xor P.
//          COMMIT writes the other record bank and the other progress bank, then S: both take
//          effect in that one word. PROGRESS writes the other bank, then P. An empty slot gets its
//          `valid` last, ERASE takes it away first. A torn S, P or valid reads as old or new, and
//          both are whole; a torn bank word is in a bank that does not count.
// Bounds   NV_TIMEOUT clocks an access.
// Fails to idle with error_o 1; the slot holds its old or its new record. valid_o is 1 only after a
//          LOAD that ended well: half a record in the buffer is never called one.
// Proofs   testbench/formal/log.v.
//          testbench/unit/tb_tx_log.v: power cut at every write, torn five ways.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "opera_regs.vh"
module tx_log #(
    parameter [15:0] NV_TIMEOUT = 16'hFFFF
) (
    input  wire        clk_i,
    input  wire        rst_ni,
    input  wire        cmd_i,          // pulse; ignored while busy_o
    input  wire [ 7:0] op_i,           // 1 LOAD, 2 COMMIT, 3 PROGRESS, 4 ERASE
    input  wire [ 7:0] slot_i,
    input  wire [31:0] prog_i,
    output wire        prog_we_o,      // pulse: LOAD found this progress word
    output wire [31:0] prog_o,
    output wire        busy_o,
    output wire        valid_o,        // the slot of the last LOAD holds a record
    output wire        error_o,
    // record buffer, from the bus; closed while busy_o
    input  wire        buf_we_i,
    input  wire [ 6:0] buf_waddr_i,    // aligned to buf_wbytes_i
    input  wire [31:0] buf_wdata_i,
    input  wire [ 2:0] buf_wbytes_i,   // 1, 2 or 4
    input  wire [ 6:0] buf_raddr_i,
    output wire [ 7:0] buf_rdata_o,
    output wire        nv_req_o,
    output wire        nv_we_o,
    output wire [16:0] nv_addr_o,
    output wire [31:0] nv_wdata_o,
    input  wire        nv_ack_i,
    input  wire [31:0] nv_rdata_i
);
  localparam [2:0] OP_LOAD = 3'd1;
  localparam [2:0] OP_COMMIT = 3'd2;
  localparam [2:0] OP_PROGRESS = 3'd3;
  localparam [2:0] OP_ERASE = 3'd4;

  localparam [6:0] WORD_SELECT = 7'd64;
  localparam [6:0] WORD_PROG0 = 7'd65;
  localparam [6:0] WORD_PROG1 = 7'd66;
  localparam [6:0] WORD_PROG_SELECT = 7'd67;
  localparam [6:0] WORD_VALID = 7'd68;

  localparam [3:0] ST_IDLE = 4'd0;
  localparam [3:0] ST_VALID = 4'd1;         // read valid, S and P
  localparam [3:0] ST_SELECT = 4'd2;
  localparam [3:0] ST_PROG_SELECT = 4'd3;
  localparam [3:0] ST_LOAD = 4'd4;
  localparam [3:0] ST_LOAD_PROG = 4'd5;
  localparam [3:0] ST_FETCH = 4'd6;         // the buffer answers in the next clock
  localparam [3:0] ST_STORE = 4'd7;         // from here on all states write
  localparam [3:0] ST_STORE_PROG = 4'd8;
  localparam [3:0] ST_FLIP = 4'd9;          // the commit word of COMMIT or PROGRESS
  localparam [3:0] ST_MARK = 4'd10;
  localparam [3:0] ST_UNMARK = 4'd11;
  localparam [3:0] ST_ZERO = 4'd12;

  reg [3:0] state_q, state_d;
  reg [2:0] op_q, op_d;                     // of a command that was not refused
  reg [2:0] slot_q, slot_d;
  reg [31:0] prog_q, prog_d;
  reg [6:0] word_q, word_d;
  reg [15:0] wait_q, wait_d;
  reg held_q, held_d;                       // the slot holds a record
  reg sel_q, sel_d;
  reg psel_q, psel_d;
  reg valid_q, valid_d;
  reg error_q, error_d;
  reg access, write;                        // this state uses the memory, writes it
  reg [6:0] word;                           // at this word of the slot
  reg [31:0] wdata;

  wire yes = nv_rdata_i == `OPERA_NV_CODE_YES;
  wire commit = op_q == OP_COMMIT;
  wire known = op_i[7:3] == 5'd0 && (op_i[2:0] == OP_LOAD || op_i[2:0] == OP_COMMIT
      || op_i[2:0] == OP_PROGRESS || op_i[2:0] == OP_ERASE);
  wire prog_bank = sel_q ^ psel_q;
  wire load_we = state_q == ST_LOAD && nv_ack_i;
  wire flip = commit ? !sel_q : !psel_q;

  // ---- record buffer: four byte lanes, one write and one read port
  (* no_rw_check, ram_style = "block" *)
  reg [31:0] ram[0:31];
  reg [31:0] ram_q;
  reg [1:0] lane_q;
  reg shut_q;
  wire bus_we = buf_we_i && !busy_o;
  wire [3:0] bus_lanes = (buf_wbytes_i == 3'd4) ? 4'b1111
      : (buf_wbytes_i == 3'd2) ? (buf_waddr_i[1] ? 4'b1100 : 4'b0011)
      : 4'b0001 << buf_waddr_i[1:0];
  wire [31:0] bus_wdata = (buf_wbytes_i == 3'd4) ? buf_wdata_i
      : (buf_wbytes_i == 3'd2) ? {2{buf_wdata_i[15:0]}} : {4{buf_wdata_i[7:0]}};
  wire [3:0] ram_we = busy_o ? {4{load_we}} : bus_lanes & {4{bus_we}};
  wire [4:0] ram_waddr = busy_o ? word_q[4:0] : buf_waddr_i[6:2];
  wire [31:0] ram_wdata = busy_o ? nv_rdata_i : bus_wdata;
  wire [4:0] ram_raddr = busy_o ? word_q[4:0] : buf_raddr_i[6:2];

  always @(posedge clk_i) begin : memory
    if (ram_we[0]) ram[ram_waddr][7:0] <= ram_wdata[7:0];
    if (ram_we[1]) ram[ram_waddr][15:8] <= ram_wdata[15:8];
    if (ram_we[2]) ram[ram_waddr][23:16] <= ram_wdata[23:16];
    if (ram_we[3]) ram[ram_waddr][31:24] <= ram_wdata[31:24];
    ram_q <= ram[ram_raddr];
  end

  assign buf_rdata_o = shut_q ? 8'd0 : ram_q[8*lane_q+:8];
  assign busy_o = state_q != ST_IDLE;
  assign valid_o = valid_q;
  assign error_o = error_q;
  assign prog_we_o = state_q == ST_LOAD_PROG && nv_ack_i;
  assign prog_o = prog_we_o ? nv_rdata_i : 32'd0;
  assign nv_req_o = access;
  assign nv_we_o = access && write;
  assign nv_addr_o = access ? `OPERA_NV_LOG_BASE | {7'd0, slot_q, word} : 17'd0;
  assign nv_wdata_o = (access && write) ? wdata : 32'd0;

  always @* begin : request  // what each state asks of the memory
    access = 1'b1;
    write = state_q >= ST_STORE;
    word = word_q;
    wdata = 32'd0;
    case (state_q)
      ST_VALID, ST_UNMARK: word = WORD_VALID;
      ST_SELECT: word = WORD_SELECT;
      ST_PROG_SELECT: word = WORD_PROG_SELECT;
      ST_LOAD: word = {1'b0, sel_q, word_q[4:0]};
      ST_LOAD_PROG: word = prog_bank ? WORD_PROG1 : WORD_PROG0;
      ST_STORE: begin
        word = {1'b0, !sel_q, word_q[4:0]};
        wdata = ram_q;
      end
      ST_STORE_PROG: begin
        word = prog_bank ? WORD_PROG0 : WORD_PROG1;
        wdata = prog_q;
      end
      ST_FLIP: begin
        word = commit ? WORD_SELECT : WORD_PROG_SELECT;
        wdata = flip ? `OPERA_NV_CODE_YES : 32'd0;
      end
      ST_MARK: begin
        word = WORD_VALID;
        wdata = `OPERA_NV_CODE_YES;
      end
      ST_ZERO: word = word_q;
      default: access = 1'b0;
    endcase
  end

  always @* begin : next_state
    state_d = state_q;
    op_d = op_q;
    slot_d = slot_q;
    prog_d = prog_q;
    word_d = word_q;
    held_d = held_q;
    sel_d = sel_q;
    psel_d = psel_q;
    valid_d = valid_q;
    error_d = error_q;
    case (state_q)
      ST_IDLE: begin
        word_d = 7'd0;
        if (cmd_i) begin
          op_d = op_i[2:0];
          slot_d = slot_i[2:0];
          prog_d = prog_i;
          error_d = 1'b0;
          if (op_i == {5'd0, OP_LOAD}) valid_d = 1'b0;  // until it has ended well
          if (slot_i >= `OPERA_NV_LOG_SLOTS || !known) error_d = 1'b1;
          else state_d = (op_i[2:0] == OP_ERASE) ? ST_UNMARK : ST_VALID;
        end
      end
      ST_VALID:
      if (nv_ack_i) begin
        held_d = yes;
        state_d = ST_SELECT;
        if (!yes && !commit) begin
          error_d = op_q == OP_PROGRESS;  // no record to progress in
          state_d = ST_IDLE;
        end
      end
      ST_SELECT:
      if (nv_ack_i) begin
        sel_d = yes;
        state_d = ST_PROG_SELECT;
      end
      ST_PROG_SELECT:
      if (nv_ack_i) begin
        psel_d = yes;
        state_d = (op_q == OP_LOAD) ? ST_LOAD : commit ? ST_FETCH : ST_STORE_PROG;
      end
      ST_LOAD:
      if (nv_ack_i) begin
        word_d = word_q + 7'd1;
        if (word_q == 7'd31) state_d = ST_LOAD_PROG;
      end
      ST_FETCH: state_d = ST_STORE;
      ST_STORE:
      if (nv_ack_i) begin
        word_d = word_q + 7'd1;
        state_d = (word_q == 7'd31) ? ST_STORE_PROG : ST_FETCH;
      end
      ST_STORE_PROG: if (nv_ack_i) state_d = ST_FLIP;
      ST_FLIP: if (nv_ack_i) state_d = (commit && !held_q) ? ST_MARK : ST_IDLE;
      ST_LOAD_PROG:
      if (nv_ack_i) begin
        valid_d = 1'b1;
        state_d = ST_IDLE;
      end
      ST_MARK: if (nv_ack_i) state_d = ST_IDLE;
      ST_UNMARK: if (nv_ack_i) state_d = ST_ZERO;
      ST_ZERO:
      if (nv_ack_i) begin
        word_d = word_q + 7'd1;
        if (word_q == WORD_PROG_SELECT) state_d = ST_IDLE;
      end
      default: begin  // unlisted: refuse what runs
        error_d = 1'b1;
        state_d = ST_IDLE;
      end
    endcase
    wait_d = (access && !nv_ack_i) ? wait_q + 16'd1 : 16'd0;
    if (access && !nv_ack_i && wait_q == NV_TIMEOUT) begin
      error_d = 1'b1;
      state_d = ST_IDLE;
    end
  end

  always @(posedge clk_i) begin : state_reg
    lane_q <= buf_raddr_i[1:0];
    if (!rst_ni) begin
      state_q <= ST_IDLE;
      op_q <= 3'd0;
      slot_q <= 3'd0;
      prog_q <= 32'd0;
      word_q <= 7'd0;
      wait_q <= 16'd0;
      held_q <= 1'b0;
      sel_q <= 1'b0;
      psel_q <= 1'b0;
      valid_q <= 1'b0;
      error_q <= 1'b0;
      shut_q <= 1'b1;
    end else begin
      state_q <= state_d;
      op_q <= op_d;
      slot_q <= slot_d;
      prog_q <= prog_d;
      word_q <= word_d;
      wait_q <= wait_d;
      held_q <= held_d;
      sel_q <= sel_d;
      psel_q <= psel_d;
      valid_q <= valid_d;
      error_q <= error_d;
      shut_q <= busy_o;
    end
  end
endmodule
`default_nettype wire
