//! Killing the process is a power cut: whenever it comes, no token is lost or doubled, and
//! `opera resume` brings both wallets to rest.
//!
//! `OPERA_KILLS` is the number of kills of payments (40 without it); the other commands get a part
//! of it.

mod common;

use std::collections::BTreeSet;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use common::{Place, Random, spawn};

fn kills() -> u64 {
    std::env::var("OPERA_KILLS").map_or(40, |text| text.parse().expect("OPERA_KILLS is a number"))
}

/// Starts a command and sends SIGKILL after that time. `true` when it had not ended by then.
fn killed(place: &Place, line: &str, after: Duration) -> bool {
    let mut command = place.command(line);
    let mut child = spawn(command.stdout(Stdio::null()).stderr(Stdio::null()));
    // Sleeping is too coarse for steps of microseconds.
    let start = Instant::now();
    loop {
        let left = after.saturating_sub(start.elapsed());
        if left > Duration::from_millis(2) {
            thread::sleep(Duration::from_millis(1));
        } else if left.is_zero() {
            break;
        } else {
            std::hint::spin_loop();
        }
    }
    child.kill().unwrap();
    child.wait().unwrap().code().is_none()
}

/// How long a command takes here.
fn time_of(place: &Place, line: &str) -> Duration {
    let start = Instant::now();
    place.opera(line).ok();
    start.elapsed()
}

/// Moments for `n` kills, one in each of `n` equal parts of a run, in no order. How long a run
/// takes is learnt on the way: what else the machine does changes it. A kill that came too late is
/// repeated earlier.
struct Aim {
    whole: Duration,
    /// Thousandths of the run.
    moments: Vec<u64>,
    hits: usize,
    shots: usize,
}

impl Aim {
    fn new(whole: Duration, n: u64, seed: u64) -> Self {
        let mut random = Random(seed);
        let mut moments: Vec<_> = (0..n)
            .map(|i| (1000 * i + random.below(1000)) / n)
            .collect();
        for i in (1..moments.len()).rev() {
            moments.swap(i, random.below(i as u64 + 1) as usize);
        }
        Self {
            whole,
            moments,
            hits: 0,
            shots: 0,
        }
    }

    fn next(&self) -> Option<Duration> {
        let moment = *self.moments.get(self.hits)?;
        assert!(
            self.shots < 10 * self.moments.len(),
            "of {} kills only {} came in time",
            self.shots,
            self.hits
        );
        Some(self.whole * moment as u32 / 1000)
    }

    fn was(&mut self, hit: bool) {
        self.shots += 1;
        if hit {
            self.hits += 1;
            self.whole = self.whole * 33 / 32;
        } else {
            self.whole = self.whole * 7 / 8;
        }
    }
}

#[test]
fn a_killed_payment_loses_and_doubles_nothing_and_resumes() {
    let place = Place::charged(8);
    let all = place.census(&["a", "b"]).tokens;
    let whole = time_of(&place, "pay --from a --to b --amount 8");
    let mut aim = Aim::new(whole, kills(), 1);
    let mut under_way = 0;
    let mut names = ["b", "a"];
    while let Some(after) = aim.next() {
        let [payer, payee] = names;
        let line = format!("pay --from {payer} --to {payee} --amount 8");
        aim.was(killed(&place, &line, after));
        let torn = place.census(&["a", "b"]);
        assert_eq!(torn.tokens, all, "{line} killed after {after:?}");
        under_way += u64::from(place.open_sessions(&["a", "b"]) > 0);

        let resumed = place.opera("resume a b --json");
        assert_eq!(resumed.code, Some(0), "{after:?}: {}", resumed.err);
        let document = resumed.json();
        assert_eq!(document["open"], 0, "{line} killed after {after:?}");
        assert_eq!(document["conserved"], true);
        assert_eq!(place.open_sessions(&["a", "b"]), 0, "{after:?}");
        let whole = place.census(&["a", "b"]);
        assert_eq!((whole.in_transit, &whole.tokens), (0, &all), "{after:?}");
        // All or nothing.
        match (place.spendable(payer), place.spendable(payee)) {
            (8, 0) => {}
            (0, 8) => names = [payee, payer],
            other => panic!("{line} killed after {after:?}, resumed: {other:?}"),
        }
    }
    assert!(under_way > 0, "no kill hit an open payment");
}

#[test]
fn a_killed_resume_loses_and_doubles_nothing_and_resumes() {
    let place = Place::charged(8);
    let all = place.census(&["a", "b"]).tokens;
    let whole = time_of(&place, "pay --from a --to b --amount 8");
    let mut names = ["b", "a"];
    let n = (kills() / 5).max(1);
    let mut payments = Aim::new(whole, n, 2);
    let mut resumes = Aim::new(whole, n, 3);
    while let (Some(before), Some(after)) = (payments.next(), resumes.next()) {
        let [payer, payee] = names;
        let line = format!("pay --from {payer} --to {payee} --amount 8");
        payments.was(killed(&place, &line, before));
        resumes.was(killed(&place, "resume a b", after));
        assert_eq!(place.census(&["a", "b"]).tokens, all, "{after:?}");
        // And again, for good measure.
        killed(&place, "resume b a", after / 2);
        assert_eq!(place.census(&["a", "b"]).tokens, all, "{after:?}");
        place.opera("resume b a").ok();
        assert_eq!(place.open_sessions(&["a", "b"]), 0, "{after:?}");
        let rest = place.census(&["a", "b"]);
        assert_eq!((rest.in_transit, &rest.tokens), (0, &all), "{after:?}");
        if place.spendable(payer) == 0 {
            names = [payee, payer];
        }
    }
}

#[test]
fn a_killed_mint_presses_no_token_twice() {
    let place = Place::with_wallets(&["w0"]);
    let charge = "--amount 8 --denomination 1";
    let whole = time_of(&place, &format!("mint --to w0 {charge}"));
    let mut wallets = vec!["authority.wallet".to_owned(), "w0".to_owned()];
    let mut aim = Aim::new(whole, (kills() / 5).max(1), 4);
    let mut under_way = 0;
    while let Some(after) = aim.next() {
        // A wallet holds 1,024 tokens.
        if aim.shots % 100 == 99 {
            wallets.push(format!("w{}", aim.shots / 100 + 1));
            place
                .opera(&format!("wallet new {}", wallets[wallets.len() - 1]))
                .ok();
        }
        let names: Vec<&str> = wallets.iter().map(String::as_str).collect();
        let to = names[names.len() - 1];
        let before = place.census(&names);
        aim.was(killed(&place, &format!("mint --to {to} {charge}"), after));
        let torn = place.census(&names);
        for (serial, value) in &before.tokens {
            assert_eq!(torn.tokens.get(serial), Some(value), "{after:?}: gone");
        }
        assert!(torn.total() <= before.total() + 8, "{after:?}");
        under_way += u64::from(place.open_sessions(&names) > 0);

        place.opera(&format!("resume authority.wallet {to}")).ok();
        assert_eq!(place.open_sessions(&names), 0, "{after:?}");
        let rest = place.census(&names);
        let made = rest.total() - before.total();
        assert!(made == 0 || made == 8, "{after:?}: {made} were made");
        assert_eq!(rest.in_transit, 0, "{after:?}");
        assert_eq!(rest.tokens.len() as u64, rest.total(), "{after:?}");
    }
    assert!(under_way > 0, "no kill hit an open charge");
}

#[test]
fn a_killed_refund_gives_back_all_or_leaves_it_to_the_next() {
    use opera_tpcu::protocol::wire::Kind;
    let place = Place::charged(8);
    let all = place.census(&["a", "b"]).tokens;
    let n = (kills() / 8).max(1);
    place.interrupted("a", "b", 8, false, Kind::TokenAck);
    let whole = time_of(&place, "refund a");
    place.opera("resume a b").ok();
    let mut aim = Aim::new(whole, n, 5);
    while let Some(after) = aim.next() {
        place.interrupted("a", "b", 8, false, Kind::TokenAck);
        aim.was(killed(&place, "refund a", after));
        assert_eq!(place.census(&["a", "b"]).tokens, all, "{after:?}");
        if place.open_sessions(&["a"]) > 0 {
            place.opera("refund a").ok();
        }
        assert_eq!(place.spendable("a"), 8, "{after:?}");
        place.opera("resume a b").ok();
        assert_eq!(place.open_sessions(&["a", "b"]), 0, "{after:?}");
        assert_eq!(place.census(&["a", "b"]).tokens, all, "{after:?}");
    }
}

#[test]
fn a_killed_wallet_new_leaves_a_whole_wallet_or_none() {
    let place = Place::new();
    place.opera("wallet new first").ok();
    let whole = time_of(&place, "wallet new second");
    let mut serials = BTreeSet::from([1, 2]);
    let mut aim = Aim::new(whole, (kills() / 5).max(1), 6);
    while let Some(after) = aim.next() {
        let name = format!("w{}", aim.shots);
        aim.was(killed(&place, &format!("wallet new {name}"), after));
        if !place.path(&name).exists() {
            place.opera(&format!("wallet new {name}")).ok();
        }
        let shown = place.opera(&format!("wallet show {name} --json")).ok();
        let serial = shown.json()["serial"].as_u64().unwrap();
        assert!(serials.insert(serial), "device {serial} exists twice");
    }
}
