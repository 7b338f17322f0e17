//! What a channel asked for: a rule (what and how), and its standing (number, creator, state).

use super::filter::Filter;
use super::selection::EventSelection;
use super::selector::DatasetPattern;
use super::workspace::{ChannelId, UserId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The text of a subscription: printing and parsing it gives the same again.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rule {
    /// Which datasets.
    pub dataset: DatasetPattern,
    /// Which events.
    pub events: EventSelection,
    /// Under which conditions; sorted, at most one filter a key and sign.
    pub filters: Vec<Filter>,
    /// Shown how.
    pub options: Options,
}

/// How matching events are shown. `None` means the default, which then prints as nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Options {
    /// Issue replies go into a thread below their issue (default on).
    pub threads: Option<bool>,
    /// What of a thread is also sent to the channel.
    pub echo: Option<Echo>,
    /// How much room a message takes.
    pub style: Option<Style>,
    /// Folding of bursts.
    pub batch: Option<Batch>,
    /// Collecting instead of posting.
    pub digest: Option<Digest>,
    /// Who is mentioned: Slack user ids (`U…`, `W…`) and user group ids (`S…`).
    pub mention: Vec<String>,
    /// When to be quiet.
    pub quiet: Option<Quiet>,
}

/// `echo:`, what of an issue's thread the channel sees too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Echo {
    /// Nothing (the default).
    None,
    /// Closing and reopening.
    State,
    /// Everything.
    All,
}

/// `style:`, how much room a message takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Style {
    /// One line for everything.
    Line,
    /// Each event's own form (the default).
    Card,
    /// With thumbnail and fields.
    Full,
}

/// `batch:`, how bursts fold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Batch {
    /// The first at once, a burst folded (the default).
    Auto,
    /// Never fold.
    Off,
    /// Always collect for so many minutes, 1 to 60.
    Minutes(u8),
}

/// `digest:`, how often a summary replaces single messages.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Digest {
    /// Every full hour.
    Hourly,
    /// Every day at a time.
    Daily(LocalTime),
    /// Every week on a day (0 is Monday) at a time.
    Weekly(u8, LocalTime),
}

/// A wall-clock time; its zone is that of the person who typed it, kept with the subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LocalTime {
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
}

/// `quiet:`, from when to when, possibly across midnight.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Quiet {
    /// Quiet from here.
    pub from: LocalTime,
    /// Until here.
    pub until: LocalTime,
}

/// A rule in a channel, with its number and standing there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// The channel it belongs to.
    pub channel: ChannelId,
    /// Its short number there (`#3`), never reused.
    pub number: u32,
    /// What it selects and how it shows it.
    pub rule: Rule,
    /// Who made it.
    pub creator: UserId,
    /// When.
    pub created_at: Timestamp,
    /// The IANA time zone of the person who typed it last, for the times in its options.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// Whether it delivers.
    pub state: SubscriptionState,
}

/// Whether a subscription delivers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum SubscriptionState {
    /// It delivers.
    Active,
    /// Slack refused its channel; what matches is held until it resumes.
    Paused {
        /// Why.
        reason: PauseReason,
        /// Since when.
        since: Timestamp,
    },
    /// The bot is not in the channel yet; it goes active when it joins.
    Waiting,
}

/// Why Slack will not take messages for a channel (its error code) or a whole workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PauseReason(pub String);

impl fmt::Display for PauseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A channel that was told to wait until someone does something in Slack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// Slack's code.
    pub reason: PauseReason,
    /// Since when.
    pub since: Timestamp,
}

impl Subscription {
    /// Whether two rules are the same subscription of a channel: same datasets, same filters.
    pub fn is_for(&self, rule: &Rule) -> bool {
        self.rule.dataset == rule.dataset && self.rule.filters == rule.filters
    }
}
