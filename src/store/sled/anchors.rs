//! Anchors: one for each issue in a channel, and those that are behind once more by the time of their next edit.

use super::keys::{RecordKey, RecordKind};
use super::view::StoreView;
use crate::model::issue_thread::CardState;
use crate::model::{ChannelId, ChannelRef, Delivery, IssueThread, News, Object, ObjectKey, WorkspaceId};
use crate::store::StoreError;
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// So many anchors that are behind come with a claim, the next ones first.
const MAX_OUTDATED_PER_READ: usize = 16;
/// An anchor is kept for so long after its last change: half a year.
pub(super) const OBJECT_LIFETIME: Duration = Duration::from_hours(180 * 24);

/// Keeps an anchor in the place of what it was; one that is gone is forgotten. What became of the issue while its card
/// waited may be told to nobody else, so a new one takes it in.
pub(super) fn put(view: &mut StoreView, channel_ref: &ChannelRef, anchor: &IssueThread) -> Result<(), StoreError> {
    let key = RecordKey::anchor(channel_ref, &anchor.object);
    let mut anchor = anchor.clone();
    if let Some(before) = view.read::<IssueThread>(&key)? {
        view.remove(&RecordKey::behind(channel_ref, before.edit_at, &before.object))?;
    } else if let Some(account) = anchor.account.as_ref().filter(|_| anchor.standing == CardState::Current)
        && let Some(known) = view.read(&RecordKey::object(&channel_ref.workspace, account, &anchor.object))?
    {
        anchor = anchor.caught_up(&known);
    }
    if anchor.standing == CardState::Gone {
        show(view, channel_ref, &anchor.object, false)?;
        return view.remove(&key);
    }
    show(view, channel_ref, &anchor.object, true)?;
    if anchor.standing == CardState::Behind {
        view.write(&RecordKey::behind(channel_ref, anchor.edit_at, &anchor.object), &anchor.object)?;
    }
    view.write(&key, &anchor)
}

/// Notes whether a channel has an anchor of an issue.
fn show(view: &mut StoreView, channel_ref: &ChannelRef, object: &ObjectKey, shows: bool) -> Result<(), StoreError> {
    let key = RecordKey::shown(&channel_ref.workspace, object);
    let mut channels: Vec<ChannelId> = view.read(&key)?.unwrap_or_default();
    let place = channels.iter().position(|channel| *channel == channel_ref.channel);
    match (place, shows) {
        (None, true) => channels.push(channel_ref.channel.clone()),
        (Some(place), false) => drop(channels.remove(place)),
        _ => return Ok(()),
    }
    if channels.is_empty() { view.remove(&key) } else { view.write(&key, &channels) }
}

/// The anchors of an issue that can still change, by channel.
pub(super) fn of_issue(
    view: &StoreView,
    workspace: &WorkspaceId,
    object: &ObjectKey,
) -> Result<Vec<(ChannelRef, IssueThread)>, StoreError> {
    let channels: Vec<ChannelId> = view.read(&RecordKey::shown(workspace, object))?.unwrap_or_default();
    let mut anchors = Vec::new();
    for channel in channels {
        let channel_ref = ChannelRef { workspace: workspace.clone(), channel };
        let anchor = view.read::<IssueThread>(&RecordKey::anchor(&channel_ref, object))?;
        anchors
            .extend(anchor.filter(|anchor| anchor.standing != CardState::Frozen).map(|anchor| (channel_ref, anchor)));
    }
    Ok(anchors)
}

/// The anchors of the issues among these deliveries and the next that are behind, and when the first of the latter is to
/// be edited.
pub(super) fn claimed(
    view: &StoreView,
    channel_ref: &ChannelRef,
    due: &[(Delivery, Arc<News>)],
) -> Result<(Vec<IssueThread>, Option<Timestamp>), StoreError> {
    let issues = due.iter().filter(|(_, news)| matches!(news.event.object, Object::Issue(_)));
    let mut objects: BTreeSet<ObjectKey> = issues.filter_map(|(_, news)| news.event.object_key()).collect();
    let behind = RecordKey::within(channel_ref, RecordKind::Behind);
    let mut edit_at = None;
    let mut anchors = Vec::new();
    for entry in view.scan::<ObjectKey>(&behind).take(MAX_OUTDATED_PER_READ) {
        let (key, object) = entry?;
        let Some(anchor) = view.read::<IssueThread>(&RecordKey::anchor(channel_ref, &object))? else {
            view.note_unreadable(key);
            continue;
        };
        edit_at = edit_at.or(Some(anchor.edit_at));
        objects.remove(&object);
        anchors.push(anchor);
    }
    for object in objects {
        anchors.extend(view.read::<IssueThread>(&RecordKey::anchor(channel_ref, &object))?);
    }
    Ok((anchors, edit_at))
}

/// Forgets an anchor whose issue was not heard of for long.
pub(super) fn forget(
    view: &mut StoreView,
    _: &WorkspaceId,
    key: &RecordKey,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let Some(anchor) = view.read::<IssueThread>(key)? else { return Ok(0) };
    if anchor.changed_at >= now.checked_sub(OBJECT_LIFETIME).unwrap_or(Timestamp::MIN) {
        return Ok(0);
    }
    if let Some(channel_ref) = key.channel_ref() {
        show(view, &channel_ref, &anchor.object, false)?;
        view.remove(&RecordKey::behind(&channel_ref, anchor.edit_at, &anchor.object))?;
    }
    view.remove(key).map(|()| 1)
}
