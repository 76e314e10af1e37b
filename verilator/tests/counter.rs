//! The bindings against a small counter.

use verilated_models::{Vcounter, private_model_works};

fn clock(chip: &mut Vcounter) {
    chip.set_clk_i(1);
    chip.eval();
    chip.set_clk_i(0);
    chip.eval();
}

fn reset(seed: u64) -> Vcounter {
    let mut chip = Vcounter::new(seed).expect("model");
    chip.set_rst_ni(0);
    clock(&mut chip);
    chip.set_rst_ni(1);
    chip
}

#[test]
fn ports_of_every_width_carry_values() {
    let mut chip = reset(1);
    chip.set_add_i([u32::MAX, u32::MAX, u32::MAX, 0]);
    for _ in 0..3 {
        clock(&mut chip);
    }
    assert_eq!(chip.byte_o(), 3);
    assert_eq!(chip.long_o(), 0x3_0000_0003);
    assert_eq!(chip.wide_o(), [u32::MAX - 2, u32::MAX, u32::MAX, 2]);
    chip.check().expect("nothing failed");
}

#[test]
fn bits_above_a_port_are_cut_off() {
    let mut chip = reset(1);
    chip.set_rst_ni(0xFE);
    assert_eq!(chip.rst_ni(), 0);
}

#[test]
fn a_model_in_a_private_module_works_and_warns_of_nothing() {
    // That it compiles is the test: the models' crate denies all warnings.
    assert!(private_model_works());
}

#[test]
fn what_nothing_set_is_garbage_that_the_seed_decides() {
    let values: Vec<u32> = (1..4).map(|seed| reset(seed).never_reset_o()).collect();
    assert!(values.iter().any(|v| *v != 0) && values[0] != values[1]);
    assert_eq!(values[0], reset(1).never_reset_o());
}

#[test]
fn many_models_in_threads_give_equal_results() {
    let work = || {
        let mut chips: Vec<_> = (0..20).map(reset).collect();
        for chip in &mut chips {
            chip.set_add_i([3, 0, 0, 0]);
            (0..1000).for_each(|_| clock(chip));
        }
        // Newest first: the order that trips the runtime's thread-local context.
        while let Some(chip) = chips.pop() {
            assert_eq!(chip.wide_o()[0], 3000);
        }
    };
    let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(work)).collect();
    threads
        .into_iter()
        .for_each(|thread| thread.join().expect("equal results"));
}

#[test]
fn a_model_moves_to_another_thread() {
    let mut chip = reset(1);
    let chip = std::thread::spawn(move || {
        clock(&mut chip);
        chip
    });
    assert_eq!(chip.join().expect("thread").byte_o(), 1);
}
