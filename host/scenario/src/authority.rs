//! The issuing authority: who provisions wallets and signs tokens.

use opera_sim::Keys;
use opera_store::{Provisioning, Role};
use opera_tpcu::crypto::{Drbg, KeyPair};
use opera_tpcu::driver::MintKeys;
use opera_tpcu::token::IssuerKey;
use opera_tpcu::tpm::Certificate;
use opera_tpcu::{Error, Provision};
use zeroize::Zeroizing;

/// The issuing authority's secret key and what is made with it.
pub struct Authority {
    secret: Zeroizing<[u8; 32]>,
    issuer: IssuerKey,
    /// Every wallet of an authority attests with this key: the group is the anonymity set.
    attestation: Zeroizing<[u8; 32]>,
    certificate: Certificate,
}

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
            Self::from_secret(&secret)
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
        Self::from_secret(&secret).ok_or(Error::Provision)
    }

    fn from_secret(secret: &Zeroizing<[u8; 32]>) -> Option<Self> {
        let issuer = IssuerKey::from_secret(secret)?;
        let mut rng = Drbg::new(b"OPERA attestation key of the batch");
        rng.mix(&secret[..]);
        let attestation = Zeroizing::new(rng.bytes());
        let public = KeyPair::from_secret(&attestation)?.public();
        Some(Self {
            certificate: Certificate::issue(&issuer, &public),
            secret: secret.clone(),
            issuer,
            attestation,
        })
    }

    /// Keys for device number `serial`. The same authority, seed and serial give the same keys:
    /// number devices one by one.
    #[must_use]
    pub fn provision(&self, role: Role, serial: u64, seed: u64) -> Provisioning {
        let mut rng = Drbg::new(b"OPERA device keys");
        rng.mix(&self.secret[..]);
        rng.mix(&seed.to_be_bytes());
        rng.mix(&serial.to_be_bytes());
        Provisioning {
            role,
            serial,
            device_key: rng.bytes(),
            power_key: rng.bytes(),
            attestation_key: *self.attestation,
            attestation_certificate: self.certificate.signature,
            issuer_public: self.issuer.public(),
            issuer_secret: (role == Role::Mint).then_some(*self.secret),
            extra: Vec::new(),
        }
    }
}

/// At most eight attempts, each of which fails once in four thousand million.
fn loop_bounded<T>(attempt: &mut impl FnMut() -> Option<T>) -> T {
    for _ in 0..8 {
        if let Some(found) = attempt() {
            return found;
        }
    }
    unreachable!("eight 256-bit strings in a row beyond the order of P-256");
}

/// What the TPCU is given of a wallet's provisioning.
pub(crate) fn for_tpcu(from: &Provisioning) -> Result<Provision, Error> {
    let key = Zeroizing::new(from.attestation_key);
    let public = KeyPair::from_secret(&key).ok_or(Error::Provision)?.public();
    Ok(Provision {
        power_key: from.power_key,
        attestation_key: from.attestation_key,
        certificate: Certificate {
            key: public,
            signature: from.attestation_certificate,
        },
        issuer: from.issuer_public,
        // The paper profile's SN has 16 bits: numbers 65,536 apart share one, as published.
        serial: from.serial as u16,
        mint: from.issuer_secret.map(|issuer_key| MintKeys {
            device_key: from.device_key,
            issuer_key,
        }),
    })
}

/// What is burnt into the key cells of the RTL.
pub(crate) fn for_rtl(from: &Provisioning) -> Keys {
    Keys {
        device: from.device_key,
        power: from.power_key,
    }
}
