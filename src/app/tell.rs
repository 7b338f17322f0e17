//! Telling a channel what was changed from outside it: where there is no answer to give, a message is posted.

use super::App;
use crate::clock::id_at;
use crate::delivery::back_off;
use crate::model::{Lane, UserId};
use crate::render::{Message, Rung};
use crate::slack::error::SlackError;
use std::sync::Arc;
use tracing::warn;

/// Slack is asked so often; the waits between come to about half a minute.
const TRIES: u32 = 5;

/// Tells the channel, or, where that cannot be, whoever changed something. Goes on after this returns; what was changed
/// is stored by then, so that a process that dies loses only the telling.
pub(super) fn channel(app: &Arc<App>, lane: &Lane, user: &UserId, message: Message) {
    let (busy, lane, user) = (app.lanes.at_work(), lane.clone(), user.clone());
    app.tasks.spawn({
        let app = Arc::clone(app);
        async move {
            // Who waits for a time is not at work.
            let mut busy = Some(busy);
            let (content, call) = (message.content(Rung::Whole), id_at(app.clock.now()));
            let mut refusal = None;
            for tries in 0..TRIES {
                let wait = match app.slack.post(&lane, content.clone(), call).await {
                    Ok(_) => return,
                    Err(SlackError::Limited(wait)) => wait,
                    Err(SlackError::Unreachable | SlackError::Broken(503)) => back_off(tries),
                    // What may have been posted is not posted again.
                    Err(SlackError::Lost) => {
                        return warn!(lane = %lane, "Slack did not say whether it told {lane} of a change");
                    }
                    Err(refused) => {
                        refusal = Some(refused);
                        break;
                    }
                };
                busy.take();
                app.clock.sleep(wait).await;
                busy = Some(app.lanes.at_work());
            }
            let why = refusal.map_or_else(|| "too often away or too busy".to_owned(), |why| why.to_string());
            warn!(lane = %lane, "could not say in {lane} what was changed: {why}; telling {user}");
            if let Err(error) = app.slack.write_to(&lane.workspace, &user, content).await {
                warn!("could not tell {user} either: {error}");
            }
        }
    });
}
