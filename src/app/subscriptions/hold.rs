//! Until when deliveries are held in a channel: for a digest, by mutes and by quiet hours; and looking at that again.

use crate::app::App;
use crate::model::schedule::next_digest;
use crate::model::subscription::Options;
use crate::model::{ChannelRef, DatasetName, HoldUntil, Mute, Subscription, SubscriptionState, hold};
use crate::store::{Book, HeldUntil, StoreError};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::HashMap;

/// How an event is held that comes now, in a channel with these mutes, by a subscription with these options whose times
/// are in this zone (UTC where none is known).
pub(in crate::app) fn held(
    now: Timestamp,
    dataset: Option<&DatasetName>,
    mutes: &[Mute],
    options: &Options,
    time_zone: Option<&str>,
) -> HoldUntil {
    let zone = zone_of(options, time_zone);
    let digest = options.digest.as_ref().map(|digest| next_digest(now, digest, &zone));
    until(now, digest, dataset, mutes, options, &zone)
}

/// Holds what is held as the channel's mutes and subscriptions now say; gives how many deliveries wait no more. What
/// the `retimed` subscriptions hold goes into their next digest, or into none; else it stays in the digest it was for.
pub(in crate::app) async fn release(app: &App, channel_ref: &ChannelRef, retimed: &[u32]) -> Result<u64, StoreError> {
    let (now, Book { subscriptions, mutes, .. }) = (app.clock.now(), app.store.book(channel_ref).await?);
    let retimed = retimed.to_vec();
    let of = subscriptions.into_iter().map(|subscription| {
        let Subscription { number, rule, time_zone, .. } = subscription;
        let zone = zone_of(&rule.options, time_zone.as_deref());
        (number, (rule.options, zone))
    });
    let of: HashMap<u32, (Options, TimeZone)> = of.collect();
    let again: HeldUntil = Box::new(move |delivery, news| {
        let dataset = news.event.dataset.as_ref();
        let stays = delivery.digest.map(|digest| digest.at);
        let Some((options, zone)) = of.get(&delivery.subscription) else {
            // Its subscription is gone: its own options are all that is known.
            return until(now, stays, dataset, &mutes, &delivery.options, &TimeZone::UTC);
        };
        let digest = if retimed.contains(&delivery.subscription) {
            options.digest.as_ref().map(|digest| next_digest(now, digest, zone))
        } else {
            stays
        };
        until(now, digest, dataset, &mutes, options, zone)
    });
    let released = app.store.release(channel_ref, now, again).await?;
    app.workers.wake(channel_ref);
    Ok(released)
}

/// When the next digests of some subscriptions of a channel come, by their numbers; those that have none, or that do
/// not deliver, are left out.
pub(in crate::app) fn next_digests(
    now: Timestamp,
    subscriptions: &[Subscription],
    mutes: &[Mute],
) -> Vec<(u32, Timestamp)> {
    let delivers = |one: &&Subscription| one.state == SubscriptionState::Active && one.rule.options.digest.is_some();
    let subscriptions = subscriptions.iter().filter(delivers);
    let next = subscriptions.filter_map(|one| {
        Some((one.number, held(now, None, mutes, &one.rule.options, one.time_zone.as_deref()).until?))
    });
    next.collect()
}

fn until(
    now: Timestamp,
    digest: Option<Timestamp>,
    dataset: Option<&DatasetName>,
    mutes: &[Mute],
    options: &Options,
    zone: &TimeZone,
) -> HoldUntil {
    let quiet = options.quiet.as_ref().map(|quiet| (quiet, zone));
    HoldUntil { until: hold::held_until(now, digest, dataset, mutes, quiet), digest }
}

/// The zone of the times in some options; only looked up where there are any.
fn zone_of(options: &Options, time_zone: Option<&str>) -> TimeZone {
    let name = time_zone.filter(|_| options.quiet.is_some() || options.digest.is_some());
    name.and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC)
}
