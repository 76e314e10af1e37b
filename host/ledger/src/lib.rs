//! The authority's books: which tokens were charged, which came back, and, for a token that came back
//! more often than it was charged, who is asked and who turns out to have spent it twice.
//!
//! * [`Ledger`] is the file beside the authority's mint: charges, deposits, disputes
//! * [`Ledger::examine`] asks one wallet about all disputes, and says whether it spent twice
//! * [`Summary`] is what `opera audit` prints
//!
//! # The rule
//!
//! A token that was charged once and deposited twice was handed on twice by somebody. Each hand-over
//! ([`HandOver`](opera_tpcu::hand_over::HandOver)) is signed by its payer and names its payee; nobody but the two TPMs can say
//! which wallets those are, and they must ([`Owned`](opera_daa::Owned)). A wallet that made a hand-over of the token shows one by
//! which it got it, whose payer is asked next, and so on until the mint. **The double spender is the
//! wallet that gave the token away more often than it got it.** A wallet that got the same token twice and
//! gave it away twice is not: it has two hand-overs to show.
//!
//! Over all wallets, hand-overs given and got balance but for what the mint gave and the bank got; so for
//! every deposit too many some wallet has one too few, and an honest one, which gives away only what its
//! ORM has and keeps the proof of everything that it got, never has.
//!
//! This crate knows no simulator, no wallet's file and no command line.
#![forbid(unsafe_code)]

mod book;
mod dispute;
mod summary;

pub use book::{BookError, Charge, Deposit, Ledger};
pub use dispute::{Dispute, Examined, Hop, Party, Verdict, Witness, WitnessError, basename};
pub use summary::{Disputed, Needed, Spent, Summary};
