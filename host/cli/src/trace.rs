//! `opera trace decode`.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use opera_lpc::{Decoder, Names, TraceWriter, for_each_vcd_sample};
use opera_scenario::SCOPES;
use serde::Serialize;

use crate::args::Cli;
use crate::failure::Failure;
use crate::output::json;

#[derive(Serialize)]
struct Decoded {
    file: String,
    scope: Option<String>,
    trace: Vec<String>,
}

pub(crate) fn decode(cli: &Cli, path: &Path, scope: Option<&str>) -> Result<String, Failure> {
    let file = File::open(path)
        .map_err(|error| Failure::usage(format!("{}: {error}; name a VCD file", path.display())))?;
    let names = match scope {
        Some(scope) if is_link(scope) => Names::Link,
        _ => Names::Internal,
    };
    let mut writer = TraceWriter::new(names);
    if let Some(scope) = scope {
        writer.note(scope);
    }
    let mut decoder = Decoder::new();
    for_each_vcd_sample(BufReader::new(file), scope, |sample| {
        if let Some(transfer) = decoder.sample(sample) {
            writer.push(&transfer);
        }
    })
    .map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
    if let Some(last) = decoder.finish() {
        writer.push(&last);
    }
    let text = writer.finish();
    if cli.json {
        return Ok(json(&Decoded {
            file: path.display().to_string(),
            scope: scope.map(str::to_owned),
            trace: text.lines().map(str::to_owned).collect(),
        }));
    }
    Ok(text)
}

/// Whether a scope is that of the link between wallets, whose registers have other names.
fn is_link(scope: &str) -> bool {
    SCOPES[2] == scope || SCOPES[2].ends_with(&format!(".{scope}"))
}
