//! What a history is made of.

use crate::harness::failing::{How, When};
use proptest::prelude::*;
use proptest::sample::select;
use segments_slack::sandbox::slack::Fault;

pub(super) const CHANNELS: [&str; 3] = ["C1", "C2", "G1"];
pub(super) const DATASETS: [&str; 2] = ["jane/flowers", "jane/trees"];

#[derive(Debug, Clone)]
pub(super) struct History {
    /// What each channel subscribes to.
    pub(super) wishes: [Vec<MatchReason>; 3],
    pub(super) steps: Vec<Step>,
}

/// A subscription.
#[derive(Debug, Clone)]
pub(super) struct MatchReason {
    /// One of them, or each.
    pub(super) dataset: Option<usize>,
    /// What the names of its events start with, or nothing for all.
    pub(super) noun: &'static str,
    pub(super) options: &'static str,
}

#[derive(Debug, Clone)]
pub(super) enum Step {
    /// One after another, each accepted before the next is sent.
    Webhooks(Vec<Happening>),
    /// All at once, each of an object of its own; the server may die when so many are accepted.
    Burst {
        event: &'static str,
        dataset: usize,
        count: usize,
        dies_after: Option<usize>,
    },
    /// A message that was accepted comes again.
    Again(prop::sample::Index),
    Seconds(u32),
    /// Calls of a method to come go wrong.
    Slack {
        method: &'static str,
        faults: Vec<Fault>,
    },
    Outage(bool),
    /// A call of the store to come goes wrong.
    Store {
        calls: u32,
        when: When,
        how: How,
    },
    /// The server dies where it stands …
    Dies,
    /// … or over the next post, which Slack takes or not …
    DiesInPost {
        taken: bool,
    },
    /// … or ends in order.
    Restarts,
    Types {
        channel: usize,
        text: &'static str,
    },
    Archive {
        channel: usize,
    },
    Unarchive {
        channel: usize,
    },
}

/// An event about one of a few objects.
#[derive(Debug, Clone)]
pub(super) struct Happening {
    pub(super) event: &'static str,
    pub(super) status: &'static str,
    pub(super) dataset: usize,
    pub(super) object: u8,
    /// Whether it happened before all that came so far.
    pub(super) late: bool,
}

pub(super) fn any_history() -> impl Strategy<Value = History> {
    let wishes = || prop::collection::vec(wish(), 0..3);
    let wishes = (prop::collection::vec(wish(), 1..3), wishes(), wishes()).prop_map(|(a, b, c)| [a, b, c]);
    let steps = prop::collection::vec(chapter(), 1..8).prop_map(|chapters| chapters.concat());
    (wishes, steps).prop_map(|(wishes, steps)| History { wishes, steps })
}

fn wish() -> impl Strategy<Value = MatchReason> {
    let dataset = prop::option::of(0..DATASETS.len());
    let noun = select(vec!["", "", "", "sample", "label", "issue"]);
    let options = select(vec!["", "", "", "batch:auto", "batch:off", "batch:5m", "quiet:11:00-13:00"]);
    (dataset, noun, options).prop_map(|(dataset, noun, options)| MatchReason { dataset, noun, options })
}

/// Something is about to go wrong, something comes, and time passes.
fn chapter() -> impl Strategy<Value = Vec<Step>> {
    let comes = prop_oneof![
        6 => prop::collection::vec(happening(), 1..10).prop_map(Step::Webhooks),
        4 => burst(),
        1 => any::<prop::sample::Index>().prop_map(Step::Again),
    ];
    let passes = prop_oneof![4 => 0..8_u32, 3 => 0..120_u32, 1 => 0..10_800_u32].prop_map(Step::Seconds);
    let steps = (prop::collection::vec(trouble(), 0..3), comes, passes);
    steps.prop_map(|(trouble, comes, passes)| trouble.into_iter().chain([comes, passes]).collect())
}

fn trouble() -> impl Strategy<Value = Step> {
    let channel = || 0..CHANNELS.len();
    prop_oneof![
        6 => slack_fault(),
        1 => prop::bool::weighted(0.3).prop_map(Step::Outage),
        4 => (prop_oneof![0..3_u32, 0..15_u32], select(vec![When::Before, When::After]), select(vec![How::Fails, How::Dies]))
            .prop_map(|(calls, when, how)| Step::Store { calls, when, how }),
        2 => Just(Step::Dies),
        3 => any::<bool>().prop_map(|taken| Step::DiesInPost { taken }),
        1 => Just(Step::Restarts),
        2 => (channel(), said()).prop_map(|(channel, text)| Step::Types { channel, text }),
        1 => channel().prop_map(|channel| Step::Archive { channel }),
        1 => channel().prop_map(|channel| Step::Unarchive { channel }),
    ]
}

fn said() -> impl Strategy<Value = &'static str> {
    select(vec!["mute 30m", "mute 4h", "mute jane/flowers 1h", "unmute", "unmute jane/flowers", "status"])
}

fn happening() -> impl Strategy<Value = Happening> {
    let event = select(vec![
        "sample.created",
        "sample.updated",
        "sample.updated",
        "sample.deleted",
        "label.updated",
        "label.updated",
        "issue.created",
        "issue.updated",
        "release.created",
    ]);
    let status = select(vec!["LABELED", "REVIEWED", "REJECTED"]);
    let late = prop::bool::weighted(0.15);
    (event, status, 0..DATASETS.len(), 0..3_u8, late).prop_map(|(event, status, dataset, object, late)| Happening {
        event,
        status,
        dataset,
        object,
        late,
    })
}

fn burst() -> impl Strategy<Value = Step> {
    let event = select(vec!["sample.created", "sample.created", "sample.deleted", "label.updated", "issue.created"]);
    let count = prop_oneof![3 => 3..12_usize, 1 => 12..60_usize];
    (event, 0..DATASETS.len(), count, prop::option::weighted(0.15, 0..12_usize))
        .prop_map(|(event, dataset, count, dies_after)| Step::Burst { event, dataset, count, dies_after })
}

fn slack_fault() -> impl Strategy<Value = Step> {
    let method = select(vec!["chat.postMessage", "chat.postMessage", "chat.update", "conversations.history"]);
    let fault = prop_oneof![
        (1..40_u64).prop_map(|retry_after| Fault::RateLimit { retry_after }),
        select(vec![500, 503]).prop_map(Fault::Status),
        select(vec!["internal_error", "service_unavailable"]).prop_map(|code| Fault::Code(code.to_owned())),
        Just(Fault::Hang),
        Just(Fault::Reset),
        Just(Fault::Rubbish),
        Just(Fault::LoseAnswer),
        Just(Fault::LoseAnswerHang),
        Just(Fault::LoseAnswerStatus(502)),
    ];
    (method, prop::collection::vec(fault, 1..5)).prop_map(|(method, faults)| Step::Slack { method, faults })
}
