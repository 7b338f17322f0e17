//! Whether the bot can post in a channel, and letting a channel go on that could not be posted in.

use crate::app::App;
use crate::app::answer::{Asker, Reply};
use crate::model::{ChannelRef, Subscription, SubscriptionState};
use crate::render::reply;
use crate::slack::api::ChannelInfo;
use crate::slack::error::SlackError;
use crate::store::StoreError;
use std::time::Duration;
use tracing::{debug, info, warn};

/// Slack may take so long to say how the bot stands in a channel, so that the answer still comes in time.
const PATIENCE: Duration = Duration::from_secs(2);

/// How the bot stands in a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// It can post there.
    Ready {
        /// It joined just now.
        joined: bool,
        /// Who reads along.
        readers: Readers,
    },
    /// It must be invited first.
    NeedsInvite,
    /// Nobody can post there.
    Archived,
    /// A direct message: nothing to subscribe.
    NotAChannel,
    /// Slack does not say: a delivery finds out.
    Unknown,
}

/// Who can read what is posted in a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Those who are in it, as far as is known.
    Members,
    /// Everybody in the workspace.
    Everybody,
    /// People of another workspace, too.
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

/// Finds out who reads a channel; it may be everybody where Slack does not say.
pub async fn readers(app: &App, channel_ref: &ChannelRef) -> Readers {
    let looked = app.clock.timeout(PATIENCE, app.slack.channel(channel_ref)).await;
    looked.and_then(Result::ok).map_or(Readers::Everybody, |info| Readers::of(&info))
}

/// Finds out how the bot stands in a channel, and joins it if it is open.
pub async fn reach(app: &App, channel_ref: &ChannelRef) -> Reach {
    app.clock.timeout(PATIENCE, look(app, channel_ref)).await.unwrap_or(Reach::Unknown)
}

async fn look(app: &App, channel_ref: &ChannelRef) -> Reach {
    let info = match app.slack.channel(channel_ref).await {
        Ok(info) => info,
        Err(SlackError::Refused(code)) if code == "channel_not_found" || code == "not_in_channel" => {
            let direct = channel_ref.channel.as_str().starts_with('D');
            return if direct { Reach::NotAChannel } else { needs_invite(app, channel_ref).await };
        }
        Err(error) => {
            debug!(channel = %channel_ref, "could not read channel {channel_ref}: {error}");
            // Whoever may not look may still post.
            let refused = matches!(error, SlackError::Refused(_));
            return if refused { Reach::Ready { joined: false, readers: Readers::Everybody } } else { Reach::Unknown };
        }
    };
    if info.is_archived {
        return Reach::Archived;
    }
    if info.is_im || info.is_mpim && !info.is_member {
        return Reach::NotAChannel;
    }
    let readers = Readers::of(&info);
    if info.is_member {
        return Reach::Ready { joined: false, readers };
    }
    if !info.is_open() {
        return needs_invite(app, channel_ref).await;
    }
    if !comes_by_wish(app, channel_ref).await {
        return Reach::Unknown;
    }
    match app.slack.join(channel_ref).await {
        Ok(()) => Reach::Ready { joined: true, readers },
        Err(error) => {
            info!(channel = %channel_ref, "could not join public channel {channel_ref} ({error}); posting without joining");
            Reach::Ready { joined: false, readers }
        }
    }
}

/// Whoever is asked to invite the bot knows what it is for.
async fn needs_invite(app: &App, channel_ref: &ChannelRef) -> Reach {
    comes_by_wish(app, channel_ref).await;
    Reach::NeedsInvite
}

/// Notes that the bot comes into a channel because somebody there subscribed; false if that could not be noted.
async fn comes_by_wish(app: &App, channel_ref: &ChannelRef) -> bool {
    let noted = app.store.welcome(channel_ref, app.clock.now()).await;
    if let Err(error) = &noted {
        warn!(channel = %channel_ref, "could not record that {channel_ref} needs no welcome message: {error}");
    }
    noted.is_ok()
}

/// Lets a channel's paused and waiting subscriptions go on. Gives those that are active again.
pub async fn resume(app: &App, channel_ref: &ChannelRef) -> Result<Vec<Subscription>, StoreError> {
    let resumed = app.store.resume(channel_ref).await?;
    app.reindex(channel_ref).await?;
    app.workers.wake(channel_ref);
    if !resumed.is_empty() {
        info!(channel = %channel_ref, "resumed {} subscriptions of {channel_ref}", resumed.len());
    }
    Ok(resumed)
}

/// Lets a channel go on if anything in it stands still and the bot can post there by now.
pub async fn revive(app: &App, channel_ref: &ChannelRef) -> Result<Vec<Subscription>, StoreError> {
    let inactive = |subscription: &Subscription| subscription.state != SubscriptionState::Active;
    let stands_still = app.store.book(channel_ref).await?.subscriptions.iter().any(inactive);
    // A pause outlives the subscriptions that it met.
    if !stands_still && app.store.claim(channel_ref, app.clock.now(), 0).await?.pause.is_none() {
        return Ok(Vec::new());
    }
    match reach(app, channel_ref).await {
        Reach::Ready { .. } => resume(app, channel_ref).await,
        Reach::NeedsInvite | Reach::Archived | Reach::NotAChannel | Reach::Unknown => Ok(Vec::new()),
    }
}

/// Lets the channel go on if the bot can post there by now.
pub(in crate::app) async fn resume_on_request(app: &App, asker: &Asker) -> Result<Reply, StoreError> {
    let resumed = revive(app, &asker.channel_ref).await?;
    if !resumed.is_empty() {
        app.store.note_deed(&asker.channel_ref.workspace, asker.deed(app.clock.now(), "resume")).await?;
        return Ok(Reply::channel(reply::resumed(Some(&asker.user), &resumed)));
    }
    let subscriptions = app.store.book(&asker.channel_ref).await?.subscriptions;
    let refused = subscriptions.iter().find_map(|subscription| match &subscription.state {
        SubscriptionState::Paused { reason, .. } => Some(reason.0.as_str()),
        SubscriptionState::Waiting => Some("not_in_channel"),
        SubscriptionState::Active => None,
    });
    Ok(Reply::asker(match refused {
        Some(code) => reply::still_refused(code),
        None => reply::list(&subscriptions, 0),
    }))
}
