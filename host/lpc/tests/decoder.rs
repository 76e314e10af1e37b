//! The decoder against captures of real boards (LPC.md 1.4: public domain, sigrok-dumps) and
//! against each way a bus can misbehave; traces as text.

mod common;

use common::Rig;
use opera_lpc::{
    Decoder, HostConfig, Kind, Names, Outcome, Remark, Request, Sample, TraceWriter, Transfer,
    decode, for_each_vcd_sample, read_vcd, trace_text,
};

/// Samples from text: one character a clock, hex digits for LAD. `L` before a digit: LFRAME# is
/// low in that clock; `R`: LRESET# is low; spaces are skipped.
fn samples(text: &str) -> Vec<Sample> {
    let mut samples = Vec::new();
    let (mut lframe_n, mut lreset_n) = (true, true);
    for c in text.chars() {
        match c {
            'L' => lframe_n = false,
            'R' => lreset_n = false,
            ' ' => {}
            _ => {
                let lad = c.to_digit(16).expect("a nibble") as u8;
                samples.push(Sample {
                    lframe_n,
                    lreset_n,
                    lad,
                });
                (lframe_n, lreset_n) = (true, true);
            }
        }
    }
    samples
}

fn one(text: &str) -> Transfer {
    let all: Vec<_> = decode(samples(text)).collect();
    assert_eq!(all.len(), 1, "{all:?}");
    all.into_iter().next().expect("one")
}

#[test]
fn captures_of_real_boards_decode() {
    let waits = "6".repeat(15);
    for (text, kind, addr, data, waits, clocks) in [
        (
            "L0 2 002E 55 FF 0 FF",
            Kind::IoWrite,
            0x2E,
            &[0x55][..],
            0,
            13,
        ),
        (
            "L0 0 03FD FF 660 06 FF",
            Kind::IoRead,
            0x3FD,
            &[0x60],
            2,
            15,
        ),
        (
            "L0 2 03F8 37 FF 660 FF",
            Kind::IoWrite,
            0x3F8,
            &[0x73],
            2,
            15,
        ),
        (
            &format!("LD 0 FFF7000 2 FF {waits}0 05142545 FF"),
            Kind::FwRead,
            0xFFF_7000,
            &[0x50, 0x41, 0x52, 0x54],
            15,
            38,
        ),
        (
            "LE 0 C031360 2 00000000 FF 6660 FF",
            Kind::FwWrite,
            0xC03_1360,
            &[0; 4],
            3,
            26,
        ),
    ] {
        let found = one(text);
        assert_eq!(
            (found.kind, found.addr, &found.data[..]),
            (kind, addr, data),
            "{text}"
        );
        assert_eq!((found.waits, found.clocks), (waits, clocks), "{text}");
        assert_eq!(
            (found.outcome, found.remark),
            (Outcome::Ready, None),
            "{text}"
        );
    }
    // An undriven bus without pull-ups looks like READY until the abort.
    let all: Vec<_> = decode(samples("L0 2 03FF 86 FF 0 0 L0 L0 L0 LF F")).collect();
    assert_eq!(
        (all[0].kind, all[0].outcome),
        (Kind::IoWrite, Outcome::Broken)
    );
    assert_eq!(all[0].remark, Some(Remark::TurnAround { lad: 0 }));
    assert_eq!((all[1].kind, all[1].clocks), (Kind::Stop, 4));
}

#[test]
fn misbehaviour_is_remarked() {
    use Outcome::{Aborted, Broken, Ready, Refused, Unfinished};
    for (text, outcome, remark) in [
        (
            "L0 0 0A41 FF FFFF F",
            Broken,
            Some(Remark::NoSync { clocks: 5 }),
        ),
        (
            "L0 0 0A41 FF F0 12 FF",
            Ready,
            Some(Remark::LateSync { clocks: 1 }),
        ),
        ("L0 0 0A41 FF 3", Broken, Some(Remark::BadSync { code: 3 })),
        ("L0 0 0A41 FF 69", Broken, Some(Remark::BadSync { code: 9 })),
        ("L0 0 0A41 FF A 12 FF", Refused, None),
        (
            "LD 0 0001000 2 FF A",
            Broken,
            Some(Remark::BadSync { code: 0xA }),
        ),
        ("L0 0 0A41 FF 55555555 0 12 FF", Ready, None),
        (
            "L0 0 0A41 FF 555555555 0 12 FF",
            Ready,
            Some(Remark::ManyShortWaits { waits: 9 }),
        ),
        ("L0 0 0A41 FF 66666666666 0 12 FF", Ready, None),
        ("L0 0 0A41 FF 560 12 FF", Ready, Some(Remark::MixedWaits)),
        ("L0 0 0A41 FF 650 12 FF", Ready, Some(Remark::MixedWaits)),
        ("L0 0 0A41 FF 6F", Broken, Some(Remark::Vanished)),
        (
            "L0 0 0A41 3",
            Broken,
            Some(Remark::HostTurnAround { lad: 3 }),
        ),
        (
            "L0 0 0A41 FF 0 12 3",
            Broken,
            Some(Remark::TurnAround { lad: 3 }),
        ),
        (
            "L0 0 0A41 FF 0 12 F3",
            Broken,
            Some(Remark::TurnAround { lad: 3 }),
        ),
        ("LD 0 0001000 3", Broken, Some(Remark::BadSize { code: 3 })),
        ("L0 0 0A41 FF 0 1", Unfinished, None),
    ] {
        let found = one(text);
        assert_eq!((found.outcome, found.remark), (outcome, remark), "{text}");
    }
    let aborted = |low: &str| -> Vec<_> {
        let text = format!("L0 0 0A41 FF FFF {low} FF");
        let all = decode(samples(&text));
        all.map(|t| (t.outcome, t.remark, t.clocks)).collect()
    };
    let read = (Aborted, Some(Remark::NoSync { clocks: 3 }), 11);
    assert_eq!(aborted("LF LF LF LF"), [read, (Ready, None, 4)]);
    let short = Some(Remark::ShortAbort { clocks: 2 });
    assert_eq!(aborted("LF LF"), [read, (Ready, short, 2)]);
}

#[test]
fn the_second_turn_around_clock_may_hold_anything_before_the_sync() {
    for lad in "0123456789ABCDEF".chars() {
        let found = one(&format!("L0 0 0A41 F{lad} 0 12 FF"));
        assert_eq!((found.outcome, found.remark), (Outcome::Ready, None));
    }
}

#[test]
fn only_the_last_start_counts() {
    let found = one("L5 LD LF L0 0 0A41 FF 0 12 FF");
    assert_eq!(
        (found.kind, &found.data[..], found.clocks),
        (Kind::IoRead, &[0x21][..], 16)
    );
    // A START in the middle restarts.
    let all: Vec<_> = decode(samples("L0 0 0A L0 2 0A40 30 FF 0 FF")).collect();
    assert_eq!((all[0].outcome, all[0].clocks), (Outcome::Aborted, 4));
    assert_eq!(
        (all[1].kind, &all[1].data[..]),
        (Kind::IoWrite, &[0x03][..])
    );
    // Bit 0 of CYCTYPE is reserved and ignored.
    assert_eq!(one("L0 1 0A41 FF 0 12 FF").kind, Kind::IoRead);
}

#[test]
fn tpm_cycles_have_names() {
    let text = trace_text(
        Names::Internal,
        samples("L5 0 0018 FF 0 48 FF L5 2 0024 10 FF 0 FF L5 0 1F00 FF 0 FF FF L5 0 F018 FF"),
    );
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines,
        [
            "+0     TPR TPM_STS_0          -> 84",
            "+0     TPW TPM_DATA_FIFO_0    <- 01",
            "+0     TPR 1f00               -> ff",
            "+0     TPR f018               ->          !! unfinished",
            "# clocks=47"
        ]
    );
}

#[test]
fn cycles_for_others_are_told_apart() {
    for (text, start) in [
        ("L2 0 0024 FF 0 80 FF FFFFF", 2),
        // A TPM cycle that is no I/O cycle does not exist.
        ("L5 4 00000000 FF 0 80 FF FFFFF", 5),
        ("L0 4 00000000 FF 0 80 FF FFFFF", 0),
    ] {
        let all: Vec<_> = decode(samples(text)).collect();
        assert_eq!((all.len(), all[0].kind), (1, Kind::Other { start }));
    }
    let other = one("LD 3 0001000 0 FF 0 12 FF");
    assert_eq!((other.idsel, other.addr), (3, 0x1000));
    assert!(
        trace_text(Names::Internal, samples("LD 3 0001000 0 FF 0 12 FF")).contains("FWR 3:0001000")
    );
}

/// Each kind of line that the writer knows.
#[test]
fn a_trace_reads_well() {
    let text = [
        "RF RF RF RF FFF",
        "L0 2 0A40 30 FF 60 FF FF",
        "L0 0 0A41 FF 0 10 FF F",
        "L0 0 0A41 FF 0 10 FF F",
        "L0 0 0A41 FF 0 10 FF F",
        "L0 0 0A41 FF 0 00 FF",
        "L0 0 0A45 FF 0 20 FF",
        "LE 0 0000004 2 11223344 FF 0 FF",
        "LD 0 0002040 1 FF 660 1234 FF",
        "LD 0 0009000 0 FF 0 12 FF",
        "L0 0 0B00 FF FFFF LF LF LF LF FF",
        "L0 0 0A42 FF A FF FF",
        "L0 0 0A42 FF 5555555550 FF FF",
        "66F",
        "L0 0 0A42 FF 1",
    ]
    .join(" ");
    let expected = "\
+0     RESET  4 clk
+3     IOW ORM_CMD            <- 03       waits=1
+2     IOR ORM_STAT           -> 01  x3 each +1
+1     IOR ORM_STAT           -> 00
+0     IOR ORM_K+1            -> 02
+0     FWW MBOX_TX+004        <- 11223344
+0     FWR LOG_BUF+040        -> 2143     waits=2
+0     FWR 0009000            -> 21
+0     IOR 0b00               ->          !! aborted: no SYNC in 4 clk
+0     STOP   4 clk
+2     IOR ORM_ERR            -> ff       !! error SYNC
+0     IOR ORM_ERR            -> ff       waits=9 !! 9 short waits
+0     IDLE   2 clk !! LAD 0110 with no cycle under way
+1     IOR ORM_ERR            ->          !! broken: SYNC 0001
# clocks=217
";
    let got = trace_text(Names::Internal, samples(&text));
    assert_eq!(got, expected, "\n{got}");
    assert_eq!(samples(&text).len(), 217, "every clock is in the sum");
}

#[test]
fn names_of_the_link_are_its_own() {
    let text = "L0 0 0A00 FF 0 30 FF LD 0 0001000 0 FF 0 12 FF";
    let expected = "\
+0     IOR LINK_FLAGS         -> 03
+0     FWR LINK_TX+000        -> 21
# clocks=30
";
    assert_eq!(trace_text(Names::Link, samples(text)), expected);
}

#[test]
fn long_blocks_are_counted_and_writes_never_fold() {
    let mut rig = Rig::new(HostConfig::default());
    for _ in 0..2 {
        rig.transfer(Request::io_write(opera_regs::ORM_CMD, 3))
            .expect("good");
    }
    rig.transfer(Request::fw_read(opera_regs::MBOX_RX, 128).expect("aligned"))
        .expect("good");
    let mut trace = TraceWriter::new(Names::Internal);
    trace.note("scenario\nsecond line");
    for transfer in &rig.decoded[..2] {
        trace.push(transfer);
    }
    trace.note("plugged in");
    trace.push(&rig.decoded[2]);
    let expected = "\
# scenario
# second line
+1     IOW ORM_CMD            <- 03
+1     IOW ORM_CMD            <- 03
# plugged in
+1     FWR MBOX_RX+000        -> 0004080c1014181c2024282c3034383c..(128)
# clocks=300
";
    let got = trace.finish();
    let shown: Vec<&str> = got.lines().collect();
    let hex: String = rig.target.fw[0x1000..0x1010]
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    let expected = expected.replace("0004080c1014181c2024282c3034383c", &hex);
    assert_eq!(shown, expected.lines().collect::<Vec<_>>());
}

#[test]
fn a_poll_with_another_answer_or_gap_starts_a_new_line() {
    let poll = |gap: &str, data: &str| format!("{gap} L0 0 0A41 FF 0 {data} FF ");
    let text: String = [
        poll("F", "10"),
        poll("F", "10"),
        poll("FF", "10"),
        poll("FF", "10"),
        poll("FF", "00"),
    ]
    .concat();
    let expected = "\
+1     IOR ORM_STAT           -> 01  x2
+2     IOR ORM_STAT           -> 01  x2
+2     IOR ORM_STAT           -> 00
# clocks=73
";
    assert_eq!(trace_text(Names::Internal, samples(&text)), expected);
}

/// The samples as a VCD file; `clock_first` writes LCLK before the wires that move with it.
fn vcd(scopes: &[&str], all: &[Sample], clock_first: bool) -> String {
    let mut text = String::from("$timescale 1 ps $end\n$scope module opera $end\n");
    for (n, scope) in scopes.iter().enumerate() {
        let opened = scope.split('.').count();
        for part in scope.split('.') {
            text += &format!("$scope module {part} $end\n");
        }
        for (k, name) in ["LCLK", "LFRAME", "LRESET", "LAD0", "LAD1", "LAD2", "LAD3"]
            .iter()
            .enumerate()
        {
            text += &format!(
                "$var wire 1 {}{} {name} $end\n",
                (b'a' + n as u8) as char,
                k
            );
        }
        text += "$var wire 4 v lad $end\n";
        text += &"$upscope $end\n".repeat(opened);
    }
    text += "$upscope $end\n$enddefinitions $end\n#0\n$dumpvars\n1a0\nxa1\nza2\nb1010 v\n$end\n#1\n0a0\n";
    for (n, sample) in all.iter().enumerate() {
        let bits = [sample.lframe_n, sample.lreset_n]
            .into_iter()
            .chain((0..4).map(|k| sample.lad >> k & 1 != 0));
        let wires: String = bits
            .zip(1..)
            .map(|(bit, k)| format!("{}a{k}\n", u8::from(bit)))
            .collect();
        // The wires take their values with the edge before, as flops do.
        let time = 10 * n + 2;
        if n == 0 {
            text += &format!("#{time}\n{wires}");
        }
        text += &format!("#{}\n", time + 4);
        let next = all.get(n + 1).map(|next| {
            let bits = [next.lframe_n, next.lreset_n]
                .into_iter()
                .chain((0..4).map(|k| next.lad >> k & 1 != 0));
            bits.zip(1..)
                .map(|(bit, k)| format!("{}a{k}\n", u8::from(bit)))
                .collect::<String>()
        });
        let next = next.unwrap_or_default();
        text += &if clock_first {
            format!("1a0\n{next}")
        } else {
            format!("{next}1a0\n")
        };
        text += &format!("#{}\n0a0\n", time + 8);
    }
    text
}

#[test]
fn a_wave_gives_the_same_text_as_the_live_bus() {
    let mut rig = Rig::new(HostConfig::default());
    rig.target.waits = 2;
    rig.transfer(Request::io_write(opera_regs::ORM_CMD, 3))
        .expect("good");
    rig.idle(5);
    rig.transfer(Request::fw_read(opera_regs::ORM_OUT, 128).expect("aligned"))
        .expect("good");
    rig.target.waits = 0;
    rig.transfer(Request::io_read(opera_regs::ORM_STAT))
        .expect("good");
    for clock_first in [true, false] {
        let text = vcd(&["payer.lpc"], &rig.samples, clock_first);
        let read = read_vcd(text.as_bytes(), None).expect("a good file");
        assert_eq!(read, rig.samples);
        let live = trace_text(Names::Internal, rig.samples.clone());
        assert_eq!(trace_text(Names::Internal, read), live);
        let mut count = 0;
        for_each_vcd_sample(text.as_bytes(), Some("lpc"), |_| count += 1).expect("a good file");
        assert_eq!(count, rig.samples.len());
    }
    let mut decoder = Decoder::new();
    let streamed: Vec<_> = rig
        .samples
        .iter()
        .filter_map(|s| decoder.sample(*s))
        .collect();
    assert_eq!(streamed, rig.decoded);
}

#[test]
fn a_scope_must_be_clear() {
    let all = samples("FF L0 0 0A41 FF 0 12 FF");
    let text = vcd(&["payer.lpc", "payee.lpc", "link"], &all, true);
    let failed = |scope: Option<&str>| {
        let result = read_vcd(text.as_bytes(), scope);
        result.expect_err("not clear").to_string()
    };
    for scope in ["payer.lpc", "opera.payer.lpc"] {
        assert_eq!(read_vcd(text.as_bytes(), Some(scope)).expect("clear"), all);
    }
    assert_eq!(
        failed(None),
        "name one scope; scopes with an LPC bus: opera.payer.lpc, opera.payee.lpc, opera.link"
    );
    assert_eq!(
        failed(Some("lpc")),
        "name one scope; scopes with an LPC bus: opera.payer.lpc, opera.payee.lpc"
    );
    assert_eq!(
        failed(Some("pc")),
        "no LPC bus in scope pc; scopes with an LPC bus: opera.payer.lpc, opera.payee.lpc, opera.link"
    );
    assert!(read_vcd(&b"not a wave"[..], None).is_err());
    let empty = "$scope module top $end\n$upscope $end\n$enddefinitions $end\n";
    assert_eq!(
        read_vcd(empty.as_bytes(), None)
            .expect_err("no bus")
            .to_string(),
        "no scope has the signals LCLK, LFRAME, LRESET and LAD0 to LAD3"
    );
    let cut = &text[..text.len() / 3];
    let _ = read_vcd(cut.as_bytes(), None);
}
