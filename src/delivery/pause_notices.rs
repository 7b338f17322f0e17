//! Telling people that a channel was paused: by direct message, at most once, and beside the channel.
//!
//! Whoever is being told is noted as told before Slack is asked; so a crash, or an answer that never came, may leave
//! somebody untold, and tells nobody twice. What Slack certainly did not do is tried again a few times.

use super::retry::{Step, decide};
use super::{BusyGuard, DeliveryWorkers, NextStep};
use crate::clock::later;
use crate::model::{ChannelRef, Pause, PauseReason};
use crate::render::{FallbackLevel, reply};
use crate::slack::error::SlackError;
use crate::store::{PauseNotice, StoreError};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tracing::{info, warn};

/// While Slack cannot be reached it is asked again after this …
const ASK_AGAIN: Duration = Duration::from_mins(5);
/// … and somebody is given up after so many tries.
const NOTICE_ATTEMPTS_LIMIT: u32 = 12;

impl DeliveryWorkers {
    /// Does the next thing for a channel that was paused: has the next person told.
    pub(super) async fn notify_creators(
        self: &Arc<Self>,
        channel_ref: &ChannelRef,
        pause: &Pause,
        untold: &[PauseNotice],
        now: Timestamp,
    ) -> Result<NextStep, StoreError> {
        let Some(next) = untold.iter().min_by_key(|untold| untold.not_before) else { return Ok(NextStep::Idle) };
        if next.not_before > now {
            return Ok(NextStep::AtOrWoken(next.not_before));
        }
        if self.parts.store.take_pause_notice(channel_ref, &next.user).await? {
            // A task of its own: a channel that is resumed meanwhile does not wait for it.
            let errand = PauseNotification {
                workers: Arc::clone(self),
                channel_ref: channel_ref.clone(),
                pause: pause.clone(),
                untold: next.clone(),
                _at_work: self.at_work(),
            };
            self.tasks.spawn(errand.run());
        }
        Ok(NextStep::Immediately)
    }
}

/// One direct message on its way; it counts as a channel at work.
struct PauseNotification {
    workers: Arc<DeliveryWorkers>,
    channel_ref: ChannelRef,
    pause: Pause,
    untold: PauseNotice,
    _at_work: BusyGuard,
}

impl PauseNotification {
    async fn run(self) {
        let (channel_ref, user, parts) = (&self.channel_ref, &self.untold.user, &self.workers.parts);
        let message = reply::paused_notice(&channel_ref.channel, &self.pause);
        let Err(error) =
            parts.slack.write_to(&channel_ref.workspace, user, message.content(FallbackLevel::Whole)).await
        else {
            info!(channel = %channel_ref, user.id = %user, "notified {user} that {channel_ref} is paused");
            return parts.metrics.notices.count("told");
        };
        let tries = self.untold.tries + 1;
        let now = parts.clock.now();
        let again = |wait: Duration| {
            (tries < NOTICE_ATTEMPTS_LIMIT).then(|| PauseNotice {
                not_before: later(now, wait),
                tries,
                ..self.untold.clone()
            })
        };
        let (again, otherwise) = match &error {
            SlackError::Limited(wait) => (again(*wait), "given_up"),
            SlackError::Unreachable => (again(ASK_AGAIN), "given_up"),
            SlackError::Lost | SlackError::Broken(_) => (None, "unclear"),
            SlackError::Refused(code) if code == "missing_scope" => (None, "refused"),
            refused if decide(refused, 0, now, 0.0) == Step::PauseWorkspace => {
                self.workers.reject_workspace(&channel_ref.workspace, PauseReason(refused.to_string()));
                (Some(self.untold.clone()), "given_up")
            }
            SlackError::Refused(_) | SlackError::NotInstalled => (None, "refused"),
        };
        warn!(channel = %channel_ref, user.id = %user, "could not notify {user} that {channel_ref} is paused: {error}");
        let Some(untold) = again else { return parts.metrics.notices.count(otherwise) };
        parts.metrics.notices.count("put_off");
        match parts.store.return_pause_notice(channel_ref, &self.pause, untold).await {
            Ok(()) => self.workers.wake(channel_ref),
            Err(error) => warn!(channel = %channel_ref, "could not reschedule the pause notice to {user}: {error}"),
        }
    }
}
