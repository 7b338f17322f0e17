//! Delivering: a lane for each channel, first in first out, one Slack call at a time, lanes independent of each other.

mod lack;
mod lane;
mod limits;
pub mod lookup;
mod pace;
mod plan;
mod retry;
mod tell;
mod thread;

use crate::clock::Clock;
use crate::metrics::Metrics;
use crate::model::{Lane, PauseReason, WorkspaceId};
use crate::routing::{Directory, Keyed};
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

/// What the lanes work with.
pub struct Parts {
    /// The time.
    pub clock: Clock,
    /// Where deliveries are kept.
    pub store: Arc<dyn Store>,
    /// Where they go.
    pub slack: Arc<SlackApi>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Who is who.
    pub people: Arc<Directory>,
    /// Which accounts have an API key.
    pub keyed: Arc<Keyed>,
    /// What Segments.ai knows.
    pub lookup: Arc<Lookup>,
    /// The base of the web app, for links.
    pub app_url: String,
}

/// The lanes that have anything to do: one task each, gone when its lane is empty.
pub struct Lanes {
    parts: Parts,
    working: Mutex<HashMap<Lane, Worker>>,
    /// Workspaces that were opened, and those that Slack does not let us into any more; the lanes of others wait.
    doors: Mutex<HashMap<WorkspaceId, Door>>,
    limits: limits::Shared,
    /// Told of every door that closes.
    closings: watch::Sender<()>,
    /// Told of every lane that is paused.
    pauses: watch::Sender<()>,
    busy: watch::Sender<usize>,
    tasks: TaskTracker,
    shutdown: CancellationToken,
}

/// Whether Slack lets us into a workspace.
enum Door {
    Open,
    /// With Slack's code.
    Closed(PauseReason),
}

/// A lane's task, as seen from outside.
struct Worker {
    alarm: Arc<Notify>,
    /// Whether it is at work, or about to be; else it waits for its alarm or a time.
    at_work: bool,
    /// Whether something came while it was at work: it must look again.
    woken: bool,
    /// Whether it waits for a time, whatever comes.
    holds: bool,
}

/// Work beside the lanes that counts as one of them.
pub struct AtWork(Arc<Lanes>);

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.busy.send_modify(|busy| *busy -= 1);
    }
}

/// What a lane's task does next.
enum Rest {
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

impl Lanes {
    /// Lanes that end with `shutdown`; none is at work yet.
    pub fn new(parts: Parts, shutdown: CancellationToken) -> Arc<Self> {
        Arc::new(Self {
            parts,
            working: Mutex::default(),
            doors: Mutex::default(),
            limits: limits::Shared::default(),
            closings: watch::Sender::new(()),
            pauses: watch::Sender::new(()),
            busy: watch::Sender::new(0),
            tasks: TaskTracker::new(),
            shutdown,
        })
    }

    /// Tells a lane that it has something to do. It is counted as busy when this returns.
    pub fn wake(self: &Arc<Self>, lane: &Lane) {
        if self.shutdown.is_cancelled() {
            return;
        }
        let mut working = self.working.lock();
        if let Some(worker) = working.get_mut(lane) {
            worker.woken = true;
            if !worker.holds {
                self.goes_to_work(worker);
                worker.alarm.notify_one();
            }
            return;
        }
        let alarm = Arc::new(Notify::new());
        let mut worker = Worker { alarm: Arc::clone(&alarm), at_work: false, woken: false, holds: false };
        self.goes_to_work(&mut worker);
        working.insert(lane.clone(), worker);
        self.tasks.spawn(Arc::clone(self).work(lane.clone(), alarm));
    }

    /// Lets a workspace's lanes go on (or begin): all that have anything pending.
    pub async fn open(self: &Arc<Self>, workspace: &WorkspaceId) -> Result<(), StoreError> {
        self.doors.lock().insert(workspace.clone(), Door::Open);
        for lane in self.parts.store.lanes(workspace).await? {
            self.wake(&lane);
        }
        Ok(())
    }

    /// Why a workspace's lanes wait, if Slack does not let us in.
    pub fn closed(&self, workspace: &WorkspaceId) -> Option<PauseReason> {
        match self.doors.lock().get(workspace) {
            Some(Door::Closed(reason)) => Some(reason.clone()),
            Some(Door::Open) | None => None,
        }
    }

    /// Makes a workspace's lanes wait until it is opened again.
    pub fn close(&self, workspace: &WorkspaceId, reason: PauseReason) {
        let text = reason.to_string();
        let before = self.doors.lock().insert(workspace.clone(), Door::Closed(reason));
        if !matches!(before, Some(Door::Closed(_))) {
            warn!(workspace.id = %workspace, "Slack rejected the token of workspace {workspace} ({text}); deliveries are paused");
        }
        self.closings.send_replace(());
    }

    /// Waits until Slack does not let us into a workspace any more.
    pub async fn until_closed(&self, workspace: &WorkspaceId) {
        let mut closings = self.closings.subscribe();
        while self.closed(workspace).is_none() {
            closings.changed().await.expect("the sender lives in `self`, which is borrowed here");
        }
    }

    fn is_open(&self, workspace: &WorkspaceId) -> bool {
        matches!(self.doors.lock().get(workspace), Some(Door::Open))
    }

    /// Counts as a lane at work while it is kept.
    pub fn at_work(self: &Arc<Self>) -> AtWork {
        self.busy.send_modify(|busy| *busy += 1);
        AtWork(Arc::clone(self))
    }

    /// Every pause of a lane, as something to wait for.
    pub fn pauses(&self) -> watch::Receiver<()> {
        self.pauses.subscribe()
    }

    /// How many lanes are at work right now, and what counts as one, as a value to watch.
    pub fn busy(&self) -> watch::Receiver<usize> {
        self.busy.subscribe()
    }

    /// Waits for calls in flight; nothing new begins after shutdown.
    pub async fn finish(&self) {
        self.tasks.close();
        self.tasks.wait().await;
        info!("every delivery worker has stopped");
    }

    async fn work(self: Arc<Self>, lane: Lane, alarm: Arc<Notify>) {
        loop {
            let rest = if self.shutdown.is_cancelled() { Rest::Idle } else { self.step(&lane).await };
            match rest {
                Rest::Now => {}
                Rest::Until(at) => {
                    if self.comes_to_rest(&lane) {
                        self.rests_until(at, &alarm).await;
                        self.goes_on(&lane);
                    }
                }
                Rest::Hold(at) => {
                    self.holds_until(&lane, at).await;
                    self.goes_on(&lane);
                }
                Rest::Doze(hold, at) => {
                    self.holds_until(&lane, hold).await;
                    if self.comes_to_rest(&lane) {
                        self.rests_until(at, &alarm).await;
                        self.goes_on(&lane);
                    }
                }
                Rest::Idle => {
                    if self.leaves(&lane) {
                        return;
                    }
                }
            }
        }
    }

    fn goes_to_work(&self, worker: &mut Worker) {
        if !std::mem::replace(&mut worker.at_work, true) {
            self.busy.send_modify(|busy| *busy += 1);
        }
    }

    /// A worker that waited looks again.
    fn goes_on(&self, lane: &Lane) {
        if let Some(worker) = self.working.lock().get_mut(lane) {
            worker.woken = false;
            self.goes_to_work(worker);
        }
    }

    /// Whether a worker may wait: not if it was woken meanwhile.
    fn comes_to_rest(&self, lane: &Lane) -> bool {
        let mut working = self.working.lock();
        let Some(worker) = working.get_mut(lane) else { return true };
        if std::mem::take(&mut worker.woken) {
            return false;
        }
        self.rests(worker);
        true
    }

    /// A worker waits for a time or its alarm.
    async fn rests_until(&self, at: jiff::Timestamp, alarm: &Notify) {
        tokio::select! {
            () = self.parts.clock.sleep_until(at) => {}
            () = alarm.notified() => {}
            () = self.shutdown.cancelled() => {}
        }
    }

    /// A worker waits for a time, woken or not, and is at work again.
    async fn holds_until(&self, lane: &Lane, at: jiff::Timestamp) {
        if let Some(worker) = self.working.lock().get_mut(lane) {
            worker.holds = true;
            self.rests(worker);
        }
        self.shutdown.run_until_cancelled(self.parts.clock.sleep_until(at)).await;
        if let Some(worker) = self.working.lock().get_mut(lane) {
            worker.holds = false;
            self.goes_to_work(worker);
        }
    }

    fn rests(&self, worker: &mut Worker) {
        if std::mem::take(&mut worker.at_work) {
            self.busy.send_modify(|busy| *busy -= 1);
        }
    }

    /// Whether a worker may end: not if it was woken meanwhile, unless everything ends.
    fn leaves(&self, lane: &Lane) -> bool {
        let mut working = self.working.lock();
        if !self.shutdown.is_cancelled()
            && working.get_mut(lane).is_some_and(|worker| std::mem::take(&mut worker.woken))
        {
            return false;
        }
        if working.remove(lane).is_some_and(|worker| worker.at_work) {
            self.busy.send_modify(|busy| *busy -= 1);
        }
        true
    }
}

/// How long to wait after so many tries in a row that Slack did not take: from a second to five minutes.
pub fn back_off(tries: u32) -> Duration {
    retry::pause(tries, lane::jitter())
}
