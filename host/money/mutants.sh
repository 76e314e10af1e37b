#!/bin/sh
# Seeds one bug at a time into a copy of the TPCU and demands that the money model goes red.
# Each line below: name|file in host|sed expression. Ends in "N mutants caught, N survived".
# `sh mutants.sh challenge` runs those whose name has "challenge" in it. About a minute each.
# Seeded bugs of the hardware are `opera_tpcu::model::Fault`, found in tests/money.rs.
set -u
cd "$(dirname "$0")/../.." || exit 2
crates='regs lpc daa tpm tpcu money' models=no target=mutants
. ./testbench/seeded.sh
tried() {
  cargo test --quiet --package opera-money --test money a_payment_of_two
}
# By the invariants that fail.
caught_by() {
  failed_tests >/dev/null && sed -n 's/^\(I[0-9].*\): FAILS$/\1/p' "$out" | sort -u | paste -sd, -
}

seed_bugs "${1:-}" <<'MUTANTS'
the challenge is not mixed into the session|tpcu/src/driver/session.rs|s/self.tpcu.rng.mix(&challenge);//
tokens sent again after a payment that has ended|tpcu/src/driver/payer.rs|s/Standing::Unknown(ready) if released/Standing::Unknown(ready) if false/
the payer of an open payment says that it knows nothing|tpcu/src/driver/payer.rs|s/let known = .*/let known = false;/
the log is erased before the session is closed|tpcu/src/driver/payer.rs|/async fn done/,/^    }/{s/self.close(slot)/self.erase_log_/;s/self.erase_log(slot)/self.close(slot)/;s/erase_log_/erase_log(slot)/}
a released payment is refunded|tpcu/src/driver/payer.rs|s/if !self.orm\[slot\].released() {/if true {/
a cut refund is not finished|tpcu/src/driver/session.rs|s/if orm.payer() \&\& orm.refunded() {/if false {/
a cut settling is not finished|tpcu/src/driver/session.rs|s/} else if !orm.payer() \&\& orm.keyed() \&\&/} else if false \&\& !orm.payer() \&\& orm.keyed() \&\&/
staged tokens that are not logged are forgotten|tpcu/src/driver/payer.rs|s/while staged < count \&\& self.hw/while false \&\& staged < count \&\& self.hw/
the payee claims tokens that it does not have|tpcu/src/driver/payee.rs|s/claimed.standing(progress.k, \&proof)/claimed.standing(record.count, \&proof)/
the payee forgets a payment that is not keyed|tpcu/src/driver/payee.rs|s/let (wait, frame) = listing.leftover(\&record.session);/self.close(slot).await?; self.erase_log(slot).await?; let (wait, frame) = listing.leftover(\&record.session);/
the key chain does not move on|tpcu/src/profile.rs|s/self.n = self.n.wrapping_add(1);//;s/self.hash = sha256(&\[&self.hash, frame\]);//;s/self.key = next;/let _ = next;/
MUTANTS
