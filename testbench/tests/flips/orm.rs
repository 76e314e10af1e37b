//! The one-time-readable memory: no token is ever in two places, and no key is shown that the vault did not
//! release. A token may be lost.

use opera_regs::{nv, op};

use crate::orm_bench::{
    A, Args, B, Bench, ENTRIES, Image, KEYS, LIMIT, args, charged, entry, entry_stream, images,
    ptk, spendable, token,
};
use crate::{Outcome, Struck};

/// A piece of a wallet's life that is struck.
pub struct Phase {
    name: &'static str,
    images: [Image; 2],
    /// The operation that is struck, or the power-up.
    operation: Option<(u8, Args)>,
    /// The wallet is the payer of the token; else the mint is.
    payer: bool,
    token: [u8; 96],
    key: [u8; 16],
    /// The partner may have the ciphertext: at home without a refund, the token would be there twice.
    sent: bool,
    /// Without a flip: clocks, and the memory that the wallet has in the end.
    clocks: u32,
    good: Image,
}

/// What the partner does at the same time.
fn counterpart(code: u8) -> Option<u8> {
    match code {
        op::SEND => Some(op::RECEIVE),
        op::RECEIVE => Some(op::SEND),
        _ => None,
    }
}

/// A wallet with a token of 10 in slot 0 and a session open as payer.
fn payer() -> Bench {
    let mut bench = charged();
    bench.ok(B, op::OPEN_PAYER, args(0, 1));
    bench.ok(A, op::OPEN_PAYEE, args(0, 1));
    bench
}

fn sent() -> Bench {
    let mut bench = payer();
    bench.ok(B, op::STAGE, args(0, 0));
    assert_eq!(bench.transfer(B, A, 0), (0, 0));
    bench
}

/// A wallet that is being charged with a token of 50.
fn payee() -> Bench {
    let mut bench = Bench::blank();
    bench.ok(B, op::OPEN_PAYEE, args(0, 1));
    bench.ok(A, op::OPEN_PAYER, args(0, 1));
    bench.press(0, token(9, 50));
    bench
}

/// Word of the memory that commits a move.
const COMMIT: usize = nv::JOURNAL_BASE as usize + 2;

/// Cuts an operation once its move is committed and a word of the memory has this value.
fn cut_when(mut bench: Bench, (code, args): (u8, Args), word: usize, value: u32) -> [Image; 2] {
    bench.start(B, code, args);
    let is = |bench: &Bench, word: usize, value| bench.sides[B].image[word] == value;
    while !is(&bench, COMMIT, nv::CODE_YES) || !is(&bench, word, value) {
        assert!(bench.busy(B), "it ended before the cut");
        bench.clock();
    }
    bench.power(B, false);
    images(bench)
}

pub fn phases() -> Vec<Phase> {
    let none = args(0, 0);
    let [stage, release, refund] = [op::STAGE, op::RELEASE, op::REFUND].map(|code| (code, none));
    let settle = (op::SETTLE, args(0, 6));
    let mut staged = payer();
    staged.ok(B, op::STAGE, none);
    let mut refunded = sent();
    refunded.ok(B, op::REFUND, none);
    let refunded = images(refunded);
    let mut released = sent();
    released.ok(B, op::RELEASE, none);
    let released = images(released);
    let mut at_home = Bench::new(refunded.clone());
    at_home.ok(B, op::SETTLE, args(0, 6));
    let mut received = payee();
    assert_eq!(received.transfer(A, B, 0), (0, 0));
    let ptk_in = Args {
        ptk: ptk(KEYS[A], received.counter(A)),
        ..Args::default()
    };
    let received = images(received);
    let mut keyed = Bench::new(received.clone());
    keyed.ok(B, op::KEYLOAD, ptk_in);
    let keyed = images(keyed);
    let mut phases = vec![
        Phase::new("STAGE", images(payer()), Some(stage)),
        Phase::new("SEND", images(staged), Some((op::SEND, none))),
        Phase::new("RELEASE", images(sent()), Some(release)),
        Phase::new("REFUND", images(sent()), Some(refund)),
        Phase::new("SETTLE, own token", refunded.clone(), Some(settle)),
        Phase::new("RECEIVE", images(payee()), Some((op::RECEIVE, none))),
        Phase::new("KEYLOAD", received, Some((op::KEYLOAD, ptk_in))),
        Phase::new("SETTLE, received", keyed.clone(), Some(settle)),
        // What is refused stays refused.
        Phase::new("SETTLE while held", images(sent()), Some(settle)),
        Phase::new("SETTLE after RELEASE", released.clone(), Some(settle)),
        Phase::new("REFUND after RELEASE", released, Some(refund)),
        Phase::new("RELEASE after REFUND", refunded.clone(), Some(release)),
        Phase::new("RELEASE, token at home", images(at_home), Some(release)),
        Phase::new("power-up, nothing open", images(sent()), None),
    ];
    let [slot_0, slot_6, entry_0] =
        [nv::REPO_BASE, nv::REPO_BASE + 32 * 6, nv::TB_BASE].map(|word| word as usize);
    for (name, word, value) in [
        ("power-up, STAGE cut", COMMIT, nv::CODE_YES),
        ("power-up, slot half gone", slot_0 + 16, 0),
    ] {
        let images = cut_when(payer(), stage, word, value);
        phases.push(Phase::new(name, images, None));
    }
    for (name, word, value) in [
        ("power-up, SETTLE cut", COMMIT, nv::CODE_YES),
        ("power-up, slot valid", slot_6, nv::SLOT_VALID),
        ("power-up, entry half gone", entry_0 + 16, 0),
    ] {
        for start in [&refunded, &keyed] {
            let images = cut_when(Bench::new(start.clone()), settle, word, value);
            phases.push(Phase::new(name, images, None));
        }
    }
    phases
}

impl Phase {
    /// A phase that begins with these memories, run once without a flip. Who pays, and whether the ciphertext has
    /// gone or may go out, is in them.
    fn new(name: &'static str, images: [Image; 2], operation: Option<(u8, Args)>) -> Self {
        let record = nv::SESS_BASE as usize;
        let payer = images[B][record + 2] == nv::ROLE_PAYER;
        let (owner, token) = if payer {
            (B, token(0, 10))
        } else {
            (A, token(9, 50))
        };
        let arrived = entry(&images[A], 0).0 == nv::ENTRY_RECEIVED;
        let sent = arrived || operation.is_some_and(|(code, _)| code == op::SEND);
        let mut phase = Self {
            name,
            key: ptk(KEYS[owner], images[owner][record]),
            images,
            operation,
            payer,
            token,
            sent,
            clocks: 0,
            good: Image::new(),
        };
        let mut bench = Bench::blank();
        phase.clocks = phase.run(&mut bench, 0, 0);
        let outcome = phase.judge(&mut bench);
        assert!(
            !matches!(outcome, Outcome::Lost | Outcome::Broken(_)),
            "{name} without a flip: {outcome:?}"
        );
        phase.good.clone_from(&bench.sides[B].image);
        phase
    }

    /// Powers up and runs it to its end, `flop` inverted in clock `at`. Returns its clocks.
    fn run(&self, bench: &mut Bench, at: u32, flop: u16) -> u32 {
        for side in [A, B] {
            bench.sides[side].image.clone_from(&self.images[side]);
            bench.power(side, false);
        }
        bench.power(A, true);
        let mut clocks = 0;
        let mut clock = |bench: &mut Bench, start: bool| {
            bench.chip.set_b_flip_i(if clocks == at { flop } else { 0 });
            match (start, self.operation) {
                (true, Some((code, args))) => bench.start(B, code, args),
                (true, None) => bench.power_on_edge(B),
                _ => bench.clock(),
            }
            clocks += 1;
            clocks
        };
        if let Some((code, args)) = self.operation {
            bench.power(B, true);
            if let Some(partner) = counterpart(code) {
                bench.start(A, partner, args);
            }
        }
        clock(bench, true);
        loop {
            let done = clock(bench, false);
            // An idle memory is struck for some clocks, too.
            let rests = done >= at + 2 && !bench.busy(A) && !bench.busy(B);
            if rests || done > at + LIMIT {
                bench.chip.set_b_flip_i(0);
                return done;
            }
        }
    }

    /// The money after a run, after the firmware's try to settle the entry elsewhere, and after the next power-up.
    fn judge(&self, bench: &mut Bench) -> Outcome {
        let mut copies = self.copies(bench, "");
        if copies.is_ok() {
            bench.run(B, op::SETTLE, args(0, 7));
            copies = self.copies(bench, ", then a SETTLE");
        }
        if copies.is_ok() {
            bench.power(B, false);
            bench.power(B, true);
            copies = self.copies(bench, ", then a power-up");
        }
        let copies = match copies {
            Ok(copies) => copies,
            Err(why) => return Outcome::Broken(why),
        };
        // A token that did not come is still the payer's.
        let elsewhere = self.operation.is_some_and(|(code, _)| code == op::RECEIVE)
            && entry(&bench.sides[A].image, 0).0 == nv::ENTRY_STAGED;
        match (bench.sides[B].image == self.good, copies) {
            (true, _) => Outcome::Same,
            (false, 0) if !elsewhere => Outcome::Lost,
            _ => Outcome::Other,
        }
    }

    /// How often the token is at home, and in entries.
    fn places(&self, image: &Image) -> (usize, usize) {
        let home = spendable(image, KEYS[B])
            .iter()
            .filter(|found| found.2 == self.token)
            .count();
        let waiting = (0..ENTRIES).filter(|at| {
            let (state, cipher) = entry(image, usize::from(*at));
            (state == nv::ENTRY_STAGED || state == nv::ENTRY_RECEIVED)
                && [0, *at]
                    .iter()
                    .any(|k| entry_stream(self.key, *k, cipher) == self.token)
        });
        (home, waiting.count())
    }

    /// How often the wallet has the token, or how the money rule is broken at this moment.
    fn copies(&self, bench: &mut Bench, moment: &str) -> Result<usize, String> {
        if bench.busy(B) {
            return Err(format!("I11: busy after {LIMIT} clocks{moment}"));
        }
        let shown = self.payer && bench.ptk_out(B) == self.key;
        let image = &bench.sides[B].image;
        let record = nv::SESS_BASE as usize;
        let [released, refunded] = [4, 5].map(|word| image[record + word] == nv::CODE_YES);
        // A move that was committed and not finished has both.
        let moving = image[COMMIT] == nv::CODE_YES;
        let (home, waiting) = self.places(image);
        let why = if home > 1 || (home + waiting > 1 && !moving) {
            format!("{home} at home and {waiting} in entries")
        } else if shown && !released {
            "key shown without a release".into()
        } else if shown && (refunded || home > 0) {
            "key shown though it is refunded".into()
        } else if released && refunded {
            "released and refunded".into()
        } else if self.payer && self.sent && home > 0 && !refunded {
            "at home without a refund".into()
        } else {
            return Ok(home + waiting);
        };
        Err(why + moment)
    }
}

impl Struck for Phase {
    type Bench = Bench;

    fn bench() -> Bench {
        Bench::blank()
    }

    fn name(&self) -> &str {
        self.name
    }

    fn clocks(&self) -> u32 {
        self.clocks
    }

    fn strike(&self, bench: &mut Bench, at: u32, flop: u16) -> Outcome {
        self.run(bench, at, flop);
        self.judge(bench)
    }
}
