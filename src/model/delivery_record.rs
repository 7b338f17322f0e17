//! What became of an event in a channel, in few enough words to be kept for the last events of every channel.

use super::delivery::EventId;
use super::event::News;
use super::live_message::cut;
use super::object::{DatasetName, Object};
use super::workspace::MessageTs;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What is kept of a name, in bytes.
const MAX_NAME_BYTES: usize = 256;

/// As much of an event as people need to know it again: never what is written in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventSummary {
    /// Its closest name.
    pub event: String,
    /// Its dataset.
    #[serde(default)]
    pub dataset: Option<DatasetName>,
    /// The name of its object, or of the sample that the object belongs to.
    #[serde(default)]
    pub name: Option<String>,
    /// Who did it.
    #[serde(default)]
    pub by: Option<String>,
    /// When it happened.
    pub at: Timestamp,
}

/// How one delivery ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryRecord {
    /// The event.
    pub event: EventId,
    /// What it was.
    pub gist: EventSummary,
    /// The subscription that decided its looks.
    pub subscription: u32,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// When it ended.
    pub at: Timestamp,
    /// How.
    pub end: DeliveryResult,
}

/// The ways in which a delivery ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "way", rename_all = "lowercase")]
pub enum DeliveryResult {
    /// It is in a message of its own, or in that of the last of several updates of its object.
    Posted {
        /// The message.
        ts: MessageTs,
        /// The message whose thread it is in, if it is in one.
        #[serde(default)]
        thread: Option<MessageTs>,
    },
    /// It is in a message with others of its kind.
    Folded {
        /// The message.
        ts: MessageTs,
        /// How many events the message held with it.
        count: u64,
    },
    /// A message that was there already shows it.
    Edited {
        /// The message.
        ts: MessageTs,
    },
    /// Nobody asked for it: the card that shows its issue was brought up to date.
    Followed {
        /// The message.
        ts: MessageTs,
    },
    /// It was given up and is kept as a dead letter.
    Dead {
        /// Slack's code, or what went wrong.
        error: String,
    },
}

impl EventSummary {
    /// The gist of an event.
    pub fn of(news: &News) -> Self {
        let own = match &news.event.object {
            Object::Sample(sample) => sample.name.as_deref(),
            Object::Label(label) => label.sample_name.as_deref(),
            Object::Issue(issue) => issue.sample_name.as_deref(),
            Object::Release(release) => release.name.as_deref(),
            Object::Dataset(_) | Object::Unknown => None,
        };
        Self {
            event: news.name().to_owned(),
            dataset: news.event.dataset.clone(),
            name: news.sample_name.as_deref().or(own).map(short),
            by: news.event.actor().map(short),
            at: news.event.created_at,
        }
    }
}

impl DeliveryResult {
    /// The message that shows it.
    pub fn message(&self) -> Option<&MessageTs> {
        match self {
            Self::Posted { ts, .. } | Self::Folded { ts, .. } | Self::Edited { ts } | Self::Followed { ts } => Some(ts),
            Self::Dead { .. } => None,
        }
    }
}

fn short(text: &str) -> String {
    cut(text, MAX_NAME_BYTES)
}
