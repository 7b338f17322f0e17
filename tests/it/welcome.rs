//! The welcome: once in a channel that somebody brings the bot into, and nowhere else.

use crate::harness::{Bench, channel, user, workspace};
use segments_slack::sandbox::slack::Fault;
use serde_json::{Value, json};

async fn invited(bench: &Bench, id: &str) {
    assert!(bench.slack.invite_bot(&workspace(), &channel(id), &user("U1")).await.is_success());
    bench.settle().await;
}

fn joined(bench: &Bench, id: &str) -> Value {
    json!({"type": "member_joined_channel", "user": bench.slack.bot_user(&workspace()), "channel": id})
}

#[tokio::test]
async fn a_channel_that_the_bot_is_invited_into_is_told_how_to_begin() {
    let bench = Bench::start().await;
    invited(&bench, "G1").await;
    let shown = bench.read("G1");
    assert!(
        shown.ephemeral_to.is_none() && shown.text.contains("`/segments subscribe jane/flowers`"),
        "{}",
        shown.text
    );
    bench.user("U2").clicks("help").in_channel("G1").await;
    let help = bench.read("G1");
    assert!(help.ephemeral_to == Some(user("U2")) && help.text.contains("What you can type"), "{}", help.text);
    bench.user("U2").clicks("subscribe").in_channel("G1").await;
    let modal = bench.slack.modal(&workspace(), &user("U2")).unwrap();
    assert!(modal.to_string().contains(r#""initial_conversation":"G1""#), "{modal}");
}

#[tokio::test]
async fn a_channel_is_welcomed_once_despite_repeats_and_restarts() {
    let mut bench = Bench::start().await;
    invited(&bench, "G1").await;
    bench.read("G1");
    let event = joined(&bench, "G1");
    bench.slack.sends_event_again(&workspace(), event.clone(), "Ev1", 0).await;
    bench.slack.sends_event_again(&workspace(), event, "Ev1", 1).await;
    bench.restart().await;
    bench.slack.remove_bot(&workspace(), &channel("G1"), &user("U1")).await;
    invited(&bench, "G1").await;
    bench.assert_nothing_unread("G1");
}

#[tokio::test]
async fn whoever_subscribes_a_channel_needs_no_welcome() {
    let bench = Bench::start().await;
    bench.user("U1").types("/segments subscribe jane/flowers").in_channel("C2").await;
    bench.read("C2");
    let event = joined(&bench, "C2");
    bench.slack.sends_event(&workspace(), event.clone()).await;
    bench.user("U1").types("/segments unsubscribe #1").in_channel("C2").await;
    bench.read("C2");
    bench.slack.sends_event(&workspace(), event).await;
    bench.settle().await;
    bench.assert_nothing_unread("C2");
}

#[tokio::test]
async fn what_waited_begins_in_place_of_a_welcome() {
    let bench = Bench::start().await;
    bench.user("U1").types("/segments subscribe jane/flowers sample.*").in_channel("G1").await;
    bench.read("G1");
    invited(&bench, "G1").await;
    assert!(bench.read("G1").text.starts_with("I can post here now."));
}

#[tokio::test]
async fn only_the_bots_own_open_channels_are_welcomed() {
    let bench = Bench::start().await;
    let mut other = joined(&bench, "C1");
    other["user"] = json!("U2");
    bench.slack.sends_event(&workspace(), other).await;
    bench.slack.sends_event(&workspace(), joined(&bench, "D1")).await;
    bench.slack.archive(&workspace(), &channel("C1"), &user("U1")).await;
    bench.slack.sends_event(&workspace(), joined(&bench, "C1")).await;
    bench.slack.sends_event(&workspace(), joined(&bench, "C99")).await;
    bench.settle().await;
    for id in ["C1", "C2", "D1"] {
        bench.assert_nothing_unread(id);
    }
    // The channel was not welcomed, and is when it is a place for it.
    bench.slack.unarchive(&workspace(), &channel("C1"), &user("U1")).await;
    invited(&bench, "C1").await;
    bench.read("C1");
}

#[tokio::test]
async fn a_welcome_that_slack_does_not_take_is_not_said_twice() {
    let bench = Bench::start().await;
    bench.slack.fail_next_of("chat.postMessage", Fault::LoseAnswer);
    invited(&bench, "G1").await;
    bench.read("G1");
    bench.slack.sends_event(&workspace(), joined(&bench, "G1")).await;
    bench.assert_nothing_unread("G1");
}
