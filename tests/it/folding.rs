//! Bursts become one message that counts, outages end in a handful, and nothing is lost on the way.

use crate::harness::{Bench, channel, fixture, seconds, workspace};
use bytes::Bytes;
use segments_slack::app::intake::{Accepted, accept};
use segments_slack::sandbox::slack::{Fault, Shown};
use segments_slack::segments::webhook::{Secrets, SignedWebhook};
use segments_slack::store::Backlog;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::task::JoinSet;

const ALL_FAULTS: [Fault; 6] = [
    Fault::Status(503),
    Fault::RateLimit { retry_after: 2 },
    Fault::Reset,
    Fault::Rubbish,
    Fault::LoseAnswer,
    Fault::LoseAnswerHang,
];

async fn subscribed(options: &str) -> Bench {
    let bench = Bench::start().await;
    bench.user("U1").types(&format!("/segments subscribe jane/flowers sample.* {options}")).in_channel("C1").await;
    bench.read("C1");
    bench
}

impl Bench {
    /// Samples that are created at the same moment, each signed and accepted as one that came by HTTP.
    pub(crate) async fn created(&self, count: u64) {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let first = NEXT.fetch_add(count, Ordering::Relaxed);
        let body = fixture("sample.created.image");
        let secrets = Secrets::parse(crate::harness::WEBHOOK_SECRET).unwrap();
        let mut accepting = JoinSet::new();
        for number in first..first + count {
            let uuid = format!("602a3eec-a61c-4a77-9fcc-{number:012}");
            let body = body.replace("602a3eec-a61c-4a77-9fcc-3037ce5e9606", &uuid);
            let body = body.replace("rose.png", &format!("rose_{number}.png"));
            let request = self.signed(&format!("msg_burst_{number}"), &body).build().unwrap();
            let webhook =
                SignedWebhook::verify(request.headers(), Bytes::from(body), &secrets, self.clock.now()).unwrap();
            let app = std::sync::Arc::clone(self.app());
            accepting.spawn(async move {
                let endpoint = app.endpoint(None).await.unwrap();
                accept(&app, &endpoint, webhook).await.unwrap()
            });
        }
        while let Some(accepted) = accepting.join_next().await {
            assert!(matches!(accepted.unwrap(), Accepted::Wanted(_)));
        }
        self.settle().await;
    }

    /// Everything in a channel that was not there before the burst, as it is now.
    fn now_in(&self, name: &str) -> Vec<Shown> {
        self.slack.take_unread(&workspace(), &channel(name));
        let all = self.slack.messages(&workspace(), &channel(name), None);
        all.into_iter().filter(|shown| shown.text.contains("flowers") && shown.text.starts_with("🖼️")).collect()
    }

    pub(crate) fn writes(&self) -> usize {
        let calls = self.slack.calls().into_iter();
        calls.filter(|call| matches!(call.method.as_str(), "chat.postMessage" | "chat.update")).count()
    }
}

/// How many events a message says it shows.
fn count(shown: &Shown) -> u64 {
    let Some((number, _)) = shown.text.trim_start_matches("🖼️ ").split_once(" samples created") else { return 1 };
    number.replace(',', "").parse().unwrap()
}

fn total(shown: &[Shown]) -> u64 {
    shown.iter().map(count).sum()
}

#[tokio::test]
async fn ten_thousand_samples_are_a_card_and_one_message_that_counts() {
    let bench = subscribed("").await;
    bench.user("U2").types("/segments subscribe jane/flowers issue.*").in_channel("C2").await;
    bench.read("C2");
    let before = bench.writes();
    bench.created(1).await;
    assert_eq!(bench.now_in("C1").len(), 1, "the first card comes at once");
    for second in 0..100 {
        bench.created(if second == 0 { 99 } else { 100 }).await;
        let told_elsewhere = second % 10 == 5;
        if told_elsewhere {
            assert_eq!(bench.webhook("issue.created.basic").await, 204);
        }
        bench.after(seconds(1)).await;
        if told_elsewhere {
            // Within a second; `read` takes no other number of messages than one.
            bench.read("C2");
        }
    }
    bench.after(seconds(4)).await;
    assert_eq!(bench.now_in("C1").iter().map(count).collect::<Vec<_>>(), [1, 9_999], "5 s after the last event");
    bench.after(seconds(600)).await;
    let shown = bench.now_in("C1");
    assert_eq!(shown.iter().map(count).collect::<Vec<_>>(), [1, 9_999]);
    assert!(shown[1].blocks.to_string().contains("Complete: 9,999"), "{shown:#?}");
    let calls = bench.writes() - before - 10;
    assert!(calls <= 40, "{calls} calls");
}

#[tokio::test]
async fn ten_thousand_at_once_are_counted_within_seconds() {
    let bench = subscribed("").await;
    for _ in 0..10 {
        bench.created(1_000).await;
    }
    bench.after(seconds(8)).await;
    assert_eq!(total(&bench.now_in("C1")), 10_000);
}

#[tokio::test]
async fn ten_thousand_samples_count_exactly_with_failing_calls() {
    let bench = subscribed("").await;
    bench.slack.fail_share(0.2, &ALL_FAULTS);
    for _ in 0..100 {
        bench.created(100).await;
        bench.after(seconds(1)).await;
    }
    bench.after(seconds(3_600)).await;
    let shown = bench.now_in("C1");
    assert_eq!(total(&shown), 10_000, "{shown:#?}");
    let failed = bench.slack.calls().into_iter().filter(|call| call.result != "ok").count();
    assert!(failed > 2, "only {failed} calls failed: the faults did not strike");
    assert_eq!(bench.app().store.backlog(&workspace()).await.unwrap(), Backlog::default());
}

#[tokio::test]
async fn an_outage_of_an_hour_ends_in_a_handful_of_messages() {
    let bench = subscribed("").await;
    bench.slack.set_outage(true);
    for _ in 0..60 {
        bench.created(50).await;
        bench.after(seconds(60)).await;
    }
    assert!(bench.now_in("C1").is_empty());
    bench.slack.set_outage(false);
    bench.after(seconds(600)).await;
    let shown = bench.now_in("C1");
    assert!(shown.len() <= 5, "{shown:#?}");
    assert_eq!(total(&shown), 3_000);
}

#[tokio::test]
async fn a_restart_in_the_middle_of_a_burst_loses_and_doubles_nothing() {
    let mut bench = subscribed("").await;
    for _ in 0..3 {
        for _ in 0..4 {
            bench.created(1).await;
            bench.created(24).await;
            bench.after(seconds(1)).await;
        }
        bench.restart().await;
    }
    bench.after(seconds(3)).await;
    assert_eq!(bench.now_in("C1").iter().map(count).collect::<Vec<_>>(), [1, 299]);
}

#[tokio::test]
async fn a_fold_is_closed_although_the_server_was_started_again() {
    let mut bench = subscribed("").await;
    bench.created(1).await;
    bench.created(9).await;
    bench.after(seconds(2)).await;
    bench.stop().await;
    bench.after(seconds(3_600)).await;
    bench.boot_again().await;
    let shown = bench.now_in("C1");
    assert!(shown[1].blocks.to_string().contains("Complete: 9"), "{shown:#?}");
}

#[tokio::test]
async fn an_edit_whose_answer_was_lost_is_made_again() {
    let bench = subscribed("").await;
    bench.created(1).await;
    bench.created(9).await;
    bench.after(seconds(2)).await;
    for fault in [Fault::LoseAnswer, Fault::LoseAnswerHang, Fault::Hang] {
        bench.slack.fail_next_of("chat.update", fault);
        bench.created(10).await;
        bench.after(seconds(60)).await;
    }
    assert_eq!(bench.now_in("C1").iter().map(count).collect::<Vec<_>>(), [1, 39]);
}

#[tokio::test]
async fn a_fold_that_somebody_deleted_gives_way_to_a_new_one() {
    let bench = subscribed("").await;
    bench.created(1).await;
    bench.created(9).await;
    bench.after(seconds(2)).await;
    for code in ["message_not_found", "cant_update_message", "edit_window_closed"] {
        bench.slack.fail_next_of("chat.update", Fault::Code(code.to_owned()));
        bench.created(10).await;
        bench.after(seconds(30)).await;
    }
    assert_eq!(bench.now_in("C1").iter().map(count).collect::<Vec<_>>(), [1, 9, 10, 10, 10]);
}

#[tokio::test]
async fn the_edit_of_a_fold_delays_no_fresh_card() {
    let bench = subscribed("").await;
    bench.created(1).await;
    bench.created(9).await;
    bench.after(seconds(1)).await;
    bench.created(10).await;
    bench.after(seconds(1)).await;
    bench.now_in("C1");
    bench.webhook("sample.deleted.basic").await;
    bench.after(seconds(0)).await;
    assert!(bench.read("C1").text.contains("deleted"));
    bench.after(seconds(2)).await;
    assert_eq!(total(&bench.now_in("C1")), 20);
}

#[tokio::test]
async fn batch_off_never_folds() {
    let bench = subscribed("batch:off").await;
    bench.created(30).await;
    bench.after(seconds(40)).await;
    assert_eq!(bench.now_in("C1").iter().map(count).collect::<Vec<_>>(), [1; 30]);
}

#[tokio::test]
async fn batch_5m_collects_for_five_minutes() {
    let bench = subscribed("batch:5m").await;
    bench.created(3).await;
    bench.after(seconds(200)).await;
    bench.created(40).await;
    bench.after(seconds(99)).await;
    assert!(bench.now_in("C1").is_empty());
    bench.after(seconds(1)).await;
    assert_eq!(bench.now_in("C1").iter().map(count).collect::<Vec<_>>(), [43]);
    bench.created(1).await;
    bench.after(seconds(299)).await;
    assert_eq!(bench.now_in("C1").len(), 1);
    bench.after(seconds(1)).await;
    assert_eq!(bench.now_in("C1").iter().map(count).collect::<Vec<_>>(), [43, 1]);
}

#[tokio::test]
async fn a_deletion_of_a_dataset_is_not_folded_away() {
    let bench = Bench::start().await;
    bench.user("U1").types("/segments subscribe jane/flowers dataset.*").in_channel("C1").await;
    bench.read("C1");
    bench.slack.set_outage(true);
    for _ in 0..20 {
        bench.webhook("dataset.deleted.basic").await;
        bench.after(seconds(1)).await;
    }
    bench.slack.set_outage(false);
    bench.after(seconds(300)).await;
    assert_eq!(bench.read_all("C1").len(), 20);
}
