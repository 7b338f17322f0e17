//! Books: what each channel has subscribed, at one revision.

use super::keys::{RecordKey, RecordKind};
use super::view::StoreView;
use super::{audit, mutes};
use crate::model::{ChannelRef, Pause, Subscription, SubscriptionState, TriggerId, WorkspaceId};
use crate::store::record::SubscriptionsHead as Head;
use crate::store::{ChannelSubscriptions, EditResult, StoreError, SubscriptionEdit, Undo};
use jiff::Timestamp;

impl Head {
    fn write(&self, view: &mut StoreView, channel_ref: &ChannelRef) -> Result<(), StoreError> {
        view.write(&RecordKey::of(channel_ref, RecordKind::SubscriptionsHead), self)
    }
}

pub(super) fn read(view: &StoreView, channel_ref: &ChannelRef) -> Result<ChannelSubscriptions, StoreError> {
    let subscriptions = view.scan::<Subscription>(&RecordKey::within(channel_ref, RecordKind::Subscription));
    let subscriptions = subscriptions.map(|entry| entry.map(|(_, subscription)| subscription));
    let subscriptions = subscriptions.collect::<Result<Vec<_>, _>>()?;
    let fresh = ChannelSubscriptions::default();
    let head = view.read::<Head>(&RecordKey::of(channel_ref, RecordKind::SubscriptionsHead))?;
    // Where the head was lost, the numbers in use are still not given again.
    let head = head.unwrap_or_else(|| match subscriptions.last() {
        Some(last) => Head { revision: 1, next_number: last.number.saturating_add(1) },
        None => Head { revision: fresh.revision, next_number: fresh.next_number },
    });
    Ok(ChannelSubscriptions {
        revision: head.revision,
        next_number: head.next_number,
        subscriptions,
        mutes: mutes::read(view, channel_ref)?,
    })
}

/// Every subscription of a workspace.
pub(super) fn subscriptions(view: &StoreView, workspace: &WorkspaceId) -> Result<Vec<Subscription>, StoreError> {
    view.scan(&RecordKey::all(workspace, RecordKind::Subscription))
        .map(|entry| entry.map(|(_, subscription)| subscription))
        .collect()
}

pub(super) fn edit(
    view: &mut StoreView,
    channel_ref: &ChannelRef,
    edit: &SubscriptionEdit,
) -> Result<EditResult, StoreError> {
    let cause = edit.cause.as_ref().map(|cause| RecordKey::cause(channel_ref, cause));
    if let Some(cause) = &cause
        && view.holds(cause)?
    {
        return Ok(EditResult::Repeated);
    }
    let book = read(view, channel_ref)?;
    if book.revision != edit.revision {
        return Ok(EditResult::Conflict);
    }
    if let Some(id) = edit.undoes {
        let key = RecordKey::undo(&channel_ref.workspace, id);
        if view.read::<Undo>(&key)?.is_none_or(|undo| undo.expires_at <= edit.at) {
            return Ok(EditResult::Conflict);
        }
        view.remove(&key)?;
    }
    let mut next_number = book.next_number.max(edit.next_number);
    for subscription in &edit.put {
        next_number = next_number.max(subscription.number.saturating_add(1));
        view.write(&RecordKey::subscription(channel_ref, subscription.number), subscription)?;
    }
    for &number in &edit.remove {
        view.remove(&RecordKey::subscription(channel_ref, number))?;
    }
    if let Some(mutes) = &edit.mutes {
        mutes::write(view, channel_ref, mutes)?;
    }
    if let Some(cause) = &cause {
        view.write(cause, &edit.at)?;
    }
    if let Some(undo) = &edit.undo {
        view.write(&RecordKey::undo(&channel_ref.workspace, undo.id), undo)?;
    }
    if let Some(entry) = &edit.audit_entry {
        audit::note(view, &channel_ref.workspace, entry)?;
    }
    Head { revision: book.revision + 1, next_number }.write(view, channel_ref)?;
    Ok(EditResult::Stored)
}

/// Notes that something is done because of this; whether that is new.
pub(super) fn note_trigger(
    view: &mut StoreView,
    channel_ref: &ChannelRef,
    cause: &TriggerId,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let key = RecordKey::cause(channel_ref, cause);
    let is_new = !view.holds(&key)?;
    view.write(&key, &at).map(|()| is_new)
}

/// Pauses the active subscriptions of a channel that Slack refuses; gives them.
pub(super) fn pause(
    view: &mut StoreView,
    channel_ref: &ChannelRef,
    pause: &Pause,
) -> Result<Vec<Subscription>, StoreError> {
    let paused = SubscriptionState::Paused { reason: pause.reason.clone(), since: pause.since };
    turn(view, channel_ref, &paused, |state| *state == SubscriptionState::Active)
}

/// Makes the paused and waiting subscriptions of a channel active; gives them.
pub(super) fn activate(view: &mut StoreView, channel_ref: &ChannelRef) -> Result<Vec<Subscription>, StoreError> {
    turn(view, channel_ref, &SubscriptionState::Active, |state| *state != SubscriptionState::Active)
}

/// Turns the subscriptions that are in some state into another; a book in which none is stays as it was.
fn turn(
    view: &mut StoreView,
    channel_ref: &ChannelRef,
    to: &SubscriptionState,
    from: fn(&SubscriptionState) -> bool,
) -> Result<Vec<Subscription>, StoreError> {
    let ChannelSubscriptions { revision, next_number, mut subscriptions, .. } = read(view, channel_ref)?;
    subscriptions.retain(|subscription| from(&subscription.state));
    for subscription in &mut subscriptions {
        subscription.state = to.clone();
        view.write(&RecordKey::subscription(channel_ref, subscription.number), subscription)?;
    }
    if !subscriptions.is_empty() {
        Head { revision: revision + 1, next_number }.write(view, channel_ref)?;
    }
    Ok(subscriptions)
}
