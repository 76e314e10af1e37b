#!/bin/sh
# Breaks one decoder at a time in a copy of the host and demands that the replay of its kept inputs fails.
# Each line below: name|test in tests/replay.rs|file in host|sed expression. Ends in "N mutants caught, N
# survived". `sh mutants.sh tag` runs those whose name has "tag" in it. About a minute each.
set -u
cd "$(dirname "$0")/../.." || exit 2
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT
caught=0
survived=0

export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}/mutants-attack"
export OPERA_RTL="$PWD/rtl"
cp -r host verilator rtl Cargo.lock "$scratch"
sed 's|^members = .*|members = ["verilator", "host/*"]|' Cargo.toml >"$scratch/Cargo.toml"

while IFS='|' read -r name test file change; do
  case $name in
    '') continue ;;
    *"${1:-}"*) ;;
    *) continue ;;
  esac
  sed "$change" "host/$file" >"$scratch/host/$file"
  if cmp -s "host/$file" "$scratch/host/$file"; then
    echo "$name: the change no longer applies to $file"
    survived=$((survived + 1))
    continue
  fi
  (cd "$scratch" && cargo test --quiet --package opera-fuzz --test replay -- --exact "$test") >"$scratch/out" 2>&1
  # A mutant that does not compile proves nothing: the target must have run and failed.
  if grep -q "^$test, case [0-9]*: " "$scratch/out"; then
    echo "$name: caught by $(sed -n "s/^$test, \(case [0-9]*\): .*/\1/p" "$scratch/out") of $test"
    caught=$((caught + 1))
  else
    echo "$name: survived"
    tail -5 "$scratch/out"
    survived=$((survived + 1))
  fi
  cp "host/$file" "$scratch/host/$file"
done <<'MUTANTS'
bits without meaning are taken|log|tpcu/src/record.rs|s/if word & 0x00FE_0000 != 0 {/if word == u32::MAX {/
any tag of a point is taken|lists|daa/src/encoding.rs|s/tag => return Err(BadPoint::Tag(tag)),/_ => true,/
a signature of something else is taken|attestation|daa/src/verify.rs|s/if challenge::<S>(&signature.nonce_k, &digest) != \*c/if false \&\& challenge::<S>(\&signature.nonce_k, \&digest) != *c/
the end of an answer is not looked for|tpm|tpm/src/wire.rs|s/if end > self.bytes.len() {/if end == usize::MAX {/
a header may be short|messages|tpcu/src/protocol/stage1.rs|s/let head = frame.get(..HEADER).ok_or(Refusal::Length)?;/let head = \&frame[..HEADER];/
MUTANTS

echo "$caught mutants caught, $survived survived"
[ "$survived" -eq 0 ] && [ "$caught" -gt 0 ]
