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
    /// The file has no LPC bus, or several that are meant.
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
            Self::Choose { found } => write!(f, "name one scope; {}", list(found)),
        }
    }
}

impl std::error::Error for VcdError {}

/// Signals of an LPC bus, in the order of the samples' bits.
const SIGNALS: [&str; 7] = ["LCLK", "LFRAME", "LRESET", "LAD0", "LAD1", "LAD2", "LAD3"];

/// Reads the samples of one LPC bus: what its wires held just before each rising edge of LCLK.
///
/// `scope` is a whole path of scopes, with dots, or its end. Undriven and unknown wires read 1, as
/// pulled-up wires do; a rising edge is from 0 to 1 and nothing else.
///
/// # Errors
/// [`VcdError`] when the file is not VCD or the scope cannot be told.
pub fn read_vcd(input: impl BufRead, scope: Option<&str>) -> Result<Vec<Sample>, VcdError> {
    let mut samples = Vec::new();
    for_each_vcd_sample(input, scope, |sample| samples.push(sample))?;
    Ok(samples)
}

/// Like [`read_vcd`], for files whose samples need not all be kept.
///
/// # Errors
/// [`VcdError`] when the file is not VCD or the scope cannot be told; `take` has then had the
/// samples before the fault.
pub fn for_each_vcd_sample(
    input: impl BufRead,
    scope: Option<&str>,
    mut take: impl FnMut(Sample),
) -> Result<(), VcdError> {
    let mut parser = Parser::new(input);
    let header = parser.parse_header().map_err(VcdError::Read)?;
    let mut buses = Vec::new();
    collect(&header.items, "", &mut buses);
    let list = |buses: &[&Bus]| buses.iter().map(|(name, _)| name.clone()).collect();
    let suffix = scope.map(|scope| format!(".{scope}"));
    let chosen: Vec<&Bus> = buses
        .iter()
        .filter(|(name, _)| match (scope, &suffix) {
            (Some(scope), Some(suffix)) => name == scope || name.ends_with(suffix),
            _ => true,
        })
        .collect();
    let exact = chosen.iter().find(|(name, _)| Some(name.as_str()) == scope);
    let codes = match (exact, &chosen[..], scope) {
        (Some((_, codes)), ..) | (None, [(_, codes)], _) => *codes,
        (None, [], Some(scope)) => {
            return Err(VcdError::NoScope {
                scope: scope.to_owned(),
                found: list(&buses.iter().collect::<Vec<_>>()),
            });
        }
        _ => {
            return Err(VcdError::Choose {
                found: list(&chosen),
            });
        }
    };
    let mut clock = Value::X;
    let mut wires = [true; 6];
    let mut next = (clock, wires);
    // Changes at one time are one step: a wire that moves with the edge is sampled before it.
    let mut settle = |clock: &mut Value, wires: &mut [bool; 6], next: &(Value, [bool; 6])| {
        if *clock == Value::V0 && next.0 == Value::V1 {
            take(Sample {
                lframe_n: wires[0],
                lreset_n: wires[1],
                lad: (0..4).map(|n| u8::from(wires[2 + n]) << n).sum(),
            });
        }
        (*clock, *wires) = *next;
    };
    for command in parser {
        match command.map_err(VcdError::Read)? {
            Command::Timestamp(_) => settle(&mut clock, &mut wires, &next),
            Command::ChangeScalar(code, value) => {
                if code == codes[0] {
                    next.0 = value;
                }
                for (wire, of) in next.1.iter_mut().zip(&codes[1..]) {
                    if *of == code {
                        *wire = value != Value::V0;
                    }
                }
            }
            _ => {}
        }
    }
    settle(&mut clock, &mut wires, &next);
    Ok(())
}

/// Path of a scope and the codes of its signals.
type Bus = (String, [IdCode; 7]);

fn collect(items: &[ScopeItem], path: &str, found: &mut Vec<Bus>) {
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
