//! The store contract of the embedded store: each operation passed to the file that implements it.

use super::keys::{RecordKey, RecordKind};
use super::view::StoreView;
use super::writer::Commit;
use super::{
    SledStore, datasets, dead_letters, expected_changes, expire, export, intake, mutes, outcomes, pauses, queues,
    subscriptions, sweep, user_mappings, view,
};
use crate::model::{
    AccountId, ChannelId, ChannelRef, DatasetName, DeadLetterId, ExpectedChange, Mute, ObjectKey, ObjectState, Pause,
    Subscription, TriggerId, UserId, UserMapping, WorkspaceId,
};
use crate::store::{
    AccountRecord, Backlog, CallResult, ChannelSubscriptions, DeadLetter, EditResult, Export, HeldUntil, History,
    IncomingEvent, MappingResult, PauseNotice, PendingCall, PendingWork, Record, RouteFn, RoutingDecision, Store,
    StoreError, SubscriptionEdit, Undo,
};
use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::mpsc;
use uuid::Uuid;

#[async_trait]
impl Store for SledStore {
    async fn workspaces(&self) -> Result<Vec<WorkspaceId>, StoreError> {
        self.read(view::workspaces).await
    }

    async fn accept(
        &self,
        workspace: &WorkspaceId,
        arrival: IncomingEvent,
        decide: RouteFn,
    ) -> Result<Option<RoutingDecision>, StoreError> {
        let workspace = workspace.clone();
        self.writer.write(move |view| intake::accept(view, &workspace, &arrival, decide)).await
    }

    async fn note_test(&self, workspace: &WorkspaceId, account: &AccountId, at: Timestamp) -> Result<(), StoreError> {
        let (workspace, account) = (workspace.clone(), account.clone());
        let note = move |view: &mut StoreView| {
            let noted = intake::note(view, &workspace, &account, at, |record, at| {
                record.last_test = record.last_test.max(Some(at));
            });
            noted.map(|commit| ((), commit))
        };
        self.writer.write(note).await
    }

    async fn accounts(&self, workspace: &WorkspaceId) -> Result<Vec<(AccountId, AccountRecord)>, StoreError> {
        let workspace = workspace.clone();
        self.read(move |view| intake::accounts(view, &workspace)).await
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
        self.read(move |view| intake::states(view, &workspace, &datasets, key)).await
    }

    async fn object_states(
        &self,
        workspace: &WorkspaceId,
        objects: Vec<ObjectKey>,
    ) -> Result<Vec<(ObjectKey, ObjectState)>, StoreError> {
        let workspace = workspace.clone();
        self.read(move |view| intake::states(view, &workspace, &objects, Clone::clone)).await
    }

    async fn subscriptions(&self, workspace: &WorkspaceId) -> Result<Vec<Subscription>, StoreError> {
        let workspace = workspace.clone();
        self.read(move |view| subscriptions::subscriptions(view, &workspace)).await
    }

    async fn channel_subscriptions(&self, channel_ref: &ChannelRef) -> Result<ChannelSubscriptions, StoreError> {
        let channel_ref = channel_ref.clone();
        self.read(move |view| subscriptions::read(view, &channel_ref)).await
    }

    async fn edit_subscriptions(
        &self,
        channel_ref: &ChannelRef,
        edit: SubscriptionEdit,
    ) -> Result<EditResult, StoreError> {
        let channel_ref = channel_ref.clone();
        self.write(move |view| subscriptions::edit(view, &channel_ref, &edit)).await
    }

    async fn note_trigger(
        &self,
        channel_ref: &ChannelRef,
        cause: &TriggerId,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let (channel_ref, cause) = (channel_ref.clone(), cause.clone());
        self.write(move |view| subscriptions::note_trigger(view, &channel_ref, &cause, at)).await
    }

    async fn has_trigger(&self, channel_ref: &ChannelRef, cause: &TriggerId) -> Result<bool, StoreError> {
        let key = RecordKey::cause(channel_ref, cause);
        self.read(move |view| view.holds(&key)).await
    }

    async fn forget_trigger(&self, channel_ref: &ChannelRef, cause: &TriggerId) -> Result<(), StoreError> {
        let key = RecordKey::cause(channel_ref, cause);
        self.write(move |view| view.remove(&key)).await
    }

    async fn mutes(&self, workspace: &WorkspaceId) -> Result<Vec<(ChannelId, Vec<Mute>)>, StoreError> {
        let workspace = workspace.clone();
        self.read(move |view| mutes::all(view, &workspace)).await
    }

    async fn undo(&self, workspace: &WorkspaceId, id: Uuid) -> Result<Option<Undo>, StoreError> {
        let key = RecordKey::undo(workspace, id);
        self.read(move |view| view.read(&key)).await
    }

    async fn expect_webhook(&self, workspace: &WorkspaceId, change: ExpectedChange) -> Result<(), StoreError> {
        let workspace = workspace.clone();
        self.write(move |view| expected_changes::expect(view, &workspace, change)).await
    }

    async fn forget_expected_webhook(&self, workspace: &WorkspaceId, change: ExpectedChange) -> Result<(), StoreError> {
        let workspace = workspace.clone();
        self.write(move |view| expected_changes::expect_no_longer(view, &workspace, change)).await
    }

    async fn find_object(
        &self,
        workspace: &WorkspaceId,
        object: ObjectKey,
    ) -> Result<Option<(AccountId, ObjectState)>, StoreError> {
        let workspace = workspace.clone();
        self.read(move |view| intake::find_object(view, &workspace, &object)).await
    }

    async fn map_user(
        &self,
        workspace: &WorkspaceId,
        link: UserMapping,
        replaces: Option<&UserId>,
    ) -> Result<MappingResult, StoreError> {
        let (workspace, replaces) = (workspace.clone(), replaces.cloned());
        self.write(move |view| user_mappings::link(view, &workspace, &link, replaces.as_ref())).await
    }

    async fn unmap_user(&self, workspace: &WorkspaceId, user: &UserId) -> Result<Option<UserMapping>, StoreError> {
        let (workspace, user) = (workspace.clone(), user.clone());
        self.write(move |view| user_mappings::unlink(view, &workspace, &user)).await
    }

    async fn user_mappings(&self, workspace: &WorkspaceId) -> Result<Vec<UserMapping>, StoreError> {
        let workspace = workspace.clone();
        self.read(move |view| user_mappings::all(view, &workspace)).await
    }

    async fn channels_with_work(&self, workspace: &WorkspaceId) -> Result<Vec<ChannelRef>, StoreError> {
        let workspace = workspace.clone();
        let channels = self.read(move |view| queues::unfinished(view, &workspace)).await?;
        Ok(channels.into_iter().collect())
    }

    async fn pending_work(
        &self,
        channel_ref: &ChannelRef,
        now: Timestamp,
        limit: usize,
    ) -> Result<PendingWork, StoreError> {
        let of = channel_ref.clone();
        let (claim, lost) = self.read(move |view| queues::claim(view, &of, now, limit)).await?;
        if !lost.is_empty() {
            tracing::error!(
                workspace.id = %channel_ref.workspace, channel.id = %channel_ref.channel, deliveries = lost.len(),
                "dropped deliveries to {channel_ref} whose events cannot be read"
            );
            let channel_ref = channel_ref.clone();
            self.write(move |view| queues::give_up(view, &channel_ref, &lost, "its event cannot be read", now)).await?;
        }
        Ok(claim)
    }

    async fn begin_call(&self, channel_ref: &ChannelRef, intent: PendingCall) -> Result<(), StoreError> {
        let channel_ref = channel_ref.clone();
        self.write(move |view| queues::begin(view, &channel_ref, &intent)).await
    }

    async fn reschedule_held(
        &self,
        channel_ref: &ChannelRef,
        now: Timestamp,
        held_until: HeldUntil,
    ) -> Result<u64, StoreError> {
        let channel_ref = channel_ref.clone();
        self.write(move |view| mutes::release(view, &channel_ref, now, &held_until)).await
    }

    async fn record_call_result(
        &self,
        channel_ref: &ChannelRef,
        settlement: CallResult,
        now: Timestamp,
        next_at: Timestamp,
    ) -> Result<(), StoreError> {
        let channel_ref = channel_ref.clone();
        self.write(move |view| queues::settle(view, &channel_ref, settlement, now, next_at)).await
    }

    async fn mark_welcomed(&self, channel_ref: &ChannelRef, at: Timestamp) -> Result<bool, StoreError> {
        let key = RecordKey::of(channel_ref, RecordKind::Welcomed);
        let welcome = move |view: &mut StoreView| {
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
        self.write(move |view| queues::resume(view, &channel_ref)).await
    }

    async fn take_pause_notice(&self, channel_ref: &ChannelRef, user: &UserId) -> Result<bool, StoreError> {
        let (channel_ref, user) = (channel_ref.clone(), user.clone());
        self.write(move |view| pauses::told(view, &channel_ref, &user)).await
    }

    async fn return_pause_notice(
        &self,
        channel_ref: &ChannelRef,
        pause: &Pause,
        notice: PauseNotice,
    ) -> Result<(), StoreError> {
        let (channel_ref, pause) = (channel_ref.clone(), pause.clone());
        self.write(move |view| pauses::return_pause_notice(view, &channel_ref, &pause, notice)).await
    }

    async fn backlog(&self, workspace: &WorkspaceId) -> Result<Backlog, StoreError> {
        let workspace = workspace.clone();
        self.read(move |view| queues::backlog(view, &workspace)).await
    }

    async fn history(&self, channel_ref: &ChannelRef, most_waiting: usize) -> Result<History, StoreError> {
        let channel_ref = channel_ref.clone();
        self.read(move |view| outcomes::history(view, &channel_ref, most_waiting)).await
    }

    async fn dead_letters(&self, workspace: &WorkspaceId, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
        let workspace = workspace.clone();
        self.read(move |view| dead_letters::list(view, &workspace, limit)).await
    }

    async fn retry_dead_letters(
        &self,
        workspace: &WorkspaceId,
        letters: &[DeadLetterId],
        now: Timestamp,
    ) -> Result<Vec<DeadLetterId>, StoreError> {
        let (workspace, letters) = (workspace.clone(), letters.to_vec());
        self.write(move |view| dead_letters::retry(view, &workspace, letters, now)).await
    }

    async fn drop_dead_letters(
        &self,
        workspace: &WorkspaceId,
        letters: &[DeadLetterId],
    ) -> Result<Vec<DeadLetterId>, StoreError> {
        let (workspace, letters) = (workspace.clone(), letters.to_vec());
        self.write(move |view| dead_letters::forget(view, &workspace, letters)).await
    }

    async fn sweep(&self, workspace: &WorkspaceId, now: Timestamp) -> Result<u64, StoreError> {
        sweep::sweep(&self.writer, workspace, now).await
    }

    async fn expire_held(&self, workspace: &WorkspaceId, now: Timestamp) -> Result<u64, StoreError> {
        expire::expire(&self.writer, workspace, now).await
    }

    async fn export(&self) -> Result<Export, StoreError> {
        let folder = self.folder.clone();
        let copy = self.writer.write(move |view| Ok((export::copy(view, &folder)?, Commit::Soon))).await?;
        let (sender, export) = mpsc::channel(export::STEPS_READ_AHEAD);
        tokio::task::spawn_blocking(move || export::send(copy, &sender));
        Ok(export)
    }

    async fn import(&self, records: Vec<Record>) -> Result<(), StoreError> {
        self.write(move |view| records.into_iter().try_for_each(|record| export::put(view, record))).await
    }

    async fn probe(&self) -> Result<(), StoreError> {
        self.write(|view| view.write(&RecordKey::probe(), &())).await
    }
}
