//! The commands.

use sha1::Sha1;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::credential::WrappedSecret;
use crate::error::TpmError;
use crate::public::selection;
use crate::swtpm::Transport;
use crate::wire::{PASSWORD, Response, command, sized};

const ALG_NULL: u16 = 0x0010;
const ALG_SHA256: u16 = 0x000B;
const ALG_ECDAA: u16 = 0x001A;
const HIERARCHY_NULL: u32 = 0x4000_0007;
const HIERARCHY_ENDORSEMENT: u32 = 0x4000_000B;

/// A bank of platform configuration registers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Bank {
    /// SHA-1, 20 bytes.
    Sha1,
    /// SHA-256, 32 bytes.
    Sha256,
}

impl Bank {
    fn code(self) -> u16 {
        match self {
            Self::Sha1 => 0x0004,
            Self::Sha256 => ALG_SHA256,
        }
    }
}

/// A loaded object.
#[derive(Debug, Eq, PartialEq)]
pub struct Handle(u32);

/// An open policy session.
#[derive(Debug, Eq, PartialEq)]
pub struct Session(u32);

/// A primary key that the TPM derived from its seed.
#[derive(Debug)]
pub struct Created {
    /// The loaded key.
    pub handle: Handle,
    /// Its public area.
    pub public: Vec<u8>,
    /// Its name, by the TPM.
    pub name: Vec<u8>,
}

/// Coordinates of a point, x then y; both empty is the identity, or no point.
pub(crate) type Coordinates = ([u8; 32], [u8; 32]);

/// What `TPM2_Commit` answers; all zeros where nothing was asked for.
pub(crate) struct Committed {
    pub(crate) k: Coordinates,
    pub(crate) l: Coordinates,
    pub(crate) e: Coordinates,
    pub(crate) counter: u16,
}

/// Sends commands to a TPM.
#[derive(Debug)]
pub struct Client<T> {
    transport: T,
}

impl<T: Transport> Client<T> {
    /// A client on this transport; sends nothing.
    pub fn new(transport: T) -> Self {
        Self { transport }
    }

    /// The transport.
    pub fn transport(&mut self) -> &mut T {
        &mut self.transport
    }

    fn run(
        &mut self,
        name: &'static str,
        code: u32,
        handles: &[u32],
        sessions: &[u32],
        parameters: &[u8],
    ) -> Result<Response, TpmError> {
        let command = Zeroizing::new(command(code, handles, sessions, parameters));
        Response::new(name, self.transport.exchange(name, &command)?)
    }

    /// Power-on: registers at their start values, no keys loaded, no sessions.
    ///
    /// # Errors
    /// When the TPM refuses or does not answer.
    pub fn startup(&mut self) -> Result<(), TpmError> {
        let clear = 0u16.to_be_bytes();
        self.run("TPM2_Startup", 0x144, &[], &[], &clear).map(drop)
    }

    /// Orderly end: the TPM writes what it must keep.
    ///
    /// # Errors
    /// When the TPM refuses or does not answer.
    pub fn shutdown(&mut self) -> Result<(), TpmError> {
        let clear = 0u16.to_be_bytes();
        self.run("TPM2_Shutdown", 0x145, &[], &[], &clear).map(drop)
    }

    /// `N` random bytes, at most 32.
    ///
    /// # Errors
    /// When the TPM refuses or does not answer.
    pub fn random<const N: usize>(&mut self) -> Result<[u8; N], TpmError> {
        const { assert!(N <= 32, "TPMs give at most one hash at a time") };
        let count = (N as u16).to_be_bytes();
        let mut response = self.run("TPM2_GetRandom", 0x17B, &[], &[], &count)?;
        let bytes = response.sized()?;
        bytes.try_into().map_err(|_| response.malformed())
    }

    /// Extends a register of both banks with the hash of an event.
    ///
    /// # Errors
    /// When the TPM refuses or does not answer.
    pub fn extend(&mut self, pcr: u8, event: &[u8]) -> Result<(), TpmError> {
        let mut values = 2u32.to_be_bytes().to_vec();
        values.extend_from_slice(&Bank::Sha1.code().to_be_bytes());
        values.extend_from_slice(&Sha1::digest(event));
        values.extend_from_slice(&Bank::Sha256.code().to_be_bytes());
        values.extend_from_slice(&Sha256::digest(event));
        self.run(
            "TPM2_PCR_Extend",
            0x182,
            &[pcr.into()],
            &[PASSWORD],
            &values,
        )
        .map(drop)
    }

    /// Reads a register below 24: 20 or 32 bytes.
    ///
    /// # Errors
    /// When the TPM refuses or does not answer.
    pub fn pcr(&mut self, bank: Bank, pcr: u8) -> Result<Vec<u8>, TpmError> {
        let mut selection = [0, 0, 0, 1, 0, 0, 3, 0, 0, 0];
        selection[4..6].copy_from_slice(&bank.code().to_be_bytes());
        selection[7 + usize::from(pcr / 8 % 3)] = 1 << (pcr % 8);
        let mut response = self.run("TPM2_PCR_Read", 0x17E, &[], &[], &selection)?;
        response.take(4)?; // update counter
        // A bank that the TPM does not have comes back unselected.
        if response.take(10)? != selection || response.u32()? != 1 {
            return Err(response.malformed());
        }
        response.sized()
    }

    /// Derives a primary key of the endorsement hierarchy from its template: the same template
    /// gives the same key in the same TPM, so that nothing needs to be stored.
    ///
    /// # Errors
    /// When the TPM refuses or does not answer.
    pub fn create_primary(&mut self, template: &[u8]) -> Result<Created, TpmError> {
        let mut parameters = sized(&[0; 4]); // no password, no data
        parameters.extend_from_slice(&sized(template));
        parameters.extend_from_slice(&[0; 6]); // no outside info, no creation PCRs
        let sessions = [PASSWORD];
        let handles = [HIERARCHY_ENDORSEMENT];
        let name = "TPM2_CreatePrimary";
        let mut response = self.run(name, 0x131, &handles, &sessions, &parameters)?;
        let handle = Handle(response.u32()?);
        response.u32()?; // size of the parameters
        let public = response.sized()?;
        response.sized()?; // creation data
        response.sized()?; // its hash
        response.take(6)?; // tag and hierarchy of its ticket
        response.sized()?; // its ticket
        let name = response.sized()?;
        Ok(Created {
            handle,
            public,
            name,
        })
    }

    /// Unloads a key.
    ///
    /// # Errors
    /// When the TPM refuses or does not answer.
    pub fn flush(&mut self, handle: Handle) -> Result<(), TpmError> {
        self.flush_number(handle.0)
    }

    /// Ends a session.
    ///
    /// # Errors
    /// When the TPM refuses or does not answer.
    pub fn end(&mut self, session: Session) -> Result<(), TpmError> {
        self.flush_number(session.0)
    }

    fn flush_number(&mut self, number: u32) -> Result<(), TpmError> {
        let parameters = number.to_be_bytes();
        self.run("TPM2_FlushContext", 0x165, &[], &[], &parameters)
            .map(drop)
    }

    /// Opens a policy session, unbound and unsalted: the bus to the TPM is inside the package.
    ///
    /// # Errors
    /// When the TPM refuses or does not answer.
    pub fn policy_session(&mut self) -> Result<Session, TpmError> {
        let nonce = self.random::<16>()?;
        let mut parameters = sized(&nonce);
        parameters.extend_from_slice(&[0, 0]); // no salt
        parameters.push(1); // policy
        parameters.extend_from_slice(&ALG_NULL.to_be_bytes());
        parameters.extend_from_slice(&ALG_SHA256.to_be_bytes());
        let none = [HIERARCHY_NULL; 2];
        let mut response = self.run("TPM2_StartAuthSession", 0x176, &none, &[], &parameters)?;
        Ok(Session(response.u32()?))
    }

    /// Proves the present state of the attested registers to a session.
    ///
    /// # Errors
    /// When the TPM refuses or does not answer.
    pub fn policy_pcr(&mut self, session: &Session) -> Result<(), TpmError> {
        let mut parameters = vec![0, 0]; // whatever the registers are now
        parameters.extend_from_slice(&selection());
        self.run("TPM2_PolicyPCR", 0x17F, &[session.0], &[], &parameters)
            .map(drop)
    }

    /// Proves the empty password of the endorsement hierarchy to a session.
    ///
    /// # Errors
    /// When the TPM refuses or does not answer.
    pub fn policy_endorsement(&mut self, session: &Session) -> Result<(), TpmError> {
        let handles = [HIERARCHY_ENDORSEMENT, session.0];
        let parameters = [0; 10]; // no nonce, no command, no reference, no expiry
        let name = "TPM2_PolicySecret";
        self.run(name, 0x151, &handles, &[PASSWORD], &parameters)
            .map(drop)
    }

    /// First half of an ECDAA signature.
    pub(crate) fn commit(
        &mut self,
        key: &Handle,
        session: u32,
        p1: &Coordinates,
        basename: Option<(&[u8], &[u8; 32])>,
    ) -> Result<Committed, TpmError> {
        let mut parameters = sized(&[sized(&p1.0), sized(&p1.1)].concat());
        match basename {
            Some((s2, y2)) => {
                parameters.extend_from_slice(&sized(s2));
                parameters.extend_from_slice(&sized(y2));
            }
            None => parameters.extend_from_slice(&[0; 4]),
        }
        let mut response = self.run("TPM2_Commit", 0x18B, &[key.0], &[session], &parameters)?;
        response.u32()?; // size of the parameters
        let mut point = || {
            response.u16()?;
            Ok::<_, TpmError>((response.number()?, response.number()?))
        };
        let (k, l, e) = (point()?, point()?, point()?);
        let counter = response.u16()?;
        Ok(Committed { k, l, e, counter })
    }

    /// Second half of an ECDAA signature: nonceK and s.
    pub(crate) fn sign_ecdaa(
        &mut self,
        key: &Handle,
        session: u32,
        digest: &[u8; 32],
        counter: u16,
    ) -> Result<([u8; 32], [u8; 32]), TpmError> {
        let mut parameters = sized(digest);
        for code in [ALG_ECDAA, ALG_SHA256, counter, 0x8024] {
            parameters.extend_from_slice(&code.to_be_bytes());
        }
        parameters.extend_from_slice(&HIERARCHY_NULL.to_be_bytes());
        parameters.extend_from_slice(&[0, 0]); // no ticket: the key is not restricted
        let mut response = self.run("TPM2_Sign", 0x15D, &[key.0], &[session], &parameters)?;
        response.u32()?; // size of the parameters
        if (response.u16()?, response.u16()?) != (ALG_ECDAA, ALG_SHA256) {
            return Err(response.malformed());
        }
        Ok((response.number()?, response.number()?))
    }

    /// Unwraps a secret that was wrapped for `key` in this TPM.
    pub(crate) fn activate(
        &mut self,
        key: &Handle,
        endorsement: &Handle,
        session: &Session,
        wrapped: &WrappedSecret,
    ) -> Result<Zeroizing<[u8; 32]>, TpmError> {
        let mut parameters = sized(&wrapped.blob);
        parameters.extend_from_slice(&sized(&wrapped.seed));
        let handles = [key.0, endorsement.0];
        let sessions = [PASSWORD, session.0];
        let name = "TPM2_ActivateCredential";
        let mut response = self.run(name, 0x147, &handles, &sessions, &parameters)?;
        response.u32()?; // size of the parameters
        let secret = Zeroizing::new(response.sized()?);
        let mut out = Zeroizing::new([0; 32]);
        if secret.len() != out.len() {
            return Err(response.malformed());
        }
        out.copy_from_slice(&secret);
        Ok(out)
    }

    /// p and order of BN_P256, b, and the generator, as the TPM has them.
    ///
    /// # Errors
    /// When the TPM refuses or does not answer.
    pub fn bn_p256(&mut self) -> Result<[[u8; 32]; 5], TpmError> {
        let curve = 0x0010u16.to_be_bytes();
        let mut response = self.run("TPM2_ECC_Parameters", 0x178, &[], &[], &curve)?;
        response.u16()?; // curve
        response.u16()?; // bits
        for _ in 0..2 {
            // key derivation and signing scheme of the curve, with a hash unless they are null
            if response.u16()? != ALG_NULL {
                response.u16()?;
            }
        }
        let p = response.number()?;
        response.sized()?; // a
        let b = response.number()?;
        let g = [response.number()?, response.number()?];
        let n = response.number()?;
        Ok([p, n, b, g[0], g[1]])
    }
}

impl Session {
    pub(crate) fn number(&self) -> u32 {
        self.0
    }
}
