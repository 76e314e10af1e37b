//! Runs an exploration and prints what it came to: `explore NAME`.

use opera_money::{bounds, check};

fn main() {
    let name = std::env::args().nth(1).unwrap_or_default();
    let bounds = match name.as_str() {
        "one" => bounds::one_payment(),
        "three" => bounds::three_tokens(),
        "noise" => bounds::noise(),
        "replays" => bounds::replays(),
        "both" => bounds::both_ways(),
        "back" => bounds::there_and_back(),
        "twice" => bounds::twice(),
        _ => return,
    };
    println!("{}", check(bounds));
}
