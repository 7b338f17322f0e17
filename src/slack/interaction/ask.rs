//! What an entry of a card's menu asks for: a form that changes something at Segments.ai, printed and parsed back.

use crate::model::{DatasetName, ObjectKey};
use crate::segments::api::{IssueId, Labelset, SampleId};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A form, and what it is about. It carries ids, never rights.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Ask {
    /// What the form does.
    pub task: Task,
    /// What a card showed.
    pub about: Subject,
}

/// What a form does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// It puts a sample into somebody's queue.
    Assign,
    /// It opens an issue on a sample.
    Report,
    /// It opens an issue that quotes another on the same sample.
    Reply,
}

/// What a card showed, by which its workspace knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A sample.
    Sample(SampleId),
    /// The label of a sample in a set.
    Label(SampleId, Labelset),
    /// An issue, and where it is.
    Issue(IssueId, DatasetName),
}

impl Ask {
    /// The `action_id` of its entry or button.
    pub(super) const fn action_id(&self) -> &'static str {
        match self.task {
            Task::Assign => "assign",
            Task::Report => "report",
            Task::Reply => "reply",
        }
    }

    /// The value of its entry or button: what has spaces comes last.
    pub(super) fn value(&self) -> String {
        self.about.to_string()
    }

    /// Reads an entry or button of one of these `action_id`s.
    pub(super) fn parse(action_id: &str, value: &str) -> Option<Self> {
        let about = Subject::parse(value)?;
        let task = match (action_id, &about) {
            ("assign", Subject::Sample(_) | Subject::Label(..)) => Task::Assign,
            ("report", Subject::Sample(_) | Subject::Label(..)) => Task::Report,
            ("reply", Subject::Issue(..)) => Task::Reply,
            _ => return None,
        };
        Some(Self { task, about })
    }
}

impl TryFrom<String> for Ask {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let parsed = text.split_once(' ').and_then(|(id, value)| Self::parse(id, value));
        parsed.ok_or("no form is asked for like this")
    }
}

impl From<Ask> for String {
    fn from(ask: Ask) -> Self {
        format!("{} {}", ask.action_id(), ask.value())
    }
}

impl Subject {
    fn parse(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_once(' ')?;
        let pair = || rest.split_once(' ');
        match kind {
            "sample" => SampleId::parse(rest).map(Self::Sample),
            "label" => pair().and_then(|(id, set)| Some(Self::Label(SampleId::parse(id)?, Labelset::parse(set)?))),
            "issue" => pair().and_then(|(id, name)| Some(Self::Issue(IssueId::parse(id)?, DatasetName::parse(name)?))),
            _ => None,
        }
    }

    /// The name under which its last state is kept.
    pub fn object(&self) -> ObjectKey {
        match self {
            Self::Sample(id) => ObjectKey::new("sample", &id.to_string()),
            Self::Label(sample, set) => ObjectKey::new("label", &format!("{sample}/{}", set.as_str())),
            Self::Issue(id, _) => ObjectKey::new("issue", &id.to_string()),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sample(id) => write!(f, "sample {id}"),
            Self::Label(id, set) => write!(f, "label {id} {}", set.as_str()),
            Self::Issue(id, dataset) => write!(f, "issue {id} {dataset}"),
        }
    }
}
