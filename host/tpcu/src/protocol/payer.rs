//! The payer's states of Stages 2 and 3 and of resumption.

use zeroize::Zeroizing;

use super::stage1::{Channel, Pseudonym, SessionId};
use super::wire::{Kind, Reader, Refusal, Role};
use super::{Claim, Decline, Terms, nonce, release_content};
use crate::crypto::{Drbg, same};

/// Stage 1 is done, nothing is under way.
pub struct Ready(Channel);

impl Ready {
    /// From a finished Stage 1 as payer.
    #[must_use]
    pub fn new(channel: Channel) -> Self {
        Self(channel)
    }

    /// Session id of this mount.
    #[must_use]
    pub fn session(&self) -> SessionId {
        self.0.session
    }

    /// What the partner is called in this session.
    #[must_use]
    pub fn partner(&self) -> Pseudonym {
        self.0.partner
    }

    /// Makes Msg.2-1.
    #[must_use]
    pub fn request(mut self, terms: Terms, rng: &mut Drbg) -> (Requested, Vec<u8>) {
        let nonce = nonce(self.0.chain.profile(), rng);
        let mut body = Vec::with_capacity(54);
        terms.write(&mut body);
        body.extend_from_slice(&nonce);
        let frame = self.0.chain.seal(Kind::Request, &body);
        let state = Requested {
            channel: self.0,
            terms,
            nonce,
        };
        (state, frame)
    }

    /// Makes Msg.R-1.
    #[must_use]
    pub fn resume(mut self, claim: Claim) -> (Resuming, Vec<u8>) {
        let mut body = Vec::with_capacity(57);
        claim.terms.write(&mut body);
        body.extend_from_slice(&claim.progress.to_be_bytes());
        body.push(claim.phase);
        body.extend_from_slice(&claim.proof);
        let frame = self.0.chain.seal(Kind::Resume, &body);
        let state = Resuming {
            channel: self.0,
            terms: claim.terms,
        };
        (state, frame)
    }

    /// Makes Msg.R-3.
    #[must_use]
    pub fn ask(mut self) -> (Asking, Vec<u8>) {
        let frame = self.0.chain.seal(Kind::Ask, &[]);
        (Asking(self.0), frame)
    }

    /// Makes FIN for a session; `more` tells that another request follows in this mount.
    #[must_use]
    pub fn fin(mut self, session: &SessionId, more: bool) -> (Self, Vec<u8>) {
        let mut body = session.to_vec();
        body.push(u8::from(more));
        let frame = self.0.chain.seal(Kind::Fin, &body);
        (self, frame)
    }
}

/// Msg.2-1 is sent.
pub struct Requested {
    channel: Channel,
    terms: Terms,
    nonce: [u8; 16],
}

/// What Msg.2-2 said.
pub enum Agreed {
    /// The payee waits for the first token.
    Yes(Next),
    /// The payee declined; nothing is under way.
    No(Ready, Decline),
}

impl Requested {
    /// Takes Msg.2-2.
    ///
    /// # Errors
    /// When it is not the answer to our Msg.2-1.
    pub fn on_agreement(mut self, frame: &[u8]) -> Result<Agreed, Refusal> {
        let plain = self.channel.chain.open(Kind::Agreement, frame)?;
        let mut reader = Reader::new(&plain);
        let status = reader.byte()?;
        let confirmation = reader.take()?;
        reader.end()?;
        if !self
            .channel
            .chain
            .confirms(&self.nonce, 0, Role::Payee, &confirmation)
        {
            return Err(Refusal::Nonce);
        }
        Ok(match status {
            0 => Agreed::Yes(Next::after(self.channel, self.terms, 0)),
            code => Agreed::No(Ready(self.channel), Decline::from_code(code)),
        })
    }
}

/// What the payer does next in Stage 2.
pub enum Next {
    /// A token is due.
    Token(TokenDue),
    /// All are acknowledged.
    Complete(Complete),
}

impl Next {
    fn after(channel: Channel, terms: Terms, index: u16) -> Self {
        if index < terms.count {
            Self::Token(TokenDue {
                channel,
                terms,
                index,
            })
        } else {
            Self::Complete(Complete { channel, terms })
        }
    }
}

/// The token with this index is due.
pub struct TokenDue {
    channel: Channel,
    terms: Terms,
    index: u16,
}

impl TokenDue {
    /// Index of the token, from 0.
    #[must_use]
    pub fn index(&self) -> u16 {
        self.index
    }

    /// Makes Msg.2-3; `digest` is the profile's hash of the entry's 96 bytes of ciphertext.
    #[must_use]
    pub fn send(mut self, digest: &[u8; 32], rng: &mut Drbg) -> (AwaitAck, Vec<u8>) {
        let nonce = nonce(self.channel.chain.profile(), rng);
        let count = u32::from(self.index) + 1;
        let mut body = count.to_be_bytes().to_vec();
        body.extend_from_slice(&nonce);
        body.extend_from_slice(digest);
        let frame = self.channel.chain.seal(Kind::Token, &body);
        (AwaitAck { due: self, nonce }, frame)
    }
}

/// Msg.2-3 is sent.
pub struct AwaitAck {
    due: TokenDue,
    nonce: [u8; 16],
}

/// What Msg.2-4 said.
pub enum Acked {
    /// The payee holds the token.
    Yes(Next),
    /// The bytes on the data bus did not fit; send the same token again.
    Again(TokenDue),
}

impl AwaitAck {
    /// Takes Msg.2-4.
    ///
    /// # Errors
    /// When it does not acknowledge this token.
    pub fn on_ack(mut self, frame: &[u8]) -> Result<Acked, Refusal> {
        let plain = self.due.channel.chain.open(Kind::TokenAck, frame)?;
        let mut reader = Reader::new(&plain);
        let count = reader.u32()?;
        let confirmation = reader.take()?;
        let status = reader.byte()?;
        reader.end()?;
        if count != u32::from(self.due.index) + 1 {
            return Err(Refusal::Order);
        }
        let chain = &self.due.channel.chain;
        if !chain.confirms(&self.nonce, count, Role::Payee, &confirmation) {
            return Err(Refusal::Nonce);
        }
        let TokenDue {
            channel,
            terms,
            index,
        } = self.due;
        match status {
            0 => Ok(Acked::Yes(Next::after(channel, terms, index + 1))),
            1 => Ok(Acked::Again(TokenDue {
                channel,
                terms,
                index,
            })),
            _ => Err(Refusal::Encoding),
        }
    }
}

/// Every token is acknowledged.
pub struct Complete {
    channel: Channel,
    terms: Terms,
}

impl Complete {
    /// Makes Msg.3-1, after the vault has released PTK. `payee` is what the payee is called in the
    /// payment's session, `covers` are those of all entries ([`crate::hand_over::cover`]).
    #[must_use]
    pub fn release(
        mut self,
        ptk: &Zeroizing<[u8; 16]>,
        payee: &Pseudonym,
        covers: &[[u8; 32]],
    ) -> (AwaitReceipt, Vec<u8>) {
        let content = release_content(
            self.channel.chain.profile(),
            &self.terms,
            &self.channel.transcript,
            ptk,
            payee,
            &self.channel.partner_attestation,
            covers,
        );
        let mut body = Zeroizing::new(ptk.to_vec());
        body.extend_from_slice(&u32::from(self.terms.count).to_be_bytes());
        body.extend_from_slice(&self.terms.session);
        body.extend_from_slice(&self.channel.signing.sign(&content));
        let frame = self.channel.chain.seal(Kind::Release, &body);
        let state = AwaitReceipt {
            channel: self.channel,
            terms: self.terms,
        };
        (state, frame)
    }
}

/// Msg.3-1 is sent.
pub struct AwaitReceipt {
    channel: Channel,
    terms: Terms,
}

/// What Msg.3-2 said.
pub enum Received {
    /// The payee holds key and tokens durably.
    Yes(Ready),
    /// The payee refused the whole payment.
    No(Ready),
}

impl AwaitReceipt {
    /// Takes Msg.3-2.
    ///
    /// # Errors
    /// When it is not the receipt for this payment.
    pub fn on_receipt(mut self, frame: &[u8]) -> Result<Received, Refusal> {
        let plain = self.channel.chain.open(Kind::Receipt, frame)?;
        let mut reader = Reader::new(&plain);
        let status = reader.byte()?;
        let count = reader.u32()?;
        reader.end()?;
        if count != u32::from(self.terms.count) {
            return Err(Refusal::Terms);
        }
        match status {
            0 => Ok(Received::Yes(Ready(self.channel))),
            1 => Ok(Received::No(Ready(self.channel))),
            _ => Err(Refusal::Encoding),
        }
    }
}

/// Msg.R-1 is sent.
pub struct Resuming {
    channel: Channel,
    terms: Terms,
}

/// What Msg.R-2 said.
pub enum Standing {
    /// The partner is not the payee of that session.
    Stranger(Ready),
    /// The payee of that session has no record of it: it never began, or it has ended.
    Unknown(Ready),
    /// The payee waits for a token or for PTK.
    Receiving(Next),
    /// The payee holds PTK and all tokens durably.
    Keyed(Ready),
}

impl Resuming {
    /// Takes Msg.R-2; `payee` is what the payee was called in that session.
    ///
    /// # Errors
    /// When the answer makes no sense.
    pub fn on_standing(mut self, frame: &[u8], payee: &Pseudonym) -> Result<Standing, Refusal> {
        let plain = self.channel.chain.open(Kind::Standing, frame)?;
        let mut reader = Reader::new(&plain);
        let status = reader.byte()?;
        let have = reader.u16()?;
        let proof: Pseudonym = reader.take()?;
        reader.end()?;
        if have > self.terms.count {
            return Err(Refusal::Terms);
        }
        if !same(&proof, payee) {
            return Ok(Standing::Stranger(Ready(self.channel)));
        }
        match status {
            0 => Ok(Standing::Unknown(Ready(self.channel))),
            1 => Ok(Standing::Receiving(Next::after(
                self.channel,
                self.terms,
                have,
            ))),
            2 => Ok(Standing::Keyed(Ready(self.channel))),
            _ => Err(Refusal::Encoding),
        }
    }
}

/// Msg.R-3 or R-5 is sent.
pub struct Asking(Channel);

/// What Msg.R-4 said.
pub enum Left {
    /// Nothing is left over.
    Nothing(Ready),
    /// The payee has this session left over and wants to know about it.
    Session(Verdict),
}

impl Asking {
    /// Takes Msg.R-4.
    ///
    /// # Errors
    /// When it is not one.
    pub fn on_leftover(mut self, frame: &[u8]) -> Result<Left, Refusal> {
        let plain = self.0.chain.open(Kind::Leftover, frame)?;
        let mut reader = Reader::new(&plain);
        let present = reader.byte()?;
        let session = reader.take()?;
        reader.end()?;
        match present {
            0 => Ok(Left::Nothing(Ready(self.0))),
            1 => Ok(Left::Session(Verdict {
                channel: self.0,
                session,
            })),
            _ => Err(Refusal::Encoding),
        }
    }
}

/// A session about which the payee asks.
pub struct Verdict {
    channel: Channel,
    session: SessionId,
}

impl Verdict {
    /// The session.
    #[must_use]
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// Makes Msg.R-5. `gone`: we have no record of it, and this is what we were called in it, had
    /// we been its payer.
    #[must_use]
    pub fn answer(mut self, gone: Option<Pseudonym>) -> (Asking, Vec<u8>) {
        let mut body = vec![u8::from(gone.is_some())];
        body.extend_from_slice(&gone.unwrap_or_default());
        let frame = self.channel.chain.seal(Kind::Verdict, &body);
        (Asking(self.channel), frame)
    }
}
