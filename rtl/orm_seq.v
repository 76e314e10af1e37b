// orm_seq.v - sequencer of the one-time-readable memory: operations, vault, journal.
//
// Clock    clk_i, rising edge.  Reset  rst_ni, low = reset, sampled on clk_i; nothing nonvolatile.
//          After reset the journal is replayed before the first operation (busy_o).
// Timing   cmd_i starts an operation when busy_o is 0; error_o and err_o tell its end.
// Bounds   Each nonvolatile access and each step of the data bus waits at most TIMEOUT clocks.
// Fails to ST_TRAP (until reset: busy_o 0, error_o 1, outputs 0) when the nonvolatile memory does
//          not answer, an erased word is not zero, the journal is of no known kind, or a state is
//          not listed.
// Proofs   testbench/formal: vault.v, slot.v, erase.v, secret.v, oneway.v, count.v, waits.v.
//          testbench/tests/orm.rs: power cut at every clock of every move, the word in flight torn.
//          testbench/unit/tb_orm.v: refusals, traps, decisions that are not written twice.
//          testbench/tests/flips: each flop of the netlist inverted, at any clock.
//          ARCHITECTURE.md, invariants I1, I3, I5, I7, I11, I12.
//
// Torn words: every commit is one word that counts only when it equals one code. While it is being
// written both readings are right, so whatever a cut leaves in it does no harm. All other words are
// trusted only after their commit. A decision that stands (released, refunded, closing) is never
// written again: torn, it would be open again.
//
// Longer than our other modules on purpose: it is the one place that decides about money, and its
// operations share the word-by-word subroutines below.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "opera_regs.vh"
module orm_seq #(
    parameter ISSUER = 0,           // 1 = mint: PRESS puts new tokens into entries
    parameter [15:0] SLOTS = 16'd1024,
    parameter [15:0] ENTRIES = 16'd1024,
    parameter [23:0] TIMEOUT = 24'h00FFFF
) (
    input  wire         clk_i,
    input  wire         rst_ni,
    input  wire [127:0] device_key_i,
    // operation
    input  wire         cmd_i,
    input  wire [  7:0] op_i,
    input  wire [  7:0] sess_i,
    input  wire [ 15:0] k_i,        // entry within the session; base for OPEN
    input  wire [ 15:0] slot_i,     // repository slot; number of entries for OPEN
    input  wire [ 31:0] value_i,
    input  wire [ 31:0] ptk_i,      // word aes_next_i of PTK_IN, one clock later
    output wire         busy_o,
    output wire         error_o,
    output wire [  7:0] err_o,
    output wire [  7:0] sess_state_o,
    input  wire         sess_word_i, // 0 counter, 1 range; sess_o shows it one clock later
    output wire [ 31:0] sess_o,     // 0 unless a session is open and nothing runs
    input  wire [  1:0] ptk_word_i, // ptk_o shows it two clocks later
    output wire [ 31:0] ptk_o,
    output wire [  7:0] entry_state_o,
    // nonvolatile memory
    output wire         nv_req_o,
    output wire         nv_we_o,
    output wire [ 16:0] nv_addr_o,
    output wire [ 31:0] nv_wdata_o,
    input  wire         nv_ack_i,
    input  wire [ 31:0] nv_rdata_i,
    // AES engine
    output wire         aes_start_o,
    output wire [ 31:0] aes_key_o,
    output wire [ 31:0] aes_block_o,
    input  wire [  1:0] aes_word_i,
    input  wire [  1:0] aes_next_i,
    input  wire         aes_valid_i,
    input  wire         aes_done_i,
    input  wire [ 31:0] aes_result_i,
    output wire         aes_clear_o,
    // key buffer: words 0 to 3 PTK, 4 to 7 the stream of a move; read one clock after the address
    output reg          key_we_o,
    output reg  [  2:0] key_waddr_o,
    output wire [ 31:0] key_wdata_o,  // of the session buffer, too
    output reg  [  2:0] key_raddr_o,
    input  wire [ 31:0] key_rdata_i,
    // session buffer: see SESS_*; read one clock after the address
    output reg          sess_we_o,
    output reg  [  2:0] sess_waddr_o,
    output wire [ 31:0] sess_wdata_o,
    output reg  [  2:0] sess_raddr_o,
    input  wire [ 31:0] sess_rdata_i,
    // output buffer, input buffer, press buffer (24 words; read one clock after the address)
    output wire         out_we_o,
    output wire [  4:0] buf_addr_o,
    output wire [ 31:0] out_wdata_o,
    output wire         in_we_o,
    output wire [ 31:0] in_wdata_o,
    input  wire [ 31:0] in_rdata_i,
    input  wire [ 31:0] press_rdata_i,
    // data bus bytes
    output wire         tx_open_o,  // a transfer of ours is on the bus
    output wire         tx_valid_o,
    output wire [  7:0] tx_data_o,
    input  wire         tx_ready_i, // byte taken by the partner
    output wire         rx_open_o,  // we listen
    input  wire         rx_valid_i,
    input  wire [  7:0] rx_data_i,
    input  wire         rx_frame_i, // the partner's transfer is on the bus
    input  wire         tx_idle_i   // no handshake is half done
);
  localparam [31:0] YES = `OPERA_NV_CODE_YES;

  // States have a parity bit: one flop inverted makes an unlisted one.
  function [6:0] coded;
    input [5:0] n;
    coded = {^n, n};
  endfunction

  localparam [6:0] ST_BOOT = coded(6'd1);      // read the journal's commit
  localparam [6:0] ST_BOOT_KIND = coded(6'd2);
  localparam [6:0] ST_BOOT_ARG = coded(6'd3);
  localparam [6:0] ST_REPLAY = coded(6'd4);
  localparam [6:0] ST_IDLE = coded(6'd5);
  localparam [6:0] ST_LOAD = coded(6'd6);      // session record to registers
  localparam [6:0] ST_CHECK = coded(6'd7);
  localparam [6:0] ST_ENTRY = coded(6'd8);     // entry state is in rd_q
  localparam [6:0] ST_SLOT = coded(6'd9);      // slot state is in rd_q
  localparam [6:0] ST_SEAL = coded(6'd10);     // words 2 and 3 of the slot
  localparam [6:0] ST_PTK = coded(6'd11);
  localparam [6:0] ST_PTK_DONE = coded(6'd12);
  localparam [6:0] ST_UNWRAP = coded(6'd13);
  localparam [6:0] ST_COPY_TB = coded(6'd14);
  localparam [6:0] ST_COPY_REPO = coded(6'd15);
  localparam [6:0] ST_COPY_READ = coded(6'd16);
  localparam [6:0] ST_COPY_WRITE = coded(6'd17);
  localparam [6:0] ST_COPY_NEXT = coded(6'd18);
  localparam [6:0] ST_META = coded(6'd19);     // value and seal words of the destination
  localparam [6:0] ST_JOURNAL = coded(6'd20);
  localparam [6:0] ST_ERASE = coded(6'd21);
  localparam [6:0] ST_VERIFY = coded(6'd22);
  localparam [6:0] ST_ERASED = coded(6'd23);
  localparam [6:0] ST_MARK = coded(6'd24);
  localparam [6:0] ST_UNJOURNAL = coded(6'd25);
  localparam [6:0] ST_OUT = coded(6'd26);      // entry to output buffer, and to the bus for SEND
  localparam [6:0] ST_OUT_WORD = coded(6'd27);
  localparam [6:0] ST_SEND_BYTE = coded(6'd28);
  localparam [6:0] ST_RECEIVE = coded(6'd29);
  localparam [6:0] ST_RECEIVE_END = coded(6'd30);
  localparam [6:0] ST_STORE = coded(6'd31);    // input or press buffer to entry
  localparam [6:0] ST_STORE_WORD = coded(6'd32);
  localparam [6:0] ST_STORED = coded(6'd33);
  localparam [6:0] ST_VAULT = coded(6'd34);
  localparam [6:0] ST_VAULT_CHECK = coded(6'd35);
  localparam [6:0] ST_KEY = coded(6'd36);
  localparam [6:0] ST_KEY_WORD = coded(6'd37);
  localparam [6:0] ST_OPEN_SCAN = coded(6'd38);
  localparam [6:0] ST_OPEN_RANGE = coded(6'd39);
  localparam [6:0] ST_COUNT = coded(6'd40);    // session counter: banks and selector
  localparam [6:0] ST_COUNT_NEXT = coded(6'd41);
  localparam [6:0] ST_RECORD = coded(6'd42);   // new session record
  localparam [6:0] ST_CLOSE_SCAN = coded(6'd43);
  localparam [6:0] ST_CLOSE_ERASE = coded(6'd44);
  localparam [6:0] ST_CLOSED = coded(6'd45);
  localparam [6:0] ST_DIR = coded(6'd46);
  localparam [6:0] ST_DIR_VALUE = coded(6'd47);
  localparam [6:0] ST_NV = coded(6'd48);       // one nonvolatile access, then ret_q
  localparam [6:0] ST_AES = coded(6'd49);      // one block, then ret_q
  localparam [6:0] ST_AES_GO = coded(6'd50);
  localparam [6:0] ST_SEND_WAIT = coded(6'd51);
  localparam [6:0] ST_SEND_END = coded(6'd52);
  localparam [6:0] ST_BUF_WAIT = coded(6'd53);
  localparam [6:0] ST_CLOSE_CLEAR = coded(6'd54);
  localparam [6:0] ST_DIR_STATE = coded(6'd55);
  localparam [6:0] ST_DIR_EMPTY = coded(6'd56);
  localparam [6:0] ST_COUNT_BACK = coded(6'd57);
  localparam [6:0] ST_OPENED = coded(6'd58);
  localparam [6:0] ST_TRAP = coded(6'd63);

  (* fsm_encoding = "none" *)
  reg [6:0] state_q, state_d;
  reg [6:0] ret_q, ret_d;
  reg [7:0] op_d, err_d;
  reg [3:0] op_low_q, err_low_q;
  wire [7:0] op_q = {4'd0, op_low_q};    // no operation or error has a code above 15
  wire [7:0] err_q = {4'd0, err_low_q};
  reg [2:0] sess_q, sess_d;
  reg [15:0] k_q, k_d, slot_q, slot_d;
  reg [9:0] entry_q, entry_d;
  reg payer_q, payer_d, payee_q, payee_d, open_q, open_d, released_q, released_d;
  reg refunded_q, refunded_d, closing_q, closing_d, keyed_q, keyed_d;
  reg show_q, show_d;                 // ptk_o may show PTK
  reg shown_q;                        // and the key buffer's answer is a word of it
  reg sess_shown_q;                   // the session buffer's answer is the one that was asked for outside
  reg [3:0] zap_q, zap_d;             // word of the key buffer that is overwritten, 8 when done
  reg [31:0] rd_q, rd_d;
  reg nv_we_q, nv_we_d;
  reg [16:0] nv_addr_q, nv_addr_d;
  reg [31:0] nv_wdata_q, nv_wdata_d;
  reg [1:0] aes_sel_q, aes_sel_d;
  reg [5:0] w_q, w_d;                 // word, or step of a short list
  reg [6:0] byte_q, byte_d;
  reg [10:0] scan_q, scan_d;          // session, or entry of the session: no more than 1,024
  reg [23:0] wait_q, wait_d;
  reg [1:0] entry_state_q, entry_state_d;
  reg tx_q, tx_d, rx_q, rx_d;
  reg dirty_q, dirty_d;               // AES holds key material
  reg guard_q;                        // parity of what decides where a token goes and whether a key shows
  reg trap;

  wire [6:0] decided = {payer_q, payee_q, open_q, released_q, refunded_q, closing_q, keyed_q};
  wire [36:0] guarded_q = {op_low_q, sess_q, slot_q[9:0], entry_q, decided, show_q, aes_sel_q};
  wire [36:0] guarded_d = {op_d[3:0], sess_d, slot_d[9:0], entry_d, payer_d, payee_d, open_d, released_d, refunded_d,
      closing_d, keyed_d, show_d, aes_sel_d};

  // Where an access goes: page of 32 words.
  localparam [2:0] AT_ENTRY = 3'd0, AT_SLOT = 3'd1, AT_SESSION = 3'd2, AT_SCAN = 3'd3;
  localparam [2:0] AT_COUNTER = 3'd4, AT_JOURNAL = 3'd5, AT_DIR = 3'd6;
  localparam [16:0] ENTRIES_AT = `OPERA_NV_TB_BASE, SLOTS_AT = `OPERA_NV_REPO_BASE;
  localparam [16:0] SESSIONS_AT = `OPERA_NV_SESS_BASE, COUNTER_AT = `OPERA_NV_CTR_BASE;
  localparam [16:0] JOURNAL_AT = `OPERA_NV_JOURNAL_BASE;
  // What it writes.
  localparam [3:0] ZERO = 4'd0, CODE_YES = 4'd1, VALID = 4'd2, STAGED = 4'd3, RECEIVED = 4'd4;
  localparam [3:0] PAYER = 4'd5, PAYEE = 4'd6, KIND = 4'd7, READ = 4'd8, MORE = 4'd9;
  localparam [3:0] RANGE = 4'd10, MOVE = 4'd11, VALUE = 4'd12, TOKEN = 4'd13, KEY = 4'd14, BUFFER = 4'd15;

  // The request that a state makes of the memory; one adder and one choice of data serve them all.
  reg access, plus_w, restart;
  reg [2:0] place;
  reg [4:0] word;
  reg [3:0] what;
  reg [11:0] page;
  reg [31:0] code, data;

  localparam [1:0] AES_PTK = 2'd0, AES_WRAP = 2'd1, AES_TB = 2'd2, AES_REPO = 2'd3;

  // Words of the session buffer, their first byte highest: counter and range of the session (words 0 and
  // 1 of its record), the seal of the slot that is staged (its words 2 and 3), and of a SETTLE the pad over
  // the token's value; of a PRESS the value.
  localparam [2:0] SESS_CTR = 3'd0, SESS_RANGE = 3'd1, SESS_SEAL_CTR = 3'd4, SESS_SEAL_K = 3'd5, SESS_VALUE = 3'd6;

  function [31:0] swap;  // byte order of a word
    input [31:0] x;
    swap = {x[7:0], x[15:8], x[23:16], x[31:24]};
  endfunction

  wire is_stage = op_q == `OPERA_OP_STAGE;
  wire is_settle = op_q == `OPERA_OP_SETTLE;
  wire is_press = ISSUER != 0 && op_q == `OPERA_OP_PRESS;
  wire is_open = op_q == `OPERA_OP_OPEN_PAYER || op_q == `OPERA_OP_OPEN_PAYEE;
  wire [31:0] sess_word = swap(sess_rdata_i);
  wire [9:0] base = sess_word[9:0];  // where the range is read: CHECK and CLOSE
  wire [15:0] count = sess_word[31:16];
  // A code is one byte four times (opera.toml): compared with each other once, then one of them each.
  wire even = rd_q[31:8] == {3{rd_q[7:0]}};
  function is_code;
    input all_alike;
    input [7:0] first;
    input [31:0] code_word;
    is_code = all_alike && {4{first}} == code_word;
  endfunction
  wire rd_yes = is_code(even, rd_q[7:0], YES);
  wire rd_valid = is_code(even, rd_q[7:0], `OPERA_NV_SLOT_VALID);
  wire rd_staged = is_code(even, rd_q[7:0], `OPERA_NV_ENTRY_STAGED);
  wire rd_received = is_code(even, rd_q[7:0], `OPERA_NV_ENTRY_RECEIVED);
  wire rd_payer = is_code(even, rd_q[7:0], `OPERA_NV_ROLE_PAYER);
  wire rd_payee = is_code(even, rd_q[7:0], `OPERA_NV_ROLE_PAYEE);
  wire rd_was_stage = is_code(even, rd_q[7:0], `OPERA_NV_JOURNAL_STAGE);
  wire rd_was_settle = is_code(even, rd_q[7:0], `OPERA_NV_JOURNAL_SETTLE);
  wire rd_zero = is_code(even, rd_q[7:0], 32'd0);
  wire rd_ones = is_code(even, rd_q[7:0], 32'hFFFF_FFFF);
  wire held = !released_q && !refunded_q;
  // Operations that name one entry of the session.
  wire on_entry = is_stage || is_settle || is_press || op_q == `OPERA_OP_SEND
      || op_q == `OPERA_OP_RECEIVE || op_q == `OPERA_OP_PEEK;
  wire as_payer = is_stage || is_press || op_q == `OPERA_OP_SEND
      || op_q == `OPERA_OP_RELEASE || op_q == `OPERA_OP_REFUND;
  wire as_payee = op_q == `OPERA_OP_RECEIVE || op_q == `OPERA_OP_KEYLOAD;
  wire [9:0] absolute = base + k_q[9:0];
  wire [31:0] key_word = swap(key_rdata_i);
  wire [31:0] more = rd_q + 32'd1;
  wire [2:0] moved_from = is_stage ? AT_SLOT : AT_ENTRY;
  wire [2:0] moved_to = is_stage ? AT_ENTRY : AT_SLOT;
  // A range ends at 1,024 at most, so 11 bits hold its numbers; what has more is no range.
  wire small_range = k_q[15:11] == 5'd0 && slot_q[15:11] == 5'd0;
  wire [11:0] range_end = {1'b0, k_q[10:0]} + {1'b0, slot_q[10:0]};
  wire [11:0] other_end = {1'b0, rd_q[10:0]} + {1'b0, rd_q[26:16]};
  wire overlaps = rd_q[15:11] != 5'd0 || rd_q[31:27] != 5'd0
      || ({1'b0, k_q[10:0]} < other_end && {1'b0, rd_q[10:0]} < range_end);
  wire expired = wait_q == TIMEOUT;
  // The entry that is looked at next, or erased now: one adder, with the step as its carry.
  wire [10:0] scan_sum = {base, 1'b1} + {scan_q[9:0], state_q == ST_CLOSE_SCAN};
  wire [9:0] scan_entry = scan_sum[10:1];

  assign busy_o = state_q != ST_IDLE && state_q != ST_TRAP;
  assign error_o = err_q != `OPERA_ERR_NONE;
  assign err_o = err_q;
  assign sess_state_o = {2'b00, closing_q, keyed_q, refunded_q, released_q, payer_q, open_q};
  assign sess_o = (open_q && sess_shown_q) ? sess_rdata_i : 32'd0;
  assign ptk_o = (show_q && shown_q) ? key_rdata_i : 32'd0;
  assign entry_state_o = {6'd0, entry_state_q};
  assign nv_req_o = state_q == ST_NV;
  assign nv_we_o = nv_we_q && state_q == ST_NV;
  assign nv_addr_o = nv_addr_q;
  assign nv_wdata_o = nv_wdata_q;
  assign aes_start_o = state_q == ST_AES_GO;
  assign aes_key_o = (aes_sel_q == AES_TB) ? key_rdata_i : device_key_i[{~aes_word_i, 5'd0}+:32];
  assign aes_block_o = aes_block;
  assign aes_clear_o = dirty_q && !busy_o;  // at the end of an operation, and in a trap
  assign out_we_o = (state_q == ST_OUT_WORD && w_q < 6'd24) || state_q == ST_DIR_VALUE
      || state_q == ST_CLOSE_CLEAR;
  assign out_wdata_o = rd_q;
  assign in_we_o = state_q == ST_CLOSE_CLEAR
      || (state_q == ST_RECEIVE && rx_valid_i && byte_q >= 7'd2 && byte_q[1:0] == 2'd1);
  assign in_wdata_o = {rx_data_i, rd_q[31:8]};  // rx_data_i is 0 while we do not listen
  assign buf_addr_o = w_q[4:0];
  assign tx_open_o = tx_q;
  assign tx_valid_o = state_q == ST_SEND_BYTE;
  assign tx_data_o = rd_q[7:0];
  assign rx_open_o = rx_q;

  reg [31:0] aes_block;
  always @* begin : block
    case (aes_word_i)
      2'd0:
      aes_block = (aes_sel_q == AES_PTK) ? {"PTK", 8'd0}
          : {(aes_sel_q == AES_WRAP) ? "K" : (aes_sel_q == AES_TB) ? "T" : "R", 24'd0};
      2'd1: aes_block = (aes_sel_q == AES_REPO) ? sess_word : 32'd0;
      2'd2:
      aes_block = (aes_sel_q == AES_TB) ? {16'd0, k_q}
          : (aes_sel_q == AES_REPO) ? {is_stage ? sess_word[15:0] : k_q, slot_q} : 32'd0;
      default: aes_block = aes_sel_q[1] ? {29'd0, w_q[4:2]} : sess_word;
    endcase
  end

  // ---- key buffer: filled by the engine, used word by word, overwritten whenever nothing runs
  reg [31:0] word_mask;               // XORed to what is written to key or session buffer
  wire [31:0] new_word = ((state_q == ST_AES) ? aes_result_i : swap(rd_q)) ^ word_mask;

  assign key_wdata_o = busy_o ? new_word : 32'd0;
  always @* begin : key_buffer
    key_we_o = 1'b0;
    key_waddr_o = {ret_q != ST_PTK_DONE, aes_word_i};
    word_mask = 32'd0;
    if (show_q) key_raddr_o = {1'b0, ptk_word_i};
    else if (state_q == ST_AES || state_q == ST_AES_GO)
      key_raddr_o = {ret_q == ST_COPY_READ, aes_next_i};
    else key_raddr_o = {state_q != ST_NV || ret_q != ST_UNWRAP, w_q[1:0]};
    case (state_q)
      ST_AES: begin
        key_we_o = aes_valid_i;
        if (ret_q == ST_COPY_READ) word_mask = key_rdata_i;  // both streams
        if (ret_q == ST_KEY) word_mask = ptk_i;
      end
      ST_UNWRAP: begin
        key_we_o = 1'b1;
        key_waddr_o = {1'b0, w_q[1:0]};
        word_mask = key_rdata_i;
      end
      default:
      if (!busy_o) begin  // all but a PTK that shows
        key_we_o = !zap_q[3] && (zap_q[2] || !show_q);
        key_waddr_o = zap_q[2:0];
      end
    endcase
  end

  // ---- session buffer: filled where its words are read or made, read where they are used
  assign sess_wdata_o = (ISSUER != 0 && state_q == ST_IDLE) ? value_i : key_wdata_o;
  always @* begin : session_buffer
    sess_we_o = 1'b0;
    sess_waddr_o = SESS_VALUE;
    case (state_q)
      ST_IDLE: sess_we_o = cmd_i && ISSUER != 0;
      ST_LOAD: begin
        sess_we_o = w_q[2:1] == 2'd0;
        sess_waddr_o = {2'b00, w_q[0]};
      end
      ST_SEAL: begin
        sess_we_o = 1'b1;
        sess_waddr_o = w_q[0] ? SESS_SEAL_K : SESS_SEAL_CTR;
      end
      ST_AES:
      sess_we_o = aes_valid_i && aes_word_i == 2'd2 && ret_q == ST_COPY_REPO && is_settle && w_q == 6'd4;
      default: ;
    endcase
    if (!busy_o) sess_raddr_o = {2'b00, sess_word_i};
    else if (state_q == ST_AES || state_q == ST_AES_GO)
      sess_raddr_o = !(is_stage && aes_sel_q[1]) ? SESS_CTR : aes_next_i[1] ? SESS_SEAL_K : SESS_SEAL_CTR;
    else sess_raddr_o = (state_q == ST_LOAD || op_q == `OPERA_OP_CLOSE) ? SESS_RANGE : SESS_VALUE;
  end

  // One nonvolatile access, then state `then`. NVW counts from word w_q on.
  `define NV(write, where, at, data, then) begin \
        access = 1'b1; nv_we_d = write; place = where; word = at; what = data; ret_d = then; \
        restart = 1'b1; state_d = ST_NV; end
  `define NVW(write, where, at, data, then) begin plus_w = 1'b1; `NV(write, where, at, data, then) end
  `define AES(which, then) begin aes_sel_d = which; ret_d = then; restart = 1'b1; state_d = ST_AES_GO; end
  `define END(code) begin err_d = code; state_d = ST_IDLE; end

  always @* begin : next_state
    state_d = state_q;
    ret_d = ret_q;
    op_d = op_q;
    err_d = err_q;
    sess_d = sess_q;
    k_d = k_q;
    slot_d = slot_q;
    entry_d = entry_q;
    payer_d = payer_q;
    payee_d = payee_q;
    open_d = open_q;
    released_d = released_q;
    refunded_d = refunded_q;
    closing_d = closing_q;
    keyed_d = keyed_q;
    show_d = show_q;
    rd_d = rd_q;
    nv_we_d = nv_we_q;
    aes_sel_d = aes_sel_q;
    w_d = w_q;
    byte_d = byte_q;
    scan_d = scan_q;
    restart = 1'b0;
    entry_state_d = entry_state_q;
    tx_d = tx_q;
    rx_d = rx_q;
    dirty_d = dirty_q && busy_o;
    zap_d = busy_o ? 4'd0 : zap_q[3] ? zap_q : zap_q + 4'd1;
    access = 1'b0;
    plus_w = 1'b0;
    place = AT_ENTRY;
    word = 5'd0;
    what = ZERO;
    trap = 1'b0;

    case (state_q)
      // ---- subroutines ------------------------------------------------------------------------
      ST_NV:
      if (nv_ack_i) begin
        rd_d = nv_rdata_i;
        state_d = ret_q;
      end else if (expired) begin
        err_d = `OPERA_ERR_NV_TIMEOUT;
        state_d = ST_TRAP;
      end
      ST_AES_GO: begin
        dirty_d = 1'b1;
        restart = 1'b1;
        state_d = ST_AES;
      end
      ST_AES: begin
        if (aes_done_i) state_d = ret_q;
        else if (expired) begin
          err_d = `OPERA_ERR_NV_TIMEOUT;
          state_d = ST_TRAP;
        end
      end

      // ---- power-up: finish the move that was cut ------------------------------------------------
      ST_BOOT: `NV(1'b0, AT_JOURNAL, 5'd2, ZERO, ST_BOOT_KIND)
      // All of it is read twice: a flop that flips may not hide a move, nor change it.
      ST_BOOT_KIND: begin
        scan_d[0] = rd_yes;
        w_d = 6'd1;
        if (w_q[0] && scan_d[0] != scan_q[0]) trap = 1'b1;
        else if (rd_yes) `NV(1'b0, AT_JOURNAL, 5'd0, ZERO, ST_BOOT_ARG)
        else if (!w_q[0]) `NV(1'b0, AT_JOURNAL, 5'd2, ZERO, ST_BOOT_KIND)
        else state_d = ST_IDLE;
        if (rd_yes) w_d = w_q;
      end
      ST_BOOT_ARG: begin
        // The kind was written before the commit, so it is one of two, or the memory was touched.
        op_d = (rd_was_stage) ? `OPERA_OP_STAGE : `OPERA_OP_SETTLE;
        if ((rd_was_stage || rd_was_settle) && (!w_q[0] || op_d == op_q))
          `NV(1'b0, AT_JOURNAL, 5'd1, ZERO, ST_REPLAY)
        else trap = 1'b1;
      end
      ST_REPLAY: begin
        entry_d = rd_q[9:0];
        slot_d  = {6'd0, rd_q[25:16]};
        w_d = {5'd0, !w_q[0]};
        if (!w_q[0]) `NV(1'b0, AT_JOURNAL, 5'd2, ZERO, ST_BOOT_KIND)
        else if (entry_d != entry_q || slot_d[9:0] != slot_q[9:0]) trap = 1'b1;
        else state_d = is_stage ? ST_ERASE : ST_MARK;
      end

      // ---- operations -----------------------------------------------------------------------------
      ST_IDLE: begin
        tx_d = 1'b0;
        rx_d = 1'b0;
        if (cmd_i) begin
          op_d = op_i;
          sess_d = sess_i[2:0];
          k_d = k_i;
          slot_d = slot_i;
          err_d = `OPERA_ERR_NONE;
          show_d = 1'b0;
          w_d = 6'd0;
          scan_d = 11'd0;
          if (op_i == `OPERA_OP_DIRSCAN) begin
            if (slot_i[4:0] != 5'd0 || slot_i >= SLOTS) `END(`OPERA_ERR_BAD_SLOT)
            else state_d = ST_DIR;
          end else if (op_i == 8'd0 || op_i > `OPERA_OP_SESSREAD
                       || (op_i == `OPERA_OP_PRESS && ISSUER == 0)) `END(`OPERA_ERR_BAD_OP)
          else if (sess_i >= `OPERA_NV_SESSIONS) `END(`OPERA_ERR_BAD_SESSION)
          else `NV(1'b0, AT_SESSION, 5'd0, ZERO, ST_LOAD)
        end
      end
      ST_LOAD: begin  // twice, as the journal
        case (w_q[2:0])
          3'd0, 3'd1: ;  // into the session buffer
          3'd2: begin
            payer_d = rd_payer;
            payee_d = rd_payee;
          end
          3'd3: open_d = rd_yes;
          3'd4: released_d = rd_yes;
          3'd5: refunded_d = rd_yes;
          3'd6: closing_d = rd_yes;
          default: keyed_d = rd_yes;
        endcase
        w_d = w_q + 6'd1;
        if (w_q[3] && {payer_d, payee_d, open_d, released_d, refunded_d, closing_d, keyed_d} != decided) trap = 1'b1;
        else if (w_q == 6'd15) state_d = ST_CHECK;
        else `NV(1'b0, AT_SESSION, {2'd0, w_d[2:0]}, ZERO, ST_LOAD)
      end
      ST_CHECK: begin
        w_d = 6'd0;
        entry_d = absolute;
        if (op_q == `OPERA_OP_SESSREAD) begin
          if (!open_q) begin
            // Nothing of a record that is not open counts.
            {payer_d, payee_d, released_d, refunded_d, closing_d, keyed_d} = 6'd0;
            state_d = ST_IDLE;
          end else if (payer_q && released_q) state_d = ST_PTK;
          else state_d = ST_IDLE;
        end else if (is_open) begin  // before the record is written, and after
          if (open_q != scan_q[3]) `END(`OPERA_ERR_BAD_SESSION)
          else if (open_q) state_d = ST_IDLE;
          else if (slot_q == 16'd0 || !small_range || range_end > ENTRIES[11:0]) `END(`OPERA_ERR_BAD_RANGE)
          else `NV(1'b0, AT_SCAN, 5'd3, ZERO, ST_OPEN_SCAN)
        end else if (!open_q || (closing_q && op_q != `OPERA_OP_CLOSE) || payer_q == payee_q
            || (as_payer && !payer_q) || (as_payee && !payee_q)) `END(`OPERA_ERR_BAD_SESSION)
        else if (on_entry && k_q >= count) `END(`OPERA_ERR_BAD_ENTRY)
        else
          case (op_q)
            `OPERA_OP_STAGE, `OPERA_OP_PRESS:
            if (!held) `END(`OPERA_ERR_VAULT)
            else if (is_stage && slot_q >= SLOTS) `END(`OPERA_ERR_BAD_SLOT)
            else `NV(1'b0, AT_ENTRY, 5'd0, ZERO, ST_ENTRY)
            `OPERA_OP_SETTLE:
            if (!(payee_q && keyed_q) && !(payer_q && refunded_q && !released_q))
              `END(`OPERA_ERR_VAULT)
            else if (slot_q >= SLOTS) `END(`OPERA_ERR_BAD_SLOT)
            else `NV(1'b0, AT_ENTRY, 5'd0, ZERO, ST_ENTRY)
            `OPERA_OP_SEND:
            if (refunded_q) `END(`OPERA_ERR_VAULT)
            else `NV(1'b0, AT_ENTRY, 5'd0, ZERO, ST_ENTRY)
            `OPERA_OP_RECEIVE:
            if (keyed_q) `END(`OPERA_ERR_VAULT)
            else `NV(1'b0, AT_ENTRY, 5'd0, ZERO, ST_ENTRY)
            `OPERA_OP_PEEK:
            `NV(1'b0, AT_ENTRY, 5'd0, ZERO, ST_ENTRY)
            `OPERA_OP_RELEASE:
            if (refunded_q) `END(`OPERA_ERR_VAULT)
            else if (released_q) state_d = ST_PTK;  // see "Torn words"
            else `NV(1'b1, AT_SESSION, 5'd4, CODE_YES, ST_VAULT)
            `OPERA_OP_REFUND:
            if (released_q) `END(`OPERA_ERR_VAULT)
            else if (refunded_q) state_d = ST_IDLE;
            else `NV(1'b1, AT_SESSION, 5'd5, CODE_YES, ST_VAULT)
            `OPERA_OP_KEYLOAD:
            if (keyed_q) `END(`OPERA_ERR_VAULT)
            else `AES(AES_WRAP, ST_KEY)
            `OPERA_OP_CLOSE:
            // A payer that released, and a CLOSE that was cut, need no look at the entries.
            if (closing_q) state_d = ST_CLOSE_ERASE;
            else if (payer_q && released_q) `NV(1'b1, AT_SESSION, 5'd6, CODE_YES, ST_CLOSE_ERASE)
            else begin
              entry_d = base;
              `NV(1'b0, AT_ENTRY, 5'd0, ZERO, ST_CLOSE_SCAN)
            end
            default: `END(`OPERA_ERR_BAD_OP)
          endcase
      end
      ST_ENTRY: begin
        w_d = 6'd0;
        case (op_q)
          `OPERA_OP_STAGE:
          if (rd_staged || rd_received) `END(`OPERA_ERR_BAD_ENTRY)
          else `NV(1'b0, AT_SLOT, 5'd0, ZERO, ST_SLOT)
          `OPERA_OP_PRESS:
          if (rd_staged || rd_received) `END(`OPERA_ERR_BAD_ENTRY)
          else state_d = ST_STORE;
          `OPERA_OP_SETTLE:
          if (payer_q ? !rd_staged : !rd_received) `END(`OPERA_ERR_BAD_ENTRY)
          else `NV(1'b0, AT_SLOT, 5'd0, ZERO, ST_SLOT)
          `OPERA_OP_SEND:
          if (!rd_staged) `END(`OPERA_ERR_BAD_ENTRY)
          else begin
            tx_d = 1'b1;
            byte_d = 7'd2;
            rd_d = {16'd0, k_q[7:0], k_q[15:8]};
            restart = 1'b1;
            state_d = ST_SEND_BYTE;
          end
          `OPERA_OP_RECEIVE:
          if (rd_staged) `END(`OPERA_ERR_BAD_ENTRY)
          else begin
            rx_d = 1'b1;
            byte_d = 7'd0;
            restart = 1'b1;
            state_d = ST_RECEIVE;
          end
          default: begin  // PEEK
            entry_state_d = rd_staged ? 2'd1 : rd_received ? 2'd2 : 2'd0;
            if (rd_staged || rd_received) `NV(1'b0, AT_ENTRY, 5'd8, ZERO, ST_OUT_WORD)
            else state_d = ST_IDLE;
          end
        endcase
      end
      ST_SLOT:
      if (is_stage) begin
        if (!rd_valid) `END(`OPERA_ERR_BAD_SLOT)
        else `NV(1'b0, AT_SLOT, 5'd2, ZERO, ST_SEAL)
      end else if (rd_valid) `END(`OPERA_ERR_BAD_SLOT)
      else begin
        state_d = ST_PTK;
      end
      ST_SEAL: begin  // into the session buffer
        w_d = w_q + 6'd1;
        if (w_q[0]) state_d = ST_PTK;
        else `NV(1'b0, AT_SLOT, 5'd3, ZERO, ST_SEAL)
      end

      // ---- PTK: derived by a payer, unwrapped by a payee ------------------------------------------
      ST_PTK: begin
        w_d = 6'd0;
        if (payer_q) `AES(AES_PTK, ST_PTK_DONE)
        else `AES(AES_WRAP, ST_PTK_DONE)
      end
      ST_PTK_DONE: begin
        if (payee_q) `NV(1'b0, AT_SESSION, 5'd8, ZERO, ST_UNWRAP)
        else if (is_stage || is_settle) state_d = ST_COPY_TB;
        else begin  // RELEASE, SESSREAD
          show_d = 1'b1;
          state_d = ST_IDLE;
        end
      end
      ST_UNWRAP: begin
        w_d = w_q + 6'd1;
        if (w_q == 6'd3) begin
          w_d = 6'd0;
          state_d = ST_COPY_TB;
        end else `NVW(1'b0, AT_SESSION, 5'd9, ZERO, ST_UNWRAP)
      end

      // ---- the move: STAGE and SETTLE are the same XOR, in opposite directions ---------------------
      ST_COPY_TB: `AES(AES_TB, ST_COPY_REPO)
      ST_COPY_REPO: `AES(AES_REPO, ST_COPY_READ)
      ST_COPY_READ: `NVW(1'b0, moved_from, 5'd8, ZERO, ST_COPY_WRITE)
      ST_COPY_WRITE: `NVW(1'b1, moved_to, 5'd8, TOKEN, ST_COPY_NEXT)
      ST_COPY_NEXT: begin
        w_d = w_q + 6'd1;
        if (w_q == 6'd23) begin
          w_d = 6'd0;
          state_d = ST_META;
        end else if (w_q[1:0] == 2'd3) state_d = ST_COPY_TB;
        else state_d = ST_COPY_READ;
      end
      ST_META: begin  // the value goes along; a SETTLE makes it from the entry, and seals the slot
        w_d = w_q + 6'd1;
        if (w_q == 6'd0) `NV(1'b0, moved_from, is_stage ? 5'd1 : 5'd14, ZERO, ST_META)
        else if (is_stage) begin
          w_d = 6'd0;
          `NV(1'b1, AT_ENTRY, 5'd1, READ, ST_JOURNAL)
        end else
          case (w_q[2:0])
            3'd1: `NV(1'b1, AT_SLOT, 5'd1, VALUE, ST_META)
            3'd2: `NV(1'b0, AT_SESSION, 5'd0, ZERO, ST_META)
            3'd3: `NV(1'b1, AT_SLOT, 5'd2, READ, ST_META)
            default: begin
              w_d = 6'd0;
              `NV(1'b1, AT_SLOT, 5'd3, RANGE, ST_JOURNAL)
            end
          endcase
      end
      ST_JOURNAL: begin
        w_d = w_q + 6'd1;
        case (w_q[1:0])
          2'd0:
          `NV(1'b1, AT_JOURNAL, 5'd0, KIND, ST_JOURNAL)
          2'd1:
          `NV(1'b1, AT_JOURNAL, 5'd1, MOVE, ST_JOURNAL)
          default: begin  // from here on the move is finished, not undone
            w_d = 6'd0;
            `NV(1'b1, AT_JOURNAL, 5'd2, CODE_YES, is_stage ? ST_ERASE : ST_MARK)
          end
        endcase
      end
      // STAGE: erase and check the slot, then mark the entry. SETTLE: mark the slot, then erase.
      ST_ERASE:
      `NVW(1'b1, moved_from, 5'd0, ZERO, ST_VERIFY)
      ST_VERIFY:
      `NVW(1'b0, moved_from, 5'd0, ZERO, ST_ERASED)
      ST_ERASED: begin
        w_d = w_q + 6'd1;
        if (!rd_zero) begin
          err_d = `OPERA_ERR_ERASE;
          state_d = ST_TRAP;
        end else if (w_q != 6'd31) state_d = ST_ERASE;
        else if (op_q == `OPERA_OP_CLOSE) begin
          w_d = 6'd0;
          scan_d = scan_q + 11'd1;
          state_d = ST_CLOSE_ERASE;
        end else state_d = is_stage ? ST_MARK : ST_UNJOURNAL;
      end
      ST_MARK: begin
        w_d = 6'd0;
        if (is_stage) `NV(1'b1, AT_ENTRY, 5'd0, STAGED, ST_UNJOURNAL)
        else `NV(1'b1, AT_SLOT, 5'd0, VALID, ST_ERASE)
      end
      ST_UNJOURNAL: begin
        err_d = `OPERA_ERR_NONE;
        `NV(1'b1, AT_JOURNAL, 5'd2, ZERO, ST_IDLE)
      end

      // ---- entry to output buffer and data bus ------------------------------------------------------
      ST_OUT:
      if (w_q == 6'd24) state_d = (op_q == `OPERA_OP_SEND) ? ST_SEND_END : ST_IDLE;
      else `NVW(1'b0, AT_ENTRY, 5'd8, ZERO, ST_OUT_WORD)
      ST_OUT_WORD: begin  // rd_q goes into the output buffer in this clock
        byte_d = 7'd4;
        restart = 1'b1;
        w_d = w_q + 6'd1;
        state_d = (op_q == `OPERA_OP_SEND) ? ST_SEND_BYTE : ST_OUT;
      end
      ST_SEND_BYTE:
      if (tx_ready_i) begin
        rd_d = {8'd0, rd_q[31:8]};
        byte_d = byte_q - 7'd1;
        restart = 1'b1;
        state_d = (byte_q == 7'd1) ? ST_OUT : ST_SEND_WAIT;
      end else if (expired) `END(`OPERA_ERR_BUS_TIMEOUT)
      ST_SEND_WAIT: state_d = ST_SEND_BYTE;
      ST_SEND_END: begin
        tx_d = 1'b0;
        if (tx_idle_i) state_d = ST_IDLE;
        else if (expired) `END(`OPERA_ERR_BUS_TIMEOUT)
      end

      // ---- data bus to input buffer to entry --------------------------------------------------------
      ST_RECEIVE:
      if (rx_valid_i) begin
        restart = 1'b1;
        byte_d = byte_q + 7'd1;
        rd_d = {rx_data_i, rd_q[31:8]};
        if ((byte_q == 7'd0 && rx_data_i != k_q[15:8]) || (byte_q == 7'd1 && rx_data_i != k_q[7:0]))
          `END(`OPERA_ERR_BUS_FRAME)
        else if (byte_q >= 7'd2 && byte_q[1:0] == 2'd1) w_d = w_q + 6'd1;
        if (byte_q == 7'd97) state_d = ST_RECEIVE_END;
      end else if (expired) `END(`OPERA_ERR_BUS_TIMEOUT)
      else if (byte_q != 7'd0 && !rx_frame_i) `END(`OPERA_ERR_BUS_FRAME)
      ST_RECEIVE_END:
      if (rx_valid_i) `END(`OPERA_ERR_BUS_FRAME)
      else if (!rx_frame_i) begin
        rx_d = 1'b0;
        w_d = 6'd0;
        // What is replaced stops being a token before its words change.
        `NV(1'b1, AT_ENTRY, 5'd0, ZERO, ST_STORE)
      end else if (expired) `END(`OPERA_ERR_BUS_TIMEOUT)
      ST_STORE: state_d = ST_BUF_WAIT;  // the buffer's answer comes in the next clock
      ST_BUF_WAIT: state_d = ST_STORE_WORD;
      ST_STORE_WORD:
      if (w_q == 6'd24) begin
        if (is_press) `NV(1'b1, AT_ENTRY, 5'd1, VALUE, ST_STORED)
        else state_d = ST_STORED;
      end else begin
        w_d = w_q + 6'd1;
        `NVW(1'b1, AT_ENTRY, 5'd8, BUFFER, ST_STORE)
      end
      ST_STORED:
      `NV(1'b1, AT_ENTRY, 5'd0, is_press ? STAGED : RECEIVED, ST_IDLE)

      // ---- vault --------------------------------------------------------------------------------------
      ST_VAULT:
      `NV(1'b0, AT_SESSION, (op_q == `OPERA_OP_RELEASE) ? 5'd4 : 5'd5, ZERO, ST_VAULT_CHECK)
      ST_VAULT_CHECK:
      if (!rd_yes) begin
        err_d = `OPERA_ERR_VAULT;
        state_d = ST_TRAP;
      end else if (op_q == `OPERA_OP_RELEASE) begin
        released_d = 1'b1;
        state_d = ST_PTK;
      end else begin
        refunded_d = 1'b1;
        state_d = ST_IDLE;
      end
      ST_KEY: begin
        w_d = 6'd0;
        state_d = ST_KEY_WORD;
      end
      ST_KEY_WORD: begin
        w_d = w_q + 6'd1;
        if (w_q == 6'd4) begin
          keyed_d = 1'b1;
          `NV(1'b1, AT_SESSION, 5'd7, CODE_YES, ST_IDLE)
        end else `NVW(1'b1, AT_SESSION, 5'd8, KEY, ST_KEY_WORD)
      end

      // ---- OPEN -----------------------------------------------------------------------------------------
      ST_OPEN_SCAN:  // rd_q: open word of session scan_q
      if (rd_yes)
        `NV(1'b0, AT_SCAN, 5'd1, ZERO, ST_OPEN_RANGE)
      else begin
        rd_d = 32'd0;
        state_d = ST_OPEN_RANGE;
      end
      ST_OPEN_RANGE:
      if (overlaps) `END(`OPERA_ERR_BAD_RANGE)
      else begin
        scan_d = scan_q + 11'd1;
        if (scan_q == 11'd7) begin
          w_d = 6'd0;
          `NV(1'b0, AT_COUNTER, 5'd2, ZERO, ST_COUNT)
        end else
          `NV(1'b0, AT_SCAN, 5'd3, ZERO, ST_OPEN_SCAN)
      end
      ST_COUNT: begin  // the selector, then the bank that counts
        w_d = w_q + 6'd1;
        if (!w_q[0]) `NV(1'b0, AT_COUNTER, {4'd0, rd_yes}, ZERO, ST_COUNT)
        else if (rd_ones) `END(`OPERA_ERR_EXHAUSTED)
        else  // write the bank that does not count, then let it count
          `NV(1'b1, AT_COUNTER, {4'd0, !nv_addr_q[0]}, MORE, ST_COUNT_NEXT)
      end
      ST_COUNT_NEXT: begin
        w_d = {5'd0, nv_addr_q[0]};
        `NV(1'b1, AT_COUNTER, 5'd2, nv_addr_q[0] ? CODE_YES : ZERO, ST_COUNT_BACK)
      end
      ST_COUNT_BACK: begin  // what the memory holds is what the session gets
        w_d = 6'd0;
        `NVW(1'b0, AT_COUNTER, 5'd0, ZERO, ST_RECORD)
      end
      ST_RECORD: begin
        w_d = w_q + 6'd1;
        case (w_q[2:0])
          3'd0: `NV(1'b1, AT_SESSION, 5'd0, READ, ST_RECORD)
          3'd1: `NV(1'b1, AT_SESSION, 5'd1, RANGE, ST_RECORD)
          3'd2: `NV(1'b1, AT_SESSION, 5'd2, (op_q == `OPERA_OP_OPEN_PAYER) ? PAYER : PAYEE, ST_RECORD)
          3'd3, 3'd4, 3'd5, 3'd6: `NVW(1'b1, AT_SESSION, 5'd1, ZERO, ST_RECORD)
          default: `NV(1'b1, AT_SESSION, 5'd3, CODE_YES, ST_OPENED)
        endcase
      end
      ST_OPENED: begin  // and what is open is what stands there
        w_d = 6'd0;
        `NV(1'b0, AT_SESSION, 5'd0, ZERO, ST_LOAD)
      end

      // ---- CLOSE ----------------------------------------------------------------------------------------
      ST_CLOSE_SCAN:  // rd_q: state of entry scan_q
      if ((payer_q && rd_staged) || (payee_q && keyed_q && rd_received)) `END(`OPERA_ERR_NOT_CLOSABLE)
      else begin
        scan_d = scan_q + 11'd1;
        if (scan_d == count[10:0]) begin
          scan_d = 11'd0;
          `NV(1'b1, AT_SESSION, 5'd6, CODE_YES, ST_CLOSE_ERASE)
        end else begin
          entry_d = scan_entry;
          `NV(1'b0, AT_ENTRY, 5'd0, ZERO, ST_CLOSE_SCAN)
        end
      end
      ST_CLOSE_ERASE: begin
        closing_d = 1'b1;
        rd_d = 32'd0;  // what goes into the buffers
        entry_d = scan_entry;
        w_d = 6'd0;
        state_d = (scan_q == count[10:0]) ? ST_CLOSE_CLEAR : ST_ERASE;
      end
      ST_CLOSE_CLEAR: begin  // both token buffers
        w_d = w_q + 6'd1;
        if (w_q == 6'd31) `NV(1'b1, AT_SESSION, 5'd3, ZERO, ST_CLOSED)
      end
      ST_CLOSED: begin
        {open_d, closing_d, released_d, refunded_d, keyed_d, payer_d, payee_d} = 7'd0;
        state_d = ST_IDLE;
      end

      // ---- directory ------------------------------------------------------------------------------------
      ST_DIR: `NV(1'b0, AT_DIR, 5'd0, ZERO, ST_DIR_STATE)
      // The value of an empty slot is read, too, and dropped: the time tells nothing about the content.
      ST_DIR_STATE: begin
        scan_d = {10'd0, rd_valid};
        `NV(1'b0, AT_DIR, 5'd1, ZERO, ST_DIR_EMPTY)
      end
      ST_DIR_EMPTY: begin
        if (!scan_q[0]) rd_d = 32'd0;
        state_d = ST_DIR_VALUE;
      end
      ST_DIR_VALUE: begin  // rd_q goes into the output buffer in this clock
        w_d = w_q + 6'd1;
        state_d = (w_q == 6'd31) ? ST_IDLE : ST_DIR;
      end
      default: trap = 1'b1;  // ST_TRAP and every unlisted code
    endcase
    if (trap || guard_q != ^guarded_q) begin
      state_d = ST_TRAP;
      if (err_q == `OPERA_ERR_NONE) err_d = `OPERA_ERR_ERASE;
      {show_d, tx_d, rx_d} = 3'd0;
      rd_d = 32'd0;
    end

    wait_d = restart ? 24'd0 : wait_q + 24'd1;
    case (place)
      AT_ENTRY: page = ENTRIES_AT[16:5] | {2'b00, entry_d};
      AT_SLOT: page = SLOTS_AT[16:5] | {2'b00, slot_q[9:0]};
      AT_SESSION: page = SESSIONS_AT[16:5] | {9'd0, sess_d};
      AT_SCAN: page = SESSIONS_AT[16:5] | {9'd0, scan_d[2:0]};
      AT_COUNTER: page = COUNTER_AT[16:5];
      AT_JOURNAL: page = JOURNAL_AT[16:5];
      default: page = SLOTS_AT[16:5] | {2'b00, slot_q[9:5], w_q[4:0]};  // AT_DIR
    endcase
    nv_addr_d = access ? {page, word + (plus_w ? w_q[4:0] : 5'd0)} : nv_addr_q;
    case (what[2:0])
      CODE_YES[2:0]: code = YES;
      VALID[2:0]: code = `OPERA_NV_SLOT_VALID;
      STAGED[2:0]: code = `OPERA_NV_ENTRY_STAGED;
      RECEIVED[2:0]: code = `OPERA_NV_ENTRY_RECEIVED;
      PAYER[2:0]: code = `OPERA_NV_ROLE_PAYER;
      PAYEE[2:0]: code = `OPERA_NV_ROLE_PAYEE;
      KIND[2:0]: code = is_stage ? `OPERA_NV_JOURNAL_STAGE : `OPERA_NV_JOURNAL_SETTLE;
      default: code = 32'd0;  // ZERO
    endcase
    case (what[2:0])
      READ[2:0]: data = rd_q;
      MORE[2:0]: data = more;
      RANGE[2:0]: data = {slot_q, k_q};
      MOVE[2:0]: data = {slot_q, 6'd0, entry_q};
      VALUE[2:0]: data = (is_press ? 32'd0 : swap(rd_q)) ^ sess_rdata_i;
      TOKEN[2:0]: data = rd_q ^ key_word;
      KEY[2:0]: data = key_word;
      default: data = is_press ? press_rdata_i : in_rdata_i;  // BUFFER
    endcase
    nv_wdata_d = !access ? nv_wdata_q : what[3] ? data : code;
  end

  always @(posedge clk_i) begin : state_reg
    if (!rst_ni) begin
      state_q <= ST_BOOT;
      ret_q <= 7'd0;
      op_low_q <= 4'd0;
      err_low_q <= 4'd0;
      sess_q <= 3'd0;
      k_q <= 16'd0;
      slot_q <= 16'd0;
      entry_q <= 10'd0;
      payer_q <= 1'd0;
      payee_q <= 1'd0;
      open_q <= 1'd0;
      released_q <= 1'd0;
      refunded_q <= 1'd0;
      closing_q <= 1'd0;
      keyed_q <= 1'd0;
      show_q <= 1'd0;
      shown_q <= 1'b0;
      sess_shown_q <= 1'b0;
      zap_q <= 4'd0;
      rd_q <= 32'd0;
      nv_we_q <= 1'd0;
      nv_addr_q <= 17'd0;
      nv_wdata_q <= 32'd0;
      aes_sel_q <= 2'd0;
      w_q <= 6'd0;
      byte_q <= 7'd0;
      scan_q <= 11'd0;
      wait_q <= 24'd0;
      entry_state_q <= 2'd0;
      tx_q <= 1'd0;
      rx_q <= 1'd0;
      dirty_q <= 1'd0;
      guard_q <= 1'b0;
    end else begin
      state_q <= state_d;
      ret_q <= ret_d;
      op_low_q <= op_d[3:0];
      err_low_q <= err_d[3:0];
      sess_q <= sess_d;
      k_q <= k_d;
      slot_q <= slot_d;
      entry_q <= entry_d;
      payer_q <= payer_d;
      payee_q <= payee_d;
      open_q <= open_d;
      released_q <= released_d;
      refunded_q <= refunded_d;
      closing_q <= closing_d;
      keyed_q <= keyed_d;
      show_q <= show_d;
      shown_q <= show_q;
      sess_shown_q <= !busy_o;
      zap_q <= zap_d;
      rd_q <= rd_d;
      nv_we_q <= nv_we_d;
      nv_addr_q <= nv_addr_d;
      nv_wdata_q <= nv_wdata_d;
      aes_sel_q <= aes_sel_d;
      w_q <= w_d;
      byte_q <= byte_d;
      scan_q <= scan_d;
      wait_q <= wait_d;
      entry_state_q <= entry_state_d;
      tx_q <= tx_d;
      rx_q <= rx_d;
      dirty_q <= dirty_d;
      guard_q <= ^guarded_d;
    end
  end

  /* verilator lint_off UNUSEDSIGNAL */
  wire unused_ok = &{1'b0, op_d[7:4], err_d[7:4], scan_sum[0]};
  /* verilator lint_on UNUSEDSIGNAL */
  `undef NV
  `undef NVW
  `undef AES
  `undef END
endmodule
`default_nettype wire
