//! The paper's figure 7: the events a to n, each a fault at a message of the protocol.

use opera_scenario::{Fault, Job, mount_with};
use opera_sim::{Clocks, Pair, Side, Verdict};
use opera_tpcu::protocol::wire;

use crate::case::{CaseError, Kind, Shape, Target};
use crate::sweep::{SweepError, settings};

/// Where the paper suspends its protocol: seven messages, in the order of their sending, with the
/// letters of the two events at each. The paper gives the letters, and that a to d lie in Stage 1
/// and the others after it; which message each is at its text does not say, and is chosen here.
pub const EVENTS: [Event; 7] = [
    Event::new(['a', 'b'], "Msg.1-1", wire::Kind::Hello),
    Event::new(['c', 'd'], "Msg.1-3", wire::Kind::Proof),
    Event::new(['e', 'f'], "Msg.2-1", wire::Kind::Request),
    Event::new(['g', 'h'], "Msg.2-2", wire::Kind::Agreement),
    Event::new(['i', 'j'], "Msg.2-3", wire::Kind::Token),
    Event::new(['k', 'l'], "Msg.2-4", wire::Kind::TokenAck),
    Event::new(['m', 'n'], "Msg.3-1", wire::Kind::Release),
];

/// The two faults of the paper: the first letter of an event is a reset of a wallet ("battery
/// burnout or the user's wrong power down"), the second one a shock from outside that parts the
/// wallets ("poor contact between ODW devices").
pub const FAULTS: [(Target, Kind); 2] =
    [(Target::Payer, Kind::Reset), (Target::Link, Kind::Unmount)];

/// A message at which the paper suspends the protocol.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// Its letters, one for each of [`FAULTS`].
    pub letters: [char; 2],
    /// The message, in the paper's terms.
    pub message: &'static str,
    kind: wire::Kind,
}

impl Event {
    const fn new(letters: [char; 2], message: &'static str, kind: wire::Kind) -> Self {
        Self {
            letters,
            message,
            kind,
        }
    }
}

/// Clocks of the undisturbed payment, of the payer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Moments {
    /// When the first message of each of [`EVENTS`] begins to be sent.
    pub events: [u64; EVENTS.len()],
    /// The last clock.
    pub end: u64,
}

/// Runs the payment without a fault and notes when each event's message is sent.
///
/// # Errors
/// When the payment fails.
pub fn moments(shape: &Shape) -> Result<Moments, SweepError> {
    let [payer, payee] = shape.wallets()?;
    let watch = Watch::default();
    let (job, settings) = (Job::Pay(shape.amount), settings(shape));
    let (mounted, watch) = mount_with(payer, payee, &job, &settings, watch)?;
    let end = mounted.payer.clocks.core;
    if let Some(Err(error)) = mounted.payer.result.or(mounted.payee.result) {
        return Err(CaseError::Charge(error.to_string()).into());
    }
    let events = watch.events;
    debug_assert!(events.is_sorted() && events[0] > 0);
    Ok(Moments { events, end })
}

/// Notes the clock of each event's first message.
#[derive(Default)]
struct Watch {
    now: u64,
    events: [u64; EVENTS.len()],
}

impl Fault for Watch {
    fn edge(&mut self, _: &Pair, payer: Clocks, _: Clocks) -> Verdict {
        self.now = payer.core;
        Verdict::GoOn
    }

    fn message(&mut self, _: &Pair, _: Side, sent: bool, kind: wire::Kind) {
        let Some(at) = EVENTS.iter().position(|event| event.kind == kind) else {
            return;
        };
        if sent && self.events[at] == 0 {
            self.events[at] = self.now.max(1);
        }
    }
}
