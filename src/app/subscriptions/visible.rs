//! What one person may see of a workspace's subscriptions: those of the channels that they are in.

use crate::app::App;
use crate::model::{ChannelId, Mute, Subscription, SubscriptionState, UserId, WorkspaceId};
use crate::render::reply::ChannelBook;
use crate::slack::api::Membership;
use crate::slack::error::SlackError;
use crate::store::StoreError;
use std::collections::{BTreeMap, HashMap};

/// Why it is not known what somebody may see.
#[derive(Debug, thiserror::Error)]
pub(in crate::app) enum Unseen {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Slack did not say which channels they are in.
    #[error("Slack responded with {0}")]
    Slack(#[from] SlackError),
}

/// What one person may see.
pub(in crate::app) struct Visible {
    /// Channels with subscriptions that they are in, by name.
    pub(in crate::app) channels: Vec<ChannelBook>,
    /// Channels that Slack does not show to us, with what they subscribed there themselves and what stands still: an
    /// archived channel, or a private one that the bot is not in.
    pub(in crate::app) hidden: Vec<ChannelBook>,
    /// How many more channels have subscriptions.
    pub(in crate::app) others: usize,
}

/// Looks at everything that somebody may see who is in these channels.
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
        ChannelBook { channel, subscriptions, mutes }
    };
    let mut named: Vec<&Membership> = memberships.iter().collect();
    named.sort_by(|one, other| one.name.cmp(&other.name).then_with(|| one.channel.cmp(&other.channel)));
    let shown = named.into_iter().filter_map(|membership| books.remove_entry(&membership.channel));
    let channels: Vec<ChannelBook> = shown.map(|(channel, subscriptions)| book(channel, subscriptions)).collect();
    let mut hidden = Vec::new();
    let mut others = 0;
    for (channel, mut subscriptions) in books {
        subscriptions.retain(|one| one.creator == *user && one.state != SubscriptionState::Active);
        if subscriptions.is_empty() {
            others += 1;
        } else {
            hidden.push(ChannelBook { channel, subscriptions, mutes: Vec::new() });
        }
    }
    Ok(Visible { channels, hidden, others })
}
