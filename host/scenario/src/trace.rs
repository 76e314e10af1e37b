//! The three LPC buses of a mount, written down while it runs.

use opera_lpc::{Decoder, Names, Sample, TraceWriter};
use opera_sim::{LpcSample, Observer, Side, Wires};

/// Scopes of the buses in waves and traces: payer's internal LPC, payee's, and the link.
pub const SCOPES: [&str; 3] = ["opera.payer.lpc", "opera.payee.lpc", "opera.link"];

/// The traces, in the order of [`SCOPES`]; each begins with a line that names its scope.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct BusTexts(pub [String; 3]);

impl BusTexts {
    /// All three, one after the other.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.join("\n")
    }
}

pub(crate) struct Recorder {
    buses: [(Decoder, TraceWriter); 3],
    /// Every byte that crossed the data bus, as seen at the fall of the acknowledge.
    pub(crate) data: Vec<u8>,
    ack: bool,
}

impl Recorder {
    pub(crate) fn new() -> Self {
        let bus = |n: usize, names| {
            let mut writer = TraceWriter::new(names);
            writer.note(SCOPES[n]);
            (Decoder::new(), writer)
        };
        Self {
            buses: [
                bus(0, Names::Internal),
                bus(1, Names::Internal),
                bus(2, Names::Link),
            ],
            data: Vec::new(),
            ack: false,
        }
    }

    pub(crate) fn finish(self) -> (BusTexts, Vec<u8>) {
        let texts = self.buses.map(|(decoder, mut writer)| {
            if let Some(last) = decoder.finish() {
                writer.push(&last);
            }
            writer.finish()
        });
        (BusTexts(texts), self.data)
    }

    fn sample(&mut self, bus: usize, sample: Sample) {
        let (decoder, writer) = &mut self.buses[bus];
        if let Some(transfer) = decoder.sample(sample) {
            writer.push(&transfer);
        }
    }
}

impl Observer for Recorder {
    fn lpc(&mut self, side: Side, sample: LpcSample) {
        let bus = match side {
            Side::Payer => 0,
            Side::Payee => 1,
        };
        let LpcSample {
            lframe_n,
            lreset_n,
            lad,
        } = sample;
        self.sample(
            bus,
            Sample {
                lframe_n,
                lreset_n,
                lad,
            },
        );
    }

    fn link(&mut self, wires: Wires) {
        self.sample(
            2,
            Sample {
                lframe_n: wires.lframe_n,
                lreset_n: wires.lreset_n,
                lad: wires.lad,
            },
        );
    }

    fn data(&mut self, wires: Wires) {
        if wires.ack && !self.ack {
            self.data.push(wires.data);
        }
        self.ack = wires.ack;
    }
}
