//! What is let in from Slack, and what is not.

use crate::harness::signed::{command, sign};
use crate::harness::{Bench, SIGNING_SECRET, workspace};
use serde_json::json;
use std::io::ErrorKind;
use std::net::TcpListener;

const PLACES: [&str; 3] = ["commands", "interactions", "events"];

#[tokio::test]
async fn whatever_slack_did_not_sign_just_now_changes_nothing() {
    let bench = Bench::start().await;
    let (body, now) = (command("T1", "1.t", "subscribe * *", ""), bench.clock.now().as_second());
    let cases = [
        (Some(now), Some(sign("another secret", now, body.as_bytes())), 401),
        (Some(now), Some(sign(SIGNING_SECRET, now, b"another body")), 401),
        (Some(now - 301), Some(sign(SIGNING_SECRET, now - 301, body.as_bytes())), 401),
        (Some(now + 301), Some(sign(SIGNING_SECRET, now + 301, body.as_bytes())), 401),
        (Some(now), None, 400),
        (None, Some(sign(SIGNING_SECRET, now, body.as_bytes())), 400),
        (Some(now), Some(String::new()), 401),
    ];
    for (timestamp, signature, expected) in cases {
        let timestamp = timestamp.map(|timestamp| timestamp.to_string());
        let headers: Vec<(&str, &str)> =
            [("x-slack-request-timestamp", timestamp.as_deref()), ("x-slack-signature", signature.as_deref())]
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?)))
                .collect();
        for place in PLACES {
            let (status, text) = bench.to_slack_door(place, &headers, body.clone().into_bytes()).await;
            assert_eq!(status, expected, "{place}: {text}");
        }
    }
    assert_eq!(bench.app().metrics.slack_requests.get("refused"), 7 * 3);
    assert!(bench.app().store.subscriptions(&workspace()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_mebibyte_is_read_and_a_byte_more_is_not() {
    let bench = Bench::start().await;
    let mut body = command("T1", "1.t", "status", "").into_bytes();
    body.extend_from_slice(b"&padding=");
    body.resize(1024 * 1024, b'x');
    assert_eq!(bench.slack_sends("commands", body.clone()).await.0, 200);
    body.push(b'x');
    for place in PLACES {
        let (status, text) = bench.slack_sends(place, body.clone()).await;
        assert_eq!(status, 413, "{text}");
    }
}

#[tokio::test]
async fn signed_rubbish_is_a_bad_request_and_never_an_error_of_ours() {
    let bench = Bench::start().await;
    for body in
        [&b""[..], b"%%%", b"payload=%7B", b"payload=null", b"{", b"[]", b"null", b"\xff\xfe", b"team_id=T1&team_id=T2"]
    {
        for place in PLACES {
            let (status, _) = bench.slack_sends(place, body).await;
            assert_eq!(status, 400, "{place}: {:?}", String::from_utf8_lossy(body));
        }
    }
}

#[tokio::test]
async fn slack_gets_its_challenge_back() {
    let bench = Bench::start().await;
    let body = json!({"type": "url_verification", "challenge": "3eZbrw1a<b>", "token": "t"}).to_string();
    assert_eq!(bench.slack_sends("events", body).await, (200, "3eZbrw1a<b>".to_owned()));
}

#[tokio::test]
async fn what_this_version_does_not_know_is_answered_and_left_alone() {
    let bench = Bench::start().await;
    for payload in [
        json!({"type": "message_action", "team": {"id": "T1"}}),
        json!({"type": "view_closed", "view": {}}),
        json!({"type": "a_type_of_next_year"}),
        json!({"type": "block_actions", "actions": []}),
        json!({
            "type": "block_actions", "team": {"id": "T1"}, "user": {"id": "U1"}, "trigger_id": "1.t",
            "actions": [{"action_id": "a button of next year", "new": [{}]}],
        }),
    ] {
        let form = serde_urlencoded::to_string([("payload", payload.to_string())]).unwrap();
        assert_eq!(bench.slack_sends("interactions", form).await.0, 200, "{payload}");
    }
    let event = json!({"type": "event_callback", "team_id": "T1", "event": {"type": "an_event_of_next_year"}});
    assert_eq!(bench.slack_sends("events", event.to_string()).await.0, 200);
}

#[tokio::test]
async fn another_workspaces_event_is_ignored() {
    let bench = Bench::start().await;
    let event = json!({"type": "event_callback", "team_id": "T2", "event": {"type": "app_uninstalled"}});
    assert_eq!(bench.slack_sends("events", event.to_string()).await.0, 200);
    assert_eq!(bench.app().workers.workspace_rejection(&workspace()), None);
    let ready = bench.http.get(bench.url("/readyz")).send().await.unwrap();
    assert_eq!(ready.status().as_u16(), 200);
}

#[tokio::test]
async fn a_response_url_that_is_not_slacks_is_never_called() {
    let bench = Bench::start().await;
    let foreign = TcpListener::bind("127.0.0.1:0").unwrap();
    foreign.set_nonblocking(true).unwrap();
    let url = format!("http://{}/response/1", foreign.local_addr().unwrap());
    let payload = json!({
        "type": "block_actions", "team": {"id": "T1"}, "user": {"id": "U1"}, "channel": {"id": "C1"},
        "trigger_id": "1.t", "response_url": url, "actions": [{"action_id": "list_page_0", "value": "0"}],
    });
    let form = serde_urlencoded::to_string([("payload", payload.to_string())]).unwrap();
    // The click is answered after its answer was to be sent.
    assert_eq!(bench.slack_sends("interactions", form).await.0, 200);
    let called = foreign.accept();
    assert_eq!(called.map_err(|error| error.kind()).err(), Some(ErrorKind::WouldBlock));
}
