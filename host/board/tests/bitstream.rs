//! The payment of 20 by a board that was unpacked from its bitstream, to a board of RTL; its pins are those of the
//! RTL at every clock edge. `testbench/level.sh`
//! builds and runs this; elsewhere there is no bitstream, and what is said then is tested.

mod common;

use common::{SEED, keys, payee, payer, value, wallets};
use opera_board::{Array, BitstreamError, Boards, Step};
use opera_scenario::{ISSUE_DATE, Job, Settings, Wallet, mount, split};
use opera_store::Provisioning;

/// Clocks, more than twice those of the payment: who waits for a board that went wrong waits long on a serial line.
const LIMIT: u64 = 20_000_000;
/// Key cells that the boards' tops (`rtl/board/`) have without a wallet file.
const DEVELOPMENT: ([u8; 16], [u8; 16]) = ([0xD0; 16], [0x50; 16]);

/// A wallet that holds 20, charged over the LPC bus: that is quicker than over a serial line.
fn charged(mint: &Provisioning, who: &Provisioning) -> Array {
    let [mint, who] = [mint, who].map(|provisioning| Wallet::in_memory(provisioning.clone()));
    let job = Job::Mint(split(20).unwrap(), ISSUE_DATE);
    let mounted = mount(mint, who, &job, &Settings::new(SEED)).expect("simulation");
    mounted.payer.result.expect("an end").expect("charged");
    Array::Memory(mounted.payee.wallet.nv.words().to_vec())
}

#[test]
fn a_board_as_shipped_pays_20() {
    let mut all = wallets();
    (all.a.device_key, all.a.power_key) = DEVELOPMENT;
    let arrays = [charged(&all.mint, &all.a), Array::in_memory()];
    let boards = match Boards::with_bitstream([keys(&all.a), keys(&all.b)], arrays, SEED) {
        Err(error @ BitstreamError::NotBuilt) => {
            assert!(error.to_string().contains("level.sh bitstream"), "{error}");
            return;
        }
        other => other.unwrap(),
    };
    let begin = std::time::Instant::now();
    let (from, to) = boards.run(
        payer(boards.line(0), &all.a, common::Job::Pay(20)),
        payee(boards.line(1), &all.b),
        LIMIT,
        |boards| match boards.difference() {
            None => Step::GoOn,
            Some(_) => Step::Stop,
        },
    );
    let clocks = [0, 1].map(|n| boards.clocks(n));
    println!("{clocks:?} clocks in {:.1?}", begin.elapsed());
    // What went wrong first, before what came of it.
    assert_eq!(boards.difference(), None, "pins that are not the RTL's");
    from.expect("payer in time").unwrap();
    to.expect("payee in time").unwrap();
    assert_eq!(boards.contention(), None);
    boards.check().unwrap();
    let [a, b] = boards.into_arrays();
    assert_eq!((value(&all.a, &a), value(&all.b, &b)), (0, 20));
}
