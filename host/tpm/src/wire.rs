//! Commands and responses as bytes.

use crate::error::TpmError;

const TAG_NO_SESSIONS: u16 = 0x8001;
const TAG_SESSIONS: u16 = 0x8002;
/// TPM_RS_PW: authorisation by a password, here the empty one.
pub(crate) const PASSWORD: u32 = 0x4000_0009;

/// Bytes behind their number in two bytes (TPM2B).
pub(crate) fn sized(bytes: &[u8]) -> Vec<u8> {
    // Everything here is far below 64 KiB.
    let mut out = (bytes.len() as u16).to_be_bytes().to_vec();
    out.extend_from_slice(bytes);
    out
}

/// A command: code, handles, the sessions that authorise them, parameters.
pub(crate) fn command(code: u32, handles: &[u32], sessions: &[u32], parameters: &[u8]) -> Vec<u8> {
    let mut body = Vec::with_capacity(512);
    for handle in handles {
        body.extend_from_slice(&handle.to_be_bytes());
    }
    let tag = if sessions.is_empty() {
        TAG_NO_SESSIONS
    } else {
        // Each: handle, no nonce, continueSession, no HMAC.
        body.extend_from_slice(&(9 * sessions.len() as u32).to_be_bytes());
        for session in sessions {
            body.extend_from_slice(&session.to_be_bytes());
            body.extend_from_slice(&[0, 0, 1, 0, 0]);
        }
        TAG_SESSIONS
    };
    body.extend_from_slice(parameters);
    let mut out = tag.to_be_bytes().to_vec();
    out.extend_from_slice(&(10 + body.len() as u32).to_be_bytes());
    out.extend_from_slice(&code.to_be_bytes());
    out.extend_from_slice(&body);
    out
}

/// A response, taken apart from front to back.
pub(crate) struct Response {
    name: &'static str,
    bytes: Vec<u8>,
    at: usize,
}

impl Response {
    /// Checks header and response code.
    pub(crate) fn new(name: &'static str, bytes: Vec<u8>) -> Result<Self, TpmError> {
        let mut response = Self { name, bytes, at: 0 };
        let tag = response.u16()?;
        let size = response.u32()?;
        let code = response.u32()?;
        if size as usize != response.bytes.len()
            || ![TAG_NO_SESSIONS, TAG_SESSIONS, 0x00C4].contains(&tag)
        {
            return Err(response.malformed());
        }
        if code != 0 {
            return Err(TpmError::Refused {
                command: name,
                code,
            });
        }
        Ok(response)
    }

    pub(crate) fn malformed(&self) -> TpmError {
        TpmError::Malformed { command: self.name }
    }

    pub(crate) fn take(&mut self, n: usize) -> Result<&[u8], TpmError> {
        let end = self.at.saturating_add(n);
        if end > self.bytes.len() {
            return Err(self.malformed());
        }
        let from = self.at;
        self.at = end;
        Ok(&self.bytes[from..end])
    }

    pub(crate) fn u16(&mut self) -> Result<u16, TpmError> {
        let bytes = self.take(2)?;
        Ok(u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, TpmError> {
        let bytes = self.take(4)?;
        Ok(u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    pub(crate) fn sized(&mut self) -> Result<Vec<u8>, TpmError> {
        let n = self.u16()?;
        Ok(self.take(n.into())?.to_vec())
    }

    /// A number in at most `N` bytes, left padded to `N`.
    pub(crate) fn number<const N: usize>(&mut self) -> Result<[u8; N], TpmError> {
        let bytes = self.sized()?;
        let mut out = [0; N];
        let Some(pad) = N.checked_sub(bytes.len()) else {
            return Err(self.malformed());
        };
        out[pad..].copy_from_slice(&bytes);
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn get_random_is_the_command_of_the_specification() {
        assert_eq!(
            command(0x17B, &[], &[], &[0, 8]),
            [0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x7B, 0, 8]
        );
    }

    #[test]
    fn short_long_and_refusing_responses_are_named() {
        let ok = [0x80, 1, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0].to_vec();
        assert!(Response::new("x", ok.clone()).is_ok());
        for cut in 0..12 {
            let result = Response::new("x", ok[..cut].to_vec());
            assert!(matches!(result, Err(TpmError::Malformed { command: "x" })));
        }
        let refusal = [0x80, 1, 0, 0, 0, 10, 0, 0, 1, 0x2F].to_vec();
        let result = Response::new("x", refusal);
        assert!(matches!(result, Err(TpmError::Refused { code: 0x12F, .. })));
        let mut response = Response::new("x", [&ok[..5], &[14, 0, 0, 0, 0, 0, 9, 1, 2]].concat());
        let response = response.as_mut().unwrap();
        assert!(response.sized().is_err(), "nine bytes promised, two there");
    }
}
