//! One mount, from the plug to the pull.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;

use opera_sim::{Clocks, Level, Nv, Pair, PayerBuild, Side, SimError, Stop, Task, Verdict};
use opera_store::{Provisioning, Role, TpmKind, WalletFile};
use opera_tpcu::choose::Plan;
use opera_tpcu::hand_over::{HandOver, Keeper};
use opera_tpcu::protocol::wire::Kind;
use opera_tpcu::tpm::{Group, Tpm};
use opera_tpcu::tpm2::{PowerOn, Tpm2};
use opera_tpcu::{Error, Observer, Profile, Report, Tpcu, accept, mint, pay, refund, resume};

use crate::authority::{for_rtl, for_tpcu};
use crate::chip::Chip;
use crate::tpm::{LpcTransport, TpmWay};
use crate::trace::{BusTexts, Crossed, Recorder};

/// Clocks that any mount may take, whatever it does.
const BASE_LIMIT: u64 = 100_000_000;
/// Clocks more for each entry of the transaction buffer.
const ENTRY_LIMIT: u64 = 400_000;

/// A wallet that is not plugged in.
pub struct Wallet {
    /// Its keys.
    pub provisioning: Provisioning,
    /// Its nonvolatile memory.
    pub nv: Nv,
    /// Its TPM, unless that is the model.
    pub tpm: Option<Chip>,
}

impl Wallet {
    /// A new wallet that lives as long as the process.
    #[must_use]
    pub fn in_memory(provisioning: Provisioning) -> Self {
        Self {
            provisioning,
            nv: Nv::in_memory(),
            tpm: None,
        }
    }

    /// A new wallet with a TPM of its own.
    #[must_use]
    pub fn in_memory_with(provisioning: Provisioning, chip: Chip) -> Self {
        Self {
            tpm: Some(chip),
            ..Self::in_memory(provisioning)
        }
    }

    /// The wallet of a file.
    #[must_use]
    pub fn from_file(file: WalletFile) -> Self {
        let provisioning = file.provisioning().clone();
        Self {
            tpm: (provisioning.tpm == TpmKind::Swtpm).then(|| Chip::beside(file.path())),
            provisioning,
            nv: Nv::from_file(file),
        }
    }

    /// What its nonvolatile memory holds, read with its device key.
    #[must_use]
    pub fn audit(&self) -> opera_store::audit::Audit {
        opera_store::audit::audit(self.nv.words(), &self.provisioning.device_key)
    }
}

/// What the wallet in the payer's place is asked to do; the other one accepts.
#[derive(Clone, Debug)]
pub enum Job {
    /// Pay this amount.
    Pay(u32),
    /// Charge the partner with new tokens; the wallet must be a mint.
    Mint(Plan, u32),
    /// Finish what was interrupted.
    Resume,
    /// Take back what was not released.
    Refund,
}

/// How a mount is run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Protocol profile of both wallets.
    pub profile: Profile,
    /// What stands for the wallets.
    pub level: Level,
    /// Decides random choices and what unpowered memories hold.
    pub seed: u64,
    /// Waves of the whole mount, to a file ending in `.fst` or `.vcd`.
    pub wave: Option<PathBuf>,
    /// Write traces of the three buses, and keep the bytes of the data bus.
    pub trace: bool,
    /// Tell in the traces where a stage ends.
    pub stage_notes: bool,
    /// Signed reference values that the payee is given before, [`Authority::references`].
    ///
    /// [`Authority::references`]: crate::Authority::references
    pub payee_accepts: Option<Vec<u8>>,
    /// Signed list of revoked keys that both wallets are given before, [`Authority::revoke`].
    ///
    /// [`Authority::revoke`]: crate::Authority::revoke
    pub revoked: Option<Vec<u8>>,
    /// How the TPCUs reach TPMs of their own; a wallet with the model has none.
    pub tpm_way: TpmWay,
}

impl Settings {
    /// The hardened profile on the RTL, no waves, no traces.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            profile: Profile::Hardened,
            level: Level::Rtl,
            seed,
            wave: None,
            trace: false,
            stage_notes: false,
            payee_accepts: None,
            revoked: None,
            tpm_way: TpmWay::Direct,
        }
    }
}

/// How long a stage took in one wallet.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StageClocks {
    /// Its name.
    pub name: &'static str,
    /// Clocks of the wallet (core and LCLK are one clock), and those in which a transfer was on
    /// its internal LPC bus.
    pub clocks: Clocks,
}

/// One side of a mount that is over.
pub struct Part {
    /// The wallet, as it was left.
    pub wallet: Wallet,
    /// What its TPCU says; `None` when it was still at work at the end.
    pub result: Option<Result<Report, Error>>,
    /// The stages that ended.
    pub stages: Vec<StageClocks>,
    /// Clocks from the plug on.
    pub clocks: Clocks,
}

/// A mount that is over.
pub struct Mounted {
    /// The side that hosted the link.
    pub payer: Part,
    /// The side that accepted.
    pub payee: Part,
    /// Two agents drove LAD in one clock: the first time, in clocks of that wallet.
    pub contention: Option<(Side, u64)>,
    /// Traces of the buses, when asked for.
    pub trace: Option<BusTexts>,
    /// Bytes that crossed the wires, when traces were asked for.
    pub crossed: Crossed,
    /// Messages, in the order of their sending: sender and kind.
    pub messages: Vec<(Side, Kind)>,
}

/// Something that happens to a mount from outside; asked once after every clock edge.
pub trait Fault {
    /// The wallets, and their clocks since the plug. What is to become of the TPCUs: one that is
    /// killed is dropped as by a power cut.
    fn edge(&mut self, pair: &Pair, payer: Clocks, payee: Clocks) -> Verdict;
    /// A TPCU is about to send (`true`) or has received a message.
    fn message(&mut self, pair: &Pair, side: Side, sent: bool, kind: Kind) {
        let _ = (pair, side, sent, kind);
    }
}

/// Nothing happens from outside.
#[derive(Clone, Copy, Debug, Default)]
pub struct Calm;

impl Fault for Calm {
    fn edge(&mut self, _: &Pair, _: Clocks, _: Clocks) -> Verdict {
        Verdict::GoOn
    }
}

/// Listens to one TPCU.
struct Listener<F> {
    pair: Pair,
    side: Side,
    last: Clocks,
    stages: Rc<RefCell<Vec<StageClocks>>>,
    messages: Rc<RefCell<Vec<(Side, Kind)>>>,
    fault: Rc<RefCell<F>>,
    notes: Option<Rc<RefCell<Recorder>>>,
}

impl<F: Fault> Observer for Listener<F> {
    fn stage(&mut self, name: &'static str, _: u64) {
        let now = self.pair.clocks(self.side);
        let clocks = since(now, self.last);
        self.last = now;
        self.stages.borrow_mut().push(StageClocks { name, clocks });
        if let Some(recorder) = &self.notes {
            let text = format!("end of {name}");
            recorder.borrow_mut().note(self.side, &text);
        }
    }

    fn message(&mut self, sent: bool, kind: Kind, _: u64) -> bool {
        if sent {
            self.messages.borrow_mut().push((self.side, kind));
        }
        let fault = &self.fault;
        fault
            .borrow_mut()
            .message(&self.pair, self.side, sent, kind);
        true
    }
}

/// Keeps what a TPCU has to prove beside its nonvolatile memory.
struct Drawer {
    pair: Pair,
    side: Side,
}

impl Keeper for Drawer {
    fn keep(&mut self, hand_over: &HandOver) -> bool {
        let bytes = hand_over.to_bytes();
        self.pair.with_nv(self.side, |nv| nv.keep(&bytes))
    }

    fn kept(&mut self) -> Vec<Vec<u8>> {
        let kept = self.pair.with_nv(self.side, |nv| nv.kept());
        kept.unwrap_or_default()
    }
}

fn since(now: Clocks, then: Clocks) -> Clocks {
    Clocks {
        core: now.core - then.core,
        lpc: now.lpc - then.lpc,
    }
}

/// Plugs two wallets together and does `job`.
///
/// # Errors
/// Of the simulation: the model, a wallet file, the wave file. What the TPCUs say is in the parts.
pub fn mount(
    payer: Wallet,
    payee: Wallet,
    job: &Job,
    settings: &Settings,
) -> Result<Mounted, SimError> {
    mount_with(payer, payee, job, settings, Calm).map(|(mounted, _)| mounted)
}

/// As [`mount`], with something that happens from outside.
///
/// # Errors
/// As [`mount`].
pub fn mount_with<F: Fault + 'static>(
    payer: Wallet,
    payee: Wallet,
    job: &Job,
    settings: &Settings,
    fault: F,
) -> Result<(Mounted, F), SimError> {
    let build = match payer.provisioning.role {
        Role::Wallet => PayerBuild::Wallet,
        Role::Mint => PayerBuild::Mint,
    };
    let provisioning = [payer.provisioning, payee.provisioning];
    let chips = [payer.tpm, payee.tpm];
    let keys = [for_rtl(&provisioning[0]), for_rtl(&provisioning[1])];
    let nv = [payer.nv, payee.nv];
    let pair = Pair::on_level(settings.level, build, keys, nv, settings.seed)?;
    if let Some(path) = &settings.wave {
        pair.open_wave(path)?;
    }
    let recorder = settings
        .trace
        .then(|| Rc::new(RefCell::new(Recorder::new())));
    if let Some(recorder) = &recorder {
        pair.observe(Some(recorder.clone()));
    }
    pair.plug(true);
    let sides = [Side::Payer, Side::Payee];
    let start = sides.map(|side| pair.clocks(side));
    let stages = [(); 2].map(|()| Rc::new(RefCell::new(Vec::new())));
    let messages = Rc::new(RefCell::new(Vec::new()));
    let fault = Rc::new(RefCell::new(fault));

    let mut results = [None, None];
    let tpcus = [0, 1].map(|n| {
        let mut tpcu = tpcu(
            &provisioning[n],
            chips[n].as_ref(),
            settings,
            (Some(&pair), sides[n]),
        )?;
        tpcu.observe(Box::new(Listener {
            pair: pair.clone(),
            side: sides[n],
            last: start[n],
            stages: stages[n].clone(),
            messages: messages.clone(),
            fault: fault.clone(),
            notes: recorder.clone().filter(|_| settings.stage_notes),
        }));
        tpcu.keep(Box::new(Drawer {
            pair: pair.clone(),
            side: sides[n],
        }));
        Ok::<_, Error>(tpcu)
    });
    match tpcus {
        [Ok(mut a), Ok(mut b)] => {
            let (bus_a, bus_b) = (pair.bus(Side::Payer), pair.bus(Side::Payee));
            let mut tasks = (
                Task::new(async {
                    match job {
                        Job::Pay(amount) => pay(&bus_a, &mut a, *amount).await,
                        Job::Mint(plan, date) => mint(&bus_a, &mut a, plan, *date).await,
                        Job::Resume => resume(&bus_a, &mut a, opera_tpcu::Role::Payer).await,
                        Job::Refund => refund(&bus_a, &mut a).await,
                    }
                }),
                Task::new(accept(&bus_b, &mut b)),
            );
            let limit = BASE_LIMIT + ENTRY_LIMIT * u64::from(opera_regs::nv::ENTRIES);
            let stopped = pair.run(&mut tasks.0, &mut tasks.1, limit, |payer, payee| {
                let (payer, payee) = (since(*payer, start[0]), since(*payee, start[1]));
                fault.borrow_mut().edge(&pair, payer, payee)
            })?;
            debug_assert!(stopped == Stop::Reached || (tasks.0.is_done() && tasks.1.is_done()));
            results = [tasks.0.take(), tasks.1.take()];
        }
        [a, b] => {
            for (result, error) in results.iter_mut().zip([a.err(), b.err()]) {
                *result = error.map(Err);
            }
        }
    }
    pair.observe(None);
    pair.plug(false);
    let clocks = [0, 1].map(|n| since(pair.clocks(sides[n]), start[n]));
    let contention = pair.contention();
    let (trace, crossed) = match recorder.and_then(Rc::into_inner) {
        Some(recorder) => {
            let (texts, crossed) = recorder.into_inner().finish();
            (Some(texts), crossed)
        }
        None => (None, Crossed::default()),
    };
    let [nv_a, nv_b] = pair.into_nv();
    let [result_a, result_b] = results;
    let [stages_a, stages_b] = stages.map(|stages| stages.take());
    let [provisioning_a, provisioning_b] = provisioning;
    let [tpm_a, tpm_b] = chips;
    let part = |provisioning, nv, tpm, result, stages, clocks| Part {
        wallet: Wallet {
            provisioning,
            nv,
            tpm,
        },
        result,
        stages,
        clocks,
    };
    let mounted = Mounted {
        payer: part(provisioning_a, nv_a, tpm_a, result_a, stages_a, clocks[0]),
        payee: part(provisioning_b, nv_b, tpm_b, result_b, stages_b, clocks[1]),
        contention,
        trace,
        crossed,
        messages: messages.take(),
    };
    let Some(fault) = Rc::into_inner(fault) else {
        unreachable!("the tasks that shared it are gone");
    };
    Ok((mounted, fault.into_inner()))
}

/// The TPCU of a wallet that is on a board, powered up. It reaches its TPM directly.
///
/// # Errors
/// When what is provisioned is no key, or is not for that TPM.
pub fn tpcu_of_board(
    provisioning: &Provisioning,
    chip: Option<&Chip>,
    settings: &Settings,
    side: Side,
) -> Result<Tpcu, Error> {
    tpcu(provisioning, chip, settings, (None, side))
}

/// The TPCU of a wallet that stands in a place (the payer's hosts the link) of a mount, which needs its
/// RTL only for a TPM on the bus.
///
/// # Errors
/// When a provisioned key is no key, or the wallet has not the TPM that it was provisioned with.
pub fn tpcu(
    provisioning: &Provisioning,
    chip: Option<&Chip>,
    settings: &Settings,
    (pair, side): (Option<&Pair>, Side),
) -> Result<Tpcu, Error> {
    let number = match side {
        Side::Payer => 0,
        Side::Payee => 1,
    };
    let seed = [
        &settings.seed.to_be_bytes()[..],
        &provisioning.serial.to_be_bytes()[..],
        &[number],
    ]
    .concat();
    let provision = for_tpcu(provisioning);
    let mut tpcu = match (provisioning.tpm, chip) {
        (TpmKind::Model, None) => Tpcu::new(&provision, settings.profile, &seed)?,
        (TpmKind::Swtpm, Some(chip)) => {
            let group = Group::new(&provision.group).map_err(|_| Error::Provision)?;
            let policy = &provision.attestation_policy;
            let credential = &provision.credential;
            let mut power_on = chip.power_on();
            let tpm: Box<dyn Tpm> = match settings.tpm_way {
                TpmWay::Direct => Box::new(
                    Tpm2::new(power_on, policy, credential, &group)
                        .map_err(|_| Error::Provision)?,
                ),
                TpmWay::Lpc => {
                    let pair = pair.ok_or(Error::Provision)?.clone();
                    let over_lpc: PowerOn<LpcTransport> =
                        Box::new(move || Ok(LpcTransport::new(&pair, side, power_on()?)));
                    Box::new(
                        Tpm2::new(over_lpc, policy, credential, &group)
                            .map_err(|_| Error::Provision)?,
                    )
                }
            };
            Tpcu::with_tpm(&provision, settings.profile, &seed, group, tpm)?
        }
        _ => return Err(Error::Provision),
    };
    if let (Side::Payee, Some(references)) = (side, &settings.payee_accepts) {
        tpcu.accept_references(references)?;
    }
    if !provisioning.revoked.is_empty() {
        tpcu.revoke(&provisioning.revoked)?;
    }
    if let Some(revoked) = &settings.revoked {
        tpcu.revoke(revoked)?;
    }
    Ok(tpcu)
}
