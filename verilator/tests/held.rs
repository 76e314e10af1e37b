//! A model whose inputs are held does what it does without.

use verilated_models::{Vcrossing, VcrossingHeld};

/// Numbers that are the same on any machine (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

#[test]
fn any_inputs_at_any_edges_give_the_same_outputs() {
    let mut plain = Vcrossing::new(1).expect("model");
    let mut held = VcrossingHeld::new(1).expect("model");
    let mut random = Random(1);
    let mut seen = std::collections::HashSet::new();
    for n in 0..20_000 {
        // Clocks and other inputs change together, alone or not at all; but an input that gates a clock does not
        // change along with it.
        let mut which = random.next();
        if which & 3 == 0 {
            which |= 3 << 4;
        }
        macro_rules! set {
            ($bit:expr, $set:ident, $value:expr) => {
                if which >> $bit & 3 == 0 || n == 0 {
                    let value = $value;
                    plain.$set(value);
                    held.$set(value);
                }
            };
        }
        set!(0, set_a_clk_i, random.next() as u8);
        set!(2, set_b_clk_i, random.next() as u8);
        set!(4, set_gate_i, random.next() as u8);
        set!(6, set_rst_ni, u8::from(n > 100 && random.next() & 63 != 0));
        set!(8, set_add_i, random.next() as u8);
        set!(10, set_long_i, random.next());
        set!(12, set_wide_i, [0; 4].map(|_: u8| random.next() as u32));
        plain.eval();
        held.eval();
        if n < 100 {
            continue; // what no reset has reached yet is garbage
        }
        let outputs = (
            plain.sum_o(),
            plain.a_q_o(),
            plain.b_q_o(),
            plain.gated_q_o(),
        );
        assert_eq!(
            outputs,
            (held.sum_o(), held.a_q_o(), held.b_q_o(), held.gated_q_o()),
            "eval {n}"
        );
        seen.insert(outputs);
    }
    assert!(seen.len() > 5_000, "{} outputs", seen.len());
}
