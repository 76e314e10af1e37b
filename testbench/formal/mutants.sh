#!/bin/sh
# Seeds one bug at a time into a copy of rtl/ and demands that ./prove's topic for it goes red: an
# assertion FAILED or a cover lost. A mutant that Yosys does not read proves nothing and survives.
# Each line below: name|topic|file|sed expression. A simulation that stops or loses a cover comes first,
# then the base case, then the step. Arguments: only these topics. Ends in "N mutants caught, N survived".
set -u
cd "$(dirname "$0")/../.." || exit 2
tree=rtl tests=yes
. ./testbench/seeded.sh
proof=$scratch/proof
chosen() { chosen_by_tests "$@"; }
tried() {
  PROVE_MUTANT=1 PROVE_TIMEOUT=${PROVE_TIMEOUT:-200} PROVE_DIR=$proof sh testbench/formal/one.sh "testbench/formal/$1.v"
}
caught_by() {
  grep -q ' yosys  *- .*FAILED$' "$out" && return 1
  grep -q ' FAILED$' "$out" || return 1
  why=$(cat "$proof/$1"/*.log |
    sed -n 's/.*Assert failed in [a-z]*: \(p_[a-z0-9_]*\).*/\1/p; s/^assertion .*\.\(p_[a-z0-9_]*\)$/\1/p' | head -1)
  grep -q 'was asserted in frame' "$proof/$1/abc.log" 2>/dev/null && why="abc-pdr"
  [ -n "$why" ] || why=$(sed -n 's/^\(c_[a-z0-9_]*\) .* FAILED$/\1 lost/p' "$out" | head -1)
  [ -n "$why" ] && echo "$why"
}

seed_bugs "$@" <<'MUTANTS'
refund after release|vault|orm_seq.v|/`OPERA_OP_REFUND:$/{n;s/released_q/1'b0/}
release after refund|vault|orm_seq.v|/`OPERA_OP_RELEASE:$/{n;s/refunded_q/1'b0/}
session read shows an unreleased key|vault|orm_seq.v|s/payer_q \&\& released_q) state_d = ST_PTK;/payer_q) state_d = ST_PTK;/
settle without a key|vault|orm_seq.v|s/payee_q \&\& keyed_q) \&\&/payee_q) \&\&/
send after refund|vault|orm_seq.v|/`OPERA_OP_SEND:$/{n;s/refunded_q/1'b0/}
vault words not read back|vault|orm_seq.v|/ST_VAULT_CHECK:$/{n;s/!rd_yes/1'b0/}
open before the record is clean|vault|orm_seq.v|s/3'd3, 3'd4, 3'd5, 3'd6: `NVW/3'd4, 3'd5, 3'd6: `NVW/
copy after commit: erase left out|slot|orm_seq.v|s/YES, is_stage ? ST_ERASE : ST_MARK)/YES, ST_MARK)/
the journal's replay left out|slot|orm_seq.v|s/if (rd_yes) `NV(1'b0, AT_JOURNAL, 5'd0, ZERO, ST_BOOT_ARG)/if (1'b0) state_d = ST_TRAP;/
journal commit left out|slot|orm_seq.v|s/`NV(1'b1, AT_JOURNAL, 5'd2, CODE_YES, is_stage ? ST_ERASE : ST_MARK)/state_d = is_stage ? ST_ERASE : ST_MARK;/
only the first word erased|slot|orm_seq.v|s/`NVW(1'b1, moved_from, 5'd0, ZERO, ST_VERIFY)/`NV(1'b1, moved_from, 5'd0, ZERO, ST_VERIFY)/
last word not erased|slot|orm_seq.v|s/else if (w_q != 6'd31) state_d = ST_ERASE;/else if (w_q != 6'd30) state_d = ST_ERASE;/
stage of an empty slot|slot|orm_seq.v|s/if (!rd_valid) `END/if (1'b0) `END/
settle over a token|slot|orm_seq.v|s/end else if (rd_valid) `END(`OPERA_ERR_BAD_SLOT)/end else if (1'b0) `END(`OPERA_ERR_BAD_SLOT)/
directory reads token words|slot|orm_seq.v|s/`NV(1'b0, AT_DIR, 5'd1, ZERO, ST_DIR_EMPTY)/`NV(1'b0, AT_DIR, 5'd31, ZERO, ST_DIR_EMPTY)/
the scrub left out|scrub|orm_buf.v|s/if (we_i || scrub_i) mem/if (we_i) mem/
scrub skips words|scrub|orm_buf.v|s/count_q + 6'd1/count_q + 6'd2/
scrub done too soon|scrub|orm_buf.v|s/scrub_done_o = count_q\[5\]/scrub_done_o = count_q[4]/
unlisted state goes to idle|shut|power_ctrl.v|/ST_TRAP and every unlisted code/,/end/s/state_d = ST_TRAP/state_d = ST_OFF/
unlisted check goes to idle|shut|power_auth.v|s/default: state_d = ST_TRAP;/default: state_d = ST_IDLE;/
one clamp left out: a bit|shut|prim/iso_clamp.v|s/d_i \& {WIDTH{!clamp_i}}/d_i \& {{WIDTH-1{!clamp_i}}, 1'b1}/
unmount does not shut|shut|power_ctrl.v|s/wire lose = !mount .. !mounted_q/wire lose = 1'b0/
power loss does not shut|shut|power_ctrl.v|s/ST_ON: if (lose .. !good .. deny)/ST_ON: if (lose)/
acknowledge to an orphan|arbiter|nv_arb.v|s/nv_ack_i \&\& still \&\& !orphan_q/nv_ack_i \&\& still/
request made of power-up garbage|arbiter|nv_arb.v|s/nv_req_o = rst_ni \&\& owner_q/nv_req_o = owner_q/
acknowledge to the wrong client|arbiter|nv_arb.v|s/log_ack_o = told \&\& owner_q == OWNER_LOG/log_ack_o = told \&\& owner_q == OWNER_ORM/
data without acknowledge|arbiter|nv_arb.v|s/told ? nv_rdata_i : 32'd0/nv_rdata_i/
wrong answer opens|gate|power_auth.v|s/grant = match_d == 4'b1111 \&\& !drop_i/grant = !drop_i/
one right word of the answer opens|gate|power_auth.v|s/match_d == 4'b1111/match_d[3]/
challenge answered twice|gate|power_auth.v|s/valid_d = 1'b0;        \/\/ one attempt.*/valid_d = valid;/
counter not written before the challenge|gate|power_auth.v|/ST_READ:$/,/expired/s/ST_IDLE : ST_BANK/ST_IDLE : ST_MAKE/
unmount does not clamp|gate|power_ctrl.v|s/wire lose = !mount .. !mounted_q/wire lose = 1'b0/
power wait has no end|gate|power_ctrl.v|s/wire expired = wait_q == WAIT_LAST/wire expired = 1'b0/
drives after LFRAME#|target|lpc_target.v|/START, restart or abort/,/acked_d/s/oe_d    = 1'b0/oe_d = oe_q/
drives in LRESET#|target|lpc_target.v|s/oe_q \&\& lreset_ni;/oe_q;/
commit in reset|target|lpc_target.v|s/ST_PTAR1 \&\& lreset_ni/ST_PTAR1/
commit before READY|target|lpc_target.v|s/wire done = state_q == ST_PTAR1/wire done = state_q == ST_TAR2/
one address nibble short|target|lpc_target.v|s/count_d  = 8'd3;/count_d  = 8'd2;/
the erase check left out|erase|orm_seq.v|/ST_ERASED: begin/,/end else/s/if (!rd_zero) begin/if (1'b0) begin/
erase not read back|erase|orm_seq.v|s/`NVW(1'b1, moved_from, 5'd0, ZERO, ST_VERIFY)/`NVW(1'b1, moved_from, 5'd0, ZERO, ST_ERASED)/
checks another word than it erased|erase|orm_seq.v|s/`NVW(1'b0, moved_from, 5'd0, ZERO, ST_ERASED)/`NV(1'b0, moved_from, {w_q[4:1], 1'b0}, ZERO, ST_ERASED)/
the vault's latch left out|vault|orm_seq.v|s/else `NV(1'b1, AT_SESSION, 5'd4, CODE_YES, ST_VAULT)/else state_d = ST_PTK;/
pad of the repository left out|secret|orm_seq.v|s/key_we_o = aes_valid_i;/key_we_o = aes_valid_i \&\& ret_q != ST_COPY_READ;/
pad of PTK left out|secret|orm_seq.v|s/if (ret_q == ST_COPY_READ) word_mask = key_rdata_i;.*//
token moved bare|secret|orm_seq.v|s/data = rd_q ^ key_word;/data = rd_q;/
one pad word twice|secret|orm_seq.v|s/ret_q != ST_UNWRAP, w_q\[1:0\]}/ret_q != ST_UNWRAP, w_q[1], w_q[0] \&\& w_q[1]}/
streams joined word by other word|secret|orm_seq.v|s/key_raddr_o = {ret_q == ST_COPY_READ, aes_next_i}/key_raddr_o = {ret_q == ST_COPY_READ, aes_word_i}/
block asked for twice|secret|orm_seq.v|s/(aes_sel_q == AES_TB) ? "T" : "R"/"R"/
moved word seen in the output buffer|secret|orm_seq.v|s/assign out_we_o = (state_q == ST_OUT_WORD/assign out_we_o = state_q == ST_COPY_WRITE || (state_q == ST_OUT_WORD/
moved word seen in a status bit|secret|orm_seq.v|s/assign entry_state_o = {6'd0, entry_state_q}/assign entry_state_o = {5'd0, rd_q[1], entry_state_q}/
moved word seen on the data bus's frame wire|secret|orm_seq.v|s/ST_COPY_WRITE: `NVW(.*/ST_COPY_WRITE: begin if (is_stage) tx_d = rd_q[1]; `NVW(1'b1, moved_to, 5'd8, TOKEN, ST_COPY_NEXT) end/
input buffer on the data bus|oneway|orm_seq.v|s/assign tx_data_o = rd_q\[7:0\];/assign tx_data_o = rd_q[7:0] | in_rdata_i[7:0];/
data bus into the output buffer|oneway|orm_seq.v|s/assign out_wdata_o = rd_q;/assign out_wdata_o = rd_q ^ {24'd0, rx_data_i};/
slot word to the output buffer|oneway|orm_seq.v|s/else `NVW(1'b0, AT_ENTRY, 5'd8, ZERO, ST_OUT_WORD)/else `NVW(1'b0, AT_SLOT, 5'd8, ZERO, ST_OUT_WORD)/
slot word into the key buffer|oneway|orm_seq.v|/begin : key_buffer/,/: next_state/s/ST_UNWRAP: begin/ST_UNWRAP, ST_COPY_WRITE: begin/
received word into a slot|oneway|orm_seq.v|s/`NVW(1'b1, AT_ENTRY, 5'd8, BUFFER, ST_STORE)/`NVW(1'b1, AT_SLOT, 5'd8, BUFFER, ST_STORE)/
a byte on the bus ends the frame|oneway|orm_seq.v|s/if (byte_q == 7'd97) state_d = ST_RECEIVE_END;/if (byte_q == 7'd97 || (byte_q > 7'd9 \&\& rx_data_i == 8'h20)) state_d = ST_RECEIVE_END;/
wait for the memory has no end|waits|orm_seq.v|/^      ST_NV:/,/ST_AES_GO/s/else if (expired)/else if (1'b0)/
wait for the engine has no end|waits|orm_seq.v|/^      ST_AES:/,/power-up/s/else if (expired)/else if (1'b0)/
time-out of the bus has no name|waits|orm_seq.v|/^      ST_SEND_BYTE:/,/^      ST_SEND_WAIT/s/expired) `END(`OPERA_ERR_BUS_TIMEOUT)/expired) state_d = ST_IDLE;/
wait counter not restarted|waits|orm_seq.v|s/restart = 1'b1; state_d = ST_NV; end/state_d = ST_NV; end/
trap left by itself|waits|orm_seq.v|/ST_TRAP and every unlisted code/,/rd_d = 32/s/^      state_d = ST_TRAP;/      state_d = ST_IDLE;/
MSIZE left out|bus|lpc_host.v|s/if (fw_q \&\& address_sent)/if (1'b0)/
write of another size than MSIZE|bus|lpc_host.v|s/(size_q == 2'd0 \&\& count_q\[1\])/(size_q == 2'd0 \&\& count_q[2])/
host drives in the turn-around|bus|lpc_host.v|s/state_d = ST_TAR2;/state_d = ST_TAR2; oe_d = 1'b1;/
target drives a clock too long|bus|lpc_target.v|s/ST_PTAR1: state_d = ST_PTAR2;/ST_PTAR1: begin state_d = ST_PTAR2; oe_d = 1'b1; end/
target one address nibble short|bus|lpc_target.v|s/count_d  = 8'd3;/count_d  = 8'd2;/
abort drives at once|bus|lpc_host.v|/^    if (abort) begin/,/^    end/s/oe_d      = 1'b0/oe_d      = 1'b1/
target does not let go at LFRAME#|bus|lpc_target.v|/START, restart or abort/,/acked_d/s/oe_d    = 1'b0/oe_d = oe_q/
TPM chip answers firmware cycles|shared|lpc_target.v|s/lad_i == FW_IDSEL \&\& TPM == 0/lad_i == FW_IDSEL/
TPM chip answers I/O cycles|shared|lpc_target.v|s/(TPM != 0) ? 4'b0101 : 4'b0000/4'b0000/
START forgotten in the middle of a cycle|shared|lpc_target.v|s/      state_d = ST_START;/      if (state_q == ST_IDLE) state_d = ST_START;/
TPM chip does not let go at LFRAME#|tis|lpc_target.v|/START, restart or abort/,/acked_d/s/oe_d    = 1'b0/oe_d = oe_q/
TPM chip drives in LRESET#|tis|lpc_target.v|s/oe_q \&\& lreset_ni;/oe_q;/
TPM cycle waits for the response|tis|tpm_tis.v|s/ack_q    <= (wr_req .. rd_req) \&\& !ack_q;/ack_q    <= (wr_req || rd_req) \&\& !ack_q \&\& !(is_fifo \&\& exec_o);/
another locality answers|tis|tpm_tis.v|s/addr\[15:2\] == 14'd9/addr[11:2] == 10'd9/
byte popped that was not shown|tis|tpm_tis.v|s/rd_commit \&\& shown_q \&\& data_avail/rd_commit \&\& is_fifo \&\& active_q \&\& data_avail/
half a command executed|tis|tpm_tis.v|s/_GO \&\& whole) state_d/_GO \&\& size_known) state_d/
response longer than the buffer|tis|tpm_tis.v|s/ \&\& count_q != SIZE;/;/
command goes on without its locality|tis|tpm_tis.v|/active_d = 1'b0;/,/end/s/state_d  = ST_IDLE;//
command cannot be taken back|tis|tpm_tis.v|/^      ST_RESPOND: begin/,/end/s/state_d = ST_IDLE/state_d = ST_RESPOND/
silence has no end|host|lpc_host.v|s/wire last_nosync = .*/wire last_nosync = 1'b0;/
long wait has no end|host|lpc_host.v|s/wire last_long = .*/wire last_long = 1'b0;/
write has no end|host|lpc_host.v|s/wire all_sent = count_q\[0\] \&\&/wire all_sent = !write_q \&\&/
data has no end|host|lpc_host.v|s/if (all_read) state_d = ST_PTAR1;//
failure not told|host|link_host_engine.v|/if (failed) begin/,/err ==/s/err_o   = 1'b1/err_o   = 1'b0/
frame pulled for ever|host|link_host_engine.v|s/if (rvalid) offset_d = offset_q + 10'd1;/offset_d = offset_q;/
reset of the link has no end|host|link_host_engine.v|s/if (timer_q == LAST_RESET) begin/if (1'b0) begin/
the log's atomic write left out|log|tx_log.v|s/word = {1'b0, !sel_q, word_q\[4:0\]};/word = {1'b0, sel_q, word_q[4:0]};/
progress written over the one that counts|log|tx_log.v|s/word = prog_bank ? WORD_PROG0 : WORD_PROG1;/word = prog_bank ? WORD_PROG1 : WORD_PROG0;/
selector before the record|log|tx_log.v|s/commit ? ST_FETCH : ST_STORE_PROG;/commit ? ST_FLIP : ST_STORE_PROG;/
valid word left out|log|tx_log.v|s/(commit \&\& !held_q) ? ST_MARK : ST_IDLE/ST_IDLE/
valid word first|log|tx_log.v|s/state_d = (op_i\[2:0\] == OP_ERASE) ? ST_UNMARK : ST_VALID;/state_d = (op_i[2:0] == OP_ERASE) ? ST_UNMARK : (op_i[2:0] == OP_COMMIT) ? ST_MARK : ST_VALID;/
words erased before the valid word|log|tx_log.v|s/(op_i\[2:0\] == OP_ERASE) ? ST_UNMARK : ST_VALID/(op_i[2:0] == OP_ERASE) ? ST_ZERO : ST_VALID/
wait of the log has no end|log|tx_log.v|s/wait_q == NV_TIMEOUT/1'b0/
one clamp left out: the memory request|clamp|wallet.v|s/(orm_nv_req)/(raw_nv_req)/
PTK around the clamp|clamp|wallet.v|s/\.ptk_i           (ptk)/.ptk_i           (raw_ptk)/
output buffer around the clamp|clamp|wallet.v|s/(out_rdata)/(raw_out_rdata)/
session byte around the clamp|clamp|wallet.v|s/\.sess_i          (sess)/.sess_i          (raw_sess)/
clamp that misses a bit|clamp|prim/iso_clamp.v|s/d_i \& {WIDTH{!clamp_i}}/d_i \& {{WIDTH-1{!clamp_i}}, 1'b1}/
byte stays on the bus|dbus|orm_dbus.v|s/data_d  = 8'd0;/data_d  = data_q;/
bus acknowledge depends on the byte|dbus|orm_dbus.v|s/ack_d   = rx_open_i \&\& db_req_i;/ack_d   = rx_open_i \&\& db_req_i \&\& !db_data_i[7];/
partner's byte driven back|dbus|orm_dbus.v|s/data_d  = tx_data_i;/data_d  = db_data_i;/
counter not counted up|count|orm_seq.v|s/wire \[31:0\] more = rd_q + 32'd1;/wire [31:0] more = rd_q;/
counter written over the bank that counts|count|orm_seq.v|s/AT_COUNTER, {4'd0, !nv_addr_q\[0\]}/AT_COUNTER, {4'd0, nv_addr_q[0]}/
session gets the other bank's counter|count|orm_seq.v|s/w_d = {5'd0, nv_addr_q\[0\]};/w_d = {5'd0, !nv_addr_q[0]};/
a byte of a code not compared|vault|orm_seq.v|s/wire even = rd_q\[31:8\] == {3{rd_q\[7:0\]}}/wire even = rd_q[31:16] == {2{rd_q[7:0]}}/
value of an entry into the session buffer|oneway|orm_seq.v|s/      ST_SEAL: begin$/      ST_META: sess_we_o = 1'b1;\n&/
counter's selector not written|count|orm_seq.v|/ST_COUNT_NEXT: begin/,/end/s/nv_addr_q\[0\] ? CODE_YES : ZERO/ZERO/
key shortens a block|engine|aes128.v|s/if (round_q >= 4'd10) begin/if (round_q >= 4'd10 || (round_q == 4'd9 \&\& last_q[7:0] == 8'd0)) begin/
engine shows its state while busy|engine|aes128.v|s/assign result_o = valid_o ? /assign result_o = busy_q ? /
engine runs a round too long|engine|aes128.v|s/if (round_q >= 4'd10) begin/if (round_q >= 4'd11) begin/
result of an earlier round|engine|aes128.v|s/assign valid_o = column_out \&\& round_q == 4'd10/assign valid_o = column_out \&\& round_q >= 4'd9/
words of the result not announced|engine|aes128.v|s/assign next_o = rounds ? step_q\[1:0\] - 2'd1/assign next_o = rounds ? step_q[1:0] - 2'd2/
key taken in a wipe|engine|aes128.v|s/wire take = loading \&\& !wiping;/wire take = loading;/
MUTANTS
