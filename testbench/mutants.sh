#!/bin/sh
# Seeds one bug at a time into a copy of rtl/ and demands that a test goes red.
# Each line below: name|test in testbench/tests, or package:test, or flips and what OPERA_FLIPS asks for|file|sed
# expression. Ends in "N mutants caught, N survived". `sh mutants.sh leak` runs those whose name has "leak" in it. The
# models are built anew for each, about a minute, in target/mutants or the folder that OPERA_MUTANTS_BUILD names. The
# seeded bugs of the unit benches are in unit/.
set -u
cd "$(dirname "$0")/.." || exit 2
tree=rtl tests=yes
. ./testbench/seeded.sh
export CARGO_TARGET_DIR="${OPERA_MUTANTS_BUILD:-${CARGO_TARGET_DIR:-$PWD/target}/mutants}"
tried() {
  case $1 in
    flips*) OPERA_LEVEL_BUILD=$CARGO_TARGET_DIR sh testbench/level.sh flips "${1#flips }"; return ;;
    *:*) package=${1%:*} ;;
    *) package=opera-testbench ;;
  esac
  cargo test --quiet --package "$package" --test "${1#*:}"
}
caught_by() { failed_tests; }

seed_bugs "$@" <<'MUTANTS'
journal replay left out|orm|orm_seq.v|s/if (rd_yes) `NV(1'b0, AT_JOURNAL, 5'd0, ZERO, ST_BOOT_ARG)/if (1'b0) state_d = ST_TRAP;/
journal commit left out|orm|orm_seq.v|s/`NV(1'b1, AT_JOURNAL, 5'd2, CODE_YES, is_stage ? ST_ERASE : ST_MARK)/state_d = is_stage ? ST_ERASE : ST_MARK;/
refund after release|orm|orm_seq.v|/`OPERA_OP_REFUND:$/{n;s/released_q/1'b0/}
release after refund|orm|orm_seq.v|/`OPERA_OP_RELEASE:$/{n;s/refunded_q/1'b0/}
send before the slot is erased|orm|orm_seq.v|s/if (!rd_staged) `END(`OPERA_ERR_BAD_ENTRY)/if (1'b0) `END(`OPERA_ERR_BAD_ENTRY)/
settle without a key|orm|orm_seq.v|s/payee_q \&\& keyed_q)/payee_q)/
slot not erased|orm|orm_seq.v|s/`NVW(1'b1, moved_from, 5'd0, ZERO, ST_VERIFY)/`NV(1'b1, moved_from, 5'd0, ZERO, ST_VERIFY)/
entry not encrypted under PTK|orm|orm_seq.v|s/data = rd_q ^ key_word;/data = rd_q ^ (is_stage ? 32'd0 : key_word);/
session counter used again|orm|orm_seq.v|s/wire \[31:0\] more = rd_q + 32'd1/wire [31:0] more = rd_q | 32'd1/
mint operation in a wallet|orm|orm_seq.v|s/op_i == `OPERA_OP_PRESS \&\& ISSUER == 0/1'b0/
scrub left out|orm|orm_buf.v|s/if (we_i || scrub_i) mem/if (we_i) mem/
overlapping sessions|orm|orm_seq.v|s/if (overlaps)/if (1'b0)/
write in reset|lpc_conformance|lpc_target.v|s/ST_PTAR1 \&\& lreset_ni/ST_PTAR1/
write before READY|lpc_conformance|lpc_target.v|s/wire done = state_q == ST_PTAR1/wire done = state_q == ST_TAR2/
short waits mixed in|lpc_conformance|lpc_target.v|s/SYNC_LONG = 4'b0110/SYNC_LONG = 4'b0101/
leak of plaintext to the data bus|secrecy|orm_seq.v|s/if (ret_q == ST_COPY_READ) word_mask = key_rdata_i;/if (ret_q == ST_COPY_READ) word_mask = is_stage ? 32'd0 : key_rdata_i;/
an empty slot is passed over faster|orm|orm_seq.v|s/^        scan_d = {10'd0, rd_valid};/& if (!rd_valid) state_d = ST_DIR_EMPTY; else/
the value of an empty slot is shown|orm|orm_seq.v|s/if (!scan_q\[0\]) rd_d = 32'd0;//
wallets of more tokens are slower|opera-attack:anonymity|orm_seq.v|s/^        scan_d = {10'd0, rd_valid};/& if (!rd_valid) state_d = ST_DIR_EMPTY; else/
the sweep without the journal's replay|opera-cli:fault|orm_seq.v|s/if (rd_yes) `NV(1'b0, AT_JOURNAL, 5'd0, ZERO, ST_BOOT_ARG)/if (1'b0) state_d = ST_TRAP;/
the sweep with plaintext on the wires|opera-cli:fault|orm_seq.v|s/if (ret_q == ST_COPY_READ) word_mask = key_rdata_i;/if (ret_q == ST_COPY_READ) word_mask = is_stage ? 32'd0 : key_rdata_i;/
states without parity|flips state 20|orm_seq.v|s/coded = {^n, n}/coded = {^n \&\& n[5], n}/
guard left out|flips all 40 STAGE|orm_seq.v|s/trap || guard_q != ^guarded_q/trap/
session record read once|flips all 3 after RE|orm_seq.v|s/w_q\[3\] \&\& {payer_d/1'b0 \&\& {payer_d/
journal read once|flips all 5 power-up, slot|orm_seq.v|s/else if (!w_q\[0\]) `NV(1'b0, AT_JOURNAL, 5'd2, ZERO, ST_BOOT_KIND)/else if (1'b0) trap = 1'b1;/
one flop opens the clamp|flips all 60 answer|power_ctrl.v|s/open = open_q \&\& !shut_q/open = open_q/
a challenge of one flop|flips all 20 answers|power_auth.v|s/valid = valid_q \&\& !spent_q/valid = valid_q/
a counter without parity|flips all 20 answers|power_auth.v|s/ || odd_q != ^{count_q, sel_q})/)/
a board's serial line at another's rate|documents|board/tinyfpga_bx_top.v|s/10'd20/10'd33/
a board's PLL at another's clock|documents|board/tinyfpga_bx_top.v|s/7'd39/7'd87/
a board's port without a pin|documents|board/tinyfpga_bx_top.v|s/^    output wire       usb_pull_up_o,/&\n    output wire       led_on_o,/
two boards with one serial rate|opera-board:payment|board/board_pair.v|s/(B_CLOCKS_PER_BIT)/(A_CLOCKS_PER_BIT)/
wrong round constant|aes|aes128.v|s/8'h1B/8'h1D/
engine's memories not overwritten|aes|aes128.v|s/wipe_q  <= 4'd0;/wipe_q  <= 4'd8;/
engine's last key word kept|aes|aes128.v|/!rst_ni .. clear_i/,/else begin/s/last_q  <= 32'd0/last_q  <= last_q/
MUTANTS
