#!/bin/sh
# Runs Icarus unit benches: `sh run.sh` all of them, `sh run.sh link nv_arb` these two.
# A bench passes when it compiles without a word, exits with 0 and ends in a line "N checks" with
# N above 0: $finish gives 0 after any number of printed errors, so that alone proves nothing.
# OPERA_RTL names another copy of rtl/ (mutants.sh), UNIT_TIMEOUT the seconds of processor time a bench
# may take: by the clock on the wall a busy machine would fail benches, and catch mutants that pass.
set -u
cd "$(dirname "$0")" || exit 2
rtl=${OPERA_RTL:-../../rtl}
command -v iverilog >/dev/null 2>&1 && command -v vvp >/dev/null 2>&1 || {
  echo "iverilog and vvp are not installed: sudo apt-get install iverilog"
  exit 3
}
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT
benches=0
failed=0
if [ $# -eq 0 ]; then
  for file in tb_*.v; do
    name=${file%.v}
    set -- "$@" "${name#tb_}"
  done
fi
for unit in "$@"; do
  benches=$((benches + 1))
  name=tb_$unit
  if ! iverilog -g2005 -Wall -DOPERA_SIM -I"$rtl/regs" -y "$rtl" -y "$rtl/prim" -y ../rtl -s "$name" \
    -o "$scratch/$name" "$name.v" >"$scratch/log" 2>&1 || [ -s "$scratch/log" ]; then
    result="does not compile without a word"
  elif ! (ulimit -t "${UNIT_TIMEOUT:-300}" && exec vvp -n "$scratch/$name") >"$scratch/log" 2>&1; then
    result="failed, or took more than ${UNIT_TIMEOUT:-300} s of processor time"
  elif ! tail -n 1 "$scratch/log" | grep -q '^[1-9][0-9]* checks$'; then
    result="did not end in its number of checks"
  else
    echo "$name: $(tail -n 1 "$scratch/log")"
    continue
  fi
  failed=$((failed + 1))
  tail -n 20 "$scratch/log"
  echo "$name: $result"
done
echo "$benches unit benches, $failed failed"
[ "$failed" -eq 0 ] && [ "$benches" -gt 0 ]
