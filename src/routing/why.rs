//! Why an event is not in a channel: what holds its delivery, or which part of which subscription does not want it.

use super::matching::refusal;
use crate::model::event_status::{EventStatus, HeldBy, SelectionRefusal};
use crate::model::hold::quiet_until;
use crate::model::subscription::Batch;
use crate::model::{
    DatasetName, Delivery, Derived, EventSelector, EventSummary, Mute, News, Rule, Subscription, SubscriptionState,
};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::cmp::Reverse;

/// What comes this soon needs no time of its own.
const NEGLIGIBLE_WAIT: SignedDuration = SignedDuration::from_secs(5);

/// Why a channel with these subscriptions has no delivery of an event: the closest of them says.
pub fn unwanted<'a>(subscriptions: &'a [Subscription], news: &News) -> EventStatus<'a> {
    let refusals = subscriptions.iter().map(|subscription| (subscription, refusal(&subscription.rule, news)));
    let closest =
        refusals.max_by_key(|(subscription, refusal)| (closeness(refusal.as_ref()), Reverse(subscription.number)));
    let Some((subscription, refusal)) = closest else { return EventStatus::NoSubscription };
    let number = subscription.number;
    match refusal {
        Some(SelectionRefusal::Dataset) => EventStatus::NoSubscription,
        Some(by) => EventStatus::Refused { number, rule: &subscription.rule, by },
        None if subscription.state == SubscriptionState::Waiting => EventStatus::Uninvited(number),
        None => EventStatus::Earlier(number),
    }
}

/// The word of a rule that selects an event of which only the gist is known; none if it is not wanted. Of its filters,
/// nothing can be said.
pub fn selecting<'a>(rule: &'a Rule, gist: &EventSummary) -> Option<&'a EventSelector> {
    let derived = Derived::parse(&gist.event);
    let name = derived.map_or(gist.event.as_str(), |derived| derived.parent().as_str());
    let wanted = rule.dataset.matches(gist.dataset.as_ref()) && rule.events.admits(name, derived.map(Derived::as_str));
    let selects = |selector: &&EventSelector| selector.matches(&gist.event) || selector.matches(name);
    rule.events.include.iter().find(selects).filter(|_| wanted)
}

/// Whether any of some subscriptions means the dataset of an event.
pub fn concerns(subscriptions: &[Subscription], news: &News) -> bool {
    subscriptions.iter().any(|subscription| subscription.rule.dataset.matches(news.event.dataset.as_ref()))
}

/// What a delivery waits for in a channel that is not paused and makes no call before `next_at`. `zone` is that of its
/// subscription.
pub fn waits<'a>(
    delivery: &'a Delivery,
    dataset: Option<&DatasetName>,
    mutes: &'a [Mute],
    zone: &TimeZone,
    next_at: Option<Timestamp>,
    now: Timestamp,
) -> EventStatus<'a> {
    let later = |at: &Timestamp| at.duration_since(now) > NEGLIGIBLE_WAIT;
    if let Some(error) = &delivery.last_error {
        let at = next_at.map_or(delivery.not_before, |next_at| next_at.max(delivery.not_before));
        return EventStatus::Retried { error, at: Some(at).filter(later) };
    }
    if delivery.not_before > now {
        return EventStatus::Held { until: delivery.not_before, by: holds(delivery, dataset, mutes, zone) };
    }
    match delivery.options.batch {
        Some(Batch::Minutes(minutes)) if delivery.digest.is_none() => EventStatus::Collected(minutes),
        _ => EventStatus::Next { at: next_at.filter(later) },
    }
}

/// What holds a delivery the longest.
fn holds<'a>(delivery: &Delivery, dataset: Option<&DatasetName>, mutes: &'a [Mute], zone: &TimeZone) -> HeldBy<'a> {
    let until = delivery.not_before;
    let mutes = mutes.iter().filter(|mute| mute.until >= until && mute.dataset.matches(dataset));
    if let Some(mute) = mutes.max_by_key(|mute| mute.until) {
        return HeldBy::Mute(mute);
    }
    let before = until.checked_sub(SignedDuration::from_secs(1)).unwrap_or(until);
    let is_quiet = delivery.options.quiet.as_ref().is_some_and(|quiet| quiet_until(before, quiet, zone) == Some(until));
    match &delivery.digest {
        _ if is_quiet => HeldBy::Quiet(delivery.subscription),
        Some(_) => HeldBy::Digest(delivery.subscription),
        None => HeldBy::Unknown,
    }
}

/// How far an event came before a rule refused it.
fn closeness(refusal: Option<&SelectionRefusal<'_>>) -> u8 {
    match refusal {
        Some(SelectionRefusal::Dataset) => 0,
        Some(SelectionRefusal::NotSelected) => 1,
        Some(SelectionRefusal::Excluded(_)) => 2,
        Some(SelectionRefusal::Filter(_)) => 3,
        None => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::subscription::{LocalTime, Quiet};
    use crate::model::{DatasetPattern, DigestTimes, EventId, Options, UserId};
    use uuid::Uuid;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(hour * 3600).unwrap()
    }

    fn mute(dataset: &str, until: i64) -> Mute {
        let dataset = DatasetPattern::parse(dataset).unwrap();
        Mute { dataset, until: at(until), by: UserId::parse("U1").unwrap() }
    }

    /// A delivery held from hour 0 until an hour, with quiet hours until 6 and a digest.
    fn held(until: i64) -> Delivery {
        let time = |hour| LocalTime { hour, minute: 0 };
        let quiet = Some(Quiet { from: time(22), until: time(6) });
        Delivery {
            sequence: 0,
            event: EventId(Uuid::nil()),
            subscription: 3,
            options: Options { quiet, ..Options::default() },
            accepted_at: at(0),
            not_before: at(until),
            digest: Some(DigestTimes { at: at(until), due: at(until) }),
            account: None,
            reason: crate::model::DeliveryReason::Subscribed,
            attempts: 0,
            last_error: None,
        }
    }

    #[test]
    fn what_holds_the_longest_is_named() {
        let flowers = DatasetName::parse("jane/flowers").unwrap();
        let mutes = [mute("jane/trees", 9), mute("jane/*", 2), mute("*", 5)];
        for (until, expected) in
            [(2, HeldBy::Mute(&mutes[2])), (5, HeldBy::Mute(&mutes[2])), (6, HeldBy::Quiet(3)), (7, HeldBy::Digest(3))]
        {
            let delivery = held(until);
            let fate = waits(&delivery, Some(&flowers), &mutes, &TimeZone::UTC, None, at(0));
            assert_eq!(fate, EventStatus::Held { until: at(until), by: expected });
        }
        let mut bare = held(7);
        (bare.options, bare.digest) = (Options::default(), None);
        assert_eq!(holds(&bare, Some(&flowers), &mutes, &TimeZone::UTC), HeldBy::Unknown);
    }

    #[test]
    fn a_refused_delivery_is_retried_only_once_its_channel_resumes() {
        let refused = Delivery { last_error: Some("fatal_error".to_owned()), ..held(1) };
        let retried = |next_at, now| match waits(&refused, None, &[], &TimeZone::UTC, next_at, now) {
            EventStatus::Retried { at, .. } => at,
            other => panic!("{other:?}"),
        };
        assert_eq!(retried(None, at(0)), Some(at(1)));
        assert_eq!(retried(Some(at(2)), at(0)), Some(at(2)));
        assert_eq!(retried(None, at(1)), None);
    }
}
