//! Keeping what arrives: dedupe, verdict, event, deliveries and last states in one group of changes.

use super::events::{EventRecord, EventTrack};
use super::expected_changes::{self, ExpectedWebhook};
use super::keys::{RecordKey, RecordKind};
use super::queues::{self, QueueRecord};
use super::view::StoreView;
use super::writer::Commit;
use super::{anchors, datasets, subscriptions};
use crate::model::{
    AccountId, ChannelRef, Delivery, DeliveryReason, DigestTimes, News, ObjectKey, ObjectState, Subscription,
    SubscriptionState, WorkspaceId,
};
use crate::store::{AccountRecord, IncomingEvent, NewDelivery, PreviousState, RouteFn, RoutingDecision, StoreError};
use jiff::Timestamp;
use std::sync::Arc;

pub(super) fn accept(
    view: &mut StoreView,
    workspace: &WorkspaceId,
    arrival: &IncomingEvent,
    decide: RouteFn,
) -> Result<(Option<RoutingDecision>, Commit), StoreError> {
    let received = RecordKey::received(workspace, &arrival.account, &arrival.message);
    if view.holds(&received)? {
        return Ok((None, Commit::Soon));
    }
    let object = arrival.object.as_ref().map(|object| RecordKey::object(workspace, &arrival.account, object));
    let sample = arrival.sample.as_ref().map(|sample| RecordKey::object(workspace, &arrival.account, sample));
    let last_state = |key: &Option<RecordKey>| key.as_ref().map_or(Ok(None), |key| view.read(key));
    let mut verdict = decide(PreviousState { object: last_state(&object)?, sample: last_state(&sample)? });

    let commit = note(view, workspace, &arrival.account, arrival.received_at, |record, at| {
        record.last_event = record.last_event.max(Some(at));
    })?;
    if let Some(dataset) = &arrival.dataset {
        datasets::note(view, workspace, &arrival.account, dataset)?;
    }
    if let (Some(key), Some(state)) = (&object, &verdict.state) {
        view.write(key, state)?;
    }
    if let Some(object) = arrival.object.as_ref().filter(|_| !verdict.is_stale) {
        let own = expected_changes::take(view, workspace, arrival, object, &verdict.news)?;
        add_concerned(view, workspace, arrival, object, own, &mut verdict)?;
    }
    if verdict.deliveries.is_empty() {
        return Ok((Some(verdict), commit));
    }

    let accepted_at = arrival.received_at;
    let mut deliveries = Vec::with_capacity(verdict.deliveries.len());
    for new in &verdict.deliveries {
        let channel_ref = ChannelRef { workspace: workspace.clone(), channel: new.channel.clone() };
        let mut record = QueueRecord::read(view, &channel_ref)?;
        let delivery = Delivery {
            sequence: record.enter(),
            event: verdict.event,
            subscription: new.subscription,
            options: new.options.clone(),
            accepted_at,
            not_before: new.not_before,
            digest: new.digest.map(|at| DigestTimes { at, due: new.not_before }),
            attempts: 0,
            last_error: None,
            account: Some(arrival.account.clone()),
            reason: new.reason.clone(),
        };
        queues::put(view, &channel_ref, &delivery, accepted_at)?;
        record.write(view, &channel_ref)?;
        deliveries.push((channel_ref.channel, delivery.sequence));
    }
    let track = EventTrack { account: arrival.account.clone(), message: arrival.message.clone(), deliveries };
    let event = EventRecord { news: Arc::clone(&verdict.news), track };
    view.write(&RecordKey::event(workspace, accepted_at, verdict.event), &event)?;
    view.write(&received, &accepted_at)?;
    Ok((Some(verdict), Commit::Flushed))
}

/// Adds the channels that an event concerns whether they asked for it or not: the one that it was done from, which is
/// told at once, and those that show its issue.
fn add_concerned(
    view: &StoreView,
    workspace: &WorkspaceId,
    arrival: &IncomingEvent,
    object: &ObjectKey,
    own: Option<ExpectedWebhook>,
    verdict: &mut RoutingDecision,
) -> Result<(), StoreError> {
    for (channel_ref, anchor) in anchors::of_issue(view, workspace, object)? {
        let is_wanted = verdict.deliveries.iter().any(|new| new.channel == channel_ref.channel);
        let subscription = view.read::<Subscription>(&RecordKey::subscription(&channel_ref, anchor.subscription))?;
        let is_active = subscription.is_some_and(|subscription| subscription.state == SubscriptionState::Active);
        if !is_wanted && is_active {
            let (channel, options) = (channel_ref.channel, anchor.options);
            verdict.deliveries.push(NewDelivery {
                channel,
                subscription: anchor.subscription,
                options,
                reason: DeliveryReason::Shown,
                not_before: arrival.received_at,
                digest: None,
            });
        }
    }
    let Some(own) = own else { return Ok(()) };
    let news = News { asked_by: Some(own.by), ..News::clone(&verdict.news) };
    verdict.news = Arc::new(news);
    if verdict.deliveries.iter().all(|new| new.channel != own.channel) {
        let channel_ref = ChannelRef { workspace: workspace.clone(), channel: own.channel.clone() };
        let subscriptions = subscriptions::read(view, &channel_ref)?.subscriptions;
        let active = subscriptions.into_iter().find(|one| one.state == SubscriptionState::Active);
        verdict.deliveries.extend(active.map(|one| NewDelivery {
            channel: own.channel.clone(),
            subscription: one.number,
            options: one.rule.options,
            reason: DeliveryReason::Subscribed,
            not_before: arrival.received_at,
            digest: None,
        }));
    }
    if let Some(new) = verdict.deliveries.iter_mut().find(|new| new.channel == own.channel) {
        (new.reason, new.not_before, new.digest) = (DeliveryReason::Own(own.message), arrival.received_at, None);
    }
    Ok(())
}

/// Notes that a correctly signed message came to an endpoint. What somebody is to be told of that is on disk at once.
pub(super) fn note(
    view: &mut StoreView,
    workspace: &WorkspaceId,
    account: &AccountId,
    at: Timestamp,
    change: impl FnOnce(&mut AccountRecord, Timestamp),
) -> Result<Commit, StoreError> {
    let key = RecordKey::account(workspace, account);
    let mut record: AccountRecord = view.read(&key)?.unwrap_or_default();
    change(&mut record, at);
    let before = record.notifications;
    record.notifications = before.after_valid_message(at);
    view.write(&key, &record)?;
    Ok(if record.notifications == before { Commit::Soon } else { Commit::Flushed })
}

/// The endpoints that anything came to.
pub(super) fn accounts(
    view: &StoreView,
    workspace: &WorkspaceId,
) -> Result<Vec<(AccountId, AccountRecord)>, StoreError> {
    let mut accounts = Vec::new();
    for entry in view.scan(&RecordKey::all(workspace, RecordKind::Account)) {
        let (key, record) = entry?;
        match key.account_id() {
            Some(account) => accounts.push((account, record)),
            None => view.note_unreadable(key),
        }
    }
    Ok(accounts)
}

/// The last states of some objects: of each the newest that any endpoint left.
pub(super) fn states<T: Clone>(
    view: &StoreView,
    workspace: &WorkspaceId,
    objects: &[T],
    key: impl Fn(&T) -> ObjectKey,
) -> Result<Vec<(T, ObjectState)>, StoreError> {
    let accounts = accounts(view, workspace)?;
    let mut states = Vec::new();
    for object in objects {
        let newest = newest(view, workspace, &accounts, &key(object))?;
        states.extend(newest.map(|(_, state)| (object.clone(), state)));
    }
    Ok(states)
}

/// The endpoint that an object is known from, and its last state.
pub(super) fn find_object(
    view: &StoreView,
    workspace: &WorkspaceId,
    object: &ObjectKey,
) -> Result<Option<(AccountId, ObjectState)>, StoreError> {
    newest(view, workspace, &accounts(view, workspace)?, object)
}

/// The newest state of an object that any endpoint left, and which.
fn newest(
    view: &StoreView,
    workspace: &WorkspaceId,
    accounts: &[(AccountId, AccountRecord)],
    object: &ObjectKey,
) -> Result<Option<(AccountId, ObjectState)>, StoreError> {
    let mut newest = None::<(AccountId, ObjectState)>;
    for (account, _) in accounts {
        let state = view.read::<ObjectState>(&RecordKey::object(workspace, account, object))?;
        let state = state.map(|state| (account.clone(), state));
        newest = newest.into_iter().chain(state).max_by_key(|(_, state)| state.at);
    }
    Ok(newest)
}
