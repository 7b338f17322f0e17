//! Who changed what: a part of the store's contract.

use super::StoreError;
use crate::model::{AuditEntry, WorkspaceId};
use async_trait::async_trait;

/// The newest so many entries of a workspace are kept, for half a year.
pub const MAX_AUDIT_ENTRIES_PER_WORKSPACE: usize = 1_000;

/// What is kept of changes after they were made. Those of books come with their edits.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Keeps a entry that comes with no edit of a book.
    async fn append_audit_entry(&self, workspace: &WorkspaceId, entry: AuditEntry) -> Result<(), StoreError>;

    /// The last entries, the newest first, at most `limit`.
    async fn audit_entries(&self, workspace: &WorkspaceId, limit: usize) -> Result<Vec<AuditEntry>, StoreError>;
}
