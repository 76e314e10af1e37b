#!/bin/sh
# Seeds one bug at a time into a copy of the TPCU and demands that the money model goes red.
# Each line below: name|file in host/tpcu/src|sed expression. Ends in "N mutants caught, N survived".
# `sh mutants.sh challenge` runs those whose name has "challenge" in it. About a minute each.
# Seeded bugs of the hardware are `opera_tpcu::model::Fault`, found in tests/money.rs.
set -u
cd "$(dirname "$0")/../.." || exit 2
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT
caught=0
survived=0

export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}/mutants"
mkdir "$scratch/host"
cp -r host/regs host/lpc host/daa host/tpm host/tpcu host/money "$scratch/host"
cp Cargo.lock "$scratch"
sed 's|^members = .*|members = ["host/regs", "host/lpc", "host/daa", "host/tpm", "host/tpcu", "host/money"]|' Cargo.toml >"$scratch/Cargo.toml"

while IFS='|' read -r name file change; do
  case $name in
    '') continue ;;
    *"${1:-}"*) ;;
    *) continue ;;
  esac
  sed "$change" "host/tpcu/src/$file" >"$scratch/host/tpcu/src/$file"
  if cmp -s "host/tpcu/src/$file" "$scratch/host/tpcu/src/$file"; then
    echo "$name: the change no longer applies to $file"
    survived=$((survived + 1))
    continue
  fi
  (cd "$scratch" && cargo test --quiet --package opera-money --test money a_payment_of_two) >"$scratch/out" 2>&1
  # A mutant that does not compile proves nothing: the test must have run and failed.
  if grep -q '^test result: FAILED' "$scratch/out"; then
    echo "$name: caught by $(sed -n 's/^\(I[0-9].*\): FAILS$/\1/p' "$scratch/out" | sort -u | paste -sd, -)"
    caught=$((caught + 1))
  else
    echo "$name: survived"
    tail -5 "$scratch/out"
    survived=$((survived + 1))
  fi
  cp "host/tpcu/src/$file" "$scratch/host/tpcu/src/$file"
done <<'MUTANTS'
the challenge is not mixed into the session|driver/session.rs|s/self.tpcu.rng.mix(&challenge);//
tokens sent again after a payment that has ended|driver/payer.rs|s/Standing::Unknown(ready) if released/Standing::Unknown(ready) if false/
the payer of an open payment says that it knows nothing|driver/payer.rs|s/let known = .*/let known = false;/
the log is erased before the session is closed|driver/payer.rs|/async fn done/,/^    }/{s/self.close(slot)/self.erase_log_/;s/self.erase_log(slot)/self.close(slot)/;s/erase_log_/erase_log(slot)/}
a released payment is refunded|driver/payer.rs|s/if !self.orm\[slot\].released() {/if true {/
a cut refund is not finished|driver/session.rs|s/if orm.payer() \&\& orm.refunded() {/if false {/
a cut settling is not finished|driver/session.rs|s/} else if !orm.payer() \&\& orm.keyed() \&\&/} else if false \&\& !orm.payer() \&\& orm.keyed() \&\&/
staged tokens that are not logged are forgotten|driver/payer.rs|s/while staged < count \&\& self.hw/while false \&\& staged < count \&\& self.hw/
the payee claims tokens that it does not have|driver/payee.rs|s/claimed.standing(progress.k, \&proof)/claimed.standing(record.count, \&proof)/
the payee forgets a payment that is not keyed|driver/payee.rs|s/let (wait, frame) = listing.leftover(\&record.session);/self.close(slot).await?; self.erase_log(slot).await?; let (wait, frame) = listing.leftover(\&record.session);/
the key chain does not move on|profile.rs|s/self.n = self.n.wrapping_add(1);//;s/self.hash = sha256(&\[&self.hash, frame\]);//;s/self.key = next;/let _ = next;/
MUTANTS

echo "$caught mutants caught, $survived survived"
[ "$survived" -eq 0 ] && [ "$caught" -gt 0 ]
