// orm_states.vh - states of orm_seq by name, without their parity bit.
// SPDX-License-Identifier: Apache-2.0
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
      ST_SEND_END = 6'd52, ST_BUF_WAIT = 6'd53, ST_CLOSE_CLEAR = 6'd54, ST_DIR_STATE = 6'd55, ST_DIR_EMPTY = 6'd56,
      ST_COUNT_BACK = 6'd57, ST_OPENED = 6'd58,
      ST_TRAP = 6'd63;
