//! A TPM 2.0 in the place of the model: `swtpm`, or whatever a [`Transport`] reaches.

use opera_daa::Credential;
use opera_daa::Refused;
use opera_daa::bn_p256::BnP256;
use opera_tpm::{AttestationKey, Client, TpmError, Transport, public};

use crate::crypto::{Drbg, same};
use crate::tpm::{
    Bank, CREDENTIAL_BYTES, Group, PCR_FIRMWARE, PCR_RTL, PCRS, PolicyFails, SIGNATURE_BYTES, Tpm,
    TpmFault,
};

/// How power comes on: a TPM that has just been switched on, not started up yet.
pub type PowerOn<T> = Box<dyn FnMut() -> Result<T, TpmError>>;

/// A TPM 2.0 with a credential for its attestation key. The key is in the TPM alone: it is derived
/// from the TPM's seed when it is needed, and works only in the state that its policy names.
pub struct Tpm2<T: Transport> {
    power_on: PowerOn<T>,
    client: Option<Client<T>>,
    policy: [u8; 32],
    credential: Credential<BnP256>,
    group: Group,
}

impl<T: Transport> Tpm2<T> {
    /// A TPM that is off.
    ///
    /// # Errors
    /// When the credential is not the group's.
    pub fn new(
        power_on: PowerOn<T>,
        policy: &[u8; 32],
        credential: &[u8; CREDENTIAL_BYTES],
        group: &Group,
    ) -> Result<Self, Refused> {
        Ok(Self {
            power_on,
            client: None,
            policy: *policy,
            credential: group.credential(credential)?,
            group: group.clone(),
        })
    }

    fn client(&mut self) -> Result<&mut Client<T>, TpmFault> {
        let off = TpmError::Gone {
            command: "the next command",
        };
        self.client.as_mut().ok_or_else(|| TpmFault::new(off))
    }
}

impl<T: Transport> Tpm for Tpm2<T> {
    fn reset(&mut self) -> Result<(), TpmFault> {
        // The old one goes first: a state folder serves one TPM at a time.
        self.client = None;
        let mut client = Client::new((self.power_on)().map_err(TpmFault::new)?);
        client.startup().map_err(TpmFault::new)?;
        self.client = Some(client);
        Ok(())
    }

    fn extend(&mut self, pcr: usize, event: &[u8]) -> Result<(), TpmFault> {
        if pcr >= PCRS {
            return Ok(());
        }
        let client = self.client()?;
        client.extend(pcr as u8, event).map_err(TpmFault::new)
    }

    fn read(&mut self, bank: Bank, pcr: usize) -> Result<[u8; 32], TpmFault> {
        let mut out = [0; 32];
        if pcr >= PCRS {
            return Ok(out);
        }
        let code = match bank {
            Bank::Sha1 => opera_tpm::Bank::Sha1,
            Bank::Sha256 => opera_tpm::Bank::Sha256,
        };
        let value = self.client()?.pcr(code, pcr as u8);
        let value = value.map_err(TpmFault::new)?;
        if value.len() != bank.digest_bytes() {
            let command = "TPM2_PCR_Read";
            return Err(TpmFault::new(TpmError::Malformed { command }));
        }
        out[..value.len()].copy_from_slice(&value);
        Ok(out)
    }

    fn sign(&mut self, message: &[u8], rng: &mut Drbg) -> Result<[u8; SIGNATURE_BYTES], TpmFault> {
        self.still()?;
        let (policy, group) = (self.policy, self.group.clone());
        let credential = self.credential.clone();
        let mut key = AttestationKey::load(self.client()?, &policy).map_err(TpmFault::new)?;
        let signature = group.sign(&mut key, &credential, message, rng);
        key.unload().map_err(TpmFault::new)?;
        signature
    }

    fn still(&mut self) -> Result<(), TpmFault> {
        let now = [
            self.read(Bank::Sha256, PCR_RTL)?,
            self.read(Bank::Sha256, PCR_FIRMWARE)?,
        ];
        if same(&public::pcr_policy(&now), &self.policy) {
            Ok(())
        } else {
            Err(TpmFault::new(PolicyFails))
        }
    }
}
