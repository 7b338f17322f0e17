//! Own changes that are to come back: each found once, by what it does to what.

use super::keys::RecordKey;
use super::view::StoreView;
use crate::model::event::KnownType;
use crate::model::{
    Assignment, ChannelId, Derived, EventType, ExpectedChange, MessageTs, News, ObjectKey, UserId, WorkspaceId,
};
use crate::store::{IncomingEvent, StoreError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// So many of the same change are expected at a time.
const MAX_EXPECTED_PER_CHANGE: usize = 100;

/// A change that was made, and until when it is expected back.
#[derive(PartialEq, Serialize, Deserialize)]
pub(super) struct ExpectedWebhook {
    pub(super) channel: ChannelId,
    pub(super) message: MessageTs,
    pub(super) by: UserId,
    #[serde(default)]
    assigned: Option<Assignment>,
    expires_at: Timestamp,
}

fn expected(workspace: &WorkspaceId, change: ExpectedChange) -> (RecordKey, ExpectedWebhook) {
    let key = RecordKey::echo(workspace, &change.account, &change.object, &change.event);
    let ExpectedChange { channel, message, by, assigned, expires_at, .. } = change;
    (key, ExpectedWebhook { channel, message, by, assigned, expires_at })
}

pub(super) fn expect(view: &mut StoreView, workspace: &WorkspaceId, change: ExpectedChange) -> Result<(), StoreError> {
    let (key, one) = expected(workspace, change);
    let mut all: Vec<ExpectedWebhook> = view.read(&key)?.unwrap_or_default();
    all.push(one);
    all.drain(..all.len().saturating_sub(MAX_EXPECTED_PER_CHANGE));
    view.write(&key, &all)
}

pub(super) fn expect_no_longer(
    view: &mut StoreView,
    workspace: &WorkspaceId,
    change: ExpectedChange,
) -> Result<(), StoreError> {
    let (key, one) = expected(workspace, change);
    let mut all: Vec<ExpectedWebhook> = view.read(&key)?.unwrap_or_default();
    if let Some(place) = all.iter().position(|other| *other == one) {
        all.remove(place);
    }
    keep(view, &key, &all)
}

/// The own change that an arriving event is, if any; that is then used up.
pub(super) fn take(
    view: &mut StoreView,
    workspace: &WorkspaceId,
    arrival: &IncomingEvent,
    object: &ObjectKey,
    news: &News,
) -> Result<Option<ExpectedWebhook>, StoreError> {
    let is_update = news.event.event_type == EventType::Known(KnownType::SampleUpdated);
    let event = if is_update { Derived::SampleAssigned.as_str() } else { news.name() };
    let key = RecordKey::echo(workspace, &arrival.account, object, event);
    let Some(mut all) = view.read::<Vec<ExpectedWebhook>>(&key)? else { return Ok(None) };
    all.retain(|one| arrival.received_at < one.expires_at);
    let shows =
        |one: &ExpectedWebhook| one.assigned.as_ref().is_none_or(|assigned| assigned.shows_in(&news.event.object));
    let first = all.iter().position(shows).map(|place| all.remove(place));
    keep(view, &key, &all).map(|()| first)
}

fn keep(view: &mut StoreView, key: &RecordKey, expected: &[ExpectedWebhook]) -> Result<(), StoreError> {
    if expected.is_empty() { view.remove(key) } else { view.write(key, &expected) }
}

/// Forgets what did not come back in time.
pub(super) fn forget(
    view: &mut StoreView,
    _: &WorkspaceId,
    key: &RecordKey,
    now: Timestamp,
) -> Result<u64, StoreError> {
    match view.read::<Vec<ExpectedWebhook>>(key)? {
        Some(expected) if expected.iter().all(|one| one.expires_at <= now) => view.remove(key).map(|()| 1),
        _ => Ok(0),
    }
}
