//! The audit on images built here word by word, with the seals of opera.toml written a second
//! time, in numbers instead of byte arrays.

use aes::Aes128;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use opera_regs::nv;
use opera_store::audit::{
    Audit, Census, EntryState, Move, RawToken, Role, Violation, audit, census,
};

const DEVICE: [u8; 16] = [0xD1; 16];
const PARTNER: [u8; 16] = [0xD2; 16];

fn block(key: u128, block: u128) -> u128 {
    let mut bytes = block.to_be_bytes().into();
    Aes128::new(&key.to_be_bytes().into()).encrypt_block(&mut bytes);
    u128::from_be_bytes(bytes.into())
}

fn tag(text: &str) -> u128 {
    let bytes = text
        .bytes()
        .fold(0, |sum, byte| sum << 8 | u128::from(byte));
    bytes << (128 - 8 * text.len())
}

fn ptk(device: &[u8; 16], ctr: u32) -> u128 {
    block(u128::from_be_bytes(*device), tag("PTK") | u128::from(ctr))
}

fn token(serial: u8, value: u32) -> [u8; 96] {
    let mut token = [serial ^ 0x33; 96];
    token[..4].copy_from_slice(b"OPT1");
    token[8..24].fill(serial);
    token[24..28].copy_from_slice(&value.to_be_bytes());
    token
}

/// A memory image with the operations of an ORM that never fails.
struct Memory {
    device: [u8; 16],
    words: Vec<u32>,
}

impl Memory {
    fn new(device: [u8; 16]) -> Self {
        Self {
            device,
            words: vec![0; nv::WORDS as usize],
        }
    }

    fn set(&mut self, at: u32, value: u32) {
        self.words[at as usize] = value;
    }

    fn sealed(&mut self, at: u32, token: &[u8; 96], key: u128, first: u128) {
        for (i, chunk) in token.chunks_exact(16).enumerate() {
            let clear = u128::from_be_bytes(chunk.try_into().unwrap());
            let sealed = clear ^ block(key, first | i as u128);
            for (w, bytes) in sealed.to_be_bytes().chunks_exact(4).enumerate() {
                let word = u32::from_le_bytes(bytes.try_into().unwrap());
                self.set(at + (4 * i + w) as u32, word);
            }
        }
    }

    fn slot(&mut self, slot: u32, token: &[u8; 96], ctr: u32, k: u16) {
        let at = nv::REPO_BASE + 32 * slot;
        self.set(at, nv::SLOT_VALID);
        self.set(
            at + 1,
            u32::from_be_bytes(token[24..28].try_into().unwrap()),
        );
        self.set(at + 2, ctr);
        self.set(at + 3, u32::from(k));
        let first = tag("R") | u128::from(ctr) << 64 | u128::from(k) << 48 | u128::from(slot) << 32;
        self.sealed(at + 8, token, u128::from_be_bytes(self.device), first);
    }

    fn session(&mut self, slot: u32, role: u32, ctr: u32, base: u32, n: u32) -> u32 {
        let at = nv::SESS_BASE + 32 * slot;
        self.set(at, ctr);
        self.set(at + 1, base | n << 16);
        self.set(at + 2, role);
        self.set(at + 3, nv::CODE_YES);
        at
    }

    fn key(&mut self, slot: u32, key: u128) {
        let at = nv::SESS_BASE + 32 * slot;
        let ctr = self.words[at as usize];
        let wrap = block(u128::from_be_bytes(self.device), tag("K") | u128::from(ctr));
        for (w, bytes) in (key ^ wrap).to_be_bytes().chunks_exact(4).enumerate() {
            self.set(
                at + 8 + w as u32,
                u32::from_le_bytes(bytes.try_into().unwrap()),
            );
        }
        self.set(at + 7, nv::CODE_YES);
    }

    fn entry(&mut self, entry: u32, state: u32, token: &[u8; 96], key: u128, k: u16) {
        let at = nv::TB_BASE + 32 * entry;
        self.set(at, state);
        self.sealed(at + 8, token, key, tag("T") | u128::from(k) << 32);
    }

    fn audit(&self) -> Audit {
        audit(&self.words, &self.device)
    }
}

/// A payer with one token left and one staged, and a payee that received that one.
fn payment() -> (Memory, Memory) {
    let (mut a, mut b) = (Memory::new(DEVICE), Memory::new(PARTNER));
    a.slot(3, &token(1, 100), 4, 0);
    a.session(2, nv::ROLE_PAYER, 7, 16, 2);
    a.entry(17, nv::ENTRY_STAGED, &token(2, 20), ptk(&DEVICE, 7), 1);
    b.session(0, nv::ROLE_PAYEE, 9, 0, 2);
    b.entry(1, nv::ENTRY_RECEIVED, &token(2, 20), ptk(&DEVICE, 7), 1);
    (a, b)
}

#[track_caller]
fn counted(memories: &[&Memory], spendable: u64, in_transit: u64) {
    let audits: Vec<_> = memories.iter().map(|memory| memory.audit()).collect();
    let census = census(&audits).unwrap();
    assert_eq!(
        (census.spendable, census.in_transit),
        (spendable, in_transit)
    );
    assert_eq!(census.total(), spendable + in_transit);
}

#[track_caller]
fn violated(memories: &[&Memory], expected: Violation) {
    let audits: Vec<_> = memories.iter().map(|memory| memory.audit()).collect();
    assert_eq!(census(&audits), Err(expected));
}

#[test]
fn an_empty_memory_holds_nothing() {
    assert_eq!(Memory::new(DEVICE).audit(), Audit::default());
    assert_eq!(audit(&[], &DEVICE), Audit::default());
    assert_eq!(census(&[]), Ok(Census::default()));
}

#[test]
fn tokens_are_unsealed_from_slots_and_entries() {
    let (a, b) = payment();
    let got = a.audit();
    assert_eq!(got.slots.len(), 1);
    assert_eq!((got.slots[0].slot, got.slots[0].value), (3, 100));
    assert_eq!(got.slots[0].token, RawToken(token(1, 100)));
    assert!(got.slots[0].token.has_magic());
    assert_eq!((got.spendable(), got.in_transit()), (100, (1, 20)));
    let session = &got.sessions[0];
    assert_eq!(
        (session.slot, session.role, session.ctr),
        (2, Some(Role::Payer), 7)
    );
    assert_eq!((session.base, session.n), (16, 2));
    assert_eq!(
        (session.entries[0].state, &session.entries[0].token),
        (EntryState::Empty, &None)
    );
    assert_eq!(session.entries[1].token, Some(RawToken(token(2, 20))));
    // A payee without the key has ciphertext only.
    let received = &b.audit().sessions[0].entries[1];
    assert_eq!(
        (received.state, &received.token),
        (EntryState::Received, &None)
    );
}

#[test]
fn a_payment_is_conserved_at_each_of_its_steps() {
    let (mut a, mut b) = payment();
    counted(&[&a, &b], 100, 20);
    let payer = nv::SESS_BASE + 32 * 2;
    a.set(payer + 4, nv::CODE_YES);
    assert!(a.audit().sessions[0].released);
    counted(&[&a, &b], 100, 20);
    b.key(0, ptk(&DEVICE, 7));
    assert_eq!(
        b.audit().sessions[0].entries[1].token,
        Some(RawToken(token(2, 20)))
    );
    counted(&[&a, &b], 100, 20);
    b.slot(0, &token(2, 20), 9, 1);
    b.set(nv::TB_BASE + 32, 0);
    counted(&[&a, &b], 120, 0);
    a.set(payer + 3, 0);
    a.set(nv::TB_BASE + 32 * 17, 0);
    counted(&[&a, &b], 120, 0);
}

#[test]
fn a_token_passed_on_before_its_first_payer_closed_is_no_double() {
    let (mut a, mut b) = payment();
    a.set(nv::SESS_BASE + 32 * 2 + 4, nv::CODE_YES);
    b.set(nv::SESS_BASE + 3, 0);
    b.set(nv::TB_BASE + 32, 0);
    b.session(1, nv::ROLE_PAYER, 10, 0, 1);
    b.entry(0, nv::ENTRY_STAGED, &token(2, 20), ptk(&PARTNER, 10), 0);
    counted(&[&a, &b], 100, 20);
}

#[test]
fn a_refund_is_conserved() {
    let (mut a, b) = payment();
    a.set(nv::SESS_BASE + 32 * 2 + 5, nv::CODE_YES);
    counted(&[&a, &b], 100, 20);
    a.set(nv::TB_BASE + 32 * 17, 0);
    a.slot(4, &token(2, 20), 7, 1);
    counted(&[&a, &b], 120, 0);
}

#[test]
fn a_committed_move_counts_as_finished() {
    let (mut a, b) = payment();
    // STAGE: the slot is half erased and the entry not yet marked.
    a.slot(5, &token(3, 50), 4, 0);
    a.entry(16, 0, &token(3, 50), ptk(&DEVICE, 7), 0);
    a.set(nv::JOURNAL_BASE, nv::JOURNAL_STAGE);
    a.set(nv::JOURNAL_BASE + 1, 16 | 5 << 16);
    counted(&[&a, &b], 150, 20);
    a.set(nv::JOURNAL_BASE + 2, nv::CODE_YES);
    assert_eq!(
        a.audit().pending_move,
        Some(Move::Stage { slot: 5, entry: 16 })
    );
    counted(&[&a, &b], 100, 70);
    a.set(nv::REPO_BASE + 32 * 5 + 9, 0);
    counted(&[&a, &b], 100, 70);
    // SETTLE: the slot is written and not yet marked, the entry still there.
    let (mut a, b) = payment();
    a.set(nv::SESS_BASE + 32 * 2 + 5, nv::CODE_YES);
    a.slot(6, &token(2, 20), 7, 1);
    a.set(nv::REPO_BASE + 32 * 6, 0xDEAD);
    a.set(nv::JOURNAL_BASE, nv::JOURNAL_SETTLE);
    a.set(nv::JOURNAL_BASE + 1, 17 | 6 << 16);
    counted(&[&a, &b], 100, 20);
    a.set(nv::JOURNAL_BASE + 2, nv::CODE_YES);
    assert_eq!(
        a.audit().pending_move,
        Some(Move::Settle { entry: 17, slot: 6 })
    );
    counted(&[&a, &b], 120, 0);
}

#[test]
fn a_torn_code_word_means_no() {
    let (mut a, _) = payment();
    for (at, torn) in [
        (nv::REPO_BASE + 32 * 3, nv::SLOT_VALID ^ 1),
        (nv::SESS_BASE + 32 * 2 + 3, nv::CODE_YES ^ 0x100),
        (nv::TB_BASE + 32 * 17, nv::ENTRY_STAGED ^ 0x8000_0000),
        (nv::JOURNAL_BASE + 2, nv::CODE_YES ^ 2),
    ] {
        a.set(at, torn);
    }
    assert_eq!(a.audit(), Audit::default());
}

#[test]
fn the_session_counter_is_read_from_the_selected_bank() {
    let mut a = Memory::new(DEVICE);
    a.set(nv::CTR_BASE, 5);
    a.set(nv::CTR_BASE + 1, 6);
    assert_eq!(a.audit().ctr, 5);
    a.set(nv::CTR_BASE + 2, nv::CODE_YES);
    assert_eq!(a.audit().ctr, 6);
}

#[test]
fn garbage_does_not_stop_the_audit() {
    let mut a = Memory::new(DEVICE);
    for word in &mut a.words {
        *word = u32::MAX;
    }
    for slot in 0..nv::SESSIONS {
        a.session(slot, u32::MAX, u32::MAX, 0xFFFF, 0xFFFF);
    }
    let got = a.audit();
    assert_eq!(got.sessions.len(), 8);
    assert!(
        got.sessions
            .iter()
            .all(|s| s.role.is_none() && s.entries.is_empty())
    );
    let words: Vec<u32> = vec![nv::CODE_YES; nv::WORDS as usize];
    assert_eq!(audit(&words, &DEVICE).sessions.len(), 8);
}

#[test]
fn a_token_in_two_repositories_is_found() {
    let (mut a, b) = payment();
    a.slot(9, &token(1, 100), 5, 0);
    violated(
        &[&a, &b],
        Violation::Doubled {
            serial: [1; 16],
            value: 100,
        },
    );
}

#[test]
fn a_token_staged_without_erasing_its_slot_is_found() {
    let (mut a, b) = payment();
    a.slot(9, &token(2, 20), 5, 0);
    violated(
        &[&a, &b],
        Violation::Doubled {
            serial: [2; 16],
            value: 20,
        },
    );
}

#[test]
fn a_key_that_left_a_held_vault_is_found() {
    let (a, mut b) = payment();
    b.key(0, ptk(&DEVICE, 7));
    violated(
        &[&a, &b],
        Violation::Doubled {
            serial: [2; 16],
            value: 20,
        },
    );
}

#[test]
fn release_and_refund_of_one_session_is_found() {
    let (mut a, b) = payment();
    a.set(nv::SESS_BASE + 32 * 2 + 4, nv::CODE_YES);
    a.set(nv::SESS_BASE + 32 * 2 + 5, nv::CODE_YES);
    violated(
        &[&b, &a],
        Violation::ReleasedAndRefunded {
            wallet: 1,
            session: 2,
        },
    );
}

#[test]
fn a_wrong_directory_value_is_found() {
    let (mut a, b) = payment();
    a.set(nv::REPO_BASE + 32 * 3 + 1, 1000);
    violated(
        &[&a, &b],
        Violation::WrongValue {
            wallet: 0,
            slot: 3,
            directory: 1000,
            token: 100,
        },
    );
}

#[test]
fn an_entry_of_no_session_is_found() {
    let (mut a, b) = payment();
    a.set(nv::TB_BASE + 32 * 900, nv::ENTRY_RECEIVED);
    violated(
        &[&a, &b],
        Violation::Stray {
            wallet: 0,
            entry: 900,
        },
    );
}

#[test]
fn another_device_key_reads_no_token() {
    let (a, _) = payment();
    assert!(!audit(&a.words, &PARTNER).slots[0].token.has_magic());
}
