//! Telling what was changed where there is no answer to give, or none that arrives: in a modal, a channel, a direct message.

use crate::app::App;
use crate::clock::id_at;
use crate::delivery::{BusyGuard, back_off};
use crate::model::{ChannelRef, UserId, WorkspaceId};
use crate::render::{Message, Rung};
use crate::slack::error::SlackError;
use slack_morphism::prelude::SlackView;
use std::sync::Arc;
use tracing::warn;

/// Slack is asked so often; the waits between come to about a quarter of a minute.
const TRIES: u32 = 5;

/// Tells the channel, or, where that cannot be, whoever changed something. Goes on after this returns; what was changed
/// is stored by then, so that a process that dies loses only the telling.
pub(super) fn channel(app: &Arc<App>, channel_ref: &ChannelRef, user: &UserId, message: Message) {
    let (busy, channel_ref, user) = (app.workers.at_work(), channel_ref.clone(), user.clone());
    app.tasks.spawn({
        let app = Arc::clone(app);
        async move {
            let (content, call) = (message.content(Rung::Whole), id_at(app.clock.now()));
            match tried(&app, busy, Twice::Harms, || app.slack.post(&channel_ref, content.clone(), call)).await {
                Ok(_) => {}
                // What may have been posted is not posted again.
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

/// Writes to somebody.
pub(super) async fn person(app: &App, workspace: &WorkspaceId, user: &UserId, message: &Message) {
    let content = message.content(Rung::Whole);
    let write = || app.slack.write_to(workspace, user, content.clone());
    if let Err(error) = tried(app, app.workers.at_work(), Twice::Harms, write).await {
        warn!("could not send a result to {user}: {error}");
    }
}

/// Shows something in a modal, whatever it shows now.
pub(super) async fn modal(app: &App, workspace: &WorkspaceId, id: &str, view: &SlackView) -> Result<(), SlackError> {
    let update = || app.slack.update_view(workspace, id, None, view);
    tried(app, app.workers.at_work(), Twice::DoesNothing, update).await
}

/// What comes of doing something again that may have been done.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Twice {
    /// It is there twice.
    Harms,
    /// It is as it was.
    DoesNothing,
}

/// Asks Slack until it has answered for good, or too often.
async fn tried<T, Called: Future<Output = Result<T, SlackError>>>(
    app: &App,
    busy: BusyGuard,
    twice: Twice,
    call: impl Fn() -> Called,
) -> Result<T, SlackError> {
    // Who waits for a time is not at work.
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
        if tries == TRIES {
            return answer;
        }
        busy.take();
        app.clock.sleep(wait).await;
        busy = Some(app.workers.at_work());
    }
}
