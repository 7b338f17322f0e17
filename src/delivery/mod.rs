//! Delivering: a channel for each channel, first in first out, one Slack call at a time, channels independent of each other.

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

/// What the channels work with.
pub struct DeliveryParts {
    /// The time.
    pub clock: Clock,
    /// Where deliveries are kept.
    pub store: Arc<dyn Store>,
    /// Where they go.
    pub slack: Arc<SlackApi>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Who is who.
    pub people: Arc<UserDirectory>,
    /// Which accounts have an API key.
    pub keyed: Arc<AccountsWithApiKey>,
    /// What Segments.ai knows.
    pub lookup: Arc<Lookup>,
    /// The base of the web app, for links.
    pub app_url: String,
}

/// The channels that have anything to do: one task each, gone when its channel is empty.
pub struct DeliveryWorkers {
    parts: DeliveryParts,
    working: Mutex<HashMap<ChannelRef, Worker>>,
    /// Workspaces that were opened, and those that Slack does not let us into any more; the channels of others wait.
    doors: Mutex<HashMap<WorkspaceId, WorkspaceState>>,
    limits: limits::WorkspaceLimits,
    /// Told of every door that closes.
    closings: watch::Sender<()>,
    /// Told of every channel that is paused.
    pauses: watch::Sender<()>,
    busy: watch::Sender<usize>,
    tasks: TaskTracker,
    shutdown: CancellationToken,
}

/// Whether Slack lets us into a workspace.
enum WorkspaceState {
    Open,
    /// With Slack's code.
    Closed(PauseReason),
}

/// A channel's task, as seen from outside.
struct Worker {
    alarm: Arc<Notify>,
    /// Whether it is at work, or about to be; else it waits for its alarm or a time.
    at_work: bool,
    /// Whether something came while it was at work: it must look again.
    woken: bool,
    /// Whether it waits for a time, whatever comes.
    holds: bool,
}

/// Work beside the channels that counts as one of them.
pub struct BusyGuard(Arc<DeliveryWorkers>);

impl Drop for BusyGuard {
    fn drop(&mut self) {
        self.0.busy.send_modify(|busy| *busy -= 1);
    }
}

/// What a channel's task does next.
enum NextStep {
    /// Look again at once.
    Now,
    /// Look again at a time, or when woken.
    Until(jiff::Timestamp),
    /// Look again at a time and not before, whatever comes.
    Hold(jiff::Timestamp),
    /// Look again at the second time, or when woken, but not before the first.
    Doze(jiff::Timestamp, jiff::Timestamp),
    /// Nothing is left to do until woken.
    Idle,
}

impl DeliveryWorkers {
    /// Returns workers that stop at `shutdown`; none is running yet.
    pub fn new(parts: DeliveryParts, shutdown: CancellationToken) -> Arc<Self> {
        Arc::new(Self {
            parts,
            working: Mutex::default(),
            doors: Mutex::default(),
            limits: limits::WorkspaceLimits::default(),
            closings: watch::Sender::new(()),
            pauses: watch::Sender::new(()),
            busy: watch::Sender::new(0),
            tasks: TaskTracker::new(),
            shutdown,
        })
    }

    /// Tells a channel that it has something to do. It is counted as busy when this returns.
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

    /// Lets a workspace's channels go on (or begin): all that have anything pending.
    pub async fn open(self: &Arc<Self>, workspace: &WorkspaceId) -> Result<(), StoreError> {
        self.doors.lock().insert(workspace.clone(), WorkspaceState::Open);
        for channel_ref in self.parts.store.channels_with_work(workspace).await? {
            self.wake(&channel_ref);
        }
        Ok(())
    }

    /// Why a workspace's channels wait, if Slack does not let us in.
    pub fn workspace_rejection(&self, workspace: &WorkspaceId) -> Option<PauseReason> {
        match self.doors.lock().get(workspace) {
            Some(WorkspaceState::Closed(reason)) => Some(reason.clone()),
            Some(WorkspaceState::Open) | None => None,
        }
    }

    /// Makes a workspace's channels wait until it is opened again.
    pub fn reject_workspace(&self, workspace: &WorkspaceId, reason: PauseReason) {
        let text = reason.to_string();
        let before = self.doors.lock().insert(workspace.clone(), WorkspaceState::Closed(reason));
        if !matches!(before, Some(WorkspaceState::Closed(_))) {
            warn!(workspace.id = %workspace, "Slack rejected the token of workspace {workspace} ({text}); deliveries are paused");
        }
        self.closings.send_replace(());
    }

    /// Waits until Slack does not let us into a workspace any more.
    pub async fn until_workspace_rejected(&self, workspace: &WorkspaceId) {
        let mut closings = self.closings.subscribe();
        while self.workspace_rejection(workspace).is_none() {
            closings.changed().await.expect("the sender lives in `self`, which is borrowed here");
        }
    }

    fn is_open(&self, workspace: &WorkspaceId) -> bool {
        matches!(self.doors.lock().get(workspace), Some(WorkspaceState::Open))
    }

    /// Counts as a channel at work while it is kept.
    pub fn at_work(self: &Arc<Self>) -> BusyGuard {
        self.busy.send_modify(|busy| *busy += 1);
        BusyGuard(Arc::clone(self))
    }

    /// Every pause of a channel, as something to wait for.
    pub fn pauses(&self) -> watch::Receiver<()> {
        self.pauses.subscribe()
    }

    /// How many channels are at work right now, and what counts as one, as a value to watch.
    pub fn busy(&self) -> watch::Receiver<usize> {
        self.busy.subscribe()
    }

    /// Waits for calls in flight; nothing new begins after shutdown.
    pub async fn finish(&self) {
        self.tasks.close();
        self.tasks.wait().await;
        info!("every delivery worker has stopped");
    }

    async fn work(self: Arc<Self>, channel_ref: ChannelRef, alarm: Arc<Notify>) {
        loop {
            let rest = if self.shutdown.is_cancelled() { NextStep::Idle } else { self.step(&channel_ref).await };
            match rest {
                NextStep::Now => {}
                NextStep::Until(at) => {
                    if self.mark_idle_unless_woken(&channel_ref) {
                        self.wait_until_or_woken(at, &alarm).await;
                        self.mark_woken(&channel_ref);
                    }
                }
                NextStep::Hold(at) => {
                    self.wait_until(&channel_ref, at).await;
                    self.mark_woken(&channel_ref);
                }
                NextStep::Doze(hold, at) => {
                    self.wait_until(&channel_ref, hold).await;
                    if self.mark_idle_unless_woken(&channel_ref) {
                        self.wait_until_or_woken(at, &alarm).await;
                        self.mark_woken(&channel_ref);
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

    /// A worker that waited looks again.
    fn mark_woken(&self, channel_ref: &ChannelRef) {
        if let Some(worker) = self.working.lock().get_mut(channel_ref) {
            worker.woken = false;
            self.mark_busy(worker);
        }
    }

    /// Whether a worker may wait: not if it was woken meanwhile.
    fn mark_idle_unless_woken(&self, channel_ref: &ChannelRef) -> bool {
        let mut working = self.working.lock();
        let Some(worker) = working.get_mut(channel_ref) else { return true };
        if std::mem::take(&mut worker.woken) {
            return false;
        }
        self.mark_idle(worker);
        true
    }

    /// A worker waits for a time or its alarm.
    async fn wait_until_or_woken(&self, at: jiff::Timestamp, alarm: &Notify) {
        tokio::select! {
            () = self.parts.clock.sleep_until(at) => {}
            () = alarm.notified() => {}
            () = self.shutdown.cancelled() => {}
        }
    }

    /// A worker waits for a time, woken or not, and is at work again.
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

    /// Whether a worker may end: not if it was woken meanwhile, unless everything ends.
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

/// How long to wait after so many tries in a row that Slack did not take: from a second to five minutes.
pub fn back_off(tries: u32) -> Duration {
    retry::pause(tries, call::jitter())
}
