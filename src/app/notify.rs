//! Notifications about changes where no direct answer is possible: in a modal, a channel, or a direct message.

use crate::app::App;
use crate::clock::id_at;
use crate::delivery::{BusyGuard, back_off};
use crate::model::{ChannelRef, UserId, WorkspaceId};
use crate::render::{FallbackLevel, Message};
use crate::slack::error::SlackError;
use slack_morphism::prelude::SlackView;
use std::sync::Arc;
use tracing::warn;

/// The number of attempts. The delays between them add up to about 15 seconds.
const NOTIFY_ATTEMPTS: u32 = 5;

/// Posts a message in the channel, or sends it to the person if that fails. Returns at once: the change is stored by
/// then, and a crash loses only the notification.
pub(super) fn channel(app: &Arc<App>, channel_ref: &ChannelRef, user: &UserId, message: Message) {
    let (busy, channel_ref, user) = (app.workers.at_work(), channel_ref.clone(), user.clone());
    app.tasks.spawn({
        let app = Arc::clone(app);
        async move {
            let (content, call) = (message.content(FallbackLevel::Whole), id_at(app.clock.now()));
            match with_retries(&app, busy, Twice::Harms, || app.slack.api.post(&channel_ref, content.clone(), call)).await {
                Ok(_) => {}
                // It may have been posted, so it is not posted again.
                Err(SlackError::Lost) => {
                    warn!(channel = %channel_ref, "Slack did not confirm a change notice in {channel_ref}");
                }
                Err(why) => {
                    warn!(channel = %channel_ref, "could not post a change notice in {channel_ref}: {why}; notifying {user}");
                    person(&app, &channel_ref.workspace, &user, &message).await;
                }
            }
        }
    });
}

/// Sends a direct message.
pub(super) async fn person(app: &App, workspace: &WorkspaceId, user: &UserId, message: &Message) {
    let content = message.content(FallbackLevel::Whole);
    let write = || app.slack.api.write_to(workspace, user, content.clone());
    if let Err(error) = with_retries(app, app.workers.at_work(), Twice::Harms, write).await {
        warn!("could not send a result to {user}: {error}");
    }
}

/// Shows a view in a modal, replacing any other view.
pub(super) async fn modal(app: &App, workspace: &WorkspaceId, id: &str, view: &SlackView) -> Result<(), SlackError> {
    let update = || app.slack.api.update_view(workspace, id, None, view);
    with_retries(app, app.workers.at_work(), Twice::DoesNothing, update).await
}

/// The effect of repeating a call that may have succeeded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Twice {
    /// It happens twice.
    Harms,
    /// Nothing changes.
    DoesNothing,
}

/// Calls Slack until it gives a final answer, at most [`NOTIFY_ATTEMPTS`] times.
async fn with_retries<T, Called: Future<Output = Result<T, SlackError>>>(
    app: &App,
    busy: BusyGuard,
    twice: Twice,
    call: impl Fn() -> Called,
) -> Result<T, SlackError> {
    // Waiting does not count as work.
    let mut busy = Some(busy);
    let mut tries = 0;
    loop {
        let answer = call().await;
        let wait = match &answer {
            Err(SlackError::Limited(wait)) => *wait,
            Err(SlackError::Unreachable | SlackError::Broken(503)) => back_off(tries),
            Err(SlackError::Lost | SlackError::Broken(_)) if twice == Twice::DoesNothing => back_off(tries),
            _ => return answer,
        };
        tries += 1;
        if tries == NOTIFY_ATTEMPTS {
            return answer;
        }
        busy.take();
        app.clock.sleep(wait).await;
        busy = Some(app.workers.at_work());
    }
}
