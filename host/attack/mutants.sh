#!/bin/sh
# Takes one check at a time out of a copy of the host and demands that the attacks which it stops succeed.
# Each line below: name|tests in tests/catalogue.rs|files in host|sed expression. Ends in "N mutants caught,
# N survived". `sh mutants.sh digest` runs those whose name has "digest" in it. About a minute each.
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

while IFS='|' read -r name tests files change; do
  case $name in
    '') continue ;;
    *"${1:-}"*) ;;
    *) continue ;;
  esac
  same=no
  for one in $files; do
    sed "$change" "host/$one" >"$scratch/host/$one"
    if cmp -s "host/$one" "$scratch/host/$one"; then
      echo "$name: the change no longer applies to $one"
      same=yes
    fi
  done
  if [ "$same" = no ]; then
    # shellcheck disable=SC2086 # several names
    (cd "$scratch" && cargo test --quiet --package opera-attack --test catalogue -- --exact $tests) >"$scratch/out" 2>&1
  else
    : >"$scratch/out"
  fi
  # A mutant that does not compile proves nothing, and another refusal than before is no success.
  good=yes
  for one in $tests; do
    awk -v head="---- $one stdout ----" '$0 == head { on = 1; next } /^---- |^failures:/ { on = 0 } on' "$scratch/out" |
      grep -q 'succeeded: true' || good=no
  done
  if [ "$good" = yes ]; then
    echo "$name: caught, for $tests succeeds"
    caught=$((caught + 1))
  else
    echo "$name: survived"
    tail -5 "$scratch/out"
    survived=$((survived + 1))
  fi
  for one in $files; do
    cp "host/$one" "$scratch/host/$one"
  done
done <<'MUTANTS'
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
the place of a message does not count|reorder|tpcu/src/profile.rs tpcu/src/protocol/payee.rs|s/self.n = self.n.wrapping_add(1);//;s/self.hash = sha256(&\[&self.hash, frame\]);/let _ = frame;/;s/self.key = next;/let _ = next;/;s/if count != u32::from(self.index) + 1 {/if count == u32::MAX {/
MUTANTS

echo "$caught mutants caught, $survived survived"
[ "$survived" -eq 0 ] && [ "$caught" -gt 0 ]
