//! Paused lanes: who is to be told of them.

use super::keys::{Key, Kind};
use super::lanes::LaneRecord;
use super::view::View;
use crate::model::{Lane, Pause, Subscription, UserId, WorkspaceId};
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

/// Lanes of whose pause somebody is still to be told.
pub(super) fn untold(view: &View, workspace: &WorkspaceId) -> Result<Vec<Lane>, StoreError> {
    let mut lanes = Vec::new();
    for entry in view.scan::<LaneRecord>(&Key::all(workspace, Kind::Lane)) {
        let (key, record) = entry?;
        lanes.extend(key.lane().filter(|_| !record.untold.is_empty()));
    }
    Ok(lanes)
}

/// Notes that somebody is being told; whether they were still to be.
pub(super) fn told(view: &mut View, lane: &Lane, user: &UserId) -> Result<bool, StoreError> {
    let mut record = LaneRecord::read(view, lane)?;
    let Some(place) = record.untold.iter().position(|untold| untold.user == *user) else { return Ok(false) };
    record.untold.remove(place);
    record.write(view, lane)?;
    Ok(true)
}

/// Notes that somebody is to be told later, of a pause that still lasts.
pub(super) fn not_told(view: &mut View, lane: &Lane, pause: &Pause, untold: Untold) -> Result<(), StoreError> {
    let mut record = LaneRecord::read(view, lane)?;
    if record.pause.as_ref() == Some(pause) {
        record.untold.push(untold);
        record.write(view, lane)?;
    }
    Ok(())
}
