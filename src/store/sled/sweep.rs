//! Forgetting what has outlived its use, a page at a time so that nothing waits for it.

use super::events::Tracked;
use super::keys::{Key, Kind};
use super::view::View;
use super::writer::{Commit, Writer};
use super::{anchors, datasets, deeds, echoes, objects};
use crate::model::WorkspaceId;
use crate::store::{StoreError, Undo};
use jiff::Timestamp;
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);
/// A sender retries for 28 hours, and an endpoint may be replayed by hand for days.
const EVENTS_LIVE: Duration = DAY.saturating_mul(8);
/// A cause is a click or a command that Slack may repeat for minutes.
const CAUSES_LIVE: Duration = DAY;
/// More dead letters than these a workspace are not kept.
const MOST_DEAD: usize = 10_000;
/// Of the last states of objects no more than these go in one run, so that one workspace does not hold up the others.
const MOST_OBJECTS: u64 = 1_000_000;
/// How many records one step looks at.
const PAGE: usize = 256;

/// Removes what a record at a key has to take along, and says how many records went; none to leave it.
type Forget = fn(&mut View, &WorkspaceId, &Key, Timestamp) -> Result<u64, StoreError>;

pub(super) async fn sweep(writer: &Writer, workspace: &WorkspaceId, now: Timestamp) -> Result<u64, StoreError> {
    let first_kept = Key::events_from(workspace, earlier(now, EVENTS_LIVE));
    let kinds: [(Kind, Option<Key>, Forget); 8] = [
        (Kind::Event, Some(first_kept), event),
        (Kind::Undo, None, undo),
        (Kind::Cause, None, cause),
        (Kind::Echo, None, echoes::forget),
        (Kind::Anchor, None, anchors::forget),
        (Kind::Deed, None, deeds::forget),
        (Kind::Object, None, objects::forget),
        (Kind::Dataset, None, datasets::forget),
    ];
    let mut gone = 0;
    for (kind, end, forget) in kinds {
        let beginning = Key::all(workspace, kind);
        let (mut from, most) =
            (Some(beginning.clone()), if kind == Kind::Object { gone + MOST_OBJECTS } else { u64::MAX });
        while let Some(start) = from.filter(|_| gone < most) {
            let (workspace, beginning, end) = (workspace.clone(), beginning.clone(), end.clone());
            let step = move |view: &mut View| {
                let keys = view.keys(&beginning, &start).take(PAGE).collect::<Result<Vec<_>, _>>()?;
                let next = keys.get(PAGE - 1).map(Key::successor);
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
fn event(view: &mut View, workspace: &WorkspaceId, key: &Key, _: Timestamp) -> Result<u64, StoreError> {
    let Some(Tracked { track }) = view.read(key)? else { return Ok(0) };
    let received = Key::received(workspace, &track.account, &track.message);
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

fn undo(view: &mut View, _: &WorkspaceId, key: &Key, now: Timestamp) -> Result<u64, StoreError> {
    match view.read::<Undo>(key)? {
        Some(undo) if undo.expires_at <= now => view.remove(key).map(|()| 1),
        _ => Ok(0),
    }
}

fn cause(view: &mut View, _: &WorkspaceId, key: &Key, now: Timestamp) -> Result<u64, StoreError> {
    match view.read::<Timestamp>(key)? {
        Some(at) if at < earlier(now, CAUSES_LIVE) => view.remove(key).map(|()| 1),
        _ => Ok(0),
    }
}

/// Removes the oldest dead letters above the number that is kept.
async fn trim_dead_letters(writer: &Writer, workspace: &WorkspaceId) -> Result<u64, StoreError> {
    let mut gone = 0;
    loop {
        let beginning = Key::all(workspace, Kind::DeadByAge);
        let step = move |view: &mut View| {
            let count = view.keys(&beginning, &beginning).count();
            let over = count.saturating_sub(MOST_DEAD).min(PAGE);
            let oldest = view.keys(&beginning, &beginning).take(over).collect::<Result<Vec<_>, _>>()?;
            for key in &oldest {
                view.remove(key)?;
                if let Some((channel_ref, sequence)) = key.lane_by_age().zip(key.sequence()) {
                    view.remove(&Key::numbered(&channel_ref, Kind::Dead, sequence))?;
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
            "deleted the {gone} oldest dead letters of {workspace}: at most {MOST_DEAD} are kept"
        );
    }
    Ok(gone)
}

fn earlier(from: Timestamp, length: Duration) -> Timestamp {
    from.checked_sub(length).unwrap_or(Timestamp::MIN)
}
