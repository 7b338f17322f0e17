//! Own changes that are to come back: each found once, by what it does to what.

use super::keys::Key;
use super::view::View;
use crate::model::{ChannelId, ObjectKey, OwnChange, WorkspaceId};
use crate::store::{Arrival, StoreError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// So many of the same change are expected at a time.
const MOST: usize = 100;

/// Where a change was made, and until when it is expected back.
#[derive(Serialize, Deserialize)]
struct Expected {
    channel: ChannelId,
    expires_at: Timestamp,
}

pub(super) fn expect(view: &mut View, workspace: &WorkspaceId, change: OwnChange) -> Result<(), StoreError> {
    let key = Key::echo(workspace, &change.account, &change.object, &change.event);
    let mut expected: Vec<Expected> = view.read(&key)?.unwrap_or_default();
    expected.push(Expected { channel: change.channel, expires_at: change.expires_at });
    expected.drain(..expected.len().saturating_sub(MOST));
    view.write(&key, &expected)
}

/// The channel that an arriving event was caused from, if any; that is then used up.
pub(super) fn take(
    view: &mut View,
    workspace: &WorkspaceId,
    arrival: &Arrival,
    object: &ObjectKey,
    event: &str,
) -> Result<Option<ChannelId>, StoreError> {
    let key = Key::echo(workspace, &arrival.account, object, event);
    let Some(mut expected) = view.read::<Vec<Expected>>(&key)? else { return Ok(None) };
    expected.retain(|one| arrival.received_at < one.expires_at);
    let first = (!expected.is_empty()).then(|| expected.remove(0).channel);
    let kept = if expected.is_empty() { view.remove(&key) } else { view.write(&key, &expected) };
    kept.map(|()| first)
}

/// Forgets what did not come back in time.
pub(super) fn forget(view: &mut View, _: &WorkspaceId, key: &Key, now: Timestamp) -> Result<u64, StoreError> {
    match view.read::<Vec<Expected>>(key)? {
        Some(expected) if expected.iter().all(|one| one.expires_at <= now) => view.remove(key).map(|()| 1),
        _ => Ok(0),
    }
}
