//! A digest: everything that one subscription collected until a time, as one message; bounded, whatever went in.

use super::batch_message::after;
use super::delivery::Delivery;
use super::event::{Derived, EventType, KnownType, News};
use super::object::{DatasetName, Issue, Object};
use super::workspace::MessageTs;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// So many datasets are told apart in all they have, the first ones; of further ones, the number of events …
const DATASETS: usize = 100;
/// … and of so many of those the names.
const OTHER_DATASETS: usize = 200;
/// With so many names of events, for a dataset, those that this version does not know count under an empty one.
const EVENTS: usize = 40;
/// So many issues are remembered, for a dataset, the oldest ones.
const ISSUES: usize = 20;
/// So many people are counted, for a dataset and a kind of work.
const PEOPLE: usize = 30;
/// What is kept of a name or of words, in bytes.
const LONGEST: usize = 128;
/// So many are mentioned.
const MENTIONS: usize = 50;
/// While there is more than one look sees, the message is edited as often as Slack takes it: about 50 times a minute.
const BETWEEN_EDITS: SignedDuration = SignedDuration::from_millis(1_200);
/// An edit that says that all is told, and that Slack did not take, is tried again after this …
const CLOSE_AGAIN: SignedDuration = SignedDuration::from_mins(5);
/// … for so long.
const CLOSE_WITHIN: SignedDuration = SignedDuration::from_hours(24);

/// What a digest message shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestMessage {
    /// The subscription.
    pub subscription: u32,
    /// Whether it stands for what would have been a flood, of whichever subscriptions, and not for one's digest.
    #[serde(default)]
    pub backlog: bool,
    /// How many events.
    pub count: u64,
    /// The first datasets that events were of; events that name none are under none.
    pub datasets: Vec<DatasetDigest>,
    /// Further datasets.
    pub other_datasets: BTreeSet<DatasetName>,
    /// Whether there were more than those.
    pub more_datasets: bool,
    /// How many events were of further datasets.
    pub other_events: u64,
    /// When the first of the events happened.
    pub first_event: Timestamp,
    /// When the last one did.
    pub last_event: Timestamp,
    /// Who is mentioned.
    pub mention: Vec<String>,
    /// When it was to be shown.
    pub due: Timestamp,
    /// When it was planned; it takes what was due by then.
    pub opened_at: Timestamp,
    /// No edit before this time.
    pub edit_at: Timestamp,
    /// The message, once it is there.
    pub ts: Option<MessageTs>,
    /// Whether it has all that it takes.
    pub closed: bool,
}

/// What happened in one dataset.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetDigest {
    /// Its name; none for events that name no dataset.
    pub dataset: Option<DatasetName>,
    /// Whether it was deleted, so that it has no page any more.
    pub deleted: bool,
    /// How many events.
    pub count: u64,
    /// How many by their closest names; under an empty one where there were too many names.
    pub events: BTreeMap<String, u64>,
    /// Issues that any event was of, as they were last seen.
    pub issues: Vec<DigestIssue>,
    /// Whether there were more open issues than are remembered.
    pub more_issues: bool,
    /// Who labeled how many samples.
    pub labelers: BTreeMap<String, u64>,
    /// Who reviewed, rejected or verified how many.
    pub reviewers: BTreeMap<String, u64>,
}

/// An issue as an event of the digest last showed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestIssue {
    /// Its id.
    pub uuid: String,
    /// Whether it is open.
    pub open: bool,
    /// When it was like this.
    pub at: Timestamp,
    /// When it was opened; else when it was first seen.
    pub since: Timestamp,
    /// What is wrong.
    pub description: Option<String>,
    /// The name of its sample.
    pub sample_name: Option<String>,
    /// The id of its sample.
    pub sample_uuid: Option<String>,
}

impl DigestMessage {
    /// Its datasets, those with most events first.
    pub fn busiest(&self) -> Vec<&DatasetDigest> {
        let mut datasets: Vec<&DatasetDigest> = self.datasets.iter().collect();
        datasets.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.dataset.cmp(&other.dataset)));
        datasets
    }

    /// A digest of one event, which is to go into one.
    pub fn open(delivery: &Delivery, news: &News, now: Timestamp) -> Self {
        let mut digest = Self {
            subscription: delivery.subscription,
            backlog: false,
            count: 0,
            datasets: Vec::new(),
            other_datasets: BTreeSet::new(),
            more_datasets: false,
            other_events: 0,
            first_event: news.event.created_at,
            last_event: news.event.created_at,
            mention: Vec::new(),
            due: delivery.digest.map_or(now, |digest| digest.due),
            opened_at: now,
            edit_at: now,
            ts: None,
            closed: false,
        };
        digest.add(delivery, news, now);
        digest
    }

    /// Takes one more event.
    pub fn add(&mut self, delivery: &Delivery, news: &News, now: Timestamp) {
        self.count += 1;
        self.first_event = self.first_event.min(news.event.created_at);
        self.last_event = self.last_event.max(news.event.created_at);
        self.due = delivery.digest.map_or(self.due, |digest| digest.due.min(self.due));
        self.edit_at = after(now, BETWEEN_EDITS);
        for id in &delivery.options.mention {
            if self.mention.len() < MENTIONS && !self.mention.contains(id) {
                self.mention.push(id.clone());
            }
        }
        let known = self.datasets.iter().position(|known| known.dataset == news.event.dataset);
        match (known, &news.event.dataset) {
            (Some(place), _) => self.datasets[place].add(news),
            (None, dataset) if self.datasets.len() < DATASETS => {
                let mut fresh = DatasetDigest { dataset: dataset.clone(), ..DatasetDigest::default() };
                fresh.add(news);
                self.datasets.push(fresh);
            }
            (None, dataset) => {
                self.other_events += 1;
                if self.other_datasets.len() < OTHER_DATASETS {
                    self.other_datasets.extend(dataset.clone());
                } else {
                    self.more_datasets |= dataset.as_ref().is_some_and(|one| !self.other_datasets.contains(one));
                }
            }
        }
    }

    /// Whether a delivery belongs into it: what is due after it was planned goes into another.
    pub fn takes(&self, delivery: &Delivery) -> bool {
        !self.backlog
            && delivery.subscription == self.subscription
            && delivery.digest.is_some_and(|digest| digest.due <= self.opened_at)
    }

    /// It with its message in the channel.
    #[must_use]
    pub fn shown_as(self, ts: MessageTs) -> Self {
        Self { ts: Some(ts), ..self }
    }

    /// It with all that it takes.
    #[must_use]
    pub fn closed(self) -> Self {
        Self { closed: true, ..self }
    }

    /// It after Slack did not take the edit that says so: to be closed later, or left as it is after a day.
    #[must_use]
    pub fn not_yet_closed(self, now: Timestamp) -> Self {
        Self { closed: after(self.opened_at, CLOSE_WITHIN) < now, edit_at: after(now, CLOSE_AGAIN), ..self }
    }
}

impl DatasetDigest {
    fn add(&mut self, news: &News) {
        self.count += 1;
        let name = news.name();
        let known = matches!(news.event.event_type, EventType::Known(_)) || self.events.contains_key(name);
        let told = if known || self.events.len() < EVENTS { name } else { "" };
        *self.events.entry(told.to_owned()).or_default() += 1;
        match news.derived {
            Some(Derived::LabelLabeled) => tally(&mut self.labelers, news),
            Some(Derived::LabelReviewed | Derived::LabelRejected | Derived::LabelVerified) => {
                tally(&mut self.reviewers, news);
            }
            _ => {}
        }
        if let Object::Issue(issue) = &news.event.object {
            self.see(issue, news);
        }
        if name == KnownType::DatasetDeleted.as_str() {
            self.deleted = true;
            self.issues.clear();
        } else if name == KnownType::DatasetCreated.as_str() {
            self.deleted = false;
        }
    }

    /// Issues that are open, the oldest first.
    pub fn open_issues(&self) -> Vec<&DigestIssue> {
        let mut open: Vec<&DigestIssue> = self.issues.iter().filter(|issue| issue.open).collect();
        open.sort_by_key(|issue| (issue.since, &issue.uuid));
        open
    }

    fn see(&mut self, issue: &Issue, news: &News) {
        let Some(uuid) = issue.uuid.as_deref() else { return };
        let at = news.event.changed_at();
        let opened = news.name() == KnownType::IssueCreated.as_str();
        let open = match (news.derived, issue.status.as_deref()) {
            (Some(Derived::IssueClosed), _) => Some(false),
            (_, Some(status)) => Some(status == "OPEN"),
            (derived, None) => (opened || derived == Some(Derived::IssueReopened)).then_some(true),
        };
        let seen = DigestIssue {
            uuid: short(uuid),
            open: open.unwrap_or(false),
            at,
            since: issue.created_at.unwrap_or(at),
            description: issue.description.as_deref().map(short),
            sample_name: issue.sample_name.as_deref().or(news.sample_name.as_deref()).map(short),
            sample_uuid: issue.sample_uuid.as_deref().map(short),
        };
        if let Some(known) = self.issues.iter_mut().find(|known| known.uuid == seen.uuid) {
            if known.at <= at {
                let open = open.unwrap_or(known.open);
                *known = DigestIssue { open, since: seen.since.min(known.since), ..seen };
            }
            return;
        }
        if self.issues.len() >= ISSUES {
            // A closed one makes room, else the newest; the oldest are those that are shown.
            let goes = self.issues.iter().enumerate().max_by_key(|(_, known)| (!known.open, known.since));
            let goes = goes.map(|(place, known)| (place, !known.open || seen.open && seen.since < known.since));
            self.more_issues |= seen.open && self.issues.iter().all(|known| known.open);
            match goes {
                Some((place, true)) => drop(self.issues.swap_remove(place)),
                _ => return,
            }
        }
        self.issues.push(seen);
    }
}

fn tally(people: &mut BTreeMap<String, u64>, news: &News) {
    let Some(name) = news.event.actor().map(short) else { return };
    if people.len() < PEOPLE || people.contains_key(&name) {
        *people.entry(name).or_default() += 1;
    }
}

fn short(text: &str) -> String {
    text[..text.floor_char_boundary(LONGEST)].to_owned()
}
