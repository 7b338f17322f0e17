//! Socket Mode: whatever becomes of a connection, nothing is lost and nothing is done twice.

mod hostile;
mod long;
mod trouble;

use crate::harness::process::Outside;
use crate::harness::{BOT_TOKEN, Bench, WEBHOOK_SECRET, channel, seconds, user, workspace};
use segments_slack::clock::later;
use segments_slack::sandbox::slack::Fault;
use serde_json::json;
use std::time::Duration;

const SUBSCRIBE: &str = "/segments subscribe jane/flowers sample.*";

#[tokio::test]
async fn socket_mode_carries_everything_and_closes_the_http_routes() {
    let bench = Bench::start_by_socket().await;
    assert_eq!(bench.openings(), 1);
    bench.user("U1").types(SUBSCRIBE).in_channel("C1").await;
    assert!(bench.read("C1").text.contains("subscribed this channel"));
    bench.user("U1").clicks("undo").in_channel("C1").await;
    assert_eq!(bench.subscriptions().await, 0);
    bench.user("U1").types("/segments subscribe").in_channel("C2").await;
    let entries = bench.slack.suggests(&workspace(), &user("U1"), "dataset", "jane/*").await.unwrap();
    assert!(!entries.is_empty());
    let done = bench.slack.submits(&workspace(), &user("U1"), json!({})).await;
    assert!(done.is_err() || bench.slack.modal_errors(&workspace(), &user("U1")).is_some());
    assert!(bench.slack.opens_home(&workspace(), &user("U1")).await.is_success());
    let counted = ["command", "click", "suggestion", "event"];
    assert!(counted.iter().all(|word| bench.app().metrics.slack_requests.get(word) > 0));
    for place in ["commands", "interactions", "events"] {
        let (status, text) = bench.slack_sends(place, "team_id=T1").await;
        assert_eq!(status, 404);
        assert!(text.contains("Socket Mode") && text.contains("SLACK_SIGNING_SECRET"), "{text}");
    }
    assert_eq!(bench.ready().await, (200, "slack: ok\nsocket: ok\nstore: ok\n".to_owned()));
    bench.read_all("C1");
}

#[tokio::test]
async fn an_answer_that_no_ack_can_carry_uses_the_response_url() {
    let bench = Bench::start_by_socket().await;
    bench.slack.takes_no_answers();
    let answer = bench.user("U1").types("/segments list").in_channel("C1").await;
    assert_eq!((answer.status, answer.body.as_str()), (Some(200), ""));
    while !bench.slack.calls().iter().any(|call| call.method == "response_url" && call.result == "ok") {
        tokio::task::yield_now().await;
    }
    assert!(bench.read("C1").text.contains("no subscriptions yet"));
}

#[tokio::test]
async fn the_next_connection_opens_before_slack_closes_the_last() {
    for reason in ["warning", "refresh_requested", "a reason of next year"] {
        let bench = Bench::start_by_socket().await;
        bench.slack.disconnects(reason);
        bench.until_connections(2).await;
        // They come over both, in turn.
        for _ in 0..4 {
            bench.lists().await;
        }
        bench.after(seconds(10)).await;
        bench.until_connections(1).await;
        bench.lists().await;
        assert_eq!(bench.openings(), 2, "{reason}");
    }
}

#[tokio::test]
async fn a_command_with_a_lost_ack_is_repeated_but_done_once() {
    let bench = Bench::start_by_socket().await;
    bench.slack.loses_next_acknowledgement();
    let answer = bench.user("U1").types(SUBSCRIBE).in_channel("C1").await;
    assert!(answer.is_success(), "{answer:?}");
    assert!(bench.read("C1").text.contains("jane/flowers"));
    assert_eq!((bench.subscriptions().await, bench.openings()), (1, 2));
    bench.slack.loses_next_acknowledgement();
    // The connection was young: the next one comes after a pause, and the click again with it.
    let clicking = bench.user("U1").types("/segments unsubscribe #1").in_channel("C1");
    let (answer, ()) = tokio::join!(clicking, bench.passes_when_down(2));
    assert!(answer.is_success(), "{answer:?}");
    assert_eq!(bench.subscriptions().await, 0);
    bench.read_all("C1");
}

#[tokio::test]
async fn a_repeated_command_posts_its_sample_card_once() {
    let bench = Bench::start_by_socket().await;
    bench.user("U1").types(SUBSCRIBE).in_channel("C1").await;
    bench.read("C1");
    bench.slack.loses_next_acknowledgement();
    let answer = bench.user("U1").types("/segments test").in_channel("C1").await;
    assert!(answer.is_success(), "{answer:?}");
    assert_eq!(bench.openings(), 2, "it came a second time");
    let said = bench.read_all("C1");
    let cards = said.iter().filter(|shown| shown.ephemeral_to.is_none());
    assert_eq!(cards.count(), 1, "{said:#?}");
    assert!(said.iter().any(|shown| shown.ephemeral_to.is_some() && shown.text.contains("#1")), "{said:#?}");
}

#[tokio::test]
async fn a_broken_connection_loses_no_answer_of_a_running_command() {
    let bench = Bench::start_by_socket().await;
    bench.slack.fail_next_of("conversations.info", Fault::Hang);
    let (home, ann, c1) = (workspace(), user("U1"), channel("C1"));
    let typing = bench.slack.types(&home, &ann, &c1, SUBSCRIBE);
    let breaking = async {
        while *bench.slack.hanging().borrow() == 0 {
            tokio::task::yield_now().await;
        }
        bench.slack.cuts_connections();
    };
    let (answer, ()) = tokio::join!(typing, breaking);
    assert!(answer.is_success(), "{answer:?}");
    bench.after(seconds(6)).await;
    while bench.slack.calls().iter().all(|call| call.method != "response_url") {
        tokio::task::yield_now().await;
    }
    assert_eq!(bench.subscriptions().await, 1);
    let said: Vec<_> =
        bench.read_all("C1").into_iter().map(|shown| (shown.ephemeral_to.is_some(), shown.text)).collect();
    let told = said.iter().filter(|(private, text)| !private && text.contains("subscribed this channel"));
    assert_eq!(told.count(), 1, "the channel is told once: {said:#?}");
}

#[tokio::test]
async fn shutdown_finishes_and_acknowledges_running_work() {
    let mut bench = Bench::start_by_socket().await;
    bench.slack.fail_next_of("conversations.info", Fault::Hang);
    let (slack, home, clock) = (bench.slack.clone(), workspace(), bench.clock.clone());
    let typing = tokio::spawn(async move { slack.types(&home, &user("U1"), &channel("C1"), SUBSCRIBE).await });
    while *bench.slack.hanging().borrow() == 0 {
        tokio::task::yield_now().await;
    }
    let begun = clock.now();
    let passing = async {
        clock.set(later(begun, Duration::from_millis(2500)));
        // The command is acknowledged while the program ends, and then goes on as far as Slack lets it.
        let answer = typing.await.unwrap();
        clock.set(later(begun, seconds(5)));
        answer
    };
    let ((), answer) = tokio::join!(bench.stop(), passing);
    assert!(answer.is_success(), "{answer:?}");
    bench.boot_again().await;
    assert_eq!(bench.subscriptions().await, 1);
    assert!(bench.read("C1").text.contains("subscribed this channel"));
}

#[tokio::test]
async fn socket_mode_needs_no_signing_secret_and_logs_no_secrets() {
    let outside = Outside::start(1).await;
    let server = outside.boot_by_socket().await;
    outside.types(SUBSCRIBE, "C1").await;
    server.sample_created("jane/flowers", "an-unheard-of-rose.png").await;
    outside.until("a card", || !outside.saying("C1", "an-unheard-of-rose.png").is_empty()).await;
    let (status, log) = server.stop().await;
    let log = log.join("\n");
    assert!(status.success(), "{log}");
    assert!(log.contains("Socket Mode is on") && log.contains("all work in progress is finished"), "{log}");
    assert!(log.contains("TRACE"), "it was asked to say everything");
    for secret in ["xapp-", "ticket", BOT_TOKEN, WEBHOOK_SECRET, "an-unheard-of-rose", SUBSCRIBE] {
        let lines: Vec<&str> = log.lines().filter(|line| line.contains(secret)).collect();
        assert!(lines.is_empty(), "{secret}: {lines:#?}");
    }
}
