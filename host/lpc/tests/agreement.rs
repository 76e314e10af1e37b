//! Host, decoder and a small peripheral, none of which shares code with another.

mod common;

use common::Rig;
use opera_lpc::{
    Decoder, HostConfig, Kind, Outcome, Request, Sample, decode, fw_read_size, fw_write_size,
};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Op {
    IoRead(u8),
    IoWrite(u8, u8),
    TpmRead(u8),
    TpmWrite(u8, u8),
    FwRead(u32, usize),
    FwWrite(u32, Vec<u8>),
}

fn op() -> impl Strategy<Value = Op> {
    // The FIFO at 0x24 has a test of its own.
    let offset = any::<u8>().prop_filter("FIFO", |offset| *offset != 0x24);
    prop_oneof![
        offset.clone().prop_map(Op::IoRead),
        (offset, any::<u8>()).prop_map(|(offset, byte)| Op::IoWrite(offset, byte)),
        any::<u8>().prop_map(Op::TpmRead),
        (any::<u8>(), any::<u8>()).prop_map(|(offset, byte)| Op::TpmWrite(offset, byte)),
        (any::<u16>(), 0usize..4).prop_map(|(at, size)| {
            let size = [1, 2, 4, 128][size];
            Op::FwRead(u32::from(at) / size as u32 * size as u32, size)
        }),
        (any::<u16>(), any::<u32>(), 0usize..3).prop_map(|(at, data, size)| {
            let size = [1, 2, 4][size];
            let at = u32::from(at) / size as u32 * size as u32;
            Op::FwWrite(at, data.to_le_bytes()[..size].to_vec())
        }),
    ]
}

proptest! {
    /// What was asked for, what the target's memory holds, what the host got and what the decoder
    /// saw on the wires is one and the same.
    #[test]
    fn host_target_and_decoder_agree(
        ops in prop::collection::vec((op(), 0usize..30, 0usize..12, any::<bool>()), 1..40)
    ) {
        let mut rig = Rig::new(HostConfig::default());
        let mut io = rig.target.io;
        let mut tpm = rig.target.tpm;
        let mut fw = rig.target.fw.clone();
        for (op, gap, waits, short) in ops {
            rig.idle(gap);
            rig.target.waits = waits;
            rig.target.wait_code = if short { 5 } else { 6 };
            rig.decoded.clear();
            let (request, kind, addr, data, base) = match &op {
                Op::IoRead(offset) => (
                    Request::io_read(0x0A00 + u16::from(*offset)),
                    Kind::IoRead,
                    0x0A00 + u32::from(*offset),
                    vec![io[usize::from(*offset)]],
                    13,
                ),
                Op::IoWrite(offset, byte) => {
                    io[usize::from(*offset)] = *byte;
                    (
                        Request::io_write(0x0A00 + u16::from(*offset), *byte),
                        Kind::IoWrite,
                        0x0A00 + u32::from(*offset),
                        vec![*byte],
                        13,
                    )
                }
                Op::TpmRead(offset) => (
                    Request::tpm_read(0x0A00 + u16::from(*offset)),
                    Kind::TpmRead,
                    0x0A00 + u32::from(*offset),
                    vec![tpm[usize::from(*offset)]],
                    13,
                ),
                Op::TpmWrite(offset, byte) => {
                    tpm[usize::from(*offset)] = *byte;
                    (
                        Request::tpm_write(0x0A00 + u16::from(*offset), *byte),
                        Kind::TpmWrite,
                        0x0A00 + u32::from(*offset),
                        vec![*byte],
                        13,
                    )
                }
                Op::FwRead(at, size) => (
                    Request::fw_read(*at, *size).expect("aligned"),
                    Kind::FwRead,
                    *at,
                    fw[*at as usize..*at as usize + size].to_vec(),
                    15 + 2 * size,
                ),
                Op::FwWrite(at, bytes) => {
                    fw[*at as usize..*at as usize + bytes.len()].copy_from_slice(bytes);
                    (
                        Request::fw_write(*at, bytes).expect("aligned"),
                        Kind::FwWrite,
                        *at,
                        bytes.clone(),
                        15 + 2 * bytes.len(),
                    )
                }
            };
            let response = rig.transfer(request).expect("a good answer");
            prop_assert_eq!(rig.decoded.len(), 1);
            let transfer = &rig.decoded[0];
            prop_assert_eq!((transfer.kind, transfer.addr, transfer.idsel), (kind, addr, 0));
            prop_assert_eq!(&transfer.data, &data);
            prop_assert_eq!((transfer.outcome, transfer.waits), (Outcome::Ready, waits as u32));
            prop_assert_eq!(transfer.remark.is_some(), short && waits > 8);
            prop_assert_eq!(transfer.clocks, (base + waits) as u64);
            prop_assert_eq!((response.waits, response.clocks as usize), (waits as u32, base + waits));
            let read = matches!(kind, Kind::IoRead | Kind::TpmRead | Kind::FwRead);
            prop_assert_eq!(response.data(), if read { &data[..] } else { &[] });
            prop_assert_eq!(response.byte(), if read { data[0] } else { 0 });
            prop_assert_eq!((&rig.target.io, &rig.target.tpm), (&io, &tpm));
        }
        prop_assert_eq!(&rig.target.fw, &fw);
    }

    /// Whatever is on the wires, the decoder goes on and accounts for every clock.
    #[test]
    fn the_decoder_loses_no_clock(
        noise in prop::collection::vec((0u8..8, 0u8..64, any::<u8>()), 0..2000)
    ) {
        let samples: Vec<Sample> = noise
            .iter()
            .map(|(lframe, lreset, lad)| Sample {
                lframe_n: *lframe != 0,
                lreset_n: *lreset != 0,
                // Mostly what belongs on a bus, so that the deep phases are reached.
                lad: if lad & 0x80 == 0 { lad & 0xF } else { [0xF, 0, 0xD, 0xE, 6, 0xF, 0, 0xF][usize::from(lad & 7)] },
            })
            .collect();
        let mut decoder = Decoder::new();
        let mut sum = 0;
        for sample in &samples {
            if let Some(done) = decoder.sample(*sample) {
                sum += done.gap + done.clocks;
            }
        }
        sum += decoder.idle_clocks();
        sum += decoder.finish().map_or(0, |last| last.gap + last.clocks);
        prop_assert_eq!(sum, samples.len() as u64);
    }

    /// LRESET# at any clock ends the transfer, leaves the wires free and the next one is good.
    #[test]
    fn a_reset_at_any_clock_is_survived(at in 0usize..40, length in 1usize..5) {
        let mut rig = Rig::new(HostConfig::default());
        rig.target.waits = 3;
        rig.host.start(Request::fw_read(0x100, 4).expect("aligned")).expect("idle");
        rig.idle(at);
        let done = rig.host.poll();
        rig.host.set_reset(true);
        prop_assert_eq!(rig.host.start(Request::io_read(0)), Err(opera_lpc::Misuse::InReset));
        rig.idle(length);
        let pins = rig.host.pins();
        prop_assert!(!pins.lreset_n && pins.lframe_n && !pins.lad_oe);
        rig.host.set_reset(false);
        // 27 clocks: one before START, 23, and the waits.
        let expected = (at < 27).then_some(Err(opera_lpc::BusError::Reset { addr: 0x100 }));
        prop_assert_eq!(rig.host.poll(), expected);
        prop_assert_eq!(done.is_some(), at >= 27);
        rig.target.io[1] = 0x5C;
        let response = rig.transfer(Request::io_read(0x0A01)).expect("good");
        prop_assert_eq!((response.byte(), response.clocks), (0x5C, 16));
        let cut = rig.decoded.iter().filter(|t| t.outcome == Outcome::Aborted).count();
        prop_assert_eq!(cut, usize::from(at > 1 && at < 27));
    }

    /// Blocks are split into aligned cycles that cover each byte once.
    #[test]
    fn splitting_covers_each_byte_once(addr in 0u32..0x1000, length in 1usize..600) {
        for size_of in [fw_read_size, fw_write_size] {
            let (mut at, mut left) = (addr, length);
            while left > 0 {
                let size = size_of(at, left);
                prop_assert!(size <= left);
                prop_assert!(Request::fw_read(at, size).is_ok());
                at += size as u32;
                left -= size;
            }
        }
        prop_assert!(fw_write_size(addr, length) <= 4);
    }
}

/// LPC.md 5.2, point 25: a peripheral that moves its FIFO on a read that is aborted loses a byte,
/// and the sequence numbers tell.
#[test]
fn a_fifo_that_moves_on_an_aborted_read_is_found_out() {
    for (pops_early, lost) in [(false, 0), (true, 1)] {
        let mut rig = Rig::new(HostConfig {
            wait_limit: 8,
            ..HostConfig::default()
        });
        rig.target.pops_early = pops_early;
        let fifo = || Request::io_read(0x0A24);
        assert_eq!(rig.transfer(fifo()).map(|r| r.byte()), Ok(1));
        rig.target.waits = 100;
        assert!(rig.transfer(fifo()).is_err());
        rig.target.waits = 0;
        assert_eq!(rig.transfer(fifo()).map(|r| r.byte()), Ok(2 + lost));
    }
}

/// Back-to-back transfers have START in the clock after the last turn-around or one later.
#[test]
fn transfers_can_follow_each_other_closely() {
    let mut rig = Rig::new(HostConfig::default());
    for n in 0..10 {
        rig.transfer(Request::io_write(0x0A10 + n, n as u8))
            .expect("good");
    }
    assert!(rig.decoded.iter().all(|t| t.gap == 1 && t.clocks == 13));
    let again: Vec<_> = decode(rig.samples.clone()).collect();
    assert_eq!(again, rig.decoded);
}
