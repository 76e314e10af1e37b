//! Which tokens to pay with: the fewest that make the amount exactly.

use std::collections::BTreeMap;
use std::fmt;

/// The most different values in one payment; the transaction log has room for so many.
pub const MAX_DENOMINATIONS: usize = 8;
/// Search steps before the search changes to a table.
const MAX_STEPS: u32 = 200_000;
/// Cells of the table before the search is given up.
const MAX_CELLS: usize = 16_000_000;

/// So many tokens of a value.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Lot {
    /// Value of each.
    pub value: u32,
    /// How many.
    pub count: u16,
}

/// The tokens of a payment, highest value first: the order in which they are staged.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Plan(Vec<Lot>);

impl Plan {
    /// A plan of these lots; `None` unless there are 1 to 8 of them, none empty or of value 0, with
    /// falling values, and the total fits.
    #[must_use]
    pub fn new(lots: &[Lot]) -> Option<Self> {
        let falling = lots.windows(2).all(|pair| pair[0].value > pair[1].value);
        let filled = lots.iter().all(|lot| lot.value > 0 && lot.count > 0);
        let count: u64 = lots.iter().map(|lot| u64::from(lot.count)).sum();
        let plan = Self(lots.to_vec());
        let fits = u32::try_from(plan.total()).is_ok() && u16::try_from(count).is_ok();
        (falling && filled && fits && (1..=MAX_DENOMINATIONS).contains(&lots.len())).then_some(plan)
    }

    /// The lots, highest value first.
    #[must_use]
    pub fn lots(&self) -> &[Lot] {
        &self.0
    }

    /// Number of tokens.
    #[must_use]
    pub fn count(&self) -> u16 {
        self.0
            .iter()
            .fold(0_u16, |sum, lot| sum.saturating_add(lot.count))
    }

    /// Sum of the values.
    #[must_use]
    pub fn total(&self) -> u64 {
        total(&self.0)
    }

    /// Value of the token that is staged as number `index`.
    #[must_use]
    pub fn value_of(&self, index: u16) -> Option<u32> {
        let mut left = index;
        for lot in &self.0 {
            if left < lot.count {
                return Some(lot.value);
            }
            left -= lot.count;
        }
        None
    }
}

fn total(lots: &[Lot]) -> u64 {
    lots.iter()
        .map(|lot| u64::from(lot.value) * u64::from(lot.count))
        .sum()
}

/// Why no payment of this amount can be made.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NotPayable {
    /// Amount that was asked for.
    pub amount: u32,
    /// What is held and not promised, highest value first.
    pub held: Vec<Lot>,
    /// Sum of the tokens in the repository that interrupted payments still need.
    pub promised: u64,
    /// What is in the way.
    pub why: Obstacle,
}

/// What is in the way of a payment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Obstacle {
    /// An amount of 0.
    Nothing,
    /// Less is held in all.
    TooLittle,
    /// No set of the tokens held makes the amount exactly.
    NoExactSet,
    /// The bounded search found no set of at most 8 different values.
    SearchLimit,
}

impl fmt::Display for NotPayable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot pay {}: ", self.amount)?;
        match self.why {
            Obstacle::Nothing => f.write_str("the amount is nothing")?,
            Obstacle::TooLittle => f.write_str("the wallet holds less")?,
            Obstacle::NoExactSet => f.write_str("no tokens held make it exactly")?,
            Obstacle::SearchLimit => write!(
                f,
                "found no set of at most {MAX_DENOMINATIONS} different values in bounded search"
            )?,
        }
        write!(f, "; held: {}", total(&self.held))?;
        for (at, lot) in self.held.iter().enumerate() {
            let lead = if at == 0 { " = " } else { " + " };
            write!(f, "{lead}{} x {}", lot.count, lot.value)?;
        }
        if self.promised > 0 {
            let promised = self.promised;
            write!(f, ", and {promised} that interrupted payments need")?;
        }
        Ok(())
    }
}

impl std::error::Error for NotPayable {}

/// The lots that these slots make; 0 is an empty slot.
#[must_use]
pub fn lots(directory: &[u32]) -> Vec<Lot> {
    let mut counts = BTreeMap::<u32, u16>::new();
    for value in directory.iter().filter(|value| **value != 0) {
        let count = counts.entry(*value).or_default();
        *count = count.saturating_add(1);
    }
    let by_value = counts.into_iter().rev();
    by_value
        .map(|(value, count)| Lot { value, count })
        .collect()
}

/// Chooses the fewest tokens that make `amount` exactly.
///
/// # Errors
/// Says what is held, and why it does not do.
pub fn choose(directory: &[u32], amount: u32) -> Result<Plan, NotPayable> {
    let held = lots(directory);
    let fail = |why| NotPayable {
        amount,
        held: held.clone(),
        promised: 0,
        why,
    };
    if amount == 0 {
        return Err(fail(Obstacle::Nothing));
    }
    if total(&held) < u64::from(amount) {
        return Err(fail(Obstacle::TooLittle));
    }
    let mut search = Search::new(&held);
    search.walk(0, amount, 0, 0);
    let counts = match (search.best, search.steps < MAX_STEPS) {
        (Some(best), true) => best,
        // Nothing found although everything was tried: with no limit on different values either?
        (None, true) if held.len() <= MAX_DENOMINATIONS => return Err(fail(Obstacle::NoExactSet)),
        (found, _) => match table(&held, amount) {
            Some(Some(counts)) if used(&counts) <= MAX_DENOMINATIONS => counts,
            Some(None) => return Err(fail(Obstacle::NoExactSet)),
            _ => found.ok_or_else(|| fail(Obstacle::SearchLimit))?,
        },
    };
    let chosen: Vec<Lot> = held
        .iter()
        .zip(&counts)
        .filter(|(_, count)| **count > 0)
        .map(|(lot, count)| Lot {
            value: lot.value,
            count: *count,
        })
        .collect();
    Plan::new(&chosen).ok_or_else(|| fail(Obstacle::SearchLimit))
}

fn used(counts: &[u16]) -> usize {
    counts.iter().filter(|count| **count > 0).count()
}

/// Branch and bound from the highest value down.
struct Search<'a> {
    held: &'a [Lot],
    /// Sum of the lots from here on.
    rest: Vec<u64>,
    /// Greatest common divisor of the values from here on.
    gcd: Vec<u32>,
    now: Vec<u16>,
    best: Option<Vec<u16>>,
    best_count: u32,
    steps: u32,
}

impl<'a> Search<'a> {
    fn new(held: &'a [Lot]) -> Self {
        let mut rest = vec![0; held.len() + 1];
        let mut divisor = vec![0; held.len() + 1];
        for at in (0..held.len()).rev() {
            rest[at] = rest[at + 1] + u64::from(held[at].value) * u64::from(held[at].count);
            divisor[at] = gcd(held[at].value, divisor[at + 1]);
        }
        Self {
            held,
            rest,
            gcd: divisor,
            now: vec![0; held.len()],
            best: None,
            best_count: u32::MAX,
            steps: 0,
        }
    }

    fn walk(&mut self, at: usize, amount: u32, count: u32, kinds: usize) {
        if self.steps >= MAX_STEPS {
            return;
        }
        self.steps += 1;
        if amount == 0 {
            if count < self.best_count {
                self.best_count = count;
                self.best = Some(self.now.clone());
            }
            return;
        }
        if at == self.held.len()
            || kinds == MAX_DENOMINATIONS
            || self.rest[at] < u64::from(amount)
            || !amount.is_multiple_of(self.gcd[at])
        {
            return;
        }
        let Lot { value, count: have } = self.held[at];
        if count + amount.div_ceil(value) >= self.best_count {
            return;
        }
        let most = (amount / value).min(u32::from(have)) as u16;
        for take in (0..=most).rev() {
            self.now[at] = take;
            self.walk(
                at + 1,
                amount - value * u32::from(take),
                count + u32::from(take),
                kinds + usize::from(take > 0),
            );
        }
        self.now[at] = 0;
    }
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Dynamic programming over all amounts: `None` when the table would be too large, `Some(None)`
/// when there is no exact set.
fn table(held: &[Lot], amount: u32) -> Option<Option<Vec<u16>>> {
    let unit = held.iter().fold(0, |unit, lot| gcd(lot.value, unit));
    if !amount.is_multiple_of(unit) {
        return Some(None);
    }
    let goal = usize::try_from(amount / unit).ok()?;
    let width = goal.checked_add(1)?;
    if width.checked_mul(held.len())? > MAX_CELLS {
        return None;
    }
    let mut fewest = vec![u32::MAX; width];
    fewest[0] = 0;
    let mut taken = vec![0_u16; width * held.len()];
    for (at, lot) in held.iter().enumerate() {
        let step = (lot.value / unit) as usize;
        let row = &mut taken[at * width..][..width];
        let before = fewest.clone();
        for residue in 0..step.min(width) {
            // A queue of places on this residue, best first, none more than `count` steps back.
            let mut queue = std::collections::VecDeque::<(usize, i64)>::new();
            for (k, sum) in (residue..width).step_by(step).enumerate() {
                if before[sum] != u32::MAX {
                    let score = i64::from(before[sum]) - k as i64;
                    while queue.back().is_some_and(|&(_, other)| other >= score) {
                        queue.pop_back();
                    }
                    queue.push_back((k, score));
                }
                while queue
                    .front()
                    .is_some_and(|&(from, _)| k - from > usize::from(lot.count))
                {
                    queue.pop_front();
                }
                if let Some(&(from, _)) = queue.front() {
                    let take = k - from;
                    fewest[sum] = before[sum - take * step] + take as u32;
                    row[sum] = take as u16;
                }
            }
        }
    }
    if fewest[goal] == u32::MAX {
        return Some(None);
    }
    let mut counts = vec![0; held.len()];
    let mut left = goal;
    for at in (0..held.len()).rev() {
        counts[at] = taken[at * width + left];
        left -= usize::from(counts[at]) * (held[at].value / unit) as usize;
    }
    Some(Some(counts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn brute(directory: &[u32], amount: u32) -> Option<u32> {
        (0_u32..1 << directory.len())
            .filter(|set| {
                let sum: u32 = (0..directory.len())
                    .filter(|at| set >> at & 1 == 1)
                    .map(|at| directory[at])
                    .sum();
                sum == amount
            })
            .map(u32::count_ones)
            .min()
    }

    #[test]
    fn fewest_is_not_greedy() {
        let plan = choose(&[60, 40, 40, 10, 10, 1, 0, 0], 80).unwrap();
        assert_eq!(
            plan.lots(),
            [Lot {
                value: 40,
                count: 2
            }]
        );
    }

    #[test]
    fn says_what_is_held() {
        let text = choose(&[10, 0, 20, 10], 15).unwrap_err().to_string();
        assert_eq!(
            text,
            "cannot pay 15: no tokens held make it exactly; held: 40 = 1 x 20 + 2 x 10"
        );
        assert_eq!(choose(&[], 15).unwrap_err().why, Obstacle::TooLittle);
        assert_eq!(choose(&[5], 0).unwrap_err().why, Obstacle::Nothing);
    }

    #[test]
    fn a_thousand_odd_tokens_end_in_bounded_time() {
        let directory: Vec<u32> = (0..1024).map(|i| 1_000_003 + 2 * i * i).collect();
        let _ = choose(&directory, 500_000_001);
        let even: Vec<u32> = (0..1024).map(|i| 2 * (i % 37 + 1)).collect();
        assert_eq!(choose(&even, 501).unwrap_err().why, Obstacle::NoExactSet);
        assert_eq!(choose(&[10; 1024], 10_000).unwrap().count(), 1000);
    }

    proptest! {
        #[test]
        fn agrees_with_brute_force(
            directory in proptest::collection::vec(0_u32..30, 1..9), amount in 1_u32..120,
        ) {
            let best = brute(&directory, amount);
            let ours = choose(&directory, amount).ok().map(|plan| u32::from(plan.count()));
            prop_assert_eq!(ours, best);
            let held = lots(&directory);
            if !held.is_empty() {
                let sum = table(&held, amount).unwrap().map(|c| c.iter().map(|&c| u32::from(c)).sum::<u32>());
                prop_assert_eq!(sum, best);
            }
        }
    }
}
