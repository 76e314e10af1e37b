//! Wallet files: what is refused, what survives, and that a refused file is left as it was.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use opera_store::{FILE_BYTES, HEADER_BYTES, Provisioning, Role, StoreError, Update, WalletFile};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.wallet");
    (folder, path)
}

fn made() -> (TempDir, PathBuf) {
    let (folder, path) = place();
    WalletFile::create(&path, &Provisioning::pattern(Role::Wallet, 1)).unwrap();
    (folder, path)
}

/// Changes the file by `change`; both ways to open it must then say `expected` and leave it alone.
#[track_caller]
fn refused(change: impl FnOnce(&mut Vec<u8>), expected: &str) {
    let (_folder, path) = made();
    let mut bytes = fs::read(&path).unwrap();
    change(&mut bytes);
    fs::write(&path, &bytes).unwrap();
    for error in [
        WalletFile::open(&path).unwrap_err(),
        WalletFile::open_read_only(&path).unwrap_err(),
    ] {
        let text = error.to_string();
        assert!(text.starts_with(path.to_str().unwrap()), "{text}");
        assert!(text.contains(expected), "{text}");
        assert!(text.contains("left untouched"), "{text}");
    }
    assert!(
        fs::read(&path).unwrap() == bytes,
        "the refused file was changed"
    );
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn what_was_provisioned_and_written_comes_back() {
    let (_folder, path) = place();
    let mut given = Provisioning::pattern(Role::Mint, 5);
    given.extra = vec![7; 256];
    let mut file = WalletFile::create(&path, &given).unwrap();
    assert!(file.nv().iter().all(|word| *word == 0));
    let last = file.nv().len() - 1;
    file.write_word(0, 0x1122_3344).unwrap();
    file.write_word(last, u32::MAX).unwrap();
    file.sync().unwrap();
    assert_eq!(file.nv()[0], 0x1122_3344);
    drop(file);
    let file = WalletFile::open(&path).unwrap();
    assert_eq!(file.provisioning(), &given);
    assert_eq!(
        (file.nv()[0], file.nv()[1], file.nv()[last]),
        (0x1122_3344, 0, u32::MAX)
    );
    let bytes = fs::read(&path).unwrap();
    assert_eq!(
        bytes[HEADER_BYTES..HEADER_BYTES + 4],
        [0x44, 0x33, 0x22, 0x11]
    );
}

#[test]
fn a_word_is_in_the_file_before_the_write_returns() {
    let (_folder, path) = place();
    let mut file = WalletFile::create(&path, &Provisioning::pattern(Role::Wallet, 1)).unwrap();
    file.write_word(9, 0xA5).unwrap();
    // Read beside the handle, which is neither synced nor dropped.
    assert_eq!(fs::read(&path).unwrap()[HEADER_BYTES + 36], 0xA5);
    drop(file);
}

#[test]
fn a_new_file_is_sparse_and_private_and_alone() {
    let (folder, path) = made();
    let data = fs::metadata(&path).unwrap();
    assert_eq!(data.len(), FILE_BYTES);
    assert!(data.blocks() * 512 < 64 * 1024, "{} blocks", data.blocks());
    assert_eq!(data.permissions().mode() & 0o777, 0o600);
    assert_eq!(data.nlink(), 1);
    assert_eq!(names(folder.path()), ["a.wallet"]);
}

#[test]
fn create_never_replaces_anything() {
    let (folder, path) = made();
    let before = fs::read(&path).unwrap();
    let dangling = folder.path().join("dangling");
    symlink(folder.path().join("nowhere"), &dangling).unwrap();
    for taken in [&path, &dangling, &folder.path().to_owned()] {
        let error = WalletFile::create(taken, &Provisioning::pattern(Role::Wallet, 2)).unwrap_err();
        assert!(matches!(error, StoreError::Exists { .. }), "{error}");
    }
    assert!(fs::read(&path).unwrap() == before);
    assert_eq!(names(folder.path()).len(), 2);
}

#[test]
fn create_gets_past_leftovers_of_a_killed_create() {
    let (folder, path) = place();
    let leftover = format!(".a.wallet.{}.0.new", std::process::id());
    fs::write(folder.path().join(&leftover), b"half a header").unwrap();
    WalletFile::create(&path, &Provisioning::pattern(Role::Wallet, 1)).unwrap();
    WalletFile::open(&path).unwrap();
    assert_eq!(
        fs::read(folder.path().join(&leftover)).unwrap(),
        b"half a header"
    );
}

#[test]
fn create_in_a_missing_folder_says_so() {
    let (folder, _) = place();
    let path = folder.path().join("no/a.wallet");
    let error = WalletFile::create(path, &Provisioning::pattern(Role::Wallet, 1)).unwrap_err();
    assert!(error.to_string().contains("no such folder"), "{error}");
}

#[test]
fn provisioning_that_does_not_fit_makes_no_file() {
    let (folder, path) = place();
    let mut long = Provisioning::pattern(Role::Wallet, 1);
    long.extra = vec![0; 257];
    let mut forger = Provisioning::pattern(Role::Wallet, 1);
    forger.issuer_secret = Some([1; 32]);
    let mut idle = Provisioning::pattern(Role::Mint, 1);
    idle.issuer_secret = None;
    for (bad, why) in [
        (long, "257 extra"),
        (forger, "must not have it"),
        (idle, "a mint needs"),
    ] {
        let error = WalletFile::create(&path, &bad).unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
    }
    assert!(names(folder.path()).is_empty());
}

#[test]
fn one_writer_or_many_readers() {
    let (_folder, path) = made();
    let in_use =
        |result: Result<WalletFile, StoreError>| matches!(result, Err(StoreError::InUse { .. }));
    let writer = WalletFile::open(&path).unwrap();
    assert!(in_use(WalletFile::open(&path)));
    assert!(in_use(WalletFile::open_read_only(&path)));
    drop(writer);
    let (first, second) = (
        WalletFile::open_read_only(&path).unwrap(),
        WalletFile::open_read_only(&path).unwrap(),
    );
    assert!(in_use(WalletFile::open(&path)));
    drop((first, second));
    WalletFile::open(&path).unwrap();
}

#[test]
fn a_file_just_made_is_locked_too() {
    let (_folder, path) = place();
    let _held = WalletFile::create(&path, &Provisioning::pattern(Role::Wallet, 1)).unwrap();
    let error = WalletFile::open(&path).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("in use by another opera process"),
        "{error}"
    );
}

#[test]
fn read_only_is_read_only() {
    let (_folder, path) = made();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    let before = fs::read(&path).unwrap();
    let mut file = WalletFile::open_read_only(&path).unwrap();
    assert!(matches!(
        file.write_word(0, 1),
        Err(StoreError::ReadOnly { .. })
    ));
    assert_eq!(file.nv()[0], 0);
    assert!(fs::read(&path).unwrap() == before);
}

#[test]
fn a_word_that_does_not_exist_is_refused() {
    let (_folder, path) = made();
    let mut file = WalletFile::open(&path).unwrap();
    let error = file.write_word(0x20000, 1).unwrap_err();
    assert!(error.to_string().contains("no word 0x20000"), "{error}");
    drop(file);
    assert_eq!(fs::metadata(&path).unwrap().len(), FILE_BYTES);
}

#[test]
fn a_missing_file_is_named_with_the_way_to_make_one() {
    let (_folder, path) = place();
    let error = WalletFile::open(&path).unwrap_err();
    assert!(matches!(error, StoreError::NotFound { .. }));
    assert!(error.to_string().contains("opera wallet new"), "{error}");
    assert!(!path.exists());
}

#[test]
fn folders_and_devices_are_foreign() {
    let (folder, _) = place();
    for path in [folder.path(), Path::new("/dev/zero")] {
        let error = WalletFile::open(path).unwrap_err();
        assert!(matches!(error, StoreError::Foreign { .. }), "{error}");
    }
}

#[test]
fn foreign_files_are_refused() {
    refused(Vec::clear, "not a wallet file");
    refused(|bytes| bytes.truncate(11), "not a wallet file");
    refused(|bytes| bytes[0] ^= 1, "not a wallet file");
    refused(
        |bytes| *bytes = b"#!/bin/sh\n".repeat(60_000),
        "not a wallet file",
    );
}

#[test]
fn newer_formats_are_refused_whatever_else_they_hold() {
    refused(
        |bytes| bytes[8] = 3,
        "wallet format 3, this release reads up to 2",
    );
    refused(
        |bytes| {
            bytes[8] = 3;
            bytes.truncate(100);
        },
        "wallet format 3",
    );
}

#[test]
fn an_older_format_is_refused() {
    refused(
        |bytes| bytes[8] = 1,
        "wallet format 1, without anonymous attestation",
    );
}

#[test]
fn every_damaged_byte_of_the_header_is_found() {
    let (_folder, path) = made();
    let good = fs::read(&path).unwrap();
    // Each byte in use or beside one in use, then samples of the padding and the whole digest.
    for at in (0..1210).chain((1210..4064).step_by(97)).chain(4064..4096) {
        let mut bytes = good.clone();
        bytes[at] ^= 0x10;
        fs::write(&path, &bytes).unwrap();
        WalletFile::open(&path).expect_err("a damaged header");
        assert!(fs::read(&path).unwrap() == bytes, "byte {at}");
    }
    refused(|bytes| bytes[40] ^= 1, "SHA-256 does not match");
}

#[test]
fn a_wrong_length_is_damage() {
    refused(
        |bytes| bytes.truncate(600),
        "damaged wallet file: 600 bytes long",
    );
    refused(
        |bytes| bytes.truncate(bytes.len() - 1),
        "528383 bytes long instead of 528384",
    );
    refused(|bytes| bytes.push(0), "528385 bytes long");
}

#[test]
fn an_impossible_field_is_damage() {
    refused(
        |bytes| {
            bytes[20] = 9;
            let digest = Sha256::digest(&bytes[..4064]);
            bytes[4064..4096].copy_from_slice(&digest);
        },
        "header field `role`",
    );
}

#[test]
fn a_torn_memory_word_is_the_orms_business() {
    let (_folder, path) = made();
    let mut bytes = fs::read(&path).unwrap();
    bytes[HEADER_BYTES + 6] = 0x77;
    fs::write(&path, &bytes).unwrap();
    assert_eq!(WalletFile::open(&path).unwrap().nv()[1], 0x0077_0000);
}

#[test]
fn of_many_creates_at_once_one_wins() {
    let (folder, path) = place();
    let made = std::thread::scope(|scope| {
        let path = &path;
        let all: Vec<_> = (0..8)
            .map(|i| {
                scope.spawn(move || {
                    WalletFile::create(path, &Provisioning::pattern(Role::Wallet, i)).is_ok()
                })
            })
            .collect();
        all.into_iter()
            .map(|t| t.join().unwrap())
            .filter(|ok| *ok)
            .count()
    });
    assert_eq!(made, 1);
    WalletFile::open(&path).unwrap();
    assert_eq!(names(folder.path()), ["a.wallet"]);
}

#[test]
fn what_the_authority_gave_since_is_read_with_the_provisioning() {
    let (_folder, path) = made();
    let mut file = WalletFile::open(&path).unwrap();
    let mut update = Update::of(file.provisioning());
    update.group[0] ^= 1;
    update.revoked = vec![3; 102];
    file.update(update.clone()).unwrap();
    // The TPCU of a wallet on a board reads it while the file is open.
    let read = WalletFile::read_provisioning(&path).unwrap();
    assert_eq!(Update::of(&read), update);
    drop(file);
    let opened = WalletFile::open(&path).unwrap();
    assert_eq!(Update::of(opened.provisioning()), update);
}
