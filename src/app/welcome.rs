//! The welcome message that a channel gets once, when the bot is invited.

use crate::app::App;
use crate::clock::id_at;
use crate::model::ChannelRef;
use crate::render::{FallbackLevel, reply};
use crate::slack::error::SlackError;
use crate::store::StoreError;
use tracing::{debug, info, warn};

/// Posts a welcome in a channel without subscriptions, unless it had one before. A failed post is not retried.
pub(super) async fn welcome(app: &App, channel_ref: &ChannelRef) -> Result<(), StoreError> {
    if !is_a_place_for_it(app, channel_ref).await || !app.store.mark_welcomed(channel_ref, app.clock.now()).await? {
        return Ok(());
    }
    let content = reply::welcome(&channel_ref.channel).content(FallbackLevel::Whole);
    match app.slack.api.post(channel_ref, content, id_at(app.clock.now())).await {
        Ok(_) => info!(channel = %channel_ref, "posted the welcome message in {channel_ref}"),
        Err(error) => warn!(channel = %channel_ref, "could not post the welcome message in {channel_ref}: {error}"),
    }
    Ok(())
}

/// Returns true if the bot can probably post in the channel.
async fn is_a_place_for_it(app: &App, channel_ref: &ChannelRef) -> bool {
    match app.slack.api.channel(channel_ref).await {
        Ok(info) => !info.is_archived && !info.is_im && !info.is_mpim,
        Err(SlackError::Refused(code)) if code == "missing_scope" => true,
        Err(error) => {
            debug!(channel = %channel_ref, "could not read {channel_ref}, which the bot joined: {error}");
            false
        }
    }
}
