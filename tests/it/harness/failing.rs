//! A store that fails on purpose, or dies, over a call of a test's choosing; else it is the store that it wraps.

use async_trait::async_trait;
use jiff::Timestamp;
use segments_slack::model::{
    AccountId, ChannelId, ChannelRef, DatasetName, Deed, LetterId, Link, Mute, ObjectKey, ObjectState, OwnChange,
    Pause, Subscription, TriggerId, UserId, WorkspaceId,
};
use segments_slack::store::{
    AccountRecord, AccountSetup, Arrival, Backlog, Book, Claim, DeadLetter, Decide, Deeds, Edit, Edited, Export,
    HeldUntil, History, Intent, Linked, Record, SetUp, Settlement, Store, StoreError, Tenants, Undo, Untold, Verdict,
    Watch, WorkspaceRecord,
};
use std::future::Future;
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

type Answer<T> = Result<T, StoreError>;

impl<S> Failing<S> {
    async fn pass<T>(&self, call: impl Future<Output = Answer<T>>) -> Answer<T> {
        let mut goes_on = self.1.0.goes_on.subscribe();
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
    Tenants:
    fn find_account(&self, account: &AccountId) -> Option<(WorkspaceId, AccountRecord)>;
    fn installation(&self, workspace: &WorkspaceId) -> Option<WorkspaceRecord>;
    fn replace_installation(
        &self, workspace: &WorkspaceId, before: Option<WorkspaceRecord>, after: WorkspaceRecord
    ) -> bool;
    fn home_mark(&self, workspace: &WorkspaceId) -> Option<String>;
    fn note_home_mark(&self, workspace: &WorkspaceId, mark: String) -> ();
    fn set_up_account(
        &self, workspace: &WorkspaceId, account: &AccountId, before: Option<AccountSetup>, after: AccountSetup,
        deed: Option<Deed>
    ) -> SetUp;
    fn remove_account(&self, workspace: &WorkspaceId, account: &AccountId, deed: Deed) -> bool;
    fn replace_watch(&self, workspace: &WorkspaceId, account: &AccountId, before: Watch, after: Watch) -> bool;
    fn datasets_of(&self, workspace: &WorkspaceId, account: &AccountId) -> Vec<DatasetName>;
}

passing! {
    Deeds:
    fn note_deed(&self, workspace: &WorkspaceId, deed: Deed) -> ();
    fn deeds(&self, workspace: &WorkspaceId, limit: usize) -> Vec<Deed>;
}

passing! {
    Store:
    fn workspaces(&self) -> Vec<WorkspaceId>;
    fn accept(&self, workspace: &WorkspaceId, arrival: Arrival, decide: Decide) -> Option<Verdict>;
    fn note_test(&self, workspace: &WorkspaceId, account: &AccountId, at: Timestamp) -> ();
    fn accounts(&self, workspace: &WorkspaceId) -> Vec<(AccountId, AccountRecord)>;
    fn datasets(&self, workspace: &WorkspaceId) -> Vec<DatasetName>;
    fn dataset_states(&self, workspace: &WorkspaceId, datasets: Vec<DatasetName>) -> Vec<(DatasetName, ObjectState)>;
    fn subscriptions(&self, workspace: &WorkspaceId) -> Vec<Subscription>;
    fn book(&self, channel_ref: &ChannelRef) -> Book;
    fn edit(&self, channel_ref: &ChannelRef, edit: Edit) -> Edited;
    fn note_cause(&self, channel_ref: &ChannelRef, cause: &TriggerId, at: Timestamp) -> bool;
    fn has_cause(&self, channel_ref: &ChannelRef, cause: &TriggerId) -> bool;
    fn forget_cause(&self, channel_ref: &ChannelRef, cause: &TriggerId) -> ();
    fn mutes(&self, workspace: &WorkspaceId) -> Vec<(ChannelId, Vec<Mute>)>;
    fn undo(&self, workspace: &WorkspaceId, id: Uuid) -> Option<Undo>;
    fn expect_echo(&self, workspace: &WorkspaceId, change: OwnChange) -> ();
    fn forget_echo(&self, workspace: &WorkspaceId, change: OwnChange) -> ();
    fn known_from(&self, workspace: &WorkspaceId, object: ObjectKey) -> Option<(AccountId, ObjectState)>;
    fn link(&self, workspace: &WorkspaceId, link: Link, replaces: Option<&UserId>) -> Linked;
    fn unlink(&self, workspace: &WorkspaceId, user: &UserId) -> Option<Link>;
    fn links(&self, workspace: &WorkspaceId) -> Vec<Link>;
    fn channels_with_work(&self, workspace: &WorkspaceId) -> Vec<ChannelRef>;
    fn claim(&self, channel_ref: &ChannelRef, now: Timestamp, limit: usize) -> Claim;
    fn begin(&self, channel_ref: &ChannelRef, intent: Intent) -> ();
    fn release(&self, channel_ref: &ChannelRef, now: Timestamp, held_until: HeldUntil) -> u64;
    fn settle(&self, channel_ref: &ChannelRef, settlement: Settlement, now: Timestamp, next_at: Timestamp) -> ();
    fn resume(&self, channel_ref: &ChannelRef) -> Vec<Subscription>;
    fn backlog(&self, workspace: &WorkspaceId) -> Backlog;
    fn history(&self, channel_ref: &ChannelRef, most_waiting: usize) -> History;
    fn dead_letters(&self, workspace: &WorkspaceId, limit: usize) -> Vec<DeadLetter>;
    fn sweep(&self, workspace: &WorkspaceId, now: Timestamp) -> u64;
    fn object_states(&self, workspace: &WorkspaceId, objects: Vec<ObjectKey>) -> Vec<(ObjectKey, ObjectState)>;
    fn welcome(&self, channel_ref: &ChannelRef, at: Timestamp) -> bool;
    fn told(&self, channel_ref: &ChannelRef, user: &UserId) -> bool;
    fn not_told(&self, channel_ref: &ChannelRef, pause: &Pause, untold: Untold) -> ();
    fn expire(&self, workspace: &WorkspaceId, now: Timestamp) -> u64;
    fn retry_dead(&self, workspace: &WorkspaceId, letters: &[LetterId], now: Timestamp) -> Vec<LetterId>;
    fn drop_dead(&self, workspace: &WorkspaceId, letters: &[LetterId]) -> Vec<LetterId>;
    fn export(&self) -> Export;
    fn import(&self, records: Vec<Record>) -> ();
    fn probe(&self) -> ();
}
