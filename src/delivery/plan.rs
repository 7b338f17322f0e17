//! From what is pending in a channel to the calls that show it: pure.
//!
//! Calls stand in the order of their first deliveries. A delivery joins a call that stands there already (a fold, or
//! one message for several updates) only if every earlier event of its object is in that call or before it; so no
//! event overtakes an earlier one of the same object. For the same reason a call waits at least as long as those
//! before it that share an object with it. What issues do to their threads is in `issue`; the edit of a parent that shows
//! nothing but old news comes last, since nobody waits for it.

mod issue;

pub(super) mod backlog;
pub(super) mod digest;

use crate::clock::later;
use crate::model::event::{Change, KnownType};
use crate::model::subscription::Batch;
use crate::model::{
    BatchKey, BatchMessage, Delivery, Derived, DigestMessage, EventType, IssueThread, Live, News, ObjectKey,
    ThreadReply,
};
use issue::{ThreadPart, Threads};
use jiff::Timestamp;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

/// So many deliveries are looked at together.
pub(super) const CLAIM_LIMIT: usize = 2_000;
/// While more wait than one look sees, a fold is edited as often as Slack takes it: about 50 times a minute.
const EDITS_WHILE_FULL: Duration = Duration::from_millis(1_200);
/// So many pending events of one key become a fold …
const BURST: usize = 4;
/// … but more than twenty of those that somebody should see one by one.
const BURST_OF_PRECIOUS: usize = 21;

/// What Slack is asked to do.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Call<'a> {
    /// Show one event, or the last of several updates of one object.
    Card {
        /// The delivery whose looks count.
        delivery: &'a Delivery,
        /// The event.
        news: Cow<'a, News>,
        /// How many updates it stands for.
        updates: usize,
    },
    /// Tell of an event of an issue, or of several replies to it, in its thread.
    Reply {
        /// The delivery whose looks count.
        delivery: &'a Delivery,
        /// The event.
        news: Cow<'a, News>,
        /// The thread; none if an earlier call of the plan is still to open it.
        thread: Option<ThreadReply>,
    },
    /// Bring the parent of a thread up to date.
    EditParent(Box<IssueThread>),
    /// Show a new fold.
    OpenFold(Box<BatchMessage>),
    /// Show more in a fold that is there.
    EditFold(Box<BatchMessage>),
    /// Say that a fold takes no more.
    CloseFold(Box<BatchMessage>),
    /// Show a digest, or more in one that is there.
    Digest(Box<DigestMessage>),
}

impl Call<'_> {
    /// Whether it changes a message that is there.
    pub(super) fn edits(&self) -> bool {
        match self {
            Self::Card { .. } | Self::Reply { .. } | Self::OpenFold(_) => false,
            Self::EditFold(_) | Self::CloseFold(_) | Self::EditParent(_) => true,
            Self::Digest(digest) => digest.live.ts.is_some(),
        }
    }
}

/// One call to come, and the deliveries that it covers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Planned<'a> {
    /// The call.
    pub(super) call: Call<'a>,
    /// The sequences of all deliveries it covers.
    pub(super) covers: Vec<u64>,
    /// The anchors that it changes, as they are once it is done; one that it opens has no message yet.
    pub(super) anchors: Vec<IssueThread>,
    /// How often the most refused of them was refused.
    pub(super) attempts: u32,
    /// Not before this time.
    pub(super) at: Timestamp,
}

/// What becomes of the pending events of one key.
struct BatchingPolicy<'f> {
    batch: Batch,
    /// When the first of them was accepted.
    first: Timestamp,
    /// How many there are; updates of one object count once.
    count: usize,
    /// Whether they belong into threads.
    in_threads: bool,
    /// Whether a live fold takes them …
    is_live: bool,
    /// … which the first call edits.
    live: Option<&'f BatchMessage>,
}

/// Deliveries that go into one call, by their places among those that are due.
struct Group<'a, 'f> {
    key: &'a BatchKey,
    members: Vec<usize>,
    part: Option<ThreadPart>,
    live: Option<&'f BatchMessage>,
}

/// What a delivery shares with those that go into the same call: all of a key, or of one object the same part.
type JoinKey<'a> = (&'a BatchKey, Option<(&'a ObjectKey, Option<ThreadPart>)>);

/// Plans the calls, in order. Every delivery that goes into no digest is covered by exactly one of them.
pub(super) fn plan<'a>(
    due: &'a [(Delivery, Arc<News>)],
    folds: &[BatchMessage],
    anchors: &[IssueThread],
    now: Timestamp,
) -> Vec<Planned<'a>> {
    let is_full = due.len() >= CLAIM_LIMIT;
    let keys: Vec<BatchKey> = due.iter().map(|(delivery, news)| BatchKey::of(delivery, news)).collect();
    let objects: Vec<Option<ObjectKey>> = due.iter().map(|(_, news)| news.event.object_key()).collect();
    let (live, ended): (Vec<&BatchMessage>, Vec<&BatchMessage>) = folds.iter().partition(|fold| now < fold.closes_at());
    let ended = ended.into_iter().filter(|fold| fold.close_at() <= now);
    let mut planned: Vec<Planned> = ended.map(|fold| close(fold, now)).collect();

    let mut threads = Threads::new(due, &objects, anchors);
    let mut ways = batching_policies(due, &keys, &objects, &live, &threads);
    let mut groups: Vec<Group> = Vec::new();
    let mut joinable: HashMap<JoinKey, usize> = HashMap::new();
    let mut latest: HashMap<&ObjectKey, usize> = HashMap::new();
    for (place, (_, news)) in due.iter().enumerate().filter(|(_, (delivery, _))| delivery.digest.is_none()) {
        let (key, object) = (&keys[place], objects[place].as_ref());
        let part = threads.part(place);
        let way = ways.get_mut(key).expect("every key has its way");
        let folds = !ThreadPart::is_alone(part) && way.folds(key);
        let joins = part == Some(ThreadPart::Changes)
            || (!ThreadPart::is_alone(part) && way.batch != Batch::Off && supersedes(news, part));
        let with =
            if folds { Some((key, None)) } else { object.filter(|_| joins).map(|object| (key, Some((object, part)))) };
        let earlier = object.and_then(|object| latest.get(object).copied());
        let group = with.and_then(|with| joinable.get(&with).copied());
        let group = group.filter(|group| earlier.is_none_or(|earlier| earlier <= *group)).unwrap_or(groups.len());
        if group == groups.len() {
            let live = if folds { way.live.take() } else { None };
            groups.push(Group { key, members: Vec::new(), part, live });
        }
        groups[group].members.push(place);
        joinable.extend(with.map(|with| (with, group)));
        latest.extend(object.map(|object| (object, group)));
    }

    let mut ready: HashMap<&ObjectKey, Timestamp> = HashMap::new();
    for group in groups {
        let way = &ways[group.key];
        let members = || group.members.iter().filter_map(|place| objects[*place].as_ref());
        let waits = members().filter_map(|object| ready.get(object).copied()).max();
        let is_change = group.part == Some(ThreadPart::Changes);
        let own = match group.live {
            _ if is_change => members().filter_map(|object| threads.edit_at(object)).max().unwrap_or(now),
            Some(fold) if is_full => fold.live.edit_at.min(later(fold.changed_at, EDITS_WHILE_FULL)),
            Some(fold) => fold.live.edit_at,
            None if ThreadPart::is_alone(group.part) => now,
            None => way.collected_at(group.key).filter(|_| !is_full).unwrap_or(now),
        };
        let at = waits.unwrap_or(now).max(own).max(now);
        ready.extend(members().map(|object| (object, at)));
        let folds = !ThreadPart::is_alone(group.part) && way.folds(group.key);
        let deliveries: Vec<&(Delivery, Arc<News>)> = group.members.iter().map(|place| &due[*place]).collect();
        let (call, anchors) = match (deliveries.as_slice(), group.live) {
            (members, Some(fold)) => {
                (Call::EditFold(Box::new(with(fold.clone(), members, now))), threads.fold(members, now))
            }
            ([first, rest @ ..], None) if folds && !rest.is_empty() => {
                let fold = with(BatchMessage::open(&first.0, &first.1, now), rest, now);
                // What was collected is shown once, unless there is more of it than one look could see.
                let ends = matches!(way.batch, Batch::Minutes(_)) && !is_full;
                let call = Call::OpenFold(Box::new(if ends { fold.closed() } else { fold }));
                (call, threads.fold(&deliveries, now))
            }
            (members, None) => match group.part {
                Some(part) => threads.call(part, members, now),
                None => (card(members), Vec::new()),
            },
        };
        planned.push(Planned {
            call,
            covers: deliveries.iter().map(|(delivery, _)| delivery.sequence).collect(),
            anchors,
            attempts: deliveries.iter().map(|(delivery, _)| delivery.attempts).max().unwrap_or(0),
            at,
        });
    }
    planned.extend(threads.behind(now));
    planned
}

/// Decides for each key what becomes of its events; the newest of them says how they are to be batched.
fn batching_policies<'a, 'f>(
    due: &[(Delivery, Arc<News>)],
    keys: &'a [BatchKey],
    objects: &[Option<ObjectKey>],
    live: &[&'f BatchMessage],
    threads: &Threads,
) -> HashMap<&'a BatchKey, BatchingPolicy<'f>> {
    let mut live: HashMap<&BatchKey, &BatchMessage> = live.iter().map(|fold| (&fold.key, *fold)).collect();
    let mut ways = HashMap::new();
    let mut updated = HashSet::new();
    for (place, (delivery, news)) in due.iter().enumerate().filter(|(_, (delivery, _))| delivery.digest.is_none()) {
        let (key, object, part) = (&keys[place], &objects[place], threads.part(place));
        let way = ways.entry(key).or_insert_with(|| {
            let live = live.remove(key);
            let first = Timestamp::MAX;
            BatchingPolicy { batch: Batch::Auto, first, count: 0, in_threads: false, is_live: live.is_some(), live }
        });
        if ThreadPart::is_alone(part) {
            continue;
        }
        way.first = way.first.min(delivery.accepted_at);
        way.batch = delivery.options.batch.unwrap_or(Batch::Auto);
        way.in_threads = part == Some(ThreadPart::Says);
        let again = |object: &ObjectKey| supersedes(news, part) && !updated.insert((key, object.clone()));
        way.count += usize::from(!object.as_ref().is_some_and(again));
    }
    ways
}

impl BatchingPolicy<'_> {
    /// Whether its events go into one message.
    fn folds(&self, key: &BatchKey) -> bool {
        let burst = if is_precious(key) { BURST_OF_PRECIOUS } else { BURST };
        match self.batch {
            Batch::Off => false,
            Batch::Auto => self.is_live || self.count >= burst,
            Batch::Minutes(_) => self.is_live || self.count >= burst || !(is_precious(key) || self.in_threads),
        }
    }

    /// Until when they are collected, if they are.
    fn collected_at(&self, key: &BatchKey) -> Option<Timestamp> {
        match self.batch {
            Batch::Minutes(minutes) if self.in_threads || self.folds(key) => {
                Some(later(self.first, Duration::from_mins(u64::from(minutes))))
            }
            _ => None,
        }
    }
}

/// Whether somebody should see these one by one unless there are very many.
fn is_precious(key: &BatchKey) -> bool {
    let names = [KnownType::DatasetDeleted.as_str(), KnownType::IssueCreated.as_str(), Derived::LabelRejected.as_str()];
    names.contains(&key.event.as_str())
}

/// Whether the last of several such events of one object says what counts, or what all of them said.
fn supersedes(news: &News, part: Option<ThreadPart>) -> bool {
    part == Some(ThreadPart::Says) || is_update(news)
}

fn is_update(news: &News) -> bool {
    let updates = [KnownType::DatasetUpdated, KnownType::SampleUpdated, KnownType::LabelUpdated];
    matches!(&news.event.event_type, EventType::Known(known) if updates.contains(known))
}

fn close<'a>(fold: &BatchMessage, now: Timestamp) -> Planned<'a> {
    let call = Call::CloseFold(Box::new(fold.clone().closed()));
    Planned { call, covers: Vec::new(), anchors: Vec::new(), attempts: 0, at: now }
}

fn with(mut fold: BatchMessage, members: &[&(Delivery, Arc<News>)], now: Timestamp) -> BatchMessage {
    for (delivery, news) in members {
        fold.add(delivery, news, now);
    }
    fold
}

/// A card of one event, or of the last state that several updates led to.
fn card<'a>(members: &[&'a (Delivery, Arc<News>)]) -> Call<'a> {
    let (delivery, last) = members.last().expect("a call covers something");
    let updates = members.len();
    if updates == 1 {
        return Call::Card { delivery, news: Cow::Borrowed(last), updates };
    }
    let mut changes: Vec<Change> = Vec::new();
    for change in members.iter().flat_map(|(_, news)| &news.changes) {
        match changes.iter_mut().find(|known| known.field == change.field) {
            Some(known) => known.after.clone_from(&change.after),
            None => changes.push(change.clone()),
        }
    }
    changes.retain(|change| change.before != change.after);
    let news = News { changes, ..News::clone(last) };
    Call::Card { delivery, news: Cow::Owned(news), updates }
}

#[cfg(test)]
mod tests;
