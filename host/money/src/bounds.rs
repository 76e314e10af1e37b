//! The explorations that are run.

use crate::world::Bounds;

/// A pays two of its three tokens to B; any number of mounts, cuts, losses, duplicates.
#[must_use]
pub fn one_payment() -> Bounds {
    Bounds {
        tokens: [vec![4, 2, 1], vec![]],
        payments: vec![(0, 6)],
        mounts: None,
        noise: 0,
        replay_all: false,
        either_hosts: false,
        fault: None,
    }
}

/// The same with all three tokens.
#[must_use]
pub fn three_tokens() -> Bounds {
    Bounds {
        payments: vec![(0, 7)],
        ..one_payment()
    }
}

/// Two tokens, with a data bus that loses or falsifies up to three ciphertexts in each mount.
#[must_use]
pub fn noise() -> Bounds {
    Bounds {
        noise: 3,
        ..one_payment()
    }
}

/// All three tokens; every frame ever seen is replayed at every wait.
#[must_use]
pub fn replays() -> Bounds {
    Bounds {
        replay_all: true,
        ..three_tokens()
    }
}

/// A pays two tokens, then B pays one of its own, whatever became of the first; either hosts.
#[must_use]
pub fn both_ways() -> Bounds {
    Bounds {
        tokens: [vec![4, 2], vec![1]],
        payments: vec![(0, 6), (1, 1)],
        either_hosts: true,
        ..one_payment()
    }
}

/// B pays back a token that it was paid with.
#[must_use]
pub fn there_and_back() -> Bounds {
    Bounds {
        payments: vec![(0, 6), (1, 4)],
        ..both_ways()
    }
}

/// A pays twice, whatever became of the first payment.
#[must_use]
pub fn twice() -> Bounds {
    Bounds {
        payments: vec![(0, 6), (0, 1)],
        ..one_payment()
    }
}
