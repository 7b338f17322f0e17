//! The table of settings, from which flags, environment variables, file keys, defaults and help texts are built.

/// A setting with its names, default and description.
#[derive(Debug, PartialEq, Eq)]
pub struct Setting {
    /// Key in the TOML file, and the name in messages.
    pub key: &'static str,
    /// Environment variable.
    pub environment: &'static str,
    /// Flag without dashes; secrets have none, because all users of a machine can read command lines.
    pub flag: Option<&'static str>,
    /// Value if the setting is not set.
    pub default: Option<&'static str>,
    /// Set for secret values, which are never printed and can come from a file of their own.
    pub secret: bool,
    /// Allowed values, as a phrase that fits after "allowed: ".
    pub allowed: &'static str,
    /// Description for help texts.
    pub help: &'static str,
}

impl Setting {
    const fn secret(key: &'static str, environment: &'static str, allowed: &'static str, help: &'static str) -> Self {
        Self { key, environment, flag: None, default: None, secret: true, allowed, help }
    }
}

/// Names the TOML file; the only setting that cannot be in it.
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
    help: "address and port for requests from Slack and Segments.ai",
};

/// See [`super::Config::admin_listen`].
pub const ADMIN_LISTEN: Setting = Setting {
    key: "admin_listen",
    environment: "SEGMENTS_SLACK_ADMIN_LISTEN",
    flag: Some("admin-listen"),
    default: Some("127.0.0.1:9090"),
    secret: false,
    allowed: "an address and a port such as `127.0.0.1:9090`, or `off`",
    help: "address and port for metrics and the admin commands, or `off`",
};

/// See [`super::Config::store`].
pub const STORE: Setting = Setting {
    key: "store",
    environment: "SEGMENTS_SLACK_STORE",
    flag: Some("store"),
    default: Some("sled:./data"),
    secret: false,
    allowed: "`sled:` and a folder, such as `sled:./data`",
    help: "data store",
};

/// See [`super::Config::public_url`].
pub const PUBLIC_URL: Setting = Setting {
    key: "public_url",
    environment: "SEGMENTS_SLACK_PUBLIC_URL",
    flag: Some("public-url"),
    default: None,
    secret: false,
    allowed: "an https URL without query, such as `https://slack.example.com`, or an http URL on loopback",
    help: "public URL of this server, for people, Slack and Segments.ai",
};

/// See [`super::Config::signing_secret`].
pub const SLACK_SIGNING_SECRET: Setting = Setting::secret(
    "slack_signing_secret",
    "SLACK_SIGNING_SECRET",
    "the signing secret from the page `Basic Information` of the Slack app",
    "signing secret of the Slack app",
);

/// See [`super::Config::app_token`].
pub const SLACK_APP_TOKEN: Setting = Setting::secret(
    "slack_app_token",
    "SLACK_APP_TOKEN",
    "the app-level token `xapp-…` with the scope `connections:write` from the page `Basic Information` of the Slack app",
    "app-level token for Socket Mode, which needs no public URL",
);

/// See [`super::Config::bot_token`].
pub const SLACK_BOT_TOKEN: Setting = Setting::secret(
    "slack_bot_token",
    "SLACK_BOT_TOKEN",
    "the bot token `xoxb-…` from the page `OAuth & Permissions` of the Slack app",
    "bot token of the Slack app",
);

/// See [`super::OauthClient::id`].
pub const SLACK_CLIENT_ID: Setting = Setting {
    key: "slack_client_id",
    environment: "SLACK_CLIENT_ID",
    flag: None,
    default: None,
    secret: false,
    allowed: "the client ID, such as `123.456`, from the page `Basic Information` of the Slack app",
    help: "OAuth client ID of the Slack app, for installation in several workspaces",
};

/// See [`super::OauthClient::secret`].
pub const SLACK_CLIENT_SECRET: Setting = Setting::secret(
    "slack_client_secret",
    "SLACK_CLIENT_SECRET",
    "the client secret from the page `Basic Information` of the Slack app",
    "OAuth client secret of the Slack app",
);

/// See [`super::Config::keys`]. The flag names a file.
pub const KEY: Setting = Setting {
    flag: Some("key-file"),
    ..Setting::secret(
        "key",
        "SEGMENTS_SLACK_KEY",
        "base64 of 32 bytes, as printed by `openssl rand -base64 32`; separate several keys with commas, the newest first",
        "file with the key that encrypts stored secrets; by default a key in the data folder",
    )
};

/// See [`super::Config::slack_api_url`].
pub const SLACK_API_URL: Setting = Setting {
    key: "slack_api_url",
    environment: "SLACK_API_URL",
    flag: None,
    default: Some("https://slack.com/api"),
    secret: false,
    allowed: "an https URL without query, or an http URL on loopback",
    help: "URL of the Slack Web API",
};

/// See [`super::Config::webhook_secrets`].
pub const SEGMENTS_WEBHOOK_SECRET: Setting = Setting::secret(
    "segments_webhook_secret",
    "SEGMENTS_WEBHOOK_SECRET",
    "the signing secret `whsec_…` of the endpoint; during a rotation, two of them separated by a comma",
    "signing secret of the Segments.ai webhooks",
);

/// See [`super::Config::segments_api_key`].
pub const SEGMENTS_API_KEY: Setting = Setting::secret(
    "segments_api_key",
    "SEGMENTS_API_KEY",
    "an API key from the page `Account` of Segments.ai",
    "API key for changes in Segments.ai, such as the button *Resolve*",
);

/// See [`super::Config::segments_api_url`].
pub const SEGMENTS_API_URL: Setting = Setting {
    key: "segments_api_url",
    environment: "SEGMENTS_API_URL",
    flag: None,
    default: Some("https://api.segments.ai"),
    secret: false,
    allowed: "an https URL without query, or an http URL on loopback",
    help: "URL of the Segments.ai API",
};

/// See [`super::Config::segments_app_url`].
pub const SEGMENTS_APP_URL: Setting = Setting {
    key: "segments_app_url",
    environment: "SEGMENTS_APP_URL",
    flag: None,
    default: Some("https://app.segments.ai"),
    secret: false,
    allowed: "an https URL without query, or an http URL on loopback",
    help: "URL of the Segments.ai web application, for links in messages",
};

/// See [`super::Config::log_format`]; its default is `pretty` on a terminal, else `json`.
pub const LOG_FORMAT: Setting = Setting {
    key: "log_format",
    environment: "LOG_FORMAT",
    flag: None,
    default: None,
    secret: false,
    allowed: "`pretty` or `json`",
    help: "log format",
};

/// See [`super::Config::log_filter`].
pub const LOG_FILTER: Setting = Setting {
    key: "log_filter",
    environment: "RUST_LOG",
    flag: None,
    default: Some("info"),
    secret: false,
    allowed: "`error`, `warn`, `info`, `debug`, `trace`, or directives such as `info,segments_slack=debug`",
    help: "log filter",
};

/// See [`super::Config::webhook_body_limit`].
pub const WEBHOOK_BODY_LIMIT: Setting = Setting {
    key: "webhook_body_limit",
    environment: "SEGMENTS_SLACK_WEBHOOK_BODY_LIMIT",
    flag: Some("webhook-body-limit"),
    default: Some("4194304"),
    secret: false,
    allowed: "a number of bytes from 1024 to 67108864",
    help: "maximum size of a webhook body, in bytes",
};

/// See [`super::Config::webhook_memory`].
pub const WEBHOOK_MEMORY: Setting = Setting {
    key: "webhook_memory",
    environment: "SEGMENTS_SLACK_WEBHOOK_MEMORY",
    flag: Some("webhook-memory"),
    default: Some("268435456"),
    secret: false,
    allowed: "a number of bytes from 1048576 to 68719476736",
    help: "maximum memory for all webhook bodies in progress, in bytes",
};

/// See [`super::Config::backup_keep`].
pub const BACKUP_KEEP: Setting = Setting {
    key: "backup_keep",
    environment: "SEGMENTS_SLACK_BACKUP_KEEP",
    flag: Some("backup-keep"),
    default: Some("7"),
    secret: false,
    allowed: "a number from 0 to 1000; 0 turns daily backups off",
    help: "number of daily backups to keep in the data folder",
};

/// See [`super::Config::who_may_change`].
pub const WHO_MAY_CHANGE: Setting = Setting {
    key: "who_may_change",
    environment: "SEGMENTS_SLACK_WHO_MAY_CHANGE",
    flag: Some("who-may-change"),
    default: Some("members"),
    secret: false,
    allowed: "`members`, `admins`, or up to 100 Slack user IDs separated by commas, such as `U0123,U0456`",
    help: "who may change subscriptions",
};

/// See [`super::Config::who_may_act`].
pub const WHO_MAY_ACT: Setting = Setting {
    key: "who_may_act",
    environment: "SEGMENTS_SLACK_WHO_MAY_ACT",
    flag: Some("who-may-act"),
    help: "who may change things in Segments.ai from Slack",
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
    help: "how people can reply to issues from Slack: not at all, or with a new issue that quotes the first",
};

/// All settings that can be in the file, in the order of the manual.
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
