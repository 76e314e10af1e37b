//! How the authority splits an amount into tokens.

use std::fmt;

use opera_regs::nv;
use opera_tpcu::choose::{Lot, Plan};

/// Why an amount cannot be charged in one go.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum SplitError {
    /// More tokens than a wallet has repository slots.
    TooMany {
        /// Tokens needed.
        tokens: u64,
    },
    /// The denomination does not divide the amount.
    Remainder {
        /// Amount.
        amount: u32,
        /// Value of each token.
        denomination: u32,
    },
    /// More than an amount can be.
    TooLarge {
        /// Sum of the tokens.
        total: u64,
    },
    /// An amount, a count or a value of 0.
    Nothing,
}

impl fmt::Display for SplitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooMany { tokens } => write!(
                f,
                "that takes {tokens} tokens and a wallet holds {}; choose a larger --denomination",
                nv::SLOTS
            ),
            Self::Remainder {
                amount,
                denomination,
            } => write!(
                f,
                "tokens of {denomination} do not make {amount} exactly; choose a --denomination that divides it"
            ),
            Self::TooLarge { total } => {
                write!(f, "the tokens sum up to {total}, more than {}", u32::MAX)
            }
            Self::Nothing => f.write_str("there is nothing to charge"),
        }
    }
}

impl std::error::Error for SplitError {}

/// Tokens of 10 and, for the rest, of 1: what a charge is made of when nothing else is asked for.
///
/// # Errors
/// When that takes more tokens than a wallet holds.
pub fn split(amount: u32) -> Result<Plan, SplitError> {
    let lots = [(10, u64::from(amount / 10)), (1, u64::from(amount % 10))];
    plan(&lots)
}

/// `count` tokens of `denomination`; the count that makes `amount` when it is not given.
///
/// # Errors
/// When the tokens do not make the amount, or a wallet cannot hold them.
pub fn split_into(amount: u32, count: Option<u16>, denomination: u32) -> Result<Plan, SplitError> {
    let count = match count {
        Some(count) => u64::from(count),
        None if !amount.is_multiple_of(denomination) || denomination == 0 => {
            return Err(SplitError::Remainder {
                amount,
                denomination,
            });
        }
        None => u64::from(amount / denomination),
    };
    plan(&[(denomination, count)])
}

fn plan(lots: &[(u32, u64)]) -> Result<Plan, SplitError> {
    let tokens: u64 = lots.iter().map(|(_, count)| count).sum();
    if tokens > u64::from(nv::SLOTS) {
        return Err(SplitError::TooMany { tokens });
    }
    let total: u64 = lots
        .iter()
        .map(|(value, count)| u64::from(*value) * count)
        .sum();
    if total > u64::from(u32::MAX) {
        return Err(SplitError::TooLarge { total });
    }
    let lots: Vec<Lot> = lots
        .iter()
        .filter(|(value, count)| *value > 0 && *count > 0)
        .map(|(value, count)| Lot {
            value: *value,
            // At most the number of slots, which fits.
            count: *count as u16,
        })
        .collect();
    Plan::new(&lots).ok_or(SplitError::Nothing)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(plan: &Plan) -> Vec<(u32, u16)> {
        plan.lots()
            .iter()
            .map(|lot| (lot.value, lot.count))
            .collect()
    }

    #[test]
    fn tens_and_ones() {
        assert_eq!(shape(&split(20).unwrap()), [(10, 2)]);
        assert_eq!(shape(&split(7).unwrap()), [(1, 7)]);
        assert_eq!(shape(&split(25).unwrap()), [(10, 2), (1, 5)]);
        assert_eq!(split(20_000), Err(SplitError::TooMany { tokens: 2_000 }));
        assert_eq!(split(0), Err(SplitError::Nothing));
    }

    #[test]
    fn one_denomination() {
        assert_eq!(shape(&split_into(20, None, 5).unwrap()), [(5, 4)]);
        assert_eq!(shape(&split_into(20, Some(3), 7).unwrap()), [(7, 3)]);
        assert!(matches!(
            split_into(21, None, 5),
            Err(SplitError::Remainder { .. })
        ));
        assert!(matches!(
            split_into(1, Some(1024), u32::MAX),
            Err(SplitError::TooLarge { .. })
        ));
    }
}
