//! Where settings come from, which source wins, and what is said about mistakes.

mod problems;

use segments_slack::config::setting::{self, Setting};
use segments_slack::config::{Config, ConfigSources, LogFormat, Origin, UncheckedSettings, WhoMayChange};
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const SECRETS: [(&str, &str); 3] = [
    ("SLACK_SIGNING_SECRET", "8f742231b10e8888abcd99yyyzzz85a5"),
    ("SLACK_BOT_TOKEN", "xoxb-not-a-real-token"),
    ("SEGMENTS_WEBHOOK_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
];

/// Sources of a test, and the folder that their files live in.
struct Desk {
    folder: TempDir,
    sources: ConfigSources,
}

impl Desk {
    fn bare() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), sources: ConfigSources::default() }
    }

    fn with_secrets() -> Self {
        SECRETS.into_iter().fold(Self::bare(), |desk, (name, value)| desk.environment(name, value))
    }

    fn environment(mut self, name: &str, value: &str) -> Self {
        self.sources.environment.push((name.into(), value.into()));
        self
    }

    fn flag(mut self, setting: &'static Setting, value: &str) -> Self {
        self.sources.flags.push((setting, value.to_owned()));
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.sources.environment.retain(|(other, _)| other != name);
        self
    }

    /// A file with a mode; its path.
    fn file(&self, name: &str, text: &str, mode: u32) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    fn toml(self, text: &str) -> Self {
        let path = self.file("settings.toml", text, 0o644);
        self.flag(&setting::CONFIG, path.to_str().unwrap())
    }

    fn load(self) -> Config {
        Config::load(self.sources).unwrap()
    }

    fn problems(self) -> Vec<String> {
        let problems = Config::load(self.sources).unwrap_err();
        problems.0.iter().map(ToString::to_string).collect()
    }

    /// The one problem there is.
    fn problem(self) -> String {
        let mut problems = self.problems();
        assert_eq!(problems.len(), 1, "{problems:#?}");
        problems.remove(0)
    }
}

#[test]
fn flags_win_over_environment_over_file_over_defaults() {
    let port = |desk: Desk| desk.load().listen.port();
    let file = || Desk::with_secrets().toml("listen = \"127.0.0.1:1\"");
    assert_eq!(port(Desk::with_secrets()), 3000);
    assert_eq!(port(file()), 1);
    assert_eq!(port(file().environment("SEGMENTS_SLACK_LISTEN", "127.0.0.1:2")), 2);
    let all = file().environment("SEGMENTS_SLACK_LISTEN", "127.0.0.1:2");
    assert_eq!(port(all.flag(&setting::LISTEN, "127.0.0.1:3")), 3);
}

#[test]
fn the_defaults_are_those_of_the_manual() {
    let config = Desk::with_secrets().load();
    assert_eq!(config.admin_listen.unwrap().to_string(), "127.0.0.1:9090");
    assert_eq!(config.store.to_string(), "sled:./data");
    assert_eq!(config.public_url, None);
    assert_eq!(config.slack_api_url.as_str(), "https://slack.com/api");
    assert_eq!(config.segments_app_url.as_str(), "https://app.segments.ai/");
    assert_eq!(config.log_filter, "info");
    assert_eq!(config.webhook_body_limit, 4 << 20);
    assert_eq!(config.webhook_memory, 256 << 20);
    assert_eq!(config.backup_keep, 7);
    assert_eq!(config.who_may_change, WhoMayChange::Members);
}

#[test]
fn logs_are_pretty_on_a_terminal_and_json_elsewhere_unless_told() {
    let mut desk = Desk::with_secrets();
    assert_eq!(Desk::with_secrets().load().log_format, LogFormat::Json);
    desk.sources.terminal = true;
    assert_eq!(desk.load().log_format, LogFormat::Pretty);
    assert_eq!(Desk::with_secrets().environment("LOG_FORMAT", "pretty").load().log_format, LogFormat::Pretty);
}

#[test]
fn a_file_holds_texts_and_numbers() {
    let config = Desk::with_secrets()
        .toml("webhook_body_limit = 0x1_0000\nadmin_listen = \"off\"\npublic_url = \"https://slack.example.com\"")
        .environment("SEGMENTS_SLACK_WEBHOOK_BODY_LIMIT", "65536")
        .load();
    assert_eq!(config.webhook_body_limit, 65536);
    assert_eq!(config.admin_listen, None);
    assert_eq!(config.public_url.unwrap().as_str(), "https://slack.example.com/");
    assert_eq!(Desk::with_secrets().toml("webhook_body_limit = 65_536").load().webhook_body_limit, 65536);
}

#[test]
fn an_empty_variable_counts_as_not_set() {
    let desk = Desk::with_secrets().environment("SEGMENTS_SLACK_LISTEN", "").environment("SLACK_APP_TOKEN", "");
    let config = desk.load();
    assert_eq!(config.listen.port(), 3000);
    assert!(config.app_token.is_none());
}

#[test]
fn two_webhook_secrets_hold_during_a_rotation() {
    let both = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw, whsec_c29tZXRoaW5nIGVsc2U=";
    let desk = Desk::with_secrets().without("SEGMENTS_WEBHOOK_SECRET").environment("SEGMENTS_WEBHOOK_SECRET", both);
    assert_eq!(desk.load().webhook_secrets.len(), 2);
}

#[test]
fn a_bad_value_is_told_with_its_origin_and_what_is_allowed() {
    let cases: [(&'static Setting, &str, &str); 20] = [
        (&setting::LISTEN, "localhost", "is not an address with a port"),
        (&setting::LISTEN, "127.0.0.1:99999", "is not an address with a port"),
        (&setting::ADMIN_LISTEN, "on", "is not an address with a port"),
        (&setting::STORE, "./data", "is not a store URL"),
        (&setting::STORE, "sled:", "is not a store URL"),
        (&setting::STORE, "postgres://db/segments", "names PostgreSQL, which this version does not support"),
        (&setting::PUBLIC_URL, "slack.example.com", "is not a URL"),
        (&setting::PUBLIC_URL, "http://slack.example.com", "is neither an https URL nor an http URL on loopback"),
        (
            &setting::SLACK_API_URL,
            "http://127.0.0.1.example.com/api",
            "is neither an https URL nor an http URL on loopback",
        ),
        (&setting::SLACK_API_URL, "ftp://127.0.0.1", "is neither an https URL nor an http URL on loopback"),
        (&setting::SEGMENTS_APP_URL, "https://app.segments.ai/?a", "contains a query or fragment"),
        (&setting::LOG_FORMAT, "xml", "is not a log format"),
        (&setting::LOG_FILTER, "segments_slack=loud", "is not a log filter"),
        (&setting::WEBHOOK_BODY_LIMIT, "4 MiB", "is not a whole number"),
        (&setting::WEBHOOK_BODY_LIMIT, "0", "is out of range"),
        (&setting::WEBHOOK_MEMORY, "1048575", "is out of range"),
        (&setting::WEBHOOK_BODY_LIMIT, "99999999999", "is out of range"),
        (&setting::WHO_MAY_CHANGE, "everybody", "is neither `members`, `admins` nor a list of user IDs"),
        (&setting::WHO_MAY_CHANGE, "U1,C2", "is neither `members`, `admins` nor a list of user IDs"),
        (&setting::WHO_MAY_CHANGE, ",", "contains no user ID, or more than 100"),
    ];
    for (setting, value, reason) in cases {
        let Setting { key, environment, allowed, .. } = setting;
        let problem = Desk::with_secrets().environment(environment, value).problem();
        assert_eq!(problem, format!("`{key}` (environment {environment}): `{value}` {reason}; allowed: {allowed}"));
    }
}

#[test]
fn plain_http_is_allowed_on_loopback_only() {
    for url in ["http://127.0.0.1:8080/api", "http://[::1]:8080/api", "http://localhost/api"] {
        assert_eq!(Desk::with_secrets().environment("SLACK_API_URL", url).load().slack_api_url.as_str(), url);
    }
}

#[test]
fn a_bad_secret_is_told_without_being_shown() {
    for (name, value) in [
        ("SLACK_SIGNING_SECRET", "two words"),
        ("SLACK_BOT_TOKEN", "xoxp-a-persons-token"),
        ("SLACK_BOT_TOKEN", "xoxb-with a space"),
        ("SLACK_APP_TOKEN", "xoxb-a-bots-token"),
        ("SEGMENTS_WEBHOOK_SECRET", "whsec_!!"),
        ("SEGMENTS_WEBHOOK_SECRET", "whsec_=="),
        ("SEGMENTS_WEBHOOK_SECRET", "YQ==,Yg==,Yw=="),
    ] {
        let problem = Desk::with_secrets().without(name).environment(name, value).problem();
        assert!(problem.contains(&format!("(environment {name}): the value ")), "{problem}");
        assert!(!problem.contains(value), "{problem}");
    }
}

#[test]
fn a_password_in_an_address_is_refused_and_not_shown() {
    for (name, value) in [
        ("SEGMENTS_SLACK_PUBLIC_URL", "https://jane:hunter2@slack.example.com"),
        ("SEGMENTS_SLACK_STORE", "postgres://jane:hunter2@db/segments"),
    ] {
        let problem = Desk::with_secrets().environment(name, value).problem();
        assert!(problem.contains(name) && !problem.contains("hunter2"), "{problem}");
    }
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let desk = Desk::bare()
        .toml("listen = \"nowhere\"\ncolour = \"red\"")
        .environment("SEGMENTS_SLACK_STOER", "sled:./data")
        .environment("RUST_LOG", "a=b=c");
    let problems = desk.problems().join("\n");
    for named in [
        "`SEGMENTS_SLACK_STOER` (environment) is not a setting; did you mean `SEGMENTS_SLACK_STORE`?",
        "settings.toml line 2) is not a setting",
        "settings.toml line 1): `nowhere`",
        "`slack_signing_secret` is not set; set SLACK_SIGNING_SECRET or SLACK_SIGNING_SECRET_FILE",
        "`slack_bot_token` is not set",
        "`segments_webhook_secret` is not set",
        "environment RUST_LOG",
    ] {
        assert!(problems.contains(named), "{named} is not in\n{problems}");
    }
    assert_eq!(problems.lines().count(), 7, "{problems}");
}

#[test]
fn a_variable_of_somebody_else_is_left_alone() {
    Desk::with_secrets().environment("SLACK_CHANNEL", "x").environment("PATH", "/bin").load();
}

#[test]
fn socket_mode_needs_no_signing_secret_and_takes_one() {
    let desk = || Desk::with_secrets().environment("SLACK_APP_TOKEN", "xapp-1-A0-secret");
    let config = desk().without("SLACK_SIGNING_SECRET").load();
    assert!(config.app_token.is_some() && config.signing_secret.is_none());
    let config = desk().load();
    assert!(config.app_token.is_some() && config.signing_secret.is_some());
}

#[test]
fn a_variable_that_is_no_text_is_told() {
    let mut desk = Desk::with_secrets();
    desk.sources.environment.push(("SEGMENTS_SLACK_LISTEN".into(), OsString::from_vec(vec![0xff])));
    assert_eq!(desk.problem(), "`SEGMENTS_SLACK_LISTEN` (environment): the value is not valid UTF-8");
}

#[test]
fn a_secret_may_come_from_a_file_of_its_own() {
    for mode in [0o600, 0o400, 0o440] {
        let desk = Desk::with_secrets().without("SLACK_BOT_TOKEN");
        let path = desk.file("token", "xoxb-from-a-file\n", mode);
        let from_environment = desk.environment("SLACK_BOT_TOKEN_FILE", path.to_str().unwrap());
        from_environment.load();
    }
    let desk = Desk::with_secrets().without("SLACK_BOT_TOKEN");
    let path = desk.file("token", "xoxb-from-a-file\n", 0o600);
    desk.toml(&format!("slack_bot_token_file = {path:?}")).load();
}

#[test]
fn a_secret_file_that_everybody_can_read_is_refused() {
    let desk = Desk::with_secrets().without("SLACK_BOT_TOKEN");
    let path = desk.file("token", "xoxb-from-a-file", 0o644);
    let problem = desk.environment("SLACK_BOT_TOKEN_FILE", path.to_str().unwrap()).problem();
    let path = path.display();
    assert!(problem.ends_with(&format!("all users of this machine can access `{path}`; run `chmod 600 {path}`")));
}

#[test]
fn a_secret_file_that_is_no_file_is_told() {
    for path in ["/nowhere/token", "/"] {
        let problems =
            Desk::with_secrets().without("SLACK_BOT_TOKEN").environment("SLACK_BOT_TOKEN_FILE", path).problems();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].contains("environment SLACK_BOT_TOKEN_FILE"), "{problems:?}");
    }
}

#[test]
fn a_secret_that_is_set_twice_is_refused() {
    let problem = Desk::with_secrets().environment("SLACK_BOT_TOKEN_FILE", "/run/token").problem();
    assert!(problem.contains("SLACK_BOT_TOKEN and SLACK_BOT_TOKEN_FILE"), "{problem}");
}

#[test]
fn a_secret_does_not_stand_in_the_file() {
    let problem = Desk::with_secrets().toml("slack_bot_token = \"xoxb-in-the-file\"").problem();
    assert!(problem.contains("set `slack_bot_token_file` to the path"), "{problem}");
    assert!(!problem.contains("xoxb-in"), "{problem}");
}

#[test]
fn an_invalid_file_is_reported_by_line_without_its_text() {
    let problem = Desk::with_secrets().toml("listen = \"127.0.0.1:1\"\nslack_bot_token = xoxb-no-quotes").problem();
    assert!(problem.contains("settings.toml line 2: "), "{problem}");
    assert!(!problem.contains("xoxb"), "{problem}");
    for text in ["listen = true", "[listen]", "listen = [\"127.0.0.1:1\"]"] {
        assert!(Desk::with_secrets().toml(text).problem().contains("is neither text nor a whole number"), "{text}");
    }
    let missing = Desk::with_secrets().environment("SEGMENTS_SLACK_CONFIG", "/nowhere.toml").problem();
    assert!(missing.contains("could not read `/nowhere.toml`"), "{missing}");
}

#[test]
fn any_file_is_read_without_a_panic() {
    for text in ["", "\u{feff}", "=", "\"\"\"", "a.b.c = 1", "\u{202e} = 1", "listen = \"\u{1f600}", "[[x]]\n[[x]]"] {
        let desk = Desk::with_secrets().toml(text);
        let _ = Config::load(desk.sources);
    }
    let desk = Desk::with_secrets();
    let path = desk.folder.path().join("bytes.toml");
    fs::write(&path, [0xff, 0x00, 0xfe]).unwrap();
    assert!(desk.flag(&setting::CONFIG, path.to_str().unwrap()).problem().contains("could not read"));
}

#[test]
fn the_list_shows_every_setting_with_its_origin_and_no_secret() {
    let desk = Desk::with_secrets().flag(&setting::STORE, "sled:/var/lib/segments-slack");
    let list = UncheckedSettings::gather(desk.sources).list();
    assert_eq!(list.len(), setting::ALL.len());
    let entry = |key: &str| list.iter().find(|listed| listed.key == key).unwrap();
    assert_eq!(entry("store").origin, Some(Origin::Flag("store")));
    assert_eq!(entry("slack_bot_token").value, "set");
    assert_eq!(entry("public_url").value, "not set");
    let printed = format!("{list:?}");
    assert!(SECRETS.iter().all(|(_, value)| !printed.contains(value)));
}

#[test]
fn the_debug_text_of_a_configuration_shows_no_secret() {
    let printed = format!("{:?}", Desk::with_secrets().load());
    assert!(SECRETS.iter().all(|(_, value)| !printed.contains(value)));
}

#[test]
fn every_setting_is_explained_in_the_manual() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operating.md")).unwrap();
    for setting in setting::ALL {
        assert!(page.contains(&format!("`{}`", setting.environment)), "{}", setting.environment);
        assert!(page.contains(setting.key), "{}", setting.key);
        assert!(setting.default.is_none_or(|default| page.contains(default)), "{}", setting.key);
    }
}

const CLIENT: [(&str, &str); 3] = [
    ("SLACK_CLIENT_ID", "123.456"),
    ("SLACK_CLIENT_SECRET", "client-secret"),
    ("SEGMENTS_SLACK_PUBLIC_URL", "https://slack.example.com"),
];

#[test]
fn installing_needs_an_oauth_client_and_address_but_no_token() {
    let desk = CLIENT.into_iter().fold(Desk::bare(), |desk, (name, value)| desk.environment(name, value));
    let many = desk.environment(SECRETS[0].0, SECRETS[0].1);
    let config = many.load();
    assert!(config.bot_token.is_none() && config.webhook_secrets.is_empty());
    assert_eq!(config.oauth.unwrap().id, "123.456");
    let both = CLIENT.into_iter().fold(Desk::with_secrets(), |desk, (name, value)| desk.environment(name, value));
    let config = both.load();
    assert!(config.bot_token.is_some() && config.oauth.is_some());
}

#[test]
fn half_a_client_is_told_with_what_is_missing() {
    for (missing, _) in CLIENT {
        let all = CLIENT.into_iter().filter(|(name, _)| *name != missing);
        let desk = all.fold(Desk::with_secrets(), |desk, (name, value)| desk.environment(name, value));
        let told = desk.problems().join("\n");
        assert!(told.contains(&format!("set {missing}")), "{missing}: {told}");
    }
    let desk = CLIENT.into_iter().fold(Desk::with_secrets(), |desk, (name, value)| desk.environment(name, value));
    let told = desk.without("SLACK_BOT_TOKEN").problem();
    assert!(told.contains("SLACK_BOT_TOKEN") && told.contains("unset SEGMENTS_WEBHOOK_SECRET"), "{told}");
}

#[test]
fn a_key_comes_from_a_variable_or_an_owner_only_file() {
    let key = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
    Desk::with_secrets().environment("SEGMENTS_SLACK_KEY", &format!("{key},{key}")).load();
    let problem = Desk::with_secrets().environment("SEGMENTS_SLACK_KEY", "AAAA").problem();
    assert!(problem.contains("openssl rand -base64 32") && !problem.contains("AAAA"), "{problem}");
    for (mode, fine) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false)] {
        let desk = Desk::with_secrets();
        let path = desk.file("sealing", key, mode);
        let desk = desk.flag(&setting::KEY, path.to_str().unwrap());
        if fine {
            assert!(desk.load().keys.is_some());
        } else {
            assert!(desk.problem().contains("flag --key-file"));
        }
    }
}
