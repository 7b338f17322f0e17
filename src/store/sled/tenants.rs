//! Installations and accounts, and to which workspace an account belongs.

use super::keys::Key;
use super::view::View;
use super::{SledStore, accept};
use crate::model::{AccountId, WorkspaceId};
use crate::store::{AccountRecord, AccountSetup, MOST_ACCOUNTS, SetUp, StoreError, Tenants, WorkspaceRecord};
use async_trait::async_trait;

#[async_trait]
impl Tenants for SledStore {
    async fn find_account(&self, account: &AccountId) -> Result<Option<(WorkspaceId, AccountSetup)>, StoreError> {
        let account = account.clone();
        self.read(move |view| find(view, &account)).await
    }

    async fn installation(&self, workspace: &WorkspaceId) -> Result<Option<WorkspaceRecord>, StoreError> {
        let key = Key::installation(workspace);
        self.read(move |view| view.read(&key)).await
    }

    async fn replace_installation(
        &self,
        workspace: &WorkspaceId,
        before: Option<WorkspaceRecord>,
        after: WorkspaceRecord,
    ) -> Result<bool, StoreError> {
        let workspace = workspace.clone();
        self.write(move |view| replace(view, &workspace, before.as_ref(), &after)).await
    }

    async fn set_up_account(
        &self,
        workspace: &WorkspaceId,
        account: &AccountId,
        before: Option<AccountSetup>,
        after: AccountSetup,
    ) -> Result<SetUp, StoreError> {
        let (workspace, account) = (workspace.clone(), account.clone());
        self.write(move |view| set_up(view, &workspace, &account, before.as_ref(), after)).await
    }

    async fn remove_account(&self, workspace: &WorkspaceId, account: &AccountId) -> Result<bool, StoreError> {
        let (workspace, account) = (workspace.clone(), account.clone());
        self.write(move |view| remove(view, &workspace, &account)).await
    }
}

/// Replaces what is known of an installation, if it is what it was expected to be.
pub(super) fn replace(
    view: &mut View,
    workspace: &WorkspaceId,
    before: Option<&WorkspaceRecord>,
    after: &WorkspaceRecord,
) -> Result<bool, StoreError> {
    let key = Key::installation(workspace);
    if view.read::<WorkspaceRecord>(&key)?.as_ref() != before {
        return Ok(false);
    }
    view.write(&key, after).map(|()| true)
}

/// Sets an account up, or changes how it is set up.
pub(super) fn set_up(
    view: &mut View,
    workspace: &WorkspaceId,
    account: &AccountId,
    before: Option<&AccountSetup>,
    after: AccountSetup,
) -> Result<SetUp, StoreError> {
    let (key, owner) = (Key::account(workspace, account), Key::owner(account));
    let mut record = view.read::<AccountRecord>(&key)?.unwrap_or_default();
    if record.setup.as_ref() != before {
        return Ok(SetUp::Changed);
    }
    if before.is_none() {
        if view.holds(&owner)? {
            return Ok(SetUp::Changed);
        }
        let accounts = accept::accounts(view, workspace)?;
        if accounts.iter().filter(|(_, account)| account.setup.is_some()).count() >= MOST_ACCOUNTS {
            return Ok(SetUp::TooMany);
        }
    }
    record.setup = Some(after);
    put(view, workspace, account, &record)?;
    Ok(SetUp::Stored)
}

/// Writes what is known of an account, and whose it is if it was set up.
pub(super) fn put(
    view: &mut View,
    workspace: &WorkspaceId,
    account: &AccountId,
    record: &AccountRecord,
) -> Result<(), StoreError> {
    if record.setup.is_some() {
        view.write(&Key::owner(account), workspace)?;
    }
    view.write(&Key::account(workspace, account), record)
}

/// Forgets an account that was set up, if it is the workspace's; whether it was there.
pub(super) fn remove(view: &mut View, workspace: &WorkspaceId, account: &AccountId) -> Result<bool, StoreError> {
    let owner = Key::owner(account);
    if view.read::<WorkspaceId>(&owner)?.as_ref() != Some(workspace) {
        return Ok(false);
    }
    view.remove(&owner)?;
    view.remove(&Key::account(workspace, account))?;
    Ok(true)
}

/// Finds an account that was set up, and whose it is.
pub(super) fn find(view: &View, account: &AccountId) -> Result<Option<(WorkspaceId, AccountSetup)>, StoreError> {
    let Some(workspace) = view.read::<WorkspaceId>(&Key::owner(account))? else { return Ok(None) };
    let record: Option<AccountRecord> = view.read(&Key::account(&workspace, account))?;
    Ok(record.and_then(|record| record.setup).map(|setup| (workspace, setup)))
}
