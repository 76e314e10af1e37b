//! Hand-overs: what a payee keeps of a payment, so that the authority can find out who spent a token
//! twice. Nothing of it is sent beyond what a payment needs anyway: the payer's attestation of Stage 1,
//! and its signature of Msg.3-1 over the key and the ciphertexts that it handed over.
//!
//! ```text
//! attestation of the payer  --certifies-->  its session signing key
//!   --signs-->  payment, payee's name and attestation, hash of PTK, hash of the covers
//! cover of an entry = SHA-256(first 32 bytes of ciphertext || SHA-256(the other 64))
//! ```
//!
//! A token's first 32 bytes hold serial number and value; the other 64 are the authority's signature. The
//! hand-over has the first in full and of the others a hash, so that it proves which tokens went over
//! and is not money.
//!
//! Who reads a hand-over learns that some wallet handed these serial numbers to another; which wallets
//! those were, only their own TPMs can say ([`opera_daa::Owned`]).

use std::cell::RefCell;
use std::rc::Rc;

use opera_daa::bn_p256::BnP256;
use opera_daa::{G1, Signature};
use zeroize::Zeroizing;

use crate::crypto::{PublicBytes, PublicSigner, sha256};
use crate::profile::Profile;
use crate::protocol::stage1::{Channel, Pseudonym, SessionId, qualifying};
use crate::protocol::wire::{Reader, Refusal, Role};
use crate::protocol::{Terms, release_content};
use crate::token::{TOKEN_BYTES, apply_entry_stream};
use crate::tpm::{ATTESTATION_BYTES, Attestation, Group, Reference};

const VERSION: u8 = 1;
/// Bytes of a token that say which it is.
const HEAD: usize = 32;
const FIXED: usize = 2 + 32 + 32 + 38 + 16 + ATTESTATION_BYTES + 33 + ATTESTATION_BYTES + 16 + 64;
const COVER: usize = HEAD + 32;

/// The parts of an entry's ciphertext that are kept.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Cover {
    head: [u8; HEAD],
    tail: [u8; 32],
}

impl Cover {
    fn of(ciphertext: &[u8; TOKEN_BYTES]) -> Self {
        let mut head = [0; HEAD];
        head.copy_from_slice(&ciphertext[..HEAD]);
        Self {
            head,
            tail: sha256(&[&ciphertext[HEAD..]]),
        }
    }

    fn digest(&self) -> [u8; 32] {
        sha256(&[&self.head, &self.tail])
    }
}

/// What the payer signs of an entry.
#[must_use]
pub fn cover(ciphertext: &[u8; TOKEN_BYTES]) -> [u8; 32] {
    Cover::of(ciphertext).digest()
}

/// A token that went over.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Handed {
    /// Its serial number.
    pub serial: [u8; 16],
    /// Its value.
    pub value: u32,
}

/// A payment, as its payee can prove it.
#[derive(Clone, Eq, PartialEq)]
pub struct HandOver {
    profile: Profile,
    /// Session and transcript of the mount in which the key was released.
    mount: SessionId,
    transcript: [u8; 32],
    terms: Terms,
    /// What the payee is called in the payment's session.
    payee_name: Pseudonym,
    payer: [u8; ATTESTATION_BYTES],
    payer_key: PublicBytes,
    payee: [u8; ATTESTATION_BYTES],
    ptk: Zeroizing<[u8; 16]>,
    signature: [u8; 64],
    covers: Vec<Cover>,
}

impl HandOver {
    /// Of a payee that has just accepted Msg.3-1.
    pub(crate) fn new(
        channel: &Channel,
        terms: Terms,
        payee_name: &Pseudonym,
        ptk: &Zeroizing<[u8; 16]>,
        signature: &[u8; 64],
        sealed: &[[u8; TOKEN_BYTES]],
    ) -> Self {
        Self {
            profile: channel.chain.profile(),
            mount: channel.session,
            transcript: channel.transcript,
            terms,
            payee_name: *payee_name,
            payer: channel.partner_attestation,
            payer_key: channel.partner_key,
            payee: channel.own_attestation,
            ptk: ptk.clone(),
            signature: *signature,
            covers: sealed.iter().map(Cover::of).collect(),
        }
    }

    /// Name of the payment: equal for every hand-over of it, whatever was cut and resumed. An honest
    /// payer gives a token away in one payment only.
    #[must_use]
    pub fn id(&self) -> [u8; 32] {
        sha256(&[b"OPERA hand-over", &self.terms.session, &self.payee_name])
    }

    /// Session that the payment belongs to.
    #[must_use]
    pub fn session(&self) -> SessionId {
        self.terms.session
    }

    /// The tokens, in the payment's order.
    #[must_use]
    pub fn tokens(&self) -> Vec<Handed> {
        let plain = |(k, cover): (u16, &Cover)| {
            let mut bytes = [0; TOKEN_BYTES];
            bytes[..HEAD].copy_from_slice(&cover.head);
            apply_entry_stream(&self.ptk, k, &mut bytes);
            let mut serial = [0; 16];
            serial.copy_from_slice(&bytes[8..24]);
            let value = u32::from_be_bytes([bytes[24], bytes[25], bytes[26], bytes[27]]);
            Handed { serial, value }
        };
        (0..).zip(&self.covers).map(plain).collect()
    }

    /// Whether this token went over.
    #[must_use]
    pub fn holds(&self, serial: &[u8; 16]) -> bool {
        self.tokens().iter().any(|token| token.serial == *serial)
    }

    /// Epoch of the payer's credential, as its attestation claims; none when that is no attestation.
    #[must_use]
    pub fn epoch(&self) -> Option<u32> {
        Attestation::from_bytes(&self.payer).map(|attestation| attestation.epoch())
    }

    /// Point and multiple that the payer's key made: [`Signature::maker`].
    ///
    /// # Errors
    /// [`Refusal::Encoding`].
    pub fn payer_maker(&self) -> Result<Maker, Refusal> {
        maker(&self.payer)
    }

    /// Point and multiple that the payee's key made.
    ///
    /// # Errors
    /// [`Refusal::Encoding`].
    pub fn payee_maker(&self) -> Result<Maker, Refusal> {
        maker(&self.payee)
    }

    /// Accepts it when a wallet of the group, in one of these states, signed that it hands these tokens
    /// over in this payment.
    ///
    /// # Errors
    /// Those of [`Attestation::verify`]; [`Refusal::Signature`].
    pub fn verify(&self, group: &Group, references: &[Reference]) -> Result<(), Refusal> {
        let attestation = Attestation::from_bytes(&self.payer).ok_or(Refusal::Encoding)?;
        let signed = qualifying(self.profile, Role::Payer, &self.mount, &self.payer_key);
        attestation.verify(group, self.profile.bank(), references, &signed)?;
        let signer = PublicSigner::new(&self.payer_key).ok_or(Refusal::Encoding)?;
        let covers: Vec<_> = self.covers.iter().map(Cover::digest).collect();
        let content = release_content(
            self.profile,
            &self.terms,
            &self.transcript,
            &self.ptk,
            &self.payee_name,
            &self.payee,
            &covers,
        );
        if signer.verify(&content, &self.signature) {
            Ok(())
        } else {
            Err(Refusal::Signature)
        }
    }

    /// Wire form: version 1, profile 1, session of the mount 32, its transcript 32, payment's session
    /// 32, amount 4, count 2, payee's name 16, payer's attestation 265 and session key 33, payee's
    /// attestation 265, PTK 16, signature of Msg.3-1 64; for each token 32 bytes of ciphertext and
    /// the SHA-256 of the others.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(Vec::with_capacity(FIXED + COVER * self.covers.len()));
        out.extend_from_slice(&[VERSION, self.profile.code()]);
        out.extend_from_slice(&self.mount);
        out.extend_from_slice(&self.transcript);
        self.terms.write(&mut out);
        out.extend_from_slice(&self.payee_name);
        out.extend_from_slice(&self.payer);
        out.extend_from_slice(&self.payer_key);
        out.extend_from_slice(&self.payee);
        out.extend_from_slice(&self.ptk[..]);
        out.extend_from_slice(&self.signature);
        for cover in &self.covers {
            out.extend_from_slice(&cover.head);
            out.extend_from_slice(&cover.tail);
        }
        out
    }

    /// From the wire form; [`verify`](Self::verify) checks the rest.
    ///
    /// # Errors
    /// [`Refusal::Length`], [`Refusal::Version`] or [`Refusal::Terms`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Refusal> {
        let mut reader = Reader::new(bytes);
        let [version, code] = reader.take()?;
        let profile = Profile::from_code(code).filter(|_| version == VERSION);
        let mut out = Self {
            profile: profile.ok_or(Refusal::Version)?,
            mount: reader.take()?,
            transcript: reader.take()?,
            terms: Terms::read(&mut reader)?,
            payee_name: reader.take()?,
            payer: reader.take()?,
            payer_key: reader.take()?,
            payee: reader.take()?,
            ptk: Zeroizing::new(reader.take()?),
            signature: reader.take()?,
            covers: Vec::new(),
        };
        for _ in 0..out.terms.count {
            out.covers.push(Cover {
                head: reader.take()?,
                tail: reader.take()?,
            });
        }
        reader.end()?;
        Ok(out)
    }
}

/// S and W of a signature: the key whose multiple of S is W made it.
pub type Maker = (G1<BnP256>, G1<BnP256>);

fn maker(attestation: &[u8; ATTESTATION_BYTES]) -> Result<Maker, Refusal> {
    let attestation = Attestation::from_bytes(attestation).ok_or(Refusal::Encoding)?;
    let signature = Signature::<BnP256>::from_bytes(&attestation.signature);
    Ok(signature.map_err(|_| Refusal::Encoding)?.maker())
}

/// Where a TPCU keeps its hand-overs.
pub trait Keeper {
    /// Keeps one durably before it returns; `false` when that is not possible. The payment goes on
    /// either way.
    fn keep(&mut self, hand_over: &HandOver) -> bool;
    /// The bytes of all that are kept; none when they cannot be read, for the payment goes on.
    fn kept(&mut self) -> Vec<Vec<u8>>;

    /// Whether a payment of this session was received before: a second one under its name is declined,
    /// for both would count as one.
    fn received(&mut self, session: &SessionId) -> bool {
        readable(&self.kept()).any(|known| known.session() == *session)
    }
}

/// Those of a wallet's records that this release reads.
pub fn readable(records: &[Vec<u8>]) -> impl Iterator<Item = HandOver> + '_ {
    let read = |bytes: &Vec<u8>| HandOver::from_bytes(bytes).ok();
    records.iter().filter_map(read)
}

/// Keeps them in memory, for whoever has a clone of it.
#[derive(Clone, Default)]
pub struct Drawer(pub Rc<RefCell<Vec<HandOver>>>);

impl Keeper for Drawer {
    fn keep(&mut self, hand_over: &HandOver) -> bool {
        self.0.borrow_mut().push(hand_over.clone());
        true
    }

    fn kept(&mut self) -> Vec<Vec<u8>> {
        let kept = self.0.borrow();
        kept.iter().map(|known| known.to_bytes().to_vec()).collect()
    }
}

/// Keeps nothing: for tests and for wallets that never need to prove anything.
#[derive(Clone, Copy, Debug, Default)]
pub struct Forgetful;

impl Keeper for Forgetful {
    fn keep(&mut self, _: &HandOver) -> bool {
        true
    }

    fn kept(&mut self) -> Vec<Vec<u8>> {
        Vec::new()
    }
}
