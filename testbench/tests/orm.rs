//! The one-time-readable memory: its moves, what it refuses, and power cuts at every clock.
//!
//! A mint's memory and a wallet's exchange tokens over the data bus. The nonvolatile memories are
//! here, so that a cut can leave the word being written old, new, or as garbage. The oracle decodes
//! their content with the device key, as nobody outside can.

mod orm_bench;

use opera_regs::{err, field, nv, op};
use orm_bench::*;

#[test]
fn tokens_move_through_all_stages_and_come_back() {
    let mut bench = Bench::blank();
    bench.charge(&[10, 100]);
    let expected = vec![(0, 10, token(0, 10)), (1, 100, token(1, 100))];
    assert_eq!(spendable(&bench.sides[B].image, KEYS[B]), expected);
    // I7: the mint has nothing of them left, and the wallet's entries are empty.
    for side in [A, B] {
        let image = &bench.sides[side].image;
        let at = nv::TB_BASE as usize;
        assert!(image[at..at + 32 * 8].iter().all(|word| *word == 0));
    }
    // The wallet stages one and takes it back.
    bench.ok(B, op::OPEN_PAYER, args(3, 2));
    bench.ok(B, op::STAGE, args(1, 0));
    let key = ptk(KEYS[B], bench.counter(B));
    let (state, cipher) = entry(&bench.sides[B].image, 4);
    assert_eq!(state, nv::ENTRY_STAGED);
    assert_eq!(entry_stream(key, 1, cipher), token(0, 10));
    assert_eq!(spendable(&bench.sides[B].image, KEYS[B]).len(), 1);
    assert_eq!(bench.ptk_out(B), [0; 16], "PTK shows before release");
    bench.ok(B, op::REFUND, args(0, 0));
    bench.ok(B, op::SETTLE, args(1, 7));
    bench.ok(B, op::CLOSE, args(0, 0));
    let expected = vec![(1, 100, token(1, 100)), (7, 10, token(0, 10))];
    assert_eq!(spendable(&bench.sides[B].image, KEYS[B]), expected);
}

#[test]
fn i1_a_staged_slot_reads_zero_and_stages_no_more() {
    let mut bench = Bench::blank();
    bench.charge(&[10]);
    bench.ok(B, op::OPEN_PAYER, args(0, 2));
    bench.ok(B, op::STAGE, args(0, 0));
    assert!(bench.sides[B].image[..32].iter().all(|word| *word == 0));
    bench.refused(B, op::STAGE, args(1, 0), err::BAD_SLOT);
    bench.refused(B, op::STAGE, args(0, 0), err::BAD_ENTRY);
}

#[test]
fn i2_no_plaintext_leaves_on_the_data_bus_or_to_the_memory_chip() {
    let mut bench = Bench::blank();
    bench.charge(&[10, 100]);
    bench.ok(B, op::OPEN_PAYER, args(0, 1));
    bench.ok(B, op::STAGE, args(0, 1));
    let stored = |image: &[u32]| {
        image
            .iter()
            .flat_map(|w| w.to_le_bytes())
            .collect::<Vec<_>>()
    };
    for place in [
        &bench.bus,
        &stored(&bench.sides[A].image),
        &stored(&bench.sides[B].image),
    ] {
        assert!(place.len() > 96);
        for token in [token(0, 10), token(1, 100)] {
            for piece in token.windows(6) {
                assert!(!place.windows(6).any(|w| w == piece), "plaintext seen");
            }
        }
    }
}

#[test]
fn i3_release_and_refund_exclude_each_other() {
    for (first, second) in [(op::RELEASE, op::REFUND), (op::REFUND, op::RELEASE)] {
        let mut bench = Bench::blank();
        bench.charge(&[10]);
        bench.ok(B, op::OPEN_PAYER, args(0, 2));
        bench.ok(B, op::STAGE, args(0, 0));
        bench.ok(B, first, args(0, 0));
        bench.refused(B, second, args(0, 0), err::VAULT);
        bench.power(B, false);
        bench.power(B, true);
        bench.refused(B, second, args(0, 0), err::VAULT);
        bench.refused(B, op::STAGE, args(1, 0), err::VAULT);
        bench.ok(B, first, args(0, 0));
        let shown = bench.ptk_out(B) == ptk(KEYS[B], bench.counter(B));
        assert_eq!(shown, first == op::RELEASE);
        let settled = bench.run(B, op::SETTLE, args(0, 0));
        assert_eq!(
            settled == err::NONE,
            first == op::REFUND,
            "settle after {:?}",
            op::name(first)
        );
        if first == op::REFUND {
            bench.refused(B, op::SEND, args(0, 0), err::VAULT);
        }
    }
}

#[test]
fn i7_a_payee_settles_only_with_a_key() {
    let mut bench = Bench::blank();
    bench.ok(A, op::OPEN_PAYER, args(0, 1));
    bench.ok(B, op::OPEN_PAYEE, args(0, 1));
    bench.press(0, token(5, 20));
    assert_eq!(bench.transfer(A, B, 0), (0, 0));
    bench.refused(B, op::SETTLE, args(0, 0), err::VAULT);
    bench.refused(B, op::RELEASE, args(0, 0), err::BAD_SESSION);
    // Repeating a transfer gives the same entry.
    assert_eq!(bench.transfer(A, B, 0), (0, 0));
    bench.ok(A, op::RELEASE, args(0, 0));
    let ptk = bench.ptk_out(A);
    bench.ok(
        B,
        op::KEYLOAD,
        Args {
            ptk,
            ..Args::default()
        },
    );
    bench.refused(
        B,
        op::KEYLOAD,
        Args {
            ptk,
            ..Args::default()
        },
        err::VAULT,
    );
    bench.refused(B, op::CLOSE, args(0, 0), err::NOT_CLOSABLE);
    bench.ok(B, op::SETTLE, args(0, 3));
    bench.refused(B, op::SETTLE, args(0, 4), err::BAD_ENTRY);
    assert_eq!(
        spendable(&bench.sides[B].image, KEYS[B]),
        [(3, 20, token(5, 20))]
    );
}

#[test]
fn refused_operations_write_nothing() {
    let mut bench = Bench::blank();
    bench.charge(&[10, 20]);
    bench.refused(B, op::STAGE, args(0, 0), err::BAD_SESSION);
    bench.refused(B, 0, args(0, 0), err::BAD_OP);
    bench.refused(B, 0x0F, args(0, 0), err::BAD_OP);
    bench.refused(B, op::PRESS, args(0, 0), err::BAD_OP);
    bench.refused(B, op::OPEN_PAYER, args(0, 0), err::BAD_RANGE);
    bench.refused(B, op::OPEN_PAYER, args(ENTRIES - 1, 2), err::BAD_RANGE);
    bench.refused(B, op::OPEN_PAYER, args(0xFFFF, 2), err::BAD_RANGE);
    bench.ok(B, op::OPEN_PAYER, args(2, 3));
    bench.refused(B, op::OPEN_PAYER, args(5, 1), err::BAD_SESSION);
    bench.refused(B, op::STAGE, args(3, 0), err::BAD_ENTRY);
    bench.refused(B, op::STAGE, args(0, SLOTS), err::BAD_SLOT);
    bench.refused(B, op::STAGE, args(0, 5), err::BAD_SLOT);
    bench.refused(B, op::SEND, args(0, 0), err::BAD_ENTRY);
    bench.refused(B, op::RECEIVE, args(0, 0), err::BAD_SESSION);
    bench.refused(B, op::SETTLE, args(0, 9), err::VAULT);
    bench.refused(B, op::DIRSCAN, args(0, 1), err::BAD_SLOT);
    bench.ok(B, op::STAGE, args(0, 0));
    bench.refused(B, op::CLOSE, args(0, 0), err::NOT_CLOSABLE);
    // Nobody listens: the bounded wait ends, and nothing moved.
    bench.refused(B, op::SEND, args(0, 0), err::BUS_TIMEOUT);
    bench.chip.set_b_sess_i(1);
    bench.refused(B, op::OPEN_PAYEE, args(1, 2), err::BAD_RANGE);
    bench.refused(B, op::OPEN_PAYEE, args(4, 1), err::BAD_RANGE);
    bench.ok(B, op::OPEN_PAYEE, args(5, 3));
    bench.refused(B, op::RECEIVE, args(0, 0), err::BUS_TIMEOUT);
    bench.chip.set_b_sess_i(8);
    bench.refused(B, op::SESSREAD, args(0, 0), err::BAD_SESSION);
}

#[test]
fn the_directory_shows_values_and_nothing_else() {
    let mut bench = Bench::blank();
    bench.charge(&[10, 100, 7]);
    bench.ok(B, op::DIRSCAN, args(0, 0));
    let mut shown = Vec::new();
    for addr in 0..128 {
        bench.chip.set_b_out_addr_i(addr);
        bench.clock();
        shown.push(bench.chip.b_out_rdata_o());
    }
    let values: Vec<u32> = shown
        .chunks(4)
        .map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
        .collect();
    assert_eq!(values[..3], [10, 100, 7]);
    assert!(values[3..].iter().all(|value| *value == 0));
}

#[test]
fn the_directory_takes_as_long_whatever_the_slots_hold() {
    let mut clocks = Vec::new();
    for values in [&[][..], &[10], &[10, 100, 7]] {
        let mut bench = Bench::blank();
        if !values.is_empty() {
            bench.charge(values);
        }
        // What a cut SETTLE leaves in an empty slot is nobody's value.
        bench.sides[B].image[nv::REPO_BASE as usize + 32 * 9 + 1] = 1_000;
        bench.start(B, op::DIRSCAN, args(0, 0));
        let mut taken = 0;
        while bench.busy(B) {
            assert!(taken < LIMIT, "I11: still busy after {LIMIT} clocks");
            bench.clock();
            taken += 1;
        }
        clocks.push(taken);
        bench.chip.set_b_out_addr_i(4 * 9);
        bench.clock();
        assert_eq!(bench.chip.b_out_rdata_o(), 0, "the value of an empty slot");
    }
    assert!(
        clocks.iter().all(|taken| *taken == clocks[0]),
        "{clocks:?} clocks with 0, 1 and 3 tokens"
    );
}

#[test]
fn session_counters_never_repeat() {
    let mut bench = Bench::blank();
    let mut last = 0;
    for _ in 0..6 {
        bench.ok(B, op::OPEN_PAYER, args(0, 1));
        assert!(bench.counter(B) > last);
        last = bench.counter(B);
        bench.ok(B, op::CLOSE, args(0, 0));
    }
    // Cut anywhere in an OPEN, the next one still counts on.
    for clocks in 0..200 {
        for garbage in [nv::CODE_YES, 0, 0xFFFF_0000] {
            bench.start(B, op::OPEN_PAYER, args(0, 1));
            (0..clocks).for_each(|_| bench.clock());
            bench.cut(B, |_, _| garbage);
            bench.ok(B, op::SESSREAD, args(0, 0));
            if bench.session(B) & field::SESS_STATE_OPEN != 0 {
                assert!(bench.counter(B) > last, "cut after {clocks} clocks");
                last = bench.counter(B);
                bench.ok(B, op::CLOSE, args(0, 0));
            }
            bench.ok(B, op::OPEN_PAYER, args(0, 1));
            assert!(bench.counter(B) > last, "cut after {clocks} clocks");
            last = bench.counter(B);
            bench.ok(B, op::CLOSE, args(0, 0));
        }
    }
}

/// What a cut may leave in the word that was being written.
fn tears(old: u32, new: u32, kind: usize) -> u32 {
    match kind {
        0 => old,
        1 => new,
        2 => 0xDEAD_BEEF ^ old,
        // Codes that mean something are the worst garbage.
        3 => nv::CODE_YES,
        4 => nv::SLOT_VALID,
        5 => nv::ENTRY_STAGED,
        _ => nv::ENTRY_RECEIVED,
    }
}
const TEARS: usize = 7;

/// Runs an operation of the wallet from an image, cut after every number of clocks and with every
/// tear, and hands the image after the next power-up to `judge`. Returns the cuts made.
fn cut_everywhere(
    images: &[Image; 2],
    code: u8,
    args: Args,
    judge: impl Fn(&[u32], &str),
) -> usize {
    let mut bench = Bench::new(images.clone());
    bench.start(B, code, args);
    let mut clocks = 1;
    while bench.busy(B) {
        bench.clock();
        clocks += 1;
    }
    assert_eq!(bench.chip.b_err_o(), err::NONE);
    let mut cuts = 0;
    let mut run = Bench::new(images.clone());
    for at in 0..clocks {
        for kind in 0..TEARS {
            run.sides[B].image.clone_from(&images[B]);
            run.start(B, code, args);
            (0..at).for_each(|_| run.clock());
            // Without a write under way every tear is the same.
            if kind > 0 && run.sides[B].in_flight.is_none() {
                run.settle(B);
                break;
            }
            run.cut(B, |old, new| tears(old, new, kind));
            // A word that is being verified or a torn code must not trap the wallet.
            assert_eq!(run.chip.b_error_o(), 0, "trapped after a cut at {at}");
            judge(
                &run.sides[B].image,
                &format!("{:?} cut at clock {at}, tear {kind}", op::name(code)),
            );
            cuts += 1;
        }
    }
    cuts
}

#[test]
fn i5_a_cut_stage_leaves_the_token_in_exactly_one_place() {
    let mut bench = charged();
    bench.ok(B, op::OPEN_PAYER, args(0, 1));
    let key = ptk(KEYS[B], bench.counter(B));
    let cuts = cut_everywhere(&images(bench), op::STAGE, args(0, 0), |image, cut| {
        let home = spendable(image, KEYS[B]);
        let (state, cipher) = entry(image, 0);
        let staged = state == nv::ENTRY_STAGED;
        assert_eq!(home.len() + usize::from(staged), 1, "{cut}");
        match staged {
            true => {
                assert_eq!(entry_stream(key, 0, cipher), token(0, 10), "{cut}");
                assert!(image[..32].iter().all(|word| *word == 0), "I1: {cut}");
            }
            false => assert_eq!(home, [(0, 10, token(0, 10))], "{cut}"),
        }
    });
    assert!(cuts > 1000, "{cuts}");
}

#[test]
fn i5_a_cut_settle_leaves_the_token_in_exactly_one_place() {
    // As a payer that takes its token back, and as a payee.
    for refund in [true, false] {
        let mut bench = charged();
        let (key, code, content) = if refund {
            bench.ok(B, op::OPEN_PAYER, args(0, 1));
            bench.ok(B, op::STAGE, args(0, 0));
            bench.ok(B, op::REFUND, args(0, 0));
            (
                ptk(KEYS[B], bench.counter(B)),
                nv::ENTRY_STAGED,
                token(0, 10),
            )
        } else {
            bench.ok(B, op::OPEN_PAYEE, args(0, 1));
            bench.ok(A, op::OPEN_PAYER, args(0, 1));
            bench.press(0, token(9, 50));
            assert_eq!(bench.transfer(A, B, 0), (0, 0));
            let key = ptk(KEYS[A], bench.counter(A));
            bench.ok(
                B,
                op::KEYLOAD,
                Args {
                    ptk: key,
                    ..Args::default()
                },
            );
            (key, nv::ENTRY_RECEIVED, token(9, 50))
        };
        let value = if refund { 10 } else { 50 };
        let cuts = cut_everywhere(&images(bench), op::SETTLE, args(0, 6), |image, cut| {
            let home: Vec<_> = spendable(image, KEYS[B])
                .into_iter()
                .filter(|t| t.0 == 6)
                .collect();
            let (state, cipher) = entry(image, 0);
            let waits = state == code;
            assert_eq!(home.len() + usize::from(waits), 1, "{cut}");
            match waits {
                true => assert_eq!(entry_stream(key, 0, cipher), content, "{cut}"),
                false => assert_eq!(home, [(6, value, content)], "{cut}"),
            }
        });
        assert!(cuts > 1000, "{cuts}");
    }
}

#[test]
fn i3_a_cut_release_or_refund_is_decided_or_still_open_and_never_both() {
    for code in [op::RELEASE, op::REFUND] {
        let mut bench = charged();
        bench.ok(B, op::OPEN_PAYER, args(0, 1));
        bench.ok(B, op::STAGE, args(0, 0));
        cut_everywhere(&images(bench), code, args(0, 0), |image, cut| {
            let record = nv::SESS_BASE as usize;
            let both = image[record + 4] == nv::CODE_YES && image[record + 5] == nv::CODE_YES;
            assert!(!both, "{cut}");
            assert_eq!(entry(image, 0).0, nv::ENTRY_STAGED, "{cut}");
        });
    }
}

#[test]
fn a_cut_close_is_finished_by_the_next_one_and_touches_no_slot() {
    let mut bench = charged();
    bench.ok(B, op::OPEN_PAYER, args(0, 2));
    bench.ok(B, op::STAGE, args(0, 0));
    bench.ok(B, op::RELEASE, args(0, 0));
    let images = images(bench);
    cut_everywhere(&images, op::CLOSE, args(0, 0), |image, cut| {
        let mut again = Bench::new([vec![0; WORDS], image.to_vec()]);
        again.ok(B, op::SESSREAD, args(0, 0));
        if again.session(B) & field::SESS_STATE_OPEN != 0 {
            again.ok(B, op::CLOSE, args(0, 0));
        }
        let at = nv::TB_BASE as usize;
        assert!(
            again.sides[B].image[at..at + 64]
                .iter()
                .all(|word| *word == 0),
            "{cut}"
        );
    });
}

#[test]
fn an_unplugged_or_cut_partner_leaves_the_entry_as_it_was_or_whole() {
    let mut bench = Bench::blank();
    bench.ok(A, op::OPEN_PAYER, args(0, 1));
    bench.ok(B, op::OPEN_PAYEE, args(0, 1));
    bench.press(0, token(3, 30));
    let key = ptk(KEYS[A], bench.counter(A));
    for clocks in (0..2400).step_by(7) {
        bench.start(B, op::RECEIVE, args(0, 0));
        bench.start(A, op::SEND, args(0, 0));
        (0..clocks).for_each(|_| bench.clock());
        bench.chip.set_plugged_i(0);
        bench.settle(A);
        bench.settle(B);
        bench.chip.set_plugged_i(1);
        let (state, cipher) = entry(&bench.sides[B].image, 0);
        if state == nv::ENTRY_RECEIVED {
            assert_eq!(
                entry_stream(key, 0, cipher),
                token(3, 30),
                "unplugged at {clocks}"
            );
        }
        assert_eq!(entry(&bench.sides[A].image, 0).0, nv::ENTRY_STAGED);
    }
    assert_eq!(bench.transfer(A, B, 0), (0, 0));
}

#[test]
fn a_scrub_clears_the_buffers() {
    let mut bench = charged();
    bench.ok(B, op::DIRSCAN, args(0, 0));
    bench.chip.set_b_scrub_i(1);
    for _ in 0..40 {
        bench.clock();
    }
    assert_ne!(bench.chip.b_scrub_done_o(), 0);
    bench.chip.set_b_scrub_i(0);
    for addr in 0..128 {
        bench.chip.set_b_out_addr_i(addr);
        bench.clock();
        assert_eq!(bench.chip.b_out_rdata_o(), 0);
    }
}

#[test]
fn a_memory_that_does_not_answer_traps() {
    let mut bench = charged();
    bench.latency = u32::MAX - 1;
    bench.start(B, op::SESSREAD, args(0, 0));
    bench.settle(B);
    assert_eq!(bench.chip.b_err_o(), err::NV_TIMEOUT);
    bench.latency = 1;
    assert_eq!(
        bench.run(B, op::SESSREAD, args(0, 0)),
        err::NV_TIMEOUT,
        "shut until power-up"
    );
}
