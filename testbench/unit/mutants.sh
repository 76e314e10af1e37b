#!/bin/sh
# Seeds one bug at a time into a copy of rtl/ and demands that the unit bench of the module goes red.
# Each line below: name|bench|file|sed expression. Ends in "N mutants caught, N survived".
# `sh mutants.sh nv_arb tx_log` runs those of these benches only.
set -u
cd "$(dirname "$0")/../.." || exit 2
tree=rtl tests=yes
. ./testbench/seeded.sh
chosen() { chosen_by_tests "$@"; }
tried() {
  UNIT_TIMEOUT=${UNIT_TIMEOUT:-120} sh testbench/unit/run.sh "$1"
}
# A mutant that does not compile proves nothing: the bench must have run and failed, or hung.
caught_by() {
  grep -q "^tb_$1: failed" "$out" && echo "tb_$1"
}

seed_bugs "$@" <<'MUTANTS'
AES taken from an open ORM|power_ctrl|power_auth.v|s/assign aes_own_o = !open_i \&\&/assign aes_own_o =/
upset check goes on while open|power_ctrl|power_auth.v|s/if ((open_i \&\& (valid || state_q != ST_IDLE)) ||/if (1'b0 ||/
challenge counter not advanced|power_ctrl|power_auth.v|s/wire \[31:0\] more = nv_rdata_i + 32'd1/wire [31:0] more = nv_rdata_i | 32'd1/
selector not written|power_ctrl|power_auth.v|/ST_BANK:/,/expired/s/state_d = ST_SELECT/state_d = ST_MAKE/
counter bank read that does not count|power_ctrl|power_auth.v|s/ST_READ) ? {16'd0, sel_q}/ST_READ) ? {16'd0, !sel_q}/
parity without the selector just read|power_ctrl|power_auth.v|s/odd_d = odd_q ^ sel_q ^ sel_d;/odd_d = odd_q;/
counter bank that counts overwritten|power_ctrl|power_auth.v|s/{16'd0, !sel_q}/{16'd0, sel_q}/
challenge shown before it counts|power_ctrl|power_auth.v|/ST_READ:/,/expired/s/ST_IDLE : ST_BANK/ST_IDLE : ST_MAKE/
challenge answered twice|power_ctrl|power_auth.v|s/valid_d = 1'b0;        \/\/ one attempt.*/ /
answer compare ignores a byte|power_ctrl|power_auth.v|s/aes_result_i == resp_i/aes_result_i[31:8] == resp_i[31:8]/
answer compare ignores a word|power_ctrl|power_auth.v|s/match_d == 4'b1111/match_d[2:0] == 3'b111/
answer without a challenge not denied|power_ctrl|power_auth.v|s/else if (answer_i) deny = 1'b1/else if (answer_i) deny = 1'b0/
unmount does not drop the challenge|power_ctrl|power_auth.v|s/^    if (drop_i) begin/    if (1'b0) begin/
exhausted counter starts again|power_ctrl|power_auth.v|s/(nv_rdata_i == 32'hFFFF_FFFF) ? ST_IDLE : ST_BANK/ST_BANK/
memory waited for without a bound|power_ctrl|power_auth.v|s/wire expired = wait_q == NV_TIMEOUT/wire expired = 1'b0/
second UP leaves the gate open|power_ctrl|power_ctrl.v|s/ST_ON: if (lose || !good || deny)/ST_ON: if (lose || !good)/
unmount does not clamp|power_ctrl|power_ctrl.v|s/wire lose = !mount || !mounted_q || down/wire lose = down/
brown-out does not clamp|power_ctrl|power_ctrl.v|s/ST_ON: if (lose || !good || deny)/ST_ON: if (lose || deny)/
clamp one clock late|power_ctrl|power_ctrl.v|s/open_d = state_d == ST_ON/open_d = state_q == ST_ON/
mount counter a bit short|power_ctrl|power_ctrl.v|s/DEBOUNCE} + 17'd2/DEBOUNCE}/
wait counter a bit short|power_ctrl|power_ctrl.v|s/\$clog2({1'b0, GOOD_TIMEOUT} + 17'd1)/$clog2({1'b0, GOOD_TIMEOUT}) - 1/
one flop opens the clamp|power_ctrl|power_ctrl.v|s/open = open_q \&\& !shut_q/open = open_q/
the other flop opens the clamp|power_ctrl|power_ctrl.v|s/open = open_q \&\& !shut_q/open = !shut_q/
one flop makes a challenge|power_ctrl|power_auth.v|s/valid = valid_q \&\& !spent_q/valid = valid_q/
a counter that a flip set back|power_ctrl|power_auth.v|s/ || odd_q != ^{count_q, sel_q})/)/
debounce left out|power_ctrl|power_ctrl.v|s/mounted_d = mount \&\& mount_count_q == MOUNT_LAST/mounted_d = mount/
scrub skipped|power_ctrl|power_ctrl.v|/ST_RESET: begin/,/end/s/state_d = ST_SCRUB/state_d = ST_DROP/
scrub at power-up skipped|power_ctrl|power_ctrl.v|s/state_q <= ST_BOOT/state_q <= ST_OFF/
power good not awaited|power_ctrl|power_ctrl.v|s/else if (good) begin/else if (1'b1) begin/
reset released before the clock runs|power_ctrl|power_ctrl.v|s/run_d = open_d || state_d == ST_RELEASE/run_d = open_d || state_d == ST_CLOCK/
scrub waited for without a bound|power_ctrl|power_ctrl.v|s/wire expired = wait_q == WAIT_LAST/wire expired = 1'b0/
trap left by an answer|power_ctrl|power_ctrl.v|/ST_TRAP and every unlisted code/,/end/s/state_d = ST_TRAP/if (grant) state_d = ST_POWER/
clamp lets the domain through|power_ctrl|prim/iso_clamp.v|s/d_i \& {WIDTH{!clamp_i}}/d_i/
clamp upside down|power_ctrl|prim/iso_clamp.v|s/!clamp_i/clamp_i/
clock gate makes short pulses|power_ctrl|prim/clk_gate.v|s/always @(negedge clk_i)/always @(posedge clk_i)/
engine lent to both|power_ctrl|aes_mux.v|s/assign aes_start_o = pwr_own_i ? pwr_start_i :/assign aes_start_o = 1'b0 ? pwr_start_i :/
power controller's result shown to the ORM|power_ctrl|aes_mux.v|s/orm_own ? aes_result_i/1'b1 ? aes_result_i/
ORM before the power controller|nv_arb|nv_arb.v|s/if (pwr_req_i) begin/if (pwr_req_i \&\& !orm_req_i) begin/
acknowledge goes to the next client|nv_arb|nv_arb.v|s/told \&\& owner_q == OWNER_LOG/told \&\& owner_q == OWNER_ORM/
old acknowledge told to a new request|nv_arb|nv_arb.v|s/nv_ack_i \&\& still \&\& !orphan_q/nv_ack_i \&\& still/
client that went away is told|nv_arb|nv_arb.v|s/nv_ack_i \&\& still \&\& !orphan_q/nv_ack_i \&\& !orphan_q/
abandoned write is dropped|nv_arb|nv_arb.v|s/nv_req_o = rst_ni \&\& owner_q != OWNER_NONE/nv_req_o = rst_ni \&\& owner_q != OWNER_NONE \&\& still/
request not latched|nv_arb|nv_arb.v|s/assign nv_addr_o = addr_q/assign nv_addr_o = (owner_q == OWNER_ORM) ? orm_addr_i : addr_q/
data shown to everybody|nv_arb|nv_arb.v|s/assign rdata_o = told ? nv_rdata_i : 32'd0/assign rdata_o = nv_rdata_i/
selector before the record|tx_log|tx_log.v|s/commit ? ST_FETCH : ST_STORE_PROG;/commit ? ST_FLIP : ST_STORE_PROG;/
record over the bank that counts|tx_log|tx_log.v|s/word = {1'b0, !sel_q, word_q\[4:0\]}/word = {1'b0, sel_q, word_q[4:0]}/
progress over the bank that counts|tx_log|tx_log.v|s/word = prog_bank ? WORD_PROG0 : WORD_PROG1;/word = prog_bank ? WORD_PROG1 : WORD_PROG0;/
progress bank without the record selector|tx_log|tx_log.v|s/wire prog_bank = sel_q ^ psel_q/wire prog_bank = psel_q/
empty slot valid before it is full|tx_log|tx_log.v|s/(commit \&\& !held_q) ? ST_MARK : ST_IDLE/ST_IDLE/
erase forgets the mark|tx_log|tx_log.v|s/(op_i\[2:0\] == OP_ERASE) ? ST_UNMARK : ST_VALID/(op_i[2:0] == OP_ERASE) ? ST_ZERO : ST_VALID/
last word of the record left out|tx_log|tx_log.v|/ST_STORE:/,/end/s/word_q == 7'd31/word_q == 7'd30/
progress without a record|tx_log|tx_log.v|s/error_d = op_q == OP_PROGRESS;.*/error_d = 1'b0;/
half a LOAD called valid|tx_log|tx_log.v|s/held_d = yes;/held_d = yes; if (op_q == OP_LOAD) valid_d = yes;/
slot above 7 wraps|tx_log|tx_log.v|s/slot_i >= `OPERA_NV_LOG_SLOTS || //
memory waited for without a bound|tx_log|tx_log.v|s/wait_q == NV_TIMEOUT/1'b0/
buffer open while busy|tx_log|tx_log.v|s/assign buf_rdata_o = shut_q ? 8'd0 :/assign buf_rdata_o =/
abort one clock short|lpc_host|lpc_host.v|/^    if (abort) begin/,/^    end/s/count_d   = 12'd0/count_d   = 12'd1/
no 1111 in an abort|lpc_host|lpc_host.v|s/if (count_q\[1:0\] == 2'd2) oe_d = 1'b1;.*/ /
abort not recovered|lpc_host|lpc_host.v|/ST_AFTER: begin/,/end/s/state_d = ST_IDLE/state_d = ST_ABORT/
contention not seen|lpc_host|lpc_host.v|s/wire lost = !same/wire lost = 1'b0/
last clock of a contention not seen|lpc_host|lpc_host.v|/ST_TAR2: begin/,/end/s/abort   = lost/abort   = 1'b0/
first clock of the target not looked at|lpc_host|lpc_host.v|/ST_TURN: begin/,/end/s/abort   = seen_q != FLOAT/abort   = 1'b0/
LAD not read through the register|lpc_host|lpc_host.v|/ST_SYNC: begin/,/default:/s/seen_q/lad_i/g
nine short waits|lpc_host|lpc_host.v|s/LAST_SHORT = 12'd7/LAST_SHORT = 12'd8/
waits for ever|lpc_host|lpc_host.v|s/wire last_long = .*/wire last_long = 1'b0;/
wait codes may be mixed|lpc_host|lpc_host.v|s/if (!same \&\& prior_q != FLOAT)/if (1'b0)/
wait code not kept|lpc_host|lpc_host.v|s/prior_d = seen_q;/ /
data of an error answer passed on|lpc_host|lpc_host.v|s/count_q\[0\] \&\& err_q == ERR_NONE/count_q[0]/
error answer to a firmware cycle taken|lpc_host|lpc_host.v|s/abort     = fw_q \&\& seen_q == SYNC_ERROR/abort     = 1'b0/
target that keeps driving not seen|lpc_host|lpc_host.v|/ST_PTAR2: begin/,/end/s/abort   = seen_q != FLOAT/abort   = 1'b0/
data nibbles swapped|lpc_host|lpc_host.v|s/wire high = .*/wire high = count_q[0];/
address nibbles swapped|lpc_host|lpc_host.v|s/wire high = count_q\[0\] ^/wire high = !count_q[0] ^/
byte asked for a clock late|lpc_host|lpc_host.v|s/assign byte_o = count_q\[3:1\]/assign byte_o = more[3:1] - 3'd1/
MSIZE left out|lpc_host|lpc_host.v|s/if (fw_q \&\& address_sent)/if (1'b0)/
size of an I/O cycle taken|lpc_host|lpc_host.v|s/size_d    = op_i\[1\] ? size_i : 2'd0/size_d    = size_i/
size looked at in the cycle|lpc_host|lpc_host.v|s/    size_d    = size_q;/    size_d    = size_i;/
LAD driven while not mounted|link|link.v|s/wire running = mounted_i \&\& ctl_enable_i/wire running = ctl_enable_i/
answer goes on after a stopped clock|link|link.v|s/ \&\& armed_q \&\& t_oe/ \&\& t_oe/
target speaks before LRESET#|link|link.v|s/armed_d   = as_target \&\& (armed_q || !lreset_seen_n)/armed_d   = as_target/
frame replaced before it was read|link|link.v|s/hold_d    = valid_q || look_q || full/hold_d    = look_q || full/
unsent frame stays over an unmount|link|link.v|/if (!running) begin/,/end/s/pending_d = 1'b0/pending_d = pending_q/
length believed|link|link.v|s/if (look_q) valid_d = .*/if (look_q) valid_d = 1'b1;/
frame writable while it is sent|link|link.v|s/tx_we_i \&\& !pending_q/tx_we_i/
error forgotten|link|link.v|s/(err_q \&\& (was_running_q || !running))/1'b0/
offer taken away too early|link|link.v|s/if (taken) pending_d = 1'b0/pending_d = 1'b0/
role changes without a stop|link|link.v|s/ctl_enable_i \&\& ctl_host_i == host_q/ctl_enable_i/
nibble of the half that does not drive|link|link.v|s/lk_lad_o = host_q ?/lk_lad_o = !host_q ?/
bytes of older frames shown|link|link_target_regs.v|s/ \&\& {1'b0, fw_addr\[8:0\]} < len_i//
frame taken twice|link|link_target_regs.v|s/refuse = !tx_ready;/refuse = 1'b0;/
length 513|link|link_target_regs.v|s/{wdata\[0\], len_q\[7:0\]} == 9'd0 :/1'b1 :/
window written while full|link|link_target_regs.v|s/fw_we \&\& rx_free \&\& fw_addr/fw_we \&\& fw_addr/
window at every address|link|link_target_regs.v|s/ \&\& fw_addr\[27:9\] == WIN_RX\[27:9\]//
frame handed over while one is there|link|link_target_regs.v|s/refuse = !rx_free || !len_ok/refuse = !len_ok/
byte of a frame a clock late|link|link_host_engine.v|s/assign tx_raddr_o = .*/assign tx_raddr_o = {offset_q[8:2], at_q[1:0]};/
pull without room|link|link_host_engine.v|s/rbyte\[1\] \&\& rx_free_i/rbyte[1]/
push without room|link|link_host_engine.v|s/rbyte\[0\] \&\& tx_pending_i/tx_pending_i/
second half of a long frame lost|link|link_host_engine.v|s/(offset_q < len_q) ? ST_PULL : ST_PULL_ACK/ST_PULL_ACK/
frame not acknowledged|link|link_host_engine.v|/ST_PULL: begin/,/end/s/ST_PULL : ST_PULL_ACK/ST_PULL : ST_IDLE/
partner that went is no error|link|link_host_engine.v|s/err_o     = contact_q || tries_q == LAST_CONTACT/err_o     = 1'b0/
error of a cycle passed over|link|link_host_engine.v|s/wire failed = done \&\& started_q \&\& err != ERR_NONE/wire failed = 1'b0/
byte order of a write|link|link_bytes.v|s/data_d = {8'd0, data_q\[31:8\]}/data_d = {data_q[23:0], 8'd0}/
wider write than asked|link|link_bytes.v|s/left_d = wbytes_i/left_d = 3'd4/
command to an ORM that is busy|regfile|regfile.v|s/if (pwr_on_i \&\& !orm_busy_i) begin/if (pwr_on_i) begin/
KEYLOAD leaves the key|regfile|regfile.v|s/wire ptk_clear = !pwr_on_i || keyload_ends/wire ptk_clear = !pwr_on_i/
key stays when the power goes|regfile|regfile.v|s/wire ptk_clear = !pwr_on_i || keyload_ends/wire ptk_clear = keyload_ends/
link enabled over an unmount|regfile|regfile.v|s/if (!mounted_i) {link_enable_d, link_host_d} = 2'b00;//
a wallet keeps ORM_VALUE|regfile|regfile.v|s/if (ISSUER == 0) orm_value_d = 32'd0;//
bytes of the session in another register|regfile|regfile.v|s/{offset\[7:3\], 3'd0} == `OPERA_REG_SESS_CTR/{offset[7:2], 2'd0} == `OPERA_REG_SESS_CTR/
session shown after it was closed|orm|orm_seq.v|s/assign sess_o = (open_q \&\& sess_shown_q)/assign sess_o = (sess_shown_q)/
OPEN believes what it wrote|orm|orm_seq.v|/ST_OPENED: begin/,/end/s/`NV(.*/begin {open_d, payer_d} = 2'b11; state_d = ST_IDLE; end/
PWR_RESP readable|regfile|regfile.v|s/default: if (at_chal || at_ptk || at_sess) rdata_d/default: if (row == `OPERA_REG_PWR_RESP) rdata_d = key_q[7:0]; else if (at_chal || at_ptk || at_sess) rdata_d/
cleared key left in the memory|regfile|regfile.v|s/if (ptk_some_q) ptk_zap_q <= 1'b1/if (ptk_some_q) ptk_zap_q <= 1'b0/
clear of one key breaks off the other|regfile|regfile.v|s/wire zap_ptk = (zap_q == 2'd0) ? !resp_zap_q : zap_ptk_q/wire zap_ptk = !resp_zap_q/
bytes of a key in the wrong order|regfile|regfile.v|s/4'b1000 >> offset/4'b0001 << offset/
write before the commit|regfile|regfile.v|s/if (wr_commit_i) begin/if (wr_req_i) begin/
PRESS in a wallet|regfile|regfile.v|s/ \&\& pwr_on_i \&\& ISSUER != 0/ \&\& pwr_on_i/
decision of the vault written again|orm|orm_seq.v|s/else if (released_q) state_d = ST_PTK;.*//
unknown journal replayed|orm|orm_seq.v|s/if ((rd_was_stage .. rd_was_settle) \&\& (!w_q\[0\] .. op_d == op_q))/if (1'b1)/
trap keeps the key in the engine|orm|orm_seq.v|s/assign aes_clear_o = dirty_q \&\& !busy_o/assign aes_clear_o = dirty_q \&\& state_q == ST_IDLE/
trap keeps the key buffer|orm|orm_seq.v|s/if (!busy_o) begin  \/\/ all but a PTK that shows/if (state_q == ST_IDLE) begin/
key buffer not overwritten|orm|orm_seq.v|s/key_we_o = !zap_q\[3\] .*/key_we_o = 1'b0;/
engine's memories not overwritten|orm|aes128.v|s/wipe_q  <= 4'd0;/wipe_q  <= 4'd8;/
erased word not verified|orm|orm_seq.v|s/if (!rd_zero) begin/if (1'b0) begin/
write without WREN|nv_spi|nv_spi.v|s/we_i ? ST_WREN : ST_READ/we_i ? ST_WRITE : ST_READ/
write not read back|nv_spi|nv_spi.v|/ST_READ:/,/ST_DONE: begin/s/!we_i || same_q/1'b1/
identity not looked at|nv_spi|nv_spi.v|s/if (same_q) state_d = ST_IDLE/if (1'b1) state_d = ST_IDLE/
tried once only|nv_spi|nv_spi.v|s/wire give_up = .*/wire give_up = 1'b1;/
tried without end|nv_spi|nv_spi.v|s/wire give_up = .*/wire give_up = 1'b0;/
no time after power-up|nv_spi|nv_spi.v|s/if (wait_q == POWER_CLOCKS)/if (wait_q == 16'd4)/
no time after a wake|nv_spi|nv_spi.v|s/if (wait_q == WAKE_CLOCKS)/if (wait_q == 16'd1)/
commands without a gap|nv_spi|nv_spi.v|s/gap_q == 2'd3;/gap_q == 2'd1;/
part fed while it is off|nv_spi|nv_spi.v|s/if (!rst_ni || state_d == ST_TRAP) begin/if (!rst_ni) begin/
address shifted|nv_spi|nv_spi.v|s/{addr_i\[5:0\], 2'b00}/{addr_i[5:0], 2'b01}/
byte order|nv_spi|nv_spi.v|s/data_q <= wdata_i;/data_q <= {wdata_i[7:0], wdata_i[31:8]};/
word loaded a bit late|nv_spi|nv_spi.v|s/half_q \&\& bit_q\[6:5\] == 2'd0;/half_q \&\& bit_q <= 7'd32;/
word loaded over what came in|nv_spi|nv_spi.v|s/half_q \&\& bit_q\[6:5\] == 2'd0;/half_q \&\& !bit_q[5];/
asleep without sleep|nv_spi|nv_spi.v|s/if (!sleeps \&\& sleep_state)/if (1'b0)/
ready in a sleep that is none|nv_spi|nv_spi.v|s/(sleeps \&\& state_q == ST_ASLEEP)/(state_q == ST_ASLEEP)/
unlisted state goes on|nv_spi|nv_spi.v|s/default: state_d = ST_TRAP;.*/default: state_d = ST_IDLE;/
request done without a right CRC|uart_bridge|uart_bridge.v|s/(crc_q == CRC_GOOD) ? ST_CYCLE : ST_SYNC/ST_CYCLE/
write done twice|uart_bridge|uart_bridge.v|s/wire again = .*/wire again = 1'b0;/
first write taken for a repeat|uart_bridge|uart_bridge.v|s/ \&\& !fresh_q;/;/
gap does not end a request|uart_bridge|uart_bridge.v|s/if (rx_bad_q || gap)/if (rx_bad_q)/
glitch taken for a start bit|uart_bridge|uart_bridge.v|s/if (rx_bit_q == 4'd0) rx_on_q <= rx;.*/if (rx_bit_q == 4'd0) rx_on_q <= 1'b1;/
status left out|uart_bridge|uart_bridge.v|s/tx_byte = {5'd0, status_q}/tx_byte = 8'd0/
answer with the CRC of the request|uart_bridge|uart_bridge.v|s/crc_q <= CRC_START/crc_q <= crc_q/
bits a clock short|uart_bridge|uart_bridge.v|s/LAST_CLOCK = CLOCKS_PER_BIT - 10'd1/LAST_CLOCK = CLOCKS_PER_BIT - 10'd2/
CRC comes into itself|uart_bridge|uart_bridge.v|s/ \&\& !crc_shift;/;/
number of a read kept|uart_bridge|uart_bridge.v|/ST_CRC: begin/,/default/s/if (write) begin/if (1'b1) begin/
number compared with its own slot|uart_bridge|uart_bridge.v|s/slot_q ^ taking/slot_q/
answer before its number|uart_bridge|uart_bridge.v|s/(state_q != ST_CYCLE) ? count_q\[3:0\]/(state_q != ST_CYCLE) ? more[3:0]/
last byte read left out|uart_bridge|uart_bridge.v|s/count_q\[6:2\] == 5'h1F/count_q[6:2] == 5'h1E/
address bytes turned round|uart_bridge|uart_bridge.v|s/{2'b01, ~at\[1:0\]}/{2'b01, at[1:0]}/
clamp never shut|wallet|wallet.v|s/\.clamp_i(clamp)/.clamp_i(1'b0)/
PTK past the clamp|wallet|wallet.v|s/\.ptk_i           (ptk)/.ptk_i           (raw_ptk)/
memory request past the clamp|wallet|wallet.v|s/\.orm_req_i  (orm_nv_req)/.orm_req_i  (raw_nv_req)/
output buffer past the clamp|wallet|wallet.v|s/\.out_rdata_i     (out_rdata)/.out_rdata_i     (raw_out_rdata)/
engine lent to a clamped ORM|wallet|wallet.v|s/\.orm_clamp_i (clamp)/.orm_clamp_i (1'b0)/
link not told of an unmount|wallet|wallet.v|s/\.mounted_i   (mounted)/.mounted_i   (1'b1)/
unmount waits for the end of the sequence|wallet|power_ctrl.v|s/assign clamp_o = !open;/assign clamp_o = !pwr_en_q;/
byte popped that was not shown|tpm_tis|tpm_tis.v|s/rd_commit \&\& shown_q \&\& data_avail/rd_commit \&\& is_fifo \&\& active_q \&\& data_avail/
TPM registers in every locality|tpm_tis|tpm_tis.v|s/if (addr == `OPERA_TPM_STS_0) rdata_d/if (addr[11:0] == 12'h018) rdata_d/
locality used without a request|tpm_tis|tpm_tis.v|s/wr_commit \&\& addr == `OPERA_TPM_STS_0 \&\& active_q/wr_commit \&\& addr == `OPERA_TPM_STS_0/
size field by the wrong end|tpm_tis|tpm_tis.v|s/{size_q\[23:0\], wdata}/{wdata, size_q[31:8]}/
burst count a byte too high|tpm_tis|tpm_tis.v|s/count_q - at_q : expect_more/count_q - at_q + ONE : expect_more/
half a command executed|tpm_tis|tpm_tis.v|s/_GO \&\& whole) state_d/_GO) state_d/
bytes behind the command taken|tpm_tis|tpm_tis.v|s/active_q \&\& expect_more;/active_q \&\& in_command;/
retry leaves out the first byte|tpm_tis|tpm_tis.v|s/_RESPONSE_RETRY) at_d = ZERO;/_RESPONSE_RETRY) at_d = ONE;/
byte written at the request|tpm_tis|tpm_tis.v|s/wire write_fifo = wr_commit/wire write_fifo = wr_req \&\& ack_q/
one FIFO address only|tpm_tis|tpm_tis.v|s/addr\[15:2\] == 14'd9/addr == `OPERA_TPM_DATA_FIFO_0/
stale byte of the buffer shown|tpm_tis|tpm_tis.v|s/at_d == at_q \&\& !mem_we \&\& //
two bits of ACCESS at a time|tpm_tis|tpm_tis.v|s/wdata == `OPERA_TPM_ACCESS_0_REQUEST_USE) active_d/wdata[1]) active_d/
command goes on without its locality|tpm_tis|tpm_tis.v|/active_d = 1'b0;/,/end/s/state_d  = ST_IDLE;//
LRESET# leaves the command|tpm_tis|tpm_tis.v|/: state_reg/,/ST_IDLE/s/!rst_ni || !lreset_ni/!rst_ni/
TPM chip answers I/O cycles|tpm_tis|lpc_target.v|s/(TPM != 0) ? 4'b0101 : 4'b0000/4'b0000/
MUTANTS
