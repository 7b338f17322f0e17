//! Frames that Slack never sends, and envelopes of a later version of it.

use crate::harness::{Bench, seconds};
use serde_json::json;

const MEBIBYTE: usize = 1024 * 1024;

#[tokio::test]
async fn a_frame_that_is_not_slacks_leaves_the_connection_open() {
    let bench = Bench::start_by_socket().await;
    let deep = format!("{{\"type\":\"x\",\"payload\":{}", "[".repeat(100_000));
    let frames = ["", "{", "null", "[]", "{}", "{\"type\":7}", "{\"type\":\"events_api\",\"envelope_id\":\"\"}", &deep];
    for frame in frames {
        bench.slack.sends_text(frame);
    }
    bench.slack.sends_text(&json!({"type": "a frame of next year"}).to_string());
    bench.slack.sends_text(&json!({"type": "disconnect?", "reason": [1]}).to_string());
    bench.slack.sends_bytes(&[0xff; 1000]);
    bench.lists().await;
    let counted = |word| bench.app().metrics.slack_requests.get(word);
    assert_eq!((counted("malformed"), counted("unknown_frame"), counted("binary")), (9, 1, 1));
    assert_eq!((bench.openings(), bench.slack.connections()), (1, 1));
}

#[tokio::test]
async fn unknown_envelopes_are_acknowledged_and_ignored() {
    let bench = Bench::start_by_socket().await;
    for (kind, payload) in [
        ("an_envelope_of_next_year", json!({"x": 1})),
        ("events_api", json!({"type": "event_callback", "team_id": "T1", "event": {"type": "of next year"}})),
        ("events_api", json!({"type": "url_verification", "challenge": "x"})),
        ("interactive", json!({"type": "of next year"})),
        ("events_api", json!({"team_id": [{}]})),
        ("slash_commands", json!(null)),
        ("interactive", json!("payload=x")),
    ] {
        let answer = bench.slack.sends_envelope(kind, payload).await;
        assert_eq!((answer.status, answer.body.as_str()), (Some(200), ""), "{kind}");
    }
    let counted = |word| bench.app().metrics.slack_requests.get(word);
    assert_eq!((counted("unknown_envelope"), counted("malformed")), (1, 3));
}

#[tokio::test]
async fn an_envelope_of_another_workspace_changes_nothing() {
    let bench = Bench::start_by_socket().await;
    let event = json!({"type": "event_callback", "team_id": "T2", "event": {"type": "app_uninstalled"}});
    assert!(bench.slack.sends_envelope("events_api", event).await.is_success());
    let command = json!({
        "team_id": "T2", "channel_id": "C1", "user_id": "U1", "text": "subscribe * *", "trigger_id": "1.t",
        "response_url": "https://evil.example.com/",
    });
    let answer = bench.slack.sends_envelope("slash_commands", command).await;
    assert!(answer.body.contains("the other workspace"), "{}", answer.body);
    assert_eq!(bench.subscriptions().await, 0);
    assert_eq!(bench.ready().await.0, 200);
}

#[tokio::test]
async fn an_oversized_frame_ends_only_its_connection() {
    let bench = Bench::start_by_socket().await;
    let fits = json!({"type": "x", "padding": "x".repeat(MEBIBYTE - 25)}).to_string();
    assert_eq!(fits.len(), MEBIBYTE);
    bench.slack.sends_text(&fits);
    bench.lists().await;
    assert_eq!(bench.openings(), 1);
    bench.slack.sends_text(&format!("{fits} "));
    while bench.openings() < 2 {
        tokio::task::yield_now().await;
    }
    bench.until_connections(1).await;
    bench.after(seconds(1)).await;
    bench.lists().await;
    assert_eq!(bench.app().metrics.slack_requests.get("too_large"), 1);
}
