//! Wallet files: what one wallet was provisioned with, and its nonvolatile memory.
//!
//! A file is a 4,096-byte header (magic, format version, provisioning, SHA-256) and the image of
//! the nonvolatile memory, [`opera_regs::nv::WORDS`] little-endian words. The header never changes
//! after [`WalletFile::create`]; the image is written word by word, through at once, so that
//! killing the process is what a power cut is to a wallet. The image carries no checksum: a torn
//! word is for the ORM's journal to deal with, as on silicon.
//!
//! The file stands for the chip: it holds its secrets in the clear (mode 0600) and a copy of it is
//! a second chip. Only the simulation uses it.
//!
//! Beside a file `a` are `a.update`, what the authority gave the wallet later ([`Update`]), and `a.evidence`,
//! what it keeps of the payments that it received; both are made when they are needed, and belong to the
//! wallet: whoever copies or moves it takes them along. [`beside`] has their form.
//!
//! [`audit`] reads an image with the wallet's device key and tells where every token is. It is
//! written from the register map and shares no code with the RTL or its Rust model.
//!
//! This crate knows no bus, no protocol, no signatures and no simulator.
//!
//! ```
//! use opera_store::{Provisioning, Role, WalletFile};
//!
//! let folder = tempfile::tempdir().unwrap();
//! let path = folder.path().join("a.wallet");
//! let mut file = WalletFile::create(&path, &Provisioning::pattern(Role::Wallet, 1)).unwrap();
//! file.write_word(0x10, 0xCAFE).unwrap();
//! drop(file);
//! assert_eq!(WalletFile::open(&path).unwrap().nv()[0x10], 0xCAFE);
//! ```
#![forbid(unsafe_code)]

pub mod audit;
pub mod beside;
mod error;
mod file;
mod provisioning;
mod update;

pub use error::{BadBeside, StoreError};
pub use file::{EVIDENCE_MAX, FILE_BYTES, FORMAT_VERSION, HEADER_BYTES, WalletFile};
pub use provisioning::{EXTRA_MAX, Provisioning, REFERENCES_MAX, Role, TpmKind};
pub use update::{REVOKED_MAX, Update};
