//! Issues and their threads: the first event of an issue in a channel is a card, what follows stands below it.

use super::{Call, Delivery, News, Planned, card};
use crate::model::event::KnownType;
use crate::model::issue_thread::CardState;
use crate::model::subscription::Echo;
use crate::model::{DeliveryReason, Derived, EventType, IssueThread, Object, ObjectKey, ThreadReply};
use jiff::Timestamp;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// What an event is to the thread of its issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum ThreadPart {
    /// The card that stands for the issue.
    Opens,
    /// A message in the thread; where there is none yet, a card that opens it.
    Says,
    /// Nothing new to read: it changes the parent.
    Changes,
    /// A message in the thread about what was done from the channel.
    Tells,
    /// A message in the thread of the message that it was done from.
    Answers,
}

impl ThreadPart {
    /// Whether it stands by itself: in no fold, and superseded by nothing.
    pub(super) fn is_alone(part: Option<Self>) -> bool {
        matches!(part, Some(Self::Changes | Self::Tells | Self::Answers))
    }
}

/// The threads of a channel while its calls are planned.
pub(super) struct Threads<'p> {
    /// What each delivery is, by its place among those that are due; none for one that has no thread.
    parts: Vec<Option<ThreadPart>>,
    /// The anchors as they stand.
    anchors: &'p [IssueThread],
    /// The same, with those that the calls planned so far open, and all that these say.
    parents: HashMap<ObjectKey, IssueThread>,
}

impl<'p> Threads<'p> {
    /// Sorts what is due.
    pub(super) fn new(
        due: &[(Delivery, Arc<News>)],
        objects: &[Option<ObjectKey>],
        anchors: &'p [IssueThread],
    ) -> Self {
        let parents: HashMap<ObjectKey, IssueThread> =
            anchors.iter().map(|anchor| (anchor.object.clone(), anchor.clone())).collect();
        let parts = due.iter().zip(objects).map(|((delivery, news), object)| {
            let anchor = parents.get(object.as_ref()?);
            part(delivery, news, anchor.is_some_and(|anchor| anchor.standing != CardState::Frozen), anchor.is_some())
        });
        Self { parts: parts.collect(), anchors, parents }
    }

    /// What a delivery is to its thread.
    pub(super) fn part(&self, place: usize) -> Option<ThreadPart> {
        self.parts[place]
    }

    /// From when on the parent of an issue may be edited.
    pub(super) fn edit_at(&self, object: &ObjectKey) -> Option<Timestamp> {
        self.parents.get(object).map(|anchor| anchor.edit_at)
    }

    /// The call for some events of one issue, and the anchor that it changes.
    pub(super) fn call<'a>(
        &mut self,
        part: ThreadPart,
        members: &[&'a (Delivery, Arc<News>)],
        now: Timestamp,
    ) -> (Call<'a>, Vec<IssueThread>) {
        let (delivery, last) = members.last().expect("a call covers something");
        if let (ThreadPart::Answers, DeliveryReason::Own(parent)) = (part, &delivery.reason) {
            let thread = Some(ThreadReply { parent: parent.clone(), broadcast: false });
            return (in_thread(card(members), thread), Vec::new());
        }
        let Some(mut anchor) = last.event.object_key().and_then(|object| self.parents.remove(&object)) else {
            let anchor = IssueThread::open(delivery, last, now);
            self.parents.extend(anchor.clone().map(|anchor| (anchor.object.clone(), anchor)));
            return (in_one(card(members), members), anchor.into_iter().collect());
        };
        for (_, news) in members {
            anchor.absorb(news, now);
        }
        let call = if part == ThreadPart::Changes {
            anchor = anchor.edited(now);
            Call::EditParent(Box::new(anchor.clone()))
        } else {
            let thread = anchor.ts.clone().map(|parent| ThreadReply { parent, broadcast: echoes(delivery, last) });
            in_thread(in_one(card(members), members), thread)
        };
        self.parents.insert(anchor.object.clone(), anchor.clone());
        (call, vec![anchor])
    }

    /// The anchors of what goes into a fold: their parents are to be brought up to date.
    pub(super) fn fold(&mut self, members: &[&(Delivery, Arc<News>)], now: Timestamp) -> Vec<IssueThread> {
        let mut changed: Vec<ObjectKey> = Vec::new();
        let mut seen = HashSet::new();
        for (delivery, news) in members {
            let Some(object) = news.event.object_key().filter(|_| in_threads(delivery)) else { continue };
            if let Some(anchor) = self.parents.get_mut(&object) {
                anchor.absorb(news, now);
                if seen.insert(object.clone()) {
                    changed.push(object);
                }
            }
        }
        changed.iter().filter_map(|object| self.parents.get(object).cloned()).collect()
    }

    /// Edits of the parents that are behind, as they stand, the longest waiting first.
    pub(super) fn behind<'a>(&self, now: Timestamp) -> Vec<Planned<'a>> {
        let is_behind = |anchor: &&IssueThread| anchor.standing == CardState::Behind && anchor.ts.is_some();
        let mut behind: Vec<&IssueThread> = self.anchors.iter().filter(is_behind).collect();
        behind.sort_by_key(|anchor| anchor.edit_at);
        let edit = |anchor: &IssueThread| {
            let edited = anchor.clone().edited(now);
            Planned {
                call: Call::EditParent(Box::new(edited.clone())),
                covers: Vec::new(),
                anchors: vec![edited],
                attempts: anchor.attempts,
                at: anchor.edit_at.max(now),
            }
        };
        behind.into_iter().map(edit).collect()
    }
}

fn in_threads(delivery: &Delivery) -> bool {
    delivery.options.threads.unwrap_or(true)
}

fn part(delivery: &Delivery, news: &News, can_change: bool, has_parent: bool) -> Option<ThreadPart> {
    if let DeliveryReason::Own(_) = delivery.reason {
        return Some(if has_parent && in_threads(delivery) { ThreadPart::Tells } else { ThreadPart::Answers });
    }
    if !in_threads(delivery) || delivery.digest.is_some() || !matches!(news.event.object, Object::Issue(_)) {
        return None;
    }
    let opens = news.event.event_type == EventType::Known(KnownType::IssueCreated);
    match news.derived {
        _ if can_change && (delivery.reason == DeliveryReason::Shown || opens) => Some(ThreadPart::Changes),
        Some(Derived::IssueEdited) if can_change => Some(ThreadPart::Changes),
        Some(Derived::IssueReplied | Derived::IssueClosed | Derived::IssueReopened | Derived::IssueEdited) => {
            Some(ThreadPart::Says)
        }
        _ if has_parent => Some(ThreadPart::Says),
        _ if opens => Some(ThreadPart::Opens),
        _ => None,
    }
}

/// Whether the channel sees a message of the thread too. What was done from there is told in the thread only.
fn echoes(delivery: &Delivery, news: &News) -> bool {
    match delivery.options.echo.unwrap_or(Echo::None) {
        _ if delivery.reason != DeliveryReason::Subscribed => false,
        Echo::None => false,
        Echo::State => matches!(news.derived, Some(Derived::IssueClosed | Derived::IssueReopened)),
        Echo::All => true,
    }
}

/// A card of several replies: the last of them, with the number of all.
fn in_one<'a>(call: Call<'a>, members: &[&'a (Delivery, Arc<News>)]) -> Call<'a> {
    match call {
        Call::Card { delivery, news, updates: 2.. } => {
            let new_comments = members.iter().map(|(_, news)| news.new_comments).fold(0, u32::saturating_add);
            let news = News { new_comments, ..news.into_owned() };
            Call::Card { delivery, news: Cow::Owned(news), updates: 1 }
        }
        call => call,
    }
}

fn in_thread(call: Call, thread: Option<ThreadReply>) -> Call {
    match call {
        Call::Card { delivery, news, .. } => Call::Reply { delivery, news, thread },
        call => call,
    }
}
