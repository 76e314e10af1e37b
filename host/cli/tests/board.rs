//! `opera board`: payments between two simulated boards over two pseudo-terminals, from the command line.

mod common;

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::Duration;

use common::{Place, spawn};

/// Two simulated boards; dropping them is a power cut of both.
struct Simulated {
    process: Child,
    ports: [String; 2],
}

impl Simulated {
    fn new(place: &Place, wallets: &str) -> Self {
        let mut command = place.command(&format!("board simulate {wallets}"));
        let mut process = spawn(command.stdout(Stdio::piped()));
        let out = process.stdout.take().expect("a pipe");
        let mut lines = BufReader::new(out).lines();
        let ports = [(); 2].map(|()| {
            let line = lines.next().expect("a line a board").unwrap();
            line.split(' ').next().unwrap().to_owned()
        });
        Self { process, ports }
    }

    fn options(&self) -> String {
        format!("--board {} --partner {}", self.ports[0], self.ports[1])
    }
}

impl Drop for Simulated {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn spendable(place: &Place, wallet: &str) -> u64 {
    let document = place.opera(&format!("wallet show {wallet} --json")).ok();
    document.json()["spendable"].as_u64().expect("a number")
}

#[test]
fn a_payment_between_two_boards_over_two_terminals() {
    let place = Place::new();
    place.opera("wallet new a").ok();
    place.opera("wallet new b").ok();

    let boards = Simulated::new(&place, "authority.wallet a");
    let test = place
        .opera(&format!("board selftest {} --json", boards.ports[1]))
        .ok()
        .json();
    assert_eq!(test["build"], "wallet", "{test}");
    assert_eq!(test["checks"].as_array().unwrap().len(), 5, "{test}");
    let charge = format!("mint --to a --amount 50 {}", boards.options());
    let charge = place.opera(&format!("{charge} --json")).ok().json();
    assert_eq!(charge["mounts"][0]["boards"][1]["balance"], 50, "{charge}");
    // A wallet that is in a board is in use.
    place.opera("wallet show a").fails(2, &["a: in use"]);
    drop(boards);
    assert_eq!(spendable(&place, "a"), 50);

    let boards = Simulated::new(&place, "a b");
    let line = format!("pay --from a --to b --amount 20 {}", boards.options());
    let text = place.opera(&line).ok().out;
    assert!(
        text.contains("a: paid 20 in 2 tokens\nb: received 20 in 2 tokens\n"),
        "{text}"
    );
    // The other way round, and more than there is.
    let [a, b] = &boards.ports;
    place
        .opera(&format!(
            "pay --from b --to a --amount 10 --board {b} --partner {a}"
        ))
        .ok();
    let line = format!("pay --from a --to b --amount 50 {}", boards.options());
    place.opera(&line).fails(1, &["a on /dev/"]);
    drop(boards);
    assert_eq!((spendable(&place, "a"), spendable(&place, "b")), (40, 10));
    // What both were paid with is proved beside their files.
    for wallet in ["a.evidence", "b.evidence"] {
        assert!(place.path(wallet).exists(), "{wallet} is not there");
    }
}

#[test]
fn two_kinds_of_board_pay_each_other_over_two_terminals() {
    let place = Place::new();
    place.opera("wallet new a").ok();
    place.opera("wallet new b").ok();
    place.opera("mint --to a --amount 30").ok();
    place
        .opera("board simulate authority.wallet a --mixed")
        .fails(2, &["authority.wallet is a mint", "--mixed"]);

    let boards = Simulated::new(&place, "a b --mixed");
    for port in &boards.ports {
        place.opera(&format!("board selftest {port}")).ok();
    }
    let line = format!("pay --from a --to b --amount 20 {}", boards.options());
    place.opera(&line).ok();
    let [a, b] = &boards.ports;
    place
        .opera(&format!(
            "pay --from b --to a --amount 10 --board {b} --partner {a}"
        ))
        .ok();
    drop(boards);
    assert_eq!((spendable(&place, "a"), spendable(&place, "b")), (20, 10));
}

#[test]
fn boards_that_lose_power_in_a_payment_resume_it() {
    let place = Place::new();
    place.opera("wallet new a").ok();
    place.opera("wallet new b").ok();
    place.opera("mint --to a --amount 20").ok();
    // How far a payment comes in this time depends on the machine; the sum must not.
    for milliseconds in [300, 900, 1_800, 2_700] {
        let boards = Simulated::new(&place, "a b");
        let mut pay = place.command(&format!(
            "pay --from a --to b --amount 20 {}",
            boards.options()
        ));
        let mut paying = spawn(pay.stdout(Stdio::null()).stderr(Stdio::null()));
        sleep(Duration::from_millis(milliseconds));
        drop(boards);
        let _ = paying.wait();
        let boards = Simulated::new(&place, "a b");
        place
            .opera(&format!("resume a b {}", boards.options()))
            .ok();
        drop(boards);
        let (a, b) = (spendable(&place, "a"), spendable(&place, "b"));
        assert_eq!(a + b, 20, "cut after {milliseconds} ms: a {a}, b {b}");
        if b == 20 {
            place.opera("pay --from b --to a --amount 20").ok();
        }
    }
}

#[test]
fn bad_ports_and_wallets_are_refused_with_the_remedy() {
    let place = Place::new();
    place.opera("wallet new a").ok();
    place.opera("wallet new b").ok();
    let pay = "pay --from a --to b --amount 20";
    place
        .opera(&format!(
            "{pay} --board /dev/pts/none --partner /dev/pts/neither"
        ))
        .fails(3, &["/dev/pts/none", "plug the board in"]);
    place
        .opera(&format!(
            "{pay} --board /dev/null --partner /dev/pts/neither"
        ))
        .fails(3, &["/dev/null", "name the serial port of a board"]);
    place
        .opera(&format!("{pay} --board /dev/null"))
        .fails(2, &["--partner"]);
    place
        .opera(&format!("{pay} --board /dev/null --partner /dev/null"))
        .fails(2, &["name two boards"]);
    place
        .opera("pay --amount 20 --board /dev/null --partner /dev/zero")
        .fails(2, &["--from and --to"]);
    place
        .opera("board selftest /dev/null")
        .fails(3, &["/dev/null"]);
    place.opera("board simulate a a").fails(2, &["same wallet"]);
    place
        .opera("board simulate a authority.wallet")
        .fails(2, &["authority.wallet is a mint; name it first"]);
    // A terminal with nobody behind it.
    let boards = Simulated::new(&place, "a b");
    let [a, b] = boards.ports.clone();
    drop(boards);
    place
        .opera(&format!("{pay} --board {a} --partner {b}"))
        .fails(3, &[&a]);
}
