//! The queue of a channel: its deliveries in order, the pending call, its pace and its pause.
//!
//! A delivery stands among the ready ones or, while its `not_before` is to come, among the held ones with a wake record
//! by time; so a claim reads no more than it gives, however much is held or waiting behind.

use super::keys::{RecordKey, RecordKind};
use super::view::StoreView;
use super::{anchors, dead_letters, events, mutes, outcomes, pauses, subscriptions};
use crate::model::{BatchMessage, ChannelRef, Delivery, DigestMessage, Pause, Subscription, WorkspaceId};
pub(super) use crate::store::record::QueueState as QueueRecord;
use crate::store::{Backlog, CallResult, PendingCall, PendingWork, StoreError};
use jiff::Timestamp;
use std::collections::BTreeSet;

impl QueueRecord {
    /// The channel's record. A missing one is made from the deliveries and dead letters that there are: no sequence is
    /// given twice.
    pub(super) fn read(view: &StoreView, channel_ref: &ChannelRef) -> Result<Self, StoreError> {
        if let Some(record) = view.read(&RecordKey::of(channel_ref, RecordKind::Queue))? {
            return Ok(record);
        }
        let mut record = Self { outcomes: outcomes::next(view, channel_ref)?, ..Self::default() };
        for kind in [RecordKind::Ready, RecordKind::Held, RecordKind::Dead] {
            let beginning = RecordKey::within(channel_ref, kind);
            for key in view.keys(&beginning, &beginning) {
                record.pending += u64::from(kind != RecordKind::Dead);
                record.next_sequence = record.next_sequence.max(key?.sequence().map_or(0, |last| last + 1));
            }
        }
        Ok(record)
    }

    pub(super) fn write(&self, view: &mut StoreView, channel_ref: &ChannelRef) -> Result<(), StoreError> {
        view.write(&RecordKey::of(channel_ref, RecordKind::Queue), self)
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
    view: &mut StoreView,
    channel_ref: &ChannelRef,
    delivery: &Delivery,
    now: Timestamp,
) -> Result<(), StoreError> {
    if delivery.not_before <= now {
        return view.write(&RecordKey::numbered(channel_ref, RecordKind::Ready, delivery.sequence), delivery);
    }
    view.write(&RecordKey::wake(channel_ref, delivery.not_before, delivery.sequence), &())?;
    view.write(&RecordKey::numbered(channel_ref, RecordKind::Held, delivery.sequence), delivery)
}

/// Takes a delivery out of its place; none if it is not there.
pub(super) fn take(
    view: &mut StoreView,
    channel_ref: &ChannelRef,
    sequence: u64,
) -> Result<Option<Delivery>, StoreError> {
    let ready = RecordKey::numbered(channel_ref, RecordKind::Ready, sequence);
    if let Some(delivery) = view.read(&ready)? {
        view.remove(&ready)?;
        return Ok(Some(delivery));
    }
    let held = RecordKey::numbered(channel_ref, RecordKind::Held, sequence);
    let Some(delivery) = view.read::<Delivery>(&held)? else { return Ok(None) };
    view.remove(&held)?;
    view.remove(&RecordKey::wake(channel_ref, delivery.not_before, sequence))?;
    Ok(Some(delivery))
}

/// What a channel has to do, and the sequences of due deliveries whose event is lost.
pub(super) fn claim(
    view: &StoreView,
    channel_ref: &ChannelRef,
    now: Timestamp,
    limit: usize,
) -> Result<(PendingWork, Vec<u64>), StoreError> {
    let record = view.read::<QueueRecord>(&RecordKey::of(channel_ref, RecordKind::Queue))?.unwrap_or_default();
    let mut next_due = None::<Timestamp>;
    let mut later = |time: Timestamp| next_due = Some(next_due.map_or(time, |earliest| earliest.min(time)));
    let mut deliveries = Vec::new();
    for entry in view.scan::<Delivery>(&RecordKey::within(channel_ref, RecordKind::Ready)).take(limit) {
        let (_, delivery) = entry?;
        if delivery.not_before <= now { deliveries.push(delivery) } else { later(delivery.not_before) }
    }
    let wakes = RecordKey::within(channel_ref, RecordKind::Wake);
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
        match view.read(&RecordKey::numbered(channel_ref, RecordKind::Held, sequence))? {
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
    let folds = view
        .scan::<BatchMessage>(&RecordKey::within(channel_ref, RecordKind::Fold))
        .map(|entry| entry.map(|(_, fold)| fold));
    let folds = folds.collect::<Result<Vec<_>, _>>()?;
    let digests = view.scan::<DigestMessage>(&RecordKey::within(channel_ref, RecordKind::Digest));
    let digests = digests.map(|entry| entry.map(|(_, digest)| digest)).collect::<Result<Vec<_>, _>>()?;
    let next_due = folds.iter().map(BatchMessage::close_at).chain(next_due).min();
    let (anchors, edit_at) = anchors::claimed(view, channel_ref, &due)?;
    let next_due = next_due.into_iter().chain(edit_at).min();
    let intent = view.read(&RecordKey::of(channel_ref, RecordKind::PendingCall))?;
    let ended = mutes::ended(view, channel_ref, now)?;
    let QueueRecord { next_at, pause, pause_notices, .. } = record;
    Ok((PendingWork { due, next_due, folds, anchors, digests, ended, intent, next_at, pause, pause_notices }, lost))
}

pub(super) fn begin(view: &mut StoreView, channel_ref: &ChannelRef, intent: &PendingCall) -> Result<(), StoreError> {
    view.write(&RecordKey::of(channel_ref, RecordKind::PendingCall), intent)
}

pub(super) fn settle(
    view: &mut StoreView,
    channel_ref: &ChannelRef,
    settlement: CallResult,
    now: Timestamp,
    next_at: Timestamp,
) -> Result<(), StoreError> {
    let mut record = QueueRecord::read(view, channel_ref)?;
    let intent = view.read::<PendingCall>(&RecordKey::of(channel_ref, RecordKind::PendingCall))?;
    if matches!(settlement, CallResult::Done { .. } | CallResult::Dead { .. })
        && let Some(ended) = intent.as_ref().and_then(|intent| intent.mutes_ended)
    {
        mutes::forget(view, channel_ref, ended)?;
    }
    match settlement {
        CallResult::Done { covers, ts, fold, digest, anchors } => {
            let end = outcomes::shown(intent.as_ref(), fold.as_deref(), digest.as_deref(), ts);
            for anchor in &anchors {
                anchors::put(view, channel_ref, anchor)?;
            }
            if let Some(fold) = fold {
                let key = RecordKey::fold(channel_ref, &fold);
                if fold.live.closed { view.remove(&key)? } else { view.write(&key, &fold)? }
            }
            if let Some(digest) = digest {
                let key = RecordKey::digest(channel_ref, &digest);
                if digest.live.closed { view.remove(&key)? } else { view.write(&key, &digest)? }
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
        CallResult::Retry { covers, not_before, counted, error } => {
            for sequence in covers {
                let Some(mut delivery) = take(view, channel_ref, sequence)? else { continue };
                delivery.attempts += u32::from(counted);
                delivery.not_before = not_before;
                delivery.last_error = Some(error.clone());
                put(view, channel_ref, &delivery, now)?;
            }
        }
        CallResult::Dead { covers, error } => dead_letters::bury(view, channel_ref, &mut record, &covers, &error, now)?,
        CallResult::Paused(pause) => {
            record.pause_notices = pauses::creators(&subscriptions::pause(view, channel_ref, &pause)?, now);
            record.pause = Some(pause);
        }
    }
    record.next_at = Some(next_at);
    record.write(view, channel_ref)?;
    view.remove(&RecordKey::of(channel_ref, RecordKind::PendingCall))
}

/// Lets a channel go on; gives the subscriptions that thereby became active.
pub(super) fn resume(view: &mut StoreView, channel_ref: &ChannelRef) -> Result<Vec<Subscription>, StoreError> {
    let mut record = QueueRecord::read(view, channel_ref)?;
    if record.pause.take().is_some() {
        record.pause_notices.clear();
        record.write(view, channel_ref)?;
    }
    subscriptions::activate(view, channel_ref)
}

/// Gives up deliveries outside a call.
pub(super) fn give_up(
    view: &mut StoreView,
    channel_ref: &ChannelRef,
    covers: &[u64],
    error: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut record = QueueRecord::read(view, channel_ref)?;
    dead_letters::bury(view, channel_ref, &mut record, covers, error, now)?;
    record.write(view, channel_ref)
}

/// Returns the channels that have work to do now or later.
pub(super) fn unfinished(view: &StoreView, workspace: &WorkspaceId) -> Result<BTreeSet<ChannelRef>, StoreError> {
    let mut channels: BTreeSet<ChannelRef> =
        pending(view, workspace)?.into_iter().map(|(channel_ref, _)| channel_ref).collect();
    for kind in [RecordKind::Fold, RecordKind::Digest, RecordKind::Behind] {
        let live = RecordKey::all(workspace, kind);
        for key in view.keys(&live, &live) {
            channels.extend(key?.channel_ref());
        }
    }
    channels.extend(pauses::unsent(view, workspace)?);
    Ok(channels)
}

/// Channels with anything pending.
fn pending(view: &StoreView, workspace: &WorkspaceId) -> Result<Vec<(ChannelRef, u64)>, StoreError> {
    let mut channels = Vec::new();
    for entry in view.scan::<QueueRecord>(&RecordKey::all(workspace, RecordKind::Queue)) {
        let (key, record) = entry?;
        channels
            .extend(key.channel_ref().filter(|_| record.pending > 0).map(|channel_ref| (channel_ref, record.pending)));
    }
    Ok(channels)
}

pub(super) fn backlog(view: &StoreView, workspace: &WorkspaceId) -> Result<Backlog, StoreError> {
    let mut backlog = Backlog::default();
    for (channel_ref, pending) in self::pending(view, workspace)? {
        backlog.pending += pending;
        let earlier = |one: Option<Timestamp>, at: Timestamp| Some(one.map_or(at, |one| one.min(at)));
        if let Some(first) = view.scan::<Delivery>(&RecordKey::within(&channel_ref, RecordKind::Ready)).next() {
            let accepted_at = first?.1.accepted_at;
            backlog.oldest = earlier(backlog.oldest, accepted_at);
            backlog.oldest_waiting = earlier(backlog.oldest_waiting, accepted_at);
        }
        for (place, entry) in view.scan::<Delivery>(&RecordKey::within(&channel_ref, RecordKind::Held)).enumerate() {
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
    let dead = RecordKey::all(workspace, RecordKind::DeadByAge);
    for key in view.keys(&dead, &dead) {
        key?;
        backlog.dead += 1;
    }
    Ok(backlog)
}
