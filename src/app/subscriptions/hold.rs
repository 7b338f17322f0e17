//! Holding deliveries back for digests, mutes, and quiet hours, and releasing them.

use crate::app::App;
use crate::model::schedule::next_digest;
use crate::model::subscription::Options;
use crate::model::{ChannelRef, DatasetName, HoldUntil, Mute, Subscription, SubscriptionState, hold};
use crate::store::{ChannelSubscriptions, HeldUntil, StoreError};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::HashMap;

/// Returns the hold of an event that arrives now, for a subscription with these options and time zone (UTC if unknown).
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

/// Applies the channel's current mutes and subscriptions to its held deliveries. Returns the number that are released.
/// Deliveries of `retimed` subscriptions move to their next digest, or to none; others stay in their digest.
pub(in crate::app) async fn release(app: &App, channel_ref: &ChannelRef, retimed: &[u32]) -> Result<u64, StoreError> {
    let (now, ChannelSubscriptions { subscriptions, mutes, .. }) =
        (app.clock.now(), app.store.channel_subscriptions(channel_ref).await?);
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
            // The subscription was removed, so only the delivery's own options are known.
            return until(now, stays, dataset, &mutes, &delivery.options, &TimeZone::UTC);
        };
        let digest = if retimed.contains(&delivery.subscription) {
            options.digest.as_ref().map(|digest| next_digest(now, digest, zone))
        } else {
            stays
        };
        until(now, digest, dataset, &mutes, options, zone)
    });
    let released = app.store.reschedule_held(channel_ref, now, again).await?;
    app.workers.wake(channel_ref);
    Ok(released)
}

/// Returns the time of the next digest by subscription number, for active subscriptions that have one.
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

/// Returns the time zone of some options; looked up only if they contain times.
fn zone_of(options: &Options, time_zone: Option<&str>) -> TimeZone {
    let name = time_zone.filter(|_| options.quiet.is_some() || options.digest.is_some());
    name.and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC)
}
