//! What stands in the modal of a subscription: made from a rule, read from what was filled in, and turned back into words of
//! the command language, which its one parser reads.

mod sheet;

pub use sheet::{CALLBACK, Edits, IMPORT, LINES, Sheet, fingerprint};

use super::command::{Asked, Command, CommandError, Problem, parse};
use super::view::View;
use crate::model::selection::known_names;
use crate::model::subscription::{Batch, Digest, Echo, LocalTime, Quiet, Style};
use crate::model::{ChannelId, EventSelection, Options, Rule, UserId};
use std::collections::BTreeSet;

/// The nouns whose events are ticked together.
pub const NOUNS: [&str; 5] = ["dataset", "sample", "label", "issue", "release"];
/// The days of a weekly digest, Monday first.
pub const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// When a digest comes if no time was chosen.
pub const MORNING: &str = "09:00";

/// The ids of the inputs, each in a block of its own.
pub mod block {
    /// The channel.
    pub const CHANNEL: &str = "channel";
    /// The dataset.
    pub const DATASET: &str = "dataset";
    /// Events in words.
    pub const MORE: &str = "more";
    /// Filters in words.
    pub const FILTERS: &str = "filters";
    /// `style:`
    pub const STYLE: &str = "style";
    /// `threads:`
    pub const THREADS: &str = "threads";
    /// `echo:`
    pub const ECHO: &str = "echo";
    /// `batch:`
    pub const BATCH: &str = "batch";
    /// `digest:`
    pub const DIGEST: &str = "digest";
    /// The day of a weekly digest.
    pub const DAY: &str = "digest_day";
    /// The time of a daily or weekly digest.
    pub const TIME: &str = "digest_time";
    /// From when on it is quiet.
    pub const QUIET_FROM: &str = "quiet_from";
    /// Until when.
    pub const QUIET_UNTIL: &str = "quiet_until";
    /// People who are mentioned.
    pub const MENTION: &str = "mention";
    /// Where the boxes of a noun are.
    pub fn events(noun: &str) -> String {
        format!("events_{noun}")
    }
}

/// An input for words holds so many characters, as many as Slack lets it
/// (<https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element>).
pub const TYPED: usize = 3_000;
/// The value of a menu's entry has so many.
pub const ENTRY: usize = 150;

/// What is filled in. Every text is as a person or Slack gave it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Form {
    /// Where it is about.
    pub channel: Option<ChannelId>,
    /// The dataset in the command language; empty where none is chosen.
    pub dataset: String,
    /// The boxes that are ticked: `sample.*` or `sample.created`.
    pub ticked: BTreeSet<String>,
    /// Events and exclusions that have no box, in words.
    pub more: String,
    /// Filters in words.
    pub filters: String,
    /// The options, where they differ from what is usual.
    pub style: Option<String>,
    /// `off`, or usual.
    pub threads: Option<String>,
    /// `state` or `all`, or usual.
    pub echo: Option<String>,
    /// `off` or a number of minutes, or usual.
    pub batch: Option<String>,
    /// `hourly`, `daily` or `weekly`, or none.
    pub digest: Option<String>,
    /// Of a weekly digest.
    pub day: Option<String>,
    /// Of a daily or weekly digest.
    pub time: Option<String>,
    /// From when to when it is quiet.
    pub quiet: (Option<String>, Option<String>),
    /// Slack ids of people who are mentioned.
    pub people: Vec<String>,
    /// Slack ids of groups that are mentioned; no input changes them.
    pub groups: Vec<String>,
}

/// A mistake beside its input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The block of the input.
    pub block: String,
    /// What is wrong with it.
    pub why: Why,
}

/// What is wrong with an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// It is not what the command language takes there.
    Language(CommandError),
    /// Nothing is in it.
    Empty,
    /// Only one end of the quiet hours is given, or both are the same.
    HalfQuiet,
    /// It holds something that belongs elsewhere.
    Elsewhere,
}

/// The boxes of a noun: everything of it, then its events one by one.
pub fn boxes(noun: &str) -> impl Iterator<Item = String> {
    let names = known_names().filter(move |name| name.split('.').next() == Some(noun));
    std::iter::once(format!("{noun}.*")).chain(names.map(str::to_owned))
}

fn has_box(selector: &str) -> bool {
    NOUNS.iter().any(|noun| boxes(noun).any(|name| name == selector))
}

impl Form {
    /// An empty one, with the default events ticked.
    pub fn new(channel: Option<ChannelId>) -> Self {
        Self { channel, ticked: EventSelection::DEFAULT.map(str::to_owned).into(), ..Self::default() }
    }

    /// What stands in it for a rule.
    pub fn of(rule: &Rule, channel: ChannelId) -> Self {
        let (ticked, others): (BTreeSet<String>, Vec<String>) = {
            let (boxed, others): (Vec<_>, Vec<_>) =
                rule.events.include.iter().map(ToString::to_string).partition(|name| has_box(name));
            (boxed.into_iter().collect(), others)
        };
        let excluded = rule.events.exclude.iter().map(|name| format!("-{name}"));
        let words = |words: Vec<String>| words.join(" ");
        let options = &rule.options;
        let (people, groups) = options.mention.iter().cloned().partition(|id| !id.starts_with('S'));
        let (digest, day, time) = match &options.digest {
            None => (None, None, None),
            Some(Digest::Hourly) => (Some("hourly"), None, None),
            Some(Digest::Daily(time)) => (Some("daily"), None, Some(*time)),
            Some(Digest::Weekly(day, time)) => (Some("weekly"), DAYS.get(usize::from(*day)).copied(), Some(*time)),
        };
        Self {
            channel: Some(channel),
            dataset: rule.dataset.to_string(),
            ticked,
            more: words(others.into_iter().chain(excluded).collect()),
            filters: words(rule.filters.iter().map(ToString::to_string).collect()),
            style: options
                .style
                .filter(|style| *style != Style::Card)
                .map(|style| option_word(|o| o.style = Some(style))),
            threads: options.threads.filter(|on| !on).map(|_| "off".to_owned()),
            echo: options.echo.filter(|echo| *echo != Echo::None).map(|echo| option_word(|o| o.echo = Some(echo))),
            batch: options.batch.filter(|batch| *batch != Batch::Auto).map(|batch| batch.to_string()),
            digest: digest.map(str::to_owned),
            day: day.map(str::to_owned),
            time: time.map(|time: LocalTime| time.to_string()),
            quiet: match &options.quiet {
                Some(Quiet { from, until }) => (Some(from.to_string()), Some(until.to_string())),
                None => (None, None),
            },
            people,
            groups,
        }
    }

    /// What was filled in; `channel` and `groups` are what no input may hold.
    pub fn read(view: &View, channel: Option<ChannelId>, groups: Vec<String>) -> Self {
        let usual = |word: &str| (word != USUAL).then(|| word.to_owned());
        let chosen = |block: &str| view.chosen(block).and_then(usual);
        let text = |block: &str| view.text(block).unwrap_or_default().to_owned();
        let ticked = NOUNS.iter().flat_map(|noun| {
            let known: Vec<String> = boxes(noun).collect();
            let ticked: Vec<String> = view.ticked(&block::events(noun)).map(str::to_owned).collect();
            ticked.into_iter().filter(move |name| known.contains(name))
        });
        Self {
            channel: channel.or_else(|| view.channel(block::CHANNEL)),
            dataset: view.chosen(block::DATASET).unwrap_or_default().to_owned(),
            ticked: ticked.collect(),
            more: text(block::MORE),
            filters: text(block::FILTERS),
            style: chosen(block::STYLE),
            threads: chosen(block::THREADS),
            echo: chosen(block::ECHO),
            batch: chosen(block::BATCH),
            digest: chosen(block::DIGEST),
            day: chosen(block::DAY),
            time: view.time(block::TIME).map(str::to_owned),
            quiet: (view.time(block::QUIET_FROM).map(str::to_owned), view.time(block::QUIET_UNTIL).map(str::to_owned)),
            people: view.users(block::MENTION).map(|user: UserId| user.to_string()).collect(),
            groups,
        }
    }

    /// Puts back what no input could hold of the form that was opened: it was shown in part, or not at all.
    #[must_use]
    pub fn with_what_did_not_fit(mut self, opened: &Self) -> Self {
        if self.dataset.is_empty() && !opened.dataset_fits() {
            self.dataset.clone_from(&opened.dataset);
        }
        for (held, whole) in [(&mut self.more, &opened.more), (&mut self.filters, &opened.filters)] {
            if whole.chars().nth(TYPED).is_some() && *held == typed(whole) {
                held.clone_from(whole);
            }
        }
        self
    }

    /// Whether an entry of a menu holds the dataset.
    pub fn dataset_fits(&self) -> bool {
        self.dataset.chars().count() <= ENTRY
    }

    /// What it asks for, or every mistake in it, each beside its input.
    pub fn asked(&self) -> Result<Asked, Vec<Wrong>> {
        let mut wrong = Vec::new();
        let mut note = |block: &str, why: Why| wrong.push(Wrong { block: block.to_owned(), why });
        let mut whole = Asked::default();
        if self.dataset.trim().is_empty() {
            note(block::DATASET, Why::Empty);
        } else {
            match read(&self.dataset) {
                Ok(asked) if is_only(&asked, Part::Dataset) => whole.datasets = asked.datasets,
                Ok(_) => note(block::DATASET, Why::Elsewhere),
                Err(error) => note(block::DATASET, Why::Language(error)),
            }
        }
        let ticked: Vec<&str> = self.ticked.iter().map(String::as_str).collect();
        match read(&format!("*/* {} {}", ticked.join(" "), self.more)) {
            Ok(asked) if is_only(&asked, Part::Events) => {
                (whole.include, whole.exclude) = (asked.include, asked.exclude);
            }
            Ok(_) => note(block::MORE, Why::Elsewhere),
            Err(error) => note(block::MORE, Why::Language(error)),
        }
        match read(&format!("*/* {}", self.filters)) {
            Ok(asked) if is_only(&asked, Part::Filters) => whole.filters = asked.filters,
            Ok(_) => note(block::FILTERS, Why::Elsewhere),
            Err(error) => note(block::FILTERS, Why::Language(error)),
        }
        let mut options = Options::default();
        for (block, key, value) in self.options() {
            if options.set(key, &value).is_none() {
                note(block, if key == "quiet" { Why::HalfQuiet } else { Why::Elsewhere });
            }
        }
        for id in self.people.iter().chain(&self.groups) {
            // What is no id is none of Slack's.
            let token = crate::model::options::mention_token(id).unwrap_or_default();
            let _: Option<()> = options.set("mention", &token);
        }
        whole.options = options;
        if wrong.is_empty() { Ok(whole) } else { Err(wrong) }
    }

    /// The options that are not as usual: their blocks, keys and values.
    fn options(&self) -> Vec<(&'static str, &'static str, String)> {
        let mut options = Vec::new();
        for (block, key, value) in [
            (block::THREADS, "threads", &self.threads),
            (block::ECHO, "echo", &self.echo),
            (block::STYLE, "style", &self.style),
            (block::BATCH, "batch", &self.batch),
        ] {
            options.extend(value.clone().map(|value| (block, key, value)));
        }
        let time = self.time.as_deref().unwrap_or(MORNING);
        let digest = self.digest.as_deref().map(|often| match often {
            "daily" => format!("daily@{time}"),
            "weekly" => format!("weekly@{}-{time}", self.day.as_deref().unwrap_or(DAYS[0])),
            other => other.to_owned(),
        });
        options.extend(digest.map(|digest| (block::DIGEST, "digest", digest)));
        let (from, until) = &self.quiet;
        if from.is_some() || until.is_some() {
            let hours = [from.as_deref().unwrap_or_default(), until.as_deref().unwrap_or_default()].join("-");
            options.push((block::QUIET_UNTIL, "quiet", hours));
        }
        options
    }
}

/// As much of a text as an input holds.
pub fn typed(text: &str) -> String {
    text.chars().take(TYPED).collect()
}

/// The value of an entry that leaves an option as it usually is.
pub const USUAL: &str = "usual";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Dataset,
    Events,
    Filters,
}

/// Reads words as `subscribe` does.
fn read(words: &str) -> Result<Asked, CommandError> {
    match parse(&format!("subscribe {words}"))? {
        Command::Subscribe(asked) => Ok(asked),
        _ => Err(CommandError { token: String::new(), problem: Problem::MissingDataset, corrections: Vec::new() }),
    }
}

/// Whether nothing was asked for but one part; events and filters are read after a dataset that stands for any.
fn is_only(asked: &Asked, part: Part) -> bool {
    let no_events = asked.include.is_empty() && asked.exclude.is_empty();
    asked.datasets.len() == 1
        && (part == Part::Events || no_events)
        && (part == Part::Filters || asked.filters.is_empty())
        && asked.options == Options::default()
}

/// The word of an option's value.
fn option_word(set: impl FnOnce(&mut Options)) -> String {
    let mut options = Options::default();
    set(&mut options);
    options.to_string().split_once(':').map(|(_, word)| word.to_owned()).unwrap_or_default()
}

#[cfg(test)]
#[path = "form/tests.rs"]
mod tests;
