//! Keeping what arrives: dedupe, verdict, event, deliveries and last states in one group of changes.

use super::echoes;
use super::events::{EventRecord, Track};
use super::keys::{Key, Kind};
use super::lanes::{self, LaneRecord};
use super::view::View;
use super::writer::Commit;
use crate::model::{AccountId, DatasetName, Delivery, DigestTimes, Lane, ObjectKey, ObjectState, WorkspaceId};
use crate::store::{AccountRecord, Arrival, Decide, Known, StoreError, Verdict};
use std::sync::Arc;

pub(super) fn accept(
    view: &mut View,
    workspace: &WorkspaceId,
    arrival: &Arrival,
    decide: Decide,
) -> Result<(Option<Verdict>, Commit), StoreError> {
    let received = Key::received(workspace, &arrival.account, &arrival.message);
    if view.holds(&received)? {
        return Ok((None, Commit::Soon));
    }
    let object = arrival.object.as_ref().map(|object| Key::object(workspace, &arrival.account, object));
    let sample = arrival.sample.as_ref().map(|sample| Key::object(workspace, &arrival.account, sample));
    let last_state = |key: &Option<Key>| key.as_ref().map_or(Ok(None), |key| view.read(key));
    let mut verdict = decide(Known { object: last_state(&object)?, sample: last_state(&sample)? });

    note(view, workspace, &arrival.account, |record| {
        record.last_event = record.last_event.max(Some(arrival.received_at));
    })?;
    if let Some(dataset) = &arrival.dataset {
        let key = Key::dataset(workspace, dataset);
        if !view.holds(&key)? {
            view.write(&key, dataset)?;
        }
    }
    if let (Some(key), Some(state)) = (&object, &verdict.state) {
        view.write(key, state)?;
    }
    if let Some(object) = &arrival.object {
        let from = echoes::take(view, workspace, arrival, object, verdict.news.name())?;
        for delivery in &mut verdict.deliveries {
            delivery.echo = from.as_ref() == Some(&delivery.channel);
        }
    }
    if verdict.deliveries.is_empty() {
        return Ok((Some(verdict), Commit::Soon));
    }

    let accepted_at = arrival.received_at;
    let mut deliveries = Vec::with_capacity(verdict.deliveries.len());
    for new in &verdict.deliveries {
        let lane = Lane { workspace: workspace.clone(), channel: new.channel.clone() };
        let mut record = LaneRecord::read(view, &lane)?;
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
            echo: new.echo,
        };
        lanes::put(view, &lane, &delivery, accepted_at)?;
        record.write(view, &lane)?;
        deliveries.push((lane.channel, delivery.sequence));
    }
    let track = Track { account: arrival.account.clone(), message: arrival.message.clone(), deliveries };
    let event = EventRecord { news: Arc::clone(&verdict.news), track };
    view.write(&Key::event(workspace, accepted_at, verdict.event), &event)?;
    view.write(&received, &accepted_at)?;
    Ok((Some(verdict), Commit::Flushed))
}

/// Changes what is known of an endpoint.
pub(super) fn note(
    view: &mut View,
    workspace: &WorkspaceId,
    account: &AccountId,
    change: impl FnOnce(&mut AccountRecord),
) -> Result<(), StoreError> {
    let key = Key::account(workspace, account);
    let mut record = view.read(&key)?.unwrap_or_default();
    change(&mut record);
    view.write(&key, &record)
}

/// The endpoints that anything came to.
pub(super) fn accounts(view: &View, workspace: &WorkspaceId) -> Result<Vec<(AccountId, AccountRecord)>, StoreError> {
    let mut accounts = Vec::new();
    for entry in view.scan(&Key::all(workspace, Kind::Account)) {
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
    view: &View,
    workspace: &WorkspaceId,
    objects: &[T],
    key: impl Fn(&T) -> ObjectKey,
) -> Result<Vec<(T, ObjectState)>, StoreError> {
    let accounts = accounts(view, workspace)?;
    let mut states = Vec::new();
    for object in objects {
        let mut newest = None::<ObjectState>;
        for (account, _) in &accounts {
            let state = view.read::<ObjectState>(&Key::object(workspace, account, &key(object)))?;
            newest = newest.into_iter().chain(state).max_by_key(|state| state.at);
        }
        states.extend(newest.map(|state| (object.clone(), state)));
    }
    Ok(states)
}

/// Datasets that any event named, by name.
pub(super) fn datasets(view: &View, workspace: &WorkspaceId) -> Result<Vec<DatasetName>, StoreError> {
    let names = view.scan(&Key::all(workspace, Kind::Dataset)).map(|entry| entry.map(|(_, name)| name));
    let mut names = names.collect::<Result<Vec<DatasetName>, _>>()?;
    names.sort_unstable();
    Ok(names)
}
