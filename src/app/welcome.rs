//! The one welcome that a channel gets when somebody brings the bot into it.

use crate::app::App;
use crate::clock::id_at;
use crate::model::Lane;
use crate::render::{Rung, reply};
use crate::slack::error::SlackError;
use crate::store::StoreError;
use tracing::{debug, info, warn};

/// Welcomes a channel without subscriptions, unless it was before. What Slack does not take is not said again: whoever
/// invited the bot has gone on by then.
pub(super) async fn welcome(app: &App, lane: &Lane) -> Result<(), StoreError> {
    if !is_a_place_for_it(app, lane).await || !app.store.welcome(lane, app.clock.now()).await? {
        return Ok(());
    }
    let content = reply::welcome(&lane.channel).content(Rung::Whole);
    match app.slack.post(lane, content, id_at(app.clock.now())).await {
        Ok(_) => info!(lane = %lane, "posted the welcome message in {lane}"),
        Err(error) => warn!(lane = %lane, "could not post the welcome message in {lane}: {error}"),
    }
    Ok(())
}

/// Whether it is a channel that can be posted in. Where Slack does not let us look, it may be.
async fn is_a_place_for_it(app: &App, lane: &Lane) -> bool {
    match app.slack.channel(lane).await {
        Ok(info) => !info.is_archived && !info.is_im && !info.is_mpim,
        Err(SlackError::Refused(code)) if code == "missing_scope" => true,
        Err(error) => {
            debug!(lane = %lane, "could not read {lane}, which the bot joined: {error}");
            false
        }
    }
}
