//! Wallets in plain Rust: registers, mailboxes, ORM, log and power control as the register map
//! says, without wires. For tests of the TPCU, and to compare RTL with.
//!
//! * [`Pair`]: two wallets on a connector. Each register transfer costs the clocks that it costs on
//!   LPC; the wallet whose clock is behind goes first. A power cut or an unplugging is placed before
//!   any bus transfer.
//! * [`Solo`]: one wallet whose connector is in other hands, for exploration.
//!
//! ```
//! use opera_tpcu::choose::{Lot, Plan};
//! use opera_tpcu::model::{Pair, Side, provision};
//! use opera_tpcu::{Profile, Tpcu, accept, mint};
//!
//! let pair = Pair::new(true);
//! let mut payer = Tpcu::new(&provision(0, true), Profile::Hardened, b"a").unwrap();
//! let mut payee = Tpcu::new(&provision(1, false), Profile::Hardened, b"b").unwrap();
//! let plan = Plan::new(&[Lot { value: 10, count: 2 }]).unwrap();
//! let (a, b) = (pair.bus(Side::A), pair.bus(Side::B));
//! let (minted, taken) = pair.run(mint(&a, &mut payer, &plan, 0), accept(&b, &mut payee));
//! assert_eq!(minted.unwrap().unwrap().receipts[0].amount, 20);
//! assert_eq!(taken.unwrap().unwrap().balance(), 20);
//! ```

mod memory;
mod orm;
mod pair;
mod solo;
mod wallet;

pub use memory::{Entry, EntryState, Memory, OrmSession};
pub use pair::{Away, ModelBus, Pair, Tamper};
pub use solo::{Event, Input, Solo, SoloBus, Wait};
pub use wallet::Fault;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use opera_daa::IssuerSecret;
use opera_daa::bn_p256::BnP256;

use crate::crypto::Drbg;
use crate::driver::{FIRMWARE, MINT_RTL, MintKeys, Provision, WALLET_RTL, references};
use crate::lists::References;
use crate::token::IssuerKey;
use crate::tpm::{enroll, policy};

/// The authority's secret key in the model.
#[must_use]
pub fn issuer_key() -> [u8; 32] {
    Drbg::new(b"model issuer").bytes()
}

/// Keys of wallet `number`, as the model's hardware has them.
///
/// # Panics
/// Never; the keys are fixed.
#[must_use]
pub fn provision(number: u8, mint: bool) -> Provision {
    static MADE: Mutex<BTreeMap<(u8, bool), Provision>> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    let fresh = || make_provision(number, mint);
    made.entry((number, mint)).or_insert_with(fresh).clone()
}

fn make_provision(number: u8, mint: bool) -> Provision {
    let issuer_key = issuer_key();
    let attestation_key = Drbg::new(&[b"model attestation", &[number][..]].concat()).bytes();
    let rtl = if mint { MINT_RTL } else { WALLET_RTL };
    let attestation_policy = policy(&rtl, FIRMWARE);
    let mut rng = Drbg::new(b"model group");
    let group = IssuerSecret::<BnP256>::generate(1, &mut rng);
    let (Some(issuer), Ok(credential), Ok(group)) = (
        IssuerKey::from_secret(&issuer_key),
        enroll(&group, &attestation_key, &attestation_policy, &mut rng),
        group.public().to_bytes().try_into(),
    ) else {
        unreachable!("fixed bytes that are keys");
    };
    Provision {
        power_key: [0x50 + number; 16],
        attestation_key,
        attestation_policy,
        credential,
        group,
        issuer: issuer.public(),
        references: References {
            version: 1,
            values: references(),
        }
        .to_signed(&issuer),
        serial: u16::from(number) + 1,
        mint: mint.then_some(MintKeys {
            device_key: [0xD0 + number; 16],
            issuer_key,
        }),
    }
}

/// One of the two wallets.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Side {
    /// Hosts the link in the examples.
    A,
    /// The other.
    B,
}

impl Side {
    fn index(self) -> usize {
        match self {
            Self::A => 0,
            Self::B => 1,
        }
    }
}
