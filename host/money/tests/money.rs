//! The money is safe in all that is explored; and the exploration finds what is seeded.

use opera_money::{Bounds, bounds, check, check_only};
use opera_tpcu::model::Fault;

#[track_caller]
fn good(bounds: Bounds) {
    let found = check(bounds);
    println!("{found}");
    assert!(found.is_good(), "{found}");
}

#[test]
fn a_payment_of_two_of_three_tokens() {
    good(bounds::one_payment());
}

#[test]
fn a_payment_of_three_tokens() {
    good(bounds::three_tokens());
}

#[test]
fn a_payment_over_a_bad_data_bus() {
    good(bounds::noise());
}

/// With this fault the property fails.
#[track_caller]
fn seen(fault: Fault, property: &'static str) {
    let bounds = Bounds {
        fault: Some(fault),
        ..bounds::one_payment()
    };
    let found = check_only(bounds, property);
    println!("{found}");
    assert!(found.fails(property), "{fault:?} survives: {found}");
}

#[test]
fn a_stale_challenge_lets_old_messages_in() {
    seen(Fault::StaleChallenge, "I8 freshness");
}

#[test]
fn a_stale_challenge_lets_a_recorded_payment_be_paid_again() {
    seen(Fault::StaleChallenge, "I6 none copied");
}

#[test]
fn a_slot_that_is_not_erased_before_it_is_sent_is_a_copy() {
    seen(Fault::StageKeepsSlot, "I6 none copied");
}

#[test]
fn a_vault_that_refunds_after_release_copies() {
    seen(Fault::ReleaseForgotten, "I6 none copied");
}

#[test]
fn a_key_of_a_session_that_is_not_released_is_noticed() {
    seen(Fault::ReleaseForgotten, "I7 no early use");
}

#[test]
fn a_vault_that_releases_and_refunds_is_noticed() {
    seen(Fault::RefundAfterRelease, "I3 release or refund");
}

#[test]
fn a_token_that_settles_nowhere_is_lost() {
    seen(Fault::SettleLosesToken, "I6 none lost");
}

#[test]
fn an_entry_that_can_be_settled_twice_is_a_copy() {
    seen(Fault::SettleKeepsEntry, "I6 none copied");
}

#[test]
fn a_key_that_is_not_kept_leaves_a_payment_stuck() {
    seen(Fault::KeyForgotten, "I6 honest mounts bring all home");
}
