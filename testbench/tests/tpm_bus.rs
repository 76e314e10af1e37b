//! The TPM chip on the internal LPC bus beside the wallet: TPM 2.0 commands over TPM cycles, with the
//! emulator behind the chip, or with a TPM of one answer. Skipped, saying so, where swtpm is not
//! installed; ./test installs it.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;

use opera_daa::{RevocationList, sign};
use opera_lpc::{Bus, Decoder, Names, Sample, TpmBus, TraceWriter};
use opera_scenario::{
    Authority, Chip, Fault, ISSUE_DATE, Job, LpcTransport, Mounted, Settings, TIS_LIMITS, TpmWay,
    Wallet, mount, mount_with, split,
};
use opera_sim::{Clocks, Keys, LpcSample, Nv, Observer, Pair, PayerBuild, Side, Verdict, Wires};
use opera_store::Role;
use opera_tpcu::protocol::wire::Kind;
use opera_tpm::{AttestationKey, Bank, Client, Swtpm, TisError, TpmError, Transport, public};

use issuer::{FIRMWARE, RTL, boot, daa, emulator, group, join, policy};

#[path = "../../host/tpm/tests/common/mod.rs"]
mod issuer;

fn pair() -> Pair {
    let keys = Keys {
        device: [1; 16],
        power: [2; 16],
    };
    let nv = [Nv::in_memory(), Nv::in_memory()];
    Pair::new(PayerBuild::Wallet, [keys; 2], nv, 7).unwrap()
}

/// What went to a TPM, and what came.
type Log = Rc<RefCell<Vec<(Vec<u8>, Option<Vec<u8>>)>>>;

/// Writes down what goes through a transport.
struct Logged<T> {
    inner: T,
    log: Log,
}

impl<T: Transport> Transport for Logged<T> {
    fn exchange(&mut self, name: &'static str, command: &[u8]) -> Result<Vec<u8>, TpmError> {
        let result = self.inner.exchange(name, command);
        let response = result.as_ref().ok().cloned();
        self.log.borrow_mut().push((command.to_vec(), response));
        result
    }
}

/// The trace of one wallet's internal bus.
struct Traced {
    side: Side,
    decoder: Decoder,
    writer: TraceWriter,
}

impl Traced {
    fn on(pair: &Pair, side: Side) -> Rc<RefCell<Self>> {
        let traced = Rc::new(RefCell::new(Self {
            side,
            decoder: Decoder::new(),
            writer: TraceWriter::new(Names::Internal),
        }));
        pair.observe(Some(traced.clone()));
        traced
    }

    fn text(pair: &Pair, traced: Rc<RefCell<Self>>) -> String {
        pair.observe(None);
        let mut traced = Rc::into_inner(traced).unwrap().into_inner();
        if let Some(last) = traced.decoder.finish() {
            traced.writer.push(&last);
        }
        traced.writer.finish()
    }
}

impl Observer for Traced {
    fn lpc(&mut self, side: Side, sample: LpcSample) {
        if side != self.side {
            return;
        }
        let done = self.decoder.sample(Sample {
            lframe_n: sample.lframe_n,
            lreset_n: sample.lreset_n,
            lad: sample.lad,
        });
        if let Some(transfer) = done {
            self.writer.push(&transfer);
        }
    }
    fn link(&mut self, _: Wires) {}
    fn data(&mut self, _: Wires) {}
}

/// A TPM that gives random numbers, always the same ones.
struct OneAnswer;

impl Transport for OneAnswer {
    fn exchange(&mut self, _: &'static str, command: &[u8]) -> Result<Vec<u8>, TpmError> {
        assert_eq!(command, [0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x7B, 0, 8]);
        let mut response = vec![0x80, 1, 0, 0, 0, 20, 0, 0, 0, 0, 0, 8];
        response.extend([1, 2, 3, 4, 5, 6, 7, 8]);
        Ok(response)
    }
}

fn wallet_answers(pair: &Pair, side: Side) {
    let bus = pair.bus(side);
    let id = pair.block_on(side, 1000, bus.io_read(opera_regs::ID));
    assert_eq!(id.unwrap().unwrap(), b'O');
}

#[test]
fn one_command_in_the_trace() {
    let pair = pair();
    let mut tpm = Client::new(LpcTransport::new(&pair, Side::Payee, OneAnswer));
    let traced = Traced::on(&pair, Side::Payee);
    wallet_answers(&pair, Side::Payee);
    assert_eq!(tpm.random::<8>().unwrap(), [1, 2, 3, 4, 5, 6, 7, 8]);
    wallet_answers(&pair, Side::Payee);
    let text = Traced::text(&pair, traced);
    assert!(!text.contains("!!"), "{text}");
    assert_eq!(pair.contention(), None);
    insta::assert_snapshot!(text);
}

#[test]
fn the_chip_is_what_it_says() {
    let pair = pair();
    let bus = pair.bus(Side::Payer);
    let read = |addr: u16| {
        let done = pair.block_on(Side::Payer, 1000, bus.tpm_read(addr));
        done.unwrap().unwrap()
    };
    let word = |addr: u16| u32::from_le_bytes([0, 1, 2, 3].map(|n| read(addr + n)));
    assert_eq!(
        word(opera_regs::TPM_DID_VID_0),
        opera_regs::TPM_DID_VID_0_VALUE
    );
    assert_eq!(
        word(opera_regs::TPM_INTF_CAPABILITY_0),
        opera_regs::TPM_INTF_CAPABILITY_0_VALUE
    );
    for locality in 1..16 {
        assert_eq!(read(locality << 12), 0xFF);
    }
}

/// A whole life: boot, registers, random numbers, join, signature. The signature verifies.
fn life<T: Transport>(tpm: &mut Client<T>) -> Result<(), TpmError> {
    boot(tpm)?;
    assert_eq!(tpm.pcr(Bank::Sha256, 0)?, public::extended(&[RTL]));
    assert_eq!(tpm.pcr(Bank::Sha256, 1)?, public::extended(&[FIRMWARE]));
    assert_ne!(tpm.random::<32>()?, tpm.random::<32>()?);
    let (secret, verifier) = group();
    let credential = join(tpm, &secret, &verifier)?;
    let mut key = AttestationKey::load(tpm, &policy())?;
    let mut rng = daa::rng("sign");
    let name = Some(&b"name"[..]);
    let made = sign(&mut key, &credential, secret.public(), name, b"m", &mut rng);
    match made {
        Ok(made) => {
            let none = RevocationList::empty();
            assert_eq!(verifier.verify(&made, name, b"m", &none), Ok(()));
        }
        Err(opera_daa::SignError::Key(error)) => return Err(error),
        Err(other) => panic!("{other}"),
    }
    key.unload()?;
    tpm.shutdown()
}

#[test]
fn the_bus_carries_what_the_direct_way_carries() {
    let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let (Some(direct), Some(behind)) = (emulator(folders[0].path()), emulator(folders[1].path()))
    else {
        return;
    };
    let [direct_log, behind_log, front_log] = [(); 3].map(|()| Log::default());
    let mut tpm = Client::new(Logged {
        inner: direct,
        log: direct_log.clone(),
    });
    life(&mut tpm).unwrap();

    let pair = pair();
    let start = pair.clocks(Side::Payer);
    let behind = Logged {
        inner: behind,
        log: behind_log.clone(),
    };
    let mut tpm = Client::new(Logged {
        inner: LpcTransport::new(&pair, Side::Payer, behind),
        log: front_log.clone(),
    });
    life(&mut tpm).unwrap();
    wallet_answers(&pair, Side::Payer);
    assert_eq!(pair.contention(), None);

    // Byte for byte what the emulator got and gave; and command for command what the direct way took.
    // Lengths differ now and then: the emulator leaves out leading zeros of its numbers.
    assert_eq!(*front_log.borrow(), *behind_log.borrow());
    let codes = |log: &Log| -> Vec<_> {
        let code = |(command, _): &(Vec<u8>, Option<Vec<u8>>)| command[6..10].to_vec();
        log.borrow().iter().map(code).collect()
    };
    assert_eq!(codes(&direct_log), codes(&front_log));
    let bytes: usize = front_log
        .borrow()
        .iter()
        .map(|(command, response)| command.len() + response.as_ref().map_or(0, Vec::len))
        .sum();
    let clocks = pair.clocks(Side::Payer).core - start.core;
    eprintln!(
        "{} commands, {bytes} bytes, {clocks} clocks",
        front_log.borrow().len()
    );
    // 13 clocks a byte, and what the registers cost.
    assert!(
        clocks < 20 * bytes as u64,
        "{clocks} clocks for {bytes} bytes"
    );
}

/// Kills the emulator when it has been given so many commands whole.
struct Dies {
    inner: Swtpm,
    left: usize,
}

impl Transport for Dies {
    fn exchange(&mut self, name: &'static str, command: &[u8]) -> Result<Vec<u8>, TpmError> {
        if self.left == 0 {
            self.inner.kill();
        }
        self.left = self.left.wrapping_sub(1);
        self.inner.exchange(name, command)
    }
}

#[test]
fn killed_in_the_middle_of_a_command_it_is_named_in_bounded_time() {
    let folder = tempfile::tempdir().unwrap();
    if emulator(folder.path()).is_none() {
        return;
    }
    let pair = pair();
    // Commands of a life: the next one is never reached.
    for at in [0, 1, 4, 9, 17] {
        let dies = Dies {
            inner: Swtpm::start(folder.path()).unwrap(),
            left: at,
        };
        let mut tpm = Client::new(LpcTransport::new(&pair, Side::Payer, dies));
        let error = life(&mut tpm).unwrap_err();
        let waited = TIS_LIMITS.command;
        assert!(
            matches!(&error, TpmError::Chip { source, .. } if *source == TisError::NoResponse { waited }),
            "{at}: {error}"
        );
        // It stays named, within the bound, and the wallet on the same bus is as before.
        let start = pair.clocks(Side::Payer).core;
        assert!(matches!(tpm.startup(), Err(TpmError::Chip { .. })));
        let clocks = pair.clocks(Side::Payer).core - start;
        assert!(clocks < waited + waited / 8, "{clocks}");
        wallet_answers(&pair, Side::Payer);
    }
    // The next emulator behind the same chip works.
    let emulator = Swtpm::start(folder.path()).unwrap();
    life(&mut Client::new(LpcTransport::new(
        &pair,
        Side::Payer,
        emulator,
    )))
    .unwrap();
    assert_eq!(pair.contention(), None);
}

#[test]
fn a_power_cut_ends_the_command() {
    let pair = pair();
    let mut tpm = Client::new(LpcTransport::new(&pair, Side::Payee, OneAnswer));
    assert_eq!(tpm.random::<8>().unwrap()[0], 1);
    pair.power_cut(Side::Payee, opera_sim::Tear::Old);
    pair.step_clocks(Side::Payee, 20);
    assert!(matches!(
        tpm.random::<8>(),
        Err(TpmError::Chip {
            source: TisError::NoChip { .. } | TisError::Bus(_),
            ..
        })
    ));
    pair.power_up(Side::Payee);
    pair.step_clocks(Side::Payee, 20);
    assert_eq!(tpm.random::<8>().unwrap()[0], 1);
}

const SEED: u64 = 7;

fn over_lpc() -> Settings {
    let mut settings = Settings::new(SEED);
    settings.tpm_way = TpmWay::Lpc;
    settings
}

/// A payer with 20, and a payee.
fn two() -> [Wallet; 2] {
    let authority = Authority::from_seed(SEED);
    let fresh = |role, number| {
        let chip = Chip::in_memory().unwrap();
        let made = authority.provision_on(&chip, role, number, SEED).unwrap();
        Wallet::in_memory_with(made, chip)
    };
    let charge = Job::Mint(split(20).unwrap(), ISSUE_DATE);
    let (mint, payer) = (fresh(Role::Mint, 0), fresh(Role::Wallet, 1));
    let charged = mount(mint, payer, &charge, &over_lpc()).unwrap();
    good(&charged);
    [charged.payee.wallet, fresh(Role::Wallet, 2)]
}

fn good(mounted: &Mounted) {
    assert_eq!(mounted.contention, None);
    for part in [&mounted.payer, &mounted.payee] {
        assert!(matches!(part.result, Some(Ok(_))), "{:?}", part.result);
    }
}

fn spendable(mounted: &Mounted) -> [u64; 2] {
    [&mounted.payer, &mounted.payee].map(|part| part.wallet.audit().spendable())
}

#[test]
fn a_payment_with_both_tpms_on_their_buses() {
    if !Swtpm::installed() {
        eprintln!("skipped: swtpm is not installed (apt-get install swtpm)");
        return;
    }
    let [payer, payee] = two();
    let mut settings = over_lpc();
    settings.trace = true;
    settings.stage_notes = true;
    let mounted = mount(payer, payee, &Job::Pay(20), &settings).unwrap();
    good(&mounted);
    assert_eq!(spendable(&mounted), [0, 20]);
    let text = mounted.trace.unwrap().text();
    assert!(!text.contains("!!"), "{text}");
    // Power-on: the registers are extended and read. What follows has random numbers of the emulator.
    let (boot, rest) = text.split_once("# end of mount\n").unwrap();
    assert!(rest.contains("TPW TPM_DATA_FIFO_0"));
    insta::assert_snapshot!(boot);
}

/// Kills the emulator on this folder when its wallet has sent or received so many messages.
struct Killer {
    side: Side,
    at: usize,
    folder: PathBuf,
    killed: Option<u64>,
}

fn kill(folder: &Path) {
    let wanted = format!("dir={},", folder.display());
    let number = fs::read_dir("/proc").unwrap().find_map(|entry| {
        let number: u32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
        let line = fs::read(format!("/proc/{number}/cmdline")).ok()?;
        let ours = String::from_utf8_lossy(&line).contains(&wanted);
        ours.then_some(number)
    });
    let number = number.expect("an emulator runs").to_string();
    let killed = Command::new("kill").args(["-9", &number]).status();
    assert!(killed.unwrap().success());
}

impl Fault for Killer {
    fn edge(&mut self, pair: &Pair, payer: Clocks, _: Clocks) -> Verdict {
        // The partner's waits end by themselves; pulling the plug ends them sooner.
        if self
            .killed
            .is_some_and(|then| then != 0 && payer.core > then + 200_000)
        {
            pair.plug(false);
        }
        if self.killed == Some(0) {
            self.killed = Some(payer.core);
        }
        Verdict::GoOn
    }

    fn message(&mut self, _: &Pair, side: Side, _: bool, _: Kind) {
        if side != self.side || self.killed.is_some() {
            return;
        }
        if self.at == 0 {
            kill(&self.folder);
            self.killed = Some(0);
        }
        self.at = self.at.saturating_sub(1);
    }
}

#[test]
fn killed_in_a_payment_over_the_bus_it_is_named_and_the_payment_resumes() {
    if !Swtpm::installed() {
        eprintln!("skipped: swtpm is not installed (apt-get install swtpm)");
        return;
    }
    let mut named = 0;
    for (side, at) in [
        (Side::Payer, 0),
        (Side::Payee, 1),
        (Side::Payer, 5),
        (Side::Payee, 7),
    ] {
        let [payer, payee] = two();
        let chip = match side {
            Side::Payer => &payer.tpm,
            Side::Payee => &payee.tpm,
        };
        let killer = Killer {
            side,
            at,
            folder: chip.as_ref().unwrap().folder().to_owned(),
            killed: None,
        };
        let (mounted, killer) =
            mount_with(payer, payee, &Job::Pay(20), &over_lpc(), killer).unwrap();
        assert!(killer.killed.is_some(), "{side:?} {at}");
        assert_eq!(mounted.contention, None);
        let part = match side {
            Side::Payer => &mounted.payer,
            Side::Payee => &mounted.payee,
        };
        if let Some(Err(error)) = &part.result {
            let error = error.to_string();
            assert!(
                error.contains("TPM chip, ") && error.contains("no response"),
                "{error}"
            );
            named += 1;
        }
        let (payer, payee) = (mounted.payer.wallet, mounted.payee.wallet);
        let resumed = mount(payer, payee, &Job::Resume, &over_lpc()).unwrap();
        good(&resumed);
        let both = spendable(&resumed);
        assert_eq!(both[0] + both[1], 20, "{side:?} {at}");
    }
    assert!(named >= 3, "{named}");
}
