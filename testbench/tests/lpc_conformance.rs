//! The bus half of the LPC target against the checklist of LPC.md section 5, pin by pin.
//!
//! The driver here writes nibbles itself and does not use `LpcHost`, so that a mistake in the host
//! model cannot hide one in the target. Test names carry the number of the checklist point.
//! "Silent" means: LAD never driven, no request, no commit. After every negative test one good
//! write and read must work.

use opera_testbench::VlpcTarget;

/// What the register side behind the target does.
#[derive(Clone, Copy, Debug)]
struct Backend {
    /// Clocks between a request and its acknowledge, beyond the first.
    delay: u32,
    /// Never acknowledges.
    dead: bool,
    /// Acknowledges with the error flag.
    error: bool,
}

struct Bench {
    chip: VlpcTarget,
    backend: Backend,
    registers: Vec<u8>,
    waited: u32,
    ack: bool,
    writes: Vec<(u16, u8)>,
    pops: Vec<u16>,
    fw_writes: Vec<(u32, u32, u8)>,
    requests: u32,
    fw_data: u8,
    driven: u32,
    clocks: u64,
}

/// The I/O base of the register block, from the register map.
const BASE: u16 = opera_regs::IO_BASE;

/// One clock of the bus as both ends sampled it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Seen {
    lad: u8,
    oe: bool,
}

impl Bench {
    fn new() -> Self {
        let mut bench = Self {
            chip: VlpcTarget::new(7).expect("model"),
            backend: Backend {
                delay: 0,
                dead: false,
                error: false,
            },
            registers: (0..=255u8).map(|n| n ^ 0xA5).collect(),
            waited: 0,
            ack: false,
            writes: Vec::new(),
            pops: Vec::new(),
            fw_writes: Vec::new(),
            requests: 0,
            fw_data: 0,
            driven: 0,
            clocks: 0,
        };
        bench.chip.set_rst_ni(0);
        bench.chip.set_lreset_ni(0);
        bench.chip.set_lframe_ni(1);
        for _ in 0..4 {
            bench.clock(None, true);
        }
        bench.chip.set_rst_ni(1);
        bench.chip.set_lreset_ni(1);
        bench.idle(2);
        bench
    }

    /// One clock: the host drives `host` (or nothing) and LFRAME#.
    fn clock(&mut self, host: Option<u8>, lframe_n: bool) -> Seen {
        let chip = &mut self.chip;
        chip.set_clk_i(0);
        chip.set_lframe_ni(lframe_n.into());
        chip.set_rd_ack_i((self.ack && chip.rd_req_o() != 0).into());
        chip.set_wr_ack_i((self.ack && chip.wr_req_o() != 0).into());
        chip.set_err_i((self.ack && self.backend.error).into());
        let addr = chip.addr_o();
        chip.set_rdata_i(self.registers[usize::from(addr & 0xFF)]);
        chip.set_fw_rdata_i(self.fw_data);
        chip.eval();
        let oe = chip.lad_oe_o() != 0;
        // I10: no clock of any test has two drivers.
        assert!(
            !(oe && host.is_some()),
            "two drivers in clock {}",
            self.clocks
        );
        let lad = match (host, oe) {
            (Some(nibble), _) => nibble,
            (None, true) => chip.lad_o(),
            (None, false) => 0xF,
        };
        chip.set_lad_i(lad);
        chip.eval();
        let request = chip.rd_req_o() != 0 || chip.wr_req_o() != 0;
        self.requests += u32::from(request);
        if chip.wr_commit_o() != 0 {
            self.writes.push((chip.addr_o(), chip.wdata_o()));
            self.registers[usize::from(chip.addr_o() & 0xFF)] = chip.wdata_o();
        }
        if chip.rd_commit_o() != 0 {
            self.pops.push(chip.addr_o());
        }
        if chip.fw_wr_commit_o() != 0 {
            self.fw_writes
                .push((chip.fw_addr_o(), chip.fw_wdata_o(), chip.fw_wbytes_o()));
        }
        let fw = (chip.fw_rd_o() != 0).then(|| chip.fw_addr_o());
        // A registered acknowledge: at the earliest in the clock after the request.
        if request && !self.backend.dead && !self.ack {
            self.ack = self.waited >= self.backend.delay;
            self.waited += 1;
        } else {
            self.ack = false;
            self.waited = 0;
        }
        chip.set_clk_i(1);
        chip.eval();
        if let Some(at) = fw {
            self.fw_data = fw_byte(at);
        }
        self.driven += u32::from(oe);
        self.clocks += 1;
        chip.check().expect("no assertion fails");
        Seen { lad, oe }
    }

    fn idle(&mut self, clocks: usize) {
        for _ in 0..clocks {
            let seen = self.clock(None, true);
            assert!(!seen.oe, "driven while idle");
        }
    }

    /// START, then nibbles, all driven by the host.
    fn drive(&mut self, start: u8, nibbles: &[u8]) {
        self.clock(Some(start), false);
        for nibble in nibbles {
            self.clock(Some(*nibble), true);
        }
    }

    /// The two turn-around clocks of the host.
    fn turn_around(&mut self) {
        self.clock(Some(0xF), true);
        let seen = self.clock(None, true);
        assert!(!seen.oe, "57: TAR2 belongs to nobody");
    }

    /// SYNC nibbles up to the last one, at most `limit`.
    fn sync(&mut self, limit: usize) -> Vec<u8> {
        let mut seen = Vec::new();
        for _ in 0..limit {
            let now = self.clock(None, true);
            if !now.oe {
                break;
            }
            seen.push(now.lad);
            if now.lad != 6 && now.lad != 5 {
                break;
            }
        }
        seen
    }

    /// The turn-around of the target: one clock driven to 1111, one by nobody.
    fn target_turn_around(&mut self) {
        assert_eq!(self.clock(None, true), Seen { lad: 0xF, oe: true }, "57");
        assert_eq!(
            self.clock(None, true),
            Seen {
                lad: 0xF,
                oe: false
            },
            "57"
        );
    }

    fn write(&mut self, addr: u16, data: u8) -> Vec<u8> {
        self.drive(0, &write_nibbles(addr, data));
        self.turn_around();
        let sync = self.sync(64);
        self.target_turn_around();
        sync
    }

    fn read(&mut self, addr: u16) -> (Vec<u8>, u8) {
        self.drive(0, &read_nibbles(addr));
        self.turn_around();
        let sync = self.sync(64);
        let low = self.clock(None, true);
        let high = self.clock(None, true);
        assert!(low.oe && high.oe, "both data nibbles are driven");
        self.target_turn_around();
        (sync, high.lad << 4 | low.lad)
    }

    fn abort(&mut self, low_clocks: usize) {
        for n in 0..low_clocks {
            let host = (n + 1 >= low_clocks.min(4)).then_some(0xF);
            let seen = self.clock(host, false);
            assert!(
                n == 0 || !seen.oe,
                "LAD still driven {n} clocks into an abort"
            );
        }
    }

    /// What was committed and requested since the last call.
    fn take(&mut self) -> (usize, usize, usize, u32, u32) {
        let counts = (
            self.writes.len(),
            self.pops.len(),
            self.fw_writes.len(),
            self.requests,
            self.driven,
        );
        self.writes.clear();
        self.pops.clear();
        self.fw_writes.clear();
        self.requests = 0;
        self.driven = 0;
        counts
    }

    fn assert_silent(&mut self, what: &str) {
        assert_eq!(self.take(), (0, 0, 0, 0, 0), "{what} was not silent");
        self.assert_works(what);
    }

    /// One good write and read.
    #[track_caller]
    fn assert_works(&mut self, after: &str) {
        let backend = self.backend;
        self.backend = Backend {
            delay: 0,
            dead: false,
            error: false,
        };
        self.idle(1);
        self.take();
        assert_eq!(self.write(BASE | 0x43, 0x3C), [0], "write after {after}");
        assert_eq!(self.writes, [(BASE | 0x43, 0x3C)], "write after {after}");
        let (sync, data) = self.read(BASE | 0x43);
        assert_eq!(
            (sync.as_slice(), data),
            (&[0][..], 0x3C),
            "read after {after}"
        );
        assert_eq!(self.pops, [BASE | 0x43], "read after {after}");
        self.take();
        self.backend = backend;
    }
}

/// A byte that depends on every bit of its address.
fn fw_byte(addr: u32) -> u8 {
    (addr.wrapping_mul(0x9E37_79B1) >> 24) as u8
}

fn address_nibbles(addr: u16) -> [u8; 4] {
    [12, 8, 4, 0].map(|shift| (addr >> shift & 0xF) as u8)
}

fn write_nibbles(addr: u16, data: u8) -> Vec<u8> {
    let mut nibbles = vec![0x2];
    nibbles.extend(address_nibbles(addr));
    nibbles.extend([data & 0xF, data >> 4]);
    nibbles
}

fn read_nibbles(addr: u16) -> Vec<u8> {
    let mut nibbles = vec![0x0];
    nibbles.extend(address_nibbles(addr));
    nibbles
}

fn fw_nibbles(idsel: u8, addr: u32, msize: u8) -> Vec<u8> {
    let mut nibbles = vec![idsel];
    nibbles.extend((0..7).rev().map(|n| (addr >> (4 * n) & 0xF) as u8));
    nibbles.push(msize);
    nibbles
}

#[test]
fn p01_p02_a_write_and_a_read_take_13_clocks() {
    let mut bench = Bench::new();
    let start = bench.clocks;
    assert_eq!(bench.write(BASE | 0x10, 0x81), [0]);
    assert_eq!(bench.clocks - start, 13);
    let start = bench.clocks;
    assert_eq!(bench.read(BASE | 0x10), (vec![0], 0x81));
    assert_eq!(bench.clocks - start, 13);
}

#[test]
fn p03_p04_p05_nibble_orders_and_all_data_values() {
    let mut bench = Bench::new();
    for low in [0x12u16, 0x34, 0x43, 0x21, 0xF0, 0x0F, 0xA5] {
        bench.write(BASE | low, 0xC3);
        assert_eq!(bench.writes.pop(), Some((BASE | low, 0xC3)));
    }
    for data in 0..=255u8 {
        bench.write(BASE | 0x80, data);
        assert_eq!(bench.writes.pop(), Some((BASE | 0x80, data)));
        assert_eq!(bench.read(BASE | 0x80).1, data);
    }
}

#[test]
fn p06_every_offset_of_the_block_is_answered() {
    let mut bench = Bench::new();
    for offset in 0..=255u16 {
        let (sync, data) = bench.read(BASE | offset);
        assert_eq!(sync, [0]);
        assert_eq!(data, offset as u8 ^ 0xA5);
    }
}

#[test]
fn p07_p08_back_to_back_and_every_gap() {
    let mut bench = Bench::new();
    for gap in 0..=20 {
        bench.write(BASE | 1, 0x10);
        bench.idle(gap);
        bench.write(BASE | 2, 0x20);
        bench.idle(gap);
        assert_eq!(bench.read(BASE | 1).1, 0x10);
        bench.idle(gap);
        assert_eq!(bench.read(BASE | 2).1, 0x20);
    }
}

#[test]
fn p09_random_cycles_against_a_model_with_random_delay() {
    let mut bench = Bench::new();
    let mut state = 0x1234_5678_9ABC_DEF1u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut model = bench.registers.clone();
    for _ in 0..100_000 {
        let r = random();
        bench.backend.delay = (r >> 8) as u32 % 4;
        let offset = (r >> 16) as u8;
        let addr = BASE | u16::from(offset);
        if r & 1 == 0 {
            let data = (r >> 24) as u8;
            bench.write(addr, data);
            model[usize::from(offset)] = data;
        } else {
            assert_eq!(bench.read(addr).1, model[usize::from(offset)]);
        }
    }
    assert_eq!(bench.registers, model);
}

#[test]
fn p10_cyctype_bit_0_is_ignored() {
    let mut bench = Bench::new();
    let mut nibbles = write_nibbles(BASE | 5, 0x77);
    nibbles[0] |= 1;
    bench.drive(0, &nibbles);
    bench.turn_around();
    assert_eq!(bench.sync(4), [0]);
    bench.target_turn_around();
    assert_eq!(bench.writes, [(BASE | 5, 0x77)]);
}

#[test]
fn p13_to_p18_waits_are_long_waits_of_one_code_then_one_ready() {
    let mut bench = Bench::new();
    for delay in 0..40 {
        bench.backend.delay = delay;
        let (sync, data) = bench.read(BASE | 9);
        assert_eq!(data, 9 ^ 0xA5);
        let (last, waits) = sync.split_last().expect("a SYNC");
        assert_eq!(*last, 0);
        assert!(waits.iter().all(|code| *code == 6), "{sync:?}");
        assert!(waits.len() <= delay as usize);
        let sync = bench.write(BASE | 0x99, delay as u8);
        let (last, waits) = sync.split_last().expect("a SYNC");
        assert_eq!(*last, 0);
        assert!(waits.iter().all(|code| *code == 6), "{sync:?}");
    }
}

#[test]
fn p19_a_backend_that_never_answers_waits_and_an_abort_recovers() {
    let mut bench = Bench::new();
    for write in [false, true] {
        bench.backend.dead = true;
        let nibbles = if write {
            write_nibbles(BASE | 3, 1)
        } else {
            read_nibbles(BASE | 3)
        };
        bench.drive(0, &nibbles);
        bench.turn_around();
        let sync = bench.sync(1000);
        assert_eq!(sync, vec![6; 1000]);
        bench.abort(4);
        assert!(bench.writes.is_empty() && bench.pops.is_empty());
        bench.assert_works("a dead backend");
    }
}

#[test]
fn p20_an_error_sync_still_gives_data_and_changes_nothing() {
    let mut bench = Bench::new();
    bench.backend.error = true;
    let (sync, _) = bench.read(BASE | 7);
    assert_eq!(sync, [0xA]);
    assert_eq!(bench.write(BASE | 7, 0), [0xA]);
    assert!(bench.writes.is_empty() && bench.pops.is_empty());
    bench.assert_works("an error SYNC");
}

#[test]
fn p22_p25_addresses_that_are_not_ours_are_silent() {
    let mut bench = Bench::new();
    for bit in 8..16 {
        for nibbles in [
            write_nibbles((BASE ^ 1 << bit) | 0x43, 0x55),
            read_nibbles((BASE ^ 1 << bit) | 0x43),
        ] {
            bench.take();
            bench.drive(0, &nibbles);
            bench.idle(12);
            bench.assert_silent("a neighbouring address");
        }
    }
}

#[test]
fn p23_only_our_start_codes_are_answered() {
    let mut bench = Bench::new();
    for start in 1..=15u8 {
        if start == 0xD || start == 0xE {
            continue;
        }
        for nibbles in [write_nibbles(BASE | 0x43, 0x55), read_nibbles(BASE | 0x43)] {
            bench.take();
            bench.drive(start, &nibbles);
            bench.idle(12);
            bench.assert_silent("another START");
        }
    }
}

#[test]
fn p24_p29_other_cycle_types_are_silent() {
    let mut bench = Bench::new();
    for cyctype in 4..=15u8 {
        let mut nibbles = write_nibbles(BASE | 0x43, 0x55);
        nibbles[0] = cyctype;
        bench.take();
        bench.drive(0, &nibbles);
        bench.idle(20);
        bench.assert_silent("another cycle type");
    }
}

#[test]
fn p26_a_foreign_firmware_cycle_that_looks_like_ours_is_silent() {
    let mut bench = Bench::new();
    for idsel in 1..=15 {
        let mut nibbles = fw_nibbles(idsel, 0x002_0A43, 0);
        nibbles.extend([0, 0, 2, 0, 0xA, 4, 3]);
        bench.take();
        bench.drive(0xE, &nibbles);
        bench.idle(20);
        bench.assert_silent("a foreign firmware cycle");
    }
}

#[test]
fn p27_p36_traffic_without_lframe_is_silent() {
    let mut bench = Bench::new();
    bench.take();
    for _ in 0..100 {
        for nibble in std::iter::once(0).chain(write_nibbles(BASE | 0x43, 0x55)) {
            bench.clock(Some(nibble), true);
        }
    }
    bench.assert_silent("LAD traffic with LFRAME# high");
}

#[test]
fn p28_bus_master_grants_are_silent() {
    let mut bench = Bench::new();
    for start in [2, 3] {
        bench.take();
        bench.drive(start, &[0xF]);
        bench.idle(30);
        bench.assert_silent("a bus master grant");
    }
}

#[test]
fn p30_p31_p32_the_last_start_counts() {
    let mut bench = Bench::new();
    for low in [2usize, 3, 4, 5, 1000] {
        for _ in 1..low {
            bench.clock(Some(0xD), false);
        }
        assert_eq!(bench.write(BASE | 2, low as u8), [0]);
        assert_eq!(bench.writes.pop(), Some((BASE | 2, low as u8)));
    }
    bench.take();
    bench.clock(Some(0), false);
    bench.drive(0xF, &write_nibbles(BASE | 2, 9));
    bench.idle(12);
    bench.assert_silent("our START followed by STOP");
}

#[test]
fn p33_a_start_in_the_middle_of_host_clocks_restarts() {
    let mut bench = Bench::new();
    let nibbles = write_nibbles(BASE | 4, 0xEE);
    for cut in 0..nibbles.len() {
        bench.drive(0, &nibbles[..cut]);
        assert_eq!(bench.write(BASE | 5, cut as u8), [0]);
        assert_eq!(bench.writes, [(BASE | 5, cut as u8)]);
        bench.take();
        assert_eq!(bench.read(BASE | 5).1, cut as u8);
    }
}

#[test]
fn p35_a_stop_from_idle_is_silent() {
    let mut bench = Bench::new();
    bench.take();
    bench.clock(Some(0xF), false);
    bench.idle(10);
    bench.assert_silent("STOP");
}

/// Runs a cycle up to `clocks` clocks after START, then aborts it.
fn abort_after(bench: &mut Bench, nibbles: &[u8], clocks: usize, low: usize) {
    bench.clock(Some(0), false);
    for n in 0..clocks {
        let host = match n {
            n if n < nibbles.len() => Some(nibbles[n]),
            n if n == nibbles.len() => Some(0xF),
            _ => None,
        };
        bench.clock(host, true);
    }
    bench.abort(low);
}

#[test]
fn p37_to_p54_an_abort_at_every_clock_changes_nothing_before_ready() {
    for delay in [0, 3] {
        for low in [4, 5, 20] {
            for write in [true, false] {
                let nibbles = if write {
                    write_nibbles(BASE | 0x21, 0x9A)
                } else {
                    read_nibbles(BASE | 0x21)
                };
                // START, the nibbles, TAR, TAR, then SYNC with `waits` before READY.
                for clocks in 0..nibbles.len() + 2 {
                    let mut bench = Bench::new();
                    bench.backend.delay = delay;
                    abort_after(&mut bench, &nibbles, clocks, low);
                    assert!(bench.writes.is_empty(), "write committed at clock {clocks}");
                    assert!(bench.pops.is_empty(), "read popped at clock {clocks}");
                    bench.assert_works("an abort");
                }
            }
        }
    }
}

#[test]
fn p50_an_abort_in_the_tail_commits_at_most_once() {
    for write in [true, false] {
        let nibbles = if write {
            write_nibbles(BASE | 0x21, 0x9A)
        } else {
            read_nibbles(BASE | 0x21)
        };
        for tail in 1..6 {
            let mut bench = Bench::new();
            abort_after(&mut bench, &nibbles, nibbles.len() + 2 + tail, 4);
            assert!(bench.writes.len() <= 1 && bench.pops.len() <= 1);
            bench.assert_works("an abort in the tail");
        }
    }
}

#[test]
fn p51_a_start_right_after_an_abort_works() {
    let mut bench = Bench::new();
    bench.drive(0, &write_nibbles(BASE | 4, 1)[..3]);
    bench.abort(4);
    assert_eq!(bench.write(BASE | 4, 2), [0]);
    assert_eq!(bench.writes, [(BASE | 4, 2)]);
}

#[test]
fn p55_no_stale_acknowledge_reaches_the_next_cycle() {
    for clocks in 5..12 {
        let mut bench = Bench::new();
        bench.backend.delay = 2;
        abort_after(&mut bench, &read_nibbles(BASE | 0x31), clocks, 4);
        bench.backend.delay = 6;
        let (sync, data) = bench.read(BASE | 0x32);
        assert_eq!(data, 0x32 ^ 0xA5);
        assert_eq!(sync.last(), Some(&0));
    }
}

#[test]
fn p61_values_in_the_host_turn_around_are_ignored() {
    for value in 0..=15 {
        let mut bench = Bench::new();
        bench.drive(0, &read_nibbles(BASE | 0x11));
        bench.clock(Some(value), true);
        bench.clock(None, true);
        assert_eq!(bench.sync(4), [0]);
    }
}

#[test]
fn p62_p63_an_idle_bus_is_not_driven() {
    let mut bench = Bench::new();
    bench.take();
    bench.idle(1000);
    bench.assert_silent("idling");
}

#[test]
fn p64_to_p69_reset_in_every_state_lets_go_at_once() {
    for write in [true, false] {
        let nibbles = if write {
            write_nibbles(BASE | 0x21, 0x9A)
        } else {
            read_nibbles(BASE | 0x21)
        };
        for clocks in 0..nibbles.len() + 6 {
            let mut bench = Bench::new();
            bench.clock(Some(0), false);
            for n in 0..clocks {
                let host = match n {
                    n if n < nibbles.len() => Some(nibbles[n]),
                    n if n == nibbles.len() => Some(0xF),
                    _ => None,
                };
                bench.clock(host, true);
            }
            // Asynchronous for LAD: off before any further clock edge.
            bench.chip.set_clk_i(0);
            bench.chip.set_lreset_ni(0);
            bench.chip.eval();
            assert_eq!(bench.chip.lad_oe_o(), 0, "64: driven in reset");
            let before = bench.writes.len();
            for _ in 0..3 {
                // 65: START in reset is ignored.
                bench.clock(Some(0), false);
            }
            bench.chip.set_lreset_ni(1);
            // 66: the rest of the old cycle is not taken for a START.
            for nibble in &nibbles {
                bench.clock(Some(*nibble), true);
            }
            assert_eq!(bench.writes.len(), before);
            bench.assert_works("a reset");
        }
    }
}

#[test]
fn p70_the_clock_may_stop_anywhere() {
    let mut bench = Bench::new();
    let nibbles = write_nibbles(BASE | 6, 0x5D);
    bench.clock(Some(0), false);
    for nibble in nibbles {
        // No edge comes; the wires may move as they like.
        for wires in 0..=15 {
            bench.chip.set_lad_i(wires);
            bench.chip.set_lframe_ni(wires & 1);
            bench.chip.eval();
        }
        bench.clock(Some(nibble), true);
    }
    bench.turn_around();
    assert_eq!(bench.sync(4), [0]);
    bench.target_turn_around();
    assert_eq!(bench.writes, [(BASE | 6, 0x5D)]);
}

#[test]
fn firmware_reads_stream_without_waits() {
    for (msize, bytes) in [(0u8, 1u64), (1, 2), (2, 4), (7, 128)] {
        let mut bench = Bench::new();
        let start = bench.clocks;
        bench.drive(0xD, &fw_nibbles(0, 0x000_1000, msize));
        bench.turn_around();
        let sync = bench.sync(8);
        assert_eq!(sync.last(), Some(&0));
        for n in 0..bytes {
            let low = bench.clock(None, true);
            let high = bench.clock(None, true);
            assert!(low.oe && high.oe);
            assert_eq!(
                high.lad << 4 | low.lad,
                fw_byte(0x1000 + n as u32),
                "byte {n}"
            );
        }
        bench.target_turn_around();
        let waits = sync.len() as u64 - 1;
        assert_eq!(bench.clocks - start, 15 + 2 * bytes + waits);
        bench.assert_works("a firmware read");
    }
}

#[test]
fn firmware_writes_commit_once_and_whole() {
    for (msize, bytes) in [(0u8, 1usize), (1, 2), (2, 4)] {
        let mut bench = Bench::new();
        let mut nibbles = fw_nibbles(0, 0x000_0010, msize);
        let data = 0x4433_2211u32;
        for n in 0..bytes {
            let byte = (data >> (8 * n)) as u8;
            nibbles.extend([byte & 0xF, byte >> 4]);
        }
        bench.drive(0xE, &nibbles);
        bench.turn_around();
        assert_eq!(bench.sync(8).last(), Some(&0));
        bench.target_turn_around();
        let mask = if bytes == 4 {
            u32::MAX
        } else {
            (1 << (8 * bytes)) - 1
        };
        let [(addr, word, count)] = bench.fw_writes[..] else {
            panic!("one commit, not {:?}", bench.fw_writes);
        };
        assert_eq!(
            (addr, word & mask, usize::from(count)),
            (0x10, data & mask, bytes)
        );
        // Cut short anywhere, it commits nothing.
        for cut in 0..nibbles.len() {
            let mut bench = Bench::new();
            bench.drive(0xE, &nibbles[..cut]);
            bench.abort(4);
            assert!(bench.fw_writes.is_empty());
            bench.assert_works("a cut firmware write");
        }
    }
}

#[test]
fn firmware_sizes_that_do_not_exist_are_silent() {
    for start in [0xDu8, 0xE] {
        for msize in 0..=15u8 {
            let exists = msize < 3 || (start == 0xD && msize == 7);
            if exists {
                continue;
            }
            let mut bench = Bench::new();
            bench.take();
            bench.drive(start, &fw_nibbles(0, 0, msize));
            bench.idle(20);
            bench.assert_silent("a firmware size that does not exist");
        }
    }
}
