//! The embedded store: one folder, one log file, one writer.
//!
//! Reads go straight to sled; writes go through one thread that commits them in groups. sled's calls block, so none is
//! made on a thread of the runtime.

mod accept;
mod anchors;
mod aside;
mod books;
mod datasets;
mod deeds;
mod disk;
mod echoes;
mod events;
mod expire;
mod export;
mod keys;
mod lanes;
mod letters;
mod links;
mod mutes;
mod objects;
mod open;
mod outcomes;
mod pauses;
mod refusal;
mod sweep;
mod tenants;
mod view;
mod writer;

use super::{
    AccountRecord, Arrival, Backlog, Book, Claim, DeadLetter, Decide, Durability, Edit, Edited, Export, HeldUntil,
    History, Intent, Linked, Record, Settlement, Store, StoreError, Undo, Untold, Verdict,
};
use crate::model::{
    AccountId, ChannelId, ChannelRef, DatasetName, LetterId, Link, Mute, ObjectKey, ObjectState, OwnChange, Pause,
    Subscription, TriggerId, UserId, WorkspaceId,
};
use async_trait::async_trait;
use disk::Disk;
use jiff::Timestamp;
use keys::{Key, Kind};
use parking_lot::RwLock;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::mpsc;
use uuid::Uuid;
use view::View;
use writer::{Commit, Shared, Writer};

/// How often a read is tried again after records that cannot be read were set aside.
const READS: usize = 3;

/// A store in a folder. Dropping it waits for what is being written, and closes it.
pub struct SledStore {
    shared: Shared,
    writer: Writer,
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
        let writer = Writer::start(Arc::clone(&shared), db, disk)
            .map_err(|error| StoreError::DoesNotOpen(format!("the store's writer does not start: {error}")))?;
        Ok(Self { shared, writer, folder: folder.to_owned() })
    }

    /// The one bridge for reads. Records found unreadable are set aside, and the read is made again without them.
    async fn read<T: Send + 'static>(
        &self,
        work: impl Fn(&View) -> Result<T, StoreError> + Send + Sync + 'static,
    ) -> Result<T, StoreError> {
        let work = Arc::new(work);
        let mut reads = 1;
        loop {
            let (shared, work) = (Arc::clone(&self.shared), Arc::clone(&work));
            let read = tokio::task::spawn_blocking(move || {
                let db = shared.read();
                let db = db.as_ref().ok_or_else(|| StoreError::Unavailable("the store is closed".to_owned()))?;
                let view = View::over(db);
                let done = work(&view);
                done.map(|done| (done, view.take_unreadable()))
            });
            let (done, unreadable) = read.await.map_err(|error| StoreError::Unavailable(error.to_string()))??;
            if unreadable.is_empty() || reads == READS {
                return Ok(done);
            }
            reads += 1;
            if self.write(move |view| aside::set_aside(view, unreadable)).await.is_err() {
                // What could be read still stands; the next read finds the rest again.
                return Ok(done);
            }
        }
    }

    /// Writes, and answers when it is on disk.
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut View) -> Result<T, StoreError> + Send + 'static,
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

#[async_trait]
impl Store for SledStore {
    async fn workspaces(&self) -> Result<Vec<WorkspaceId>, StoreError> {
        self.read(view::workspaces).await
    }

    async fn accept(
        &self,
        workspace: &WorkspaceId,
        arrival: Arrival,
        decide: Decide,
    ) -> Result<Option<Verdict>, StoreError> {
        let workspace = workspace.clone();
        self.writer.write(move |view| accept::accept(view, &workspace, &arrival, decide)).await
    }

    async fn note_test(&self, workspace: &WorkspaceId, account: &AccountId, at: Timestamp) -> Result<(), StoreError> {
        let (workspace, account) = (workspace.clone(), account.clone());
        let note = move |view: &mut View| {
            let noted = accept::note(view, &workspace, &account, at, |record, at| {
                record.last_test = record.last_test.max(Some(at));
            });
            noted.map(|commit| ((), commit))
        };
        self.writer.write(note).await
    }

    async fn accounts(&self, workspace: &WorkspaceId) -> Result<Vec<(AccountId, AccountRecord)>, StoreError> {
        let workspace = workspace.clone();
        self.read(move |view| accept::accounts(view, &workspace)).await
    }

    async fn datasets(&self, workspace: &WorkspaceId) -> Result<Vec<DatasetName>, StoreError> {
        let workspace = workspace.clone();
        self.read(move |view| datasets::all(view, &workspace)).await
    }

    async fn dataset_states(
        &self,
        workspace: &WorkspaceId,
        datasets: Vec<DatasetName>,
    ) -> Result<Vec<(DatasetName, ObjectState)>, StoreError> {
        let workspace = workspace.clone();
        let key = |dataset: &DatasetName| ObjectKey::new("dataset", dataset.as_str());
        self.read(move |view| accept::states(view, &workspace, &datasets, key)).await
    }

    async fn object_states(
        &self,
        workspace: &WorkspaceId,
        objects: Vec<ObjectKey>,
    ) -> Result<Vec<(ObjectKey, ObjectState)>, StoreError> {
        let workspace = workspace.clone();
        self.read(move |view| accept::states(view, &workspace, &objects, Clone::clone)).await
    }

    async fn subscriptions(&self, workspace: &WorkspaceId) -> Result<Vec<Subscription>, StoreError> {
        let workspace = workspace.clone();
        self.read(move |view| books::subscriptions(view, &workspace)).await
    }

    async fn book(&self, channel_ref: &ChannelRef) -> Result<Book, StoreError> {
        let channel_ref = channel_ref.clone();
        self.read(move |view| books::read(view, &channel_ref)).await
    }

    async fn edit(&self, channel_ref: &ChannelRef, edit: Edit) -> Result<Edited, StoreError> {
        let channel_ref = channel_ref.clone();
        self.write(move |view| books::edit(view, &channel_ref, &edit)).await
    }

    async fn note_cause(&self, channel_ref: &ChannelRef, cause: &TriggerId, at: Timestamp) -> Result<bool, StoreError> {
        let (channel_ref, cause) = (channel_ref.clone(), cause.clone());
        self.write(move |view| books::note_cause(view, &channel_ref, &cause, at)).await
    }

    async fn has_cause(&self, channel_ref: &ChannelRef, cause: &TriggerId) -> Result<bool, StoreError> {
        let key = Key::cause(channel_ref, cause);
        self.read(move |view| view.holds(&key)).await
    }

    async fn forget_cause(&self, channel_ref: &ChannelRef, cause: &TriggerId) -> Result<(), StoreError> {
        let key = Key::cause(channel_ref, cause);
        self.write(move |view| view.remove(&key)).await
    }

    async fn mutes(&self, workspace: &WorkspaceId) -> Result<Vec<(ChannelId, Vec<Mute>)>, StoreError> {
        let workspace = workspace.clone();
        self.read(move |view| mutes::all(view, &workspace)).await
    }

    async fn undo(&self, workspace: &WorkspaceId, id: Uuid) -> Result<Option<Undo>, StoreError> {
        let key = Key::undo(workspace, id);
        self.read(move |view| view.read(&key)).await
    }

    async fn expect_echo(&self, workspace: &WorkspaceId, change: OwnChange) -> Result<(), StoreError> {
        let workspace = workspace.clone();
        self.write(move |view| echoes::expect(view, &workspace, change)).await
    }

    async fn forget_echo(&self, workspace: &WorkspaceId, change: OwnChange) -> Result<(), StoreError> {
        let workspace = workspace.clone();
        self.write(move |view| echoes::expect_no_longer(view, &workspace, change)).await
    }

    async fn known_from(
        &self,
        workspace: &WorkspaceId,
        object: ObjectKey,
    ) -> Result<Option<(AccountId, ObjectState)>, StoreError> {
        let workspace = workspace.clone();
        self.read(move |view| accept::known_from(view, &workspace, &object)).await
    }

    async fn link(&self, workspace: &WorkspaceId, link: Link, replaces: Option<&UserId>) -> Result<Linked, StoreError> {
        let (workspace, replaces) = (workspace.clone(), replaces.cloned());
        self.write(move |view| links::link(view, &workspace, &link, replaces.as_ref())).await
    }

    async fn unlink(&self, workspace: &WorkspaceId, user: &UserId) -> Result<Option<Link>, StoreError> {
        let (workspace, user) = (workspace.clone(), user.clone());
        self.write(move |view| links::unlink(view, &workspace, &user)).await
    }

    async fn links(&self, workspace: &WorkspaceId) -> Result<Vec<Link>, StoreError> {
        let workspace = workspace.clone();
        self.read(move |view| links::all(view, &workspace)).await
    }

    async fn channels_with_work(&self, workspace: &WorkspaceId) -> Result<Vec<ChannelRef>, StoreError> {
        let workspace = workspace.clone();
        let channels = self.read(move |view| lanes::unfinished(view, &workspace)).await?;
        Ok(channels.into_iter().collect())
    }

    async fn claim(&self, channel_ref: &ChannelRef, now: Timestamp, limit: usize) -> Result<Claim, StoreError> {
        let of = channel_ref.clone();
        let (claim, lost) = self.read(move |view| lanes::claim(view, &of, now, limit)).await?;
        if !lost.is_empty() {
            tracing::error!(
                workspace.id = %channel_ref.workspace, channel.id = %channel_ref.channel, deliveries = lost.len(),
                "dropped deliveries to {channel_ref} whose events cannot be read"
            );
            let channel_ref = channel_ref.clone();
            self.write(move |view| lanes::give_up(view, &channel_ref, &lost, "its event cannot be read", now)).await?;
        }
        Ok(claim)
    }

    async fn begin(&self, channel_ref: &ChannelRef, intent: Intent) -> Result<(), StoreError> {
        let channel_ref = channel_ref.clone();
        self.write(move |view| lanes::begin(view, &channel_ref, &intent)).await
    }

    async fn release(
        &self,
        channel_ref: &ChannelRef,
        now: Timestamp,
        held_until: HeldUntil,
    ) -> Result<u64, StoreError> {
        let channel_ref = channel_ref.clone();
        self.write(move |view| mutes::release(view, &channel_ref, now, &held_until)).await
    }

    async fn settle(
        &self,
        channel_ref: &ChannelRef,
        settlement: Settlement,
        now: Timestamp,
        next_at: Timestamp,
    ) -> Result<(), StoreError> {
        let channel_ref = channel_ref.clone();
        self.write(move |view| lanes::settle(view, &channel_ref, settlement, now, next_at)).await
    }

    async fn welcome(&self, channel_ref: &ChannelRef, at: Timestamp) -> Result<bool, StoreError> {
        let key = Key::of(channel_ref, Kind::Welcomed);
        let welcome = move |view: &mut View| {
            if view.holds(&key)? {
                return Ok((false, Commit::Soon));
            }
            view.write(&key, &at)?;
            Ok((true, Commit::Flushed))
        };
        self.writer.write(welcome).await
    }

    async fn resume(&self, channel_ref: &ChannelRef) -> Result<Vec<Subscription>, StoreError> {
        let channel_ref = channel_ref.clone();
        self.write(move |view| lanes::resume(view, &channel_ref)).await
    }

    async fn told(&self, channel_ref: &ChannelRef, user: &UserId) -> Result<bool, StoreError> {
        let (channel_ref, user) = (channel_ref.clone(), user.clone());
        self.write(move |view| pauses::told(view, &channel_ref, &user)).await
    }

    async fn not_told(&self, channel_ref: &ChannelRef, pause: &Pause, untold: Untold) -> Result<(), StoreError> {
        let (channel_ref, pause) = (channel_ref.clone(), pause.clone());
        self.write(move |view| pauses::not_told(view, &channel_ref, &pause, untold)).await
    }

    async fn backlog(&self, workspace: &WorkspaceId) -> Result<Backlog, StoreError> {
        let workspace = workspace.clone();
        self.read(move |view| lanes::backlog(view, &workspace)).await
    }

    async fn history(&self, channel_ref: &ChannelRef, most_waiting: usize) -> Result<History, StoreError> {
        let channel_ref = channel_ref.clone();
        self.read(move |view| outcomes::history(view, &channel_ref, most_waiting)).await
    }

    async fn dead_letters(&self, workspace: &WorkspaceId, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
        let workspace = workspace.clone();
        self.read(move |view| letters::list(view, &workspace, limit)).await
    }

    async fn retry_dead(
        &self,
        workspace: &WorkspaceId,
        letters: &[LetterId],
        now: Timestamp,
    ) -> Result<Vec<LetterId>, StoreError> {
        let (workspace, letters) = (workspace.clone(), letters.to_vec());
        self.write(move |view| letters::retry(view, &workspace, letters, now)).await
    }

    async fn drop_dead(&self, workspace: &WorkspaceId, letters: &[LetterId]) -> Result<Vec<LetterId>, StoreError> {
        let (workspace, letters) = (workspace.clone(), letters.to_vec());
        self.write(move |view| letters::forget(view, &workspace, letters)).await
    }

    async fn sweep(&self, workspace: &WorkspaceId, now: Timestamp) -> Result<u64, StoreError> {
        sweep::sweep(&self.writer, workspace, now).await
    }

    async fn expire(&self, workspace: &WorkspaceId, now: Timestamp) -> Result<u64, StoreError> {
        expire::expire(&self.writer, workspace, now).await
    }

    async fn export(&self) -> Result<Export, StoreError> {
        let folder = self.folder.clone();
        let copy = self.writer.write(move |view| Ok((export::copy(view, &folder)?, Commit::Soon))).await?;
        let (sender, export) = mpsc::channel(export::AHEAD);
        tokio::task::spawn_blocking(move || export::send(copy, &sender));
        Ok(export)
    }

    async fn import(&self, records: Vec<Record>) -> Result<(), StoreError> {
        self.write(move |view| records.into_iter().try_for_each(|record| export::put(view, record))).await
    }

    async fn probe(&self) -> Result<(), StoreError> {
        self.write(|view| view.write(&Key::probe(), &())).await
    }
}
