//! Paused channels: who is to be told of them.

use super::keys::{RecordKey, RecordKind};
use super::queues::QueueRecord;
use super::view::StoreView;
use crate::model::{ChannelRef, Pause, Subscription, UserId, WorkspaceId};
use crate::store::{PauseNotice, StoreError};
use jiff::Timestamp;

/// No more people than these are told of a pause.
const MAX_PAUSE_NOTICES: usize = 5;

/// Who made these subscriptions: each of the first few once.
pub(super) fn creators(paused: &[Subscription], now: Timestamp) -> Vec<PauseNotice> {
    let mut notices: Vec<PauseNotice> = Vec::new();
    for subscription in paused {
        if notices.len() < MAX_PAUSE_NOTICES && notices.iter().all(|one| one.user != subscription.creator) {
            notices.push(PauseNotice { user: subscription.creator.clone(), not_before: now, tries: 0 });
        }
    }
    notices
}

/// Returns the channels with a pause that a creator is still to be notified of.
pub(super) fn unsent(view: &StoreView, workspace: &WorkspaceId) -> Result<Vec<ChannelRef>, StoreError> {
    let mut channels = Vec::new();
    for entry in view.scan::<QueueRecord>(&RecordKey::all(workspace, RecordKind::Queue)) {
        let (key, record) = entry?;
        channels.extend(key.channel_ref().filter(|_| !record.pause_notices.is_empty()));
    }
    Ok(channels)
}

/// Notes that somebody is being told; whether they were still to be.
pub(super) fn told(view: &mut StoreView, channel_ref: &ChannelRef, user: &UserId) -> Result<bool, StoreError> {
    let mut record = QueueRecord::read(view, channel_ref)?;
    let Some(place) = record.pause_notices.iter().position(|notice| notice.user == *user) else { return Ok(false) };
    record.pause_notices.remove(place);
    record.write(view, channel_ref)?;
    Ok(true)
}

/// Notes that somebody is to be told later, of a pause that still lasts.
pub(super) fn return_pause_notice(
    view: &mut StoreView,
    channel_ref: &ChannelRef,
    pause: &Pause,
    notice: PauseNotice,
) -> Result<(), StoreError> {
    let mut record = QueueRecord::read(view, channel_ref)?;
    if record.pause.as_ref() == Some(pause) {
        record.pause_notices.push(notice);
        record.write(view, channel_ref)?;
    }
    Ok(())
}
