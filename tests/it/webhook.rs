//! What Segments.ai is answered, and that nothing is kept of what is refused.

use crate::harness::installing::{OTHER_SECRET, other};
use crate::harness::{Bench, Serves, WEBHOOK_SECRET, fixture, seconds, workspace};
use segments_slack::clock::later;
use segments_slack::sandbox::slack::Fault;
use svix::webhooks::Webhook;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Sends a body with headers made by hand; gives the status and the answer's text.
async fn send(bench: &Bench, path: &str, headers: &[(&str, &str)], body: impl Into<reqwest::Body>) -> (u16, String) {
    let mut request = bench.http.post(bench.url(path)).body(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    bench.settle().await;
    (status, text)
}

fn sign(id: &str, timestamp: i64, body: &[u8]) -> String {
    Webhook::new(WEBHOOK_SECRET).unwrap().sign(id, timestamp, body).unwrap()
}

async fn subscribed() -> Bench {
    let bench = Bench::start().await;
    bench.user("U1").types("/segments subscribe * *").in_channel("C1").await;
    bench.read("C1");
    bench
}

#[tokio::test]
async fn both_header_families_are_accepted() {
    let bench = subscribed().await;
    let (body, now) = (fixture("sample.created.image"), bench.clock.now().as_second());
    for (family, id) in [("svix", "msg_1"), ("webhook", "msg_2")] {
        let (timestamp, signature) = (now.to_string(), sign(id, now, body.as_bytes()));
        let names = ["id", "timestamp", "signature"].map(|name| format!("{family}-{name}"));
        let headers = [(names[0].as_str(), id), (&names[1], &timestamp), (&names[2], &signature)];
        let (status, _) = send(&bench, "/webhooks/segments", &headers, body.clone()).await;
        assert_eq!(status, 204, "{family}");
        bench.after(seconds(1)).await;
        assert!(bench.read("C1").text.contains("rose.png"));
    }
}

#[tokio::test]
async fn unsigned_and_stale_webhooks_are_refused_without_a_trace() {
    let bench = subscribed().await;
    let (body, now) = (fixture("sample.created.image"), bench.clock.now().as_second());
    let good = sign("msg_1", now, body.as_bytes());
    let headers = |timestamp: i64, signature: &str| {
        [
            ("svix-id", "msg_1".to_owned()),
            ("svix-timestamp", timestamp.to_string()),
            ("svix-signature", signature.to_owned()),
        ]
    };
    let cases = [
        (headers(now, "v1,R3PTzyfHASBKHH98a7yexTwaJ4yNIcGhFQc1yuN+BPU="), 401, "signature"),
        (headers(now, &good.replace("v1,", "v2,")), 401, "signature"),
        (headers(now - 301, &sign("msg_1", now - 301, body.as_bytes())), 401, "timestamp"),
        (headers(now + 301, &sign("msg_1", now + 301, body.as_bytes())), 401, "timestamp"),
        (headers(now + 1, &good), 401, "signature"),
    ];
    for (headers, expected, why) in cases {
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        let (status, text) = send(&bench, "/webhooks/segments", &headers, body.clone()).await;
        assert_eq!(status, expected, "{text}");
        assert!(text.contains(why), "{text}");
        assert!(!text.contains(&good), "the answer tells what would pass");
    }
    for missing in 0..3 {
        let timestamp = now.to_string();
        let all = [("svix-id", "msg_1"), ("svix-timestamp", timestamp.as_str()), ("svix-signature", good.as_str())];
        let some: Vec<_> = all.iter().enumerate().filter(|(place, _)| *place != missing).map(|(_, h)| *h).collect();
        let (status, text) = send(&bench, "/webhooks/segments", &some, body.clone()).await;
        assert_eq!(status, 400);
        assert!(text.contains(all[missing].0.trim_start_matches("svix-")), "{text}");
    }
    bench.assert_nothing_unread("C1");
    assert_eq!(bench.app().metrics.webhooks.get("bad_signature"), 8);
    // The id was not taken by any of them: the message itself is still news.
    assert_eq!(bench.message("msg_1", &body).await, 204);
    bench.read("C1");
}

#[tokio::test]
async fn an_oversized_body_is_refused_with_an_answer() {
    let bench = subscribed().await;
    let body = vec![b' '; 5 * 1024 * 1024];
    let (status, text) = send(&bench, "/webhooks/segments", &[], body).await;
    assert_eq!(status, 413, "{text}");
    assert!(text.contains("4194304"), "{text}");
}

#[tokio::test]
async fn signed_bytes_that_are_no_json_are_refused_and_counted() {
    let bench = subscribed().await;
    assert_eq!(bench.body("this is no JSON").await, 400);
    assert_eq!(bench.body("").await, 400);
    assert_eq!(bench.app().metrics.webhooks.get("undecodable"), 2);
    bench.assert_nothing_unread("C1");
}

#[tokio::test]
async fn an_unknown_account_is_not_found() {
    let bench = Bench::start().await;
    let (status, _) = send(&bench, "/webhooks/segments/5b1c0de", &[], fixture("sample.created.image")).await;
    assert_eq!(status, 404);
    assert_eq!(bench.app().metrics.webhooks.get("unknown_account"), 1);
}

#[tokio::test]
async fn a_test_message_is_accepted_and_shown_in_status() {
    let bench = subscribed().await;
    assert_eq!(bench.webhook("envelope.portal-test-message").await, 204);
    bench.assert_nothing_unread("C1");
    bench.user("U1").types("/segments status").in_channel("C1").await;
    let status = bench.read("C1");
    assert!(status.blocks.to_string().to_lowercase().contains("test message"), "{}", status.blocks);
}

#[tokio::test]
async fn a_webhook_sent_twice_is_posted_once() {
    let bench = subscribed().await;
    let body = fixture("sample.created.image");
    assert_eq!(bench.message("msg_same", &body).await, 204);
    assert_eq!(bench.message("msg_same", &body).await, 204);
    bench.read("C1");
    bench.after(seconds(60)).await;
    bench.assert_nothing_unread("C1");
    assert_eq!(bench.app().metrics.webhooks.get("duplicate"), 1);
}

#[tokio::test]
async fn a_replayed_unmatched_event_reaches_new_subscribers() {
    let bench = Bench::start().await;
    let body = fixture("sample.created.image");
    assert_eq!(bench.message("msg_early", &body).await, 204);
    bench.user("U1").types("/segments subscribe jane/flowers sample.*").in_channel("C1").await;
    bench.read("C1");
    assert_eq!(bench.message("msg_early", &body).await, 204);
    bench.read("C1");
}

/// Every sample payload is accepted, and each that is an event arrives as one message: here its text.
#[tokio::test]
async fn every_payload_arrives() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/payloads");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap().trim_end_matches(".json").to_owned())
        .collect();
    names.sort();
    assert_eq!(names.len(), 40);
    let mut shown = Vec::new();
    for name in names {
        // A server of its own: some are earlier states of others' objects.
        let bench = subscribed().await;
        assert_eq!(bench.webhook(&name).await, 204, "{name}");
        match bench.read_all("C1").as_slice() {
            [] => shown.push(format!("{name}: nothing")),
            [message] => shown.push(format!("{name}: {}", message.text)),
            several => panic!("{name}: {several:#?}"),
        }
    }
    insta::assert_snapshot!(shown.join("\n"));
}

#[tokio::test]
async fn a_body_that_stops_half_way_is_given_up_after_ten_seconds() {
    let bench = Bench::start().await;
    let address = bench.url("").trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let head = format!("POST /webhooks/segments HTTP/1.1\r\nhost: {address}\r\ncontent-length: 100\r\n\r\nhalf");
    stream.write_all(head.as_bytes()).await.unwrap();
    let limit = later(bench.clock.now(), seconds(10));
    while bench.clock.next_deadline() != Some(limit) {
        tokio::task::yield_now().await;
    }
    bench.after(seconds(10)).await;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert_eq!(bench.app().metrics.webhooks.get("too_slow"), 1);
}

#[tokio::test]
async fn webhooks_during_an_outage_need_a_token_that_slack_confirmed() {
    let mut bench = Bench::start_serving(Serves::One).await;
    bench.user("U1").types("/segments subscribe * *").in_channel("C1").await;
    bench.read("C1");
    let away = || Fault::Code("internal_error".to_owned());
    bench.slack.fail_next_of("auth.test", away());
    bench.restart().await;
    assert_eq!(bench.webhook("sample.created.image").await, 204);
    bench.after(seconds(5)).await;
    bench.read("C1");
    // Now the server is given to another workspace, on the same store.
    bench.serves = Serves::Other;
    bench.slack.fail_next_of("auth.test", away());
    bench.restart().await;
    let sends = async |id: &str| {
        let url = bench.url("/webhooks/segments");
        let sent = bench.signed_with(OTHER_SECRET, url, id, &fixture("sample.deleted.basic")).send().await.unwrap();
        bench.settle().await;
        sent.status().as_u16()
    };
    assert_eq!(sends("msg_other").await, 503);
    bench.after(seconds(5)).await;
    assert_eq!(sends("msg_other").await, 204);
    let store = &bench.app().store;
    assert_eq!(store.accounts(&other()).await.unwrap().len(), 1);
    assert_eq!(store.backlog(&workspace()).await.unwrap().pending, 0, "nothing of it came to the workspace of before");
    bench.forgive_errors();
}
