//! What cannot be done is refused with what, where and the remedy, before any money moves.

mod common;

use std::fs;
use std::io::Read;
use std::os::unix::fs::symlink;
use std::process::Stdio;

use common::{Place, spawn};

/// Refused before anything was looked at or made.
#[track_caller]
fn usage(line: &str, words: &[&str]) {
    let place = Place::new();
    let run = place.opera(line);
    assert_eq!(run.out, "", "{line}");
    run.fails(2, words);
    assert!(place.names().is_empty(), "{line} left {:?}", place.names());
}

#[test]
fn an_amount_that_is_none_is_refused_with_the_range() {
    for (amount, word) in [
        ("0", "0 is nothing to pay"),
        ("-5", "negative"),
        ("4294967296", "too large"),
        (
            "99999999999999999999999999999999999999999999",
            "1 to 4294967295",
        ),
        ("1.5", "whole number"),
        ("ten", "whole number"),
        ("0x10", "whole number"),
    ] {
        let words = [word, "from 1 to 4294967295", "--amount", amount];
        usage(&format!("pay --amount {amount}"), &words);
        usage(&format!("mint --to a --amount {amount}"), &words);
        usage(&format!("pay --from a --to b --amount {amount}"), &words);
    }
    usage("pay", &["--amount"]);
    usage("pay --amount", &["--amount"]);
    usage("mint --amount 5", &["--to"]);
    usage("pay --amount 5 --from a", &["--to"]);
    usage("pay --amount 5 --to a", &["--from"]);
}

#[test]
fn a_charge_that_cannot_be_made_is_refused_with_the_remedy() {
    for (line, words) in [
        (
            "--amount 20000",
            &["2000 tokens", "1024", "--denomination"][..],
        ),
        (
            "--amount 20 --tokens 3",
            &["--tokens 3", "multiple", "--denomination"],
        ),
        ("--amount 20 --tokens 0", &["--tokens", "1..=1024"]),
        ("--amount 20 --tokens 1025", &["--tokens", "1..=1024"]),
        ("--amount 20 --tokens -1", &["--tokens"]),
        ("--amount 20 --tokens many", &["--tokens", "many"]),
        (
            "--amount 20 --denomination 0",
            &["--denomination", "1 to 4294967295"],
        ),
        (
            "--amount 20 --denomination x",
            &["--denomination", "whole number"],
        ),
        (
            "--amount 20 --denomination 3",
            &["do not make 20 exactly", "--denomination"],
        ),
        ("--amount 2000 --denomination 1", &["2000 tokens", "1024"]),
        (
            "--amount 20 --tokens 1024 --denomination 4294967295",
            &["4398046510080", "4294967295"],
        ),
        (
            "--amount 20 --tokens 2 --from a --to b",
            &["--tokens", "--from"],
        ),
        (
            "--amount 20 --denomination 2 --from a --to b",
            &["--denomination", "--from"],
        ),
    ] {
        usage(&format!("pay {line}"), words);
    }
    let place = Place::with_wallets(&["a"]);
    for (line, word) in [
        ("--amount 20 --denomination 3", "do not make 20 exactly"),
        ("--amount 20000", "--denomination"),
    ] {
        place
            .opera(&format!("mint --to a {line}"))
            .fails(2, &[word]);
    }
    assert_eq!(place.spendable("a"), 0);
}

#[test]
fn a_charge_that_does_not_make_the_amount_fails_the_payment() {
    let place = Place::new();
    for (line, words) in [
        (
            "--amount 25 --tokens 2 --denomination 10",
            &["cannot pay 25"][..],
        ),
        (
            "--amount 25 --tokens 3 --denomination 10",
            &["cannot pay 25"],
        ),
    ] {
        let run = place.opera(&format!("pay {line}"));
        assert!(
            !run.err.contains("opera mint"),
            "there is no wallet file: {}",
            run.err
        );
        run.fails(1, words)
            .fails(1, &["--tokens and --denomination"]);
    }
}

#[test]
fn an_amount_beyond_what_is_held_moves_nothing() {
    let place = Place::with_wallets(&["a", "b"]);
    place.opera("mint --to a --amount 50").ok();
    let all = place.census(&["a", "b"]).tokens;
    for (amount, words) in [
        ("51", &["cannot pay 51", "holds less", "5 x 10"][..]),
        ("4294967295", &["cannot pay 4294967295"]),
        ("7", &["cannot pay 7", "5 x 10"]),
        ("45", &["cannot pay 45", "another amount"]),
    ] {
        let line = format!("pay --from a --to b --amount {amount}");
        place
            .opera(&line)
            .fails(1, words)
            .fails(1, &["nothing has moved"]);
        assert_eq!((place.spendable("a"), place.spendable("b")), (50, 0));
    }
    assert_eq!(place.census(&["a", "b"]).tokens, all);
    assert_eq!(place.open_sessions(&["a", "b"]), 0);
}

#[test]
fn a_charge_beyond_the_room_of_a_wallet_is_refused() {
    let place = Place::with_wallets(&["a"]);
    place
        .opera("mint --to a --amount 1000 --denomination 1")
        .ok();
    place
        .opera("mint --to a --amount 25 --denomination 1")
        .fails(1, &["room"]);
    assert_eq!(place.spendable("a"), 1000);
    assert_eq!(place.census(&["a", "authority.wallet"]).total(), 1000);
}

#[test]
fn nonsense_of_the_global_options_is_refused() {
    usage("pay --amount 5 --seed x", &["--seed", "x"]);
    usage("pay --amount 5 --seed -1", &["--seed"]);
    usage(
        "pay --amount 5 --profile soft",
        &["--profile", "soft", "hardened", "paper"],
    );
    usage("pay --amount 5 --colour", &["--colour"]);
    usage("pay --amount 5 extra", &["extra"]);
    usage("resume a", &["<B>"]);
    usage("refund", &["<PATH>"]);
    usage("wallet", &["new", "show"]);
}

/// Refused before money moves: between files, and in memory.
#[track_caller]
fn output_refused(prepare: impl Fn(&Place), options: &str, words: &[&str]) {
    let place = Place::charged(5);
    prepare(&place);
    let (names, before) = (place.names(), (place.read("a"), place.read("b")));
    for line in ["pay --from a --to b --amount 1", "pay --amount 1"] {
        let run = place.opera(&format!("{line} {options}"));
        assert_eq!(run.out, "", "{line} {options}");
        run.fails(2, words);
        assert_eq!(place.names(), names, "{line} {options} left files behind");
    }
    assert!(before == (place.read("a"), place.read("b")), "{options}");
}

#[test]
fn waves_and_traces_that_cannot_be_written_stop_the_payment() {
    let nothing = |_: &Place| {};
    output_refused(
        nothing,
        "--wave no/such/x.vcd",
        &["no/such/x.vcd", "cannot be written", "folder"],
    );
    output_refused(
        nothing,
        "--trace no/such/x.txt",
        &["no/such/x.txt", "cannot be written", "folder"],
    );
    output_refused(nothing, "--trace .", &[".: cannot be written"]);
    let folder = |place: &Place| fs::create_dir(place.path("x.vcd")).unwrap();
    output_refused(folder, "--wave x.vcd", &["x.vcd: cannot be written"]);
    for name in ["x", "x.txt", "x.vcd.gz", "x.VCD", ".vcd"] {
        output_refused(nothing, &format!("--wave {name}"), &[".fst or .vcd", name]);
    }
}

#[test]
fn a_wave_that_could_be_written_is_not_left_empty_beside_a_trace_that_could_not() {
    output_refused(
        |_| {},
        "--wave x.vcd --trace no/such/x.txt",
        &["no/such/x.txt"],
    );
    // A link to nowhere is the user's: its target goes again, the link stays.
    let link = |place: &Place| symlink("new", place.path("x.vcd")).unwrap();
    output_refused(
        link,
        "--wave x.vcd --trace no/such/x.txt",
        &["no/such/x.txt"],
    );
}

#[test]
fn waves_and_traces_do_not_share_a_file() {
    for options in ["--wave x.vcd --trace x.vcd", "--wave x.vcd --trace ./x.vcd"] {
        output_refused(|_| {}, options, &["x.vcd", "both --wave and --trace"]);
    }
}

#[test]
fn a_wallet_is_never_written_over_by_waves_or_traces() {
    let with_link = |place: &Place| {
        place.opera("wallet new c.vcd").ok();
        symlink("a", place.path("link.vcd")).unwrap();
    };
    for options in [
        "--trace a",
        "--trace ./b",
        "--trace authority.wallet",
        "--trace link.vcd",
        "--wave link.vcd",
        "--wave c.vcd",
    ] {
        output_refused(with_link, options, &["wallet file", "name another file"]);
    }
}

#[test]
fn an_existing_file_is_left_as_it_was_by_a_payment_that_is_refused() {
    let place = Place::charged(5);
    fs::write(place.path("x.vcd"), "mine").unwrap();
    fs::write(place.path("x.txt"), "mine too").unwrap();
    for line in [
        "pay --from a --to none --amount 1 --wave x.vcd --trace x.txt",
        "pay --from a --to b --amount 0 --wave x.vcd --trace x.txt",
        "pay --from a --to b --amount 1 --wave x.vcd --trace no/such",
        "pay --amount 20000 --wave x.vcd --trace x.txt",
    ] {
        place.opera(line).fails(2, &[]);
        assert_eq!(place.read("x.vcd"), b"mine", "{line}");
        assert_eq!(place.read("x.txt"), b"mine too", "{line}");
    }
    place
        .opera("pay --from a --to b --amount 1 --trace x.txt")
        .ok();
    assert!(place.read("x.txt").starts_with(b"# opera.payer.lpc\n"));
}

#[test]
fn a_trace_that_fails_after_the_payment_does_not_hide_what_became_of_it() {
    let place = Place::charged(5);
    let run = place
        .opera("pay --from a --to b --amount 2 --json --trace /dev/full")
        .fails(1, &["/dev/full", "trace", "standard output"]);
    let document = run.json();
    assert_eq!(document["balances"]["after"]["payee"], 2);
    assert_eq!(document["conserved"], true);
    assert!(document["error"].as_str().unwrap().contains("/dev/full"));
    assert_eq!((place.spendable("a"), place.spendable("b")), (3, 2));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let place = Place::new();
    let run = place.shell("\"$opera\" pay --amount 20 | head -1").ok();
    assert_eq!(run.out.lines().count(), 1);
    for line in ["pay --amount 1", "--help", "pay --amount 0", "pay --help"] {
        let mut child = spawn(
            place
                .command(line)
                .stdout(Stdio::piped())
                .stderr(Stdio::piped()),
        );
        drop(child.stdout.take());
        let mut err = String::new();
        let stderr = child.stderr.as_mut().unwrap();
        stderr.read_to_string(&mut err).unwrap();
        let code = child.wait().unwrap().code();
        let expected = if line.ends_with('0') { 2 } else { 0 };
        assert_eq!(code, Some(expected), "{line}: {err}");
        assert!(!err.contains("panicked"), "{err}");
    }
    // Standard error may go as well.
    let run = place.shell("\"$opera\" pay --amount 0 2>&1 >/dev/null | true");
    assert_eq!(run.code, Some(0));
}

#[test]
fn output_that_cannot_be_written_is_a_failure() {
    let run = Place::new().shell("\"$opera\" pay --amount 1 >/dev/full");
    run.fails(1, &["standard output"]);
}
