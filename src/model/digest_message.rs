//! A digest: the events that one subscription collected until a time, in one message of bounded size.

use super::delivery::Delivery;
use super::event::{Derived, EventType, KnownType, News};
use super::live_message::{Live, LiveMessage, add_mentions, cut};
use super::object::{DatasetName, Issue, Object};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A digest describes at most this many datasets, the first that events name.
const MAX_DATASETS: usize = 100;
/// A digest counts at most this many further datasets by name.
const MAX_OTHER_DATASETS: usize = 200;
/// A dataset has at most this many names of events; unknown names beyond it are counted under an empty name.
const MAX_EVENT_NAMES: usize = 40;
/// A dataset lists at most this many issues, the oldest ones.
const MAX_ISSUES: usize = 20;
/// A dataset counts at most this many people for each kind of work.
const MAX_PEOPLE: usize = 30;
/// The longest name or text that is kept, in bytes.
const MAX_NAME_BYTES: usize = 128;
/// The time between two edits, at least: Slack accepts about 50 edits a minute.
const EDIT_INTERVAL: SignedDuration = SignedDuration::from_millis(1_200);

/// A message that summarises events by dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestMessage {
    /// The subscription.
    pub subscription: u32,
    /// Set for the summary of a backlog, which may cover several subscriptions.
    #[serde(default)]
    pub backlog: bool,
    /// The number of events.
    pub count: u64,
    /// The first datasets that events were of; events that name none are under none.
    pub datasets: Vec<DatasetDigest>,
    /// Further datasets.
    pub other_datasets: BTreeSet<DatasetName>,
    /// Set when there were more datasets than those.
    pub more_datasets: bool,
    /// The number of events of further datasets.
    pub other_events: u64,
    /// The time of the first event.
    pub first_event: Timestamp,
    /// The time of the last event.
    pub last_event: Timestamp,
    /// The people and groups to mention, at most 50.
    pub mention: Vec<String>,
    /// The time when the digest was due.
    pub due: Timestamp,
    /// The life of the message in Slack. A digest takes events that were due when it was opened.
    #[serde(flatten)]
    pub live: LiveMessage,
}

/// The events of one dataset.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetDigest {
    /// Its name; none for events that name no dataset.
    pub dataset: Option<DatasetName>,
    /// Whether it was deleted, so that it has no page any more.
    pub deleted: bool,
    /// The number of events.
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
    /// Returns the datasets, those with most events first.
    pub fn busiest(&self) -> Vec<&DatasetDigest> {
        let mut datasets: Vec<&DatasetDigest> = self.datasets.iter().collect();
        datasets.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.dataset.cmp(&other.dataset)));
        datasets
    }

    /// Returns a digest of one event.
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
            live: LiveMessage::open(now),
        };
        digest.add(delivery, news, now);
        digest
    }

    /// Adds one event.
    pub fn add(&mut self, delivery: &Delivery, news: &News, now: Timestamp) {
        self.count += 1;
        self.first_event = self.first_event.min(news.event.created_at);
        self.last_event = self.last_event.max(news.event.created_at);
        self.due = delivery.digest.map_or(self.due, |digest| digest.due.min(self.due));
        self.live.changed(now, EDIT_INTERVAL);
        add_mentions(&mut self.mention, &delivery.options.mention);
        let known = self.datasets.iter().position(|known| known.dataset == news.event.dataset);
        match (known, &news.event.dataset) {
            (Some(place), _) => self.datasets[place].add(news),
            (None, dataset) if self.datasets.len() < MAX_DATASETS => {
                let mut fresh = DatasetDigest { dataset: dataset.clone(), ..DatasetDigest::default() };
                fresh.add(news);
                self.datasets.push(fresh);
            }
            (None, dataset) => {
                self.other_events += 1;
                if self.other_datasets.len() < MAX_OTHER_DATASETS {
                    self.other_datasets.extend(dataset.clone());
                } else {
                    self.more_datasets |= dataset.as_ref().is_some_and(|one| !self.other_datasets.contains(one));
                }
            }
        }
    }

    /// Returns true if the digest takes a delivery: one that is due after the digest was opened belongs to the next one.
    pub fn takes(&self, delivery: &Delivery) -> bool {
        !self.backlog
            && delivery.subscription == self.subscription
            && delivery.digest.is_some_and(|digest| digest.due <= self.live.opened_at)
    }
}

impl Live for DigestMessage {
    fn live(&mut self) -> &mut LiveMessage {
        &mut self.live
    }
}

impl DatasetDigest {
    fn add(&mut self, news: &News) {
        self.count += 1;
        let name = news.name();
        let known = matches!(news.event.event_type, EventType::Known(_)) || self.events.contains_key(name);
        let told = if known || self.events.len() < MAX_EVENT_NAMES { name } else { "" };
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

    /// Returns the open issues, the oldest first.
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
        if self.issues.len() >= MAX_ISSUES {
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
    if people.len() < MAX_PEOPLE || people.contains_key(&name) {
        *people.entry(name).or_default() += 1;
    }
}

fn short(text: &str) -> String {
    cut(text, MAX_NAME_BYTES)
}
