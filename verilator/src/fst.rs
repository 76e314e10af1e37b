//! Turns the text of a value change dump, as Verilator's runtime writes it, into an FST file.
//!
//! Verilator's own FST support needs another build of the model and, by release, bundled C, the
//! system's lz4 or C++ of its own. The text stream is the same in all of them.

use fst_writer::{
    FstBodyWriter, FstFileType, FstHeaderWriter, FstInfo, FstScopeType, FstSignalId, FstSignalType,
    FstVarDirection, FstVarType,
};
use std::io::{self, Seek, Write};

/// Changes kept in memory before they are packed and written: about what a second-level cache holds,
/// because the writer gathers each signal's from all over it.
const BLOCK: usize = 1 << 20;

/// A stream from text to file.
pub(crate) struct Fst<W: Write + Seek> {
    state: State<W>,
    /// The beginning of a line whose end has not come yet.
    partial: Vec<u8>,
    signals: Signals,
    time: Option<u64>,
}

enum State<W: Write + Seek> {
    Begin(W),
    Header(FstHeaderWriter<W>),
    Body(FstBodyWriter<W>),
    /// An error has taken the writer along.
    Gone,
}

#[derive(Clone, Copy)]
struct Signal {
    id: FstSignalId,
    /// Bits; 0 for a real number.
    width: usize,
}

/// Signals by their code, which Verilator counts up in printable characters.
#[derive(Default)]
struct Signals(Vec<Option<Signal>>);

impl Signals {
    /// The place of a code; none if it is not one, or of a dump with millions of signals.
    fn index(code: &[u8]) -> Option<usize> {
        if code.is_empty() || code.len() > 4 {
            return None;
        }
        code.iter().try_fold(0, |sum, byte| {
            let digit = byte.is_ascii_graphic().then(|| usize::from(byte - b'!'))?;
            Some(sum * 94 + digit + 1)
        })
    }

    fn get(&self, code: &[u8]) -> Option<Signal> {
        *self.0.get(Self::index(code)?)?
    }

    fn set(&mut self, code: &[u8], signal: Signal) -> Option<()> {
        let index = Self::index(code)?;
        if self.0.len() <= index {
            self.0.resize(index + 1, None);
        }
        self.0[index] = Some(signal);
        Some(())
    }
}

fn invalid(what: &str, line: &[u8]) -> io::Error {
    let line = String::from_utf8_lossy(line);
    io::Error::new(io::ErrorKind::InvalidData, format!("{what}: {line}"))
}

fn other(error: fst_writer::FstWriteError) -> io::Error {
    match error {
        fst_writer::FstWriteError::Io(error) => error,
        error => io::Error::other(error),
    }
}

impl<W: Write + Seek> Fst<W> {
    pub(crate) fn new(out: W) -> Self {
        Self {
            state: State::Begin(out),
            partial: Vec::new(),
            signals: Signals::default(),
            time: None,
        }
    }

    /// Takes the next piece of text, cut anywhere.
    pub(crate) fn push(&mut self, mut text: &[u8]) -> io::Result<()> {
        while let Some(end) = text.iter().position(|byte| *byte == b'\n') {
            if self.partial.is_empty() {
                self.line(&text[..end])?;
            } else {
                let mut line = std::mem::take(&mut self.partial);
                line.extend_from_slice(&text[..end]);
                self.line(&line)?;
                line.clear();
                self.partial = line;
            }
            text = &text[end + 1..];
        }
        self.partial.extend_from_slice(text);
        Ok(())
    }

    /// Writes what is left.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        if !self.partial.is_empty() {
            let line = std::mem::take(&mut self.partial);
            self.line(&line)?;
        }
        match self.state {
            State::Body(mut body) => {
                if self.time.is_none() {
                    // Readers do not expect a file without any time in it.
                    body.time_change(1).map_err(other)?;
                }
                body.finish().map_err(other)?.flush()
            }
            _ => Err(invalid("the dump ended in its header", b"")),
        }
    }

    fn line(&mut self, line: &[u8]) -> io::Result<()> {
        let line = line.trim_ascii();
        if let State::Body(body) = &mut self.state {
            return change(body, &self.signals, &mut self.time, line);
        }
        let text = std::str::from_utf8(line).map_err(|_| invalid("not UTF-8", line))?;
        let words: Vec<&str> = text.split_ascii_whitespace().collect();
        match (words.as_slice(), &mut self.state) {
            (["$timescale", scale @ .., "$end"], state @ State::Begin(_)) => {
                let info = FstInfo {
                    start_time: 0,
                    timescale_exponent: exponent(&scale.concat())
                        .ok_or_else(|| invalid("unknown time scale", line))?,
                    version: "verilated".to_owned(),
                    date: String::new(), // so that equal runs give equal files
                    file_type: FstFileType::Verilog,
                };
                if let State::Begin(out) = std::mem::replace(state, State::Gone) {
                    *state = State::Header(FstHeaderWriter::new(out, &info).map_err(other)?);
                }
                Ok(())
            }
            (["$scope", kind, name @ .., "$end"], State::Header(header)) => header
                .scope(name.join(" "), "", scope_type(kind))
                .map_err(other),
            (["$upscope", "$end"], State::Header(header)) => header.up_scope().map_err(other),
            (["$var", kind, width, code, name @ .., "$end"], State::Header(header)) => {
                let real = kind.starts_with("real");
                let width = match real {
                    true => 0,
                    false => width.parse().map_err(|_| invalid("bad width", line))?,
                };
                let tpe = match real {
                    true => FstSignalType::real(),
                    false => FstSignalType::bit_vec(width),
                };
                let old = self.signals.get(code.as_bytes());
                let id = header
                    .var(
                        name.join(" "),
                        tpe,
                        var_type(kind),
                        FstVarDirection::Implicit,
                        old.map(|signal| signal.id),
                    )
                    .map_err(other)?;
                let width = width as usize;
                if old.is_none() {
                    let set = self.signals.set(code.as_bytes(), Signal { id, width });
                    set.ok_or_else(|| invalid("bad code", line))?;
                }
                Ok(())
            }
            (["$enddefinitions", ..], state @ State::Header(_)) => {
                if let State::Header(header) = std::mem::replace(state, State::Gone) {
                    *state = State::Body(header.finish().map_err(other)?);
                }
                Ok(())
            }
            _ => Ok(()), // version, date, comments
        }
    }
}

/// A line after the definitions: a time, or a value and the code of its signal.
fn change<W: Write + Seek>(
    body: &mut FstBodyWriter<W>,
    signals: &Signals,
    time: &mut Option<u64>,
    line: &[u8],
) -> io::Result<()> {
    let bad = || invalid("not understood", line);
    let (value, code) = match line {
        [] | [b'$', ..] => return Ok(()),
        [b'#', digits @ ..] => {
            let digits = std::str::from_utf8(digits).map_err(|_| bad())?;
            let next = digits.parse().map_err(|_| bad())?;
            // A repeated time only marks where a buffer of Verilator's was full.
            if time.is_none_or(|time| time != next) {
                if body.size() > BLOCK {
                    body.flush().map_err(other)?;
                }
                body.time_change(next).map_err(other)?;
                *time = Some(next);
            }
            return Ok(());
        }
        [b'b' | b'B' | b'r' | b'R', rest @ ..] => {
            let space = rest.iter().position(|byte| *byte == b' ').ok_or_else(bad)?;
            (&rest[..space], &rest[space + 1..])
        }
        [_, code @ ..] => (&line[..1], code),
    };
    let signal = signals.get(code).ok_or_else(bad)?;
    if signal.width == 0 {
        let text = std::str::from_utf8(value).map_err(|_| bad())?;
        let number: f64 = text.parse().map_err(|_| bad())?;
        return body
            .signal_change(signal.id, &number.to_le_bytes())
            .map_err(other);
    }
    // The writer panics on what is longer or cannot be extended.
    let known = |byte: &u8| matches!(byte, b'0' | b'1' | b'x' | b'z' | b'X' | b'Z');
    if value.is_empty() || value.len() > signal.width || !value.iter().all(known) {
        return Err(bad());
    }
    body.signal_change(signal.id, value).map_err(other)
}

/// `1ps` to -12, `100fs` to -13.
fn exponent(scale: &str) -> Option<i8> {
    let unit = scale.trim_start_matches(|c: char| c.is_ascii_digit());
    let ten = match &scale[..scale.len() - unit.len()] {
        "1" => 0,
        "10" => 1,
        "100" => 2,
        _ => return None,
    };
    let unit = match unit {
        "s" => 0,
        "ms" => -3,
        "us" => -6,
        "ns" => -9,
        "ps" => -12,
        "fs" => -15,
        _ => return None,
    };
    Some(unit + ten)
}

fn scope_type(kind: &str) -> FstScopeType {
    match kind {
        "task" => FstScopeType::Task,
        "function" => FstScopeType::Function,
        "begin" => FstScopeType::Begin,
        "fork" => FstScopeType::Fork,
        "generate" => FstScopeType::Generate,
        "struct" => FstScopeType::Struct,
        "union" => FstScopeType::Union,
        "class" => FstScopeType::Class,
        "interface" => FstScopeType::Interface,
        "package" => FstScopeType::Package,
        "program" => FstScopeType::Program,
        _ => FstScopeType::Module,
    }
}

fn var_type(kind: &str) -> FstVarType {
    match kind {
        "event" => FstVarType::Event,
        "integer" => FstVarType::Integer,
        "parameter" => FstVarType::Parameter,
        "real" => FstVarType::Real,
        "real_parameter" => FstVarType::RealParameter,
        "realtime" => FstVarType::RealTime,
        "reg" => FstVarType::Reg,
        "supply0" => FstVarType::Supply0,
        "supply1" => FstVarType::Supply1,
        "time" => FstVarType::Time,
        "tri" => FstVarType::Tri,
        "bit" => FstVarType::Bit,
        "logic" => FstVarType::Logic,
        "int" => FstVarType::Int,
        "shortint" => FstVarType::ShortInt,
        "longint" => FstVarType::LongInt,
        "byte" => FstVarType::Byte,
        _ => FstVarType::Wire,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    const DUMP: &str = "$version x $end\n$timescale 1ps $end\n $scope module top $end\n  \
                        $var wire 1 ! a $end\n  $var wire 4 \" b [3:0] $end\n  $var real 64 # r $end\n \
                        $upscope $end\n$enddefinitions $end\n\n#5\n0!\nb0101 \"\nr1.5 #\n#6\n1!\nb1 \"\n";

    fn written(pieces: &[&[u8]]) -> io::Result<()> {
        let mut fst = Fst::new(Cursor::new(Vec::new()));
        pieces.iter().try_for_each(|piece| fst.push(piece))?;
        fst.finish()
    }

    #[test]
    fn a_dump_may_be_cut_anywhere() {
        for cut in 0..DUMP.len() {
            let (left, right) = DUMP.as_bytes().split_at(cut);
            written(&[left, right]).expect("understood");
        }
    }

    #[test]
    fn what_is_not_understood_is_an_error_and_no_panic() {
        for bad in [
            "b01010 \"\n",
            "q!\n",
            "1?\n",
            "b1\n",
            "#x\n",
            "#4\n",
            "rx #\n",
            "b \"\n",
        ] {
            let result = written(&[DUMP.as_bytes(), bad.as_bytes()]);
            assert!(result.is_err(), "{bad}");
        }
        assert!(written(&[b"$timescale 7ps $end\n"]).is_err());
        assert!(written(&[b""]).is_err());
    }
}
