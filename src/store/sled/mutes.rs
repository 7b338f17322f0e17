//! Mutes: what a channel does not want to see for a while, and letting go what they held.

use super::keys::{RecordKey, RecordKind};
use super::view::StoreView;
use super::{events, queues};
use crate::model::{ChannelId, ChannelRef, Delivery, DigestTimes, EndedMutes, HoldUntil, Mute, WorkspaceId};
use crate::store::{HeldUntil, StoreError};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

pub(super) fn read(view: &StoreView, channel_ref: &ChannelRef) -> Result<Vec<Mute>, StoreError> {
    Ok(view.read(&RecordKey::of(channel_ref, RecordKind::Mutes))?.unwrap_or_default())
}

pub(super) fn write(view: &mut StoreView, channel_ref: &ChannelRef, mutes: &[Mute]) -> Result<(), StoreError> {
    let key = RecordKey::of(channel_ref, RecordKind::Mutes);
    if mutes.is_empty() { view.remove(&key) } else { view.write(&key, &mutes) }
}

/// The mutes of every channel that has any.
pub(super) fn all(view: &StoreView, workspace: &WorkspaceId) -> Result<Vec<(ChannelId, Vec<Mute>)>, StoreError> {
    let mut found = Vec::new();
    for entry in view.scan::<Vec<Mute>>(&RecordKey::all(workspace, RecordKind::Mutes)) {
        let (key, mutes) = entry?;
        match key.channel_ref() {
            Some(channel_ref) => found.push((channel_ref.channel, mutes)),
            None => view.note_unreadable(key),
        }
    }
    Ok(found)
}

/// The mutes that are over and for whose end any delivery waited; none if there are none.
pub(super) fn ended(
    view: &StoreView,
    channel_ref: &ChannelRef,
    now: Timestamp,
) -> Result<Option<EndedMutes>, StoreError> {
    let mut held_until = BTreeMap::new();
    let mut mutes = read(view, channel_ref)?;
    mutes.retain(|mute| mute.until <= now);
    for mute in &mutes {
        if let Entry::Vacant(vacant) = held_until.entry(mute.until) {
            let wakes = RecordKey::wakes_at(channel_ref, mute.until);
            let mut held = 0;
            for wake in view.keys(&wakes, &wakes) {
                wake?;
                held += 1;
            }
            vacant.insert(held);
        }
    }
    mutes.retain(|mute| held_until[&mute.until] > 0);
    let held = held_until.into_values().sum();
    Ok((!mutes.is_empty()).then_some(EndedMutes { mutes, held }))
}

/// Forgets the mutes that were over at a time.
pub(super) fn forget(view: &mut StoreView, channel_ref: &ChannelRef, ended: Timestamp) -> Result<(), StoreError> {
    let mut mutes = read(view, channel_ref)?;
    mutes.retain(|mute| mute.until > ended);
    write(view, channel_ref, &mutes)
}

/// Gives each held delivery that was not tried yet another time.
pub(super) fn release(
    view: &mut StoreView,
    channel_ref: &ChannelRef,
    now: Timestamp,
    held_until: &HeldUntil,
) -> Result<u64, StoreError> {
    let held = view.scan::<Delivery>(&RecordKey::within(channel_ref, RecordKind::Held));
    let held = held.map(|entry| entry.map(|(_, delivery)| delivery)).collect::<Result<Vec<_>, _>>()?;
    let mut released = 0;
    for delivery in held.into_iter().filter(|delivery| delivery.attempts == 0 && delivery.last_error.is_none()) {
        // What is due already goes as it is, and so does what has lost its event.
        let news = if delivery.not_before > now { events::news(view, channel_ref, &delivery)? } else { None };
        let Some(news) = news else { continue };
        let HoldUntil { until, digest } = held_until(&delivery, &news);
        let until = until.unwrap_or(now);
        let digest = digest.map(|at| DigestTimes { at, due: until });
        released += u64::from(until <= now);
        if (until != delivery.not_before || digest != delivery.digest)
            && let Some(mut delivery) = queues::take(view, channel_ref, delivery.sequence)?
        {
            (delivery.not_before, delivery.digest) = (until, digest);
            queues::put(view, channel_ref, &delivery, now)?;
        }
    }
    Ok(released)
}
