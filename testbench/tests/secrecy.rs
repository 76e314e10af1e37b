//! Invariant I2: the content of a token crosses no wire in clear; and a test that a leak would be
//! seen.

mod common;

use std::fmt::Write as _;

use common::{SEED, charged, wallet, well};
use opera_scenario::{Job, Mounted, Settings, mount};
use opera_store::audit::RawToken;
use opera_tpcu::Profile;

/// Everything that was on the three LPC buses and the data bus, as hexadecimal digits, and the
/// tokens that moved.
struct Seen {
    wires: Vec<String>,
    tokens: Vec<RawToken>,
}

fn payment(profile: Profile) -> Seen {
    let mut settings = Settings::new(SEED);
    settings.trace = true;
    settings.profile = profile;
    let payer = charged(1, &[(10, 2)]);
    let tokens = payer.audit().slots.into_iter().map(|slot| slot.token);
    let tokens: Vec<RawToken> = tokens.collect();
    let mounted = mount(payer, wallet(2), &Job::Pay(20), &settings).expect("simulation");
    let wires = wires(&mounted);
    for token in &tokens {
        assert!(token.has_magic());
        assert_eq!(leak(&wires, token), None, "{profile:?}");
    }
    // Only now: a leak is a leak whether or not the payment came to a good end.
    well(&mounted);
    Seen { wires, tokens }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The data of each bus, without gaps and names, so that a token spread over many cycles shows.
fn wires(mounted: &Mounted) -> Vec<String> {
    let mut wires: Vec<String> = mounted.crossed.lpc.iter().map(|bytes| hex(bytes)).collect();
    wires.push(hex(&mounted.crossed.data_bus));
    wires
}

/// The first place where eight bytes of a token stand in what was seen. Magic, version and key
/// identifier, in front of the serial number, are the same in all tokens and are no secret.
fn leak(wires: &[String], token: &RawToken) -> Option<String> {
    let secret = &token.0[8..];
    secret.windows(8).enumerate().find_map(|(at, window)| {
        let digits = hex(window);
        let reversed = hex(&window.iter().rev().copied().collect::<Vec<_>>());
        wires.iter().enumerate().find_map(|(bus, seen)| {
            (seen.contains(&digits) || seen.contains(&reversed))
                .then(|| format!("bytes {} to {} of a token on wire {bus}", at + 8, at + 15))
        })
    })
}

#[test]
fn no_token_byte_crosses_a_wire_in_clear() {
    for profile in [Profile::Hardened, Profile::Paper] {
        let seen = payment(profile);
        assert_eq!(seen.tokens.len(), 2);
        assert!(
            seen.wires.iter().all(|wire| wire.len() > 300),
            "all wires were recorded"
        );
        assert_eq!(
            seen.wires[3].len() / 2,
            2 * 98,
            "index and ciphertext of two tokens"
        );
    }
}

#[test]
fn a_leak_of_eight_bytes_would_be_seen_on_any_wire() {
    let seen = payment(Profile::Hardened);
    for bus in 0..seen.wires.len() {
        let mut wires = seen.wires.clone();
        let leaked = hex(&seen.tokens[0].0[40..48]);
        wires[bus].insert_str(100, &leaked);
        assert!(leak(&wires, &seen.tokens[0]).is_some());
    }
}
