//! Second faults at chosen places of a recovery.

use std::collections::BTreeSet;

use opera_fault::{Case, Kind, Recovery, Shape, Sweep, Target};
use opera_tpcu::Profile;

/// Found by `opera fault sweep --second`: the payer dies while the payee reads what its sessions are.
/// That clamps the payee's ORM, whose registers then read 0, "no session is open": the payee erased
/// its log, and the session with its tokens stayed open for ever.
#[test]
fn what_a_clamped_orm_shows_is_not_believed() {
    let case = Case {
        shape: Shape {
            amount: 20,
            tokens: None,
            denomination: None,
            profile: Profile::Hardened,
            seed: 1,
        },
        target: Target::Payee,
        kind: Kind::Battery,
        recovery: Recovery::Resume,
        second: 0,
    };
    let mut sweep = Sweep::new(case).expect("a case");
    // Around the end of Stage 2; then from the end of the directory to the first message.
    let clocks: BTreeSet<u64> = (34_500..36_150).step_by(5).collect();
    for second in sweep
        .pairs(47_340, Target::Payer, &clocks)
        .expect("a sweep")
    {
        assert!(!second.outcome.is_bad(), "{second:?}");
    }
}
