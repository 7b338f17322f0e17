//! Digests: what one subscription collected goes into one message, and nothing else does.

use super::backlog::in_order;
use super::{CLAIM_LIMIT, Call, Planned};
use crate::model::{Delivery, DigestMessage, Live, News};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;

type Due = (Delivery, Arc<News>);

/// Puts the calls for what is due in digests among the others, in the order of their first deliveries.
///
/// `live` are digests that are in the channel and lack something. What became due after one of them was planned, as
/// happens when Slack is away, goes into another.
pub(in crate::delivery) fn with_digests<'a>(
    mut planned: Vec<Planned<'a>>,
    due: &[Due],
    live: &[DigestMessage],
    now: Timestamp,
) -> Vec<Planned<'a>> {
    let is_full = due.len() >= CLAIM_LIMIT;
    let mut added: Vec<Vec<&Due>> = vec![Vec::new(); live.len()];
    let mut fresh: BTreeMap<u32, Vec<&Due>> = BTreeMap::new();
    for one in due.iter().filter(|(delivery, _)| delivery.digest.is_some()) {
        match live.iter().position(|digest| digest.takes(&one.0)) {
            Some(place) => added[place].push(one),
            None => fresh.entry(one.0.subscription).or_default().push(one),
        }
    }
    for (digest, members) in live.iter().zip(added).filter(|(digest, _)| !digest.backlog) {
        // While one look does not see everything, there may be more for it.
        if !(members.is_empty() && is_full) {
            planned.push(call(digest.clone(), &members, is_full, digest.live.edit_at.max(now), now));
        }
    }
    for members in fresh.into_values() {
        if let [first, rest @ ..] = members.as_slice() {
            let mut one = call(DigestMessage::open(&first.0, &first.1, now), rest, is_full, now, now);
            one.covers.insert(0, first.0.sequence);
            one.attempts = one.attempts.max(first.0.attempts);
            planned.push(one);
        }
    }
    in_order(planned, Vec::new())
}

fn call<'a>(mut digest: DigestMessage, members: &[&Due], is_full: bool, at: Timestamp, now: Timestamp) -> Planned<'a> {
    for (delivery, news) in members {
        digest.add(delivery, news, now);
    }
    Planned {
        call: Call::Digest(Box::new(if is_full { digest } else { digest.closed() })),
        covers: members.iter().map(|(delivery, _)| delivery.sequence).collect(),
        anchors: Vec::new(),
        attempts: members.iter().map(|(delivery, _)| delivery.attempts).max().unwrap_or(0),
        at,
    }
}
