//! The life of a message that is edited while more events join it: posted once, edited at a bounded rate, closed once.

use super::workspace::MessageTs;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// A close that Slack rejected is tried again after this time.
const CLOSE_RETRY_INTERVAL: SignedDuration = SignedDuration::from_mins(5);
/// A close is tried for this long after the message was opened; then the message stays as it is.
const CLOSE_RETRY_PERIOD: SignedDuration = SignedDuration::from_hours(24);
/// A message mentions at most this many people and groups.
const MAX_MENTIONS: usize = 50;

/// The state that every live message keeps, stored as fields of the message's own record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveMessage {
    /// The time when the message was planned.
    pub opened_at: Timestamp,
    /// The earliest time of the next edit.
    pub edit_at: Timestamp,
    /// The message in Slack, once it is posted.
    pub ts: Option<MessageTs>,
    /// Set once the message takes no more events.
    pub closed: bool,
}

impl LiveMessage {
    /// Returns a message that is planned at this time and not posted yet.
    pub fn open(now: Timestamp) -> Self {
        Self { opened_at: now, edit_at: now, ts: None, closed: false }
    }

    /// Sets the time of the next edit, `interval` after a change.
    pub fn changed(&mut self, now: Timestamp, interval: SignedDuration) {
        self.edit_at = after(now, interval);
    }
}

/// A message with a life cycle: a batch or a digest.
pub trait Live: Sized {
    /// Returns the state of the life cycle.
    fn live(&mut self) -> &mut LiveMessage;

    /// Returns the message as it is once Slack has posted it under this timestamp.
    #[must_use]
    fn posted_as(mut self, ts: MessageTs) -> Self {
        self.live().ts = Some(ts);
        self
    }

    /// Returns the message as it is once it takes no more events.
    #[must_use]
    fn closed(mut self) -> Self {
        self.live().closed = true;
        self
    }

    /// Returns the message after Slack rejected the edit that closes it: to be closed 5 minutes later, or closed as it
    /// is more than 24 hours after it was opened.
    #[must_use]
    fn retry_close(mut self, now: Timestamp) -> Self {
        let live = self.live();
        live.closed = after(live.opened_at, CLOSE_RETRY_PERIOD) < now;
        live.edit_at = after(now, CLOSE_RETRY_INTERVAL);
        self
    }
}

/// Adds mentions that are not there yet, up to 50.
pub(super) fn add_mentions(mentions: &mut Vec<String>, added: &[String]) {
    for id in added {
        if mentions.len() < MAX_MENTIONS && !mentions.contains(id) {
            mentions.push(id.clone());
        }
    }
}

/// Returns the time this long after another, or the end of time.
pub(super) fn after(time: Timestamp, length: SignedDuration) -> Timestamp {
    time.checked_add(length).unwrap_or(Timestamp::MAX)
}

/// Returns the beginning of a text, at most this many bytes long.
pub(super) fn cut(text: &str, bytes: usize) -> String {
    text[..text.floor_char_boundary(bytes)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{BatchKey, BatchMessage, DigestMessage};
    use serde_json::{Value, json};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn batch() -> BatchMessage {
        let key = BatchKey { subscription: 1, event: "sample.created".to_owned(), dataset: None };
        BatchMessage {
            key,
            count: 4,
            named: Vec::new(),
            others: 4,
            first_event: at(0),
            last_event: at(0),
            people: Vec::new(),
            more_people: false,
            mention: Vec::new(),
            changed_at: at(3_000),
            live: LiveMessage::open(at(0)),
        }
    }

    fn digest() -> DigestMessage {
        serde_json::from_value(json!({
            "subscription": 1, "count": 0, "datasets": [], "other_datasets": [], "more_datasets": false, "other_events": 0,
            "first_event": at(0), "last_event": at(0), "mention": [], "due": at(0), "opened_at": at(0), "edit_at": at(0),
            "ts": null, "closed": false,
        }))
        .unwrap()
    }

    #[test]
    fn batches_and_digests_retry_a_close_by_the_same_rules() {
        let day = 24 * 60 * 60;
        for (now, closed) in [(10, false), (day, false), (day + 1, true)] {
            let lives = [batch().retry_close(at(now)).live, digest().retry_close(at(now)).live];
            let expected = LiveMessage { edit_at: at(now + 300), closed, ..LiveMessage::open(at(0)) };
            assert_eq!(lives, [expected.clone(), expected]);
        }
    }

    #[test]
    fn the_life_of_a_message_is_stored_as_its_own_fields() {
        let stored = serde_json::to_value(batch().posted_as(MessageTs::parse("1.2").unwrap()).closed()).unwrap();
        assert_eq!(
            (&stored["ts"], &stored["closed"], &stored["opened_at"]),
            (&json!("1.2"), &json!(true), &json!(at(0)))
        );
        assert_eq!(stored.get("live"), None::<&Value>);
        assert_eq!(serde_json::from_value::<BatchMessage>(stored).unwrap().live.ts, MessageTs::parse("1.2").ok());
    }

    #[test]
    fn a_message_mentions_at_most_fifty() {
        let ids: Vec<String> = (0..60).map(|id| format!("U{id}")).collect();
        let mut mentions = Vec::new();
        add_mentions(&mut mentions, &ids);
        add_mentions(&mut mentions, &ids[..1]);
        assert_eq!(mentions, ids[..50]);
    }
}
