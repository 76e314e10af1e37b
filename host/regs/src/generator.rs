//! Reads `opera.toml` and writes the three files made from it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// The command that makes the files, as their first line says.
pub const COMMAND: &str = "cargo run -p opera-regs --bin opera-regs-gen";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Map {
    block: Block,
    reg: Vec<Reg>,
    window: Vec<Window>,
    op: Vec<Code>,
    error: Vec<Code>,
    link_reg: Vec<Reg>,
    link_window: Vec<Window>,
    nv: toml::Table,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Block {
    name: String,
    io_base: u32,
    io_size: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reg {
    name: String,
    offset: u32,
    bytes: u32,
    access: String,
    why: String,
    #[serde(default)]
    field: Vec<Field>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Field {
    name: String,
    bits: String,
    why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Window {
    name: String,
    base: u32,
    bytes: u32,
    access: String,
    why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Code {
    name: String,
    code: u8,
    why: String,
}

/// A file made from the map.
pub struct Output {
    /// Where it belongs, from the root of the repository.
    pub path: PathBuf,
    /// What it should hold.
    pub text: String,
}

/// Root of the repository.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Makes all outputs from the map in the repository.
///
/// # Errors
/// A sentence that names the entry at fault.
pub fn generate(source: &str) -> Result<Vec<Output>, String> {
    let map: Map = toml::from_str(source).map_err(|error| format!("opera.toml: {error}"))?;
    check(&map)?;
    Ok(vec![
        Output {
            path: "rtl/regs/opera_regs.vh".into(),
            text: verilog(&map)?,
        },
        Output {
            path: "host/regs/src/generated.rs".into(),
            text: rust(&map)?,
        },
        Output {
            path: "REGISTERS.md".into(),
            text: markdown(&map)?,
        },
    ])
}

fn check(map: &Map) -> Result<(), String> {
    if map.block.io_base & 0xFF != 0 || map.block.io_size != 0x100 {
        return Err("block: the target decodes address bits 15:8, so io_base must be a multiple of 0x100 and io_size 0x100".into());
    }
    let spans = |regs: &[Reg]| -> Vec<(String, u32, u32)> {
        regs.iter()
            .map(|r| (r.name.clone(), r.offset, r.bytes))
            .collect()
    };
    let windows = |list: &[Window]| -> Vec<(String, u32, u32)> {
        list.iter()
            .map(|w| (w.name.clone(), w.base, w.bytes))
            .collect()
    };
    no_overlap(&spans(&map.reg), map.block.io_size)?;
    no_overlap(&spans(&map.link_reg), map.block.io_size)?;
    no_overlap(&windows(&map.window), 1 << 28)?;
    no_overlap(&windows(&map.link_window), 1 << 28)?;
    for list in [&map.op, &map.error] {
        for (n, a) in list.iter().enumerate() {
            if let Some(b) = list[..n]
                .iter()
                .find(|b| b.code == a.code || b.name == a.name)
            {
                return Err(format!("{} and {} share a code or name", a.name, b.name));
            }
        }
    }
    for reg in &map.reg {
        access(&reg.name, &reg.access)?;
        for field in &reg.field {
            mask(reg, field)?;
        }
    }
    for window in map.window.iter().chain(&map.link_window) {
        access(&window.name, &window.access)?;
    }
    Ok(())
}

fn access(name: &str, access: &str) -> Result<(), String> {
    match access {
        "ro" | "wo" | "rw" => Ok(()),
        other => Err(format!("{name}: access is ro, wo or rw, not {other:?}")),
    }
}

fn no_overlap(spans: &[(String, u32, u32)], size: u32) -> Result<(), String> {
    for (n, (name, base, bytes)) in spans.iter().enumerate() {
        if *bytes == 0 || base + bytes > size {
            return Err(format!(
                "{name}: {base:#x} + {bytes} bytes does not fit in {size:#x}"
            ));
        }
        for (other, at, len) in &spans[..n] {
            if base < &(at + len) && at < &(base + bytes) {
                return Err(format!("{name} overlaps {other}"));
            }
        }
    }
    Ok(())
}

fn mask(reg: &Reg, field: &Field) -> Result<u8, String> {
    let bad = || {
        format!(
            "{}.{}: bits {:?} is not N or H:L within 7:0",
            reg.name, field.name, field.bits
        )
    };
    let (high, low) = field
        .bits
        .split_once(':')
        .unwrap_or((&field.bits, &field.bits));
    let (high, low): (u32, u32) = (
        high.parse().map_err(|_| bad())?,
        low.parse().map_err(|_| bad())?,
    );
    if high > 7 || low > high {
        return Err(bad());
    }
    Ok((((1u16 << (high - low + 1)) - 1) << low) as u8)
}

fn nv_number(name: &str, value: &toml::Value) -> Result<u32, String> {
    value
        .as_integer()
        .and_then(|n| u32::try_from(n).ok())
        .ok_or_else(|| format!("nv.{name}: not a 32-bit number"))
}

fn verilog(map: &Map) -> Result<String, String> {
    let mut out = String::new();
    let mut put = |name: String, value: String| {
        let _ = writeln!(out, "`define OPERA_{name} {value}");
    };
    put(
        "IO_BASE_HI".into(),
        format!("8'h{:02X}", map.block.io_base >> 8),
    );
    for reg in &map.reg {
        put(
            format!("REG_{}", reg.name),
            format!("8'h{:02X}", reg.offset),
        );
        for field in &reg.field {
            put(
                format!("{}_{}", reg.name, field.name),
                format!("8'h{:02X}", mask(reg, field)?),
            );
        }
    }
    for window in &map.window {
        put(
            format!("WIN_{}", window.name),
            format!("28'h{:07X}", window.base),
        );
    }
    for code in &map.op {
        put(format!("OP_{}", code.name), format!("8'h{:02X}", code.code));
    }
    for code in &map.error {
        put(
            format!("ERR_{}", code.name),
            format!("8'h{:02X}", code.code),
        );
    }
    for reg in &map.link_reg {
        put(reg.name.clone(), format!("8'h{:02X}", reg.offset));
    }
    for window in &map.link_window {
        put(
            window.name.replace("LINK_", "LINK_WIN_"),
            format!("28'h{:07X}", window.base),
        );
    }
    for (name, value) in &map.nv {
        let number = nv_number(name, value)?;
        let text = if name.ends_with("_base") {
            format!("17'h{number:05X}")
        } else if number > 0xF_FFFF {
            format!("32'h{number:08X}")
        } else {
            number.to_string()
        };
        put(format!("NV_{}", name.to_uppercase()), text);
    }
    Ok(format!(
        "// Made by: {COMMAND}\n// From rtl/regs/opera.toml; do not edit.\n// SPDX-License-Identifier: Apache-2.0\n`ifndef OPERA_REGS_VH\n`define OPERA_REGS_VH\n{out}`endif\n"
    ))
}

fn doc(text: &str) -> String {
    text.replace('[', "\\[").replace(']', "\\]")
}

fn rust(map: &Map) -> Result<String, String> {
    let mut out = format!(
        "// Made by: {COMMAND}\n// From rtl/regs/opera.toml; do not edit.\n\nuse crate::Place;\n\n"
    );
    let w = &mut out;
    let _ = writeln!(
        w,
        "/// First I/O address of the register block on the internal LPC bus.\npub const IO_BASE: u16 = {:#06X};",
        map.block.io_base
    );
    for reg in &map.reg {
        let _ = writeln!(
            w,
            "/// {} ({} byte(s), {}).\npub const {}: u16 = {:#06X};",
            doc(&reg.why),
            reg.bytes,
            reg.access,
            reg.name,
            map.block.io_base + reg.offset
        );
    }
    for window in &map.window {
        let _ = writeln!(
            w,
            "/// {} ({} bytes, {}).\npub const {}: u32 = {:#09X};",
            doc(&window.why),
            window.bytes,
            window.access,
            window.name,
            window.base
        );
    }
    let _ = writeln!(w, "\n/// Bit masks of register fields.\npub mod field {{");
    for reg in &map.reg {
        for field in &reg.field {
            let _ = writeln!(
                w,
                "    /// {}: {}.\n    pub const {}_{}: u8 = {:#04X};",
                reg.name,
                doc(&field.why),
                reg.name,
                field.name,
                mask(reg, field)?
            );
        }
    }
    let _ = writeln!(w, "}}\n");
    for (module, title, list) in [
        ("op", "Codes for ORM_CMD.", &map.op),
        ("err", "Codes in ORM_ERR.", &map.error),
    ] {
        let _ = writeln!(w, "/// {title}\npub mod {module} {{");
        for code in list {
            let _ = writeln!(
                w,
                "    /// {}\n    pub const {}: u8 = {:#04X};",
                doc(&code.why),
                code.name,
                code.code
            );
        }
        let _ = writeln!(
            w,
            "    /// Name of a code.\n    #[must_use]\n    pub fn name(code: u8) -> Option<&'static str> {{\n        match code {{"
        );
        for code in list {
            let _ = writeln!(w, "            {} => Some(\"{}\"),", code.name, code.name);
        }
        let _ = writeln!(w, "            _ => None,\n        }}\n    }}\n}}\n");
    }
    let _ = writeln!(
        w,
        "/// Layout of the nonvolatile memory, in 32-bit words; see opera.toml.\npub mod nv {{"
    );
    for (name, value) in &map.nv {
        let number = nv_number(name, value)?;
        let _ = writeln!(
            w,
            "    /// `{name}` of opera.toml.\n    pub const {}: u32 = {number:#X};",
            name.to_uppercase()
        );
    }
    let _ = writeln!(w, "}}\n");
    for (name, title, list) in [
        (
            "REGISTERS",
            "Registers of the internal LPC bus.",
            map.reg
                .iter()
                .map(|r| (&r.name, map.block.io_base + r.offset, r.bytes))
                .collect::<Vec<_>>(),
        ),
        (
            "WINDOWS",
            "Firmware windows of the internal LPC bus.",
            map.window
                .iter()
                .map(|r| (&r.name, r.base, r.bytes))
                .collect(),
        ),
        (
            "LINK_REGISTERS",
            "Registers of the link LPC bus.",
            map.link_reg
                .iter()
                .map(|r| (&r.name, map.block.io_base + r.offset, r.bytes))
                .collect(),
        ),
        (
            "LINK_WINDOWS",
            "Firmware windows of the link LPC bus.",
            map.link_window
                .iter()
                .map(|r| (&r.name, r.base, r.bytes))
                .collect(),
        ),
    ] {
        let _ = writeln!(w, "/// {title}\npub const {name}: &[Place] = &[");
        for (place, base, bytes) in list {
            let _ = writeln!(
                w,
                "    Place {{\n        name: \"{place}\",\n        base: {base:#X},\n        bytes: {bytes},\n    }},"
            );
        }
        let _ = writeln!(w, "];");
    }
    Ok(out)
}

fn markdown(map: &Map) -> Result<String, String> {
    let mut out = format!(
        "<!-- Made by: {COMMAND} -->\n<!-- From rtl/regs/opera.toml; do not edit. -->\n\n# Register map of an {} wallet\n\n\
         Addresses are bytes. Registers longer than a byte are little endian. Reads of write-only registers and of\n\
         offsets that are not listed return 0xFF at the same cost; writes to read-only registers and to offsets that\n\
         are not listed are dropped.\n\n## Internal LPC, I/O cycles, base {:#06X}\n\n",
        map.block.name, map.block.io_base
    );
    let w = &mut out;
    registers(w, &map.reg);
    let _ = writeln!(w, "\n## Internal LPC, firmware-memory cycles, IDSEL 0\n");
    windows(w, &map.window);
    for (title, list) in [
        ("ORM operations (`ORM_CMD`)", &map.op),
        ("ORM errors (`ORM_ERR`)", &map.error),
    ] {
        let _ = writeln!(
            w,
            "\n## {title}\n\n| code | name | meaning |\n|---|---|---|"
        );
        for code in list {
            let _ = writeln!(w, "| {:#04X} | {} | {} |", code.code, code.name, code.why);
        }
    }
    let _ = writeln!(
        w,
        "\n## Link LPC, I/O cycles, base {:#06X}\n",
        map.block.io_base
    );
    registers(w, &map.link_reg);
    let _ = writeln!(w, "\n## Link LPC, firmware-memory cycles, IDSEL 0\n");
    windows(w, &map.link_window);
    let _ = writeln!(
        w,
        "\n## Nonvolatile memory, 32-bit words\n\nThe layout inside each region stands beside these numbers in `rtl/regs/opera.toml`.\n\n| name | value |\n|---|---|"
    );
    for (name, value) in &map.nv {
        let _ = writeln!(w, "| {name} | {:#X} |", nv_number(name, value)?);
    }
    Ok(out)
}

fn registers(w: &mut String, regs: &[Reg]) {
    let _ = writeln!(
        w,
        "| offset | name | bytes | access | meaning |\n|---|---|---|---|---|"
    );
    for reg in regs {
        let fields: String = reg
            .field
            .iter()
            .map(|f| format!("<br>`{}` {}: {}", f.bits, f.name, f.why))
            .collect();
        let _ = writeln!(
            w,
            "| {:#04X} | {} | {} | {} | {}{fields} |",
            reg.offset, reg.name, reg.bytes, reg.access, reg.why
        );
    }
}

fn windows(w: &mut String, list: &[Window]) {
    let _ = writeln!(
        w,
        "| base | name | bytes | access | meaning |\n|---|---|---|---|---|"
    );
    for window in list {
        let _ = writeln!(
            w,
            "| {:#09X} | {} | {} | {} | {} |",
            window.base, window.name, window.bytes, window.access, window.why
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source() -> String {
        std::fs::read_to_string(root().join("rtl/regs/opera.toml")).expect("opera.toml")
    }

    #[test]
    fn the_made_files_are_fresh() {
        for output in generate(&source()).expect("a good map") {
            let found = std::fs::read_to_string(root().join(&output.path)).unwrap_or_default();
            assert!(
                found == output.text,
                "{} is stale; run: {COMMAND}",
                output.path.display()
            );
        }
    }

    #[test]
    fn bad_maps_are_refused_by_name() {
        for (from, to, names) in [
            (
                "offset = 0x05\n",
                "offset = 0x04\n",
                "MOUNT_CLR overlaps MOUNT",
            ),
            ("bits = \"7\"", "bits = \"8\"", "ORM_STAT.OFF"),
            (
                "code = 0x02\n",
                "code = 0x01\n",
                "OPEN_PAYEE and OPEN_PAYER",
            ),
            ("access = \"ro\"", "access = \"r\"", "ID: access"),
            ("io_base = 0x0A00", "io_base = 0x0A01", "multiple of 0x100"),
        ] {
            let changed = source().replacen(from, to, 1);
            let error = generate(&changed).err().unwrap_or_default();
            assert!(error.contains(names), "{from:?}: {error:?}");
        }
    }
}
