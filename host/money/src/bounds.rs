//! What is explored, and how far.

use opera_tpcu::model::Fault;

/// What is explored, and how far.
#[derive(Clone, Debug)]
pub struct Bounds {
    /// Tokens that A and B start with.
    pub tokens: [Vec<u32>; 2],
    /// Payments that may begin, in this order: who pays, and how much.
    pub payments: Vec<(usize, u32)>,
    /// Mounts; `None`: as many as it takes.
    pub mounts: Option<u32>,
    /// Failures of the data bus in one mount.
    pub noise: u8,
    /// Replay every frame ever seen at every wait, not only those whose header is the one due.
    pub replay_all: bool,
    /// Both wallets may host mounts, not only those that pay.
    pub either_hosts: bool,
    /// Seeded bug of the hardware.
    pub fault: Option<Fault>,
}

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
/// Three mounts, for two payments are open at a time.
#[must_use]
pub fn both_ways() -> Bounds {
    Bounds {
        tokens: [vec![4, 2], vec![1]],
        payments: vec![(0, 6), (1, 1)],
        either_hosts: true,
        mounts: Some(3),
        ..one_payment()
    }
}

/// B pays back a token that it was paid with.
#[must_use]
pub fn there_and_back() -> Bounds {
    Bounds {
        payments: vec![(0, 6), (1, 4)],
        mounts: None,
        ..both_ways()
    }
}

/// A pays twice, whatever became of the first payment. Three mounts, as above.
#[must_use]
pub fn twice() -> Bounds {
    Bounds {
        payments: vec![(0, 6), (0, 1)],
        mounts: Some(3),
        ..one_payment()
    }
}
