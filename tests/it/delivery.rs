//! From an accepted webhook to the channel, on bad days too.

use crate::harness::failing::{How, When};
use crate::harness::mortal::Mortal;
use crate::harness::{BOT_TOKEN, Bench, channel, fixture, seconds, user, workspace};
use segments_slack::delivery::DeliveryWorkers;
use segments_slack::model::{ChannelRef, SubscriptionState};
use segments_slack::sandbox::slack::Fault;
use segments_slack::slack::api::SlackApi;
use segments_slack::store::{Durability, sled::SledStore};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

async fn subscribed() -> Bench {
    let bench = Bench::start().await;
    bench.user("U1").types("/segments subscribe jane/flowers sample.*").in_channel("C1").await;
    bench.read("C1");
    bench
}

#[tokio::test]
async fn a_subscribed_event_is_a_card_in_the_channel_at_once() {
    let bench = subscribed().await;
    assert_eq!(bench.webhook("sample.created.image").await, 204);
    assert!(bench.read("C1").text.contains("rose.png"));
}

#[tokio::test]
async fn an_event_that_was_not_asked_for_is_not_posted() {
    let bench = subscribed().await;
    assert_eq!(bench.webhook("issue.created.basic").await, 204);
    assert_eq!(bench.webhook("dataset.updated.minimal-fields").await, 204);
    bench.after(seconds(10)).await;
    bench.assert_nothing_unread("C1");
}

#[tokio::test]
async fn messages_of_a_channel_are_a_second_apart_and_in_order() {
    let bench = Bench::start().await;
    bench.user("U1").types("/segments subscribe jane/flowers *").in_channel("C1").await;
    bench.read("C1");
    for name in ["sample.created.image", "issue.created.basic", "release.created.basic"] {
        assert_eq!(bench.webhook(name).await, 204);
    }
    assert!(bench.read("C1").text.contains("rose.png"));
    bench.after(seconds(1)).await;
    assert!(bench.read("C1").text.to_lowercase().contains("issue"));
    bench.assert_nothing_unread("C1");
    bench.after(seconds(1)).await;
    assert!(bench.read("C1").text.to_lowercase().contains("release"));
}

#[tokio::test]
async fn a_rate_limit_is_obeyed_to_the_second() {
    let bench = subscribed().await;
    bench.slack.fail_next(Fault::RateLimit { retry_after: 30 });
    bench.webhook("sample.created.image").await;
    bench.after(seconds(29)).await;
    bench.assert_nothing_unread("C1");
    bench.after(seconds(1)).await;
    bench.read("C1");
}

#[tokio::test]
async fn a_broken_slack_is_tried_again_with_longer_and_longer_pauses() {
    let bench = subscribed().await;
    for _ in 0..4 {
        bench.slack.fail_next(Fault::Status(503));
    }
    bench.webhook("sample.created.image").await;
    // At most 1 + 2 + 4 + 8 seconds of pauses.
    bench.after(seconds(15)).await;
    bench.read("C1");
    let calls = bench.slack.calls().into_iter().filter(|call| call.method == "chat.postMessage");
    assert_eq!(
        calls.map(|call| call.result).collect::<Vec<_>>(),
        ["http_503", "http_503", "http_503", "http_503", "ok"]
    );
}

#[tokio::test]
async fn a_lane_that_is_limited_delays_no_other() {
    let bench = subscribed().await;
    bench.user("U2").types("/segments subscribe jane/flowers issue.*").in_channel("C2").await;
    bench.read("C2");
    bench.slack.fail_next(Fault::RateLimit { retry_after: 600 });
    bench.webhook("sample.created.image").await;
    bench.webhook("issue.created.basic").await;
    bench.read("C2");
    bench.assert_nothing_unread("C1");
    bench.after(seconds(600)).await;
    bench.read("C1");
}

#[tokio::test]
async fn what_was_accepted_before_a_restart_is_posted_after_it() {
    let mut bench = subscribed().await;
    bench.slack.fail_next(Fault::RateLimit { retry_after: 60 });
    bench.webhook("sample.created.image").await;
    bench.restart().await;
    bench.assert_nothing_unread("C1");
    bench.after(seconds(60)).await;
    bench.read("C1");
    bench.after(seconds(60)).await;
    bench.assert_nothing_unread("C1");
}

#[tokio::test]
async fn an_answer_that_was_lost_does_not_make_a_second_card() {
    for fault in [Fault::LoseAnswer, Fault::LoseAnswerHang, Fault::LoseAnswerStatus(502)] {
        let bench = subscribed().await;
        bench.slack.fail_next(fault);
        bench.webhook("sample.created.image").await;
        bench.after(seconds(120)).await;
        bench.read("C1");
        assert_eq!(bench.app().store.backlog(&workspace()).await.unwrap().pending, 0);
    }
}

#[tokio::test]
async fn a_call_that_was_never_done_is_made_again() {
    for fault in [Fault::Hang, Fault::Reset, Fault::Rubbish] {
        let bench = subscribed().await;
        bench.slack.fail_next(fault);
        bench.webhook("sample.created.image").await;
        bench.after(seconds(120)).await;
        bench.read("C1");
    }
}

fn posts(bench: &Bench) -> usize {
    bench.slack.calls().iter().filter(|call| call.method == "chat.postMessage").count()
}

#[tokio::test]
async fn an_interrupted_call_waits_while_slack_may_still_handle_it() {
    let bench = subscribed().await;
    bench.slack.fail_next(Fault::Reset);
    bench.webhook("sample.created.image").await;
    bench.after(seconds(14)).await;
    assert_eq!(posts(&bench), 1);
    bench.after(seconds(3)).await;
    assert_eq!(posts(&bench), 2);
    bench.read("C1");
}

#[tokio::test]
async fn a_limit_on_reading_is_obeyed_although_webhooks_keep_coming() {
    let bench = subscribed().await;
    bench.slack.fail_next(Fault::LoseAnswer);
    bench.slack.fail_next_of("conversations.history", Fault::RateLimit { retry_after: 30 });
    bench.webhook("sample.created.image").await;
    let looks = || bench.slack.calls().iter().filter(|call| call.method == "conversations.history").count();
    for _ in 0..3 {
        bench.after(seconds(9)).await;
        bench.webhook("sample.deleted.basic").await;
        assert_eq!(looks(), 1);
    }
    bench.after(seconds(10)).await;
    assert_eq!(looks(), 2);
    assert_eq!(bench.read_all("C1").len(), 4);
}

#[tokio::test]
async fn a_message_is_found_however_much_was_said_since() {
    let bench = subscribed().await;
    bench.slack.fail_next(Fault::LoseAnswer);
    bench.slack.fail_next_of("conversations.history", Fault::RateLimit { retry_after: 30 });
    bench.webhook("sample.created.image").await;
    for _ in 0..450 {
        bench.slack.says(&workspace(), &user("U1"), &channel("C1"), "lovely");
    }
    bench.after(seconds(60)).await;
    bench.read("C1");
    assert_eq!(posts(&bench), 1);
}

#[tokio::test]
async fn a_lane_waits_until_its_workspace_is_opened() {
    let mut bench = subscribed().await;
    bench.slack.fail_next(Fault::RateLimit { retry_after: 60 });
    bench.webhook("sample.created.image").await;
    bench.stop().await;
    bench.after(seconds(60)).await;
    let api = SlackApi::new(&format!("{}/api", bench.slack_url), bench.clock.clone()).unwrap();
    let slack = Arc::new(api);
    let store = Arc::new(SledStore::open(&bench.data(), Durability::Process).unwrap());
    let parts = bench.parts(store, Arc::clone(&slack));
    let workers = DeliveryWorkers::new(parts, CancellationToken::new());
    let channel_ref = ChannelRef { workspace: workspace(), channel: channel("C1") };
    workers.wake(&channel_ref);
    workers.busy().wait_for(|busy| *busy == 0).await.unwrap();
    assert_eq!(workers.workspace_rejection(&workspace()), None);
    bench.assert_nothing_unread("C1");
    slack.install(&BOT_TOKEN.into()).await.unwrap();
    workers.open(&workspace()).await.unwrap();
    workers.busy().wait_for(|busy| *busy == 0).await.unwrap();
    bench.read("C1");
}

#[tokio::test]
async fn archiving_pauses_subscriptions_and_unarchiving_resumes_them() {
    let bench = subscribed().await;
    bench.slack.archive(&workspace(), &channel("C1"), &user("U1")).await;
    bench.webhook("sample.created.image").await;
    bench.after(seconds(600)).await;
    bench.assert_nothing_unread("C1");
    let stored = bench.app().store.subscriptions(&workspace()).await.unwrap();
    let SubscriptionState::Paused { reason, .. } = &stored[0].state else { panic!("it is not paused: {stored:#?}") };
    assert_eq!(reason.0, "is_archived");
    bench.slack.unarchive(&workspace(), &channel("C1"), &user("U1")).await;
    bench.settle().await;
    bench.after(seconds(5)).await;
    assert!(bench.read("C1").text.contains("rose.png"));
}

#[tokio::test]
async fn a_command_resumes_a_channel_that_was_mended() {
    let bench = subscribed().await;
    bench.slack.fail_next(Fault::Code("restricted_action".to_owned()));
    bench.webhook("sample.created.image").await;
    bench.after(seconds(600)).await;
    bench.assert_nothing_unread("C1");
    bench.user("U1").types("/segments status").in_channel("C1").await;
    bench.after(seconds(5)).await;
    let texts: Vec<String> = bench.read_all("C1").into_iter().map(|shown| shown.text).collect();
    assert!(texts.iter().any(|text| text.contains("rose.png")), "{texts:?}");
}

#[tokio::test]
async fn a_message_whose_looks_are_refused_arrives_as_plain_text() {
    let bench = subscribed().await;
    for _ in 0..2 {
        bench.slack.fail_next(Fault::Code("invalid_blocks".to_owned()));
    }
    bench.webhook("sample.created.image").await;
    let shown = bench.read("C1");
    assert!(shown.text.contains("rose.png"));
    assert_eq!(shown.blocks.as_array().map(Vec::len), Some(0));
    assert_eq!(bench.app().metrics.fallbacks.get("text_only"), 1);
}

#[tokio::test]
async fn an_unknown_refusal_becomes_a_dead_letter_and_the_rest_go_out() {
    let bench = subscribed().await;
    for _ in 0..5 {
        bench.slack.fail_next(Fault::Code("moon_phase_wrong".to_owned()));
    }
    bench.webhook("sample.created.image").await;
    bench.webhook("sample.deleted.basic").await;
    bench.after(seconds(120)).await;
    bench.read("C1");
    let dead = bench.app().store.dead_letters(&workspace(), 10).await.unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0].error, "moon_phase_wrong");
    bench.forgive_errors();
}

#[tokio::test]
async fn a_revoked_token_holds_the_workspace_until_accepted_again() {
    let bench = subscribed().await;
    bench.slack.revoke_token(&workspace());
    bench.webhook("sample.created.image").await;
    bench.after(seconds(3600)).await;
    bench.assert_nothing_unread("C1");
    let ready = bench.http.get(bench.url("/readyz")).send().await.unwrap();
    assert_eq!(ready.status().as_u16(), 503);
    assert!(ready.text().await.unwrap().contains("token_revoked"));
    bench.slack.restore_token(&workspace());
    bench.after(seconds(300)).await;
    bench.read("C1");
    let ready = bench.http.get(bench.url("/readyz")).send().await.unwrap();
    assert_eq!(ready.status().as_u16(), 200);
    bench.forgive_errors();
}

#[tokio::test]
async fn events_stored_despite_a_reported_failure_are_posted_at_once() {
    let mut world = Mortal::start().await;
    let subscribe = "/segments subscribe jane/flowers sample.*";
    world.bench.slack.types(&workspace(), &user("U1"), &channel("C1"), subscribe).await;
    world.settle().await;
    world.bench.read("C1");
    world.strikes.after(0, When::After, How::Fails);
    world.sends(&[("msg_1".to_owned(), fixture("sample.created.image"))], None).await;
    assert_eq!(world.strikes.struck(), 1);
    world.bench.read("C1");
    world.finish().await;
}
