//! The host model and the decoder, which share no code, against a small peripheral.

use opera_lpc::{
    Decoder, HostConfig, Kind, LpcHost, Names, Outcome, Request, Sample, TraceWriter, Transfer,
    read_vcd,
};
use proptest::prelude::*;

/// Answers I/O and firmware cycles after `waits` long waits; counts clocks, knows no FSM of ours.
struct Peripheral {
    nibbles: Vec<u8>,
    active: bool,
    lead: usize,
    answer: Vec<u8>,
    at: usize,
    waits: usize,
}

impl Peripheral {
    fn drives(&self) -> Option<u8> {
        (self.active && self.lead > 0 && self.nibbles.len() >= self.lead)
            .then(|| self.answer.get(self.at).copied())
            .flatten()
    }

    fn clock(&mut self, lframe_n: bool, lad: u8) {
        if !lframe_n {
            self.nibbles = vec![lad];
            self.active = true;
            self.lead = 0;
            self.at = 0;
            return;
        }
        if self.lead > 0 && self.nibbles.len() >= self.lead {
            self.at += 1;
            return;
        }
        self.nibbles.push(lad);
        let n = &self.nibbles;
        let (lead, bytes) = match (n[0], n.get(1).map(|c| c & 2)) {
            (0, Some(0)) if n.len() >= 2 => (8, 1usize),
            (0, Some(2)) if n.len() >= 2 => (10, 0),
            (0xD, _) if n.len() >= 10 => (12, [1, 2, 4, 0, 0, 0, 0, 128][usize::from(n[9] & 7)]),
            (0xE, _) if n.len() >= 10 => (12 + 2 * [1, 2, 4][usize::from(n[9])], 0),
            _ => return,
        };
        self.lead = lead;
        self.answer = vec![6; self.waits];
        self.answer.push(0);
        self.answer
            .extend((0..2 * bytes).map(|k| (k * 5 + 3) as u8 & 0xF));
        self.answer.push(0xF);
    }
}

/// Data, wait states and clocks of a transfer as the host saw it.
type Seen = (Vec<u8>, u32, u32);

/// Runs requests with the gaps and waits given; returns what the host and what the decoder saw.
fn run(requests: &[(Request, usize, usize)]) -> (Vec<Seen>, Vec<Transfer>, Vec<Sample>) {
    let mut host = LpcHost::new(HostConfig::default());
    let mut decoder = Decoder::new();
    let mut chip = Peripheral {
        nibbles: Vec::new(),
        active: false,
        lead: 0,
        answer: Vec::new(),
        at: 0,
        waits: 0,
    };
    let (mut seen, mut decoded, mut samples) = (Vec::new(), Vec::new(), Vec::new());
    for (request, gap, waits) in requests {
        for n in 0..=*gap + 1000 {
            if n == *gap {
                chip.waits = *waits;
                host.start(*request).expect("idle");
            }
            let pins = host.pins();
            let drives = chip.drives();
            assert!(!(pins.lad_oe && drives.is_some()), "two drivers");
            let lad = if pins.lad_oe {
                pins.lad
            } else {
                drives.unwrap_or(0xF)
            };
            let sample = Sample {
                lframe_n: pins.lframe_n,
                lreset_n: pins.lreset_n,
                lad,
            };
            samples.push(sample);
            decoded.extend(decoder.sample(sample));
            chip.clock(pins.lframe_n, lad);
            host.clock(lad, drives.is_some());
            if let Some(result) = host.poll() {
                let response = result.expect("a good answer");
                seen.push((response.data().to_vec(), response.waits, response.clocks));
                break;
            }
        }
    }
    (seen, decoded, samples)
}

fn request() -> impl Strategy<Value = Request> {
    prop_oneof![
        any::<u16>().prop_map(Request::io_read),
        any::<(u16, u8)>().prop_map(|(addr, data)| Request::io_write(addr, data)),
        (0u32..1 << 20, 0usize..4).prop_map(|(addr, size)| {
            let size = [1, 2, 4, 128][size];
            Request::fw_read(addr * 128, size).expect("aligned")
        }),
        (0u32..1 << 20, any::<u32>(), 0usize..3).prop_map(|(addr, data, size)| {
            Request::fw_write(addr * 4, &data.to_le_bytes()[..[1, 2, 4][size]]).expect("aligned")
        }),
    ]
}

proptest! {
    #[test]
    fn host_and_decoder_agree(requests in prop::collection::vec((request(), 0usize..30, 0usize..9), 1..20)) {
        let (seen, decoded, _) = run(&requests);
        prop_assert_eq!(seen.len(), decoded.len());
        for ((data, waits, clocks), transfer) in seen.iter().zip(&decoded) {
            prop_assert_eq!(transfer.outcome, Outcome::Ready);
            prop_assert_eq!(transfer.waits, *waits);
            prop_assert_eq!(transfer.clocks, u64::from(*clocks));
            if matches!(transfer.kind, Kind::IoRead | Kind::FwRead) {
                prop_assert_eq!(&transfer.data, data);
            }
        }
    }
}

/// The samples as a VCD file, and back.
#[test]
fn a_vcd_file_gives_the_same_samples() {
    let requests = [
        (Request::io_write(0x0A40, 3), 2, 1),
        (Request::io_read(0x0A41), 1, 0),
        (Request::fw_read(0x3000, 128).expect("good"), 0, 2),
    ];
    let (_, _, samples) = run(&requests);
    let mut text =
        String::from("$timescale 1 ps $end\n$scope module opera $end\n$scope module lpc $end\n");
    for (name, code) in ["LCLK", "LFRAME", "LRESET", "LAD0", "LAD1", "LAD2", "LAD3"]
        .iter()
        .zip('a'..)
    {
        text += &format!("$var wire 1 {code} {name} $end\n");
    }
    text += "$upscope $end\n$upscope $end\n$enddefinitions $end\n#0\n0a\n1b\n1c\n";
    for (n, sample) in samples.iter().enumerate() {
        let bit = |set: bool, code: char| format!("{}{code}\n", u8::from(set));
        text += &format!(
            "#{}\n0a\n{}{}",
            2 * n + 1,
            bit(sample.lframe_n, 'b'),
            bit(sample.lreset_n, 'c')
        );
        for (k, code) in ('d'..='g').enumerate() {
            text += &bit(sample.lad >> k & 1 != 0, code);
        }
        text += &format!("#{}\n1a\n", 2 * n + 2);
    }
    assert_eq!(read_vcd(text.as_bytes(), None).expect("good"), samples);
    assert_eq!(
        read_vcd(text.as_bytes(), Some("opera.lpc")).expect("good"),
        samples
    );
    let error = read_vcd(text.as_bytes(), Some("nowhere"))
        .expect_err("no such scope")
        .to_string();
    assert!(error.contains("opera.lpc"), "{error}");
    assert!(read_vcd(&b"not a wave"[..], None).is_err());
}

#[test]
fn a_trace_names_registers_and_folds_polls() {
    let mut requests = vec![(Request::io_write(opera_regs::ORM_CMD, 3), 2, 1)];
    requests.extend([(Request::io_read(opera_regs::ORM_STAT), 1, 0); 5]);
    requests.push((
        Request::fw_read(opera_regs::ORM_OUT, 128).expect("good"),
        0,
        2,
    ));
    let mut trace = TraceWriter::new(Names::Internal);
    for transfer in &run(&requests).1 {
        trace.push(transfer);
    }
    let expected = "\
+3     IOW ORM_CMD            <- 03       waits=1
+2     IOR ORM_STAT           -> 83  x5
+1     FWR ORM_OUT+000        -> 83d27c1b6a5f4e3d2c.. waits=2
";
    let got = trace.finish();
    assert_eq!(got.lines().count(), expected.lines().count() + 1, "{got}");
    for (got, expected) in got.lines().zip(expected.lines()).take(2) {
        assert_eq!(got, expected);
    }
    assert!(
        got.contains("FWR ORM_OUT+000        -> ") && got.contains("..(128) waits=2"),
        "{got}"
    );
    assert!(!got.contains("!!"));
}
