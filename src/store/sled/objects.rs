//! The last states of objects, and when they are forgotten: one for each object that any event was about, wanted or not.

use super::anchors::LIVES;
use super::keys::Key;
use super::view::View;
use crate::model::{ObjectState, WorkspaceId};
use crate::store::StoreError;
use jiff::Timestamp;

/// Forgets what was not heard of for as long as anchors are kept, or is of an account that is gone. A sender may say any time: what is said to be
/// that far ahead goes too, for it would stay for ever.
pub(super) fn forget(view: &mut View, workspace: &WorkspaceId, key: &Key, now: Timestamp) -> Result<u64, StoreError> {
    let Some((account, _)) = key.account_and_text() else { return Ok(0) };
    if view.holds(&Key::account(workspace, &account))? {
        let Some(ObjectState { at, .. }) = view.read(key)? else { return Ok(0) };
        let first = now.checked_sub(LIVES).unwrap_or(Timestamp::MIN);
        let last = now.checked_add(LIVES).unwrap_or(Timestamp::MAX);
        if (first..=last).contains(&at) {
            return Ok(0);
        }
    }
    view.remove(key).map(|()| 1)
}
