//! Everything that Verilog can complain with is an error of its model, and of no other.

use verilated::Error;
use verilated_models::Vtrouble;

fn run(chip: &mut Vtrouble, kind: u8) {
    chip.set_kind_i(kind);
    chip.set_clk_i(1);
    chip.eval();
    chip.set_clk_i(0);
    chip.set_kind_i(0);
    chip.eval();
}

/// The line of trouble.v that contains a text.
fn line_of(text: &str) -> u32 {
    let source = include_str!("../models/trouble.v");
    let line = source.lines().position(|line| line.contains(text));
    line.expect("in trouble.v") as u32 + 1
}

#[track_caller]
fn complains(kind: u8, text: &str, said: &str) {
    let mut bad = Vtrouble::new(1).expect("model");
    let mut good = Vtrouble::new(1).expect("model");
    run(&mut bad, kind);
    run(&mut good, 0);
    good.check().expect("the other model is well");
    let error = bad.check().expect_err("must complain");
    let Error::Assertion {
        model,
        file,
        line,
        message,
    } = &error
    else {
        panic!("{error:?}")
    };
    assert_eq!(*model, "Vtrouble");
    assert!(file.ends_with("trouble.v"), "{file}");
    assert_eq!(*line, line_of(text), "{message}");
    assert!(message.contains(said), "{message}");
    assert!(!message.contains("trouble.v"), "the place once: {message}");
    // The first error stays, and the model still runs.
    run(&mut bad, 3);
    assert_eq!(bad.check().expect_err("still"), error);
}

#[test]
fn an_assertion_tells_its_name() {
    complains(1, "assert (", "p_kind_is_not_one");
}

#[test]
fn an_error_tells_its_text() {
    complains(2, "$error", "kind 2 is an error");
}

#[test]
fn a_stop_tells_its_place() {
    complains(3, "$stop", "$stop");
}

#[test]
fn a_fatal_does_not_end_the_process() {
    complains(4, "$fatal", "kind is four");
}

#[test]
fn a_finish_is_no_error() {
    let mut chip = Vtrouble::new(1).expect("model");
    assert!(!chip.finished());
    run(&mut chip, 5);
    chip.check().expect("no error");
    assert!(chip.finished());
}

#[test]
fn a_loop_that_does_not_settle_is_an_error() {
    let mut chip = Vtrouble::new(1).expect("model");
    let mut good = Vtrouble::new(1).expect("model");
    run(&mut chip, 6);
    let error = chip.check().expect_err("must not hang");
    assert!(matches!(error, Error::Fatal { .. }), "{error:?}");
    assert!(error.to_string().contains("did not converge"), "{error}");
    for _ in 0..1000 {
        run(&mut chip, 6); // does nothing any more
    }
    run(&mut good, 0);
    good.check().expect("the other model is well");
    drop(chip);
    run(&mut good, 7);
    good.check().expect("$display is no error");
}

#[test]
fn errors_in_threads_stay_with_their_models() {
    let threads: Vec<_> = (0..4)
        .map(|kind| {
            std::thread::spawn(move || {
                let mut chips: Vec<_> = (0..8).map(Vtrouble::new).collect();
                for _ in 0..50 {
                    for chip in chips.iter_mut().flatten() {
                        run(chip, kind);
                    }
                }
                chips
                    .iter()
                    .flatten()
                    .filter(|c| c.check().is_err())
                    .count()
            })
        })
        .collect();
    let failed: Vec<_> = threads
        .into_iter()
        .map(|t| t.join().expect("thread"))
        .collect();
    assert_eq!(failed, [0, 8, 8, 8]);
}
