//! How fast a channel goes, and how fast the channels of a workspace go together: pure.

use crate::clock::later;
use crate::model::ChannelId;
use jiff::Timestamp;
use std::collections::HashMap;
use std::time::Duration;

/// Slack takes about one message a second a channel (<https://docs.slack.dev/apis/web-api/rate-limits>).
const BETWEEN_MESSAGES: Duration = Duration::from_secs(1);

/// When a channel that made a call at `now` may make the next.
pub(super) fn next_call(now: Timestamp) -> Timestamp {
    later(now, BETWEEN_MESSAGES)
}

/// A call without an answer may still be worked on for so long: Slack fetches images for up to 12 s before it takes a
/// message.
const CALL_OVERLAP: Duration = Duration::from_secs(15);

/// When a call begun at `begun` and cut off is over, if it may not be by `now`. One of the future was begun by a clock
/// that has been set back since: it is over.
pub(super) fn not_over_until(begun: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let end = later(begun, CALL_OVERLAP);
    (begun <= now && now < end).then_some(end)
}

/// When to look again for a call begun at `begun` if Slack does not say what was said in the channel: the longer it has
/// not, the later.
pub(super) fn look_again(begun: Timestamp, now: Timestamp) -> Timestamp {
    let age = Duration::try_from(now.duration_since(begun)).unwrap_or_default();
    later(now, age.clamp(Duration::from_secs(1), Duration::from_mins(5)))
}

/// Slack takes 50 edits a minute of a workspace, and as many looks at what was said
/// (<https://docs.slack.dev/apis/web-api/rate-limits>, tier 3). Of the edits, so many go to whoever asks first …
const EDIT_EVERY: Duration = Duration::from_secs(2);
/// … and so many to those that are probably the last of their message for now.
const LAST_EDIT_EVERY: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(1_300);
/// So many calls may go at once after a silence: within any minute and a turn's life, all edits are still below 50.
const AT_ONCE: u32 = 3;
/// A turn that was kept for a channel and not taken by then is lost.
const TURN_LIVES: Duration = Duration::from_secs(2);
/// An edit is probably the last of its message if nothing came for so long.
const TURN_SILENCE: Duration = Duration::from_secs(2);

/// How a workspace stands with Slack's limits; what it has in common with other workspaces is nothing.
///
/// A limit on an edit or a look is the workspace's, since Slack counts those for all its channels together. A limit on a
/// post is the channel's own, unless another channel of the workspace was limited too and still waits: then it is
/// the workspace's. A workspace that is limited makes no delivering call until that time is over.
pub(super) struct Limits {
    /// Until when the workspace is limited.
    until: Timestamp,
    /// The channel whose post was limited last, and until when.
    slow: Option<(ChannelId, Timestamp)>,
    edits: Turns,
    last_edits: Turns,
    looks: Turns,
}

/// A call that Slack may find too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// A new message.
    Post,
    /// An edit, or a look at what was said.
    Shared,
}

impl Limits {
    /// Of a workspace that was never limited.
    pub(super) fn new() -> Self {
        Self {
            until: Timestamp::MIN,
            slow: None,
            edits: Turns::new(EDIT_EVERY),
            last_edits: Turns::new(LAST_EDIT_EVERY),
            looks: Turns::new(LOOK_EVERY),
        }
    }

    /// Until when the whole workspace is to wait, if it is.
    pub(super) fn limited_until(&self, now: Timestamp) -> Option<Timestamp> {
        Some(self.until).filter(|until| *until > now)
    }

    /// Slack said that a call was too much, and for how long nothing more is to come. Whether the whole workspace is
    /// to wait.
    pub(super) fn note(&mut self, call: Pace, channel: &ChannelId, wait: Duration, now: Timestamp) -> bool {
        let end = later(now, wait);
        let another = self.slow.as_ref().is_some_and(|(slow, end)| slow != channel && *end > now);
        if call == Pace::Post {
            self.slow = Some((channel.clone(), end));
        }
        let shared = call == Pace::Shared || another;
        if shared {
            self.until = self.until.max(end);
        }
        shared
    }

    /// Whether a channel may edit a message now; else when to ask again. `newest` is when the newest event was accepted
    /// that the edit shows, if it shows more than before: after a silence the edit is probably the last one for now,
    /// and has turns of its own besides.
    pub(super) fn edit(
        &mut self,
        channel: &ChannelId,
        newest: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), Timestamp> {
        let Err(turn) = self.edits.take(channel, now) else { return Ok(()) };
        match newest.map(|newest| later(newest, TURN_SILENCE)) {
            Some(silent) if silent > now => Err(turn.min(silent)),
            Some(_) => self.last_edits.take(channel, now).map_err(|last| last.min(turn)),
            None => Err(turn),
        }
    }

    /// Whether a channel may look at what was said in its channel now; else when.
    pub(super) fn look(&mut self, channel: &ChannelId, now: Timestamp) -> Result<(), Timestamp> {
        self.looks.take(channel, now)
    }
}

/// Turns at one pace, given to channels in the order in which they ask: none waits for ever.
struct Turns {
    every: Duration,
    /// When the turns given so far would end if they had come one by one.
    given_until: Timestamp,
    /// Turns to come, and those that were not taken yet.
    kept: HashMap<ChannelId, Timestamp>,
}

impl Turns {
    fn new(every: Duration) -> Self {
        Self { every, given_until: Timestamp::MIN, kept: HashMap::new() }
    }

    /// Takes the turn of a channel if it has come; else keeps one and says when it comes.
    fn take(&mut self, channel: &ChannelId, now: Timestamp) -> Result<(), Timestamp> {
        self.kept.retain(|_, turn| later(*turn, TURN_LIVES) >= now);
        let turn = self.kept.remove(channel).unwrap_or_else(|| self.next(now));
        if turn <= now {
            return Ok(());
        }
        self.kept.insert(channel.clone(), turn);
        Err(turn)
    }

    /// The next turn that nobody has.
    fn next(&mut self, now: Timestamp) -> Timestamp {
        let at_once = self.every * (AT_ONCE - 1);
        let turn = self.given_until.checked_sub(at_once).unwrap_or(Timestamp::MIN).max(now);
        self.given_until = later(self.given_until.max(turn), self.every);
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

    fn channel(number: usize) -> ChannelId {
        ChannelId::parse(format!("C{number}")).unwrap()
    }

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_millisecond(1_800_000_000_000 + milliseconds).unwrap()
    }

    const MINUTE: Duration = Duration::from_mins(1);

    #[test]
    fn a_post_that_is_limited_slows_its_own_channel_only() {
        let mut limits = Limits::new();
        assert!(!limits.note(Pace::Post, &channel(1), MINUTE, at(0)));
        assert!(!limits.note(Pace::Post, &channel(1), MINUTE, at(30_000)));
        assert_eq!(limits.limited_until(at(30_000)), None);
        // The first channel's wait is over by then.
        assert!(!limits.note(Pace::Post, &channel(2), MINUTE, at(90_000)));
    }

    #[test]
    fn two_channels_that_are_limited_at_once_are_the_workspace() {
        let mut limits = Limits::new();
        limits.note(Pace::Post, &channel(1), MINUTE, at(0));
        assert!(limits.note(Pace::Post, &channel(2), MINUTE, at(59_999)));
        assert_eq!(limits.limited_until(at(60_000)), Some(at(119_999)));
        assert_eq!(limits.limited_until(at(119_999)), None);
    }

    #[test]
    fn an_edit_or_a_look_that_is_limited_is_the_workspace() {
        let mut limits = Limits::new();
        assert!(limits.note(Pace::Shared, &channel(1), MINUTE, at(0)));
        assert!(limits.note(Pace::Shared, &channel(1), Duration::from_secs(1), at(1)));
        assert_eq!(limits.limited_until(at(2)), Some(at(60_000)));
    }

    #[test]
    fn channels_get_their_turns_in_the_order_in_which_they_ask() {
        let mut limits = Limits::new();
        let turns: Vec<_> = (0..6).map(|number| limits.edit(&channel(number), None, at(0)).err()).collect();
        assert_eq!(turns, [None, None, None, Some(at(2_000)), Some(at(4_000)), Some(at(6_000))]);
        assert_eq!(limits.edit(&channel(0), None, at(1_000)), Err(at(8_000)));
        assert_eq!(limits.edit(&channel(4), None, at(3_999)), Err(at(4_000)));
        assert_eq!(limits.edit(&channel(4), None, at(4_000)), Ok(()));
        // Its turn was at 2,000, and two seconds later it is lost.
        assert_eq!(limits.edit(&channel(3), None, at(4_001)), Err(at(10_000)));
    }

    #[test]
    fn the_last_edit_of_a_message_does_not_wait_behind_others() {
        let mut limits = Limits::new();
        for number in 0..20 {
            let _ = limits.edit(&channel(number), Some(at(0)), at(0));
        }
        assert_eq!(limits.edit(&channel(30), Some(at(0)), at(0)), Err(at(2_000)));
        assert_eq!(limits.edit(&channel(30), Some(at(0)), at(2_000)), Ok(()));
        assert_eq!(limits.edit(&channel(31), None, at(2_000)), Err(at(38_000)));
    }

    #[test]
    fn at_most_fifty_edits_a_minute_and_no_caller_starves() {
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
        let mut runner =
            TestRunner::new_with_rng(Config { cases: 64, failure_persistence: None, ..Config::default() }, rng);
        let asks = proptest::collection::vec((0..9_usize, 0..900_i64, any::<bool>()), 400..600);
        let holds = |asks: Vec<(usize, i64, bool)>| {
            let (mut limits, mut now, mut edits) = (Limits::new(), 0, Vec::new());
            for (channel_ref, pause, is_last) in asks {
                now += pause;
                let newest = Some(at(if is_last { now - 2_000 } else { now }));
                match limits.edit(&channel(channel_ref), newest, at(now)) {
                    Ok(()) => edits.push(now),
                    Err(turn) => prop_assert!(turn > at(now) && turn < at(now + 60_000)),
                }
            }
            for (place, edit) in edits.iter().enumerate() {
                prop_assert!(edits[..place].iter().filter(|other| **other > edit - 60_000).count() < 50);
            }
            Ok(())
        };
        runner.run(&asks, holds).unwrap();
    }
}
