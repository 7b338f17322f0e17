//! What webhooks do not tell is asked of Segments.ai, seldom, and nothing waits for it for long.

mod others;
mod progress;

use crate::harness::{API_KEY, Bench, channel, seconds, workspace};
use segments_slack::sandbox::segments_ai::{Fault, Role};
use serde_json::{Value, json};

const DATASET: &str = "jane/flowers";

/// A bench that acts with the key of rex, a manager of jane/flowers; #annotation gets the labels of that dataset.
async fn start() -> Bench {
    let bench = Bench::start_acting(API_KEY).await;
    bench.ai.add_user("rex", API_KEY);
    bench.ai.add_dataset(DATASET);
    bench.ai.add_collaborator(DATASET, "rex", Role::Manager);
    bench.says(&format!("subscribe {DATASET} label.* sample.created dataset.*")).await;
    bench
}

/// A webhook whose line gives nothing away, of something that happens as it comes.
fn body(event: &str, object: &Value) -> String {
    json!({
        "event_type": event, "api_version": "2021-08-01", "dataset": DATASET, "object": object,
        "text": "Something changed.",
    })
    .to_string()
}

/// A label of a sample was saved, each time alike.
fn label(sample: &str) -> String {
    let label = json!({
        "sample_uuid": sample, "label_status": "QUEUED", "labelset": "ground-truth", "created_by": "john",
        "updated_by": "john",
    });
    body("label.updated", &label)
}

impl Bench {
    /// What is new in #annotation, in order, each by its line.
    fn lines(&self) -> Vec<String> {
        self.read_all("C1").into_iter().map(|shown| shown.text).collect()
    }

    /// The calls to Segments.ai since they were last looked at, from this one on.
    fn questions(&self, from: usize) -> Vec<String> {
        let line = |call: segments_slack::sandbox::segments_ai::Call| {
            let what = call.path.split('/').nth(1).unwrap_or_default().to_owned();
            format!("{} {what} by {}: {}", call.verb, call.user.unwrap_or_default(), call.result)
        };
        self.ai.calls().into_iter().skip(from).map(line).collect()
    }
}

fn short(sample: &str) -> String {
    format!("✏️ Label of {} updated by john (queued) · jane/flowers", &sample[..8])
}

const NAMED: &str = "✏️ Label of rose.png updated by john (queued) · jane/flowers";

#[tokio::test]
async fn a_label_has_the_name_of_its_sample_which_is_asked_once() {
    let bench = start().await;
    let sample = bench.ai.uploads("jane", DATASET, "rose.png");
    for _ in 0..3 {
        assert_eq!(bench.body(&label(&sample)).await, 204);
        bench.after(seconds(60)).await;
        assert_eq!(bench.lines(), [NAMED]);
    }
    assert_eq!(bench.questions(0), ["GET samples by rex: 200"]);
    assert_eq!(bench.app().metrics.segments_calls.get("ok"), 1);
    assert!(bench.app().metrics.text().contains(r#"segments_slack_segments_calls_total{outcome="ok"} 1"#));
}

#[tokio::test]
async fn what_a_webhook_names_is_not_asked() {
    let bench = start().await;
    let sample = bench.ai.uploads("jane", DATASET, "rose.png");
    let issue =
        json!({"uuid": "8a1d3a0c-5f2b-4d7e-9c55-1f0e2f6f7a01", "sample_uuid": sample, "sample_name": "rose.png"});
    bench.body(&body("issue.created", &issue)).await;
    bench.body(&label(&sample)).await;
    assert_eq!(bench.lines(), [NAMED]);
    assert_eq!(bench.questions(0), [""; 0]);
}

#[tokio::test]
async fn without_a_key_nothing_is_asked_and_cards_are_as_ever() {
    let bench = Bench::start().await;
    bench.says(&format!("subscribe {DATASET} label.*")).await;
    let sample = bench.ai.uploads("jane", DATASET, "rose.png");
    bench.body(&label(&sample)).await;
    assert_eq!(bench.lines(), [short(&sample)]);
    assert_eq!(bench.questions(0), [""; 0]);
}

#[tokio::test]
async fn what_is_not_there_is_asked_once_an_hour() {
    for status in [404, 403, 400] {
        let bench = start().await;
        let sample = bench.ai.uploads("jane", DATASET, "rose.png");
        bench.ai.fail_next(Fault::Status(status));
        for minutes in [1, 30, 30] {
            bench.body(&label(&sample)).await;
            assert_eq!(bench.lines(), [short(&sample)]);
            bench.after(seconds(minutes * 60)).await;
        }
        assert_eq!(bench.questions(0), [format!("GET samples by rex: {status}")]);
        bench.body(&label(&sample)).await;
        assert_eq!(bench.lines(), [NAMED]);
    }
}

#[tokio::test]
async fn a_throttled_account_is_left_alone_for_the_time_it_names() {
    let bench = start().await;
    let (rose, tulip) = (bench.ai.uploads("jane", DATASET, "rose.png"), bench.ai.uploads("jane", DATASET, "tulip.png"));
    bench.ai.fail_next(Fault::Throttle { retry_after: Some(7), told: None });
    bench.body(&label(&rose)).await;
    bench.after(seconds(6)).await;
    bench.body(&label(&tulip)).await;
    assert_eq!(bench.lines(), [short(&rose), short(&tulip)]);
    assert_eq!(bench.questions(0), ["GET samples by rex: 429"]);
    bench.after(seconds(1)).await;
    bench.body(&label(&rose)).await;
    assert_eq!(bench.lines(), [NAMED]);
}

#[tokio::test]
async fn an_account_whose_calls_fail_is_left_alone_for_a_minute() {
    for fault in [Fault::Status(503), Fault::Status(401), Fault::Reset, Fault::Rubbish] {
        let bench = start().await;
        let sample = bench.ai.uploads("jane", DATASET, "rose.png");
        bench.ai.fail_next(fault);
        bench.body(&label(&sample)).await;
        bench.after(seconds(59)).await;
        bench.body(&label(&sample)).await;
        assert_eq!((bench.lines().len(), bench.questions(0).len()), (2, 1));
        bench.after(seconds(1)).await;
        bench.body(&label(&sample)).await;
        assert_eq!(bench.lines(), [NAMED]);
    }
}

#[tokio::test]
async fn a_lane_waits_two_seconds_for_an_answer_and_keeps_its_order() {
    let bench = start().await;
    for fault in [Fault::Hang, Fault::Stall] {
        let from = bench.questions(0).len();
        let (rose, tulip) =
            (bench.ai.uploads("jane", DATASET, "rose.png"), bench.ai.uploads("jane", DATASET, "tulip.png"));
        bench.ai.fail_next(fault);
        bench.body(&label(&rose)).await;
        let created = json!({"uuid": tulip, "name": "tulip.png", "created_by": "jane"});
        bench.body(&body("sample.created", &created)).await;
        bench.after(seconds(1)).await;
        assert_eq!(bench.lines(), [""; 0]);
        bench.after(seconds(1)).await;
        assert_eq!(bench.lines(), [short(&rose)]);
        // While nobody answers, nothing waits any more.
        bench.body(&label(&rose)).await;
        bench.after(seconds(2)).await;
        assert_eq!(bench.lines(), ["🖼️ Sample tulip.png created by jane · jane/flowers".to_owned(), short(&rose)]);
        assert_eq!(bench.questions(from).len(), 1);
        bench.after(seconds(60)).await;
    }
    assert_eq!(bench.app().metrics.segments_calls.get("given_up"), 2);
}

#[tokio::test]
async fn channels_that_want_the_same_ask_once_together() {
    let bench = start().await;
    bench.slack.invite_bot(&workspace(), &channel("C2"), &crate::harness::user("U1")).await;
    bench.settle().await;
    bench.user("U1").types(&format!("/segments subscribe {DATASET} label.*")).in_channel("C2").await;
    bench.read_all("C2");
    let sample = bench.ai.uploads("jane", DATASET, "rose.png");
    bench.body(&label(&sample)).await;
    for name in ["C1", "C2"] {
        assert_eq!(bench.read(name).text, NAMED);
    }
    assert_eq!(bench.questions(0).len(), 1);
}

#[tokio::test]
async fn a_fold_names_its_samples() {
    let bench = start().await;
    bench.slack.fail_next(segments_slack::sandbox::slack::Fault::RateLimit { retry_after: 5 });
    bench
        .body(&body("sample.created", &json!({"uuid": "602a3eec-a61c-4a77-9fcc-3037ce5e9606", "name": "a.png"})))
        .await;
    for number in 0..12 {
        let sample = bench.ai.uploads("jane", DATASET, &format!("rose_{number}.png"));
        bench.body(&label(&sample)).await;
    }
    bench.after(seconds(20)).await;
    let shown = bench.read_all("C1").pop().unwrap();
    let fold = format!("{}{}", shown.blocks, shown.attachments);
    let named = (0..10).filter(|number| fold.contains(&format!("rose_{number}.png"))).count();
    assert_eq!((named, bench.questions(0).len()), (10, 10), "{fold}");
}
