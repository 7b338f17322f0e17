//! Who changed what: a part of the store's contract.

use super::StoreError;
use crate::model::{Deed, WorkspaceId};
use async_trait::async_trait;

/// The newest so many deeds of a workspace are kept, for half a year.
pub const MOST_DEEDS: usize = 1_000;

/// What is kept of changes after they were made. Those of books come with their edits.
#[async_trait]
pub trait Deeds: Send + Sync {
    /// Keeps a deed that comes with no edit of a book.
    async fn note_deed(&self, workspace: &WorkspaceId, deed: Deed) -> Result<(), StoreError>;

    /// The last deeds, the newest first, at most `limit`.
    async fn deeds(&self, workspace: &WorkspaceId, limit: usize) -> Result<Vec<Deed>, StoreError>;
}
