//! The kept inputs, and a bounded number of blind mutations of them in a fixed order: `OPERA_FUZZ_CASES`
//! sets how many times more than usual, `OPERA_FUZZ_SEED` another order. A case that fails is printed
//! as hexadecimal digits; kept as a file of the corpus it is tried first from then on.

mod seeds;

use std::panic::{AssertUnwindSafe, catch_unwind};

use opera_fuzz::{TARGETS, corpus};
use opera_tpcu::crypto::Drbg;

fn number(name: &str, default: u64) -> u64 {
    let text = std::env::var(name).ok();
    text.and_then(|text| text.parse().ok()).unwrap_or(default)
}

struct Mutator(Drbg);

impl Mutator {
    fn below(&mut self, limit: usize) -> usize {
        u32::from_be_bytes(self.0.bytes()) as usize % limit.max(1)
    }

    /// One to four changes: bits, bytes, cuts, repetitions, pieces of other files.
    fn mutate(&mut self, mut bytes: Vec<u8>, others: &[Vec<u8>]) -> Vec<u8> {
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len());
            let len = 1 + self.below(32);
            match self.below(7) {
                0 if !bytes.is_empty() => bytes[at] ^= 1 << self.below(8),
                1 if !bytes.is_empty() => bytes[at] = [0, 1, 0x7F, 0x80, 0xFF][self.below(5)],
                2 => bytes.truncate(at),
                3 => {
                    let end = (at + len).min(bytes.len());
                    let piece = bytes[at.min(end)..end].to_vec();
                    bytes.splice(at..at, piece);
                }
                4 => {
                    let end = (at + len).min(bytes.len());
                    bytes.drain(at.min(end)..end);
                }
                5 => {
                    let other = &others[self.below(others.len())];
                    let from = self.below(other.len());
                    let piece = other[from..(from + len).min(other.len())].to_vec();
                    let end = (at + piece.len()).min(bytes.len());
                    bytes.splice(at.min(end)..end, piece);
                }
                _ => {
                    let byte = self.0.bytes::<1>()[0];
                    bytes.insert(at, byte);
                }
            }
        }
        bytes
    }
}

/// Tries the corpus as it is, then so many mutations of it.
fn replay(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name);
    let target = target.expect("a target");
    let files = corpus(name);
    let mut rng = Drbg::new(name.as_bytes());
    rng.mix(&number("OPERA_FUZZ_SEED", 1).to_be_bytes());
    let mut mutator = Mutator(rng);
    let mut check = (target.make)();
    let cases = target.cases * number("OPERA_FUZZ_CASES", 1);
    for n in 0..files.len() as u64 + cases {
        let case = match files.get(n as usize) {
            Some(file) => file.clone(),
            None => {
                let file = files[mutator.below(files.len())].clone();
                mutator.mutate(file, &files)
            }
        };
        let ended = catch_unwind(AssertUnwindSafe(|| check(&case)));
        if let Err(panic) = ended {
            let hex: String = case.iter().map(|byte| format!("{byte:02x}")).collect();
            println!("{name}, case {n}: {hex}");
            std::panic::resume_unwind(panic);
        }
    }
}

macro_rules! targets {
    ($($name:ident),* $(,)?) => {
        $(#[test]
        fn $name() {
            replay(stringify!($name));
        })*

        #[test]
        fn every_target_is_replayed() {
            let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
            assert_eq!(names, [$(stringify!($name)),*]);
        }
    };
}

targets!(
    attestation,
    hand_over,
    lists,
    log,
    memory,
    messages,
    pins,
    token,
    tpm,
    trace,
    wallet
);

#[test]
fn the_corpora_are_small() {
    let sizes = TARGETS.map(|target| corpus(target.name).iter().map(Vec::len).sum::<usize>());
    let all: usize = sizes.iter().sum();
    assert!(all < 1_000_000, "{all} bytes: {sizes:?}; see fuzz.sh");
}
