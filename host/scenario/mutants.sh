#!/bin/sh
# Seeds one bug at a time into a copy of attestation and demands that a test of it goes red.
# Each line below: name|file in host|sed expression. Ends in "N mutants caught, N survived".
# `sh mutants.sh epoch` runs those whose name has "epoch" in it. Half a minute each, and the models once.
set -u
cd "$(dirname "$0")/../.." || exit 2
crates='regs lpc daa tpm tpcu store sim scenario' models=yes target=mutants
. ./testbench/seeded.sh
tried() {
  cargo test --quiet --no-fail-fast -p opera-tpcu --lib -p opera-scenario --test attestation
}
caught_by() { failed_tests; }

seed_bugs "${1:-}" <<'MUTANTS'
revoked keys accepted|daa/src/verify.rs|s/^        revoked.check(s, w)$/        Ok(())/
old epoch accepted|daa/src/verify.rs|s/if \*epoch != self.issuer.epoch()/if *epoch > 99/
credential unchecked|daa/src/verify.rs|s/if pairs.is_zero()/if pairs.is_zero() || true/
proof unchecked|daa/src/verify.rs|s/if challenge::<S>(&signature.nonce_k, &digest) != \*c/if false \&\& challenge::<S>(\&signature.nonce_k, \&digest) != *c/
zero credential has another name|tpcu/src/tpm.rs|s/why: BadPoint::Identity/why: BadPoint::NotOnCurve/
registers unchecked|tpcu/src/tpm.rs|s/if self.bank != bank .. !known/if self.bank != bank \&\& !known/
nonces and keys not signed|tpcu/src/protocol/stage1.rs|s/&\[role.code()\], session, key\])/\&[role.code()], key, \&session[..0]])/
role not signed|tpcu/src/protocol/stage1.rs|s/&\[role.code()\], session, key\])/\&[role.code() * 0], session, key])/
session key not signed|tpcu/src/protocol/stage1.rs|s/&\[role.code()\], session, key\])/\&[role.code()], session, \&key[..0]])/
model's key works in any state|tpcu/src/tpm.rs|s/if same(&public::pcr_policy(&now), &self.policy)/if true || same(\&public::pcr_policy(\&now), \&self.policy)/
emulator's registers not looked at|tpcu/src/tpm2.rs|s/if same(&public::pcr_policy(&now), &self.policy)/if true || same(\&public::pcr_policy(\&now), \&self.policy)/
what is known forgets the message|tpcu/src/tpm.rs|s/sha256(&\[&self.revoked_id, signature, message\])/sha256(\&[\&self.revoked_id, signature, \&message[..0]])/
what is known forgets the list|tpcu/src/tpm.rs|s/sha256(&\[&self.revoked_id, signature, message\])/sha256(\&[signature, message])/
old list taken|tpcu/src/tpm.rs|s/if found < known/if found > known + 9/
unsigned list taken|tpcu/src/lists.rs|s/if issuer.certified(domain, &sha256(&\[body\]), signature)/if true || issuer.certified(domain, \&sha256(\&[body]), signature)/
MUTANTS
