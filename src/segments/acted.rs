//! What came of a change at Segments.ai that somebody asked for.

use super::api::SegmentsError;
use crate::model::object::{Issue, Label};
use jiff::Timestamp;

/// An object as it stands at Segments.ai.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Its status.
    pub status: Option<String>,
    /// When it was touched last.
    pub updated_at: Option<Timestamp>,
    /// Who touched it last.
    pub updated_by: Option<String>,
    /// How many replies an issue has.
    pub replies: u32,
}

/// What came of a click.
#[derive(Debug, Clone, PartialEq)]
pub enum Acted {
    /// It is done; so the object is now.
    Done(Found),
    /// It was so already, and nothing was written.
    Already(Found),
    /// It is not what was shown any more, and nothing was written. So it is now.
    Moved(Found),
    /// It was not done.
    Refused(SegmentsError),
    /// It may have been done: Segments.ai did not say, and the object does not show it.
    Unclear,
}

impl Acted {
    /// Its kind, as it is logged.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Done(_) => "done",
            Self::Already(_) => "already",
            Self::Moved(_) => "moved",
            Self::Refused(error) => error.word(),
            Self::Unclear => "unclear",
        }
    }
}

impl Found {
    /// Whether this is its status.
    pub fn is(&self, status: &str) -> bool {
        self.status.as_deref() == Some(status)
    }
}

impl From<Issue> for Found {
    fn from(issue: Issue) -> Self {
        let Issue { status, updated_at, updated_by, comments_count: replies, .. } = issue;
        Self { status, updated_at, updated_by, replies }
    }
}

impl From<Label> for Found {
    fn from(label: Label) -> Self {
        let Label { status, updated_at, updated_by, .. } = label;
        Self { status, updated_at, updated_by, replies: 0 }
    }
}
