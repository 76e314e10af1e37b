//! Counterexamples for a reader.

use opera_tpcu::protocol::wire::Kind;

use crate::local::{End, Feed, Job, Plays, Step, WireId};
use crate::world::{Action, Origin, Then, World, name};

fn job(job: Job) -> String {
    match job {
        Job::Pay(amount) => format!("pays {amount}"),
        Job::Resume => "resumes".into(),
        Job::Refund => "refunds".into(),
        Job::Accept => "accepts".into(),
    }
}

fn kind(plays: &Plays, id: WireId) -> &'static str {
    Kind::of(plays.wire(id)).map_or("a frame", Kind::name)
}

/// One action in a line.
pub(crate) fn action(plays: &Plays, action: &Action) -> String {
    let (side, feed, origin, then) = match *action {
        Action::Mount(host, what) => {
            return format!(
                "mount: {} {}, {} accepts",
                name(host),
                job(what),
                name(1 - host)
            );
        }
        Action::Feed(side, feed, origin, then) => (side, feed, origin, then),
    };
    let what = match feed {
        Feed::Frame(id) => kind(plays, id).to_owned(),
        Feed::Data(_) => "ciphertext".to_owned(),
        Feed::Silence => "nothing".to_owned(),
    };
    let how = match origin {
        Origin::Next | Origin::Lost => "",
        Origin::Again => " a second time",
        Origin::Early => " before the one sent earlier",
        Origin::Replay => " from the adversary's records",
    };
    let then = match then {
        Then::On => String::new(),
        Then::Crash(at) => format!("; power cut behind step {at}"),
        Then::Unplug(at) => format!("; unplugged before step {}", at + 1),
    };
    format!("  {} gets {what}{how}{then}", name(side))
}

/// What a wallet did in steps, in a line.
fn steps(plays: &Plays, steps: &[Step]) -> String {
    let names: Vec<String> = steps
        .iter()
        .map(|step| match step {
            Step::Durable(what, _) => (*what).to_owned(),
            Step::Frame(id) => format!("sends {}", kind(plays, *id)),
            Step::Data(_) => "sends ciphertext".to_owned(),
        })
        .collect();
    names.join(", ")
}

/// The list of actions with what the wallets did.
pub(crate) fn story(world: &World, actions: &[Action]) -> String {
    let mut out = String::new();
    world.tell(actions, |plays, action_now, node, crash| {
        out.push_str(&action(plays, action_now));
        out.push('\n');
        if let Some(node) = node {
            let did = &node.steps[..crash.unwrap_or(node.steps.len())];
            if !did.is_empty() {
                out.push_str(&format!("      {}\n", steps(plays, did)));
            }
            if let (End::Done { text, .. }, None) = (&node.end, crash) {
                out.push_str(&format!("      ends: {text}\n"));
            }
        }
    });
    out
}
