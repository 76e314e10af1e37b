//! Payments on the RTL, as people read them: the result, the money and the traces of all three
//! LPC buses.
//!
//! The snapshots are the same on every level: `testbench/level.sh` runs this file on the netlist.
//!
//! A snapshot tells one transfer a line. Of a long wait only its beginning and its end are shown, and
//! the part between "end of power on" and "end of directory"
//! (the directory, the log and the sessions are read) stands in full in the first one only.

mod common;

use std::fmt::Write as _;

use common::{
    SEED, UnplugAt, authority, charged, count, danger_flip_word, finish, level, wallet, well,
};
use opera_regs::nv;
use opera_scenario::{Authority, Calm, Fault, Job, Mounted, Settings, Wallet, mount_with};
use opera_sim::{Clocks, Pair, Side, Verdict};
use opera_store::Role;
use opera_tpcu::driver::FIRMWARE;
use opera_tpcu::protocol::wire::Kind;
use opera_tpcu::tpm::Reference;

fn settings() -> Settings {
    let mut settings = Settings::new(SEED);
    settings.level = level();
    settings.trace = true;
    settings.stage_notes = true;
    settings
}

fn run<F: Fault + 'static>(
    payer: Wallet,
    payee: Wallet,
    amount: u32,
    settings: &Settings,
    fault: F,
) -> Mounted {
    let (mounted, _) =
        mount_with(payer, payee, &Job::Pay(amount), settings, fault).expect("simulation");
    assert_eq!(mounted.contention, None);
    mounted
}

/// Lines of a wait that are shown at its beginning.
const WAIT_LINES: usize = 12;

/// Cuts long waits: lines that only poll.
fn without_waits(bus: &str) -> String {
    let mut text = String::new();
    let mut waiting = Vec::new();
    let flush = |text: &mut String, waiting: &mut Vec<&str>| {
        let cut = waiting.len().saturating_sub(WAIT_LINES + 1);
        let cut = if cut > 3 { cut } else { 0 };
        for (n, line) in waiting.drain(..).enumerate() {
            if n == WAIT_LINES && cut > 0 {
                let _ = writeln!(text, "# ({cut} lines of polling left out)");
            }
            if n < WAIT_LINES || n >= WAIT_LINES + cut {
                let _ = writeln!(text, "{line}");
            }
        }
    };
    for line in bus.lines() {
        // A host whose target is silent aborts, resets and tries again.
        let polls = [
            "IOR LINK_STAT",
            "IOR MOUNT ",
            "IOR ORM_STAT",
            "IOR LOG_STAT",
            "IOR LINK_FLAGS",
            "STOP ",
            "RESET ",
        ];
        if polls.iter().any(|name| line.contains(name)) {
            waiting.push(line);
        } else {
            flush(&mut text, &mut waiting);
            let _ = writeln!(text, "{line}");
        }
    }
    flush(&mut text, &mut waiting);
    text
}

/// The story of a mount. `full` shows how the directory is read.
fn story(name: &str, mounted: &Mounted, full: bool) -> String {
    let mut text = format!("# {name}  seed={SEED}  payer 33.33 MHz, payee 32.26 MHz\n");
    for (side, part) in [("payer", &mounted.payer), ("payee", &mounted.payee)] {
        let result = match &part.result {
            Some(Ok(report)) => format!(
                "{:?}, holds {}, {} open",
                report
                    .receipts
                    .iter()
                    .map(|receipt| receipt.outcome)
                    .collect::<Vec<_>>(),
                report.balance(),
                report.pending.len()
            ),
            Some(Err(error)) => format!("error: {error}"),
            None => "still at work".to_owned(),
        };
        let _ = writeln!(text, "# {side}: {result}");
    }
    let messages: Vec<&str> = mounted
        .messages
        .iter()
        .map(|(_, kind)| kind.name())
        .collect();
    let _ = writeln!(text, "# messages: {}", messages.join(" "));
    let trace = mounted.trace.as_ref().expect("traces were asked for");
    for bus in &trace.0 {
        text.push('\n');
        let mut left_out: Option<usize> = None;
        for line in without_waits(bus).lines() {
            match line {
                "# end of directory" => {
                    if let Some(lines) = left_out.take().filter(|lines| *lines > 0) {
                        let _ = writeln!(text, "# ({lines} lines left out)");
                    }
                }
                _ if left_out.is_some() => left_out = left_out.map(|lines| lines + 1),
                _ => {}
            }
            if left_out.is_none() {
                let _ = writeln!(text, "{line}");
            }
            if line == "# end of power on" && !full {
                left_out = Some(0);
            }
        }
        if let Some(lines) = left_out {
            let _ = writeln!(text, "# ({lines} lines left out)");
        }
    }
    text
}

macro_rules! snapshot {
    ($name:literal, $mounted:expr) => {
        insta::assert_snapshot!($name, story($name, $mounted, false))
    };
}

#[test]
fn one_token() {
    let mounted = run(charged(1, &[(10, 1)]), wallet(2), 10, &settings(), Calm);
    well(&mounted);
    let after = count(&[&mounted.payer.wallet, &mounted.payee.wallet]);
    assert_eq!((after.spendable, after.in_transit), (10, 0));
    insta::assert_snapshot!("one_token", story("one_token", &mounted, true));
}

#[test]
fn several_denominations() {
    let payer = charged(1, &[(100, 1), (50, 1), (10, 2)]);
    let mounted = run(payer, wallet(2), 160, &settings(), Calm);
    well(&mounted);
    let received = mounted.payee.wallet.audit();
    assert_eq!((received.spendable(), received.slots.len()), (160, 3));
    assert_eq!(mounted.payer.wallet.audit().spendable(), 10);
    snapshot!("several_denominations", &mounted);
}

#[test]
fn a_wallet_of_another_authority_is_refused() {
    let stranger = Authority::from_seed(SEED + 1).provision(Role::Wallet, 2, SEED);
    let payer = charged(1, &[(10, 1)]);
    let mounted = run(payer, Wallet::in_memory(stranger), 10, &settings(), Calm);
    assert_refused(&mounted, "not an authentic wallet");
    snapshot!("refused_attestation", &mounted);
}

#[test]
fn a_wallet_with_other_firmware_is_refused() {
    let mut settings = settings();
    // The payee has the list of a release in which every wallet has another RTL.
    let values = vec![Reference::expected(b"OP\x02\x00", FIRMWARE)];
    settings.payee_accepts = Some(authority().references(2, values));
    let mounted = run(charged(1, &[(10, 1)]), wallet(2), 10, &settings, Calm);
    assert_refused(&mounted, "");
    snapshot!("refused_registers", &mounted);
}

/// Nobody paid, both ORMs stayed off, and the money is where it was.
#[track_caller]
fn assert_refused(mounted: &Mounted, word: &str) {
    for part in [&mounted.payer, &mounted.payee] {
        assert!(matches!(part.result, Some(Err(_))), "{:?}", part.result);
        assert!(part.stages.iter().all(|stage| stage.name != "power on"));
    }
    let Some(Err(payer)) = &mounted.payer.result else {
        unreachable!("checked above");
    };
    assert!(payer.to_string().contains(word), "{payer}");
    assert_eq!(mounted.payer.wallet.audit().spendable(), 10);
    assert!(mounted.payer.wallet.audit().sessions.is_empty());
    assert!(
        mounted.crossed.data_bus.is_empty(),
        "nothing on the data bus"
    );
}

/// The supply of the payee's ORM is broken.
struct NoSupply;

impl Fault for NoSupply {
    fn edge(&mut self, pair: &Pair, payer: Clocks, _: Clocks) -> Verdict {
        if payer.core <= 1 {
            pair.brownout(Side::Payee, true);
        }
        Verdict::GoOn
    }
}

#[test]
fn refused_mount() {
    let mounted = run(charged(1, &[(10, 1)]), wallet(2), 10, &settings(), NoSupply);
    let Some(Err(payee)) = &mounted.payee.result else {
        panic!("{:?}", mounted.payee.result);
    };
    assert!(payee.to_string().contains("power controller"), "{payee}");
    let after = count(&[&mounted.payer.wallet, &mounted.payee.wallet]);
    assert_eq!(after.total(), 10);
    snapshot!("refused_mount", &mounted);
    let (a, b) = finish(mounted.payer.wallet, mounted.payee.wallet, SEED + 1);
    assert_eq!(count(&[&a, &b]).spendable, 10);
}

#[test]
fn not_payable() {
    let mounted = run(charged(1, &[(10, 1)]), wallet(2), 15, &settings(), Calm);
    let Some(Err(payer)) = &mounted.payer.result else {
        panic!("{:?}", mounted.payer.result);
    };
    assert!(payer.to_string().contains("cannot pay 15"), "{payer}");
    assert_eq!(mounted.payer.wallet.audit().spendable(), 10);
    snapshot!("not_payable", &mounted);
}

#[test]
fn a_wrong_signature_in_one_token_refuses_the_payment_whole() {
    let payer = charged(1, &[(10, 2)]);
    // The stream of the seal is an XOR: a bit of the sealed signature is a bit of the signature.
    let at = nv::REPO_BASE + 32 + 8 + 15;
    let payer = danger_flip_word(payer, at, 1 << 9);
    let mounted = run(payer, wallet(2), 20, &settings(), Calm);
    let Some(Err(payee)) = &mounted.payee.result else {
        panic!("{:?}", mounted.payee.result);
    };
    assert!(payee.to_string().contains("payment refused"), "{payee}");
    let held = mounted.payee.wallet.audit();
    assert!(held.slots.is_empty() && !held.sessions.iter().any(|session| session.keyed));
    snapshot!("wrong_signature", &mounted);
}

#[test]
fn unmounted_in_stage_1() {
    unmounted("unmounted_in_stage_1", Side::Payee, Kind::Challenge, 1);
}

#[test]
fn unmounted_in_stage_2() {
    unmounted("unmounted_in_stage_2", Side::Payer, Kind::Token, 2);
}

#[test]
fn unmounted_in_stage_3_before_the_key_is_sent() {
    unmounted(
        "unmounted_in_stage_3_before_key",
        Side::Payer,
        Kind::Release,
        1,
    );
}

#[test]
fn unmounted_in_stage_3_after_the_key_was_sent() {
    unmounted(
        "unmounted_in_stage_3_after_key",
        Side::Payee,
        Kind::Receipt,
        1,
    );
}

#[test]
fn unmounted_before_fin() {
    unmounted("unmounted_before_fin", Side::Payer, Kind::Fin, 1);
}

/// Pulls the wallets apart at a message, shows what happened, and finishes the payment.
#[track_caller]
fn unmounted(name: &str, side: Side, kind: Kind, nth: u32) {
    let fault = UnplugAt { side, kind, nth };
    let mounted = run(charged(1, &[(10, 2)]), wallet(2), 20, &settings(), fault);
    for part in [&mounted.payer, &mounted.payee] {
        assert!(part.result.is_some(), "each wait ends");
    }
    let after = count(&[&mounted.payer.wallet, &mounted.payee.wallet]);
    assert_eq!(after.total(), 20);
    insta::assert_snapshot!(name, story(name, &mounted, false));
    let (a, b) = finish(mounted.payer.wallet, mounted.payee.wallet, SEED + 1);
    let after = count(&[&a, &b]);
    assert_eq!((after.spendable, after.in_transit), (20, 0));
    // Before Msg.2-1 nothing was agreed; from then on the payment goes through.
    let paid = if kind == Kind::Challenge { 0 } else { 20 };
    assert_eq!(b.audit().spendable(), paid);
    assert!(a.audit().sessions.is_empty() && b.audit().sessions.is_empty());
}
