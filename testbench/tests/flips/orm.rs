//! The one-time-readable memory: no token is ever in two places, and no key is shown that the vault did not
//! release. A token may be lost.

use opera_regs::{nv, op};

use crate::orm_bench::{
    A, Args, B, Bench, ENTRIES, Image, KEYS, LIMIT, args, charged, entry, entry_stream, ptk,
    spendable, token,
};
use crate::{Outcome, Struck};

/// Where the wallet is in a payment when the flip comes.
#[derive(Clone, Copy, PartialEq)]
enum Vault {
    Payer,
    Payee,
}

/// A piece of a wallet's life that is struck.
pub struct Phase {
    name: &'static str,
    images: [Image; 2],
    code: Option<u8>,
    args: Args,
    /// The partner's operation at the same time.
    partner: Option<u8>,
    vault: Vault,
    token: [u8; 96],
    key: [u8; 16],
    /// The partner may have the ciphertext: at home without a refund, the token would be there twice.
    sent: bool,
    /// Without a flip: clocks, and the memory that the wallet has in the end.
    clocks: u32,
    good: Image,
}

fn images(bench: Bench) -> [Image; 2] {
    bench.sides.map(|side| side.image)
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

/// Cuts an operation once the journal is committed and `then` is so.
fn cut_when(mut bench: Bench, code: u8, args: Args, then: fn(&[u32]) -> bool) -> Bench {
    let journal = nv::JOURNAL_BASE as usize + 2;
    bench.start(B, code, args);
    while bench.sides[B].image[journal] != nv::CODE_YES || !then(&bench.sides[B].image) {
        assert!(bench.busy(B), "it ended before the cut");
        bench.clock();
    }
    bench.power(B, false);
    bench
}

pub fn phases() -> Vec<Phase> {
    let mut phases = Vec::new();
    let mut add = |name, bench: Bench, vault, code, args, partner, sent| {
        let (key, token) = match vault {
            Vault::Payer => (KEYS[B], token(0, 10)),
            Vault::Payee => (KEYS[A], token(9, 50)),
        };
        let images = images(bench);
        let owner = if vault == Vault::Payer { B } else { A };
        let key = ptk(key, images[owner][nv::SESS_BASE as usize]);
        let (clocks, good) = (0, Image::new());
        let mut phase = Phase {
            name,
            images,
            code,
            args,
            partner,
            vault,
            token,
            key,
            sent,
            clocks,
            good,
        };
        let mut bench = Bench::blank();
        phase.clocks = phase.run(&mut bench, 0, 0);
        let outcome = phase.judge(&mut bench);
        assert!(
            !matches!(outcome, Outcome::Lost | Outcome::Broken(_)),
            "{name} without a flip: {outcome:?}"
        );
        phase.good.clone_from(&bench.sides[B].image);
        phases.push(phase);
    };
    let (payer_of, payee_of) = (Vault::Payer, Vault::Payee);
    let none = args(0, 0);
    add(
        "STAGE",
        payer(),
        payer_of,
        Some(op::STAGE),
        none,
        None,
        false,
    );
    let mut staged = payer();
    staged.ok(B, op::STAGE, none);
    add(
        "SEND",
        staged,
        payer_of,
        Some(op::SEND),
        none,
        Some(op::RECEIVE),
        true,
    );
    add(
        "RELEASE",
        sent(),
        payer_of,
        Some(op::RELEASE),
        none,
        None,
        true,
    );
    add(
        "REFUND",
        sent(),
        payer_of,
        Some(op::REFUND),
        none,
        None,
        true,
    );
    let mut refunded = sent();
    refunded.ok(B, op::REFUND, none);
    let again = images(refunded);
    let refunded = || Bench::new(again.clone());
    add(
        "SETTLE, own token",
        refunded(),
        payer_of,
        Some(op::SETTLE),
        args(0, 6),
        None,
        true,
    );
    add(
        "RECEIVE",
        payee(),
        payee_of,
        Some(op::RECEIVE),
        none,
        Some(op::SEND),
        false,
    );
    let mut received = payee();
    assert_eq!(received.transfer(A, B, 0), (0, 0));
    let ptk_in = Args {
        ptk: ptk(KEYS[A], received.counter(A)),
        ..Args::default()
    };
    let received_images = images(received);
    add(
        "KEYLOAD",
        Bench::new(received_images.clone()),
        payee_of,
        Some(op::KEYLOAD),
        ptk_in,
        None,
        false,
    );
    let mut keyed = Bench::new(received_images);
    keyed.ok(B, op::KEYLOAD, ptk_in);
    let again_keyed = images(keyed);
    let keyed = || Bench::new(again_keyed.clone());
    add(
        "SETTLE, received",
        keyed(),
        payee_of,
        Some(op::SETTLE),
        args(0, 6),
        None,
        false,
    );
    // What is refused stays refused.
    add(
        "SETTLE while held",
        sent(),
        payer_of,
        Some(op::SETTLE),
        args(0, 6),
        None,
        true,
    );
    let mut released = sent();
    released.ok(B, op::RELEASE, none);
    let released_images = images(released);
    let released = || Bench::new(released_images.clone());
    add(
        "SETTLE after RELEASE",
        released(),
        payer_of,
        Some(op::SETTLE),
        args(0, 6),
        None,
        true,
    );
    add(
        "REFUND after RELEASE",
        released(),
        payer_of,
        Some(op::REFUND),
        none,
        None,
        true,
    );
    add(
        "RELEASE after REFUND",
        refunded(),
        payer_of,
        Some(op::RELEASE),
        none,
        None,
        true,
    );
    let mut at_home = refunded();
    at_home.ok(B, op::SETTLE, args(0, 6));
    add(
        "RELEASE, token at home",
        at_home,
        payer_of,
        Some(op::RELEASE),
        none,
        None,
        true,
    );
    add(
        "power-up, nothing open",
        sent(),
        payer_of,
        None,
        none,
        None,
        true,
    );
    let committed: fn(&[u32]) -> bool = |_| true;
    let slot_0_half_gone: fn(&[u32]) -> bool = |image| image[nv::REPO_BASE as usize + 16] == 0;
    for (name, then) in [
        ("power-up, STAGE cut", committed),
        ("power-up, slot half gone", slot_0_half_gone),
    ] {
        add(
            name,
            cut_when(payer(), op::STAGE, none, then),
            payer_of,
            None,
            none,
            None,
            false,
        );
    }
    let marked: fn(&[u32]) -> bool =
        |image| image[nv::REPO_BASE as usize + 32 * 6] == nv::SLOT_VALID;
    let entry_half_gone: fn(&[u32]) -> bool = |image| image[nv::TB_BASE as usize + 16] == 0;
    for (name, then) in [
        ("power-up, SETTLE cut", committed),
        ("power-up, slot valid", marked),
        ("power-up, entry half gone", entry_half_gone),
    ] {
        for (wallet, vault, sent) in [(refunded(), payer_of, true), (keyed(), payee_of, false)] {
            add(
                name,
                cut_when(wallet, op::SETTLE, args(0, 6), then),
                vault,
                None,
                none,
                None,
                sent,
            );
        }
    }
    phases
}

impl Phase {
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
            match (start, self.code) {
                (true, Some(code)) => bench.start(B, code, self.args),
                (true, None) => bench.power_on_edge(B),
                _ => bench.clock(),
            }
            clocks += 1;
            clocks
        };
        if self.code.is_some() {
            bench.power(B, true);
        }
        if let Some(partner) = self.partner {
            bench.start(A, partner, self.args);
        }
        clock(bench, true);
        loop {
            let done = clock(bench, false);
            // An idle memory is struck for some clocks, too.
            if done >= at + 2 && !bench.busy(A) && !bench.busy(B) {
                bench.chip.set_b_flip_i(0);
                return done;
            }
            if done > at + LIMIT {
                bench.chip.set_b_flip_i(0);
                return done;
            }
        }
    }

    /// The money after a run, after the firmware's try to settle the entry elsewhere, and after the next power-up.
    fn judge(&self, bench: &mut Bench) -> Outcome {
        for moment in ["", ", then a SETTLE", ", then a power-up"] {
            match moment {
                "" => (),
                ", then a SETTLE" => {
                    bench.run(B, op::SETTLE, args(0, 7));
                }
                _ => {
                    bench.power(B, false);
                    bench.power(B, true);
                }
            }
            if let Some(why) = self.breach(bench) {
                return Outcome::Broken(format!("{why}{moment}"));
            }
        }
        let image = &bench.sides[B].image;
        let (home, waiting) = self.places(image);
        // A token that did not come is still the payer's.
        let elsewhere =
            self.code == Some(op::RECEIVE) && entry(&bench.sides[A].image, 0).0 == nv::ENTRY_STAGED;
        match (*image == self.good, home + waiting) {
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

    /// How the money rule is broken at this moment.
    fn breach(&self, bench: &mut Bench) -> Option<String> {
        if bench.busy(B) {
            return Some(format!("I11: busy after {LIMIT} clocks"));
        }
        let shown = bench.ptk_out(B) == self.key;
        let image = &bench.sides[B].image;
        let record = nv::SESS_BASE as usize;
        let [released, refunded] = [4, 5].map(|word| image[record + word] == nv::CODE_YES);
        // A move that was committed and not finished has both.
        let moving = image[nv::JOURNAL_BASE as usize + 2] == nv::CODE_YES;
        let (home, waiting) = self.places(image);
        let payer = self.vault == Vault::Payer;
        if home > 1 || (home + waiting > 1 && !moving) {
            Some(format!("{home} at home and {waiting} in entries"))
        } else if payer && shown && !released {
            Some("key shown without a release".into())
        } else if payer && shown && (refunded || home > 0) {
            Some("key shown though it is refunded".into())
        } else if released && refunded {
            Some("released and refunded".into())
        } else if payer && self.sent && home > 0 && !refunded {
            Some("at home without a refund".into())
        } else {
            None
        }
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
