//! The one writer: gathers what is waiting, applies it as one batch, flushes once for all, then answers each.

use super::disk::Disk;
use super::keys::RecordKey;
use super::quarantine;
use super::view::StoreView;
use crate::store::StoreError;
use parking_lot::RwLock;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// How many operations may wait; more are refused at once.
const MAX_QUEUED_WRITES: usize = 4_096;
/// A group is at most this many operations …
const MAX_GROUP_WRITES: usize = 512;
/// … and about this many bytes of changes.
const MAX_GROUP_BYTES: usize = 4 * 1024 * 1024;

/// Whether an operation has to wait until it is on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Commit {
    /// It is answered when it is on disk.
    Flushed,
    /// It is answered when it is applied, and goes to disk with the next one that waits.
    Soon,
}

/// The store as readers share it; none when it is closed. A batch is applied with the lock held for writing, so a
/// reader sees all of it or nothing.
pub(super) type SharedDb = Arc<RwLock<Option<sled::Db>>>;

/// An operation: runs on a view, or learns that the store is broken. Gives what to do once it is committed or not.
type Job = Box<dyn FnOnce(Result<&mut StoreView<'_>, StoreError>) -> (Commit, Reply) + Send>;
type Reply = Box<dyn FnOnce(Result<(), StoreError>)>;

/// The queue to the writer, and its thread.
pub(super) struct StoreWriter {
    queue: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl StoreWriter {
    pub(super) fn start(shared: SharedDb, db: sled::Db, disk: Disk) -> std::io::Result<Self> {
        let (queue, jobs) = sync_channel(MAX_QUEUED_WRITES);
        let written = disk.written();
        let run = move || Group { shared, db, disk, written, flushed: written, broken: None }.run(&jobs);
        let thread = std::thread::Builder::new().name("store-writer".to_owned()).spawn(run)?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// Has the writer carry out an operation, all of it or nothing, and waits for its result.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut StoreView) -> Result<(T, Commit), StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |view| {
            let done = view.and_then(|view| carry_out(view, work));
            let commit = done.as_ref().map_or(Commit::Soon, |(_, commit)| *commit);
            let reply: Reply = Box::new(move |committed| {
                // Whoever asked may be gone; what was asked is done all the same.
                answer.send(done.and_then(|(value, _)| committed.map(|()| value))).ok();
            });
            (commit, reply)
        });
        let queue = self.queue.as_ref().ok_or_else(gone)?;
        queue.try_send(job).map_err(|refused| match refused {
            TrySendError::Full(_) => StoreError::Overloaded,
            TrySendError::Disconnected(_) => gone(),
        })?;
        answered.await.map_err(|_| gone())?
    }

    /// Lets the writer finish what is waiting, and waits for it.
    pub(super) fn close(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the store's writer panicked");
        }
    }
}

/// Runs one operation; if it fails or panics, its changes are taken back.
fn carry_out<T>(
    view: &mut StoreView,
    work: impl FnOnce(&mut StoreView) -> Result<(T, Commit), StoreError>,
) -> Result<(T, Commit), StoreError> {
    let done = catch_unwind(AssertUnwindSafe(|| {
        let done = work(view)?;
        let unreadable = view.take_unreadable();
        quarantine::set_aside(view, unreadable)?;
        Ok(done)
    }));
    let done = done.unwrap_or_else(|_| Err(StoreError::Unavailable("the operation ended in a panic".to_owned())));
    if done.is_ok() {
        view.keep();
    } else {
        view.take_back();
    }
    done
}

fn gone() -> StoreError {
    StoreError::Unavailable("the store is closed".to_owned())
}

struct Group {
    shared: SharedDb,
    db: sled::Db,
    disk: Disk,
    /// Batches that were applied …
    written: u64,
    /// … and those of them that are on disk.
    flushed: u64,
    /// Why nothing is written any more: after a failed write or flush nobody knows what is on disk.
    broken: Option<StoreError>,
}

impl Group {
    fn run(mut self, jobs: &Receiver<Job>) {
        while let Ok(first) = jobs.recv() {
            self.commit(first, jobs);
        }
        if let Err(error) = self.flush() {
            tracing::error!(%error, "could not flush the store before closing it: {error}");
        }
    }

    fn commit(&mut self, first: Job, jobs: &Receiver<Job>) {
        let mut replies = Vec::new();
        let mut commit = Commit::Soon;
        let mut view = StoreView::over(&self.db);
        let mut next = Some(first);
        while let Some(job) = next {
            let (wish, reply) = job(self.broken.clone().map_or(Ok(&mut view), Err));
            replies.push(reply);
            if wish == Commit::Flushed {
                commit = Commit::Flushed;
            }
            next = (replies.len() < MAX_GROUP_WRITES && view.size() < MAX_GROUP_BYTES)
                .then(|| jobs.try_recv().ok())
                .flatten();
        }
        let batch = view.into_batch();
        let committed = self.apply(batch).and_then(|()| match commit {
            Commit::Flushed => self.flush(),
            Commit::Soon => Ok(()),
        });
        if let Err(error) = &committed {
            tracing::error!(%error, "the store accepts no more writes until the server restarts: {error}");
            self.broken = Some(error.clone());
        }
        for reply in replies {
            reply(committed.clone());
        }
    }

    fn apply(&mut self, batch: Option<sled::Batch>) -> Result<(), StoreError> {
        let Some(mut batch) = batch else { return Ok(()) };
        self.written += 1;
        batch.insert(RecordKey::written().bytes(), &self.written.to_be_bytes());
        let _all_or_nothing = self.shared.write();
        Ok(self.db.apply_batch(batch)?)
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        if self.flushed < self.written {
            self.db.flush()?;
            self.disk.sync(self.written).map_err(|error| StoreError::Unavailable(error.to_string()))?;
            self.flushed = self.written;
        }
        Ok(())
    }
}
