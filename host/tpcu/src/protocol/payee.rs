//! The payee's states of Stages 2 and 3 and of resumption.

use zeroize::Zeroizing;

use super::stage1::{Channel, Pseudonym, SessionId};
use super::wire::{Kind, Reader, Refusal, Role};
use super::{Claim, Decline, Terms, release_content};
use crate::hand_over::{HandOver, cover};
use crate::token::TOKEN_BYTES;

/// Stage 1 is done, the payer's next request is awaited.
pub struct Ready(Channel);

/// What the payer wants.
pub enum Request {
    /// Msg.2-1: a payment.
    Pay(Offered),
    /// Msg.R-1: an interrupted payment.
    Resume(Claimed),
    /// Msg.R-3: sessions that are left over here.
    Leftovers(Listing),
    /// FIN: this session is over; `more` tells that another request follows.
    Fin {
        /// The state to wait in for the next request.
        ready: Ready,
        /// Session that is over; zeros if there was none.
        session: SessionId,
        /// Another request follows in this mount.
        more: bool,
    },
}

impl Ready {
    /// From a finished Stage 1 as payee.
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

    /// Takes Msg.2-1, R-1, R-3 or FIN.
    ///
    /// # Errors
    /// When it is none of them.
    pub fn on_request(mut self, frame: &[u8]) -> Result<Request, Refusal> {
        let kind = Kind::of(frame).ok_or(Refusal::Order)?;
        match kind {
            Kind::Request | Kind::Resume | Kind::Ask | Kind::Fin => {}
            _ => return Err(Refusal::Order),
        }
        let plain = self.0.chain.open(kind, frame)?;
        let mut reader = Reader::new(&plain);
        let request = match kind {
            Kind::Request => {
                let terms = Terms::read(&mut reader)?;
                let nonce = reader.take()?;
                Request::Pay(Offered {
                    channel: self.0,
                    terms,
                    nonce,
                })
            }
            Kind::Resume => {
                let claim = Claim {
                    terms: Terms::read(&mut reader)?,
                    progress: reader.u16()?,
                    phase: reader.byte()?,
                    proof: reader.take()?,
                };
                Request::Resume(Claimed {
                    channel: self.0,
                    claim,
                })
            }
            Kind::Ask => Request::Leftovers(Listing(self.0)),
            _ => Request::Fin {
                ready: self,
                session: reader.take()?,
                more: reader.byte()? != 0,
            },
        };
        reader.end()?;
        Ok(request)
    }
}

/// Msg.2-1 has come.
pub struct Offered {
    channel: Channel,
    terms: Terms,
    nonce: [u8; 16],
}

impl Offered {
    /// What the payer offers.
    #[must_use]
    pub fn terms(&self) -> Terms {
        self.terms
    }

    fn answer(&mut self, status: u8) -> Vec<u8> {
        let chain = &mut self.channel.chain;
        let mut body = vec![status];
        body.extend_from_slice(&chain.confirmation(&self.nonce, 0, Role::Payee));
        chain.seal(Kind::Agreement, &body)
    }

    /// Makes Msg.2-2 that agrees.
    #[must_use]
    pub fn accept(mut self) -> (Awaiting, Vec<u8>) {
        let frame = self.answer(0);
        (Awaiting::after(self.channel, self.terms, 0), frame)
    }

    /// Makes Msg.2-2 that declines.
    #[must_use]
    pub fn decline(mut self, why: Decline) -> (Ready, Vec<u8>) {
        // 0 would agree.
        let frame = self.answer(why.code().max(1));
        (Ready(self.channel), frame)
    }
}

/// What the payee waits for in a payment.
pub enum Awaiting {
    /// Msg.2-3.
    Token(AwaitToken),
    /// Msg.3-1.
    Release(AwaitRelease),
}

impl Awaiting {
    fn after(channel: Channel, terms: Terms, have: u16) -> Self {
        if have < terms.count {
            Self::Token(AwaitToken {
                channel,
                terms,
                index: have,
            })
        } else {
            Self::Release(AwaitRelease { channel, terms })
        }
    }
}

/// Waits for Msg.2-3 of the token with this index.
pub struct AwaitToken {
    channel: Channel,
    terms: Terms,
    index: u16,
}

impl AwaitToken {
    /// Index of the token that is due, from 0.
    #[must_use]
    pub fn index(&self) -> u16 {
        self.index
    }

    /// Takes Msg.2-3.
    ///
    /// # Errors
    /// When it is not that of the token that is due.
    pub fn on_token(mut self, frame: &[u8]) -> Result<TokenSaid, Refusal> {
        let plain = self.channel.chain.open(Kind::Token, frame)?;
        let mut reader = Reader::new(&plain);
        let count = reader.u32()?;
        let nonce = reader.take()?;
        let digest = reader.take()?;
        reader.end()?;
        if count != u32::from(self.index) + 1 {
            return Err(Refusal::Order);
        }
        Ok(TokenSaid {
            wait: self,
            nonce,
            digest,
        })
    }
}

/// Msg.2-3 has come; the bytes on the data bus are to be checked against it.
pub struct TokenSaid {
    wait: AwaitToken,
    nonce: [u8; 16],
    digest: [u8; 32],
}

impl TokenSaid {
    /// The profile's hash of the 96 bytes of ciphertext, as the payer's.
    #[must_use]
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    fn answer(&mut self, status: u8) -> Vec<u8> {
        let chain = &mut self.wait.channel.chain;
        let count = u32::from(self.wait.index) + 1;
        let mut body = count.to_be_bytes().to_vec();
        body.extend_from_slice(&chain.confirmation(&self.nonce, count, Role::Payee));
        body.push(status);
        chain.seal(Kind::TokenAck, &body)
    }

    /// Makes Msg.2-4, once the entry is durable and logged.
    #[must_use]
    pub fn ack(mut self) -> (Awaiting, Vec<u8>) {
        let frame = self.answer(0);
        let AwaitToken {
            channel,
            terms,
            index,
        } = self.wait;
        (Awaiting::after(channel, terms, index + 1), frame)
    }

    /// Makes Msg.2-4 that asks for the same token again.
    #[must_use]
    pub fn again(mut self) -> (AwaitToken, Vec<u8>) {
        let frame = self.answer(1);
        (self.wait, frame)
    }
}

/// Waits for Msg.3-1.
pub struct AwaitRelease {
    channel: Channel,
    terms: Terms,
}

impl AwaitRelease {
    /// Takes Msg.3-1. `own` is what this wallet is called in the payment's session, `sealed` the
    /// ciphertext of all entries.
    ///
    /// # Errors
    /// When it is not of this payment and these entries, or not signed by the payer's session key.
    pub fn on_release(
        mut self,
        frame: &[u8],
        own: &Pseudonym,
        sealed: &[[u8; TOKEN_BYTES]],
    ) -> Result<Released, Refusal> {
        let plain = self.channel.chain.open(Kind::Release, frame)?;
        let mut reader = Reader::new(&plain);
        let ptk = Zeroizing::new(reader.take::<16>()?);
        let count = reader.u32()?;
        let session: SessionId = reader.take()?;
        let signature = reader.take()?;
        reader.end()?;
        if count != u32::from(self.terms.count) || session != self.terms.session {
            return Err(Refusal::Terms);
        }
        let content = release_content(
            self.channel.chain.profile(),
            &self.terms,
            &self.channel.transcript,
            &ptk,
            own,
            &self.channel.own_attestation,
            &sealed.iter().map(cover).collect::<Vec<_>>(),
        );
        if !self.channel.partner_signer.verify(&content, &signature) {
            return Err(Refusal::Signature);
        }
        let hand_over = HandOver::new(&self.channel, self.terms, own, &ptk, &signature, sealed);
        Ok(Released {
            channel: self.channel,
            terms: self.terms,
            ptk,
            hand_over,
        })
    }
}

/// PTK has come; the tokens are to be checked with it.
pub struct Released {
    channel: Channel,
    terms: Terms,
    ptk: Zeroizing<[u8; 16]>,
    hand_over: HandOver,
}

impl Released {
    /// The key of this payment's tokens.
    #[must_use]
    pub fn ptk(&self) -> &Zeroizing<[u8; 16]> {
        &self.ptk
    }

    /// What proves the payment: to be kept once the tokens are checked.
    #[must_use]
    pub fn hand_over(&self) -> &HandOver {
        &self.hand_over
    }

    fn answer(mut self, status: u8) -> (Ready, Vec<u8>) {
        let mut body = vec![status];
        body.extend_from_slice(&u32::from(self.terms.count).to_be_bytes());
        let frame = self.channel.chain.seal(Kind::Receipt, &body);
        (Ready(self.channel), frame)
    }

    /// Makes Msg.3-2, once the key is durable.
    #[must_use]
    pub fn receipt(self) -> (Ready, Vec<u8>) {
        self.answer(0)
    }

    /// Makes Msg.3-2 that refuses the whole payment.
    #[must_use]
    pub fn refuse(self) -> (Ready, Vec<u8>) {
        self.answer(1)
    }
}

/// Msg.R-1 has come.
pub struct Claimed {
    channel: Channel,
    claim: Claim,
}

impl Claimed {
    /// What the payer says.
    #[must_use]
    pub fn claim(&self) -> &Claim {
        &self.claim
    }

    fn answer(&mut self, status: u8, have: u16, proof: &Pseudonym) -> Vec<u8> {
        let mut body = vec![status];
        body.extend_from_slice(&have.to_be_bytes());
        body.extend_from_slice(proof);
        self.channel.chain.seal(Kind::Standing, &body)
    }

    /// Makes Msg.R-2: no record of that session. `proof` is what we were called in it, had we been
    /// its payee.
    #[must_use]
    pub fn unknown(mut self, proof: &Pseudonym) -> (Ready, Vec<u8>) {
        let frame = self.answer(0, 0, proof);
        (Ready(self.channel), frame)
    }

    /// Makes Msg.R-2: `have` tokens are here, go on with the next.
    #[must_use]
    pub fn standing(mut self, have: u16, proof: &Pseudonym) -> (Awaiting, Vec<u8>) {
        let have = have.min(self.claim.terms.count);
        let frame = self.answer(1, have, proof);
        (Awaiting::after(self.channel, self.claim.terms, have), frame)
    }

    /// Makes Msg.R-2: key and tokens are here.
    #[must_use]
    pub fn keyed(mut self, proof: &Pseudonym) -> (Ready, Vec<u8>) {
        let frame = self.answer(2, self.claim.terms.count, proof);
        (Ready(self.channel), frame)
    }
}

/// Msg.R-3 or R-5 has come; an answer is due.
pub struct Listing(Channel);

impl Listing {
    /// Makes Msg.R-4 that names a session.
    #[must_use]
    pub fn leftover(mut self, session: &SessionId) -> (AwaitVerdict, Vec<u8>) {
        let mut body = vec![1];
        body.extend_from_slice(session);
        let frame = self.0.chain.seal(Kind::Leftover, &body);
        (AwaitVerdict(self.0), frame)
    }

    /// Makes Msg.R-4 that names none.
    #[must_use]
    pub fn nothing(mut self) -> (Ready, Vec<u8>) {
        let frame = self.0.chain.seal(Kind::Leftover, &[0; 33]);
        (Ready(self.0), frame)
    }
}

/// Msg.R-4 named a session.
pub struct AwaitVerdict(Channel);

impl AwaitVerdict {
    /// Takes Msg.R-5: `Some` when the partner says that it has no record of the session and proves,
    /// by this name, who it was in it.
    ///
    /// # Errors
    /// When it is not one.
    pub fn on_verdict(mut self, frame: &[u8]) -> Result<(Listing, Option<Pseudonym>), Refusal> {
        let plain = self.0.chain.open(Kind::Verdict, frame)?;
        let mut reader = Reader::new(&plain);
        let gone = reader.byte()?;
        let proof = reader.take()?;
        reader.end()?;
        Ok((Listing(self.0), (gone == 1).then_some(proof)))
    }
}
