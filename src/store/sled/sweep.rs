//! Forgetting what has outlived its use, a page at a time so that nothing waits for it.

use super::events::TrackedEvent;
use super::keys::{RecordKey, RecordKind};
use super::view::StoreView;
use super::writer::{Commit, StoreWriter};
use super::{anchors, audit, datasets, expected_changes, objects};
use crate::model::WorkspaceId;
use crate::store::{StoreError, Undo};
use jiff::Timestamp;
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);
/// A sender retries for 28 hours, and an endpoint may be replayed by hand for days.
const EVENT_LIFETIME: Duration = DAY.saturating_mul(8);
/// A cause is a click or a command that Slack may repeat for minutes.
const TRIGGER_LIFETIME: Duration = DAY;
/// More dead letters than these a workspace are not kept.
const MAX_DEAD_LETTERS_PER_WORKSPACE: usize = 10_000;
/// Of the last states of objects no more than these go in one run, so that one workspace does not hold up the others.
const MAX_OBJECTS_PER_SWEEP: u64 = 1_000_000;
/// How many records one step looks at.
const RECORDS_PER_STEP: usize = 256;

/// Removes what a record at a key has to take along, and says how many records went; none to leave it.
type Forget = fn(&mut StoreView, &WorkspaceId, &RecordKey, Timestamp) -> Result<u64, StoreError>;

pub(super) async fn sweep(writer: &StoreWriter, workspace: &WorkspaceId, now: Timestamp) -> Result<u64, StoreError> {
    let first_kept = RecordKey::events_from(workspace, earlier(now, EVENT_LIFETIME));
    let kinds: [(RecordKind, Option<RecordKey>, Forget); 8] = [
        (RecordKind::Event, Some(first_kept), event),
        (RecordKind::Undo, None, undo),
        (RecordKind::Cause, None, cause),
        (RecordKind::ExpectedChange, None, expected_changes::forget),
        (RecordKind::Anchor, None, anchors::forget),
        (RecordKind::AuditEntry, None, audit::forget),
        (RecordKind::Object, None, objects::forget),
        (RecordKind::Dataset, None, datasets::forget),
    ];
    let mut gone = 0;
    for (kind, end, forget) in kinds {
        let beginning = RecordKey::all(workspace, kind);
        let (mut from, most) =
            (Some(beginning.clone()), if kind == RecordKind::Object { gone + MAX_OBJECTS_PER_SWEEP } else { u64::MAX });
        while let Some(start) = from.filter(|_| gone < most) {
            let (workspace, beginning, end) = (workspace.clone(), beginning.clone(), end.clone());
            let step = move |view: &mut StoreView| {
                let keys = view.keys(&beginning, &start).take(RECORDS_PER_STEP).collect::<Result<Vec<_>, _>>()?;
                let next = keys.get(RECORDS_PER_STEP - 1).map(RecordKey::successor);
                let mut gone = 0;
                for key in keys {
                    if end.as_ref().is_some_and(|end| key >= *end) {
                        return Ok(((gone, None), Commit::Soon));
                    }
                    gone += forget(view, &workspace, &key, now)?;
                }
                Ok(((gone, next), Commit::Soon))
            };
            let (went, next) = writer.write(step).await?;
            gone += went;
            from = next;
        }
    }
    Ok(gone + trim_dead_letters(writer, workspace).await?)
}

/// An old event goes when no delivery and no dead letter needs it; that its message was received is forgotten anyway.
fn event(view: &mut StoreView, workspace: &WorkspaceId, key: &RecordKey, _: Timestamp) -> Result<u64, StoreError> {
    let Some(TrackedEvent { track }) = view.read(key)? else { return Ok(0) };
    let received = RecordKey::received(workspace, &track.account, &track.message);
    let mut gone = 0;
    if view.holds(&received)? {
        view.remove(&received)?;
        gone += 1;
    }
    if !track.is_needed(view, workspace)? {
        view.remove(key)?;
        gone += 1;
    }
    Ok(gone)
}

fn undo(view: &mut StoreView, _: &WorkspaceId, key: &RecordKey, now: Timestamp) -> Result<u64, StoreError> {
    match view.read::<Undo>(key)? {
        Some(undo) if undo.expires_at <= now => view.remove(key).map(|()| 1),
        _ => Ok(0),
    }
}

fn cause(view: &mut StoreView, _: &WorkspaceId, key: &RecordKey, now: Timestamp) -> Result<u64, StoreError> {
    match view.read::<Timestamp>(key)? {
        Some(at) if at < earlier(now, TRIGGER_LIFETIME) => view.remove(key).map(|()| 1),
        _ => Ok(0),
    }
}

/// Removes the oldest dead letters above the number that is kept.
async fn trim_dead_letters(writer: &StoreWriter, workspace: &WorkspaceId) -> Result<u64, StoreError> {
    let mut gone = 0;
    loop {
        let beginning = RecordKey::all(workspace, RecordKind::DeadByAge);
        let step = move |view: &mut StoreView| {
            let count = view.keys(&beginning, &beginning).count();
            let over = count.saturating_sub(MAX_DEAD_LETTERS_PER_WORKSPACE).min(RECORDS_PER_STEP);
            let oldest = view.keys(&beginning, &beginning).take(over).collect::<Result<Vec<_>, _>>()?;
            for key in &oldest {
                view.remove(key)?;
                if let Some((channel_ref, sequence)) = key.channel_by_age().zip(key.sequence()) {
                    view.remove(&RecordKey::numbered(&channel_ref, RecordKind::Dead, sequence))?;
                }
            }
            Ok((oldest.len(), Commit::Soon))
        };
        let went = writer.write(step).await?;
        if went == 0 {
            break;
        }
        gone += went as u64;
    }
    if gone > 0 {
        tracing::warn!(
            workspace.id = %workspace, dead_letters = gone,
            "deleted the {gone} oldest dead letters of {workspace}: at most {MAX_DEAD_LETTERS_PER_WORKSPACE} are kept"
        );
    }
    Ok(gone)
}

fn earlier(from: Timestamp, length: Duration) -> Timestamp {
    from.checked_sub(length).unwrap_or(Timestamp::MIN)
}
