//! Events: stored once however many channels want them, for as long as anything needs them.

use super::keys::{Key, Kind};
use super::view::View;
use crate::model::{ChannelRef, Delivery, News, WorkspaceId};
use crate::store::StoreError;
pub(super) use crate::store::record::{KeptEvent as EventRecord, Track};
use serde::Deserialize;
use std::sync::Arc;

/// The part of an event's record that forgetting it looks at.
#[derive(Deserialize)]
pub(super) struct Tracked {
    pub(super) track: Track,
}

/// The event of a delivery, if it is there and can be read.
pub(super) fn news(
    view: &View,
    channel_ref: &ChannelRef,
    delivery: &Delivery,
) -> Result<Option<Arc<News>>, StoreError> {
    let key = Key::event(&channel_ref.workspace, delivery.accepted_at, delivery.event);
    Ok(view.read::<EventRecord>(&key)?.map(|record| record.news))
}

impl Track {
    /// Whether a delivery or a dead letter still needs the event.
    pub(super) fn is_needed(&self, view: &View, workspace: &WorkspaceId) -> Result<bool, StoreError> {
        for (channel, sequence) in &self.deliveries {
            let channel_ref = ChannelRef { workspace: workspace.clone(), channel: channel.clone() };
            for kind in [Kind::Ready, Kind::Held, Kind::Dead] {
                if view.holds(&Key::numbered(&channel_ref, kind, *sequence))? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}
