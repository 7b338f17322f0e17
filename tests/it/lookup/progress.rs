//! How far a dataset is: asked for cards, digests and links, and not more than once a minute.

use super::{DATASET, body, label, start};
use crate::harness::{Bench, channel, seconds, user, workspace};
use segments_slack::sandbox::segments_ai::Fault;
use serde_json::{Value, json};

/// Two samples, one of them labeled: Segments.ai says half, whatever webhooks say.
fn half(bench: &Bench) -> String {
    let sample = bench.ai.uploads("jane", DATASET, "rose.png");
    bench.ai.uploads("jane", DATASET, "tulip.png");
    bench.ai.labels("john", &sample, "ground-truth", "LABELED");
    sample
}

const HALF: &str = "1 of 2 (50 %)";

fn dataset(stats: &Value) -> String {
    let dataset = json!({"name": "flowers", "full_name": DATASET, "category": "garden", "label_stats": stats});
    body("dataset.updated", &dataset)
}

fn all(shown: &[segments_slack::sandbox::slack::Shown]) -> String {
    shown.iter().flat_map(|shown| [shown.blocks.to_string(), shown.attachments.to_string()]).collect()
}

#[tokio::test]
async fn a_card_of_a_dataset_shows_how_far_it_is_now() {
    let bench = start().await;
    half(&bench);
    bench.says(&format!("set {DATASET} style:full")).await;
    bench.body(&dataset(&json!({"LABELED": 0, "UNLABELED": 7}))).await;
    let shown = all(&bench.read_all("C1"));
    assert!(shown.contains(HALF), "{shown}");
    // What came after the answer knows better, until the next one.
    bench.after(seconds(30)).await;
    bench.body(&dataset(&json!({"LABELED": 3, "UNLABELED": 1}))).await;
    assert!(all(&bench.read_all("C1")).contains("3 of 4"));
    bench.after(seconds(1)).await;
    // Where it says nothing, the answer counts.
    bench.body(&dataset(&json!({}))).await;
    assert!(all(&bench.read_all("C1")).contains(HALF));
    assert_eq!(bench.questions(0), ["GET datasets by rex: 200"]);
    bench.after(seconds(29)).await;
    bench.body(&dataset(&json!({"LABELED": 3, "UNLABELED": 1}))).await;
    assert!(all(&bench.read_all("C1")).contains(HALF));
    assert_eq!(bench.questions(0).len(), 2);
}

#[tokio::test]
async fn a_digest_shows_how_far_its_datasets_are_now() {
    let bench = start().await;
    let sample = half(&bench);
    bench.says(&format!("set {DATASET} label.* digest:hourly")).await;
    bench.body(&label(&sample)).await;
    bench.until("2026-11-20T10:00:00Z").await;
    let shown = all(&bench.read_all("C1"));
    assert!(shown.contains(HALF), "{shown}");
    // Segments.ai that is away takes nothing else from it.
    bench.body(&label(&sample)).await;
    bench.ai.fail_next(Fault::Hang);
    bench.until("2026-11-20T11:00:01Z").await;
    assert_eq!(bench.lines(), [""; 0]);
    bench.until("2026-11-20T11:00:02Z").await;
    let shown = bench.read("C1");
    assert!(shown.text.contains("Digest of #1") && !shown.blocks.to_string().contains("50 %"), "{shown:#?}");
}

/// What is shown of a link in #annotation.
async fn unfurled(bench: &Bench, path: &str) -> String {
    let text = format!("see https://app.segments.ai/{path}");
    bench.slack.shares(&workspace(), &user("U2"), &channel("C1"), &text).await;
    bench.settle().await;
    bench.slack.messages(&workspace(), &channel("C1"), None).pop().unwrap().attachments.to_string()
}

#[tokio::test]
async fn a_link_to_a_dataset_shows_how_far_it_is_now() {
    let bench = start().await;
    half(&bench);
    assert_eq!(unfurled(&bench, DATASET).await, "[]", "nobody knows whose it is");
    bench.body(&dataset(&json!({"LABELED": 0, "UNLABELED": 7}))).await;
    bench.read_all("C1");
    bench.after(seconds(60)).await;
    let shown = unfurled(&bench, DATASET).await;
    assert!(shown.contains(HALF), "{shown}");
    // Without an answer it is as webhooks said.
    bench.after(seconds(3600)).await;
    bench.ai.fail_next(Fault::Status(404));
    let shown = unfurled(&bench, DATASET).await;
    assert!(shown.contains("0 of 7"), "{shown}");
}

#[tokio::test]
async fn a_link_to_a_sample_shows_its_name_if_it_is_in_that_dataset() {
    let bench = start().await;
    bench.ai.add_dataset("jane/secrets");
    bench.ai.add_collaborator("jane/secrets", "rex", segments_slack::sandbox::segments_ai::Role::Manager);
    let rose = bench.ai.uploads("jane", DATASET, "rose.png");
    let secret = bench.ai.uploads("jane", "jane/secrets", "secret.png");
    bench.body(&dataset(&json!({"LABELED": 0, "UNLABELED": 7}))).await;
    bench.read_all("C1");
    let shown = unfurled(&bench, &format!("{DATASET}/samples/{rose}/ground-truth")).await;
    assert!(shown.contains("rose.png"), "{shown}");
    let from = bench.questions(0).len();
    for _ in 0..2 {
        assert_eq!(unfurled(&bench, &format!("{DATASET}/samples/{secret}/ground-truth")).await, "[]");
    }
    assert_eq!(bench.questions(from), ["GET samples by rex: 200"]);
}
