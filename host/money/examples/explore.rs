//! Runs an exploration and prints what it came to: `explore one|three|noise|replays|both|back|twice`.

use std::process::ExitCode;

use opera_money::{bounds, check};

fn main() -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_default();
    let bounds = match name.as_str() {
        "one" => bounds::one_payment(),
        "three" => bounds::three_tokens(),
        "noise" => bounds::noise(),
        "replays" => bounds::replays(),
        "both" => bounds::both_ways(),
        "back" => bounds::there_and_back(),
        "twice" => bounds::twice(),
        _ => {
            eprintln!("explore one|three|noise|replays|both|back|twice");
            return ExitCode::from(2);
        }
    };
    let found = check(bounds);
    println!("{found}");
    ExitCode::from(u8::from(!found.is_good()))
}
