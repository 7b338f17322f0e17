//! An own change: something done in Segments.ai from Slack, which comes back as a webhook.

use super::object::{Object, ObjectKey, Sample};
use super::people::Username;
use super::workspace::{AccountId, ChannelId, MessageTs, UserId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Somebody has a sample in a queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// Whether to review it, not to label it.
    pub for_review: bool,
    /// Who.
    pub to: Username,
}

impl Assignment {
    /// Whether an object is a sample that is assigned so.
    pub fn shows_in(&self, object: &Object) -> bool {
        matches!(object, Object::Sample(sample) if self.holds_of(sample))
    }

    /// Whether a sample is assigned so. Names are compared as claims to them are.
    pub fn holds_of(&self, sample: &Sample) -> bool {
        let holder = if self.for_review { &sample.assigned_reviewer } else { &sample.assigned_labeler };
        holder.as_ref().is_some_and(|holder| holder.eq_ignore_ascii_case(self.to.as_str()))
    }
}

/// What is expected to come back, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedChange {
    /// The endpoint that it will come to.
    pub account: AccountId,
    /// What was changed.
    pub object: ObjectKey,
    /// The closest name of the event, such as `issue.closed`.
    pub event: String,
    /// Whom a sample got assigned to; none of other changes. Its webhook may show more, and be told by another name.
    pub assigned: Option<Assignment>,
    /// The channel where it was done.
    pub channel: ChannelId,
    /// The message that it was done from.
    pub message: MessageTs,
    /// Who asked for it.
    pub by: UserId,
    /// Not expected from this time on.
    pub expires_at: Timestamp,
}
