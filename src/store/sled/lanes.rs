//! Lanes: deliveries in their order, the call in flight, pace and pause.
//!
//! A delivery stands among the ready ones or, while its `not_before` is to come, among the held ones with a wake record
//! by time; so a claim reads no more than it gives, however much is held or waiting behind.

use super::keys::{Key, Kind};
use super::view::View;
use super::{anchors, books, events, letters, mutes, outcomes, pauses};
use crate::model::{Delivery, DigestMessage, Fold, Lane, Pause, Subscription, WorkspaceId};
pub(super) use crate::store::record::LaneState as LaneRecord;
use crate::store::{Backlog, Claim, Intent, Settlement, StoreError};
use jiff::Timestamp;
use std::collections::BTreeSet;

impl LaneRecord {
    /// The lane's record. A missing one is made from the deliveries and dead letters that there are: no sequence is
    /// given twice.
    pub(super) fn read(view: &View, lane: &Lane) -> Result<Self, StoreError> {
        if let Some(record) = view.read(&Key::of(lane, Kind::Lane))? {
            return Ok(record);
        }
        let mut record = Self { outcomes: outcomes::next(view, lane)?, ..Self::default() };
        for kind in [Kind::Ready, Kind::Held, Kind::Dead] {
            let beginning = Key::within(lane, kind);
            for key in view.keys(&beginning, &beginning) {
                record.pending += u64::from(kind != Kind::Dead);
                record.next_sequence = record.next_sequence.max(key?.sequence().map_or(0, |last| last + 1));
            }
        }
        Ok(record)
    }

    pub(super) fn write(&self, view: &mut View, lane: &Lane) -> Result<(), StoreError> {
        view.write(&Key::of(lane, Kind::Lane), self)
    }

    /// The next sequence, taken by a new delivery.
    pub(super) fn enter(&mut self) -> u64 {
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        self.pending += 1;
        sequence
    }

    /// Why the lane waits, if it was told to, and the time before which it makes no call.
    pub(super) fn waits(self) -> (Option<Pause>, Option<Timestamp>) {
        (self.pause, self.next_at)
    }

    /// One delivery less.
    pub(super) fn leave(&mut self) {
        self.pending = self.pending.saturating_sub(1);
    }
}

/// Puts a delivery in its place; one that is to wait from `now` on is held.
pub(super) fn put(view: &mut View, lane: &Lane, delivery: &Delivery, now: Timestamp) -> Result<(), StoreError> {
    if delivery.not_before <= now {
        return view.write(&Key::numbered(lane, Kind::Ready, delivery.sequence), delivery);
    }
    view.write(&Key::wake(lane, delivery.not_before, delivery.sequence), &())?;
    view.write(&Key::numbered(lane, Kind::Held, delivery.sequence), delivery)
}

/// Takes a delivery out of its place; none if it is not there.
pub(super) fn take(view: &mut View, lane: &Lane, sequence: u64) -> Result<Option<Delivery>, StoreError> {
    let ready = Key::numbered(lane, Kind::Ready, sequence);
    if let Some(delivery) = view.read(&ready)? {
        view.remove(&ready)?;
        return Ok(Some(delivery));
    }
    let held = Key::numbered(lane, Kind::Held, sequence);
    let Some(delivery) = view.read::<Delivery>(&held)? else { return Ok(None) };
    view.remove(&held)?;
    view.remove(&Key::wake(lane, delivery.not_before, sequence))?;
    Ok(Some(delivery))
}

/// What a lane has to do, and the sequences of due deliveries whose event is lost.
pub(super) fn claim(view: &View, lane: &Lane, now: Timestamp, limit: usize) -> Result<(Claim, Vec<u64>), StoreError> {
    let record = view.read::<LaneRecord>(&Key::of(lane, Kind::Lane))?.unwrap_or_default();
    let mut next_due = None::<Timestamp>;
    let mut later = |time: Timestamp| next_due = Some(next_due.map_or(time, |earliest| earliest.min(time)));
    let mut deliveries = Vec::new();
    for entry in view.scan::<Delivery>(&Key::within(lane, Kind::Ready)).take(limit) {
        let (_, delivery) = entry?;
        if delivery.not_before <= now { deliveries.push(delivery) } else { later(delivery.not_before) }
    }
    let wakes = Key::within(lane, Kind::Wake);
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
        match view.read(&Key::numbered(lane, Kind::Held, sequence))? {
            Some(delivery) => deliveries.push(delivery),
            None => view.note_unreadable(wake),
        }
    }
    deliveries.sort_unstable_by_key(|delivery| delivery.sequence);
    deliveries.truncate(limit);

    let mut lost = Vec::new();
    let mut due = Vec::with_capacity(deliveries.len());
    for delivery in deliveries {
        match events::news(view, lane, &delivery)? {
            Some(news) => due.push((delivery, news)),
            None => lost.push(delivery.sequence),
        }
    }
    let folds = view.scan::<Fold>(&Key::within(lane, Kind::Fold)).map(|entry| entry.map(|(_, fold)| fold));
    let folds = folds.collect::<Result<Vec<_>, _>>()?;
    let digests = view.scan::<DigestMessage>(&Key::within(lane, Kind::Digest));
    let digests = digests.map(|entry| entry.map(|(_, digest)| digest)).collect::<Result<Vec<_>, _>>()?;
    let next_due = folds.iter().map(Fold::close_at).chain(next_due).min();
    let (anchors, edit_at) = anchors::claimed(view, lane, &due)?;
    let next_due = next_due.into_iter().chain(edit_at).min();
    let intent = view.read(&Key::of(lane, Kind::Intent))?;
    let ended = mutes::ended(view, lane, now)?;
    let LaneRecord { next_at, pause, untold, .. } = record;
    Ok((Claim { due, next_due, folds, anchors, digests, ended, intent, next_at, pause, untold }, lost))
}

pub(super) fn begin(view: &mut View, lane: &Lane, intent: &Intent) -> Result<(), StoreError> {
    view.write(&Key::of(lane, Kind::Intent), intent)
}

pub(super) fn settle(
    view: &mut View,
    lane: &Lane,
    settlement: Settlement,
    now: Timestamp,
    next_at: Timestamp,
) -> Result<(), StoreError> {
    let mut record = LaneRecord::read(view, lane)?;
    let intent = view.read::<Intent>(&Key::of(lane, Kind::Intent))?;
    if matches!(settlement, Settlement::Done { .. } | Settlement::Dead { .. })
        && let Some(ended) = intent.as_ref().and_then(|intent| intent.mutes_ended)
    {
        mutes::forget(view, lane, ended)?;
    }
    match settlement {
        Settlement::Done { covers, ts, fold, digest, anchors } => {
            let end = outcomes::shown(intent.as_ref(), fold.as_deref(), digest.as_deref(), ts);
            for anchor in &anchors {
                anchors::put(view, lane, anchor)?;
            }
            if let Some(fold) = fold {
                let key = Key::fold(lane, &fold);
                if fold.closed { view.remove(&key)? } else { view.write(&key, &fold)? }
            }
            if let Some(digest) = digest {
                let key = Key::digest(lane, &digest);
                if digest.closed { view.remove(&key)? } else { view.write(&key, &digest)? }
            }
            let mut ended = Vec::with_capacity(covers.len());
            for sequence in covers {
                if let Some(delivery) = take(view, lane, sequence)? {
                    record.leave();
                    ended.push(delivery);
                }
            }
            outcomes::note(view, lane, &mut record.outcomes, &ended, &end, now)?;
        }
        Settlement::Retry { covers, not_before, counted, error } => {
            for sequence in covers {
                let Some(mut delivery) = take(view, lane, sequence)? else { continue };
                delivery.attempts += u32::from(counted);
                delivery.not_before = not_before;
                delivery.last_error = Some(error.clone());
                put(view, lane, &delivery, now)?;
            }
        }
        Settlement::Dead { covers, error } => letters::bury(view, lane, &mut record, &covers, &error, now)?,
        Settlement::Paused(pause) => {
            record.untold = pauses::creators(&books::pause(view, lane, &pause)?, now);
            record.pause = Some(pause);
        }
    }
    record.next_at = Some(next_at);
    record.write(view, lane)?;
    view.remove(&Key::of(lane, Kind::Intent))
}

/// Lets a lane go on; gives the subscriptions that thereby became active.
pub(super) fn resume(view: &mut View, lane: &Lane) -> Result<Vec<Subscription>, StoreError> {
    let mut record = LaneRecord::read(view, lane)?;
    if record.pause.take().is_some() {
        record.untold.clear();
        record.write(view, lane)?;
    }
    books::activate(view, lane)
}

/// Gives up deliveries outside a call.
pub(super) fn give_up(
    view: &mut View,
    lane: &Lane,
    covers: &[u64],
    error: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut record = LaneRecord::read(view, lane)?;
    letters::bury(view, lane, &mut record, covers, error, now)?;
    record.write(view, lane)
}

/// Lanes that have anything to do, now or later.
pub(super) fn unfinished(view: &View, workspace: &WorkspaceId) -> Result<BTreeSet<Lane>, StoreError> {
    let mut lanes: BTreeSet<Lane> = pending(view, workspace)?.into_iter().map(|(lane, _)| lane).collect();
    for kind in [Kind::Fold, Kind::Digest, Kind::Behind] {
        let live = Key::all(workspace, kind);
        for key in view.keys(&live, &live) {
            lanes.extend(key?.lane());
        }
    }
    lanes.extend(pauses::untold(view, workspace)?);
    Ok(lanes)
}

/// Channels with anything pending.
fn pending(view: &View, workspace: &WorkspaceId) -> Result<Vec<(Lane, u64)>, StoreError> {
    let mut lanes = Vec::new();
    for entry in view.scan::<LaneRecord>(&Key::all(workspace, Kind::Lane)) {
        let (key, record) = entry?;
        lanes.extend(key.lane().filter(|_| record.pending > 0).map(|lane| (lane, record.pending)));
    }
    Ok(lanes)
}

pub(super) fn backlog(view: &View, workspace: &WorkspaceId) -> Result<Backlog, StoreError> {
    let mut backlog = Backlog::default();
    for (lane, pending) in self::pending(view, workspace)? {
        backlog.pending += pending;
        let earlier = |one: Option<Timestamp>, at: Timestamp| Some(one.map_or(at, |one| one.min(at)));
        if let Some(first) = view.scan::<Delivery>(&Key::within(&lane, Kind::Ready)).next() {
            let accepted_at = first?.1.accepted_at;
            backlog.oldest = earlier(backlog.oldest, accepted_at);
            backlog.oldest_waiting = earlier(backlog.oldest_waiting, accepted_at);
        }
        for (place, entry) in view.scan::<Delivery>(&Key::within(&lane, Kind::Held)).enumerate() {
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
