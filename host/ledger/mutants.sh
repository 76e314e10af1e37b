#!/bin/sh
# Seeds one bug at a time into a copy of what finds double spenders, and demands that a test of it goes red.
# Each line below: name|file in host|sed expression. Ends in "N mutants caught, N survived".
# `sh mutants.sh proof` runs those whose name has "proof" in it. Some twenty seconds each.
set -u
cd "$(dirname "$0")/../.." || exit 2
crates='regs lpc daa tpm tpcu store ledger' models=no target=mutants
. ./testbench/seeded.sh
tried() {
  cargo test --quiet --no-fail-fast -p opera-ledger --test books -p opera-tpcu --test hand_over \
    -p opera-daa --test owned -p opera-store --lib
}
caught_by() { failed_tests; }

seed_bugs "${1:-}" <<'MUTANTS'
proof of a multiple unchecked|daa/src/owned.rs|s/if challenge::<S>(&self.nonce_k, &digest) == self.c {/if true {/
proof good for any question|daa/src/owned.rs|/b"owned: proof 1  "/,/digest()/s/\.fixed(context)/.fixed(\&[0; 32])/
proof good for any point|daa/src/owned.rs|s/&\[point, base, w, k, e, l\]/\&[base, w, k, l]/
ciphertexts not signed|tpcu/src/protocol/mod.rs|s/&sha256(&\[covers.as_flattened()\])/\&sha256(\&[])/
payee not signed|tpcu/src/protocol/mod.rs|s/&sha256(&\[payee\])/\&sha256(\&[\&payee[..0]])/
payee's name not signed|tpcu/src/protocol/mod.rs|s/^        payee_name,$/        \&payee_name[..0],/
payer's attestation unchecked|tpcu/src/hand_over.rs|s/attestation.verify(group, self.profile.bank(), references, &signed)?;/let _ = attestation.verify(group, self.profile.bank(), references, \&signed);/
payer's signature unchecked|tpcu/src/hand_over.rs|s/if signer.verify(&content, &self.signature) {/if signer.verify(\&content, \&self.signature) || true {/
whole ciphertext kept|tpcu/src/hand_over.rs|s/^const HEAD: usize = 32;/const HEAD: usize = 64;/
hand-over not kept|tpcu/src/driver/payee.rs|s/if !self.tpcu.keeper.keep(released.hand_over()) {/if false {/
payment stopped when its hand-over is not kept|tpcu/src/driver/payee.rs|s/^            self.unkept += 1;/            return Err(Error::NoRoom);/
second payment under one session|tpcu/src/driver/payee.rs|s/if self.tpcu.keeper.received(&terms.session) {/if false {/
answers unproved|ledger/src/dispute.rs|s/\.map_err(|why| WitnessError(why.to_string()))?;/.ok();/
another key answers|ledger/src/dispute.rs|s/if first.multiple() != public {/if false {/
two keys answer|ledger/src/dispute.rs|s/if owned.pseudonym() != pseudonym {/if false {/
as much given as got is guilt|ledger/src/dispute.rs|s/gave <= got/gave < got/
one more given than got is no guilt|ledger/src/dispute.rs|s/gave <= got/gave <= got + 1/
a payment counts in each mount|ledger/src/dispute.rs|s/\.map(|hand_over| hand_over.id())$/.filter_map(|hand_over| hand_over.to_bytes()[2..34].try_into().ok())/
the payee of a hand-over is not asked for|ledger/src/dispute.rs|s/\*end = me.clone();/{ hop.payee = me.clone(); *end = me.clone(); }/
forged hand-overs count|ledger/src/dispute.rs|s/ && good(&hand_over)/ \&\& (good(\&hand_over) || true)/
hand-overs of other tokens count|ledger/src/dispute.rs|s/if hand_over.holds(&self.serial) && /if /
the mint is guilty|ledger/src/dispute.rs|s/gave <= got || me == Party::Mint/gave <= got/
deposited before the tokens are there|ledger/src/book.rs|s/if taken.contains(&hand_over.id()) || !there {/if taken.contains(\&hand_over.id()) {/
second deposit unseen|ledger/src/book.rs|s/if deposits.len() < 2 {/if deposits.len() < 3 {/
a sealed file is not checked|store/src/beside.rs|s/if !whole || digest != Some(&Sha256::digest(body)\[..\]) {/if !whole {/
a torn record counts|store/src/beside.rs|s/bytes.get(start..start + length as usize)/bytes.get(start..bytes.len().min(start + length as usize))/
MUTANTS
