//! Two memories on a bench, each with a nonvolatile memory of its own, and the oracle that decodes what is in there.
#![allow(dead_code, reason = "each test file uses its part")]

use aes::Aes128;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use opera_regs::{err, nv, op};
use opera_testbench::VormPair;

pub const KEYS: [[u8; 16]; 2] = [[0x11; 16], [0xB7; 16]];
pub const WORDS: usize = nv::WORDS as usize;
pub const SLOTS: u16 = nv::SLOTS as u16;
pub const ENTRIES: u16 = nv::ENTRIES as u16;
/// No operation of the bench takes longer, in clocks.
pub const LIMIT: u32 = 20_000;

pub type Image = Vec<u32>;

pub fn port(bytes: [u8; 16]) -> [u32; 4] {
    let value = u128::from_be_bytes(bytes);
    [0, 1, 2, 3].map(|n| (value >> (32 * n)) as u32)
}

pub fn unport(words: [u32; 4]) -> [u8; 16] {
    let value: u128 = (0..4).map(|n| u128::from(words[n]) << (32 * n)).sum();
    value.to_be_bytes()
}

pub fn encrypt(key: [u8; 16], block: [u8; 16]) -> [u8; 16] {
    let mut block = block.into();
    Aes128::new(&key.into()).encrypt_block(&mut block);
    block.into()
}

/// PTK of a session, from the device key and the session counter.
pub fn ptk(key: [u8; 16], ctr: u32) -> [u8; 16] {
    let mut block = [0; 16];
    block[..3].copy_from_slice(b"PTK");
    block[12..].copy_from_slice(&ctr.to_be_bytes());
    encrypt(key, block)
}

/// Applies the entry stream of PTK to a token, or to its ciphertext.
pub fn entry_stream(ptk: [u8; 16], k: u16, data: [u8; 96]) -> [u8; 96] {
    stream(ptk, data, |block| {
        block[0] = b'T';
        block[10..12].copy_from_slice(&k.to_be_bytes());
    })
}

/// Applies the repository stream of a slot.
pub fn repo_stream(key: [u8; 16], ctr: u32, k: u16, slot: u16, data: [u8; 96]) -> [u8; 96] {
    stream(key, data, |block| {
        block[0] = b'R';
        block[4..8].copy_from_slice(&ctr.to_be_bytes());
        block[8..10].copy_from_slice(&k.to_be_bytes());
        block[10..12].copy_from_slice(&slot.to_be_bytes());
    })
}

pub fn stream(key: [u8; 16], mut data: [u8; 96], head: impl Fn(&mut [u8; 16])) -> [u8; 96] {
    for (j, chunk) in data.chunks_mut(16).enumerate() {
        let mut block = [0; 16];
        head(&mut block);
        block[15] = j as u8;
        let pad = encrypt(key, block);
        chunk
            .iter_mut()
            .zip(pad)
            .for_each(|(byte, pad)| *byte ^= pad);
    }
    data
}

pub fn bytes_at(image: &[u32], at: usize) -> [u8; 96] {
    std::array::from_fn(|n| image[at + n / 4].to_le_bytes()[n % 4])
}

/// A token of a value: a pattern that is easy to find again.
pub fn token(n: u8, value: u32) -> [u8; 96] {
    let mut token: [u8; 96] = std::array::from_fn(|i| (i as u8).wrapping_mul(7) ^ n ^ 0xC3);
    token[24..28].copy_from_slice(&value.to_be_bytes());
    token
}

/// Tokens in the repository: (slot, value, token).
pub fn spendable(image: &[u32], key: [u8; 16]) -> Vec<(u16, u32, [u8; 96])> {
    (0..SLOTS)
        .filter_map(|slot| {
            let at = nv::REPO_BASE as usize + 32 * usize::from(slot);
            (image[at] == nv::SLOT_VALID).then(|| {
                let (ctr, k) = (image[at + 2], image[at + 3] as u16);
                let token = repo_stream(key, ctr, k, slot, bytes_at(image, at + 8));
                (slot, image[at + 1], token)
            })
        })
        .collect()
}

/// State code and content of an entry.
pub fn entry(image: &[u32], entry: usize) -> (u32, [u8; 96]) {
    let at = nv::TB_BASE as usize + 32 * entry;
    (image[at], bytes_at(image, at + 8))
}

pub struct Side {
    pub image: Image,
    pub waited: u32,
    pub acked: bool,
    pub in_flight: Option<(usize, u32)>,
}

/// What an operation works on.
#[derive(Clone, Copy, Default)]
pub struct Args {
    pub k: u16,
    pub slot: u16,
    pub value: u32,
    pub ptk: [u8; 16],
}

pub struct Bench {
    pub chip: VormPair,
    pub sides: [Side; 2],
    pub latency: u32,
    pub bus: Vec<u8>,
    pub req: bool,
}

macro_rules! each {
    ($self:ident, $side:expr, $a:ident, $b:ident $(, $value:expr)?) => {
        if $side == 0 { $self.chip.$a($($value)?) } else { $self.chip.$b($($value)?) }
    };
}

pub const A: usize = 0;
pub const B: usize = 1;

impl Bench {
    pub fn new(images: [Image; 2]) -> Self {
        let side = |image| Side {
            image,
            waited: 0,
            acked: false,
            in_flight: None,
        };
        let mut bench = Self {
            chip: VormPair::new(9).expect("model"),
            sides: images.map(side),
            latency: 1,
            bus: Vec::new(),
            req: false,
        };
        bench.chip.set_a_key_i(port(KEYS[A]));
        bench.chip.set_b_key_i(port(KEYS[B]));
        bench.chip.set_plugged_i(1);
        bench.clock();
        bench.power(A, true);
        bench.power(B, true);
        bench
    }

    pub fn blank() -> Self {
        Self::new([vec![0; WORDS], vec![0; WORDS]])
    }

    pub fn power(&mut self, side: usize, on: bool) {
        if on {
            self.power_on_edge(side);
            self.settle(side);
        } else {
            each!(self, side, set_a_rst_ni, set_b_rst_ni, 0);
            self.clock();
        }
    }

    /// The first clock of a power-up.
    pub fn power_on_edge(&mut self, side: usize) {
        each!(self, side, set_a_rst_ni, set_b_rst_ni, 1);
        self.clock();
    }

    pub fn clock(&mut self) {
        for side in [A, B] {
            let (on, req, we, addr, wdata) = if side == A {
                let c = &self.chip;
                (
                    c.a_rst_ni(),
                    c.a_nv_req_o(),
                    c.a_nv_we_o(),
                    c.a_nv_addr_o(),
                    c.a_nv_wdata_o(),
                )
            } else {
                let c = &self.chip;
                (
                    c.b_rst_ni(),
                    c.b_nv_req_o(),
                    c.b_nv_we_o(),
                    c.b_nv_addr_o(),
                    c.b_nv_wdata_o(),
                )
            };
            let memory = &mut self.sides[side];
            let at = addr as usize;
            let mut ack = false;
            if on != 0 && req != 0 && !memory.acked {
                memory.in_flight = (we != 0).then_some((at, wdata));
                memory.waited += 1;
                if memory.waited > self.latency {
                    if we != 0 {
                        memory.image[at] = wdata;
                    }
                    ack = true;
                    memory.waited = 0;
                    memory.in_flight = None;
                }
            } else {
                memory.in_flight = None;
                memory.waited = 0;
            }
            memory.acked = ack;
            let rdata = memory.image[at];
            each!(self, side, set_a_nv_ack_i, set_b_nv_ack_i, ack.into());
            each!(self, side, set_a_nv_rdata_i, set_b_nv_rdata_i, rdata);
        }
        // The acknowledge is driven with the request it answers, before the edge.
        self.chip.eval();
        let req = self.chip.db_req_o() != 0;
        if req && !self.req {
            self.bus.push(self.chip.db_data_o());
        }
        self.req = req;
        self.chip.set_clk_i(1);
        self.chip.eval();
        self.chip.set_clk_i(0);
        self.chip.eval();
    }

    pub fn busy(&self, side: usize) -> bool {
        each!(self, side, a_busy_o, b_busy_o) != 0
    }

    pub fn settle(&mut self, side: usize) {
        for _ in 0..LIMIT {
            if !self.busy(side) {
                return;
            }
            self.clock();
        }
        panic!("I11: still busy after {LIMIT} clocks");
    }

    pub fn start(&mut self, side: usize, code: u8, args: Args) {
        each!(self, side, set_a_op_i, set_b_op_i, code);
        each!(self, side, set_a_k_i, set_b_k_i, args.k);
        each!(self, side, set_a_slot_i, set_b_slot_i, args.slot);
        each!(self, side, set_a_value_i, set_b_value_i, args.value);
        each!(self, side, set_a_ptk_i, set_b_ptk_i, port(args.ptk));
        each!(self, side, set_a_cmd_i, set_b_cmd_i, 1);
        self.clock();
        each!(self, side, set_a_cmd_i, set_b_cmd_i, 0);
    }

    /// Runs an operation to its end; returns its error code.
    pub fn run(&mut self, side: usize, code: u8, args: Args) -> u8 {
        self.start(side, code, args);
        self.settle(side);
        each!(self, side, a_err_o, b_err_o)
    }

    #[track_caller]
    pub fn ok(&mut self, side: usize, code: u8, args: Args) {
        let error = self.run(side, code, args);
        assert_eq!(err::name(error), Some("NONE"), "{:?}", op::name(code));
    }

    #[track_caller]
    pub fn refused(&mut self, side: usize, code: u8, args: Args, error: u8) {
        let before = self.sides[side].image.clone();
        let got = self.run(side, code, args);
        assert_eq!(err::name(got), err::name(error), "{:?}", op::name(code));
        assert!(
            before == self.sides[side].image,
            "a refused {:?} wrote",
            op::name(code)
        );
    }

    /// What the bus reads of PTK; a few clocks, for there is one byte a clock.
    pub fn ptk_out(&mut self, side: usize) -> [u8; 16] {
        (0..20).for_each(|_| self.clock());
        unport(each!(self, side, a_ptk_o, b_ptk_o))
    }

    pub fn session(&self, side: usize) -> u8 {
        each!(self, side, a_sess_state_o, b_sess_state_o)
    }

    /// What the bus reads of the session's counter, a byte a clock.
    pub fn counter(&mut self, side: usize) -> u32 {
        (0..20).for_each(|_| self.clock());
        each!(self, side, a_sess_ctr_o, b_sess_ctr_o)
    }

    /// Presses a token into entry `k` of the mint's open session.
    pub fn press(&mut self, k: u16, token: [u8; 96]) {
        let cipher = entry_stream(ptk(KEYS[A], self.counter(A)), k, token);
        for word in 0..24 {
            self.chip.set_a_press_we_i(1);
            self.chip.set_a_press_addr_i(word as u8);
            self.chip.set_a_press_wdata_i(bytes_word(&cipher, word));
            self.clock();
        }
        self.chip.set_a_press_we_i(0);
        let value = u32::from_be_bytes([token[24], token[25], token[26], token[27]]);
        self.ok(
            A,
            op::PRESS,
            Args {
                k,
                value,
                ..Args::default()
            },
        );
    }

    /// SEND on one side while the other RECEIVEs.
    pub fn transfer(&mut self, from: usize, to: usize, k: u16) -> (u8, u8) {
        let args = Args {
            k,
            ..Args::default()
        };
        self.start(to, op::RECEIVE, args);
        self.start(from, op::SEND, args);
        self.settle(from);
        self.settle(to);
        let errors = [self.chip.a_err_o(), self.chip.b_err_o()];
        (errors[from], errors[to])
    }

    /// Charges the wallet with tokens of these values, through all moves.
    pub fn charge(&mut self, values: &[u32]) {
        let n = values.len() as u16;
        let open = Args {
            k: 0,
            slot: n,
            ..Args::default()
        };
        self.ok(A, op::OPEN_PAYER, open);
        self.ok(B, op::OPEN_PAYEE, open);
        for (k, value) in values.iter().enumerate() {
            self.press(k as u16, token(k as u8, *value));
            assert_eq!(self.transfer(A, B, k as u16), (0, 0));
        }
        self.ok(A, op::RELEASE, Args::default());
        let ptk = self.ptk_out(A);
        self.ok(
            B,
            op::KEYLOAD,
            Args {
                ptk,
                ..Args::default()
            },
        );
        for k in 0..n {
            self.ok(
                B,
                op::SETTLE,
                Args {
                    k,
                    slot: k,
                    ..Args::default()
                },
            );
        }
        self.ok(B, op::CLOSE, Args::default());
        self.ok(A, op::CLOSE, Args::default());
    }

    /// Cuts the power of a side: the word in flight is left as `tear` makes it.
    pub fn cut(&mut self, side: usize, tear: impl Fn(u32, u32) -> u32) {
        if let Some((at, new)) = self.sides[side].in_flight.take() {
            let old = self.sides[side].image[at];
            self.sides[side].image[at] = tear(old, new);
        }
        self.sides[side].waited = 0;
        self.sides[side].acked = false;
        self.power(side, false);
        self.power(side, true);
    }
}

pub fn bytes_word(bytes: &[u8; 96], word: usize) -> u32 {
    u32::from_le_bytes([0, 1, 2, 3].map(|n| bytes[4 * word + n]))
}

pub fn args(k: u16, slot: u16) -> Args {
    Args {
        k,
        slot,
        ..Args::default()
    }
}

/// An image pair where the wallet holds one token of 10 in slot 0.
pub fn charged() -> Bench {
    let mut bench = Bench::blank();
    bench.charge(&[10]);
    bench
}

pub fn images(bench: Bench) -> [Image; 2] {
    bench.sides.map(|side| side.image)
}
