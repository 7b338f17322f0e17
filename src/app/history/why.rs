//! `/segments why`: the status of the latest events that a channel could receive.

use crate::app::App;
use crate::app::answer::{Asker, Reply};
use crate::app::history::recent::{RecentEvent, RecentOutcome};
use crate::app::permission::may_subscribe;
use crate::app::subscriptions::mute::zone;
use crate::model::event_status::{EventStatus, SelectionRefusal};
use crate::model::{Delivery, DeliveryResult, EventId, EventSummary, FilterKey, MessageTs, News, PauseReason};
use crate::render::reply::{self, ChannelLink, ExplainedEvent};
use crate::routing::why::{concerns, unwanted, waits};
use crate::store::{ChannelSubscriptions, History, StoreError};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::HashMap;

/// Returns the status of the last `count` events.
pub(in crate::app) async fn why(app: &App, asker: &Asker, count: u8) -> Result<Reply, StoreError> {
    let (channel_ref, count) = (&asker.channel_ref, usize::from(count));
    // Memory is read first, so that an event that arrives in between is found in the store.
    let (seen, since) = app.recent_events.of(&channel_ref.workspace);
    let (book, history) =
        (app.store.channel_subscriptions(channel_ref).await?, app.store.history(channel_ref, count).await?);
    let closed = app.workers.workspace_rejection(&channel_ref.workspace);
    let channel = Channel { asker, book: &book, history: &history, closed: closed.as_ref(), now: app.clock.now() };
    let (told, withheld) = channel.tell(&seen, count, may_subscribe(app, &channel_ref.workspace, &asker.user).await);
    let url = app.slack.api.installation(&channel_ref.workspace).and_then(|installation| installation.url.clone());
    let place = ChannelLink { url: url.as_ref(), channel: &channel_ref.channel };
    Ok(Reply::asker(reply::why(&told, &place, since, withheld)))
}

/// The state of a channel that statuses are computed from.
struct Channel<'a> {
    asker: &'a Asker,
    book: &'a ChannelSubscriptions,
    history: &'a History,
    /// Slack's code, if it rejects the workspace's token.
    closed: Option<&'a PauseReason>,
    now: Timestamp,
}

impl<'a> Channel<'a> {
    /// Returns the last events, newest first, with similar unmatched ones merged, and the number of withheld events.
    /// Events of unsubscribed datasets are withheld from people who could not subscribe.
    fn tell(&self, seen: &[RecentEvent], most: usize, may_subscribe: bool) -> (Vec<ExplainedEvent<'a>>, usize) {
        let (mut kept, order) = self.kept();
        let mut all: Vec<_> = seen.iter().filter_map(|seen| self.of_seen(seen, &mut kept)).collect();
        // Events that are not remembered are older than those that are.
        all.extend(order.iter().filter_map(|event| kept.remove(event)));
        let count = all.len();
        all.retain(|told| may_subscribe || told.fate != EventStatus::NoSubscription);
        let withheld = count - all.len();
        all.sort_by_key(|told| std::cmp::Reverse(told.came_at));
        let mut last: Vec<ExplainedEvent> = Vec::new();
        for told in all {
            if let Some(newer) = last.iter_mut().find(|newer| are_alike(newer, &told)) {
                newer.more += 1;
            } else if last.len() < most {
                last.push(told);
            }
        }
        (last, withheld)
    }

    /// Returns the stored statuses by event, and the events newest first. A pending delivery comes before an earlier
    /// end of the same event.
    fn kept(&self) -> (HashMap<EventId, ExplainedEvent<'a>>, Vec<EventId>) {
        let waiting = self.history.waiting.iter().map(|(delivery, news)| {
            let fate = self.waits(delivery, news);
            (delivery.event, told(EventSummary::of(news), delivery.accepted_at, fate))
        });
        let mut counts: HashMap<&MessageTs, u64> = HashMap::new();
        for outcome in &self.history.ended {
            if let DeliveryResult::Folded { ts, count } = &outcome.end {
                let most = counts.entry(ts).or_default();
                *most = (*most).max(*count);
            }
        }
        let ended = self.history.ended.iter().map(|outcome| {
            let end = match &outcome.end {
                // The message has since covered more events.
                DeliveryResult::Folded { ts, count } => {
                    DeliveryResult::Folded { ts: ts.clone(), count: counts.get(ts).copied().unwrap_or(*count) }
                }
                end => end.clone(),
            };
            (outcome.event, told(outcome.gist.clone(), outcome.accepted_at, EventStatus::Ended(end)))
        });
        let (mut kept, mut order) = (HashMap::new(), Vec::new());
        for (event, told) in waiting.chain(ended) {
            kept.entry(event).or_insert_with(|| {
                order.push(event);
                told
            });
        }
        (kept, order)
    }

    fn waits(&self, delivery: &'a Delivery, news: &News) -> EventStatus<'a> {
        if let Some(pause) = &self.history.pause {
            return EventStatus::Paused { reason: &pause.reason, since: Some(pause.since) };
        }
        if let Some(reason) = self.closed {
            return EventStatus::Paused { reason, since: None };
        }
        let mut subscriptions = self.book.subscriptions.iter();
        let subscription = subscriptions.find(|subscription| subscription.number == delivery.subscription);
        let zone = zone(subscription.and_then(|subscription| subscription.time_zone.as_deref()));
        let zone = zone.unwrap_or(TimeZone::UTC);
        let (dataset, next_at) = (news.event.dataset.as_ref(), self.history.next_at);
        waits(delivery, dataset, &self.book.mutes, &zone, next_at, self.now)
    }

    /// Returns the status of a remembered event; none if it is unknown or does not concern this channel.
    fn of_seen(
        &self,
        seen: &RecentEvent,
        kept: &mut HashMap<EventId, ExplainedEvent<'a>>,
    ) -> Option<ExplainedEvent<'a>> {
        let subscriptions = &self.book.subscriptions;
        let fate = match &seen.mark {
            RecentOutcome::News { event, channels } if channels.contains(&self.asker.channel_ref.channel) => {
                return kept.remove(event).map(|told| ExplainedEvent { repeats: seen.repeats, ..told });
            }
            RecentOutcome::News { .. } => unwanted(subscriptions, &seen.news),
            RecentOutcome::Stale if concerns(subscriptions, &seen.news) => EventStatus::Stale,
            RecentOutcome::Stale => EventStatus::NoSubscription,
            RecentOutcome::Repeated if concerns(subscriptions, &seen.news) => EventStatus::Repeated,
            RecentOutcome::Repeated => return None,
        };
        Some(ExplainedEvent { repeats: seen.repeats, ..told(EventSummary::of(&seen.news), seen.at, fate) })
    }
}

fn told(gist: EventSummary, came_at: Timestamp, fate: EventStatus<'_>) -> ExplainedEvent<'_> {
    ExplainedEvent { gist, came_at, fate, repeats: 0, more: 0 }
}

/// Returns true if two events were not matched for the same reason, so that one line covers both.
fn are_alike(one: &ExplainedEvent<'_>, other: &ExplainedEvent<'_>) -> bool {
    if one.gist.dataset != other.gist.dataset {
        return false;
    }
    match (&one.fate, &other.fate) {
        (EventStatus::NoSubscription, EventStatus::NoSubscription) => true,
        (EventStatus::Refused { number, by, .. }, EventStatus::Refused { number: other_number, by: other_by, .. }) => {
            let names_person = matches!(by, SelectionRefusal::Filter(filter) if filter.key == FilterKey::By);
            let same_person = one.gist.by == other.gist.by;
            (number, by) == (other_number, other_by)
                && one.gist.event == other.gist.event
                && (same_person || !names_person)
        }
        _ => false,
    }
}
