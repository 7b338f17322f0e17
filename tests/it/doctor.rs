//! `doctor` as people run it: beside a server and without one, on good days and on bad ones.

use crate::cli::program;
use crate::harness::closed::Closed;
use crate::harness::installing::{CLIENT_ID, CLIENT_SECRET, OTHER_TOKEN, other};
use crate::harness::process::Outside;
use crate::harness::{API_KEY, BOT_TOKEN, Bench, HANG_GUARD, SIGNING_SECRET, Serves, WEBHOOK_SECRET, workspace};
use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::any;
use jiff::SignedDuration;
use segments_slack::clock::Clock;
use segments_slack::sandbox::segments_ai::SegmentsAi;
use segments_slack::sandbox::slack::Fault;
use serde_json::Value;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use tokio::net::TcpListener;

/// A signing secret that looks like Slack's.
const HEX_SECRET: &str = "8f742231b10e8888abcd99eeeccc85a5";

/// What a run came to; it has printed no secret.
struct Visit {
    code: i32,
    findings: Vec<Value>,
    text: String,
}

impl Visit {
    /// Runs `doctor --json` as it is configured.
    async fn pay(mut command: Command) -> Self {
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let [text, errors] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        let webhook_secret = WEBHOOK_SECRET.trim_start_matches("whsec_");
        for secret in [SIGNING_SECRET, HEX_SECRET, BOT_TOKEN, OTHER_TOKEN, webhook_secret, API_KEY, CLIENT_SECRET] {
            assert!(!text.contains(secret) && !errors.contains(secret), "{text}{errors}");
        }
        let findings = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}{errors}"));
        Self { code: output.status.code().unwrap(), findings, text }
    }

    /// The findings of a check, each as `status: found -> remedy`.
    fn of(&self, check: &str) -> Vec<String> {
        let of = self.findings.iter().filter(|finding| finding["check"] == check);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        of.map(|one| format!("{}: {} -> {}", text(&one["status"]), text(&one["found"]), text(&one["remedy"]))).collect()
    }

    /// Expects a finding of a check that begins and goes on like this.
    #[track_caller]
    fn says(&self, check: &str, status: &str, words: &str) {
        let of = self.of(check);
        let fits = |finding: &String| finding.starts_with(status) && finding.contains(words);
        assert!(of.iter().any(fits), "{check}, {status}, {words}: {}", self.text);
    }

    /// The checks that came to this.
    fn with(&self, status: &str) -> Vec<&str> {
        self.findings.iter().filter(|one| one["status"] == status).map(|one| one["check"].as_str().unwrap()).collect()
    }
}

fn doctor(outside: &Outside, url: &str) -> Command {
    let mut command = outside.configured(&["doctor", "--json"]);
    command.env("SEGMENTS_SLACK_PUBLIC_URL", url);
    command
}

/// Serves a router; gives its address.
async fn serves(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_runs_well_is_looked_through_and_nothing_fails() {
    let outside = Outside::start(1).await;
    let ai = SegmentsAi::new(Clock::system());
    ai.add_user("jane", API_KEY);
    let api_url = serves(ai.router()).await;
    let server = outside.boot_ready().await;
    ai.set_endpoint("jane", server.sender());
    outside.types("/segments subscribe jane/flowers sample.*", "C1").await;
    let mut command = doctor(&outside, &server.url);
    command.env("SEGMENTS_API_KEY", API_KEY).env("SEGMENTS_API_URL", &api_url);
    let visit = Visit::pay(command).await;
    assert_eq!((visit.code, visit.with("failed").len()), (0, 0), "{}", visit.text);
    // Of a test: the address is one of loopback, and the secret is the example of Slack's documentation.
    assert_eq!(visit.with("warning"), ["signing secret", "public URL"], "{}", visit.text);
    assert_eq!(visit.with("not checked"), ["manifest"], "{}", visit.text);
    visit.says("store", "ok", "in use by a server with version");
    visit.says("bot token", "ok", "in workspace `Outside` (T1)");
    visit.says("scopes", "ok", "exactly the 11 scopes");
    visit.says("clock", "ok", "within 30 s");
    visit.says("public URL", "ok", "with this signing secret");
    visit.says("API key", "ok", "belongs to `jane`");
    visit.says("manifest", "not checked", "the server has received 1 command,");

    // What the server tells of itself is for whoever may read the data folder.
    let key: Value = serde_json::from_slice(&fs::read(outside.data().join("admin")).unwrap()).unwrap();
    assert!(!visit.text.contains(key["word"].as_str().unwrap()));
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let keyless = client.get(format!("{}/checkup", key["url"].as_str().unwrap())).send().await.unwrap();
    assert_eq!(keyless.status(), 401);

    // The same for eyes, on one line each.
    let mut command = outside.configured(&["doctor"]);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("ok           configuration   all settings are valid\n"), "{text}");
    assert!(text.ends_with(" 0 failed, 2 not checked\n"), "{text}");

    ai.revoke_key("jane");
    let mut command = doctor(&outside, &server.url);
    command.env("SEGMENTS_API_KEY", API_KEY).env("SEGMENTS_API_URL", &api_url);
    let visit = Visit::pay(command).await;
    assert_eq!((visit.code, visit.with("failed")), (1, vec!["API key"]), "{}", visit.text);
    server.stop().await;
    let nobody = Closed::new();
    let visit = Visit::pay(doctor(&outside, &nobody.url())).await;
    assert_eq!(visit.code, 0, "{}", visit.text);
    visit.says("store", "ok", "1 subscription in 1 workspace");
    visit.says("sealing key", "ok", "no secret is sealed yet");
    visit.says("public URL", "not checked", "segments-slack serve");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_slack_refuses_is_told() {
    let outside = Outside::start(1).await;
    let visit = async || Visit::pay(outside.configured(&["doctor", "--json"])).await;
    for scope in ["commands", "links:read"] {
        outside.slack.withhold_scope(&workspace(), scope);
    }
    outside.slack.grant_scope(&workspace(), "files:read");
    let found = visit().await;
    assert_eq!((found.code, found.with("failed")), (1, vec!["scopes"]), "{}", found.text);
    found.says("scopes", "failed", "lacks the scope `commands`");
    found.says("scopes", "warning", "lacks the scope `links:read`");
    found.says("scopes", "warning", "`files:read`");
    found.says("store", "ok", "the server creates it");
    assert!(!outside.data().exists(), "nothing is made");
    for (ahead, status) in [(-60, "warning"), (-200, "failed"), (200, "failed")] {
        outside.slack.set_clock_ahead(SignedDuration::from_secs(ahead));
        visit().await.says("clock", status, if ahead > 0 { "behind Slack's" } else { "ahead of Slack's" });
    }
    outside.slack.set_clock_ahead(SignedDuration::ZERO);
    outside.slack.revoke_token(&workspace());
    let found = visit().await;
    assert_eq!((found.code, found.with("failed")), (1, vec!["bot token"]), "{}", found.text);
    found.says("bot token", "failed", "token_revoked");
    outside.slack.set_outage(true);
    visit().await.says("Slack", "failed", "503");
    let nobody = Closed::new();
    let mut command = outside.configured(&["doctor", "--json"]);
    command.env("SLACK_API_URL", format!("{}/api", nobody.url()));
    let found = Visit::pay(command).await;
    assert_eq!((found.code, found.with("failed")), (1, vec!["Slack"]), "{}", found.text);
    found.says("Slack", "failed", "nothing listens there");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_answer_does_not_hold_it_up() {
    let outside = Outside::start(1).await;
    outside.slack.fail_next_of("auth.test", Fault::Hang);
    let mute = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let visit = Visit::pay(doctor(&outside, &format!("http://{}", mute.local_addr().unwrap())));
    let visit = tokio::time::timeout(HANG_GUARD, visit).await.expect("it ends by itself");
    assert_eq!((visit.code, visit.with("failed")), (1, vec!["Slack", "public URL"]), "{}", visit.text);
    visit.says("Slack", "failed", "did not respond in time");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_wrong_with_the_public_address_is_told_in_words() {
    let outside = Outside::start(1).await;
    let server = outside.boot_ready().await;
    let answering =
        |answer: fn() -> axum::response::Response| Router::new().fallback(any(move || async move { answer() }));
    let moved = || (StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, "https://www.example.com/")]).into_response();
    let away = || StatusCode::BAD_GATEWAY.into_response();
    for (router, words) in [
        (answering(moved), "redirects to `https://www.example.com/`"),
        (answering(away), "`/slack/events` with 502"),
        (Router::new(), "`/slack/events` with 404"),
        (Router::new().route("/healthz", any(|| async { "ok\n" })), "the server responds, but"),
    ] {
        let visit = Visit::pay(doctor(&outside, &serves(router).await)).await;
        assert_eq!((visit.code, visit.with("failed")), (1, vec!["public URL"]), "{}", visit.text);
        visit.says("public URL", "failed", words);
    }
    let visit = Visit::pay(doctor(&outside, &server.url.replace("http:", "https:"))).await;
    visit.says("public URL", "failed", "speak https");
    let mut command = doctor(&outside, &server.url);
    command.env("SLACK_SIGNING_SECRET", HEX_SECRET);
    Visit::pay(command).await.says("public URL", "failed", "has another signing secret");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unusable_configuration_exits_with_2_and_lists_problems() {
    let visit = Visit::pay(program(&["doctor", "--json", "--listen", "nowhere"])).await;
    assert_eq!(visit.code, 2);
    for words in ["flag --listen", "SLACK_SIGNING_SECRET", "SLACK_BOT_TOKEN"] {
        visit.says("configuration", "failed", words);
    }
    visit.says("the rest", "not checked", "segments-slack doctor");
}

#[tokio::test(flavor = "multi_thread")]
async fn readable_files_and_unopenable_stores_are_reported() {
    let outside = Outside::start(1).await;
    outside.boot_ready().await.stop().await;
    let mode = |path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    mode(outside.data(), 0o755);
    mode(outside.data().join("key"), 0o644);
    let visit = Visit::pay(outside.configured(&["doctor", "--json"])).await;
    assert_eq!((visit.code, visit.with("failed")), (1, vec!["data folder", "sealing key"]), "{}", visit.text);
    visit.says("data folder", "warning", "chmod 700");
    visit.says("sealing key", "failed", "chmod 600");
    fs::write(outside.data().join("damaged"), "cut").unwrap();
    let visit = Visit::pay(outside.configured(&["doctor", "--json"])).await;
    visit.says("store", "failed", "restore a backup into a new folder");
}

/// The doctor of a bench whose server serves whoever installs the app, and is stopped.
fn doctor_of(bench: &Bench, nobody: &Closed) -> Command {
    let mut command = program(&["doctor", "--json", "--store", &format!("sled:{}", bench.data().display())]);
    command
        .env("SLACK_API_URL", format!("{}/api", bench.slack_url))
        .env("SLACK_SIGNING_SECRET", SIGNING_SECRET)
        .env("SLACK_CLIENT_ID", CLIENT_ID)
        .env("SLACK_CLIENT_SECRET", CLIENT_SECRET)
        .env("SEGMENTS_SLACK_PUBLIC_URL", nobody.url());
    command
}

#[tokio::test]
async fn installed_tokens_are_checked_and_a_missing_key_is_reported() {
    let mut bench = Bench::start_serving(Serves::Many).await;
    bench.installs(&other(), "U21").await;
    bench.stop().await;
    let nobody = Closed::new();
    let visit = Visit::pay(doctor_of(&bench, &nobody)).await;
    visit.says("sealing key", "ok", "decrypts all 1 sealed secrets");
    visit.says("workspaces", "ok", "1 workspace installed the app");
    visit.says("OAuth client", "not checked", "/slack/oauth");
    assert!(visit.of("bot token").is_empty());
    bench.slack.revoke_token(&other());
    let visit = Visit::pay(doctor_of(&bench, &nobody)).await;
    visit.says("workspaces", "failed", "`Flower Lab` (T2): token_revoked -> reinstall the app in that workspace");
    fs::remove_file(bench.data().join("key")).unwrap();
    let visit = Visit::pay(doctor_of(&bench, &nobody)).await;
    visit.says("sealing key", "failed", "their key is missing -> restore it");
    assert!(!bench.data().join("key").exists());
    let mut command = doctor_of(&bench, &nobody);
    command.env("SEGMENTS_SLACK_KEY", "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=");
    Visit::pay(command).await.says("sealing key", "failed", "the bot token of workspace `T2` was sealed with key");
}
