//! Deeds, numbered in the order in which they were written.

use super::SledStore;
use super::keys::{Key, Kind};
use super::view::View;
use crate::model::{Deed, WorkspaceId};
use crate::store::{Deeds, MOST_DEEDS, StoreError};
use async_trait::async_trait;
use jiff::Timestamp;
use std::time::Duration;

/// Older ones are forgotten.
const LIVE: Duration = Duration::from_hours(180 * 24);

#[async_trait]
impl Deeds for SledStore {
    async fn note_deed(&self, workspace: &WorkspaceId, deed: Deed) -> Result<(), StoreError> {
        let workspace = workspace.clone();
        self.write(move |view| note(view, &workspace, &deed)).await
    }

    async fn deeds(&self, workspace: &WorkspaceId, limit: usize) -> Result<Vec<Deed>, StoreError> {
        let all = Key::all(workspace, Kind::Deed);
        let read = move |view: &View| view.scan::<Deed>(&all).map(|entry| entry.map(|(_, deed)| deed)).collect();
        let mut deeds: Vec<Deed> = self.read(read).await?;
        deeds.reverse();
        deeds.truncate(limit);
        Ok(deeds)
    }
}

/// Keeps a deed; the oldest above the number that is kept goes.
pub(super) fn note(view: &mut View, workspace: &WorkspaceId, deed: &Deed) -> Result<(), StoreError> {
    let all = Key::all(workspace, Kind::Deed);
    let keys = view.keys(&all, &all).collect::<Result<Vec<_>, _>>()?;
    let number = keys.last().and_then(Key::sequence).map_or(0, |last| last + 1);
    for oldest in keys.iter().take((keys.len() + 1).saturating_sub(MOST_DEEDS)) {
        view.remove(oldest)?;
    }
    put(view, workspace, number, deed)
}

/// Writes a deed under its number.
pub(super) fn put(view: &mut View, workspace: &WorkspaceId, number: u64, deed: &Deed) -> Result<(), StoreError> {
    view.write(&Key::deed(workspace, number), deed)
}

/// Forgets a deed that is too old.
pub(super) fn forget(view: &mut View, _: &WorkspaceId, key: &Key, now: Timestamp) -> Result<u64, StoreError> {
    match view.read::<Deed>(key)? {
        Some(deed) if deed.at < now.checked_sub(LIVE).unwrap_or(Timestamp::MIN) => view.remove(key).map(|()| 1),
        _ => Ok(0),
    }
}
