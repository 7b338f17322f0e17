//! What Segments.ai reports: the types it sends, the finer events derived from them, and the event itself.

use super::object::{DatasetName, Object, ObjectKey};
use super::workspace::UserId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! event_names {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal),* $(,)? } $($rest:tt)*) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name {
            $(#[doc = concat!("`", $text, "`")] #[serde(rename = $text)] $variant,)*
        }

        impl $name {
            /// Every name of this kind, in the order people read them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name as it is typed and sent, such as `sample.created`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// Finds a name by its exact text.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)* _ => None }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

event_names!(
    /// A type that Segments.ai documents (<https://docs.segments.ai/reference/webhooks>).
    KnownType {
        DatasetCreated = "dataset.created",
        DatasetUpdated = "dataset.updated",
        DatasetDeleted = "dataset.deleted",
        SampleCreated = "sample.created",
        SampleUpdated = "sample.updated",
        SampleDeleted = "sample.deleted",
        LabelUpdated = "label.updated",
        LabelDeleted = "label.deleted",
        IssueCreated = "issue.created",
        IssueUpdated = "issue.updated",
        ReleaseCreated = "release.created",
    }
);

event_names!(
    /// The same webhook seen more closely, by comparing it with the last state of its object.
    Derived {
        DatasetCompleted = "dataset.completed",
        SampleAssigned = "sample.assigned",
        LabelLabeled = "label.labeled",
        LabelReviewed = "label.reviewed",
        LabelRejected = "label.rejected",
        LabelSkipped = "label.skipped",
        LabelVerified = "label.verified",
        LabelPrelabeled = "label.prelabeled",
        LabelStarted = "label.started",
        IssueReplied = "issue.replied",
        IssueClosed = "issue.closed",
        IssueReopened = "issue.reopened",
        IssueEdited = "issue.edited",
    }
);

impl Derived {
    /// The type that this event arrives as.
    pub const fn parent(self) -> KnownType {
        match self {
            Self::DatasetCompleted => KnownType::DatasetUpdated,
            Self::SampleAssigned => KnownType::SampleUpdated,
            Self::LabelLabeled
            | Self::LabelReviewed
            | Self::LabelRejected
            | Self::LabelSkipped
            | Self::LabelVerified
            | Self::LabelPrelabeled
            | Self::LabelStarted => KnownType::LabelUpdated,
            Self::IssueReplied | Self::IssueClosed | Self::IssueReopened | Self::IssueEdited => KnownType::IssueUpdated,
        }
    }
}

/// The type of an event as it was sent: documented, or one that this version does not know yet.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum EventType {
    /// One of the documented types.
    Known(KnownType),
    /// Any other, as it was sent (at most [`EventType::LONGEST`] bytes); routed by its text, never dropped.
    Unknown(String),
}

impl EventType {
    /// A longer type than this is cut: it can still be routed and shown.
    pub const LONGEST: usize = 100;

    /// Reads a type; every text is one.
    pub fn parse(text: &str) -> Self {
        KnownType::parse(text)
            .map_or_else(|| Self::Unknown(text[..text.floor_char_boundary(Self::LONGEST)].to_owned()), Self::Known)
    }

    /// The type as it was sent.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Known(known) => known.as_str(),
            Self::Unknown(text) => text,
        }
    }

    /// The kind of object, before the first dot.
    pub fn noun(&self) -> &str {
        self.as_str().split_once('.').map_or(self.as_str(), |(noun, _)| noun)
    }

    /// What happened to it, behind the first dot; empty without one.
    pub fn verb(&self) -> &str {
        self.as_str().split_once('.').map_or("", |(_, verb)| verb)
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One webhook's useful part: decoded leniently, bounded in size, large label attributes left behind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// What happened.
    pub event_type: EventType,
    /// When it happened at Segments.ai (or when it arrived, if the sender did not say).
    pub created_at: Timestamp,
    /// The dataset it happened in; absent if neither envelope nor object named one.
    pub dataset: Option<DatasetName>,
    /// The object it happened to.
    pub object: Object,
    /// The sender's one-line summary.
    pub text: Option<String>,
}

impl Event {
    /// The object whose last state this event is compared with and replaces; none for an unknown or nameless object.
    pub fn object_key(&self) -> Option<ObjectKey> {
        self.object.key(self.dataset.as_ref())
    }

    /// The sample whose last state gives a label or an issue the sample's name.
    pub fn sample_key(&self) -> Option<ObjectKey> {
        let uuid = match &self.object {
            Object::Label(label) => label.sample_uuid.as_deref()?,
            Object::Issue(issue) => issue.sample_uuid.as_deref()?,
            _ => return None,
        };
        Some(ObjectKey::new("sample", uuid))
    }

    /// When the object came to be as this event shows it: its own time of change, else that of the event.
    pub fn changed_at(&self) -> Timestamp {
        let own = match &self.object {
            Object::Label(label) => label.updated_at,
            Object::Issue(issue) => issue.updated_at,
            _ => None,
        };
        own.unwrap_or(self.created_at)
    }

    /// Who did it, as far as the object says; the webhook names no actor.
    pub fn actor(&self) -> Option<&str> {
        self.object.actor()
    }
}

/// An event together with what it changed: the one record that matching and rendering look at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct News {
    /// The event.
    pub event: Event,
    /// What it was, seen closely.
    pub derived: Option<Derived>,
    /// What differs from the last stored state of the object; empty when nothing was stored.
    #[serde(default)]
    pub changes: Vec<Change>,
    /// How many comments of an issue are new with this event.
    #[serde(default)]
    pub new_comments: u32,
    /// The name of the sample that a label or an issue belongs to, as far as anything said it.
    #[serde(default)]
    pub sample_name: Option<String>,
    /// Who asked for it from Slack, where it was done in their name: Segments.ai knows the owner of the key only.
    #[serde(default)]
    pub asked_by: Option<UserId>,
}

impl News {
    /// The closest name: the derived event where there is one, else the type as it was sent.
    pub fn name(&self) -> &str {
        match self.derived {
            Some(derived) => derived.as_str(),
            None => self.event.event_type.as_str(),
        }
    }

    /// Whether a sample got into somebody's queue. What was done from Slack is known to be that, whatever was stored of it.
    pub fn assigns(&self) -> bool {
        let from_slack = self.asked_by.is_some() && matches!(self.event.object, Object::Sample(_));
        self.derived == Some(Derived::SampleAssigned) || from_slack
    }
}

/// One field of an object that moved from one value to another, in words for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The field, as Segments.ai names it: `description`, `archived`, `samples_count`, …
    pub field: String,
    /// Its value before.
    pub before: String,
    /// Its value now.
    pub after: String,
}
