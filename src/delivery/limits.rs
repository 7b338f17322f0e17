//! What the channels of a workspace share: Slack's limits on all of them together.

use super::DeliveryWorkers;
use super::plan::Planned;
use crate::delivery::pace::{Limits, Pace};
use crate::model::{ChannelRef, Delivery, News, ObjectKey, WorkspaceId};
use jiff::Timestamp;
use parking_lot::Mutex;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tracing::warn;

/// How every workspace stands; forgotten when the program ends, since Slack says it again.
#[derive(Default)]
pub(super) struct WorkspaceLimits(Mutex<HashMap<WorkspaceId, Limits>>);

/// Objects of which an event waits for an edit, so that none overtakes it.
#[derive(Default)]
pub(super) struct DelayedObjects {
    objects: HashSet<ObjectKey>,
    until: Option<Timestamp>,
}

impl WorkspaceLimits {
    fn of<T>(&self, channel_ref: &ChannelRef, work: impl FnOnce(&mut Limits) -> T) -> T {
        work(self.0.lock().entry(channel_ref.workspace.clone()).or_insert_with(Limits::new))
    }
}

impl DeliveryWorkers {
    /// Until when a channel is to wait with all others of its workspace, if it is.
    pub(super) fn limited_until(&self, channel_ref: &ChannelRef, now: Timestamp) -> Option<Timestamp> {
        self.limits.of(channel_ref, |limits| limits.limited_until(now))
    }

    /// Slack said that a call of a channel was too much.
    pub(super) fn note_limit(&self, call: Pace, channel_ref: &ChannelRef, wait: Duration) {
        let now = self.parts.clock.now();
        if self.limits.of(channel_ref, |limits| limits.note(call, &channel_ref.channel, wait, now)) {
            let workspace = &channel_ref.workspace;
            self.parts.metrics.slack_calls.count("workspace_limited");
            warn!(workspace.id = %workspace, "Slack rate-limited workspace {workspace}; its deliveries wait {wait:?}");
        }
    }

    /// Whether a channel may look at what was said in its channel now; else when.
    pub(super) fn look_turn(&self, channel_ref: &ChannelRef, now: Timestamp) -> Result<(), Timestamp> {
        self.limits.of(channel_ref, |limits| limits.look(&channel_ref.channel, now))
    }

    /// Whether a call may be made that is due; else when to ask again. An edit may have to wait for its workspace, and
    /// then what shares an object with it waits too; nothing else does.
    pub(super) fn turn(
        &self,
        channel_ref: &ChannelRef,
        due: &[(Delivery, Arc<News>)],
        planned: &Planned<'_>,
        waiting: &mut DelayedObjects,
        now: Timestamp,
    ) -> Result<(), Timestamp> {
        let is_edit = planned.call.edits();
        if !is_edit && waiting.until.is_none() {
            return Ok(());
        }
        let covers: HashSet<u64> = planned.covers.iter().copied().collect();
        let covered = || due.iter().filter(|(delivery, _)| covers.contains(&delivery.sequence));
        let objects = || covered().filter_map(|(_, news)| news.event.object_key());
        let behind = waiting.until.filter(|_| objects().any(|object| waiting.objects.contains(&object)));
        let newest = covered().map(|(delivery, _)| delivery.accepted_at).max();
        let turn = match behind {
            Some(until) => Err(until),
            None if is_edit => self.limits.of(channel_ref, |limits| limits.edit(&channel_ref.channel, newest, now)),
            None => Ok(()),
        };
        if let Err(until) = turn {
            waiting.objects.extend(objects());
            waiting.until = Some(waiting.until.map_or(until, |other| other.max(until)));
        }
        turn
    }
}
