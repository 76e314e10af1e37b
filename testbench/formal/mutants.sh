#!/bin/sh
# Seeds one bug at a time into a copy of rtl/ and demands that ./prove's topic for it goes red: an
# assertion FAILED or a cover lost. A mutant that Yosys does not read proves nothing and survives.
# Each line below: name|topic|file|sed expression. Ends in "N mutants caught, N survived".
set -u
cd "$(dirname "$0")/../.." || exit 2
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT
caught=0
survived=0
while IFS='|' read -r name topic file change; do
  [ -n "$name" ] || continue
  case " ${*:-$topic} " in *" $topic "*) ;; *) continue ;; esac
  rm -rf "$scratch/rtl"
  cp -r rtl "$scratch/rtl"
  sed -i "$change" "$scratch/rtl/$file"
  if cmp -s "rtl/$file" "$scratch/rtl/$file"; then
    why="the change no longer applies"
  else
    PROVE_TIMEOUT=${PROVE_TIMEOUT:-120} PROVE_DIR="$scratch/out" OPERA_RTL="$scratch/rtl" \
      sh testbench/formal/one.sh "testbench/formal/$topic.v" >"$scratch/lines" </dev/null
    why=$(cat "$scratch/out/$topic"/*.log | sed -n 's/.*Assert failed in [a-z]*: \(p_.*\)/\1/p' | head -1)
    [ -n "$why" ] || why=$(sed -n 's/^\(c_[a-z0-9_]*\) .* FAILED$/\1 lost/p' "$scratch/lines" | head -1)
    if grep -q ' yosys  *- .*FAILED$' "$scratch/lines"; then
      why="Yosys does not read it"
    elif [ -n "$why" ] && grep -q ' FAILED$' "$scratch/lines"; then
      echo "$topic: $name: caught by $why"
      caught=$((caught + 1))
      continue
    fi
  fi
  echo "$topic: $name: survived: $why"
  survived=$((survived + 1))
done <<'MUTANTS'
refund after release|vault|orm_seq.v|/`OPERA_OP_REFUND:$/{n;s/released_q/1'b0/}
release after refund|vault|orm_seq.v|/`OPERA_OP_RELEASE:$/{n;s/refunded_q/1'b0/}
session read shows an unreleased key|vault|orm_seq.v|s/payer_q \&\& released_q) state_d = ST_PTK;/payer_q) state_d = ST_PTK;/
settle without a key|vault|orm_seq.v|s/payee_q \&\& keyed_q) \&\&/payee_q) \&\&/
send after refund|vault|orm_seq.v|/`OPERA_OP_SEND:$/{n;s/refunded_q/1'b0/}
vault words not read back|vault|orm_seq.v|/ST_VAULT_CHECK:$/{n;s/rd_q != YES/1'b0/}
open before the record is clean|vault|orm_seq.v|s/4'd3, 4'd4, 4'd5, 4'd6: `NV(1'b1, sess_addr/4'd4, 4'd5, 4'd6: `NV(1'b1, sess_addr/
copy after commit: erase left out|slot|orm_seq.v|s/YES, is_stage ? ST_ERASE : ST_MARK)/YES, ST_MARK)/
journal replay left out|slot|orm_seq.v|s/if (rd_q == YES) `NV(1'b0, `OPERA_NV_JOURNAL_BASE, 32'd0, ST_BOOT_ARG)/if (1'b0) state_d = ST_TRAP;/
journal commit left out|slot|orm_seq.v|s/`NV(1'b1, `OPERA_NV_JOURNAL_BASE + 17'd2, YES, is_stage ? ST_ERASE : ST_MARK)/state_d = is_stage ? ST_ERASE : ST_MARK;/
only the first word erased|slot|orm_seq.v|s/`NV(1'b1, erase_addr + {11'd0, w_q}, 32'd0, ST_VERIFY)/`NV(1'b1, erase_addr, 32'd0, ST_VERIFY)/
last word not erased|slot|orm_seq.v|s/else if (w_q != 6'd31) state_d = ST_ERASE;/else if (w_q != 6'd30) state_d = ST_ERASE;/
stage of an empty slot|slot|orm_seq.v|s/if (rd_q != `OPERA_NV_SLOT_VALID) `END/if (1'b0) `END/
settle over a token|slot|orm_seq.v|s/end else if (rd_q == `OPERA_NV_SLOT_VALID) `END(`OPERA_ERR_BAD_SLOT)/end else if (1'b0) `END(`OPERA_ERR_BAD_SLOT)/
directory reads token words|slot|orm_seq.v|s/slot_addr + {7'd0, w_q\[4:0\], 5'd1}/slot_addr + {7'd0, w_q[4:0], 5'd10}/
scrub left out|scrub|orm_buf.v|s/if (we_i || scrub_i) mem/if (we_i) mem/
scrub skips words|scrub|orm_buf.v|s/count_q + 6'd1/count_q + 6'd2/
scrub done too soon|scrub|orm_buf.v|s/scrub_done_o = count_q\[5\]/scrub_done_o = count_q[4]/
unlisted state goes to idle|shut|power_ctrl.v|/ST_TRAP and every unlisted code/,/end/s/state_d = ST_TRAP/state_d = ST_OFF/
unlisted check goes to idle|shut|power_auth.v|s/default: state_d = ST_TRAP;/default: state_d = ST_IDLE;/
clamp misses a bit|shut|prim/iso_clamp.v|s/d_i \& {WIDTH{!clamp_i}}/d_i \& {{WIDTH-1{!clamp_i}}, 1'b1}/
unmount does not shut|shut|power_ctrl.v|s/wire lose = !mount .. !mounted_q/wire lose = 1'b0/
power loss does not shut|shut|power_ctrl.v|s/ST_ON: if (lose .. !good .. deny)/ST_ON: if (lose)/
acknowledge to an orphan|arbiter|nv_arb.v|s/nv_ack_i \&\& still \&\& !orphan_q/nv_ack_i \&\& still/
request made of power-up garbage|arbiter|nv_arb.v|s/nv_req_o = rst_ni \&\& owner_q/nv_req_o = owner_q/
acknowledge to the wrong client|arbiter|nv_arb.v|s/log_ack_o = told \&\& owner_q == OWNER_LOG/log_ack_o = told \&\& owner_q == OWNER_ORM/
data without acknowledge|arbiter|nv_arb.v|s/told ? nv_rdata_i : 32'd0/nv_rdata_i/
wrong answer opens|gate|power_auth.v|s/grant = right \&\& !drop_i/grant = !drop_i/
challenge answered twice|gate|power_auth.v|s/valid_d = 1'b0;        \/\/ one attempt.*/valid_d = valid_q;/
counter not written before the challenge|gate|power_auth.v|/ST_READS:$/,/expired/s/ST_IDLE : ST_BANK/ST_IDLE : ST_MAKE/
unmount does not clamp|gate|power_ctrl.v|s/wire lose = !mount .. !mounted_q/wire lose = 1'b0/
power wait has no end|gate|power_ctrl.v|s/wire expired = wait_q == GOOD_TIMEOUT/wire expired = 1'b0/
drives after LFRAME#|target|lpc_target.v|/START, restart or abort/,/acked_d/s/oe_d    = 1'b0/oe_d = oe_q/
drives in LRESET#|target|lpc_target.v|s/oe_q \&\& lreset_ni;/oe_q;/
commit in reset|target|lpc_target.v|s/ST_PTAR1 \&\& lreset_ni/ST_PTAR1/
commit before READY|target|lpc_target.v|s/wire done = state_q == ST_PTAR1/wire done = state_q == ST_TAR2/
one address nibble short|target|lpc_target.v|s/count_d  = 8'd3;/count_d  = 8'd2;/
MUTANTS
echo "$caught mutants caught, $survived survived"
[ "$survived" -eq 0 ] && [ "$caught" -gt 0 ]
