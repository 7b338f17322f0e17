//! What a subscription collected until a time, as one message: for each dataset how far it is, what happened, which
//! issues are open, and who did most.

use super::batch::{EventWording, between};
use super::card::{LATE, joined, lead};
use super::format::{count, known, number, person, progress, span};
use super::menu::MenuContext;
use super::mrkdwn::{cut, date};
use super::story::{LinkStyle, LinkedName, dataset_subject};
use super::urls::UrlBuilder;
use super::{Message, block_kit, dataset, sample};
use crate::model::digest_message::{DatasetDigest, DigestIssue};
use crate::model::object::{Dataset, LastSeen};
use crate::model::{DatasetName, DigestMessage, ObjectState};
use jiff::Timestamp;
use slack_morphism::prelude::SlackBlock;
use std::collections::{BTreeMap, HashMap};

/// So many datasets are told of, those with most events.
const DATASETS: usize = 10;
/// So many issues of a dataset are named.
const ISSUES: usize = 3;
/// So many people who did most.
const PEOPLE: usize = 3;
/// So many states of labels are counted below a bar.
const STATUSES: usize = 5;
/// What is said of an issue.
const ISSUE: usize = 100;
/// So many datasets are named in the one line …
const DATASETS_IN_TEXT: usize = 3;
/// … and what happened in a single one is no longer than this.
const EVENTS_IN_TEXT: usize = 1_000;

/// The order in which events are counted: from first to last as work goes on, and what is said of samples together.
const ORDER: [&str; 24] = [
    "sample.created",
    "sample.assigned",
    "sample.deleted",
    "label.prelabeled",
    "label.labeled",
    "label.reviewed",
    "label.verified",
    "label.rejected",
    "label.skipped",
    "sample.updated",
    "label.started",
    "label.deleted",
    "label.updated",
    "issue.created",
    "issue.reopened",
    "issue.closed",
    "issue.edited",
    "issue.replied",
    "issue.updated",
    "release.created",
    "dataset.created",
    "dataset.updated",
    "dataset.completed",
    "dataset.deleted",
];

/// Shows a digest, alike in every style. `states` are the last known states of its datasets, where any is known.
pub fn digest(digest: &DigestMessage, states: &[(DatasetName, ObjectState)], app_url: &str) -> Message {
    let urls = UrlBuilder::new(app_url);
    let states: HashMap<&DatasetName, &Dataset> = states
        .iter()
        .filter_map(|(name, state)| match &state.seen {
            LastSeen::Dataset(dataset) => Some((name, &**dataset)),
            _ => None,
        })
        .collect();
    let datasets = digest.busiest();
    let told: Vec<Vec<SlackBlock>> =
        datasets.iter().take(DATASETS).map(|one| blocks(one, &states, digest.live.opened_at, &urls)).collect();
    let mut message =
        Message { text: text(digest, &datasets), lead: lead(&digest.mention), color: None, blocks: Vec::new() };
    let only = match datasets.as_slice() {
        [one] if digest.other_datasets.is_empty() => one.dataset.as_ref().filter(|_| !one.deleted),
        _ => None,
    };
    let subscription = Some(digest.subscription).filter(|_| !digest.backlog);
    let about = MenuContext { dataset: only, subject: None, subscription, happened: true };
    let title = format!("🗞️ *{}*", title(digest));
    let when = between(digest.first_event, digest.last_event);
    let title = joined([Some(title), Some(when), Some(count(digest.count, "event", "events"))]);
    // Fewer datasets are told of if these are too long together; the others are counted.
    for named in (0..=told.len()).rev() {
        message.blocks = vec![block_kit::section_beside(&title, about.menu())];
        message.blocks.extend(told[..named].iter().flatten().cloned());
        message.blocks.extend(rest(digest, &datasets[named..]).map(|rest| block_kit::section(&rest)));
        message.blocks.extend(standing(digest).map(|standing| block_kit::context([standing])));
        if block_kit::is_within_budget(&message) {
            break;
        }
    }
    block_kit::budget(&mut message);
    message
}

/// The whole digest on one line.
fn text(digest: &DigestMessage, datasets: &[&DatasetDigest]) -> String {
    let nowhere = UrlBuilder::new("");
    let name = |one: &&DatasetDigest| Some(dataset_subject(one.dataset.as_ref()?, &nowhere).label);
    let what = match datasets {
        [one] if digest.other_events == 0 => cut(&events(&one.events), EVENTS_IN_TEXT),
        _ => count(digest.count, "event", "events"),
    };
    let names: Vec<String> = datasets.iter().filter_map(name).take(DATASETS_IN_TEXT).collect();
    let of_some = datasets.iter().filter(|one| one.dataset.is_some()).count();
    let more = of_some - names.len() + digest.other_datasets.len();
    let more = (more > 0).then(|| more_datasets(more, digest));
    let place = match (names.is_empty(), more) {
        (true, _) => String::new(),
        (false, None) => format!(" in {}", names.join(", ")),
        (false, Some(more)) => format!(" in {} and {more}", names.join(", ")),
    };
    format!("🗞️ {}: {what}{place}", title(digest))
}

fn title(digest: &DigestMessage) -> String {
    if digest.backlog { "What came meanwhile".to_owned() } else { format!("Digest of #{}", digest.subscription) }
}

fn blocks(
    one: &DatasetDigest,
    states: &HashMap<&DatasetName, &Dataset>,
    now: Timestamp,
    urls: &UrlBuilder,
) -> Vec<SlackBlock> {
    let subject = one.dataset.as_ref().map(|name| dataset_subject(name, urls));
    let subject = subject.map(|subject| if one.deleted { LinkedName { url: None, ..subject } } else { subject });
    let title = subject.map_or_else(|| "Without a dataset".to_owned(), |subject| subject.to_mrkdwn(LinkStyle::Linked));
    let state = one.dataset.as_ref().and_then(|name| states.get(name)).filter(|_| !one.deleted);
    let bar = state.and_then(|state| state.progress()).map(|(done, total)| progress(done, total));
    let by_status = state.filter(|_| bar.is_some());
    let by_status = by_status.map(|state| dataset::by_status(state).take(STATUSES).collect::<Vec<_>>().join(" · "));
    let parts = [Some(format!("*{title}*")), Some(events(&one.events)), bar, by_status];
    let mut blocks = vec![block_kit::section(&parts.into_iter().flatten().collect::<Vec<_>>().join("\n"))];
    blocks.extend(issues(one, now, urls).map(|issues| block_kit::section(&issues)));
    let people = joined([most("labeled most", &one.labelers), most("reviewed most", &one.reviewers)]);
    blocks.extend((!people.is_empty()).then(|| block_kit::context([people])));
    blocks
}

/// "12 samples created, 5 reviewed, 1 issue opened": a noun that was just said is not said again.
fn events(events: &BTreeMap<String, u64>) -> String {
    let place = |name: &str| ORDER.iter().position(|known| *known == name).unwrap_or(ORDER.len());
    let mut events: Vec<(&String, &u64)> = events.iter().collect();
    // What has no name comes last.
    events.sort_by_key(|(name, _)| (name.is_empty(), place(name), *name));
    let mut said = None;
    let told = events.into_iter().map(|(name, of)| {
        let happened = EventWording::of(name);
        let again = said.replace(happened.nouns) == Some(happened.nouns) && happened.then.starts_with(' ');
        let known = place(name) < ORDER.len();
        if again && known { format!("{}{}", number(*of), happened.then) } else { happened.told(*of) }
    });
    told.collect::<Vec<_>>().join(", ")
}

/// The oldest of the issues that are open, a line each, and how many there are besides.
fn issues(one: &DatasetDigest, now: Timestamp, urls: &UrlBuilder) -> Option<String> {
    let open = one.open_issues();
    let mut told: Vec<String> = open.iter().take(ISSUES).map(|issue| line(issue, one, now, urls)).collect();
    let more = open.len() - told.len();
    if more > 0 {
        let more_than = if one.more_issues { "more than " } else { "" };
        told.push(format!("and {more_than}{}", count(more as u64, "more open issue", "more open issues")));
    }
    (!told.is_empty()).then(|| told.join("\n"))
}

fn line(issue: &DigestIssue, one: &DatasetDigest, now: Timestamp, urls: &UrlBuilder) -> String {
    let name = issue.sample_name.as_deref();
    let subject = sample::subject(name, issue.sample_uuid.as_deref(), None, one.dataset.as_ref(), urls);
    let subject = subject.map(|subject| format!(" {} —", subject.to_mrkdwn(LinkStyle::Linked))).unwrap_or_default();
    let age = span(issue.since, now).map(|age| format!(" for {age}")).unwrap_or_default();
    let said = known(issue.description.as_deref(), ISSUE).map(|said| format!(": {said}")).unwrap_or_default();
    format!("🔴{subject} issue open{age}{said}")
}

/// "labeled most: ann 120, john 80".
fn most(did: &str, people: &BTreeMap<String, u64>) -> Option<String> {
    let mut people: Vec<(&String, &u64)> = people.iter().collect();
    people.sort_by(|one, other| other.1.cmp(one.1).then_with(|| one.0.cmp(other.0)));
    let named = people.into_iter().filter_map(|(name, of)| Some(format!("{} {}", person(Some(name))?, number(*of))));
    let named: Vec<String> = named.take(PEOPLE).collect();
    (!named.is_empty()).then(|| format!("{did}: {}", named.join(", ")))
}

/// "and 4 more datasets: 1,203 events", of those that are not told of.
fn rest(digest: &DigestMessage, untold: &[&DatasetDigest]) -> Option<String> {
    let events = untold.iter().fold(digest.other_events, |sum, one| sum.saturating_add(one.count));
    let datasets = untold.iter().filter(|one| one.dataset.is_some()).count() + digest.other_datasets.len();
    (events > 0).then(|| match datasets {
        0 => format!("and {}", count(events, "more event", "more events")),
        more => format!("and {}: {}", more_datasets(more, digest), count(events, "event", "events")),
    })
}

fn more_datasets(more: usize, digest: &DigestMessage) -> String {
    let more_than = if digest.more_datasets { "more than " } else { "" };
    format!("{more_than}{}", count(more as u64, "more dataset", "more datasets"))
}

/// Whether more is about to come, and whether it came late.
fn standing(digest: &DigestMessage) -> Option<String> {
    let more = (!digest.live.closed).then(|| "⏳ More is added here in a moment".to_owned());
    let late = digest.live.opened_at.duration_since(digest.due) > LATE;
    let late = late.then(|| format!("⏳ late: was due {}", date(digest.due)));
    Some(joined([more, late])).filter(|standing| !standing.is_empty())
}
