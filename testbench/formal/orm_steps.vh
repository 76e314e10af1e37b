// orm_steps.vh - what holds in each state of orm_seq: helpers of the topics, proved in each of them.
//
// Of the including text: at (the state, or the one a subroutine comes back to), w, ret, in_nv, in_sub,
// nv_we, op, is_stage, is_settle, is_open; f_guarded (all parities are right).
// SPDX-License-Identifier: Apache-2.0
  // Bound of the word counter in each state: an address never runs into the next page.
  reg [5:0] f_last_word;
  always @*
    case (at)
      ST_BOOT, ST_BOOT_KIND, ST_BOOT_ARG, ST_REPLAY: f_last_word = 6'd1;
      ST_LOAD: f_last_word = 6'd15;
      ST_RECORD: f_last_word = 6'd7;
      ST_SEAL, ST_COUNT, ST_COUNT_BACK: f_last_word = 6'd1;
      ST_JOURNAL: f_last_word = 6'd2;
      ST_UNWRAP: f_last_word = 6'd3;
      ST_META: f_last_word = is_stage ? 6'd1 : 6'd4;
      ST_COPY_TB, ST_COPY_REPO, ST_COPY_READ, ST_COPY_WRITE, ST_COPY_NEXT: f_last_word = 6'd23;
      ST_ERASE, ST_VERIFY, ST_ERASED, ST_CLOSE_CLEAR, ST_DIR, ST_DIR_STATE, ST_DIR_EMPTY, ST_DIR_VALUE:
      f_last_word = 6'd31;
      ST_OUT, ST_STORE, ST_BUF_WAIT, ST_STORE_WORD: f_last_word = 6'd24;
      ST_OUT_WORD: f_last_word = 6'd23;
      ST_SEND_BYTE, ST_SEND_WAIT: f_last_word = 6'd24;
      ST_KEY_WORD: f_last_word = 6'd4;
      ST_ENTRY, ST_SLOT, ST_PTK_DONE: f_last_word = 6'd0;
      default: f_last_word = 6'd63;
    endcase

  // Which states a subroutine comes back to, and which of them come after a write.
  reg f_nv_writes, f_nv_reads;
  always @* begin
    f_nv_writes = 1'b0;
    f_nv_reads = 1'b0;
    case (ret)
      ST_COPY_NEXT, ST_JOURNAL, ST_ERASE, ST_VERIFY, ST_MARK, ST_UNJOURNAL, ST_IDLE, ST_STORE, ST_STORED,
      ST_VAULT, ST_KEY_WORD, ST_COUNT_NEXT, ST_COUNT_BACK, ST_OPENED, ST_CLOSE_ERASE, ST_CLOSED:
      f_nv_writes = 1'b1;
      ST_RECORD: {f_nv_writes, f_nv_reads} = {w != 6'd0, w == 6'd0};
      ST_META: {f_nv_writes, f_nv_reads} = {!w[0], w[0]};
      ST_BOOT_KIND, ST_BOOT_ARG, ST_REPLAY, ST_LOAD, ST_ENTRY, ST_SLOT, ST_SEAL, ST_UNWRAP, ST_COPY_WRITE, ST_ERASED,
      ST_OUT_WORD, ST_VAULT_CHECK, ST_OPEN_SCAN, ST_OPEN_RANGE, ST_COUNT, ST_CLOSE_SCAN, ST_DIR_STATE, ST_DIR_EMPTY:
      f_nv_reads = 1'b1;
      default: ;
    endcase
  end
  wire f_returns = f_guarded && (in_nv ? (nv_we ? f_nv_writes : f_nv_reads)
      : !in_sub || ret == ST_PTK_DONE || ret == ST_KEY || ret == ST_COPY_REPO
        || ret == ST_COPY_READ);

  // Which operation each state belongs to.
  reg f_op_fits;
  always @*
    case (at)
      ST_ENTRY: f_op_fits = is_stage || is_settle || op == `OPERA_OP_PRESS || op == `OPERA_OP_SEND
          || op == `OPERA_OP_RECEIVE || op == `OPERA_OP_PEEK;
      ST_SEAL: f_op_fits = is_stage;
      ST_REPLAY, ST_SLOT, ST_UNWRAP, ST_COPY_TB, ST_COPY_REPO, ST_COPY_READ, ST_COPY_WRITE, ST_COPY_NEXT, ST_META,
      ST_JOURNAL, ST_MARK, ST_UNJOURNAL: f_op_fits = is_stage || is_settle;
      ST_ERASE, ST_VERIFY, ST_ERASED: f_op_fits = is_stage || is_settle || op == `OPERA_OP_CLOSE;
      ST_CLOSE_SCAN, ST_CLOSE_ERASE, ST_CLOSE_CLEAR, ST_CLOSED: f_op_fits = op == `OPERA_OP_CLOSE;
      ST_VAULT, ST_VAULT_CHECK: f_op_fits = op == `OPERA_OP_RELEASE || op == `OPERA_OP_REFUND;
      ST_OPEN_SCAN, ST_OPEN_RANGE, ST_COUNT, ST_COUNT_NEXT, ST_COUNT_BACK, ST_RECORD, ST_OPENED: f_op_fits = is_open;
      ST_SEND_BYTE, ST_SEND_WAIT, ST_SEND_END: f_op_fits = op == `OPERA_OP_SEND;
      ST_OUT, ST_OUT_WORD: f_op_fits = op == `OPERA_OP_SEND || op == `OPERA_OP_PEEK;
      ST_RECEIVE, ST_RECEIVE_END: f_op_fits = op == `OPERA_OP_RECEIVE;
      ST_STORE, ST_BUF_WAIT, ST_STORE_WORD, ST_STORED: f_op_fits = op == `OPERA_OP_RECEIVE || op == `OPERA_OP_PRESS;
      ST_KEY, ST_KEY_WORD: f_op_fits = op == `OPERA_OP_KEYLOAD;
      default: f_op_fits = 1'b1;
    endcase
