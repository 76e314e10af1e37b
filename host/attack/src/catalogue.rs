//! The attacks.

mod fields;
mod impostor;
mod keys;
mod opened;
mod order;
mod tokens;
mod wires;

use opera_sim::Side;
use opera_tpcu::protocol::wire::Refusal;
use opera_tpcu::{Error, Profile};

use crate::AttackError;
use crate::bench::{Attempt, Bench, Row};
use crate::relay::{Item, Passive, Relayed};

type Rows = Result<Vec<Row>, AttackError>;

/// An attack of the catalogue.
#[derive(Clone, Copy)]
pub struct Entry {
    /// Name on the command line.
    pub name: &'static str,
    /// What the attacker wants.
    pub goal: &'static str,
    /// What it can do.
    pub capability: &'static str,
    /// What refuses it in the hardened profile.
    pub expected: &'static str,
    /// It works in the paper profile, and there the catalogue expects it to.
    pub works_on_paper: bool,
    run: fn(&Bench, &'static str) -> Rows,
}

impl Entry {
    /// Whether this profile is expected to give in.
    #[must_use]
    pub fn works_on(&self, profile: Profile) -> bool {
        profile == Profile::Paper && self.works_on_paper
    }
}

/// Runs an entry: one row for each attempt.
///
/// # Errors
/// When the simulation fails; what the wallets say is in the rows.
pub fn run(bench: &Bench, entry: &Entry) -> Result<Vec<Row>, AttackError> {
    (entry.run)(bench, entry.name)
}

macro_rules! entry {
    ($name:literal, $run:path, $goal:literal, $capability:literal, $expected:literal, $paper:literal) => {
        Entry {
            name: $name,
            goal: $goal,
            capability: $capability,
            expected: $expected,
            works_on_paper: $paper,
            run: $run,
        }
    };
}

/// All of them, the paper's four first.
pub const ENTRIES: &[Entry] = &[
    entry!(
        "copied-token",
        tokens::copied_token,
        "be paid twice with one token",
        "device in the middle; gives the first token's ciphertext in place of the second's",
        "payee: token did not get over the data bus in three attempts",
        false
    ),
    entry!(
        "falsified-wallet",
        impostor::falsified_wallet,
        "pay or be paid with a wallet of one's own making",
        "hardware and firmware of a wallet, the authority's public key, no certificate",
        "honest wallet: partner is not an authentic wallet",
        false
    ),
    entry!(
        "man-in-the-middle",
        keys::man_in_the_middle,
        "share a key with each wallet",
        "device in the middle; puts ephemeral keys of its own into Msg.1-1 and 1-2, seals the attestation anew",
        "payer: partner is not an authentic wallet",
        false
    ),
    entry!(
        "quote-relay",
        keys::quote_relay,
        "have a genuine wallet's quote vouch for a false one",
        "a false wallet; a quote that a genuine wallet gave it in a session of its own",
        "honest wallet: partner is not an authentic wallet",
        false
    ),
    entry!(
        "replay",
        order::replay,
        "be paid, or pay, once more with a recorded payment",
        "records a payment; plays one side of it to the other wallet later",
        "message was changed on its way (another session's key)",
        false
    ),
    entry!(
        "relay",
        fields::relay_takeover,
        "let a distant wallet vouch in Stage 1, then ask for more",
        "device in the middle; relays Stage 1, then speaks in the payer's place",
        "payee: message was changed on its way",
        true
    ),
    entry!(
        "cross-session",
        fields::cross_session,
        "use a message of an earlier session",
        "device in the middle; puts a recorded message in the place of this session's",
        "message was changed on its way",
        true
    ),
    entry!(
        "cross-direction",
        order::cross_direction,
        "let a wallet take its own message for the partner's",
        "device in the middle; turns a message round, its header corrected",
        "message was changed on its way",
        false
    ),
    entry!(
        "reflection",
        order::reflection,
        "let a wallet attest to itself",
        "device in the middle; sends each message of Stage 1 back",
        "message out of order",
        false
    ),
    entry!(
        "reorder",
        order::reorder,
        "let an older message count again",
        "device in the middle; delivers the message before in place of this one",
        "message out of order",
        false
    ),
    entry!(
        "duplicate",
        order::duplicate,
        "let a message count twice",
        "device in the middle; delivers a message twice",
        "message out of order",
        false
    ),
    entry!(
        "drop",
        order::drop_message,
        "lose money on its way",
        "device in the middle; keeps a message, then pulls both wallets off",
        "the wallets came apart; resumed or refunded later",
        false
    ),
    entry!(
        "bit-flip",
        fields::bit_flip,
        "change a field unnoticed",
        "device in the middle; turns one bit of each field of each message",
        "message was changed on its way; header: out of order",
        true
    ),
    entry!(
        "truncate",
        fields::truncate,
        "get a short message past a parser",
        "device in the middle; cuts messages off",
        "a refusal that names length or tag",
        false
    ),
    entry!(
        "oversize",
        fields::oversize,
        "get a long message past a parser",
        "device in the middle; lengthens messages by a byte, and to 512",
        "a refusal that names length or tag",
        false
    ),
    entry!(
        "downgrade",
        fields::downgrade,
        "have the wallets speak an older version or the paper profile",
        "device in the middle; changes version and profile of Msg.1-1",
        "payee: partner speaks another version or profile",
        false
    ),
    entry!(
        "token-swap",
        tokens::token_swap,
        "destroy money by changing a token and its digest together",
        "device in the middle; knows the ciphertext of the data bus, so the digest in Msg.2-3",
        "payee: message was changed on its way",
        true
    ),
    entry!(
        "amount",
        fields::amount,
        "have the payee record another amount than was offered",
        "device in the middle; XORs the amount in Msg.2-1",
        "payee: message was changed on its way",
        true
    ),
    entry!(
        "stale-log",
        opened::stale_log,
        "put an old transaction log back",
        "may write the log of its own wallet",
        "nothing: the ORM's session is not the log's any more",
        false
    ),
    entry!(
        "bad-signature",
        opened::bad_signature,
        "pay with a token that the authority did not sign",
        "an opened wallet: any bytes in its repository",
        "payee: token signature is not the issuer's",
        false
    ),
    entry!(
        "high-s",
        opened::high_s,
        "make a second token of a good one by its other signature",
        "an opened wallet",
        "payee: token signature is not the issuer's",
        false
    ),
    entry!(
        "token-twice",
        opened::token_twice,
        "pay with one token twice in a payment",
        "an opened wallet",
        "payee: serial number occurs twice",
        false
    ),
    entry!(
        "revoked-key",
        impostor::revoked_key,
        "pay or be paid with a key that was revoked",
        "an opened wallet's attestation key; the honest wallet has the list",
        "honest wallet: partner's attestation key is revoked",
        false
    ),
    entry!(
        "expired-credential",
        impostor::expired_credential,
        "pay or be paid with a credential of an epoch that is over",
        "a wallet of the epoch before, which says so or claims this one",
        "honest wallet: partner's credential is of another epoch, or the authority did not make it",
        false
    ),
    entry!(
        "zero-credential",
        impostor::zero_credential,
        "pay or be paid without a credential",
        "a false wallet; four points at infinity, for which proof and pairings hold",
        "honest wallet: its credential is zero",
        false
    ),
    entry!(
        "forged-credential",
        impostor::forged_credential,
        "pay or be paid with a credential of one's own making",
        "a false wallet; a right signature by its own key, certified by its own issuer",
        "honest wallet: the authority did not make its credential",
        false
    ),
    entry!(
        "wrong-registers",
        impostor::wrong_registers,
        "pay or be paid with other hardware or firmware",
        "an opened wallet; attests to register values that are not on the list",
        "honest wallet: its registers are not on the list",
        false
    ),
    entry!(
        "lpc-garbage",
        wires::lpc_garbage,
        "confuse a wallet with nonsense on the link",
        "the wires: random LAD and LFRAME# for up to 64 clocks, at clocks that the seed draws",
        "a named error, or none; resumed later",
        false
    ),
    entry!(
        "data-garbage",
        wires::data_garbage,
        "have a false token stored",
        "the wires: a forced byte on the data bus",
        "sent again, or a named error; resumed later",
        false
    ),
    entry!(
        "remount",
        wires::remount,
        "end a payment with another wallet than it began with",
        "pulls the plug in each stage and plugs other wallets of the same authority in",
        "the other wallets are told nothing and change nothing",
        false
    ),
    entry!(
        "payee-stops",
        wires::payee_stops,
        "keep PTK and the payer's money, or have it twice",
        "a payee that has no power any more when Msg.3-1 has come",
        "payer: the payment stays open; resumed later",
        false
    ),
    entry!(
        "payer-stops",
        wires::payer_stops,
        "have the payee's buffer full and the tokens back, or spend them twice",
        "a payer that has no power any more before it releases",
        "payee: cannot settle; payer refunds, payee discards",
        false
    ),
];

/// The answer of one side must be an error that `fits`.
fn expect(attempt: &mut Attempt, side: Side, fits: impl Fn(&Error) -> bool) {
    let wrong = match attempt.said(side) {
        Some(Err(error)) if fits(error) => None,
        Some(Err(error)) => Some(format!("{side:?}: another refusal than expected: {error}")),
        Some(Ok(_)) => Some(format!("{side:?}: no refusal")),
        None => Some(format!("{side:?}: no answer")),
    };
    attempt.unexpected = attempt.unexpected.take().or(wrong);
}

fn refused(error: &Error, wanted: &[Refusal]) -> bool {
    matches!(error, Error::Partner(refusal) if wanted.contains(refusal))
}

/// A payment that nobody disturbs, recorded.
fn recorded(bench: &Bench, salt: u64) -> Result<Relayed<Passive>, AttackError> {
    Ok(bench.relay(salt, Passive)?)
}

fn frames(seen: &[(Side, Item)]) -> impl Iterator<Item = (Side, &Vec<u8>)> {
    seen.iter().filter_map(|(side, item)| match item {
        Item::Frame(frame) => Some((*side, frame)),
        Item::Token(_) => None,
    })
}
