//! An own change: something done in Segments.ai from Slack, which comes back as a webhook.

use super::object::ObjectKey;
use super::workspace::{AccountId, ChannelId, MessageTs, UserId};
use jiff::Timestamp;

/// What is expected to come back, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnChange {
    /// The endpoint that it will come to.
    pub account: AccountId,
    /// What was changed.
    pub object: ObjectKey,
    /// The closest name of the event, such as `issue.closed`.
    pub event: String,
    /// The channel where it was done.
    pub channel: ChannelId,
    /// The message that it was done from.
    pub message: MessageTs,
    /// Who asked for it.
    pub by: UserId,
    /// Not expected from this time on.
    pub expires_at: Timestamp,
}
