//! The issuing authority: who provisions wallets and signs tokens.

use opera_daa::bn_p256::BnP256;
use opera_daa::{G1, IssuerSecret, Refused, RevocationList};
use opera_sim::Keys;
use opera_store::{Provisioning, Role, TpmKind};
use opera_tpcu::crypto::Drbg;
use opera_tpcu::driver::{FIRMWARE, MINT_RTL, MintKeys, WALLET_RTL, references};
use opera_tpcu::hand_over::HandOver;
use opera_tpcu::lists::{References, revocation_to_signed};
use opera_tpcu::token::IssuerKey;
use opera_tpcu::tpm::{CREDENTIAL_BYTES, Group, ISSUER_BYTES, Reference, enroll, policy};
use opera_tpcu::{Error, Provision};
use zeroize::Zeroizing;

use crate::chip::{Chip, JoinError, join};
use crate::witness::with_key;

/// The issuing authority's secret key and what is made with it.
pub struct Authority {
    secret: Zeroizing<[u8; 32]>,
    issuer: IssuerKey,
    /// Every wallet of an authority has a key and a credential of its own under this one: the wallets
    /// of an epoch are the anonymity set.
    group: IssuerSecret<BnP256>,
    group_public: [u8; ISSUER_BYTES],
}

/// Epoch of the attestation keys of a new authority.
const FIRST_EPOCH: u32 = 1;

impl Authority {
    /// An authority whose keys all follow from `seed`: for simulations, not for money.
    #[must_use]
    pub fn from_seed(seed: u64) -> Self {
        let mut rng = Drbg::new(b"OPERA simulated authority");
        rng.mix(&seed.to_be_bytes());
        Self::from_rng(rng)
    }

    /// An authority whose keys follow from random numbers that nobody knows.
    #[must_use]
    pub fn from_entropy(entropy: &[u8; 32]) -> Self {
        let mut rng = Drbg::new(b"OPERA authority");
        rng.mix(entropy);
        Self::from_rng(rng)
    }

    fn from_rng(mut rng: Drbg) -> Self {
        // A scalar out of range has a chance of 2^-32; the next one is tried then.
        let mut try_one = || {
            let secret = Zeroizing::new(rng.bytes());
            Self::from_secret(&secret, FIRST_EPOCH)
        };
        loop_bounded(&mut try_one)
    }

    /// The authority of a mint's provisioning.
    ///
    /// # Errors
    /// [`Error::NotAMint`] when it is not a mint's, [`Error::Provision`] when its key is no key.
    pub fn from_mint(mint: &Provisioning) -> Result<Self, Error> {
        let secret = mint.issuer_secret.map(Zeroizing::new);
        let secret = secret.ok_or(Error::NotAMint)?;
        Self::from_secret(&secret, mint.epoch()).ok_or(Error::Provision)
    }

    /// The same authority in another epoch: attestation keys that joined in this one are refused by
    /// wallets that are made in the other.
    ///
    /// # Errors
    /// [`Error::Provision`], never for an authority that was made here.
    pub fn in_epoch(&self, epoch: u32) -> Result<Self, Error> {
        Self::from_secret(&self.secret, epoch).ok_or(Error::Provision)
    }

    fn from_secret(secret: &Zeroizing<[u8; 32]>, epoch: u32) -> Option<Self> {
        let issuer = IssuerKey::from_secret(secret)?;
        let mut rng = Drbg::new(b"OPERA attestation group");
        rng.mix(&secret[..]);
        rng.mix(&epoch.to_be_bytes());
        let group = IssuerSecret::generate(epoch, &mut rng);
        let group_public = group.public().to_bytes().try_into().ok()?;
        Some(Self {
            secret: secret.clone(),
            issuer,
            group,
            group_public,
        })
    }

    /// Keys for device number `serial`, whose TPM is the model. The same authority, seed and serial
    /// give the same keys: number devices one by one.
    #[must_use]
    pub fn provision(&self, role: Role, serial: u64, seed: u64) -> Provisioning {
        let (mut provisioning, mut rng) = self.without_tpm(role, serial, seed);
        let policy = provisioning.attestation_policy;
        let (key, credential) = loop_bounded(&mut || {
            let key = Zeroizing::new(rng.bytes());
            let credential = enroll(&self.group, &key, &policy, &mut rng).ok()?;
            Some((key, credential))
        });
        provisioning.attestation_key = *key;
        provisioning.attestation_credential = credential;
        provisioning
    }

    /// Keys for device number `serial`, whose attestation key is in this TPM: a new one, as it
    /// leaves its factory.
    ///
    /// # Errors
    /// When the TPM does not start, or its key does not join.
    pub fn provision_on(
        &self,
        chip: &Chip,
        role: Role,
        serial: u64,
        seed: u64,
    ) -> Result<Provisioning, JoinError> {
        let (mut provisioning, mut rng) = self.without_tpm(role, serial, seed);
        let joined = join(&self.group, chip, rtl(role), &mut rng)?;
        provisioning.tpm = TpmKind::Swtpm;
        provisioning.endorsement = joined.endorsement;
        provisioning.attestation_credential = joined.credential;
        Ok(provisioning)
    }

    fn without_tpm(&self, role: Role, serial: u64, seed: u64) -> (Provisioning, Drbg) {
        let mut rng = Drbg::new(b"OPERA device keys");
        rng.mix(&self.secret[..]);
        rng.mix(&seed.to_be_bytes());
        rng.mix(&serial.to_be_bytes());
        let (device_key, power_key) = (rng.bytes(), rng.bytes());
        let provisioning = Provisioning {
            role,
            serial,
            device_key,
            power_key,
            tpm: TpmKind::Model,
            endorsement: [0; 64],
            attestation_key: [0; 32],
            attestation_policy: policy(rtl(role), FIRMWARE),
            attestation_credential: [0; CREDENTIAL_BYTES],
            group: self.group_public,
            references: self.references(1, references()),
            revoked: Vec::new(),
            issuer_public: self.issuer.public(),
            issuer_secret: (role == Role::Mint).then_some(*self.secret),
            extra: Vec::new(),
        };
        (provisioning, rng)
    }

    /// Joins a wallet's attestation key again, in this authority's epoch, and gives its credential. When the
    /// wallet was examined before, `examined` is the point that answered, and no other key joins.
    ///
    /// # Errors
    /// When the TPM does not answer, is another than the one that was built in, or its key does not join.
    pub fn rejoin(
        &self,
        wallet: &Provisioning,
        chip: Option<&Chip>,
        examined: Option<&G1<BnP256>>,
    ) -> Result<[u8; CREDENTIAL_BYTES], JoinError> {
        let mut rng = Drbg::new(b"OPERA join again");
        rng.mix(&self.secret[..]);
        rng.mix(&wallet.serial.to_be_bytes());
        let (public, credential) = match chip {
            Some(chip) => {
                let joined = join(&self.group, chip, rtl(wallet.role), &mut rng)?;
                if joined.endorsement != wallet.endorsement {
                    return Err(JoinError::Stranger);
                }
                (joined.public, joined.credential)
            }
            None => {
                let key = &wallet.attestation_key;
                let credential = enroll(&self.group, key, &wallet.attestation_policy, &mut rng)?;
                (with_key(wallet, None, |key| key.public())??, credential)
            }
        };
        match examined {
            Some(point) if *point != public => Err(JoinError::Stranger),
            _ => Ok(credential),
        }
    }

    /// Number of this authority's epoch.
    #[must_use]
    pub fn epoch(&self) -> u32 {
        self.group.public().epoch()
    }

    /// Public attestation key of this authority's epoch.
    #[must_use]
    pub fn group_public(&self) -> &[u8; ISSUER_BYTES] {
        &self.group_public
    }

    /// Whether a hand-over is signed by some wallet of this authority, of this epoch or an earlier one, in a
    /// state that it accepts.
    #[must_use]
    pub fn vouches(&self, hand_over: &HandOver) -> bool {
        hand_over
            .epoch()
            .filter(|epoch| (FIRST_EPOCH..=self.epoch()).contains(epoch))
            .and_then(|epoch| self.in_epoch(epoch).ok())
            .and_then(|then| Group::new(&then.group_public).ok())
            .is_some_and(|group| hand_over.verify(&group, &references()).is_ok())
    }

    /// A signed list of the register states that wallets accept.
    #[must_use]
    pub fn references(&self, version: u32, values: Vec<Reference>) -> Vec<u8> {
        References { version, values }.to_signed(&self.issuer)
    }

    /// A signed list of attestation keys that wallets refuse.
    ///
    /// # Errors
    /// A key that is none, or more keys than a wallet checks.
    pub fn revoke<'a>(
        &self,
        version: u32,
        keys: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Vec<u8>, Refused> {
        let list = RevocationList::<BnP256>::new(version, keys)?;
        Ok(revocation_to_signed(&list, &self.issuer))
    }
}

pub(crate) fn rtl(role: Role) -> &'static [u8; 4] {
    match role {
        Role::Wallet => &WALLET_RTL,
        Role::Mint => &MINT_RTL,
    }
}

/// At most eight attempts, each of which fails once in four thousand million.
fn loop_bounded<T>(attempt: &mut impl FnMut() -> Option<T>) -> T {
    for _ in 0..8 {
        if let Some(found) = attempt() {
            return found;
        }
    }
    unreachable!("eight 256-bit strings in a row beyond the order of the curve");
}

/// Secret of a wallet that its names, and a mint's serial numbers, are made from.
#[must_use]
pub fn secret_of(wallet: &Provisioning) -> Zeroizing<[u8; 32]> {
    for_tpcu(wallet).secret()
}

/// What the TPCU is given of a wallet's provisioning.
pub(crate) fn for_tpcu(from: &Provisioning) -> Provision {
    Provision {
        power_key: from.power_key,
        attestation_key: from.attestation_key,
        attestation_policy: from.attestation_policy,
        credential: from.attestation_credential,
        group: from.group,
        issuer: from.issuer_public,
        references: from.references.clone(),
        // The paper profile's SN has 16 bits: numbers 65,536 apart share one, as published.
        serial: from.serial as u16,
        mint: from.issuer_secret.map(|issuer_key| MintKeys {
            device_key: from.device_key,
            issuer_key,
        }),
    }
}

/// What is burnt into the key cells of the RTL.
#[must_use]
pub fn for_rtl(from: &Provisioning) -> Keys {
    Keys {
        device: from.device_key,
        power: from.power_key,
    }
}
