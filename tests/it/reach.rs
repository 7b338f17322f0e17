//! Commands in channels that the bot cannot post in, and on days when Slack does not answer.

use crate::harness::{Bench, channel, seconds, user, workspace};
use segments_slack::model::SubscriptionState::{self, Active, Waiting};
use segments_slack::sandbox::slack::Fault;

const SUBSCRIBE: &str = "/segments subscribe jane/flowers sample.*";

async fn states(bench: &Bench) -> Vec<SubscriptionState> {
    bench.app().store.subscriptions(&workspace()).await.unwrap().into_iter().map(|one| one.state).collect()
}

#[tokio::test]
async fn a_private_channel_waits_for_the_invite_and_confirms_it() {
    let bench = Bench::start().await;
    bench.user("U1").types(SUBSCRIBE).in_channel("G1").await;
    let shown = bench.read("G1");
    assert_eq!(shown.ephemeral_to, Some(user("U1")));
    assert!(shown.text.contains("`/invite` <@UBOTT1>"), "{}", shown.text);
    assert_eq!(states(&bench).await, [Waiting]);
    bench.webhook("sample.created.image").await;
    bench.after(seconds(60)).await;
    bench.assert_nothing_unread("G1");
    bench.slack.invite_bot(&workspace(), &channel("G1"), &user("U1")).await;
    bench.settle().await;
    let shown = bench.read("G1");
    assert!(shown.ephemeral_to.is_none() && shown.text.starts_with("I can post here now."), "{}", shown.text);
    assert_eq!(states(&bench).await, [Active]);
    bench.webhook("sample.created.image").await;
    bench.after(seconds(2)).await;
    assert!(bench.read("G1").text.contains("rose.png"));
}

#[tokio::test]
async fn an_invitation_that_slack_reports_twice_is_welcomed_once() {
    let bench = Bench::start().await;
    bench.user("U1").types(SUBSCRIBE).in_channel("G1").await;
    bench.read("G1");
    for _ in 0..2 {
        bench.slack.invite_bot(&workspace(), &channel("G1"), &user("U1")).await;
    }
    bench.settle().await;
    bench.read("G1");
}

#[tokio::test]
async fn the_bot_joins_an_open_channel() {
    let bench = Bench::start().await;
    bench.user("U1").types(SUBSCRIBE).in_channel("C2").await;
    assert!(bench.read("C2").blocks.to_string().contains("I joined this channel"));
    let channels = bench.slack.channels(&workspace());
    let qa = channels.iter().find(|info| info.id == channel("C2")).unwrap();
    assert!(qa.members.contains(&bench.slack.bot_user(&workspace())));
}

#[tokio::test]
async fn direct_messages_and_archived_channels_are_refused() {
    let bench = Bench::start().await;
    bench.user("U1").types(SUBSCRIBE).in_channel("D1").await;
    assert!(bench.read("D1").text.contains("this is a direct message"));
    bench.slack.archive(&workspace(), &channel("C2"), &user("U1")).await;
    bench.user("U1").types(SUBSCRIBE).in_channel("C2").await;
    assert!(bench.read("C2").text.contains("archived"));
    assert!(states(&bench).await.is_empty());
}

#[tokio::test]
async fn a_command_is_answered_in_time_while_slack_fails() {
    let bench = Bench::start().await;
    for (fault, dataset) in [
        (Fault::Status(503), "jane/a"),
        (Fault::Reset, "jane/b"),
        (Fault::Rubbish, "jane/c"),
        (Fault::RateLimit { retry_after: 60 }, "jane/d"),
        (Fault::Code("missing_scope".to_owned()), "jane/e"),
    ] {
        bench.slack.fail_next_of("conversations.info", fault);
        bench.user("U1").types(&format!("/segments subscribe {dataset} sample.*")).in_channel("C1").await;
        assert!(bench.read("C1").text.contains(dataset));
    }
    assert_eq!(states(&bench).await, [Active, Active, Active, Active, Active]);
}

#[tokio::test]
async fn a_command_is_answered_in_time_while_slack_hangs() {
    let bench = Bench::start().await;
    bench.slack.fail_next_of("conversations.info", Fault::Hang);
    let before = bench.clock.now();
    let (c1, ann) = (channel("C1"), user("U1"));
    let home = workspace();
    let typing = bench.slack.types(&home, &ann, &c1, SUBSCRIBE);
    let waiting = async {
        while *bench.slack.hanging().borrow() == 0 {
            tokio::task::yield_now().await;
        }
        bench.after(seconds(2)).await;
    };
    let (answer, ()) = tokio::join!(typing, waiting);
    assert!(answer.is_success() && !answer.timed_out);
    assert!(bench.clock.now().duration_since(before).as_secs() < 3);
    assert!(bench.read("C1").text.contains("subscribed this channel"));
    assert_eq!(states(&bench).await, [Active]);
}

/// Lets the server ask Slack who ann is, so that the next call about her is for her time zone.
async fn is_known(bench: &Bench, id: &str) {
    bench.user("U1").types("/segments unmute").in_channel(id).await;
    bench.read(id);
}

#[tokio::test]
async fn what_takes_too_long_is_answered_later() {
    let bench = Bench::start().await;
    is_known(&bench, "C1").await;
    bench.slack.fail_next_of("conversations.info", Fault::Hang);
    bench.slack.fail_next_of("users.info", Fault::Hang);
    let (c1, ann, home) = (channel("C1"), user("U1"), workspace());
    let typing = bench.slack.types(&home, &ann, &c1, "/segments subscribe jane/flowers sample.* quiet:19:00-08:00");
    let waiting = async {
        while *bench.slack.hanging().borrow() == 0 {
            tokio::task::yield_now().await;
        }
        bench.after(seconds(2)).await;
        while bench.slack.unmet_faults() > 0 {
            tokio::task::yield_now().await;
        }
        bench.after(seconds(6)).await;
    };
    let (answer, ()) = tokio::join!(typing, waiting);
    assert_eq!((answer.status, answer.body.as_str()), (Some(200), ""));
    while bench.slack.calls().iter().all(|call| call.method != "response_url") {
        tokio::task::yield_now().await;
    }
    assert!(bench.read("C1").text.contains("subscribed this channel"));
}

#[tokio::test]
async fn slack_being_away_does_not_make_what_waits_active() {
    let bench = Bench::start().await;
    bench.user("U1").types(SUBSCRIBE).in_channel("G1").await;
    bench.read("G1");
    bench.slack.set_outage(true);
    bench.user("U1").types("/segments status").in_channel("G1").await;
    bench.read("G1");
    bench.slack.set_outage(false);
    assert_eq!(states(&bench).await, [Waiting]);
}

#[tokio::test]
async fn a_pause_ends_although_what_was_paused_is_gone() {
    let bench = Bench::start().await;
    bench.user("U1").types(SUBSCRIBE).in_channel("C1").await;
    bench.read("C1");
    bench.slack.fail_next(Fault::Code("restricted_action".to_owned()));
    bench.webhook("sample.created.image").await;
    bench.slack.set_outage(true);
    bench.user("U1").types("/segments unsubscribe #1").in_channel("C1").await;
    bench.read("C1");
    bench.slack.set_outage(false);
    bench.user("U1").types("/segments subscribe jane/flowers sample.*").in_channel("C1").await;
    bench.after(seconds(5)).await;
    let shown = bench.read_all("C1");
    assert!(shown.iter().any(|shown| shown.text.contains("rose.png")), "what was held is posted: {shown:#?}");
}

#[tokio::test]
async fn an_invite_before_the_subscription_is_stored_is_not_missed() {
    let bench = Bench::start().await;
    is_known(&bench, "G1").await;
    // The bot is seen to be outside, and the typist's time zone then takes its time.
    bench.slack.fail_next_of("users.info", Fault::Hang);
    let (g1, ann, home) = (channel("G1"), user("U1"), workspace());
    let typing = bench.slack.types(&home, &ann, &g1, "/segments subscribe jane/flowers sample.* quiet:19:00-08:00");
    let inviting = async {
        while *bench.slack.hanging().borrow() == 0 {
            tokio::task::yield_now().await;
        }
        bench.slack.invite_bot(&home, &g1, &ann).await;
        bench.after(seconds(6)).await;
    };
    tokio::join!(typing, inviting);
    while bench.slack.calls().iter().all(|call| call.method != "response_url") {
        tokio::task::yield_now().await;
    }
    assert!(bench.read("G1").text.contains("subscribed this channel"));
    assert_eq!(states(&bench).await, [Active]);
}
