//! What is kept, as one contract: every operation names its workspace, is atomic, and is durable when it returns.
//!
//! Nothing here is a general key-value interface: the operations are those that the program needs. Time comes in as a
//! parameter. A record that cannot be read is reported with its key and set aside; it never stops the others.

mod audit;
mod backlog;
pub mod backup;
mod channel_subscriptions;
mod dead_letters;
mod history;
mod incoming_event;
mod installations;
mod pause_notice;
pub mod record;
pub mod sled;
mod user_mappings;

pub use audit::{AuditLog, MAX_AUDIT_ENTRIES_PER_WORKSPACE};
pub use backlog::Backlog;
pub use channel_subscriptions::{ChannelSubscriptions, EditResult, SubscriptionEdit, Undo};
pub use dead_letters::DeadLetter;
pub use history::History;
pub use incoming_event::{IncomingEvent, NewDelivery, PreviousState, RouteFn, RoutingDecision};
pub use installations::{
    AccountRecord, AccountSetup, InstallationState, Installations, MAX_ACCOUNTS_PER_WORKSPACE, NotificationState,
    NotificationStates, SetUpResult, TokenRenewal, WorkspaceKind, WorkspaceRecord,
};
pub use pause_notice::PauseNotice;
pub use record::{Export, Record};
pub use user_mappings::{MAX_USER_MAPPINGS_PER_WORKSPACE, MappingResult};

use crate::model::{
    AccountId, BatchMessage, ChannelId, ChannelRef, DatasetName, DeadLetterId, Delivery, DigestMessage, EndedMutes,
    ExpectedChange, HoldUntil, IssueThread, MessageTs, Mute, News, ObjectKey, ObjectState, Pause, Subscription,
    ThreadReply, TriggerId, UserId, UserMapping, WorkspaceId,
};
use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::Arc;
use uuid::Uuid;

/// Why the store could not do what was asked. What is stored is then the state before; only where the disk failed while
/// it kept a write may it be the state after, and doing the same again is safe.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Too much is waiting to be written; come again.
    #[error("the store's write queue is full")]
    Overloaded,
    /// The disk or database failed; the operation may be tried again.
    #[error("the store failed: {0}")]
    Unavailable(String),
    /// The store does not open: not there, of a newer version, damaged, or not ours to read.
    #[error("{0}")]
    DoesNotOpen(String),
    /// The store does not open because another process has it open.
    #[error("{0}")]
    InUse(String),
}

/// What a store has to survive before it answers that something is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// The end of the process, and the end of the power as far as the disk obeys.
    #[default]
    PowerLoss,
    /// The end of the process.
    Process,
}

/// Opens the store at a URL: `sled:PATH`, a folder, which is made if it is not there.
///
/// Blocks while it reads; recovering a large store after a crash may take seconds.
pub fn open(url: &str, durability: Durability) -> Result<Arc<dyn Store>, StoreError> {
    match url.strip_prefix("sled:") {
        Some(path) if !path.is_empty() => Ok(Arc::new(sled::SledStore::open(Path::new(path), durability)?)),
        // The rest of a URL may be a password.
        _ => Err(StoreError::DoesNotOpen("the store's URL is not of the form `sled:PATH`".to_owned())),
    }
}

/// One Slack call, recorded before it is made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PendingCall {
    /// Its id, which travels in the message's metadata.
    pub call: Uuid,
    /// The message it edits; none for a new one.
    pub edits: Option<MessageTs>,
    /// The deliveries it covers, by sequence.
    pub covers: Vec<u64>,
    /// The fold that the message shows with them.
    #[serde(default)]
    pub fold: Option<Box<BatchMessage>>,
    /// The thread that the message is a reply in.
    #[serde(default)]
    pub thread: Option<ThreadReply>,
    /// Anchors as they are once it is done; one without a message gets this one.
    #[serde(default)]
    pub anchors: Vec<IssueThread>,
    /// The digest that the message is with them.
    #[serde(default)]
    pub digest: Option<Box<DigestMessage>>,
    /// The message tells of the mutes that were over at this time.
    #[serde(default)]
    pub mutes_ended: Option<Timestamp>,
    /// When it was recorded.
    pub at: Timestamp,
}

impl PendingCall {
    /// A call to be recorded now that covers these deliveries.
    pub fn new(call: Uuid, covers: Vec<u64>, at: Timestamp) -> Self {
        Self {
            call,
            edits: None,
            covers,
            fold: None,
            digest: None,
            thread: None,
            anchors: Vec::new(),
            mutes_ended: None,
            at,
        }
    }
}

/// What a channel has to do.
#[derive(Debug, Clone, Default)]
pub struct PendingWork {
    /// Deliveries that are due, in order, each with its event.
    pub due: Vec<(Delivery, Arc<News>)>,
    /// When the next one after those is due, or a live fold is to be closed, or an anchor to be brought up to date.
    pub next_due: Option<Timestamp>,
    /// The channel's live folds.
    pub folds: Vec<BatchMessage>,
    /// The anchors of the issues among those, and the next ones that are to be brought up to date.
    pub anchors: Vec<IssueThread>,
    /// The channel's digests that are in the channel and lack something.
    pub digests: Vec<DigestMessage>,
    /// Mutes that are over, where anything waited for their end.
    pub ended: Option<EndedMutes>,
    /// A call that was begun and whose outcome is not known.
    pub intent: Option<PendingCall>,
    /// No call before this time.
    pub next_at: Option<Timestamp>,
    /// The channel was told to wait.
    pub pause: Option<Pause>,
    /// Who is still to be told of that.
    pub pause_notices: Vec<PauseNotice>,
}

/// How a delivery is held from now on. Pure.
pub type HeldUntil = Box<dyn Fn(&Delivery, &News) -> HoldUntil + Send>;

/// How a call ended, for the deliveries that it covered. Each clears the channel's intent; the mutes that it told of are
/// forgotten when it is done or given up.
#[derive(Debug, Clone)]
pub enum CallResult {
    /// They are in the channel.
    Done {
        /// By sequence.
        covers: Vec<u64>,
        /// The message that shows them.
        ts: MessageTs,
        /// The fold that it is: kept while it takes more events, forgotten when it is closed.
        fold: Option<Box<BatchMessage>>,
        /// Anchors that changed with it: kept, or forgotten when they are gone.
        anchors: Vec<IssueThread>,
        /// The digest that it is: kept while it lacks something, forgotten when it is closed.
        digest: Option<Box<DigestMessage>>,
    },
    /// They wait and are tried again.
    Retry {
        /// By sequence.
        covers: Vec<u64>,
        /// Not before.
        not_before: Timestamp,
        /// Whether this counts as an attempt.
        counted: bool,
        /// Slack's code, or what went wrong.
        error: String,
    },
    /// They are given up and kept as dead letters.
    Dead {
        /// By sequence.
        covers: Vec<u64>,
        /// Slack's code, or what went wrong.
        error: String,
    },
    /// The channel waits until it is resumed; its channel's active subscriptions are paused with it, and up to five of
    /// their creators are to be told.
    Paused(Pause),
}

/// Where everything is kept: embedded (sled); made so that a database for several replicas can keep the same contract.
#[async_trait]
pub trait Store: Installations + AuditLog + Send + Sync {
    /// Workspaces that anything is kept for. Without a workspace, since it finds them at the start.
    async fn workspaces(&self) -> Result<Vec<WorkspaceId>, StoreError>;

    /// Keeps an arrival: dedupe, verdict, event, deliveries and object state in one durable write. `None` if the message
    /// was kept before: nothing is written. A verdict without deliveries costs no flush and does not mark the message
    /// as received, so that a replay after a new subscription is delivered.
    async fn accept(
        &self,
        workspace: &WorkspaceId,
        arrival: IncomingEvent,
        decide: RouteFn,
    ) -> Result<Option<RoutingDecision>, StoreError>;

    /// Notes that a correctly signed message came that is no event. Costs no flush, but where somebody is told of it.
    async fn note_test(&self, workspace: &WorkspaceId, account: &AccountId, at: Timestamp) -> Result<(), StoreError>;

    /// The endpoints that were set up, or that anything came to.
    async fn accounts(&self, workspace: &WorkspaceId) -> Result<Vec<(AccountId, AccountRecord)>, StoreError>;

    /// Datasets that any event named: the first 100,000.
    async fn datasets(&self, workspace: &WorkspaceId) -> Result<Vec<DatasetName>, StoreError>;

    /// The last known states of some datasets, whichever endpoint saw them; those that nothing is known of are left out.
    async fn dataset_states(
        &self,
        workspace: &WorkspaceId,
        datasets: Vec<DatasetName>,
    ) -> Result<Vec<(DatasetName, ObjectState)>, StoreError>;

    /// The last known states of some objects, whichever endpoint saw them; those that nothing is known of are left out.
    async fn object_states(
        &self,
        workspace: &WorkspaceId,
        objects: Vec<ObjectKey>,
    ) -> Result<Vec<(ObjectKey, ObjectState)>, StoreError>;

    /// Every subscription of the workspace, by channel and number.
    async fn subscriptions(&self, workspace: &WorkspaceId) -> Result<Vec<Subscription>, StoreError>;

    /// One channel's subscriptions.
    async fn channel_subscriptions(&self, channel_ref: &ChannelRef) -> Result<ChannelSubscriptions, StoreError>;

    /// Changes a book, if it still is at the edit's revision.
    async fn edit_subscriptions(
        &self,
        channel_ref: &ChannelRef,
        edit: SubscriptionEdit,
    ) -> Result<EditResult, StoreError>;

    /// Notes that something is done in a channel because of this; false if that was noted within the last day.
    async fn note_trigger(
        &self,
        channel_ref: &ChannelRef,
        cause: &TriggerId,
        at: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Whether it was noted that something is done in a channel because of this.
    async fn has_trigger(&self, channel_ref: &ChannelRef, cause: &TriggerId) -> Result<bool, StoreError>;

    /// Forgets that it was noted, since nothing was done.
    async fn forget_trigger(&self, channel_ref: &ChannelRef, cause: &TriggerId) -> Result<(), StoreError>;

    /// The mutes of every channel that has any.
    async fn mutes(&self, workspace: &WorkspaceId) -> Result<Vec<(ChannelId, Vec<Mute>)>, StoreError>;

    /// How to take a change back; none if it never was, or was used up.
    async fn undo(&self, workspace: &WorkspaceId, id: Uuid) -> Result<Option<Undo>, StoreError>;

    /// Expects an own change to come back: the delivery of that event to that channel will be told in the thread of the
    /// message that it was made from, once.
    async fn expect_webhook(&self, workspace: &WorkspaceId, change: ExpectedChange) -> Result<(), StoreError>;

    /// Expects an own change no longer, since it was not made.
    async fn forget_expected_webhook(&self, workspace: &WorkspaceId, change: ExpectedChange) -> Result<(), StoreError>;

    /// The endpoint that an object is known from, and its last state: of several endpoints, the one that heard last.
    async fn find_object(
        &self,
        workspace: &WorkspaceId,
        object: ObjectKey,
    ) -> Result<Option<(AccountId, ObjectState)>, StoreError>;

    /// Keeps a claim to a username, in the place of the person's own; somebody else's only if it is that of `replaces`.
    async fn map_user(
        &self,
        workspace: &WorkspaceId,
        link: UserMapping,
        replaces: Option<&UserId>,
    ) -> Result<MappingResult, StoreError>;

    /// Forgets what somebody has claimed; gives it.
    async fn unmap_user(&self, workspace: &WorkspaceId, user: &UserId) -> Result<Option<UserMapping>, StoreError>;

    /// Every claim to a username.
    async fn user_mappings(&self, workspace: &WorkspaceId) -> Result<Vec<UserMapping>, StoreError>;

    /// Channels with anything pending, a live fold, an unfinished digest or an anchor that is behind, at the start.
    async fn channels_with_work(&self, workspace: &WorkspaceId) -> Result<Vec<ChannelRef>, StoreError>;

    /// Looks at what a channel has to do: at most `limit` deliveries that are due. Changes nothing.
    async fn pending_work(
        &self,
        channel_ref: &ChannelRef,
        now: Timestamp,
        limit: usize,
    ) -> Result<PendingWork, StoreError>;

    /// Records a call before it is made.
    async fn begin_call(&self, channel_ref: &ChannelRef, intent: PendingCall) -> Result<(), StoreError>;

    /// Looks again at each held delivery that was not tried yet, and holds it until the time that it is given, or no
    /// longer. Gives how many thereby wait no more.
    async fn reschedule_held(
        &self,
        channel_ref: &ChannelRef,
        now: Timestamp,
        held_until: HeldUntil,
    ) -> Result<u64, StoreError>;

    /// Records how a call ended, and when the channel may call again.
    async fn record_call_result(
        &self,
        channel_ref: &ChannelRef,
        settlement: CallResult,
        now: Timestamp,
        next_at: Timestamp,
    ) -> Result<(), StoreError>;

    /// Notes that a channel needs no welcome any more; whether it was still to be welcomed.
    async fn mark_welcomed(&self, channel_ref: &ChannelRef, at: Timestamp) -> Result<bool, StoreError>;

    /// Lets a channel go on and makes its paused and waiting subscriptions active. Gives those that changed.
    async fn resume(&self, channel_ref: &ChannelRef) -> Result<Vec<Subscription>, StoreError>;

    /// Notes that somebody is being told of a channel's pause; false if they were before, or the pause is over.
    async fn take_pause_notice(&self, channel_ref: &ChannelRef, user: &UserId) -> Result<bool, StoreError>;

    /// Notes that somebody could not be told of a pause yet, unless it is over.
    async fn return_pause_notice(
        &self,
        channel_ref: &ChannelRef,
        pause: &Pause,
        notice: PauseNotice,
    ) -> Result<(), StoreError>;

    /// How much is waiting.
    async fn backlog(&self, workspace: &WorkspaceId) -> Result<Backlog, StoreError>;

    /// What became of a channel's last deliveries, with at most `most_waiting` of those that are pending. Costs a look at
    /// the keys of all that are.
    async fn history(&self, channel_ref: &ChannelRef, most_waiting: usize) -> Result<History, StoreError>;

    /// Deliveries that were given up, oldest first, at most `limit`.
    async fn dead_letters(&self, workspace: &WorkspaceId, limit: usize) -> Result<Vec<DeadLetter>, StoreError>;

    /// Puts dead letters back at the ends of their channels in the order given, as if never tried, under new sequences.
    /// Gives those that went; one that is not there, or whose event is lost, stays as it is.
    async fn retry_dead_letters(
        &self,
        workspace: &WorkspaceId,
        letters: &[DeadLetterId],
        now: Timestamp,
    ) -> Result<Vec<DeadLetterId>, StoreError>;

    /// Forgets dead letters. Gives those that went.
    async fn drop_dead_letters(
        &self,
        workspace: &WorkspaceId,
        letters: &[DeadLetterId],
    ) -> Result<Vec<DeadLetterId>, StoreError>;

    /// Forgets what has outlived its use: received ids after 8 days, events too unless a delivery or dead letter needs
    /// them, undos and expected echoes when they expire, causes after a day, anchors and the last states of objects 180
    /// days after their last change, states and datasets of accounts that are gone, and the oldest dead letters above
    /// 10,000. Gives how many records went.
    async fn sweep(&self, workspace: &WorkspaceId, now: Timestamp) -> Result<u64, StoreError>;

    /// Gives up what paused channels have held for 7 days, counted from the last of three times: when it was accepted,
    /// when nothing else held it back any more, and when the pause began. Each becomes a dead letter with the error
    /// `held_too_long`. Gives how many.
    async fn expire_held(&self, workspace: &WorkspaceId, now: Timestamp) -> Result<u64, StoreError>;

    /// Everything that is kept, as it is at this moment. May hold up writes while it is copied; what is then read takes
    /// no more memory the more there is.
    async fn export(&self) -> Result<Export, StoreError>;

    /// Writes records of an export as they are, all of these or none. For a store that is new and that nobody else uses.
    async fn import(&self, records: Vec<Record>) -> Result<(), StoreError>;

    /// Writes and flushes something, to show that the store can.
    async fn probe(&self) -> Result<(), StoreError>;
}
