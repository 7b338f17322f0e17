//! The program as a process: killed at any moment, stopped in order, and spoken to by strangers.

mod rounds;

use crate::harness::process::{Outside, now};
use crate::harness::{BOT_TOKEN, HANG_GUARD, SIGNING_SECRET, WEBHOOK_SECRET, fixture};
use segments_slack::sandbox::slack::Fault;
use segments_slack::store::Backlog;
use svix::webhooks::Webhook;

#[tokio::test(flavor = "multi_thread")]
async fn a_card_survives_kill_9_between_the_answer_and_the_post() {
    let outside = Outside::start(1).await;
    let server = outside.boot_ready().await;
    outside.types("/segments subscribe jane/flowers sample.*", "C1").await;
    outside.slack.fail_next(Fault::RateLimit { retry_after: 2 });
    server.sample_created("jane/flowers", "survivor.png").await;
    server.kill();
    assert_eq!(outside.saying("C1", "survivor.png").len(), 0);
    let server = outside.boot_ready().await;
    outside.until("the card", || outside.saying("C1", "survivor.png").len() == 1).await;
    assert_eq!(server.stop().await.0.code(), Some(0));
    assert_eq!(outside.saying("C1", "survivor.png").len(), 1);
    assert_eq!(outside.backlog().await, Backlog::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn serve_answers_as_promised_from_outside() {
    let outside = Outside::start(1).await;
    let server = outside.boot_ready().await;
    outside.types("/segments subscribe * *", "C1").await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let sample = fixture("sample.created.image");
    let sign = |time: i64, body: &str| Webhook::new(WEBHOOK_SECRET).unwrap().sign("msg_1", time, body.as_bytes());
    let time = now().as_second();
    let good = sign(time, &sample).unwrap();
    let old = sign(time - 600, &sample).unwrap();
    let no_json = sign(time, "{").unwrap();
    let large = " ".repeat(5 * 1024 * 1024);
    let cases = [
        ("", time, Some("v1,R3PTzyfHASBKHH98a7yexTwaJ4yNIcGhFQc1yuN+BPU="), &sample[..], 401),
        ("", time - 600, Some(&old), &sample, 401),
        ("", time, None, &sample, 400),
        ("", time, Some(&good), &large, 413),
        ("", time, Some(&no_json), "{", 400),
        ("/nobody", time, Some(&good), &sample, 404),
        ("", time, Some(&good), &sample, 204),
    ];
    for (account, time, signature, body, expected) in cases {
        let mut request = client.post(format!("{}/webhooks/segments{account}", server.url)).body(body.to_owned());
        request = request.header("svix-id", "msg_1").header("svix-timestamp", time.to_string());
        if let Some(signature) = signature {
            request = request.header("svix-signature", signature);
        }
        assert_eq!(request.send().await.unwrap().status().as_u16(), expected);
    }
    outside.until("the one card", || !outside.saying("C1", "rose.png").is_empty()).await;
    let (_, mut log) = server.stop().await;
    let refused = log.iter().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let refused = refused.filter(|line| line["level"] == "WARN").map(|line| line["fields"]["http.status"].clone());
    assert_eq!(refused.collect::<Vec<_>>(), [401, 401, 400, 413, 400, 404], "{log:#?}");

    // What was refused was not kept: nothing of it comes up with the next server.
    log.extend(outside.boot_ready().await.stop().await.1);
    assert_eq!(outside.saying("C1", "rose.png").len(), 1);
    let posted = outside.slack.calls().into_iter().filter(|call| call.method == "chat.postMessage");
    assert_eq!(posted.count(), 1);
    assert_eq!(outside.backlog().await, Backlog::default());
    let secrets = [WEBHOOK_SECRET.trim_start_matches("whsec_"), SIGNING_SECRET, BOT_TOKEN, &good, &old, &no_json];
    for line in log {
        assert!(!secrets.iter().any(|secret| line.contains(secret)), "a secret is in the log: {line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_while_slack_hangs_is_clean_and_calls_are_reconciled() {
    let outside = Outside::start(1).await;
    let server = outside.boot_ready().await;
    for channel in ["C1", "C2"] {
        outside.types("/segments subscribe jane/flowers sample.*", channel).await;
    }
    // One of the two calls is done, the other is not.
    outside.slack.fail_next(Fault::Hang);
    outside.slack.fail_next(Fault::LoseAnswerHang);
    server.sample_created("jane/flowers", "hanging.png").await;
    let mut hanging = outside.slack.hanging();
    tokio::time::timeout(HANG_GUARD, hanging.wait_for(|calls| *calls == 2)).await.unwrap().unwrap();
    let (ended, log) = tokio::time::timeout(HANG_GUARD, server.stop()).await.expect("it ends although calls hang");
    assert_eq!(ended.code(), Some(0), "{log:#?}");
    assert!(log.iter().any(|line| line.contains("a call was still running after 9s")), "{log:#?}");

    let server = outside.boot_ready().await;
    let count = || ["C1", "C2"].map(|channel| outside.saying(channel, "hanging.png").len());
    outside.until("both cards", || count() == [1, 1]).await;
    server.stop().await;
    assert_eq!(count(), [1, 1]);
    assert_eq!(outside.backlog().await, Backlog::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_server_on_the_same_folder_leaves_the_first_alone() {
    let outside = Outside::start(1).await;
    let server = outside.boot_ready().await;
    outside.types("/segments subscribe jane/flowers sample.*", "C1").await;
    let mut second = outside.serve();
    let second = tokio::task::spawn_blocking(move || second.output().unwrap()).await.unwrap();
    assert_eq!(second.status.code(), Some(1));
    let errors = String::from_utf8(second.stderr).unwrap();
    assert!(errors.contains("is in use by another process"), "{errors}");
    server.sample_created("jane/flowers", "first.png").await;
    outside.until("the card", || outside.saying("C1", "first.png").len() == 1).await;
}
