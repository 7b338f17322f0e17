//! How fast a lane goes: pure.

use crate::clock::later;
use jiff::Timestamp;
use std::time::Duration;

/// Slack takes about one message a second a channel (<https://docs.slack.dev/apis/web-api/rate-limits>).
const BETWEEN_MESSAGES: Duration = Duration::from_secs(1);

/// When a lane that made a call at `now` may make the next.
pub(super) fn next_call(now: Timestamp) -> Timestamp {
    later(now, BETWEEN_MESSAGES)
}

/// Slack takes about fifty edits a minute in a workspace (<https://docs.slack.dev/reference/methods/chat.update>).
const BETWEEN_EDITS: Duration = Duration::from_millis(1_200);

/// When a lane that brought a parent up to date at `now` may make the next call: many of them may be waiting.
pub(super) fn next_edit(now: Timestamp) -> Timestamp {
    later(now, BETWEEN_EDITS)
}

/// A call without an answer may still be worked on for so long: Slack fetches images for up to 12 s before it takes a
/// message.
const SETTLED: Duration = Duration::from_secs(15);

/// When a call begun at `begun` and cut off is over, if it may not be by `now`. One of the future was begun by a clock
/// that has been set back since: it is over.
pub(super) fn not_over_until(begun: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let end = later(begun, SETTLED);
    (begun <= now && now < end).then_some(end)
}

/// When to look again for a call begun at `begun` if Slack does not say what was said in the channel: the longer it has
/// not, the later.
pub(super) fn look_again(begun: Timestamp, now: Timestamp) -> Timestamp {
    let age = Duration::try_from(now.duration_since(begun)).unwrap_or_default();
    later(now, age.clamp(Duration::from_secs(1), Duration::from_mins(5)))
}
