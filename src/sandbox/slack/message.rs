//! A message as it stands in a channel, and as somebody sees it.

use crate::model::{MessageTs, UserId};
use jiff::Timestamp;
use serde_json::Value;

/// The author of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Author {
    /// The app, under its bot's name.
    Bot(String),
    /// A person.
    User(UserId),
    /// Slack itself: that a command failed or timed out.
    Slack,
}

/// A message as it is seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// Its name within the channel.
    pub ts: MessageTs,
    /// The parent, for a reply in a thread.
    pub thread_ts: Option<MessageTs>,
    /// True if a reply is shown in the channel as well.
    pub broadcast: bool,
    /// Its author.
    pub author: Author,
    /// The text, as sent.
    pub text: String,
    /// The blocks, as sent but with every block and action id filled in; an array.
    pub blocks: Value,
    /// The attachments, as sent but with the ids of their blocks filled in; an array.
    pub attachments: Value,
    /// The metadata, as sent.
    pub metadata: Option<Value>,
    /// The time of its last edit.
    pub edited: Option<Timestamp>,
    /// The only one who sees it.
    pub ephemeral_to: Option<UserId>,
    /// True if it was deleted.
    pub deleted: bool,
}

impl Shown {
    /// A message of nothing but words; its name is given when it is put into a channel.
    pub(super) fn plain(author: Author, text: &str) -> Self {
        Self {
            ts: ts(0),
            thread_ts: None,
            broadcast: false,
            author,
            text: text.to_owned(),
            blocks: Value::Array(Vec::new()),
            attachments: Value::Array(Vec::new()),
            metadata: None,
            edited: None,
            ephemeral_to: None,
            deleted: false,
        }
    }
}

/// A message as it is kept.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) shown: Shown,
    /// True until a test has looked at its current state.
    pub(super) unread: bool,
    /// Replies in its thread, and the last of them.
    pub(super) replies: u32,
    pub(super) latest_reply: Option<MessageTs>,
    /// True once the app got an event about the links in it.
    pub(super) links_told: bool,
}

impl Message {
    /// Whether a person, or somebody who is nobody, sees it.
    pub(super) fn is_seen_by(&self, viewer: Option<&UserId>) -> bool {
        let to = self.shown.ephemeral_to.as_ref();
        !self.shown.deleted && (to.is_none() || to == viewer)
    }
}

impl Message {
    /// Takes the message back. Above a thread, Slack leaves a stone.
    pub(super) fn delete(&mut self) {
        self.unread = true;
        if self.replies == 0 {
            self.shown.deleted = true;
            return;
        }
        let Shown { ts, thread_ts, broadcast, .. } = self.shown.clone();
        self.shown = Shown { ts, thread_ts, broadcast, ..Shown::plain(Author::Slack, "This message was deleted.") };
    }
}

/// Writes microseconds since 1970 as Slack names messages.
pub(super) fn ts(micros: u64) -> MessageTs {
    MessageTs::parse(format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)).expect("digits and a point")
}

/// A time as microseconds since 1970.
pub(super) fn since_1970(time: Timestamp) -> u64 {
    u64::try_from(time.as_microsecond()).unwrap_or_default()
}

/// Reads the name of a message back; `None` for anything else.
pub(super) fn micros(text: &str) -> Option<u64> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(seconds) || !digits(fraction) || seconds.len() > 12 || fraction.len() > 6 {
        return None;
    }
    let seconds: u64 = seconds.parse().ok()?;
    let fraction: u64 = format!("{fraction:0<6}").parse().ok()?;
    Some(seconds * 1_000_000 + fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_message_is_read_back() {
        assert_eq!(ts(1_732_406_400_000_100).as_str(), "1732406400.000100");
        assert_eq!(micros("1732406400.000100"), Some(1_732_406_400_000_100));
        assert_eq!(micros("1732406400"), Some(1_732_406_400_000_000));
        assert_eq!(micros("1732406400.1"), Some(1_732_406_400_100_000));
        for wrong in ["", ".", "1.", ".1", "-1.0", "1e5", "1.0000001", "9999999999999.0", "１.0"] {
            assert_eq!(micros(wrong), None, "{wrong}");
        }
    }
}
