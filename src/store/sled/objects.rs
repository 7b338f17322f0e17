//! The last states of objects, and when they are forgotten: one for each object that any event was about, wanted or not.

use super::anchors::OBJECT_LIFETIME;
use super::keys::RecordKey;
use super::view::StoreView;
use crate::model::{ObjectState, WorkspaceId};
use crate::store::StoreError;
use jiff::Timestamp;

/// Forgets what was not heard of for as long as anchors are kept, or is of an account that is gone. A sender may say any time: what is said to be
/// that far ahead goes too, for it would stay for ever.
pub(super) fn forget(
    view: &mut StoreView,
    workspace: &WorkspaceId,
    key: &RecordKey,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let Some((account, _)) = key.account_and_text() else { return Ok(0) };
    if view.holds(&RecordKey::account(workspace, &account))? {
        let Some(ObjectState { at, .. }) = view.read(key)? else { return Ok(0) };
        let first = now.checked_sub(OBJECT_LIFETIME).unwrap_or(Timestamp::MIN);
        let last = now.checked_add(OBJECT_LIFETIME).unwrap_or(Timestamp::MAX);
        if (first..=last).contains(&at) {
            return Ok(0);
        }
    }
    view.remove(key).map(|()| 1)
}
