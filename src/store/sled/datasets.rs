//! The datasets that events named, each with the accounts that its events came to.

use super::keys::{RecordKey, RecordKind};
use super::view::StoreView;
use crate::model::{AccountId, DatasetName, WorkspaceId};
use crate::routing::index::MAX_DATASETS_PER_WORKSPACE;
use crate::store::StoreError;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A dataset that was seen.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(from = "StoredDataset")]
pub(super) struct SeenDataset {
    /// It.
    pub(super) name: DatasetName,
    /// The accounts; none of a record from before they were kept.
    pub(super) accounts: Vec<AccountId>,
}

/// As it may stand there: once the name alone was kept.
#[derive(Deserialize)]
#[serde(untagged)]
enum StoredDataset {
    Name(DatasetName),
    SeenDataset { name: DatasetName, accounts: Vec<AccountId> },
}

impl From<StoredDataset> for SeenDataset {
    fn from(stored: StoredDataset) -> Self {
        match stored {
            StoredDataset::Name(name) => Self { name, accounts: Vec::new() },
            StoredDataset::SeenDataset { name, accounts } => Self { name, accounts },
        }
    }
}

/// Notes that an event of a dataset came to an account. Where as many are known as are kept, another one is not noted.
pub(super) fn note(
    view: &mut StoreView,
    workspace: &WorkspaceId,
    account: &AccountId,
    name: &DatasetName,
) -> Result<(), StoreError> {
    let key = RecordKey::dataset(workspace, name);
    let seen: Option<SeenDataset> = view.read(&key)?;
    if seen.is_none() && !view.holds(&key)? && count(view, workspace)? >= MAX_DATASETS_PER_WORKSPACE {
        return Ok(());
    }
    let before = seen.map(|seen| seen.accounts).unwrap_or_default();
    if before.contains(account) {
        return Ok(());
    }
    let mut accounts = vec![account.clone()];
    for other in before {
        // Those that are gone would only pile up.
        if view.holds(&RecordKey::account(workspace, &other))? {
            accounts.push(other);
        }
    }
    put(view, workspace, &SeenDataset { name: name.clone(), accounts })
}

/// Writes what is known of a dataset.
pub(super) fn put(view: &mut StoreView, workspace: &WorkspaceId, seen: &SeenDataset) -> Result<(), StoreError> {
    let key = RecordKey::dataset(workspace, &seen.name);
    if !view.holds(&key)? {
        let count = count(view, workspace)? + 1;
        view.write(&RecordKey::all(workspace, RecordKind::Datasets), &count)?;
    }
    view.write(&key, seen)
}

/// How many there are; counted once where that was not kept yet.
fn count(view: &mut StoreView, workspace: &WorkspaceId) -> Result<usize, StoreError> {
    let kept = RecordKey::all(workspace, RecordKind::Datasets);
    if let Some(count) = view.read(&kept)? {
        return Ok(count);
    }
    let beginning = RecordKey::all(workspace, RecordKind::Dataset);
    let count = view.keys(&beginning, &beginning).try_fold(0_usize, |count, key| key.map(|_| count + 1))?;
    view.write(&kept, &count).map(|()| count)
}

/// Forgets a dataset whose accounts are all gone; one of before its accounts were kept stays.
pub(super) fn forget(
    view: &mut StoreView,
    workspace: &WorkspaceId,
    key: &RecordKey,
    _: Timestamp,
) -> Result<u64, StoreError> {
    let Some(SeenDataset { accounts, .. }) = view.read(key)? else { return Ok(0) };
    for account in &accounts {
        if view.holds(&RecordKey::account(workspace, account))? {
            return Ok(0);
        }
    }
    if accounts.is_empty() {
        return Ok(0);
    }
    let count = count(view, workspace)?.saturating_sub(1);
    view.write(&RecordKey::all(workspace, RecordKind::Datasets), &count)?;
    view.remove(key).map(|()| 1)
}

/// Datasets that any event named, by name.
pub(super) fn all(view: &StoreView, workspace: &WorkspaceId) -> Result<Vec<DatasetName>, StoreError> {
    let names = seen(view, workspace)?.into_iter().map(|seen| seen.name);
    let mut names: Vec<DatasetName> = names.collect();
    names.sort_unstable();
    Ok(names)
}

/// Datasets whose events came to an account and to no other that there is.
pub(super) fn only_of(
    view: &StoreView,
    workspace: &WorkspaceId,
    account: &AccountId,
) -> Result<Vec<DatasetName>, StoreError> {
    let mut names = Vec::new();
    for SeenDataset { name, accounts } in seen(view, workspace)? {
        let mut alone = accounts.contains(account);
        for other in accounts.iter().filter(|other| *other != account) {
            alone = alone && !view.holds(&RecordKey::account(workspace, other))?;
        }
        names.extend(alone.then_some(name));
    }
    Ok(names)
}

fn seen(view: &StoreView, workspace: &WorkspaceId) -> Result<Vec<SeenDataset>, StoreError> {
    view.scan(&RecordKey::all(workspace, RecordKind::Dataset)).map(|entry| entry.map(|(_, seen)| seen)).collect()
}
