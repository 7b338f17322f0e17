//! Lists of subscriptions: those of a channel, and those of every channel that a person is in.

use crate::app::App;
use crate::app::answer::{Asker, Reply};
use crate::app::subscriptions::hold;
use crate::app::subscriptions::visible::{Visible, visible};
use crate::model::Mute;
use crate::render::{Message, reply};
use crate::store::{ChannelSubscriptions, StoreError};
use tracing::warn;

/// Returns a page of a channel's subscriptions, with its mutes and the next digests.
pub(in crate::app) fn list(app: &App, book: ChannelSubscriptions, page: usize) -> Message {
    let now = app.clock.now();
    let next = hold::next_digests(now, &book.subscriptions, &book.mutes);
    let said = reply::with_next_digests(reply::list(&book.subscriptions, page), &next);
    reply::with_mutes(said, &Mute::in_force(book.mutes, now))
}

/// Returns a page of the subscriptions of every channel that the person is in.
pub(in crate::app) async fn list_all(app: &App, asker: &Asker, page: usize) -> Result<Reply, StoreError> {
    let (workspace, user) = (&asker.channel_ref.workspace, &asker.user);
    let memberships = match app.slack.api.channels_of(workspace, user).await {
        Ok(memberships) => memberships,
        Err(error) => {
            warn!(workspace.id = %workspace, "could not list the channels of {user}: {error}");
            return Ok(Reply::asker(reply::unavailable("ask Slack which channels you are in")));
        }
    };
    let Visible { channels, hidden, others } = visible(app, workspace, user, &memberships).await?;
    Ok(Reply::asker(reply::list_all(&channels, others + hidden.len(), page)))
}
