//! A channel over whose work the program stumbles.

use crate::harness::{BOT_TOKEN, Bench, channel, seconds, workspace};
use async_trait::async_trait;
use jiff::Timestamp;
use segments_slack::delivery::DeliveryWorkers;
use segments_slack::model::{
    AccountId, AuditEntry, ChannelId, ChannelRef, DatasetName, DeadLetterId, ExpectedChange, Mute, ObjectKey,
    ObjectState, Pause, Subscription, TriggerId, UserId, UserMapping, WorkspaceId,
};
use segments_slack::sandbox::slack::Fault;
use segments_slack::slack::api::SlackApi;
use segments_slack::store::{
    AccountRecord, AccountSetup, AuditLog, Backlog, CallResult, ChannelSubscriptions, DeadLetter, Durability,
    EditResult, Export, HeldUntil, History, IncomingEvent, Installations, MappingResult, NotificationStates,
    PauseNotice, PendingCall, PendingWork, Record, RouteFn, RoutingDecision, SetUpResult, Store, StoreError,
    SubscriptionEdit, Undo, WorkspaceRecord, sled::SledStore,
};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// A store that panics over the first delivery of a channel. What channels do not ask for is left out.
struct Stumbling(SledStore);

type Answer<T> = Result<T, StoreError>;

#[async_trait]
impl Installations for Stumbling {
    async fn find_account(&self, _: &AccountId) -> Answer<Option<(WorkspaceId, AccountRecord)>> {
        unimplemented!()
    }
    async fn environment_token_mark(&self, _: &WorkspaceId) -> Answer<Option<String>> {
        unimplemented!()
    }
    async fn note_environment_token_mark(&self, _: &WorkspaceId, _: String) -> Answer<()> {
        unimplemented!()
    }
    async fn installation(&self, _: &WorkspaceId) -> Answer<Option<WorkspaceRecord>> {
        unimplemented!()
    }
    async fn replace_installation(
        &self,
        _: &WorkspaceId,
        _: Option<WorkspaceRecord>,
        _: WorkspaceRecord,
    ) -> Answer<bool> {
        unimplemented!()
    }
    async fn set_up_account(
        &self,
        _: &WorkspaceId,
        _: &AccountId,
        _: Option<AccountSetup>,
        _: AccountSetup,
        _: Option<AuditEntry>,
    ) -> Answer<SetUpResult> {
        unimplemented!()
    }
    async fn remove_account(&self, _: &WorkspaceId, _: &AccountId, _: AuditEntry) -> Answer<bool> {
        unimplemented!()
    }
    async fn replace_notifications(
        &self,
        _: &WorkspaceId,
        _: &AccountId,
        _: NotificationStates,
        _: NotificationStates,
    ) -> Answer<bool> {
        unimplemented!()
    }
    async fn datasets_of(&self, _: &WorkspaceId, _: &AccountId) -> Answer<Vec<DatasetName>> {
        unimplemented!()
    }
}

#[async_trait]
impl AuditLog for Stumbling {
    async fn append_audit_entry(&self, _: &WorkspaceId, _: AuditEntry) -> Answer<()> {
        unimplemented!()
    }
    async fn audit_entries(&self, _: &WorkspaceId, _: usize) -> Answer<Vec<AuditEntry>> {
        unimplemented!()
    }
}

#[async_trait]
impl Store for Stumbling {
    async fn channels_with_work(&self, workspace: &WorkspaceId) -> Answer<Vec<ChannelRef>> {
        self.0.channels_with_work(workspace).await
    }
    async fn pending_work(&self, channel_ref: &ChannelRef, now: Timestamp, limit: usize) -> Answer<PendingWork> {
        self.0.pending_work(channel_ref, now, limit).await
    }
    async fn begin_call(&self, channel_ref: &ChannelRef, intent: PendingCall) -> Answer<()> {
        assert!(!intent.covers.contains(&0), "stumbled on purpose");
        self.0.begin_call(channel_ref, intent).await
    }
    async fn record_call_result(
        &self,
        channel_ref: &ChannelRef,
        how: CallResult,
        now: Timestamp,
        next_at: Timestamp,
    ) -> Answer<()> {
        self.0.record_call_result(channel_ref, how, now, next_at).await
    }
    async fn dead_letters(&self, workspace: &WorkspaceId, limit: usize) -> Answer<Vec<DeadLetter>> {
        self.0.dead_letters(workspace, limit).await
    }

    async fn map_user(&self, _: &WorkspaceId, _: UserMapping, _: Option<&UserId>) -> Answer<MappingResult> {
        unimplemented!()
    }
    async fn unmap_user(&self, _: &WorkspaceId, _: &UserId) -> Answer<Option<UserMapping>> {
        unimplemented!()
    }
    async fn user_mappings(&self, _: &WorkspaceId) -> Answer<Vec<UserMapping>> {
        unimplemented!()
    }
    async fn workspaces(&self) -> Answer<Vec<WorkspaceId>> {
        unimplemented!()
    }
    async fn accept(&self, _: &WorkspaceId, _: IncomingEvent, _: RouteFn) -> Answer<Option<RoutingDecision>> {
        unimplemented!()
    }
    async fn note_test(&self, _: &WorkspaceId, _: &AccountId, _: Timestamp) -> Answer<()> {
        unimplemented!()
    }
    async fn accounts(&self, _: &WorkspaceId) -> Answer<Vec<(AccountId, AccountRecord)>> {
        unimplemented!()
    }
    async fn datasets(&self, _: &WorkspaceId) -> Answer<Vec<DatasetName>> {
        unimplemented!()
    }
    async fn dataset_states(&self, _: &WorkspaceId, _: Vec<DatasetName>) -> Answer<Vec<(DatasetName, ObjectState)>> {
        unimplemented!()
    }
    async fn object_states(&self, _: &WorkspaceId, _: Vec<ObjectKey>) -> Answer<Vec<(ObjectKey, ObjectState)>> {
        unimplemented!()
    }
    async fn mark_welcomed(&self, _: &ChannelRef, _: Timestamp) -> Answer<bool> {
        unimplemented!()
    }
    async fn subscriptions(&self, _: &WorkspaceId) -> Answer<Vec<Subscription>> {
        unimplemented!()
    }
    async fn mutes(&self, _: &WorkspaceId) -> Answer<Vec<(ChannelId, Vec<Mute>)>> {
        unimplemented!()
    }
    async fn reschedule_held(&self, _: &ChannelRef, _: Timestamp, _: HeldUntil) -> Answer<u64> {
        unimplemented!()
    }
    async fn channel_subscriptions(&self, _: &ChannelRef) -> Answer<ChannelSubscriptions> {
        unimplemented!()
    }
    async fn edit_subscriptions(&self, _: &ChannelRef, _: SubscriptionEdit) -> Answer<EditResult> {
        unimplemented!()
    }
    async fn note_trigger(&self, _: &ChannelRef, _: &TriggerId, _: Timestamp) -> Answer<bool> {
        unimplemented!()
    }
    async fn has_trigger(&self, _: &ChannelRef, _: &TriggerId) -> Answer<bool> {
        unimplemented!()
    }
    async fn forget_trigger(&self, _: &ChannelRef, _: &TriggerId) -> Answer<()> {
        unimplemented!()
    }
    async fn undo(&self, _: &WorkspaceId, _: Uuid) -> Answer<Option<Undo>> {
        unimplemented!()
    }
    async fn expect_webhook(&self, _: &WorkspaceId, _: ExpectedChange) -> Answer<()> {
        unimplemented!()
    }
    async fn forget_expected_webhook(&self, _: &WorkspaceId, _: ExpectedChange) -> Answer<()> {
        unimplemented!()
    }
    async fn find_object(&self, _: &WorkspaceId, _: ObjectKey) -> Answer<Option<(AccountId, ObjectState)>> {
        unimplemented!()
    }
    async fn resume(&self, _: &ChannelRef) -> Answer<Vec<Subscription>> {
        unimplemented!()
    }
    async fn history(&self, _: &ChannelRef, _: usize) -> Answer<History> {
        unimplemented!()
    }
    async fn backlog(&self, _: &WorkspaceId) -> Answer<Backlog> {
        unimplemented!()
    }
    async fn retry_dead_letters(&self, _: &WorkspaceId, _: &[DeadLetterId], _: Timestamp) -> Answer<Vec<DeadLetterId>> {
        unimplemented!()
    }
    async fn drop_dead_letters(&self, _: &WorkspaceId, _: &[DeadLetterId]) -> Answer<Vec<DeadLetterId>> {
        unimplemented!()
    }
    async fn sweep(&self, _: &WorkspaceId, _: Timestamp) -> Answer<u64> {
        unimplemented!()
    }
    async fn take_pause_notice(&self, _: &ChannelRef, _: &UserId) -> Answer<bool> {
        unimplemented!()
    }
    async fn return_pause_notice(&self, _: &ChannelRef, _: &Pause, _: PauseNotice) -> Answer<()> {
        unimplemented!()
    }
    async fn expire_held(&self, _: &WorkspaceId, _: Timestamp) -> Answer<u64> {
        unimplemented!()
    }
    async fn export(&self) -> Answer<Export> {
        unimplemented!()
    }
    async fn import(&self, _: Vec<Record>) -> Answer<()> {
        unimplemented!()
    }
    async fn probe(&self) -> Answer<()> {
        unimplemented!()
    }
}

#[tokio::test]
async fn a_delivery_that_panics_is_given_up_and_the_rest_go_out() {
    let mut bench = Bench::start().await;
    bench.user("U1").types("/segments subscribe jane/flowers sample.*").in_channel("C1").await;
    bench.read("C1");
    bench.slack.fail_next(Fault::RateLimit { retry_after: 60 });
    bench.webhook("sample.created.image").await;
    bench.webhook("sample.deleted.basic").await;
    bench.stop().await;
    bench.after(seconds(60)).await;
    let slack = Arc::new(SlackApi::new(&format!("{}/api", bench.slack_url), bench.clock.clone()).unwrap());
    slack.install(&BOT_TOKEN.into()).await.unwrap();
    let store = Arc::new(Stumbling(SledStore::open(&bench.data(), Durability::Process).unwrap()));
    let lanes = DeliveryWorkers::new(bench.parts(store.clone(), slack), CancellationToken::new());
    lanes.open(&workspace()).await.unwrap();
    for _ in 0..20 {
        lanes.busy().wait_for(|busy| *busy == 0).await.unwrap();
        bench.after(seconds(5)).await;
    }
    bench.read("C1");
    let dead = store.dead_letters(&workspace(), 9).await.unwrap();
    assert_eq!(
        dead.iter().map(|letter| (letter.error.as_str(), letter.delivery.sequence)).collect::<Vec<_>>(),
        [("panic", 0)]
    );
    assert!(store.pending_work(&channel_ref(), bench.clock.now(), 9).await.unwrap().due.is_empty());
    bench.forgive_errors();
}

fn channel_ref() -> ChannelRef {
    ChannelRef { workspace: workspace(), channel: channel("C1") }
}
