//! Which accounts have an API key, in memory, for everybody who offers to act on Segments.ai; the store's are the truth.

use crate::model::{AccountId, WorkspaceId};
use crate::render::AllowedActions;
use parking_lot::RwLock;
use std::collections::HashSet;

/// Accounts with an API key, by workspace.
#[derive(Debug, Default)]
pub struct AccountsWithApiKey {
    accounts: RwLock<HashSet<(WorkspaceId, AccountId)>>,
    /// Whether issues can be replied to.
    replies: bool,
}

impl AccountsWithApiKey {
    /// No accounts yet; `replies` if issues can be replied to.
    pub fn new(replies: bool) -> Self {
        Self { replies, ..Self::default() }
    }

    /// What can be done with an account of a workspace.
    pub fn acts(&self, workspace: &WorkspaceId, account: &AccountId) -> AllowedActions {
        match self.has(workspace, account) {
            false => AllowedActions::Nothing,
            true if self.replies => AllowedActions::WithReplies,
            true => AllowedActions::Changes,
        }
    }

    /// Whether something can be done with an account of a workspace.
    pub fn has(&self, workspace: &WorkspaceId, account: &AccountId) -> bool {
        self.accounts.read().contains(&(workspace.clone(), account.clone()))
    }

    /// Notes whether an account has a key.
    pub fn note(&self, workspace: &WorkspaceId, account: &AccountId, has_key: bool) {
        let mut keyed = self.accounts.write();
        let account = (workspace.clone(), account.clone());
        if has_key {
            keyed.insert(account);
        } else {
            keyed.remove(&account);
        }
    }
}
