//! Access to channels: checks that the bot can post, and resumes channels that were paused.

use crate::app::App;
use crate::app::answer::{Asker, Reply};
use crate::model::{ChannelRef, Subscription, SubscriptionState};
use crate::render::reply;
use crate::slack::api::ChannelInfo;
use crate::slack::error::SlackError;
use crate::store::StoreError;
use std::time::Duration;
use tracing::{debug, info, warn};

/// The time that Slack has to describe a channel, so that the answer still comes in time.
const SLACK_LOOKUP_TIMEOUT: Duration = Duration::from_secs(2);

/// The bot's access to a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChannelAccess {
    /// The bot can post.
    Ready {
        /// True if the bot joined just now.
        joined: bool,
        /// The people who can read the channel.
        readers: Readers,
    },
    /// The bot must be invited first.
    NeedsInvite,
    /// The channel is archived.
    Archived,
    /// A direct message, which cannot have subscriptions.
    NotAChannel,
    /// Slack did not answer; a delivery will find out.
    Unknown,
}

/// The people who can read a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// The members of the channel, as far as is known.
    Members,
    /// Everyone in the workspace.
    Everybody,
    /// People of another workspace as well.
    OtherWorkspaces,
}

impl Readers {
    fn of(info: &ChannelInfo) -> Self {
        match (info.is_ext_shared, info.is_open()) {
            (true, _) => Self::OtherWorkspaces,
            (false, true) => Self::Everybody,
            (false, false) => Self::Members,
        }
    }
}

/// Returns the people who can read a channel; assumes everyone in the workspace if Slack does not answer.
pub async fn readers(app: &App, channel_ref: &ChannelRef) -> Readers {
    let looked = app.clock.timeout(SLACK_LOOKUP_TIMEOUT, app.slack.api.channel(channel_ref)).await;
    looked.and_then(Result::ok).map_or(Readers::Everybody, |info| Readers::of(&info))
}

/// Checks the bot's access to a channel, and joins it if it is public.
pub async fn check_access(app: &App, channel_ref: &ChannelRef) -> ChannelAccess {
    app.clock.timeout(SLACK_LOOKUP_TIMEOUT, inspect(app, channel_ref)).await.unwrap_or(ChannelAccess::Unknown)
}

async fn inspect(app: &App, channel_ref: &ChannelRef) -> ChannelAccess {
    let info = match app.slack.api.channel(channel_ref).await {
        Ok(info) => info,
        Err(SlackError::Refused(code)) if code == "channel_not_found" || code == "not_in_channel" => {
            let direct = channel_ref.channel.as_str().starts_with('D');
            return if direct { ChannelAccess::NotAChannel } else { needs_invite(app, channel_ref).await };
        }
        Err(error) => {
            debug!(channel = %channel_ref, "could not read channel {channel_ref}: {error}");
            // Without the scope to look at a channel, the bot may still be able to post.
            let refused = matches!(error, SlackError::Refused(_));
            return if refused {
                ChannelAccess::Ready { joined: false, readers: Readers::Everybody }
            } else {
                ChannelAccess::Unknown
            };
        }
    };
    if info.is_archived {
        return ChannelAccess::Archived;
    }
    if info.is_im || info.is_mpim && !info.is_member {
        return ChannelAccess::NotAChannel;
    }
    let readers = Readers::of(&info);
    if info.is_member {
        return ChannelAccess::Ready { joined: false, readers };
    }
    if !info.is_open() {
        return needs_invite(app, channel_ref).await;
    }
    if !comes_by_wish(app, channel_ref).await {
        return ChannelAccess::Unknown;
    }
    match app.slack.api.join(channel_ref).await {
        Ok(()) => ChannelAccess::Ready { joined: true, readers },
        Err(error) => {
            info!(channel = %channel_ref, "could not join public channel {channel_ref} ({error}); posting without joining");
            ChannelAccess::Ready { joined: false, readers }
        }
    }
}

/// Notes that the bot will be invited for a reason that people know, so no welcome is needed.
async fn needs_invite(app: &App, channel_ref: &ChannelRef) -> ChannelAccess {
    comes_by_wish(app, channel_ref).await;
    ChannelAccess::NeedsInvite
}

/// Notes that the bot joins because someone subscribed the channel. Returns false if the store failed.
async fn comes_by_wish(app: &App, channel_ref: &ChannelRef) -> bool {
    let noted = app.store.mark_welcomed(channel_ref, app.clock.now()).await;
    if let Err(error) = &noted {
        warn!(channel = %channel_ref, "could not record that {channel_ref} needs no welcome message: {error}");
    }
    noted.is_ok()
}

/// Resumes the paused and waiting subscriptions of a channel. Returns those that are active again.
pub async fn resume(app: &App, channel_ref: &ChannelRef) -> Result<Vec<Subscription>, StoreError> {
    let resumed = app.store.resume(channel_ref).await?;
    app.reindex(channel_ref).await?;
    app.workers.wake(channel_ref);
    if !resumed.is_empty() {
        info!(channel = %channel_ref, "resumed {} subscriptions of {channel_ref}", resumed.len());
    }
    Ok(resumed)
}

/// Resumes a channel if something in it is paused and the bot can post now.
pub async fn resume_if_reachable(app: &App, channel_ref: &ChannelRef) -> Result<Vec<Subscription>, StoreError> {
    let inactive = |subscription: &Subscription| subscription.state != SubscriptionState::Active;
    let stands_still = app.store.channel_subscriptions(channel_ref).await?.subscriptions.iter().any(inactive);
    // A pause outlives the subscriptions that it affected.
    if !stands_still && app.store.pending_work(channel_ref, app.clock.now(), 0).await?.pause.is_none() {
        return Ok(Vec::new());
    }
    match check_access(app, channel_ref).await {
        ChannelAccess::Ready { .. } => resume(app, channel_ref).await,
        ChannelAccess::NeedsInvite | ChannelAccess::Archived | ChannelAccess::NotAChannel | ChannelAccess::Unknown => {
            Ok(Vec::new())
        }
    }
}

/// Resumes the channel for a person who pressed Resume, and replies with the result.
pub(in crate::app) async fn resume_on_request(app: &App, asker: &Asker) -> Result<Reply, StoreError> {
    let resumed = resume_if_reachable(app, &asker.channel_ref).await?;
    if !resumed.is_empty() {
        app.store
            .append_audit_entry(&asker.channel_ref.workspace, asker.audit_entry(app.clock.now(), "resume"))
            .await?;
        return Ok(Reply::channel(reply::resumed(Some(&asker.user), &resumed)));
    }
    let subscriptions = app.store.channel_subscriptions(&asker.channel_ref).await?.subscriptions;
    let refused = subscriptions.iter().find_map(|subscription| match &subscription.state {
        SubscriptionState::Paused { reason, .. } => Some(reason.0.as_str()),
        SubscriptionState::Waiting => Some("not_in_channel"),
        SubscriptionState::Active => None,
    });
    Ok(Reply::asker(match refused {
        Some(code) => reply::still_rejected(code),
        None => reply::list(&subscriptions, 0),
    }))
}
