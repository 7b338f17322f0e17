//! An hour without Slack, with a mix of everything: what comes afterwards, and in which order.

use crate::harness::{Bench, channel, fixture, seconds, workspace};
use segments_slack::sandbox::slack::Shown;
use segments_slack::store::Backlog;
use serde_json::{Value, json};

/// Each kind of event, and how a message about it begins.
const KINDS: [(&str, &str); 8] = [
    ("sample.created.image", "🖼️"),
    ("label.updated.labeled-ready-for-review", "🏷️"),
    ("label.updated.rejected", "❌"),
    ("label.updated.reviewed-with-rating", "✅"),
    ("issue.created.basic", "🔴"),
    ("issue.updated.reply", "💬"),
    ("sample.deleted.basic", "🗑️"),
    ("release.created.basic", "📦"),
];

/// A fixture about an object of its own, in a dataset.
fn event(fixture_name: &str, dataset: &str, number: usize) -> String {
    let mut body: Value = serde_json::from_str(&fixture(fixture_name)).unwrap();
    let kind = KINDS.iter().position(|(name, _)| *name == fixture_name).unwrap();
    let uuid = format!("602a3eec-a61c-4a77-9f{kind:02}-{number:012}");
    body["dataset"] = json!(dataset);
    for field in ["uuid", "sample_uuid"] {
        if body["object"].get(field).is_some() {
            body["object"][field] = json!(uuid);
        }
    }
    body.to_string()
}

/// How many events a message tells of.
fn told(shown: &Shown) -> usize {
    if shown.text.contains("What came meanwhile") {
        let title = shown.blocks.to_string();
        let number = title.split(" events\"").next().unwrap().rsplit(' ').next().unwrap().replace(',', "");
        return number.parse().unwrap();
    }
    let number = shown.text.split(' ').nth(1).map(|word| word.replace(',', ""));
    number.and_then(|number| number.parse().ok()).unwrap_or(1)
}

/// What comes after an hour in which every kind of event came so often, of each dataset.
async fn after_an_hour(kinds: &[(&str, &str)], datasets: usize, each: usize) -> Vec<Shown> {
    let bench = Bench::start().await;
    bench.user("U1").types("/segments subscribe * * threads:off").in_channel("C1").await;
    bench.read("C1");
    bench.slack.set_outage(true);
    let mut number = 0;
    for _ in 0..each {
        for (kind, _) in kinds {
            for dataset in 0..datasets {
                number += 1;
                let status = bench.body(&event(kind, &format!("jane/flowers{dataset}"), number)).await;
                assert_eq!(status, 204);
            }
        }
        bench.after(seconds(3_600 / each as u64)).await;
    }
    bench.slack.set_outage(false);
    bench.after(seconds(2 * 3_600)).await;
    bench.slack.take_unread(&workspace(), &channel("C1"));
    let mut shown = bench.slack.messages(&workspace(), &channel("C1"), None);
    shown.retain(|shown| shown.metadata.is_some());
    assert_eq!(shown.iter().map(told).sum::<usize>(), number, "{shown:#?}");
    assert_eq!(bench.app().store.backlog(&workspace()).await.unwrap(), Backlog::default());
    shown
}

#[tokio::test]
async fn a_simple_outage_ends_in_one_message_per_kind_oldest_first() {
    let shown = after_an_hour(&KINDS[..5], 1, 25).await;
    let kinds: Vec<&str> = KINDS[..5].iter().map(|(_, emoji)| *emoji).collect();
    let told: Vec<&str> = shown.iter().map(|shown| shown.text.split(' ').next().unwrap()).collect();
    assert_eq!(told, kinds);
}

#[tokio::test]
async fn a_mixed_outage_ends_in_five_messages_at_most() {
    for (datasets, each) in [(1, 1), (1, 3), (1, 25), (3, 2), (10, 4)] {
        let shown = after_an_hour(&KINDS, datasets, each).await;
        let texts: Vec<&str> = shown.iter().map(|shown| shown.text.as_str()).collect();
        assert!(texts.len() <= 5, "{datasets} datasets, {each} each: {texts:#?}");
        assert!(texts[0].contains("What came meanwhile"), "{texts:#?}");
    }
}

#[tokio::test]
async fn what_is_precious_stays_a_card_after_an_outage() {
    let shown = after_an_hour(&KINDS, 1, 1).await;
    let told: Vec<&str> = shown[1..].iter().map(|shown| shown.text.split(' ').next().unwrap()).collect();
    assert_eq!(told, ["❌", "🔴"]);
}
