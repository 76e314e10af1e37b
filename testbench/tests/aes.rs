//! The inline AES-128 engine against the `aes` crate, and its timing and secrecy rules.

use aes::Aes128;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use opera_testbench::Vaes128Whole as Vaes128;

/// Clocks from the start to `done_o` of the bench's wrapper, one after the engine's last word.
const LATENCY: u32 = 64;

/// Clocks in which the engine overwrites its memories after a clear or reset; a start waits.
const WIPE: u32 = 8;

fn words(bytes: [u8; 16]) -> [u32; 4] {
    let value = u128::from_be_bytes(bytes);
    [0, 1, 2, 3].map(|n| (value >> (32 * n)) as u32)
}

fn bytes(words: [u32; 4]) -> [u8; 16] {
    let value: u128 = (0..4).map(|n| u128::from(words[n]) << (32 * n)).sum();
    value.to_be_bytes()
}

fn clock(chip: &mut Vaes128) {
    chip.set_clk_i(1);
    chip.eval();
    chip.set_clk_i(0);
    chip.eval();
}

fn engine() -> Vaes128 {
    let mut chip = Vaes128::new(3).expect("model");
    clock(&mut chip);
    chip.set_rst_ni(1);
    (0..WIPE).for_each(|_| clock(&mut chip));
    chip
}

fn start(chip: &mut Vaes128, key: [u8; 16], block: [u8; 16]) {
    chip.set_key_i(words(key));
    chip.set_block_i(words(block));
    chip.set_start_i(1);
    clock(chip);
    chip.set_start_i(0);
    // Sampled at the start: what the inputs show later must not matter.
    chip.set_key_i([0xAAAA_AAAA; 4]);
    chip.set_block_i([0x5555_5555; 4]);
}

fn encrypt(chip: &mut Vaes128, key: [u8; 16], block: [u8; 16]) -> [u8; 16] {
    start(chip, key, block);
    for n in 1..=LATENCY {
        assert_eq!(
            bytes(chip.result_o()),
            [0; 16],
            "shown {n} clocks after the start"
        );
        assert_ne!(chip.busy_o(), 0);
        clock(chip);
        assert_eq!(chip.done_o() != 0, n == LATENCY, "clock {n}");
    }
    bytes(chip.result_o())
}

/// A block of pseudo-random bytes: a counter through the reference cipher.
fn random(n: u32) -> [u8; 16] {
    let mut block = [0; 16];
    block[..4].copy_from_slice(&n.to_be_bytes());
    let cipher = Aes128::new(&[0x5A; 16].into());
    let mut block = block.into();
    cipher.encrypt_block(&mut block);
    block.into()
}

#[test]
fn fips_197_appendix_c_1() {
    let key = std::array::from_fn(|n| n as u8);
    let block = std::array::from_fn(|n| n as u8 * 0x11);
    let expected = 0x69c4_e0d8_6a7b_0430_d8cd_b780_70b4_c55a_u128;
    assert_eq!(encrypt(&mut engine(), key, block), expected.to_be_bytes());
}

#[test]
fn random_blocks_equal_the_reference() {
    let mut chip = engine();
    for n in 0..2000 {
        let (key, block) = (random(2 * n), random(2 * n + 1));
        let mut expected = block.into();
        Aes128::new(&key.into()).encrypt_block(&mut expected);
        assert_eq!(
            encrypt(&mut chip, key, block),
            <[u8; 16]>::from(expected),
            "block {n}"
        );
    }
}

#[test]
fn clear_and_reset_at_any_clock_leave_nothing_and_the_next_block_is_right() {
    for (reset, at_once) in [(false, false), (false, true), (true, false), (true, true)] {
        for clocks in 0..LATENCY + 3 {
            let mut chip = engine();
            start(&mut chip, random(1), random(2));
            (0..clocks).for_each(|_| clock(&mut chip));
            assert!(clocks == 0 || chip.left_o() != 0, "no key after {clocks}");
            chip.set_clear_i((!reset).into());
            chip.set_rst_ni((!reset).into());
            clock(&mut chip);
            chip.set_clear_i(0);
            chip.set_rst_ni(1);
            chip.eval();
            assert_eq!(
                (bytes(chip.result_o()), chip.busy_o(), chip.done_o()),
                ([0; 16], 0, 0)
            );
            // A start that comes at once waits until nothing is left of the last block.
            if !at_once {
                (0..WIPE).for_each(|_| clock(&mut chip));
                assert_eq!(chip.left_o(), 0, "left of a block stopped after {clocks}");
            }
            start(&mut chip, random(3), random(4));
            (1..=LATENCY + WIPE).for_each(|_| clock(&mut chip));
            let mut expected = random(4).into();
            Aes128::new(&random(3).into()).encrypt_block(&mut expected);
            assert_eq!(bytes(chip.result_o()), <[u8; 16]>::from(expected));
        }
    }
}
