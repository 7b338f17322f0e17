//! Delivers each channel's queue: first in, first out, one Slack call at a time, independent of other channels.

mod call;
mod enrichment;
mod limits;
pub mod lookup;
mod pace;
mod pause_notices;
mod plan;
mod retry;
mod thread;
mod worker;

use crate::clock::Clock;
use crate::metrics::Metrics;
use crate::model::{ChannelRef, PauseReason, WorkspaceId};
use crate::routing::{AccountsWithApiKey, UserDirectory};
use crate::slack::api::SlackApi;
use crate::store::{Store, StoreError};
use lookup::Lookup;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

/// The parts of the server that delivery workers use.
pub struct DeliveryParts {
    /// The source of time.
    pub clock: Clock,
    /// The store with the queues.
    pub store: Arc<dyn Store>,
    /// The client of Slack's Web API.
    pub slack: Arc<SlackApi>,
    /// The counters that `/metrics` shows.
    pub metrics: Arc<Metrics>,
    /// The Slack users behind Segments.ai usernames.
    pub people: Arc<UserDirectory>,
    /// The accounts that have an API key.
    pub keyed: Arc<AccountsWithApiKey>,
    /// Look-ups of names and progress in Segments.ai.
    pub lookup: Arc<Lookup>,
    /// The base URL of the Segments.ai web app, for links.
    pub app_url: String,
}

/// The delivery workers: one task for each channel with work to do, ended when its queue is empty.
pub struct DeliveryWorkers {
    parts: DeliveryParts,
    working: Mutex<HashMap<ChannelRef, Worker>>,
    /// The workspaces whose token Slack accepted or rejected. Channels of other workspaces wait.
    workspaces: Mutex<HashMap<WorkspaceId, WorkspaceState>>,
    limits: limits::WorkspaceLimits,
    /// Notified when Slack rejects a workspace's token.
    rejections: watch::Sender<()>,
    /// Notified when a channel is paused.
    pauses: watch::Sender<()>,
    busy: watch::Sender<usize>,
    tasks: TaskTracker,
    shutdown: CancellationToken,
}

/// The state of a workspace's token at Slack.
enum WorkspaceState {
    /// Accepted: the workspace's workers run.
    Connected,
    /// Rejected, with Slack's code: its workers wait.
    Rejected(PauseReason),
}

/// The state of a channel's task that others may change.
struct Worker {
    alarm: Arc<Notify>,
    /// Set while the task works or is about to; otherwise it waits for a time or its alarm.
    at_work: bool,
    /// Set if work arrived while the task was busy, so that it looks again.
    woken: bool,
    /// Set while the task waits for a time and cannot be woken.
    holds: bool,
}

/// Counts as a busy worker until it is dropped.
pub struct BusyGuard(Arc<DeliveryWorkers>);

impl Drop for BusyGuard {
    fn drop(&mut self) {
        self.0.busy.send_modify(|busy| *busy -= 1);
    }
}

/// The next step of a channel's task.
enum NextStep {
    /// Look again immediately.
    Immediately,
    /// Look again at a time, or earlier when woken.
    AtOrWoken(jiff::Timestamp),
    /// Look again at a time, and not earlier.
    At(jiff::Timestamp),
    /// Look again at `latest`, or earlier when woken, but not before `earliest`.
    Between {
        /// The first moment to look again.
        earliest: jiff::Timestamp,
        /// The last moment to look again.
        latest: jiff::Timestamp,
    },
    /// End: nothing is left to do until woken.
    Idle,
}

impl DeliveryWorkers {
    /// Returns workers that stop at `shutdown`; none is running yet.
    pub fn new(parts: DeliveryParts, shutdown: CancellationToken) -> Arc<Self> {
        Arc::new(Self {
            parts,
            working: Mutex::default(),
            workspaces: Mutex::default(),
            limits: limits::WorkspaceLimits::default(),
            rejections: watch::Sender::new(()),
            pauses: watch::Sender::new(()),
            busy: watch::Sender::new(0),
            tasks: TaskTracker::new(),
            shutdown,
        })
    }

    /// Wakes a channel's worker, or starts one. It counts as busy when this returns.
    pub fn wake(self: &Arc<Self>, channel_ref: &ChannelRef) {
        if self.shutdown.is_cancelled() {
            return;
        }
        let mut working = self.working.lock();
        if let Some(worker) = working.get_mut(channel_ref) {
            worker.woken = true;
            if !worker.holds {
                self.mark_busy(worker);
                worker.alarm.notify_one();
            }
            return;
        }
        let alarm = Arc::new(Notify::new());
        let mut worker = Worker { alarm: Arc::clone(&alarm), at_work: false, woken: false, holds: false };
        self.mark_busy(&mut worker);
        working.insert(channel_ref.clone(), worker);
        self.tasks.spawn(Arc::clone(self).work(channel_ref.clone(), alarm));
    }

    /// Marks a workspace as connected and wakes its channels that have work.
    pub async fn open(self: &Arc<Self>, workspace: &WorkspaceId) -> Result<(), StoreError> {
        self.workspaces.lock().insert(workspace.clone(), WorkspaceState::Connected);
        for channel_ref in self.parts.store.channels_with_work(workspace).await? {
            self.wake(&channel_ref);
        }
        Ok(())
    }

    /// Returns the reason why Slack rejected a workspace's token; none if it did not.
    pub fn workspace_rejection(&self, workspace: &WorkspaceId) -> Option<PauseReason> {
        match self.workspaces.lock().get(workspace) {
            Some(WorkspaceState::Rejected(reason)) => Some(reason.clone()),
            Some(WorkspaceState::Connected) | None => None,
        }
    }

    /// Marks a workspace as rejected: its workers wait until it is connected again.
    pub fn reject_workspace(&self, workspace: &WorkspaceId, reason: PauseReason) {
        let text = reason.to_string();
        let before = self.workspaces.lock().insert(workspace.clone(), WorkspaceState::Rejected(reason));
        if !matches!(before, Some(WorkspaceState::Rejected(_))) {
            warn!(workspace.id = %workspace, "Slack rejected the token of workspace {workspace} ({text}); deliveries are paused");
        }
        self.rejections.send_replace(());
    }

    /// Waits until Slack rejects a workspace's token.
    pub async fn until_workspace_rejected(&self, workspace: &WorkspaceId) {
        let mut rejections = self.rejections.subscribe();
        while self.workspace_rejection(workspace).is_none() {
            rejections.changed().await.expect("the sender lives in `self`, which is borrowed here");
        }
    }

    fn is_connected(&self, workspace: &WorkspaceId) -> bool {
        matches!(self.workspaces.lock().get(workspace), Some(WorkspaceState::Connected))
    }

    /// Returns a guard that counts as a busy worker until it is dropped.
    pub fn at_work(self: &Arc<Self>) -> BusyGuard {
        self.busy.send_modify(|busy| *busy += 1);
        BusyGuard(Arc::clone(self))
    }

    /// Returns a receiver that is notified when a channel is paused.
    pub fn pauses(&self) -> watch::Receiver<()> {
        self.pauses.subscribe()
    }

    /// Returns the number of busy workers and guards, as a value to watch.
    pub fn busy(&self) -> watch::Receiver<usize> {
        self.busy.subscribe()
    }

    /// Waits for the calls in flight. No call begins after shutdown.
    pub async fn finish(&self) {
        self.tasks.close();
        self.tasks.wait().await;
        info!("every delivery worker has stopped");
    }

    async fn work(self: Arc<Self>, channel_ref: ChannelRef, alarm: Arc<Notify>) {
        loop {
            let next = if self.shutdown.is_cancelled() { NextStep::Idle } else { self.step(&channel_ref).await };
            match next {
                NextStep::Immediately => {}
                NextStep::AtOrWoken(at) => {
                    if self.mark_idle_unless_woken(&channel_ref) {
                        self.wait_until_or_woken(at, &alarm).await;
                        self.mark_busy_again(&channel_ref);
                    }
                }
                NextStep::At(at) => {
                    self.wait_until(&channel_ref, at).await;
                    self.mark_busy_again(&channel_ref);
                }
                NextStep::Between { earliest, latest } => {
                    self.wait_until(&channel_ref, earliest).await;
                    if self.mark_idle_unless_woken(&channel_ref) {
                        self.wait_until_or_woken(latest, &alarm).await;
                        self.mark_busy_again(&channel_ref);
                    }
                }
                NextStep::Idle => {
                    if self.try_exit(&channel_ref) {
                        return;
                    }
                }
            }
        }
    }

    fn mark_busy(&self, worker: &mut Worker) {
        if !std::mem::replace(&mut worker.at_work, true) {
            self.busy.send_modify(|busy| *busy += 1);
        }
    }

    /// Marks a worker as busy after it waited.
    fn mark_busy_again(&self, channel_ref: &ChannelRef) {
        if let Some(worker) = self.working.lock().get_mut(channel_ref) {
            worker.woken = false;
            self.mark_busy(worker);
        }
    }

    /// Marks a worker as idle and returns true, or returns false if it was woken in the meantime.
    fn mark_idle_unless_woken(&self, channel_ref: &ChannelRef) -> bool {
        let mut working = self.working.lock();
        let Some(worker) = working.get_mut(channel_ref) else { return true };
        if std::mem::take(&mut worker.woken) {
            return false;
        }
        self.mark_idle(worker);
        true
    }

    /// Waits for a time, the alarm, or shutdown.
    async fn wait_until_or_woken(&self, at: jiff::Timestamp, alarm: &Notify) {
        tokio::select! {
            () = self.parts.clock.sleep_until(at) => {}
            () = alarm.notified() => {}
            () = self.shutdown.cancelled() => {}
        }
    }

    /// Waits for a time or shutdown, whether woken or not, and marks the worker as busy again.
    async fn wait_until(&self, channel_ref: &ChannelRef, at: jiff::Timestamp) {
        if let Some(worker) = self.working.lock().get_mut(channel_ref) {
            worker.holds = true;
            self.mark_idle(worker);
        }
        self.shutdown.run_until_cancelled(self.parts.clock.sleep_until(at)).await;
        if let Some(worker) = self.working.lock().get_mut(channel_ref) {
            worker.holds = false;
            self.mark_busy(worker);
        }
    }

    fn mark_idle(&self, worker: &mut Worker) {
        if std::mem::take(&mut worker.at_work) {
            self.busy.send_modify(|busy| *busy -= 1);
        }
    }

    /// Removes a worker and returns true, or returns false if it was woken in the meantime and no shutdown began.
    fn try_exit(&self, channel_ref: &ChannelRef) -> bool {
        let mut working = self.working.lock();
        if !self.shutdown.is_cancelled()
            && working.get_mut(channel_ref).is_some_and(|worker| std::mem::take(&mut worker.woken))
        {
            return false;
        }
        if working.remove(channel_ref).is_some_and(|worker| worker.at_work) {
            self.busy.send_modify(|busy| *busy -= 1);
        }
        true
    }
}

/// Returns the time to wait after this many failed attempts in a row, with jitter: from 1 second to 5 minutes.
pub fn back_off(tries: u32) -> Duration {
    retry::pause(tries, call::jitter())
}
