//! A batch: many events of one kind in one message, which is edited while more events arrive.

use super::delivery::Delivery;
use super::event::News;
use super::live_message::{Live, LiveMessage, add_mentions, after, cut};
use super::object::{DatasetName, Object, ObjectKey};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// A batch names at most this many objects.
const MAX_NAMED_OBJECTS: usize = 10;
/// A batch names at most this many people; beyond that it only remembers that there were others.
const MAX_PEOPLE: usize = 50;
/// The longest name that is kept, in bytes.
const MAX_NAME_BYTES: usize = 256;
/// A batch takes more events for this long after its last change.
const QUIET_PERIOD: SignedDuration = SignedDuration::from_mins(5);
/// A batch takes more events for this long after it was opened.
const MAX_BATCH_AGE: SignedDuration = SignedDuration::from_hours(1);
/// The time between two edits, at least.
const EDIT_INTERVAL: SignedDuration = SignedDuration::from_secs(3);

/// The events that share a batch. A message never mixes events of different keys.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BatchKey {
    /// The subscription.
    pub subscription: u32,
    /// The closest name of the events.
    pub event: String,
    /// Their dataset.
    pub dataset: Option<DatasetName>,
}

impl BatchKey {
    /// Returns the key of a delivery.
    pub fn of(delivery: &Delivery, news: &News) -> Self {
        let (event, dataset) = (news.name().to_owned(), news.event.dataset.clone());
        Self { subscription: delivery.subscription, event, dataset }
    }
}

/// An object in a batch: its name and the fields that a link to it needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchedObject {
    /// Which object, where that is known.
    pub object: Option<ObjectKey>,
    /// Its name, or that of its sample.
    pub name: Option<String>,
    /// Its sample's id, or its own.
    pub uuid: Option<String>,
    /// The labelset, of a label.
    pub labelset: Option<String>,
}

/// A message that shows several events of one kind, and the time until which it takes more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchMessage {
    /// The events that it takes.
    pub key: BatchKey,
    /// The number of events.
    pub count: u64,
    /// The first objects.
    pub named: Vec<BatchedObject>,
    /// The number of events of objects that are not named.
    pub others: u64,
    /// The time of the first event.
    pub first_event: Timestamp,
    /// The time of the last event.
    pub last_event: Timestamp,
    /// The people who caused the events, at most 50.
    pub people: Vec<String>,
    /// Set when other people caused events too.
    pub more_people: bool,
    /// The people and groups to mention, at most 50.
    pub mention: Vec<String>,
    /// The time of the last change.
    pub changed_at: Timestamp,
    /// The life of the message in Slack.
    #[serde(flatten)]
    pub live: LiveMessage,
}

impl BatchMessage {
    /// Returns a batch of one event.
    pub fn open(delivery: &Delivery, news: &News, now: Timestamp) -> Self {
        let mut batch = Self {
            key: BatchKey::of(delivery, news),
            count: 0,
            named: Vec::new(),
            others: 0,
            first_event: news.event.created_at,
            last_event: news.event.created_at,
            people: Vec::new(),
            more_people: false,
            mention: Vec::new(),
            changed_at: now,
            live: LiveMessage::open(now),
        };
        batch.add(delivery, news, now);
        batch
    }

    /// Adds one event.
    pub fn add(&mut self, delivery: &Delivery, news: &News, now: Timestamp) {
        self.count += 1;
        self.first_event = self.first_event.min(news.event.created_at);
        self.last_event = self.last_event.max(news.event.created_at);
        self.changed_at = now;
        self.live.changed(now, EDIT_INTERVAL);
        let named = BatchedObject::of(news);
        if named.object.is_none() || !self.named.iter().any(|known| known.object == named.object) {
            if self.named.len() < MAX_NAMED_OBJECTS && named.name.is_some() {
                self.named.push(named);
            } else {
                self.others += 1;
            }
        }
        if let Some(person) = news.event.actor().map(short)
            && !self.people.contains(&person)
        {
            if self.people.len() < MAX_PEOPLE { self.people.push(person) } else { self.more_people = true }
        }
        add_mentions(&mut self.mention, &delivery.options.mention);
    }

    /// Returns the time after which the batch takes no more events.
    pub fn closes_at(&self) -> Timestamp {
        after(self.changed_at, QUIET_PERIOD).min(after(self.live.opened_at, MAX_BATCH_AGE))
    }

    /// Returns the earliest time to close the message.
    pub fn close_at(&self) -> Timestamp {
        self.closes_at().max(self.live.edit_at)
    }
}

impl Live for BatchMessage {
    fn live(&mut self) -> &mut LiveMessage {
        &mut self.live
    }
}

impl BatchedObject {
    fn of(news: &News) -> Self {
        let (name, uuid, labelset) = match &news.event.object {
            Object::Sample(sample) => (sample.name.as_deref(), sample.uuid.as_deref(), None),
            Object::Label(label) => {
                (label.sample_name.as_deref(), label.sample_uuid.as_deref(), label.labelset.as_deref())
            }
            Object::Issue(issue) => (issue.sample_name.as_deref(), issue.sample_uuid.as_deref(), None),
            Object::Release(release) => (release.name.as_deref(), None, None),
            Object::Dataset(_) | Object::Unknown => (None, None, None),
        };
        let name = name.or(news.sample_name.as_deref()).or(uuid).map(short);
        Self { object: news.event.object_key(), name, uuid: uuid.map(short), labelset: labelset.map(short) }
    }
}

fn short(text: &str) -> String {
    cut(text, MAX_NAME_BYTES)
}
