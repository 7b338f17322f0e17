//! Audit entries, numbered in the order in which they were written.

use super::SledStore;
use super::keys::{RecordKey, RecordKind};
use super::view::StoreView;
use crate::model::{AuditEntry, WorkspaceId};
use crate::store::{AuditLog, MAX_AUDIT_ENTRIES_PER_WORKSPACE, StoreError};
use async_trait::async_trait;
use jiff::Timestamp;
use std::time::Duration;

/// Older ones are forgotten.
const AUDIT_ENTRY_LIFETIME: Duration = Duration::from_hours(180 * 24);

#[async_trait]
impl AuditLog for SledStore {
    async fn append_audit_entry(&self, workspace: &WorkspaceId, entry: AuditEntry) -> Result<(), StoreError> {
        let workspace = workspace.clone();
        self.write(move |view| note(view, &workspace, &entry)).await
    }

    async fn audit_entries(&self, workspace: &WorkspaceId, limit: usize) -> Result<Vec<AuditEntry>, StoreError> {
        let all = RecordKey::all(workspace, RecordKind::AuditEntry);
        let read =
            move |view: &StoreView| view.scan::<AuditEntry>(&all).map(|entry| entry.map(|(_, entry)| entry)).collect();
        let mut entries: Vec<AuditEntry> = self.read(read).await?;
        entries.reverse();
        entries.truncate(limit);
        Ok(entries)
    }
}

/// Stores an entry; the oldest above the number that is kept goes.
pub(super) fn note(view: &mut StoreView, workspace: &WorkspaceId, entry: &AuditEntry) -> Result<(), StoreError> {
    let all = RecordKey::all(workspace, RecordKind::AuditEntry);
    let keys = view.keys(&all, &all).collect::<Result<Vec<_>, _>>()?;
    let number = keys.last().and_then(RecordKey::sequence).map_or(0, |last| last + 1);
    for oldest in keys.iter().take((keys.len() + 1).saturating_sub(MAX_AUDIT_ENTRIES_PER_WORKSPACE)) {
        view.remove(oldest)?;
    }
    put(view, workspace, number, entry)
}

/// Writes an entry under its number.
pub(super) fn put(
    view: &mut StoreView,
    workspace: &WorkspaceId,
    number: u64,
    entry: &AuditEntry,
) -> Result<(), StoreError> {
    view.write(&RecordKey::audit_entry(workspace, number), entry)
}

/// Deletes an entry that is too old.
pub(super) fn forget(
    view: &mut StoreView,
    _: &WorkspaceId,
    key: &RecordKey,
    now: Timestamp,
) -> Result<u64, StoreError> {
    match view.read::<AuditEntry>(key)? {
        Some(entry) if entry.at < now.checked_sub(AUDIT_ENTRY_LIFETIME).unwrap_or(Timestamp::MIN) => {
            view.remove(key).map(|()| 1)
        }
        _ => Ok(0),
    }
}
