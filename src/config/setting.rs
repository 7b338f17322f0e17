//! The table of settings: from it come the flags, the environment, the file's keys, the defaults and the help.

/// One thing that can be set, under its names.
#[derive(Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its key in the TOML file, and its name in messages.
    pub key: &'static str,
    /// Its environment variable.
    pub environment: &'static str,
    /// Its flag, without dashes; secrets have none, since everybody on a machine sees a command line.
    pub flag: Option<&'static str>,
    /// What holds when nobody says anything.
    pub default: Option<&'static str>,
    /// Whether its value must never be shown, and may come from a file of its own.
    pub secret: bool,
    /// Which values there are, in words that fit after "allowed: ".
    pub allowed: &'static str,
    /// What it is for.
    pub help: &'static str,
}

impl Setting {
    const fn secret(key: &'static str, environment: &'static str, allowed: &'static str, help: &'static str) -> Self {
        Self { key, environment, flag: None, default: None, secret: true, allowed, help }
    }
}

/// The TOML file itself; the only setting that cannot stand in it.
pub const CONFIG: Setting = Setting {
    key: "config",
    environment: "SEGMENTS_SLACK_CONFIG",
    flag: Some("config"),
    default: None,
    secret: false,
    allowed: "the path of a TOML file",
    help: "TOML file with settings",
};

/// See [`super::Config::listen`].
pub const LISTEN: Setting = Setting {
    key: "listen",
    environment: "SEGMENTS_SLACK_LISTEN",
    flag: Some("listen"),
    default: Some("127.0.0.1:3000"),
    secret: false,
    allowed: "an address and a port such as `127.0.0.1:3000`; port 0 picks a free one",
    help: "address and port for Slack's and Segments.ai's requests",
};

/// See [`super::Config::admin_listen`].
pub const ADMIN_LISTEN: Setting = Setting {
    key: "admin_listen",
    environment: "SEGMENTS_SLACK_ADMIN_LISTEN",
    flag: Some("admin-listen"),
    default: Some("127.0.0.1:9090"),
    secret: false,
    allowed: "an address and a port such as `127.0.0.1:9090`, or `off`",
    help: "address and port for metrics and the tools beside a running server, or `off`",
};

/// See [`super::Config::store`].
pub const STORE: Setting = Setting {
    key: "store",
    environment: "SEGMENTS_SLACK_STORE",
    flag: Some("store"),
    default: Some("sled:./data"),
    secret: false,
    allowed: "`sled:` and a folder, such as `sled:./data`",
    help: "where everything is kept",
};

/// See [`super::Config::public_url`].
pub const PUBLIC_URL: Setting = Setting {
    key: "public_url",
    environment: "SEGMENTS_SLACK_PUBLIC_URL",
    flag: Some("public-url"),
    default: None,
    secret: false,
    allowed: "an https address without query, such as `https://slack.example.com` (http on loopback)",
    help: "address under which people and Segments.ai reach this server",
};

/// See [`super::Config::signing_secret`].
pub const SLACK_SIGNING_SECRET: Setting = Setting::secret(
    "slack_signing_secret",
    "SLACK_SIGNING_SECRET",
    "the signing secret on the app's page `Basic Information`",
    "what Slack signs its requests with",
);

/// See [`super::Config::app_token`].
pub const SLACK_APP_TOKEN: Setting = Setting::secret(
    "slack_app_token",
    "SLACK_APP_TOKEN",
    "the app-level token `xapp-…` with scope `connections:write` on the app's page `Basic Information`",
    "what this server opens Socket Mode with, so that Slack needs no address to reach it",
);

/// See [`super::Config::bot_token`].
pub const SLACK_BOT_TOKEN: Setting = Setting::secret(
    "slack_bot_token",
    "SLACK_BOT_TOKEN",
    "the bot token `xoxb-…` on the app's page `OAuth & Permissions`",
    "what this server calls Slack with",
);

/// See [`super::OauthClient::id`].
pub const SLACK_CLIENT_ID: Setting = Setting {
    key: "slack_client_id",
    environment: "SLACK_CLIENT_ID",
    flag: None,
    default: None,
    secret: false,
    allowed: "the client id `123.456` on the app's page `Basic Information`",
    help: "Slack app that other workspaces install",
};

/// See [`super::OauthClient::secret`].
pub const SLACK_CLIENT_SECRET: Setting = Setting::secret(
    "slack_client_secret",
    "SLACK_CLIENT_SECRET",
    "the client secret on the app's page `Basic Information`",
    "what proves to Slack that it is the app that asks",
);

/// See [`super::Config::keys`]. Its flag names a file.
pub const KEY: Setting = Setting {
    flag: Some("key-file"),
    ..Setting::secret(
        "key",
        "SEGMENTS_SLACK_KEY",
        "base64 of 32 bytes, such as `openssl rand -base64 32` prints; several with commas between, the new one first",
        "file with the key that seals secrets on disk; a key in the data folder if not set",
    )
};

/// See [`super::Config::slack_api_url`].
pub const SLACK_API_URL: Setting = Setting {
    key: "slack_api_url",
    environment: "SLACK_API_URL",
    flag: None,
    default: Some("https://slack.com/api"),
    secret: false,
    allowed: "an https address without query (http on loopback)",
    help: "Slack's Web API",
};

/// See [`super::Config::webhook_secrets`].
pub const SEGMENTS_WEBHOOK_SECRET: Setting = Setting::secret(
    "segments_webhook_secret",
    "SEGMENTS_WEBHOOK_SECRET",
    "the endpoint's signing secret `whsec_…`, or two of them with a comma between during a rotation",
    "what Segments.ai signs its webhooks with",
);

/// See [`super::Config::segments_api_key`].
pub const SEGMENTS_API_KEY: Setting = Setting::secret(
    "segments_api_key",
    "SEGMENTS_API_KEY",
    "the API key of a Segments.ai user, from the page `Account` there",
    "what this server acts on Segments.ai with, for buttons such as *Resolve*",
);

/// See [`super::Config::segments_api_url`].
pub const SEGMENTS_API_URL: Setting = Setting {
    key: "segments_api_url",
    environment: "SEGMENTS_API_URL",
    flag: None,
    default: Some("https://api.segments.ai"),
    secret: false,
    allowed: "an https address without query (http on loopback)",
    help: "REST API of Segments.ai",
};

/// See [`super::Config::segments_app_url`].
pub const SEGMENTS_APP_URL: Setting = Setting {
    key: "segments_app_url",
    environment: "SEGMENTS_APP_URL",
    flag: None,
    default: Some("https://app.segments.ai"),
    secret: false,
    allowed: "an https address without query (http on loopback)",
    help: "web application that links on cards lead to",
};

/// See [`super::Config::log_format`]; its default is `pretty` on a terminal, else `json`.
pub const LOG_FORMAT: Setting = Setting {
    key: "log_format",
    environment: "LOG_FORMAT",
    flag: None,
    default: None,
    secret: false,
    allowed: "`pretty` or `json`",
    help: "shape of log lines",
};

/// See [`super::Config::log_filter`].
pub const LOG_FILTER: Setting = Setting {
    key: "log_filter",
    environment: "RUST_LOG",
    flag: None,
    default: Some("info"),
    secret: false,
    allowed: "`error`, `warn`, `info`, `debug`, `trace`, or directives such as `info,segments_slack=debug`",
    help: "which log lines there are",
};

/// See [`super::Config::webhook_body_limit`].
pub const WEBHOOK_BODY_LIMIT: Setting = Setting {
    key: "webhook_body_limit",
    environment: "SEGMENTS_SLACK_WEBHOOK_BODY_LIMIT",
    flag: Some("webhook-body-limit"),
    default: Some("4194304"),
    secret: false,
    allowed: "a number of bytes from 1024 to 67108864",
    help: "longest body of a webhook, in bytes",
};

/// See [`super::Config::webhook_memory`].
pub const WEBHOOK_MEMORY: Setting = Setting {
    key: "webhook_memory",
    environment: "SEGMENTS_SLACK_WEBHOOK_MEMORY",
    flag: Some("webhook-memory"),
    default: Some("268435456"),
    secret: false,
    allowed: "a number of bytes from 1048576 to 68719476736",
    help: "memory for the bodies of all webhooks that come at once, in bytes",
};

/// See [`super::Config::backup_keep`].
pub const BACKUP_KEEP: Setting = Setting {
    key: "backup_keep",
    environment: "SEGMENTS_SLACK_BACKUP_KEEP",
    flag: Some("backup-keep"),
    default: Some("7"),
    secret: false,
    allowed: "a number of daily backups from 0 to 1000; 0 makes none",
    help: "how many daily backups are kept in the data folder",
};

/// See [`super::Config::who_may_change`].
pub const WHO_MAY_CHANGE: Setting = Setting {
    key: "who_may_change",
    environment: "SEGMENTS_SLACK_WHO_MAY_CHANGE",
    flag: Some("who-may-change"),
    default: Some("members"),
    secret: false,
    allowed: "`members`, `admins`, or up to 100 Slack user ids with commas between, such as `U0123,U0456`",
    help: "who may change what channels are subscribed to",
};

/// See [`super::Config::who_may_act`].
pub const WHO_MAY_ACT: Setting = Setting {
    key: "who_may_act",
    environment: "SEGMENTS_SLACK_WHO_MAY_ACT",
    flag: Some("who-may-act"),
    help: "who may change things at Segments.ai from Slack",
    ..WHO_MAY_CHANGE
};

/// See [`super::Config::replies`].
pub const REPLY: Setting = Setting {
    key: "reply",
    environment: "SEGMENTS_SLACK_REPLY",
    flag: Some("reply"),
    default: Some("off"),
    secret: false,
    allowed: "`off` or `new-issue`",
    help: "how people reply to issues from Slack: not at all, or by a new issue that quotes the first",
};

/// Every setting that can stand in the file, in the order people read them.
pub const ALL: [&Setting; 23] = [
    &LISTEN,
    &ADMIN_LISTEN,
    &STORE,
    &PUBLIC_URL,
    &SLACK_SIGNING_SECRET,
    &SLACK_APP_TOKEN,
    &SLACK_BOT_TOKEN,
    &SLACK_CLIENT_ID,
    &SLACK_CLIENT_SECRET,
    &KEY,
    &SLACK_API_URL,
    &SEGMENTS_WEBHOOK_SECRET,
    &SEGMENTS_API_KEY,
    &SEGMENTS_API_URL,
    &SEGMENTS_APP_URL,
    &LOG_FORMAT,
    &LOG_FILTER,
    &WEBHOOK_BODY_LIMIT,
    &WEBHOOK_MEMORY,
    &BACKUP_KEEP,
    &WHO_MAY_CHANGE,
    &WHO_MAY_ACT,
    &REPLY,
];
