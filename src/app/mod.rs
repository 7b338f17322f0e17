//! The use cases: free functions over an [`App`] of plain fields.

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
use crate::routing::{AccountsWithApiKey, UserDirectory};
use crate::segments::api::SegmentsApi;
use crate::segments::webhook::Secrets;
use crate::slack::api::SlackApi;
use crate::slack::oauth::Oauth;
use crate::slack::request::SigningSecret;
use crate::slack::respond::Responder;
use crate::store::{Store, StoreError};
use crate::vault::Vault;
use accounts::notifications::AccountNotifications;
use answer::Reply;
use from_slack::socket_mode::SocketConnection;
use history::recent::RecentEvents;
use home::HomeCache;
use memory_budget::MemoryBudget;
use parking_lot::RwLock;
use permission::PersonCache;
use secrecy::SecretString;
use segments_actions::ActionsInProgress;
use signed_state::StateSigner;
use std::path::PathBuf;
use std::sync::Arc;
use tokio_util::task::TaskTracker;
use unfurl::RecentUnfurls;
use url::Url;
use workspaces::install::OauthStates;
use workspaces::registry::Installations;

/// The state that the use cases share.
pub struct App {
    /// The clock. Tests move it by hand.
    pub clock: Clock,
    /// The store. What the fields below keep in memory can be rebuilt from it.
    pub store: Arc<dyn Store>,
    /// Subscriptions and mutes by dataset, in memory.
    pub index: Arc<RwLock<Index>>,
    /// User mappings between Slack and Segments.ai, in memory.
    pub people: Arc<UserDirectory>,
    /// The latest events of each workspace, in memory.
    pub recent_events: RecentEvents,
    /// Slack: its API, and what is remembered about it.
    pub slack: SlackServices,
    /// Segments.ai: its API, and what is remembered about it.
    pub segments: SegmentsServices,
    /// The workspaces that installed the app, and the OAuth flow that adds them.
    pub installations: InstallationServices,
    /// The workspace of the environment's bot token.
    pub environment_workspace: RwLock<EnvironmentWorkspace>,
    /// The accounts whose admins have a notification to come.
    pub account_notifications: AccountNotifications,
    /// The workers that deliver messages, one per channel.
    pub workers: Arc<DeliveryWorkers>,
    /// The metrics.
    pub metrics: Arc<Metrics>,
    /// Seals the secrets that are stored, and opens them.
    pub vault: Arc<Vault>,
    /// The memory for request bodies.
    pub memory: MemoryBudgets,
    /// The tasks that continue when their request ends. The server waits for them when it shuts down.
    pub tasks: TaskTracker,
    /// The settings, which do not change while the server runs.
    pub settings: AppSettings,
}

/// Slack: its API, and what is remembered about it.
pub struct SlackServices {
    /// The client of Slack's Web API.
    pub api: Arc<SlackApi>,
    /// Sends delayed answers to response URLs.
    pub responder: Responder,
    /// Signs state that travels through Slack.
    pub state_signer: StateSigner,
    /// The state of the Socket Mode connection, if Socket Mode is on.
    pub connection: SocketConnection,
    /// The roles of people who changed something in the last minute.
    pub person_cache: PersonCache,
    /// The App Homes that are kept up to date.
    pub home_cache: HomeCache,
    /// The links that were unfurled in the last half hour.
    pub recent_unfurls: RecentUnfurls,
}

/// Segments.ai: its API, and what is remembered about it.
pub struct SegmentsServices {
    /// The client of the REST API.
    pub api: Arc<SegmentsApi>,
    /// Looks up names and progress that webhooks do not contain, with the accounts' API keys.
    pub lookup: Arc<Lookup>,
    /// The accounts that have an API key, in memory.
    pub keyed: Arc<AccountsWithApiKey>,
    /// The objects that someone is changing from Slack right now.
    pub actions_in_progress: ActionsInProgress,
}

/// The workspaces that installed the app, and the OAuth flow that adds them.
pub struct InstallationServices {
    /// The installations, in memory.
    pub known: Installations,
    /// The OAuth client; none if workspaces cannot install the app.
    pub oauth: Option<Oauth>,
    /// The OAuth states that were issued and used.
    pub oauth_states: OauthStates,
}

/// The memory for request bodies. Slack has its own share, so that a flood of webhooks cannot block commands.
pub struct MemoryBudgets {
    /// For webhooks.
    pub webhooks: MemoryBudget,
    /// For requests from Slack.
    pub slack_requests: MemoryBudget,
}

/// The settings, which do not change while the server runs.
pub struct AppSettings {
    /// The secret that signs Slack's HTTP requests; none if they are not accepted.
    pub signing_secret: Option<SigningSecret>,
    /// The token that opens Socket Mode, if it is on.
    pub app_token: Option<SecretString>,
    /// The webhook signing secrets of the environment's account, if it has one.
    pub webhook_secrets: Option<Secrets>,
    /// The Segments.ai API key of the environment's account, if it has one.
    pub api_key: Option<SecretString>,
    /// The bot token from the environment, if there is one.
    pub bot_token: Option<SecretString>,
    /// The public address of this server, if it is set.
    pub public_url: Option<Url>,
    /// The base URL of the Segments.ai web app, for links.
    pub app_url: String,
    /// The largest webhook body, in bytes.
    pub webhook_limit: usize,
    /// The folder of the daily backups.
    pub backups: PathBuf,
    /// The number of daily backups to keep; 0 turns them off.
    pub backup_keep: usize,
    /// The people who may change subscriptions.
    pub who_may_change: WhoMayChange,
    /// The people who may change things at Segments.ai from Slack.
    pub who_may_act: WhoMayChange,
    /// The way in which people reply to issues from Slack.
    pub replies: Replies,
}

/// The workspace that the environment's bot token belongs to.
#[derive(Debug, Clone, Default)]
pub struct EnvironmentWorkspace {
    /// Its id, as soon as Slack or the store has told it.
    pub workspace: Option<WorkspaceId>,
    /// Slack's error code, if it rejects the token.
    pub refused: Option<String>,
    /// True once Slack has accepted the token since the start, so that deliveries run.
    pub connected: bool,
}

/// Returns the id of the account that the environment configures.
pub fn environment_account() -> AccountId {
    AccountId::environment()
}

impl App {
    /// Returns the state of the environment's workspace.
    pub fn environment_workspace(&self) -> EnvironmentWorkspace {
        self.environment_workspace.read().clone()
    }

    /// Returns true for a workspace that this server serves: the environment's, or one that installed the app.
    pub fn serves(&self, workspace: &WorkspaceId) -> bool {
        self.installations.known.contains(workspace)
            || self.environment_workspace.read().workspace.as_ref() == Some(workspace)
    }

    /// Returns true while Slack has neither accepted nor rejected the token of a workspace that is, or may be, served here.
    /// This lasts for a moment after the start.
    fn is_still_connecting(&self, workspace: &WorkspaceId) -> bool {
        if self.serves(workspace) {
            return self.slack.api.installation(workspace).is_none() && self.refused(workspace).is_none();
        }
        let environment = self.environment_workspace();
        self.settings.bot_token.is_some() && environment.workspace.is_none() && environment.refused.is_none()
    }

    /// Returns the reply for people of a workspace that is not served, or not yet known to be.
    fn not_served(&self, workspace: &WorkspaceId) -> Option<Reply> {
        if self.serves(workspace) {
            return None;
        }
        let not_asked_yet = self.settings.bot_token.is_some() && self.environment_workspace().workspace.is_none();
        Some(Reply::asker(if not_asked_yet { reply::unavailable("do that") } else { reply::other_workspace() }))
    }

    /// Updates the index of a channel from the store. Two calls at once may write in another order than they read, so each
    /// reads again until the revision it wrote is still the latest.
    pub async fn reindex(&self, channel_ref: &ChannelRef) -> Result<(), StoreError> {
        let mut book = self.store.channel_subscriptions(channel_ref).await?;
        loop {
            let revision = book.revision;
            let subscriptions = book.subscriptions.into_iter().map(Arc::new).collect();
            {
                let mut index = self.index.write();
                index.replace_channel(&channel_ref.workspace, &channel_ref.channel, subscriptions);
                index.replace_mutes(&channel_ref.workspace, &channel_ref.channel, book.mutes);
            }
            book = self.store.channel_subscriptions(channel_ref).await?;
            if book.revision == revision {
                self.slack.home_cache.note_change(&channel_ref.workspace);
                return Ok(());
            }
        }
    }

    /// Returns the reference of a channel in a workspace.
    pub fn channel_ref(workspace: &WorkspaceId, channel: &ChannelId) -> ChannelRef {
        ChannelRef { workspace: workspace.clone(), channel: channel.clone() }
    }
}
