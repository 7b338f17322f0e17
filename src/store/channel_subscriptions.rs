//! A channel's subscriptions and mutes as they are kept, and changes of them.

use crate::model::{AuditEntry, ChannelId, Mute, Subscription, TriggerId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Everything a channel has subscribed, at one revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelSubscriptions {
    /// Raised by every write to the book; 0 for a channel that never had one.
    pub revision: u64,
    /// The number that the next subscription gets; numbers are never reused. Starts at 1.
    pub next_number: u32,
    /// The subscriptions, by number.
    pub subscriptions: Vec<Subscription>,
    /// What the channel does not want to see for a while; also some that are over.
    pub mutes: Vec<Mute>,
}

impl Default for ChannelSubscriptions {
    /// The book of a channel that never had one.
    fn default() -> Self {
        Self { revision: 0, next_number: 1, subscriptions: Vec::new(), mutes: Vec::new() }
    }
}

/// A change of a book, all of it or nothing.
#[derive(Debug, Clone)]
pub struct SubscriptionEdit {
    /// The revision it was made from.
    pub revision: u64,
    /// Subscriptions to add or replace, by their numbers.
    pub put: Vec<Subscription>,
    /// Numbers to remove.
    pub remove: Vec<u32>,
    /// The mutes from now on; none to leave them.
    pub mutes: Option<Vec<Mute>>,
    /// The book's next number after it.
    pub next_number: u32,
    /// What caused it, if Slack may repeat that: carried out once a book, for a day.
    pub cause: Option<TriggerId>,
    /// How to take it back.
    pub undo: Option<Undo>,
    /// The undo that this edit carries out, which is thereby used up; one that has expired counts as used up.
    pub undoes: Option<Uuid>,
    /// What is kept of who made it.
    pub audit_entry: Option<AuditEntry>,
    /// When.
    pub at: Timestamp,
}

/// What became of an edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditResult {
    /// It is stored.
    Stored,
    /// The book has moved on since that revision (or the undo is used up): read again.
    Conflict,
    /// The same cause was carried out before: nothing was written.
    Repeated,
}

/// How to take a change back, for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undo {
    /// Its id, which the button carries.
    pub id: Uuid,
    /// The channel whose book was changed.
    pub channel: ChannelId,
    /// The subscriptions it touched, as they were: by number, absent if they did not exist.
    pub before: Vec<(u32, Option<Subscription>)>,
    /// The same as the change left them: undone only while they still are.
    pub after: Vec<(u32, Option<Subscription>)>,
    /// No longer from this time on.
    pub expires_at: Timestamp,
}
