//! What is in a wallet's nonvolatile memory: the oracle of `opera wallet show` and of the
//! conservation tests.
//!
//! Layout: `rtl/regs/opera.toml`, section `[nv]`. Seals, with AES-128 as `E` and XOR as `^`:
//!
//! ```text
//! PTK              E(device key, "PTK" 0^9 ctr)             ctr: session word 0, 4 bytes big endian
//! payee's PTK      session words 8..11 ^ E(device key, "K" 0^11 ctr)
//! entry, block j   E(PTK, "T" 0^9 k 0^3 j)                  k: index in the session, 2 bytes
//! slot, block j    E(device key, "R" 0^3 ctr k slot 0^3 j)  ctr, k: slot words 2 and 3
//! ```
//!
//! A move whose journal is committed counts as finished, because the next power-up finishes it
//! before anything else may run; one that is not committed has not happened.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use aes::Aes128;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use opera_regs::nv;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Length of a token in bytes.
pub const TOKEN_BYTES: usize = 96;

/// A token in the clear. Nothing about it has been checked.
#[derive(Clone, Eq, PartialEq, Zeroize, ZeroizeOnDrop)]
pub struct RawToken(pub [u8; TOKEN_BYTES]);

impl RawToken {
    /// Bytes 0 to 3 are `OPT1`.
    #[must_use]
    pub fn has_magic(&self) -> bool {
        self.0[..4] == *b"OPT1"
    }

    /// Serial number.
    #[must_use]
    pub fn serial(&self) -> [u8; 16] {
        std::array::from_fn(|i| self.0[8 + i])
    }

    /// Value in the smallest unit of money.
    #[must_use]
    pub fn value(&self) -> u32 {
        u32::from_be_bytes(std::array::from_fn(|i| self.0[24 + i]))
    }
}

impl fmt::Debug for RawToken {
    /// Serial and value; the signature stays out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "RawToken({:032x}, {})",
            u128::from_be_bytes(self.serial()),
            self.value()
        )
    }
}

/// A repository slot that holds a token: spendable.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Slot {
    /// Slot number.
    pub slot: u16,
    /// Value word, which the directory shows.
    pub value: u32,
    /// The token, unsealed.
    pub token: RawToken,
}

/// Side of a payment that a session was opened for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Role {
    /// Gives tokens.
    Payer,
    /// Takes tokens.
    Payee,
}

/// State of a transaction-buffer entry.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EntryState {
    /// Neither of the two codes.
    Empty,
    /// Moved here out of the repository, or pressed.
    Staged,
    /// Came over the data bus.
    Received,
}

/// A transaction-buffer entry of an open session.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// Index in the session.
    pub k: u16,
    /// What it holds.
    pub state: EntryState,
    /// Its token, when it holds one and this wallet has the PTK: always for a payer, for a payee
    /// once it is keyed.
    pub token: Option<RawToken>,
}

/// An open session.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Session {
    /// Session slot, 0 to 7.
    pub slot: u8,
    /// Payer or payee; `None` when the role word is neither, so that the ORM refuses everything.
    pub role: Option<Role>,
    /// Session counter.
    pub ctr: u32,
    /// First entry.
    pub base: u16,
    /// Number of entries.
    pub n: u16,
    /// Payer: the vault released PTK.
    pub released: bool,
    /// Payer: the vault chose refund.
    pub refunded: bool,
    /// Payee: PTK is stored.
    pub keyed: bool,
    /// CLOSE has begun.
    pub closing: bool,
    /// All its entries, in order.
    pub entries: Vec<Entry>,
}

/// A move that a power cut stopped after its commit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Move {
    /// From a repository slot to an entry.
    Stage {
        /// Slot that is being erased.
        slot: u16,
        /// Entry that holds the token, counted from the start of the buffer.
        entry: u16,
    },
    /// From an entry to a repository slot.
    Settle {
        /// Entry that is being erased, counted from the start of the buffer.
        entry: u16,
        /// Slot that holds the token.
        slot: u16,
    },
}

/// Content of a nonvolatile memory.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Audit {
    /// Repository slots that hold a token, in order.
    pub slots: Vec<Slot>,
    /// Open sessions, in order.
    pub sessions: Vec<Session>,
    /// The move that the next power-up will finish; `slots` and `sessions` show it finished.
    pub pending_move: Option<Move>,
    /// Entries that hold something but belong to no open session, counted from the start of the
    /// buffer. A sound ORM leaves none.
    pub strays: Vec<u16>,
    /// Last session counter handed out.
    pub ctr: u32,
}

impl Audit {
    /// Sum of the tokens in the repository.
    #[must_use]
    pub fn spendable(&self) -> u64 {
        self.slots
            .iter()
            .map(|slot| u64::from(slot.token.value()))
            .sum()
    }

    /// Number and sum of the tokens that a payer session holds back for its partner or for a
    /// refund, or that a keyed payee has still to settle.
    #[must_use]
    pub fn in_transit(&self) -> (usize, u64) {
        let tokens = self.sessions.iter().flat_map(|session| &session.entries);
        tokens
            .filter_map(|entry| entry.token.as_ref())
            .fold((0, 0), |(n, sum), token| {
                (n + 1, sum + u64::from(token.value()))
            })
    }
}

/// Reads the memory of the wallet with this device key. Words beyond the end of `words` count as
/// zero, so nothing that a damaged image holds makes it panic.
#[must_use]
pub fn audit(words: &[u32], device_key: &[u8; 16]) -> Audit {
    let image = Image {
        words,
        device: Aes128::new(&(*device_key).into()),
    };
    let pending_move = image.pending_move();
    let mut owned = BTreeSet::new();
    let mut sessions = Vec::new();
    for slot in 0..nv::SESSIONS {
        if let Some(session) = image.session(slot, pending_move) {
            owned.extend(session.base..session.base.saturating_add(session.n));
            sessions.push(session);
        }
    }
    Audit {
        slots: (0..nv::SLOTS as u16)
            .filter_map(|slot| image.slot(slot, pending_move))
            .collect(),
        sessions,
        pending_move,
        strays: (0..nv::ENTRIES as u16)
            .filter(|entry| {
                !owned.contains(entry)
                    && image.entry_state(*entry, pending_move) != EntryState::Empty
            })
            .collect(),
        ctr: image.ping_pong(nv::CTR_BASE),
    }
}

struct Image<'a> {
    words: &'a [u32],
    device: Aes128,
}

impl Image<'_> {
    fn word(&self, at: u32) -> u32 {
        self.words.get(at as usize).copied().unwrap_or(0)
    }

    fn yes(&self, at: u32) -> bool {
        self.word(at) == nv::CODE_YES
    }

    fn ping_pong(&self, base: u32) -> u32 {
        self.word(base + u32::from(self.yes(base + 2)))
    }

    fn pending_move(&self) -> Option<Move> {
        if !self.yes(nv::JOURNAL_BASE + 2) {
            return None;
        }
        // As the ORM at power-up: 10 bits each, and what is not STAGE is SETTLE.
        let places = self.word(nv::JOURNAL_BASE + 1);
        let (entry, slot) = (places as u16 & 0x3FF, (places >> 16) as u16 & 0x3FF);
        Some(if self.word(nv::JOURNAL_BASE) == nv::JOURNAL_STAGE {
            Move::Stage { slot, entry }
        } else {
            Move::Settle { entry, slot }
        })
    }

    /// The 96 bytes at words `at` to `at + 23`, XOR six blocks of stream.
    fn token(&self, at: u32, key: &Aes128, block: &[u8; 16]) -> RawToken {
        let mut bytes = [0; TOKEN_BYTES];
        for (i, chunk) in bytes.chunks_exact_mut(4).enumerate() {
            chunk.copy_from_slice(&self.word(at + i as u32).to_le_bytes());
        }
        for (j, chunk) in bytes.chunks_exact_mut(16).enumerate() {
            let mut block = *block;
            block[15] = j as u8;
            xor(chunk, &encrypt(key, &block));
        }
        RawToken(bytes)
    }

    fn slot(&self, slot: u16, pending: Option<Move>) -> Option<Slot> {
        let at = nv::REPO_BASE + 32 * u32::from(slot);
        let valid = match pending {
            Some(Move::Stage { slot: from, .. }) if from == slot => false,
            Some(Move::Settle { slot: to, .. }) if to == slot => true,
            _ => self.word(at) == nv::SLOT_VALID,
        };
        if !valid {
            return None;
        }
        let mut block = [0; 16];
        block[0] = b'R';
        block[4..8].copy_from_slice(&self.word(at + 2).to_be_bytes());
        block[8..10].copy_from_slice(&(self.word(at + 3) as u16).to_be_bytes());
        block[10..12].copy_from_slice(&slot.to_be_bytes());
        Some(Slot {
            slot,
            value: self.word(at + 1),
            token: self.token(at + 8, &self.device, &block),
        })
    }

    fn entry_state(&self, entry: u16, pending: Option<Move>) -> EntryState {
        match pending {
            Some(Move::Stage { entry: to, .. }) if to == entry => EntryState::Staged,
            Some(Move::Settle { entry: from, .. }) if from == entry => EntryState::Empty,
            _ => match self.word(nv::TB_BASE + 32 * u32::from(entry)) {
                nv::ENTRY_STAGED => EntryState::Staged,
                nv::ENTRY_RECEIVED => EntryState::Received,
                _ => EntryState::Empty,
            },
        }
    }

    fn session(&self, slot: u32, pending: Option<Move>) -> Option<Session> {
        let at = nv::SESS_BASE + 32 * slot;
        if !self.yes(at + 3) {
            return None;
        }
        let ctr = self.word(at);
        let role = match self.word(at + 2) {
            nv::ROLE_PAYER => Some(Role::Payer),
            nv::ROLE_PAYEE => Some(Role::Payee),
            _ => None,
        };
        let keyed = self.yes(at + 7);
        let mut ptk = match (role, keyed) {
            (Some(Role::Payer), _) => Some(encrypt(&self.device, &with_counter(b"PTK", ctr))),
            (Some(Role::Payee), true) => {
                let mut key = encrypt(&self.device, &with_counter(b"K", ctr));
                for (i, chunk) in key.chunks_exact_mut(4).enumerate() {
                    xor(chunk, &self.word(at + 8 + i as u32).to_le_bytes());
                }
                Some(key)
            }
            _ => None,
        };
        let stream = ptk.map(|key| Aes128::new(&key.into()));
        ptk.zeroize();
        let range = self.word(at + 1);
        let (base, n) = (range as u16, (range >> 16) as u16);
        let in_buffer = n.min((nv::ENTRIES as u16).saturating_sub(base));
        let entries = (0..in_buffer)
            .map(|k| {
                let state = self.entry_state(base + k, pending);
                let mut block = [0; 16];
                block[0] = b'T';
                block[10..12].copy_from_slice(&k.to_be_bytes());
                let at = nv::TB_BASE + 32 * u32::from(base + k) + 8;
                let token = match (&stream, state) {
                    (_, EntryState::Empty) | (None, _) => None,
                    (Some(key), _) => Some(self.token(at, key, &block)),
                };
                Entry { k, state, token }
            })
            .collect();
        Some(Session {
            slot: slot as u8,
            role,
            ctr,
            base,
            n,
            released: self.yes(at + 4),
            refunded: self.yes(at + 5),
            keyed,
            closing: self.yes(at + 6),
            entries,
        })
    }
}

fn with_counter(tag: &[u8], ctr: u32) -> [u8; 16] {
    let mut block = [0; 16];
    block[..tag.len()].copy_from_slice(tag);
    block[12..].copy_from_slice(&ctr.to_be_bytes());
    block
}

fn encrypt(key: &Aes128, block: &[u8; 16]) -> [u8; 16] {
    let mut block = (*block).into();
    key.encrypt_block(&mut block);
    block.into()
}

fn xor(bytes: &mut [u8], with: &[u8]) {
    for (byte, key) in bytes.iter_mut().zip(with) {
        *byte ^= key;
    }
}

/// All tokens of a closed set of wallets, each counted once.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Census {
    /// Value in repositories.
    pub spendable: u64,
    /// Value of the tokens that are in no repository, but that exactly one wallet can still settle.
    pub in_transit: u64,
    /// Value by serial number.
    pub tokens: BTreeMap<[u8; 16], u32>,
}

impl Census {
    /// Spendable and in transit together: what must never change.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.spendable + self.in_transit
    }
}

/// Why the wallets are not sound. `wallet` is an index into the list given to [`census`].
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Violation {
    /// A serial number can be spent, or settled, in two places.
    Doubled {
        /// Serial number.
        serial: [u8; 16],
        /// Value in the smallest unit of money.
        value: u32,
    },
    /// A session was both released and refunded.
    ReleasedAndRefunded {
        /// Index of the wallet.
        wallet: usize,
        /// Session slot.
        session: u8,
    },
    /// The directory's value is not that of the token.
    WrongValue {
        /// Index of the wallet.
        wallet: usize,
        /// Repository slot.
        slot: u16,
        /// Value word.
        directory: u32,
        /// Value in the token.
        token: u32,
    },
    /// An entry holds something although no session owns it.
    Stray {
        /// Index of the wallet.
        wallet: usize,
        /// Entry, counted from the start of the buffer.
        entry: u16,
    },
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Doubled { serial, value } => write!(
                f,
                "token {:032x} of value {value} can be spent twice",
                u128::from_be_bytes(*serial)
            ),
            Self::ReleasedAndRefunded { wallet, session } => {
                write!(
                    f,
                    "wallet {wallet}: session {session} was released and refunded"
                )
            }
            Self::WrongValue {
                wallet,
                slot,
                directory,
                token,
            } => write!(
                f,
                "wallet {wallet}: slot {slot} shows value {directory}, its token says {token}"
            ),
            Self::Stray { wallet, entry } => {
                write!(
                    f,
                    "wallet {wallet}: entry {entry} is in use, but by no session"
                )
            }
        }
    }
}

impl std::error::Error for Violation {}

/// Counts the tokens of wallets that nobody else paid or was paid by.
///
/// Who can still get a token into a repository: its payer while not released; after that nobody
/// but the payee, whose keyed copy and the payer's released copy are one claim, which ends when
/// the token stands in a repository.
///
/// # Errors
/// The first [`Violation`] found.
pub fn census<'a>(wallets: impl IntoIterator<Item = &'a Audit>) -> Result<Census, Violation> {
    let mut spendable = BTreeMap::new();
    // Claims of one wallet each. A payer's released copy is no claim of its payer's: it stands for
    // the payee's until the token is seen elsewhere, even on its way to the next payee.
    let mut settleable = BTreeMap::new();
    let mut released = BTreeMap::new();
    for (wallet, audit) in wallets.into_iter().enumerate() {
        if let Some(&entry) = audit.strays.first() {
            return Err(Violation::Stray { wallet, entry });
        }
        for slot in &audit.slots {
            let (serial, value) = (slot.token.serial(), slot.token.value());
            if slot.value != value {
                return Err(Violation::WrongValue {
                    wallet,
                    slot: slot.slot,
                    directory: slot.value,
                    token: value,
                });
            }
            if spendable.insert(serial, value).is_some() {
                return Err(Violation::Doubled { serial, value });
            }
        }
        for session in &audit.sessions {
            if session.released && session.refunded {
                return Err(Violation::ReleasedAndRefunded {
                    wallet,
                    session: session.slot,
                });
            }
            for token in session
                .entries
                .iter()
                .filter_map(|entry| entry.token.as_ref())
            {
                let (serial, value) = (token.serial(), token.value());
                if session.role == Some(Role::Payer) && session.released {
                    released.insert(serial, value);
                } else if settleable.insert(serial, value).is_some() {
                    return Err(Violation::Doubled { serial, value });
                }
            }
        }
    }
    let mut census = Census::default();
    for (serial, value) in settleable {
        if spendable.contains_key(&serial) {
            return Err(Violation::Doubled { serial, value });
        }
        released.remove(&serial);
        census.in_transit += u64::from(value);
        census.tokens.insert(serial, value);
    }
    for (serial, value) in released {
        if !spendable.contains_key(&serial) {
            census.in_transit += u64::from(value);
            census.tokens.insert(serial, value);
        }
    }
    for (serial, value) in spendable {
        census.spendable += u64::from(value);
        census.tokens.insert(serial, value);
    }
    Ok(census)
}
