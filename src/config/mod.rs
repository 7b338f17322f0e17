//! The configuration: flags over environment over a TOML file over defaults, and every mistake told at once.

mod gather;
mod parse;
mod problem;
pub mod setting;

pub use gather::{Listed, Settings, Sources};
pub use parse::{is_loopback, public_url};
pub use problem::{Origin, Problem, Problems};

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
    /// What Slack signs its requests with.
    pub signing_secret: SecretString,
    /// What this server calls Slack with.
    pub bot_token: SecretString,
    /// Slack's Web API; https, or http on loopback.
    pub slack_api_url: Url,
    /// What Segments.ai signs its webhooks with: one, or two during a rotation. Each makes a `svix::webhooks::Webhook`.
    pub webhook_secrets: Vec<SecretString>,
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
    /// Reads everything from its sources; with the configuration come warnings, each a sentence.
    pub fn load(sources: Sources) -> Result<(Self, Vec<String>), Problems> {
        Settings::gather(sources).config()
    }
}

impl Settings {
    /// The checked configuration and the warnings, or all that is wrong.
    pub fn config(mut self) -> Result<(Config, Vec<String>), Problems> {
        let config = self.checked();
        let warnings = std::mem::take(&mut self.warnings);
        Ok((self.unless_wrong(config)?, warnings))
    }

    /// What whoever sends webhooks to this server needs: its address, and the secrets that it believes.
    pub fn webhook_target(mut self) -> Result<(SocketAddr, Vec<SecretString>), Problems> {
        let listen = self.required(&setting::LISTEN, parse::listen);
        let secrets = self.required(&setting::SEGMENTS_WEBHOOK_SECRET, parse::webhook_secrets);
        self.unless_wrong(listen.zip(secrets))
    }

    /// What whoever looks into the store needs: where it is.
    pub fn store(mut self) -> Result<StoreUrl, Problems> {
        let store = self.required(&setting::STORE, parse::store);
        self.unless_wrong(store)
    }

    fn unless_wrong<T>(self, value: Option<T>) -> Result<T, Problems> {
        value.filter(|_| self.problems.is_empty()).ok_or(Problems(self.problems))
    }

    fn checked(&mut self) -> Option<Config> {
        // Every value is read before the first that is missing ends this, so that all that is wrong is told.
        let listen = self.required(&setting::LISTEN, parse::listen);
        let admin_listen = self.required(&setting::ADMIN_LISTEN, parse::admin_listen);
        let store = self.required(&setting::STORE, parse::store);
        let public_url = self.optional(&setting::PUBLIC_URL, parse::public_url);
        let signing_secret = self.required(&setting::SLACK_SIGNING_SECRET, parse::signing_secret);
        let bot_token = self.required(&setting::SLACK_BOT_TOKEN, parse::bot_token);
        let slack_api_url = self.required(&setting::SLACK_API_URL, parse::service_url);
        let webhook_secrets = self.required(&setting::SEGMENTS_WEBHOOK_SECRET, parse::webhook_secrets);
        let segments_app_url = self.required(&setting::SEGMENTS_APP_URL, parse::service_url);
        let log_format = self.required(&setting::LOG_FORMAT, parse::log_format);
        let log_filter = self.required(&setting::LOG_FILTER, parse::log_filter);
        let webhook_body_limit = self.required(&setting::WEBHOOK_BODY_LIMIT, parse::body_limit);
        let webhook_memory = self.required(&setting::WEBHOOK_MEMORY, parse::memory);
        let backup_keep = self.required(&setting::BACKUP_KEEP, parse::backup_keep);
        Some(Config {
            listen: listen?,
            admin_listen: admin_listen?,
            store: store?,
            public_url,
            signing_secret: signing_secret?,
            bot_token: bot_token?,
            slack_api_url: slack_api_url?,
            webhook_secrets: webhook_secrets?,
            segments_app_url: segments_app_url?,
            log_format: log_format?,
            log_filter: log_filter?,
            webhook_body_limit: webhook_body_limit?,
            webhook_memory: webhook_memory?,
            backup_keep: backup_keep?,
        })
    }
}
