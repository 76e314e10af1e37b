//! LPC samples from a VCD file.

use std::fmt;
use std::io::BufRead;

use vcd::{Command, IdCode, Parser, ScopeItem, Value};

use crate::Sample;

/// Why a VCD file gives no samples.
#[derive(Debug)]
#[non_exhaustive]
pub enum VcdError {
    /// The file cannot be read or is not VCD.
    Read(std::io::Error),
    /// The scope is not in the file; those that hold an LPC bus are.
    NoScope {
        /// What was asked for.
        scope: String,
        /// Scopes that have all signals.
        found: Vec<String>,
    },
    /// No scope was named, and the file has none or several.
    Choose {
        /// Scopes that have all signals.
        found: Vec<String>,
    },
}

impl fmt::Display for VcdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |found: &Vec<String>| match found.len() {
            0 => "no scope has the signals LCLK, LFRAME, LRESET and LAD0 to LAD3".to_owned(),
            _ => format!("scopes with an LPC bus: {}", found.join(", ")),
        };
        match self {
            Self::Read(error) => write!(f, "not readable as VCD: {error}"),
            Self::NoScope { scope, found } => {
                write!(f, "no LPC bus in scope {scope}; {}", list(found))
            }
            Self::Choose { found } if found.is_empty() => f.write_str(&list(found)),
            Self::Choose { found } => write!(f, "choose one with --scope; {}", list(found)),
        }
    }
}

impl std::error::Error for VcdError {}

/// Signals of an LPC bus, in the order of the samples' bits.
const SIGNALS: [&str; 7] = ["LCLK", "LFRAME", "LRESET", "LAD0", "LAD1", "LAD2", "LAD3"];

/// Reads the samples of one LPC bus: what its wires held just before each rising edge of LCLK.
///
/// Undriven and unknown wires read 1, as pulled-up wires do.
///
/// # Errors
/// [`VcdError`] when the file is not VCD or the scope cannot be told.
pub fn read_vcd(input: impl BufRead, scope: Option<&str>) -> Result<Vec<Sample>, VcdError> {
    let mut parser = Parser::new(input);
    let header = parser.parse_header().map_err(VcdError::Read)?;
    let mut buses = Vec::new();
    collect(&header.items, "", &mut buses);
    let names = || {
        buses
            .iter()
            .map(|(name, _)| name.clone())
            .collect::<Vec<_>>()
    };
    let codes = match scope {
        Some(scope) => {
            let matches = |name: &str| name == scope || name.ends_with(&format!(".{scope}"));
            buses
                .iter()
                .find(|(name, _)| matches(name))
                .map(|(_, codes)| *codes)
                .ok_or_else(|| VcdError::NoScope {
                    scope: scope.to_owned(),
                    found: names(),
                })?
        }
        None => match &buses[..] {
            [(_, codes)] => *codes,
            _ => return Err(VcdError::Choose { found: names() }),
        },
    };
    let mut now = [true; 7];
    now[0] = false;
    let mut next = now;
    let mut samples = Vec::new();
    let mut settle = |now: &mut [bool; 7], next: &[bool; 7]| {
        if !now[0] && next[0] {
            samples.push(Sample {
                lframe_n: now[1],
                lreset_n: now[2],
                lad: (0..4).map(|n| u8::from(now[3 + n]) << n).sum(),
            });
        }
        *now = *next;
    };
    for command in parser {
        match command.map_err(VcdError::Read)? {
            Command::Timestamp(_) => settle(&mut now, &next),
            Command::ChangeScalar(code, value) => {
                for (signal, of) in next.iter_mut().zip(codes) {
                    if of == code {
                        *signal = value != Value::V0;
                    }
                }
            }
            _ => {}
        }
    }
    settle(&mut now, &next);
    Ok(samples)
}

fn collect(items: &[ScopeItem], path: &str, found: &mut Vec<(String, [IdCode; 7])>) {
    let codes = SIGNALS.map(|name| {
        items.iter().find_map(|item| match item {
            ScopeItem::Var(var) if var.size == 1 && var.reference == name => Some(var.code),
            _ => None,
        })
    });
    if codes.iter().all(Option::is_some) {
        found.push((
            path.to_owned(),
            codes.map(|code| code.unwrap_or(IdCode::FIRST)),
        ));
    }
    for item in items {
        if let ScopeItem::Scope(scope) = item {
            let path = match path {
                "" => scope.identifier.clone(),
                _ => format!("{path}.{}", scope.identifier),
            };
            collect(&scope.items, &path, found);
        }
    }
}
