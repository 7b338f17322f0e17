//! A promise to a channel: one event, to be shown there once.

use super::subscription::Options;
use super::workspace::{AccountId, ChannelId, MessageTs, WorkspaceId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

/// The queue of one channel: first in, first out, one Slack call at a time.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ChannelRef {
    /// Whose channel.
    pub workspace: WorkspaceId,
    /// The channel.
    pub channel: ChannelId,
}

impl fmt::Display for ChannelRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.workspace, self.channel)
    }
}

/// Our own id of an accepted event (UUID version 7, so that ids sort by time).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EventId(pub Uuid);

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// When the digest comes that a delivery goes into; neither time moves when Slack refuses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestTimes {
    /// Its time by the subscription.
    pub at: Timestamp,
    /// The same, or the end of the mutes and quiet hours that it falls into.
    pub due: Timestamp,
}

/// One event for one channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Its place in the channel.
    pub sequence: u64,
    /// The event, stored once however many channels want it.
    pub event: EventId,
    /// The lowest number of the subscriptions that matched: it decides the looks.
    pub subscription: u32,
    /// That subscription's options, with the mentions of every one that matched.
    pub options: Options,
    /// When the event was accepted.
    pub accepted_at: Timestamp,
    /// Not to be shown before.
    pub not_before: Timestamp,
    /// The digest that it goes into; none if it is shown by itself.
    #[serde(default)]
    pub digest: Option<DigestTimes>,
    /// Calls that were refused so far.
    pub attempts: u32,
    /// Slack's last refusal, as its code.
    pub last_error: Option<String>,
    /// The endpoint that the event came to; none if it came before that was remembered.
    #[serde(default)]
    pub account: Option<AccountId>,
    /// Why the channel gets it.
    #[serde(default)]
    pub reason: DeliveryReason,
}

/// Why a channel gets an event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryReason {
    /// A subscription asked for it.
    #[default]
    Subscribed,
    /// It was done from this message of the channel, and is told in its thread.
    Own(MessageTs),
    /// The channel shows its issue, and asked for nothing of this kind: only what it shows changes.
    Shown,
}
