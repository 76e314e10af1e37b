//! The power controller: the gate opens to a right answer to a fresh challenge and to nothing else.

use opera_regs::nv;
use opera_testbench::Vgate;

use crate::orm_bench::{encrypt, port, unport};
use crate::{Outcome, Struck};

const KEY: [u8; 16] = [0x3C; 16];
/// Challenges that were made before; an attacker has seen the answers to all of them.
const MADE: u32 = 6;
/// No wait of a script is longer, in clocks.
const LIMIT: u32 = 1_000;
/// From a command or an unmount to the clamp, in clocks: two through the synchroniser, one for the gate.
const GRACE: u32 = 3;

const CHALLENGE: u8 = 1;
const UP: u8 = 2;
const DOWN: u8 = 3;

/// The answer to a challenge.
fn answer(challenge: [u8; 16]) -> [u8; 16] {
    encrypt(KEY, challenge.map(|byte| byte ^ 0x5A))
}

/// The challenge that the counter makes at a value.
fn challenge(count: u32) -> [u8; 16] {
    let mut block = [0; 16];
    block[0] = b'C';
    block[12..].copy_from_slice(&count.to_be_bytes());
    encrypt(KEY, block)
}

/// Somebody's dealings with the gate.
#[derive(Clone, Copy, PartialEq)]
enum Script {
    /// The owner opens it and shuts it; then old answers are tried, without and with a new challenge.
    OldAnswers,
    /// A wrong answer, twice.
    WrongAnswer,
    /// The owner opens it, the mount is pulled, and the old answer is tried after the next mount.
    Unmounted,
}

pub struct Phase {
    name: &'static str,
    script: Script,
    clocks: u32,
    opened: u32,
}

pub struct Bench {
    chip: Vgate,
    cells: [u32; 3],
    acked: bool,
    at: u32,
    flop: u16,
    clocks: u32,
    /// Clocks since when the gate has to be shut; none while it may be open.
    shut_for: Option<u32>,
    opened: u32,
    breach: Option<String>,
}

impl Bench {
    fn clock(&mut self) {
        let struck = self.flop != 0 && self.clocks == self.at;
        self.chip.set_flip_i(if struck { self.flop } else { 0 });
        let ack = self.chip.nv_req_o() != 0 && !self.acked;
        let word = self.chip.nv_addr_o().wrapping_sub(nv::PWR_CTR_BASE) as usize;
        if ack {
            if let Some(cell) = self.cells.get_mut(word) {
                if self.chip.nv_we_o() != 0 {
                    *cell = self.chip.nv_wdata_o();
                }
                self.chip.set_nv_rdata_i(*cell);
            } else {
                self.breach
                    .get_or_insert(format!("an access outside its counter, at {word:#x}"));
            }
        }
        self.acked = ack;
        self.chip.set_nv_ack_i(ack.into());
        self.chip.eval();
        self.chip.set_clk_i(1);
        self.chip.eval();
        self.chip.set_clk_i(0);
        self.chip.eval();
        self.clocks += 1;
        self.shut_for = self.shut_for.map(|clocks| clocks + 1);
        if self.chip.clamp_o() == 0 {
            self.opened += 1;
            if self.shut_for.is_some_and(|clocks| clocks > GRACE) {
                self.breach
                    .get_or_insert("open without a right answer to a fresh challenge".into());
            }
            // The domain behind it works.
            if !struck && self.chip.domain_rst_no() == 0 {
                self.breach
                    .get_or_insert("open to a domain in reset".into());
            }
        }
    }

    fn rest(&mut self) {
        for _ in 0..LIMIT {
            self.clock();
            if self.chip.busy_o() == 0 {
                return;
            }
        }
        self.breach
            .get_or_insert(format!("I11: busy after {LIMIT} clocks"));
    }

    fn give(&mut self, op: u8, resp: [u8; 16]) {
        self.chip.set_op_i(op);
        self.chip.set_resp_i(port(resp));
        self.chip.set_cmd_i(1);
        self.clock();
        self.chip.set_cmd_i(0);
        self.rest();
    }

    fn mount(&mut self, on: bool) {
        self.chip.set_mount_i(on.into());
        if !on {
            self.shut_for.get_or_insert(0);
        }
        (0..30).for_each(|_| self.clock());
        self.rest();
    }

    fn challenge(&mut self) -> [u8; 16] {
        self.give(CHALLENGE, [0; 16]);
        (0..20).for_each(|_| self.clock());
        unport(self.chip.chal_o())
    }

    /// The owner's way in. Returns the challenge, whose answer everybody has seen then.
    fn open(&mut self) -> [u8; 16] {
        let challenge = self.challenge();
        self.shut_for = None;
        self.give(UP, answer(challenge));
        (0..20).for_each(|_| self.clock());
        challenge
    }

    /// An attacker who has seen all answers that were ever given, and no key.
    fn try_old(&mut self, last: [u8; 16]) {
        let mut seen: Vec<_> = (1..=MADE).map(challenge).collect();
        seen.push(last);
        self.give(UP, answer(last));
        for _ in 0..4 {
            let challenge = self.challenge();
            if seen.contains(&challenge) {
                self.give(UP, answer(challenge));
            }
        }
    }
}

impl Phase {
    fn run(&self, bench: &mut Bench, at: u32, flop: u16) {
        (bench.at, bench.flop, bench.clocks, bench.opened) = (at, flop, 0, 0);
        (bench.shut_for, bench.breach) = (Some(GRACE), None);
        bench.cells = [MADE, MADE - 1, 0];
        bench.chip.set_rst_ni(0);
        bench.chip.set_mount_i(0);
        bench.clock();
        bench.chip.set_rst_ni(1);
        bench.rest();
        bench.mount(true);
        if self.script == Script::WrongAnswer {
            bench.give(CHALLENGE, [0; 16]);
            bench.give(UP, [0x99; 16]);
            bench.give(UP, [0x99; 16]);
            return;
        }
        let last = bench.open();
        if self.script == Script::Unmounted {
            bench.mount(false);
            bench.mount(true);
        } else {
            bench.shut_for = Some(0);
            bench.give(DOWN, [0; 16]);
        }
        bench.try_old(last);
    }
}

pub fn phases() -> Vec<Phase> {
    let phases = [
        ("power-up, then old answers", Script::OldAnswers),
        ("wrong answer", Script::WrongAnswer),
        ("unmount, then old answers", Script::Unmounted),
    ];
    let phases = phases.map(|(name, script)| {
        let mut phase = Phase {
            name,
            script,
            clocks: 0,
            opened: 0,
        };
        let mut bench = Phase::bench();
        phase.run(&mut bench, 0, 0);
        assert_eq!(bench.breach, None, "{name} without a flip");
        assert_eq!(bench.opened > 0, script != Script::WrongAnswer, "{name}");
        (phase.clocks, phase.opened) = (bench.clocks, bench.opened);
        phase
    });
    phases.into()
}

impl Struck for Phase {
    type Bench = Bench;

    fn bench() -> Bench {
        let mut chip = Vgate::new(5).expect("model");
        chip.set_key_i(port(KEY));
        Bench {
            chip,
            cells: [0; 3],
            acked: false,
            at: 0,
            flop: 0,
            clocks: 0,
            shut_for: None,
            opened: 0,
            breach: None,
        }
    }

    fn name(&self) -> &str {
        self.name
    }

    fn clocks(&self) -> u32 {
        self.clocks
    }

    fn strike(&self, bench: &mut Bench, at: u32, flop: u16) -> Outcome {
        self.run(bench, at, flop);
        match bench.breach.take() {
            Some(why) => Outcome::Broken(why),
            None if bench.opened == self.opened => Outcome::Same,
            None => Outcome::Other,
        }
    }
}
