//! The configuration: flags over environment over a TOML file over defaults, and every mistake told at once.

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

/// All that a server needs to know before it starts; every value was checked. Its `Debug` shows no secret.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where Slack's and Segments.ai's requests arrive; port 0 picks one.
    pub listen: SocketAddr,
    /// Where the metrics are; none if they were turned off.
    pub admin_listen: Option<SocketAddr>,
    /// Where everything is kept.
    pub store: StoreUrl,
    /// The address under which people and Segments.ai reach this server.
    pub public_url: Option<Url>,
    /// What Slack signs its HTTP requests with; none, with an app token only, if it sends none.
    pub signing_secret: Option<SecretString>,
    /// What Socket Mode is opened with, through which Slack then sends everything; none if it sends HTTP requests.
    pub app_token: Option<SecretString>,
    /// What this server calls Slack with in the one workspace that is configured here; none if there is none.
    pub bot_token: Option<SecretString>,
    /// How other workspaces install the app; none if they cannot.
    pub oauth: Option<OauthClient>,
    /// What secrets are sealed with on disk, the first of several; none for a key that lies in the data folder.
    pub keys: Option<SecretString>,
    /// Slack's Web API; https, or http on loopback.
    pub slack_api_url: Url,
    /// What Segments.ai signs its webhooks with, for the workspace of the bot token: one, or two during a rotation. Each
    /// makes a `svix::webhooks::Webhook`. Empty without a bot token.
    pub webhook_secrets: Vec<SecretString>,
    /// What this server acts on Segments.ai with for the workspace of the bot token; none if it only shows what comes.
    pub segments_api_key: Option<SecretString>,
    /// The REST API of Segments.ai; https, or http on loopback.
    pub segments_api_url: Url,
    /// The web application that links on cards lead to.
    pub segments_app_url: Url,
    /// How log lines look.
    pub log_format: LogFormat,
    /// Which log lines there are, in the syntax of `RUST_LOG`.
    pub log_filter: String,
    /// The longest body of a webhook that is read, in bytes.
    pub webhook_body_limit: usize,
    /// Bytes of all bodies of webhooks that are in memory at once.
    pub webhook_memory: usize,
    /// How many daily backups are kept in the data folder; 0 makes none.
    pub backup_keep: usize,
    /// Who may change what channels are subscribed to.
    pub who_may_change: WhoMayChange,
    /// Who may change things at Segments.ai from Slack.
    pub who_may_act: WhoMayChange,
    /// How people reply to issues from Slack.
    pub replies: Replies,
}

/// What this app is to Slack when a workspace installs it.
#[derive(Debug, Clone)]
pub struct OauthClient {
    /// The app's client id.
    pub id: String,
    /// What proves that it is the app that asks.
    pub secret: SecretString,
}

/// Who may change something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum WhoMayChange {
    /// Whoever is in the channel, but for guests and people of other workspaces.
    #[default]
    Members,
    /// Admins and owners of the workspace.
    Admins,
    /// These people.
    These(Vec<UserId>),
}

/// How people reply to issues: Segments.ai publishes no way to do it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Replies {
    /// Not from Slack.
    #[default]
    Off,
    /// By a new issue on the same sample, which quotes the first.
    NewIssue,
}

/// The place where a server keeps everything.
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

/// The shape of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For eyes.
    Pretty,
    /// One JSON object a line.
    Json,
}

impl Config {
    /// Reads everything from its sources.
    pub fn load(sources: ConfigSources) -> Result<Self, ConfigProblems> {
        UncheckedSettings::gather(sources).config()
    }
}

impl UncheckedSettings {
    /// The checked configuration, or all that is wrong.
    pub fn config(mut self) -> Result<Config, ConfigProblems> {
        let config = self.checked();
        self.unless_wrong(config)
    }

    /// What whoever sends webhooks to this server needs: its address, and the secrets that it believes.
    pub fn webhook_target(mut self) -> Result<(SocketAddr, Vec<SecretString>), ConfigProblems> {
        let listen = self.required(&setting::LISTEN, parse::listen);
        let secrets = self.required(&setting::SEGMENTS_WEBHOOK_SECRET, parse::webhook_secrets);
        self.unless_wrong(listen.zip(secrets))
    }

    /// What whoever looks into the store needs: where it is.
    pub fn store(mut self) -> Result<StoreUrl, ConfigProblems> {
        let store = self.required(&setting::STORE, parse::store);
        self.unless_wrong(store)
    }

    /// What whoever seals the store's secrets anew needs: where it is, and the keys.
    pub fn sealing(mut self) -> Result<(StoreUrl, Option<SecretString>), ConfigProblems> {
        let keys = self.optional(&setting::KEY, parse::keys);
        let store = self.required(&setting::STORE, parse::store);
        self.unless_wrong(store.map(|store| (store, keys)))
    }

    fn unless_wrong<T>(self, value: Option<T>) -> Result<T, ConfigProblems> {
        value.filter(|_| self.problems.is_empty()).ok_or(ConfigProblems(self.problems))
    }

    fn checked(&mut self) -> Option<Config> {
        // Every value is read before the first that is missing ends this, so that all that is wrong is told.
        let listen = self.required(&setting::LISTEN, parse::listen);
        let admin_listen = self.required(&setting::ADMIN_LISTEN, parse::admin_listen);
        let store = self.required(&setting::STORE, parse::store);
        let public_url = self.optional(&setting::PUBLIC_URL, parse::public_url);
        let app_token = self.optional(&setting::SLACK_APP_TOKEN, parse::app_token);
        let signing_secret = self.signing_secret();
        let is_single = self.is_given(&setting::SLACK_BOT_TOKEN);
        let is_many = self.is_given(&setting::SLACK_CLIENT_ID) || self.is_given(&setting::SLACK_CLIENT_SECRET);
        if !is_single && !is_many {
            self.complain_of_no_workspace();
        }
        let bot_token = self.optional(&setting::SLACK_BOT_TOKEN, parse::bot_token);
        let oauth = self.oauth(is_many, public_url.is_some());
        let keys = self.optional(&setting::KEY, parse::keys);
        let slack_api_url = self.required(&setting::SLACK_API_URL, parse::service_url);
        let webhook_secrets = if is_single || !is_many {
            self.required(&setting::SEGMENTS_WEBHOOK_SECRET, parse::webhook_secrets)
        } else {
            self.complain_of_secrets_without_token();
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

    /// Needed unless Slack sends everything by Socket Mode.
    fn signing_secret(&mut self) -> Option<SecretString> {
        let (secret, token) = (&setting::SLACK_SIGNING_SECRET, &setting::SLACK_APP_TOKEN);
        if !self.is_given(secret) && !self.is_given(token) {
            self.complain(format!(
                "`{}` is not set: give {} or {}_FILE (allowed: {}), or for Socket Mode {} (allowed: {})",
                secret.key, secret.environment, secret.environment, secret.allowed, token.environment, token.allowed
            ));
        }
        self.optional(secret, parse::signing_secret)
    }

    /// The app as workspaces install it: all of it, or none.
    fn oauth(&mut self, is_wanted: bool, has_url: bool) -> Option<OauthClient> {
        if !is_wanted {
            return None;
        }
        if !has_url && !self.is_given(&setting::PUBLIC_URL) {
            self.complain(format!(
                "`{}` is not set, and Slack sends whoever installs the app back to it: give {}; allowed: {}",
                setting::PUBLIC_URL.key,
                setting::PUBLIC_URL.environment,
                setting::PUBLIC_URL.allowed
            ));
        }
        let id = self.required(&setting::SLACK_CLIENT_ID, parse::client_id);
        let secret = self.required(&setting::SLACK_CLIENT_SECRET, parse::signing_secret);
        id.zip(secret).map(|(id, secret)| OauthClient { id, secret })
    }

    fn complain_of_no_workspace(&mut self) {
        let token = &setting::SLACK_BOT_TOKEN;
        self.complain(format!(
            "`{}` is not set: for one workspace give {} or {}_FILE (allowed: {}); for many that install the app \
             themselves give {}, {} and {}",
            token.key,
            token.environment,
            token.environment,
            token.allowed,
            setting::SLACK_CLIENT_ID.environment,
            setting::SLACK_CLIENT_SECRET.environment,
            setting::PUBLIC_URL.environment
        ));
    }

    fn complain_of_secrets_without_token(&mut self) {
        let token = &setting::SLACK_BOT_TOKEN;
        for secret in [&setting::SEGMENTS_WEBHOOK_SECRET, &setting::SEGMENTS_API_KEY] {
            if self.is_given(secret) {
                self.complain(format!(
                    "`{}` is set and `{}` is not: it is for that token's workspace; give {} too, or unset {}",
                    secret.key, token.key, token.environment, secret.environment
                ));
            }
        }
    }
}
