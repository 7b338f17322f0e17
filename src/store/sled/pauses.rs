//! Paused channels: who is to be told of them.

use super::keys::{Key, Kind};
use super::lanes::QueueRecord;
use super::view::View;
use crate::model::{ChannelRef, Pause, Subscription, UserId, WorkspaceId};
use crate::store::{StoreError, Untold};
use jiff::Timestamp;

/// No more people than these are told of a pause.
const MOST_TOLD: usize = 5;

/// Who made these subscriptions: each of the first few once.
pub(super) fn creators(paused: &[Subscription], now: Timestamp) -> Vec<Untold> {
    let mut untold: Vec<Untold> = Vec::new();
    for subscription in paused {
        if untold.len() < MOST_TOLD && untold.iter().all(|one| one.user != subscription.creator) {
            untold.push(Untold { user: subscription.creator.clone(), not_before: now, tries: 0 });
        }
    }
    untold
}

/// DeliveryWorkers of whose pause somebody is still to be told.
pub(super) fn untold(view: &View, workspace: &WorkspaceId) -> Result<Vec<ChannelRef>, StoreError> {
    let mut channels = Vec::new();
    for entry in view.scan::<QueueRecord>(&Key::all(workspace, Kind::Queue)) {
        let (key, record) = entry?;
        channels.extend(key.channel_ref().filter(|_| !record.untold.is_empty()));
    }
    Ok(channels)
}

/// Notes that somebody is being told; whether they were still to be.
pub(super) fn told(view: &mut View, channel_ref: &ChannelRef, user: &UserId) -> Result<bool, StoreError> {
    let mut record = QueueRecord::read(view, channel_ref)?;
    let Some(place) = record.untold.iter().position(|untold| untold.user == *user) else { return Ok(false) };
    record.untold.remove(place);
    record.write(view, channel_ref)?;
    Ok(true)
}

/// Notes that somebody is to be told later, of a pause that still lasts.
pub(super) fn not_told(
    view: &mut View,
    channel_ref: &ChannelRef,
    pause: &Pause,
    untold: Untold,
) -> Result<(), StoreError> {
    let mut record = QueueRecord::read(view, channel_ref)?;
    if record.pause.as_ref() == Some(pause) {
        record.untold.push(untold);
        record.write(view, channel_ref)?;
    }
    Ok(())
}
