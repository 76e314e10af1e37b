#!/bin/sh
# Breaks one decoder at a time in a copy of the host and demands that the replay of its kept inputs fails.
# Each line below: name|test in tests/replay.rs|file in host|sed expression. Ends in "N mutants caught, N
# survived". `sh mutants.sh tag` runs those whose name has "tag" in it. About a minute each.
set -u
cd "$(dirname "$0")/../.." || exit 2
crates='' models=yes target=mutants-attack tests=yes
. ./testbench/seeded.sh
tried() {
  cargo test --quiet --package opera-fuzz --test replay -- --exact "$1"
}
# A mutant that does not compile proves nothing: the target must have run and failed.
caught_by() {
  grep -q "^$1, case [0-9]*: " "$out" &&
    echo "$(sed -n "s/^$1, \(case [0-9]*\): .*/\1/p" "$out") of $1"
}

seed_bugs "${1:-}" <<'MUTANTS'
bits without meaning are taken|log|tpcu/src/record.rs|s/if word & 0x00FE_0000 != 0 {/if word == u32::MAX {/
any tag of a point is taken|lists|daa/src/encoding.rs|s/tag => return Err(BadPoint::Tag(tag)),/_ => true,/
a signature of something else is taken|attestation|daa/src/verify.rs|s/if challenge::<S>(&signature.nonce_k, &digest) != \*c/if false \&\& challenge::<S>(\&signature.nonce_k, \&digest) != *c/
a payer's signature of something else is taken|hand_over|tpcu/src/hand_over.rs|s/if signer.verify(&content, &self.signature) {/if signer.verify(\&content, \&self.signature) || !content.is_empty() {/
the end of an answer is not looked for|tpm|tpm/src/wire.rs|s/if end > self.bytes.len() {/if end == usize::MAX {/
a header may be short|messages|tpcu/src/protocol/stage1.rs|s/let head = frame.get(..HEADER).ok_or(Refusal::Length)?;/let head = \&frame[..HEADER];/
MUTANTS
