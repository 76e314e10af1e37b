#!/bin/sh
# Lints every Verilog module with three tools; any word from one of them fails. Yosys elaborates
# each module and synthesises the largest, the mint, which has all the others in it. Boards, too: the
# cells of the FPGA are ports only for the first two tools, and Yosys' own for the third.
set -u
cd "$(dirname "$0")/../rtl" || exit 2
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT

# One module: lint.sh is called again by xargs, as many at a time as there are processors.
cat >"$scratch/one" <<'ONE'
file=$1
top=$(basename "$file" .v)
out=$SCRATCH/$top
failed=0
# quiet TOOL COMMAND...: fails when the command fails or prints anything.
quiet() {
  tool=$1
  shift
  if ! "$@" >"$out" 2>&1 || [ -s "$out" ]; then
    echo "$tool $file:"
    cat "$out"
    failed=1
  fi
}
case $top in
  wallet) synth="synth_ice40 -top $top" chparam="chparam -set ISSUER 1 wallet;" ;;
  *) synth="hierarchy -check -top $top; proc; opt" chparam= ;;
esac
case $file in
  board/*) cells=../testbench/rtl/ice40_cells.v library="read_verilog -lib +/ice40/cells_sim.v; read_verilog $(echo board/*.v);" ;;
  *) cells= library= ;;
esac
quiet iverilog iverilog -g2005 -Wall -t null -Iregs -y . -y prim -y board -s "$top" $cells "$file"
quiet verilator verilator --lint-only -Wall +1364-2005ext+v -Iregs -y . -y prim -y board --top-module "$top" $cells "$file"
quiet yosys yosys -q -p "$library read_verilog -Iregs $(echo *.v prim/*.v); $chparam $synth; check -assert"
exit $failed
ONE

export SCRATCH="$scratch"
# The longest first.
count=$(ls wallet.v *.v prim/*.v board/*.v | sort -u | wc -l)
ls -S *.v prim/*.v board/*.v | { echo wallet.v; grep -vx wallet.v; } |
  xargs -P "$(nproc)" -n 1 sh "$scratch/one" || exit 1
echo "$count modules linted"
[ "$count" -gt 0 ]
