//! Resumption and refund of payments that were interrupted at a known message.

mod common;

use common::Place;
use opera_tpcu::protocol::wire::Kind;

#[test]
fn resume_with_nothing_open_says_so_and_changes_no_balance() {
    let place = Place::charged(5);
    let run = place.opera("resume a b").ok();
    assert_eq!(run.out.matches("nothing was left to finish").count(), 2);
    let document = place.opera("resume b a --json").ok().json();
    assert_eq!(document["open"], 0);
    assert_eq!(document["conserved"], true);
    assert_eq!((place.spendable("a"), place.spendable("b")), (5, 0));
}

#[test]
fn refund_with_nothing_open_fails_with_the_reason() {
    let place = Place::charged(5);
    place
        .opera("refund a")
        .fails(1, &["a: no interrupted payment to take back"]);
    place
        .opera("refund a --with b")
        .fails(1, &["a: no interrupted"]);
    assert_eq!((place.spendable("a"), place.spendable("b")), (5, 0));
}

/// Interrupted before the release at each of its messages: what refund and resume then do.
#[test]
fn a_payment_cut_before_release_is_given_back_by_refund() {
    for (sent, kind, with) in [
        (false, Kind::Agreement, ""),
        (true, Kind::Token, " --with b"),
        (false, Kind::TokenAck, " --with c"),
        (false, Kind::TokenAck, ""),
    ] {
        let place = Place::charged(5);
        place.opera("wallet new c").ok();
        let all = place.census(&["a", "b", "c"]).tokens;
        place.interrupted("a", "b", 3, sent, kind);
        assert_eq!(place.open_sessions(&["a"]), 1, "{kind:?}");
        let shown = place.opera("wallet show a").ok().out;
        assert!(shown.contains("interrupted payment") && shown.contains("opera refund"));

        let line = format!("refund a{with} --json");
        let document = place.opera(&line).ok().json();
        assert_eq!(document["conserved"], true);
        assert_eq!(place.spendable("a"), 5, "{kind:?}{with}");
        assert_eq!(place.open_sessions(&["a"]), 0, "{kind:?}{with}");
        place.opera(&line).fails(1, &["no interrupted payment"]);

        // The payee's half of it goes when they meet again, and nothing moves.
        place.opera("resume a b").ok();
        assert_eq!(place.open_sessions(&["a", "b"]), 0, "{kind:?}{with}");
        assert_eq!((place.spendable("a"), place.spendable("b")), (5, 0));
        assert_eq!(place.census(&["a", "b", "c"]).tokens, all);
    }
}

#[test]
fn a_payment_cut_before_release_is_finished_by_resume() {
    for (sent, kind, line) in [
        (false, Kind::Agreement, "resume a b"),
        (true, Kind::Token, "resume b a"),
        (false, Kind::TokenAck, "resume a b"),
    ] {
        let place = Place::charged(5);
        let all = place.census(&["a", "b"]).tokens;
        place.interrupted("a", "b", 3, sent, kind);
        let document = place.opera(&format!("{line} --json")).ok().json();
        assert_eq!(document["open"], 0, "{kind:?} {line}");
        assert_eq!(place.census(&["a", "b"]).tokens, all);
        assert_eq!((place.spendable("a"), place.spendable("b")), (2, 3));
    }
}

#[test]
fn after_release_refund_is_refused_and_resume_finishes() {
    for (sent, kind) in [(true, Kind::Release), (false, Kind::Receipt)] {
        let place = Place::charged(5);
        let all = place.census(&["a", "b"]).tokens;
        place.interrupted("a", "b", 3, sent, kind);
        let refund = place.opera("refund a");
        refund.fails(
            1,
            &["a: nothing could be taken back", "released", "opera resume"],
        );
        assert_eq!(place.spendable("a"), 2, "{kind:?}");
        assert_eq!(place.census(&["a", "b"]).tokens, all, "{kind:?}");
        place.opera("resume a b").ok();
        assert_eq!(place.open_sessions(&["a", "b"]), 0, "{kind:?}");
        assert_eq!((place.spendable("a"), place.spendable("b")), (2, 3));
        assert_eq!(place.census(&["a", "b"]).tokens, all);
    }
}

#[test]
fn after_the_receipt_the_payer_has_nothing_left_to_take_back() {
    let place = Place::charged(5);
    place.interrupted("a", "b", 3, true, Kind::Fin);
    place
        .opera("refund a")
        .fails(1, &["a: no interrupted payment to take back"]);
    place.opera("resume a b").ok();
    assert_eq!(place.open_sessions(&["a", "b"]), 0);
    assert_eq!((place.spendable("a"), place.spendable("b")), (2, 3));
}

#[test]
fn a_payee_cannot_take_anything_back() {
    let place = Place::charged(5);
    place.interrupted("a", "b", 3, false, Kind::TokenAck);
    assert_eq!(place.open_sessions(&["b"]), 1);
    let run = place.opera("refund b");
    run.fails(1, &["b: nothing to take back", "payee", "opera resume"]);
    place.opera("resume a b").ok();
    assert_eq!((place.spendable("a"), place.spendable("b")), (2, 3));
}

#[test]
fn a_stranger_does_not_finish_the_payment_of_others() {
    let place = Place::charged(5);
    place.opera("wallet new c").ok();
    let all = place.census(&["a", "b", "c"]).tokens;
    place.interrupted("a", "b", 3, true, Kind::Release);
    let document = place.opera("resume a c --json").ok().json();
    assert_eq!(document["open"], 1, "{document}");
    assert_eq!(place.spendable("c"), 0);
    assert_eq!(place.census(&["a", "b", "c"]).tokens, all);
    place.opera("resume b a").ok();
    assert_eq!((place.spendable("a"), place.spendable("b")), (2, 3));
}

#[test]
fn an_open_payment_does_not_stop_the_next_one() {
    let place = Place::charged(5);
    place.opera("wallet new c").ok();
    place.interrupted("a", "b", 2, false, Kind::TokenAck);
    place.opera("pay --from a --to c --amount 3").ok();
    assert_eq!(place.open_sessions(&["a"]), 1);
    place.opera("resume a b").ok();
    assert_eq!(["a", "b", "c"].map(|name| place.spendable(name)), [0, 2, 3]);
}

#[test]
fn with_eight_payments_open_the_next_is_refused_with_the_reason() {
    let place = Place::charged(10);
    place.opera("wallet new c").ok();
    for _ in 0..8 {
        place.interrupted("a", "b", 1, false, Kind::TokenAck);
    }
    assert_eq!(place.open_sessions(&["a"]), 8);
    let all = place.census(&["a", "b", "c"]).tokens;
    place
        .opera("pay --from a --to c --amount 1")
        .fails(1, &["too many interrupted payments", "opera resume"]);
    assert_eq!(place.census(&["a", "b", "c"]).tokens, all);
    place.opera("resume a b").ok();
    assert_eq!(place.open_sessions(&["a", "b"]), 0);
    place.opera("pay --from a --to c --amount 1").ok();
    assert_eq!(["a", "b", "c"].map(|name| place.spendable(name)), [1, 8, 1]);
}

/// A mint is cut after some of its tokens: the rest is pressed at the next mount.
#[test]
fn a_charge_that_was_cut_is_finished_by_resume() {
    for (sent, kind) in [
        (false, Kind::Agreement),
        (true, Kind::Token),
        (false, Kind::TokenAck),
        (true, Kind::Release),
        (false, Kind::Receipt),
    ] {
        let place = Place::charged(5);
        place.charge_interrupted("a", 3, sent, kind);
        let wallets = ["a", "authority.wallet"];
        assert_eq!(place.open_sessions(&["authority.wallet"]), 1, "{kind:?}");
        let document = place.opera("resume a authority.wallet --json").ok().json();
        assert_eq!(document["open"], 0, "{kind:?}");
        assert_eq!(document["conserved"], true, "{kind:?}");
        assert_eq!(place.open_sessions(&wallets), 0, "{kind:?}");
        assert_eq!(place.spendable("a"), 8, "{kind:?}");
        let census = place.census(&wallets);
        assert_eq!((census.total(), census.tokens.len()), (8, 8), "{kind:?}");
    }
}

/// The tokens that were pressed stay with the mint; nobody else ever has them.
#[test]
fn a_mint_takes_back_a_charge_that_was_cut() {
    let place = Place::charged(5);
    place.charge_interrupted("a", 3, false, Kind::TokenAck);
    let wallets = ["a", "authority.wallet"];
    let all = place.census(&wallets).tokens;
    assert_eq!(all.len(), 7);
    place.opera("refund authority.wallet --with b").ok();
    assert_eq!(place.spendable("authority.wallet"), 2);
    place.opera("resume a authority.wallet").ok();
    assert_eq!(place.open_sessions(&wallets), 0);
    assert_eq!(place.spendable("a"), 5);
    assert_eq!(place.census(&wallets).tokens, all);
}
