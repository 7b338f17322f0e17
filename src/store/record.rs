//! Everything that is kept, as records that every backend can give and take: what a backup is made of.

use super::{AccountRecord, DeadLetter, PauseNotice, PendingCall, StoreError, Undo, WorkspaceRecord};
use crate::model::{
    AccountId, AuditEntry, BatchMessage, ChannelId, ChannelRef, DatasetName, Delivery, DeliveryRecord, DigestMessage,
    EventId, IssueThread, MessageId, Mute, News, ObjectState, Pause, Sealed, Subscription, UserMapping, WorkspaceId,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tokio::sync::mpsc;

/// One thing that is kept. What follows from others (orders by time or age, say) is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields are what their types say")]
pub enum Record {
    /// What is known of an endpoint.
    Account { workspace: WorkspaceId, account: AccountId, state: AccountRecord },
    /// An issue as a channel shows it.
    Anchor {
        #[serde(flatten)]
        #[serde(rename = "lane")]
        channel_ref: ChannelRef,
        anchor: Box<IssueThread>,
    },
    /// The revision and the next number of a channel's subscriptions.
    #[serde(rename = "book")]
    SubscriptionsHead {
        #[serde(flatten)]
        #[serde(rename = "lane")]
        channel_ref: ChannelRef,
        head: SubscriptionsHead,
    },
    /// An edit with this cause was stored.
    Cause {
        #[serde(flatten)]
        #[serde(rename = "lane")]
        channel_ref: ChannelRef,
        cause: ShortText,
        at: Timestamp,
    },
    /// A dataset that an event named, and the accounts that its events came to.
    Dataset {
        workspace: WorkspaceId,
        name: DatasetName,
        #[serde(default)]
        accounts: Vec<AccountId>,
    },
    /// A delivery that was given up.
    DeadLetter { workspace: WorkspaceId, letter: DeadLetter },
    /// A change that a person made. The numbers of a workspace's entries count up.
    #[serde(rename = "deed")]
    AuditEntry {
        workspace: WorkspaceId,
        number: u64,
        #[serde(rename = "deed")]
        entry: AuditEntry,
    },
    /// A delivery that is to be shown; a held one waits for its `not_before`.
    Delivery {
        #[serde(flatten)]
        #[serde(rename = "lane")]
        channel_ref: ChannelRef,
        held: bool,
        delivery: Delivery,
    },
    /// A digest that lacks something.
    Digest {
        #[serde(flatten)]
        #[serde(rename = "lane")]
        channel_ref: ChannelRef,
        digest: Box<DigestMessage>,
    },
    /// An event.
    Event { workspace: WorkspaceId, id: EventId, at: Timestamp, event: StoredEvent },
    /// A live fold.
    Fold {
        #[serde(flatten)]
        #[serde(rename = "lane")]
        channel_ref: ChannelRef,
        fold: Box<BatchMessage>,
    },
    /// The mark of the environment's token, which Slack said is the workspace's.
    #[serde(rename = "home")]
    EnvironmentTokenMark { workspace: WorkspaceId, mark: String },
    /// A call that was begun and whose outcome is not known.
    #[serde(rename = "intent")]
    PendingCall {
        #[serde(flatten)]
        #[serde(rename = "lane")]
        channel_ref: ChannelRef,
        #[serde(rename = "intent")]
        call: PendingCall,
    },
    /// A channel's counters, pace and pause.
    #[serde(rename = "lane")]
    Queue {
        #[serde(flatten)]
        #[serde(rename = "lane")]
        channel_ref: ChannelRef,
        state: QueueState,
    },
    /// Somebody's claim to a username.
    #[serde(rename = "link")]
    UserMapping {
        workspace: WorkspaceId,
        #[serde(rename = "link")]
        mapping: UserMapping,
    },
    /// A channel's mutes.
    Mutes {
        #[serde(flatten)]
        #[serde(rename = "lane")]
        channel_ref: ChannelRef,
        mutes: Vec<Mute>,
    },
    /// The last state of an object.
    Object { workspace: WorkspaceId, account: AccountId, object: ShortText, state: ObjectState },
    /// How a delivery ended; the numbers of a channel's outcomes count up.
    Outcome {
        #[serde(flatten)]
        #[serde(rename = "lane")]
        channel_ref: ChannelRef,
        number: u64,
        outcome: Box<DeliveryRecord>,
    },
    /// A message was kept, and when.
    Received { workspace: WorkspaceId, account: AccountId, message: ShortText, at: Timestamp },
    /// A subscription.
    Subscription { workspace: WorkspaceId, subscription: Box<Subscription> },
    /// How to take a change back.
    Undo { workspace: WorkspaceId, undo: Undo },
    /// A channel that needs no welcome any more, and since when.
    Welcomed {
        #[serde(flatten)]
        #[serde(rename = "lane")]
        channel_ref: ChannelRef,
        at: Timestamp,
    },
    /// An installation of the app.
    Workspace { workspace: WorkspaceId, installation: Box<WorkspaceRecord> },
}

impl Record {
    /// The secrets in it.
    pub fn sealed(&self) -> Vec<&Sealed> {
        match self {
            Self::Account { state: AccountRecord { setup: Some(setup), .. }, .. } => {
                setup.signing_secrets.iter().chain(&setup.api_key).collect()
            }
            Self::Workspace { installation, .. } => {
                let renewal = installation.renewal.iter().map(|renewal| &renewal.token);
                std::iter::once(&installation.bot_token).chain(renewal).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// A text from outside that is only ever compared: itself if it is short, else its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShortText {
    /// The text.
    Text(String),
    /// Its SHA-256 in hexadecimal digits.
    Sha256(String),
}

/// A book without its subscriptions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionsHead {
    /// Raised by every write to the book.
    pub revision: u64,
    /// The number that the next subscription gets.
    pub next_number: u32,
}

/// What a channel keeps besides its deliveries.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct QueueState {
    /// The sequence that the next delivery gets.
    pub next_sequence: u64,
    /// How many deliveries are in it.
    pub pending: u64,
    /// No call before this time.
    pub next_at: Option<Timestamp>,
    /// It was told to wait.
    pub pause: Option<Pause>,
    /// Who is still to be told of that.
    #[serde(rename = "untold")]
    pub pause_notices: Vec<PauseNotice>,
    /// How many deliveries have ended so that it was noted how.
    pub outcomes: u64,
}

/// An event as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredEvent {
    /// The event and what it changed.
    pub news: Arc<News>,
    /// Where it came from and where it went.
    pub track: EventTrack,
}

/// Where an event came from and where it went: enough to know when it may go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventTrack {
    /// The endpoint it came to.
    pub account: AccountId,
    /// The message it came with.
    pub message: MessageId,
    /// Its deliveries, by channel and sequence.
    pub deliveries: Vec<(ChannelId, u64)>,
}

/// A step of an export.
#[derive(Debug)]
pub enum ExportStep {
    /// One thing that is kept.
    Record(Box<Record>),
    /// One thing that cannot be read, and is left out.
    Unreadable,
    /// That was everything. An export that ends without this is not whole.
    End,
}

/// Everything that is kept, as it was at one moment, a step at a time.
pub type Export = mpsc::Receiver<Result<ExportStep, StoreError>>;
