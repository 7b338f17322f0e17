//! The subscriptions that a person may see: those of the channels they are in.

use crate::app::App;
use crate::model::{ChannelId, Mute, Subscription, SubscriptionState, UserId, WorkspaceId};
use crate::render::reply::ChannelOverview;
use crate::slack::api::Membership;
use crate::slack::error::SlackError;
use crate::store::StoreError;
use std::collections::{BTreeMap, HashMap};

/// A reason why the visible subscriptions are unknown.
#[derive(Debug, thiserror::Error)]
pub(in crate::app) enum VisibleError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Slack did not list the person's channels.
    #[error("Slack responded with {0}")]
    Slack(#[from] SlackError),
}

/// The subscriptions that a person may see.
pub(in crate::app) struct Visible {
    /// Channels with subscriptions that the person is in, by name.
    pub(in crate::app) channels: Vec<ChannelOverview>,
    /// Channels that Slack hides from the bot (archived, or private without the bot), with the person's own and paused
    /// subscriptions.
    pub(in crate::app) hidden: Vec<ChannelOverview>,
    /// The number of further channels with subscriptions.
    pub(in crate::app) others: usize,
}

/// Collects what a person in these channels may see.
pub(in crate::app) async fn visible(
    app: &App,
    workspace: &WorkspaceId,
    user: &UserId,
    memberships: &[Membership],
) -> Result<Visible, StoreError> {
    let mut books: BTreeMap<ChannelId, Vec<Subscription>> = BTreeMap::new();
    for subscription in app.store.subscriptions(workspace).await? {
        books.entry(subscription.channel.clone()).or_default().push(subscription);
    }
    let now = app.clock.now();
    let mut mutes: HashMap<ChannelId, Vec<Mute>> = app.store.mutes(workspace).await?.into_iter().collect();
    let mut book = |channel: ChannelId, subscriptions| {
        let mutes = Mute::in_force(mutes.remove(&channel).unwrap_or_default(), now);
        ChannelOverview { channel, subscriptions, mutes }
    };
    let mut named: Vec<&Membership> = memberships.iter().collect();
    named.sort_by(|one, other| one.name.cmp(&other.name).then_with(|| one.channel.cmp(&other.channel)));
    let shown = named.into_iter().filter_map(|membership| books.remove_entry(&membership.channel));
    let channels: Vec<ChannelOverview> = shown.map(|(channel, subscriptions)| book(channel, subscriptions)).collect();
    let mut hidden = Vec::new();
    let mut others = 0;
    for (channel, mut subscriptions) in books {
        subscriptions.retain(|one| one.creator == *user && one.state != SubscriptionState::Active);
        if subscriptions.is_empty() {
            others += 1;
        } else {
            hidden.push(ChannelOverview { channel, subscriptions, mutes: Vec::new() });
        }
    }
    Ok(Visible { channels, hidden, others })
}
