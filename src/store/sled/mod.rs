//! The embedded store: one folder, one log file, one writer.
//!
//! Reads go straight to sled; writes go through one thread that commits them in groups. sled's calls block, so none is
//! made on a thread of the runtime.

mod anchors;
mod audit;
mod contract;
mod datasets;
mod dead_letters;
mod disk;
mod events;
mod expected_changes;
mod expire;
mod export;
mod installations;
mod intake;
mod keys;
mod mutes;
mod objects;
mod open;
mod open_errors;
mod outcomes;
mod pauses;
mod quarantine;
mod queues;
mod subscriptions;
mod sweep;
mod user_mappings;
mod view;
mod writer;

use super::{Durability, StoreError};
use disk::Disk;
use parking_lot::RwLock;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use view::StoreView;
use writer::{Commit, SharedDb, StoreWriter};

/// How often a read is tried again after records that cannot be read were set aside.
const MAX_READ_ATTEMPTS: usize = 3;

/// A store in a folder. Dropping it waits for what is being written, and closes it.
pub struct SledStore {
    shared: SharedDb,
    writer: StoreWriter,
    folder: PathBuf,
}

impl SledStore {
    /// Opens the store in a folder, or makes it; waits a moment for a program that is letting go of it.
    pub fn open(folder: &Path, durability: Durability) -> Result<Self, StoreError> {
        Self::started(folder, open::open(folder)?, durability)
    }

    /// Opens the store in a folder if there is one and nobody uses it; makes nothing.
    pub fn open_existing(folder: &Path, durability: Durability) -> Result<Self, StoreError> {
        Self::started(folder, open::open_existing(folder)?, durability)
    }

    fn started(folder: &Path, db: sled::Db, durability: Durability) -> Result<Self, StoreError> {
        let disk = Disk::open(folder, &db, durability)?;
        let shared = Arc::new(RwLock::new(Some(db.clone())));
        let writer = StoreWriter::start(Arc::clone(&shared), db, disk)
            .map_err(|error| StoreError::DoesNotOpen(format!("the store's writer does not start: {error}")))?;
        Ok(Self { shared, writer, folder: folder.to_owned() })
    }

    /// Reads on a blocking thread. Moves records that cannot be read into quarantine and reads again without them.
    async fn read<T: Send + 'static>(
        &self,
        work: impl Fn(&StoreView) -> Result<T, StoreError> + Send + Sync + 'static,
    ) -> Result<T, StoreError> {
        let work = Arc::new(work);
        let mut reads = 1;
        loop {
            let (shared, work) = (Arc::clone(&self.shared), Arc::clone(&work));
            let read = tokio::task::spawn_blocking(move || {
                let db = shared.read();
                let db = db.as_ref().ok_or_else(|| StoreError::Unavailable("the store is closed".to_owned()))?;
                let view = StoreView::over(db);
                let done = work(&view);
                done.map(|done| (done, view.take_unreadable()))
            });
            let (done, unreadable) = read.await.map_err(|error| StoreError::Unavailable(error.to_string()))??;
            if unreadable.is_empty() || reads == MAX_READ_ATTEMPTS {
                return Ok(done);
            }
            reads += 1;
            if self.write(move |view| quarantine::set_aside(view, unreadable)).await.is_err() {
                // What could be read still stands; the next read finds the rest again.
                return Ok(done);
            }
        }
    }

    /// Writes, and answers when it is on disk.
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut StoreView) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.writer.write(move |view| Ok((work(view)?, Commit::Flushed))).await
    }
}

impl Drop for SledStore {
    fn drop(&mut self) {
        self.writer.close();
        // Waits for the reads that still run; the last handle closes the files.
        self.shared.write().take();
    }
}
