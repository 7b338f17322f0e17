//! One step of a channel's worker: read the pending work, plan, and make the next call.

use super::call::{NOTICE_ATTEMPTS, jitter};
use super::limits::DelayedObjects;
use super::plan::backlog::without_flood;
use super::plan::digest::with_digests;
use super::plan::{CLAIM_LIMIT, plan};
use super::retry::decide;
use super::{DeliveryWorkers, NextStep};
use crate::clock::later;
use crate::model::ChannelRef;
use crate::slack::error::SlackError;
use crate::store::StoreError;
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tracing::{error, warn};

/// With more deliveries than this waiting for a fold, a channel looks for others …
const BUSY_QUEUE_LENGTH: usize = 20;
/// … no more often than this.
const BUSY_QUEUE_INTERVAL: Duration = Duration::from_millis(500);
/// A store that is away is asked again after this.
const STORE_RETRY_DELAY: Duration = Duration::from_secs(5);

impl DeliveryWorkers {
    /// Does the next thing for a channel.
    pub(super) async fn step(self: &Arc<Self>, channel_ref: &ChannelRef) -> NextStep {
        let stepped = match AssertUnwindSafe(self.try_step(channel_ref)).catch_unwind().await {
            Ok(stepped) => stepped,
            Err(_) => self.recover_from_panic(channel_ref).await,
        };
        stepped.unwrap_or_else(|error| {
            warn!(channel = %channel_ref, "could not process the queue of {channel_ref}: {error}; retrying in {STORE_RETRY_DELAY:?}");
            NextStep::At(later(self.parts.clock.now(), STORE_RETRY_DELAY))
        })
    }

    /// A step ended in a panic. If that was before a call, its first delivery counts as refused for an unknown reason, so
    /// that it is given up in the end and holds up no other for ever.
    async fn recover_from_panic(&self, channel_ref: &ChannelRef) -> Result<NextStep, StoreError> {
        error!(channel = %channel_ref, "the delivery worker of {channel_ref} panicked");
        let now = self.parts.clock.now();
        let claim = self.parts.store.pending_work(channel_ref, now, 1).await?;
        match claim.due.first() {
            Some((delivery, _)) if claim.intent.is_none() => {
                let why = SlackError::Refused("panic".to_owned());
                let step = decide(&why, delivery.attempts, now, jitter());
                self.apply_decision(channel_ref, vec![delivery.sequence], delivery.attempts, &why, step).await
            }
            _ => Ok(NextStep::At(later(now, STORE_RETRY_DELAY))),
        }
    }

    async fn try_step(self: &Arc<Self>, channel_ref: &ChannelRef) -> Result<NextStep, StoreError> {
        if !self.is_connected(&channel_ref.workspace) {
            return Ok(NextStep::Idle);
        }
        let now = self.parts.clock.now();
        if let Some(until) = self.limited_until(channel_ref, now) {
            return Ok(NextStep::At(until));
        }
        let mut claim = self.parts.store.pending_work(channel_ref, now, CLAIM_LIMIT).await?;
        if let Some(pause) = &claim.pause {
            return self.notify_creators(channel_ref, pause, &claim.pause_notices, now).await;
        }
        if let Some(next_at) = claim.next_at.filter(|next_at| *next_at > now) {
            return Ok(NextStep::At(next_at));
        }
        if let Some(intent) = &claim.intent {
            let covered = claim.due.iter().filter(|(delivery, _)| intent.covers.contains(&delivery.sequence));
            let notice = if intent.mutes_ended.is_some() { NOTICE_ATTEMPTS } else { 0 };
            let attempts = covered.map(|(delivery, _)| delivery.attempts).max().unwrap_or(notice);
            return self.reconcile(channel_ref, intent.clone(), attempts, &SlackError::Lost).await;
        }
        if let Some(ended) = &claim.ended {
            return self.report_ended_mutes(channel_ref, ended, now).await;
        }
        self.parts.lookup.fill(&channel_ref.workspace, &mut claim.due);
        // A fold whose closing waits for its turn is among what was planned.
        let mut next = claim.next_due.filter(|due| *due > now);
        let mut waiting = DelayedObjects::default();
        let planned = plan(&claim.due, &claim.folds, &claim.anchors, now);
        let planned = with_digests(planned, &claim.due, &claim.digests, now);
        for planned in without_flood(planned, &claim.due, &claim.digests, now) {
            let mut at = planned.at;
            if at <= now {
                let missing = self.parts.lookup.missing(&channel_ref.workspace, &planned, &claim.due);
                if !missing.is_empty() {
                    // What comes meanwhile may change the plan.
                    self.parts.lookup.ask(missing).await;
                    return Ok(NextStep::Immediately);
                }
                match self.turn(channel_ref, &claim.due, &planned, &mut waiting, now) {
                    Ok(()) => return self.deliver(channel_ref, planned).await,
                    Err(turn) => at = turn,
                }
            }
            next = Some(next.map_or(at, |next| next.min(at)));
        }
        Ok(match next {
            // What comes meanwhile joins many that wait already: they are not looked through for each.
            Some(at) if claim.due.len() > BUSY_QUEUE_LENGTH => {
                NextStep::Between { earliest: later(now, BUSY_QUEUE_INTERVAL).min(at), latest: at }
            }
            Some(at) => NextStep::AtOrWoken(at),
            None => NextStep::Idle,
        })
    }
}
