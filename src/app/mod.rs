//! What the program does: the use cases, as free functions over an [`App`] of plain fields.

pub mod accounts;
pub mod answer;
pub mod channel_access;
pub mod detached;
pub mod forms;
pub mod from_slack;
pub mod history;
pub mod home;
pub mod intake;
mod me;
pub mod memory_budget;
mod notify;
pub mod operations;
pub mod permission;
pub mod segments_actions;
pub mod signed_state;
pub mod subscriptions;
pub mod unfurl;
mod welcome;
pub mod workspaces;

use crate::clock::Clock;
use crate::config::{Replies, WhoMayChange};
use crate::delivery::DeliveryWorkers;
use crate::delivery::lookup::Lookup;
use crate::metrics::Metrics;
use crate::model::{AccountId, ChannelId, ChannelRef, WorkspaceId};
use crate::render::reply;
use crate::routing::index::Index;
use crate::routing::{Directory, Keyed};
use crate::segments::api::SegmentsApi;
use crate::segments::webhook::Secrets;
use crate::slack::api::SlackApi;
use crate::slack::oauth::Oauth;
use crate::slack::request::SigningSecret;
use crate::slack::respond::Responder;
use crate::store::{Store, StoreError};
use crate::vault::Vault;
use answer::Reply;
use from_slack::socket_mode::Link;
use history::recent::Recent;
use memory_budget::Room;
use parking_lot::RwLock;
use secrecy::SecretString;
use segments_actions::Acting;
use signed_state::Sealer;
use std::path::PathBuf;
use std::sync::Arc;
use tokio_util::task::TaskTracker;
use url::Url;
use workspaces::install::States;
use workspaces::registry::Installed;

/// Everything that a use case needs.
pub struct App {
    /// The time.
    pub clock: Clock,
    /// What is kept.
    pub store: Arc<dyn Store>,
    /// Subscriptions by dataset, in memory; the store's are the truth.
    pub index: Arc<RwLock<Index>>,
    /// Who is who, in memory; the store's claims are the truth.
    pub people: Arc<Directory>,
    /// The last events that came in.
    pub recent: Recent,
    /// Which accounts have an API key, in memory; the store's are the truth.
    pub keyed: Arc<Keyed>,
    /// Slack's Web API.
    pub slack: Arc<SlackApi>,
    /// The REST API of Segments.ai.
    pub segments: Arc<SegmentsApi>,
    /// What Segments.ai knows that webhooks do not tell, and the keys to act on it.
    pub lookup: Arc<Lookup>,
    /// Later answers to commands and clicks.
    pub responder: Responder,
    /// The delivering channels.
    pub workers: Arc<DeliveryWorkers>,
    /// How the connection of Socket Mode stands, if there is one.
    pub link: Link,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// The workspace of the environment's bot token, and how it stands with Slack.
    pub home: RwLock<Home>,
    /// The App Homes that were looked at of late.
    pub homes: home::Homes,
    /// What people are changing at Segments.ai right now.
    pub acting: Acting,
    /// Who the people are that changed something of late.
    pub persons: permission::Persons,
    /// The accounts of which somebody is to be told something.
    pub tidings: accounts::notifications::Tidings,
    /// The links that were shown of late.
    pub unfurled: unfurl::Unfurled,
    /// The workspaces that installed the app themselves.
    pub installed: Installed,
    /// What installing needs; none if workspaces cannot install the app.
    pub oauth: Option<Oauth>,
    /// Installations under way.
    pub states: States,
    /// What seals words that travel through Slack.
    pub sealer: Sealer,
    /// What seals and opens the secrets that are kept.
    pub vault: Arc<Vault>,
    /// Room for the bodies of webhooks.
    pub webhook_room: Room,
    /// Room for the bodies of requests from Slack, so that no flood of webhooks shuts people out.
    pub slack_room: Room,
    /// Work that goes on when its request is gone.
    pub tasks: TaskTracker,
    /// What does not change while the program runs.
    pub settings: Settings,
}

/// What does not change while the program runs.
pub struct Settings {
    /// What Slack signs HTTP requests with; without it none is taken.
    pub signing_secret: Option<SigningSecret>,
    /// What Socket Mode is opened with, if it is on.
    pub app_token: Option<SecretString>,
    /// What Segments.ai signs with: the one account that the environment gives, if any.
    pub webhook_secrets: Option<Secrets>,
    /// What acts on Segments.ai for that account, if anything may.
    pub api_key: Option<SecretString>,
    /// The bot's token that the environment gives, if any.
    pub bot_token: Option<SecretString>,
    /// The address under which people reach this server, where it is known.
    pub public_url: Option<Url>,
    /// The base of the web app, for links.
    pub app_url: String,
    /// The largest webhook body, in bytes.
    pub webhook_limit: usize,
    /// The folder of the daily backups.
    pub backups: PathBuf,
    /// How many of them are kept; 0 makes none.
    pub backup_keep: usize,
    /// Who may change what channels are subscribed to.
    pub who_may_change: WhoMayChange,
    /// Who may change things at Segments.ai from Slack.
    pub who_may_act: WhoMayChange,
    /// How people reply to issues from Slack.
    pub replies: Replies,
}

/// The workspace that the environment's bot token belongs to.
#[derive(Debug, Clone, Default)]
pub struct Home {
    /// It, as soon as Slack or the store has said.
    pub workspace: Option<WorkspaceId>,
    /// Slack's code, if it refuses the token.
    pub refused: Option<String>,
    /// Whether Slack has accepted the token since the start, so that the channels go.
    pub connected: bool,
}

/// The id under which the account given by the environment is kept.
pub fn environment_account() -> AccountId {
    AccountId::environment()
}

impl App {
    /// How the installation stands.
    pub fn home(&self) -> Home {
        self.home.read().clone()
    }

    /// Whether a workspace is served here: the environment's, or one that installed the app.
    pub fn serves(&self, workspace: &WorkspaceId) -> bool {
        self.installed.contains(workspace) || self.home.read().workspace.as_ref() == Some(workspace)
    }

    /// Whether Slack has neither accepted nor refused the token of a workspace that is, or may be, served here: so it is
    /// for a moment when the program starts.
    fn is_yet_to_ask(&self, workspace: &WorkspaceId) -> bool {
        if self.serves(workspace) {
            return self.slack.installation(workspace).is_none() && self.refused(workspace).is_none();
        }
        let home = self.home();
        self.settings.bot_token.is_some() && home.workspace.is_none() && home.refused.is_none()
    }

    /// What somebody is told whose workspace is not served, or not known to be before Slack has said so.
    fn not_served(&self, workspace: &WorkspaceId) -> Option<Reply> {
        if self.serves(workspace) {
            return None;
        }
        let not_asked_yet = self.settings.bot_token.is_some() && self.home().workspace.is_none();
        Some(Reply::asker(if not_asked_yet { reply::try_again("do that") } else { reply::other_workspace() }))
    }

    /// Brings the index up to what the store says of a channel. Two who do so at once may write in another order than
    /// they read, so each looks again whether what it wrote still holds.
    pub async fn reindex(&self, channel_ref: &ChannelRef) -> Result<(), StoreError> {
        let mut book = self.store.book(channel_ref).await?;
        loop {
            let revision = book.revision;
            let subscriptions = book.subscriptions.into_iter().map(Arc::new).collect();
            {
                let mut index = self.index.write();
                index.replace_channel(&channel_ref.workspace, &channel_ref.channel, subscriptions);
                index.replace_mutes(&channel_ref.workspace, &channel_ref.channel, book.mutes);
            }
            book = self.store.book(channel_ref).await?;
            if book.revision == revision {
                self.homes.note_change(&channel_ref.workspace);
                return Ok(());
            }
        }
    }

    /// A channel of a workspace.
    pub fn channel_ref(workspace: &WorkspaceId, channel: &ChannelId) -> ChannelRef {
        ChannelRef { workspace: workspace.clone(), channel: channel.clone() }
    }
}
