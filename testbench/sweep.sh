#!/bin/sh
# Fault sweeps of a payment of two tokens: every target with every kind of fault.
#   testbench/sweep.sh         a sample: some clocks of each, and a second fault in each recovery
#   testbench/sweep.sh full    every clock of each, and 28,000 pairs of faults; some two hours on
#                              two processors; goes on where it was stopped (target/sweep)
# OPERA_SWEEP_SEED decides keys, tokens and the first clock of a sample; by default the commit does.
# It is printed, so that a sample can be run again. Ends in "N passed, N failed".
set -u
cd "$(dirname "$0")/.." || exit 2
mode=${1:-sample}
case $mode in sample | full) ;; *)
  echo "usage: testbench/sweep.sh [sample|full]" >&2
  exit 2
  ;;
esac
commit=$(git rev-parse --short=6 HEAD 2>/dev/null) || commit=1
seed=${OPERA_SWEEP_SEED:-$(printf '%d' "0x$commit")}
if [ "$mode" = full ]; then
  cargo build --quiet --release -p opera-cli || exit 1
  opera=target/release/opera
else
  cargo build --quiet -p opera-cli || exit 1
  opera=target/debug/opera
fi
mkdir -p target/sweep || exit 2
passed=0
failed=0

# sweep TARGET KIND EVERY PAIRS: one line of what came of it.
sweep() {
  name="$2 of $1, every $3 clocks"
  first=1
  [ "$3" -eq 1 ] || first=$((1 + seed % $3))
  set -- --target "$1" --kind "$2" --every "$3" --second "$4" --from "$first"
  if [ "$mode" = full ]; then
    set -- "$@" --jobs "$(nproc)" --out "target/sweep/$(echo "$*" | tr -d ' -').jsonl"
  fi
  if lines=$("$opera" fault sweep --seed "$seed" "$@"); then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
  fi
  echo "$name: $(echo "$lines" | sed -n '/ points, /p')"
  echo "$lines" | sed -n '/^clock /,$p'
}

if [ "$mode" = full ]; then
  seed=${OPERA_SWEEP_SEED:-1}
fi
echo "sweep seed $seed"
while read -r target kind sample; do
  if [ "$mode" = sample ]; then
    sweep "$target" "$kind" "$sample" 1
  else
    sweep "$target" "$kind" 1 0
    sweep "$target" "$kind" 211 10
  fi
done <<'CASES'
payer battery 3001
payee battery 3001
both battery 3001
payer reset 5003
payee reset 5003
both reset 5003
payer brownout 5003
payee brownout 5003
both brownout 5003
link unmount 5003
link glitch 5003
CASES
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
