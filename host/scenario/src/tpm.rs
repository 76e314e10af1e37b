//! A wallet's TPM on its internal LPC bus, beside the wallet.

use opera_sim::{Pair, Responder, Side, WalletBus};
use opera_tpm::{Tis, TisError, TisLimits, TpmError, Transport};

/// Which way the TPCUs of a mount reach TPMs of their own.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum TpmWay {
    /// Not over any bus.
    #[default]
    Direct,
    /// Over the internal LPC bus, as on the paper's board: [`LpcTransport`].
    Lpc,
}

/// Waits for a simulated chip, in clocks. The TPM behind it answers between two of them, and the
/// longest response takes 4,096 to reach the chip.
pub const TIS_LIMITS: TisLimits = TisLimits {
    register: 2_000,
    command: 20_000,
};

/// Longest exchange, in clocks: 13 a byte both ways and all waits, several times over.
const EXCHANGE_LIMIT: u64 = 1_000_000;

/// A TPM behind the chip, over a transport of its own. What its transport says when it fails cannot be
/// seen on the bus: the chip just does not answer.
struct Behind<T>(T);

impl<T: Transport> Responder for Behind<T> {
    fn respond(&mut self, command: &[u8]) -> Option<Vec<u8>> {
        self.0.exchange("behind the TPM chip", command).ok()
    }
}

/// The way of a TPCU to its TPM over the internal LPC bus: TPM cycles to the chip in `rtl/tpm_tis.v`.
///
/// A command keeps its TPCU busy until the response is there, and the TPCU of the other wallet, which is not
/// asked meanwhile; the clocks of both wallets go on.
pub struct LpcTransport {
    pair: Pair,
    side: Side,
    tis: Tis<WalletBus>,
}

impl LpcTransport {
    /// Puts a TPM behind the chip of this wallet, and goes there over its bus.
    pub fn new(pair: &Pair, side: Side, tpm: impl Transport + 'static) -> Self {
        pair.set_tpm(side, Box::new(Behind(tpm)));
        Self {
            pair: pair.clone(),
            side,
            tis: Tis::new(pair.bus(side), TIS_LIMITS),
        }
    }
}

impl Drop for LpcTransport {
    /// The TPM behind the chip goes with the way to it: whoever holds the way holds its power.
    fn drop(&mut self) {
        self.pair.remove_tpm(self.side);
    }
}

impl Transport for LpcTransport {
    fn exchange(&mut self, name: &'static str, command: &[u8]) -> Result<Vec<u8>, TpmError> {
        let done = self
            .pair
            .block_on(self.side, EXCHANGE_LIMIT, self.tis.exchange(command));
        match done {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(source)) => Err(TpmError::Chip {
                command: name,
                source,
            }),
            // A bus that makes every cycle wait.
            Err(_) => Err(TpmError::Chip {
                command: name,
                source: TisError::NoResponse {
                    waited: EXCHANGE_LIMIT,
                },
            }),
        }
    }
}
