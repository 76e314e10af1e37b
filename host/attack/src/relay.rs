//! The device between two honest wallets.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use opera_scenario::{Job, Settings, Wallet, for_rtl, tpcu};
use opera_sim::{Keys, Nv, Pair, PayerBuild, Side, SimError, Task, Verdict};
use opera_tpcu::token::TOKEN_BYTES;
use opera_tpcu::{Error, Report, Tpcu, accept, pay, refund, resume};

use crate::port::serve;

/// Edges of both clocks that one pair runs before the other has its turn: 256 clocks.
const TURN: u64 = 1_024;
/// Turns without a frame, after which the attacker pulls both wallets off its device.
const QUIET_TURNS: u64 = 600;
/// Turns that an attack may take, whatever it does.
const MOST_TURNS: u64 = 100_000;

/// What the attacker can put onto a connector.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Item {
    /// A frame of the link LPC.
    Frame(Vec<u8>),
    /// 96 bytes of the data bus; only towards the payee.
    Token([u8; TOKEN_BYTES]),
}

/// What goes out of the attacker's device.
#[derive(Default)]
pub struct Out {
    queues: [VecDeque<Item>; 2],
    pull: bool,
}

impl Out {
    /// Sends to the wallet on that side.
    pub fn send(&mut self, to: Side, item: Item) {
        self.queues[index(to)].push_back(item);
    }

    /// Sends a frame to the wallet on that side.
    pub fn frame(&mut self, to: Side, frame: Vec<u8>) {
        self.send(to, Item::Frame(frame));
    }

    /// Pulls both wallets off the device.
    pub fn pull(&mut self) {
        self.pull = true;
    }
}

/// What the attacker does with what comes by. Everything is passed on untouched unless it says
/// otherwise.
pub trait Intruder {
    /// Before anything has come.
    fn begin(&mut self, out: &mut Out) {
        let _ = out;
    }
    /// A frame came from the wallet on that side.
    fn frame(&mut self, from: Side, frame: Vec<u8>, out: &mut Out) {
        out.frame(other(from), frame);
    }
    /// A token came over the payer's data bus, before the Msg.2-3 that speaks of it.
    fn token(&mut self, bytes: [u8; TOKEN_BYTES], out: &mut Out) {
        out.send(Side::Payee, Item::Token(bytes));
    }
}

/// An attacker that only listens.
#[derive(Clone, Copy, Debug, Default)]
pub struct Passive;

impl Intruder for Passive {}

/// The other side.
#[must_use]
pub fn other(side: Side) -> Side {
    match side {
        Side::Payer => Side::Payee,
        Side::Payee => Side::Payer,
    }
}

pub(crate) fn index(side: Side) -> usize {
    match side {
        Side::Payer => 0,
        Side::Payee => 1,
    }
}

/// What both ports share.
pub(crate) struct Middle<I> {
    intruder: I,
    out: Out,
    seen: Vec<(Side, Item)>,
    moves: u64,
    pub(crate) over: bool,
}

impl<I: Intruder> Middle<I> {
    pub(crate) fn next(&mut self, to: Side) -> Option<Item> {
        let item = self.out.queues[index(to)].pop_front();
        self.moves += u64::from(item.is_some());
        item
    }

    pub(crate) fn frame(&mut self, from: Side, frame: Vec<u8>) {
        self.moves += 1;
        self.seen.push((from, Item::Frame(frame.clone())));
        self.intruder.frame(from, frame, &mut self.out);
    }

    pub(crate) fn token(&mut self, bytes: [u8; TOKEN_BYTES]) {
        self.moves += 1;
        self.seen.push((Side::Payer, Item::Token(bytes)));
        self.intruder.token(bytes, &mut self.out);
    }
}

/// An attack that is over.
pub struct Relayed<I> {
    /// The honest wallets, as they were left: payer, payee.
    pub wallets: [Option<Wallet>; 2],
    /// What their TPCUs say.
    pub results: [Option<Result<Report, Error>>; 2],
    /// Everything that the honest wallets sent, in order.
    pub seen: Vec<(Side, Item)>,
    /// The attacker, with what it has learnt.
    pub intruder: I,
}

/// Keys of the attacker's own hardware.
const KEYS: Keys = Keys {
    device: [0xA7; 16],
    power: [0x7A; 16],
};

/// Plugs the honest wallets that there are into the attacker's device.
///
/// # Errors
/// Of the simulation.
pub fn relay<I: Intruder + 'static>(
    wallets: [Option<Wallet>; 2],
    job: &Job,
    settings: &Settings,
    intruder: I,
) -> Result<Relayed<I>, SimError> {
    let middle = Rc::new(RefCell::new(Middle {
        intruder,
        out: Out::default(),
        seen: Vec::new(),
        moves: 0,
        over: false,
    }));
    {
        let Middle { intruder, out, .. } = &mut *middle.borrow_mut();
        intruder.begin(out);
    }
    let mut sides = Vec::new();
    for (side, wallet) in [Side::Payer, Side::Payee].into_iter().zip(wallets) {
        let Some(wallet) = wallet else { continue };
        let keys = for_rtl(&wallet.provisioning);
        let seed = settings.seed.wrapping_add(index(side) as u64);
        let pair = match side {
            Side::Payer => {
                let nv = [wallet.nv, Nv::in_memory()];
                Pair::new(PayerBuild::Wallet, [keys, KEYS], nv, seed)?
            }
            Side::Payee => {
                let nv = [Nv::in_memory(), wallet.nv];
                Pair::new(PayerBuild::Mint, [KEYS, keys], nv, seed)?
            }
        };
        pair.plug(true);
        let (provisioning, tpm) = (wallet.provisioning, wallet.tpm);
        let made = tpcu(&provisioning, tpm.as_ref(), settings, (Some(&pair), side));
        let task = honest(&pair, side, made, job.clone());
        let bus = pair.bus(other(side));
        let thief = Task::new(serve(bus, side, KEYS.power, middle.clone()));
        sides.push((side, pair, task, thief, (provisioning, tpm)));
    }
    let (mut quiet, mut moves) = (0, 0);
    let mut pulled = false;
    for _ in 0..MOST_TURNS {
        for (side, pair, task, thief, _) in &mut sides {
            let mut edges = 0;
            let after = |_: &_, _: &_| {
                edges += 1;
                if edges < TURN {
                    Verdict::GoOn
                } else {
                    Verdict::Stop
                }
            };
            match side {
                Side::Payer => pair.run(task, thief, u64::MAX / 2, after)?,
                Side::Payee => pair.run(thief, task, u64::MAX / 2, after)?,
            };
        }
        let now = middle.borrow().moves;
        quiet = if now == moves { quiet + 1 } else { 0 };
        moves = now;
        if sides.iter().all(|(_, _, task, ..)| task.is_done()) {
            break;
        }
        if !pulled && (quiet > QUIET_TURNS || middle.borrow().out.pull) {
            pulled = true;
            for (_, pair, ..) in &sides {
                pair.plug(false);
            }
        }
    }
    middle.borrow_mut().over = true;
    let mut left = [None, None];
    let mut results = [None, None];
    for (side, pair, mut task, thief, (provisioning, tpm)) in sides {
        drop(thief);
        results[index(side)] = task.take();
        drop(task);
        pair.plug(false);
        let [a, b] = pair.into_nv();
        let nv = if side == Side::Payer { a } else { b };
        left[index(side)] = Some(Wallet {
            provisioning,
            nv,
            tpm,
        });
    }
    let Some(middle) = Rc::into_inner(middle) else {
        unreachable!("the tasks that shared it are gone");
    };
    let middle = middle.into_inner();
    Ok(Relayed {
        wallets: left,
        results,
        seen: middle.seen,
        intruder: middle.intruder,
    })
}

/// The TPCU of an honest wallet at work.
fn honest(
    pair: &Pair,
    side: Side,
    tpcu: Result<Tpcu, Error>,
    job: Job,
) -> Task<'static, Result<Report, Error>> {
    let bus = pair.bus(side);
    Task::new(async move {
        let mut tpcu = tpcu?;
        match (side, job) {
            (Side::Payee, _) => accept(&bus, &mut tpcu).await,
            (_, Job::Pay(amount)) => pay(&bus, &mut tpcu, amount).await,
            (_, Job::Refund) => refund(&bus, &mut tpcu).await,
            _ => resume(&bus, &mut tpcu, opera_tpcu::Role::Payer).await,
        }
    })
}
