//! Installations and accounts, and to which workspace an account belongs.

use super::keys::{RecordKey, RecordKind};
use super::view::StoreView;
use super::{SledStore, audit, datasets, intake};
use crate::model::{AccountId, AuditEntry, DatasetName, WorkspaceId};
use crate::store::{
    AccountRecord, AccountSetup, Installations, MAX_ACCOUNTS_PER_WORKSPACE, NotificationStates, SetUpResult,
    StoreError, WorkspaceRecord,
};
use async_trait::async_trait;

#[async_trait]
impl Installations for SledStore {
    async fn find_account(&self, account: &AccountId) -> Result<Option<(WorkspaceId, AccountRecord)>, StoreError> {
        let account = account.clone();
        self.read(move |view| find(view, &account)).await
    }

    async fn installation(&self, workspace: &WorkspaceId) -> Result<Option<WorkspaceRecord>, StoreError> {
        let key = RecordKey::installation(workspace);
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

    async fn environment_token_mark(&self, workspace: &WorkspaceId) -> Result<Option<String>, StoreError> {
        let key = RecordKey::all(workspace, RecordKind::EnvironmentTokenMark);
        self.read(move |view| view.read(&key)).await
    }

    async fn note_environment_token_mark(&self, workspace: &WorkspaceId, mark: String) -> Result<(), StoreError> {
        let key = RecordKey::all(workspace, RecordKind::EnvironmentTokenMark);
        self.write(move |view| view.write(&key, &mark)).await
    }

    async fn set_up_account(
        &self,
        workspace: &WorkspaceId,
        account: &AccountId,
        before: Option<AccountSetup>,
        after: AccountSetup,
        entry: Option<AuditEntry>,
    ) -> Result<SetUpResult, StoreError> {
        let (workspace, account) = (workspace.clone(), account.clone());
        self.write(move |view| set_up(view, &workspace, &account, before.as_ref(), after, entry.as_ref())).await
    }

    async fn remove_account(
        &self,
        workspace: &WorkspaceId,
        account: &AccountId,
        entry: AuditEntry,
    ) -> Result<bool, StoreError> {
        let (workspace, account) = (workspace.clone(), account.clone());
        self.write(move |view| remove(view, &workspace, &account, &entry)).await
    }

    async fn replace_notifications(
        &self,
        workspace: &WorkspaceId,
        account: &AccountId,
        before: NotificationStates,
        after: NotificationStates,
    ) -> Result<bool, StoreError> {
        let key = RecordKey::account(workspace, account);
        let replace = move |view: &mut StoreView| {
            let record: Option<AccountRecord> = view.read(&key)?;
            let Some(record) = record.filter(|record| record.notifications == before) else { return Ok(false) };
            view.write(&key, &AccountRecord { notifications: after, ..record }).map(|()| true)
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
    view: &mut StoreView,
    workspace: &WorkspaceId,
    before: Option<&WorkspaceRecord>,
    after: &WorkspaceRecord,
) -> Result<bool, StoreError> {
    let key = RecordKey::installation(workspace);
    if view.read::<WorkspaceRecord>(&key)?.as_ref() != before {
        return Ok(false);
    }
    view.write(&key, after).map(|()| true)
}

/// Sets an account up, or changes how it is set up.
pub(super) fn set_up(
    view: &mut StoreView,
    workspace: &WorkspaceId,
    account: &AccountId,
    before: Option<&AccountSetup>,
    after: AccountSetup,
    entry: Option<&AuditEntry>,
) -> Result<SetUpResult, StoreError> {
    let (key, owner) = (RecordKey::account(workspace, account), RecordKey::owner(account));
    let mut record = view.read::<AccountRecord>(&key)?.unwrap_or_default();
    if record.setup.as_ref() != before {
        return Ok(SetUpResult::Changed);
    }
    if before.is_none() && view.holds(&owner)? {
        return Ok(SetUpResult::Changed);
    }
    // Who keeps a name keeps it, even if it is not the only one.
    if before.is_none_or(|before| before.name != after.name) {
        let accounts = intake::accounts(view, workspace)?.into_iter().filter(|(id, _)| id != account);
        let others: Vec<AccountSetup> = accounts.filter_map(|(_, account)| account.setup).collect();
        if others.iter().any(|other| other.name.to_lowercase() == after.name.to_lowercase()) {
            return Ok(SetUpResult::NameTaken);
        }
        if before.is_none() && others.len() >= MAX_ACCOUNTS_PER_WORKSPACE {
            return Ok(SetUpResult::TooMany);
        }
    }
    if before.is_none() {
        record.notifications = NotificationStates::NEW;
    }
    record.setup = Some(after);
    put(view, workspace, account, &record)?;
    entry.map_or(Ok(()), |entry| audit::note(view, workspace, entry))?;
    Ok(SetUpResult::Stored)
}

/// Writes what is known of an account, and whose it is if it was set up.
pub(super) fn put(
    view: &mut StoreView,
    workspace: &WorkspaceId,
    account: &AccountId,
    record: &AccountRecord,
) -> Result<(), StoreError> {
    if record.setup.is_some() {
        view.write(&RecordKey::owner(account), workspace)?;
    }
    view.write(&RecordKey::account(workspace, account), record)
}

/// Forgets an account that was set up, if it is the workspace's; whether it was there.
pub(super) fn remove(
    view: &mut StoreView,
    workspace: &WorkspaceId,
    account: &AccountId,
    entry: &AuditEntry,
) -> Result<bool, StoreError> {
    let owner = RecordKey::owner(account);
    if view.read::<WorkspaceId>(&owner)?.as_ref() != Some(workspace) {
        return Ok(false);
    }
    view.remove(&owner)?;
    view.remove(&RecordKey::account(workspace, account))?;
    audit::note(view, workspace, entry)?;
    Ok(true)
}

/// Finds an account that was set up, and whose it is.
pub(super) fn find(view: &StoreView, account: &AccountId) -> Result<Option<(WorkspaceId, AccountRecord)>, StoreError> {
    let Some(workspace) = view.read::<WorkspaceId>(&RecordKey::owner(account))? else { return Ok(None) };
    let record: Option<AccountRecord> = view.read(&RecordKey::account(&workspace, account))?;
    Ok(record.filter(|record| record.setup.is_some()).map(|record| (workspace, record)))
}
