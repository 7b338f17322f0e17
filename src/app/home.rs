//! The App Home, every channel's list, and who is in which channel.

use super::interaction::Outcome;
use super::modal::tell_channel;
use super::{App, Asker, Audience, Reply, status};
use crate::clock::later;
use crate::model::{ChannelId, Mute, UserId, WorkspaceId};
use crate::render::reply::{self, Home, HomeChannel};
use crate::render::{Message, modal};
use crate::slack::api::Membership;
use crate::slack::interaction::{Action, Click};
use crate::store::StoreError;
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tracing::{debug, warn};

/// A Home that was looked at is kept up to date for so long.
const LOOKED_AT: Duration = Duration::from_hours(1);
/// So many of them.
const MOST_HOMES: usize = 100;
/// Changes that come together are shown together.
const BREATH: Duration = Duration::from_secs(2);

/// The Homes that were looked at lately: when, and at which page.
#[derive(Debug, Default)]
pub struct Homes(Mutex<HashMap<(WorkspaceId, UserId), (Timestamp, usize)>>);

impl Homes {
    fn locked(&self) -> MutexGuard<'_, HashMap<(WorkspaceId, UserId), (Timestamp, usize)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody looks at a page. Of too many the one that was looked at longest ago goes.
    fn look(&self, workspace: &WorkspaceId, user: &UserId, page: usize, now: Timestamp) {
        let mut homes = self.locked();
        homes.insert((workspace.clone(), user.clone()), (now, page));
        if homes.len() > MOST_HOMES
            && let Some(oldest) = homes.iter().min_by_key(|(_, (at, _))| *at).map(|(whose, _)| whose.clone())
        {
            homes.remove(&oldest);
        }
    }

    /// Those that are worth bringing up to date; the others are forgotten.
    fn lately(&self, now: Timestamp) -> Vec<(WorkspaceId, UserId, usize)> {
        let mut homes = self.locked();
        homes.retain(|_, (at, _)| later(*at, LOOKED_AT) > now);
        homes.iter().map(|((workspace, user), (_, page))| (workspace.clone(), user.clone(), *page)).collect()
    }
}

/// Whether somebody is in a channel, asked anew; else what to tell them.
pub(super) async fn is_in(
    app: &App,
    workspace: &WorkspaceId,
    user: &UserId,
    channel: &ChannelId,
) -> Result<(), Message> {
    match app.slack.channels_of(workspace, user).await {
        Ok(channels) if channels.iter().any(|one| one.channel == *channel) => Ok(()),
        Ok(_) => Err(reply::not_in_that_channel(channel)),
        Err(error) => {
            warn!("could not ask Slack which channels {user} is in: {error}");
            Err(reply::try_again("check that you are in that channel"))
        }
    }
}

/// Somebody opened their Home.
pub(super) async fn opened(app: &App, workspace: &WorkspaceId, user: &UserId) {
    publish(app, workspace, user, 0).await;
}

/// Shows somebody their Home.
pub(super) async fn publish(app: &App, workspace: &WorkspaceId, user: &UserId, page: usize) {
    app.homes.look(workspace, user, page, app.clock.now());
    show_again(app, workspace, user, page).await;
}

async fn show_again(app: &App, workspace: &WorkspaceId, user: &UserId, page: usize) {
    let memberships = match app.slack.channels_of(workspace, user).await {
        Ok(memberships) => memberships,
        Err(error) => return warn!("could not ask Slack which channels {user} is in, for their Home: {error}"),
    };
    let home = match gather(app, workspace, user, &memberships).await {
        Ok(home) => home,
        Err(error) => return warn!("could not gather the Home of {user}: {error}"),
    };
    if let Err(error) = app.slack.publish_view(workspace, user, &reply::home(&home, page)).await {
        warn!("could not show {user} their Home: {error}");
    }
}

async fn gather(
    app: &App,
    workspace: &WorkspaceId,
    user: &UserId,
    memberships: &[Membership],
) -> Result<Home, StoreError> {
    let (places, elsewhere) = places(app, workspace, memberships).await?;
    let me = app.people.of(workspace).username(user).cloned();
    Ok(Home { places, elsewhere, status: status::gather(app, workspace).await?, me })
}

/// The channels with subscriptions that somebody is in, by name, and how many subscriptions others have.
async fn places(
    app: &App,
    workspace: &WorkspaceId,
    memberships: &[Membership],
) -> Result<(Vec<HomeChannel>, usize), StoreError> {
    let mut by_channel: HashMap<ChannelId, Vec<_>> = HashMap::new();
    for subscription in app.store.subscriptions(workspace).await? {
        by_channel.entry(subscription.channel.clone()).or_default().push(subscription);
    }
    let now = app.clock.now();
    let mut named: Vec<&Membership> = memberships.iter().collect();
    named.sort_by(|one, other| one.name.cmp(&other.name).then_with(|| one.channel.cmp(&other.channel)));
    let index = app.index.read().unwrap_or_else(PoisonError::into_inner);
    let places: Vec<HomeChannel> = named
        .into_iter()
        .filter_map(|one| {
            let subscriptions = by_channel.remove(&one.channel)?;
            let mutes = Mute::in_force(index.mutes(workspace, &one.channel).to_vec(), now);
            Some(HomeChannel { channel: one.channel.clone(), subscriptions, mutes })
        })
        .collect();
    Ok((places, by_channel.values().map(Vec::len).sum()))
}

/// `/segments list all`: a page of every channel that the asker is in.
pub(super) async fn list_all(app: &App, asker: &Asker, page: usize) -> Result<Reply, StoreError> {
    let memberships = match app.slack.channels_of(&asker.lane.workspace, &asker.user).await {
        Ok(memberships) => memberships,
        Err(error) => {
            warn!("could not ask Slack which channels {} is in: {error}", asker.user);
            return Ok(Reply::asker(reply::try_again("find out which channels you are in")));
        }
    };
    let (places, elsewhere) = places(app, &asker.lane.workspace, &memberships).await?;
    Ok(Reply::asker(reply::list_all(&places, elsewhere, page)))
}

/// Shows what a click on a Home came to: in the channel that it is about, or before whoever clicked.
pub(super) async fn show(app: &Arc<App>, click: &Click, outcome: Outcome) {
    let (Outcome::Said(reply) | Outcome::InPlace(reply) | Outcome::Replaced(reply)) = outcome else { return };
    match (reply.audience, &click.action) {
        (Audience::Nobody, _) => {}
        (Audience::Channel, Action::In(channel, _)) => {
            tell_channel(app, &App::lane(&click.workspace, channel), &click.user, reply.message);
        }
        (Audience::Asker | Audience::Channel, _) => {
            let view = modal::notice("Segments", &reply.message);
            if let Err(error) = app.slack.open_view(&click.workspace, &click.trigger, &view).await {
                warn!("could not answer a click on a Home: {error}");
            }
        }
    }
}

/// Keeps the Homes up to date that were looked at lately. Never ends.
pub async fn keep_up(app: &App) {
    let mut changes = app.stirred.subscribe();
    while changes.changed().await.is_ok() {
        app.clock.sleep(BREATH).await;
        let _busy = app.lanes.at_work();
        changes.mark_unchanged();
        for (workspace, user, page) in app.homes.lately(app.clock.now()) {
            debug!("bringing the Home of {user} up to date");
            show_again(app, &workspace, &user, page).await;
        }
    }
}
