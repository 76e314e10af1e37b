//! Wallets on boards: their keys, and what is in their F-RAMs.
#![allow(dead_code)]

use opera_board::{Array, Boards, Keys, Line, SerialBus, Step};
use opera_scenario::{Authority, ISSUE_DATE, Settings, split, tpcu_of_board};
use opera_sim::Side;
use opera_store::audit::audit;
use opera_store::{Provisioning, Role};
use opera_tpcu::{Error, Report, accept, mint, pay, resume};

pub const SEED: u64 = 3;
/// Clocks in which any mount is over, on serial lines.
pub const LIMIT: u64 = 400_000_000;

pub enum Job {
    Mint(u32),
    Pay(u32),
    Resume,
}

pub struct Wallets {
    pub mint: Provisioning,
    pub a: Provisioning,
    pub b: Provisioning,
}

pub fn wallets() -> Wallets {
    let authority = Authority::from_seed(SEED);
    Wallets {
        mint: authority.provision(Role::Mint, 0, SEED),
        a: authority.provision(Role::Wallet, 1, SEED),
        b: authority.provision(Role::Wallet, 2, SEED),
    }
}

pub fn keys(of: &Provisioning) -> Keys {
    Keys {
        device: of.device_key,
        power: of.power_key,
    }
}

pub fn boards(who: [&Provisioning; 2], arrays: [Array; 2]) -> Boards {
    let mint = who[0].role == Role::Mint;
    Boards::new(mint, who.map(keys), arrays, SEED).unwrap()
}

pub async fn payer(line: impl Line, who: &Provisioning, job: Job) -> Result<Report, Error> {
    let bus = SerialBus::connect(line).await?;
    let mut tpcu = tpcu_of_board(who, None, &Settings::new(SEED), Side::Payer)?;
    match job {
        Job::Mint(amount) => mint(&bus, &mut tpcu, &split(amount).unwrap(), ISSUE_DATE).await,
        Job::Pay(amount) => pay(&bus, &mut tpcu, amount).await,
        Job::Resume => resume(&bus, &mut tpcu, opera_tpcu::Role::Payer).await,
    }
}

pub async fn payee(line: impl Line, who: &Provisioning) -> Result<Report, Error> {
    let bus = SerialBus::connect(line).await?;
    accept(
        &bus,
        &mut tpcu_of_board(who, None, &Settings::new(SEED), Side::Payee)?,
    )
    .await
}

/// One mount on boards that nothing happens to.
pub fn mount(who: [&Provisioning; 2], arrays: [Array; 2], job: Job) -> [Array; 2] {
    let boards = boards(who, arrays);
    let (from, to) = boards.run(
        payer(boards.line(0), who[0], job),
        payee(boards.line(1), who[1]),
        LIMIT,
        |_| Step::GoOn,
    );
    from.expect("payer in time").unwrap();
    to.expect("payee in time").unwrap();
    assert_eq!(boards.contention(), None);
    boards.check().unwrap();
    boards.into_arrays()
}

/// Spendable value in an F-RAM.
pub fn value(of: &Provisioning, array: &Array) -> u64 {
    audit(array.words(), &of.device_key).spendable()
}
