//! What the commands print: the JSON documents and their text.

use std::collections::BTreeMap;
use std::fmt;

use opera_scenario::{Part, StageClocks};
use opera_sim::{Clocks, HALF_PERIOD_PS};
use serde::Serialize;

/// A document as one line, with the newline.
pub(crate) fn json(document: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(document).unwrap_or_else(|error| {
        // Our documents have string keys and finite numbers only.
        format!("{{\"error\": \"{error}\"}}")
    });
    text.push('\n');
    text
}

/// Tokens by value, highest first.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub(crate) struct Lots(Vec<Lot>);

#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
struct Lot {
    value: u32,
    count: u64,
}

impl Lots {
    pub(crate) fn of_values(values: impl IntoIterator<Item = u32>) -> Self {
        let mut counts = BTreeMap::<u32, u64>::new();
        for value in values {
            *counts.entry(value).or_default() += 1;
        }
        let lots = counts.into_iter().rev();
        Self(lots.map(|(value, count)| Lot { value, count }).collect())
    }

    pub(crate) fn of_plan(plan: &opera_tpcu::choose::Plan) -> Self {
        let lots = plan.lots().iter();
        Self(
            lots.map(|lot| Lot {
                value: lot.value,
                count: u64::from(lot.count),
            })
            .collect(),
        )
    }
}

impl fmt::Display for Lots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, lot) in self.0.iter().enumerate() {
            let lead = if n == 0 { "" } else { " + " };
            write!(f, "{lead}{} x {}", lot.count, lot.value)?;
        }
        if self.0.is_empty() {
            f.write_str("no tokens")?;
        }
        Ok(())
    }
}

/// Clocks of one wallet: `core` all of them, `lpc` those with a transfer on its internal bus.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct ClockCount {
    pub(crate) core: u64,
    pub(crate) lpc: u64,
}

impl From<Clocks> for ClockCount {
    fn from(clocks: Clocks) -> Self {
        Self {
            core: clocks.core,
            lpc: clocks.lpc,
        }
    }
}

/// One stage; a side that does not have it has none.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Stage {
    pub(crate) name: &'static str,
    pub(crate) payer: Option<ClockCount>,
    pub(crate) payee: Option<ClockCount>,
}

/// The stages of both sides, in the payer's order and then what only the payee has, before the end.
pub(crate) fn stages(payer: &[StageClocks], payee: &[StageClocks]) -> Vec<Stage> {
    let find = |stages: &[StageClocks], name| {
        stages
            .iter()
            .find(|stage| stage.name == name)
            .map(|stage| stage.clocks.into())
    };
    let mut merged: Vec<Stage> = payer
        .iter()
        .map(|stage| Stage {
            name: stage.name,
            payer: Some(stage.clocks.into()),
            payee: find(payee, stage.name),
        })
        .collect();
    for stage in payee {
        if find(payer, stage.name).is_none() {
            let last = merged.iter().position(|s| s.name == "power off");
            merged.insert(
                last.unwrap_or(merged.len()),
                Stage {
                    name: stage.name,
                    payer: None,
                    payee: Some(stage.clocks.into()),
                },
            );
        }
    }
    merged
}

/// The stages as a table.
pub(crate) fn stage_table(stages: &[Stage]) -> String {
    let mut text = format!(
        "{:<12} {:>12} {:>12} {:>12} {:>12}\n{:<12} {:>12} {:>12} {:>12} {:>12}\n",
        "",
        "payer",
        "payer",
        "payee",
        "payee",
        "stage",
        "LPC clocks",
        "core clocks",
        "LPC clocks",
        "core clocks"
    );
    let cell = |clocks: Option<u64>| clocks.map_or_else(|| "-".to_owned(), grouped);
    for stage in stages {
        text.push_str(&format!(
            "{:<12} {:>12} {:>12} {:>12} {:>12}\n",
            stage.name,
            cell(stage.payer.map(|c| c.lpc)),
            cell(stage.payer.map(|c| c.core)),
            cell(stage.payee.map(|c| c.lpc)),
            cell(stage.payee.map(|c| c.core)),
        ));
    }
    text
}

/// Clocks of a whole mount.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct MountClocks {
    pub(crate) payer: ClockCount,
    pub(crate) payee: ClockCount,
    /// Clock periods in picoseconds: payer, payee.
    pub(crate) period_ps: [u64; 2],
    /// Internal LPC clocks of Stage 2 divided by the tokens, rounded up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stage2_lpc_per_token: Option<PerToken>,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct PerToken {
    pub(crate) payer: u64,
    pub(crate) payee: u64,
}

impl MountClocks {
    pub(crate) fn of(payer: &Part, payee: &Part, tokens: Option<u64>) -> Self {
        let stage2 = |part: &Part| {
            let stage = part.stages.iter().find(|stage| stage.name == "Stage 2");
            stage.map(|stage| stage.clocks.lpc)
        };
        let per_token = match (tokens, stage2(payer), stage2(payee)) {
            (Some(tokens), Some(payer), Some(payee)) if tokens > 0 => Some(PerToken {
                payer: payer.div_ceil(tokens),
                payee: payee.div_ceil(tokens),
            }),
            _ => None,
        };
        Self {
            payer: payer.clocks.into(),
            payee: payee.clocks.into(),
            period_ps: HALF_PERIOD_PS.map(|half| 2 * half),
            stage2_lpc_per_token: per_token,
        }
    }
}

/// What a wallet holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub(crate) struct Balances {
    pub(crate) payer: u64,
    pub(crate) payee: u64,
}

/// Before and after.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct BeforeAfter<T> {
    pub(crate) before: T,
    pub(crate) after: T,
}

/// Digits in groups of three.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_in_threes() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (12_345_678, "12,345,678"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }
}
