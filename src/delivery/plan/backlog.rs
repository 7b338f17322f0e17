//! A backlog: where what waited for long would be a flood, most of it goes into one message that counts.
//!
//! What is precious stays a card as long as it is little; what is never to fold stays by itself, and what joins a fold
//! that is there does so. The message comes first; nothing that it counts shares an object with what comes after it.

use super::{CLAIM_LIMIT, Call, Planned, is_precious};
use crate::model::issue_thread::CardState;
use crate::model::subscription::Batch;
use crate::model::{BatchKey, Delivery, DigestMessage, IssueThread, Live, News, ObjectKey};
use jiff::{SignedDuration, Timestamp};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// More messages at once than this are a flood …
const MAX_MESSAGES_AFTER_SILENCE: usize = 5;
/// … if anything in them has waited for so long.
const BACKLOG: SignedDuration = SignedDuration::from_mins(10);

type Due = (Delivery, Arc<News>);

/// Puts what would be a flood into one message, if there is one. `live` are digests that are in the channel and lack
/// something.
pub(in crate::delivery) fn without_flood<'a>(
    planned: Vec<Planned<'a>>,
    due: &[Due],
    live: &[DigestMessage],
    now: Timestamp,
) -> Vec<Planned<'a>> {
    let by_sequence: HashMap<u64, &Due> = due.iter().map(|one| (one.0.sequence, one)).collect();
    let members =
        |one: &Planned| one.covers.iter().filter_map(|sequence| by_sequence.get(sequence).copied()).collect::<Vec<_>>();
    let live = live.iter().find(|digest| digest.backlog);
    let fits = |(delivery, _): &Due| {
        let may_fold = delivery.options.batch != Some(Batch::Off);
        may_fold && live.is_none_or(|digest| delivery.accepted_at <= digest.live.opened_at)
    };
    let is_post = |one: &Planned| matches!(one.call, Call::Card { .. } | Call::Reply { .. } | Call::OpenFold(_));
    let may_join = |one: &Planned| is_post(one) || matches!(one.call, Call::EditParent(_)) && !one.covers.is_empty();
    let (mut calls, mut others): (Vec<Planned>, Vec<Planned>) =
        planned.into_iter().partition(|one| one.at <= now && may_join(one) && members(one).into_iter().all(fits));
    let objects =
        |one: &Planned| members(one).iter().filter_map(|(_, news)| news.event.object_key()).collect::<Vec<_>>();
    follow(&mut calls, &mut others, &objects);
    let waited = calls.iter().flat_map(members).any(|(delivery, _)| delivery.accepted_at <= before(now));
    let posts = calls.iter().filter(|one| is_post(one)).count();
    if live.is_none() && !(waited && posts > MAX_MESSAGES_AFTER_SILENCE) {
        return in_order(calls, others);
    }

    let key = |one: &Planned| members(one).first().map(|(delivery, news)| BatchKey::of(delivery, news));
    let (mut kept, mut counted): (Vec<Planned>, Vec<Planned>) =
        calls.into_iter().partition(|one| is_post(one) && key(one).is_some_and(|key| is_precious(&key)));
    if kept.len() >= MAX_MESSAGES_AFTER_SILENCE {
        counted.append(&mut kept);
    }
    follow(&mut kept, &mut counted, &objects);
    let mut calls: Vec<Planned> = Vec::new();
    let is_full = due.len() >= CLAIM_LIMIT;
    // While one look does not see everything, there may be more for a message that is there.
    if !counted.is_empty() || live.is_some() && !is_full {
        let mut of: Vec<&Due> = counted.iter().flat_map(members).collect();
        of.sort_by_key(|(delivery, _)| delivery.sequence);
        calls.extend(call(live, &of, anchors(counted), is_full, now));
    }
    calls.extend(in_order(kept, others));
    calls
}

/// Moves what shares an object with anything that is there already.
fn follow<'a>(from: &mut Vec<Planned<'a>>, to: &mut Vec<Planned<'a>>, objects: &dyn Fn(&Planned) -> Vec<ObjectKey>) {
    let mut there: HashSet<ObjectKey> = to.iter().flat_map(objects).collect();
    while let Some(place) = from.iter().position(|one| objects(one).iter().any(|object| there.contains(object))) {
        let one = from.remove(place);
        there.extend(objects(&one));
        to.push(one);
    }
}

fn call<'a>(
    live: Option<&DigestMessage>,
    members: &[&Due],
    anchors: Vec<IssueThread>,
    is_full: bool,
    now: Timestamp,
) -> Option<Planned<'a>> {
    let (mut digest, rest) = match (live, members) {
        (Some(live), members) => (live.clone(), members),
        (None, [first, rest @ ..]) => {
            (DigestMessage { backlog: true, ..DigestMessage::open(&first.0, &first.1, now) }, rest)
        }
        (None, []) => return None,
    };
    let at = live.map_or(now, |digest| digest.live.edit_at.max(now));
    for (delivery, news) in rest {
        digest.add(delivery, news, now);
    }
    Some(Planned {
        call: Call::Digest(Box::new(if is_full { digest } else { digest.closed() })),
        covers: members.iter().map(|(delivery, _)| delivery.sequence).collect(),
        anchors,
        attempts: members.iter().map(|(delivery, _)| delivery.attempts).max().unwrap_or(0),
        at,
    })
}

/// The parents that are in the channel and are to be brought up to date, as the last call for each leaves it. What would
/// have opened a thread opens none.
fn anchors(counted: Vec<Planned>) -> Vec<IssueThread> {
    let mut last: Vec<IssueThread> = Vec::new();
    for anchor in counted.into_iter().flat_map(|one| one.anchors).filter(|anchor| anchor.ts.is_some()) {
        last.retain(|known| known.object != anchor.object);
        let is_shown = anchor.standing == CardState::Current;
        last.push(if is_shown { anchor.left(CardState::Behind) } else { anchor });
    }
    last
}

/// Calls in the order of their first deliveries; what shows nothing new stays where it was: the closing of folds first,
/// the edits of parents last.
pub(super) fn in_order<'a>(mut calls: Vec<Planned<'a>>, others: Vec<Planned<'a>>) -> Vec<Planned<'a>> {
    calls.extend(others);
    let is_last = |one: &Planned| matches!(one.call, Call::EditParent(_)) && one.covers.is_empty();
    calls.sort_by_key(|one| (is_last(one), one.covers.first().copied()));
    calls
}

fn before(now: Timestamp) -> Timestamp {
    now.checked_sub(BACKLOG).unwrap_or(Timestamp::MIN)
}
