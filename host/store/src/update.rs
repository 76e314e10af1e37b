//! What the authority gave a wallet after its manufacture: beside the wallet file, in `NAME.update`.

use std::path::Path;

use crate::beside::{beside, read_sealed, write_sealed};
use crate::error::{BadBeside, StoreError};
use crate::provisioning::{Provisioning, REFERENCES_MAX};

const MAGIC: &[u8; 8] = b"OPERAUPD";
/// Longest [`Update::revoked`], in bytes: signature, version, number, and 1,000 keys.
pub const REVOKED_MAX: usize = 64 + 6 + 32 * 1000;
const FIXED: usize = 358 + 132 + 4;

/// Takes the place of the fields of the same names in the file's header.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Update {
    /// The authority's public attestation key of the epoch.
    pub group: [u8; 358],
    /// Credential of the attestation key in this epoch.
    pub attestation_credential: [u8; 132],
    /// Signed reference values.
    pub references: Vec<u8>,
    /// Signed list of revoked keys; empty before the first.
    pub revoked: Vec<u8>,
}

impl Update {
    /// What a wallet has now.
    #[must_use]
    pub fn of(wallet: &Provisioning) -> Self {
        Self {
            group: wallet.group,
            attestation_credential: wallet.attestation_credential,
            references: wallet.references.clone(),
            revoked: wallet.revoked.clone(),
        }
    }

    /// Puts it into the place of what the header says.
    pub(crate) fn apply(self, to: &mut Provisioning) {
        to.group = self.group;
        to.attestation_credential = self.attestation_credential;
        to.references = self.references;
        to.revoked = self.revoked;
    }

    pub(crate) fn path(wallet: &Path) -> std::path::PathBuf {
        beside(wallet, ".update")
    }

    pub(crate) fn read(wallet: &Path) -> Result<Option<Self>, StoreError> {
        let path = Self::path(wallet);
        let Some(body) = read_sealed(&path, MAGIC)? else {
            return Ok(None);
        };
        let damaged = StoreError::Beside {
            path,
            why: BadBeside::Damaged,
        };
        Self::decode(&body).map(Some).ok_or(damaged)
    }

    pub(crate) fn write(&self, wallet: &Path) -> Result<(), StoreError> {
        write_sealed(&Self::path(wallet), MAGIC, &self.encode())
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(FIXED + self.references.len() + self.revoked.len());
        out.extend_from_slice(&self.group);
        out.extend_from_slice(&self.attestation_credential);
        out.extend_from_slice(&(self.references.len() as u32).to_le_bytes());
        out.extend_from_slice(&self.references);
        out.extend_from_slice(&self.revoked);
        out
    }

    fn decode(body: &[u8]) -> Option<Self> {
        let (group, rest) = body.split_first_chunk::<358>()?;
        let (credential, rest) = rest.split_first_chunk::<132>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let (references, revoked) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        (references.len() <= REFERENCES_MAX && revoked.len() <= REVOKED_MAX).then(|| Self {
            group: *group,
            attestation_credential: *credential,
            references: references.to_vec(),
            revoked: revoked.to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provisioning::Role;

    #[test]
    fn an_update_comes_back_and_no_shorter_one_passes() {
        let mut wallet = Provisioning::pattern(Role::Wallet, 3);
        wallet.revoked = vec![0x77; 102];
        let update = Update::of(&wallet);
        let body = update.encode();
        assert_eq!(Update::decode(&body), Some(update));
        for length in 0..FIXED + wallet.references.len() {
            assert_eq!(Update::decode(&body[..length]), None, "{length}");
        }
        let long = [&body[..], &vec![0; REVOKED_MAX]].concat();
        assert_eq!(Update::decode(&long), None);
    }
}
