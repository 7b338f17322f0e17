//! Installations and accounts, and to which workspace an account belongs.

use super::keys::{Key, Kind};
use super::view::View;
use super::{SledStore, accept, datasets, deeds};
use crate::model::{AccountId, DatasetName, Deed, WorkspaceId};
use crate::store::{AccountRecord, AccountSetup, MOST_ACCOUNTS, SetUp, StoreError, Tenants, Watch, WorkspaceRecord};
use async_trait::async_trait;

#[async_trait]
impl Tenants for SledStore {
    async fn find_account(&self, account: &AccountId) -> Result<Option<(WorkspaceId, AccountRecord)>, StoreError> {
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

    async fn home_mark(&self, workspace: &WorkspaceId) -> Result<Option<String>, StoreError> {
        let key = Key::all(workspace, Kind::Home);
        self.read(move |view| view.read(&key)).await
    }

    async fn note_home_mark(&self, workspace: &WorkspaceId, mark: String) -> Result<(), StoreError> {
        let key = Key::all(workspace, Kind::Home);
        self.write(move |view| view.write(&key, &mark)).await
    }

    async fn set_up_account(
        &self,
        workspace: &WorkspaceId,
        account: &AccountId,
        before: Option<AccountSetup>,
        after: AccountSetup,
        deed: Option<Deed>,
    ) -> Result<SetUp, StoreError> {
        let (workspace, account) = (workspace.clone(), account.clone());
        self.write(move |view| set_up(view, &workspace, &account, before.as_ref(), after, deed.as_ref())).await
    }

    async fn remove_account(
        &self,
        workspace: &WorkspaceId,
        account: &AccountId,
        deed: Deed,
    ) -> Result<bool, StoreError> {
        let (workspace, account) = (workspace.clone(), account.clone());
        self.write(move |view| remove(view, &workspace, &account, &deed)).await
    }

    async fn replace_watch(
        &self,
        workspace: &WorkspaceId,
        account: &AccountId,
        before: Watch,
        after: Watch,
    ) -> Result<bool, StoreError> {
        let key = Key::account(workspace, account);
        let replace = move |view: &mut View| {
            let record: Option<AccountRecord> = view.read(&key)?;
            let Some(record) = record.filter(|record| record.watch == before) else { return Ok(false) };
            view.write(&key, &AccountRecord { watch: after, ..record }).map(|()| true)
        };
        self.write(replace).await
    }

    async fn datasets_of(&self, workspace: &WorkspaceId, account: &AccountId) -> Result<Vec<DatasetName>, StoreError> {
        let (workspace, account) = (workspace.clone(), account.clone());
        self.read(move |view| datasets::only_of(view, &workspace, &account)).await
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
    deed: Option<&Deed>,
) -> Result<SetUp, StoreError> {
    let (key, owner) = (Key::account(workspace, account), Key::owner(account));
    let mut record = view.read::<AccountRecord>(&key)?.unwrap_or_default();
    if record.setup.as_ref() != before {
        return Ok(SetUp::Changed);
    }
    if before.is_none() && view.holds(&owner)? {
        return Ok(SetUp::Changed);
    }
    // Who keeps a name keeps it, even if it is not the only one.
    if before.is_none_or(|before| before.name != after.name) {
        let accounts = accept::accounts(view, workspace)?.into_iter().filter(|(id, _)| id != account);
        let others: Vec<AccountSetup> = accounts.filter_map(|(_, account)| account.setup).collect();
        if others.iter().any(|other| other.name.to_lowercase() == after.name.to_lowercase()) {
            return Ok(SetUp::NameTaken);
        }
        if before.is_none() && others.len() >= MOST_ACCOUNTS {
            return Ok(SetUp::TooMany);
        }
    }
    if before.is_none() {
        record.watch = Watch::NEW;
    }
    record.setup = Some(after);
    put(view, workspace, account, &record)?;
    deed.map_or(Ok(()), |deed| deeds::note(view, workspace, deed))?;
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
pub(super) fn remove(
    view: &mut View,
    workspace: &WorkspaceId,
    account: &AccountId,
    deed: &Deed,
) -> Result<bool, StoreError> {
    let owner = Key::owner(account);
    if view.read::<WorkspaceId>(&owner)?.as_ref() != Some(workspace) {
        return Ok(false);
    }
    view.remove(&owner)?;
    view.remove(&Key::account(workspace, account))?;
    deeds::note(view, workspace, deed)?;
    Ok(true)
}

/// Finds an account that was set up, and whose it is.
pub(super) fn find(view: &View, account: &AccountId) -> Result<Option<(WorkspaceId, AccountRecord)>, StoreError> {
    let Some(workspace) = view.read::<WorkspaceId>(&Key::owner(account))? else { return Ok(None) };
    let record: Option<AccountRecord> = view.read(&Key::account(&workspace, account))?;
    Ok(record.filter(|record| record.setup.is_some()).map(|record| (workspace, record)))
}
