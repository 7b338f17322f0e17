//! An anchor: the message that stands for an issue in a channel, with the issue's thread below it.

use super::delivery::Delivery;
use super::event::{Derived, News};
use super::live_message::after;
use super::object::{Issue, LastSeen, Object, ObjectKey, ObjectState};
use super::subscription::Options;
use super::workspace::{AccountId, MessageTs, UserId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The time between two edits, at least.
const EDIT_INTERVAL: SignedDuration = SignedDuration::from_secs(3);
/// The longest description that is kept, in bytes.
const MAX_DESCRIPTION_BYTES: usize = 2_000;

/// What a channel was shown of an issue, and what it is to be shown next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IssueThread {
    /// The issue.
    pub object: ObjectKey,
    /// The message, once it is there: the parent of the thread.
    pub ts: Option<MessageTs>,
    /// The endpoint that the issue is known from; none if it was posted before that was remembered.
    #[serde(default)]
    pub account: Option<AccountId>,
    /// The subscription that it was posted for.
    pub subscription: u32,
    /// Its options, which say how it looks.
    pub options: Options,
    /// The newest news that it shows or is to show, without comments.
    pub news: News,
    /// How many replies the issue has.
    pub replies: u32,
    /// Who wrote the last one.
    pub last_reply_by: Option<String>,
    /// The last time that the issue was resolved or reopened, as far as the channel was told.
    pub turn: Option<StatusTurn>,
    /// How the message stands to what is known.
    pub standing: CardState,
    /// How often its next edit was refused.
    #[serde(default)]
    pub attempts: u32,
    /// No edit before this time.
    pub edit_at: Timestamp,
    /// When anything about it was last new.
    pub changed_at: Timestamp,
}

/// An issue was resolved, or opened again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusTurn {
    /// Whether it was resolved.
    pub closed: bool,
    /// By whom.
    pub by: Option<String>,
    /// Who asked for it from Slack.
    #[serde(default)]
    pub asked_by: Option<UserId>,
    /// When.
    pub at: Timestamp,
}

/// How a message stands to what is known of its issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CardState {
    /// It shows it.
    Current,
    /// It is older, and to be edited.
    Behind,
    /// Slack takes no edit of it any more; its thread goes on.
    Frozen,
    /// It can have no thread (any more): forgotten.
    Gone,
}

/// Where a message stands that is a reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThreadReply {
    /// The message above it.
    pub parent: MessageTs,
    /// Whether the channel sees it too.
    pub broadcast: bool,
}

impl IssueThread {
    /// The anchor that a card of this news becomes; none if it is of no issue that can be known again.
    pub fn open(delivery: &Delivery, news: &News, now: Timestamp) -> Option<Self> {
        let Object::Issue(issue) = &news.event.object else { return None };
        Some(Self {
            object: news.event.object_key()?,
            ts: None,
            account: delivery.account.clone(),
            subscription: delivery.subscription,
            options: delivery.options.clone(),
            news: kept(news),
            replies: issue.comments_count,
            last_reply_by: last_reply_by(issue),
            turn: turn(news, issue),
            standing: CardState::Current,
            attempts: 0,
            edit_at: now,
            changed_at: now,
        })
    }

    /// Takes in what is new. Of an event older than what is known already, nothing is.
    pub fn absorb(&mut self, news: &News, now: Timestamp) {
        self.changed_at = now;
        if self.standing == CardState::Current {
            self.standing = CardState::Behind;
        }
        let Object::Issue(issue) = &news.event.object else { return };
        if news.event.changed_at() < self.news.event.changed_at() {
            return;
        }
        self.replies = issue.comments_count;
        self.last_reply_by = last_reply_by(issue).or(self.last_reply_by.take());
        self.turn = turn(news, issue).or(self.turn.take());
        self.news = kept(news);
    }

    /// It once the card that opens it is in the channel.
    #[must_use]
    pub fn posted_as(self, ts: MessageTs) -> Self {
        Self { ts: Some(ts), ..self }
    }

    /// It once Slack has put a message of its thread into the channel, since the parent was gone: that message takes the
    /// parent's place, and is to look like it.
    #[must_use]
    pub fn moved_to(self, ts: MessageTs) -> Self {
        Self { ts: Some(ts), standing: CardState::Behind, attempts: 0, ..self }
    }

    /// It where something later is known of its issue than it shows: the state alone, without who left it so.
    #[must_use]
    pub fn caught_up(mut self, known: &ObjectState) -> Self {
        let is_later = known.at > self.news.event.changed_at();
        if let (LastSeen::Issue { status, comments }, Object::Issue(issue)) = (&known.seen, &mut self.news.event.object)
            && is_later
            && (issue.status.as_ref(), self.replies) != (status.as_ref(), *comments)
        {
            let closed = match status.as_deref() {
                Some("CLOSED") => Some(true),
                Some("OPEN") if issue.status.is_some() => Some(false),
                _ => None,
            };
            if let Some(closed) = closed.filter(|_| issue.status != *status) {
                self.turn = Some(StatusTurn { closed, by: None, asked_by: None, at: known.at });
            }
            issue.status.clone_from(status);
            issue.updated_at = Some(known.at);
            self.replies = *comments;
            self.standing = CardState::Behind;
        }
        self
    }

    /// It once its message shows what is known.
    #[must_use]
    pub fn edited(self, now: Timestamp) -> Self {
        let edit_at = after(now, EDIT_INTERVAL);
        Self { standing: CardState::Current, attempts: 0, edit_at, ..self }
    }

    /// It after Slack did not take an edit, which is to be tried again.
    #[must_use]
    pub fn not_yet_edited(self, edit_at: Timestamp, attempts: u32) -> Self {
        Self { standing: CardState::Behind, attempts, edit_at, ..self }
    }

    /// It with a message that stays as it is for good, or that is no more.
    #[must_use]
    pub fn left(self, standing: CardState) -> Self {
        Self { standing, attempts: 0, ..self }
    }
}

/// What is kept of news: not what stands in the thread.
fn kept(news: &News) -> News {
    let mut kept = News { changes: Vec::new(), new_comments: 0, ..news.clone() };
    kept.event.text = None;
    if let Object::Issue(issue) = &mut kept.event.object {
        issue.recent_comments = Vec::new();
        if let Some(description) = &mut issue.description {
            description.truncate(description.floor_char_boundary(MAX_DESCRIPTION_BYTES));
        }
    }
    kept
}

fn last_reply_by(issue: &Issue) -> Option<String> {
    issue.recent_comments.last().and_then(|comment| comment.created_by.clone())
}

fn turn(news: &News, issue: &Issue) -> Option<StatusTurn> {
    let closed = match news.derived? {
        Derived::IssueClosed => true,
        Derived::IssueReopened => false,
        _ => return None,
    };
    Some(StatusTurn {
        closed,
        by: issue.updated_by.clone(),
        asked_by: news.asked_by.clone(),
        at: news.event.created_at,
    })
}
