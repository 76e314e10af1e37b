//! What the nonvolatile memories of both wallets come to: whose each token is, and a canonical form.
//!
//! Session ids, counters and keys differ in each mount and mean nothing but their equality, so the
//! canonical form names them by the order in which they appear. What it leaves out altogether is
//! the number of power challenges and the last session counter: from both nothing follows but that
//! the next ones are new.

use std::collections::HashMap;

use opera_tpcu::lists::References;
use opera_tpcu::model::{EntryState, Memory, OrmSession, provision};
use opera_tpcu::protocol::stage1::{Identity, SessionId};
use opera_tpcu::record::Record;
use opera_tpcu::token::{Issuer, TOKEN_BYTES, apply_entry_stream, derive_ptk};
use opera_tpcu::tpm::Group;
use opera_tpcu::{Profile, Role};
use zeroize::Zeroizing;

/// Which token, from 0, by its serial number; both wallets' tokens are numbered through.
pub type Serial = u8;

/// The session of a payer's ORM under whose PTK something is sealed.
type Maker = (usize, u32);
/// A sealed token and its place in the session.
type Sealed = ([u8; TOKEN_BYTES], u16);

/// Whose the money is at one moment. All true is good.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Verdict {
    /// No token stands in two slots, or can come to.
    pub none_copied: bool,
    /// Each token is somebody's, or released and on its way to the payee.
    pub none_lost: bool,
    /// No vault has both released and refunded.
    pub release_xor_refund: bool,
    /// No payee holds the key of a session that its payer has not released.
    pub none_early: bool,
    /// Nothing is open: no entry, session or log record.
    pub clean: bool,
}

/// Keeps what was found out about sealed tokens.
#[derive(Default)]
pub struct Ledger {
    opened: HashMap<Sealed, Option<(Maker, Serial)>>,
    known: Option<[Known; 2]>,
}

/// Keys of one wallet, to read its log with.
struct Known {
    log_key: Zeroizing<[u8; 32]>,
    identity: Identity,
}

fn known(number: u8) -> Known {
    let provision = provision(number, false);
    let (Some(issuer), Ok(group)) = (Issuer::new(&provision.issuer), Group::new(&provision.group))
    else {
        unreachable!("the model's keys are keys");
    };
    let identity = Identity {
        profile: Profile::Hardened,
        issuer,
        group,
        references: References {
            version: 0,
            values: Vec::new(),
        },
        secret: provision.secret(),
        serial: provision.serial,
    };
    Known {
        log_key: provision.log_key(),
        identity,
    }
}

fn device_key(wallet: usize) -> [u8; 16] {
    [0xD0 + wallet as u8; 16]
}

fn serial(token: &[u8; TOKEN_BYTES]) -> Serial {
    token[8]
}

/// The session that holds an entry.
fn holder(memory: &Memory, at: u16) -> Option<&OrmSession> {
    memory
        .sessions
        .iter()
        .find(|session| session.open && at >= session.base && at - session.base < session.count)
}

impl Ledger {
    /// What an entry holds, and whose key it takes; `None` for garbage.
    fn open(
        &mut self,
        pair: [&Memory; 2],
        sealed: &[u8; TOKEN_BYTES],
        k: u16,
    ) -> Option<(Maker, Serial)> {
        if let Some(found) = self.opened.get(&(*sealed, k)) {
            return *found;
        }
        let mut found = None;
        for (wallet, memory) in pair.into_iter().enumerate() {
            for counter in 1..=memory.counter {
                let mut token = *sealed;
                apply_entry_stream(&derive_ptk(&device_key(wallet), counter), k, &mut token);
                if token.starts_with(b"OPT1") {
                    found = Some(((wallet, counter), serial(&token)));
                }
            }
        }
        self.opened.insert((*sealed, k), found);
        found
    }

    /// Judges; `tokens` is the number of tokens in the world.
    pub fn judge(&mut self, pair: [&Memory; 2], tokens: Serial) -> Verdict {
        let mut owners = vec![0; usize::from(tokens)];
        let mut released = vec![None; usize::from(tokens)];
        let mut waiting = vec![None; usize::from(tokens)];
        let mut verdict = Verdict {
            none_copied: true,
            none_lost: true,
            release_xor_refund: true,
            none_early: true,
            clean: true,
        };
        for memory in pair {
            for token in memory.repository.values() {
                owners[usize::from(serial(token))] += 1;
            }
            for (at, entry) in &memory.entries {
                let Some(session) = holder(memory, *at) else {
                    continue;
                };
                let Some((maker, serial)) = self.open(pair, &entry.sealed, at - session.base)
                else {
                    continue;
                };
                let serial = usize::from(serial);
                match entry.state {
                    EntryState::Staged if session.released => released[serial] = Some(maker),
                    EntryState::Received if session.key.is_none() => waiting[serial] = Some(maker),
                    _ => owners[serial] += 1,
                }
            }
            let open = memory.sessions.iter().any(|s| s.open || s.closing);
            verdict.clean &= memory.entries.is_empty() && !open && memory.log.is_empty();
            verdict.release_xor_refund &= !memory.sessions.iter().any(|s| s.released && s.refunded);
        }
        for (payee, payer) in [(0, 1), (1, 0)] {
            let keys = pair[payee]
                .sessions
                .iter()
                .filter_map(|session| session.key);
            for key in keys {
                verdict.none_early &= !pair[payer].sessions.iter().any(|session| {
                    session.open
                        && session.payer
                        && !session.released
                        && derive_ptk(&device_key(payer), session.counter) == key
                });
            }
        }
        for at in 0..owners.len() {
            let on_its_way = released[at].is_some() && released[at] == waiting[at];
            verdict.none_copied &= owners[at] <= 1;
            verdict.none_lost &= owners[at] > 0 || on_its_way;
        }
        verdict
    }

    /// The canonical form.
    pub fn canonical(&mut self, pair: [&Memory; 2]) -> Vec<u8> {
        let known = self.known.take().unwrap_or_else(|| [known(0), known(1)]);
        let mut names = Names::default();
        let mut out = Vec::new();
        for (wallet, memory) in pair.into_iter().enumerate() {
            for (slot, token) in &memory.repository {
                out.extend_from_slice(&slot.to_be_bytes());
                out.push(serial(token));
            }
            out.push(0xFF);
            for session in &memory.sessions {
                names.session(&mut out, wallet, session, pair);
            }
            for (at, entry) in &memory.entries {
                out.extend_from_slice(&at.to_be_bytes());
                out.push(entry.state as u8);
                let k = holder(memory, *at).map_or(0, |session| at - session.base);
                match self.open(pair, &entry.sealed, k) {
                    Some((maker, serial)) => out.extend_from_slice(&[names.counter(maker), serial]),
                    None => out.extend_from_slice(&[0xFF, 0xFF]),
                }
            }
            out.push(0xFE);
            for (slot, (record, progress)) in &memory.log {
                out.push(*slot);
                out.extend_from_slice(&progress.to_be_bytes());
                match Record::from_bytes(record, &known[wallet].log_key) {
                    Ok(record) => names.record(&mut out, wallet, &record, &known[1 - wallet]),
                    Err(_) => out.push(0xFF),
                }
            }
            out.push(0xFD);
        }
        self.known = Some(known);
        out
    }
}

/// Names in order of appearance.
#[derive(Default)]
struct Names {
    counters: Vec<Maker>,
    sessions: Vec<SessionId>,
}

fn name<T: PartialEq>(seen: &mut Vec<T>, new: T) -> u8 {
    let at = seen.iter().position(|old| *old == new).unwrap_or_else(|| {
        seen.push(new);
        seen.len() - 1
    });
    at as u8
}

impl Names {
    fn counter(&mut self, maker: Maker) -> u8 {
        name(&mut self.counters, maker)
    }

    fn session(
        &mut self,
        out: &mut Vec<u8>,
        wallet: usize,
        session: &OrmSession,
        pair: [&Memory; 2],
    ) {
        if !session.open && !session.closing {
            out.push(0);
            return;
        }
        let flags = [
            true,
            session.open,
            session.payer,
            session.released,
            session.refunded,
            session.closing,
        ];
        out.push(
            flags
                .iter()
                .rev()
                .fold(0, |code, flag| code << 1 | u8::from(*flag)),
        );
        out.extend_from_slice(&session.base.to_be_bytes());
        out.extend_from_slice(&session.count.to_be_bytes());
        out.push(self.counter((wallet, session.counter)));
        out.push(match session.key {
            None => 0xFF,
            Some(key) => {
                let maker = [0, 1].into_iter().find_map(|wallet| {
                    (1..=pair[wallet].counter)
                        .find(|counter| derive_ptk(&device_key(wallet), *counter) == key)
                        .map(|counter| (wallet, counter))
                });
                maker.map_or(0xFE, |maker| self.counter(maker))
            }
        });
    }

    fn record(&mut self, out: &mut Vec<u8>, wallet: usize, record: &Record, other: &Known) {
        out.extend_from_slice(&[record.role.code(), record.profile.code(), record.slot]);
        out.extend_from_slice(&record.base.to_be_bytes());
        out.extend_from_slice(&record.count.to_be_bytes());
        out.extend_from_slice(&record.amount.to_be_bytes());
        out.push(u8::from(record.press.is_some()));
        out.push(self.counter((wallet, record.counter)));
        out.push(name(&mut self.sessions, record.session));
        let role: Role = record.role.other();
        out.push(u8::from(
            other.identity.pseudonym(&record.session, role) == record.partner,
        ));
        for lot in record.plan.lots() {
            out.extend_from_slice(&lot.value.to_be_bytes());
            out.extend_from_slice(&lot.count.to_be_bytes());
        }
        out.push(0xFC);
    }
}
