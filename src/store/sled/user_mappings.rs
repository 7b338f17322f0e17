//! Claims to usernames: each under its username, and the username once more under the person.

use super::keys::{RecordKey, RecordKind};
use super::view::StoreView;
use crate::model::{UserId, UserMapping, Username, WorkspaceId};
use crate::store::user_mappings::MAX_USER_MAPPINGS_PER_WORKSPACE;
use crate::store::{MappingResult, StoreError};

/// Keeps a claim, unless somebody else has it whom it does not replace.
pub(super) fn link(
    view: &mut StoreView,
    workspace: &WorkspaceId,
    link: &UserMapping,
    replaces: Option<&UserId>,
) -> Result<MappingResult, StoreError> {
    let key = RecordKey::link(workspace, &link.username);
    let holder = view.read::<UserMapping>(&key)?;
    if let Some(holder) = &holder
        && holder.user != link.user
    {
        if replaces != Some(&holder.user) {
            return Ok(MappingResult::Taken(holder.clone()));
        }
        view.remove(&RecordKey::claimant(workspace, &holder.user))?;
    }
    let before = of(view, workspace, &link.user)?;
    if holder.is_none() && before.is_none() {
        let all = RecordKey::all(workspace, RecordKind::UserMapping);
        if view.keys(&all, &all).count() >= MAX_USER_MAPPINGS_PER_WORKSPACE {
            return Ok(MappingResult::Full);
        }
    }
    if let Some(before) = &before {
        view.remove(&RecordKey::link(workspace, &before.username))?;
    }
    put(view, workspace, link)?;
    let taken_from = holder.map(|holder| holder.user).filter(|holder| *holder != link.user);
    Ok(MappingResult::Stored { before: before.map(|before| before.username), taken_from })
}

/// Forgets what a person has claimed; gives it.
pub(super) fn unlink(
    view: &mut StoreView,
    workspace: &WorkspaceId,
    user: &UserId,
) -> Result<Option<UserMapping>, StoreError> {
    let claimed = of(view, workspace, user)?;
    if let Some(link) = &claimed {
        view.remove(&RecordKey::link(workspace, &link.username))?;
        view.remove(&RecordKey::claimant(workspace, user))?;
    }
    Ok(claimed)
}

/// Every claim, by username.
pub(super) fn all(view: &StoreView, workspace: &WorkspaceId) -> Result<Vec<UserMapping>, StoreError> {
    view.scan(&RecordKey::all(workspace, RecordKind::UserMapping)).map(|entry| entry.map(|(_, link)| link)).collect()
}

/// Writes a claim whose place is free.
pub(super) fn put(view: &mut StoreView, workspace: &WorkspaceId, link: &UserMapping) -> Result<(), StoreError> {
    view.write(&RecordKey::claimant(workspace, &link.user), &link.username)?;
    view.write(&RecordKey::link(workspace, &link.username), link)
}

/// What a person has claimed; none if it cannot be read.
fn of(view: &StoreView, workspace: &WorkspaceId, user: &UserId) -> Result<Option<UserMapping>, StoreError> {
    let Some(username) = view.read::<Username>(&RecordKey::claimant(workspace, user))? else { return Ok(None) };
    let link = view.read::<UserMapping>(&RecordKey::link(workspace, &username))?;
    Ok(link.filter(|link| link.user == *user))
}
