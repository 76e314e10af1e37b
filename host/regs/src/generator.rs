//! Reads `opera.toml` and writes the three files made from it.

use std::collections::{BTreeMap, BTreeSet};
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
    tpm_reg: Vec<Reg>,
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
    /// Content of a register that never changes.
    value: Option<u32>,
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
    let notes = nv_notes(source);
    let verilog = verilog(&map)?;
    no_macro_twice(&verilog)?;
    Ok(vec![
        Output {
            path: "rtl/regs/opera_regs.vh".into(),
            text: verilog,
        },
        Output {
            path: "host/regs/src/generated.rs".into(),
            text: rust(&map, &notes)?,
        },
        Output {
            path: "REGISTERS.md".into(),
            text: markdown(&map, &notes)?,
        },
    ])
}

fn check(map: &Map) -> Result<(), String> {
    let block = &map.block;
    if block.io_base & 0xFF != 0 || block.io_base > 0xFF00 || block.io_size != 0x100 {
        return Err("block: the target decodes address bits 15:8, so io_base must be a multiple of 0x100 up to 0xFF00, and io_size 0x100".into());
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
    no_overlap(&spans(&map.reg), block.io_size)?;
    no_overlap(&spans(&map.link_reg), block.io_size)?;
    // Locality 0 of the TPM.
    no_overlap(&spans(&map.tpm_reg), 0x1000)?;
    no_overlap(&windows(&map.window), 1 << 28)?;
    no_overlap(&windows(&map.link_window), 1 << 28)?;
    for (names, of) in [
        (regs_and_windows(&map.reg, &map.window), "the internal bus"),
        (
            regs_and_windows(&map.link_reg, &map.link_window),
            "the link",
        ),
        (
            map.tpm_reg.iter().map(|r| r.name.as_str()).collect(),
            "the TPM",
        ),
        (map.op.iter().map(|c| c.name.as_str()).collect(), "op"),
        (map.error.iter().map(|c| c.name.as_str()).collect(), "error"),
    ] {
        let mut seen = BTreeSet::new();
        for name in names {
            identifier(name)?;
            if !seen.insert(name) {
                return Err(format!("{name}: used twice in {of}"));
            }
        }
    }
    for list in [&map.op, &map.error] {
        for (n, a) in list.iter().enumerate() {
            if let Some(b) = list[..n].iter().find(|b| b.code == a.code) {
                return Err(format!(
                    "{} and {} share code {:#04x}",
                    a.name, b.name, a.code
                ));
            }
        }
    }
    for reg in map.reg.iter().chain(&map.link_reg).chain(&map.tpm_reg) {
        access(&reg.name, &reg.access)?;
        if let Some(value) = reg.value
            && (reg.access != "ro" || reg.bytes > 4 || u64::from(value) >> (8 * reg.bytes) != 0)
        {
            return Err(format!(
                "{}: a value is for ro registers of 1 to 4 bytes that hold it",
                reg.name
            ));
        }
        if !reg.field.is_empty() && reg.bytes != 1 {
            return Err(format!(
                "{}: only registers of one byte have fields, this one has {}",
                reg.name, reg.bytes
            ));
        }
        let mut taken = 0;
        for field in &reg.field {
            identifier(&field.name)?;
            let mask = mask(reg, field)?;
            if taken & mask != 0 {
                return Err(format!(
                    "{}.{}: bits {:?} belong to another field too",
                    reg.name, field.name, field.bits
                ));
            }
            taken |= mask;
        }
    }
    if let Some(reg) = map.link_reg.iter().find(|reg| !reg.field.is_empty()) {
        return Err(format!("{}: fields of link_reg are not made", reg.name));
    }
    if let Some(reg) = (map.reg.iter().chain(&map.link_reg)).find(|reg| reg.value.is_some()) {
        return Err(format!("{}: values are made for tpm_reg only", reg.name));
    }
    if let Some(reg) = map.tpm_reg.iter().find(|reg| !reg.name.starts_with("TPM_")) {
        return Err(format!("{}: names of the TPM begin with TPM_", reg.name));
    }
    for window in map.window.iter().chain(&map.link_window) {
        access(&window.name, &window.access)?;
        // Else a 128-byte firmware read would leave the window half way.
        if window.base % 128 != 0 || window.bytes % 128 != 0 {
            return Err(format!(
                "{}: base and length must be multiples of 128, the longest firmware read",
                window.name
            ));
        }
    }
    for name in map
        .link_reg
        .iter()
        .map(|r| &r.name)
        .chain(map.link_window.iter().map(|w| &w.name))
    {
        if !name.starts_with("LINK_") {
            return Err(format!("{name}: names of the link begin with LINK_"));
        }
    }
    check_nv(map)
}

/// Words of each region of the nonvolatile memory: base, words of one record, name of the count.
const NV_REGIONS: [(&str, u32, Option<&str>); 8] = [
    ("repo_base", 32, Some("slots")),
    ("tb_base", 32, Some("entries")),
    ("sess_base", 32, Some("sessions")),
    ("ctr_base", 3, None),
    ("journal_base", 3, None),
    ("log_base", 128, Some("log_slots")),
    ("pwr_ctr_base", 3, None),
    ("serial_ctr_base", 3, None),
];

fn check_nv(map: &Map) -> Result<(), String> {
    let number = |name: &str| {
        let value = map.nv.get(name);
        nv_number(name, value.ok_or_else(|| format!("nv.{name}: missing"))?)
    };
    let words = number("words")?;
    if !words.is_power_of_two() || words > 1 << 17 {
        return Err(format!(
            "nv.words: {words:#x} is not a power of two up to 0x20000 (17 address bits)"
        ));
    }
    let mut spans = Vec::new();
    for (base, record, count) in NV_REGIONS {
        let count = count.map_or(Ok(1), number)?;
        let bytes = record
            .checked_mul(count)
            .ok_or_else(|| format!("nv.{base}: {count} records are too many"))?;
        spans.push((format!("nv.{base}"), number(base)?, bytes));
    }
    no_overlap(&spans, words)?;
    let mut codes: Vec<(&str, u32)> = Vec::new();
    for (name, value) in &map.nv {
        identifier(&name.to_uppercase())?;
        let code = nv_number(name, value)?;
        if nv_kind(name, code) != NvKind::Code {
            if name.ends_with("_base") && !NV_REGIONS.iter().any(|(base, ..)| base == name) {
                return Err(format!(
                    "nv.{name}: its length is not in NV_REGIONS of the generator"
                ));
            }
            continue;
        }
        // The RTL compares the bytes with each other once, and one of them with each code.
        if code.rotate_left(8) != code {
            return Err(format!("nv.{name}: not one byte four times"));
        }
        // Neither erased nor stuck memory, nor a few flipped bits, may read as a code.
        for (other, of) in [("0", 0), ("0xFFFFFFFF", u32::MAX)]
            .into_iter()
            .chain(codes.iter().copied())
        {
            if (code ^ of).count_ones() < NV_CODE_DISTANCE {
                return Err(format!(
                    "nv.{name}: fewer than {NV_CODE_DISTANCE} bits differ from {other}"
                ));
            }
        }
        codes.push((name, code));
    }
    Ok(())
}

/// Bits in which two codes of the nonvolatile memory differ at least.
const NV_CODE_DISTANCE: u32 = 16;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum NvKind {
    Base,
    Code,
    Count,
}

fn nv_kind(name: &str, number: u32) -> NvKind {
    if name.ends_with("_base") {
        NvKind::Base
    } else if number > 0xF_FFFF {
        NvKind::Code
    } else {
        NvKind::Count
    }
}

fn regs_and_windows<'a>(regs: &'a [Reg], windows: &'a [Window]) -> Vec<&'a str> {
    let regs = regs.iter().map(|r| r.name.as_str());
    regs.chain(windows.iter().map(|w| w.name.as_str()))
        .collect()
}

fn identifier(name: &str) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    if name.starts_with(|c: char| c.is_ascii_uppercase()) && name.chars().all(plain) {
        Ok(())
    } else {
        Err(format!("{name:?}: names are UPPER_SNAKE"))
    }
}

fn no_macro_twice(verilog: &str) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for line in verilog.lines() {
        let mut words = line.split(' ');
        if let (Some("`define"), Some(name), Some(_)) = (words.next(), words.next(), words.next())
            && !seen.insert(name)
        {
            return Err(format!("{name}: two entries make this Verilog macro"));
        }
    }
    Ok(())
}

/// The comments of the `[nv]` table, which say what stands in each region.
fn nv_notes(source: &str) -> BTreeMap<String, String> {
    let nv = source.split("\n[nv]").nth(1).unwrap_or_default();
    nv.lines()
        .filter_map(|line| {
            let (name, rest) = line.split_once('=')?;
            let (_, note) = rest.split_once('#')?;
            Some((name.trim().to_owned(), note.trim().to_owned()))
        })
        .collect()
}

fn access(name: &str, access: &str) -> Result<(), String> {
    match access {
        "ro" | "wo" | "rw" => Ok(()),
        other => Err(format!("{name}: access is ro, wo or rw, not {other:?}")),
    }
}

fn no_overlap(spans: &[(String, u32, u32)], size: u32) -> Result<(), String> {
    for (n, (name, base, bytes)) in spans.iter().enumerate() {
        if *bytes == 0 || base.checked_add(*bytes).is_none_or(|end| end > size) {
            return Err(format!(
                "{name}: {base:#x} + {bytes:#x} does not fit in {size:#x}"
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
    for reg in &map.tpm_reg {
        put(reg.name.clone(), format!("16'h{:04X}", reg.offset));
        if let Some(value) = reg.value {
            put(
                format!("{}_VALUE", reg.name),
                format!(
                    "{}'h{value:0digits$X}",
                    8 * reg.bytes,
                    digits = 2 * reg.bytes as usize
                ),
            );
        }
        for field in &reg.field {
            put(
                format!("{}_{}", reg.name, field.name),
                format!("8'h{:02X}", mask(reg, field)?),
            );
        }
    }
    for (name, value) in &map.nv {
        let number = nv_number(name, value)?;
        let text = match nv_kind(name, number) {
            NvKind::Base => format!("17'h{number:05X}"),
            NvKind::Code => format!("32'h{number:08X}"),
            NvKind::Count => number.to_string(),
        };
        put(format!("NV_{}", name.to_uppercase()), text);
    }
    Ok(format!(
        "// Made by: {COMMAND}\n// From rtl/regs/opera.toml; do not edit.\n// SPDX-License-Identifier: Apache-2.0\n`ifndef OPERA_REGS_VH\n`define OPERA_REGS_VH\n{out}`endif\n"
    ))
}

fn bytes(count: u32) -> String {
    match count {
        1 => "1 byte".into(),
        _ => format!("{count} bytes"),
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

fn doc(text: &str) -> String {
    text.replace('[', "\\[").replace(']', "\\]")
}

fn rust(map: &Map, notes: &BTreeMap<String, String>) -> Result<String, String> {
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
            "/// {} ({}, {}).\npub const {}: u16 = {:#06X};",
            doc(&reg.why),
            bytes(reg.bytes),
            reg.access,
            reg.name,
            map.block.io_base + reg.offset
        );
    }
    for window in &map.window {
        let _ = writeln!(
            w,
            "/// {} ({}, {}).\npub const {}: u32 = {:#09X};",
            doc(&window.why),
            bytes(window.bytes),
            window.access,
            window.name,
            window.base
        );
    }
    for reg in &map.tpm_reg {
        let _ = writeln!(
            w,
            "/// {} ({}, {}).\npub const {}: u16 = {:#06X};",
            doc(&reg.why),
            bytes(reg.bytes),
            reg.access,
            reg.name,
            reg.offset
        );
        if let Some(value) = reg.value {
            let _ = writeln!(
                w,
                "/// What {} holds.\npub const {}_VALUE: u32 = {value:#X};",
                reg.name, reg.name
            );
        }
    }
    let _ = writeln!(w, "\n/// Bit masks of register fields.\npub mod field {{");
    for reg in map.reg.iter().chain(&map.tpm_reg) {
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
            "    /// {}\n    pub const {}: u32 = {number:#X};",
            match notes.get(name) {
                Some(note) => doc(&format!("{}.", sentence(note))),
                None => format!("`{name}` of opera.toml."),
            },
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
            "TPM_REGISTERS",
            "Registers of the TPM on the internal LPC bus.",
            map.tpm_reg
                .iter()
                .map(|r| (&r.name, r.offset, r.bytes))
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

fn markdown(map: &Map, notes: &BTreeMap<String, String>) -> Result<String, String> {
    let base = map.block.io_base;
    let mut out = format!(
        "<!-- Made by: {COMMAND} -->\n<!-- From rtl/regs/opera.toml; do not edit. -->\n\n# Register map of an {} wallet\n\n\
         The source is `rtl/regs/opera.toml`. The same command also makes `rtl/regs/opera_regs.vh` and\n\
         `host/regs/src/generated.rs`; a test fails when one of the three is stale.\n\n\
         Units: addresses, offsets and lengths are bytes, except in the last section, where they are 32-bit words.\n\
         Registers longer than a byte are little endian: byte 0 at the lowest offset. Reads of write-only registers and\n\
         of offsets that are not listed return 0xFF at the same cost; writes to read-only registers and to offsets that\n\
         are not listed are dropped.\n\n## Internal LPC, I/O cycles, base {base:#06X}\n\n\
         An I/O cycle moves one byte and takes 13 LCLK clocks and the wait states (LPC 1.1).\n\n",
        map.block.name
    );
    let w = &mut out;
    registers(w, &map.reg, base);
    let _ = writeln!(
        w,
        "\n## Internal LPC, firmware-memory cycles, IDSEL 0\n\n\
         A firmware cycle of n bytes takes 15 + 2n LCLK clocks and the wait states (LPC 1.1); n is 1, 2 or 4, for reads\n\
         also 128.\n"
    );
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
            let _ = writeln!(
                w,
                "| {:#04X} | {} | {} |",
                code.code,
                code.name,
                cell(&code.why)
            );
        }
    }
    let _ = writeln!(w, "\n## Link LPC, I/O cycles, base {base:#06X}\n");
    registers(w, &map.link_reg, base);
    let _ = writeln!(w, "\n## Link LPC, firmware-memory cycles, IDSEL 0\n");
    windows(w, &map.link_window);
    let _ = writeln!(
        w,
        "\n## TPM on the internal LPC bus, cycles with START 0101, locality 0\n\n\
         TPM cycles are I/O cycles with another START: one byte, 13 LCLK clocks, no wait states. Address bits 15:12 are the\n\
         locality. Everything that is not listed here reads 0xFF, and so do all other localities; writes there are\n\
         dropped. Source: TCG PC Client Platform TPM Profile, FIFO interface.\n"
    );
    registers(w, &map.tpm_reg, 0);
    let _ = writeln!(
        w,
        "\n## Nonvolatile memory, {:#X} words of 32 bits\n\n| region | first word | last word | content |\n|---|---|---|---|",
        nv(map, "words")?
    );
    let mut regions = Vec::new();
    for (base, record, count) in NV_REGIONS {
        let count = count.map_or(Ok(1), |count| nv(map, count))?;
        regions.push((nv(map, base)?, base, record * count));
    }
    regions.sort_unstable();
    for (first, name, words) in regions {
        let note = notes.get(name).map(|note| sentence(note));
        let _ = writeln!(
            w,
            "| {name} | {first:#07X} | {:#07X} | {} |",
            first + words - 1,
            cell(&note.unwrap_or_default())
        );
    }
    let _ = writeln!(w, "\n| number | value | where |\n|---|---|---|");
    for (kind, skip) in [(NvKind::Count, "words"), (NvKind::Code, "")] {
        for (name, value) in &map.nv {
            let number = nv_number(name, value)?;
            if nv_kind(name, number) != kind || name == skip {
                continue;
            }
            let text = match kind {
                NvKind::Code => format!("{number:#010X}"),
                _ => number.to_string(),
            };
            let note = notes.get(name).map(|note| sentence(note));
            let _ = writeln!(
                w,
                "| {name} | {text} | {} |",
                cell(&note.unwrap_or_default())
            );
        }
    }
    Ok(out)
}

fn nv(map: &Map, name: &str) -> Result<u32, String> {
    let value = map.nv.get(name);
    nv_number(name, value.ok_or_else(|| format!("nv.{name}: missing"))?)
}

/// Text for a cell of a table: a bare `|` would end it, and `[[op]]` names a section here.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
        .replace(
            "see [[op]]",
            "see [ORM operations](#orm-operations-orm_cmd)",
        )
        .replace("see [[error]]", "see [ORM errors](#orm-errors-orm_err)")
}

fn registers(w: &mut String, regs: &[Reg], base: u32) {
    let _ = writeln!(
        w,
        "| address | offset | name | bytes | access | meaning |\n|---|---|---|---|---|---|"
    );
    let mut sorted: Vec<&Reg> = regs.iter().collect();
    sorted.sort_by_key(|reg| reg.offset);
    for reg in sorted {
        let fields: String = reg
            .field
            .iter()
            .map(|f| {
                format!(
                    "<br>bit{} `{}` {}: {}",
                    if f.bits.contains(':') { "s" } else { "" },
                    f.bits,
                    f.name,
                    cell(&f.why)
                )
            })
            .collect();
        let _ = writeln!(
            w,
            "| {:#06X} | {:#04X} | {} | {} | {} | {}{fields} |",
            base + reg.offset,
            reg.offset,
            reg.name,
            reg.bytes,
            reg.access,
            cell(&reg.why)
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
            window.base,
            window.name,
            window.bytes,
            window.access,
            cell(&window.why)
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
            (
                "offset = 0x70\nbytes = 16",
                "offset = 0xF1\nbytes = 16",
                "PTK_IN: 0xf1 + 0x10 does not fit in 0x100",
            ),
            (
                "offset = 0x70\nbytes = 16",
                "offset = 0xFFFFFFFF\nbytes = 16",
                "PTK_IN: 0xffffffff",
            ),
            (
                "bytes = 4\naccess = \"ro\"",
                "bytes = 0\naccess = \"ro\"",
                "ID: 0x0 + 0x0",
            ),
            ("bits = \"7\"", "bits = \"8\"", "ORM_STAT.OFF"),
            (
                "bits = \"7\"",
                "bits = \"1\"",
                "ORM_STAT.OFF: bits \"1\" belong",
            ),
            ("bits = \"1:0\"", "bits = \"0:1\"", "PWR_CMD.OP"),
            (
                "offset = 0x4C\nbytes = 1",
                "offset = 0x4C\nbytes = 2",
                "SESS_STATE: only registers of one byte",
            ),
            (
                "code = 0x02\n",
                "code = 0x01\n",
                "OPEN_PAYEE and OPEN_PAYER share code 0x01",
            ),
            (
                "name = \"STAGE\"",
                "name = \"SEND\"",
                "SEND: used twice in op",
            ),
            (
                "name = \"PTK_IN\"",
                "name = \"PTK_OUT\"",
                "PTK_OUT: used twice in the internal bus",
            ),
            (
                "name = \"PTK_IN\"",
                "name = \"Ptk_in\"",
                "\"Ptk_in\": names are UPPER_SNAKE",
            ),
            (
                "name = \"LINK_TXLEN\"",
                "name = \"LINK_CTL_HOST\"",
                "OPERA_LINK_CTL_HOST: two entries",
            ),
            (
                "name = \"LINK_TXLEN\"",
                "name = \"TXLEN\"",
                "TXLEN: names of the link begin with LINK_",
            ),
            ("access = \"ro\"", "access = \"r\"", "ID: access"),
            (
                "offset = 0x0F04",
                "offset = 0x0F03",
                "TPM_RID_0 overlaps TPM_DID_VID_0",
            ),
            (
                "offset = 0x0F04",
                "offset = 0x1000",
                "TPM_RID_0: 0x1000 + 0x1 does not fit in 0x1000",
            ),
            (
                "name = \"TPM_RID_0\"",
                "name = \"RID_0\"",
                "RID_0: names of the TPM begin with TPM_",
            ),
            (
                "value = 0x01\n",
                "value = 0x101\n",
                "TPM_RID_0: a value is for ro registers",
            ),
            ("io_base = 0x0A00", "io_base = 0x0A01", "multiple of 0x100"),
            ("io_base = 0x0A00", "io_base = 0x10A00", "multiple of 0x100"),
            (
                "base = 0x0001000",
                "base = 0x0001010",
                "MBOX_RX: base and length must be multiples of 128",
            ),
            (
                "base = 0x0001000",
                "base = 0xFFFFF80",
                "MBOX_RX: 0xfffff80 + 0x200 does not fit in 0x10000000",
            ),
            ("words = 0x20000", "words = 0x30000", "nv.words"),
            (
                "words = 0x20000",
                "words = 0x10000",
                "nv.sess_base: 0x10000 + 0x100 does not fit",
            ),
            (
                "tb_base = 0x08000",
                "tb_base = 0x07FFF",
                "nv.tb_base overlaps nv.repo_base",
            ),
            (
                "journal_base = 0x10120",
                "journal_base = 0x10102",
                "nv.journal_base overlaps nv.ctr_base",
            ),
            (
                "log_slots = 8",
                "log_slots = 64",
                "nv.pwr_ctr_base overlaps nv.log_base",
            ),
            (
                "log_slots = 8",
                "log_slots = -1",
                "nv.log_slots: not a 32-bit number",
            ),
            ("slots = 1024", "places = 1024", "nv.slots: missing"),
            (
                "role_payee = 0x99999999",
                "role_payee = 0x65656565",
                "nv.role_payee: fewer than 16 bits differ from code_yes",
            ),
            (
                "code_yes = 0x69696969",
                "code_yes = 0xFDFDFDFD",
                "nv.code_yes: fewer than 16 bits differ from 0xFFFFFFFF",
            ),
            (
                "code_yes = 0x69696969",
                "code_yes = 0xC0FFEE5A",
                "nv.code_yes: not one byte four times",
            ),
            (
                "ctr_base = 0x10100",
                "new_base = 0x13000\nctr_base = 0x10100",
                "nv.new_base: its length",
            ),
        ] {
            let changed = source().replacen(from, to, 1);
            assert_ne!(changed, source(), "{from:?} is not in the map");
            let error = generate(&changed).err().unwrap_or_default();
            assert!(error.contains(names), "{from:?}: {error:?}");
        }
    }

    #[test]
    fn no_table_of_the_document_is_broken() {
        let outputs = generate(&source()).expect("a good map");
        let text = &outputs
            .iter()
            .find(|output| output.path.ends_with("REGISTERS.md"))
            .expect("made")
            .text;
        let bars = |line: &str| line.replace("\\|", "").matches('|').count();
        let mut last = 0;
        for line in text.lines() {
            assert!(last == 0 || bars(line) == 0 || bars(line) == last, "{line}");
            last = bars(line);
        }
        assert!(!text.contains("[["), "a reference into the map was left");
    }

    #[test]
    fn codes_keep_their_distance() {
        let map: Map = toml::from_str(&source()).expect("a good map");
        assert_eq!(check(&map), Ok(()));
        assert!(
            NV_REGIONS
                .iter()
                .all(|(base, ..)| map.nv.contains_key(*base))
        );
    }
}
