//! Any bytes on the link's wires in the middle of a payment on the RTL.

use opera_attack::{AMOUNT, Bench};
use opera_scenario::{Fault, Job, Settings, mount_with};
use opera_sim::{Clocks, Pair, Side, Verdict};
use opera_tpcu::Profile;
use opera_tpcu::protocol::wire::Kind;

use crate::Check;

/// Messages whose frames are struck.
const FRAMES: [Kind; 6] = [
    Kind::Hello,
    Kind::Challenge,
    Kind::Request,
    Kind::Token,
    Kind::Release,
    Kind::Fin,
];

/// The corpus' bytes on LFRAME# and LAD of the link, one a clock.
struct Pins {
    bytes: Vec<u8>,
    /// Clocks behind a message.
    from: u64,
    behind: Kind,
    start: Option<u64>,
    last: u64,
}

impl Fault for Pins {
    fn edge(&mut self, pair: &Pair, payer: Clocks, _: Clocks) -> Verdict {
        if payer.core != self.last {
            self.last = payer.core;
            let at = self
                .start
                .and_then(|start| payer.core.checked_sub(start + self.from));
            let at = at.map(|at| at as usize);
            let byte = at.and_then(|at| self.bytes.get(at)).copied();
            pair.force_link_lad(byte.map(|byte| byte & 0xF));
            pair.force_link_lframe(byte.map(|byte| byte & 0x10 == 0));
        }
        Verdict::GoOn
    }

    fn message(&mut self, _: &Pair, _: Side, sent: bool, kind: Kind) {
        if sent && kind == self.behind && self.start.is_none() {
            self.start = Some(self.last);
        }
    }
}

/// The first two bytes tell which message, and how many clocks behind it; the others are LAD and
/// LFRAME# of the link, one a clock. No wire has two drivers, and no money is lost.
///
/// # Panics
/// When the simulation does not start.
pub(crate) fn pins() -> Check {
    let bench = Bench::new(Profile::Hardened, 1).expect("two wallets");
    Box::new(move |bytes| {
        let Some(([which, from], bytes)) = bytes.split_first_chunk() else {
            return;
        };
        let [payer, payee] = bench.wallets();
        let pins = Pins {
            bytes: bytes.to_vec(),
            from: 4 * u64::from(*from),
            behind: FRAMES[usize::from(*which) % FRAMES.len()],
            start: None,
            last: 0,
        };
        let job = Job::Pay(AMOUNT);
        let (mounted, _) =
            mount_with(payer, payee, &job, &Settings::new(7), pins).expect("simulation");
        assert_eq!(mounted.contention, None);
        let verdict = bench.verdict([&mounted.payer.wallet, &mounted.payee.wallet]);
        assert!(!verdict.outcome.is_bad(), "{verdict:?}");
    })
}
