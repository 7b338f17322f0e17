//! Claims to usernames: each under its username, and the username once more under the person.

use super::keys::{Key, Kind};
use super::view::View;
use crate::model::{Link, UserId, Username, WorkspaceId};
use crate::store::links::MOST_LINKS;
use crate::store::{Linked, StoreError};

/// Keeps a claim, unless somebody else has it whom it does not replace.
pub(super) fn link(
    view: &mut View,
    workspace: &WorkspaceId,
    link: &Link,
    replaces: Option<&UserId>,
) -> Result<Linked, StoreError> {
    let key = Key::link(workspace, &link.username);
    let holder = view.read::<Link>(&key)?;
    if let Some(holder) = &holder
        && holder.user != link.user
    {
        if replaces != Some(&holder.user) {
            return Ok(Linked::Taken(holder.clone()));
        }
        view.remove(&Key::claimant(workspace, &holder.user))?;
    }
    let before = of(view, workspace, &link.user)?;
    if holder.is_none() && before.is_none() {
        let all = Key::all(workspace, Kind::Link);
        if view.keys(&all, &all).count() >= MOST_LINKS {
            return Ok(Linked::Full);
        }
    }
    if let Some(before) = &before {
        view.remove(&Key::link(workspace, &before.username))?;
    }
    put(view, workspace, link)?;
    let taken_from = holder.map(|holder| holder.user).filter(|holder| *holder != link.user);
    Ok(Linked::Stored { before: before.map(|before| before.username), taken_from })
}

/// Forgets what a person has claimed; gives it.
pub(super) fn unlink(view: &mut View, workspace: &WorkspaceId, user: &UserId) -> Result<Option<Link>, StoreError> {
    let claimed = of(view, workspace, user)?;
    if let Some(link) = &claimed {
        view.remove(&Key::link(workspace, &link.username))?;
        view.remove(&Key::claimant(workspace, user))?;
    }
    Ok(claimed)
}

/// Every claim, by username.
pub(super) fn all(view: &View, workspace: &WorkspaceId) -> Result<Vec<Link>, StoreError> {
    view.scan(&Key::all(workspace, Kind::Link)).map(|entry| entry.map(|(_, link)| link)).collect()
}

/// Writes a claim whose place is free.
pub(super) fn put(view: &mut View, workspace: &WorkspaceId, link: &Link) -> Result<(), StoreError> {
    view.write(&Key::claimant(workspace, &link.user), &link.username)?;
    view.write(&Key::link(workspace, &link.username), link)
}

/// What a person has claimed; none if it cannot be read.
fn of(view: &View, workspace: &WorkspaceId, user: &UserId) -> Result<Option<Link>, StoreError> {
    let Some(username) = view.read::<Username>(&Key::claimant(workspace, user))? else { return Ok(None) };
    let link = view.read::<Link>(&Key::link(workspace, &username))?;
    Ok(link.filter(|link| link.user == *user))
}
