//! The people of every workspace, in memory, for everybody who writes messages; the store's claims are the truth.

use crate::model::{People, UserMapping, WorkspaceId};
use parking_lot::RwLock;
use std::collections::HashMap;
use std::sync::Arc;

/// Who is who, by workspace.
#[derive(Debug, Default)]
pub struct UserDirectory(RwLock<HashMap<WorkspaceId, Arc<People>>>);

impl UserDirectory {
    /// The people of a workspace, as they are known now.
    pub fn of(&self, workspace: &WorkspaceId) -> Arc<People> {
        self.0.read().get(workspace).cloned().unwrap_or_default()
    }

    /// Replaces everybody in a workspace.
    pub fn replace(&self, workspace: &WorkspaceId, links: Vec<UserMapping>) {
        let people = Arc::new(People::new(links));
        self.0.write().insert(workspace.clone(), people);
    }
}
