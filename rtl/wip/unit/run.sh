#!/bin/sh
# Runs every unit bench (tb_*.v) in Icarus. A bench passes when it compiles without a word, exits
# with 0 and ends in a line "N checks" with N above 0.
set -u
cd "$(dirname "$0")/../.." || exit 2
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT
benches=0
failed=0
for bench in testbench/unit/tb_*.v; do
  [ -e "$bench" ] || continue
  benches=$((benches + 1))
  name=$(basename "$bench" .v)
  if ! iverilog -g2005 -Wall -DOPERA_SIM -Irtl/regs -y rtl -y rtl/prim -s "$name" \
    -o "$scratch/$name" "$bench" >"$scratch/log" 2>&1 || [ -s "$scratch/log" ]; then
    result="does not compile without a word"
  elif ! timeout "${UNIT_TIMEOUT:-300}" vvp -n "$scratch/$name" >"$scratch/log" 2>&1; then
    result="failed"
  elif ! tail -n 1 "$scratch/log" | grep -q '^[1-9][0-9]* checks$'; then
    result="did not end in its number of checks"
  else
    echo "$name: $(tail -n 1 "$scratch/log")"
    continue
  fi
  failed=$((failed + 1))
  cat "$scratch/log"
  echo "$name: $result"
done
echo "$benches unit benches, $failed failed"
[ "$failed" -eq 0 ] && [ "$benches" -gt 0 ]
