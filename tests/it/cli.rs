//! The program as people start it: output, exit codes, signals.

mod help;

use crate::harness::closed::Closed;
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use std::io::{BufRead, BufReader};
use std::process::{Command, Output, Stdio};
use svix::webhooks::Webhook;

const WEBHOOK_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// The program in an empty environment, so that nobody's own settings reach a test.
pub(crate) fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_segments-slack"));
    command.args(arguments).env_clear().stdin(Stdio::null());
    command
}

fn with_secrets(mut command: Command) -> Command {
    command
        .env("SLACK_SIGNING_SECRET", "8f742231b10e8888abcd99yyyzzz85a5")
        .env("SLACK_BOT_TOKEN", "xoxb-not-a-real-token")
        .env("SEGMENTS_WEBHOOK_SECRET", WEBHOOK_SECRET);
    command
}

fn texts(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_wrong_command_line_is_exit_code_2() {
    for arguments in [&["dance"][..], &[], &["serve", "--lisen", "x"], &["send", "sample.danced"], &["manifest"]] {
        let output = program(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert_eq!(texts(&output).0, "", "{arguments:?}");
    }
}

#[test]
fn a_wrong_configuration_exits_with_2_and_lists_every_problem() {
    let output = program(&["serve", "--listen", "nowhere"]).env("LOG_FORMAT", "xml").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let (_, errors) = texts(&output);
    for named in ["flag --listen", "environment LOG_FORMAT", "SLACK_SIGNING_SECRET", "SLACK_BOT_TOKEN"] {
        assert!(errors.contains(named), "{named} is not in {errors}");
    }
}

#[test]
fn the_configuration_is_printed_without_secrets() {
    let output = with_secrets(program(&["config", "--listen", "127.0.0.1:0"])).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let (text, errors) = texts(&output);
    assert!(text.contains("listen = 127.0.0.1:0 (from flag --listen)\n"), "{text}");
    assert!(text.contains("slack_bot_token = set (from environment SLACK_BOT_TOKEN)\n"), "{text}");
    for secret in ["8f742231b10e8888abcd99yyyzzz85a5", "xoxb", "MfKQ9r8G"] {
        assert!(!text.contains(secret) && !errors.contains(secret));
    }
}

#[test]
fn an_address_that_is_taken_is_exit_code_1() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let data = tempfile::tempdir().unwrap();
    let store = format!("sled:{}", data.path().display());
    let serve = program(&["serve", "--listen", &address, "--admin-listen", "off", "--store", &store]);
    let output = with_secrets(serve).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(texts(&output).1.contains(&address));
}

#[test]
fn a_server_says_where_it_listens_and_stops_when_told() {
    let data = tempfile::tempdir().unwrap();
    let store = format!("sled:{}", data.path().display());
    let serve = program(&["serve", "--listen", "127.0.0.1:0", "--admin-listen", "off", "--store", &store]);
    let mut server =
        with_secrets(serve).env("SLACK_API_URL", "http://127.0.0.1:9/api").stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(server.stderr.take().unwrap()).lines();
    assert!(log.any(|line| line.unwrap().contains("listening on http://127.0.0.1:")));
    let told = Command::new("kill").args(["-TERM", &server.id().to_string()]).status().unwrap();
    assert!(told.success());
    // A full pipe would keep the server from stopping.
    for line in log {
        line.unwrap();
    }
    assert_eq!(server.wait().unwrap().code(), Some(0));
}

/// An endpoint that answers as told to a webhook signed with the secret, and 401 to any other.
async fn endpoint(answer: StatusCode) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let answer = move |headers: HeaderMap, body: Bytes| async move {
        let signed = Webhook::new(WEBHOOK_SECRET).unwrap().verify(&body, &headers);
        signed.map_or(StatusCode::UNAUTHORIZED, |()| answer)
    };
    let router = Router::new().route("/webhooks/segments", axum::routing::post(answer));
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}/webhooks/segments")
}

async fn send(url: String, secret: &'static str) -> Output {
    tokio::task::spawn_blocking(move || {
        let mut send = program(&["send", "issue.closed", "--url", &url]);
        send.env("SEGMENTS_WEBHOOK_SECRET", secret).output().unwrap()
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn a_test_webhook_is_signed_and_its_answer_is_told() {
    let output = send(endpoint(StatusCode::NO_CONTENT).await, WEBHOOK_SECRET).await;
    assert_eq!(output.status.code(), Some(0), "{:?}", texts(&output));
    assert!(texts(&output).0.starts_with("issue.closed 204 No Content msg_"));
}

#[tokio::test]
async fn a_test_webhook_finds_the_endpoint_of_a_server() {
    let server = endpoint(StatusCode::NO_CONTENT).await.replace("/webhooks/segments", "");
    assert_eq!(send(server, WEBHOOK_SECRET).await.status.code(), Some(0));
}

#[tokio::test]
async fn a_test_webhook_that_is_refused_is_exit_code_1() {
    let output = send(endpoint(StatusCode::NO_CONTENT).await, "whsec_c29tZXRoaW5nIGVsc2U=").await;
    assert_eq!(output.status.code(), Some(1));
    assert!(texts(&output).1.contains("401"));
    let output = send(endpoint(StatusCode::SERVICE_UNAVAILABLE).await, WEBHOOK_SECRET).await;
    assert_eq!(output.status.code(), Some(1));
}

#[tokio::test]
async fn a_test_webhook_that_finds_no_server_is_exit_code_1() {
    let nobody = Closed::new();
    let output = send(format!("{}/webhooks/segments", nobody.url()), WEBHOOK_SECRET).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(texts(&output).1.contains("could not send"));
}
