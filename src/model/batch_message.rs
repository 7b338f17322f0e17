//! A fold: many events of one kind as one message, which is edited while more of them come.

use super::delivery::Delivery;
use super::event::News;
use super::object::{DatasetName, Object, ObjectKey};
use super::workspace::MessageTs;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// So many objects are named.
const NAMED: usize = 10;
/// So many people are remembered; that somebody else did it too is all that is known beyond.
const PEOPLE: usize = 50;
/// What is kept of a name, in bytes.
const LONGEST_NAME: usize = 256;
/// A fold takes more events for so long after its last change …
const QUIET: SignedDuration = SignedDuration::from_mins(5);
/// … and for so long in all.
const LONGEST: SignedDuration = SignedDuration::from_hours(1);
/// The message is edited no more often.
const BETWEEN_EDITS: SignedDuration = SignedDuration::from_secs(3);
/// A closing that Slack did not take is tried again after this …
const CLOSE_AGAIN: SignedDuration = SignedDuration::from_mins(5);
/// … for so long.
const CLOSE_WITHIN: SignedDuration = SignedDuration::from_hours(24);

/// Which events fold together. Nothing else is ever in the same message.
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
    /// The key of a delivery.
    pub fn of(delivery: &Delivery, news: &News) -> Self {
        let (event, dataset) = (news.name().to_owned(), news.event.dataset.clone());
        Self { subscription: delivery.subscription, event, dataset }
    }
}

/// An object in a fold: its name and what a link to it needs.
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

/// What a fold message shows, and until when it takes more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchMessage {
    /// What it holds.
    pub key: BatchKey,
    /// How many events.
    pub count: u64,
    /// The first objects.
    pub named: Vec<BatchedObject>,
    /// How many events were of other objects than those.
    pub others: u64,
    /// When the first of the events happened.
    pub first_event: Timestamp,
    /// When the last one did.
    pub last_event: Timestamp,
    /// Who did it.
    pub people: Vec<String>,
    /// Whether somebody else did it too.
    pub more_people: bool,
    /// Who is mentioned.
    pub mention: Vec<String>,
    /// When the message was first planned.
    pub opened_at: Timestamp,
    /// When it was last changed.
    pub changed_at: Timestamp,
    /// No edit before this time.
    pub edit_at: Timestamp,
    /// The message, once it is there.
    pub ts: Option<MessageTs>,
    /// Whether it takes no more events.
    pub closed: bool,
}

impl BatchMessage {
    /// A fold of one event.
    pub fn open(delivery: &Delivery, news: &News, now: Timestamp) -> Self {
        let mut fold = Self {
            key: BatchKey::of(delivery, news),
            count: 0,
            named: Vec::new(),
            others: 0,
            first_event: news.event.created_at,
            last_event: news.event.created_at,
            people: Vec::new(),
            more_people: false,
            mention: Vec::new(),
            opened_at: now,
            changed_at: now,
            edit_at: now,
            ts: None,
            closed: false,
        };
        fold.add(delivery, news, now);
        fold
    }

    /// Takes one more event.
    pub fn add(&mut self, delivery: &Delivery, news: &News, now: Timestamp) {
        self.count += 1;
        self.first_event = self.first_event.min(news.event.created_at);
        self.last_event = self.last_event.max(news.event.created_at);
        self.changed_at = now;
        self.edit_at = after(now, BETWEEN_EDITS);
        let named = BatchedObject::of(news);
        if named.object.is_none() || !self.named.iter().any(|known| known.object == named.object) {
            if self.named.len() < NAMED && named.name.is_some() {
                self.named.push(named);
            } else {
                self.others += 1;
            }
        }
        if let Some(person) = news.event.actor().map(short)
            && !self.people.contains(&person)
        {
            if self.people.len() < PEOPLE { self.people.push(person) } else { self.more_people = true }
        }
        for id in &delivery.options.mention {
            if !self.mention.contains(id) {
                self.mention.push(id.clone());
            }
        }
    }

    /// When it takes no more events.
    pub fn closes_at(&self) -> Timestamp {
        after(self.changed_at, QUIET).min(after(self.opened_at, LONGEST))
    }

    /// When its message is to be closed.
    pub fn close_at(&self) -> Timestamp {
        self.closes_at().max(self.edit_at)
    }

    /// It with its message in the channel.
    #[must_use]
    pub fn shown_as(self, ts: MessageTs) -> Self {
        Self { ts: Some(ts), ..self }
    }

    /// It without any wish for more events.
    #[must_use]
    pub fn closed(self) -> Self {
        Self { closed: true, ..self }
    }

    /// It after Slack did not take its closing: to be closed later, or left as it is after a day.
    #[must_use]
    pub fn not_yet_closed(self, now: Timestamp) -> Self {
        Self { closed: after(self.changed_at, CLOSE_WITHIN) < now, edit_at: after(now, CLOSE_AGAIN), ..self }
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
    text[..text.floor_char_boundary(LONGEST_NAME)].to_owned()
}

pub(super) fn after(time: Timestamp, length: SignedDuration) -> Timestamp {
    time.checked_add(length).unwrap_or(Timestamp::MAX)
}
