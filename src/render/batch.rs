//! Many events of one kind as one message: how many, the first of them by name, since when and by whom.

use super::card::{joined, lead};
use super::format::{count, number, person, span};
use super::menu::MenuContext;
use super::mrkdwn::{code, date, units};
use super::story::{LinkStyle, LinkedName, dataset_subject};
use super::urls::UrlBuilder;
use super::{Message, block_kit, sample};
use crate::model::batch_message::BatchedObject;
use crate::model::event::KnownType;
use crate::model::{BatchMessage, Derived, EventType};
use jiff::{SignedDuration, Timestamp};
use std::borrow::Cow;

/// The names and their links together are no longer than this; with the number of the others they fit a section.
const NAMES: usize = 2_900;
const MINUTE: SignedDuration = SignedDuration::from_mins(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// So many people are named.
const PEOPLE: usize = 5;

/// Shows a fold, alike in every style.
pub fn batch(fold: &BatchMessage, app_url: &str) -> Message {
    let urls = UrlBuilder::new(app_url);
    let happened = EventWording::of(&fold.key.event);
    let (emoji, counted) = (happened.emoji, happened.told(fold.count));
    let dataset = fold.key.dataset.as_ref().map(|dataset| dataset_subject(dataset, &urls));
    let place = if fold.key.event.starts_with("dataset.") { "of" } else { "in" };
    let within = |form: LinkStyle| {
        dataset.as_ref().map_or_else(String::new, |dataset| format!(" {place} {}", dataset.to_mrkdwn(form)))
    };
    let (dataset, subscription) = (fold.key.dataset.as_ref(), Some(fold.key.subscription));
    let about = MenuContext { dataset, subject: None, subscription, happened: true };
    let title = format!("{emoji} *{counted}*{}", within(LinkStyle::Linked));
    let mut blocks = vec![block_kit::section_beside(&title, about.menu())];
    blocks.extend(names(fold, &urls).map(|names| block_kit::section(&names)));
    let when = between(fold.first_event, fold.last_event);
    let number = format!("#{}", fold.key.subscription);
    blocks.push(block_kit::context([joined([Some(when), people(fold), Some(number)])]));
    blocks.push(block_kit::context([standing(fold)]));
    let text = format!("{emoji} {counted}{}", within(LinkStyle::Plain));
    let mut message = Message { text, lead: lead(&fold.mention), color: None, blocks };
    block_kit::budget(&mut message);
    message
}

/// What happened to what, in words around a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EventWording {
    pub(super) emoji: &'static str,
    /// One of them, and several.
    pub(super) nouns: (&'static str, &'static str),
    /// What follows the noun.
    pub(super) then: Cow<'static, str>,
}

impl EventWording {
    /// The words for an event by its closest name.
    pub(super) fn of(event: &str) -> Self {
        let (emoji, object, many, then) = match (Derived::parse(event), EventType::parse(event)) {
            (Some(derived), _) => match derived {
                Derived::DatasetCompleted => ("🎉", "completion", "completions", ""),
                Derived::SampleAssigned => ("👤", "sample", "samples", " assigned"),
                Derived::LabelLabeled => ("🏷️", "sample", "samples", " labeled"),
                Derived::LabelReviewed => ("✅", "sample", "samples", " reviewed"),
                Derived::LabelRejected => ("❌", "sample", "samples", " rejected"),
                Derived::LabelSkipped => ("⏭️", "sample", "samples", " skipped"),
                Derived::LabelVerified => ("☑️", "sample", "samples", " verified"),
                Derived::LabelPrelabeled => ("🤖", "sample", "samples", " prelabeled"),
                Derived::LabelStarted => ("✍️", "label", "labels", " started"),
                Derived::IssueReplied => ("💬", "reply", "replies", " to issues"),
                Derived::IssueClosed => ("🟢", "issue", "issues", " resolved"),
                Derived::IssueReopened => ("🔴", "issue", "issues", " reopened"),
                Derived::IssueEdited => ("✏️", "issue", "issues", " edited"),
            },
            (None, EventType::Known(known)) => match known {
                KnownType::DatasetCreated => ("🆕", "creation", "creations", ""),
                KnownType::DatasetUpdated => ("✏️", "update", "updates", ""),
                KnownType::DatasetDeleted => ("🗑️", "deletion", "deletions", ""),
                KnownType::SampleCreated => ("🖼️", "sample", "samples", " created"),
                KnownType::SampleUpdated => ("✏️", "sample update", "sample updates", ""),
                KnownType::SampleDeleted => ("🗑️", "sample", "samples", " deleted"),
                KnownType::LabelUpdated => ("✏️", "label update", "label updates", ""),
                KnownType::LabelDeleted => ("🗑️", "label", "labels", " deleted"),
                KnownType::IssueCreated => ("🔴", "issue", "issues", " opened"),
                KnownType::IssueUpdated => ("🔵", "issue update", "issue updates", ""),
                KnownType::ReleaseCreated => ("📦", "release", "releases", " created"),
            },
            (None, EventType::Unknown(text)) => {
                let name = code(&text, EventType::LONGEST);
                let then = if name.is_empty() { name } else { format!(" {name}") };
                return Self { emoji: "🔔", nouns: ("event", "events"), then: then.into() };
            }
        };
        Self { emoji, nouns: (object, many), then: then.into() }
    }

    /// "214 samples created".
    pub(super) fn told(&self, of: u64) -> String {
        format!("{}{}", count(of, self.nouns.0, self.nouns.1), self.then)
    }
}

/// When something began, in the viewer's zone, and how long it took; or when it ended, if that is a day later or more:
/// only Slack knows whether two times are on one day where the viewer is, and would name that day twice.
pub(super) fn between(first: Timestamp, last: Timestamp) -> String {
    let length = last.duration_since(first);
    match span(first, last) {
        Some(_) if length >= DAY => format!("{} – {}", date(first), date(last)),
        Some(span) if length >= MINUTE => format!("{}, over {span}", date(first)),
        _ => date(first),
    }
}

/// The first objects by name, as many as there is room for, and how many more there were; none where nothing is named.
fn names(fold: &BatchMessage, urls: &UrlBuilder) -> Option<String> {
    let mut room = NAMES;
    let names =
        fold.named.iter().filter_map(|named| Some(linked_name(named, fold, urls)?.to_mrkdwn(LinkStyle::Linked)));
    let fitting = names.take_while(|name| match room.checked_sub(units(name) + 2) {
        Some(left) => {
            room = left;
            true
        }
        None => false,
    });
    let names: Vec<String> = fitting.collect();
    let unnamed = fold.others + (fold.named.len() - names.len()) as u64;
    match (names.is_empty(), unnamed) {
        (true, _) => None,
        (false, 0) => Some(names.join(", ")),
        (false, more) => Some(format!("{} and {} more", names.join(", "), number(more))),
    }
}

fn linked_name(named: &BatchedObject, fold: &BatchMessage, urls: &UrlBuilder) -> Option<LinkedName> {
    let labelset = named.labelset.as_deref();
    let subject =
        sample::subject(named.name.as_deref(), named.uuid.as_deref(), labelset, fold.key.dataset.as_ref(), urls)?;
    // What was deleted has no page any more.
    let deleted = fold.key.event == KnownType::SampleDeleted.as_str();
    Some(if deleted { LinkedName { url: None, ..subject } } else { subject })
}

fn people(fold: &BatchMessage) -> Option<String> {
    let mut names: Vec<String> = fold.people.iter().filter_map(|name| person(Some(name))).collect();
    let more = names.len().saturating_sub(PEOPLE);
    names.truncate(PEOPLE);
    let listed = names.join(", ");
    let more_than = if fold.more_people { "more than " } else { "" };
    match (listed.is_empty(), more) {
        (true, _) => None,
        (false, 0) => Some(format!("by {listed}")),
        (false, more) => Some(format!("by {listed} and {more_than}{more} more")),
    }
}

/// Whether more may come: the line that is different when all is said.
fn standing(fold: &BatchMessage) -> String {
    match (fold.live.closed, span(fold.first_event, fold.last_event)) {
        (false, _) => "⏳ More are added here as they come".to_owned(),
        (true, Some(length)) => format!("✔️ Complete: {} in {length}", number(fold.count)),
        (true, None) => format!("✔️ Complete: {}", number(fold.count)),
    }
}
