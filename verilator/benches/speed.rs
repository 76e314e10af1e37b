//! Simulation speed from Rust against a bare C++ loop over the same model, compiled with the same
//! flags into the same archive: `cargo bench -p verilated`. The two take turns in slices of about
//! 2 ms, so that what else the machine does meets both alike; printed is the ratio of medians, and
//! beside it the median of the ratios of neighbours. Then what it costs to have waves compiled in, and to write them.
//!
//! The counter is a worst case of some 5 ns an `eval`; the block has the size of a peripheral.

use std::time::{Duration, Instant};
use verilated_models::{Vblock, VblockTraced, Vcounter, bare};

const ROUNDS: usize = 501;

fn counter(top: &mut Vcounter, clocks: u64) -> u64 {
    top.set_add_i([0, 1, 2, 3]);
    let mut sum = 0;
    for n in 0..clocks {
        top.set_clk_i(1);
        top.set_rst_ni(u8::from(n != 0));
        top.eval();
        top.set_clk_i(0);
        top.eval();
        sum += u64::from(top.byte_o());
    }
    sum
}

fn counter_tick(top: &mut Vcounter, clocks: u64) -> u64 {
    top.set_add_i([0, 1, 2, 3]);
    let mut sum = 0;
    for n in 0..clocks {
        top.set_rst_ni(u8::from(n != 0));
        top.tick();
        sum += u64::from(top.byte_o());
    }
    sum
}

fn block_tick(top: &mut Vblock, clocks: u64) -> u64 {
    let mut sum = 0;
    for n in 0..clocks {
        top.set_rst_ni(u8::from(n != 0));
        top.set_lad_i((n * 7 + (n >> 5)) as u8 & 15);
        top.tick();
        sum += u64::from(top.lad_o());
    }
    sum + u64::from(top.sum_o())
}

macro_rules! block {
    ($name:ident, $model:ident, $dump:expr) => {
        fn $name(top: &mut $model, clocks: u64) -> u64 {
            let dump: fn(&mut $model, u64) = $dump;
            let mut sum = 0;
            for n in 0..clocks {
                top.set_clk_i(1);
                top.set_rst_ni(u8::from(n != 0));
                top.set_lad_i((n * 7 + (n >> 5)) as u8 & 15);
                top.eval();
                dump(top, 2 * n);
                top.set_clk_i(0);
                top.eval();
                dump(top, 2 * n + 1);
                sum += u64::from(top.lad_o());
            }
            sum + u64::from(top.sum_o())
        }
    };
}
block!(block, Vblock, |_, _| ());
block!(block_off, VblockTraced, |_, _| ());
block!(block_on, VblockTraced, |top, time| top.dump(time));

/// One file a slice.
fn block_waves(top: &mut VblockTraced, clocks: u64, ending: &str) -> u64 {
    let name = format!("verilated-{}.{ending}", std::process::id());
    let path = std::env::temp_dir().join(name);
    top.open_trace(&path).expect("wave file");
    let sum = block_on(top, clocks);
    top.close_trace();
    top.check().expect("waves written");
    std::fs::remove_file(path).expect("wave file");
    sum
}

/// Prints the speed of `b` relative to `a`.
fn compare(
    what: &str,
    rounds: usize,
    clocks: u64,
    mut a: impl FnMut(u64) -> u64,
    mut b: impl FnMut(u64) -> u64,
) {
    fn slice(run: &mut dyn FnMut(u64) -> u64, clocks: u64, times: &mut Vec<Duration>) -> u64 {
        let start = Instant::now();
        let sum = run(clocks);
        times.push(start.elapsed());
        sum
    }
    fn median(times: &mut [Duration]) -> f64 {
        times.sort();
        times[times.len() / 2].as_secs_f64()
    }
    let (mut times_a, mut times_b) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        // Who goes first takes turns, too.
        let (sum_a, sum_b);
        if round % 2 == 0 {
            sum_a = slice(&mut a, clocks, &mut times_a);
            sum_b = slice(&mut b, clocks, &mut times_b);
        } else {
            sum_b = slice(&mut b, clocks, &mut times_b);
            sum_a = slice(&mut a, clocks, &mut times_a);
        }
        assert_eq!(sum_a, sum_b, "{what}: both must simulate the same");
    }
    // Of one round each, for machines whose speed jumps: then the medians may be of two speeds.
    let pairs = times_a.iter().zip(&times_b);
    let mut pairs: Vec<_> = pairs
        .map(|(a, b)| a.as_secs_f64() / b.as_secs_f64())
        .collect();
    pairs.sort_by(f64::total_cmp);
    let paired = pairs[pairs.len() / 2];
    let (a, b) = (median(&mut times_a), median(&mut times_b));
    let speed = |time| clocks as f64 / time / 1e6;
    println!(
        "{what:<32} {:7.2} {:7.2} million clocks/s   ratio {:.3} (paired {paired:.3})",
        speed(a),
        speed(b),
        a / b
    );
}

fn main() {
    // `cargo test --benches` only wants to know that it runs.
    let real = std::env::args().any(|argument| argument == "--bench");
    let rounds = if real { ROUNDS } else { 3 };
    let mut small = Vcounter::new(1).expect("model");
    let mut large = Vblock::new(1).expect("model");
    let mut traced = VblockTraced::new(1).expect("model");
    let (cpp_small, cpp_large) = (|n| bare::bare_counter(n), |n| bare::bare_block(n));

    compare("block: C++, Rust", rounds, 20_000, cpp_large, |n| {
        block(&mut large, n)
    });
    compare("block: C++, Rust tick", rounds, 20_000, cpp_large, |n| {
        block_tick(&mut large, n)
    });
    compare("counter: C++, Rust", rounds, 200_000, cpp_small, |n| {
        counter(&mut small, n)
    });
    compare("counter: C++, Rust tick", rounds, 200_000, cpp_small, |n| {
        counter_tick(&mut small, n)
    });
    if std::env::args().any(|argument| argument == "short") {
        return;
    }
    let (large, off) = (&mut large, &mut traced);
    compare(
        "block: no waves, waves off",
        rounds,
        20_000,
        |n| block(large, n),
        |n| block_off(off, n),
    );
    let mut other = VblockTraced::new(1).expect("model");
    for ending in ["vcd", "fst"] {
        let what = format!("block: waves off, {ending}");
        let (off, on) = (&mut traced, &mut other);
        compare(
            &what,
            rounds / 20 + 1,
            20_000,
            |n| block_off(off, n),
            |n| block_waves(on, n, ending),
        );
    }
}
