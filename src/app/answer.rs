//! Answers to people: who asked, what they read, and where it appears.

use crate::model::{AuditEntry, ChannelRef, TriggerId, UserId};
use crate::render::{FallbackLevel, Message};
use crate::slack::respond::Answer as Response;
use crate::store::StoreError;
use jiff::Timestamp;

/// A person who asks for something in a channel.
#[derive(Debug, Clone)]
pub struct Asker {
    /// The channel in its workspace.
    pub channel_ref: ChannelRef,
    /// The person.
    pub user: UserId,
    /// Slack's id of the command, click, or submission. A repeated request has the same id.
    pub cause: TriggerId,
}

impl Asker {
    /// Returns the audit entry for a change that this person makes.
    pub(in crate::app) fn audit_entry(&self, at: Timestamp, typed: &str) -> AuditEntry {
        AuditEntry::new(at, self.user.clone(), self.channel_ref.channel.clone(), typed)
    }
}

/// The people who see an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Only the person who asked.
    Asker,
    /// Everyone in the channel.
    Channel,
}

/// A message that answers a person.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// The people who see it.
    pub audience: Audience,
    /// The text and blocks.
    pub message: Message,
}

impl Reply {
    /// Creates a reply that only the person who asked sees.
    pub fn asker(message: Message) -> Self {
        Self { audience: Audience::Asker, message }
    }

    /// Creates a reply that everyone in the channel sees.
    pub fn channel(message: Message) -> Self {
        Self { audience: Audience::Channel, message }
    }

    /// Converts the reply to Slack's format.
    pub fn answer(&self) -> Response {
        let content = self.message.content(FallbackLevel::Whole);
        match self.audience {
            Audience::Asker => Response::ephemeral(content),
            Audience::Channel => Response::in_channel(content),
        }
    }
}

/// The result of a click, and the place where it appears.
pub(in crate::app) enum ClickAnswer {
    /// A new message below the clicked one.
    Beside(Reply),
    /// Replaces a message that only its reader sees. A reply for the whole channel is posted there, and the clicked message
    /// is deleted.
    InPlace(Reply),
    /// Replaces the clicked message, also where the whole channel sees it.
    Replaced(Reply),
    /// Deletes the clicked message.
    Deleted,
    /// Shows nothing, for example because a modal opened.
    Nothing,
}

impl ClickAnswer {
    /// Shows a reply below the clicked message, if there is one.
    pub(in crate::app) fn beside(reply: Option<Reply>) -> Self {
        reply.map_or(Self::Nothing, Self::Beside)
    }

    /// Returns the messages to send to the click's response URL, in order.
    pub(in crate::app) fn responses(&self) -> Vec<Response> {
        match self {
            Self::Beside(reply) => vec![reply.answer()],
            Self::InPlace(reply) if reply.audience == Audience::Channel => vec![Response::delete(), reply.answer()],
            Self::InPlace(reply) | Self::Replaced(reply) => vec![reply.answer().replacing()],
            Self::Deleted => vec![Response::delete()],
            Self::Nothing => Vec::new(),
        }
    }
}

/// A reason to stop early: a message for the person who asked, or a failure of the store.
#[derive(Debug)]
pub(in crate::app) enum Stop {
    /// The person reads this instead.
    Say(Message),
    /// The store failed.
    Store(StoreError),
}

/// The result of work for a person, which may end early with a message for them.
pub(in crate::app) type Attempt<T> = Result<T, Stop>;

impl From<Message> for Stop {
    fn from(message: Message) -> Self {
        Self::Say(message)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Returns the reply, or the message of an early stop as a reply to the person who asked.
pub(in crate::app) fn reply_or_fail(answer: Attempt<Reply>) -> Result<Reply, StoreError> {
    match answer {
        Ok(reply) => Ok(reply),
        Err(Stop::Say(message)) => Ok(Reply::asker(message)),
        Err(Stop::Store(error)) => Err(error),
    }
}
