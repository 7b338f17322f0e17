//! Events from Slack: channels that can be posted in again, links, opened Homes, and uninstalled apps.

use crate::app::subscriptions::hints::warn_about_audience;
use crate::app::workspaces::lifecycle;
use crate::app::{App, channel_access, home, unfurl, welcome};
use crate::clock::id_at;
use crate::model::{ChannelRef, DatasetPattern, Subscription, SubscriptionState, UserId, WorkspaceId};
use crate::render::{FallbackLevel, reply};
use crate::slack::events::SlackEvent;
use crate::store::StoreError;
use std::collections::BTreeSet;
use tracing::{debug, warn};

/// Handles an event.
pub async fn handle(app: &App, workspace: &WorkspaceId, event: SlackEvent) -> Result<(), StoreError> {
    if !app.serves(workspace) {
        warn!(workspace.id = %workspace, "ignored an event of workspace {workspace}, which this server does not serve");
        return Ok(());
    }
    match event {
        SlackEvent::MemberJoined { channel, user } => {
            let ours = app.slack.api.installation(workspace).is_some_and(|installation| installation.bot == user);
            if ours {
                arrived(app, &App::channel_ref(workspace, &channel)).await?;
            }
        }
        SlackEvent::ChannelUnarchived(channel) => {
            channel_access::resume_if_reachable(app, &App::channel_ref(workspace, &channel)).await?;
        }
        SlackEvent::HomeOpened(user) => home::open(app, workspace, &user).await?,
        SlackEvent::LinksShared(links) => unfurl::unfurl_links(app, workspace, &links).await?,
        SlackEvent::Uninstalled => lifecycle::handle_uninstalled(app, workspace).await?,
        SlackEvent::Other(kind) => debug!("ignored unknown event `{kind}`"),
    }
    Ok(())
}

/// Handles the bot joining a channel: starts what waited for it, or explains how to begin.
async fn arrived(app: &App, channel_ref: &ChannelRef) -> Result<(), StoreError> {
    let before = app.store.channel_subscriptions(channel_ref).await?.subscriptions;
    let waited = |subscription: &&Subscription| subscription.state == SubscriptionState::Waiting;
    let waiting: Vec<u32> = before.iter().filter(waited).map(|subscription| subscription.number).collect();
    let resumed = channel_access::resume(app, channel_ref).await?;
    if before.is_empty() {
        return welcome::welcome(app, channel_ref).await;
    }
    let begun: Vec<Subscription> = resumed.into_iter().filter(|s| waiting.contains(&s.number)).collect();
    if begun.is_empty() {
        return Ok(());
    }
    let readers = channel_access::readers(app, channel_ref).await;
    let creators: BTreeSet<&UserId> = begun.iter().map(|one| &one.creator).collect();
    for creator in creators {
        let theirs = begun.iter().filter(|one| one.creator == *creator);
        let patterns: Vec<DatasetPattern> = theirs.map(|one| one.rule.dataset.clone()).collect();
        warn_about_audience(app, channel_ref, creator, &patterns, true, readers).await;
    }
    let message = reply::now_active(&begun);
    if let Err(error) =
        app.slack.api.post(channel_ref, message.content(FallbackLevel::Whole), id_at(app.clock.now())).await
    {
        warn!(channel = %channel_ref, "could not announce in {channel_ref} that its subscriptions are active: {error}");
    }
    Ok(())
}
