//! A wallet's attestation key outside a mount, as the wallet uses it towards its authority.

use opera_daa::bn_p256::BnP256;
use opera_daa::{DaaKey, G1, Owned, SignError, SoftKey};
use opera_store::Provisioning;
use opera_tpcu::crypto::Drbg;
use opera_tpm::AttestationKey;

use crate::authority::rtl;
use crate::chip::{Chip, JoinError, booted};

/// A wallet's attestation key, switched on.
pub trait KeyInUse {
    /// Its public point.
    ///
    /// # Errors
    /// When the TPM does not answer.
    fn public(&mut self) -> Result<G1<BnP256>, JoinError>;
    /// Its multiple of a point, with a proof.
    ///
    /// # Errors
    /// When the TPM does not answer, or answers nonsense.
    fn own(
        &mut self,
        point: &G1<BnP256>,
        basename: &[u8],
        context: &[u8; 32],
    ) -> Result<Owned<BnP256>, JoinError>;
}

struct Using<K>(K);

impl<K: DaaKey<BnP256>> KeyInUse for Using<&mut K>
where
    JoinError: From<K::Error>,
{
    fn public(&mut self) -> Result<G1<BnP256>, JoinError> {
        Ok(self.0.public()?)
    }

    fn own(
        &mut self,
        point: &G1<BnP256>,
        basename: &[u8],
        context: &[u8; 32],
    ) -> Result<Owned<BnP256>, JoinError> {
        Owned::make(self.0, point, basename, context).map_err(|why| match why {
            SignError::Key(error) => error.into(),
            _ => JoinError::Proof,
        })
    }
}

/// Switches a wallet's TPM on, uses its attestation key, and switches it off again.
///
/// # Errors
/// When the TPM does not start, or the wallet has no key.
pub fn with_key<R>(
    wallet: &Provisioning,
    chip: Option<&Chip>,
    work: impl FnOnce(&mut dyn KeyInUse) -> R,
) -> Result<R, JoinError> {
    match chip {
        None => {
            // Numbers that the key draws must not repeat under different questions.
            let mut entropy = [0; 32];
            getrandom::fill(&mut entropy).map_err(|_| JoinError::Proof)?;
            let mut key =
                SoftKey::<BnP256, _>::from_secret(&wallet.attestation_key, Drbg::new(&entropy))?;
            Ok(work(&mut Using(&mut key)))
        }
        Some(chip) => {
            let mut client = booted(chip, rtl(wallet.role))?;
            let mut key = AttestationKey::load(&mut client, &wallet.attestation_policy)?;
            let result = work(&mut Using(&mut key));
            key.unload()?;
            client.shutdown()?;
            Ok(result)
        }
    }
}
