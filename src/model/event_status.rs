//! Why an event is, is not or is not yet in a channel: what `why` explains.

use super::delivery_record::DeliveryResult;
use super::filter::Filter;
use super::mute::Mute;
use super::selector::EventSelector;
use super::subscription::{PauseReason, Rule};
use jiff::Timestamp;

/// The part of a rule that keeps an event out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SelectionRefusal<'a> {
    /// It means other datasets.
    Dataset,
    /// No event that it selects is this one.
    NotSelected,
    /// It leaves this event out.
    Excluded(&'a EventSelector),
    /// This condition does not hold.
    Filter(&'a Filter),
}

/// What holds a delivery until a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeldBy<'a> {
    /// A mute.
    Mute(&'a Mute),
    /// The quiet hours of its subscription.
    Quiet(u32),
    /// The digest of its subscription.
    Digest(u32),
    /// What held it is not there any more.
    Unknown,
}

/// What became of an event in a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventStatus<'a> {
    /// Its delivery ended.
    Ended(DeliveryResult),
    /// It is held back until a time.
    Held {
        /// Until when.
        until: Timestamp,
        /// By what.
        by: HeldBy<'a>,
    },
    /// Slack did not take it yet.
    Retried {
        /// Slack's code, or what went wrong.
        error: &'a str,
        /// When it is tried again; in a moment if no time is said.
        at: Option<Timestamp>,
    },
    /// Slack takes nothing for the channel or the workspace.
    Paused {
        /// Slack's code.
        reason: &'a PauseReason,
        /// Since when, where that is known.
        since: Option<Timestamp>,
    },
    /// It is collected with others for so many minutes.
    Collected(u8),
    /// It comes as soon as what stands before it is done.
    Next {
        /// Not before this time, if that is not in a moment.
        at: Option<Timestamp>,
    },
    /// It is an older state of its object than one that had come before it.
    Stale,
    /// The sender repeated it; it was accepted before anything that is remembered of the sender.
    Repeated,
    /// This subscription, which is the closest to wanting it, does not.
    Refused {
        /// The subscription's number.
        number: u32,
        /// What it asks for.
        rule: &'a Rule,
        /// What keeps the event out.
        by: SelectionRefusal<'a>,
    },
    /// No subscription of the channel means its dataset.
    NoSubscription,
    /// This subscription wants it, and waits for an invitation.
    Uninvited(u32),
    /// This subscription wants it as it is now; when the event came, it was not there, another, or not active.
    Earlier(u32),
}
