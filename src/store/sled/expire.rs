//! Giving up what a paused channel has held for too long, a page at a time so that nothing waits for it.

use super::keys::{RecordKey, RecordKind};
use super::queues::{QueueRecord, give_up};
use super::view::StoreView;
use super::writer::{Commit, StoreWriter};
use crate::clock::later;
use crate::model::{ChannelRef, Delivery, Pause, WorkspaceId};
use crate::store::StoreError;
use jiff::Timestamp;
use std::time::Duration;

/// A paused channel holds a delivery for so long.
const MAX_HELD_IN_PAUSE: Duration = Duration::from_hours(7 * 24);
/// What a delivery becomes that was held for longer.
const HELD_TOO_LONG: &str = "held_too_long";
/// How many deliveries one step looks at.
const DELIVERIES_PER_STEP: usize = 256;

pub(super) async fn expire(writer: &StoreWriter, workspace: &WorkspaceId, now: Timestamp) -> Result<u64, StoreError> {
    let mut gone = 0;
    for channel_ref in long_paused(writer, workspace, now).await? {
        let mut of_channel = 0;
        for kind in [RecordKind::Ready, RecordKind::Held] {
            let mut from = Some(RecordKey::within(&channel_ref, kind));
            while let Some(start) = from {
                let channel_ref = channel_ref.clone();
                let step = move |view: &mut StoreView| Ok((page(view, &channel_ref, kind, &start, now)?, Commit::Soon));
                let (went, next) = writer.write(step).await?;
                of_channel += went;
                from = next;
            }
        }
        if of_channel > 0 {
            tracing::warn!(
                channel = %channel_ref, dead_letters = of_channel,
                "moved {of_channel} deliveries to the dead letters because {channel_ref} was on hold for 7 days"
            );
        }
        gone += of_channel;
    }
    Ok(gone)
}

/// Returns the channels that have been paused for longer than deliveries are kept.
async fn long_paused(
    writer: &StoreWriter,
    workspace: &WorkspaceId,
    now: Timestamp,
) -> Result<Vec<ChannelRef>, StoreError> {
    let beginning = RecordKey::all(workspace, RecordKind::Queue);
    let find = move |view: &mut StoreView| {
        let mut channels = Vec::new();
        for entry in view.scan::<QueueRecord>(&beginning) {
            let (key, record) = entry?;
            let is_long = record.pause.is_some_and(|pause| later(pause.since, MAX_HELD_IN_PAUSE) <= now);
            channels.extend(key.channel_ref().filter(|_| is_long));
        }
        Ok((channels, Commit::Soon))
    };
    writer.write(find).await
}

/// Gives up what was held for too long among the next deliveries. Gives how many that are, and where to go on.
fn page(
    view: &mut StoreView,
    channel_ref: &ChannelRef,
    kind: RecordKind,
    start: &RecordKey,
    now: Timestamp,
) -> Result<(u64, Option<RecordKey>), StoreError> {
    // It may have been resumed since the last page.
    let Some(pause) = QueueRecord::read(view, channel_ref)?.pause else { return Ok((0, None)) };
    let keys = view
        .keys(&RecordKey::within(channel_ref, kind), start)
        .take(DELIVERIES_PER_STEP)
        .collect::<Result<Vec<_>, _>>()?;
    let mut covers = Vec::new();
    for key in &keys {
        let delivery = view.read::<Delivery>(key)?;
        covers.extend(delivery.filter(|delivery| held_until(delivery, &pause) <= now).map(|held| held.sequence));
    }
    if !covers.is_empty() {
        give_up(view, channel_ref, &covers, HELD_TOO_LONG, now)?;
    }
    Ok((covers.len() as u64, keys.get(DELIVERIES_PER_STEP - 1).map(RecordKey::successor)))
}

/// When a delivery was held for too long by a pause: what a mute or quiet hours held back before is not counted.
fn held_until(delivery: &Delivery, pause: &Pause) -> Timestamp {
    later(delivery.accepted_at.max(delivery.not_before).max(pause.since), MAX_HELD_IN_PAUSE)
}
