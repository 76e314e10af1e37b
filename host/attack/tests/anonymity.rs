//! Two wallets that pay many times, seen from the connector: nothing there tells which one it was
//! (I9). What the connector does show is listed in docs/threat-model.md.

use std::collections::{BTreeMap, BTreeSet};

use opera_attack::relay::{Item, Passive, relay};
use opera_scenario::{Authority, ISSUE_DATE, Job, Settings, Wallet, mount, split_into};
use opera_sim::Side;
use opera_store::Role;
use opera_tpcu::protocol::wire::{HEADER, Kind};

const SEED: u64 = 5;
/// Payments of each wallet.
const PAYMENTS: u64 = 4;
/// Bytes of Msg.1-1 that are the same for everybody: header, version, profile.
const COMMON: usize = HEADER + 2;

fn settings(salt: u64) -> Settings {
    Settings::new(SEED.wrapping_mul(1_000) + salt)
}

fn wallet(serial: u64) -> Wallet {
    let authority = Authority::from_seed(SEED);
    Wallet::in_memory(authority.provision(Role::Wallet, serial, SEED))
}

/// A wallet with so many tokens of 1, which came in so many charges.
fn charged(serial: u64, charges: &[u16]) -> Wallet {
    let authority = Authority::from_seed(SEED);
    let mut wallet = wallet(serial);
    for (n, tokens) in (0..).zip(charges) {
        let mint = Wallet::in_memory(authority.provision(Role::Mint, 1_000 * serial + n, SEED));
        let plan = split_into(u32::from(*tokens), Some(*tokens), 1).expect("plan");
        let mounted = mount(
            mint,
            wallet,
            &Job::Mint(plan, ISSUE_DATE),
            &settings(10 * serial + n),
        )
        .expect("simulation");
        assert!(matches!(mounted.payee.result, Some(Ok(_))));
        wallet = mounted.payee.wallet;
    }
    wallet
}

/// Two payers of different history.
fn payers() -> [Wallet; 2] {
    [charged(1, &[7]), charged(2, &[3, 2, 4])]
}

#[test]
fn no_field_comes_again_and_lengths_are_equal() {
    let mut lengths = BTreeSet::new();
    // Eight bytes in a row, anywhere in a message or a token: which session had them.
    let mut owners: BTreeMap<[u8; 8], u64> = BTreeMap::new();
    let mut session = 0;
    for payer in payers() {
        let mut payer = Some(payer);
        for _ in 0..PAYMENTS {
            session += 1;
            let payee = Some(wallet(100 + session % 2));
            let relayed = relay(
                [payer.take(), payee],
                &Job::Pay(1),
                &settings(200 + session),
                Passive,
            )
            .expect("simulation");
            assert!(relayed.results.iter().all(|end| matches!(end, Some(Ok(_)))));
            let mut shape = Vec::new();
            for (side, item) in &relayed.seen {
                let (kind, bytes) = match item {
                    Item::Frame(frame) if Kind::of(frame) == Some(Kind::Hello) => {
                        (frame[1], &frame[COMMON..])
                    }
                    Item::Frame(frame) => (frame[1], &frame[HEADER..]),
                    Item::Token(bytes) => (0, &bytes[..]),
                };
                shape.push((*side == Side::Payer, kind, bytes.len()));
                for window in bytes.windows(8) {
                    let window: [u8; 8] = window.try_into().expect("eight");
                    let owner = *owners.entry(window).or_insert(session);
                    assert_eq!(owner, session, "{window:02x?} in message {kind:#x} again");
                }
            }
            lengths.insert(shape);
            payer = relayed.wallets.into_iter().next().flatten();
        }
    }
    assert_eq!(lengths.len(), 1, "{lengths:#?}");
    assert!(owners.len() > 8_000, "{} windows", owners.len());
}

/// The link's trace with every transfer's address, length and time, and without what it says.
fn timeline(trace: &str) -> String {
    let mut out = String::new();
    for line in trace.lines() {
        let (transfer, data) = match line.find(['>', '<']) {
            Some(at) => line.split_at(at),
            None => (line, ""),
        };
        // Behind two spaces: how many wait states, times and clocks.
        let shape = data.split_once("  ").map_or("", |(_, shape)| shape);
        let flag = if transfer.contains("LINK_FLAGS") {
            data
        } else {
            shape
        };
        out.push_str(transfer);
        out.push_str(flag);
        out.push('\n');
    }
    out
}

#[test]
fn equal_amounts_look_equal_clock_by_clock() {
    let mut timelines: BTreeMap<u32, BTreeSet<String>> = BTreeMap::new();
    let mut counts: BTreeMap<u32, BTreeSet<[u64; 3]>> = BTreeMap::new();
    // The payees differ, too: one was charged and is paid again and again, the others are new.
    let old = charged(3, &[2, 1]);
    for (mut payer, mut old) in payers().into_iter().zip([Some(old), None]) {
        for (n, amount) in (0..).zip([1, 3, 1, 2]) {
            let mut settings = settings(300 + n);
            settings.trace = true;
            let again = old.is_some();
            let payee = old.take().unwrap_or_else(|| wallet(100 + n));
            let mounted = mount(payer, payee, &Job::Pay(amount), &settings).expect("simulation");
            assert!(matches!(mounted.payer.result, Some(Ok(_))));
            let trace = mounted.trace.as_ref().expect("asked for");
            let link = timeline(&trace.0[2]);
            let bus = mounted.crossed.data_bus.len() as u64;
            let [payer_took, payee_took] =
                [&mounted.payer, &mounted.payee].map(|end| end.clocks.core);
            timelines.entry(amount).or_default().insert(link);
            let count = [payer_took, payee_took, bus];
            counts.entry(amount).or_default().insert(count);
            payer = mounted.payer.wallet;
            old = again.then_some(mounted.payee.wallet);
        }
    }
    println!("{counts:?}");
    for (amount, seen) in &counts {
        assert_eq!(seen.len(), 1, "payments of {amount}: {seen:?}");
    }
    for (amount, seen) in &timelines {
        assert_eq!(seen.len(), 1, "payments of {amount}: {seen:#?}");
    }
    // Three of one token after the other are told from one: the comparison sees something.
    assert_eq!(counts.values().flatten().collect::<BTreeSet<_>>().len(), 3);
}
