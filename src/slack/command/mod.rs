//! The command language: what can be typed after `/segments`, and what is wrong with what was typed.

mod asked;
mod correct;
mod dataset;
mod event;
mod mute;
mod normalise;
mod parse;
mod pasted;
mod print;
#[cfg(test)]
mod tests;
mod words;

pub use normalise::normalise;
pub use parse::{LONGEST, VERBS, parse};
pub use pasted::{MOST_PASTED, NotRead, Pasted, line, lines, read_line, read_lines};

use crate::model::{DatasetPattern, EventSelector, Filter, Options, UserId, Username};
use jiff::civil::Time;

/// A command, parsed whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Nothing was typed: the channel's state and help.
    Overview,
    /// Add to what subscriptions select; at least one dataset.
    Subscribe(Asked),
    /// Bare `subscribe`: the modal.
    SubscribeModal,
    /// Replace what a subscription selects; exactly one dataset.
    Set(Asked),
    /// Remove a subscription, or some events from it.
    Unsubscribe {
        /// Which.
        target: Target,
        /// Only these events; all if none.
        events: Vec<EventSelector>,
    },
    /// This channel's subscriptions, or every channel's.
    List {
        /// `list all`
        all: bool,
    },
    /// Open the modal on a subscription.
    Edit(u32),
    /// Hold back messages for a while.
    Mute {
        /// Of which datasets; of all if none.
        dataset: Option<DatasetPattern>,
        /// How long.
        length: MuteLength,
    },
    /// Let muted messages go on.
    Unmute {
        /// Of which datasets; of all if none.
        dataset: Option<DatasetPattern>,
    },
    /// Post a sample card.
    Test {
        /// Of which subscription; the channel's first if none.
        target: Option<Target>,
        /// Of which event; one that the subscription selects if none. A known type or derived event.
        event: Option<String>,
    },
    /// What became of the last events, 1 to 20.
    Why {
        /// How many.
        count: u8,
    },
    /// Health.
    Status,
    /// Connect a webhook account.
    Connect,
    /// Disconnect a webhook account.
    Disconnect(String),
    /// Who I am in Segments.ai.
    Me(Me),
    /// Every subscription as commands.
    Export,
    /// Commands from an export, as they were pasted; the modal if there are none. [`read_lines`] reads them.
    Import(String),
    /// Help, on a topic where one was named.
    Help(Option<Topic>),
}

/// What `subscribe` and `set` ask for, before it meets what the channel already has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// The datasets, in the order typed.
    pub datasets: Vec<DatasetPattern>,
    /// Events that were named; empty means the default set (or no change, if only options were named).
    pub include: Vec<EventSelector>,
    /// Events that were excluded.
    pub exclude: Vec<EventSelector>,
    /// Conditions; sorted, at most one filter a key and sign.
    pub filters: Vec<Filter>,
    /// Options that were named.
    pub options: Options,
}

/// What a command is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// `#3`
    Number(u32),
    /// A dataset pattern, as subscribed.
    Dataset(DatasetPattern),
    /// `*`: everything in the channel.
    All,
}

/// What somebody says about who they are in Segments.ai.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Me {
    /// Nothing: asks what is known.
    Show,
    /// `none`: to be forgotten.
    Forget,
    /// This username.
    Claim(Username),
    /// Somebody else is this username, or is to be forgotten.
    Other(UserId, Option<Username>),
}

/// How long a mute lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MuteLength {
    /// So many minutes, at most 30 days.
    Minutes(u32),
    /// Until this wall-clock time of the typist.
    Until(Time),
}

/// A chapter of the help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// Event names.
    Events,
    /// Filters.
    Filters,
    /// Options.
    Options,
    /// Datasets and patterns.
    Datasets,
    /// One verb, by its full name, such as `subscribe`.
    Verb(&'static str),
}

/// What is wrong with a command: a person's mistake, answered with words and never stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandError {
    /// The offending word as typed, shortened to 100 characters; empty if something is missing.
    pub token: String,
    /// What is wrong with it.
    pub problem: Problem,
    /// Whole corrected commands, ready to run (`/segments …`), nearest first; with exactly one, *Run this* makes sense.
    pub corrections: Vec<String>,
}

/// The kinds of mistake. `render::reply` has the words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// The first word is no verb.
    UnknownVerb,
    /// A word in the place of an event is none.
    NotAnEvent,
    /// A word in the place of a dataset has no slash or an empty side.
    NotADataset,
    /// `key:value` with a key that is neither a filter nor an option.
    UnknownKey,
    /// A filter without a value.
    EmptyFilter,
    /// An option (named here) with a value it does not take.
    BadOption(&'static str),
    /// `#…` that is no number.
    BadNumber,
    /// How many events, from 1 to this, as something else.
    BadCount(u8),
    /// A length of time that is none.
    BadLength,
    /// A help topic that is none.
    UnknownTopic,
    /// The dataset is missing.
    MissingDataset,
    /// What the command is about is missing: a number or a dataset.
    MissingTarget,
    /// The length of time is missing.
    MissingLength,
    /// A word in the place of a username is none.
    NotAUsername,
    /// The name is missing.
    MissingName,
    /// More than one dataset where one belongs.
    OneDatasetOnly,
    /// A word that has no place in this command.
    Unexpected,
    /// A line that is to be imported and subscribes to nothing.
    NotALine,
    /// The command is longer than can be stored; the limit in characters.
    TooLong(usize),
    /// The command names more datasets or events than one command may; the limit.
    TooMany(usize),
}
