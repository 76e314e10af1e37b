//! Reads the ports from the header that Verilator wrote; writes the C++ shim and the Rust struct.

use super::BuildError;
use std::fmt::Write as _;

/// One port of the top module.
pub(super) struct Port {
    name: String,
    kind: Kind,
    width: u32,
    input: bool,
}

enum Kind {
    Scalar { rust: &'static str, bits: u32 },
    Wide { words: u32 },
}

/// Methods of the struct that a port must not be named like.
const TAKEN: [&str; 11] = [
    "new",
    "eval",
    "tick",
    "check",
    "finished",
    "open_trace",
    "dump",
    "close_trace",
    "write_coverage",
    "self",
    "crate",
];

/// Ports from the generated header: `VL_IN8(&clk_i,0,0);`, `VL_OUTW(&q_o,127,0,4);` and so on.
pub(super) fn ports(header: &str) -> Result<Vec<Port>, BuildError> {
    let mut ports = Vec::new();
    for line in header.lines().map(str::trim) {
        let (input, rest) = match (line.strip_prefix("VL_IN"), line.strip_prefix("VL_OUT")) {
            (_, Some(rest)) => (false, rest),
            // An inout is both; like Verilator, take it for an input that can be read.
            (Some(rest), _) => (true, rest.strip_prefix("OUT").unwrap_or(rest)),
            _ => continue,
        };
        ports.push(port(input, rest).ok_or_else(|| BuildError::Port {
            line: line.to_owned(),
        })?);
    }
    Ok(ports)
}

fn port(input: bool, rest: &str) -> Option<Port> {
    let (size, arguments) = rest.split_once("(&")?;
    let mut parts = arguments.trim_end_matches(");").split(',');
    let name = parts.next()?.to_owned();
    let (msb, lsb): (i64, i64) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let kind = match size {
        "8" => Kind::Scalar {
            rust: "u8",
            bits: 8,
        },
        "16" => Kind::Scalar {
            rust: "u16",
            bits: 16,
        },
        "" => Kind::Scalar {
            rust: "u32",
            bits: 32,
        },
        "64" => Kind::Scalar {
            rust: "u64",
            bits: 64,
        },
        "W" => Kind::Wide {
            words: parts.next()?.parse().ok()?,
        },
        _ => return None,
    };
    let taken = TAKEN.contains(&name.as_str()) || name.starts_with("set_");
    (!taken).then_some(Port {
        name,
        kind,
        width: u32::try_from(msb.abs_diff(lsb) + 1).ok()?,
        input,
    })
}

/// Whether a port can be a clock.
pub(super) fn has_clock(ports: &[Port], name: &str) -> bool {
    let mut ports = ports.iter();
    ports.any(|port| port.name == name && port.input && port.width == 1)
}

/// The port of the module around a design by which its inputs are taken.
const TAKE: &str = "verilated_take";

/// Name of the module around a design, which waves leave out (`sink.rs`).
pub(crate) const AROUND: &str = "verilated_held";

/// The module around a design that holds its inputs, clocks apart.
pub(super) fn held(
    top: &str,
    params: &[(String, String)],
    ports: &[Port],
    clocks: &[String],
) -> Result<String, BuildError> {
    if let Some(port) = clocks.iter().find(|clock| !has_clock(ports, clock)) {
        return Err(BuildError::Clock { port: port.clone() });
    }
    let (mut head, mut regs, mut takes, mut pins) =
        (String::new(), String::new(), String::new(), String::new());
    for port in ports {
        let (name, range) = (&port.name, format!("[{}:0]", port.width - 1));
        let direction = if port.input { "input" } else { "output" };
        let _ = write!(head, ",\n    {direction} wire {range} {name}");
        let pin = if is_held(port, clocks) {
            let _ = writeln!(regs, "  reg {range} {name}_held = {}'d0;", port.width);
            let _ = writeln!(takes, "    {name}_held <= {name};");
            format!("{name}_held")
        } else {
            name.clone()
        };
        let comma = if pins.is_empty() { "" } else { "," };
        let _ = write!(pins, "{comma}\n      .{name}({pin})");
    }
    let params: Vec<String> = params
        .iter()
        .map(|(name, value)| format!(".{name}({value})"))
        .collect();
    let params = if params.is_empty() {
        String::new()
    } else {
        format!("#({}) ", params.join(", "))
    };
    Ok(format!(
        r"// Made by the `verilated` crate.
/* verilator lint_off WIDTH */
/* verilator tracing_off */
module {AROUND} (
    input wire {TAKE}{head}
);
{regs}  always @(posedge {TAKE} or negedge {TAKE}) begin
{takes}  end
  /* verilator tracing_on */
  {top} {params}{top} ({pins}
  );
endmodule
"
    ))
}

/// Whether the module around a design holds a port.
fn is_held(port: &Port, clocks: &[String]) -> bool {
    port.input && !clocks.contains(&port.name)
}

/// How the model settles: at once or, with `clocks`, in two steps if other inputs have changed.
fn settle(name: &str, ports: &[Port], clocks: &[String]) -> String {
    if clocks.is_empty() {
        return format!("struct Inputs {{\n    void eval({name}* top) {{ top->eval(); }}\n}};");
    }
    let (mut shown, mut take) = (String::new(), String::new());
    for port in ports.iter().filter(|port| port.input) {
        let port = &port.name;
        let _ = writeln!(
            shown,
            "    std::remove_reference_t<decltype({name}::{port})> {port}{{}};"
        );
        if !clocks.contains(port) {
            let _ = writeln!(take, "        changed |= take({port}, top->{port});");
        }
    }
    let each = |form: &dyn Fn(&str) -> String| -> String {
        clocks.iter().map(|clock| form(clock)).collect()
    };
    let now = each(&|clock| format!("            const auto {clock}_now = top->{clock};\n"));
    let back = each(&|clock| format!("            top->{clock} = {clock};\n"));
    let again = each(&|clock| format!("            top->{clock} = {clock}_now;\n"));
    let keep = each(&|clock| format!("        {clock} = top->{clock};\n"));
    format!(
        r"// The inputs as the model was shown them last.
struct Inputs {{
{shown}
    template <class Port>
    static bool take(Port& shown, const Port& now) {{
        if (std::memcmp((const void*)&shown, (const void*)&now, sizeof now) == 0) return false;
        std::memcpy((void*)&shown, (const void*)&now, sizeof now);
        return true;
    }}
    void eval({name}* top) {{
        bool changed = false;
{take}        if (changed) {{
            // The clocks stay as they were until all else is where it belongs.
{now}{back}            top->{TAKE} = !top->{TAKE};
            top->eval();
{again}        }}
{keep}        top->eval();
    }}
}};"
    )
}

/// The C functions of one model.
pub(super) fn shim(
    name: &str,
    ports: &[Port],
    waves: bool,
    coverage: bool,
    clock: Option<&str>,
    clocks: &[String],
) -> String {
    let inputs = settle(name, ports, clocks);
    let tick = clock.map_or_else(String::new, |clock| {
        format!(
            "void {name}_shim_tick(void* h) {{ M::from(h)->tick([](auto* top, int level) {{ top->{clock} = level; }}); }}\n"
        )
    });
    let (mut cases, mut zero) = (String::new(), String::new());
    for (n, port) in ports.iter().enumerate() {
        let _ = writeln!(
            cases,
            "        case {n}: return (void*)&top->{};",
            port.name
        );
        if port.input {
            let _ = writeln!(
                zero,
                "    std::memset((void*)&top->{0}, 0, sizeof top->{0});",
                port.name
            );
        }
    }
    if !clocks.is_empty() {
        let _ = writeln!(zero, "    top->{TAKE} = 0;");
    }
    let (waves, coverage) = (u8::from(waves), u8::from(coverage));
    format!(
        r#"// Made by the `verilated` crate.
#define VERILATED_RS_WAVES {waves}
#define VERILATED_RS_COVERAGE {coverage}
#include "{name}.h"
#include "verilated_rs_model.h"
#include <cstring>
#include <type_traits>
namespace {{
{inputs}
using M = Model<{name}, Inputs>;
void* port_of({name}* top, int n) {{
    switch (n) {{
{cases}        default: return nullptr;
    }}
}}
// Inputs begin at 0, or the clock's first edge and a garbage reset would be taken for real.
void zero_inputs({name}* top) {{
    (void)top;
{zero}}}
}}  // namespace
extern "C" {{
void* {name}_shim_new(uint64_t seed) {{ return M::make(seed, zero_inputs); }}
void {name}_shim_free(void* h) {{ M::from(h)->free(); }}
void {name}_shim_eval(void* h) {{ M::from(h)->eval(); }}
{tick}void* {name}_shim_port(void* h, int n) {{ return port_of(M::from(h)->top, n); }}
uint8_t* {name}_shim_flags(void* h) {{ return &M::from(h)->context->flags; }}
void {name}_shim_error(void* h, const char** file, int* line, const char** message) {{
    M::from(h)->error(file, line, message);
}}
int {name}_shim_coverage(void* h, const char* path) {{ return M::from(h)->coverage(path); }}
int {name}_shim_trace_open(void* h, void* sink, Push push) {{ return M::from(h)->trace_open(sink, push); }}
void {name}_shim_trace_dump(void* h, uint64_t time) {{ M::from(h)->trace_dump(time); }}
void {name}_shim_trace_close(void* h) {{ M::from(h)->trace_close(); }}
}}
"#
    )
}

/// The functions of a shim as Rust sees them.
const FUNCTIONS: [(&str, &str); 10] = [
    ("new", "(seed: u64) -> *mut c_void"),
    ("free", "(model: *mut c_void)"),
    ("eval", "(model: *mut c_void)"),
    ("port", "(model: *mut c_void, index: c_int) -> *mut c_void"),
    ("flags", "(model: *mut c_void) -> *mut u8"),
    (
        "error",
        "(model: *mut c_void, file: *mut *const c_char, line: *mut c_int, message: *mut *const c_char)",
    ),
    (
        "coverage",
        "(model: *mut c_void, path: *const c_char) -> c_int",
    ),
    (
        "trace_open",
        "(model: *mut c_void, sink: *mut c_void, push: verilated::Push) -> c_int",
    ),
    ("trace_dump", "(model: *mut c_void, time: u64)"),
    ("trace_close", "(model: *mut c_void)"),
];

/// The struct that users see.
pub(super) fn rust(name: &str, ports: &[Port], clock: bool) -> String {
    let (mut externs, mut table) = (String::new(), String::new());
    for (function, signature) in FUNCTIONS {
        let _ = writeln!(externs, "            fn {name}_shim_{function}{signature};");
        if function != "eval" {
            let _ = writeln!(table, "            {function}: {name}_shim_{function},");
        }
    }
    let (mut fields, mut inits, mut accessors) = (String::new(), String::new(), String::new());
    for (n, port) in ports.iter().enumerate() {
        let field = format!("port_{n}");
        let (kind, mask) = match port.kind {
            Kind::Scalar { rust, bits } => (
                rust.to_owned(),
                match port.width {
                    width if width < bits => format!("value & {:#x}", (1_u64 << width) - 1),
                    _ => "value".to_owned(),
                },
            ),
            Kind::Wide { words } => (
                format!("[u32; {words}]"),
                match port.width % 32 {
                    0 => "value".to_owned(),
                    bits => format!(
                        "{{ let mut value = value; value[{}] &= {:#x}; value }}",
                        words - 1,
                        (1_u64 << bits) - 1
                    ),
                },
            ),
        };
        let _ = writeln!(fields, "    {field}: std::ptr::NonNull<{kind}>,");
        let _ = writeln!(inits, "            {field}: raw.port({n}),");
        let _ = writeln!(accessors, "{}", getter(port, &field, &kind));
        if port.input {
            let _ = writeln!(accessors, "{}", setter(port, &field, &kind, &mask));
        }
    }
    let eval = "Lets the model settle after its inputs changed.";
    let tick = "Raises the clock, lets the model settle, lowers it, lets it settle again.";
    let mut calls = call(name, "eval", eval);
    if clock {
        calls.push_str(&call(name, "tick", tick));
    }
    format!(
        r#"// Made by the `verilated` crate; the build script writes it anew.
/// Verilated model `{name}`.
#[allow(dead_code, missing_docs, non_camel_case_types, unreachable_pub, clippy::all, clippy::pedantic)]
pub struct {name} {{
    raw: verilated::Raw,
{fields}}}
// SAFETY: the pointers lead into the model that `raw` owns and move along with it; `raw` is Send.
unsafe impl Send for {name} {{}}
#[allow(dead_code, missing_docs, non_snake_case, unreachable_pub, clippy::all, clippy::pedantic, clippy::restriction)]
impl {name} {{
    /// Makes a model; `seed` decides what nothing has set yet.
    pub fn new(seed: u64) -> Result<Self, verilated::Error> {{
        use std::ffi::{{c_char, c_int, c_void}};
        // SAFETY: signatures as in the shim that the build script wrote beside this file.
        unsafe extern "C" {{
{externs}        }}
        // SAFETY: these are all of one shim.
        let raw = unsafe {{ verilated::Raw::new(verilated::Shim {{
            name: "{name}",
{table}        }}, seed) }}?;
        Ok(Self {{
{inits}            raw,
        }})
    }}
{calls}    /// The first failed assertion, `$error`, `$stop` or `$fatal`, or a wave file that could not be
    /// written.
    #[inline]
    pub fn check(&self) -> Result<(), verilated::Error> {{ self.raw.check() }}
    /// Whether `$finish` was called.
    #[inline]
    pub fn finished(&self) -> bool {{ self.raw.finished() }}
    /// Opens a wave file: `.fst` or `.vcd`. Another one that is open is closed first.
    pub fn open_trace(&mut self, path: &std::path::Path) -> Result<(), verilated::Error> {{ self.raw.open_trace(path) }}
    /// Writes the present values, at a time in picoseconds, to the open wave file if any.
    #[inline]
    pub fn dump(&mut self, time: u64) {{ self.raw.dump(time) }}
    /// Closes the wave file; `check` tells if something of it could not be written.
    pub fn close_trace(&mut self) {{ self.raw.close_trace() }}
    /// Writes the coverage counters, as `verilator_coverage` reads them.
    pub fn write_coverage(&mut self, path: &std::path::Path) -> Result<(), verilated::Error> {{ self.raw.write_coverage(path) }}
{accessors}}}
"#
    )
}

/// A method that calls the shim without a detour.
fn call(name: &str, function: &str, what: &str) -> String {
    format!(
        r#"    /// {what}
    #[inline]
    pub fn {function}(&mut self) {{
        // SAFETY: signature as in the shim.
        unsafe extern "C" {{
            fn {name}_shim_{function}(model: *mut std::ffi::c_void);
        }}
        // SAFETY: the handle is of this shim and live, and `&mut self` keeps other calls away.
        unsafe {{ {name}_shim_{function}(self.raw.handle()) }}
    }}
"#
    )
}

fn getter(port: &Port, field: &str, kind: &str) -> String {
    let (name, width) = (&port.name, port.width);
    let method = method("", name);
    format!(
        r"    /// Port `{name}`, {width} bit.
    #[inline]
    pub fn {method}(&self) -> {kind} {{
        // SAFETY: points into the live model, whose only user is this struct.
        unsafe {{ *self.{field}.as_ptr() }}
    }}"
    )
}

fn setter(port: &Port, field: &str, kind: &str, mask: &str) -> String {
    let (name, width) = (&port.name, port.width);
    let method = method("set_", name);
    format!(
        r"    /// Sets port `{name}` to the low {width} bit of `value`; seen at the next `eval`.
    #[inline]
    pub fn {method}(&mut self, value: {kind}) {{
        // SAFETY: points into the live model, whose only user is this struct.
        unsafe {{ *self.{field}.as_ptr() = {mask} }}
    }}"
    )
}

/// A method's name; raw where Verilog lets a port be named like a Rust keyword.
fn method(prefix: &str, name: &str) -> String {
    const KEYWORDS: [&str; 46] = [
        "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do",
        "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in",
        "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref",
        "return", "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe",
        "unsized", "use", "virtual", "where",
    ];
    if prefix.is_empty() && (KEYWORDS.contains(&name) || ["while", "yield"].contains(&name)) {
        format!("r#{name}")
    } else {
        format!("{prefix}{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_read_with_their_width() {
        let found = ports("  VL_IN8(&type,0,0);\n VL_OUTW(&q_o,99,0,4);\nVL_INOUT16(&p,2,11);\n")
            .expect("understood");
        let widths: Vec<_> = found.iter().map(|p| (p.width, p.input)).collect();
        assert_eq!(widths, [(1, true), (100, false), (10, true)]);
        let text = rust("V", &found, false);
        assert!(text.contains("pub fn r#type(&self) -> u8"), "{text}");
        assert!(text.contains("= value & 0x3ff"), "{text}");
    }

    #[test]
    fn only_inputs_of_one_bit_are_clocks() {
        let found =
            ports("VL_IN8(&clk_i,0,0);\nVL_IN8(&d_i,1,0);\nVL_OUT8(&q_o,0,0);").expect("ports");
        let around = |clock: &str| held("v", &[], &found, &[clock.to_owned()]);
        let text = around("clk_i").expect("clock");
        assert!(
            text.contains(".clk_i(clk_i)") && text.contains(".d_i(d_i_held)"),
            "{text}"
        );
        for other in ["d_i", "q_o", "none"] {
            assert!(around(other).is_err(), "{other}");
        }
    }

    #[test]
    fn a_port_named_like_a_method_is_an_error() {
        assert!(ports("VL_IN8(&eval,0,0);").is_err());
    }
}
