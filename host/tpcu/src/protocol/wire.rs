//! What stands in a frame: header, kinds of message, and a reader that never panics.

use std::fmt;

/// Header of every frame: role of the sender, kind, n as 4 bytes big endian.
pub const HEADER: usize = 6;
/// The longest frame a mailbox takes.
pub const MAX_FRAME: usize = 512;

/// Who pays and who is paid. The payer hosts the link.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Role {
    /// A in the paper.
    Payer,
    /// B in the paper.
    Payee,
}

impl Role {
    /// Code on the wire and in the log.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Payer => 0xA1,
            Self::Payee => 0xB2,
        }
    }

    /// From the code; `None` when unknown.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        match code {
            0xA1 => Some(Self::Payer),
            0xB2 => Some(Self::Payee),
            _ => None,
        }
    }

    /// The partner's role.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Payer => Self::Payee,
            Self::Payee => Self::Payer,
        }
    }
}

/// Kinds of message, numbered like the paper's.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[repr(u8)]
pub enum Kind {
    /// Msg.1-1: nonce and ephemeral key of the payer.
    Hello = 0x11,
    /// Msg.1-2: nonce, ephemeral key and attestation of the payee.
    Challenge = 0x12,
    /// Msg.1-3: attestation of the payer.
    Proof = 0x13,
    /// Msg.1-4: the payee is satisfied.
    Accepted = 0x14,
    /// Msg.2-1: amount and number of tokens.
    Request = 0x21,
    /// Msg.2-2: agreement.
    Agreement = 0x22,
    /// Msg.2-3: counter, nonce and hash of the ciphertext on the data bus.
    Token = 0x23,
    /// Msg.2-4: acknowledgement of one token.
    TokenAck = 0x24,
    /// Msg.3-1: PTK.
    Release = 0x31,
    /// Msg.3-2: the payee holds the tokens.
    Receipt = 0x32,
    /// FIN.
    Fin = 0x3F,
    /// Resumption: the payer names an interrupted session.
    Resume = 0x41,
    /// Resumption: where the payee stands.
    Standing = 0x42,
    /// Resumption: the payer asks for sessions that the payee has left over.
    Ask = 0x43,
    /// Resumption: the payee names one, or none.
    Leftover = 0x44,
    /// Resumption: what the payer knows about it.
    Verdict = 0x45,
}

impl Kind {
    const ALL: [Self; 16] = [
        Self::Hello,
        Self::Challenge,
        Self::Proof,
        Self::Accepted,
        Self::Request,
        Self::Agreement,
        Self::Token,
        Self::TokenAck,
        Self::Release,
        Self::Receipt,
        Self::Fin,
        Self::Resume,
        Self::Standing,
        Self::Ask,
        Self::Leftover,
        Self::Verdict,
    ];

    /// Code on the wire.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }

    /// Kind that a frame says it is; not authenticated.
    #[must_use]
    pub fn of(frame: &[u8]) -> Option<Self> {
        let code = *frame.get(1)?;
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// Name in the paper's manner.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Hello => "Msg.1-1",
            Self::Challenge => "Msg.1-2",
            Self::Proof => "Msg.1-3",
            Self::Accepted => "Msg.1-4",
            Self::Request => "Msg.2-1",
            Self::Agreement => "Msg.2-2",
            Self::Token => "Msg.2-3",
            Self::TokenAck => "Msg.2-4",
            Self::Release => "Msg.3-1",
            Self::Receipt => "Msg.3-2",
            Self::Fin => "FIN",
            Self::Resume => "Msg.R-1",
            Self::Standing => "Msg.R-2",
            Self::Ask => "Msg.R-3",
            Self::Leftover => "Msg.R-4",
            Self::Verdict => "Msg.R-5",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a message of the partner's was refused. Nothing has changed then, except that this session
/// is over.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Refusal {
    /// Too short, too long, or bytes left over.
    Length,
    /// Not the message that is due: kind, sender, number or counter.
    Order,
    /// The authentication tag is wrong.
    Tag,
    /// Another version or profile of the protocol.
    Version,
    /// Not a point of the curve, or an unknown code.
    Encoding,
    /// The partner's attestation is not the signature of a wallet of this authority over this session.
    Attestation,
    /// The registers that the partner attests are not in the list of reference values.
    Registers,
    /// The partner's credential is zero, which would fulfil every equation.
    ZeroCredential,
    /// The authority did not make the partner's credential.
    Credential,
    /// The partner's credential is of another epoch.
    Epoch,
    /// The partner's attestation key is revoked.
    Revoked,
    /// N' is not the confirmation of our nonce.
    Nonce,
    /// The signature of Msg.3-1 is not the session key's.
    Signature,
    /// Amount, number of tokens or session differ from what was agreed.
    Terms,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Length => "message of a wrong length",
            Self::Order => "message out of order",
            Self::Tag => "message was changed on its way",
            Self::Version => "partner speaks another version or profile",
            Self::Encoding => "message with an impossible field",
            Self::Attestation => {
                "partner is not an authentic wallet: its attestation is not of this session and authority"
            }
            Self::Registers => {
                "partner is not an authentic wallet: its registers are not on the list"
            }
            Self::ZeroCredential => "partner is not an authentic wallet: its credential is zero",
            Self::Credential => {
                "partner is not an authentic wallet: the authority did not make its credential"
            }
            Self::Epoch => "partner's credential is of another epoch",
            Self::Revoked => "partner's attestation key is revoked",
            Self::Nonce => "partner did not confirm the nonce",
            Self::Signature => "signature of the release is wrong",
            Self::Terms => "partner departs from what was agreed",
        })
    }
}

impl std::error::Error for Refusal {}

/// Takes fields off the front of a message.
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn take<const N: usize>(&mut self) -> Result<[u8; N], Refusal> {
        let (head, tail) = self.0.split_first_chunk::<N>().ok_or(Refusal::Length)?;
        self.0 = tail;
        Ok(*head)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, Refusal> {
        Ok(self.take::<1>()?[0])
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Refusal> {
        Ok(u16::from_be_bytes(self.take()?))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Refusal> {
        Ok(u32::from_be_bytes(self.take()?))
    }

    pub(crate) fn end(self) -> Result<(), Refusal> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Refusal::Length)
        }
    }
}
