#!/bin/sh
# Builds a board's bitstream in two folders side by side and demands the hash on record of both. Minutes.
#   sh testbench/board.sh NAME           with the system's tools; NAME as `opera board list` has it
#   sh testbench/board.sh NAME yowasp    with PyPI's, of the versions in constraints/requirements.txt: downloads
#                                        120 MB into target/pypi
# Skipped, saying so, where the record does not know the tools' versions.
set -u
cd "$(dirname "$0")/.." || exit 2
. ./testbench/setup.sh
name=${1:-hx8k}
tools=${2:-system}
case $tools in
  system) need_tools board >&2 || exit 3 ;;
  yowasp)
    pypi=$PWD/target/pypi
    echo "installing $(grep -v '^#' constraints/requirements.txt | paste -sd' ' -) into $pypi"
    python3 -m venv "$pypi" || {
      echo "python3 cannot make a virtual environment: sudo apt-get install python3-venv" >&2
      exit 3
    }
    "$pypi/bin/pip" install --quiet --disable-pip-version-check -r constraints/requirements.txt || exit 3
    PATH=$pypi/bin:$PATH
    ;;
  *)
    echo "usage: sh testbench/board.sh BOARD [system|yowasp]" >&2
    exit 2
    ;;
esac
cargo build --quiet --package opera-cli || exit 1
opera=${CARGO_TARGET_DIR:-target}/debug/opera
opera=$(realpath "$opera")
copy=$(mktemp -d) || exit 2
trap 'rm -rf "$copy"' EXIT
mkdir "$copy/elsewhere"
cp -r rtl constraints "$copy/elsewhere/"
"$opera" board build "$name" --tools "$tools" --tree "$copy/elsewhere" >"$copy/second" 2>&1 &
second=$!
"$opera" board build "$name" --tools "$tools" --tree . --out target/board/"$name" >"$copy/first" 2>&1
first=$?
wait $second
second=$?
cat "$copy/first" "$copy/second"
if [ "$tools" = system ] && [ $first -eq 0 ] && [ $second -eq 0 ] &&
  grep -q '^no bitstream is on record' "$copy/first" "$copy/second"; then
  echo "skipped: no bitstream is on record for the tools that are installed"
  exit 0
fi
# A build that has no record for the tools says so and is no comparison.
for build in first second; do
  grep -q 'is the bitstream on record' "$copy/$build" || exit 1
done
[ $first -eq 0 ] && [ $second -eq 0 ]
