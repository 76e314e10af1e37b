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

/// Every byte that crossed a wire.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Crossed {
    /// Data bytes of the LPC buses, in the order of [`SCOPES`].
    pub lpc: [Vec<u8>; 3],
    /// Bytes of the data bus that were acknowledged.
    pub data_bus: Vec<u8>,
}

pub(crate) struct Recorder {
    buses: [(Decoder, TraceWriter); 3],
    seen: Crossed,
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
            seen: Crossed::default(),
            ack: false,
        }
    }

    pub(crate) fn finish(self) -> (BusTexts, Crossed) {
        let texts = self.buses.map(|(decoder, mut writer)| {
            if let Some(last) = decoder.finish() {
                writer.push(&last);
            }
            writer.finish()
        });
        (BusTexts(texts), self.seen)
    }

    /// Writes a line into the trace of a wallet's internal bus.
    pub(crate) fn note(&mut self, side: Side, text: &str) {
        self.buses[index(side)].1.note(text);
    }

    fn sample(&mut self, bus: usize, sample: Sample) {
        let (decoder, writer) = &mut self.buses[bus];
        if let Some(transfer) = decoder.sample(sample) {
            writer.push(&transfer);
            self.seen.lpc[bus].extend_from_slice(&transfer.data);
        }
    }
}

/// Place in [`SCOPES`] of a wallet's internal bus.
fn index(side: Side) -> usize {
    match side {
        Side::Payer => 0,
        Side::Payee => 1,
    }
}

impl Observer for Recorder {
    fn lpc(&mut self, side: Side, sample: LpcSample) {
        let LpcSample {
            lframe_n,
            lreset_n,
            lad,
        } = sample;
        self.sample(
            index(side),
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
            self.seen.data_bus.push(wires.data);
        }
        self.ack = wires.ack;
    }
}
