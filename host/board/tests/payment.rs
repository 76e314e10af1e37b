//! Payments between two Verilated boards through the pins of their UARTs, with F-RAM behind SPI.

mod common;

use std::cell::Cell;

use common::{Job, LIMIT, SEED, boards, keys, mount, payee, payer, value, wallets};
use opera_board::{Array, Boards, Line, LineError, SimLine, Step};

#[test]
fn a_mint_charges_a_board_which_pays_another() {
    let all = wallets();
    let empty = [Array::in_memory(), Array::in_memory()];
    let [_, a] = mount([&all.mint, &all.a], empty, Job::Mint(30));
    assert_eq!(value(&all.a, &a), 30);
    let [a, b] = mount([&all.a, &all.b], [a, Array::in_memory()], Job::Pay(20));
    assert_eq!((value(&all.a, &a), value(&all.b, &b)), (10, 20));
}

/// The link runs on the clock of the board that pays: once the partner's is slower, once it is faster. Both serial
/// lines have one rate, so each board counts other clocks a bit.
#[test]
fn boards_of_two_kinds_pay_each_other() {
    let [fast, slow] = Boards::kinds();
    assert!(fast.lclk_hz > slow.lclk_hz);
    let all = wallets();
    let empty = [Array::in_memory(), Array::in_memory()];
    let [_, a] = mount([&all.mint, &all.a], empty, Job::Mint(30));
    let who = [&all.a, &all.b];
    let mut arrays = [a, Array::in_memory()];
    for (from, amount, left) in [(0, 20, [10, 20]), (1, 10, [20, 10])] {
        let boards = Boards::mixed(who.map(keys), arrays, SEED).unwrap();
        let begin = [0, 1].map(|n| boards.clocks(n));
        let (paid, received) = boards.run(
            payer(boards.line(from), who[from], Job::Pay(amount)),
            payee(boards.line(1 - from), who[1 - from]),
            LIMIT,
            |_| Step::GoOn,
        );
        paid.expect("payer in time").unwrap();
        received.expect("payee in time").unwrap();
        assert_eq!(boards.contention(), None);
        boards.check().unwrap();
        // Their clocks are what the list of boards says.
        let clocks = [0, 1].map(|n| (boards.clocks(n) - begin[n]) as f64);
        let ratio = fast.lclk_hz as f64 / slow.lclk_hz as f64;
        assert!((clocks[0] / clocks[1] - ratio).abs() < 1e-3, "{clocks:?}");
        arrays = boards.into_arrays();
        let [a, b] = &arrays;
        assert_eq!([value(who[0], a), value(who[1], b)], left);
    }
}

/// A line on which now and then a byte is bent, on its way there or back.
struct Noisy {
    line: SimLine,
    every: u64,
    count: Cell<u64>,
}

impl Noisy {
    fn bend(&self, byte: u8) -> u8 {
        let count = self.count.get() + 1;
        self.count.set(count);
        match count.is_multiple_of(self.every) {
            true => byte ^ 1 << (count / self.every % 8),
            false => byte,
        }
    }
}

impl Line for Noisy {
    async fn send(&self, bytes: &[u8]) -> Result<(), LineError> {
        let bytes: Vec<u8> = bytes.iter().map(|&byte| self.bend(byte)).collect();
        self.line.send(&bytes).await
    }
    async fn receive(&self) -> Result<u8, LineError> {
        Ok(self.bend(self.line.receive().await?))
    }
    async fn rest(&self, clocks: u64) {
        self.line.rest(clocks).await;
    }
    fn clocks_per_byte(&self) -> u64 {
        self.line.clocks_per_byte()
    }
    fn patience(&self) -> u64 {
        self.line.patience()
    }
}

#[test]
fn bent_bytes_on_the_line_repeat_requests_and_change_no_sum() {
    let all = wallets();
    let empty = [Array::in_memory(), Array::in_memory()];
    let [_, a] = mount([&all.mint, &all.a], empty, Job::Mint(20));
    let who = [&all.a, &all.b];
    let boards = boards(who, [a, Array::in_memory()]);
    let noisy = |n, every| Noisy {
        line: boards.line(n),
        every,
        count: Cell::new(0),
    };
    let (from, to) = boards.run(
        payer(noisy(0, 1009), who[0], Job::Pay(20)),
        payee(noisy(1, 1511), who[1]),
        LIMIT,
        |_| Step::GoOn,
    );
    from.expect("payer in time").unwrap();
    to.expect("payee in time").unwrap();
    let [a, b] = boards.into_arrays();
    assert_eq!((value(&all.a, &a), value(&all.b, &b)), (0, 20));
}

#[test]
fn power_cut_anywhere_and_resumed_the_sum_is_what_it_was() {
    let all = wallets();
    let empty = [Array::in_memory(), Array::in_memory()];
    let [_, a] = mount([&all.mint, &all.a], empty, Job::Mint(20));
    let start = a.words().to_vec();
    let who = [&all.a, &all.b];
    let mut whole = 0;
    let mut resumed = 0;
    // The first run, which is not cut, tells how long a payment is.
    for cut in 0..8 {
        let arrays = [Array::Memory(start.clone()), Array::in_memory()];
        let boards = boards(who, arrays);
        let begin = boards.clocks(0);
        let at = match cut {
            0 => LIMIT,
            // Not on a round part of it, so that bytes and words are cut too.
            _ => whole * cut / 8 + 37 * cut,
        };
        let (from, to) = boards.run(
            payer(boards.line(0), who[0], Job::Pay(20)),
            payee(boards.line(1), who[1]),
            LIMIT,
            |boards| {
                if boards.clocks(0) - begin < at {
                    Step::GoOn
                } else {
                    Step::Stop
                }
            },
        );
        if cut == 0 {
            from.expect("payer in time").unwrap();
            to.expect("payee in time").unwrap();
            whole = boards.clocks(0) - begin;
            continue;
        }
        let [a, b] = mount(who, boards.into_arrays(), Job::Resume);
        let (a, b) = (value(&all.a, &a), value(&all.b, &b));
        assert_eq!(a + b, 20, "cut at clock {at}");
        resumed += u64::from(b == 20);
    }
    assert!(resumed > 0, "no cut was in Stage 2 or 3");
}
