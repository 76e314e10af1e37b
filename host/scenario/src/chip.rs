//! The TPM of a wallet that has one of its own: where its state is, how its power comes on, and how
//! its key joins.

use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use opera_daa::bn_p256::BnP256;
use opera_daa::{Credential, G1, IssuerSecret, JoinRequest, Refused, SignError, Verifier};
use opera_tpcu::crypto::Drbg;
use opera_tpcu::driver::FIRMWARE;
use opera_tpcu::tpm::{CREDENTIAL_BYTES, PCR_FIRMWARE, PCR_RTL, policy};
use opera_tpcu::tpm2::PowerOn;
use opera_tpm::{
    AttestationKey, Client, Endorsement, Swtpm, TpmError, Transport, attestation_point,
    make_credential, public,
};

/// The state folder of a wallet's `swtpm`: what a chip keeps in its package.
#[derive(Debug)]
pub struct Chip {
    folder: PathBuf,
    throw_away: bool,
}

impl Chip {
    /// The TPM of a wallet file, in a folder beside it.
    #[must_use]
    pub fn beside(wallet: &Path) -> Self {
        let mut folder = wallet.as_os_str().to_owned();
        folder.push(".tpm");
        Self {
            folder: folder.into(),
            throw_away: false,
        }
    }

    /// A TPM that lives as long as this value, in the system's folder for such things.
    ///
    /// # Errors
    /// When no folder can be made.
    pub fn in_memory() -> io::Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        for _ in 0..1000 {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let name = format!("opera-tpm-{}-{number}", std::process::id());
            let folder = std::env::temp_dir().join(name);
            match fs::DirBuilder::new().mode(0o700).create(&folder) {
                Ok(()) => {
                    return Ok(Self {
                        folder,
                        throw_away: true,
                    });
                }
                // Somebody else's, or what a killed process of our number left.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// The same chip once more, for another copy of its wallet: not for use at the same time, and gone
    /// with this value.
    #[must_use]
    pub fn again(&self) -> Self {
        Self {
            folder: self.folder.clone(),
            throw_away: false,
        }
    }

    /// The state folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes the folder of a new wallet file.
    ///
    /// # Errors
    /// When it is there already, or cannot be made.
    pub fn create(&self) -> io::Result<()> {
        fs::DirBuilder::new().mode(0o700).create(&self.folder)
    }

    /// How its power comes on.
    pub(crate) fn power_on(&self) -> PowerOn<Swtpm> {
        let folder = self.folder.clone();
        Box::new(move || {
            // A folder that is gone is a TPM that is gone: a new one would not be this wallet's.
            if !folder.is_dir() {
                return Err(TpmError::StateFolder {
                    path: folder.clone(),
                    source: io::ErrorKind::NotFound.into(),
                });
            }
            Swtpm::start(&folder)
        })
    }
}

impl Drop for Chip {
    fn drop(&mut self) {
        if self.throw_away {
            // Nothing hangs on it when this fails but a few kilobytes.
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// Why a TPM's key did not join.
#[derive(Debug)]
#[non_exhaustive]
pub enum JoinError {
    /// The TPM refuses or does not answer.
    Tpm(TpmError),
    /// What was to be signed or opened is not what was agreed.
    Refused(Refused),
    /// The TPM did not commit to what it was asked.
    Proof,
    /// The public area is not that of a key that only this TPM has and only in this state.
    PublicArea,
    /// The endorsement key is no point.
    Endorsement,
    /// The key that asks is not the one that was examined, or its TPM not the one that was built in.
    Stranger,
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the TPM's attestation key cannot join: ")?;
        match self {
            Self::Tpm(error) => write!(f, "{error}"),
            Self::Refused(why) => write!(f, "{why}"),
            Self::Proof => f.write_str("the TPM committed to something else than asked"),
            Self::PublicArea => f.write_str("the key is not one that stays in its TPM"),
            Self::Endorsement => f.write_str("the endorsement key is no point"),
            Self::Stranger => f.write_str("it is not the key of this wallet's own TPM"),
        }
    }
}

impl std::error::Error for JoinError {}

impl From<opera_daa::SoftKeyError> for JoinError {
    fn from(_: opera_daa::SoftKeyError) -> Self {
        Self::Proof
    }
}

impl From<TpmError> for JoinError {
    fn from(error: TpmError) -> Self {
        Self::Tpm(error)
    }
}

impl From<Refused> for JoinError {
    fn from(why: Refused) -> Self {
        Self::Refused(why)
    }
}

/// A key that has joined.
pub(crate) struct Joined {
    /// The key's public point.
    pub(crate) public: G1<BnP256>,
    pub(crate) endorsement: [u8; 64],
    pub(crate) credential: [u8; CREDENTIAL_BYTES],
}

/// What the authority does with a TPM that it has built into a wallet. It takes the endorsement key
/// from the TPM in its hands; the credential then reaches only a key of this very TPM, of the
/// agreed kind and policy, because only the TPM with that endorsement key unwraps it.
pub(crate) fn join(
    group: &IssuerSecret<BnP256>,
    chip: &Chip,
    rtl: &[u8; 4],
    rng: &mut Drbg,
) -> Result<Joined, JoinError> {
    let mut client = booted(chip, rtl)?;
    let joined = join_booted(group, &mut client, &policy(rtl, FIRMWARE), rng)?;
    client.shutdown()?;
    Ok(joined)
}

/// The key works only in the state of its policy, so the register values of a boot are needed.
pub(crate) fn booted(chip: &Chip, rtl: &[u8; 4]) -> Result<Client<Swtpm>, TpmError> {
    let mut client = Client::new(Swtpm::start(&chip.folder)?);
    client.startup()?;
    client.extend(PCR_RTL as u8, rtl)?;
    client.extend(PCR_FIRMWARE as u8, FIRMWARE)?;
    Ok(client)
}

fn join_booted<T: Transport>(
    group: &IssuerSecret<BnP256>,
    client: &mut Client<T>,
    policy: &[u8; 32],
    rng: &mut Drbg,
) -> Result<Joined, JoinError> {
    let endorsement = Endorsement::load(client)?;
    // No two joins share a nonce or a wrapping secret.
    rng.mix(&endorsement.point);
    let nonce = rng.bytes();
    let mut key = AttestationKey::load(client, policy)?;
    let area = key.public_area().to_vec();
    let name = public::name(&area);
    let request =
        JoinRequest::make(&mut key, group.public(), &nonce, &name).map_err(|why| match why {
            SignError::Key(error) => JoinError::Tpm(error),
            _ => JoinError::Proof,
        })?;

    // The authority's half.
    let q0 = attestation_point(&area, policy).ok_or(JoinError::PublicArea)?;
    let mut issued = group.issue(&request, &nonce, &name, &q0, rng)?;
    let wrapped = make_credential(&endorsement.point, &name, &issued.wrap, rng)
        .ok_or(JoinError::Endorsement)?;
    issued.wrap.fill(0);

    // The wallet's half.
    issued.wrap = endorsement.activate(&mut key, &wrapped)?;
    let verifier = Verifier::new(group.public().clone());
    let opened = Credential::open(&issued, &request, &nonce, &name, &verifier)?;
    key.unload()?;
    let mut credential = [0; CREDENTIAL_BYTES];
    credential.copy_from_slice(&opened.to_bytes());
    Ok(Joined {
        public: q0,
        endorsement: endorsement.point,
        credential,
    })
}
