//! The configuration: flags override environment variables, a TOML file and defaults; all problems are reported at once.

mod gather;
mod parse;
mod problem;
pub mod setting;

pub use gather::{ConfigSources, ListedSetting, UncheckedSettings};
pub use parse::{is_loopback, public_url};
pub use problem::{ConfigProblem, ConfigProblems, Origin};

use crate::model::UserId;
use secrecy::SecretString;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use url::Url;

/// The checked configuration of a server. `Debug` does not print secrets.
#[derive(Debug, Clone)]
pub struct Config {
    /// Address for requests from Slack and Segments.ai; port 0 picks a free port.
    pub listen: SocketAddr,
    /// Address for metrics and admin commands; `None` if turned off.
    pub admin_listen: Option<SocketAddr>,
    /// Data store.
    pub store: StoreUrl,
    /// Public URL of this server, for people, Slack and Segments.ai.
    pub public_url: Option<Url>,
    /// Signing secret of the Slack app; `None` only with an app token, if Slack sends no HTTP requests.
    pub signing_secret: Option<SecretString>,
    /// App-level token for Socket Mode; `None` if Slack sends HTTP requests.
    pub app_token: Option<SecretString>,
    /// Bot token of the workspace that is configured in the environment; `None` without such a workspace.
    pub bot_token: Option<SecretString>,
    /// OAuth client for installation in other workspaces; `None` if that is turned off.
    pub oauth: Option<OauthClient>,
    /// Keys that encrypt stored secrets, the current one first; `None` for a key file in the data folder.
    pub keys: Option<SecretString>,
    /// URL of the Slack Web API; https, or http on loopback.
    pub slack_api_url: Url,
    /// Signing secrets of the webhooks for the workspace of the bot token: one, or two during a rotation. Each is
    /// valid for `svix::webhooks::Webhook`. Empty without a bot token.
    pub webhook_secrets: Vec<SecretString>,
    /// API key for changes in Segments.ai by the workspace of the bot token; `None` to only show events.
    pub segments_api_key: Option<SecretString>,
    /// URL of the Segments.ai API; https, or http on loopback.
    pub segments_api_url: Url,
    /// URL of the Segments.ai web application, for links in messages.
    pub segments_app_url: Url,
    /// Log format.
    pub log_format: LogFormat,
    /// Log filter in the syntax of `RUST_LOG`.
    pub log_filter: String,
    /// Maximum size of a webhook body, in bytes.
    pub webhook_body_limit: usize,
    /// Maximum memory for all webhook bodies in progress, in bytes.
    pub webhook_memory: usize,
    /// Number of daily backups to keep in the data folder; 0 turns them off.
    pub backup_keep: usize,
    /// People who may change subscriptions.
    pub who_may_change: WhoMayChange,
    /// People who may change things in Segments.ai from Slack.
    pub who_may_act: WhoMayChange,
    /// Way to reply to issues from Slack.
    pub replies: Replies,
}

/// The OAuth client of the Slack app, for installation in workspaces.
#[derive(Debug, Clone)]
pub struct OauthClient {
    /// Client ID of the app.
    pub id: String,
    /// Client secret of the app.
    pub secret: SecretString,
}

/// The people who may change something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum WhoMayChange {
    /// Members of the channel, except guests and people from other workspaces.
    #[default]
    Members,
    /// Admins and owners of the workspace.
    Admins,
    /// These people.
    These(Vec<UserId>),
}

/// The way to reply to issues. The Segments.ai API has no call to reply.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Replies {
    /// Replies from Slack are turned off.
    #[default]
    Off,
    /// A reply opens a new issue on the same sample, which quotes the first.
    NewIssue,
}

/// The URL of the data store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// `sled:PATH`, a folder on this machine.
    Sled(PathBuf),
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sled(folder) => write!(f, "sled:{}", folder.display()),
        }
    }
}

/// The format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for people.
    Pretty,
    /// One JSON object per line.
    Json,
}

impl Config {
    /// Reads and checks the configuration.
    ///
    /// # Errors
    /// Returns all problems at once.
    pub fn load(sources: ConfigSources) -> Result<Self, ConfigProblems> {
        UncheckedSettings::gather(sources).config()
    }
}

impl UncheckedSettings {
    /// Checks all settings.
    pub fn config(mut self) -> Result<Config, ConfigProblems> {
        let config = self.checked();
        self.unless_invalid(config)
    }

    /// Checks the settings for sending webhooks to this server: its address and the accepted signing secrets.
    pub fn webhook_target(mut self) -> Result<(SocketAddr, Vec<SecretString>), ConfigProblems> {
        let listen = self.required(&setting::LISTEN, parse::listen);
        let secrets = self.required(&setting::SEGMENTS_WEBHOOK_SECRET, parse::webhook_secrets);
        self.unless_invalid(listen.zip(secrets))
    }

    /// Checks the setting for opening the store.
    pub fn store(mut self) -> Result<StoreUrl, ConfigProblems> {
        let store = self.required(&setting::STORE, parse::store);
        self.unless_invalid(store)
    }

    /// Checks the settings for decrypting stored secrets: the store and the keys.
    pub fn sealing(mut self) -> Result<(StoreUrl, Option<SecretString>), ConfigProblems> {
        let keys = self.optional(&setting::KEY, parse::keys);
        let store = self.required(&setting::STORE, parse::store);
        self.unless_invalid(store.map(|store| (store, keys)))
    }

    fn unless_invalid<T>(self, value: Option<T>) -> Result<T, ConfigProblems> {
        value.filter(|_| self.problems.is_empty()).ok_or(ConfigProblems(self.problems))
    }

    fn checked(&mut self) -> Option<Config> {
        // All values are read before the first missing one returns, so that all problems are reported.
        let listen = self.required(&setting::LISTEN, parse::listen);
        let admin_listen = self.required(&setting::ADMIN_LISTEN, parse::admin_listen);
        let store = self.required(&setting::STORE, parse::store);
        let public_url = self.optional(&setting::PUBLIC_URL, parse::public_url);
        let app_token = self.optional(&setting::SLACK_APP_TOKEN, parse::app_token);
        let signing_secret = self.signing_secret();
        let is_single = self.is_given(&setting::SLACK_BOT_TOKEN);
        let is_many = self.is_given(&setting::SLACK_CLIENT_ID) || self.is_given(&setting::SLACK_CLIENT_SECRET);
        if !is_single && !is_many {
            self.report_missing_workspace();
        }
        let bot_token = self.optional(&setting::SLACK_BOT_TOKEN, parse::bot_token);
        let oauth = self.oauth(is_many, public_url.is_some());
        let keys = self.optional(&setting::KEY, parse::keys);
        let slack_api_url = self.required(&setting::SLACK_API_URL, parse::service_url);
        let webhook_secrets = if is_single || !is_many {
            self.required(&setting::SEGMENTS_WEBHOOK_SECRET, parse::webhook_secrets)
        } else {
            self.report_secrets_without_token();
            Some(Vec::new())
        };
        let api_key = self.optional(&setting::SEGMENTS_API_KEY, parse::api_key);
        let api_url = self.required(&setting::SEGMENTS_API_URL, parse::service_url);
        let segments_app_url = self.required(&setting::SEGMENTS_APP_URL, parse::service_url);
        let log_format = self.required(&setting::LOG_FORMAT, parse::log_format);
        let log_filter = self.required(&setting::LOG_FILTER, parse::log_filter);
        let webhook_body_limit = self.required(&setting::WEBHOOK_BODY_LIMIT, parse::body_limit);
        let webhook_memory = self.required(&setting::WEBHOOK_MEMORY, parse::memory);
        let backup_keep = self.required(&setting::BACKUP_KEEP, parse::backup_keep);
        let who_may_change = self.required(&setting::WHO_MAY_CHANGE, parse::who_may_change);
        let who_may_act = self.required(&setting::WHO_MAY_ACT, parse::who_may_change);
        let replies = self.required(&setting::REPLY, parse::replies);
        Some(Config {
            listen: listen?,
            admin_listen: admin_listen?,
            store: store?,
            public_url,
            signing_secret,
            app_token,
            bot_token,
            oauth,
            keys,
            slack_api_url: slack_api_url?,
            webhook_secrets: webhook_secrets?,
            segments_api_key: api_key,
            segments_api_url: api_url?,
            segments_app_url: segments_app_url?,
            log_format: log_format?,
            log_filter: log_filter?,
            webhook_body_limit: webhook_body_limit?,
            webhook_memory: webhook_memory?,
            backup_keep: backup_keep?,
            who_may_change: who_may_change?,
            who_may_act: who_may_act?,
            replies: replies?,
        })
    }

    /// Reads the signing secret, which is required unless Slack uses Socket Mode.
    fn signing_secret(&mut self) -> Option<SecretString> {
        let (secret, token) = (&setting::SLACK_SIGNING_SECRET, &setting::SLACK_APP_TOKEN);
        if !self.is_given(secret) && !self.is_given(token) {
            self.add_problem(format!(
                "`{}` is not set; set {} or {}_FILE (allowed: {}), or for Socket Mode {} (allowed: {})",
                secret.key, secret.environment, secret.environment, secret.allowed, token.environment, token.allowed
            ));
        }
        self.optional(secret, parse::signing_secret)
    }

    /// Reads the OAuth client, which needs its ID, its secret and the public URL.
    fn oauth(&mut self, is_wanted: bool, has_url: bool) -> Option<OauthClient> {
        if !is_wanted {
            return None;
        }
        if !has_url && !self.is_given(&setting::PUBLIC_URL) {
            self.add_problem(format!(
                "`{}` is not set, but installing the app redirects to it; set {}; allowed: {}",
                setting::PUBLIC_URL.key,
                setting::PUBLIC_URL.environment,
                setting::PUBLIC_URL.allowed
            ));
        }
        let id = self.required(&setting::SLACK_CLIENT_ID, parse::client_id);
        let secret = self.required(&setting::SLACK_CLIENT_SECRET, parse::signing_secret);
        id.zip(secret).map(|(id, secret)| OauthClient { id, secret })
    }

    fn report_missing_workspace(&mut self) {
        let token = &setting::SLACK_BOT_TOKEN;
        self.add_problem(format!(
            "`{}` is not set; for one workspace, set {} or {}_FILE (allowed: {}); for several workspaces that install the app, \
             set {}, {} and {}",
            token.key,
            token.environment,
            token.environment,
            token.allowed,
            setting::SLACK_CLIENT_ID.environment,
            setting::SLACK_CLIENT_SECRET.environment,
            setting::PUBLIC_URL.environment
        ));
    }

    fn report_secrets_without_token(&mut self) {
        let token = &setting::SLACK_BOT_TOKEN;
        for secret in [&setting::SEGMENTS_WEBHOOK_SECRET, &setting::SEGMENTS_API_KEY] {
            if self.is_given(secret) {
                self.add_problem(format!(
                    "`{}` is set, but `{}` is not; set {} too, or unset {}",
                    secret.key, token.key, token.environment, secret.environment
                ));
            }
        }
    }
}
