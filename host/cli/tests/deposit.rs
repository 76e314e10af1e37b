//! Detection behind prevention: tokens come back to the authority, a wallet whose memory was copied is
//! found and shut out, and nobody else is.

mod common;

use std::fs;
use std::process::Stdio;
use std::thread;
use std::time::Instant;

use common::{Place, change, spawn, swtpm_installed};
use opera_tpcu::protocol::wire::Kind;
use serde_json::Value;

/// A broken wallet: its nonvolatile memory, and its TPM's, a second time.
fn copy(place: &Place, from: &str, to: &str) {
    for name in place.names() {
        let Some(ending) = name.strip_prefix(from) else {
            continue;
        };
        let target = place.path(&format!("{to}{ending}"));
        if ending == ".tpm" {
            fs::create_dir(&target).unwrap();
            for entry in fs::read_dir(place.path(&name)).unwrap() {
                let entry = entry.unwrap();
                fs::copy(entry.path(), target.join(entry.file_name())).unwrap();
            }
        } else if ending.is_empty() || ending.starts_with('.') {
            fs::copy(place.path(&name), target).unwrap();
        }
    }
}

fn audit(place: &Place, code: i32) -> Value {
    let run = place.opera("audit --json");
    assert_eq!(run.code, Some(code), "{}{}", run.out, run.err);
    run.json()
}

/// a pays b and its copy pays c, the same token; b pays d; d and c deposit.
fn double_spent(tpm: &str) -> Place {
    let place = Place::new();
    for name in ["a", "b", "c", "d"] {
        place.opera(&format!("wallet new {name} --tpm {tpm}")).ok();
    }
    place.opera("mint --to a --amount 10").ok();
    copy(&place, "a", "copy");
    place.opera("pay --from a --to b --amount 10").ok();
    place.opera("pay --from copy --to c --amount 10").ok();
    place.opera("pay --from b --to d --amount 10").ok();
    let first = place.opera("deposit d --amount 10 --json").ok().json();
    assert_eq!(
        (&first["deposited"], &first["deposited_before"]),
        (&10.into(), &0.into())
    );
    assert_eq!(audit(&place, 0)["outstanding"], 0);
    let second = place.opera("deposit c --amount 10").ok().out;
    assert!(second.contains("had been deposited before"), "{second}");
    let books = audit(&place, 1);
    assert_eq!(
        (
            &books["minted"],
            &books["deposited"],
            &books["double_deposited"]
        ),
        (&10.into(), &20.into(), &10.into())
    );
    let needed = &books["disputes"][0]["needed"];
    assert_eq!(needed.as_array().map(Vec::len), Some(2), "{books}");
    // All that are honest have some money to go on with.
    for name in ["b", "c", "d"] {
        place.opera(&format!("mint --to {name} --amount 5")).ok();
    }
    place
}

fn shut_out(place: &Place) {
    place.opera("epoch").ok();
    for name in ["d", "c", "b"] {
        let renewed = place.opera(&format!("renew {name} --json")).ok().json();
        assert_eq!(
            (&renewed["renewed"], &renewed["epoch"], &renewed["asked"]),
            (&true.into(), &2.into(), &1.into())
        );
    }
    for name in ["a", "copy"] {
        let refused = place.opera(&format!("renew {name}"));
        refused.fails(1, &[name, "away 2 times and got it 1 times", "epoch 2"]);
    }
    let books = audit(place, 1);
    let dispute = &books["disputes"][0];
    let spent = dispute["spent_twice"].as_array().unwrap();
    assert_eq!(spent.len(), 1, "one wallet, and no other: {books}");
    assert_eq!(
        (&spent[0]["gave"], &spent[0]["got"]),
        (&2.into(), &1.into())
    );
    assert_eq!(dispute["needed"].as_array().map(Vec::len), Some(0));

    // The next Stage 1 with any that has renewed fails; the others pay on.
    for line in [
        "pay --from b --to a --amount 5",
        "pay --from b --to copy --amount 5",
        "mint --to a --amount 5",
    ] {
        let refused = place.opera(line);
        refused.fails(1, &["of another epoch", "opera renew"]);
    }
    place.opera("pay --from b --to c --amount 5").ok();
    place.opera("pay --from c --to d --amount 10").ok();
    place.opera("deposit d --amount 15").ok();
    let books = audit(place, 1);
    assert_eq!(
        (&books["outstanding"], &books["double_deposited"]),
        (&0.into(), &10.into())
    );
}

#[test]
fn a_copied_wallet_is_found_and_shut_out() {
    let place = double_spent("model");
    shut_out(&place);
    let text = place.opera("audit").fails(1, &["10 of value"]).out;
    assert!(
        text.contains("gave it away 2 times, got it 1 times"),
        "{text}"
    );
}

#[test]
fn a_copied_wallet_with_swtpm_is_found_and_shut_out() {
    if !swtpm_installed() {
        return;
    }
    let place = double_spent("swtpm");
    shut_out(&place);
}

#[test]
fn a_wallet_that_comes_first_is_found_at_its_next_renewal() {
    let place = double_spent("model");
    place.opera("epoch").ok();
    // Nobody has said yet who gave the token to those that deposited it.
    place.opera("renew a").ok();
    for name in ["d", "c", "b"] {
        place.opera(&format!("renew {name}")).ok();
    }
    let books = audit(&place, 1);
    let needed = books["disputes"][0]["needed"].as_array().unwrap();
    assert_eq!(needed.len(), 2, "both are a's: {books}");
    place.opera("epoch").ok();
    place.opera("renew a").fails(1, &["away 2 times"]);
    place.opera("renew b").ok();
}

#[test]
fn a_revoked_key_is_refused_by_every_wallet_that_has_the_list() {
    let place = Place::with_wallets(&["a", "b", "c"]);
    place.opera("mint --to a --amount 10").ok();
    // Where the model keeps its key in the file: `opera_store`, ATTESTATION_KEY.
    let key: String = place.read("a")[64..96]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let revoked = place.opera(&format!("revoke {key} --json")).ok().json();
    assert_eq!(
        (&revoked["version"], &revoked["keys"]),
        (&1.into(), &1.into())
    );
    place
        .opera(&format!("revoke {key}"))
        .fails(2, &["on list 1 already"]);
    // b has the list with its renewal, c with its charge, d from its birth.
    place.opera("renew b").ok();
    place.opera("mint --to c --amount 1").ok();
    place.opera("wallet new d").ok();
    for name in ["b", "c", "d"] {
        let shown = place
            .opera(&format!("wallet show {name} --json"))
            .ok()
            .json();
        assert_eq!(shown["revocation_list"], 1, "{name}");
        let refused = place.opera(&format!("pay --from a --to {name} --amount 10"));
        refused.fails(1, &["revoked"]);
    }
    assert_eq!(place.spendable("a"), 10);
    place.opera("pay --from c --to b --amount 1").ok();
}

#[test]
fn a_killed_deposit_loses_and_doubles_nothing() {
    let place = Place::charged(8);
    place.opera("deposit a --amount 1").ok();
    let start = Instant::now();
    place.opera("deposit a --amount 1").ok();
    let whole = start.elapsed();
    let kills = 12;
    let mut charged = 8;
    for n in 0..kills {
        let before = audit(&place, 0)["deposited"].as_u64().unwrap();
        let mut command = place.command("deposit a --amount 1");
        let mut child = spawn(command.stdout(Stdio::null()).stderr(Stdio::null()));
        thread::sleep(whole * (2 * n + 1) / (2 * kills));
        child.kill().unwrap();
        child.wait().unwrap();
        // Whatever was begun is finished, and only when it was not is a new one made.
        let said = place.opera("deposit a --amount 1 --json").ok().json();
        assert_eq!(place.open_sessions(&["a", "authority.wallet.bank-1"]), 0);
        let books = audit(&place, 0);
        let deposited = books["deposited"].as_u64().unwrap();
        assert!((before + 1..=before + 2).contains(&deposited), "{said}");
        assert_eq!(place.spendable("a"), charged - deposited, "{said}");
        assert_eq!(place.spendable("authority.wallet.bank-1"), deposited);
        assert_eq!(books["outstanding"], charged - deposited);
        if place.spendable("a") < 3 {
            place.opera("mint --to a --amount 4 --denomination 1").ok();
            charged += 4;
        }
    }
}

#[test]
fn a_charge_that_the_ledger_does_not_know_is_shown_as_such() {
    let place = Place::charged(2);
    // Cut behind the back of the ledger.
    place.charge_interrupted("a", 3, true, Kind::Release);
    place.opera("resume authority.wallet a").ok();
    place.opera("deposit a --amount 5").ok();
    let books = audit(&place, 0);
    assert_eq!(
        (
            &books["minted"],
            &books["unrecorded"],
            &books["outstanding"]
        ),
        (&2.into(), &3.into(), &0.into())
    );
}

#[test]
fn what_cannot_be_done_is_said_with_the_remedy() {
    let place = Place::charged(5);
    for (line, code, words) in [
        ("deposit a --amount 9", 1, &["payer", "holds less"][..]),
        ("deposit missing --amount 1", 2, &["missing", "wallet new"]),
        (
            "deposit authority.wallet --amount 1",
            2,
            &["mint", "name a wallet"],
        ),
        ("renew authority.wallet", 2, &["mint", "opera epoch"]),
        ("revoke 12", 2, &["64 hexadecimal digits"]),
        (&format!("revoke {}", "0".repeat(64)), 2, &["zero"]),
        (&format!("revoke {}", "f".repeat(64)), 2, &["order"]),
        (
            "audit --authority a",
            2,
            &["a:", "not a mint", "--authority"],
        ),
        ("audit --authority none", 2, &["none", "--authority"]),
        ("epoch --authority none", 2, &["none", "--authority"]),
    ] {
        place.opera(line).fails(code, words);
    }
    place
        .opera("wallet new x --authority other.wallet --seed 5")
        .ok();
    place
        .opera("renew x")
        .fails(2, &["different authorities", "--authority"]);
    place
        .opera("deposit x --amount 1")
        .fails(2, &["different authorities", "--authority"]);

    place.opera("deposit a --amount 1").ok();
    place.opera("renew b").ok();
    for (name, line) in [
        ("authority.wallet.ledger", "audit"),
        ("authority.wallet.ledger", "mint --to a --amount 1"),
        ("b.update", "wallet show b"),
        ("b.update", "pay --from a --to b --amount 1"),
    ] {
        let good = place.read(name);
        change(&place.path(name), |bytes| bytes[60] ^= 1);
        place.opera(line).fails(2, &[name, "damaged"]);
        change(&place.path(name), |bytes| bytes.truncate(10));
        place.opera(line).fails(2, &[name]);
        fs::write(place.path(name), good).unwrap();
    }
    fs::write(place.path("b.evidence"), "something else").unwrap();
    place.opera("wallet show b").fails(2, &["b.evidence"]);
    // Evidence is no part of the money.
    let paid = place.opera("pay --from a --to b --amount 4").ok().out;
    assert!(paid.contains(".evidence"), "{paid}");
    assert_eq!(place.spendable("b"), 4);
}
