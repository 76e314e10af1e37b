//! What is kept: wallet files, nonvolatile memory, records of the transaction log.

use std::fs;

use opera_store::audit::audit;
use opera_store::{HEADER_BYTES, Provisioning, Role, WalletFile};
use opera_tpcu::crypto::{hmac, sha256};
use opera_tpcu::record::{Progress, RECORD_BYTES, Record};
use zeroize::Zeroizing;

use crate::Check;

const DIGEST: usize = HEADER_BYTES - 32;

/// The beginning of a wallet file; what follows is the memory of a good one. The digest of the header
/// is made right unless the first byte is 0.
///
/// # Panics
/// When no file can be made.
pub(crate) fn wallet() -> Check {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let path = folder.path().join("a.wallet");
    drop(WalletFile::create(&path, &Provisioning::pattern(Role::Wallet, 1)).expect("a file"));
    let good = fs::read(&path).expect("readable");
    Box::new(move |bytes| {
        // The folder lives as long as the check.
        let path = folder.path().join("a.wallet");
        let Some((&how, bytes)) = bytes.split_first() else {
            return;
        };
        let mut file = bytes.to_vec();
        file.extend_from_slice(good.get(bytes.len()..).unwrap_or(&[]));
        if how != 0 {
            let digest = sha256(&[&file[..DIGEST]]);
            file[DIGEST..HEADER_BYTES].copy_from_slice(&digest);
        }
        fs::write(&path, &file).expect("written");
        if let Ok(file) = WalletFile::open_read_only(&path) {
            let audit = audit(file.nv(), &file.provisioning().device_key);
            let _ = (audit.spendable(), audit.in_transit());
        }
    })
}

/// Each eight bytes change some words of an empty memory: where, how many, what. It is audited.
pub(crate) fn memory() -> Check {
    let mut words = vec![0_u32; opera_regs::nv::WORDS as usize];
    Box::new(move |bytes| {
        words.fill(0);
        let (edits, _) = bytes.as_chunks::<8>();
        for [a0, a1, a2, more, w0, w1, w2, w3] in edits {
            let at = u32::from_le_bytes([*a0, *a1, *a2, 0]) as usize;
            let word = u32::from_le_bytes([*w0, *w1, *w2, *w3]);
            let len = words.len();
            for n in 0..=usize::from(more & 31) {
                words[(at + n) % len] = word;
            }
        }
        let audit = audit(&words, &[7; 16]);
        let _ = (audit.spendable(), audit.in_transit());
    })
}

const MAC: usize = 12;

/// A record of the transaction log; its MAC is made right unless the first byte is 0.
pub(crate) fn log() -> Check {
    let key = Zeroizing::new([9; 32]);
    Box::new(move |bytes| {
        let Some((&how, bytes)) = bytes.split_first() else {
            return;
        };
        let mut record = [0; RECORD_BYTES];
        let len = bytes.len().min(RECORD_BYTES);
        record[..len].copy_from_slice(&bytes[..len]);
        if how != 0 {
            let (body, mac) = record.split_at_mut(RECORD_BYTES - MAC);
            mac.copy_from_slice(&hmac(&key[..], &[b"OPERA log", body])[..MAC]);
        }
        if let Ok(read) = Record::from_bytes(&record, &key) {
            // What is read is read again once it is written. Only the wallet itself makes the MAC.
            assert_eq!(Record::from_bytes(&read.to_bytes(&key), &key), Ok(read));
        }
        let word = bytes
            .first_chunk()
            .map_or(0, |word| u32::from_le_bytes(*word));
        if let Some(progress) = Progress::from_word(word) {
            assert_eq!(progress.to_word(), word);
        }
    })
}
