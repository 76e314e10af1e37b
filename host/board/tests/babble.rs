//! A line that says something for ever, and never an answer.

use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use opera_board::{Line, LineError, SerialBus};
use opera_lpc::BusError;

/// What comes in place of an answer, over and over.
struct Babble<'a> {
    bytes: &'a [u8],
    heard: &'a Cell<usize>,
}

impl Line for Babble<'_> {
    async fn send(&self, _: &[u8]) -> Result<(), LineError> {
        Ok(())
    }
    async fn receive(&self) -> Result<u8, LineError> {
        let at = self.heard.get();
        assert!(at < 1_000_000, "it listens for ever");
        self.heard.set(at + 1);
        Ok(self.bytes[at % self.bytes.len()])
    }
    async fn rest(&self, _: u64) {}
    fn clocks_per_byte(&self) -> u64 {
        330
    }
    fn patience(&self) -> u64 {
        30_000
    }
}

#[test]
fn a_line_that_never_stops_is_given_up() {
    // Noise, heads of answers that never end, and good answers to nobody's question.
    let mut stale = vec![0xA5, 0x11, 0, 0];
    let crc = crc::Crc::<u16>::new(&crc::CRC_16_IBM_SDLC).checksum(&stale);
    stale.extend(crc.to_le_bytes());
    for bytes in [&[0x00][..], &[0xA5], &[0xA5, 0, 0, 128], &stale] {
        let heard = Cell::new(0);
        let bus = pin!(SerialBus::connect(Babble {
            bytes,
            heard: &heard
        }));
        match bus.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Err(BusError::NoAnswer { .. })) => {}
            other => panic!("{bytes:02x?}: {:?}", other.map(|bus| bus.err())),
        }
    }
}
