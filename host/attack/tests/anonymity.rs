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
    [charged(1, &[4]), charged(2, &[3, 2, 4])]
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

/// Clocks by which two payments of one amount may differ; see "Timing" in docs/threat-model.md.
const SPREAD: u64 = 512;

#[test]
fn equal_amounts_take_equal_transfers_and_nearly_equal_clocks() {
    let (mut transfers, mut tokens) = (BTreeSet::new(), BTreeSet::new());
    let mut clocks: [BTreeSet<u64>; 2] = Default::default();
    for mut payer in payers() {
        for n in 0..PAYMENTS {
            let mut settings = settings(300 + n);
            settings.trace = true;
            let payee = wallet(100 + n);
            let mounted = mount(payer, payee, &Job::Pay(1), &settings).expect("simulation");
            assert!(matches!(mounted.payer.result, Some(Ok(_))));
            transfers.insert(mounted.crossed.lpc[2].len());
            clocks[0].insert(mounted.payer.clocks.core);
            clocks[1].insert(mounted.payee.clocks.core);
            tokens.insert(mounted.crossed.data_bus.len());
            payer = mounted.payer.wallet;
        }
    }
    for clocks in &clocks {
        let (first, last) = (clocks.first(), clocks.last());
        let spread = last.expect("payments") - first.expect("payments");
        println!("{clocks:?}");
        assert!(spread <= SPREAD, "{clocks:?}");
    }
    assert_eq!(tokens.len(), 1, "{tokens:?}");
    // Polls of the link are bytes, too; a spread of clocks is a poll or two.
    let spread = transfers.last().expect("some") - transfers.first().expect("some");
    println!("{transfers:?}");
    assert!(spread <= 8, "{transfers:?}");
}
