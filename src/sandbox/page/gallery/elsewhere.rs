//! Everything that the app shows outside its notifications: cards below pasted links, and the App Home.

use super::APP_URL;
use crate::model::object::Dataset;
use crate::model::{
    ChannelId, DatasetName, DatasetPattern, EventSelection, Glob, Mute, Options, PauseReason, Rule, Subscription,
    SubscriptionState, UserId,
};
use crate::render::home::{HomeContent, home};
use crate::render::reply::{AccountStatus, ChannelOverview, SinceStart, StatusReport};
use crate::render::unfurl::{self, SampleSeen};
use crate::sandbox::page::names::Names;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

const ANN: &str = "U0ANN";
const ANNOTATION: &str = "C0ANNOTATION";
const QUALITY: &str = "C0QUALITY";

/// The names of the people and channels in the blocks.
pub(super) fn names() -> Names {
    let named = |id: &str, name: &str| (id.to_owned(), name.to_owned());
    Names::new(ANN, [named(ANN, "ann")], [named(ANNOTATION, "annotation"), named(QUALITY, "quality")])
}

/// The blocks of each place, under its name.
pub(super) fn blocks(now: Timestamp) -> Vec<(&'static str, Value)> {
    let flowers = DatasetName::parse("jane/flowers").expect("an owner and a name");
    let dataset = Dataset {
        description: Some("A dataset containing flowers of all kinds.".to_owned()),
        samples_count: Some(94),
        label_stats: [("LABELED".to_owned(), 40), ("REVIEWED".to_owned(), 22), ("UNLABELED".to_owned(), 32)].into(),
        ..Dataset::default()
    };
    let sample = SampleSeen {
        uuid: "602a3eec-a61c-4a77-9fcc-3037ce5e9606",
        labelset: Some("ground-truth"),
        name: Some("rose.png"),
        status: Some("REVIEWING_IN_PROGRESS"),
        labeler: Some("john"),
        reviewer: Some("jane"),
    };
    let written = |blocks| serde_json::to_value(blocks).unwrap_or_default();
    vec![
        ("dataset behind a link", written(unfurl::dataset(&flowers, &dataset, now, APP_URL))),
        ("sample behind a link", written(unfurl::sample(&flowers, &sample, now, APP_URL))),
        ("Home, at first", shown(&[], now)),
        ("Home, in use", shown(&in_use(now), now)),
    ]
}

fn shown(channels: &[ChannelOverview], now: Timestamp) -> Value {
    let all = || channels.iter().flat_map(|channel| &channel.subscriptions);
    let status = StatusReport {
        accounts: vec![AccountStatus { name: "environment".to_owned(), last_event: Some(now), last_test: None }],
        waiting_events: 0,
        oldest_waiting: None,
        held: 0,
        dead: 0,
        paused: all().filter(|one| matches!(one.state, SubscriptionState::Paused { .. })).count(),
        waiting: 0,
        subscriptions: all().count(),
        since_start: Some(SinceStart { posted: 214, refused: 0 }),
        slack_ok: true,
        now,
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let username = (!channels.is_empty()).then_some("ann");
    let view = home(&HomeContent {
        channels,
        hidden: &[],
        others: 0,
        status: &status,
        username,
        notice: None,
        asked: None,
        page: 0,
    });
    serde_json::to_value(view).unwrap_or_default()["blocks"].take()
}

/// A channel that is muted, and one of which a subscription is paused.
fn in_use(now: Timestamp) -> [ChannelOverview; 2] {
    let until = now + SignedDuration::from_hours(1);
    let by = || UserId::parse(ANN).expect("an id");
    let book = |id: &str, muted: bool, of: Vec<(&str, SubscriptionState)>| {
        let channel = ChannelId::parse(id).expect("an id");
        let subscriptions = (1..).zip(of).map(|(number, (name, state))| Subscription {
            channel: channel.clone(),
            number,
            rule: Rule {
                dataset: DatasetPattern { owner: Glob::new("jane"), name: Glob::new(name) },
                events: EventSelection::default_set(),
                filters: Vec::new(),
                options: Options::default(),
            },
            creator: by(),
            created_at: now,
            time_zone: None,
            state,
        });
        let mute = muted.then(|| Mute { dataset: DatasetPattern::everything(), until, by: by() });
        ChannelOverview {
            subscriptions: subscriptions.collect(),
            mutes: Vec::from_iter(mute),
            channel: channel.clone(),
        }
    };
    let paused = SubscriptionState::Paused { reason: PauseReason("is_archived".to_owned()), since: now };
    [
        book(ANNOTATION, true, vec![("flowers", SubscriptionState::Active), ("lidar-*", SubscriptionState::Active)]),
        book(QUALITY, false, vec![("birds", paused)]),
    ]
}
