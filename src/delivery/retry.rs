//! What follows from a call that failed: pure.

use crate::clock::later;
use crate::slack::error::SlackError;
use jiff::Timestamp;
use std::time::Duration;

/// The first pause of a back-off; each further one is twice as long.
const MIN_BACKOFF: Duration = Duration::from_secs(1);
/// No pause of a back-off is longer.
const MAX_BACKOFF: Duration = Duration::from_mins(5);
/// With these pauses, so many attempts take about 24 hours.
const TRANSIENT_ATTEMPTS: u32 = 295;
/// An answer that nobody knows is asked for so often.
pub(super) const UNKNOWN_ATTEMPTS: u32 = 5;

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Call again, not before.
    Retry {
        /// The time.
        at: Timestamp,
        /// Whether this was an attempt of ours rather than a wait that Slack asked for.
        counted: bool,
    },
    /// Call again at once with a simpler message.
    Simpler,
    /// Look whether it was done.
    Reconcile,
    /// The channel takes nothing from us: its channel waits.
    PauseChannel,
    /// The workspace takes nothing from us: its channels wait.
    PauseWorkspace,
    /// Give up.
    Dead,
}

/// Sorts a failure. `attempts` were counted before this one; `jitter` is a number from 0 to 1.
pub(super) fn decide(error: &SlackError, attempts: u32, now: Timestamp, jitter: f64) -> Step {
    let again = |limit: u32| {
        if attempts + 1 >= limit {
            return Step::Dead;
        }
        Step::Retry { at: later(now, pause(attempts, jitter)), counted: true }
    };
    match error {
        SlackError::Limited(wait) => Step::Retry { at: later(now, *wait), counted: false },
        // A gateway that gives up does not know either.
        SlackError::Lost | SlackError::Broken(500..) => Step::Reconcile,
        SlackError::NotInstalled => Step::PauseWorkspace,
        error if error.is_end_of_token() => Step::PauseWorkspace,
        SlackError::Unreachable | SlackError::Broken(_) => again(TRANSIENT_ATTEMPTS),
        SlackError::Refused(code) => match code.as_str() {
            // "It's possible some aspect of the operation succeeded before the error was raised."
            "internal_error" | "fatal_error" => Step::Reconcile,
            "service_unavailable" | "request_timeout" => again(TRANSIENT_ATTEMPTS),
            "invalid_blocks"
            | "invalid_blocks_format"
            | "msg_blocks_too_long"
            | "msg_too_long"
            | "no_text"
            | "too_many_attachments"
            | "invalid_attachments" => Step::Simpler,
            // The last one is said of a single team of an organisation.
            "channel_not_found"
            | "not_in_channel"
            | "is_archived"
            | "no_permission"
            | "user_is_restricted"
            | "team_access_not_granted" => Step::PauseChannel,
            code if code.starts_with("restricted_action") => Step::PauseChannel,
            "org_login_required" | "missing_scope" => Step::PauseWorkspace,
            _ => again(UNKNOWN_ATTEMPTS),
        },
    }
}

/// The pause after so many attempts: doubling, shortened by up to a quarter so that channels do not move in step.
pub(super) fn pause(attempts: u32, jitter: f64) -> Duration {
    let whole = MIN_BACKOFF.saturating_mul(2u32.saturating_pow(attempts)).min(MAX_BACKOFF);
    whole.mul_f64(1.0 - 0.25 * jitter.clamp(0.0, 1.0)).max(MIN_BACKOFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: &str, attempts: u32) -> Step {
        decide(&SlackError::Refused(code.to_owned()), attempts, Timestamp::UNIX_EPOCH, 0.0)
    }

    fn in_seconds(seconds: i64, counted: bool) -> Step {
        Step::Retry { at: Timestamp::from_second(seconds).unwrap(), counted }
    }

    #[test]
    fn each_class_of_answer_has_its_step() {
        assert_eq!(refused("request_timeout", 0), in_seconds(1, true));
        assert_eq!(refused("internal_error", 0), Step::Reconcile);
        assert_eq!(refused("msg_blocks_too_long", 0), Step::Simpler);
        assert_eq!(refused("restricted_action_thread_only_channel", 0), Step::PauseChannel);
        assert_eq!(refused("is_archived", 0), Step::PauseChannel);
        assert_eq!(refused("team_access_not_granted", 0), Step::PauseChannel);
        assert_eq!(refused("token_revoked", 0), Step::PauseWorkspace);
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(decide(&SlackError::Limited(Duration::from_secs(30)), 9, now, 1.0), in_seconds(30, false));
        assert_eq!(decide(&SlackError::Lost, 0, now, 0.0), Step::Reconcile);
        assert_eq!(decide(&SlackError::Broken(503), 3, now, 0.0), Step::Reconcile);
        assert_eq!(decide(&SlackError::Broken(404), 3, now, 0.0), in_seconds(8, true));
    }

    #[test]
    fn an_unknown_code_is_given_up_after_five_attempts() {
        assert_eq!(refused("moon_phase_wrong", 3), in_seconds(8, true));
        assert_eq!(refused("moon_phase_wrong", 4), Step::Dead);
    }

    #[test]
    fn a_dead_service_is_asked_for_about_a_day() {
        let waited: Duration = (0..TRANSIENT_ATTEMPTS).map(|attempts| pause(attempts, 0.0)).sum();
        let hours = waited.as_secs_f64() / 3600.0;
        assert!((23.5..25.0).contains(&hours), "{hours} h");
        assert_eq!(refused("service_unavailable", TRANSIENT_ATTEMPTS - 1), Step::Dead);
        assert_eq!(pause(40, 1.0), MAX_BACKOFF.mul_f64(0.75));
    }
}
