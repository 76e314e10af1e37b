//! The transaction and power control unit at work: protocol, ORM, log and power of one wallet,
//! over its internal LPC bus.
//!
//! The payer's side of a mount is [`pay`], [`mint`], [`resume`] or [`refund`]; the other wallet
//! runs [`accept`], whichever it is. Dropping the future at any point is a power cut: call the
//! functions again, with a new [`Tpcu`].
//!
//! # Why no cut loses or doubles value
//!
//! | cut after | payer holds | payee holds | at the next mount |
//! |---|---|---|---|
//! | payer's log COMMIT | session HELD, log | nothing | payee proves to know nothing: Msg.2-1 again |
//! | payee's log COMMIT | HELD | session, log with TR_k | goes on with token TR_k + 1 |
//! | all acknowledged | HELD, or RELEASED | all entries, no key | Msg.3-1 (again) |
//! | KEYLOAD | RELEASED | entries, key | payee settles at its next power-up, with any partner |
//! | payee CLOSE | RELEASED | tokens | payee proves to know nothing: payer closes |
//! | payer CLOSE | nothing | key, settled | payee closes at its next power-up |
//! | payer REFUND | REFUNDED | entries, no key | payer settles home alone; payee asks, payer proves to know nothing, payee discards |
//!
//! "Proves" is the pseudonym: each wallet logs what its partner was called in the session, a name
//! that only that partner can make again. So *unknown* from a stranger changes nothing.

mod hw;
mod payee;
mod payer;
mod session;

use std::fmt;

use opera_lpc::{Bus, BusError};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::choose::{Lot, NotPayable, Plan};
use crate::crypto::{Drbg, PublicBytes, hkdf};
use crate::hand_over::{Forgetful, Keeper};
use crate::lists::{ListError, References, revocation_from_signed};
use crate::profile::Profile;
use crate::protocol::Decline;
use crate::protocol::stage1::{Identity, SessionId, Stage1Error};
use crate::protocol::wire::{Kind, Refusal, Role};
use crate::record::{Phase, Progress};
use crate::token::{Issuer, IssuerKey, TokenError};
use crate::tpm::{
    CREDENTIAL_BYTES, Group, ISSUER_BYTES, PCR_FIRMWARE, PCR_RTL, Reference, SoftTpm, Tpm, TpmFault,
};
pub use payer::serial_number;
use session::Session;

/// What PCR 1 is extended with at boot.
pub const FIRMWARE: &[u8] = b"opera-tpcu firmware 1";
/// ID register of a wallet build.
pub const WALLET_RTL: [u8; 4] = *b"OP\x01\x00";
/// ID register of a mint build.
pub const MINT_RTL: [u8; 4] = *b"OP\x01\x01";

/// Register states of the wallets and mints of this release; the authority signs a list of them.
#[must_use]
pub fn references() -> Vec<Reference> {
    vec![
        Reference::expected(&WALLET_RTL, FIRMWARE),
        Reference::expected(&MINT_RTL, FIRMWARE),
    ]
}

/// Why a TPCU could not do what it was asked to.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Error {
    /// The internal LPC bus failed.
    Bus(BusError),
    /// What the partner sent was refused.
    Partner(Refusal),
    /// This wallet's TPM does not answer, or does not attest.
    Tpm(TpmFault),
    /// The payee does not want the payment.
    Declined(Decline),
    /// The payee refused the tokens; the payment stays open.
    RefusedByPayee,
    /// A token did not pass, so the whole payment was refused; the payment stays open.
    BadToken {
        /// Index of the token in the payment.
        index: u16,
        /// What is wrong with it.
        why: BadToken,
    },
    /// The tokens held do not make the amount.
    NotPayable(NotPayable),
    /// Something did not happen in time.
    Timeout {
        /// What was waited for.
        what: &'static str,
        /// Clocks of this wallet's bus.
        waited: u64,
    },
    /// The wallets came apart.
    Unmounted,
    /// The ORM refused an operation.
    Orm {
        /// Operation code.
        op: u8,
        /// Error code.
        code: u8,
    },
    /// The ORM lost its power.
    OrmOff,
    /// The power controller refused to switch on.
    PowerDenied,
    /// The power controller is trapped until a battery reset.
    PowerTrap,
    /// The transaction log refused a command.
    Log {
        /// Log slot.
        slot: u8,
    },
    /// The ORM's state is not what this firmware left.
    Inconsistent {
        /// ORM session slot.
        session: u8,
    },
    /// No session record, buffer entries or slots are free.
    NoRoom,
    /// The same token did not get over the data bus in three attempts.
    DataBus {
        /// Index of the token in the payment.
        index: u16,
    },
    /// A mint is needed for this, with a mint's keys.
    NotAMint,
    /// The provisioned keys are no keys.
    Provision,
    /// A list of the authority's is not taken.
    List(ListError),
    /// The observer stopped it.
    Stopped,
}

/// What is wrong with a token of a payment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum BadToken {
    /// It is no token of the issuer's.
    Token(TokenError),
    /// Its serial number stands in another token of the payment.
    Twice,
    /// All are good, but they do not sum up to the amount.
    Total,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bus(error) => write!(f, "internal LPC bus: {error}"),
            Self::Partner(refusal) => write!(f, "refused: {refusal}"),
            Self::Tpm(fault) => write!(f, "TPM: {fault}"),
            Self::Declined(Decline::NoRoom) => f.write_str("the payee has no room for the tokens"),
            Self::Declined(_) => f.write_str("the payee declined the payment"),
            Self::RefusedByPayee => f.write_str("the payee refused the tokens"),
            Self::BadToken { index, why } => {
                write!(f, "payment refused, token {}: ", u32::from(*index) + 1)?;
                match why {
                    BadToken::Token(error) => write!(f, "{error}"),
                    BadToken::Twice => f.write_str("serial number occurs twice"),
                    BadToken::Total => f.write_str("the sum is not the agreed amount"),
                }
            }
            Self::NotPayable(why) => write!(f, "{why}"),
            Self::Timeout { what, waited } => {
                write!(f, "waited {waited} clocks for {what}")
            }
            Self::Unmounted => f.write_str("the wallets came apart"),
            Self::Orm { op, code } => {
                match opera_regs::op::name(*op) {
                    Some(name) => write!(f, "ORM refused {name}")?,
                    None => write!(f, "ORM refused operation 0x{op:02X}")?,
                }
                match opera_regs::err::name(*code) {
                    Some(name) => write!(f, ": {name}"),
                    None => write!(f, ": error 0x{code:02X}"),
                }
            }
            Self::OrmOff => f.write_str("the ORM lost its power"),
            Self::PowerDenied => f.write_str("the power controller refused to switch the ORM on"),
            Self::PowerTrap => f.write_str("the power controller is trapped until battery reset"),
            Self::Log { slot } => write!(f, "transaction log slot {slot} failed"),
            Self::Inconsistent { session } => {
                write!(f, "ORM session {session} is not as it was left")
            }
            Self::NoRoom => {
                f.write_str("too many interrupted payments: no session or entries are free")
            }
            Self::DataBus { index } => {
                let number = u32::from(*index) + 1;
                write!(
                    f,
                    "token {number} did not get over the data bus in three attempts"
                )
            }
            Self::NotAMint => f.write_str("this wallet is not a mint"),
            Self::Provision => f.write_str("the provisioned keys are no keys"),
            Self::List(why) => write!(f, "{why}"),
            Self::Stopped => f.write_str("stopped by the observer"),
        }
    }
}

impl std::error::Error for Error {}

impl From<BusError> for Error {
    fn from(error: BusError) -> Self {
        Self::Bus(error)
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Partner(refusal)
    }
}

impl From<Stage1Error> for Error {
    fn from(error: Stage1Error) -> Self {
        match error {
            Stage1Error::Partner(refusal) => Self::Partner(refusal),
            Stage1Error::Tpm(fault) => Self::Tpm(fault),
        }
    }
}

impl From<ListError> for Error {
    fn from(error: ListError) -> Self {
        Self::List(error)
    }
}

impl From<TpmFault> for Error {
    fn from(fault: TpmFault) -> Self {
        Self::Tpm(fault)
    }
}

/// Told what goes on; prints it, or stops it.
pub trait Observer {
    /// A stage has ended; it took so many clocks of this wallet's bus.
    fn stage(&mut self, name: &'static str, clocks: u64) {
        let _ = (name, clocks);
    }

    /// A message is about to be sent, or has come, at this clock. `false` stops everything here, as
    /// if power were cut.
    fn message(&mut self, sent: bool, kind: Kind, clock: u64) -> bool {
        let _ = (sent, kind, clock);
        true
    }
}

/// An observer that does not care.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quiet;

impl Observer for Quiet {}

/// What the authority puts into a wallet.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Provision {
    /// Key of the power controller.
    pub power_key: [u8; 16],
    /// Secret attestation key of the TPM in software; zero where another TPM has its own.
    pub attestation_key: [u8; 32],
    /// Policy of the attestation key.
    #[zeroize(skip)]
    pub attestation_policy: [u8; 32],
    /// Credential of the attestation key.
    #[zeroize(skip)]
    pub credential: [u8; CREDENTIAL_BYTES],
    /// The authority's public attestation key.
    #[zeroize(skip)]
    pub group: [u8; ISSUER_BYTES],
    /// The authority's public key, for tokens.
    #[zeroize(skip)]
    pub issuer: PublicBytes,
    /// Reference values of the registers, signed by the authority ([`References`]).
    #[zeroize(skip)]
    pub references: Vec<u8>,
    /// SN of the paper profile.
    pub serial: u16,
    /// Mint only: its device key and the authority's secret key.
    pub mint: Option<MintKeys>,
}

impl Provision {
    fn derive(&self, what: &[u8]) -> Zeroizing<[u8; 32]> {
        hkdf(&self.power_key, &self.attestation_key, &[what])
    }

    /// Key of the transaction log.
    #[must_use]
    pub fn log_key(&self) -> Zeroizing<[u8; 32]> {
        self.derive(b"OPERA log key")
    }

    /// What pseudonyms are made from.
    #[must_use]
    pub fn secret(&self) -> Zeroizing<[u8; 32]> {
        self.derive(b"OPERA wallet secret")
    }
}

/// What a mint knows more than a wallet.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct MintKeys {
    /// Device key of the mint's own ORM.
    pub device_key: [u8; 16],
    /// The authority's secret key.
    pub issuer_key: [u8; 32],
}

struct Mint {
    device_key: Zeroizing<[u8; 16]>,
    issuer: IssuerKey,
}

/// State of a TPCU: lost at a power cut, all of it.
pub struct Tpcu {
    identity: Identity,
    power_key: Zeroizing<[u8; 16]>,
    log_key: Zeroizing<[u8; 32]>,
    mint: Option<Mint>,
    tpm: Box<dyn Tpm>,
    rng: Drbg,
    observer: Box<dyn Observer>,
    keeper: Box<dyn Keeper>,
}

impl Tpcu {
    /// A TPCU with a software TPM. `seed` decides all its random choices, together with the power
    /// controller's challenge, which never repeats.
    ///
    /// # Errors
    /// When a provisioned key is no key.
    pub fn new(provision: &Provision, profile: Profile, seed: &[u8]) -> Result<Self, Error> {
        let group = Group::new(&provision.group).map_err(|_| Error::Provision)?;
        let tpm = SoftTpm::new(
            &provision.attestation_key,
            &provision.attestation_policy,
            &provision.credential,
            &group,
        )
        .map_err(|_| Error::Provision)?;
        Self::with_tpm(provision, profile, seed, group, Box::new(tpm))
    }

    /// A TPCU with another TPM, that accepts partners of this group.
    ///
    /// # Errors
    /// When a provisioned key is no key.
    pub fn with_tpm(
        provision: &Provision,
        profile: Profile,
        seed: &[u8],
        group: Group,
        tpm: Box<dyn Tpm>,
    ) -> Result<Self, Error> {
        let mint = match &provision.mint {
            Some(keys) => Some(Mint {
                device_key: Zeroizing::new(keys.device_key),
                issuer: IssuerKey::from_secret(&keys.issuer_key).ok_or(Error::Provision)?,
            }),
            None => None,
        };
        let issuer = Issuer::new(&provision.issuer).ok_or(Error::Provision)?;
        let identity = Identity {
            profile,
            references: References::from_signed(&provision.references, &issuer)?,
            issuer,
            group,
            secret: provision.secret(),
            serial: provision.serial,
        };
        let mut rng = Drbg::new(seed);
        rng.mix(&identity.secret[..]);
        Ok(Self {
            identity,
            power_key: Zeroizing::new(provision.power_key),
            log_key: provision.log_key(),
            mint,
            tpm,
            rng,
            observer: Box::new(Quiet),
            keeper: Box::new(Forgetful),
        })
    }

    /// Sets who is told what goes on.
    pub fn observe(&mut self, observer: Box<dyn Observer>) {
        self.observer = observer;
    }

    /// Sets where hand-overs are kept; without this they are forgotten.
    pub fn keep(&mut self, keeper: Box<dyn Keeper>) {
        self.keeper = keeper;
    }

    /// Accepts partners with the register states of this signed list from now on.
    ///
    /// # Errors
    /// When the authority did not sign it, or a later one is known.
    pub fn accept_references(&mut self, signed: &[u8]) -> Result<(), ListError> {
        let list = References::from_signed(signed, &self.identity.issuer)?;
        let (found, known) = (list.version, self.identity.references.version);
        if found < known {
            return Err(ListError::Old { found, known });
        }
        self.identity.references = list;
        Ok(())
    }

    /// Refuses partners whose attestation keys are on this signed list from now on.
    ///
    /// # Errors
    /// When the authority did not sign it, or a later one is known.
    pub fn revoke(&mut self, signed: &[u8]) -> Result<(), ListError> {
        let list = revocation_from_signed(signed, &self.identity.issuer)?;
        self.identity.group.revoke(list)
    }

    /// Which formulas it uses.
    #[must_use]
    pub fn profile(&self) -> Profile {
        self.identity.profile
    }
}

/// How a payment ended.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Outcome {
    /// Payer: the payee holds the tokens.
    Paid,
    /// Payee: the tokens are in the repository.
    Received,
    /// Payer: the tokens are back in the repository.
    Refunded,
    /// Payee: the payer took the tokens back; nothing was received.
    Withdrawn,
}

/// A payment that has ended in this mount.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Receipt {
    /// Its session.
    pub session: SessionId,
    /// How it ended.
    pub outcome: Outcome,
    /// AMT.
    pub amount: u32,
    /// Number of tokens.
    pub tokens: u16,
}

/// A payment that is still open.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Pending {
    /// Its session.
    pub session: SessionId,
    /// Payer or payee.
    pub role: Role,
    /// AMT.
    pub amount: u32,
    /// Number of tokens.
    pub tokens: u16,
    /// Where it stands.
    pub progress: Progress,
}

impl Pending {
    /// True for a payer that may still take its tokens back.
    #[must_use]
    pub fn refundable(&self) -> bool {
        self.role == Role::Payer && self.progress.phase == Phase::Transfer
    }
}

/// What one mount came to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Report {
    /// Payments that ended, the one that was asked for last.
    pub receipts: Vec<Receipt>,
    /// Payments that are still open.
    pub pending: Vec<Pending>,
    /// Tokens in the repository at the end, highest value first.
    pub held: Vec<Lot>,
    /// Payments received whose [`HandOver`](crate::hand_over::HandOver) could not be kept.
    pub unkept: usize,
}

impl Report {
    /// Sum of the tokens in the repository.
    #[must_use]
    pub fn balance(&self) -> u64 {
        self.held
            .iter()
            .map(|lot| u64::from(lot.value) * u64::from(lot.count))
            .sum()
    }
}

/// Power-on of the TPCU: measures RTL and firmware into the TPM.
///
/// # Errors
/// When the bus or the TPM fails.
pub async fn boot<B: Bus>(bus: &B, tpcu: &mut Tpcu) -> Result<(), Error> {
    let id = hw::Hw::new(bus).id().await?;
    tpcu.tpm.reset()?;
    tpcu.tpm.extend(PCR_RTL, &id)?;
    tpcu.tpm.extend(PCR_FIRMWARE, FIRMWARE)?;
    Ok(())
}

/// Payments that the transaction log holds; needs neither mount nor ORM.
///
/// # Errors
/// When the bus or the log fails.
pub async fn pending<B: Bus>(bus: &B, tpcu: &mut Tpcu) -> Result<Vec<Pending>, Error> {
    let mut session = Session::new(bus, tpcu);
    session.load_log().await?;
    Ok(session.pending())
}

/// Pays an amount to the wallet on the connector, from power-on to power-off.
///
/// # Errors
/// Names what failed. A payment that had begun is in the log of both wallets then.
pub async fn pay<B: Bus>(bus: &B, tpcu: &mut Tpcu, amount: u32) -> Result<Report, Error> {
    boot(bus, tpcu).await?;
    Session::new(bus, tpcu)
        .run(async |session| session.pay(payer::Source::Repository(amount)).await)
        .await
}

/// Charges the wallet on the connector with new tokens: this wallet must be a mint.
///
/// # Errors
/// As [`pay`].
pub async fn mint<B: Bus>(
    bus: &B,
    tpcu: &mut Tpcu,
    tokens: &Plan,
    issue_date: u32,
) -> Result<Report, Error> {
    if tpcu.mint.is_none() {
        return Err(Error::NotAMint);
    }
    boot(bus, tpcu).await?;
    Session::new(bus, tpcu)
        .run(async |session| {
            session
                .pay(payer::Source::Press(tokens.clone(), issue_date))
                .await
        })
        .await
}

/// Serves whatever the wallet on the connector asks for: a payment, a resumption, or only company
/// for a refund.
///
/// # Errors
/// Names what failed. A payment that had begun is in the log of both wallets then.
pub async fn accept<B: Bus>(bus: &B, tpcu: &mut Tpcu) -> Result<Report, Error> {
    boot(bus, tpcu).await?;
    Session::new(bus, tpcu)
        .run(async |session| session.accept().await)
        .await
}

/// Finishes interrupted payments. As [`Role::Payer`] it hosts the link and finishes the payments
/// that this wallet makes to the partner, and those that it receives if the key has come already;
/// as [`Role::Payee`] it is [`accept`].
///
/// # Errors
/// Names what failed; what could not be finished stays in the log.
pub async fn resume<B: Bus>(bus: &B, tpcu: &mut Tpcu, role: Role) -> Result<Report, Error> {
    if role == Role::Payee {
        return accept(bus, tpcu).await;
    }
    boot(bus, tpcu).await?;
    Session::new(bus, tpcu)
        .run(async |session| session.resume().await)
        .await
}

/// Takes back the tokens of every interrupted payment that was not released. The wallet on the
/// connector may be any; it runs [`accept`].
///
/// # Errors
/// Names what failed; what could not be finished stays in the log.
pub async fn refund<B: Bus>(bus: &B, tpcu: &mut Tpcu) -> Result<Report, Error> {
    boot(bus, tpcu).await?;
    Session::new(bus, tpcu)
        .run(async |session| session.refund().await)
        .await
}
