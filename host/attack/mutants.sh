#!/bin/sh
# Takes one check at a time out of a copy of the host and demands that the attacks which it stops succeed, or
# that wallets are told apart. Each line below: name|tests in tests/|files in host|sed expression. Ends in
# "N mutants caught, N survived". `sh mutants.sh digest` runs those whose name has "digest" in it. About a minute each.
set -u
cd "$(dirname "$0")/../.." || exit 2
crates='' models=yes target=mutants-attack tests=yes
. ./testbench/seeded.sh
tried() {
  # shellcheck disable=SC2086 # several names
  cargo test --quiet --package opera-attack --test catalogue --test anonymity -- --exact $1
}
# A mutant that does not compile proves nothing, and another refusal than before is no success.
caught_by() {
  for one in $1; do
    awk -v head="---- $one stdout ----" '$0 == head { on = 1; next } /^---- |^failures:/ { on = 0 } on' "$out" |
      grep -q 'succeeded: true\|payments of [0-9]*: {' || return 1
  done
  echo "$1"
}

seed_bugs "${1:-}" <<'MUTANTS'
the tag of a message is not looked at|amount|tpcu/src/profile.rs|s/if gcm_open(key, aad, &mut plain, tag) {/if gcm_open(key, aad, \&mut plain, tag) \|\| true {/
the attestation is not checked|falsified_wallet|tpcu/src/tpm.rs|s/^        group$/        if !message.is_empty() { return Ok(()); } group/
the credential is not checked|forged_credential expired_credential|daa/src/verify.rs|s/if pairs.is_zero()/if pairs.is_zero() \|\| true/
the identity is a point|zero_credential|daa/src/verify.rs daa/src/encoding.rs|s/if point.is_zero() {/if false \&\& point.is_zero() {/;s/return Err(BadPoint::Identity);/return Ok(Affine::identity());/
revoked keys are taken|revoked_key|daa/src/verify.rs|s/^        revoked.check(s, w)$/        Ok(())/
registers are not looked at|wrong_registers|tpcu/src/tpm.rs|s/if self.bank != bank .. !known/if self.bank != bank \&\& !known/
the quote is not of this session|man_in_the_middle quote_relay|tpcu/src/protocol/stage1.rs|s/profile.hash(&\[b"OPERA attest", &\[role.code()\], session, key\])/{ let _ = session; profile.hash(\&[b"OPERA attest", \&[role.code()], key]) }/
high S is taken|high_s|tpcu/src/crypto.rs|s/signature.normalize_s() == signature/true/
the issuer's signature is not checked|bad_signature|tpcu/src/token.rs|s/if !self.signer.verify(&bytes\[..SIGNED\], &signature) {/if false {/
a serial number may occur twice|token_twice|tpcu/src/driver/payee.rs|s/if !serials.insert(token.serial()) {/if !serials.insert(token.serial()) \&\& false {/
the digest of a token is not compared|copied_token|tpcu/src/driver/payee.rs|s/same(&self.tpcu.profile().hash(&\[&bytes\]), said.digest())/{ let _ = (same(\&bytes, \&bytes), said.digest()); true }/
unknown counts without proof|remount|tpcu/src/protocol/payer.rs|s/same(&proof, payee)/{ let _ = same(\&proof, payee); true }/
a later slot takes longer|equal_amounts_look_equal_clock_by_clock|tpcu/src/driver/hw.rs|s/self.write(regs::ORM_SLOT, /self.bus.idle(u64::from(slot)).await; &/
the place of a message does not count|reorder|tpcu/src/profile.rs tpcu/src/protocol/payee.rs|s/self.n = self.n.wrapping_add(1);//;s/self.hash = sha256(&\[&self.hash, frame\]);/let _ = frame;/;s/self.key = next;/let _ = next;/;s/if count != u32::from(self.index) + 1 {/if count == u32::MAX {/
MUTANTS
