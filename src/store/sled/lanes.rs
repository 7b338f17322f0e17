//! DeliveryWorkers: deliveries in their order, the call in flight, pace and pause.
//!
//! A delivery stands among the ready ones or, while its `not_before` is to come, among the held ones with a wake record
//! by time; so a claim reads no more than it gives, however much is held or waiting behind.

use super::keys::{Key, Kind};
use super::view::View;
use super::{anchors, books, events, letters, mutes, outcomes, pauses};
use crate::model::{BatchMessage, ChannelRef, Delivery, DigestMessage, Pause, Subscription, WorkspaceId};
pub(super) use crate::store::record::LaneState as QueueRecord;
use crate::store::{Backlog, Claim, Intent, Settlement, StoreError};
use jiff::Timestamp;
use std::collections::BTreeSet;

impl QueueRecord {
    /// The channel's record. A missing one is made from the deliveries and dead letters that there are: no sequence is
    /// given twice.
    pub(super) fn read(view: &View, channel_ref: &ChannelRef) -> Result<Self, StoreError> {
        if let Some(record) = view.read(&Key::of(channel_ref, Kind::Queue))? {
            return Ok(record);
        }
        let mut record = Self { outcomes: outcomes::next(view, channel_ref)?, ..Self::default() };
        for kind in [Kind::Ready, Kind::Held, Kind::Dead] {
            let beginning = Key::within(channel_ref, kind);
            for key in view.keys(&beginning, &beginning) {
                record.pending += u64::from(kind != Kind::Dead);
                record.next_sequence = record.next_sequence.max(key?.sequence().map_or(0, |last| last + 1));
            }
        }
        Ok(record)
    }

    pub(super) fn write(&self, view: &mut View, channel_ref: &ChannelRef) -> Result<(), StoreError> {
        view.write(&Key::of(channel_ref, Kind::Queue), self)
    }

    /// The next sequence, taken by a new delivery.
    pub(super) fn enter(&mut self) -> u64 {
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        self.pending += 1;
        sequence
    }

    /// Why the channel waits, if it was told to, and the time before which it makes no call.
    pub(super) fn waits(self) -> (Option<Pause>, Option<Timestamp>) {
        (self.pause, self.next_at)
    }

    /// One delivery less.
    pub(super) fn leave(&mut self) {
        self.pending = self.pending.saturating_sub(1);
    }
}

/// Puts a delivery in its place; one that is to wait from `now` on is held.
pub(super) fn put(
    view: &mut View,
    channel_ref: &ChannelRef,
    delivery: &Delivery,
    now: Timestamp,
) -> Result<(), StoreError> {
    if delivery.not_before <= now {
        return view.write(&Key::numbered(channel_ref, Kind::Ready, delivery.sequence), delivery);
    }
    view.write(&Key::wake(channel_ref, delivery.not_before, delivery.sequence), &())?;
    view.write(&Key::numbered(channel_ref, Kind::Held, delivery.sequence), delivery)
}

/// Takes a delivery out of its place; none if it is not there.
pub(super) fn take(view: &mut View, channel_ref: &ChannelRef, sequence: u64) -> Result<Option<Delivery>, StoreError> {
    let ready = Key::numbered(channel_ref, Kind::Ready, sequence);
    if let Some(delivery) = view.read(&ready)? {
        view.remove(&ready)?;
        return Ok(Some(delivery));
    }
    let held = Key::numbered(channel_ref, Kind::Held, sequence);
    let Some(delivery) = view.read::<Delivery>(&held)? else { return Ok(None) };
    view.remove(&held)?;
    view.remove(&Key::wake(channel_ref, delivery.not_before, sequence))?;
    Ok(Some(delivery))
}

/// What a channel has to do, and the sequences of due deliveries whose event is lost.
pub(super) fn claim(
    view: &View,
    channel_ref: &ChannelRef,
    now: Timestamp,
    limit: usize,
) -> Result<(Claim, Vec<u64>), StoreError> {
    let record = view.read::<QueueRecord>(&Key::of(channel_ref, Kind::Queue))?.unwrap_or_default();
    let mut next_due = None::<Timestamp>;
    let mut later = |time: Timestamp| next_due = Some(next_due.map_or(time, |earliest| earliest.min(time)));
    let mut deliveries = Vec::new();
    for entry in view.scan::<Delivery>(&Key::within(channel_ref, Kind::Ready)).take(limit) {
        let (_, delivery) = entry?;
        if delivery.not_before <= now { deliveries.push(delivery) } else { later(delivery.not_before) }
    }
    let wakes = Key::within(channel_ref, Kind::Wake);
    for wake in view.keys(&wakes, &wakes).take(limit) {
        let wake = wake?;
        let (Some(time), Some(sequence)) = (wake.wake_time(), wake.sequence()) else {
            view.note_unreadable(wake);
            continue;
        };
        if time > now {
            later(time);
            break;
        }
        match view.read(&Key::numbered(channel_ref, Kind::Held, sequence))? {
            Some(delivery) => deliveries.push(delivery),
            None => view.note_unreadable(wake),
        }
    }
    deliveries.sort_unstable_by_key(|delivery| delivery.sequence);
    deliveries.truncate(limit);

    let mut lost = Vec::new();
    let mut due = Vec::with_capacity(deliveries.len());
    for delivery in deliveries {
        match events::news(view, channel_ref, &delivery)? {
            Some(news) => due.push((delivery, news)),
            None => lost.push(delivery.sequence),
        }
    }
    let folds =
        view.scan::<BatchMessage>(&Key::within(channel_ref, Kind::Fold)).map(|entry| entry.map(|(_, fold)| fold));
    let folds = folds.collect::<Result<Vec<_>, _>>()?;
    let digests = view.scan::<DigestMessage>(&Key::within(channel_ref, Kind::Digest));
    let digests = digests.map(|entry| entry.map(|(_, digest)| digest)).collect::<Result<Vec<_>, _>>()?;
    let next_due = folds.iter().map(BatchMessage::close_at).chain(next_due).min();
    let (anchors, edit_at) = anchors::claimed(view, channel_ref, &due)?;
    let next_due = next_due.into_iter().chain(edit_at).min();
    let intent = view.read(&Key::of(channel_ref, Kind::Intent))?;
    let ended = mutes::ended(view, channel_ref, now)?;
    let QueueRecord { next_at, pause, untold, .. } = record;
    Ok((Claim { due, next_due, folds, anchors, digests, ended, intent, next_at, pause, untold }, lost))
}

pub(super) fn begin(view: &mut View, channel_ref: &ChannelRef, intent: &Intent) -> Result<(), StoreError> {
    view.write(&Key::of(channel_ref, Kind::Intent), intent)
}

pub(super) fn settle(
    view: &mut View,
    channel_ref: &ChannelRef,
    settlement: Settlement,
    now: Timestamp,
    next_at: Timestamp,
) -> Result<(), StoreError> {
    let mut record = QueueRecord::read(view, channel_ref)?;
    let intent = view.read::<Intent>(&Key::of(channel_ref, Kind::Intent))?;
    if matches!(settlement, Settlement::Done { .. } | Settlement::Dead { .. })
        && let Some(ended) = intent.as_ref().and_then(|intent| intent.mutes_ended)
    {
        mutes::forget(view, channel_ref, ended)?;
    }
    match settlement {
        Settlement::Done { covers, ts, fold, digest, anchors } => {
            let end = outcomes::shown(intent.as_ref(), fold.as_deref(), digest.as_deref(), ts);
            for anchor in &anchors {
                anchors::put(view, channel_ref, anchor)?;
            }
            if let Some(fold) = fold {
                let key = Key::fold(channel_ref, &fold);
                if fold.closed { view.remove(&key)? } else { view.write(&key, &fold)? }
            }
            if let Some(digest) = digest {
                let key = Key::digest(channel_ref, &digest);
                if digest.closed { view.remove(&key)? } else { view.write(&key, &digest)? }
            }
            let mut ended = Vec::with_capacity(covers.len());
            for sequence in covers {
                if let Some(delivery) = take(view, channel_ref, sequence)? {
                    record.leave();
                    ended.push(delivery);
                }
            }
            outcomes::note(view, channel_ref, &mut record.outcomes, &ended, &end, now)?;
        }
        Settlement::Retry { covers, not_before, counted, error } => {
            for sequence in covers {
                let Some(mut delivery) = take(view, channel_ref, sequence)? else { continue };
                delivery.attempts += u32::from(counted);
                delivery.not_before = not_before;
                delivery.last_error = Some(error.clone());
                put(view, channel_ref, &delivery, now)?;
            }
        }
        Settlement::Dead { covers, error } => letters::bury(view, channel_ref, &mut record, &covers, &error, now)?,
        Settlement::Paused(pause) => {
            record.untold = pauses::creators(&books::pause(view, channel_ref, &pause)?, now);
            record.pause = Some(pause);
        }
    }
    record.next_at = Some(next_at);
    record.write(view, channel_ref)?;
    view.remove(&Key::of(channel_ref, Kind::Intent))
}

/// Lets a channel go on; gives the subscriptions that thereby became active.
pub(super) fn resume(view: &mut View, channel_ref: &ChannelRef) -> Result<Vec<Subscription>, StoreError> {
    let mut record = QueueRecord::read(view, channel_ref)?;
    if record.pause.take().is_some() {
        record.untold.clear();
        record.write(view, channel_ref)?;
    }
    books::activate(view, channel_ref)
}

/// Gives up deliveries outside a call.
pub(super) fn give_up(
    view: &mut View,
    channel_ref: &ChannelRef,
    covers: &[u64],
    error: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut record = QueueRecord::read(view, channel_ref)?;
    letters::bury(view, channel_ref, &mut record, covers, error, now)?;
    record.write(view, channel_ref)
}

/// DeliveryWorkers that have anything to do, now or later.
pub(super) fn unfinished(view: &View, workspace: &WorkspaceId) -> Result<BTreeSet<ChannelRef>, StoreError> {
    let mut channels: BTreeSet<ChannelRef> =
        pending(view, workspace)?.into_iter().map(|(channel_ref, _)| channel_ref).collect();
    for kind in [Kind::Fold, Kind::Digest, Kind::Behind] {
        let live = Key::all(workspace, kind);
        for key in view.keys(&live, &live) {
            channels.extend(key?.channel_ref());
        }
    }
    channels.extend(pauses::untold(view, workspace)?);
    Ok(channels)
}

/// Channels with anything pending.
fn pending(view: &View, workspace: &WorkspaceId) -> Result<Vec<(ChannelRef, u64)>, StoreError> {
    let mut channels = Vec::new();
    for entry in view.scan::<QueueRecord>(&Key::all(workspace, Kind::Queue)) {
        let (key, record) = entry?;
        channels
            .extend(key.channel_ref().filter(|_| record.pending > 0).map(|channel_ref| (channel_ref, record.pending)));
    }
    Ok(channels)
}

pub(super) fn backlog(view: &View, workspace: &WorkspaceId) -> Result<Backlog, StoreError> {
    let mut backlog = Backlog::default();
    for (channel_ref, pending) in self::pending(view, workspace)? {
        backlog.pending += pending;
        let earlier = |one: Option<Timestamp>, at: Timestamp| Some(one.map_or(at, |one| one.min(at)));
        if let Some(first) = view.scan::<Delivery>(&Key::within(&channel_ref, Kind::Ready)).next() {
            let accepted_at = first?.1.accepted_at;
            backlog.oldest = earlier(backlog.oldest, accepted_at);
            backlog.oldest_waiting = earlier(backlog.oldest_waiting, accepted_at);
        }
        for (place, entry) in view.scan::<Delivery>(&Key::within(&channel_ref, Kind::Held)).enumerate() {
            let (_, delivery) = entry?;
            if place == 0 {
                backlog.oldest = earlier(backlog.oldest, delivery.accepted_at);
            }
            if delivery.last_error.is_some() {
                backlog.oldest_waiting = earlier(backlog.oldest_waiting, delivery.accepted_at);
            } else {
                backlog.held += 1;
            }
        }
    }
    let dead = Key::all(workspace, Kind::DeadByAge);
    for key in view.keys(&dead, &dead) {
        key?;
        backlog.dead += 1;
    }
    Ok(backlog)
}
