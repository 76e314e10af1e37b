#!/bin/sh
# Lints every Verilog module with three tools; any word from one of them fails.
set -u
cd "$(dirname "$0")/../rtl" || exit 2
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT
failed=0

# quiet NAME COMMAND...: fails when the command fails or prints anything.
quiet() {
  name=$1
  shift
  if ! "$@" >"$scratch/out" 2>&1 || [ -s "$scratch/out" ]; then
    echo "$name:"
    cat "$scratch/out"
    failed=1
  fi
}

count=0
for file in *.v prim/*.v; do
  [ -e "$file" ] || continue
  count=$((count + 1))
  top=$(basename "$file" .v)
  quiet "iverilog $file" iverilog -g2005 -Wall -t null -Iregs -y . -y prim -s "$top" "$file"
  quiet "verilator $file" verilator --lint-only -Wall +1364-2005ext+v -Iregs -y . -y prim --top-module "$top" "$file"
  quiet "yosys $file" yosys -q -p "read_verilog -Iregs $(echo *.v prim/*.v | tr ' ' '\n' | grep -v '\*' | tr '\n' ' '); synth_ice40 -top $top; check -assert"
done
echo "$count modules linted"
[ "$failed" -eq 0 ] && [ "$count" -gt 0 ]
