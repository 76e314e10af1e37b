#!/bin/sh
# Coverage-guided fuzzing with libFuzzer: sh host/fuzz/fuzz.sh [SECONDS [TARGET...]], 60 seconds for each
# target unless told otherwise. What reached something new is kept in corpus/TARGET/, minimised. A
# failing input is left in target/fuzz/found/TARGET/, and the script exits 1.
#
# A stable compiler does: `-C passes` puts in the counters that libFuzzer reads. The first build takes
# some minutes, for the Verilated wallets are built once more. C++ has no counters in it, so `pins` is
# guided by what the TPCUs do, and not by the RTL.
set -u
cd "$(dirname "$0")" || exit 2
root=$(cd ../.. && pwd)
seconds=${1:-60}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- attestation hand_over lists log memory messages pins token tpm trace wallet

host=$(rustc -vV | sed -n 's/^host: //p')
counters='-Cpasses=sancov-module'
for option in level=4 inline-8bit-counters pc-table trace-compares; do
  counters="$counters -Cllvm-args=-sanitizer-coverage-$option"
done
work=$root/target/fuzz
# The versions are those of the workspace; cargo adds the engine's own.
cp "$root/Cargo.lock" engine/Cargo.lock || exit 2
# With --target, build scripts have no counters.
CARGO_TARGET_DIR=$work RUSTFLAGS="--cfg fuzzing $counters" \
  cargo build --quiet --release --target "$host" --manifest-path engine/Cargo.toml || exit 2
engine=$work/$host/release/opera-fuzz-engine

failed=0
for target in "$@"; do
  grown=$work/grown/$target
  found=$work/found/$target
  mkdir -p "$grown" "$found"
  OPERA_FUZZ_TARGET=$target "$engine" -max_total_time="$seconds" -timeout=120 -report_slow_units=60 -print_final_stats=1 \
    -artifact_prefix="$found/" "$grown" "corpus/$target" >"$work/$target.log" 2>&1
  rc=$?
  sed -n 's/^stat::number_of_executed_units: */'"$target"': inputs /p' "$work/$target.log"
  grep -o 'cov: [0-9]*' "$work/$target.log" | tail -1
  if [ $rc -ne 0 ]; then
    tail -25 "$work/$target.log"
    echo "$target: FAILED, see $found and $work/$target.log"
    failed=1
    continue
  fi
  OPERA_FUZZ_TARGET=$target "$engine" -merge=1 -use_counters=0 "corpus/$target" "$grown" >"$work/$target-merge.log" 2>&1 ||
    { echo "$target: corpus not merged, see $work/$target-merge.log"; failed=1; }
done
exit $failed
