//! Dead letters: buried, listed, sent again, dropped.

use super::events::{self, EventRecord};
use super::keys::{RecordKey, RecordKind};
use super::outcomes;
use super::queues::{self, QueueRecord};
use super::view::StoreView;
use crate::model::{ChannelRef, DeadLetterId, DeliveryResult, WorkspaceId};
use crate::store::{DeadLetter, StoreError};
use jiff::Timestamp;

/// Makes dead letters of deliveries that are in their places.
pub(super) fn bury(
    view: &mut StoreView,
    channel_ref: &ChannelRef,
    record: &mut QueueRecord,
    covers: &[u64],
    error: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    let mut ended = Vec::with_capacity(covers.len());
    // Many deliveries of one event stand next to each other.
    let mut last = None;
    for &sequence in covers {
        let Some(delivery) = queues::take(view, channel_ref, sequence)? else { continue };
        record.leave();
        if last.as_ref().is_none_or(|(id, _)| *id != delivery.event) {
            last = Some((delivery.event, events::news(view, channel_ref, &delivery)?));
        }
        ended.push(delivery.clone());
        let news = last.as_ref().and_then(|(_, news)| news.as_ref());
        let letter = DeadLetter {
            channel: channel_ref.channel.clone(),
            delivery,
            at,
            error: error.to_owned(),
            event: news.map(|news| news.name().to_owned()),
            dataset: news.and_then(|news| news.event.dataset.clone()),
        };
        put(view, channel_ref, &letter)?;
    }
    let end = DeliveryResult::Dead { error: error.to_owned() };
    outcomes::note(view, channel_ref, &mut record.outcomes, &ended, &end, at)
}

/// Keeps a dead letter, under its name and by its age.
pub(super) fn put(view: &mut StoreView, channel_ref: &ChannelRef, letter: &DeadLetter) -> Result<(), StoreError> {
    let sequence = letter.delivery.sequence;
    view.write(&RecordKey::numbered(channel_ref, RecordKind::Dead, sequence), letter)?;
    view.write(&RecordKey::dead_by_age(channel_ref, letter.at, sequence), &())
}

/// Deliveries that were given up, oldest first.
pub(super) fn list(view: &StoreView, workspace: &WorkspaceId, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
    let beginning = RecordKey::all(workspace, RecordKind::DeadByAge);
    let mut letters = Vec::new();
    for key in view.keys(&beginning, &beginning).take(limit) {
        let key = key?;
        let place = key.channel_by_age().zip(key.sequence());
        let letter = match place {
            Some((channel_ref, sequence)) => {
                view.read(&RecordKey::numbered(&channel_ref, RecordKind::Dead, sequence))?
            }
            None => None,
        };
        match letter {
            Some(letter) => letters.push(letter),
            None => view.note_unreadable(key),
        }
    }
    Ok(letters)
}

/// Puts letters back at the ends of their channels; gives those that went.
pub(super) fn retry(
    view: &mut StoreView,
    workspace: &WorkspaceId,
    letters: Vec<DeadLetterId>,
    now: Timestamp,
) -> Result<Vec<DeadLetterId>, StoreError> {
    each(view, workspace, letters, |view, channel_ref, letter| {
        let before = &letter.delivery;
        let key = RecordKey::event(&channel_ref.workspace, before.accepted_at, before.event);
        let Some(mut event) = view.read::<EventRecord>(&key)? else { return Ok(false) };
        let mut record = QueueRecord::read(view, channel_ref)?;
        let mut delivery = before.clone();
        delivery.sequence = record.enter();
        (delivery.attempts, delivery.not_before, delivery.last_error) = (0, now, None);
        for (channel, sequence) in &mut event.track.deliveries {
            if *channel == channel_ref.channel && *sequence == before.sequence {
                *sequence = delivery.sequence;
            }
        }
        view.write(&key, &event)?;
        queues::put(view, channel_ref, &delivery, now)?;
        record.write(view, channel_ref)?;
        Ok(true)
    })
}

/// Forgets letters; gives those that went.
pub(super) fn forget(
    view: &mut StoreView,
    workspace: &WorkspaceId,
    letters: Vec<DeadLetterId>,
) -> Result<Vec<DeadLetterId>, StoreError> {
    each(view, workspace, letters, |_, _, _| Ok(true))
}

/// Removes each letter that is there and that may go.
fn each(
    view: &mut StoreView,
    workspace: &WorkspaceId,
    mut letters: Vec<DeadLetterId>,
    goes: impl Fn(&mut StoreView, &ChannelRef, &DeadLetter) -> Result<bool, StoreError>,
) -> Result<Vec<DeadLetterId>, StoreError> {
    let mut gone = Vec::new();
    for id in letters.drain(..) {
        let channel_ref = ChannelRef { workspace: workspace.clone(), channel: id.channel.clone() };
        let key = RecordKey::numbered(&channel_ref, RecordKind::Dead, id.sequence);
        let Some(letter) = view.read::<DeadLetter>(&key)? else { continue };
        if goes(view, &channel_ref, &letter)? {
            view.remove(&key)?;
            view.remove(&RecordKey::dead_by_age(&channel_ref, letter.at, id.sequence))?;
            gone.push(id);
        }
    }
    Ok(gone)
}
