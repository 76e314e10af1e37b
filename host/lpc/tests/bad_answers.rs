//! Every bad answer of LPC.md section 5.2: a defined result, the clocks counted, the bus left idle
//! and usable. Names begin with the number of the point there.

use opera_lpc::{BusError, HostConfig, LpcHost, Misuse, Request, Response};

const ADDR: u32 = 0x0A41;

/// What a scripted peripheral drives, from a clock counted from the first SYNC clock on; it lets
/// go when LFRAME# falls unless it is stubborn.
struct Script {
    request: Request,
    /// Clocks from START to the first SYNC clock: 8 for I/O reads, 10 for I/O writes.
    lead: i32,
    from: i32,
    nibbles: Vec<Option<u8>>,
    stubborn: bool,
}

const LIMITS: HostConfig = HostConfig {
    nosync_limit: 3,
    wait_limit: 20,
};

fn some(nibbles: &[u8]) -> Vec<Option<u8>> {
    nibbles.iter().map(|nibble| Some(*nibble)).collect()
}

fn read(nibbles: &[u8]) -> Script {
    Script {
        request: Request::io_read(ADDR as u16),
        lead: 8,
        from: 0,
        nibbles: some(nibbles),
        stubborn: false,
    }
}

fn write(nibbles: &[u8]) -> Script {
    Script {
        request: Request::io_write(ADDR as u16, 0x3C),
        lead: 10,
        ..read(nibbles)
    }
}

fn fw_read(nibbles: &[u8]) -> Script {
    Script {
        request: Request::fw_read(ADDR - 1, 4).expect("aligned"),
        lead: 12,
        ..read(nibbles)
    }
}

fn at(from: i32, script: Script) -> Script {
    Script { from, ..script }
}

fn stubborn(script: Script) -> Script {
    Script {
        stubborn: true,
        ..script
    }
}

/// Runs the script on a host; returns the result and the clocks it took.
fn run(host: &mut LpcHost, script: &Script) -> (Result<Response, BusError>, u32) {
    host.start(script.request).expect("idle");
    let mut gone = false;
    let mut lows = 0;
    for n in 0..10_000 {
        let pins = host.pins();
        lows += i32::from(!pins.lframe_n);
        gone |= n > 1 && !pins.lframe_n && !script.stubborn;
        let index = n - 1 - script.lead - script.from;
        let driven = usize::try_from(index)
            .ok()
            .filter(|_| !gone)
            .and_then(|index| script.nibbles.get(index).copied().flatten());
        let lad = match (pins.lad_oe, driven) {
            (true, driven) => pins.lad & driven.unwrap_or(0xF),
            (false, driven) => driven.unwrap_or(0xF),
        };
        host.clock(lad, driven.is_some());
        if let Some(result) = host.poll() {
            let pins = host.pins();
            assert!(!host.busy() && !pins.lad_oe && pins.lframe_n && pins.lreset_n);
            // A START is one clock of LFRAME#, an abort four.
            let aborted = !matches!(result, Ok(_) | Err(BusError::Refused { .. }));
            let start = i32::from(script.from >= -script.lead); // else contention before START
            assert_eq!(lows, start + if aborted { 4 } else { 0 });
            return (result, host.clocks());
        }
    }
    panic!("no result");
}

/// Runs the script, then a good read on the same host.
#[track_caller]
fn check(name: &str, script: Script, error: BusError, clocks: u32) {
    let mut host = LpcHost::new(LIMITS);
    let found = run(&mut host, &script);
    assert_eq!(found, (Err(error), clocks), "{name}");
    let (next, clocks) = run(&mut host, &read(&[0, 0xC, 0x3, 0xF]));
    assert_eq!(
        next.map(|r| r.byte()),
        Ok(0x3C),
        "{name}: the read after it"
    );
    assert_eq!(clocks, 13, "{name}: the read after it");
}

/// Clocks of an abort: LFRAME# low 4, high 1.
const ABORT: u32 = 5;

#[test]
fn good_answers_have_the_clocks_of_the_specification() {
    let mut host = LpcHost::new(LIMITS);
    let (response, _) = run(&mut host, &read(&[0, 0xC, 0x3, 0xF]));
    let response = response.expect("good");
    assert_eq!(
        (response.byte(), response.clocks, response.waits),
        (0x3C, 13, 0)
    );
    let (response, _) = run(&mut host, &write(&[0, 0xF]));
    let response = response.expect("good");
    assert_eq!(
        (response.data(), response.byte(), response.clocks),
        (&[][..], 0, 13)
    );
    let (response, _) = run(&mut host, &fw_read(&[6, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0xF]));
    let response = response.expect("good");
    assert_eq!(
        (response.data(), response.clocks),
        (&[0x21, 0x43, 0x65, 0x87][..], 24)
    );
    let mut long = fw_read(&[0]);
    long.request = Request::fw_read(0x3000, 128).expect("aligned");
    long.nibbles
        .extend((0..257).map(|n| Some(if n == 256 { 0xF } else { n as u8 & 0xF })));
    assert_eq!(run(&mut host, &long).0.expect("good").clocks, 271);
}

#[test]
fn no_sync_and_late_sync() {
    let none = |waited| BusError::NoSync { addr: ADDR, waited };
    check("1 no SYNC", read(&[]), none(3), 8 + 3 + ABORT);
    check("1 no SYNC, write", write(&[]), none(3), 10 + 3 + ABORT);
    check(
        "19 stuck at 1111",
        at(0, read(&[0xF; 64])),
        none(3),
        8 + 3 + ABORT,
    );
    for late in 1..3 {
        let (result, clocks) = run(&mut LpcHost::new(LIMITS), &at(late, read(&[0, 1, 2, 0xF])));
        assert_eq!(
            result.map(|r| r.byte()),
            Ok(0x21),
            "7 SYNC in clock {}",
            late + 1
        );
        assert_eq!(clocks, 13 + late as u32);
    }
    check(
        "7 SYNC in clock 4",
        at(3, read(&[0, 1, 2, 0xF])),
        none(3),
        8 + 3 + ABORT,
    );
    // An Intel host takes one clock more.
    let mut intel = LpcHost::new(HostConfig {
        nosync_limit: 4,
        ..LIMITS
    });
    assert!(run(&mut intel, &at(3, read(&[0, 1, 2, 0xF]))).0.is_ok());
    let (result, clocks) = run(&mut intel, &read(&[]));
    assert_eq!((result, clocks), (Err(none(4)), 8 + 4 + ABORT));
}

#[test]
fn sync_codes() {
    for code in [1, 2, 3, 4, 7, 8, 0xB, 0xC, 0xD, 0xE] {
        let error = BusError::BadSync { addr: ADDR, code };
        check("2 reserved SYNC", read(&[code]), error, 9 + ABORT);
        check(
            "2 reserved SYNC after waits",
            write(&[6, 6, code]),
            error,
            13 + ABORT,
        );
    }
    let dma = BusError::BadSync {
        addr: ADDR,
        code: 9,
    };
    check("3 1001 on I/O", read(&[9]), dma, 9 + ABORT);
    check("3 1001 on I/O, write", write(&[9]), dma, 11 + ABORT);
    let (result, clocks) = run(
        &mut LpcHost::new(LIMITS),
        &read(&[5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 0, 1, 2, 0xF]),
    );
    assert_eq!(
        (result.map(|r| (r.byte(), r.waits)), clocks),
        (Ok((0x21, 10)), 23),
        "4 ten short waits"
    );
    let endless = BusError::WaitTooLong {
        addr: ADDR,
        waited: 20,
    };
    check(
        "4 short waits for ever",
        read(&[5; 64]),
        endless,
        28 + ABORT,
    );
    check(
        "5 long waits for ever",
        write(&[6; 64]),
        endless,
        30 + ABORT,
    );
    check("19 stuck at 0101", read(&[5; 500]), endless, 28 + ABORT);
    let (result, _) = run(&mut LpcHost::new(LIMITS), &read(&[5, 6, 5, 0, 1, 2, 0xF]));
    assert_eq!(
        result.map(|r| (r.byte(), r.waits)),
        Ok((0x21, 3)),
        "6 mixed waits"
    );
    let vanished = BusError::Vanished { addr: ADDR };
    check("9 wait, then nobody", read(&[6, 6]), vanished, 11 + ABORT);
    check(
        "9 wait, then 1111",
        write(&[6, 6, 0xF, 0xF]),
        vanished,
        13 + ABORT,
    );
}

#[test]
fn error_sync() {
    let refused = BusError::Refused { addr: ADDR };
    check("10 with data", read(&[0xA, 1, 2, 0xF]), refused, 13);
    check("10 of a write", write(&[0xA, 0xF]), refused, 13);
    check("10 after waits", read(&[6, 0xA, 1, 2, 0xF]), refused, 14);
    check(
        "10 without data",
        read(&[0xA]),
        BusError::Undriven { addr: ADDR },
        10 + ABORT,
    );
    let firmware = BusError::BadSync {
        addr: ADDR - 1,
        code: 0xA,
    };
    check(
        "10 in a firmware cycle",
        fw_read(&[0xA, 1, 2, 0xF]),
        firmware,
        13 + ABORT,
    );
}

#[test]
fn turn_around_and_data() {
    let tar = |lad| BusError::BadTurnAround { addr: ADDR, lad };
    let contention = BusError::Contention { addr: ADDR };
    let undriven = BusError::Undriven { addr: ADDR };
    check("11 TAR1 not 1111", read(&[0, 1, 2, 3]), tar(3), 12 + ABORT);
    check(
        "11 TAR1 not 1111, write",
        write(&[0, 0]),
        tar(0),
        12 + ABORT,
    );
    check(
        "12 drives in TAR2",
        read(&[0, 1, 2, 0xF, 0xF]),
        contention,
        13 + ABORT,
    );
    check(
        "12 drives in TAR2, write",
        write(&[0, 0xF, 3]),
        contention,
        13 + ABORT,
    );
    check("14 no data", read(&[0]), undriven, 10 + ABORT);
    check("14 half the data", read(&[0, 1]), undriven, 11 + ABORT);
    check(
        "14 half of a block",
        fw_read(&[0, 1, 2, 3, 4, 5]),
        BusError::Undriven { addr: ADDR - 1 },
        19 + ABORT,
    );
    check(
        "18 stuck at 0000 from the SYNC on",
        read(&[0; 64]),
        tar(0),
        12 + ABORT,
    );
    check(
        "18 stuck at 0000, write",
        write(&[0; 64]),
        tar(0),
        12 + ABORT,
    );
    check(
        "23 READY twice, read",
        read(&[0, 0, 1, 2, 0xF]),
        tar(2),
        12 + ABORT,
    );
    check(
        "23 READY twice, write",
        write(&[0, 0, 0xF]),
        tar(0),
        12 + ABORT,
    );
    check("24 more data", read(&[0, 1, 2, 3, 4]), tar(3), 12 + ABORT);
    check(
        "24 more data that looks like a turn-around",
        read(&[0, 1, 2, 0xF, 3]),
        contention,
        13 + ABORT,
    );
}

#[test]
fn drivers_out_of_turn() {
    let contention = BusError::Contention { addr: ADDR };
    check(
        "8 SYNC one early",
        at(-1, read(&[0, 1, 2, 0xF])),
        contention,
        8 + ABORT,
    );
    check(
        "8 SYNC one early, write",
        at(-1, write(&[0, 0xF])),
        contention,
        10 + ABORT,
    );
    for clock in 1..=8 {
        let early = at(clock - 9, read(&[0xF]));
        check(
            "13 in a clock of a read",
            early,
            contention,
            clock as u32 + ABORT,
        );
    }
    for clock in 1..=10 {
        let early = at(clock - 11, write(&[0x5]));
        check(
            "13 in a clock of a write",
            early,
            contention,
            clock as u32 + ABORT,
        );
    }
    // On an idle bus: counted; and no START goes out while it lasts.
    check(
        "12 in the clock before START",
        at(-9, read(&[0])),
        BusError::Contention { addr: ADDR },
        ABORT,
    );
    let mut host = LpcHost::new(LIMITS);
    for _ in 0..7 {
        host.clock(3, true);
    }
    host.clock(0xF, false);
    assert_eq!(host.stray_clocks(), 7, "12 on an idle bus");
    assert!(run(&mut host, &read(&[0, 1, 2, 0xF])).0.is_ok());
}

#[test]
fn aborts_that_are_ignored() {
    let error = BusError::StillDriven { addr: ADDR };
    check(
        "15 drives through the abort",
        stubborn(read(&[3; 6])),
        error,
        9 + ABORT,
    );
    check(
        "15 drives after the abort",
        stubborn(read(&[3, 3, 3, 3, 3, 3])),
        error,
        9 + ABORT,
    );
    check(
        "15 drives in the fourth clock",
        stubborn(read(&[3, 3, 3, 3, 3])),
        error,
        9 + ABORT,
    );
    // Up to the third clock it may.
    let error = BusError::BadSync {
        addr: ADDR,
        code: 3,
    };
    check(
        "15 lets go in time",
        stubborn(read(&[3, 3, 3, 3])),
        error,
        9 + ABORT,
    );
    // A device that never lets go is reported each time and never taken for an answer.
    let mut host = LpcHost::new(LIMITS);
    for lad in 0..16 {
        let stuck = stubborn(at(-9, read(&[lad; 64])));
        assert_eq!(
            run(&mut host, &stuck).0,
            Err(BusError::StillDriven { addr: ADDR }),
            "18 stuck for good"
        );
    }
}

/// Two devices pull the same wires: what one sees is the AND.
#[test]
fn two_devices_that_answer_are_not_taken_for_one() {
    let both = |a: &[Option<u8>], b: &[Option<u8>]| -> Vec<Option<u8>> {
        (0..a.len().max(b.len()))
            .map(
                |n| match (a.get(n).copied().flatten(), b.get(n).copied().flatten()) {
                    (Some(a), Some(b)) => Some(a & b),
                    (a, b) => a.or(b),
                },
            )
            .collect()
    };
    let mut late = read(&[]);
    late.nibbles = both(&some(&[0, 1, 2, 0xF]), &some(&[6, 0, 3, 4, 0xF]));
    check(
        "16 one waits",
        late,
        BusError::BadTurnAround { addr: ADDR, lad: 4 },
        12 + ABORT,
    );
    let mut wait = read(&[]);
    wait.nibbles = both(&some(&[5, 0, 1, 2, 0xF]), &some(&[6, 6, 0, 3, 4, 0xF]));
    check(
        "16 short and long waits",
        wait,
        BusError::BadSync {
            addr: ADDR,
            code: 4,
        },
        9 + ABORT,
    );
}

#[test]
fn resets() {
    let mut host = LpcHost::new(LIMITS);
    host.start(Request::io_read(ADDR as u16)).expect("idle");
    for _ in 0..5 {
        host.clock(0xF, false);
    }
    host.set_reset(true);
    let pins = host.pins();
    assert!(
        !pins.lreset_n && pins.lframe_n && !pins.lad_oe && !host.busy(),
        "17"
    );
    assert_eq!(host.poll(), Some(Err(BusError::Reset { addr: ADDR })), "17");
    assert_eq!(host.start(Request::io_read(0)), Err(Misuse::InReset), "20");
    host.clock(0xF, false);
    host.set_reset(false);
    assert!(run(&mut host, &read(&[0, 1, 2, 0xF])).0.is_ok(), "17");
    // A result that was there before the reset stays.
    host.start(Request::io_read(0)).expect("idle");
    host.set_reset(true);
    host.set_reset(true);
    assert_eq!(host.poll(), Some(Err(BusError::Reset { addr: 0 })));
    assert_eq!(host.poll(), None);
}

#[test]
fn misuse_is_refused_before_the_bus_moves() {
    for bytes in [0, 3, 5, 8, 16, 64, 127, 129] {
        assert_eq!(Request::fw_read(0, bytes), Err(Misuse::Size { bytes }));
        assert_eq!(
            Request::fw_write(0, &vec![0; bytes]),
            Err(Misuse::Size { bytes })
        );
    }
    assert_eq!(
        Request::fw_write(0, &[0; 128]),
        Err(Misuse::Size { bytes: 128 })
    );
    for addr in [1 << 28, u32::MAX] {
        assert_eq!(Request::fw_read(addr, 1), Err(Misuse::Address { addr }));
        assert_eq!(Request::fw_write(addr, &[0]), Err(Misuse::Address { addr }));
    }
    for (addr, bytes) in [(1, 2), (2, 4), (3, 4), (64, 128)] {
        assert_eq!(
            Request::fw_read(addr, bytes),
            Err(Misuse::Unaligned { addr, bytes })
        );
    }
    for count in [0, 18] {
        assert_eq!(
            Request::raw(0, &vec![0; count]),
            Err(Misuse::Nibbles { count })
        );
    }
    let mut host = LpcHost::new(LIMITS);
    host.start(Request::io_read(1)).expect("idle");
    assert_eq!(host.start(Request::io_read(2)), Err(Misuse::Busy));
    while host.busy() {
        host.clock(0xF, false);
    }
    assert_eq!(
        host.start(Request::io_read(2)),
        Err(Misuse::Busy),
        "the result waits"
    );
    assert!(host.poll().is_some());
    assert_eq!(host.start(Request::io_read(2)), Ok(()));
}

/// Point 21: without an edge nothing moves, however often the pins are read.
#[test]
fn a_stopped_clock_stops_the_host() {
    let mut host = LpcHost::new(LIMITS);
    host.start(Request::io_read(0x0A41)).expect("idle");
    for _ in 0..30 {
        let pins = host.pins();
        assert!((0..100).all(|_| host.pins() == pins && host.poll().is_none()));
        host.clock(0xF, false);
        if !host.busy() {
            break;
        }
    }
    assert!(host.poll().is_some());
}

#[test]
fn cycles_for_others_should_stay_unanswered() {
    let mut host = LpcHost::new(LIMITS);
    let mut tpm = read(&[]);
    tpm.request = Request::raw(5, &[0, 0, 0, 2, 4]).expect("5 nibbles");
    let (result, clocks) = run(&mut host, &tpm);
    assert_eq!(
        (result, clocks),
        (Err(BusError::NoSync { addr: 0, waited: 3 }), 16)
    );
    tpm.nibbles = some(&[0, 0xF]);
    assert!(
        run(&mut host, &tpm).0.is_ok(),
        "22 an answer to a foreign cycle shows"
    );
}

#[test]
fn errors_read_well() {
    for (error, text) in [
        (
            BusError::NoSync {
                addr: ADDR,
                waited: 4,
            },
            "LPC 0x0a41: no SYNC within 4 clocks",
        ),
        (
            BusError::BadSync {
                addr: ADDR,
                code: 9,
            },
            "LPC 0x0a41: SYNC code 1001",
        ),
        (
            BusError::StillDriven { addr: ADDR },
            "LPC 0x0a41: a peripheral drives LAD through the abort",
        ),
        (BusError::Reset { addr: ADDR }, "LPC 0x0a41: cut by LRESET#"),
        (
            Misuse::InReset.into(),
            "LPC call: LRESET# is low; raise it first",
        ),
        (
            Misuse::Size { bytes: 3 }.into(),
            "LPC call: no firmware cycle moves 3 bytes (1, 2, 4; reads also 128)",
        ),
    ] {
        assert_eq!(error.to_string(), text);
    }
}
