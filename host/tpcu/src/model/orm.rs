//! The ORM of one wallet: its operations, each at once and whole.

use opera_regs as regs;
use opera_regs::{err, field, nv, op};

use super::memory::{Entry, EntryState, OrmSession};
use super::wallet::{Fault, Transfer, Wallet, flag, offset};
use crate::token::{TOKEN_BYTES, apply_entry_stream, derive_ptk};

impl Wallet {
    pub(super) fn entry_index(&self, k: u16) -> Option<u16> {
        let sess = usize::from(self.v.registers[offset(regs::ORM_SESS)]);
        let session = self.nv.sessions.get(sess)?;
        (session.open && !session.closing && k < session.count).then(|| session.base + k)
    }

    pub(super) fn orm(&mut self, op: u8) -> Result<(), u8> {
        let sess = usize::from(self.v.registers[offset(regs::ORM_SESS)]);
        let k = self.reg16(regs::ORM_K);
        let slot = self.reg16(regs::ORM_SLOT);
        if op == op::DIRSCAN {
            return self.dirscan(slot);
        }
        if sess >= self.nv.sessions.len() {
            return Err(err::BAD_SESSION);
        }
        match op {
            op::OPEN_PAYER | op::OPEN_PAYEE => {
                return self.open(sess, op == op::OPEN_PAYER, k, slot);
            }
            op::SESSREAD => {
                self.session_read(sess);
                return Ok(());
            }
            op::CLOSE => return self.close(sess),
            _ => {}
        }
        let session = self.nv.sessions[sess];
        if !session.open || session.closing {
            return Err(err::BAD_SESSION);
        }
        let held = !session.released && !session.refunded;
        match op {
            op::RELEASE | op::REFUND => {
                if !session.payer {
                    return Err(err::BAD_SESSION);
                }
                let release = op == op::RELEASE;
                let late = session.released && self.fault != Some(Fault::RefundAfterRelease);
                if (release && session.refunded) || (!release && late) {
                    return Err(err::VAULT);
                }
                if release {
                    self.nv.sessions[sess].released = self.fault != Some(Fault::ReleaseForgotten);
                    let ptk = derive_ptk(&self.device_key, session.counter);
                    self.show(regs::PTK_OUT, &ptk);
                } else {
                    self.nv.sessions[sess].refunded = true;
                }
                return Ok(());
            }
            op::KEYLOAD => {
                if session.payer {
                    return Err(err::BAD_SESSION);
                }
                if session.key.is_some() {
                    return Err(err::VAULT);
                }
                let at = offset(regs::PTK_IN);
                let mut key = [0; 16];
                key.copy_from_slice(&self.v.registers[at..at + 16]);
                self.v.registers[at..at + 16].fill(0);
                if self.fault != Some(Fault::KeyForgotten) {
                    self.nv.sessions[sess].key = Some(key);
                }
                return Ok(());
            }
            _ => {}
        }
        let index = self.entry_index(k).ok_or(err::BAD_ENTRY)?;
        let entry = self.nv.entries.get(&index).cloned();
        match op {
            op::STAGE | op::PRESS => {
                if !session.payer {
                    return Err(err::BAD_SESSION);
                }
                if op == op::PRESS && !self.issuer {
                    return Err(err::BAD_OP);
                }
                if !held {
                    return Err(err::VAULT);
                }
                if entry.is_some() {
                    return Err(err::BAD_ENTRY);
                }
                let mut sealed = [0; TOKEN_BYTES];
                if op == op::STAGE {
                    sealed = *self.nv.repository.get(&slot).ok_or(err::BAD_SLOT)?;
                    if self.fault != Some(Fault::StageKeepsSlot) {
                        self.nv.repository.remove(&slot);
                    }
                    let ptk = derive_ptk(&self.device_key, session.counter);
                    apply_entry_stream(&ptk, k, &mut sealed);
                } else {
                    sealed.copy_from_slice(&self.v.press[..TOKEN_BYTES]);
                }
                self.v.busy_until = self.clock + 2_000;
                let state = EntryState::Staged;
                self.nv.entries.insert(index, Entry { state, sealed });
            }
            op::SEND => {
                if !session.payer {
                    return Err(err::BAD_SESSION);
                }
                if session.refunded {
                    return Err(err::VAULT);
                }
                let entry = entry.ok_or(err::BAD_ENTRY)?;
                self.show_out(&entry.sealed);
                self.v.transfer = Transfer::Sending;
                self.v.transfer_start = self.clock;
            }
            op::RECEIVE => {
                if session.payer {
                    return Err(err::BAD_SESSION);
                }
                if session.key.is_some() {
                    return Err(err::VAULT);
                }
                self.v.transfer = Transfer::Receiving;
                self.v.transfer_start = self.clock;
            }
            op::PEEK => {
                let state = entry.as_ref().map(|entry| entry.state);
                self.show_out(&entry.map_or([0; TOKEN_BYTES], |entry| entry.sealed));
                let code = match state {
                    None => 0,
                    Some(EntryState::Staged) => 1,
                    Some(EntryState::Received) => 2,
                };
                self.show(regs::ENTRY_STATE, &[code]);
            }
            op::SETTLE => {
                let key = if session.payer {
                    session
                        .refunded
                        .then(|| derive_ptk(&self.device_key, session.counter))
                } else {
                    session.key
                };
                let key = key.ok_or(err::VAULT)?;
                let entry = entry.ok_or(err::BAD_ENTRY)?;
                if u32::from(slot) >= nv::SLOTS || self.nv.repository.contains_key(&slot) {
                    return Err(err::BAD_SLOT);
                }
                let mut token = entry.sealed;
                apply_entry_stream(&key, k, &mut token);
                if self.fault != Some(Fault::SettleLosesToken) {
                    self.nv.repository.insert(slot, token);
                }
                if self.fault != Some(Fault::SettleKeepsEntry) {
                    self.nv.entries.remove(&index);
                }
                self.v.busy_until = self.clock + 2_000;
            }
            _ => return Err(err::BAD_OP),
        }
        Ok(())
    }

    fn show_out(&mut self, sealed: &[u8; TOKEN_BYTES]) {
        self.v.out = [0; 128];
        self.v.out[..TOKEN_BYTES].copy_from_slice(sealed);
    }

    fn dirscan(&mut self, slot: u16) -> Result<(), u8> {
        if u32::from(slot) + 32 > nv::SLOTS {
            return Err(err::BAD_SLOT);
        }
        let mut out = [0; 128];
        for (at, token) in self.nv.repository.range(slot..slot + 32) {
            out[usize::from(at - slot) * 4..][..4].copy_from_slice(&value_of(token).to_le_bytes());
        }
        self.v.out = out;
        Ok(())
    }

    fn open(&mut self, sess: usize, payer: bool, base: u16, count: u16) -> Result<(), u8> {
        if self.nv.sessions[sess].open || self.nv.sessions[sess].closing {
            return Err(err::BAD_SESSION);
        }
        let (base_32, count_32) = (u32::from(base), u32::from(count));
        let overlap = self.nv.sessions.iter().any(|other| {
            let first = u32::from(other.base);
            other.open && base_32 < first + u32::from(other.count) && first < base_32 + count_32
        });
        if count == 0 || base_32 + count_32 > nv::ENTRIES || overlap {
            return Err(err::BAD_RANGE);
        }
        self.nv.counter += 1;
        self.nv.sessions[sess] = OrmSession {
            open: true,
            payer,
            counter: self.nv.counter,
            base,
            count,
            ..OrmSession::default()
        };
        self.session_read(sess);
        Ok(())
    }

    fn session_read(&mut self, sess: usize) {
        let session = self.nv.sessions[sess];
        let state = flag(session.open, field::SESS_STATE_OPEN)
            | flag(session.payer, field::SESS_STATE_PAYER)
            | flag(
                session.released && self.fault != Some(Fault::RefundAfterRelease),
                field::SESS_STATE_RELEASED,
            )
            | flag(session.refunded, field::SESS_STATE_REFUNDED)
            | flag(session.key.is_some(), field::SESS_STATE_KEYED)
            | flag(session.closing, field::SESS_STATE_CLOSING);
        self.show(regs::SESS_STATE, &[state]);
        self.show(regs::SESS_CTR, &session.counter.to_le_bytes());
        self.show(regs::SESS_BASE, &session.base.to_le_bytes());
        self.show(regs::SESS_N, &session.count.to_le_bytes());
        if session.released {
            let ptk = derive_ptk(&self.device_key, session.counter);
            self.show(regs::PTK_OUT, &ptk);
        }
    }

    fn close(&mut self, sess: usize) -> Result<(), u8> {
        let session = self.nv.sessions[sess];
        if !session.open {
            return Err(err::BAD_SESSION);
        }
        let range = session.base..session.base + session.count;
        if session.payer
            && !session.released
            && self.nv.entries.range(range.clone()).next().is_some()
        {
            return Err(err::NOT_CLOSABLE);
        }
        self.nv.entries.retain(|at, _| !range.contains(at));
        self.nv.sessions[sess] = OrmSession::default();
        self.v.out = [0; 128];
        Ok(())
    }
}

fn value_of(token: &[u8; TOKEN_BYTES]) -> u32 {
    u32::from_be_bytes([token[24], token[25], token[26], token[27]])
}
