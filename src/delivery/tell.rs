//! Telling people that a lane was paused: by direct message, at most once, and beside the lane.
//!
//! Whoever is being told is noted as told before Slack is asked; so a crash, or an answer that never came, may leave
//! somebody untold, and tells nobody twice. What Slack certainly did not do is tried again a few times.

use super::retry::{Step, decide};
use super::{AtWork, Lanes, Rest};
use crate::clock::later;
use crate::model::{Lane, Pause, PauseReason};
use crate::render::{Rung, reply};
use crate::slack::error::SlackError;
use crate::store::{StoreError, Untold};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tracing::{info, warn};

/// While Slack cannot be reached it is asked again after this …
const ASK_AGAIN: Duration = Duration::from_mins(5);
/// … and somebody is given up after so many tries.
const TRIES: u32 = 12;

impl Lanes {
    /// Does the next thing for a lane that was paused: has the next person told.
    pub(super) async fn tell(
        self: &Arc<Self>,
        lane: &Lane,
        pause: &Pause,
        untold: &[Untold],
        now: Timestamp,
    ) -> Result<Rest, StoreError> {
        let Some(next) = untold.iter().min_by_key(|untold| untold.not_before) else { return Ok(Rest::Idle) };
        if next.not_before > now {
            return Ok(Rest::Until(next.not_before));
        }
        if self.parts.store.told(lane, &next.user).await? {
            // A task of its own: a lane that is resumed meanwhile does not wait for it.
            let errand = Errand {
                lanes: Arc::clone(self),
                lane: lane.clone(),
                pause: pause.clone(),
                untold: next.clone(),
                _at_work: self.at_work(),
            };
            self.tasks.spawn(errand.run());
        }
        Ok(Rest::Now)
    }
}

/// One direct message on its way; it counts as a lane at work.
struct Errand {
    lanes: Arc<Lanes>,
    lane: Lane,
    pause: Pause,
    untold: Untold,
    _at_work: AtWork,
}

impl Errand {
    async fn run(self) {
        let (lane, user, parts) = (&self.lane, &self.untold.user, &self.lanes.parts);
        let message = reply::paused_notice(&lane.channel, &self.pause);
        let Err(error) = parts.slack.write_to(&lane.workspace, user, message.content(Rung::Whole)).await else {
            info!(lane = %lane, user.id = %user, "notified {user} that {lane} is paused");
            return parts.metrics.notices.count("told");
        };
        let tries = self.untold.tries + 1;
        let now = parts.clock.now();
        let again = |wait: Duration| {
            (tries < TRIES).then(|| Untold { not_before: later(now, wait), tries, ..self.untold.clone() })
        };
        let (again, otherwise) = match &error {
            SlackError::Limited(wait) => (again(*wait), "given_up"),
            SlackError::Unreachable => (again(ASK_AGAIN), "given_up"),
            SlackError::Lost | SlackError::Broken(_) => (None, "unclear"),
            SlackError::Refused(code) if code == "missing_scope" => (None, "refused"),
            refused if decide(refused, 0, now, 0.0) == Step::PauseWorkspace => {
                self.lanes.close(&lane.workspace, PauseReason(refused.to_string()));
                (Some(self.untold.clone()), "given_up")
            }
            SlackError::Refused(_) | SlackError::NotInstalled => (None, "refused"),
        };
        warn!(lane = %lane, user.id = %user, "could not notify {user} that {lane} is paused: {error}");
        let Some(untold) = again else { return parts.metrics.notices.count(otherwise) };
        parts.metrics.notices.count("put_off");
        match parts.store.not_told(lane, &self.pause, untold).await {
            Ok(()) => self.lanes.wake(lane),
            Err(error) => warn!(lane = %lane, "could not reschedule the pause notice to {user}: {error}"),
        }
    }
}
