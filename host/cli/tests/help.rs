//! What the command says about itself.

mod common;

use common::Place;

#[test]
fn help_names_every_command_and_option_of_the_contract() {
    let help = Place::new().opera("--help").ok().out;
    for word in [
        "pay",
        "mint",
        "wallet",
        "resume",
        "refund",
        "deposit",
        "audit",
        "renew",
        "epoch",
        "revoke",
        "trace",
        "attack",
        "--json",
        "--seed",
        "--profile",
        "hardened",
        "paper",
        "not safe",
    ] {
        assert!(help.contains(word), "{word} is not in\n{help}");
    }
}

#[test]
fn each_subcommand_explains_its_arguments() {
    let place = Place::new();
    for (line, words) in [
        (
            "pay",
            &[
                "--amount",
                "--tokens",
                "--denomination",
                "--from",
                "--to",
                "--wave",
                ".fst",
                ".vcd",
                "--trace",
                "--board",
                "--partner",
            ][..],
        ),
        ("mint", &["--to", "--amount", "--denomination"]),
        ("wallet", &["new", "show"]),
        ("wallet new", &["must not exist"]),
        ("wallet show", &["<PATH>"]),
        ("resume", &["<A>", "<B>"]),
        ("refund", &["<PATH>", "--with"]),
        ("board", &["simulate", "selftest"]),
        ("board simulate", &["<A>", "<B>", "pseudo-terminals"]),
        ("board selftest", &["<PORT>"]),
        ("deposit", &["<PATH>", "--amount", "accepted"]),
        ("audit", &["Exit code 1", "--authority"]),
        ("renew", &["<PATH>", "credential"]),
        ("epoch", &["refused"]),
        ("revoke", &["<KEY>", "64 hexadecimal digits"]),
        ("trace", &["decode"]),
        ("trace decode", &["LCLK", "LAD0", "--scope"]),
    ] {
        let help = place.opera(&format!("{line} --help")).ok().out;
        for word in words {
            assert!(help.contains(word), "{line}: {word} is not in\n{help}");
        }
    }
}

#[test]
fn the_version_is_that_of_the_package() {
    let version = Place::new().opera("--version").ok().out;
    assert_eq!(version, format!("opera {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn no_command_is_a_usage_error_that_shows_the_commands() {
    Place::new().opera("").fails(2, &["Usage:", "pay"]);
    Place::new().opera("pya").fails(2, &["pya", "--help"]);
}

#[test]
fn nothing_is_coloured_when_nobody_looks() {
    let place = Place::new();
    for line in ["--help", "pay", "pay --amount 0", "pay --amount 1"] {
        let run = place.opera(line);
        let text = format!("{}{}", run.out, run.err);
        assert!(!text.contains('\u{1b}'), "{line}: {text:?}");
    }
}
