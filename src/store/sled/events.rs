//! Events: stored once however many channels want them, for as long as anything needs them.

use super::keys::{RecordKey, RecordKind};
use super::view::StoreView;
use crate::model::{ChannelRef, Delivery, News, WorkspaceId};
use crate::store::StoreError;
pub(super) use crate::store::record::{EventTrack, StoredEvent as EventRecord};
use serde::Deserialize;
use std::sync::Arc;

/// The part of an event's record that forgetting it looks at.
#[derive(Deserialize)]
pub(super) struct TrackedEvent {
    pub(super) track: EventTrack,
}

/// The event of a delivery, if it is there and can be read.
pub(super) fn news(
    view: &StoreView,
    channel_ref: &ChannelRef,
    delivery: &Delivery,
) -> Result<Option<Arc<News>>, StoreError> {
    let key = RecordKey::event(&channel_ref.workspace, delivery.accepted_at, delivery.event);
    Ok(view.read::<EventRecord>(&key)?.map(|record| record.news))
}

impl EventTrack {
    /// Whether a delivery or a dead letter still needs the event.
    pub(super) fn is_needed(&self, view: &StoreView, workspace: &WorkspaceId) -> Result<bool, StoreError> {
        for (channel, sequence) in &self.deliveries {
            let channel_ref = ChannelRef { workspace: workspace.clone(), channel: channel.clone() };
            for kind in [RecordKind::Ready, RecordKind::Held, RecordKind::Dead] {
                if view.holds(&RecordKey::numbered(&channel_ref, kind, *sequence))? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}
