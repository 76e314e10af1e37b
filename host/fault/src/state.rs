//! What survives a fault: the nonvolatile content of both wallets, as what differs from the start.

use sha2::{Digest, Sha256};

/// Changed words of the payer and of the payee, in rising order of address.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct State(pub [Vec<(u32, u32)>; 2]);

impl State {
    /// What differs between two memories of the same length.
    #[must_use]
    pub fn between(base: [&[u32]; 2], now: [&[u32]; 2]) -> Self {
        Self([0, 1].map(|n| {
            let words = base[n].iter().zip(now[n]).enumerate();
            words
                .filter(|(_, (old, new))| old != new)
                .map(|(at, (_, new))| (at as u32, *new))
                .collect()
        }))
    }

    /// The memory of wallet `n`, made from what it was at the start.
    #[must_use]
    pub fn apply(&self, base: &[u32], n: usize) -> Vec<u32> {
        let mut words = base.to_vec();
        for (at, word) in &self.0[n] {
            if let Some(place) = words.get_mut(*at as usize) {
                *place = *word;
            }
        }
        words
    }

    /// A name for it: the first 8 bytes of its SHA-256, in hexadecimal digits.
    #[must_use]
    pub fn name(&self) -> String {
        let digest = Sha256::digest(self.to_bytes());
        hex::encode(&digest[..8])
    }

    /// For a pipe: two counts, then address and word of each, little endian.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for side in &self.0 {
            bytes.extend((side.len() as u32).to_le_bytes());
        }
        for (at, word) in self.0.iter().flatten() {
            bytes.extend(at.to_le_bytes());
            bytes.extend(word.to_le_bytes());
        }
        bytes
    }

    /// From what [`to_bytes`](Self::to_bytes) gives; `None` when it is cut short.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut numbers = bytes
            .chunks_exact(4)
            .map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
        let counts = [numbers.next()? as usize, numbers.next()? as usize];
        let mut side = |count| -> Option<Vec<(u32, u32)>> {
            (0..count)
                .map(|_| Some((numbers.next()?, numbers.next()?)))
                .collect()
        };
        Some(Self([side(counts[0])?, side(counts[1])?]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_comes_back_through_a_pipe_and_onto_its_base() {
        let (old, new) = ([1, 2, 3], [1, 9, 3]);
        let state = State::between([&old, &old], [&new, &old]);
        assert_eq!(state.0, [vec![(1, 9)], vec![]]);
        let bytes = state.to_bytes();
        assert_eq!(State::from_bytes(&bytes), Some(state.clone()));
        assert_eq!(State::from_bytes(&bytes[..bytes.len() - 1]), None);
        assert_eq!(state.apply(&old, 0), new);
        assert_eq!(state.apply(&old, 1), old);
    }
}
