//! How the last deliveries of each channel ended: a ring of records, written together with what ends them.

use super::events;
use super::keys::{RecordKey, RecordKind};
use super::queues::QueueRecord;
use super::view::StoreView;
use crate::model::{
    BatchMessage, ChannelRef, Delivery, DeliveryReason, DeliveryRecord, DeliveryResult, DigestMessage, EventSummary,
    MessageTs,
};
use crate::store::{History, PendingCall, StoreError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::VecDeque;

/// So many are kept a channel.
const MAX_OUTCOMES_PER_CHANNEL: u64 = 200;

/// An outcome in its slot of the ring: its number modulo [`MAX_OUTCOMES_PER_CHANNEL`].
#[derive(Serialize, Deserialize)]
pub(super) struct NumberedOutcome {
    pub(super) number: u64,
    pub(super) outcome: DeliveryRecord,
}

/// The way in which deliveries ended that a message shows now.
pub(super) fn shown(
    intent: Option<&PendingCall>,
    fold: Option<&BatchMessage>,
    digest: Option<&DigestMessage>,
    ts: MessageTs,
) -> DeliveryResult {
    let together = fold.map(|fold| fold.count).or(digest.map(|digest| digest.count));
    match (together, intent) {
        (Some(count), _) => DeliveryResult::Folded { ts, count },
        (None, Some(PendingCall { edits: Some(_), .. })) => DeliveryResult::Edited { ts },
        (None, intent) => {
            let thread = intent.and_then(|intent| intent.thread.as_ref()).map(|thread| thread.parent.clone());
            DeliveryResult::Posted { ts, thread }
        }
    }
}

/// Notes how deliveries ended; `next` is the number of the next outcome. One whose event is lost has nothing to tell.
pub(super) fn note(
    view: &mut StoreView,
    channel_ref: &ChannelRef,
    next: &mut u64,
    ended: &[Delivery],
    end: &DeliveryResult,
    at: Timestamp,
) -> Result<(), StoreError> {
    // Of more than the ring holds, the last ones stay.
    let first = ended.len().saturating_sub(usize::try_from(MAX_OUTCOMES_PER_CHANNEL).unwrap_or(usize::MAX));
    for delivery in &ended[first..] {
        let Some(news) = events::news(view, channel_ref, delivery)? else { continue };
        let outcome = DeliveryRecord {
            event: delivery.event,
            gist: EventSummary::of(&news),
            subscription: delivery.subscription,
            accepted_at: delivery.accepted_at,
            at,
            end: match end {
                DeliveryResult::Edited { ts } if delivery.reason == DeliveryReason::Shown => {
                    DeliveryResult::Followed { ts: ts.clone() }
                }
                end => end.clone(),
            },
        };
        put(view, channel_ref, *next, outcome)?;
        *next += 1;
    }
    Ok(())
}

/// Keeps an outcome in its slot.
pub(super) fn put(
    view: &mut StoreView,
    channel_ref: &ChannelRef,
    number: u64,
    outcome: DeliveryRecord,
) -> Result<(), StoreError> {
    view.write(
        &RecordKey::numbered(channel_ref, RecordKind::Outcome, number % MAX_OUTCOMES_PER_CHANNEL),
        &NumberedOutcome { number, outcome },
    )
}

/// The number of the next outcome, by those that there are.
pub(super) fn next(view: &StoreView, channel_ref: &ChannelRef) -> Result<u64, StoreError> {
    let mut next = 0;
    for entry in view.scan::<NumberedOutcome>(&RecordKey::within(channel_ref, RecordKind::Outcome)) {
        next = next.max(entry?.1.number + 1);
    }
    Ok(next)
}

/// What became of a channel's last deliveries: all that are kept, and the newest of those that are pending.
pub(super) fn history(view: &StoreView, channel_ref: &ChannelRef, most_waiting: usize) -> Result<History, StoreError> {
    let kept = view.scan::<NumberedOutcome>(&RecordKey::within(channel_ref, RecordKind::Outcome));
    let mut kept = kept.map(|entry| entry.map(|(_, numbered)| numbered)).collect::<Result<Vec<_>, _>>()?;
    kept.sort_unstable_by_key(|numbered| Reverse(numbered.number));
    let mut waiting = Vec::new();
    for key in newest(view, channel_ref, most_waiting)? {
        let Some(delivery) = view.read::<Delivery>(&key)? else { continue };
        let news = events::news(view, channel_ref, &delivery)?;
        waiting.extend(news.map(|news| (delivery, news)));
    }
    let record = view.read::<QueueRecord>(&RecordKey::of(channel_ref, RecordKind::Queue))?.unwrap_or_default();
    let (pause, next_at) = record.waits();
    let ended = kept.into_iter().map(|numbered| numbered.outcome).collect();
    Ok(History { ended, waiting, pause, next_at })
}

/// Where the pending deliveries with the highest sequences stand, highest first. Looks at the keys of all that pend.
fn newest(view: &StoreView, channel_ref: &ChannelRef, most: usize) -> Result<Vec<RecordKey>, StoreError> {
    let mut newest = Vec::new();
    for kind in [RecordKind::Ready, RecordKind::Held] {
        let beginning = RecordKey::within(channel_ref, kind);
        let mut last = VecDeque::new();
        for key in view.keys(&beginning, &beginning) {
            last.push_back(key?);
            if last.len() > most {
                last.pop_front();
            }
        }
        newest.extend(last);
    }
    newest.sort_unstable_by_key(|key| Reverse(key.sequence()));
    newest.truncate(most);
    Ok(newest)
}
