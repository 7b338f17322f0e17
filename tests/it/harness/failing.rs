//! A store that fails on purpose, or dies, over a call of a test's choosing; else it is the store that it wraps.

use async_trait::async_trait;
use jiff::Timestamp;
use segments_slack::model::{
    AccountId, AuditEntry, ChannelId, ChannelRef, DatasetName, DeadLetterId, ExpectedChange, Mute, ObjectKey,
    ObjectState, Pause, Subscription, TriggerId, UserId, UserMapping, WorkspaceId,
};
use segments_slack::store::{
    AccountRecord, AccountSetup, AuditLog, Backlog, CallResult, ChannelSubscriptions, DeadLetter, EditResult, Export,
    HeldUntil, History, IncomingEvent, Installations, MappingResult, NotificationStates, PauseNotice, PendingCall,
    PendingWork, Record, RouteFn, RoutingDecision, SetUpResult, Store, StoreError, SubscriptionEdit, Undo,
    WorkspaceRecord,
};
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::watch;
use uuid::Uuid;

/// When a call is struck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// Before anything was done.
    Before,
    /// When it was done, so that only the answer is missing.
    After,
}

/// What the caller gets to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// An error.
    Fails,
    /// Nothing any more: whoever kills the server does it now.
    Dies,
    /// Nothing before it is let go on.
    Waits,
}

/// What is to go wrong with calls to come; shared by one store after another.
#[derive(Clone, Default)]
pub(crate) struct Strikes(Arc<Shared>);

#[derive(Default)]
struct Shared {
    /// Each after so many calls more.
    armed: Mutex<Vec<(u32, When, How)>>,
    died: watch::Sender<bool>,
    struck: watch::Sender<u64>,
    /// Told when calls that wait may go on.
    goes_on: watch::Sender<()>,
    /// Calls that the store has begun and not answered yet.
    begun: AtomicUsize,
    /// The test holds the store up from inside, so nothing is to wait for its calls.
    held_up: AtomicBool,
}

impl Strikes {
    /// Strikes the call that comes after so many others.
    pub(crate) fn after(&self, calls: u32, when: When, how: How) {
        self.0.armed.lock().unwrap().push((calls, when, how));
    }

    /// Strikes nothing any more.
    pub(crate) fn mend(&self) {
        self.0.armed.lock().unwrap().clear();
    }

    /// Whether a call died since this was last forgotten.
    pub(crate) fn died(&self) -> bool {
        *self.0.died.borrow()
    }

    /// Waits until a call dies.
    pub(crate) async fn dies(&self) {
        self.0.died.subscribe().wait_for(|died| *died).await.unwrap();
    }

    pub(crate) fn forget_death(&self) {
        self.0.died.send_replace(false);
    }

    /// Lets the calls that wait go on.
    pub(crate) fn go_on(&self) {
        self.0.goes_on.send_replace(());
    }

    /// How many calls were struck.
    pub(crate) fn struck(&self) -> u64 {
        *self.0.struck.borrow()
    }

    /// How many calls the store works on right now; one that is held back here is none of them.
    pub(crate) fn begun(&self) -> usize {
        if self.0.held_up.load(Ordering::Relaxed) { 0 } else { self.0.begun.load(Ordering::Relaxed) }
    }

    /// Says that the test holds the store up from inside: from now on no call counts as begun.
    pub(crate) fn hold_up(&self) {
        self.0.held_up.store(true, Ordering::Relaxed);
    }

    fn strike(&self) -> Option<(When, How)> {
        let mut armed = self.0.armed.lock().unwrap();
        let place = armed.iter().position(|(calls, ..)| *calls == 0);
        armed.iter_mut().for_each(|(calls, ..)| *calls = calls.saturating_sub(1));
        let (_, when, how) = armed.remove(place?);
        self.0.struck.send_modify(|count| *count += 1);
        Some((when, how))
    }
}

/// A store and what is to go wrong with it.
pub(crate) struct Failing<S>(pub(crate) S, pub(crate) Strikes);

/// One call in the count of those that the store works on, until this is dropped.
struct Begun<'a>(&'a Shared);

impl<'a> Begun<'a> {
    fn count(shared: &'a Shared) -> Self {
        shared.begun.fetch_add(1, Ordering::Relaxed);
        Self(shared)
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        self.0.begun.fetch_sub(1, Ordering::Relaxed);
    }
}

type Answer<T> = Result<T, StoreError>;

impl<S> Failing<S> {
    async fn pass<T>(&self, call: impl Future<Output = Answer<T>>) -> Answer<T> {
        let mut goes_on = self.1.0.goes_on.subscribe();
        let call = async {
            let _begun = Begun::count(&self.1.0);
            call.await
        };
        let Some((when, how)) = self.1.strike() else { return call.await };
        if how == How::Waits && when == When::Before {
            goes_on.changed().await.unwrap();
            return call.await;
        }
        if how == How::Waits {
            let answer = call.await;
            goes_on.changed().await.unwrap();
            return answer;
        }
        if when == When::After {
            // Whatever it says is what gets lost.
            let _ = call.await;
        }
        match how {
            How::Fails => Err(StoreError::Unavailable("it was struck on purpose".to_owned())),
            How::Dies => {
                self.1.0.died.send_replace(true);
                std::future::pending().await
            }
            How::Waits => unreachable!("it was let go on"),
        }
    }
}

/// Passes each operation on.
macro_rules! passing {
    ($contract:ident: $(fn $name:ident(&self $(, $argument:ident: $kind:ty)*) -> $answer:ty;)*) => {
        #[async_trait]
        impl<S: Store> $contract for Failing<S> {
            $(async fn $name(&self $(, $argument: $kind)*) -> Answer<$answer> {
                self.pass(self.0.$name($($argument),*)).await
            })*
        }
    };
}

passing! {
    Installations:
    fn find_account(&self, account: &AccountId) -> Option<(WorkspaceId, AccountRecord)>;
    fn installation(&self, workspace: &WorkspaceId) -> Option<WorkspaceRecord>;
    fn replace_installation(
        &self, workspace: &WorkspaceId, before: Option<WorkspaceRecord>, after: WorkspaceRecord
    ) -> bool;
    fn environment_token_mark(&self, workspace: &WorkspaceId) -> Option<String>;
    fn note_environment_token_mark(&self, workspace: &WorkspaceId, mark: String) -> ();
    fn set_up_account(
        &self, workspace: &WorkspaceId, account: &AccountId, before: Option<AccountSetup>, after: AccountSetup,
        audit_entry: Option<AuditEntry>
    ) -> SetUpResult;
    fn remove_account(&self, workspace: &WorkspaceId, account: &AccountId, audit_entry: AuditEntry) -> bool;
    fn replace_notifications(&self, workspace: &WorkspaceId, account: &AccountId, before: NotificationStates, after: NotificationStates) -> bool;
    fn datasets_of(&self, workspace: &WorkspaceId, account: &AccountId) -> Vec<DatasetName>;
}

passing! {
    AuditLog:
    fn append_audit_entry(&self, workspace: &WorkspaceId, audit_entry: AuditEntry) -> ();
    fn audit_entries(&self, workspace: &WorkspaceId, limit: usize) -> Vec<AuditEntry>;
}

passing! {
    Store:
    fn workspaces(&self) -> Vec<WorkspaceId>;
    fn accept(&self, workspace: &WorkspaceId, arrival: IncomingEvent, decide: RouteFn) -> Option<RoutingDecision>;
    fn note_test(&self, workspace: &WorkspaceId, account: &AccountId, at: Timestamp) -> ();
    fn accounts(&self, workspace: &WorkspaceId) -> Vec<(AccountId, AccountRecord)>;
    fn datasets(&self, workspace: &WorkspaceId) -> Vec<DatasetName>;
    fn dataset_states(&self, workspace: &WorkspaceId, datasets: Vec<DatasetName>) -> Vec<(DatasetName, ObjectState)>;
    fn subscriptions(&self, workspace: &WorkspaceId) -> Vec<Subscription>;
    fn channel_subscriptions(&self, channel_ref: &ChannelRef) -> ChannelSubscriptions;
    fn edit_subscriptions(&self, channel_ref: &ChannelRef, edit: SubscriptionEdit) -> EditResult;
    fn note_trigger(&self, channel_ref: &ChannelRef, cause: &TriggerId, at: Timestamp) -> bool;
    fn has_trigger(&self, channel_ref: &ChannelRef, cause: &TriggerId) -> bool;
    fn forget_trigger(&self, channel_ref: &ChannelRef, cause: &TriggerId) -> ();
    fn mutes(&self, workspace: &WorkspaceId) -> Vec<(ChannelId, Vec<Mute>)>;
    fn undo(&self, workspace: &WorkspaceId, id: Uuid) -> Option<Undo>;
    fn expect_webhook(&self, workspace: &WorkspaceId, change: ExpectedChange) -> ();
    fn forget_expected_webhook(&self, workspace: &WorkspaceId, change: ExpectedChange) -> ();
    fn find_object(&self, workspace: &WorkspaceId, object: ObjectKey) -> Option<(AccountId, ObjectState)>;
    fn map_user(&self, workspace: &WorkspaceId, link: UserMapping, replaces: Option<&UserId>) -> MappingResult;
    fn unmap_user(&self, workspace: &WorkspaceId, user: &UserId) -> Option<UserMapping>;
    fn user_mappings(&self, workspace: &WorkspaceId) -> Vec<UserMapping>;
    fn channels_with_work(&self, workspace: &WorkspaceId) -> Vec<ChannelRef>;
    fn pending_work(&self, channel_ref: &ChannelRef, now: Timestamp, limit: usize) -> PendingWork;
    fn begin_call(&self, channel_ref: &ChannelRef, intent: PendingCall) -> ();
    fn reschedule_held(&self, channel_ref: &ChannelRef, now: Timestamp, held_until: HeldUntil) -> u64;
    fn record_call_result(&self, channel_ref: &ChannelRef, settlement: CallResult, now: Timestamp, next_at: Timestamp) -> ();
    fn resume(&self, channel_ref: &ChannelRef) -> Vec<Subscription>;
    fn backlog(&self, workspace: &WorkspaceId) -> Backlog;
    fn history(&self, channel_ref: &ChannelRef, most_waiting: usize) -> History;
    fn dead_letters(&self, workspace: &WorkspaceId, limit: usize) -> Vec<DeadLetter>;
    fn sweep(&self, workspace: &WorkspaceId, now: Timestamp) -> u64;
    fn object_states(&self, workspace: &WorkspaceId, objects: Vec<ObjectKey>) -> Vec<(ObjectKey, ObjectState)>;
    fn mark_welcomed(&self, channel_ref: &ChannelRef, at: Timestamp) -> bool;
    fn take_pause_notice(&self, channel_ref: &ChannelRef, user: &UserId) -> bool;
    fn return_pause_notice(&self, channel_ref: &ChannelRef, pause: &Pause, notice: PauseNotice) -> ();
    fn expire_held(&self, workspace: &WorkspaceId, now: Timestamp) -> u64;
    fn retry_dead_letters(&self, workspace: &WorkspaceId, letters: &[DeadLetterId], now: Timestamp) -> Vec<DeadLetterId>;
    fn drop_dead_letters(&self, workspace: &WorkspaceId, letters: &[DeadLetterId]) -> Vec<DeadLetterId>;
    fn export(&self) -> Export;
    fn import(&self, records: Vec<Record>) -> ();
    fn probe(&self) -> ();
}
