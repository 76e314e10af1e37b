//! Simulation speed from Rust against a bare C++ loop over the same model, compiled with the same
//! flags into the same archive. Alternates the two and prints the ratio of medians; `cargo bench -p
//! verilated`. Also what it costs to have waves compiled in, and to write them.

use std::time::{Duration, Instant};
use verilated_models::{Vblock, VblockTraced, Vcounter, bare};

const ROUNDS: usize = 21;
const CLOCKS: u64 = 1_000_000;

fn counter(clocks: u64) -> u64 {
    let mut top = Vcounter::new(1).expect("model");
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

macro_rules! block {
    ($name:ident, $model:ident, $path:expr) => {
        fn $name(clocks: u64) -> u64 {
            let mut top = $model::new(1).expect("model");
            let path: Option<std::path::PathBuf> = $path;
            if let Some(path) = &path {
                top.open_trace(path).expect("wave file");
            }
            let mut sum = 0;
            for n in 0..clocks {
                top.set_clk_i(1);
                top.set_rst_ni(u8::from(n != 0));
                top.set_lad_i((n * 7 + (n >> 5)) as u8 & 15);
                top.eval();
                if path.is_some() {
                    top.dump(2 * n);
                }
                top.set_clk_i(0);
                top.eval();
                if path.is_some() {
                    top.dump(2 * n + 1);
                }
                sum += u64::from(top.lad_o());
            }
            top.close_trace();
            if let Some(path) = &path {
                top.check().expect("waves written");
                std::fs::remove_file(path).expect("wave file");
            }
            sum + u64::from(top.sum_o())
        }
    };
}
block!(block, Vblock, None);
block!(block_off, VblockTraced, None);
block!(block_vcd, VblockTraced, Some(wave("vcd")));
block!(block_fst, VblockTraced, Some(wave("fst")));

fn wave(ending: &str) -> std::path::PathBuf {
    std::env::temp_dir().join(format!("verilated-{}.{ending}", std::process::id()))
}

fn time(run: fn(u64) -> u64, clocks: u64) -> (Duration, u64) {
    let start = Instant::now();
    let sum = run(clocks);
    (start.elapsed(), sum)
}

/// Prints the speed of `b` relative to `a`.
fn compare(what: &str, a: fn(u64) -> u64, b: fn(u64) -> u64, clocks: u64) {
    let (mut times_a, mut times_b) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let one = |run, times: &mut Vec<Duration>| {
            let (time, sum) = time(run, clocks);
            times.push(time);
            sum
        };
        // Who goes first takes turns, too.
        let (sum_a, sum_b);
        if round % 2 == 0 {
            sum_a = one(a, &mut times_a);
            sum_b = one(b, &mut times_b);
        } else {
            sum_b = one(b, &mut times_b);
            sum_a = one(a, &mut times_a);
        }
        assert_eq!(sum_a, sum_b, "{what}: both must simulate the same");
    }
    let median = |times: &mut Vec<Duration>| {
        times.sort();
        times[times.len() / 2].as_secs_f64()
    };
    let (a, b) = (median(&mut times_a), median(&mut times_b));
    let speed = |time| clocks as f64 / time / 1e6;
    println!(
        "{what:<40} {:7.2} {:7.2} million clocks/s   ratio {:.3}",
        speed(a),
        speed(b),
        a / b
    );
}

fn main() {
    // `cargo test --benches` only wants to know that it runs.
    let clocks = match std::env::args().any(|argument| argument == "--bench") {
        true => CLOCKS,
        false => 1000,
    };
    compare(
        "counter: C++, Rust",
        |n| bare::bare_counter(n),
        counter,
        clocks,
    );
    compare("block: C++, Rust", |n| bare::bare_block(n), block, clocks);
    compare("block: without waves, waves off", block, block_off, clocks);
    compare("block: waves off, VCD", block_off, block_vcd, clocks / 10);
    compare("block: waves off, FST", block_off, block_fst, clocks / 10);
}
