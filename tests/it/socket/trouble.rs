//! Connections that do not come about, end, or give no sign of life; a token that is refused.

use crate::harness::failing::{How, When};
use crate::harness::socket::APP_TOKEN;
use crate::harness::{Bench, channel, seconds, user, workspace};
use segments_slack::sandbox::slack::Fault;
use std::time::Duration;

fn minutes(minutes: u64) -> Duration {
    Duration::from_mins(minutes)
}

#[tokio::test]
async fn stable_connections_reopen_at_once_and_unstable_ones_back_off() {
    let bench = Bench::start_by_socket().await;
    bench.slack.cuts_connections();
    while bench.openings() < 2 {
        tokio::task::yield_now().await;
    }
    bench.until_connections(1).await;
    bench.slack.set_outage(true);
    bench.slack.cuts_connections();
    bench.until_connections(0).await;
    bench.after(minutes(30)).await;
    let tried = bench.openings() - 2;
    assert!((8..=20).contains(&tried), "{tried} tries in half an hour");
    assert_eq!(bench.ready().await.1, "slack: ok\nsocket: ok, connecting again\nstore: ok\n");
    bench.slack.set_outage(false);
    bench.after(minutes(6)).await;
    bench.lists().await;
}

#[tokio::test]
async fn a_connection_that_gives_no_sign_of_life_is_given_up() {
    let bench = Bench::start_by_socket().await;
    bench.slack.hushes_connections();
    bench.until_connections(0).await;
    bench.after(seconds(39)).await;
    // It was heard last a few seconds before it fell silent.
    bench.after(seconds(2)).await;
    bench.until_connections(1).await;
    bench.lists().await;
    assert_eq!(bench.openings(), 2);
}

#[tokio::test]
async fn slack_is_asked_again_when_it_says_and_not_before() {
    let bench = Bench::start_by_socket().await;
    bench.slack.fail_next_of("apps.connections.open", Fault::RateLimit { retry_after: 90 });
    bench.slack.cuts_connections();
    while bench.openings() < 2 {
        tokio::task::yield_now().await;
    }
    bench.after(seconds(89)).await;
    assert_eq!((bench.openings(), bench.slack.connections()), (2, 0));
    bench.after(seconds(2)).await;
    bench.until_connections(1).await;
    bench.lists().await;
}

#[tokio::test]
async fn a_refused_token_is_told_once_and_tried_every_five_minutes() {
    let bench = Bench::start_by_socket().await;
    bench.slack.turn_on_socket_mode("xapp-1-another");
    bench.slack.cuts_connections();
    while bench.openings() < 2 {
        tokio::task::yield_now().await;
    }
    bench.settle().await;
    let (status, text) = bench.ready().await;
    assert_eq!((status, text.as_str()), (503, "slack: ok\nsocket: not accepted: invalid_auth\nstore: ok\n"));
    bench.after(minutes(21)).await;
    assert_eq!(bench.openings(), 6);
    assert_eq!(bench.errors(), 1);
    bench.forgive_errors();
    // Webhooks go on meanwhile.
    assert_eq!(bench.webhook("sample.created.image").await, 204);
    bench.slack.turn_on_socket_mode(APP_TOKEN);
    bench.after(minutes(5)).await;
    bench.lists().await;
    assert_eq!(bench.ready().await.0, 200);
}

#[tokio::test]
async fn disabled_socket_mode_gives_advice_and_recovers_when_enabled() {
    let bench = Bench::start_by_socket().await;
    bench.slack.turn_off_socket_mode();
    bench.after(seconds(10)).await;
    let (status, text) = bench.ready().await;
    assert!(status == 503 && text.contains("socket: not accepted: Socket Mode is turned off"), "{text}");
    assert_eq!(bench.errors(), 1);
    bench.forgive_errors();
    bench.slack.turn_on_socket_mode(APP_TOKEN);
    bench.after(minutes(5)).await;
    bench.lists().await;
    assert_eq!(bench.ready().await.0, 200);
}

#[tokio::test]
async fn an_event_that_was_not_stored_is_not_acked_and_is_resent() {
    let bench = Bench::start_by_socket().await;
    bench.user("U1").types("/segments subscribe jane/flowers sample.*").in_channel("G1").await;
    bench.read("G1");
    bench.strikes.after(0, When::Before, How::Fails);
    let (slack, home) = (bench.slack.clone(), workspace());
    let inviting = tokio::spawn(async move { slack.invite_bot(&home, &channel("G1"), &user("U1")).await });
    while bench.strikes.struck() == 0 {
        tokio::task::yield_now().await;
    }
    bench.settle().await;
    bench.assert_nothing_unread("G1");
    bench.after(seconds(3)).await;
    assert!(inviting.await.unwrap().timed_out, "it was not acknowledged");
    while bench.slack.calls().iter().all(|call| call.method != "chat.postMessage") {
        tokio::task::yield_now().await;
    }
    assert_eq!(bench.app().metrics.slack_requests.get("not_kept"), 1);
    assert!(bench.read("G1").text.contains("I can post here now"));
}

#[tokio::test]
async fn an_event_without_an_open_connection_comes_with_the_next() {
    let mut bench = Bench::start_by_socket().await;
    bench.stop().await;
    while bench.slack.connections() > 0 {
        tokio::task::yield_now().await;
    }
    bench.slack.invite_bot(&workspace(), &channel("C2"), &user("U1")).await;
    bench.boot_again().await;
    let is_welcome = || bench.slack.calls().iter().any(|call| call.method == "chat.postMessage");
    let counted = |word| bench.app().metrics.slack_requests.get(word);
    while counted("event") + counted("not_kept") == 0 {
        tokio::task::yield_now().await;
    }
    if counted("event") == 0 {
        // The connection was open before Slack had said who the bot is.
        bench.after(seconds(63)).await;
    }
    while !is_welcome() {
        tokio::task::yield_now().await;
    }
    bench.after(minutes(10)).await;
    assert!(bench.read("C2").text.contains("/segments subscribe"), "the welcome is said once");
}
