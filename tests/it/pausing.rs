//! Channels that Slack takes nothing for: who is told, what is held for how long, and how it goes on.

use crate::harness::{Bench, channel, fixture, seconds, user, workspace};
use segments_slack::sandbox::slack::Fault;

const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;

const SUBSCRIBE: &str = "/segments subscribe jane/flowers sample.*";

/// #annotation gets samples by a subscription of ann's (U1, whose direct conversation is D1).
async fn subscribed() -> Bench {
    let bench = Bench::start().await;
    bench.user("U1").types(SUBSCRIBE).in_channel("C1").await;
    bench.read("C1");
    bench
}

impl Bench {
    /// Archives #annotation, and lets an event find out.
    async fn archived(&self) {
        self.slack.archive(&workspace(), &channel("C1"), &user("U1")).await;
        self.webhook("sample.created.image").await;
    }

    /// Samples that are created in jane/flowers, one after the other.
    async fn samples(&self, count: u32) {
        for number in 0..count {
            let body = fixture("sample.created.image").replace("602a3eec-a61c", &format!("602a3eec-{number:04}"));
            assert_eq!(self.body(&body.replace("rose.png", &format!("rose_{number}.png"))).await, 204);
        }
    }

    /// How many deliveries wait, and the errors of those that were given up.
    async fn held(&self) -> (u64, Vec<String>) {
        let store = &self.app().store;
        let letters = store.dead_letters(&workspace(), 99).await.unwrap();
        let pending = store.backlog(&workspace()).await.unwrap().pending;
        (pending, letters.into_iter().map(|letter| letter.error).collect())
    }

    fn asked(&self, method: &str) -> usize {
        self.slack.calls().iter().filter(|call| call.method == method).count()
    }

    fn told(&self, word: &'static str) -> u64 {
        self.app().metrics.notices.get(word)
    }
}

#[tokio::test]
async fn the_creator_is_told_of_a_pause_once() {
    let mut bench = subscribed().await;
    bench.archived().await;
    let said = bench.read("D1").text;
    assert!(said.starts_with("I stopped posting in <#C1>: the channel is archived."), "{said}");
    bench.webhook("sample.deleted.basic").await;
    bench.after(seconds(3_600)).await;
    bench.restart().await;
    bench.after(seconds(3_600)).await;
    bench.assert_nothing_unread("D1");
    assert_eq!(bench.app().metrics.notices.get("told"), 0);
}

#[tokio::test]
async fn every_creator_is_told_and_nobody_twice() {
    let bench = subscribed().await;
    for (who, dataset) in [("U1", "jane/trees"), ("U2", "jane/grass"), ("U2", "jane/moss")] {
        bench.user(who).types(&format!("/segments subscribe {dataset} issue.*")).in_channel("C1").await;
    }
    bench.read_all("C1");
    bench.archived().await;
    bench.read("D1");
    bench.read("DU2");
    assert_eq!(bench.told("told"), 2);
}

#[tokio::test]
async fn a_pause_that_comes_again_is_told_again() {
    let bench = subscribed().await;
    bench.slack.fail_next(Fault::Code("restricted_action".to_owned()));
    bench.webhook("sample.created.image").await;
    bench.read("D1");
    bench.slack.fail_next(Fault::Code("no_permission".to_owned()));
    bench.user("U1").types("/segments status").in_channel("C1").await;
    bench.after(seconds(5)).await;
    bench.read("D1");
    bench.read_all("C1");
}

#[tokio::test]
async fn who_cannot_be_told_is_left_alone() {
    let bench = subscribed().await;
    bench.user("U2").types("/segments subscribe jane/trees issue.*").in_channel("C1").await;
    bench.read("C1");
    bench.slack.set_deactivated(&workspace(), &user("U2"), true);
    bench.archived().await;
    bench.after(seconds(7_200)).await;
    bench.read("D1");
    assert_eq!((bench.told("told"), bench.told("refused"), bench.told("put_off")), (1, 1, 0));
}

#[tokio::test]
async fn a_limit_on_telling_is_obeyed() {
    let bench = subscribed().await;
    bench.slack.archive(&workspace(), &channel("C1"), &user("U1")).await;
    // The first refuses the card, the second the notice.
    bench.slack.fail_next(Fault::Code("is_archived".to_owned()));
    bench.slack.fail_next(Fault::RateLimit { retry_after: 30 });
    bench.webhook("sample.created.image").await;
    bench.after(seconds(29)).await;
    bench.assert_nothing_unread("D1");
    bench.after(seconds(1)).await;
    bench.read("D1");
}

#[tokio::test]
async fn a_notice_whose_answer_was_lost_is_not_written_again() {
    for fault in [Fault::LoseAnswer, Fault::LoseAnswerHang, Fault::LoseAnswerStatus(502)] {
        let bench = subscribed().await;
        bench.slack.fail_next(Fault::Code("is_archived".to_owned()));
        bench.slack.fail_next(fault);
        bench.webhook("sample.created.image").await;
        bench.after(seconds(7_200)).await;
        bench.read("D1");
        assert_eq!(bench.told("unclear"), 1);
    }
}

#[tokio::test]
async fn a_resumed_channel_does_not_wait_for_a_notice_that_hangs() {
    let bench = subscribed().await;
    bench.slack.fail_next(Fault::Code("restricted_action".to_owned()));
    bench.slack.fail_next(Fault::Hang);
    bench.webhook("sample.created.image").await;
    bench.user("U1").types("/segments list").in_channel("C1").await;
    bench.after(seconds(1)).await;
    let shown = bench.read_all("C1");
    assert!(shown.iter().any(|shown| shown.text.contains("rose.png")), "{shown:#?}");
    bench.after(seconds(60)).await;
}

#[tokio::test]
async fn what_a_paused_channel_held_for_seven_days_is_a_dead_letter() {
    let bench = subscribed().await;
    bench.archived().await;
    bench.after(seconds(3 * DAY)).await;
    bench.webhook("sample.deleted.basic").await;
    bench.after(seconds(4 * DAY - 1)).await;
    assert_eq!(bench.held().await, (2, vec![]));
    bench.after(seconds(1)).await;
    let too_long = || "held_too_long".to_owned();
    assert_eq!(bench.held().await, (1, vec![too_long()]));
    bench.after(seconds(3 * DAY)).await;
    assert_eq!(bench.held().await, (0, vec![too_long(), too_long()]));
    assert_eq!(bench.app().metrics.deliveries.get("held_too_long"), 2);
    bench.read("D1");
}

#[tokio::test]
async fn what_was_held_for_six_days_comes_as_one_message() {
    let bench = subscribed().await;
    bench.slack.archive(&workspace(), &channel("C1"), &user("U1")).await;
    bench.samples(40).await;
    bench.after(seconds(6 * DAY)).await;
    bench.slack.unarchive(&workspace(), &channel("C1"), &user("U1")).await;
    bench.after(seconds(5)).await;
    let text = bench.read("C1").text;
    assert!(text.contains("40 samples created"), "{text}");
    bench.after(seconds(HOUR)).await;
    assert_eq!(bench.held().await, (0, vec![]));
    assert!(bench.read("C1").blocks.to_string().contains("Complete: 40"));
    bench.read("D1");
}

#[tokio::test]
async fn nothing_is_given_up_while_slack_lets_us_into_nothing() {
    let bench = subscribed().await;
    bench.archived().await;
    bench.read("D1");
    bench.slack.uninstall(&workspace()).await;
    bench.after(seconds(20 * DAY)).await;
    assert_eq!(bench.held().await, (1, vec![]));
    bench.slack.restore_token(&workspace());
    bench.slack.unarchive(&workspace(), &channel("C1"), &user("U1")).await;
    bench.after(seconds(300)).await;
    assert!(bench.read("C1").text.contains("rose.png"));
    bench.forgive_errors();
}

#[tokio::test]
async fn a_refused_token_is_retried_with_backoff_up_to_five_minutes() {
    let mut bench = subscribed().await;
    bench.slack.revoke_token(&workspace());
    bench.restart().await;
    let before = bench.asked("auth.test");
    bench.after(seconds(10)).await;
    assert!(bench.asked("auth.test") - before >= 2);
    bench.after(seconds(4 * HOUR)).await;
    let asked = bench.asked("auth.test") - before;
    assert!((48..80).contains(&asked), "{asked}");
    bench.webhook("sample.created.image").await;
    bench.slack.restore_token(&workspace());
    bench.after(seconds(300)).await;
    bench.read("C1");
    bench.forgive_errors();
}

#[tokio::test]
async fn a_limit_on_asking_whose_the_token_is_is_obeyed() {
    let bench = subscribed().await;
    bench.slack.fail_next_of("auth.test", Fault::RateLimit { retry_after: 1_800 });
    bench.slack.fail_next(Fault::Code("org_login_required".to_owned()));
    bench.webhook("sample.created.image").await;
    bench.after(seconds(1_800)).await;
    bench.assert_nothing_unread("C1");
    bench.after(seconds(1)).await;
    bench.read("C1");
}

#[tokio::test]
async fn a_missing_scope_is_not_asked_for_again_and_again() {
    let bench = subscribed().await;
    bench.slack.withhold_scope(&workspace(), "chat:write");
    bench.webhook("sample.created.image").await;
    bench.after(seconds(4 * HOUR)).await;
    let asked = bench.asked("chat.postMessage");
    assert!((48..80).contains(&asked), "{asked}");
}
