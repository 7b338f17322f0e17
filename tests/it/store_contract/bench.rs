//! A store that can be closed and opened again, and short ways to say what is kept in it.

use jiff::{SignedDuration, Timestamp};
use segments_slack::model::{
    AccountId, ChannelId, ChannelRef, DatasetName, Event, EventId, EventType, MessageId, News, Object, ObjectKey,
    ObjectState, Options, WorkspaceId,
};
use segments_slack::store::{
    Durability, IncomingEvent, NewDelivery, PendingWork, PreviousState, RouteFn, RoutingDecision, Store, open,
};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use uuid::Uuid;

/// A store on a place of its own.
pub(super) struct Bench {
    open: Box<dyn Fn() -> Arc<dyn Store> + Send + Sync>,
    opened: Option<Arc<dyn Store>>,
    folder: TempDir,
}

impl Bench {
    /// In a folder, as sled keeps it.
    pub(super) fn sled() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sled:{}", folder.path().join("store").display());
        let open = Box::new(move || open(&url, Durability::Process).unwrap());
        Self { opened: Some(open()), open, folder }
    }

    pub(super) fn store(&self) -> &dyn Store {
        &**self.opened.as_ref().unwrap()
    }

    pub(super) fn shared(&self) -> Arc<dyn Store> {
        Arc::clone(self.opened.as_ref().unwrap())
    }

    /// Closes the store and opens it again on what it kept.
    pub(super) fn restart(&mut self) {
        self.opened = None;
        self.opened = Some((self.open)());
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Keeps a message that these channels want.
    pub(super) async fn accept(&self, message: &str, channels: &[&str], second: i64) -> Option<RoutingDecision> {
        let deliveries = channels.iter().map(|name| wanted(name, second)).collect();
        self.accept_as(message, deliveries, second).await
    }

    pub(super) async fn accept_as(
        &self,
        message: &str,
        deliveries: Vec<NewDelivery>,
        second: i64,
    ) -> Option<RoutingDecision> {
        let arrival = arrival(message, second);
        let verdict = verdict(message, deliveries);
        self.store().accept(&workspace(), arrival, decided(verdict)).await.unwrap()
    }

    pub(super) async fn claim(&self, channel: &str, second: i64) -> PendingWork {
        self.store().pending_work(&channel_ref(channel), at(second), 1_000).await.unwrap()
    }

    /// The summaries of what is due in a channel, which tell the messages that they came with.
    pub(super) async fn due(&self, channel: &str, second: i64) -> Vec<String> {
        texts(&self.claim(channel, second).await)
    }
}

pub(super) fn texts(claim: &PendingWork) -> Vec<String> {
    claim.due.iter().map(|(_, news)| news.event.text.clone().unwrap()).collect()
}

/// Seconds after some day.
pub(super) fn at(second: i64) -> Timestamp {
    "2026-03-01T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(second)
}

pub(super) const DAY: i64 = 24 * 60 * 60;

pub(super) fn workspace() -> WorkspaceId {
    WorkspaceId::parse("T1").unwrap()
}

pub(super) fn account() -> AccountId {
    AccountId::parse("acc_1").unwrap()
}

pub(super) fn channel_ref(channel: &str) -> ChannelRef {
    ChannelRef { workspace: workspace(), channel: ChannelId::parse(channel).unwrap() }
}

pub(super) fn arrival(message: &str, second: i64) -> IncomingEvent {
    IncomingEvent {
        account: account(),
        message: MessageId::parse(message).unwrap(),
        received_at: at(second),
        dataset: Some(DatasetName::parse("jane/flowers").unwrap()),
        object: Some(ObjectKey::new("sample", message)),
        sample: None,
    }
}

pub(super) fn news(text: &str) -> Arc<News> {
    let event = Event {
        event_type: EventType::parse("sample.created"),
        created_at: at(0),
        dataset: DatasetName::parse("jane/flowers"),
        object: Object::Unknown,
        text: Some(text.to_owned()),
    };
    Arc::new(News { event, derived: None, changes: Vec::new(), new_comments: 0, sample_name: None, asked_by: None })
}

pub(super) fn wanted(channel: &str, not_before: i64) -> NewDelivery {
    let channel = ChannelId::parse(channel).unwrap();
    NewDelivery {
        channel,
        subscription: 1,
        options: Options::default(),
        not_before: at(not_before),
        reason: segments_slack::model::DeliveryReason::Subscribed,
        digest: None,
    }
}

pub(super) fn verdict(text: &str, deliveries: Vec<NewDelivery>) -> RoutingDecision {
    RoutingDecision { state: None, news: news(text), event: EventId(Uuid::now_v7()), deliveries, is_stale: false }
}

/// Decides so whatever is known.
pub(super) fn decided(verdict: RoutingDecision) -> RouteFn {
    Box::new(move |_: PreviousState| verdict)
}

pub(super) fn state(second: i64, status: &str) -> ObjectState {
    let seen = serde_json::json!({ "kind": "label", "status": status });
    ObjectState { at: at(second), seen: serde_json::from_value(seen).unwrap() }
}
