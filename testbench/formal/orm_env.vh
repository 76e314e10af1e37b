// orm_env.vh - body shared by the topics on orm_seq: the sequencer, its ports free, and names.
//
// Outside  everything is free in every clock: operations and their arguments, reset, memory latency
//          and content (but for the words a topic tracks), AES answers, buffers, both buses.
//          ISSUER is 1: an ORM of a mint does all that one of a wallet does, and PRESS.
// Cuts     reset may come in any clock. A word that is being written holds `torn_i`, anything, from
//          the request to the acknowledge, so a cut leaves anything in it. That covers an access
//          that nv_arb still finishes after the cut (the value written) or never began (the old).
// SPDX-License-Identifier: Apache-2.0
  localparam [31:0] YES = `OPERA_NV_CODE_YES;
  wire busy, error, nv_req, nv_we, out_we, in_we, tx_open, tx_valid, rx_open;
  wire aes_start, aes_clear;
  wire [7:0] err, sess_state, entry_state, tx_data;
  wire [31:0] sess_ctr, nv_wdata, out_wdata, in_wdata;
  wire [15:0] sess_base, sess_n;
  wire [127:0] ptk, aes_key, aes_block;
  wire [16:0] nv_addr;
  wire [4:0] buf_addr;
  wire [31:0] nv_rdata;  // the topic says what a read gives

  orm_seq #(
      .ISSUER(1)
  ) u_seq (
      .clk_i        (clk_i),
      .rst_ni       (rst_ni),
      .device_key_i (device_key_i),
      .cmd_i        (cmd_i),
      .op_i         (op_i),
      .sess_i       (sess_i),
      .k_i          (k_i),
      .slot_i       (slot_i),
      .value_i      (value_i),
      .ptk_i        (ptk_i),
      .busy_o       (busy),
      .error_o      (error),
      .err_o        (err),
      .sess_state_o (sess_state),
      .sess_ctr_o   (sess_ctr),
      .sess_base_o  (sess_base),
      .sess_n_o     (sess_n),
      .ptk_o        (ptk),
      .entry_state_o(entry_state),
      .nv_req_o     (nv_req),
      .nv_we_o      (nv_we),
      .nv_addr_o    (nv_addr),
      .nv_wdata_o   (nv_wdata),
      .nv_ack_i     (nv_ack_i),
      .nv_rdata_i   (nv_rdata),
      .aes_start_o  (aes_start),
      .aes_key_o    (aes_key),
      .aes_block_o  (aes_block),
      .aes_done_i   (aes_done_i),
      .aes_result_i (aes_result_i),
      .aes_clear_o  (aes_clear),
      .out_we_o     (out_we),
      .buf_addr_o   (buf_addr),
      .out_wdata_o  (out_wdata),
      .in_we_o      (in_we),
      .in_wdata_o   (in_wdata),
      .in_rdata_i   (in_rdata_i),
      .press_rdata_i(press_rdata_i),
      .tx_open_o    (tx_open),
      .tx_valid_o   (tx_valid),
      .tx_data_o    (tx_data),
      .tx_ready_i   (tx_ready_i),
      .rx_open_o    (rx_open),
      .rx_valid_i   (rx_valid_i),
      .rx_data_i    (rx_data_i),
      .rx_frame_i   (rx_frame_i),
      .tx_idle_i    (tx_idle_i)
  );

  `PROBE([5:0], u_seq.state_q)
  `PROBE([5:0], u_seq.ret_q)
  `PROBE([7:0], u_seq.op_q)
  `PROBE([2:0], u_seq.sess_q)
  `PROBE([15:0], u_seq.slot_q)
  `PROBE([9:0], u_seq.entry_q)
  `PROBE([5:0], u_seq.w_q)
  `PROBE([31:0], u_seq.rd_q)
  `PROBE(, u_seq.nv_we_q)
  `PROBE([16:0], u_seq.nv_addr_q)
  `PROBE([31:0], u_seq.nv_wdata_q)
  `PROBE(, u_seq.payer_q)
  `PROBE(, u_seq.payee_q)
  `PROBE(, u_seq.open_q)
  `PROBE(, u_seq.released_q)
  `PROBE(, u_seq.refunded_q)
  `PROBE(, u_seq.keyed_q)
  `PROBE(, u_seq.show_q)

  localparam [5:0] ST_BOOT = 6'd1, ST_BOOT_KIND = 6'd2, ST_BOOT_ARG = 6'd3, ST_REPLAY = 6'd4, ST_IDLE = 6'd5,
      ST_LOAD = 6'd6, ST_CHECK = 6'd7, ST_ENTRY = 6'd8, ST_SLOT = 6'd9, ST_SEAL = 6'd10, ST_PTK = 6'd11,
      ST_PTK_DONE = 6'd12, ST_UNWRAP = 6'd13, ST_COPY_TB = 6'd14, ST_COPY_REPO = 6'd15, ST_COPY_READ = 6'd16,
      ST_COPY_WRITE = 6'd17, ST_COPY_NEXT = 6'd18, ST_META = 6'd19, ST_JOURNAL = 6'd20, ST_ERASE = 6'd21,
      ST_VERIFY = 6'd22, ST_ERASED = 6'd23, ST_MARK = 6'd24, ST_UNJOURNAL = 6'd25, ST_OUT = 6'd26,
      ST_OUT_WORD = 6'd27, ST_SEND_BYTE = 6'd28, ST_RECEIVE = 6'd29, ST_RECEIVE_END = 6'd30, ST_STORE = 6'd31,
      ST_STORE_WORD = 6'd32, ST_STORED = 6'd33, ST_VAULT = 6'd34, ST_VAULT_CHECK = 6'd35, ST_KEY = 6'd36,
      ST_KEY_WORD = 6'd37, ST_OPEN_SCAN = 6'd38, ST_OPEN_RANGE = 6'd39, ST_COUNT = 6'd40, ST_COUNT_NEXT = 6'd41,
      ST_RECORD = 6'd42, ST_CLOSE_SCAN = 6'd43, ST_CLOSE_ERASE = 6'd44, ST_CLOSED = 6'd45, ST_DIR = 6'd46,
      ST_DIR_VALUE = 6'd47, ST_NV = 6'd48, ST_AES = 6'd49, ST_AES_GO = 6'd50, ST_SEND_WAIT = 6'd51,
      ST_SEND_END = 6'd52, ST_BUF_WAIT = 6'd53, ST_CLOSE_CLEAR = 6'd54, ST_DIR_STATE = 6'd55, ST_TRAP = 6'd63;

  reg f_past = 1'b0;
  always @(posedge clk_i) f_past <= 1'b1;
  always @* if (!f_past) begin
    `ASSUME(m_starts_in_reset, !rst_ni)
  end

  wire [5:0] st = u_seq.state_q;
  wire in_nv = st == ST_NV;
  wire in_sub = in_nv || st == ST_AES || st == ST_AES_GO;
  wire [5:0] at = in_sub ? u_seq.ret_q : st;  // the state we are in, or come back to
  wire [5:0] w = u_seq.w_q;
  wire [7:0] op = u_seq.op_q;
  wire writing = in_nv && u_seq.nv_we_q;
  wire [16:0] na = u_seq.nv_addr_q;
  wire [31:0] nd = u_seq.nv_wdata_q;
  wire is_stage = op == `OPERA_OP_STAGE;
  wire is_settle = op == `OPERA_OP_SETTLE;
  wire is_open = op == `OPERA_OP_OPEN_PAYER || op == `OPERA_OP_OPEN_PAYEE;

  // Bound of the word counter in each state: an address never runs into the next page.
  reg [5:0] f_last;
  always @*
    case (at)
      ST_LOAD, ST_RECORD: f_last = 6'd7;
      ST_SEAL, ST_META, ST_JOURNAL, ST_COUNT: f_last = 6'd2;
      ST_UNWRAP: f_last = 6'd3;
      ST_COPY_TB, ST_COPY_REPO, ST_COPY_READ, ST_COPY_WRITE, ST_COPY_NEXT: f_last = 6'd23;
      ST_ERASE, ST_VERIFY, ST_ERASED, ST_CLOSE_CLEAR, ST_DIR, ST_DIR_STATE, ST_DIR_VALUE: f_last = 6'd31;
      ST_OUT, ST_STORE, ST_BUF_WAIT, ST_STORE_WORD: f_last = 6'd24;
      ST_OUT_WORD: f_last = 6'd23;
      ST_SEND_BYTE, ST_SEND_WAIT: f_last = 6'd24;
      ST_KEY_WORD: f_last = 6'd4;
      ST_ENTRY, ST_SLOT, ST_PTK_DONE: f_last = 6'd0;
      default: f_last = 6'd63;
    endcase

  // Which states a subroutine comes back to, and which of them come after a write.
  reg f_nv_writes, f_nv_reads;
  always @* begin
    f_nv_writes = 1'b0;
    f_nv_reads = 1'b0;
    case (u_seq.ret_q)
      ST_COPY_NEXT, ST_META, ST_JOURNAL, ST_ERASE, ST_VERIFY, ST_MARK, ST_UNJOURNAL, ST_IDLE, ST_STORE, ST_STORED,
      ST_VAULT, ST_KEY_WORD, ST_COUNT_NEXT, ST_RECORD, ST_CLOSE_ERASE, ST_CLOSED:
      f_nv_writes = 1'b1;
      ST_BOOT_KIND, ST_BOOT_ARG, ST_REPLAY, ST_LOAD, ST_ENTRY, ST_SLOT, ST_SEAL, ST_UNWRAP, ST_COPY_WRITE, ST_ERASED,
      ST_OUT_WORD, ST_VAULT_CHECK, ST_OPEN_SCAN, ST_OPEN_RANGE, ST_COUNT, ST_CLOSE_SCAN, ST_DIR_STATE, ST_DIR_VALUE:
      f_nv_reads = 1'b1;
      default: ;
    endcase
  end
  wire f_returns = in_nv ? (u_seq.nv_we_q ? f_nv_writes : f_nv_reads)
      : !in_sub || u_seq.ret_q == ST_PTK_DONE || u_seq.ret_q == ST_KEY || u_seq.ret_q == ST_COPY_REPO
        || u_seq.ret_q == ST_COPY_READ;

  // Which operation each state belongs to.
  reg f_op;
  always @*
    case (at)
      ST_ENTRY: f_op = is_stage || is_settle || op == `OPERA_OP_PRESS || op == `OPERA_OP_SEND
          || op == `OPERA_OP_RECEIVE || op == `OPERA_OP_PEEK;
      ST_SEAL: f_op = is_stage;
      ST_REPLAY, ST_SLOT, ST_UNWRAP, ST_COPY_TB, ST_COPY_REPO, ST_COPY_READ, ST_COPY_WRITE, ST_COPY_NEXT, ST_META,
      ST_JOURNAL, ST_MARK, ST_UNJOURNAL: f_op = is_stage || is_settle;
      ST_ERASE, ST_VERIFY, ST_ERASED: f_op = is_stage || is_settle || op == `OPERA_OP_CLOSE;
      ST_CLOSE_SCAN, ST_CLOSE_ERASE, ST_CLOSE_CLEAR, ST_CLOSED: f_op = op == `OPERA_OP_CLOSE;
      ST_VAULT, ST_VAULT_CHECK: f_op = op == `OPERA_OP_RELEASE || op == `OPERA_OP_REFUND;
      ST_OPEN_SCAN, ST_OPEN_RANGE, ST_COUNT, ST_COUNT_NEXT, ST_RECORD: f_op = is_open;
      ST_SEND_BYTE, ST_SEND_WAIT, ST_SEND_END: f_op = op == `OPERA_OP_SEND;
      ST_OUT, ST_OUT_WORD: f_op = op == `OPERA_OP_SEND || op == `OPERA_OP_PEEK;
      ST_RECEIVE, ST_RECEIVE_END: f_op = op == `OPERA_OP_RECEIVE;
      ST_STORE, ST_BUF_WAIT, ST_STORE_WORD, ST_STORED: f_op = op == `OPERA_OP_RECEIVE || op == `OPERA_OP_PRESS;
      ST_KEY, ST_KEY_WORD: f_op = op == `OPERA_OP_KEYLOAD;
      default: f_op = 1'b1;
    endcase
