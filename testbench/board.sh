#!/bin/sh
# Builds a board's bitstream in two folders side by side and demands the hash on record of both: `sh testbench/board.sh
# hx8k`. Five minutes or more. Skipped, saying so, where the record does not know the tools' versions.
set -u
cd "$(dirname "$0")/.." || exit 2
. ./testbench/setup.sh
name=${1:-hx8k}
need_tools board >&2 || exit 3
cargo build --quiet --package opera-cli || exit 1
opera=${CARGO_TARGET_DIR:-target}/debug/opera
opera=$(realpath "$opera")
yosys=$(yosys -V)
nextpnr=$(nextpnr-ice40 --version 2>&1 | sed -n 's/.*(Version \(.*\))$/nextpnr-ice40 \1/p')
if ! grep -qF "yosys = \"$yosys\"" constraints/bitstreams.toml ||
  ! grep -qF "nextpnr = \"$nextpnr\"" constraints/bitstreams.toml; then
  echo "skipped: no bitstream is on record for $yosys with $nextpnr"
  exit 0
fi
copy=$(mktemp -d) || exit 2
trap 'rm -rf "$copy"' EXIT
mkdir "$copy/elsewhere"
cp -r rtl constraints "$copy/elsewhere/"
"$opera" board build "$name" --tree "$copy/elsewhere" >"$copy/second" 2>&1 &
second=$!
"$opera" board build "$name" --tree . --out target/board/"$name"
first=$?
wait $second
second=$?
cat "$copy/second"
# A build that has no record for the tools says so and is no comparison.
grep -q 'is the bitstream on record' "$copy/second" || second=1
[ $first -eq 0 ] && [ $second -eq 0 ]
